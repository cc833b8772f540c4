/* The code-morphing layer: its life, the way of the registers between processor
 * and core, what the core asks of it, its statistics. */
#include "morph/layer_impl.h"

#include "base/alloc.h"
#include "frontend/tlb.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- Registers -------------------------------------------------------------
 */

uint64_t layer_insns(const Layer *l)
{
    return l->home ? l->state->insns : core_insns(l->core);
}

uint64_t layer_cycles(const Layer *l)
{
    return core_cycles(l->core);
}

const uint64_t *layer_causes(const Layer *l)
{
    return core_causes(l->core);
}

/* The processor's state becomes that of the core at `pc`. */
static void copy_home(Layer *l, uint32_t pc, IrPending pending)
{
    GuestState *s = l->state;
    const CoreRegs *regs = core_regs(l->core);
    memcpy(&s->gpr[1], &regs->gpr[1], 31 * sizeof s->gpr[0]);
    s->hi = regs->gpr[vliw_slot_reg(IR_SLOT_HI)];
    s->lo = regs->gpr[vliw_slot_reg(IR_SLOT_LO)];
    for (unsigned i = 0; i < FPR_COUNT / 2; i++) {
        s->fpr[2 * i] = (uint32_t)regs->fpr[i];
        s->fpr[2 * i + 1] = (uint32_t)(regs->fpr[i] >> 32);
    }
    s->fcr31 = regs->fcr31;
    s->pc = pc;
    s->npc = pc + 4;
    s->in_delay = false;
    s->insns = core_insns(l->core);
    uint32_t value = regs->gpr[vliw_slot_reg(IR_SLOT_LD)];
    s->load_reg = 0;
    s->fpr_load_reg = FPR_COUNT;
    if (pending >= IR_PENDING_FPR) {
        s->fpr_load_reg = pending - IR_PENDING_FPR;
        s->fpr_load_value = value;
        s->fpr_load_insn = s->insns;
    } else if (pending != IR_PENDING_NONE) {
        s->load_reg = pending;
        s->load_value = value;
    }
}

void layer_show_state(Layer *l)
{
    copy_home(l, l->pc, l->pending);
}

void layer_bring_home(Layer *l)
{
    if (l->home)
        return;
    layer_show_state(l);
    l->home = true;
}

void layer_send_to_core(Layer *l)
{
    if (!l->home)
        return;
    const GuestState *s = l->state;
    CoreRegs *regs = core_regs(l->core);
    memcpy(&regs->gpr[1], &s->gpr[1], 31 * sizeof s->gpr[0]);
    regs->gpr[vliw_slot_reg(IR_SLOT_HI)] = s->hi;
    regs->gpr[vliw_slot_reg(IR_SLOT_LO)] = s->lo;
    regs->gpr[vliw_slot_reg(IR_SLOT_LD)] =
        s->load_reg ? s->load_value : s->fpr_load_value;
    for (unsigned i = 0; i < FPR_COUNT / 2; i++)
        regs->fpr[i] = s->fpr[2 * i] | (uint64_t)s->fpr[2 * i + 1] << 32;
    regs->fcr31 = s->fcr31;
    core_commit(l->core);
    core_set_insns(l->core, s->insns);
    l->home = false;
}

IrPending layer_pending(Layer *l)
{
    GuestState *s = l->state;
    if (state_fpr_due(s))
        state_fpr_settle(s);
    if (s->load_reg)
        return s->load_reg;
    if (s->fpr_load_reg != FPR_COUNT)
        return (IrPending)(IR_PENDING_FPR + s->fpr_load_reg);
    return IR_PENDING_NONE;
}

/* --- What the core asks ----------------------------------------------------
 */

bool layer_page(void *ctx, uint32_t va, bool user, bool store, CorePage *page,
                CoreFault *fault)
{
    (void)user; /* it is the mode that the processor is in */
    Layer *l = ctx;
    GuestState *s = l->state;
    uint32_t status = s->status;
    TlbPage found;
    uint32_t va_page = va & ~(PAGE_SIZE - 1u);
    TlbResult result = tlb_translate(s, l->tlb_index, va_page, store, &found);
    /* Where two entries match, gear 0 will shut the TLB down. */
    s->status = status;
    *fault = CORE_FAULT_GUEST;
    if (result != TLB_OK)
        return false;
    *fault = CORE_FAULT_MMIO;
    uint8_t *host = bus_page(l->bus, found.pa, false);
    bool ram = bus_page(l->bus, found.pa, true);
    if (!host || (store && !ram))
        return false;
    *page = (CorePage){.pa = found.pa,
                       .host = host,
                       .writable = found.writable && ram,
                       .cached = found.cached,
                       .mapped = layer_is_mapped(va),
                       .told = cpu_page_has_links(l->cpu, found.pa),
                       .tbits = codepages_tbits(l, found.pa)};
    return true;
}

