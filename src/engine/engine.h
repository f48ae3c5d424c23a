/* The engine: a static graph is built, differentiated, planned and run.
 *
 * For        models/ (which build graphs), training/ (which runs steps), models/onnx (which writes graphs).
 * Depends on base. Knows nothing of drilling.
 * Errors     the builder latches its first failure: build the whole graph, then ask gm_graph_check once.
 * Ownership  a graph owns its values and names; a plan copies what it needs and outlives the graph; callers own
 *            parameters, inputs, outputs and gradients. Constants are copied.
 * Threads    a graph is built by one thread. A plan is immutable: any number of threads may run it at once, each run
 *            with its own workspace.
 *
 * Shapes are per sample: a value that is `batched` has the batch as an implicit first axis, so past_values of shape
 * [512, 17] lies in memory as [B, 512, 17]. Parameters and constants are not batched. An axis is counted per sample,
 * from 0; negative axes count from the end. All tensors are float32, contiguous, row-major.
 *
 * Determinism: a run splits the batch into micro-batches, these go to a fixed number of lanes, each lane adds up its
 * own gradient in order, and the lanes are added in order. None of it depends on the number of threads; random numbers
 * come from counters. So the same call gives the same bytes on 1 or 64 threads (of one instruction set). */
#ifndef GIMLET_ENGINE_ENGINE_H
#define GIMLET_ENGINE_ENGINE_H

#include "base/base.h"

enum { GM_MAX_RANK = 6, GM_MAX_INPUTS = 8, GM_MAX_OUTPUTS = 3 };

/* ---- graph ------------------------------------------------------------------------------------------------------ */

typedef struct gm_graph gm_graph;
typedef int gm_value; /* handle of a value in its graph; GM_NONE after a failure or for "not given" */
#define GM_NONE (-1)

typedef struct {
    const char *name; /* borrowed from the graph */
    int rank;
    int dims[GM_MAX_RANK];
    size_t size; /* floats per sample: the product of dims */
    bool batched;
} gm_value_info;

gm_graph *gm_graph_new(void); /* NULL when memory is out */
void gm_graph_free(gm_graph *graph);
GM_AUTO(gm_graph)
/* The first failure of all builder calls so far, or GM_OK. */
gm_status gm_graph_check(const gm_graph *graph, gm_error *err) GM_MUST_CHECK;
/* What a model cannot build (a bad configuration found while building) is latched the same way. */
void gm_graph_fail(gm_graph *graph, gm_status code, const char *format, ...) GM_PRINTF(3, 4);
gm_value_info gm_value_describe(const gm_graph *graph, gm_value value);
/* Names the node that made the value (and the value): ONNX and error messages use it. printf style. */
gm_value gm_named(gm_graph *graph, gm_value value, const char *format, ...) GM_PRINTF(3, 4);

/* Inputs are batched, in the order of declaration. */
gm_value gm_input(gm_graph *graph, const char *name, int rank, const int *dims);
gm_value gm_constant(gm_graph *graph, const char *name, int rank, const int *dims, const float *data);
gm_value gm_scalar(gm_graph *graph, double value); /* constant of rank 0 */
/* Mark a value as output, in the order of calls; and the per-sample loss (batched, rank 0 or one element). */
void gm_output(gm_graph *graph, const char *name, gm_value value);
void gm_loss(gm_graph *graph, gm_value value);
/* Counts, order and names of inputs and outputs. */
int gm_input_count(const gm_graph *graph);
int gm_output_count(const gm_graph *graph);
gm_value gm_input_at(const gm_graph *graph, int index);
gm_value gm_output_at(const gm_graph *graph, int index);
const char *gm_output_name(const gm_graph *graph, int index);
int gm_input_index(const gm_graph *graph, const char *name);  /* -1 = no such */
int gm_output_index(const gm_graph *graph, const char *name); /* -1 = no such */

/* ---- parameters: one flat vector of floats, and a table of what lies where -----------------------------------------
 */

typedef enum {
    GM_TRAINABLE, /* gets a gradient                                                                        */
    GM_FROZEN,    /* part of the checkpoint, never changed (position table)                                 */
    GM_STATE      /* running statistics: gm_plan_step leaves the new value where a gradient would be        */
} gm_parameter_kind;

