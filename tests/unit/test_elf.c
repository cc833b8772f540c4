/* Unit tests of frontend/elf: images that are taken, images that are refused
 * and with which words, files that are none, and symbols. */
#include "base/alloc.h"
#include "frontend/elf.h"
#include "tests/elf_writer.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define FUNC(binding)   ELF32_ST_INFO(binding, STT_FUNC)
#define OBJECT(binding) ELF32_ST_INFO(binding, STT_OBJECT)
#define LABEL(binding)  ELF32_ST_INFO(binding, STT_NOTYPE)

static const ElfWriterSegment code_and_data[] = {
    {0x80040000, 64, 64, ELF_SEGMENT_R | ELF_SEGMENT_X},
    {0x80050000, 32, 4096, ELF_SEGMENT_R | ELF_SEGMENT_W},
};

static const ElfWriterSymbol few_symbols[] = {
    {"start", 0x80040000, 16, FUNC(STB_GLOBAL), ELF_WRITER_CODE},
    {"table", 0x80050000, 32, OBJECT(STB_LOCAL), ELF_WRITER_DATA},
};

/* Code at 0x80040000, data and zeros at 0x80050000, two symbols. */
static void build(ElfWriter *w, bool big)
{
    elf_writer_build(w, big, 0x80040000, code_and_data,
                     ARRAY_LEN(code_and_data), few_symbols,
                     ARRAY_LEN(few_symbols));
}

static ElfImage *read_image(const ElfWriter *w)
{
    Diag diag = {""};
    ElfImage *image = elf_read_memory("image", w->bytes, w->size, &diag);
    assert_string_equal(diag.text, "");
    assert_non_null(image);
    return image;
}

/* The image is refused with a line that begins with its name, holds `words`
 * and goes on with a way to mend it. */
static void assert_refused(const ElfWriter *w, const char *words)
{
    Diag diag = {""};
    ElfImage *image = elf_read_memory("image", w->bytes, w->size, &diag);
    assert_null(image);
    if (!strstr(diag.text, words))
        fail_msg("\"%s\" does not say \"%s\"", diag.text, words);
    assert_memory_equal(diag.text, "image: ", 7);
    assert_true(strchr(diag.text, ';') || strstr(diag.text, ": link it again"));
    assert_true(strlen(diag.text) < DIAG_TEXT_MAX - 1);
}

static void test_accepts(void **state)
{
    (void)state;
    for (int big = 0; big < 2; big++) {
        ElfWriter w;
        build(&w, big);
        ElfImage *image = read_image(&w);
        memset(&w, 0xee, sizeof w); /* the bytes were copied */
        assert_int_equal(elf_entry(image), 0x80040000);
        assert_int_equal(elf_big_endian(image), big);
        assert_int_equal(elf_segment_count(image), 2);
        for (size_t i = 0; i < 2; i++) {
            const ElfSegment *s = elf_segment(image, i);
            assert_int_equal(s->vaddr, code_and_data[i].addr);
            assert_int_equal(s->paddr, code_and_data[i].addr);
            assert_int_equal(s->file_size, code_and_data[i].file_size);
            assert_int_equal(s->mem_size, code_and_data[i].mem_size);
            assert_int_equal(s->flags, code_and_data[i].flags);
            for (size_t j = 0; j < s->file_size; j++)
                assert_int_equal(s->bytes[j], elf_writer_byte(i, j));
        }
        elf_free(image);
    }
    elf_free(NULL);
}

