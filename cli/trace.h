/* `--trace`: events of the machine as text, one a line, in fixed columns. */
#ifndef SELKIRK_CLI_TRACE_H
#define SELKIRK_CLI_TRACE_H

#include "cli/options.h"
#include "morph/machine.h"

typedef struct Trace Trace;

/* What the --trace options ask for.  NULL and a Diag if one is wrong. */
Trace *trace_create(const Options *options, Diag *diag);
/* Opens the files and begins to trace. */
bool trace_open(Trace *trace, Machine *machine, Diag *diag);
/* The name of a traced kind that only the code-morphing layer has, or NULL. */
const char *trace_layer_kind(const Trace *trace);
/* What is traced is, or is not, from here on, by System/161's letters for it
 * (docs/os161.md); what was not asked for stays off. */
void trace_switch(Trace *trace, uint32_t letter, bool on);
/* Whether something is traced to the standard error. */
bool trace_uses_stderr(const Trace *trace);
/* Shows what goes there now; files are left to fill up. */
void trace_show(Trace *trace);
/* Writes what is left.  False with a Diag if a file could not be written. */
bool trace_close(Trace *trace, Diag *diag);
void trace_destroy(Trace *trace);

/* Manual's name of an exception, such as "TLBL". */
const char *trace_exception_name(Exception exc);
/* Why a translation failed, in a word. */
const char *trace_fault_name(CoreFault fault);

#endif
