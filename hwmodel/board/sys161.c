/* System/161: MIPS-161, a mainboard and 31 slots of the LAMEbus.  Sources:
 * System/161's documents "Virtual Hardware" and "LAMEbus" (os161.org). */
#include "base/alloc.h"
#include "base/bits.h"
#include "hwmodel/board/parts.h"
#include "hwmodel/board/sys161_conf.h"
#include "hwmodel/dev/lame_disk.h"
#include "hwmodel/dev/lame_emufs.h"
#include "hwmodel/dev/lame_mainboard.h"
#include "hwmodel/dev/lame_nic.h"
#include "hwmodel/dev/lame_random.h"
#include "hwmodel/dev/lame_screen.h"
#include "hwmodel/dev/lame_serial.h"
#include "hwmodel/dev/lame_timer.h"
#include "hwmodel/dev/lame_trace.h"
#include "hwmodel/dev/mips161_timer.h"
#include "hwmodel/dev/rom_link.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SLOT_31 (LAMEBUS_BASE + LAMEBUS_CONTROLLER * LAMEBUS_SLOT_SIZE)

enum { ROM, ROM_LINK, CPU_TIMER, MAINBOARD };

static const BoardPart parts[] = {
    [ROM] = {0x1fc00000, BUS_PAGE, NULL,
             "boot ROM: Selkirk's own, which is entered only by exceptions "
             "while Status.BEV is set, and ends the run"},
    [ROM_LINK] = {0x1fdfe000, BUS_PAGE, &rom_link_class,
                  "where the real machine has nothing"},
    [CPU_TIMER] = {0x1fdd0000, BUS_PAGE, &mips161_timer_class,
                   "likewise: what `mfc0` and `mtc0` of COUNT and COMPARE "
                   "reach; interrupt input 5. That of processor N is at + "
                   "0x1000 * N. With `mainboard` only"},
    [MAINBOARD] = {SLOT_31, LAMEBUS_SLOT_SIZE, &lame_mainboard_class,
                   "slot 31; interrupt input 0, and 1 between processors"},
    {0, 0, &lame_oldmainboard_class,
     "in slot 31 instead, with the processor of System/161 1.x"},
    {0, 0, &lame_timer_class,
     "in any slot N from 0 to 30, at 0x1fe00000 + 0x10000 * N, as "
     "all that follow; many of each"},
    {0, 0, &lame_disk_class, "fixed disk"},
    {0, 0, &lame_serial_class, "the console; there is one at most"},
    {0, 0, &lame_screen_class, "a screen of text; there is one at most"},
    {0, 0, &lame_nic_class, "a network card"},
    {0, 0, &lame_emufs_class, "a folder of the host"},
    {0, 0, &lame_trace_class, "trace control"},
    {0, 0, &lame_random_class, "random numbers"},
    {0, 0, NULL,
     "RAM from address 0: what the mainboard's line says, else machine.memory"},
};

enum { IRQ_BUS = 0, IRQ_IPI = 1, IRQ_TIMER = 5 };

enum {
    MEMORY_MAX = 0x1fc00000, /* where the ROM begins */
    ARGUMENTS_MAX = 1024,    /* characters, with the final null */
    STATUS_BEV = 1 << 22,
    FIRST_DISK_SLOT = 2, /* where disks of the command line go */
    A0 = 4,
    SP = 29,
};

#define KSEG0 0x80000000u

typedef struct Sys161 {
    Board board;
    Device *mainboard;
    Device *serial, *screen; /* or NULL */
    bool screen_types;       /* what is typed is for the screen's keyboard */
    Device *cards[LAMEBUS_SLOTS];
    LameRandomSource random;
    BoardNic nics[LAMEBUS_SLOTS]; /* the hubs' paths are owned */
    size_t nic_count;
} Sys161;

/* --- What parts tell the board --- */

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

static void on_mark(void *ctx, uint32_t value)
{
    Board *board = ctx;
    board->host.mark(board->host.ctx, value);
}

static void on_note(void *ctx, const char *text)
{
    Board *board = ctx;
    board->host.note(board->host.ctx, text);
}

static void on_net_send(void *ctx, unsigned slot, const uint8_t *frame,
                        size_t size)
{
    Board *board = ctx;
    board->host.net_send(board->host.ctx, slot, frame, size);
}

