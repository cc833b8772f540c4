/* Translation: guest code to a block (gear 1) or a superblock (gear 2) in the
 * translation cache, and what that costs. */
#include "morph/layer_impl.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Where a translation's code is read, as far as it has been, and what it was
 * translated along. */
typedef struct Source {
    Layer *l;
    bool user;
    uint32_t pc; /* of the entry */
    /* An earlier run's, or another one of now: its path is taken again; or
     * NULL. */
    const WarmTranslation *record;
    const IrGuest *guests; /* the record's */
    bool replay;           /* the record is part of a translation */
    bool block;            /* it is for gear 1 */
    bool borrowed;         /* the record is another processor's */
    unsigned followed;     /* of them */
    const LiftPlan *plan;  /* what was lifted; in the scratch arena */
    /* Of a superblock: how many of PROFILE_ALL entries get to where it is at,
     * and have to; at its end fewer did. */
    uint32_t reach, least;
    bool whole; /* it ends for none of the limits of brief ones */
    bool brief;
    unsigned insns; /* LiftLimits and OptConfig that were used last */
    bool hoist;
    unsigned page_count;
    struct {
        uint32_t va, pa;
        const uint8_t *host;
    } pages[TRANSLATION_PAGES];
} Source;

/* Physical address of `va`, in a page that is noted; *host is the page. */
static bool find_page(Source *s, uint32_t va, uint32_t *pa,
                      const uint8_t **host)
{
    uint32_t page = va & ~(PAGE_SIZE - 1u);
    unsigned i = 0;
    while (i < s->page_count && s->pages[i].va != page)
        i++;
    if (i == s->page_count) {
        uint32_t page_pa;
        if (i == TRANSLATION_PAGES ||
            !codepages_lookup(s->l, page, s->user, &page_pa, host))
            return false;
        s->pages[i].va = page;
        s->pages[i].pa = page_pa;
        s->pages[i].host = *host;
        s->page_count++;
    }
    *pa = s->pages[i].pa | va % PAGE_SIZE;
    *host = s->pages[i].host;
    return true;
}

/* The translator reads code as data. */
static bool fetch(void *ctx, uint32_t va, uint32_t *word)
{
    Source *s = ctx;
    Layer *l = s->l;
    uint32_t pa;
    const uint8_t *host;
    CoreFault fault;
    if (!find_page(s, va, &pa, &host) || codepages_is_interpreted(l, pa) ||
        !core_touch(l->core, va, s->user, false, &fault))
        return false;
    *word = bits_load32(host + va % PAGE_SIZE, l->cpu_config.big_endian);
    return true;
}

/* Whether enough entries of the superblock get past a place, of which `share`
 * of PROFILE_ALL go on there. */
static bool is_reached(Source *s, uint32_t share)
{
    s->reach = (uint32_t)((uint64_t)s->reach * share / PROFILE_ALL);
    s->brief |= s->reach < s->least;
    return s->reach >= s->least;
}

static LiftPath path(void *ctx, uint32_t pc)
{
    Source *s = ctx;
    uint32_t pa, share;
    const uint8_t *host;
    if (!find_page(s, pc, &pa, &host))
        return LIFT_STOP;
    LiftPath way = profile_path(s->l, pc, pa, &share);
    return way != LIFT_STOP && is_reached(s, share) ? way : LIFT_STOP;
}

static bool target(void *ctx, uint32_t pc, uint32_t *to)
{
    Source *s = ctx;
    uint32_t pa, share;
    const uint8_t *host;
    return find_page(s, pc, &pa, &host) &&
           profile_target(s->l, pc, pa, to, &share) && is_reached(s, share);
}

/* Whether enough other superblocks have what is at `pc`. */
static bool is_copied(Source *s, uint32_t pc)
{
    unsigned most = s->l->gear2_copies;
    uint32_t pa;
    const uint8_t *host;
    return most > 0 && find_page(s, pc, &pa, &host) &&
           codepages_count(s->l, pa, s->pc, most) == most;
}

/* Whether going on, round a loop or where others are, takes more room than it
 * is known to be worth. */
static bool ends(void *ctx, uint32_t pc, unsigned insns, unsigned visits)
{
    Source *s = ctx;
    unsigned unroll = s->l->gear2_unroll;
    if (s->block || s->whole)
        return false;
    bool enough = visits ? unroll > 0 && insns >= unroll : is_copied(s, pc);
    s->brief |= enough;
    return enough;
}

