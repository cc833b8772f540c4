/* What atoms are, and how molecules are encoded: units, formats, sizes.
 * docs/molecules.md is the manual. */
#include "hwmodel/vliw/molecule.h"

#include "base/bits.h"

#include <assert.h>

const AtomInfo atom_table[ATOM_COUNT] = {
#define ATOM(id, name, unit, latency, d, a, b, text)                           \
    [ATOM_##                                                                   \
        id] = {name,     text,     ATOM_UNIT_##unit, VLIW_LATENCY_##latency,   \
               ATOM_##d, ATOM_##a, ATOM_##b},
#include "hwmodel/vliw/atom.def"
#undef ATOM
};

const uint8_t atom_ir_table[ATOM_COUNT] = {
#define SAME(id) [ATOM_##id] = IR_##id
    SAME(ADD),    SAME(SUB),    SAME(AND),    SAME(OR),     SAME(XOR),
    SAME(NOR),    SAME(SLT),    SAME(SLTU),   SAME(SHL),    SAME(SHR),
    SAME(SAR),    SAME(MUL),    SAME(MULH),   SAME(MULHU),  SAME(DIV),
    SAME(DIVU),   SAME(CP0),    SAME(LO),     SAME(HI),     SAME(SETLO),
    SAME(SETHI),  SAME(FCR),    SAME(FADDS),  SAME(FADDD),  SAME(FSUBS),
    SAME(FSUBD),  SAME(FMULS),  SAME(FMULD),  SAME(FDIVS),  SAME(FDIVD),
    SAME(FABSS),  SAME(FABSD),  SAME(FNEGS),  SAME(FNEGD),  SAME(FCVTSD),
    SAME(FCVTSW), SAME(FCVTDS), SAME(FCVTDW), SAME(FCVTWS), SAME(FCVTWD),
    SAME(FCMPS),  SAME(FCMPD),
#undef SAME
};

_Static_assert(IR_CONST == 0, "what the table has for atoms not named in it");

unsigned atom_units(AtomUnit kind, const VliwDesc *desc)
{
    unsigned alus = (1u << desc->alu_units) - 1;
    unsigned second = 1u << (desc->alu_units > 1 ? VLIW_ALU1 : VLIW_ALU0);
    unsigned lsus = ((1u << desc->lsu_units) - 1) << VLIW_LSU0;
    switch (kind) {
    case ATOM_UNIT_ALU: return alus;
    case ATOM_UNIT_ADD: return desc->lsu_adds ? alus | lsus : alus;
    case ATOM_UNIT_SHIFT: return desc->shift_all ? alus : second;
    case ATOM_UNIT_FP: return second;
    case ATOM_UNIT_LSU: return lsus;
    case ATOM_UNIT_BRU: return 1u << VLIW_BRU;
    }
    return 0;
}

bool atom_fits(AtomOp op, VliwUnit unit, const VliwDesc *desc)
{
    return atom_units(atom_table[op].unit, desc) >> unit & 1;
}

IrOp atom_ir_op(AtomOp op)
{
    IrOp same = (IrOp)atom_ir_table[op];
    return same == IR_CONST ? IR_OP_COUNT : same;
}

bool atom_is_access(AtomOp op)
{
    return atom_table[op].unit == ATOM_UNIT_LSU && atom_table[op].a == ATOM_G &&
           op != ATOM_STL;
}

/* --- Encoding ------------------------------------------------------------- */

/* The rows of formats: the six of the TM5000 family, free ones, the Efficeon's.
 */
enum {
    FORMAT_LSU_ALU1_ALU0_IMM,
    FORMAT_LSU_ALU1_ALU0_BRU,
    FORMAT_LSU_ALU1,
    FORMAT_ALU0_IMM,
    FORMAT_ALU0_ALU1,
    FORMAT_ALU0_BRU,
    FORMAT_FREE,
    FORMAT_64,
    FORMAT_128,
    FORMAT_192,
    FORMAT_256,
    FORMAT_NONE /* not encodable */
};

static bool fits_short(uint32_t imm, unsigned bits)
{
    if (bits == 0)
        return imm == 0;
    /* Sign-extension of the low bits gives the value back. */
    uint32_t sign = (uint32_t)1 << (bits - 1);
    uint32_t low = imm & (sign | (sign - 1));
    return (low ^ sign) - sign == imm;
}

/* Whether the atom has an immediate that needs 32 bits of the molecule.  Those
 * of CP0, LDL, STL, compares, branches and exits are part of their atoms. */
static bool has_long_imm(const Atom *atom, const VliwDesc *desc)
{
    return atom->b_imm && !fits_short(atom->imm, desc->short_imm);
}

/* What a format has to have room for. */
typedef struct Needs {
    unsigned units; /* as bits */
    unsigned atoms;
    unsigned longs; /* different long immediates */
} Needs;

static Needs needs_of(const Atom *atoms, unsigned count, const VliwDesc *desc)
{
    uint32_t seen[VLIW_UNITS];
    Needs needs = {.atoms = count};
    for (unsigned i = 0; i < count; i++) {
        needs.units |= 1u << atoms[i].unit;
        if (!has_long_imm(&atoms[i], desc))
            continue;
        unsigned j = 0;
        while (j < needs.longs && seen[j] != atoms[i].imm)
            j++;
        if (j == needs.longs)
            seen[needs.longs++] = atoms[i].imm;
    }
    return needs;
}

/* Of 32 bits for each atom and each long immediate, in pairs. */
static unsigned find_paired_format(Needs needs)
{
    unsigned words = needs.atoms + needs.longs;
    unsigned pairs = words ? (words + 1) / 2 : 1;
    unsigned format = FORMAT_64 + pairs - 1;
    return format <= FORMAT_256 ? format : FORMAT_NONE;
}

/* The smallest format of the TM5000 family that has room; if several are, the
 * first below.  A lone ALU0 atom counts as ALU0|ALU1, nothing as LSU|ALU1. */
static unsigned find_crusoe_format(Needs needs)
{
    enum {
        ALU0 = 1 << VLIW_ALU0,
        ALU1 = 1 << VLIW_ALU1,
        LSU = 1 << VLIW_LSU0,
        BRU = 1 << VLIW_BRU,
        IMM = 1 << VLIW_UNITS
    };
    unsigned needed = needs.units | (needs.longs ? IMM : 0);
    if (needs.longs > 1)
        return FORMAT_NONE;
    if (!(needed & ~(LSU | ALU1)))
        return FORMAT_LSU_ALU1;
    if (!(needed & ~(ALU0 | ALU1)))
        return FORMAT_ALU0_ALU1;
    if (!(needed & ~(ALU0 | IMM)))
        return FORMAT_ALU0_IMM;
    if (!(needed & ~(ALU0 | BRU)))
        return FORMAT_ALU0_BRU;
    if (!(needed & ~(LSU | ALU1 | ALU0 | IMM)))
        return FORMAT_LSU_ALU1_ALU0_IMM;
    if (!(needed & ~(LSU | ALU1 | ALU0 | BRU)))
        return FORMAT_LSU_ALU1_ALU0_BRU;
    return FORMAT_NONE;
}

static unsigned find_format(Needs needs, const VliwDesc *desc)
{
    switch (desc->formats) {
    case VLIW_FORMATS_CRUSOE: return find_crusoe_format(needs);
    case VLIW_FORMATS_FREE: return FORMAT_FREE;
    case VLIW_FORMATS_EFFICEON: return find_paired_format(needs);
    }
    return FORMAT_NONE;
}

static unsigned size_of(Needs needs, const VliwDesc *desc)
{
    switch (find_format(needs, desc)) {
    case FORMAT_256: return 32;
    case FORMAT_192: return 24;
    case FORMAT_128:
    case FORMAT_LSU_ALU1_ALU0_IMM:
    case FORMAT_LSU_ALU1_ALU0_BRU: return 16;
    case FORMAT_64:
    case FORMAT_LSU_ALU1:
    case FORMAT_ALU0_IMM:
    case FORMAT_ALU0_ALU1:
    case FORMAT_ALU0_BRU: return 8;
    case FORMAT_FREE: {
        unsigned words = needs.atoms + needs.longs;
        return words ? 4 * words : 4;
    }
    default: return 0;
    }
}

unsigned molecule_size(const Atom *atoms, unsigned count, const VliwDesc *desc)
{
    return size_of(needs_of(atoms, count, desc), desc);
}

unsigned molecule_size_for(unsigned units, unsigned count, unsigned longs,
                           const VliwDesc *desc)
{
    return size_of((Needs){units, count, longs}, desc);
}

unsigned molecule_nops(const Molecule *molecule, const VliwDesc *desc)
{
    Needs needs = needs_of(molecule->atoms, molecule->count, desc);
    return molecule->size / 4u - needs.atoms - needs.longs;
}

unsigned molecule_format(const Molecule *molecule, const VliwDesc *desc)
{
    Needs needs = needs_of(molecule->atoms, molecule->count, desc);
    unsigned format = find_format(needs, desc);
    assert(format != FORMAT_NONE);
    return format;
}

const char *molecule_format_name(unsigned format)
{
    static const char *const names[MOLECULE_FORMATS] = {
        [FORMAT_LSU_ALU1_ALU0_IMM] = "lsu|alu1|alu0|imm32",
        [FORMAT_LSU_ALU1_ALU0_BRU] = "lsu|alu1|alu0|bru",
        [FORMAT_LSU_ALU1] = "lsu|alu1",
        [FORMAT_ALU0_IMM] = "alu0|imm32",
        [FORMAT_ALU0_ALU1] = "alu0|alu1",
        [FORMAT_ALU0_BRU] = "alu0|bru",
        [FORMAT_FREE] = "free",
        [FORMAT_64] = "64 bits",
        [FORMAT_128] = "128 bits",
        [FORMAT_192] = "192 bits",
        [FORMAT_256] = "256 bits",
    };
    assert(format < MOLECULE_FORMATS);
    return names[format];
}

uint32_t vliw_code_main_size(const VliwCode *code)
{
    uint32_t size = 0;
    for (unsigned i = 0; i < code->main_count; i++)
        size += code->molecules[i].size;
    return size;
}