static void test_segments_are_sorted(void **state)
{
    (void)state;
    static const ElfWriterSegment segments[] = {
        {0x80003000, 4, 8, 7},      {0x80001000, 8, 0x1000, 7},
        {0xfffff000, 0, 0x1000, 7}, /* up to the very end, zeros only */
        {0x80002000, 4, 4, 7},      {0x00000000, 4, 4, 7},
        {0x80004000, 0, 0, 7}, /* empty: left out */
    };
    ElfWriter w;
    elf_writer_build(&w, true, 0x80001000, segments, ARRAY_LEN(segments), NULL,
                     0);
    /* Zeros only need no place in the file. */
    elf_writer_put32(&w, ELF_WRITER_SEGMENT(&w, 2, p_offset), 0xffffffff);
    elf_writer_put32(&w, ELF_WRITER_SEGMENT(&w, 0, p_paddr), 0x3000);
    elf_writer_put32(&w, ELF_WRITER_SEGMENT(&w, 0, p_flags), 0xf0000005);
    ElfImage *image = read_image(&w);
    static const uint32_t expected[] = {0, 0x80001000, 0x80002000, 0x80003000,
                                        0xfffff000};
    assert_int_equal(elf_segment_count(image), ARRAY_LEN(expected));
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        assert_int_equal(elf_segment(image, i)->vaddr, expected[i]);
        assert_non_null(elf_segment(image, i)->bytes);
    }
    assert_int_equal(elf_segment(image, 3)->paddr, 0x3000);
    assert_int_equal(elf_segment(image, 3)->flags,
                     ELF_SEGMENT_R | ELF_SEGMENT_X);
    assert_int_equal(elf_segment(image, 4)->file_size, 0);
    elf_free(image);
}

/* Other entries than PT_LOAD say nothing to a loader. */
static void test_skips_other_entries(void **state)
{
    (void)state;
    static const uint32_t types[] = {
        PT_NULL,         PT_NOTE,          PT_PHDR,      PT_TLS,
        PT_MIPS_REGINFO, PT_MIPS_ABIFLAGS, PT_GNU_STACK, 0x12345678};
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        ElfWriter w;
        build(&w, i & 1);
        elf_writer_put32(&w, ELF_WRITER_SEGMENT(&w, 1, p_type), types[i]);
        elf_writer_put32(&w, ELF_WRITER_SEGMENT(&w, 1, p_offset), 0xffffff00);
        ElfImage *image = read_image(&w);
        assert_int_equal(elf_segment_count(image), 1);
        elf_free(image);
    }
}

static void test_accepts_flags(void **state)
{
    (void)state;
    static const uint32_t flags[] = {
        0,                                   /* no ABI named */
        0x1001 | EF_MIPS_PIC | EF_MIPS_CPIC, /* as C compilers set them */
        0x1100,                              /* o32 with EF_MIPS_32BITMODE */
        0x3000,                              /* eabi32 */
    };
    for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
        ElfWriter w;
        build(&w, i & 1);
        elf_writer_put32(&w, ELF_WRITER_HEADER(e_flags), flags[i]);
        elf_free(read_image(&w));
    }
}

/* One field patched in the image of build(). */
typedef struct Patch {
    const char *words;
    enum { HEADER, SEGMENT_0, SEGMENT_1 } where;
    size_t offset;
    unsigned bytes;
    uint32_t value;
} Patch;

#define IDENT(i, value, words)                                                 \
    {                                                                          \
        words, HEADER, i, 1, value                                             \
    }
#define HALF(field, value, words)                                              \
    {                                                                          \
        words, HEADER, offsetof(Elf32_Ehdr, field), 2, value                   \
    }
#define WORD(field, value, words)                                              \
    {                                                                          \
        words, HEADER, offsetof(Elf32_Ehdr, field), 4, value                   \
    }
#define LOAD(i, field, value, words)                                           \
    {                                                                          \
        words, SEGMENT_##i, offsetof(Elf32_Phdr, field), 4, value              \
    }

