/* The reference CPU: an interpreter of the R3000A with CP0, TLB and R3010, the
 * oracle that every faster executor is checked against.  One instruction takes
 * one cycle, unless a model of the processor's time (CpuTiming) says that it
 * waits.  docs/cpu.md says what it does where the manuals are silent. */
#ifndef SELKIRK_FRONTEND_CPU_H
#define SELKIRK_FRONTEND_CPU_H

#include "base/ckpt.h"
#include "base/stats.h"
#include "frontend/decode.h"
#include "frontend/state.h"
#include "frontend/tlb.h"

#include <stddef.h>

typedef struct Cpu Cpu;

/* How the processor reaches memory; the machine binds it.  Addresses are
 * physical.  The functions may call cpu_set_irq(), cpu_set_deadline(),
 * cpu_stop() and cpu_cycle(). */
typedef struct CpuBus {
    void *ctx;
    /* Host address of the 4 KB page that holds `pa` when it is plain memory
     * that stays where it is, else NULL.  Memory that can be written must not
     * be seen at two physical addresses: what is decoded at one would miss
     * stores to the other. */
    uint8_t *(*page)(void *ctx, uint32_t pa, bool write);
    /* Aligned accesses of 1, 2 or 4 bytes; false is a bus error. */
    bool (*read)(void *ctx, uint32_t pa, unsigned size, uint32_t *value);
    bool (*write)(void *ctx, uint32_t pa, unsigned size, uint32_t value);
    /* The guest has done what the processor does not survive: with
     * CPU_MACHINE_CHECKS, else NULL.  One line says what. */
    void (*machine_check)(void *ctx, const char *why);
} CpuBus;

/* What a tracer may want to see; members may be NULL. */
typedef struct CpuHooks {
    void *ctx;
    /* An exception was taken: Cause, EPC, BadVAddr and pc are set. */
    void (*exception)(void *ctx, const GuestState *s, Exception exc);
    /* A TLB entry was written. */
    void (*tlb_write)(void *ctx, const GuestState *s, unsigned index);
} CpuHooks;

/* What a processor has that the R3000 has not (docs/cpu.md, MIPS-161). */
typedef enum CpuFeature {
    CPU_INTERLOCKED = 1 << 0,    /* loads have no visible delay */
    CPU_DIVIDE_TRAPS = 1 << 1,   /* division by zero is a breakpoint */
    CPU_STORE_ERRORS = 1 << 2,   /* a store that nothing takes is a bus error */
    CPU_MACHINE_CHECKS = 1 << 3, /* IsC, SwC and ambiguous TLBs are fatal; the
                                    Status bits of an R3000's caches are 0 */
    CPU_RANDOM_UP = 1 << 4,      /* Random counts up */
    CPU_WAIT = 1 << 5,           /* WAIT */
    CPU_LINKED = 1 << 6,         /* LL, SC, SYNC, CACHE */
    CPU_SELECTS = 1 << 7,        /* CP0 registers have banks */
    CPU_TIMER = 1 << 8,          /* Count and Compare: CpuConfig.timer */
    CPU_IDLES = 1 << 9,          /* WAIT waits; else it does nothing: for who
                                    follows a processor that does */
    CPU_PARKS = 1 << 10,         /* cpu_run() returns for WAIT, and the time is
                                    left to the caller's cpu_idle() */
    CPU_MIPS161_1 = CPU_INTERLOCKED | CPU_DIVIDE_TRAPS | CPU_STORE_ERRORS |
                    CPU_MACHINE_CHECKS | CPU_RANDOM_UP | CPU_WAIT | CPU_IDLES,
    CPU_MIPS161_2 = CPU_MIPS161_1 | CPU_LINKED | CPU_SELECTS | CPU_TIMER,
} CpuFeature;

typedef struct CpuConfig {
    unsigned features; /* sum of CpuFeature */
    uint32_t timer;    /* physical address of Count; Compare is behind it */
    bool big_endian;
    bool fpu;        /* an R3010 is fitted */
    uint32_t prid;   /* CP0 PRId */
    uint32_t icache; /* bytes, a power of two */
    uint32_t dcache;
    unsigned cpcond; /* levels of CpCond0..3; bit 1 counts without FPU */
} CpuConfig;

Cpu *cpu_create(const CpuConfig *config, const CpuBus *bus);
void cpu_destroy(Cpu *cpu);
void cpu_set_hooks(Cpu *cpu, const CpuHooks *hooks);

/* Reset: registers zero, TLB empty, caches invalid, pc at `pc`, Status as
 * given, `gpr` copied, interrupt inputs low.  Memory may have changed.  The
 * instruction count goes on, so that time does. */
void cpu_reset(Cpu *cpu, uint32_t pc, uint32_t status, const uint32_t gpr[32]);

