/* What all boards have in common; see board.h. */
#include "hwmodel/board/board.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "hwmodel/board/parts.h"
#include "hwmodel/dev/lame_disk.h"
#include "hwmodel/dev/ms02nv.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MB = 0x100000 };

/* In the order of the words of machine.board. */
static const BoardClass *const classes[] = {&board_decstation_200, &board_bare,
                                            &board_sys161};

void board_own(Board *board, Device *device)
{
    assert(board->device_count < BOARD_DEVICES_MAX);
    board->devices[board->device_count++] = device;
}

void board_place(Board *board, const BoardPart *part, Device *device)
{
    assert(device->cls == part->cls);
    board_own(board, device);
    bus_add_device(board->bus, part->pa, part->size, device);
}

enum { INPUTS = 8 }; /* of a processor, rounded up */

static void set_irq(void *ctx, unsigned id, bool level)
{
    Board *board = ctx;
    board->host.irq(board->host.ctx, id / INPUTS, id % INPUTS, level);
}

Line board_irq_line(Board *board, unsigned cpu, unsigned input)
{
    return (Line){set_irq, board, cpu * INPUTS + input};
}

Board *board_create(const Config *config, bool big, const BoardDisk *disks,
                    size_t disk_count, const BoardHost *host,
                    EventQueue *events, Diag *diag)
{
    unsigned choice = config_choice(config, CONFIG_MACHINE_BOARD);
    assert(choice < ARRAY_LEN(classes));
    const BoardClass *cls = classes[choice];
    assert(!strcmp(cls->name, config_text(config, CONFIG_MACHINE_BOARD)));
    uint64_t memory = config_int(config, CONFIG_MACHINE_MEMORY);
    if (memory % cls->memory_unit) {
        bool mb = cls->memory_unit == MB;
        diag_error(
            diag,
            "machine.memory = %s is not a multiple of %s; try %" PRIu64 "%s",
            config_text(config, CONFIG_MACHINE_MEMORY), mb ? "1 MB" : "4 KB",
            (memory / cls->memory_unit + 1) * (mb ? 1 : 4), mb ? "M" : "k");
        return NULL;
    }
    uint64_t cpus = config_int(config, CONFIG_MACHINE_CPUS);
    if (cpus > 1 && cls != &board_sys161) {
        diag_error(diag,
                   "machine.cpus = %" PRIu64 ": a %s has one processor; leave "
                   "the key out, or use --machine sys161",
                   cpus, cls->name);
        return NULL;
    }
    Board *board = alloc_zeroed(1, cls->size);
    board->cls = cls;
    board->cpu.count = 1;
    board->host = *host;
    board->events = events;
    board->memory = (uint32_t)memory;
    board->bus = bus_create(big);
    if (!cls->build(board, config, big, disks, disk_count, diag)) {
        board_destroy(board);
        return NULL;
    }
    return board;
}

void board_destroy(Board *board)
{
    if (!board)
        return;
    for (unsigned i = 0; i < board->device_count; i++)
        board->devices[i]->cls->destroy(board->devices[i]);
    bus_destroy(board->bus);
    if (board->cls->destroy)
        board->cls->destroy(board);
    free(board);
}

Bus *board_bus(Board *board)
{
    return board->bus;
}

bool board_reset(Board *board, const BoardImage *image, BoardStart *start,
                 Diag *diag)
{
    for (unsigned i = 0; i < board->device_count; i++)
        board->devices[i]->cls->reset(board->devices[i]);
    *start = (BoardStart){0};
    return board->cls->reset(board, image, start, diag);
}

void board_console_wake(Board *board)
{
    if (board->cls->console_wake)
        board->cls->console_wake(board);
}

size_t board_nics(const Board *board, const BoardNic **nics)
{
    return board->cls->nics ? board->cls->nics(board, nics) : 0;
}

void board_net_carrier(Board *board, unsigned slot, bool carrier)
{
    board->cls->net_carrier(board, slot, carrier);
}

void board_net_receive(Board *board, unsigned slot, const void *bytes,
                       size_t size)
{
    board->cls->net_receive(board, slot, bytes, size);
}

bool board_screen(const Board *board, BoardScreen *screen)
{
    return board->cls->screen && board->cls->screen(board, screen);
}

uint32_t board_memory(const Board *board)
{
    return board->memory;
}

