/* The bare board: RAM from address 0 and one device, for programs without an
 * operating system, in either byte order. */
#include "base/alloc.h"
#include "base/bits.h"
#include "hwmodel/board/parts.h"
#include "hwmodel/dev/bare_io.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IO, RAM };

static const BoardPart parts[] = {
    [IO] = {0x10000000, BUS_PAGE, &bare_io_class,
            "console, exit, counters, interrupts"},
    [RAM] = {0, 0, NULL, "machine.memory bytes from address 0, up to 256 MB"},
};

#define KSEG0 0x80000000u

enum {
    STATUS_CU1 = 1 << 29,
    ARGUMENTS_MAX = 0x10000, /* characters, with the final null */
    A0 = 4,
    A1 = 5,
    SP = 29,
    FRAME = 32, /* left free above the first stack pointer */
};

typedef struct Bare {
    Board board;
    bool big;
    bool fpu;
} Bare;

/* --- What the device tells the board --- */

static void on_put(void *ctx, uint8_t byte)
{
    Board *board = ctx;
    board->host.console_put(board->host.ctx, byte);
}

static int on_get(void *ctx)
{
    Board *board = ctx;
    return board->host.console_get(board->host.ctx);
}

static uint64_t on_insns(void *ctx)
{
    Board *board = ctx;
    return board->host.insns(board->host.ctx);
}

static void on_mark(void *ctx, uint32_t value)
{
    Board *board = ctx;
    board->host.mark(board->host.ctx, value);
}

static void on_exit_status(void *ctx, uint32_t status)
{
    Board *board = ctx;
    board->host.stop(board->host.ctx, BOARD_STOP_EXIT, status);
}

static void on_fault(void *ctx, uint32_t cause, uint32_t epc)
{
    char text[80];
    snprintf(text, sizeof text,
             "exception without a handler: Cause %08" PRIx32 ", EPC %08" PRIx32
             "\n",
             cause, epc);
    for (const char *p = text; *p; p++)
        on_put(ctx, (uint8_t)*p);
    on_exit_status(ctx, BOARD_STATUS_EXCEPTION);
}

/* --- The board --- */

static bool bare_build(Board *board, const Config *config, bool big,
                       const BoardDisk *disks, size_t disk_count, Diag *diag)
{
    (void)disks;
    Bare *bare = (Bare *)board;
    if (disk_count)
        return diag_error(diag, "the bare board has no disks; leave --disk "
                                "out, or use --machine decstation-200");
    if (board->memory > parts[IO].pa)
        return diag_error(diag,
                          "machine.memory = %s is more than the 256M that the "
                          "bare board takes; lower it",
                          config_text(config, CONFIG_MACHINE_MEMORY));
    bare->big = big;
    bare->fpu = config_bool(config, CONFIG_CPU_FPU);
    bus_add_ram(board->bus, 0, board->memory);
    BareIoHost host = {.ctx = board,
                       .put = on_put,
                       .get = on_get,
                       .insns = on_insns,
                       .mark = on_mark,
                       .exit = on_exit_status,
                       .fault = on_fault};
    for (unsigned i = 0; i < BARE_IO_INPUTS; i++)
        host.irq[i] = board_irq_line(board, 0, i);
    board_place(board, &parts[IO], bare_io_create(board->events, &host));
    return true;
}

static void store_words(Bare *bare, uint32_t pa, const uint32_t *words,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t bytes[4];
        bits_store32(bytes, words[i], bare->big);
        bus_poke(bare->board.bus, pa + 4 * (uint32_t)i, bytes, sizeof bytes);
    }
}

/* Makes an exception at the vector `pa` end the run, if the image has left the
 * place empty (or an earlier reset has put this there). */