static const Patch refused[] = {
    IDENT(0, 0x1f, "not an ELF file"),
    IDENT(3, 'f', "not an ELF file"),
    IDENT(EI_CLASS, ELFCLASS64, "64-bit ELF file"),
    IDENT(EI_CLASS, 0, "offset 4: unknown ELF class 0"),
    IDENT(EI_CLASS, 3, "offset 4: unknown ELF class 3"),
    IDENT(EI_DATA, 0, "offset 5: unknown byte order 0"),
    IDENT(EI_DATA, 9, "offset 5: unknown byte order 9"),
    IDENT(EI_VERSION, 2, "unknown ELF version"),
    WORD(e_version, 7, "unknown ELF version"),
    HALF(e_machine, EM_386, "another processor than MIPS (e_machine 3)"),
    HALF(e_type, ET_NONE, "no known ELF type (e_type 0)"),
    HALF(e_type, ET_REL, "a relocatable object file (e_type 1); link it"),
    HALF(e_type, ET_DYN, "position-independent object (e_type 3); link it"),
    HALF(e_type, ET_CORE, "a core dump (e_type 4)"),
    HALF(e_type, 0xfe00, "no known ELF type (e_type 65024)"),

    WORD(e_flags, 0x10001000, "built for MIPS II (e_flags 0x10001000)"),
    WORD(e_flags, 0x20001000, "MIPS III (e_flags 0x20001000)"),
    WORD(e_flags, 0x30001000, "MIPS IV "),
    WORD(e_flags, 0x40001000, "MIPS V "),
    WORD(e_flags, 0x50001000, "MIPS32 "),
    WORD(e_flags, 0x60001000, "MIPS64 "),
    WORD(e_flags, 0x70001000, "MIPS32r2 "),
    WORD(e_flags, 0x80001000, "MIPS64r2 "),
    WORD(e_flags, 0x90001000, "MIPS32r6 "),
    WORD(e_flags, 0xa0001000, "MIPS64r6 "),
    WORD(e_flags, 0xb0001000, "a later MIPS "),
    WORD(e_flags, 0xf0001000, "build it with -march=r3000"),
    WORD(e_flags, 0x02001000, "holds microMIPS code (e_flags 0x02001000)"),
    WORD(e_flags, 0x04001000, "holds MIPS16 code"),
    WORD(e_flags, 0x08001000, "holds MDMX code"),
    WORD(e_flags, 0x01001000, "an unknown extension's code"),
    WORD(e_flags, 0x00811000, "(e_flags 0x00811000, machine 0x81)"),
    WORD(e_flags, 0x00001020, "(e_flags 0x00001020: n32)"),
    WORD(e_flags, 0x00002000, "(e_flags 0x00002000: o64)"),
    WORD(e_flags, 0x00004000, "(e_flags 0x00004000: eabi64)"),
    WORD(e_flags, 0x00005000, "(e_flags 0x00005000: unknown)"),
    WORD(e_flags, 0x00001200, "64-bit floating-point registers"),

    HALF(e_phnum, 0, "no segment to load among 0 program headers"),
    HALF(e_phnum, 257, "257 program headers, and at most 256"),
    HALF(e_phnum, PN_XNUM, "65535 program headers"),
    HALF(e_phnum, 200, "200 program headers at offset 0x34 are not all in"),
    HALF(e_phentsize, 56, "program headers of 56 bytes"),
    WORD(e_phoff, 0xffffffff, "2 program headers at offset 0xffffffff"),
    WORD(e_phoff, ELF_WRITER_MAX, "2 program headers at offset 0x8000"),

    LOAD(0, p_type, PT_INTERP, "program header 0: needs a dynamic linker"),
    LOAD(1, p_filesz, 4097, "program header 1: 0x1001 bytes in the file are"),
    LOAD(0, p_memsz, 63, "program header 0: 0x40 bytes in the file are more"),
    LOAD(0, p_memsz, 0, "program header 0: 0x40 bytes in the file are more"),
    LOAD(1, p_offset, 0xffffffff, "program header 1: its 0x20 bytes at"),
    LOAD(1, p_offset, ELF_WRITER_MAX, "program header 1: its 0x20 bytes at"),
    LOAD(1, p_memsz, 0xfffffff0, "program header 1: 0xfffffff0 bytes at"),
    LOAD(1, p_vaddr, 0xfffff004, "pass the end of the address space"),
    LOAD(1, p_paddr, 0xfffff001, "physical 0xfffff001 pass the end"),
    LOAD(1, p_vaddr, 0x8004003f, "0x8004003f-0x8004103e overlaps"),
    LOAD(1, p_vaddr, 0x8003f001, "overlaps the segment at 0x80040000"),
    LOAD(1, p_vaddr, 0x80040000, "program header 1: its memory 0x80040000"),

    WORD(e_entry, 0x80040002, "entry address 0x80040002 is not a multiple"),
    WORD(e_entry, 0x80040040, "no segment holds the entry address"),
    WORD(e_entry, 0x8003fffc, "no segment holds the entry address"),
    WORD(e_entry, 0, "no segment holds the entry address 0x00000000"),
};

