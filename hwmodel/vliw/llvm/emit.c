/* Follows a translation's paths, molecule by molecule, and keeps the
 * pipeline's clock as core_issue() does: what is in flight where is known of a
 * path, so that all of its time is a constant at each exit. */
#include "hwmodel/vliw/llvm/emit.h"

#include "base/alloc.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

/* --- Registers ------------------------------------------------------------ */

static LLVMValueRef read_core(Emitter *e, LLVMTypeRef type, size_t offset)
{
    return ir_load(&e->ir, type,
                   ir_at(&e->ir, e->core, offsetof(Core, regs) + offset),
                   REGION_REGS);
}

/* The value of `now`, which is the committed one if nothing was written. */
static LLVMValueRef read_register(Emitter *e, LLVMValueRef *now,
                                  LLVMValueRef *committed, LLVMTypeRef type,
                                  size_t offset)
{
    if (!*now)
        *now = *committed = read_core(e, type, offset);
    return *now;
}

LLVMValueRef emit_read_gpr(Emitter *e, Path *path, unsigned reg)
{
    if (reg == VLIW_ZERO)
        return ir_int(&e->ir, 0);
    return read_register(e, &path->now.gpr[reg], &path->committed.gpr[reg],
                         e->ir.i32, offsetof(CoreRegs, gpr[reg]));
}

LLVMValueRef emit_read_fpr(Emitter *e, Path *path, unsigned reg)
{
    return read_register(e, &path->now.fpr[reg], &path->committed.fpr[reg],
                         e->ir.i64, offsetof(CoreRegs, fpr[reg]));
}

LLVMValueRef emit_read_fcr(Emitter *e, Path *path)
{
    return read_register(e, &path->now.fcr, &path->committed.fcr, e->ir.i32,
                         offsetof(CoreRegs, fcr31));
}

void emit_write_gpr(Path *path, unsigned reg, LLVMValueRef value)
{
    if (reg == VLIW_SINK)
        return;
    path->now.gpr[reg] = value;
    path->fresh.gpr |= 1ull << reg;
}

void emit_write_fpr(Path *path, unsigned reg, LLVMValueRef value)
{
    path->now.fpr[reg] = value;
    path->fresh.fpr |= 1u << reg;
}

void emit_write_fcr(Path *path, LLVMValueRef value)
{
    path->now.fcr = value;
    path->fresh.fcr = true;
}

/* --- Operands ------------------------------------------------------------- */

/* Those that are read were given a value by read_operands(). */
static LLVMValueRef operand(const Emitter *e, const Values *in, unsigned reg)
{
    return reg == VLIW_ZERO ? ir_int(&e->ir, 0) : in->gpr[reg];
}

LLVMValueRef emit_a(Emitter *e, const Atomic *atom)
{
    return operand(e, atom->in, atom->step->a);
}

LLVMValueRef emit_b(Emitter *e, const Atomic *atom)
{
    LLVMValueRef value = operand(e, atom->in, atom->step->b);
    if (atom->step->imm == 0 || atom_info(step_op(atom->step))->b != ATOM_I)
        return value;
    return LLVMBuildAdd(e->ir.builder, value, ir_int(&e->ir, atom->step->imm),
                        "");
}

LLVMValueRef emit_fa(Emitter *e, const Atomic *atom)
{
    (void)e;
    return atom->in->fpr[atom->step->a];
}

LLVMValueRef emit_fb(Emitter *e, const Atomic *atom)
{
    (void)e;
    return atom->in->fpr[atom->step->b];
}

static void read_operand(Emitter *e, Path *path, AtomOperand kind, unsigned reg)
{
    if (kind == ATOM_F)
        emit_read_fpr(e, path, reg);
    else if (kind != ATOM_N)
        emit_read_gpr(e, path, reg);
}

/* All that the molecule reads, before it writes anything. */
static void read_operands(Emitter *e, Path *path, const Issue *issue)
{
    const Step *step = &e->source->steps[issue->step];
    for (unsigned i = 0; i < issue->atoms; i++, step++) {
        const AtomInfo *info = atom_info(step_op(step));
        read_operand(e, path, info->a, step->a);
        read_operand(e, path, info->b, step->b);
    }
}

/* --- Time ----------------------------------------------------------------- */

static void wait_for_needs(Path *path, const Issue *issue)
{
    uint32_t clock = path->clock;
    if (issue->commit && path->arrival > clock)
        clock = path->arrival;
    for (unsigned half = 0; half < 2; half++) {
        uint64_t set = issue->needs.bits[half] & path->flight.bits[half];
        for (; set; set &= set - 1) {
            unsigned part = 64 * half + (unsigned)__builtin_ctzll(set);
            if (path->ready[part] > clock)
                clock = path->ready[part];
        }
    }
    path->clock = clock;
}

