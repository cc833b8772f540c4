/* Frames of System/161's network; see net161.h. */
#include "hwmodel/dev/net161.h"

#include "base/bits.h"

static uint32_t word(const void *bytes, unsigned at)
{
    return bits_load16((const uint8_t *)bytes + at, true);
}

bool net161_is_frame(const void *bytes, size_t size)
{
    if (size < NET161_HEADER || size > NET161_FRAME_MAX ||
        word(bytes, NET161_MAGIC_AT) != NET161_MAGIC ||
        word(bytes, NET161_LENGTH_AT) != size)
        return false;
    uint32_t from = word(bytes, NET161_FROM_AT);
    return from != NET161_HUB && from != NET161_ALL &&
           word(bytes, NET161_TO_AT) != NET161_HUB;
}
