/* Scheduling: which nodes issue in which cycle, cycle by cycle.
 *
 * Two orders.  The list order takes, among the nodes whose predecessors allow
 * it, the one that is farthest from the region's end: critical-path list
 * scheduling (Gibbons and Muchnick, 1986), with registers assigned as nodes
 * issue, so that the number of those that are left has a say.  The program
 * order takes node after node and opens a new molecule when one
 * does not fit.
 *
 * When nothing can issue and nothing is under way, something stands in the way
 * of the oldest node: a value in its slot's register, or all registers taken.
 * Then a value is moved or spilled.  That ends: the oldest node needs three
 * registers at most, and once it has issued there is one node less. */
#include "optimizer/backend.h"

#include "base/bits.h"

#include <assert.h>

enum {
    /* Nodes of a class that are passed over in a cycle before the next ones
     * are left for the next cycle. */
    PASS_MAX = 8,
    /* Nodes that a node may be ahead of the oldest one, for each register
     * that is left after it. */
    AHEAD = 24,
    /* Registers that must be free for a value to be reloaded for a node that
     * is not the oldest. */
    RELOAD_FREE = 3
};

typedef enum Try {
    TRY_DONE,
    TRY_FULL,  /* no room in this molecule */
    TRY_LATER, /* not before cycle `later` */
    TRY_SLOT,  /* its result waits for its slot's register */
    TRY_REGS   /* no register, or an operand is spilled */
} Try;

/* A ready node: the highest first, of equals the first in program order. */
typedef struct Key {
    uint32_t height;
    NodeId node;
} Key;

/* Ready nodes of a class, as a binary heap: the first key is at its top. */
typedef struct Heap {
    Key *keys;
    uint32_t count;
    uint32_t urgency; /* 1 + the first one's height; 0: none, or it is closed */
    unsigned passed;  /* nodes that were passed over in this cycle */
} Heap;

typedef struct Sched {
    Backend *b;
    Heap heaps[CLASSES];
    /* Nodes that come to the heaps in a later cycle, by cycle modulo WHEEL; of
     * those before `cleared`, of the first WHEEL cycles. */
    NodeId *wheel;
    uint32_t cleared;
    uint32_t on_wheel;
    /* Nodes whose result waits for its slot's register, or was put elsewhere
     * and waits to be moved there (these have issued) */
    NodeId *blocked;
    uint32_t blocked_count;
    uint32_t left[CLASSES]; /* nodes that have not issued */
    uint32_t end;           /* cycle in which the region is expected to end */
    uint32_t later;         /* of TRY_LATER */
    bool hold;              /* a main leave waits for results in flight */
    bool finished;
} Sched;

/* --- Ready nodes ---------------------------------------------------------- */

static bool is_before(Key x, Key y)
{
    return x.height > y.height || (x.height == y.height && x.node < y.node);
}

/* Of a heap that is open. */
static void find_urgency(Heap *heap)
{
    heap->urgency = heap->count ? heap->keys[0].height + 1 : 0;
}

static void heap_push(Heap *heap, Key key)
{
    Key *keys = heap->keys;
    uint32_t i = heap->count++;
    while (i > 0) {
        uint32_t parent = (i - 1) / 2;
        if (!is_before(key, keys[parent]))
            break;
        keys[i] = keys[parent];
        i = parent;
    }
    keys[i] = key;
    if (i == 0 && heap->passed < PASS_MAX)
        heap->urgency = key.height + 1;
}

static void heap_pop(Heap *heap)
{
    Key *keys = heap->keys, key = keys[--heap->count];
    uint32_t count = heap->count, i = 0, child;
    while ((child = 2 * i + 1) < count) {
        if (child + 1 < count && is_before(keys[child + 1], keys[child]))
            child++;
        if (!is_before(keys[child], key))
            break;
        keys[i] = keys[child];
        i = child;
    }
    keys[i] = key;
    find_urgency(heap);
}

/* The nodes that come in `cycle`, which is not WHEEL ahead. */
static NodeId *comers(Sched *s, uint32_t cycle)
{
    while (s->cleared < WHEEL && s->cleared <= cycle)
        s->wheel[s->cleared++] = NO_NODE;
    return &s->wheel[cycle % WHEEL];
}