/* What the TLB refused gear 1 often. */
static bool fails(void *ctx, uint32_t pc)
{
    Source *s = ctx;
    uint32_t pa;
    const uint8_t *host;
    return !s->block && find_page(s, pc, &pa, &host) &&
           codepages_is_refused(s->l, pa);
}

/* --- Along a record --------------------------------------------------------
 */

/* Whether the code is what it was. */
static bool is_unchanged(Source *s)
{
    for (unsigned i = 0; i < s->record->count; i++) {
        uint32_t word;
        core_charge(s->l->core, CORE_CAUSE_WARM, s->l->cost.warm);
        if (!fetch(s, s->guests[i].pc, &word) || word != s->guests[i].word)
            return false;
    }
    return true;
}

static bool record_fetch(void *ctx, uint32_t va, uint32_t *word)
{
    Source *s = ctx;
    if (s->followed == s->record->count || s->guests[s->followed].pc != va)
        return false;
    *word = s->guests[s->followed++].word;
    return true;
}

/* Whatever the record has after a branch that it took: if that is not the
 * branch's target, it is never fetched. */
static LiftPath record_path(void *ctx, uint32_t pc)
{
    const Source *s = ctx;
    uint32_t next = s->followed < s->record->count ? s->guests[s->followed].pc
                                                   : s->record->next;
    return next == pc + 8 ? LIFT_NOT_TAKEN : LIFT_TAKEN;
}

static bool record_target(void *ctx, uint32_t pc, uint32_t *to)
{
    (void)pc;
    const Source *s = ctx;
    if (s->followed == s->record->count) {
        *to = s->record->next;
        return s->replay;
    }
    *to = s->guests[s->followed].pc;
    return true;
}

/* --- From code to molecules ------------------------------------------------
 */

/* What there is to lift from `pc` on, into s->plan. */
static void discover(Source *s, const LiftLimits *limits, uint32_t pc,
                     uint8_t mode)
{
    Layer *l = s->l;
    const LiftSource code = {s, fetch, path, target, fails, ends};
    const LiftSource record = {s,     record_fetch, record_path, record_target,
                               fails, NULL};
    s->pc = pc;
    s->page_count = 0;
    s->followed = 0;
    s->reach = PROFILE_ALL;
    s->brief = false;
    LiftPlan *plan = lift_discover(l->scratch, s->record ? &record : &code,
                                   limits, pc, layer_context(l, mode));
    /* What ended it was not looked at again; the keys may have ended it
     * before. */
    if (s->record && plan->count == s->record->count)
        plan->interpret = s->record->interpret;
    s->plan = plan;
}

static void charge_gear2(Layer *l, unsigned guests, const OptWork *work)
{
    const LayerCosts *cost = &l->cost;
    uint64_t visits = 0;
    for (unsigned i = 0; i < OPT_PASSES; i++)
        visits += work->pass[i];
    core_charge(l->core, CORE_CAUSE_TRANSLATE2_FORM, cost->form * guests);
    core_charge(l->core, CORE_CAUSE_TRANSLATE2_OPT, cost->pass * visits);
    core_charge(l->core, CORE_CAUSE_TRANSLATE2_SCHED,
                cost->select * work->select + cost->schedule * work->schedule +
                    cost->regalloc * work->regalloc +
                    cost->encode * work->encode);
}

static void charge(Layer *l, unsigned gear, unsigned guests,
                   const OptWork *work)
{
    if (gear == 1)
        core_charge(l->core, CORE_CAUSE_TRANSLATE1,
                    l->cost.translate1 * guests);
    else
        charge_gear2(l, guests, work);
}

/* Lifts, optimizes and schedules. */
static VliwCode *compile(Layer *l, const MemoInput *input, OptWork *work)
{
    const OptConfig *opt = input->opt;
    IrRegion *region = lift_region(l->scratch, input->plan, input->limits);
    hostprofile_enter(l->host_profile, HOST_OPTIMIZE);
    opt_run_passes(region, opt, work, NULL, NULL);
    hostprofile_enter(l->host_profile, HOST_SCHEDULE);
    VliwCode *code = opt_schedule(region, &l->desc, opt, l->scratch, work);
    if (opt->verify) {
        Diag diag = {""};
        bool legal = opt_check(code, region, &l->desc, &diag);
        if (!legal)
            fprintf(stderr, "%s\n", diag.text);
        assert(legal);
    }
    return code;
}

