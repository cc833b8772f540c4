/* A translation as people look at it: the guest's code, then the molecules by
 * cycle and unit, each atom behind the low digits of the guest address that it
 * is a part of; then where each exit leads. */
#include "hwmodel/vliw/molecule.h"

#include "ir/text.h"

#include <inttypes.h>
#include <string.h>

enum { CELL_MAX = 96 };

typedef struct Show {
    const VliwCode *code;
    const VliwDesc *desc;
    FILE *out;
    unsigned width[VLIW_UNITS]; /* of the columns; 0: the machine has none */
    /* When registers and units are ready, in cycles from the section's start.
     */
    unsigned gpr[VLIW_GPRS], fpr[VLIW_FPRS], unit[VLIW_UNITS];
} Show;

/* --- Time ----------------------------------------------------------------- */

static unsigned *register_ready(Show *show, AtomOperand kind, unsigned reg)
{
    return kind == ATOM_F ? &show->fpr[reg] : &show->gpr[reg];
}

static void wait_for(unsigned *cycle, unsigned ready)
{
    if (*cycle < ready)
        *cycle = ready;
}

/* The cycle, not before `cycle`, in which the molecule issues if every access
 * hits: with its operands there, and no result overtaken by a shorter one. */
static unsigned issue(Show *show, const Molecule *molecule, unsigned cycle)
{
    const unsigned *latency = show->desc->latency;
    for (unsigned i = 0; i < molecule->count && show->desc->interlock; i++) {
        const Atom *atom = &molecule->atoms[i];
        const AtomInfo *info = atom_info((AtomOp)atom->op);
        wait_for(&cycle, show->unit[atom->unit]);
        if (info->a != ATOM_N)
            wait_for(&cycle, *register_ready(show, info->a, atom->a));
        if (info->b != ATOM_N && !atom->b_imm)
            wait_for(&cycle, *register_ready(show, info->b, atom->b));
        if (info->d == ATOM_N)
            continue;
        unsigned ready = *register_ready(show, info->d, atom->d);
        if (ready > latency[info->latency])
            wait_for(&cycle, ready - latency[info->latency]);
    }
    for (unsigned i = 0; i < molecule->count; i++) {
        const Atom *atom = &molecule->atoms[i];
        const AtomInfo *info = atom_info((AtomOp)atom->op);
        unsigned done = cycle + latency[info->latency];
        if (info->d != ATOM_N)
            *register_ready(show, info->d, atom->d) = done;
        if (atom_keeps_unit((AtomOp)atom->op))
            show->unit[atom->unit] = done;
    }
    return cycle;
}

/* --- The table ------------------------------------------------------------ */

/* An atom in its column, "1004 ld32 r40, [r4]"; returns its width. */
static unsigned format_cell(const VliwCode *code, const Atom *atom,
                            char cell[CELL_MAX])
{
    memset(cell, 0, CELL_MAX);
    FILE *out = fmemopen(cell, CELL_MAX - 1, "w");
    if (!out)
        return 0;
    if (atom->guest < code->guest_count)
        fprintf(out, "%04" PRIx32 " ", code->guests[atom->guest].pc & 0xffff);
    atom_print(atom, out);
    fclose(out);
    return (unsigned)strlen(cell);
}

static void measure_columns(Show *show)
{
    char cell[CELL_MAX];
    for (unsigned unit = 0; unit < VLIW_UNITS; unit++) {
        bool there =
            unit == VLIW_BRU || unit < show->desc->alu_units ||
            (unit >= VLIW_LSU0 && unit < VLIW_LSU0 + show->desc->lsu_units);
        show->width[unit] =
            there ? (unsigned)strlen(vliw_unit_name((VliwUnit)unit)) : 0;
    }
    for (unsigned i = 0; i < show->code->count; i++) {
        const Molecule *molecule = &show->code->molecules[i];
        for (unsigned j = 0; j < molecule->count; j++) {
            const Atom *atom = &molecule->atoms[j];
            unsigned width = format_cell(show->code, atom, cell);
            if (show->width[atom->unit] < width)
                show->width[atom->unit] = width;
        }
    }
}

