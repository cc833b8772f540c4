/* Dependences between nodes, and heights: how far each is from the end.
 *
 * Edges say what may not be reordered, whatever registers are used: results
 * and who reads them, memory, FCR31, leaves.  Slots' registers are not in the
 * graph: the scheduler asks regalloc.c when one may be written. */
#include "optimizer/backend.h"

#include "base/bits.h"

/* How many earlier stores a load, and how many loads a store, is compared
 * with.  What lies further back counts as the same address. */
enum { COMPARE_MAX = 64 };

typedef struct Graph {
    Backend *b;
    /* Stores of the region, in order */
    NodeId *stores;
    uint32_t store_count;
    /* Loads since the last leave that no later store waits for */
    NodeId *loads;
    uint32_t load_count;
    NodeId last_leave, last_fcr;
} Graph;

static void grow_edges(Backend *b)
{
    uint32_t room = b->edge_room * 2;
    b->edges =
        arena_grow(b->scratch, b->edges, b->edge_room, room, sizeof *b->edges);
    b->edge_room = room;
}

static inline void add_edge(Backend *b, NodeId from, NodeId to,
                            uint32_t latency)
{
    uint32_t e = b->edge_count++;
    if (unlikely(e == b->edge_room))
        grow_edges(b);
    Node *node = &b->nodes[from];
    b->edges[e] = (Edge){.to = to, .next = node->first, .latency = latency};
    node->first = e;
    b->nodes[to].preds++;
}

static unsigned access_size(const Node *n)
{
    switch (n->op) {
    case ATOM_LD8S:
    case ATOM_LD8U:
    case ATOM_ST8: return 1;
    case ATOM_LD16S:
    case ATOM_LD16U:
    case ATOM_ST16: return 2;
    default: return 4;
    }
}

/* Whether two accesses are proved to touch different bytes.  They lie at known
 * distances from one value; but two pages may be the same memory, so that only
 * the place within a page tells. */
static bool are_different(const Backend *b, const Node *x, const Node *y)
{
    enum { PAGE = 4096 };
    const Value *p = &b->values[x->a], *q = &b->values[y->a];
    if (p->root != q->root || !b->opt->reorder_memory)
        return false;
    uint32_t distance = (q->offset - p->offset) % PAGE;
    return distance >= access_size(x) && distance + access_size(y) <= PAGE;
}

/* A load comes after the last store that may be to its address; stores are in
 * order, so that it comes after all such. */
static void order_load(Graph *g, NodeId i)
{
    Backend *b = g->b;
    for (uint32_t k = g->store_count, n = 0; k-- > 0; n++)
        if (n == COMPARE_MAX ||
            !are_different(b, &b->nodes[g->stores[k]], &b->nodes[i])) {
            add_edge(b, g->stores[k], i, 1);
            break;
        }
    g->loads[g->load_count++] = i;
}

static void order_store(Graph *g, NodeId i)
{
    Backend *b = g->b;
    if (g->store_count)
        add_edge(b, g->stores[g->store_count - 1], i, b->desc->lsu_units == 1);
    uint32_t kept = 0;
    for (uint32_t k = 0; k < g->load_count; k++) {
        NodeId load = g->loads[k];
        if (g->load_count - k <= COMPARE_MAX &&
            are_different(b, &b->nodes[load], &b->nodes[i]))
            g->loads[kept++] = load;
        else
            add_edge(b, load, i, 0);
    }
    g->load_count = kept;
    g->stores[g->store_count++] = i;
}

/* Ops with FCR31 in order; one that reads it waits for what changes it. */
static void order_fcr(Graph *g, NodeId i)
{
    Backend *b = g->b;
    if (g->last_fcr != NO_NODE)
        add_edge(b, g->last_fcr, i,
                 b->nodes[i].op == ATOM_FCR ? b->nodes[g->last_fcr].latency
                                            : 1);
    g->last_fcr = i;
}

/* An exit comes after what makes the values that its stub needs first. */
static void order_values(Graph *g, NodeId i, const Leave *leave)
{
    Backend *b = g->b;
    unsigned count = (unsigned)__builtin_popcountll(leave->dirty);
    for (unsigned k = 0; k < count; k++) {
        Value *v = &b->values[leave->values[k]];
        if (v->node == NO_NODE || v->linked)
            continue;
        v->linked = true;
        add_edge(b, v->node, i, 0);
    }
}

/* Whether the load stays behind the last leave: a commit that is there for its
 * failing, which is of no use after it. */
static bool is_awaited(const Graph *g, const Node *n)
{
    const Backend *b = g->b;
    if (!n->load || g->last_leave == NO_NODE)
        return false;
    unsigned exit = b->leaves[b->nodes[g->last_leave].leave].exit;
    const IrExit *record = &b->region->exits[exit];
    return record->hint == IR_HINT_FAILS && n->guest >= record->insns &&
           n->guest <= record->insns + 1;
}

static void await_operand(Backend *b, ValueId v, NodeId i)
{
    NodeId def = v == NO_VALUE ? NO_NODE : b->values[v].node;
    if (def != NO_NODE)
        add_edge(b, def, i, b->nodes[def].latency);
}

