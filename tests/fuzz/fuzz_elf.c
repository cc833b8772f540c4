/* Fuzzing of frontend/elf: writes executables, breaks them, reads them, and
 * looks at all that an accepted image hands out.
 *
 *     fuzz_elf [--seed N] [--count N]
 *
 * Image number N depends on the seed and N alone.  Prints what became of the
 * images; exit status 1 if a promise of elf.h was broken. */
#include "base/bits.h"
#include "frontend/elf.h"
#include "tests/elf_writer.h"
#include "tests/random/rng.h"
#include "tests/support/options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { SEGMENTS_MAX = 6, SYMBOLS_MAX = 12, REASONS_MAX = 64 };

/* Writing */

static void write_image(Rng *rng, ElfWriter *w)
{
    ElfWriterSegment segments[SEGMENTS_MAX];
    size_t count = 1 + rng_below(rng, SEGMENTS_MAX);
    uint32_t addr = rng_below(rng, 4) ? 0x80040000 : 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t file_size = 4 * rng_below(rng, 64);
        uint32_t room = i == 0 ? 4 : 0; /* for the entry */
        segments[i] = (ElfWriterSegment){
            .addr = addr,
            .file_size = file_size,
            .mem_size = file_size + room + rng_below(rng, 0x1000),
            .flags = rng_below(rng, 8),
        };
        addr += segments[i].mem_size + 4 * rng_below(rng, 0x400);
        addr = (addr + 3) / 4 * 4;
    }

    static const char *const names[SYMBOLS_MAX] = {
        "main", "start", "a", "memcpy", "table", "b",
        "c",    "exit",  "d", "open",   "read",  "write",
    };
    static const uint8_t types[] = {STT_FUNC, STT_OBJECT, STT_NOTYPE,
                                    STT_SECTION};
    ElfWriterSymbol symbols[SYMBOLS_MAX];
    size_t symbol_count = rng_below(rng, SYMBOLS_MAX + 1);
    for (size_t i = 0; i < symbol_count; i++) {
        const ElfWriterSegment *s = &segments[rng_below(rng, count)];
        symbols[i] = (ElfWriterSymbol){
            .name = names[i],
            .addr = s->addr + 4 * rng_below(rng, s->mem_size / 4 + 1),
            .size = 4 * rng_below(rng, 16),
            .info = ELF32_ST_INFO(rng_below(rng, 3), types[rng_below(rng, 4)]),
            .section = (uint16_t)rng_below(rng, ELF_WRITER_DATA + 1),
        };
    }
    elf_writer_build(w, rng_below(rng, 2), segments[0].addr, segments, count,
                     symbols, symbol_count);
}

/* Breaking */

/* A value that bounds are likely to be wrong about. */
static uint32_t random_value(Rng *rng, const ElfWriter *w)
{
    static const uint32_t edges[] = {
        0,          1,          2,          3,          4,          7,
        0x1f,       0x20,       0x34,       0x7f,       0x80,       0xff,
        0x100,      0x101,      0x7fff,     0x8000,     0xff00,     0xfff1,
        0xfffe,     0xffff,     0x10000,    0x3fffffff, 0x40000000, 0x7fffffff,
        0x80000000, 0x80040000, 0xfffffff0, 0xfffffffc, 0xfffffffe, 0xffffffff,
    };
    switch (rng_below(rng, 4)) {
    case 0: return rng_next(rng);
    case 1: return (uint32_t)w->size + rng_below(rng, 9) - 4;
    case 2: return rng_below(rng, 64);
    default: return edges[rng_below(rng, ARRAY_LEN(edges))];
    }
}

