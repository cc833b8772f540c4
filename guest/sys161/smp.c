/* Several processors: the first one starts the others, and all share work.  It
 * is called out by interrupts between processors; nobody takes an interrupt,
 * all look at Cause. */
#include "sys161.h"

enum {
    CPUS_MAX = 32,
    CIRQE = 0,
    CIPI = 4,
    CRAM = 0x300,

    COUNTS = 800, /* by all together */
    STORES = 600, /* while another one holds a link */
    JOBS = 48,    /* of the shared work, */
    JOB = 128,    /* each of so many numbers */
    PRIMES = 801, /* below JOBS * JOB */
    CALLS = 600,  /* of code that changes, or is another one for each */
    OWN_CODE = 4, /* where it is in the page, in words */
    PAGE = 4096,
    VALID = 0x200,
    DIRTY = 0x400,
    WINDOW = 0x10000000, /* an address that each processor maps for itself */
};

extern void start_secondary(void); /* start.S */

static u32 cpus; /* that there are */
static u32 alive, done;
static void (*volatile work)(u32 cpu);

/* A register of the processor's own area. */
static volatile u32 *area(u32 cpu, u32 offset)
{
    return reg(31, 0x8000 + 0x400 * cpu + offset);
}

static u32 volatile_read(const u32 *word)
{
    return *(const volatile u32 *)word;
}

/* --- Calling the others ----------------------------------------------------
 */

/* What start.S calls on each but the first. */
void secondary(u32 cpu)
{
    check(BOARD_SELF == 1u << cpu, "another processor: ", BOARD_SELF);
    add_linked(&alive);
    for (;;) {
        while (!(get_cause() & STATUS_IPI))
            wait();
        *area(cpu, CIPI) = 0;
        work(cpu);
        add_linked(&done);
        *area(0, CIPI) = 1;
    }
}

/* All do it, the first one, too. */
static void run_everywhere(void (*what)(u32 cpu))
{
    work = what;
    done = 0;
    for (u32 cpu = 1; cpu < cpus; cpu++)
        *area(cpu, CIPI) = 1;
    what(0);
    while (volatile_read(&done) < cpus - 1) {
        wait();
        *area(0, CIPI) = 0;
    }
    *area(0, CIPI) = 0;
}

/* Waits until all are here, for time number `times`. */
static void meet(u32 times)
{
    static u32 arrived;
    add_linked(&arrived);
    while (volatile_read(&arrived) < cpus * times)
        ;
}

static void start_all(void)
{
    for (u32 cpu = 1; cpu < cpus; cpu++) {
        *area(cpu, CIRQE) = 0; /* cards interrupt the first one */
        *area(cpu, CRAM) = (u32)start_secondary;
        *area(cpu, CRAM + 4) = cpu;
    }
    BOARD_CPUE = BOARD_CPUS;
    while (volatile_read(&alive) < cpus - 1)
        ;
}

/* --- Words that all write to -----------------------------------------------
 */

static u32 counted, lock, guarded;

static void count(u32 cpu)
{
    (void)cpu;
    for (u32 i = 0; i < COUNTS / cpus; i++)
        add_linked(&counted);
    for (u32 i = 0; i < COUNTS / cpus; i++) {
        acquire(&lock);
        u32 value = volatile_read(&guarded);
        *(volatile u32 *)&guarded = value + 1;
        release(&lock);
    }
}

static void test_counting(void)
{
    run_everywhere(count);
    u32 all = COUNTS / cpus * cpus;
    check(counted == all, "LL and SC counted ", counted);
    check(guarded == all, "with a lock, they counted ", guarded);
}

/* --- Links -----------------------------------------------------------------
 */

static u32 words[2], target, ask, answer;

/* The first one holds a link to words[0] while the second stores to words[1],
 * often, and then to one of them. */
static void link(u32 cpu)
{
    if (cpu == 1) {
        while (!volatile_read(&ask))
            ;
        /* By one instruction, without a branch: translated when it matters. */
        for (u32 i = 0; i < STORES; i++)
            *(volatile u32 *)&words[1 - (i / (STORES - 1) & ~target)] = 0;
        *(volatile u32 *)&answer = 1;
    } else if (cpu == 0) {
        u32 stored = store_after(&words[0], &ask, &answer);
        check(stored == (target == 1), "SC after another's store: ", stored);
    }
}

static void test_links(void)
{
    for (target = 0; target < 2; target++) {
        ask = answer = 0;
        run_everywhere(link);
    }
    check(words[0] == 1, "SC stored ", words[0]);
}

/* --- Shared work -----------------------------------------------------------
 */

static u32 next_job, primes;

static int is_prime(u32 n)
{
    for (u32 d = 2; d * d <= n; d++)
        if (n % d == 0)
            return 0;
    return n > 1;
}

static void take_jobs(u32 cpu)
{
    (void)cpu;
    for (;;) {
        acquire(&lock);
        u32 job = next_job;
        next_job = job + 1;
        release(&lock);
        if (job >= JOBS)
            return;
        u32 found = 0;
        for (u32 n = job * JOB; n < (job + 1) * JOB; n++)
            found += (u32)is_prime(n);
        acquire(&lock);
        primes += found;
        release(&lock);
    }
}

