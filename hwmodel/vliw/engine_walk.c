/* Follows the paths of a translation as core_issue() issues them; what it
 * computes there and then is a number here. */
#include "hwmodel/vliw/engine_walk.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

/* --- Steps ---------------------------------------------------------------- */

WalkRegs walk_writes(const Step *step)
{
    AtomOp op = (AtomOp)(step->op % STEP_LAST);
    AtomOperand d = atom_info(op)->d;
    WalkRegs regs = {.fcr = atom_uses_fcr(op) && op != ATOM_FCR};
    if (d == ATOM_F && step->d < IR_SLOT_COUNT - IR_SLOT_F0)
        regs.fpr = 1u << step->d;
    else if (d == ATOM_G && step->d < IR_SLOT_F0)
        regs.gpr = 1ull << step->d;
    return regs;
}

bool walk_fails(const Step *step)
{
    AtomOp op = (AtomOp)(step->op % STEP_LAST);
    return atom_is_access(op) || op == ATOM_TRAP ||
           (atom_uses_fcr(op) && op != ATOM_FCR);
}

/* --- One molecule, as core_issue() has it --------------------------------- */

static void fetch(Walk *w, const Issue *m)
{
    WalkPath *p = &w->path;
    uint32_t line = p->line == NO_LINE ? m->first_line : p->line + 1;
    w->first_line = NO_LINE;
    w->fetched = p->clock;
    if (m->last_line >= line) {
        p->tally.fetched += m->last_line - line + 1;
        w->first_line = line;
    }
    p->line = m->last_line;
}

static void wait(WalkPath *p, const Issue *m)
{
    uint32_t issue = p->clock;
    if (m->commit && p->arrival > issue)
        issue = p->arrival;
    for (unsigned half = 0; half < 2; half++) {
        uint64_t set = m->needs.bits[half] & p->flight.bits[half];
        for (; set; set &= set - 1) {
            uint32_t ready = p->ready[64 * half + __builtin_ctzll(set)];
            issue = ready > issue ? ready : issue;
        }
    }
    p->tally.interlock += issue - p->clock;
    p->clock = issue;
}

static void add_results(WalkPath *p, const Result *result, const Issue *m)
{
    for (unsigned i = 0; i < m->result_count; i++, result++) {
        uint32_t ready = p->clock + result->latency;
        uint32_t *at = &p->ready[result->part];
        uint64_t bit = 1ull << result->part % 64;
        /* Of FCR31 the latest counts; of others there is one in flight. */
        if (!(p->flight.bits[result->part / 64] & bit) || ready > *at ||
            result->part != PART_FCR)
            *at = ready;
        p->flight.bits[result->part / 64] |= bit;
        p->arrival = ready > p->arrival ? ready : p->arrival;
    }
}

static void commit(Walk *w, const Issue *m)
{
    WalkPath *p = &w->path;
    const VliwDesc *desc = &w->c->desc;
    if (p->arrival > p->clock) {
        p->tally.interlock += p->arrival - p->clock;
        p->clock = p->arrival;
    }
    p->clock += desc->commit;
    p->tally.commit += desc->commit;
    p->tally.commits++;
    p->tally.stores += p->gated;
    p->written = (WalkRegs){0};
    p->commit = m->commit - 1;
    uint32_t insns = w->code->pub.exits[m->commit - 1].record.insns;
    p->tally.insns += insns - p->insns;
    commit_count(&p->tally.each, insns - p->insns, p->gated);
    p->gated = 0;
    p->insns = insns;
    w->committed = p->clock;
}

/* To the target, `cycles` later. */
static void go_to(WalkPath *p, unsigned cycles)
{
    p->clock += cycles - 1;
    p->tally.branch += cycles - 1;
}

const Issue *walk_issue(Walk *w)
{
    WalkPath *p = &w->path;
    const Issue *m = &w->code->issues[p->molecule];
    fetch(w, m);
    if (p->clock < p->arrival)
        wait(p, m);
    p->tally.molecules++;
    p->tally.atoms += m->atoms;
    p->tally.nops += m->nops;
    p->tally.format[m->format]++;
    return m;
}

const Step *walk_act(Walk *w, const Issue *m, uint32_t end)
{
    WalkPath *p = &w->path;
    const Step *branch = NULL;
    for (uint32_t i = m->step; i < m->step + m->atoms && i < end; i++) {
        const Step *step = &w->code->steps[i];
        AtomOp op = (AtomOp)(step->op % STEP_LAST);
        WalkRegs written = walk_writes(step);
        p->written.gpr |= written.gpr;
        p->written.fpr |= written.fpr;
        p->written.fcr |= written.fcr;
        if (op >= ATOM_LD8S && op <= ATOM_LDHI) {
            p->tally.loaded++;
        } else if (op >= ATOM_ST8 && op <= ATOM_STHI) {
            p->tally.stored++;
            p->gated++;
        } else if (op >= ATOM_BR && op <= ATOM_BRGT) {
            branch = step;
        }
    }
    return branch;
}

static WalkPath *put_aside(Walk *w)
{
    if (w->later_count == w->later_room) {
        w->later_room = 2 * w->later_room + 4;
        w->later = alloc_resize(w->later, w->later_room, sizeof *w->later);
    }
    w->later[w->later_count] = w->path;
    return &w->later[w->later_count++];
}

bool walk_finish(Walk *w, const Issue *m, const Step *branch)
{
    WalkPath *p = &w->path;
    add_results(p, &w->code->results[m->result], m);
    p->clock++;
    if (m->commit)
        commit(w, m);
    if (m->leaves) {
        go_to(p, w->c->desc.exit);
        return false;
    }
    p->molecule++;
    if (!branch)
        return true;
    WalkPath *other = branch->op % STEP_LAST == ATOM_BR ? p : put_aside(w);
    go_to(other, w->c->desc.branch);
    other->tally.branches++;
    other->line = NO_LINE;
    other->molecule = branch->imm;
    return true;
}

/* --- Paths ---------------------------------------------------------------- */

void walk_begin(Walk *w, const Core *c, const Installed *code)
{
    w->c = c;
    w->code = code;
    w->path = (WalkPath){.line = NO_LINE, .commit = -1};
    w->later_count = 0;
}

bool walk_go_back(Walk *w)
{
    if (w->later_count == 0)
        return false;
    w->path = w->later[--w->later_count];
    return true;
}

void walk_free(Walk *w)
{
    free(w->later);
}
