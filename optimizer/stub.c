/* Stubs: the molecules of a side exit.  They bring values into slots' registers
 * from where they are when the branch is taken, and leave. */
#include "optimizer/backend.h"

#include <assert.h>

/* The moves of a stub in an order in which they can be done one by one.  A
 * cycle is opened with a register that holds nothing that is still needed: a
 * temporary, since all of a cycle's registers are slots'. */
typedef struct Sequence {
    Backend *b;
    const Leave *leave;
    /* Of the registers of moves, by file. */
    uint16_t readers[2][VLIW_GPRS]; /* moves that still read it */
    Move *writer[2][VLIW_GPRS];     /* move that is to write it */
    uint32_t written[2][VLIW_GPRS]; /* cycle in which its new value is there */
} Sequence;

static unsigned scratch_reg(bool fp)
{
    return fp ? IR_SLOT_COUNT - IR_SLOT_F0 : (unsigned)IR_SLOT_F0;
}

static Atom move_atom(const Move *move, uint16_t guest)
{
    Atom atom = {.d = move->dest, .guest = guest};
    switch (move->kind) {
    case MOVE_REG:
        atom.op = move->fp ? ATOM_FMOV : ATOM_OR;
        atom.a = (uint8_t)move->source;
        atom.b_imm = !move->fp;
        break;
    case MOVE_LOCAL:
        atom.op = move->fp ? ATOM_LDLF : ATOM_LDL;
        atom.imm = move->source;
        break;
    case MOVE_CONST:
        atom.op = ATOM_OR;
        atom.a = VLIW_ZERO;
        atom.b_imm = true;
        atom.imm = move->source;
        break;
    }
    return atom;
}

/* Closes molecules until `cycle`: by itself if the machine does not wait. */
static void wait_until(Backend *b, uint32_t cycle)
{
    if (b->cycle >= cycle)
        return;
    if (!pack_is_empty(b))
        pack_close(b);
    if (b->desc->interlock && b->cycle < cycle)
        b->cycle = cycle;
    while (b->cycle < cycle)
        pack_close(b);
}

static void emit_move(Sequence *q, const Move *move)
{
    Backend *b = q->b;
    Atom atom = move_atom(move, b->nodes[q->leave->node].guest);
    unsigned file = move->fp;
    if (move->kind == MOVE_REG)
        wait_until(b, q->written[file][move->source]);
    while (!pack_add(b, &atom))
        pack_close(b);
    q->written[file][move->dest] =
        b->cycle + backend_latency(b, (AtomOp)atom.op);
}

/* Emits moves from `move` on: each may free the register that the next one
 * writes. */
static void emit_chain(Sequence *q, Move *move)
{
    while (move && q->readers[move->fp][move->dest] == 0) {
        q->writer[move->fp][move->dest] = NULL;
        emit_move(q, move);
        if (move->kind != MOVE_REG)
            return;
        unsigned file = move->fp, source = move->source;
        if (--q->readers[file][source] > 0)
            return;
        move = q->writer[file][source];
    }
}

static void forget(Sequence *q, unsigned file, unsigned reg)
{
    q->readers[file][reg] = 0;
    q->writer[file][reg] = NULL;
    q->written[file][reg] = 0;
}

static void emit_moves(Sequence *q)
{
    const Leave *leave = q->leave;
    /* Few registers have a part in it. */
    for (unsigned i = 0; i < leave->move_count; i++) {
        const Move *move = &leave->moves[i];
        forget(q, move->fp, move->dest);
        if (move->kind == MOVE_REG)
            forget(q, move->fp, move->source);
    }
    for (unsigned file = 0; file < 2; file++)
        forget(q, file, scratch_reg(file));
    for (unsigned i = 0; i < leave->move_count; i++) {
        Move *move = &leave->moves[i];
        q->writer[move->fp][move->dest] = move;
        if (move->kind == MOVE_REG)
            q->readers[move->fp][move->source]++;
    }
    /* Those that read registers first: they free them. */
    for (unsigned i = 0; i < leave->move_count; i++)
        if (leave->moves[i].kind == MOVE_REG &&
            q->writer[leave->moves[i].fp][leave->moves[i].dest])
            emit_chain(q, &leave->moves[i]);
    for (unsigned i = 0; i < leave->move_count; i++) {
        Move *move = &leave->moves[i];
        if (!q->writer[move->fp][move->dest])
            continue;
        if (q->readers[move->fp][move->dest] > 0) {
            /* Only cycles are left: save what this one would overwrite, for
             * the one move that reads it. */
            Move save = {.kind = MOVE_REG,
                         .fp = move->fp,
                         .dest = (uint8_t)scratch_reg(move->fp),
                         .source = move->dest};
            emit_move(q, &save);
            for (unsigned k = 0; k < leave->move_count; k++) {
                Move *other = &leave->moves[k];
                if (other->kind == MOVE_REG && other->fp == move->fp &&
                    other->source == move->dest)
                    other->source = save.dest;
            }
            q->readers[move->fp][save.dest] = q->readers[move->fp][move->dest];
            q->readers[move->fp][move->dest] = 0;
        }
        emit_chain(q, move);
    }
}

static void emit_stub(Backend *b, const Leave *leave)
{
    Sequence q;
    q.b = b;
    q.leave = leave;
    b->cycle = leave->cycle + b->desc->branch;
    b->any_busy = b->arrival = b->fcr_arrival = 0;
    Molecule *branch = &b->molecules[leave->molecule];
    assert(branch->atoms[branch->count - 1].unit == VLIW_BRU);
    branch->atoms[branch->count - 1].imm = b->molecule_count;
    if (!b->desc->interlock)
        wait_until(b, leave->arrival);
    emit_moves(&q);
    if (b->pack.slow)
        pack_close(b);
    wait_until(b, b->arrival);
    Atom exit = {.op = ATOM_EXIT,
                 .imm = leave->exit,
                 .guest = b->nodes[leave->node].guest};
    while (!pack_add(b, &exit)) {
        pack_close(b);
        wait_until(b, b->arrival);
    }
    b->pack.molecule->commit = (uint16_t)(1 + leave->exit);
    pack_close(b);
}

void backend_add_stubs(Backend *b)
{
    for (uint32_t k = 0; k < b->leave_count; k++)
        if (!b->leaves[k].main)
            emit_stub(b, &b->leaves[k]);
}
