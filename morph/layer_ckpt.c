/* What a checkpoint holds of the layer: all that a later cycle depends on.
 *
 * Molecules are not in it.  A translation is the guest code that it was made
 * from and the way through it, of which molecules are a pure function (memo.h);
 * they are made again, and must be those that were saved, which a hash tells.
 * So nothing of a file is ever executed that this program has not made.
 *
 * Translations are told by their numbers, the oldest first; 0 is none.  They
 * are put back in that order, so that every list that new ones are put in front
 * of is as it was. */
#include "morph/layer_impl.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A translation as it is saved.  Its guest instructions, pages, exits and links
 * are in arrays of all of them. */
typedef struct Saved {
    uint32_t pc, next, insns, earlier, spurious;
    uint8_t mode, gear;
    bool interpret, replay, hoist, failures, brief;
    uint64_t at[TCACHE_AREAS], verified, entries, hot, hash;
    uint32_t replay_of;
    uint16_t replay_from, replay_to;
    uint32_t guests, pages, exits, links;
} Saved;

typedef struct SavedExit {
    uint32_t next;
    bool checked;
    uint64_t generation, count;
} SavedExit;

typedef struct SavedLink {
    uint32_t to, pc;
    uint64_t hits;
} SavedLink;

typedef struct SavedPage {
    uint32_t va, pa;
} SavedPage;

typedef struct SavedCall {
    uint32_t pc, from, link; /* number of the translation, and of its link */
} SavedCall;

/* All of them. */
typedef struct Image {
    Layer *l;
    Ckpt *ckpt;
    size_t known; /* translations that have a number */
    size_t count, guest_count, page_count, exit_count, link_count;
    size_t call_count, hash_count, jump_count;
    Translation **translations; /* by number, those that are known */
    Saved *saved;
    TranslationStep *steps;
    uint8_t *failures; /* one a guest instruction */
    SavedPage *pages;
    SavedExit *exits;
    SavedLink *links;
    SavedCall *calls;       /* the return stack */
    uint32_t *hash, *jumps; /* the hash table, and the jump cache */
} Image;

static const CkptField saved_fields[] = {
    CKPT_FIELD(Saved, pc),
    CKPT_FIELD(Saved, next),
    CKPT_UP_TO(Saved, insns, WARM_GUESTS_MAX),
    CKPT_FIELD(Saved, earlier),
    CKPT_FIELD(Saved, spurious),
    CKPT_FIELD(Saved, mode),
    CKPT_UP_TO(Saved, gear, 2),
    CKPT_BOOL(Saved, interpret),
    CKPT_BOOL(Saved, replay),
    CKPT_BOOL(Saved, hoist),
    CKPT_BOOL(Saved, failures),
    CKPT_BOOL(Saved, brief),
    CKPT_ARRAY(Saved, at),
    CKPT_FIELD(Saved, verified),
    CKPT_FIELD(Saved, entries),
    CKPT_FIELD(Saved, hot),
    CKPT_FIELD(Saved, hash),
    CKPT_FIELD(Saved, replay_of),
    CKPT_FIELD(Saved, replay_from),
    CKPT_FIELD(Saved, replay_to),
    CKPT_UP_TO(Saved, guests, WARM_GUESTS_MAX),
    CKPT_UP_TO(Saved, pages, TRANSLATION_PAGES),
    CKPT_UP_TO(Saved, exits, UINT16_MAX),
    CKPT_UP_TO(Saved, links, 1 << 20),
};

static const CkptField step_fields[] = {
    CKPT_FIELD(TranslationStep, pc),     CKPT_FIELD(TranslationStep, word),
    CKPT_FIELD(TranslationStep, target), CKPT_BOOL(TranslationStep, taken),
    CKPT_BOOL(TranslationStep, fails),
};

static const CkptField page_fields[] = {
    CKPT_FIELD(SavedPage, va),
    CKPT_FIELD(SavedPage, pa),
};

