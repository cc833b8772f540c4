/* DECstation 5000/200 (KN02): R3000 with write buffer, up to 480 MB of RAM,
 * TURBOchannel.  Addresses from asm/dec/kn02.h of Linux. */
#include "base/bits.h"
#include "hwmodel/board/parts.h"
#include "hwmodel/board/rex_rom.h"
#include "hwmodel/dev/dec_csr.h"
#include "hwmodel/dev/dec_err.h"
#include "hwmodel/dev/ds1287.h"
#include "hwmodel/dev/dz11.h"
#include "hwmodel/dev/lance.h"
#include "hwmodel/dev/ms02nv.h"
#include "hwmodel/dev/rom_link.h"
#include "hwmodel/dev/turbochannel.h"

#include <string.h>

enum { SYSTEM_SLOT = 0x80000 }; /* bytes decoded for each part of the board */

enum { PMAZ, LANCE, ROM, ROM_LINK, ERR, DZ, RTC, CSR, ROM_ALIAS, NVRAM, RAM };

static const BoardPart parts[] = {
    [PMAZ] = {0x1f400000, TURBOCHANNEL_SLOT, &pmaz_class,
              "TURBOchannel slot 5 (slots are 4 MB from 0x1e000000; 0 to 4 are "
              "empty and answer with a bus error)"},
    [LANCE] = {0x1f800000, TURBOCHANNEL_SLOT, &lance_class,
               "TURBOchannel slot 6; CSR interrupt 6"},
    [ROM] = {0x1fc00000, SYSTEM_SLOT, NULL,
             "boot ROM: Selkirk's own (rex.S), with DEC's REX interface"},
    [ROM_LINK] = {0x1fc80000, SYSTEM_SLOT, &rom_link_class,
                  "where the real board has nothing"},
    [ERR] = {0x1fd00000, 2 * SYSTEM_SLOT, &dec_err_class,
             "CHKSYN, and at 0x1fd80000 ERRADDR; interrupt input 3 (IP5)"},
    [DZ] = {0x1fe00000, SYSTEM_SLOT, &dz11_class,
            "serial lines; CSR interrupt 7"},
    [RTC] = {0x1fe80000, SYSTEM_SLOT, &ds1287_class,
             "real-time clock; interrupt input 1 (IP3)"},
    [CSR] = {0x1ff00000, SYSTEM_SLOT, &dec_csr_class,
             "interrupt cascade to input 0 (IP2), mode bits"},
    [ROM_ALIAS] = {0x1ff80000, SYSTEM_SLOT, NULL, "the boot ROM again"},
    [NVRAM] = {0, 0, &ms02nv_class,
               "one module a disk, each in a memory slot of its own: the first "
               "disk in slot 14, the second in slot 13, and so on down to the "
               "RAM. Slots begin every 8 MB (slot 14 at 0x07000000), or every "
               "32 MB (at 0x1c000000) if RAM and disks need it"},
    [RAM] = {0, 0, NULL, "machine.memory bytes from address 0"},
};

enum { IRQ_CSR = 0, IRQ_RTC = 1, IRQ_ERR = 3 };

enum {
    MEMORY_SLOTS = 15,
    BANK_SMALL = 8 << 20,
    BANK_LARGE = 32 << 20,
    COMMAND_LINE_MAX = 4096, /* Linux's, with the final null */
    LINE_MAX = 256,          /* of console output that is looked at */
    STATUS_BEV = 1 << 22,
};

/* Words of prom.halt. */
enum { HALT_AUTO, HALT_BOOT, HALT_STOP };

static const uint8_t station[6] = {0x08, 0x00, 0x2b, 0x53, 0x4c, 0x4b};

typedef struct Decstation {
    Board board;
    Device *csr, *err, *dz;
    uint64_t clock; /* Hz */
    unsigned halt;
    char line[LINE_MAX]; /* of console output, the present one */
    unsigned line_length;
    bool restarting; /* the last whole line said so */
} Decstation;

/* --- What parts tell the board --- */

static void on_bus_error(void *ctx, uint32_t pa, bool write)
{
    Decstation *dec = ctx;
    dec_err_latch(dec->err, pa, write);
}

static void on_txdis(void *ctx, unsigned id, bool level)
{
    (void)id;
    Decstation *dec = ctx;
    dz11_disable_output(dec->dz, level);
}

/* Linux returns to the ROM to halt, to power off and to restart alike, and only
 * its last words tell which. */
