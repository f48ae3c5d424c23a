/* Making a graph: values and nodes are appended; the first mistake latches. And copying one. */
#include "graph_internal.h"

#include "op_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MOST_VALUES = 1 << 20 };

/* Room for one more item; false when memory is out. */
static bool grow(void **items, int count, int *capacity, size_t size) {
    if (count < *capacity) return true;
    if (count >= MOST_VALUES) return false;
    int wanted = *capacity ? *capacity * 2 : 64;
    void *more = gm_realloc_array(*items, (size_t)wanted, size);
    if (!more) return false;
    *items = more;
    *capacity = wanted;
    return true;
}
#define GROW(list) grow((void **)&(list).items, (list).count, &(list).capacity, sizeof *(list).items)

gm_graph *gm_graph_new(void) {
    gm_graph *graph = gm_calloc(1, sizeof *graph);
    if (!graph) return NULL;
    graph->loss = GM_NONE;
    graph->arena = gm_arena_new();
    if (!graph->arena) {
        gm_free(graph);
        return NULL;
    }
    return graph;
}

void gm_graph_free(gm_graph *graph) {
    if (!graph) return;
    gm_arena_free(graph->arena);
    gm_free(graph->values.items);
    gm_free(graph->nodes.items);
    gm_free(graph->parameters.items);
    gm_free(graph->inputs.items);
    gm_free(graph->outputs.items);
    gm_free(graph);
}

gm_status gm_graph_check(const gm_graph *graph, gm_error *err) {
    if (!graph) return gm_nomem(err);
    if (graph->error.code != GM_OK && err && err->code == GM_OK) *err = graph->error;
    return graph->error.code;
}

void gm_graph_fail(gm_graph *graph, gm_status code, const char *format, ...) {
    if (graph->error.code != GM_OK) return;
    char text[300];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    gm_fail(&graph->error, code, "%s", text);
}

/* A new value, or GM_NONE. */
static int add_value(gm_graph *graph, const char *name, gm_shape shape, gm_origin origin, int index) {
    if (graph->error.code != GM_OK) return GM_NONE;
    if (!GROW(graph->values)) {
        gm_graph_fail(graph, GM_E_NOMEM, "out of memory");
        return GM_NONE;
    }
    const char *kept = gm_arena_strdup(graph->arena, name);
    if (!kept) {
        gm_graph_fail(graph, GM_E_NOMEM, "out of memory");
        return GM_NONE;
    }
    graph->values.items[graph->values.count] =
        (gm_tensor){.name = kept, .shape = shape, .origin = origin, .index = index};
    return graph->values.count++;
}

static bool dims_are_possible(gm_graph *graph, const char *name, int rank, const int *dims) {
    if (graph->error.code != GM_OK) return false;
    if (rank < 0 || rank > GM_MAX_RANK) {
        gm_graph_fail(graph, GM_E_SHAPE, "%s: %d axes, at most %d are possible", name, rank, GM_MAX_RANK);
        return false;
    }
    double size = 1;
    for (int i = 0; i < rank; i++) {
        if (dims[i] < 1) {
            gm_graph_fail(graph, GM_E_SHAPE, "%s: axis %d has length %d, at least 1 is needed", name, i, dims[i]);
            return false;
        }
        size *= dims[i];
    }
    if (size > 2147483647.0) gm_graph_fail(graph, GM_E_SHAPE, "%s: more than 2^31 numbers in one tensor", name);
    return size <= 2147483647.0;
}

gm_value gm_input(gm_graph *graph, const char *name, int rank, const int *dims) {
    if (!dims_are_possible(graph, name, rank, dims)) return GM_NONE;
    if (gm_input_index(graph, name) >= 0) {
        gm_graph_fail(graph, GM_E_CONFLICT, "two inputs are named %s", name);
        return GM_NONE;
    }
    if (!GROW(graph->inputs)) {
        gm_graph_fail(graph, GM_E_NOMEM, "out of memory");
        return GM_NONE;
    }
    int value = add_value(graph, name, gm_shape_of(rank, dims, true), GM_FROM_INPUT, graph->inputs.count);
    if (value != GM_NONE) graph->inputs.items[graph->inputs.count++] = value;
    return value;
}

