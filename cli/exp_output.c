/* The columns that an experiment asks for; see exp_output.h. */
#include "cli/exp_output.h"

#include "base/alloc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool read_file(ExpStats *stats, const char *folder, const char *name,
                      Diag *diag)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = alloc_zeroed(size, 1);
    snprintf(path, size, "%s/%s", folder, name);
    bool ok = exp_stats_read(stats, path);
    if (!ok)
        diag_error(diag, "%s: cannot read it: %s", path, strerror(errno));
    free(path);
    return ok;
}

/* The measured region's counts, or those of the whole run. */
bool exp_output_read(ExpData *data, const char *folder, const ExpPoint *point,
                     Diag *diag)
{
    ExpStats summary = {.list = NULL};
    *data = (ExpData){.clock = config_int(point->config, CONFIG_CPU_CLOCK)};
    bool ok = read_file(&data->stats, folder, "stats.json", diag) &&
              read_file(&summary, folder, "summary.json", diag);
    const uint64_t *insns = exp_stats_find(&data->stats, "run.insns");
    const uint64_t *cycles = exp_stats_find(&data->stats, "run.cycles");
    insns = insns ? insns : exp_stats_find(&summary, "instructions");
    cycles = cycles ? cycles : exp_stats_find(&summary, "cycles");
    if (ok && (!insns || !cycles))
        ok = diag_error(diag, "%s: it is no folder of a run", folder);
    data->insns = ok ? *insns : 0;
    data->cycles = ok ? *cycles : 0;
    exp_stats_free(&summary);
    return ok;
}

void exp_output_free(ExpData *data)
{
    exp_stats_free(&data->stats);
}

/* A count: of the run, or a statistic called by the first `length` bytes. */
static bool count_of(const char *name, size_t length, const ExpData *data,
                     uint64_t *count)
{
    char text[DIAG_TEXT_MAX];
    if (length >= sizeof text)
        return false;
    memcpy(text, name, length);
    text[length] = '\0';
    const uint64_t *stat = exp_stats_find(&data->stats, text);
    if (strcmp(text, "insns") == 0)
        *count = data->insns;
    else if (strcmp(text, "cycles") == 0)
        *count = data->cycles;
    else if (stat)
        *count = *stat;
    else
        return false;
    return true;
}

static bool write_ratio(uint64_t count, uint64_t of, FILE *out)
{
    if (of != 0)
        fprintf(out, "%.9g", (double)count / (double)of);
    return of != 0;
}

bool exp_output_write(const char *name, const ExpData *data, FILE *out)
{
    uint64_t count, of;
    size_t length = strcspn(name, "/");
    if (strcmp(name, "ipc") == 0)
        return write_ratio(data->insns, data->cycles, out);
    if (strcmp(name, "cpi") == 0)
        return write_ratio(data->cycles, data->insns, out);
    if (strcmp(name, "seconds") == 0) {
        fprintf(out, "%.9f", (double)data->cycles / (double)data->clock);
        return true;
    }
    if (!count_of(name, length, data, &count))
        return false;
    if (name[length])
        return count_of(name + length + 1, strlen(name + length + 1), data,
                        &of) &&
               write_ratio(count, of, out);
    fprintf(out, "%" PRIu64, count);
    return true;
}

bool exp_output_is_pattern(const char *name)
{
    size_t length = strlen(name);
    return length > 0 && name[length - 1] == '*';
}

bool exp_output_matches(const char *pattern, const char *name)
{
    return strncmp(name, pattern, strlen(pattern) - 1) == 0;
}

bool exp_output_known(const char *name, const ExpStats *stats)
{
    static const char *const own[] = {"all", "ipc", "cpi", "seconds"};
    const ExpData data = {.stats = *stats};
    uint64_t count;
    size_t length = strcspn(name, "/");
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(own[i], name) == 0)
            return true;
    for (size_t i = 0; exp_output_is_pattern(name) && i < stats->count; i++)
        if (exp_output_matches(name, stats->list[i].name))
            return true;
    return count_of(name, length, &data, &count) &&
           (!name[length] ||
            count_of(name + length + 1, strlen(name + length + 1), &data,
                     &count));
}
