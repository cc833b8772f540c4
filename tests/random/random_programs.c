/* Random user-mode programs on Selkirk's reference CPU against QEMU.
 *
 *     random_programs [--seed N] [--first N] [--count N] [--big] [--batch N]
 *                     [--qemu PROGRAM] [--keep DIR] [--shrink]
 *
 * Program N of a seed depends on the seed, on N and, for the addresses in it,
 * on its slot, which is N modulo the batch.  A program runs on Selkirk first;
 * instructions that QEMU cannot be compared in (guest.h) become no-ops until
 * none is left.  Then QEMU runs the same memory image, a batch at a time, and
 * all registers and data must be equal after every program.
 *
 * Exit status 1 if a program's results differ, or if a row of r3000.def that
 * programs may contain was never executed (in 1000 programs or more); 2 if
 * QEMU cannot be run or an option is wrong.  With --keep the image of a
 * failing program is left in DIR as an executable; with --shrink as many of
 * its instructions as possible are made no-ops first. */
#include "base/alloc.h"
#include "base/bits.h"
#include "tests/random/generate.h"
#include "tests/random/guest.h"
#include "tests/random/qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    BATCH_DEFAULT = 100,
    COVERAGE_PROGRAMS = 1000, /* from so many on, every row must be there */
    EXIT_BAD_INPUT = 2,
};

typedef struct Options {
    uint64_t seed, first, count, batch;
    bool big, shrink;
    const char *qemu, *keep;
} Options;

typedef struct Counts {
    uint64_t programs;
    uint64_t words; /* of programs, as generated */
    uint64_t refused[REFUSAL_COUNT];
    uint64_t executed[INSN_COUNT];
} Counts;

/* A run of the program: options, both sides, and the batch at hand. */
typedef struct Run {
    Options o;
    Guest *guest;
    Image image;
    Counts counts;
    uint64_t number[IMAGE_SLOTS]; /* of each program in the batch, in turn */
    size_t batch;                 /* how many there are */
    Program programs[IMAGE_SLOTS];
    uint32_t expected[IMAGE_SLOTS][BLOCK_WORDS]; /* Selkirk's */
    uint32_t seen[IMAGE_SLOTS][BLOCK_WORDS];     /* QEMU's */
} Run;

static size_t slot_of(const Run *r, uint64_t number)
{
    return number % r->o.batch;
}

static const char *order_name(const Options *o)
{
    return o->big ? "big-endian" : "little-endian";
}

/* --- Reporting ------------------------------------------------------------ */

static void print_word_name(size_t word)
{
    if (word < BLOCK_HI)
        printf("%s", insn_gpr_name((unsigned)word));
    else if (word == BLOCK_HI || word == BLOCK_LO)
        printf("%s", word == BLOCK_HI ? "hi" : "lo");
    else if (word == BLOCK_FCR31)
        printf("fcr31");
    else if (word >= BLOCK_DATA)
        printf("data+0x%zx", 4 * (word - BLOCK_DATA));
    else if (word >= BLOCK_FPR)
        printf("$f%zu", word - BLOCK_FPR);
    else
        printf("word %zu", word);
}

static void print_program(const Program *p, uint32_t va)
{
    for (size_t i = 0; i < p->count; i++) {
        char text[80];
        uint32_t pc = va + 4 * (uint32_t)i;
        if (p->words[i] == 0)
            continue;
        insn_disassemble(p->words[i], pc, text, sizeof text);
        printf("  %08" PRIx32 ":  %08" PRIx32 "  %s\n", pc, p->words[i], text);
    }
}

static void print_differences(const Program *p, const uint32_t *selkirk,
                              const uint32_t *qemu)
{
    enum { LINES = 12 };
    unsigned lines = 0;
    for (size_t i = 0; i < BLOCK_WORDS && lines < LINES; i++) {
        if (selkirk[i] == qemu[i])
            continue;
        printf("  ");
        print_word_name(i);
        printf(": Selkirk %08" PRIx32 ", QEMU %08" PRIx32 ", at the start "
               "%08" PRIx32 "\n",
               selkirk[i], qemu[i], p->block[i]);
        lines++;
    }
}

