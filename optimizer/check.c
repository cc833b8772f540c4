/* The legality of a schedule, proved.
 *
 * The region says what must be true at each of its exits: which value each
 * guest register has, which stores were made, in which order, what became of
 * the FP control register, and which operations that may fail did not.  The
 * code is executed with symbols for values, along the main path and from each
 * branch to its exit, and must have come to the same at each commit.
 *
 * Values are numbered by what they are (values.h).  The region is numbered
 * first; from then on there is no load, trap or FP operation that the code may
 * make besides those of the region.  A load's number depends on the last store
 * before it that may be to the same place; one that was moved past such a store
 * therefore has a number that the region does not know.  An FP operation's
 * number depends on the one before it that changed FCR31, which keeps them in
 * order.  Stores must come in the region's order, so that a count says which
 * were made.  Operations may be done earlier than in the region, above exits
 * and commits: a fault that should not have been is undone, and the guest
 * instructions interpreted.  They may not be done later than the commit that
 * comes after them: that would make final what should have been undone.
 *
 * Two addresses are different if they are the same value plus constants, and
 * these differ within a page too: two pages may be the same memory. */
#include "optimizer/check_impl.h"
#include "optimizer/values.h"

#include <inttypes.h>
#include <string.h>

enum {
    NODE_INITIAL = IR_OP_COUNT, /* what slot `imm` holds at the entry */
    NODE_UNKNOWN,               /* what some other register holds there */
    NODE_TRAP,                  /* what a FAULTNZ of `a` does */
    PAGE = 4096,
    ON_MAIN_PATH = UINT32_MAX
};

/* A store of the region. */
typedef struct Store {
    Value base, value;
    uint32_t offset;
    unsigned size;
} Store;

/* A place where the region leaves or commits, and what is true there. */
typedef struct Leave {
    IrOp op;
    Value condition; /* of a conditional exit */
    unsigned exit;
    unsigned stores, faults; /* that come before it */
    uint32_t fcr;
    Value slots[IR_SLOT_COUNT];
} Leave;

typedef struct Check {
    const VliwCode *code;
    const IrRegion *region;
    const VliwDesc *desc;
    Diag *diag;
    Values *values;
    Store *stores;
    unsigned store_count;
    Leave *leaves;
    unsigned leave_count;
    Value *faults; /* loads and traps, in the region's order */
    unsigned fault_count;
    unsigned known; /* values of the region; those above are the code's own */
    /* For each value of the region: on which path that load or trap was
     * executed.  0: none, 1: the main path, 2 + N: the one of leave N. */
    uint32_t *done;
    bool *reached;        /* molecules */
    unsigned local_count; /* words of local memory that the code names */
} Check;

/* Where the code is on a path, and what its registers hold. */
typedef struct State {
    uint32_t path; /* ON_MAIN_PATH, or the leave whose exit it goes to */
    Value gpr[VLIW_GPRS], fpr[VLIW_FPRS];
    Value *local; /* words of local memory, Check.local_count of them */
    uint32_t fcr;
    unsigned stores;   /* executed */
    unsigned leaves;   /* passed, on the main path */
    unsigned faults;   /* of the region, all of them executed */
    MoleculeTime time; /* on this path */
} State;

static bool fail_leave(const Check *c, unsigned molecule, unsigned exit,
                       const char *what)
{
    return check_fail(c->code, molecule, c->diag, "at x%u, %s", exit, what);
}

/* --- The region ----------------------------------------------------------- */

/* Which memory an access sees when the first `count` stores were made: 1 + the
 * last of them that may be to the same place, or 0. */
static uint32_t memory_state(const Check *c, unsigned count, Value base,
                             uint32_t offset, unsigned size)
{
    for (unsigned i = count; i-- > 0;) {
        const Store *store = &c->stores[i];
        uint32_t distance = (offset - store->offset) % PAGE;
        if (store->base != base || distance < store->size ||
            PAGE - distance < size)
            return i + 1;
    }
    return 0;
}

