/* MS02-NV battery-backed memory module, after ms02-nv.h of Linux.
 *
 * The guest's stores go straight into a shared mapping of the file: the host's
 * kernel has them even if this process is killed.  The first 4 KB belong to the
 * firmware: they are not in the file, byte 0 of which is thus byte 0 of the
 * guest's disk. */
#include "hwmodel/dev/ms02nv.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "base/hash.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    HEADER = 0x1000,
    CSR_BASE = 0x400000,
    SIZE_UNIT = 0x100000,
    SIZE_UNITS_MAX = 4,
    LARGEST_KB = (SIZE_UNITS_MAX * SIZE_UNIT - HEADER) / 1024,

    DIAG = 0x3f8, /* size code in bits 7:4, in units of 1 MB */
    MAGIC = 0x3fc,
    VALID = 0x400,
    DIAG_SIZE_SHIFT = 4,
    MAGIC_ID = 0x03021966,

    CSR_BATTERY_OK = 1,
};

#define VALID_ID 0xbd100248u

typedef struct Ms02nv {
    Device device;
    char *path;
    int file;        /* -1 for an overlay */
    uint32_t size;   /* of the module: header and data */
    uint8_t *header; /* HEADER bytes */
    uint8_t *data;   /* size - HEADER bytes */
} Ms02nv;

static bool check_size(const char *path, const struct stat *info, Diag *diag)
{
    if (!S_ISREG(info->st_mode))
        return diag_error(diag, "%s: a disk must be a regular file", path);
    uint64_t size = (uint64_t)info->st_size + HEADER;
    if (size % SIZE_UNIT == 0 && size >= SIZE_UNIT &&
        size <= SIZE_UNITS_MAX * SIZE_UNIT)
        return true;
    if (size > SIZE_UNITS_MAX * SIZE_UNIT)
        return diag_error(diag,
                          "%s: %lld bytes is more than an MS02-NV module "
                          "holds; shrink what is in it to %uK, then: truncate "
                          "-s %uK %s",
                          path, (long long)info->st_size, LARGEST_KB,
                          LARGEST_KB, path);
    return diag_error(diag,
                      "%s: %lld bytes is no size of an MS02-NV module, which "
                      "holds 1, 2, 3 or 4 MB less 4 KB; make it fit with: "
                      "truncate -s %uK %s",
                      path, (long long)info->st_size,
                      (unsigned)(size / SIZE_UNIT + 1) * (SIZE_UNIT / 1024) -
                          HEADER / 1024,
                      path);
}

/* Reads the whole file, so that it may change later. */
static bool load_copy(Ms02nv *nv, int file, Diag *diag)
{
    uint32_t size = nv->size - HEADER;
    nv->data = alloc_large(size);
    for (uint32_t done = 0; done < size;) {
        ssize_t got = pread(file, nv->data + done, size - done, done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return diag_error(diag, "%s: cannot read the disk: %s", nv->path,
                              got < 0 ? strerror(errno) : "it is too short");
        done += (uint32_t)got;
    }
    return true;
}

/* Maps the file.  Its blocks are allocated first, or a full host disk would
 * show as a signal at some later store of the guest. */
static bool map_file(Ms02nv *nv, Diag *diag)
{
    if (flock(nv->file, LOCK_EX | LOCK_NB))
        return diag_error(diag,
                          errno == EWOULDBLOCK
                              ? "%s: another machine has this disk; end it, or "
                                "add \",overlay\" to keep writes in memory"
                              : "%s: cannot lock the disk",
                          nv->path);
    uint32_t size = nv->size - HEADER;
    int error = posix_fallocate(nv->file, 0, size);
    if (error)
        return diag_error(diag,
                          "%s: cannot reserve the disk's %u KB: %s; make room "
                          "on the file system, or add \",overlay\"",
                          nv->path, size / 1024, strerror(error));
    void *data =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, nv->file, 0);
    if (data == MAP_FAILED)
        return diag_error(
            diag,
            "%s: cannot map the disk: %s; copy it to a local file "
            "system, or add \",overlay\"",
            nv->path, strerror(errno));
    nv->data = data;
    return true;
}

