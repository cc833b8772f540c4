/* Lower bounds of a schedule's length: what no scheduler could do better.
 *
 * By dependences, a node cannot issue before its `early` cycle, and the last
 * exit not before the node's `tail` cycles after it.  By units: those nodes
 * that can issue no earlier than some cycle, and lie at least some tail from
 * the end, have to be done one after the other in between (Rim and Jain, 1994,
 * in its simplest form).  And the atoms that there are in the end, moves and
 * spills included, need their units. */
#include "optimizer/backend.h"

#include <stdlib.h>
#include <string.h>

/* Leaves from which on the units' work is looked at. */
enum { BOUND_STEPS = 12 };

/* Whether the end waits for what the node makes. */
static bool is_awaited(const Backend *b, const Node *n)
{
    if (n->d == NO_VALUE)
        return n->fcr;
    const Value *d = &b->values[n->d];
    return n->fcr || d->readers > 0 || d->last_leave != NO_LEAVE;
}

/* The first cycle in which each node can issue, were there units for all. */
static uint32_t *find_early(const Backend *b)
{
    /* Of values that no node makes, which are there at the entry, and then of
     * those that nodes make. */
    uint32_t *ready =
        arena_alloc_raw(b->scratch, b->value_count, sizeof *ready);
    memset(ready, 0, (VALUE_ZERO + 1) * sizeof *ready);
    uint32_t *early = arena_alloc(b->scratch, b->node_count, sizeof *early);
    uint32_t leave = 0; /* first cycle after the last leave */
    uint32_t end = 0;   /* the latest issue or result */
    for (NodeId i = 0; i < b->node_count; i++) {
        const Node *n = &b->nodes[i];
        uint32_t cycle = early[i];
        if (n->gone)
            continue;
        if (n->a != NO_VALUE)
            raise_to(&cycle, ready[n->a]);
        if (n->b != NO_VALUE)
            raise_to(&cycle, ready[n->b]);
        if (n->cls == CLASS_BRU || n->store || n->fcr)
            raise_to(&cycle, leave);
        if (n->op == ATOM_EXIT)
            raise_to(&cycle, end);
        if (n->cls == CLASS_BRU)
            leave = cycle + 1;
        raise_to(&end,
                 cycle + (is_awaited(b, n) && n->latency > 1 ? n->latency : 0));
        if (n->d != NO_VALUE)
            ready[n->d] = cycle + n->latency;
        for (uint32_t e = n->first; e != NO_NODE; e = b->edges[e].next)
            raise_to(&early[b->edges[e].to], cycle + b->edges[e].latency);
        early[i] = cycle;
    }
    return early;
}

/* A node that a unit has to do. */
typedef struct Item {
    uint32_t early, tail;
    uint8_t cls;
    uint8_t cycles; /* that it takes the unit */
} Item;

/* Those that some units have to do and that lie at least so far from the end:
 * none issues before `early`. */
typedef struct Load {
    uint32_t early, cycles, longest;
    bool grew; /* since its length was last asked for */
} Load;

static void add_load(Load *load, const Item *item)
{
    if (load->cycles == 0 || item->early < load->early)
        load->early = item->early;
    load->cycles += item->cycles;
    raise_to(&load->longest, item->cycles);
    load->grew = true;
}

/* Raises the bound to what `units` need for a load that lies `tail` from the
 * end.  What has not grown has been counted with a longer tail. */
static void raise_by_load(uint32_t *bound, Load *load, unsigned units,
                          uint32_t tail)
{
    if (!load->grew)
        return;
    load->grew = false;
    /* When the last one issues, all but a rest in each unit is done. */
    uint32_t all = backend_cycles_for(load->cycles, units);
    uint32_t before = all > load->longest ? all - load->longest : 0;
    raise_to(bound, load->early + before + tail + 1);
}

/* The bound by the units' work on nodes that cannot issue before `early`: those
 * with the longest tail, then with the next ones.  Drops the other items, and
 * returns how many are left: those who ask later ask for later ones. */
static uint32_t bound_by_units(const Backend *b, Item *items, uint32_t count,
                               uint32_t early, uint32_t *bound)
{
    const VliwDesc *desc = b->desc;
    unsigned shifters = desc->shift_all ? desc->alu_units : 1;
    Load alu = {0}, loads[CLASSES] = {{0}};
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count;) {
        uint32_t tail = items[i].tail;
        for (; i < count && items[i].tail == tail; i++) {
            Item item = items[i];
            if (item.early < early)
                continue;
            items[kept++] = item;
            if (item.cls <= CLASS_SHIFT)
                add_load(&alu, &item);
            if (item.cls != CLASS_ALU)
                add_load(&loads[item.cls], &item);
        }
        raise_by_load(bound, &alu, desc->adders, tail);
        raise_by_load(bound, &loads[CLASS_SHIFT], shifters, tail);
        raise_by_load(bound, &loads[CLASS_LSU], desc->lsu_units, tail);
        raise_by_load(bound, &loads[CLASS_BRU], 1, tail);
    }
    return kept;
}