/* Overwrites, or moves a little, one field of one record. */
static void break_field(Rng *rng, ElfWriter *w)
{
    /* Offsets of the ELF header's fields after e_ident. */
    static const uint8_t header[] = {16, 18, 20, 24, 28, 32, 36,
                                     40, 42, 44, 46, 48, 50};
    size_t offset, bytes = 4;
    switch (rng_below(rng, 4)) {
    case 0:
        offset = header[rng_below(rng, ARRAY_LEN(header))];
        bytes = offset < 20 || offset >= 40 ? 2 : 4;
        break;
    case 1: offset = w->segments + 4 * rng_below(rng, 8 * SEGMENTS_MAX); break;
    case 2:
        if (!w->symbols)
            return;
        offset = w->symbols + 4 * rng_below(rng, 4 * SYMBOLS_MAX);
        if (offset % 16 == (w->symbols + 12) % 16 && rng_below(rng, 2)) {
            offset += 2; /* st_shndx alone */
            bytes = 2;
        }
        break;
    default:
        if (!w->sections)
            return;
        offset = w->sections + 4 * rng_below(rng, 10 * ELF_WRITER_SECTIONS);
        break;
    }
    if (offset + bytes > w->size)
        return;
    uint32_t old = bytes == 2 ? bits_load16(w->bytes + offset, w->big)
                              : bits_load32(w->bytes + offset, w->big);
    uint32_t value =
        rng_below(rng, 3) ? random_value(rng, w) : old + rng_below(rng, 17) - 8;
    if (bytes == 2)
        elf_writer_put16(w, offset, value);
    else
        elf_writer_put32(w, offset, value);
}

static void break_image(Rng *rng, ElfWriter *w)
{
    if (w->size == 0)
        return;
    uint32_t at = rng_below(rng, (uint32_t)w->size);
    uint32_t to = rng_below(rng, (uint32_t)w->size);
    uint32_t length = 1 + rng_below(rng, 64);
    switch (rng_below(rng, 16)) {
    default: break_field(rng, w); break;
    case 0: w->bytes[at] ^= (uint8_t)(1u << rng_below(rng, 8)); break;
    case 1: w->bytes[at] = (uint8_t)rng_next(rng); break;
    case 2: /* in the ELF header, where most is decided */
        at = rng_below(rng, sizeof(Elf32_Ehdr));
        w->bytes[at] ^= (uint8_t)(1u << rng_below(rng, 8));
        break;
    case 3: w->size = at; break;
    case 4: /* longer, with what earlier mutations left or zeros */
        w->size += length;
        break;
    case 5: /* splice */
        if (length > w->size - (at > to ? at : to))
            length = (uint32_t)w->size - (at > to ? at : to);
        memmove(w->bytes + at, w->bytes + to, length);
        break;
    }
}

/* Looking */

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            printf("fuzz_elf: broken promise: %s\n", #condition);              \
            return false;                                                      \
        }                                                                      \
    } while (0)

static bool check_symbol(const ElfImage *image, uint32_t addr, uint64_t *sum)
{
    const ElfSymbol *symbol = elf_symbol_at(image, addr);
    if (!symbol)
        return true;
    CHECK(addr - symbol->addr < symbol->size);
    size_t length = strlen(symbol->name);
    CHECK(length > 0);
    for (size_t i = 0; i < length; i++)
        CHECK((unsigned char)symbol->name[i] >= 0x20 &&
              symbol->name[i] != 0x7f);
    uint32_t found;
    CHECK(elf_symbol_find(image, symbol->name, &found));
    *sum += length + found;
    return true;
}

/* Touches all that the image hands out.  `sum` keeps the compiler from leaving
 * the reads away. */
static bool check_image(const ElfImage *image, uint64_t *sum)
{
    uint32_t entry = elf_entry(image);
    bool entry_found = false;
    uint64_t end = 0;
    CHECK(entry % 4 == 0);
    CHECK(elf_segment_count(image) > 0);
    for (size_t i = 0; i < elf_segment_count(image); i++) {
        const ElfSegment *s = elf_segment(image, i);
        CHECK(s->mem_size > 0);
        CHECK(s->file_size <= s->mem_size);
        CHECK(s->bytes);
        CHECK(s->vaddr >= end);
        end = (uint64_t)s->vaddr + s->mem_size;
        CHECK(end <= UINT64_C(1) << 32);
        CHECK((uint64_t)s->paddr + s->mem_size <= UINT64_C(1) << 32);
        CHECK(s->flags < 8);
        for (size_t j = 0; j < s->file_size; j++)
            *sum += s->bytes[j];
        entry_found |= entry >= s->vaddr && (uint64_t)entry + 4 <= end;
        uint32_t step = s->mem_size / 64 + 1;
        for (uint32_t j = 0; j < s->mem_size && j <= UINT32_MAX - step;
             j += step)
            if (!check_symbol(image, s->vaddr + j, sum))
                return false;
        if (!check_symbol(image, (uint32_t)(end - 1), sum))
            return false;
    }
    CHECK(entry_found);
    *sum += elf_big_endian(image);
    uint32_t found;
    *sum += elf_symbol_find(image, "", &found);
    return check_symbol(image, 0, sum) && check_symbol(image, 0xffffffff, sum);
}