static void test_refuses_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * ARRAY_LEN(refused); i++) {
        const Patch *p = &refused[i / 2];
        ElfWriter w;
        build(&w, i & 1);
        size_t offset = p->offset;
        if (p->where != HEADER)
            offset +=
                w.segments + (p->where == SEGMENT_1 ? sizeof(Elf32_Phdr) : 0);
        if (p->bytes == 1)
            w.bytes[offset] = (uint8_t)p->value;
        else if (p->bytes == 2)
            elf_writer_put16(&w, offset, p->value);
        else
            elf_writer_put32(&w, offset, p->value);
        assert_refused(&w, p->words);
    }
}

static void test_refuses_entry_cut_off(void **state)
{
    (void)state;
    static const ElfWriterSegment segment = {0x80040000, 0, 7, 5};
    ElfWriter w;
    elf_writer_build(&w, false, 0x80040000, &segment, 1, NULL, 0);
    elf_free(read_image(&w));
    elf_writer_put32(&w, ELF_WRITER_HEADER(e_entry), 0x80040004);
    assert_refused(&w, "no segment holds the entry address 0x80040004");
}

/* An image that was cut short loads only if the cut took nothing but symbols.
 */
static void test_truncation(void **state)
{
    (void)state;
    ElfWriter w;
    build(&w, true);
    size_t whole = w.size, data_end = w.symbols;
    for (w.size = 0; w.size < data_end; w.size++) {
        if (w.size == 0)
            assert_refused(&w, "the file is empty");
        else if (w.size < SELFMAG)
            assert_refused(&w, "not an ELF file");
        else if (w.size < sizeof(Elf32_Ehdr))
            assert_refused(&w, "inside the ELF header");
        else if (w.size < w.segments + 2 * sizeof(Elf32_Phdr))
            assert_refused(&w, "program headers at offset");
        else
            assert_refused(&w, "are not all in the file");
    }
    for (; w.size <= whole; w.size++) {
        ElfImage *image = read_image(&w);
        uint32_t addr;
        bool found = elf_symbol_find(image, "start", &addr);
        assert_int_equal(found, w.size == whole);
        elf_free(image);
    }
}

static void test_too_big(void **state)
{
    (void)state;
    Diag diag = {""};
    uint8_t byte = 0;
    /* The size is refused before a byte is looked at. */
    assert_null(elf_read_memory("image", &byte, ((size_t)1 << 30) + 1, &diag));
    assert_non_null(strstr(diag.text, "1073741825 bytes"));
}

/* Messages */

static void test_message_of_a_hostile_name(void **state)
{
    (void)state;
    Diag diag = {""};
    assert_null(elf_read_memory("a\n\033[2Jb%s%n", "", 0, &diag));
    assert_non_null(strstr(diag.text, "a??[2Jb%s%n: the file is empty"));

    char name[4001];
    memset(name, 'x', sizeof name - 1);
    strcpy(name + sizeof name - 5, "/end");
    diag = (Diag){""};
    assert_null(elf_read_memory(name, "MZ", 2, &diag));
    assert_memory_equal(diag.text, "...xxx", 6);
    assert_non_null(strstr(diag.text, "xxx/end: not an ELF file"));
    assert_non_null(strstr(diag.text, "not a raw binary"));
}

static void test_first_message_stands(void **state)
{
    (void)state;
    Diag diag = {"earlier"};
    assert_null(elf_read_memory("image", "", 0, &diag));
    assert_string_equal(diag.text, "earlier");
}

/* Files */

typedef struct Folder {
    char path[64];
    char file[80];
} Folder;

static int folder_create(void **state)
{
    Folder *folder = alloc_zeroed(1, sizeof *folder);
    strcpy(folder->path, "/tmp/selkirk-test-elf-XXXXXX");
    if (!mkdtemp(folder->path))
        return -1;
    snprintf(folder->file, sizeof folder->file, "%s/image", folder->path);
    *state = folder;
    return 0;
}

