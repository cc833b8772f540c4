/* DS1287 real-time clock: time, calendar, alarm, periodic interrupt and 50
 * bytes of RAM, one register a word.  After the Dallas DS12887 data sheet.
 *
 * Time comes from a divider chain that starts from zero at cycle `origin`.
 * Half a second later, and every second from there, an update cycle moves the
 * time on; each tap of the chain with period P sets PF at origin + P/2 and
 * every P from there.  So PF lies half a period off the update, as in the data
 * sheet's timing diagram, and the first update comes 500 ms after the chain is
 * released from reset.  Boundaries are computed from the origin, never from
 * each other: no clock frequency makes them drift.
 *
 * Between two update cycles only flag C.PF changes by itself; it is brought up
 * to date when somebody looks, and by an event when it is to interrupt. */
#include "hwmodel/dev/ds1287.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <assert.h>
#include <stdlib.h>

enum {
    SECONDS = 0x0,
    SECONDS_ALARM = 0x1,
    MINUTES = 0x2,
    MINUTES_ALARM = 0x3,
    HOURS = 0x4,
    HOURS_ALARM = 0x5,
    WEEKDAY = 0x6, /* 1 is Sunday */
    DAY = 0x7,
    MONTH = 0x8,
    YEAR = 0x9,
    REG_A = 0xa,
    REG_B = 0xb,
    REG_C = 0xc,
    REG_D = 0xd,
    RAM = 0xe,
    DEC_YEAR = 0x3f, /* a byte of RAM: where Linux keeps the years, see below */
    REGS = 0x40,

    A_UIP = 0x80,
    A_DIVIDER = 0x70,
    A_DIVIDER_ON = 0x20,
    A_RATE = 0x0f,

    B_SET = 0x80,
    B_PIE = 0x40,
    B_AIE = 0x20,
    B_UIE = 0x10,
    B_SQWE = 0x08,
    B_BINARY = 0x04,
    B_24H = 0x02,
    B_DSE = 0x01,

    C_IRQF = 0x80,
    C_PF = 0x40,
    C_AF = 0x20,
    C_UF = 0x10,
    C_FLAGS = C_PF | C_AF | C_UF,

    D_VRT = 0x80,

    HOURS_PM = 0x80,
    ALARM_ANY = 0xc0, /* both bits: matches every value */
};

enum { SUNDAY = 1, APRIL = 4, OCTOBER = 10 };

typedef struct Ds1287 {
    Device device;
    EventQueue *events;
    Line irq;
    uint8_t regs[REGS];
    uint64_t origin;       /* cycle, modulo 2^64, of the chain's zero */
    uint64_t periods_seen; /* boundaries of PF since the origin */
    uint64_t held;         /* updates that SET has held back */
    bool written;          /* the time was set while SET held it */
    bool fell_back;        /* daylight saving has given the hour back */
    Event update;
    Event period;
    uint64_t count_periodic;
} Ds1287;

/* Numbers, in the format that register B selects. */

static unsigned decode(const Ds1287 *rtc, unsigned value)
{
    if (rtc->regs[REG_B] & B_BINARY)
        return value;
    return (value >> 4) * 10 + (value & 0xf);
}

static uint8_t encode(const Ds1287 *rtc, unsigned number)
{
    if (rtc->regs[REG_B] & B_BINARY)
        return (uint8_t)number;
    return (uint8_t)(number / 10 << 4 | number % 10);
}

static unsigned get_hour(const Ds1287 *rtc)
{
    unsigned value = rtc->regs[HOURS];
    if (rtc->regs[REG_B] & B_24H)
        return decode(rtc, value);
    unsigned hour = decode(rtc, value & ~(unsigned)HOURS_PM) % 12;
    return value & HOURS_PM ? hour + 12 : hour;
}

static void set_hour(Ds1287 *rtc, unsigned hour)
{
    if (rtc->regs[REG_B] & B_24H) {
        rtc->regs[HOURS] = encode(rtc, hour);
        return;
    }
    uint8_t pm = hour >= 12 ? HOURS_PM : 0;
    rtc->regs[HOURS] = encode(rtc, (hour + 11) % 12 + 1) | pm;
}

/* The calendar.  The guest may have left any value in any register. */

static unsigned month_days(unsigned month, unsigned year)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30,
                                   31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12)
        return 31;
    return days[month - 1] + (month == 2 && year % 4 == 0);
}

/* Adds one to a register; true if it went past `last` and began anew. */
static bool count_up(Ds1287 *rtc, unsigned reg, unsigned first, unsigned last)
{
    unsigned number = decode(rtc, rtc->regs[reg]);
    bool carry = number >= last;
    rtc->regs[reg] = encode(rtc, carry ? first : number + 1);
    return carry;
}

