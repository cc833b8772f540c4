/* Where the host's time went; see hostprofile.h. */
#include "base/hostprofile.h"

#include <inttypes.h>

void hostprofile_start(HostProfile *p)
{
    *p = (HostProfile){.part = HOST_OTHER, .since = hostprofile_now()};
}

void hostprofile_write(HostProfile *p, double seconds, FILE *out)
{
    static const struct {
        const char *name, *text;
    } parts[HOST_PARTS] = {
#define PART(id, name, text) {name, text},
#include "base/hostprofile.def"
#undef PART
    };
    hostprofile_enter(p, p->part);
    uint64_t total = 0;
    for (unsigned i = 0; i < HOST_PARTS; i++)
        total += p->ticks[i];
    for (unsigned i = 0; i < HOST_PARTS; i++) {
        double share = total ? (double)p->ticks[i] / (double)total : 0;
        fprintf(out, "  %-10s %8.3f s %5.1f %%  %12" PRIu64 "  %s\n",
                parts[i].name, share * seconds, share * 100, p->entries[i],
                parts[i].text);
    }
}
