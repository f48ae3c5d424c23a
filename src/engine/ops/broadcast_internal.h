/* Operations with two operands under numpy's broadcasting: a file gives the value and both slopes, and includes this.
 *
 *   #define BINARY_VALUE(a, b)
 *   #define BINARY_SLOPE_A(a, b), BINARY_SLOPE_B(a, b)      derivatives by a and by b
 * The other loops are plain C: the compiler vectorises them for each instruction set. */
#include "engine/cpu/vector_internal.h"
#include "engine/op_internal.h"

#include <string.h>

enum { AXES = GM_MAX_RANK + 1 };

/* The loops over all entries of the result, outermost first, the batch being an axis; strides are 0 where an operand is
 * repeated. Neighbouring axes that both operands walk evenly are merged, so equal shapes give one long loop. */
typedef struct {
    int rank;
    size_t dims[AXES], a[AXES], b[AXES];
} walk;

static void operand_strides(const gm_shape *shape, int rank, size_t *strides) {
    size_t stride = 1;
    for (int i = 0; i < rank; i++) strides[rank - i] = 0;
    for (int i = 0; i < shape->rank; i++) {
        int dim = shape->dims[shape->rank - 1 - i];
        strides[rank - i] = dim == 1 ? 0 : stride;
        stride *= (size_t)dim;
    }
    strides[0] = shape->batched ? shape->size : 0;
}

static walk walk_of(const gm_shape *a, const gm_shape *b, const gm_shape *out, int batch) {
    size_t dims[AXES], sa[AXES], sb[AXES];
    dims[0] = out->batched ? (size_t)batch : 1;
    for (int i = 0; i < out->rank; i++) dims[i + 1] = (size_t)out->dims[i];
    operand_strides(a, out->rank, sa);
    operand_strides(b, out->rank, sb);
    walk w = {.rank = 0};
    for (int i = 0; i <= out->rank; i++) {
        if (dims[i] == 1) continue;
        int last = w.rank - 1;
        if (w.rank && w.a[last] == sa[i] * dims[i] && w.b[last] == sb[i] * dims[i]) {
            w.dims[last] *= dims[i], w.a[last] = sa[i], w.b[last] = sb[i];
            continue;
        }
        w.dims[w.rank] = dims[i], w.a[w.rank] = sa[i], w.b[w.rank] = sb[i];
        w.rank++;
    }
    if (w.rank == 0) w = (walk){.rank = 1, .dims = {1}, .a = {1}, .b = {1}};
    return w;
}

/* Steps to the next innermost row: false at the end. */
static bool next_row(const walk *w, size_t *at, size_t *ia, size_t *ib) {
    for (int i = w->rank - 2; i >= 0; i--) {
        *ia += w->a[i], *ib += w->b[i];
        if (++at[i] < w->dims[i]) return true;
        *ia -= w->a[i] * w->dims[i], *ib -= w->b[i] * w->dims[i];
        at[i] = 0;
    }
    return false;
}

static gm_status shape(const gm_shape *const *in, int n_in, gm_settings *settings, gm_shape *out, int *n_out,
                       gm_error *err) {
    (void)n_in, (void)settings;
    if (!in[0] || !in[1]) return gm_fail(err, GM_E_ARG, "two values are needed");
    int rank = GM_MAX(in[0]->rank, in[1]->rank), dims[GM_MAX_RANK] = {0};
    for (int i = 1; i <= rank; i++) {
        int a = i <= in[0]->rank ? in[0]->dims[in[0]->rank - i] : 1;
        int b = i <= in[1]->rank ? in[1]->dims[in[1]->rank - i] : 1;
        char ta[96], tb[96];
        if (a != b && a != 1 && b != 1)
            return gm_fail(err, GM_E_SHAPE, "shapes %s and %s do not broadcast", gm_shape_text(in[0], ta),
                           gm_shape_text(in[1], tb));
        dims[rank - i] = GM_MAX(a, b);
    }
    out[0] = gm_shape_of(rank, dims, in[0]->batched || in[1]->batched);
    *n_out = 1;
    return GM_OK;
}

#define ROW(...)                                                                                                       \
    {                                                                                                                  \
        size_t n = w.dims[w.rank - 1], sa = w.a[w.rank - 1], sb = w.b[w.rank - 1], at[AXES] = {0}, ia = 0, ib = 0;     \
        size_t row = 0;                                                                                                \
        do {                                                                                                           \
            __VA_ARGS__ row += n;                                                                                      \
        } while (next_row(&w, at, &ia, &ib));                                                                          \
    }

