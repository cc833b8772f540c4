/* Makes the threaded form of a translation.
 *
 * Backward: which registers must be kept after each commit, as they are written
 * before an atom that may fail.  Forward: the ops, path by path, each path
 * behind the one that it leaves. */
#include "hwmodel/vliw/engine_threaded.h"
#include "hwmodel/vliw/engine_walk.h"

#include "base/alloc.h"

#include <stdlib.h>

/* What is known at the start of a molecule, if no commit came in between. */
struct EngineNeed {
    WalkRegs kept;
    bool fails; /* something may, before the next commit */
};

/* --- Backward ------------------------------------------------------------- */

static void merge(EngineNeed *need, const EngineNeed *other)
{
    need->kept.gpr |= other->kept.gpr;
    need->kept.fpr |= other->kept.fpr;
    need->kept.fcr |= other->kept.fcr;
    need->fails |= other->fails;
}

static const Step *find_branch(const Installed *code, const Issue *m)
{
    for (unsigned i = 0; i < m->atoms; i++) {
        const Step *step = &code->steps[m->step + i];
        if (step->op % STEP_LAST >= ATOM_BR && step->op != STEP_NONE)
            return step;
    }
    return NULL;
}

/* After the atoms of molecule `index`, and after its commit. */
static EngineNeed find_need_behind(const EngineMaker *maker,
                                   const Installed *code, unsigned index)
{
    const Issue *m = &code->issues[index];
    EngineNeed need = {.fails = false};
    if (m->leaves)
        return need;
    const Step *branch = find_branch(code, m);
    if (branch)
        merge(&need, &maker->needs[branch->imm]);
    if (!branch || branch->op % STEP_LAST != ATOM_BR)
        merge(&need, &maker->needs[index + 1]);
    return need;
}

static void find_needs(EngineMaker *maker, const Installed *code)
{
    unsigned count = code->pub.code->count;
    if (count > maker->need_room) {
        maker->need_room = 2 * count;
        maker->needs =
            alloc_resize(maker->needs, maker->need_room, sizeof *maker->needs);
    }
    for (unsigned i = count; i-- > 0;) {
        const Issue *m = &code->issues[i];
        EngineNeed need = {.fails = false};
        if (!m->commit)
            need = find_need_behind(maker, code, i);
        for (unsigned k = m->atoms; k-- > 0;) {
            const Step *step = &code->steps[m->step + k];
            if (need.fails) {
                EngineNeed kept = {.kept = walk_writes(step)};
                merge(&need, &kept);
            }
            need.fails |= walk_fails(step);
        }
        maker->needs[i] = need;
    }
}

/* --- Ops ------------------------------------------------------------------ */

static EngineOp *add(EngineMaker *maker, unsigned kind)
{
    if (maker->count == maker->room) {
        maker->room = 2 * maker->room + 64;
        maker->ops = alloc_resize(maker->ops, maker->room, sizeof *maker->ops);
    }
    EngineOp *op = &maker->ops[maker->count++];
    *op = (EngineOp){.op = (uint8_t)kind};
    return op;
}

static void add_saves(EngineMaker *maker, const WalkRegs *regs)
{
    for (uint64_t set = regs->gpr; set;) {
        uint64_t list = 0;
        unsigned count = 0;
        for (; set && count < THREADED_SAVES; set &= set - 1)
            list |= (uint64_t)__builtin_ctzll(set) << 8 * count++;
        EngineOp *op = add(maker, THREADED_SAVE + count - 1);
        op->imm = (uint32_t)list;
        op->site = (uint32_t)(list >> 32);
    }
    for (uint32_t set = regs->fpr; set; set &= set - 1)
        add(maker, THREADED_SAVE_FPR)->d = (uint8_t)__builtin_ctz(set);
    if (regs->fcr)
        add(maker, THREADED_SAVE_FCR);
}

/* Computes, and does nothing else; then what the sink gets is lost. */
static bool is_idle(const Step *step)
{
    return atom_info((AtomOp)(step->op % STEP_LAST))->d == ATOM_G &&
           step->d == VLIW_SINK && !walk_fails(step);
}

static void add_atom(EngineMaker *maker, const Step *step, uint32_t site)
{
    AtomOp kind = (AtomOp)(step->op % STEP_LAST);
    bool imm = atom_info(kind)->b == ATOM_I && step->b == VLIW_ZERO;
    if (is_idle(step))
        return;
    EngineOp *op = add(maker, kind + (imm ? THREADED_IMM : 0));
    op->d = step->d;
    op->a = step->a;
    op->b = step->b;
    op->imm = step->imm;
    op->site = site;
}

