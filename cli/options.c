/* The command line; see options.h.  getopt_long() is not used: it keeps its
 * place in globals and words its own messages. */
#include "cli/options.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "base/number.h"
#include "cli/plot/kinds.h"
#include "hwmodel/presets/presets.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
#define COMMAND(id, name, least, most, rest, operands, text)                   \
    ON_##id = 1 << COMMAND_##id,
#include "cli/options.def"
    ON_ALL = (1 << COMMAND_TOTAL) - 1
};

typedef struct CommandInfo {
    const char *name;
    size_t least, most; /* operands */
    bool takes_rest;
    const char *operands, *text;
} CommandInfo;

typedef struct OptionInfo {
    const char *name;
    char letter;       /* 0: none */
    const char *value; /* "": takes none */
    unsigned commands;
    const char *text;
} OptionInfo;

typedef struct TraceInfo {
    const char *name, *text;
} TraceInfo;

static const CommandInfo commands[COMMAND_TOTAL] = {
#define COMMAND(id, name, least, most, rest, operands, text)                   \
    {name, least, most, rest, operands, text},
#include "cli/options.def"
};

static const OptionInfo option_infos[OPTION_TOTAL] = {
#define OPTION(id, name, letter, value, commands, text)                        \
    {name, letter, value, commands, text},
#include "cli/options.def"
};

static const TraceInfo traces[TRACE_TOTAL] = {
#define TRACE(id, name, text) {name, text},
#include "cli/options.def"
};

/* --- Suggestions ---------------------------------------------------------- */

enum { WORD_MAX = 24 }; /* longer words resemble nothing here */

/* How many letters must be changed, added, removed or swapped with their
 * neighbour to make `b` of `a` (optimal string alignment). */
static size_t word_distance(const char *a, size_t a_length, const char *b)
{
    size_t b_length = strlen(b);
    if (a_length > WORD_MAX || b_length > WORD_MAX)
        return WORD_MAX;
    size_t d[WORD_MAX + 1][WORD_MAX + 1];
    for (size_t i = 0; i <= a_length; i++)
        d[i][0] = i;
    for (size_t j = 0; j <= b_length; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        for (size_t j = 1; j <= b_length; j++) {
            size_t best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            if (d[i - 1][j] + 1 < best)
                best = d[i - 1][j] + 1;
            if (d[i][j - 1] + 1 < best)
                best = d[i][j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
                a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < best)
                best = d[i - 2][j - 2] + 1;
            d[i][j] = best;
        }
    }
    return d[a_length][b_length];
}

/* Collects the name that is nearest to a word. */
typedef struct Nearest {
    const char *word;
    size_t length;
    const char *name; /* NULL while nothing is near enough */
    size_t distance;
} Nearest;

static Nearest nearest_to(const char *word, size_t length)
{
    /* A third of the letters may be wrong. */
    return (Nearest){word, length, NULL, length / 3 + 2};
}

static void nearest_try(Nearest *n, const char *name)
{
    size_t distance = word_distance(n->word, n->length, name);
    /* What the word is the beginning of is what was meant. */
    if (n->length >= 2 && strncmp(name, n->word, n->length) == 0)
        distance = 0;
    if (distance < n->distance) {
        n->distance = distance;
        n->name = name;
    }
}

/* --- Parsing -------------------------------------------------------------- */

static bool fails(const Options *o, Diag *diag, const char *what,
                  const char *word)
{
    return diag_error(diag, "%s: %s: %s; `selkirk %s --help` lists the options",
                      commands[o->command].name, word, what,
                      commands[o->command].name);
}

static bool unknown_option(const Options *o, const char *arg, size_t length,
                           Diag *diag)
{
    const char *command = commands[o->command].name;
    Nearest near = nearest_to(arg + 2, length - 2);
    for (size_t i = 0; i < OPTION_TOTAL; i++)
        if (option_infos[i].commands & 1u << o->command)
            nearest_try(&near, option_infos[i].name);
    if (near.name)
        return diag_error(diag,
                          "%s: there is no option %.*s; did you mean --%s?",
                          command, (int)length, arg, near.name);
    for (size_t i = 0; i < OPTION_TOTAL; i++) {
        const OptionInfo *info = &option_infos[i];
        if (strlen(info->name) != length - 2 ||
            strncmp(info->name, arg + 2, length - 2) != 0)
            continue;
        for (size_t c = 0; c < COMMAND_TOTAL; c++)
            if (info->commands & 1u << c)
                return diag_error(diag,
                                  "%s: --%s is an option of `selkirk %s`; "
                                  "leave it out",
                                  command, info->name, commands[c].name);
    }
    return diag_error(diag,
                      "%s: there is no option %.*s; `selkirk %s --help` lists "
                      "them",
                      command, (int)length, arg, command);
}