/* --- Code that the first one changes ---------------------------------------
 */

/* In a page of its own, which nobody links to. */
static u32 code[PAGE / 4] __attribute__((aligned(4096)));

/* The last of many stores is the one that changes the code, as above. */
static void write_code(u32 value)
{
    if (value == 1)
        *(volatile u32 *)&code[0] = 0x03e00008; /* jr ra */
    for (u32 i = 0; i < STORES; i++)
        *(volatile u32 *)&code[2 - i / (STORES - 1)] =
            0x24020000 | value; /* li v0, value */
}

static void call_code(u32 cpu)
{
    u32 (*function)(void) = (u32(*)(void))code;
    for (u32 value = 1; value <= 3; value++) {
        if (cpu == 0)
            write_code(value);
        meet(2 * value - 1);
        for (u32 i = 0; cpu != 0 && i < CALLS; i++) {
            u32 result = function();
            check(result == value, "the old code gives ", result);
        }
        meet(2 * value);
    }
}

/* --- What is each one's own ------------------------------------------------
 */

static u32 pages[CPUS_MAX];

/* All run at the same address, and each its own code there. */
static void write_own_code(u32 cpu)
{
    u32 *own = (u32 *)pages[cpu] + OWN_CODE;
    own[0] = 0x24020000 | cpu; /* li v0, cpu */
    own[1] = 0x03e00008;       /* jr ra */
    own[2] = 0;
}

static void call_own_code(u32 cpu)
{
    u32 (*function)(void) = (u32(*)(void))(WINDOW + 4 * OWN_CODE);
    for (u32 i = 0; i < CALLS; i++) {
        u32 result = function();
        check(result == cpu, "another's code gives ", result);
    }
}

static void use_own(u32 cpu)
{
    volatile u32 *window = (volatile u32 *)WINDOW;
    set_index(0);
    set_entryhi(WINDOW);
    set_entrylo((pages[cpu] & 0x1fffffff) | VALID | DIRTY);
    __asm__ volatile("tlbwi" ::: "memory");
    for (int i = 0; i < 100; i++)
        *window += cpu;
    check(*window == 100 * cpu, "another's page: ", *window);
    meet(7); /* call_code() had those before */
    call_own_code(cpu);
    set_entryhi(0x80000000);
    set_entrylo(0);
    __asm__ volatile("tlbwi" ::: "memory");
    check(*(u32 *)pages[cpu] == 100 * cpu, "its page has ", *(u32 *)pages[cpu]);
    /* Timers that end one after the other. */
    u32 cycles = 3000 + 100 * cpu;
    set_count(0);
    set_compare(cycles);
    while (!(get_cause() & STATUS_TIMER))
        wait();
    set_compare(0xffffffff);
    check(!(get_cause() & STATUS_TIMER), "the timer stays: ", get_cause());
}

static void test_own(void)
{
    extern u8 kernel_end[];
    for (u32 cpu = 0; cpu < cpus; cpu++) {
        pages[cpu] = (u32)kernel_end + PAGE * cpu;
        *(u32 *)pages[cpu] = 0;
        write_own_code(cpu);
    }
    run_everywhere(use_own);
    for (u32 cpu = 0; cpu < cpus; cpu++) /* user programs find it so */
        for (u32 word = 0; word < OWN_CODE + 3; word++)
            ((u32 *)pages[cpu])[word] = 0;
}

/* --- Interrupts of cards ---------------------------------------------------
 */

static void take_card(u32 cpu)
{
    if (cpu != 1)
        return;
    while (!(get_cause() & STATUS_BUS))
        wait();
    check(take_tick(), "an interrupt by slots ", BOARD_IRQS);
    check(!(get_cause() & STATUS_BUS), "it does not end: ", get_cause());
}

/* The clock interrupts the second one, and not the first. */
static void test_routing(void)
{
    *area(0, CIRQE) = 0;
    *area(1, CIRQE) = 0xffffffff;
    start_countdown(100);
    run_everywhere(take_card);
    check(!(get_cause() & STATUS_BUS), "the first one, too: ", get_cause());
    *area(1, CIRQE) = 0;
    *area(0, CIRQE) = 0xffffffff;
}

void test_processors(void)
{
    u32 all = get_prid() == OLD_PRID ? 1 : BOARD_CPUS;
    for (; all; all &= all - 1)
        cpus++;
    if (cpus == 1)
        return;
    start_all();
    test_counting();
    test_links();
    run_everywhere(take_jobs);
    check(primes == PRIMES, "primes: ", primes);
    run_everywhere(call_code);
    test_own();
    test_routing();
    BOARD_CPUE = 1; /* the others have done their work */
    check(BOARD_CPUE == 1, "still on: ", BOARD_CPUE);
    print("processors: ");
    print_number(cpus);
    print(", passed\n");
}
