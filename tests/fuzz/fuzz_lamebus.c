/* Fuzzing of the sys161 board's cards by random accesses and frames, and of
 * sys161.conf.
 *
 *     fuzz_lamebus [--seed N] [--count N]
 *
 * N accesses to each card, to machines that live for some thousand each.
 * Whatever a guest does, the folder around its own must stay as it was, no byte
 * of a file there may show in a buffer, and what leaves the network card is a
 * frame. */
#include "base/bits.h"
#include "hwmodel/board/board.h"
#include "hwmodel/board/sys161_conf.h"
#include "hwmodel/dev/disk161.h"
#include "hwmodel/dev/lamebus.h"
#include "hwmodel/dev/net161.h"
#include "tests/random/rng.h"
#include "tests/support/options.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LIFE = 4000, /* accesses to one machine */
    SECTORS = 200,
    CLOCK = 25000000,
    EMUFS = 1,
    DISK = 2,
    NIC = 27,
    BUFFER = LAMEBUS_BUFFER,
    SEND_BUFFER = BUFFER + NET161_FRAME_MAX,
};

#define CARDS                                                                  \
    "0 serial, 1 emufs dir=emu, 2 disk file=disk.img, 5 screen, "              \
    "27 nic hwaddr=7 hub=x, 28 random, 29 timer, 30 trace, "
static const char slots[] = CARDS "31 mainboard cpus=4";
static const char old_slots[] = CARDS "31 oldmainboard";
static const uint8_t used[] = {0, 1, 2, 5, 27, 28, 29, 30, 31};
static const char secret[] = "nobody-may-read-this";

typedef struct Fuzz {
    uint64_t seed, count;
    Rng rng;
    EventQueue *events;
    Board *board;
    Bus *bus;
    bool off;
    uint64_t accesses[LAMEBUS_SLOTS];
    uint64_t done, answered, refused, names, sent, got;
} Fuzz;

static void fail(const Fuzz *f, const char *why)
{
    printf("fuzz_lamebus: seed %" PRIu64 ", access %" PRIu64 ": %s\n", f->seed,
           f->done, why);
    exit(1);
}

/* --- The machine around the board ------------------------------------------
 */

static void on_irq(void *ctx, unsigned cpu, unsigned input, bool level)
{
    (void)ctx, (void)cpu, (void)input, (void)level;
}

static unsigned on_processor(void *ctx)
{
    (void)ctx;
    return 1;
}

static void on_begin(void *ctx, unsigned cpu, const BoardStart *start)
{
    (void)ctx, (void)cpu, (void)start;
}

static void on_end(void *ctx, unsigned cpu)
{
    (void)ctx, (void)cpu;
}

static void on_put(void *ctx, uint8_t byte)
{
    (void)ctx, (void)byte;
}

static int on_get(void *ctx)
{
    Fuzz *f = ctx;
    return rng_one_in(&f->rng, 4) ? -1 : (int)rng_below(&f->rng, 256);
}

static uint64_t on_insns(void *ctx)
{
    return ((Fuzz *)ctx)->done;
}

static void on_mark(void *ctx, uint32_t value)
{
    (void)ctx, (void)value;
}

static void on_stop(void *ctx, BoardStop why, uint32_t status)
{
    (void)why, (void)status;
    ((Fuzz *)ctx)->off = true;
}

static void on_note(void *ctx, const char *text)
{
    if (strlen(text) > 300 || strchr(text, '\n'))
        fail(ctx, "a note is no line");
}

static void on_trace(void *ctx, uint32_t letter, bool on)
{
    (void)ctx, (void)letter, (void)on;
}

static void on_net_send(void *ctx, unsigned slot, const uint8_t *frame,
                        size_t size)
{
    Fuzz *f = ctx;
    f->sent++;
    if (slot != NIC || !net161_is_frame(frame, size))
        fail(f, "what leaves the card is no frame");
}

