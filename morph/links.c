/* What exits lead to: chains of direct ones, and the predictors of indirect
 * ones: inline cache, return stack, jump cache, hash table.
 *
 * A link is good while its target's pages are where they are.  A target whose
 * pages are not mapped, or are all among those of the source, needs no check:
 * the source runs, hence they are there.  Any other chain is `checked` by the
 * core against the generation of the mapping; predictors look whether the
 * target was verified in the present one.  A stale link leads to the
 * dispatcher, which verifies and renews it. */
#include "morph/layer_impl.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

static void cut(Link *link)
{
    if (!link->target.to)
        return;
    *link->prev = link->next;
    if (link->next)
        link->next->prev = link->prev;
    link->target.to = NULL;
}

/* Whether a link to `old` is kept although `t` runs now: that is the block that
 * stands in for a superblock of which a page is not mapped at the moment. */
static bool stands_in(const Translation *t, const CoreCode *old)
{
    const Translation *other = old ? old->user : NULL;
    return other && other->pc == t->pc && other->pa == t->pa &&
           other->mode == t->mode && other->gear > t->gear;
}

static void link_to(Link *link, Translation *t)
{
    if (link->target.to == t->core || stands_in(t, link->target.to))
        return;
    cut(link);
    link->target.to = t->core;
    link->next = t->incoming;
    link->prev = &t->incoming;
    if (link->next)
        link->next->prev = &link->next;
    t->incoming = link;
}

static void link_cache(Link *link, Translation *t)
{
    if (link->pc != t->pc)
        link->target.hits = 0;
    link->pc = t->pc;
    link_to(link, t);
}

static Link *target_of(const Translation *t, unsigned exit)
{
    return &t->links[exit];
}

static Link *return_of(const Translation *t, unsigned call)
{
    return &t->links[t->code->exit_count + call];
}

static Link *links_end(const Translation *t)
{
    return t->links + t->code->exit_count + t->call_count;
}

/* Whether `code` runs at `pc` in `mode`, now. */
static bool is_good(Layer *l, const CoreCode *code, uint32_t pc, uint8_t mode)
{
    return code && code->pc == pc && code->mode == mode &&
           codepages_verify(l, code->user);
}

static bool has_page(const Translation *t, uint32_t va)
{
    for (unsigned i = 0; i < t->page_count; i++)
        if (t->pages[i].va == va)
            return true;
    return false;
}

bool links_is_covered(const Translation *from, const Translation *t)
{
    for (unsigned i = 0; i < t->page_count; i++)
        if (layer_is_mapped(t->pages[i].va) && !has_page(from, t->pages[i].va))
            return false;
    return true;
}

static CoreCode **hash_slot(const Layer *l, uint32_t pc)
{
    return &l->hash[(pc >> 2 ^ pc >> 14) & l->hash_mask];
}

static CoreCode **jump_slot(const Layer *l, uint32_t pc)
{
    return &l->predict->jumps[core_jump_place(l->predict->jump_mask, pc)];
}

/* Computed jumps find `t` from now on. */
void links_note(Layer *l, Translation *t)
{
    if (l->hash && !stands_in(t, *hash_slot(l, t->pc)))
        *hash_slot(l, t->pc) = t->core;
    if (l->predict->jumps && !stands_in(t, *jump_slot(l, t->pc)))
        *jump_slot(l, t->pc) = t->core;
}

/* The place `depth` below the top of the return stack, which is a ring. */
static uint32_t return_below(const CorePredict *p, uint32_t depth)
{
    return p->return_top >= depth ? p->return_top - depth
                                  : p->return_top + p->return_count - depth;
}

/* --- Calls within a translation --------------------------------------------
 */

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
static void follow_calls(const Layer *l, const VliwCode *code, CallNode *nodes,
                         unsigned *latest)
{
    unsigned count = 0;
    latest[0] = 0;
    for (unsigned i = 0; i < code->guest_count; i++) {
        latest[i + 1] = latest[i];
        if (i == 0)
            continue;
        const IrGuest *guest = &code->guests[i - 1];
        const Insn *in = &gear0_decode(l, guest->word)->insn;
        if (is_call(in)) {
            nodes[++count] = (CallNode){guest->pc + 8, latest[i]};
            latest[i + 1] = count;
        } else if (is_return(in) && latest[i]) {
            latest[i + 1] = nodes[latest[i]].outer;
        }
    }
}

/* Calls that have been made when an exit is taken, and have not returned: those
 * of a superblock that holds the callee, too. */
