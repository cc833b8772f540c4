/* `--trace`: events of the machine as text; see trace.h.
 *
 * What an instruction changed is known when the next one begins, or when an
 * exception is taken; until then its line is held back.  A register that a
 * load in flight will change is written with "<-", one that has changed
 * with "=". */
#include "cli/trace.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "frontend/decode.h"
#include "frontend/symbols.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER_SIZE = 1 << 16 };

/* A file, or the standard error (path NULL). */
typedef struct Stream {
    char *path;
    FILE *file;
} Stream;

struct Trace {
    Machine *machine;
    bool on[TRACE_TOTAL];
    bool paused[TRACE_TOTAL]; /* by the guest */
    size_t stream_of[TRACE_TOTAL];
    Stream *streams; /* no two of one path */
    size_t stream_count;

    /* The instruction whose line is held back. */
    bool held;
    uint64_t held_cycle;
    uint32_t held_word;
    unsigned held_processor;
    GuestState before;
};

const char *trace_exception_name(Exception exc)
{
    static const char *const names[EXC_COUNT] = {
        [EXC_INT] = "Int",   [EXC_MOD] = "Mod",   [EXC_TLBL] = "TLBL",
        [EXC_TLBS] = "TLBS", [EXC_ADEL] = "AdEL", [EXC_ADES] = "AdES",
        [EXC_IBE] = "IBE",   [EXC_DBE] = "DBE",   [EXC_SYS] = "Sys",
        [EXC_BP] = "Bp",     [EXC_RI] = "RI",     [EXC_CPU] = "CpU",
        [EXC_OVF] = "Ovf"};
    return names[exc] ? names[exc] : "?";
}

const char *trace_fault_name(CoreFault fault)
{
    static const char *const names[CORE_FAULTS] = {
        [CORE_FAULT_GUEST] = "guest", [CORE_FAULT_MMIO] = "mmio",
        [CORE_FAULT_CODE] = "code",   [CORE_FAULT_ALIAS] = "alias",
        [CORE_FAULT_TRAP] = "trap",   [CORE_FAULT_STORE_BUFFER] = "stores",
        [CORE_FAULT_FP] = "fp"};
    return names[fault];
}

/* --- Lines ---------------------------------------------------------------- */

/* Starts a line of `kind`, about what a processor did, and gives its file. */
static FILE *begin_line_of(const Trace *t, unsigned processor, TraceKind kind,
                           const char *word, uint64_t cycle, uint32_t pc)
{
    FILE *file = t->streams[t->stream_of[kind]].file;
    if (machine_processors(t->machine) > 1)
        fprintf(file, "cpu%-2u ", processor);
    fprintf(file, "%14" PRIu64 " %s %08" PRIx32, cycle, word, pc);
    return file;
}

static FILE *begin_line(const Trace *t, TraceKind kind, const char *word,
                        uint64_t cycle, uint32_t pc)
{
    return begin_line_of(t, machine_processor(t->machine), kind, word, cycle,
                         pc);
}

static void write_symbol(const Trace *t, FILE *file, uint32_t addr)
{
    char name[SYMBOLS_NAME_MAX];
    symbols_name(machine_image(t->machine), addr, name);
    fprintf(file, " %s", name[0] ? name : "-");
}

/* What an instruction changed, as text.  No instruction changes more than
 * fits; if one did, the text would be cut. */
typedef struct Changes {
    char text[256];
    size_t size;
} Changes;

__attribute__((format(printf, 2, 3))) static void add(Changes *c,
                                                      const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t room = sizeof c->text - c->size;
    int n = vsnprintf(c->text + c->size, room, format, args);
    va_end(args);
    c->size += (size_t)n < room ? (size_t)n : room - 1;
}

static void add_gprs(Changes *c, const GuestState *old, const GuestState *now)
{
    for (unsigned r = 1; r < 32; r++) {
        uint32_t was = r == old->load_reg ? old->load_value : old->gpr[r];
        if (now->gpr[r] != was)
            add(c, " %s=%08" PRIx32, insn_gpr_name(r), now->gpr[r]);
    }
    if (now->load_reg)
        add(c, " %s<-%08" PRIx32, insn_gpr_name(now->load_reg),
            now->load_value);
    if (now->hi != old->hi)
        add(c, " hi=%08" PRIx32, now->hi);
    if (now->lo != old->lo)
        add(c, " lo=%08" PRIx32, now->lo);
}

