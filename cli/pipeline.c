/* `--pipeline`: what molecules do, as rows of Konata's log; see pipeline.h.
 *
 * A molecule is told of when it issues; what it waited for before, and what
 * followed the one before it, are the cycles that were charged to each cause in
 * between: so a row is completed when the next molecule issues.
 *
 * That holds while the model is timed.  A sampled run leaves it time and again,
 * and what it comes back to nothing before has led to: rows begin anew.  A
 * processor's time in the log only goes forward, so where a library's
 * checkpoint is of a time that the log has gone past, they begin at the log's
 * end, and keep that distance to their own time. */
#include "cli/pipeline.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "cli/kanata.h"
#include "cli/savefile.h"
#include "cli/trace.h"
#include "cli/waits.h"
#include "frontend/symbols.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The stage of each cause.  Its name has two letters, since a cycle has room
 * for no more in the viewer. */
typedef struct Stage {
    const char *name;
    enum {
        STAGE_FLOWS,  /* results that are on their way come nearer */
        STAGE_STANDS, /* they do not */
        STAGE_LAYER   /* it is one of the layer's rows */
    } kind;
} Stage;

static const Stage stages[CORE_CAUSES] = {
    [CORE_CAUSE_GEAR1] = {"X", STAGE_FLOWS},
    [CORE_CAUSE_GEAR2] = {"X", STAGE_FLOWS},
    [CORE_CAUSE_INTERLOCK] = {"Wt", STAGE_FLOWS},
    [CORE_CAUSE_ICACHE] = {"Ic", STAGE_STANDS},
    [CORE_CAUSE_DCACHE] = {"Dc", STAGE_STANDS},
    [CORE_CAUSE_TLB] = {"Tb", STAGE_STANDS},
    [CORE_CAUSE_STORE_BUFFER] = {"Sb", STAGE_STANDS},
    [CORE_CAUSE_COMMIT] = {"Cm", STAGE_FLOWS},
    [CORE_CAUSE_BRANCH] = {"Br", STAGE_FLOWS},
    [CORE_CAUSE_ROLLBACK] = {"Rb", STAGE_FLOWS},
    [CORE_CAUSE_GEAR0] = {"G0", STAGE_LAYER},
    [CORE_CAUSE_DISPATCH] = {"Di", STAGE_LAYER},
    [CORE_CAUSE_INDIRECT] = {"In", STAGE_LAYER},
    [CORE_CAUSE_PROFILE] = {"Pf", STAGE_LAYER},
    [CORE_CAUSE_CHAIN] = {"Ch", STAGE_LAYER},
    [CORE_CAUSE_TRANSLATE1] = {"T1", STAGE_LAYER},
    [CORE_CAUSE_TRANSLATE2_FORM] = {"Tf", STAGE_LAYER},
    [CORE_CAUSE_TRANSLATE2_OPT] = {"To", STAGE_LAYER},
    [CORE_CAUSE_TRANSLATE2_SCHED] = {"Ts", STAGE_LAYER},
    [CORE_CAUSE_WARM] = {"Wm", STAGE_LAYER},
    [CORE_CAUSE_INVALIDATE] = {"Iv", STAGE_LAYER},
    [CORE_CAUSE_EXCEPTION] = {"Ex", STAGE_LAYER},
    [CORE_CAUSE_IDLE] = {"Id", STAGE_LAYER},
};

static const char *const names[CORE_CAUSES] = {
#define CAUSE(id, name, text) name,
#include "hwmodel/vliw/cause.def"
#undef CAUSE
};

typedef struct Row {
    uint64_t id;
    const CoreCode *code; /* compared only: it may be gone */
    unsigned index;
    bool commits; /* goes on after a commit */
} Row;

typedef struct Processor {
    uint64_t now;  /* that its rows have got to */
    uint64_t late; /* how much that is past the machine's */
    uint64_t rows; /* that it has */
    uint64_t open; /* rows from here on are not over */
    uint64_t charged[CORE_CAUSES];
    Row last; /* that has issued, if `running` */
    bool running;
    bool failed; /* it was rolled back */
    Waits waits;
    uint64_t stood; /* cycles in which all of it stood still */
} Processor;

struct Pipeline {
    SaveFile save;
    Machine *machine;
    VliwDesc desc;
    Kanata *log;
    Processor *processors;
    unsigned count;
};

/* --- Rows ----------------------------------------------------------------- */

static unsigned number_of(const Pipeline *p, const Processor *of)
{
    return (unsigned)(of - p->processors);
}

static uint64_t begin_row(Pipeline *p, Processor *of)
{
    of->rows++;
    return kanata_begin(p->log, number_of(p, of), of->now);
}

