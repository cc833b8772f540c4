/* Loads, stores and lines of code.  The fast path is a look into the table of
 * lines: an access that finds its line there changes nothing that is modelled
 * but memory (engine_impl.h). */
#include "hwmodel/vliw/llvm/emit.h"

#include <stddef.h>

/* --- The line table ------------------------------------------------------- */

LLVMValueRef emit_help(Emitter *e, size_t offset, LLVMTypeRef result,
                       LLVMValueRef *args, unsigned count)
{
    enum { ARGS_MAX = 7 };
    const Ir *ir = &e->ir;
    LLVMTypeRef params[ARGS_MAX];
    for (unsigned i = 0; i < count; i++)
        params[i] = LLVMTypeOf(args[i]);
    LLVMTypeRef type = LLVMFunctionType(result, params, count, false);
    if (e->well)
        return ir_call(
            ir, ir_at(ir, e->core, offsetof(Core, engine.thunks) + offset),
            type, args, count, CONV_PRESERVE_MOST);
    LLVMValueRef helpers =
        ir_load(ir, ir->ptr, ir_at(ir, e->core, offsetof(Core, engine.helpers)),
                REGION_STATE);
    return ir_call(ir, ir_at(ir, helpers, offset), type, args, count, CONV_C);
}

#define HELPER(name) offsetof(EngineHelpers, name)

static LLVMValueRef site_of(const Emitter *e, const Atomic *atom)
{
    return ir_int(&e->ir,
                  ENGINE_SITE(atom->index, step_access(step_op(atom->step)),
                              atom->path->stores));
}

/* `relative` to the entry's. */
static LLVMValueRef clock_of(const Emitter *e, uint32_t relative)
{
    return LLVMBuildAdd(e->ir.builder, e->clock, ir_long(&e->ir, relative), "");
}

/* When the atom's molecule issues. */
static LLVMValueRef issue_of(const Emitter *e, const Atomic *atom)
{
    return clock_of(e, atom->path->clock - 1);
}

/* An address as a number of the host's. */
static LLVMValueRef widen(Emitter *e, LLVMValueRef va)
{
    return LLVMBuildZExt(e->ir.builder, va, e->ir.i64, "");
}

/* Where the entry of the line at `wide` would be if Core began with the table:
 * so field_of() is one sum. */
static LLVMValueRef find_line(Emitter *e, LLVMValueRef wide)
{
    _Static_assert(sizeof(EngineLine) == 16, "of a shift");
    const Ir *ir = &e->ir;
    LLVMValueRef at = LLVMBuildLShr(ir->builder, wide,
                                    ir_long(ir, e->source->data_shift - 4), "");
    at =
        LLVMBuildAnd(ir->builder, at, ir_long(ir, (ENGINE_LINES - 1) << 4), "");
    return LLVMBuildInBoundsGEP2(ir->builder, ir->i8, e->core, &at, 1, "");
}

static LLVMValueRef field_of(Emitter *e, LLVMValueRef line, size_t field)
{
    return ir_at(&e->ir, line,
                 offsetof(Core, engine.lines[e->source->context.user]) + field);
}

/* The page that the micro TLB has where it would have `page`. */
static LLVMValueRef load_tlb(Emitter *e, LLVMValueRef page)
{
    const Ir *ir = &e->ir;
    LLVMValueRef at =
        LLVMBuildAnd(ir->builder, page, ir_int(ir, e->source->tlb_mask), "");
    at = LLVMBuildZExt(ir->builder, at, ir->i64, "");
    return ir_load(ir, ir->i32,
                   LLVMBuildInBoundsGEP2(
                       ir->builder, ir->i32,
                       ir_at(ir, e->core, offsetof(Core, tlb)), &at, 1, ""),
                   REGION_LINES);
}

/* To `fast` if the line's entry, and in user mode the micro TLB, has the
 * address; or `slow`.  Where the micro TLB alone has it not, it is refilled. */
