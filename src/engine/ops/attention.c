/* Scaled dot-product attention of every head: q, k, v [..., tokens, heads * width], softmax(q k' / sqrt(width)) v.
 *
 * Scores are kept key by row and query by column, so that the softmax runs down the columns, a vector of queries at a
 * time. Training keeps the maximum and 1/sum of each query and the dropout's bits; the probabilities are made again on
 * the way back (Dao et al. 2022). */
#include "engine/cpu/dice_internal.h"
#include "engine/cpu/gemm_internal.h"
#include "engine/cpu/math_internal.h"
#include "engine/op_internal.h"

typedef struct {
    size_t groups; /* products of the axes before tokens, per sample */
    size_t samples, tokens, heads, width, row;
    size_t padded; /* tokens, up to whole vectors */
    size_t rolled; /* tokens, up to whole groups of dice */
    float scale;
} sizes;

static sizes sizes_of(const gm_shape *shape, const gm_settings *settings, int batch) {
    sizes s = {.heads = (size_t)settings->heads};
    s.row = (size_t)shape->dims[shape->rank - 1];
    s.tokens = (size_t)shape->dims[shape->rank - 2];
    s.groups = shape->size / (s.row * s.tokens);
    s.samples = shape->batched ? (size_t)batch : 1;
    s.width = s.row / s.heads;
    s.padded = (s.tokens + VL - 1) / VL * VL;
    s.rolled = (s.tokens + DICE_GROUP - 1) / DICE_GROUP * DICE_GROUP;
    s.scale = 1.0f / sqrtf((float)s.width);
    return s;
}

static gm_status shape(const gm_shape *const *in, int n_in, gm_settings *settings, gm_shape *out, int *n_out,
                       gm_error *err) {
    (void)n_in;
    if (!in[0] || !in[1] || !in[2]) return gm_fail(err, GM_E_ARG, "queries, keys and values are needed");
    for (int i = 1; i < 3; i++)
        if (!gm_shape_same(in[0], in[i]) || in[0]->batched != in[i]->batched)
            return gm_fail(err, GM_E_SHAPE, "queries, keys and values differ in shape");
    if (in[0]->rank < 2) return gm_fail(err, GM_E_SHAPE, "needs at least the axes tokens and features");
    int width = in[0]->dims[in[0]->rank - 1];
    if (settings->heads < 1 || width % settings->heads)
        return gm_fail(err, GM_E_SHAPE, "%d heads do not divide %d features", settings->heads, width);
    out[0] = *in[0];
    *n_out = 1;
    return GM_OK;
}

/* Floats kept per head: maximum and 1/sum of each query, then the bits of the dropout, two floats to 64. */
static size_t kept_per_head(const sizes *s) {
    return 2 * s->padded + 2 * s->tokens * (s->rolled / DICE_GROUP);
}

static size_t saved(const gm_call *call) {
    sizes s = sizes_of(call->in_shape[0], call->settings, call->batch);
    return kept_per_head(&s) * s.heads * s.groups * s.samples;
}

static size_t scratch(const gm_call *call) {
    sizes s = sizes_of(call->in_shape[0], call->settings, call->batch);
    return GEMM_SCRATCH + 2 * s.tokens * s.padded + 2 * s.width * s.padded + 2 * s.padded + kept_per_head(&s);
}

/* The scratch of one head. */
typedef struct {
    float *gemm, *p, *dp, *qt, *dct, *dot, *share, *spare;
} rooms;

static rooms rooms_of(const gm_call *call, const sizes *s) {
    rooms r = {.gemm = call->scratch};
    r.p = r.gemm + GEMM_SCRATCH;
    r.dp = r.p + s->tokens * s->padded;
    r.qt = r.dp + s->tokens * s->padded;
    r.dct = r.qt + s->width * s->padded;
    r.dot = r.dct + s->width * s->padded;
    r.share = r.dot + s->padded;
    r.spare = r.share + s->padded;
    return r;
}

/* Rows of one head, turned: [width, padded] in panels, the padding zero. */
static void turn(const float *x, const sizes *s, float factor, float *out) {
    panels_turn(x, s->row, s->tokens, s->width, 0, s->width, s->padded, out);
    if (factor != 1)
        for (size_t i = 0; i < s->width * s->padded; i++) out[i] *= factor;
}

