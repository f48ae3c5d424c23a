/* Every operation of the list, in every case that it names, on every instruction set that this machine has:
 * forward against the reference in double, the gradient against central differences of the reference with unevenly
 * weighted outputs, and once more with gradients added to what is there. A new operation needs no line here. */
#include "operation_case.h"

#include "base/random.h"

static const gm_key key = {.seed = 7, .fold = 1, .step = 5};

static const float sample_weights[BATCH] = {0.5f, 1.25f, 0.75f};

static double reference_loss(const prepared *p) {
    double losses[BATCH], sum = 0;
    gm_error err = {0};
    assert_ok(gm_graph_reference(p->graph, p->params_d, (const double *const *)p->inputs_d, BATCH, true, key, p->loss,
                                 losses, &err),
              err);
    for (int s = 0; s < BATCH; s++) sum += losses[s] * (double)sample_weights[s];
    return sum;
}

static void check_forward(const gm_op *op, int index, const prepared *p) {
    gm_error err = {0};
    gm_auto_free double *expected = gm_calloc(p->out_size, sizeof *expected);
    gm_auto_free float *got = gm_calloc(p->out_size, sizeof *got);
    assert_ok(gm_graph_reference(p->graph, p->params_d, (const double *const *)p->inputs_d, BATCH, false, key, p->out,
                                 expected, &err),
              err);
    gm_auto(gm_plan) plan = NULL;
    gm_auto(gm_workspace) workspace = NULL;
    assert_ok(gm_plan_new(p->graph, (gm_plan_options){.micro_batch = 2}, &plan, &err), err);
    assert_ok(gm_workspace_new(plan, 1, &workspace, &err), err);
    assert_ok(gm_plan_run(plan, workspace, NULL, p->params, (const float *const *)p->inputs, BATCH, &got, &err), err);
    double largest = 1e-3;
    for (size_t i = 0; i < p->out_size; i++) largest = fmax(largest, fabs(expected[i]));
    for (size_t i = 0; i < p->out_size; i++)
        if (!(fabs((double)got[i] - expected[i]) <= 4e-6 * largest))
            fail_msg("%s case %d: entry %zu is %.9g, the reference says %.9g", op->name, index, i, (double)got[i],
                     expected[i]);
}

static void check_gradient(const gm_op *op, int index, prepared *p, int micro_batch) {
    gm_error err = {0};
    gm_auto_free float *grads = gm_calloc(p->n_params + 1, sizeof *grads);
    gm_auto(gm_plan) plan = NULL;
    gm_auto(gm_workspace) workspace = NULL;
    double loss;
    assert_ok(gm_plan_new(p->graph, (gm_plan_options){.training = true, .micro_batch = micro_batch}, &plan, &err), err);
    assert_ok(gm_workspace_new(plan, 1, &workspace, &err), err);
    assert_ok(gm_plan_step(plan, workspace, NULL, p->params, (const float *const *)p->inputs, BATCH, sample_weights,
                           key, grads, &loss, NULL, &err),
              err);
    double expected_loss = reference_loss(p);
    if (!(fabs(loss - expected_loss) <= 2e-5 * fmax(1, fabs(expected_loss))))
        fail_msg("%s case %d: loss %.9g, the reference says %.9g", op->name, index, loss, expected_loss);
    size_t n = gm_trainable_size(p->graph), step = n / 150 + 1; /* about 150 entries of each case */
    double largest = 1e-2;
    for (size_t i = 0; i < n; i++) largest = fmax(largest, fabs((double)grads[i]));
    for (size_t i = 0; i < n; i += step) {
        double kept = p->params_d[i], h = 1e-5;
        p->params_d[i] = kept + h;
        double above = reference_loss(p);
        p->params_d[i] = kept - h;
        double below = reference_loss(p), slope = (above - below) / (2 * h);
        p->params_d[i] = kept;
        if (!(fabs((double)grads[i] - slope) <= 2e-5 * largest))
            fail_msg("%s case %d: gradient %zu is %.9g, differences say %.9g (largest %.3g)", op->name, index, i,
                     (double)grads[i], slope, largest);
    }
}

