/* The file of a checkpoint: a header, the sections, a table of them.
 *
 * The header is written last, so that a file without its end is none.  Header
 * and table have a checksum, and so has each section, of what it is without
 * compression: of pages, of those that are data, in their order. */
#define _GNU_SOURCE
#include "base/ckpt_impl.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>

enum {
    LEVEL = 3, /* of zstd: its default */
    SECTIONS_MAX = 4096,
    FIELDS_SIZE_MAX = 1 << 28,  /* of a section without pages */
    FIELDS_TOTAL_MAX = 1 << 30, /* of all of them, which may be in memory */
};

#define BYTE_ORDER_MARK 0x01020304u

static const char magic[8] = "selkckpt";

typedef struct Header {
    char magic[8];
    uint32_t version, order;
    uint64_t size;         /* of the file */
    uint64_t table, count; /* where the table is, and its entries */
    uint64_t check;        /* of the table, and of the four before */
} Header;

typedef struct Entry {
    char name[CKPT_NAME_MAX + 1];
    uint32_t kind, method;
    uint64_t offset, stored, size, check;
} Entry;

/* --- Checksums -------------------------------------------------------------
 */

static uint64_t check_of(const Header *header, const Entry *entries)
{
    uint64_t seed = XXH3_64bits(header, offsetof(Header, check));
    return XXH3_64bits_withSeed(entries, header->count * sizeof *entries, seed);
}

/* Of data pages, as they lie in `memory`. */
static uint64_t check_pages(const uint8_t *memory, const uint8_t *kinds,
                            size_t count)
{
    XXH3_state_t *state = XXH3_createState();
    XXH3_64bits_reset(state);
    for (size_t i = 0; i < count; i++)
        if (kinds[i] == CKPT_PAGE_DATA)
            XXH3_64bits_update(state, memory + i * CKPT_PAGE, CKPT_PAGE);
    uint64_t check = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return check;
}

/* --- Writing ---------------------------------------------------------------
 */

typedef struct Writer {
    FILE *out;
    uint64_t at;
    ZSTD_CCtx *zstd;
    uint8_t *buffer;
    size_t room;
} Writer;

static bool write_bytes(Writer *w, const void *bytes, size_t size)
{
    w->at += size;
    return fwrite(bytes, 1, size, w->out) == size;
}

/* Goes on at the next multiple of a page. */
static bool align(Writer *w)
{
    w->at = (w->at + CKPT_PAGE - 1) & ~(uint64_t)(CKPT_PAGE - 1);
    return fseeko(w->out, (off_t)w->at, SEEK_SET) == 0;
}

/* Compresses `size` bytes, the section's last ones if `last`. */
static bool compress(Writer *w, const uint8_t *bytes, size_t size, bool last)
{
    ZSTD_inBuffer in = {bytes, size, 0};
    for (;;) {
        ZSTD_outBuffer out = {w->buffer, w->room, 0};
        size_t left = ZSTD_compressStream2(w->zstd, &out, &in,
                                           last ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(left)) {
            errno = ENOMEM;
            return false;
        }
        if (!write_bytes(w, w->buffer, out.pos))
            return false;
        if (last ? left == 0 : in.pos == in.size)
            return true;
    }
}

/* The end of the run of pages of one kind that begins at `i`. */
static size_t run_end(const uint8_t *kinds, size_t count, size_t i)
{
    size_t end = i + 1;
    while (end < count && kinds[end] == kinds[i])
        end++;
    return end;
}

static bool write_pages(Writer *w, Section *s, bool placed)
{
    if (placed && !align(w))
        return false;
    s->offset = w->at;
    for (size_t i = 0, end; i < s->page_count; i = end) {
        size_t at = i * CKPT_PAGE;
        end = run_end(s->kinds, s->page_count, i);
        size_t size = end * CKPT_PAGE - at;
        if (s->kinds[i] != CKPT_PAGE_DATA)
            continue;
        s->size += size;
        if (placed ? fseeko(w->out, (off_t)(s->offset + at), SEEK_SET) != 0 ||
                         fwrite(s->memory + at, 1, size, w->out) != size
                   : !compress(w, s->memory + at, size, false))
            return false;
    }
    if (placed) {
        s->method = METHOD_PLACED;
        w->at = s->offset + s->page_count * CKPT_PAGE;
        if (fseeko(w->out, (off_t)w->at, SEEK_SET) != 0)
            return false;
    } else {
        s->method = METHOD_ZSTD;
        if (!compress(w, NULL, 0, true))
            return false;
    }
    s->stored = w->at - s->offset;
    s->check = check_pages(s->memory, s->kinds, s->page_count);
    return true;
}

