/* Faster ways to run translations than the reference core: threaded forms, and
 * compiled code.  An engine is not a part of the model.  Whatever is switched
 * here, the results of a run stay what they are, bit for bit; only the host's
 * time changes.  docs/engine.md is the manual. */
#ifndef SELKIRK_HWMODEL_VLIW_ENGINE_H
#define SELKIRK_HWMODEL_VLIW_ENGINE_H

#include "hwmodel/vliw/core.h"

/* Reads the keys engine.* and, unless they say `reference`, has the core run
 * threaded forms, and unless they say `threaded`, compile what runs often.  To
 * be called before anything is installed.  Under `auto` a module that is not
 * there is no error; under `jit` it is: false, and a Diag. */
bool engine_attach(Core *core, const Config *config, Diag *diag);

typedef enum EngineAnswer {
    ENGINE_COMPILED,
    ENGINE_LATER,
    ENGINE_NEVER, /* it cannot be */
} EngineAnswer;

/* For who runs compiled code alone: has `code` compiled as soon as there is
 * room, and gives it no other form. */
EngineAnswer engine_ask(Core *core, CoreCode *code);
/* Installs what has been compiled. */
void engine_poll(Core *core);
/* There is no compiler, or nowhere to run what it makes: nothing more is
 * compiled. */
bool engine_has_given_up(const Core *core);

/* After a run, where code is saved: compiles what ran often for later runs.
 * Asks between two translations whether to go on, with how many are saved of
 * how many, until there are no more. */
typedef bool EngineGoOn(void *ctx, uint64_t saved, uint64_t all);
void engine_fill(Core *core, EngineGoOn *go_on, void *ctx);

/* Ends the threads, and what is saved is on disk: the core runs no more. */
void engine_close(Core *core);

enum { ENGINE_WHY = 256 }; /* bytes of a reason, with its 0 */

/* What the engine did, for people: nothing that a result depends on. */
typedef struct EngineReport {
    bool attached;
    bool compiles;     /* there is a compiler, as far as is known */
    uint64_t threaded; /* forms that were made */
    uint64_t asked;
    uint64_t compiled[2], ns[2]; /* by quality; time of the compiler */
    uint64_t refused, failed;    /* before, by the compiler: not tried again */
    uint64_t loaded, stored, damaged; /* saved code */
    uint64_t flushes;                 /* engine.memory was full */
    uint64_t remembered; /* translations, by who makes them (morph/memo.h) */
    uint64_t live;       /* compiled translations */
    uint64_t bytes;      /* their code */
    char failure[ENGINE_WHY]; /* why the first of `failed` did, or "" */
} EngineReport;
void engine_report(const Core *core, EngineReport *report);
/* Adds what another engine did, whose failures came earlier. */
void engine_report_add(EngineReport *report, const EngineReport *earlier);

#endif
