/* `selkirk disasm`: the executable segments, an instruction a line. */
#include "cli/disasm.h"

#include "base/bits.h"
#include "frontend/symbols.h"

#include <inttypes.h>
#include <stdio.h>

/* What is left to print. */
typedef struct Listing {
    const ElfImage *image;
    uint64_t left; /* instructions */
} Listing;

static void print_insn(const Listing *l, uint32_t va, uint32_t word)
{
    char text[SYMBOLS_INSN_MAX];
    const ElfSymbol *symbol = elf_symbol_at(l->image, va);
    if (symbol && symbol->addr == va)
        printf("\n%08" PRIx32 " <%s>:\n", va, symbol->name);
    symbols_disassemble(l->image, word, va, text);
    printf("%08" PRIx32 ":  %08" PRIx32 "  %s\n", va, word, text);
}

/* The words of a segment that the file has, from `start` on.  What is zeroed
 * when the image is loaded is no code. */
static void print_segment(Listing *l, const ElfSegment *seg, uint32_t start)
{
    bool big = elf_big_endian(l->image);
    for (uint32_t at = start - seg->vaddr; l->left; at += 4, l->left--) {
        if (at >= seg->file_size || seg->file_size - at < 4)
            return;
        print_insn(l, seg->vaddr + at, bits_load32(seg->bytes + at, big));
    }
}

static bool print_all(Listing *l, const char *name, Diag *diag)
{
    bool any = false;
    for (size_t i = 0; i < elf_segment_count(l->image); i++) {
        const ElfSegment *seg = elf_segment(l->image, i);
        if (!(seg->flags & ELF_SEGMENT_X))
            continue;
        printf("%sSegment %zu: 0x%08" PRIx32 ", %" PRIu32 " bytes in the "
               "file\n",
               any ? "\n" : "", i, seg->vaddr, seg->file_size);
        any = true;
        uint32_t padding = -seg->vaddr & 3;
        print_segment(l, seg, seg->vaddr + padding);
    }
    return any || diag_error(diag,
                             "%s: no segment is executable; link the image "
                             "with its code in a segment of flags R E",
                             name);
}

static bool print_from(Listing *l, const char *from, Diag *diag)
{
    uint32_t start;
    Diag address = {""};
    if (!symbols_parse(l->image, from, &start, &address))
        return diag_error(diag, "--start: %s", address.text);
    if (start & 3)
        return diag_error(diag,
                          "--start: 0x%08" PRIx32 " is not a multiple of 4; "
                          "try 0x%08" PRIx32,
                          start, start & ~3u);
    for (size_t i = 0; i < elf_segment_count(l->image); i++) {
        const ElfSegment *seg = elf_segment(l->image, i);
        if ((seg->flags & ELF_SEGMENT_X) && start >= seg->vaddr &&
            start - seg->vaddr < seg->file_size) {
            print_segment(l, seg, start);
            return true;
        }
    }
    return diag_error(diag,
                      "--start: 0x%08" PRIx32 " is not in an executable "
                      "segment; leave --start out to see them all",
                      start);
}

bool disasm_print(const Options *options, Diag *diag)
{
    const char *path = options->operands[0];
    const char *from = options_value(options, OPTION_START);
    Listing l = {NULL, UINT64_MAX};
    uint64_t count;
    if (!options_number(options, OPTION_COUNT, &count, diag))
        return false;
    if (count)
        l.left = count;
    ElfImage *image = elf_read(path, diag);
    if (!image)
        return false;
    l.image = image;
    bool ok = from ? print_from(&l, from, diag) : print_all(&l, path, diag);
    elf_free(image);
    return ok;
}
