/* Every operation of the list, in every case that it names, written as ONNX and run in ONNX Runtime. Losses have no
 * ONNX form and are passed over. Skipped where ONNX Runtime is not there. */
#include "models/onnx/onnx.h"
#include "operation_case.h"

#include <stdlib.h>

static void run_ours(const prepared *p, float *out) {
    gm_error err = {0};
    gm_auto(gm_plan) plan = NULL;
    gm_auto(gm_workspace) workspace = NULL;
    assert_ok(gm_plan_new(p->graph, (gm_plan_options){0}, &plan, &err), err);
    assert_ok(gm_workspace_new(plan, 1, &workspace, &err), err);
    assert_ok(gm_plan_run(plan, workspace, NULL, p->params, (const float *const *)p->inputs, BATCH, &out, &err), err);
}

static void run_theirs(const prepared *p, const char *path, float *out) {
    gm_error err = {0};
    gm_auto(gm_onnx_judge) judge = NULL;
    assert_ok(gm_onnx_judge_open(path, NULL, &judge, &err), err);
    gm_onnx_value inputs[GM_ONNX_MAX_TENSORS];
    int n = 0;
    for (int i = 0; i < gm_input_count(p->graph); i++) {
        gm_value_info info = gm_value_describe(p->graph, gm_input_at(p->graph, i));
        inputs[n++] = gm_onnx_value_of(info.name, info, BATCH, p->inputs[i]);
    }
    gm_onnx_value output = gm_onnx_value_of("out", gm_value_describe(p->graph, p->out), BATCH, out);
    assert_ok(gm_onnx_judge_run(judge, inputs, n, &output, &err), err);
}

static void check_case(const gm_op *op, int index, const char *path) {
    prepared p;
    gm_error err = {0};
    prepare(op, index, false, &p);
    if (!gm_value_describe(p.graph, p.out).batched) return release(&p); /* the same for all samples: folded away */
    assert_ok(gm_onnx_write_graph(p.graph, p.params, path, &err), err);
    gm_auto_free float *ours = gm_calloc(p.out_size, sizeof *ours);
    gm_auto_free float *theirs = gm_calloc(p.out_size, sizeof *theirs);
    run_ours(&p, ours);
    run_theirs(&p, path, theirs);
    gm_onnx_difference worst = {0};
    gm_onnx_compare(ours, theirs, p.out_size, &worst);
    if (!(worst.max_rel <= 1e-5)) fail_msg("%s case %d: ONNX Runtime differs by %.2e", op->name, index, worst.max_rel);
    release(&p);
}

static void onnx_runtime_agrees_on_every_operation(void **state) {
    (void)state;
    gm_error err = {0};
    gm_auto(gm_onnx_runtime) runtime = NULL;
    if (gm_onnx_runtime_open(NULL, &runtime, &err) == GM_E_UNAVAILABLE) skip();
    char *folder = test_folder_new();
    gm_auto_free char *path = gm_path_join(folder, "case.onnx");
    int n_checked = 0;
    for (int i = 0; i < GM_N_OPS; i++) {
        const gm_op *op = gm_isa_v2.ops[i];
        for (int index = 0; op->onnx && index < op->n_cases; index++, n_checked++) check_case(op, index, path);
    }
    assert_true(n_checked > 30);
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(onnx_runtime_agrees_on_every_operation)};
    return cmocka_run_group_tests_name("operations_onnx", tests, NULL, NULL);
}
