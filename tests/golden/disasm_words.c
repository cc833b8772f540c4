/* Instruction words for test_disasm.sh, and what Selkirk makes of them.
 *
 *     disasm_words --rows N | --random N  --seed N  FILE
 *
 * --rows: N words of every row of r3000.def, with random operands, the first
 * with all operand bits zero and the second with all ones.  --random: N words
 * of which the operation is random too.  Writes the words to FILE, little
 * endian, and to standard output a line for each with its address and text.
 *
 * The processor ignores the bits of a word that are not operands; the GNU
 * tools call such a word no instruction.  So the words are written with these
 * bits zero, after a check that the decoder does not look at them. */
#include "base/bits.h"
#include "tests/random/encode.h"
#include "tests/random/rng.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { BASE = 0x1000, TEXT_MAX = 80 };

typedef struct Writer {
    FILE *file;
    uint32_t pc;
} Writer;

static bool write_word(Writer *w, uint32_t word)
{
    uint8_t bytes[4];
    bits_store32(bytes, word, false);
    if (fwrite(bytes, sizeof bytes, 1, w->file) != 1) {
        perror("disasm_words: write");
        return false;
    }
    char text[TEXT_MAX];
    insn_disassemble(word, w->pc, text, sizeof text);
    printf("%08" PRIx32 " %s\n", w->pc, text);
    w->pc += 4;
    return true;
}

/* Writes the canonical form of `word`. */
static bool write_canonical(Writer *w, uint32_t word)
{
    char text[TEXT_MAX], canonical_text[TEXT_MAX];
    uint32_t canonical = encode_canonical(word);
    insn_disassemble(word, w->pc, text, sizeof text);
    insn_disassemble(canonical, w->pc, canonical_text, sizeof text);
    /* SLL to register zero is a no-op, whatever it shifts; only the zero word
     * has the name. */
    if (strcmp(text, canonical_text) != 0 && canonical != 0) {
        fprintf(stderr,
                "disasm_words: 0x%08" PRIx32 " is '%s', but without the bits "
                "it ignores, 0x%08" PRIx32 ", '%s'\n",
                word, text, canonical, canonical_text);
        return false;
    }
    return write_word(w, canonical);
}

static bool write_rows(Writer *w, Rng *rng, uint64_t count)
{
    for (InsnOp op = INSN_FPRESERVED + 1; op < INSN_COUNT; op++) {
        uint32_t row = encode_row(op), operands = encode_operands(op);
        if (row & operands || insn_decode(row).op != op ||
            insn_decode(row | operands).op != op) {
            fprintf(stderr, "disasm_words: %s does not decode as itself\n",
                    insn_info(op)->name);
            return false;
        }
        for (uint64_t i = 0; i < count; i++) {
            uint32_t bits = i == 0 ? 0 : i == 1 ? ~0u : rng_next(rng);
            if (!write_word(w, row | (bits & operands)))
                return false;
        }
    }
    return true;
}

/* Half of them in the opcodes that are told apart by further bits. */
static uint32_t random_word(Rng *rng)
{
    static const uint8_t crowded[] = {0x00, 0x01, 0x10, 0x11, 0x12, 0x13};
    uint32_t word = rng_next(rng);
    if (rng_one_in(rng, 2))
        word = (word & 0x3ffffff) |
               (uint32_t)crowded[rng_below(rng, ARRAY_LEN(crowded))] << 26;
    return word;
}

static bool write_random(Writer *w, Rng *rng, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        if (!write_canonical(w, random_word(rng)))
            return false;
    return true;
}

static bool parse_number(const char *text, uint64_t *value)
{
    char *end;
    *value = strtoull(text, &end, 0);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0';
}

int main(int argc, char **argv)
{
    uint64_t seed, count;
    bool rows = argc == 6 && strcmp(argv[1], "--rows") == 0;
    bool random = argc == 6 && strcmp(argv[1], "--random") == 0;
    if ((!rows && !random) || strcmp(argv[3], "--seed") != 0 ||
        !parse_number(argv[2], &count) || !parse_number(argv[4], &seed)) {
        fputs("usage: disasm_words --rows N|--random N --seed N FILE\n",
              stderr);
        return 2;
    }
    Writer w = {fopen(argv[5], "wb"), BASE};
    if (!w.file) {
        perror(argv[5]);
        return 2;
    }
    Rng rng = rng_stream(seed, 0);
    bool ok =
        rows ? write_rows(&w, &rng, count) : write_random(&w, &rng, count);
    if (fclose(w.file) != 0) {
        perror(argv[5]);
        ok = false;
    }
    return ok ? 0 : 1;
}
