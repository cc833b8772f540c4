/* What the layer's routines around the translator take: look-ups, counting,
 * linking, installing and taking out, on translations of the recorded entries.
 * The routines are the layer's own (morph/), on a layer that has just what they
 * touch, and a core that only they would ask.  Prints CSV. */
#include "base/alloc.h"
#include "bench/calibration/platform.h"
#include "bench/calibration/stages.h"
#include "morph/layer_impl.h"

#include <stdlib.h>

enum {
    ROUNDS = 4, /* the last one counts */
    EXITS = 2,
    HASH = 4096,       /* entries of the table of computed jumps */
    CODE_PER_INSN = 9, /* bytes of molecules of a guest instruction */
    STRIDE = 61,       /* from one entry to the next that is asked for: prime */
    SEGMENT = 29,      /* kseg0 and kseg1 are so large: 2^n */
};

typedef struct Entry {
    const WarmTranslation *record;
    const IrGuest *guests;
    VliwCode code;
    IrExit exits[EXITS];
    CoreCode core;
    CoreExit core_exits[EXITS];
    Translation *t;
} Entry;

typedef struct Rig {
    Layer *l;
    CorePredict predict;
    Entry *entries;
    size_t count;
    uint32_t *memory; /* the guest's words, entry by entry */
    uint8_t *molecules, *tcache;
    uint64_t cycles[2]; /* of the last round: installing, taking out */
} Rig;

/* --- What the routines ask of others, who are not there ------------------- */

void core_charge(Core *core, CoreCause cause, uint64_t cycles)
{
    (void)core, (void)cause, (void)cycles;
}

void core_settle_code(Core *core, CoreCode *code)
{
    (void)core, (void)code;
}

void core_remove(Core *core, CoreCode *code)
{
    (void)core, (void)code;
}

void core_forget(Core *core)
{
    (void)core;
}

void core_renew_page(Core *core, uint32_t pa)
{
    (void)core, (void)pa;
}

void core_protect(Core *core, uint32_t pa, uint32_t size)
{
    (void)core, (void)pa, (void)size;
}

void cpu_watch_page(Cpu *cpu, uint32_t pa)
{
    (void)cpu, (void)pa;
}

void core_set_generation(Core *core, uint64_t generation)
{
    (void)core, (void)generation;
}

void replay_remove(Layer *l, Translation *t)
{
    (void)l, (void)t;
}

void translate_forget(Translation *t)
{
    (void)t;
}

/* Of the guest's mapping, which nothing here asks for. */
TlbResult tlb_translate(GuestState *s, const TlbIndex *index, uint32_t va,
                        bool store, TlbPage *page)
{
    (void)s, (void)index, (void)va, (void)store, (void)page;
    platform_exit(6);
}

uint8_t *bus_page(Bus *bus, uint32_t pa, bool write)
{
    (void)bus, (void)pa, (void)write;
    platform_exit(6);
}

/* --- The layer and its translations --------------------------------------- */

static uint32_t physical(uint32_t va)
{
    return va & ((1u << SEGMENT) - 1);
}

static void make_layer(Rig *r)
{
    Layer *l = r->l = alloc_zeroed(1, sizeof *l);
    l->scratch = arena_create();
    l->pool = pool_create();
    l->blocks = alloc_zeroed(PROFILE_BLOCKS, sizeof *l->blocks);
    l->branches = alloc_zeroed(PROFILE_BRANCHES, sizeof *l->branches);
    l->branch_index = alloc_zeroed(BRANCH_BUCKETS, sizeof *l->branch_index);
    l->index = alloc_zeroed(INDEX_BUCKETS, sizeof *l->index);
    l->hash = alloc_zeroed(HASH, sizeof *l->hash);
    l->hash_mask = HASH - 1;
    l->holder = l;
    l->predict = &r->predict;
    l->gear1_threshold = UINT32_MAX;
    l->chain = l->inline_cache = true;
    l->grain = 1;
    l->generation = 1;
    l->decoded = alloc_zeroed((size_t)1 << DECODED_BITS, sizeof *l->decoded);
    gear0_init(l);
    codepages_create_group(l);
}

/* Only what is never mapped needs no TLB. */
static bool is_usable(const Rig *r, uint32_t pc)
{
    if (layer_is_mapped(pc))
        return false;
    for (size_t i = 0; i < r->count; i++)
        if (r->entries[i].guests[0].pc == pc)
            return false;
    return true;
}

static void make_entries(Rig *r, const Warm *warm)
{
    r->entries = alloc_zeroed(warm->translation_count, sizeof *r->entries);
    for (size_t i = 0; i < warm->translation_count; i++) {
        const WarmTranslation *record = &warm->translations[i];
        const IrGuest *guests = &warm->guests[record->first];
        if (!is_usable(r, guests[0].pc))
            continue;
        Entry *e = &r->entries[r->count++];
        *e = (Entry){.record = record, .guests = guests};
        e->code = (VliwCode){.pc = guests[0].pc,
                             .guests = (IrGuest *)guests,
                             .guest_count = record->count,
                             .exits = e->exits,
                             .exit_count = EXITS,
                             .size = CODE_PER_INSN * record->count};
        for (unsigned k = 0; k < EXITS; k++)
            e->exits[k] = (IrExit){.kind = IR_EXIT_DIRECT,
                                   .pc = record->next + 4 * k,
                                   .insns = record->count};
    }
    size_t words = warm->guest_count;
    r->memory = alloc_zeroed(words, sizeof *r->memory);
    r->molecules = alloc_zeroed(words, CODE_PER_INSN);
    r->tcache = alloc_zeroed(words, CODE_PER_INSN);
    for (size_t i = 0; i < words; i++)
        r->memory[i] = warm->guests[i].word;
}

