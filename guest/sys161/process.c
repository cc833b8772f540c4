/* User programs: each has a table of pages, a frame, and an address space of
 * the TLB.  The timer card's interrupts take turns among them. */
#include "sys161.h"

enum {
    PROCESSES = 3,
    TABLE_PAGES = 4096, /* 16 MB, as the refill handler in start.S has it */
    PAGE_SHIFT = 12,
    PAGE = 1 << PAGE_SHIFT,
    VALID = 0x200,
    DIRTY = 0x400,
    TICK_US = 200,

    EXC_INT = 0,
    EXC_MOD = 1,
    EXC_TLBL = 2,
    EXC_SYS = 8,
    A0 = 4 - 1, /* in Frame.gpr */
    V0 = 2 - 1,
};

typedef struct Process {
    Frame frame;
    u32 table[TABLE_PAGES];
    u32 ended; /* not running any more */
    u32 result;
    u32 modified; /* pages that it wrote to for the first time */
    u32 faults;   /* of pages that it may not use */
} Process;

extern u8 kernel_end[], user_program[];
extern u32 *page_table; /* of the process that runs: start.S */

static Process processes[PROCESSES];
static u32 current, switches;
static u32 next_page; /* physical address of the first that is free */

static u32 physical(const void *address)
{
    return (u32)address & 0x1fffffff;
}

static void map(Process *p, u32 address, u32 page, u32 flags)
{
    p->table[address >> PAGE_SHIFT] = page | flags;
}

static void make_process(u32 number)
{
    Process *p = &processes[number];
    map(p, USER_CODE, physical(user_program), VALID);
    for (u32 i = 0; i < USER_PAGES; i++) {
        map(p, USER_DATA + PAGE * i, next_page, VALID);
        next_page += PAGE;
    }
    check(next_page < BOARD_RAMSZ - PAGE, "memory is used up, of ",
          BOARD_RAMSZ);
    p->frame.epc = USER_CODE;
    p->frame.status = STATUS_BUS | STATUS_IEP | STATUS_KUP;
    p->frame.gpr[A0] = number;
}

static void run(u32 number)
{
    current = number;
    page_table = processes[number].table;
    set_entryhi(number << 6);
    enter_user(&processes[number].frame);
}

/* The next one that has not ended. */
static void run_next(void)
{
    for (u32 i = 1; i <= PROCESSES; i++) {
        u32 next = (current + i) % PROCESSES;
        if (processes[next].ended)
            continue;
        switches += next != current;
        run(next);
    }
    leave_user();
}

static void end(Process *p, u32 result)
{
    p->ended = 1;
    p->result = result;
    run_next();
}

/* Takes the old entry for `address` out of the TLB, if it is there. */
static void forget(u32 address)
{
    set_entryhi((address & ~(u32)(PAGE - 1)) | current << 6);
    __asm__ volatile("tlbp");
    if (get_index() >> 31)
        return;
    set_entryhi(0x80000000 + (get_index() << 4));
    set_entrylo(0);
    __asm__ volatile("tlbwi");
    set_entryhi(current << 6);
}

/* Pages of data are clean at first: a store to one comes here once. */
static void modify(Process *p)
{
    u32 address = p->frame.badvaddr;
    check(address >= USER_DATA, "a store to a page of code: ", address);
    p->table[address >> PAGE_SHIFT] |= DIRTY;
    p->modified++;
    forget(address);
    run(current);
}

static void call(Process *p)
{
    p->frame.epc += 4;
    if (p->frame.gpr[V0] == SYS_EXIT)
        end(p, p->frame.gpr[A0]);
    check(p->frame.gpr[V0] == SYS_YIELD, "system call ", p->frame.gpr[V0]);
    run_next();
}

/* What a program may not do is told to it, in its v0: it goes on behind. */
static void refuse(Process *p, u32 exception)
{
    p->faults++;
    p->frame.epc += 4;
    p->frame.gpr[V0] = exception;
    run(current);
}

void trap(Frame *frame)
{
    Process *p = &processes[current];
    u32 exception = frame->cause >> 2 & 31;
    check(frame == &p->frame, "another frame: ", (u32)frame);
    switch (exception) {
    case EXC_INT:
        check(take_tick(), "an interrupt by slots ", BOARD_IRQS);
        run_next();
        break;
    case EXC_MOD: modify(p); break;
    case EXC_SYS: call(p); break;
    default: refuse(p, exception); break;
    }
}

static void start(void)
{
    run(0);
}

void run_processes(void)
{
    next_page = physical(kernel_end);
    for (u32 i = 0; i < PROCESSES; i++)
        make_process(i);
    start_ticks(TICK_US);
    enter_kernel(start);
    start_ticks(0);
    for (u32 i = 0; i < PROCESSES; i++) {
        const Process *p = &processes[i];
        print("process ");
        print_number(i);
        print(": result ");
        print_number(p->result);
        print(", ");
        print_number(p->modified);
        print(" pages modified, ");
        print_number(p->faults);
        print(" faults\n");
    }
    check(switches >= PROCESSES, "too few switches: ", switches);
}
