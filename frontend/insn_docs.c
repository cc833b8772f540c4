/* The instruction table for people. */
#include "frontend/decode.h"

#include "base/bits.h"

/* Words as r3000.def has them, told apart by the first two columns. */
typedef struct Row {
    InsnOp op;
    const char *key, *format, *cls;
} Row;

void insn_write_docs(FILE *out)
{
    static const Row rows[] = {
#define INSN(id, name, key, format, cls, latency)                              \
    {INSN_##id, #key, #format, #cls},
#include "frontend/r3000.def"
#undef INSN
    };
    static const struct {
        const char *key, *text;
    } latencies[] = {
#define LATENCY(id, key, text) [INSN_LATENCY_##id] = {key, text},
#include "frontend/r3000.def"
#undef LATENCY
    };
    fputs("Keys, formats and classes are explained in `frontend/r3000.def` "
          "and `frontend/decode.h`. Latency is that of the timed R3000 "
          "(`r3000.md`): the configuration key that sets it, if any.\n\n"
          "| instruction | key | operands | class | latency | |\n"
          "|---|---|---|---|---|---|\n",
          out);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const Row *r = &rows[i];
        const InsnInfo *info = insn_info(r->op);
        fprintf(out, "| %s | %s | %s | %s | %s | %s |\n", info->name, r->key,
                r->format, r->cls, latencies[info->latency].key,
                latencies[info->latency].text);
    }
}