static Value value_of_load(Check *c, unsigned stores, IrOp op, Value address)
{
    Value base;
    uint32_t offset;
    values_split(c->values, address, &base, &offset);
    uint32_t state = memory_state(c, stores, base, offset, ir_access_size(op));
    return values_other(c->values, op, address, NO_VALUE, 0, state);
}

static Store make_store(const Check *c, IrOp op, Value address, Value value)
{
    Store store = {.value = value, .size = ir_access_size(op)};
    values_split(c->values, address, &store.base, &store.offset);
    return store;
}

/* Where a walk through the region is. */
typedef struct Walk {
    Value *value; /* of each instruction */
    Value slots[IR_SLOT_COUNT];
    uint32_t fcr;
} Walk;

static void add_leave(Check *c, const Walk *walk, const IrInsn *insn)
{
    Leave *leave = &c->leaves[c->leave_count++];
    *leave = (Leave){.op = (IrOp)insn->op,
                     .exit = insn->imm,
                     .stores = c->store_count,
                     .faults = c->fault_count,
                     .fcr = walk->fcr};
    leave->condition = insn->a == IR_NO_REF ? NO_VALUE : walk->value[insn->a];
    memcpy(leave->slots, walk->slots, sizeof leave->slots);
}

static void walk_insn(Check *c, Walk *walk, IrRef ref)
{
    const IrInsn *insn = &c->region->insns[ref];
    IrOp op = (IrOp)insn->op;
    const IrOpInfo *info = ir_op_info(op);
    Value a = insn->a == IR_NO_REF ? NO_VALUE : walk->value[insn->a];
    Value b = insn->b == IR_NO_REF ? NO_VALUE : walk->value[insn->b];
    Value *result = &walk->value[ref];
    if (info->imm == IR_IMM_SLOT) {
        if (info->type == IR_NONE)
            walk->slots[insn->imm] = a;
        else
            *result = walk->slots[insn->imm];
    } else if (info->flags & (IR_IS_LOAD | IR_IS_STORE)) {
        Value offset = values_const(c->values, insn->imm);
        Value address = values_pure(c->values, IR_ADD, a, offset, 0);
        if (info->flags & IR_IS_STORE) {
            c->stores[c->store_count++] = make_store(c, op, address, b);
            return;
        }
        *result = value_of_load(c, c->store_count, op, address);
        c->faults[c->fault_count++] = *result;
    } else if (info->flags & IR_IS_FCR) {
        *result = values_other(c->values, op, a, b, insn->imm, walk->fcr);
        if (op != IR_FCR)
            walk->fcr = *result;
    } else if (op == IR_FAULTNZ) {
        if (!values_is_const(c->values, a, 0))
            c->faults[c->fault_count++] =
                values_other(c->values, NODE_TRAP, a, NO_VALUE, 0, 0);
    } else if (info->flags & IR_IS_LEAVE) {
        add_leave(c, walk, insn);
    } else {
        *result = values_pure(c->values, op, a, b, insn->imm);
    }
}

static void walk_region(Check *c, State *state)
{
    const IrRegion *region = c->region;
    Arena *arena = region->arena;
    unsigned leaves = 0, stores = 0;
    for (IrRef i = 0; i < region->insn_count; i++) {
        leaves += ir_op_has((IrOp)region->insns[i].op, IR_IS_LEAVE);
        stores += ir_op_has((IrOp)region->insns[i].op, IR_IS_STORE);
    }
    c->leaves = arena_alloc(arena, leaves, sizeof *c->leaves);
    c->stores = arena_alloc(arena, stores, sizeof *c->stores);
    c->faults = arena_alloc(arena, region->insn_count, sizeof *c->faults);
    Walk walk = {.value =
                     arena_alloc(arena, region->insn_count, sizeof *walk.value),
                 .fcr = NO_VALUE};
    for (unsigned i = 0; i < VLIW_GPRS; i++)
        state->gpr[i] =
            values_other(c->values, NODE_UNKNOWN, NO_VALUE, NO_VALUE, i, 0);
    for (unsigned i = 0; i < VLIW_FPRS; i++)
        state->fpr[i] =
            values_other(c->values, NODE_UNKNOWN, NO_VALUE, NO_VALUE, i, 1);
    for (unsigned slot = 1; slot < IR_SLOT_COUNT; slot++) {
        Value v =
            values_other(c->values, NODE_INITIAL, NO_VALUE, NO_VALUE, slot, 0);
        bool fp = ir_slot_type((IrSlot)slot) == IR_I64;
        (fp ? state->fpr : state->gpr)[vliw_slot_reg((IrSlot)slot)] = v;
        walk.slots[slot] = v;
    }
    state->gpr[VLIW_ZERO] = values_const(c->values, 0);
    for (IrRef i = 0; i < region->insn_count; i++)
        walk_insn(c, &walk, i);
    c->known = values_count(c->values);
    c->done = arena_alloc(arena, c->known, sizeof *c->done);
}

