/* The reference CPU: instructions.
 *
 * execute() is the definition of the guest processor.  Each turn of its loop is
 * one instruction: fetch, read operands, let the load in flight land, execute,
 * step.  The three delays of the R3000 are all there is to pipelining:
 *
 *   branches  act after the next instruction: pc and npc;
 *   loads     land after the next instruction has read its operands, so that
 *             it sees the old value, unless it is LWL or LWR, which merge with
 *             the value in flight; an exception lets the load land first;
 *   FP loads  the same for the coprocessor's registers (cpu_cop.c).
 *
 * CP0 has no delays: a write is seen by the next instruction.  HI and LO have
 * none either.  An instruction that traps changes nothing but what the
 * exception changes. */
#include "frontend/cpu_impl.h"

#include "base/alloc.h"
#include "frontend/tlb.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* --- Life ------------------------------------------------------------------
 */

Cpu *cpu_create(const CpuConfig *config, const CpuBus *bus)
{
    Cpu *c = alloc_zeroed(1, sizeof *c);
    c->config = *config;
    c->bus = *bus;
    c->icache = isocache_create(config->icache);
    c->dcache = isocache_create(config->dcache);
    c->group = cpu_group_create(c);
    static const uint32_t zeros[32];
    cpu_reset(c, VECTOR_RESET, STATUS_BEV, zeros);
    return c;
}

void cpu_destroy(Cpu *c)
{
    if (!c)
        return;
    cpu_mem_free(c);
    cpu_group_leave(c);
    isocache_destroy(c->icache);
    isocache_destroy(c->dcache);
    free(c);
}

void cpu_set_hooks(Cpu *c, const CpuHooks *hooks)
{
    c->hooks = *hooks;
}

static void reset_state(Cpu *c, uint32_t pc, uint32_t status,
                        const uint32_t gpr[32])
{
    GuestState *s = &c->s;
    *s = (GuestState){.pc = pc,
                      .npc = pc + 4,
                      .status = status,
                      .fpr_load_reg = FPR_COUNT,
                      .random_up = cpu_has(c, CPU_RANDOM_UP),
                      .insns = s->insns};
    memcpy(s->gpr, gpr, sizeof s->gpr);
    s->gpr[0] = 0;
    tlb_reset(s);
    tlb_index_make(&c->tlb_index, s);
    isocache_reset(c->icache);
    isocache_reset(c->dcache);
    c->waiting = false;
}

void cpu_reset(Cpu *c, uint32_t pc, uint32_t status, const uint32_t gpr[32])
{
    reset_state(c, pc, status, gpr);
    c->irq_lines = 0;
    cpu_mem_reset(c);
    cpu_mode_changed(c);
}

void cpu_start(Cpu *c, uint32_t pc, uint32_t status, const uint32_t gpr[32])
{
    reset_state(c, pc, status, gpr);
    cpu_state_changed(c);
}

GuestState *cpu_state(Cpu *c)
{
    return &c->s;
}

const TlbIndex *cpu_tlb_index(const Cpu *c)
{
    return &c->tlb_index;
}

void cpu_state_changed(Cpu *c)
{
    tlb_index_make(&c->tlb_index, &c->s);
    cpu_mem_forget(c);
    cpu_mode_changed(c);
}

uint64_t cpu_insns(const Cpu *c)
{
    return c->s.insns;
}

uint64_t cpu_cycle(const Cpu *c)
{
    return c->s.insns + c->waits;
}

void cpu_set_timing(Cpu *c, const CpuTiming *timing, bool counted)
{
    c->timed = timing != NULL;
    c->timing_counted = counted;
    c->timing = timing ? *timing : (CpuTiming){0};
    cpu_mem_forget(c); /* pages have keys from now on */
}

/* --- Instructions ----------------------------------------------------------
 */

static bool cop_usable(const Cpu *c, unsigned z)
{
    if (c->s.status & (STATUS_CU0 << z))
        return true;
    return z == 0 && !state_user_mode(&c->s);
}

/* An encoding that is no instruction.  Those that name a coprocessor, which
 * LWC0 and SWC0 do too, find it unusable first. */
