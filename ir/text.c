/* The text that regions and molecules have in common; see text.h. */
#include "ir/text.h"

#include "base/bits.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

bool text_fail(const TextReader *t, const char *format, ...)
{
    char where[256];
    snprintf(where, sizeof where, "%.200s:%u", t->name, t->line);
    va_list args;
    va_start(args, format);
    diag_error_at(t->diag, where, format, args);
    va_end(args);
    return false;
}

/* --- Pieces of a line ----------------------------------------------------- */

static void skip_spaces(TextReader *t)
{
    while (*t->at == ' ' || *t->at == '\t' || *t->at == '\r')
        t->at++;
    if (*t->at == ';')
        t->at += strcspn(t->at, "\n");
}

/* Length of what a message shows of the text: the rest of the line. */
static int rest_of_line(const TextReader *t)
{
    return (int)strcspn(t->at, "\r\n");
}

bool text_at_end_of_line(TextReader *t)
{
    skip_spaces(t);
    return *t->at == '\n' || *t->at == 0;
}

bool text_next_line(TextReader *t)
{
    while (text_at_end_of_line(t)) {
        if (*t->at == 0)
            return false;
        t->at++;
        t->line++;
    }
    return true;
}

bool text_end_line(TextReader *t)
{
    return text_at_end_of_line(t) ||
           text_fail(t, "\"%.*s\" is too much; end the line before it",
                     rest_of_line(t), t->at);
}

bool text_accept(TextReader *t, const char *text)
{
    skip_spaces(t);
    size_t length = strlen(text);
    if (strncmp(t->at, text, length) != 0)
        return false;
    t->at += length;
    return true;
}

bool text_accept_word(TextReader *t, const char *word)
{
    skip_spaces(t);
    size_t length = strlen(word);
    return !isalnum((unsigned char)t->at[strnlen(t->at, length)]) &&
           text_accept(t, word);
}

bool text_expect(TextReader *t, const char *text)
{
    return text_accept(t, text) ||
           text_fail(t, "\"%s\" is missing before \"%.*s\"", text,
                     rest_of_line(t), t->at);
}

void text_read_word(TextReader *t, char word[TEXT_WORD_MAX + 1])
{
    skip_spaces(t);
    size_t length = 0;
    while (isalnum((unsigned char)t->at[length]) || t->at[length] == '.')
        length++;
    size_t kept = length < TEXT_WORD_MAX ? length : TEXT_WORD_MAX;
    memcpy(word, t->at, kept);
    word[kept] = 0;
    /* One that is too long is none that there is: it must not pass for its
     * beginning. */
    if (length > TEXT_WORD_MAX)
        word[0] = '?';
    t->at += length;
}

bool text_read_number(TextReader *t, uint32_t max, uint32_t *number)
{
    skip_spaces(t);
    bool hex = t->at[0] == '0' && t->at[1] == 'x';
    const char *digits = t->at + (hex ? 2 : 0), *at = digits;
    uint64_t value = 0;
    for (; isxdigit((unsigned char)*at); at++) {
        int c = tolower((unsigned char)*at);
        if (!hex && !isdigit(c))
            break;
        value = value * (hex ? 16 : 10) +
                (uint64_t)(isdigit(c) ? c - '0' : c - 'a' + 10);
        if (value > max)
            return text_fail(t, "a number above %" PRIu32 "; make it smaller",
                             max);
    }
    if (at == digits)
        return text_fail(
            t, "\"%.*s\" is no number; write decimal or 0x hexadecimal",
            rest_of_line(t), t->at);
    t->at = at;
    *number = (uint32_t)value;
    return true;
}

/* --- What is in flight, context ------------------------------------------- */

static void print_pending(FILE *out, IrPending pending)
{
    fputs(" pending=", out);
    if (pending == IR_PENDING_NONE)
        fputs("none", out);
    else if (pending < IR_PENDING_FPR)
        fprintf(out, "r%u", pending);
    else if (pending < IR_PENDING_COUNT)
        fprintf(out, "f%u", pending - IR_PENDING_FPR);
    else
        fprintf(out, "?%u", pending);
}

