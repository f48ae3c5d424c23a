/* Runs plans: micro-batches forward and backward, lanes, workspaces. */
#include "plan_internal.h"

#include <math.h>
#include <string.h>

gm_status gm_workspace_new(const gm_plan *plan, int n_workers, gm_workspace **out, gm_error *err) {
    if (n_workers < 1) return gm_fail(err, GM_E_ARG, "a workspace for %d workers", n_workers);
    gm_auto(gm_workspace) w = gm_calloc(1, sizeof *w);
    if (!w) return gm_nomem(err);
    w->plan = plan;
    w->n_workers = n_workers;
    w->memory = gm_calloc((size_t)n_workers, sizeof *w->memory);
    if (!w->memory) return gm_nomem(err);
    if (!plan->whole_batch)
        for (int i = 0; i < n_workers; i++)
            if (!(w->memory[i] = gm_alloc_aligned(plan->layout.size * sizeof(float)))) return gm_nomem(err);
    if (plan->training) {
        /* One worker does lane after lane and needs one buffer; several need one each, but for the first lane. */
        w->n_lane_buffers = plan->whole_batch ? 0 : n_workers == 1 ? GM_MIN(1, plan->lanes - 1) : plan->lanes - 1;
        w->lane_grads = gm_calloc((size_t)GM_MAX(w->n_lane_buffers, 1), sizeof *w->lane_grads);
        w->lane_losses = gm_calloc((size_t)plan->lanes, sizeof *w->lane_losses);
        if (!w->lane_grads || !w->lane_losses) return gm_nomem(err);
        for (int i = 0; i < w->n_lane_buffers; i++)
            if (!(w->lane_grads[i] = gm_alloc_aligned(GM_MAX(plan->n_parameters, (size_t)1) * sizeof(float))))
                return gm_nomem(err);
    }
    *out = gm_steal(&w);
    return GM_OK;
}

void gm_workspace_free(gm_workspace *w) {
    if (!w) return;
    for (int i = 0; w->memory && i < w->n_workers; i++) gm_free(w->memory[i]);
    for (int i = 0; w->lane_grads && i < w->n_lane_buffers; i++) gm_free(w->lane_grads[i]);
    gm_free(w->memory);
    gm_free(w->lane_grads);
    gm_free(w->lane_losses);
    gm_layout_finish(&w->own);
    gm_free(w);
}

size_t gm_workspace_size(const gm_workspace *w) {
    size_t size = w->plan->whole_batch ? w->own.size : w->plan->layout.size * (size_t)w->n_workers;
    return (size + (size_t)w->n_lane_buffers * w->plan->n_parameters) * sizeof(float);
}

/* Everything that the tasks of one run share. */
typedef struct {
    const gm_plan *plan;
    gm_workspace *workspace;
    const gm_layout *layout;
    const float *params;
    const float *const *inputs;
    int batch, micro_batch, n_micro, n_lanes;
    bool step; /* forward and backward, or outputs only */
    float *const *outputs;
    const float *weights;
    gm_key key;
    float *grads, *sample_losses;
} job;

/* One micro-batch on one worker, or one sample of it. */
typedef struct {
    const job *job;
    float *memory;
    int first, count; /* samples of the batch */
    int within;       /* first, counted in the micro-batch */
    bool fresh;       /* the first of its lane: nothing stands in grads yet */
    float *grads;
} micro;

/* The place of a value or gradient in this worker's memory. */
static float *place(const micro *m, const gm_shape *shape, size_t at, bool local) {
    return m->memory + at + (shape->batched && !local ? (size_t)m->within * shape->size : 0);
}

static const float *value_pointer(const micro *m, int value) {
    if (value == GM_NONE) return NULL;
    const gm_plan *plan = m->job->plan;
    const gm_tensor *tensor = &plan->graph->values.items[value];
    switch (tensor->origin) {
    case GM_FROM_INPUT: {
        const float *input = m->job->inputs[tensor->index];
        return input ? input + (size_t)m->first * tensor->shape.size : NULL;
    }
    case GM_FROM_CONSTANT: return tensor->data;
    case GM_FROM_PARAMETER: return m->job->params + plan->parameter_at[tensor->index];
    case GM_FROM_NODE: break;
    }
    return place(m, &tensor->shape, m->job->layout->value_at[value], m->job->layout->value_local[value]);
}