/* Edges to node `i` from those before it. */
static void connect(Graph *g, NodeId i)
{
    Backend *b = g->b;
    Node *n = &b->nodes[i];
    await_operand(b, n->a, i);
    await_operand(b, n->b, i);
    bool leave = n->cls == CLASS_BRU;
    bool waits =
        leave || n->store || n->fcr || !b->opt->hoist || is_awaited(g, n);
    if (waits && g->last_leave != NO_NODE)
        add_edge(b, g->last_leave, i, 1);
    if (n->store)
        order_store(g, i);
    else if (n->load && n->cls == CLASS_LSU)
        order_load(g, i);
    if (n->fcr)
        order_fcr(g, i);
    if (leave) {
        order_values(g, i, &b->leaves[n->leave]);
        g->last_leave = i;
        g->load_count = 0;
    } else if (n->store || n->load || n->fcr) {
        add_edge(b, i, b->leaves[n->leave].node, 0);
    }
    /* A main leave waits until the value is in its slot: Node.preds. */
    const Value *d = n->d == NO_VALUE ? NULL : &b->values[n->d];
    if (d && d->slot != NO_SLOT)
        b->nodes[b->leaves[d->leave].node].preds++;
}

/* Nodes that cannot issue before a leave, by class: they need units after it.
 */
typedef struct Pinned {
    uint32_t counts[CLASSES];
} Pinned;

/* The value that is to replace `v` in its register, if what makes it comes
 * after node `i`: then `i` had better issue in time.  NO_NODE if there is none.
 */
static NodeId find_successor(const Backend *b, ValueId v, NodeId i)
{
    ValueId after = v == NO_VALUE ? NO_VALUE : b->values[v].after;
    NodeId node = after == NO_VALUE ? NO_NODE : b->values[after].node;
    return node != NO_NODE && node > i ? node : NO_NODE;
}

/* Height of a leave by what must come after it. */
static uint32_t measure_leave(const Backend *b, NodeId i, Pinned *pinned)
{
    const Leave *leave = &b->leaves[b->nodes[i].leave];
    uint32_t height = 0;
    for (ValueId v = leave->dying; v != NO_VALUE; v = b->values[v].next) {
        NodeId next = find_successor(b, v, i);
        if (next == NO_NODE)
            continue;
        raise_to(&height, b->nodes[next].height + 1);
        pinned->counts[b->nodes[next].cls]++;
    }
    const VliwDesc *desc = b->desc;
    uint32_t alu = pinned->counts[CLASS_ALU] + pinned->counts[CLASS_SHIFT];
    raise_to(&height, backend_cycles_for(alu, desc->adders));
    if (!desc->shift_all)
        raise_to(&height, pinned->counts[CLASS_SHIFT]);
    raise_to(&height,
             backend_cycles_for(pinned->counts[CLASS_LSU], desc->lsu_units));
    return height;
}

/* Tail and height by what must come after, whatever registers are used. */
static void measure_edges(const Backend *b, Node *n)
{
    uint32_t tail = 0, height = 0;
    for (uint32_t e = n->first; e != NO_NODE;) {
        const Edge *edge = &b->edges[e];
        const Node *to = &b->nodes[edge->to];
        raise_to(&tail, to->tail + edge->latency);
        raise_to(&height, to->height + edge->latency);
        e = edge->next;
    }
    if (n->d != NO_VALUE) {
        const Value *d = &b->values[n->d];
        bool awaited = d->readers > 0 || d->last_leave != NO_LEAVE;
        uint32_t latency = awaited && n->latency > 1 ? n->latency : 0;
        raise_to(&tail, latency);
        if (d->slot != NO_SLOT) {
            const Node *leave = &b->nodes[b->leaves[d->leave].node];
            raise_to(&tail, leave->tail + latency);
            raise_to(&height, leave->height + latency);
        }
    }
    n->tail = tail;
    n->height = height;
}

/* From the last node up: every edge goes down. */
static void measure_heights(Backend *b)
{
    Pinned pinned = {{0}};
    for (NodeId i = b->node_count; i-- > 0;) {
        Node *n = &b->nodes[i];
        if (n->gone)
            continue;
        measure_edges(b, n);
        NodeId next = find_successor(b, n->a, i);
        if (next != NO_NODE)
            raise_to(&n->height, b->nodes[next].height);
        next = find_successor(b, n->b, i);
        if (next != NO_NODE)
            raise_to(&n->height, b->nodes[next].height);
        if (n->store || n->fcr)
            pinned.counts[n->cls]++;
        if (n->cls == CLASS_BRU)
            raise_to(&n->height, measure_leave(b, i, &pinned));
    }
}

void backend_build_graph(Backend *b)
{
    Graph g = {.b = b, .last_leave = NO_NODE, .last_fcr = NO_NODE};
    b->edge_room = b->node_count * 4;
    b->edges = arena_alloc_raw(b->scratch, b->edge_room, sizeof *b->edges);
    g.stores = arena_alloc_raw(b->scratch, b->node_count, sizeof *g.stores);
    g.loads = arena_alloc_raw(b->scratch, b->node_count, sizeof *g.loads);
    for (NodeId i = 0; i < b->node_count; i++)
        if (!b->nodes[i].gone)
            connect(&g, i);
    measure_heights(b);
    b->work->schedule += b->edge_count;
}
