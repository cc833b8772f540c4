/* Processors that have their memory in common: what they have decoded, and the
 * links of LL, which stores of others end.
 *
 * One of them runs at a time, and says so by cpu_yield() when another one is to
 * run.  So a link concerns nobody while its holder runs; once it has yielded,
 * the page of the link is one that the others store to by the slow path alone,
 * which comes by here.  A store of the word ends the link, whatever it writes;
 * another word of the page does not. */
#include "frontend/cpu_impl.h"

#include "base/alloc.h"

#include <stdlib.h>

CpuGroup *cpu_group_create(Cpu *c)
{
    CpuGroup *group = alloc_zeroed(1, sizeof *group);
    group->first = c;
    return group;
}

void cpu_group_leave(Cpu *c)
{
    Cpu **place = &c->group->first;
    while (*place != c)
        place = &(*place)->next_in_group;
    *place = c->next_in_group;
    if (c->group->first)
        return;
    for (unsigned i = 0; i < CODE_TABLES; i++)
        free(c->group->code_tables[i]);
    free(c->group);
}

void cpu_join(Cpu *c, Cpu *first)
{
    cpu_group_leave(c);
    c->group = first->group;
    Cpu **place = &c->group->first;
    while (*place)
        place = &(*place)->next_in_group;
    *place = c;
}

void cpu_yield(Cpu *c)
{
    if (likely(!c->s.link))
        return;
    const uint8_t *host =
        c->bus.page(c->bus.ctx, c->s.link_pa & ~(PAGE_SIZE - 1u), true);
    for (Cpu *peer = c->group->first; host && peer; peer = peer->next_in_group)
        cpu_forget_fast_stores(peer, host);
}

bool cpu_page_has_links(const Cpu *c, uint32_t pa)
{
    const Cpu *peer = c->group->first;
    while (peer && !(peer != c && peer->s.link &&
                     (peer->s.link_pa ^ pa) >> PAGE_SHIFT == 0))
        peer = peer->next_in_group;
    return peer;
}

void cpu_end_links(Cpu *c, uint32_t pa)
{
    for (Cpu *peer = c->group->first; peer; peer = peer->next_in_group)
        if (peer != c && peer->s.link && (peer->s.link_pa ^ pa) < 4)
            peer->s.link = false;
}
