/* Translations by the hash of all that they are made from, and as bytes: what
 * their molecules hold, field by field, so that equal ones have equal bytes. */
#include "morph/memo.h"

#include "base/alloc.h"
#include "base/archive.h"
#include "base/build_id.h"
#include "base/folder.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define FILE_NAME "translations"

/* Of engine.saved_max; the rest is for compiled code. */
enum { SHARE = 4 };

typedef struct Bytes {
    uint8_t *at;
    size_t size, room;
} Bytes;

struct Memo {
    Archive *archive;
    bool checks;     /* what is found is made, too, and compared */
    ArchiveKey base; /* of the program and the machine description */
    ArchiveKey key;  /* of the last memo_find() */
    Bytes bytes;     /* kept from one to the next */
    uint64_t found;
    uint64_t misshapen; /* records that are whole, but none of ours */
};

/* --- Writing bytes -------------------------------------------------------- */

static void put(Bytes *bytes, const void *from, size_t size)
{
    if (bytes->size + size > bytes->room) {
        bytes->room = 2 * (bytes->size + size);
        bytes->at = alloc_resize(bytes->at, bytes->room, 1);
    }
    memcpy(bytes->at + bytes->size, from, size);
    bytes->size += size;
}

/* As numbers: structures may have bytes that mean nothing. */
#define PUT(bytes, type, ...)                                                  \
    put(bytes, (const type[]){__VA_ARGS__}, sizeof((const type[]){__VA_ARGS__}))

static ArchiveKey hash(const Bytes *bytes)
{
    XXH128_hash_t h = XXH3_128bits(bytes->at, bytes->size);
    return (ArchiveKey){h.high64, h.low64};
}

/* --- Keys ----------------------------------------------------------------- */

static void put_desc(Bytes *bytes, const VliwDesc *d)
{
    PUT(bytes, uint32_t, d->alu_units, d->lsu_units, d->lsu_adds, d->shift_all,
        d->formats, d->short_imm, d->gprs, d->shadowed_gprs, d->fprs,
        d->shadowed_fprs, d->interlock, d->branch, d->commit, d->rollback,
        d->store_buffer, d->forward, d->alias_regs);
    put(bytes, d->latency, sizeof d->latency);
}

static void put_recipe(Bytes *bytes, const LiftLimits *limits,
                       const OptConfig *opt)
{
    PUT(bytes, uint32_t, limits->insns, limits->visits, limits->stores,
        limits->commit, limits->jumps, limits->block, limits->interlocked,
        limits->divide_traps, opt->reorder_memory, opt->hoist);
    for (unsigned pass = 0; pass < OPT_PASSES; pass++)
        PUT(bytes, uint8_t, opt->pass[pass]);
}

static void put_plan(Bytes *bytes, const LiftPlan *plan)
{
    const IrContext *context = &plan->context;
    PUT(bytes, uint32_t, plan->pc, context->user, context->fpu, context->big,
        context->pending, plan->count, plan->next, plan->interpret);
    for (unsigned i = 0; i < plan->count; i++) {
        const LiftInsn *insn = &plan->insns[i];
        PUT(bytes, uint32_t, insn->pc, insn->word, insn->taken, insn->target,
            insn->fails);
    }
}

static ArchiveKey make_key(Memo *memo, const MemoInput *input)
{
    memo->bytes.size = 0;
    PUT(&memo->bytes, ArchiveKey, memo->base);
    put_recipe(&memo->bytes, input->limits, input->opt);
    put_plan(&memo->bytes, input->plan);
    return hash(&memo->bytes);
}

/* --- Translations as bytes ------------------------------------------------ */

static void put_atom(Bytes *bytes, const Atom *a)
{
    PUT(bytes, uint8_t, a->op, a->unit, a->d, a->a, a->b, a->b_imm, a->protect,
        a->check != 0);
    PUT(bytes, uint32_t, a->imm, a->guest);
    if (a->check)
        PUT(bytes, uint64_t, a->check);
}

static void put_molecule(Bytes *bytes, const Molecule *m)
{
    PUT(bytes, uint8_t, m->count, m->size, (uint8_t)m->commit,
        (uint8_t)(m->commit >> 8));
    for (unsigned i = 0; i < m->count; i++)
        put_atom(bytes, &m->atoms[i]);
}

