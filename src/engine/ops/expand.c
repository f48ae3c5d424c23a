/* numpy's broadcast_to: axes of length 1, and new ones in front, are repeated. */
#define GATHER_SETUP(call)
#define GATHER_FROM(call, i) place_of((call)->in_shape[0], (call)->out_shape[0], i)

#include "engine/op_internal.h"

static size_t place_of(const gm_shape *in, const gm_shape *out, size_t i) {
    size_t place = 0, stride = 1;
    for (int a = out->rank - 1, b = in->rank - 1; b >= 0; a--, b--) {
        size_t at = i % (size_t)out->dims[a];
        i /= (size_t)out->dims[a];
        if (in->dims[b] > 1) place += at * stride;
        stride *= (size_t)in->dims[b];
    }
    return place;
}

#include "gather_internal.h"

static gm_status shape(const gm_shape *const *in, int n_in, gm_settings *settings, gm_shape *out, int *n_out,
                       gm_error *err) {
    (void)n_in;
    if (!in[0]) return gm_fail(err, GM_E_ARG, "a value is needed");
    out[0] = gm_shape_of(settings->rank, settings->dims, in[0]->batched);
    *n_out = 1;
    char from[96], to[96];
    bool fits = settings->rank >= in[0]->rank;
    for (int i = 0; i < settings->rank; i++) fits = fits && settings->dims[i] > 0;
    for (int i = 1; fits && i <= in[0]->rank; i++) {
        int have = in[0]->dims[in[0]->rank - i];
        fits = have == 1 || have == settings->dims[settings->rank - i];
    }
    return fits ? GM_OK
                : gm_fail(err, GM_E_SHAPE, "%s cannot be repeated to %s", gm_shape_text(in[0], from),
                          gm_shape_text(&out[0], to));
}

static gm_status onnx(const gm_emit_call *call, gm_error *err) {
    (void)err;
    int64_t dims[GM_MAX_RANK + 1];
    int rank = 0;
    if (call->out_shape[0]->batched) dims[rank++] = 1; /* Expand broadcasts both ways: 1 keeps the batch */
    for (int i = 0; i < call->out_shape[0]->rank; i++) dims[rank++] = call->out_shape[0]->dims[i];
    const char *aligned = gm_emit_aligned(call, 0, call->out_shape[0]->rank);
    gm_emit_node(call, "Expand", 2, (const char *[]){aligned, gm_emit_ints(call, rank, dims)}, call->out[0], 0, NULL);
    return GM_OK;
}

static gm_value make_case(gm_case *c, int index) {
    if (index == 0) return gm_expand(c->graph, c->tensor(c, true, -1, 1, GM_DIMS(3, 1)), GM_DIMS(2, 3, 4));
    return gm_expand(c->graph, c->tensor(c, true, -1, 1, GM_DIMS(5)), GM_DIMS(3, 5));
}

GATHER_OP(expand, 2)
