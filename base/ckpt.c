/* Checkpoints: sections and what is in them.  An item of a section is
 *
 *     length of the name (1 byte), name, size of a number (1 byte),
 *     count (4 bytes), numbers
 *
 * in the host's byte order, which the file names. */
#include "base/ckpt_impl.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* --- Life ------------------------------------------------------------------
 */

Ckpt *ckpt_create(bool compress)
{
    Ckpt *c = alloc_zeroed(1, sizeof *c);
    c->compress = compress;
    c->file = -1;
    return c;
}

Ckpt *ckpt_open(const char *path, Diag *diag)
{
    Ckpt *c = ckpt_create(false);
    c->loads = true;
    c->path = alloc_string(path);
    if (ckptfile_open(c, path))
        return c;
    diag_error(diag, "%s", c->diag.text);
    ckpt_destroy(c);
    return NULL;
}

void ckpt_destroy(Ckpt *c)
{
    if (!c)
        return;
    ckptfile_close(c);
    for (size_t i = 0; i < c->count; i++) {
        free(c->sections[i].bytes);
        free(c->sections[i].kinds);
    }
    free(c->sections);
    free(c->path);
    free(c);
}

bool ckpt_loads(const Ckpt *c)
{
    return c->loads;
}

const char *ckpt_error(const Ckpt *c)
{
    return c->diag.text[0] ? c->diag.text : NULL;
}

bool ckpt_fail(Ckpt *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    diag_error_at(&c->diag, c->path ? c->path : "checkpoint", format, args);
    va_end(args);
    return false;
}

/* --- Sections --------------------------------------------------------------
 */

static Section *find(const Ckpt *c, const char *name, SectionKind kind)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->sections[i].kind == kind &&
            strcmp(c->sections[i].name, name) == 0)
            return &c->sections[i];
    return NULL;
}

static Section *add(Ckpt *c, const char *name, SectionKind kind)
{
    assert(strlen(name) <= CKPT_NAME_MAX && !find(c, name, kind));
    if (c->count == c->room) {
        c->room = 2 * c->room + 16;
        c->sections = alloc_resize(c->sections, c->room, sizeof *c->sections);
    }
    Section *s = &c->sections[c->count++];
    *s = (Section){.kind = kind};
    strcpy(s->name, name);
    return s;
}

/* Something of the present section was not asked for. */
static bool all_taken(Ckpt *c)
{
    if (ckpt_error(c))
        return false;
    if (!c->loads || !c->at || c->taken == c->at->size)
        return true;
    return ckpt_fail(c,
                     "section %s holds more than this program knows of; "
                     "restore it with the version that saved it",
                     c->at->name);
}

bool ckpt_section(Ckpt *c, const char *name)
{
    if (!all_taken(c))
        return false;
    c->taken = 0;
    if (!c->loads) {
        c->at = add(c, name, SECTION_FIELDS);
        return true;
    }
    c->at = find(c, name, SECTION_FIELDS);
    if (!c->at)
        return ckpt_fail(c,
                         "there is no section %s: the machine that was saved "
                         "is another one; configure it alike",
                         name);
    if (!c->at->bytes)
        c->at->bytes = ckptfile_read(c, c->at);
    return c->at->bytes;
}

bool ckpt_has(const Ckpt *c, const char *name)
{
    return find(c, name, SECTION_FIELDS);
}

bool ckpt_end(Ckpt *c)
{
    bool all = all_taken(c);
    c->at = NULL;
    return all;
}

bool ckpt_list(const Ckpt *c, size_t i, CkptSection *section)
{
    if (i >= c->count)
        return false;
    const Section *s = &c->sections[i];
    *section = (CkptSection){.name = s->name,
                             .size = s->size,
                             .stored = s->stored,
                             .pages = s->kind == SECTION_PAGES,
                             .compressed = s->method == METHOD_ZSTD};
    return true;
}

/* --- Saving items ----------------------------------------------------------
 */

static void put(Ckpt *c, const void *bytes, size_t size)
{
    Section *s = c->at;
    if (size == 0)
        return; /* `bytes` may be NULL */
    if (s->size + size > s->room) {
        s->room = 2 * (s->size + size);
        s->bytes = alloc_resize(s->bytes, s->room, 1);
    }
    memcpy(s->bytes + s->size, bytes, size);
    s->size += size;
}