/* --- The folders -----------------------------------------------------------
 */

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0) {
        perror(path);
        exit(2);
    }
}

static void make_folders(void)
{
    Diag diag = {""};
    write_file("secret", secret);
    bool good = mkdir("emu", 0777) == 0 && mkdir("emu/sub", 0777) == 0 &&
                symlink("../secret", "emu/link") == 0 &&
                symlink("..", "emu/up") == 0 &&
                symlink("../../secret", "emu/sub/link") == 0 &&
                symlink("/etc/passwd", "emu/passwd") == 0 &&
                mkfifo("emu/pipe", 0666) == 0 &&
                disk161_create("disk.img", SECTORS, false, &diag);
    write_file("emu/file", "a file");
    if (!good) {
        fprintf(stderr, "fuzz_lamebus: cannot make its folders %s\n",
                diag.text);
        exit(2);
    }
}

static void check_folders(const Fuzz *f)
{
    char text[sizeof secret] = "";
    unsigned count = 0;
    DIR *dir = opendir(".");
    while (dir && readdir(dir))
        count++;
    closedir(dir);
    FILE *file = fopen("secret", "r");
    if (!file || fread(text, 1, sizeof text, file) != sizeof text - 1 ||
        strcmp(text, secret) != 0)
        fail(f, "the file outside has changed");
    fclose(file);
    if (count != 5) /* with . and .. */
        fail(f, "the folder outside has other files");
}

/* --- Accesses --------------------------------------------------------------
 */

static uint32_t access_card(Fuzz *f, unsigned slot, uint32_t offset,
                            unsigned size, bool write, uint32_t value)
{
    uint32_t pa = LAMEBUS_BASE + slot * LAMEBUS_SLOT_SIZE + offset;
    bool ok = write ? bus_write(f->bus, pa, size, value)
                    : bus_read(f->bus, pa, size, &value);
    f->done++;
    f->accesses[slot]++;
    *(ok ? &f->answered : &f->refused) += 1;
    return ok ? value : 0;
}

static void wr(Fuzz *f, unsigned slot, uint32_t offset, uint32_t value)
{
    access_card(f, slot, offset, 4, true, value);
}

/* The slot of the card that was touched least. */
static unsigned find_least(const Fuzz *f)
{
    unsigned slot = used[0];
    for (size_t i = 0; i < sizeof used; i++)
        if (f->accesses[used[i]] < f->accesses[slot])
            slot = used[i];
    return slot;
}

static void pass(Fuzz *f)
{
    uint32_t most = rng_one_in(&f->rng, 50) ? CLOCK / 8 : CLOCK / 200;
    events_run(f->events, events_now(f->events) + rng_below(&f->rng, most));
}

static void access_anything(Fuzz *f)
{
    static const unsigned sizes[] = {1, 2, 4, 4, 4, 4};
    Rng *rng = &f->rng;
    unsigned slot = rng_one_in(rng, 30)  ? rng_below(rng, LAMEBUS_SLOTS)
                    : rng_one_in(rng, 4) ? used[rng_below(rng, sizeof used)]
                                         : find_least(f);
    unsigned size = sizes[rng_below(rng, ARRAY_LEN(sizes))];
    uint32_t offset = rng_below(rng, LAMEBUS_SLOT_SIZE);
    switch (rng_below(rng, 5)) {
    case 0:
    case 1:
    case 2: offset = rng_below(rng, 0x24); break;
    case 3:
        offset = slot == 31 ? 0x7e00 + rng_below(rng, 0x20)
                            : BUFFER + rng_below(rng, 0x300);
        break;
    }
    bool write = rng_below(rng, 2);
    uint32_t value = rng_word(rng);
    /* Not all the time without power. */
    if (slot == 31 && offset / 4 == 0x7e08 / 4 && !rng_one_in(rng, 20))
        write = false;
    access_card(f, slot, offset & ~(size - 1), size, write, value);
}

