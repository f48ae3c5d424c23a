/* y = x softmax(g) along one axis: PatchTSMixer's gate. Training keeps the softmax a;
 * backward: dx = dy a, dg = a (dy x - sum of dy x a). */
#include "softmax_internal.h"

#include "engine/op_internal.h"

static gm_status shape(const gm_shape *const *in, int n_in, gm_settings *settings, gm_shape *out, int *n_out,
                       gm_error *err) {
    (void)n_in;
    if (!in[0] || !in[1]) return gm_fail(err, GM_E_ARG, "a value and its logits are needed");
    GM_TRY(gm_axis_resolve(in[0]->rank, &settings->axis, err));
    if (!gm_shape_same(in[0], in[1]) || in[0]->batched != in[1]->batched)
        return gm_fail(err, GM_E_SHAPE, "value and logits differ in shape");
    out[0] = *in[0];
    *n_out = 1;
    return GM_OK;
}

static size_t entries(const gm_call *call) {
    return call->in_shape[0]->size * (call->in_shape[0]->batched ? (size_t)call->batch : 1);
}

/* Forward: a, where it is not kept. Backward: some columns, twice. */
static size_t scratch(const gm_call *call) {
    size_t outer, length, inner;
    gm_shape_split(call->in_shape[0], call->settings->axis, &outer, &length, &inner);
    return GM_MAX(entries(call), 2 * GM_MAX((size_t)KEPT, VL * length));
}

/* Rows along the last axis, of this many vectors, go in blocks of VL: their sums are taken together. */
INLINE bool whole_vectors(size_t inner, size_t length) {
    return inner == 1 && length % VL == 0;
}

/* A block of VL rows of nv vectors; nv is a constant where it is called. */
INLINE void forward_block(const float *x, const float *logits, float *a, float *y, const size_t nv) {
    size_t width = nv * VL;
    vf r[VL];
    float highest[VL], share[VL];
    for (size_t i = 0; i < VL; i++) {
        r[i] = vload(logits + i * width);
        for (size_t v = 1; v < nv; v++) r[i] = vmax(r[i], vload(logits + i * width + v * VL));
    }
    vstore(highest, vtree_max(r));
    for (size_t i = 0; i < VL; i++) {
        r[i] = vexp_negative(vload(logits + i * width) - highest[i]);
        vstore(a + i * width, r[i]);
        for (size_t v = 1; v < nv; v++) {
            vf e = vexp_negative(vload(logits + i * width + v * VL) - highest[i]);
            vstore(a + i * width + v * VL, e);
            r[i] += e;
        }
    }
    vstore(share, 1.0f / vtree_sum(r));
    for (size_t i = 0; i < VL; i++)
        for (size_t v = 0; v < nv; v++) {
            size_t at = i * width + v * VL;
            vf chance = vload(a + at) * share[i];
            will_write(a + at);
            will_write(y + at);
            vstore(a + at, chance);
            vstore(y + at, vload(x + at) * chance);
        }
}

static void forward(const gm_call *call) {
    size_t outer, length, inner, o = 0;
    gm_shape_split(call->in_shape[0], call->settings->axis, &outer, &length, &inner);
    if (call->in_shape[0]->batched) outer *= (size_t)call->batch;
    float *restrict a = call->saved ? call->saved : call->scratch;
    size_t block = length * inner;
    const float *restrict x = call->in[0];
    float *restrict y = call->out[0];
    for (; whole_vectors(inner, length) && o + VL <= outer; o += VL) {
        size_t at = o * length;
        if (length == VL)
            forward_block(x + at, call->in[1] + at, a + at, y + at, 1);
        else if (length == 2 * VL)
            forward_block(x + at, call->in[1] + at, a + at, y + at, 2);
        else
            forward_block(x + at, call->in[1] + at, a + at, y + at, length / VL);
    }
    for (; o < outer; o++)
        softmax_block(call->in[1] + o * block, a + o * block, length, inner, x + o * block, y + o * block);
}

/* Blocks of VL rows of nv vectors; what is missing in the last block is its first row again. */
INLINE void backward_rows(const gm_call *call, size_t rows, const size_t nv) {
    size_t width = nv * VL;
    const float *x = call->in[0], *a = call->saved, *dy = call->dout[0];
    for (size_t r = 0; r < rows; r += VL) {
        size_t n = GM_MIN((size_t)VL, rows - r);
        vf sums[VL];
        float total[VL];
        for (size_t i = 0; i < VL; i++) {
            size_t row = (r + (i < n ? i : 0)) * width;
            will_read(a + row);
            will_read(x + row);
            sums[i] = vload(a + row) * vload(dy + row) * vload(x + row);
            for (size_t v = 1; v < nv; v++) {
                size_t at = row + v * VL;
                sums[i] += vload(a + at) * vload(dy + at) * vload(x + at);
            }
        }
        vstore(total, vtree_sum(sums));
        for (size_t at = r * width; at < (r + n) * width; at += VL) {
            float *dx = call->din[0] + at, *dg = call->din[1] + at;
            vf ga = vload(dy + at) * vload(a + at);
            vf d = ga * vload(x + at) - vload(a + at) * total[at / width - r];
            vstore(dx, call->add[0] ? vload(dx) + ga : ga);
            vstore(dg, call->add[1] ? vload(dg) + d : d);
        }
    }
}

