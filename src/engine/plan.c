#include "plan_internal.h"

#include <stdlib.h>
#include <string.h>

enum { DEFAULT_MICRO_BATCH = 4, DEFAULT_LANES = 8, ALIGN = 16, LARGE_WEIGHT = 1 << 15 };

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
    if (!plan->nodes || !plan->reached || !plan->parameter_at) return gm_nomem(err);
    place_parameters(plan);
    GM_TRY(find_needed(plan, err));
    GM_TRY(find_backward(plan, err));
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
    gm_free(plan->parameter_at);
    gm_layout_finish(&plan->layout);
    gm_free(plan);
}

int gm_plan_micro_batch(const gm_plan *plan) {
    return plan->micro_batch;
}

/* ---- layout: every block has a size and a lifetime in steps; blocks that live at once do not overlap
 * ------------------- */

typedef struct {
    size_t size, at;
    size_t *place; /* where the result goes */
    int first, last;
} block;

typedef struct {
    block *items;
    size_t count;
} blocks;

static void add_block(blocks *all, size_t size, int first, int last, size_t *place) {
    size = (size + ALIGN - 1) / ALIGN * ALIGN;
    all->items[all->count++] = (block){.size = size, .place = place, .first = first, .last = last};
}

/* Step at which the backward of node n runs; forward of node n is step n, the loss is turned at step n_nodes. */
static int back_step(const gm_plan *plan, int n) {
    return 2 * plan->graph->nodes.count - n;
}

/* Until when each value is read, and from when each gradient is written. */
static void find_lifetimes(const gm_plan *plan, int *last_read, int *first_gradient) {
    const gm_graph *graph = plan->graph;
    for (int v = 0; v < graph->values.count; v++) last_read[v] = -1, first_gradient[v] = INT32_MAX;
    for (int n = 0; n < graph->nodes.count; n++) {
        const gm_node *node = &graph->nodes.items[n];
        const gm_plan_node *todo = &plan->nodes[n];
        if (!todo->for_outputs && !todo->for_loss) continue;
        unsigned flags = plan->isa->ops[node->op]->flags;
        int back = back_step(plan, n);
        for (int i = 0; i < node->n_in; i++) {
            if (node->in[i] == GM_NONE) continue;
            int *last = &last_read[node->in[i]], *gradient = &first_gradient[node->in[i]];
            *last = GM_MAX(*last, todo->back && flags & GM_READS_IN0 << i ? back : n);
            if (todo->wanted & 1u << i) *gradient = GM_MIN(*gradient, back);
        }
        for (int j = 0; j < node->n_out; j++) {
            int *last = &last_read[node->out[j]];
            *last = GM_MAX(*last, todo->back && flags & GM_READS_OUT0 << j ? back : n);
        }
    }
    if (!plan->training) return;
    last_read[graph->loss] = GM_MAX(last_read[graph->loss], graph->nodes.count);
    if (plan->reached[graph->loss]) first_gradient[graph->loss] = graph->nodes.count;
}

/* A segment repeats its steps for each sample, so what outlives it, or comes from before it, lives through all of it.
 */
static int segment_start(const gm_plan *plan, int step) {
    int n_nodes = plan->graph->nodes.count;
    if (step < n_nodes) return plan->nodes[step].from;
    return step == n_nodes ? step : 2 * n_nodes - plan->nodes[2 * n_nodes - step].to;
}

static int segment_end(const gm_plan *plan, int step) {
    int n_nodes = plan->graph->nodes.count;
    if (step < n_nodes) return plan->nodes[step].to;
    return step == n_nodes ? step : 2 * n_nodes - plan->nodes[2 * n_nodes - step].from;
}

/* Room for a value or gradient that lives from first to last, made or read by node n; sets *local. */
static void add_tensor(const gm_plan *plan, const gm_layout *layout, blocks *all, int v, int n, int first, int last,
                       size_t *place, bool *local) {
    const gm_shape *shape = &plan->graph->values.items[v].shape;
    *local = shape->batched && plan->nodes[n].single && segment_start(plan, first) == segment_start(plan, last);
    size_t samples = shape->batched && !*local ? (size_t)layout->batch : 1;
    add_block(all, shape->size * samples, *local ? first : segment_start(plan, first),
              *local ? last : segment_end(plan, last), place);
}