/* Where the gradient of a value goes; parameters have theirs in the lane's vector. */
static float *gradient_pointer(const micro *m, int value) {
    const gm_plan *plan = m->job->plan;
    const gm_tensor *tensor = &plan->graph->values.items[value];
    if (tensor->origin == GM_FROM_PARAMETER) return m->grads + plan->parameter_at[tensor->index];
    return place(m, &tensor->shape, m->job->layout->grad_at[value], m->job->layout->grad_local[value]);
}

static void begin_call(const micro *m, int n, gm_call *call) {
    const gm_plan *plan = m->job->plan;
    const gm_node *node = &plan->graph->nodes.items[n];
    gm_call_begin(plan->graph, node, m->count, m->job->step, call);
    for (int i = 0; i < node->n_in; i++) call->in[i] = value_pointer(m, node->in[i]);
    for (int j = 0; j < node->n_out; j++) call->out[j] = (float *)value_pointer(m, node->out[j]);
    if (m->job->step && plan->nodes[n].back && m->job->layout->saved_at[n] != GM_NOWHERE)
        call->saved = m->memory + m->job->layout->saved_at[n] + (size_t)m->within * m->job->layout->saved_step[n];
    call->scratch = m->memory + m->job->layout->scratch_at;
    call->dice = (gm_dice){.on = m->job->step, .key = m->job->key, .first_sample = m->first, .node = n};
    if (!m->job->step) return;
    for (int i = 0; i < node->n_in; i++) {
        if (node->in[i] == GM_NONE) continue;
        const gm_tensor *tensor = &plan->graph->values.items[node->in[i]];
        if (tensor->origin == GM_FROM_PARAMETER && plan->graph->parameters.items[tensor->index].kind == GM_STATE)
            call->state[i] = m->grads + plan->parameter_at[tensor->index];
    }
}

static void copy_output(const micro *m, int value) {
    const gm_graph *graph = m->job->plan->graph;
    size_t size = graph->values.items[value].shape.size;
    for (int i = 0; i < graph->outputs.count; i++)
        if (graph->outputs.items[i].value == value && m->job->outputs[i])
            memcpy(m->job->outputs[i] + (size_t)m->first * size, value_pointer(m, value),
                   (size_t)m->count * size * sizeof(float));
}

static void forward_node(const micro *m, int n) {
    const gm_plan *plan = m->job->plan;
    if (m->job->step ? !plan->nodes[n].for_loss : !plan->nodes[n].for_outputs) return;
    const gm_node *node = &plan->graph->nodes.items[n];
    gm_call call;
    begin_call(m, n, &call);
    plan->isa->ops[node->op]->forward(&call);
    for (int j = 0; !m->job->step && j < node->n_out; j++) copy_output(m, node->out[j]);
}

static void backward_node(const micro *m, int n) {
    const gm_plan *plan = m->job->plan;
    const gm_plan_node *todo = &plan->nodes[n];
    unsigned wanted = todo->wanted & ~todo->passed;
    if (!todo->back || (todo->passed && !wanted)) return;
    const gm_node *node = &plan->graph->nodes.items[n];
    gm_call call;
    begin_call(m, n, &call);
    for (int j = 0; j < node->n_out; j++)
        if (plan->reached[node->out[j]]) call.dout[j] = gradient_pointer(m, node->out[j]);
    for (int i = 0; i < node->n_in; i++) {
        if (!(wanted >> i & 1)) continue;
        bool sums_up = plan->graph->values.items[node->in[i]].origin == GM_FROM_PARAMETER && !m->fresh;
        call.din[i] = gradient_pointer(m, node->in[i]);
        call.add[i] = todo->add >> i & 1 || sums_up;
        const gm_shape *shape = call.in_shape[i];
        if (todo->zero >> i & 1 && !sums_up)
            memset(call.din[i], 0, shape->size * (shape->batched ? (size_t)m->count : 1) * sizeof(float));
    }
    plan->isa->ops[node->op]->backward(&call);
}

/* One sample of a micro-batch. */
static micro sample_of(const micro *m, int s) {
    micro one = *m;
    one.first += s, one.within = s, one.count = 1, one.fresh = m->fresh && s == 0;
    return one;
}

