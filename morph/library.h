/* Libraries of a sampled run (sample.library): a checkpoint where each unit's
 * warming-up begins, made once by a run without a model of time, and used by
 * any number of runs of other models, which execute no more than the units.
 * What it is: docs/sampling.md.
 *
 * Wenisch et al., Simulation Sampling with Live-Points, ISPASS 2006. */
#ifndef SELKIRK_MORPH_LIBRARY_H
#define SELKIRK_MORPH_LIBRARY_H

#include "base/ckpt.h"
#include "base/config.h"

#include <stdio.h>

typedef struct Machine Machine;
typedef struct Sample Sample;

typedef struct LibraryUnit {
    uint64_t number; /* Sample.next of it */
    uint64_t insns;  /* since power-on, where warming up begins */
} LibraryUnit;

/* What is in a folder. */
typedef struct Library {
    const char *folder; /* the configuration's */
    bool makes;         /* this run writes it */
    uint64_t key;       /* of all that its checkpoints are a function of */
    /* Where sampling and the region begin, and the latter ends. */
    uint64_t base, begin, end; /* instructions since power-on */
    LibraryUnit *units;
    size_t count, room;

    Ckpt *common; /* the one at `begin`, whose pages others share */
    bool has_base, has_begin, has_end;
    /* What the guest printed when it was made: making, what goes there and its
     * hash so far; using, the bytes. */
    FILE *console_file;
    char *console;
    uint64_t console_size, console_hash;
    size_t next;      /* using it: of units, the one that is next */
    unsigned reached; /* a LibraryStage */
    Diag diag;        /* why it is good for nothing */
} Library;

/* What sampling is to do next with a library. */
typedef enum LibraryStage {
    LIBRARY_LEARN, /* where sampling began */
    LIBRARY_BEGIN, /* the region */
    LIBRARY_UNIT,
    LIBRARY_END, /* of the region */
    LIBRARY_OVER,
} LibraryStage;

/* What the index, and the lock of whoever makes it, begin with: by that a
 * folder is known as a library's. */
extern const char library_title[];

/* The index of the folder is read without looking at its checkpoints.  False
 * and no Diag: there is none, and it has to be made. */
bool library_find(const char *folder, uint64_t key, Diag *diag);

/* To make, with cpu.model=functional, in a folder that is there; or to use.
 * NULL and a Diag if it cannot be. */
Library *library_open(const Config *config, uint64_t key, Diag *diag);
void library_close(Library *library);

/* Making: what the guest prints. */
void library_print(Library *library, uint8_t byte);
/* Making: saves a checkpoint if one is to be taken where the run stands. */
void library_look(Machine *m);
/* The instruction count where the next one is, if that is known. */
uint64_t library_next_insns(const Machine *m);
/* The run is over: writes the index.  Without that there is no library. */
void library_finish(Machine *m);

/* Using: the machine is where the next stage begins, which is told.  Behind
 * LIBRARY_UNIT the unit's number is Sample.next.  LIBRARY_OVER also after an
 * error, which is in `diag`: a checkpoint is damaged, or not the one that the
 * index means. */
LibraryStage library_go_on(Machine *m);

#endif
