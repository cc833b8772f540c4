/* Private to the back end: what select.c makes of a region and the others turn
 * into molecules.  docs/scheduling.md explains it.
 *
 * Nodes are atoms to be, in program order; values are what they compute.  A
 * leave is an exit or a commit: it needs values in slots.  At a main leave
 * (COMMIT, and the EXIT that ends the region) each slot's register must hold
 * its value: the value is `designated` to the register.  Any other exit has a
 * stub, molecules of its own that bring values from where they are. */
#ifndef SELKIRK_OPTIMIZER_BACKEND_H
#define SELKIRK_OPTIMIZER_BACKEND_H

#include "optimizer/optimizer.h"

typedef uint32_t ValueId;
typedef uint32_t NodeId;
#define NO_VALUE UINT32_MAX
#define NO_NODE  UINT32_MAX
#define NEVER    UINT32_MAX /* a cycle that does not come */

enum {
    NO_REG = 0xff,
    NO_LEAVE = -1,
    NO_SLOT = -1,
    OP_COMMIT = ATOM_COUNT, /* of a node: no atom, a bit of a molecule */
    /* The first values: what slots hold at the entry, and zero. */
    VALUE_ZERO = IR_SLOT_COUNT,
    /* Cycles that an event may lie ahead: more than the longest latency. */
    WHEEL = 128
};

typedef struct Value {
    bool fp;
    bool constant; /* `imm`; never in a register, see `twin` */
    bool remat;    /* not spilled, but made again from its node's immediate */
    bool linked;   /* graph.c: the first leave that needs it waits for it */
    uint8_t reg;   /* where it is, or NO_REG */
    int8_t slot;   /* designated to this slot's register, or NO_SLOT */
    int32_t leave; /* by this main leave, if designated */
    ValueId copy;  /* stands for it after a COMMIT, in select.c */
    ValueId after; /* designated to the register that it has, next */
    int32_t last_leave; /* the last leave that needs it, or NO_LEAVE */
    uint32_t imm;
    uint32_t readers; /* nodes that read it and have not issued */
    NodeId node;      /* that makes it, or NO_NODE */
    ValueId twin;     /* of a constant: the value that has it in a register */
    uint32_t ready;   /* first cycle in which it can be read */
    uint32_t dead;    /* first cycle in which its register can be written */
    uint32_t local;   /* 1 + word of local memory where it is too, or 0 */
    uint32_t next;    /* value with the same last leave */
    /* As an address: the value `root` plus `offset`. */
    ValueId root;
    uint32_t offset;
} Value;

/* Resources that a node competes for. */
typedef enum NodeClass {
    CLASS_ALU,
    CLASS_SHIFT,
    CLASS_LSU,
    CLASS_BRU
} NodeClass;
enum { CLASSES = CLASS_BRU + 1 };

typedef struct Node {
    uint8_t op; /* AtomOp or OP_COMMIT */
    uint8_t cls;
    uint8_t latency;
    bool b_imm;
    bool load, store, fcr; /* how it is ordered */
    bool pure;             /* may be dropped */
    bool gone;             /* dropped, or issued */
    bool moves;            /* issued, and ready to be moved to its slot */
    bool placed;           /* forced: does not wait for its slot's register */
    uint16_t guest;
    uint16_t leave; /* leaves before it in program order */
    ValueId a, b, d;
    uint32_t imm;
    uint32_t preds;  /* that have not issued; of a main leave also values that
                      * are not in their slots */
    uint32_t first;  /* edge, graph.c */
    uint32_t tail;   /* cycles from its issue to the last exit's, at least */
    uint32_t height; /* the same, if slots' registers are waited for */
    uint32_t early;  /* first cycle that its predecessors allow */
    NodeId next;     /* in a list of the scheduler */
} Node;

/* From a node to one that comes later in program order. */
typedef struct Edge {
    NodeId to;
    uint32_t next; /* of the same node, or NO_NODE */
    uint32_t latency;
} Edge;

/* What a stub has to do for one slot. */
typedef struct Move {
    enum { MOVE_REG, MOVE_LOCAL, MOVE_CONST } kind;
    bool fp;
    uint8_t dest;
    uint32_t source; /* register, local word or constant */
} Move;

