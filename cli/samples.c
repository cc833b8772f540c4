/* What is told of a sampled run; see samples.h. */
#include "cli/samples.h"

#include "base/estimate.h"

#include <inttypes.h>

bool samples_are_missing(const Run *run)
{
    const Sample *s = machine_sample(run->machine);
    return s && !sample_is_enough(s);
}

/* The intervals that are missing, a few of them by their numbers. */
static void tell_points(const Run *run, const Sample *s)
{
    enum { NAMED_MAX = 8 };
    size_t missing = 0;
    fprintf(stderr, "selkirk: sample.points = %s: ",
            config_text(run->config, CONFIG_SAMPLE_POINTS));
    for (size_t i = 0; i < s->point_count; i++)
        if (sample_lacks(&s->points[i]) && missing++ < NAMED_MAX)
            fprintf(stderr, "%s%" PRIu64,
                    missing == 1 ? "what is measured lacks interval " : ", ",
                    s->points[i].interval);
    if (missing > NAMED_MAX)
        fprintf(stderr, " and %zu more", missing - NAMED_MAX);
    fprintf(stderr,
            ", of %" PRIu64 " instructions each, and nothing is estimated; "
            "begin and end where --bbv did\n",
            s->period);
}

void samples_tell_missing(const Run *run)
{
    const Sample *s = machine_sample(run->machine);
    if (s->points)
        tell_points(run, s);
    else
        fprintf(stderr,
                "selkirk: sample.period = %s: %s in what is measured, %" PRIu64
                " instructions, and two are needed to estimate it; take a "
                "shorter period%s\n",
                config_text(run->config, CONFIG_SAMPLE_PERIOD),
                s->count ? "one unit is" : "no unit is", s->whole,
                s->learn ? ", or a smaller sample.learn, behind which units "
                           "begin"
                         : "");
}

/* The half of the interval of a statistic, in percent of it. */
static double percent(const Run *run, const char *name)
{
    uint64_t value = stats_get(run->stats, name);
    uint64_t half = stats_get_half(run->stats, name);
    return value ? 100 * (double)half / (double)value : 0;
}

static double cpi(const Run *run)
{
    return (double)stats_get(run->stats, "run.cycles") /
           (double)machine_sample(run->machine)->whole;
}

/* By what quantile the intervals are made. */
static const char *method(const Sample *s)
{
    return s->points                    ? "none"
           : s->count < ESTIMATE_NORMAL ? "Student's t"
                                        : "normal";
}

void samples_write_text(const Run *run, FILE *out)
{
    const Sample *s = machine_sample(run->machine);
    if (!s || !sample_is_enough(s))
        return;
    fprintf(out,
            "  sampled      %16zu   units, %.2f %% of %" PRIu64
            " instructions; %" PRIu64 " warmed up\n"
            "  estimated    %16" PRIu64 "   cycles, CPI %.4f",
            s->count, 100 * (double)s->insns / (double)s->whole, s->whole,
            s->warmed, stats_get(run->stats, "run.cycles"), cpi(run));
    if (s->points)
        fputs("; SimPoint's weights know no error\n", out);
    else
        fprintf(out, ", both +- %.2f %% with 95 %% confidence (%s)\n",
                percent(run, "run.cycles"), method(s));
}

void samples_write_json(const Run *run, FILE *out)
{
    const Sample *s = machine_sample(run->machine);
    if (!s)
        return;
    fprintf(out,
            "  \"sample\": {\"units\": %zu, \"insns\": %" PRIu64
            ", \"warm_insns\": %" PRIu64 ", \"region_insns\": %" PRIu64,
            s->count, s->insns, s->warmed, s->whole);
    if (sample_is_enough(s))
        fprintf(
            out, ", \"cpi\": %.9f, \"cpi_ci95\": %.9f, \"interval\": \"%s\"",
            cpi(run), cpi(run) * percent(run, "run.cycles") / 100, method(s));
    fputs("},\n", out);
}

void samples_write_csv(const Run *run, FILE *out)
{
    const Sample *s = machine_sample(run->machine);
    size_t rows = stats_sampled_count(run->stats);
    fputs("at,insns,weight", out);
    for (size_t i = 0; i < rows; i++)
        fprintf(out, ",%s", stats_sampled_name(run->stats, i));
    fputc('\n', out);
    for (size_t i = 0; i < s->count; i++) {
        const SampleUnit *unit = &s->units[i];
        fprintf(out, "%" PRIu64 ",%" PRIu64 ",%.9g", unit->at, unit->insns,
                unit->weight);
        for (size_t row = 0; row < rows; row++)
            fprintf(out, ",%" PRIu64, unit->counts[row]);
        fputc('\n', out);
    }
}
