/* The checkpoints that a run takes: --checkpoint-at, --checkpoint. */
#ifndef SELKIRK_CLI_CHECKPOINTS_H
#define SELKIRK_CLI_CHECKPOINTS_H

#include "cli/options.h"
#include "cli/savefile.h"
#include "morph/checkpoint.h"

typedef struct CheckpointFile {
    char *point, *path;
    SaveFile save;
} CheckpointFile;

/* All zero is none. */
typedef struct CheckpointFiles {
    CheckpointFile *list;
    size_t count, saved;
} CheckpointFiles;

/* Reads the options. */
bool checkpoints_read(CheckpointFiles *files, const Options *options,
                      Diag *diag);
/* Opens the files, and tells the machine its points. */
bool checkpoints_open(CheckpointFiles *files, Machine *machine, Diag *diag);
/* The machine is at the next point. */
bool checkpoints_save(CheckpointFiles *files, Machine *machine, Diag *diag);
/* Whether the run ends here: checkpoint.stop, and there are no more. */
bool checkpoints_end(const CheckpointFiles *files, const Config *config);
/* The run is over: tells the user of points that did not come. */
void checkpoints_tell(const CheckpointFiles *files);
/* Releases all; files that are not complete go. */
void checkpoints_drop(CheckpointFiles *files);

#endif
