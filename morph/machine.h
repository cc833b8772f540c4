/* A machine: processor, board, console and time, built from a configuration.
 * A machine is a value: several can live in one process, each on a thread. */
#ifndef SELKIRK_MORPH_MACHINE_H
#define SELKIRK_MORPH_MACHINE_H

#include "base/config.h"
#include "base/diag.h"
#include "base/stats.h"
#include "frontend/cpu.h"
#include "frontend/elf.h"
#include "hwmodel/board/board.h"
#include "morph/check.h"
#include "morph/input.h"
#include "morph/layer.h"
#include "morph/sample.h"

/* Why machine_run() returned. */
typedef enum MachineStop {
    MACHINE_STOP_EXIT,       /* the program wrote its exit status */
    MACHINE_STOP_HALT,       /* the guest halted or powered off */
    MACHINE_STOP_TEXT,       /* the console printed the text waited for */
    MACHINE_STOP_INSNS,      /* limit of instructions */
    MACHINE_STOP_CYCLES,     /* limit of cycles */
    MACHINE_STOP_REGION,     /* the region to measure has ended (roi.stop) */
    MACHINE_STOP_BREAKPOINT, /* before the instruction at a breakpoint */
    MACHINE_STOP_DIVERGED,   /* check mode found a difference */
    MACHINE_STOP_LIBRARY,    /* machine_library_error() */
    MACHINE_STOP_CHECKPOINT, /* at the next of machine_set_checkpoints() */
    MACHINE_STOP_SLICE,      /* end of the slice that was asked for */
} MachineStop;

/* What goes on outside; members may be NULL.  The calls come from
 * machine_run(), on its thread. */
typedef struct MachineHost {
    void *ctx;
    /* A byte that the guest printed on its console. */
    void (*console_put)(void *ctx, uint8_t byte);
    /* The text of machine_set_mark() is complete: counts of instructions and
     * cycles are those of the access that printed its end. */
    void (*marked)(void *ctx);
    /* With stats.interval, an interval has ended `cycles` and `insns` after the
     * region's begin: what came in it is the next line of CSV of `stats`. */
    void (*interval)(void *ctx, uint64_t cycles, uint64_t insns, Stats *stats);
    /* One line about what the guest does wrong, or asks to be told, and where:
     * "pc 0x80001234: disk in slot 2: ...". */
    void (*note)(void *ctx, const char *text);
    /* The guest wants a trace on or off, by System/161's letter for it. */
    void (*trace)(void *ctx, uint32_t letter, bool on);
    /* A frame leaves the network card in `slot`, which has a carrier. */
    void (*net_send)(void *ctx, unsigned slot, const uint8_t *frame,
                     size_t size);
} MachineHost;

enum { MACHINE_TRACES = 3 };

/* An observer, for traces; members may be NULL. */
typedef struct MachineTrace {
    void *ctx;
    /* Before each instruction; setting it makes the run slow. */
    void (*insn)(void *ctx, const GuestState *s, uint32_t word);
    void (*exception)(void *ctx, const GuestState *s, Exception exc);
    void (*tlb_write)(void *ctx, const GuestState *s, unsigned index);
    void (*device)(void *ctx, const GuestState *s, const Device *device,
                   uint32_t offset, unsigned size, bool write, uint32_t value);
    /* Of the code-morphing layer: see LayerHooks. */
    void (*gear)(void *ctx, const char *what, uint32_t pc, unsigned gear,
                 const char *detail);
    void (*fault)(void *ctx, const CoreStop *stop);
    CoreTrace *molecule;
    /* The timed model of a sampled run stands back: time goes on at another
     * pace, or from a checkpoint, which may be of an earlier one. */
    void (*leave)(void *ctx);
} MachineTrace;

typedef struct MachineConfig {
    const Config *config;   /* must outlive the machine */
    const ElfImage *image;  /* likewise */
    const char *cmdline;    /* guest arguments, one string; copied */
    const BoardDisk *disks; /* opened by machine_create() */
    size_t disk_count;
    const Warm
        *warm;  /* with cpu.model=vliw: to begin with; borrowed, or NULL */
    bool check; /* with cpu.model=vliw: compare with the reference CPU */
    /* Of what sample.library has to be of; 0: the machine is not to be run, and
     * the library need not be there. */
    uint64_t library_key;
    bool host_profile; /* see machine_host_profile() */
    MachineHost host;
} MachineConfig;

typedef struct MachineLimits {
    uint64_t insns;    /* 0: none; since power-on, restarts included */
    uint64_t cycles;   /* 0: none; likewise */
    const char *until; /* NULL: none */
} MachineLimits;

/* Builds the machine, loads the image and resets.  NULL and a Diag if the
 * configuration, the image or a disk does not fit. */
Machine *machine_create(const MachineConfig *config, Diag *diag);
/* Writes disks back and releases everything. */
void machine_destroy(Machine *machine);
/* What the machine keeps for later runs is written, and its threads have ended:
 * whoever ends the process now need not destroy it, which takes time for each
 * translation.  NULL is none. */
void machine_close(Machine *machine);

void machine_set_limits(Machine *machine, const MachineLimits *limits);
/* Tells MachineHost.marked when the console has printed `text` (copied), once;
 * the next one may be set from there. */
