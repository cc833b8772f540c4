/* Runs a program REPEAT times in one go, for machines on which once is too
 * short to be measured; 0 times shows what starting takes.  `build -r` calls
 * its main() `program`, and gives its zeroed variables a section of their own,
 * which is zeroed again here; linkers name the bounds of such a section. */
extern char __start_bench_bss[], __stop_bench_bss[];
int program(void);

int main(void)
{
    int wrong = 0;
    for (int i = 0; i < REPEAT; i++) {
        for (char *p = __start_bench_bss; i && p < __stop_bench_bss; p++)
            *(volatile char *)p = 0;
        wrong |= program();
    }
    return wrong;
}