static void on_store(void *ctx, uint32_t pa)
{
    Layer *l = ctx;
    cpu_end_links(l->cpu, pa);
}

static uint32_t read_cp0(void *ctx, unsigned reg)
{
    Layer *l = ctx;
    return cpu_cp0(l->cpu, reg);
}

static void on_committed(void *ctx, const CoreCode *code, unsigned exit)
{
    Layer *l = ctx;
    const IrExit *record = &code->exits[exit].record;
    uint32_t pc = record->kind == IR_EXIT_INDIRECT
                      ? core_regs(l->core)->gpr[vliw_slot_reg(IR_SLOT_PC)]
                      : record->pc;
    copy_home(l, pc, record->pending);
    l->hooks.commit(l->hooks.ctx, code, exit);
}

/* --- Life ------------------------------------------------------------------
 */

static void read_costs(LayerCosts *cost, const Config *config)
{
    *cost = (LayerCosts){
        .verify = config_int(config, CONFIG_COST_VERIFY),
        .gear0 = config_int(config, CONFIG_COST_GEAR0),
        .handler = config_int(config, CONFIG_COST_HANDLER),
        .isolated = config_int(config, CONFIG_COST_ISOLATED),
        .profile0 = config_int(config, CONFIG_COST_PROFILE0),
        .dispatch = config_int(config, CONFIG_COST_DISPATCH),
        .chain = config_int(config, CONFIG_COST_CHAIN),
        .inline_cache = config_int(config, CONFIG_COST_INLINE_CACHE),
        .return_stack = config_int(config, CONFIG_COST_RETURN_STACK),
        .hash = config_int(config, CONFIG_COST_HASH),
        .exception = config_int(config, CONFIG_COST_EXCEPTION),
        .refusal = config_int(config, CONFIG_COST_REFUSAL),
        .invalidate = config_int(config, CONFIG_COST_INVALIDATE),
        .flush = config_int(config, CONFIG_COST_FLUSH),
        .translate1 = config_int(config, CONFIG_COST_TRANSLATE1),
        .form = config_int(config, CONFIG_COST_FORM),
        .pass = config_int(config, CONFIG_COST_PASS),
        .select = config_int(config, CONFIG_COST_SELECT),
        .schedule = config_int(config, CONFIG_COST_SCHEDULE),
        .regalloc = config_int(config, CONFIG_COST_REGALLOC),
        .encode = config_int(config, CONFIG_COST_ENCODE),
        .warm = config_int(config, CONFIG_COST_WARM),
    };
}

void layer_read_recipe(const Config *config, unsigned gear,
                       const VliwDesc *desc, LiftLimits *limits, OptConfig *opt)
{
    if (gear == 1) {
        *limits = (LiftLimits){
            .insns = (unsigned)config_int(config, CONFIG_GEAR1_INSNS),
            .visits = 1,
            .stores = desc->store_buffer,
            .block = true,
        };
        opt_config_fast(opt, config);
    } else {
        *limits = (LiftLimits){
            .insns = (unsigned)config_int(config, CONFIG_GEAR2_INSNS),
            .visits = (unsigned)config_int(config, CONFIG_GEAR2_VISITS),
            .stores = desc->store_buffer,
            .jumps = config_bool(config, CONFIG_GEAR2_JUMPS),
        };
        opt_config_read(opt, config);
    }
    bool mips161 = !strcmp(config_text(config, CONFIG_MACHINE_BOARD), "sys161");
    limits->interlocked = limits->divide_traps = mips161;
    limits->commit = (unsigned)config_int(config, CONFIG_MORPH_COMMIT);
}

