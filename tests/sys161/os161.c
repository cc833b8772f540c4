/* What OS/161's drivers do to a sys161, in their order: the bus is probed, text
 * is printed by polling and by interrupts at once, the on-chip timer is set
 * when Count is far beyond, the kernel sleeps by WAIT with interrupts off and
 * takes them in a moment between two writes of Status, cards are served from
 * the interrupt handler, a program of user mode is run, and other processors
 * are started, called and locked out, and run it, too.  On an old mainboard the
 * timer card's ticks stand for the on-chip timer's. */
typedef unsigned int u32;
typedef unsigned char u8;

enum {
    CYCLES = 250000, /* of a tick: 10 ms */
    TICK_US = 10000,
    TIMER = 2,
    DISK,
    SERIAL,
    EMUFS = 7,
    RANDOM = 9,
    CPUS_MAX = 32,
    BUFFER = 0x8000,
    ENABLE = 1,
    ACTIVE = 2,
    FORCE = 4,
    ADDS = 200,
    PAGE = 4096,
    PAGES = 16, /* of a program's data */
    LOOPS = 6000,
    VALID = 0x200,
    DIRTY = 0x400,
    CODE = 0x00400000,
    DATA = 0x10000000,
};

extern void start_secondary(void); /* os161.S */
void idle(void);
u32 test_and_set(volatile u32 *lock);
u32 enter_user(u32 pc, u32 argument, u32 count, u32 status, u32 *stack);
void leave_user(u32 value, u32 *stack) __attribute__((noreturn));
extern const u32 program[], program_end[];
extern u32 kernel_stacks[];

/* --- Registers -------------------------------------------------------------
 */

static volatile u32 *reg(u32 slot, u32 offset)
{
    return (volatile u32 *)(0xbfe00000 + 0x10000 * slot + offset);
}

static volatile u32 *board(u32 offset)
{
    return reg(31, 31 * 0x400 + offset);
}

static volatile u32 *area(u32 cpu, u32 offset)
{
    return reg(31, 0x8000 + 0x400 * cpu + offset);
}

#define RAMSZ (*board(0x200))
#define IRQS  (*board(0x204))
#define PWR   (*board(0x208))
#define CPUS  (*board(0x210))
#define CPUE  (*board(0x214))
#define SELF  (*board(0x218))

static u32 number(void)
{
    u32 context;
    __asm__ volatile("mfc0 %0, $4" : "=r"(context));
    return context >> 21;
}

static void set_timer(u32 cycles)
{
    __asm__ volatile("mtc0 %0, $11" ::"r"(cycles));
}

/* --- Cards -----------------------------------------------------------------
 */

static u32 slots[16]; /* by device; 0 and below: not there */
static u32 old;
static u32 cpus = 1;

static u32 probe(u32 device)
{
    for (u32 slot = 0; slot < 32; slot++)
        if (*reg(31, slot * 0x400) == 1 && *reg(31, slot * 0x400 + 4) == device)
            return slot;
    return 32;
}

/* --- The serial card: output that waits for an interrupt, and that polls ---
 */

static volatile u32 writing;

static void put_polled(u8 c)
{
    volatile u32 *irq = reg(slots[SERIAL], 4);
    u32 busy = writing;
    if (busy)
        while (!(*irq & ACTIVE))
            ;
    *irq = busy ? FORCE | ENABLE : 0;
    *reg(slots[SERIAL], 0) = c;
    while (!(*irq & ACTIVE))
        ;
    if (!busy)
        *irq = ENABLE;
}

static void print(const char *text)
{
    while (*text)
        put_polled((u8)*text++);
}

static void print_number(u32 n)
{
    if (n > 9)
        print_number(n / 10);
    put_polled((u8)('0' + n % 10));
}

static void power_off(void) __attribute__((noreturn));
static void power_off(void)
{
    PWR = 0;
    for (;;)
        __asm__ volatile(".set push; .set mips32; wait; .set pop");
}

