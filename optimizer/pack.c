/* Molecules: which atoms fit in one, and in which units. */
#include "optimizer/backend.h"

#include "base/bits.h"

#include <assert.h>
#include <limits.h>

/* The next molecule is empty. */
static void open_molecule(Backend *b)
{
    Pack *pack = &b->pack;
    pack->molecule = &b->molecules[b->molecule_count];
    pack->molecule->count = 0;
    pack->molecule->commit = 0;
    pack->taken = pack->longs = 0;
    pack->open = UINT_MAX;
    pack->arrival = pack->fcr_arrival = 0;
    pack->slow = pack->divides = false;
}

void pack_init(Backend *b)
{
    for (AtomUnit kind = 0; kind <= ATOM_UNIT_BRU; kind++)
        b->fits[kind] = (uint8_t)atom_units(kind, b->desc);
    /* Few paths have more molecules than nodes, few stubs more than two. */
    b->molecule_room = b->node_count + 2 * b->leave_count + 1;
    b->molecules =
        arena_alloc_raw(b->scratch, b->molecule_room, sizeof *b->molecules);
    open_molecule(b);
}

/* Units, as bits, in which `op` may issue in this cycle. */
static unsigned units_of(const Backend *b, unsigned op)
{
    unsigned set = b->fits[atom_info((AtomOp)op)->unit];
    if (likely(b->any_busy <= b->cycle))
        return set;
    for (unsigned u = 0; u < VLIW_UNITS; u++)
        if (b->busy[u] > b->cycle)
            set &= ~(1u << u);
    return set;
}

/* Moves an atom of the open molecule to the first of some free units. */
static void move_to(Backend *b, Atom *atom, unsigned units)
{
    b->pack.taken &= ~(1u << atom->unit);
    atom->unit = (uint8_t)__builtin_ctz(units);
    b->pack.taken |= 1u << atom->unit;
}

/* Finds out which units can be had, by what is in the open molecule.  Those
 * that divisions keep are not told: they are busy for more than a molecule. */
static void find_open(Pack *pack, const Backend *b)
{
    const Molecule *m = pack->molecule;
    pack->open = ~pack->taken;
    for (unsigned i = 0; i < m->count; i++) {
        const Atom *atom = &m->atoms[i];
        if (b->fits[atom_info((AtomOp)atom->op)->unit] & ~pack->taken)
            pack->open |= 1u << atom->unit;
    }
}

/* Makes room in one of the units `wanted`: an atom that stands there goes to a
 * free unit, if it can.  Returns the unit, or VLIW_UNITS. */
static unsigned displace(Backend *b, Molecule *m, unsigned wanted)
{
    for (unsigned i = 0; i < m->count; i++) {
        Atom *atom = &m->atoms[i];
        if (!(wanted >> atom->unit & 1))
            continue;
        unsigned other = units_of(b, atom->op) & ~b->pack.taken;
        if (other) {
            unsigned unit = atom->unit;
            move_to(b, atom, other);
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

/* Whether `imm` is one more immediate outside of its atom. */
static bool adds_long(const Backend *b, const Atom *atom)
{
    const Pack *pack = &b->pack;
    if (!atom->b_imm || backend_is_short(b, atom->imm))
        return false;
    for (unsigned i = 0; i < pack->longs; i++)
        if (pack->imms[i] == atom->imm)
            return false;
    return true;
}

static unsigned size_with(const Backend *b, unsigned units, unsigned longs)
{
    return molecule_size_for(units, b->pack.molecule->count + 1u, longs,
                             b->desc);
}

bool pack_add(Backend *b, const Atom *atom)
{
    Pack *pack = &b->pack;
    Molecule *m = pack->molecule;
    unsigned latency = backend_latency(b, (AtomOp)atom->op);
    bool slow = latency > 1 && is_awaited(atom);
    if (m->count == VLIW_UNITS || (slow && m->commit))
        return false;
    unsigned wanted = units_of(b, atom->op);
    unsigned free = wanted & ~pack->taken;
    unsigned unit =
        free ? (unsigned)__builtin_ctz(free) : displace(b, m, wanted);
    if (unit == VLIW_UNITS)
        return false;
    unsigned taken = pack->taken | 1u << unit;
    bool is_long = adds_long(b, atom);
    if (size_with(b, taken, pack->longs + is_long) == 0) {
        find_open(pack, b); /* an atom may have gone to another unit */
        return false;
    }
    Atom *to = &m->atoms[m->count++];
    *to = *atom;
    to->unit = (uint8_t)unit;
    pack->taken = taken;
    find_open(pack, b);
    if (is_long)
        pack->imms[pack->longs++] = atom->imm;
    if (latency > 1) {
        pack->slow |= slow;
        if (slow)
            raise_to(&pack->arrival, latency);
        if (atom_uses_fcr((AtomOp)atom->op))
            raise_to(&pack->fcr_arrival, latency);
        pack->divides |= atom_keeps_unit((AtomOp)atom->op);
    }
    b->work->encode++;
    return true;
}

bool pack_has_memory_unit(const Backend *b)
{
    return (units_of(b, ATOM_LD32) & ~b->pack.taken) != 0;
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
    return b->pack.molecule->count == 0 && b->pack.molecule->commit == 0;
}

/* A single atom may have the choice between units: the one with the smallest
 * molecule. */
static void shrink(Backend *b, Molecule *m)
{
    enum { SMALLEST = 8 };
    unsigned longs = b->pack.longs;
    m->size =
        (uint8_t)molecule_size_for(b->pack.taken, m->count, longs, b->desc);
    /* Else all units are alike. */
    bool matters = b->desc->formats == VLIW_FORMATS_CRUSOE;
    for (unsigned i = 0; i < m->count && matters && m->size > SMALLEST; i++) {
        unsigned old = m->atoms[i].unit;
        unsigned other = units_of(b, m->atoms[i].op) & ~b->pack.taken;
        if (!other)
            continue;
        move_to(b, &m->atoms[i], other);
        unsigned size =
            molecule_size_for(b->pack.taken, m->count, longs, b->desc);
        if (size != 0 && size < m->size)
            m->size = (uint8_t)size;
        else
            move_to(b, &m->atoms[i], 1u << old);
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
        unsigned own = rank(&m->atoms[i]);
        for (unsigned k = i; k > 0 && rank(&m->atoms[k - 1]) > own; k--) {
            Atom atom = m->atoms[k];
            m->atoms[k] = m->atoms[k - 1];
            m->atoms[k - 1] = atom;
        }
    }
}

/* Divisions keep their units. */
static void keep_units(Backend *b, const Molecule *m)
{
    for (unsigned i = 0; i < m->count; i++) {
        const Atom *atom = &m->atoms[i];
        if (!atom_keeps_unit((AtomOp)atom->op))
            continue;
        uint32_t done = b->cycle + backend_latency(b, (AtomOp)atom->op);
        b->busy[atom->unit] = done;
        raise_to(&b->any_busy, done);
    }
}

void pack_close(Backend *b)
{
    Molecule *m = b->pack.molecule;
    shrink(b, m);
    assert(m->size != 0);
    sort(m);
    if (b->pack.divides)
        keep_units(b, m);
    raise_to(&b->arrival, b->cycle + b->pack.arrival);
    raise_to(&b->fcr_arrival, b->cycle + b->pack.fcr_arrival);
    if (++b->molecule_count == b->molecule_room) {
        uint32_t room = b->molecule_room * 2;
        b->molecules = arena_grow(b->scratch, b->molecules, b->molecule_room,
                                  room, sizeof *b->molecules);
        b->molecule_room = room;
    }
    b->cycle++;
    open_molecule(b);
}
