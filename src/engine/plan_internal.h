/* A plan: which nodes run, in which order, and where in one worker's memory everything lies. */
#ifndef GIMLET_ENGINE_PLAN_INTERNAL_H
#define GIMLET_ENGINE_PLAN_INTERNAL_H

#include "op_internal.h"

#define GM_NOWHERE ((size_t)-1)

/* Places in one worker's memory, in floats from its start, for micro-batches of up to `batch` samples.
 *
 * A run of nodes without large weights (a segment) is run sample by sample, so that what it passes along stays in the
 * cache; nodes with large weights take the micro-batch together. What never leaves a segment has room for one sample.
 */
typedef struct {
    int batch;
    size_t *value_at;   /* [values]; GM_NOWHERE = has no place */
    size_t *grad_at;    /* [values] */
    size_t *saved_at;   /* [nodes]  */
    size_t *saved_step; /* [nodes] from one sample's to the next, where the node runs sample by sample */
    bool *value_local;  /* [values] has room for one sample only */
    bool *grad_local;   /* [values] */
    size_t scratch_at;
    size_t size;
} gm_layout;

/* What one node does, apart from where its data lie. */
typedef struct {
    bool for_outputs, for_loss; /* forward is needed for */
    bool back;                  /* backward runs */
    unsigned wanted;            /* bit i: input i gets a gradient */
    unsigned add;               /* bit i: it is not the first of the nodes to write that gradient */
    int from, to;               /* the segment: nodes that run sample by sample together; itself where it runs alone */
    bool single;                /* runs sample by sample */
    unsigned passed;            /* bit i: the gradient of input i lies where the output's does, nothing is to do */
    unsigned zero;              /* bit i: that gradient must be zeroed first (one value used twice in the node) */
} gm_plan_node;

struct gm_plan {
    gm_graph *graph; /* own copy */
    const gm_isa *isa;
    bool training;
    int micro_batch, lanes;
    bool whole_batch; /* a node needs the whole batch at once: then each workspace has a layout of its own */
    gm_plan_node *nodes;
    bool *reached;        /* [values] the loss's gradient gets there */
    int *gradient_of;     /* [values] whose gradient lies where its own does: itself, or the sum that it goes into */
    size_t *parameter_at; /* [parameters] offset in the flat vector */
    size_t n_parameters, n_trainable;
    gm_layout layout;
};

struct gm_workspace {
    const gm_plan *plan;
    gm_layout own; /* only where the plan needs the whole batch */
    int n_workers, n_lane_buffers;
    float **memory;      /* [n_workers] */
    float **lane_grads;  /* [n_lane_buffers] */
    double *lane_losses; /* [lanes] */
};

/* Step at which the backward of node n runs; forward of node n is step n, the loss is turned at step n_nodes. */
int gm_back_step(const gm_plan *plan, int n);
gm_status gm_layout_make(const gm_plan *plan, int batch, gm_layout *out, gm_error *err);
void gm_layout_finish(gm_layout *layout);
/* Shapes and settings of one node's call; pointers are left NULL. */
void gm_call_begin(const gm_graph *graph, const gm_node *node, int batch, bool training, gm_call *call);

#endif
