/* Saving and restoring machines; see checkpoint.h.
 *
 * Each part of the machine has a section, or some; the order is that of
 * loading: what a part tells others when it is loaded must not reach what was
 * loaded before.  The timed model comes last: the processor's state drops what
 * models remember of it. */
#include "morph/checkpoint.h"

#include "base/alloc.h"
#include "base/build_id.h"
#include "base/hash.h"
#include "morph/machine_impl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- What was saved --------------------------------------------------------
 */

/* What the saved value of a key means for a machine that has another. */
typedef enum KeyEffect {
    KEY_MODEL,   /* the timed model begins cold */
    KEY_MACHINE, /* it cannot be restored */
    KEY_FORWARD, /* it is fast-forwarded, or not, from here on */
    KEY_MEASURE, /* what is measured begins anew */
    KEY_DEVICE,  /* what comes goes by the present one */
    KEY_FREE,
} KeyEffect;

/* By the beginning of the key's name; the first that fits. */
static const struct {
    const char *name;
    KeyEffect effect;
} effects[] = {
    {"machine.", KEY_MACHINE},
    {"cpu.clock", KEY_MACHINE},
    {"cpu.prid", KEY_MACHINE},
    {"cpu.fpu", KEY_MACHINE},
    {"cpu.icache", KEY_MACHINE},
    {"cpu.dcache", KEY_MACHINE},
    {"rtc.", KEY_MACHINE},
    {"sys161.", KEY_MACHINE},
    {"fast_forward.", KEY_FORWARD},
    {"sample.", KEY_FORWARD},
    {"roi.", KEY_MEASURE},
    {"stats.", KEY_MEASURE},
    {"engine.", KEY_FREE},
    {"checkpoint.", KEY_FREE},
    {"prom.", KEY_DEVICE},
    {"dz.", KEY_DEVICE},
    {"", KEY_MODEL},
};

static KeyEffect effect_of(const char *key)
{
    size_t i = 0;
    while (strncmp(key, effects[i].name, strlen(effects[i].name)) != 0)
        i++;
    return effects[i].effect;
}

bool checkpoint_depends_on(ConfigKey key)
{
    switch (effect_of(config_name(key))) {
    case KEY_MACHINE:
    case KEY_MEASURE:
    case KEY_DEVICE: return true;
    case KEY_MODEL:
    case KEY_FORWARD:
    case KEY_FREE: break;
    }
    return false;
}

/* False: it cannot be restored. */
static bool compare_keys(Machine *m, const Config *saved, Restored *kept,
                         Ckpt *ckpt)
{
    kept->model = kept->forwarded = kept->measured = true;
    for (ConfigKey key = 0; key < CONFIG_KEY_COUNT; key++) {
        if (config_is_same(m->config, saved, key))
            continue;
        switch (effect_of(config_name(key))) {
        case KEY_MACHINE:
            return ckpt_fail(ckpt,
                             "%s is %s here and was %s when it was saved; the "
                             "machine must be the same: set it so",
                             config_name(key), config_text(m->config, key),
                             config_text(saved, key));
        case KEY_MODEL:
            kept->model = false;
            if (!kept->differs)
                kept->differs = config_name(key);
            break;
        case KEY_FORWARD: kept->forwarded = false; break;
        case KEY_MEASURE: kept->measured = false; break;
        case KEY_DEVICE:
        case KEY_FREE: break;
        }
    }
    return true;
}

static void config_checkpoint(Machine *m, Restored *kept, Ckpt *ckpt)
{
    char *text = NULL;
    size_t size;
    if (!ckpt_loads(ckpt)) {
        FILE *out = open_memstream(&text, &size);
        if (out) {
            config_write_model(m->config, out);
            fclose(out);
        }
        ckpt_text(ckpt, "config", text ? text : "");
        free(text);
        return;
    }
    text = ckpt_text(ckpt, "config", "");
    Config *saved = config_create();
    Diag diag = {""};
    if (text && !config_read_text(saved, text, "its configuration", &diag))
        ckpt_fail(ckpt,
                  "%s: the version that saved it has other keys; restore it "
                  "there",
                  diag.text);
    else if (text)
        compare_keys(m, saved, kept, ckpt);
    config_destroy(saved);
    free(text);
}

static uint64_t hash_image(Machine *m)
{
    const ElfImage *image = m->image;
    if (m->image_hash)
        return m->image_hash;
    uint64_t hash = hash_u64(HASH_START, elf_entry(image));
    hash = hash_u64(hash, elf_big_endian(image));
    for (size_t i = 0; i < elf_segment_count(image); i++) {
        const ElfSegment *s = elf_segment(image, i);
        hash = hash_u64(hash_u64(hash, s->vaddr), s->mem_size);
        hash = hash_bytes(hash, s->bytes, s->file_size);
    }
    return m->image_hash = hash;
}

