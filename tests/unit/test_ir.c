/* Unit tests of ir: what the operations compute, building, text, and each rule
 * of the verifier. */
#include "base/bits.h"
#include "ir/ir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define NONE IR_NO_REF

/* Operations */

typedef struct Case {
    IrOp op;
    uint64_t a, b;
    uint64_t result;
} Case;

static const Case cases[] = {
    {IR_COPY, 0xffffffff, 0, 0xffffffff},
    {IR_ADD, 0xffffffff, 1, 0},
    {IR_ADD, 0x7fffffff, 1, 0x80000000},
    {IR_SUB, 0, 1, 0xffffffff},
    {IR_SUB, 0x80000000, 1, 0x7fffffff},
    {IR_AND, 0xff00ff00, 0x0ff00ff0, 0x0f000f00},
    {IR_OR, 0xff00ff00, 0x0ff00ff0, 0xfff0fff0},
    {IR_XOR, 0xff00ff00, 0x0ff00ff0, 0xf0f0f0f0},
    {IR_NOR, 0xff00ff00, 0x0ff00ff0, 0x000f000f},
    {IR_NOR, 0, 0, 0xffffffff},
    {IR_SHL, 1, 31, 0x80000000},
    {IR_SHL, 0x12345678, 0, 0x12345678},
    {IR_SHL, 0x12345678, 32, 0x12345678},
    {IR_SHL, 0xffffffff, 36, 0xfffffff0},
    {IR_SHL, 1, 0xffffffff, 0x80000000},
    {IR_SHR, 0x80000000, 31, 1},
    {IR_SHR, 0x80000000, 32, 0x80000000},
    {IR_SHR, 0xf0000000, 0xffffffe4, 0x0f000000},
    {IR_SAR, 0x80000000, 31, 0xffffffff},
    {IR_SAR, 0x80000000, 0, 0x80000000},
    {IR_SAR, 0x80000000, 32, 0x80000000},
    {IR_SAR, 0x7fffffff, 30, 1},
    {IR_SAR, 0xf0000000, 4, 0xff000000},
    {IR_SLT, 0x80000000, 0x7fffffff, 1},
    {IR_SLT, 0x7fffffff, 0x80000000, 0},
    {IR_SLT, 0xffffffff, 0, 1},
    {IR_SLT, 5, 5, 0},
    {IR_SLTU, 0x80000000, 0x7fffffff, 0},
    {IR_SLTU, 0x7fffffff, 0x80000000, 1},
    {IR_SLTU, 0, 0xffffffff, 1},
    {IR_SLTU, 5, 5, 0},
    {IR_MUL, 0x10000, 0x10000, 0},
    {IR_MUL, 0xffffffff, 0xffffffff, 1},
    {IR_MUL, 0x80000000, 0xffffffff, 0x80000000},
    {IR_MULH, 0xffffffff, 0xffffffff, 0},
    {IR_MULH, 0xffffffff, 1, 0xffffffff},
    {IR_MULH, 0x80000000, 0x80000000, 0x40000000},
    {IR_MULH, 0x80000000, 0x7fffffff, 0xc0000000},
    {IR_MULHU, 0xffffffff, 0xffffffff, 0xfffffffe},
    {IR_MULHU, 0xffffffff, 1, 0},
    {IR_MULHU, 0x80000000, 0x80000000, 0x40000000},
    {IR_DIV, 7, 2, 3},
    {IR_DIV, 0xfffffff9, 2, 0xfffffffd},
    {IR_DIV, 7, 0xfffffffe, 0xfffffffd},
    {IR_DIV, 0xfffffff9, 0xfffffffe, 3},
    {IR_DIV, 0x80000000, 0xffffffff, 0x80000000},
    {IR_DIV, 0x80000000, 1, 0x80000000},
    {IR_DIV, 5, 0xffffffff, 0xfffffffb},
    {IR_DIV, 0, 0, 0xffffffff},
    {IR_DIV, 0x7fffffff, 0, 0xffffffff},
    {IR_DIV, 0xffffffff, 0, 1},
    {IR_DIV, 0x80000000, 0, 1},
    {IR_DIVU, 0xffffffff, 2, 0x7fffffff},
    {IR_DIVU, 2, 0xffffffff, 0},
    {IR_DIVU, 0, 0, 0xffffffff},
    {IR_DIVU, 0x80000000, 0, 0xffffffff},
    {IR_LO, 0x0123456789abcdef, 0, 0x89abcdef},
    {IR_HI, 0x0123456789abcdef, 0, 0x01234567},
    {IR_SETLO, 0x0123456789abcdef, 0xfedcba98, 0x01234567fedcba98},
    {IR_SETHI, 0x0123456789abcdef, 0xfedcba98, 0xfedcba9889abcdef},
};

