/* A sys161 board without a processor, and the machine around it, for tests of
 * its cards. */
#ifndef SELKIRK_TESTS_UNIT_RIG161_H
#define SELKIRK_TESTS_UNIT_RIG161_H

#include "hwmodel/board/board.h"

#include <sys/resource.h>

enum { MHZ = 1000000, CLOCK = 25 * MHZ };

/* Where cards are in these tests. */
enum {
    SERIAL = 0,
    EMUFS = 1,
    DISK = 2,
    SCREEN = 5,
    NIC = 27,
    RANDOM = 28,
    TIMER = 29,
    TRACE = 30,
    CONTROLLER = 31,
};

/* The mainboard's registers, in slot 31. */
enum {
    RAMSZ = 0x7e00,
    IRQS = 0x7e04,
    PWR = 0x7e08,
    IRQE = 0x7e0c,
    CPUS = 0x7e10,
    CPUE = 0x7e14,
    SELF = 0x7e18,
    CIRQE = 0x8000,
    CIPI = 0x8004,
    CRAM = 0x8300,
};

enum { BUFFER = 0x8000 }; /* of a card */

typedef struct Rig {
    Config *config;
    EventQueue *events;
    Board *board;
    Bus *bus;
    BoardStart start;
    unsigned irqs; /* of processor 0, and of all */
    unsigned all_irqs[BOARD_CPUS_MAX];
    unsigned self;    /* who accesses */
    uint32_t on;      /* who was begun, and not ended */
    BoardStart begun; /* with what, the last one */
    char out[256];
    size_t out_count;
    const char *in; /* still to be typed */
    uint32_t mark, letter;
    bool traced;
    char note[200]; /* the last one */
    unsigned notes;
    bool stopped;
    BoardStop why;
    uint32_t status;
    uint8_t sent[4096]; /* the last frame that left */
    size_t sent_size;
    unsigned sent_slot, sent_count;
} Rig;

/* A board with such slots, reset.  False and a Diag if they are refused;
 * rig_close() in any case. */
bool rig_try(Rig *rig, const char *slots, bool big, const BoardDisk *disks,
             size_t disk_count, Diag *diag);
/* The same, which fails the test. */
void rig_open(Rig *rig, const char *slots);
/* The same with another key of the configuration set. */
void rig_open_set(Rig *rig, const char *slots, const char *key,
                  const char *value);
void rig_close(Rig *rig);

/* A word of the card in a slot, which answers. */
uint32_t rd(Rig *rig, unsigned slot, uint32_t offset);
void wr(Rig *rig, unsigned slot, uint32_t offset, uint32_t value);
/* Whether a read is answered. */
bool answers(Rig *rig, unsigned slot, uint32_t offset);
/* Physical address of a register. */
uint32_t place(unsigned slot, uint32_t offset);
void pass(Rig *rig, uint64_t cycles);
/* This process may use no more of RLIMIT_FSIZE or another from now on;
 * RLIM_INFINITY: as much as it could before. */
void rig_limit(int resource, rlim_t most);
/* Whether the slot is in IRQS. */
bool interrupts(Rig *rig, unsigned slot);

#endif