static void add_fprs(Changes *c, const GuestState *old, const GuestState *now)
{
    for (unsigned r = 0; r < FPR_COUNT; r++) {
        bool landed =
            r == old->fpr_load_reg && now->fpr[r] == old->fpr_load_value;
        if (now->fpr[r] != old->fpr[r] && !landed)
            add(c, " f%u=%08" PRIx32, r, now->fpr[r]);
    }
    if (now->fpr_load_reg != FPR_COUNT &&
        now->fpr_load_insn != old->fpr_load_insn)
        add(c, " f%u<-%08" PRIx32, now->fpr_load_reg, now->fpr_load_value);
    if (now->fcr31 != old->fcr31)
        add(c, " fcr31=%08" PRIx32, now->fcr31);
}

static void add_cp0(Changes *c, const GuestState *old, const GuestState *now)
{
    const struct {
        unsigned reg;
        uint32_t was, is;
    } regs[] = {
        {CP0_INDEX, old->index, now->index},
        {CP0_ENTRYLO, old->entrylo, now->entrylo},
        {CP0_CONTEXT, old->context, now->context},
        {CP0_ENTRYHI, old->entryhi, now->entryhi},
        {CP0_STATUS, old->status, now->status},
        {CP0_CAUSE, old->cause, now->cause},
        {CP0_EPC, old->epc, now->epc},
    };
    for (size_t i = 0; i < ARRAY_LEN(regs); i++)
        if (regs[i].is != regs[i].was)
            add(c, " %s=%08" PRIx32, insn_cp0_name(regs[i].reg), regs[i].is);
}

/* Writes the line held back.  `now` is the state after the instruction, or, if
 * `exc` is not negative, after that exception, which has changed CP0. */
static void release_insn(Trace *t, const GuestState *now, int exc)
{
    if (!t->held)
        return;
    t->held = false;
    const GuestState *old = &t->before;
    Changes changes = {"", 0};
    add_gprs(&changes, old, now);
    add_fprs(&changes, old, now);
    if (exc < 0)
        add_cp0(&changes, old, now);
    else
        add(&changes, " %s", trace_exception_name((Exception)exc));
    char text[48], name[SYMBOLS_NAME_MAX];
    insn_disassemble(t->held_word, old->pc, text, sizeof text);
    symbols_name(machine_image(t->machine), old->pc, name);
    FILE *file = begin_line_of(t, t->held_processor, TRACE_INSNS, "insn",
                               t->held_cycle, old->pc);
    fprintf(file, " %08" PRIx32 " %-28s %*s%s\n", t->held_word, text,
            changes.size ? -24 : 0, name[0] ? name : "-", changes.text);
}

/* Likewise, when something else comes: nothing has happened to its processor
 * since. */
static void release_held(Trace *t)
{
    if (t->held)
        release_insn(t, machine_state_of(t->machine, t->held_processor), -1);
}

static void on_insn(void *ctx, const GuestState *s, uint32_t word)
{
    Trace *t = ctx;
    release_held(t);
    if (t->paused[TRACE_INSNS])
        return;
    t->held = true;
    t->held_processor = machine_processor(t->machine);
    t->held_cycle = machine_time(t->machine);
    t->held_word = word;
    t->before = *s;
}

static void on_exception(void *ctx, const GuestState *s, Exception exc)
{
    Trace *t = ctx;
    if (t->held_processor != machine_processor(t->machine))
        release_held(t);
    release_insn(t, s, (int)exc);
    if (!t->on[TRACE_EXCEPTIONS] || t->paused[TRACE_EXCEPTIONS])
        return;
    FILE *file = begin_line(t, TRACE_EXCEPTIONS, "exc ",
                            machine_time(t->machine), s->epc);
    fprintf(file, " %-4s", trace_exception_name(exc));
    if (exc >= EXC_MOD && exc <= EXC_ADES)
        fprintf(file, " badvaddr %08" PRIx32, s->badvaddr);
    else
        fprintf(file, " badvaddr --------");
    fprintf(file, " cause %08" PRIx32 " status %08" PRIx32 " to %08" PRIx32,
            s->cause, s->status, s->pc);
    write_symbol(t, file, s->epc);
    fputc('\n', file);
}