static bool read_pending(TextReader *t, IrPending *pending)
{
    uint32_t number;
    if (!text_expect(t, "pending="))
        return false;
    if (text_accept_word(t, "none")) {
        *pending = IR_PENDING_NONE;
        return true;
    }
    bool fp = text_accept(t, "f");
    if (!fp && !text_accept(t, "r"))
        return text_fail(t, "pending is none, r1 to r31 or f0 to f31");
    if (!text_read_number(t, 31, &number))
        return false;
    if (!fp && number == 0)
        return text_fail(t, "r0 is never pending; write none");
    *pending = (IrPending)(number + (fp ? IR_PENDING_FPR : 0));
    return true;
}

void text_print_context(FILE *out, const IrContext *context)
{
    fprintf(out, "%s%s %s", context->user ? "user" : "kernel",
            context->fpu ? " fpu" : "", context->big ? "eb" : "el");
    print_pending(out, context->pending);
}

bool text_read_context(TextReader *t, IrContext *context)
{
    *context = (IrContext){0};
    context->user = text_accept_word(t, "user");
    if (!context->user && !text_accept_word(t, "kernel"))
        return text_fail(t, "the mode is missing; write user or kernel");
    context->fpu = text_accept_word(t, "fpu");
    context->big = text_accept_word(t, "eb");
    if (!context->big && !text_accept_word(t, "el"))
        return text_fail(t, "the byte order is missing; write eb or el");
    return read_pending(t, &context->pending);
}

/* --- Guest instructions and exits ----------------------------------------- */

void text_print_guest(FILE *out, unsigned number, const IrGuest *guest,
                      IrComment *comment, void *ctx)
{
    fprintf(out, ".%u 0x%08" PRIx32 " 0x%08" PRIx32, number, guest->pc,
            guest->word);
    if (comment) {
        fputs(" ; ", out);
        comment(ctx, out, guest->pc, guest->word);
    }
    fputc('\n', out);
}

static const char *const exit_kinds[] = {[IR_EXIT_DIRECT] = "direct",
                                         [IR_EXIT_INDIRECT] = "indirect",
                                         [IR_EXIT_INTERPRET] = "interpret",
                                         [IR_EXIT_COMMIT] = "commit"};

void text_print_exit(FILE *out, unsigned number, const IrExit *exit)
{
    fprintf(out, "x%u ", number);
    if ((unsigned)exit->kind < ARRAY_LEN(exit_kinds))
        fputs(exit_kinds[exit->kind], out);
    else
        fprintf(out, "?%d", (int)exit->kind);
    if (exit->kind != IR_EXIT_INDIRECT)
        fprintf(out, " 0x%08" PRIx32, exit->pc);
    fprintf(out, " insns=%" PRIu32, exit->insns);
    print_pending(out, exit->pending);
    switch (exit->hint) {
    case IR_HINT_NONE: break;
    case IR_HINT_CALL: fprintf(out, " call=0x%08" PRIx32, exit->link); break;
    case IR_HINT_RETURN: fputs(" return", out); break;
    case IR_HINT_FAILS: fputs(" fails", out); break;
    default: fprintf(out, " ?%d", (int)exit->hint); break;
    }
    fputc('\n', out);
}

bool text_read_exit(TextReader *t, unsigned number, IrExit *exit)
{
    uint32_t given, kind = 0;
    *exit = (IrExit){0};
    if (!text_read_number(t, IR_EXITS_MAX - 1, &given))
        return false;
    if (given != number)
        return text_fail(t, "x%" PRIu32 " does not come next; that is x%u",
                         given, number);
    while (kind < ARRAY_LEN(exit_kinds) &&
           !text_accept_word(t, exit_kinds[kind]))
        kind++;
    if (kind == ARRAY_LEN(exit_kinds))
        return text_fail(t, "the kind of exit is missing; write direct, "
                            "indirect, interpret or commit");
    exit->kind = (IrExitKind)kind;
    if (kind != IR_EXIT_INDIRECT && !text_read_number(t, UINT32_MAX, &exit->pc))
        return false;
    if (!text_expect(t, "insns=") ||
        !text_read_number(t, UINT32_MAX, &exit->insns) ||
        !read_pending(t, &exit->pending))
        return false;
    if (text_accept(t, "call=")) {
        exit->hint = IR_HINT_CALL;
        if (!text_read_number(t, UINT32_MAX, &exit->link))
            return false;
    } else if (text_accept_word(t, "return")) {
        exit->hint = IR_HINT_RETURN;
    } else if (text_accept_word(t, "fails")) {
        exit->hint = IR_HINT_FAILS;
    }
    return text_end_line(t);
}