/* The same, or what an earlier run kept of it. */
static VliwCode *compile_once(Layer *l, const MemoInput *input, OptWork *work)
{
    if (!l->memo)
        return compile(l, input, work);
    VliwCode *code = memo_find(l->memo, input, l->scratch, work);
    if (code)
        return code;
    *work = (OptWork){0};
    code = compile(l, input, work);
    memo_add(l->memo, code, work);
    return code;
}

/* Molecules for the code at `pc`, at most `insns` guest instructions, in the
 * scratch arena; NULL if the first one cannot be lifted.  Those of a record
 * were paid for when its words were compared. */
static VliwCode *make_code(Layer *l, Source *source, uint32_t pc, uint8_t mode,
                           unsigned gear, unsigned insns)
{
    hostprofile_enter(l->host_profile, HOST_LIFT);
    arena_reset(l->scratch);
    LiftLimits limits =
        gear == 1 && !source->replay ? l->block_limits : l->superblock_limits;
    limits.insns = insns;
    discover(source, &limits, pc, mode);
    if (source->plan->count == 0) {
        if (!source->record)
            core_charge(l->core, CORE_CAUSE_TRANSLATE1, l->cost.translate1);
        return NULL;
    }
    OptConfig opt = gear == 1 ? l->fast : l->full;
    uint32_t pa;
    const uint8_t *host;
    if (find_page(source, pc, &pa, &host) && codepages_is_unmoved(l, pa))
        opt.hoist = false;
    const MemoInput input = {source->plan, &limits, &opt};
    OptWork work = {0};
    VliwCode *code = compile_once(l, &input, &work);
    source->insns = insns;
    source->hoist = opt.hoist;
    if (!source->record || source->replay)
        charge(l, gear, code->guest_count, &work);
    return code;
}

/* --- Installing ------------------------------------------------------------
 */

/* `code` in one block of `*size` bytes of the pool.  Its molecules are most of
 * it; once the core has made them ready only a trace wants them. */
static VliwCode *keep_code(Pool *pool, const VliwCode *code, bool traced,
                           size_t *size)
{
    size_t molecules = traced ? code->count * sizeof *code->molecules : 0;
    size_t exits = code->exit_count * sizeof *code->exits;
    size_t guests = code->guest_count * sizeof *code->guests;
    *size = sizeof(VliwCode) + molecules + exits + guests;
    VliwCode *kept = pool_take(pool, *size);
    *kept = *code;
    kept->molecules = (Molecule *)(kept + 1);
    kept->exits = (IrExit *)((char *)kept->molecules + molecules);
    kept->guests = (IrGuest *)(kept->exits + code->exit_count);
    memcpy(kept->molecules, code->molecules, molecules);
    memcpy(kept->exits, code->exits, exits);
    memcpy(kept->guests, code->guests, guests);
    return kept;
}

/* Pages that a translation was made from. */
typedef struct Pages {
    unsigned count;
    bool mapped;
    TranslationPage pages[TRANSLATION_PAGES];
} Pages;

static void add_page(Pages *pages, Source *source, uint32_t va)
{
    uint32_t page = va & ~(PAGE_SIZE - 1u), pa = 0;
    for (unsigned i = 0; i < pages->count; i++)
        if (pages->pages[i].va == page)
            return;
    const uint8_t *host;
    bool found = find_page(source, page, &pa, &host);
    assert(found); /* it was read from there */
    (void)found;
    pages->pages[pages->count++] =
        (TranslationPage){.va = page, .page = codepages_get(source->l, pa)};
    pages->mapped |= layer_is_mapped(page);
}

/* A translation without contents but for its pages. */
static Translation *make_translation(Pool *pool, const Pages *pages,
                                     unsigned guests)
{
    size_t size = pages->count * sizeof pages->pages[0];
    size_t whole = sizeof(Translation) + size + guests * sizeof(CodeUse);
    Translation *t = pool_take_zeroed(pool, whole);
    t->size = whole;
    memcpy(t->pages, pages->pages, size);
    t->page_count = pages->count;
    t->uses = (CodeUse *)(t->pages + pages->count);
    return t;
}

