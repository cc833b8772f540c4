/* Molecules: what the modelled VLIW executes.  Data, text and size; core.h
 * executes them.
 *
 * All atoms of a molecule issue in one cycle: they read registers before any of
 * them writes.  Memory atoms of one molecule act in the order of their units.
 * A taken branch skips what follows; the other atoms of its molecule execute.
 * A molecule that commits makes everything so far final, itself included.
 *
 * Text: one molecule a line, `index: size [commit xN] unit:atom unit:atom ...`,
 * for example
 *
 *     3: 16 lsu0:ld32 r40, [r4] .2 alu1:shl r41, r2, 2 .3 bru:br.eqz r42, @9 .1
 *
 * after a header of exits; vliw_code_print() and _parse() are inverses. */
#ifndef SELKIRK_HWMODEL_VLIW_MOLECULE_H
#define SELKIRK_HWMODEL_VLIW_MOLECULE_H

#include "base/arena.h"
#include "hwmodel/vliw/desc.h"
#include "ir/ir.h"

typedef enum AtomOp {
#define ATOM(id, name, unit, latency, d, a, b, text) ATOM_##id,
#include "hwmodel/vliw/atom.def"
#undef ATOM
    ATOM_COUNT
} AtomOp;

typedef enum AtomUnit {
    ATOM_UNIT_ALU,
    ATOM_UNIT_ADD,
    ATOM_UNIT_SHIFT,
    ATOM_UNIT_FP,
    ATOM_UNIT_LSU,
    ATOM_UNIT_BRU
} AtomUnit;

/* D, A and B of atom.def. */
typedef enum AtomOperand {
    ATOM_N,
    ATOM_G,
    ATOM_F,
    ATOM_I /* general register or immediate */
} AtomOperand;

typedef struct AtomInfo {
    const char *name, *text;
    uint8_t unit;    /* AtomUnit */
    uint8_t latency; /* VliwLatency */
    uint8_t d, a, b; /* AtomOperand */
} AtomInfo;

extern const AtomInfo atom_table[ATOM_COUNT];
/* What the atom computes; IR_CONST, which no atom is, for all others. */
extern const uint8_t atom_ir_table[ATOM_COUNT];

static inline const AtomInfo *atom_info(AtomOp op)
{
    return &atom_table[op];
}
/* Units of the machine, as bits, that do `kind`. */
unsigned atom_units(AtomUnit kind, const VliwDesc *desc);
/* Whether `op` may stand in `unit` of the machine. */
bool atom_fits(AtomOp op, VliwUnit unit, const VliwDesc *desc);
/* The atom reads or changes FCR31: these stay in program order. */
static inline bool atom_uses_fcr(AtomOp op)
{
    return ir_op_has((IrOp)atom_ir_table[op], IR_IS_FCR);
}
/* The atom accesses the guest's memory, at the address in register a. */
bool atom_is_access(AtomOp op);
/* The atom keeps its unit until its result is there: a division. */
static inline bool atom_keeps_unit(AtomOp op)
{
    return op == ATOM_DIV || op == ATOM_DIVU || op == ATOM_FDIVS ||
           op == ATOM_FDIVD;
}
/* The IR op that says what an integer or FP atom computes; IR_OP_COUNT if there
 * is none. */
IrOp atom_ir_op(AtomOp op);

/* Registers.  The guest's slots live in those of their number: R1..R31 in
 * r1..r31, HI, LO, LD and PC in r32..r35, F0..F30 in f0..f15. */
enum {
    VLIW_GPRS = 64,
    VLIW_FPRS = 32,
    VLIW_SINK = 62, /* writes are lost */
    VLIW_ZERO = 63,
    VLIW_LOCALS = 4096 /* words of local memory */
};
static inline unsigned vliw_slot_reg(IrSlot slot)
{
    return slot >= IR_SLOT_F0 ? (unsigned)(slot - IR_SLOT_F0) : (unsigned)slot;
}

/* Members that the atom does not have are 0. */
typedef struct Atom {
    uint8_t op;   /* AtomOp */
    uint8_t unit; /* VliwUnit */
    uint8_t d, a, b;
    bool b_imm; /* operand B is `imm` */
    /* Loads: 1 + the alias register that protects the address, or 0. */
    uint8_t protect;
    uint16_t guest; /* index into the code's guest instructions */
    uint32_t imm;   /* or target molecule, exit, CP0 register, condition */
    uint64_t check; /* stores: fault if one of these alias registers matches */
} Atom;

typedef struct Molecule {
    Atom atoms[VLIW_UNITS];
    uint8_t count;
    uint8_t size; /* bytes of the encoding */
    /* 1 + the exit record of this commit (for an EXIT atom, its exit), or 0. */
    uint16_t commit;
} Molecule;

/* A scheduled translation: the main path, then the exits' own molecules. */
typedef struct VliwCode {
    uint32_t pc;
    IrContext context;
    Molecule *molecules;
    unsigned count;
    unsigned main_count; /* of the main path */
    IrExit *exits;       /* those of the region */
    unsigned exit_count;
    IrGuest *guests; /* likewise */
    unsigned guest_count;
    unsigned length; /* cycles of the main path without misses, to the end of
                      * its exit's commit */
    unsigned bound;  /* lower bound of `length`: resources, critical path */
    uint32_t size;   /* bytes of all molecules */
} VliwCode;

/* The table of atoms as Markdown. */
void atom_write_docs(FILE *out);

/* Writes an atom as text, without unit and guest instruction. */
void atom_print(const Atom *atom, FILE *out);

/* Encoding size in bytes of a set of atoms, or 0 if the machine's formats do
 * not allow it.  Order does not matter. */
unsigned molecule_size(const Atom *atoms, unsigned count, const VliwDesc *desc);
/* The same for `count` atoms that stand in `units`, as bits, with so many
 * different immediates of 32 bits. */
unsigned molecule_size_for(unsigned units, unsigned count, unsigned longs,
                           const VliwDesc *desc);
/* Its parts of 4 bytes that hold neither an atom nor an immediate. */
unsigned molecule_nops(const Molecule *molecule, const VliwDesc *desc);
/* For statistics: which row of formats it is, 0..MOLECULE_FORMATS - 1. */
enum { MOLECULE_FORMATS = 11 };
unsigned molecule_format(const Molecule *molecule, const VliwDesc *desc);
const char *molecule_format_name(unsigned format);

/* Time on one path of a translation, without misses: when the next molecule may
 * issue, and when registers, FCR31, units and all of them are there.  All zero
 * at the entry. */
typedef struct MoleculeTime {
    uint64_t now;
    uint64_t gpr[VLIW_GPRS], fpr[VLIW_FPRS], fcr, unit[VLIW_UNITS], all;
} MoleculeTime;

/* Issues the molecule, and returns the cycle in which it does; then time->now
 * is the cycle after it and its commit.  A taken branch adds to it what
 * desc->branch has beyond 1.  Where there are no interlocks it must not be
 * later than time->now was. */
uint64_t molecule_issue(MoleculeTime *time, const Molecule *molecule,
                        const VliwDesc *desc);

/* Bytes of the main path. */
uint32_t vliw_code_main_size(const VliwCode *code);

void vliw_code_print(const VliwCode *code, FILE *out);
/* As people look at it: molecules by cycle and unit, guest code beside. */
void vliw_code_show(const VliwCode *code, const VliwDesc *desc, FILE *out,
                    IrComment *comment, void *ctx);
VliwCode *vliw_code_parse(Arena *arena, const char *text, const char *name,
                          const VliwDesc *desc, Diag *diag);

#endif