/* Node `n` may issue from `cycle` on. */
static void make_ready(Sched *s, NodeId n, uint32_t cycle)
{
    Backend *b = s->b;
    Node *node = &b->nodes[n];
    if (cycle <= b->cycle) {
        heap_push(&s->heaps[node->cls], (Key){node->height, n});
        return;
    }
    assert(cycle < b->cycle + WHEEL);
    NodeId *list = comers(s, cycle);
    node->next = *list;
    *list = n;
    s->on_wheel++;
}

static void release_successors(Sched *s, NodeId n)
{
    Backend *b = s->b;
    for (uint32_t e = b->nodes[n].first; e != NO_NODE; e = b->edges[e].next) {
        const Edge *edge = &b->edges[e];
        Node *to = &b->nodes[edge->to];
        uint32_t cycle = b->cycle + edge->latency;
        if (cycle > to->early)
            to->early = cycle;
        if (--to->preds == 0)
            make_ready(s, edge->to, to->early);
    }
}

/* --- One node ------------------------------------------------------------- */

static Try later(Sched *s, uint32_t cycle)
{
    s->later = cycle;
    return TRY_LATER;
}

/* An operand that cannot be read yet is reloaded, if it was spilled and that is
 * the node's turn.  Raises *latest to the cycle in which it can be read. */
static Try await_operand(Sched *s, NodeId n, ValueId v, uint32_t *latest)
{
    Backend *b = s->b;
    uint32_t when;
    if (v == NO_VALUE || regs_readable(b, v, &when))
        return TRY_DONE;
    bool fp = b->values[v].fp;
    if (when == NEVER &&
        (n == b->oldest || regs_count_free(b, fp) >= RELOAD_FREE) &&
        regs_reload(b, v))
        when = b->values[v].ready;
    if (when == NEVER)
        return TRY_REGS;
    raise_to(latest, when);
    return TRY_DONE;
}

static inline bool is_there(const Backend *b, ValueId v)
{
    return v == NO_VALUE ||
           (b->values[v].reg != NO_REG && b->values[v].ready <= b->cycle);
}

/* Operands in registers, and there in time. */
static Try try_operands(Sched *s, NodeId n)
{
    Backend *b = s->b;
    const Node *node = &b->nodes[n];
    if (likely(is_there(b, node->a) && is_there(b, node->b)))
        return TRY_DONE;
    uint32_t latest = 0;
    Try first = await_operand(s, n, node->a, &latest);
    Try second = await_operand(s, n, node->b, &latest);
    if (first == TRY_REGS || second == TRY_REGS)
        return TRY_REGS;
    return latest > b->cycle ? later(s, latest) : TRY_DONE;
}

/* The order of what a leave makes final, and of FCR31. */
static Try try_order(Sched *s, const Node *n)
{
    Backend *b = s->b;
    bool leave = n->cls == CLASS_BRU;
    if ((leave || n->store || n->fcr) && b->leaves_done > 0 &&
        b->leave_cycle >= b->cycle)
        return later(s, b->leave_cycle + 1);
    if (n->op == ATOM_FCR && b->fcr_arrival > b->cycle)
        return later(s, b->fcr_arrival);
    if (leave && b->leaves[n->leave].main) {
        if (n->preds > 0)
            return TRY_SLOT;
        if (b->pack.slow || b->arrival > b->cycle) {
            s->hold = true;
            return later(s, b->arrival > b->cycle ? b->arrival : b->cycle + 1);
        }
    } else if (n->latency > 1 && s->hold) {
        return later(s, b->cycle + 1);
    }
    return TRY_DONE;
}

/* Whether a result that is not in its slot may take a register now: the fewer
 * are left, the closer to the oldest node. */
static bool may_take_register(const Backend *b, NodeId n)
{
    uint32_t ahead = n - b->oldest;
    /* What is nearly always so: enough are left, whatever it reads. */
    unsigned left = regs_count_free(b, b->values[b->nodes[n].d].fp);
    if (left > 1 && ahead <= AHEAD * (left - 1))
        return true;
    left = regs_count_after(b, n);
    if (left == 0)
        return false;
    return ahead == 0 || ahead <= AHEAD * (left - 1);
}