static void check(u32 good, const char *what, u32 value)
{
    if (good)
        return;
    print("FAILED: ");
    print(what);
    print_number(value);
    print("\n");
    power_off();
}

static void put_by_interrupt(u8 c)
{
    check(!writing, "not clear to write ", c);
    writing = 1;
    *reg(slots[SERIAL], 0) = c;
}

static void serial_interrupt(void)
{
    volatile u32 *write = reg(slots[SERIAL], 4), *read = reg(slots[SERIAL], 8);
    if (*write & ACTIVE) {
        writing = 0;
        *write = ENABLE;
    }
    if (*read & ACTIVE) {
        (void)*reg(slots[SERIAL], 0);
        *read = ENABLE;
    }
}

/* --- Interrupts ------------------------------------------------------------
 */

/* The even ones run one program, the others each a copy of it. */
static u32 code_page(u32 cpu)
{
    extern u8 kernel_end[];
    return (u32)kernel_end + (cpu % 2 ? PAGE * (1 + cpu) : 0);
}

static u32 data_page(u32 cpu, u32 page)
{
    return code_page(1) + PAGE * (CPUS_MAX + PAGES * cpu + page);
}

static volatile u32 ticks[CPUS_MAX], calls[CPUS_MAX], seconds;
static volatile u32 disk_result, emufs_result;

static void bus_interrupt(void)
{
    u32 irqs = IRQS;
    check(irqs != 0, "stray interrupt ", irqs);
    if (irqs >> slots[TIMER] & 1 && *reg(slots[TIMER], 12)) {
        seconds++;
        ticks[0] += old;
    }
    if (irqs >> slots[SERIAL] & 1)
        serial_interrupt();
    if (slots[DISK] && irqs >> slots[DISK] & 1) {
        disk_result = *reg(slots[DISK], 4);
        if ((disk_result & 0x1d) > 1)
            *reg(slots[DISK], 4) = 0;
    }
    if (slots[EMUFS] && irqs >> slots[EMUFS] & 1) {
        emufs_result = *reg(slots[EMUFS], 16);
        *reg(slots[EMUFS], 16) = 0;
    }
}

/* Of a program: its pages have the entry of a processor's own. */
static void fill_tlb(u32 cpu)
{
    u32 va, pa;
    __asm__ volatile("mfc0 %0, $8" : "=r"(va));
    check(va - CODE < PAGE || va - DATA < PAGES * PAGE, "no such page: ", va);
    pa = va - CODE < PAGE ? code_page(cpu) : data_page(cpu, (va - DATA) / PAGE);
    pa = (pa & 0x1ffff000) | VALID | (va < DATA ? 0 : DIRTY);
    __asm__ volatile("mtc0 %0, $2; tlbwr" ::"r"(pa) : "memory");
}

void trap(u32 cause, u32 epc, const u32 *registers)
{
    u32 cpu = number(), code = cause >> 2 & 15;
    if (code == 2 || code == 3) {
        fill_tlb(cpu);
        return;
    }
    if (code == 8)
        leave_user(registers[4], &kernel_stacks[cpu]);
    check(code == 0, "an exception at ", epc);
    check(cause & 0x8c00, "nothing interrupts ", cause);
    if (cause & 0x400)
        bus_interrupt();
    if (cause & 0x800) {
        calls[cpu]++;
        *area(cpu, 4) = 0;
    }
    if (cause & 0x8000) {
        set_timer(CYCLES);
        ticks[cpu]++;
    }
}

/* --- Several processors ----------------------------------------------------
 */

static volatile u32 lock, counter, work;

static void add(void)
{
    for (u32 i = 0; i < ADDS; i++) {
        do
            while (lock)
                ;
        while (test_and_set(&lock));
        counter = counter + 1;
        lock = 0;
    }
}