/* `width` columns in vectors, or `part` of one, row after row; row k is `stride` behind row k - 1. What the second pass
 * needs waits aside. */
INLINE void backward_columns(const gm_call *call, size_t at, size_t length, size_t stride, size_t width, size_t part) {
    const float *x = call->in[0] + at, *a = call->saved + at, *dy = call->dout[0] + at;
    float *dx = call->din[0] ? call->din[0] + at : NULL, *dg = call->din[1] ? call->din[1] + at : NULL;
    float *kept = call->scratch;
    vf sum[MOST_COLUMNS / VL];
    for (size_t i = 0; i < width; i += VL) sum[i / VL] = (vf){0};
    for (size_t k = 0; k < length; k++, x += stride, a += stride, dy += stride)
        for (size_t i = 0; i < width; i += VL, kept += 2 * VL) {
            __builtin_prefetch(x + stride + i, 0, 3); /* the next row, of memory like will_read's */
            __builtin_prefetch(a + stride + i, 0, 3);
            vf ak = vload_part(a + i, part), ga = vload_part(dy + i, part) * ak, h = ga * vload_part(x + i, part);
            if (dx)
                vstore_part(dx + k * stride + i, call->add[0] ? vload_part(dx + k * stride + i, part) + ga : ga, part);
            sum[i / VL] += h;
            vstore(kept, ak);
            vstore(kept + VL, h);
        }
    if (!dg) return;
    kept = call->scratch;
    for (size_t k = 0; k < length; k++, dg += stride)
        for (size_t i = 0; i < width; i += VL, kept += 2 * VL) {
            vf d = vload(kept + VL) - vload(kept) * sum[i / VL];
            vstore_part(dg + i, call->add[1] ? vload_part(dg + i, part) + d : d, part);
        }
}

static void backward(const gm_call *call) {
    size_t outer, length, inner;
    gm_shape_split(call->in_shape[0], call->settings->axis, &outer, &length, &inner);
    if (call->in_shape[0]->batched) outer *= (size_t)call->batch;
    if (whole_vectors(inner, length) && call->din[0] && call->din[1]) {
        if (length == VL)
            backward_rows(call, outer, 1);
        else if (length == 2 * VL)
            backward_rows(call, outer, 2);
        else
            backward_rows(call, outer, length / VL);
        return;
    }
    for (size_t o = 0; o < outer; o++)
        for (size_t i = 0, width; i < inner; i += width) {
            size_t at = o * length * inner + i;
            width = columns_at_once(length, inner - i);
            if (width >= VL)
                backward_columns(call, at, length, inner, width, VL);
            else
                backward_columns(call, at, length, inner, width, width);
        }
}

static void reference(const gm_reference_call *call) {
    size_t outer, length, inner;
    gm_shape_split(call->in_shape[0], call->settings->axis, &outer, &length, &inner);
    if (call->in_shape[0]->batched) outer *= (size_t)call->batch;
    for (size_t o = 0; o < outer; o++)
        for (size_t i = 0; i < inner; i++) {
            size_t at = o * length * inner + i;
            double sum = 0;
            for (size_t k = 0; k < length; k++) sum += exp(call->in[1][at + k * inner]);
            for (size_t k = 0; k < length; k++)
                call->out[0][at + k * inner] = call->in[0][at + k * inner] * exp(call->in[1][at + k * inner]) / sum;
        }
}

static gm_status onnx(const gm_emit_call *call, gm_error *err) {
    (void)err;
    const char *a = gm_emit_step(
        call, "Softmax", 1, &call->in[1], 1,
        &(gm_attribute){"axis", GM_ATTRIBUTE_INT, .i = gm_onnx_axis(call->in_shape[0], call->settings->axis)});
    gm_emit_node(call, "Mul", 2, (const char *[]){call->in[0], a}, call->out[0], 0, NULL);
    return GM_OK;
}

static gm_value make_case(gm_case *c, int index) {
    static const int axes[] = {0, 1, 2, 2, 2};
    const int last[] = {21, 16, 5, 16, 8};
    gm_value x = c->tensor(c, true, -2, 2, GM_DIMS(3, 17, last[index]));
    return gm_gate(c->graph, x, c->tensor(c, true, -2, 2, GM_DIMS(3, 17, last[index])), axes[index]);
}

GM_OP(gate)
= {
    .name = "gate",
    .flags = GM_READS_IN0,
    .shape = shape,
    .saved = entries,
    .scratch = scratch,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .onnx = onnx,
    .n_cases = 5,
    .make_case = make_case,
};
