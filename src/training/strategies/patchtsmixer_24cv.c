/* Cross-validation: as many models as folds (24 by default), each trained on the holes of all other folds. Together
 * they are the ensemble that predicts; the hole that a model has not seen tells how good it is. */
#include "../loop_internal.h"

static gm_status prepare_data(gm_training_job *job, gm_error *err) {
    GM_TRY(gm_job_load_holes(job, err));
    return job->config->training.cv_enabled ? gm_job_make_folds(job, err) : gm_job_make_single(job, err);
}

const gm_strategy gm_strategy_patchtsmixer_24cv = {
    .name = "patchtsmixer_24cv",
    .doc = "24 PatchTSMixer models by grouped, stratified cross-validation",
    .prepare_data = prepare_data,
    .train_model = gm_job_train_folds,
    .validate_model = gm_job_validate_folds,
};
