/* numpy's take: the entries of one axis that a list names, in its order. */
#define GATHER_SETUP(call)                                                                                             \
    size_t outer, length, inner, count = (size_t)(call)->settings->count;                                              \
    const int *list = (call)->settings->list;                                                                          \
    gm_shape_split((call)->in_shape[0], (call)->settings->axis, &outer, &length, &inner);
#define GATHER_FROM(call, i) ((i / (count * inner) * length + (size_t)list[i / inner % count]) * inner + i % inner)
#include "gather_internal.h"

static gm_status shape(const gm_shape *const *in, int n_in, gm_settings *settings, gm_shape *out, int *n_out,
                       gm_error *err) {
    (void)n_in;
    if (!in[0]) return gm_fail(err, GM_E_ARG, "a value is needed");
    GM_TRY(gm_axis_resolve(in[0]->rank, &settings->axis, err));
    int length = in[0]->dims[settings->axis];
    for (int i = 0; i < settings->count; i++)
        if (settings->list[i] < 0 || settings->list[i] >= length)
            return gm_fail(err, GM_E_SHAPE, "entry %d of an axis of %d is asked for", settings->list[i], length);
    int dims[GM_MAX_RANK];
    memcpy(dims, in[0]->dims, sizeof dims);
    dims[settings->axis] = settings->count;
    out[0] = gm_shape_of(in[0]->rank, dims, in[0]->batched);
    *n_out = 1;
    return GM_OK;
}

static gm_status onnx(const gm_emit_call *call, gm_error *err) {
    int count = call->settings->count;
    gm_auto_free int64_t *list = gm_alloc_array((size_t)count, sizeof *list);
    if (!list) return gm_nomem(err);
    for (int i = 0; i < count; i++) list[i] = call->settings->list[i];
    const char *const in[] = {call->in[0], gm_emit_ints(call, count, list)};
    gm_emit_node(call, "Gather", 2, in, call->out[0], 1,
                 &(gm_attribute){"axis", GM_ATTRIBUTE_INT, .i = gm_onnx_axis(call->in_shape[0], call->settings->axis)});
    return GM_OK;
}

static gm_value make_case(gm_case *c, int index) {
    gm_value x = c->tensor(c, true, -1, 1, GM_DIMS(4, 3, 5));
    return index == 0 ? gm_select(c->graph, x, 0, 2, (const int[]){1, 3})
                      : gm_select(c->graph, x, -1, 3, (const int[]){4, 0, 4});
}

GATHER_OP(select, 2)
