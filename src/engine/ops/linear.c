/* y = W x + b along one axis: x seen as [outer, in, inner], y as [outer, out, inner], W [out, in], b [out].
 *
 * In the layout of the tensor: along the last axis the rows of x are broadcast against W', elsewhere W is broadcast
 * against rows of `inner` numbers. Nothing is permuted; only the gradient of W transposes small chunks of x. */
#include "engine/cpu/gemm_internal.h"
#include "engine/op_internal.h"

enum { LONG_CONTRACTION = 96, LONG_ROW = 128, CHUNK = 144 };

typedef struct {
    size_t outer, in, out, inner; /* outer over all samples */
} sizes;

static sizes sizes_of(const gm_call *call) {
    sizes s;
    gm_shape_split(call->in_shape[0], call->settings->axis, &s.outer, &s.in, &s.inner);
    s.out = (size_t)call->in_shape[1]->dims[0];
    if (call->in_shape[0]->batched) s.outer *= (size_t)call->batch;
    return s;
}

static gm_status shape(const gm_shape *const *in, int n_in, gm_settings *settings, gm_shape *out, int *n_out,
                       gm_error *err) {
    (void)n_in;
    if (!in[0] || !in[1]) return gm_fail(err, GM_E_ARG, "a value and a weight are needed");
    GM_TRY(gm_axis_resolve(in[0]->rank, &settings->axis, err));
    char text[96], weight[96];
    if (in[1]->batched || in[1]->rank != 2 || in[1]->dims[1] != in[0]->dims[settings->axis])
        return gm_fail(err, GM_E_SHAPE, "weight %s along axis %d of %s; [out, %d] is needed",
                       gm_shape_text(in[1], weight), settings->axis, gm_shape_text(in[0], text),
                       in[0]->dims[settings->axis]);
    if (in[2] && (in[2]->batched || in[2]->rank != 1 || in[2]->dims[0] != in[1]->dims[0]))
        return gm_fail(err, GM_E_SHAPE, "bias %s with weight %s", gm_shape_text(in[2], text),
                       gm_shape_text(in[1], weight));
    int dims[GM_MAX_RANK];
    memcpy(dims, in[0]->dims, sizeof dims);
    dims[settings->axis] = in[1]->dims[0];
    out[0] = gm_shape_of(in[0]->rank, dims, in[0]->batched);
    *n_out = 1;
    return GM_OK;
}

/* How many rows of `outer` are transposed at a time for the gradient of W: nearly equal parts, whose wide panels stay in
 * the first cache. */
static size_t chunk_outer(const sizes *s) {
    size_t most = GM_MAX(CHUNK / s->inner, (size_t)1), parts = (s->outer + most - 1) / most;
    return (s->outer + parts - 1) / parts;
}

static size_t scratch(const gm_call *call) {
    sizes s = sizes_of(call);
    size_t turned = 0; /* the weight on the way there, or a chunk of x on the way back */
    if (s.inner == 1 && s.in < LONG_CONTRACTION) turned = panels_size(s.in, s.out);
    if (s.inner > 1 && s.inner < LONG_ROW && call->training) turned = panels_size(chunk_outer(&s) * s.inner, s.in);
    return GEMM_SCRATCH + turned;
}

static void forward(const gm_call *call) {
    sizes s = sizes_of(call);
    const float *x = call->in[0], *w = call->in[1], *bias = call->in[2];
    if (s.inner > 1) {
        gemm_nn(&(gemm){.rows = s.out,
                        .columns = s.inner,
                        .depth = s.in,
                        .groups = s.outer,
                        .depth2 = 1,
                        .a = w,
                        .a_row = s.in,
                        .a_column = 1,
                        .b = x,
                        .b_row = s.inner,
                        .b_group = s.in * s.inner,
                        .c = call->out[0],
                        .c_row = s.inner,
                        .c_group = s.out * s.inner,
                        .row_bias = bias,
                        .scratch = call->scratch});
    } else if (s.in >= LONG_CONTRACTION) {
        gemm_nt(&(dots){.rows = s.outer,
                        .columns = s.out,
                        .depth = s.in,
                        .a = x,
                        .a_row = s.in,
                        .b = w,
                        .b_row = s.in,
                        .c = call->out[0],
                        .c_row = s.out,
                        .column_bias = bias});
    } else {
        float *turned = call->scratch + GEMM_SCRATCH;
        panels_turn(w, s.in, s.out, s.in, 0, s.in, s.out, turned);
        gemm_nn(&(gemm){.rows = s.outer,
                        .columns = s.out,
                        .depth = s.in,
                        .groups = 1,
                        .depth2 = 1,
                        .a = x,
                        .a_row = s.in,
                        .a_column = 1,
                        .b = turned,
                        .panels = true,
                        .c = call->out[0],
                        .c_row = s.out,
                        .column_bias = bias,
                        .scratch = call->scratch});
    }
}

