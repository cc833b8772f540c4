/* Regions as text; ir.h says how it reads.  Broken regions print too, with "?"
 * where there is nothing to name, so that what the verifier refuses can be
 * looked at. */
#include "ir/ir.h"

#include <inttypes.h>

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

static void print_exit(FILE *out, const IrExit *exit, uint32_t number)
{
    fprintf(out, "x%" PRIu32 " ", number);
    switch (exit->kind) {
    case IR_EXIT_DIRECT: fputs("direct", out); break;
    case IR_EXIT_INDIRECT: fputs("indirect", out); break;
    case IR_EXIT_INTERPRET: fputs("interpret", out); break;
    case IR_EXIT_COMMIT: fputs("commit", out); break;
    default: fprintf(out, "?%d", (int)exit->kind); break;
    }
    if (exit->kind != IR_EXIT_INDIRECT)
        fprintf(out, " 0x%08" PRIx32, exit->pc);
    fprintf(out, " insns=%" PRIu32, exit->insns);
    print_pending(out, exit->pending);
    switch (exit->hint) {
    case IR_HINT_NONE: break;
    case IR_HINT_CALL: fprintf(out, " call=0x%08" PRIx32, exit->link); break;
    case IR_HINT_RETURN: fputs(" return", out); break;
    default: fprintf(out, " ?%d", (int)exit->hint); break;
    }
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
        const IrGuest *guest = &g->region->guests[g->count];
        fprintf(g->out, ".%" PRIu32 " 0x%08" PRIx32 " 0x%08" PRIx32, g->count,
                guest->pc, guest->word);
        if (g->comment) {
            fputs(" ; ", g->out);
            g->comment(g->ctx, g->out, guest->pc, guest->word);
        }
        fputc('\n', g->out);
        g->latest = g->count;
    }
}

void ir_print(const IrRegion *region, FILE *out, IrComment *comment, void *ctx)
{
    const IrContext *context = &region->context;
    fprintf(out, "region 0x%08" PRIx32 " %s%s %s", region->pc,
            context->user ? "user" : "kernel", context->fpu ? " fpu" : "",
            context->big ? "eb" : "el");
    print_pending(out, context->pending);
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
        print_exit(out, &region->exits[i], i);
    fputs("end\n", out);
}