/* What became of the images: the messages less their numbers. */
typedef struct Reason {
    char text[DIAG_TEXT_MAX];
    uint64_t count;
} Reason;

typedef struct Tally {
    Reason reasons[REASONS_MAX];
    size_t count;
} Tally;

static void tally_add(Tally *tally, const char *message)
{
    char text[DIAG_TEXT_MAX];
    size_t length = 0;
    bool number = false;
    for (const char *p = message; *p && *p != ';'; p++) {
        bool digit = *p >= '0' && *p <= '9';
        bool part = number && (digit || *p == 'x' || (*p >= 'a' && *p <= 'f'));
        if (digit && !number)
            text[length++] = '#';
        else if (!part)
            text[length++] = *p;
        number = digit || part;
    }
    text[length] = '\0';
    size_t i = 0;
    while (i < tally->count && strcmp(tally->reasons[i].text, text) != 0)
        i++;
    if (i == REASONS_MAX)
        i--; /* the last one stands for all the others */
    else if (i == tally->count)
        strcpy(tally->reasons[tally->count++].text, text);
    tally->reasons[i].count++;
}

static int by_count(const void *a, const void *b)
{
    const Reason *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return strcmp(x->text, y->text);
}

static void tally_print(Tally *tally)
{
    qsort(tally->reasons, tally->count, sizeof tally->reasons[0], by_count);
    for (size_t i = 0; i < tally->count; i++)
        printf("%8" PRIu64 "  %s\n", tally->reasons[i].count,
               tally->reasons[i].text);
}

/* One image: written, broken, read, looked at. */
static bool fuzz_one(uint64_t seed, uint64_t number, Tally *tally,
                     uint64_t *symbols, uint64_t *sum)
{
    Rng rng = rng_stream(seed, number);
    ElfWriter w;
    write_image(&rng, &w);
    /* Some stay whole: those have to be accepted. */
    uint32_t breaks = rng_below(&rng, 8);
    for (uint32_t i = 0; i < breaks; i++)
        break_image(&rng, &w);

    Diag diag = {""};
    ElfImage *image = elf_read_memory("image", w.bytes, w.size, &diag);
    if (!image) {
        CHECK(breaks > 0);
        CHECK(strncmp(diag.text, "image: ", 7) == 0);
        CHECK(strchr(diag.text, ';') || strstr(diag.text, ": link it again"));
        tally_add(tally, diag.text + 7);
        return true;
    }
    CHECK(diag.text[0] == '\0');
    bool ok = check_image(image, sum);
    uint32_t addr;
    *symbols += elf_symbol_find(image, "main", &addr);
    elf_free(image);
    tally_add(tally, "accepted");
    return ok;
}

int main(int argc, char **argv)
{
    uint64_t seed = 1, count = 100000;
    const Option options[] = {
        {"--seed", &seed, NULL}, {"--count", &count, NULL}, {NULL, NULL, NULL}};
    options_parse(options, argc, argv);
    printf("fuzz_elf: seed %" PRIu64 ", count %" PRIu64 "\n", seed, count);
    static Tally tally;
    uint64_t symbols = 0, sum = 0;
    for (uint64_t i = 0; i < count; i++)
        if (!fuzz_one(seed, i, &tally, &symbols, &sum)) {
            printf("fuzz_elf: at image %" PRIu64 " of seed %" PRIu64 "\n", i,
                   seed);
            return 1;
        }
    tally_print(&tally);
    printf("fuzz_elf: %" PRIu64 " with the symbol main, checksum %016" PRIx64
           "\n",
           symbols, sum);
    return 0;
}