static void find(Emitter *e, LLVMValueRef line, LLVMValueRef va, unsigned size,
                 bool store, LLVMBasicBlockRef fast, LLVMBasicBlockRef slow)
{
    Ir *ir = &e->ir;
    uint32_t mask = ~((1u << e->source->data_shift) - 1) | (size - 1);
    size_t offset = store ? offsetof(EngineLine, write_tag)
                          : offsetof(EngineLine, read_tag);
    LLVMValueRef tag =
        ir_load(ir, ir->i32, field_of(e, line, offset), REGION_LINES);
    LLVMValueRef wanted = LLVMBuildAnd(ir->builder, va, ir_int(ir, mask), "");
    if (!e->source->context.user) {
        ir_branch(ir, LLVMBuildICmp(ir->builder, LLVMIntEQ, wanted, tag, ""),
                  fast, slow, CHANCE_LIKELY);
        return;
    }
    /* One branch for both tables: two would rarely differ. */
    LLVMBasicBlockRef either = ir_block(ir, true), refill = ir_block(ir, true);
    LLVMValueRef zero = ir_int(ir, 0);
    tag = LLVMBuildXor(ir->builder, wanted, tag, "");
    LLVMValueRef page =
        LLVMBuildLShr(ir->builder, va, ir_int(ir, PAGE_SHIFT), "");
    LLVMValueRef differ =
        LLVMBuildXor(ir->builder, page, load_tlb(e, page), "");
    differ = LLVMBuildOr(ir->builder, differ, tag, "");
    ir_branch(ir, LLVMBuildICmp(ir->builder, LLVMIntEQ, differ, zero, ""), fast,
              either, CHANCE_LIKELY);
    ir_go_on(ir, either);
    LLVMBuildCondBr(ir->builder,
                    LLVMBuildICmp(ir->builder, LLVMIntEQ, tag, zero, ""),
                    refill, slow);
    ir_go_on(ir, refill);
    LLVMValueRef args[] = {e->core, va};
    emit_help(e, HELPER(refill), ir->void_type, args, 2);
    LLVMBuildBr(ir->builder, fast);
}

static LLVMValueRef host_address(Emitter *e, LLVMValueRef line,
                                 LLVMValueRef wide)
{
    const Ir *ir = &e->ir;
    LLVMValueRef addend =
        ir_load(ir, ir->i64, field_of(e, line, offsetof(EngineLine, addend)),
                REGION_LINES);
    return LLVMBuildIntToPtr(
        ir->builder, LLVMBuildAdd(ir->builder, wide, addend, ""), ir->ptr, "");
}

static LLVMTypeRef type_of_size(const Ir *ir, unsigned size)
{
    return size == 1 ? ir->i8 : size == 2 ? ir->i16 : ir->i32;
}

/* From the guest's byte order to the host's, and back. */
static LLVMValueRef swap(Emitter *e, LLVMValueRef value)
{
    const Ir *ir = &e->ir;
    LLVMTypeRef type = LLVMTypeOf(value);
    bool host_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
    if (type == ir->i8 || e->source->context.big == host_big)
        return value;
    LLVMValueRef function = LLVMGetIntrinsicDeclaration(
        ir->module, LLVMLookupIntrinsicID("llvm.bswap", 10), &type, 1);
    return LLVMBuildCall2(ir->builder, LLVMFunctionType(type, &type, 1, false),
                          function, &value, 1, "");
}

/* --- Stores since the commit ---------------------------------------------- */

/* An address as a sum: what LLVM's instruction adds a constant to, again and
 * again. */
typedef struct Sum {
    LLVMValueRef base;
    uint32_t offset;
} Sum;

static Sum sum_of(LLVMValueRef va)
{
    Sum sum = {va, 0};
    while (LLVMIsAInstruction(sum.base) &&
           LLVMGetInstructionOpcode(sum.base) == LLVMAdd) {
        LLVMValueRef constant = LLVMGetOperand(sum.base, 1);
        if (!LLVMIsAConstantInt(constant))
            break;
        sum.offset += (uint32_t)LLVMConstIntGetZExtValue(constant);
        sum.base = LLVMGetOperand(sum.base, 0);
    }
    if (LLVMIsAConstantInt(sum.base)) {
        sum.offset += (uint32_t)LLVMConstIntGetZExtValue(sum.base);
        sum.base = NULL;
    }
    return sum;
}

/* Whether the accesses are provably to different bytes.  Two virtual pages may
 * be one, so a distance counts modulo their size. */
