/* Program images, read through libelf's translation of records; see elf.h.
 *
 * libelf turns the file's records into the host's and no more than that: its
 * file access shortens a table that leaves the file without saying so, where a
 * loader must refuse.  So every offset is checked here, before libelf sees the
 * bytes.  Symbols are a courtesy to people: whatever is wrong with them costs
 * the symbols and not the program.
 *
 * Formats: System V ABI, edition 4.1, chapters 4 and 5; its MIPS supplement,
 * 3rd edition, chapter 4; e_flags as GNU binutils extended them. */
#include "frontend/elf.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libelf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILE_SIZE_MAX = 1 << 30,
    PROGRAM_HEADERS_MAX = 256,
    SYMBOLS_MAX = 1 << 20,  /* more are taken for a broken table */
    SYMBOL_NAME_MAX = 1024, /* bytes; symbols with longer names are left out */
};

/* Values of fields of e_flags that <elf.h> has no names for. */
enum { ABI_NONE, ABI_O32, ABI_O64, ABI_EABI32, ABI_EABI64 };
enum { ASE_MICROMIPS = 2, ASE_MIPS16 = 4, ASE_MDMX = 8 };

typedef struct Symbol {
    ElfSymbol is;
    uint32_t index; /* in the file's table */
    uint8_t rank;   /* among symbols of one address, best last */
    bool is_function;
} Symbol;

struct ElfImage {
    uint8_t *bytes; /* the whole file */
    size_t size;
    bool big;
    uint32_t entry;
    ElfSegment *segments; /* by vaddr */
    size_t segment_count;
    Symbol *symbols; /* functions first; each kind by address, then rank */
    size_t symbol_count, function_count;
};

/* Where a reading stands. */
typedef struct Reader {
    char name[160]; /* of the file, as messages show it */
    ElfImage *image;
    Elf32_Ehdr header;
    Diag *diag;
} Reader;

/* Starts a reading of `name` into a new image.  A long path would push the
 * message itself out of the line: its end stands for it. */
static Reader reader_start(const char *name, Diag *diag)
{
    Reader r = {.image = alloc_zeroed(1, sizeof(ElfImage)), .diag = diag};
    size_t length = strlen(name);
    if (length < sizeof r.name) {
        memcpy(r.name, name, length + 1);
    } else {
        size_t kept = sizeof r.name - sizeof "...";
        memcpy(r.name, "...", 3);
        memcpy(r.name + 3, name + length - kept, kept + 1);
    }
    return r;
}

/* Says what is wrong with the file.  Returns false. */
__attribute__((format(printf, 2, 3))) static bool fail(const Reader *r,
                                                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    diag_error_at(r->diag, r->name, format, args);
    va_end(args);
    return false;
}

/* Translates `count` records of `size` bytes at `offset` of the file, or says
 * that they do not lie inside it. */
static bool records_read(const ElfImage *image, uint32_t offset, size_t count,
                         Elf_Type type, size_t size, void *records)
{
    if (offset > image->size || count > (image->size - offset) / size)
        return false;
    Elf_Data file = {
        .d_buf = image->bytes + offset,
        .d_type = type,
        .d_version = EV_CURRENT,
        .d_size = count * size,
    };
    Elf_Data host = file;
    host.d_buf = records;
    return elf32_xlatetom(&host, &file,
                          image->big ? ELFDATA2MSB : ELFDATA2LSB) != NULL;
}

/* The ELF header */

static bool ident_check(Reader *r)
{
    const uint8_t *ident = r->image->bytes;
    size_t size = r->image->size;
    if (size == 0)
        return fail(r, "the file is empty; give the ELF executable that the "
                       "guest's linker wrote");
    if (size < SELFMAG || memcmp(ident, ELFMAG, SELFMAG) != 0)
        return fail(
            r, "not an ELF file: it does not begin with 7f 45 4c 46; give the "
               "linked program itself, not compressed and not a raw binary");
    if (size < sizeof(Elf32_Ehdr))
        return fail(r,
                    "the file ends after %zu bytes, inside the ELF header of "
                    "%zu; copy or link it again",
                    size, sizeof(Elf32_Ehdr));
    if (ident[EI_CLASS] == ELFCLASS64)
        return fail(r, "a 64-bit ELF file, and the R3000 has 32 bits; build it "
                       "with -march=r3000 -mabi=32");
    if (ident[EI_CLASS] != ELFCLASS32)
        return fail(r,
                    "offset %d: unknown ELF class %u; 1 (32-bit) is wanted: "
                    "link it again",
                    EI_CLASS, ident[EI_CLASS]);
    if (ident[EI_DATA] != ELFDATA2LSB && ident[EI_DATA] != ELFDATA2MSB)
        return fail(r,
                    "offset %d: unknown byte order %u; 1 (little) or 2 (big) "
                    "is wanted: link it again",
                    EI_DATA, ident[EI_DATA]);
    return true;
}