static Translation *make_translation(const Rig *r, Entry *e)
{
    size_t pages = TRANSLATION_PAGES * sizeof(TranslationPage);
    size_t size =
        sizeof(Translation) + pages + e->code.guest_count * sizeof(CodeUse);
    Translation *t = pool_take_zeroed(r->l->pool, size);
    t->size = size;
    t->uses = (CodeUse *)(t->pages + TRANSLATION_PAGES);
    t->pc = e->code.pc;
    t->pa = physical(t->pc);
    t->gear = (uint8_t)e->record->gear;
    t->code = pool_take(r->l->pool, sizeof e->code);
    t->code_size = sizeof e->code;
    *t->code = e->code;
    for (unsigned i = 0; i < e->code.guest_count; i++) {
        uint32_t page = e->guests[i].pc & ~(PAGE_SIZE - 1u);
        unsigned k = 0;
        while (k < t->page_count && t->pages[k].va != page)
            k++;
        if (k == t->page_count)
            t->pages[t->page_count++] = (TranslationPage){
                .va = page, .page = codepages_get(r->l, physical(page))};
    }
    e->core = (CoreCode){.code = t->code,
                         .user = t,
                         .verified = r->l->generation,
                         .pc = t->pc,
                         .gear = t->gear,
                         .exits = e->core_exits};
    for (unsigned k = 0; k < EXITS; k++)
        e->core_exits[k] = (CoreExit){.record = e->exits[k]};
    t->core = &e->core;
    return t;
}

/* --- Routines ------------------------------------------------------------- */

/* As a saved one comes back: its words are compared, its molecules copied. */
static void install(Rig *r, Entry *e)
{
    size_t first = e->record->first, count = e->record->count;
    for (size_t i = 0; i < count; i++)
        if (r->memory[first + i] != e->guests[i].word)
            return;
    memcpy(r->tcache + CODE_PER_INSN * first,
           r->molecules + CODE_PER_INSN * first, CODE_PER_INSN * count);
    arena_reset(r->l->scratch);
    e->t = make_translation(r, e);
    links_add(r->l, e->t);
    tcache_add(r->l, e->t);
    codepages_add(r->l, e->t);
    if (e->t->gear == 1)
        profile_add(r->l, e->t);
}

typedef void Routine(Rig *r, Entry *e, Entry *other);

static void find(Rig *r, Entry *e, Entry *other)
{
    (void)other;
    if (tcache_find(r->l, e->t->pc, e->t->pa, 0) != e->t)
        platform_exit(5);
}

static void note(Rig *r, Entry *e, Entry *other)
{
    (void)other;
    links_note(r->l, e->t);
}

static void look_up(Rig *r, Entry *e, Entry *other)
{
    (void)other;
    links_looked_up(r->l, e->t->pc, 0);
}

static void count_block(Rig *r, Entry *e, Entry *other)
{
    (void)other;
    profile_block(r->l, e->t->pc, e->t->pa, 0);
}

static void count_branch(Rig *r, Entry *e, Entry *other)
{
    profile_branch(r->l, e->t->pc, e->t->pa, other->t->pc & 4);
}

static void chain(Rig *r, Entry *e, Entry *other)
{
    links_set(r->l, e->t, 0, other->t);
}

static const struct {
    const char *name, *key;
    Routine *run;
} routines[] = {
    {"find", "cost.dispatch", find},
    {"note", "", note},
    {"look_up", "cost.hash", look_up},
    {"count_block", "cost.profile0", count_block},
    {"count_branch", "cost.profile0", count_branch},
    {"chain", "cost.chain", chain},
};

/* Cycles of a routine on each of the entries. */
static uint32_t measure(Rig *r, Routine *run)
{
    uint32_t start = stages_now();
    size_t other = 0;
    for (size_t i = 0; i < r->count; i++) {
        other += STRIDE;
        while (other >= r->count)
            other -= r->count;
        run(r, &r->entries[other], &r->entries[i]);
    }
    return stages_now() - start;
}

static void print(const char *name, const char *key, uint32_t cycles,
                  size_t units)
{
    platform_print("%s,%s,%zu,%u\n", name, key, units, (unsigned)cycles);
}

static void run_round(Rig *r, bool last)
{
    size_t guests = 0;
    uint32_t start = stages_now(), installed, taken;
    for (size_t i = 0; i < r->count; i++) {
        install(r, &r->entries[i]);
        guests += r->entries[i].code.guest_count;
    }
    installed = stages_now() - start;
    for (size_t i = 0; i < ARRAY_LEN(routines); i++) {
        uint32_t cycles = measure(r, routines[i].run);
        if (last)
            print(routines[i].name, routines[i].key, cycles, r->count);
    }
    start = stages_now();
    for (size_t i = 0; i < r->count; i++)
        tcache_remove(r->l, r->entries[i].t);
    taken = stages_now() - start;
    if (last) {
        print("install", "cost.warm", installed, guests);
        print("remove", "cost.invalidate", taken, r->count);
    }
}

int main(void)
{
    Rig rig = {.count = 0};
    Warm warm = {0};
    Diag diag;
    const char *text = platform_regions();
    if (!warm_parse(&warm, "regions", text, strlen(text), &diag))
        return 2;
    make_layer(&rig);
    make_entries(&rig, &warm);
    platform_print("routine,key,units,cycles\n");
    for (unsigned round = 1; round <= ROUNDS; round++) {
        if (round == ROUNDS)
            platform_mark(true);
        run_round(&rig, round == ROUNDS);
    }
    platform_mark(false);
    return 0;
}
