/* Molecules as text: printer and parser, exact inverses.
 *
 *     code 0x80001000 kernel el pending=none main=3 length=5 bound=4
 *     .0 0x80001000 0x8c820004
 *     .1 0x80001004 0x10450003
 *     x0 direct 0x80001014 insns=3 pending=none
 *     x1 direct 0x8000100c insns=3 pending=r2
 *     0: 8 lsu0:ld32 r40, [r4] .0 alu1:add r4, r4, 4 .1
 *     1: 16 commit x0 alu0:or r2, r40, 0x12345678 .0 alu1:shl r3, r5, 2 .1
 *     2: 8 bru:br.eqz r40, @3 .1
 *     ...
 *     end
 *
 * The guest instructions and the exits come before the molecules.  An atom ends
 * with the guest instruction that it is a part of; a load may say `protect N`
 * before that, a store `check 0xMASK`.  What stands behind ';' is not read.
 * Written by hand, a molecule's size may be left out, and the guest
 * instruction, which is then .0. */
#include "hwmodel/vliw/molecule.h"

#include "ir/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/* What `imm` says in an atom in which it is not operand B. */
typedef struct ImmForm {
    const char *prefix;
    uint32_t limit; /* less than that; of targets and exits, the code's own */
} ImmForm;

static const ImmForm *imm_form(AtomOp op)
{
    static const ImmForm local = {"l", VLIW_LOCALS}, cp0 = {"c", IR_CP0_COUNT},
                         cond = {"", IR_COND_COUNT}, target = {"@", UINT32_MAX},
                         exit = {"x", IR_EXITS_MAX};
    switch (op) {
    case ATOM_LDL:
    case ATOM_LDLF:
    case ATOM_STL:
    case ATOM_STLF: return &local;
    case ATOM_CP0: return &cp0;
    case ATOM_FCMPS:
    case ATOM_FCMPD: return &cond;
    case ATOM_EXIT: return &exit;
    default: return atom_info(op)->unit == ATOM_UNIT_BRU ? &target : NULL;
    }
}

/* The order in which an atom's operands are written.  An address stands in
 * brackets. */
enum { PARTS_MAX = 4 };
typedef enum Part { PART_END, PART_D, PART_A, PART_B, PART_IMM } Part;

static void list_parts(AtomOp op, Part parts[PARTS_MAX])
{
    const AtomInfo *info = atom_info(op);
    bool first = op == ATOM_STL || op == ATOM_STLF;
    unsigned n = 0;
    if (first)
        parts[n++] = PART_IMM;
    if (info->d != ATOM_N)
        parts[n++] = PART_D;
    if (info->a != ATOM_N)
        parts[n++] = PART_A;
    if (info->b != ATOM_N)
        parts[n++] = PART_B;
    if (!first && imm_form(op))
        parts[n++] = PART_IMM;
    parts[n] = PART_END;
}

/* --- Printing ------------------------------------------------------------- */

static void print_number(uint32_t value, FILE *out)
{
    if (value + 0x8000 < 0x18000)
        fprintf(out, "%" PRId32, (int32_t)value);
    else
        fprintf(out, "0x%08" PRIx32, value);
}

void atom_print(const Atom *atom, FILE *out)
{
    const AtomInfo *info = atom_info((AtomOp)atom->op);
    bool access = atom_is_access((AtomOp)atom->op);
    Part parts[PARTS_MAX];
    list_parts((AtomOp)atom->op, parts);
    fputs(info->name, out);
    for (unsigned i = 0; parts[i] != PART_END; i++) {
        fputs(i ? ", " : " ", out);
        switch (parts[i]) {
        case PART_D:
            fprintf(out, "%c%u", info->d == ATOM_F ? 'f' : 'r', atom->d);
            break;
        case PART_A:
            fprintf(out, access ? "[%c%u]" : "%c%u",
                    info->a == ATOM_F ? 'f' : 'r', atom->a);
            break;
        case PART_B:
            if (atom->b_imm)
                print_number(atom->imm, out);
            else
                fprintf(out, "%c%u", info->b == ATOM_F ? 'f' : 'r', atom->b);
            break;
        default:
            fprintf(out, "%s%" PRIu32, imm_form((AtomOp)atom->op)->prefix,
                    atom->imm);
        }
    }
    if (atom->protect)
        fprintf(out, " protect %u", atom->protect - 1u);
    if (atom->check)
        fprintf(out, " check 0x%" PRIx64, atom->check);
}

