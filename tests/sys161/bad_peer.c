/* The other end of a network cable, which behaves as badly as it can:
 *
 *     bad_peer hub SOCKET       is a hub that lies, floods and vanishes, again
 *                               and again, until it is killed
 *     bad_peer machine SOCKET   is a machine that sends nonsense to a hub and
 *                               never listens, likewise
 */
#define _GNU_SOURCE
#include "hwmodel/dev/net161.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LIES = 2000, FLOOD = 2000, LIE_MAX = 9000, NAP_US = 2000 };

/* xorshift, fixed seed: what is a lie here is one in each run. */
static uint32_t next(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static void put(uint8_t *bytes, unsigned at, unsigned value)
{
    bytes[at] = (uint8_t)(value >> 8);
    bytes[at + 1] = (uint8_t)value;
}

/* Noise, with a header that is nearly right now and then. */
static size_t make_lie(uint8_t *bytes, uint32_t *seed)
{
    size_t size = 1 + next(seed) % LIE_MAX;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)next(seed);
    if (size >= NET161_HEADER && next(seed) % 4) {
        put(bytes, NET161_MAGIC_AT, NET161_MAGIC);
        if (next(seed) % 2) /* one that is too long, most of the time */
            put(bytes, NET161_LENGTH_AT, (unsigned)size);
    }
    if (net161_is_frame(bytes, size))
        bytes[NET161_LENGTH_AT + 1] ^= 1;
    return size;
}

static size_t make_frame(uint8_t *bytes)
{
    memset(bytes, 0, NET161_FRAME_MAX);
    put(bytes, NET161_MAGIC_AT, NET161_MAGIC);
    put(bytes, NET161_FROM_AT, 0x0bad);
    put(bytes, NET161_LENGTH_AT, NET161_FRAME_MAX);
    put(bytes, NET161_TO_AT, NET161_ALL);
    return NET161_FRAME_MAX;
}

/* False when the other end is gone. */
static bool send_all(int to, const uint8_t *bytes, size_t size)
{
    while (send(to, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        if (errno != EAGAIN)
            return false;
        usleep(NAP_US);
    }
    return true;
}

static void misbehave(int to, bool flood, uint32_t *seed)
{
    uint8_t bytes[LIE_MAX];
    for (unsigned i = 0; i < LIES; i++)
        if (!send_all(to, bytes, make_lie(bytes, seed)))
            return;
    for (unsigned i = 0; flood && i < FLOOD; i++)
        if (!send_all(to, bytes, make_frame(bytes)))
            return;
    send_all(to, bytes, 0); /* which looks like an end */
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct sockaddr *where = (const struct sockaddr *)&address;
    uint32_t seed = 2463534242u;
    if (argc != 3 || strlen(argv[2]) >= sizeof address.sun_path) {
        fputs("usage: bad_peer hub|machine SOCKET\n", stderr);
        return 2;
    }
    strcpy(address.sun_path, argv[2]);
    bool hub = !strcmp(argv[1], "hub");
    int listener = hub ? socket(AF_UNIX, SOCK_SEQPACKET, 0) : -1;
    if (hub && (bind(listener, where, sizeof address) < 0 ||
                listen(listener, 1) < 0)) {
        perror(argv[2]);
        return 2;
    }
    for (;;) {
        int s = hub ? accept(listener, NULL, NULL)
                    : socket(AF_UNIX, SOCK_SEQPACKET, 0);
        if (s < 0 || (!hub && connect(s, where, sizeof address) < 0)) {
            perror(argv[2]);
            return 2;
        }
        misbehave(s, hub, &seed);
        close(s);
        usleep(NAP_US);
    }
}
