/* Where everything lies in one worker's memory: every block has a size and a lifetime in steps; blocks that live at once do
 * not overlap. */
#include "plan_internal.h"

#include <stdlib.h>

enum { ALIGN = 16 };

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

/* Until when each value is read, and from when to when each gradient is written and read, with those that share its place. */
typedef struct {
    int last_read, first_gradient, last_gradient;
} lifetime;

static void find_lifetimes(const gm_plan *plan, lifetime *lives) {
    const gm_graph *graph = plan->graph;
    for (int v = 0; v < graph->values.count; v++) lives[v] = (lifetime){-1, INT32_MAX, -1};
    for (int n = 0; n < graph->nodes.count; n++) {
        const gm_node *node = &graph->nodes.items[n];
        const gm_plan_node *todo = &plan->nodes[n];
        if (!todo->for_outputs && !todo->for_loss) continue;
        unsigned flags = plan->isa->ops[node->op]->flags;
        int back = gm_back_step(plan, n);
        for (int i = 0; i < node->n_in; i++) {
            if (node->in[i] == GM_NONE) continue;
            int *last = &lives[node->in[i]].last_read, *gradient = &lives[node->in[i]].first_gradient;
            *last = GM_MAX(*last, todo->back && flags & GM_READS_IN0 << i ? back : n);
            if (todo->wanted & 1u << i) *gradient = GM_MIN(*gradient, back);
        }
        for (int j = 0; j < node->n_out; j++) {
            lifetime *own = &lives[node->out[j]], *place = &lives[plan->gradient_of[node->out[j]]];
            own->last_read = GM_MAX(own->last_read, todo->back && flags & GM_READS_OUT0 << j ? back : n);
            place->last_gradient = GM_MAX(place->last_gradient, back);
        }
    }
    if (!plan->training) return;
    lifetime *loss = &lives[graph->loss];
    loss->last_read = GM_MAX(loss->last_read, graph->nodes.count);
    if (plan->reached[graph->loss]) loss->first_gradient = graph->nodes.count;
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

static void collect_blocks(const gm_plan *plan, gm_layout *layout, const lifetime *lives, blocks *all,
                           size_t *scratch) {
    const gm_graph *graph = plan->graph;
    for (int n = 0; n < graph->nodes.count; n++) {
        const gm_node *node = &graph->nodes.items[n];
        const gm_plan_node *todo = &plan->nodes[n];
        const gm_op *op = plan->isa->ops[node->op];
        if (!todo->for_outputs && !todo->for_loss) continue;
        for (int j = 0; j < node->n_out; j++) {
            int v = node->out[j];
            add_tensor(plan, layout, all, v, n, n, lives[v].last_read, &layout->value_at[v], &layout->value_local[v]);
            if (plan->reached[v] && plan->gradient_of[v] == v)
                add_tensor(plan, layout, all, v, n, lives[v].first_gradient, lives[v].last_gradient,
                           &layout->grad_at[v], &layout->grad_local[v]);
        }
        gm_call call;
        gm_call_begin(graph, node, todo->single ? 1 : layout->batch, plan->training, &call);
        if (todo->back && op->saved) {
            size_t samples = todo->single ? (size_t)layout->batch : 1;
            layout->saved_step[n] = (op->saved(&call) + ALIGN - 1) / ALIGN * ALIGN;
            add_block(all, layout->saved_step[n] * samples, segment_start(plan, n),
                      segment_end(plan, gm_back_step(plan, n)), &layout->saved_at[n]);
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
    gm_auto_free lifetime *lives = gm_alloc_array(n_values + 1, sizeof *lives);
    gm_auto_free block *room = gm_alloc_array(2 * n_values + n_nodes + 1, sizeof *room);
    gm_status status = GM_OK;
    if (!layout.value_at || !layout.grad_at || !layout.saved_at || !layout.saved_step || !layout.value_local ||
        !layout.grad_local || !lives || !room) {
        status = gm_nomem(err);
    } else {
        blocks all = {.items = room};
        size_t scratch = 0;
        find_lifetimes(plan, lives);
        collect_blocks(plan, &layout, lives, &all, &scratch);
        status = place_blocks(&all, &layout.scratch_at, err);
        for (size_t v = 0; v < n_values; v++) {
            size_t place = (size_t)plan->gradient_of[v];
            layout.grad_at[v] = layout.grad_at[place], layout.grad_local[v] = layout.grad_local[place];
        }
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
