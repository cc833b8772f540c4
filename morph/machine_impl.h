/* Inside of the machine: machine.c (its parts, what they ask of it, its loop)
 * and, called by that, phases.c (who executes, and what the time is) and
 * processors.c (whose turn it is), and observe.c (who is told of what happens).
 */
#ifndef SELKIRK_MORPH_MACHINE_IMPL_H
#define SELKIRK_MORPH_MACHINE_IMPL_H

#include "morph/baseline.h"
#include "morph/checkpoint.h"
#include "morph/console.h"
#include "morph/fastforward.h"
#include "morph/forwarder.h"
#include "morph/machine.h"
#include "morph/measure.h"
#include "morph/sample.h"
#include "morph/simpoints.h"

enum { BREAKPOINTS_MAX = 64 };

/* The timed model is the layer, or the baseline. */
typedef enum Phase {
    PHASE_FUNCTIONAL, /* the reference CPU runs, an instruction a cycle */
    PHASE_WARM,       /* the timed model runs, an instruction a cycle */
    PHASE_TIMED,      /* the timed model runs, and its cycles are the time */
} Phase;

typedef struct Regions {
    uint64_t count, insns, cycles;
} Regions;

/* What each processor has of its own. */
typedef struct Processor {
    Cpu *cpu;
    Layer *layer;       /* or NULL */
    Check *check;       /* or NULL */
    uint64_t start;     /* time when its clock was 0, modulo 2^64: it may be
                           before power-on */
    unsigned irq_lines; /* of the board, by the processor's inputs */
} Processor;

struct Machine {
    const Config *config;
    const ElfImage *image;
    uint64_t image_hash; /* of checkpoints; 0: not asked for yet */
    char *cmdline;
    MachineHost host;
    MachineTrace traces[MACHINE_TRACES];
    unsigned trace_count;
    MachineLimits limits; /* `until` is the console's */

    EventQueue *events;
    Console *console;
    Board *board;
    Bus *bus;
    Processor *own; /* whose turn it is, and its parts */
    Cpu *cpu;
    Layer *layer;         /* or NULL */
    Check *check;         /* or NULL */
    Baseline *baseline;   /* or NULL */
    Forwarder *forwarder; /* of PHASE_FUNCTIONAL, or NULL */
    Stats *stats;
    HostProfile *host_profile; /* or NULL */

    FastForward forward;
    Sample *sample; /* or NULL */
    SamplePace
        pace; /* of PHASE_FUNCTIONAL; .rate is 0: the CPU's clock is it */
    Phase phase;
    bool point_reached;  /* the text or mark that ends PHASE_FUNCTIONAL */
    uint64_t warm_end;   /* of PHASE_WARM, and where the layer's present run */
    uint64_t warm_limit; /* in it ends at the latest; instructions */
    Forwarded forwarded;
    EngineReport forward_report; /* of the forwarder, when it went */

    /* processors.c.  Sets of processors are bit by bit. */
    Processor processors[BOARD_CPUS_MAX];
    unsigned processor_count;
    uint64_t other_insns; /* of all but the one whose turn it is */
    /* Where there are several: */
    uint64_t quantum, clock; /* the round began at `clock` */
    uint64_t round_end;
    bool in_round, in_turn;
    uint32_t on;    /* they were begun, and not ended */
    uint32_t ready; /* of them, those that do not wait */
    uint32_t left;  /* of these, those that may have a turn in this round */

    bool text_found; /* the `until` text came by, and was not told yet */
    bool stopping;   /* the board asked for `stop` */
    BoardStop stop;
    uint32_t stop_status;

    Measure *measure;
    bool in_region; /* of interest, by the guest's marks */
    bool marked;    /* that has changed, and was not counted yet */
    uint64_t region_insns, region_cycles; /* when it began */
    Regions regions;

    Checkpoints *checkpoints; /* NULL: none are to be taken */
    bool checkpoint_reached;  /* text or mark of the next has come by */

    uint32_t breakpoints[BREAKPOINTS_MAX];
    size_t breakpoint_count;
};

/* What may be kept of what was saved, and when that was. */
typedef struct Restored {
    bool model;          /* the model of time is configured alike */
    bool forwarded;      /* it is fast-forwarded as the saved one was */
    bool measured;       /* what is measured goes on */
    const char *differs; /* a key because of which the model is not kept */
    uint64_t times[BOARD_CPUS_MAX]; /* of the processors */
} Restored;

/* Where the segment is loaded: kseg0 and kseg1 name physical memory; below,
 * addresses are physical. */
uint32_t machine_segment_pa(const ElfSegment *segment);

/* --- phases.c --------------------------------------------------------------
 */

static inline bool phases_is_timed(const Machine *m)
{
    return m->phase == PHASE_TIMED;
}

/* The time that the processor's own clock shows. */
static inline uint64_t processors_time(const Machine *m, const Processor *p)
{
    if (p->layer && phases_is_timed(m))
        return p->start + layer_cycles(p->layer);
    uint64_t clock = cpu_cycle(p->cpu);
    return p->start +
           (unlikely(m->pace.rate) ? sample_pace(&m->pace, clock) : clock);
}