static bool are_apart(LLVMValueRef va, unsigned size, const Stored *stored)
{
    Sum load = sum_of(va), store = sum_of(stored->va);
    uint32_t distance = (load.offset - store.offset) % PAGE_SIZE;
    return load.base == store.base && distance >= stored->size &&
           PAGE_SIZE - distance >= size;
}

/* The bit of the address's word, as in core_load(). */
static LLVMValueRef filter_bit(Emitter *e, LLVMValueRef va)
{
    const Ir *ir = &e->ir;
    LLVMValueRef word = LLVMBuildLShr(ir->builder, va, ir_int(ir, 2), "");
    word = LLVMBuildAnd(ir->builder, word, ir_int(ir, 63), "");
    return LLVMBuildZExt(ir->builder, word, ir->i64, "");
}

static void add_store(Path *path, LLVMValueRef va, unsigned size)
{
    if (path->stores < STORE_BUFFER_MAX) /* else this one failed */
        path->stored[path->stores++] = (Stored){va, size};
}

/* Of so many stores that a load may meet each is looked at; of more, a filter
 * says first whether to look at all. */
enum { FEW_STORES = 2 };

/* Those of the path that are not provably apart from a load. */
static unsigned count_near(const Path *path, LLVMValueRef va, unsigned size)
{
    unsigned count = 0;
    for (unsigned i = 0; i < path->stores; i++)
        count += !are_apart(va, size, &path->stored[i]);
    return count;
}

/* The words of the path's stores, before a load that may want them. */
static void make_filter(Emitter *e, Path *path)
{
    const Ir *ir = &e->ir;
    for (; path->filtered < path->stores; path->filtered++) {
        LLVMValueRef va = path->stored[path->filtered].va;
        LLVMValueRef bit =
            LLVMBuildShl(ir->builder, ir_long(ir, 1), filter_bit(e, va), "");
        path->filter = path->filtered == 0
                           ? bit
                           : LLVMBuildOr(ir->builder, path->filter, bit, "");
    }
}

/* Whether both addresses may be in one word of memory. */
static LLVMValueRef may_meet(Emitter *e, LLVMValueRef va, LLVMValueRef other)
{
    const Ir *ir = &e->ir;
    LLVMValueRef different = LLVMBuildXor(ir->builder, va, other, "");
    different =
        LLVMBuildAnd(ir->builder, different, ir_int(ir, PAGE_SIZE - 4), "");
    return LLVMBuildICmp(ir->builder, LLVMIntEQ, different, ir_int(ir, 0), "");
}

/* One of the stores that are not provably apart. */
static LLVMValueRef may_meet_any(Emitter *e, const Path *path, LLVMValueRef va,
                                 unsigned size)
{
    LLVMValueRef any = NULL;
    for (unsigned i = 0; i < path->stores; i++) {
        if (are_apart(va, size, &path->stored[i]))
            continue;
        LLVMValueRef meets = may_meet(e, va, path->stored[i].va);
        any = any ? LLVMBuildOr(e->ir.builder, any, meets, "") : meets;
    }
    return any;
}

/* Whether the load, of `size` bytes at `host`, has a byte of such a store: by
 * what the stores noted of themselves. */
static LLVMValueRef meets_any(Emitter *e, const Path *path, LLVMValueRef va,
                              unsigned size, LLVMValueRef host)
{
    const Ir *ir = &e->ir;
    LLVMValueRef any = LLVMConstInt(ir->i1, 0, false);
    host = LLVMBuildPtrToInt(ir->builder, host, ir->i64, "");
    for (unsigned i = 0; i < path->stores; i++) {
        const Stored *stored = &path->stored[i];
        if (are_apart(va, size, stored))
            continue;
        LLVMValueRef at =
            ir_load(ir, ir->i64,
                    ir_at(ir, e->core, offsetof(Core, engine.undo[i].host)),
                    REGION_UNDO);
        /* -size < at - host < stored->size */
        at = LLVMBuildSub(ir->builder, host, at, "");
        at = LLVMBuildAdd(ir->builder, at, ir_long(ir, size - 1), "");
        at = LLVMBuildICmp(ir->builder, LLVMIntULT, at,
                           ir_long(ir, size + stored->size - 1), "");
        any = LLVMBuildOr(ir->builder, any, at, "");
    }
    return any;
}