void vliw_code_print(const VliwCode *code, FILE *out)
{
    fprintf(out, "code 0x%08" PRIx32 " ", code->pc);
    text_print_context(out, &code->context);
    fprintf(out, " main=%u length=%u bound=%u\n", code->main_count,
            code->length, code->bound);
    for (unsigned i = 0; i < code->guest_count; i++)
        text_print_guest(out, i, &code->guests[i], NULL, NULL);
    for (unsigned i = 0; i < code->exit_count; i++)
        text_print_exit(out, i, &code->exits[i]);
    for (unsigned i = 0; i < code->count; i++) {
        const Molecule *molecule = &code->molecules[i];
        fprintf(out, "%u: %u", i, molecule->size);
        if (molecule->commit)
            fprintf(out, " commit x%u", molecule->commit - 1u);
        for (unsigned j = 0; j < molecule->count; j++) {
            const Atom *atom = &molecule->atoms[j];
            fprintf(out, " %s:", vliw_unit_name((VliwUnit)atom->unit));
            atom_print(atom, out);
            fprintf(out, " .%u", atom->guest);
        }
        fputc('\n', out);
    }
    fputs("end\n", out);
}

/* --- Parsing -------------------------------------------------------------- */

typedef struct Parser {
    TextReader text;
    Arena *arena;
    const VliwDesc *desc;
    VliwCode *code;
    unsigned guest_room, exit_room, molecule_room;
    unsigned farthest;    /* molecule that a branch names */
    unsigned branch_line; /* of that branch */
} Parser;

/* Room for one more element of an array in the arena. */
static void *make_room(Parser *p, void *array, unsigned count, unsigned *room,
                       size_t size)
{
    if (count < *room)
        return array;
    unsigned old = *room;
    *room = old ? 2 * old : 16;
    return arena_grow(p->arena, array, old, *room, size);
}

/* code 0x80001000 kernel el pending=none main=3 length=5 bound=4 */
static bool read_header(Parser *p)
{
    TextReader *t = &p->text;
    VliwCode *code = p->code;
    uint32_t main_count, length, bound;
    if (!text_expect(t, "code") ||
        !text_read_number(t, UINT32_MAX, &code->pc) ||
        !text_read_context(t, &code->context) || !text_expect(t, "main=") ||
        !text_read_number(t, UINT32_MAX, &main_count) ||
        !text_expect(t, "length=") ||
        !text_read_number(t, UINT32_MAX, &length) ||
        !text_expect(t, "bound=") || !text_read_number(t, UINT32_MAX, &bound))
        return false;
    code->main_count = main_count;
    code->length = length;
    code->bound = bound;
    return text_end_line(t);
}

/* After the dot: 0 0x80001000 0x8c820004 */
static bool read_guest(Parser *p)
{
    TextReader *t = &p->text;
    VliwCode *code = p->code;
    uint32_t number;
    IrGuest guest;
    if (!text_read_number(t, IR_GUESTS_MAX - 1, &number))
        return false;
    if (number != code->guest_count)
        return text_fail(t, ".%" PRIu32 " does not come next; that is .%u",
                         number, code->guest_count);
    if (!text_read_number(t, UINT32_MAX, &guest.pc) ||
        !text_read_number(t, UINT32_MAX, &guest.word))
        return false;
    code->guests = make_room(p, code->guests, code->guest_count, &p->guest_room,
                             sizeof *code->guests);
    code->guests[code->guest_count++] = guest;
    return text_end_line(t);
}

static bool read_exit(Parser *p)
{
    VliwCode *code = p->code;
    IrExit exit;
    if (!text_read_exit(&p->text, code->exit_count, &exit))
        return false;
    code->exits = make_room(p, code->exits, code->exit_count, &p->exit_room,
                            sizeof *code->exits);
    code->exits[code->exit_count++] = exit;
    return true;
}

static bool read_reg(Parser *p, AtomOperand kind, uint8_t *reg)
{
    TextReader *t = &p->text;
    uint32_t number;
    bool fp = kind == ATOM_F;
    if (!text_accept(t, fp ? "f" : "r"))
        return text_fail(t, fp ? "a floating-point register is missing; write "
                                 "f0 to f31"
                               : "a general register is missing; write r0 to "
                                 "r63");
    if (!text_read_number(t, fp ? VLIW_FPRS - 1 : VLIW_GPRS - 1, &number))
        return false;
    *reg = (uint8_t)number;
    return true;
}

