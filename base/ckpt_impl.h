/* Inside of checkpoints: ckpt.c (sections and what is in them) and, called by
 * that, ckpt_file.c (the file). */
#ifndef SELKIRK_BASE_CKPT_IMPL_H
#define SELKIRK_BASE_CKPT_IMPL_H

#include "base/ckpt.h"

enum { CKPT_PAGES_MAX = 1 << 20 }; /* of a section: 4 GB */

typedef enum SectionKind {
    SECTION_FIELDS,
    SECTION_PAGES, /* the data pages that the section before lists */
    SECTION_KINDS
} SectionKind;

typedef enum SectionMethod {
    METHOD_RAW,
    METHOD_ZSTD,
    METHOD_PLACED, /* pages at their offsets, holes between them */
    METHODS
} SectionMethod;

typedef struct Section {
    char name[CKPT_NAME_MAX + 1];
    SectionKind kind;
    SectionMethod method;
    /* Of the file. */
    uint64_t offset, stored;
    uint64_t size;  /* without compression */
    uint64_t check; /* of that */
    /* Fields: saved so far, or loaded; NULL: not loaded yet. */
    uint8_t *bytes;
    size_t room;
    /* Pages: saving, the memory; and a CkptPageKind a page. */
    const uint8_t *memory;
    uint8_t *kinds;
    size_t page_count;
    bool checked; /* loading: they are what was saved */
} Section;

struct Ckpt {
    bool loads, compress;
    Diag diag;
    char *path;   /* loading */
    Ckpt *common; /* ckpt_share(), or NULL */
    Section *sections;
    size_t count, room;
    Section *at;        /* the present one, or NULL */
    size_t taken;       /* bytes of it that were loaded */
    const uint8_t *map; /* the file */
    size_t map_size;
    int file;
};

/* Reads what stands before the sections.  False: a Diag. */
bool ckptfile_open(Ckpt *c, const char *path);
void ckptfile_close(Ckpt *c);
/* The bytes of a section of fields, for free(); NULL: an error. */
uint8_t *ckptfile_read(Ckpt *c, const Section *s);
/* Reads the data pages, in their order, as `kinds` says, to their places; or
 * maps them there.  False: an error. */
bool ckptfile_read_pages(Ckpt *c, Section *s, const uint8_t *kinds,
                         size_t count, uint8_t *memory, bool map);

#endif