static void on_trace(void *ctx, uint32_t letter, bool on)
{
    Board *board = ctx;
    board->host.trace(board->host.ctx, letter, on);
}

static void stop(Sys161 *sys, uint32_t status)
{
    if (sys->serial)
        lame_serial_drain(sys->serial);
    sys->board.host.stop(sys->board.host.ctx, BOARD_STOP_HALT, status);
}

static void on_power_off(void *ctx)
{
    stop(ctx, 0);
}

static void on_power(void *ctx, unsigned slot, bool on)
{
    (void)on;
    Device *card = ((Sys161 *)ctx)->cards[slot];
    card->cls->reset(card);
}

static unsigned on_processor(void *ctx)
{
    Board *board = ctx;
    return board->host.processor(board->host.ctx);
}

/* In the state of a reset but for what CRAM says. */
static void on_begin(void *ctx, unsigned cpu, const LameCpuStart *from)
{
    Board *board = ctx;
    BoardStart start = {.pc = from->pc, .status = STATUS_BEV};
    start.gpr[A0] = from->argument;
    start.gpr[SP] = KSEG0 + from->stack;
    board->host.begin(board->host.ctx, cpu, &start);
}

static void on_end(void *ctx, unsigned cpu)
{
    Board *board = ctx;
    board->host.end(board->host.ctx, cpu);
}

static void on_rom_returned(void *ctx)
{
    (void)ctx; /* nothing returns to this ROM */
}

static void on_rom_failed(void *ctx)
{
    on_note(ctx, "an exception came to the boot ROM: the guest has not cleared "
                 "Status.BEV, so that its own handlers are not used");
    stop(ctx, BOARD_STATUS_CRASH);
}

/* --- Slots --- */

static void place_card(Sys161 *sys, unsigned number, LameId id, Device *card)
{
    Board *board = &sys->board;
    sys->cards[number] = card;
    board_own(board, card);
    bus_add_device(board->bus,
                   LAMEBUS_BASE + number * (uint32_t)LAMEBUS_SLOT_SIZE,
                   LAMEBUS_SLOT_SIZE, card);
    lame_mainboard_fill(sys->mainboard, number, id);
}

static bool place_disk(Sys161 *sys, unsigned number,
                       const LameDiskConfig *config, Diag *diag)
{
    Device *card = lame_disk_create(lame_mainboard_slot(sys->mainboard, number),
                                    sys->board.events, config, diag);
    if (card)
        place_card(sys, number, lame_disk_id, card);
    return card;
}

/* There is one terminal: a second serial or screen card is refused. */
static bool is_first(const Device *card, unsigned number, const char *name,
                     Diag *diag)
{
    return !card || diag_error(diag,
                               "slot %u: there is a %s card already, which has "
                               "the terminal; leave one of them out",
                               number, name);
}

static void place_serial(Sys161 *sys, unsigned number, LameSlot *slot)
{
    LameSerialTerminal terminal = {
        .keyboard = {sys, sys->screen_types ? NULL : on_get}, .put = on_put};
    sys->serial = lame_serial_create(slot, sys->board.events, &terminal);
    place_card(sys, number, lame_serial_id, sys->serial);
}

static void place_screen(Sys161 *sys, unsigned number, LameSlot *slot)
{
    LameTerminal terminal = {sys, sys->screen_types ? on_get : NULL};
    sys->screen = lame_screen_create(slot, sys->board.events, &terminal);
    place_card(sys, number, lame_screen_id, sys->screen);
}

static void place_nic(Sys161 *sys, unsigned number, LameSlot *slot,
                      const Sys161Slot *what)
{
    LameNicHost host = {sys, on_net_send};
    place_card(sys, number, lame_nic_id,
               lame_nic_create(slot, sys->board.events, &host, what->address));
    sys->nics[sys->nic_count++] = (BoardNic){number, alloc_string(what->path)};
}

