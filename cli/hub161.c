/* `selkirk hub161`; see hub161.h.
 *
 * Nothing waits for a machine: what one does not take at once is lost to it,
 * and one that sends nonsense is heard no better than one that sends nothing.
 */
#define _GNU_SOURCE /* accept4() */
#include "cli/hub161.h"

#include "cli/network.h"
#include "cli/terminal.h"
#include "hwmodel/dev/net161.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MACHINES_MAX = 64,
    BACKLOG = 16,
    MESSAGES_MAX = 32, /* of one machine, before the others are heard */
    LOOK_MS = 200,     /* how often signals are looked at */
};

static const char default_path[] = ".sockets/hub";

typedef struct Hub {
    struct pollfd polls[1 + MACHINES_MAX]; /* the first is what listens */
    size_t count;                          /* of machines */
    uint64_t frames, copies, lost, bad;
} Hub;

/* --- The socket ------------------------------------------------------------
 */

/* A socket that nobody listens at any more is in the way. */
static bool remove_stale(const struct sockaddr_un *address, Diag *diag)
{
    struct stat info;
    const char *path = address->sun_path;
    if (lstat(path, &info) < 0)
        return true; /* bind() says what is wrong */
    if (!S_ISSOCK(info.st_mode))
        return diag_error(diag,
                          "%s: something else is there, which is no socket; "
                          "name another",
                          path);
    int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool used = s >= 0 && (connect(s, (const struct sockaddr *)address,
                                   sizeof *address) == 0 ||
                           errno != ECONNREFUSED);
    if (s >= 0)
        close(s);
    if (used)
        return diag_error(diag,
                          "%s: something listens there already; name another "
                          "socket",
                          path);
    return unlink(path) == 0 ||
           diag_error(diag,
                      "%s: cannot remove the socket of a hub that ended: "
                      "%s",
                      path, strerror(errno));
}

/* Whether another name may do where bind() says this. */
static bool is_of_name(int error)
{
    switch (error) {
    case EACCES:
    case EADDRINUSE:
    case EINVAL:
    case ELOOP:
    case ENAMETOOLONG:
    case ENOENT:
    case ENOTDIR:
    case EPERM:
    case EROFS: return true;
    default: return false;
    }
}

/* For this user alone.  -1: `status` is the program's. */
static int listen_at(const struct sockaddr_un *address, int *status, Diag *diag)
{
    *status = STATUS_INPUT;
    if (!remove_stale(address, diag))
        return -1;
    int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t before = umask(0077);
    bool good = s >= 0 &&
                bind(s, (const struct sockaddr *)address, sizeof *address) == 0;
    umask(before);
    if (good && listen(s, BACKLOG) == 0)
        return s;
    int error = errno;
    if (!is_of_name(error))
        *status = STATUS_HOST;
    diag_error(diag, "%s: cannot listen there: %s; %s", address->sun_path,
               strerror(error),
               is_of_name(error) ? "its folder must be there, and writable"
                                 : "look what the system lacks, and try again");
    if (good)
        unlink(address->sun_path);
    if (s >= 0)
        close(s);
    return -1;
}

/* --- Machines --------------------------------------------------------------
 */

static void take_machine(Hub *hub)
{
    int s = accept4(hub->polls[0].fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (s >= 0)
        hub->polls[1 + hub->count++] =
            (struct pollfd){.fd = s, .events = POLLIN};
}

static void drop_machine(Hub *hub, size_t at)
{
    close(hub->polls[at].fd);
    hub->polls[at] = hub->polls[hub->count--];
}

/* A machine that is gone is seen when it is heard. */
static void spread(Hub *hub, size_t from, const void *frame, size_t size)
{
    hub->frames++;
    for (size_t i = 1; i <= hub->count; i++) {
        if (i == from)
            continue;
        bool sent = send(hub->polls[i].fd, frame, size,
                         MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)size;
        *(sent ? &hub->copies : &hub->lost) += 1;
    }
}

/* False: it is gone. */
static bool hear(Hub *hub, size_t at)
{
    uint8_t bytes[NET161_FRAME_MAX + 1];
    for (unsigned i = 0; i < MESSAGES_MAX; i++) {
        ssize_t size =
            recv(hub->polls[at].fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK;
        if (size == 0)
            return false;
        if (net161_is_frame(bytes, (size_t)size))
            spread(hub, at, bytes, (size_t)size);
        else
            hub->bad++;
    }
    return true;
}

static void run(Hub *hub)
{
    while (!terminal_signal()) {
        /* One too many waits until there is room. */
        hub->polls[0].events = hub->count < MACHINES_MAX ? POLLIN : 0;
        if (poll(hub->polls, 1 + hub->count, LOOK_MS) <= 0)
            continue;
        for (size_t i = hub->count; i > 0; i--)
            if (hub->polls[i].revents && !hear(hub, i))
                drop_machine(hub, i);
        if (hub->polls[0].revents)
            take_machine(hub);
    }
}

int hub161_run(const Options *options, Diag *diag)
{
    const char *path =
        options->operand_count ? options->operands[0] : default_path;
    struct sockaddr_un address;
    Hub hub = {.count = 0};
    if (!network_address(&address, path, diag))
        return STATUS_INPUT;
    int status;
    int s = listen_at(&address, &status, diag);
    if (s < 0)
        return status;
    terminal_init();
    hub.polls[0].fd = s;
    fprintf(stderr, "selkirk: hub161: cards find it at hub=%s\n", path);
    run(&hub);
    while (hub.count)
        drop_machine(&hub, hub.count);
    close(s);
    unlink(path);
    fprintf(stderr,
            "selkirk: hub161: %" PRIu64 " frames, %" PRIu64
            " copies handed on, %" PRIu64 " lost, %" PRIu64 " bad\n",
            hub.frames, hub.copies, hub.lost, hub.bad);
    terminal_end();
    return STATUS_OK;
}
