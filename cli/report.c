/* What is told about a run; see report.h. */
#include "cli/report.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "cli/exp_hash.h"
#include "cli/options.h"
#include "cli/samples.h"
#include "frontend/symbols.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

double report_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double simulated_seconds(const Run *run)
{
    return (double)machine_cycles(run->machine) /
           (double)config_int(run->config, CONFIG_CPU_CLOCK);
}

static double guest_mips(const Run *run)
{
    if (run->seconds <= 0)
        return 0;
    return (double)(machine_insns(run->machine) - run->restored) /
           run->seconds / 1e6;
}

static bool guest_ended(const Run *run)
{
    return run->end == RUN_END_EXIT || run->end == RUN_END_HALT;
}

int report_status(const Run *run)
{
    if (run->end == RUN_END_HOST)
        return STATUS_HOST;
    if (run->end == RUN_END_CHECK)
        return STATUS_CHECK;
    if (run->end == RUN_END_CHECKPOINT)
        return STATUS_OK;
    if ((run->until && run->end != RUN_END_TEXT) ||
        machine_fast_forwards(run->machine) || !run->measured ||
        samples_are_missing(run))
        return STATUS_MISSED;
    if (guest_ended(run))
        return (int)(machine_exit_status(run->machine) & 0xff);
    return STATUS_OK;
}

/* --- The progress line ---------------------------------------------------- */

void report_progress(Progress *p, const Run *run)
{
    double now = report_clock();
    if (!p->on || now < p->next)
        return;
    bool first = p->next == 0;
    p->next = now + (p->in_place ? 0.25 : 10);
    if (first)
        return; /* there is nothing to tell yet */
    fprintf(stderr,
            "%s%" PRIu64 " cycles, %" PRIu64 " instructions, %.1f MIPS, "
            "%.2f s simulated%s",
            p->in_place ? "\r\033[K" : "selkirk: ",
            machine_cycles(run->machine), machine_insns(run->machine),
            guest_mips(run), simulated_seconds(run), p->in_place ? "" : "\n");
    p->shown = p->in_place;
}

void report_hide_progress(Progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
    p->shown = false;
}

/* --- Words ---------------------------------------------------------------- */

static const char *end_word(RunEnd end)
{
    switch (end) {
    case RUN_END_EXIT: return "exit";
    case RUN_END_HALT: return "halt";
    case RUN_END_TEXT: return "text";
    case RUN_END_INSNS: return "max-insns";
    case RUN_END_CYCLES: return "max-cycles";
    case RUN_END_REGION: return "region";
    case RUN_END_CHECKPOINT: return "checkpoint";
    case RUN_END_QUIT: return "quit";
    case RUN_END_SIGNAL: return "signal";
    case RUN_END_HOST: return "host";
    case RUN_END_CHECK: return "check";
    }
    return "";
}

static void write_end(const Run *run, FILE *out)
{
    switch (run->end) {
    case RUN_END_EXIT:
        fprintf(out, "the guest ended with status %" PRIu32,
                machine_exit_status(run->machine));
        break;
    case RUN_END_HALT:
        fputs("the guest halted", out);
        if (machine_exit_status(run->machine))
            fprintf(out, " with status %" PRIu32,
                    machine_exit_status(run->machine));
        break;
    case RUN_END_TEXT: fputs("the console printed the text", out); break;
    case RUN_END_INSNS:
        fputs("the limit of instructions is reached", out);
        break;
    case RUN_END_CYCLES: fputs("the limit of cycles is reached", out); break;
    case RUN_END_REGION: fputs("the measured region has ended", out); break;
    case RUN_END_CHECKPOINT: fputs("the checkpoint is saved", out); break;
    case RUN_END_QUIT: fputs("ended by the user", out); break;
    case RUN_END_SIGNAL:
        fprintf(out, "ended by signal %d (%s)", run->signal,
                strsignal(run->signal));
        break;
    case RUN_END_HOST: fputs("ended, as output cannot be written", out); break;
    case RUN_END_CHECK:
        fputs("ended, as the layer differs from the reference CPU", out);
        break;
    }
}

