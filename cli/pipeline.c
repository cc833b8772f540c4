/* `--pipeline`: Konata's log; see pipeline.h.
 *
 * The log only goes forward in time.  A molecule is told of when it issues;
 * what it waited for before, and what followed the one before it, are the
 * cycles that were charged to each cause in between: so a row is written when
 * the next molecule issues. */
#include "cli/pipeline.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "cli/savefile.h"
#include "frontend/symbols.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[CORE_CAUSES] = {
#define CAUSE(id, name, text) name,
#include "hwmodel/vliw/cause.def"
#undef CAUSE
};

/* Stages of a molecule's row; other causes are the layer's. */
static const char *const stages[CORE_CAUSES] = {
    [CORE_CAUSE_GEAR1] = "X",         [CORE_CAUSE_GEAR2] = "X",
    [CORE_CAUSE_INTERLOCK] = "Wt",    [CORE_CAUSE_ICACHE] = "Ic",
    [CORE_CAUSE_DCACHE] = "Dc",       [CORE_CAUSE_TLB] = "Dc",
    [CORE_CAUSE_STORE_BUFFER] = "Sb", [CORE_CAUSE_COMMIT] = "Cm",
    [CORE_CAUSE_BRANCH] = "Br",       [CORE_CAUSE_ROLLBACK] = "Rb",
};

typedef struct Row {
    uint64_t id;
    const CoreCode *code; /* compared only: it may be gone */
    unsigned index;
    bool commits; /* goes on after a commit */
} Row;

struct Pipeline {
    SaveFile save;
    Machine *machine;
    uint64_t now; /* that the log has got to */
    uint64_t rows, retired;
    uint64_t open; /* rows from here on are not retired */
    uint64_t charged[CORE_CAUSES];
    Row last; /* that has issued, if `running` */
    bool running;
    bool failed; /* it was rolled back */
};

/* --- The log -------------------------------------------------------------- */

static void go_to(Pipeline *p, uint64_t cycle)
{
    if (cycle > p->now) {
        fprintf(p->save.file, "C\t%" PRIu64 "\n", cycle - p->now);
        p->now = cycle;
    }
}

static uint64_t begin_row(Pipeline *p, unsigned thread)
{
    uint64_t id = p->rows++;
    fprintf(p->save.file, "I\t%" PRIu64 "\t%" PRIu64 "\t%u\n", id, id, thread);
    return id;
}

/* `cycles` of a stage from now on; the log gets to their end. */
static void pass(Pipeline *p, uint64_t row, const char *stage, uint64_t cycles)
{
    if (cycles == 0)
        return;
    fprintf(p->save.file, "S\t%" PRIu64 "\t0\t%s\n", row, stage);
    go_to(p, p->now + cycles);
}

static void end_rows(Pipeline *p, bool flushed)
{
    for (; p->open < p->rows; p->open++)
        fprintf(p->save.file, "R\t%" PRIu64 "\t%" PRIu64 "\t%d\n", p->open,
                flushed ? p->retired : p->retired++, flushed);
}

/* --- Rows ----------------------------------------------------------------- */

static void label(const Pipeline *p, uint64_t row, const CoreCode *code,
                  unsigned index)
{
    FILE *file = p->save.file;
    const VliwCode *of = code->code;
    const Molecule *m = &of->molecules[index];
    fprintf(file, "L\t%" PRIu64 "\t0\t%08" PRIx32 " g%u @%u ", row, of->pc,
            code->gear, index);
    for (unsigned i = 0; i < m->count; i++) {
        fputs(i ? "; " : "", file);
        atom_print(&m->atoms[i], file);
    }
    fprintf(file, "\nL\t%" PRIu64 "\t1\t", row);
    for (unsigned i = 0; i < m->count; i++) {
        const Atom *atom = &m->atoms[i];
        uint32_t pc = of->guests[atom->guest].pc;
        char name[SYMBOLS_NAME_MAX];
        symbols_name(machine_image(p->machine), pc, name);
        fprintf(file, "%s: ", vliw_unit_name((VliwUnit)atom->unit));
        atom_print(atom, file);
        fprintf(file, " of %08" PRIx32 " %s\\n", pc, name);
    }
    if (m->commit)
        fprintf(file, "may commit: exit %u\\n", m->commit - 1u);
    fputc('\n', file);
}