static void next_day(Ds1287 *rtc)
{
    rtc->fell_back = false;
    count_up(rtc, WEEKDAY, 1, 7);
    unsigned month = decode(rtc, rtc->regs[MONTH]);
    unsigned year = decode(rtc, rtc->regs[YEAR]);
    if (count_up(rtc, DAY, 1, month_days(month, year)) &&
        count_up(rtc, MONTH, 1, 12))
        count_up(rtc, YEAR, 0, 99);
}

/* The hour after `hour` under daylight saving: 1:59:59 on the first Sunday in
 * April is followed by 3:00:00, on the last Sunday in October, once, by
 * 1:00:00. */
static unsigned saving_hour(Ds1287 *rtc, unsigned hour)
{
    if (!(rtc->regs[REG_B] & B_DSE) || hour != 1 ||
        decode(rtc, rtc->regs[WEEKDAY]) != SUNDAY)
        return hour + 1;
    unsigned day = decode(rtc, rtc->regs[DAY]);
    unsigned month = decode(rtc, rtc->regs[MONTH]);
    if (month == APRIL && day <= 7)
        return 3;
    if (month == OCTOBER && day >= 25 && !rtc->fell_back) {
        rtc->fell_back = true;
        return 1;
    }
    return hour + 1;
}

static void next_second(Ds1287 *rtc)
{
    if (!count_up(rtc, SECONDS, 0, 59) || !count_up(rtc, MINUTES, 0, 59))
        return;
    unsigned hour = saving_hour(rtc, get_hour(rtc));
    set_hour(rtc, hour > 23 ? 0 : hour);
    if (hour > 23)
        next_day(rtc);
}

static bool alarm_matches(const Ds1287 *rtc, unsigned time, unsigned alarm)
{
    uint8_t value = rtc->regs[alarm];
    return (value & ALARM_ANY) == ALARM_ANY || value == rtc->regs[time];
}

/* The divider chain. */

static bool is_running(const Ds1287 *rtc)
{
    return (rtc->regs[REG_A] & A_DIVIDER) == A_DIVIDER_ON;
}

/* Frequency of the periodic interrupt in Hz, or 0. */
static unsigned get_rate(const Ds1287 *rtc)
{
    unsigned select = rtc->regs[REG_A] & A_RATE;
    if (!is_running(rtc) || select == 0)
        return 0;
    return select < 3 ? 256u >> (select - 1) : 32768u >> (select - 1);
}

/* Boundaries of PF from the origin until now: the k-th, from 0, lies
 * (2k + 1) / (2 rate) seconds after the origin. */
static uint64_t count_periods(const Ds1287 *rtc)
{
    uint64_t elapsed = events_now(rtc->events) - rtc->origin;
    unsigned __int128 halves =
        (unsigned __int128)elapsed * 2 * get_rate(rtc) / events_hz(rtc->events);
    return (uint64_t)((halves + 1) / 2);
}

/* Brings PF up to date. */
static void sync_period(Ds1287 *rtc)
{
    if (!get_rate(rtc))
        return;
    uint64_t periods = count_periods(rtc);
    if (periods <= rtc->periods_seen)
        return;
    rtc->periods_seen = periods;
    rtc->regs[REG_C] |= C_PF;
}

static bool is_interrupting(const Ds1287 *rtc)
{
    return rtc->regs[REG_C] & rtc->regs[REG_B] & C_FLAGS;
}

/* Sets the interrupt line, and the event of the next periodic interrupt. */
static void update_irq(Ds1287 *rtc)
{
    line_set(&rtc->irq, is_interrupting(rtc));
    unsigned rate = get_rate(rtc);
    if (rate && rtc->regs[REG_B] & B_PIE && !(rtc->regs[REG_C] & C_PF))
        events_schedule(rtc->events, &rtc->period,
                        rtc->origin + events_cycles(rtc->events,
                                                    2 * rtc->periods_seen + 1,
                                                    2 * rate));
    else
        events_cancel(rtc->events, &rtc->period);
}

static void run_period(void *ctx)
{
    Ds1287 *rtc = ctx;
    rtc->count_periodic++;
    sync_period(rtc);
    update_irq(rtc);
}

static void run_update(void *ctx)
{
    Ds1287 *rtc = ctx;
    uint64_t hz = events_hz(rtc->events);
    events_schedule(rtc->events, &rtc->update, rtc->update.cycle + hz);
    if (rtc->regs[REG_B] & B_SET) {
        rtc->held++;
        return;
    }
    next_second(rtc);
    rtc->regs[REG_C] |= C_UF;
    if (alarm_matches(rtc, SECONDS, SECONDS_ALARM) &&
        alarm_matches(rtc, MINUTES, MINUTES_ALARM) &&
        alarm_matches(rtc, HOURS, HOURS_ALARM))
        rtc->regs[REG_C] |= C_AF;
    update_irq(rtc);
}