static int folder_remove(void **state)
{
    Folder *folder = *state;
    unlink(folder->file);
    int status = rmdir(folder->path);
    free(folder);
    return status;
}

static void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void assert_file_refused(const char *path, const char *words)
{
    Diag diag = {""};
    assert_null(elf_read(path, &diag));
    if (!strstr(diag.text, words))
        fail_msg("\"%s\" does not say \"%s\"", diag.text, words);
    assert_memory_equal(diag.text, path, strlen(path));
    assert_non_null(strchr(diag.text, ';'));
}

static void test_file(void **state)
{
    Folder *folder = *state;
    ElfWriter w;
    build(&w, false);
    write_file(folder->file, w.bytes, w.size);
    Diag diag = {""};
    ElfImage *image = elf_read(folder->file, &diag);
    assert_non_null(image);
    /* What happens to the file now does not matter. */
    write_file(folder->file, "gone", 4);
    assert_int_equal(elf_segment(image, 0)->bytes[63], elf_writer_byte(0, 63));
    uint32_t addr;
    assert_true(elf_symbol_find(image, "table", &addr));
    assert_int_equal(addr, 0x80050000);
    elf_free(image);
    assert_file_refused(folder->file, "not an ELF file");
}

static void test_no_file(void **state)
{
    Folder *folder = *state;
    assert_file_refused(folder->file, "cannot be opened: No such file");
    assert_file_refused(folder->path, "is a directory");
    assert_file_refused("", "cannot be opened: No such file");
    write_file(folder->file, "", 0);
    assert_file_refused(folder->file, "the file is empty");
    assert_file_refused("/dev/null", "is not a regular file");
}

/* A FIFO without a writer must not make us wait. */
static void test_fifo(void **state)
{
    Folder *folder = *state;
    assert_int_equal(mkfifo(folder->file, 0600), 0);
    alarm(10);
    assert_file_refused(folder->file, "is not a regular file");
    alarm(0);
}

static void test_unreadable_file(void **state)
{
    Folder *folder = *state;
    write_file(folder->file, "x", 1);
    assert_int_equal(chmod(folder->file, 0), 0);
    bool root = geteuid() == 0; /* who would read it all the same */
    if (root)
        assert_int_equal(seteuid(65534), 0);
    assert_file_refused(folder->file, "cannot be opened: Permission denied");
    if (root)
        assert_int_equal(seteuid(0), 0);
}

/* Files of sysfs claim a page and hold a line. */
static void test_shrinking_file(void **state)
{
    (void)state;
    static const char path[] = "/sys/devices/system/cpu/online";
    if (access(path, R_OK) != 0)
        skip();
    assert_file_refused(path, "the file got shorter while it was read");
}

static void test_huge_file(void **state)
{
    Folder *folder = *state;
    write_file(folder->file, "x", 1);
    assert_int_equal(truncate(folder->file, ((off_t)1 << 30) + 1), 0);
    assert_file_refused(folder->file, "1073741825 bytes, and an image has");
}

/* Symbols */

static const char *name_at(const ElfImage *image, uint32_t addr)
{
    const ElfSymbol *symbol = elf_symbol_at(image, addr);
    return symbol ? symbol->name : "";
}

