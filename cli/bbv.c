/* Basic-block vectors; see bbv.h.  A block begins where the one before has
 * ended: behind a delay slot, or where the next instruction is not the one in
 * memory behind it. */
#include "cli/bbv.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "base/number.h"
#include "cli/savefile.h"
#include "frontend/state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct Block {
    uint64_t key;   /* where it begins, and in which address space; 0: none */
    uint64_t count; /* instructions in the present interval */
    uint32_t id;
} Block;

struct Bbv {
    const Machine *machine;
    SaveFile save;
    uint64_t interval, insns; /* of the present one so far */
    Block *blocks;            /* by hash of the key, open addressing */
    size_t room, used;        /* room is a power of two */
    size_t present;           /* the block of the last instruction */
    uint32_t next_pc;         /* behind it */
    bool ended;               /* it was a delay slot */
};

static size_t find(const Bbv *b, uint64_t key)
{
    size_t at = hash_u64(0, key) & (b->room - 1);
    while (b->blocks[at].key && b->blocks[at].key != key)
        at = (at + 1) & (b->room - 1);
    return at;
}

static void grow(Bbv *b)
{
    Block *old = b->blocks;
    size_t count = b->room;
    b->room *= 2;
    b->blocks = alloc_zeroed(b->room, sizeof *b->blocks);
    for (size_t i = 0; i < count; i++)
        if (old[i].key)
            b->blocks[find(b, old[i].key)] = old[i];
    free(old);
}

/* The instruction begins a block.  Addresses of a process are its own. */
static void enter(Bbv *b, const GuestState *s)
{
    uint64_t space = s->pc < 0x80000000 ? s->entryhi >> 6 & 63 : 0;
    uint64_t key = (space << 32 | s->pc) + 1;
    if (2 * b->used >= b->room)
        grow(b);
    b->present = find(b, key);
    if (!b->blocks[b->present].key)
        b->blocks[b->present] = (Block){.key = key, .id = (uint32_t)++b->used};
}

static int by_id(const void *x, const void *y)
{
    const Block *const *p = x, *const *q = y;
    return ((*p)->id > (*q)->id) - ((*p)->id < (*q)->id);
}

static void end_interval(Bbv *b)
{
    Block **met = alloc_zeroed(b->used, sizeof *met);
    size_t count = 0;
    for (size_t i = 0; i < b->room; i++)
        if (b->blocks[i].count)
            met[count++] = &b->blocks[i];
    qsort(met, count, sizeof *met, by_id);
    fputc('T', b->save.file);
    for (size_t i = 0; i < count; i++) {
        fprintf(b->save.file, ":%" PRIu32 ":%" PRIu64 " ", met[i]->id,
                met[i]->count);
        met[i]->count = 0;
    }
    fputc('\n', b->save.file);
    free(met);
    b->insns = 0;
}

static void on_insn(void *ctx, const GuestState *s, uint32_t word)
{
    (void)word;
    Bbv *b = ctx;
    if (!machine_is_measuring(b->machine))
        return;
    if (b->insns == b->interval)
        end_interval(b);
    if (b->ended || s->pc != b->next_pc || b->used == 0)
        enter(b, s);
    b->blocks[b->present].count++;
    b->insns++;
    b->ended = s->in_delay;
    b->next_pc = s->pc + 4;
}

Bbv *bbv_open(const Options *o, Machine *machine, Diag *diag)
{
    enum { ROOM = 1 << 12 };
    const char *path = options_value(o, OPTION_BBV);
    const char *number = options_value(o, OPTION_BBV_INTERVAL);
    uint64_t interval = 10000000;
    if (!path && number)
        diag_error(diag,
                   "--bbv-interval %s: no vectors are written; add --bbv "
                   "FILE",
                   number);
    if (number && (!number_parse(number, 1000, &interval) || interval < 1000))
        diag_error(diag,
                   "--bbv-interval %s: a number of instructions from 1000 on "
                   "is wanted, such as 10M",
                   number);
    if (path && (machine_causes(machine) || machine_fast_forwards(machine)))
        diag_error(
            diag,
            "--bbv %s: the vectors are of what is executed, not of when; "
            "add --model functional",
            path);
    if (!path || *diag->text)
        return NULL;
    Bbv *b = alloc_zeroed(1, sizeof *b);
    *b = (Bbv){.machine = machine,
               .interval = interval,
               .room = ROOM,
               .blocks = alloc_zeroed(ROOM, sizeof *b->blocks)};
    if (!savefile_open(&b->save, "--bbv", path, diag)) {
        bbv_drop(b);
        return NULL;
    }
    machine_add_trace(machine, &(MachineTrace){.ctx = b, .insn = on_insn});
    return b;
}

void bbv_drop(Bbv *b)
{
    if (!b)
        return;
    savefile_drop(&b->save);
    free(b->blocks);
    free(b);
}

bool bbv_close(Bbv *b, Diag *diag)
{
    if (!b)
        return true;
    if (b->insns == b->interval)
        end_interval(b);
    bool ok = savefile_close(&b->save, diag);
    bbv_drop(b);
    return ok;
}
