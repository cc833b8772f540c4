/* What exits lead to: chains of direct ones, and the predictors of indirect
 * ones: inline cache, return stack, hash table.
 *
 * A link is good while its target's pages are where they are.  A target whose
 * pages are not mapped, or are all among those of the source, needs no check:
 * the source runs, hence they are there.  Any other chain is `checked` by the
 * core against the generation of the mapping; predictors look whether the
 * target was verified in the present one.  A stale link leads to the
 * dispatcher, which verifies and renews it.
 *
 * An exit says in CoreExit.user which calls have been made when it is taken and
 * have not returned: those of a superblock that holds the callee, too.  They
 * are links that follow one another, outermost first.  A call is looked at as
 * often as a return, so what it needs lies together. */
#include "morph/layer_impl.h"

#include "base/alloc.h"

#include <stdlib.h>

static void cut(Link *link)
{
    if (!link->to)
        return;
    *link->prev = link->next;
    if (link->next)
        link->next->prev = link->prev;
    link->to = NULL;
}

static void link_to(Link *link, Translation *t)
{
    if (link->to == t)
        return;
    cut(link);
    link->to = t;
    link->next = t->incoming;
    link->prev = &t->incoming;
    if (link->next)
        link->next->prev = &link->next;
    t->incoming = link;
}

static Link *target_of(const Translation *t, unsigned exit)
{
    return &t->links[exit];
}

static Link *links_end(const Translation *t)
{
    return t->links + t->code->exit_count + t->call_count;
}

/* Whether `t` runs at `pc` in `mode`, now. */
static bool is_good(const Layer *l, const Translation *t, uint32_t pc,
                    uint8_t mode)
{
    return t && t->pc == pc && t->mode == mode &&
           (!t->mapped || t->verified == l->generation);
}

static bool has_page(const Translation *t, uint32_t va)
{
    for (unsigned i = 0; i < t->page_count; i++)
        if (t->pages[i].va == va)
            return true;
    return false;
}

/* Whether `t` can run wherever `from` does. */
static bool is_covered(const Translation *from, const Translation *t)
{
    for (unsigned i = 0; i < t->page_count; i++)
        if (layer_is_mapped(t->pages[i].va) && !has_page(from, t->pages[i].va))
            return false;
    return true;
}

static Translation **hash_slot(const Layer *l, uint32_t pc)
{
    return &l->hash[(pc >> 2 ^ pc >> 14) & l->hash_mask];
}

/* The place `depth` below the top of the return stack, which is a ring. */
static unsigned return_below(const Layer *l, unsigned depth)
{
    return l->return_top >= depth ? l->return_top - depth
                                  : l->return_top + l->return_count - depth;
}

/* --- Calls within a translation --------------------------------------------
 */

/* CoreExit.user: `count` calls from the translation's link `first` on. */
static uint64_t calls_pack(unsigned first, unsigned count)
{
    return (uint64_t)first << 8 | count;
}

static unsigned calls_first(uint64_t calls)
{
    return (unsigned)(calls >> 8);
}

static unsigned calls_count(uint64_t calls)
{
    return calls & 0xff;
}

/* The calls that have been made and have not returned, a list from the latest;
 * 0 is its end. */
typedef struct CallNode {
    uint32_t link;
    unsigned outer;
} CallNode;

/* Whether the instruction calls or returns, when it was executed. */
static bool is_call(const Insn *in)
{
    return in->op == INSN_JAL || (in->op == INSN_JALR && in->rd == 31) ||
           (in->op == INSN_BGEZAL && in->rs == 0);
}

static bool is_return(const Insn *in)
{
    return in->op == INSN_JR && in->rs == 31;
}

/* The list after each of the guest's instructions: latest[n] when n are done.
 * A call and a return act with their delay slot. */
