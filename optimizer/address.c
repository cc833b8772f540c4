/* ADDRESS: the memory unit adds no offset, so that each access needs a register
 * with its very address.  Here addresses become instructions, and are shared.
 *
 * An address is a sum (passes.h).  By preference it is: a value that is there
 * already; its base plus a short immediate; an address that is there plus a
 * short immediate; its base plus a long one, which takes the branch's place in
 * a molecule.  Only what stands there by itself or took a long immediate is
 * built upon, so that chains do not grow: addresses by windows of 128 bytes
 * find it, three look-ups whatever the size of the region. */
#include "optimizer/passes.h"

enum { WINDOW = 128, CONSTS = 32 };

/* An address in the table: by its sum, and the first one of its window. */
typedef struct Entry {
    OptSum key; /* in a window's entry, the offset divided by WINDOW */
    bool is_window;
    uint32_t offset;
    IrRef value; /* new */
} Entry;

typedef struct Address {
    OptRewrite rw;
    OptSum *sums;   /* of old values, in old values */
    Entry *entries; /* from 1 up */
    uint32_t count;
    uint32_t *slots; /* of the table: the entry, or 0 */
    uint32_t mask;
    IrRef consts[CONSTS]; /* the latest CONST of each hash */
    uint64_t *visits;
} Address;

/* The slot with this key, or the free one where it belongs. */
static uint32_t *look_up(const Address *d, OptSum key, bool is_window)
{
    enum { FACTOR = 0x9e3779b1 }; /* 2^32 / golden ratio: Knuth, 6.4 */
    uint32_t hash = (key.base + is_window) * FACTOR;
    hash = ((hash ^ hash >> 15) + key.offset) * FACTOR;
    for (uint32_t i = hash >> 8;; i++) {
        uint32_t *slot = &d->slots[i & d->mask];
        const Entry *entry = &d->entries[*slot];
        ++*d->visits;
        if (*slot == 0 ||
            (entry->key.base == key.base && entry->key.offset == key.offset &&
             entry->is_window == is_window))
            return slot;
    }
}

static void enter(Address *d, OptSum key, bool is_window, uint32_t offset,
                  IrRef value)
{
    uint32_t *slot = look_up(d, key, is_window);
    if (*slot != 0)
        return;
    *slot = ++d->count;
    d->entries[*slot] = (Entry){key, is_window, offset, value};
}

static OptSum window_of(OptSum sum)
{
    return (OptSum){sum.base, sum.offset / WINDOW};
}

/* `value` has the sum `sum`; others may build upon it if `is_base`. */
static void add(Address *d, OptSum sum, IrRef value, bool is_base)
{
    enter(d, sum, false, sum.offset, value);
    if (is_base)
        enter(d, window_of(sum), true, sum.offset, value);
}

static IrRef emit_const(Address *d, uint32_t value, uint16_t guest)
{
    IrRef *latest = &d->consts[value % CONSTS];
    if (*latest == IR_NO_REF || d->rw.region->insns[*latest].imm != value)
        *latest = opt_emit_const(&d->rw, value, guest);
    return *latest;
}

static IrRef emit_sum(Address *d, IrRef base, uint32_t offset, uint16_t guest)
{
    IrRef b = emit_const(d, offset, guest);
    return opt_emit_op(&d->rw, IR_ADD, base, b, 0, guest);
}

/* Something near `sum` to build upon, or NULL. */
static const Entry *find_near(const Address *d, OptSum sum)
{
    static const uint32_t windows[] = {0, UINT32_MAX, 1};
    for (unsigned i = 0; i < 3; i++) {
        OptSum window = window_of(sum);
        window.offset =
            (window.offset + windows[i]) % (UINT32_MAX / WINDOW + 1);
        uint32_t found = *look_up(d, window, true);
        const Entry *entry = &d->entries[found];
        if (found && opt_is_short(sum.offset - entry->offset))
            return entry;
    }
    return NULL;
}

/* The address `sum`. */
static IrRef address_of(Address *d, OptSum sum, uint16_t guest)
{
    bool has_base = sum.base != IR_NO_REF;
    if (has_base && sum.offset == 0)
        return d->rw.map[sum.base];
    uint32_t found = *look_up(d, sum, false);
    if (found)
        return d->entries[found].value;
    IrRef value;
    const Entry *near = NULL;
    bool is_short = has_base && opt_is_short(sum.offset);
    if (!is_short)
        near = find_near(d, sum);
    if (near)
        value = emit_sum(d, near->value, sum.offset - near->offset, guest);
    else if (has_base)
        value = emit_sum(d, d->rw.map[sum.base], sum.offset, guest);
    else
        value = emit_const(d, sum.offset, guest);
    add(d, sum, value, !near && !is_short);
    return value;
}

static void visit(Address *d, IrRef at)
{
    const IrInsn *insn = &d->rw.old[at];
    ++*d->visits;
    d->sums[at] = opt_sum(insn, at, d->sums);
    if (!ir_op_has((IrOp)insn->op, IR_IS_LOAD | IR_IS_STORE)) {
        opt_keep(&d->rw, at);
        /* A constant is in a register only where it is used as an address. */
        if (insn->op == IR_CONST)
            d->consts[insn->imm % CONSTS] = d->rw.map[at];
        else if (d->sums[at].base != at && d->sums[at].base != IR_NO_REF)
            add(d, d->sums[at], d->rw.map[at], true);
        return;
    }
    OptSum sum = d->sums[insn->a];
    sum.offset += insn->imm;
    IrInsn access = opt_mapped(&d->rw, at);
    access.imm = 0;
    if (insn->imm != 0 || sum.base == IR_NO_REF)
        access.a = address_of(d, sum, insn->guest);
    d->rw.map[at] = opt_emit(&d->rw, access);
}

/* Requires: nothing.
 * Ensures: memory ops have offset 0.
 * Invalidates: absence of common subexpressions, of sums of sums. */
void opt_address(IrRegion *region, uint64_t *visits)
{
    Arena *arena = region->arena;
    uint32_t count = region->insn_count;
    uint32_t size = 16; /* at most half full: two slots an instruction */
    while (size < 4 * count)
        size *= 2;
    Address d = {.sums = arena_alloc_raw(arena, count, sizeof *d.sums),
                 .entries =
                     arena_alloc_raw(arena, 2 * count + 1, sizeof *d.entries),
                 .slots = arena_alloc(arena, size, sizeof *d.slots),
                 .mask = size - 1,
                 .visits = visits,
                 .rw = opt_rewrite(region, count / 4)};
    for (unsigned i = 0; i < CONSTS; i++)
        d.consts[i] = IR_NO_REF;
    for (IrRef at = 0; at < d.rw.count; at++)
        visit(&d, at);
}

/* The same, for each access by itself. */
void opt_address_plain(IrRegion *region, uint64_t *visits)
{
    OptRewrite rw = opt_rewrite(region, region->insn_count / 2);
    *visits += rw.count;
    for (IrRef at = 0; at < rw.count; at++) {
        IrInsn insn = opt_mapped(&rw, at);
        if (ir_op_has((IrOp)insn.op, IR_IS_LOAD | IR_IS_STORE) && insn.imm) {
            IrRef offset = opt_emit_const(&rw, insn.imm, insn.guest);
            insn.a = opt_emit_op(&rw, IR_ADD, insn.a, offset, 0, insn.guest);
            insn.imm = 0;
        }
        rw.map[at] = opt_emit(&rw, insn);
    }
}
