/* Inside of the engine's runtime.  engine_run.c runs code; engine.c decides
 * what is compiled and keeps it; engine_threaded*.c are for what is not
 * compiled, engine_predict.c for their indirect jumps; engine_mem.c is the
 * memory side; engine_walk.c goes the paths of a translation, for which
 * engine_stats.c works out what was counted; engine_queue.c has translations
 * compiled, engine_saved.c keeps their code, engine_recall.c knows who made it,
 * engine_fill.c makes more of it, engine_dump.c shows it; engine_module.c finds
 * and loads the compiler; engine_linker.c, with engine_object.c, puts its code
 * into memory.  The reference core calls what is declared here. */
#ifndef SELKIRK_HWMODEL_VLIW_ENGINE_HOST_H
#define SELKIRK_HWMODEL_VLIW_ENGINE_HOST_H

#include "hwmodel/vliw/engine.h"
#include "hwmodel/vliw/engine_impl.h"
#include "hwmodel/vliw/engine_walk.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>

enum { ENGINE_QUALITIES = 2 };

/* What is compiled first. */
typedef enum EngineUrgency {
    ENGINE_HAS_NO_CODE,
    ENGINE_HAS_SLOW_CODE,
    ENGINE_FOR_LATER_RUNS,
    ENGINE_URGENCIES
} EngineUrgency;

/* Of 128 bits: what saved code is found by. */
typedef struct EngineKey {
    uint64_t high, low;
} EngineKey;

static inline bool engine_keys_are_equal(EngineKey x, EngineKey y)
{
    return x.high == y.high && x.low == y.low;
}

/* A translation on its way to be compiled, and back.  One piece of memory. */
typedef struct EngineJob {
    struct EngineJob *next;
    Installed *target; /* NULL: it was removed.  The run's thread alone looks */
    unsigned quality;
    EngineSource source;
    bool ok; /* then there is */
    EngineObject object;
    char why[ENGINE_WHY]; /* else */
    bool hopeless;        /* there is no compiler: other jobs will fail, too */
    uint64_t ns;
    unsigned hold; /* engine.delay: calls of core_run() that it waits for */
} EngineJob;

typedef struct EngineList {
    EngineJob *first, *last; /* `last` counts if there is a first */
} EngineList;

/* Between the run's thread and those that compile. */
typedef struct EngineQueue {
    unsigned threads, started;
    pthread_t *ids;
    uint32_t seed; /* engine.delay, of the threads */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    EngineList waiting[ENGINE_URGENCIES], done; /* under `lock`, and: */
    bool stop;
    atomic_bool any_done; /* `done` may hold any */
    /* The run's thread alone. */
    EngineCompiler *compiler; /* engine.threads = 0 */
    uint64_t pending, pending_max;
    EngineList held; /* received, but not to be installed yet */
    uint32_t delay;  /* engine.delay, of the run: random numbers; 0: none */
} EngineQueue;

/* The module: loaded once, by whoever wants it first. */
typedef struct EngineModule {
    char *path;
    pthread_mutex_t lock;
    void *handle;                 /* under `lock`, like */
    const EngineBackend *backend; /* NULL: not loaded, or */
    char why[ENGINE_WHY];         /* not "": it cannot be */
} EngineModule;

/* Code that outlives the run.  `dir` is -1 if it is not asked for. */
typedef struct EngineSaved {
    char *folder;
    int dir;
    uint64_t max;    /* bytes */
    EngineKey *keys; /* of the files that were there, sorted; the run's */
    size_t key_count;
    /* Part of all keys: of those that code is looked for by; and, when the
     * module has been loaded, of what is compiled by it.  They are the same but
     * for what engine_recall.c says. */
    EngineKey compiler, loaded;
    bool recalled; /* `compiler` is known from an earlier run */
    bool known,
        stores;        /* there is `compiler`; `loaded`.  `known` counts when */
    atomic_bool ready; /* it was recalled, the module loaded, or cannot be */
    atomic_uint stored;
    atomic_ullong written; /* bytes, what there was no room for included */
    uint64_t damaged;
} EngineSaved;

/* Code for people to read.  `dir` is -1 if it is not asked for. */
typedef struct EngineDump {
    int dir;
    unsigned count; /* files that this run wrote */
} EngineDump;

/* Puts objects where they can run: one an Engine, used by its thread
 * alone. */
