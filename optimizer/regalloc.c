/* Registers, assigned as atoms issue: where each value is, when a slot's
 * register may be written, and what to do when there are none left.
 *
 * A slot's register is written by values that are designated to it and by
 * nothing else.  Such a value may be written there when nobody needs the one
 * that is there: all its readers have issued, and so have all leaves that need
 * it.  Readers may be in the same molecule (molecules read before they write);
 * an exit must be in an earlier one, since its stub runs after the molecule's
 * writes.  The other registers are temporaries. */
#include "optimizer/backend.h"

#include <assert.h>

/* Nodes that a spill looks ahead for uses. */
enum { SPILL_WINDOW = 256 };

static bool is_temporary(bool fp, unsigned reg)
{
    return fp ? reg >= IR_SLOT_COUNT - IR_SLOT_F0
              : reg == IR_SLOT_R0 || reg >= IR_SLOT_F0;
}

static unsigned slot_reg(int slot)
{
    return vliw_slot_reg((IrSlot)slot);
}

/* Whether a node or leave that has not issued needs `v`. */
static bool is_needed(const Backend *b, const Value *v)
{
    return v->readers > 0 || v->last_leave >= (int32_t)b->leaves_done;
}

/* Whether a leave needs `v` in its register in the next cycle: one to come, or
 * an exit in this molecule, whose stub reads it. */
static bool needs_register(const Backend *b, const Value *v)
{
    int32_t done = (int32_t)b->leaves_done;
    if (done > 0 && b->leave_cycle == b->cycle)
        done--;
    return v->last_leave >= done;
}

static void init_file(Backend *b, bool fp, unsigned regs, uint64_t all)
{
    RegFile *file = &b->files[fp];
    file->all = file->free = all;
    file->free_count = (unsigned)__builtin_popcountll(all);
    file->owner = arena_alloc_raw(b->scratch, regs, sizeof *file->owner);
    file->release = arena_alloc_raw(b->scratch, WHEEL, sizeof *file->release);
}

void regs_init(Backend *b)
{
    const VliwDesc *desc = b->desc;
    uint64_t gprs = ((uint64_t)1 << (desc->gprs - 2)) - 1;
    uint64_t slots = ((uint64_t)1 << IR_SLOT_F0) - 1;
    init_file(b, false, VLIW_GPRS, (gprs & ~slots) | 1);
    uint64_t fprs = ((uint64_t)1 << desc->fprs) - 1;
    init_file(b, true, VLIW_FPRS, fprs & ~(uint64_t)0xffff);
    for (unsigned i = 0; i < b->slot_count; i++) {
        unsigned slot = b->slots[i];
        b->occupant[slot] = slot;
        if (!is_needed(b, &b->values[slot]))
            b->values[slot].dead = 0;
    }
    b->main_done = NO_LEAVE;
    b->local_first = b->local_last = VLIW_LOCALS;
}

/* --- Registers and local words -------------------------------------------- */

/* What is released in `cycle`, which is not WHEEL ahead.  Few translations are
 * WHEEL cycles long, so that places are cleared as they come. */
static uint64_t *release_in(RegFile *file, uint32_t cycle)
{
    while (file->cleared < WHEEL && file->cleared <= cycle)
        file->release[file->cleared++] = 0;
    return &file->release[cycle % WHEEL];
}

void regs_begin_cycle(Backend *b)
{
    for (unsigned i = 0; i < 2; i++) {
        RegFile *file = &b->files[i];
        if (file->releases == 0)
            continue;
        uint64_t *release = release_in(file, b->cycle);
        if (!*release)
            continue;
        unsigned count = (unsigned)__builtin_popcountll(*release);
        file->releases -= count;
        file->free_count += count;
        file->free |= *release;
        *release = 0;
    }
}

unsigned regs_take(Backend *b, bool fp)
{
    RegFile *file = &b->files[fp];
    if (!file->free)
        return NO_REG;
    /* r0, the guest's zero, comes last: so that one sees that it is needed. */
    uint64_t set = file->free & ~(uint64_t)1 ? file->free & ~(uint64_t)1 : 1;
    file->free &= ~(set & -set);
    file->free_count--;
    b->work->regalloc++;
    return (unsigned)__builtin_ctzll(set);
}

