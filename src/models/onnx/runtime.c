#include "runtime.h"

#include "runtime_api_internal.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#ifndef GM_ONNXRUNTIME_LIBRARY
#define GM_ONNXRUNTIME_LIBRARY ""
#endif

struct gm_onnx_runtime {
    void *library;
    ort_api api;
    const char *version;
    ort_env *env;
    ort_memory_info *memory;
};

struct gm_onnx_session {
    const gm_onnx_runtime *runtime;
    ort_session *session;
};

/* Turn the runtime's status into ours; NULL is success. Takes over status. */
static gm_status check(const gm_onnx_runtime *rt, ort_status *status, gm_status code, gm_error *err) {
    if (!status) return GM_OK;
    (void)gm_fail(err, code, "ONNX Runtime %s: %s", rt->version, rt->api.GetErrorMessage(status));
    rt->api.ReleaseStatus(status);
    return code;
}

static void *load_library(const char *wanted, gm_error *err) {
    const char *configured = getenv("GIMLET_ONNXRUNTIME");
    const char *const places[] = {wanted, configured, GM_ONNXRUNTIME_LIBRARY, "libonnxruntime.so.1"};
    for (size_t i = 0; i < GM_COUNT(places); i++) {
        if (!places[i] || !*places[i]) continue;
        void *library = dlopen(places[i], RTLD_NOW | RTLD_LOCAL);
        if (library) return library;
        if (i < 2) { /* somebody asked for this very file: do not silently take another */
            (void)gm_fail_at(err, GM_E_UNAVAILABLE, 0, 0, "give the path of libonnxruntime.so.1", "%s", dlerror());
            return NULL;
        }
    }
    (void)gm_fail_at(err, GM_E_UNAVAILABLE, 0, 0,
                     "./dev build fetches it; or set GIMLET_ONNXRUNTIME to the path of libonnxruntime.so.1",
                     "ONNX Runtime is not installed");
    return NULL;
}

gm_status gm_onnx_runtime_open(const char *library, gm_onnx_runtime **out, gm_error *err) {
    gm_auto(gm_onnx_runtime) rt = gm_calloc(1, sizeof *rt);
    if (!rt) return gm_nomem(err);
    rt->library = load_library(library, err);
    if (!rt->library) return GM_E_UNAVAILABLE;
    const ort_api_base *(*get_base)(void) = NULL;
    *(void **)&get_base = dlsym(rt->library, "OrtGetApiBase");
    const ort_api_base *base = get_base ? get_base() : NULL;
    void *const *table = base ? (void *const *)base->GetApi(ORT_API_VERSION_USED) : NULL;
    if (!table)
        return gm_fail_at(err, GM_E_UNAVAILABLE, 0, 0, "take version 1.21 or newer",
                          "ONNX Runtime %s does not offer API version %d", base ? base->GetVersionString() : "",
                          ORT_API_VERSION_USED);
    rt->version = base->GetVersionString();
#define ORT_ENTRY(place, name, result, arguments) *(void **)&rt->api.name = table[place];
    ORT_ENTRIES
#undef ORT_ENTRY
    GM_TRY(check(rt, rt->api.CreateEnv(ORT_LOG_ERROR, "gimlet", &rt->env), GM_E_UNAVAILABLE, err));
    GM_TRY(
        check(rt, rt->api.CreateCpuMemoryInfo(ORT_ARENA_ALLOCATOR, ORT_MEMORY_DEFAULT, &rt->memory), GM_E_NOMEM, err));
    *out = gm_steal(&rt);
    return GM_OK;
}

void gm_onnx_runtime_free(gm_onnx_runtime *rt) {
    if (!rt) return;
    if (rt->memory) rt->api.ReleaseMemoryInfo(rt->memory);
    if (rt->env) rt->api.ReleaseEnv(rt->env);
    /* The library stays loaded: it keeps threads and thread-local destructors that must find their code. */
    gm_free(rt);
}

const char *gm_onnx_runtime_version(const gm_onnx_runtime *rt) {
    return rt->version;
}

