/* Replays: the way from a commit to where translations fail again and again.
 *
 * A fault undoes what a translation has done, and the guest has to get to the
 * instruction that failed once more: its exception must find what the ones
 * before it did.  Gear 0 takes that way at first.  Where it is taken often,
 * which is where programs meet TLB misses, it is translated for itself: the
 * same instructions, but no others, with a commit before the one that fails.
 * No entry is looked up to find a replay; only a fault leads there.
 *
 * It is made as gear 1 makes blocks, in the order of the guest's memory
 * accesses: what fails within it is then what fails on the way. */
#include "morph/layer_impl.h"

#include "base/alloc.h"

#include <stdlib.h>

/* In Translation.failures: no more. */
enum { TRIED = UINT8_MAX };

/* Where a replay ends that leads to guest instruction `last`: a branch stays
 * with its delay slot. */
static unsigned end_before(const Translation *t, unsigned from, unsigned last)
{
    if (last == from)
        return last;
    Insn before = insn_decode(t->code->guests[last - 1].word);
    InsnClass cls = insn_info((InsnOp)before.op)->cls;
    return cls == INSN_CLASS_BRANCH || cls == INSN_CLASS_JUMP ? last - 1 : last;
}

static Translation *find(const Translation *t, unsigned from, unsigned to)
{
    Translation *r = t->replays;
    while (r && (r->replay_from != from || r->replay_to != to))
        r = r->next_replay;
    return r;
}

/* NULL: it cannot be. */
static Translation *make(Layer *l, Translation *t, unsigned from, unsigned to)
{
    Translation *r = translate_replay(l, t, from, to);
    if (!r)
        return NULL;
    /* Where the translation cache is small, half of one may be all there is
     * room for. */
    if (r->code->guest_count != to - from) {
        tcache_remove(l, r);
        return NULL;
    }
    l->stats.replays++;
    /* It may have made room for itself where `t` was. */
    if (l->replay.of == t) {
        r->replay_of = t;
        r->replay_from = (uint16_t)from;
        r->replay_to = (uint16_t)to;
        r->next_replay = t->replays;
        t->replays = r;
    }
    return r;
}

/* What the TLB refuses gear 1 says where superblocks should commit: a block
 * becomes hot after about as many runs as any other. */
static void learn(Layer *l, const Translation *t, unsigned at)
{
    if (t->gear == 1)
        codepages_learn_refused(l, t, t->code->guests[at].pc);
}

void replay_count(Layer *l)
{
    Translation *t = l->replay.of;
    if (!l->replay_learn || l->forwards || t->replay)
        return;
    learn(l, t, l->replay.last);
    if (!t->failures)
        t->failures = alloc_zeroed(t->code->guest_count, 1);
    uint8_t *failures = &t->failures[l->replay.last];
    if (*failures < l->replay_learn)
        ++*failures;
}

/* Whether the present fault of `t` has been there often enough to be found by
 * the address of its molecule. */
static bool is_known(const Layer *l, const Translation *t)
{
    return l->replay.fault == CORE_FAULT_GUEST && t->failures &&
           t->failures[l->replay.last] >= l->replay_learn;
}

void replay_begin(Layer *l, Translation *t)
{
    unsigned from = l->replay.next, last = l->replay.last;
    bool known = is_known(l, t);
    core_charge(l->core, CORE_CAUSE_DISPATCH,
                known ? l->cost.hash : l->cost.dispatch);
    if (!known)
        return;
    learn(l, t, last);
    unsigned to = end_before(t, from, last);
    if (to == from) {
        if (handler_fault(l))
            l->replay.of = NULL;
        return;
    }
    Translation *r = find(t, from, to);
    if (!r && t->failures[last] != TRIED) {
        t->failures[last] = TRIED;
        r = make(l, t, from, to);
    }
    if (!r)
        return;
    l->stats.replayed++;
    l->replay.of = NULL;
    l->resume = r;
}

void replay_left(Layer *l, Translation *t, unsigned exit)
{
    /* The guest's own path does not lead to what failed. */
    if (t->code->exits[exit].kind == IR_EXIT_DIRECT) {
        l->from = NULL;
        l->stats.spurious++;
        if (t->replay_of)
            codepages_learn_spurious(l, t->replay_of);
    }
}

void replay_remove(Layer *l, Translation *t)
{
    while (t->replays)
        tcache_remove(l, t->replays);
    free(t->failures);
    if (!t->replay_of)
        return;
    Translation **r = &t->replay_of->replays;
    while (*r != t)
        r = &(*r)->next_replay;
    *r = t->next_replay;
}
