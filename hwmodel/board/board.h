/* A board: the modelled computer less its processor.  One file a board, which
 * reads as a parts list. */
#ifndef SELKIRK_HWMODEL_BOARD_BOARD_H
#define SELKIRK_HWMODEL_BOARD_BOARD_H

#include "base/ckpt.h"
#include "base/config.h"
#include "base/diag.h"
#include "base/stats.h"
#include "hwmodel/mem/bus.h"
#include "hwmodel/mem/events.h"

typedef enum BoardStop {
    BOARD_STOP_EXIT,  /* the program wrote its exit status */
    BOARD_STOP_HALT,  /* the guest returned to the ROM or powered off */
    BOARD_STOP_RESET, /* the guest asked for a restart of the machine */
} BoardStop;

/* Status of a stop because of an exception that the program was not ready for:
 * HALT from a boot ROM, EXIT from a board without one. */
enum { BOARD_STATUS_EXCEPTION = 3 };
/* Status of a HALT because the guest crashed a machine that has a status for
 * it. */
enum { BOARD_STATUS_CRASH = 1 };

/* What a processor starts with. */
typedef struct BoardStart {
    uint32_t pc;
    uint32_t status; /* CP0 Status */
    uint32_t gpr[32];
} BoardStart;

/* What the machine offers to its board. */
typedef struct BoardHost {
    void *ctx;
    /* Interrupt input 0..5 of processor `cpu`, which is Cause.IP2..IP7. */
    void (*irq)(void *ctx, unsigned cpu, unsigned input, bool level);
    void (*console_put)(void *ctx, uint8_t byte);
    /* Next byte typed at the console, or -1.  After it gave -1, the machine
     * calls board_console_wake() when there is another. */
    int (*console_get)(void *ctx);
    /* Instructions the processor has executed. */
    uint64_t (*insns)(void *ctx);
    /* Where there may be several processors: the one whose access it is; and
     * one (not that) begins, or ends, after the present instruction if it is
     * that, until it begins anew. */
    unsigned (*processor)(void *ctx);
    void (*begin)(void *ctx, unsigned cpu, const BoardStart *start);
    void (*end)(void *ctx, unsigned cpu);
    /* Region of interest: begins when `value` is not zero. */
    void (*mark)(void *ctx, uint32_t value);
    /* Ends (or restarts) the run after the present instruction. */
    void (*stop)(void *ctx, BoardStop why, uint32_t status);
    /* Tells the user what the guest does wrong, or asks to tell; one line. */
    void (*note)(void *ctx, const char *text);
    /* The guest turns a trace on or off, by System/161's letter for it. */
    void (*trace)(void *ctx, uint32_t letter, bool on);
    /* A frame leaves the network card in `slot`. */
    void (*net_send)(void *ctx, unsigned slot, const uint8_t *frame,
                     size_t size);
} BoardHost;

typedef enum BoardCpuKind {
    BOARD_CPU_R3000,     /* as the keys cpu.* say */
    BOARD_CPU_MIPS161_1, /* of System/161 1.x, and of 2.x */
    BOARD_CPU_MIPS161_2,
} BoardCpuKind;

enum { BOARD_CPUS_MAX = 32 };

/* The processors that the board wants. */
typedef struct BoardCpu {
    BoardCpuKind kind;
    unsigned count; /* processor 0 runs from the reset on, others begin later */
    uint32_t prid;  /* of a MIPS-161 */
    /* Physical address of the on-chip timer of its processor 0; that of number
     * N is N pages further. */
    uint32_t timer;
} BoardCpu;

/* A disk of the machine: `--disk FILE[,overlay]`. */
typedef struct BoardDisk {
    const char *path;
    bool overlay; /* writes are kept in memory, the file stays untouched */
} BoardDisk;

/* What is to run on it. */
typedef struct BoardImage {
    uint32_t entry;      /* virtual address of the first instruction */
    const char *cmdline; /* guest arguments, one string; "" if none */
    uint64_t end;        /* physical address after its last byte */
} BoardImage;

typedef struct Board Board;

/* `config` says which board, its memory and its parts' keys; `disks` are
 * opened here.  `big` is the byte order of the image that will run: a board
 * that exists in one byte order only refuses the other. */
Board *board_create(const Config *config, bool big, const BoardDisk *disks,
                    size_t disk_count, const BoardHost *host,
                    EventQueue *events, Diag *diag);
/* Closes the disks.  `events` must still be there. */
void board_destroy(Board *board);

Bus *board_bus(Board *board);

/* Power-on reset of every part (RAM keeps its content), then prepares ROM and
 * registers so that `image` starts.  Fills `start`. */
bool board_reset(Board *board, const BoardImage *image, BoardStart *start,
                 Diag *diag);

/* New console input is there for console_get(). */
void board_console_wake(Board *board);

/* A network card, and where the user wants its cable to go. */
typedef struct BoardNic {
    unsigned slot;
    const char *hub; /* path of the hub's socket */
} BoardNic;

/* The network cards, in the order of their slots. */
size_t board_nics(const Board *board, const BoardNic **nics);
/* For the network card in `slot`, which must be there: whether it has a carrier
 * from now on, which it has not at first; and bytes that arrive, whatever they
 * are. */
void board_net_carrier(Board *board, unsigned slot, bool carrier);
void board_net_receive(Board *board, unsigned slot, const void *bytes,
                       size_t size);

/* A screen of text: `rows` times `columns` bytes, row by row, and a cursor,
 * which may be beyond them.  `changes` grows with every change. */
typedef struct BoardScreen {
    const uint8_t *text;
    unsigned columns, rows, x, y;
    uint64_t changes;
} BoardScreen;

/* What the screen shows now; false: the board has none. */
bool board_screen(const Board *board, BoardScreen *screen);

/* Bytes of RAM, from physical address 0. */
uint32_t board_memory(const Board *board);

BoardCpu board_cpu(const Board *board);

/* Levels of the coprocessor condition inputs CpCond0..3, bit by bit. */
unsigned board_cpcond(const Board *board);

/* Waits until the host has what the guest stored on its disks on its own: the
 * files themselves have it at once. */
bool board_sync_disks(Board *board, Diag *diag);

/* A row group for each device that counts something. */
void board_add_stats(Board *board, Stats *stats);

/* Saves or loads every part, a section each; and the memory, which is RAM. */
void board_checkpoint(Board *board, Ckpt *ckpt);

/* Writes every board's parts and registers as Markdown, for docs/. */
void board_write_docs(FILE *out);

#endif