void cpu_reserved(Cpu *c, uint32_t word)
{
    unsigned op = word >> 26;
    bool cop = (op & 0x3c) == 0x10 || op == 0x30 || op == 0x38;
    if (cop && !cop_usable(c, op & 3))
        cpu_exception_cop(c, op & 3);
    else
        cpu_exception(c, EXC_RI);
}

/* The load's result is in flight from now until after the next instruction,
 * unless the processor waits for it. */
static inline void load_later(GuestState *s, bool interlocked, unsigned reg,
                              uint32_t value)
{
    if (interlocked) {
        s->gpr[reg] = value;
    } else {
        s->load_reg = (uint8_t)reg;
        s->load_value = value;
    }
}

static inline void set_hilo(GuestState *s, uint64_t value)
{
    s->hi = (uint32_t)(value >> 32);
    s->lo = (uint32_t)value;
}

/* Division never traps.  By zero, and for INT_MIN / -1, the results are those
 * that the R3000's restoring divider leaves (docs/cpu.md). */
static void divide(GuestState *s, uint32_t a, uint32_t b)
{
    if (b == 0) {
        s->lo = (int32_t)a < 0 ? 1 : 0xffffffff;
        s->hi = a;
    } else if (a == 0x80000000 && b == 0xffffffff) {
        s->lo = 0x80000000;
        s->hi = 0;
    } else {
        s->lo = (uint32_t)((int32_t)a / (int32_t)b);
        s->hi = (uint32_t)((int32_t)a % (int32_t)b);
    }
}

static void divide_unsigned(GuestState *s, uint32_t a, uint32_t b)
{
    s->lo = b ? a / b : 0xffffffff;
    s->hi = b ? a % b : a;
}

/* LWL and LWR: the bytes of `word` from `va` to the word's end (its start)
 * become the most (least) significant ones of `old`. */
static uint32_t merge(const Cpu *c, uint32_t va, bool left, uint32_t word,
                      uint32_t old)
{
    unsigned lane = cpu_data_big(c) ? va & 3 : ~va & 3;
    if (left)
        return word << (8 * lane) | (old & ((1u << (8 * lane)) - 1));
    unsigned shift = 8 * (3 - lane);
    return word >> shift | (old & ~(0xffffffffu >> shift));
}

static inline bool overflows_add(uint32_t a, uint32_t b)
{
    return (~(a ^ b) & (a ^ (a + b))) >> 31;
}

static inline bool overflows_sub(uint32_t a, uint32_t b)
{
    return ((a ^ b) & (a ^ (a - b))) >> 31;
}

static bool must_return(const Cpu *c)
{
    return c->stop || cpu_cycle(c) >= c->deadline ||
           c->s.insns >= c->insn_limit;
}

/* The limit was reached.  False: cpu_run() must return. */
static bool boundary(Cpu *c)
{
    if (must_return(c))
        return false;
    if (c->waiting) {
        /* Nothing happens until the deadline: time passes at once. */
        if (!cpu_has(c, CPU_PARKS))
            cpu_idle(c, c->deadline - cpu_cycle(c));
        return false;
    }
    if (!c->irq_ready)
        return true;
    cpu_exception(c, EXC_INT);
    return !must_return(c); /* taking it may have taken time */
}

static void wait_unit(Cpu *c, const Insn *in)
{
    cpu_wait(c, c->timing.unit(c->timing.ctx, cpu_timing_now(c), in));
}

/* Executes up to the limit; or `once`, whatever the limit, and then `given`
 * unless it is NULL.  Once: false if an exception was taken.  `timed`, here and
 * below, is c->timed: where there is no model of time it must cost nothing;
 * nor must `interlocked`, CPU_INTERLOCKED, where it is not. */