static void read_keys(Layer *l, const Config *config)
{
    l->gears = (unsigned)config_int(config, CONFIG_MORPH_GEARS);
    l->mmio_learn = (unsigned)config_int(config, CONFIG_MORPH_MMIO_LEARN);
    l->fault_learn = (unsigned)config_int(config, CONFIG_MORPH_FAULT_LEARN);
    l->replay_learn = (unsigned)config_int(config, CONFIG_MORPH_REPLAY);
    l->commit_refused =
        (unsigned)config_int(config, CONFIG_MORPH_COMMIT_REFUSED);
    l->warm_tries = (unsigned)config_int(config, CONFIG_MORPH_WARM_TRIES);
    l->warm_counts = config_bool(config, CONFIG_MORPH_WARM_COUNTS);
    l->chain = config_bool(config, CONFIG_MORPH_CHAIN);
    l->inline_cache = config_bool(config, CONFIG_MORPH_INLINE_CACHE);
    l->handlers = config_bool(config, CONFIG_MORPH_HANDLERS);
    l->grain = (uint32_t)config_int(config, CONFIG_MORPH_TBIT_GRAIN) / 4;
    l->gear1_threshold = (uint32_t)config_int(config, CONFIG_GEAR1_THRESHOLD);
    l->gear2_threshold = (uint32_t)config_int(config, CONFIG_GEAR2_THRESHOLD);
    l->gear2_reach = (uint32_t)config_int(config, CONFIG_GEAR2_REACH);
    l->gear2_unroll = (unsigned)config_int(config, CONFIG_GEAR2_UNROLL);
    l->gear2_copies = (unsigned)config_int(config, CONFIG_GEAR2_COPIES);
    l->gear2_again = (uint32_t)config_int(config, CONFIG_GEAR2_AGAIN);
    l->gear2_bias = (uint32_t)config_int(config, CONFIG_GEAR2_BIAS);
    tcache_init(l, config);
    layer_read_recipe(config, 1, &l->desc, &l->block_limits, &l->fast);
    layer_read_recipe(config, 2, &l->desc, &l->superblock_limits, &l->full);
}

/* What is found by a hash, in one piece: it is read at random. */
typedef struct LayerTables {
    ProfileBlock blocks[PROFILE_BLOCKS];
    ProfileBranch branches[PROFILE_BRANCHES];
    Translation *branch_index[BRANCH_BUCKETS], *index[INDEX_BUCKETS];
    DecodedInsn decoded[1 << DECODED_BITS];
} LayerTables;

static void use_tables(Layer *l, LayerTables *tables)
{
    l->tables = tables;
    l->blocks = tables->blocks;
    l->branches = tables->branches;
    l->branch_index = tables->branch_index;
    l->index = tables->index;
    l->decoded = tables->decoded;
}

static void make_tables(Layer *l)
{
    use_tables(l, alloc_large(sizeof(LayerTables)));
    l->op_cost = alloc_zeroed(INSN_COUNT, sizeof *l->op_cost);
    gear0_init(l);
    for (unsigned i = 0; i < CODE_LOOKUPS; i++)
        l->lookups[i].va = 1;
}

static bool build(Layer *l, const Config *config, Diag *diag)
{
    if (!vliw_desc_read(&l->desc, config, diag))
        return false;
    read_costs(&l->cost, config);
    read_keys(l, config);
    make_tables(l);
    l->hierarchy = hierarchy_create(config, diag);
    if (!l->hierarchy)
        return false;
    CoreBus asks = {.ctx = l,
                    .page = layer_page,
                    .cp0 = read_cp0,
                    .fp = lift_fp,
                    .indirect = links_indirect,
                    .interpret = handler_run,
                    .call = links_call,
                    .renew = links_renew,
                    .failed = dispatch_failed,
                    .held = watch_held,
                    .store = on_store};
    l->core = core_create(&l->desc, config, l->hierarchy, &asks);
    if (!engine_attach(l->core, config, diag) ||
        !memo_open(&l->memo, config, &l->desc, diag))
        return false;
    codepages_create(l, config);
    links_create(l, config);
    l->scratch = arena_create();
    l->pool = pool_create();
    return true;
}

Layer *layer_create(const Config *config, const CpuConfig *cpu_config, Cpu *cpu,
                    Bus *bus, Diag *diag)
{
    Layer *l = alloc_zeroed(1, sizeof *l);
    l->config = config;
    l->cpu_config = *cpu_config;
    l->cpu = cpu;
    l->state = cpu_state(cpu);
    l->tlb_index = cpu_tlb_index(cpu);
    l->bus = bus;
    l->home = true;
    l->look = UINT64_MAX;
    l->holder = l;
    codepages_create_group(l);
    if (build(l, config, diag))
        return l;
    layer_destroy(l);
    return NULL;
}