typedef struct Leave {
    NodeId node;
    unsigned exit; /* record */
    bool main;
    int32_t prev_main; /* the main leave before it, or NO_LEAVE */
    /* Slots that differ from the last main leave (or the entry), and their
     * values in the order of slots. */
    uint64_t dirty;
    ValueId *values;
    ValueId dying; /* values that no later leave needs */
    /* Of an exit that has issued: its branch and what its stub finds. */
    uint32_t cycle;
    unsigned molecule;
    Move *moves;
    unsigned move_count;
    uint32_t arrival; /* all results that were in flight are there */
} Leave;

/* The molecule that is being filled. */
typedef struct Pack {
    Molecule *molecule; /* the one after b->molecules */
    unsigned taken;     /* units, as bits */
    unsigned open;      /* free units, and those whose atom can go to one */
    unsigned longs;     /* different immediates outside of their atoms */
    uint32_t imms[VLIW_UNITS];
    /* Latencies of those results, and of FCR31's, that are not there in the
     * next cycle: the longest, or 0. */
    uint32_t arrival, fcr_arrival;
    bool slow;    /* has such a result */
    bool divides; /* has an atom that keeps its unit */
} Pack;

/* Registers of one file that are not slots'. */
typedef struct RegFile {
    uint64_t all, free;
    unsigned free_count;
    ValueId *owner;    /* of those that are not free, the latest */
    uint64_t *release; /* by cycle modulo WHEEL; of those before `cleared` */
    uint32_t cleared;  /* of the first WHEEL cycles */
    unsigned releases; /* registers in `release` */
} RegFile;

typedef struct FreeLocal {
    uint32_t cycle, next;
} FreeLocal;

typedef struct Backend {
    const IrRegion *region;
    const VliwDesc *desc;
    const OptConfig *opt;
    OptWork *work;
    Arena *scratch;
    bool in_order;

    Node *nodes;
    uint32_t node_count, node_room;
    Value *values;
    uint32_t value_count, value_room;
    Leave *leaves;
    uint32_t leave_count, leave_room;
    Edge *edges;
    uint32_t edge_count, edge_room;

    /* Main path so far */
    uint32_t cycle;
    Pack pack;
    Molecule *molecules;
    uint32_t molecule_count, molecule_room;
    uint8_t fits[ATOM_UNIT_BRU + 1]; /* units, as bits, by what atoms want */
    uint32_t busy[VLIW_UNITS];       /* until this cycle, by a division */
    uint32_t any_busy;               /* the latest of them */
    uint32_t arrival;     /* of slow results of molecules that are closed */
    uint32_t fcr_arrival; /* likewise, of FCR31 */
    uint32_t leaves_done;
    uint32_t leave_cycle; /* of the last one, if any is done */
    int32_t main_done;    /* last main leave that is done, or NO_LEAVE */
    NodeId oldest; /* the first node, in program order, that has not issued */

    /* Slots that the region reads or writes; others have no value. */
    uint8_t slots[IR_SLOT_COUNT];
    unsigned slot_count;

    RegFile files[2];                /* integer, FP */
    ValueId occupant[IR_SLOT_COUNT]; /* of the registers of `slots` */
    /* Words of local memory that are free again, the first one longest, each
     * from a cycle on; NULL before the first is used. */
    FreeLocal *locals;
    uint32_t local_first, local_last, local_count;
} Backend;

static inline uint32_t backend_latency(const Backend *b, AtomOp op)
{
    return b->desc->latency[atom_info(op)->latency];
}

static inline void raise_to(uint32_t *value, uint32_t other)
{
    if (*value < other)
        *value = other;
}

/* Cycles in which `units` of a kind do `count` atoms.  The layer's host has few
 * of any kind, and takes long to divide. */
static inline uint32_t backend_cycles_for(uint32_t count, unsigned units)
{
    if (units == 1)
        return count;
    if (units == 2)
        return (count + 1) / 2;
    return (count + units - 1) / units;
}

/* Whether an immediate fits inside an atom. */
static inline bool backend_is_short(const Backend *b, uint32_t imm)
{
    unsigned bits = b->desc->short_imm;
    if (bits == 0)
        return imm == 0;
    uint32_t limit = (uint32_t)1 << (bits - 1);
    return imm + limit < 2 * (uint64_t)limit;
}

