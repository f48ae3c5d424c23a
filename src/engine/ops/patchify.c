/* x [length, channels] -> [channels, patches, patch]: patch n starts at row length - (patch + stride (patches-1)) + n
 * stride; the oldest rows are dropped. */
#include "engine/op_internal.h"

#include <string.h>

static gm_status shape(const gm_shape *const *in, int n_in, gm_settings *settings, gm_shape *out, int *n_out,
                       gm_error *err) {
    (void)n_in;
    if (!in[0] || in[0]->rank != 2) return gm_fail(err, GM_E_SHAPE, "needs a value [length, channels]");
    int length = in[0]->dims[0];
    if (settings->patch < 1 || settings->stride < 1 || settings->patch > length)
        return gm_fail(err, GM_E_ARG, "patches of %d every %d rows do not fit %d rows", settings->patch,
                       settings->stride, length);
    int dims[] = {in[0]->dims[1], (length - settings->patch) / settings->stride + 1, settings->patch};
    out[0] = gm_shape_of(3, dims, in[0]->batched);
    *n_out = 1;
    return GM_OK;
}

/* Where entry (patch number, offset) of channel c lies in x; the loops below walk out in order. */
#define EACH_ENTRY(call, ...)                                                                                          \
    size_t channels = (size_t)(call)->in_shape[0]->dims[1], length = (size_t)(call)->in_shape[0]->dims[0];             \
    size_t patches = (size_t)(call)->out_shape[0]->dims[1], patch = (size_t)(call)->settings->patch;                   \
    size_t stride = (size_t)(call)->settings->stride, first = length - (patch + stride * (patches - 1));               \
    size_t samples = (call)->in_shape[0]->batched ? (size_t)(call)->batch : 1, to = 0;                                 \
    for (size_t s = 0; s < samples; s++)                                                                               \
        for (size_t c = 0; c < channels; c++)                                                                          \
            for (size_t n = 0; n < patches; n++)                                                                       \
                for (size_t p = 0; p < patch; p++, to++) {                                                             \
                    size_t from = (s * length + first + n * stride + p) * channels + c;                                \
                    __VA_ARGS__;                                                                                       \
                }

static void forward(const gm_call *call) {
    EACH_ENTRY(call, call->out[0][to] = call->in[0][from])
}

static void reference(const gm_reference_call *call) {
    EACH_ENTRY(call, call->out[0][to] = call->in[0][from])
}

static void backward(const gm_call *call) {
    size_t entries = call->in_shape[0]->size * (call->in_shape[0]->batched ? (size_t)call->batch : 1);
    if (!call->add[0]) memset(call->din[0], 0, entries * sizeof(float));
    EACH_ENTRY(call, call->din[0][from] += call->dout[0][to])
}

/* Gather rows by a table [patches, patch], then [.., patches, patch, channels] -> [.., channels, patches, patch]. */
static gm_status onnx(const gm_emit_call *call, gm_error *err) {
    int patches = call->out_shape[0]->dims[1], patch = call->settings->patch, stride = call->settings->stride;
    int first = call->in_shape[0]->dims[0] - (patch + stride * (patches - 1));
    gm_auto_free int64_t *rows = gm_alloc_array((size_t)patches * (size_t)patch, sizeof *rows);
    if (!rows) return gm_nomem(err);
    for (int n = 0; n < patches; n++)
        for (int p = 0; p < patch; p++) rows[n * patch + p] = first + n * stride + p;
    const int64_t dims[] = {patches, patch};
    const char *table = call->emitter->constant_ints(call->emitter, call->name, 2, dims, rows);
    int64_t axis = gm_onnx_axis(call->in_shape[0], 0);
    const char *taken = gm_emit_step(call, "Gather", 2, (const char *[]){call->in[0], table}, 1,
                                     &(gm_attribute){"axis", GM_ATTRIBUTE_INT, .i = axis});
    int64_t permutation[4] = {0, axis + 2, axis, axis + 1};
    const int64_t *p = call->in_shape[0]->batched ? permutation : permutation + 1;
    gm_emit_transpose(call, taken, call->out[0], call->in_shape[0]->batched ? 4 : 3, p);
    return GM_OK;
}

static gm_value make_case(gm_case *c, int index) {
    gm_value x = c->tensor(c, true, -1, 1, GM_DIMS(21, 3));
    static const int patch[] = {4, 5, 3}, stride[] = {4, 3, 5};
    return gm_patchify(c->graph, x, patch[index], stride[index]);
}

GM_OP(patchify)
= {
    .name = "patchify",
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .onnx = onnx,
    .n_cases = 3,
    .make_case = make_case,
};