static void cmdline_checkpoint(const Machine *m, Ckpt *ckpt)
{
    char *saved = ckpt_text(ckpt, "arguments", m->cmdline);
    if (saved && strcmp(saved, m->cmdline) != 0)
        ckpt_fail(ckpt,
                  "the guest's arguments were \"%s\" when it was saved; give "
                  "the same",
                  saved);
    free(saved);
}

static void about_checkpoint(Machine *m, Restored *kept,
                             const CheckpointCommon *common, Ckpt *ckpt)
{
    char id[BUILD_ID_SIZE] = "";
    uint64_t insns = phases_insns(m), cycles = phases_now(m);
    uint64_t printed = console_printed(m->console);
    if (!ckpt_section(ckpt, "about"))
        return;
    build_id_find(id);
    free(ckpt_text(ckpt, "build", id));
    ckpt_u64(ckpt, "insns", &insns, UINT64_MAX);
    ckpt_u64(ckpt, "cycles", &cycles, UINT64_MAX);
    if (ckpt_loads(ckpt) && !ckpt_error(ckpt))
        events_set_now(m->events, cycles);
    ckpt_u64(ckpt, "printed", &printed, UINT64_MAX);
    ckpt_same(ckpt, "image", hash_image(m),
              "the image is another one; give the one that was saved");
    ckpt_same(ckpt, "common", common ? common->id : 0,
              common ? "it is not of this library; delete the folder, and the "
                       "next run makes it anew"
                     : "it is a part of a library: name that by "
                       "--sample-library");
    cmdline_checkpoint(m, ckpt);
    config_checkpoint(m, kept, ckpt);
}

/* --- Memory ----------------------------------------------------------------
 */

/* The page at `pa` as loading the image left it; false: it has nothing there.
 */
static bool image_page(const Machine *m, uint32_t pa, uint8_t *page)
{
    bool found = false;
    memset(page, 0, CKPT_PAGE);
    for (size_t i = 0; i < elf_segment_count(m->image); i++) {
        const ElfSegment *s = elf_segment(m->image, i);
        uint64_t start = machine_segment_pa(s), end = start + s->file_size;
        uint64_t from = start > pa ? start : pa;
        uint64_t to = (uint64_t)pa + CKPT_PAGE;
        to = end < to ? end : to;
        if (from >= to)
            continue;
        memcpy(page + (from - pa), s->bytes + (from - start), to - from);
        found = true;
    }
    return found;
}

typedef struct MemoryPart {
    const Machine *m;
    BusMemory memory;
} MemoryPart;

static bool is_known(void *ctx, size_t offset, const uint8_t *page)
{
    const MemoryPart *part = ctx;
    uint8_t expected[CKPT_PAGE];
    return image_page(part->m, part->memory.pa + (uint32_t)offset, expected) &&
           memcmp(page, expected, CKPT_PAGE) == 0;
}

static void take_known(void *ctx, size_t offset)
{
    MemoryPart *part = ctx;
    image_page(part->m, part->memory.pa + (uint32_t)offset,
               part->memory.bytes + offset);
}

static void memory_checkpoint(Machine *m, Ckpt *ckpt)
{
    MemoryPart part = {.m = m};
    for (unsigned i = 0; bus_memory(m->bus, i, &part.memory); i++) {
        char name[CKPT_NAME_MAX + 1];
        if (!part.memory.owned)
            continue;
        snprintf(name, sizeof name, "memory.0x%08" PRIx32, part.memory.pa);
        ckpt_pages(ckpt, name,
                   &(CkptPages){.memory = part.memory.bytes,
                                .size = part.memory.size,
                                .map = alloc_large_is_mapped(part.memory.size),
                                .ctx = &part,
                                .is_known = is_known,
                                .take_known = take_known});
    }
}

/* --- The machine's own state -----------------------------------------------
 */

static const CkptField machine_fields[] = {
    CKPT_BOOL(Machine, text_found),
    CKPT_BOOL(Machine, stopping),
    CKPT_UP_TO(Machine, stop, BOARD_STOP_RESET),
    CKPT_FIELD(Machine, stop_status),
    CKPT_BOOL(Machine, in_region),
    CKPT_BOOL(Machine, marked),
    CKPT_FIELD(Machine, region_insns),
    CKPT_FIELD(Machine, region_cycles),
    CKPT_FIELD(Machine, regions.count),
    CKPT_FIELD(Machine, regions.insns),
    CKPT_FIELD(Machine, regions.cycles),
    CKPT_BOOL(Machine, point_reached),
    CKPT_FIELD(Machine, forwarded.insns),
    CKPT_FIELD(Machine, forwarded.warm_insns),
    CKPT_FIELD(Machine, forwarded.warm_cycles),
};

