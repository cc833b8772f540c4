/* Molecules: which atoms fit in one, in which units, and the stubs of exits. */
#include "optimizer/backend.h"

#include "base/bits.h"

#include <assert.h>

/* --- One molecule --------------------------------------------------------- */

void pack_init(Backend *b)
{
    static const AtomOp examples[] = {[ATOM_UNIT_ALU] = ATOM_ADD,
                                      [ATOM_UNIT_SHIFT] = ATOM_SHL,
                                      [ATOM_UNIT_FP] = ATOM_FMOV,
                                      [ATOM_UNIT_LSU] = ATOM_LD32,
                                      [ATOM_UNIT_BRU] = ATOM_BR};
    for (unsigned i = 0; i < ARRAY_LEN(examples); i++)
        for (unsigned u = 0; u < VLIW_UNITS; u++)
            if (atom_fits(examples[i], (VliwUnit)u, b->desc))
                b->fits[i] |= (uint8_t)(1u << u);
}

/* Units, as bits, in which `op` may issue in this cycle. */
static unsigned units_of(const Backend *b, unsigned op)
{
    unsigned set = b->fits[atom_info((AtomOp)op)->unit];
    for (unsigned u = 0; b->any_busy > b->cycle && u < VLIW_UNITS; u++)
        if (b->busy[u] > b->cycle)
            set &= ~(1u << u);
    return set;
}

static unsigned units_taken(const Molecule *m)
{
    unsigned set = 0;
    for (unsigned i = 0; i < m->count; i++)
        set |= 1u << m->atoms[i].unit;
    return set;
}

/* Makes room in one of the units `wanted`: an atom that stands there goes to a
 * free unit, if it can.  Returns the unit, or VLIW_UNITS. */
static unsigned displace(const Backend *b, Molecule *m, unsigned wanted)
{
    unsigned taken = units_taken(m);
    for (unsigned i = 0; i < m->count; i++) {
        Atom *atom = &m->atoms[i];
        if (!(wanted >> atom->unit & 1))
            continue;
        unsigned other = units_of(b, atom->op) & ~taken;
        if (other) {
            unsigned unit = atom->unit;
            atom->unit = (uint8_t)__builtin_ctz(other);
            return unit;
        }
    }
    return VLIW_UNITS;
}

/* Whether a commit waits for what the atom makes: a register or FCR31. */
static bool is_awaited(const Atom *atom)
{
    AtomOperand d = atom_info((AtomOp)atom->op)->d;
    return d == ATOM_F || (d == ATOM_G && atom->d != VLIW_SINK) ||
           atom_uses_fcr((AtomOp)atom->op);
}

bool pack_add(Backend *b, const Atom *atom)
{
    Molecule *m = &b->pack.molecule;
    bool slow = is_awaited(atom) && backend_latency(b, (AtomOp)atom->op) > 1;
    if (m->count == VLIW_UNITS || (slow && m->commit))
        return false;
    unsigned wanted = units_of(b, atom->op);
    unsigned free = wanted & ~units_taken(m);
    unsigned unit =
        free ? (unsigned)__builtin_ctz(free) : displace(b, m, wanted);
    if (unit == VLIW_UNITS)
        return false;
    m->atoms[m->count] = *atom;
    m->atoms[m->count].unit = (uint8_t)unit;
    if (molecule_size(m->atoms, m->count + 1u, b->desc) == 0)
        return false;
    m->count++;
    b->work->encode++;
    b->pack.slow |= slow;
    return true;
}

bool pack_has_memory_unit(const Backend *b)
{
    unsigned taken = units_taken(&b->pack.molecule);
    return (units_of(b, ATOM_LD32) & ~taken) != 0;
}

bool pack_find_long(const Backend *b, const Molecule *molecule, uint32_t *imm)
{
    for (unsigned i = 0; i < molecule->count; i++) {
        *imm = molecule->atoms[i].imm;
        if (molecule->atoms[i].b_imm && !backend_is_short(b, *imm))
            return true;
    }
    return false;
}

bool pack_is_empty(const Backend *b)
{
    return b->pack.molecule.count == 0 && b->pack.molecule.commit == 0;
}

/* A single atom may have the choice between units: the one with the smallest
 * molecule. */