static void test_symbols(void **state)
{
    (void)state;
    enum { CODE = ELF_WRITER_CODE, DATA = ELF_WRITER_DATA };
    static const ElfWriterSymbol symbols[] = {
        /* Out of order, as linkers leave them. */
        {"sized", 0x80040010, 8, FUNC(STB_GLOBAL), CODE},
        {"open", 0x80040020, 0, FUNC(STB_LOCAL), CODE},
        {"start", 0x80040000, 0, LABEL(STB_GLOBAL), CODE},
        {"last", 0x80040030, 0, FUNC(STB_WEAK), CODE},
        {"local_alias", 0x80040030, 4, FUNC(STB_LOCAL), CODE},
        {"global_label", 0x80040030, 4, LABEL(STB_GLOBAL), CODE},
        {"object", 0x80050000, 32, OBJECT(STB_GLOBAL), DATA},
        {"_end", 0x80051000, 0, LABEL(STB_GLOBAL), DATA},
        {"absolute", 0x12345678, 0, LABEL(STB_GLOBAL), SHN_ABS},
        {"object_in_code", 0x80040004, 4, OBJECT(STB_LOCAL), CODE},
        /* Those that are left out. */
        {"local_label", 0x80040014, 0, LABEL(STB_LOCAL), CODE},
        {"undefined", 0x80040014, 4, FUNC(STB_GLOBAL), SHN_UNDEF},
        {"no_section", 0x80040014, 4, FUNC(STB_GLOBAL), 77},
        {"common", 0x80040014, 4, OBJECT(STB_GLOBAL), SHN_COMMON},
        {"a_section", 0x80040014, 4, ELF32_ST_INFO(STB_LOCAL, STT_SECTION),
         CODE},
        {"a_file.c", 0x80040014, 4, ELF32_ST_INFO(STB_LOCAL, STT_FILE),
         SHN_ABS},
        {"", 0x80040014, 4, FUNC(STB_GLOBAL), CODE},
        {"delete\177", 0x80040014, 4, FUNC(STB_GLOBAL), CODE},
        {"clear\033[2J", 0x80040014, 4, FUNC(STB_GLOBAL), CODE},
        /* In no segment: covers what its size says, here nothing. */
        {"outside", 0x90000000, 0, FUNC(STB_GLOBAL), CODE},
        {"top", 0xfffffff0, 0xffffffff, FUNC(STB_GLOBAL), CODE},
    };
    for (int big = 0; big < 2; big++) {
        ElfWriter w;
        elf_writer_build(&w, big, 0x80040000, code_and_data,
                         ARRAY_LEN(code_and_data), symbols, ARRAY_LEN(symbols));
        ElfImage *image = read_image(&w);
        memset(&w, 0xee, sizeof w);

        assert_string_equal(name_at(image, 0x8003ffff), "");
        assert_string_equal(name_at(image, 0x80040000), "start");
        assert_string_equal(name_at(image, 0x8004000f), "start");
        assert_string_equal(name_at(image, 0x80040010), "sized");
        assert_string_equal(name_at(image, 0x80040017), "sized");
        assert_string_equal(name_at(image, 0x80040018), "");
        assert_string_equal(name_at(image, 0x8004001f), "");
        assert_string_equal(name_at(image, 0x80040020), "open");
        assert_string_equal(name_at(image, 0x8004002f), "open");
        assert_string_equal(name_at(image, 0x80040030), "last");
        assert_string_equal(name_at(image, 0x8004003f), "last");
        assert_string_equal(name_at(image, 0x80040040), "");
        assert_string_equal(name_at(image, 0x80050000), "");
        assert_string_equal(name_at(image, 0x90000000), "");
        assert_string_equal(name_at(image, 0xffffffff), "top");
        assert_string_equal(name_at(image, 0), "");
        assert_int_equal(elf_symbol_at(image, 0x80040008)->addr, 0x80040000);
        assert_int_equal(elf_symbol_at(image, 0x80040008)->size, 16);
        assert_int_equal(elf_symbol_at(image, 0x80040038)->size, 16);

        for (size_t i = 0; i < ARRAY_LEN(symbols); i++) {
            uint32_t addr = 1;
            bool kept = symbols[i].addr != 0x80040014;
            assert_int_equal(elf_symbol_find(image, symbols[i].name, &addr),
                             kept);
            assert_int_equal(addr, kept ? symbols[i].addr : 1);
        }
        uint32_t addr;
        assert_false(elf_symbol_find(image, "none", &addr));
        assert_false(elf_symbol_find(image, "star", &addr));
        elf_free(image);
    }
}

/* Of several symbols of one name a function's address comes first, then the
 * lowest; of several functions of one rank and place, the file's first. */
