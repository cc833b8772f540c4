/* Drivers of the cards, as short as they can be: each tries what its card does,
 * waits for interrupts in WAIT, and prints a line. */
#include "sys161.h"

enum { BUFFER = 0x8000, BUS_ERROR = 7 };

/* WAIT ends when the line to the processor is high, whether or not it is
 * enabled: nothing can be missed between the look and the sleep. */
static void wait_for(int slot)
{
    while (!(BOARD_IRQS >> slot & 1))
        wait();
}

static void passed(const char *name)
{
    print(name);
    print(": passed\n");
}

/* --- Mainboard -------------------------------------------------------------
 */

/* Those that System/161 1.x does not have. */
static void test_new_mainboard(void)
{
    static u32 counter;
    check(BOARD_CPUS & 1 && BOARD_SELF == 1, "processors ", BOARD_CPUS);
    check(BOARD_CPUE == 1, "others are on: ", BOARD_CPUE);
    BOARD_CIPI = 1;
    check(get_cause() & STATUS_IPI, "no interrupt to itself: ", get_cause());
    BOARD_CIPI = 0;
    check(!(get_cause() & STATUS_IPI), "it does not end: ", get_cause());
    for (int i = 0; i < 100; i++)
        add_linked(&counter);
    check(counter == 100, "LL and SC counted ", counter);
}

void test_mainboard(void)
{
    u32 value;
    int empty = 0;
    while (MAINBOARD(0x400 * (u32)empty))
        empty++;
    u32 exception = try_read(SLOT(empty), &value);
    check(exception == BUS_ERROR, "a read of nothing: ", exception);
    exception = try_write(SLOT(empty), 0);
    check(exception == BUS_ERROR, "a write to nothing: ", exception);
    check(BOARD_IRQE == 0xffffffff, "IRQE after a reset: ", BOARD_IRQE);
    if (get_prid() != OLD_PRID)
        test_new_mainboard();
    print("mainboard: ");
    print_number(BOARD_RAMSZ >> 10);
    print(" KB, processor ");
    print_hex(get_prid());
    print("\n");
}

/* --- Timers ----------------------------------------------------------------
 */

enum {
    SECONDS = 0,
    NANOSECONDS = 4,
    RESTART = 8,
    TIMER_IRQ = 12,
    COUNTDOWN = 16
};

static int timer = -1;

/* Microseconds, modulo 2^32; the seconds may change in between. */
static u32 microseconds(void)
{
    u32 seconds, nanoseconds;
    do {
        seconds = *reg(timer, SECONDS);
        nanoseconds = *reg(timer, NANOSECONDS);
    } while (seconds != *reg(timer, SECONDS));
    return seconds * 1000000 + nanoseconds / 1000;
}

void start_ticks(u32 us)
{
    check(timer >= 0, "no timer card in ", 0);
    *reg(timer, RESTART) = us != 0;
    if (us)
        *reg(timer, COUNTDOWN) = us;
}

void start_countdown(u32 us)
{
    check(timer >= 0, "no timer card in ", 0);
    *reg(timer, COUNTDOWN) = us;
}

int take_tick(void)
{
    return (int)*reg(timer, TIMER_IRQ);
}

void test_timer(void)
{
    timer = find_card(CARD_TIMER, 0);
    if (timer < 0)
        return;
    u32 begin = microseconds();
    *reg(timer, COUNTDOWN) = 1000;
    wait_for(timer);
    u32 took = microseconds() - begin;
    check(took >= 1000 && took < 1100, "1000 us took ", took);
    check(take_tick() && !take_tick(), "the interrupt stays: ", BOARD_IRQS);
    begin = microseconds();
    start_ticks(500);
    for (int i = 0; i < 4; i++) {
        wait_for(timer);
        take_tick();
    }
    start_ticks(0);
    wait_for(timer);
    take_tick();
    took = microseconds() - begin;
    check(took >= 2500 && took < 2600, "5 times 500 us took ", took);
    passed("timer");
}

void test_cpu_timer(void)
{
    enum { CYCLES = 10000 };
    if (get_prid() == OLD_PRID)
        return;
    set_count(0);
    set_compare(CYCLES);
    check(!(get_cause() & STATUS_TIMER), "too soon: ", get_cause());
    while (!(get_cause() & STATUS_TIMER))
        wait();
    check(get_count() < CYCLES / 2, "Count does not begin anew: ", get_count());
    set_compare(0xffffffff);
    check(!(get_cause() & STATUS_TIMER), "it does not end: ", get_cause());
    passed("on-chip timer");
}

