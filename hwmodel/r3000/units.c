/* Results that are awaited: HI and LO, and the R3010's.
 *
 * The pipeline issues in order and waits where an operand, the destination or
 * the unit is not free yet.  A unit is occupied until its result is there; the
 * R3010's adder, multiplier and divider work side by side.  Loads and transfers
 * into its registers have the architected delay slot and no interlock. */
#include "hwmodel/r3000/r3000_impl.h"

static R3000Unit unit_of(R3000Latency latency)
{
    static const uint8_t units[R3000_LATENCIES] = {
#define LATENCY(id, unit) [R3000_LATENCY_##id] = R3000_UNIT_##unit,
#include "hwmodel/r3000/latency.def"
#undef LATENCY
    };
    return (R3000Unit)units[latency];
}

uint64_t r3000_hilo(R3000 *r, uint64_t now)
{
    uint64_t end = r3000_later(now, r->unit_free[R3000_UNIT_MULDIV]);
    return r3000_wait(r, R3000_CAUSE_HILO, end - now);
}

uint64_t r3000_muldiv(R3000 *r, uint64_t now, R3000Latency latency)
{
    uint64_t wait = r3000_hilo(r, now);
    r->counters.muldivs++;
    r->unit_free[R3000_UNIT_MULDIV] = now + wait + r->desc.latency[latency];
    return wait;
}

/* When all registers of the set are free, `now` at the earliest. */
static uint64_t ready(const R3000 *r, uint64_t now, uint32_t set)
{
    for (; set; set &= set - 1)
        now = r3000_later(now, r->fp_ready[__builtin_ctz(set)]);
    return now;
}

static void set_ready(R3000 *r, uint32_t set, uint64_t at)
{
    for (; set; set &= set - 1)
        r->fp_ready[__builtin_ctz(set)] = at;
}

uint64_t r3000_fp(R3000 *r, uint64_t now, R3000Latency latency, uint32_t reads,
                  uint32_t writes)
{
    uint64_t *unit = &r->unit_free[unit_of(latency)];
    uint64_t issue = r3000_later(ready(r, now, reads | writes), *unit);
    r->counters.fp_ops++;
    *unit = issue + r->desc.latency[latency];
    set_ready(r, writes, *unit);
    return r3000_wait(r, R3000_CAUSE_FP, issue - now);
}

uint64_t r3000_fp_transfer(R3000 *r, uint64_t now, uint32_t reads,
                           uint32_t writes)
{
    uint64_t issue = ready(r, now, reads | writes);
    return r3000_wait(r, R3000_CAUSE_FP, issue - now);
}
