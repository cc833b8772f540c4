/* The code-morphing layer: runs the guest on the modelled VLIW.
 *
 * dispatch.c finds what to run next; gear0.c interprets; translate.c forms,
 * lifts, optimizes, schedules and installs; profile.c counts; tcache.c holds
 * translations and finds them; links.c chains them, and predicts indirect
 * jumps; codepages.c keeps T-bits and invalidates; revive.c puts back what an
 * earlier run had; watch.c finds the instruction that is waited for.  Time:
 * every cycle is charged to one of the causes of hwmodel/vliw/cause.def.
 *
 * The processor's state lives in the reference CPU (frontend/cpu.h), which is
 * also gear 0's hands: it executes one instruction that gear 0 gives it.  While
 * translations run, the registers are the core's.  They are home when
 * layer_run() returns, at each device access and at each commit hook. */
#ifndef SELKIRK_MORPH_LAYER_H
#define SELKIRK_MORPH_LAYER_H

#include "base/config.h"
#include "base/diag.h"
#include "base/stats.h"
#include "frontend/cpu.h"
#include "frontend/lift.h"
#include "hwmodel/mem/bus.h"
#include "hwmodel/vliw/core.h"
#include "hwmodel/vliw/engine.h"
#include "morph/warm.h"
#include "optimizer/optimizer.h"

typedef struct Layer Layer;

/* Observers; members may be NULL. */
typedef struct LayerHooks {
    void *ctx;
    /* The guest's state is at a commit point: `cpu_state()` is current.  Called
     * after every commit that core or gear 0 made, and after each exception.
     * `code` committed by `exit`; NULL: gear 0. */
    void (*commit)(void *ctx, const CoreCode *code, unsigned exit);
    /* A translation was made, run first, invalidated...: for --trace gears. */
    void (*event)(void *ctx, const char *what, uint32_t pc, unsigned gear,
                  const char *detail);
    /* A translation failed and was rolled back. */
    void (*fault)(void *ctx, const CoreStop *stop);
    /* To be set before the first translation: others keep no molecules. */
    CoreTrace *molecule;
} LayerHooks;

/* What translations of `gear` 1 or 2 are made by, as the keys say. */
void layer_read_recipe(const Config *config, unsigned gear,
                       const VliwDesc *desc, LiftLimits *limits,
                       OptConfig *opt);

/* `cpu` is created and bound to the bus; both outlive the layer. */
Layer *layer_create(const Config *config, const CpuConfig *cpu_config, Cpu *cpu,
                    Bus *bus, Diag *diag);
void layer_destroy(Layer *layer);
/* What the layer keeps for later runs is on disk, and its threads have ended:
 * it runs no more. */
void layer_close(Layer *layer);
/* The processor is the layer's from now on: it hears of changes of mappings.
 * Until then the layer must not run, and keeps out of everything. */
void layer_attach(Layer *layer);
/* Sampling.  Before the layer runs: what it counts, for the thresholds of its
 * gears and for lessons, counts `times` as much. */
void layer_scale(Layer *layer, uint64_t times);
/* The processor is the layer's again after others have run the guest, and
 * theirs until then.  It keeps what it knows, but for mappings and for what the
 * guest has overwritten meanwhile.  Nothing is charged. */
void layer_enter(Layer *layer);
void layer_leave(Layer *layer);
/* `layer` and its processor were just created, and have the memory of `first`
 * and those that joined it (cpu_join()): stores of one end the translations of
 * all. */
void layer_join(Layer *layer, Layer *first);
/* Another one is about to run: as cpu_yield(), which comes with it. */
void layer_yield(Layer *layer);
void layer_set_hooks(Layer *layer, const LayerHooks *hooks);

/* The machine was reset: caches cold, no translations; time goes on. */
void layer_reset(Layer *layer);

/* Runs until layer_cycles() reaches `deadline` or the instruction count
 * `insn_limit`, or layer_stop(): at the first commit point then, which for the
 * instruction limit is exact.  Interrupts are taken at commit points. */
void layer_run(Layer *layer, uint64_t deadline, uint64_t insn_limit);
/* layer_run() also ends at the first commit point where it looks at its limits
 * and this count of instructions has been reached.  Unlike a limit that changes
 * nothing of what the layer does.  UINT64_MAX: there is none, as at first. */
void layer_set_look(Layer *layer, uint64_t insns);
/* layer_run() also ends before gear 0 executes the instruction at `va`
 * (virtual) or a translation of it is entered, where the count is `from` at
 * least; or, if it was executed within a translation, at the next commit point
 * where the layer looks at its limits.  This, too, changes nothing of what it
 * does.  Not during layer_run(). */
enum { LAYER_WATCHES = 2 }; /* by number */
void layer_set_watch(Layer *layer, unsigned watch, uint32_t va, uint64_t from);
void layer_clear_watch(Layer *layer, unsigned watch);
/* Whether it ended for that; then the watch must be set anew or cleared. */
bool layer_watch_hit(const Layer *layer, unsigned watch);
/* Takes the interrupt that the next instruction would give way to, if any: for
 * whoever looks at instructions one by one. */
void layer_take_interrupt(Layer *layer);
/* Lowers the deadline of the active layer_run(); makes it return. */
void layer_set_deadline(Layer *layer, uint64_t deadline);
void layer_stop(Layer *layer);
/* Lets the time pass to `deadline`: the processor waits (cpu_is_waiting()).
 * The layer is not running. */
void layer_idle(Layer *layer, uint64_t deadline);

/* Modelled cycles since layer_create(); exact also during a device access. */
uint64_t layer_cycles(const Layer *layer);
/* The same by cause: see core_causes(). */
const uint64_t *layer_causes(const Layer *layer);

/* Memory that a device or a debugger wrote. */
void layer_memory_changed(Layer *layer, uint32_t pa, uint32_t size);

/* Each run after a reset begins with what `warm` says, which is borrowed.  To
 * be called before layer_reset(). */
void layer_start_warm(Layer *layer, const Warm *warm);
/* Checkpoints will be taken: to be called before layer_run(). */
void layer_keep_plans(Layer *layer);
/* Saves or loads what the layer knows and is about to do, in the present
 * section.  Loading, it is as layer_create() and layer_reset() leave it, and
 * configured as it was; guest and processor have been loaded. */
void layer_checkpoint(Layer *layer, Ckpt *ckpt);
/* Adds what the layer knows to `warm`. */
void layer_save_warm(const Layer *layer, Warm *warm);

/* Brings rows that are sums over translations up to date. */
void layer_update_stats(Layer *layer);
/* Rows of all parts of the layer. */
/* Reads the host's clock where parts of the layer begin and end. */
void layer_set_host_profile(Layer *layer, HostProfile *profile);
/* What the engine did for the run, on the host. */
void layer_engine_report(const Layer *layer, EngineReport *report);
/* After a run: see engine_fill(). */
void layer_fill_saved(Layer *layer, EngineGoOn *go_on, void *ctx);
void layer_add_stats(const Layer *layer, Stats *stats);

#endif
