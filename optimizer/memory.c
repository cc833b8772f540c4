/* MEMORY: redundant loads and stores.
 *
 * A walk from the start, with a short list of what is known of memory: an
 * address, its size, and the value that was loaded from there or stored there
 * since nothing may have changed it.  Addresses are sums (passes.h): those with
 * different bases may be equal.
 *
 * A load of known memory becomes that value.  It need not be tried for a fault:
 * the access before it was to the same address.  A store of what was stored
 * there already is dropped, for the same reason; one of what was only loaded is
 * not, since it may fail where the load did not.  And a store is dropped that a
 * later one overwrites, when nobody can have seen it in between: no load that
 * may read it, no exit, no commit.  If it would have failed, the later one
 * does, and both are undone to the same commit. */
#include "optimizer/passes.h"

#include <string.h>

enum { ENTRIES = 16 }; /* known at a time; the oldest are forgotten */

typedef struct Entry {
    OptSum address;
    uint8_t size;
    IrOp load; /* that gave `value`; IR_OP_COUNT: its low bits were stored */
    IrRef value;
    IrRef unseen; /* the store, while it can be dropped; else IR_NO_REF */
} Entry;

/* What becomes of an old instruction.  A load that is no more is its source, or
 * that with its low bits extended. */
typedef enum Fate { KEEP, DROP, REPLACE, EXTEND } Fate;

typedef struct Memory {
    const IrInsn *insns; /* old */
    OptSum *sums;
    uint8_t *fates;
    IrRef *sources; /* of loads that are replaced or extended */
    IrRef *values;  /* of each value the first one that is the same */
    Entry entries[ENTRIES];
    unsigned count;
    uint64_t *visits;
} Memory;

static void add_entry(Memory *m, const Entry *entry)
{
    if (m->count == ENTRIES)
        memmove(&m->entries[0], &m->entries[1],
                --m->count * sizeof m->entries[0]);
    m->entries[m->count++] = *entry;
}

/* Sets of entries, by index. */
typedef struct Meeting {
    unsigned same; /* of the same place */
    unsigned some; /* of places that may have bytes in common with it */
} Meeting;

_Static_assert(ENTRIES <= 32, "a set of entries fits in an unsigned");

static Meeting meet(const Memory *m, const Entry *access)
{
    Meeting meeting = {0};
    for (unsigned i = 0; i < m->count; i++) {
        const Entry *entry = &m->entries[i];
        OptSum a = entry->address, b = access->address;
        if (a.base == b.base && a.offset == b.offset &&
            entry->size == access->size)
            meeting.same |= 1u << i;
        if (!opt_disjoint(a, entry->size, b, access->size))
            meeting.some |= 1u << i;
    }
    *m->visits += m->count;
    return meeting;
}

/* Whether a load `op` from there would give the very value of `entry`. */
static bool is_extended(const Memory *m, const Entry *entry, IrOp op)
{
    IrOp made = entry->load;
    if (made == IR_OP_COUNT)
        made = (IrOp)m->insns[entry->value].op;
    return made == op || op == IR_LD32;
}

/* The best of the entries `same` for a load `op`: one with its very value, else
 * the first, which is not itself an extension of another. */
static const Entry *choose(const Memory *m, unsigned same, IrOp op)
{
    const Entry *first = &m->entries[__builtin_ctz(same)];
    for (; same; same &= same - 1) {
        const Entry *entry = &m->entries[__builtin_ctz(same)];
        if (is_extended(m, entry, op))
            return entry;
    }
    return first;
}

static void visit_load(Memory *m, IrRef at, Entry *access)
{
    Meeting meeting = meet(m, access);
    if (meeting.same) {
        const Entry *entry = choose(m, meeting.same, access->load);
        m->sources[at] = entry->value;
        if (is_extended(m, entry, access->load)) {
            m->fates[at] = REPLACE;
            m->values[at] = entry->value;
            m->sums[at] = m->sums[entry->value];
            return;
        }
        m->fates[at] = EXTEND;
    } else {
        for (unsigned i = 0; i < m->count; i++)
            if (meeting.some >> i & 1)
                m->entries[i].unseen = IR_NO_REF;
    }
    access->value = at;
    add_entry(m, access);
}

