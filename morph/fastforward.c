/* The keys [fast_forward]; see fastforward.h. */
#include "morph/fastforward.h"

#include "base/bits.h"
#include "base/number.h"

#include <string.h>

/* Configurations are written as INI and read again, where blanks at the ends
 * of a value are lost, and what follows " ;" is a comment. */
static bool survives_ini(const char *text)
{
    size_t size = strlen(text);
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p < ' ' || *p == '\x7f')
            return false;
    return size && text[size - 1] != ' ' && !strstr(text, " ;");
}

static bool read_point(FastForward *f, const char *to, Diag *diag)
{
    static const char until[] = "until:";
    if (strcmp(to, "roi") == 0) {
        f->to = FAST_FORWARD_ROI;
        return true;
    }
    if (strncmp(to, until, sizeof until - 1) == 0) {
        f->to = FAST_FORWARD_TEXT;
        f->text = to + sizeof until - 1;
        return survives_ini(f->text) ||
               diag_error(diag,
                          "fast_forward.to = \"%s\": the text is empty, ends "
                          "with a blank, or has \" ;\" or control characters "
                          "in it; choose another part of the line",
                          to);
    }
    if (!number_parse(to, 1000, &f->insns))
        return diag_error(diag,
                          "fast_forward.to = \"%s\" is no point; write a "
                          "number of instructions such as 250M, until:TEXT, "
                          "or roi",
                          to);
    f->to = f->insns ? FAST_FORWARD_INSNS : FAST_FORWARD_NONE;
    return true;
}

bool fastforward_read(FastForward *f, const Config *config, Diag *diag)
{
    *f = (FastForward){.warm = config_int(config, CONFIG_FAST_FORWARD_WARM)};
    if (!read_point(f, config_text(config, CONFIG_FAST_FORWARD_TO), diag))
        return false;
    if (f->to == FAST_FORWARD_NONE)
        return f->warm == 0 ||
               diag_error(diag,
                          "fast_forward.warm = %s: nothing is "
                          "fast-forwarded; set fast_forward.to, too",
                          config_text(config, CONFIG_FAST_FORWARD_WARM));
    return config_choice(config, CONFIG_CPU_MODEL) != MODEL_FUNCTIONAL ||
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