static bool open_disk(Ms02nv *nv, bool overlay, Diag *diag)
{
    int file = open(nv->path, (overlay ? O_RDONLY : O_RDWR) | O_CLOEXEC |
                                  O_NONBLOCK | O_NOCTTY);
    if (file < 0)
        return diag_error(diag, "%s: cannot open the disk: %s; %s", nv->path,
                          strerror(errno),
                          errno == ENOENT   ? "truncate -s 4092K creates one"
                          : errno == EISDIR ? "name a file in it"
                          : overlay         ? "make the file readable"
                                            : "make the file writable, or add "
                                              "\",overlay\" to keep writes in "
                                              "memory");
    if (!overlay)
        nv->file = file;
    struct stat info;
    bool good = fstat(file, &info) == 0
                    ? check_size(nv->path, &info, diag)
                    : diag_error(diag, "%s: cannot read the disk's size: %s",
                                 nv->path, strerror(errno));
    if (good) {
        nv->size = (uint32_t)info.st_size + HEADER;
        good = overlay ? load_copy(nv, file, diag) : map_file(nv, diag);
    }
    if (overlay)
        close(file);
    return good;
}

static void nv_destroy(Device *device)
{
    Ms02nv *nv = (Ms02nv *)device;
    if (nv->file < 0 && nv->data)
        alloc_free_large(nv->data, nv->size - HEADER);
    else if (nv->data)
        munmap(nv->data, nv->size - HEADER);
    if (nv->file >= 0)
        close(nv->file);
    free(nv->header);
    free(nv->path);
    free(nv);
}

/* What the firmware leaves in the first 4 KB. */
static void nv_reset(Device *device)
{
    Ms02nv *nv = (Ms02nv *)device;
    memset(nv->header, 0, HEADER);
    bits_store32(nv->header + DIAG, nv->size / SIZE_UNIT << DIAG_SIZE_SHIFT,
                 false);
    bits_store32(nv->header + MAGIC, MAGIC_ID, false);
    bits_store32(nv->header + VALID, VALID_ID, false);
}

static uint32_t nv_read(Device *device, uint32_t offset, unsigned size)
{
    (void)device, (void)size;
    return offset == 0 ? CSR_BATTERY_OK : 0;
}

static void nv_write(Device *device, uint32_t offset, unsigned size,
                     uint32_t value)
{
    (void)device, (void)offset, (void)size, (void)value;
}

static const DeviceReg regs[] = {
    {0, 4, "CSR",
     "reads 1: 0 battery is well, 1 battery is off (0); ignores writes"},
};

/* What is in the file stays there: it has to be as it was. */
static void nv_checkpoint(Device *device, Ckpt *ckpt)
{
    Ms02nv *nv = (Ms02nv *)device;
    uint32_t size = nv->size - HEADER;
    ckpt_same(ckpt, "overlay", nv->file < 0,
              "give the disk with or without \",overlay\", as it was");
    ckpt_same(ckpt, "size", size, "give a disk of the same size");
    ckpt_bytes(ckpt, "header", nv->header, HEADER);
    if (nv->file < 0)
        ckpt_section_pages(ckpt,
                           &(CkptPages){.memory = nv->data,
                                        .size = size,
                                        .map = alloc_large_is_mapped(size)});
    else
        ckpt_same(ckpt, "content", hash_bytes(HASH_START, nv->data, size),
                  "the disk was written since; give it as it was, and use "
                  "\",overlay\"");
}

const DeviceClass ms02nv_class = {
    .name = "ms02nv",
    .text = "MS02-NV battery-backed memory: the register, 4 MB above the RAM",
    .regs = regs,
    .reg_count = ARRAY_LEN(regs),
    .span = 4,
    .read = nv_read,
    .write = nv_write,
    .reset = nv_reset,
    .destroy = nv_destroy,
    .checkpoint = nv_checkpoint,
};

Device *ms02nv_create(const char *path, bool overlay, Diag *diag)
{
    Ms02nv *nv = alloc_zeroed(1, sizeof *nv);
    nv->device.cls = &ms02nv_class;
    nv->file = -1;
    nv->path = alloc_string(path);
    nv->header = alloc_zeroed(HEADER, 1);
    if (!open_disk(nv, overlay, diag)) {
        nv_destroy(&nv->device);
        return NULL;
    }
    return &nv->device;
}

void ms02nv_place(Device *device, Bus *bus, uint32_t pa)
{
    assert(device->cls == &ms02nv_class);
    Ms02nv *nv = (Ms02nv *)device;
    bus_add_memory(bus, pa, HEADER, nv->header, true);
    bus_add_memory(bus, pa + HEADER, nv->size - HEADER, nv->data, true);
    bus_add_device(bus, pa + CSR_BASE, MS02NV_SPACE - CSR_BASE, device);
}

bool ms02nv_sync(Device *device, Diag *diag)
{
    assert(device->cls == &ms02nv_class);
    Ms02nv *nv = (Ms02nv *)device;
    if (nv->file >= 0 && msync(nv->data, nv->size - HEADER, MS_SYNC))
        return diag_error(diag, "%s: cannot write the disk: %s", nv->path,
                          strerror(errno));
    return true;
}
