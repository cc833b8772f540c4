/* What a board's file gives to board.c, and gets from it; nobody else includes
 * this. */
#ifndef SELKIRK_HWMODEL_BOARD_PARTS_H
#define SELKIRK_HWMODEL_BOARD_PARTS_H

#include "hwmodel/board/board.h"

enum { BOARD_DEVICES_MAX = 96 };

/* A line of the parts list. */
typedef struct BoardPart {
    uint32_t pa;
    uint32_t size;          /* 0: the text says where */
    const DeviceClass *cls; /* NULL for memory */
    const char *text;
} BoardPart;

typedef struct BoardClass {
    const char *name; /* value of machine.board */
    const char *text;
    const BoardPart *parts;
    size_t part_count;
    size_t size;          /* of the structure that begins with the Board */
    uint32_t memory_unit; /* machine.memory is a multiple of it */
    /* Puts the parts on the bus.  Bus, queue, host and memory are there. */
    bool (*build)(Board *board, const Config *config, bool big,
                  const BoardDisk *disks, size_t disk_count, Diag *diag);
    /* After the reset of every device. */
    bool (*reset)(Board *board, const BoardImage *image, BoardStart *start,
                  Diag *diag);
    void (*console_wake)(Board *board); /* NULL: nothing waits for input */
    /* NULL: there is no network, and no screen. */
    size_t (*nics)(const Board *board, const BoardNic **nics);
    void (*net_carrier)(Board *board, unsigned slot, bool carrier);
    void (*net_receive)(Board *board, unsigned slot, const void *bytes,
                        size_t size);
    bool (*screen)(const Board *board, BoardScreen *screen);
    void (*destroy)(Board *board); /* what is its own; NULL: nothing */
    /* What a checkpoint holds of it beside its parts: members of the
     * structure. */
    const CkptField *state;
    size_t state_count;
} BoardClass;

struct Board {
    const BoardClass *cls;
    BoardHost host;
    Bus *bus;
    EventQueue *events;
    uint32_t memory; /* bytes of RAM */
    BoardCpu cpu;
    Device *devices[BOARD_DEVICES_MAX];
    unsigned device_count;
};

extern const BoardClass board_decstation_200;
extern const BoardClass board_bare;
extern const BoardClass board_sys161;

/* Makes the board own a device: resets and destroys it. */
void board_own(Board *board, Device *device);
/* Owns the device and puts it on the bus, where the parts list says. */
void board_place(Board *board, const BoardPart *part, Device *device);

/* A line to the interrupt input `input` of processor `cpu`. */
Line board_irq_line(Board *board, unsigned cpu, unsigned input);

#endif
