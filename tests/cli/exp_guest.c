/* The guest of test_exp.sh: prints its arguments, counts as far as the first of
 * them says, and returns what the second does. */
#include "bench/programs/bare.h"

static u32 number_of(const char *text)
{
    u32 number = 0;
    while (*text >= '0' && *text <= '9')
        number = 10 * number + (u32)(*text++ - '0');
    return number;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        print(argv[i]);
        print("\n");
    }
    u32 rounds = argc > 1 ? number_of(argv[1]) : 0;
    for (volatile u32 i = 0; i < rounds; i++)
        ;
    print("counted\n");
    return argc > 2 ? (int)number_of(argv[2]) : 0;
}