static void write_engine(const Run *run)
{
    EngineReport r = machine_engine_report(run->machine);
    uint64_t compiled = r.compiled[0] + r.compiled[1];
    if (compiled || r.loaded)
        fprintf(stderr,
                "  compiled     %16" PRIu64
                "   translations in %.3f s, %" PRIu64
                " loaded, %.1f MB in use\n",
                compiled, (double)(r.ns[0] + r.ns[1]) / 1e9, r.loaded,
                (double)r.bytes / (1 << 20));
    if (r.remembered)
        fprintf(stderr,
                "  remembered   %16" PRIu64
                "   translations, which were not made again\n",
                r.remembered);
}

void report_write_engine(const Run *run)
{
    EngineReport r = machine_engine_report(run->machine);
    if (r.failed)
        fprintf(stderr,
                "selkirk: --engine: %" PRIu64 " translation%s could not be "
                "compiled: %s\n",
                r.failed, r.failed == 1 ? "" : "s", r.failure);
    if (r.damaged)
        fprintf(stderr,
                "selkirk: --tcache: %" PRIu64
                " record%s damaged; what is wanted "
                "of them is made anew\n",
                r.damaged, r.damaged == 1 ? " was" : "s were");
}

void report_write_host_profile(const Run *run)
{
    HostProfile *profile = machine_host_profile(run->machine);
    EngineReport r = machine_engine_report(run->machine);
    if (!profile)
        return;
    fprintf(stderr, "selkirk: --host-profile: %.3f s\n", run->seconds);
    hostprofile_write(profile, run->seconds, stderr);
    fprintf(stderr,
            "  %-10s %8.3f s           %12" PRIu64
            "  LLVM, in threads beside the run unless engine.threads = 0\n",
            "llvm", (double)(r.ns[0] + r.ns[1]) / 1e9,
            r.compiled[0] + r.compiled[1]);
}

void report_write_summary(const Run *run)
{
    fputs("selkirk: ", stderr);
    write_end(run, stderr);
    fprintf(stderr,
            "\n"
            "  instructions %16" PRIu64 "\n"
            "  cycles       %16" PRIu64 "   %.6f s at %.6g MHz\n"
            "  host time    %14.3f s   %.1f MIPS\n",
            machine_insns(run->machine), machine_cycles(run->machine),
            simulated_seconds(run),
            (double)config_int(run->config, CONFIG_CPU_CLOCK) / 1e6,
            run->seconds, guest_mips(run));
    if (run->restored)
        fprintf(stderr,
                "  restored     %16" PRIu64
                "   instructions that were executed before\n",
                run->restored);
    marks_write_text(run->marks, stderr);
    write_engine(run);
    uint64_t commits = machine_check_counts(run->machine).commits;
    if (commits)
        fprintf(stderr, "  checked      %16" PRIu64 "   commits\n", commits);
    if (run->networked)
        fprintf(stderr, "  network      %16" PRIu64 "   frames came: %s\n",
                run->frames,
                run->recorded ? "the record repeats this run"
                              : "this run need not repeat");
    const Stats *stats = run->stats;
    uint64_t forwarded = stats_get_whole(stats, "fast_forward.insns");
    if (forwarded)
        fprintf(stderr,
                "  forwarded    %16" PRIu64
                "   instructions, a cycle each, and %" PRIu64 " to warm up\n",
                forwarded, stats_get_whole(stats, "fast_forward.warm.insns"));
    if (*config_text(run->config, CONFIG_ROI_FROM) ||
        *config_text(run->config, CONFIG_ROI_TO))
        fprintf(stderr,
                "  measured     %16" PRIu64 "   instructions and %" PRIu64
                " cycles\n",
                stats_get(stats, "run.insns"), stats_get(stats, "run.cycles"));
    samples_write_text(run, stderr);
    uint64_t regions = stats_get(stats, "roi.count");
    if (regions)
        fprintf(stderr,
                "  of interest  %16" PRIu64 "   instructions and %" PRIu64
                " cycles in %" PRIu64 " region%s\n",
                stats_get(stats, "roi.insns"), stats_get(stats, "roi.cycles"),
                regions, regions == 1 ? "" : "s");
}