static void add_to_core(Emitter *e, size_t offset, uint64_t more)
{
    const Ir *ir = &e->ir;
    LLVMValueRef at = ir_at(ir, e->core, offset);
    LLVMValueRef value = ir_load(ir, ir->i64, at, REGION_STATE);
    value = LLVMBuildAdd(ir->builder, value, ir_long(ir, more), "");
    ir_store(ir, value, at, REGION_STATE);
}

/* As core_stall(). */
static void stall(Emitter *e, CoreCause cause, unsigned cycles)
{
    const Ir *ir = &e->ir;
    LLVMValueRef at = ir_at(ir, e->core, offsetof(Core, engine.limit));
    LLVMValueRef limit = ir_load(ir, ir->i64, at, REGION_STATE);
    LLVMValueRef more =
        LLVMBuildICmp(ir->builder, LLVMIntUGT, limit, ir_long(ir, cycles), "");
    limit = LLVMBuildSub(ir->builder, limit, ir_long(ir, cycles), "");
    limit = LLVMBuildSelect(ir->builder, more, limit, ir_long(ir, 0), "");
    ir_store(ir, limit, at, REGION_STATE);
    add_to_core(e, offsetof(Core, stalls), cycles);
    add_to_core(e, offsetof(Core, counters.cause[cause]), cycles);
}

/* A load that found its line, after stores: counts if one forwards to it.  It
 * may only if both are at the same place in a page. */
static void look_at_stores(Emitter *e, const Atomic *atom, LLVMValueRef va,
                           LLVMValueRef host)
{
    Ir *ir = &e->ir;
    const Path *path = atom->path;
    unsigned size = step_access(step_op(atom->step));
    unsigned count = count_near(path, va, size);
    unsigned cycles = e->source->desc.forward;
    if (count == 0)
        return;
    LLVMBasicBlockRef on = ir_block(ir, false), near = ir_block(ir, true);
    LLVMBasicBlockRef met = ir_block(ir, true);
    LLVMValueRef is_near;
    if (count > FEW_STORES) {
        is_near =
            LLVMBuildLShr(ir->builder, path->filter, filter_bit(e, va), "");
        is_near = LLVMBuildTrunc(ir->builder, is_near, ir->i1, "");
    } else {
        is_near = may_meet_any(e, path, va, size);
    }
    ir_branch(ir, is_near, near, on, CHANCE_LESS);
    ir_go_on(ir, near);
    ir_branch(ir, meets_any(e, path, va, size, host), met, on, CHANCE_LESS);
    ir_go_on(ir, met);
    add_to_core(e, offsetof(Core, counters.forwards), 1);
    if (cycles)
        stall(e, CORE_CAUSE_STORE_BUFFER, cycles);
    LLVMBuildBr(ir->builder, on);
    ir_go_on(ir, on);
}

/* --- Loads ---------------------------------------------------------------- */

/* As the register gets it; of LDLO and LDHI the word. */
static LLVMValueRef extend(Emitter *e, AtomOp op, LLVMValueRef value)
{
    const Ir *ir = &e->ir;
    if (op == ATOM_LD8S || op == ATOM_LD16S)
        return LLVMBuildSExt(ir->builder, value, ir->i32, "");
    return LLVMBuildZExt(ir->builder, value, ir->i32, "");
}

/* By the table; the value in the builder's block then. */
static LLVMValueRef load_from_line(Emitter *e, const Atomic *atom,
                                   LLVMValueRef line, LLVMValueRef va,
                                   LLVMValueRef wide)
{
    const Ir *ir = &e->ir;
    AtomOp op = step_op(atom->step);
    LLVMTypeRef type = type_of_size(ir, step_access(op));
    LLVMValueRef host = host_address(e, line, wide);
    LLVMValueRef value = ir_load(ir, type, host, REGION_GUEST);
    value = extend(e, op, swap(e, value));
    look_at_stores(e, atom, va, host);
    return value;
}

