/* Runs the threaded forms of translations, from one to the next, until there is
 * none or a reason to stop.
 *
 * This is core_issue() without what is known before: when a molecule issues,
 * what it adds to the counters, whether a register is waited for.  Registers
 * are written at once; those that a fault would have to give back are kept
 * first, in Core.shadow. */
#include "hwmodel/vliw/engine_threaded.h"
#include "hwmodel/vliw/engine_walk.h"

/* --- What is rare --------------------------------------------------------- */

/* Back to the last commit: time, registers, then all that any code does. */
static void fail(Core *c, Installed *self, uint32_t site)
{
    const WalkPath *path = engine_find_step(c, self, ENGINE_SITE_STEP(site));
    WalkRegs lost = path->written;
    for (; lost.gpr; lost.gpr &= lost.gpr - 1) {
        unsigned reg = (unsigned)__builtin_ctzll(lost.gpr);
        c->regs.gpr[reg] = c->shadow.gpr[reg];
    }
    for (; lost.fpr; lost.fpr &= lost.fpr - 1) {
        unsigned reg = (unsigned)__builtin_ctz(lost.fpr);
        c->regs.fpr[reg] = c->shadow.fpr[reg];
    }
    if (lost.fcr)
        c->regs.fcr31 = c->shadow.fcr31;
    c->clock += path->clock + 1; /* the molecule has issued */
    c->insns += path->insns;
    c->engine.helpers->fault(c, self, site, path->commit);
}

/* False: it is refused. */
static bool do_float(Core *c, const Installed *self, uint32_t site)
{
    const Step *step = &self->steps[ENGINE_SITE_STEP(site)];
    AtomOp op = (AtomOp)(step->op % STEP_LAST);
    CoreRegs *regs = &c->regs;
    uint32_t fcr31 = regs->fcr31;
    uint64_t result = 0;
    /* Operand b of those that have none is not looked at. */
    if (!c->engine.helpers->fp(c, atom_ir_op(op), step->imm, regs->fpr[step->a],
                               regs->fpr[step->b % VLIW_FPRS], &fcr31, &result))
        return false;
    regs->fcr31 = fcr31;
    if (atom_info(op)->d == ATOM_F)
        regs->fpr[step->d] = result;
    return true;
}

/* For check mode. */
static void tell_committed(Core *c, Installed *self, unsigned exit,
                           uint64_t clock, uint64_t insns)
{
    c->clock = clock;
    c->insns = insns;
    c->committed(c->committed_ctx, &self->pub, exit);
}

/* --- Data ----------------------------------------------------------------- */

/* As what a store to memory replaces. */
static inline void note_undo(EngineUndo *undo, uint8_t *host, unsigned size)
{
    uint16_t half;
    undo->host = host;
    undo->size = size;
    if (size == 1) {
        undo->old = *host;
    } else if (size == 2) {
        memcpy(&half, host, sizeof half);
        undo->old = half;
    } else {
        memcpy(&undo->old, host, sizeof undo->old);
    }
}

static inline void put(uint8_t *host, unsigned size, uint32_t value, bool big)
{
    if (size == 1)
        *host = (uint8_t)value;
    else if (size == 2)
        bits_store16(host, (uint16_t)value, big);
    else
        bits_store32(host, value, big);
}

/* Whether none of the stores has a byte of the `size` at `host`. */
static inline bool is_apart(const EngineUndo *undo, unsigned stores,
                            const uint8_t *host, unsigned size)
{
    for (; stores-- > 0; undo++)
        if ((uintptr_t)host - (uintptr_t)undo->host < undo->size ||
            (uintptr_t)undo->host - (uintptr_t)host < size)
            return false;
    return true;
}

/* The micro TLB has the page of `va`, at the latest now. */
static inline bool has_page(Core *c, uint32_t va)
{
    if (unlikely(c->tlb[va >> PAGE_SHIFT & c->tlb_mask] != va >> PAGE_SHIFT))
        core_refill_tlb(c, va);
    return true;
}

/* --- Ops ------------------------------------------------------------------ */

/* The second line of a translation that ran next before.  It may be gone since:
 * it is an address, and nothing is read. */
#define PREFETCH_SECOND(code)                                                  \
    __builtin_prefetch((void *)((uintptr_t)(code) + HOST_LINE))

