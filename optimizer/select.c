/* Instruction selection: IR to nodes, one pass in program order.
 *
 * GETs, PUTs and copies vanish: `current` says which value each slot has.
 * Constants become immediates where an atom takes them; a load or store that
 * is only half of an FP register takes the atom that says so. */
#include "optimizer/backend.h"

#include "base/bits.h"

#include <string.h>

/* Uses of a long constant from which on it is kept in a register. */
enum { SHARED_USES = 3 };

typedef struct Select {
    Backend *b;
    const IrInsn *insns;
    ValueId *map;   /* of an IR value */
    uint16_t *uses; /* of an IR value, saturating */
    uint16_t guest;
    ValueId current[IR_SLOT_COUNT], base[IR_SLOT_COUNT];
    uint64_t dirty;          /* slots where those two differ */
    bool met[IR_SLOT_COUNT]; /* slots that have a value */
} Select;

/* IR ops that are an atom with the same operands. */
static const uint8_t plain_atoms[IR_OP_COUNT] = {
#define SAME(id) [IR_##id] = ATOM_##id
    SAME(ADD),
    SAME(SUB),
    SAME(AND),
    SAME(OR),
    SAME(XOR),
    SAME(NOR),
    SAME(SHL),
    SAME(SHR),
    SAME(SAR),
    SAME(SLT),
    SAME(SLTU),
    SAME(MUL),
    SAME(MULH),
    SAME(MULHU),
    SAME(DIV),
    SAME(DIVU),
    SAME(LO),
    SAME(HI),
    SAME(SETLO),
    SAME(SETHI),
    SAME(CP0),
    SAME(FCR),
    SAME(LD8S),
    SAME(LD8U),
    SAME(LD16S),
    SAME(LD16U),
    SAME(LD32),
    SAME(ST8),
    SAME(ST16),
    SAME(ST32),
    SAME(FADDS),
    SAME(FADDD),
    SAME(FSUBS),
    SAME(FSUBD),
    SAME(FMULS),
    SAME(FMULD),
    SAME(FDIVS),
    SAME(FDIVD),
    SAME(FABSS),
    SAME(FABSD),
    SAME(FNEGS),
    SAME(FNEGD),
    SAME(FCVTSD),
    SAME(FCVTSW),
    SAME(FCVTDS),
    SAME(FCVTDW),
    SAME(FCVTWS),
    SAME(FCVTWD),
    SAME(FCMPS),
    SAME(FCMPD),
#undef SAME
    [IR_FAULTNZ] = ATOM_TRAP,
    [IR_COMMIT] = OP_COMMIT,
    [IR_EXITEQ] = ATOM_BREQ,
    [IR_EXITNE] = ATOM_BRNE,
    [IR_EXITLT] = ATOM_BRLT,
    [IR_EXITGE] = ATOM_BRGE,
    [IR_EXITLE] = ATOM_BRLE,
    [IR_EXITGT] = ATOM_BRGT,
    [IR_EXIT] = ATOM_EXIT,
};

/* --- Values and nodes ----------------------------------------------------- */

/* A value of which nothing is known yet.  Members that have a meaning for some
 * values only (`leave`, `imm`, `next`) are written when they get one: there are
 * several values for each guest instruction. */
static void init_value(Value *v, ValueId root, bool fp)
{
    v->fp = fp;
    v->constant = v->remat = v->linked = false;
    v->reg = NO_REG;
    v->slot = NO_SLOT;
    v->copy = v->after = v->twin = NO_VALUE;
    v->last_leave = NO_LEAVE;
    v->readers = 0;
    v->node = NO_NODE;
    v->ready = v->dead = NEVER;
    v->local = 0;
    v->root = root;
    v->offset = 0;
}

/* A value that is in a register at the entry. */
static void init_entry_value(Backend *b, ValueId id, unsigned reg, bool fp)
{
    Value *v = &b->values[id];
    init_value(v, id, fp);
    v->reg = (uint8_t)reg;
    v->ready = 0;
}

static ValueId add_value(Backend *b, bool fp)
{
    if (b->value_count == b->value_room) {
        uint32_t room = b->value_room * 2;
        b->values = arena_grow(b->scratch, b->values, b->value_room, room,
                               sizeof *b->values);
        b->value_room = room;
    }
    ValueId v = b->value_count++;
    init_value(&b->values[v], v, fp);
    return v;
}