static bool write_fields(Writer *w, Section *s, bool raw)
{
    s->offset = w->at;
    s->method = raw ? METHOD_RAW : METHOD_ZSTD;
    s->check = XXH3_64bits(s->bytes, s->size);
    if (raw ? !write_bytes(w, s->bytes, s->size)
            : !compress(w, s->bytes, s->size, true))
        return false;
    s->stored = w->at - s->offset;
    return true;
}

static bool write_table(Writer *w, const Ckpt *c)
{
    Entry *entries = alloc_zeroed(c->count, sizeof *entries);
    Header header = {.version = CKPT_VERSION,
                     .order = BYTE_ORDER_MARK,
                     .table = w->at,
                     .count = c->count};
    memcpy(header.magic, magic, sizeof magic);
    for (size_t i = 0; i < c->count; i++) {
        const Section *s = &c->sections[i];
        entries[i] = (Entry){.kind = s->kind,
                             .method = s->method,
                             .offset = s->offset,
                             .stored = s->stored,
                             .size = s->size,
                             .check = s->check};
        strcpy(entries[i].name, s->name);
    }
    header.size = w->at + c->count * sizeof *entries;
    header.check = check_of(&header, entries);
    bool ok = write_bytes(w, entries, c->count * sizeof *entries) &&
              fflush(w->out) == 0 && fseeko(w->out, 0, SEEK_SET) == 0 &&
              fwrite(&header, sizeof header, 1, w->out) == 1 &&
              fflush(w->out) == 0;
    free(entries);
    return ok;
}

bool ckpt_write(Ckpt *c, FILE *out)
{
    Writer w = {.out = out,
                .at = sizeof(Header),
                .zstd = ZSTD_createCCtx(),
                .room = ZSTD_CStreamOutSize()};
    w.buffer = alloc_zeroed(w.room, 1);
    bool ok = w.zstd && fseeko(out, (off_t)w.at, SEEK_SET) == 0;
    if (w.zstd)
        ZSTD_CCtx_setParameter(w.zstd, ZSTD_c_compressionLevel, LEVEL);
    for (size_t i = 0; ok && i < c->count; i++) {
        Section *s = &c->sections[i];
        ok = s->kind == SECTION_PAGES ? write_pages(&w, s, !c->compress)
                                      : write_fields(&w, s, !c->compress);
    }
    ok = ok && write_table(&w, c);
    ZSTD_freeCCtx(w.zstd);
    free(w.buffer);
    return ok;
}

/* --- Reading ---------------------------------------------------------------
 */

/* Whether what the entry says is possible. */
static bool is_sound(const Ckpt *c, const Entry *e)
{
    return memchr(e->name, 0, sizeof e->name) && e->kind < SECTION_KINDS &&
           e->method < METHODS && e->offset <= c->map_size &&
           e->stored <= c->map_size - e->offset &&
           (e->kind == SECTION_PAGES
                ? e->size % CKPT_PAGE == 0 &&
                      e->size <= (uint64_t)CKPT_PAGES_MAX * CKPT_PAGE
                : e->size <= FIELDS_SIZE_MAX && e->method != METHOD_PLACED);
}

static bool read_table(Ckpt *c, const Header *header)
{
    if (header->size != c->map_size || header->count > SECTIONS_MAX ||
        header->table > c->map_size ||
        header->count * sizeof(Entry) != c->map_size - header->table)
        return false;
    Entry *entries = alloc_zeroed(header->count, sizeof *entries);
    memcpy(entries, c->map + header->table, header->count * sizeof *entries);
    bool good = check_of(header, entries) == header->check;
    uint64_t total = 0;
    c->sections = alloc_zeroed(header->count, sizeof *c->sections);
    for (size_t i = 0; good && i < header->count; i++) {
        const Entry *e = &entries[i];
        Section *s = &c->sections[c->count++];
        total += e->kind == SECTION_FIELDS ? e->size : 0;
        good = is_sound(c, e) && total <= FIELDS_TOTAL_MAX;
        *s = (Section){.kind = (SectionKind)e->kind,
                       .method = (SectionMethod)e->method,
                       .offset = e->offset,
                       .stored = e->stored,
                       .size = e->size,
                       .check = e->check};
        memcpy(s->name, e->name, CKPT_NAME_MAX);
    }
    free(entries);
    return good;
}