static void put_header(Ckpt *c, const char *name, uint32_t size, size_t count)
{
    uint8_t length = (uint8_t)strlen(name), size8 = (uint8_t)size;
    uint32_t count32 = (uint32_t)count;
    assert(c->at && strlen(name) <= CKPT_NAME_MAX && count <= UINT32_MAX);
    put(c, &length, sizeof length);
    put(c, name, length);
    put(c, &size8, sizeof size8);
    put(c, &count32, sizeof count32);
}

/* --- Loading items ---------------------------------------------------------
 */

static bool get(Ckpt *c, void *bytes, size_t size)
{
    if (size > c->at->size - c->taken)
        return ckpt_fail(c, "section %s is cut off; save it anew", c->at->name);
    memcpy(bytes, c->at->bytes + c->taken, size);
    c->taken += size;
    return true;
}

bool ckpt_next(Ckpt *c, CkptItem *item)
{
    uint8_t length = 0, size = 0;
    uint32_t count = 0;
    if (ckpt_error(c) || c->taken == c->at->size)
        return false;
    if (!get(c, &length, sizeof length))
        return false;
    if (length > CKPT_NAME_MAX)
        return ckpt_fail(c, "section %s is damaged; save it anew", c->at->name);
    memset(item->name, 0, sizeof item->name);
    if (!get(c, item->name, length) || !get(c, &size, sizeof size) ||
        !get(c, &count, sizeof count))
        return false;
    bool sized = size == 1 || size == 2 || size == 4 || size == 8;
    if (!sized || count > (c->at->size - c->taken) / size)
        return ckpt_fail(c, "section %s is damaged; save it anew", c->at->name);
    item->size = size;
    item->count = count;
    item->values = c->at->bytes + c->taken;
    c->taken += (size_t)size * count;
    return true;
}

uint64_t ckpt_value(const CkptItem *item, size_t index)
{
    const uint8_t *at = item->values + index * item->size;
    uint16_t half;
    uint32_t word;
    uint64_t twice;
    switch (item->size) {
    case 1: return *at;
    case 2: memcpy(&half, at, sizeof half); return half;
    case 4: memcpy(&word, at, sizeof word); return word;
    default: memcpy(&twice, at, sizeof twice); return twice;
    }
}

/* The next item, which must be the one of this name and size. */
static bool next_named(Ckpt *c, const char *name, uint32_t size, CkptItem *item)
{
    if (ckpt_error(c))
        return false;
    if (!ckpt_next(c, item)) {
        if (!ckpt_error(c))
            ckpt_fail(c,
                      "section %s lacks %s; restore it with the version "
                      "that saved it",
                      c->at->name, name);
        return false;
    }
    return (strcmp(item->name, name) == 0 && item->size == size) ||
           ckpt_fail(c,
                     "section %s has %s where %s is looked for: the machine or "
                     "the version that was saved is another one",
                     c->at->name, item->name, name);
}

static bool next_counted(Ckpt *c, const char *name, uint32_t size, size_t count,
                         CkptItem *item)
{
    return next_named(c, name, size, item) &&
           (item->count == count ||
            ckpt_fail(c,
                      "section %s has %zu of %s, not %zu: the machine that was "
                      "saved is another one; configure it alike",
                      c->at->name, item->count, name, count));
}

static bool check_most(Ckpt *c, const CkptItem *item, uint64_t most)
{
    for (size_t i = 0; most != UINT64_MAX && i < item->count; i++)
        if (ckpt_value(item, i) > most)
            return ckpt_fail(c,
                             "section %s: %s cannot be %llu; the file is "
                             "damaged, save it anew",
                             c->at->name, item->name,
                             (unsigned long long)ckpt_value(item, i));
    return true;
}

/* --- Items -----------------------------------------------------------------
 */

static void save_records(Ckpt *c, const CkptField *f, const uint8_t *base,
                         size_t count, size_t stride)
{
    put_header(c, f->name, f->size, f->count * count);
    for (size_t i = 0; i < count; i++)
        put(c, base + i * stride + f->offset, (size_t)f->size * f->count);
}