static void follow_calls(const VliwCode *code, CallNode *nodes,
                         unsigned *latest)
{
    unsigned count = 0;
    latest[0] = 0;
    for (unsigned i = 0; i < code->guest_count; i++) {
        latest[i + 1] = latest[i];
        if (i == 0)
            continue;
        const IrGuest *guest = &code->guests[i - 1];
        Insn in = insn_decode(guest->word);
        if (is_call(&in)) {
            nodes[++count] = (CallNode){guest->pc + 8, latest[i]};
            latest[i + 1] = count;
        } else if (is_return(&in) && latest[i]) {
            latest[i + 1] = nodes[latest[i]].outer;
        }
    }
}

/* The calls that exit `i` leaves open, at most CALLS_DEEP: their number, and
 * the innermost of them into *last. */
static unsigned open_calls(const VliwCode *code, const CallNode *nodes,
                           const unsigned *latest, unsigned i, unsigned *last)
{
    const IrExit *exit = &code->exits[i];
    /* The return that leaves has not been made. */
    unsigned done = exit->insns, count = 0;
    if (exit->hint == IR_HINT_RETURN && done >= 2)
        done -= 2;
    *last = exit->kind == IR_EXIT_COMMIT ? 0 : latest[done];
    for (unsigned n = *last; n && count < CALLS_DEEP; n = nodes[n].outer)
        count++;
    return count;
}

void links_add(Layer *l, Translation *t)
{
    const VliwCode *code = t->code;
    unsigned exits = code->exit_count, room = code->guest_count + 1, last;
    CallNode *nodes = arena_alloc_raw(l->scratch, room, sizeof *nodes);
    unsigned *latest = arena_alloc_raw(l->scratch, room, sizeof *latest);
    if (l->return_count) {
        follow_calls(code, nodes, latest);
        for (unsigned i = 0; i < exits; i++)
            t->call_count += open_calls(code, nodes, latest, i, &last);
    }
    t->links = alloc_zeroed(exits + t->call_count, sizeof *t->links);
    for (Link *link = t->links; link < links_end(t); link++)
        link->from = t;
    if (t->call_count == 0)
        return;
    unsigned first = exits;
    for (unsigned i = 0; i < exits; i++) {
        unsigned count = open_calls(code, nodes, latest, i, &last);
        t->core->exits[i].user = calls_pack(first, count);
        t->core->exits[i].tell =
            count > 0 && code->exits[i].kind != IR_EXIT_INDIRECT;
        first += count;
        for (unsigned k = first; count > 0; count--, last = nodes[last].outer)
            t->links[--k].return_pc = nodes[last].link;
    }
}

/* --- Links -----------------------------------------------------------------
 */

/* Returns have the return stack, every other indirect jump an inline cache. */
static bool is_stacked(const Layer *l, const IrExit *exit)
{
    return exit->hint == IR_HINT_RETURN && l->return_count;
}

static bool is_cached(const Layer *l, const IrExit *exit)
{
    return l->inline_cache && !is_stacked(l, exit);
}

void links_set(Layer *l, Translation *from, unsigned exit, Translation *t)
{
    const IrExit *record = &from->code->exits[exit];
    CoreExit *out = &from->core->exits[exit];
    Link *link = target_of(from, exit);
    if (record->kind != IR_EXIT_INDIRECT) {
        if (!l->chain)
            return;
        if (link->to == t) {
            l->stats.refreshed++;
        } else {
            l->stats.chained++;
            core_charge(l->core, CORE_CAUSE_CHAIN, l->cost.chain);
        }
        link_to(link, t);
        out->next = t->core;
        out->checked = !is_covered(from, t);
        out->generation = l->generation;
        return;
    }
    if (record->hint == IR_HINT_RETURN && l->missed_return) {
        link_to(l->missed_return, t);
        l->missed_return = NULL;
    }
    if (is_cached(l, record))
        link_to(link, t);
    if (l->hash)
        *hash_slot(l, t->pc) = t;
}

Translation *links_handled(Layer *l, Translation *from, unsigned exit,
                           uint32_t pc, uint8_t mode)
{
    Link *link = target_of(from, exit);
    return is_good(l, link->to, pc, mode) ? link->to : NULL;
}