static ValueId add_constant(Backend *b, uint32_t imm)
{
    ValueId id = add_value(b, false);
    Value *v = &b->values[id];
    v->constant = true;
    v->imm = imm;
    v->root = VALUE_ZERO;
    v->offset = imm;
    return id;
}

static NodeClass class_of(unsigned op)
{
    static const uint8_t classes[] = {
        [ATOM_UNIT_ALU] = CLASS_ALU,     [ATOM_UNIT_ADD] = CLASS_ALU,
        [ATOM_UNIT_SHIFT] = CLASS_SHIFT, [ATOM_UNIT_FP] = CLASS_SHIFT,
        [ATOM_UNIT_LSU] = CLASS_LSU,     [ATOM_UNIT_BRU] = CLASS_BRU,
    };
    if (op == OP_COMMIT)
        return CLASS_BRU;
    return (NodeClass)classes[atom_info((AtomOp)op)->unit];
}

/* Appends a node; operands and result are the caller's. */
static Node *add_node(Select *s, unsigned op)
{
    Backend *b = s->b;
    if (b->node_count == b->node_room) {
        uint32_t room = b->node_room * 2;
        b->nodes = arena_grow(b->scratch, b->nodes, b->node_room, room,
                              sizeof *b->nodes);
        b->node_room = room;
    }
    Node *n = &b->nodes[b->node_count++];
    unsigned latency = op == OP_COMMIT ? 1 : backend_latency(b, (AtomOp)op);
    *n = (Node){.op = (uint8_t)op,
                .cls = (uint8_t)class_of(op),
                .latency = (uint8_t)latency,
                .guest = s->guest,
                .leave = (uint16_t)b->leave_count,
                .a = NO_VALUE,
                .b = NO_VALUE,
                .d = NO_VALUE,
                .first = NO_NODE};
    b->work->select++;
    return n;
}

/* The value that stands for `v` since the last COMMIT. */
static ValueId present(const Select *s, ValueId v)
{
    const Value *values = s->b->values;
    while (values[v].copy != NO_VALUE)
        v = values[v].copy;
    return v;
}

/* A register operand. */
static ValueId read_value(Select *s, ValueId v)
{
    v = present(s, v);
    s->b->values[v].readers++;
    return v;
}

/* The result of the latest node. */
static ValueId make_result(Select *s, bool fp)
{
    Backend *b = s->b;
    ValueId v = add_value(b, fp);
    b->values[v].node = b->node_count - 1;
    b->nodes[b->node_count - 1].d = v;
    return v;
}

/* A move of `v`, or its immediate, to a value of its own. */
static ValueId add_move(Select *s, ValueId v)
{
    Backend *b = s->b;
    bool fp = b->values[v].fp, constant = b->values[v].constant;
    Node *n = add_node(s, fp ? ATOM_FMOV : ATOM_OR);
    n->pure = true;
    n->a = constant ? VALUE_ZERO : read_value(s, v);
    n->b_imm = !fp;
    n->imm = constant ? b->values[v].imm : 0;
    ValueId d = make_result(s, fp);
    b->values[d].remat = constant;
    b->values[d].root = b->values[v].root;
    b->values[d].offset = b->values[v].offset;
    return d;
}

/* The value of constant `v` in a register; not yet counted as read. */
static ValueId in_register(Select *s, ValueId v)
{
    Backend *b = s->b;
    if (!b->values[v].constant)
        return v;
    if (b->values[v].imm == 0)
        return VALUE_ZERO;
    if (b->values[v].twin == NO_VALUE) {
        ValueId twin = add_move(s, v);
        b->values[v].twin = twin;
    }
    return b->values[v].twin;
}

/* --- Guest state ---------------------------------------------------------- */

/* Leave `k` (and not the next one, so far) needs `v`. */
static void need_value(Backend *b, ValueId v, uint32_t k)
{
    if (b->values[v].last_leave < (int32_t)k)
        b->values[v].last_leave = (int32_t)k;
}

