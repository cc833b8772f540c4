/* How code is entered and left: entries, commits, exits, faults. */
#include "hwmodel/vliw/llvm/emit.h"

#include <stddef.h>

/* --- Registers in Core ---------------------------------------------------- */

static LLVMValueRef gpr_place(Emitter *e, unsigned reg)
{
    return ir_at(&e->ir, e->core, offsetof(Core, regs.gpr[reg]));
}

static LLVMValueRef fpr_place(Emitter *e, unsigned reg)
{
    return ir_at(&e->ir, e->core, offsetof(Core, regs.fpr[reg]));
}

static LLVMValueRef fcr_place(Emitter *e)
{
    return ir_at(&e->ir, e->core, offsetof(Core, regs.fcr31));
}

/* The committed values. */
static void write_back(Emitter *e, const Path *path)
{
    const Ir *ir = &e->ir;
    for (uint64_t set = path->dirty.gpr; set; set &= set - 1) {
        unsigned reg = (unsigned)__builtin_ctzll(set);
        ir_store(ir, path->committed.gpr[reg], gpr_place(e, reg), REGION_REGS);
    }
    for (uint32_t set = path->dirty.fpr; set; set &= set - 1) {
        unsigned reg = (unsigned)__builtin_ctz(set);
        ir_store(ir, path->committed.fpr[reg], fpr_place(e, reg), REGION_REGS);
    }
    if (path->dirty.fcr)
        ir_store(ir, path->committed.fcr, fcr_place(e), REGION_REGS);
}

static void store_time(Emitter *e, LLVMValueRef clock, LLVMValueRef insns)
{
    const Ir *ir = &e->ir;
    ir_store(ir, clock, ir_at(ir, e->core, offsetof(Core, clock)),
             REGION_STATE);
    ir_store(ir, insns, ir_at(ir, e->core, offsetof(Core, insns)),
             REGION_STATE);
}

/* A number of Core's own that is no register. */
static LLVMValueRef read_state(Emitter *e, size_t offset)
{
    return ir_load(&e->ir, e->ir.i64, ir_at(&e->ir, e->core, offset),
                   REGION_STATE);
}

static LLVMValueRef add_long(Emitter *e, LLVMValueRef value, uint64_t more)
{
    return more ? LLVMBuildAdd(e->ir.builder, value, ir_long(&e->ir, more), "")
                : value;
}

/* --- Entry ---------------------------------------------------------------- */

static void carry(Emitter *e, LLVMValueRef *value, LLVMTypeRef type,
                  LLVMBasicBlockRef entry)
{
    LLVMValueRef phi = LLVMBuildPhi(e->ir.builder, type, "");
    LLVMAddIncoming(phi, value, &entry, 1);
    *value = phi;
}

/* A loop keeps its registers in SSA: all that it needs is read before it. */
static void load_registers(Emitter *e, Values *values)
{
    const Ir *ir = &e->ir;
    const RegSet *need = &e->plan->needed, *more = &e->plan->carried;
    for (unsigned i = 0; i < VLIW_GPRS; i++)
        if ((need->gpr | more->gpr) >> i & 1)
            values->gpr[i] = ir_load(ir, ir->i32, gpr_place(e, i), REGION_REGS);
    for (unsigned i = 0; i < VLIW_FPRS; i++)
        if ((need->fpr | more->fpr) >> i & 1)
            values->fpr[i] = ir_load(ir, ir->i64, fpr_place(e, i), REGION_REGS);
    if (need->fcr || more->fcr)
        values->fcr = ir_load(ir, ir->i32, fcr_place(e), REGION_REGS);
}

/* To the loop's head, where all that it changes is a phi. */
static void start_loop(Emitter *e, Path *path)
{
    const Ir *ir = &e->ir;
    const RegSet *carried = &e->plan->carried;
    LLVMBasicBlockRef entry = LLVMGetInsertBlock(ir->builder);
    load_registers(e, &path->now);
    LLVMBuildBr(ir->builder, e->head);
    ir_go_on(ir, e->head);
    carry(e, &e->clock, ir->i64, entry);
    carry(e, &e->insns, ir->i64, entry);
    for (unsigned i = 0; i < VLIW_GPRS; i++)
        if (carried->gpr >> i & 1)
            carry(e, &path->now.gpr[i], ir->i32, entry);
    for (unsigned i = 0; i < VLIW_FPRS; i++)
        if (carried->fpr >> i & 1)
            carry(e, &path->now.fpr[i], ir->i64, entry);
    if (carried->fcr)
        carry(e, &path->now.fcr, ir->i32, entry);
    path->dirty = *carried;
    path->committed = e->carried = path->now;
}