static void print_repeat(const Options *o, uint64_t number)
{
    printf("random_programs: again: random_programs --seed %" PRIu64
           " --first %" PRIu64 " --count 1%s",
           o->seed, number, o->big ? " --big" : "");
    if (o->batch != BATCH_DEFAULT)
        printf(" --batch %" PRIu64, o->batch);
    printf(" --shrink\n");
}

static void print_counts(const Counts *c)
{
    enum { COLUMNS = 4 };
    uint64_t executed = 0, refused = 0;
    for (unsigned i = 0; i < INSN_COUNT; i++)
        executed += c->executed[i];
    for (unsigned i = 0; i < REFUSAL_COUNT; i++)
        refused += c->refused[i];
    printf("random_programs: %" PRIu64 " programs, %" PRIu64
           " words, of which %" PRIu64 " became no-ops; %" PRIu64
           " instructions executed\n",
           c->programs, c->words, refused, executed);
    for (unsigned i = 0; i < REFUSAL_COUNT; i++)
        printf("  %9" PRIu64 " no-ops for %s\n", c->refused[i],
               guest_refusal_name(i));
    unsigned column = 0;
    for (InsnOp op = INSN_FPRESERVED + 1; op < INSN_COUNT; op++) {
        if (!generate_covers(op))
            continue;
        printf("  %-8s %9" PRIu64, insn_info(op)->name, c->executed[op]);
        if (++column % COLUMNS == 0)
            printf("\n");
    }
    printf(column % COLUMNS ? "\n" : "");
}

static bool check_coverage(const Counts *c)
{
    bool ok = true;
    for (InsnOp op = INSN_FPRESERVED + 1; op < INSN_COUNT; op++)
        if (generate_covers(op) && c->executed[op] == 0) {
            printf("random_programs: %s was never executed\n",
                   insn_info(op)->name);
            ok = false;
        }
    return ok;
}

/* --- Selkirk -------------------------------------------------------------- */

/* Runs a clean program at once; what it leaves must be what it left step by
 * step, which is in the guest's memory. */
static bool run_at_once(Run *r, const Program *p, uint64_t number,
                        uint32_t block[BLOCK_WORDS])
{
    size_t slot = slot_of(r, number);
    uint32_t stepped[BLOCK_WORDS];
    guest_read_block(r->guest, slot, stepped);
    bool ended = guest_run(r->guest, &r->image, slot, block);
    if (ended && memcmp(stepped, block, sizeof stepped) == 0)
        return true;
    printf("random_programs: seed %" PRIu64 ", program %" PRIu64 ", %s: "
           "differs between one instruction at a time (shown as QEMU) and "
           "all at once\n",
           r->o.seed, number, order_name(&r->o));
    print_differences(p, block, stepped);
    print_program(p, image_program_va(slot));
    print_repeat(&r->o, number);
    return false;
}

/* Generates a program, takes out what is refused, runs it. */
static bool prepare(Run *r, uint64_t number, Program *p,
                    uint32_t block[BLOCK_WORDS])
{
    size_t slot = slot_of(r, number);
    uint32_t va = image_program_va(slot);
    generate_program(p, r->o.seed, number, va);
    image_put_program(&r->image, slot, p);
    r->counts.programs++;
    r->counts.words += p->count;
    Judgement j;
    for (;;) {
        guest_judge(r->guest, &r->image, slot, p->count, &j);
        if (j.verdict != VERDICT_REFUSED || p->words[j.word] == 0)
            break;
        r->counts.refused[j.why]++;
        p->words[j.word] = 0;
        image_put_word(&r->image, va + 4 * (uint32_t)j.word, 0);
    }
    if (j.verdict != VERDICT_CLEAN) {
        printf("random_programs: seed %" PRIu64 ", program %" PRIu64
               ", %s: does not end by itself; last at %08" PRIx32 "\n",
               r->o.seed, number, order_name(&r->o), j.pc);
        print_program(p, va);
        print_repeat(&r->o, number);
        return false;
    }
    for (unsigned i = 0; i < INSN_COUNT; i++)
        r->counts.executed[i] += j.executed[i];
    return run_at_once(r, p, number, block);
}

/* --- One program by itself ------------------------------------------------ */

static bool ended_well(const QemuRun *qemu)
{
    return !qemu->timed_out && qemu->status == 0;
}

