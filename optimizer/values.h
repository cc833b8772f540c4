/* Values by what they are: two computations that are given the same number have
 * the same result.  Equal operations on equal operands are one value, and so
 * are those that a few identities of arithmetic make equal. */
#ifndef SELKIRK_OPTIMIZER_VALUES_H
#define SELKIRK_OPTIMIZER_VALUES_H

#include "ir/ir.h"

/* From 0 up, in the order in which they were first asked for. */
typedef uint32_t Value;
#define NO_VALUE UINT32_MAX

typedef struct Values Values;

/* Lives in `arena`. */
Values *values_create(Arena *arena);
unsigned values_count(const Values *values);

Value values_const(Values *values, uint32_t value);
bool values_is_const(const Values *values, Value v, uint32_t value);

/* The result of a PURE op. */
Value values_pure(Values *values, IrOp op, Value a, Value b, uint32_t imm);

/* The result of anything else: the same for the same arguments. `state` is
 * what it depends on besides its operands; `op` may go beyond IrOp. */
Value values_other(Values *values, unsigned op, Value a, Value b, uint32_t imm,
                   uint32_t state);

/* `v` as base + offset: NO_VALUE + offset if it is a constant. */
void values_split(const Values *values, Value v, Value *base, uint32_t *offset);

#endif