static Try issue_leave(Sched *s, NodeId n)
{
    Backend *b = s->b;
    Node *node = &b->nodes[n];
    const Leave *leave = &b->leaves[node->leave];
    if (node->op != OP_COMMIT) {
        if (!pack_may_add(b, node->op))
            return TRY_FULL;
        Atom atom = {.op = node->op, .guest = node->guest, .imm = leave->exit};
        if (!leave->main)
            atom.a = b->values[node->a].reg;
        if (!pack_add(b, &atom))
            return TRY_FULL;
    }
    if (node->a != NO_VALUE)
        regs_read(b, node->a);
    regs_leave(b, node->leave);
    if (leave->main) {
        b->pack.molecule->commit = (uint16_t)(1 + leave->exit);
        s->hold = false;
    }
    s->finished = node->op == ATOM_EXIT;
    return TRY_DONE;
}

/* Cycles that `count` atoms take in units of the class. */
static uint32_t cycles_for(const Backend *b, NodeClass cls, uint32_t count)
{
    unsigned units = cls == CLASS_LSU ? b->desc->lsu_units : b->desc->adders;
    return backend_cycles_for(count, units);
}

/* The height from which on the region ends later if a node waits any longer: by
 * its own way to the end, not by what units have to do, which a move would only
 * add to. */
static uint32_t urgent_height(const Sched *s)
{
    const Backend *b = s->b;
    uint32_t alu = s->left[CLASS_ALU] + s->left[CLASS_SHIFT];
    uint32_t busy = cycles_for(b, CLASS_ALU, alu);
    if (!b->desc->shift_all)
        raise_to(&busy, s->left[CLASS_SHIFT]);
    uint32_t rest = s->end > b->cycle ? s->end - b->cycle : 0;
    raise_to(&rest, busy);
    return rest;
}

/* The designated value `v` is in its slot: its leave may have waited for it. */
static void tell_leave(Sched *s, const Value *v)
{
    NodeId leave = s->b->leaves[v->leave].node;
    const Node *node = &s->b->nodes[leave];
    if (!s->b->in_order && node->preds == 0)
        make_ready(s, leave, node->early);
}

/* Issues a node that has a result or an effect: chooses the result's place. */
static Try issue_atom(Sched *s, NodeId n)
{
    Backend *b = s->b;
    Node *node = &b->nodes[n];
    Value *d = node->d == NO_VALUE ? NULL : &b->values[node->d];
    bool in_slot = false, unused = false, take = false;
    unsigned reg = 0;
    if (d) {
        uint32_t when;
        unused = d->readers == 0 && d->last_leave == NO_LEAVE && !d->fp;
        in_slot = d->slot != NO_SLOT && regs_slot_ready(b, n, &when);
        take = !in_slot && !unused;
        if (take && d->slot != NO_SLOT && !b->in_order && !node->placed &&
            node->height < urgent_height(s))
            return TRY_SLOT;
        if (take && !may_take_register(b, n))
            return TRY_REGS;
        if (in_slot)
            reg = vliw_slot_reg((IrSlot)d->slot);
        else if (unused)
            reg = VLIW_SINK;
    }
    if (!pack_may_add(b, node->op))
        return TRY_FULL;
    Atom atom = {.op = node->op,
                 .d = (uint8_t)reg,
                 .b_imm = node->b_imm,
                 .guest = node->guest,
                 .imm = node->imm};
    if (node->a != NO_VALUE)
        atom.a = b->values[node->a].reg;
    if (node->b != NO_VALUE)
        atom.b = b->values[node->b].reg;
    if (!pack_add(b, &atom))
        return TRY_FULL;
    if (node->a != NO_VALUE)
        regs_read(b, node->a);
    if (node->b != NO_VALUE)
        regs_read(b, node->b);
    if (take) {
        reg = regs_take(b, d->fp);
        Molecule *m = b->pack.molecule;
        m->atoms[m->count - 1].d = (uint8_t)reg;
        if (d->slot != NO_SLOT)
            s->blocked[s->blocked_count++] = n;
    }
    if (d && !unused)
        regs_define(b, node->d, reg, node->latency, in_slot);
    if (in_slot)
        tell_leave(s, d);
    return TRY_DONE;
}

