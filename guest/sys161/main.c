/* The example kernel's course: it prints what it was given, tries every card,
 * runs user programs side by side, and turns the machine off.  What it prints
 * does not depend on how fast the processor is. */
#include "sys161.h"

static int serial = -1;

/* --- The console, without interrupts ---------------------------------------
 */

static void put(char c)
{
    enum { CHARACTER = 0, WRITE_IRQ = 4, COMPLETE = 2 };
    if (serial < 0)
        return;
    *reg(serial, WRITE_IRQ) = 0;
    *reg(serial, CHARACTER) = (u8)c;
    while (!(*reg(serial, WRITE_IRQ) & COMPLETE))
        ;
}

void print(const char *text)
{
    for (; *text; text++)
        put(*text);
}

void print_number(u32 number)
{
    char digits[11];
    int at = 10;
    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    print(digits + at);
}

void print_hex(u32 number)
{
    print("0x");
    for (int shift = 28; shift >= 0; shift -= 4)
        put("0123456789abcdef"[number >> shift & 15]);
}

/* --- The machine -----------------------------------------------------------
 */

static void power_off(void) __attribute__((noreturn));

static void power_off(void)
{
    BOARD_PWR = 0;
    for (;;)
        wait();
}

void fail(const char *what, u32 number)
{
    print("FAILED: ");
    print(what);
    print_hex(number);
    print("\n");
    power_off();
}

int find_card(u32 device, int from)
{
    for (int slot = from; slot < 32; slot++)
        if (MAINBOARD(0x400 * (u32)slot) == 1 &&
            MAINBOARD(0x400 * (u32)slot + 4) == device)
            return slot;
    return -1;
}

/* TLB entries whose addresses are never looked up. */
static void clear_tlb(void)
{
    set_entrylo(0);
    for (u32 i = 0; i < 64; i++) {
        set_index(i << 8);
        set_entryhi(0x80000000 + (i << 12));
        __asm__ volatile("tlbwi");
    }
}

/* In the first word. */
static int has_letter(const char *text, char letter)
{
    for (; *text && *text != ' '; text++)
        if (*text == letter)
            return 1;
    return 0;
}

/* Arguments: "i" reads a line, "k" one from the screen's keyboard, "n" looks
 * for another machine on the network. */
void main(const char *arguments)
{
    serial = find_card(CARD_SERIAL, 0);
    clear_tlb();
    print("sys161 kernel: ");
    print(*arguments ? arguments : "no arguments");
    print("\n");
    test_mainboard();
    hush_network();
    test_timer();
    test_cpu_timer();
    test_processors();
    test_disk();
    test_emufs();
    test_random();
    test_trace();
    test_screen();
    test_network(has_letter(arguments, 'n'));
    if (has_letter(arguments, 'i'))
        echo_line();
    if (has_letter(arguments, 'k'))
        echo_on_screen();
    run_processes();
    print("all good\n");
    power_off();
}
