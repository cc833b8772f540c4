/* The command line that runs a point; see exp_command.h. */
#define _GNU_SOURCE /* vasprintf() */
#include "cli/exp_command.h"

#include "base/alloc.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

typedef struct Words {
    char **list; /* ends with a NULL */
    size_t count;
} Words;

__attribute__((format(printf, 2, 3))) static void add(Words *w,
                                                      const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *word;
    if (vasprintf(&word, format, args) < 0)
        abort();
    va_end(args);
    w->list = alloc_resize(w->list, w->count + 2, sizeof *w->list);
    w->list[w->count++] = word;
    w->list[w->count] = NULL;
}

/* An option and its value as one word, whatever the value begins with. */
static void add_option(Words *w, const char *option, const char *value)
{
    if (value)
        add(w, "--%s=%s", option, value);
}

char *exp_command_path(const ExpPoint *point, const char *folder,
                       const char *file)
{
    char *path;
    if (asprintf(&path, "%s/points/%04u%s%s", folder, point->number,
                 *file ? "/" : "", file) < 0)
        abort();
    return path;
}

/* Compiled code is kept for the other points, unless something was said. */
static bool keeps_code(const ExpPoint *point)
{
    const char *model = config_text(point->config, CONFIG_CPU_MODEL);
    for (size_t i = 0; i < point->settings.count; i++) {
        const ExpSetting *s = &point->settings.list[i];
        if (s->key == EXP_CONFIG && strcmp(s->name, "engine.saved") == 0)
            return false;
    }
    return strcmp(model, "vliw") == 0;
}

char **exp_command_create(const ExpPoint *point, const char *folder)
{
    Words w = {NULL, 0};
    char *out = exp_command_path(point, folder, "");
    add(&w, "selkirk");
    add(&w, "run");
    for (size_t i = 0; i < point->settings.count; i++) {
        const ExpSetting *s = &point->settings.list[i];
        if (s->key == EXP_PRESET)
            add_option(&w, "preset", s->value);
        else
            add(&w, "--set=%s=%s", s->name, s->value);
    }
    if (keeps_code(point))
        add(&w, "--set=engine.saved=%s/code", folder);
    for (size_t i = 0; i < point->disk_count; i++)
        add(&w, "--disk=%s,overlay", point->disks[i]);
    add_option(&w, "input", point->run[EXP_INPUT]);
    add_option(&w, "until", point->run[EXP_UNTIL]);
    add_option(&w, "max-insns", point->run[EXP_MAX_INSNS]);
    add_option(&w, "max-cycles", point->run[EXP_MAX_CYCLES]);
    add_option(&w, "console", "/dev/null"); /* it is in the folder, too */
    add_option(&w, "out", out);
    add(&w, "%s%s", *point->run[EXP_IMAGE] == '-' ? "./" : "",
        point->run[EXP_IMAGE]);
    if (point->run[EXP_ARGUMENTS]) {
        add(&w, "--");
        add(&w, "%s", point->run[EXP_ARGUMENTS]);
    }
    free(out);
    return w.list;
}

void exp_command_free(char **command)
{
    for (char **word = command; *word; word++)
        free(*word);
    free(command);
}

void exp_command_write_word(const char *word, FILE *out)
{
    bool plain = *word;
    for (const char *p = word; *p; p++)
        plain = plain && (isalnum((unsigned char)*p) || strchr("-_./=,:+", *p));
    if (plain) {
        fputs(word, out);
        return;
    }
    fputc('\'', out);
    for (const char *p = word; *p; p++) {
        if (*p == '\'')
            fputs("'\\''", out);
        else
            fputc(*p, out);
    }
    fputc('\'', out);
}

void exp_command_write(const ExpPoints *points, const char *folder, FILE *out)
{
    for (size_t i = 0; i < points->count; i++) {
        const ExpPoint *point = &points->list[i];
        if (!point->chosen)
            continue;
        char *name = exp_points_describe(points, point);
        char **command = exp_command_create(point, folder);
        fprintf(out, "# point %u%s%s\n", point->number, *name ? ": " : "",
                name);
        for (char **word = command; *word; word++) {
            if (word > command)
                fputc(' ', out);
            exp_command_write_word(*word, out);
        }
        fputc('\n', out);
        exp_command_free(command);
        free(name);
    }
}
