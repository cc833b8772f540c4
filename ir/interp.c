/* Runs regions as ir.h says; see interp.h.
 *
 * Slots and FCR31 are changed in place, and a copy of them as of the last
 * commit is what a fault returns to.  Stores wait in a list, in order; a load
 * reads memory and lays the bytes of the list's stores over it, the latest
 * last, so that any overlap of sizes is right. */
#include "ir/interp.h"

#include "base/bits.h"

#include <assert.h>

/* A store that is not committed yet. */
typedef struct Gated {
    uint32_t va, value;
    uint32_t place; /* the address by which loads find it */
    unsigned size;
} Gated;

typedef struct Run {
    const IrEnv *env;
    IrState *state;
    IrState committed; /* the state at the last commit */
    Arena *scratch;
    Gated *gated;
    uint32_t gated_count, gated_room;
    bool big;
} Run;

/* Where in an integer of `size` bytes the byte at offset `i` in memory is. */
static unsigned byte_shift(const Run *run, unsigned size, unsigned i)
{
    return 8 * (run->big ? size - 1 - i : i);
}

static uint32_t place_of(const Run *run, uint32_t va)
{
    return run->env->place ? run->env->place(run->env->ctx, va) : va;
}

/* Those bytes of `value`, just loaded, that the store wrote. */
static uint32_t overlay(const Run *run, const Gated *store, uint32_t place,
                        unsigned size, uint32_t value)
{
    for (unsigned i = 0; i < size; i++) {
        uint32_t at = place + i - store->place;
        if (at >= store->size)
            continue;
        uint32_t byte = store->value >> byte_shift(run, store->size, at) & 0xff;
        unsigned shift = byte_shift(run, size, i);
        value = (value & ~(0xffu << shift)) | byte << shift;
    }
    return value;
}

static bool load(const Run *run, uint32_t va, unsigned size, uint32_t *value)
{
    if (va & (size - 1) || !run->env->load(run->env->ctx, va, size, value))
        return false;
    if (run->gated_count == 0)
        return true;
    uint32_t place = place_of(run, va);
    for (uint32_t i = 0; i < run->gated_count; i++)
        *value = overlay(run, &run->gated[i], place, size, *value);
    return true;
}

static bool store(Run *run, uint32_t va, unsigned size, uint32_t value)
{
    if (va & (size - 1) || !run->env->check_store(run->env->ctx, va, size))
        return false;
    if (run->gated_count == run->gated_room) {
        uint32_t room = run->gated_room ? 2 * run->gated_room : 32;
        run->gated = arena_grow(run->scratch, run->gated, run->gated_room, room,
                                sizeof *run->gated);
        run->gated_room = room;
    }
    if (size < 4)
        value &= (1u << 8 * size) - 1;
    run->gated[run->gated_count++] = (Gated){
        .va = va, .value = value, .place = place_of(run, va), .size = size};
    return true;
}

static void commit(Run *run)
{
    for (uint32_t i = 0; i < run->gated_count; i++) {
        const Gated *s = &run->gated[i];
        run->env->store(run->env->ctx, s->va, s->size, s->value);
    }
    run->gated_count = 0;
    run->committed = *run->state;
}

/* Executes an instruction that neither leaves nor commits; false is a fault. */
static bool execute(Run *run, const IrInsn *insn, uint64_t a, uint64_t b,
                    uint64_t *result)
{
    const IrEnv *env = run->env;
    IrState *state = run->state;
    IrOp op = (IrOp)insn->op;
    unsigned size = ir_access_size(op);
    uint32_t va = (uint32_t)a + insn->imm, value = 0;
    switch (op) {
    case IR_GET: *result = state->slots[insn->imm]; return true;
    case IR_PUT: state->slots[insn->imm] = (uint32_t)a; return true;
    case IR_GETF: *result = state->fp[insn->imm - IR_SLOT_F0]; return true;
    case IR_PUTF: state->fp[insn->imm - IR_SLOT_F0] = a; return true;
    case IR_CP0: *result = env->cp0(env->ctx, insn->imm); return true;
    case IR_FCR: *result = state->fcr31; return true;
    case IR_LD8S:
        if (!load(run, va, size, &value))
            return false;
        *result = bits_sext8(value);
        return true;
    case IR_LD8U:
        if (!load(run, va, size, &value))
            return false;
        *result = value & 0xff;
        return true;
    case IR_LD16S:
        if (!load(run, va, size, &value))
            return false;
        *result = bits_sext16(value);
        return true;
    case IR_LD16U:
        if (!load(run, va, size, &value))
            return false;
        *result = value & 0xffff;
        return true;
    case IR_LD32:
        if (!load(run, va, size, &value))
            return false;
        *result = value;
        return true;
    case IR_ST8:
    case IR_ST16:
    case IR_ST32: return store(run, va, size, (uint32_t)b);
    case IR_FAULTNZ: return (uint32_t)a == 0;
    default: break;
    }
    if (ir_op_has(op, IR_IS_PURE)) {
        *result = ir_eval(op, a, b, insn->imm);
        return true;
    }
    assert(ir_op_has(op, IR_IS_FCR));
    uint32_t fcr31 = state->fcr31;
    if (!env->fp(env->ctx, op, insn->imm, a, b, &fcr31, result))
        return false;
    state->fcr31 = fcr31;
    return true;
}

IrResult ir_run(const IrRegion *region, IrState *state, const IrEnv *env,
                Arena *scratch)
{
    arena_reset(scratch);
    uint64_t *values = arena_alloc(scratch, region->insn_count, sizeof *values);
    Run run = {.env = env,
               .state = state,
               .committed = *state,
               .scratch = scratch,
               .big = region->context.big};
    IrResult result = {.commit = -1};
    for (IrRef at = 0; at < region->insn_count; at++) {
        const IrInsn *insn = &region->insns[at];
        IrOp op = (IrOp)insn->op;
        uint64_t a = insn->a == IR_NO_REF ? 0 : values[insn->a];
        uint64_t b = insn->b == IR_NO_REF ? 0 : values[insn->b];
        result.at = at;
        if (!ir_op_has(op, IR_IS_LEAVE)) {
            if (execute(&run, insn, a, b, &values[at]))
                continue;
            *state = run.committed;
            result.fault = true;
            return result;
        }
        if (op == IR_COMMIT) {
            commit(&run);
            result.commit = (int)insn->imm;
        } else if (ir_exit_taken(op, (uint32_t)a)) {
            commit(&run);
            result.exit = insn->imm;
            return result;
        }
    }
    assert(!"a region ends with an exit");
    return result;
}