/* --- The code ------------------------------------------------------------- */

static unsigned count_locals(const VliwCode *code)
{
    unsigned count = 0;
    for (unsigned i = 0; i < code->count; i++) {
        const Molecule *molecule = &code->molecules[i];
        for (unsigned j = 0; j < molecule->count; j++) {
            const Atom *atom = &molecule->atoms[j];
            bool local = atom_info((AtomOp)atom->op)->unit == ATOM_UNIT_LSU &&
                         !atom_is_access((AtomOp)atom->op);
            if (local && atom->imm >= count)
                count = atom->imm + 1;
        }
    }
    return count;
}

/* Local memory as `from` has it; NULL: nothing was written yet. */
static Value *copy_locals(const Check *c, const Value *from)
{
    Value *local = arena_alloc(c->region->arena, c->local_count, sizeof *local);
    for (unsigned i = 0; i < c->local_count; i++)
        local[i] = from ? from[i] : NO_VALUE;
    return local;
}

/* What was read by an atom, when its molecule issued. */
typedef struct Operands {
    Value a, b;
} Operands;

static Value read_register(const State *s, AtomOperand kind, unsigned reg)
{
    if (kind == ATOM_N)
        return NO_VALUE;
    return kind == ATOM_F ? s->fpr[reg] : s->gpr[reg];
}

static Operands read_operands(const Check *c, const State *s, const Atom *atom)
{
    const AtomInfo *info = atom_info((AtomOp)atom->op);
    return (Operands){
        read_register(s, info->a, atom->a),
        atom->b_imm ? values_const(c->values, atom->imm)
                    : read_register(s, info->b, atom->b),
    };
}

/* A load or trap that the region has; it counts as done on this path. */
static bool mark_done(const Check *c, const State *s, Value v)
{
    if (v >= c->known)
        return false;
    /* What the main path does before a branch is done on the exit's path, too;
     * an exit's path is over before the main path goes on. */
    if (c->done[v] != 1)
        c->done[v] = s->path == ON_MAIN_PATH ? 1 : 2 + s->path;
    return true;
}

static bool is_done(const Check *c, const State *s, Value v)
{
    return c->done[v] == 1 ||
           (s->path != ON_MAIN_PATH && c->done[v] == 2 + s->path);
}

static bool run_load(Check *c, State *s, unsigned index, IrOp op, Value address,
                     Value *result)
{
    *result = value_of_load(c, s->stores, op, address);
    return mark_done(c, s, *result) ||
           check_fail(c->code, index, c->diag,
                      "a load that the region does not have: another address, "
                      "or moved past a store");
}

static bool run_store(Check *c, State *s, unsigned index, IrOp op,
                      Value address, Value value)
{
    if (s->stores == c->store_count)
        return check_fail(c->code, index, c->diag,
                          "a store more than the region has");
    Store store = make_store(c, op, address, value);
    const Store *wanted = &c->stores[s->stores];
    if (store.base != wanted->base || store.offset != wanted->offset ||
        store.size != wanted->size)
        return check_fail(c->code, index, c->diag,
                          "store %u of the region goes elsewhere, or is not "
                          "the next",
                          s->stores);
    if (store.value != wanted->value)
        return check_fail(c->code, index, c->diag,
                          "store %u of the region has another value",
                          s->stores);
    s->stores++;
    return true;
}