/* What became of a program that failed. */
typedef struct Failure {
    size_t slot;
    Program program;
    uint32_t selkirk[BLOCK_WORDS], qemu[BLOCK_WORDS];
    bool has_block; /* QEMU got to the end of the program: `qemu` is set */
    QemuRun end;    /* else how it ended */
} Failure;

/* Does `trial`, alone in its slot, run clean on Selkirk and fail?  Then `f` is
 * about the trial. */
static bool still_fails(Run *r, Failure *f, const Program *trial)
{
    image_init(&r->image, r->o.big);
    image_put_program(&r->image, f->slot, trial);
    Judgement j;
    guest_judge(r->guest, &r->image, f->slot, trial->count, &j);
    if (j.verdict != VERDICT_CLEAN)
        return false;
    uint32_t selkirk[BLOCK_WORDS], qemu[1][BLOCK_WORDS];
    guest_read_block(r->guest, f->slot, selkirk);
    QemuRun end;
    Diag diag = {""};
    if (!qemu_run(r->o.qemu, &r->image, qemu, 1, &end, &diag))
        return false;
    bool has_block = end.blocks == 1;
    bool same = has_block && memcmp(selkirk, qemu[0], sizeof selkirk) == 0;
    if (same && ended_well(&end))
        return false;
    f->program = *trial;
    f->has_block = has_block;
    f->end = end;
    memcpy(f->selkirk, selkirk, sizeof selkirk);
    memcpy(f->qemu, qemu[0], sizeof selkirk);
    return true;
}

/* Makes instructions no-ops, fewer and fewer at a time, while it fails. */
static void shrink(Run *r, Failure *f)
{
    Program start = f->program;
    if (!still_fails(r, f, &start)) {
        printf("random_programs: does not fail when it runs alone; not "
               "shrunk\n");
        return;
    }
    for (size_t part = start.count / 2; part > 0; part /= 2)
        for (size_t at = 0; at < start.count; at += part) {
            Program trial = f->program;
            bool any = false;
            for (size_t i = at; i < at + part && i < trial.count; i++) {
                any |= trial.words[i] != 0;
                trial.words[i] = 0;
            }
            if (any)
                still_fails(r, f, &trial);
        }
}

static void keep(const Run *r, uint64_t number)
{
    char path[4096];
    int length =
        snprintf(path, sizeof path, "%s/random-%" PRIu64 "-%" PRIu64 "-%s",
                 r->o.keep, r->o.seed, number, r->o.big ? "big" : "little");
    int fd = length < (int)sizeof path
                 ? open(path, O_CREAT | O_TRUNC | O_WRONLY, 0777)
                 : -1;
    bool ok = fd >= 0 && image_write_elf(&r->image, fd);
    if (fd >= 0 && close(fd) < 0)
        ok = false;
    if (ok)
        printf("random_programs: kept %s\n", path);
    else
        printf("random_programs: cannot write %s: %s\n", path, strerror(errno));
}

static void print_end(const QemuRun *end)
{
    if (end->timed_out)
        printf("QEMU was silent for %d seconds", QEMU_SECONDS);
    else if (WIFSIGNALED(end->status))
        printf("QEMU died of signal %d", WTERMSIG(end->status));
    else
        printf("QEMU ended with status %d", WEXITSTATUS(end->status));
}

/* Reports program `i` of the batch, which failed. */
static void report_failure(Run *r, size_t i, const QemuRun *end)
{
    uint64_t number = r->number[i];
    Failure f = {.slot = slot_of(r, number),
                 .program = r->programs[i],
                 .has_block = i < end->blocks,
                 .end = *end};
    memcpy(f.selkirk, r->expected[i], sizeof f.selkirk);
    memcpy(f.qemu, r->seen[i], sizeof f.qemu);
    printf("random_programs: seed %" PRIu64 ", program %" PRIu64
           ", %s: Selkirk and QEMU differ\n",
           r->o.seed, number, order_name(&r->o));
    if (r->o.shrink)
        shrink(r, &f);
    if (f.has_block) {
        print_differences(&f.program, f.selkirk, f.qemu);
    } else {
        printf("  ");
        print_end(&f.end);
        printf("\n");
    }
    print_program(&f.program, image_program_va(f.slot));
    print_repeat(&r->o, number);
    if (r->o.keep) {
        image_init(&r->image, r->o.big);
        image_put_program(&r->image, f.slot, &f.program);
        keep(r, number);
    }
}

