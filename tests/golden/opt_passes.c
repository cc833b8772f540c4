/* Golden tests of the optimizer: of its passes, and of its schedules.
 *
 *     opt_passes FILE...
 *
 * A file is a list of cases.  A case is a line "# what it shows", a line
 * "passes NAME..." or "schedule [gear1] [SECTION.KEY=VALUE...]", a region as
 * ir.h prints it, a line "becomes", and the region after these passes, or the
 * molecules; empty lines may stand around them.  With BLESS=1 in the
 * environment, files are rewritten with what the optimizer makes of it. Exit
 * status 1 if a case is not as it should be, 2 if a file is not well formed. */
#include "optimizer/optimizer.h"
#include "optimizer/passes.h"

#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 20, TEXT_MAX = 1 << 16 };

typedef struct Pass {
    const char *name;
    void (*run)(IrRegion *region, uint64_t *visits);
} Pass;

static const Pass passes[] = {
#define PASS(id, name, key, function, text) {name, function},
#include "optimizer/passes.def"
#undef PASS
    {"address-plain", opt_address_plain},
};

typedef struct Reader {
    const char *path;
    char *at; /* the next line */
    unsigned line;
} Reader;

static void fail(const Reader *r, const char *what)
{
    fprintf(stderr, "%s:%u: %s; see the top of opt_passes.c\n", r->path,
            r->line, what);
    exit(2);
}

/* The next line, without its end; NULL after the last. */
static char *read_line(Reader *r)
{
    char *line = r->at;
    size_t length = strcspn(line, "\n");
    if (*line == 0)
        return NULL;
    r->at = line + length + (line[length] == '\n');
    line[length] = 0;
    r->line++;
    return line;
}

/* The next line that is not empty. */
static char *read_text(Reader *r)
{
    char *line;
    do
        line = read_line(r);
    while (line && *line == 0);
    return line;
}

/* Lines of a region or of molecules, "end" included; `line` is the first. */
static void read_block(Reader *r, const char *line, char *text)
{
    size_t used = 0;
    for (;; line = read_line(r)) {
        if (!line)
            fail(r, "\"end\" is missing");
        size_t length = strlen(line);
        if (used + length + 2 > TEXT_MAX)
            fail(r, "there is too much of it");
        memcpy(text + used, line, length);
        text[used + length] = '\n';
        used += length + 1;
        if (strcmp(line, "end") == 0)
            break;
    }
    text[used] = 0;
}

static const Pass *find_pass(const Reader *r, const char *name)
{
    for (size_t i = 0; i < sizeof passes / sizeof passes[0]; i++)
        if (strcmp(passes[i].name, name) == 0)
            return &passes[i];
    fail(r, "there is no pass of this name");
    return NULL;
}

static void check(const Reader *r, const IrRegion *region)
{
    Diag diag = {""};
    if (ir_verify(region, &diag))
        return;
    fprintf(stderr, "%s:%u: %s\n", r->path, r->line, diag.text);
    exit(2);
}

static void transform(const Reader *r, IrRegion *region, FILE *out)
{
    for (char *name; (name = strtok(NULL, " "));) {
        uint64_t visits = 0;
        find_pass(r, name)->run(region, &visits);
        check(r, region);
    }
    ir_print(region, out, NULL, NULL);
}

static void schedule(const Reader *r, IrRegion *region, FILE *out)
{
    Config *config = config_create();
    Diag diag = {""};
    VliwDesc desc;
    OptConfig opt;
    OptWork work = {.select = 0};
    bool fast = false;
    for (char *word; (word = strtok(NULL, " "));) {
        if (strcmp(word, "gear1") == 0)
            fast = true;
        else
            config_set_word(config, word, r->path, &diag);
    }
    if (fast)
        opt_config_fast(&opt, config);
    else
        opt_config_read(&opt, config);
    if (diag.text[0] == 0 && vliw_desc_read(&desc, config, &diag)) {
        VliwCode *code =
            opt_schedule(region, &desc, &opt, region->arena, &work);
        if (opt_check(code, region, &desc, &diag))
            vliw_code_print(code, out);
    }
    config_destroy(config);
    if (diag.text[0] != 0)
        fail(r, diag.text);
}