void layer_share(Layer *l, Layer *first)
{
    alloc_free_large(l->tables, sizeof *l->tables);
    use_tables(l, first->tables);
    pool_destroy(l->pool);
    l->pool = first->pool;
    memo_close(l->memo);
    l->memo = first->memo;
    links_share(l, first);
    core_share(l->core, first->core);
    l->holder = first;
}

void layer_close(Layer *l)
{
    if (!l)
        return;
    if (l->holder == l)
        memo_close(l->memo);
    l->memo = NULL;
    if (l->holder != l)
        return;
    if (l->core)
        engine_close(l->core);
}

void layer_destroy(Layer *l)
{
    if (!l)
        return;
    bool holds = l->holder == l;
    if (l->core && holds)
        tcache_clear(l);
    codepages_destroy(l);
    revive_destroy(l);
    if (holds)
        memo_close(l->memo);
    links_destroy(l);
    core_destroy(l->core);
    hierarchy_destroy(l->hierarchy);
    arena_destroy(l->scratch);
    if (holds)
        pool_destroy(l->pool);
    if (l->tables && holds)
        alloc_free_large(l->tables, sizeof *l->tables);
    free(l->op_cost);
    free(l);
}

void layer_attach(Layer *l)
{
    cpu_set_remapped(l->cpu, codepages_remapped, l);
}

void layer_set_hooks(Layer *l, const LayerHooks *hooks)
{
    l->hooks = *hooks;
    core_set_trace(l->core, hooks->molecule, hooks->ctx);
    core_set_committed(l->core, hooks->commit ? on_committed : NULL, l);
}

void layer_reset(Layer *l)
{
    /* One that shares what another one holds has nothing to take from it. */
    if (l->holder == l) {
        tcache_clear(l);
        profile_reset(l);
        codepages_reset(l);
    }
    l->resume = l->from = l->replay.of = NULL;
    links_reset(l);
    revive_reset(l);
    codepages_remapped(l, true, 0);
    hierarchy_reset(l->hierarchy);
    l->home = true;
    l->in_block = l->interpret = l->paid = false;
    l->isolated.pc = NO_RUN;
}

void layer_event(const Layer *l, const char *what, const Translation *t,
                 const char *detail, ...)
{
    char text[96];
    if (!l->hooks.event)
        return;
    va_list args;
    va_start(args, detail);
    vsnprintf(text, sizeof text, detail, args);
    va_end(args);
    l->hooks.event(l->hooks.ctx, what, t->pc, t->gear, text);
}

/* --- Statistics ------------------------------------------------------------
 */

void layer_count_runs(const Translation *t, Histogram *insns,
                      Histogram *percent)
{
    const VliwCode *code = t->code;
    for (unsigned i = 0; i < code->exit_count; i++) {
        const CoreExit *exit = &t->core->exits[i];
        uint64_t times = exit->count, count = exit->record.insns;
        if (times == 0)
            continue;
        histogram_add(insns, INSNS_BUCKETS, count, times);
        if (t->gear == 2)
            histogram_add_linear(percent, PERCENT_BUCKETS, PERCENT_STEP,
                                 100 * count / code->guest_count, times);
    }
}

void layer_update_stats(Layer *l)
{
    LayerStats *stats = &l->stats;
    core_settle(l->core);
    stats->return_hits = l->predict->return_hits;
    stats->inline_hits = l->predict->cache_hits;
    stats->jump_hits = l->predict->jump_hits;
    for (unsigned gear = 1; gear <= 2; gear++) {
        stats->run_length[gear] = stats->past_length[gear];
        stats->run_bound[gear] = stats->past_bound[gear];
        stats->run_insns[gear] = stats->past_insns[gear];
        stats->entries[gear] = (Histogram){0};
    }
    stats->run_percent = stats->past_percent;
    for (const Translation *t = l->oldest; t; t = t->newer) {
        stats->run_length[t->gear] += t->core->entries * t->code->length;
        stats->run_bound[t->gear] += t->core->entries * t->code->bound;
        layer_count_runs(t, &stats->run_insns[t->gear], &stats->run_percent);
        histogram_add(&stats->entries[t->gear], ENTRIES_BUCKETS,
                      t->core->entries, 1);
    }
}