/* --- Batches -------------------------------------------------------------- */

/* Runs the programs [first, end), which have slots of their own, on both
 * sides.  Returns the exit status. */
static int run_batch(Run *r, uint64_t first, uint64_t end)
{
    image_init(&r->image, r->o.big);
    r->batch = 0;
    for (uint64_t n = first; n < end; n++, r->batch++) {
        r->number[r->batch] = n;
        if (!prepare(r, n, &r->programs[r->batch], r->expected[r->batch]))
            return 1;
    }
    QemuRun qemu;
    Diag diag = {""};
    if (!qemu_run(r->o.qemu, &r->image, r->seen, r->batch, &qemu, &diag)) {
        fprintf(stderr, "random_programs: %s\n", diag.text);
        return EXIT_BAD_INPUT;
    }
    size_t i = 0;
    while (i < qemu.blocks &&
           memcmp(r->expected[i], r->seen[i], IMAGE_BLOCK_BYTES) == 0)
        i++;
    if (i < r->batch) {
        report_failure(r, i, &qemu);
        return 1;
    }
    if (ended_well(&qemu))
        return 0;
    printf("random_programs: after the last program of a batch, ");
    print_end(&qemu);
    printf("\n");
    return 1;
}

static int run_all(Run *r)
{
    uint64_t end = r->o.first + r->o.count;
    for (uint64_t n = r->o.first; n < end;) {
        uint64_t next = n - n % r->o.batch + r->o.batch;
        int status = run_batch(r, n, next < end ? next : end);
        if (status != 0)
            return status;
        n = next;
    }
    print_counts(&r->counts);
    bool covered = r->o.count < COVERAGE_PROGRAMS || check_coverage(&r->counts);
    return covered ? 0 : 1;
}

static bool parse_number(const char *text, uint64_t *value)
{
    char *end;
    *value = strtoull(text, &end, 0);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0';
}

static bool parse_options(int argc, char **argv, Options *o)
{
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i];
        if (strcmp(name, "--big") == 0) {
            o->big = true;
            continue;
        }
        if (strcmp(name, "--shrink") == 0) {
            o->shrink = true;
            continue;
        }
        uint64_t *number = strcmp(name, "--seed") == 0    ? &o->seed
                           : strcmp(name, "--first") == 0 ? &o->first
                           : strcmp(name, "--count") == 0 ? &o->count
                           : strcmp(name, "--batch") == 0 ? &o->batch
                                                          : NULL;
        const char **text = strcmp(name, "--qemu") == 0   ? &o->qemu
                            : strcmp(name, "--keep") == 0 ? &o->keep
                                                          : NULL;
        if ((!number && !text) || ++i == argc)
            return false;
        if (text)
            *text = argv[i];
        else if (!parse_number(argv[i], number))
            return false;
    }
    return o->batch >= 1 && o->batch <= IMAGE_SLOTS && o->count >= 1 &&
           o->first <= UINT64_MAX / 4 && o->count <= UINT64_MAX / 4;
}

int main(int argc, char **argv)
{
    Options o = {.seed = 1, .count = 1000, .batch = BATCH_DEFAULT};
    if (!parse_options(argc, argv, &o)) {
        fprintf(stderr,
                "usage: random_programs [--seed N] [--first N] [--count N] "
                "[--big] [--batch 1..%d] [--qemu PROGRAM] [--keep DIR] "
                "[--shrink]\n",
                IMAGE_SLOTS);
        return EXIT_BAD_INPUT;
    }
    if (!o.qemu)
        o.qemu = o.big ? "qemu-mips" : "qemu-mipsel";
    printf("random_programs: seed %" PRIu64 ", programs %" PRIu64 " to %" PRIu64
           ", %s, %s\n",
           o.seed, o.first, o.first + o.count - 1, order_name(&o), o.qemu);
    fflush(stdout);
    Run *run = alloc_zeroed(1, sizeof *run);
    run->o = o;
    run->guest = guest_create(o.big);
    int status = run_all(run);
    guest_destroy(run->guest);
    free(run);
    return status;
}