typedef struct {
    const char *name; /* state-dict name, borrowed from the graph */
    gm_parameter_kind kind;
    int rank;
    int dims[GM_MAX_RANK];
    size_t offset, size; /* floats, in the flat vector */
    gm_value value;
} gm_parameter_info;

/* Name is the exact state-dict name. Naming one twice gives the same parameter when the shapes agree (tied weights). */
gm_value gm_parameter(gm_graph *graph, gm_parameter_kind kind, int rank, const int *dims, const char *format, ...)
    GM_PRINTF(5, 6);
/* Trainable ones come first in the vector (optimizers walk [0, gm_trainable_size)), each group in order of creation.
 * Each parameter starts at its offset; there are no gaps. Valid once the graph is complete. */
int gm_parameter_count(const gm_graph *graph);
gm_parameter_info gm_parameter_at(const gm_graph *graph, int index);
int gm_parameter_index(const gm_graph *graph, const char *name); /* -1 = no such */
size_t gm_parameters_size(const gm_graph *graph);                /* floats in all */
size_t gm_trainable_size(const gm_graph *graph);                 /* floats that get gradients: the first ones */

/* ---- operations. Each returns the handle of its result
 * --------------------------------------------------------------- */

/* y = W x + b along one axis: x seen as [outer, in, inner], W [out, in], b [out] or GM_NONE; y as [outer, out, inner].
 * No transposes: a layer may work along any axis of the tensor. */
gm_value gm_linear(gm_graph *g, gm_value x, gm_value weight, gm_value bias, int axis);
/* Numpy broadcasting over the per-sample shapes; a value that is not batched is the same for each sample. */
gm_value gm_add(gm_graph *g, gm_value a, gm_value b);
gm_value gm_sub(gm_graph *g, gm_value a, gm_value b);
gm_value gm_mul(gm_graph *g, gm_value a, gm_value b);
gm_value gm_div(gm_graph *g, gm_value a, gm_value b);
gm_value gm_scale(gm_graph *g, gm_value x, double factor, double offset); /* factor * x + offset */
/* One value in, one out. */
gm_value gm_gelu(gm_graph *g, gm_value x, double dropout); /* exact erf GELU; dropout in training plans, 0 = none */
gm_value gm_relu(gm_graph *g, gm_value x);
gm_value gm_sigmoid(gm_graph *g, gm_value x);
gm_value gm_tanh(gm_graph *g, gm_value x);
gm_value gm_softplus(gm_graph *g, gm_value x);
gm_value gm_squareplus(gm_graph *g, gm_value x); /* (x + sqrt(x^2 + 4)) / 2, in this very form */
gm_value gm_exp(gm_graph *g, gm_value x);
gm_value gm_ln(gm_graph *g, gm_value x);                    /* natural logarithm */
gm_value gm_clamp_min(gm_graph *g, gm_value x, double low); /* max(x, low) */
gm_value gm_dropout(gm_graph *g, gm_value x, double p);     /* inverted: kept entries are scaled by 1/(1-p) */
gm_value gm_softmax(gm_graph *g, gm_value x, int axis);
gm_value gm_gate(gm_graph *g, gm_value x, gm_value logits, int axis); /* x * softmax(logits, axis) */
/* gamma, beta: [last dim]. */
gm_value gm_layernorm(gm_graph *g, gm_value x, gm_value gamma, gm_value beta, double epsilon);
/* Statistics over the batch and all axes but the last (BatchNorm1d of torch, momentum 0.1); mean and var are GM_STATE.
 * In a training plan the whole batch runs as one micro-batch. */
gm_value gm_batchnorm(gm_graph *g, gm_value x, gm_value gamma, gm_value beta, gm_value mean, gm_value var,
                      double epsilon);
/* q, k, v [..., tokens, heads * width]: softmax(q k' / sqrt(width)) v per head, heads joined; dropout on probabilities.
 */
gm_value gm_attention(gm_graph *g, gm_value q, gm_value k, gm_value v, int heads, double dropout);
/* x [length, channels] -> [channels, patches, patch]; the oldest length - (patch + stride (patches-1)) rows are
 * dropped. */
