/* What a graph consists of. Shared by the files of engine/, never by other folders. */
#ifndef GIMLET_ENGINE_GRAPH_INTERNAL_H
#define GIMLET_ENGINE_GRAPH_INTERNAL_H

#include "engine.h"

typedef struct {
    int rank;
    int dims[GM_MAX_RANK];
    size_t size; /* per sample */
    bool batched;
} gm_shape;

/* The settings of one node; each operation says in its file which of them it uses. */
typedef struct {
    int axis, count, heads, patch, stride, mode;
    int rank;
    int dims[GM_MAX_RANK];
    const int *list; /* `count` entries, in the graph's arena */
    double p, a, b;
} gm_settings;

typedef enum { GM_FROM_INPUT, GM_FROM_CONSTANT, GM_FROM_PARAMETER, GM_FROM_NODE } gm_origin;

typedef struct {
    const char *name;
    gm_shape shape;
    gm_origin origin;
    int index;         /* of the input, parameter or node */
    int output;        /* which of the node's outputs */
    const float *data; /* constants */
    bool needs_gradient;
} gm_tensor;

typedef struct {
    int op; /* index in ops.list.h */
    const char *name;
    int n_in, in[GM_MAX_INPUTS];
    int n_out, out[GM_MAX_OUTPUTS];
    gm_settings settings;
} gm_node;

typedef struct {
    int value;
    gm_parameter_kind kind;
} gm_parameter_entry;

typedef struct {
    const char *name;
    int value;
} gm_output_entry;

/* A list that grows; items of one type. */
#define GM_LIST(type)                                                                                                  \
    struct {                                                                                                           \
        type *items;                                                                                                   \
        int count, capacity;                                                                                           \
    }

struct gm_graph {
    gm_arena *arena;
    gm_error error; /* the first failure; code GM_OK = none */
    GM_LIST(gm_tensor) values;
    GM_LIST(gm_node) nodes;
    GM_LIST(gm_parameter_entry) parameters;
    GM_LIST(int) inputs;
    GM_LIST(gm_output_entry) outputs;
    int loss; /* value or GM_NONE */
};

size_t gm_shape_size(int rank, const int *dims);
bool gm_shape_same(const gm_shape *a, const gm_shape *b); /* rank and dims */
/* "[512, 17]" for messages. */
const char *gm_shape_text(const gm_shape *shape, char out[96]);

typedef enum {
#define X(name) GM_OP_##name,
#include "ops/ops.list.h"
#undef X
    GM_N_OPS
} gm_op_index;

/* Append a node; returns its first output, or GM_NONE after latching what is wrong. */
gm_value gm_node_new(gm_graph *graph, gm_op_index op, int n_in, const gm_value *in, const gm_settings *settings);
gm_status gm_graph_copy(const gm_graph *graph, gm_graph **out, gm_error *err);

/* Marks every value that the marked ones need, by value index. */
void gm_mark_needed(const gm_graph *graph, bool *needed);

#endif
