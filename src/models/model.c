#include "checkpoint/config_json.h"
#include "checkpoint/safetensors.h"
#include "models.h"

#include <stdio.h>
#include <string.h>

void gm_model_free(gm_model *model) {
    if (!model) return;
    gm_free(model->params);
    gm_free(model->extra_json);
    gm_free(model);
}

gm_status gm_model_graph(const gm_patchtsmixer_config *config, gm_patchtsmixer_use use, gm_graph **out, gm_error *err) {
    gm_auto(gm_graph) graph = gm_graph_new();
    if (!graph) return gm_nomem(err);
    gm_patchtsmixer_build(graph, config, use);
    GM_TRY(gm_graph_check(graph, err));
    *out = gm_steal(&graph);
    return GM_OK;
}

static gm_status model_of(const gm_patchtsmixer_config *config, gm_graph **graph, gm_model **out, gm_error *err) {
    gm_auto(gm_model) model = gm_calloc(1, sizeof *model);
    if (!model) return gm_nomem(err);
    model->config = *config;
    GM_TRY(gm_model_graph(config, (gm_patchtsmixer_use){0}, graph, err));
    model->n_params = gm_parameters_size(*graph);
    model->params = gm_alloc_aligned(model->n_params * sizeof(float));
    if (!model->params) return gm_nomem(err);
    *out = gm_steal(&model);
    return GM_OK;
}

gm_status gm_model_new(const gm_patchtsmixer_config *config, uint64_t seed, gm_model **out, gm_error *err) {
    gm_auto(gm_graph) graph = NULL;
    gm_auto(gm_model) model = NULL;
    GM_TRY(model_of(config, &graph, &model, err));
    GM_TRY(gm_patchtsmixer_initialise(graph, config, seed, model->params, err));
    *out = gm_steal(&model);
    return GM_OK;
}

/* ---- loading ---- */

/* BatchNorm's counter of batches: transformers keeps it, nothing uses it. */
static bool is_counter(const char *name) {
    return gm_ends_with(name, ".num_batches_tracked");
}

/* The bare model and the models with a head name the backbone with and without "model.": either is taken. */
static const safetensor *find_either(const safetensors_file *file, const char *name) {
    const safetensor *found = safetensors_find(file, name);
    if (found) return found;
    if (gm_starts_with(name, "model.")) return safetensors_find(file, name + 6);
    char longer[256];
    snprintf(longer, sizeof longer, "model.%s", name);
    return safetensors_find(file, longer);
}

static gm_status check_shape(const gm_parameter_info *wanted, const safetensor *found, gm_error *err) {
    bool same = found->rank == wanted->rank && found->type == SAFETENSORS_F32;
    for (int i = 0; same && i < wanted->rank; i++) same = found->dims[i] == wanted->dims[i];
    if (same) return GM_OK;
    gm_auto_text text = GM_TEXT_INIT;
    for (int i = 0; i < found->rank; i++) gm_text_printf(&text, "%s%lld", i ? ", " : "", (long long)found->dims[i]);
    gm_text_append(&text, "], its configuration asks for [");
    for (int i = 0; i < wanted->rank; i++) gm_text_printf(&text, "%s%d", i ? ", " : "", wanted->dims[i]);
    return gm_fail(err, GM_E_FORMAT, "tensor \"%s\" has the shape [%s]", wanted->name, gm_text_c(&text));
}

static gm_status take_tensors(const safetensors_file *file, const gm_graph *graph, gm_model *model, gm_error *err) {
    size_t used = 0;
    for (int i = 0; i < gm_parameter_count(graph); i++) {
        gm_parameter_info info = gm_parameter_at(graph, i);
        const safetensor *found = find_either(file, info.name);
        if (!found)
            return gm_fail_at(err, GM_E_FORMAT, 0, 0, "config.json and model.safetensors do not belong together",
                              "tensor \"%s\" is missing", info.name);
        GM_TRY(check_shape(&info, found, err));
        memcpy(model->params + info.offset, found->data, info.size * sizeof(float));
        used++;
    }
    for (size_t i = 0; i < file->count; i++) {
        if (is_counter(file->tensors[i].name)) used++;
    }
    if (used == file->count) return GM_OK;
    for (size_t i = 0; i < file->count; i++) {
        const char *name = file->tensors[i].name;
        char longer[256];
        snprintf(longer, sizeof longer, "model.%s", name);
        if (is_counter(name) || gm_parameter_index(graph, name) >= 0 || gm_parameter_index(graph, longer) >= 0 ||
            (gm_starts_with(name, "model.") && gm_parameter_index(graph, name + 6) >= 0))
            continue;
        return gm_fail_at(err, GM_E_FORMAT, 0, 0, "config.json and model.safetensors do not belong together",
                          "tensor \"%.120s\" is not part of this model", name);
    }
    return gm_fail(err, GM_E_FORMAT, "some tensors are there twice, with and without \"model.\"");
}