/* The region reads or writes the slot. */
static void meet_slot(Select *s, unsigned slot)
{
    if (s->met[slot])
        return;
    s->met[slot] = true;
    s->b->slots[s->b->slot_count++] = (uint8_t)slot;
    s->current[slot] = s->base[slot] = slot;
    init_entry_value(s->b, slot, vliw_slot_reg((IrSlot)slot),
                     ir_slot_type((IrSlot)slot) == IR_I64);
}

static ValueId get_slot(Select *s, unsigned slot)
{
    meet_slot(s, slot);
    return s->current[slot];
}

static void put_slot(Select *s, unsigned slot, ValueId v)
{
    Backend *b = s->b;
    meet_slot(s, slot);
    uint64_t bit = (uint64_t)1 << slot;
    /* Every leave so far needed what the register holds. */
    if (!(s->dirty & bit) && b->leave_count > 0)
        need_value(b, s->base[slot], b->leave_count - 1);
    s->current[slot] = v;
    if (v == s->base[slot])
        s->dirty &= ~bit;
    else
        s->dirty |= bit;
}

/* COMMIT takes its register from `old`, which was a slot's: what comes later
 * reads a copy, if anything does. */
static void save_value(Select *s, ValueId old)
{
    ValueId copy = add_move(s, old);
    s->b->values[old].copy = copy;
}

/* Slot `slot` must hold its value at main leave `k`: gives the value a node
 * that can write it there. */
static void designate(Select *s, unsigned slot, uint32_t k)
{
    Backend *b = s->b;
    ValueId v = s->current[slot];
    if (b->values[v].constant && b->values[v].twin != NO_VALUE)
        v = b->values[v].twin;
    if (b->values[v].constant || b->values[v].node == NO_NODE ||
        b->values[v].slot != NO_SLOT)
        v = add_move(s, v);
    b->values[v].slot = (int8_t)slot;
    b->values[v].leave = (int32_t)k;
    b->values[s->base[slot]].after = v;
    s->current[slot] = s->base[slot] = v;
}

static void add_leave(Select *s, const IrInsn *insn, unsigned op)
{
    Backend *b = s->b;
    if (b->leave_count == b->leave_room) {
        uint32_t room = b->leave_room * 2;
        b->leaves = arena_grow(b->scratch, b->leaves, b->leave_room, room,
                               sizeof *b->leaves);
        b->leave_room = room;
    }
    uint32_t k = b->leave_count;
    bool main = op == OP_COMMIT || op == ATOM_EXIT;
    ValueId condition =
        main ? NO_VALUE : read_value(s, in_register(s, s->map[insn->a]));
    uint64_t dirty = s->dirty;
    unsigned count = (unsigned)__builtin_popcountll(dirty), i = 0;
    ValueId *values = arena_alloc_raw(b->scratch, count, sizeof *values);
    ValueId olds[IR_SLOT_COUNT];
    for (uint64_t set = dirty; set; set &= set - 1) {
        unsigned slot = (unsigned)__builtin_ctzll(set);
        olds[i] = s->base[slot];
        if (main)
            designate(s, slot, k);
        values[i++] = s->current[slot];
        need_value(b, s->current[slot], k);
    }
    if (main)
        s->dirty = 0;
    for (i = 0; op == OP_COMMIT && i < count; i++)
        save_value(s, olds[i]);
    Node *n = add_node(s, op);
    n->a = condition;
    n->imm = insn->imm;
    int32_t prev_main = NO_LEAVE;
    if (k > 0)
        prev_main =
            b->leaves[k - 1].main ? (int32_t)k - 1 : b->leaves[k - 1].prev_main;
    b->leaves[b->leave_count++] = (Leave){.node = b->node_count - 1,
                                          .exit = insn->imm,
                                          .main = main,
                                          .prev_main = prev_main,
                                          .dirty = dirty,
                                          .values = values,
                                          .dying = NO_VALUE};
}

/* --- Ops ------------------------------------------------------------------ */

/* The address a + imm. */
static ValueId address(Select *s, IrRef a, uint32_t imm)
{
    Backend *b = s->b;
    ValueId v = s->map[a];
    if (imm == 0)
        return in_register(s, v);
    if (b->values[v].constant)
        return in_register(s, add_constant(b, b->values[v].imm + imm));
    Node *n = add_node(s, ATOM_ADD);
    n->pure = true;
    n->a = read_value(s, v);
    n->b_imm = true;
    n->imm = imm;
    ValueId d = make_result(s, false);
    b->values[d].root = b->values[v].root;
    b->values[d].offset = b->values[v].offset + imm;
    return d;
}

