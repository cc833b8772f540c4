/* Warm start: what an earlier run knew (warm.h), found and put back.
 *
 * Branch counts and lessons are put back when the layer first runs after a
 * reset; lessons where memory holds the word that they are about.  Translations
 * wait until the dispatcher meets their entry: pages that the guest has still
 * to load, and programs that share an address, are told apart by what memory
 * holds then.  A record stays for as long as the machine: what was invalidated
 * or evicted may come back. */
#include "morph/layer_impl.h"

#include "base/alloc.h"

#include <stdlib.h>

/* Records of one entry that are asked, at most, however many a file has. */
enum { VARIANTS_MAX = 64 };

/* A record under its key: the entry's address, mode and first word. */
typedef struct Candidate {
    uint32_t pc, word;
    uint8_t mode;
    uint32_t failed; /* times asked in vain */
    const WarmTranslation *record;
} Candidate;

struct Revival {
    const Warm *warm;
    Candidate *candidates; /* by key; then higher gears first, in their order */
    size_t count;
};

/* --- Records by entry ------------------------------------------------------
 */

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_keys(const Candidate *a, const Candidate *b)
{
    int order = compare_numbers(a->pc, b->pc);
    order = order ? order : compare_numbers(a->mode, b->mode);
    return order ? order : compare_numbers(a->word, b->word);
}

static int compare(const void *a, const void *b)
{
    const Candidate *x = a, *y = b;
    int order = compare_keys(x, y);
    order = order ? order : compare_numbers(y->record->gear, x->record->gear);
    /* Both are in one array, in the order of the file. */
    return order ? order : (x->record > y->record) - (x->record < y->record);
}

/* Leaves out what would make a look-up long. */
static void drop_excess(Revival *r)
{
    size_t kept = 0, same = 0;
    for (size_t i = 0; i < r->count; i++) {
        const Candidate *c = &r->candidates[i];
        bool another = kept == 0 || compare_keys(c, &r->candidates[kept - 1]);
        same = another ? 1 : same + 1;
        if (same <= VARIANTS_MAX)
            r->candidates[kept++] = *c;
    }
    r->count = kept;
}

void layer_start_warm(Layer *l, const Warm *warm)
{
    revive_destroy(l);
    Revival *r = l->revival = alloc_zeroed(1, sizeof *r);
    r->warm = warm;
    r->candidates =
        alloc_zeroed(warm->translation_count + 1, sizeof *r->candidates);
    for (size_t i = 0; i < warm->translation_count; i++) {
        const WarmTranslation *t = &warm->translations[i];
        const IrContext *c = &t->context;
        const IrGuest *first = &warm->guests[t->first];
        if (c->big != l->cpu_config.big_endian)
            continue;
        r->candidates[r->count++] =
            (Candidate){.pc = first->pc,
                        .word = first->word,
                        .mode = layer_mode(c->user, c->fpu, c->pending),
                        .record = t};
    }
    qsort(r->candidates, r->count, sizeof *r->candidates, compare);
    drop_excess(r);
    l->stats.warm_records = r->count;
}

void revive_destroy(Layer *l)
{
    if (l->revival)
        free(l->revival->candidates);
    free(l->revival);
    l->revival = NULL;
}

void revive_reset(Layer *l)
{
    l->begun = false;
    for (size_t i = 0; l->revival && i < l->revival->count; i++)
        l->revival->candidates[i].failed = 0;
}

/* The first candidate with the key of `wanted`, or with a later one. */
static Candidate *find(const Revival *r, const Candidate *wanted)
{
    size_t low = 0, high = r->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_keys(&r->candidates[middle], wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return &r->candidates[low];
}

Translation *revive(Layer *l, uint32_t pc, uint32_t word, uint8_t mode,
                    unsigned gear)
{
    const Revival *r = l->revival;
    if (!r || r->count == 0)
        return NULL;
    l->stats.warm_asked++;
    core_charge(l->core, CORE_CAUSE_WARM, l->cost.hash);
    const Candidate wanted = {.pc = pc, .word = word, .mode = mode};
    const Candidate *end = r->candidates + r->count;
    for (Candidate *c = find(r, &wanted);
         c < end && compare_keys(c, &wanted) == 0; c++) {
        if (c->record->gear < gear || c->record->gear > l->gears ||
            c->failed == l->warm_tries)
            continue;
        const IrGuest *guests = &r->warm->guests[c->record->first];
        Translation *t = translate_again(l, c->record, guests);
        if (t)
            return t;
        c->failed++;
        l->stats.warm_failed++;
    }
    return NULL;
}

/* --- What is put back at once, and saved -----------------------------------
 */

void revive_begin(Layer *l)
{
    l->begun = true;
    if (!l->revival)
        return;
    const Warm *warm = l->revival->warm;
    for (size_t i = 0; i < warm->branch_count; i++)
        profile_put(l, &warm->branches[i]);
    for (size_t i = 0; i < warm->lesson_count; i++)
        codepages_teach(l, &warm->lessons[i]);
}

void layer_save_warm(const Layer *l, Warm *warm)
{
    core_settle(l->core);
    for (const Translation *t = l->holder->oldest; t; t = t->newer) {
        if (t->replay)
            continue;
        uint64_t entries = t->earlier + t->core->entries;
        warm_add_translation(
            warm,
            &(WarmTranslation){.gear = t->gear,
                               .context = t->code->context,
                               .entries = entries < UINT32_MAX
                                              ? (uint32_t)entries
                                              : UINT32_MAX,
                               .next = t->next,
                               .interpret = t->interpret,
                               .count = t->code->guest_count},
            t->code->guests);
    }
    profile_save(l, warm);
    codepages_save(l, warm);
}

/* --- Checkpoints -----------------------------------------------------------
 */

void revive_checkpoint(Layer *l, Ckpt *ckpt)
{
    static const CkptField fields[] = {CKPT_FIELD(Candidate, failed)};
    Revival *r = l->revival;
    size_t count = r ? r->count : 0;
    ckpt_same(ckpt, "warm", count,
              "the same --warm-start must be given, or checkpoint.layer=no");
    if (!ckpt_error(ckpt) && count)
        ckpt_records(ckpt, fields, ARRAY_LEN(fields), r->candidates, count,
                     sizeof *r->candidates);
}