/* OPTION_TOTAL if there is none. */
static OptionId find_long(const Options *o, const char *arg, size_t length)
{
    for (size_t i = 0; i < OPTION_TOTAL; i++) {
        const OptionInfo *info = &option_infos[i];
        if ((info->commands & 1u << o->command) &&
            strlen(info->name) == length - 2 &&
            strncmp(info->name, arg + 2, length - 2) == 0)
            return (OptionId)i;
    }
    return OPTION_TOTAL;
}

static OptionId find_letter(const Options *o, char letter)
{
    for (size_t i = 0; i < OPTION_TOTAL; i++) {
        const OptionInfo *info = &option_infos[i];
        if (info->letter == letter && (info->commands & 1u << o->command))
            return (OptionId)i;
    }
    return OPTION_TOTAL;
}

/* Takes the option at args[*at], and its value. */
static bool parse_option(Options *o, char *const *args, size_t count,
                         size_t *at, Diag *diag)
{
    const char *arg = args[*at];
    bool is_long = arg[1] == '-';
    size_t length = is_long ? strcspn(arg, "=") : 2;
    OptionId id = is_long ? find_long(o, arg, length) : find_letter(o, arg[1]);
    if (id == OPTION_TOTAL)
        return is_long ? unknown_option(o, arg, length, diag)
                       : fails(o, diag, "there is no such option", arg);
    const OptionInfo *info = &option_infos[id];

    const char *value = arg[length] ? arg + length + is_long : NULL;
    if (!info->value[0]) {
        if (value)
            return fails(o, diag,
                         is_long ? "the option takes no value; leave it out"
                                 : "write one letter after each -",
                         arg);
    } else if (!value) {
        if (*at + 1 == count)
            return diag_error(diag, "%s: %s needs a value: %.*s %s",
                              commands[o->command].name, arg, (int)length, arg,
                              info->value);
        value = args[++*at];
    }
    o->uses[o->use_count++] = (OptionUse){id, value};
    return true;
}

bool options_parse(Options *o, CommandId command, char *const *args,
                   size_t count, Diag *diag)
{
    const CommandInfo *info = &commands[command];
    *o = (Options){.command = command, .args = args};
    o->uses = alloc_zeroed(count, sizeof *o->uses);
    for (size_t i = 0; i < count; i++) {
        const char *arg = args[i];
        if (strcmp(arg, "--") == 0) {
            o->rest = args + i + 1;
            o->rest_count = count - i - 1;
            break;
        }
        if (arg[0] == '-' && arg[1]) {
            if (!parse_option(o, args, count, &i, diag))
                return false;
            OptionId id = o->uses[o->use_count - 1].id;
            if (id == OPTION_HELP || id == OPTION_VERSION)
                return true;
        } else if (o->operand_count < info->most) {
            o->operands[o->operand_count++] = arg;
        } else if (info->takes_rest) {
            return diag_error(diag,
                              "%s: %s: one IMAGE is all; arguments of the "
                              "guest go after --",
                              info->name, arg);
        } else {
            return fails(o, diag, "one argument too many", arg);
        }
    }
    if (o->rest_count && !info->takes_rest)
        return fails(o, diag, "nothing goes after --", o->rest[0]);
    if (o->operand_count < info->least)
        return diag_error(diag,
                          "%s: an argument is missing; write selkirk %s %s",
                          info->name, info->name, info->operands);
    return true;
}

void options_free(Options *o)
{
    free(o->uses);
}

bool options_find_command(const char *name, CommandId *command, Diag *diag)
{
    Nearest near = nearest_to(name, strlen(name));
    for (size_t i = 0; i < COMMAND_TOTAL; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            *command = (CommandId)i;
            return true;
        }
        nearest_try(&near, commands[i].name);
    }
    if (near.name)
        return diag_error(diag, "there is no command %s; did you mean %s?",
                          name, near.name);
    return diag_error(
        diag, "there is no command %s; `selkirk --help` lists them", name);
}

bool options_find_trace(const char *name, size_t length, TraceKind *kind,
                        Diag *diag)
{
    for (size_t i = 0; i < TRACE_TOTAL; i++) {
        if (strlen(traces[i].name) == length &&
            memcmp(traces[i].name, name, length) == 0) {
            *kind = (TraceKind)i;
            return true;
        }
    }
    char all[120] = "";
    for (size_t i = 0, n = 0; i < TRACE_TOTAL && n < sizeof all; i++)
        n += (size_t)snprintf(all + n, sizeof all - n, "%s%s", i ? ", " : "",
                              traces[i].name);
    return diag_error(diag,
                      "--trace: there is no kind \"%.*s\"; choose from %s",
                      (int)length, name, all);
}