static unsigned count_calls(const IrExit *exit, const CallNode *nodes,
                            const unsigned *latest, unsigned *last)
{
    /* The return that leaves has not been made. */
    unsigned done = exit->insns;
    if (exit->hint == IR_HINT_RETURN && done >= 2)
        done -= 2;
    *last = exit->kind == IR_EXIT_COMMIT ? 0 : latest[done];
    unsigned count = 0;
    for (unsigned n = *last; n && count < CALLS_DEEP; n = nodes[n].outer)
        count++;
    return count;
}

/* Those of each exit of `t`, outermost first, with a link each: one alone lies
 * in the exit, others in `calls`. */
static void note_calls(Translation *t, const CallNode *nodes,
                       const unsigned *latest, CoreCall *calls, Link *links)
{
    for (unsigned i = 0; i < t->code->exit_count; i++) {
        CoreExit *exit = &t->core->exits[i];
        unsigned last;
        unsigned count = count_calls(&exit->record, nodes, latest, &last);
        exit->calls = count > 1 ? calls : &exit->call;
        exit->call_count = (uint16_t)count;
        exit->tell = count > 0 && exit->record.kind != IR_EXIT_INDIRECT;
        for (unsigned n = last, k = count; k-- > 0; n = nodes[n].outer)
            exit->calls[k] = (CoreCall){nodes[n].link, &links[k].target};
        calls += count > 1 ? count : 0;
        links += count;
    }
}

/* What the predictors have to know of the exits. */
static void note_jumps(Layer *l, Translation *t)
{
    for (unsigned i = 0; i < t->code->exit_count; i++) {
        CoreExit *exit = &t->core->exits[i];
        if (exit->record.kind != IR_EXIT_INDIRECT)
            continue;
        IrContext context = layer_context(l, t->mode);
        exit->mode =
            layer_mode(context.user, context.fpu, exit->record.pending);
        exit->stacked =
            exit->record.hint == IR_HINT_RETURN && l->predict->return_count;
        /* With a jump cache the layer's is for the profile alone. */
        bool layers = l->inline_cache && (t->gear == 1 || !l->predict->jumps);
        if (!exit->stacked && (layers || l->predict_jumps))
            exit->cache = &t->links[i].target;
    }
}

void links_add(Layer *l, Translation *t)
{
    const VliwCode *code = t->code;
    unsigned exits = code->exit_count, room = code->guest_count + 1;
    CallNode *nodes = arena_alloc_raw(l->scratch, room, sizeof *nodes);
    unsigned *latest = arena_alloc_raw(l->scratch, room, sizeof *latest);
    unsigned calls = 0, outside = 0, last; /* of the exits */
    follow_calls(l, code, nodes, latest);
    for (unsigned i = 0; i < exits && l->predict->return_count; i++) {
        unsigned count = count_calls(&code->exits[i], nodes, latest, &last);
        calls += count;
        outside += count > 1 ? count : 0;
    }
    /* All of it in one piece, which links_remove() frees. */
    t->call_count = calls;
    size_t links_size = (exits + calls) * sizeof *t->links;
    t->links_size = links_size + outside * sizeof(CoreCall);
    t->links = pool_take_zeroed(l->pool, t->links_size);
    for (Link *link = t->links; link < links_end(t); link++)
        link->from = t;
    if (calls)
        note_calls(t, nodes, latest,
                   (CoreCall *)((char *)t->links + links_size),
                   return_of(t, 0));
    note_jumps(l, t);
}

/* --- Links -----------------------------------------------------------------
 */

void links_create(Layer *l, const Config *config)
{
    uint32_t hash = (uint32_t)config_int(config, CONFIG_MORPH_HASH);
    if (SELKIRK_HARD && hash)
        hash = 1;
    if (hash)
        l->hash = alloc_zeroed(hash, sizeof *l->hash);
    l->hash_mask = hash - 1;
    CorePredict *p = l->predict = core_predict(l->core);
    p->return_count = (uint32_t)config_int(config, CONFIG_MORPH_RETURN_STACK);
    p->returns = alloc_zeroed(p->return_count + 1, sizeof *p->returns);
    p->return_cost =
        (uint32_t)(config_bool(config, CONFIG_VLIW_RETURN_STACK)
                       ? config_int(config, CONFIG_VLIW_RETURN_CYCLES)
                       : l->cost.return_stack);
    p->redirect = l->desc.branch - l->desc.exit;
    /* Fetching knows what hardware has on top, not what the layer's code
     * finds. */
    p->return_found =
        config_bool(config, CONFIG_VLIW_RETURN_STACK) ? 0 : p->redirect;
    l->predict_jumps = config_bool(config, CONFIG_VLIW_PREDICT_JUMPS);
    p->cache_cost =
        l->predict_jumps ? 0 : (uint32_t)l->cost.inline_cache + p->redirect;
    uint32_t jumps = (uint32_t)config_int(config, CONFIG_VLIW_JUMP_CACHE);
    if (SELKIRK_HARD && jumps)
        jumps = 1;
    if (jumps)
        p->jumps = alloc_zeroed(jumps, sizeof(CoreCode *));
    p->jump_mask = jumps - 1;
    p->jump_cost =
        (uint32_t)config_int(config, CONFIG_VLIW_JUMP_CYCLES) + p->redirect;
}

