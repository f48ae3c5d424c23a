#include "plan_internal.h"

enum { DEFAULT_MICRO_BATCH = 4, DEFAULT_LANES = 8, LARGE_WEIGHT = 1 << 15 };

void gm_call_begin(const gm_graph *graph, const gm_node *node, int batch, bool training, gm_call *call) {
    *call = (gm_call){
        .settings = &node->settings, .batch = batch, .training = training, .n_in = node->n_in, .n_out = node->n_out};
    for (int i = 0; i < node->n_in; i++)
        if (node->in[i] != GM_NONE) call->in_shape[i] = &graph->values.items[node->in[i]].shape;
    for (int j = 0; j < node->n_out; j++) call->out_shape[j] = &graph->values.items[node->out[j]].shape;
}

static gm_status find_needed(gm_plan *plan, gm_error *err) {
    const gm_graph *graph = plan->graph;
    size_t count = (size_t)GM_MAX(graph->values.count, 1);
    gm_auto_free bool *for_outputs = gm_calloc(count, sizeof *for_outputs);
    gm_auto_free bool *for_loss = gm_calloc(count, sizeof *for_loss);
    if (!for_outputs || !for_loss) return gm_nomem(err);
    for (int i = 0; i < graph->outputs.count; i++) for_outputs[graph->outputs.items[i].value] = true;
    if (plan->training) for_loss[graph->loss] = true;
    gm_mark_needed(graph, for_outputs);
    gm_mark_needed(graph, for_loss);
    for (int n = 0; n < graph->nodes.count; n++) {
        const gm_node *node = &graph->nodes.items[n];
        for (int j = 0; j < node->n_out; j++) {
            plan->nodes[n].for_outputs |= for_outputs[node->out[j]];
            plan->nodes[n].for_loss |= for_loss[node->out[j]];
        }
        if (plan->training && plan->isa->ops[node->op]->flags & GM_WHOLE_BATCH && plan->nodes[n].for_loss)
            plan->whole_batch = true;
    }
    return GM_OK;
}

/* Follows the gradient from the loss down, and notes who writes each gradient first. */
static gm_status find_backward(gm_plan *plan, gm_error *err) {
    const gm_graph *graph = plan->graph;
    gm_auto_free bool *written = gm_calloc((size_t)GM_MAX(graph->values.count, 1), sizeof *written);
    if (!written) return gm_nomem(err);
    if (!plan->training) return GM_OK;
    plan->reached[graph->loss] = graph->values.items[graph->loss].needs_gradient;
    for (int n = graph->nodes.count - 1; n >= 0; n--) {
        const gm_node *node = &graph->nodes.items[n];
        gm_plan_node *todo = &plan->nodes[n];
        const gm_op *op = plan->isa->ops[node->op];
        for (int j = 0; j < node->n_out; j++) todo->back |= plan->reached[node->out[j]];
        if (!todo->back) continue;
        for (int i = 0; i < node->n_in; i++) {
            int value = node->in[i];
            if (value == GM_NONE || !graph->values.items[value].needs_gradient || op->flags & GM_DATA_IN0 << i)
                continue;
            todo->wanted |= 1u << i;
            plan->reached[value] = true;
            bool twice = false;
            for (int k = 0; k < node->n_in; k++) twice |= k != i && node->in[k] == value;
            if (written[value] || twice) todo->add |= 1u << i;
            if (twice && !written[value]) todo->zero |= 1u << i;
            written[value] = true;
        }
    }
    return GM_OK;
}

int gm_back_step(const gm_plan *plan, int n) {
    return 2 * plan->graph->nodes.count - n;
}

/* When a gradient is written for the first and the second time, and when it is read: one value's. */
typedef struct {
    int first, second, read;
} gradient_steps;

static void note_write(gradient_steps *steps, int step) {
    if (step < steps->first)
        steps->second = steps->first, steps->first = step;
    else
        steps->second = GM_MIN(steps->second, step);
}

static void find_gradient_steps(const gm_plan *plan, gradient_steps *steps) {
    const gm_graph *graph = plan->graph;
    for (int v = 0; v < graph->values.count; v++) steps[v] = (gradient_steps){INT32_MAX, INT32_MAX, -1};
    note_write(&steps[graph->loss], graph->nodes.count);
    for (int n = 0; n < graph->nodes.count; n++) {
        const gm_node *node = &graph->nodes.items[n];
        for (int j = 0; j < node->n_out; j++) steps[node->out[j]].read = gm_back_step(plan, n);
        for (int i = 0; i < node->n_in; i++)
            if (plan->nodes[n].wanted >> i & 1) note_write(&steps[node->in[i]], gm_back_step(plan, n));
    }
}

/* Whether the gradient of v, an operand of node n, can lie where that of the result does. While a gradient in that place
 * waits to be read, nobody may add another one's there. */
static bool can_share(const gm_plan *plan, const gradient_steps *steps, int n, int v) {
    const gm_graph *graph = plan->graph;
    const gm_tensor *operand = &graph->values.items[v], *result = &graph->values.items[graph->nodes.items[n].out[0]];
    int place = plan->gradient_of[graph->nodes.items[n].out[0]];
    bool alike = operand->shape.size == result->shape.size && operand->shape.batched && result->shape.batched;
    if (operand->origin != GM_FROM_NODE || !alike || steps[v].first != gm_back_step(plan, n)) return false;
    for (int other = 0; other < graph->values.count; other++) {
        if (plan->gradient_of[other] != place || other == v || steps[other].read <= gm_back_step(plan, n)) continue;
        if (steps[v].second <= steps[other].read || steps[other].second <= steps[v].read) return false;
    }
    return true;
}