/* p[key][query] = k q / sqrt(width); r->qt must hold the scaled queries. */
static void scores(const float *k, const sizes *s, const rooms *r) {
    gemm_nn(&(gemm){.rows = s->tokens,
                    .columns = s->padded,
                    .depth = s->width,
                    .groups = 1,
                    .depth2 = 1,
                    .a = k,
                    .a_row = s->row,
                    .a_column = 1,
                    .b = r->qt,
                    .panels = true,
                    .c = r->p,
                    .c_row = s->padded,
                    .scratch = r->gemm});
}

static bool rolling(const gm_call *call) {
    return call->dice.on && call->settings->p > 0;
}

/* The bits of one head lie behind its statistics: entry ((head's number * tokens + key) * rolled + query) of the
 * sample. */
static uint64_t *bits_of(const sizes *s, float *statistics) {
    return (uint64_t *)(statistics + 2 * s->padded);
}

/* nv vectors of queries from column i on: their maximum and 1/sum, and in p the exponentials, those dropped zero. */
INLINE void exponentials(const sizes *s, float *p, size_t i, const uint64_t *bits, float *statistics, const int nv) {
    vf highest[4], sum[4];
    for (int v = 0; v < nv; v++) highest[v] = vload(p + i + (size_t)v * VL), sum[v] = (vf){0};
    for (size_t k = 1; k < s->tokens; k++)
        for (int v = 0; v < nv; v++) highest[v] = vmax(highest[v], vload(p + k * s->padded + i + (size_t)v * VL));
    for (size_t k = 0; k < s->tokens; k++) {
        float *row = p + k * s->padded;
        for (int v = 0; v < nv; v++) {
            size_t at = i + (size_t)v * VL;
            vf e = vexp_negative(vload(row + at) - highest[v]);
            sum[v] += e;
            vstore(row + at, bits ? dice_factors(bits, at, e) : e);
        }
        if (bits) bits += s->rolled / DICE_GROUP;
    }
    for (int v = 0; v < nv; v++) {
        vstore(statistics + i + (size_t)v * VL, highest[v]);
        vstore(statistics + s->padded + i + (size_t)v * VL, 1.0f / sum[v]);
    }
}

/* Softmax down the columns, without its division; statistics: maximum and 1/sum of each query [2, padded]. */
static void normalise(const gm_call *call, dice *d, const sizes *s, const rooms *r, float *statistics) {
    uint64_t *bits = rolling(call) ? bits_of(s, statistics) : NULL;
    size_t i = 0;
    if (bits) dice_roll(d, s->tokens * (s->rolled / DICE_GROUP), bits);
    for (; i + 4 * VL <= s->padded; i += 4 * VL) exponentials(s, r->p, i, bits, statistics, 4);
    for (; i < s->padded; i += VL) exponentials(s, r->p, i, bits, statistics, 1);
}

/* rows[query] = from[query] times what its exponentials lack to be probabilities, or gradients of them. */
static void share_rows(const sizes *s, const float *share, float keep, const float *from, size_t from_row, float *rows,
                       size_t row) {
    for (size_t q = 0; q < s->tokens; q++) {
        float factor = share[q] * keep;
        for (size_t w = 0; w < s->width; w++) rows[q * row + w] = from[q * from_row + w] * factor;
    }
}

static void forward(const gm_call *call) {
    sizes s = sizes_of(call->in_shape[0], call->settings, call->batch);
    rooms r = rooms_of(call, &s);
    float keep = rolling(call) ? dice_factor(call->settings->p) : 1;
    for (size_t sample = 0, all = 0; sample < s.samples; sample++) {
        dice d = {0};
        if (rolling(call))
            d = dice_new(call->dice.key.seed, gm_dice_stream(&call->dice, (int)sample), call->settings->p);
        for (size_t head = 0; head < s.groups * s.heads; head++, all++) {
            size_t at = (sample * s.groups + head / s.heads) * s.tokens * s.row + head % s.heads * s.width;
            float *statistics = call->saved ? call->saved + all * kept_per_head(&s) : r.spare;
            turn(call->in[0] + at, &s, s.scale, r.qt);
            scores(call->in[1] + at, &s, &r);
            normalise(call, &d, &s, &r, statistics);
            gemm_nn(&(gemm){.rows = s.tokens,
                            .columns = s.width,
                            .depth = s.tokens,
                            .groups = 1,
                            .depth2 = 1,
                            .a = r.p,
                            .a_row = 1,
                            .a_column = s.padded,
                            .b = call->in[2] + at,
                            .b_row = s.row,
                            .c = call->out[0] + at,
                            .c_row = s.row,
                            .scratch = r.gemm});
            float *out = call->out[0] + at;
            share_rows(&s, statistics + s.padded, keep, out, s.row, out, s.row);
        }
    }
}