void links_destroy(Layer *l)
{
    if (l->predict) {
        free(l->predict->returns);
        free(l->predict->jumps);
    }
    if (l->holder == l)
        free(l->hash);
}

void links_share(Layer *l, const Layer *first)
{
    free(l->hash);
    l->hash = first->hash;
}

/* The call whose return was missed last returns to `t`. */
static void learn_return(Layer *l, Translation *t)
{
    if (l->missed_return)
        link_to((Link *)l->missed_return, t);
    l->missed_return = NULL;
}

/* Whether the exit, to what a handler executes, leads elsewhere each time: that
 * is a return from an exception.  Others go on behind the last of the
 * instructions that were executed in a row, or at an exception's vector. */
static bool is_computed(const IrExit *record, const Translation *t)
{
    return record->kind == IR_EXIT_INTERPRET &&
           t->pc - record->pc - 4 >= 4 * CORE_INTERPRETED_MAX &&
           t->pc != VECTOR_UTLB && t->pc != VECTOR_GENERAL;
}

void links_set(Layer *l, Translation *from, unsigned exit, Translation *t)
{
    const IrExit *record = &from->code->exits[exit];
    CoreExit *out = &from->core->exits[exit];
    Link *link = target_of(from, exit);
    if (is_computed(record, t)) {
        links_note(l, t);
        return;
    }
    if (record->kind != IR_EXIT_INDIRECT) {
        if (!l->chain || stands_in(t, link->target.to))
            return;
        if (link->target.to == t->core) {
            l->stats.refreshed++;
        } else {
            l->stats.chained++;
            core_charge(l->core, CORE_CAUSE_CHAIN, l->cost.chain);
        }
        link_to(link, t);
        out->next = t->core;
        out->checked = !links_is_covered(from, t);
        out->generation = t->core->verified;
        return;
    }
    if (record->hint == IR_HINT_RETURN)
        learn_return(l, t);
    if (out->cache)
        link_cache(link, t);
    links_note(l, t);
}

Translation *links_handled(Layer *l, Translation *from, unsigned exit,
                           uint32_t pc, uint8_t mode)
{
    Link *link = target_of(from, exit);
    const CoreCode *to = link->target.to;
    return is_good(l, to, pc, mode) ? to->user : NULL;
}

CoreCode *links_renew(void *ctx, CoreCode *from, unsigned exit)
{
    Layer *l = ctx;
    CoreExit *out = &from->exits[exit];
    if (!codepages_verify(l, out->next->user))
        return NULL;
    l->stats.refreshed++;
    out->generation = out->next->verified;
    return out->next;
}

/* What the jump cache has for `pc` in `mode`, or NULL; charged. */
static CoreCode *predict_jump(Layer *l, uint32_t pc, uint8_t mode)
{
    CorePredict *p = l->predict;
    if (!p->jumps)
        return NULL;
    core_charge(l->core, CORE_CAUSE_INDIRECT, p->jump_cost - p->redirect);
    CoreCode *code = *jump_slot(l, pc);
    bool good = is_good(l, code, pc, mode);
    ++*(good ? &p->jump_hits : &l->stats.jump_misses);
    return good ? code : NULL;
}

Translation *links_looked_up(Layer *l, uint32_t pc, uint8_t mode)
{
    CoreCode *cached = predict_jump(l, pc, mode);
    if (cached)
        return cached->user;
    if (!l->hash)
        return NULL;
    core_charge(l->core, CORE_CAUSE_INDIRECT, l->cost.hash);
    const CoreCode *code = *hash_slot(l, pc);
    bool good = is_good(l, code, pc, mode);
    ++*(good ? &l->stats.hash_hits : &l->stats.hash_misses);
    if (!good)
        return NULL;
    links_note(l, code->user);
    return code->user;
}

void links_cut(Layer *l, Translation *t)
{
    for (Link *link = t->incoming, *next; link; link = next) {
        next = link->next;
        unsigned exit = (unsigned)(link - link->from->links);
        if (exit < link->from->code->exit_count)
            link->from->core->exits[exit].next = NULL;
        link->target.to = NULL;
    }
    t->incoming = NULL;
    if (l->hash && *hash_slot(l, t->pc) == t->core)
        *hash_slot(l, t->pc) = NULL;
    LAYER_SHARERS (each, l)
        if (each->predict->jumps && *jump_slot(each, t->pc) == t->core)
            *jump_slot(each, t->pc) = NULL;
}

