/* Machines for programs of words; see word_machine.h. */
#include "tests/support/word_machine.h"

#include "base/hash.h"
#include "tests/elf_writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void keep(void *ctx, uint8_t byte)
{
    WordMachine *w = ctx;
    if (w->size + 1 < sizeof w->printed)
        w->printed[w->size++] = (char)byte;
}

static void hash_interval(void *ctx, uint64_t cycles, uint64_t insns,
                          Stats *stats)
{
    WordMachine *w = ctx;
    char *line;
    size_t size;
    FILE *out = open_memstream(&line, &size);
    fprintf(out, "%" PRIu64 ",%" PRIu64, cycles, insns);
    stats_write_csv_line(stats, out);
    fclose(out);
    w->interval_hash = hash_bytes(w->interval_hash, line, size);
    w->interval_count++;
    free(line);
}

static void expect(bool good, const Diag *diag)
{
    if (good)
        return;
    fprintf(stderr, "word_machine: %s\n", diag->text);
    exit(1);
}

Machine *word_machine_create(WordMachine *w, uint32_t start,
                             const uint32_t *program, size_t count,
                             const char *const *settings, bool check)
{
    ElfWriter elf;
    Diag diag = {""};
    *w = (WordMachine){.config = settings_config(settings),
                       .interval_hash = HASH_START};
    expect(config_set_word(w->config, "machine.board=bare", "test", &diag),
           &diag);
    elf_writer_build_words(&elf, start, program, count);
    w->image = elf_read_memory("test", elf.bytes, elf.size, &diag);
    expect(w->image, &diag);
    MachineConfig mc = {
        .config = w->config,
        .image = w->image,
        .cmdline = "",
        .check = check,
        .host = {.ctx = w, .console_put = keep, .interval = hash_interval}};
    w->machine = machine_create(&mc, &diag);
    expect(w->machine, &diag);
    return w->machine;
}

void word_machine_destroy(WordMachine *w)
{
    machine_destroy(w->machine);
    elf_free(w->image);
    config_destroy(w->config);
}