static void on_tlb_write(void *ctx, const GuestState *s, unsigned index)
{
    Trace *t = ctx;
    const TlbEntry *e = &s->tlb[index];
    if (t->paused[TRACE_TLB])
        return;
    FILE *file =
        begin_line(t, TRACE_TLB, "tlb ", machine_time(t->machine), s->pc);
    fprintf(file,
            " index %2u vpn %05" PRIx32 " asid %02" PRIx32 " pfn %05" PRIx32
            " %c%c%c%c",
            index, e->hi >> 12, (e->hi & ENTRYHI_ASID) >> 6, e->lo >> 12,
            e->lo & ENTRYLO_N ? 'N' : '-', e->lo & ENTRYLO_D ? 'D' : '-',
            e->lo & ENTRYLO_V ? 'V' : '-', e->lo & ENTRYLO_G ? 'G' : '-');
    write_symbol(t, file, s->pc);
    fputc('\n', file);
}

static void on_device(void *ctx, const GuestState *s, const Device *device,
                      uint32_t offset, unsigned size, bool write,
                      uint32_t value)
{
    Trace *t = ctx;
    if (t->paused[TRACE_DEVICES])
        return;
    const DeviceReg *reg = device_reg(device->cls, offset);
    char name[48];
    if (!reg)
        snprintf(name, sizeof name, "+0x%" PRIx32, offset);
    else if (offset == reg->offset)
        snprintf(name, sizeof name, "%s", reg->name);
    else
        snprintf(name, sizeof name, "%s+0x%" PRIx32, reg->name,
                 offset - reg->offset);
    FILE *file =
        begin_line(t, TRACE_DEVICES, "dev ", machine_time(t->machine), s->pc);
    fprintf(file, " %c%u %-12s %-16s %0*" PRIx32 "%*s", write ? 'W' : 'R', size,
            device->cls->name, name, (int)(2 * size), value,
            (int)(8 - 2 * size), "");
    write_symbol(t, file, s->pc);
    fputc('\n', file);
}

/* --- The layer ------------------------------------------------------------ */

static void on_gear(void *ctx, const char *what, uint32_t pc, unsigned gear,
                    const char *detail)
{
    Trace *t = ctx;
    FILE *file =
        begin_line(t, TRACE_GEARS, "gear", machine_time(t->machine), pc);
    fprintf(file, " %u %-10s", gear, what);
    write_symbol(t, file, pc);
    fprintf(file, "%s%s\n", detail[0] ? ": " : "", detail);
}

static void on_fault(void *ctx, const CoreStop *stop)
{
    Trace *t = ctx;
    uint32_t pc = stop->code->code->guests[stop->guest].pc;
    FILE *file =
        begin_line(t, TRACE_FAULTS, "flt ", machine_time(t->machine), pc);
    bool access =
        stop->fault != CORE_FAULT_TRAP && stop->fault != CORE_FAULT_FP;
    fprintf(file, " %u %-6s va ", stop->code->gear,
            trace_fault_name(stop->fault));
    fprintf(file, access ? "%08" PRIx32 : "--------", stop->va);
    fprintf(file, " in %08" PRIx32, stop->code->code->pc);
    write_symbol(t, file, pc);
    fputc('\n', file);
}

/* Each atom behind its unit, and before the low digits of the guest address
 * that it is a part of. */
static void on_molecule(void *ctx, const CoreCode *code, unsigned index,
                        uint64_t cycle)
{
    Trace *t = ctx;
    const Molecule *molecule = &code->code->molecules[index];
    FILE *file = begin_line(t, TRACE_MOLECULES, "mol ", cycle, code->code->pc);
    fprintf(file, " %u @%-3u", code->gear, index);
    for (unsigned i = 0; i < molecule->count; i++) {
        const Atom *atom = &molecule->atoms[i];
        fprintf(file, "%s %s:", i ? ";" : "",
                vliw_unit_name((VliwUnit)atom->unit));
        atom_print(atom, file);
        fprintf(file, " .%04" PRIx32,
                code->code->guests[atom->guest].pc & 0xffff);
    }
    if (molecule->commit)
        fprintf(file, " commit x%u", molecule->commit - 1u);
    fputc('\n', file);
}

/* --- Life ----------------------------------------------------------------- */

/* The stream that writes to `path`, made if it is new. */
static size_t stream_of(Trace *t, const char *path)
{
    for (size_t i = 0; i < t->stream_count; i++) {
        const char *other = t->streams[i].path;
        if (path && other ? strcmp(path, other) == 0 : path == other)
            return i;
    }
    t->streams =
        alloc_resize(t->streams, t->stream_count + 1, sizeof *t->streams);
    t->streams[t->stream_count] =
        (Stream){path ? alloc_string(path) : NULL, NULL};
    return t->stream_count++;
}

