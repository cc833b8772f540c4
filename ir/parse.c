/* Regions from text, line by line; ir.h says how it reads.  What a line says is
 * checked here, and by ir_verify() whether the region keeps the rules. */
#include "ir/ir.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/* Values may be called by any number below; a hostile text is to cost no more
 * memory than that. */
enum { NAMES_MAX = 1 << 20, WORD_MAX = 15 };

typedef struct Parser {
    const char *name; /* of the file */
    const char *at;   /* what is read next */
    unsigned line;
    Diag *diag;
    IrRegion *region;
    /* What the text calls %N is value names[N]; names are kept off by one, so
     * that 0 is none. */
    IrRef *names;
    uint32_t name_room;
    bool chosen;    /* a guest instruction was named */
    uint16_t guest; /* that one */
} Parser;

__attribute__((format(printf, 2, 3))) static bool fail(const Parser *p,
                                                       const char *format, ...)
{
    char where[256];
    snprintf(where, sizeof where, "%.200s:%u", p->name, p->line);
    va_list args;
    va_start(args, format);
    diag_error_at(p->diag, where, format, args);
    va_end(args);
    return false;
}

/* --- Pieces of a line ----------------------------------------------------- */

static void skip_spaces(Parser *p)
{
    while (*p->at == ' ' || *p->at == '\t' || *p->at == '\r')
        p->at++;
    if (*p->at == ';')
        p->at += strcspn(p->at, "\n");
}

static bool at_end_of_line(Parser *p)
{
    skip_spaces(p);
    return *p->at == '\n' || *p->at == 0;
}

/* Goes on to the next line that says something; false at the end of the text.
 */
static bool next_line(Parser *p)
{
    while (at_end_of_line(p)) {
        if (*p->at == 0)
            return false;
        p->at++;
        p->line++;
    }
    return true;
}

static bool end_line(Parser *p)
{
    return at_end_of_line(p) ||
           fail(p, "\"%.*s\" is too much; end the line before it",
                (int)strcspn(p->at, "\r\n"), p->at);
}

/* Takes `text` if it is what comes next. */
static bool accept(Parser *p, const char *text)
{
    skip_spaces(p);
    size_t length = strlen(text);
    if (strncmp(p->at, text, length) != 0)
        return false;
    p->at += length;
    return true;
}

/* The same for a whole word. */
static bool accept_word(Parser *p, const char *word)
{
    skip_spaces(p);
    size_t length = strlen(word);
    return !isalnum((unsigned char)p->at[strnlen(p->at, length)]) &&
           accept(p, word);
}

static bool expect(Parser *p, const char *text)
{
    return accept(p, text) || fail(p, "\"%s\" is missing before \"%.*s\"", text,
                                   (int)strcspn(p->at, "\r\n"), p->at);
}

/* The word that comes next: letters, digits and dots; "" if there is none. */
static void read_word(Parser *p, char word[WORD_MAX + 1])
{
    skip_spaces(p);
    size_t length = 0;
    while (isalnum((unsigned char)p->at[length]) || p->at[length] == '.')
        length++;
    size_t kept = length < WORD_MAX ? length : WORD_MAX;
    memcpy(word, p->at, kept);
    word[kept] = 0;
    /* One that is too long is none that there is: it must not pass for its
     * beginning. */
    if (length > WORD_MAX)
        word[0] = '?';
    p->at += length;
}

/* A number of at most `max`, decimal or 0x hexadecimal. */
static bool read_number(Parser *p, uint32_t max, uint32_t *number)
{
    skip_spaces(p);
    bool hex = p->at[0] == '0' && p->at[1] == 'x';
    const char *digits = p->at + (hex ? 2 : 0), *at = digits;
    uint64_t value = 0;
    for (; isxdigit((unsigned char)*at); at++) {
        int c = tolower((unsigned char)*at);
        if (!hex && !isdigit(c))
            break;
        value = value * (hex ? 16 : 10) +
                (uint64_t)(isdigit(c) ? c - '0' : c - 'a' + 10);
        if (value > max)
            return fail(p, "a number above %" PRIu32 "; make it smaller", max);
    }
    if (at == digits)
        return fail(p, "\"%.*s\" is no number; write decimal or 0x hexadecimal",
                    (int)strcspn(p->at, "\r\n"), p->at);
    p->at = at;
    *number = (uint32_t)value;
    return true;
}

/* --- Names ---------------------------------------------------------------- */

/* A value that was defined on a line before. */
static bool read_value(Parser *p, IrRef *ref)
{
    uint32_t name;
    if (!expect(p, "%") || !read_number(p, NAMES_MAX - 1, &name))
        return false;
    if (name >= p->name_room || p->names[name] == 0)
        return fail(p, "%%%" PRIu32 " has no value here; define it before",
                    name);
    *ref = p->names[name] - 1;
    return true;
}

