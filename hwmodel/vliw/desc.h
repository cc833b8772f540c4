/* The machine description: what the modelled VLIW is made of, as the scheduler,
 * the checker and the core see it.  Every number is a configuration key; the
 * presets are hwmodel/presets/NAME.ini. */
#ifndef SELKIRK_HWMODEL_VLIW_DESC_H
#define SELKIRK_HWMODEL_VLIW_DESC_H

#include "base/config.h"
#include "base/diag.h"

/* Slots of a molecule, one a unit. */
typedef enum VliwUnit {
    VLIW_ALU0,
    VLIW_ALU1,
    VLIW_ALU2,
    VLIW_ALU3,
    VLIW_LSU0,
    VLIW_LSU1,
    VLIW_BRU,
    VLIW_UNITS
} VliwUnit;

typedef enum VliwLatency {
#define LATENCY(id, name) VLIW_LATENCY_##id,
#include "hwmodel/vliw/atom.def"
#undef LATENCY
    VLIW_LATENCIES
} VliwLatency;

typedef enum VliwFormats {
    VLIW_FORMATS_CRUSOE,  /* the six of the TM5000 family */
    VLIW_FORMATS_FREE,    /* any set of atoms: 4 bytes an atom or immediate */
    VLIW_FORMATS_EFFICEON /* 8 of them at most, in pairs */
} VliwFormats;

typedef struct VliwDesc {
    unsigned alu_units; /* 1..4 */
    unsigned lsu_units; /* 1..2 */
    bool lsu_adds;      /* sums and differences may stand there, too */
    unsigned adders;    /* units for them: a bound for all integer atoms */
    bool shift_all;     /* every ALU shifts; else ALU1 alone (or the only) */
    VliwFormats formats;
    unsigned short_imm; /* bits of a signed immediate inside an atom */
    /* Registers, and how many of them, from the first, are shadowed.  The
     * general ones are r0 to r(gprs - 3), the sink r62 and the zero r63. */
    unsigned gprs, shadowed_gprs, fprs, shadowed_fprs;
    unsigned latency[VLIW_LATENCIES];
    /* DIV and FDIV atoms keep their unit until the result is there. */
    bool interlock; /* the hardware waits for results; else the schedule must */
    unsigned branch;       /* cycles from a taken branch to its target */
    unsigned exit;         /* likewise of an exit whose target is predicted */
    unsigned commit;       /* additional cycles of a molecule that commits */
    unsigned rollback;     /* cycles of a rollback */
    unsigned store_buffer; /* entries; 0: no gated stores, hence no rollback */
    unsigned forward;      /* additional cycles of a load from the buffer */
    unsigned alias_regs;   /* 0..64 */
} VliwDesc;

/* From `config`.  A Diag names the key that does not fit the others. */
bool vliw_desc_read(VliwDesc *desc, const Config *config, Diag *diag);

const char *vliw_unit_name(VliwUnit unit); /* "alu0" */

#endif