static void add_results(Emitter *e, Path *path, const Issue *issue,
                        uint32_t clock)
{
    if (path->arrival <= clock)
        path->flight = (PartSet){{0}};
    if (clock + issue->longest > path->arrival)
        path->arrival = clock + issue->longest;
    const Result *result = &e->source->results[issue->result];
    for (unsigned i = 0; i < issue->result_count; i++, result++) {
        PartSet *flight = &path->flight;
        unsigned half = result->part / 64;
        uint64_t bit = 1ull << result->part % 64;
        uint32_t *at = &path->ready[result->part];
        uint32_t ready = clock + result->latency;
        /* FCR31 collects; of anything else there is one in flight. */
        if (result->part == PART_FCR && *at > ready && flight->bits[half] & bit)
            ready = *at;
        *at = ready;
        flight->bits[half] |= bit;
    }
}

/* --- Molecules ------------------------------------------------------------ */

static void fetch_lines(Emitter *e, Path *path, const Issue *issue)
{
    if (issue->last_line == path->line)
        return;
    unsigned line = path->line == NO_LINE ? issue->first_line : path->line + 1;
    for (; line <= issue->last_line; line++)
        emit_fetch(e, path, line);
    path->line = issue->last_line;
}

static void emit_atom(Emitter *e, const Atomic *atom)
{
    AtomOp op = step_op(atom->step);
    switch (atom_info(op)->unit) {
    case ATOM_UNIT_LSU:
        if (step_access(op))
            emit_access(e, atom);
        else
            emit_local(e, atom);
        break;
    case ATOM_UNIT_BRU: break;
    case ATOM_UNIT_FP:
        if (atom_uses_fcr(op) && op != ATOM_FCR) {
            emit_float(e, atom);
            break;
        }
        __attribute__((fallthrough));
    case ATOM_UNIT_ALU:
    case ATOM_UNIT_ADD:
    case ATOM_UNIT_SHIFT: emit_alu(e, atom); break;
    }
}

/* Puts the path aside, to be followed from its block later. */
static void push_path(Emitter *e, const Path *path)
{
    if (e->path_count == e->path_room) {
        e->path_room = 2 * e->path_room + 8;
        e->paths = alloc_resize(e->paths, e->path_room, sizeof *e->paths);
    }
    e->paths[e->path_count++] = *path;
}

/* Where the path goes on after a branch that is taken. */
static void take_branch(const Emitter *e, Path *path, const Step *branch)
{
    path->molecule = branch->imm;
    path->clock += e->source->desc.branch - 1;
    path->line = NO_LINE;
}

/* The atoms of a molecule, and the condition of its branch. */
static LLVMValueRef emit_atoms(Emitter *e, Path *path, const Issue *issue)
{
    const Step *steps = &e->source->steps[issue->step];
    LLVMValueRef condition = NULL;
    read_operands(e, path, issue);
    const Values in = path->now;
    for (unsigned i = 0; i < issue->atoms; i++) {
        Atomic atom = {path, &in, &steps[i], issue->step + i};
        emit_atom(e, &atom);
        if (atom_info(step_op(&steps[i]))->unit == ATOM_UNIT_BRU &&
            step_op(&steps[i]) != ATOM_EXIT)
            condition = emit_condition(e, &atom);
    }
    return condition;
}

/* Emits the path's next molecule.  False: the path has ended. */
static bool emit_molecule(Emitter *e, Path *path)
{
    const Issue *issue = &e->source->issues[path->molecule];
    fetch_lines(e, path, issue);
    wait_for_needs(path, issue);
    uint32_t clock = path->clock++;
    LLVMValueRef condition = emit_atoms(e, path, issue);
    if (issue->longest)
        add_results(e, path, issue, clock);
    if (issue->commit) {
        if (path->clock < path->arrival)
            path->clock = path->arrival;
        path->clock += e->source->desc.commit;
        emit_commit(e, path, issue->commit - 1u);
    }
    if (issue->leaves) {
        path->clock += e->source->desc.exit - 1;
        emit_exit(e, path, issue->commit - 1u);
        return false;
    }
    const Step *branch = issue_branch(e->source, issue);
    if (branch && step_op(branch) == ATOM_BR) {
        take_branch(e, path, branch);
        return true;
    }
    path->molecule++;
    if (branch) {
        Path taken = *path;
        take_branch(e, &taken, branch);
        taken.block = ir_block(&e->ir, false);
        path->block = ir_block(&e->ir, false);
        ir_branch(&e->ir, condition, taken.block, path->block, CHANCE_LESS);
        push_path(e, &taken);
        ir_go_on(&e->ir, path->block);
    }
    return true;
}

LLVMModuleRef emit_translation(LLVMContextRef context, const Plan *plan,
                               bool fma, bool well)
{
    const EngineSource *source = plan->source;
    Emitter e = {.source = source, .plan = plan, .fma = fma, .well = well};
    ir_start(&e.ir, context, "selkirk");
    /* A commit is that of one molecule, on one path. */
    e.faults = alloc_zeroed(source->count + 1, sizeof *e.faults);
    Path path = {.commit = -1, .line = NO_LINE};
    emit_entry(&e, &path);
    push_path(&e, &path);
    while (e.path_count) {
        path = e.paths[--e.path_count];
        ir_go_on(&e.ir, path.block);
        while (emit_molecule(&e, &path))
            continue;
    }
    free(e.paths);
    free(e.faults);
    LLVMDisposeBuilder(e.ir.builder);
    return e.ir.module;
}