static bool define(Parser *p, uint32_t name, IrRef ref)
{
    if (name >= p->name_room) {
        uint32_t room = p->name_room ? p->name_room : 64;
        while (room <= name)
            room *= 2;
        p->names = arena_grow(p->region->arena, p->names, p->name_room, room,
                              sizeof *p->names);
        p->name_room = room;
    }
    if (p->names[name])
        return fail(p, "%%%" PRIu32 " has a value already; take another number",
                    name);
    p->names[name] = ref + 1;
    return true;
}

static bool read_op(Parser *p, IrOp *op)
{
    char word[WORD_MAX + 1];
    read_word(p, word);
    for (unsigned i = 0; i < IR_OP_COUNT; i++) {
        if (strcmp(word, ir_op_info((IrOp)i)->name) == 0) {
            *op = (IrOp)i;
            return true;
        }
    }
    return fail(p, "no operation is called \"%s\"; ir/ir.def lists them", word);
}

static bool read_slot(Parser *p, uint32_t *slot)
{
    char word[WORD_MAX + 1];
    read_word(p, word);
    for (unsigned i = 0; i < IR_SLOT_COUNT; i++) {
        if (strcmp(word, ir_slot_name((IrSlot)i)) == 0) {
            *slot = i;
            return true;
        }
    }
    return fail(p, "no slot is called \"%s\"; ir/ir.def lists them", word);
}

static bool read_pending(Parser *p, IrPending *pending)
{
    uint32_t number;
    if (!expect(p, "pending="))
        return false;
    if (accept_word(p, "none")) {
        *pending = IR_PENDING_NONE;
        return true;
    }
    bool fp = accept(p, "f");
    if (!fp && !accept(p, "r"))
        return fail(p, "pending is none, r1 to r31 or f0 to f31");
    if (!read_number(p, 31, &number))
        return false;
    if (!fp && number == 0)
        return fail(p, "r0 is never pending; write none");
    *pending = (IrPending)(number + (fp ? IR_PENDING_FPR : 0));
    return true;
}

/* --- Lines ---------------------------------------------------------------- */

/* region 0x80001000 kernel fpu el pending=none */
static bool read_header(Parser *p, Arena *arena)
{
    uint32_t pc;
    IrContext context = {0};
    if (!expect(p, "region") || !read_number(p, UINT32_MAX, &pc))
        return false;
    context.user = accept_word(p, "user");
    if (!context.user && !accept_word(p, "kernel"))
        return fail(p, "the mode is missing; write user or kernel");
    context.fpu = accept_word(p, "fpu");
    context.big = accept_word(p, "eb");
    if (!context.big && !accept_word(p, "el"))
        return fail(p, "the byte order is missing; write eb or el");
    if (!read_pending(p, &context.pending))
        return false;
    p->region = ir_region(arena, pc, context);
    return end_line(p);
}

/* .0 0x80001000 0x8c820004, the first time that it is named; later .0 */
static bool read_guest(Parser *p)
{
    uint32_t number, pc, word;
    if (!read_number(p, IR_GUESTS_MAX - 1, &number))
        return false;
    uint32_t count = p->region->guest_count;
    if (number > count)
        return fail(p, ".%" PRIu32 " does not come next; that is .%" PRIu32,
                    number, count);
    if (number == count) {
        if (at_end_of_line(p))
            return fail(p,
                        ".%" PRIu32 " is new; write its address and its word",
                        number);
        if (!read_number(p, UINT32_MAX, &pc) ||
            !read_number(p, UINT32_MAX, &word))
            return false;
        ir_add_guest(p->region, pc, word);
    }
    p->chosen = true;
    p->guest = (uint16_t)number;
    return end_line(p);
}

/* [%1], [%1 + 4], [%1 - 4] */
static bool read_address(Parser *p, IrInsn *insn)
{
    if (!expect(p, "[") || !read_value(p, &insn->a))
        return false;
    if (accept(p, "+")) {
        if (!read_number(p, INT32_MAX, &insn->imm))
            return false;
    } else if (accept(p, "-")) {
        if (!read_number(p, 0x80000000, &insn->imm))
            return false;
        insn->imm = 0 - insn->imm;
    }
    return expect(p, "]");
}

static bool read_imm(Parser *p, IrImm kind, uint32_t *imm)
{
    switch (kind) {
    case IR_IMM_NONE:
    case IR_IMM_OFFSET:
    case IR_IMM_SLOT: return true; /* nothing, or read with the operands */
    case IR_IMM_VALUE: return read_number(p, UINT32_MAX, imm);
    case IR_IMM_EXIT:
        return expect(p, "x") && read_number(p, IR_EXITS_MAX - 1, imm);
    case IR_IMM_CP0: return read_number(p, IR_CP0_COUNT - 1, imm);
    case IR_IMM_COND: return read_number(p, IR_COND_COUNT - 1, imm);
    }
    return false;
}