/* `cycles` of a stage from now on. */
static void pass(Pipeline *p, Processor *of, uint64_t row, KanataLane lane,
                 const Stage *stage, uint64_t cycles)
{
    if (cycles == 0)
        return;
    kanata_enter(p->log, number_of(p, of), row, lane, stage->name, of->now);
    of->now += cycles;
    of->stood += stage->kind == STAGE_STANDS ? cycles : 0;
    kanata_leave(p->log, number_of(p, of), row, lane, stage->name, of->now);
}

static void end_rows(Pipeline *p, Processor *of, bool flushed)
{
    for (; of->open < of->rows; of->open++)
        kanata_end(p->log, number_of(p, of), of->open, of->now, flushed);
}

/* --- Molecules ------------------------------------------------------------ */

static void label(Pipeline *p, Processor *of, uint64_t row,
                  const CoreCode *code, unsigned index)
{
    const VliwCode *text = code->code;
    const Molecule *m = &text->molecules[index];
    FILE *file = kanata_begin_label(p->log);
    fprintf(file, "%08" PRIx32 " g%u @%u ", text->pc, code->gear, index);
    for (unsigned i = 0; i < m->count; i++) {
        fputs(i ? "; " : "", file);
        atom_print(&m->atoms[i], file);
    }
    kanata_end_label(p->log, number_of(p, of), row, KANATA_BESIDE);
    file = kanata_begin_label(p->log);
    for (unsigned i = 0; i < m->count; i++) {
        const Atom *atom = &m->atoms[i];
        uint32_t pc = text->guests[atom->guest].pc;
        char name[SYMBOLS_NAME_MAX];
        symbols_name(machine_image(p->machine), pc, name);
        fprintf(file, "%s%s: ", i ? "\\n" : "",
                vliw_unit_name((VliwUnit)atom->unit));
        atom_print(atom, file);
        fprintf(file, " of %08" PRIx32 "%s%s", pc, name[0] ? " " : "", name);
    }
    if (m->commit)
        fprintf(file, "%smay commit: exit %u", m->count ? "\\n" : "",
                m->commit - 1u);
    kanata_end_label(p->log, number_of(p, of), row, KANATA_HOVER);
}

static void begin_molecule(Pipeline *p, Processor *of, const CoreCode *code,
                           unsigned index, uint64_t cycle,
                           const uint64_t *spent)
{
    const Molecule *m = &code->code->molecules[index];
    of->last =
        (Row){.id = begin_row(p, of),
              .code = code,
              .index = index,
              .commits = m->commit && code->code->exits[m->commit - 1].kind ==
                                          IR_EXIT_COMMIT};
    label(p, of, of->last.id, code, index);
    pass(p, of, of->last.id, KANATA_STALL, &stages[CORE_CAUSE_ICACHE],
         spent[CORE_CAUSE_ICACHE]);
    uint64_t producer;
    if (waits_find(&of->waits, m, of->now - of->stood, &producer))
        kanata_depend(p->log, number_of(p, of), of->last.id, producer);
    pass(p, of, of->last.id, KANATA_STALL, &stages[CORE_CAUSE_INTERLOCK],
         cycle > of->now ? cycle - of->now : 0);
    waits_issue(&of->waits, m, &p->desc, of->now - of->stood, of->last.id);
}

/* What came after the molecule that issued last, up to its own end. */
static void end_last(Pipeline *p, Processor *of, const uint64_t *spent,
                     bool left)
{
    static const CoreCause after[] = {
        CORE_CAUSE_DCACHE, CORE_CAUSE_TLB,    CORE_CAUSE_STORE_BUFFER,
        CORE_CAUSE_COMMIT, CORE_CAUSE_BRANCH, CORE_CAUSE_ROLLBACK};
    bool flushed = of->failed || spent[CORE_CAUSE_ROLLBACK] > 0;
    pass(p, of, of->last.id, KANATA_NORMAL, &stages[CORE_CAUSE_GEAR1], 1);
    for (unsigned i = 0; i < ARRAY_LEN(after); i++)
        pass(p, of, of->last.id, KANATA_STALL, &stages[after[i]],
             spent[after[i]]);
    if (flushed || left || of->last.commits)
        end_rows(p, of, flushed);
    else
        kanata_enter(p->log, number_of(p, of), of->last.id, KANATA_NORMAL, "Pr",
                     of->now);
    if (flushed)
        of->waits = (Waits){0};
    of->failed = false;
}

/* --- The layer ------------------------------------------------------------ */

/* Its time since the last molecule, as a row of its own. */
static void add_layer(Pipeline *p, Processor *of, const uint64_t *spent)
{
    uint64_t all = 0;
    for (unsigned i = 0; i < CORE_CAUSES; i++)
        all += stages[i].kind == STAGE_LAYER ? spent[i] : 0;
    if (all == 0)
        return;
    uint64_t row = begin_row(p, of);
    FILE *file = kanata_begin_label(p->log);
    fputs("layer:", file);
    for (unsigned i = 0; i < CORE_CAUSES; i++)
        if (stages[i].kind == STAGE_LAYER && spent[i])
            fprintf(file, " %s %" PRIu64, names[i], spent[i]);
    kanata_end_label(p->log, number_of(p, of), row, KANATA_BESIDE);
    for (unsigned i = 0; i < CORE_CAUSES; i++)
        if (stages[i].kind == STAGE_LAYER)
            pass(p, of, row, KANATA_STALL, &stages[i], spent[i]);
    end_rows(p, of, false);
}

