/* Translates recorded regions with the project's own translator, and prints
 * what each took, stage by stage, as CSV.  It runs on the bare board of the
 * modelled machine, and on a PC (CALIBRATE_NATIVE), where all but the cycles
 * must come to the same.
 *
 * The regions are those of a warm file (morph/warm.h).  They are translated
 * `passes` times in a row: the last pass, which finds the machine as the ones
 * before left it, is printed, and is a marked region of interest. */
#include "base/alloc.h"
#include "base/bits.h"
#include "base/hash.h"
#include "bench/calibration/platform.h"
#include "bench/calibration/stages.h"
#include "morph/layer.h"
#include "morph/warm.h"

#include <inttypes.h>
#include <stdlib.h>

/* What a region took. */
typedef struct Measure {
    StageClock clock;
    OptWork work;
    uint32_t guests, bytes;
    uint64_t hash; /* of the molecules */
} Measure;

/* How regions of a gear are translated. */
typedef struct Recipe {
    LiftLimits limits;
    OptConfig opt;
} Recipe;

typedef struct Replay {
    VliwDesc desc;
    Recipe recipes[WARM_GEAR_MAX + 1];
    Arena *arena;
} Replay;

/* --- Guest code along a record, as morph/translate.c takes it ------------- */

typedef struct Source {
    const WarmTranslation *record;
    const IrGuest *guests;
    unsigned followed; /* of them */
} Source;

static bool fetch(void *ctx, uint32_t va, uint32_t *word)
{
    Source *s = ctx;
    if (s->followed == s->record->count || s->guests[s->followed].pc != va)
        return false;
    *word = s->guests[s->followed++].word;
    return true;
}

static uint32_t next_pc(const Source *s)
{
    return s->followed < s->record->count ? s->guests[s->followed].pc
                                          : s->record->next;
}

static LiftPath path(void *ctx, uint32_t pc)
{
    return next_pc(ctx) == pc + 8 ? LIFT_NOT_TAKEN : LIFT_TAKEN;
}

static bool target(void *ctx, uint32_t pc, uint32_t *to)
{
    (void)pc;
    const Source *s = ctx;
    *to = next_pc(s);
    return s->followed < s->record->count;
}

/* --- One region ----------------------------------------------------------- */

static void on_pass(void *ctx, int pass, const IrRegion *region)
{
    (void)ctx, (void)region;
    if (pass >= 0)
        stages_end((Stage)(STAGE_PASS + pass));
}

static uint64_t hash_atom(uint64_t hash, const Atom *atom)
{
    uint64_t fields = (uint64_t)atom->op | atom->unit << 8 | atom->d << 16 |
                      (uint64_t)atom->a << 24 | (uint64_t)atom->b << 32 |
                      (uint64_t)atom->b_imm << 40 | (uint64_t)atom->guest << 48;
    hash = hash_u64(hash, fields);
    return hash_u64(hash, atom->imm ^ atom->check << 32 ^ atom->protect);
}

static uint64_t hash_code(const VliwCode *code)
{
    uint64_t hash = HASH_START;
    for (unsigned i = 0; i < code->count; i++) {
        const Molecule *m = &code->molecules[i];
        hash = hash_u64(hash, m->count | m->size << 8 | m->commit << 16);
        for (unsigned k = 0; k < m->count; k++)
            hash = hash_atom(hash, &m->atoms[k]);
    }
    return hash;
}

static void translate(Replay *r, Source source, Measure *m)
{
    const WarmTranslation *record = source.record;
    const Recipe *recipe = &r->recipes[record->gear];
    /* It ends where the record does: then there is nothing to fetch. */
    const LiftSource code = {
        .ctx = &source, .fetch = fetch, .branch = path, .target = target};
    *m = (Measure){.guests = 0};
    stages_begin(&m->clock);
    arena_reset(r->arena);
    LiftPlan *plan = lift_discover(r->arena, &code, &recipe->limits,
                                   source.guests[0].pc, record->context);
    stages_end(STAGE_DISCOVER);
    if (plan->count == 0)
        return;
    IrRegion *region = lift_region(r->arena, plan, &recipe->limits);
    stages_end(STAGE_LIFT);
    opt_run_passes(region, &recipe->opt, &m->work, on_pass, NULL);
    VliwCode *molecules =
        opt_schedule(region, &r->desc, &recipe->opt, r->arena, &m->work);
    stages_end(STAGE_FINISH);
    m->guests = molecules->guest_count;
    m->bytes = molecules->size;
    m->hash = hash_code(molecules);
}

