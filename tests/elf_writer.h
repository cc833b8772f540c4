/* Writes small ELF32 executables into memory, well-formed until a test patches
 * them: header, program headers, segments, then (with symbols) a symbol table,
 * its strings and five section headers. */
#ifndef SELKIRK_TESTS_ELF_WRITER_H
#define SELKIRK_TESTS_ELF_WRITER_H

#include "base/bits.h"

#include <assert.h>
#include <elf.h>

enum {
    ELF_WRITER_MAX = 32768, /* bytes that an image and its patches may have */
    ELF_WRITER_FLAGS = EF_MIPS_NOREORDER | 0x1000 /* o32 */,
    ELF_WRITER_SECTIONS = 5, /* null, code, data, symbols, strings */
    ELF_WRITER_CODE = 1,
    ELF_WRITER_DATA = 2,
    ELF_WRITER_SYMBOLS = 3,
    ELF_WRITER_STRINGS = 4,
};

typedef struct ElfWriterSegment {
    uint32_t addr, file_size, mem_size, flags;
} ElfWriterSegment;

typedef struct ElfWriterSymbol {
    const char *name;
    uint32_t addr, size;
    uint8_t info; /* ELF32_ST_INFO(binding, type) */
    uint16_t section;
} ElfWriterSymbol;

typedef struct ElfWriter {
    uint8_t bytes[ELF_WRITER_MAX];
    size_t size;
    bool big;
    size_t segments, symbols, strings, sections; /* offsets in the file */
} ElfWriter;

/* Byte `i` of the file part of segment `number`. */
static inline uint8_t elf_writer_byte(size_t number, size_t i)
{
    return (uint8_t)(number * 37 + i * 11 + 1);
}

static inline void elf_writer_put16(ElfWriter *w, size_t offset, uint32_t v)
{
    assert(offset + 2 <= sizeof w->bytes);
    bits_store16(w->bytes + offset, v, w->big);
}

static inline void elf_writer_put32(ElfWriter *w, size_t offset, uint32_t v)
{
    assert(offset + 4 <= sizeof w->bytes);
    bits_store32(w->bytes + offset, v, w->big);
}

/* Reserves `size` bytes at the end, on a multiple of 4. */
static inline size_t elf_writer_take(ElfWriter *w, size_t size)
{
    size_t offset = (w->size + 3) / 4 * 4;
    assert(offset + size <= sizeof w->bytes);
    w->size = offset + size;
    return offset;
}

#define ELF_WRITER_HEADER(field) offsetof(Elf32_Ehdr, field)
#define ELF_WRITER_SEGMENT(w, i, field)                                        \
    ((w)->segments + (i) * sizeof(Elf32_Phdr) + offsetof(Elf32_Phdr, field))
#define ELF_WRITER_SECTION(w, i, field)                                        \
    ((w)->sections + (i) * sizeof(Elf32_Shdr) + offsetof(Elf32_Shdr, field))
#define ELF_WRITER_SYMBOL(w, i, field)                                         \
    ((w)->symbols + (i) * sizeof(Elf32_Sym) + offsetof(Elf32_Sym, field))

static inline void elf_writer_put_segments(ElfWriter *w,
                                           const ElfWriterSegment *segments,
                                           size_t count)
{
    w->segments = elf_writer_take(w, count * sizeof(Elf32_Phdr));
    for (size_t i = 0; i < count; i++) {
        const ElfWriterSegment *s = &segments[i];
        size_t content = elf_writer_take(w, s->file_size);
        for (size_t j = 0; j < s->file_size; j++)
            w->bytes[content + j] = elf_writer_byte(i, j);
        elf_writer_put32(w, ELF_WRITER_SEGMENT(w, i, p_type), PT_LOAD);
        elf_writer_put32(w, ELF_WRITER_SEGMENT(w, i, p_offset),
                         (uint32_t)content);
        elf_writer_put32(w, ELF_WRITER_SEGMENT(w, i, p_vaddr), s->addr);
        elf_writer_put32(w, ELF_WRITER_SEGMENT(w, i, p_paddr), s->addr);
        elf_writer_put32(w, ELF_WRITER_SEGMENT(w, i, p_filesz), s->file_size);
        elf_writer_put32(w, ELF_WRITER_SEGMENT(w, i, p_memsz), s->mem_size);
        elf_writer_put32(w, ELF_WRITER_SEGMENT(w, i, p_flags), s->flags);
        elf_writer_put32(w, ELF_WRITER_SEGMENT(w, i, p_align), 4);
    }
}