static void test_symbols_of_one_name(void **state)
{
    (void)state;
    static const ElfWriterSymbol symbols[] = {
        {"name", 0x80040000, 4, OBJECT(STB_GLOBAL), ELF_WRITER_DATA},
        {"name", 0x80040020, 4, FUNC(STB_LOCAL), ELF_WRITER_CODE},
        {"name", 0x80040010, 4, FUNC(STB_LOCAL), ELF_WRITER_CODE},
        {"one", 0x80040030, 4, FUNC(STB_GLOBAL), ELF_WRITER_CODE},
        {"two", 0x80040030, 4, FUNC(STB_GLOBAL), ELF_WRITER_CODE},
        {"three", 0x80040030, 4, FUNC(STB_GLOBAL), ELF_WRITER_CODE},
        {"local", 0x80040038, 4, FUNC(STB_LOCAL), ELF_WRITER_CODE},
        {"global", 0x80040038, 4, LABEL(STB_GLOBAL), ELF_WRITER_CODE},
    };
    ElfWriter w;
    elf_writer_build(&w, true, 0x80040000, code_and_data, 2, symbols,
                     ARRAY_LEN(symbols));
    ElfImage *image = read_image(&w);
    uint32_t addr;
    assert_true(elf_symbol_find(image, "name", &addr));
    assert_int_equal(addr, 0x80040010);
    assert_string_equal(name_at(image, 0x80040030), "one");
    assert_string_equal(name_at(image, 0x80040038), "global");
    elf_free(image);
}

static void test_broken_symbols_are_no_error(void **state)
{
    (void)state;
    enum { SYMBOLS = ELF_WRITER_SYMBOLS, STRINGS = ELF_WRITER_STRINGS };
    ElfWriter w;
    build(&w, false);
    const struct {
        size_t offset;
        unsigned bytes;
        uint32_t value;
    } patches[] = {
        {ELF_WRITER_HEADER(e_shoff), 4, 0xffffffff},
        {ELF_WRITER_HEADER(e_shoff), 4, (uint32_t)w.size},
        {ELF_WRITER_HEADER(e_shnum), 2, 0},
        {ELF_WRITER_HEADER(e_shnum), 2, 0xffff},
        {ELF_WRITER_HEADER(e_shentsize), 2, 64},
        {ELF_WRITER_SECTION(&w, SYMBOLS, sh_type), 4, SHT_DYNSYM},
        {ELF_WRITER_SECTION(&w, SYMBOLS, sh_entsize), 4, 24},
        {ELF_WRITER_SECTION(&w, SYMBOLS, sh_offset), 4, 0xfffffff0},
        {ELF_WRITER_SECTION(&w, SYMBOLS, sh_size), 4, 0},
        {ELF_WRITER_SECTION(&w, SYMBOLS, sh_size), 4, 0xffffffff},
        {ELF_WRITER_SECTION(&w, SYMBOLS, sh_size), 4, 16 << 20},
        {ELF_WRITER_SECTION(&w, SYMBOLS, sh_link), 4, SYMBOLS},
        {ELF_WRITER_SECTION(&w, SYMBOLS, sh_link), 4, 5},
        {ELF_WRITER_SECTION(&w, STRINGS, sh_offset), 4, 0xfffffff0},
        {ELF_WRITER_SECTION(&w, STRINGS, sh_size), 4, 0xfffffff0},
        {ELF_WRITER_SECTION(&w, STRINGS, sh_size), 4, 6}, /* cuts "start" */
        {ELF_WRITER_SECTION(&w, STRINGS, sh_type), 4, SHT_PROGBITS},
        {ELF_WRITER_SYMBOL(&w, 1, st_name), 4, 0xffffffff},
        {ELF_WRITER_SYMBOL(&w, 1, st_shndx), 2, SHN_XINDEX},
    };
    for (size_t i = 0; i < 2 * ARRAY_LEN(patches); i++) {
        build(&w, i & 1);
        if (patches[i / 2].bytes == 2)
            elf_writer_put16(&w, patches[i / 2].offset, patches[i / 2].value);
        else
            elf_writer_put32(&w, patches[i / 2].offset, patches[i / 2].value);
        ElfImage *image = read_image(&w);
        uint32_t addr;
        assert_false(elf_symbol_find(image, "start", &addr));
        assert_null(elf_symbol_at(image, 0x80040000));
        elf_free(image);
    }
}

