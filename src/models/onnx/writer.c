/* Writes ONNX files: the engine walks its graph and calls the emitter here, which collects protobuf messages. */
#include "onnx.h"

#include "onnx.pb-c.h"

#include <stdio.h>
#include <string.h>

/* An array of pointers to messages, as protobuf-c wants them. */
typedef struct {
    void **items;
    size_t count, capacity;
} message_list;

typedef struct {
    gm_emitter emitter; /* first: the engine hands it back */
    gm_arena *arena;    /* messages and names; weights are borrowed */
    const float *params;
    const char *prefix; /* "fold_01/" in an ensemble, else "" */
    message_list nodes, initializers;
    int n_temporary;
    bool failed;
} writer;

static void *make(writer *w, size_t size) {
    void *memory = gm_arena_alloc(w->arena, size);
    if (!memory) w->failed = true;
    return memory;
}

static void add(writer *w, message_list *list, void *message) {
    if (list->count == list->capacity) {
        size_t capacity = GM_MAX(2 * list->capacity, (size_t)64);
        void **grown = make(w, capacity * sizeof *grown);
        if (!grown) return;
        if (list->count) memcpy(grown, list->items, list->count * sizeof *grown);
        list->items = grown;
        list->capacity = capacity;
    }
    list->items[list->count++] = message;
}

static char *name_of(writer *w, const char *format, ...) GM_PRINTF(2, 3);
static char *name_of(writer *w, const char *format, ...) {
    char text[320];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    char *name = gm_arena_strdup(w->arena, text);
    if (!name) w->failed = true;
    return name ? name : (char *)"";
}

/* data is borrowed until the file is packed. */
static void add_tensor(writer *w, char *name, int32_t type, int rank, const int64_t *dims, const void *data,
                       size_t bytes) {
    Onnx__TensorProto *tensor = make(w, sizeof *tensor);
    int64_t *copy = make(w, sizeof *copy * (size_t)GM_MAX(rank, 1));
    if (!tensor || !copy) return;
    onnx__tensor_proto__init(tensor);
    for (int i = 0; i < rank; i++) copy[i] = dims[i];
    tensor->name = name;
    tensor->has_data_type = true;
    tensor->data_type = type;
    tensor->n_dims = (size_t)rank;
    tensor->dims = copy;
    tensor->has_raw_data = true;
    tensor->raw_data = (ProtobufCBinaryData){bytes, (uint8_t *)data};
    add(w, &w->initializers, tensor);
}

/* ---- the emitter ---- */

static const char *emit_value(gm_emitter *emitter, const gm_graph *graph, gm_value value) {
    writer *w = (writer *)emitter;
    for (int i = 0; i < gm_input_count(graph); i++)
        if (gm_input_at(graph, i) == value) return gm_value_describe(graph, value).name;
    for (int i = 0; i < gm_parameter_count(graph); i++) {
        gm_parameter_info info = gm_parameter_at(graph, i);
        if (info.value != value) continue;
        int64_t dims[GM_MAX_RANK];
        for (int d = 0; d < info.rank; d++) dims[d] = info.dims[d];
        char *name = name_of(w, "%s%s", w->prefix, info.name);
        add_tensor(w, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, info.rank, dims, w->params + info.offset,
                   info.size * sizeof(float));
        return name;
    }
    return name_of(w, "%s%s.%d", w->prefix, gm_value_describe(graph, value).name, value);
}

static const char *emit_temporary(gm_emitter *emitter, const char *hint) {
    writer *w = (writer *)emitter;
    return name_of(w, "%s%s.t%d", w->prefix, hint ? hint : "", w->n_temporary++);
}

static const char *emit_constant(writer *w, const char *hint, int32_t type, size_t entry, int rank, const int64_t *dims,
                                 const void *data) {
    size_t bytes = entry;
    for (int i = 0; i < rank; i++) bytes *= (size_t)dims[i];
    char *name = name_of(w, "%s%s.c%d", w->prefix, hint ? hint : "constant", w->n_temporary++);
    void *copy = make(w, bytes + 1);
    if (copy) memcpy(copy, data, bytes);
    if (copy) add_tensor(w, name, type, rank, dims, copy, bytes);
    return name;
}

static const char *emit_floats(gm_emitter *emitter, const char *hint, int rank, const int64_t *dims,
                               const float *data) {
    return emit_constant((writer *)emitter, hint, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, sizeof *data, rank, dims, data);
}

static const char *emit_ints(gm_emitter *emitter, const char *hint, int rank, const int64_t *dims,
                             const int64_t *data) {
    return emit_constant((writer *)emitter, hint, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, sizeof *data, rank, dims, data);
}

