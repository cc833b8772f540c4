/* Reading sys161.conf: a line a slot, "SLOT DEVICE [ARGUMENT...]", '#' begins a
 * comment; see sys161_conf.h.  Source: System/161's documentation, "System/161
 * Virtual Hardware". */
#include "hwmodel/board/sys161_conf.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "base/number.h"
#include "hwmodel/dev/disk161.h"
#include "hwmodel/dev/lame_disk.h"
#include "hwmodel/dev/net161.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILE_MAX = 65536,
    WORDS_MAX = 16,
    WHERE_SIZE = 300,
    CPUS_MAX = 32,
    RPM_UNIT = 60,
};

/* A line that is being read. */
typedef struct Line161 {
    const char *where; /* "FILE:LINE" */
    char *words[WORDS_MAX];
    size_t count;
    Sys161Slot *slot;
} Line161;

static bool fail(const Line161 *line, Diag *diag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool fail(const Line161 *line, Diag *diag, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    diag_error_at(diag, line->where, format, args);
    va_end(args);
    return false;
}

/* --- Arguments of devices --------------------------------------------------
 */

static bool take_number(const Line161 *line, const char *name,
                        const char *value, uint64_t max, uint64_t *number,
                        Diag *diag)
{
    if (number_parse(value, 1024, number) && *number <= max)
        return true;
    return fail(line, diag, "%s=%s: this is no number up to %llu", name, value,
                (unsigned long long)max);
}

/* Bytes, or with s, k, M or G behind the number. */
static bool take_size(const Line161 *line, const char *name, const char *value,
                      uint64_t max, uint64_t *size, Diag *diag)
{
    if (disk161_parse_size(value, size) && *size > 0 && *size <= max)
        return true;
    return fail(line, diag,
                "%s=%s: this is no size from 1 to %llu bytes; write it like 4M",
                name, value, (unsigned long long)max);
}

static bool take_path(const Line161 *line, const char *name, const char *value,
                      Diag *diag)
{
    if (!*value)
        return fail(line, diag, "%s=: the name is missing", name);
    free(line->slot->path);
    line->slot->path = alloc_string(value);
    return true;
}

static bool disk_argument(const Line161 *line, const char *name,
                          const char *value, bool *known, Diag *diag)
{
    Sys161Slot *slot = line->slot;
    uint64_t number;
    if (!strcmp(name, "file"))
        return take_path(line, name, value, diag);
    if (!strcmp(name, "rpm")) {
        if (!take_number(line, name, value, 60000, &number, diag))
            return false;
        slot->rpm = (uint32_t)number;
        return number > 0 && number % RPM_UNIT == 0
                   ? true
                   : fail(line, diag,
                          "rpm=%s: a disk turns a multiple of %d "
                          "times a minute; try 3600",
                          value, RPM_UNIT);
    }
    /* What the image says counts. */
    if (!strcmp(name, "sectors"))
        return take_number(line, name, value, UINT32_MAX, &number, diag);
    if (!strcmp(name, "size"))
        return take_size(line, name, value, UINT64_MAX, &number, diag);
    if (!strcmp(name, "paranoid"))
        slot->paranoid = true;
    else if (strcmp(name, "nodoom") != 0) /* there is no doom counter */
        *known = false;
    return true;
}

static bool mainboard_argument(const Line161 *line, const char *name,
                               const char *value, bool *known, Diag *diag)
{
    Sys161Slot *slot = line->slot;
    uint64_t number;
    if (!strcmp(name, "ramsize"))
        return take_size(line, name, value, UINT32_MAX, &slot->ram, diag);
    bool cpus = !strcmp(name, "cpus");
    if (slot->card == SYS161_OLDMAINBOARD ||
        (!cpus && strcmp(name, "cores") != 0)) {
        *known = false;
        return true;
    }
    if (!take_number(line, name, value, CPUS_MAX, &number, diag))
        return false;
    if (number == 0 || (!cpus && number != 1))
        return fail(line, diag, "%s=%s: System/161 has no such mainboard", name,
                    value);
    if (cpus)
        slot->cpus = (uint32_t)number;
    return true;
}

static bool random_argument(const Line161 *line, const char *name,
                            const char *value, bool *known, Diag *diag)
{
    if (!strcmp(name, "autoseed"))
        return true; /* a run repeats: sys161.seed says which numbers */
    *known = !strcmp(name, "seed");
    line->slot->seeded |= *known;
    return !*known ||
           take_number(line, name, value, UINT64_MAX, &line->slot->seed, diag);
}

static bool nic_argument(const Line161 *line, const char *name,
                         const char *value, bool *known, Diag *diag)
{
    uint64_t number;
    if (!strcmp(name, "hub"))
        return take_path(line, name, value, diag);
    *known = !strcmp(name, "hwaddr");
    if (!*known)
        return true;
    if (!take_number(line, name, value, NET161_ALL, &number, diag))
        return false;
    if (number == NET161_HUB || number == NET161_ALL)
        return fail(line, diag,
                    "hwaddr=%s: no card has that address; choose one from 1 to "
                    "0xfffe",
                    value);
    line->slot->address = (uint16_t)number;
    return true;
}

/* "name=value" or a name alone, of whose value nothing is left then. */
static bool take_argument(const Line161 *line, char *word, Diag *diag)
{
    char *equals = strchr(word, '=');
    const char *value = equals ? equals + 1 : "";
    if (equals)
        *equals = '\0';
    bool known = true, good = true;
    switch (line->slot->card) {
    case SYS161_DISK:
        good = disk_argument(line, word, value, &known, diag);
        break;
    case SYS161_MAINBOARD:
    case SYS161_OLDMAINBOARD:
        good = mainboard_argument(line, word, value, &known, diag);
        break;
    case SYS161_EMUFS:
        known = !strcmp(word, "dir");
        good = !known || take_path(line, word, value, diag);
        break;
    case SYS161_RANDOM:
        good = random_argument(line, word, value, &known, diag);
        break;
    case SYS161_NIC:
        good = nic_argument(line, word, value, &known, diag);
        break;
    default: known = false; break;
    }
    if (good && !known)
        return fail(line, diag, "%s has no argument \"%s\"; leave it out",
                    line->words[1], word);
    return good;
}

/* --- Lines -----------------------------------------------------------------
 */

static Sys161Card card_of(const char *name)
{
    static const struct {
        const char *name;
        Sys161Card card;
    } cards[] = {
        {"mainboard", SYS161_MAINBOARD}, {"oldmainboard", SYS161_OLDMAINBOARD},
        {"busctl", SYS161_OLDMAINBOARD}, {"timer", SYS161_TIMER},
        {"disk", SYS161_DISK},           {"serial", SYS161_SERIAL},
        {"emufs", SYS161_EMUFS},         {"trace", SYS161_TRACE},
        {"random", SYS161_RANDOM},       {"nic", SYS161_NIC},
        {"screen", SYS161_SCREEN},
    };
    for (size_t i = 0; i < ARRAY_LEN(cards); i++)
        if (!strcmp(cards[i].name, name))
            return cards[i].card;
    return SYS161_EMPTY;
}

static bool find_card(const Line161 *line, unsigned number, Diag *diag)
{
    const char *name = line->words[1];
    line->slot->card = card_of(name);
    bool board = line->slot->card == SYS161_MAINBOARD ||
                 line->slot->card == SYS161_OLDMAINBOARD;
    if (line->slot->card == SYS161_EMPTY)
        return fail(line, diag,
                    "there is no device \"%s\"; there are mainboard, "
                    "oldmainboard, timer, disk, serial, screen, nic, emufs, "
                    "trace, random",
                    name);
    if (board != (number == SYS161_SLOTS - 1))
        return fail(line, diag,
                    "slot %u: the mainboard is in slot %d, and "
                    "nothing else is there",
                    number, SYS161_SLOTS - 1);
    return true;
}

/* What a card cannot be without. */
static bool check_slot(const Line161 *line, Diag *diag)
{
    Sys161Slot *slot = line->slot;
    if (slot->card == SYS161_DISK && !slot->path)
        return fail(line, diag, "the disk's file is missing; add file=NAME");
    if (slot->card == SYS161_EMUFS && !slot->path)
        slot->path = alloc_string(".");
    if (slot->card == SYS161_NIC && !slot->address)
        return fail(line, diag,
                    "the network card's address is missing; add hwaddr=1, or "
                    "another that no card on its hub has");
    if (slot->card == SYS161_NIC && !slot->path)
        slot->path = alloc_string(".sockets/hub");
    return true;
}

static bool read_line(Sys161Conf *conf, Line161 *line, Diag *diag)
{
    uint64_t number;
    if (!number_parse(line->words[0], 1024, &number) || number >= SYS161_SLOTS)
        return fail(line, diag, "\"%s\" is no slot; there are 0 to %d",
                    line->words[0], SYS161_SLOTS - 1);
    if (line->count < 2)
        return fail(line, diag, "slot %s: the device is missing; try timer",
                    line->words[0]);
    line->slot = &conf->slots[number];
    if (line->slot->card != SYS161_EMPTY)
        return fail(line, diag,
                    "slot %s is taken by a line before; choose "
                    "another slot",
                    line->words[0]);
    line->slot->rpm = LAME_DISK_RPM;
    if (!find_card(line, (unsigned)number, diag))
        return false;
    for (size_t i = 2; i < line->count; i++)
        if (!take_argument(line, line->words[i], diag))
            return false;
    return check_slot(line, diag);
}

static bool split(Line161 *line, char *text, Diag *diag)
{
    static const char blanks[] = " \t\r\f\v";
    char *comment = strchr(text, '#');
    if (comment)
        *comment = '\0';
    line->count = 0;
    char *rest;
    for (char *word = strtok_r(text, blanks, &rest); word;
         word = strtok_r(NULL, blanks, &rest)) {
        if (line->count == WORDS_MAX)
            return fail(line, diag, "too many arguments; the most is %d",
                        WORDS_MAX - 2);
        line->words[line->count++] = word;
    }
    return true;
}

/* `text` is cut to pieces. */
static bool read_lines(Sys161Conf *conf, char *text, const char *ends,
                       const char *name, Diag *diag)
{
    *conf = (Sys161Conf){0};
    unsigned number = 1;
    for (char *at = text; at; number++) {
        char where[WHERE_SIZE];
        snprintf(where, sizeof where, "%s:%u", name, number);
        Line161 line = {.where = where};
        char *next = strpbrk(at, ends);
        if (next)
            *next++ = '\0';
        if (!split(&line, at, diag) ||
            (line.count && !read_line(conf, &line, diag)))
            return false;
        at = next;
    }
    if (conf->slots[SYS161_SLOTS - 1].card == SYS161_EMPTY)
        return diag_error(diag,
                          "%s: there is no mainboard; add the line: %d "
                          "mainboard ramsize=4M",
                          name, SYS161_SLOTS - 1);
    return true;
}

bool sys161_conf_read_text(Sys161Conf *conf, const char *text, const char *name,
                           Diag *diag)
{
    char *copy = alloc_string(text);
    bool good = read_lines(conf, copy, ",\n", name, diag);
    free(copy);
    return good;
}

bool sys161_conf_read_file(Sys161Conf *conf, const char *path, Diag *diag)
{
    *conf = (Sys161Conf){0};
    FILE *file = fopen(path, "r");
    if (!file)
        return diag_error(diag,
                          "%s: cannot read the machine's slots: %s; name a "
                          "sys161.conf that is there",
                          path, strerror(errno));
    char *text = alloc_zeroed(FILE_MAX + 1, 1);
    size_t size = fread(text, 1, FILE_MAX + 1, file);
    bool good = !ferror(file) && size <= FILE_MAX && !memchr(text, 0, size);
    fclose(file);
    if (!good)
        diag_error(diag,
                   "%s: this is no sys161.conf: it cannot be read, is "
                   "larger than 64 KB, or is no text",
                   path);
    good = good && read_lines(conf, text, "\n", path, diag);
    free(text);
    return good;
}

void sys161_conf_free(Sys161Conf *conf)
{
    for (unsigned i = 0; i < SYS161_SLOTS; i++)
        free(conf->slots[i].path);
}