static void collect_blocks(const gm_plan *plan, gm_layout *layout, const int *last_read, const int *first_gradient,
                           blocks *all, size_t *scratch) {
    const gm_graph *graph = plan->graph;
    for (int n = 0; n < graph->nodes.count; n++) {
        const gm_node *node = &graph->nodes.items[n];
        const gm_plan_node *todo = &plan->nodes[n];
        const gm_op *op = plan->isa->ops[node->op];
        if (!todo->for_outputs && !todo->for_loss) continue;
        for (int j = 0; j < node->n_out; j++) {
            int v = node->out[j];
            add_tensor(plan, layout, all, v, n, n, last_read[v], &layout->value_at[v], &layout->value_local[v]);
            if (plan->reached[v])
                add_tensor(plan, layout, all, v, n, first_gradient[v], back_step(plan, n), &layout->grad_at[v],
                           &layout->grad_local[v]);
        }
        gm_call call;
        gm_call_begin(graph, node, todo->single ? 1 : layout->batch, plan->training, &call);
        if (todo->back && op->saved) {
            size_t samples = todo->single ? (size_t)layout->batch : 1;
            layout->saved_step[n] = (op->saved(&call) + ALIGN - 1) / ALIGN * ALIGN;
            add_block(all, layout->saved_step[n] * samples, segment_start(plan, n),
                      segment_end(plan, back_step(plan, n)), &layout->saved_at[n]);
        }
        if (op->scratch) *scratch = GM_MAX(*scratch, op->scratch(&call));
    }
}

static int larger_first(const void *a, const void *b) {
    const block *x = a, *y = b;
    if (x->size != y->size) return x->size < y->size ? 1 : -1;
    return x->first != y->first ? (x->first < y->first ? -1 : 1) : (x->place < y->place ? -1 : 1);
}

static int lower_first(const void *a, const void *b) {
    const block *x = *(block *const *)a, *y = *(block *const *)b;
    return x->at != y->at ? (x->at < y->at ? -1 : 1) : 0;
}

/* Largest first, each at the lowest place that is free while it lives. Returns what they need together. */
static gm_status place_blocks(blocks *all, size_t *total, gm_error *err) {
    gm_auto_free block **busy = gm_alloc_array(GM_MAX(all->count, (size_t)1), sizeof *busy);
    if (!busy) return gm_nomem(err);
    qsort(all->items, all->count, sizeof *all->items, larger_first);
    *total = 0;
    for (size_t i = 0; i < all->count; i++) {
        block *one = &all->items[i];
        size_t n = 0, at = 0;
        for (size_t k = 0; k < i; k++)
            if (all->items[k].first <= one->last && one->first <= all->items[k].last) busy[n++] = &all->items[k];
        qsort(busy, n, sizeof *busy, lower_first);
        for (size_t k = 0; k < n; k++) {
            if (busy[k]->at >= at + one->size) break;
            at = GM_MAX(at, busy[k]->at + busy[k]->size);
        }
        one->at = at;
        *total = GM_MAX(*total, at + one->size);
    }
    for (size_t i = 0; i < all->count; i++) *all->items[i].place = all->items[i].at;
    return GM_OK;
}

static size_t *places(size_t count) {
    size_t *at = gm_alloc_array(GM_MAX(count, (size_t)1), sizeof *at);
    for (size_t i = 0; at && i < count; i++) at[i] = GM_NOWHERE;
    return at;
}

gm_status gm_layout_make(const gm_plan *plan, int batch, gm_layout *out, gm_error *err) {
    size_t n_values = (size_t)plan->graph->values.count, n_nodes = (size_t)plan->graph->nodes.count;
    gm_layout layout = {.batch = batch,
                        .value_at = places(n_values),
                        .grad_at = places(n_values),
                        .saved_at = places(n_nodes),
                        .saved_step = places(n_nodes),
                        .value_local = gm_calloc(n_values + 1, sizeof(bool)),
                        .grad_local = gm_calloc(n_values + 1, sizeof(bool))};
    gm_auto_free int *last_read = gm_alloc_array(n_values + 1, sizeof *last_read);
    gm_auto_free int *first_gradient = gm_alloc_array(n_values + 1, sizeof *first_gradient);
    gm_auto_free block *room = gm_alloc_array(2 * n_values + n_nodes + 1, sizeof *room);
    gm_status status = GM_OK;
    if (!layout.value_at || !layout.grad_at || !layout.saved_at || !layout.saved_step || !layout.value_local ||
        !layout.grad_local || !last_read || !first_gradient || !room) {
        status = gm_nomem(err);
    } else {
        blocks all = {.items = room};
        size_t scratch = 0;
        find_lifetimes(plan, last_read, first_gradient);
        collect_blocks(plan, &layout, last_read, first_gradient, &all, &scratch);
        status = place_blocks(&all, &layout.scratch_at, err);
        layout.size = layout.scratch_at + scratch + ALIGN;
    }
    if (status != GM_OK)
        gm_layout_finish(&layout);
    else
        *out = layout;
    return status;
}

void gm_layout_finish(gm_layout *layout) {
    gm_free(layout->value_at);
    gm_free(layout->grad_at);
    gm_free(layout->saved_at);
    gm_free(layout->saved_step);
    gm_free(layout->value_local);
    gm_free(layout->grad_local);
    *layout = (gm_layout){0};
}