static void backward_x(const gm_call *call, const sizes *s) {
    const float *w = call->in[1], *dy = call->dout[0];
    if (s->inner > 1)
        gemm_nn(&(gemm){.rows = s->in,
                        .columns = s->inner,
                        .depth = s->out,
                        .groups = s->outer,
                        .depth2 = 1,
                        .a = w,
                        .a_row = 1,
                        .a_column = s->in,
                        .b = dy,
                        .b_row = s->inner,
                        .b_group = s->out * s->inner,
                        .c = call->din[0],
                        .c_row = s->inner,
                        .c_group = s->in * s->inner,
                        .add = call->add[0],
                        .scratch = call->scratch});
    else
        gemm_nn(&(gemm){.rows = s->outer,
                        .columns = s->in,
                        .depth = s->out,
                        .groups = 1,
                        .depth2 = 1,
                        .a = dy,
                        .a_row = s->out,
                        .a_column = 1,
                        .b = w,
                        .b_row = s->in,
                        .c = call->din[0],
                        .c_row = s->in,
                        .add = call->add[0],
                        .scratch = call->scratch});
}

static void backward_weight(const gm_call *call, const sizes *s) {
    const float *x = call->in[0], *dy = call->dout[0];
    float *dw = call->din[1];
    bool add = call->add[1];
    if (s->inner == 1) {
        gemm_nn(&(gemm){.rows = s->out,
                        .columns = s->in,
                        .depth = s->outer,
                        .groups = 1,
                        .depth2 = 1,
                        .a = dy,
                        .a_row = 1,
                        .a_column = s->out,
                        .b = x,
                        .b_row = s->in,
                        .c = dw,
                        .c_row = s->in,
                        .add = add,
                        .scratch = call->scratch});
        return;
    }
    if (s->inner >= LONG_ROW) {
        for (size_t o = 0; o < s->outer; o++)
            gemm_nt(&(dots){.rows = s->out,
                            .columns = s->in,
                            .depth = s->inner,
                            .a = dy + o * s->out * s->inner,
                            .a_row = s->inner,
                            .b = x + o * s->in * s->inner,
                            .b_row = s->inner,
                            .c = dw,
                            .c_row = s->in,
                            .add = add || o});
        return;
    }
    float *turned = call->scratch + GEMM_SCRATCH;
    size_t chunk = chunk_outer(s), block = s->in * s->inner;
    for (size_t o = 0; o < s->outer; o += chunk) {
        size_t n = GM_MIN(chunk, s->outer - o);
        for (size_t i = 0; i < n; i++)
            panels_turn(x + (o + i) * block, s->inner, s->in, s->inner, i * s->inner, n * s->inner, s->in, turned);
        gemm_nn(&(gemm){.rows = s->out,
                        .columns = s->in,
                        .depth = s->inner,
                        .groups = 1,
                        .depth2 = n,
                        .a = dy + o * s->out * s->inner,
                        .a_row = s->inner,
                        .a_column = 1,
                        .a_depth2 = s->out * s->inner,
                        .b = turned,
                        .panels = true,
                        .c = dw,
                        .c_row = s->in,
                        .add = add || o,
                        .scratch = call->scratch});
    }
}

