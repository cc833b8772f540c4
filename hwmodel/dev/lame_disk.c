/* System/161's fixed disk card; see lame_disk.h.
 *
 * Its time: the disk turns all the time.  Sectors lie on TRACKS tracks of equal
 * length.  An operation moves the heads to its track, waits for its sector to
 * come by, and lasts until that has passed.  A read of the track that was read
 * last comes from the card's memory. */
#include "hwmodel/dev/lame_disk.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "hwmodel/dev/disk161.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    SECTORS = 0x0,
    STATUS = 0x4,
    SECTOR = 0x8,
    RPM = 0xc,

    BUSY = 1,
    WRITE = 2,
    DONE = 4,
    BAD_SECTOR = 8,
    MEDIA_ERROR = 16,

    START_READ = BUSY,
    START_WRITE = BUSY | WRITE,

    TRACKS = 320,
    SEEK_US = 1000,     /* the heads settle, and */
    SEEK_TRACK_US = 25, /* for each track on the way */
    CACHED_NS = 500,

    MINUTE = 60,
    MICRO = 1000000,
    NANO = 1000000000,
};

#define NO_TRACK UINT32_MAX

const LameId lame_disk_id = {3, 2};

typedef struct Disk {
    LameCard card;
    EventQueue *events;
    Disk161 *image;
    char *path;
    bool paranoid;
    uint32_t rpm;
    uint32_t track_sectors; /* on each track */
    uint32_t status, sector;
    uint32_t track;  /* where the heads are */
    uint32_t cached; /* track in the card's memory, or NO_TRACK */
    Event done;
    uint8_t buffer[DISK161_SECTOR];
    uint64_t reads, writes, cache_hits, seeks, errors, busy;
} Disk;

static void set_status(Disk *d, uint32_t status)
{
    d->status = status;
    line_set(&d->card.slot->irq, status & DONE);
}

/* --- Time ------------------------------------------------------------------
 */

/* Cycles from now until `sector` has passed under the heads, which are over its
 * track after `seek` cycles. */
static uint64_t rotation(const Disk *d, uint32_t sector, uint64_t seek)
{
    uint64_t turn = events_cycles(d->events, MINUTE, d->rpm);
    uint32_t index = sector % d->track_sectors;
    uint64_t begin = (unsigned __int128)turn * index / d->track_sectors;
    uint64_t end = (unsigned __int128)turn * (index + 1) / d->track_sectors;
    uint64_t angle = (events_now(d->events) + seek) % turn;
    uint64_t wait = begin >= angle ? begin - angle : begin + turn - angle;
    return seek + wait + (end - begin);
}

static uint64_t duration(Disk *d, bool write)
{
    uint32_t track = d->sector / d->track_sectors;
    if (!write && track == d->cached) {
        d->cache_hits++;
        return events_cycles(d->events, CACHED_NS, NANO);
    }
    uint32_t distance = track > d->track ? track - d->track : d->track - track;
    uint64_t seek = 0;
    if (distance) {
        d->seeks++;
        seek = events_cycles(
            d->events, SEEK_US + (uint64_t)distance * SEEK_TRACK_US, MICRO);
    }
    d->track = track;
    d->cached = track;
    return rotation(d, d->sector, seek);
}

/* --- Operations ------------------------------------------------------------
 */

static void on_done(void *ctx)
{
    Disk *d = ctx;
    bool write = d->status & WRITE;
    uint32_t result = DONE | (write ? WRITE : 0);
    if (d->sector >= disk161_sectors(d->image)) {
        result |= BAD_SECTOR;
        lamebus_warn(&d->card, "sector %u is asked for, of %u", d->sector,
                     disk161_sectors(d->image));
    } else if (write) {
        d->writes++;
        if (!disk161_write(d->image, d->sector, d->buffer) ||
            (d->paranoid && !disk161_sync(d->image)))
            result |= MEDIA_ERROR;
    } else {
        d->reads++;
        if (!disk161_read(d->image, d->sector, d->buffer))
            result |= MEDIA_ERROR;
    }
    if (result & MEDIA_ERROR)
        lamebus_warn(&d->card, "the host cannot %s sector %u: %s",
                     write ? "write" : "read", d->sector, strerror(errno));
    d->errors += (result & (BAD_SECTOR | MEDIA_ERROR)) != 0;
    set_status(d, result);
}

static void start(Disk *d, uint32_t operation)
{
    bool valid = d->sector < disk161_sectors(d->image);
    uint64_t cycles = valid ? duration(d, operation & WRITE)
                            : events_cycles(d->events, CACHED_NS, NANO);
    d->busy += cycles;
    set_status(d, operation);
    events_schedule(d->events, &d->done, events_now(d->events) + cycles);
}

static void write_status(Disk *d, uint32_t value)
{
    switch (value) {
    case 0: /* acknowledges, or calls an operation off */
        events_cancel(d->events, &d->done);
        set_status(d, 0);
        break;
    case START_READ:
    case START_WRITE:
        if (d->status & BUSY)
            lamebus_warn(&d->card, "an operation is started before the one "
                                   "before it is done");
        else
            start(d, value);
        break;
    default:
        lamebus_warn(&d->card,
                     "0x%x is written to STATUS, which takes 0, 1 "
                     "and 3",
                     value);
    }
}

/* --- Registers -------------------------------------------------------------
 */

