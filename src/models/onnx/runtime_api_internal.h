/* The few entries of ONNX Runtime's C API that we call, by their place in its table of functions.
 *
 * The table (OrtApi) is frozen: entries are only ever appended (ONNX Runtime, C API versioning), so a place once known
 * holds for every later version. The places are those of API version 21; every test of tests/models/test_onnx.c runs
 * files through them. Names follow the official ones. */
#ifndef GIMLET_MODELS_ONNX_RUNTIME_API_INTERNAL_H
#define GIMLET_MODELS_ONNX_RUNTIME_API_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

enum {
    ORT_API_VERSION_USED = 21,
    ORT_TENSOR_FLOAT = 1,
    ORT_ARENA_ALLOCATOR = 1,
    ORT_MEMORY_DEFAULT = 0,
    ORT_LOG_ERROR = 3
};

typedef struct {
    const void *(*GetApi)(uint32_t version);
    const char *(*GetVersionString)(void);
} ort_api_base;

/* Opaque handles of the runtime. */
typedef struct ort_status ort_status;
typedef struct ort_env ort_env;
typedef struct ort_session ort_session;
typedef struct ort_session_options ort_session_options;
typedef struct ort_value ort_value;
typedef struct ort_memory_info ort_memory_info;
typedef struct ort_tensor_info ort_tensor_info;

/* ORT_ENTRY(place, name, type of result, arguments) */
#define ORT_ENTRIES                                                                                                    \
    ORT_ENTRY(2, GetErrorMessage, const char *, (const ort_status *))                                                  \
    ORT_ENTRY(3, CreateEnv, ort_status *, (int log_level, const char *log_id, ort_env **))                             \
    ORT_ENTRY(7, CreateSession, ort_status *,                                                                          \
              (const ort_env *, const char *path, const ort_session_options *, ort_session **))                        \
    ORT_ENTRY(9, Run, ort_status *,                                                                                    \
              (ort_session *, const void *run_options, const char *const *input_names, const ort_value *const *inputs, \
               size_t n_inputs, const char *const *output_names, size_t n_outputs, ort_value **outputs))               \
    ORT_ENTRY(10, CreateSessionOptions, ort_status *, (ort_session_options **))                                        \
    ORT_ENTRY(24, SetIntraOpNumThreads, ort_status *, (ort_session_options *, int n))                                  \
    ORT_ENTRY(25, SetInterOpNumThreads, ort_status *, (ort_session_options *, int n))                                  \
    ORT_ENTRY(49, CreateTensorWithDataAsOrtValue, ort_status *,                                                        \
              (const ort_memory_info *, void *data, size_t size_bytes, const int64_t *shape, size_t rank,              \
               int element_type, ort_value **))                                                                        \
    ORT_ENTRY(51, GetTensorMutableData, ort_status *, (ort_value *, void **))                                          \
    ORT_ENTRY(60, GetTensorElementType, ort_status *, (const ort_tensor_info *, int *))                                \
    ORT_ENTRY(61, GetDimensionsCount, ort_status *, (const ort_tensor_info *, size_t *))                               \
    ORT_ENTRY(62, GetDimensions, ort_status *, (const ort_tensor_info *, int64_t *, size_t n))                         \
    ORT_ENTRY(65, GetTensorTypeAndShape, ort_status *, (const ort_value *, ort_tensor_info **))                        \
    ORT_ENTRY(69, CreateCpuMemoryInfo, ort_status *, (int allocator, int memory, ort_memory_info **))                  \
    ORT_ENTRY(92, ReleaseEnv, void, (ort_env *))                                                                       \
    ORT_ENTRY(93, ReleaseStatus, void, (ort_status *))                                                                 \
    ORT_ENTRY(94, ReleaseMemoryInfo, void, (ort_memory_info *))                                                        \
    ORT_ENTRY(95, ReleaseSession, void, (ort_session *))                                                               \
    ORT_ENTRY(96, ReleaseValue, void, (ort_value *))                                                                   \
    ORT_ENTRY(99, ReleaseTensorTypeAndShapeInfo, void, (ort_tensor_info *))                                            \
    ORT_ENTRY(100, ReleaseSessionOptions, void, (ort_session_options *))

typedef struct {
#define ORT_ENTRY(place, name, result, arguments) result(*name) arguments;
    ORT_ENTRIES
#undef ORT_ENTRY
} ort_api;

#endif