/* A three-layer head without our mark in config.json is known by its tensors: the inference system's own files. */
static void recognise_head(const safetensors_file *file, gm_patchtsmixer_config *config) {
    if (config->class_ == GM_PTSM_PREDICTION && config->loss != GM_PTSM_NLL &&
        safetensors_find(file, "head.base_forecast_block2.weight"))
        config->head_kind = GM_PTSM_HEAD_LINEAR3;
}

static gm_status load_into(const char *dir, gm_patchtsmixer_config *config, gm_model **out, gm_error *err) {
    gm_auto_free char *path = gm_path_join(dir, "model.safetensors");
    char *bytes;
    size_t size;
    if (!path) return gm_nomem(err);
    GM_TRY(gm_read_file(path, (size_t)4 << 30, &bytes, &size, err));
    __attribute__((cleanup(safetensors_finish))) safetensors_file file = {0};
    gm_status status = safetensors_parse(bytes, size, &file, err);
    gm_auto(gm_graph) graph = NULL;
    gm_auto(gm_model) model = NULL;
    if (status == GM_OK) {
        recognise_head(&file, config);
        status = model_of(config, &graph, &model, err);
    }
    if (status == GM_OK) status = take_tensors(&file, graph, model, err);
    if (status != GM_OK) return gm_error_prefix(err, status, "%s", path);
    *out = gm_steal(&model);
    return GM_OK;
}

gm_status gm_model_load(const char *dir, gm_model **out, gm_error *err) {
    gm_auto_free char *path = gm_path_join(dir, "config.json"), *text = NULL, *extra = NULL;
    size_t size;
    gm_patchtsmixer_config config;
    if (!path) return gm_nomem(err);
    GM_TRY(gm_read_file(path, (size_t)1 << 20, &text, &size, err));
    gm_status status = config_json_read(text, size, &config, &extra, err);
    if (status != GM_OK) return gm_error_prefix(err, status, "%s", dir);
    GM_TRY(load_into(dir, &config, out, err));
    (*out)->extra_json = gm_steal(&extra);
    return GM_OK;
}

/* ---- saving ---- */

/* Tensors by the graph, and a counter of batches beside each running mean, as transformers wants it. */
static gm_status save_tensors(const gm_model *model, const gm_graph *graph, const char *path, gm_error *err) {
    static const int64_t no_batches;
    int n = gm_parameter_count(graph);
    gm_auto(gm_arena) arena = gm_arena_new();
    gm_auto_free safetensor *tensors = gm_calloc(2 * (size_t)n + 1, sizeof *tensors);
    if (!arena || !tensors) return gm_nomem(err);
    size_t count = 0;
    for (int i = 0; i < n; i++) {
        gm_parameter_info info = gm_parameter_at(graph, i);
        safetensor *t = &tensors[count++];
        *t = (safetensor){.name = (char *)info.name,
                          .type = SAFETENSORS_F32,
                          .rank = info.rank,
                          .data = (const char *)(model->params + info.offset),
                          .size = info.size};
        for (int d = 0; d < info.rank; d++) t->dims[d] = info.dims[d];
        if (!gm_ends_with(info.name, ".running_mean")) continue;
        char *counter = gm_arena_printf(arena, "%.*snum_batches_tracked",
                                        (int)(strlen(info.name) - strlen("running_mean")), info.name);
        if (!counter) return gm_nomem(err);
        tensors[count++] =
            (safetensor){.name = counter, .type = SAFETENSORS_I64, .data = (const char *)&no_batches, .size = 1};
    }
    return safetensors_write(tensors, count, path, err);
}

gm_status gm_model_save(const gm_model *model, const char *dir, gm_error *err) {
    gm_auto_free char *config_path = gm_path_join(dir, "config.json"),
                      *weights_path = gm_path_join(dir, "model.safetensors");
    gm_auto(gm_graph) graph = NULL;
    gm_auto_text config = GM_TEXT_INIT;
    if (!config_path || !weights_path) return gm_nomem(err);
    GM_TRY(gm_make_dirs(dir, err));
    GM_TRY(gm_model_graph(&model->config, (gm_patchtsmixer_use){0}, &graph, err));
    if (gm_parameters_size(graph) != model->n_params)
        return gm_fail(err, GM_E_SHAPE, "the model has %zu weights, its configuration asks for %zu", model->n_params,
                       gm_parameters_size(graph));
    config_json_write(&model->config, model->extra_json, &config);
    if (!gm_text_ok(&config)) return gm_nomem(err);
    GM_TRY(save_tensors(model, graph, weights_path, err));
    return gm_write_file(config_path, gm_text_c(&config), config.length, err);
}