/* --- Values --------------------------------------------------------------- */

const char *options_value(const Options *o, OptionId id)
{
    for (size_t i = o->use_count; i-- > 0;)
        if (o->uses[i].id == id)
            return o->uses[i].value;
    return NULL;
}

bool options_has(const Options *o, OptionId id)
{
    for (size_t i = 0; i < o->use_count; i++)
        if (o->uses[i].id == id)
            return true;
    return false;
}

bool options_number(const Options *o, OptionId id, uint64_t *number, Diag *diag)
{
    const char *text = options_value(o, id);
    *number = 0;
    if (!text || (number_parse(text, 1000, number) && *number > 0))
        return true;
    return diag_error(diag,
                      "--%s: \"%s\" is not a number from 1 to 2^64 - 1; write "
                      "for example 250M",
                      option_infos[id].name, text);
}

/* --- Help ----------------------------------------------------------------- */

/* Prints `text` in columns 27 to 79 after a heading of `used` columns. */
static void write_wrapped(FILE *out, int used, const char *text)
{
    enum { MARGIN = 27, WIDTH = 79 };
    if (used >= MARGIN - 1) {
        fputc('\n', out);
        used = 0;
    }
    fprintf(out, "%*s", MARGIN - used, "");
    int column = MARGIN;
    while (*text) {
        int length = (int)strcspn(text, " ");
        if (column > MARGIN && column + 1 + length > WIDTH) {
            fprintf(out, "\n%*s", MARGIN, "");
            column = MARGIN;
        } else if (column > MARGIN) {
            fputc(' ', out);
            column++;
        }
        fprintf(out, "%.*s", length, text);
        column += length;
        text += length;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

/* What `selkirk help plot` says below the options. */
static void write_kinds(FILE *out)
{
    fputs("\nKinds of --kind:\n", out);
    for (PlotKind kind = 0; kind < KIND_TOTAL; kind++)
        write_wrapped(out, fprintf(out, "      %s", kind_name(kind)),
                      kind_text(kind));
}

void options_write_help(CommandId command, FILE *out)
{
    const CommandInfo *c = &commands[command];
    fprintf(out, "Usage: selkirk %s [OPTION...]%s%s\n", c->name,
            c->operands[0] ? " " : "", c->operands);
    fprintf(out, "%c%s.\n\nOptions:\n", toupper((unsigned char)c->text[0]),
            c->text + 1);
    for (size_t i = 0; i < OPTION_TOTAL; i++) {
        const OptionInfo *info = &option_infos[i];
        if (!(info->commands & 1u << command))
            continue;
        char letter[] = {'-', info->letter, ',', '\0'};
        int used = fprintf(out, "  %3s --%s%s%s", info->letter ? letter : "",
                           info->name, info->value[0] ? " " : "", info->value);
        write_wrapped(out, used, info->text);
    }
    if (command == COMMAND_PLOT)
        write_kinds(out);
    if (command == COMMAND_RUN) {
        fputs("\nKinds of --trace:\n", out);
        for (size_t i = 0; i < TRACE_TOTAL; i++)
            write_wrapped(out, fprintf(out, "      %s", traces[i].name),
                          traces[i].text);
        fputs("\nOn a terminal, Ctrl-A x quits, Ctrl-A c opens the monitor, "
              "Ctrl-A h tells more.\n",
              out);
    }
}

void options_write_overview(FILE *out)
{
    fputs("Usage: selkirk COMMAND [ARGUMENT...]\n"
          "A MIPS R3000 computer on a co-designed virtual machine.\n"
          "\nCommands:\n",
          out);
    for (size_t i = 0; i < COMMAND_TOTAL; i++) {
        const CommandInfo *c = &commands[i];
        write_wrapped(out, fprintf(out, "  %s %s", c->name, c->operands),
                      c->text);
    }
    fputs("\n`selkirk COMMAND --help` lists a command's options; the manual "
          "page is\nselkirk(1).\n",
          out);
}

void options_write_table(FILE *out)
{
    for (size_t c = 0; c < COMMAND_TOTAL; c++) {
        for (size_t i = 0; i < OPTION_TOTAL; i++) {
            const OptionInfo *info = &option_infos[i];
            if (info->commands & 1u << c)
                fprintf(out, "%s --%s%s%s\n", commands[c].name, info->name,
                        info->value[0] ? " " : "", info->value);
        }
    }
    for (size_t i = 0; i < TRACE_TOTAL; i++)
        fprintf(out, "trace %s\n", traces[i].name);
    for (PlotKind kind = 0; kind < KIND_TOTAL; kind++)
        fprintf(out, "kind %s\n", kind_name(kind));
    for (const Preset *p = preset_table; p->name; p++)
        fprintf(out, "preset %s\n", p->name);
}