static void load_records(Ckpt *c, const CkptField *f, uint8_t *base,
                         size_t count, size_t stride)
{
    CkptItem item;
    size_t size = (size_t)f->size * f->count;
    if (!next_counted(c, f->name, f->size, f->count * count, &item) ||
        !check_most(c, &item, f->most))
        return;
    for (size_t i = 0; size && i < count; i++)
        memcpy(base + i * stride + f->offset, item.values + i * size, size);
}

void ckpt_records(Ckpt *c, const CkptField *fields, size_t field_count,
                  void *base, size_t count, size_t stride)
{
    for (size_t i = 0; i < field_count && !ckpt_error(c); i++)
        if (c->loads)
            load_records(c, &fields[i], base, count, stride);
        else
            save_records(c, &fields[i], base, count, stride);
}

void ckpt_fields(Ckpt *c, const CkptField *fields, size_t field_count,
                 void *base)
{
    ckpt_records(c, fields, field_count, base, 1, 0);
}

static void numbers(Ckpt *c, const char *name, void *values, uint32_t size,
                    size_t count, uint64_t most)
{
    CkptField field = {name, 0, size, (uint32_t)count, most};
    ckpt_fields(c, &field, 1, values);
}

void ckpt_u64(Ckpt *c, const char *name, uint64_t *value, uint64_t most)
{
    numbers(c, name, value, sizeof *value, 1, most);
}

void ckpt_u32(Ckpt *c, const char *name, uint32_t *value, uint32_t most)
{
    numbers(c, name, value, sizeof *value, 1, most);
}

void ckpt_bool(Ckpt *c, const char *name, bool *value)
{
    numbers(c, name, value, sizeof *value, 1, 1);
}

void ckpt_bytes(Ckpt *c, const char *name, void *bytes, size_t size)
{
    numbers(c, name, bytes, 1, size, UINT64_MAX);
}

void ckpt_u32s(Ckpt *c, const char *name, uint32_t *values, size_t count)
{
    numbers(c, name, values, sizeof *values, count, UINT64_MAX);
}

void ckpt_u64s(Ckpt *c, const char *name, uint64_t *values, size_t count)
{
    numbers(c, name, values, sizeof *values, count, UINT64_MAX);
}

void ckpt_same(Ckpt *c, const char *name, uint64_t value, const char *mend)
{
    uint64_t saved = value;
    ckpt_u64(c, name, &saved, UINT64_MAX);
    if (!ckpt_error(c) && saved != value)
        ckpt_fail(c, "section %s: %s was 0x%llx and is 0x%llx; %s", c->at->name,
                  name, (unsigned long long)saved, (unsigned long long)value,
                  mend);
}

size_t ckpt_count(Ckpt *c, const char *name, size_t count, size_t most)
{
    uint64_t value = count;
    ckpt_u64(c, name, &value, most);
    return ckpt_error(c) ? 0 : (size_t)value;
}

char *ckpt_text(Ckpt *c, const char *name, const char *text)
{
    CkptItem item;
    if (ckpt_error(c))
        return NULL;
    if (!c->loads) {
        put_header(c, name, 1, strlen(text));
        put(c, text, strlen(text));
        return NULL;
    }
    if (!next_named(c, name, 1, &item))
        return NULL;
    char *copy = alloc_zeroed(item.count + 1, 1);
    memcpy(copy, item.values, item.count);
    return copy;
}

/* --- Pages -----------------------------------------------------------------
 */

static bool is_zero(const uint8_t *page)
{
    static const uint8_t zeros[CKPT_PAGE];
    return memcmp(page, zeros, CKPT_PAGE) == 0;
}

/* Whether the other one has it at the same place. */
static bool is_common(const Ckpt *c, const char *name, size_t offset,
                      const uint8_t *page)
{
    const Ckpt *o = c->common;
    const Section *s = find(o, name, SECTION_PAGES);
    return s && s->method == METHOD_PLACED && offset < s->stored &&
           s->stored - offset >= CKPT_PAGE &&
           memcmp(page, o->map + s->offset + offset, CKPT_PAGE) == 0;
}