static void put_name(Fuzz *f)
{
    static const char *const parts[] = {
        "..", "secret", "emu", "sub",  "file", "link", "up", "pipe",
        "/",  "/",      "/",   "made", ".",    "",     "~",  "passwd",
    };
    Rng *rng = &f->rng;
    char name[200] = "";
    for (unsigned i = 1 + rng_below(rng, 6); i > 0; i--)
        strcat(name, parts[rng_below(rng, ARRAY_LEN(parts))]);
    uint32_t size = (uint32_t)strlen(name);
    for (uint32_t i = 0; i < size; i++)
        access_card(f, EMUFS, BUFFER + i, 1, true, (uint8_t)name[i]);
    wr(f, EMUFS, 0, rng_one_in(rng, 3) ? rng_below(rng, 66) : 0);
    wr(f, EMUFS, 8, rng_one_in(rng, 10) ? rng_word(rng) : size);
}

static void use_emufs(Fuzz *f)
{
    Rng *rng = &f->rng;
    uint32_t operation = 1 + rng_below(rng, 9);
    if (operation <= 3) {
        f->names++;
        put_name(f);
    } else {
        wr(f, EMUFS, 0, rng_below(rng, 8));
        wr(f, EMUFS, 4, rng_one_in(rng, 3) ? rng_word(rng) : 0);
        wr(f, EMUFS, 8, rng_one_in(rng, 5) ? rng_word(rng) : 64);
    }
    wr(f, EMUFS, 12, operation);
    events_run(f->events, events_now(f->events) + CLOCK / 100);
    wr(f, EMUFS, 16, 0);
    char text[64];
    for (uint32_t i = 0; i < sizeof text; i += 4)
        bits_store32(text + i, access_card(f, EMUFS, BUFFER + i, 4, false, 0),
                     true);
    for (size_t i = 0; i + 8 <= sizeof text; i++)
        if (!memcmp(text + i, secret, 8) || !memcmp(text + i, "root:x:0", 8))
            fail(f, "a file outside was read");
}

static void use_disk(Fuzz *f)
{
    Rng *rng = &f->rng;
    wr(f, DISK, 8, rng_below(rng, SECTORS + 10));
    wr(f, DISK, 4, rng_below(rng, 4));
    pass(f);
}

/* Frames of all kinds in both directions, or what is none. */
static void use_nic(Fuzz *f)
{
    static const uint32_t sizes[] = {0, 7, 8, 9, 12, 4095, 4096, 4097, 65535};
    static const uint32_t addresses[] = {0, 7, 8, 0xffff};
    Rng *rng = &f->rng;
    uint8_t bytes[NET161_FRAME_MAX + 1];
    uint32_t size = sizes[rng_below(rng, ARRAY_LEN(sizes))];
    uint32_t from = addresses[rng_below(rng, ARRAY_LEN(addresses))];
    uint32_t to = addresses[rng_below(rng, ARRAY_LEN(addresses))];
    board_net_carrier(f->board, NIC, !rng_one_in(rng, 4));
    wr(f, NIC, SEND_BUFFER + NET161_LENGTH_AT, size << 16 | to);
    wr(f, NIC, 8, rng_below(rng, 5));
    size_t length = size > sizeof bytes ? sizeof bytes : size;
    memset(bytes, 'x', sizeof bytes);
    bits_store16(bytes + NET161_MAGIC_AT,
                 rng_one_in(rng, 8) ? rng_word(rng) & 0xffff : NET161_MAGIC,
                 true);
    bits_store16(bytes + NET161_FROM_AT, from, true);
    bits_store16(bytes + NET161_LENGTH_AT, rng_one_in(rng, 8) ? size ^ 1 : size,
                 true);
    bits_store16(bytes + NET161_TO_AT, to, true);
    for (unsigned i = 1 + rng_below(rng, 20); i > 0; i--)
        board_net_receive(f->board, NIC, bytes, length);
    pass(f);
    f->got += access_card(f, NIC, 0, 4, false, 0);
    wr(f, NIC, 0, 0);
    wr(f, NIC, 4, 0);
}

