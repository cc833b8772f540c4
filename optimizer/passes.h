/* What the passes over the IR share: their prototypes, how they write a region
 * anew, and values as a base plus a constant. */
#ifndef SELKIRK_OPTIMIZER_PASSES_H
#define SELKIRK_OPTIMIZER_PASSES_H

#include "base/arena.h"
#include "base/bits.h"
#include "ir/ir.h"

/* Each adds to `visits` the nodes that it looked at. */
#define PASS(id, name, key, function, text)                                    \
    void function(IrRegion *region, uint64_t *visits);
#include "optimizer/passes.def"
#undef PASS

/* What is left of ADDRESS when it is switched off: the memory unit adds no
 * offset, so that somebody has to. */
void opt_address_plain(IrRegion *region, uint64_t *visits);

/* --- Writing a region anew ------------------------------------------------ */

/* A pass walks the old instructions in order and emits new ones in their place:
 * none, one or several.  Linear, and nothing ever moves. */
typedef struct OptRewrite {
    IrRegion *region;  /* its instructions are the new ones */
    const IrInsn *old; /* what they were */
    uint32_t count;    /* of the old ones */
    IrRef *map;        /* of an old value, the new one that stands for it */
} OptRewrite;

/* `extra`: about how many more instructions there will be. */
static inline OptRewrite opt_rewrite(IrRegion *region, uint32_t extra)
{
    OptRewrite rw = {.region = region,
                     .old = region->insns,
                     .count = region->insn_count,
                     .map = arena_alloc_raw(region->arena, region->insn_count,
                                            sizeof(IrRef))};
    region->insn_room = region->insn_count + extra;
    region->insn_count = 0;
    region->insns =
        arena_alloc_raw(region->arena, region->insn_room, sizeof(IrInsn));
    return rw;
}

/* Appends a new instruction: its operands name new ones. */
static inline IrRef opt_emit(const OptRewrite *rw, IrInsn insn)
{
    IrRegion *region = rw->region;
    IrRef at = region->insn_count++;
    if (unlikely(at == region->insn_room)) {
        region->insn_room = 2 * region->insn_room + 8;
        region->insns = arena_grow(region->arena, region->insns, at,
                                   region->insn_room, sizeof(IrInsn));
    }
    region->insns[at] = insn;
    return at;
}

static inline IrRef opt_emit_op(const OptRewrite *rw, IrOp op, IrRef a, IrRef b,
                                uint32_t imm, uint16_t guest)
{
    return opt_emit(
        rw, (IrInsn){
                .op = (uint8_t)op, .guest = guest, .a = a, .b = b, .imm = imm});
}

static inline IrRef opt_emit_const(const OptRewrite *rw, uint32_t value,
                                   uint16_t guest)
{
    return opt_emit_op(rw, IR_CONST, IR_NO_REF, IR_NO_REF, value, guest);
}

/* The old instruction `at`, as its operands are now. */
static inline IrInsn opt_mapped(const OptRewrite *rw, IrRef at)
{
    IrInsn insn = rw->old[at];
    ir_map_operands(&insn, rw->map);
    return insn;
}

/* Appends the old instruction `at`. */
static inline void opt_keep(const OptRewrite *rw, IrRef at)
{
    rw->map[at] = opt_emit(rw, opt_mapped(rw, at));
}

/* --- Sums ----------------------------------------------------------------- */

/* A value as another one plus a constant, modulo 2^32; `base` is IR_NO_REF if
 * the constant is all there is. */
typedef struct OptSum {
    IrRef base;
    uint32_t offset;
} OptSum;

/* Of a + b and of a - b, instruction `at`. */
static inline OptSum opt_sum_of(OptSum a, OptSum b, IrRef at)
{
    if (b.base == IR_NO_REF)
        return (OptSum){a.base, a.offset + b.offset};
    if (a.base == IR_NO_REF)
        return (OptSum){b.base, a.offset + b.offset};
    return (OptSum){at, 0};
}

static inline OptSum opt_difference(OptSum a, OptSum b, IrRef at)
{
    if (b.base == IR_NO_REF)
        return (OptSum){a.base, a.offset - b.offset};
    return (OptSum){at, 0};
}

/* Of instruction `at`, given those of its operands. */
static inline OptSum opt_sum(const IrInsn *insn, IrRef at, const OptSum *sums)
{
    switch ((IrOp)insn->op) {
    case IR_CONST: return (OptSum){IR_NO_REF, insn->imm};
    case IR_COPY: return sums[insn->a];
    case IR_ADD: return opt_sum_of(sums[insn->a], sums[insn->b], at);
    case IR_SUB: return opt_difference(sums[insn->a], sums[insn->b], at);
    default: return (OptSum){at, 0};
    }
}

/* Whether accesses of so many bytes at two addresses meet in no byte.  Offsets
 * within a page tell, and nothing else: two virtual pages may be one physical
 * page (docs/optimizer.md). */
static inline bool opt_disjoint(OptSum a, unsigned a_size, OptSum b,
                                unsigned b_size)
{
    enum { PAGE = 4096 };
    uint32_t distance = (b.offset - a.offset) % PAGE;
    return a.base == b.base && distance >= a_size && PAGE - distance >= b_size;
}

/* Immediates as small as this stand in an atom; others take the place of a
 * branch in the molecule (docs/molecules.md). */
static inline bool opt_is_short(uint32_t value)
{
    return value + 128 < 256;
}

#endif