static bool place_slot(Sys161 *sys, const Config *config, unsigned number,
                       const Sys161Slot *what, Diag *diag)
{
    EventQueue *events = sys->board.events;
    LameSlot *slot = lame_mainboard_slot(sys->mainboard, number);
    LameTraceHost trace = {sys, on_trace, on_mark, on_note};
    switch (what->card) {
    case SYS161_EMPTY:
    case SYS161_MAINBOARD:
    case SYS161_OLDMAINBOARD: break;
    case SYS161_TIMER:
        place_card(sys, number, lame_timer_id,
                   lame_timer_create(slot, events,
                                     config_date(config, CONFIG_RTC_DATE)));
        break;
    case SYS161_DISK:
        return place_disk(sys, number,
                          &(LameDiskConfig){.path = what->path,
                                            .paranoid = what->paranoid,
                                            .rpm = what->rpm},
                          diag);
    case SYS161_SERIAL:
        if (!is_first(sys->serial, number, "serial", diag))
            return false;
        place_serial(sys, number, slot);
        break;
    case SYS161_SCREEN:
        if (!is_first(sys->screen, number, "screen", diag))
            return false;
        place_screen(sys, number, slot);
        break;
    case SYS161_NIC: place_nic(sys, number, slot, what); break;
    case SYS161_EMUFS: {
        Device *card = lame_emufs_create(slot, events, what->path, diag);
        if (!card)
            return false;
        place_card(sys, number, lame_emufs_id, card);
        break;
    }
    case SYS161_TRACE:
        place_card(sys, number, lame_trace_id, lame_trace_create(slot, &trace));
        break;
    case SYS161_RANDOM:
        if (what->seeded)
            sys->random.seed =
                what->seed + config_int(config, CONFIG_SYS161_SEED);
        place_card(sys, number, lame_random_id,
                   lame_random_create(slot, &sys->random));
        break;
    }
    return true;
}

/* Disks of the command line, in the first slots that are free. */
static bool place_disks(Sys161 *sys, const BoardDisk *disks, size_t count,
                        Diag *diag)
{
    unsigned number = FIRST_DISK_SLOT;
    for (size_t i = 0; i < count; i++) {
        while (number < LAMEBUS_CONTROLLER &&
               lame_mainboard_is_filled(sys->mainboard, number))
            number++;
        if (number == LAMEBUS_CONTROLLER)
            return diag_error(diag,
                              "%s: no slot is free for this disk; leave "
                              "some --disk out",
                              disks[i].path);
        LameDiskConfig config = {.path = disks[i].path,
                                 .overlay = disks[i].overlay,
                                 .rpm = LAME_DISK_RPM};
        if (!place_disk(sys, number, &config, diag))
            return false;
    }
    return true;
}

/* --- The board --- */

static bool read_conf(const Config *config, Sys161Conf *conf, Diag *diag)
{
    const char *path = config_text(config, CONFIG_SYS161_CONF);
    if (*path)
        return sys161_conf_read_file(conf, path, diag);
    return sys161_conf_read_text(conf, config_text(config, CONFIG_SYS161_SLOTS),
                                 "sys161.slots", diag);
}

static bool choose_memory(Sys161 *sys, const Sys161Slot *mainboard, Diag *diag)
{
    uint64_t ram = mainboard->ram ? mainboard->ram : sys->board.memory;
    if (ram > MEMORY_MAX || ram % BUS_PAGE)
        return diag_error(diag,
                          "ramsize=%" PRIu64 ": a sys161 has a multiple of 4 "
                          "KB up to 508 MB; try 4M",
                          ram);
    sys->board.memory = (uint32_t)ram;
    return true;
}

/* The reset vector and both exception vectors tell that they were reached. */
static void place_rom(Board *board)
{
    static const uint32_t code[] = {
        0x3c1abfe0, /*    lui k0, 0xbfe0              */
        0xaf40e008, /*    sw  zero, -0x1ff8(k0)       */
        0x1000ffff, /* 1: b   1b                      */
        0x00000000, /*    nop                         */
    };
    static const uint32_t vectors[] = {0x000, 0x100, 0x180};
    uint8_t rom[0x200] = {0};
    for (size_t v = 0; v < ARRAY_LEN(vectors); v++)
        for (size_t i = 0; i < ARRAY_LEN(code); i++)
            bits_store32(rom + vectors[v] + 4 * i, code[i], true);
    bus_add_rom(board->bus, parts[ROM].pa, parts[ROM].size, rom, sizeof rom);
    board_place(
        board, &parts[ROM_LINK],
        rom_link_create(&(RomLinkHost){board, on_rom_returned, on_rom_failed}));
}