/* Executes until the cycle counter reaches the deadline or cpu_stop().  May
 * return early only then; the state is always between two instructions. */
void cpu_run(Cpu *cpu, uint64_t deadline);
/* The same, up to the instruction count `insns` at the latest: where there is a
 * model of time, the two are not the same. */
void cpu_run_insns(Cpu *cpu, uint64_t deadline, uint64_t insns);
/* The same, up to an instruction that cpu_mark() marked at the latest; but not
 * one of the next `pass`. */
void cpu_run_to_mark(Cpu *cpu, uint64_t deadline, unsigned pass);
/* cpu_run() also returns before it executes the instruction at `va` (virtual),
 * where the count is `from` at least: there are a few watches, by number.  Not
 * while cpu_run() is active. */
enum { CPU_WATCHES = 3 };
void cpu_set_watch(Cpu *cpu, unsigned watch, uint32_t va, uint64_t from);
void cpu_clear_watch(Cpu *cpu, unsigned watch);
/* Whether it returned for that; then the watch must be set anew or cleared. */
bool cpu_watch_hit(const Cpu *cpu, unsigned watch);
/* Whether there is any. */
bool cpu_watches(const Cpu *cpu);
/* Lowers the deadline of the cpu_run() that is active. */
void cpu_set_deadline(Cpu *cpu, uint64_t deadline);
/* Makes the active cpu_run() return after the present instruction. */
void cpu_stop(Cpu *cpu);

/* Executes one instruction at the pc: `insn`, which the caller has fetched and
 * decoded, or NULL to have it fetched.  Interrupts and deadlines are not looked
 * at.  False: it took an exception. */
bool cpu_step(Cpu *cpu, const Insn *insn);
/* The same of an access at `pc`, not in a delay slot, that the TLB refuses for
 * certain: takes its exception.  Of the registers only those of CP0 matter; no
 * load is in flight. */
void cpu_refuse(Cpu *cpu, uint32_t pc, uint32_t va, bool store);

/* Takes the interrupt that the next instruction would give way to, if any: for
 * whoever looks at instructions one by one before they execute. */
void cpu_take_interrupt(Cpu *cpu);
/* Whether there is one. */
bool cpu_interrupt_ready(const Cpu *cpu);

/* Starts the processor while its machine runs: as cpu_reset(), but memory is as
 * it was, and interrupt inputs stay. */
void cpu_start(Cpu *cpu, uint32_t pc, uint32_t status, const uint32_t gpr[32]);

/* Several processors with one memory, of which one runs at a time.  `cpu`,
 * which was just created, joins `first` and those that are with it: stores of
 * one take back what another has decoded, and end the link that another's LL
 * has to the word. */
void cpu_join(Cpu *cpu, Cpu *first);
/* Another one is about to run: stores to the word of the link, if `cpu` holds
 * one, are looked at from now on. */
void cpu_yield(Cpu *cpu);
/* For whoever stores without cpu_run() and cpu_step().  Whether another
 * processor than `cpu` has a link in the page of `pa`: then stores of `cpu`
 * there have to be told, by the word's address. */
bool cpu_page_has_links(const Cpu *cpu, uint32_t pa);
void cpu_end_links(Cpu *cpu, uint32_t pa);

/* Whether WAIT was executed, and no interrupt input has been high since: there
 * is nothing to execute until one is. */
bool cpu_is_waiting(const Cpu *cpu);
/* Lets `cycles` pass in WAIT.  cpu_run() does so up to its deadline. */
void cpu_idle(Cpu *cpu, uint64_t cycles);

/* Instructions begun since cpu_create(), those that trapped included. */
uint64_t cpu_insns(const Cpu *cpu);
/* Cycles since cpu_create(): as many, and those that a model of time added.
 * While an instruction executes, it is counted. */
uint64_t cpu_cycle(const Cpu *cpu);

/* The instruction count at `cycle`, if no more instructions wait than have, in
 * `waits` cycles, the difference of both clocks modulo 2^64. */
static inline uint64_t cpu_insns_at(uint64_t cycle, uint64_t waits)
{
    if (waits <= INT64_MAX)
        return cycle > waits ? cycle - waits : 0;
    return cycle < waits ? cycle - waits : UINT64_MAX;
}

/* A model of the processor's time: it is told, in order, what may take more
 * than its instruction's cycle, and says how many cycles the processor waits.
 * `now` counts the present instruction's cycle and what it waited so far.
 *
 * An access has a key: the physical address of its word, or that and
 * CPU_UNCACHED.  What the tags of a cache have is not told: a fetch or load
 * whose key is in tags[(key >> 2) & mask] hits.  Isolated accesses and such
 * that trap are not accesses here. */
enum { CPU_UNCACHED = 1 };

typedef struct CpuTags {
    const uint32_t *tags;
    uint32_t mask;
} CpuTags;

