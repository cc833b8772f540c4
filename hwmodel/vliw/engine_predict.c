/* Where exits lead that are not just linked, as far as the layer need not be
 * asked: calls that are pushed, the first look at the return stack, inline
 * caches, the jump cache.  What compiled code does (llvm/emit_jump.c), in C:
 * looks cost time, which moves the clock; one that finds nothing has done
 * nothing. */
#include "hwmodel/vliw/engine_host.h"

/* Whether the code runs at the PC, as the exit wants it, now. */
static bool is_good(const Core *c, const CoreExit *exit, const CoreCode *code)
{
    return code && code->pc == c->regs.gpr[vliw_slot_reg(IR_SLOT_PC)] &&
           code->mode == exit->mode &&
           (!code->mapped || code->verified == c->generation);
}

/* The exit's calls, of which the ring has room for any. */
static uint64_t push_calls(CorePredict *p, const CoreExit *exit)
{
    uint32_t top = p->return_top;
    for (unsigned i = 0; i < exit->call_count; i++) {
        top = top + 1 == p->return_count ? 0 : top + 1;
        p->returns[top] = exit->calls[i];
        __builtin_prefetch(exit->calls[i].link);
    }
    p->return_top = top;
    p->host_calls += exit->call_count;
    return (uint64_t)exit->call_count * p->return_cost;
}

static CoreCode *predict_return(Core *c, const CoreExit *exit, uint64_t *clock)
{
    CorePredict *p = &c->predict;
    const CoreCall *call = &p->returns[p->return_top];
    if (call->pc != c->regs.gpr[vliw_slot_reg(IR_SLOT_PC)] || !call->link)
        return NULL;
    CoreCode *code = call->link->to;
    if (!is_good(c, exit, code))
        return NULL;
    p->return_top = (p->return_top == 0 ? p->return_count : p->return_top) - 1;
    p->host_returns++;
    *clock += p->return_cost + p->return_found;
    return code;
}

static CoreCode *predict_jump(Core *c, const CoreExit *exit, uint64_t *clock)
{
    CorePredict *p = &c->predict;
    CoreCode *code = exit->cache->to;
    if (!is_good(c, exit, code))
        return NULL;
    exit->cache->hits++;
    p->host_caches++;
    *clock += p->cache_cost + push_calls(p, exit);
    return code;
}

/* The jump cache's word on what has no inline cache. */
static CoreCode *predict_target(Core *c, const CoreExit *exit, uint64_t *clock)
{
    CorePredict *p = &c->predict;
    uint32_t pc = c->regs.gpr[vliw_slot_reg(IR_SLOT_PC)];
    CoreCode *code = p->jumps[core_jump_place(p->jump_mask, pc)];
    if (!is_good(c, exit, code))
        return NULL;
    p->host_jumps++;
    *clock += p->jump_cost + push_calls(p, exit);
    return code;
}

Installed *engine_predict(Core *c, Installed *self, unsigned number,
                          uint64_t *clock)
{
    const CoreExit *exit = &self->pub.exits[number];
    CoreCode *code = NULL;
    switch (exit->record.kind) {
    case IR_EXIT_DIRECT:
        if (!exit->checked || exit->generation == c->generation)
            code = exit->next;
        if (code)
            *clock += push_calls(&c->predict, exit);
        break;
    case IR_EXIT_INDIRECT:
        /* A return that leaves calls open is rare. */
        if (exit->stacked && exit->call_count == 0)
            code = predict_return(c, exit, clock);
        else if (exit->cache)
            code = predict_jump(c, exit, clock);
        else if (!exit->stacked && c->predict.jumps)
            code = predict_target(c, exit, clock);
        break;
    case IR_EXIT_INTERPRET:
    case IR_EXIT_COMMIT: break;
    }
    return (Installed *)code;
}