/* --- Events --------------------------------------------------------------- */

/* Cycles by cause since the last call. */
static void take_charges(Pipeline *p, Processor *of,
                         uint64_t spent[CORE_CAUSES])
{
    const uint64_t *charged = machine_causes(p->machine);
    for (unsigned i = 0; i < CORE_CAUSES; i++)
        spent[i] = charged[i] - of->charged[i];
    memcpy(of->charged, charged, sizeof of->charged);
}

/* What gear 0 waited for is its own. */
static void take_misses(uint64_t spent[CORE_CAUSES])
{
    static const CoreCause misses[] = {CORE_CAUSE_ICACHE, CORE_CAUSE_DCACHE,
                                       CORE_CAUSE_TLB};
    if (spent[CORE_CAUSE_GEAR0] == 0)
        return;
    for (unsigned i = 0; i < ARRAY_LEN(misses); i++) {
        spent[CORE_CAUSE_GEAR0] += spent[misses[i]];
        spent[misses[i]] = 0;
    }
}

/* Ends what is told of: the region is over, or the run, or a unit and what
 * warmed up for it. */
static void stop(Pipeline *p)
{
    static const uint64_t nothing[CORE_CAUSES];
    for (unsigned i = 0; i < p->count; i++) {
        Processor *of = &p->processors[i];
        if (of->running)
            end_last(p, of, nothing, true);
        of->running = false;
    }
}

/* What is issued at `cycle` is the first of what is told of. */
static void start(Processor *of, uint64_t cycle)
{
    of->running = true;
    of->failed = false;
    of->waits = (Waits){0};
    of->late = of->now > cycle ? of->now - cycle : 0;
    of->now = cycle + of->late;
}

/* While it warms up behind fast-forwarding, the model's cycles are not the
 * machine's time. */
static bool is_told(const Machine *m)
{
    return machine_is_measuring(m) && !machine_fast_forwards(m);
}

static void on_molecule(void *ctx, const CoreCode *code, unsigned index,
                        uint64_t cycle)
{
    Pipeline *p = ctx;
    Processor *of = &p->processors[machine_processor(p->machine)];
    uint64_t spent[CORE_CAUSES];
    if (!is_told(p->machine)) {
        stop(p);
        return;
    }
    take_charges(p, of, spent);
    if (of->running) {
        bool left = code != of->last.code || index != of->last.index + 1;
        take_misses(spent);
        end_last(p, of, spent, left);
        add_layer(p, of, spent);
    } else {
        start(of, cycle);
        memset(spent, 0, sizeof spent);
    }
    begin_molecule(p, of, code, index, cycle + of->late, spent);
}

static void on_fault(void *ctx, const CoreStop *fault)
{
    Pipeline *p = ctx;
    Processor *of = &p->processors[machine_processor(p->machine)];
    of->failed = of->running;
    if (!of->running)
        return;
    fprintf(kanata_begin_label(p->log), "\\nfailed: %s",
            trace_fault_name(fault->fault));
    kanata_end_label(p->log, number_of(p, of), of->last.id, KANATA_HOVER);
}

static void on_leave(void *ctx)
{
    stop(ctx);
}

/* --- Life ----------------------------------------------------------------- */

Pipeline *pipeline_open(const char *path, Machine *machine, Diag *diag)
{
    Pipeline *p = alloc_zeroed(1, sizeof *p);
    for (unsigned i = 0; i < CORE_CAUSES; i++)
        assert(stages[i].name);
    p->machine = machine;
    /* The keys were checked when the machine was made. */
    if (!vliw_desc_read(&p->desc, machine_config(machine), diag) ||
        !savefile_open(&p->save, "--pipeline", path, diag)) {
        pipeline_destroy(p);
        return NULL;
    }
    p->count = machine_processors(machine);
    p->processors = alloc_zeroed(p->count, sizeof *p->processors);
    p->log = kanata_create(p->save.file, p->count);
    machine_add_trace(machine, &(MachineTrace){.ctx = p,
                                               .fault = on_fault,
                                               .molecule = on_molecule,
                                               .leave = on_leave});
    return p;
}

bool pipeline_close(Pipeline *p, Diag *diag)
{
    stop(p);
    kanata_finish(p->log);
    return savefile_close(&p->save, diag);
}

void pipeline_destroy(Pipeline *p)
{
    if (!p)
        return;
    kanata_destroy(p->log);
    savefile_drop(&p->save);
    free(p->processors);
    free(p);
}
