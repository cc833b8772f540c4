/* Region discovery: follows the guest's code along the likely path, and writes
 * down what to lift.  The path is straight; whoever leaves it leaves the
 * region.  A branch and its delay slot stay together. */
#include "frontend/lift_impl.h"

#include "base/bits.h"

/* How often an address stands in the plan. */
typedef struct Visit {
    uint32_t pc;
    uint32_t count;
} Visit;

typedef struct Discovery {
    const LiftSource *source;
    const LiftLimits *limits;
    LiftPlan *plan;
    Visit *visits; /* from 1 up */
    uint32_t visit_count;
    uint16_t *places; /* hash table, open addressing: the visit, or 0 */
    uint32_t place_mask;
    /* Return addresses of the calls that the path is in. */
    uint32_t *links;
    unsigned link_count;
    /* An instruction was met that changes what FCR31 asks for, hence Cause. */
    bool cause_changes;
} Discovery;

static uint16_t *find_place(const Discovery *d, uint32_t pc)
{
    uint32_t i = (pc >> 2) * 0x9e3779b9u >> 16;
    for (;; i++) {
        uint16_t *place = &d->places[i & d->place_mask];
        if (*place == 0 || d->visits[*place].pc == pc)
            return place;
    }
}

static uint32_t count_visits(const Discovery *d, uint32_t pc)
{
    uint16_t visit = *find_place(d, pc);
    return visit ? d->visits[visit].count : 0;
}

static void add_visit(Discovery *d, uint32_t pc)
{
    uint16_t *place = find_place(d, pc);
    if (*place == 0) {
        *place = (uint16_t)++d->visit_count;
        d->visits[*place] = (Visit){pc, 0};
    }
    d->visits[*place].count++;
}

static LiftInsn *append(Discovery *d, uint32_t pc, uint32_t word, Insn in)
{
    add_visit(d, pc);
    LiftInsn *at = &d->plan->insns[d->plan->count++];
    *at = (LiftInsn){.pc = pc, .word = word, .insn = in};
    at->fails = d->source->fails && d->source->fails(d->source->ctx, pc);
    InsnClass cls = insn_info(in.op)->cls;
    if (cls == INSN_CLASS_FP || cls == INSN_CLASS_FCOMP)
        d->cause_changes = true;
    return at;
}

/* CP0 registers are constants of a region, and Cause shows the FPU's request,
 * which an FP instruction may withdraw. */
static bool can_lift(const Discovery *d, const Insn *in)
{
    if (!lift_can(in, &d->plan->context))
        return false;
    return !(d->cause_changes && in->op == INSN_MFC0);
}

/* The plan ends before `pc`. */
static void end_at(Discovery *d, uint32_t pc, bool interpret)
{
    d->plan->next = pc;
    d->plan->interpret = interpret;
}

/* Which way a branch or jump goes on, into *next.  False: the region ends. */
static bool follow(Discovery *d, LiftInsn *at, uint32_t *next)
{
    const LiftSource *source = d->source;
    *next = at->pc + 8;
    if (d->limits->block)
        return false;
    LiftBranch branch = lift_branch(&at->insn);
    if (branch == LIFT_BRANCH_IF) {
        LiftPath path =
            source->branch ? source->branch(source->ctx, at->pc) : LIFT_STOP;
        if (path != LIFT_TAKEN)
            return path == LIFT_NOT_TAKEN;
        *next = lift_branch_target(&at->insn, at->pc);
    } else if (branch == LIFT_BRANCH_ALWAYS) {
        *next = lift_branch_target(&at->insn, at->pc);
        if (!d->limits->jumps)
            return false;
    } else if (at->insn.rs == 31 && d->link_count > 0 && d->limits->jumps) {
        *next = at->target = d->links[--d->link_count];
    } else {
        if (!source->target || !source->target(source->ctx, at->pc, next))
            return false;
        at->target = *next;
    }
    at->taken = true;
    if (lift_branch_link(&at->insn) == 31)
        d->links[d->link_count++] = at->pc + 8;
    return true;
}

/* Whether the plan does not go on at `pc`, where a branch leads. */
static bool is_end(const Discovery *d, uint32_t pc)
{
    const LiftSource *source = d->source;
    return source->ends &&
           source->ends(source->ctx, pc, d->plan->count, count_visits(d, pc));
}

/* One instruction, or a branch with its delay slot, at *pc, which moves on.
 * False: the plan is complete. */
static bool step(Discovery *d, uint32_t *pc)
{
    const LiftSource *source = d->source;
    unsigned room = d->limits->insns - d->plan->count;
    bool first = d->plan->count == 0;
    uint32_t at = *pc, word, slot_word;
    if (room == 0 || count_visits(d, at) >= d->limits->visits) {
        end_at(d, at, false);
        return false;
    }
    if (!source->fetch(source->ctx, at, &word)) {
        end_at(d, at, first);
        return false;
    }
    Insn in = insn_decode(word);
    if (!can_lift(d, &in)) {
        end_at(d, at, !lift_can(&in, &d->plan->context));
        return false;
    }
    if (lift_branch(&in) == LIFT_BRANCH_NONE) {
        append(d, at, word, in);
        *pc = at + 4;
        return true;
    }
    if (room < 2 || !source->fetch(source->ctx, at + 4, &slot_word)) {
        end_at(d, at, first);
        return false;
    }
    Insn slot = insn_decode(slot_word);
    bool never = !lift_can(&slot, &d->plan->context) ||
                 lift_branch(&slot) != LIFT_BRANCH_NONE;
    if (never || !can_lift(d, &slot)) {
        end_at(d, at, never);
        return false;
    }
    LiftInsn *branch = append(d, at, word, in);
    append(d, at + 4, slot_word, slot);
    bool on = follow(d, branch, pc) && !is_end(d, *pc);
    if (!on)
        end_at(d, *pc, false);
    return on;
}

LiftPlan *lift_discover(Arena *arena, const LiftSource *source,
                        const LiftLimits *limits, uint32_t pc,
                        IrContext context)
{
    Discovery d = {.source = source, .limits = limits};
    d.plan = arena_alloc(arena, 1, sizeof *d.plan);
    d.plan->pc = pc;
    d.plan->context = context;
    d.plan->insns =
        arena_alloc_raw(arena, limits->insns, sizeof *d.plan->insns);
    uint32_t places = 4;
    while (places < 2 * limits->insns)
        places *= 2;
    d.places = arena_alloc(arena, places, sizeof *d.places);
    d.place_mask = places - 1;
    d.visits = arena_alloc_raw(arena, limits->insns + 1, sizeof *d.visits);
    d.links = arena_alloc_raw(arena, limits->insns / 2 + 1, sizeof *d.links);
    while (step(&d, &pc))
        ;
    return d.plan;
}