static inline void elf_writer_put_symbols(ElfWriter *w,
                                          const ElfWriterSymbol *symbols,
                                          size_t count)
{
    size_t strings_size = 1;
    for (size_t i = 0; i < count; i++)
        strings_size += strlen(symbols[i].name) + 1;
    w->symbols = elf_writer_take(w, (count + 1) * sizeof(Elf32_Sym));
    w->strings = elf_writer_take(w, strings_size);
    uint32_t string = 1;
    for (size_t i = 0; i < count; i++) {
        const ElfWriterSymbol *s = &symbols[i];
        size_t length = strlen(s->name) + 1;
        memcpy(w->bytes + w->strings + string, s->name, length);
        elf_writer_put32(w, ELF_WRITER_SYMBOL(w, i + 1, st_name), string);
        elf_writer_put32(w, ELF_WRITER_SYMBOL(w, i + 1, st_value), s->addr);
        elf_writer_put32(w, ELF_WRITER_SYMBOL(w, i + 1, st_size), s->size);
        w->bytes[ELF_WRITER_SYMBOL(w, i + 1, st_info)] = s->info;
        elf_writer_put16(w, ELF_WRITER_SYMBOL(w, i + 1, st_shndx), s->section);
        string += (uint32_t)length;
    }

    const Elf32_Shdr sections[ELF_WRITER_SECTIONS] = {
        [ELF_WRITER_CODE] = {.sh_type = SHT_PROGBITS,
                             .sh_flags = SHF_ALLOC | SHF_EXECINSTR},
        [ELF_WRITER_DATA] = {.sh_type = SHT_PROGBITS,
                             .sh_flags = SHF_ALLOC | SHF_WRITE},
        [ELF_WRITER_SYMBOLS] = {.sh_type = SHT_SYMTAB,
                                .sh_offset = (uint32_t)w->symbols,
                                .sh_size =
                                    (uint32_t)((count + 1) * sizeof(Elf32_Sym)),
                                .sh_link = ELF_WRITER_STRINGS,
                                .sh_entsize = sizeof(Elf32_Sym)},
        [ELF_WRITER_STRINGS] = {.sh_type = SHT_STRTAB,
                                .sh_offset = (uint32_t)w->strings,
                                .sh_size = (uint32_t)strings_size},
    };
    w->sections = elf_writer_take(w, sizeof sections);
    for (size_t i = 0; i < ELF_WRITER_SECTIONS; i++) {
        const Elf32_Shdr *s = &sections[i];
        elf_writer_put32(w, ELF_WRITER_SECTION(w, i, sh_type), s->sh_type);
        elf_writer_put32(w, ELF_WRITER_SECTION(w, i, sh_flags), s->sh_flags);
        elf_writer_put32(w, ELF_WRITER_SECTION(w, i, sh_offset), s->sh_offset);
        elf_writer_put32(w, ELF_WRITER_SECTION(w, i, sh_size), s->sh_size);
        elf_writer_put32(w, ELF_WRITER_SECTION(w, i, sh_link), s->sh_link);
        elf_writer_put32(w, ELF_WRITER_SECTION(w, i, sh_entsize),
                         s->sh_entsize);
    }
    elf_writer_put32(w, ELF_WRITER_HEADER(e_shoff), (uint32_t)w->sections);
    elf_writer_put16(w, ELF_WRITER_HEADER(e_shentsize), sizeof(Elf32_Shdr));
    elf_writer_put16(w, ELF_WRITER_HEADER(e_shnum), ELF_WRITER_SECTIONS);
}

/* Writes an executable; with `symbol_count` 0 it has no sections. */
static inline void elf_writer_build(ElfWriter *w, bool big, uint32_t entry,
                                    const ElfWriterSegment *segments,
                                    size_t segment_count,
                                    const ElfWriterSymbol *symbols,
                                    size_t symbol_count)
{
    *w = (ElfWriter){.size = sizeof(Elf32_Ehdr), .big = big};
    memcpy(w->bytes, ELFMAG, SELFMAG);
    w->bytes[EI_CLASS] = ELFCLASS32;
    w->bytes[EI_DATA] = big ? ELFDATA2MSB : ELFDATA2LSB;
    w->bytes[EI_VERSION] = EV_CURRENT;
    elf_writer_put_segments(w, segments, segment_count);
    elf_writer_put16(w, ELF_WRITER_HEADER(e_type), ET_EXEC);
    elf_writer_put16(w, ELF_WRITER_HEADER(e_machine), EM_MIPS);
    elf_writer_put32(w, ELF_WRITER_HEADER(e_version), EV_CURRENT);
    elf_writer_put32(w, ELF_WRITER_HEADER(e_entry), entry);
    elf_writer_put32(w, ELF_WRITER_HEADER(e_phoff), (uint32_t)w->segments);
    elf_writer_put32(w, ELF_WRITER_HEADER(e_flags), ELF_WRITER_FLAGS);
    elf_writer_put16(w, ELF_WRITER_HEADER(e_ehsize), sizeof(Elf32_Ehdr));
    elf_writer_put16(w, ELF_WRITER_HEADER(e_phentsize), sizeof(Elf32_Phdr));
    elf_writer_put16(w, ELF_WRITER_HEADER(e_phnum), (uint32_t)segment_count);
    if (symbol_count > 0)
        elf_writer_put_symbols(w, symbols, symbol_count);
}

/* A little-endian program of one segment of code, `words`, entered at its
 * beginning. */
static inline void elf_writer_build_words(ElfWriter *w, uint32_t start,
                                          const uint32_t *words, size_t count)
{
    uint32_t size = (uint32_t)count * 4;
    ElfWriterSegment segment = {start, size, size,
                                ELF_SEGMENT_R | ELF_SEGMENT_X};
    elf_writer_build(w, false, start, &segment, 1, NULL, 0);
    for (size_t i = 0; i < count; i++)
        elf_writer_put32(w, w->size - size + 4 * i, words[i]);
}

#endif