static Try try_node(Sched *s, NodeId n)
{
    Backend *b = s->b;
    Node *node = &b->nodes[n];
    b->work->schedule++;
    Try result = try_order(s, node);
    if (result == TRY_DONE)
        result = try_operands(s, n);
    if (result == TRY_DONE)
        result = node->cls == CLASS_BRU ? issue_leave(s, n) : issue_atom(s, n);
    if (result != TRY_DONE)
        return result;
    node->gone = true;
    s->left[node->cls]--;
    while (b->oldest < b->node_count && b->nodes[b->oldest].gone)
        b->oldest++;
    raise_to(&s->end, b->cycle + node->tail);
    if (!b->in_order)
        release_successors(s, n);
    return TRY_DONE;
}

/* --- One cycle ------------------------------------------------------------ */

/* In program order: moves values that wait elsewhere for their slots' registers
 * there, if the molecule has room. */
static bool settle_blocked(Sched *s)
{
    Backend *b = s->b;
    bool settled = false;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < s->blocked_count; i++) {
        NodeId n = s->blocked[i];
        ValueId d = b->nodes[n].d;
        uint32_t slot, when;
        if (regs_slot_ready(b, n, &slot) &&
            (regs_retarget(b, n) ||
             ((regs_readable(b, d, &when) || when == NEVER) &&
              regs_settle(b, d)))) {
            settled = true;
        } else {
            s->blocked[kept++] = n;
        }
    }
    s->blocked_count = kept;
    return settled;
}

/* Brings nodes back that need not wait for a slot's register any longer, and
 * those whose result can be moved there. */
static void wake_blocked(Sched *s)
{
    Backend *b = s->b;
    if (s->blocked_count == 0)
        return;
    uint32_t urgent = urgent_height(s);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < s->blocked_count; i++) {
        NodeId n = s->blocked[i];
        Node *node = &b->nodes[n];
        const Value *d = &b->values[node->d];
        uint32_t when;
        bool ready = regs_slot_ready(b, n, &when);
        if (ready && node->gone && regs_retarget(b, n)) {
            tell_leave(s, d);
            continue;
        }
        if (node->gone) {
            ready =
                ready && (regs_readable(b, node->d, &when) || when == NEVER);
            node->moves = ready;
            node->cls = d->fp ? CLASS_SHIFT : CLASS_ALU;
            if (d->reg == NO_REG && !d->remat)
                node->cls = CLASS_LSU;
            node->height = b->nodes[b->leaves[d->leave].node].height;
        } else if (node->placed || node->height >= urgent) {
            ready = true;
        }
        if (ready)
            make_ready(s, n, b->cycle);
        else
            s->blocked[kept++] = n;
    }
    s->blocked_count = kept;
}

/* Moves the result of node `n` to its slot's register. */
static Try try_move(Sched *s, NodeId n)
{
    Backend *b = s->b;
    ValueId d = b->nodes[n].d;
    uint32_t when;
    b->work->schedule++;
    if (!regs_readable(b, d, &when) && when != NEVER)
        return later(s, when); /* it was spilled and is being reloaded */
    if (!regs_settle(b, d))
        return TRY_FULL;
    b->nodes[n].moves = false;
    tell_leave(s, &b->values[d]);
    return TRY_DONE;
}

/* Whether time alone changes something for the blocked nodes. */
static bool is_under_way(const Sched *s)
{
    const Backend *b = s->b;
    if (s->on_wheel || b->files[0].releases || b->files[1].releases ||
        b->arrival > b->cycle || b->any_busy > b->cycle || !pack_is_empty(b))
        return true;
    for (uint32_t i = 0; i < s->blocked_count; i++) {
        uint32_t when;
        if (!regs_slot_ready(b, s->blocked[i], &when) && when != NEVER)
            return true;
    }
    return false;
}

/* The oldest node is a main leave, and a value is not in its slot: moves it
 * there, or what is there away. */
