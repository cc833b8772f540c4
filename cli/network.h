/* The machine's network cards on the host: cables to hubs (`selkirk hub161`),
 * by local sockets.  What comes by them is not a function of anything that is
 * known: --record keeps it. */
#ifndef SELKIRK_CLI_NETWORK_H
#define SELKIRK_CLI_NETWORK_H

#include "morph/machine.h"

#include <stdio.h>
#include <sys/un.h>

typedef struct Network Network;

typedef struct NetworkConfig {
    FILE *record; /* takes what comes, as an input script; or NULL */
    void *ctx;
    void (*tell)(void *ctx, const char *text); /* one line for the user */
} NetworkConfig;

/* Connects nothing yet.  NULL and a Diag if a hub's path cannot be one. */
Network *network_create(Machine *machine, const NetworkConfig *config,
                        Diag *diag);
void network_destroy(Network *network);

/* Hands over what has come, at the machine's present cycle; plugs cables in
 * where a hub is there, and out where it is gone.  Between slices. */
void network_poll(Network *network);
/* A frame of the card in `slot` leaves; lost, if the hub does not take it now.
 */
void network_send(Network *network, unsigned slot, const uint8_t *frame,
                  size_t size);

/* Whether a card is connected. */
bool network_is_connected(const Network *network);
/* What has come so far, frames or not. */
uint64_t network_count(const Network *network);

/* The address of a hub's socket; false and a Diag if `path` is too long. */
bool network_address(struct sockaddr_un *address, const char *path, Diag *diag);

#endif
