/* Regions as text; ir.h says how it reads.  Broken regions print too, with "?"
 * where there is nothing to name, so that what the verifier refuses can be
 * looked at. */
#include "ir/text.h"

#include <inttypes.h>

static void print_value(FILE *out, IrRef ref)
{
    if (ref == IR_NO_REF)
        fputs("%?", out);
    else
        fprintf(out, "%%%" PRIu32, ref);
}

static void print_slot(FILE *out, uint32_t slot)
{
    if (slot < IR_SLOT_COUNT)
        fputs(ir_slot_name((IrSlot)slot), out);
    else
        fprintf(out, "?%" PRIu32, slot);
}

static void print_address(FILE *out, IrRef base, uint32_t offset)
{
    fputs(" [", out);
    print_value(out, base);
    if (offset & 0x80000000)
        fprintf(out, " - %" PRIu32, 0 - offset);
    else if (offset)
        fprintf(out, " + %" PRIu32, offset);
    fputc(']', out);
}

/* The operands: an address or a slot comes first, other numbers last. */
static void print_operands(FILE *out, const IrInsn *insn, const IrOpInfo *info)
{
    bool a = info->a != IR_NONE;
    if (info->imm == IR_IMM_OFFSET) {
        print_address(out, insn->a, insn->imm);
        a = false;
    } else if (info->imm == IR_IMM_SLOT) {
        fputc(' ', out);
        print_slot(out, insn->imm);
        fputs(a ? "," : "", out);
    }
    if (a) {
        fputc(' ', out);
        print_value(out, insn->a);
    }
    if (info->b != IR_NONE) {
        fputs(", ", out);
        print_value(out, insn->b);
    }
    const char *comma = a ? "," : "";
    switch (info->imm) {
    case IR_IMM_NONE:
    case IR_IMM_OFFSET:
    case IR_IMM_SLOT: break;
    case IR_IMM_VALUE: fprintf(out, "%s 0x%" PRIx32, comma, insn->imm); break;
    case IR_IMM_EXIT: fprintf(out, "%s x%" PRIu32, comma, insn->imm); break;
    case IR_IMM_CP0:
    case IR_IMM_COND: fprintf(out, "%s %" PRIu32, comma, insn->imm); break;
    }
}

static void print_insn(FILE *out, const IrInsn *insn, IrRef ref)
{
    fputs("  ", out);
    if (insn->op >= IR_OP_COUNT) {
        fprintf(out, "?%u\n", insn->op);
        return;
    }
    const IrOpInfo *info = ir_op_info((IrOp)insn->op);
    if (info->type != IR_NONE)
        fprintf(out, "%%%" PRIu32 " = ", ref);
    fputs(info->name, out);
    print_operands(out, insn, info);
    fputc('\n', out);
}

typedef struct Guests {
    const IrRegion *region;
    FILE *out;
    IrComment *comment;
    void *ctx;
    uint32_t count;  /* written so far */
    uint32_t latest; /* whose instructions follow */
} Guests;

/* Writes the guest instructions below `count`; the last of them is then the
 * latest. */
static void print_guests(Guests *g, uint32_t count)
{
    for (; g->count < count; g->count++) {
        text_print_guest(g->out, g->count, &g->region->guests[g->count],
                         g->comment, g->ctx);
        g->latest = g->count;
    }
}

void ir_print(const IrRegion *region, FILE *out, IrComment *comment, void *ctx)
{
    fprintf(out, "region 0x%08" PRIx32 " ", region->pc);
    text_print_context(out, &region->context);
    fputc('\n', out);
    Guests guests = {.region = region,
                     .out = out,
                     .comment = comment,
                     .ctx = ctx,
                     .latest = UINT32_MAX};
    for (IrRef i = 0; i < region->insn_count; i++) {
        const IrInsn *insn = &region->insns[i];
        if (insn->guest < region->guest_count)
            print_guests(&guests, insn->guest + 1u);
        if (insn->guest != guests.latest)
            fprintf(out, ".%u\n", insn->guest);
        guests.latest = insn->guest;
        print_insn(out, insn, i);
    }
    print_guests(&guests, region->guest_count);
    for (uint32_t i = 0; i < region->exit_count; i++)
        text_print_exit(out, i, &region->exits[i]);
    fputs("end\n", out);
}