void machine_set_mark(Machine *machine, const char *text);
/* Adds an observer, of MACHINE_TRACES at most. */
void machine_add_trace(Machine *machine, const MachineTrace *trace);

/* Scripted input (morph/input.h): comes as its steps are due.  Borrowed.  False
 * and a Diag if it names a network card that is not there. */
bool machine_set_input(Machine *machine, const InputScript *script, Diag *diag);
/* Types bytes at the present cycle, as a person does. */
void machine_type(Machine *machine, const void *bytes, size_t size);
/* Bytes typed that the guest has not taken yet. */
size_t machine_typed(const Machine *machine);

/* The machine's network cards, and what comes to the one in a slot at the
 * present cycle: whether it has a carrier from now on, and bytes, which need
 * not be a frame. */
size_t machine_nics(const Machine *machine, const BoardNic **nics);
void machine_set_carrier(Machine *machine, unsigned slot, bool carrier);
void machine_receive(Machine *machine, unsigned slot, const void *bytes,
                     size_t size);
/* What the machine's screen shows; false: it has none. */
bool machine_screen(const Machine *machine, BoardScreen *screen);

/* Runs for at most `slice` cycles, which are counted anew where
 * fast-forwarding ends.  After any stop but EXIT and HALT it can be
 * called again.  The result does not depend on how a run is cut in slices. */
MachineStop machine_run(Machine *machine, uint64_t slice);
/* Exit status that the guest gave with EXIT (or the ROM with HALT). */
uint32_t machine_exit_status(const Machine *machine);

/* Breakpoints on virtual addresses.  machine_run() stops before the
 * instruction, except when it starts there.  False: there are too many. */
bool machine_add_breakpoint(Machine *machine, uint32_t va);
bool machine_remove_breakpoint(Machine *machine, uint32_t va);
size_t machine_breakpoints(const Machine *machine, const uint32_t **list);

/* Whether the run has not reached the end of fast-forwarding yet. */
bool machine_fast_forwards(const Machine *machine);

/* Whether the guest waits for an interrupt, and its time passes at once. */
bool machine_is_waiting(const Machine *machine);

/* Since power-on, of all processors; and up to where a round of theirs began.
 */
uint64_t machine_insns(const Machine *machine);
uint64_t machine_cycles(const Machine *machine);
/* Where there are several processors, what is asked of "the" processor is asked
 * of the one whose turn it is: its number, and its own clock, which is
 * machine_cycles() where there is one. */
unsigned machine_processors(const Machine *machine);
unsigned machine_processor(const Machine *machine);
uint64_t machine_time(const Machine *machine);
const GuestState *machine_state(const Machine *machine);
const GuestState *machine_state_of(const Machine *machine, unsigned processor);
/* For a debugger; memory as the guest's loads see it. */
bool machine_peek(Machine *machine, uint32_t va, void *bytes, uint32_t size);
bool machine_big_endian(const Machine *machine);
const ElfImage *machine_image(const Machine *machine);
const Config *machine_config(const Machine *machine);
/* Adds what the code-morphing layer knows to `warm`; nothing without one, or
 * where there are several processors. */
void machine_save_warm(const Machine *machine, Warm *warm);
bool machine_sync_disks(Machine *machine, Diag *diag);

/* Ends check mode: compares what is left to compare.  NULL if all agreed. */
const CheckReport *machine_finish_check(Machine *machine);
/* What it has compared; zeros without check mode. */
CheckCounts machine_check_counts(const Machine *machine);

/* All statistics of the machine; lives as long as it.  They are those of the
 * region that is measured (morph/measure.h). */
const Stats *machine_stats(const Machine *machine);
/* The run is over: ends the last interval.  Whether the region has begun and,
 * if an end was asked for, ended; if it has not begun, all counts are 0. */
bool machine_finish_measuring(Machine *machine);
/* What a sampled run has measured; NULL: it is none, or makes a library. */
const Sample *machine_sample(const Machine *machine);
/* Why the sample's library, after machine_finish_measuring() one that was made,
 * is good for nothing; NULL: it is not. */
const char *machine_library_error(const Machine *machine);
/* What the guest printed when the library that the machine uses was made, *size
 * bytes; borrowed, NULL: it uses none. */
const char *machine_library_console(const Machine *machine, uint64_t *size);
/* Whether the region has begun; whether it also has not ended. */
bool machine_has_measured(const Machine *machine);
bool machine_is_measuring(const Machine *machine);
/* The layer's cycles by cause, CORE_CAUSES of them, since it was made.  Those
 * of issue and interlocks are added when a run of molecules ends, the others
 * at once.  NULL without the layer. */
const uint64_t *machine_causes(const Machine *machine);

/* What the engine did, on the host, for fast-forwarding, too; zeros without the
 * layer. */
EngineReport machine_engine_report(const Machine *machine);

/* After a run: see engine_fill(). */
void machine_fill_saved(Machine *machine, EngineGoOn *go_on, void *ctx);

/* What of it was for fast-forwarding. */
EngineReport machine_forward_report(const Machine *machine);

/* Where the host's time went since the machine was made; NULL if it was not to
 * be measured. */
HostProfile *machine_host_profile(Machine *machine);

/* Hash of the processor's state, its instruction count and RAM: equal for
 * equal machines. */
uint64_t machine_hash(const Machine *machine);

#endif