/* "80010000 main+0x10" */
static void write_place(const Run *run, uint32_t va)
{
    char name[SYMBOLS_NAME_MAX];
    symbols_name(machine_image(run->machine), va, name);
    fprintf(stderr, "%08" PRIx32 "%s%s", va, name[0] ? " " : "", name);
}

void report_write_difference(const Run *run)
{
    const CheckReport *r = run->difference;
    fprintf(stderr,
            "selkirk: --check: after instruction %" PRIu64
            " the layer differs from the reference CPU:\n",
            r->insns);
    for (unsigned i = 0; i < r->count; i++)
        fprintf(stderr,
                "  %-24s layer %08" PRIx64 ", reference %08" PRIx64 "\n",
                r->differences[i].name, r->differences[i].layer,
                r->differences[i].reference);
    fputs("the layer goes on at ", stderr);
    write_place(run, r->pc);
    if (r->gear) {
        fprintf(stderr,
                ";\ngear %u committed, by exit x%u of the translation "
                "of ",
                r->gear, r->exit);
        write_place(run, r->entry);
    } else {
        fputs("; gear 0 committed", stderr);
    }
    fprintf(stderr, ";\nall was well after instruction %" PRIu64 ", at ",
            r->agreed);
    write_place(run, r->agreed_pc);
    fprintf(stderr,
            "\n(a store too many is found some time later: memory was compared "
            "as a whole\nafter instruction %" PRIu64 ").\n"
            "Look there with --trace gears,faults,molecules:FILE and "
            "--max-insns, and at the\ncode with selkirk show.\n",
            r->memory_agreed);
}

/* --- Results -------------------------------------------------------------- */

/* "FOLDER/NAME", or "FOLDER/.NAME.partial" while it is written. */
static char *result_path(const Results *r, const char *name, bool partial)
{
    size_t size = strlen(r->folder) + strlen(name) + sizeof "/..partial";
    char *path = alloc_zeroed(size, 1);
    snprintf(path, size, partial ? "%s/.%s.partial" : "%s/%s", r->folder, name);
    return path;
}

static bool result_failed(const Results *r, const char *name, int error,
                          Diag *diag)
{
    return diag_error(diag, "--out: cannot write %s/%s: %s", r->folder, name,
                      strerror(error));
}

static FILE *begin_result(const Results *r, const char *name, Diag *diag)
{
    char *path = result_path(r, name, true);
    FILE *file = fopen(path, "we");
    if (!file)
        result_failed(r, name, errno, diag);
    free(path);
    return file;
}

/* Completes the file and gives it its name. */
static bool end_result(const Results *r, const char *name, FILE *file,
                       Diag *diag)
{
    if (!file)
        return false;
    char *partial = result_path(r, name, true);
    char *path = result_path(r, name, false);
    errno = 0;
    bool ok = !ferror(file);
    ok = fclose(file) == 0 && ok;
    ok = ok && rename(partial, path) == 0;
    if (!ok) {
        result_failed(r, name, errno ? errno : EIO, diag);
        unlink(partial);
    }
    free(partial);
    free(path);
    return ok;
}

bool report_make_folders(const char *folder, Diag *diag)
{
    char *path = alloc_string(folder);
    bool ok = true;
    for (char *p = path + 1; ok; p++) {
        char c = *p;
        if (c != '/' && c != '\0')
            continue;
        *p = '\0';
        if (mkdir(path, 0777) < 0 && errno != EEXIST)
            ok = diag_error(
                diag, "--out: cannot make the folder %s: %s; name another",
                path, strerror(errno));
        *p = c;
        if (c == '\0')
            break;
    }
    free(path);
    return ok;
}