static void select_load(Select *s, IrRef ref)
{
    const IrInsn *insn = &s->insns[ref];
    ValueId a = address(s, insn->a, insn->imm);
    Node *n = add_node(s, plain_atoms[insn->op]);
    n->load = true;
    n->a = read_value(s, a);
    s->map[ref] = make_result(s, false);
}

static void select_store(Select *s, const IrInsn *insn)
{
    unsigned op = plain_atoms[insn->op];
    const IrInsn *data = &s->insns[insn->b];
    ValueId a = address(s, insn->a, insn->imm), v;
    if (insn->op == IR_ST32 && (data->op == IR_LO || data->op == IR_HI)) {
        op = data->op == IR_LO ? ATOM_STLO : ATOM_STHI;
        v = s->map[data->a];
    } else {
        v = in_register(s, s->map[insn->b]);
    }
    Node *n = add_node(s, op);
    n->store = true;
    n->a = read_value(s, a);
    n->b = read_value(s, v);
}

/* Half of an FP register set to what a load, made for nothing else, brings:
 * the load does it, if the other half was there before. */
static bool fuse_set_half(Select *s, IrRef ref)
{
    Backend *b = s->b;
    const IrInsn *insn = &s->insns[ref];
    if (s->insns[insn->b].op != IR_LD32 || s->uses[insn->b] != 1)
        return false;
    ValueId f = present(s, s->map[insn->a]), v = s->map[insn->b];
    NodeId load = b->values[v].node, old = b->values[f].node;
    if (old != NO_NODE && old >= load)
        return false;
    Node *n = &b->nodes[load];
    n->op = insn->op == IR_SETLO ? ATOM_LDLO : ATOM_LDHI;
    n->b = read_value(s, f);
    b->values[v].fp = true;
    s->map[ref] = v;
    return true;
}

/* Arithmetic, and the rest that reads and writes values alone. */
static void select_plain(Select *s, IrRef ref)
{
    Backend *b = s->b;
    IrInsn insn = s->insns[ref];
    const IrOpInfo *info = ir_op_info((IrOp)insn.op);
    unsigned op = plain_atoms[insn.op];
    ValueId x = insn.a == IR_NO_REF ? NO_VALUE : s->map[insn.a];
    ValueId y = insn.b == IR_NO_REF ? NO_VALUE : s->map[insn.b];
    if (y != NO_VALUE && (info->flags & IR_IS_COMMUTES) &&
        b->values[x].constant && !b->values[y].constant) {
        ValueId swap = x;
        x = y;
        y = swap;
    }
    bool imm = y != NO_VALUE && b->values[y].constant &&
               atom_info((AtomOp)op)->b == ATOM_I;
    uint32_t value = imm ? b->values[y].imm : insn.imm;
    if (imm && op == ATOM_SUB) {
        op = ATOM_ADD;
        value = 0 - value;
    } else if (imm && !backend_is_short(b, value) &&
               (b->values[y].twin != NO_VALUE ||
                s->uses[insn.b] >= SHARED_USES)) {
        imm = false;
        value = 0;
    }
    if (x != NO_VALUE)
        x = in_register(s, x);
    if (y != NO_VALUE && !imm)
        y = in_register(s, y);
    Node *n = add_node(s, op);
    n->pure = info->flags & IR_IS_PURE;
    n->fcr = info->flags & IR_IS_FCR;
    n->load = insn.op == IR_FAULTNZ; /* may not sink either */
    if (x != NO_VALUE)
        n->a = read_value(s, x);
    n->b_imm = imm;
    if (y != NO_VALUE && !imm)
        n->b = read_value(s, y);
    n->imm = value;
    if (info->type == IR_NONE)
        return;
    ValueId d = s->map[ref] = make_result(s, info->type == IR_I64);
    if (op == ATOM_ADD && imm) {
        b->values[d].root = b->values[x].root;
        b->values[d].offset = b->values[x].offset + value;
    }
}

