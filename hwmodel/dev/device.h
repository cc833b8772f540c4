/* What every device is: a class of constant tables and functions, and state
 * that begins with a Device.  A device is one file; its register table (a
 * .def-style list in that file) serves decoding, tracing and documentation. */
#ifndef SELKIRK_HWMODEL_DEV_DEVICE_H
#define SELKIRK_HWMODEL_DEV_DEVICE_H

#include "base/stats.h"
#include "hwmodel/mem/events.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Device Device;

typedef struct DeviceReg {
    uint32_t offset;  /* first byte, from the device's base */
    uint32_t bytes;   /* how far it reaches: 4 for one register, more for a
                         buffer or an array */
    const char *name; /* as the manual spells it */
    const char *text; /* what it is, for docs and traces */
} DeviceReg;

typedef struct DeviceEvent {
    const char *name;
    size_t offset; /* of the Event inside the device's structure */
} DeviceEvent;

#define DEVICE_EVENT(type, member)                                             \
    {                                                                          \
#member, offsetof(type, member)                                        \
    }

typedef struct DeviceClass {
    const char *name; /* "dz11", "ds1287": traces, stats group, docs */
    const char *text; /* what it models, and the manual it follows */
    const DeviceReg *regs;
    size_t reg_count;
    /* Bytes that the address lines to the device tell apart, a power of two:
     * its registers repeat every `span` bytes of the region it is given. */
    uint32_t span;
    /* Whether something answers an access; if not, it is a bus error.  NULL:
     * always. */
    bool (*answers)(Device *device, uint32_t offset, unsigned size, bool write);
    /* `size` is 1, 2 or 4, `offset` aligned to it and below `span`.  Values
     * are numbers: the byte order of the machine does not show.  What read
     * gives beyond `size` bytes is dropped. */
    uint32_t (*read)(Device *device, uint32_t offset, unsigned size);
    void (*write)(Device *device, uint32_t offset, unsigned size,
                  uint32_t value);
    /* To the power-on state.  Also comes between creation and first use. */
    void (*reset)(Device *device);
    void (*destroy)(Device *device);
    /* What it counts; the offsets are into the device's own structure. */
    const StatRow *stats;
    size_t stat_count;
    /* What a checkpoint holds of it beside that: members and events of that
     * structure; and, called after these, what is none, and whether all that
     * was loaded fits together.  Lines need no setting: whoever is behind them
     * has their levels. */
    const CkptField *state;
    size_t state_count;
    const DeviceEvent *events;
    size_t event_count;
    void (*checkpoint)(Device *device, Ckpt *ckpt); /* or NULL */
} DeviceClass;

struct Device {
    const DeviceClass *cls;
};

/* An output line of a device, such as its interrupt request. */
typedef struct Line {
    void (*set)(void *ctx, unsigned id, bool level);
    void *ctx;
    unsigned id;
} Line;

static inline void line_set(const Line *line, bool level)
{
    if (line->set)
        line->set(line->ctx, line->id, level);
}

/* What a write of `size` bytes at byte `lane` (0..3) leaves in a little-endian
 * register of up to 32 bits that holds `word`.  (A read there gives
 * word >> 8 * lane.) */
static inline uint32_t device_set_lanes(uint32_t word, unsigned lane,
                                        unsigned size, uint32_t value)
{
    uint32_t mask = UINT32_MAX >> (32 - 8 * size) << 8 * lane;
    return (word & ~mask) | (value << 8 * lane & mask);
}

/* The register that covers `offset`, or NULL. */
const DeviceReg *device_reg(const DeviceClass *cls, uint32_t offset);

#endif