static inline __attribute__((always_inline)) bool
execute(Cpu *c, const Insn *given, bool once, bool timed, bool interlocked)
{
    GuestState *s = &c->s;
    uint32_t *gpr = s->gpr;
    for (bool first = true;; first = false) {
        if (once && !first)
            return false;
        if (!once && unlikely(s->insns >= c->limit) && !boundary(c))
            return true;
        /* Counted before anything can trap: a guest that does nothing but
         * trap gets to its limit too. */
        s->insns++;

        uint32_t pc = s->pc;
        const Insn *in;
        if (given)
            in = given;
        else if (likely((((uint64_t)pc ^ c->code_va) & ~0xffcull) == 0))
            in = &c->code[(pc >> 2) % PAGE_INSNS];
        else if (!(in = cpu_fetch_slow(c)))
            continue;
        /* Not later: decoding does not count as an instruction, and the load in
         * flight lands after one. */
        if (unlikely(in->op <= INSN_MARKED)) {
            if (in->op == INSN_UNDECODED)
                cpu_decode_here(c);
            if (in->op == INSN_MARKED) {
                if (!once && (s->insns >= c->marks || cpu_meets_watch(c))) {
                    s->insns--;
                    return true;
                }
                in = cpu_decode_marked(c);
            }
        }
        if (timed) {
            uint32_t key = c->code_key | (pc & (PAGE_SIZE - 4u));
            if (unlikely(!cpu_tags_have(&c->timing.icache, key)))
                cpu_wait_fetch(c, key);
        }
        gpr[0] = 0; /* whatever the last instruction wrote there */
        uint32_t a = gpr[in->rs], b = gpr[in->rt], v;
        gpr[s->load_reg] = s->load_value;
        s->load_reg = 0;
        uint32_t next = s->npc + 4;
        bool branch = false;

/* Ways out of the switch: `break` steps to the next instruction, `continue`
 * leaves that to the exception that was taken. */
#define TRAP(exc)                                                              \
    {                                                                          \
        cpu_exception(c, exc);                                                 \
        continue;                                                              \
    }
#define NEED_COP(z)                                                            \
    if (!cop_usable(c, z)) {                                                   \
        cpu_exception_cop(c, z);                                               \
        continue;                                                              \
    }
#define WAIT_UNIT                                                              \
    if (timed)                                                                 \
        wait_unit(c, in);
#define NEED_FPU                                                               \
    NEED_COP(1)                                                                \
    if (timed && c->config.fpu)                                                \
        wait_unit(c, in);
#define BRANCH_IF(condition)                                                   \
    {                                                                          \
        branch = true;                                                         \
        if (condition)                                                         \
            next = pc + 4 + in->imm;                                           \
        break;                                                                 \
    }
#define LOAD(size, extend)                                                     \
    {                                                                          \
        if (!cpu_load(c, a + in->imm, size, &v, timed))                        \
            continue;                                                          \
        load_later(s, interlocked, in->rt, extend(v));                         \
        break;                                                                 \
    }
#define STORE(size, value)                                                     \
    {                                                                          \
        if (!cpu_store(c, a + in->imm, size, value, timed))                    \
            continue;                                                          \
        break;                                                                 \
    }

        switch ((InsnOp)in->op) {
        case INSN_UNDECODED:
        case INSN_MARKED: break; /* do not get here */
        case INSN_RESERVED:
            if (!cpu_extra(c, in->imm, a, b))
                continue;
            break;

        case INSN_SLL: gpr[in->rd] = b << in->imm; break;
        case INSN_SRL: gpr[in->rd] = b >> in->imm; break;
        case INSN_SRA: gpr[in->rd] = (uint32_t)((int32_t)b >> in->imm); break;
        case INSN_SLLV: gpr[in->rd] = b << (a & 31); break;
        case INSN_SRLV: gpr[in->rd] = b >> (a & 31); break;
        case INSN_SRAV: gpr[in->rd] = (uint32_t)((int32_t)b >> (a & 31)); break;

        case INSN_JALR: gpr[in->rd] = pc + 8; /* fall through */
        case INSN_JR:
            branch = true;
            next = a;
            break;
        case INSN_SYSCALL: TRAP(EXC_SYS);
        case INSN_BREAK: TRAP(EXC_BP);

        case INSN_MFHI: WAIT_UNIT gpr[in->rd] = s->hi; break;
        case INSN_MTHI: WAIT_UNIT s->hi = a; break;
        case INSN_MFLO: WAIT_UNIT gpr[in->rd] = s->lo; break;
        case INSN_MTLO: WAIT_UNIT s->lo = a; break;
        case INSN_MULT:
            WAIT_UNIT
            set_hilo(s, (uint64_t)((int64_t)(int32_t)a * (int32_t)b));
            break;
        case INSN_MULTU: WAIT_UNIT set_hilo(s, (uint64_t)a * b); break;
        case INSN_DIV:
            if (b == 0 && cpu_has(c, CPU_DIVIDE_TRAPS))
                TRAP(EXC_BP);
            WAIT_UNIT
            divide(s, a, b);
            break;
        case INSN_DIVU:
            if (b == 0 && cpu_has(c, CPU_DIVIDE_TRAPS))
                TRAP(EXC_BP);
            WAIT_UNIT
            divide_unsigned(s, a, b);
            break;

        case INSN_ADD:
            if (overflows_add(a, b))
                TRAP(EXC_OVF);
            gpr[in->rd] = a + b;
            break;
        case INSN_ADDU: gpr[in->rd] = a + b; break;
        case INSN_SUB:
            if (overflows_sub(a, b))
                TRAP(EXC_OVF);
            gpr[in->rd] = a - b;
            break;
        case INSN_SUBU: gpr[in->rd] = a - b; break;
        case INSN_AND: gpr[in->rd] = a & b; break;
        case INSN_OR: gpr[in->rd] = a | b; break;
        case INSN_XOR: gpr[in->rd] = a ^ b; break;
        case INSN_NOR: gpr[in->rd] = ~(a | b); break;
        case INSN_SLT: gpr[in->rd] = (int32_t)a < (int32_t)b; break;
        case INSN_SLTU: gpr[in->rd] = a < b; break;

        /* The link is written whether or not the branch is taken. */
        case INSN_BLTZAL: gpr[31] = pc + 8; /* fall through */
        case INSN_BLTZ: BRANCH_IF((int32_t)a < 0);
        case INSN_BGEZAL: gpr[31] = pc + 8; /* fall through */
        case INSN_BGEZ: BRANCH_IF((int32_t)a >= 0);
        case INSN_JAL: gpr[31] = pc + 8; /* fall through */
        case INSN_J:
            branch = true;
            next = ((pc + 4) & 0xf0000000) | in->imm;
            break;
        case INSN_BEQ: BRANCH_IF(a == b);
        case INSN_BNE: BRANCH_IF(a != b);
        case INSN_BLEZ: BRANCH_IF((int32_t)a <= 0);
        case INSN_BGTZ: BRANCH_IF((int32_t)a > 0);

        case INSN_ADDI:
            if (overflows_add(a, in->imm))
                TRAP(EXC_OVF);
            gpr[in->rt] = a + in->imm;
            break;
        case INSN_ADDIU: gpr[in->rt] = a + in->imm; break;
        case INSN_SLTI: gpr[in->rt] = (int32_t)a < (int32_t)in->imm; break;
        case INSN_SLTIU: gpr[in->rt] = a < in->imm; break;
        case INSN_ANDI: gpr[in->rt] = a & in->imm; break;
        case INSN_ORI: gpr[in->rt] = a | in->imm; break;
        case INSN_XORI: gpr[in->rt] = a ^ in->imm; break;
        case INSN_LUI: gpr[in->rt] = in->imm << 16; break;

        case INSN_LB: LOAD(1, bits_sext8);
        case INSN_LBU: LOAD(1, );
        case INSN_LH: LOAD(2, bits_sext16);
        case INSN_LHU: LOAD(2, );
        case INSN_LW: LOAD(4, );
        case INSN_LWL:
        case INSN_LWR: {
            /* Asked first: the load may be of a device that overwrites `in`. */
            bool left = in->op == INSN_LWL;
            if (!cpu_load_word_at(c, a + in->imm, &v))
                continue;
            v = merge(c, a + in->imm, left, v, gpr[in->rt]);
            load_later(s, interlocked, in->rt, v);
            break;
        }
        case INSN_SB: STORE(1, b);
        case INSN_SH: STORE(2, b);
        case INSN_SW: STORE(4, b);
        case INSN_SWL:
        case INSN_SWR:
            if (!cpu_store_part(c, a + in->imm, in->op == INSN_SWL, b))
                continue;
            break;

        case INSN_MFC0:
            NEED_COP(0);
            load_later(s, interlocked, in->rt, cpu_cp0_move(c, in));
            break;
        case INSN_MTC0:
        case INSN_TLBR:
        case INSN_TLBWI:
        case INSN_TLBWR:
        case INSN_TLBP:
        case INSN_RFE:
            NEED_COP(0);
            cpu_system(c, in, b);
            break;

        case INSN_BC0F: NEED_COP(0) WAIT_UNIT BRANCH_IF(!cpu_condition(c, 0));
        case INSN_BC0T: NEED_COP(0) WAIT_UNIT BRANCH_IF(cpu_condition(c, 0));
        case INSN_BC1F: NEED_FPU BRANCH_IF(!cpu_condition(c, 1));
        case INSN_BC1T: NEED_FPU BRANCH_IF(cpu_condition(c, 1));
        case INSN_BC2F: NEED_COP(2); BRANCH_IF(!cpu_condition(c, 2));
        case INSN_BC2T: NEED_COP(2); BRANCH_IF(cpu_condition(c, 2));
        case INSN_BC3F: NEED_COP(3); BRANCH_IF(!cpu_condition(c, 3));
        case INSN_BC3T: NEED_COP(3); BRANCH_IF(cpu_condition(c, 3));

        case INSN_MFC1:
            NEED_FPU
            load_later(s, interlocked, in->rt, cpu_fpr_read(c, in->rd));
            break;
        case INSN_CFC1:
            NEED_FPU
            load_later(s, interlocked, in->rt, cpu_fcr_read(c, in->rd));
            break;
        case INSN_MTC1:
            NEED_FPU
            cpu_fpr_load(c, in->rd, b);
            break;
        case INSN_CTC1:
            NEED_FPU
            cpu_fcr_write(c, in->rd, b);
            break;
        case INSN_LWC1:
            NEED_FPU
            if (!cpu_load(c, a + in->imm, 4, &v, timed))
                continue;
            cpu_fpr_load(c, in->rt, v);
            break;
        case INSN_SWC1: NEED_FPU STORE(4, cpu_fpr_read(c, in->rt));

        /* Coprocessors that are not fitted: reads give zero. */
        case INSN_MFC2:
        case INSN_CFC2:
            NEED_COP(2);
            load_later(s, interlocked, in->rt, 0);
            break;
        case INSN_MFC3:
        case INSN_CFC3:
            NEED_COP(3);
            load_later(s, interlocked, in->rt, 0);
            break;
        case INSN_MTC2:
        case INSN_CTC2:
        case INSN_COP2: NEED_COP(2); break;
        case INSN_MTC3:
        case INSN_CTC3:
        case INSN_COP3: NEED_COP(3); break;
        case INSN_LWC2: NEED_COP(2); goto load_nowhere;
        case INSN_LWC3:
            NEED_COP(3);
        load_nowhere:
            if (!cpu_load(c, a + in->imm, 4, &v, timed))
                continue;
            break;
        case INSN_SWC2: NEED_COP(2); STORE(4, 0);
        case INSN_SWC3: NEED_COP(3); STORE(4, 0);

        default: /* floating-point computation and comparison */
            NEED_FPU
            if (!cpu_fpu_execute(c, in))
                continue;
            break;
        }
#undef TRAP
#undef NEED_COP
#undef WAIT_UNIT
#undef NEED_FPU
#undef BRANCH_IF
#undef LOAD
#undef STORE

        s->pc = s->npc;
        s->npc = next;
        s->in_delay = branch;
        if (once)
            return true;
    }
}