static bool help_leave(Sched *s, const Leave *leave)
{
    Backend *b = s->b;
    unsigned count = (unsigned)__builtin_popcountll(leave->dirty);
    for (unsigned i = 0; i < count; i++) {
        const Value *v = &b->values[leave->values[i]];
        uint32_t when;
        if (b->occupant[v->slot] == leave->values[i])
            continue;
        if (!regs_slot_ready(b, v->node, &when))
            return regs_evacuate(b, (IrSlot)v->slot);
        /* It stands behind others that want registers. */
        if (b->nodes[v->node].moves && try_move(s, v->node) == TRY_DONE)
            return true;
    }
    return false;
}

/* Nothing can issue: clears the way for the oldest node. */
static void unstick(Sched *s)
{
    Backend *b = s->b;
    NodeId n = b->oldest;
    Node *node = &b->nodes[n];
    if (node->cls == CLASS_BRU && node->preds > 0) {
        bool helped = help_leave(s, &b->leaves[node->leave]);
        assert(helped);
        (void)helped;
        return;
    }
    for (uint32_t i = 0; i < s->blocked_count; i++)
        if (s->blocked[i] == n) {
            node->placed = true;
            return;
        }
    /* It may stand behind others that want registers, too. */
    node->placed = true;
    Try result = try_node(s, n);
    if (result != TRY_REGS) {
        assert(result == TRY_DONE || result == TRY_LATER);
        return;
    }
    bool fp = node->d != NO_VALUE && b->values[node->d].fp;
    ValueId operands[2] = {node->a, node->b};
    for (unsigned i = 0; i < 2; i++)
        if (operands[i] != NO_VALUE && b->values[operands[i]].reg == NO_REG)
            fp = b->values[operands[i]].fp;
    /* A reload of the other operand may have taken the memory unit: then it is
     * the next cycle's turn. */
    bool spilled = regs_spill(b, n, fp);
    assert(spilled || !pack_is_empty(b));
    (void)spilled;
}

/* In program order: as many nodes as fit. */
static bool issue_in_order(Sched *s)
{
    Backend *b = s->b;
    bool waits = false;
    do {
        Try result = TRY_DONE;
        while (!s->finished && result == TRY_DONE)
            result = try_node(s, b->oldest);
        waits = result == TRY_LATER || result == TRY_FULL;
    } while (settle_blocked(s));
    return waits;
}

/* The memory unit has nothing to do, and loads wait for slots' registers, more
 * than it can do quickly once they are free: one of them is put elsewhere, if
 * the ALUs will have time to move it. */
static bool hurry_load(Sched *s)
{
    Backend *b = s->b;
    uint32_t moves = 0, loads = 0, others = 0, first = 0;
    for (uint32_t i = 0; i < s->blocked_count; i++) {
        const Node *node = &b->nodes[s->blocked[i]];
        if (node->gone)
            moves++;
        else if (node->cls != CLASS_LSU)
            others++;
        else if (loads++ == 0 || s->blocked[i] < s->blocked[first])
            first = i;
    }
    if (loads == 0 || !pack_has_memory_unit(b))
        return false;
    uint32_t alu = s->left[CLASS_ALU] + s->left[CLASS_SHIFT] + moves + 1;
    uint32_t latency = b->nodes[s->blocked[first]].latency;
    if (cycles_for(b, CLASS_LSU, loads) + latency - 1 <=
            cycles_for(b, CLASS_ALU, others + moves + 1) ||
        b->cycle + cycles_for(b, CLASS_ALU, alu) > s->end)
        return false;
    NodeId n = s->blocked[first];
    s->blocked[first] = s->blocked[--s->blocked_count];
    b->nodes[n].placed = true;
    return try_node(s, n) == TRY_DONE ||
           (make_ready(s, n, b->cycle + 1), false);
}

/* The class whose first node is the highest, of those that are open. */
static unsigned pick_class(const Sched *s)
{
    unsigned best = CLASSES;
    uint32_t urgency = 0;
    for (unsigned c = 0; c < CLASSES; c++) {
        const Heap *heap = &s->heaps[c];
        if (heap->urgency < urgency || heap->urgency == 0)
            continue;
        if (heap->urgency == urgency &&
            s->heaps[best].keys[0].node < heap->keys[0].node)
            continue;
        best = c;
        urgency = heap->urgency;
    }
    return best;
}