static bool read_header(Ckpt *c)
{
    Header header;
    if (c->map_size < sizeof header ||
        (memcpy(&header, c->map, sizeof header),
         memcmp(header.magic, magic, sizeof magic) != 0))
        return ckpt_fail(c, "this is no checkpoint, or one that was not "
                            "written to its end; save it anew");
    if (header.order != BYTE_ORDER_MARK)
        return ckpt_fail(c, "this was saved on a host of the other byte order; "
                            "restore it there");
    if (header.version != CKPT_VERSION)
        return ckpt_fail(c,
                         "version %" PRIu32 " of the format, and this program "
                         "reads version %d; save it anew",
                         header.version, CKPT_VERSION);
    return read_table(c, &header) ||
           ckpt_fail(c, "the file is damaged or cut off; save it anew");
}

bool ckptfile_open(Ckpt *c, const char *path)
{
    struct stat info;
    /* What is no plain file must not make the run wait. */
    c->file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (c->file < 0 || fstat(c->file, &info) < 0)
        return ckpt_fail(c, "cannot read it: %s; name a checkpoint",
                         strerror(errno));
    if (!S_ISREG(info.st_mode))
        return ckpt_fail(c, "this is no plain file; name a checkpoint");
    c->map_size = (size_t)info.st_size;
    void *map = c->map_size ? mmap(NULL, c->map_size, PROT_READ, MAP_PRIVATE,
                                   c->file, 0)
                            : MAP_FAILED;
    if (map != MAP_FAILED)
        c->map = map;
    else
        c->map_size = 0;
    return read_header(c);
}

void ckptfile_close(Ckpt *c)
{
    if (c->map)
        munmap((void *)c->map, c->map_size);
    if (c->file >= 0)
        close(c->file);
}

static bool fail_damaged(Ckpt *c, const Section *s)
{
    return ckpt_fail(c, "section %s is damaged; save it anew", s->name);
}

uint8_t *ckptfile_read(Ckpt *c, const Section *s)
{
    const uint8_t *stored = c->map + s->offset;
    uint8_t *bytes = alloc_zeroed(s->size, 1);
    bool good;
    if (s->method == METHOD_RAW) {
        good = s->stored == s->size;
        if (good)
            memcpy(bytes, stored, s->size);
    } else {
        good = ZSTD_decompress(bytes, s->size, stored, s->stored) == s->size;
    }
    if (good && XXH3_64bits(bytes, s->size) == s->check)
        return bytes;
    free(bytes);
    fail_damaged(c, s);
    return NULL;
}

/* Where decompressed bytes go next. */
typedef struct PageWriter {
    const uint8_t *kinds;
    uint8_t *memory;
    size_t count, page, offset;
} PageWriter;

/* False: there is more than there are data pages. */
static bool place(PageWriter *w, const uint8_t *bytes, size_t size)
{
    while (size) {
        while (w->page < w->count && w->kinds[w->page] != CKPT_PAGE_DATA)
            w->page++;
        if (w->page == w->count)
            return false;
        size_t part = CKPT_PAGE - w->offset;
        part = part < size ? part : size;
        memcpy(w->memory + w->page * CKPT_PAGE + w->offset, bytes, part);
        bytes += part;
        size -= part;
        w->offset += part;
        if (w->offset == CKPT_PAGE) {
            w->page++;
            w->offset = 0;
        }
    }
    return true;
}

