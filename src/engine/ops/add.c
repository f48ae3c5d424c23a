/* a + b. */
#define BINARY_VALUE(a, b)   ((a) + (b))
#define BINARY_SLOPE_A(a, b) (1)
#define BINARY_SLOPE_B(a, b) (1)
#include "broadcast_internal.h"

BINARY_OP(add, GM_PASSES_GRADIENT, "Add", -2)