/* Operand B of an integer atom: a register or a number. */
static bool read_operand_i(Parser *p, Atom *atom)
{
    TextReader *t = &p->text;
    if (text_accept(t, "r")) {
        t->at--;
        return read_reg(p, ATOM_G, &atom->b);
    }
    atom->b_imm = true;
    if (!text_accept(t, "-"))
        return text_read_number(t, UINT32_MAX, &atom->imm);
    if (!text_read_number(t, 0x80000000, &atom->imm))
        return false;
    atom->imm = 0 - atom->imm;
    return true;
}

/* What `imm` says when it is not operand B. */
static bool read_imm(Parser *p, Atom *atom)
{
    TextReader *t = &p->text;
    const ImmForm *form = imm_form((AtomOp)atom->op);
    if (!text_expect(t, form->prefix) ||
        !text_read_number(t, form->limit - 1, &atom->imm))
        return false;
    if (atom->op == ATOM_EXIT && atom->imm >= p->code->exit_count)
        return text_fail(t,
                         "there is no exit x%" PRIu32 "; exits come before "
                         "molecules",
                         atom->imm);
    bool branch = atom_info((AtomOp)atom->op)->unit == ATOM_UNIT_BRU &&
                  atom->op != ATOM_EXIT;
    if (branch && atom->imm >= p->farthest) {
        p->farthest = atom->imm;
        p->branch_line = t->line;
    }
    return true;
}

static bool read_part(Parser *p, Atom *atom, Part part)
{
    TextReader *t = &p->text;
    const AtomInfo *info = atom_info((AtomOp)atom->op);
    switch (part) {
    case PART_D: return read_reg(p, info->d, &atom->d);
    case PART_A:
        if (!atom_is_access((AtomOp)atom->op))
            return read_reg(p, info->a, &atom->a);
        return text_expect(t, "[") && read_reg(p, info->a, &atom->a) &&
               text_expect(t, "]");
    case PART_B:
        return info->b == ATOM_I ? read_operand_i(p, atom)
                                 : read_reg(p, info->b, &atom->b);
    default: return read_imm(p, atom);
    }
}

/* 64 bits: 0x and hexadecimal digits. */
static bool read_mask(Parser *p, uint64_t *mask)
{
    TextReader *t = &p->text;
    if (!text_expect(t, "0x"))
        return false;
    const char *digits = t->at;
    *mask = 0;
    for (; isxdigit((unsigned char)*t->at); t->at++) {
        int c = tolower((unsigned char)*t->at);
        *mask = *mask << 4 | (uint64_t)(isdigit(c) ? c - '0' : c - 'a' + 10);
    }
    if (t->at == digits || t->at - digits > 16 || *mask == 0)
        return text_fail(t, "a mask of alias registers is 0x and 1 to 16 "
                            "hexadecimal digits, not all 0");
    return true;
}

/* After the operands: protect 3, check 0xf, .2 */
static bool read_suffixes(Parser *p, Atom *atom)
{
    TextReader *t = &p->text;
    const AtomInfo *info = atom_info((AtomOp)atom->op);
    bool access = atom_is_access((AtomOp)atom->op);
    uint32_t number;
    if (access && info->d != ATOM_N && text_accept_word(t, "protect")) {
        if (!text_read_number(t, 63, &number))
            return false;
        atom->protect = (uint8_t)(number + 1);
    }
    if (access && info->d == ATOM_N && text_accept_word(t, "check") &&
        !read_mask(p, &atom->check))
        return false;
    if (!text_accept(t, "."))
        return true;
    if (!text_read_number(t, IR_GUESTS_MAX - 1, &number))
        return false;
    if (number != 0 && number >= p->code->guest_count)
        return text_fail(t,
                         "there is no guest instruction .%" PRIu32
                         "; they come before molecules",
                         number);
    atom->guest = (uint16_t)number;
    return true;
}

/* lsu0:ld32 r40, [r4] .0 */
static bool read_atom(Parser *p, Atom *atom)
{
    TextReader *t = &p->text;
    char word[TEXT_WORD_MAX + 1];
    text_read_word(t, word);
    unsigned unit = 0, op = 0;
    while (unit < VLIW_UNITS &&
           strcmp(word, vliw_unit_name((VliwUnit)unit)) != 0)
        unit++;
    if (unit == VLIW_UNITS)
        return text_fail(t,
                         "no unit is called \"%s\"; there are alu0 to alu3, "
                         "lsu0, lsu1 and bru",
                         word);
    if (!text_expect(t, ":"))
        return false;
    text_read_word(t, word);
    while (op < ATOM_COUNT && strcmp(word, atom_info((AtomOp)op)->name) != 0)
        op++;
    if (op == ATOM_COUNT)
        return text_fail(t,
                         "no atom is called \"%s\"; hwmodel/vliw/atom.def "
                         "lists them",
                         word);
    *atom = (Atom){.op = (uint8_t)op, .unit = (uint8_t)unit};
    Part parts[PARTS_MAX];
    list_parts((AtomOp)op, parts);
    for (unsigned i = 0; parts[i] != PART_END; i++)
        if ((i && !text_expect(t, ",")) || !read_part(p, atom, parts[i]))
            return false;
    return read_suffixes(p, atom);
}

