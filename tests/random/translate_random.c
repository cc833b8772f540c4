/* Random code, translated, against the reference CPU.
 *
 *     translate_random [--seed N] [--first N] [--count N] [--big]
 *
 * Program N of a seed runs region by region: discovered with random advice and
 * limits, lifted, and executed by the IR interpreter after every stage of the
 * translation: lifting, and each pass of the optimizer, some of them off.  Then
 * it is scheduled for some machine, and runs on that.  The
 * reference CPU executes the same instructions one by one. Wherever a stage
 * commits, all of the guest's state and memory must be the CPU's there.  What
 * no region can do, and what fails, the CPU does alone.
 *
 * Exit status 1 if a stage differs, or if an instruction, exit or fault was
 * never met (in 5000 programs or more); 2 if an option is wrong. */
#include "base/alloc.h"
#include "base/bits.h"
#include "frontend/fpu.h"
#include "frontend/lift.h"
#include "tests/random/translate_core.h"
#include "tests/support/options.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    COVERAGE_PROGRAMS = 5000, /* from so many on, everything must be there */
    REGIONS_MAX = 8,          /* of a program */
    STEPS_MAX = 40,           /* instructions of the CPU alone */
    INSNS_MAX = 80,           /* of a region */
    STAGES_MAX = 1 + OPT_PASSES + 1,
};

typedef struct Counts {
    uint64_t regions, insns, steps, faults, commits, commit_faults;
    uint64_t early; /* faults of later stages where lifted code does well */
    uint64_t lifted[INSN_COUNT];
    uint64_t exits[IR_EXIT_COMMIT + 1], hints[IR_HINT_RETURN + 1];
    uint64_t pending_gpr[2], pending_fpr[2]; /* at entry, at exit */
} Counts;

typedef struct Run {
    OptionsCases o;
    Rng rng;
    World world;
    Cpu *cpu; /* the world's */
    Config *config;
    CoreMachine machines[CORE_MACHINES];
    VliwCode *code; /* of the region */
    CoreMachine *machine;
    TranslateProgram program;
    uint32_t status; /* that the program started with */
    Arena *arena, *scratch;
    uint32_t advice;    /* how branches go in this region */
    GuestState mapping; /* for look-ups, which may shut the TLB down */
    const Place *start;
    Outcome outcomes[STAGES_MAX]; /* the first one is of lifting */
    unsigned stage_count;
    bool good;               /* no pass broke a rule of the IR */
    Place places[INSNS_MAX]; /* the CPU's, at the commits of the region */
    unsigned place_count;
    Counts counts;
} Run;

/* --- Stages --------------------------------------------------------------- */

/* Runs `region` from the start. */
static bool run_stage(Run *r, const char *name, const IrRegion *region)
{
    const IrEnv env = world_env(&r->world);
    Diag diag = {""};
    if (!ir_verify(region, &diag)) {
        printf("%s: %s\n", name, diag.text);
        return false;
    }
    Outcome *out = &r->outcomes[r->stage_count++];
    *out = (Outcome){.stage = name, .place = *r->start};
    world_begin(&r->world, out->place.ram);
    IrResult result = ir_run(region, &out->place.state, &env, r->scratch);
    out->fault = result.fault;
    out->guest = region->insns[result.at].guest;
    outcome_leave(out, region->exits,
                  result.fault ? result.commit : (int)result.exit);
    return true;
}

static void after_pass(void *ctx, int pass, const IrRegion *region)
{
    Run *r = ctx;
    if (pass >= 0 && r->good)
        r->good = run_stage(r, opt_pass_name((OptPass)pass), region);
}

/* All stages; the region is as the last one left it then. */
static bool run_stages(Run *r, IrRegion *region)
{
    OptConfig opt;
    if (rng_one_in(&r->rng, 6))
        opt_config_fast(&opt, r->config);
    else
        opt_config_read(&opt, r->config);
    for (unsigned i = 0; i < OPT_PASSES; i++)
        if (rng_one_in(&r->rng, 12))
            opt.pass[i] = false;
    opt.verify = false;
    OptWork work = {0};
    r->good = run_stage(r, "lifted", region);
    opt_run_passes(region, &opt, &work, after_pass, r);
    if (!r->good)
        return false;
    opt.hoist = !rng_one_in(&r->rng, 4);
    opt.reorder_memory = !rng_one_in(&r->rng, 4);
    r->machine = &r->machines[rng_below(&r->rng, CORE_MACHINES)];
    return core_machine_run(r->machine, &r->world, region, &opt, r->arena,
                            r->start, &r->outcomes[r->stage_count++], &r->code);
}