/* The memory unit first and the branch unit last, as in the formats. */
static const VliwUnit columns[VLIW_UNITS] = {
    VLIW_LSU0, VLIW_LSU1, VLIW_ALU0, VLIW_ALU1, VLIW_ALU2, VLIW_ALU3, VLIW_BRU,
};

static void print_heading(const Show *show)
{
    fputs(" cycle  molecule  bytes", show->out);
    for (unsigned i = 0; i < VLIW_UNITS; i++) {
        bool last = columns[i] == VLIW_BRU;
        if (show->width[columns[i]])
            fprintf(show->out, "  %-*s",
                    last ? 0 : (int)show->width[columns[i]],
                    vliw_unit_name(columns[i]));
    }
    fputc('\n', show->out);
}

static void print_molecule(const Show *show, unsigned index, unsigned cycle)
{
    const Molecule *molecule = &show->code->molecules[index];
    char cell[CELL_MAX];
    unsigned blanks = 0; /* held back, so that no line ends with them */
    fprintf(show->out, "%6u  %8u  %5u", cycle, index, molecule->size);
    for (unsigned i = 0; i < VLIW_UNITS; i++) {
        unsigned width = show->width[columns[i]], used = 0;
        if (!width)
            continue;
        blanks += 2;
        for (unsigned j = 0; j < molecule->count; j++) {
            if (molecule->atoms[j].unit != columns[i])
                continue;
            used = format_cell(show->code, &molecule->atoms[j], cell);
            fprintf(show->out, "%*s%s", (int)blanks, "", cell);
            blanks = 0;
        }
        blanks += width > used ? width - used : 0;
    }
    if (molecule->commit)
        fprintf(show->out, "%*s  commit x%u", (int)blanks, "",
                molecule->commit - 1u);
    fputc('\n', show->out);
}

/* Whether a branch leads to molecule `index`. */
static bool is_target(const VliwCode *code, unsigned index)
{
    for (unsigned i = 0; i < code->count; i++) {
        const Molecule *molecule = &code->molecules[i];
        for (unsigned j = 0; j < molecule->count; j++) {
            const Atom *atom = &molecule->atoms[j];
            if (atom->unit == VLIW_BRU && atom->op != ATOM_EXIT &&
                atom->imm == index)
                return true;
        }
    }
    return false;
}

static void start_section(Show *show)
{
    memset(show->gpr, 0, sizeof show->gpr);
    memset(show->fpr, 0, sizeof show->fpr);
    memset(show->unit, 0, sizeof show->unit);
}

/* The main path from its entry, then each exit's own molecules from the cycle
 * in which the first of them issues. */
static void print_molecules(Show *show)
{
    const VliwCode *code = show->code;
    unsigned cycle = 0;
    start_section(show);
    for (unsigned i = 0; i < code->count; i++) {
        const Molecule *molecule = &code->molecules[i];
        if (i >= code->main_count && is_target(code, i)) {
            fprintf(show->out, "from a branch to @%u\n", i);
            start_section(show);
            cycle = 0;
        }
        cycle = issue(show, molecule, cycle);
        print_molecule(show, i, cycle);
        cycle += 1 + (molecule->commit ? show->desc->commit : 0);
    }
}

/* --- What stands around it ------------------------------------------------ */

static void print_summary(const Show *show)
{
    const VliwCode *code = show->code;
    unsigned atoms = 0;
    for (unsigned i = 0; i < code->count; i++)
        atoms += code->molecules[i].count;
    fprintf(show->out,
            "%u guest instructions, %u atoms in %u molecules of %" PRIu32
            " bytes; %u cycles, at least %u\n",
            code->guest_count, atoms, code->count, code->size, code->length,
            code->bound);
}

static void print_exits(const Show *show)
{
    const VliwCode *code = show->code;
    for (unsigned i = 0; i < code->exit_count; i++)
        text_print_exit(show->out, i, &code->exits[i]);
}

void vliw_code_show(const VliwCode *code, const VliwDesc *desc, FILE *out,
                    IrComment *comment, void *ctx)
{
    Show show = {.code = code, .desc = desc, .out = out};
    print_summary(&show);
    for (unsigned i = 0; i < code->guest_count; i++)
        text_print_guest(out, i, &code->guests[i], comment, ctx);
    measure_columns(&show);
    print_heading(&show);
    print_molecules(&show);
    print_exits(&show);
}