/* Four partial sums hide the latency of the additions. */
static float row_sums(const float *first, size_t rows, size_t step, size_t length) {
    vf sums[4] = {{0}};
    float rest = 0;
    for (size_t r = 0, turn = 0; r < rows; r++) {
        const float *row = first + r * step;
        size_t i = 0;
        for (; i + 4 * VL <= length; i += 4 * VL)
            for (size_t k = 0; k < 4; k++) sums[k] += vload(row + i + k * VL);
        for (; i + VL <= length; i += VL) sums[turn++ % 4] += vload(row + i);
        for (; i < length; i++) rest += row[i];
    }
    return vsum((sums[0] + sums[1]) + (sums[2] + sums[3])) + rest;
}

/* All rows in their order in memory: the rows of one output lie far apart and share cache sets. */
static void bias_of_short_rows(const gm_call *call, const sizes *s) {
    const float *dy = call->dout[0];
    float *sums = call->scratch, *db = call->din[2];
    memset(sums, 0, s->out * VL * sizeof *sums);
    for (size_t r = 0; r < s->outer; r++)
        for (size_t o = 0; o < s->out; o++, dy += s->inner) {
            vf sum = vload(dy);
            for (size_t i = VL; i < s->inner; i += VL) sum += vload(dy + i);
            vstore(sums + o * VL, vload(sums + o * VL) + sum);
        }
    for (size_t o = 0; o < s->out; o++) db[o] += vsum(vload(sums + o * VL));
}

/* nv vectors of the sums down the last axis; four rows at a time hide the latency of the additions. */
INLINE void bias_of_columns(const float *dy, const sizes *s, float *db, const int nv) {
    vf sums[4][2] = {{{0}}};
    size_t r = 0;
    for (; r + 4 <= s->outer; r += 4)
        for (size_t k = 0; k < 4; k++)
            for (int v = 0; v < nv; v++) sums[k][v] += vload(dy + (r + k) * s->out + (size_t)v * VL);
    for (; r < s->outer; r++)
        for (int v = 0; v < nv; v++) sums[0][v] += vload(dy + r * s->out + (size_t)v * VL);
    for (int v = 0; v < nv; v++) {
        float *to = db + (size_t)v * VL;
        vstore(to, vload(to) + ((sums[0][v] + sums[1][v]) + (sums[2][v] + sums[3][v])));
    }
}

static void backward_bias(const gm_call *call, const sizes *s) {
    const float *dy = call->dout[0];
    float *db = call->din[2];
    if (!call->add[2]) memset(db, 0, s->out * sizeof *db);
    if (s->inner > 1 && s->inner < LONG_ROW && s->inner % VL == 0 && s->out * VL <= GEMM_SCRATCH) {
        bias_of_short_rows(call, s);
        return;
    }
    if (s->inner > 1) {
        for (size_t o = 0; o < s->out; o++) db[o] += row_sums(dy + o * s->inner, s->outer, s->out * s->inner, s->inner);
        return;
    }
    size_t o = 0;
    for (; o + 2 * VL <= s->out; o += 2 * VL) bias_of_columns(dy + o, s, db + o, 2);
    for (; o + VL <= s->out; o += VL) bias_of_columns(dy + o, s, db + o, 1);
    for (; o < s->out; o++)
        for (size_t r = 0; r < s->outer; r++) db[o] += dy[r * s->out + o];
}

static void backward(const gm_call *call) {
    sizes s = sizes_of(call);
    if (call->din[0]) backward_x(call, &s);
    if (call->din[1]) backward_weight(call, &s);
    if (call->din[2]) backward_bias(call, &s);
}

static void reference(const gm_reference_call *call) {
    size_t outer, in, inner, out = (size_t)call->in_shape[1]->dims[0];
    gm_shape_split(call->in_shape[0], call->settings->axis, &outer, &in, &inner);
    if (call->in_shape[0]->batched) outer *= (size_t)call->batch;
    for (size_t r = 0; r < outer; r++)
        for (size_t o = 0; o < out; o++)
            for (size_t i = 0; i < inner; i++) {
                double sum = call->in[2] ? call->in[2][o] : 0;
                for (size_t k = 0; k < in; k++) sum += call->in[1][o * in + k] * call->in[0][(r * in + k) * inner + i];
                call->out[0][(r * out + o) * inner + i] = sum;
            }
}