static void select_insn(Select *s, IrRef ref)
{
    const IrInsn *insn = &s->insns[ref];
    s->guest = insn->guest;
    switch ((IrOp)insn->op) {
    case IR_CONST: s->map[ref] = add_constant(s->b, insn->imm); break;
    case IR_COPY: s->map[ref] = s->map[insn->a]; break;
    case IR_GET:
    case IR_GETF: s->map[ref] = get_slot(s, insn->imm); break;
    case IR_PUT:
    case IR_PUTF: put_slot(s, insn->imm, present(s, s->map[insn->a])); break;
    case IR_LD8S:
    case IR_LD8U:
    case IR_LD16S:
    case IR_LD16U:
    case IR_LD32: select_load(s, ref); break;
    case IR_ST8:
    case IR_ST16:
    case IR_ST32: select_store(s, insn); break;
    case IR_SETLO:
    case IR_SETHI:
        if (!fuse_set_half(s, ref))
            select_plain(s, ref);
        break;
    case IR_COMMIT:
    case IR_EXITEQ:
    case IR_EXITNE:
    case IR_EXITLT:
    case IR_EXITGE:
    case IR_EXITLE:
    case IR_EXITGT:
    case IR_EXIT: add_leave(s, insn, plain_atoms[insn->op]); break;
    default: select_plain(s, ref); break;
    }
}

/* --- The whole region ----------------------------------------------------- */

static void count_use(Select *s, IrRef ref)
{
    if (ref != IR_NO_REF && s->uses[ref] < UINT16_MAX)
        s->uses[ref]++;
}

static void count_uses(Select *s, const IrRegion *region)
{
    s->uses = arena_alloc(s->b->scratch, region->insn_count, sizeof *s->uses);
    for (uint32_t i = 0; i < region->insn_count; i++) {
        count_use(s, s->insns[i].a);
        count_use(s, s->insns[i].b);
    }
}

/* What the last leave needs is left to the next translation. */
static void let_die(Backend *b, ValueId v)
{
    int32_t k = b->values[v].last_leave;
    if (k < 0 || (uint32_t)k + 1 >= b->leave_count)
        return;
    b->values[v].next = b->leaves[k].dying;
    b->leaves[k].dying = v;
}

/* Drops nodes whose result nobody needs, from the last one up. */
static void drop_dead(Backend *b)
{
    for (NodeId i = b->node_count; i-- > 0;) {
        Node *n = &b->nodes[i];
        if (!n->pure)
            continue;
        const Value *d = &b->values[n->d];
        if (d->readers || d->last_leave != NO_LEAVE)
            continue;
        n->gone = true;
        if (n->a != NO_VALUE)
            b->values[n->a].readers--;
        if (n->b != NO_VALUE)
            b->values[n->b].readers--;
    }
}

void backend_select(Backend *b)
{
    const IrRegion *region = b->region;
    Select s; /* of slots, only what `met` says has a meaning */
    s.b = b;
    s.insns = region->insns;
    s.guest = 0;
    s.dirty = 0;
    memset(s.met, 0, sizeof s.met);
    b->node_room = region->insn_count + 64;
    b->nodes = arena_alloc_raw(b->scratch, b->node_room, sizeof *b->nodes);
    b->value_room = region->insn_count + IR_SLOT_COUNT + 64;
    b->values = arena_alloc_raw(b->scratch, b->value_room, sizeof *b->values);
    b->leave_room = region->exit_count + 1;
    b->leaves = arena_alloc_raw(b->scratch, b->leave_room, sizeof *b->leaves);
    s.map = arena_alloc_raw(b->scratch, region->insn_count, sizeof *s.map);
    count_uses(&s, region);
    init_entry_value(b, VALUE_ZERO, VLIW_ZERO, false);
    b->value_count = VALUE_ZERO + 1;
    for (IrRef ref = 0; ref < region->insn_count; ref++)
        select_insn(&s, ref);
    /* What the last exit finds in slots that it need not change. */
    for (unsigned i = 0; i < b->slot_count; i++)
        need_value(b, s.base[b->slots[i]], b->leave_count - 1);
    need_value(b, VALUE_ZERO, b->leave_count);
    drop_dead(b);
    for (ValueId v = 0; v < b->value_count; v++)
        if (v >= IR_SLOT_COUNT || s.met[v])
            let_die(b, v);
}