/* --- select.c: nodes, values and leaves of the region --------------------- */

void backend_select(Backend *b);

/* --- graph.c: dependences and heights ------------------------------------- */

void backend_build_graph(Backend *b);
/* --- bound.c: lower bounds ------------------------------------------------ */

/* Cycles that the nodes need at least, the last exit's included: by their
 * dependences, and by what each kind of unit has to do between the first and
 * the last of them.  Before scheduling; without a graph, by results alone. */
uint32_t backend_lower_bound(const Backend *b);
/* Cycles that the atoms of the main path need in their units.  After it. */
uint32_t backend_count_resources(const Backend *b);

/* --- schedule.c: the main path -------------------------------------------- */

/* In list order towards the length `bound`, or in program order. */
void backend_schedule(Backend *b, uint32_t bound);

/* --- pack.c: molecules ---------------------------------------------------- */

void pack_init(Backend *b);
/* False if no unit can be had for `op` in the open molecule; pack_add() knows.
 */
static inline bool pack_may_add(const Backend *b, unsigned op)
{
    return (b->fits[atom_info((AtomOp)op)->unit] & b->pack.open) != 0;
}
/* Adds the atom to the open molecule, in a unit that it picks; false if there
 * is no room. */
bool pack_add(Backend *b, const Atom *atom);
bool pack_is_empty(const Backend *b);
/* Whether a memory unit is free in the open molecule. */
bool pack_has_memory_unit(const Backend *b);
/* Whether the molecule has an immediate outside of its atoms, and which. */
bool pack_find_long(const Backend *b, const Molecule *molecule, uint32_t *imm);
/* Closes the molecule: it issues in b->cycle.  The next one is one cycle on. */
void pack_close(Backend *b);

/* --- stub.c: side exits --------------------------------------------------- */

/* Appends the stubs of the exits and makes branches name them. */
void backend_add_stubs(Backend *b);

/* --- regalloc.c: where values are ----------------------------------------- */

void regs_init(Backend *b);
/* Registers whose time has come are free in b->cycle. */
void regs_begin_cycle(Backend *b);
/* Whether the designated result of node `n` may be written to its slot's
 * register in b->cycle, by the node or, if that has issued, by a move.  If not,
 * *when is the cycle in which it may, or NEVER if that is not known. */
bool regs_slot_ready(const Backend *b, NodeId n, uint32_t *when);
/* A free register that is no slot's, taken; or NO_REG. */
unsigned regs_take(Backend *b, bool fp);
static inline unsigned regs_count_free(const Backend *b, bool fp)
{
    return b->files[fp].free_count;
}
/* Those of the file of node `n`'s result, once it has read its operands. */
unsigned regs_count_after(const Backend *b, NodeId n);
/* A node that reads `v` issues in b->cycle. */
void regs_read(Backend *b, ValueId v);
/* `v` arrives in `reg`, its slot's register if `in_slot`. */
void regs_define(Backend *b, ValueId v, unsigned reg, unsigned latency,
                 bool in_slot);
/* Leave `k` issues in b->cycle, in the open molecule. */
void regs_leave(Backend *b, uint32_t k);
/* Whether a node can read `v` in b->cycle; if not, *when may tell, as above:
 * NEVER means that it is spilled. */
bool regs_readable(const Backend *b, ValueId v, uint32_t *when);
/* Adds an atom that brings spilled `v` to a register; false if the molecule or
 * the file is full. */
bool regs_reload(Backend *b, ValueId v);
/* Adds an atom that spills some value, so that node `n` gets a register. */
bool regs_spill(Backend *b, NodeId n, bool fp);
/* Adds an atom that moves the occupant of `slot`'s register away: for a main
 * leave that is the oldest node, so that no exit finds it there any more. */
bool regs_evacuate(Backend *b, IrSlot slot);
/* Adds an atom that moves the designated value `v` to its slot's register. */
bool regs_settle(Backend *b, ValueId v);
/* The same for the result of node `n`, if that stands in the open molecule: it
 * is written there at once. */
bool regs_retarget(Backend *b, NodeId n);

#endif