/* The program runs beside those of others, and is interrupted. */
static void run_program(u32 cpu)
{
    u32 cells[PAGES], sum = 0;
    for (u32 i = 0; i < PAGES; i++) {
        cells[i] = 0;
        *(volatile u32 *)data_page(cpu, i) = 0;
    }
    for (u32 i = 0; i < (u32)(program_end - program); i++)
        ((volatile u32 *)code_page(cpu))[i] = program[i];
    for (u32 n = LOOPS; n > 0; n--) {
        sum += cells[n % PAGES];
        cells[n % PAGES] += cpu + n;
    }
    __asm__ volatile("mtc0 %0, $10" ::"r"((cpu + 1) << 6)); /* ASID */
    u32 got = enter_user(CODE, cpu, LOOPS, 0xff00 | 0xc, &kernel_stacks[cpu]);
    check(got == sum, "the program's sum is ", got);
}

void secondary(u32 cpu)
{
    check(SELF == 1u << cpu && number() == cpu, "it is ", SELF);
    while (ticks[cpu] < 2 || !calls[cpu])
        idle();
    run_program(cpu);
    add();
    do
        while (lock)
            ;
    while (test_and_set(&lock));
    work = work + 1;
    lock = 0;
    for (;;)
        idle();
}

static void find_processors(void)
{
    u32 all = CPUS, self = SELF;
    check(self == 1 && all & self, "the first one is ", self);
    cpus = 0;
    for (u32 i = 0; i < 32; i++)
        if (all >> i & 1) {
            cpus++;
            *area(i, 0) = self >> i & 1 ? 0xffffffff : 0;
        }
}

static void test_processors(void)
{
    for (u32 i = 1; i < cpus; i++) {
        area(i, 0x300)[0] = (u32)start_secondary;
        area(i, 0x300)[1] = i;
    }
    CPUE = CPUS;
    for (u32 i = 1; i < cpus; i++)
        *area(i, 4) = 1;
    run_program(0);
    add();
    while (work < cpus - 1)
        idle();
    check(counter == ADDS * cpus, "under a lock were counted ", counter);
    print("processors: ");
    print_number(cpus);
    print("\n");
}

/* --- Disk and emufs, by interrupts -----------------------------------------
 */

static u32 disk_operate(u32 sector, u32 operation)
{
    disk_result = 0;
    *reg(slots[DISK], 8) = sector;
    *reg(slots[DISK], 4) = operation;
    while ((disk_result & 0x1d) < 2)
        idle();
    return disk_result;
}

static void test_disk(void)
{
    u32 last = *reg(slots[DISK], 0) - 1;
    volatile u8 *buffer = (volatile u8 *)reg(slots[DISK], BUFFER);
    for (u32 i = 0; i < 512; i++)
        buffer[i] = (u8)(3 * i);
    check(disk_operate(last, 3) == 6, "writing: ", disk_result);
    check(disk_operate(0, 1) == 4, "reading: ", disk_result);
    check(disk_operate(last, 1) == 4, "reading again: ", disk_result);
    for (u32 i = 0; i < 512; i++)
        check(buffer[i] == (u8)(3 * i), "another byte at ", i);
    print("disk\n");
}

static u32 emufs_operate(u32 handle, u32 offset, u32 length, u32 operation)
{
    emufs_result = 0;
    *reg(slots[EMUFS], 0) = handle;
    *reg(slots[EMUFS], 8) = length;
    *reg(slots[EMUFS], 4) = offset;
    *reg(slots[EMUFS], 12) = operation;
    while (!emufs_result)
        idle();
    return emufs_result;
}

static u32 put_name(const char *name)
{
    volatile u8 *buffer = (volatile u8 *)reg(slots[EMUFS], BUFFER);
    u32 size = 0;
    do
        buffer[size] = (u8)name[size];
    while (name[size++]);
    return size - 1;
}

