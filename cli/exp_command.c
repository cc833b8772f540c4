/* The command line that runs a point; see exp_command.h. */
#include "cli/exp_command.h"

#include "base/alloc.h"
#include "cli/exp_boot.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void exp_command_add(ExpWords *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *word = alloc_format_list(format, args);
    va_end(args);
    w->list = alloc_resize(w->list, w->count + 2, sizeof *w->list);
    w->list[w->count++] = word;
    w->list[w->count] = NULL;
}

/* An option and its value as one word, whatever the value begins with. */
static void add_option(ExpWords *w, const char *option, const char *value)
{
    if (value)
        exp_command_add(w, "--%s=%s", option, value);
}

void exp_command_add_inputs(ExpWords *w, const ExpPoint *point)
{
    for (size_t i = 0; i < point->disk_count; i++)
        exp_command_add(w, "--disk=%s,overlay", point->disks[i]);
    add_option(w, "input", point->run[EXP_INPUT]);
}

void exp_command_add_guest(ExpWords *w, const ExpPoint *point)
{
    const char *image = point->run[EXP_IMAGE];
    exp_command_add(w, "%s%s", *image == '-' ? "./" : "", image);
    if (point->run[EXP_ARGUMENTS]) {
        exp_command_add(w, "--");
        exp_command_add(w, "%s", point->run[EXP_ARGUMENTS]);
    }
}

char *exp_command_path(const ExpPoint *point, const char *folder,
                       const char *file)
{
    return alloc_format("%s/points/%04u%s%s", folder, point->number,
                        *file ? "/" : "", file);
}

/* Compiled code is kept where another point can use it, unless something was
 * said: a run that keeps code compiles more than is worth it for itself. */
static bool keeps_code(const ExpPoints *points, const ExpPoint *point)
{
    for (size_t i = 0; i < point->settings.count; i++) {
        const ExpSetting *s = &point->settings.list[i];
        if (s->key == EXP_CONFIG && strcmp(s->name, "engine.saved") == 0)
            return false;
    }
    for (size_t i = 0; point->code_hash && i < points->count; i++)
        if (&points->list[i] != point &&
            points->list[i].code_hash == point->code_hash)
            return true;
    return false;
}

char **exp_command_create(const ExpPoints *points, const ExpPoint *point,
                          const char *folder)
{
    ExpWords w = {NULL, 0};
    char *out = exp_command_path(point, folder, "");
    exp_command_add(&w, "selkirk");
    exp_command_add(&w, "run");
    for (size_t i = 0; i < point->settings.count; i++) {
        const ExpSetting *s = &point->settings.list[i];
        if (s->key == EXP_PRESET)
            add_option(&w, "preset", s->value);
        else
            exp_command_add(&w, "--set=%s=%s", s->name, s->value);
    }
    if (keeps_code(points, point))
        exp_command_add(&w, "--set=engine.saved=%s/code", folder);
    exp_command_add_inputs(&w, point);
    char *boot = exp_boot_path(point, folder);
    add_option(&w, "restore", boot ? boot : point->run[EXP_RESTORE]);
    free(boot);
    add_option(&w, "until", point->run[EXP_UNTIL]);
    add_option(&w, "max-insns", point->run[EXP_MAX_INSNS]);
    add_option(&w, "max-cycles", point->run[EXP_MAX_CYCLES]);
    add_option(&w, "console", "/dev/null"); /* it is in the folder, too */
    add_option(&w, "out", out);
    exp_command_add_guest(&w, point);
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

static void write_command(char **command, FILE *out)
{
    for (char **word = command; *word; word++) {
        if (word > command)
            fputc(' ', out);
        exp_command_write_word(*word, out);
    }
    fputc('\n', out);
    exp_command_free(command);
}

void exp_command_write(const ExpPoints *points, const char *folder, FILE *out)
{
    char *booted = NULL;
    for (size_t i = 0; i < points->count; i++) {
        const ExpPoint *point = &points->list[i];
        if (!point->chosen)
            continue;
        char *name = exp_points_describe(points, point);
        char *boot = exp_boot_path(point, folder);
        if (boot && (!booted || strcmp(boot, booted) != 0)) {
            fputs("# to where the next begin\n", out);
            write_command(exp_boot_command(point, boot), out);
        }
        free(booted);
        booted = boot;
        fprintf(out, "# point %u%s%s\n", point->number, *name ? ": " : "",
                name);
        write_command(exp_command_create(points, point, folder), out);
        free(name);
    }
    free(booted);
}