static void give_back(Backend *b, bool fp, unsigned reg, uint32_t cycle)
{
    RegFile *file = &b->files[fp];
    assert(cycle < b->cycle + WHEEL);
    if (cycle <= b->cycle) {
        file->free |= (uint64_t)1 << reg;
        file->free_count++;
    } else {
        *release_in(file, cycle) |= (uint64_t)1 << reg;
        file->releases++;
    }
}

static uint32_t take_local(Backend *b)
{
    uint32_t word = b->local_first;
    if (!b->locals)
        b->locals = arena_alloc(b->scratch, VLIW_LOCALS, sizeof *b->locals);
    if (word < VLIW_LOCALS && b->locals[word].cycle <= b->cycle) {
        b->local_first = b->locals[word].next;
        return word;
    }
    /* A guest instruction is 19 IR instructions at most, and so 256 of them
     * have fewer values at a time than there are words. */
    assert(b->local_count < VLIW_LOCALS);
    return b->local_count++;
}

static void give_back_local(Backend *b, uint32_t word, uint32_t cycle)
{
    b->locals[word].cycle = cycle;
    b->locals[word].next = VLIW_LOCALS;
    if (b->local_first == VLIW_LOCALS)
        b->local_first = word;
    else
        b->locals[b->local_last].next = word;
    b->local_last = word;
}

/* --- Life of a value ------------------------------------------------------ */

/* Nobody needs `id` any more; its register may be written from `cycle` on. */
static void kill(Backend *b, ValueId id, uint32_t cycle)
{
    Value *v = &b->values[id];
    assert(v->dead == NEVER);
    v->dead = cycle;
    if (v->reg != NO_REG && is_temporary(v->fp, v->reg))
        give_back(b, v->fp, v->reg, cycle);
    if (v->local)
        give_back_local(b, v->local - 1, cycle);
}

bool regs_readable(const Backend *b, ValueId id, uint32_t *when)
{
    const Value *v = &b->values[id];
    *when = v->reg == NO_REG ? NEVER : v->ready;
    return *when <= b->cycle;
}

unsigned regs_count_after(const Backend *b, NodeId n)
{
    const Node *node = &b->nodes[n];
    bool fp = b->values[node->d].fp;
    unsigned left = regs_count_free(b, fp);
    ValueId operands[2] = {node->a, node->b};
    for (unsigned i = 0; i < 2; i++) {
        if (operands[i] == NO_VALUE)
            continue;
        const Value *v = &b->values[operands[i]];
        left += v->fp == fp && is_temporary(fp, v->reg) && v->readers == 1 &&
                !needs_register(b, v);
    }
    return left;
}

void regs_read(Backend *b, ValueId id)
{
    Value *v = &b->values[id];
    v->readers--;
    if (is_needed(b, v))
        return;
    kill(b, id, b->cycle + needs_register(b, v));
}

bool regs_slot_ready(const Backend *b, NodeId n, uint32_t *when)
{
    const Node *node = &b->nodes[n];
    const Value *v = &b->values[node->d];
    int32_t before = b->leaves[v->leave].prev_main;
    *when = NEVER;
    if (b->main_done < before)
        return false;
    ValueId occupant = b->occupant[v->slot];
    *when = occupant == NO_VALUE ? 0 : b->values[occupant].dead;
    if (*when == NEVER && !node->gone &&
        (node->a == occupant || node->b == occupant)) {
        /* It may be the last reader itself. */
        const Value *old = &b->values[occupant];
        uint32_t own = (node->a == occupant) + (node->b == occupant);
        if (old->readers == own && !needs_register(b, old))
            *when = b->cycle;
    }
    return *when <= b->cycle;
}

void regs_define(Backend *b, ValueId id, unsigned reg, unsigned latency,
                 bool in_slot)
{
    Value *v = &b->values[id];
    v->reg = (uint8_t)reg;
    v->ready = b->cycle + latency;
    if (in_slot) {
        b->occupant[v->slot] = id;
        b->nodes[b->leaves[v->leave].node].preds--;
    } else {
        b->files[v->fp].owner[reg] = id;
    }
    if (!is_needed(b, v))
        kill(b, id, v->ready);
}