/* A program is looked up by a path and read in two parts, as exec does. */
static void test_emufs(void)
{
    volatile u8 *buffer = (volatile u8 *)reg(slots[EMUFS], BUFFER);
    u32 result = emufs_operate(0, 0, put_name("bin/none"), 1);
    check(result == 4, "opening nothing: ", result);
    result = emufs_operate(0, 0, put_name("bin/sh"), 1);
    u32 file = *reg(slots[EMUFS], 0);
    check(result == 1 && !*reg(slots[EMUFS], 8), "opening: ", result);
    result = emufs_operate(file, 0, 0, 8);
    check(*reg(slots[EMUFS], 8) == 6, "size: ", *reg(slots[EMUFS], 8));
    result = emufs_operate(file, 0, 4, 5);
    check(result == 1 && *reg(slots[EMUFS], 8) == 4 &&
              *reg(slots[EMUFS], 4) == 4 && buffer[3] == 'l',
          "reading: ", result);
    result = emufs_operate(file, 4, 16384, 5);
    check(*reg(slots[EMUFS], 8) == 2 && *reg(slots[EMUFS], 4) == 6 &&
              buffer[1] == '\n',
          "reading on: ", *reg(slots[EMUFS], 8));
    result = emufs_operate(file, 6, 16384, 5);
    check(result == 1 && !*reg(slots[EMUFS], 8), "behind the end: ", result);
    check(emufs_operate(file, 0, 0, 4) == 1, "closing: ", emufs_result);
    result = emufs_operate(0, 0, put_name("bin"), 1);
    check(result == 1 && *reg(slots[EMUFS], 8) > 0, "a folder: ", result);
    file = *reg(slots[EMUFS], 0);
    result = emufs_operate(file, 0, 16384, 6);
    check(result == 1 && *reg(slots[EMUFS], 8) == 2 && buffer[0] == 's',
          "its name: ", result);
    check(emufs_operate(file, 0, 0, 4) == 1, "closing it: ", emufs_result);
    print("emufs\n");
}

/* --- The kernel ------------------------------------------------------------
 */

static void configure(void)
{
    old = *reg(31, 31 * 0x400 + 4) == 1;
    slots[SERIAL] = probe(SERIAL);
    slots[TIMER] = probe(TIMER);
    u32 disk = probe(DISK), emufs = probe(EMUFS);
    slots[DISK] = disk < 32 ? disk : 0;
    slots[EMUFS] = emufs < 32 ? emufs : 0;
    *reg(slots[SERIAL], 8) = ENABLE;
    *reg(slots[SERIAL], 4) = ENABLE;
    if (!old)
        find_processors();
}

/* Some of it goes out while a character waits for its interrupt. */
static void test_output(void)
{
    static const char text[] = "by interrupts\n";
    for (const char *c = text; *c; c++) {
        put_by_interrupt((u8)*c);
        if (*c == ' ')
            print("(polled) ");
        while (writing)
            idle();
    }
}

void main(const char *arguments)
{
    configure();
    print("kernel: ");
    print(arguments);
    print(", ");
    print_number(RAMSZ >> 10);
    print(" KB\n");
    /* As much text as a kernel prints until it sets its clock. */
    for (u32 i = 0; i < 10; i++)
        print("............................................................\n");
    *reg(slots[TIMER], 8) = 1;
    *reg(slots[TIMER], 16) = old ? TICK_US : 3 * TICK_US;
    if (!old)
        set_timer(CYCLES);
    while (ticks[0] < 5)
        idle();
    check(seconds == (old ? 5 : 1), "the timer card counted ", seconds);
    print("clock\n");
    test_output();
    if (slots[DISK])
        test_disk();
    if (slots[EMUFS])
        test_emufs();
    check(data_page(cpus, 0) <= 0x80000000 + RAMSZ, "too little RAM: ", RAMSZ);
    run_program(0);
    print("program\n");
    if (cpus > 1)
        test_processors();
    print("The system is halted.\n");
    power_off();
}