static void execute_timed(Cpu *c)
{
    execute(c, NULL, false, true, cpu_has(c, CPU_INTERLOCKED));
}

static void execute_interlocked(Cpu *c)
{
    execute(c, NULL, false, false, true);
}

static void run(Cpu *c, uint64_t deadline, uint64_t insns, uint64_t marks)
{
    c->deadline = deadline;
    c->insn_limit = insns;
    c->stop = false;
    c->marks = marks;
    cpu_limit_changed(c);
    if (c->timed)
        execute_timed(c);
    else if (cpu_has(c, CPU_INTERLOCKED))
        execute_interlocked(c);
    else
        execute(c, NULL, false, false, false);
    c->s.gpr[0] = 0;
}

void cpu_run(Cpu *c, uint64_t deadline)
{
    run(c, deadline, UINT64_MAX, UINT64_MAX);
}

void cpu_run_insns(Cpu *c, uint64_t deadline, uint64_t insns)
{
    run(c, deadline, insns, UINT64_MAX);
}

void cpu_run_to_mark(Cpu *c, uint64_t deadline, unsigned pass)
{
    run(c, deadline, UINT64_MAX, c->s.insns + pass + 1);
}

bool cpu_step(Cpu *c, const Insn *insn)
{
    c->marks = UINT64_MAX;
    assert(!c->timed);
    bool stepped = execute(c, insn, true, false, cpu_has(c, CPU_INTERLOCKED));
    c->s.gpr[0] = 0;
    return stepped;
}

