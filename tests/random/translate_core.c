/* Regions on the reference core; see translate_core.h. */
#include "tests/random/translate_core.h"

#include "base/bits.h"
#include "tests/support/settings.h"
#include "tests/support/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    GEAR = 2,
    CODE_BASE = 0x1000000, /* where the code lies; any will do */
    KEYS_MAX = 12,
};

/* Settings of the machines. */
static const struct {
    const char *name;
    const char *keys[KEYS_MAX];
} settings[CORE_MACHINES] = {
    {"core", {NULL}},
    {"core without interlock", {"vliw.interlock=no", "vliw.commit=1"}},
    {"core with few registers",
     {"vliw.gprs=44", "vliw.shadowed_gprs=36", "vliw.fprs=20", "vliw.tlb=1",
      "vliw.alias_regs=0", "vliw.store_buffer=12"}},
    {"narrow core",
     {"vliw.formats=free", "vliw.alu_units=1", "vliw.interlock=no",
      "vliw.latency.alu=2", "vliw.latency.load=3", "vliw.branch=1",
      "vliw.gprs=44", "vliw.shadowed_gprs=36", "vliw.fprs=20"}},
    {"wide core",
     {"vliw.formats=free", "vliw.alu_units=4", "vliw.lsu_units=2",
      "vliw.shift_all=yes", "vliw.short_imm=16", "vliw.interlock=no",
      "vliw.latency.load=4", "vliw.latency.fmove=2", "vliw.shadowed_gprs=62",
      "vliw.shadowed_fprs=32"}},
    {"core with adders in its memory units",
     {"vliw.formats=efficeon", "vliw.lsu_units=2", "vliw.lsu_adds=yes",
      "vliw.interlock=no", "vliw.latency.alu=2"}},
};

/* The settings are right, so that no message is expected. */
static void demand(bool good, const Diag *diag)
{
    if (good)
        return;
    fprintf(stderr, "translate_random: %s\n", diag->text);
    abort();
}

void core_machines_create(CoreMachine machines[CORE_MACHINES], World *world)
{
    const CoreBus bus = world_bus(world);
    for (unsigned i = 0; i < CORE_MACHINES; i++) {
        CoreMachine *m = &machines[i];
        Diag diag = {""};
        *m = (CoreMachine){.name = settings[i].name,
                           .config = settings_config(settings[i].keys)};
        demand(vliw_desc_read(&m->desc, m->config, &diag), &diag);
        m->hierarchy = hierarchy_create(m->config, &diag);
        demand(m->hierarchy != NULL, &diag);
        m->core = core_create(&m->desc, m->config, m->hierarchy, &bus);
    }
}

void core_machines_destroy(CoreMachine machines[CORE_MACHINES])
{
    for (unsigned i = 0; i < CORE_MACHINES; i++) {
        core_destroy(machines[i].core);
        hierarchy_destroy(machines[i].hierarchy);
        config_destroy(machines[i].config);
    }
}

static bool check_text(const CoreMachine *m, const VliwCode *code, Arena *arena)
{
    Diag diag = {""};
    char *text = text_of_code(code);
    const VliwCode *read =
        vliw_code_parse(arena, text, m->name, &m->desc, &diag);
    char *again = read ? text_of_code(read) : NULL;
    bool same = again && strcmp(text, again) == 0;
    if (!read)
        printf("%s\n", diag.text);
    else if (!same)
        printf("%s: the text reads back as\n%s", m->name, again);
    free(again);
    free(text);
    return same;
}

static void set_registers(CoreRegs *regs, const IrState *state)
{
    *regs = (CoreRegs){.fcr31 = state->fcr31};
    for (IrSlot slot = IR_SLOT_R1; slot < IR_SLOT_F0; slot++)
        regs->gpr[vliw_slot_reg(slot)] = state->slots[slot];
    for (unsigned i = 0; i < 16; i++)
        regs->fpr[vliw_slot_reg(IR_SLOT_F0 + i)] = state->fp[i];
}

static void get_registers(IrState *state, const CoreRegs *regs)
{
    *state = (IrState){.fcr31 = regs->fcr31};
    for (IrSlot slot = IR_SLOT_R1; slot < IR_SLOT_F0; slot++)
        state->slots[slot] = regs->gpr[vliw_slot_reg(slot)];
    for (unsigned i = 0; i < 16; i++)
        state->fp[i] = regs->fpr[vliw_slot_reg(IR_SLOT_F0 + i)];
}

bool core_machine_run(CoreMachine *m, World *world, const IrRegion *region,
                      const OptConfig *opt, Arena *arena, const Place *start,
                      Outcome *out, VliwCode **made)
{
    Diag diag = {""};
    OptWork work = {0};
    VliwCode *code = *made = opt_schedule(region, &m->desc, opt, arena, &work);
    if (!opt_check(code, region, &m->desc, &diag)) {
        printf("%s: %s\n", m->name, diag.text);
        return false;
    }
    if (code->bound > code->length) {
        printf("%s: %u cycles, and at least %u are needed\n", m->name,
               code->length, code->bound);
        return false;
    }
    if (!check_text(m, code, arena))
        return false;

    *out = (Outcome){.stage = m->name, .place = *start};
    world_begin(world, out->place.ram);
    core_forget(m->core);
    set_registers(core_regs(m->core), &start->state);
    core_commit(m->core);
    core_set_insns(m->core, 0);
    CoreCode *installed = core_install(
        m->core, code, CODE_BASE, CODE_BASE + vliw_code_main_size(code), GEAR);
    CoreStop stop = core_run(m->core, installed);
    core_remove(m->core, installed);
    get_registers(&out->place.state, core_regs(m->core));
    out->fault = stop.kind == CORE_FAULTED;
    out->guest = stop.guest;
    outcome_leave(out, code->exits, out->fault ? stop.commit : (int)stop.exit);
    if (core_insns(m->core) == out->place.insns)
        return true;
    printf("%s: counts %" PRIu64 " instructions, and %u are done\n", m->name,
           core_insns(m->core), out->place.insns);
    return false;
}