static void watch_console(Decstation *dec, uint8_t byte)
{
    if (byte == '\n') {
        dec->line[dec->line_length] = '\0';
        const char *words = strstr(dec->line, "reboot: Restarting system");
        dec->restarting = words && (words == dec->line || words[-1] == ' ');
        dec->line_length = 0;
    } else if (dec->line_length < LINE_MAX - 1) {
        dec->line[dec->line_length++] = byte ? (char)byte : ' ';
    }
}

static void on_console_put(void *ctx, uint8_t byte)
{
    Decstation *dec = ctx;
    watch_console(dec, byte);
    dec->board.host.console_put(dec->board.host.ctx, byte);
}

static int on_console_get(void *ctx)
{
    Decstation *dec = ctx;
    return dec->board.host.console_get(dec->board.host.ctx);
}

static void on_returned(void *ctx)
{
    Decstation *dec = ctx;
    dz11_drain(dec->dz);
    bool again =
        dec->halt == HALT_BOOT || (dec->halt == HALT_AUTO && dec->restarting);
    dec->board.host.stop(dec->board.host.ctx,
                         again ? BOARD_STOP_RESET : BOARD_STOP_HALT, 0);
}

static void on_failed(void *ctx)
{
    Decstation *dec = ctx;
    dz11_drain(dec->dz);
    dec->board.host.stop(dec->board.host.ctx, BOARD_STOP_HALT,
                         BOARD_STATUS_EXCEPTION);
}

/* --- Memory --- */

static bool place_disks(Decstation *dec, uint32_t bank, const BoardDisk *disks,
                        size_t disk_count, Diag *diag)
{
    for (size_t i = 0; i < disk_count; i++) {
        Device *module = ms02nv_create(disks[i].path, disks[i].overlay, diag);
        if (!module)
            return false;
        board_own(&dec->board, module);
        uint32_t slot = MEMORY_SLOTS - 1 - (uint32_t)i;
        ms02nv_place(module, dec->board.bus, slot * bank);
    }
    return true;
}

/* Memory slots of `bank` bytes that the RAM leaves free. */
static size_t free_slots(uint32_t memory, uint32_t bank)
{
    uint32_t used = memory / bank + (memory % bank != 0);
    return used < MEMORY_SLOTS ? MEMORY_SLOTS - used : 0;
}

static bool choose_bank(const Board *board, size_t disk_count, uint32_t *bank,
                        Diag *diag)
{
    *bank = BANK_SMALL;
    if (board->memory <= MEMORY_SLOTS * BANK_SMALL &&
        disk_count <= free_slots(board->memory, BANK_SMALL))
        return true;
    *bank = BANK_LARGE;
    size_t most = free_slots(board->memory, BANK_LARGE);
    if (disk_count <= most)
        return true;
    if (disk_count >= MEMORY_SLOTS)
        return diag_error(diag,
                          "%zu disks: a decstation-200 takes at most %u; leave "
                          "some --disk out",
                          disk_count, MEMORY_SLOTS - 1);
    return diag_error(
        diag, "%zu disks: machine.memory leaves room for %zu; lower it to %zuM",
        disk_count, most, (MEMORY_SLOTS - disk_count) * (BANK_LARGE >> 20));
}

static void place_memory(Board *board)
{
    bus_add_ram(board->bus, 0, board->memory);
    uint8_t rom[sizeof rex_rom];
    for (size_t i = 0; i < ARRAY_LEN(rex_rom); i++)
        bits_store32(rom + 4 * i, rex_rom[i], false);
    bus_add_rom(board->bus, parts[ROM].pa, parts[ROM].size, rom, sizeof rom);
    bus_add_memory(board->bus, parts[ROM_ALIAS].pa, parts[ROM_ALIAS].size,
                   bus_page(board->bus, parts[ROM].pa, false), false);
}

/* --- The board --- */

