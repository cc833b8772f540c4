/* System/161's trace control card: the guest turns the user's traces and the
 * region of interest on and off. */
#ifndef SELKIRK_HWMODEL_DEV_LAME_TRACE_H
#define SELKIRK_HWMODEL_DEV_LAME_TRACE_H

#include "hwmodel/dev/lamebus.h"

extern const DeviceClass lame_trace_class;
extern const LameId lame_trace_id;

typedef struct LameTraceHost {
    void *ctx;
    /* The trace that System/161 calls by this letter, as far as the user asked
     * for it. */
    void (*trace)(void *ctx, uint32_t letter, bool on);
    void (*mark)(void *ctx, uint32_t value); /* region of interest */
    /* One line of the guest's for the user. */
    void (*note)(void *ctx, const char *text);
} LameTraceHost;

Device *lame_trace_create(LameSlot *slot, const LameTraceHost *host);

#endif
