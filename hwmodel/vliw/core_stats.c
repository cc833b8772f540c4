/* What the core counts: the rows of "cycles" and "core". */
#include "hwmodel/vliw/core_impl.h"

#include <stddef.h>

#define ROW(name, unit, field, text)                                           \
    {                                                                          \
        name, unit, text, offsetof(CoreCounters, field)                        \
    }

/* In the order of molecule_format_name(). */
static const StatRow core_rows[] = {
    ROW("molecules", "molecules", molecules, "molecules issued"),
    ROW("atoms", "atoms", atoms, "atoms issued"),
    ROW("nops", "slots", nops,
        "32-bit parts of molecules with no atom or immediate"),
    ROW("format.lsu_alu1_alu0_imm32", "molecules", format[0],
        "128 bits: memory, ALU1, ALU0, immediate"),
    ROW("format.lsu_alu1_alu0_bru", "molecules", format[1],
        "128 bits: memory, ALU1, ALU0, branch"),
    ROW("format.lsu_alu1", "molecules", format[2], "64 bits: memory, ALU1"),
    ROW("format.alu0_imm32", "molecules", format[3],
        "64 bits: ALU0, immediate"),
    ROW("format.alu0_alu1", "molecules", format[4], "64 bits: ALU0, ALU1"),
    ROW("format.alu0_bru", "molecules", format[5], "64 bits: ALU0, branch"),
    ROW("format.free", "molecules", format[6],
        "any set of atoms, 32 bits each"),
    ROW("format.bits64", "molecules", format[7],
        "64 bits: up to 2 atoms and immediates"),
    ROW("format.bits128", "molecules", format[8], "128 bits: up to 4"),
    ROW("format.bits192", "molecules", format[9], "192 bits: up to 6"),
    ROW("format.bits256", "molecules", format[10], "256 bits: up to 8"),
    ROW("entries", "entries", entries, "translations entered"),
    ROW("exits", "exits", exits, "exits taken"),
    ROW("chained", "exits", chained,
        "exits that led to the next translation without the dispatcher"),
    ROW("branches", "branches", branches, "branches taken within translations"),
    ROW("commits", "commits", commits, "commits"),
    ROW("rollbacks", "rollbacks", rollbacks, "rollbacks"),
    ROW("faults.guest", "faults", faults[CORE_FAULT_GUEST],
        "accesses that raise a guest exception"),
    ROW("faults.mmio", "faults", faults[CORE_FAULT_MMIO],
        "accesses to what is not plain memory"),
    ROW("faults.code", "faults", faults[CORE_FAULT_CODE],
        "stores to translated code"),
    ROW("faults.alias", "faults", faults[CORE_FAULT_ALIAS],
        "stores to a protected address"),
    ROW("faults.store_buffer", "faults", faults[CORE_FAULT_STORE_BUFFER],
        "stores that the gated store buffer had no room for"),
    ROW("faults.trap", "faults", faults[CORE_FAULT_TRAP], "traps"),
    ROW("faults.fp", "faults", faults[CORE_FAULT_FP],
        "floating-point operations refused"),
    ROW("stores", "stores", stores, "gated stores committed"),
    ROW("forwards", "loads", forwards,
        "loads with bytes from the gated store buffer"),
    ROW("tlb_misses", "misses", tlb_misses, "micro TLB misses"),
    ROW("insns.gear1", "instructions", insns[1],
        "guest instructions committed in gear 1"),
    ROW("insns.gear2", "instructions", insns[2],
        "guest instructions committed in gear 2"),
    ROW("runs", "runs", runs, "translations run to the end of the main path"),
    ROW("length", "cycles", length,
        "schedule length of the main path, summed over runs"),
    ROW("bound", "cycles", bound,
        "lower bound of that length, summed over runs"),
};

static const StatRow cause_rows[] = {
#define CAUSE(id, name, text) ROW(name, "cycles", cause[CORE_CAUSE_##id], text),
#define CAUSE_ONCE(id, name, text)
#include "hwmodel/vliw/cause.def"
#undef CAUSE
    ROW("total", "cycles", total, "all of them"),
};

static const StatRow once_rows[] = {
#define CAUSE(id, name, text)
#define CAUSE_ONCE(id, name, text)                                             \
    ROW(name, "cycles", cause[CORE_CAUSE_##id], text),
#include "hwmodel/vliw/cause.def"
#undef CAUSE
};

void core_add_stats(const Core *c, Stats *stats)
{
    stats_add(stats, "core", core_rows, ARRAY_LEN(core_rows), &c->counters);
    static const StatHistogram insns = {
        .name = "commit_insns",
        .unit = "commits",
        .of = "instructions",
        .text = "by guest instructions since the one before",
        .buckets = COMMIT_INSNS_BUCKETS};
    static const StatHistogram stores = {.name = "commit_stores",
                                         .unit = "commits",
                                         .of = "stores",
                                         .text =
                                             "by gated stores that it drained",
                                         .buckets = COMMIT_STORES_BUCKETS};
    stats_add_histogram(stats, "core", &insns, &c->counters.commit.insns);
    stats_add_histogram(stats, "core", &stores, &c->counters.commit.stores);
    stats_add(stats, "cycles", cause_rows, ARRAY_LEN(cause_rows), &c->counters);
    stats_add_once(stats, "cycles", once_rows, ARRAY_LEN(once_rows),
                   &c->counters);
}