/* The gradient of a sum is that of its operands: it stays where it is, and nothing is copied. */
static gm_status find_passed(gm_plan *plan, gm_error *err) {
    const gm_graph *graph = plan->graph;
    for (int v = 0; v < graph->values.count; v++) plan->gradient_of[v] = v;
    if (!plan->training) return GM_OK;
    gm_auto_free gradient_steps *steps = gm_alloc_array((size_t)GM_MAX(graph->values.count, 1), sizeof *steps);
    if (!steps) return gm_nomem(err);
    find_gradient_steps(plan, steps);
    for (int n = graph->nodes.count - 1; n >= 0; n--) {
        const gm_node *node = &graph->nodes.items[n];
        gm_plan_node *todo = &plan->nodes[n];
        if (!todo->back || !(plan->isa->ops[node->op]->flags & GM_PASSES_GRADIENT)) continue;
        for (int i = 0; i < node->n_in; i++) {
            if (!((todo->wanted & ~todo->add) >> i & 1) || !can_share(plan, steps, n, node->in[i])) continue;
            plan->gradient_of[node->in[i]] = plan->gradient_of[node->out[0]];
            todo->passed |= 1u << i;
        }
    }
    return GM_OK;
}

/* A node that reads a large weight takes the micro-batch at once: the weight is the traffic, not the samples. */
static bool reads_large_weight(const gm_graph *graph, const gm_node *node) {
    for (int i = 0; i < node->n_in; i++) {
        const gm_tensor *tensor = node->in[i] == GM_NONE ? NULL : &graph->values.items[node->in[i]];
        if (tensor && tensor->origin == GM_FROM_PARAMETER && tensor->shape.size >= LARGE_WEIGHT) return true;
    }
    return false;
}

static void find_segments(gm_plan *plan) {
    const gm_graph *graph = plan->graph;
    bool apart = !plan->whole_batch;
    /* the gradient of a computed value that all samples share must see them all before it goes on */
    for (int v = 0; v < graph->values.count; v++) {
        const gm_tensor *tensor = &graph->values.items[v];
        if (tensor->origin == GM_FROM_NODE && !tensor->shape.batched && plan->reached[v]) apart = false;
    }
    for (int n = 0; n < graph->nodes.count; n++) {
        gm_plan_node *todo = &plan->nodes[n];
        todo->single = apart && !reads_large_weight(graph, &graph->nodes.items[n]);
        todo->from = n && todo->single && plan->nodes[n - 1].single ? plan->nodes[n - 1].from : n;
    }
    for (int n = graph->nodes.count - 1; n >= 0; n--) {
        gm_plan_node *todo = &plan->nodes[n];
        todo->to = n + 1 < graph->nodes.count && plan->nodes[n + 1].from == todo->from ? plan->nodes[n + 1].to : n;
    }
}

static void place_parameters(gm_plan *plan) {
    size_t at = 0;
    const gm_graph *graph = plan->graph;
    for (int kind = GM_TRAINABLE; kind <= GM_STATE; kind++) {
        for (int i = 0; i < graph->parameters.count; i++) {
            if ((int)graph->parameters.items[i].kind != kind) continue;
            plan->parameter_at[i] = at;
            at += graph->values.items[graph->parameters.items[i].value].shape.size;
        }
        if (kind == GM_TRAINABLE) plan->n_trainable = at;
    }
    plan->n_parameters = at;
}

gm_status gm_plan_new(const gm_graph *graph, gm_plan_options options, gm_plan **out, gm_error *err) {
    GM_TRY(gm_graph_check(graph, err));
    if (options.micro_batch < 0 || options.lanes < 0 || options.lanes > 1024)
        return gm_fail(err, GM_E_ARG, "micro-batches of %d in %d lanes are not possible", options.micro_batch,
                       options.lanes);
    if (options.training && graph->loss == GM_NONE)
        return gm_fail(err, GM_E_ARG, "a graph without a loss cannot be trained");
    gm_auto(gm_plan) plan = gm_calloc(1, sizeof *plan);
    if (!plan) return gm_nomem(err);
    GM_TRY(gm_graph_copy(graph, &plan->graph, err));
    plan->isa = gm_isa_current();
    plan->training = options.training;
    plan->micro_batch = options.micro_batch ? options.micro_batch : DEFAULT_MICRO_BATCH;
    plan->lanes = options.lanes ? options.lanes : DEFAULT_LANES;
    plan->nodes = gm_calloc((size_t)GM_MAX(graph->nodes.count, 1), sizeof *plan->nodes);
    plan->reached = gm_calloc((size_t)GM_MAX(graph->values.count, 1), sizeof *plan->reached);
    plan->parameter_at = gm_calloc((size_t)GM_MAX(graph->parameters.count, 1), sizeof *plan->parameter_at);
    plan->gradient_of = gm_calloc((size_t)GM_MAX(graph->values.count, 1), sizeof *plan->gradient_of);
    if (!plan->nodes || !plan->reached || !plan->parameter_at || !plan->gradient_of) return gm_nomem(err);
    place_parameters(plan);
    GM_TRY(find_needed(plan, err));
    GM_TRY(find_backward(plan, err));
    GM_TRY(find_passed(plan, err));
    find_segments(plan);
    GM_TRY(gm_layout_make(plan, plan->micro_batch, &plan->layout, err));
    *out = gm_steal(&plan);
    return GM_OK;
}

void gm_plan_free(gm_plan *plan) {
    if (!plan) return;
    gm_graph_free(plan->graph);
    gm_free(plan->nodes);
    gm_free(plan->reached);
    gm_free(plan->gradient_of);
    gm_free(plan->parameter_at);
    gm_layout_finish(&plan->layout);
    gm_free(plan);
}

int gm_plan_micro_batch(const gm_plan *plan) {
    return plan->micro_batch;
}