gm_value gm_patchify(gm_graph *g, gm_value x, int patch, int stride);
/* Scalers over axis 0 of x [length, channels]; observed has the same shape or is GM_NONE. Inputs only: no gradient.
 * loc and scale [1, channels]. */
typedef enum { GM_SCALER_STD, GM_SCALER_MEAN } gm_scaler_kind;
typedef struct {
    gm_value scaled, loc, scale;
} gm_scaled;
/* mean: a channel without observed points takes its default from `fallback` [channels] (GM_NONE: the minimum). */
gm_scaled gm_scaler(gm_graph *g, gm_scaler_kind kind, gm_value x, gm_value observed, gm_value fallback, double minimum);
/* Shape. */
gm_value gm_reshape(gm_graph *g, gm_value x, int rank, const int *dims);
gm_value gm_transpose(gm_graph *g, gm_value x, const int *permutation); /* of the per-sample axes */
gm_value gm_expand(gm_graph *g, gm_value x, int rank, const int *dims); /* numpy broadcast_to */
gm_value gm_concat(gm_graph *g, int count, const gm_value *values, int axis);
gm_value gm_slice(gm_graph *g, gm_value x, int axis, int start, int length);
gm_value gm_select(gm_graph *g, gm_value x, int axis, int count, const int *indices); /* numpy take */
/* Reductions; the axis disappears. */
gm_value gm_mean(gm_graph *g, gm_value x, int axis);
gm_value gm_sum(gm_graph *g, gm_value x, int axis);
gm_value gm_max(gm_graph *g, gm_value x, int axis); /* the gradient goes to the first of equal maxima */
gm_value gm_last(gm_graph *g, gm_value x, int axis);
gm_value gm_sum_all(gm_graph *g, gm_value x); /* rank 0 */
gm_value gm_mean_all(gm_graph *g, gm_value x);
/* Losses, one number per sample (rank 0). weight broadcasts to the prediction, GM_NONE = 1. */
gm_value gm_loss_mse(gm_graph *g, gm_value prediction, gm_value target, gm_value weight); /* mean of w (p-t)^2 */
/* mean of w alpha (1 - exp(-s))^gamma s with s = (p-t)^2: the inference system's focal mse (alpha 0.75, gamma 2). */
gm_value gm_loss_focal_mse(gm_graph *g, gm_value prediction, gm_value target, gm_value weight, double alpha,
                           double gamma);
/* logits [classes] and the class number as a float [1] or []. */
gm_value gm_loss_cross_entropy(gm_graph *g, gm_value logits, gm_value target);
/* -log p(target), element by element; sum or mean it as the model says. */
gm_value gm_nll_normal(gm_graph *g, gm_value loc, gm_value scale, gm_value target);
gm_value gm_nll_student_t(gm_graph *g, gm_value df, gm_value loc, gm_value scale, gm_value target);
gm_value gm_nll_negative_binomial(gm_graph *g, gm_value total_count, gm_value logits, gm_value target);

/* ---- plans: a graph made ready to run
 * ---------------------------------------------------------------------------------- */

typedef struct gm_plan gm_plan;
typedef struct gm_workspace gm_workspace;

typedef struct {
    bool training;   /* dropout is on and gm_plan_step works; false: only gm_plan_run                    */
    int micro_batch; /* samples that run together; 0 = chosen (4 for training). Part of the result's bytes */
    int lanes;       /* partial gradients; 0 = 8. Part of the result's bytes; bounds the threads of a step */
} gm_plan_options;

/* Which random numbers a step uses. Equal keys give equal dropout masks. */
typedef struct {
    uint64_t seed, fold, step;
    const uint64_t *samples; /* [B], identity of each sample; NULL = 0, 1, 2, ... */
} gm_key;

gm_status gm_plan_new(const gm_graph *graph, gm_plan_options options, gm_plan **out, gm_error *err) GM_MUST_CHECK;
void gm_plan_free(gm_plan *plan);
GM_AUTO(gm_plan)
int gm_plan_micro_batch(const gm_plan *plan);
/* Memory for one run at a time. n_workers: at least gm_threads_count of the pool that will run it. */
gm_status gm_workspace_new(const gm_plan *plan, int n_workers, gm_workspace **out, gm_error *err) GM_MUST_CHECK;
void gm_workspace_free(gm_workspace *workspace);
GM_AUTO(gm_workspace)
size_t gm_workspace_size(const gm_workspace *workspace); /* bytes */