static void count(Layer *l, const Source *source, const Translation *t)
{
    const VliwCode *code = t->code;
    bool revived = source->record && !source->replay && !source->borrowed;
    if (source->borrowed) {
        l->stats.borrowed[t->gear]++;
        l->stats.borrowed_guests += code->guest_count;
    } else if (revived) {
        l->stats.warm_installed[t->gear]++;
        l->stats.warm_guests += code->guest_count;
        l->stats.warm_bytes += code->size;
    } else {
        l->stats.translations[t->gear]++;
        l->stats.guests[t->gear] += code->guest_count;
        l->stats.bytes[t->gear] += code->size;
        l->stats.length[t->gear] += code->length;
        l->stats.bound[t->gear] += code->bound;
        histogram_add(&l->stats.insns_made[t->gear], INSNS_BUCKETS,
                      code->guest_count, 1);
        histogram_add(&l->stats.length_made[t->gear], INSNS_BUCKETS,
                      code->length, 1);
    }
    layer_event(l,
                source->replay     ? "replay"
                : source->borrowed ? "borrow"
                : revived          ? "revive"
                                   : "translate",
                t, "%u instructions, %u cycles, at least %u, %u bytes",
                code->guest_count, code->length, code->bound, code->size);
}

/* Entries of a translation after which it is hot. */
static uint64_t hot_entries(const Layer *l, const Translation *t)
{
    if (t->brief)
        return l->gear2_again;
    if (t->gear != 1 || l->gears < 2 || t->replay)
        return UINT64_MAX;
    return l->gear2_threshold > t->earlier ? l->gear2_threshold - t->earlier
                                           : 1;
}

/* Notes what its molecules were made from. */
static void keep_plan(Translation *t, const VliwCode *code,
                      const LiftPlan *lifted, unsigned insns, bool hoist)
{
    TranslationPlan *plan =
        alloc_zeroed(1, sizeof *plan + lifted->count * sizeof *plan->steps);
    *plan = (TranslationPlan){.steps = (TranslationStep *)(plan + 1),
                              .count = lifted->count,
                              .insns = insns,
                              .hoist = hoist,
                              .hash = memo_hash_code(code)};
    for (unsigned i = 0; i < lifted->count; i++) {
        const LiftInsn *in = &lifted->insns[i];
        plan->steps[i] = (TranslationStep){in->pc, in->word, in->target,
                                           in->taken, in->fails};
    }
    t->plan = plan;
}

void translate_forget(Translation *t)
{
    free(t->plan);
}

/* `t`, which has pages and keys, gets its molecules and a core's form. */
static void put_code(Layer *l, Translation *t, const VliwCode *code,
                     bool mapped)
{
    t->code = keep_code(l->pool, code, l->hooks.molecule, &t->code_size);
    t->core = tcache_install(l, code, &t->place);
    t->core->code = t->code;
    t->core->user = t;
    t->core->pc = t->pc;
    t->core->mode = t->mode;
    t->core->mapped = mapped;
}

static Translation *install(Layer *l, const VliwCode *code, Source *source,
                            uint8_t mode, unsigned gear,
                            const TcachePlace *place)
{
    Pages pages = {.count = 0};
    for (unsigned i = 0; i < code->guest_count; i++)
        add_page(&pages, source, code->guests[i].pc);
    Translation *t = make_translation(l->pool, &pages, code->guest_count);
    t->pc = code->pc;
    t->pa = t->pages[0].page->pa | t->pc % PAGE_SIZE;
    t->mode = mode;
    t->gear = (uint8_t)gear;
    t->replay = source->replay;
    t->brief = source->brief && l->gear2_again > 0;
    if (source->record && l->warm_counts)
        t->earlier = source->record->entries;
    t->next = source->plan->next;
    t->interpret = source->plan->interpret;
    t->place = *place;
    if (l->keeps_plans)
        keep_plan(t, code, source->plan, source->insns, source->hoist);
    put_code(l, t, code, pages.mapped);
    t->core->hot = hot_entries(l, t);
    t->core->counts |= t->brief;
    links_add(l, t);
    tcache_add(l, t);
    codepages_add(l, t);
    watch_add(l, t);
    if (gear == 1)
        profile_add(l, t);
    count(l, source, t);
    return t;
}

/* Guest instructions, at most. */
static unsigned most_insns(const Layer *l, const Source *source, unsigned gear)
{
    if (source->replay) /* make() wants two */
        return source->record->count + 1;
    return gear == 1 ? l->block_limits.insns : l->superblock_limits.insns;
}