static const CkptField exit_fields[] = {
    {"exit.next", offsetof(SavedExit, next), sizeof(uint32_t), 1, UINT64_MAX},
    {"exit.checked", offsetof(SavedExit, checked), sizeof(bool), 1, 1},
    {"exit.generation", offsetof(SavedExit, generation), sizeof(uint64_t), 1,
     UINT64_MAX},
    {"exit.count", offsetof(SavedExit, count), sizeof(uint64_t), 1, UINT64_MAX},
};

static const CkptField link_fields[] = {
    {"link.to", offsetof(SavedLink, to), sizeof(uint32_t), 1, UINT64_MAX},
    {"link.pc", offsetof(SavedLink, pc), sizeof(uint32_t), 1, UINT64_MAX},
    {"link.hits", offsetof(SavedLink, hits), sizeof(uint64_t), 1, UINT64_MAX},
};

static const CkptField call_fields[] = {
    {"call.pc", offsetof(SavedCall, pc), sizeof(uint32_t), 1, UINT64_MAX},
    {"call.from", offsetof(SavedCall, from), sizeof(uint32_t), 1, UINT64_MAX},
    {"call.link", offsetof(SavedCall, link), sizeof(uint32_t), 1, UINT64_MAX},
};

/* --- Numbers ---------------------------------------------------------------
 */

static uint32_t number_of(const CoreCode *code)
{
    return code ? ((const Translation *)code->user)->number : 0;
}

static uint32_t number(const Translation *t)
{
    return t ? t->number : 0;
}

/* NULL for 0, and after an error. */
static Translation *named(Image *im, uint32_t n)
{
    if (n <= im->known)
        return n ? im->translations[n] : NULL;
    ckpt_fail(im->ckpt,
              "section model: there is no translation %u; save it "
              "anew",
              n);
    return NULL;
}

static CoreCode *named_core(Image *im, uint32_t n)
{
    Translation *t = named(im, n);
    return t ? t->core : NULL;
}

/* --- From translations to the image ----------------------------------------
 */

static unsigned links_of(const Translation *t)
{
    return t->code->exit_count + t->call_count;
}

static void count_all(Image *im)
{
    for (Translation *t = im->l->oldest; t; t = t->newer) {
        t->number = (uint32_t)++im->count;
        im->guest_count += t->code->guest_count;
        im->page_count += t->page_count;
        im->exit_count += t->code->exit_count;
        im->link_count += links_of(t);
    }
}

/* A layer that runs from the translation cache of another one has none of its
 * own to save; it names those of the holder, which came before it. */
static void name_all(Image *im)
{
    Translation *others = im->l->holder == im->l ? NULL : im->l->holder->oldest;
    im->known = im->count;
    for (const Translation *t = others; t; t = t->newer)
        im->known++;
    im->translations = alloc_zeroed(im->known + 1, sizeof *im->translations);
    for (Translation *t = others; t; t = t->newer)
        im->translations[t->number] = t;
}

static void make_room(Image *im)
{
    name_all(im);
    im->saved = alloc_zeroed(im->count, sizeof *im->saved);
    im->steps = alloc_zeroed(im->guest_count, sizeof *im->steps);
    im->failures = alloc_zeroed(im->guest_count, 1);
    im->pages = alloc_zeroed(im->page_count, sizeof *im->pages);
    im->exits = alloc_zeroed(im->exit_count, sizeof *im->exits);
    im->links = alloc_zeroed(im->link_count, sizeof *im->links);
    im->call_count = im->l->predict->return_count;
    im->calls = alloc_zeroed(im->call_count, sizeof *im->calls);
    bool hash = im->l->hash && im->l->holder == im->l;
    im->hash_count = hash ? im->l->hash_mask + (size_t)1 : 0;
    im->hash = alloc_zeroed(im->hash_count, sizeof *im->hash);
    const CorePredict *p = im->l->predict;
    im->jump_count = p->jumps ? p->jump_mask + (size_t)1 : 0;
    im->jumps = alloc_zeroed(im->jump_count, sizeof *im->jumps);
}