/* --- Leaves --------------------------------------------------------------- */

/* What the stub has to do for `slot`, whose value is `id`. */
static void add_move(Backend *b, Leave *leave, unsigned slot, ValueId id)
{
    const Value *v = &b->values[id];
    Move move = {.fp = v->fp, .dest = (uint8_t)slot_reg((int)slot)};
    if (v->constant) {
        move.kind = MOVE_CONST;
        move.source = v->imm;
    } else if (v->reg == move.dest) {
        return;
    } else if (v->reg != NO_REG) {
        move.kind = MOVE_REG;
        move.source = v->reg;
    } else if (v->local) {
        move.kind = MOVE_LOCAL;
        move.source = v->local - 1;
    } else {
        assert(v->remat);
        move.kind = MOVE_CONST;
        move.source = b->nodes[v->node].imm;
    }
    leave->moves[leave->move_count++] = move;
}

static void record_moves(Backend *b, Leave *leave)
{
    unsigned count = (unsigned)__builtin_popcountll(leave->dirty);
    leave->moves = arena_alloc_raw(b->scratch, count, sizeof *leave->moves);
    const ValueId *value = leave->values;
    for (uint64_t set = leave->dirty; set; set &= set - 1)
        add_move(b, leave, (unsigned)__builtin_ctzll(set), *value++);
}

void regs_leave(Backend *b, uint32_t k)
{
    Leave *leave = &b->leaves[k];
    leave->cycle = b->cycle;
    leave->molecule = b->molecule_count;
    if (leave->main)
        b->main_done = (int32_t)k;
    else
        record_moves(b, leave);
    b->leaves_done = k + 1;
    b->leave_cycle = b->cycle;
    for (ValueId id = leave->dying; id != NO_VALUE; id = b->values[id].next) {
        Value *v = &b->values[id];
        if (v->constant || v->readers > 0)
            continue;
        uint32_t cycle = b->cycle + 1;
        kill(b, id, v->ready > cycle && v->reg != NO_REG ? v->ready : cycle);
    }
}

/* --- Moving values -------------------------------------------------------- */

/* An atom that makes `v` again in `reg`, from its immediate, local memory or
 * another register. */
static Atom fetch_atom(const Backend *b, const Value *v, unsigned reg)
{
    Atom atom = {.d = (uint8_t)reg};
    if (v->node != NO_NODE)
        atom.guest = b->nodes[v->node].guest;
    if (v->reg != NO_REG) {
        atom.op = v->fp ? ATOM_FMOV : ATOM_OR;
        atom.a = v->reg;
        atom.b_imm = !v->fp;
    } else if (v->remat) {
        atom.op = ATOM_OR;
        atom.a = VLIW_ZERO;
        atom.b_imm = true;
        atom.imm = b->nodes[v->node].imm;
    } else {
        assert(v->local);
        atom.op = v->fp ? ATOM_LDLF : ATOM_LDL;
        atom.imm = v->local - 1;
    }
    return atom;
}

bool regs_reload(Backend *b, ValueId id)
{
    Value *v = &b->values[id];
    unsigned reg = regs_take(b, v->fp);
    if (reg == NO_REG)
        return false;
    Atom atom = fetch_atom(b, v, reg);
    if (!pack_add(b, &atom)) {
        give_back(b, v->fp, reg, b->cycle);
        return false;
    }
    regs_define(b, id, reg, backend_latency(b, (AtomOp)atom.op), false);
    return true;
}

bool regs_settle(Backend *b, ValueId id)
{
    Value *v = &b->values[id];
    unsigned reg = slot_reg(v->slot);
    Atom atom = fetch_atom(b, v, reg);
    if (!pack_add(b, &atom))
        return false;
    /* The stub of an exit in this molecule may read it where it was. */
    bool leave = b->leaves_done > 0 && b->leave_cycle == b->cycle;
    if (v->reg != NO_REG)
        give_back(b, v->fp, v->reg, b->cycle + leave);
    regs_define(b, id, reg, backend_latency(b, (AtomOp)atom.op), true);
    return true;
}