static bool type_check(Reader *r)
{
    const char *what, *mend;
    switch (r->header.e_type) {
    case ET_EXEC: return true;
    case ET_REL:
        what = "a relocatable object file";
        mend = "link it to its final addresses with ld";
        break;
    case ET_DYN:
        what = "a shared or position-independent object";
        mend = "link it with -static -no-pie";
        break;
    case ET_CORE:
        what = "a core dump";
        mend = "give the program that left it";
        break;
    default:
        what = "of no known ELF type";
        mend = "link it again as an executable";
        break;
    }
    return fail(r, "%s (e_type %u); %s", what, r->header.e_type, mend);
}

static bool flags_check(Reader *r)
{
    static const char *const levels[] = {
        "MIPS I", "MIPS II",  "MIPS III", "MIPS IV",  "MIPS V",   "MIPS32",
        "MIPS64", "MIPS32r2", "MIPS64r2", "MIPS32r6", "MIPS64r6",
    };
    uint32_t flags = r->header.e_flags;
    unsigned level = bits_get(flags, 28, 4);
    unsigned ase = bits_get(flags, 24, 4);
    unsigned mach = bits_get(flags, 16, 8);
    unsigned abi = bits_get(flags, 12, 4);
    if (level != 0)
        return fail(r,
                    "built for %s (e_flags 0x%08x), and the R3000 is MIPS I; "
                    "build it with -march=r3000",
                    level < ARRAY_LEN(levels) ? levels[level] : "a later MIPS",
                    flags);
    if (ase != 0)
        return fail(r,
                    "holds %s code (e_flags 0x%08x), which the R3000 lacks; "
                    "build it with -march=r3000 and without that extension",
                    ase & ASE_MICROMIPS ? "microMIPS"
                    : ase & ASE_MIPS16  ? "MIPS16"
                    : ase & ASE_MDMX    ? "MDMX"
                                        : "an unknown extension's",
                    flags);
    if (mach != 0)
        return fail(r,
                    "built for another processor than the R3000 (e_flags "
                    "0x%08x, machine 0x%02x); build it with -march=r3000",
                    flags, mach);
    if ((flags & EF_MIPS_ABI2) ||
        (abi != ABI_NONE && abi != ABI_O32 && abi != ABI_EABI32))
        return fail(r,
                    "its ABI (e_flags 0x%08x: %s) is for 64-bit registers; "
                    "build it with -mabi=32",
                    flags,
                    flags & EF_MIPS_ABI2 ? "n32"
                    : abi == ABI_O64     ? "o64"
                    : abi == ABI_EABI64  ? "eabi64"
                                         : "unknown");
    if (flags & EF_MIPS_FP64)
        return fail(r,
                    "built for 64-bit floating-point registers (e_flags "
                    "0x%08x); build it with -mfp32",
                    flags);
    return true;
}

static bool header_read(Reader *r)
{
    ElfImage *image = r->image;
    if (!ident_check(r))
        return false;
    image->big = image->bytes[EI_DATA] == ELFDATA2MSB;
    bool whole =
        records_read(image, 0, 1, ELF_T_EHDR, sizeof r->header, &r->header);
    if (!whole || image->bytes[EI_VERSION] != EV_CURRENT ||
        r->header.e_version != EV_CURRENT)
        return fail(r,
                    "unknown ELF version; 1 is wanted at offsets %d and %zu: "
                    "link it again",
                    EI_VERSION, offsetof(Elf32_Ehdr, e_version));
    if (r->header.e_machine != EM_MIPS)
        return fail(r,
                    "built for another processor than MIPS (e_machine %u); "
                    "build it with a MIPS compiler and -march=r3000",
                    r->header.e_machine);
    return type_check(r) && flags_check(r);
}

/* Segments */

/* The segment that `addr` is in, or NULL. */
static const ElfSegment *segment_at(const ElfImage *image, uint32_t addr)
{
    size_t low = 0, high = image->segment_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (image->segments[middle].vaddr <= addr)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    const ElfSegment *segment = &image->segments[low - 1];
    return addr - segment->vaddr < segment->mem_size ? segment : NULL;
}

/* Last address of `size` bytes, size > 0, at `addr`; may exceed 32 bits. */
static uint64_t last_of(uint32_t addr, uint32_t size)
{
    return (uint64_t)addr + size - 1;
}

