/* A case of an operation, ready to run: a small graph with the operation's result as output "out", made from what its
 * descriptor asks for. Shared by the generic tests over the list of operations. */
#ifndef GIMLET_TESTS_GENERIC_OPERATION_CASE_H
#define GIMLET_TESTS_GENERIC_OPERATION_CASE_H

#include "engine/reference_internal.h"
#include "test.h"

#include <math.h>
#include <stdio.h>

enum { BATCH = 3, MOST_VALUES = 64 };

/* Ranges of what a case asked for, by parameter and by input. */
typedef struct {
    gm_case base;
    int n;
    struct {
        gm_value value;
        double low, high;
        bool whole;
    } ranges[MOST_VALUES];
} test_case;

static inline void remember(test_case *t, gm_value value, double low, double high, bool whole) {
    assert_true(t->n < MOST_VALUES);
    t->ranges[t->n].value = value;
    t->ranges[t->n].low = low, t->ranges[t->n].high = high, t->ranges[t->n].whole = whole;
    t->n++;
}

/* A batched tensor is input + parameter: each sample differs, and the parameter's gradient is the sum over samples. */
static inline gm_value make_tensor(gm_case *c, bool batched, double low, double high, int rank, const int *dims) {
    test_case *t = (test_case *)c;
    double middle = 0.5 * (low + high);
    gm_value p = gm_parameter(c->graph, GM_TRAINABLE, rank, dims, "p%d", t->n);
    remember(t, p, low, batched ? middle : high, false);
    if (!batched) return p;
    char name[32];
    snprintf(name, sizeof name, "x%d", t->n);
    gm_value x = gm_input(c->graph, name, rank, dims);
    remember(t, x, 0, high - middle, false);
    return gm_add(c->graph, x, p);
}

static inline gm_value make_input(gm_case *c, bool whole, double low, double high, int rank, const int *dims) {
    test_case *t = (test_case *)c;
    char name[32];
    snprintf(name, sizeof name, "x%d", t->n);
    gm_value x = gm_input(c->graph, name, rank, dims);
    remember(t, x, low, high, whole);
    return x;
}

static inline gm_value make_state(gm_case *c, double low, double high, int rank, const int *dims) {
    test_case *t = (test_case *)c;
    gm_value p = gm_parameter(c->graph, GM_STATE, rank, dims, "p%d", t->n);
    remember(t, p, low, high, false);
    return p;
}

typedef struct {
    gm_graph *graph;
    gm_value out, loss;
    float *params, *inputs[MOST_VALUES];
    double *params_d, *inputs_d[MOST_VALUES];
    size_t n_params, out_size;
} prepared;

static inline void fill(gm_random *r, double low, double high, bool whole, size_t n, float *single, double *twice) {
    for (size_t i = 0; i < n; i++) {
        double x = low + (high - low) * gm_random_uniform(r);
        single[i] = (float)(whole ? floor(low + (high - low + 1) * gm_random_uniform(r)) : x);
        twice[i] = (double)single[i];
    }
}

static inline void fill_all(prepared *p, const test_case *t) {
    gm_random r;
    gm_random_init(&r, 11, 3);
    p->n_params = gm_parameters_size(p->graph);
    p->params = gm_calloc(p->n_params + 1, sizeof(float));
    p->params_d = gm_calloc(p->n_params + 1, sizeof(double));
    for (int i = 0; i < t->n; i++) {
        gm_value value = t->ranges[i].value;
        double low = t->ranges[i].low, high = t->ranges[i].high;
        gm_value_info info = gm_value_describe(p->graph, value);
        if (info.batched) {
            int at = gm_input_index(p->graph, info.name);
            size_t n = info.size * BATCH;
            p->inputs[at] = gm_calloc(n, sizeof(float));
            p->inputs_d[at] = gm_calloc(n, sizeof(double));
            fill(&r, low, high, t->ranges[i].whole, n, p->inputs[at], p->inputs_d[at]);
        } else {
            size_t at = gm_parameter_at(p->graph, gm_parameter_index(p->graph, info.name)).offset;
            fill(&r, low, high, false, info.size, p->params + at, p->params_d + at);
        }
    }
}

/* The case, and as loss the sum of its entries with uneven weights. `doubled` adds the operation's result twice over,
 * by a second use of its operand's gradient: the loss also weighs every tensor that the case made. */
static inline void prepare(const gm_op *op, int index, bool doubled, prepared *p) {
    *p = (prepared){.graph = gm_graph_new()};
    test_case t = {.base = {.graph = p->graph, .tensor = make_tensor, .input = make_input, .state = make_state}};
    p->out = op->make_case(&t.base, index);
    gm_error err = {0};
    assert_ok(gm_graph_check(p->graph, &err), err);
    gm_value_info info = gm_value_describe(p->graph, p->out);
    p->out_size = info.size * (info.batched ? BATCH : 1);
    gm_auto_free float *weights = gm_alloc_array(info.size + 1, sizeof *weights);
    for (size_t i = 0; i < info.size; i++) weights[i] = 0.3f + (float)((i * 7 + 3) % 11) / 7;
    gm_value w = gm_constant(p->graph, "weights", info.rank, info.dims, weights);
    p->loss = gm_sum_all(p->graph, gm_mul(p->graph, p->out, w));
    int n_nodes = p->graph->nodes.count;
    for (int n = 0; doubled && n < n_nodes; n++) {
        const gm_node *node = &p->graph->nodes.items[n];
        if (node->op != GM_OP_add || node->out[0] == p->out) continue;
        p->loss = gm_add(p->graph, p->loss, gm_scale(p->graph, gm_sum_all(p->graph, node->out[0]), 0.25, 0));
    }
    gm_output(p->graph, "out", p->out);
    gm_loss(p->graph, p->loss);
    assert_ok(gm_graph_check(p->graph, &err), err);
    fill_all(p, &t);
}

static inline void release(prepared *p) {
    for (int i = 0; i < MOST_VALUES; i++) gm_free(p->inputs[i]), gm_free(p->inputs_d[i]);
    gm_free(p->params);
    gm_free(p->params_d);
    gm_graph_free(p->graph);
}

#endif