static bool decompress_pages(const Ckpt *c, const Section *s, PageWriter *w)
{
    ZSTD_DCtx *zstd = ZSTD_createDCtx();
    size_t room = ZSTD_DStreamOutSize(), done = 0, left = 1;
    uint8_t *buffer = alloc_zeroed(room, 1);
    ZSTD_inBuffer in = {c->map + s->offset, s->stored, 0};
    bool good = zstd;
    while (good && left) {
        ZSTD_outBuffer out = {buffer, room, 0};
        size_t before = in.pos;
        left = ZSTD_decompressStream(zstd, &out, &in);
        done += out.pos;
        good = !ZSTD_isError(left) && (out.pos || in.pos > before) &&
               place(w, buffer, out.pos);
    }
    good = good && in.pos == in.size && done == s->size;
    ZSTD_freeDCtx(zstd);
    free(buffer);
    return good;
}

static size_t count_data(const uint8_t *kinds, size_t count)
{
    size_t data = 0;
    for (size_t i = 0; i < count; i++)
        data += kinds[i] == CKPT_PAGE_DATA;
    return data;
}

/* Zeros, where memory has something else; what has never been touched is not
 * now, either. */
static void clear_page(uint8_t *page)
{
    static const uint8_t zeros[CKPT_PAGE];
    if (memcmp(page, zeros, CKPT_PAGE) != 0)
        memset(page, 0, CKPT_PAGE);
}

static bool can_map(const Section *s, const uint8_t *memory)
{
    size_t host = (size_t)sysconf(_SC_PAGESIZE);
    return (uintptr_t)memory % host == 0 && s->offset % host == 0 &&
           s->stored % host == 0;
}

/* Whether pages `i` up to before `end` are zeros in the file, of which holes
 * are not read. */
static bool are_zeros(const Ckpt *c, const Section *s, size_t i, size_t end)
{
    static const uint8_t zeros[CKPT_PAGE];
    off_t from = (off_t)(s->offset + i * CKPT_PAGE);
    off_t data = lseek(c->file, from, SEEK_DATA);
    if (data < 0 && errno == ENXIO)
        return true; /* nothing else follows */
    if (data > from)
        i += (size_t)(data - from) / CKPT_PAGE;
    while (i < end &&
           memcmp(c->map + s->offset + i * CKPT_PAGE, zeros, CKPT_PAGE) == 0)
        i++;
    return i >= end;
}

static bool check_zeros(const Ckpt *c, const Section *s, const uint8_t *kinds,
                        size_t count)
{
    for (size_t i = 0, end; i < count; i = end) {
        end = run_end(kinds, count, i);
        if (kinds[i] == CKPT_PAGE_ZERO && !are_zeros(c, s, i, end))
            return false;
    }
    return true;
}

static bool read_placed(Ckpt *c, Section *s, const uint8_t *kinds, size_t count,
                        uint8_t *memory, bool map)
{
    const uint8_t *stored = c->map + s->offset;
    if (!s->checked && (s->stored != count * CKPT_PAGE ||
                        check_pages(stored, kinds, count) != s->check ||
                        !check_zeros(c, s, kinds, count)))
        return fail_damaged(c, s);
    s->checked = true;
    if (map && can_map(s, memory)) {
        void *at = mmap(memory, s->stored, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_FIXED, c->file, (off_t)s->offset);
        return at != MAP_FAILED ||
               ckpt_fail(c, "cannot map it: %s; copy it to a local file system",
                         strerror(errno));
    }
    for (size_t i = 0; i < count; i++)
        if (kinds[i] != CKPT_PAGE_KNOWN)
            memcpy(memory + i * CKPT_PAGE, stored + i * CKPT_PAGE, CKPT_PAGE);
    return true;
}

bool ckptfile_read_pages(Ckpt *c, Section *s, const uint8_t *kinds,
                         size_t count, uint8_t *memory, bool map)
{
    if (s->size != count_data(kinds, count) * CKPT_PAGE ||
        s->method == METHOD_RAW)
        return fail_damaged(c, s);
    if (s->method == METHOD_PLACED)
        return read_placed(c, s, kinds, count, memory, map);
    PageWriter w = {.kinds = kinds, .memory = memory, .count = count};
    if (!decompress_pages(c, s, &w) ||
        check_pages(memory, kinds, count) != s->check)
        return fail_damaged(c, s);
    for (size_t i = 0; i < count; i++)
        if (kinds[i] == CKPT_PAGE_ZERO)
            clear_page(memory + i * CKPT_PAGE);
    return true;
}