static void test_eval(void **state)
{
    (void)state;
    bool seen[IR_OP_COUNT] = {[IR_CONST] = true, [IR_CP0] = true};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const Case *c = &cases[i];
        uint64_t result = ir_eval(c->op, c->a, c->b, 0);
        if (result != c->result)
            fail_msg("%s 0x%llx, 0x%llx is 0x%llx, not 0x%llx",
                     ir_op_info(c->op)->name, (unsigned long long)c->a,
                     (unsigned long long)c->b, (unsigned long long)c->result,
                     (unsigned long long)result);
        /* Words have no upper half that counts. */
        if (ir_op_info(c->op)->a == IR_I32 && ir_op_info(c->op)->b == IR_I32) {
            uint64_t high = 0xdeadbeef00000000;
            assert_true(ir_eval(c->op, high | c->a, high | c->b, 0) == result);
            assert_int_equal(result >> 32, 0);
            if (ir_op_has(c->op, IR_IS_COMMUTES))
                assert_true(ir_eval(c->op, c->b, c->a, 0) == result);
        }
        seen[c->op] = true;
    }
    for (unsigned op = 0; op < IR_OP_COUNT; op++)
        if (ir_op_has((IrOp)op, IR_IS_PURE))
            assert_true(seen[op]);
    assert_true(ir_eval(IR_CONST, 1, 2, 0xffffffff) == 0xffffffff);
}