static Onnx__AttributeProto *attribute_of(writer *w, const gm_attribute *from) {
    Onnx__AttributeProto *a = make(w, sizeof *a);
    if (!a) return NULL;
    onnx__attribute_proto__init(a);
    a->name = name_of(w, "%s", from->name);
    a->has_type = true;
    switch (from->type) {
    case GM_ATTRIBUTE_INT:
        a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
        a->has_i = true;
        a->i = from->i;
        break;
    case GM_ATTRIBUTE_FLOAT:
        a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT;
        a->has_f = true;
        a->f = (float)from->f;
        break;
    case GM_ATTRIBUTE_STRING:
        a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING;
        a->has_s = true;
        a->s = (ProtobufCBinaryData){strlen(from->s), (uint8_t *)name_of(w, "%s", from->s)};
        break;
    case GM_ATTRIBUTE_INTS:
        a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
        a->n_ints = (size_t)from->n_ints;
        a->ints = make(w, sizeof *a->ints * (size_t)GM_MAX(from->n_ints, 1));
        if (a->ints) memcpy(a->ints, from->ints, sizeof *a->ints * (size_t)from->n_ints);
        break;
    }
    return a;
}

static char **copy_names(writer *w, int n, const char *const *names) {
    char **copy = make(w, sizeof *copy * (size_t)GM_MAX(n, 1));
    for (int i = 0; copy && i < n; i++) copy[i] = (char *)(names[i] ? names[i] : ""); /* "" = input not given */
    return copy;
}

static void emit_node(gm_emitter *emitter, const char *name, const char *op_type, int n_inputs,
                      const char *const *inputs, int n_outputs, const char *const *outputs, int n_attributes,
                      const gm_attribute *attributes) {
    writer *w = (writer *)emitter;
    Onnx__NodeProto *node = make(w, sizeof *node);
    if (!node) return;
    onnx__node_proto__init(node);
    node->name = name_of(w, "%s%s.n%zu", w->prefix, name ? name : op_type, w->nodes.count);
    node->op_type = name_of(w, "%s", op_type);
    node->n_input = (size_t)n_inputs;
    node->input = copy_names(w, n_inputs, inputs);
    node->n_output = (size_t)n_outputs;
    node->output = copy_names(w, n_outputs, outputs);
    node->n_attribute = (size_t)n_attributes;
    node->attribute = make(w, sizeof *node->attribute * (size_t)GM_MAX(n_attributes, 1));
    for (int i = 0; node->attribute && i < n_attributes; i++) node->attribute[i] = attribute_of(w, &attributes[i]);
    add(w, &w->nodes, node);
}

/* ---- inputs and outputs ---- */

static void add_dimension(writer *w, Onnx__TensorShapeProto *shape, size_t i, int64_t value, const char *name) {
    Onnx__TensorShapeProto__Dimension *dim = make(w, sizeof *dim);
    if (!dim) return;
    onnx__tensor_shape_proto__dimension__init(dim);
    if (name) {
        dim->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
        dim->dim_param = (char *)name;
    } else {
        dim->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        dim->dim_value = value;
    }
    shape->dim[i] = dim;
}

static Onnx__ValueInfoProto *value_info(writer *w, const char *name, gm_value_info info) {
    Onnx__ValueInfoProto *value = make(w, sizeof *value);
    Onnx__TypeProto *type = make(w, sizeof *type);
    Onnx__TypeProto__Tensor *tensor = make(w, sizeof *tensor);
    Onnx__TensorShapeProto *shape = make(w, sizeof *shape);
    if (!value || !type || !tensor || !shape) return NULL;
    onnx__value_info_proto__init(value);
    onnx__type_proto__init(type);
    onnx__type_proto__tensor__init(tensor);
    onnx__tensor_shape_proto__init(shape);
    shape->n_dim = (size_t)info.rank + 1;
    shape->dim = make(w, sizeof *shape->dim * shape->n_dim);
    if (!shape->dim) return NULL;
    add_dimension(w, shape, 0, 0, "batch");
    for (int i = 0; i < info.rank; i++) add_dimension(w, shape, (size_t)i + 1, info.dims[i], NULL);
    tensor->has_elem_type = true;
    tensor->elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    tensor->shape = shape;
    type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    type->tensor_type = tensor;
    value->name = name_of(w, "%s", name);
    value->type = type;
    return value;
}

/* Walk every member; collect[member] gets the name of its output number `output`. */
static gm_status emit_members(writer *w, const gm_graph *graph, const float *const *members, size_t count,
                              const char **collect, gm_error *err) {
    int n_outputs = gm_output_count(graph);
    for (size_t m = 0; m < count; m++) {
        w->params = members[m];
        w->prefix = count > 1 ? name_of(w, "fold_%02zu/", m + 1) : "";
        GM_TRY(gm_graph_emit(graph, &w->emitter, err));
        for (int i = 0; i < n_outputs; i++)
            collect[m * (size_t)n_outputs + (size_t)i] = emit_value(&w->emitter, graph, gm_output_at(graph, i));
    }
    w->prefix = "";
    return GM_OK;
}