/* Without its name until the run is over, but whole lines from the first on. */
static bool open_intervals(Results *r, const Run *run, Diag *diag)
{
    if (config_int(run->config, CONFIG_STATS_INTERVAL) == 0)
        return true;
    r->intervals = begin_result(r, "intervals.csv", diag);
    if (!r->intervals)
        return false;
    fputs("cycles,insns", r->intervals);
    stats_write_csv_names(machine_stats(run->machine), r->intervals);
    fputc('\n', r->intervals);
    return true;
}

void report_write_interval(Results *r, uint64_t cycles, uint64_t insns,
                           Stats *stats)
{
    if (!r->intervals || r->interval_error)
        return;
    fprintf(r->intervals, "%" PRIu64 ",%" PRIu64, cycles, insns);
    stats_write_csv_line(stats, r->intervals);
    fputc('\n', r->intervals);
    if (fflush(r->intervals) != 0)
        r->interval_error = errno;
}

bool report_open_results(Results *r, const char *folder, const Run *run,
                         Diag *diag)
{
    *r = (Results){.folder = folder};
    if (!folder)
        return true;
    if (!*folder)
        return diag_error(diag, "--out: the folder's name is empty; write for "
                                "example --out results");
    if (!report_make_folders(folder, diag))
        return false;
    char *summary = result_path(r, "summary.json", false);
    if (unlink(summary) < 0 && errno != ENOENT)
        result_failed(r, "summary.json", errno, diag);
    else
        r->console = begin_result(r, "console.txt", diag);
    free(summary);
    return r->console != NULL && open_intervals(r, run, diag);
}

/* Bytes from 0x80 up are kept if they are UTF-8, which JSON wants. */
static size_t utf8_length(const unsigned char *p)
{
    size_t length = *p < 0xc2   ? 0
                    : *p < 0xe0 ? 2
                    : *p < 0xf0 ? 3
                    : *p < 0xf5 ? 4
                                : 0;
    if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) ||
        (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f))
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

void report_write_json_text(FILE *out, const char *text)
{
    fputc('"', out);
    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        size_t length = *p < 0x80 ? 1 : utf8_length(p);
        if (*p == '"' || *p == '\\')
            fprintf(out, "\\%c", *p);
        else if (*p < 0x20 || *p == 0x7f)
            fprintf(out, "\\u%04x", *p);
        else if (length)
            fwrite(p, 1, length, out);
        else
            fputs("\\ufffd", out);
        p += length ? length : 1;
    }
    fputc('"', out);
}

/* So that it can be repeated. */
static void write_command(const Run *run, FILE *out)
{
    fputs(", \"command\": [\"run\"", out);
    for (char *const *arg = run->args; *arg; arg++) {
        fputs(", ", out);
        report_write_json_text(out, *arg);
    }
    fputs("]", out);
}

/* By which a later reader knows whether image and configuration are the same;
 * an image that is gone has none. */
static void write_hashes(const Run *run, FILE *out)
{
    ExpHashes hashes = {0};
    uint64_t hash;
    if (exp_hash_file(&hashes, run->image, &hash))
        fprintf(out, "  \"image_hash\": \"%016" PRIx64 "\",\n", hash);
    exp_hash_free(&hashes);
    fprintf(out, "  \"config_hash\": \"%016" PRIx64 "\",\n",
            config_hash_model(run->config));
}

