/* Hostile guest code; see hostile.h. */
#include "tests/fuzz/hostile.h"

#include "frontend/state.h"
#include "tests/random/encode.h"
#include "tests/support/options.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A register for addresses: mostly one of eight, so that loads and stores find
 * what LUI and ORI left there. */
static uint32_t aim_register(Rng *rng)
{
    return rng_below(rng, 4) ? 16 + rng_below(rng, 8) : rng_below(rng, 32);
}

/* The upper half of an address worth aiming at, or a lower one. */
static uint32_t aim_word(Rng *rng, const HostileAims *aims)
{
    uint32_t reg = aim_register(rng);
    if (rng_below(rng, 4))
        return encode_row(INSN_LUI) | ENCODE_RT(reg) |
               aims->high[rng_below(rng, aims->count)];
    uint32_t low = rng_next(rng) & (rng_below(rng, 2) ? 0x00fc : 0xfffc);
    return encode_row(INSN_ORI) | ENCODE_RS(reg) | ENCODE_RT(reg) |
           ENCODE_IMM(low);
}

/* An instruction of coprocessor 0, mostly on a register that it has. */
static uint32_t system_word(Rng *rng)
{
    static const InsnOp ops[] = {INSN_MTC0, INSN_MTC0,  INSN_MTC0,
                                 INSN_MFC0, INSN_TLBWI, INSN_TLBWR,
                                 INSN_TLBR, INSN_TLBP,  INSN_RFE};
    static const uint8_t regs[] = {CP0_INDEX,  CP0_ENTRYLO, CP0_CONTEXT,
                                   CP0_STATUS, CP0_ENTRYHI, CP0_ENTRYHI,
                                   CP0_CAUSE,  CP0_EPC};
    InsnOp op = ops[rng_below(rng, sizeof ops / sizeof ops[0])];
    uint32_t operands = rng_next(rng);
    if (rng_below(rng, 4))
        operands = (operands & ~ENCODE_RD(31)) |
                   ENCODE_RD(regs[rng_below(rng, sizeof regs)]);
    return encode_row(op) | (operands & encode_operands(op));
}

/* Operands of a row; mostly such that addresses survive and accesses succeed.
 */
static uint32_t random_operands(Rng *rng, InsnOp op)
{
    uint32_t operands = rng_next(rng) & encode_operands(op);
    InsnFormat format = insn_info(op)->format;
    switch (insn_info(op)->cls) {
    case INSN_CLASS_BRANCH: /* near, so that loops come about */
        if (rng_below(rng, 8))
            operands =
                (operands & ~0xffffu) | ENCODE_IMM(rng_below(rng, 32) - 24);
        return operands;
    case INSN_CLASS_LOAD:
    case INSN_CLASS_STORE:
    case INSN_CLASS_FLOAD:
    case INSN_CLASS_FSTORE:
        operands &= ~ENCODE_RS(31);
        operands |= ENCODE_RS(aim_register(rng));
        if (rng_below(rng, 2)) /* where device registers are */
            operands &= ~0xff00u;
        if (rng_below(rng, 8))
            operands &= ~3u;
        break;
    default: break;
    }
    /* Results go to registers below those for addresses. */
    if (rng_below(rng, 8))
        operands &=
            format == INSN_FORMAT_RD_RS_RT || format == INSN_FORMAT_RD_RT_RS ||
                    format == INSN_FORMAT_RD_RT_SA || format == INSN_FORMAT_RD
                ? ~ENCODE_RD(16)
                : ~ENCODE_RT(16);
    return operands;
}

static uint32_t memory_word(Rng *rng)
{
    InsnOp op = INSN_LB + rng_below(rng, INSN_SWR - INSN_LB + 1);
    return encode_row(op) | random_operands(rng, op);
}

uint32_t hostile_word(Rng *rng, const HostileAims *aims)
{
    switch (rng_below(rng, 16)) {
    case 0: return rng_next(rng);
    case 1:
    case 2:
    case 3: return aim_word(rng, aims);
    case 4: return system_word(rng);
    case 5:
    case 6:
    case 7: return memory_word(rng);
    default: {
        InsnOp op = INSN_FPRESERVED + 1 +
                    rng_below(rng, INSN_COUNT - INSN_FPRESERVED - 1);
        return encode_row(op) | random_operands(rng, op);
    }
    }
}

void hostile_handler(uint32_t words[HOSTILE_HANDLER_WORDS], uint16_t high,
                     uint32_t size, uint32_t status)
{
    enum { K0 = 26, K1 = 27 };
    const uint32_t handler[HOSTILE_HANDLER_WORDS] = {
        encode_row(INSN_MFC0) | ENCODE_RT(K0) | ENCODE_RD(CP0_RANDOM),
        encode_row(INSN_LUI) | ENCODE_RT(K1) | high,
        encode_row(INSN_ANDI) | ENCODE_RT(K0) | ENCODE_RS(K0) |
            ENCODE_IMM(size - 1),
        encode_row(INSN_ADDU) | ENCODE_RD(K0) | ENCODE_RS(K0) | ENCODE_RT(K1),
        encode_row(INSN_LUI) | ENCODE_RT(K1) | ENCODE_IMM(status >> 16),
        encode_row(INSN_ORI) | ENCODE_RS(K1) | ENCODE_RT(K1) |
            ENCODE_IMM(status),
        status ? encode_row(INSN_MTC0) | ENCODE_RT(K1) | ENCODE_RD(CP0_STATUS)
               : 0,
        encode_row(INSN_JR) | ENCODE_RS(K0),
        status ? encode_row(INSN_RFE) : 0,
    };
    memcpy(words, handler, sizeof handler);
}

void hostile_parse_options(HostileOptions *options, int argc, char **argv)
{
    const Option table[] = {{"--seed", &options->seed, NULL},
                            {"--count", &options->count, NULL},
                            {"--insns", &options->insns, NULL},
                            {"--expect", &options->expect, NULL},
                            {"--check", NULL, &options->check},
                            {NULL, NULL, NULL}};
    options_parse(table, argc, argv);
}

bool hostile_check(const HostileOptions *options, uint64_t hash)
{
    printf("hash 0x%016" PRIx64 "\n", hash);
    bool ok = options->expect == 0 || options->expect == hash;
    if (!ok)
        printf("expected 0x%016" PRIx64 "\n", options->expect);
    return ok;
}
