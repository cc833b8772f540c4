/* The architectural state of the guest processor: R3000A, CP0 and R3010, as
 * plain data.  Every executor works on it, and comparing two of them compares
 * two machines.  Source for all of it: G. Kane, MIPS RISC Architecture. */
#ifndef SELKIRK_FRONTEND_STATE_H
#define SELKIRK_FRONTEND_STATE_H

#include <stdbool.h>
#include <stdint.h>

/* CP0 register numbers (chapter 6). */
enum {
    CP0_INDEX = 0,
    CP0_RANDOM = 1,
    CP0_ENTRYLO = 2,
    CP0_CONTEXT = 4,
    CP0_BADVADDR = 8,
    CP0_COUNT = 9, /* of MIPS-161, as the next but one */
    CP0_ENTRYHI = 10,
    CP0_COMPARE = 11,
    CP0_STATUS = 12,
    CP0_CAUSE = 13,
    CP0_EPC = 14,
    CP0_PRID = 15,
    CP0_CONFIG = 16, /* of MIPS-161 */
};

/* Status. */
#define STATUS_IEC   0x00000001u /* interrupts enabled, current */
#define STATUS_KUC   0x00000002u /* user mode, current */
#define STATUS_IEP   0x00000004u /* and previous */
#define STATUS_KUP   0x00000008u
#define STATUS_IEO   0x00000010u /* and old */
#define STATUS_KUO   0x00000020u
#define STATUS_KU_IE 0x0000003fu
#define STATUS_IM    0x0000ff00u /* interrupt mask */
#define STATUS_ISC   0x00010000u /* isolate the data cache */
#define STATUS_SWC   0x00020000u /* swap the caches */
#define STATUS_PZ    0x00040000u /* write zero for cache parity */
#define STATUS_CM    0x00080000u /* last isolated load missed */
#define STATUS_PE    0x00100000u /* cache parity error; writing 1 clears */
#define STATUS_TS    0x00200000u /* TLB shut down; only reset clears */
#define STATUS_BEV   0x00400000u /* bootstrap exception vectors */
#define STATUS_RE    0x02000000u /* reverse byte order in user mode */
#define STATUS_CU0   0x10000000u /* coprocessor z usable: CU0 << z */
/* What of it MIPS-161 has. */
#define STATUS_WRITABLE_161                                                    \
    (0xf0000000u | STATUS_BEV | STATUS_IM | STATUS_KU_IE)
#define STATUS_WRITABLE                                                        \
    (0xf0000000u | STATUS_RE | STATUS_BEV | STATUS_CM | STATUS_PZ |            \
     STATUS_SWC | STATUS_ISC | STATUS_IM | STATUS_KU_IE)

/* Cause. */
#define CAUSE_BD       0x80000000u /* EPC is the branch before */
#define CAUSE_CE_SHIFT 28          /* coprocessor of a CpU exception */
#define CAUSE_CE       0x30000000u
#define CAUSE_IP       0x0000ff00u /* interrupts pending */
#define CAUSE_SW       0x00000300u /* the two that software sets */
#define CAUSE_IP_SHIFT 8
#define CAUSE_EXC      0x0000007cu

/* Cause.ExcCode. */
typedef enum Exception {
    EXC_INT = 0,  /* interrupt */
    EXC_MOD = 1,  /* store to a TLB page that is not dirty */
    EXC_TLBL = 2, /* TLB miss or invalid, load or fetch */
    EXC_TLBS = 3, /* the same, store */
    EXC_ADEL = 4, /* address error, load or fetch */
    EXC_ADES = 5, /* address error, store */
    EXC_IBE = 6,  /* bus error, fetch */
    EXC_DBE = 7,  /* bus error, load */
    EXC_SYS = 8,
    EXC_BP = 9,
    EXC_RI = 10,  /* reserved instruction */
    EXC_CPU = 11, /* coprocessor unusable */
    EXC_OVF = 12, /* arithmetic overflow */
    EXC_COUNT = 16
} Exception;