/* Stops at the entry. */
static void stop(Emitter *e, const Path *path, EngineStopKind kind,
                 LLVMValueRef clock)
{
    const Ir *ir = &e->ir;
    write_back(e, path);
    store_time(e, clock, e->insns);
    ir_store(ir, LLVMConstInt(ir->i32, kind, false),
             ir_at(ir, e->core, offsetof(Core, engine.stop)), REGION_STATE);
    ir_store(ir, e->self, ir_at(ir, e->core, offsetof(Core, engine.at)),
             REGION_STATE);
    LLVMBuildRetVoid(ir->builder);
}

static void check_limit(Emitter *e, const Path *path)
{
    Ir *ir = &e->ir;
    LLVMBasicBlockRef on = ir_block(ir, false), late = ir_block(ir, true);
    LLVMValueRef limit = read_state(e, offsetof(Core, engine.limit));
    ir_branch(ir, LLVMBuildICmp(ir->builder, LLVMIntULT, e->clock, limit, ""),
              on, late, CHANCE_LIKELY);
    ir_go_on(ir, late);
    stop(e, path, ENGINE_DEADLINE, e->clock);
    ir_go_on(ir, on);
}

/* Gear 1, and others that were told to, count their entries, take time for it,
 * and may become hot. */
static void count_entry(Emitter *e, Path *path)
{
    Ir *ir = &e->ir;
    LLVMValueRef at = ir_at(ir, e->self, offsetof(Installed, pub.entries));
    LLVMValueRef entries =
        add_long(e, ir_load(ir, ir->i64, at, REGION_CODE), 1);
    ir_store(ir, entries, at, REGION_CODE);
    path->clock = e->source->profile;
    LLVMValueRef hot =
        ir_load(ir, ir->i64, ir_at(ir, e->self, offsetof(Installed, pub.hot)),
                REGION_CODE);
    LLVMBasicBlockRef on = ir_block(ir, false), is_hot = ir_block(ir, true);
    ir_branch(ir, LLVMBuildICmp(ir->builder, LLVMIntNE, entries, hot, ""), on,
              is_hot, CHANCE_LIKELY);
    ir_go_on(ir, is_hot);
    stop(e, path, ENGINE_HOT, add_long(e, e->clock, path->clock));
    ir_go_on(ir, on);
}

LLVMValueRef emit_present(Emitter *e, size_t field)
{
    Ir *ir = &e->ir;
    LLVMValueRef present =
        ir_load(ir, ir->ptr, ir_at(ir, e->self, field), REGION_CODE);
    return e->source->sharers > 1
               ? ir_behind(ir, present,
                           read_state(e, offsetof(Core, engine.present_at)))
               : present;
}

void emit_entry(Emitter *e, Path *path)
{
    Ir *ir = &e->ir;
    LLVMValueRef f = ir_function(ir, "f", ir_code_type(ir), CONV_PRESERVE_NONE);
    e->core = LLVMGetParam(f, 0);
    e->self = LLVMGetParam(f, 1);
    e->clock = LLVMGetParam(f, 2);
    e->insns = LLVMGetParam(f, 3);
    e->scratch[0] = LLVMBuildAlloca(ir->builder, ir->i32, "");
    e->scratch[1] = LLVMBuildAlloca(ir->builder, ir->i64, "");
    e->present = emit_present(e, offsetof(Installed, present));
    if (e->plan->loops) {
        e->head = ir_block(ir, false);
        start_loop(e, path);
    }
    check_limit(e, path);
    if (e->plan->needed.fcr)
        emit_fp_entry(e, emit_read_fcr(e, path));
    if (e->source->counts)
        count_entry(e, path);
    path->fault = &e->faults[e->fault_count++];
    path->block = LLVMGetInsertBlock(ir->builder);
}

/* --- Commits -------------------------------------------------------------- */

static void call_committed(Emitter *e, const Path *path, unsigned exit)
{
    const Ir *ir = &e->ir;
    LLVMTypeRef params[] = {ir->ptr, ir->ptr, ir->i32, ir->i32};
    LLVMValueRef args[] = {e->core, e->self, ir_int(ir, exit),
                           ir_int(ir, path->stores)};
    write_back(e, path);
    store_time(e, add_long(e, e->clock, path->clock),
               add_long(e, e->insns, path->insns));
    LLVMValueRef helpers =
        ir_load(ir, ir->ptr, ir_at(ir, e->core, offsetof(Core, engine.helpers)),
                REGION_STATE);
    ir_call(ir, ir_at(ir, helpers, offsetof(EngineHelpers, committed)),
            LLVMFunctionType(ir->void_type, params, 4, false), args, 4, CONV_C);
}