static void count_outcome(Counts *c, const Outcome *out)
{
    if (out->fault) {
        c->faults++;
        c->commit_faults += out->exit != NULL;
        return;
    }
    IrPending pending = out->exit->pending;
    c->exits[out->exit->kind]++;
    c->hints[out->exit->hint]++;
    c->pending_gpr[1] += pending != 0 && pending < IR_PENDING_FPR;
    c->pending_fpr[1] += pending >= IR_PENDING_FPR;
}

/* --- Discovery ------------------------------------------------------------ */

static bool fetch(void *ctx, uint32_t va, uint32_t *word)
{
    return world_fetch(&((Run *)ctx)->world, va, word);
}

static LiftPath advise_branch(void *ctx, uint32_t pc)
{
    const Run *r = ctx;
    uint32_t hash = (pc ^ r->advice) * 0x9e3779b9u >> 28;
    return hash == 0 ? LIFT_STOP : hash < 8 ? LIFT_TAKEN : LIFT_NOT_TAKEN;
}

/* The register as it is at the region's entry: often right. */
static bool advise_target(void *ctx, uint32_t pc, uint32_t *target)
{
    Run *r = ctx;
    uint32_t word = 0;
    fetch(r, pc, &word);
    *target = cpu_state(r->cpu)->gpr[insn_decode(word).rs];
    return !rng_one_in(&r->rng, 4);
}

static LiftLimits any_limits(Rng *rng)
{
    LiftLimits limits = {.insns = 2 + rng_below(rng, INSNS_MAX - 2),
                         .visits = 1 + rng_below(rng, 4),
                         .stores = 1 + rng_below(rng, CORE_STORES),
                         .jumps = !rng_one_in(rng, 4),
                         .block = rng_one_in(rng, 6)};
    return limits;
}

static bool is_translatable(const GuestState *s)
{
    return !s->in_delay && !(s->status & (STATUS_ISC | STATUS_RE));
}

/* --- The CPU -------------------------------------------------------------- */

/* One instruction.  An exception's handler is not run: the program goes on
 * somewhere. */
static bool step(Run *r)
{
    if (cpu_step(r->cpu, NULL))
        return true;
    GuestState *s = cpu_state(r->cpu);
    s->pc = translate_program_label(&r->program, &r->rng);
    s->npc = s->pc + 4;
    s->status = r->status;
    cpu_state_changed(r->cpu);
    return false;
}

/* Has the instruction at the pc a reason to fail in a region, other than that
 * it takes an exception?  `after` is the FPU's control register after it. */
static bool may_fail(Run *r, const Insn *in, uint32_t base, uint32_t after)
{
    uint32_t pa;
    switch (insn_info(in->op)->cls) {
    case INSN_CLASS_LOAD:
    case INSN_CLASS_FLOAD:
        return !world_find(&r->world, base + in->imm, false, &pa);
    case INSN_CLASS_STORE:
    case INSN_CLASS_FSTORE:
        return !world_find(&r->world, base + in->imm, true, &pa);
    case INSN_CLASS_FP:
    case INSN_CLASS_FCOMP: return fpu_irq(after);
    default: return false;
    }
}

/* The CPU follows the lifted region as far as that went, noting the places
 * where it commits. */
static bool follow(Run *r, const IrRegion *region)
{
    const Outcome *lifted = &r->outcomes[0];
    uint32_t end = lifted->fault ? lifted->guest : lifted->place.insns;
    unsigned commit = 0;
    r->place_count = 0;
    world_read(&r->world, &r->places[r->place_count++], 0);
    for (uint32_t done = 1; done <= end; done++) {
        if (!step(r)) {
            printf("%s: the CPU takes an exception at instruction %u\n",
                   lifted->stage, done - 1);
            return false;
        }
        while (commit < region->exit_count &&
               (region->exits[commit].insns < done ||
                region->exits[commit].kind != IR_EXIT_COMMIT))
            commit++;
        bool here =
            commit < region->exit_count && region->exits[commit].insns == done;
        r->counts.commits += here;
        if (here || (done == end && !lifted->fault))
            world_read(&r->world, &r->places[r->place_count++], done);
    }
    r->counts.insns += end;
    if (!lifted->fault)
        return true;
    Insn in = insn_decode(region->guests[end].word);
    world_begin(&r->world, NULL);
    uint32_t base = cpu_state(r->cpu)->gpr[in.rs];
    bool failed = !step(r);
    if (!failed && !may_fail(r, &in, base, cpu_state(r->cpu)->fcr31)) {
        printf("%s: fault at instruction %u, which succeeds\n", lifted->stage,
               end);
        return false;
    }
    return true;
}

