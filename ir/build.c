/* Building regions, and taking instructions out of them. */
#include "ir/ir.h"

#include "base/bits.h"

#include <assert.h>
#include <string.h>

enum { INSNS_MIN = 64, GUESTS_MIN = 16, EXITS_MIN = 4 };

/* More room in a full array of the region. */
static void *grow(Arena *arena, void *array, uint32_t *room, uint32_t min,
                  size_t size)
{
    uint32_t old = *room;
    *room = old ? old * 2 : min;
    return old ? arena_grow(arena, array, old, *room, size)
               : arena_alloc_raw(arena, *room, size);
}

IrRegion *ir_region(Arena *arena, uint32_t pc, IrContext context)
{
    IrRegion *region = arena_alloc(arena, 1, sizeof *region);
    region->arena = arena;
    region->pc = pc;
    region->context = context;
    return region;
}

void ir_reserve(IrRegion *region, uint32_t insns, uint32_t guests)
{
    assert(region->insn_room == 0 && region->guest_room == 0);
    region->insn_room = insns;
    region->insns = arena_alloc_raw(region->arena, insns, sizeof(IrInsn));
    region->guest_room = guests;
    region->guests = arena_alloc_raw(region->arena, guests, sizeof(IrGuest));
}

unsigned ir_add_guest(IrRegion *region, uint32_t pc, uint32_t word)
{
    assert(region->guest_count < IR_GUESTS_MAX);
    if (unlikely(region->guest_count == region->guest_room))
        region->guests =
            grow(region->arena, region->guests, &region->guest_room, GUESTS_MIN,
                 sizeof *region->guests);
    region->guests[region->guest_count] = (IrGuest){pc, word};
    return region->guest_count++;
}

IrRef ir_add(IrRegion *region, IrOp op, IrRef a, IrRef b, uint32_t imm)
{
    IrRef at = region->insn_count++;
    if (unlikely(at == region->insn_room))
        region->insns = grow(region->arena, region->insns, &region->insn_room,
                             INSNS_MIN, sizeof *region->insns);
    unsigned guest = region->guest_count ? region->guest_count - 1 : 0;
    region->insns[at] = (IrInsn){.op = (uint8_t)op,
                                 .guest = (uint16_t)guest,
                                 .a = a,
                                 .b = b,
                                 .imm = imm};
    return at;
}

IrRef ir_const(IrRegion *region, uint32_t value)
{
    return ir_add(region, IR_CONST, IR_NO_REF, IR_NO_REF, value);
}

unsigned ir_add_exit(IrRegion *region, const IrExit *exit)
{
    assert(region->exit_count < IR_EXITS_MAX);
    if (unlikely(region->exit_count == region->exit_room))
        region->exits = grow(region->arena, region->exits, &region->exit_room,
                             EXITS_MIN, sizeof *region->exits);
    region->exits[region->exit_count] = *exit;
    return region->exit_count++;
}

static void *copy(Arena *arena, const void *array, uint32_t count, size_t size)
{
    void *p = arena_alloc_raw(arena, count, size);
    return count ? memcpy(p, array, count * size) : p;
}

IrRegion *ir_clone(const IrRegion *region, Arena *arena)
{
    IrRegion *clone = arena_alloc(arena, 1, sizeof *clone);
    *clone = *region;
    clone->arena = arena;
    clone->insns =
        copy(arena, region->insns, region->insn_count, sizeof *region->insns);
    clone->insn_room = region->insn_count;
    clone->guests = copy(arena, region->guests, region->guest_count,
                         sizeof *region->guests);
    clone->guest_room = region->guest_count;
    clone->exits =
        copy(arena, region->exits, region->exit_count, sizeof *region->exits);
    clone->exit_room = region->exit_count;
    return clone;
}

void ir_kill(IrRegion *region, IrRef ref)
{
    IrInsn *insn = &region->insns[ref];
    *insn = (IrInsn){
        .op = IR_CONST, .guest = insn->guest, .a = IR_NO_REF, .b = IR_NO_REF};
}

enum { UNUSED = 0, USED = 1 };

/* Moves the exit records that are used together, in their order; `map` becomes
 * their new numbers. */
static void compact_exits(IrRegion *region, uint32_t *map)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < region->exit_count; i++) {
        if (map[i] == UNUSED)
            continue;
        map[i] = count;
        region->exits[count++] = region->exits[i];
    }
    region->exit_count = count;
}

void ir_compact(IrRegion *region)
{
    /* A missing operand is element `size` of the map: no branch asks for it,
     * since none could be predicted. */
    uint32_t size = region->insn_count;
    IrRef *map = arena_alloc(region->arena, size + 1u, sizeof *map);
    uint32_t *exits =
        arena_alloc(region->arena, region->exit_count, sizeof *exits);
    for (uint32_t i = 0; i < size; i++) {
        const IrInsn *insn = &region->insns[i];
        map[insn->a < size ? insn->a : size] = USED;
        map[insn->b < size ? insn->b : size] = USED;
        if (ir_op_has((IrOp)insn->op, IR_IS_LEAVE))
            exits[insn->imm] = USED;
    }
    map[size] = IR_NO_REF;
    compact_exits(region, exits);
    uint32_t count = 0;
    for (uint32_t i = 0; i < size; i++) {
        const IrInsn *insn = &region->insns[i];
        if (insn->op == IR_CONST && map[i] == UNUSED)
            continue;
        map[i] = count;
        IrInsn *to = &region->insns[count++];
        *to = (IrInsn){.op = insn->op,
                       .guest = insn->guest,
                       .a = map[insn->a < size ? insn->a : size],
                       .b = map[insn->b < size ? insn->b : size],
                       .imm = ir_op_has((IrOp)insn->op, IR_IS_LEAVE)
                                  ? exits[insn->imm]
                                  : insn->imm};
    }
    region->insn_count = count;
}