static void release(Image *im)
{
    free(im->translations);
    free(im->saved);
    free(im->steps);
    free(im->failures);
    free(im->pages);
    free(im->exits);
    free(im->links);
    free(im->calls);
    free(im->hash);
    free(im->jumps);
}

/* Places in the arrays that go on from one translation to the next. */
typedef struct Places {
    size_t guest, page, exit, link;
} Places;

static void put_translation(Image *im, const Translation *t, Places *at)
{
    const TranslationPlan *plan = t->plan;
    const CoreCode *core = t->core;
    im->saved[t->number - 1] =
        (Saved){.pc = t->pc,
                .next = t->next,
                .insns = plan->insns,
                .earlier = t->earlier,
                .spurious = t->spurious,
                .mode = t->mode,
                .gear = t->gear,
                .interpret = t->interpret,
                .replay = t->replay,
                .hoist = plan->hoist,
                .failures = t->failures,
                .brief = t->brief,
                .at = {t->place.at[TCACHE_MAIN], t->place.at[TCACHE_APART]},
                .verified = core->verified,
                .entries = core->entries,
                .hot = core->hot,
                .hash = plan->hash,
                .replay_of = number(t->replay_of),
                .replay_from = t->replay_from,
                .replay_to = t->replay_to,
                .guests = t->code->guest_count,
                .pages = t->page_count,
                .exits = t->code->exit_count,
                .links = links_of(t)};
    for (unsigned i = 0; i < t->code->guest_count; i++, at->guest++) {
        im->steps[at->guest] = plan->steps[i];
        im->failures[at->guest] = t->failures ? t->failures[i] : 0;
    }
    for (unsigned i = 0; i < t->page_count; i++)
        im->pages[at->page++] =
            (SavedPage){t->pages[i].va, t->pages[i].page->pa};
    for (unsigned i = 0; i < t->code->exit_count; i++) {
        const CoreExit *exit = &core->exits[i];
        im->exits[at->exit++] =
            (SavedExit){number_of(exit->next), exit->checked, exit->generation,
                        exit->count};
    }
    for (unsigned i = 0; i < links_of(t); i++) {
        const Link *link = &t->links[i];
        im->links[at->link++] = (SavedLink){number_of(link->target.to),
                                            link->pc, link->target.hits};
    }
}

static SavedCall call_of(uint32_t pc, const CoreLink *core_link)
{
    const Link *link = (const Link *)core_link;
    if (!link)
        return (SavedCall){.pc = pc};
    return (SavedCall){pc, link->from->number,
                       (uint32_t)(link - link->from->links)};
}

static void put_all(Image *im)
{
    const Layer *l = im->l;
    Places at = {0};
    for (const Translation *t = l->oldest; t; t = t->newer)
        put_translation(im, t, &at);
    for (size_t i = 0; i < im->call_count; i++)
        im->calls[i] =
            call_of(l->predict->returns[i].pc, l->predict->returns[i].link);
    for (size_t i = 0; i < im->hash_count; i++)
        im->hash[i] = number_of(l->hash[i]);
    for (size_t i = 0; i < im->jump_count; i++)
        im->jumps[i] = number_of(l->predict->jumps[i]);
}