typedef struct EngineLinker EngineLinker;
typedef struct EngineLinking {
    /* With EngineBackend.thunks, which may go then.  NULL: `why`. */
    EngineLinker *(*create)(const EngineObject *thunks, char *why,
                            size_t why_size);
    void (*destroy)(EngineLinker *linker);
    EngineEnter *(*enter)(EngineLinker *linker);
    /* Core.engine.thunks, for as long as the linker lives. */
    void (*thunks)(EngineLinker *linker, EngineHelpers *thunks);
    EngineCode *(*absent)(EngineLinker *linker);
    /* Copies the object into executable memory, while no code runs that was
     * linked before.  NULL: `why`. */
    EngineCode *(*link)(EngineLinker *linker, const EngineObject *object,
                        void **handle, size_t *bytes, char *why,
                        size_t why_size);
    void (*unlink)(EngineLinker *linker, void *handle);
} EngineLinking;

enum { ENGINE_PAGES = SELKIRK_HARD ? 2 : 512, ENGINE_REGION_SHIFT = 22 };

/* Lines that a page may have in a line table. */
typedef struct EngineTouched {
    uint64_t lines[PAGE_SIZE / 16 / 64];
} EngineTouched;

/* What engine_threaded_make() works with: kept from one to the next. */
typedef struct EngineNeed EngineNeed;
typedef struct EngineDraft EngineDraft;
typedef struct EngineValues EngineValues;
typedef struct EngineMaker {
    EngineNeed *needs;    /* by molecule */
    EngineDraft *ops;     /* from 1 on */
    EngineValues *values; /* those of the path, at last, above those of */
    unsigned need_room, op_count, op_room, value_room; /* Walk.later */
} EngineMaker;

/* The path to a step that failed, and how often since what that adds to the
 * counters was added; `code` is NULL if there is none. */
enum { ENGINE_FAULTED = SELKIRK_HARD ? 2 : 256 };
typedef struct EngineFaulted {
    Core *core; /* whose run it was */
    Installed *code;
    uint32_t step;
    uint64_t times;
    WalkPath path;
} EngineFaulted;

typedef struct Engine {
    bool searched; /* for a compiler: `module`, `saved`, `dump` count */
    bool compiles; /* there is one */
    EngineModule module;
    EngineQueue queue;
    EngineSaved saved;
    EngineDump dump;
    uint64_t runs[ENGINE_QUALITIES]; /* thresholds */
    uint64_t memory_max;
    EngineReport report;
    bool given_up; /* nothing more is compiled: it cannot be, or linked */
    bool closed;   /* engine_close() */

    const EngineLinking *linking; /* engine_linking; a test has its own */
    /* From the first installation on. */
    EngineLinker *linker;
    EngineEnter *enter;
    EngineCode *absent;
    bool running;   /* compiled code is on the stack */
    void **removed; /* handles of code that was removed meanwhile */
    size_t removed_count;
    uint64_t next_look; /* cycles: is there code that earns more quality? */

    /* Code is compiled for runs with a commit hook, or for those without; may
     * it run? */
    bool observed, fits;

    Walk walk;
    EngineFaulted faulted[ENGINE_FAULTED]; /* by code and step */
    EngineMaker maker;

    Installed *first;   /* all that are installed */
    Installed *watched; /* of quality 0 */
} Engine;

/* What knows a core's own memory: engine_mem.c. */
typedef struct EngineData {
    bool fills; /* line tables: hits are silent */
    unsigned shift;
    EngineTouched *touched; /* the kernel's, by entry of the micro TLB */
    /* A program's, by its number; a page that comes drops the lines of the one
     * that was there. */
    EngineTouched pages[ENGINE_PAGES];
    uint32_t numbers[ENGINE_PAGES];
    /* Whether the kernel's table may have lines that are not mapped. */
    bool unmapped[1u << (32 - ENGINE_REGION_SHIFT)];
    /* By place of the D-cache: the tag that the line there may have in each
     * table, or ENGINE_NO_TAG. */
    uint32_t (*tags)[2];
    const uint8_t *present; /* I-lines of the translation cache */
    uint64_t first_line, line_count;
} EngineData;

/* Where compiled code counts the exit. */
static inline uint64_t *engine_count(const Core *c, Installed *code,
                                     unsigned exit)
{
    return code->host_counts
               ? (uint64_t *)((char *)&code->host_counts[exit * c->sharers] +
                              c->engine.count_at)
               : &code->pub.exits[exit].host_count;
}

/* --- engine_run.c --------------------------------------------------------- */

enum { ENGINE_UNTHREADED = INT_MAX }; /* EngineUnit.tried: it has no form */

/* What Core.engine.helpers points to. */
extern const EngineHelpers engine_helpers;

/* Runs *code, and on.  True: the reference core must run *code next, for once
 * at least.  False: *stop says why the run ends, at *code. */
