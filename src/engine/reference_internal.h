/* A graph in double, for tests. */
#ifndef GIMLET_ENGINE_REFERENCE_INTERNAL_H
#define GIMLET_ENGINE_REFERENCE_INTERNAL_H

#include "op_internal.h"

/* out: the value `wanted` [B, dims]. Parameters and inputs as in gm_plan_run, in double. */
gm_status gm_graph_reference(const gm_graph *graph, const double *params, const double *const *inputs, int batch,
                             bool training, gm_key key, gm_value wanted, double *out, gm_error *err) GM_MUST_CHECK;

#endif