/* --- Disks -----------------------------------------------------------------
 */

enum { DISK_SECTORS = 0, DISK_STATUS = 4, DISK_SECTOR = 8, WORDS = 128 };

static u32 disk_operate(int slot, u32 sector, u32 operation)
{
    *reg(slot, DISK_SECTOR) = sector;
    *reg(slot, DISK_STATUS) = operation;
    wait_for(slot);
    u32 status = *reg(slot, DISK_STATUS);
    *reg(slot, DISK_STATUS) = 0;
    return status;
}

/* Leaves the numbers 0, 1, 2... in the last sector. */
static void test_one_disk(int slot)
{
    u32 sectors = *reg(slot, DISK_SECTORS);
    for (u32 i = 0; i < WORDS; i++)
        *reg(slot, BUFFER + 4 * i) = i;
    u32 status = disk_operate(slot, sectors - 1, 3);
    check(status == 6, "writing a sector: ", status);
    status = disk_operate(slot, 0, 1);
    check(status == 4, "reading a sector: ", status);
    disk_operate(slot, sectors - 1, 1);
    for (u32 i = 0; i < WORDS; i++)
        check(*reg(slot, BUFFER + 4 * i) == i, "the disk has at word ", i);
    status = disk_operate(slot, sectors, 1);
    check(status == 12, "reading behind the end: ", status);
    status = disk_operate(slot, sectors, 3);
    check(status == 14, "writing behind the end: ", status);
    print("disk: ");
    print_number(sectors);
    print(" sectors\n");
}

void test_disk(void)
{
    for (int slot = 0; (slot = find_card(CARD_DISK, slot)) >= 0; slot++)
        test_one_disk(slot);
}

/* --- Emufs -----------------------------------------------------------------
 */

enum { HANDLE = 0, OFFSET = 4, LENGTH = 8, OPERATION = 12, RESULT = 16 };
enum {
    OPEN = 1,
    CREATE,
    EXCLUSIVE,
    CLOSE,
    READ,
    READDIR,
    WRITE,
    GETSIZE,
    TRUNCATE
};

static int emufs;

static u32 emufs_operate(u32 handle, u32 offset, u32 length, u32 operation)
{
    *reg(emufs, HANDLE) = handle;
    *reg(emufs, OFFSET) = offset;
    *reg(emufs, LENGTH) = length;
    *reg(emufs, OPERATION) = operation;
    wait_for(emufs);
    u32 result = *reg(emufs, RESULT);
    *reg(emufs, RESULT) = 0;
    return result;
}

static volatile u8 *emufs_buffer(void)
{
    return (volatile u8 *)(SLOT(emufs) + BUFFER);
}

/* Puts a text in the buffer; returns its length. */
static u32 fill(const char *text)
{
    u32 length = 0;
    for (; text[length]; length++)
        emufs_buffer()[length] = (u8)text[length];
    return length;
}

static u32 emufs_name(const char *name, u32 operation)
{
    return emufs_operate(0, 0, fill(name), operation);
}

void test_emufs(void)
{
    static const char text[] = "hello, world\n";
    emufs = find_card(CARD_EMUFS, 0);
    if (emufs < 0)
        return;
    u32 result = emufs_name("../hello.txt", OPEN);
    check(result == 4, "a way out: ", result);
    result = emufs_name("hello.txt", CREATE);
    check(result == 1, "creating a file: ", result);
    u32 file = *reg(emufs, HANDLE), size = sizeof text - 1;
    result = emufs_operate(file, 0, fill(text), WRITE);
    check(result == 1 && *reg(emufs, OFFSET) == size, "writing: ", result);
    result = emufs_operate(file, 0, 0, GETSIZE);
    check(*reg(emufs, LENGTH) == size, "its size: ", *reg(emufs, LENGTH));
    result = emufs_operate(file, 7, 100, READ);
    check(*reg(emufs, LENGTH) == size - 7 && emufs_buffer()[0] == 'w',
          "reading: ", result);
    result = emufs_operate(file, 0, 5, TRUNCATE);
    check(result == 1, "truncating: ", result);
    u32 names = 0;
    while (emufs_operate(0, names, 0, READDIR) == 1 && *reg(emufs, LENGTH))
        names++;
    check(names > 0, "names in the folder: ", names);
    result = emufs_operate(file, 0, 0, CLOSE);
    check(result == 1, "closing: ", result);
    result = emufs_operate(file, 0, 1, READ);
    check(result == 2, "reading what is closed: ", result);
    passed("emufs");
}