/* What the optimizer makes of the region, as `line` says. */
static void run(const Reader *r, char *line, const char *input, char *output)
{
    Arena *arena = arena_create();
    Diag diag = {""};
    IrRegion *region = ir_parse(arena, input, r->path, &diag);
    if (!region) {
        fprintf(stderr, "%s (of the region that ends at line %u)\n", diag.text,
                r->line);
        exit(2);
    }
    check(r, region);
    FILE *out = fmemopen(output, TEXT_MAX, "w");
    if (!out) {
        perror("fmemopen");
        exit(2);
    }
    if (strcmp(strtok(line, " "), "passes") == 0)
        transform(r, region, out);
    else
        schedule(r, region, out);
    fclose(out);
    arena_destroy(arena);
}

/* One case, from its title on; writes it to `out` as it should be. */
static bool run_case(Reader *r, const char *title, FILE *out)
{
    static char input[TEXT_MAX], expected[TEXT_MAX], output[TEXT_MAX];
    unsigned line = r->line;
    char *names = read_text(r);
    if (!names ||
        (strncmp(names, "passes ", 7) != 0 && strcmp(names, "schedule") != 0 &&
         strncmp(names, "schedule ", 9) != 0))
        fail(r, "\"passes NAME...\" or \"schedule ...\" is missing");
    fprintf(out, "%s\n%s\n", title, names);
    read_block(r, read_text(r), input);
    run(r, names, input, output);
    const char *word = read_text(r);
    if (!word || strcmp(word, "becomes") != 0)
        fail(r, "\"becomes\" is missing");
    /* A new case to bless need not have an expectation. */
    expected[0] = 0;
    if (strncmp(r->at, "region", 6) == 0 || strncmp(r->at, "code", 4) == 0)
        read_block(r, read_text(r), expected);
    fprintf(out, "%sbecomes\n%s\n", input, output);
    if (strcmp(expected, output) == 0)
        return true;
    printf("%s:%u: %s: not as it should be; it becomes\n%s", r->path, line,
           title, output);
    return false;
}

static bool run_file(const char *path, bool bless)
{
    static char text[FILE_MAX];
    FILE *file = fopen(path, "r");
    if (!file) {
        perror(path);
        exit(2);
    }
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = 0;
    char *now = NULL;
    size_t now_size = 0;
    FILE *out = open_memstream(&now, &now_size);
    if (!out) {
        perror("open_memstream");
        exit(2);
    }
    Reader r = {.path = path, .at = text};
    bool ok = true;
    unsigned count = 0;
    for (const char *title; (title = read_text(&r)); count++) {
        if (title[0] != '#')
            fail(&r, "\"# what it shows\" is missing");
        ok &= run_case(&r, title, out);
    }
    fclose(out);
    printf("%s: %u cases\n", path, count);
    if (count == 0)
        fail(&r, "there is no case");
    if (bless && !ok) {
        file = fopen(path, "w");
        /* The empty line after the last case goes. */
        if (!file || fwrite(now, 1, now_size - 1, file) != now_size - 1 ||
            fclose(file) != 0) {
            perror(path);
            exit(2);
        }
        ok = true;
    }
    free(now);
    return ok;
}

int main(int argc, char **argv)
{
    const char *bless = getenv("BLESS");
    bool ok = true;
    if (argc < 2) {
        fputs("usage: opt_passes FILE...\n", stderr);
        return 2;
    }
    for (int i = 1; i < argc; i++)
        ok &= run_file(argv[i], bless && strcmp(bless, "1") == 0);
    return ok ? 0 : 1;
}
