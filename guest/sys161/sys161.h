/* The example kernel for sys161 machines: what its files share, and the
 * hardware as the kernel sees it (docs/boards.md, docs/os161.md). */
#ifndef SELKIRK_GUEST_SYS161_H
#define SELKIRK_GUEST_SYS161_H

/* Status and Cause. */
#define STATUS_IEC   0x00000001
#define STATUS_IEP   0x00000004
#define STATUS_KUP   0x00000008
#define STATUS_BUS   0x00000400 /* interrupt input 0: the LAMEbus */
#define STATUS_IPI   0x00000800 /* 1: between processors */
#define STATUS_TIMER 0x00008000 /* 5: the on-chip timer */

/* A trap frame, by offset: registers 1 to 31 at 4 times their number. */
#define FRAME_EPC      0
#define FRAME_STATUS   128
#define FRAME_CAUSE    132
#define FRAME_BADVADDR 136
#define FRAME_LO       140
#define FRAME_HI       144
#define FRAME_SIZE     152

/* Where a user program has its code and its data, and how many pages of that:
 * more than the TLB has entries. */
#define USER_CODE  0x00400000
#define USER_DATA  0x00800000
#define USER_PAGES 80

/* System calls, in v0. */
#define SYS_EXIT  1
#define SYS_YIELD 2

/* PRId of System/161 1.x. */
#define OLD_PRID 0x3ff

/* Bytes of stack of a processor that is not the first one. */
#define SECONDARY_STACK 1024

#ifndef __ASSEMBLER__

typedef unsigned int u32;
typedef unsigned char u8;

typedef struct Frame {
    u32 epc, gpr[31]; /* 1 to 31 */
    u32 status, cause, badvaddr, lo, hi;
} Frame;

/* --- start.S ---------------------------------------------------------------
 */

#define CP0(name, reg)                                                         \
    static inline u32 get_##name(void)                                         \
    {                                                                          \
        u32 value;                                                             \
        __asm__ volatile("mfc0 %0, $" #reg : "=r"(value)::"memory");           \
        return value;                                                          \
    }                                                                          \
    static inline void set_##name(u32 value)                                   \
    {                                                                          \
        __asm__ volatile("mtc0 %0, $" #reg ::"r"(value) : "memory");           \
    }
CP0(index, 0)
CP0(entrylo, 2)
CP0(count, 9)
CP0(entryhi, 10)
CP0(compare, 11)
CP0(status, 12)
CP0(cause, 13)
CP0(prid, 15)

/* Sleeps until an interrupt input is high. */
static inline void wait(void)
{
    __asm__ volatile(".set push; .set mips32; wait; .set pop" ::: "memory");
}

/* Reads (writes) a word; returns the exception that it took, or 0. */
u32 try_read(u32 address, u32 *value);
u32 try_write(u32 address, u32 value);
/* Goes to the user's mode as the frame says.  Does not return. */
void enter_user(Frame *frame) __attribute__((noreturn));
/* Goes on after the call of enter_kernel() that comes last. */
void leave_user(void) __attribute__((noreturn));
/* Calls `run`; returns when leave_user() is called. */
void enter_kernel(void (*run)(void));
/* Adds 1, by LL and SC. */
void add_linked(u32 *word);
/* A lock that is spun for: 0 is free. */
void acquire(u32 *lock);
void release(u32 *lock);
/* By LL and SC, adds 1 to `word`; between them sets `ask`, and waits for
 * `answer`.  Whether SC stored. */
u32 store_after(u32 *word, u32 *ask, const u32 *answer);

/* --- main.c ----------------------------------------------------------------
 */

void print(const char *text);
void print_number(u32 number);
void print_hex(u32 number);
/* Tells what went wrong, and turns the machine off. */
void fail(const char *what, u32 number) __attribute__((noreturn));
static inline void check(int good, const char *what, u32 number)
{
    if (!good)
        fail(what, number);
}
/* Slot of the first (and next) card of a kind from slot `from` on, or -1. */
int find_card(u32 device, int from);

/* --- devices.c -------------------------------------------------------------
 */

/* A register of a card, or of its buffer, which begins at 0x8000. */
#define SLOT(slot) (0xbfe00000 + 0x10000 * (u32)(slot))
static inline volatile u32 *reg(int slot, u32 offset)
{
    return (volatile u32 *)(SLOT(slot) + offset);
}
#define MAINBOARD(offset) (*reg(31, offset))
#define BOARD_RAMSZ       MAINBOARD(0x7e00)
#define BOARD_IRQS        MAINBOARD(0x7e04)
#define BOARD_PWR         MAINBOARD(0x7e08)
#define BOARD_IRQE        MAINBOARD(0x7e0c)
#define BOARD_CPUS        MAINBOARD(0x7e10)
#define BOARD_CPUE        MAINBOARD(0x7e14)
#define BOARD_SELF        MAINBOARD(0x7e18)
#define BOARD_CIRQE       MAINBOARD(0x8000)
#define BOARD_CIPI        MAINBOARD(0x8004)

enum {
    CARD_OLD = 1,
    CARD_TIMER,
    CARD_DISK,
    CARD_SERIAL,
    CARD_SCREEN,
    CARD_NET,
    CARD_EMUFS,
    CARD_TRACE,
    CARD_RANDOM,
    CARD_MAINBOARD
};

/* Each tries the cards of one kind; none is no failure. */
void test_mainboard(void);
void test_timer(void);
void test_cpu_timer(void);
void test_disk(void);
void test_emufs(void);
void test_random(void);
void test_trace(void);
void test_screen(void);
/* Reads a line from the serial card, by interrupts, and prints it. */
void echo_line(void);
/* The same on the screen. */
void echo_on_screen(void);
/* The timer card interrupts from now on, every `us` microseconds; 0: no more.
 */
void start_ticks(u32 us);
/* It interrupts once, after `us` microseconds. */
void start_countdown(u32 us);
/* True if it was the timer card that interrupted; ends its interrupt. */
int take_tick(void);

/* --- network.c -------------------------------------------------------------
 */

/* No frame of another machine interrupts, but in test_network(). */
void hush_network(void);
/* Tries the network card; `together`: with another machine that does so, too.
 */
void test_network(int together);

/* --- smp.c -----------------------------------------------------------------
 */

/* Starts the other processors, if there are any, and turns them off again. */
void test_processors(void);

/* --- process.c -------------------------------------------------------------
 */

/* Runs user programs side by side until all have ended. */
void run_processes(void);
/* What start.S calls for each trap from the user's mode. */
void trap(Frame *frame);

#endif
#endif