static void check_all(const char *isa_name) {
    const gm_isa *isa = gm_isa_named(isa_name);
    if (!isa) skip();
    setenv("GIMLET_CPU", isa_name, 1);
    assert_ptr_equal(gm_isa_current(), isa);
    for (int i = 0; i < GM_N_OPS; i++) {
        const gm_op *op = isa->ops[i];
        for (int index = 0; index < op->n_cases; index++) {
            prepared p;
            prepare(op, index, false, &p);
            check_forward(op, index, &p);
            check_gradient(op, index, &p, 2);
            release(&p);
            prepare(op, index, true, &p);
            check_gradient(op, index, &p, BATCH);
            release(&p);
        }
    }
    unsetenv("GIMLET_CPU");
}

static void operations_and_gradients_agree_with_the_reference_on_v2(void **state) {
    (void)state;
    check_all("v2");
}

static void operations_and_gradients_agree_with_the_reference_on_v3(void **state) {
    (void)state;
    check_all("v3");
}

static void operations_and_gradients_agree_with_the_reference_on_v4(void **state) {
    (void)state;
    check_all("v4");
}

/* Values that are used once, twice and in sums of sums: where sums share the place of a gradient, none may be lost. */
static gm_value random_graph(gm_case *c, int seed) {
    enum { FIRST = 3, ALL = 14 };
    gm_random r;
    gm_random_init(&r, 5, (uint64_t)seed);
    gm_value values[ALL];
    for (int i = 0; i < FIRST; i++) values[i] = c->tensor(c, true, -1, 1, GM_DIMS(2, 3));
    for (int i = FIRST; i < ALL; i++) {
        gm_value a = values[gm_random_below(&r, (uint32_t)i)], b = values[gm_random_below(&r, (uint32_t)i)];
        switch (gm_random_below(&r, 6)) {
        case 0: values[i] = gm_tanh(c->graph, a); break;
        case 1: values[i] = gm_mul(c->graph, a, gm_tanh(c->graph, b)); break;
        case 2: values[i] = gm_reshape(c->graph, gm_reshape(c->graph, a, GM_DIMS(6)), GM_DIMS(2, 3)); break;
        default: values[i] = gm_add(c->graph, a, b); break;
        }
    }
    gm_value sum = values[ALL - 1];
    for (int i = FIRST; i < ALL - 1; i += 2) sum = gm_add(c->graph, sum, gm_tanh(c->graph, values[i]));
    return sum;
}

static void gradients_of_random_graphs_agree_with_the_reference(void **state) {
    (void)state;
    const gm_op graphs = {.name = "random graph", .make_case = random_graph};
    for (int seed = 0; seed < 300; seed++) {
        prepared p;
        prepare(&graphs, seed, seed % 2, &p);
        check_gradient(&graphs, seed, &p, 1 + seed % BATCH);
        release(&p);
    }
}

static void every_operation_is_complete(void **state) {
    (void)state;
    for (int i = 0; i < GM_N_OPS; i++) {
        const gm_op *op = gm_isa_v2.ops[i];
        assert_non_null(op->name);
        if (!op->shape || !op->forward || !op->reference || !op->make_case || op->n_cases < 1)
            fail_msg("operation %s lacks a shape rule, forward, reference or cases", op->name);
        bool is_loss = gm_starts_with(op->name, "loss_") || gm_starts_with(op->name, "nll_");
        if (!op->onnx && !is_loss) fail_msg("operation %s has no ONNX form", op->name);
        if (!op->backward && strcmp(op->name, "scaler") != 0) fail_msg("operation %s has no backward", op->name);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_is_complete),
        cmocka_unit_test(gradients_of_random_graphs_agree_with_the_reference),
        cmocka_unit_test(operations_and_gradients_agree_with_the_reference_on_v2),
        cmocka_unit_test(operations_and_gradients_agree_with_the_reference_on_v3),
        cmocka_unit_test(operations_and_gradients_agree_with_the_reference_on_v4),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
