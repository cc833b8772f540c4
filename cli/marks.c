/* Moments of a run; see marks.h. */
#include "cli/marks.h"

#include "base/alloc.h"
#include "cli/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

static double clock_seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void marks_add(Marks *marks, const char *text)
{
    marks->list =
        alloc_resize(marks->list, marks->count + 1, sizeof *marks->list);
    marks->list[marks->count++] = (Mark){.text = text};
}

void marks_reach(Marks *marks, Machine *machine, double seconds)
{
    Mark *mark = &marks->list[marks->reached++];
    mark->insns = machine_insns(machine);
    mark->cycles = machine_cycles(machine);
    mark->seconds = seconds;
    mark->thread_seconds = clock_seconds(CLOCK_THREAD_CPUTIME_ID);
    mark->process_seconds = clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
    if (marks->reached < marks->count)
        machine_set_mark(machine, marks->list[marks->reached].text);
}

void marks_free(Marks *marks)
{
    free(marks->list);
    *marks = (Marks){NULL, 0, 0};
}

void marks_write_text(const Marks *marks, FILE *out)
{
    Mark last = {.insns = 0};
    for (size_t i = 0; i < marks->reached; i++) {
        const Mark *m = &marks->list[i];
        double seconds = m->seconds - last.seconds;
        uint64_t insns = m->insns - last.insns;
        fprintf(out,
                "  to mark      %16" PRIu64 "   instructions, %" PRIu64
                " cycles, %.3f s, %.1f MIPS: ",
                insns, m->cycles - last.cycles, seconds,
                seconds > 0 ? (double)insns / seconds / 1e6 : 0);
        report_write_json_text(out, m->text);
        fputc('\n', out);
        last = *m;
    }
}

void marks_write_json(const Marks *marks, FILE *out)
{
    if (marks->count == 0)
        return;
    fputs("  \"marks\": [", out);
    for (size_t i = 0; i < marks->reached; i++) {
        const Mark *m = &marks->list[i];
        fputs(i ? ",\n    {\"text\": " : "\n    {\"text\": ", out);
        report_write_json_text(out, m->text);
        fprintf(out,
                ", \"instructions\": %" PRIu64 ", \"cycles\": %" PRIu64 "}",
                m->insns, m->cycles);
    }
    fputs("],\n", out);
}

void marks_write_json_host(const Marks *marks, FILE *out)
{
    if (marks->count == 0)
        return;
    fputs(", \"marks\": [", out);
    for (size_t i = 0; i < marks->reached; i++) {
        const Mark *m = &marks->list[i];
        fprintf(out,
                "%s{\"seconds\": %.6f, \"thread_seconds\": %.6f, "
                "\"process_seconds\": %.6f}",
                i ? ", " : "", m->seconds, m->thread_seconds,
                m->process_seconds);
    }
    fputc(']', out);
}
