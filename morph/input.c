/* Input scripts: reading, checking, writing; see input.h. */
#include "morph/input.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "base/readall.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILE_SIZE_MAX = 1 << 28, /* a record of some minutes with a network */
};

/* Where a reading stands. */
typedef struct Reader {
    InputScript *script;
    size_t capacity; /* of script->steps */
    const char *name;
    unsigned line;
    const char *at, *end; /* what is left of the text */
    uint64_t last_at;     /* cycle of the last `at` */
    Diag *diag;
} Reader;

/* Says what is wrong with the line.  Returns false. */
__attribute__((format(printf, 2, 3))) static bool fail(const Reader *r,
                                                       const char *format, ...)
{
    char where[DIAG_TEXT_MAX];
    snprintf(where, sizeof where, "%.200s:%u", r->name, r->line);
    va_list args;
    va_start(args, format);
    diag_error_at(r->diag, where, format, args);
    va_end(args);
    return false;
}

static bool at_line_end(const Reader *r)
{
    return r->at == r->end || *r->at == '\n';
}

/* Carriage returns are blanks, so that files from elsewhere can be read. */
static void skip_blanks(Reader *r)
{
    while (r->at < r->end &&
           (*r->at == ' ' || *r->at == '\t' || *r->at == '\r'))
        r->at++;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* What follows a backslash, as a byte; -1 if it is no escape. */
static int read_escape(Reader *r)
{
    if (at_line_end(r))
        return -1;
    switch (*r->at++) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'e': return 0x1b;
    case '\\': return '\\';
    case '"': return '"';
    case 'x': break;
    default: return -1;
    }
    if (r->end - r->at < 2 || hex_digit(r->at[0]) < 0 ||
        hex_digit(r->at[1]) < 0)
        return -1;
    int byte = hex_digit(r->at[0]) << 4 | hex_digit(r->at[1]);
    r->at += 2;
    return byte;
}

static bool read_text(Reader *r, InputStep *step)
{
    if (at_line_end(r) || *r->at != '"')
        return fail(r, "a text is missing; write it in quotes: \"text\"");
    r->at++;
    /* The text is no longer than what stands for it. */
    const char *close = r->at;
    while (close < r->end && *close != '"' && *close != '\n')
        close +=
            *close == '\\' && r->end - close > 1 && close[1] != '\n' ? 2 : 1;
    step->text = alloc_zeroed((size_t)(close - r->at) + 1, 1);
    while (!at_line_end(r) && *r->at != '"') {
        unsigned char c = (unsigned char)*r->at++;
        if (c == '\\') {
            int byte = read_escape(r);
            if (byte < 0)
                return fail(r, "a \\ begins no escape; there are \\n \\r \\t "
                               "\\e \\\\ \\\" and \\xHH");
            c = (unsigned char)byte;
        } else if (c < 0x20 || c == 0x7f) {
            return fail(r, "the text has a control character; write \\x%02x",
                        c);
        }
        step->text[step->size++] = (char)c;
    }
    if (at_line_end(r))
        return fail(r, "the text does not end; close it with \" and write "
                       "line ends as \\n");
    r->at++;
    if (step->size == 0)
        return fail(r, "the text is empty; leave the line out");
    return true;
}

static bool read_cycles(Reader *r, InputStep *step)
{
    const char *start = r->at;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++) {
        uint64_t digit = (uint64_t)(*r->at - '0');
        if (__builtin_mul_overflow(step->cycle, 10, &step->cycle) ||
            __builtin_add_overflow(step->cycle, digit, &step->cycle))
            return fail(r, "the number is above 2^64 - 1; write fewer digits");
    }
    if (r->at == start)
        return fail(r, "a number of cycles is missing; write decimal digits");
    return true;
}

/* A word of small letters: the number of the one of `words` that it is, or
 * `count`. */
static size_t read_word(Reader *r, const char *const *words, size_t count)
{
    const char *word = r->at;
    while (r->at < r->end && *r->at >= 'a' && *r->at <= 'z')
        r->at++;
    size_t length = (size_t)(r->at - word), k = 0;
    while (k < count &&
           (strlen(words[k]) != length || memcmp(words[k], word, length) != 0))
        k++;
    return k;
}

/* Which card a step is about, and what happens to it. */
static bool read_network(Reader *r, InputStep *step)
{
    static const char *const states[] = {"off", "on"};
    unsigned slot = 0, digits = 0;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9' && digits < 3;
         r->at++, digits++)
        slot = 10 * slot + (unsigned)(*r->at - '0');
    if (digits == 0 || digits == 3)
        return fail(r, "the card's slot is missing; write its number, such as "
                       "27");
    step->slot = slot;
    skip_blanks(r);
    if (step->kind == INPUT_FRAME)
        return read_text(r, step);
    size_t state = read_word(r, states, 2);
    step->on = state == 1;
    return state < 2 || fail(r, "a carrier is on or off");
}

