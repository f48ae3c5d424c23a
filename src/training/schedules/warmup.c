#include "../components_internal.h"

/* Warm-up counts step 0 as 1/n of the full rate; transformers' get_*_schedule_with_warmup start at 0 and lose a step.
 */
double gm_learning_rate_at(const gm_training_config *config, long step, long steps_per_epoch) {
    double peak = config->training.learning_rate, low = GM_MIN(config->training.min_learning_rate, peak);
    long warmup = config->training.warmup_epochs * steps_per_epoch;
    long total = config->training.epochs * steps_per_epoch;
    if (warmup >= total) warmup = 0;
    if (step < warmup) return peak * (double)(step + 1) / (double)(warmup + 1);
    double done = (double)(step - warmup) / (double)(total - warmup);
    return low + (peak - low) * gm_schedule_find(config->training.scheduler)->factor(GM_MIN(done, 1));
}