/* EntryHi and EntryLo, also as kept in the TLB. */
#define ENTRYHI_VPN  0xfffff000u
#define ENTRYHI_ASID 0x00000fc0u
#define ENTRYLO_PFN  0xfffff000u
#define ENTRYLO_N    0x00000800u /* not cacheable */
#define ENTRYLO_D    0x00000400u /* dirty: may be written */
#define ENTRYLO_V    0x00000200u /* valid */
#define ENTRYLO_G    0x00000100u /* global: any ASID matches */
#define ENTRYLO_USED 0xffffff00u

#define INDEX_P        0x80000000u /* TLBP found nothing */
#define INDEX_INDEX    0x00003f00u
#define CONTEXT_PTE    0xffe00000u /* PTEBase, written by software */
#define CONTEXT_BADVPN 0x001ffffcu /* BadVAddr 30:12 */

enum {
    TLB_ENTRIES = 64,
    TLB_WIRED = 8, /* the first ones, which Random never names */
    FPR_COUNT = 32,
};

/* Vectors: base + 0 for a UTLB miss, base + 0x80 (0x180 - 0x100) else. */
#define VECTOR_UTLB        0x80000000u
#define VECTOR_GENERAL     0x80000080u
#define VECTOR_BEV_UTLB    0xbfc00100u
#define VECTOR_BEV_GENERAL 0xbfc00180u
#define VECTOR_RESET       0xbfc00000u

typedef struct TlbEntry {
    uint32_t hi; /* VPN and ASID, as EntryHi */
    uint32_t lo; /* PFN, N, D, V, G, as EntryLo */
} TlbEntry;

typedef struct GuestState {
    uint32_t gpr[32];
    uint32_t hi, lo;

    /* The next instruction's address, and that of the one after it.  After a
     * taken branch pc is its delay slot's and npc its target. */
    uint32_t pc, npc;
    bool in_delay; /* a branch (taken or not) stands before pc */

    /* The load in flight: gpr[load_reg] becomes load_value after the next
     * instruction has read its operands.  load_reg 0 is none. */
    uint8_t load_reg;
    uint32_t load_value;

    /* The same for the floating-point registers; fpr_load_reg FPR_COUNT is
     * none, and fpr_load_insn numbers the instruction that loaded. */
    uint32_t fpr[FPR_COUNT];
    uint32_t fcr31;
    uint32_t fpr_load_value;
    uint8_t fpr_load_reg;
    uint64_t fpr_load_insn;

    /* CP0.  Random is not stored: it is a function of `insns`. */
    uint32_t index, entrylo, context, badvaddr, entryhi;
    uint32_t status, cause, epc;
    TlbEntry tlb[TLB_ENTRIES];
    bool random_up;   /* Random counts up: a property of the processor */
    bool link;        /* of LL to SC, where there are such, */
    uint32_t link_pa; /* and of which word, by its physical address */

    uint64_t insns; /* instructions begun, those that trapped included */
} GuestState;

/* CP0 Random: 63 at instruction 0, then one less for every instruction begun,
 * from 8 back to 63; or from 8 up. */
static inline unsigned state_random(const GuestState *s)
{
    unsigned span = TLB_ENTRIES - TLB_WIRED;
    unsigned step = (unsigned)(s->insns % span);
    return s->random_up ? TLB_WIRED + step : TLB_ENTRIES - 1 - step;
}

static inline bool state_user_mode(const GuestState *s)
{
    return s->status & STATUS_KUC;
}

/* Loads into floating-point registers have a delay slot of their own: the next
 * instruction, if it is for the coprocessor, still sees the old value.  Only
 * instructions of the coprocessor look at these registers, so a load in flight
 * is put there when the first of them comes by, or with the next exception. */
static inline void state_fpr_settle(GuestState *s)
{
    if (s->fpr_load_reg != FPR_COUNT)
        s->fpr[s->fpr_load_reg] = s->fpr_load_value;
    s->fpr_load_reg = FPR_COUNT;
}

/* Whether such a load has landed: the next instruction sees the new value. */
static inline bool state_fpr_due(const GuestState *s)
{
    return s->fpr_load_reg != FPR_COUNT && s->fpr_load_insn < s->insns;
}

/* Hash of everything above; equal for equal states, whether or not a load that
 * is due has been put in its register yet. */
uint64_t state_hash(const GuestState *s);

#endif