static void shrink(const Backend *b, Molecule *m)
{
    m->size = (uint8_t)molecule_size(m->atoms, m->count, b->desc);
    if (b->desc->formats == VLIW_FORMATS_FREE)
        return;
    unsigned taken = units_taken(m);
    for (unsigned i = 0; i < m->count; i++) {
        unsigned old = m->atoms[i].unit;
        unsigned other = units_of(b, m->atoms[i].op) & ~taken;
        if (!other)
            continue;
        m->atoms[i].unit = (uint8_t)__builtin_ctz(other);
        unsigned size = molecule_size(m->atoms, m->count, b->desc);
        if (size != 0 && size < m->size)
            m->size = (uint8_t)size;
        else
            m->atoms[i].unit = (uint8_t)old;
        taken = units_taken(m);
    }
}

/* Memory, then ALUs from the last one down, then the branch: as formats are
 * written. */
static unsigned rank(const Atom *atom)
{
    if (atom->unit >= VLIW_LSU0)
        return atom->unit == VLIW_BRU ? VLIW_UNITS : atom->unit - VLIW_LSU0;
    return VLIW_LSU0 + 2u - atom->unit;
}

static void sort(Molecule *m)
{
    for (unsigned i = 1; i < m->count; i++) {
        Atom atom = m->atoms[i];
        unsigned k = i;
        for (; k > 0 && rank(&m->atoms[k - 1]) > rank(&atom); k--)
            m->atoms[k] = m->atoms[k - 1];
        m->atoms[k] = atom;
    }
}

void pack_close(Backend *b)
{
    Molecule *m = &b->pack.molecule;
    shrink(b, m);
    assert(m->size != 0);
    sort(m);
    for (unsigned i = 0; i < m->count; i++) {
        const Atom *atom = &m->atoms[i];
        uint32_t done = b->cycle + backend_latency(b, (AtomOp)atom->op);
        if (atom_keeps_unit((AtomOp)atom->op)) {
            b->busy[atom->unit] = done;
            if (done > b->any_busy)
                b->any_busy = done;
        }
        if (is_awaited(atom) && done > b->arrival)
            b->arrival = done;
        if (atom_uses_fcr((AtomOp)atom->op) && done > b->fcr_arrival)
            b->fcr_arrival = done;
    }
    if (b->molecule_count == b->molecule_room) {
        uint32_t room = b->molecule_room ? b->molecule_room * 2 : 64;
        b->molecules = arena_grow(b->scratch, b->molecules, b->molecule_room,
                                  room, sizeof *b->molecules);
        b->molecule_room = room;
    }
    b->molecules[b->molecule_count++] = *m;
    b->cycle++;
    m->count = 0;
    m->commit = 0;
    b->pack.slow = false;
}

/* --- Stubs ---------------------------------------------------------------- */

/* The moves of a stub in an order in which they can be done one by one.  A
 * cycle is opened with a register that holds nothing that is still needed: a
 * temporary, since all of a cycle's registers are slots'. */
typedef struct Sequence {
    Backend *b;
    const Leave *leave;
    uint16_t *readers[2]; /* moves that still read a register, by file */
    Move **writer[2];     /* move that is to write it */
    uint32_t *written[2]; /* cycle in which the stub's value is there */
} Sequence;

static unsigned scratch_reg(bool fp)
{
    return fp ? IR_SLOT_COUNT - IR_SLOT_F0 : (unsigned)IR_SLOT_F0;
}

static Atom move_atom(const Move *move, uint16_t guest)
{
    Atom atom = {.d = move->dest, .guest = guest};
    switch (move->kind) {
    case MOVE_REG:
        atom.op = move->fp ? ATOM_FMOV : ATOM_OR;
        atom.a = (uint8_t)move->source;
        atom.b_imm = !move->fp;
        break;
    case MOVE_LOCAL:
        atom.op = move->fp ? ATOM_LDLF : ATOM_LDL;
        atom.imm = move->source;
        break;
    case MOVE_CONST:
        atom.op = ATOM_OR;
        atom.a = VLIW_ZERO;
        atom.b_imm = true;
        atom.imm = move->source;
        break;
    }
    return atom;
}

/* Closes molecules until `cycle`: by itself if the machine does not wait. */
static void wait_until(Backend *b, uint32_t cycle)
{
    if (b->cycle >= cycle)
        return;
    if (!pack_is_empty(b))
        pack_close(b);
    if (b->desc->interlock && b->cycle < cycle)
        b->cycle = cycle;
    while (b->cycle < cycle)
        pack_close(b);
}