void cpu_take_interrupt(Cpu *c)
{
    if (c->irq_ready)
        cpu_exception(c, EXC_INT);
}

bool cpu_interrupt_ready(const Cpu *c)
{
    return c->irq_ready;
}

bool cpu_is_waiting(const Cpu *c)
{
    return c->waiting;
}

void cpu_idle(Cpu *c, uint64_t cycles)
{
    c->waits += cycles;
    c->stats.idle += cycles;
    cpu_limit_changed(c);
}

void cpu_set_remapped(Cpu *c, CpuRemapped *remapped, void *ctx)
{
    c->remapped = remapped;
    c->remapped_ctx = ctx;
}

void cpu_set_deadline(Cpu *c, uint64_t deadline)
{
    if (deadline < c->deadline) {
        c->deadline = deadline;
        cpu_limit_changed(c);
    }
}

void cpu_stop(Cpu *c)
{
    c->stop = true;
    cpu_limit_changed(c);
}

/* --- Statistics ------------------------------------------------------------
 */

void cpu_add_stats(const Cpu *c, Stats *stats)
{
#define ROW(name, unit, text, field)                                           \
    {                                                                          \
        name, unit, text, offsetof(Cpu, field)                                 \
    }
#define EXC_ROW(name, code, text)                                              \
    ROW("exceptions." name, "exceptions", text, stats.exceptions[code])
    static const StatRow rows[] = {
        ROW("insns", "instructions", "begun, those that trapped included",
            s.insns),
        EXC_ROW("int", EXC_INT, "interrupts, the R3010's included"),
        EXC_ROW("mod", EXC_MOD, "stores to clean TLB pages"),
        EXC_ROW("tlbl", EXC_TLBL, "TLB misses and invalid pages, loads"),
        EXC_ROW("tlbs", EXC_TLBS, "TLB misses and invalid pages, stores"),
        EXC_ROW("adel", EXC_ADEL, "address errors, loads and fetches"),
        EXC_ROW("ades", EXC_ADES, "address errors, stores"),
        EXC_ROW("ibe", EXC_IBE, "bus errors, fetches"),
        EXC_ROW("dbe", EXC_DBE, "bus errors, loads"),
        EXC_ROW("sys", EXC_SYS, "SYSCALL instructions"),
        EXC_ROW("bp", EXC_BP, "BREAK instructions"),
        EXC_ROW("ri", EXC_RI, "reserved instructions"),
        EXC_ROW("cpu", EXC_CPU, "coprocessors not usable"),
        EXC_ROW("ovf", EXC_OVF, "arithmetic overflows"),
        ROW("utlb.load", "exceptions", "UTLB misses among tlbl",
            stats.utlb_load),
        ROW("utlb.store", "exceptions", "UTLB misses among tlbs",
            stats.utlb_store),
        ROW("tlb.writes", "entries", "written by TLBWI and TLBWR",
            stats.tlb_writes),
        ROW("fpu.traps", "instructions", "that the R3010 refused",
            stats.fpu_traps),
    };
#undef EXC_ROW
    static const StatHistogram gap = {
        .name = "exception_gap",
        .unit = "exceptions",
        .of = "instructions",
        .text = "by instructions since the one before",
        .buckets = GAP_BUCKETS};
    stats_add(stats, "cpu", rows, ARRAY_LEN(rows), c);
    stats_add_histogram(stats, "cpu", &gap, &c->stats.exception_gap);
    static const StatRow wait_rows[] = {
        ROW("waits", "instructions", "WAIT, where an interrupt was to come",
            stats.waits),
        ROW("idle", "cycles",
            "that they let pass; with cpu.model=vliw, those of cycles.idle",
            stats.idle),
    };
#undef ROW
    if (cpu_has(c, CPU_WAIT))
        stats_add(stats, "cpu", wait_rows, ARRAY_LEN(wait_rows), c);
}