static void forward(const gm_call *call) {
    walk w = walk_of(call->in_shape[0], call->in_shape[1], call->out_shape[0], call->batch);
    ROW({
        const float *restrict a = call->in[0] + ia, *restrict b = call->in[1] + ib;
        float *restrict y = call->out[0] + row;
        size_t i = 0;
        for (; sa == 1 && sb == 1 && i + VL <= n; i += VL) {
            will_write(y + i);
            vstore(y + i, BINARY_VALUE(vload(a + i), vload(b + i)));
        }
        if (sa == 1 && sb == 0)
            for (; i < n; i++) y[i] = BINARY_VALUE(a[i], b[0]);
        else
            for (; i < n; i++) y[i] = BINARY_VALUE(a[i * sa], b[i * sb]);
    })
}

static void reference(const gm_reference_call *call) {
    walk w = walk_of(call->in_shape[0], call->in_shape[1], call->out_shape[0], call->batch);
    ROW({
        const double *a = call->in[0] + ia, *b = call->in[1] + ib;
        for (size_t i = 0; i < n; i++) call->out[0][row + i] = BINARY_VALUE(a[i * sa], b[i * sb]);
    })
}

static size_t entries(const gm_shape *of, int batch) {
    return of->size * (of->batched ? (size_t)batch : 1);
}

/* One operand's gradient; `repeated`: broadcast, so several entries of dy fall on one of it. */
#define GRADIENT(which, index, stride, SLOPE)                                                                          \
    {                                                                                                                  \
        float *restrict d = call->din[which] + index;                                                                  \
        if (repeated && stride == 0) {                                                                                 \
            float sum = 0;                                                                                             \
            for (size_t i = 0; i < n; i++) sum += dy[i] * SLOPE(a[i * sa], b[i * sb]);                                 \
            d[0] += sum;                                                                                               \
        } else if (repeated || call->add[which]) {                                                                     \
            for (size_t i = 0; i < n; i++) d[i * stride] += dy[i] * SLOPE(a[i * sa], b[i * sb]);                       \
        } else if (sa == 1 && sb == 1) {                                                                               \
            for (size_t i = 0; i < n; i++) d[i] = dy[i] * SLOPE(a[i], b[i]);                                           \
        } else {                                                                                                       \
            for (size_t i = 0; i < n; i++) d[i * stride] = dy[i] * SLOPE(a[i * sa], b[i * sb]);                        \
        }                                                                                                              \
    }

static void backward(const gm_call *call) {
    walk w = walk_of(call->in_shape[0], call->in_shape[1], call->out_shape[0], call->batch);
    size_t all = entries(call->out_shape[0], call->batch);
    for (int which = 0; which < 2; which++) {
        if (!call->din[which]) continue;
        size_t own = entries(call->in_shape[which], call->batch);
        bool repeated = own != all;
        if (repeated && !call->add[which]) memset(call->din[which], 0, own * sizeof(float));
        ROW({
            const float *a = call->in[0] + ia;
            const float *b = call->in[1] + ib;
            const float *restrict dy = call->dout[0] + row;
            (void)a, (void)b;
            if (which == 0)
                GRADIENT(0, ia, sa, BINARY_SLOPE_A)
            else
                GRADIENT(1, ib, sb, BINARY_SLOPE_B)
        })
    }
}

static gm_value broadcast_case(gm_case *c, int index, gm_value (*op)(gm_graph *, gm_value, gm_value), double low) {
    switch (index) {
    case 0: return op(c->graph, c->tensor(c, true, -2, 2, GM_DIMS(3, 21)), c->tensor(c, true, low, 3, GM_DIMS(3, 21)));
    case 1: return op(c->graph, c->tensor(c, true, -2, 2, GM_DIMS(4, 3, 5)), c->tensor(c, false, low, 3, GM_DIMS(5)));
    case 2:
        return op(c->graph, c->tensor(c, false, -2, 2, GM_DIMS(4, 1, 5)), c->tensor(c, true, low, 3, GM_DIMS(3, 1)));
    case 3: return op(c->graph, c->tensor(c, true, -2, 2, GM_DIMS(6)), c->tensor(c, true, low, 3, 0, NULL));
    default: return op(c->graph, c->tensor(c, true, -2, 2, GM_DIMS(1, 4)), c->tensor(c, true, low, 3, GM_DIMS(7, 1)));
    }
}

#define BINARY_OP(op, op_flags, onnx_type, low)                                                                        \
    static gm_status onnx(const gm_emit_call *call, gm_error *err) {                                                   \
        return gm_emit_broadcast(call, onnx_type, err);                                                                \
    }                                                                                                                  \
    static gm_value make_case(gm_case *c, int index) {                                                                 \
        return broadcast_case(c, index, gm_##op, low);                                                                 \
    }                                                                                                                  \
    GM_OP(op)                                                                                                          \
    = {                                                                                                                \
        .name = #op,                                                                                                   \
        .flags = op_flags,                                                                                             \
        .shape = shape,                                                                                                \
        .forward = forward,                                                                                            \
        .backward = backward,                                                                                          \
        .reference = reference,                                                                                        \
        .onnx = onnx,                                                                                                  \
        .n_cases = 5,                                                                                                  \
        .make_case = make_case,                                                                                        \
    };
