/* `selkirk mkdisk`; see mkdisk.h. */
#include "cli/mkdisk.h"

#include "hwmodel/dev/disk161.h"

bool mkdisk_make(const Options *options, Diag *diag)
{
    const char *path = options->operands[0], *text = options->operands[1];
    uint64_t size;
    if (!disk161_parse_size(text, &size))
        return diag_error(diag,
                          "%s is no size; write it like 5M, 512K or 640s "
                          "(sectors)",
                          text);
    uint64_t sectors = size / DISK161_SECTOR;
    if (size % DISK161_SECTOR)
        return diag_error(diag,
                          "%s is not a whole number of sectors of %d "
                          "bytes; try %llus",
                          text, DISK161_SECTOR,
                          (unsigned long long)sectors + 1);
    if (sectors < DISK161_SECTORS_MIN || sectors > DISK161_SECTORS_MAX)
        return diag_error(diag, "%s is %llu sectors; a disk has %d to %u", text,
                          (unsigned long long)sectors, DISK161_SECTORS_MIN,
                          DISK161_SECTORS_MAX);
    return disk161_create(path, (uint32_t)sectors,
                          options_has(options, OPTION_FORCE), diag);
}
