/* What the code-morphing layer knew at the end of a run, for another run to
 * begin with: --warm-save, --warm-start.  Data and text; revive.c uses it.
 *
 * Nothing in it depends on the modelled host: of a translation it keeps the
 * path of guest instructions, from which any configuration makes its own
 * molecules.  As text, in any order but for the first and last line:
 *
 *     selkirk-warm 1
 *     translation 2 kernel el pending=none entries=4012 next=0x80012400
 *      0x80012340 0x27bdffe8 0xafbf0014
 *      0x800123a0 0x0c0048d0 0x00000000
 *     branch 0x800123a0 0x000123a0 taken=3961 not=12
 *     lesson 0x0001a038 0x8c820000 mmio=2 faults=0 interpret
 *     end 3
 *
 * Below a translation are runs of consecutive words, each behind the address of
 * its first; "end" counts translations, branches and lessons.  A ";" begins a
 * comment. */
#ifndef SELKIRK_MORPH_WARM_H
#define SELKIRK_MORPH_WARM_H

#include "base/diag.h"
#include "ir/ir.h"

#include <stddef.h>
#include <stdio.h>

enum {
    WARM_GUESTS_MAX = 256, /* of a translation: what the keys allow */
    WARM_GEAR_MAX = 2,
};

typedef struct WarmTranslation {
    uint32_t gear;
    IrContext context;
    uint32_t entries; /* times that it was run */
    uint32_t next;    /* where the path led on, after its last instruction */
    bool interpret;   /* what is there is interpreted always */
    uint32_t count;   /* instructions, from 1 to WARM_GUESTS_MAX */
    size_t first;     /* its first one in Warm.guests */
} WarmTranslation;

/* How often a conditional branch went which way. */
typedef struct WarmBranch {
    uint32_t pc, pa; /* virtual and physical */
    uint32_t taken, not_taken;
} WarmBranch;

/* What faults taught about the instruction at a physical address. */
typedef struct WarmLesson {
    uint32_t pa, word;
    uint32_t mmio, faults; /* times, at most 65535 */
    bool interpret;        /* no translation may contain it */
    bool unmoved; /* what starts there is translated without hoisting */
} WarmLesson;

/* All zero is one that knows nothing. */
typedef struct Warm {
    WarmTranslation *translations;
    IrGuest *guests;
    WarmBranch *branches;
    WarmLesson *lessons;
    size_t translation_count, guest_count, branch_count, lesson_count;
} Warm;

/* Copies what it is given; `t->first` is set here. */
void warm_add_translation(Warm *warm, const WarmTranslation *t,
                          const IrGuest *guests);
void warm_add_branch(Warm *warm, const WarmBranch *branch);
void warm_add_lesson(Warm *warm, const WarmLesson *lesson);
/* Releases all, and leaves a Warm that knows nothing. */
void warm_free(Warm *warm);

/* Reads a file into `warm`, which knows nothing before, or after an error.  A
 * file of more than 64 MB or 8M instructions is one: a translation cache of 16
 * MB does not come near, and hostile ones take no more than 256 MB of memory.
 */
bool warm_read(Warm *warm, const char *path, Diag *diag);
/* The same from memory; `name` stands for the file in messages. */
bool warm_parse(Warm *warm, const char *name, const char *text, size_t size,
                Diag *diag);
/* Writes what warm_parse() reads as the same. */
void warm_write(const Warm *warm, FILE *out);

#endif