static bool run_local(Check *c, State *s, unsigned index, const Atom *atom,
                      Value a, Value *result)
{
    Value *local = &s->local[atom->imm];
    if (atom->op == ATOM_STL || atom->op == ATOM_STLF) {
        *local = a;
        return true;
    }
    *result = *local;
    return *local != NO_VALUE ||
           check_fail(c->code, index, c->diag,
                      "local word %" PRIu32 " is read before it is written",
                      atom->imm);
}

/* The IR's access that a memory atom makes. */
static IrOp access_op(AtomOp op)
{
    switch (op) {
    case ATOM_LD8S: return IR_LD8S;
    case ATOM_LD8U: return IR_LD8U;
    case ATOM_LD16S: return IR_LD16S;
    case ATOM_LD16U: return IR_LD16U;
    case ATOM_ST8: return IR_ST8;
    case ATOM_ST16: return IR_ST16;
    case ATOM_ST32:
    case ATOM_STLO:
    case ATOM_STHI: return IR_ST32;
    default: return IR_LD32;
    }
}

static bool run_memory(Check *c, State *s, unsigned index, const Atom *atom,
                       Operands in, Value *result)
{
    AtomOp op = (AtomOp)atom->op;
    if (!atom_is_access(op))
        return run_local(c, s, index, atom, in.a, result);
    if (atom_info(op)->d == ATOM_N) {
        if (op == ATOM_STLO || op == ATOM_STHI)
            in.b = values_pure(c->values, op == ATOM_STLO ? IR_LO : IR_HI, in.b,
                               NO_VALUE, 0);
        return run_store(c, s, index, access_op(op), in.a, in.b);
    }
    if (!run_load(c, s, index, access_op(op), in.a, result))
        return false;
    if (op == ATOM_LDLO || op == ATOM_LDHI)
        *result = values_pure(c->values, op == ATOM_LDLO ? IR_SETLO : IR_SETHI,
                              in.b, *result, 0);
    return true;
}

static bool run_fp(Check *c, State *s, unsigned index, const Atom *atom,
                   Operands in, Value *result)
{
    IrOp op = atom_ir_op((AtomOp)atom->op);
    bool compares = ir_op_info(op)->imm == IR_IMM_COND;
    *result = values_other(c->values, op, in.a, in.b, compares ? atom->imm : 0,
                           s->fcr);
    if (op == IR_FCR)
        return true;
    s->fcr = *result;
    return *result < c->known ||
           check_fail(c->code, index, c->diag,
                      "%s is not the region's next operation with FCR31",
                      atom_info((AtomOp)atom->op)->name);
}

static bool run_atom(Check *c, State *s, unsigned index, const Atom *atom,
                     Operands in, Value *result)
{
    AtomOp op = (AtomOp)atom->op;
    if (atom_uses_fcr(op))
        return run_fp(c, s, index, atom, in, result);
    switch (op) {
    case ATOM_TRAP:
        return values_is_const(c->values, in.a, 0) ||
               mark_done(
                   c, s,
                   values_other(c->values, NODE_TRAP, in.a, NO_VALUE, 0, 0)) ||
               check_fail(c->code, index, c->diag,
                          "a trap that the region does not have");
    case ATOM_FMOV: *result = in.a; return true;
    default:
        *result = values_pure(c->values, atom_ir_op(op), in.a, in.b, atom->imm);
        return true;
    }
}

/* Executes the molecule; its branch is left to the caller, with the value that
 * it tests. */