/* After "N:", the rest of a molecule's line. */
static bool read_molecule(Parser *p, Molecule *molecule)
{
    TextReader *t = &p->text;
    uint32_t size = 0, exit;
    bool sized = isdigit((unsigned char)t->at[strspn(t->at, " \t")]);
    if (sized && !text_read_number(t, UINT8_MAX, &size))
        return false;
    if (text_accept_word(t, "commit")) {
        if (!text_expect(t, "x") ||
            !text_read_number(t, IR_EXITS_MAX - 1, &exit))
            return false;
        if (exit >= p->code->exit_count)
            return text_fail(t,
                             "there is no exit x%" PRIu32 "; exits come "
                             "before molecules",
                             exit);
        molecule->commit = (uint16_t)(exit + 1);
    }
    while (!text_at_end_of_line(t)) {
        if (molecule->count == VLIW_UNITS)
            return text_fail(t,
                             "a molecule of more than %d atoms; it has one "
                             "a unit",
                             VLIW_UNITS);
        if (!read_atom(p, &molecule->atoms[molecule->count++]))
            return false;
    }
    unsigned needed = molecule_size(molecule->atoms, molecule->count, p->desc);
    if (needed == 0)
        return text_fail(t, "no molecule format has room for these atoms; "
                            "spread them, or set vliw.formats=free");
    if (sized && size != needed)
        return text_fail(t,
                         "the molecule takes %u bytes, not %" PRIu32
                         "; correct that, or leave it out",
                         needed, size);
    molecule->size = (uint8_t)needed;
    p->code->size += needed;
    return true;
}

/* Lines until "end": guest instructions, exits, molecules. */
static bool read_body(Parser *p)
{
    TextReader *t = &p->text;
    VliwCode *code = p->code;
    while (text_next_line(t)) {
        if (text_accept_word(t, "end"))
            return text_end_line(t);
        uint32_t index;
        bool exit = t->at[0] == 'x', guest = t->at[0] == '.';
        if ((exit || guest) && code->count)
            return text_fail(t, "guest instructions and exits stand before "
                                "the molecules; move the line up");
        if (exit || guest) {
            t->at++;
            if (!(exit ? read_exit(p) : read_guest(p)))
                return false;
            continue;
        }
        if (!text_read_number(t, UINT32_MAX, &index) || !text_expect(t, ":"))
            return false;
        if (index != code->count)
            return text_fail(t,
                             "molecule %" PRIu32 " does not come next; that "
                             "is %u",
                             index, code->count);
        code->molecules = make_room(p, code->molecules, code->count,
                                    &p->molecule_room, sizeof *code->molecules);
        if (!read_molecule(p, &code->molecules[code->count++]))
            return false;
    }
    return text_fail(t, "the code does not end; write \"end\" after its "
                        "molecules");
}

static bool read_code(Parser *p)
{
    TextReader *t = &p->text;
    if (!text_next_line(t))
        return text_fail(t, "no molecules; the first line is \"code ADDRESS "
                            "...\"");
    if (!read_header(p) || !read_body(p))
        return false;
    if (text_next_line(t))
        return text_fail(t, "there is more after the end of the molecules; "
                            "remove it");
    if (p->code->main_count > p->code->count) {
        t->line = 1;
        return text_fail(t, "main=%u is more than the %u molecules there are",
                         p->code->main_count, p->code->count);
    }
    if (p->branch_line && p->farthest >= p->code->count) {
        t->line = p->branch_line;
        return text_fail(t, "there is no molecule @%u to branch to",
                         p->farthest);
    }
    return true;
}

VliwCode *vliw_code_parse(Arena *arena, const char *text, const char *name,
                          const VliwDesc *desc, Diag *diag)
{
    Parser p = {.text = {name, text, 1, diag},
                .arena = arena,
                .desc = desc,
                .code = arena_alloc(arena, 1, sizeof(VliwCode))};
    return read_code(&p) ? p.code : NULL;
}