static void test_long_symbol_names(void **state)
{
    (void)state;
    static char taken[1024], refused_name[1025];
    memset(taken, 'a', sizeof taken - 1);
    memset(refused_name, 'b', sizeof refused_name - 1);
    const ElfWriterSymbol symbols[] = {
        {taken, 0x80040000, 4, FUNC(STB_GLOBAL), ELF_WRITER_CODE},
        {refused_name, 0x80040010, 4, FUNC(STB_GLOBAL), ELF_WRITER_CODE},
    };
    ElfWriter w;
    elf_writer_build(&w, false, 0x80040000, code_and_data, 2, symbols, 2);
    ElfImage *image = read_image(&w);
    assert_string_equal(name_at(image, 0x80040000), taken);
    assert_string_equal(name_at(image, 0x80040010), "");
    elf_free(image);
}

/* The last name of the file lacks its end. */
static void test_unfinished_symbol_name(void **state)
{
    (void)state;
    ElfWriter w;
    build(&w, false);
    size_t strings = elf_writer_take(&w, 3);
    memcpy(w.bytes + strings, "abc", 3);
    elf_writer_put32(&w, ELF_WRITER_SECTION(&w, ELF_WRITER_STRINGS, sh_offset),
                     (uint32_t)strings);
    elf_writer_put32(&w, ELF_WRITER_SECTION(&w, ELF_WRITER_STRINGS, sh_size),
                     3);
    elf_writer_put32(&w, ELF_WRITER_SYMBOL(&w, 1, st_name), 0);
    ElfImage *image = read_image(&w);
    assert_string_equal(name_at(image, 0x80040000), "");
    elf_free(image);
}

static void test_count_of_symbols(void **state)
{
    (void)state;
    enum { COUNT_MAX = 1 << 20 };
    ElfWriter w;
    build(&w, false);
    size_t size = w.size + (COUNT_MAX + 1) * sizeof(Elf32_Sym);
    uint8_t *bytes = alloc_zeroed(size, 1);
    elf_writer_put32(&w, ELF_WRITER_SECTION(&w, ELF_WRITER_SYMBOLS, sh_offset),
                     (uint32_t)w.size);
    memcpy(bytes + w.size, w.bytes + w.symbols, 2 * sizeof(Elf32_Sym));
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t table_size = (COUNT_MAX + i) * (uint32_t)sizeof(Elf32_Sym);
        elf_writer_put32(&w,
                         ELF_WRITER_SECTION(&w, ELF_WRITER_SYMBOLS, sh_size),
                         table_size);
        memcpy(bytes, w.bytes, w.size);
        Diag diag = {""};
        ElfImage *image = elf_read_memory("image", bytes, size, &diag);
        assert_non_null(image);
        assert_string_equal(name_at(image, 0x80040000), i ? "" : "start");
        elf_free(image);
    }
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepts),
        cmocka_unit_test(test_segments_are_sorted),
        cmocka_unit_test(test_skips_other_entries),
        cmocka_unit_test(test_accepts_flags),
        cmocka_unit_test(test_refuses_fields),
        cmocka_unit_test(test_refuses_entry_cut_off),
        cmocka_unit_test(test_truncation),
        cmocka_unit_test(test_too_big),
        cmocka_unit_test(test_message_of_a_hostile_name),
        cmocka_unit_test(test_first_message_stands),
        cmocka_unit_test_setup_teardown(test_file, folder_create,
                                        folder_remove),
        cmocka_unit_test_setup_teardown(test_no_file, folder_create,
                                        folder_remove),
        cmocka_unit_test_setup_teardown(test_fifo, folder_create,
                                        folder_remove),
        cmocka_unit_test_setup_teardown(test_unreadable_file, folder_create,
                                        folder_remove),
        cmocka_unit_test(test_shrinking_file),
        cmocka_unit_test_setup_teardown(test_huge_file, folder_create,
                                        folder_remove),
        cmocka_unit_test(test_symbols),
        cmocka_unit_test(test_symbols_of_one_name),
        cmocka_unit_test(test_broken_symbols_are_no_error),
        cmocka_unit_test(test_long_symbol_names),
        cmocka_unit_test(test_unfinished_symbol_name),
        cmocka_unit_test(test_count_of_symbols),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