/* Where pages are shared, zeros are, too: those need not be looked at. */
static CkptPageKind kind_of(const Ckpt *c, const char *name,
                            const CkptPages *pages, size_t offset)
{
    const uint8_t *page = pages->memory + offset;
    if (c->common)
        return is_common(c, name, offset, page) ? CKPT_PAGE_KNOWN
               : is_zero(page)                  ? CKPT_PAGE_ZERO
                                                : CKPT_PAGE_DATA;
    /* What is to be mapped has to be there. */
    bool known = c->compress && pages->is_known &&
                 pages->is_known(pages->ctx, offset, page);
    return is_zero(page) ? CKPT_PAGE_ZERO
           : known       ? CKPT_PAGE_KNOWN
                         : CKPT_PAGE_DATA;
}

static void save_pages(Ckpt *c, const char *name, const CkptPages *pages)
{
    size_t count = pages->size / CKPT_PAGE;
    uint8_t *kinds = alloc_zeroed(count, 1);
    for (size_t i = 0; i < count; i++)
        kinds[i] = (uint8_t)kind_of(c, name, pages, i * CKPT_PAGE);
    ckpt_bytes(c, "kinds", kinds, count);
    Section *s = add(c, name, SECTION_PAGES);
    s->memory = pages->memory;
    s->kinds = kinds;
    s->page_count = count;
}

/* The kinds of `count` pages, in the section that was begun; NULL: an error.
 */
static const uint8_t *load_kinds(Ckpt *c, size_t *count)
{
    CkptItem item;
    if (!next_named(c, "kinds", 1, &item) ||
        !check_most(c, &item, CKPT_PAGE_KNOWN))
        return NULL;
    if (item.count > CKPT_PAGES_MAX) {
        ckpt_fail(c, "section %s has more pages than any machine; save it anew",
                  c->at->name);
        return NULL;
    }
    *count = item.count;
    return item.values;
}

static void load_pages(Ckpt *c, Section *s, const CkptPages *pages)
{
    size_t count;
    const uint8_t *kinds = load_kinds(c, &count);
    if (!kinds)
        return;
    if (count != pages->size / CKPT_PAGE) {
        ckpt_fail(c,
                  "%s has %zu KB, not %zu KB: the machine that was saved is "
                  "another one; configure it alike",
                  s->name, count * (CKPT_PAGE / 1024), pages->size / 1024);
        return;
    }
    if (c->common) {
        ckpt_pages(c->common, s->name, pages);
        if (ckpt_error(c->common)) {
            ckpt_fail(c, "%s", ckpt_error(c->common));
            return;
        }
    }
    if (!ckptfile_read_pages(c, s, kinds, count, pages->memory, pages->map))
        return;
    for (size_t i = 0; !c->common && i < count; i++) {
        size_t offset = i * CKPT_PAGE;
        if (kinds[i] == CKPT_PAGE_KNOWN && pages->take_known)
            pages->take_known(pages->ctx, offset);
    }
}

void ckpt_pages(Ckpt *c, const char *name, const CkptPages *pages)
{
    assert(pages->size % CKPT_PAGE == 0);
    if (!ckpt_section(c, name))
        return;
    Section *s = find(c, name, SECTION_PAGES);
    if (!c->loads)
        save_pages(c, name, pages);
    else if (s)
        load_pages(c, s, pages);
    else
        ckpt_fail(c, "section %s lacks its pages; save it anew", name);
}

void ckpt_section_pages(Ckpt *c, const CkptPages *pages)
{
    static const char part[] = ".pages";
    char name[CKPT_NAME_MAX + sizeof part];
    if (ckpt_error(c))
        return;
    strcat(strcpy(name, c->at->name), part);
    ckpt_pages(c, name, pages);
}

void ckpt_share(Ckpt *c, Ckpt *common)
{
    assert(!c->at && common->loads);
    c->common = common;
}

uint8_t *ckpt_read_pages(Ckpt *c, const char *name, size_t *size,
                         uint8_t **kinds)
{
    size_t count;
    Section *s = find(c, name, SECTION_PAGES);
    const uint8_t *stored =
        s && ckpt_section(c, name) ? load_kinds(c, &count) : NULL;
    if (!stored)
        return NULL;
    *size = count * CKPT_PAGE;
    uint8_t *memory = alloc_zeroed(*size, 1);
    *kinds = memcpy(alloc_zeroed(count, 1), stored, count);
    if (ckptfile_read_pages(c, s, *kinds, count, memory, false))
        return memory;
    free(memory);
    free(*kinds);
    return NULL;
}
