/* Operations that only move numbers: a file says from which entry of which operand each entry of the result comes.
 *
 *   #define GATHER_SETUP(call)       declarations before the loop
 *   #define GATHER_FROM(call, i)     entry of the operand for entry i of the result, both within one sample
 * Several results may come from one entry (expand, select): gradients are added up. One operand. */
#include "engine/op_internal.h"

#include <string.h>

static size_t entries(const gm_shape *of, int batch) {
    return of->size * (of->batched ? (size_t)batch : 1);
}

#define GATHER_LOOP(call, ...)                                                                                         \
    GATHER_SETUP(call)                                                                                                 \
    size_t n_to = (call)->out_shape[0]->size, n_from = (call)->in_shape[0]->size;                                      \
    size_t samples = (call)->in_shape[0]->batched ? (size_t)(call)->batch : 1;                                         \
    for (size_t i = 0; i < n_to; i++) {                                                                                \
        size_t place = GATHER_FROM(call, i);                                                                           \
        for (size_t s = 0; s < samples; s++) {                                                                         \
            size_t to = s * n_to + i, from = s * n_from + place;                                                       \
            __VA_ARGS__;                                                                                               \
        }                                                                                                              \
    }

static void forward(const gm_call *call) {
    GATHER_LOOP(call, call->out[0][to] = call->in[0][from])
}

static void reference(const gm_reference_call *call) {
    GATHER_LOOP(call, call->out[0][to] = call->in[0][from])
}

static void backward(const gm_call *call) {
    if (!call->add[0]) memset(call->din[0], 0, entries(call->in_shape[0], call->batch) * sizeof(float));
    GATHER_LOOP(call, call->din[0][from] += call->dout[0][to])
}

#define GATHER_OP(op, cases)                                                                                           \
    GM_OP(op)                                                                                                          \
    = {                                                                                                                \
        .name = #op,                                                                                                   \
        .shape = shape,                                                                                                \
        .forward = forward,                                                                                            \
        .backward = backward,                                                                                          \
        .reference = reference,                                                                                        \
        .onnx = onnx,                                                                                                  \
        .n_cases = cases,                                                                                              \
        .make_case = make_case,                                                                                        \
    };