static void emit_move(Sequence *q, const Move *move)
{
    Backend *b = q->b;
    Atom atom = move_atom(move, b->nodes[q->leave->node].guest);
    unsigned file = move->fp;
    if (move->kind == MOVE_REG)
        wait_until(b, q->written[file][move->source]);
    while (!pack_add(b, &atom))
        pack_close(b);
    q->written[file][move->dest] =
        b->cycle + backend_latency(b, (AtomOp)atom.op);
}

/* Emits moves from `move` on: each may free the register that the next one
 * writes. */
static void emit_chain(Sequence *q, Move *move)
{
    while (move && q->readers[move->fp][move->dest] == 0) {
        q->writer[move->fp][move->dest] = NULL;
        emit_move(q, move);
        if (move->kind != MOVE_REG)
            return;
        unsigned file = move->fp, source = move->source;
        if (--q->readers[file][source] > 0)
            return;
        move = q->writer[file][source];
    }
}

static void emit_moves(Sequence *q)
{
    const Leave *leave = q->leave;
    for (unsigned i = 0; i < leave->move_count; i++) {
        Move *move = &leave->moves[i];
        q->writer[move->fp][move->dest] = move;
        if (move->kind == MOVE_REG)
            q->readers[move->fp][move->source]++;
    }
    /* Those that read registers first: they free them. */
    for (unsigned i = 0; i < leave->move_count; i++)
        if (leave->moves[i].kind == MOVE_REG &&
            q->writer[leave->moves[i].fp][leave->moves[i].dest])
            emit_chain(q, &leave->moves[i]);
    for (unsigned i = 0; i < leave->move_count; i++) {
        Move *move = &leave->moves[i];
        if (!q->writer[move->fp][move->dest])
            continue;
        if (q->readers[move->fp][move->dest] > 0) {
            /* Only cycles are left: save what this one would overwrite, for
             * the one move that reads it. */
            Move save = {.kind = MOVE_REG,
                         .fp = move->fp,
                         .dest = (uint8_t)scratch_reg(move->fp),
                         .source = move->dest};
            emit_move(q, &save);
            for (unsigned k = 0; k < leave->move_count; k++) {
                Move *other = &leave->moves[k];
                if (other->kind == MOVE_REG && other->fp == move->fp &&
                    other->source == move->dest)
                    other->source = save.dest;
            }
            q->readers[move->fp][save.dest] = q->readers[move->fp][move->dest];
            q->readers[move->fp][move->dest] = 0;
        }
        emit_chain(q, move);
    }
}

static void emit_stub(Backend *b, const Leave *leave)
{
    Sequence q = {.b = b, .leave = leave};
    uint16_t readers[2][VLIW_GPRS] = {{0}};
    Move *writer[2][VLIW_GPRS] = {{NULL}};
    uint32_t written[2][VLIW_GPRS] = {{0}};
    for (unsigned file = 0; file < 2; file++) {
        q.readers[file] = readers[file];
        q.writer[file] = writer[file];
        q.written[file] = written[file];
    }
    b->cycle = leave->cycle + b->desc->branch;
    b->any_busy = b->arrival = b->fcr_arrival = 0;
    Molecule *branch = &b->molecules[leave->molecule];
    assert(branch->atoms[branch->count - 1].unit == VLIW_BRU);
    branch->atoms[branch->count - 1].imm = b->molecule_count;
    if (!b->desc->interlock)
        wait_until(b, leave->arrival);
    emit_moves(&q);
    if (b->pack.slow)
        pack_close(b);
    wait_until(b, b->arrival);
    Atom exit = {.op = ATOM_EXIT,
                 .imm = leave->exit,
                 .guest = b->nodes[leave->node].guest};
    while (!pack_add(b, &exit)) {
        pack_close(b);
        wait_until(b, b->arrival);
    }
    b->pack.molecule.commit = (uint16_t)(1 + leave->exit);
    pack_close(b);
}

void pack_stubs(Backend *b)
{
    for (uint32_t k = 0; k < b->leave_count; k++)
        if (!b->leaves[k].main)
            emit_stub(b, &b->leaves[k]);
}