static void image_checkpoint(Image *im)
{
    Ckpt *ckpt = im->ckpt;
    enum { MANY = 1 << 24 };
    im->count = ckpt_count(ckpt, "translations", im->count, TRANSLATIONS_MAX);
    im->guest_count = ckpt_count(ckpt, "guests", im->guest_count, MANY);
    im->page_count = ckpt_count(ckpt, "pages", im->page_count, MANY);
    im->exit_count = ckpt_count(ckpt, "exits", im->exit_count, MANY);
    im->link_count = ckpt_count(ckpt, "links", im->link_count, MANY);
    if (ckpt_error(ckpt))
        im->count = im->guest_count = im->page_count = im->exit_count =
            im->link_count = 0;
    make_room(im);
    if (!ckpt_loads(ckpt))
        put_all(im);
    ckpt_records(ckpt, saved_fields, ARRAY_LEN(saved_fields), im->saved,
                 im->count, sizeof *im->saved);
    ckpt_records(ckpt, step_fields, ARRAY_LEN(step_fields), im->steps,
                 im->guest_count, sizeof *im->steps);
    ckpt_bytes(ckpt, "failed", im->failures, im->guest_count);
    ckpt_records(ckpt, page_fields, ARRAY_LEN(page_fields), im->pages,
                 im->page_count, sizeof *im->pages);
    ckpt_records(ckpt, exit_fields, ARRAY_LEN(exit_fields), im->exits,
                 im->exit_count, sizeof *im->exits);
    ckpt_records(ckpt, link_fields, ARRAY_LEN(link_fields), im->links,
                 im->link_count, sizeof *im->links);
    ckpt_records(ckpt, call_fields, ARRAY_LEN(call_fields), im->calls,
                 im->call_count, sizeof *im->calls);
    ckpt_u32s(ckpt, "hash", im->hash, im->hash_count);
    ckpt_u32s(ckpt, "jumps", im->jumps, im->jump_count);
}

/* --- From the image to translations ----------------------------------------
 */

/* Whether the arrays have what the translations say that they have. */
static bool is_complete(Image *im)
{
    size_t guests = 0, pages = 0, exits = 0, links = 0;
    for (size_t i = 0; i < im->count; i++) {
        const Saved *s = &im->saved[i];
        guests += s->guests;
        pages += s->pages;
        exits += s->exits;
        links += s->links;
        if (s->gear == 0 || s->guests == 0 || s->pages == 0 || s->insns < 2)
            return false;
    }
    return guests == im->guest_count && pages == im->page_count &&
           exits == im->exit_count && links == im->link_count;
}

static bool fail_translation(Image *im, const Saved *s, const char *why)
{
    return ckpt_fail(im->ckpt,
                     "section model: the translation of 0x%08x %s; set "
                     "checkpoint.layer=no",
                     s->pc, why);
}

/* Makes and installs one; its links lead nowhere yet. */
static bool get_translation(Image *im, size_t index, Places *at)
{
    Layer *l = im->l;
    const Saved *s = &im->saved[index];
    TranslationRecord record = {.pc = s->pc,
                                .mode = s->mode,
                                .gear = s->gear,
                                .replay = s->replay,
                                .interpret = s->interpret,
                                .next = s->next,
                                .at = {s->at[TCACHE_MAIN], s->at[TCACHE_APART]},
                                .plan = {.steps = &im->steps[at->guest],
                                         .count = s->guests,
                                         .insns = s->insns,
                                         .hoist = s->hoist,
                                         .hash = s->hash},
                                .page_count = s->pages};
    for (unsigned i = 0; i < s->pages; i++) {
        const SavedPage *page = &im->pages[at->page + i];
        record.pages[i].va = page->va;
        record.pages[i].pa = page->pa;
    }
    Translation *t = translate_saved(l, &record);
    if (!t)
        return fail_translation(im, s,
                                "is not what this program makes of its code");
    im->translations[index + 1] = t;
    t->number = (uint32_t)index + 1;
    t->earlier = s->earlier;
    t->spurious = s->spurious;
    t->core->verified = s->verified;
    t->core->entries = s->entries;
    t->core->hot = s->hot;
    t->brief = s->brief;
    t->core->counts |= s->brief;
    if (s->failures) {
        t->failures = alloc_zeroed(s->guests, 1);
        memcpy(t->failures, &im->failures[at->guest], s->guests);
    }
    at->guest += s->guests;
    at->page += s->pages;
    return (t->code->exit_count == s->exits && links_of(t) == s->links) ||
           fail_translation(im, s, "has other exits");
}