static void run_forward(const micro *m) {
    const gm_plan *plan = m->job->plan;
    for (int n = 0; n < plan->graph->nodes.count; n = plan->nodes[n].to + 1) {
        if (!plan->nodes[n].single) forward_node(m, n);
        for (int s = 0; plan->nodes[n].single && s < m->count; s++) {
            micro one = sample_of(m, s);
            for (int k = n; k <= plan->nodes[n].to; k++) forward_node(&one, k);
        }
    }
    for (int i = 0; !m->job->step && i < plan->graph->inputs.count; i++) copy_output(m, plan->graph->inputs.items[i]);
}

static void run_backward(const micro *m) {
    const gm_plan *plan = m->job->plan;
    const gm_graph *graph = plan->graph;
    float *seed = plan->reached[graph->loss] ? gradient_pointer(m, graph->loss) : NULL;
    for (int s = 0; seed && s < m->count; s++)
        seed[s] = m->job->weights ? m->job->weights[m->first + s] : 1.0f / (float)m->job->batch;
    for (int n = graph->nodes.count - 1; n >= 0; n = plan->nodes[n].from - 1) {
        if (!plan->nodes[n].single) backward_node(m, n);
        for (int s = 0; plan->nodes[n].single && s < m->count; s++) {
            micro one = sample_of(m, s);
            for (int k = n; k >= plan->nodes[n].from; k--) backward_node(&one, k);
        }
    }
}

static void output_task(void *ctx, size_t index, int worker) {
    const job *j = ctx;
    int first = (int)index * j->micro_batch;
    run_forward(&(micro){.job = j,
                         .memory = j->workspace->memory[worker],
                         .first = first,
                         .count = GM_MIN(j->micro_batch, j->batch - first)});
}

/* Lane 0 works in the caller's vector; others in buffers that are added to it. */
static float *lane_buffer(const job *j, size_t lane) {
    if (lane == 0) return j->grads;
    return j->workspace->lane_grads[j->workspace->n_lane_buffers == 1 ? 0 : lane - 1];
}

/* Parameters that the loss does not depend on: nobody writes their gradients. */
static void zero_unreached(const gm_plan *plan, float *grads) {
    const gm_graph *graph = plan->graph;
    for (int i = 0; i < graph->parameters.count; i++) {
        const gm_parameter_entry *entry = &graph->parameters.items[i];
        if (entry->kind == GM_TRAINABLE && !plan->reached[entry->value])
            memset(grads + plan->parameter_at[i], 0, graph->values.items[entry->value].shape.size * sizeof *grads);
    }
}

static void lane_task(void *ctx, size_t lane, int worker) {
    const job *j = ctx;
    const gm_plan *plan = j->plan;
    float *grads = lane_buffer(j, lane);
    double loss = 0;
    zero_unreached(plan, grads);
    for (int i = (int)lane; i < j->n_micro; i += j->n_lanes) {
        micro m = {.job = j,
                   .memory = j->workspace->memory[worker],
                   .first = i * j->micro_batch,
                   .fresh = i == (int)lane,
                   .grads = grads};
        m.count = GM_MIN(j->micro_batch, j->batch - m.first);
        run_forward(&m);
        const float *losses = value_pointer(&m, plan->graph->loss);
        for (int s = 0; s < m.count; s++) {
            loss += (double)losses[s] * (j->weights ? (double)j->weights[m.first + s] : 1.0 / j->batch);
            if (j->sample_losses) j->sample_losses[m.first + s] = losses[s];
        }
        run_backward(&m);
    }
    j->workspace->lane_losses[lane] = loss;
}

enum { SUM_PIECE = 1 << 14 };

/* A stretch of the gradient: the lanes added to lane 0 in order. */
static void sum_task(void *ctx, size_t index, int worker) {
    (void)worker;
    const job *j = ctx;
    size_t from = index * SUM_PIECE, n = GM_MIN((size_t)SUM_PIECE, j->plan->n_trainable - from);
    for (int lane = 1; lane < j->n_lanes; lane++)
        j->plan->isa->add_to(j->grads + from, lane_buffer(j, (size_t)lane) + from, n);
}