/* --- The others ------------------------------------------------------------
 */

void test_random(void)
{
    int slot = find_card(CARD_RANDOM, 0);
    if (slot < 0)
        return;
    u32 first = *reg(slot, 0), second = *reg(slot, 0);
    check(first != second, "twice the same: ", first);
    passed("random");
}

/* The user sees the number; the region of interest begins and ends.  Exceptions
 * are not traced any more, nor are accesses to cards, but in between. */
void test_trace(void)
{
    enum { ON = 0, OFF = 4, PRINT = 8, PROFILE = 0x14 };
    int slot = find_card(CARD_TRACE, 0);
    if (slot < 0)
        return;
    *reg(slot, PRINT) = 161;
    *reg(slot, PROFILE) = 1;
    check(*reg(slot, PROFILE) == 1, "the profile: ", *reg(slot, PROFILE));
    *reg(slot, PROFILE) = 0;
    *reg(slot, OFF) = 'x';
    *reg(slot, OFF) = 'd';
    *reg(slot, PRINT) = 162;
    *reg(slot, ON) = 'd';
    *reg(slot, PRINT) = 163;
    *reg(slot, OFF) = 'd';
    passed("trace");
}

/* --- Screen and keyboards --------------------------------------------------
 */

enum { CURSOR = 0, SIZE = 4 };

static int screen = -1;
static u32 columns, rows, column, row;

/* At the cursor, as a terminal does, but for scrolling. */
static void put_on_screen(char c)
{
    volatile u8 *memory = (volatile u8 *)(SLOT(screen) + BUFFER);
    if (c != '\n')
        memory[row * columns + column++] = (u8)c;
    if (c == '\n' || column == columns) {
        column = 0;
        row = (row + 1) % rows;
    }
    *reg(screen, CURSOR) = column << 16 | row;
}

static void print_on_screen(const char *text)
{
    for (; *text; text++)
        put_on_screen(*text);
}

void test_screen(void)
{
    screen = find_card(CARD_SCREEN, 0);
    if (screen < 0)
        return;
    columns = *reg(screen, SIZE) >> 16;
    rows = *reg(screen, SIZE) & 0xffff;
    print_on_screen("The screen of a sys161 machine\n");
    row = rows - 1;
    print_on_screen("last line");
    check(*reg(screen, CURSOR) == (9 << 16 | (rows - 1)),
          "the cursor: ", *reg(screen, CURSOR));
    check(*reg(screen, BUFFER) == 0x54686520, "the screen has ",
          *reg(screen, BUFFER));
    row = 1;
    column = 0;
    *reg(screen, CURSOR) = row;
    print("screen: ");
    print_number(columns);
    print(" by ");
    print_number(rows);
    print("\n");
}

/* Asks for a line, reads it from a card, whose keyboard has these registers,
 * and shows it.  A character that comes while the register is written would be
 * lost, so that is done before anybody is asked; one may have come already. */
static void read_line(int slot, u32 character, u32 read_irq,
                      void (*show)(char c))
{
    enum { ENABLE = 1 };
    char c;
    *reg(slot, read_irq) |= ENABLE;
    for (const char *ask = "type a line: "; *ask; ask++)
        show(*ask);
    do {
        wait_for(slot);
        c = (char)*reg(slot, character);
        *reg(slot, read_irq) = ENABLE;
        c = c == '\r' ? '\n' : c;
        show(c);
    } while (c != '\n');
    *reg(slot, read_irq) = 0;
}

static void put_on_console(char c)
{
    char text[2] = {c, '\0'};
    print(text);
}

void echo_line(void)
{
    read_line(find_card(CARD_SERIAL, 0), 0, 8, put_on_console);
}

void echo_on_screen(void)
{
    check(screen >= 0, "no screen card in ", 0);
    read_line(screen, 8, 12, put_on_screen);
}