static bool read_step(Reader *r, InputStep *step)
{
    static const char *const words[] = {
        [INPUT_AFTER] = "after", [INPUT_AT] = "at",
        [INPUT_WAIT] = "wait",   [INPUT_TYPE] = "type",
        [INPUT_FRAME] = "frame", [INPUT_CARRIER] = "carrier"};
    size_t kind = read_word(r, words, ARRAY_LEN(words));
    if (kind == ARRAY_LEN(words))
        return fail(r, "a line begins with after, at, wait, type, carrier, "
                       "frame or #");
    step->kind = (InputKind)kind;
    skip_blanks(r);
    if (step->kind == INPUT_AFTER || step->kind == INPUT_TYPE)
        return read_text(r, step);
    if (step->kind == INPUT_CARRIER || step->kind == INPUT_FRAME)
        return read_network(r, step);
    if (!read_cycles(r, step))
        return false;
    if (step->kind == INPUT_AT) {
        if (step->cycle < r->last_at)
            return fail(r,
                        "cycle %" PRIu64 " comes after cycle %" PRIu64
                        " of an earlier line; steps stand in order of time",
                        step->cycle, r->last_at);
        r->last_at = step->cycle;
    }
    return true;
}

static InputStep *new_step(Reader *r)
{
    InputScript *script = r->script;
    if (script->count == r->capacity) {
        r->capacity = r->capacity ? 2 * r->capacity : 16;
        script->steps =
            alloc_resize(script->steps, r->capacity, sizeof *script->steps);
    }
    InputStep *step = &script->steps[script->count++];
    *step = (InputStep){.text = NULL};
    return step;
}

static bool read_line(Reader *r)
{
    r->line++;
    skip_blanks(r);
    if (!at_line_end(r) && *r->at == '#') {
        while (!at_line_end(r))
            r->at++;
    } else if (!at_line_end(r)) {
        if (!read_step(r, new_step(r)))
            return false;
        skip_blanks(r);
        if (!at_line_end(r))
            return fail(r, "more than one step on the line; begin a new line");
    }
    if (r->at < r->end)
        r->at++;
    return true;
}

bool input_parse(InputScript *script, const char *name, const char *text,
                 size_t size, Diag *diag)
{
    *script = (InputScript){NULL, 0};
    Reader r = {.script = script,
                .name = name,
                .at = text,
                .end = text + size,
                .diag = diag};
    while (r.at < r.end) {
        if (!read_line(&r)) {
            input_free(script);
            return false;
        }
    }
    return true;
}

/* All of `file`.  NULL if it cannot be read. */
static char *read_file(FILE *file, const char *path, size_t *size, Diag *diag)
{
    char *text = read_all(file, FILE_SIZE_MAX, size);
    if (ferror(file))
        diag_error(diag, "%s: cannot read the input script: %s", path,
                   strerror(errno));
    else if (*size > FILE_SIZE_MAX)
        diag_error(diag,
                   "%s: the input script is larger than %d MB; cut it down",
                   path, FILE_SIZE_MAX >> 20);
    else
        return text;
    free(text);
    return NULL;
}

bool input_read(InputScript *script, const char *path, Diag *diag)
{
    *script = (InputScript){NULL, 0};
    FILE *file = fopen(path, "rb");
    if (!file)
        return diag_error(diag, "%s: cannot read the input script: %s", path,
                          strerror(errno));
    size_t size;
    char *text = read_file(file, path, &size, diag);
    fclose(file);
    bool ok = text && input_parse(script, path, text, size, diag);
    free(text);
    return ok;
}

void input_free(InputScript *script)
{
    for (size_t i = 0; i < script->count; i++)
        free(script->steps[i].text);
    free(script->steps);
    *script = (InputScript){NULL, 0};
}

bool input_has_network(const InputScript *script)
{
    for (size_t i = 0; i < script->count; i++)
        if (script->steps[i].kind == INPUT_CARRIER ||
            script->steps[i].kind == INPUT_FRAME)
            return true;
    return false;
}

static void write_text(FILE *out, const void *bytes, size_t size)
{
    const unsigned char *p = bytes;
    putc('"', out);
    for (size_t i = 0; i < size; i++) {
        switch (p[i]) {
        case '\n': fputs("\\n", out); break;
        case '\r': fputs("\\r", out); break;
        case '\t': fputs("\\t", out); break;
        case 0x1b: fputs("\\e", out); break;
        case '\\': fputs("\\\\", out); break;
        case '"': fputs("\\\"", out); break;
        default:
            if (p[i] < 0x20 || p[i] >= 0x7f)
                fprintf(out, "\\x%02x", p[i]);
            else
                fputc(p[i], out);
        }
    }
    fputs("\"\n", out);
}

void input_record(FILE *out, uint64_t cycle, const void *bytes, size_t size)
{
    fprintf(out, "at %" PRIu64 "\ntype ", cycle);
    write_text(out, bytes, size);
}

void input_record_frame(FILE *out, uint64_t cycle, unsigned slot,
                        const void *bytes, size_t size)
{
    fprintf(out, "at %" PRIu64 "\nframe %u ", cycle, slot);
    write_text(out, bytes, size);
}

void input_record_carrier(FILE *out, uint64_t cycle, unsigned slot, bool on)
{
    fprintf(out, "at %" PRIu64 "\ncarrier %u %s\n", cycle, slot,
            on ? "on" : "off");
}