static void put_work(Bytes *bytes, const OptWork *work)
{
    put(bytes, work->pass, sizeof work->pass);
    PUT(bytes, uint64_t, work->select, work->schedule, work->regalloc,
        work->encode);
}

static void put_code(Bytes *bytes, const VliwCode *code, const OptWork *work)
{
    const IrContext *context = &code->context;
    put_work(bytes, work);
    PUT(bytes, uint32_t, code->pc, context->user, context->fpu, context->big,
        context->pending, code->count, code->main_count, code->exit_count,
        code->guest_count, code->length, code->bound, code->size);
    for (unsigned i = 0; i < code->count; i++)
        put_molecule(bytes, &code->molecules[i]);
    for (unsigned i = 0; i < code->exit_count; i++) {
        const IrExit *exit = &code->exits[i];
        PUT(bytes, uint32_t, exit->kind, exit->hint, exit->pc, exit->link,
            exit->insns, exit->pending);
    }
    for (unsigned i = 0; i < code->guest_count; i++)
        PUT(bytes, uint32_t, code->guests[i].pc, code->guests[i].word);
}

/* What is left to be read; `ok` until there is too little. */
typedef struct Reader {
    const uint8_t *at;
    size_t size;
    bool ok;
} Reader;

static void get(Reader *r, void *to, size_t size)
{
    if (size > r->size) {
        memset(to, 0, size);
        r->ok = false;
        return;
    }
    memcpy(to, r->at, size);
    r->at += size;
    r->size -= size;
}

static void get_atom(Reader *r, Atom *a)
{
    uint8_t bytes[8];
    uint32_t words[2];
    get(r, bytes, sizeof bytes);
    get(r, words, sizeof words);
    *a = (Atom){.op = bytes[0],
                .unit = bytes[1],
                .d = bytes[2],
                .a = bytes[3],
                .b = bytes[4],
                .b_imm = bytes[5],
                .protect = bytes[6],
                .imm = words[0],
                .guest = (uint16_t)words[1]};
    if (bytes[7])
        get(r, &a->check, sizeof a->check);
}

static void get_molecule(Reader *r, Molecule *m)
{
    uint8_t bytes[4];
    get(r, bytes, sizeof bytes);
    m->count = bytes[0];
    m->size = bytes[1];
    m->commit = (uint16_t)(bytes[2] | bytes[3] << 8);
    if (m->count > VLIW_UNITS) {
        m->count = 0;
        r->ok = false;
    }
    for (unsigned i = 0; i < m->count; i++)
        get_atom(r, &m->atoms[i]);
}

static void get_exit(Reader *r, IrExit *exit)
{
    uint32_t words[6];
    get(r, words, sizeof words);
    *exit = (IrExit){.kind = (IrExitKind)words[0],
                     .hint = (IrHint)words[1],
                     .pc = words[2],
                     .link = words[3],
                     .insns = words[4],
                     .pending = (IrPending)words[5]};
}

static void get_work(Reader *r, OptWork *work)
{
    get(r, work->pass, sizeof work->pass);
    get(r, &work->select, sizeof work->select);
    get(r, &work->schedule, sizeof work->schedule);
    get(r, &work->regalloc, sizeof work->regalloc);
    get(r, &work->encode, sizeof work->encode);
}

/* Counts that the bytes have room for. */
static bool get_header(Reader *r, VliwCode *code)
{
    uint32_t words[12];
    get(r, words, sizeof words);
    *code = (VliwCode){.pc = words[0],
                       .context = {.user = words[1],
                                   .fpu = words[2],
                                   .big = words[3],
                                   .pending = (IrPending)words[4]},
                       .count = words[5],
                       .main_count = words[6],
                       .exit_count = words[7],
                       .guest_count = words[8],
                       .length = words[9],
                       .bound = words[10],
                       .size = words[11]};
    return r->ok && code->count <= r->size && code->exit_count <= r->size &&
           code->guest_count <= r->size;
}

