/* After a run with --tcache: compiling for later runs. */
#include "cli/fill.h"

#include "cli/report.h"
#include "cli/terminal.h"

#include <inttypes.h>
#include <stdio.h>

#define SHOW_SECONDS 0.25 /* between two looks of the user */

typedef struct Fill {
    double end, next; /* by the host's clock, seconds */
    bool shows;
    uint64_t saved, all;
} Fill;

static bool go_on(void *ctx, uint64_t saved, uint64_t all)
{
    Fill *f = ctx;
    double now = report_clock();
    f->saved = saved;
    f->all = all;
    if (f->shows && now >= f->next) {
        f->next = now + SHOW_SECONDS;
        fprintf(stderr,
                "\r\033[Kselkirk: --tcache: %" PRIu64 " of %" PRIu64
                " translations compiled for later runs",
                saved, all);
    }
    return now < f->end && !terminal_signal();
}

void fill_saved(Machine *machine, const Config *config, bool shows, bool quiet)
{
    uint64_t seconds = config_int(config, CONFIG_ENGINE_FILL);
    if (!seconds || terminal_signal())
        return;
    double now = report_clock();
    Fill f = {.end = now + (double)seconds, .next = now, .shows = shows};
    machine_fill_saved(machine, go_on, &f);
    if (shows)
        fputs("\r\033[K", stderr);
    if (quiet || !f.all)
        return;
    fprintf(stderr,
            "selkirk: --tcache: %" PRIu64 " translations compiled for later "
            "runs, %" PRIu64 " left\n",
            f.saved, f.all - f.saved);
}
