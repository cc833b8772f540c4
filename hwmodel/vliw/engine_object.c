/* Reads the objects that LLVM makes: relocatable ELF files for x86-64, of code
 * and its constants, that refer to nothing but themselves.  A linker for these
 * is small, and keeps no trace of what it linked. */
#include "hwmodel/vliw/engine_host.h"

#include "base/alloc.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct EngineElf {
    const uint8_t *bytes;
    size_t size;
    const Elf64_Shdr *sections;
    unsigned count;
    const Elf64_Sym *symbols;
    size_t symbol_count;
    const char *names;
    size_t names_size, place_size;
    size_t *places; /* by section; SIZE_MAX: not in memory */
};

static bool fail(char *why, size_t why_size, const char *text)
{
    snprintf(why, why_size, "the object %s", text);
    return false;
}

static bool has(const EngineElf *o, uint64_t offset, uint64_t size)
{
    return offset <= o->size && size <= o->size - offset && offset % 8 == 0;
}

/* --- Sections ------------------------------------------------------------- */

static bool read_header(EngineElf *o, char *why, size_t why_size)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)o->bytes;
    if (o->size < sizeof *header ||
        memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
        header->e_ident[EI_CLASS] != ELFCLASS64 ||
        header->e_machine != EM_X86_64 || header->e_type != ET_REL ||
        header->e_shentsize != sizeof(Elf64_Shdr))
        return fail(why, why_size, "is none of x86-64");
    o->count = header->e_shnum;
    if (!has(o, header->e_shoff, o->count * sizeof(Elf64_Shdr)))
        return fail(why, why_size, "is cut off");
    o->sections = (const Elf64_Shdr *)(o->bytes + header->e_shoff);
    return true;
}

static bool place_section(EngineElf *o, unsigned index)
{
    const Elf64_Shdr *section = &o->sections[index];
    uint64_t align = section->sh_addralign ? section->sh_addralign : 1;
    o->places[index] = SIZE_MAX;
    if (!(section->sh_flags & SHF_ALLOC) || section->sh_size == 0)
        return true;
    if (section->sh_type != SHT_PROGBITS || align > 64 ||
        (align & (align - 1)) || section->sh_size > o->size ||
        section->sh_offset > o->size - section->sh_size)
        return false;
    o->place_size = (o->place_size + align - 1) & ~(align - 1);
    o->places[index] = o->place_size;
    o->place_size += section->sh_size;
    return true;
}

static bool read_symbols(EngineElf *o, const Elf64_Shdr *section)
{
    if (section->sh_type != SHT_SYMTAB)
        return true;
    if (!has(o, section->sh_offset, section->sh_size) ||
        section->sh_link >= o->count)
        return false;
    const Elf64_Shdr *names = &o->sections[section->sh_link];
    if (names->sh_offset > o->size ||
        names->sh_size > o->size - names->sh_offset || names->sh_size == 0 ||
        o->bytes[names->sh_offset + names->sh_size - 1] != 0)
        return false;
    o->symbols = (const Elf64_Sym *)(o->bytes + section->sh_offset);
    o->symbol_count = section->sh_size / sizeof(Elf64_Sym);
    o->names = (const char *)o->bytes + names->sh_offset;
    o->names_size = names->sh_size;
    return true;
}

EngineElf *engine_elf_open(const EngineObject *bytes, char *why,
                           size_t why_size)
{
    EngineElf *o = alloc_zeroed(1, sizeof *o);
    o->bytes = bytes->bytes;
    o->size = bytes->size;
    if (!read_header(o, why, why_size)) {
        engine_elf_close(o);
        return NULL;
    }
    o->places = alloc_zeroed(o->count + 1, sizeof *o->places);
    for (unsigned i = 0; i < o->count; i++)
        if (!place_section(o, i) || !read_symbols(o, &o->sections[i])) {
            fail(why, why_size, "has sections that were not expected");
            engine_elf_close(o);
            return NULL;
        }
    return o;
}

void engine_elf_close(EngineElf *object)
{
    free(object->places);
    free(object);
}

size_t engine_elf_size(const EngineElf *object)
{
    return object->place_size;
}

/* --- Symbols -------------------------------------------------------------- */

/* Its place, or SIZE_MAX if it has none here. */
static size_t symbol_place(const EngineElf *o, size_t index)
{
    if (index >= o->symbol_count)
        return SIZE_MAX;
    const Elf64_Sym *symbol = &o->symbols[index];
    if (symbol->st_shndx >= o->count ||
        o->places[symbol->st_shndx] == SIZE_MAX ||
        symbol->st_value > o->sections[symbol->st_shndx].sh_size)
        return SIZE_MAX;
    return o->places[symbol->st_shndx] + symbol->st_value;
}

size_t engine_elf_find(const EngineElf *o, const char *name)
{
    for (size_t i = 0; i < o->symbol_count; i++)
        if (o->symbols[i].st_name < o->names_size &&
            strcmp(o->names + o->symbols[i].st_name, name) == 0)
            return symbol_place(o, i);
    return SIZE_MAX;
}

/* --- Into memory ---------------------------------------------------------- */

static bool relocate(const EngineElf *o, const Elf64_Rela *rela, size_t section,
                     uint8_t *to)
{
    size_t symbol = symbol_place(o, ELF64_R_SYM(rela->r_info));
    size_t place = o->places[section] + rela->r_offset;
    uint32_t type = ELF64_R_TYPE(rela->r_info);
    if (symbol == SIZE_MAX || (type != R_X86_64_PC32 && type != R_X86_64_PLT32))
        return false;
    uint64_t end = o->sections[section].sh_size;
    if (end < sizeof(int32_t) || rela->r_offset > end - sizeof(int32_t))
        return false;
    int32_t distance =
        (int32_t)((int64_t)symbol + rela->r_addend - (int64_t)place);
    memcpy(to + place, &distance, sizeof distance);
    return true;
}

bool engine_elf_place(const EngineElf *o, uint8_t *to, char *why,
                      size_t why_size)
{
    for (unsigned i = 0; i < o->count; i++)
        if (o->places[i] != SIZE_MAX)
            memcpy(to + o->places[i], o->bytes + o->sections[i].sh_offset,
                   o->sections[i].sh_size);
    for (unsigned i = 0; i < o->count; i++) {
        const Elf64_Shdr *section = &o->sections[i];
        if (section->sh_type != SHT_RELA || section->sh_info >= o->count ||
            o->places[section->sh_info] == SIZE_MAX)
            continue;
        if (!has(o, section->sh_offset, section->sh_size))
            return fail(why, why_size, "is cut off");
        const Elf64_Rela *rela =
            (const Elf64_Rela *)(o->bytes + section->sh_offset);
        for (size_t k = 0; k < section->sh_size / sizeof *rela; k++)
            if (!relocate(o, &rela[k], section->sh_info, to))
                return fail(why, why_size, "refers to something outside");
    }
    return true;
}