/* p becomes the exponentials that multiplied the values, dp the gradient of the scores. share: [padded], times scale. */
static void scores_backward(const gm_call *call, float factor, const sizes *s, const rooms *r, float *statistics,
                            const float *share) {
    const float *highest = statistics;
    const uint64_t *bits = rolling(call) ? bits_of(s, statistics) : NULL;
    vf keep = vsplat(factor);
    for (size_t k = 0; k < s->tokens; k++) {
        float *p = r->p + k * s->padded, *dp = r->dp + k * s->padded;
        for (size_t i = 0; i < s->padded; i += VL) {
            vf e = vexp_negative(vload(p + i) - vload(highest + i)), kept = e, g = vload(dp + i);
            if (bits) kept = dice_factors(bits, i, e), g *= dice_factors(bits, i, keep);
            vstore(p + i, kept);
            vstore(dp + i, e * vload(share + i) * (g - vload(r->dot + i)));
        }
        if (bits) bits += s->rolled / DICE_GROUP;
    }
}

/* dot[query] = dctx . ctx: what the softmax's gradient subtracts. */
static void dots_of(const sizes *s, const float *ctx, const float *dctx, float *dot) {
    for (size_t q = 0; q < s->tokens; q++) {
        const float *a = ctx + q * s->row, *b = dctx + q * s->row;
        vf sum = {0};
        float rest = 0;
        size_t i = 0;
        for (; i + VL <= s->width; i += VL) sum += vload(a + i) * vload(b + i);
        for (; i < s->width; i++) rest += a[i] * b[i];
        dot[q] = vsum(sum) + rest;
    }
    for (size_t q = s->tokens; q < s->padded; q++) dot[q] = 0;
}

/* c = (add) left' right or left right, with left = [key][query] scores or probabilities. */
static void through(const sizes *s, const rooms *r, const float *left, bool turned, const float *right,
                    size_t right_row, float *c, bool add) {
    gemm_nn(&(gemm){.rows = s->tokens,
                    .columns = s->width,
                    .depth = s->tokens,
                    .groups = 1,
                    .depth2 = 1,
                    .a = left,
                    .a_row = turned ? 1 : s->padded,
                    .a_column = turned ? s->padded : 1,
                    .b = right,
                    .b_row = right_row,
                    .c = c,
                    .c_row = s->row,
                    .add = add,
                    .scratch = r->gemm});
}

static void backward(const gm_call *call) {
    sizes s = sizes_of(call->in_shape[0], call->settings, call->batch);
    rooms r = rooms_of(call, &s);
    float keep = rolling(call) ? dice_factor(call->settings->p) : 1;
    for (size_t sample = 0, all = 0; sample < s.samples; sample++)
        for (size_t head = 0; head < s.groups * s.heads; head++, all++) {
            size_t at = (sample * s.groups + head / s.heads) * s.tokens * s.row + head % s.heads * s.width;
            const float *q = call->in[0] + at, *k = call->in[1] + at, *v = call->in[2] + at, *dctx = call->dout[0] + at;
            turn(q, &s, s.scale, r.qt);
            turn(dctx, &s, 1, r.dct);
            dots_of(&s, call->out[0] + at, dctx, r.dot);
            scores(k, &s, &r);
            gemm_nn(&(gemm){.rows = s.tokens,
                            .columns = s.padded,
                            .depth = s.width,
                            .groups = 1,
                            .depth2 = 1,
                            .a = v,
                            .a_row = s.row,
                            .a_column = 1,
                            .b = r.dct,
                            .panels = true,
                            .c = r.dp,
                            .c_row = s.padded,
                            .scratch = r.gemm});
            float *statistics = call->saved + all * kept_per_head(&s), *share = statistics + s.padded;
            for (size_t i = 0; i < s.padded; i++) r.share[i] = share[i] * s.scale;
            scores_backward(call, keep, &s, &r, statistics, r.share);
            if (call->din[0]) through(&s, &r, r.dp, true, k, s.row, call->din[0] + at, call->add[0]);
            if (call->din[1]) through(&s, &r, r.dp, false, q, s.row, call->din[1] + at, call->add[1]);
            if (!call->din[2]) continue;
            share_rows(&s, share, keep, dctx, s.row, r.qt, s.width); /* qt is done with */
            through(&s, &r, r.p, false, r.qt, s.width, call->din[2] + at, call->add[2]);
        }
}