static LLVMValueRef load_slowly(Emitter *e, const Atomic *atom, LLVMValueRef va)
{
    const Ir *ir = &e->ir;
    AtomOp op = step_op(atom->step);
    LLVMValueRef args[] = {e->core, e->self, issue_of(e, atom), va,
                           site_of(e, atom)};
    LLVMValueRef found = emit_help(e, HELPER(load), ir->i64, args, 5);
    LLVMValueRef good = LLVMBuildTrunc(ir->builder, found, ir->i1, "");
    emit_fail_if(e, atom, LLVMBuildNot(ir->builder, good, ""), CORE_FAULTS);
    LLVMValueRef word = emit_word(e, true, found);
    return extend(e, op,
                  LLVMBuildTrunc(ir->builder, word,
                                 type_of_size(ir, step_access(op)), ""));
}

static LLVMValueRef load(Emitter *e, const Atomic *atom)
{
    Ir *ir = &e->ir;
    LLVMValueRef va = emit_a(e, atom), values[2];
    LLVMBasicBlockRef fast = ir_block(ir, false), slow = ir_block(ir, true);
    LLVMBasicBlockRef on = ir_block(ir, false), from[2];
    LLVMValueRef wide = widen(e, va), line = find_line(e, wide);
    unsigned size = step_access(step_op(atom->step));
    if (count_near(atom->path, va, size) > FEW_STORES)
        make_filter(e, atom->path);
    find(e, line, va, size, false, fast, slow);
    ir_go_on(ir, slow);
    values[0] = load_slowly(e, atom, va);
    from[0] = LLVMGetInsertBlock(ir->builder);
    LLVMBuildBr(ir->builder, on);
    ir_go_on(ir, fast);
    values[1] = load_from_line(e, atom, line, va, wide);
    from[1] = LLVMGetInsertBlock(ir->builder);
    LLVMBuildBr(ir->builder, on);
    LLVMMoveBasicBlockAfter(on, from[1]);
    ir_go_on(ir, on);
    LLVMValueRef value = LLVMBuildPhi(ir->builder, ir->i32, "");
    LLVMAddIncoming(value, values, from, 2);
    return value;
}

/* --- Stores --------------------------------------------------------------- */

/* What the store is about to overwrite. */
static void note_undo(Emitter *e, const Atomic *atom, LLVMTypeRef type,
                      LLVMValueRef host)
{
    const Ir *ir = &e->ir;
    LLVMValueRef undo =
        ir_at(ir, e->core, offsetof(Core, engine.undo[atom->path->stores]));
    _Static_assert(offsetof(EngineUndo, size) ==
                           offsetof(EngineUndo, old) + sizeof(uint32_t) &&
                       __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
                   "one store for both");
    LLVMValueRef old = ir_load(ir, type, host, REGION_GUEST);
    uint64_t size = step_access(step_op(atom->step));
    old = LLVMBuildZExt(ir->builder, old, ir->i64, "");
    old = LLVMBuildOr(ir->builder, old, ir_long(ir, size << 32), "");
    ir_store(ir, host, ir_at(ir, undo, offsetof(EngineUndo, host)),
             REGION_UNDO);
    ir_store(ir, old, ir_at(ir, undo, offsetof(EngineUndo, old)), REGION_UNDO);
}

static void store_to_line(Emitter *e, const Atomic *atom, LLVMValueRef line,
                          LLVMValueRef wide, LLVMValueRef value)
{
    const Ir *ir = &e->ir;
    LLVMTypeRef type = type_of_size(ir, step_access(step_op(atom->step)));
    LLVMValueRef host = host_address(e, line, wide);
    if (e->plan->logged[atom->index])
        note_undo(e, atom, type, host);
    value = LLVMBuildTrunc(ir->builder, value, type, "");
    ir_store(ir, swap(e, value), host, REGION_GUEST);
}

static void store_slowly(Emitter *e, const Atomic *atom, LLVMValueRef va,
                         LLVMValueRef value)
{
    const Ir *ir = &e->ir;
    LLVMValueRef args[] = {e->core, e->self, issue_of(e, atom),
                           va,      value,   site_of(e, atom)};
    LLVMValueRef good = emit_help(e, HELPER(store), ir->i8, args, 6);
    LLVMValueRef failed = LLVMBuildICmp(ir->builder, LLVMIntEQ, good,
                                        LLVMConstInt(ir->i8, 0, false), "");
    emit_fail_if(e, atom, failed, CORE_FAULTS);
}