/* --- Checks --------------------------------------------------------------- */

static bool check_outcome(const Run *r, const Outcome *out)
{
    for (unsigned i = 0; i < r->place_count; i++)
        if (r->places[i].insns == out->place.insns)
            return place_compare(out->stage, &out->place, &r->places[i]);
    printf("%s: commits after %u instructions, where the CPU's path has no "
           "commit\n",
           out->stage, out->place.insns);
    return false;
}

/* Where the lifted code leaves, a later stage may fail instead (a load above an
 * exit); where it fails, it must, but perhaps before a commit (a load above
 * that). */
static bool check_outcomes(Run *r)
{
    const Outcome *lifted = &r->outcomes[0];
    for (unsigned i = 0; i < r->stage_count; i++) {
        const Outcome *out = &r->outcomes[i];
        if (!check_outcome(r, out))
            return false;
        r->counts.early += out->fault && !lifted->fault;
        bool good = out->fault ? out->place.insns <= lifted->place.insns
                               : !lifted->fault &&
                                     out->place.insns == lifted->place.insns;
        if (!good) {
            printf("%s: %s after %u instructions; lifted: %s after %u\n",
                   out->stage, out->fault ? "fault" : "exit", out->place.insns,
                   lifted->fault ? "fault" : "exit", lifted->place.insns);
            return false;
        }
    }
    return true;
}

/* What the plan must be like, whatever the code is. */
static bool check_plan(Run *r, const LiftPlan *plan, const LiftLimits *limits)
{
    if (plan->count == 0)
        return plan->interpret;
    if (plan->count > limits->insns)
        return false;
    for (unsigned i = 0; i < plan->count; i++) {
        if (!lift_can(&plan->insns[i].insn, &plan->context))
            return false;
        r->counts.lifted[plan->insns[i].insn.op]++;
    }
    return true;
}

static void print_insn(void *ctx, FILE *out, uint32_t pc, uint32_t word)
{
    char text[64];
    (void)ctx;
    insn_disassemble(word, pc, text, sizeof text);
    fputs(text, out);
}

/* --- Programs ------------------------------------------------------------- */

static bool run_region(Run *r)
{
    GuestState *s = cpu_state(r->cpu);
    arena_reset(r->arena);
    world_read(&r->world, &r->places[0], 0);
    const Place start = r->places[0];
    r->start = &start;
    IrContext context = {.user = state_user_mode(s),
                         .fpu = s->status & (STATUS_CU0 << 1),
                         .big = r->o.big,
                         .pending = start.pending};
    r->counts.pending_gpr[0] +=
        start.pending != 0 && start.pending < IR_PENDING_FPR;
    r->counts.pending_fpr[0] += start.pending >= IR_PENDING_FPR;
    LiftSource source = {r, fetch, advise_branch, advise_target, NULL, NULL};
    LiftLimits limits = any_limits(&r->rng);
    r->advice = rng_next(&r->rng);
    world_begin(&r->world, NULL);
    LiftPlan *plan = lift_discover(r->arena, &source, &limits, s->pc, context);
    if (!check_plan(r, plan, &limits)) {
        printf("the plan breaks a rule\n");
        return false;
    }
    if (plan->count == 0) {
        r->counts.steps++;
        step(r);
        return true;
    }
    r->counts.regions++;
    IrRegion *region = lift_region(r->arena, plan, &limits);
    IrRegion *lifted = ir_clone(region, r->arena);
    r->stage_count = 0;
    r->code = NULL;
    bool good = run_stages(r, region) && follow(r, lifted) && check_outcomes(r);
    if (good) {
        count_outcome(&r->counts, &r->outcomes[0]);
    } else {
        ir_print(lifted, stdout, print_insn, NULL);
        ir_print(region, stdout, print_insn, NULL);
        if (r->code)
            vliw_code_print(r->code, stdout);
    }
    return good;
}