static void test_exit_conditions(void **state)
{
    (void)state;
    /* Operands -1, 0, 1, the least and the greatest. */
    static const uint32_t operands[] = {0xffffffff, 0, 1, 0x80000000,
                                        0x7fffffff};
    static const struct {
        IrOp op;
        const char *taken;
    } rows[] = {
        {IR_EXITEQ, "01000"}, {IR_EXITNE, "10111"}, {IR_EXITLT, "10010"},
        {IR_EXITGE, "01101"}, {IR_EXITLE, "11010"}, {IR_EXITGT, "00101"},
        {IR_EXIT, "11111"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (size_t k = 0; k < ARRAY_LEN(operands); k++)
            assert_int_equal(ir_exit_taken(rows[i].op, operands[k]),
                             rows[i].taken[k] == '1');
}

static void test_tables(void **state)
{
    (void)state;
    assert_string_equal(ir_op_info(IR_LD16S)->name, "ld16s");
    assert_int_equal(ir_op_info(IR_SETHI)->type, IR_I64);
    assert_int_equal(ir_op_info(IR_ST8)->b, IR_I32);
    assert_true(ir_op_has(IR_FADDD, IR_IS_FAULT));
    assert_true(ir_op_has(IR_FADDD, IR_IS_FCR | IR_IS_PURE));
    assert_false(ir_op_has(IR_FADDD, IR_IS_PURE));
    assert_string_equal(ir_slot_name(IR_SLOT_R31), "r31");
    assert_string_equal(ir_slot_name(IR_SLOT_F30), "f30");
    assert_int_equal(ir_slot_type(IR_SLOT_PC), IR_I32);
    assert_int_equal(ir_slot_type(IR_SLOT_F0), IR_I64);
    /* IrState.fp and the molecules' registers count on these. */
    assert_int_equal(IR_SLOT_R31, 31);
    assert_int_equal(IR_SLOT_COUNT - IR_SLOT_F0, 16);
    for (unsigned op = 0; op < IR_OP_COUNT; op++) {
        bool memory = ir_op_has((IrOp)op, IR_IS_LOAD | IR_IS_STORE);
        assert_int_equal(ir_access_size((IrOp)op) != 0, memory);
    }
    assert_int_equal(ir_access_size(IR_LD8S), 1);
    assert_int_equal(ir_access_size(IR_ST16), 2);
    assert_int_equal(ir_access_size(IR_LD32), 4);
}

/* Text */

static int setup(void **state)
{
    *state = arena_create();
    return 0;
}

static int teardown(void **state)
{
    arena_destroy(*state);
    return 0;
}

/* Owned by the caller. */
static char *print(const IrRegion *region)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    ir_print(region, out, NULL, NULL);
    fclose(out);
    return text;
}

static void assert_prints(const IrRegion *region, const char *expected)
{
    char *text = print(region);
    assert_string_equal(text, expected);
    free(text);
}

static IrRegion *parse(Arena *arena, const char *text)
{
    Diag diag = {""};
    IrRegion *region = ir_parse(arena, text, "text", &diag);
    if (!region)
        fail_msg("%s", diag.text);
    return region;
}

/* Every form of line and operand. */
static const char whole[] = "region 0x80001000 user fpu eb pending=f31\n"
                            ".0 0x80001000 0x8c820004\n"
                            "  %0 = get r4\n"
                            "  %1 = ld32 [%0 + 4]\n"
                            ".1 0x80001004 0x00000000\n"
                            ".2 0x80001008 0xac820008\n"
                            "  st8 [%0 - 2147483648], %1\n"
                            "  st32 [%1], %0\n"
                            ".0\n"
                            "  put lo, %1\n"
                            ".2\n"
                            "  %5 = const 0xffffffff\n"
                            "  %6 = copy %5\n"
                            "  %7 = sub %6, %1\n"
                            "  %8 = getf f30\n"
                            "  %9 = setlo %8, %7\n"
                            "  putf f0, %9\n"
                            "  %11 = cp0 12\n"
                            "  %12 = fcr\n"
                            "  %13 = fadd.d %8, %9\n"
                            "  %14 = fneg.s %13\n"
                            "  fcmp.s %14, %9, 15\n"
                            "  fault.nz %12\n"
                            "  put ld, %11\n"
                            "  put pc, %11\n"
                            "  commit x0\n"
                            "  exit.gtz %7, x2\n"
                            "  exit.eqz %7, x1\n"
                            "  exit.ltz %7, x3\n"
                            "  exit x4\n"
                            ".3 0x8000100c 0xffffffff\n"
                            "x0 commit 0x80001004 insns=1 pending=none\n"
                            "x1 indirect insns=2 pending=r31 call=0x80002000\n"
                            "x2 direct 0x00000000 insns=1 pending=f0\n"
                            "x3 indirect insns=3 pending=none return\n"
                            "x4 interpret 0xfffffffc insns=4 pending=r1\n"
                            "end\n";

static void test_round_trip(void **state)
{
    Diag diag = {""};
    IrRegion *region = parse(*state, whole);
    if (!ir_verify(region, &diag))
        fail_msg("%s", diag.text);
    assert_prints(region, whole);
    assert_prints(ir_clone(region, *state), whole);

    assert_int_equal(region->pc, 0x80001000);
    assert_true(region->context.user && region->context.fpu);
    assert_true(region->context.big);
    assert_int_equal(region->context.pending, IR_PENDING_FPR + 31);
    assert_int_equal(region->guest_count, 4);
    assert_int_equal(region->guests[2].pc, 0x80001008);
    assert_int_equal(region->guests[2].word, 0xac820008);
    const IrInsn *store = &region->insns[2];
    assert_int_equal(store->op, IR_ST8);
    assert_int_equal(store->a, 0);
    assert_int_equal(store->b, 1);
    assert_int_equal(store->imm, 0x80000000);
    assert_int_equal(store->guest, 2);
    assert_int_equal(region->insns[4].guest, 0);
    assert_int_equal(region->insns[4].imm, IR_SLOT_LO);
    assert_int_equal(region->insns[15].imm, 15);
    const IrExit *call = &region->exits[1];
    assert_int_equal(call->kind, IR_EXIT_INDIRECT);
    assert_int_equal(call->hint, IR_HINT_CALL);
    assert_int_equal(call->link, 0x80002000);
    assert_int_equal(call->insns, 2);
    assert_int_equal(call->pending, 31);
    assert_int_equal(region->exits[3].hint, IR_HINT_RETURN);
    assert_int_equal(region->exits[4].kind, IR_EXIT_INTERPRET);
    assert_int_equal(region->exits[4].pc, 0xfffffffc);
}

/* Blanks, comments, any names, other ways to write numbers. */
static void test_parse_liberally(void **state)
{
    IrRegion *region = parse(*state, "; a comment\n\n"
                                     "region 4096 kernel el pending=none ;\r\n"
                                     "\t.0 0x1000 0\n"
                                     "%7=get r4;x\n"
                                     "  %3 = const 10\n"
                                     "%5 = add %3,%7\n"
                                     "put   r2 , %5\n"
                                     "st8 [ %7-0x10 ], %5\n"
                                     "exit x0\n\n"
                                     "x0 direct 16 insns=1 pending=none\n"
                                     "end ; of it\n ");
    assert_prints(region, "region 0x00001000 kernel el pending=none\n"
                          ".0 0x00001000 0x00000000\n"
                          "  %0 = get r4\n"
                          "  %1 = const 0xa\n"
                          "  %2 = add %1, %0\n"
                          "  put r2, %2\n"
                          "  st8 [%0 - 16], %2\n"
                          "  exit x0\n"
                          "x0 direct 0x00000010 insns=1 pending=none\n"
                          "end\n");
}

static void comment(void *ctx, FILE *out, uint32_t pc, uint32_t word)
{
    fprintf(out, "%s %x %x", (char *)ctx, pc, word);
}

static void test_comments(void **state)
{
    IrRegion *region = parse(*state, whole);
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    char prefix[] = "it is";
    ir_print(region, out, comment, prefix);
    fclose(out);
    assert_non_null(
        strstr(text, ".2 0x80001008 0xac820008 ; it is 80001008 ac820008\n"));
    assert_prints(parse(*state, text), whole);
    free(text);
}

#define HEAD                                                                   \
    "region 0x1000 kernel el pending=none\n"                                   \
    ".0 0x1000 0x12\n"
#define TAIL                                                                   \
    "exit x0\n"                                                                \
    "x0 direct 0 insns=1 pending=none\n"                                       \
    "end\n"

static void test_parse_errors(void **state)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", "text:1: no region"},
        {" ; nothing\n\n", "text:3: no region"},
        {"regio 0 kernel el pending=none", "text:1: \"region\" is missing"},
        {"region kernel", "text:1: \"kernel\" is no number"},
        {"region 0x kernel", "text:1: \"0x kernel\" is no number"},
        {"region 0x100000000 user", "text:1: a number above 4294967295"},
        {"region 0 el pending=none\n", "text:1: the mode is missing"},
        {"region 0 users el", "text:1: the mode is missing"},
        {"region 0 user fpu pending=none", "text:1: the byte order is missing"},
        {"region 0 user el\n", "text:1: \"pending=\" is missing"},
        {"region 0 user el pending=r0\n", "text:1: r0 is never pending"},
        {"region 0 user el pending=r32\n", "text:1: a number above 31"},
        {"region 0 user el pending=hi\n", "text:1: pending is none, r1 to"},
        {"region 0 user el pending=none eb\n", "text:1: \"eb\" is too much"},
        {"region 0 user el pending=none\n", "text:2: the region does not end"},
        {"region 0 user el pending=none\nexit x0\n",
         "text:2: an instruction of no guest instruction"},
        {HEAD ".2 0 0\n", "text:3: .2 does not come next; that is .1"},
        {HEAD ".1\n", "text:3: .1 is new; write its address"},
        {HEAD ".0 0x1000 0x12\n", "text:3: \"0x1000 0x12\" is too much"},
        {HEAD ".65535 0 0\n", "text:3: a number above 65534"},
        {HEAD "foo %1\n", "text:3: no operation is called \"foo\""},
        {HEAD "fault.nzfault.nz\n", "text:3: no operation is called \"?"},
        {HEAD "%0 = add %1, %2\n", "text:3: %1 has no value here"},
        {HEAD "%0 = copy %0\n", "text:3: %0 has no value here"},
        {HEAD "%0 = get r4\n%0 = get r4\n", "text:4: %0 has a value already"},
        {HEAD "%1048576 = get r4\n", "text:3: a number above 1048575"},
        {HEAD "get r4\n", "text:3: get has a value; write %NUMBER ="},
        {HEAD "%0 = exit x0\n", "text:3: exit has no value; write it without"},
        {HEAD "%0 = get r32\n", "text:3: no slot is called \"r32\""},
        {HEAD "%0 = get\n", "text:3: no slot is called \"\""},
        {HEAD "%0 = get r4\nput r2 %0\n", "text:4: \",\" is missing"},
        {HEAD "%0 = get r4\nld32 %0\n", "text:4: ld32 has a value"},
        {HEAD "%0 = get r4\n%1 = ld32 %0\n", "text:4: \"[\" is missing"},
        {HEAD "%0 = get r4\n%1 = ld32 [%0 + 4\n", "text:4: \"]\" is missing"},
        {HEAD "%0 = get r4\n%1 = ld32 [%0 + 2147483648]\n",
         "text:4: a number above 2147483647"},
        {HEAD "%0 = get r4\n%1 = ld32 [%0 - 2147483649]\n",
         "text:4: a number above 2147483648"},
        {HEAD "%0 = cp0 16\n", "text:3: a number above 15"},
        {HEAD "exit 0\n", "text:3: \"x\" is missing"},
        {HEAD "exit x65535\n", "text:3: a number above 65534"},
        {HEAD "exit x0 x1\n", "text:3: \"x1\" is too much"},
        {HEAD "exit x0\nx1 direct 0 insns=0 pending=none",
         "text:4: x1 does not come next; that is x0"},
        {HEAD "exit x0\nx0 sideways 0 insns=0 pending=none",
         "text:4: the kind of exit is missing"},
        {HEAD "exit x0\nx0 direct insns=0 pending=none",
         "text:4: \"insns=0 pending=none\" is no number"},
        {HEAD "exit x0\nx0 indirect 4 insns=0 pending=none",
         "text:4: \"insns=\" is missing"},
        {HEAD "exit x0\nx0 direct 4 insns=0 pending=none call",
         "text:4: \"call\" is too much"},
        {HEAD "exit x0\nx0 direct 4 insns=0 pending=none\n.0\nend\n",
         "text:5: exits are followed by exits"},
        {HEAD TAIL "x", "text:6: there is more after the end"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        Diag diag = {""};
        assert_null(ir_parse(*state, rows[i].text, "text", &diag));
        if (strncmp(diag.text, rows[i].message, strlen(rows[i].message)) != 0)
            fail_msg("%s\nis refused with: %s\nnot: %s", rows[i].text,
                     diag.text, rows[i].message);
    }
}

