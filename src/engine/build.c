/* The builder's operations: each packs its arguments into settings and appends a node. */
#include "graph_internal.h"

#include <string.h>

#define NODE(op, n_in, in, ...) gm_node_new(g, GM_OP_##op, n_in, in, &(gm_settings){__VA_ARGS__})

gm_value gm_linear(gm_graph *g, gm_value x, gm_value weight, gm_value bias, int axis) {
    return NODE(linear, 3, ((gm_value[]){x, weight, bias}), .axis = axis);
}

#define BINARY(name)                                                                                                   \
    gm_value gm_##name(gm_graph *g, gm_value a, gm_value b) {                                                          \
        return NODE(name, 2, ((gm_value[]){a, b}), .axis = 0);                                                         \
    }
BINARY(add)
BINARY(sub)
BINARY(mul)
BINARY(div)

#define UNARY(name)                                                                                                    \
    gm_value gm_##name(gm_graph *g, gm_value x) {                                                                      \
        return NODE(name, 1, &x, .axis = 0);                                                                           \
    }
UNARY(relu)
UNARY(sigmoid)
UNARY(tanh)
UNARY(softplus)
UNARY(squareplus)
UNARY(exp)
UNARY(ln)

gm_value gm_clamp_min(gm_graph *g, gm_value x, double low) {
    return NODE(clamp_min, 1, &x, .a = low);
}

gm_value gm_scale(gm_graph *g, gm_value x, double factor, double offset) {
    return NODE(scale, 1, &x, .a = factor, .b = offset);
}

/* True when p is a probability to drop with; latches otherwise. */
static bool dropout_is_possible(gm_graph *g, double p) {
    if (p >= 0 && p < 1) return true;
    gm_graph_fail(g, GM_E_ARG, "dropout %g; from 0 to below 1 is possible", p);
    return false;
}

gm_value gm_gelu(gm_graph *g, gm_value x, double dropout) {
    return dropout_is_possible(g, dropout) ? NODE(gelu, 1, &x, .p = dropout) : GM_NONE;
}

gm_value gm_dropout(gm_graph *g, gm_value x, double p) {
    if (!dropout_is_possible(g, p)) return GM_NONE;
    return p == 0 ? x : NODE(dropout, 1, &x, .p = p);
}

gm_value gm_softmax(gm_graph *g, gm_value x, int axis) {
    return NODE(softmax, 1, &x, .axis = axis);
}

gm_value gm_gate(gm_graph *g, gm_value x, gm_value logits, int axis) {
    return NODE(gate, 2, ((gm_value[]){x, logits}), .axis = axis);
}

gm_value gm_layernorm(gm_graph *g, gm_value x, gm_value gamma, gm_value beta, double epsilon) {
    return NODE(layernorm, 3, ((gm_value[]){x, gamma, beta}), .a = epsilon);
}

gm_value gm_batchnorm(gm_graph *g, gm_value x, gm_value gamma, gm_value beta, gm_value mean, gm_value var,
                      double epsilon) {
    return NODE(batchnorm, 5, ((gm_value[]){x, gamma, beta, mean, var}), .a = epsilon);
}

gm_value gm_attention(gm_graph *g, gm_value q, gm_value k, gm_value v, int heads, double dropout) {
    if (!dropout_is_possible(g, dropout)) return GM_NONE;
    return NODE(attention, 3, ((gm_value[]){q, k, v}), .heads = heads, .p = dropout);
}

gm_value gm_patchify(gm_graph *g, gm_value x, int patch, int stride) {
    return NODE(patchify, 1, &x, .patch = patch, .stride = stride);
}

gm_scaled gm_scaler(gm_graph *g, gm_scaler_kind kind, gm_value x, gm_value observed, gm_value fallback,
                    double minimum) {
    gm_value scaled = NODE(scaler, 3, ((gm_value[]){x, observed, fallback}), .mode = (int)kind, .a = minimum);
    if (scaled == GM_NONE) return (gm_scaled){GM_NONE, GM_NONE, GM_NONE};
    const gm_node *node = &g->nodes.items[g->values.items[scaled].index];
    return (gm_scaled){node->out[0], node->out[1], node->out[2]};
}

/* Shape given by the caller. */
static gm_value with_dims(gm_graph *g, gm_op_index op, gm_value x, int rank, const int *dims) {
    if (rank < 0 || rank > GM_MAX_RANK) {
        gm_graph_fail(g, GM_E_SHAPE, "%d axes, at most %d are possible", rank, GM_MAX_RANK);
        return GM_NONE;
    }
    gm_settings settings = {.rank = rank};
    for (int i = 0; i < rank; i++) settings.dims[i] = dims[i];
    return gm_node_new(g, op, 1, &x, &settings);
}

gm_value gm_reshape(gm_graph *g, gm_value x, int rank, const int *dims) {
    return with_dims(g, GM_OP_reshape, x, rank, dims);
}

