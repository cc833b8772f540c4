/* System/161's emulator file system card; see lame_emufs.h.
 *
 * An operation is done at the end of its time, with the registers and the
 * buffer as they are then.  Listings are sorted: the order in which the host
 * keeps its names must not show. */
#include "hwmodel/dev/lame_emufs.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "hwmodel/dev/hostfolder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    HANDLE = 0x00,
    OFFSET = 0x04,
    LENGTH = 0x08,
    OPERATION = 0x0c,
    RESULT = 0x10,

    OP_OPEN = 1,
    OP_CREATE = 2,
    OP_EXCLUSIVE = 3,
    OP_CLOSE = 4,
    OP_READ = 5,
    OP_READDIR = 6,
    OP_WRITE = 7,
    OP_GETSIZE = 8,
    OP_TRUNCATE = 9,

    RESULT_NONE = 0,
    RESULT_OK = 1,
    RESULT_BAD_HANDLE = 2,
    RESULT_BAD_OPERATION = 3,
    RESULT_BAD_PATH = 4,
    RESULT_BAD_SIZE = 5,
    RESULT_EXISTS = 6,
    RESULT_DIRECTORY = 7,
    RESULT_MEDIA_ERROR = 8,
    RESULT_NO_HANDLES = 9,
    RESULT_NO_SPACE = 10,
    RESULT_NOT_DIRECTORY = 11,
    RESULT_UNKNOWN = 12,
    RESULT_UNSUPPORTED = 13,

    HANDLES = 64,
    ROOT = 0,
    BUFFER_SIZE = 16384,
    NAMES_MAX = 1 << 24, /* in a listing that a checkpoint has */
    OPERATION_MS = 5,
};

const LameId lame_emufs_id = {7, 1};

typedef struct Handle {
    bool used;
    bool directory;
    int file;
    char *path;   /* hostfolder_join()'s */
    char **names; /* of a folder, as its listing began */
    size_t name_count;
} Handle;

typedef struct Emufs {
    LameCard card;
    EventQueue *events;
    HostFolder *folder;
    Handle handles[HANDLES];
    uint32_t handle, offset, length, operation, result;
    Event done;
    uint8_t buffer[BUFFER_SIZE];
    uint64_t operations, refused, bytes_read, bytes_written;
} Emufs;

static uint32_t result_of(int error)
{
    switch (error) {
    case ENOENT:
    case ELOOP:
    case ENAMETOOLONG:
    case EILSEQ:
    case EINVAL: return RESULT_BAD_PATH;
    case EEXIST: return RESULT_EXISTS;
    case EISDIR: return RESULT_DIRECTORY;
    case ENOTDIR: return RESULT_NOT_DIRECTORY;
    case EMFILE:
    case ENFILE: return RESULT_NO_HANDLES;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return RESULT_NO_SPACE;
    case EIO: return RESULT_MEDIA_ERROR;
    case EBADF: /* writing what can only be read */
    case ENOTSUP: return RESULT_UNSUPPORTED;
    default: return RESULT_UNKNOWN;
    }
}

/* --- Handles ---------------------------------------------------------------
 */

static void forget_names(Handle *h)
{
    for (size_t i = 0; i < h->name_count; i++)
        free(h->names[i]);
    free(h->names);
    h->names = NULL;
    h->name_count = 0;
}

static void close_handle(Handle *h)
{
    if (!h->used)
        return;
    forget_names(h);
    close(h->file);
    free(h->path);
    *h = (Handle){0};
}

static Handle *find(Emufs *e)
{
    Handle *h = e->handle < HANDLES ? &e->handles[e->handle] : NULL;
    return h && h->used ? h : NULL;
}

static uint32_t open_path(Emufs *e, const char *path, HostFolderMode mode)
{
    unsigned n = 0;
    while (n < HANDLES && e->handles[n].used)
        n++;
    if (n == HANDLES)
        return RESULT_NO_HANDLES;
    bool directory;
    int file = hostfolder_open_path(e->folder, path, mode, &directory);
    if (file < 0)
        return result_of(errno);
    e->handles[n] = (Handle){.used = true,
                             .directory = directory,
                             .file = file,
                             .path = alloc_string(path)};
    e->handle = n;
    e->length = directory;
    return RESULT_OK;
}