/* Last axis: MatMul with W'. Others: [-1, in, inner] from the left. */
static gm_status onnx(const gm_emit_call *call, gm_error *err) {
    (void)err;
    size_t outer, in, inner;
    gm_shape_split(call->in_shape[0], call->settings->axis, &outer, &in, &inner);
    int64_t out = call->in_shape[1]->dims[0];
    bool last = inner == 1 && call->settings->axis == call->in_shape[0]->rank - 1;
    const char *product;
    if (last) {
        const int64_t swap[] = {1, 0};
        const char *turned = gm_emit_step(call, "Transpose", 1, (const char *[]){call->in[1]}, 1,
                                          &(gm_attribute){"perm", GM_ATTRIBUTE_INTS, .ints = swap, .n_ints = 2});
        const char *const in2[] = {call->in[0], turned};
        if (!call->in[2]) {
            gm_emit_node(call, "MatMul", 2, in2, call->out[0], 0, NULL);
            return GM_OK;
        }
        product = gm_emit_step(call, "MatMul", 2, in2, 0, NULL);
        gm_emit_node(call, "Add", 2, (const char *[]){product, call->in[2]}, call->out[0], 0, NULL);
        return GM_OK;
    }
    const char *seen = gm_emit_step(
        call, "Reshape", 2,
        (const char *[]){call->in[0], gm_emit_ints(call, 3, (int64_t[]){-1, (int64_t)in, (int64_t)inner})}, 0, NULL);
    product = gm_emit_step(call, "MatMul", 2, (const char *[]){call->in[1], seen}, 0, NULL);
    if (call->in[2]) {
        const char *bias = gm_emit_step(
            call, "Reshape", 2, (const char *[]){call->in[2], gm_emit_ints(call, 2, (int64_t[]){out, 1})}, 0, NULL);
        product = gm_emit_step(call, "Add", 2, (const char *[]){product, bias}, 0, NULL);
    }
    int64_t dims[GM_MAX_RANK + 1];
    int rank = 0;
    if (call->out_shape[0]->batched) dims[rank++] = -1;
    for (int i = 0; i < call->out_shape[0]->rank; i++) dims[rank++] = call->out_shape[0]->dims[i];
    gm_emit_node(call, "Reshape", 2, (const char *[]){product, gm_emit_ints(call, rank, dims)}, call->out[0], 0, NULL);
    return GM_OK;
}

static gm_value make_case(gm_case *c, int index) {
    /* x, axis, in, out, bias: the last axis narrow and wide, the first and the middle one, short to very long rows */
    static const struct {
        int rank, dims[3], axis, in, out;
        bool bias;
    } cases[] = {
        {3, {2, 5, 16}, 2, 16, 32, true},  {2, {3, 7}, -1, 7, 5, true},       {2, {3, 130}, 1, 130, 37, true},
        {3, {17, 4, 40}, 0, 17, 34, true}, {3, {3, 64, 16}, 1, 64, 24, true}, {3, {2, 9, 5}, 1, 9, 13, false},
        {3, {19, 3, 5}, 0, 19, 3, true},   {1, {100}, 0, 100, 3, true},       {2, {17, 16}, 0, 17, 2, false},
        {3, {2, 33, 17}, 1, 33, 13, true}, {2, {9, 256}, 0, 9, 10, true},
    };
    gm_value x = c->tensor(c, true, -1, 1, cases[index].rank, cases[index].dims);
    gm_value w = c->tensor(c, false, -1, 1, GM_DIMS(cases[index].out, cases[index].in));
    gm_value b = cases[index].bias ? c->tensor(c, false, -1, 1, GM_DIMS(cases[index].out)) : GM_NONE;
    return gm_linear(c->graph, x, w, b, cases[index].axis);
}

GM_OP(linear)
= {
    .name = "linear",
    .flags = GM_READS_IN0 | GM_READS_IN1,
    .shape = shape,
    .scratch = scratch,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .onnx = onnx,
    .n_cases = 11,
    .make_case = make_case,
};
