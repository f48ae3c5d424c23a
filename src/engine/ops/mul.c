/* a b. */
#define BINARY_VALUE(a, b)   ((a) * (b))
#define BINARY_SLOPE_A(a, b) ((b))
#define BINARY_SLOPE_B(a, b) ((a))
#include "broadcast_internal.h"

BINARY_OP(mul, GM_READS_IN0 | GM_READS_IN1, "Mul", -2)