void layer_set_host_profile(Layer *l, HostProfile *profile)
{
    l->host_profile = profile;
    core_set_host_profile(l->core, profile);
}

void layer_engine_report(const Layer *l, EngineReport *report)
{
    engine_report(l->core, report);
    if (l->memo && l->holder == l) {
        report->remembered = memo_found(l->memo);
        report->damaged += memo_damaged(l->memo);
    }
}

void layer_fill_saved(Layer *l, EngineGoOn *go_on, void *ctx)
{
    if (l->holder == l)
        engine_fill(l->core, go_on, ctx);
}

static void add_histograms(const Layer *l, Stats *stats)
{
    const LayerStats *s = &l->stats;
    static const StatHistogram insns_made = {.name = "insns_made",
                                             .unit = "translations",
                                             .of = "instructions",
                                             .text =
                                                 "made, by guest instructions",
                                             .buckets = INSNS_BUCKETS,
                                             .once = true};
    static const StatHistogram length_made = {.name = "length_made",
                                              .unit = "translations",
                                              .of = "cycles",
                                              .text =
                                                  "made, by schedule length",
                                              .buckets = INSNS_BUCKETS,
                                              .once = true};
    static const StatHistogram run_insns = {
        .name = "run_insns",
        .unit = "runs",
        .of = "instructions",
        .text = "ended by an exit, by guest instructions",
        .buckets = INSNS_BUCKETS};
    static const StatHistogram entries = {
        .name = "entries",
        .unit = "translations",
        .of = "entries",
        .text = "in the translation cache, by entries",
        .buckets = ENTRIES_BUCKETS,
        .gauge = true};
    static const StatHistogram run_percent = {
        .name = "run_percent",
        .unit = "runs",
        .of = "percent",
        .text = "ended by an exit, by percent of the superblock's instructions",
        .buckets = PERCENT_BUCKETS,
        .step = PERCENT_STEP};
    static const char *const groups[] = {"morph.gear0", "morph.gear1",
                                         "morph.gear2"};
    for (unsigned gear = 1; gear <= 2; gear++) {
        const char *group = groups[gear];
        stats_add_histogram(stats, group, &insns_made, &s->insns_made[gear]);
        stats_add_histogram(stats, group, &length_made, &s->length_made[gear]);
        stats_add_histogram(stats, group, &run_insns, &s->run_insns[gear]);
        stats_add_histogram(stats, group, &entries, &s->entries[gear]);
    }
    stats_add_histogram(stats, groups[2], &run_percent, &s->run_percent);
}

/* Where there are several processors. */
static void add_borrowed(const Layer *l, Stats *stats)
{
    static const StatRow rows[] = {
        {"borrow.asked", "look-ups",
         "of an entry among other processors' "
         "translations",
         offsetof(LayerStats, borrow_asked)},
        {"borrow.gear1", "translations", "of others, installed",
         offsetof(LayerStats, borrowed[1])},
        {"borrow.gear2", "translations", "of others, installed",
         offsetof(LayerStats, borrowed[2])},
        {"borrow.guest_insns", "instructions", "in those of both gears",
         offsetof(LayerStats, borrowed_guests)},
    };
    stats_add(stats, "morph", rows, ARRAY_LEN(rows), &l->stats);
}

void layer_add_stats(const Layer *l, Stats *stats)
{
    static const StatRow rows[] = {
#define ROW(name, unit, field, text)                                           \
    {name, unit, text, offsetof(LayerStats, field)},
#define ONCE(name, unit, field, text)
#include "morph/stats.def"
    };
    static const StatRow once[] = {
#define ONCE(name, unit, field, text)                                          \
    {name, unit, text, offsetof(LayerStats, field)},
#include "morph/stats.def"
    };
    static const StatRow gauges[] = {
#define GAUGE(name, unit, field, text)                                         \
    {name, unit, text, offsetof(LayerStats, field)},
#include "morph/stats.def"
    };
    stats_add(stats, "morph", rows, ARRAY_LEN(rows), &l->stats);
    stats_add_once(stats, "morph", once, ARRAY_LEN(once), &l->stats);
    stats_add_gauges(stats, "morph", gauges, ARRAY_LEN(gauges), &l->stats);
    add_histograms(l, stats);
    if (l->group->first->next_in_group)
        add_borrowed(l, stats);
    core_add_stats(l->core, stats);
    hierarchy_add_stats(l->hierarchy, stats);
}