static inline bool processors_are_several(const Machine *m)
{
    return m->processor_count > 1;
}

/* Whether the layer runs the guest, whose time is told. */
static inline bool phases_is_layers(const Machine *m)
{
    return m->layer && m->phase != PHASE_FUNCTIONAL;
}

/* The time, in cycles since power-on; where there are several processors, when
 * the round began. */
uint64_t phases_now(const Machine *m);
/* The instructions of all processors since power-on. */
static inline uint64_t phases_insns(const Machine *m)
{
    return m->other_insns + cpu_insns(m->cpu);
}
/* Runs the events that are due. */
void phases_run_events(Machine *m);
/* Around an access at `pa` that a device may see. */
typedef struct DeviceVisit {
    HostPart before;
    uint64_t time; /* of devices, before it, where processors are several */
} DeviceVisit;
DeviceVisit phases_enter_device(Machine *m, uint32_t pa);
void phases_leave_device(Machine *m, const DeviceVisit *visit);
/* Ends the run of the processor, after the present instruction. */
void phases_stop(Machine *m);
/* Takes the interrupt that the next instruction would give way to, if any.
 * True: something else may be due before that instruction now. */
bool phases_take_interrupt(Machine *m);

/* Watches for an instruction: the processor's numbers (cpu_set_watch()). */
typedef enum Watch {
    WATCH_FORWARD, /* that ends PHASE_FUNCTIONAL, in which alone it counts */
    WATCH_REGION,  /* where the region to measure begins or ends */
    WATCH_CHECKPOINT,
} Watch;
/* Of cpu_set_watch() and layer_set_watch(). */
void phases_set_watch(Machine *m, Watch watch, uint32_t va, uint64_t from);
void phases_clear_watch(Machine *m, Watch watch);
bool phases_watch_hit(const Machine *m, Watch watch);

/* The timed model runs from the beginning, in its own time. */
void phases_enter_timed(Machine *m);
/* The check mode's processor begins as it is, requests for interrupts too. */
void phases_reset_check(const Processor *p);
/* Saves the phase and the timed model, in sections of theirs; and goes on in
 * that phase, with that model, if both are the same and were saved.  False:
 * with the model that is configured, cold. */
void phases_save(Machine *m, Ckpt *ckpt);
bool phases_load(Machine *m, const Restored *restored, Ckpt *ckpt);
/* Goes on to the next phase where the present one ends.  False: not yet. */
bool phases_advance(Machine *m);
/* The timed model comes in, and goes out again: sample.c.  Then the guest is
 * fast-forwarded, at SamplePace.rate. */
void phases_enter_sampled(Machine *m);
void phases_leave_sampled(Machine *m, uint64_t rate);
/* What slices are measured in.  With the layer in PHASE_WARM it is not time: a
 * limit of instructions is felt by the layer, a deadline is not. */
uint64_t phases_slice_clock(const Machine *m);
/* Lets the processor go on to phases_slice_clock() `end` at most, and for one
 * instruction only if `stepwise`. */
void phases_run(Machine *m, uint64_t end, bool stepwise);

/* --- processors.c ----------------------------------------------------------
 */

/* Sets what processors_time() says. */
void processors_set_time(const Machine *m, Processor *p, uint64_t time);
/* Saves or loads the processors, a section each, and whose turn it is; loading,
 * the time of each when it was saved, in `times`. */
void processors_checkpoint(Machine *m, uint64_t *times, Ckpt *ckpt);
/* It is the turn of processor `number`. */
void processors_enter(Machine *m, unsigned number);
/* All are as after power-on, memory not looked at; number 0 is on. */
void processors_reset(Machine *m);
/* BoardHost.begin and .end. */
void processors_begin(Machine *m, unsigned number, const BoardStart *start);
void processors_end(Machine *m, unsigned number);
/* An interrupt input of the processor is about to rise. */
void processors_wake(Machine *m, unsigned number);
/* Brings the time of those that wait up to the clock. */
void processors_settle(const Machine *m);

/* Where there are several.  The present processor has a turn, after the last
 * one's is over.  False: the round was over, and the clock has gone on, to
 * `end` at the latest if all wait. */
bool processors_take_turn(Machine *m, uint64_t end);
/* The present processor has run. */
void processors_turn_went(Machine *m);
/* Within a round.  Something is due at `time`: it ends then. */
static inline void processors_expect(Machine *m, uint64_t time)
{
    if (time < m->round_end)
        m->round_end = time;
}

/* --- observe.c --------------------------------------------------------------
 */

/* The layer is there: it is to tell what observers and check mode want. */
void observe_layer(Machine *m);
/* Whether observers want each instruction; anything of what the processor does
 * by itself. */
bool observe_each_insn(const Machine *m);
bool observe_processor(const Machine *m);
/* The next instruction is about to be executed. */
void observe_insn(Machine *m);
/* The timed model of a sampled run is about to stand back. */
void observe_leave(const Machine *m);

#endif