void engine_threaded_run(Core *c, Installed *self)
{
    /* By EngineOp.op */
    static const void *const labels[] = {
#define ATOM(id, name, unit, latency, d, a, b, text) &&do_##id,
#include "hwmodel/vliw/atom.def"
#undef ATOM
#define ATOM(id, name, unit, latency, d, a, b, text) &&imm_##id,
#include "hwmodel/vliw/atom.def"
#undef ATOM
        &&fetch,     &&fetch_stub, &&save1,     &&save2,     &&save3,
        &&save4,     &&save5,      &&save6,     &&save7,     &&save_fpr,
        &&save_fcr,  &&keep,       &&kept_BREQ, &&kept_BRNE, &&kept_BRLT,
        &&kept_BRGE, &&kept_BRLE,  &&kept_BRGT, &&equal,     &&unequal,
        &&commit,    &&direct,     &&other};
    _Static_assert(ARRAY_LEN(labels) == THREADED_OPS, "one an op");
    EngineState *s = &c->engine;
    CoreRegs *regs = &c->regs;
    uint64_t clock = c->clock, insns = c->insns;
    const unsigned shift = s->data->shift;
    const unsigned store_buffer = c->desc.store_buffer;
    const bool alone = c->sharers == 1;
    const uint32_t line_mask = ~((1u << shift) - 1);
    const EngineLine *lines, *line;
    const uint8_t *present, *present_stub;
    const EngineOp *op, *ops;
    /* A bit for each word that was stored to since the commit, as in
     * Core.store_filter. */
    uint64_t filter;
    uint64_t loaded;
    uint32_t va, value, kept = 0;
    uint8_t *host;
    CoreExit *exit;
    Installed *next;
    bool user, big;

enter:
    op = ops = self->ops;
    s->stop = ENGINE_GO_ON;
    if (unlikely(!ops))
        goto stop;
    if (unlikely(clock >= s->limit)) {
        s->stop = ENGINE_DEADLINE;
        goto stop;
    }
    if (unlikely(self->pub.left == 0))
        goto stop;
    self->pub.left--;
    PREFETCH_SECOND(self->then);
    __builtin_prefetch(self->then_ops);
    exit = &core_exits(self)[self->pub.taken];
    __builtin_prefetch(exit);
    PREFETCH_SECOND(exit);
    if (self->pub.counts) {
        clock += c->profile;
        if (unlikely(++self->pub.entries == self->pub.hot)) {
            s->stop = ENGINE_HOT;
            goto stop;
        }
    }
    present = (const uint8_t *)((uintptr_t)self->present + s->present_at);
    if (unlikely(!present[0]))
        engine_fetch_main(c, self, clock, 0);
    user = self->pub.context.user;
    lines = s->lines[user];
    big = self->pub.context.big;
    filter = 0;
    goto *labels[op->op];

#define NEXT() goto *labels[(++op)->op]
#define DO(id, statement)                                                      \
    do_##id : statement;                                                       \
    NEXT();
/* Atoms that have one form. */
#define ONE(id, statement) imm_##id : DO(id, statement)
#define A                  regs->gpr[op->a]
#define B                  regs->gpr[op->b]
#define FA                 regs->fpr[op->a]
#define FB                 regs->fpr[op->b]
#define D                  regs->gpr[op->d]
#define FD                 regs->fpr[op->d]
/* With b as a register and as a number. */
#define BOTH(id, compute)                                                      \
    do_##id : value = B;                                                       \
    D = compute;                                                               \
    NEXT();                                                                    \
    imm_##id : value = op->imm;                                                \
    D = compute;                                                               \
    NEXT();

    BOTH(ADD, A + value)
    BOTH(SUB, A - value)
    BOTH(AND, A & value)
    BOTH(OR, A | value)
    BOTH(XOR, A ^ value)
    BOTH(NOR, ~(A | value))
    BOTH(SLT, (int32_t)A < (int32_t)value)
    BOTH(SLTU, A < value)
    BOTH(SHL, A << value % 32)
    BOTH(SHR, A >> value % 32)
    BOTH(SAR, (uint32_t)((int32_t)A >> value % 32))
    BOTH(MUL, A * value)
    BOTH(MULH, (uint32_t)((int64_t)(int32_t)A * (int32_t)value >> 32))
    BOTH(MULHU, (uint32_t)((uint64_t)A * value >> 32))
    BOTH(DIV, core_divide(A, value))
    BOTH(DIVU, value ? A / value : UINT32_MAX)
    ONE(CP0, D = s->helpers->cp0(c, op->imm))

imm_TRAP:
do_TRAP:
    if (unlikely(A != 0))
        goto failed;
    NEXT();

/* Lines of user mode are found even if the micro TLB lacks their page: then it
 * gets that. */
#define IN_TLB() (!user || has_page(c, va))
#define SITE()   threaded_call(ops, op)->site
#define CLOCK()  (clock + threaded_call(ops, op)->clock)
/* With the address in a register, and with a number added; `apart`: no store
 * since the commit has a byte of it. */
#define LOAD(id, size, get, apart, statement)                                  \
    imm_##id : va = A + op->imm;                                               \
    goto load_##id;                                                            \
    do_##id : va = A;                                                          \
    load_##id : line = &lines[va >> shift & (ENGINE_LINES - 1)];               \
    host = (uint8_t *)(va + line->addend);                                     \
    if (likely((va & (line_mask | (size - 1))) == line->read_tag) &&           \
        IN_TLB() && (likely(!(filter >> (va >> 2) % 64 & 1)) || apart)) {      \
        value = get;                                                           \
    } else {                                                                   \
        loaded = engine_load(c, self, CLOCK(), va, SITE());                    \
        if (unlikely(!(loaded & 1)))                                           \
            goto failed;                                                       \
        value = (uint32_t)(loaded >> 32);                                      \
    }                                                                          \
    statement;                                                                 \
    NEXT();
#define STORE(id, size, word)                                                  \
    imm_##id : va = A + op->imm;                                               \
    goto store_##id;                                                           \
    do_##id : va = A;                                                          \
    store_##id : line = &lines[va >> shift & (ENGINE_LINES - 1)];              \
    value = word;                                                              \
    if (likely((va & (line_mask | (size - 1))) == line->write_tag) &&          \
        likely(op->d < store_buffer) && IN_TLB()) {                            \
        host = (uint8_t *)(va + line->addend);                                 \
        note_undo(&s->undo[op->d], host, size);                                \
        put(host, size, value, big);                                           \
    } else if (unlikely(!engine_store(c, self, CLOCK(), va, value, SITE()))) { \
        goto failed;                                                           \
    }                                                                          \
    filter |= 1ull << (va >> 2) % 64;                                          \
    NEXT();
#define APART(size) is_apart(s->undo, op->b, host, size)

    LOAD(LD8S, 1, *host, APART(1), D = bits_sext8(value))
    LOAD(LD8U, 1, *host, APART(1), D = value)
    LOAD(LD16S, 2, bits_load16(host, big), APART(2), D = bits_sext16(value))
    LOAD(LD16U, 2, bits_load16(host, big), APART(2), D = value)
    LOAD(LD32, 4, bits_load32(host, big), APART(4), D = value)
    LOAD(LDLO, 4, bits_load32(host, big), false, FD = core_set_low(FB, value))
    LOAD(LDHI, 4, bits_load32(host, big), false, FD = core_set_high(FB, value))
    STORE(ST8, 1, B)
    STORE(ST16, 2, B)
    STORE(ST32, 4, B)
    STORE(STLO, 4, (uint32_t)FB)
    STORE(STHI, 4, (uint32_t)(FB >> 32))
    ONE(LDL, D = (uint32_t)c->local[op->imm])
    ONE(LDLF, FD = c->local[op->imm])
    ONE(STL, c->local[op->imm] = A)
    ONE(STLF, c->local[op->imm] = FA)

    ONE(FMOV, FD = FA)
    ONE(LO, D = (uint32_t)FA)
    ONE(HI, D = (uint32_t)(FA >> 32))
    ONE(SETLO, FD = core_set_low(FA, B))
    ONE(SETHI, FD = core_set_high(FA, B))
    ONE(FCR, D = regs->fcr31)

#define FLOAT(id) imm_##id : do_##id:
    FLOAT(FADDS)
    FLOAT(FADDD)
    FLOAT(FSUBS)
    FLOAT(FSUBD)
    FLOAT(FMULS)
    FLOAT(FMULD)
    FLOAT(FDIVS)
    FLOAT(FDIVD)
    FLOAT(FABSS)
    FLOAT(FABSD)
    FLOAT(FNEGS)
    FLOAT(FNEGD)
    FLOAT(FCVTSD)
    FLOAT(FCVTSW)
    FLOAT(FCVTDS)
    FLOAT(FCVTDW)
    FLOAT(FCVTWS)
    FLOAT(FCVTWD)
    FLOAT(FCMPS)
    FLOAT(FCMPD)
    if (unlikely(!do_float(c, self, SITE())))
        goto failed;
    NEXT();

#define BRANCH(id, condition)                                                  \
    kept_##id : value = kept;                                                  \
    goto branch_##id;                                                          \
    imm_##id : do_##id : value = A;                                            \
    branch_##id : if (condition)                                               \
    {                                                                          \
        op = &ops[op->imm];                                                    \
        goto *labels[op->op];                                                  \
    }                                                                          \
    NEXT();
    BRANCH(BREQ, value == 0)
    BRANCH(BRNE, value != 0)
    BRANCH(BRLT, (int32_t)value < 0)
    BRANCH(BRGE, (int32_t)value >= 0)
    BRANCH(BRLE, (int32_t)value <= 0)
    BRANCH(BRGT, (int32_t)value > 0)
equal:
    if (A == B) {
        op = &ops[op->imm];
        goto *labels[op->op];
    }
    NEXT();
unequal:
    if (A != B) {
        op = &ops[op->imm];
        goto *labels[op->op];
    }
    NEXT();
keep:
    kept = A;
    NEXT();

#define RECORD() ((unsigned)op->a | (unsigned)op->b << 8)
fetch:
    if (unlikely(!present[RECORD()]))
        engine_fetch_main(c, self, clock + op->imm, RECORD());
    NEXT();
fetch_stub:
    present_stub =
        (const uint8_t *)((uintptr_t)self->stubs_present + s->present_at);
    if (unlikely(!present_stub[RECORD() - self->pub.lines]))
        engine_fetch(c, self, clock + op->imm, RECORD());
    NEXT();

#define SAVE(n, byte)                                                          \
    save##n : value = (byte)&0xff;                                             \
    c->shadow.gpr[value] = regs->gpr[value];
    SAVE(7, op->d)
    SAVE(6, op->b)
    SAVE(5, op->a)
    SAVE(4, op->imm >> 24)
    SAVE(3, op->imm >> 16)
    SAVE(2, op->imm >> 8)
    SAVE(1, op->imm)
    NEXT();
save_fpr:
    c->shadow.fpr[op->d] = regs->fpr[op->d];
    NEXT();
save_fcr:
    c->shadow.fcr31 = regs->fcr31;
    NEXT();

commit:
    filter = 0;
    if (unlikely(c->committed != NULL))
        tell_committed(c, self, RECORD(), clock + op->imm,
                       insns + self->pub.exits[RECORD()].record.insns);
    NEXT();

#define TAKE()                                                                 \
    exit = &core_exits(self)[RECORD()];                                        \
    insns += exit->record.insns;                                               \
    clock += op->imm;                                                          \
    if (unlikely(c->committed != NULL))                                        \
        tell_committed(c, self, RECORD(), clock - (c->desc.exit - 1), insns);  \
    if (likely(alone))                                                         \
        exit->host_count++;                                                    \
    else                                                                       \
        ++*engine_count(c, self, RECORD())

direct:
    TAKE();
    next = (Installed *)exit->next;
    if (likely(next && !exit->tell) &&
        (!exit->checked || exit->generation == c->generation)) {
        goto on;
    }
    goto leave;

other:
do_EXIT:
imm_EXIT:
do_BR:
imm_BR:
    TAKE();

leave:
    next = engine_predict(c, self, RECORD(), &clock);
    if (!next) {
        c->clock = clock;
        c->insns = insns;
        next = s->helpers->leave(c, self, RECORD());
        if (!next)
            return;
        clock = c->clock;
        insns = c->insns;
        self = next;
        goto enter;
    }
on:
    if (self->then_ops != next->ops) {
        self->then = next;
        self->then_ops = next->ops;
        self->pub.taken = (uint8_t)RECORD();
    }
    self = next;
    goto enter;

failed:
    c->clock = clock;
    c->insns = insns;
    fail(c, self, SITE());
    return;

stop:
    c->clock = clock;
    c->insns = insns;
    s->at = self;
}
