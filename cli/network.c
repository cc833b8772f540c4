/* Cables from network cards to hubs; see network.h.
 *
 * A hub is a listening socket that keeps the bounds of what is sent
 * (SOCK_SEQPACKET); a connection is a carrier.  A hub is not trusted: it may go
 * at any time, send too much, of which some waits until the next slice, or
 * nonsense, which the card drops and counts. */
#define _GNU_SOURCE /* SOCK_CLOEXEC */
#include "cli/network.h"

#include "base/alloc.h"
#include "cli/report.h"
#include "hwmodel/dev/net161.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    MESSAGES_MAX = 32, /* that a card gets between two slices */
    LINE_SIZE = 300,
};

#define RETRY_SECONDS 0.25

typedef struct Cable {
    unsigned slot;
    const char *hub;
    struct sockaddr_un address;
    int socket;  /* -1: there is no carrier */
    bool known;  /* the machine was told whether there is */
    double next; /* when to look for a hub again, as report_clock() */
} Cable;

struct Network {
    Machine *machine;
    NetworkConfig config;
    Cable *cables;
    size_t count;
    uint64_t messages;
};

bool network_address(struct sockaddr_un *address, const char *path, Diag *diag)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (!*path)
        return diag_error(diag, "the name of a hub's socket is empty; leave it "
                                "out, or name a file");
    if (strlen(path) >= sizeof address->sun_path)
        return diag_error(diag,
                          "%s: the name of a hub's socket has at most %zu "
                          "characters; use a shorter one, or another folder",
                          path, sizeof address->sun_path - 1);
    strcpy(address->sun_path, path);
    return true;
}

Network *network_create(Machine *machine, const NetworkConfig *config,
                        Diag *diag)
{
    const BoardNic *nics;
    Network *n = alloc_zeroed(1, sizeof *n);
    n->machine = machine;
    n->config = *config;
    n->count = machine_nics(machine, &nics);
    n->cables = alloc_zeroed(n->count, sizeof *n->cables);
    for (size_t i = 0; i < n->count; i++)
        n->cables[i] =
            (Cable){.slot = nics[i].slot, .hub = nics[i].hub, .socket = -1};
    for (size_t i = 0; i < n->count; i++)
        if (!network_address(&n->cables[i].address, n->cables[i].hub, diag)) {
            network_destroy(n);
            return NULL;
        }
    return n;
}

void network_destroy(Network *n)
{
    if (!n)
        return;
    for (size_t i = 0; i < n->count; i++)
        if (n->cables[i].socket >= 0)
            close(n->cables[i].socket);
    free(n->cables);
    free(n);
}

static void set_carrier(Network *n, Cable *cable)
{
    bool carrier = cable->socket >= 0, known = cable->known;
    char text[LINE_SIZE];
    cable->known = true;
    if (n->config.record) {
        input_record_carrier(n->config.record, machine_cycles(n->machine),
                             cable->slot, carrier);
        fflush(n->config.record);
    }
    machine_set_carrier(n->machine, cable->slot, carrier);
    if (carrier && !known)
        return; /* as it should be */
    snprintf(text, sizeof text, "nic in slot %u: %s hub at %s%s", cable->slot,
             carrier ? "there is a" : "there is no", cable->hub,
             carrier ? ""
                     : ", and no carrier; `selkirk hub161 SOCKET` makes one");
    n->config.tell(n->config.ctx, text);
}

static void unplug(Network *n, Cable *cable)
{
    close(cable->socket);
    cable->socket = -1;
    cable->next = report_clock() + RETRY_SECONDS;
    set_carrier(n, cable);
}

/* A connection to a hub is there at once, or not at all. */
static void plug(Network *n, Cable *cable)
{
    double now = report_clock();
    if (now < cable->next)
        return;
    cable->next = now + RETRY_SECONDS;
    int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s >= 0 && connect(s, (const struct sockaddr *)&cable->address,
                          sizeof cable->address) < 0) {
        close(s);
        s = -1;
    }
    cable->socket = s;
    if (s >= 0 || !cable->known)
        set_carrier(n, cable);
}

static void receive(Network *n, Cable *cable)
{
    /* One byte more: what is too long is seen to be. */
    uint8_t bytes[NET161_FRAME_MAX + 1];
    for (unsigned i = 0; i < MESSAGES_MAX; i++) {
        ssize_t size = recv(cable->socket, bytes, sizeof bytes, MSG_DONTWAIT);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (size <= 0) { /* also what a hub never sends: an empty message */
            unplug(n, cable);
            return;
        }
        n->messages++;
        if (n->config.record) {
            input_record_frame(n->config.record, machine_cycles(n->machine),
                               cable->slot, bytes, (size_t)size);
            fflush(n->config.record);
        }
        machine_receive(n->machine, cable->slot, bytes, (size_t)size);
    }
}

void network_poll(Network *n)
{
    for (size_t i = 0; i < n->count; i++) {
        Cable *cable = &n->cables[i];
        if (cable->socket < 0)
            plug(n, cable);
        if (cable->socket >= 0)
            receive(n, cable);
    }
}

void network_send(Network *n, unsigned slot, const uint8_t *frame, size_t size)
{
    for (size_t i = 0; i < n->count; i++)
        if (n->cables[i].slot == slot && n->cables[i].socket >= 0 &&
            send(n->cables[i].socket, frame, size,
                 MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
            return; /* lost, as on any network; poll sees a hub that is gone */
}

bool network_is_connected(const Network *n)
{
    for (size_t i = 0; i < n->count; i++)
        if (n->cables[i].socket >= 0)
            return true;
    return false;
}

uint64_t network_count(const Network *n)
{
    return n->messages;
}