/* The verifier */

static void assert_refused(const IrRegion *region, const char *message)
{
    Diag diag = {""};
    if (ir_verify(region, &diag)) {
        char *text = print(region);
        fail_msg("%s\nis accepted; it should not be: %s", text, message);
    }
    if (strcmp(diag.text, message) != 0)
        fail_msg("refused with: %s\nnot: %s", diag.text, message);
}

#define R "region 0x00001000: "

/* What can be written as text and breaks a rule. */
static void test_verify_text(void **state)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {HEAD "end", R "no instruction; at least an exit is needed"},
        {HEAD "%0 = get r1\nend",
         R "%0 (get): the last instruction is not an exit"},
        {HEAD "exit x0\n%1 = get r1\nexit x1\n"
              "x0 direct 0 insns=0 pending=none\n"
              "x1 direct 0 insns=0 pending=none\nend",
         R "%0 (exit): instructions follow"},
        {HEAD "%0 = get r0\n" TAIL,
         R "%0 (get): r0 is no slot: it is constant 0"},
        {HEAD "%0 = get r1\nput r0, %0\n" TAIL,
         R "%1 (put): r0 is no slot: it is constant 0"},
        {HEAD "%0 = get f0\n" TAIL,
         R "%0 (get): slot f0 has 64 bits; the op is for 32 bits"},
        {HEAD "%0 = getf lo\n" TAIL,
         R "%0 (getf): slot lo has 32 bits; the op is for 64 bits"},
        {HEAD "%0 = get r1\nputf f0, %0\n" TAIL,
         R "%1 (putf): operand a is %0, 32 bits; the op takes 64 bits"},
        {HEAD "%0 = getf f2\n%1 = add %0, %0\n" TAIL,
         R "%1 (add): operand a is %0, 64 bits; the op takes 32 bits"},
        {HEAD "%0 = getf f2\n%1 = get r1\n%2 = add %1, %0\n" TAIL,
         R "%2 (add): operand b is %0, 64 bits; the op takes 32 bits"},
        {HEAD "%0 = cp0 1\n" TAIL,
         R "%0 (cp0): Random is not constant within a region"},
        {HEAD "exit x1\nx0 direct 0 insns=1 pending=none\nend",
         R "%0 (exit): there is no x1"},
        {HEAD "%0 = get r1\nexit.eqz %0, x0\nexit x0\n"
              "x0 direct 0 insns=1 pending=none\nend",
         R "%2 (exit): x0 is named twice"},
        {HEAD "exit x0\nx0 direct 0 insns=1 pending=none\n"
              "x1 direct 0 insns=1 pending=none\nend",
         R "no instruction names x1"},
        {HEAD "commit x0\nexit x1\nx0 direct 0 insns=1 pending=none\n"
              "x1 direct 0 insns=1 pending=none\nend",
         R "%0 (commit): x0 is not a commit's"},
        {HEAD "exit x0\nx0 commit 0 insns=1 pending=none\nend",
         R "%0 (exit): x0 is a commit's"},
        {HEAD "exit x0\nx0 indirect insns=1 pending=none\nend",
         R "%0 (exit): x0 is indirect; pc was not put before"},
        /* Other slots that are PUT, and a GET, do not count. */
        {HEAD "%0 = get pc\nput ld, %0\nput r1, %0\nexit x0\n"
              "x0 indirect insns=1 pending=none\nend",
         R "%3 (exit): x0 is indirect; pc was not put before"},
        {HEAD "%0 = get ld\nput pc, %0\nput r1, %0\nexit x0\n"
              "x0 direct 0 insns=1 pending=f2\nend",
         R "%3 (exit): x0 is pending; ld was not put before"},
        {HEAD "exit x0\nx0 direct 0 insns=1 pending=r3\nend",
         R "%0 (exit): x0 is pending; ld was not put before"},
        {HEAD "exit x0\nx0 direct 0 insns=2 pending=none\nend",
         R "%0 (exit): x0 counts 2 guest instructions of 1"},
        {HEAD "commit x0\nexit x1\nx0 commit 0 insns=1 pending=none\n"
              "x1 direct 0 insns=0 pending=none\nend",
         R "%1 (exit): x1 counts 0 guest instructions, an exit before it 1"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_refused(parse(*state, rows[i].text), rows[i].message);
    /* What is in flight at the entry can still be so at an exit. */
    Diag diag = {""};
    IrRegion *region =
        parse(*state, "region 0x1000 kernel el pending=r3\n"
                      ".0 0x1000 0\nexit x0\n"
                      "x0 direct 0x1000 insns=0 pending=r3\nend");
    assert_true(ir_verify(region, &diag));
}