void emit_commit(Emitter *e, Path *path, unsigned exit)
{
    RegSet *dirty = &path->dirty;
    const RegSet *kept = &e->plan->guest;
    if (path->pending.by_host)
        emit_fcr(e, path);
    path->committed = path->now;
    dirty->gpr |= path->fresh.gpr & kept->gpr;
    dirty->fpr |= path->fresh.fpr & kept->fpr;
    dirty->fcr |= path->fresh.fcr;
    path->fresh = (RegSet){0};
    path->commit = (int32_t)exit;
    path->insns = e->source->exits[exit].insns;
    if (e->source->observed)
        call_committed(e, path, exit);
    path->stores = 0;
    path->filtered = 0;
    path->fault = &e->faults[e->fault_count++];
}

/* --- Exits ---------------------------------------------------------------- */

LLVMValueRef emit_exit_field(Emitter *e, unsigned exit, size_t field)
{
    return ir_at(&e->ir, e->self,
                 sizeof(Installed) + exit * sizeof(CoreExit) + field);
}

#define EXIT_FIELD(e, exit, field)                                             \
    emit_exit_field(e, exit, offsetof(CoreExit, field))

static void count_exit(Emitter *e, unsigned exit)
{
    const Ir *ir = &e->ir;
    LLVMValueRef at = EXIT_FIELD(e, exit, host_count);
    if (e->source->sharers > 1) {
        LLVMValueRef counts = ir_load(
            ir, ir->ptr, ir_at(ir, e->self, offsetof(Installed, host_counts)),
            REGION_CODE);
        at = ir_behind(
            ir, ir_at(ir, counts, exit * e->source->sharers * sizeof(uint64_t)),
            read_state(e, offsetof(Core, engine.count_at)));
    }
    LLVMValueRef count = ir_load(ir, ir->i64, at, REGION_CODE);
    ir_store(ir, add_long(e, count, 1), at, REGION_CODE);
}

static void jump_to(Emitter *e, LLVMValueRef next, LLVMValueRef clock,
                    LLVMValueRef insns)
{
    const Ir *ir = &e->ir;
    LLVMValueRef code = ir_load(
        ir, ir->ptr, ir_at(ir, next, offsetof(Installed, host)), REGION_CODE);
    LLVMValueRef args[] = {e->core, next, clock, insns};
    ir_tail_call(ir, code, args);
}

/* On to another translation: its compiled code. */
void emit_go_to(Emitter *e, LLVMValueRef next, LLVMValueRef clock,
                LLVMValueRef insns)
{
    Ir *ir = &e->ir;
    LLVMBasicBlockRef here = LLVMGetInsertBlock(ir->builder);
    if (e->well) { /* the host foretells each exit's jump by itself */
        jump_to(e, next, clock, insns);
        return;
    }
    if (!e->go_on) {
        e->go_on = ir_block(ir, false);
        ir_go_on(ir, e->go_on);
        for (unsigned i = 0; i < 3; i++)
            e->going_on[i] =
                LLVMBuildPhi(ir->builder, i ? ir->i64 : ir->ptr, "");
        jump_to(e, e->going_on[0], e->going_on[1], e->going_on[2]);
        ir_go_on(ir, here);
    }
    LLVMValueRef values[] = {next, clock, insns};
    for (unsigned i = 0; i < 3; i++)
        LLVMAddIncoming(e->going_on[i], &values[i], &here, 1);
    LLVMBuildBr(ir->builder, e->go_on);
}