BoardCpu board_cpu(const Board *board)
{
    return board->cpu;
}

unsigned board_cpcond(const Board *board)
{
    (void)board;
    return 1; /* CpCond0: the write buffer is empty, or there is none */
}

bool board_sync_disks(Board *board, Diag *diag)
{
    bool good = true;
    for (unsigned i = 0; i < board->device_count; i++)
        if (board->devices[i]->cls == &ms02nv_class)
            good &= ms02nv_sync(board->devices[i], diag);
        else if (board->devices[i]->cls == &lame_disk_class)
            good &= lame_disk_sync(board->devices[i], diag);
    return good;
}

/* The second device of a class is called after its number. */
static void name_group(const Board *board, unsigned index, char *name,
                       size_t size)
{
    const DeviceClass *cls = board->devices[index]->cls;
    unsigned number = 1;
    for (unsigned i = 0; i < index; i++)
        number += board->devices[i]->cls == cls;
    if (number == 1)
        snprintf(name, size, "%s", cls->name);
    else
        snprintf(name, size, "%s%u", cls->name, number);
}

void board_add_stats(Board *board, Stats *stats)
{
    for (unsigned i = 0; i < board->device_count; i++) {
        const Device *device = board->devices[i];
        const DeviceClass *cls = device->cls;
        char name[32];
        name_group(board, i, name, sizeof name);
        if (cls->stat_count)
            stats_add(stats, name, cls->stats, cls->stat_count, device);
    }
}

static void device_checkpoint(Board *board, Device *device, Ckpt *ckpt)
{
    const DeviceClass *cls = device->cls;
    ckpt_fields(ckpt, cls->state, cls->state_count, device);
    for (size_t i = 0; i < cls->stat_count; i++)
        ckpt_u64(ckpt, cls->stats[i].name,
                 (uint64_t *)((char *)device + cls->stats[i].offset),
                 UINT64_MAX);
    for (size_t i = 0; i < cls->event_count; i++)
        event_checkpoint(board->events,
                         (Event *)((char *)device + cls->events[i].offset),
                         cls->events[i].name, ckpt);
    if (cls->checkpoint)
        cls->checkpoint(device, ckpt);
}

void board_checkpoint(Board *board, Ckpt *ckpt)
{
    char name[CKPT_NAME_MAX + 1], group[32];
    if (board->cls->state_count && ckpt_section(ckpt, "board"))
        ckpt_fields(ckpt, board->cls->state, board->cls->state_count, board);
    for (unsigned i = 0; i < board->device_count; i++) {
        name_group(board, i, group, sizeof group);
        snprintf(name, sizeof name, "device.%s", group);
        if (ckpt_section(ckpt, name))
            device_checkpoint(board, board->devices[i], ckpt);
    }
}

static void write_parts(const BoardClass *cls, FILE *out)
{
    fprintf(out, "| physical address | part | what |\n|---|---|---|\n");
    for (size_t i = 0; i < cls->part_count; i++) {
        const BoardPart *part = &cls->parts[i];
        if (part->size)
            fprintf(out, "| 0x%08x to 0x%08x ", part->pa,
                    part->pa + (part->size - 1));
        else
            fprintf(out, "| ");
        fprintf(out, "| %s | %s |\n", part->cls ? part->cls->name : "memory",
                part->text);
    }
}

static void write_registers(const DeviceClass *cls, FILE *out)
{
    fprintf(out, "\n### %s\n\n%s.\n\n", cls->name, cls->text);
    fprintf(out, "Repeats every 0x%x bytes.\n\n", cls->span);
    fprintf(out,
            "| offset | bytes | register | contents |\n|---|---|---|---|\n");
    for (size_t i = 0; i < cls->reg_count; i++) {
        const DeviceReg *reg = &cls->regs[i];
        fprintf(out, "| 0x%x | %u | %s | %s |\n", reg->offset, reg->bytes,
                reg->name, reg->text);
    }
}

void board_write_docs(FILE *out)
{
    for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
        const BoardClass *cls = classes[i];
        fprintf(out, "%s## %s\n\n%s.\n\n", i ? "\n" : "", cls->name, cls->text);
        write_parts(cls, out);
        for (size_t j = 0; j < cls->part_count; j++)
            if (cls->parts[j].cls)
                write_registers(cls->parts[j].cls, out);
    }
}