/* Puts `segment`, of program header `number`, in its place by address. */
static bool segment_insert(Reader *r, unsigned number, ElfSegment segment)
{
    ElfSegment *segments = r->image->segments;
    size_t count = r->image->segment_count, at = count;
    while (at > 0 && segments[at - 1].vaddr > segment.vaddr)
        at--;
    const ElfSegment *other = NULL;
    if (at > 0 && last_of(segments[at - 1].vaddr, segments[at - 1].mem_size) >=
                      segment.vaddr)
        other = &segments[at - 1];
    else if (at < count &&
             last_of(segment.vaddr, segment.mem_size) >= segments[at].vaddr)
        other = &segments[at];
    if (other)
        return fail(r,
                    "program header %u: its memory 0x%08x-0x%08jx overlaps the "
                    "segment at 0x%08x-0x%08jx; mend the linker script",
                    number, segment.vaddr,
                    (uintmax_t)last_of(segment.vaddr, segment.mem_size),
                    other->vaddr,
                    (uintmax_t)last_of(other->vaddr, other->mem_size));
    memmove(&segments[at + 1], &segments[at], (count - at) * sizeof *segments);
    segments[at] = segment;
    r->image->segment_count++;
    return true;
}

static bool segment_read(Reader *r, unsigned number, const Elf32_Phdr *header)
{
    size_t size = r->image->size;
    if (header->p_filesz > header->p_memsz)
        return fail(r,
                    "program header %u: 0x%x bytes in the file are more than "
                    "its 0x%x in memory; link it again",
                    number, header->p_filesz, header->p_memsz);
    if (header->p_memsz == 0)
        return true; /* linkers leave such entries; there is nothing to load */
    if (header->p_filesz > 0 &&
        (header->p_offset > size || header->p_filesz > size - header->p_offset))
        return fail(r,
                    "program header %u: its 0x%x bytes at offset 0x%x are not "
                    "all in the file of 0x%zx bytes; copy or link it again",
                    number, header->p_filesz, header->p_offset, size);
    if (last_of(header->p_vaddr, header->p_memsz) > UINT32_MAX ||
        last_of(header->p_paddr, header->p_memsz) > UINT32_MAX)
        return fail(
            r,
            "program header %u: 0x%x bytes at virtual 0x%08x, physical 0x%08x "
            "pass the end of the address space; mend the linker script",
            number, header->p_memsz, header->p_vaddr, header->p_paddr);
    ElfSegment segment = {
        .vaddr = header->p_vaddr,
        .paddr = header->p_paddr,
        .mem_size = header->p_memsz,
        .file_size = header->p_filesz,
        .bytes = r->image->bytes + (header->p_filesz ? header->p_offset : 0),
        .flags =
            header->p_flags & (ELF_SEGMENT_X | ELF_SEGMENT_W | ELF_SEGMENT_R),
    };
    return segment_insert(r, number, segment);
}

static bool segments_read(Reader *r)
{
    unsigned count = r->header.e_phnum;
    if (count > PROGRAM_HEADERS_MAX)
        return fail(r,
                    "%u program headers, and at most %d are taken; let the "
                    "linker join sections into fewer segments",
                    count, PROGRAM_HEADERS_MAX);
    if (count > 0 && r->header.e_phentsize != sizeof(Elf32_Phdr))
        return fail(
            r,
            "program headers of %u bytes each; %zu are wanted: link it again",
            r->header.e_phentsize, sizeof(Elf32_Phdr));
    Elf32_Phdr headers[PROGRAM_HEADERS_MAX];
    if (count > 0 && !records_read(r->image, r->header.e_phoff, count,
                                   ELF_T_PHDR, sizeof headers[0], headers))
        return fail(r,
                    "%u program headers at offset 0x%x are not all in the file "
                    "of 0x%zx bytes; copy or link it again",
                    count, r->header.e_phoff, r->image->size);
    r->image->segments = alloc_zeroed(count, sizeof(ElfSegment));
    for (unsigned i = 0; i < count; i++) {
        if (headers[i].p_type == PT_INTERP)
            return fail(r,
                        "program header %u: needs a dynamic linker, which the "
                        "bare computer lacks; link it with -static",
                        i);
        if (headers[i].p_type == PT_LOAD && !segment_read(r, i, &headers[i]))
            return false;
    }
    if (r->image->segment_count == 0)
        return fail(r,
                    "no segment to load among %u program headers; link it as "
                    "an executable",
                    count);
    return true;
}