/* The block that asks the runtime where to go on: one for all exits. */
static LLVMBasicBlockRef leave_block(Emitter *e)
{
    Ir *ir = &e->ir;
    if (e->leave)
        return e->leave;
    LLVMBasicBlockRef here = LLVMGetInsertBlock(ir->builder);
    LLVMBasicBlockRef on = ir_block(ir, true), off = ir_block(ir, true);
    e->leave = ir_block(ir, true);
    ir_go_on(ir, e->leave);
    for (unsigned i = 0; i < 3; i++)
        e->leaving[i] = LLVMBuildPhi(ir->builder, i ? ir->i64 : ir->i32, "");
    store_time(e, e->leaving[1], e->leaving[2]);
    LLVMTypeRef params[] = {ir->ptr, ir->ptr, ir->i32};
    LLVMValueRef args[] = {e->core, e->self, e->leaving[0]};
    LLVMValueRef helpers =
        ir_load(ir, ir->ptr, ir_at(ir, e->core, offsetof(Core, engine.helpers)),
                REGION_STATE);
    LLVMValueRef next =
        ir_call(ir, ir_at(ir, helpers, offsetof(EngineHelpers, leave)),
                LLVMFunctionType(ir->ptr, params, 3, false), args, 3, CONV_C);
    ir_branch(ir, LLVMBuildIsNull(ir->builder, next, ""), off, on, CHANCE_LESS);
    ir_go_on(ir, off);
    LLVMBuildRetVoid(ir->builder);
    ir_go_on(ir, on);
    LLVMValueRef clock = ir_load(
        ir, ir->i64, ir_at(ir, e->core, offsetof(Core, clock)), REGION_STATE);
    LLVMValueRef insns = ir_load(
        ir, ir->i64, ir_at(ir, e->core, offsetof(Core, insns)), REGION_STATE);
    emit_go_to(e, next, clock, insns);
    ir_go_on(ir, here);
    return e->leave;
}

static void to_leave(Emitter *e, const EmitLeaving *leaving)
{
    const Ir *ir = &e->ir;
    LLVMBasicBlockRef here = LLVMGetInsertBlock(ir->builder);
    LLVMValueRef values[] = {ir_int(ir, leaving->exit), leaving->clock,
                             leaving->insns};
    for (unsigned i = 0; i < 3; i++)
        LLVMAddIncoming(e->leaving[i], &values[i], &here, 1);
}

void emit_leave(Emitter *e, const EmitLeaving *leaving)
{
    LLVMBasicBlockRef leave = leave_block(e);
    to_leave(e, leaving);
    LLVMBuildBr(e->ir.builder, leave);
}

void emit_leave_unless(Emitter *e, LLVMValueRef good,
                       const EmitLeaving *leaving)
{
    Ir *ir = &e->ir;
    LLVMBasicBlockRef leave = leave_block(e), on = ir_block(ir, false);
    to_leave(e, leaving);
    ir_branch(ir, good, on, leave, CHANCE_MORE);
    ir_go_on(ir, on);
}

/* Back to the loop's head if the exit is linked to its own translation. */
static void loop_back(Emitter *e, const Path *path, LLVMValueRef next,
                      LLVMValueRef clock, LLVMValueRef insns)
{
    Ir *ir = &e->ir;
    const RegSet *carried = &e->plan->carried;
    LLVMBasicBlockRef here = LLVMGetInsertBlock(ir->builder);
    LLVMBasicBlockRef other = ir_block(ir, true);
    LLVMAddIncoming(e->clock, &clock, &here, 1);
    LLVMAddIncoming(e->insns, &insns, &here, 1);
    for (unsigned i = 0; i < VLIW_GPRS; i++)
        if (carried->gpr >> i & 1) {
            LLVMValueRef value = path->committed.gpr[i];
            LLVMAddIncoming(e->carried.gpr[i], &value, &here, 1);
        }
    for (unsigned i = 0; i < VLIW_FPRS; i++)
        if (carried->fpr >> i & 1) {
            LLVMValueRef value = path->committed.fpr[i];
            LLVMAddIncoming(e->carried.fpr[i], &value, &here, 1);
        }
    if (carried->fcr) {
        LLVMValueRef value = path->committed.fcr;
        LLVMAddIncoming(e->carried.fcr, &value, &here, 1);
    }
    ir_branch(ir, LLVMBuildICmp(ir->builder, LLVMIntEQ, next, e->self, ""),
              e->head, other, CHANCE_LIKELY);
    ir_go_on(ir, other);
}

/* A link that is `checked` is good in its generation of mappings alone. */
static void check_link(Emitter *e, const EmitLeaving *leaving)
{
    Ir *ir = &e->ir;
    unsigned exit = leaving->exit;
    LLVMValueRef checked =
        ir_load(ir, ir->i8, EXIT_FIELD(e, exit, checked), REGION_CODE);
    LLVMBasicBlockRef on = ir_block(ir, false), look = ir_block(ir, true);
    ir_branch(ir,
              LLVMBuildICmp(ir->builder, LLVMIntEQ, checked,
                            LLVMConstInt(ir->i8, 0, false), ""),
              on, look, CHANCE_MORE);
    ir_go_on(ir, look);
    LLVMValueRef link =
        ir_load(ir, ir->i64, EXIT_FIELD(e, exit, generation), REGION_CODE);
    LLVMValueRef now =
        ir_load(ir, ir->i64, ir_at(ir, e->core, offsetof(Core, generation)),
                REGION_STATE);
    emit_leave_unless(e, LLVMBuildICmp(ir->builder, LLVMIntEQ, link, now, ""),
                      leaving);
    LLVMBuildBr(ir->builder, on);
    ir_go_on(ir, on);
}