bool engine_run(Core *c, Installed **code, CoreStop *stop);

/* --- engine.c ------------------------------------------------------------- */

/* A run begins: what has been compiled is installed. */
void engine_begin(Core *c);
/* `code` was entered often enough to be compiled. */
void engine_want(Core *c, Installed *code);
/* `code` is there; is removed. */
void engine_add(Core *c, Installed *code);
void engine_remove(Core *c, Installed *code);
/* CoreCode.held has changed: held code has no other form. */
void engine_hold(Core *c, Installed *code);
void engine_destroy(Core *c);
/* core_share() */
void engine_share(Core *c, Core *first);

static inline bool engine_may_run(const Core *c, const Installed *code)
{
    return c->engine.usable && c->counted != &code->pub;
}

/* --- engine_threaded_make.c, engine_threaded.c, engine_predict.c ---------- */

/* Makes the threaded form; false: it has none. */
bool engine_threaded_make(Core *c, Installed *code);
void engine_threaded_free(Core *c, Installed *code);
void engine_maker_free(EngineMaker *maker);
/* As EngineEnter, of code that has a threaded form. */
void engine_threaded_run(Core *c, Installed *code);
/* Where an exit that was taken leads, if the predictors know; else NULL, and
 * the layer must be asked.  Looks move the clock. */
Installed *engine_predict(Core *c, Installed *code, unsigned exit,
                          uint64_t *clock);

/* --- engine_mem.c --------------------------------------------------------- */

void engine_mem_create(Core *c, const Config *config);
void engine_mem_destroy(Core *c);
/* EngineHelpers of memory. */
uint64_t engine_load(Core *c, Installed *self, uint64_t clock, uint32_t va,
                     uint32_t site);
bool engine_store(Core *c, Installed *self, uint64_t clock, uint32_t va,
                  uint32_t value, uint32_t site);
void engine_fetch(Core *c, Installed *self, uint64_t clock, uint32_t line);
/* The same of the main path, by what an entry has read. */
void engine_fetch_main(Core *c, Installed *self, uint64_t clock, uint32_t line);
void engine_refill(Core *c, uint32_t va);
/* The stores of `site` are undone. */
void engine_undo(Core *c, uint32_t site);
/* Drops lines: all; all of mapped pages; those of a virtual page. */
void engine_drop_all(Core *c);
void engine_drop_mapped(Core *c);
void engine_drop_page(Core *c, uint32_t number);
/* As core_protect(). */
void engine_protect(Core *c, uint32_t pa, uint32_t size);

/* --- engine_stats.c ------------------------------------------------------- */

/* Whether the molecules are a tree of paths, each exit at one end. */
bool engine_is_tree(const Installed *code);
/* What the runs of compiled code since the last call add to the counters, of
 * each core that runs it. */
void engine_settle(Core *c, Installed *code);
/* Where a run was that failed at the step; good until the next call. */
const WalkPath *engine_find_step(Core *c, Installed *code, uint32_t step);
/* The code goes. */
void engine_forget_steps(Core *c, const Installed *code);
/* The core goes. */
void engine_forget_faults(Core *c);
/* Such a run is counted. */
void engine_count_fault(Core *c, Installed *code, uint32_t step);
/* What entries add. */
void engine_count_entries(Core *c, Installed *code, uint64_t times);

/* --- engine_queue.c ------------------------------------------------------- */

void engine_queue_create(Engine *e, const Config *config);
void engine_queue_destroy(Engine *e);
bool engine_queue_is_full(const Engine *e, EngineUrgency urgency);
/* Has the code compiled.  The queue is not full. */
void engine_queue_put(Core *c, Installed *code, unsigned quality,
                      EngineUrgency urgency);
/* The job, if it waits for the sake of later runs, is for this one, too. */
void engine_queue_hurry(Engine *e, EngineJob *job);
/* Has the module loaded, by a thread if there are any. */
void engine_queue_start(Engine *e);
/* Whether it has been loaded, or cannot be. */
bool engine_queue_has_module(Engine *e);
/* Saved code of the translation, the best; false: there is none. */
bool engine_queue_find(Core *c, Installed *code, unsigned *quality,
                       EngineObject *object);
/* Whether there is saved code of that quality. */
bool engine_queue_is_saved(Core *c, Installed *code, unsigned quality);
/* Drops jobs that no thread is at yet. */
void engine_queue_forget(Engine *e);
/* Whether engine_queue_receive() has anything to do. */
static inline bool engine_queue_is_ready(const Engine *e)
{
    return atomic_load_explicit(&e->queue.any_done, memory_order_acquire) ||
           e->queue.held.first;
}
/* Fetches what is done; then the next job that is to be installed, or NULL:
 * the caller frees it. */
