/* The back end: a region becomes molecules, step by step. */
#include "optimizer/backend.h"

#include <string.h>

/* The time that the core takes for the main path: where the scheduler waited
 * for a register it need not. */
static unsigned measure_length(const Backend *b)
{
    MoleculeTime time = {.now = 0};
    for (uint32_t i = 0; i < b->molecule_count; i++)
        molecule_issue(&time, &b->molecules[i], b->desc);
    return (unsigned)time.now;
}

static void *copy(Arena *arena, const void *array, unsigned count, size_t size)
{
    void *p = arena_alloc_raw(arena, count, size);
    return count ? memcpy(p, array, count * size) : p;
}

/* Of each molecule the atoms that it has. */
static Molecule *copy_molecules(Arena *arena, const Molecule *from,
                                unsigned count)
{
    Molecule *to = arena_alloc_raw(arena, count, sizeof *to);
    for (unsigned i = 0; i < count; i++) {
        memcpy(to[i].atoms, from[i].atoms,
               from[i].count * sizeof from[i].atoms[0]);
        to[i].count = from[i].count;
        to[i].size = from[i].size;
        to[i].commit = from[i].commit;
    }
    return to;
}

VliwCode *opt_schedule(const IrRegion *region, const VliwDesc *desc,
                       const OptConfig *opt, Arena *arena, OptWork *work)
{
    Arena *scratch = region->arena;
    Backend *b = arena_alloc(scratch, 1, sizeof *b);
    b->region = region;
    b->desc = desc;
    b->opt = opt;
    b->work = work;
    b->scratch = scratch;
    b->in_order = !opt->hoist && !opt->reorder_memory;
    backend_select(b);
    regs_init(b);
    pack_init(b);
    if (!b->in_order)
        backend_build_graph(b);
    uint32_t bound = backend_lower_bound(b);
    backend_schedule(b, bound);
    VliwCode *code = arena_alloc(arena, 1, sizeof *code);
    code->main_count = b->molecule_count;
    code->length = measure_length(b);
    code->bound = backend_count_resources(b);
    if (bound > code->bound)
        code->bound = bound;
    backend_add_stubs(b);
    code->pc = region->pc;
    code->context = region->context;
    code->count = b->molecule_count;
    code->molecules = copy_molecules(arena, b->molecules, code->count);
    code->exit_count = region->exit_count;
    code->exits =
        copy(arena, region->exits, region->exit_count, sizeof *region->exits);
    code->guest_count = region->guest_count;
    code->guests = copy(arena, region->guests, region->guest_count,
                        sizeof *region->guests);
    for (unsigned i = 0; i < code->count; i++)
        code->size += code->molecules[i].size;
    return code;
}
