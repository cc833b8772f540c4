/* What comes to a machine from outside, and what it shows there: input scripts,
 * the console's keys, the network, the screen.  See machine.h. */
#include "morph/machine_impl.h"

/* What comes now comes at the clock's present cycle, as a script's step for
 * that cycle does: where there are several processors, one that was late may
 * have brought the devices' time further.  Returns that, for leave(). */
static uint64_t enter(Machine *m)
{
    uint64_t before = events_now(m->events);
    events_set_now(m->events, phases_now(m));
    return before;
}

/* The devices' time never goes back. */
static void leave(Machine *m, uint64_t before)
{
    if (before > phases_now(m))
        events_set_now(m->events, before);
}

/* --- Scripts and keys ------------------------------------------------------
 */

static bool has_nic(const Machine *m, unsigned slot)
{
    const BoardNic *nics;
    size_t count = board_nics(m->board, &nics);
    for (size_t i = 0; i < count; i++)
        if (nics[i].slot == slot)
            return true;
    return false;
}

bool machine_set_input(Machine *m, const InputScript *script, Diag *diag)
{
    for (size_t i = 0; i < script->count; i++) {
        const InputStep *step = &script->steps[i];
        if ((step->kind == INPUT_CARRIER || step->kind == INPUT_FRAME) &&
            !has_nic(m, step->slot))
            return diag_error(diag,
                              "the input script has a network card in slot %u, "
                              "where the machine has none; run the machine "
                              "that it was recorded on",
                              step->slot);
    }
    console_play(m->console, script);
    return true;
}

void machine_type(Machine *m, const void *bytes, size_t size)
{
    uint64_t before = enter(m);
    console_type(m->console, bytes, size);
    leave(m, before);
}

size_t machine_typed(const Machine *m)
{
    return console_typed(m->console);
}

/* --- Network and screen ----------------------------------------------------
 */

size_t machine_nics(const Machine *m, const BoardNic **nics)
{
    return board_nics(m->board, nics);
}

void machine_set_carrier(Machine *m, unsigned slot, bool carrier)
{
    uint64_t before = enter(m);
    board_net_carrier(m->board, slot, carrier);
    leave(m, before);
}

void machine_receive(Machine *m, unsigned slot, const void *bytes, size_t size)
{
    uint64_t before = enter(m);
    board_net_receive(m->board, slot, bytes, size);
    leave(m, before);
}

bool machine_screen(const Machine *m, BoardScreen *screen)
{
    return board_screen(m->board, screen);
}
