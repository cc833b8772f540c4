/* Frames of System/161's network, as they go from card to hub to card: the
 * header, and what makes it a good one.  Source: System/161's document
 * "LAMEbus devices", network interface (os161.org). */
#ifndef SELKIRK_HWMODEL_DEV_NET161_H
#define SELKIRK_HWMODEL_DEV_NET161_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NET161_FRAME_MAX = 4096, /* bytes, header included */
    NET161_HEADER = 8,
    /* Half-words of the header, all big-endian, by their offsets. */
    NET161_MAGIC_AT = 0,
    NET161_FROM_AT = 2,
    NET161_LENGTH_AT = 4, /* of all of the frame */
    NET161_TO_AT = 6,

    NET161_MAGIC = 0xa4b3,
    NET161_HUB = 0x0000, /* address that no card has, */
    NET161_ALL = 0xffff, /* and that of all cards */
};

/* Whether `bytes` are a frame that one card sends to others. */
bool net161_is_frame(const void *bytes, size_t size);

#endif