/* The file's outputs: those of the one model, or the mean over the members. */
static gm_status emit_outputs(writer *w, const gm_graph *graph, size_t count, const char *const *members,
                              Onnx__GraphProto *out, gm_error *err) {
    int n = gm_output_count(graph);
    gm_auto_free const char **inputs = gm_calloc(count, sizeof *inputs);
    out->output = make(w, sizeof *out->output * (size_t)n);
    if (!inputs || !out->output) return gm_nomem(err);
    for (int i = 0; i < n; i++) {
        const char *name = gm_output_name(graph, i);
        for (size_t m = 0; m < count; m++) inputs[m] = members[m * (size_t)n + (size_t)i];
        emit_node(&w->emitter, name, count > 1 ? "Mean" : "Identity", (int)count, inputs, 1, &name, 0, NULL);
        out->output[i] = value_info(w, name, gm_value_describe(graph, gm_output_at(graph, i)));
    }
    out->n_output = (size_t)n;
    return GM_OK;
}

static gm_status add_inputs(writer *w, const gm_graph *graph, Onnx__GraphProto *out, gm_error *err) {
    int n = gm_input_count(graph);
    out->input = make(w, sizeof *out->input * (size_t)GM_MAX(n, 1));
    if (!out->input) return gm_nomem(err);
    for (int i = 0; i < n; i++) {
        gm_value_info info = gm_value_describe(graph, gm_input_at(graph, i));
        out->input[i] = value_info(w, info.name, info);
    }
    out->n_input = (size_t)n;
    return GM_OK;
}

static gm_status pack(writer *w, Onnx__GraphProto *graph, const char *const *metadata, size_t n_metadata,
                      const char *path, gm_error *err) {
    Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
    Onnx__OperatorSetIdProto opset = ONNX__OPERATOR_SET_ID_PROTO__INIT, *opsets[] = {&opset};
    opset.domain = (char *)"";
    opset.has_version = true;
    opset.version = 17;
    model.has_ir_version = true;
    model.ir_version = 8;
    model.n_opset_import = 1;
    model.opset_import = opsets;
    model.producer_name = (char *)"gimlet";
    model.producer_version = (char *)GM_VERSION;
    model.graph = graph;
    model.metadata_props = make(w, sizeof *model.metadata_props * GM_MAX(n_metadata, (size_t)1));
    for (size_t i = 0; model.metadata_props && i < n_metadata; i++) {
        Onnx__StringStringEntryProto *entry = make(w, sizeof *entry);
        if (!entry) break;
        onnx__string_string_entry_proto__init(entry);
        entry->key = (char *)metadata[2 * i];
        entry->value = (char *)metadata[2 * i + 1];
        model.metadata_props[model.n_metadata_props++] = entry;
    }
    if (w->failed) return gm_nomem(err);
    size_t size = onnx__model_proto__get_packed_size(&model);
    gm_auto_free uint8_t *bytes = gm_alloc(size);
    if (!bytes) return gm_nomem(err);
    onnx__model_proto__pack(&model, bytes);
    return gm_write_file(path, bytes, size, err);
}

static gm_status write_file(const gm_graph *graph, const float *const *members, size_t count,
                            const char *const *metadata, size_t n_metadata, const char *path, gm_error *err) {
    gm_auto(gm_arena) arena = gm_arena_new();
    gm_auto_free const char **names = gm_calloc(count * (size_t)gm_output_count(graph), sizeof *names);
    if (!arena || !names) return gm_nomem(err);
    writer w = {.emitter = {emit_value, emit_temporary, emit_floats, emit_ints, emit_node}, .arena = arena};
    Onnx__GraphProto file = ONNX__GRAPH_PROTO__INIT;
    GM_TRY(add_inputs(&w, graph, &file, err));
    GM_TRY(emit_members(&w, graph, members, count, names, err));
    GM_TRY(emit_outputs(&w, graph, count, names, &file, err));
    file.name = (char *)"gimlet";
    file.n_node = w.nodes.count;
    file.node = (Onnx__NodeProto **)w.nodes.items;
    file.n_initializer = w.initializers.count;
    file.initializer = (Onnx__TensorProto **)w.initializers.items;
    return pack(&w, &file, metadata, n_metadata, path, err);
}

gm_status gm_onnx_write_graph(const gm_graph *graph, const float *params, const char *path, gm_error *err) {
    return write_file(graph, &params, 1, NULL, 0, path, err);
}

gm_status gm_onnx_write(const gm_model *const *models, size_t count, const char *const *metadata, size_t n_metadata,
                        const char *path, gm_error *err) {
    gm_auto(gm_graph) graph = NULL;
    if (count == 0) return gm_fail(err, GM_E_ARG, "there is no model to write");
    gm_auto_free const float **members = gm_calloc(count, sizeof *members);
    if (!members) return gm_nomem(err);
    for (size_t m = 0; m < count; m++) {
        members[m] = models[m]->params;
        if (models[m]->n_params != models[0]->n_params)
            return gm_fail(err, GM_E_SHAPE, "model %zu has another shape than the first: they cannot share a file",
                           m + 1);
    }
    GM_TRY(gm_model_graph(&models[0]->config, (gm_patchtsmixer_use){0}, &graph, err));
    return write_file(graph, members, count, metadata, n_metadata, path, err);
}