/* KIND[,KIND...][:FILE] */
static bool parse_request(Trace *t, const char *value, Diag *diag)
{
    const char *colon = strchr(value, ':');
    const char *path = colon ? colon + 1 : NULL;
    if (path && !*path)
        return diag_error(
            diag,
            "--trace: in \"%s\", a file name is missing after the "
            "colon",
            value);
    const char *end = colon ? colon : value + strlen(value);
    for (const char *kind = value;;) {
        size_t length = strcspn(kind, ",:");
        TraceKind which = TRACE_INSNS;
        if (!options_find_trace(kind, length, &which, diag))
            return false;
        t->on[which] = true;
        t->stream_of[which] = stream_of(t, path);
        kind += length;
        if (kind == end)
            return true;
        kind++;
    }
}

Trace *trace_create(const Options *options, Diag *diag)
{
    Trace *t = alloc_zeroed(1, sizeof *t);
    for (size_t i = 0; i < options->use_count; i++) {
        const OptionUse *use = &options->uses[i];
        if (use->id == OPTION_TRACE && !parse_request(t, use->value, diag)) {
            trace_destroy(t);
            return NULL;
        }
    }
    return t;
}

const char *trace_layer_kind(const Trace *t)
{
    return t->on[TRACE_GEARS]       ? "gears"
           : t->on[TRACE_FAULTS]    ? "faults"
           : t->on[TRACE_MOLECULES] ? "molecules"
                                    : NULL;
}

bool trace_open(Trace *t, Machine *machine, Diag *diag)
{
    t->machine = machine;
    for (size_t i = 0; i < t->stream_count; i++) {
        Stream *stream = &t->streams[i];
        /* A stream of its own on the standard error has a buffer. */
        stream->file = stream->path ? fopen(stream->path, "we")
                                    : fdopen(dup(STDERR_FILENO), "w");
        if (!stream->file)
            return diag_error(diag, "--trace: cannot write %s: %s",
                              stream->path ? stream->path : "standard error",
                              strerror(errno));
        setvbuf(stream->file, NULL, _IOFBF, BUFFER_SIZE);
    }
    if (t->stream_count == 0)
        return true;
    MachineTrace hooks = {.ctx = t};
    if (t->on[TRACE_INSNS])
        hooks.insn = on_insn;
    if (t->on[TRACE_INSNS] || t->on[TRACE_EXCEPTIONS])
        hooks.exception = on_exception;
    if (t->on[TRACE_DEVICES])
        hooks.device = on_device;
    if (t->on[TRACE_TLB])
        hooks.tlb_write = on_tlb_write;
    if (t->on[TRACE_GEARS])
        hooks.gear = on_gear;
    if (t->on[TRACE_FAULTS])
        hooks.fault = on_fault;
    if (t->on[TRACE_MOLECULES])
        hooks.molecule = on_molecule;
    machine_add_trace(machine, &hooks);
    return true;
}

void trace_switch(Trace *t, uint32_t letter, bool on)
{
    switch (letter) {
    case 'k':
    case 'u': t->paused[TRACE_INSNS] = !on; break;
    case 't': t->paused[TRACE_TLB] = !on; break;
    case 'x':
    case 'i': t->paused[TRACE_EXCEPTIONS] = !on; break;
    case 'd':
    case 'e':
    case 'n': t->paused[TRACE_DEVICES] = !on; break;
    }
}

bool trace_uses_stderr(const Trace *t)
{
    for (size_t i = 0; i < t->stream_count; i++)
        if (!t->streams[i].path)
            return true;
    return false;
}

void trace_show(Trace *t)
{
    for (size_t i = 0; i < t->stream_count; i++)
        if (!t->streams[i].path)
            fflush(t->streams[i].file);
}

bool trace_close(Trace *t, Diag *diag)
{
    if (t->machine)
        release_held(t);
    bool ok = true;
    for (size_t i = 0; i < t->stream_count; i++) {
        Stream *stream = &t->streams[i];
        if (!stream->file)
            continue;
        bool failed = ferror(stream->file);
        failed |= fclose(stream->file) != 0;
        stream->file = NULL;
        if (failed)
            ok = diag_error(diag, "--trace: cannot write %s",
                            stream->path ? stream->path : "standard error");
    }
    return ok;
}

void trace_destroy(Trace *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->stream_count; i++) {
        if (t->streams[i].file)
            fclose(t->streams[i].file);
        free(t->streams[i].path);
    }
    free(t->streams);
    free(t);
}