/* machine.cpus, or what the mainboard's line says. */
static bool choose_cpus(Sys161 *sys, const Sys161Slot *mainboard,
                        const Config *config, Diag *diag)
{
    uint64_t cpus = config_int(config, CONFIG_MACHINE_CPUS);
    if (cpus == 0)
        cpus = mainboard->cpus ? mainboard->cpus : 1;
    if (cpus > 1 && mainboard->card == SYS161_OLDMAINBOARD)
        return diag_error(diag,
                          "machine.cpus = %" PRIu64 ": an oldmainboard has "
                          "one processor; put a mainboard in slot 31",
                          cpus);
    sys->board.cpu.count = (unsigned)cpus;
    return true;
}

/* Which of System/161's processors is on the mainboard. */
static BoardCpuKind processor_kind(const Config *config,
                                   const Sys161Slot *mainboard)
{
    enum { BY_MAINBOARD, FIRST, SECOND };
    unsigned asked = config_choice(config, CONFIG_SYS161_PROCESSOR);
    bool old = mainboard->card == SYS161_OLDMAINBOARD;
    bool first = asked == BY_MAINBOARD ? old : asked == FIRST;
    return first ? BOARD_CPU_MIPS161_1 : BOARD_CPU_MIPS161_2;
}

static void place_mainboard(Sys161 *sys, const Sys161Slot *what,
                            BoardCpuKind kind)
{
    Board *board = &sys->board;
    bool old = what->card == SYS161_OLDMAINBOARD;
    LameMainboardHost host = {.ctx = sys,
                              .power_off = on_power_off,
                              .power = on_power,
                              .processor = on_processor,
                              .begin = on_begin,
                              .end = on_end,
                              .warn = on_note};
    for (unsigned i = 0; i < board->cpu.count; i++) {
        host.bus_irq[i] = board_irq_line(board, i, IRQ_BUS);
        host.ipi[i] = board_irq_line(board, i, IRQ_IPI);
    }
    LameMainboardConfig config = {
        .old = old, .ram = board->memory, .cpus = board->cpu.count};
    sys->mainboard = lame_mainboard_create(&config, board->events, &host);
    board_own(board, sys->mainboard);
    bus_add_device(board->bus, parts[MAINBOARD].pa, parts[MAINBOARD].size,
                   sys->mainboard);
    sys->cards[LAMEBUS_CONTROLLER] = sys->mainboard;
    board->cpu.kind = kind;
    board->cpu.prid = kind == BOARD_CPU_MIPS161_1 ? 0x3ff : 0xa1;
    if (kind == BOARD_CPU_MIPS161_1)
        return;
    board->cpu.timer = parts[CPU_TIMER].pa;
    for (unsigned i = 0; i < board->cpu.count; i++) {
        Device *timer = mips161_timer_create(
            board->events, board_irq_line(board, i, IRQ_TIMER));
        board_own(board, timer);
        bus_add_device(board->bus, parts[CPU_TIMER].pa + i * BUS_PAGE, BUS_PAGE,
                       timer);
    }
}

/* What is typed is for the serial card, if there is one: then, for the screen
 * only if sys161.keyboard says so. */
static void choose_keyboard(Sys161 *sys, const Config *config,
                            const Sys161Conf *conf)
{
    bool serial = false, screen = false;
    for (unsigned i = 0; i < LAMEBUS_CONTROLLER; i++) {
        serial |= conf->slots[i].card == SYS161_SERIAL;
        screen |= conf->slots[i].card == SYS161_SCREEN;
    }
    bool asked = !strcmp(config_text(config, CONFIG_SYS161_KEYBOARD), "screen");
    sys->screen_types = screen && (asked || !serial);
}

