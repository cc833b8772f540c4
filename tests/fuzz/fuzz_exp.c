/* Fuzzing of the reader of experiments: a file with everything in it, broken at
 * random, is read or refused with a line that names it.
 *
 *     fuzz_exp [--seed N] [--count N]
 *
 * Text number N depends on the seed and N alone.  Exit status 1 if a refusal
 * does not name the file, or the text that is whole is refused. */
#include "base/bits.h"
#include "cli/exp_file.h"
#include "tests/fuzz/text_break.h"
#include "tests/support/options.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char whole[] = "; all that there is\n"
                            "[experiment]\n"
                            "name = all\n"
                            "title = Of everything, one\n"
                            "image = guest\n"
                            "seeds = 1, 2, 3\n"
                            "outputs = insns, cycles/insns,\n"
                            "    cycles.total\n"
                            "[base]\n"
                            "preset = tm5400\n"
                            "cpu.clock = 50M\n"
                            "rtc.date = 2000-01-01T00:00:0{seed}\n"
                            "[workload one]\n"
                            "arguments = -s {seed} {{x}}\n"
                            "roi_from = text:a\n"
                            "max_insns = 10M\n"
                            "status = 3\n"
                            "[axis work]\n"
                            "key = workload\n"
                            "values = one, two\n"
                            "[workload two]\n"
                            "disk = a, b\n"
                            "expect = ok\n"
                            "[axis machine]\n"
                            "point plain =\n"
                            "point wide = vliw.alu_units=4;l2.size=0;\n"
                            "    preset=r3000; until=done\n";

static const char *const words[] = {
    "[axis a]",
    "[base]",
    "[workload w]",
    "[experiment]",
    "[",
    "]",
    "point x =",
    "key",
    "values",
    "preset = ",
    "{",
    "}",
    ";",
    "=",
    ",",
    "include = .",
    "\n",
    "\n ",
    "work",
    "status",
    "max_insns",
    "4294967296",
    "seed = ",
    "axis",
};

/* True if the file is read. */
static bool check(uint64_t number, const char *path)
{
    Experiment e;
    Diag diag = {""};
    bool ok = exp_file_read(&e, path, &diag);
    if (!ok && (number == 0 || strncmp(diag.text, path, strlen(path)) != 0)) {
        printf("text %" PRIu64 ": refused with \"%s\"\n", number, diag.text);
        exit(1);
    }
    exp_file_free(&e);
    return ok;
}

int main(int argc, char **argv)
{
    enum { BREAKS = 2, ROOM = 4096 };
    uint64_t seed = 1, count = 1000, read = 0;
    const Option options[] = {
        {"--seed", &seed, NULL}, {"--count", &count, NULL}, {NULL, NULL, NULL}};
    options_parse(options, argc, argv);
    char path[] = "/tmp/selkirk-fuzz-exp-XXXXXX", text[ROOM];
    int fd = mkstemp(path);
    for (uint64_t n = 0; fd >= 0 && n < count; n++) {
        Rng rng = rng_stream(seed, n);
        memcpy(text, whole, sizeof whole);
        for (uint32_t i = n ? 1 + rng_below(&rng, BREAKS) : 0; i > 0; i--)
            text_break(&rng, text, sizeof text, words, ARRAY_LEN(words));
        size_t size = strlen(text);
        if (ftruncate(fd, 0) < 0 || pwrite(fd, text, size, 0) < 0)
            break;
        read += check(n, path);
    }
    if (fd < 0 || close(fd) < 0 || unlink(path) < 0) {
        perror(path);
        return 2;
    }
    printf("seed %" PRIu64 ", %" PRIu64 " texts: %" PRIu64 " are read\n", seed,
           count, read);
    return 0;
}