static void store(Emitter *e, const Atomic *atom, LLVMValueRef value)
{
    Ir *ir = &e->ir;
    LLVMValueRef va = emit_a(e, atom);
    /* One too many for the store buffer fails in the end. */
    bool room = atom->path->stores < e->source->desc.store_buffer;
    LLVMBasicBlockRef fast = ir_block(ir, false), slow = ir_block(ir, true);
    LLVMBasicBlockRef on = ir_block(ir, false);
    LLVMValueRef wide = widen(e, va), line = find_line(e, wide);
    if (room)
        find(e, line, va, step_access(step_op(atom->step)), true, fast, slow);
    else
        ir_branch(ir, LLVMConstInt(ir->i1, 0, false), fast, slow,
                  CHANCE_LIKELY);
    ir_go_on(ir, slow);
    store_slowly(e, atom, va, value);
    LLVMBuildBr(ir->builder, on);
    ir_go_on(ir, fast);
    if (room)
        store_to_line(e, atom, line, wide, value);
    LLVMBuildBr(ir->builder, on);
    ir_go_on(ir, on);
    add_store(atom->path, va, step_access(step_op(atom->step)));
}

void emit_access(Emitter *e, const Atomic *atom)
{
    const Step *step = atom->step;
    AtomOp op = step_op(step);
    switch (op) {
    case ATOM_LDLO:
    case ATOM_LDHI:
        emit_write_fpr(
            atom->path, step->d,
            emit_set_word(e, op == ATOM_LDHI, emit_fb(e, atom), load(e, atom)));
        break;
    case ATOM_STLO:
    case ATOM_STHI:
        store(e, atom, emit_word(e, op == ATOM_STHI, emit_fb(e, atom)));
        break;
    case ATOM_ST8:
    case ATOM_ST16:
    case ATOM_ST32: store(e, atom, emit_b(e, atom)); break;
    default: emit_write_gpr(atom->path, step->d, load(e, atom)); break;
    }
}

/* --- Local memory --------------------------------------------------------- */

void emit_local(Emitter *e, const Atomic *atom)
{
    const Ir *ir = &e->ir;
    const Step *step = atom->step;
    LLVMValueRef at = ir_at(ir, e->core, offsetof(Core, local[step->imm]));
    LLVMValueRef value;
    switch (step_op(step)) {
    case ATOM_STL:
        value = LLVMBuildZExt(ir->builder, emit_a(e, atom), ir->i64, "");
        ir_store(ir, value, at, REGION_LOCAL);
        break;
    case ATOM_STLF: ir_store(ir, emit_fa(e, atom), at, REGION_LOCAL); break;
    case ATOM_LDLF:
        emit_write_fpr(atom->path, step->d,
                       ir_load(ir, ir->i64, at, REGION_LOCAL));
        break;
    default: /* ATOM_LDL */
        value = ir_load(ir, ir->i64, at, REGION_LOCAL);
        emit_write_gpr(atom->path, step->d, emit_word(e, false, value));
        break;
    }
}

/* --- Lines of code -------------------------------------------------------- */

void emit_fetch(Emitter *e, const Path *path, unsigned line)
{
    Ir *ir = &e->ir;
    LLVMBasicBlockRef on = ir_block(ir, false), absent = ir_block(ir, true);
    LLVMValueRef lines = e->present;
    unsigned at = line;
    if (line >= e->source->lines) {
        lines = emit_present(e, offsetof(Installed, stubs_present));
        at = line - e->source->lines;
    }
    LLVMValueRef present =
        ir_load(ir, ir->i8, ir_at(ir, lines, at), REGION_PRESENT);
    ir_branch(ir,
              LLVMBuildICmp(ir->builder, LLVMIntNE, present,
                            LLVMConstInt(ir->i8, 0, false), ""),
              on, absent, CHANCE_LIKELY);
    ir_go_on(ir, absent);
    LLVMValueRef args[] = {e->core, e->self, clock_of(e, path->clock),
                           ir_int(ir, line)};
    emit_help(e, HELPER(fetch), ir->void_type, args, 4);
    LLVMBuildBr(ir->builder, on);
    ir_go_on(ir, on);
}