/* A direct exit, where it is linked to. */
static void emit_direct(Emitter *e, const Path *path,
                        const EmitLeaving *leaving)
{
    const Ir *ir = &e->ir;
    const EngineExit *record = &e->source->exits[leaving->exit];
    LLVMValueRef clock = leaving->clock;
    LLVMValueRef next =
        ir_load(ir, ir->ptr, EXIT_FIELD(e, leaving->exit, next), REGION_CODE);
    if (record->loops)
        loop_back(e, path, next, clock, leaving->insns);
    write_back(e, path);
    emit_leave_unless(e, LLVMBuildIsNotNull(ir->builder, next, ""), leaving);
    check_link(e, leaving);
    clock = emit_calls(e, leaving->exit, clock);
    emit_go_to(e, next, clock, leaving->insns);
}

void emit_exit(Emitter *e, Path *path, unsigned exit)
{
    EmitLeaving leaving = {.exit = exit,
                           .clock = add_long(e, e->clock, path->clock),
                           .insns = add_long(e, e->insns, path->insns)};
    count_exit(e, exit);
    switch (e->source->exits[exit].kind) {
    case IR_EXIT_DIRECT: emit_direct(e, path, &leaving); break;
    case IR_EXIT_INDIRECT:
        write_back(e, path);
        emit_indirect(e, path, &leaving);
        break;
    default:
        write_back(e, path);
        emit_leave(e, &leaving);
        break;
    }
}

/* --- Faults --------------------------------------------------------------- */

static void make_fault_block(Emitter *e, const Path *path)
{
    Ir *ir = &e->ir;
    FaultBlock *fault = path->fault;
    LLVMBasicBlockRef here = LLVMGetInsertBlock(ir->builder);
    fault->block = ir_block(ir, true);
    ir_go_on(ir, fault->block);
    fault->site = LLVMBuildPhi(ir->builder, ir->i32, "");
    fault->clock = LLVMBuildPhi(ir->builder, ir->i64, "");
    write_back(e, path);
    store_time(e, LLVMBuildAdd(ir->builder, e->clock, fault->clock, ""),
               add_long(e, e->insns, path->insns));
    LLVMTypeRef params[] = {ir->ptr, ir->ptr, ir->i32, ir->i32};
    LLVMValueRef args[] = {e->core, e->self, fault->site,
                           ir_int(ir, (uint32_t)path->commit)};
    LLVMValueRef helpers =
        ir_load(ir, ir->ptr, ir_at(ir, e->core, offsetof(Core, engine.helpers)),
                REGION_STATE);
    ir_call(ir, ir_at(ir, helpers, offsetof(EngineHelpers, fault)),
            LLVMFunctionType(ir->void_type, params, 4, false), args, 4, CONV_C);
    LLVMBuildRetVoid(ir->builder);
    ir_go_on(ir, here);
}

void emit_fail_if(Emitter *e, const Atomic *atom, LLVMValueRef failed,
                  CoreFault fault)
{
    Ir *ir = &e->ir;
    Path *path = atom->path;
    FaultBlock *to = path->fault;
    if (!to->block)
        make_fault_block(e, path);
    /* What a helper finds, it finds off the fast path. */
    LLVMBasicBlockRef on = ir_block(ir, fault == CORE_FAULTS);
    LLVMBasicBlockRef off = ir_block(ir, true);
    ir_branch(ir, failed, off, on, CHANCE_RARE);
    ir_go_on(ir, off);
    if (fault != CORE_FAULTS) {
        ir_store(ir, LLVMConstInt(ir->i32, fault, false),
                 ir_at(ir, e->core, offsetof(Core, fault)), REGION_STATE);
        ir_store(ir, ir_int(ir, 0),
                 ir_at(ir, e->core, offsetof(Core, fault_va)), REGION_STATE);
    }
    LLVMValueRef site = ir_int(ir, ENGINE_SITE(atom->index, 0, path->stores));
    LLVMValueRef clock = ir_long(ir, path->clock);
    LLVMAddIncoming(to->site, &site, &off, 1);
    LLVMAddIncoming(to->clock, &clock, &off, 1);
    LLVMBuildBr(ir->builder, to->block);
    ir_go_on(ir, on);
}
