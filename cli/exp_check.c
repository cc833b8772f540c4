/* Whether an experiment can run; see exp_check.h. */
#include "cli/exp_check.h"

#include "base/alloc.h"
#include "cli/exp_output.h"
#include "hwmodel/board/sys161_conf.h"
#include "morph/checkpoint.h"
#include "morph/fastforward.h"

#include <stdlib.h>
#include <string.h>

typedef struct Checker {
    const ExpPoints *points;
    bool *known;      /* outputs that some machine has */
    size_t left;      /* that are not known yet */
    const char *path; /* of the image that was read last */
    ElfImage *image;
} Checker;

/* A point's message without its place would not tell which one it is. */
static bool fail(const Checker *c, const ExpPoint *point, const char *text,
                 Diag *diag)
{
    char *name = exp_points_describe(c->points, point);
    diag_error(diag, "%s: point %u%s%s%s: %s", c->points->experiment->path,
               point->number, *name ? " (" : "", name, *name ? ")" : "", text);
    free(name);
    return false;
}

static void find_outputs(Checker *c, const Machine *machine)
{
    const Experiment *e = c->points->experiment;
    if (c->left == 0)
        return;
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        abort();
    stats_write_json(machine_stats(machine), out);
    fclose(out);
    ExpStats stats;
    exp_stats_parse(&stats, text);
    for (size_t i = 0; i < e->output_count; i++) {
        if (c->known[i] || !exp_output_known(e->outputs[i], &stats))
            continue;
        c->known[i] = true;
        c->left--;
    }
    exp_stats_free(&stats);
}

/* Points follow each other with the same image, mostly. */
static bool read_image(Checker *c, const ExpPoint *point, Diag *diag)
{
    const char *path = point->run[EXP_IMAGE];
    if (c->path && strcmp(c->path, path) == 0)
        return true;
    elf_free(c->image);
    c->path = NULL;
    c->image = elf_read(path, diag);
    if (c->image)
        c->path = path;
    return c->image != NULL;
}

/* The engine, which no result depends on, is left to the run. */
static void without_engine(Config *config)
{
    static const char *const words[] = {"engine.kind=reference",
                                        "engine.saved=", "engine.dump="};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        Diag none = {""};
        config_set_word(config, words[i], "", &none);
    }
}

static bool build(Checker *c, const ExpPoint *point, Diag *diag)
{
    BoardDisk *disks = alloc_zeroed(point->disk_count, sizeof *disks);
    for (size_t i = 0; i < point->disk_count; i++)
        disks[i] = (BoardDisk){point->disks[i], true};
    without_engine(point->config);
    const char *arguments = point->run[EXP_ARGUMENTS];
    MachineConfig mc = {
        .config = point->config,
        .image = c->image,
        .cmdline = arguments ? arguments : "",
        .disks = disks,
        .disk_count = point->disk_count,
    };
    Machine *machine = machine_create(&mc, diag);
    const char *checkpoint = point->run[EXP_CHECKPOINT_AT];
    bool ok =
        machine &&
        (!checkpoint || machine_set_checkpoints(machine, &checkpoint, 1, diag));
    if (ok)
        find_outputs(c, machine);
    machine_destroy(machine);
    free(disks);
    return ok;
}

/* Disks of a sys161's slots would be written by all points at once; a run with
 * a network does not repeat. */
static bool check_slots(const ExpPoint *point, Diag *diag)
{
    const Config *config = point->config;
    const char *path = config_text(config, CONFIG_SYS161_CONF);
    Sys161Conf conf;
    if (strcmp(config_text(config, CONFIG_MACHINE_BOARD), "sys161") != 0)
        return true;
    bool ok = *path ? sys161_conf_read_file(&conf, path, diag)
                    : sys161_conf_read_text(
                          &conf, config_text(config, CONFIG_SYS161_SLOTS),
                          "sys161.slots", diag);
    for (unsigned i = 0; ok && i < SYS161_SLOTS; i++)
        if (conf.slots[i].card == SYS161_DISK)
            ok = diag_error(diag,
                            "slot %u has a disk, which runs would change; "
                            "leave it out, and write disk = %s in the "
                            "experiment",
                            i, conf.slots[i].path);
        else if (conf.slots[i].card == SYS161_NIC)
            ok = diag_error(diag,
                            "slot %u has a network card, and runs with a "
                            "network need not repeat; leave it out",
                            i);
    sys161_conf_free(&conf);
    return ok;
}

/* Such a run makes the library, and has no results. */
static bool check_library(const Config *config, Diag *diag)
{
    return config_choice(config, CONFIG_CPU_MODEL) != MODEL_FUNCTIONAL ||
           !config_int(config, CONFIG_SAMPLE_PERIOD) ||
           !*config_text(config, CONFIG_SAMPLE_LIBRARY) ||
           diag_error(diag,
                      "sample.library = %s: with cpu.model = functional a run "
                      "makes it and has no results; leave that model out, as "
                      "the other points make it themselves",
                      config_text(config, CONFIG_SAMPLE_LIBRARY));
}

static bool check_point(Checker *c, const ExpPoint *point, Diag *diag)
{
    Diag why = {""};
    InputScript script = {0};
    const char *input = point->run[EXP_INPUT];
    bool ok = read_image(c, point, &why) && check_slots(point, &why) &&
              check_library(point->config, &why) && build(c, point, &why) &&
              (!input || input_read(&script, input, &why));
    input_free(&script);
    return ok || fail(c, point, why.text, diag);
}

bool exp_check_points(const ExpPoints *points, Diag *diag)
{
    const Experiment *e = points->experiment;
    Checker c = {.points = points,
                 .known = alloc_zeroed(e->output_count, sizeof(bool)),
                 .left = e->output_count};
    bool ok = true, all = true;
    for (size_t i = 0; ok && i < points->count; i++) {
        if (points->list[i].chosen)
            ok = check_point(&c, &points->list[i], diag);
        else
            all = false;
    }
    /* With --only, what is left out may be what has the output. */
    for (size_t i = 0; ok && all && i < e->output_count; i++)
        if (!c.known[i])
            ok = diag_error(diag,
                            "%s: no point has a statistic \"%s\"; a run's "
                            "stats.txt lists what there is",
                            e->outputs_where, e->outputs[i]);
    elf_free(c.image);
    free(c.known);
    return ok;
}