gm_value gm_constant(gm_graph *graph, const char *name, int rank, const int *dims, const float *data) {
    if (!dims_are_possible(graph, name, rank, dims)) return GM_NONE;
    gm_shape shape = gm_shape_of(rank, dims, false);
    int value = add_value(graph, name, shape, GM_FROM_CONSTANT, 0);
    if (value == GM_NONE) return GM_NONE;
    float *copy = gm_arena_alloc(graph->arena, shape.size * sizeof *copy);
    if (!copy) {
        gm_graph_fail(graph, GM_E_NOMEM, "out of memory");
        return GM_NONE;
    }
    memcpy(copy, data, shape.size * sizeof *copy);
    graph->values.items[value].data = copy;
    return value;
}

gm_value gm_scalar(gm_graph *graph, double value) {
    float data = (float)value;
    return gm_constant(graph, "scalar", 0, NULL, &data);
}

gm_value gm_parameter(gm_graph *graph, gm_parameter_kind kind, int rank, const int *dims, const char *format, ...) {
    char name[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    if (!dims_are_possible(graph, name, rank, dims)) return GM_NONE;
    gm_shape shape = gm_shape_of(rank, dims, false);
    int known = gm_parameter_index(graph, name);
    if (known >= 0) {
        int value = graph->parameters.items[known].value;
        if (gm_shape_same(&graph->values.items[value].shape, &shape)) return value;
        gm_graph_fail(graph, GM_E_CONFLICT, "parameter %s is asked for with two shapes", name);
        return GM_NONE;
    }
    if (!GROW(graph->parameters)) {
        gm_graph_fail(graph, GM_E_NOMEM, "out of memory");
        return GM_NONE;
    }
    int value = add_value(graph, name, shape, GM_FROM_PARAMETER, graph->parameters.count);
    if (value == GM_NONE) return GM_NONE;
    graph->values.items[value].needs_gradient = kind == GM_TRAINABLE;
    graph->parameters.items[graph->parameters.count++] = (gm_parameter_entry){.value = value, .kind = kind};
    return value;
}

gm_value gm_node_new(gm_graph *graph, gm_op_index op, int n_in, const gm_value *in, const gm_settings *settings) {
    if (graph->error.code != GM_OK) return GM_NONE;
    const gm_op *rule = gm_isa_v2.ops[op];
    const gm_shape *shapes[GM_MAX_INPUTS] = {0};
    gm_node node = {.op = op, .n_in = n_in, .settings = *settings};
    bool needs_gradient = false;
    for (int i = 0; i < n_in; i++) {
        node.in[i] = in[i];
        if (in[i] == GM_NONE) continue;
        if (in[i] < 0 || in[i] >= graph->values.count) {
            gm_graph_fail(graph, GM_E_ARG, "%s: operand %d is no value of this graph", rule->name, i);
            return GM_NONE;
        }
        shapes[i] = &graph->values.items[in[i]].shape;
        if (!(rule->flags & GM_DATA_IN0 << i)) needs_gradient |= graph->values.items[in[i]].needs_gradient;
    }
    gm_shape out[GM_MAX_OUTPUTS] = {0};
    gm_error report = {0};
    if (rule->shape(shapes, n_in, &node.settings, out, &node.n_out, &report) != GM_OK) {
        const char *near = n_in && in[0] != GM_NONE ? graph->values.items[in[0]].name : "";
        gm_graph_fail(graph, report.code, "%s after %s: %s", rule->name, near, report.message);
        return GM_NONE;
    }
    char name[64];
    snprintf(name, sizeof name, "%s_%d", rule->name, graph->nodes.count);
    if (!GROW(graph->nodes)) {
        gm_graph_fail(graph, GM_E_NOMEM, "out of memory");
        return GM_NONE;
    }
    for (int j = 0; j < node.n_out; j++) {
        char output_name[80];
        snprintf(output_name, sizeof output_name, j ? "%s:%d" : "%s", name, j);
        node.out[j] = add_value(graph, output_name, out[j], GM_FROM_NODE, graph->nodes.count);
        if (node.out[j] == GM_NONE) return GM_NONE;
        gm_tensor *made = &graph->values.items[node.out[j]];
        made->output = j;
        made->needs_gradient = needs_gradient && rule->backward;
    }
    node.name = graph->values.items[node.out[0]].name;
    graph->nodes.items[graph->nodes.count++] = node;
    return node.out[0];
}

gm_value gm_named(gm_graph *graph, gm_value value, const char *format, ...) {
    if (value == GM_NONE || graph->error.code != GM_OK) return GM_NONE;
    char name[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    gm_tensor *tensor = &graph->values.items[value];
    const char *kept = gm_arena_strdup(graph->arena, name);
    if (!kept) {
        gm_graph_fail(graph, GM_E_NOMEM, "out of memory");
        return GM_NONE;
    }
    tensor->name = kept;
    if (tensor->origin == GM_FROM_NODE && tensor->output == 0) graph->nodes.items[tensor->index].name = kept;
    return value;
}

void gm_output(gm_graph *graph, const char *name, gm_value value) {
    if (value == GM_NONE || graph->error.code != GM_OK) return;
    const char *kept = gm_arena_strdup(graph->arena, name);
    if (!kept || !GROW(graph->outputs)) {
        gm_graph_fail(graph, GM_E_NOMEM, "out of memory");
        return;
    }
    if (gm_output_index(graph, name) >= 0) {
        gm_graph_fail(graph, GM_E_CONFLICT, "two outputs are named %s", name);
        return;
    }
    if (!graph->values.items[value].shape.batched) {
        gm_graph_fail(graph, GM_E_ARG, "output %s does not depend on the inputs", name);
        return;
    }
    graph->outputs.items[graph->outputs.count++] = (gm_output_entry){.name = kept, .value = value};
}

void gm_loss(gm_graph *graph, gm_value value) {
    if (value == GM_NONE || graph->error.code != GM_OK) return;
    const gm_shape *shape = &graph->values.items[value].shape;
    if (shape->size != 1 || !shape->batched) {
        char text[96];
        gm_graph_fail(graph, GM_E_SHAPE, "the loss has shape %s; it must be one number per sample",
                      gm_shape_text(shape, text));
        return;
    }
    graph->loss = value;
}

/* Copies one list's items. */
static bool copy_list(void **to, int *capacity, const void *from, int count, size_t size) {
    *to = gm_alloc_array((size_t)GM_MAX(count, 1), size);
    if (!*to) return false;
    if (count) memcpy(*to, from, (size_t)count * size);
    *capacity = GM_MAX(count, 1);
    return true;
}
#define COPY(list)                                                                                                     \
    (copy->list.count = graph->list.count, copy_list((void **)&copy->list.items, &copy->list.capacity,                 \
                                                     graph->list.items, graph->list.count, sizeof *graph->list.items))

gm_status gm_graph_copy(const gm_graph *graph, gm_graph **out, gm_error *err) {
    gm_auto(gm_graph) copy = gm_graph_new();
    if (!copy) return gm_nomem(err);
    if (!COPY(values) || !COPY(nodes) || !COPY(parameters) || !COPY(inputs) || !COPY(outputs)) return gm_nomem(err);
    copy->loss = graph->loss;
    for (int i = 0; i < copy->values.count; i++) {
        gm_tensor *tensor = &copy->values.items[i];
        if (!(tensor->name = gm_arena_strdup(copy->arena, tensor->name))) return gm_nomem(err);
        if (!tensor->data) continue;
        float *data = gm_arena_alloc(copy->arena, tensor->shape.size * sizeof *data);
        if (!data) return gm_nomem(err);
        memcpy(data, tensor->data, tensor->shape.size * sizeof *data);
        tensor->data = data;
    }
    for (int i = 0; i < copy->nodes.count; i++) {
        gm_node *node = &copy->nodes.items[i];
        node->name = copy->values.items[node->out[0]].name;
        if (!node->settings.list) continue;
        int *list = gm_arena_alloc(copy->arena, (size_t)GM_MAX(node->settings.count, 1) * sizeof *list);
        if (!list) return gm_nomem(err);
        memcpy(list, node->settings.list, (size_t)node->settings.count * sizeof *list);
        node->settings.list = list;
    }
    for (int i = 0; i < copy->outputs.count; i++)
        if (!(copy->outputs.items[i].name = gm_arena_strdup(copy->arena, copy->outputs.items[i].name)))
            return gm_nomem(err);
    *out = gm_steal(&copy);
    return GM_OK;
}
