/* See layer_guest.h. */
#include "tests/unit/layer_guest.h"

#include "tests/elf_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void on_put(void *ctx, uint8_t byte)
{
    Guest *g = ctx;
    if (g->size + 1 < sizeof g->printed)
        g->printed[g->size++] = (char)byte;
}

void guest_start(Guest *g, const uint32_t *words, size_t count,
                 const char *const *settings)
{
    ElfWriter w;
    elf_writer_build_words(&w, START, words, count);
    Diag diag = {""};
    *g = (Guest){.config = config_create()};
    config_set_word(g->config, "machine.board=bare", "test", &diag);
    config_set_word(g->config, "machine.memory=1M", "test", &diag);
    for (; *settings; settings++)
        config_set_word(g->config, *settings, "test", &diag);
    g->image = elf_read_memory("test", w.bytes, w.size, &diag);
    assert_string_equal(diag.text, "");
    g->machine = machine_create(
        &(MachineConfig){.config = g->config,
                         .image = g->image,
                         .cmdline = "",
                         .host = {.ctx = g, .console_put = on_put}},
        &diag);
    assert_string_equal(diag.text, "");
}

void guest_finish(Guest *g)
{
    machine_destroy(g->machine);
    elf_free(g->image);
    config_destroy(g->config);
}

void guest_run(Guest *g)
{
    assert_int_equal(machine_run(g->machine, UINT64_MAX), MACHINE_STOP_EXIT);
    assert_int_equal(machine_exit_status(g->machine), 7);
}

uint64_t guest_stat(const Guest *g, const char *name)
{
    return stats_get(machine_stats(g->machine), name);
}

void guest_check_same(const Guest *g, const uint32_t *words, size_t count)
{
    Guest plain;
    guest_start(&plain, words, count, (const char *const[]){NULL});
    guest_run(&plain);
    assert_int_equal(machine_insns(g->machine), machine_insns(plain.machine));
    assert_int_equal(machine_hash(g->machine), machine_hash(plain.machine));
    assert_string_equal(g->printed, plain.printed);
    guest_finish(&plain);
}

void guest_check_causes(const Guest *g)
{
    static const char *const names[] = {
#define CAUSE(id, name, text) "cycles." name,
#include "hwmodel/vliw/cause.def"
#undef CAUSE
    };
    uint64_t sum = 0;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        sum += guest_stat(g, names[i]);
    assert_int_equal(sum, guest_stat(g, "cycles.total"));
    assert_int_equal(sum, machine_cycles(g->machine));
}
