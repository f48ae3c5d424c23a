/* What an operation is: a const descriptor with its shape rule, forward, backward, reference and ONNX form.
 *
 * Each file of ops/ is compiled once per instruction set into a library of its own (GM_ISA); simple loops are left to
 * the compiler, heavy ones use cpu/vector_internal.h. docs/adding-an-operation.md walks through one. */
#ifndef GIMLET_ENGINE_OP_INTERNAL_H
#define GIMLET_ENGINE_OP_INTERNAL_H

#include "graph_internal.h"

/* Where a call's random numbers come from: see gm_dice_stream. */
typedef struct {
    bool on; /* false: no dropout */
    gm_key key;
    int first_sample; /* of this micro-batch in the batch */
    int node;
} gm_dice;

/* What dropout multiplies entry `entry` of a sample with: 0 or 1 / (share kept); 1 when off. One at a time. */
double gm_dice_reference(const gm_dice *dice, int sample, double p, size_t entry);
/* The Philox stream that seeds the dice of sample i of this micro-batch; the key is dice->key.seed. */
uint64_t gm_dice_stream(const gm_dice *dice, int sample);

/* One execution of one node on one micro-batch. Everything is given; an operation allocates nothing. */
typedef struct {
    const gm_settings *settings;
    int batch; /* samples in this micro-batch */
    bool training;
    int n_in, n_out;
    const gm_shape *in_shape[GM_MAX_INPUTS];
    const gm_shape *out_shape[GM_MAX_OUTPUTS];
    const float *in[GM_MAX_INPUTS]; /* NULL where the input is GM_NONE */
    float *out[GM_MAX_OUTPUTS];
    float *saved;   /* kept from forward to backward; NULL in inference plans   */
    float *scratch; /* 64-byte aligned; contents undefined                       */
    gm_dice dice;
    /* backward only */
    const float *dout[GM_MAX_OUTPUTS]; /* NULL = zero                                                       */
    float *din[GM_MAX_INPUTS];         /* NULL = not wanted                                                 */
    bool add[GM_MAX_INPUTS];           /* add to din instead of overwriting; for an input that is not       */
                                       /* batched din takes the sum over the samples                        */
    float *state[GM_MAX_INPUTS];       /* new value of GM_STATE inputs (running statistics), training only  */
} gm_call;

/* The same in double, for gradient checks; small tensors only. Dropout follows the same stream. */
typedef struct {
    const gm_settings *settings;
    int batch;
    bool training;
    int n_in, n_out;
    const gm_shape *in_shape[GM_MAX_INPUTS];
    const gm_shape *out_shape[GM_MAX_OUTPUTS];
    const double *in[GM_MAX_INPUTS];
    double *out[GM_MAX_OUTPUTS];
    gm_dice dice;
} gm_reference_call;

/* ONNX form: names of the tensors, and the writer. */
typedef struct {
    gm_emitter *emitter;
    const char *name; /* of the node; the last ONNX node of a group bears it */
    const gm_settings *settings;
    int n_in, n_out;
    const gm_shape *in_shape[GM_MAX_INPUTS];
    const gm_shape *out_shape[GM_MAX_OUTPUTS];
    const char *in[GM_MAX_INPUTS]; /* NULL = not given */
    const char *out[GM_MAX_OUTPUTS];
} gm_emit_call;

/* What the generic tests build a case from; they implement it. */
typedef struct gm_case gm_case;
struct gm_case {
    gm_graph *graph;
    /* Values in [low, high] that get gradients; batched or not. */
    gm_value (*tensor)(gm_case *c, bool batched, double low, double high, int rank, const int *dims);
    /* A batched input in [low, high] without gradient, rounded to whole numbers when whole. */
    gm_value (*input)(gm_case *c, bool whole, double low, double high, int rank, const int *dims);
    /* A GM_STATE parameter in [low, high]. */
    gm_value (*state)(gm_case *c, double low, double high, int rank, const int *dims);
};
#define GM_DIMS(...)                                                                                                   \
    ((int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int))), (const int[]) {                                               \
        __VA_ARGS__                                                                                                    \
    }