/* --- Operations ------------------------------------------------------------
 */

/* The name in the buffer begins at the folder that the handle is. */
static uint32_t open_name(Emufs *e, HostFolderMode mode)
{
    const Handle *h = find(e);
    char path[HOSTFOLDER_PATH_MAX];
    if (!h)
        return RESULT_BAD_HANDLE;
    if (!h->directory)
        return RESULT_NOT_DIRECTORY;
    if (e->length > BUFFER_SIZE)
        return RESULT_BAD_SIZE;
    if (hostfolder_join(h->path, (char *)e->buffer, e->length, path))
        return open_path(e, path, mode);
    lamebus_warn(&e->card, "a name is refused: it is absolute, leads out of "
                           "the folder, or is too long");
    return RESULT_BAD_PATH;
}

static uint32_t close_file(Emufs *e)
{
    Handle *h = find(e);
    if (!h || e->handle == ROOT)
        return RESULT_BAD_HANDLE;
    close_handle(h);
    return RESULT_OK;
}

static uint32_t transfer(Emufs *e, bool write)
{
    const Handle *h = find(e);
    if (!h)
        return RESULT_BAD_HANDLE;
    if (h->directory)
        return RESULT_DIRECTORY;
    if (e->length > BUFFER_SIZE)
        return RESULT_BAD_SIZE;
    uint32_t done = 0;
    while (done < e->length) {
        off_t at = (off_t)e->offset + done;
        uint8_t *bytes = e->buffer + done;
        size_t left = e->length - done;
        ssize_t n = write ? pwrite(h->file, bytes, left, at)
                          : pread(h->file, bytes, left, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return result_of(errno);
        if (n == 0)
            break;
        done += (uint32_t)n;
    }
    *(write ? &e->bytes_written : &e->bytes_read) += done;
    e->length = done;
    e->offset += done;
    return RESULT_OK;
}

/* The offset is a number of names; at their end the length is 0. */
static uint32_t read_name(Emufs *e)
{
    Handle *h = find(e);
    if (!h)
        return RESULT_BAD_HANDLE;
    if (!h->directory)
        return RESULT_NOT_DIRECTORY;
    if (e->offset == 0 || !h->names) {
        forget_names(h);
        if (!hostfolder_list(h->file, &h->names, &h->name_count))
            return result_of(errno);
    }
    if (e->offset >= h->name_count) {
        e->length = 0;
        return RESULT_OK;
    }
    const char *name = h->names[e->offset++];
    e->length = (uint32_t)strlen(name);
    memcpy(e->buffer, name, e->length);
    return RESULT_OK;
}

/* That of a folder is 0: what the host says is not a guest's business. */
static uint32_t get_size(Emufs *e)
{
    const Handle *h = find(e);
    struct stat info;
    if (!h)
        return RESULT_BAD_HANDLE;
    if (fstat(h->file, &info) < 0)
        return result_of(errno);
    uint64_t size = h->directory ? 0 : (uint64_t)info.st_size;
    e->length = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
    return RESULT_OK;
}

static uint32_t truncate_file(Emufs *e)
{
    const Handle *h = find(e);
    if (!h)
        return RESULT_BAD_HANDLE;
    if (h->directory)
        return RESULT_DIRECTORY;
    if (ftruncate(h->file, e->length) == 0)
        return RESULT_OK;
    /* EINVAL: it was opened to be read. */
    return errno == EINVAL ? RESULT_UNSUPPORTED : result_of(errno);
}

static uint32_t operate(Emufs *e)
{
    switch (e->operation) {
    case OP_OPEN: return open_name(e, HOSTFOLDER_OPEN);
    case OP_CREATE: return open_name(e, HOSTFOLDER_CREATE);
    case OP_EXCLUSIVE: return open_name(e, HOSTFOLDER_EXCLUSIVE);
    case OP_CLOSE: return close_file(e);
    case OP_READ: return transfer(e, false);
    case OP_READDIR: return read_name(e);
    case OP_WRITE: return transfer(e, true);
    case OP_GETSIZE: return get_size(e);
    case OP_TRUNCATE: return truncate_file(e);
    default: return RESULT_BAD_OPERATION;
    }
}

static void set_result(Emufs *e, uint32_t result)
{
    e->result = result;
    line_set(&e->card.slot->irq, result != RESULT_NONE);
}

static void on_done(void *ctx)
{
    Emufs *e = ctx;
    uint32_t result = operate(e);
    e->operations++;
    e->refused += result != RESULT_OK;
    set_result(e, result);
}

static void start(Emufs *e, uint32_t operation)
{
    if (event_pending(&e->done)) {
        lamebus_warn(&e->card, "an operation is started before the one before "
                               "it is done");
        return;
    }
    e->operation = operation;
    set_result(e, RESULT_NONE);
    events_schedule(e->events, &e->done,
                    events_now(e->events) +
                        events_cycles(e->events, OPERATION_MS, 1000));
}

/* --- Registers -------------------------------------------------------------
 */

static uint32_t emufs_read(Device *device, uint32_t offset, unsigned size)
{
    Emufs *e = (Emufs *)device;
    if (offset >= LAMEBUS_BUFFER)
        return lamebus_buffer_read(e->buffer, offset - LAMEBUS_BUFFER, size);
    uint32_t word = 0;
    switch (offset & ~3u) {
    case HANDLE: word = e->handle; break;
    case OFFSET: word = e->offset; break;
    case LENGTH: word = e->length; break;
    case OPERATION: word = e->operation; break;
    case RESULT: word = e->result; break;
    }
    return lamebus_get_lanes(word, offset, size);
}

static void emufs_write(Device *device, uint32_t offset, unsigned size,
                        uint32_t value)
{
    Emufs *e = (Emufs *)device;
    bool registers = offset < LAMEBUS_BUFFER;
    if (event_pending(&e->done) && (offset & ~3u) != OPERATION)
        lamebus_warn(&e->card, "offset 0x%x is written during an operation",
                     offset);
    if (!registers) {
        lamebus_buffer_write(e->buffer, offset - LAMEBUS_BUFFER, size, value);
        return;
    }
    value = lamebus_put_lanes(value, offset, size);
    switch (offset & ~3u) {
    case HANDLE: e->handle = value; break;
    case OFFSET: e->offset = value; break;
    case LENGTH: e->length = value; break;
    case OPERATION: start(e, value); break;
    case RESULT: /* acknowledges, whatever is written */
        set_result(e, RESULT_NONE);
        break;
    }
}

static void close_all(Emufs *e)
{
    events_cancel(e->events, &e->done);
    for (unsigned i = 0; i < HANDLES; i++)
        close_handle(&e->handles[i]);
}

static void emufs_reset(Device *device)
{
    Emufs *e = (Emufs *)device;
    close_all(e);
    open_path(e, "", HOSTFOLDER_OPEN); /* the first handle: the root */
    e->handle = e->offset = e->length = e->operation = 0;
    memset(e->buffer, 0, sizeof e->buffer);
    set_result(e, RESULT_NONE);
}

static void emufs_destroy(Device *device)
{
    Emufs *e = (Emufs *)device;
    close_all(e);
    hostfolder_close(e->folder);
    free(e);
}

static const DeviceReg regs[] = {
    {HANDLE, 4, "HANDLE",
     "what an operation is about; 0 is the folder itself. After 1 to 3: the "
     "new handle"},
    {OFFSET, 4, "OFFSET",
     "in the file, or the number of a name; an operation advances it"},
    {LENGTH, 4, "LENGTH",
     "of the name or the data; afterwards what was done, a file's size, or "
     "after 1 to 3 whether it is a folder"},
    {OPERATION, 4, "OPERATION",
     "a write starts: 1 open, 2 create, 3 create what is not there, 4 close, 5 "
     "read, 6 read a name, 7 write, 8 get size, 9 truncate"},
    {RESULT, 4, "RESULT",
     "0 idle or under way, 1 done, 2 bad handle, 3 bad operation, 4 bad name, "
     "5 bad size, 6 exists, 7 is a folder, 8 media error, 9 no more handles, "
     "10 no space, 11 is no folder, 12 other error, 13 not supported; "
     "interrupts while it is not 0; a write acknowledges"},
    {LAMEBUS_BUFFER, BUFFER_SIZE, "BUFFER", "names and data"},
};

static const StatRow stat_rows[] = {
    {"operations", "operations", "done", offsetof(Emufs, operations)},
    {"refused", "operations", "without success", offsetof(Emufs, refused)},
    {"read", "bytes", "read from files", offsetof(Emufs, bytes_read)},
    {"written", "bytes", "written to files", offsetof(Emufs, bytes_written)},
};

/* The files that the guest has open are opened again, by their names. */
static void open_again(Emufs *e, Handle *h, char *path, Ckpt *ckpt)
{
    char joined[HOSTFOLDER_PATH_MAX];
    bool directory;
    int file = -1;
    errno = EINVAL;
    if (hostfolder_join("", path, strlen(path), joined))
        file = hostfolder_open_path(e->folder, joined, HOSTFOLDER_OPEN,
                                    &directory);
    if (file >= 0) {
        *h = (Handle){.used = true,
                      .directory = directory,
                      .file = file,
                      .path = alloc_string(joined)};
        return;
    }
    ckpt_fail(ckpt,
              "emufs: cannot open %s, which the guest has open: %s; put it "
              "back",
              path, strerror(errno));
}

static void names_checkpoint(Handle *h, Ckpt *ckpt)
{
    size_t count = ckpt_count(ckpt, "names", h->name_count, NAMES_MAX);
    if (ckpt_loads(ckpt)) {
        forget_names(h);
        h->names = count ? alloc_zeroed(count, sizeof *h->names) : NULL;
    }
    for (size_t i = 0; i < count; i++) {
        char *name = ckpt_text(ckpt, "name", h->names[i]);
        if (!ckpt_loads(ckpt))
            continue;
        if (!name || strlen(name) > BUFFER_SIZE) {
            free(name);
            ckpt_fail(ckpt, "emufs: a name is damaged; save it anew");
            return;
        }
        h->names[h->name_count++] = name;
    }
}

static void emufs_checkpoint(Device *device, Ckpt *ckpt)
{
    Emufs *e = (Emufs *)device;
    for (unsigned i = 0; i < HANDLES && !ckpt_error(ckpt); i++) {
        Handle *h = &e->handles[i];
        bool used = h->used;
        ckpt_bool(ckpt, "used", &used);
        if (ckpt_loads(ckpt))
            close_handle(h);
        if (!used)
            continue;
        char *path = ckpt_text(ckpt, "path", h->path);
        if (path)
            open_again(e, h, path, ckpt);
        free(path);
        if (!ckpt_error(ckpt))
            names_checkpoint(h, ckpt);
    }
}

static const CkptField state[] = {
    CKPT_FIELD(Emufs, handle), CKPT_FIELD(Emufs, offset),
    CKPT_FIELD(Emufs, length), CKPT_FIELD(Emufs, operation),
    CKPT_FIELD(Emufs, result), CKPT_ARRAY(Emufs, buffer),
};

static const DeviceEvent saved_events[] = {
    DEVICE_EVENT(Emufs, done),
};

const DeviceClass lame_emufs_class = {
    .name = "emufs",
    .text = "System/161's emulator file system: a folder of the host, out of "
            "which no name leads",
    .regs = regs,
    .reg_count = ARRAY_LEN(regs),
    .span = LAMEBUS_SLOT_SIZE,
    .answers = lamebus_answers,
    .read = emufs_read,
    .write = emufs_write,
    .reset = emufs_reset,
    .destroy = emufs_destroy,
    .stats = stat_rows,
    .stat_count = ARRAY_LEN(stat_rows),
    .state = state,
    .state_count = ARRAY_LEN(state),
    .events = saved_events,
    .event_count = ARRAY_LEN(saved_events),
    .checkpoint = emufs_checkpoint,
};

Device *lame_emufs_create(LameSlot *slot, EventQueue *events, const char *path,
                          Diag *diag)
{
    HostFolder *folder = hostfolder_open(path, diag);
    if (!folder)
        return NULL;
    Emufs *e = alloc_zeroed(1, sizeof *e);
    e->card.device.cls = &lame_emufs_class;
    e->card.slot = slot;
    e->events = events;
    e->folder = folder;
    event_init(&e->done, on_done, e);
    return &e->card.device;
}
