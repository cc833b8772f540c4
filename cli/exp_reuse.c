/* Results of points that have run before; see exp_reuse.h.
 *
 * A value more on an axis gives most points another number.  Their folders
 * trade places then, two at a time and at once (RENAME_EXCHANGE), so that at
 * any moment each is whole and has one number.  Where the host cannot do that,
 * points run again. */
#define _GNU_SOURCE /* renameat2() */
#include "cli/exp_reuse.h"

#include "base/alloc.h"
#include "cli/exp_command.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Finder {
    ExpRun *run;
    uint64_t *wanted; /* keys by number */
    uint64_t *there;  /* those of the folders; 0: none that is whole */
} Finder;

static char *folder_of(const Finder *f, unsigned number)
{
    const ExpPoint point = {.number = number};
    return exp_command_path(&point, f->run->folder, "");
}

/* "0001" to "9999"; 0: it is none. */
static unsigned number_of(const char *name)
{
    for (size_t i = 0; i < 4; i++)
        if (!isdigit((unsigned char)name[i]))
            return 0;
    return name[4] ? 0 : (unsigned)atoi(name);
}

static void look(Finder *f)
{
    char *path = alloc_format("%s/points", f->run->folder);
    DIR *dir = opendir(path);
    for (const struct dirent *entry; dir && (entry = readdir(dir));) {
        unsigned number = number_of(entry->d_name);
        char *folder = folder_of(f, number);
        if (number)
            f->there[number] = exp_record_read(folder, NULL);
        free(folder);
    }
    if (dir)
        closedir(dir);
    free(path);
}

/* The folder that has the point's results and is not where it belongs; 0. */
static unsigned find(const Finder *f, uint64_t key)
{
    for (unsigned n = 1; n <= EXP_POINTS_MAX; n++)
        if (f->there[n] == key && f->wanted[n] != key)
            return n;
    return 0;
}

static bool move(Finder *f, unsigned from, unsigned to)
{
    char *old = folder_of(f, from), *new = folder_of(f, to);
    bool ok = renameat2(AT_FDCWD, old, AT_FDCWD, new, RENAME_EXCHANGE) == 0 ||
              (errno == ENOENT && rename(old, new) == 0);
    if (ok) {
        uint64_t key = f->there[to];
        f->there[to] = f->there[from];
        f->there[from] = key;
    }
    free(old);
    free(new);
    return ok;
}

void exp_reuse_find(ExpRun *run)
{
    const ExpPoints *points = run->points;
    Finder f = {.run = run,
                .wanted = alloc_zeroed(EXP_POINTS_MAX + 1, sizeof(uint64_t)),
                .there = alloc_zeroed(EXP_POINTS_MAX + 1, sizeof(uint64_t))};
    for (size_t i = 0; i < points->count; i++)
        f.wanted[points->list[i].number] =
            exp_record_key(&points->list[i], run->build);
    look(&f);
    for (size_t i = 0; i < points->count; i++) {
        unsigned number = points->list[i].number;
        unsigned from = f.there[number] == f.wanted[number]
                            ? number
                            : find(&f, f.wanted[number]);
        bool here = from == number || (from && move(&f, from, number));
        char *folder = folder_of(&f, number);
        if (here && points->list[i].chosen)
            exp_record_read(folder, &run->outcomes[i]);
        free(folder);
    }
    free(f.wanted);
    free(f.there);
}