static void reference(const gm_reference_call *call) {
    sizes s = sizes_of(call->in_shape[0], call->settings, call->batch);
    for (size_t sample = 0; sample < s.samples; sample++)
        for (size_t head = 0; head < s.groups * s.heads; head++) {
            size_t at = (sample * s.groups + head / s.heads) * s.tokens * s.row + head % s.heads * s.width;
            const double *q = call->in[0] + at, *k = call->in[1] + at, *v = call->in[2] + at;
            for (size_t i = 0; i < s.tokens; i++) {
                double sum = 0, *out = call->out[0] + at + i * s.row;
                for (size_t w = 0; w < s.width; w++) out[w] = 0;
                for (size_t j = 0; j < s.tokens; j++) {
                    double score = 0;
                    for (size_t w = 0; w < s.width; w++) score += q[i * s.row + w] * k[j * s.row + w];
                    double e = exp(score / sqrt((double)s.width));
                    sum += e;
                    e *= gm_dice_reference(&call->dice, (int)sample, call->settings->p,
                                           (head * s.tokens + j) * s.rolled + i);
                    for (size_t w = 0; w < s.width; w++) out[w] += e * v[j * s.row + w];
                }
                for (size_t w = 0; w < s.width; w++) out[w] /= sum;
            }
        }
}

/* Heads apart: [-1, tokens, heads, width] -> [-1, heads, tokens, width]; keys as [-1, heads, width, tokens]. */
static const char *emit_heads(const gm_emit_call *call, int i, const sizes *s, const int64_t *permutation) {
    const int64_t dims[] = {-1, (int64_t)s->tokens, (int64_t)s->heads, (int64_t)s->width};
    const char *apart =
        gm_emit_step(call, "Reshape", 2, (const char *[]){call->in[i], gm_emit_ints(call, 4, dims)}, 0, NULL);
    return gm_emit_step(call, "Transpose", 1, &apart, 1,
                        &(gm_attribute){"perm", GM_ATTRIBUTE_INTS, .ints = permutation, .n_ints = 4});
}

static gm_status onnx(const gm_emit_call *call, gm_error *err) {
    (void)err;
    sizes s = sizes_of(call->in_shape[0], call->settings, 1);
    static const int64_t heads_first[] = {0, 2, 1, 3}, keys_last[] = {0, 2, 3, 1};
    const char *q = emit_heads(call, 0, &s, heads_first), *k = emit_heads(call, 1, &s, keys_last);
    const char *v = emit_heads(call, 2, &s, heads_first);
    const char *product = gm_emit_step(call, "MatMul", 2, (const char *[]){q, k}, 0, NULL);
    const char *scaled = gm_emit_step(
        call, "Mul", 2, (const char *[]){product, gm_emit_scalar(call, 1 / sqrt((double)s.width))}, 0, NULL);
    const char *chances =
        gm_emit_step(call, "Softmax", 1, &scaled, 1, &(gm_attribute){"axis", GM_ATTRIBUTE_INT, .i = -1});
    const char *context = gm_emit_step(call, "MatMul", 2, (const char *[]){chances, v}, 0, NULL);
    const char *joined = gm_emit_step(call, "Transpose", 1, &context, 1,
                                      &(gm_attribute){"perm", GM_ATTRIBUTE_INTS, .ints = heads_first, .n_ints = 4});
    int64_t dims[GM_MAX_RANK + 1];
    int rank = 0;
    if (call->out_shape[0]->batched) dims[rank++] = -1;
    for (int i = 0; i < call->out_shape[0]->rank; i++) dims[rank++] = call->out_shape[0]->dims[i];
    gm_emit_node(call, "Reshape", 2, (const char *[]){joined, gm_emit_ints(call, rank, dims)}, call->out[0], 0, NULL);
    return GM_OK;
}

static gm_value make_case(gm_case *c, int index) {
    static const struct {
        int tokens, row, heads;
        double p;
    } cases[] = {{16, 16, 1, 0}, {9, 12, 2, 0}, {16, 32, 2, 0.2}, {5, 6, 3, 0.4}};
    gm_value t[3];
    for (int i = 0; i < 3; i++) t[i] = c->tensor(c, true, -1.5, 1.5, GM_DIMS(2, cases[index].tokens, cases[index].row));
    if (index == 3) t[1] = t[0];
    return gm_attention(c->graph, t[0], t[1], t[2], cases[index].heads, cases[index].p);
}

GM_OP(attention)
= {
    .name = "attention",
    .flags = GM_READS_IN0 | GM_READS_IN1 | GM_READS_IN2 | GM_READS_OUT0,
    .shape = shape,
    .saved = saved,
    .scratch = scratch,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .onnx = onnx,
    .n_cases = 4,
    .make_case = make_case,
};