gm_value gm_expand(gm_graph *g, gm_value x, int rank, const int *dims) {
    return with_dims(g, GM_OP_expand, x, rank, dims);
}

gm_value gm_transpose(gm_graph *g, gm_value x, const int *permutation) {
    if (x == GM_NONE) return GM_NONE;
    return with_dims(g, GM_OP_transpose, x, g->values.items[x].shape.rank, permutation);
}

gm_value gm_concat(gm_graph *g, int count, const gm_value *values, int axis) {
    if (count < 1 || count > GM_MAX_INPUTS) {
        gm_graph_fail(g, GM_E_ARG, "concat of %d values; 1 to %d are possible", count, GM_MAX_INPUTS);
        return GM_NONE;
    }
    return NODE(concat, count, values, .axis = axis);
}

gm_value gm_slice(gm_graph *g, gm_value x, int axis, int start, int length) {
    return NODE(slice, 1, &x, .axis = axis, .patch = start, .count = length);
}

gm_value gm_select(gm_graph *g, gm_value x, int axis, int count, const int *indices) {
    if (g->error.code != GM_OK) return GM_NONE;
    if (count < 1) {
        gm_graph_fail(g, GM_E_ARG, "select of %d entries; at least 1 is needed", count);
        return GM_NONE;
    }
    int *list = gm_arena_alloc(g->arena, (size_t)count * sizeof *list);
    if (!list) {
        gm_graph_fail(g, GM_E_NOMEM, "out of memory");
        return GM_NONE;
    }
    memcpy(list, indices, (size_t)count * sizeof *list);
    return NODE(select, 1, &x, .axis = axis, .count = count, .list = list);
}

gm_value gm_mean(gm_graph *g, gm_value x, int axis) {
    return NODE(mean, 1, &x, .axis = axis);
}

gm_value gm_sum(gm_graph *g, gm_value x, int axis) {
    return NODE(sum, 1, &x, .axis = axis);
}

gm_value gm_max(gm_graph *g, gm_value x, int axis) {
    return NODE(max, 1, &x, .axis = axis);
}

/* The last entry along an axis: a slice of one, and the axis dropped. */
gm_value gm_last(gm_graph *g, gm_value x, int axis) {
    if (x == GM_NONE) return GM_NONE;
    gm_shape shape = g->values.items[x].shape;
    if (axis < 0) axis += shape.rank;
    if (axis < 0 || axis >= shape.rank) {
        gm_graph_fail(g, GM_E_SHAPE, "last: axis %d of a tensor with %d axes", axis, shape.rank);
        return GM_NONE;
    }
    gm_value last = gm_slice(g, x, axis, shape.dims[axis] - 1, 1);
    int dims[GM_MAX_RANK], rank = 0;
    for (int i = 0; i < shape.rank; i++)
        if (i != axis) dims[rank++] = shape.dims[i];
    return gm_reshape(g, last, rank, dims);
}

/* All entries in one axis. */
static gm_value flat(gm_graph *g, gm_value x) {
    if (x == GM_NONE) return GM_NONE;
    const gm_shape *shape = &g->values.items[x].shape;
    return shape->rank == 1 ? x : gm_reshape(g, x, 1, (int[]){(int)shape->size});
}

gm_value gm_sum_all(gm_graph *g, gm_value x) {
    return gm_sum(g, flat(g, x), 0);
}

gm_value gm_mean_all(gm_graph *g, gm_value x) {
    return gm_mean(g, flat(g, x), 0);
}

gm_value gm_loss_mse(gm_graph *g, gm_value prediction, gm_value target, gm_value weight) {
    return NODE(loss_mse, 3, ((gm_value[]){prediction, target, weight}), .axis = 0);
}

gm_value gm_loss_focal_mse(gm_graph *g, gm_value prediction, gm_value target, gm_value weight, double alpha,
                           double gamma) {
    return NODE(loss_focal_mse, 3, ((gm_value[]){prediction, target, weight}), .a = alpha, .b = gamma);
}

gm_value gm_loss_cross_entropy(gm_graph *g, gm_value logits, gm_value target) {
    return NODE(loss_cross_entropy, 2, ((gm_value[]){logits, target}), .axis = 0);
}

gm_value gm_nll_normal(gm_graph *g, gm_value loc, gm_value scale, gm_value target) {
    return NODE(nll_normal, 3, ((gm_value[]){loc, scale, target}), .axis = 0);
}

gm_value gm_nll_student_t(gm_graph *g, gm_value df, gm_value loc, gm_value scale, gm_value target) {
    return NODE(nll_student_t, 4, ((gm_value[]){df, loc, scale, target}), .axis = 0);
}

gm_value gm_nll_negative_binomial(gm_graph *g, gm_value total_count, gm_value logits, gm_value target) {
    return NODE(nll_negative_binomial, 3, ((gm_value[]){total_count, logits, target}), .axis = 0);
}