static bool run_program(Run *r, uint64_t number)
{
    r->rng = rng_stream(r->o.seed, number);
    TranslateProgram *p = &r->program;
    translate_program_make(p, &r->rng);
    uint8_t bytes[TRANSLATE_RAM] = {0};
    for (unsigned i = 0; i < TRANSLATE_CODE_WORDS; i++)
        bits_store32(bytes + TRANSLATE_CODE + 4 * i, p->code[i], r->o.big);
    for (unsigned i = 0; i < ARRAY_LEN(p->data); i++)
        bits_store32(bytes + TRANSLATE_DATA + 4 * i, p->data[i], r->o.big);
    bare_cpu_reset(r->world.bare, 0);
    bare_cpu_load(r->world.bare, 0, bytes, sizeof bytes);
    translate_program_state(p, &r->rng, cpu_state(r->cpu));
    r->status = cpu_state(r->cpu)->status;
    cpu_state_changed(r->cpu);
    for (unsigned i = 0, steps = 0; i < REGIONS_MAX && steps < STEPS_MAX;) {
        if (is_translatable(cpu_state(r->cpu))) {
            i++;
            if (!run_region(r))
                return false;
        } else {
            steps++;
            step(r);
        }
    }
    return true;
}

/* --- Results -------------------------------------------------------------- */

static bool check_count(const char *what, uint64_t count)
{
    if (count == 0)
        printf("translate_random: never met: %s\n", what);
    return count != 0;
}

static bool check_coverage(const Counts *c)
{
    const IrContext most = {.fpu = true};
    bool all = true;
    for (unsigned op = INSN_FPRESERVED + 1; op < INSN_COUNT; op++) {
        Insn in = {.op = (uint8_t)op, .rd = CP0_STATUS};
        if (lift_can(&in, &most))
            all &= check_count(insn_info(op)->name, c->lifted[op]);
    }
    static const char *const kinds[] = {"direct exit", "indirect exit",
                                        "exit to interpret"};
    for (unsigned i = 0; i < ARRAY_LEN(kinds); i++)
        all &= check_count(kinds[i], c->exits[i]);
    all &= check_count("call", c->hints[IR_HINT_CALL]);
    all &= check_count("return", c->hints[IR_HINT_RETURN]);
    all &= check_count("commit", c->commits);
    all &= check_count("fault after a commit", c->commit_faults);
    return all;
}

static void print_counts(const Counts *c)
{
    printf("translate_random: %" PRIu64 " regions, %" PRIu64
           " instructions, %" PRIu64 " faults (%" PRIu64
           " after a commit; %" PRIu64 " early), %" PRIu64 " interpreted\n",
           c->regions, c->insns, c->faults, c->commit_faults, c->early,
           c->steps);
    printf("translate_random: exits %" PRIu64 " direct, %" PRIu64
           " indirect, %" PRIu64 " to interpret; in flight at entry %" PRIu64
           "+%" PRIu64 ", at exit %" PRIu64 "+%" PRIu64 "\n",
           c->exits[IR_EXIT_DIRECT], c->exits[IR_EXIT_INDIRECT],
           c->exits[IR_EXIT_INTERPRET], c->pending_gpr[0], c->pending_fpr[0],
           c->pending_gpr[1], c->pending_fpr[1]);
}

int main(int argc, char **argv)
{
    OptionsCases o = options_parse_cases(argc, argv, 1000);
    Run *r = alloc_zeroed(1, sizeof *r);
    r->o = o;
    world_create(&r->world, o.big);
    r->cpu = r->world.cpu;
    r->config = config_create();
    core_machines_create(r->machines, &r->world);
    r->arena = arena_create();
    r->scratch = arena_create();
    uint64_t done = 0;
    while (done < o.count && run_program(r, o.first + done))
        done++;
    bool good = done == o.count;
    if (good)
        print_counts(&r->counts);
    else
        printf("translate_random: repeat with --seed %" PRIu64
               " --first %" PRIu64 " --count 1%s\n",
               o.seed, o.first + done, o.big ? " --big" : "");
    if (good && o.count >= COVERAGE_PROGRAMS)
        good = check_coverage(&r->counts);
    arena_destroy(r->scratch);
    arena_destroy(r->arena);
    core_machines_destroy(r->machines);
    config_destroy(r->config);
    world_destroy(&r->world);
    free(r);
    return good ? 0 : 1;
}
