/* a / b; by zero as IEEE 754 says. */
#define BINARY_VALUE(a, b)   ((a) / (b))
#define BINARY_SLOPE_A(a, b) (1 / (b))
#define BINARY_SLOPE_B(a, b) (-(a) / ((b) * (b)))
#include "broadcast_internal.h"

BINARY_OP(div, GM_READS_IN0 | GM_READS_IN1, "Div", 0.5)
