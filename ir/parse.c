/* Regions from text, line by line; ir.h says how it reads.  What a line says is
 * checked here, and by ir_verify() whether the region keeps the rules. */
#include "ir/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/* Values may be called by any number below; a hostile text is to cost no more
 * memory than that. */
enum { NAMES_MAX = 1 << 20 };

typedef struct Parser {
    TextReader text;
    IrRegion *region;
    /* What the text calls %N is value names[N]; names are kept off by one, so
     * that 0 is none. */
    IrRef *names;
    uint32_t name_room;
    bool chosen;    /* a guest instruction was named */
    uint16_t guest; /* that one */
} Parser;

/* --- Names ---------------------------------------------------------------- */

/* A value that was defined on a line before. */
static bool read_value(Parser *p, IrRef *ref)
{
    uint32_t name;
    if (!text_expect(&p->text, "%") ||
        !text_read_number(&p->text, NAMES_MAX - 1, &name))
        return false;
    if (name >= p->name_room || p->names[name] == 0)
        return text_fail(&p->text,
                         "%%%" PRIu32 " has no value here; define it before",
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
        return text_fail(
            &p->text, "%%%" PRIu32 " has a value already; take another number",
            name);
    p->names[name] = ref + 1;
    return true;
}

static bool read_op(Parser *p, IrOp *op)
{
    char word[TEXT_WORD_MAX + 1];
    text_read_word(&p->text, word);
    for (unsigned i = 0; i < IR_OP_COUNT; i++) {
        if (strcmp(word, ir_op_info((IrOp)i)->name) == 0) {
            *op = (IrOp)i;
            return true;
        }
    }
    return text_fail(
        &p->text, "no operation is called \"%s\"; ir/ir.def lists them", word);
}

static bool read_slot(Parser *p, uint32_t *slot)
{
    char word[TEXT_WORD_MAX + 1];
    text_read_word(&p->text, word);
    for (unsigned i = 0; i < IR_SLOT_COUNT; i++) {
        if (strcmp(word, ir_slot_name((IrSlot)i)) == 0) {
            *slot = i;
            return true;
        }
    }
    return text_fail(&p->text, "no slot is called \"%s\"; ir/ir.def lists them",
                     word);
}

/* --- Lines ---------------------------------------------------------------- */

/* region 0x80001000 kernel fpu el pending=none */
static bool read_header(Parser *p, Arena *arena)
{
    uint32_t pc;
    IrContext context;
    if (!text_expect(&p->text, "region") ||
        !text_read_number(&p->text, UINT32_MAX, &pc) ||
        !text_read_context(&p->text, &context))
        return false;
    p->region = ir_region(arena, pc, context);
    return text_end_line(&p->text);
}

/* .0 0x80001000 0x8c820004, the first time that it is named; later .0 */
static bool read_guest(Parser *p)
{
    uint32_t number, pc, word;
    if (!text_read_number(&p->text, IR_GUESTS_MAX - 1, &number))
        return false;
    uint32_t count = p->region->guest_count;
    if (number > count)
        return text_fail(&p->text,
                         ".%" PRIu32 " does not come next; that is .%" PRIu32,
                         number, count);
    if (number == count) {
        if (text_at_end_of_line(&p->text))
            return text_fail(
                &p->text, ".%" PRIu32 " is new; write its address and its word",
                number);
        if (!text_read_number(&p->text, UINT32_MAX, &pc) ||
            !text_read_number(&p->text, UINT32_MAX, &word))
            return false;
        ir_add_guest(p->region, pc, word);
    }
    p->chosen = true;
    p->guest = (uint16_t)number;
    return text_end_line(&p->text);
}

/* [%1], [%1 + 4], [%1 - 4] */
static bool read_address(Parser *p, IrInsn *insn)
{
    if (!text_expect(&p->text, "[") || !read_value(p, &insn->a))
        return false;
    if (text_accept(&p->text, "+")) {
        if (!text_read_number(&p->text, INT32_MAX, &insn->imm))
            return false;
    } else if (text_accept(&p->text, "-")) {
        if (!text_read_number(&p->text, 0x80000000, &insn->imm))
            return false;
        insn->imm = 0 - insn->imm;
    }
    return text_expect(&p->text, "]");
}

static bool read_imm(Parser *p, IrImm kind, uint32_t *imm)
{
    switch (kind) {
    case IR_IMM_NONE:
    case IR_IMM_OFFSET:
    case IR_IMM_SLOT: return true; /* nothing, or read with the operands */
    case IR_IMM_VALUE: return text_read_number(&p->text, UINT32_MAX, imm);
    case IR_IMM_EXIT:
        return text_expect(&p->text, "x") &&
               text_read_number(&p->text, IR_EXITS_MAX - 1, imm);
    case IR_IMM_CP0: return text_read_number(&p->text, IR_CP0_COUNT - 1, imm);
    case IR_IMM_COND: return text_read_number(&p->text, IR_COND_COUNT - 1, imm);
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
        if ((!first && !text_expect(&p->text, ",")) || !read_value(p, &insn->a))
            return false;
        first = false;
    }
    if (info->b != IR_NONE &&
        (!text_expect(&p->text, ",") || !read_value(p, &insn->b)))
        return false;
    bool more = info->imm != IR_IMM_NONE && info->imm != IR_IMM_OFFSET &&
                info->imm != IR_IMM_SLOT;
    if (more && !first && !text_expect(&p->text, ","))
        return false;
    return read_imm(p, info->imm, &insn->imm);
}

/* %2 = add %0, %1; or without a value, exit x0 */
static bool read_insn(Parser *p)
{
    if (!p->chosen)
        return text_fail(&p->text,
                         "an instruction of no guest instruction; write one "
                         "(.0 ADDRESS WORD) before it");
    uint32_t name = 0;
    bool named = text_accept(&p->text, "%");
    if (named && (!text_read_number(&p->text, NAMES_MAX - 1, &name) ||
                  !text_expect(&p->text, "=")))
        return false;
    IrOp op = IR_OP_COUNT;
    if (!read_op(p, &op))
        return false;
    const IrOpInfo *info = ir_op_info(op);
    if (named && info->type == IR_NONE)
        return text_fail(&p->text,
                         "%s has no value; write it without %%%" PRIu32 " =",
                         info->name, name);
    if (!named && info->type != IR_NONE)
        return text_fail(&p->text, "%s has a value; write %%NUMBER = before it",
                         info->name);
    IrInsn insn = {.op = (uint8_t)op, .a = IR_NO_REF, .b = IR_NO_REF};
    if (!read_operands(p, &insn))
        return false;
    IrRef ref = ir_add(p->region, op, insn.a, insn.b, insn.imm);
    p->region->insns[ref].guest = p->guest;
    if (named && !define(p, name, ref))
        return false;
    return text_end_line(&p->text);
}

/* Lines until "end": guest instructions and theirs, then exits. */
static bool read_body(Parser *p)
{
    while (text_next_line(&p->text)) {
        if (text_accept_word(&p->text, "end"))
            return text_end_line(&p->text);
        bool exit =
            p->text.at[0] == 'x' && isdigit((unsigned char)p->text.at[1]);
        if (!exit && p->region->exit_count)
            return text_fail(&p->text,
                             "exits are followed by exits; write \"end\" after "
                             "the last");
        bool fine;
        if (exit) {
            p->text.at++;
            IrExit record;
            fine = text_read_exit(&p->text, p->region->exit_count, &record);
            if (fine)
                ir_add_exit(p->region, &record);
        } else {
            fine = text_accept(&p->text, ".") ? read_guest(p) : read_insn(p);
        }
        if (!fine)
            return false;
    }
    return text_fail(&p->text,
                     "the region does not end; write \"end\" after its exits");
}

IrRegion *ir_parse(Arena *arena, const char *text, const char *name, Diag *diag)
{
    Parser p = {.text = {name, text, 1, diag}};
    if (!text_next_line(&p.text)) {
        text_fail(&p.text,
                  "no region; the first line is \"region ADDRESS ...\"");
        return NULL;
    }
    if (!read_header(&p, arena) || !read_body(&p))
        return NULL;
    if (text_next_line(&p.text)) {
        text_fail(&p.text,
                  "there is more after the end of the region; remove it");
        return NULL;
    }
    return p.region;
}
