/* Konata's log; see kanata.h.
 *
 * What a writer tells is a queue of lines without their rows' numbers: these
 * are given when the line is written, since the file counts rows, and retired
 * rows, in the order in which they stand in it.
 *
 * A stage's end could be left out where another one begins, but older versions
 * of the viewer then draw it up to the end of the row. */
#include "cli/kanata.h"

#include "base/alloc.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

typedef struct Line {
    uint64_t cycle, row;
    char command;
    unsigned kind;     /* lane, label or 1 for a flush */
    uint64_t producer; /* the writer's number of it */
    const char *name;  /* of a stage */
    char *text;        /* of a label; owned */
} Line;

typedef struct Writer {
    Line *lines; /* a ring */
    size_t first, count, room;
    uint64_t now;  /* of what it told last; it only goes forward */
    uint64_t *ids; /* the file's numbers of its rows */
    uint64_t rows, written, ids_room;
} Writer;

struct Kanata {
    FILE *file;
    Writer *writers;
    unsigned count;
    bool begun;
    uint64_t now; /* that the file has got to */
    uint64_t rows, retired;
    FILE *label; /* that is printed to, and what it leaves */
    char *text;
    size_t size;
};

/* --- Writing -------------------------------------------------------------- */

static void go_to(Kanata *k, uint64_t cycle)
{
    if (!k->begun) {
        fprintf(k->file, "Kanata\t0004\nC=\t%" PRIu64 "\n", cycle);
        k->begun = true;
    } else if (cycle > k->now) {
        fprintf(k->file, "C\t%" PRIu64 "\n", cycle - k->now);
    }
    k->now = cycle;
}

static void add_id(Writer *w, uint64_t id)
{
    if (w->written == w->ids_room) {
        w->ids_room = w->ids_room ? 2 * w->ids_room : 256;
        w->ids = alloc_resize(w->ids, w->ids_room, sizeof *w->ids);
    }
    w->ids[w->written++] = id;
}

static void write_line(Kanata *k, unsigned writer, const Line *line)
{
    Writer *w = &k->writers[writer];
    go_to(k, line->cycle);
    if (line->command == 'I') {
        fprintf(k->file, "I\t%" PRIu64 "\t%" PRIu64 "\t%u\n", k->rows,
                line->row, writer);
        add_id(w, k->rows++);
        return;
    }
    fprintf(k->file, "%c\t%" PRIu64 "\t", line->command, w->ids[line->row]);
    switch (line->command) {
    case 'L': fprintf(k->file, "%u\t%s\n", line->kind, line->text); break;
    case 'W':
        fprintf(k->file, "%" PRIu64 "\t0\n", w->ids[line->producer]);
        break;
    case 'R':
        /* A flushed row has the number that the next retired one gets. */
        fprintf(k->file, "%" PRIu64 "\t%u\n", k->retired, line->kind);
        k->retired += !line->kind;
        break;
    default: fprintf(k->file, "%u\t%s\n", line->kind, line->name); break;
    }
}

/* --- Queues --------------------------------------------------------------- */

/* The writer whose line is next, or `count`: one that has nothing may yet tell
 * of what is before it. */
static unsigned next_writer(const Kanata *k, bool all)
{
    unsigned best = k->count;
    uint64_t cycle = UINT64_MAX;
    for (unsigned i = 0; i < k->count; i++) {
        const Writer *w = &k->writers[i];
        uint64_t at = w->count ? w->lines[w->first].cycle : w->now;
        if ((w->count || !all) && (at < cycle || (at == cycle && w->count))) {
            best = w->count ? i : k->count;
            cycle = at;
        }
    }
    return best;
}

static void write_lines(Kanata *k, bool all)
{
    for (unsigned i; (i = next_writer(k, all)) < k->count;) {
        Writer *w = &k->writers[i];
        Line *line = &w->lines[w->first];
        write_line(k, i, line);
        free(line->text);
        w->first = (w->first + 1) % w->room;
        w->count--;
    }
}

static void make_room(Writer *w)
{
    if (w->count < w->room)
        return;
    size_t room = w->room ? 2 * w->room : 16;
    Line *lines = alloc_zeroed(room, sizeof *lines);
    for (size_t i = 0; i < w->count; i++)
        lines[i] = w->lines[(w->first + i) % w->room];
    free(w->lines);
    w->lines = lines;
    w->first = 0;
    w->room = room;
}

static void tell(Kanata *k, unsigned writer, Line line)
{
    Writer *w = &k->writers[writer];
    assert(line.cycle >= w->now);
    make_room(w);
    w->now = line.cycle;
    w->lines[(w->first + w->count++) % w->room] = line;
    write_lines(k, false);
}

/* --- Rows ----------------------------------------------------------------- */

uint64_t kanata_begin(Kanata *k, unsigned writer, uint64_t cycle)
{
    uint64_t row = k->writers[writer].rows++;
    tell(k, writer, (Line){.cycle = cycle, .row = row, .command = 'I'});
    return row;
}

FILE *kanata_begin_label(Kanata *k)
{
    k->label = open_memstream(&k->text, &k->size);
    if (!k->label)
        abort();
    return k->label;
}

void kanata_end_label(Kanata *k, unsigned writer, uint64_t row,
                      KanataLabel label)
{
    fclose(k->label);
    tell(k, writer,
         (Line){.cycle = k->writers[writer].now,
                .row = row,
                .command = 'L',
                .kind = label,
                .text = k->text});
}

/* The stage's begin ('S') or end ('E'). */
static void tell_stage(Kanata *k, unsigned writer, uint64_t row, char command,
                       KanataLane lane, const char *name, uint64_t cycle)
{
    tell(k, writer,
         (Line){.cycle = cycle,
                .row = row,
                .command = command,
                .kind = lane,
                .name = name});
}

void kanata_enter(Kanata *k, unsigned writer, uint64_t row, KanataLane lane,
                  const char *name, uint64_t cycle)
{
    tell_stage(k, writer, row, 'S', lane, name, cycle);
}

void kanata_leave(Kanata *k, unsigned writer, uint64_t row, KanataLane lane,
                  const char *name, uint64_t cycle)
{
    tell_stage(k, writer, row, 'E', lane, name, cycle);
}

void kanata_depend(Kanata *k, unsigned writer, uint64_t row, uint64_t producer)
{
    tell(k, writer,
         (Line){.cycle = k->writers[writer].now,
                .row = row,
                .command = 'W',
                .producer = producer});
}

void kanata_end(Kanata *k, unsigned writer, uint64_t row, uint64_t cycle,
                bool flushed)
{
    tell(k, writer,
         (Line){.cycle = cycle, .row = row, .command = 'R', .kind = flushed});
}

/* --- Life ----------------------------------------------------------------- */

Kanata *kanata_create(FILE *file, unsigned writers)
{
    Kanata *k = alloc_zeroed(1, sizeof *k);
    k->file = file;
    k->writers = alloc_zeroed(writers, sizeof *k->writers);
    k->count = writers;
    return k;
}

void kanata_finish(Kanata *k)
{
    write_lines(k, true);
    if (!k->begun)
        go_to(k, 0);
}

void kanata_destroy(Kanata *k)
{
    if (!k)
        return;
    for (unsigned i = 0; i < k->count; i++) {
        Writer *w = &k->writers[i];
        for (size_t j = 0; j < w->count; j++)
            free(w->lines[(w->first + j) % w->room].text);
        free(w->lines);
        free(w->ids);
    }
    free(k->writers);
    free(k);
}