/* A region that keeps every rule, to break in ways that no text has. */
static IrRegion *sound(Arena *arena)
{
    IrRegion *r = ir_region(arena, 0x1000, (IrContext){0});
    ir_add_guest(r, 0x1000, 0x12);
    IrRef a = ir_add(r, IR_GET, NONE, NONE, IR_SLOT_R1);  /* 0 */
    IrRef b = ir_add(r, IR_ADD, a, a, 0);                 /* 1 */
    ir_add(r, IR_PUT, b, NONE, IR_SLOT_R2);               /* 2 */
    IrRef d = ir_add(r, IR_GETF, NONE, NONE, IR_SLOT_F2); /* 3 */
    ir_add(r, IR_FCMPD, d, d, 15);                        /* 4 */
    ir_add(r, IR_CP0, NONE, NONE, 15);                    /* 5 */
    IrExit exit = {.kind = IR_EXIT_DIRECT, .pc = 0x1004, .insns = 1};
    ir_add(r, IR_EXIT, NONE, NONE, ir_add_exit(r, &exit)); /* 6 */
    Diag diag = {""};
    if (!ir_verify(r, &diag))
        fail_msg("%s", diag.text);
    return r;
}

static void test_verify_structure(void **state)
{
    Arena *arena = *state;
    IrRegion *r;
#define BREAK(change, message)                                                 \
    do {                                                                       \
        r = sound(arena);                                                      \
        change;                                                                \
        assert_refused(r, R message);                                          \
    } while (0)
    BREAK(r->insns[1].a = NONE, "%1 (add): operand a is missing");
    BREAK(r->insns[1].b = NONE, "%1 (add): operand b is missing");
    BREAK(r->insns[0].a = 0, "%0 (get): operand a is there; the op has none");
    BREAK(r->insns[2].b = 0, "%2 (put): operand b is there; the op has none");
    BREAK(r->insns[1].a = 1,
          "%1 (add): operand a is %1; only earlier values can be used");
    BREAK(r->insns[1].b = 99,
          "%1 (add): operand b is %99; only earlier values can be used");
    BREAK(r->insns[1].a = UINT32_MAX - 1,
          "%1 (add): operand a is %4294967294; only earlier values can be "
          "used");
    BREAK(r->insns[5].guest = 1, "%5 (cp0): there is no guest instruction .1");
    BREAK(r->insns[1].imm = 1, "%1 (add): imm is 0x1; the op has none");
    BREAK(r->insns[1].op = 255, "%1 (?): there is no operation 255");
    BREAK(r->insns[0].imm = IR_SLOT_COUNT, "%0 (get): there is no slot 52");
    BREAK(r->insns[4].imm = 16, "%4 (fcmp.d): there is no condition 16");
    BREAK(r->insns[5].imm = 16, "%5 (cp0): there is no CP0 register 16");
    BREAK((r->insns[2] = r->insns[1], r->insns[2].a = 3),
          "%2 (add): operand a is %3; only earlier values can be used");
    BREAK((r->insns[5] = r->insns[1], r->insns[5].a = 4),
          "%5 (add): operand a is %4, no value; the op takes 32 bits");
    BREAK(r->insns[6].imm = 1, "%6 (exit): there is no x1");
    BREAK(r->exits[0].kind = (IrExitKind)4,
          "%6 (exit): x0 has no kind that there is");
    BREAK(r->exits[0].hint = (IrHint)4,
          "%6 (exit): x0 has no hint that there is");
    BREAK(r->exits[0].hint = IR_HINT_FAILS,
          "%6 (exit): x0 is no commit and says what fails");
    BREAK(r->exits[0].pending = 64,
          "%6 (exit): x0 has no pending register that there is");
    BREAK(r->exits[0].kind = IR_EXIT_INDIRECT,
          "%6 (exit): x0 is indirect and has a pc");
    BREAK(r->exits[0].link = 4, "%6 (exit): x0 has a link and is no call");
    BREAK(r->context.pending = 64, "no pending register that there is");
    BREAK(r->insn_count--, "%5 (cp0): the last instruction is not an exit");
    BREAK(r->guest_count = 0, "%0 (get): there is no guest instruction .0");
#undef BREAK
}