static bool sys161_build(Board *board, const Config *config, bool big,
                         const BoardDisk *disks, size_t disk_count, Diag *diag)
{
    Sys161 *sys = (Sys161 *)board;
    Sys161Conf conf;
    if (!big)
        return diag_error(diag, "a sys161 is big-endian and the image is "
                                "little-endian; build it big-endian, or use "
                                "--machine bare");
    sys->random.seed = config_int(config, CONFIG_SYS161_SEED);
    bool good = read_conf(config, &conf, diag);
    const Sys161Slot *mainboard = &conf.slots[LAMEBUS_CONTROLLER];
    good = good && choose_memory(sys, mainboard, diag) &&
           choose_cpus(sys, mainboard, config, diag);
    if (good) {
        bus_add_ram(board->bus, 0, board->memory);
        place_rom(board);
        place_mainboard(sys, mainboard, processor_kind(config, mainboard));
    }
    if (good)
        choose_keyboard(sys, config, &conf);
    for (unsigned i = 0; good && i < LAMEBUS_CONTROLLER; i++)
        good = place_slot(sys, config, i, &conf.slots[i], diag);
    good = good && place_disks(sys, disks, disk_count, diag);
    sys161_conf_free(&conf);
    return good;
}

/* The arguments are at the top of RAM, the stack begins below them. */
static bool sys161_reset(Board *board, const BoardImage *image,
                         BoardStart *start, Diag *diag)
{
    size_t size = strlen(image->cmdline) + 1;
    if (size > ARGUMENTS_MAX)
        return diag_error(diag,
                          "guest arguments of %zu characters are too long for "
                          "a sys161; it takes %d",
                          size - 1, ARGUMENTS_MAX - 1);
    uint32_t at = (board->memory - (uint32_t)size) & ~3u;
    if (image->end > at - 4)
        return diag_error(diag,
                          "the image ends at physical 0x%08" PRIx64 " and "
                          "leaves no room for arguments below the end of "
                          "memory; enlarge it",
                          image->end);
    bus_poke(board->bus, at, image->cmdline, (uint32_t)size);
    start->pc = image->entry;
    start->status = STATUS_BEV;
    start->gpr[A0] = KSEG0 + at;
    start->gpr[SP] = KSEG0 + at - 4;
    return true;
}

static void sys161_console_wake(Board *board)
{
    Sys161 *sys = (Sys161 *)board;
    if (sys->screen_types)
        lame_screen_wake(sys->screen);
    else if (sys->serial)
        lame_serial_wake(sys->serial);
}

static size_t sys161_nics(const Board *board, const BoardNic **nics)
{
    const Sys161 *sys = (const Sys161 *)board;
    *nics = sys->nics;
    return sys->nic_count;
}

static void sys161_net_carrier(Board *board, unsigned slot, bool carrier)
{
    lame_nic_set_carrier(((Sys161 *)board)->cards[slot], carrier);
}

static void sys161_net_receive(Board *board, unsigned slot, const void *bytes,
                               size_t size)
{
    lame_nic_receive(((Sys161 *)board)->cards[slot], bytes, size);
}

static bool sys161_screen(const Board *board, BoardScreen *screen)
{
    const Sys161 *sys = (const Sys161 *)board;
    if (!sys->screen)
        return false;
    LameScreenView view = lame_screen_view(sys->screen);
    *screen = (BoardScreen){.text = view.text,
                            .columns = LAME_SCREEN_COLUMNS,
                            .rows = LAME_SCREEN_ROWS,
                            .x = view.x,
                            .y = view.y,
                            .changes = view.changes};
    return true;
}

static void sys161_destroy(Board *board)
{
    Sys161 *sys = (Sys161 *)board;
    for (size_t i = 0; i < sys->nic_count; i++)
        free((char *)sys->nics[i].hub);
}

static const CkptField state[] = {
    CKPT_FIELD(Sys161, random.state),
};

const BoardClass board_sys161 = {
    .name = "sys161",
    .text = "The computer that System/161 simulates, for OS/161: big-endian, a "
            "MIPS-161 (`cpu.md`), and cards as `sys161.conf` or `sys161.slots` "
            "say (`os161.md`). The kernel starts with the guest arguments, a "
            "string at the top of RAM, in a0, the stack below it, and BEV set. "
            "What nothing answers is a bus error; what misuses a card is also "
            "told to the user",
    .parts = parts,
    .part_count = ARRAY_LEN(parts),
    .size = sizeof(Sys161),
    .memory_unit = BUS_PAGE,
    .build = sys161_build,
    .reset = sys161_reset,
    .console_wake = sys161_console_wake,
    .nics = sys161_nics,
    .net_carrier = sys161_net_carrier,
    .net_receive = sys161_net_receive,
    .screen = sys161_screen,
    .destroy = sys161_destroy,
    .state = state,
    .state_count = ARRAY_LEN(state),
};