enum {
    GM_READS_IN0 = 1u, /* what backward reads: inputs, */
    GM_READS_IN1 = 2u,
    GM_READS_IN2 = 4u,
    GM_READS_IN3 = 8u,
    GM_READS_IN4 = 16u,
    GM_READS_ALL_IN = 255u,
    GM_READS_OUT0 = 256u,          /* and outputs */
    GM_WHOLE_BATCH = 1u << 16,     /* training needs the whole batch in one micro-batch */
    GM_PASSES_GRADIENT = 1u << 17, /* backward hands operands of the output's size its gradient as it is */
    GM_DATA_IN0 = 1u << 20         /* GM_DATA_IN0 << i: input i is data, it gets no gradient */
};

typedef struct {
    const char *name;
    unsigned flags;
    /* Fills out (n_out of them) from in; in[i] is NULL where not given. May adjust settings (negative axes). */
    gm_status (*shape)(const gm_shape *const *in, int n_in, gm_settings *settings, gm_shape *out, int *n_out,
                       gm_error *err);
    size_t (*saved)(const gm_call *call);   /* floats for call->batch samples; NULL = none */
    size_t (*scratch)(const gm_call *call); /* floats; NULL = none                         */
    void (*forward)(const gm_call *call);
    void (*backward)(const gm_call *call); /* NULL = has no gradient */
    void (*reference)(const gm_reference_call *call);
    gm_status (*onnx)(const gm_emit_call *call, gm_error *err); /* NULL = none: losses */
    int n_cases;
    gm_value (*make_case)(gm_case *c, int index);
} gm_op;

/* Descriptors bear the instruction set in their symbol: gm_op_linear_v3. */
#ifndef GM_ISA
#define GM_ISA v2
#endif
#define GM_ISA_JOIN_(a, b) a##_##b
#define GM_ISA_JOIN(a, b)  GM_ISA_JOIN_(a, b)
#define GM_ISA_NAME(name)  GM_ISA_JOIN(name, GM_ISA)
#define GM_OP(op)                                                                                                      \
    extern const gm_op GM_ISA_NAME(gm_op_##op);                                                                        \
    const gm_op GM_ISA_NAME(gm_op_##op)

/* All that is compiled per instruction set. */
typedef struct {
    const char *name;
    const gm_op *const *ops; /* GM_N_OPS of them */
    void (*adamw)(float *params, float *m, float *v, const float *grads, size_t n, const float factors[9]);
    void (*add_to)(float *target, const float *source, size_t n);
    double (*square_sum)(const float *values, size_t n);
} gm_isa;
extern const gm_isa gm_isa_v2, gm_isa_v3, gm_isa_v4;
const gm_isa *gm_isa_current(void);
/* For tests: the table of that name ("v2", "v3", "v4"), NULL when this machine or build cannot run it. */
const gm_isa *gm_isa_named(const char *name);

/* Help for shape rules. */
gm_status gm_axis_resolve(int rank, int *axis, gm_error *err); /* negative from the end */
gm_shape gm_shape_of(int rank, const int *dims, bool batched);
void gm_shape_split(const gm_shape *shape, int axis, size_t *outer, size_t *length, size_t *inner);
/* Help for ONNX: the axis in the file, where batched tensors have one more. */
static inline int64_t gm_onnx_axis(const gm_shape *shape, int axis) {
    return axis + (shape->batched ? 1 : 0);
}
void gm_emit_node(const gm_emit_call *call, const char *op_type, int n_in, const char *const *in, const char *out,
                  int n_attributes, const gm_attribute *attributes);
const char *gm_emit_step(const gm_emit_call *call, const char *op_type, int n_in, const char *const *in,
                         int n_attributes, const gm_attribute *attributes); /* output is a new temporary, returned */
const char *gm_emit_scalar(const gm_emit_call *call, double value);
const char *gm_emit_ints(const gm_emit_call *call, int count, const int64_t *values);
/* Two operands under broadcasting: a batched one with fewer axes gets ones behind the batch axis first. */
gm_status gm_emit_broadcast(const gm_emit_call *call, const char *op_type, gm_error *err);
/* Tensor i, seen with `rank` axes per sample. */
const char *gm_emit_aligned(const gm_emit_call *call, int i, int rank);
void gm_emit_transpose(const gm_emit_call *call, const char *in, const char *out, int rank, const int64_t *permutation);

#endif