static bool dec_build(Board *board, const Config *config, bool big,
                      const BoardDisk *disks, size_t disk_count, Diag *diag)
{
    Decstation *dec = (Decstation *)board;
    if (big)
        return diag_error(diag, "a decstation-200 is little-endian and the "
                                "image is big-endian; build it little-endian, "
                                "or use --machine bare");
    int64_t date = config_date(config, CONFIG_RTC_DATE);
    if (date >= DS1287_DATE_END)
        return diag_error(diag,
                          "rtc.date = %s: a decstation-200 has no room for "
                          "years after 2155; set an earlier one",
                          config_text(config, CONFIG_RTC_DATE));
    uint32_t bank;
    if (!choose_bank(board, disk_count, &bank, diag))
        return false;
    dec->clock = config_int(config, CONFIG_CPU_CLOCK);
    dec->halt = config_choice(config, CONFIG_PROM_HALT);

    dec->err = dec_err_create(board_irq_line(board, 0, IRQ_ERR));
    board_place(board, &parts[ERR], dec->err);
    bus_set_error(board->bus, on_bus_error, dec);

    place_memory(board);
    if (!place_disks(dec, bank, disks, disk_count, diag))
        return false;

    Dz11Terminal terminal = {dec, on_console_put, on_console_get};
    uint64_t baud = config_int(config, CONFIG_DZ_BAUD);
    dec->csr =
        dec_csr_create(bank == BANK_LARGE, board_irq_line(board, 0, IRQ_CSR),
                       (Line){on_txdis, dec, 0});
    board_place(board, &parts[CSR], dec->csr);
    dec->dz = dz11_create(board->events, (unsigned)baud, &terminal,
                          (Line){dec_csr_set_input, dec->csr, DEC_CSR_DZ});
    board_place(board, &parts[DZ], dec->dz);
    board_place(
        board, &parts[LANCE],
        lance_create(board->events, station,
                     (Line){dec_csr_set_input, dec->csr, DEC_CSR_LANCE}));
    board_place(board, &parts[PMAZ], pmaz_create());
    board_place(
        board, &parts[RTC],
        ds1287_create(board->events, date, board_irq_line(board, 0, IRQ_RTC)));
    board_place(board, &parts[ROM_LINK],
                rom_link_create(&(RomLinkHost){dec, on_returned, on_failed}));
    return true;
}

static bool has_console(const char *cmdline)
{
    static const char word[] = "console=";
    for (const char *p = cmdline; (p = strstr(p, word)); p++)
        if (p == cmdline || p[-1] == ' ')
            return true;
    return false;
}

/* Linux prints nothing after its first lines unless it is told where. */
static bool fill_cmdline(Board *board, const char *cmdline, Diag *diag)
{
    const char *more = has_console(cmdline) ? ""
                       : cmdline[0]         ? " console=ttyS3"
                                            : "console=ttyS3";
    size_t length = strlen(cmdline), total = length + strlen(more);
    if (total >= COMMAND_LINE_MAX)
        return diag_error(diag,
                          "guest arguments of %zu characters are too long; "
                          "Linux takes %zu here, so shorten them",
                          length, COMMAND_LINE_MAX - 1 - strlen(more));
    char text[COMMAND_LINE_MAX];
    memcpy(text, cmdline, length);
    strcpy(text + length, more);
    bus_poke(board->bus, parts[ROM].pa + REX_CMDLINE, text,
             (uint32_t)total + 1);
    return true;
}

static void fill_word(Board *board, uint32_t offset, uint64_t value)
{
    uint8_t bytes[4];
    bits_store32(bytes, (uint32_t)value, false);
    bus_poke(board->bus, parts[ROM].pa + offset, bytes, sizeof bytes);
}

static bool dec_reset(Board *board, const BoardImage *image, BoardStart *start,
                      Diag *diag)
{
    Decstation *dec = (Decstation *)board;
    if (!fill_cmdline(board, image->cmdline, diag))
        return false;
    fill_word(board, REX_ENTRY, image->entry);
    fill_word(board, REX_BITMAP_BYTES, board->memory / (8 * BUS_PAGE));
    fill_word(board, REX_MS_LOOPS, dec->clock / 1000 / 2);
    fill_word(board, REX_TC_CLOCK, (1000000000 + dec->clock / 2) / dec->clock);
    dec->line_length = 0;
    dec->restarting = false;
    start->pc = 0xa0000000 + parts[ROM].pa;
    start->status = STATUS_BEV;
    return true;
}

static void dec_console_wake(Board *board)
{
    dz11_wake(((Decstation *)board)->dz);
}

static const CkptField state[] = {
    CKPT_ARRAY(Decstation, line),
    CKPT_UP_TO(Decstation, line_length, LINE_MAX - 1),
    CKPT_BOOL(Decstation, restarting),
};

const BoardClass board_decstation_200 = {
    .name = "decstation-200",
    .text = "DECstation 5000/200 (KN02), little-endian. The boot ROM starts "
            "the image with the guest arguments, and adds `console=ttyS3` if "
            "they name no console. Reads that nothing answers are bus errors; "
            "so are writes, which raise no exception (they are buffered) but "
            "the interrupt of ERRADDR",
    .parts = parts,
    .part_count = ARRAY_LEN(parts),
    .size = sizeof(Decstation),
    .memory_unit = 0x100000,
    .build = dec_build,
    .reset = dec_reset,
    .console_wake = dec_console_wake,
    .state = state,
    .state_count = ARRAY_LEN(state),
};
