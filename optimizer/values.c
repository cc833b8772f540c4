/* Values by what they are: hash-consing with identities; see values.h.
 *
 * The identities are those that instruction selection may use: constants,
 * moves as `or` with 0, subtraction of a constant as addition, sums of
 * constants in addresses, either order of operands, and words of 64-bit values.
 * A 64-bit value that was put together is a PAIR of its low and high word. */
#include "optimizer/values.h"

typedef struct Node {
    uint32_t op;
    Value a, b;
    uint32_t imm, state;
} Node;

/* Above every op that a caller may have. */
enum { PAIR = 0xffff };

struct Values {
    Arena *arena;
    Node *nodes;
    uint32_t count, room;
    uint32_t *table; /* 1 + value; a power of two of them, at most half full */
    uint32_t slots;
};

Values *values_create(Arena *arena)
{
    Values *values = arena_alloc(arena, 1, sizeof *values);
    values->arena = arena;
    values->room = 512;
    values->nodes = arena_alloc(arena, values->room, sizeof(Node));
    values->slots = 2 * values->room;
    values->table = arena_alloc(arena, values->slots, sizeof(uint32_t));
    return values;
}

unsigned values_count(const Values *values)
{
    return values->count;
}

/* --- Interning ------------------------------------------------------------ */

static uint32_t hash_node(const Node *n)
{
    uint64_t h = n->op;
    h = (h ^ n->a) * 0x9e3779b97f4a7c15ull;
    h = (h ^ (h >> 29) ^ n->b) * 0x9e3779b97f4a7c15ull;
    h = (h ^ (h >> 29) ^ n->imm) * 0x9e3779b97f4a7c15ull;
    h = (h ^ (h >> 29) ^ n->state) * 0x9e3779b97f4a7c15ull;
    return (uint32_t)(h >> 32);
}

static bool same_node(const Node *x, const Node *y)
{
    return x->op == y->op && x->a == y->a && x->b == y->b && x->imm == y->imm &&
           x->state == y->state;
}

static void grow(Values *values)
{
    uint32_t room = 2 * values->room;
    values->nodes = arena_grow(values->arena, values->nodes, values->room, room,
                               sizeof(Node));
    values->room = room;
    values->slots = 2 * room;
    values->table = arena_alloc(values->arena, values->slots, sizeof(uint32_t));
    for (uint32_t v = 0; v < values->count; v++) {
        uint32_t i = hash_node(&values->nodes[v]);
        while (values->table[i & (values->slots - 1)])
            i++;
        values->table[i & (values->slots - 1)] = v + 1;
    }
}

static Value intern(Values *values, Node node)
{
    uint32_t i = hash_node(&node), found;
    while ((found = values->table[i & (values->slots - 1)]) != 0) {
        if (same_node(&values->nodes[found - 1], &node))
            return found - 1;
        i++;
    }
    values->table[i & (values->slots - 1)] = values->count + 1;
    values->nodes[values->count++] = node;
    if (values->count == values->room)
        grow(values);
    return values->count - 1;
}

Value values_other(Values *values, unsigned op, Value a, Value b, uint32_t imm,
                   uint32_t state)
{
    return intern(values, (Node){op, a, b, imm, state});
}

Value values_const(Values *values, uint32_t value)
{
    return intern(values, (Node){IR_CONST, NO_VALUE, NO_VALUE, value, 0});
}

static const Node *node_of(const Values *values, Value v)
{
    return &values->nodes[v];
}

static bool is_const(const Values *values, Value v)
{
    return v != NO_VALUE && node_of(values, v)->op == IR_CONST;
}

bool values_is_const(const Values *values, Value v, uint32_t value)
{
    return is_const(values, v) && node_of(values, v)->imm == value;
}

/* --- Identities ----------------------------------------------------------- */

static Value add_const(Values *values, Value a, uint32_t c)
{
    const Node *node = node_of(values, a);
    if (node->op == IR_CONST)
        return values_const(values, node->imm + c);
    if (node->op == IR_ADD && is_const(values, node->b)) {
        c += node_of(values, node->b)->imm;
        a = node->a;
    }
    if (c == 0)
        return a;
    Value b = values_const(values, c);
    return intern(values, (Node){IR_ADD, a, b, 0, 0});
}

/* `op` with constant `c` as second operand; NO_VALUE: no identity applies. */
static Value with_const(Values *values, IrOp op, Value a, uint32_t c)
{
    switch (op) {
    case IR_ADD: return add_const(values, a, c);
    case IR_SUB: return add_const(values, a, 0 - c);
    case IR_OR:
    case IR_XOR: return c == 0 ? a : NO_VALUE;
    case IR_AND:
        if (c == 0)
            return values_const(values, 0);
        return c == UINT32_MAX ? a : NO_VALUE;
    case IR_SHL:
    case IR_SHR:
    case IR_SAR: return c % 32 == 0 ? a : NO_VALUE;
    default: return NO_VALUE;
    }
}

static Value word_of(Values *values, IrOp op, Value a)
{
    const Node *node = node_of(values, a);
    if (node->op == PAIR)
        return op == IR_LO ? node->a : node->b;
    return intern(values, (Node){op, a, NO_VALUE, 0, 0});
}

static Value make_pair(Values *values, Value low, Value high)
{
    const Node *l = node_of(values, low), *h = node_of(values, high);
    if (l->op == IR_LO && h->op == IR_HI && l->a == h->a)
        return l->a;
    return intern(values, (Node){PAIR, low, high, 0, 0});
}

static Value integer(Values *values, IrOp op, Value a, Value b)
{
    bool commutes = ir_op_has(op, IR_IS_COMMUTES);
    if (commutes && (is_const(values, a) || (!is_const(values, b) && a > b))) {
        Value t = a;
        a = b;
        b = t;
    }
    if (is_const(values, b)) {
        uint32_t c = node_of(values, b)->imm;
        if (is_const(values, a))
            return values_const(
                values, (uint32_t)ir_eval(op, node_of(values, a)->imm, c, 0));
        Value v = with_const(values, op, a, c);
        if (v != NO_VALUE)
            return v;
    }
    return intern(values, (Node){op, a, b, 0, 0});
}

Value values_pure(Values *values, IrOp op, Value a, Value b, uint32_t imm)
{
    switch (op) {
    case IR_CONST: return values_const(values, imm);
    case IR_COPY: return a;
    case IR_CP0: return intern(values, (Node){op, NO_VALUE, NO_VALUE, imm, 0});
    case IR_LO:
    case IR_HI: return word_of(values, op, a);
    case IR_SETLO: return make_pair(values, b, word_of(values, IR_HI, a));
    case IR_SETHI: return make_pair(values, word_of(values, IR_LO, a), b);
    default: return integer(values, op, a, b);
    }
}

void values_split(const Values *values, Value v, Value *base, uint32_t *offset)
{
    const Node *node = node_of(values, v);
    *base = v;
    *offset = 0;
    if (node->op == IR_CONST) {
        *base = NO_VALUE;
        *offset = node->imm;
    } else if (node->op == IR_ADD && is_const(values, node->b)) {
        *base = node->a;
        *offset = node_of(values, node->b)->imm;
    }
}