/* inputs[i] is [B, dims of input i], by order of gm_input; outputs[j] likewise by order of gm_output (NULL = not
 * wanted). An input that the outputs do not need may be NULL. threads may be NULL. */
gm_status gm_plan_run(const gm_plan *plan, gm_workspace *workspace, gm_threads *threads, const float *params,
                      const float *const *inputs, int batch, float *const *outputs, gm_error *err) GM_MUST_CHECK;
/* Forward and backward: loss = sum over samples of weights[i] * loss_i (weights NULL = 1/B), grads [gm_parameters_size]
 * its gradient (overwritten; GM_FROZEN entries 0). loss and sample_losses [B] may be NULL. */
gm_status gm_plan_step(const gm_plan *plan, gm_workspace *workspace, gm_threads *threads, const float *params,
                       const float *const *inputs, int batch, const float *weights, gm_key key, float *grads,
                       double *loss, float *sample_losses, gm_error *err) GM_MUST_CHECK;

/* "x86-64-v4", "x86-64-v3", "x86-64-v2" or "baseline": what kernels run here. Environment GIMLET_CPU=v2|v3|v4 forces a
 * lower one. */
const char *gm_cpu_name(void);
/* From now on, in the whole process, the kernels of this name (as above); NULL: the best again. Call it while no plan
 * runs. GM_E_UNAVAILABLE: this processor does not run them. */
gm_status gm_cpu_use(const char *name, gm_error *err) GM_MUST_CHECK;

/* ---- optimizer helper
 * ---------------------------------------------------------------------------------------------------- */

/* One AdamW step (Loshchilov & Hutter 2019, in torch's order of operations) on n entries:
 * p *= 1 - lr wd; m, v updated; p -= lr / bias1 * m / (sqrt(v) / sqrt(bias2) + epsilon), bias_i = 1 - beta_i^step. */
typedef struct {
    double learning_rate, beta1, beta2, epsilon, weight_decay;
    double gradient_scale; /* gradients are multiplied by it first (clipping); 1 = as they are */
    long step;             /* 1 for the first */
} gm_adamw_options;
void gm_adamw(float *params, float *m, float *v, const float *grads, size_t n, gm_adamw_options options,
              gm_threads *threads);
/* Sum of squares in a fixed order: for clipping by norm. NaN or infinite when an entry is. */
double gm_square_sum(const float *values, size_t n);

/* ---- ONNX: the engine walks its graph and calls the writer
 * ------------------------------------------------------------------ */

typedef struct {
    const char *name;
    enum { GM_ATTRIBUTE_INT, GM_ATTRIBUTE_FLOAT, GM_ATTRIBUTE_STRING, GM_ATTRIBUTE_INTS } type;
    int64_t i;
    double f;
    const char *s;
    const int64_t *ints;
    int n_ints;
} gm_attribute;

/* Implemented by models/onnx. All names that it gives stay valid until the walk ends. It latches failures itself. */
typedef struct gm_emitter gm_emitter;
struct gm_emitter {
    /* The tensor's name in the file: inputs and parameters as the writer declares them, others as it likes. */
    const char *(*value)(gm_emitter *emitter, const gm_graph *graph, gm_value value);
    const char *(*temporary)(gm_emitter *emitter, const char *hint); /* a new unique name */
    const char *(*constant_floats)(gm_emitter *emitter, const char *hint, int rank, const int64_t *dims,
                                   const float *data);
    const char *(*constant_ints)(gm_emitter *emitter, const char *hint, int rank, const int64_t *dims,
                                 const int64_t *data); /* int64 tensor */
    void (*node)(gm_emitter *emitter, const char *name, const char *op_type, int n_inputs, const char *const *inputs,
                 int n_outputs, const char *const *outputs, int n_attributes, const gm_attribute *attributes);
};
/* Emits, in order, every node that the outputs need (opset 17, inference behaviour). Constants of the graph go through
 * constant_floats. GM_E_UNAVAILABLE when an operation has no ONNX form. */
gm_status gm_graph_emit(const gm_graph *graph, gm_emitter *emitter, gm_error *err) GM_MUST_CHECK;

#endif