static void visit_store(Memory *m, IrRef at, Entry *access)
{
    Meeting meeting = meet(m, access);
    access->value = m->values[m->insns[at].b];
    access->unseen = at;
    for (unsigned i = 0; i < m->count; i++)
        if (meeting.same >> i & 1 && m->entries[i].load == IR_OP_COUNT &&
            m->entries[i].value == access->value) {
            m->fates[at] = DROP;
            return;
        }
    unsigned kept = 0;
    for (unsigned i = 0; i < m->count; i++) {
        const Entry *entry = &m->entries[i];
        if (meeting.same >> i & 1 && entry->unseen != IR_NO_REF)
            m->fates[entry->unseen] = DROP;
        if (!(meeting.some >> i & 1))
            m->entries[kept++] = *entry;
    }
    m->count = kept;
    add_entry(m, access);
}

static void visit(Memory *m, IrRef at)
{
    const IrInsn *insn = &m->insns[at];
    m->sums[at] = opt_sum(insn, at, m->sums);
    m->values[at] = insn->op == IR_COPY ? m->values[insn->a] : at;
    if (ir_op_has((IrOp)insn->op, IR_IS_LOAD | IR_IS_STORE)) {
        OptSum a = m->sums[insn->a];
        Entry access = {.address = {a.base, a.offset + insn->imm},
                        .size = (uint8_t)ir_access_size((IrOp)insn->op),
                        .load = (IrOp)insn->op,
                        .unseen = IR_NO_REF};
        if (ir_op_has((IrOp)insn->op, IR_IS_LOAD)) {
            visit_load(m, at, &access);
        } else {
            access.load = IR_OP_COUNT;
            visit_store(m, at, &access);
        }
    } else if (ir_op_has((IrOp)insn->op, IR_IS_LEAVE)) {
        for (unsigned i = 0; i < m->count; i++)
            m->entries[i].unseen = IR_NO_REF;
    }
}

/* What a load `op` of the low bits of `value` gives. */
static IrRef extend(const OptRewrite *rw, IrOp op, IrRef value, uint16_t guest)
{
    unsigned bits = 8 * ir_access_size(op);
    if (op == IR_LD8U || op == IR_LD16U) {
        IrRef mask = opt_emit_const(rw, (UINT32_C(1) << bits) - 1, guest);
        return opt_emit_op(rw, IR_AND, value, mask, 0, guest);
    }
    IrRef count = opt_emit_const(rw, 32 - bits, guest);
    IrRef upper = opt_emit_op(rw, IR_SHL, value, count, 0, guest);
    return opt_emit_op(rw, IR_SAR, upper, count, 0, guest);
}

/* Requires: nothing; finds more when guest registers are values (RENAME).
 * Ensures: nothing that others rely on.
 * Invalidates: absence of common subexpressions. */
void opt_memory(IrRegion *region, uint64_t *visits)
{
    Arena *arena = region->arena;
    uint32_t count = region->insn_count;
    Memory m = {.insns = region->insns,
                .sums = arena_alloc_raw(arena, count, sizeof *m.sums),
                .fates = arena_alloc(arena, count, sizeof *m.fates),
                .sources = arena_alloc_raw(arena, count, sizeof *m.sources),
                .values = arena_alloc_raw(arena, count, sizeof *m.values),
                .visits = visits};
    for (IrRef at = 0; at < count; at++)
        visit(&m, at);
    *visits += count;

    OptRewrite rw = opt_rewrite(region, 0);
    *visits += count;
    for (IrRef at = 0; at < count; at++) {
        const IrInsn *insn = &rw.old[at];
        switch ((Fate)m.fates[at]) {
        case KEEP: opt_keep(&rw, at); break;
        case DROP: break;
        case REPLACE: rw.map[at] = rw.map[m.sources[at]]; break;
        case EXTEND:
            rw.map[at] =
                extend(&rw, (IrOp)insn->op, rw.map[m.sources[at]], insn->guest);
            break;
        }
    }
}
