/* Instruction words for test_disasm.sh, and what Selkirk makes of them.
 *
 *     disasm_words rows|keys|random [--seed N] [--count N] FILE
 *
 * rows: `count` words of every row of r3000.def, with random operands, the
 * first with all operand bits zero and the second with all ones.  keys: every
 * value of the fields that tell instructions apart, with the other bits zero.
 * random: `count` words.  Writes the words to FILE, little-endian, and to
 * standard output a line for each with its address and text.
 *
 * The processor ignores the bits of a word that neither tell it apart nor are
 * operands; the GNU tools call a word that has them no instruction.  So a word
 * that decodes as a row is written without these bits, after a check that it
 * has the row's fixed bits and that its text does not depend on the others. */
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

/* Writes `word` without the bits that its instruction ignores. */
static bool write_canonical(Writer *w, uint32_t word)
{
    InsnOp op = insn_decode(word).op;
    if (op <= INSN_FPRESERVED)
        return write_word(w, word);
    uint32_t canonical = encode_row(op) | (word & encode_operands(op));
    char text[TEXT_MAX], canonical_text[TEXT_MAX];
    insn_disassemble(word, w->pc, text, sizeof text);
    insn_disassemble(canonical, w->pc, canonical_text, sizeof text);
    /* The zero word alone has the name "nop". */
    bool same = canonical == 0 || strcmp(text, canonical_text) == 0;
    if (!same || (word & encode_fixed(op)) != encode_row(op)) {
        fprintf(stderr,
                "disasm_words: 0x%08" PRIx32
                " decodes as '%s', and 0x%08" PRIx32
                " as '%s': more than ignored bits lies between them\n",
                word, text, canonical, canonical_text);
        return false;
    }
    return write_word(w, canonical);
}

static bool write_rows(Writer *w, Rng *rng, uint64_t count)
{
    for (InsnOp op = INSN_FPRESERVED + 1; op < INSN_COUNT; op++) {
        uint32_t row = encode_row(op), operands = encode_operands(op);
        bool apart =
            !(row & ~encode_fixed(op)) && !(operands & encode_fixed(op));
        if (!apart || insn_decode(row).op != op ||
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

/* Writes the words `base`, plus every value of a field. */
static bool write_field(Writer *w, uint32_t base, unsigned low, unsigned width)
{
    for (uint32_t i = 0; i < 1u << width; i++)
        if (!write_canonical(w, base | i << low))
            return false;
    return true;
}

static bool write_keys(Writer *w)
{
    enum { SPECIAL = 0, REGIMM = 1, COP = 0x10 };
    if (!write_field(w, 0, 26, 6) || !write_field(w, SPECIAL << 26, 0, 6) ||
        !write_field(w, REGIMM << 26, 16, 5))
        return false;
    for (uint32_t z = 0; z < 4; z++)
        for (uint32_t rs = 0; rs < 32; rs++) {
            uint32_t base = (COP + z) << 26 | ENCODE_RS(rs);
            if (!write_field(w, base, 0, 6) || !write_field(w, base, 16, 5))
                return false;
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
    uint64_t seed = 1, count = 64;
    const char *what = argc > 1 ? argv[1] : "";
    bool rows = strcmp(what, "rows") == 0, keys = strcmp(what, "keys") == 0;
    bool ok = rows || keys || strcmp(what, "random") == 0;
    for (int i = 2; ok && i < argc - 1; i += 2) {
        uint64_t *option = strcmp(argv[i], "--seed") == 0    ? &seed
                           : strcmp(argv[i], "--count") == 0 ? &count
                                                             : NULL;
        ok = option && i + 2 < argc && parse_number(argv[i + 1], option);
    }
    if (!ok || argc < 3) {
        fputs("usage: disasm_words rows|keys|random [--seed N] [--count N] "
              "FILE\n",
              stderr);
        return 2;
    }
    const char *path = argv[argc - 1];
    Writer w = {fopen(path, "wb"), BASE};
    if (!w.file) {
        perror(path);
        return 2;
    }
    Rng rng = rng_stream(seed, 0);
    ok = rows   ? write_rows(&w, &rng, count)
         : keys ? write_keys(&w)
                : write_random(&w, &rng, count);
    if (fclose(w.file) != 0) {
        perror(path);
        ok = false;
    }
    return ok ? 0 : 1;
}
