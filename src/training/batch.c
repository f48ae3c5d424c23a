#include "loop_internal.h"

#include <string.h>

gm_status gm_batch_new(const gm_network *network, int capacity, gm_batch *out, gm_error *err) {
    size_t n = (size_t)capacity, rows = n * (size_t)network->length;
    gm_batch made = {.capacity = capacity,
                     .past = gm_alloc_aligned(rows * (size_t)network->channels * sizeof(float)),
                     .target = gm_alloc_aligned(rows * (size_t)network->outputs * sizeof(float)),
                     .weight = gm_alloc_aligned(n * (size_t)network->outputs * sizeof(float)),
                     .ids = gm_calloc(n, sizeof(uint64_t))};
    if (!made.past || !made.target || !made.weight || !made.ids) {
        gm_batch_finish(&made);
        return gm_nomem(err);
    }
    *out = made;
    return GM_OK;
}

void gm_batch_finish(gm_batch *batch) {
    gm_free(batch->past);
    gm_free(batch->target);
    gm_free(batch->weight);
    gm_free(batch->ids);
    *batch = (gm_batch){0};
}

/* One heat map for each point; or the exit's, repeated over the torque channels (the others have weight 0). */
static void put_target(gm_batch *batch, int slot, const gm_training_job *job, const gm_prepared_hole *hole,
                       const gm_window *window, float *room) {
    const gm_network *net = &job->network;
    size_t length = (size_t)net->length, width = (size_t)net->outputs;
    float *target = batch->target + (size_t)slot * length * width, *weight = batch->weight + (size_t)slot * width;
    bool points = job->set->n_heatmaps == GM_N_POINTS, present[GM_N_POINTS];
    gm_targets_fill(&hole->view.series, window, net->length, &hole->label, job->config->training.heatmap_sigma_mm,
                    net->loss->target, points ? target : room, present);
    if (points) {
        for (int p = 0; p < GM_N_POINTS; p++) weight[p] = hole->weight[p];
        return;
    }
    for (size_t c = 0; c < width; c++) {
        bool torque = job->set->channels[c].load == GM_LOAD_TORQUE;
        weight[c] = torque ? hole->weight[GM_EXIT] : 0;
        for (size_t r = 0; r < length; r++) target[r * width + c] = torque ? room[r * GM_N_POINTS + GM_EXIT] : 0;
    }
}

void gm_batch_put(gm_batch *batch, int slot, const gm_training_job *job, const gm_pipeline *pipeline,
                  const gm_prepared_hole *hole, const gm_window *window, gm_random *random) {
    const gm_network *net = &job->network;
    const gm_training_config *c = job->config;
    double bin = job->set->over_depth ? job->features.bin_mm : 0.03; /* a row over time: 0.03 mm at 1 mm/s */
    gm_augmentation augmentation = {.noise = c->data.noise_injection,
                                    .warp = c->data.time_warping,
                                    .shift_rows = c->data.depth_shift_mm / bin,
                                    .level = c->data.level_scaling};
    gm_window used = random ? gm_window_augment(window, &augmentation, random) : *window;
    float *past = batch->past + (size_t)slot * (size_t)net->length * (size_t)net->channels;
    /* the inputs are written after the target: its room is theirs */
    put_target(batch, slot, job, hole, &used, past);
    gm_window_fill(job->set, &hole->view.series, &pipeline->normaliser, &used, net->length, &augmentation, random,
                   past);
    batch->ids[slot] = hole->id;
}
