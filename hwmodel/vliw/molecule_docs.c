/* The table of atoms for people. */
#include "hwmodel/vliw/molecule.h"

static const char *unit_name(AtomUnit unit)
{
    switch (unit) {
    case ATOM_UNIT_ALU: return "ALU";
    case ATOM_UNIT_ADD: return "ALU, or LSU that adds";
    case ATOM_UNIT_SHIFT: return "ALU with shifter";
    case ATOM_UNIT_FP: return "FP";
    case ATOM_UNIT_LSU: return "LSU";
    case ATOM_UNIT_BRU: return "BRU";
    }
    return "";
}

static const char *operand_name(AtomOperand operand)
{
    switch (operand) {
    case ATOM_N: return "";
    case ATOM_G: return "general";
    case ATOM_F: return "FP";
    case ATOM_I: return "general or number";
    }
    return "";
}

static const char *latency_name(VliwLatency latency)
{
    switch (latency) {
#define LATENCY(id, name)                                                      \
    case VLIW_LATENCY_##id:                                                    \
        return name;
#include "hwmodel/vliw/atom.def"
#undef LATENCY
    case VLIW_LATENCIES: break;
    }
    return "";
}

void atom_write_docs(FILE *out)
{
    fputs("A result can be read `vliw.latency.` LATENCY cycles after its "
          "atom issued; d, a and b are registers of the file that they name. "
          "[molecules.md](molecules.md) says what all of this means.\n\n"
          "| atom | unit | latency | d | a | b | meaning |\n"
          "|---|---|---|---|---|---|---|\n",
          out);
    for (unsigned op = 0; op < ATOM_COUNT; op++) {
        const AtomInfo *info = atom_info((AtomOp)op);
        fprintf(out, "| %s | %s | %s | %s | %s | %s | ", info->name,
                unit_name(info->unit),
                info->d == ATOM_N ? "" : latency_name(info->latency),
                operand_name(info->d), operand_name(info->a),
                operand_name(info->b));
        for (const char *p = info->text; *p; p++) /* a bar ends a cell */
            fprintf(out, *p == '|' ? "\\%c" : "%c", *p);
        fputs(" |\n", out);
    }
}