typedef struct CpuTiming {
    void *ctx;
    CpuTags icache, dcache;
    uint64_t *loads; /* counts loads, hits included */
    uint64_t (*fetch)(void *ctx, uint64_t now, uint32_t key);
    uint64_t (*load)(void *ctx, uint64_t now, uint32_t key);
    /* `part`: not of a whole word. */
    uint64_t (*store)(void *ctx, uint64_t now, uint32_t key, bool part);
    /* An instruction, before it executes, that has to do with HI and LO, with
     * the R3010 if that is fitted, or is BC0F or BC0T. */
    uint64_t (*unit)(void *ctx, uint64_t now, const Insn *insn);
    /* An exception or interrupt was taken. */
    uint64_t (*exception)(void *ctx);
    /* Fetches go on in the mapped page of `va`; may be told again. */
    uint64_t (*page)(void *ctx, uint32_t va);
    /* The TLB or the ASID changed. */
    void (*remapped)(void *ctx);
    /* An isolated store; CpuTags.tags is the model's to change. */
    void (*isolated)(void *ctx, uint32_t pa, bool icache, bool part);
} CpuTiming;

/* From now on; NULL: an instruction a cycle again.  If not `counted`, the model
 * is told all the same, with a `now` of its own, and the clock goes on without
 * what it says. */
void cpu_set_timing(Cpu *cpu, const CpuTiming *timing, bool counted);

/* Interrupt input 0..5 (Cause.IP2..IP7).  The R3010's own request is ORed to
 * input 5. */
void cpu_set_irq(Cpu *cpu, unsigned input, bool level);

/* What MTC0 (of `rt`'s value), TLBR, TLBWI, TLBWR, TLBP and RFE do to CP0 and
 * the TLB, nothing else: whoever calls counts the instruction first. */
void cpu_system(Cpu *cpu, const Insn *insn, uint32_t rt);

/* CP0 register as MFC0 would read it now. */
uint32_t cpu_cp0(const Cpu *cpu, unsigned reg);

/* For whoever remembers translations of addresses: called when the virtual page
 * of `va`, or any page if `all`, may have come to mean something else. */
typedef void CpuRemapped(void *ctx, bool all, uint32_t va);
void cpu_set_remapped(Cpu *cpu, CpuRemapped *remapped, void *ctx);

/* For whoever executes the guest's code beside cpu_run(), by translations of
 * his own.  Physical addresses. */
typedef struct CpuSharing {
    void *ctx;
    /* Whether stores to the page are to be told; see also cpu_watch_page(). */
    bool (*watches)(void *ctx, uint32_t pa);
    /* A store wrote into the word, or cpu_memory_changed() said so. */
    void (*written)(void *ctx, uint32_t pa);
    /* The word was decoded and will not be looked at again: who writes to it
     * without the processor has to tell it by cpu_memory_changed(). */
    void (*decoded)(void *ctx, uint32_t pa);
} CpuSharing;
/* Drops what was decoded, marks included; NULL: nobody shares any more. */
void cpu_share_code(Cpu *cpu, const CpuSharing *sharing);
/* CpuSharing.watches() has become true of the page of `pa`. */
void cpu_watch_page(Cpu *cpu, uint32_t pa);
/* Marks the instruction at `pa`, as far as it stays decoded: marks may be lost
 * at any time. */
void cpu_mark(Cpu *cpu, uint32_t pa);

/* Memory changed behind the processor's back (a loader, a debugger). */
void cpu_memory_changed(Cpu *cpu, uint32_t pa, uint32_t size);

/* The state, between cpu_run() calls, with no load in flight in the register
 * file's stead: loads in flight are in load_reg and fpr_load_reg.  After a
 * change, call cpu_state_changed(). */
GuestState *cpu_state(Cpu *cpu);
void cpu_state_changed(Cpu *cpu);
/* Of the state's TLB, for tlb_translate(); it lives as long as the processor.
 */
const TlbIndex *cpu_tlb_index(const Cpu *cpu);

/* A data access as the guest's load would see it, for debuggers: ignores the
 * mode, changes nothing, reads no device.  False if there is no memory. */
bool cpu_peek(Cpu *cpu, uint32_t va, void *bytes, uint32_t size);

/* Saves or loads its state and what it has counted, in the present section; and
 * what a model of time has counted ahead, whoever that is. */
void cpu_checkpoint(Cpu *cpu, Ckpt *ckpt);
void cpu_timing_checkpoint(Cpu *cpu, Ckpt *ckpt);
/* cpu_cycle() is `cycle` from now on: whatever kept time before, this goes on
 * from there.  It may be less than there were instructions. */
void cpu_set_cycle(Cpu *cpu, uint64_t cycle);

/* Row group "cpu". */
void cpu_add_stats(const Cpu *cpu, Stats *stats);

#endif