/* NULL if nothing can be lifted, or the translation cache is too small. */
static Translation *make(Layer *l, Source *source, uint32_t pc, uint8_t mode,
                         unsigned gear)
{
    HostPart before = hostprofile_enter(l->host_profile, HOST_LIFT);
    Translation *t = NULL;
    source->block = gear == 1;
    for (unsigned insns = most_insns(l, source, gear); insns > 1; insns /= 2) {
        VliwCode *code = make_code(l, source, pc, mode, gear, insns);
        TcachePlace place;
        hostprofile_enter(l->host_profile, HOST_INSTALL);
        if (!code)
            break;
        if (tcache_make_room(l, code, gear, &place)) {
            t = install(l, code, source, mode, gear, &place);
            break;
        }
    }
    hostprofile_enter(l->host_profile, before);
    return t;
}

static Translation *translate_to(Layer *l, uint32_t pc, uint8_t mode,
                                 unsigned gear, bool whole)
{
    Source source = {.l = l,
                     .user = layer_context(l, mode).user,
                     .least = whole ? 0 : PROFILE_ALL * l->gear2_reach / 100,
                     .whole = whole};
    Translation *t = make(l, &source, pc, mode, gear);
    if (!t)
        l->stats.failed++;
    return t;
}

Translation *translate(Layer *l, uint32_t pc, uint8_t mode, unsigned gear)
{
    return translate_to(l, pc, mode, gear, false);
}

Translation *translate_whole(Layer *l, uint32_t pc, uint8_t mode)
{
    Translation *t = translate_to(l, pc, mode, 2, true);
    l->stats.remade += t != NULL;
    return t;
}

Translation *translate_again(Layer *l, const WarmTranslation *record,
                             const IrGuest *guests)
{
    const IrContext *context = &record->context;
    Source source = {
        .l = l, .user = context->user, .record = record, .guests = guests};
    uint8_t mode = layer_mode(context->user, context->fpu, context->pending);
    if (!is_unchanged(&source))
        return NULL;
    return make(l, &source, guests[0].pc, mode, record->gear);
}

Translation *translate_borrowed(Layer *l, const Translation *other)
{
    const VliwCode *code = other->code;
    WarmTranslation record = {.gear = other->gear,
                              .context = code->context,
                              .next = other->next,
                              .interpret = other->interpret,
                              .count = code->guest_count};
    Source source = {.l = l,
                     .user = record.context.user,
                     .record = &record,
                     .guests = code->guests,
                     .borrowed = true};
    if (!is_unchanged(&source))
        return NULL;
    return make(l, &source, code->pc, other->mode, record.gear);
}

Translation *translate_replay(Layer *l, const Translation *t, unsigned from,
                              unsigned to)
{
    const IrGuest *guests = t->code->guests;
    WarmTranslation record = {.gear = 1,
                              .context = layer_context(l, t->mode),
                              .next = guests[to].pc,
                              .interpret = true,
                              .count = to - from};
    record.context.pending = l->pending;
    Source source = {.l = l,
                     .user = record.context.user,
                     .record = &record,
                     .guests = guests + from,
                     .replay = true};
    uint8_t mode =
        layer_mode(record.context.user, record.context.fpu, l->pending);
    for (unsigned i = from; i < to; i++) {
        uint32_t word;
        if (!fetch(&source, guests[i].pc, &word) || word != guests[i].word)
            return NULL;
    }
    return make(l, &source, guests[from].pc, mode, record.gear);
}

/* --- From a checkpoint ------------------------------------------------------
 */

/* A plan that is followed again. */
typedef struct Saved {
    const TranslationPlan *plan;
    uint32_t next;     /* where it led on */
    unsigned followed; /* of its steps, and asked about */
    unsigned asked;
} Saved;

static bool saved_fetch(void *ctx, uint32_t va, uint32_t *word)
{
    Saved *s = ctx;
    if (s->followed == s->plan->count || s->plan->steps[s->followed].pc != va)
        return false;
    *word = s->plan->steps[s->followed++].word;
    return true;
}

/* The branch whose delay slot was read last. */
static const TranslationStep *saved_branch(const Saved *s)
{
    return &s->plan->steps[s->followed - 2];
}

