/* What became of a point; see exp_record.h.
 *
 * Beside the results of its run a point's folder has done.ini: the hash of all
 * that it depends on, that of its results, and what it took.  It is written
 * last, so that a folder that has it, with the hashes of today, need not be run
 * again. */
#define _GNU_SOURCE /* memmem() */
#include "cli/exp_record.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "base/hash.h"
#include "base/inifile.h"
#include "base/number.h"
#include "base/readall.h"
#include "cli/exp_hash.h"
#include "cli/exp_stats.h"
#include "cli/options.h"
#include "cli/savefile.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a run leaves; the summary is written last. */
static const char SUMMARY[] = "summary.json", STATS[] = "stats.json";

/* --- Why it failed -------------------------------------------------------- */

/* A file of the folder as a text; NULL if it cannot be read. */
static char *read_whole(const char *path, size_t *size)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return NULL;
    char *bytes = read_all(file, SIZE_MAX, size);
    bool ok = !ferror(file);
    fclose(file);
    if (ok)
        return bytes;
    free(bytes);
    return NULL;
}

/* The last line that selkirk has written about itself. */
static char *last_words(const char *folder)
{
    static const char mine[] = "selkirk: ";
    char *path = alloc_format("%s/log.txt", folder), *last = NULL, *rest;
    size_t size;
    char *log = read_whole(path, &size);
    for (char *line = log ? strtok_r(log, "\n", &rest) : NULL; line;
         line = strtok_r(NULL, "\n", &rest))
        if (strncmp(line, mine, strlen(mine)) == 0)
            last = line + strlen(mine);
    char *words = last ? alloc_format("%s", last) : NULL;
    free(log);
    free(path);
    return words;
}

/* What the run was to print. */
static char *judge_output(const ExpPoint *point, const char *folder)
{
    const char *expect = point->run[EXP_EXPECT];
    const char *file = point->run[EXP_EXPECT_FILE];
    if (!expect && !file)
        return NULL;
    char *path = alloc_format("%s/console.txt", folder), *why = NULL,
         *wanted = NULL;
    size_t size, wanted_size = 0;
    char *console = read_whole(path, &size);
    if (!console)
        why = alloc_format("%s cannot be read", path);
    else if (expect && !memmem(console, size, expect, strlen(expect)))
        why = alloc_format("the console did not print \"%s\"; see %s", expect,
                           path);
    else if (file && !(wanted = read_whole(file, &wanted_size)))
        why = alloc_format("%s cannot be read", file);
    else if (file &&
             (size != wanted_size || memcmp(console, wanted, size) != 0))
        why = alloc_format("%s is not %s", path, file);
    free(wanted);
    free(console);
    free(path);
    return why;
}

char *exp_record_judge(const ExpPoint *point, const char *folder, int status)
{
    if (WIFSIGNALED(status))
        return alloc_format("ended by signal %d (%s)", WTERMSIG(status),
                            strsignal(WTERMSIG(status)));
    const char *wanted = point->run[EXP_STATUS];
    uint64_t number = STATUS_OK;
    int got = WEXITSTATUS(status);
    if (wanted)
        number_parse(wanted, 1000, &number); /* as it was checked */
    if ((uint64_t)got == number)
        return judge_output(point, folder);
    char *words = last_words(folder);
    char *why = alloc_format("status %d%s%s", got, words ? ": " : "",
                             words ? words : "");
    free(words);
    return why;
}

bool exp_record_is_guest(const char *folder, int status)
{
    ExpStats summary;
    char *path = alloc_format("%s/%s", folder, SUMMARY);
    const uint64_t *guest = exp_stats_read(&summary, path)
                                ? exp_stats_find(&summary, "guest_status")
                                : NULL;
    bool same = WIFEXITED(status) && guest &&
                (*guest & 0xff) == (uint64_t)WEXITSTATUS(status);
    exp_stats_free(&summary);
    free(path);
    return same;
}

/* --- Results that are there ----------------------------------------------- */

uint64_t exp_record_key(const ExpPoint *point, uint64_t build)
{
    static const char version[] = SELKIRK_VERSION;
    uint64_t key = hash_bytes(HASH_START, version, sizeof version);
    key = hash_u64(key, build);
    key = hash_u64(key, point->config_hash);
    key = hash_u64(key, point->image_hash);
    key = hash_u64(key, point->input_hash);
    key = hash_u64(key, point->expect_hash);
    return key ? key : 1;
}

typedef struct Record {
    uint64_t key, results;
    double seconds, cpu;
} Record;

static bool on_pair(void *ctx, const IniPair *pair, Diag *diag)
{
    Record *record = ctx;
    (void)diag;
    if (!pair->name)
        return true;
    if (strcmp(pair->name, "key") == 0)
        record->key = strtoumax(pair->value, NULL, 16);
    else if (strcmp(pair->name, "results") == 0)
        record->results = strtoumax(pair->value, NULL, 16);
    else if (strcmp(pair->name, "seconds") == 0)
        record->seconds = strtod(pair->value, NULL);
    else if (strcmp(pair->name, "cpu") == 0)
        record->cpu = strtod(pair->value, NULL);
    return true;
}

/* Of what is read of a run's results.  False: errno says why there is none. */
static bool hash_results(const char *folder, uint64_t *hash)
{
    const char *const names[] = {SUMMARY, STATS};
    ExpHashes hashes = {NULL, 0};
    bool ok = true;
    *hash = HASH_START;
    for (size_t i = 0; i < ARRAY_LEN(names) && ok; i++) {
        uint64_t bytes;
        char *path = alloc_format("%s/%s", folder, names[i]);
        ok = exp_hash_file(&hashes, path, &bytes);
        if (ok)
            *hash = hash_u64(*hash, bytes);
        free(path);
    }
    exp_hash_free(&hashes);
    return ok;
}

uint64_t exp_record_read(const char *folder, ExpOutcome *outcome)
{
    Record record = {0};
    uint64_t results;
    Diag none = {""};
    char *path = alloc_format("%s/done.ini", folder);
    FILE *file = fopen(path, "re");
    bool ok = file && inifile_read(file, path, "it", on_pair, &record, &none);
    free(path);
    if (!ok || !hash_results(folder, &results) || results != record.results)
        return 0;
    if (outcome)
        *outcome = (ExpOutcome){.ended = true,
                                .reused = true,
                                .seconds = record.seconds,
                                .cpu = record.cpu};
    return record.key;
}

bool exp_record_write(const char *folder, uint64_t key,
                      const ExpOutcome *outcome, Diag *diag)
{
    SaveFile save;
    uint64_t results;
    if (!hash_results(folder, &results))
        return diag_error(diag, "--out: cannot read the results in %s: %s",
                          folder, strerror(errno));
    char *path = alloc_format("%s/done.ini", folder);
    bool ok = savefile_open(&save, "--out", path, diag);
    if (ok) {
        fprintf(save.file,
                "[done]\nkey = %016" PRIx64 "\nresults = %016" PRIx64
                "\nseconds = %.6f\ncpu = %.6f\n",
                key, results, outcome->seconds, outcome->cpu);
        ok = savefile_close(&save, diag);
    }
    savefile_drop(&save);
    free(path);
    return ok;
}

bool exp_record_remove(const char *folder, Diag *diag)
{
    char *path = alloc_format("%s/done.ini", folder);
    bool ok =
        unlink(path) == 0 || errno == ENOENT ||
        diag_error(diag, "--out: cannot remove %s: %s", path, strerror(errno));
    free(path);
    return ok;
}