gm_status gm_onnx_session_open(gm_onnx_runtime *rt, const char *path, int n_threads, gm_onnx_session **out,
                               gm_error *err) {
    gm_auto(gm_onnx_session) session = gm_calloc(1, sizeof *session);
    if (!session) return gm_nomem(err);
    session->runtime = rt;
    ort_session_options *options = NULL;
    GM_TRY(check(rt, rt->api.CreateSessionOptions(&options), GM_E_NOMEM, err));
    gm_status status = check(rt, rt->api.SetIntraOpNumThreads(options, n_threads), GM_E_ARG, err);
    if (status == GM_OK) status = check(rt, rt->api.SetInterOpNumThreads(options, 1), GM_E_ARG, err);
    if (status == GM_OK)
        status = check(rt, rt->api.CreateSession(rt->env, path, options, &session->session), GM_E_FORMAT, err);
    rt->api.ReleaseSessionOptions(options);
    if (status != GM_OK) return gm_error_prefix(err, status, "%s", path);
    *out = gm_steal(&session);
    return GM_OK;
}

void gm_onnx_session_free(gm_onnx_session *session) {
    if (!session) return;
    if (session->session) session->runtime->api.ReleaseSession(session->session);
    gm_free(session);
}

static size_t element_count(const gm_onnx_value *value) {
    size_t n = 1;
    for (int i = 0; i < value->rank; i++) n *= (size_t)value->shape[i];
    return n;
}

/* Copy one result out, after checking that it is what the caller expects. */
static gm_status take_output(const gm_onnx_runtime *rt, ort_value *from, const gm_onnx_value *to, gm_error *err) {
    ort_tensor_info *info = NULL;
    GM_TRY(check(rt, rt->api.GetTensorTypeAndShape(from, &info), GM_E_FORMAT, err));
    size_t rank = 0;
    int type = 0;
    int64_t shape[GM_ONNX_MAX_RANK] = {0};
    gm_status status = check(rt, rt->api.GetTensorElementType(info, &type), GM_E_FORMAT, err);
    if (status == GM_OK) status = check(rt, rt->api.GetDimensionsCount(info, &rank), GM_E_FORMAT, err);
    bool fits = status == GM_OK && type == ORT_TENSOR_FLOAT && rank == (size_t)to->rank;
    if (fits) status = check(rt, rt->api.GetDimensions(info, shape, rank), GM_E_FORMAT, err);
    rt->api.ReleaseTensorTypeAndShapeInfo(info);
    if (status != GM_OK) return status;
    if (!fits || memcmp(shape, to->shape, rank * sizeof *shape) != 0)
        return gm_fail(err, GM_E_SHAPE, "output '%s' of the ONNX file has another type or shape than expected",
                       to->name);
    void *data = NULL;
    GM_TRY(check(rt, rt->api.GetTensorMutableData(from, &data), GM_E_FORMAT, err));
    memcpy(to->data, data, element_count(to) * sizeof(float));
    return GM_OK;
}

gm_status gm_onnx_session_run(gm_onnx_session *session, const gm_onnx_value *inputs, int n_inputs,
                              const gm_onnx_value *outputs, int n_outputs, gm_error *err) {
    const gm_onnx_runtime *rt = session->runtime;
    const char *input_names[GM_ONNX_MAX_TENSORS], *output_names[GM_ONNX_MAX_TENSORS];
    ort_value *in[GM_ONNX_MAX_TENSORS] = {0}, *results[GM_ONNX_MAX_TENSORS] = {0};
    if (n_inputs > GM_ONNX_MAX_TENSORS || n_outputs > GM_ONNX_MAX_TENSORS)
        return gm_fail(err, GM_E_ARG, "at most %d inputs and outputs are possible", GM_ONNX_MAX_TENSORS);
    gm_status status = GM_OK;
    for (int i = 0; i < n_inputs && status == GM_OK; i++) {
        input_names[i] = inputs[i].name;
        status = check(rt,
                       rt->api.CreateTensorWithDataAsOrtValue(
                           rt->memory, inputs[i].data, element_count(&inputs[i]) * sizeof(float), inputs[i].shape,
                           (size_t)inputs[i].rank, ORT_TENSOR_FLOAT, &in[i]),
                       GM_E_ARG, err);
    }
    for (int i = 0; i < n_outputs; i++) output_names[i] = outputs[i].name;
    if (status == GM_OK)
        status = check(rt,
                       rt->api.Run(session->session, NULL, input_names, (const ort_value *const *)in, (size_t)n_inputs,
                                   output_names, (size_t)n_outputs, results),
                       GM_E_FORMAT, err);
    for (int i = 0; i < n_outputs; i++) {
        if (status == GM_OK) status = take_output(rt, results[i], &outputs[i], err);
        if (results[i]) rt->api.ReleaseValue(results[i]);
    }
    for (int i = 0; i < n_inputs; i++)
        if (in[i]) rt->api.ReleaseValue(in[i]);
    return status;
}