static LiftPath saved_path(void *ctx, uint32_t pc)
{
    const Saved *s = ctx;
    (void)pc;
    if (saved_branch(s)->taken)
        return LIFT_TAKEN;
    return s->followed < s->plan->count ? LIFT_NOT_TAKEN : LIFT_STOP;
}

static bool saved_target(void *ctx, uint32_t pc, uint32_t *to)
{
    const Saved *s = ctx;
    (void)pc;
    bool taken = saved_branch(s)->taken;
    *to = taken ? saved_branch(s)->target : s->next;
    return taken;
}

/* Of each step that is followed, in their order. */
static bool saved_fails(void *ctx, uint32_t pc)
{
    Saved *s = ctx;
    (void)pc;
    return s->plan->steps[s->asked++].fails;
}

static bool is_same_plan(const LiftPlan *lifted, const TranslationRecord *r)
{
    if (lifted->count != r->plan.count || lifted->next != r->next)
        return false;
    for (unsigned i = 0; i < lifted->count; i++) {
        const LiftInsn *in = &lifted->insns[i];
        const TranslationStep *step = &r->plan.steps[i];
        if (in->pc != step->pc || in->word != step->word ||
            in->taken != step->taken || in->target != step->target)
            return false;
    }
    return true;
}

/* Its pages; false: an instruction lies in none of them. */
static bool saved_pages(Layer *l, const TranslationRecord *r, Pages *pages)
{
    for (unsigned i = 0; i < r->page_count; i++) {
        if ((r->pages[i].va | r->pages[i].pa) % PAGE_SIZE)
            return false;
        pages->pages[i] = (TranslationPage){
            .va = r->pages[i].va, .page = codepages_get(l, r->pages[i].pa)};
        pages->mapped |= layer_is_mapped(r->pages[i].va);
    }
    pages->count = r->page_count;
    for (unsigned i = 0; i < r->plan.count; i++) {
        uint32_t page = r->plan.steps[i].pc & ~(PAGE_SIZE - 1u);
        unsigned at = 0;
        while (at < pages->count && pages->pages[at].va != page)
            at++;
        if (at == pages->count)
            return false;
    }
    return pages->pages[0].va == (r->pc & ~(PAGE_SIZE - 1u));
}

/* In the scratch arena; NULL: another one. */
static VliwCode *saved_code(Layer *l, const TranslationRecord *r,
                            const LiftPlan **plan)
{
    Saved saved = {.plan = &r->plan, .next = r->next};
    const LiftSource source = {&saved,       saved_fetch, saved_path,
                               saved_target, saved_fails, NULL};
    LiftLimits limits =
        r->gear == 1 && !r->replay ? l->block_limits : l->superblock_limits;
    limits.insns = r->plan.insns;
    arena_reset(l->scratch);
    LiftPlan *lifted = lift_discover(l->scratch, &source, &limits, r->pc,
                                     layer_context(l, r->mode));
    if (!is_same_plan(lifted, r))
        return NULL;
    lifted->interpret = r->interpret;
    *plan = lifted;
    OptConfig opt = r->gear == 1 ? l->fast : l->full;
    opt.hoist = r->plan.hoist;
    const MemoInput input = {lifted, &limits, &opt};
    OptWork work = {0};
    VliwCode *code = compile_once(l, &input, &work);
    return memo_hash_code(code) == r->plan.hash ? code : NULL;
}

Translation *translate_saved(Layer *l, const TranslationRecord *r)
{
    const LiftPlan *plan;
    Pages pages = {.count = 0};
    VliwCode *code = saved_code(l, r, &plan);
    TcachePlace place;
    if (!code || !tcache_place(l, code, r->gear, r->at, &place) ||
        !saved_pages(l, r, &pages))
        return NULL;
    Translation *t = make_translation(l->pool, &pages, code->guest_count);
    t->pc = r->pc;
    t->pa = t->pages[0].page->pa | t->pc % PAGE_SIZE;
    t->mode = r->mode;
    t->gear = r->gear;
    t->replay = r->replay;
    t->next = r->next;
    t->interpret = r->interpret;
    t->place = place;
    if (l->keeps_plans)
        keep_plan(t, code, plan, r->plan.insns, r->plan.hoist);
    put_code(l, t, code, pages.mapped);
    links_add(l, t);
    tcache_put(l, t);
    codepages_add(l, t);
    watch_add(l, t);
    if (t->gear == 1)
        profile_add(l, t);
    return t;
}