void links_remove(Layer *l, Translation *t)
{
    for (Link *link = t->incoming, *next; link; link = next) {
        next = link->next;
        unsigned exit = (unsigned)(link - link->from->links);
        if (exit < link->from->code->exit_count)
            link->from->core->exits[exit].next = NULL;
        link->to = NULL;
    }
    t->incoming = NULL;
    const Link *end = links_end(t);
    for (Link *link = t->links; link < end; link++)
        cut(link);
    if (l->missed_return >= t->links && l->missed_return < end)
        l->missed_return = NULL;
    for (unsigned i = 0; i < l->return_count; i++)
        if (l->returns[i].site >= t->links && l->returns[i].site < end)
            l->returns[i].site = NULL;
    if (l->hash && *hash_slot(l, t->pc) == t)
        *hash_slot(l, t->pc) = NULL;
    free(t->links);
}

void links_reset(Layer *l)
{
    l->missed_return = NULL;
    l->return_top = 0;
    for (unsigned i = 0; i < l->return_count; i++)
        l->returns[i] = (ReturnEntry){0, NULL};
}

void links_call(void *ctx, CoreCode *from, unsigned exit)
{
    Layer *l = ctx;
    uint64_t calls = from->exits[exit].user;
    const Translation *t = from->user;
    Link *site = t->links + calls_first(calls);
    for (unsigned left = calls_count(calls); left > 0; left--, site++) {
        core_charge(l->core, CORE_CAUSE_INDIRECT, l->cost.return_stack);
        if (++l->return_top == l->return_count)
            l->return_top = 0;
        l->returns[l->return_top] = (ReturnEntry){site->return_pc, site};
    }
}

/* The stack's word on a return to `pc`: a call without a return on top, which
 * longjmp() or a return within a superblock left there, is passed over. */
static Translation *predict_return(Layer *l, uint32_t pc, uint8_t mode)
{
    for (unsigned depth = 0; depth < 2 && depth < l->return_count; depth++) {
        core_charge(l->core, CORE_CAUSE_INDIRECT, l->cost.return_stack);
        const ReturnEntry *entry = &l->returns[return_below(l, depth)];
        if (entry->pc != pc || !entry->site)
            continue;
        Link *site = entry->site;
        l->return_top = return_below(l, depth + 1);
        if (is_good(l, site->to, pc, mode)) {
            l->stats.return_hits++;
            return site->to;
        }
        l->missed_return = site;
        break;
    }
    l->stats.return_misses++;
    return NULL;
}

CoreCode *links_indirect(void *ctx, CoreCode *from, unsigned exit, uint32_t pc)
{
    Layer *l = ctx;
    Translation *source = from->user;
    const IrExit *record = &from->exits[exit].record;
    Link *link = target_of(source, exit);
    bool cached = is_cached(l, record);
    uint8_t mode = layer_mode(l->user, l->fpu, record->pending);
    Translation *t = NULL;
    links_call(ctx, from, exit);
    l->missed_return = NULL;
    if (is_stacked(l, record) && (t = predict_return(l, pc, mode)))
        return t->core;
    if (cached) {
        core_charge(l->core, CORE_CAUSE_INDIRECT, l->cost.inline_cache);
        if (is_good(l, link->to, pc, mode)) {
            l->stats.inline_hits++;
            link->hits++;
            return link->to->core;
        }
        l->stats.inline_misses++;
    }
    if (!l->hash)
        return NULL;
    core_charge(l->core, CORE_CAUSE_INDIRECT, l->cost.hash);
    t = *hash_slot(l, pc);
    if (!is_good(l, t, pc, mode)) {
        l->stats.hash_misses++;
        return NULL;
    }
    l->stats.hash_hits++;
    if (l->missed_return) {
        link_to(l->missed_return, t);
        l->missed_return = NULL;
    }
    if (cached)
        link_to(link, t);
    return t->core;
}
