#include "training/loop_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* gimlet.json of a model: accepted only with a known feature set and finite scales. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    gm_pipeline pipeline;
    gm_provenance provenance = {0};
    gm_error err = {0};
    gm_status status = gm_pipeline_parse((const char *)data, size, &pipeline, &provenance, &err);
    GM_ASSERT(status == GM_OK || err.message[0] != '\0');
    if (status == GM_OK) {
        GM_ASSERT(pipeline.set && pipeline.normaliser.channels == pipeline.set->n_channels);
        for (int c = 0; c < pipeline.normaliser.channels; c++) GM_ASSERT(isfinite(1 / pipeline.normaliser.scale[c]));
    }
    gm_provenance_finish(&provenance);
    return 0;
}