/* What units have to do, longest tails first, in `items`; returns how much. */
static uint32_t sort_items(const Backend *b, const uint32_t *early, Item *items)
{
    uint32_t longest = 0, count = 0;
    for (NodeId i = 0; i < b->node_count; i++)
        raise_to(&longest, b->nodes[i].tail);
    NodeId *lists = arena_alloc_raw(b->scratch, longest + 1, sizeof *lists);
    NodeId *next = arena_alloc_raw(b->scratch, b->node_count, sizeof *next);
    memset(lists, 0xff, (longest + 1) * sizeof *lists); /* NO_NODE */
    for (NodeId i = 0; i < b->node_count; i++) {
        const Node *n = &b->nodes[i];
        if (n->gone || n->op == OP_COMMIT)
            continue;
        next[i] = lists[n->tail];
        lists[n->tail] = i;
    }
    for (uint32_t tail = longest + 1; tail-- > 0;)
        for (NodeId i = lists[tail]; i != NO_NODE; i = next[i]) {
            const Node *n = &b->nodes[i];
            bool keeps = n->latency > 1 && atom_keeps_unit((AtomOp)n->op);
            items[count++] =
                (Item){early[i], tail, n->cls, keeps ? n->latency : (uint8_t)1};
        }
    return count;
}

uint32_t backend_lower_bound(const Backend *b)
{
    const uint32_t *early = find_early(b);
    uint32_t bound = early[b->node_count - 1] + 1;
    if (b->in_order)
        return bound;
    Item *items = arena_alloc_raw(b->scratch, b->node_count, sizeof *items);
    uint32_t count = sort_items(b, early, items);
    /* From the entry on, and from some of the leaves on. */
    count = bound_by_units(b, items, count, 0, &bound);
    uint32_t step = b->leave_count / BOUND_STEPS + 1;
    for (uint32_t k = 0; k + 1 < b->leave_count; k += step) {
        uint32_t after = early[b->leaves[k].node] + 1;
        count = bound_by_units(b, items, count, after, &bound);
    }
    return bound;
}

/* --- The atoms that there are ----------------------------------------------
 */

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Molecules that the long immediates of the main path need: one for each, in
 * formats that have room for one. */
static uint32_t count_longs(const Backend *b)
{
    uint32_t *imms =
        arena_alloc_raw(b->scratch, b->molecule_count, sizeof *imms);
    uint32_t count = 0, different = 0;
    for (uint32_t i = 0; i < b->molecule_count; i++)
        if (pack_find_long(b, &b->molecules[i], &imms[count]))
            count++;
    qsort(imms, count, sizeof *imms, compare);
    for (uint32_t i = 0; i < count; i++)
        different += i == 0 || imms[i] != imms[i - 1];
    return different;
}

/* Cycles that the atoms of the main path need in their units. */
uint32_t backend_count_resources(const Backend *b)
{
    const VliwDesc *desc = b->desc;
    uint32_t alu = 0, shift = 0, lsu = 0, bru = 0;
    for (uint32_t i = 0; i < b->molecule_count; i++) {
        const Molecule *m = &b->molecules[i];
        for (unsigned k = 0; k < m->count; k++) {
            switch (atom_info((AtomOp)m->atoms[k].op)->unit) {
            case ATOM_UNIT_FP:
            case ATOM_UNIT_SHIFT: shift++; /* fall through */
            case ATOM_UNIT_ADD:
            case ATOM_UNIT_ALU: alu++; break;
            case ATOM_UNIT_LSU: lsu++; break;
            case ATOM_UNIT_BRU: bru++; break;
            }
        }
    }
    if (desc->formats == VLIW_FORMATS_CRUSOE)
        bru += count_longs(b); /* there is a branch or an immediate */
    uint32_t bounds[] = {(alu + desc->adders - 1) / desc->adders,
                         desc->shift_all ? 0 : shift,
                         (lsu + desc->lsu_units - 1) / desc->lsu_units, bru};
    uint32_t bound = 0;
    for (unsigned i = 0; i < 4; i++)
        bound = bounds[i] > bound ? bounds[i] : bound;
    return bound;
}