static void parts_checkpoint(Machine *m, uint64_t *times, Ckpt *ckpt)
{
    if (ckpt_section(ckpt, "events"))
        events_checkpoint(m->events, ckpt);
    processors_checkpoint(m, times, ckpt);
    if (ckpt_section(ckpt, "machine"))
        ckpt_fields(ckpt, machine_fields, ARRAY_LEN(machine_fields), m);
    if (ckpt_section(ckpt, "bus"))
        bus_checkpoint(m->bus, ckpt);
    memory_checkpoint(m, ckpt);
    board_checkpoint(m->board, ckpt);
    if (ckpt_section(ckpt, "console"))
        console_checkpoint(m->console, ckpt);
}

static void measure_checkpoint(Machine *m, Ckpt *ckpt)
{
    if (ckpt_section(ckpt, "measure"))
        measure_save(m, ckpt);
    if (ckpt_section(ckpt, "statistics"))
        stats_checkpoint(m->stats, ckpt);
}

/* --- Saving ----------------------------------------------------------------
 */

void checkpoint_save(Machine *m, const CheckpointCommon *common, Ckpt *ckpt)
{
    uint64_t times[BOARD_CPUS_MAX];
    if (common && common->ckpt)
        ckpt_share(ckpt, common->ckpt);
    measure_update(m);
    about_checkpoint(m, NULL, common, ckpt);
    parts_checkpoint(m, times, ckpt);
    phases_save(m, ckpt);
    measure_checkpoint(m, ckpt);
    ckpt_end(ckpt);
}

void machine_save(Machine *m, Ckpt *ckpt)
{
    checkpoint_save(m, NULL, ckpt);
}

/* --- Restoring -------------------------------------------------------------
 */

static void tell_cold(const Machine *m, const Restored *kept, bool saved)
{
    char text[120];
    const char *why = "it was saved without its model of time";
    if (kept->differs && m->host.note) {
        snprintf(text, sizeof text,
                 "%s is not what it was when the checkpoint was saved: the "
                 "model of time begins cold",
                 kept->differs);
        m->host.note(m->host.ctx, text);
    } else if (!saved && m->host.note) {
        snprintf(text, sizeof text, "%s, which begins cold", why);
        m->host.note(m->host.ctx, text);
    }
}

/* As at the beginning of PHASE_WARM. */
static void restart_check(Machine *m)
{
    for (unsigned i = 0; i < m->processor_count; i++) {
        const Processor *p = &m->processors[i];
        if (!p->check || !phases_is_layers(m))
            continue;
        phases_reset_check(p);
    }
}

bool machine_restore(Machine *m, Ckpt *ckpt, Diag *diag)
{
    Restored kept = {.model = false};
    about_checkpoint(m, &kept, NULL, ckpt);
    if (!ckpt_error(ckpt))
        parts_checkpoint(m, kept.times, ckpt);
    if (!config_bool(m->config, CONFIG_CHECKPOINT_LAYER))
        kept.model = false;
    if (!ckpt_error(ckpt) && !phases_load(m, &kept, ckpt))
        tell_cold(m, &kept, ckpt_has(ckpt, "model"));
    if (!ckpt_error(ckpt) && kept.measured)
        measure_checkpoint(m, ckpt);
    if (ckpt_end(ckpt)) {
        if (!kept.measured)
            measure_restart(m);
        if (m->sample && m->sample->begun)
            sample_begin(m);
        restart_check(m);
        return true;
    }
    return diag_error(diag, "%s", ckpt_error(ckpt));
}

bool checkpoint_jump(Machine *m, const CheckpointCommon *common, Ckpt *ckpt,
                     Diag *diag)
{
    Restored kept = {.model = false};
    if (common && common->ckpt)
        ckpt_share(ckpt, common->ckpt);
    about_checkpoint(m, &kept, common, ckpt);
    if (!ckpt_error(ckpt))
        parts_checkpoint(m, kept.times, ckpt);
    kept.model = false;
    if (!ckpt_error(ckpt))
        phases_load(m, &kept, ckpt);
    if (m->baseline)
        baseline_settle(m->baseline);
    return ckpt_end(ckpt) || diag_error(diag, "%s", ckpt_error(ckpt));
}
