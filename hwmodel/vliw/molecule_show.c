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
} Show;

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
    fputs("cycle    @ size commit", show->out);
    for (unsigned i = 0; i < VLIW_UNITS; i++) {
        bool last = columns[i] == VLIW_BRU;
        if (show->width[columns[i]])
            fprintf(show->out, "  %-*s",
                    last ? 0 : (int)show->width[columns[i]],
                    vliw_unit_name(columns[i]));
    }
    fputc('\n', show->out);
}

static void print_molecule(const Show *show, unsigned index, uint64_t cycle)
{
    const Molecule *molecule = &show->code->molecules[index];
    char cell[CELL_MAX];
    unsigned blanks = 7; /* held back, so that no line ends with them */
    snprintf(cell, sizeof cell, "@%u", index);
    fprintf(show->out, "%5" PRIu64 " %4s %4u", cycle, cell, molecule->size);
    if (molecule->commit) {
        snprintf(cell, sizeof cell, "x%u", molecule->commit - 1u);
        fprintf(show->out, " %6s", cell);
        blanks = 0;
    }
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

/* The main path from its entry, then each exit's own molecules from the cycle
 * in which the first of them issues. */
static void print_molecules(Show *show)
{
    const VliwCode *code = show->code;
    MoleculeTime time = {0};
    for (unsigned i = 0; i < code->count; i++) {
        if (i >= code->main_count && is_target(code, i)) {
            fprintf(show->out, "from a branch to @%u\n", i);
            time = (MoleculeTime){0};
        }
        uint64_t cycle = molecule_issue(&time, &code->molecules[i], show->desc);
        print_molecule(show, i, cycle);
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
