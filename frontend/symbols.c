/* Addresses and instructions as people read and write them; see symbols.h. */
#include "frontend/symbols.h"

#include "base/alloc.h"
#include "frontend/decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void symbols_name(const ElfImage *image, uint32_t addr,
                  char text[SYMBOLS_NAME_MAX])
{
    text[0] = '\0';
    const ElfSymbol *symbol = elf_symbol_at(image, addr);
    if (!symbol)
        return;
    /* "+0x" and eight digits always have room. */
    int n = snprintf(text, SYMBOLS_NAME_MAX - 11, "%s", symbol->name);
    if (n >= SYMBOLS_NAME_MAX - 11)
        n = SYMBOLS_NAME_MAX - 12;
    /* The image says what it likes; it goes to terminals and into lines. */
    for (char *c = text; *c; c++)
        if (*c <= ' ' || *c > '~')
            *c = '?';
    if (addr != symbol->addr)
        snprintf(text + n, 12, "+0x%x", addr - symbol->addr);
}

/* Where a branch or jump goes, if the word alone tells. */
static bool target_of(uint32_t word, uint32_t pc, uint32_t *target)
{
    Insn in = insn_decode(word);
    switch (insn_info(in.op)->format) {
    case INSN_FORMAT_RS_RT_BRANCH:
    case INSN_FORMAT_RS_BRANCH:
    case INSN_FORMAT_BRANCH: *target = pc + 4 + in.imm; return true;
    case INSN_FORMAT_TARGET:
        *target = ((pc + 4) & 0xf0000000) | in.imm;
        return true;
    default: return false;
    }
}

void symbols_disassemble(const ElfImage *image, uint32_t word, uint32_t pc,
                         char text[SYMBOLS_INSN_MAX])
{
    enum { PLAIN_MAX = SYMBOLS_INSN_MAX - SYMBOLS_NAME_MAX - 3 };
    insn_disassemble(word, pc, text, PLAIN_MAX);
    uint32_t target;
    char name[SYMBOLS_NAME_MAX];
    if (!target_of(word, pc, &target))
        return;
    symbols_name(image, target, name);
    size_t n = strlen(text);
    if (name[0])
        snprintf(text + n, SYMBOLS_INSN_MAX - n, " <%s>", name);
}

static bool parse_hex(const char *text, uint32_t *value)
{
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        text += 2;
    size_t digits = strspn(text, "0123456789abcdefABCDEF");
    if (digits == 0 || digits > 8 || text[digits])
        return false;
    *value = (uint32_t)strtoul(text, NULL, 16);
    return true;
}

bool symbols_parse(const ElfImage *image, const char *text, uint32_t *addr,
                   Diag *diag)
{
    bool prefixed = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    if (!prefixed && elf_symbol_find(image, text, addr))
        return true;
    if (parse_hex(text, addr))
        return true;
    const char *plus = strrchr(text, '+');
    uint32_t offset;
    if (plus && parse_hex(plus + 1, &offset)) {
        char *name = alloc_string(text);
        name[plus - text] = '\0';
        bool found = elf_symbol_find(image, name, addr);
        free(name);
        if (found) {
            *addr += offset;
            return true;
        }
    }
    return diag_error(diag,
                      "%.100s is neither a symbol nor an address; write "
                      "hexadecimal digits, as in 0x80040000",
                      text);
}
