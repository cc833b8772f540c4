/* Makes the threaded form of a translation, in three steps.
 *
 * Backward over the molecules: which registers must be kept after each commit,
 * as they are written before an atom that may fail.
 *
 * Forward along the paths, each behind the one that it leaves: the ops.  Which
 * op computed a register's value is known, so that an address or a comparison
 * goes into the op that uses it.
 *
 * Backward over the ops: those that compute what nothing reads are left out.
 * Only the guest's registers are read when the translation has been left, or a
 * fault has undone it. */
#include "hwmodel/vliw/engine_threaded.h"

#include "base/alloc.h"

#include <stdlib.h>

/* What is known at the start of a molecule, if no commit came in between. */
struct EngineNeed {
    WalkRegs kept;
    bool fails; /* something may, before the next commit */
};

/* --- What must be kept ---------------------------------------------------- */

static void merge(EngineNeed *need, const EngineNeed *other)
{
    need->kept.gpr |= other->kept.gpr;
    need->kept.fpr |= other->kept.fpr;
    need->kept.fcr |= other->kept.fcr;
    need->fails |= other->fails;
}

static AtomOp atom_of(const Step *step)
{
    return (AtomOp)(step->op % STEP_LAST);
}

static const Step *find_branch(const Installed *code, const Issue *m)
{
    for (unsigned i = 0; i < m->atoms; i++) {
        const Step *step = &code->steps[m->step + i];
        if (atom_of(step) >= ATOM_BR)
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
    const Step *branch = m->plain ? NULL : find_branch(code, m);
    if (branch)
        merge(&need, &maker->needs[branch->imm]);
    if (!branch || atom_of(branch) != ATOM_BR)
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

/* --- Values --------------------------------------------------------------- */

/* General registers, and what THREADED_KEEP keeps. */
enum { KEPT = VLIW_GPRS, VALUES };

/* The ops that computed them, on a path; 0: they are those of the entry. */
struct EngineValues {
    uint16_t of[VALUES];
};

/* An op that is being made. */
struct EngineDraft {
    EngineOp op;
    uint32_t site, clock;
    uint16_t a, b; /* that computed its operands */
    bool pure;     /* it computes a register, and does nothing else */
    bool used;
    uint32_t place; /* in the end */
};

/* More ops than that: no form is made. */
enum { OPS_MAX = UINT16_MAX };

static EngineDraft *add(EngineMaker *maker, unsigned kind)
{
    if (maker->op_count == maker->op_room) {
        maker->op_room = 2 * maker->op_room + 64;
        maker->ops =
            alloc_resize(maker->ops, maker->op_room, sizeof *maker->ops);
    }
    EngineDraft *draft = &maker->ops[maker->op_count++];
    *draft = (EngineDraft){.op = {.op = (uint8_t)kind}};
    return draft;
}

static uint16_t last_op(const EngineMaker *maker)
{
    return (uint16_t)(maker->op_count - 1);
}

/* The op that computed the register, if its own operands still are what they
 * were then; else NULL. */
static const EngineDraft *find_op(const EngineMaker *maker,
                                  const EngineValues *values, unsigned reg,
                                  unsigned kind)
{
    const EngineDraft *draft = &maker->ops[values->of[reg]];
    if (!values->of[reg] || draft->op.op != kind ||
        values->of[draft->op.a] != draft->a)
        return NULL;
    return draft;
}

/* Adds to a sum of a register and a number what the register is the sum of. */
static void fold_sum(const EngineMaker *maker, const EngineValues *values,
                     EngineOp *op)
{
    const EngineDraft *sum =
        find_op(maker, values, op->a, ATOM_ADD + THREADED_IMM);
    if (sum) {
        op->imm += sum->op.imm;
        op->a = sum->op.a;
    }
}

/* --- Ops ------------------------------------------------------------------ */

static void add_saves(EngineMaker *maker, const WalkRegs *regs)
{
    for (uint64_t set = regs->gpr; set;) {
        uint8_t list[THREADED_SAVES] = {0};
        unsigned count = 0;
        for (; set && count < THREADED_SAVES; set &= set - 1)
            list[count++] = (uint8_t)__builtin_ctzll(set);
        EngineOp *op = &add(maker, THREADED_SAVE + count - 1)->op;
        op->imm = list[0] | (uint32_t)list[1] << 8 | (uint32_t)list[2] << 16 |
                  (uint32_t)list[3] << 24;
        op->a = list[4];
        op->b = list[5];
        op->d = list[6];
    }
    for (uint32_t set = regs->fpr; set; set &= set - 1)
        add(maker, THREADED_SAVE_FPR)->op.d = (uint8_t)__builtin_ctz(set);
    if (regs->fcr)
        add(maker, THREADED_SAVE_FCR);
}

static bool is_load(AtomOp op)
{
    return op >= ATOM_LD8S && op <= ATOM_LDHI;
}

static bool is_store(AtomOp op)
{
    return op >= ATOM_ST8 && op <= ATOM_STHI;
}

static void add_atom(EngineMaker *maker, EngineValues *values, const Step *step,
                     uint32_t site, uint32_t clock)
{
    AtomOp kind = atom_of(step);
    const AtomInfo *info = atom_info(kind);
    bool imm = info->b == ATOM_I && step->b == VLIW_ZERO;
    EngineDraft *draft = add(maker, kind + (imm ? THREADED_IMM : 0));
    EngineOp *op = &draft->op;
    op->d = step->d;
    op->a = step->a;
    op->b = step->b;
    op->imm = step->imm;
    draft->site = site;
    draft->clock = clock;
    draft->pure =
        info->d == ATOM_G && info->unit != ATOM_UNIT_LSU && kind != ATOM_CP0;
    if (is_load(kind) || is_store(kind)) {
        op->imm = 0;
        fold_sum(maker, values, op);
        if (op->imm || op->a != step->a)
            op->op += THREADED_IMM;
        if (is_store(kind))
            op->d = (uint8_t)ENGINE_SITE_STORES(site);
        else if (info->d == ATOM_G)
            op->b = (uint8_t)ENGINE_SITE_STORES(site);
    } else if (op->op == ATOM_ADD + THREADED_IMM) {
        fold_sum(maker, values, op);
    }
    if (info->a == ATOM_G)
        draft->a = values->of[op->a];
    if (!imm && (info->b == ATOM_G || info->b == ATOM_I))
        draft->b = values->of[step->b];
    if (info->d == ATOM_G)
        values->of[op->d] = last_op(maker);
}

/* Atoms but the branch, which comes last.  True: what it reads was kept. */
static bool add_atoms(EngineMaker *maker, EngineValues *values, const Walk *w,
                      const Issue *m, unsigned stores)
{
    const Installed *code = w->code;
    const Step *branch = NULL;
    bool kept = false;
    for (uint32_t i = m->step; i < m->step + m->atoms; i++) {
        const Step *step = &code->steps[i];
        AtomOp op = atom_of(step);
        if (op >= ATOM_BR) {
            branch = op > ATOM_BR && op < ATOM_EXIT ? step : NULL;
            continue;
        }
        if (branch && !kept && atom_info(op)->d == ATOM_G &&
            step->d == branch->a) {
            EngineDraft *draft = add(maker, THREADED_KEEP);
            draft->op.a = branch->a;
            draft->op.d = VLIW_SINK;
            draft->a = values->of[branch->a];
            draft->pure = true;
            values->of[KEPT] = last_op(maker);
            kept = true;
        }
        add_atom(maker, values, step,
                 ENGINE_SITE(i, core_access_size(op), stores), w->path.clock);
        stores += is_store(op);
    }
    return kept;
}

/* A branch by whether a difference is 0 compares. */
static bool add_comparison(EngineMaker *maker, const EngineValues *values,
                           uint16_t of, AtomOp kind)
{
    const EngineDraft *draft = &maker->ops[of];
    uint16_t a = draft->a, b = draft->b;
    if (!of || (kind != ATOM_BREQ && kind != ATOM_BRNE) ||
        (draft->op.op != ATOM_XOR && draft->op.op != ATOM_SUB) ||
        values->of[draft->op.a] != a || values->of[draft->op.b] != b)
        return false;
    EngineOp op = draft->op;
    draft = NULL;
    EngineDraft *branch =
        add(maker, kind == ATOM_BREQ ? THREADED_EQUAL : THREADED_UNEQUAL);
    branch->op.a = op.a;
    branch->op.b = op.b;
    branch->a = a;
    branch->b = b;
    return true;
}

static void add_branch(EngineMaker *maker, const EngineValues *values,
                       const Step *step, bool kept)
{
    AtomOp kind = atom_of(step);
    uint16_t keep = values->of[KEPT];
    uint16_t of = kept ? maker->ops[keep].a : values->of[step->a];
    if (add_comparison(maker, values, of, kind))
        return;
    EngineDraft *draft =
        add(maker, kept ? THREADED_KEPT + (unsigned)kind - ATOM_BREQ : kind);
    draft->op.a = step->a;
    draft->a = kept ? keep : values->of[step->a];
}

static void add_fetches(EngineMaker *maker, const Walk *w, const Issue *m)
{
    if (w->first_line == NO_LINE)
        return;
    /* The first one of all is fetched when the form is entered. */
    uint32_t line = w->first_line + (m == w->code->issues);
    for (; line <= m->last_line; line++) {
        bool main = line < w->code->pub.lines;
        EngineDraft *draft =
            add(maker, main ? THREADED_FETCH : THREADED_FETCH_STUB);
        draft->op.a = (uint8_t)line;
        draft->op.b = (uint8_t)(line >> 8);
        draft->op.imm = w->fetched;
    }
}

static void add_record(EngineMaker *maker, unsigned kind, unsigned record,
                       uint32_t clock)
{
    EngineOp *op = &add(maker, kind)->op;
    op->a = (uint8_t)record;
    op->b = (uint8_t)(record >> 8);
    op->imm = clock;
}

/* --- Paths ---------------------------------------------------------------- */

/* The values where the paths begin that Walk.later has, and above them those of
 * the path that is gone. */
static EngineValues *values_at(EngineMaker *maker, unsigned depth)
{
    if (depth >= maker->value_room) {
        maker->value_room = 2 * depth + 8;
        maker->values = alloc_resize(maker->values, maker->value_room,
                                     sizeof *maker->values);
    }
    return &maker->values[depth];
}

/* The molecule's end; false: the path's. */
static bool add_end(EngineMaker *maker, Walk *w, unsigned index, const Issue *m,
                    const Step *branch, bool kept)
{
    const Installed *code = w->code;
    unsigned record = m->commit - 1u;
    if (!walk_finish(w, m, branch)) {
        bool direct = code->pub.exits[record].record.kind == IR_EXIT_DIRECT;
        add_record(maker, direct ? THREADED_DIRECT : THREADED_OTHER, record,
                   w->path.clock);
        return false;
    }
    if (m->commit) {
        EngineNeed need = find_need_behind(maker, code, index);
        add_record(maker, THREADED_COMMIT, record, w->committed);
        add_saves(maker, &need.kept);
    }
    if (branch && atom_of(branch) != ATOM_BR) {
        unsigned depth = w->later_count;
        EngineValues *on = values_at(maker, depth);
        add_branch(maker, on - 1, branch, kept);
        *on = on[-1];
        w->later[depth - 1].from = last_op(maker);
    }
    return true;
}

static void add_path(EngineMaker *maker, Walk *w)
{
    for (;;) {
        unsigned index = w->path.molecule, stores = w->path.gated;
        const Issue *m = walk_issue(w);
        EngineValues *values = values_at(maker, w->later_count);
        add_fetches(maker, w, m);
        bool kept = add_atoms(maker, values, w, m, stores);
        const Step *branch = walk_act(w, m, UINT32_MAX);
        if (!add_end(maker, w, index, m, branch, kept))
            return;
    }
}

static void add_paths(EngineMaker *maker, Core *c, const Installed *code)
{
    Walk *w = &c->engine.host->walk;
    maker->op_count = 0;
    add(maker, THREADED_OPS); /* 0 is none */
    memset(values_at(maker, 0), 0, sizeof(EngineValues));
    add_saves(maker, &maker->needs[0].kept);
    walk_begin(w, c, code);
    add_path(maker, w);
    while (walk_go_back(w)) {
        maker->ops[w->path.from].op.imm = maker->op_count;
        add_path(maker, w);
    }
}

/* --- The whole ------------------------------------------------------------ */

/* Marks what is used; returns how many are. */
static unsigned mark_used(EngineMaker *maker)
{
    unsigned count = 0;
    for (unsigned i = maker->op_count; i-- > 1;) {
        EngineDraft *draft = &maker->ops[i];
        draft->used |= !draft->pure || draft->op.d < IR_SLOT_F0;
        if (!draft->used)
            continue;
        maker->ops[draft->a].used = maker->ops[draft->b].used = true;
        count++;
    }
    return count;
}

static bool is_branch(unsigned kind)
{
    return (kind >= ATOM_BREQ && kind <= ATOM_BRGT) ||
           (kind >= THREADED_KEPT && kind <= THREADED_UNEQUAL);
}

/* Bytes of the calls of `count` ops; the ops begin a line of the host's. */
static size_t calls_size(unsigned count)
{
    size_t size = count * sizeof(ThreadedCall);
    return (size + HOST_LINE - 1) / HOST_LINE * HOST_LINE;
}

static size_t form_size(unsigned count)
{
    return calls_size(count) + count * sizeof(EngineOp);
}

static void copy_used(const EngineMaker *maker, Pool *pool, Installed *code,
                      unsigned count)
{
    char *memory = pool_take(pool, form_size(count));
    code->ops = (EngineOp *)(memory + calls_size(count));
    code->op_count = count;
    ThreadedCall *call = (ThreadedCall *)code->ops;
    unsigned at = 0;
    for (unsigned i = 1; i < maker->op_count; i++) {
        EngineDraft *draft = &maker->ops[i];
        draft->place = at;
        if (!draft->used)
            continue;
        code->ops[at++] = draft->op;
        *--call = (ThreadedCall){draft->site, draft->clock};
    }
    for (unsigned i = 0; i < count; i++)
        if (is_branch(code->ops[i].op))
            code->ops[i].imm = maker->ops[code->ops[i].imm].place;
}

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
    EngineMaker *maker = &c->engine.host->maker;
    if (!code->present || !is_plain(code) || !engine_is_tree(code))
        return false;
    find_needs(maker, code);
    add_paths(maker, c, code);
    if (maker->op_count > OPS_MAX)
        return false;
    copy_used(maker, c->pool, code, mark_used(maker));
    return true;
}

void engine_threaded_free(Core *c, Installed *code)
{
    if (code->ops)
        pool_give(c->pool, (char *)code->ops - calls_size(code->op_count),
                  form_size(code->op_count));
    code->ops = NULL;
}

void engine_maker_free(EngineMaker *maker)
{
    free(maker->needs);
    free(maker->ops);
    free(maker->values);
}
