/* Programs on Selkirk's reference CPU: in user mode, mapped by the TLB, one
 * instruction at a time to judge them, or at once. */
#ifndef SELKIRK_TESTS_RANDOM_GUEST_H
#define SELKIRK_TESTS_RANDOM_GUEST_H

#include "frontend/decode.h"
#include "tests/random/image.h"

/* Why an instruction of a program cannot be compared with QEMU, which has a
 * CPU of another make (24Kf), without load delays, under another kernel:
 *
 *   OVERFLOW  it raises the overflow exception, which kills a Linux process
 *   ADDRESS   an address that is not aligned, or not in the program's data:
 *             each program has its memory to itself
 *   FPU       the R3010 leaves it to software: denormalized numbers, invalid
 *             operations; or it is a trap that the program has enabled
 *   NAN       arithmetic on a quiet NaN.  The R3010 delivers the operand, QEMU
 *             its default NaN; with that one as operand they agree
 *   HAZARD    undefined by MIPS I (hazard.h), along a branch
 *   DIVIDE    division by zero, undefined by MIPS I.  QEMU divides by one;
 *             what Selkirk does, tests/guest checks
 *   CAUSE     ABS or NEG while FCR31.Cause is not zero.  The R3010 clears it
 *             as in any arithmetic; QEMU leaves it as it is
 *   FCR31     CTC1 of a word that asks for an interrupt, which would come
 *             before the next instruction, or with bits that the R3010 has
 *             not, but the 24Kf has */
typedef enum Refusal {
    REFUSED_OVERFLOW,
    REFUSED_ADDRESS,
    REFUSED_FPU,
    REFUSED_NAN,
    REFUSED_HAZARD,
    REFUSED_DIVIDE,
    REFUSED_CAUSE,
    REFUSED_FCR31,
    REFUSAL_COUNT
} Refusal;

typedef enum Verdict {
    VERDICT_CLEAN,
    VERDICT_REFUSED, /* one instruction is to go; see Judgement */
    VERDICT_BROKEN   /* left the program, trapped outside it or did not end */
} Verdict;

typedef struct Judgement {
    Verdict verdict;
    Refusal why;
    size_t word;                   /* index in the program */
    uint32_t pc;                   /* of the instruction that was last tried */
    uint64_t executed[INSN_COUNT]; /* of the program, no-ops left out */
} Judgement;

typedef struct Guest Guest;

Guest *guest_create(bool big);
void guest_destroy(Guest *guest);

/* Name of a reason, for people. */
const char *guest_refusal_name(Refusal why);

/* Runs the program in `slot` of `image` instruction by instruction, up to the
 * first one that is refused.  `count` is its length. */
void guest_judge(Guest *guest, const Image *image, size_t slot, size_t count,
                 Judgement *judgement);

/* Runs it at once.  False if it does not end as it should, else `block` has
 * the words that it leaves. */
bool guest_run(Guest *guest, const Image *image, size_t slot,
               uint32_t block[BLOCK_WORDS]);

/* The words of the block after guest_judge() or guest_run(). */
void guest_read_block(const Guest *guest, size_t slot,
                      uint32_t block[BLOCK_WORDS]);

#endif