static uint32_t disk_read(Device *device, uint32_t offset, unsigned size)
{
    Disk *d = (Disk *)device;
    if (offset >= LAMEBUS_BUFFER)
        return lamebus_buffer_read(d->buffer, offset - LAMEBUS_BUFFER, size);
    uint32_t word = 0;
    switch (offset & ~3u) {
    case SECTORS: word = disk161_sectors(d->image); break;
    case STATUS: word = d->status; break;
    case SECTOR: word = d->sector; break;
    case RPM: word = d->rpm; break;
    }
    return lamebus_get_lanes(word, offset, size);
}

static void disk_write(Device *device, uint32_t offset, unsigned size,
                       uint32_t value)
{
    Disk *d = (Disk *)device;
    bool busy = d->status & BUSY;
    if (offset >= LAMEBUS_BUFFER) {
        if (busy)
            lamebus_warn(&d->card, "the buffer is written during an operation");
        lamebus_buffer_write(d->buffer, offset - LAMEBUS_BUFFER, size, value);
        return;
    }
    value = lamebus_put_lanes(value, offset, size);
    switch (offset & ~3u) {
    case STATUS: write_status(d, value); break;
    case SECTOR:
        if (busy)
            lamebus_warn(&d->card, "SECTOR is written during an operation, "
                                   "which ignores it");
        else
            d->sector = value;
        break;
    default:
        lamebus_warn(&d->card, "offset 0x%x is written, which is read-only",
                     offset);
        break;
    }
}

static void disk_reset(Device *device)
{
    Disk *d = (Disk *)device;
    events_cancel(d->events, &d->done);
    d->sector = 0;
    d->track = 0;
    d->cached = NO_TRACK;
    memset(d->buffer, 0, sizeof d->buffer);
    set_status(d, 0);
}

static void disk_destroy(Device *device)
{
    Disk *d = (Disk *)device;
    events_cancel(d->events, &d->done);
    disk161_close(d->image);
    free(d->path);
    free(d);
}

static const DeviceReg regs[] = {
    {SECTORS, 4, "SECTORS", "of 512 bytes, in all; read-only"},
    {STATUS, 4, "STATUS",
     "written: 1 reads, 3 writes, 0 acknowledges or calls off; read: 0 idle, "
     "1 and 3 under way, 4 read, 6 written, with 8 bad sector, with 16 media "
     "error; the card interrupts while bit 2 is set"},
    {SECTOR, 4, "SECTOR", "that is read or written"},
    {RPM, 4, "RPM", "turns a minute; read-only"},
    {LAMEBUS_BUFFER, DISK161_SECTOR, "BUFFER", "the sector's bytes"},
};

static const StatRow stat_rows[] = {
    {"reads", "sectors", "read", offsetof(Disk, reads)},
    {"writes", "sectors", "written", offsetof(Disk, writes)},
    {"cache.hits", "sectors", "read from the card's memory",
     offsetof(Disk, cache_hits)},
    {"seeks", "movements", "of the heads", offsetof(Disk, seeks)},
    {"errors", "operations", "that failed", offsetof(Disk, errors)},
    {"busy", "cycles", "that operations took, or were to",
     offsetof(Disk, busy)},
};

static void disk_checkpoint(Device *device, Ckpt *ckpt)
{
    disk161_checkpoint(((Disk *)device)->image, ckpt);
}

static const CkptField state[] = {
    CKPT_FIELD(Disk, status), CKPT_FIELD(Disk, sector), CKPT_FIELD(Disk, track),
    CKPT_FIELD(Disk, cached), CKPT_ARRAY(Disk, buffer),
};

static const DeviceEvent saved_events[] = {
    DEVICE_EVENT(Disk, done),
};

const DeviceClass lame_disk_class = {
    .name = "disk",
    .text = "System/161's fixed disk",
    .regs = regs,
    .reg_count = ARRAY_LEN(regs),
    .span = LAMEBUS_SLOT_SIZE,
    .answers = lamebus_answers,
    .read = disk_read,
    .write = disk_write,
    .reset = disk_reset,
    .destroy = disk_destroy,
    .stats = stat_rows,
    .stat_count = ARRAY_LEN(stat_rows),
    .state = state,
    .state_count = ARRAY_LEN(state),
    .events = saved_events,
    .event_count = ARRAY_LEN(saved_events),
    .checkpoint = disk_checkpoint,
};

bool lame_disk_sync(Device *device, Diag *diag)
{
    assert(device->cls == &lame_disk_class);
    Disk *d = (Disk *)device;
    return disk161_sync(d->image) ||
           diag_error(diag, "%s: the host did not take the disk's writes: %s",
                      d->path, strerror(errno));
}

Device *lame_disk_create(LameSlot *slot, EventQueue *events,
                         const LameDiskConfig *config, Diag *diag)
{
    assert(config->rpm > 0);
    Disk161 *image = disk161_open(config->path, config->overlay, diag);
    if (!image)
        return NULL;
    Disk *d = alloc_zeroed(1, sizeof *d);
    d->card.device.cls = &lame_disk_class;
    d->card.slot = slot;
    d->events = events;
    d->image = image;
    d->path = alloc_string(config->path);
    d->paranoid = config->paranoid;
    d->rpm = config->rpm;
    uint32_t sectors = disk161_sectors(image);
    d->track_sectors = sectors / TRACKS + (sectors % TRACKS != 0);
    event_init(&d->done, on_done, d);
    return &d->card.device;
}