/* --- Machines --------------------------------------------------------------
 */

static void run_machine(Fuzz *f, const Config *config)
{
    static const BoardImage kernel = {0x80000200, "arguments", 0x20000};
    Diag diag = {""};
    BoardStart start;
    f->events = events_create(CLOCK);
    BoardHost host = {.ctx = f,
                      .irq = on_irq,
                      .console_put = on_put,
                      .console_get = on_get,
                      .insns = on_insns,
                      .processor = on_processor,
                      .begin = on_begin,
                      .end = on_end,
                      .mark = on_mark,
                      .stop = on_stop,
                      .note = on_note,
                      .trace = on_trace,
                      .net_send = on_net_send};
    f->board = board_create(config, true, NULL, 0, &host, f->events, &diag);
    if (!f->board || !board_reset(f->board, &kernel, &start, &diag))
        fail(f, diag.text);
    f->bus = board_bus(f->board);
    f->off = false;
    for (uint64_t end = f->done + LIFE; f->done < end && !f->off;)
        switch (rng_below(&f->rng, 60)) {
        case 0: use_emufs(f); break;
        case 1: use_disk(f); break;
        case 2: pass(f); break;
        case 3: board_console_wake(f->board); break;
        case 4: use_nic(f); break;
        case 5: wr(f, 31, 0x7e08, UINT32_MAX); break; /* power to all */
        default: access_anything(f); break;
        }
    board_destroy(f->board);
    events_destroy(f->events);
}

/* A text that was a good one. */
static void read_conf(Fuzz *f)
{
    char text[sizeof slots];
    memcpy(text, slots, sizeof text);
    for (unsigned i = 1 + rng_below(&f->rng, 4); i > 0; i--) {
        uint32_t at = rng_below(&f->rng, sizeof text - 1);
        text[at] = (char)(1 + rng_below(&f->rng, 127));
    }
    Sys161Conf conf;
    Diag diag = {""};
    if (!sys161_conf_read_text(&conf, text, "fuzz", &diag) && !diag.text[0])
        fail(f, "sys161.conf is refused without a word");
    sys161_conf_free(&conf);
}

int main(int argc, char **argv)
{
    Fuzz f = {.seed = 1, .count = 2000};
    const Option options[] = {{"--seed", &f.seed, NULL},
                              {"--count", &f.count, NULL},
                              {NULL, NULL, NULL}};
    options_parse(options, argc, argv);
    char folder[] = "/tmp/selkirk-lamebus-XXXXXX", command[64];
    if (!mkdtemp(folder) || chdir(folder) < 0) {
        perror(folder);
        return 2;
    }
    make_folders();
    Config *config = config_create();
    Diag diag = {""};
    config_set(config, "machine.board", "sys161", "fuzz", &diag);
    config_set(config, "machine.memory", "1M", "fuzz", &diag);
    f.rng = rng_stream(f.seed, 0);
    while (f.accesses[find_least(&f)] < f.count) {
        bool old = rng_one_in(&f.rng, 5), screen = rng_one_in(&f.rng, 2);
        config_set(config, "sys161.slots", old ? old_slots : slots, "fuzz",
                   &diag);
        config_set(config, "sys161.keyboard", screen ? "screen" : "serial",
                   "fuzz", &diag);
        run_machine(&f, config);
        check_folders(&f);
        for (unsigned i = 0; i < 100; i++)
            read_conf(&f);
    }
    config_destroy(config);
    printf("fuzz_lamebus: seed %" PRIu64 ", %" PRIu64 " accesses: %" PRIu64
           " answered, %" PRIu64 " bus errors, %" PRIu64 " names of files, "
           "%" PRIu64 " frames sent, %" PRIu64 " received\n",
           f.seed, f.done, f.answered, f.refused, f.names, f.sent, f.got);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) != 0;
}