static bool read_operands(Parser *p, IrInsn *insn)
{
    const IrOpInfo *info = ir_op_info((IrOp)insn->op);
    bool first = true, has_a = info->a != IR_NONE;
    if (info->imm == IR_IMM_OFFSET) {
        if (!read_address(p, insn))
            return false;
        has_a = first = false;
    } else if (info->imm == IR_IMM_SLOT) {
        if (!read_slot(p, &insn->imm))
            return false;
        first = false;
    }
    if (has_a) {
        if ((!first && !expect(p, ",")) || !read_value(p, &insn->a))
            return false;
        first = false;
    }
    if (info->b != IR_NONE && (!expect(p, ",") || !read_value(p, &insn->b)))
        return false;
    bool more = info->imm != IR_IMM_NONE && info->imm != IR_IMM_OFFSET &&
                info->imm != IR_IMM_SLOT;
    if (more && !first && !expect(p, ","))
        return false;
    return read_imm(p, info->imm, &insn->imm);
}

/* %2 = add %0, %1; or without a value, exit x0 */
static bool read_insn(Parser *p)
{
    if (!p->chosen)
        return fail(p, "an instruction of no guest instruction; write one "
                       "(.0 ADDRESS WORD) before it");
    uint32_t name = 0;
    bool named = accept(p, "%");
    if (named && (!read_number(p, NAMES_MAX - 1, &name) || !expect(p, "=")))
        return false;
    IrOp op = IR_OP_COUNT;
    if (!read_op(p, &op))
        return false;
    const IrOpInfo *info = ir_op_info(op);
    if (named && info->type == IR_NONE)
        return fail(p, "%s has no value; write it without %%%" PRIu32 " =",
                    info->name, name);
    if (!named && info->type != IR_NONE)
        return fail(p, "%s has a value; write %%NUMBER = before it",
                    info->name);
    IrInsn insn = {.op = (uint8_t)op, .a = IR_NO_REF, .b = IR_NO_REF};
    if (!read_operands(p, &insn))
        return false;
    IrRef ref = ir_add(p->region, op, insn.a, insn.b, insn.imm);
    p->region->insns[ref].guest = p->guest;
    if (named && !define(p, name, ref))
        return false;
    return end_line(p);
}

/* x0 direct 0x80001014 insns=3 pending=none call=0x8000100c */
static bool read_exit(Parser *p)
{
    static const char *const kinds[] = {[IR_EXIT_DIRECT] = "direct",
                                        [IR_EXIT_INDIRECT] = "indirect",
                                        [IR_EXIT_INTERPRET] = "interpret",
                                        [IR_EXIT_COMMIT] = "commit"};
    IrExit exit = {0};
    uint32_t number, kind = 0;
    if (!read_number(p, IR_EXITS_MAX - 1, &number))
        return false;
    if (number != p->region->exit_count)
        return fail(p, "x%" PRIu32 " does not come next; that is x%" PRIu32,
                    number, p->region->exit_count);
    while (kind <= IR_EXIT_COMMIT && !accept_word(p, kinds[kind]))
        kind++;
    if (kind > IR_EXIT_COMMIT)
        return fail(p, "the kind of exit is missing; write direct, indirect, "
                       "interpret or commit");
    exit.kind = (IrExitKind)kind;
    if (kind != IR_EXIT_INDIRECT && !read_number(p, UINT32_MAX, &exit.pc))
        return false;
    if (!expect(p, "insns=") || !read_number(p, UINT32_MAX, &exit.insns) ||
        !read_pending(p, &exit.pending))
        return false;
    if (accept(p, "call=")) {
        exit.hint = IR_HINT_CALL;
        if (!read_number(p, UINT32_MAX, &exit.link))
            return false;
    } else if (accept_word(p, "return")) {
        exit.hint = IR_HINT_RETURN;
    }
    ir_add_exit(p->region, &exit);
    return end_line(p);
}

/* Lines until "end": guest instructions and theirs, then exits. */
static bool read_body(Parser *p)
{
    while (next_line(p)) {
        if (accept_word(p, "end"))
            return end_line(p);
        bool exit = p->at[0] == 'x' && isdigit((unsigned char)p->at[1]);
        if (!exit && p->region->exit_count)
            return fail(p, "exits are followed by exits; write \"end\" after "
                           "the last");
        bool fine;
        if (exit) {
            p->at++;
            fine = read_exit(p);
        } else {
            fine = accept(p, ".") ? read_guest(p) : read_insn(p);
        }
        if (!fine)
            return false;
    }
    return fail(p, "the region does not end; write \"end\" after its exits");
}

IrRegion *ir_parse(Arena *arena, const char *text, const char *name, Diag *diag)
{
    Parser p = {.name = name, .at = text, .line = 1, .diag = diag};
    if (!next_line(&p)) {
        fail(&p, "no region; the first line is \"region ADDRESS ...\"");
        return NULL;
    }
    if (!read_header(&p, arena) || !read_body(&p))
        return NULL;
    if (next_line(&p)) {
        fail(&p, "there is more after the end of the region; remove it");
        return NULL;
    }
    return p.region;
}