static bool run_molecule(Check *c, State *s, unsigned index,
                         const Atom **branch, Value *tested)
{
    const Molecule *molecule = &c->code->molecules[index];
    Operands in[VLIW_UNITS];
    Value out[VLIW_UNITS];
    unsigned by_unit[VLIW_UNITS], n = 0;
    *branch = NULL;
    /* Memory atoms act in the order of their units. */
    for (unsigned unit = 0; unit < VLIW_UNITS; unit++)
        for (unsigned i = 0; i < molecule->count; i++)
            if (molecule->atoms[i].unit == unit)
                by_unit[n++] = i;
    for (unsigned i = 0; i < n; i++)
        in[i] = read_operands(c, s, &molecule->atoms[by_unit[i]]);
    for (unsigned i = 0; i < n; i++) {
        const Atom *atom = &molecule->atoms[by_unit[i]];
        AtomUnit kind = atom_info((AtomOp)atom->op)->unit;
        out[i] = NO_VALUE;
        if (kind == ATOM_UNIT_BRU) {
            *branch = atom;
            *tested = in[i].a;
        } else if (kind == ATOM_UNIT_LSU) {
            if (!run_memory(c, s, index, atom, in[i], &out[i]))
                return false;
        } else if (!run_atom(c, s, index, atom, in[i], &out[i])) {
            return false;
        }
    }
    for (unsigned i = 0; i < n; i++) {
        const Atom *atom = &molecule->atoms[by_unit[i]];
        AtomOperand d = atom_info((AtomOp)atom->op)->d;
        if (d == ATOM_F)
            s->fpr[atom->d] = out[i];
        else if (d == ATOM_G && atom->d != VLIW_SINK)
            s->gpr[atom->d] = out[i];
    }
    return true;
}

/* Counts the region's loads and traps that are done. */
static void advance_faults(const Check *c, State *s)
{
    while (s->faults < c->fault_count && is_done(c, s, c->faults[s->faults]))
        s->faults++;
}

/* Whether the guest's state includes `slot` where `exit` is taken. */
static bool counts(IrSlot slot, const IrExit *exit)
{
    switch (slot) {
    case IR_SLOT_LD: return exit->pending != IR_PENDING_NONE;
    case IR_SLOT_PC: return exit->kind == IR_EXIT_INDIRECT;
    default: return true;
    }
}

/* What is final now is what the region says at `leave`. */
static bool check_leave(const Check *c, State *s, unsigned index,
                        const Leave *leave)
{
    unsigned x = leave->exit;
    if (s->stores != leave->stores)
        return fail_leave(c, index, x,
                          s->stores < leave->stores
                              ? "a store of the region has not been made"
                              : "a store was made that comes after it");
    if (s->fcr != leave->fcr)
        return fail_leave(c, index, x, "FCR31 is not what the region says");
    advance_faults(c, s);
    if (s->faults < leave->faults)
        return fail_leave(c, index, x,
                          "a load or trap that comes before was not made");
    for (unsigned slot = 1; slot < IR_SLOT_COUNT; slot++) {
        bool fp = ir_slot_type((IrSlot)slot) == IR_I64;
        unsigned reg = vliw_slot_reg((IrSlot)slot);
        if ((fp ? s->fpr : s->gpr)[reg] != leave->slots[slot] &&
            counts((IrSlot)slot, &c->code->exits[x]))
            return check_fail(c->code, index, c->diag,
                              "at x%u, %s is not what the region says", x,
                              ir_slot_name((IrSlot)slot));
    }
    return true;
}

/* A molecule that commits: on the main path, the region's next COMMIT or its
 * EXIT; else the exit that the branch was for. */
static bool run_commit(const Check *c, State *s, unsigned index)
{
    unsigned x = c->code->molecules[index].commit - 1u;
    bool on_main = s->path == ON_MAIN_PATH;
    unsigned number = on_main ? s->leaves : s->path;
    const Leave *leave = number < c->leave_count ? &c->leaves[number] : NULL;
    if (!leave || leave->exit != x ||
        (on_main && leave->op != IR_COMMIT && leave->op != IR_EXIT))
        return fail_leave(c, index, x, "another exit or commit was to come");
    s->leaves += on_main;
    return check_leave(c, s, index, leave);
}

/* Whether the branch atom leaves when the IR's exit does. */
static bool same_condition(AtomOp branch, IrOp exit)
{
    switch (branch) {
    case ATOM_BREQ: return exit == IR_EXITEQ;
    case ATOM_BRNE: return exit == IR_EXITNE;
    case ATOM_BRLT: return exit == IR_EXITLT;
    case ATOM_BRGE: return exit == IR_EXITGE;
    case ATOM_BRLE: return exit == IR_EXITLE;
    case ATOM_BRGT: return exit == IR_EXITGT;
    default: return false;
    }
}

