/* Checkpoints: the state of a machine as named numbers in named sections, and
 * the file that holds them.
 *
 * A module has one function that tells a Ckpt what its state is, and that is
 * called both to save and to load: what is written is what is read.  Every
 * number has its name in the file, so that files can be listed and compared by
 * whoever knows nothing of the modules, and a file of another version of a
 * module is found out rather than misunderstood.
 *
 * After an error a Ckpt does nothing more: what was to be loaded stays as it
 * is.  docs/checkpoints.md describes the file. */
#ifndef SELKIRK_BASE_CKPT_H
#define SELKIRK_BASE_CKPT_H

#include "base/diag.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct Ckpt Ckpt;

enum {
    CKPT_VERSION = 2, /* of the file; raised when any section changes */
    CKPT_NAME_MAX = 63,
    CKPT_PAGE = 4096,
};

/* A member of a structure: numbers of 1, 2, 4 or 8 bytes, without a sign. */
typedef struct CkptField {
    const char *name;
    size_t offset;
    uint32_t size;  /* bytes of an element */
    uint32_t count; /* elements */
    uint64_t most;  /* the largest value that is one */
} CkptField;

#define CKPT_UP_TO(type, member, most)                                         \
    {                                                                          \
#member, offsetof(type, member), sizeof(((type *)0)->member), 1, most  \
    }
#define CKPT_FIELD(type, member) CKPT_UP_TO(type, member, UINT64_MAX)
#define CKPT_BOOL(type, member)  CKPT_UP_TO(type, member, 1)
#define CKPT_ARRAY_UP_TO(type, member, most)                                   \
    {                                                                          \
#member, offsetof(type, member), sizeof(((type *)0)->member[0]),       \
            sizeof(((type *)0)->member) / sizeof(((type *)0)->member[0]), most \
    }
#define CKPT_ARRAY(type, member) CKPT_ARRAY_UP_TO(type, member, UINT64_MAX)

/* --- Life ------------------------------------------------------------------
 */

/* One to save into, in memory; `compress`: the file is to be small rather than
 * to be mapped (ckpt_pages()). */
Ckpt *ckpt_create(bool compress);
/* One to load from.  NULL and a Diag if the file is none, or is damaged. */
Ckpt *ckpt_open(const char *path, Diag *diag);
void ckpt_destroy(Ckpt *ckpt);

/* Writes all that was saved to `out`, which is at its beginning and can seek;
 * what is written last makes a checkpoint of it.  False: errno says why. */
bool ckpt_write(Ckpt *ckpt, FILE *out);

bool ckpt_loads(const Ckpt *ckpt);
/* The first error, or NULL: one line.  ckpt_fail() returns false. */
const char *ckpt_error(const Ckpt *ckpt);
bool ckpt_fail(Ckpt *ckpt, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* --- Sections --------------------------------------------------------------
 */

/* What follows belongs to the section; loading, all of the section before must
 * have been taken.  False after an error. */
bool ckpt_section(Ckpt *ckpt, const char *name);
/* Loading: whether there is such a section. */
bool ckpt_has(const Ckpt *ckpt, const char *name);
/* All is told; loading, all of the last section must have been taken.  False
 * after an error. */
bool ckpt_end(Ckpt *ckpt);

/* The fields of the structure `base`; and of `count` structures of `stride`
 * bytes, field by field. */
void ckpt_fields(Ckpt *ckpt, const CkptField *fields, size_t field_count,
                 void *base);
void ckpt_records(Ckpt *ckpt, const CkptField *fields, size_t field_count,
                  void *base, size_t count, size_t stride);
/* Single numbers, and arrays of them. */
void ckpt_u64(Ckpt *ckpt, const char *name, uint64_t *value, uint64_t most);
void ckpt_u32(Ckpt *ckpt, const char *name, uint32_t *value, uint32_t most);
void ckpt_bool(Ckpt *ckpt, const char *name, bool *value);
void ckpt_bytes(Ckpt *ckpt, const char *name, void *bytes, size_t size);
void ckpt_u32s(Ckpt *ckpt, const char *name, uint32_t *values, size_t count);
void ckpt_u64s(Ckpt *ckpt, const char *name, uint64_t *values, size_t count);
/* A number that is the same when it is loaded, or `mend` says what to do. */
void ckpt_same(Ckpt *ckpt, const char *name, uint64_t value, const char *mend);
/* How many records follow, `most` at most: the count saved, or 0 after an
 * error. */
size_t ckpt_count(Ckpt *ckpt, const char *name, size_t count, size_t most);
/* A text; loading, a copy for free(), or NULL after an error. */
char *ckpt_text(Ckpt *ckpt, const char *name, const char *text);

/* Memory of whole pages, as a section of its own.  Pages of zeros take no
 * room, and those that the caller says are in `known` neither: whoever loads
 * has these already.  Both may be NULL.  Saving, the memory must stay as it is
 * until ckpt_write().  Loading into `memory`: zeros and data are written; pages
 * that are known stay as they are, and `take_known` is told of each.  Where
 * `map` is allowed and the file has them as they are, they are mapped over
 * `memory`, which is whole pages of the host's: each to be copied when it is
 * first written. */
typedef struct CkptPages {
    uint8_t *memory;
    size_t size;
    bool map;
    void *ctx;
    bool (*is_known)(void *ctx, size_t offset, const uint8_t *page);
    void (*take_known)(void *ctx, size_t offset);
} CkptPages;

void ckpt_pages(Ckpt *ckpt, const char *name, const CkptPages *pages);
/* The same as a part of the present section, which ends with it. */
void ckpt_section_pages(Ckpt *ckpt, const CkptPages *pages);

/* Before the first section: pages that are in `common`, which loads and has
 * them as they are, at the same place of a section of the same name, are known;
 * CkptPages.is_known is not asked, and `take_known` is not told.  Borrowed:
 * `ckpt` makes sections of it the present ones. */
void ckpt_share(Ckpt *ckpt, Ckpt *common);

/* --- For whoever lists and compares ----------------------------------------
 */

typedef struct CkptSection {
    const char *name;
    uint64_t size, stored; /* bytes, and those that they take in the file */
    bool pages, compressed;
} CkptSection;

/* Section number `i`, from 0 on; false: there are no more. */
bool ckpt_list(const Ckpt *ckpt, size_t i, CkptSection *section);

/* An item of a section. */
typedef struct CkptItem {
    char name[CKPT_NAME_MAX + 1];
    uint32_t size;
    size_t count;
    const uint8_t *values;
} CkptItem;

/* The next item of the section that ckpt_section() has begun; false: there is
 * none, or an error. */
bool ckpt_next(Ckpt *ckpt, CkptItem *item);
uint64_t ckpt_value(const CkptItem *item, size_t index);
/* The whole of a section of pages, zeros and pages that are known (as zeros)
 * included, for free(); *kinds, too: a CkptPageKind a page. */
typedef enum CkptPageKind {
    CKPT_PAGE_ZERO,
    CKPT_PAGE_DATA,
    CKPT_PAGE_KNOWN
} CkptPageKind;
uint8_t *ckpt_read_pages(Ckpt *ckpt, const char *name, size_t *size,
                         uint8_t **kinds);

#endif
