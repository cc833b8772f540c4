/* Hostile guest code; see hostile.h. */
#include "tests/fuzz/hostile.h"

#include "tests/random/encode.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* A register for addresses: mostly one of eight, so that loads and stores find
 * what LUI left there. */
static uint32_t aim_register(Rng *rng)
{
    return rng_below(rng, 4) ? 16 + rng_below(rng, 8) : rng_below(rng, 32);
}

uint32_t hostile_word(Rng *rng, const HostileAims *aims)
{
    uint32_t random = rng_next(rng);
    switch (rng_below(rng, 16)) {
    case 0: return random;
    case 1:
    case 2:
    case 3: /* something to aim at */
        return encode_row(INSN_LUI) | ENCODE_RT(aim_register(rng)) |
               aims->high[rng_below(rng, aims->count)];
    case 4: { /* the system registers, a little more often */
        static const InsnOp ops[] = {INSN_MTC0, INSN_MTC0,  INSN_MTC0,
                                     INSN_MFC0, INSN_TLBWI, INSN_TLBWR,
                                     INSN_TLBR, INSN_TLBP,  INSN_RFE};
        InsnOp op = ops[rng_below(rng, sizeof ops / sizeof ops[0])];
        return encode_row(op) | (random & encode_operands(op));
    }
    default: {
        InsnOp op = INSN_FPRESERVED + 1 +
                    rng_below(rng, INSN_COUNT - INSN_FPRESERVED - 1);
        uint32_t operands = random & encode_operands(op);
        InsnClass cls = insn_info(op)->cls;
        /* Branches mostly stay near, so that loops come about. */
        if (cls == INSN_CLASS_BRANCH && rng_below(rng, 8))
            operands =
                (operands & ~0xffffu) | ENCODE_IMM(rng_below(rng, 32) - 24);
        /* Half of all accesses have small offsets: there are registers. */
        if (cls == INSN_CLASS_LOAD || cls == INSN_CLASS_STORE) {
            operands &= rng_below(rng, 2) ? 0x1fffff : 0x1f00ff;
            operands |= ENCODE_RS(aim_register(rng));
        }
        return encode_row(op) | operands;
    }
    }
}

void hostile_parse_options(HostileOptions *options, int argc, char **argv)
{
    static const struct option table[] = {
        {"seed", required_argument, NULL, 's'},
        {"count", required_argument, NULL, 'c'},
        {"insns", required_argument, NULL, 'i'},
        {"expect", required_argument, NULL, 'e'},
        {NULL, 0, NULL, 0}};
    for (int o; (o = getopt_long(argc, argv, "", table, NULL)) != -1;) {
        char unknown[] = "?", *end = unknown;
        switch (o) {
        case 's': options->seed = strtoull(optarg, &end, 0); break;
        case 'c': options->count = strtoull(optarg, &end, 0); break;
        case 'i': options->insns = strtoull(optarg, &end, 0); break;
        case 'e': options->expect = strtoull(optarg, &end, 16); break;
        }
        if (*end) {
            fprintf(stderr,
                    "usage: %s [--seed N] [--count N] [--insns N] "
                    "[--expect HASH]\n",
                    argv[0]);
            exit(2);
        }
    }
}

bool hostile_check(const HostileOptions *options, uint64_t hash)
{
    printf("hash %016" PRIx64 "\n", hash);
    bool ok = options->expect == 0 || options->expect == hash;
    if (!ok)
        printf("expected %016" PRIx64 "\n", options->expect);
    return ok;
}
