/* `count` entries from `patch` (the start) on, along one axis. */
#define GATHER_SETUP(call)                                                                                             \
    size_t outer, length, inner, count = (size_t)(call)->settings->count, start = (size_t)(call)->settings->patch;     \
    gm_shape_split((call)->in_shape[0], (call)->settings->axis, &outer, &length, &inner);
#define GATHER_FROM(call, i) ((i / (count * inner) * length + start) * inner + i % (count * inner))
#include "gather_internal.h"

static gm_status shape(const gm_shape *const *in, int n_in, gm_settings *settings, gm_shape *out, int *n_out,
                       gm_error *err) {
    (void)n_in;
    if (!in[0]) return gm_fail(err, GM_E_ARG, "a value is needed");
    GM_TRY(gm_axis_resolve(in[0]->rank, &settings->axis, err));
    int length = in[0]->dims[settings->axis];
    if (settings->patch < 0 || settings->count < 1 || settings->count > length - settings->patch)
        return gm_fail(err, GM_E_SHAPE, "%d entries from %d on do not lie in an axis of %d", settings->count,
                       settings->patch, length);
    int dims[GM_MAX_RANK];
    memcpy(dims, in[0]->dims, sizeof dims);
    dims[settings->axis] = settings->count;
    out[0] = gm_shape_of(in[0]->rank, dims, in[0]->batched);
    *n_out = 1;
    return GM_OK;
}

static gm_status onnx(const gm_emit_call *call, gm_error *err) {
    (void)err;
    const gm_settings *settings = call->settings;
    int64_t start = settings->patch, end = start + settings->count,
            axis = gm_onnx_axis(call->in_shape[0], settings->axis);
    const char *const in[] = {call->in[0], gm_emit_ints(call, 1, &start), gm_emit_ints(call, 1, &end),
                              gm_emit_ints(call, 1, &axis)};
    gm_emit_node(call, "Slice", 4, in, call->out[0], 0, NULL);
    return GM_OK;
}

static gm_value make_case(gm_case *c, int index) {
    return gm_slice(c->graph, c->tensor(c, true, -1, 1, GM_DIMS(4, 5, 3)), index, 1, 2);
}

GATHER_OP(slice, 3)