/* Broken regions can be looked at. */
static void test_print_broken(void **state)
{
    IrRegion *r = sound(*state);
    r->insns[0].imm = 200;
    r->insns[1].a = NONE;
    r->insns[2].guest = 7;
    r->insns[4].op = 255;
    r->exits[0].kind = (IrExitKind)9;
    r->exits[0].hint = (IrHint)9;
    r->exits[0].pending = 99;
    assert_prints(r, "region 0x00001000 kernel el pending=none\n"
                     ".0 0x00001000 0x00000012\n"
                     "  %0 = get ?200\n"
                     "  %1 = add %?, %0\n"
                     ".7\n"
                     "  put r2, %1\n"
                     ".0\n"
                     "  %3 = getf f2\n"
                     "  ?255\n"
                     "  %5 = cp0 15\n"
                     "  exit x0\n"
                     "x0 ?9 0x00001004 insns=1 pending=?99 ?9\n"
                     "end\n");
}

/* Building */

static void test_build_large(void **state)
{
    IrRegion *r = ir_region(*state, 0x1000, (IrContext){0});
    enum { MANY = 5000 };
    for (unsigned i = 0; i < MANY; i++) {
        assert_int_equal(ir_add_guest(r, 4 * i, i), i);
        assert_int_equal(ir_const(r, 7 * i), 3 * i);
        ir_add(r, IR_PUT, 3 * i, NONE, IR_SLOT_R1);
        IrExit exit = {.kind = IR_EXIT_COMMIT, .pc = 4 * i, .insns = i + 1};
        unsigned number = ir_add_exit(r, &exit);
        assert_int_equal(number, i);
        ir_add(r, IR_COMMIT, NONE, NONE, number);
    }
    IrExit last = {.kind = IR_EXIT_DIRECT, .insns = MANY};
    ir_add(r, IR_EXIT, NONE, NONE, ir_add_exit(r, &last));
    Diag diag = {""};
    assert_true(ir_verify(r, &diag));
    for (unsigned i = 0; i < MANY; i++) {
        assert_int_equal(r->insns[3 * i].imm, 7 * i);
        assert_int_equal(r->insns[3 * i].guest, i);
        assert_int_equal(r->exits[i].pc, 4 * i);
        assert_int_equal(r->guests[i].word, i);
    }
}