/* ---- folding ---- */

static const float *weights_of(const gm_graph *graph, const gm_model *model, const char *name,
                               gm_parameter_info *info) {
    int index = gm_parameter_index(graph, name);
    GM_ASSERT(index >= 0);
    *info = gm_parameter_at(graph, index);
    return model->params + info->offset;
}

/* out [rows, columns] = a [rows, inner] b [inner, columns], summed in double. */
static void multiply(const double *a, const double *b, size_t rows, size_t inner, size_t columns, double *out) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) out[i * columns + j] = 0;
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < inner; k++)
            for (size_t j = 0; j < columns; j++) out[i * columns + j] += a[i * inner + k] * b[k * columns + j];
}

static void widen(const float *in, size_t n, double *out) {
    for (size_t i = 0; i < n; i++) out[i] = (double)in[i];
}

/* W = W2 W1 W0 and b = W2 (W1 b0 + b1) + b2. */
static gm_status fold(const gm_graph *from, const gm_model *model, const gm_graph *to, gm_model *out, gm_error *err) {
    gm_parameter_info w[3], b[3], weight, bias;
    const float *source[3], *offset[3];
    for (int i = 0; i < 3; i++) {
        char name[64];
        snprintf(name, sizeof name, "head.base_forecast_block%s.weight", i == 0 ? "" : i == 1 ? "1" : "2");
        source[i] = weights_of(from, model, name, &w[i]);
        snprintf(name, sizeof name, "head.base_forecast_block%s.bias", i == 0 ? "" : i == 1 ? "1" : "2");
        offset[i] = weights_of(from, model, name, &b[i]);
    }
    size_t h = (size_t)w[0].dims[0], in = (size_t)w[0].dims[1], room = h * in + 3 * h * h + 3 * h;
    gm_auto_free double *memory = gm_alloc_array(2 * room, sizeof *memory);
    if (!memory) return gm_nomem(err);
    double *w0 = memory, *w1 = w0 + h * in, *w2 = w1 + h * h, *w21 = w2 + h * h, *whole = memory + room,
           *v = whole + h * in, *sum = v + h;
    widen(source[0], h * in, w0);
    widen(source[1], h * h, w1);
    widen(source[2], h * h, w2);
    multiply(w2, w1, h, h, h, w21);
    multiply(w21, w0, h, h, in, whole);
    weights_of(to, out, "head.base_forecast_block.weight", &weight);
    weights_of(to, out, "head.base_forecast_block.bias", &bias);
    for (size_t i = 0; i < h * in; i++) out->params[weight.offset + i] = (float)whole[i];
    for (size_t i = 0; i < h; i++) {
        sum[i] = (double)offset[1][i];
        for (size_t k = 0; k < h; k++) sum[i] += w1[i * h + k] * (double)offset[0][k];
    }
    for (size_t i = 0; i < h; i++) {
        double value = (double)offset[2][i];
        for (size_t k = 0; k < h; k++) value += w2[i * h + k] * sum[k];
        out->params[bias.offset + i] = (float)value;
    }
    return GM_OK;
}

gm_status gm_model_fold_head(const gm_model *model, gm_model **out, gm_error *err) {
    gm_auto(gm_graph) from = NULL;
    gm_auto(gm_graph) to = NULL;
    gm_auto(gm_model) folded = NULL;
    gm_patchtsmixer_config config = model->config;
    config.head_kind = GM_PTSM_HEAD_LINEAR;
    GM_TRY(gm_model_graph(&model->config, (gm_patchtsmixer_use){0}, &from, err));
    GM_TRY(model_of(&config, &to, &folded, err));
    for (int i = 0; i < gm_parameter_count(to); i++) {
        gm_parameter_info info = gm_parameter_at(to, i), source;
        const float *weights = weights_of(from, model, info.name, &source);
        if (source.size == info.size) memcpy(folded->params + info.offset, weights, info.size * sizeof(float));
    }
    if (model->config.head_kind == GM_PTSM_HEAD_LINEAR3) GM_TRY(fold(from, model, to, folded, err));
    if (model->extra_json && !(folded->extra_json = gm_strdup(model->extra_json))) return gm_nomem(err);
    *out = gm_steal(&folded);
    return GM_OK;
}
