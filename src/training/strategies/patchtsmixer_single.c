/* One model, one split: for first looks and for data too few or too many for cross-validation. */
#include "../loop_internal.h"

static gm_status prepare_data(gm_training_job *job, gm_error *err) {
    GM_TRY(gm_job_load_holes(job, err));
    return gm_job_make_single(job, err);
}

const gm_strategy gm_strategy_patchtsmixer_single = {
    .name = "patchtsmixer_single",
    .doc = "one PatchTSMixer model, validated on validation_split of the groups",
    .prepare_data = prepare_data,
    .train_model = gm_job_train_folds,
    .validate_model = gm_job_validate_folds,
};
