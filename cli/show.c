/* `selkirk show`; see show.h. */
#include "cli/show.h"

#include "base/bits.h"
#include "cli/settings.h"
#include "frontend/symbols.h"
#include "morph/layer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const LIFTED = "lift", *const SCHEDULED = "molecules";

typedef struct Show {
    Config *config;
    ElfImage *image;
    uint32_t start;
    unsigned gear;
    const char *stage; /* the only one to print, or NULL */
    /* How the stages are told: text of the region after the last one. */
    char *text;
    size_t size;
} Show;

/* --- What the command line says ------------------------------------------- */

static bool read_gear(Show *s, const Options *o, Diag *diag)
{
    const char *text = options_value(o, OPTION_GEAR);
    s->gear = 2;
    if (!text || strcmp(text, "2") == 0)
        return true;
    s->gear = 1;
    return strcmp(text, "1") == 0 ||
           diag_error(diag,
                      "--gear: \"%s\" is no gear that translates; write 1 "
                      "(blocks) or 2 (superblocks)",
                      text);
}

static bool read_stage(Show *s, const Options *o, Diag *diag)
{
    s->stage = options_value(o, OPTION_PASS);
    if (!s->stage || strcmp(s->stage, LIFTED) == 0 ||
        strcmp(s->stage, SCHEDULED) == 0)
        return true;
    char all[160] = "";
    size_t n = 0;
    for (OptPass pass = 0; pass < OPT_PASSES; pass++) {
        const char *name = opt_pass_name(pass);
        if (strcmp(s->stage, name) == 0)
            return true;
        char comma[32];
        snprintf(comma, sizeof comma, "%s, ", name);
        if (!strstr(all, comma) && n + strlen(comma) < sizeof all)
            n += (size_t)snprintf(all + n, sizeof all - n, "%s", comma);
    }
    return diag_error(diag, "--pass: there is no \"%s\"; choose from %s, %s%s",
                      s->stage, LIFTED, all, SCHEDULED);
}

/* The segment whose bytes in the file hold `va`. */
static const ElfSegment *segment_of(const ElfImage *image, uint32_t va)
{
    for (size_t i = 0; i < elf_segment_count(image); i++) {
        const ElfSegment *seg = elf_segment(image, i);
        if ((seg->flags & ELF_SEGMENT_X) && va >= seg->vaddr &&
            seg->file_size >= 4 && va - seg->vaddr <= seg->file_size - 4)
            return seg;
    }
    return NULL;
}

static bool find_start(Show *s, const char *where, Diag *diag)
{
    if (!symbols_parse(s->image, where, &s->start, diag))
        return false;
    if (s->start & 3)
        return diag_error(diag,
                          "0x%08" PRIx32 " is not a multiple of 4; try "
                          "0x%08" PRIx32,
                          s->start, s->start & ~3u);
    return segment_of(s->image, s->start) ||
           diag_error(diag,
                      "0x%08" PRIx32 " is not in an executable segment; "
                      "`selkirk disasm` prints those",
                      s->start);
}

/* --- What the translator asks --------------------------------------------- */

static bool fetch(void *ctx, uint32_t va, uint32_t *word)
{
    const Show *s = ctx;
    const ElfSegment *seg = segment_of(s->image, va);
    if (!seg)
        return false;
    *word =
        bits_load32(seg->bytes + (va - seg->vaddr), elf_big_endian(s->image));
    return true;
}

/* Back, as loops go. */
static LiftPath path(void *ctx, uint32_t pc)
{
    uint32_t word;
    if (!fetch(ctx, pc, &word))
        return LIFT_STOP;
    return (int32_t)insn_decode(word).imm < 0 ? LIFT_TAKEN : LIFT_NOT_TAKEN;
}

static void write_comment(void *ctx, FILE *out, uint32_t pc, uint32_t word)
{
    const Show *s = ctx;
    char text[SYMBOLS_INSN_MAX];
    symbols_disassemble(s->image, word, pc, text);
    fputs(text, out);
}

/* --- Stages --------------------------------------------------------------- */

static void begin_stage(const Show *s, const char *name)
{
    if (!s->stage)
        printf("\n== %s\n", name);
}

static void on_pass(void *ctx, int pass, const IrRegion *region)
{
    Show *s = ctx;
    const char *name = pass < 0 ? LIFTED : opt_pass_name((OptPass)pass);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        abort();
    ir_print(region, out, write_comment, s);
    fclose(out);
    bool same = s->text && size == s->size && memcmp(text, s->text, size) == 0;
    if (!s->stage || strcmp(s->stage, name) == 0) {
        begin_stage(s, name);
        fputs(same && !s->stage ? "nothing changes\n" : text, stdout);
    }
    free(s->text);
    s->text = text;
    s->size = size;
}

static bool is_empty(const Show *s, const LiftPlan *plan, Diag *diag)
{
    uint32_t word;
    char text[SYMBOLS_INSN_MAX] = "?";
    if (plan->count > 0)
        return false;
    if (fetch((void *)s, s->start, &word))
        symbols_disassemble(s->image, word, s->start, text);
    diag_error(diag,
               "0x%08" PRIx32 ": \"%s\" is always interpreted; name code that "
               "is translated, such as what follows it",
               s->start, text);
    return true;
}

static bool translate(Show *s, Arena *arena, Diag *diag)
{
    VliwDesc desc;
    LiftLimits limits;
    OptConfig opt;
    OptWork work = {0};
    if (!vliw_desc_read(&desc, s->config, diag))
        return false;
    layer_read_recipe(s->config, s->gear, &desc, &limits, &opt);
    IrContext context = {.user = !(s->start & 0x80000000),
                         .fpu = config_bool(s->config, CONFIG_CPU_FPU),
                         .big = elf_big_endian(s->image)};
    LiftSource source = {.ctx = s, .fetch = fetch, .branch = path};
    LiftPlan *plan = lift_discover(arena, &source, &limits, s->start, context);
    if (is_empty(s, plan, diag))
        return false;
    IrRegion *region = lift_region(arena, plan, &limits);
    if (!s->stage) {
        char name[SYMBOLS_NAME_MAX];
        symbols_name(s->image, s->start, name);
        printf("Gear %u from %08" PRIx32 " %s\n", s->gear, s->start, name);
    }
    opt_run_passes(region, &opt, &work, on_pass, s);
    if (s->stage && strcmp(s->stage, SCHEDULED) != 0)
        return true;
    VliwCode *code = opt_schedule(region, &desc, &opt, arena, &work);
    begin_stage(s, SCHEDULED);
    vliw_code_show(code, &desc, stdout, write_comment, s);
    return true;
}

bool show_print(const Options *o, Diag *diag)
{
    Show s = {.config = settings_create(o, diag)};
    Arena *arena = arena_create();
    bool ok = s.config && read_gear(&s, o, diag) && read_stage(&s, o, diag) &&
              (s.image = elf_read(o->operands[0], diag)) &&
              find_start(&s, o->operands[1], diag) &&
              translate(&s, arena, diag);
    arena_destroy(arena);
    free(s.text);
    elf_free(s.image);
    config_destroy(s.config);
    return ok;
}