static void test_clone_is_deep(void **state)
{
    Arena *arena = arena_create();
    IrRegion *r = parse(arena, whole);
    IrRegion *clone = ir_clone(r, *state);
    r->insns[0].imm = 9;
    r->exits[0].pc = 9;
    r->guests[0].pc = 9;
    arena_destroy(arena);
    assert_prints(clone, whole);
    /* It can grow, and no array into another. */
    IrRef last = ir_const(clone, 3);
    IrExit exit = {.pc = 4};
    assert_int_equal(ir_add_exit(clone, &exit), 5);
    assert_int_equal(ir_add_guest(clone, 1, 2), 4);
    assert_int_equal(clone->insns[last].imm, 3);
    assert_int_equal(clone->insns[0].imm, IR_SLOT_R4);
    assert_int_equal(clone->guests[0].pc, 0x80001000);
    assert_int_equal(clone->guests[4].word, 2);
    assert_int_equal(clone->exits[0].pc, 0x80001004);
    assert_int_equal(clone->exits[5].pc, 4);
}

static void test_compact(void **state)
{
    IrRegion *r = parse(*state, HEAD ".1 0x1004 0x13\n"
                                     "%0 = get r1\n"
                                     "%1 = get r2\n"
                                     "%2 = const 5\n"
                                     "%3 = const 6\n"
                                     "exit.eqz %1, x0\n"
                                     "%5 = add %3, %1\n"
                                     "put r3, %5\n"
                                     "put r4, %0\n"
                                     "%8 = copy %1\n" /* stays */
                                     "exit x1\n"
                                     "x0 direct 4 insns=1 pending=none\n"
                                     "x1 direct 8 insns=1 pending=none\n"
                                     "end\n");
    ir_kill(r, 0);
    ir_kill(r, 4);
    ir_kill(r, 7);
    assert_int_equal(r->insns[4].op, IR_CONST);
    assert_int_equal(r->insns[4].a, NONE);
    assert_int_equal(r->insns[4].guest, 1);
    ir_compact(r);
    static const char expected[] = "region 0x00001000 kernel el pending=none\n"
                                   ".0 0x00001000 0x00000012\n"
                                   ".1 0x00001004 0x00000013\n"
                                   "  %0 = get r2\n"
                                   "  %1 = const 0x6\n"
                                   "  %2 = add %1, %0\n"
                                   "  put r3, %2\n"
                                   "  %4 = copy %0\n"
                                   "  exit x0\n"
                                   "x0 direct 0x00000008 insns=1 pending=none\n"
                                   "end\n";
    assert_prints(r, expected);
    ir_compact(r);
    assert_prints(r, expected);
}

static void test_map_operands(void **state)
{
    (void)state;
    const IrRef map[] = {10, 11, 12};
    IrInsn insn = {.op = IR_ADD, .a = 2, .b = 0};
    ir_map_operands(&insn, map);
    assert_int_equal(insn.a, 12);
    assert_int_equal(insn.b, 10);
    insn = (IrInsn){.op = IR_CONST, .a = NONE, .b = NONE};
    ir_map_operands(&insn, map);
    assert_int_equal(insn.a, NONE);
    assert_int_equal(insn.b, NONE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_eval),
        cmocka_unit_test(test_exit_conditions),
        cmocka_unit_test(test_tables),
        TEST(test_round_trip),
        TEST(test_parse_liberally),
        TEST(test_comments),
        TEST(test_parse_errors),
        TEST(test_verify_text),
        TEST(test_verify_structure),
        TEST(test_print_broken),
        TEST(test_build_large),
        TEST(test_clone_is_deep),
        TEST(test_compact),
        cmocka_unit_test(test_map_operands),
    };
    return cmocka_run_group_tests_name("ir", tests, NULL, NULL);
}