void engine_queue_receive(Engine *e);
EngineJob *engine_queue_take(Engine *e);
void engine_job_free(EngineJob *job);

/* --- engine_saved.c ------------------------------------------------------- */

/* The folder of the key engine.saved, if there is one.  False: a Diag. */
bool engine_saved_open(EngineSaved *saved, const Config *config, Diag *diag);
/* Whether an earlier run has said what `module` is; else it is to be loaded. */
bool engine_saved_recall(EngineSaved *saved, const EngineModule *module);
void engine_saved_close(EngineSaved *saved);
/* The module has been loaded, or cannot be: NULL.  From any thread. */
void engine_saved_ready(EngineSaved *saved, const EngineBackend *backend);
/* Notes which files there are: keys.  From the run's thread. */
void engine_saved_list(EngineSaved *saved);
/* The keys of the source's code, by quality. */
void engine_saved_key(const EngineSaved *saved, const EngineSource *source,
                      EngineKey keys[ENGINE_QUALITIES]);
/* Whether the compiler is known, from the run's thread. */
static inline bool engine_saved_is_known(const EngineSaved *saved)
{
    return atomic_load_explicit(&saved->ready, memory_order_acquire) &&
           saved->known;
}
/* What is kept under a key, from the run's thread; false: there is nothing. */
bool engine_saved_load(EngineSaved *saved, EngineKey key, EngineObject *object);
bool engine_saved_has(const EngineSaved *saved, EngineKey key);
/* Keeps something under a key, from any thread; what cannot be written is not
 * kept: false. */
bool engine_saved_put(EngineSaved *saved, EngineKey key, const void *bytes,
                      size_t size);
/* Keeps the code of a job that is done, from any thread. */
void engine_saved_store(EngineSaved *saved, const EngineJob *job);
/* The key of EngineBackend.thunks of a compiler. */
EngineKey engine_saved_thunks_key(EngineKey compiler);

/* --- engine_recall.c ------------------------------------------------------ */

/* The key that stands for the module's compiler, if an earlier run left it and
 * nothing has changed since. */
bool engine_recall(EngineSaved *saved, const EngineModule *module,
                   EngineKey *key);
/* The module has been loaded: leaves its key for later runs. */
void engine_recall_store(EngineSaved *saved, const EngineModule *module,
                         EngineKey key);

/* --- engine_float.c ------------------------------------------------------- */

/* EngineHelpers.fp */
bool engine_float(Core *c, uint32_t op, uint32_t cond, uint64_t a, uint64_t b,
                  uint32_t *fcr31, uint64_t *result);

/* --- engine_linker.c ------------------------------------------------------ */

extern const EngineLinking engine_linking;

/* --- engine_object.c ------------------------------------------------------ */

/* An object that needs nothing but itself, as LLVM makes it here. */
typedef struct EngineElf EngineElf;

/* Reads and checks it; `object` must outlive it.  NULL: `why`. */
EngineElf *engine_elf_open(const EngineObject *object, char *why,
                           size_t why_size);
void engine_elf_close(EngineElf *elf);
size_t engine_elf_size(const EngineElf *elf); /* in memory */
/* Copies it to `to`; it runs wherever that is, at a multiple of 64. */
bool engine_elf_place(const EngineElf *elf, uint8_t *to, char *why,
                      size_t why_size);
/* Where a symbol lies in it; SIZE_MAX if it does not. */
size_t engine_elf_find(const EngineElf *elf, const char *name);

/* --- engine_dump.c -------------------------------------------------------- */

/* The folder of the key engine.dump, if there is one.  False: a Diag. */
bool engine_dump_open(EngineDump *dump, const Config *config, Diag *diag);
void engine_dump_close(EngineDump *dump);
/* Writes the object that is about to be the code's; what cannot be written is
 * left out. */
void engine_dump_write(EngineDump *dump, const Installed *code,
                       unsigned quality, const EngineObject *object);

/* --- engine_module.c ------------------------------------------------------ */

/* Where the module is.  False: it is not there, `why`, ENGINE_WHY bytes. */
bool engine_module_find(EngineModule *module, const Config *config, char *why);
/* Loads it, from any thread.  NULL: `why`, ENGINE_WHY bytes. */
const EngineBackend *engine_module_load(Engine *e, char *why);
/* EngineBackend.thunks, saved ones if there are, from the run's thread; false:
 * `why`, ENGINE_WHY bytes. */
bool engine_module_thunks(Engine *e, EngineObject *thunks, char *why);
void engine_module_destroy(EngineModule *module);

#endif
