/* Disk images in System/161's format; see disk161.h. */
#include "hwmodel/dev/disk161.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "base/number.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SECTOR = DISK161_SECTOR,
    OVERLAY_SECTORS_MAX = 0x20000, /* 64 MB, which are copied to memory */
};

/* The header begins with it; zeros follow. */
static const char signature[] = "System/161 Disk Image";

struct Disk161 {
    int file;
    uint32_t sectors;
    uint8_t *copy; /* of an overlay, else NULL */
};

/* --- The host's files ------------------------------------------------------
 */

static bool read_all(int file, void *bytes, size_t size, off_t at)
{
    for (size_t done = 0; done < size;) {
        ssize_t n =
            pread(file, (uint8_t *)bytes + done, size - done, at + (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = EIO; /* the file is shorter than it was */
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

static bool write_all(int file, const void *bytes, size_t size, off_t at)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = pwrite(file, (const uint8_t *)bytes + done, size - done,
                           at + (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

/* --- Opening ---------------------------------------------------------------
 */

static bool check_file(Disk161 *disk, const char *path, Diag *diag)
{
    struct stat info;
    char header[SECTOR];
    if (fstat(disk->file, &info) < 0)
        return diag_error(diag, "%s: cannot read the disk's size: %s", path,
                          strerror(errno));
    if (!S_ISREG(info.st_mode))
        return diag_error(diag, "%s: a disk must be a regular file", path);
    uint64_t size = (uint64_t)info.st_size;
    if (size < SECTOR || !read_all(disk->file, header, SECTOR, 0) ||
        memcmp(header, signature, sizeof signature - 1) != 0)
        return diag_error(diag,
                          "%s: this is no System/161 disk image; `selkirk "
                          "mkdisk FILE SIZE` makes one",
                          path);
    uint64_t sectors = size / SECTOR - 1;
    if (size % SECTOR || sectors == 0 || sectors > DISK161_SECTORS_MAX)
        return diag_error(diag,
                          "%s: %" PRIu64 " bytes is no size of a disk image: a "
                          "header and sectors of %d bytes each; cut it with: "
                          "truncate -s %%%d %s",
                          path, size, SECTOR, SECTOR, path);
    disk->sectors = (uint32_t)sectors;
    return true;
}

static bool copy_file(Disk161 *disk, const char *path, Diag *diag)
{
    if (disk->sectors > OVERLAY_SECTORS_MAX)
        return diag_error(diag,
                          "%s: an overlay is kept in memory, and the disk is "
                          "larger than 64 MB; leave \",overlay\" out and use a "
                          "copy of the file",
                          path);
    size_t size = (size_t)disk->sectors * SECTOR;
    disk->copy = alloc_zeroed(size, 1);
    if (!read_all(disk->file, disk->copy, size, SECTOR))
        return diag_error(diag, "%s: cannot read the disk: %s", path,
                          strerror(errno));
    return true;
}

static bool lock_file(const Disk161 *disk, const char *path, Diag *diag)
{
    if (flock(disk->file, LOCK_EX | LOCK_NB) == 0)
        return true;
    if (errno == EWOULDBLOCK)
        return diag_error(diag,
                          "%s: another machine has this disk; end it, or use a "
                          "copy",
                          path);
    return diag_error(diag, "%s: cannot lock the disk: %s; use a local file",
                      path, strerror(errno));
}

Disk161 *disk161_open(const char *path, bool overlay, Diag *diag)
{
    int file = open(path, (overlay ? O_RDONLY : O_RDWR) | O_CLOEXEC |
                              O_NONBLOCK | O_NOCTTY);
    if (file < 0) {
        diag_error(
            diag, "%s: cannot open the disk: %s; %s", path, strerror(errno),
            errno == ENOENT ? "`selkirk mkdisk FILE SIZE` makes one"
                            : "it must be a file that can be read and written");
        return NULL;
    }
    Disk161 *disk = alloc_zeroed(1, sizeof *disk);
    disk->file = file;
    if (check_file(disk, path, diag) &&
        (overlay ? copy_file(disk, path, diag) : lock_file(disk, path, diag)))
        return disk;
    disk161_close(disk);
    return NULL;
}

void disk161_close(Disk161 *disk)
{
    if (!disk)
        return;
    close(disk->file);
    free(disk->copy);
    free(disk);
}

/* --- Sectors ---------------------------------------------------------------
 */

uint32_t disk161_sectors(const Disk161 *disk)
{
    return disk->sectors;
}

static off_t place_of(uint32_t sector)
{
    return ((off_t)sector + 1) * SECTOR;
}

bool disk161_read(Disk161 *disk, uint32_t sector, void *bytes)
{
    if (!disk->copy)
        return read_all(disk->file, bytes, SECTOR, place_of(sector));
    memcpy(bytes, disk->copy + (size_t)sector * SECTOR, SECTOR);
    return true;
}

bool disk161_write(Disk161 *disk, uint32_t sector, const void *bytes)
{
    if (!disk->copy)
        return write_all(disk->file, bytes, SECTOR, place_of(sector));
    memcpy(disk->copy + (size_t)sector * SECTOR, bytes, SECTOR);
    return true;
}

bool disk161_sync(Disk161 *disk)
{
    return disk->copy || fsync(disk->file) == 0;
}

/* --- Checkpoints -----------------------------------------------------------
 */

/* Of all sectors; 0 if they cannot be read, which no disk has. */
static uint64_t hash_file(const Disk161 *disk)
{
    uint8_t sector[SECTOR];
    uint64_t hash = HASH_START;
    for (uint32_t i = 0; i < disk->sectors; i++) {
        if (!read_all(disk->file, sector, SECTOR, place_of(i)))
            return 0;
        hash = hash_bytes(hash, sector, SECTOR);
    }
    return hash;
}

void disk161_checkpoint(Disk161 *disk, Ckpt *ckpt)
{
    ckpt_same(ckpt, "overlay", disk->copy != NULL,
              "give the disk with or without \",overlay\", as it was");
    ckpt_same(ckpt, "sectors", disk->sectors, "give a disk of the same size");
    if (disk->copy)
        ckpt_bytes(ckpt, "data", disk->copy, (size_t)disk->sectors * SECTOR);
    else
        ckpt_same(ckpt, "content", hash_file(disk),
                  "the disk was written since; give it as it was, and use "
                  "\",overlay\"");
}

/* --- Sizes -----------------------------------------------------------------
 */

bool disk161_parse_size(const char *text, uint64_t *size)
{
    size_t length = strlen(text);
    char last = length ? text[length - 1] : '\0';
    if (last != 's' && last != 'b')
        return number_parse(text, 1024, size);
    char digits[24];
    if (length >= sizeof digits)
        return false;
    memcpy(digits, text, length - 1);
    digits[length - 1] = '\0';
    uint64_t unit = last == 's' ? SECTOR : 1;
    if (!number_parse(digits, 1024, size) || *size > UINT64_MAX / unit)
        return false;
    *size *= unit;
    return true;
}

/* --- Making ----------------------------------------------------------------
 */

bool disk161_create(const char *path, uint32_t sectors, bool replace,
                    Diag *diag)
{
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    int file = open(path, flags | (replace ? 0 : O_EXCL), 0666);
    if (file < 0)
        return diag_error(diag, "%s: cannot make the disk: %s%s", path,
                          strerror(errno),
                          errno == EEXIST ? "; --force overwrites it" : "");
    char header[SECTOR] = "";
    memcpy(header, signature, sizeof signature - 1);
    struct stat info;
    bool regular = fstat(file, &info) == 0 && S_ISREG(info.st_mode);
    bool good = regular && flock(file, LOCK_EX | LOCK_NB) == 0 &&
                ftruncate(file, 0) == 0 &&
                write_all(file, header, sizeof header, 0) &&
                ftruncate(file, place_of(sectors)) == 0;
    if (!good)
        diag_error(diag, "%s: cannot write the disk: %s", path,
                   !regular               ? "it is not a regular file"
                   : errno == EWOULDBLOCK ? "a machine is using it"
                                          : strerror(errno));
    if (close(file) < 0 && good)
        good = diag_error(diag, "%s: cannot write the disk: %s", path,
                          strerror(errno));
    if (!good && !replace)
        unlink(path); /* it is ours, and no disk */
    return good;
}