/* Registers. */

static void write_a(Ds1287 *rtc, uint8_t value)
{
    bool was_running = is_running(rtc);
    rtc->regs[REG_A] = value & (A_DIVIDER | A_RATE);
    if (!is_running(rtc)) {
        events_cancel(rtc->events, &rtc->update);
    } else if (!was_running) {
        rtc->origin = events_now(rtc->events);
        events_schedule(rtc->events, &rtc->update,
                        rtc->origin + events_hz(rtc->events) / 2);
    }
    /* Another tap: what it did before is not seen. */
    rtc->periods_seen = get_rate(rtc) ? count_periods(rtc) : 0;
}

/* SET freezes the registers while the clock runs on behind them; what the
 * guest has written meanwhile is the new time. */
static void write_b(Ds1287 *rtc, uint8_t value)
{
    bool was_set = rtc->regs[REG_B] & B_SET;
    if (value & B_SET)
        value &= (uint8_t)~B_UIE;
    rtc->regs[REG_B] = value;
    if (value & B_SET && !was_set) {
        rtc->held = 0;
        rtc->written = false;
    } else if (!(value & B_SET) && was_set && !rtc->written) {
        for (; rtc->held > 0; rtc->held--)
            next_second(rtc);
    }
}

static uint8_t read_a(const Ds1287 *rtc)
{
    uint64_t warning = events_cycles(rtc->events, 244, 1000000);
    bool updating = is_running(rtc) && !(rtc->regs[REG_B] & B_SET) &&
                    rtc->update.cycle <= events_now(rtc->events) + warning;
    return rtc->regs[REG_A] | (updating ? A_UIP : 0);
}

static uint8_t read_c(Ds1287 *rtc)
{
    uint8_t value = rtc->regs[REG_C];
    if (is_interrupting(rtc))
        value |= C_IRQF;
    rtc->regs[REG_C] = 0;
    return value;
}

static uint32_t rtc_read(Device *device, uint32_t offset, unsigned size)
{
    (void)size;
    Ds1287 *rtc = (Ds1287 *)device;
    if (offset & 3)
        return 0;
    sync_period(rtc);
    uint8_t value;
    switch (offset / 4) {
    case REG_A: value = read_a(rtc); break;
    case REG_C: value = read_c(rtc); break;
    case REG_D: value = D_VRT; break;
    default: value = rtc->regs[offset / 4];
    }
    update_irq(rtc);
    return value;
}

static void rtc_write(Device *device, uint32_t offset, unsigned size,
                      uint32_t value)
{
    (void)size;
    Ds1287 *rtc = (Ds1287 *)device;
    if (offset & 3)
        return;
    sync_period(rtc);
    unsigned reg = offset / 4;
    switch (reg) {
    case REG_A: write_a(rtc, (uint8_t)value); break;
    case REG_B: write_b(rtc, (uint8_t)value); break;
    case REG_C:
    case REG_D: break;
    default:
        rtc->regs[reg] = (uint8_t)value;
        if (reg < REG_A)
            rtc->written = true;
    }
    update_irq(rtc);
}

/* The reset pin: the battery keeps time and RAM. */
static void rtc_reset(Device *device)
{
    Ds1287 *rtc = (Ds1287 *)device;
    sync_period(rtc);
    rtc->regs[REG_B] &= (uint8_t) ~(B_PIE | B_AIE | B_UIE | B_SQWE);
    rtc->regs[REG_C] = 0;
    update_irq(rtc);
}

