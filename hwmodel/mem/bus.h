/* The physical address space: RAM, ROM and device registers, bus errors. */
#ifndef SELKIRK_HWMODEL_MEM_BUS_H
#define SELKIRK_HWMODEL_MEM_BUS_H

#include "base/ckpt.h"
#include "base/stats.h"
#include "hwmodel/dev/device.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct Bus Bus;

enum { BUS_PAGE = 4096 }; /* regions start and end on multiples of it */

/* An access that nothing answers; the board latches and interrupts. */
typedef void BusErrorFn(void *ctx, uint32_t pa, bool write);

/* A device access, after it happened; `offset` is the one the device saw. */
typedef void BusTraceFn(void *ctx, const Device *device, uint32_t offset,
                        unsigned size, bool write, uint32_t value);

/* bus_poke() has changed memory that somebody may hold decoded. */
typedef void BusPokedFn(void *ctx, uint32_t pa, uint32_t size);

/* `big` is the byte order in which numbers lie in RAM and ROM. */
Bus *bus_create(bool big);
void bus_destroy(Bus *bus); /* devices are their board's, RAM is the bus's */
/* One function each; NULL: nobody is told. */
void bus_set_error(Bus *bus, BusErrorFn *error, void *ctx);
void bus_set_trace(Bus *bus, BusTraceFn *trace, void *ctx);
void bus_set_poked(Bus *bus, BusPokedFn *poked, void *ctx);

/* Regions; `size` and `pa` are multiples of BUS_PAGE and may not overlap what
 * is there (assertion).  RAM is zeroed.  ROM content is copied and padded with
 * zeros.  A device sees offsets from `pa`, modulo its class's span. */
void bus_add_ram(Bus *bus, uint32_t pa, uint32_t size);
void bus_add_rom(Bus *bus, uint32_t pa, uint32_t size, const void *content,
                 uint32_t content_size);
void bus_add_device(Bus *bus, uint32_t pa, uint32_t size, Device *device);
/* Memory that somebody else owns and keeps for the life of the bus: a mapped
 * disk, or a second view of a ROM.  It is ROM when not `writable`. */
void bus_add_memory(Bus *bus, uint32_t pa, uint32_t size, uint8_t *bytes,
                    bool writable);

/* A stretch of memory that can be written; `bytes` are its content. */
typedef struct BusMemory {
    uint32_t pa, size;
    uint8_t *bytes;
    bool owned; /* the bus's own RAM, not a device's */
} BusMemory;

/* Fills `memory` with stretch number `i`, from 0 on, of all that there are;
 * false if there are no more. */
bool bus_memory(const Bus *bus, unsigned i, BusMemory *memory);

/* Host address of the page that holds `pa`, if it is plain RAM (or ROM, when
 * not `write`); else NULL.  Stays valid for the life of the bus. */
uint8_t *bus_page(Bus *bus, uint32_t pa, bool write);

/* One access of `size` 1, 2 or 4 bytes at its natural alignment.  False is a
 * bus error (the error function has been called).  Writes to ROM are errors. */
bool bus_read(Bus *bus, uint32_t pa, unsigned size, uint32_t *value);
bool bus_write(Bus *bus, uint32_t pa, unsigned size, uint32_t value);

/* Copies bytes without side effects, as a loader or a debugger does: RAM and
 * ROM only (loading a ROM is allowed).  False if any byte is elsewhere. */
bool bus_peek(const Bus *bus, uint32_t pa, void *bytes, uint32_t size);
bool bus_poke(Bus *bus, uint32_t pa, const void *bytes, uint32_t size);

/* Saves or loads what was counted, in the present section; RAM is bus_memory().
 */
void bus_checkpoint(Bus *bus, Ckpt *ckpt);

/* Row group "bus": device reads, device writes, read errors, write errors. */
void bus_add_stats(const Bus *bus, Stats *stats);

#endif
