/* What is in the slots of a System/161 machine: its sys161.conf, or the same
 * lines in one configuration key. */
#ifndef SELKIRK_HWMODEL_BOARD_SYS161_CONF_H
#define SELKIRK_HWMODEL_BOARD_SYS161_CONF_H

#include "base/diag.h"

#include <stdbool.h>
#include <stdint.h>

enum { SYS161_SLOTS = 32 };

typedef enum Sys161Card {
    SYS161_EMPTY,
    SYS161_MAINBOARD,
    SYS161_OLDMAINBOARD, /* also called busctl */
    SYS161_TIMER,
    SYS161_DISK,
    SYS161_SERIAL,
    SYS161_EMUFS,
    SYS161_TRACE,
    SYS161_RANDOM,
    SYS161_NIC,
    SYS161_SCREEN,
} Sys161Card;

typedef struct Sys161Slot {
    Sys161Card card;
    char *path;    /* of a disk's image, emufs's folder, a nic's hub; owned, or
                      NULL */
    uint64_t ram;  /* of a mainboard, in bytes; 0: not said */
    uint32_t cpus; /* likewise */
    uint32_t rpm;  /* of a disk */
    bool paranoid; /* likewise */
    uint64_t seed; /* of a random card, */
    bool seeded;   /* if it says one */
    uint16_t address; /* of a nic; 0: not said */
} Sys161Slot;

typedef struct Sys161Conf {
    Sys161Slot slots[SYS161_SLOTS];
} Sys161Conf;

/* Reads a file in sys161.conf's syntax; false and a Diag if it cannot be used.
 * sys161_conf_free() releases what was read, in either case. */
bool sys161_conf_read_file(Sys161Conf *conf, const char *path, Diag *diag);
/* The same lines from a text, where a comma ends a line, too; `name` stands for
 * the file in messages. */
bool sys161_conf_read_text(Sys161Conf *conf, const char *text, const char *name,
                           Diag *diag);
void sys161_conf_free(Sys161Conf *conf);

#endif