static void rtc_destroy(Device *device)
{
    Ds1287 *rtc = (Ds1287 *)device;
    events_cancel(rtc->events, &rtc->update);
    events_cancel(rtc->events, &rtc->period);
    free(rtc);
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* DEC's firmware keeps the chip in the years 72 (leap) and 73, and the guest
 * corrects it by a byte of RAM.  Linux reads that byte in two ways, as
 * 2000 + byte + chip - 72 (arch/mips/dec/time.c) and as
 * 1900 + byte + chip - 72, plus 100 if that gives 1969 or less
 * (rtc-mc146818-lib.c): they agree for 2000 to 2069.  Other years are written
 * for the second. */
static void set_year(Ds1287 *rtc, int64_t year, unsigned month)
{
    unsigned chip = !is_leap(year) && month < 3 ? 73 : 72;
    int64_t base = year >= 2000 && year <= 2069 ? 2000 : 1900;
    rtc->regs[YEAR] = encode(rtc, chip);
    rtc->regs[DEC_YEAR] = (uint8_t)(year - base - (chip - 72));
}

static void set_date(Ds1287 *rtc, int64_t date)
{
    assert(date >= 0 && date < DS1287_DATE_END);
    int64_t days = date / 86400;
    unsigned second = (unsigned)(date % 86400);
    rtc->regs[SECONDS] = encode(rtc, second % 60);
    rtc->regs[MINUTES] = encode(rtc, second / 60 % 60);
    set_hour(rtc, second / 3600);
    rtc->regs[WEEKDAY] = encode(rtc, (unsigned)((days + 4) % 7) + 1);
    int64_t year = 1970;
    for (; days >= 365 + is_leap(year); year++)
        days -= 365 + is_leap(year);
    unsigned month = 1;
    unsigned like = is_leap(year) ? 0 : 1; /* a two-digit year of that kind */
    for (; days >= month_days(month, like); month++)
        days -= month_days(month, like);
    rtc->regs[DAY] = encode(rtc, (unsigned)days + 1);
    rtc->regs[MONTH] = encode(rtc, month);
    set_year(rtc, year, month);
}

static const DeviceReg regs[] = {
    {4 * SECONDS, 4, "seconds", "byte 0 of the word, as in all registers"},
    {4 * SECONDS_ALARM, 4, "seconds alarm", "11xxxxxx matches every second"},
    {4 * MINUTES, 4, "minutes", ""},
    {4 * MINUTES_ALARM, 4, "minutes alarm", "11xxxxxx matches every minute"},
    {4 * HOURS, 4, "hours", "bit 7 is PM in 12-hour mode"},
    {4 * HOURS_ALARM, 4, "hours alarm", "11xxxxxx matches every hour"},
    {4 * WEEKDAY, 4, "day of week", "1 (Sunday) to 7"},
    {4 * DAY, 4, "date of month", ""},
    {4 * MONTH, 4, "month", ""},
    {4 * YEAR, 4, "year", "0 to 99; leap if divisible by 4"},
    {4 * REG_A, 4, "A",
     "7 UIP (from 244 us before an update, read only), 6:4 divider: 010 runs, "
     "all else stops the clock, 3:0 rate of the periodic interrupt"},
    {4 * REG_B, 4, "B",
     "7 SET, 6 PIE, 5 AIE, 4 UIE, 3 SQWE (the pin is not connected), 2 DM "
     "(binary), 1 24/12, 0 DSE"},
    {4 * REG_C, 4, "C",
     "7 IRQF, 6 PF, 5 AF, 4 UF, others 0; reading clears it; read only"},
    {4 * REG_D, 4, "D", "7 VRT reads 1, others 0; read only"},
    {4 * RAM, 4 * (DEC_YEAR - RAM), "RAM", "49 bytes of battery-backed RAM"},
    {4 * DEC_YEAR, 4, "RAM (year)",
     "set to the year: it is 2000 + this + (year register - 72)"},
};

static const StatRow stats[] = {
    {"periodic", "interrupts", "periodic interrupts",
     offsetof(Ds1287, count_periodic)},
};

static const CkptField state[] = {
    CKPT_ARRAY(Ds1287, regs),         CKPT_FIELD(Ds1287, origin),
    CKPT_FIELD(Ds1287, periods_seen), CKPT_UP_TO(Ds1287, held, UINT32_MAX),
    CKPT_BOOL(Ds1287, written),       CKPT_BOOL(Ds1287, fell_back),
};

static const DeviceEvent saved_events[] = {
    DEVICE_EVENT(Ds1287, update),
    DEVICE_EVENT(Ds1287, period),
};

const DeviceClass ds1287_class = {
    .name = "ds1287",
    .text = "DS1287 real-time clock",
    .regs = regs,
    .reg_count = ARRAY_LEN(regs),
    .span = 4 * REGS,
    .read = rtc_read,
    .write = rtc_write,
    .reset = rtc_reset,
    .destroy = rtc_destroy,
    .stats = stats,
    .stat_count = ARRAY_LEN(stats),
    .state = state,
    .state_count = ARRAY_LEN(state),
    .events = saved_events,
    .event_count = ARRAY_LEN(saved_events),
};

Device *ds1287_create(EventQueue *events, int64_t date, Line irq)
{
    Ds1287 *rtc = alloc_zeroed(1, sizeof *rtc);
    rtc->device.cls = &ds1287_class;
    rtc->events = events;
    rtc->irq = irq;
    event_init(&rtc->update, run_update, rtc);
    event_init(&rtc->period, run_period, rtc);
    /* As DEC's firmware leaves it: running, 1024 Hz, binary, 24 hours.  The
     * chain is half-way: `date` begins now, and lasts a whole second. */
    rtc->regs[REG_A] = A_DIVIDER_ON | 6;
    rtc->regs[REG_B] = B_BINARY | B_24H;
    uint64_t now = events_now(events), hz = events_hz(events);
    rtc->origin = now - hz / 2;
    events_schedule(events, &rtc->update, now + hz);
    rtc->periods_seen = count_periods(rtc);
    set_date(rtc, date);
    return &rtc->device;
}
