/* The keys [fast_forward]; see fastforward.h. */
#include "morph/fastforward.h"

#include "base/bits.h"

bool fastforward_read(FastForward *f, const Config *config,
                      const ElfImage *image, Diag *diag)
{
    *f = (FastForward){.warm = config_int(config, CONFIG_FAST_FORWARD_WARM)};
    if (!point_read(&f->to, "fast_forward.to",
                    config_text(config, CONFIG_FAST_FORWARD_TO), image, diag))
        return false;
    if (f->to.kind == POINT_NONE)
        return f->warm == 0 ||
               diag_error(diag,
                          "fast_forward.warm = %s: nothing is "
                          "fast-forwarded; set fast_forward.to, too",
                          config_text(config, CONFIG_FAST_FORWARD_WARM));
    return config_choice(config, CONFIG_CPU_MODEL) != MODEL_FUNCTIONAL ||
           *config_text(config, CONFIG_SAMPLE_LIBRARY) ||
           diag_error(diag,
                      "fast_forward.to = %s: cpu.model = %s has no timed model "
                      "to go on with; add --model vliw or r3000",
                      config_text(config, CONFIG_FAST_FORWARD_TO),
                      config_text(config, CONFIG_CPU_MODEL));
}

void fastforward_add_stats(const Forwarded *forwarded, Stats *stats)
{
    static const StatRow rows[] = {
        {"insns", "instructions", "forwarded, a cycle each",
         offsetof(Forwarded, insns)},
        {"warm.insns", "instructions",
         "that warmed the timed model, a cycle each",
         offsetof(Forwarded, warm_insns)},
        {"warm.cycles", "cycles",
         "that the timed model counted for them, beside the clock",
         offsetof(Forwarded, warm_cycles)},
    };
    stats_add(stats, "fast_forward", rows, ARRAY_LEN(rows), forwarded);
}