static void place_handler(Bare *bare, uint32_t pa)
{
    static const uint32_t handler[] = {
        0x3c1ab000,                    /*    lui  k0, 0xb000    */
        0x401b7000,                    /*    mfc0 k1, EPC       */
        0x00000000,                    /*    nop                */
        0xaf5b0000 + BARE_IO_FAULT_PC, /*    sw   k1, FAULT_PC(k0) */
        0x401b6800,                    /*    mfc0 k1, Cause     */
        0x00000000,                    /*    nop                */
        0xaf5b0000 + BARE_IO_FAULT,    /*    sw   k1, FAULT(k0) */
        0x1000ffff,                    /* 1: b    1b            */
        0x00000000,                    /*    nop                */
    };
    for (uint32_t i = 0; i < ARRAY_LEN(handler); i++) {
        uint8_t bytes[4];
        bus_peek(bare->board.bus, pa + 4 * i, bytes, sizeof bytes);
        uint32_t word = bits_load32(bytes, bare->big);
        if (word != 0 && word != handler[i])
            return;
    }
    store_words(bare, pa, handler, ARRAY_LEN(handler));
}

/* The program gets its arguments as main() does: argc in a0, argv in a1, both
 * argv and its strings above the first stack pointer. */
static bool place_arguments(Bare *bare, const BoardImage *image,
                            BoardStart *start, Diag *diag)
{
    const char *cmdline = image->cmdline;
    size_t length = strlen(cmdline);
    if (length >= ARGUMENTS_MAX)
        return diag_error(diag,
                          "guest arguments of %zu characters are too long for "
                          "the bare board; it takes %u",
                          length, ARGUMENTS_MAX - 1);
    static const char name[] = "program"; /* argv[0] */
    uint32_t *argv = alloc_zeroed(length / 2 + 3, sizeof *argv);
    char *text = alloc_zeroed(sizeof name + length + 1, 1);
    uint32_t argc = 1;
    memcpy(text, name, sizeof name);
    memcpy(text + sizeof name, cmdline, length);
    uint32_t text_size = (uint32_t)(sizeof name + length + 1 + 3) & ~3u;
    uint32_t top = KSEG0 + bare->board.memory;
    uint32_t text_at = top - text_size;
    argv[0] = text_at;
    for (size_t i = sizeof name; text[i]; i++) {
        if (text[i] == ' ')
            text[i] = '\0';
        else if (text[i - 1] == '\0')
            argv[argc++] = text_at + (uint32_t)i;
    }
    uint32_t argv_at = (text_at - 4 * (argc + 1)) & ~7u;
    bool fits = argv_at - FRAME - KSEG0 >= image->end;
    if (fits) {
        bus_poke(bare->board.bus, text_at - KSEG0, text,
                 (uint32_t)(sizeof name + length + 1));
        store_words(bare, argv_at - KSEG0, argv, argc + 1);
        start->gpr[A0] = argc;
        start->gpr[A1] = argv_at;
        start->gpr[SP] = argv_at - FRAME;
    }
    free(argv);
    free(text);
    if (!fits)
        diag_error(diag,
                   "the image ends at physical 0x%08" PRIx64 " and leaves no "
                   "room for arguments and stack below the end of memory; "
                   "enlarge it with --memory",
                   image->end);
    return fits;
}

static bool bare_reset(Board *board, const BoardImage *image, BoardStart *start,
                       Diag *diag)
{
    Bare *bare = (Bare *)board;
    place_handler(bare, 0x000);
    place_handler(bare, 0x080);
    start->pc = image->entry;
    start->status = bare->fpu ? STATUS_CU1 : 0;
    return place_arguments(bare, image, start, diag);
}

const BoardClass board_bare = {
    .name = "bare",
    .text = "A processor, RAM and a console, in either byte order. The program "
            "starts in kernel mode with interrupts off, BEV clear, CU1 set if "
            "there is an FPU, the stack at the top of RAM, and argc and argv "
            "in a0 and a1. Reads that nothing answers are bus errors, such "
            "writes are lost",
    .parts = parts,
    .part_count = ARRAY_LEN(parts),
    .size = sizeof(Bare),
    .memory_unit = 0x100000,
    .build = bare_build,
    .reset = bare_reset,
};