/* A replay is of a translation that is there, which lists it. */
static bool get_replay(Image *im, const Saved *s, Translation *t)
{
    Translation *of = named(im, s->replay_of);
    if (!of)
        return s->replay_of == 0;
    if (!s->replay || of == t || of->replay)
        return fail_translation(im, s, "is no replay");
    t->replay_of = of;
    t->replay_from = s->replay_from;
    t->replay_to = s->replay_to;
    t->next_replay = of->replays;
    of->replays = t;
    return true;
}

static void get_links(Image *im, const Saved *s, Translation *t, Places *at)
{
    for (unsigned i = 0; i < s->links; i++) {
        const SavedLink *link = &im->links[at->link++];
        links_put(t, i, named(im, link->to), link->pc, link->hits);
    }
    for (unsigned i = 0; i < s->exits; i++) {
        const SavedExit *saved = &im->exits[at->exit++];
        CoreExit *exit = &t->core->exits[i];
        CoreCode *next = named_core(im, saved->next);
        /* Where a link leads: when that goes, this is told. */
        if (next && t->links[i].target.to != next) {
            fail_translation(im, s, "has an exit without its link");
            return;
        }
        exit->next = next;
        exit->checked = saved->checked;
        exit->generation = saved->generation;
        exit->count = saved->count;
    }
}

static CoreLink *get_call(Image *im, const SavedCall *call)
{
    Translation *from = named(im, call->from);
    if (!from)
        return NULL;
    if (call->link < links_of(from))
        return &from->links[call->link].target;
    ckpt_fail(im->ckpt, "section model: the return stack is damaged; save it "
                        "anew");
    return NULL;
}

/* What stands in a slot of a table that jumps look in. */
static CoreCode *get_slot(Image *im, uint32_t n, uint32_t slot,
                          bool (*has)(const Layer *, uint32_t, uint32_t))
{
    CoreCode *code = named_core(im, n);
    if (code && !has(im->l, code->pc, slot))
        ckpt_fail(im->ckpt, "section model: a table of jumps is damaged; save "
                            "it anew");
    return code;
}

static void get_all(Image *im)
{
    Layer *l = im->l;
    Places at = {0};
    if (!is_complete(im) || (im->count && l->holder != l)) {
        ckpt_fail(im->ckpt, "section model: translations lack what they are "
                            "made of; save it anew");
        return;
    }
    for (size_t i = 0; i < im->count; i++)
        if (!get_translation(im, i, &at))
            return;
    for (size_t i = 0; i < im->count && !ckpt_error(im->ckpt); i++) {
        Translation *t = im->translations[i + 1];
        if (get_replay(im, &im->saved[i], t))
            get_links(im, &im->saved[i], t, &at);
    }
    for (size_t i = 0; i < im->call_count; i++)
        l->predict->returns[i] =
            (CoreCall){im->calls[i].pc, get_call(im, &im->calls[i])};
    for (size_t i = 0; i < im->hash_count; i++)
        l->hash[i] = get_slot(im, im->hash[i], (uint32_t)i, links_has_slot);
    for (size_t i = 0; i < im->jump_count; i++)
        l->predict->jumps[i] =
            get_slot(im, im->jumps[i], (uint32_t)i, links_has_jump_slot);
}

/* --- What the layer is about to do -----------------------------------------
 */

typedef struct Plans {
    uint32_t resume, from, from_exit, replay_of, counted;
    SavedCall missed;
} Plans;

static const CkptField plan_fields[] = {
    CKPT_FIELD(Plans, resume),      CKPT_FIELD(Plans, from),
    CKPT_FIELD(Plans, from_exit),   CKPT_FIELD(Plans, replay_of),
    CKPT_FIELD(Plans, counted),     CKPT_FIELD(Plans, missed.pc),
    CKPT_FIELD(Plans, missed.from), CKPT_FIELD(Plans, missed.link),
};