static bool entry_check(Reader *r)
{
    uint32_t entry = r->header.e_entry;
    if (entry % 4 != 0)
        return fail(r,
                    "the entry address 0x%08x is not a multiple of 4; name an "
                    "instruction with ld -e",
                    entry);
    const ElfSegment *segment = segment_at(r->image, entry);
    if (!segment || segment->mem_size - (entry - segment->vaddr) < 4)
        return fail(r,
                    "no segment holds the entry address 0x%08x; name the first "
                    "instruction with ld -e",
                    entry);
    r->image->entry = entry;
    return true;
}

/* Symbols */

/* The name at `offset` of the string table `strings`, or NULL when there is
 * none that can be shown. */
static const char *symbol_name(const ElfImage *image, const Elf32_Shdr *strings,
                               uint32_t offset)
{
    if (offset >= strings->sh_size)
        return NULL;
    const uint8_t *name = image->bytes + strings->sh_offset + offset;
    size_t room = strings->sh_size - offset;
    size_t limit = room < SYMBOL_NAME_MAX ? room : SYMBOL_NAME_MAX;
    size_t length = 0;
    while (length < limit && name[length] >= 0x20 && name[length] != 0x7f)
        length++;
    bool fits = length > 0 && length < limit && name[length] == '\0';
    return fits ? (const char *)name : NULL;
}

/* Adds the file's symbol `index` to the image if it is one of ours. */
static void symbol_add(ElfImage *image, const Elf32_Sym *symbol, uint32_t index,
                       const Elf32_Shdr *sections, size_t section_count,
                       const Elf32_Shdr *strings)
{
    unsigned type = ELF32_ST_TYPE(symbol->st_info);
    bool global = ELF32_ST_BIND(symbol->st_info) != STB_LOCAL;
    bool absolute = symbol->st_shndx == SHN_ABS;
    if (type != STT_FUNC && type != STT_OBJECT &&
        !(type == STT_NOTYPE && global))
        return;
    if (!absolute &&
        (symbol->st_shndx == SHN_UNDEF || symbol->st_shndx >= section_count))
        return;
    const char *name = symbol_name(image, strings, symbol->st_name);
    if (!name)
        return;
    bool code =
        !absolute && (sections[symbol->st_shndx].sh_flags & SHF_EXECINSTR);
    bool function = type == STT_FUNC || (type == STT_NOTYPE && code);
    image->symbols[image->symbol_count++] = (Symbol){
        .is = {symbol->st_value, symbol->st_size, name},
        .index = index,
        .rank = (uint8_t)(2 * global + (type != STT_NOTYPE)),
        .is_function = function,
    };
    image->function_count += function;
}

static int by_place(const void *a, const void *b)
{
    const Symbol *x = a, *y = b;
    if (x->is_function != y->is_function)
        return x->is_function ? -1 : 1;
    if (x->is.addr != y->is.addr)
        return x->is.addr < y->is.addr ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return x->index > y->index ? -1 : x->index < y->index;
}

/* Gives functions without a size the room up to the next function, or to the
 * end of their segment. */
static void functions_extend(ElfImage *image)
{
    uint64_t next = UINT64_C(1) << 32; /* the function above this address */
    for (size_t i = image->function_count; i-- > 0;) {
        ElfSymbol *function = &image->symbols[i].is;
        const ElfSegment *segment = segment_at(image, function->addr);
        if (function->size == 0 && segment) {
            uint64_t end = (uint64_t)segment->vaddr + segment->mem_size;
            if (next < end)
                end = next;
            function->size = (uint32_t)(end - function->addr);
        }
        if (i > 0 && image->symbols[i - 1].is.addr != function->addr)
            next = function->addr;
    }
}

/* Reads the symbols that `table`, one of `sections`, holds. */
static void symbol_table_read(Reader *r, const Elf32_Shdr *table,
                              const Elf32_Shdr *sections, size_t section_count)
{
    ElfImage *image = r->image;
    size_t count = table->sh_size / sizeof(Elf32_Sym);
    if (table->sh_entsize != sizeof(Elf32_Sym) || count > SYMBOLS_MAX ||
        table->sh_link >= section_count)
        return;
    const Elf32_Shdr *strings = &sections[table->sh_link];
    if (strings->sh_type != SHT_STRTAB || strings->sh_offset > image->size ||
        strings->sh_size > image->size - strings->sh_offset)
        return;
    Elf32_Sym *symbols = alloc_zeroed(count, sizeof *symbols);
    if (records_read(image, table->sh_offset, count, ELF_T_SYM, sizeof *symbols,
                     symbols)) {
        image->symbols = alloc_zeroed(count, sizeof *image->symbols);
        for (size_t i = 0; i < count; i++)
            symbol_add(image, &symbols[i], (uint32_t)i, sections, section_count,
                       strings);
        qsort(image->symbols, image->symbol_count, sizeof *image->symbols,
              by_place);
        functions_extend(image);
    }
    free(symbols);
}