/* --- All of them ---------------------------------------------------------- */

/* Cycles that stages_end() itself takes, which each stage's time contains: when
 * it is hot. */
static uint32_t measure_clock(void)
{
    enum { TIMES = 512 };
    StageClock clock;
    for (unsigned round = 0; round < 2; round++) {
        clock = (StageClock){.last = 0};
        stages_begin(&clock);
        for (unsigned i = 0; i < TIMES; i++)
            stages_end(STAGE_FINISH);
    }
    return clock.cycles[STAGE_FINISH] / TIMES;
}

static void print_header(void)
{
    platform_print("region,gear,guests,bytes,hash");
    for (OptPass pass = 0; pass < OPT_PASSES; pass++)
        platform_print(",units.%s", opt_pass_name(pass));
    platform_print(",units.select,units.schedule,units.regalloc,units.encode");
    for (Stage stage = 0; stage < STAGES; stage++)
        platform_print(",cycles.%s", stages_name(stage));
    platform_print("\n");
}

static void print_measure(size_t region, unsigned gear, const Measure *m,
                          uint32_t clock)
{
    const OptWork *work = &m->work;
    platform_print("%zu,%u,%" PRIu32 ",%" PRIu32 ",%016" PRIx64, region, gear,
                   m->guests, m->bytes, m->hash);
    for (OptPass pass = 0; pass < OPT_PASSES; pass++)
        platform_print(",%" PRIu64, work->pass[pass]);
    platform_print(",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64,
                   work->select, work->schedule, work->regalloc, work->encode);
    for (Stage stage = 0; stage < STAGES; stage++) {
        uint32_t cycles = m->clock.cycles[stage];
        platform_print(",%" PRIu32, cycles > clock ? cycles - clock : 0);
    }
    platform_print("\n");
}

static void fail(const char *text)
{
    platform_print("replay: %s\n", text);
    platform_exit(2);
}

/* Each of `words`, a key and its value, is set. */
static void read_words(Config *config, const char *words)
{
    char word[256];
    Diag diag;
    while (*words) {
        size_t size = strcspn(words, "\n");
        if (size >= sizeof word)
            fail("a word of the configuration is too long");
        memcpy(word, words, size);
        word[size] = 0;
        words += size + (words[size] == '\n');
        if (size && !config_set_word(config, word, "replay", &diag))
            fail(diag.text);
    }
}

static void prepare(Replay *r)
{
    Diag diag;
    Config *config = config_create();
    read_words(config, platform_words());
    if (!vliw_desc_read(&r->desc, config, &diag))
        fail(diag.text);
    for (unsigned gear = 1; gear <= WARM_GEAR_MAX; gear++)
        layer_read_recipe(config, gear, &r->desc, &r->recipes[gear].limits,
                          &r->recipes[gear].opt);
    r->arena = arena_create();
    config_destroy(config);
}

int main(void)
{
    Replay replay;
    Warm warm = {0};
    Diag diag;
    const char *text = platform_regions();
    prepare(&replay);
    if (!warm_parse(&warm, "regions", text, strlen(text), &diag))
        fail(diag.text);
    size_t count = warm.translation_count;
    Measure *measures = alloc_zeroed(count, sizeof *measures);
    uint32_t clock = measure_clock(), passes = platform_passes();
    for (uint32_t pass = 1; pass <= passes; pass++) {
        if (pass == passes)
            platform_mark(true);
        for (size_t i = 0; i < count; i++) {
            const WarmTranslation *t = &warm.translations[i];
            translate(&replay, (Source){t, &warm.guests[t->first], 0},
                      &measures[i]);
        }
    }
    platform_mark(false);
    print_header();
    for (size_t i = 0; i < count; i++)
        print_measure(i, warm.translations[i].gear, &measures[i], clock);
    return 0;
}