/* All but "host" is a function of image, configuration and input. */
static void write_summary_json(const Run *run, FILE *out)
{
    fputs("{\n  \"selkirk\": \"" SELKIRK_VERSION "\",\n  \"image\": ", out);
    report_write_json_text(out, run->image);
    fputs(",\n  \"arguments\": ", out);
    report_write_json_text(out, run->cmdline);
    fprintf(out, ",\n  \"end\": \"%s\",\n", end_word(run->end));
    if (guest_ended(run))
        fprintf(out, "  \"guest_status\": %" PRIu32 ",\n",
                machine_exit_status(run->machine));
    fprintf(out,
            "  \"instructions\": %" PRIu64 ",\n"
            "  \"cycles\": %" PRIu64 ",\n"
            "  \"seconds\": %.9f,\n"
            "  \"state_hash\": \"%016" PRIx64 "\",\n",
            machine_insns(run->machine), machine_cycles(run->machine),
            simulated_seconds(run), machine_hash(run->machine));
    if (run->restored)
        fprintf(out, "  \"restored\": %" PRIu64 ",\n", run->restored);
    write_hashes(run, out);
    marks_write_json(run->marks, out);
    samples_write_json(run, out);
    fprintf(out, "  \"host\": {\"seconds\": %.6f, \"mips\": %.3f", run->seconds,
            guest_mips(run));
    if (run->networked)
        fprintf(out, ", \"network_frames\": %" PRIu64, run->frames);
    write_command(run, out);
    marks_write_json_host(run->marks, out);
    fputs("}\n}\n", out);
}

static void write_stats_text(const Run *run, FILE *out)
{
    stats_write_text(run->stats, out);
}

static void write_stats_json(const Run *run, FILE *out)
{
    stats_write_json(run->stats, out);
}

static void write_config(const Run *run, FILE *out)
{
    config_write_model(run->config, out);
}

/* The folder of an earlier run may have one that this run does not write. */
static bool end_intervals(Results *r, Diag *diag)
{
    FILE *file = r->intervals;
    r->intervals = NULL;
    if (file && !r->interval_error)
        return end_result(r, "intervals.csv", file, diag);
    if (file)
        fclose(file);
    char *path = result_path(r, "intervals.csv", file != NULL);
    bool gone = unlink(path) == 0 || errno == ENOENT;
    int error = r->interval_error ? r->interval_error : gone ? 0 : errno;
    free(path);
    return !error || result_failed(r, "intervals.csv", error, diag);
}

/* The folder of an earlier run may have it, too. */
static bool write_samples(const Results *r, const Run *run, Diag *diag)
{
    static const char name[] = "samples.csv";
    if (machine_sample(run->machine)) {
        FILE *file = begin_result(r, name, diag);
        if (file)
            samples_write_csv(run, file);
        return end_result(r, name, file, diag);
    }
    char *path = result_path(r, name, false);
    bool gone = unlink(path) == 0 || errno == ENOENT;
    int error = errno;
    free(path);
    return gone || result_failed(r, name, error, diag);
}

bool report_write_results(Results *r, const Run *run, Diag *diag)
{
    static const struct {
        const char *name;
        void (*write)(const Run *run, FILE *out);
    } files[] = {
        {"config.ini", write_config},
        {"stats.txt", write_stats_text},
        {"stats.json", write_stats_json},
        {"summary.json", write_summary_json}, /* the last */
    };
    if (!r->folder)
        return true;
    FILE *console = r->console;
    r->console = NULL;
    if (!end_result(r, "console.txt", console, diag) ||
        !end_intervals(r, diag) || !write_samples(r, run, diag))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        FILE *file = begin_result(r, files[i].name, diag);
        if (file)
            files[i].write(run, file);
        if (!end_result(r, files[i].name, file, diag))
            return false;
    }
    return true;
}

static void drop_result(const Results *r, const char *name, FILE **file)
{
    if (!*file)
        return;
    fclose(*file);
    *file = NULL;
    char *path = result_path(r, name, true);
    unlink(path);
    free(path);
}

void report_drop_results(Results *r)
{
    drop_result(r, "console.txt", &r->console);
    drop_result(r, "intervals.csv", &r->intervals);
}
