/* The table of operations for people. */
#include "ir/ir.h"

#include "base/bits.h"

static const char *type_name(IrType type)
{
    switch (type) {
    case IR_NONE: return "";
    case IR_I32: return "32";
    case IR_I64: return "64";
    }
    return "";
}

static const char *imm_name(IrImm imm)
{
    switch (imm) {
    case IR_IMM_NONE: return "";
    case IR_IMM_VALUE: return "number";
    case IR_IMM_OFFSET: return "offset";
    case IR_IMM_SLOT: return "slot";
    case IR_IMM_EXIT: return "exit record";
    case IR_IMM_CP0: return "CP0 register";
    case IR_IMM_COND: return "condition";
    }
    return "";
}

static void write_flags(FILE *out, IrOp op)
{
    static const struct {
        unsigned flag;
        const char *name;
    } flags[] = {{IR_IS_PURE, "pure"},   {IR_IS_LOAD, "load"},
                 {IR_IS_STORE, "store"}, {IR_IS_FAULT, "fault"},
                 {IR_IS_FCR, "fcr"},     {IR_IS_STATE, "state"},
                 {IR_IS_LEAVE, "leave"}, {IR_IS_COMMUTES, "commutes"}};
    const char *space = "";
    for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
        if (!ir_op_has(op, flags[i].flag))
            continue;
        fprintf(out, "%s%s", space, flags[i].name);
        space = " ";
    }
}

void ir_write_docs(FILE *out)
{
    fputs("Result, a and b are the widths in bits of what an operation gives "
          "and takes; imm is what its number means. Flags are explained in "
          "`ir/ir.def`, everything else in `ir/ir.h`.\n\n"
          "| operation | result | a | b | imm | flags | meaning |\n"
          "|---|---|---|---|---|---|---|\n",
          out);
    for (unsigned op = 0; op < IR_OP_COUNT; op++) {
        const IrOpInfo *info = ir_op_info((IrOp)op);
        fprintf(out, "| %s | %s | %s | %s | %s | ", info->name,
                type_name(info->type), type_name(info->a), type_name(info->b),
                imm_name(info->imm));
        write_flags(out, (IrOp)op);
        fputs(" | ", out);
        for (const char *p = info->text; *p; p++) /* a bar ends a cell */
            fprintf(out, *p == '|' ? "\\%c" : "%c", *p);
        fputs(" |\n", out);
    }
}