static gm_status prepare(const gm_plan *plan, gm_workspace *w, gm_threads *threads, int batch, job *j, gm_error *err) {
    if (w->plan != plan) return gm_fail(err, GM_E_ARG, "the workspace belongs to another plan");
    if (batch < 1) return gm_fail(err, GM_E_ARG, "a batch of %d samples", batch);
    if (gm_threads_count(threads) > w->n_workers)
        return gm_fail(err, GM_E_ARG, "%d threads in a workspace for %d", gm_threads_count(threads), w->n_workers);
    j->plan = plan;
    j->workspace = w;
    j->batch = batch;
    j->micro_batch = plan->whole_batch ? batch : plan->micro_batch;
    j->layout = &plan->layout;
    if (plan->whole_batch && w->own.batch < batch) {
        gm_layout_finish(&w->own);
        GM_TRY(gm_layout_make(plan, batch, &w->own, err));
        gm_free(w->memory[0]);
        if (!(w->memory[0] = gm_alloc_aligned(w->own.size * sizeof(float)))) return gm_nomem(err);
    }
    if (plan->whole_batch) j->layout = &w->own;
    j->n_micro = (batch + j->micro_batch - 1) / j->micro_batch;
    j->n_lanes = GM_MIN(plan->lanes, j->n_micro);
    return GM_OK;
}

/* An input that is read must be there. */
static gm_status check_inputs(const gm_plan *plan, const float *const *inputs, bool step, gm_error *err) {
    for (int n = 0; n < plan->graph->nodes.count; n++) {
        if (step ? !plan->nodes[n].for_loss : !plan->nodes[n].for_outputs) continue;
        const gm_node *node = &plan->graph->nodes.items[n];
        for (int i = 0; i < node->n_in; i++) {
            if (node->in[i] == GM_NONE) continue;
            const gm_tensor *tensor = &plan->graph->values.items[node->in[i]];
            if (tensor->origin == GM_FROM_INPUT && !inputs[tensor->index])
                return gm_fail(err, GM_E_ARG, "input %s is not given", tensor->name);
        }
    }
    return GM_OK;
}

gm_status gm_plan_run(const gm_plan *plan, gm_workspace *workspace, gm_threads *threads, const float *params,
                      const float *const *inputs, int batch, float *const *outputs, gm_error *err) {
    job j = {.params = params, .inputs = inputs, .outputs = outputs};
    GM_TRY(prepare(plan, workspace, threads, batch, &j, err));
    GM_TRY(check_inputs(plan, inputs, false, err));
    gm_threads_run(threads, (size_t)j.n_micro, output_task, &j);
    return GM_OK;
}

gm_status gm_plan_step(const gm_plan *plan, gm_workspace *workspace, gm_threads *threads, const float *params,
                       const float *const *inputs, int batch, const float *weights, gm_key key, float *grads,
                       double *loss, float *sample_losses, gm_error *err) {
    if (!plan->training) return gm_fail(err, GM_E_ARG, "a plan for inference cannot step");
    job j = {.params = params,
             .inputs = inputs,
             .step = true,
             .weights = weights,
             .key = key,
             .grads = grads,
             .sample_losses = sample_losses};
    GM_TRY(prepare(plan, workspace, threads, batch, &j, err));
    GM_TRY(check_inputs(plan, inputs, true, err));
    memset(grads + plan->n_trainable, 0, (plan->n_parameters - plan->n_trainable) * sizeof *grads);
    for (int i = 0; i < plan->graph->parameters.count; i++) {
        const gm_parameter_entry *entry = &plan->graph->parameters.items[i];
        if (entry->kind == GM_STATE)
            memcpy(grads + plan->parameter_at[i], params + plan->parameter_at[i],
                   plan->graph->values.items[entry->value].shape.size * sizeof *grads);
    }
    if (workspace->n_lane_buffers == 1) {
        /* one buffer: lane after lane, each added as soon as it is done; the same sums in the same order */
        for (int lane = 0; lane < j.n_lanes; lane++) {
            lane_task(&j, (size_t)lane, 0);
            if (lane) plan->isa->add_to(grads, workspace->lane_grads[0], plan->n_trainable);
        }
    } else {
        gm_threads_run(threads, (size_t)j.n_lanes, lane_task, &j);
        gm_threads_run(threads, (plan->n_trainable + SUM_PIECE - 1) / SUM_PIECE, sum_task, &j);
    }
    double total = 0;
    for (int lane = 0; lane < j.n_lanes; lane++) total += workspace->lane_losses[lane];
    if (loss) *loss = total;
    return GM_OK;
}