static bool run_path(Check *c, State *s, unsigned index);

/* A conditional branch: to the region's next exit. */
static bool run_branch(Check *c, State *s, unsigned index, const Atom *branch,
                       Value tested)
{
    if (s->path != ON_MAIN_PATH)
        return check_fail(c->code, index, c->diag,
                          "a conditional branch on the way to an exit");
    if (branch->imm < c->code->main_count)
        return check_fail(c->code, index, c->diag,
                          "a conditional branch within the main path");
    const Leave *leave = &c->leaves[s->leaves];
    if (s->leaves >= c->leave_count ||
        !same_condition((AtomOp)branch->op, leave->op) ||
        tested != leave->condition)
        return check_fail(c->code, index, c->diag,
                          "%s is not the condition of the region's next exit",
                          atom_info((AtomOp)branch->op)->name);
    advance_faults(c, s);
    State other = *s;
    other.local = copy_locals(c, s->local);
    other.path = s->leaves++;
    other.time.now += c->desc->branch - 1;
    return run_path(c, &other, branch->imm);
}

/* Counts the molecule's time.  Without interlocks the schedule must have left
 * what it has to wait for. */
static bool check_time(const Check *c, State *s, unsigned index)
{
    uint64_t early = s->time.now;
    uint64_t cycle =
        molecule_issue(&s->time, &c->code->molecules[index], c->desc);
    return c->desc->interlock || cycle == early ||
           check_fail(c->code, index, c->diag,
                      "it is %" PRIu64 " cycles too early for what it reads, "
                      "writes, uses or commits",
                      cycle - early);
}

/* The main path's length is what it says. */
static bool check_length(const Check *c, const State *s, unsigned index)
{
    return s->path != ON_MAIN_PATH || s->time.now == c->code->length ||
           check_fail(c->code, index, c->diag,
                      "the main path ends after %" PRIu64
                      " cycles, not after %u",
                      s->time.now, c->code->length);
}

/* Executes from molecule `index` to the exit. */
static bool run_path(Check *c, State *s, unsigned index)
{
    for (;;) {
        if (index >= c->code->count ||
            (s->path == ON_MAIN_PATH && index >= c->code->main_count))
            return check_fail(c->code, index, c->diag,
                              "the path does not end in an exit");
        if (c->reached[index])
            return check_fail(c->code, index, c->diag, "two paths lead here");
        c->reached[index] = true;
        const Atom *branch;
        Value tested;
        if (!run_molecule(c, s, index, &branch, &tested) ||
            !check_time(c, s, index))
            return false;
        if (c->code->molecules[index].commit && !run_commit(c, s, index))
            return false;
        if (!branch) {
            index++;
        } else if (branch->op == ATOM_EXIT) {
            return check_length(c, s, index);
        } else if (branch->op == ATOM_BR) {
            s->time.now += c->desc->branch - 1;
            index = branch->imm;
        } else {
            if (!run_branch(c, s, index, branch, tested))
                return false;
            index++;
        }
    }
}

bool opt_check(const VliwCode *code, const IrRegion *region,
               const VliwDesc *desc, Diag *diag)
{
    if (!check_form(code, region, desc, diag))
        return false;
    Check c = {
        .code = code,
        .region = region,
        .desc = desc,
        .diag = diag,
        .values = values_create(region->arena),
        .reached = arena_alloc(region->arena, code->count, sizeof(bool)),
    };
    c.local_count = count_locals(code);
    State state = {
        .path = ON_MAIN_PATH, .fcr = NO_VALUE, .local = copy_locals(&c, NULL)};
    walk_region(&c, &state);
    if (!run_path(&c, &state, 0))
        return false;
    for (unsigned i = 0; i < code->count; i++)
        if (!c.reached[i])
            return check_fail(code, i, diag, "no path leads here");
    return true;
}