/* Atoms but the branch, which comes last.  True: what it reads was kept. */
static bool add_atoms(EngineMaker *maker, const Installed *code, const Issue *m,
                      unsigned stores)
{
    const Step *branch = NULL;
    bool kept = false;
    for (uint32_t i = m->step; i < m->step + m->atoms; i++) {
        const Step *step = &code->steps[i];
        AtomOp op = (AtomOp)(step->op % STEP_LAST);
        if (op >= ATOM_BR) {
            branch = op > ATOM_BR && op < ATOM_EXIT ? step : NULL;
            continue;
        }
        if (branch && !kept && atom_info(op)->d == ATOM_G &&
            step->d == branch->a) {
            add(maker, THREADED_KEEP)->a = branch->a;
            kept = true;
        }
        add_atom(maker, step, ENGINE_SITE(i, stores));
        stores += op >= ATOM_ST8 && op <= ATOM_STHI;
    }
    return kept;
}

static void add_fetches(EngineMaker *maker, const Walk *w, const Issue *m)
{
    if (w->first_line == NO_LINE)
        return;
    for (uint32_t line = w->first_line; line <= m->last_line; line++)
        add(maker, THREADED_FETCH)->imm = line;
}

/* The molecule's end; where its path goes on. */
static bool add_end(EngineMaker *maker, Walk *w, unsigned index, const Issue *m,
                    const Step *branch, bool kept)
{
    const Installed *code = w->code;
    unsigned exit = m->commit - 1u;
    bool more = walk_finish(w, m, branch);
    if (!more) {
        bool direct = code->pub.exits[exit].record.kind == IR_EXIT_DIRECT;
        EngineOp *op = add(maker, direct ? THREADED_DIRECT : THREADED_OTHER);
        op->imm = exit;
        op->site = w->path.clock;
        return false;
    }
    if (m->commit) {
        EngineNeed need = find_need_behind(maker, code, index);
        EngineOp *op = add(maker, THREADED_COMMIT);
        op->imm = exit;
        op->site = w->committed;
        add_saves(maker, &need.kept);
    }
    if (branch && branch->op % STEP_LAST != ATOM_BR) {
        unsigned kind = branch->op % STEP_LAST;
        w->later[w->later_count - 1].from = maker->count;
        add(maker, kept ? THREADED_KEPT + kind - ATOM_BREQ : kind)->a =
            branch->a;
    }
    return true;
}

static void add_path(EngineMaker *maker, Walk *w)
{
    for (;;) {
        unsigned index = w->path.molecule, stores = w->path.gated;
        const Issue *m = walk_issue(w);
        add_fetches(maker, w, m);
        bool kept = add_atoms(maker, w->code, m, stores);
        const Step *branch = walk_act(w, m, UINT32_MAX);
        if (!add_end(maker, w, index, m, branch, kept))
            return;
    }
}

/* --- The whole ------------------------------------------------------------ */

/* What is rare is left to the reference core. */
static bool is_plain(const Installed *code)
{
    for (unsigned i = 0; i < code->pub.code->count; i++) {
        const Issue *m = &code->issues[i];
        if (m->snapshot)
            return false;
        for (unsigned k = 0; k < m->atoms; k++)
            if (code->steps[m->step + k].alias)
                return false;
    }
    return true;
}

bool engine_threaded_make(Core *c, Installed *code)
{
    Engine *e = c->engine.host;
    EngineMaker *maker = &e->maker;
    Walk *w = &e->walk;
    if (!code->present || !is_plain(code) || !engine_is_tree(code))
        return false;
    find_needs(maker, code);
    maker->count = 0;
    add_saves(maker, &maker->needs[0].kept);
    walk_begin(w, c, code);
    add_path(maker, w);
    while (walk_go_back(w)) {
        maker->ops[w->path.from].imm = maker->count;
        add_path(maker, w);
    }
    size_t size = maker->count * sizeof *maker->ops;
    code->ops = alloc_resize(NULL, maker->count, sizeof *maker->ops);
    memcpy(code->ops, maker->ops, size);
    return true;
}

void engine_threaded_free(Installed *code)
{
    free(code->ops);
    code->ops = NULL;
}

void engine_maker_free(EngineMaker *maker)
{
    free(maker->needs);
    free(maker->ops);
}
