/* What a run has counted; see exp_stats.h. */
#include "cli/exp_stats.h"

#include "base/alloc.h"
#include "base/readall.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* `  "NAME": NUMBER`, perhaps with a comma: cuts NAME out of the line. */
static bool parse_line(char *line, ExpStat *stat)
{
    static const char before[] = "  \"", between[] = "\": ";
    if (strncmp(line, before, strlen(before)) != 0)
        return false;
    char *name = line + strlen(before), *end = strstr(name, between);
    if (!end)
        return false;
    char *number = end + strlen(between), *rest;
    if (*number < '0' || *number > '9')
        return false;
    errno = 0;
    stat->value = strtoumax(number, &rest, 10);
    stat->name = name;
    rest += *rest == ',';
    if (errno || *rest)
        return false;
    *end = '\0';
    return true;
}

void exp_stats_parse(ExpStats *stats, char *text)
{
    size_t room = 0;
    *stats = (ExpStats){.text = text};
    for (char *line = text; line;) {
        char *end = strchr(line, '\n');
        ExpStat stat;
        if (end)
            *end++ = '\0';
        if (parse_line(line, &stat)) {
            if (stats->count == room) {
                room = room ? 2 * room : 64;
                stats->list = alloc_resize(stats->list, room, sizeof stat);
            }
            stats->list[stats->count++] = stat;
        }
        line = end;
    }
}

bool exp_stats_read(ExpStats *stats, const char *path)
{
    *stats = (ExpStats){.list = NULL};
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    size_t size;
    char *text = read_all(file, SIZE_MAX, &size);
    bool ok = !ferror(file);
    int error = errno;
    fclose(file);
    errno = error;
    exp_stats_parse(stats, text);
    return ok;
}

void exp_stats_free(ExpStats *stats)
{
    free(stats->list);
    free(stats->text);
    *stats = (ExpStats){.list = NULL};
}

const uint64_t *exp_stats_find(const ExpStats *stats, const char *name)
{
    for (size_t i = 0; i < stats->count; i++)
        if (strcmp(stats->list[i].name, name) == 0)
            return &stats->list[i].value;
    return NULL;
}
