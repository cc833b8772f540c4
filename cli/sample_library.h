/* The library of a sampled run (--sample-library, morph/library.h): whether it
 * is there, and making it first if not. */
#ifndef SELKIRK_CLI_SAMPLE_LIBRARY_H
#define SELKIRK_CLI_SAMPLE_LIBRARY_H

#include "base/config.h"
#include "cli/options.h"

typedef enum LibraryUse {
    LIBRARY_NONE,     /* the run has to do with none */
    LIBRARY_USE,      /* it begins units with its checkpoints */
    LIBRARY_MAKE,     /* it makes it */
    LIBRARY_IS_THERE, /* it would make what is there: nothing is to be done */
} LibraryUse;

/* All zero is none: lock 0 is no lock either. */
typedef struct SampleLibrary {
    LibraryUse use;
    uint64_t key; /* MachineConfig.library_key */
    int lock;     /* making: nobody else does meanwhile; -1: none */
} SampleLibrary;

/* What this run is to do.  A library that is to be used and is not there is
 * made first, by another process, which takes as long as running the guest
 * without a model of time.  Of several programs that want the same one makes
 * it, and the others wait.  False and a Diag if that cannot be. */
bool sample_library_prepare(SampleLibrary *library, const Options *options,
                            const Config *config, Diag *diag);
void sample_library_free(SampleLibrary *library);

#endif
