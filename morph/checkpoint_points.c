/* Where checkpoints are taken; see checkpoint.h. */
#include "morph/checkpoint.h"

#include "base/alloc.h"
#include "base/number.h"
#include "morph/machine_impl.h"

#include <stdlib.h>
#include <string.h>

typedef struct CheckpointPoint {
    Point point;     /* its text is a copy */
    uint64_t cycles; /* 0: not at a cycle */
} CheckpointPoint;

struct Checkpoints {
    CheckpointPoint *list;
    size_t count, next; /* all, and the one that is waited for */
};

static bool read_point(CheckpointPoint *p, const char *value,
                       const ElfImage *image, Diag *diag)
{
    static const char cycle[] = "cycle:";
    *p = (CheckpointPoint){.cycles = 0};
    if (strncmp(value, cycle, sizeof cycle - 1) == 0)
        return (number_parse(value + sizeof cycle - 1, 1000, &p->cycles) &&
                p->cycles) ||
               diag_error(diag,
                          "--checkpoint-at %s: after cycle: a number of cycles "
                          "is wanted, such as cycle:250M",
                          value);
    if (!point_read(&p->point, "--checkpoint-at", value, image, diag))
        return false;
    if (p->point.text)
        p->point.text = alloc_string(p->point.text);
    return p->point.kind != POINT_NONE ||
           diag_error(diag, "--checkpoint-at 0: nothing has happened there; "
                            "write a later point");
}

/* Waits for the next point, if there is one more. */
static void await(Machine *m)
{
    Checkpoints *c = m->checkpoints;
    const CheckpointPoint *p = c->next < c->count ? &c->list[c->next] : NULL;
    m->checkpoint_reached = false;
    console_checkpoint_text(
        m->console, p && p->point.kind == POINT_TEXT ? p->point.text : NULL);
    /* Where it is the instruction of the one before: when it comes again. */
    if (p && p->point.kind == POINT_SYMBOL)
        phases_set_watch(m, WATCH_CHECKPOINT, p->point.va,
                         c->next ? phases_insns(m) + 1 : 0);
    else
        phases_clear_watch(m, WATCH_CHECKPOINT);
}

bool machine_set_checkpoints(Machine *m, const char *const *points,
                             size_t count, Diag *diag)
{
    if (m->sample)
        return diag_error(diag, "sample.period: a sampled run takes no "
                                "checkpoints; take them in a run of its own, "
                                "without it");
    Checkpoints *c = m->checkpoints = alloc_zeroed(1, sizeof *c);
    c->list = alloc_zeroed(count, sizeof *c->list);
    for (; c->count < count; c->count++)
        if (!read_point(&c->list[c->count], points[c->count], m->image, diag))
            return false;
    for (unsigned i = 0; i < m->processor_count; i++)
        if (m->processors[i].layer)
            layer_keep_plans(m->processors[i].layer);
    await(m);
    return true;
}

void checkpoint_destroy(Checkpoints *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->count; i++)
        free((char *)c->list[i].point.text);
    free(c->list);
    free(c);
}

size_t machine_checkpoints(const Machine *m)
{
    return m->checkpoints ? m->checkpoints->next : 0;
}

static const CheckpointPoint *next_point(const Machine *m)
{
    const Checkpoints *c = m->checkpoints;
    return c && c->next < c->count ? &c->list[c->next] : NULL;
}

bool checkpoint_look(Machine *m)
{
    const CheckpointPoint *p = next_point(m);
    if (!p)
        return false;
    bool reached =
        m->checkpoint_reached || phases_watch_hit(m, WATCH_CHECKPOINT) ||
        (p->cycles && phases_now(m) >= p->cycles) ||
        (p->point.kind == POINT_INSNS && phases_insns(m) >= p->point.insns);
    if (!reached)
        return false;
    m->checkpoints->next++;
    await(m);
    return true;
}

bool checkpoint_wants_mark(const Machine *m)
{
    const CheckpointPoint *p = next_point(m);
    return p && p->point.kind == POINT_MARK;
}

uint64_t checkpoint_next_insns(const Machine *m)
{
    const CheckpointPoint *p = next_point(m);
    return p && p->point.kind == POINT_INSNS ? p->point.insns : UINT64_MAX;
}

uint64_t checkpoint_next_cycles(const Machine *m)
{
    const CheckpointPoint *p = next_point(m);
    return p && p->cycles ? p->cycles : UINT64_MAX;
}