/* As many nodes as fit, the most urgent ones first. */
static bool issue_by_height(Sched *s)
{
    const Backend *b = s->b;
    Key aside[CLASSES * PASS_MAX];
    uint8_t aside_class[CLASSES * PASS_MAX];
    unsigned aside_count = 0;
    bool waits = false;
    bool issued;
    do {
        issued = false;
        wake_blocked(s);
        for (unsigned c; (c = pick_class(s)) < CLASSES;) {
            Heap *heap = &s->heaps[c];
            Key key = heap->keys[0];
            NodeId n = key.node;
            heap_pop(heap);
            if (b->nodes[n].gone && !b->nodes[n].moves)
                continue; /* issued by unstick() */
            Try result = b->nodes[n].moves ? try_move(s, n) : try_node(s, n);
            issued |= result == TRY_DONE;
            if (result == TRY_LATER)
                make_ready(s, n, s->later);
            else if (result == TRY_SLOT)
                s->blocked[s->blocked_count++] = n;
            if (result != TRY_FULL && result != TRY_REGS)
                continue;
            waits |= result == TRY_FULL;
            if (++heap->passed == PASS_MAX)
                heap->urgency = 0;
            aside_class[aside_count] = (uint8_t)c;
            aside[aside_count++] = key;
        }
    } while (issued || hurry_load(s));
    for (unsigned c = 0; c < CLASSES; c++) {
        s->heaps[c].passed = 0;
        find_urgency(&s->heaps[c]);
    }
    for (unsigned i = 0; i < aside_count; i++)
        heap_push(&s->heaps[aside_class[i]], aside[i]);
    return waits;
}

static void begin_cycle(Sched *s)
{
    Backend *b = s->b;
    regs_begin_cycle(b);
    if (s->on_wheel == 0)
        return;
    NodeId *list = comers(s, b->cycle), n = *list;
    *list = NO_NODE;
    while (n != NO_NODE) {
        NodeId next = b->nodes[n].next;
        make_ready(s, n, b->cycle);
        s->on_wheel--;
        n = next;
    }
}

static void end_cycle(Sched *s)
{
    Backend *b = s->b;
    uint32_t cycle = b->cycle;
    if (b->desc->interlock && pack_is_empty(b))
        b->cycle++;
    else
        pack_close(b);
    if (b->leaves_done > 0 && b->leave_cycle == cycle)
        b->leaves[b->leaves_done - 1].arrival = b->arrival;
}

static void run_main_path(Sched *s)
{
    Backend *b = s->b;
    while (!s->finished) {
        begin_cycle(s);
        for (;;) {
            bool waits = b->in_order ? issue_in_order(s) : issue_by_height(s);
            if (waits || s->finished || is_under_way(s))
                break;
            unstick(s);
        }
        end_cycle(s);
    }
}

/* --- The whole region ----------------------------------------------------- */

static void init_list(Sched *s, uint32_t bound)
{
    Backend *b = s->b;
    for (unsigned c = 0; c < CLASSES; c++) {
        s->heaps[c].keys =
            arena_alloc_raw(b->scratch, b->node_count, sizeof(Key));
    }
    for (NodeId i = 0; i < b->node_count; i++) {
        const Node *n = &b->nodes[i];
        if (n->gone)
            continue;
        s->left[n->cls]++;
        if (n->preds == 0)
            make_ready(s, i, 0);
    }
    s->end = bound - 1;
}

/* Without a graph: a main leave waits for values in slots alone. */
static void init_in_order(Sched *s)
{
    Backend *b = s->b;
    for (NodeId i = 0; i < b->node_count; i++) {
        const Node *n = &b->nodes[i];
        if (!n->gone && n->d != NO_VALUE && b->values[n->d].slot != NO_SLOT)
            b->nodes[b->leaves[b->values[n->d].leave].node].preds++;
    }
}

void backend_schedule(Backend *b, uint32_t bound)
{
    Sched s = {.b = b};
    s.blocked = arena_alloc_raw(b->scratch, b->node_count, sizeof *s.blocked);
    s.wheel = arena_alloc_raw(b->scratch, WHEEL, sizeof *s.wheel);
    while (b->nodes[b->oldest].gone)
        b->oldest++;
    if (b->in_order)
        init_in_order(&s);
    else
        init_list(&s, bound);
    run_main_path(&s);
}
