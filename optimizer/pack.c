/* Molecules: which atoms fit in one, and in which units. */
#include "optimizer/backend.h"

#include "base/bits.h"

#include <assert.h>

void pack_init(Backend *b)
{
    for (AtomUnit kind = 0; kind <= ATOM_UNIT_BRU; kind++)
        b->fits[kind] = (uint8_t)atom_units(kind, b->desc);
    /* Few paths have more molecules than nodes, few stubs more than two. */
    b->molecule_room = b->node_count + 2 * b->leave_count;
    b->molecules =
        arena_alloc_raw(b->scratch, b->molecule_room, sizeof *b->molecules);
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

/* Moves an atom of the open molecule to the first of some free units. */
static void move_to(Backend *b, Atom *atom, unsigned units)
{
    b->pack.taken &= ~(1u << atom->unit);
    atom->unit = (uint8_t)__builtin_ctz(units);
    b->pack.taken |= 1u << atom->unit;
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

bool pack_add(Backend *b, const Atom *atom)
{
    Molecule *m = &b->pack.molecule;
    bool slow = is_awaited(atom) && backend_latency(b, (AtomOp)atom->op) > 1;
    if (m->count == VLIW_UNITS || (slow && m->commit))
        return false;
    unsigned wanted = units_of(b, atom->op);
    unsigned free = wanted & ~b->pack.taken;
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
    b->pack.taken |= 1u << unit;
    b->pack.slow |= slow;
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
    return b->pack.molecule.count == 0 && b->pack.molecule.commit == 0;
}

/* A single atom may have the choice between units: the one with the smallest
 * molecule. */
static void shrink(Backend *b, Molecule *m)
{
    m->size = (uint8_t)molecule_size(m->atoms, m->count, b->desc);
    if (b->desc->formats != VLIW_FORMATS_CRUSOE)
        return; /* all units are alike */
    for (unsigned i = 0; i < m->count; i++) {
        unsigned old = m->atoms[i].unit;
        unsigned other = units_of(b, m->atoms[i].op) & ~b->pack.taken;
        if (!other)
            continue;
        move_to(b, &m->atoms[i], other);
        unsigned size = molecule_size(m->atoms, m->count, b->desc);
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
        uint32_t room = b->molecule_room * 2;
        b->molecules = arena_grow(b->scratch, b->molecules, b->molecule_room,
                                  room, sizeof *b->molecules);
        b->molecule_room = room;
    }
    b->molecules[b->molecule_count++] = *m;
    b->cycle++;
    m->count = 0;
    m->commit = 0;
    b->pack.taken = 0;
    b->pack.slow = false;
}