/* The links from `first` to before `last` are no more. */
static void forget_links(Layer *l, const CoreLink *first, const CoreLink *last)
{
    if (l->missed_return >= first && l->missed_return < last)
        l->missed_return = NULL;
    CorePredict *p = l->predict;
    for (unsigned i = 0; i < p->return_count; i++)
        if (p->returns[i].link >= first && p->returns[i].link < last)
            p->returns[i].link = NULL;
}

void links_remove(Layer *l, Translation *t)
{
    links_cut(l, t);
    const Link *end = links_end(t);
    for (Link *link = t->links; link < end; link++)
        cut(link);
    LAYER_SHARERS (each, l)
        forget_links(each, &t->links->target, &end->target);
    pool_give(l->pool, t->links, t->links_size);
}

void links_put(Translation *from, unsigned link, Translation *t, uint32_t pc,
               uint64_t hits)
{
    Link *to = &from->links[link];
    if (t)
        link_to(to, t);
    to->pc = pc;
    to->target.hits = hits;
}

bool links_has_slot(const Layer *l, uint32_t pc, uint32_t slot)
{
    return hash_slot(l, pc) == &l->hash[slot];
}

bool links_has_jump_slot(const Layer *l, uint32_t pc, uint32_t slot)
{
    return jump_slot(l, pc) == &l->predict->jumps[slot];
}

void links_reset(Layer *l)
{
    l->missed_return = NULL;
    CorePredict *p = l->predict;
    p->return_top = 0;
    for (unsigned i = 0; i < p->return_count; i++)
        p->returns[i] = (CoreCall){0, NULL};
    for (uint32_t i = 0; p->jumps && i <= p->jump_mask; i++)
        p->jumps[i] = NULL;
}

void links_call(void *ctx, CoreCode *from, unsigned exit)
{
    Layer *l = ctx;
    CorePredict *p = l->predict;
    const CoreExit *out = &from->exits[exit];
    for (unsigned i = 0; i < out->call_count; i++) {
        core_charge(l->core, CORE_CAUSE_INDIRECT, p->return_cost);
        if (++p->return_top == p->return_count)
            p->return_top = 0;
        p->returns[p->return_top] = out->calls[i];
    }
}

/* The stack's word on a return to `pc`: a call without a return on top, which
 * longjmp() or a return within a superblock left there, is passed over. */
static CoreCode *predict_return(Layer *l, uint32_t pc, uint8_t mode)
{
    CorePredict *p = l->predict;
    for (uint32_t depth = 0; depth < 2 && depth < p->return_count; depth++) {
        core_charge(l->core, CORE_CAUSE_INDIRECT, p->return_cost);
        const CoreCall *call = &p->returns[return_below(p, depth)];
        if (call->pc != pc || !call->link)
            continue;
        CoreLink *link = call->link;
        p->return_top = return_below(p, depth + 1);
        if (is_good(l, link->to, pc, mode)) {
            core_charge(l->core, CORE_CAUSE_INDIRECT,
                        depth > 0 ? p->redirect : p->return_found);
            p->return_hits++;
            return link->to;
        }
        l->missed_return = link;
        break;
    }
    l->stats.return_misses++;
    return NULL;
}

CoreCode *links_indirect(void *ctx, CoreCode *from, unsigned exit, uint32_t pc)
{
    Layer *l = ctx;
    CoreExit *out = &from->exits[exit];
    CoreLink *cache = out->cache;
    CoreCode *code = NULL;
    if (out->call_count)
        links_call(ctx, from, exit);
    l->missed_return = NULL;
    if (out->stacked && (code = predict_return(l, pc, out->mode)))
        return code;
    const CorePredict *p = l->predict;
    if (cache) {
        core_charge(l->core, CORE_CAUSE_INDIRECT, p->cache_cost);
        if (is_good(l, cache->to, pc, out->mode)) {
            l->predict->cache_hits++;
            cache->hits++;
            return cache->to;
        }
        l->stats.inline_misses++;
    }
    if (!cache || l->predict_jumps)
        core_charge(l->core, CORE_CAUSE_INDIRECT, p->redirect);
    Translation *t = links_looked_up(l, pc, out->mode);
    if (!t)
        return NULL;
    learn_return(l, t);
    if (cache)
        link_cache((Link *)cache, t);
    return t->core;
}