/* What came after the molecule that issued last, up to its own end. */
static void end_last(Pipeline *p, const uint64_t *spent, bool left)
{
    static const CoreCause after[] = {
        CORE_CAUSE_DCACHE, CORE_CAUSE_TLB,    CORE_CAUSE_STORE_BUFFER,
        CORE_CAUSE_COMMIT, CORE_CAUSE_BRANCH, CORE_CAUSE_ROLLBACK};
    bool flushed = p->failed || spent[CORE_CAUSE_ROLLBACK] > 0;
    pass(p, p->last.id, "X", 1);
    for (unsigned i = 0; i < ARRAY_LEN(after); i++)
        pass(p, p->last.id, stages[after[i]], spent[after[i]]);
    if (flushed || left || p->last.commits)
        end_rows(p, flushed);
    else
        fprintf(p->save.file, "S\t%" PRIu64 "\t0\tPr\n", p->last.id);
    p->failed = false;
}

/* The layer's own time, as a row of its own. */
static void add_layer(Pipeline *p, const uint64_t *spent)
{
    uint64_t all = 0;
    for (unsigned i = 0; i < CORE_CAUSES; i++)
        all += stages[i] ? 0 : spent[i];
    if (all == 0)
        return;
    uint64_t row = begin_row(p, 0);
    fprintf(p->save.file, "L\t%" PRIu64 "\t0\tlayer:", row);
    for (unsigned i = 0; i < CORE_CAUSES; i++)
        if (!stages[i] && spent[i])
            fprintf(p->save.file, " %s %" PRIu64, names[i], spent[i]);
    fputc('\n', p->save.file);
    for (unsigned i = 0; i < CORE_CAUSES; i++)
        if (!stages[i])
            pass(p, row, names[i], spent[i]);
    end_rows(p, false);
}

/* Cycles by cause since the last call. */
static void take_charges(Pipeline *p, uint64_t spent[CORE_CAUSES])
{
    const uint64_t *charged = machine_causes(p->machine);
    for (unsigned i = 0; i < CORE_CAUSES; i++)
        spent[i] = charged[i] - p->charged[i];
    memcpy(p->charged, charged, sizeof p->charged);
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

/* Ends what is told of: the region is over, or the run. */
static void stop(Pipeline *p)
{
    if (!p->running)
        return;
    uint64_t nothing[CORE_CAUSES] = {0};
    p->running = false;
    end_last(p, nothing, true);
}

static void on_molecule(void *ctx, const CoreCode *code, unsigned index,
                        uint64_t cycle)
{
    Pipeline *p = ctx;
    uint64_t spent[CORE_CAUSES];
    if (!machine_is_measuring(p->machine)) {
        stop(p);
        return;
    }
    take_charges(p, spent);
    if (!p->running) {
        p->running = true;
        p->failed = false;
        memset(spent, 0, sizeof spent);
        if (p->rows == 0)
            fprintf(p->save.file, "Kanata\t0004\nC=\t%" PRIu64 "\n", cycle);
        p->now = p->rows == 0 ? cycle : p->now;
        go_to(p, cycle);
    } else {
        bool left = code != p->last.code || index != p->last.index + 1;
        take_misses(spent);
        end_last(p, spent, left);
        add_layer(p, spent);
    }
    p->last =
        (Row){.id = begin_row(p, code->gear), .code = code, .index = index};
    unsigned commit = code->code->molecules[index].commit;
    p->last.commits =
        commit && code->code->exits[commit - 1].kind == IR_EXIT_COMMIT;
    label(p, p->last.id, code, index);
    pass(p, p->last.id, "Ic", spent[CORE_CAUSE_ICACHE]);
    pass(p, p->last.id, "Wt", cycle > p->now ? cycle - p->now : 0);
}

static void on_fault(void *ctx, const CoreStop *fault)
{
    Pipeline *p = ctx;
    (void)fault;
    p->failed = p->running;
}

/* --- Life ----------------------------------------------------------------- */

Pipeline *pipeline_open(const char *path, Machine *machine, Diag *diag)
{
    Pipeline *p = alloc_zeroed(1, sizeof *p);
    p->machine = machine;
    if (!savefile_open(&p->save, "--pipeline", path, diag)) {
        pipeline_destroy(p);
        return NULL;
    }
    machine_add_trace(
        machine,
        &(MachineTrace){.ctx = p, .fault = on_fault, .molecule = on_molecule});
    return p;
}

bool pipeline_close(Pipeline *p, Diag *diag)
{
    stop(p);
    if (p->rows == 0)
        fputs("Kanata\t0004\nC=\t0\n", p->save.file);
    return savefile_close(&p->save, diag);
}

void pipeline_destroy(Pipeline *p)
{
    if (!p)
        return;
    savefile_drop(&p->save);
    free(p);
}
