/* What the files of PatchTSMixer share. */
#ifndef GIMLET_MODELS_PATCHTSMIXER_INTERNAL_H
#define GIMLET_MODELS_PATCHTSMIXER_INTERNAL_H

#include "patchtsmixer.h"

/* y = W x + b along an axis with parameters NAME.weight [out, in] and NAME.bias [out]. */
gm_value gm_ptsm_linear(gm_graph *graph, gm_value x, int axis, int out, const char *format, ...) GM_PRINTF(5, 6);

#endif
