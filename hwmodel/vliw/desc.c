/* The machine description from its keys, and what they owe each other. */
#include "hwmodel/vliw/desc.h"

#include "base/bits.h"

#include <inttypes.h>

/* Keys of the latencies; a store and a branch make no result, and none of
 * their time is a latency. */
static const struct {
    VliwLatency latency;
    ConfigKey key;
} latencies[] = {
    {VLIW_LATENCY_ALU, CONFIG_VLIW_LATENCY_ALU},
    {VLIW_LATENCY_SHIFT, CONFIG_VLIW_LATENCY_SHIFT},
    {VLIW_LATENCY_MUL, CONFIG_VLIW_LATENCY_MUL},
    {VLIW_LATENCY_DIV, CONFIG_VLIW_LATENCY_DIV},
    {VLIW_LATENCY_LOAD, CONFIG_VLIW_LATENCY_LOAD},
    {VLIW_LATENCY_FMOVE, CONFIG_VLIW_LATENCY_FMOVE},
    {VLIW_LATENCY_FADD, CONFIG_VLIW_LATENCY_FADD},
    {VLIW_LATENCY_FMUL, CONFIG_VLIW_LATENCY_FMUL},
    {VLIW_LATENCY_FDIVS, CONFIG_VLIW_LATENCY_FDIV_S},
    {VLIW_LATENCY_FDIVD, CONFIG_VLIW_LATENCY_FDIV_D},
    {VLIW_LATENCY_FCVT, CONFIG_VLIW_LATENCY_FCVT},
};

static bool check(const VliwDesc *desc, Diag *diag)
{
    if (desc->formats == VLIW_FORMATS_CRUSOE && desc->alu_units != 2)
        return diag_error(diag,
                          "vliw.formats = crusoe has room for 2 ALUs, but "
                          "vliw.alu_units = %u; set vliw.formats=free",
                          desc->alu_units);
    if (desc->formats == VLIW_FORMATS_CRUSOE && desc->lsu_units != 1)
        return diag_error(diag,
                          "vliw.formats = crusoe has room for 1 memory unit, "
                          "but vliw.lsu_units = %u; set vliw.formats=free",
                          desc->lsu_units);
    if (desc->formats == VLIW_FORMATS_CRUSOE && desc->lsu_adds)
        return diag_error(diag,
                          "vliw.formats = crusoe has no memory unit that adds, "
                          "but vliw.lsu_adds = yes; set vliw.formats=efficeon");
    if (desc->shadowed_gprs > desc->gprs - 2)
        return diag_error(diag,
                          "vliw.shadowed_gprs = %u is more than the %u of "
                          "vliw.gprs that are not sink or zero; lower it",
                          desc->shadowed_gprs, desc->gprs - 2);
    if (desc->shadowed_fprs > desc->fprs)
        return diag_error(diag,
                          "vliw.shadowed_fprs = %u is more than vliw.fprs = "
                          "%u; lower it",
                          desc->shadowed_fprs, desc->fprs);
    return true;
}

bool vliw_desc_read(VliwDesc *desc, const Config *config, Diag *diag)
{
#define INT(key) ((unsigned)config_int(config, CONFIG_VLIW_##key))
    *desc = (VliwDesc){
        .alu_units = INT(ALU_UNITS),
        .lsu_units = INT(LSU_UNITS),
        .lsu_adds = config_bool(config, CONFIG_VLIW_LSU_ADDS),
        .shift_all = config_bool(config, CONFIG_VLIW_SHIFT_ALL),
        .formats = (VliwFormats)config_choice(config, CONFIG_VLIW_FORMATS),
        .short_imm = INT(SHORT_IMM),
        .gprs = INT(GPRS),
        .shadowed_gprs = INT(SHADOWED_GPRS),
        .fprs = INT(FPRS),
        .shadowed_fprs = INT(SHADOWED_FPRS),
        .interlock = config_bool(config, CONFIG_VLIW_INTERLOCK),
        .branch = INT(BRANCH),
        .exit =
            config_bool(config, CONFIG_VLIW_PREDICT_EXITS) ? 1 : INT(BRANCH),
        .commit = INT(COMMIT),
        .rollback = INT(ROLLBACK),
        .store_buffer = INT(STORE_BUFFER),
        .forward = INT(FORWARD),
        .alias_regs = INT(ALIAS_REGS),
    };
#undef INT
    desc->adders = desc->alu_units + (desc->lsu_adds ? desc->lsu_units : 0);
    for (unsigned i = 0; i < VLIW_LATENCIES; i++)
        desc->latency[i] = 1;
    for (unsigned i = 0; i < ARRAY_LEN(latencies); i++)
        desc->latency[latencies[i].latency] =
            (unsigned)config_int(config, latencies[i].key);
    return check(desc, diag);
}

const char *vliw_unit_name(VliwUnit unit)
{
    static const char *const names[VLIW_UNITS] = {
        "alu0", "alu1", "alu2", "alu3", "lsu0", "lsu1", "bru",
    };
    return names[unit];
}