static const CkptField layer_fields[] = {
    CKPT_FIELD(Layer, pc),
    CKPT_UP_TO(Layer, pending, 63),
    CKPT_BOOL(Layer, user),
    CKPT_BOOL(Layer, fpu),
    CKPT_BOOL(Layer, paid),
    CKPT_BOOL(Layer, handled),
    CKPT_BOOL(Layer, in_block),
    CKPT_BOOL(Layer, interpret),
    CKPT_UP_TO(Layer, replay.fault, CORE_FAULTS - 1),
    CKPT_FIELD(Layer, replay.next),
    CKPT_FIELD(Layer, replay.last),
    CKPT_BOOL(Layer, begun),
    CKPT_FIELD(Layer, isolated.pc),
    CKPT_FIELD(Layer, isolated.word),
    CKPT_FIELD(Layer, areas[TCACHE_MAIN].top),
    CKPT_FIELD(Layer, areas[TCACHE_APART].top),
    CKPT_FIELD(Layer, generation),
};

static bool plans_fit(const Image *im, const Translation *from, uint32_t exit,
                      const Translation *replayed)
{
    const Layer *l = im->l;
    return (!from || exit < from->code->exit_count) &&
           (!replayed || (l->replay.next <= l->replay.last &&
                          l->replay.last < replayed->code->guest_count)) &&
           l->areas[TCACHE_MAIN].top <= l->areas[TCACHE_MAIN].size &&
           l->areas[TCACHE_APART].top <= l->areas[TCACHE_APART].size;
}

static void plans_checkpoint(Image *im)
{
    Layer *l = im->l;
    Ckpt *ckpt = im->ckpt;
    Plans p = {.resume = number(l->resume),
               .from = number(l->from),
               .from_exit = l->from_exit,
               .replay_of = number(l->replay.of),
               .counted = number_of(core_counted(l->core)),
               .missed = call_of(0, l->missed_return)};
    ckpt_fields(ckpt, plan_fields, ARRAY_LEN(plan_fields), &p);
    ckpt_fields(ckpt, layer_fields, ARRAY_LEN(layer_fields), l);
    ckpt_u32(ckpt, "return_top", &l->predict->return_top,
             l->predict->return_count ? l->predict->return_count - 1 : 0);
    if (!ckpt_loads(ckpt) || ckpt_error(ckpt))
        return;
    l->resume = named(im, p.resume);
    l->from = named(im, p.from);
    l->from_exit = p.from_exit;
    l->replay.of = named(im, p.replay_of);
    l->missed_return = get_call(im, &p.missed);
    core_set_counted(l->core, named_core(im, p.counted));
    if (!plans_fit(im, l->from, p.from_exit, l->replay.of))
        ckpt_fail(ckpt, "section model: what comes next is damaged; save it "
                        "anew");
}

static_assert(sizeof(LayerStats) % sizeof(uint64_t) == 0, "only counters");

void layer_keep_plans(Layer *l)
{
    l->keeps_plans = true;
}

void layer_checkpoint(Layer *l, Ckpt *ckpt)
{
    Image im = {.l = l, .ckpt = ckpt};
    assert(l->home);
    codepages_checkpoint(l, ckpt);
    if (!ckpt_loads(ckpt)) {
        layer_update_stats(l);
        count_all(&im);
    }
    image_checkpoint(&im);
    if (ckpt_loads(ckpt) && !ckpt_error(ckpt))
        get_all(&im);
    if (!ckpt_error(ckpt))
        plans_checkpoint(&im);
    if (l->holder == l)
        profile_checkpoint(l, ckpt);
    revive_checkpoint(l, ckpt);
    core_checkpoint(l->core, ckpt);
    hierarchy_checkpoint(l->hierarchy, ckpt);
    ckpt_u64s(ckpt, "stats", (uint64_t *)&l->stats,
              sizeof l->stats / sizeof(uint64_t));
    release(&im);
}
