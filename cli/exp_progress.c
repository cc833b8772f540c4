/* How far an experiment is; see exp_progress.h. */
#include "cli/exp_progress.h"

#include "cli/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

ExpProgress exp_progress_begin(const ExpPoints *points,
                               const ExpOutcome *outcomes, bool quiet)
{
    ExpProgress p = {.points = points,
                     .quiet = quiet,
                     .in_place = isatty(STDERR_FILENO),
                     .start = report_clock()};
    for (size_t i = 0; i < points->count; i++) {
        p.wanted += points->list[i].chosen;
        p.reused += outcomes[i].ended;
    }
    p.ended = p.reused;
    return p;
}

void exp_progress_hide(ExpProgress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
    p->shown = false;
}

/* Of the seconds that are left; "" while nothing is known. */
static void write_time_left(const ExpProgress *p)
{
    size_t ran = p->ended - p->reused;
    if (ran == 0)
        return;
    double left = (report_clock() - p->start) / (double)ran *
                  (double)(p->wanted - p->ended);
    unsigned minutes = (unsigned)(left / 60);
    if (minutes >= 60)
        fprintf(stderr, ", about %u h %u min left", minutes / 60, minutes % 60);
    else if (left >= 60)
        fprintf(stderr, ", about %u min left", minutes + 1);
    else
        fprintf(stderr, ", about %.0f s left", left);
}

static void write_counts(const ExpProgress *p)
{
    fprintf(stderr, "%zu of %zu points", p->ended, p->wanted);
    if (p->failed)
        fprintf(stderr, ", %zu failed", p->failed);
    if (p->running)
        fprintf(stderr, ", %u running", p->running);
    if (p->ended < p->wanted)
        write_time_left(p);
}

void exp_progress_show(ExpProgress *p)
{
    double now = report_clock();
    if (!p->in_place || p->quiet || now < p->told + 0.25)
        return;
    p->told = now;
    fputs("\r\033[K", stderr);
    write_counts(p);
    p->shown = true;
}

void exp_progress_end(ExpProgress *p, const ExpPoint *point,
                      const ExpOutcome *outcome)
{
    p->ended++;
    p->failed += outcome->failure != NULL;
    if (!outcome->failure && (p->quiet || p->in_place))
        return;
    char *name = exp_points_describe(p->points, point);
    exp_progress_hide(p);
    fprintf(stderr, "selkirk: point %u%s%s%s", point->number, *name ? " (" : "",
            name, *name ? ")" : "");
    if (outcome->failure)
        fprintf(stderr, " failed: %s\n", outcome->failure);
    else
        fprintf(stderr, ": %.1f s; ", outcome->seconds);
    if (!outcome->failure) {
        write_counts(p);
        fputc('\n', stderr);
    }
    free(name);
}