bool regs_retarget(Backend *b, NodeId n)
{
    const Node *node = &b->nodes[n];
    Value *v = &b->values[node->d];
    bool leave = b->leaves_done > 0 && b->leave_cycle == b->cycle;
    if (leave || v->reg == NO_REG || v->ready != b->cycle + node->latency)
        return false;
    Molecule *m = b->pack.molecule;
    for (unsigned i = 0; i < m->count; i++) {
        Atom *atom = &m->atoms[i];
        bool fp = atom_info((AtomOp)atom->op)->d == ATOM_F;
        if (atom->op != node->op || atom->d != v->reg || fp != v->fp)
            continue;
        give_back(b, v->fp, v->reg, b->cycle);
        atom->d = (uint8_t)slot_reg(v->slot);
        regs_define(b, node->d, atom->d, node->latency, true);
        return true;
    }
    return false;
}

/* Adds an atom that stores `v`, unless it can be had without; its register is
 * the caller's then. */
static bool store_local(Backend *b, Value *v)
{
    if (!v->local && !v->remat) {
        Atom atom = {.op = v->fp ? ATOM_STLF : ATOM_STL, .a = v->reg};
        if (v->node != NO_NODE)
            atom.guest = b->nodes[v->node].guest;
        if (!pack_add(b, &atom))
            return false;
        uint32_t word = take_local(b);
        Molecule *m = b->pack.molecule;
        m->atoms[m->count - 1].imm = word;
        v->local = word + 1;
    }
    v->reg = NO_REG;
    return true;
}

bool regs_evacuate(Backend *b, IrSlot slot)
{
    ValueId id = b->occupant[slot];
    Value *v = &b->values[id];
    if (v->ready > b->cycle)
        return false;
    unsigned reg = regs_take(b, v->fp);
    if (reg != NO_REG) {
        Atom atom = fetch_atom(b, v, reg);
        if (!pack_add(b, &atom)) {
            give_back(b, v->fp, reg, b->cycle);
            return false;
        }
        regs_define(b, id, reg, backend_latency(b, (AtomOp)atom.op), false);
    } else if (!store_local(b, v)) {
        return false;
    }
    b->occupant[slot] = NO_VALUE;
    return true;
}

/* The value of the file, among those that `n` does not read, that is needed
 * again last. */
static ValueId pick_victim(const Backend *b, NodeId n, bool fp)
{
    const RegFile *file = &b->files[fp];
    ValueId victim = NO_VALUE;
    uint64_t candidates = 0;
    for (uint64_t set = file->all & ~file->free; set; set &= set - 1) {
        unsigned reg = (unsigned)__builtin_ctzll(set);
        ValueId id = file->owner[reg];
        const Value *v = &b->values[id];
        if (v->reg != reg || v->fp != fp || v->dead != NEVER ||
            v->ready > b->cycle || b->nodes[n].a == id || b->nodes[n].b == id)
            continue;
        candidates |= (uint64_t)1 << reg;
        victim = id;
    }
    NodeId end = b->node_count;
    if (end - b->oldest > SPILL_WINDOW)
        end = b->oldest + SPILL_WINDOW;
    for (NodeId i = b->oldest; i < end && candidates; i++) {
        const Node *node = &b->nodes[i];
        ValueId operands[2] = {node->a, node->b};
        for (unsigned k = 0; k < 2 && !node->gone; k++) {
            if (operands[k] == NO_VALUE)
                continue;
            const Value *v = &b->values[operands[k]];
            if (v->fp != fp || v->reg == NO_REG || !(candidates >> v->reg & 1))
                continue;
            if (file->owner[v->reg] == operands[k]) {
                victim = operands[k];
                candidates &= ~((uint64_t)1 << v->reg);
            }
        }
    }
    return candidates ? file->owner[__builtin_ctzll(candidates)] : victim;
}

bool regs_spill(Backend *b, NodeId n, bool fp)
{
    ValueId id = pick_victim(b, n, fp);
    if (id == NO_VALUE)
        return false;
    Value *v = &b->values[id];
    unsigned reg = v->reg;
    if (!store_local(b, v))
        return false;
    give_back(b, fp, reg, b->cycle);
    return true;
}