/* Reads the static symbol table, of which a file has at most one. */
static void symbols_read(Reader *r)
{
    size_t count = r->header.e_shnum;
    if (count == 0 || r->header.e_shentsize != sizeof(Elf32_Shdr))
        return;
    Elf32_Shdr *sections = alloc_zeroed(count, sizeof *sections);
    if (records_read(r->image, r->header.e_shoff, count, ELF_T_SHDR,
                     sizeof *sections, sections))
        for (size_t i = 0; i < count; i++)
            if (sections[i].sh_type == SHT_SYMTAB) {
                symbol_table_read(r, &sections[i], sections, count);
                break;
            }
    free(sections);
}

/* The whole file */

/* Ends a reading of the image's bytes, or of what failed before. */
static ElfImage *reader_finish(Reader *r, bool ok)
{
    elf_version(EV_CURRENT); /* libelf wants to hear it once */
    if (ok && header_read(r) && segments_read(r) && entry_check(r)) {
        symbols_read(r);
        return r->image;
    }
    elf_free(r->image);
    return NULL;
}

/* Makes room for a file of `size` bytes. */
static bool bytes_allocate(Reader *r, uintmax_t size)
{
    if (size > FILE_SIZE_MAX)
        return fail(r,
                    "%ju bytes, and an image has at most %d; strip its "
                    "debugging sections",
                    size, FILE_SIZE_MAX);
    r->image->size = (size_t)size;
    r->image->bytes = alloc_large(r->image->size);
    return true;
}

static bool file_read(Reader *r, int fd)
{
    struct stat stat;
    if (fstat(fd, &stat) != 0)
        return fail(r, "cannot be examined: %s; copy it elsewhere",
                    strerror(errno));
    if (!S_ISREG(stat.st_mode))
        return fail(r, "%s; give the file of an ELF executable",
                    S_ISDIR(stat.st_mode) ? "is a directory"
                                          : "is not a regular file");
    if (!bytes_allocate(r, (uintmax_t)stat.st_size))
        return false;
    for (size_t done = 0; done < r->image->size;) {
        ssize_t got = read(fd, r->image->bytes + done, r->image->size - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fail(r,
                        "offset 0x%zx: %s; make the file readable and whole, "
                        "then try again",
                        done,
                        got < 0 ? strerror(errno)
                                : "the file got shorter while it was read");
        done += (size_t)got;
    }
    return true;
}

ElfImage *elf_read(const char *path, Diag *diag)
{
    Reader r = reader_start(path, diag);
    /* Without O_NONBLOCK a FIFO would wait for its writer. */
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        fail(&r, "cannot be opened: %s; give a readable ELF file",
             strerror(errno));
        return reader_finish(&r, false);
    }
    bool ok = file_read(&r, fd);
    close(fd);
    return reader_finish(&r, ok);
}

ElfImage *elf_read_memory(const char *name, const void *bytes, size_t size,
                          Diag *diag)
{
    Reader r = reader_start(name, diag);
    bool ok = bytes_allocate(&r, size);
    if (ok && size > 0)
        memcpy(r.image->bytes, bytes, size);
    return reader_finish(&r, ok);
}

void elf_free(ElfImage *image)
{
    if (!image)
        return;
    free(image->symbols);
    free(image->segments);
    alloc_free_large(image->bytes, image->size);
    free(image);
}

uint32_t elf_entry(const ElfImage *image)
{
    return image->entry;
}

bool elf_big_endian(const ElfImage *image)
{
    return image->big;
}

size_t elf_segment_count(const ElfImage *image)
{
    return image->segment_count;
}

const ElfSegment *elf_segment(const ElfImage *image, size_t i)
{
    assert(i < image->segment_count);
    return &image->segments[i];
}

const ElfSymbol *elf_symbol_at(const ElfImage *image, uint32_t addr)
{
    size_t low = 0, high = image->function_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (image->symbols[middle].is.addr <= addr)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    const ElfSymbol *function = &image->symbols[low - 1].is;
    return addr - function->addr < function->size ? function : NULL;
}

bool elf_symbol_find(const ElfImage *image, const char *name, uint32_t *addr)
{
    for (size_t i = 0; i < image->symbol_count; i++)
        if (strcmp(image->symbols[i].is.name, name) == 0) {
            *addr = image->symbols[i].is.addr;
            return true;
        }
    return false;
}