/* NULL: they are none of a translation. */
static VliwCode *get_code(Reader *r, Arena *arena, OptWork *work)
{
    VliwCode *code = arena_alloc(arena, 1, sizeof *code);
    get_work(r, work);
    if (!get_header(r, code))
        return NULL;
    code->molecules =
        arena_alloc_raw(arena, code->count, sizeof *code->molecules);
    code->exits = arena_alloc_raw(arena, code->exit_count, sizeof *code->exits);
    code->guests =
        arena_alloc_raw(arena, code->guest_count, sizeof *code->guests);
    for (unsigned i = 0; i < code->count; i++)
        get_molecule(r, &code->molecules[i]);
    for (unsigned i = 0; i < code->exit_count; i++)
        get_exit(r, &code->exits[i]);
    for (unsigned i = 0; i < code->guest_count; i++) {
        get(r, &code->guests[i].pc, sizeof code->guests[i].pc);
        get(r, &code->guests[i].word, sizeof code->guests[i].word);
    }
    return r->ok && r->size == 0 ? code : NULL;
}

/* --- Asking and telling --------------------------------------------------- */

VliwCode *memo_find(Memo *memo, const MemoInput *input, Arena *arena,
                    OptWork *work)
{
    Reader r = {.ok = true};
    memo->key = make_key(memo, input);
    r.at = archive_find(memo->archive, memo->key, &r.size);
    if (!r.at)
        return NULL;
    VliwCode *code = NULL;
    if (!memo->checks) {
        code = get_code(&r, arena, work);
        memo->misshapen += !code;
    }
    memo->found += memo->checks || code;
    return code;
}

uint64_t memo_hash_code(const VliwCode *code)
{
    Bytes bytes = {NULL, 0, 0};
    put_code(&bytes, code, &(OptWork){0});
    uint64_t h = XXH3_64bits(bytes.at, bytes.size);
    free(bytes.at);
    return h;
}

/* A translation that is not the one that was found is a bug of ours: an input
 * that the key lacks, or a translator that has a memory. */
static void compare(const Memo *memo, const Bytes *bytes, uint32_t pc)
{
    size_t size;
    const void *found = archive_find(memo->archive, memo->key, &size);
    if (!found || (size == bytes->size && !memcmp(found, bytes->at, size)))
        return;
    fprintf(stderr,
            "memo: the translation of 0x%08" PRIx32 " is not what an earlier "
            "run made of the same\n",
            pc);
    abort();
}

void memo_add(Memo *memo, const VliwCode *code, const OptWork *work)
{
    memo->bytes.size = 0;
    put_code(&memo->bytes, code, work);
    if (memo->checks)
        compare(memo, &memo->bytes, code->pc);
    archive_add(memo->archive, memo->key, memo->bytes.at, memo->bytes.size);
}

/* --- Life ----------------------------------------------------------------- */

bool memo_open(Memo **memo, const Config *config, const VliwDesc *desc,
               Diag *diag)
{
    enum { YES, CHECK, NO };
    unsigned kind = config_choice(config, CONFIG_ENGINE_MEMO);
    const char *folder = config_text(config, CONFIG_ENGINE_SAVED);
    char id[BUILD_ID_SIZE] = "";
    *memo = NULL;
    if (!*folder || kind == NO || !build_id_find(id))
        return true;
    int dir = folder_open("engine.saved", folder, diag);
    if (dir < 0)
        return false;
    Memo *m = *memo = alloc_zeroed(1, sizeof *m);
    m->archive = archive_open(
        dir, FILE_NAME, config_int(config, CONFIG_ENGINE_SAVED_MAX) / SHARE);
    m->checks = kind == CHECK || SELKIRK_HARD;
    put(&m->bytes, id, strlen(id));
    put_desc(&m->bytes, desc);
    m->base = hash(&m->bytes);
    return true;
}

void memo_close(Memo *memo)
{
    if (!memo)
        return;
    archive_close(memo->archive);
    free(memo->bytes.at);
    free(memo);
}

uint64_t memo_found(const Memo *memo)
{
    return memo->found;
}

uint64_t memo_damaged(const Memo *memo)
{
    return archive_damaged(memo->archive) + memo->misshapen;
}
