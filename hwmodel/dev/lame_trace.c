/* System/161's trace control card; see lame_trace.h. */
#include "hwmodel/dev/lame_trace.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    ON = 0x00,
    OFF = 0x04,
    PRINT = 0x08,
    DUMP = 0x0c,
    DEBUGGER = 0x10,
    PROFILE = 0x14,
    PROFILE_CLEAR = 0x18,
};

const LameId lame_trace_id = {8, 3};

typedef struct TraceCard {
    LameCard card;
    LameTraceHost host;
    bool profile;
} TraceCard;

static void note(TraceCard *t, const char *what, uint32_t value)
{
    char text[80];
    snprintf(text, sizeof text, "trace: %s, code %" PRIu32 " (0x%" PRIx32 ")",
             what, value, value);
    t->host.note(t->host.ctx, text);
}

static uint32_t trace_read(Device *device, uint32_t offset, unsigned size)
{
    TraceCard *t = (TraceCard *)device;
    uint32_t word = 0;
    if ((offset & ~3u) == PROFILE)
        word = t->profile;
    else
        lamebus_warn(&t->card, "offset 0x%x is read, which is write-only",
                     offset);
    return lamebus_get_lanes(word, offset, size);
}

static void trace_write(Device *device, uint32_t offset, unsigned size,
                        uint32_t value)
{
    TraceCard *t = (TraceCard *)device;
    value = lamebus_put_lanes(value, offset, size);
    switch (offset & ~3u) {
    case ON: t->host.trace(t->host.ctx, value, true); break;
    case OFF: t->host.trace(t->host.ctx, value, false); break;
    case PRINT: note(t, "the guest prints", value); break;
    case DUMP: note(t, "the guest asks for its state", value); break;
    case DEBUGGER: note(t, "the guest asks for a debugger", value); break;
    case PROFILE:
        t->profile = value != 0;
        t->host.mark(t->host.ctx, t->profile);
        break;
    case PROFILE_CLEAR: note(t, "the guest clears its profile", value); break;
    }
}

static void trace_reset(Device *device)
{
    ((TraceCard *)device)->profile = false;
}

static void trace_destroy(Device *device)
{
    free(device);
}

static const DeviceReg regs[] = {
    {ON, 4, "ON",
     "a letter turns a trace on: k or u instructions, t TLB, x or i "
     "exceptions, d, e or n devices; of those that --trace names; write-only"},
    {OFF, 4, "OFF", "a letter turns it off; write-only"},
    {PRINT, 4, "PRINT", "a write shows its value to the user; write-only"},
    {DUMP, 4, "DUMP", "likewise; write-only"},
    {DEBUGGER, 4, "DEBUGGER", "likewise; write-only"},
    {PROFILE, 4, "PROFILE", "if not 0, the region of interest is on"},
    {PROFILE_CLEAR, 4, "PROFILE_CLEAR", "as PRINT; write-only"},
};

static const CkptField state[] = {
    CKPT_BOOL(TraceCard, profile),
};

const DeviceClass lame_trace_class = {
    .name = "trace",
    .text = "System/161's trace control",
    .regs = regs,
    .reg_count = ARRAY_LEN(regs),
    .span = LAMEBUS_SLOT_SIZE,
    .answers = lamebus_answers,
    .read = trace_read,
    .write = trace_write,
    .reset = trace_reset,
    .destroy = trace_destroy,
    .state = state,
    .state_count = ARRAY_LEN(state),
};

Device *lame_trace_create(LameSlot *slot, const LameTraceHost *host)
{
    TraceCard *t = alloc_zeroed(1, sizeof *t);
    t->card.device.cls = &lame_trace_class;
    t->card.slot = slot;
    t->host = *host;
    return &t->card.device;
}
