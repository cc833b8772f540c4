/* Translations that other processors have, taken over (tcache.sharing=copy).
 *
 * The layer looks into the caches of the others, in the order of their numbers,
 * where it would count or translate.  What it finds is compared with memory as
 * this processor maps it, and installed in its own cache: molecules, addresses,
 * counts and links stay each processor's own. */
#include "morph/layer_impl.h"

Translation *borrow(Layer *l, uint32_t pc, uint32_t pa, uint8_t mode,
                    unsigned gear)
{
    if (likely(!l->borrows))
        return NULL;
    l->stats.borrow_asked++;
    core_charge(l->core, CORE_CAUSE_WARM, l->cost.hash);
    for (const Layer *peer = l->group->first; peer;
         peer = peer->next_in_group) {
        const Translation *other =
            peer == l ? NULL : tcache_find_any(peer, pc, pa, mode, gear);
        Translation *t = other ? translate_borrowed(l, other) : NULL;
        if (t)
            return t;
    }
    return NULL;
}
