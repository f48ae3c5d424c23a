/* A fold's checkpoint: everything that the next epoch depends on, in one file that is replaced as a whole. The random
 * numbers are named by fold, epoch and hole, so the epoch's number is all that is kept of them. */
#include "loop_internal.h"

#include <string.h>

typedef struct {
    char magic[8];
    char identity[GM_SHA256_HEX + 7]; /* of the run */
    uint64_t fold, finished, epoch, step, best_epoch, epochs, n_params, n_trainable;
    double best;
} header;

static const char magic[8] = "GMFOLD1";

void gm_fold_state_finish(gm_fold_state *state) {
    gm_free(state->history);
    gm_free(state->params);
    gm_free(state->state);
    gm_free(state->best_params);
    *state = (gm_fold_state){0};
}

gm_status gm_fold_state_new(const gm_training_job *job, gm_fold_state *out, gm_error *err) {
    const gm_network *net = &job->network;
    gm_fold_state made = {.best = INFINITY,
                          .history = gm_calloc((size_t)job->config->training.epochs, sizeof(gm_epoch)),
                          .params = gm_alloc_aligned(net->n_params * sizeof(float)),
                          .state = gm_alloc_aligned(2 * net->n_trainable * sizeof(float)),
                          .best_params = gm_alloc_aligned(net->n_params * sizeof(float))};
    if (!made.history || !made.params || !made.state || !made.best_params) {
        gm_fold_state_finish(&made);
        return gm_nomem(err);
    }
    *out = made;
    return GM_OK;
}

static char *path_of(const gm_training_job *job, int fold) {
    gm_auto_free char *dir = gm_fold_dir(job->run_dir, fold);
    return dir ? gm_path_join(dir, "checkpoint.bin") : NULL;
}

static header header_of(const gm_training_job *job, int fold, const gm_fold_state *state) {
    header h = {.fold = (uint64_t)fold,
                .finished = state->finished,
                .epoch = (uint64_t)state->epoch,
                .step = (uint64_t)state->step,
                .best_epoch = (uint64_t)state->best_epoch,
                .epochs = (uint64_t)job->config->training.epochs,
                .n_params = job->network.n_params,
                .n_trainable = job->network.n_trainable,
                .best = state->best};
    memcpy(h.magic, magic, sizeof magic);
    memcpy(h.identity, job->identity, GM_SHA256_HEX);
    return h;
}

/* The arrays behind the header, in their order in the file. */
enum { N_PARTS = 4 };
typedef struct {
    void *data;
    size_t size;
} part;

static void parts_of(const gm_training_job *job, const gm_fold_state *s, part out[N_PARTS]) {
    out[0] = (part){s->history, (size_t)job->config->training.epochs * sizeof(gm_epoch)};
    out[1] = (part){s->params, job->network.n_params * sizeof(float)};
    out[2] = (part){s->state, 2 * job->network.n_trainable * sizeof(float)};
    out[3] = (part){s->best_params, job->network.n_params * sizeof(float)};
}

static size_t body_size(const part parts[N_PARTS]) {
    size_t size = sizeof(header);
    for (int i = 0; i < N_PARTS; i++) size += parts[i].size;
    return size;
}

gm_status gm_fold_state_save(const gm_training_job *job, int fold, const gm_fold_state *state, gm_error *err) {
    part parts[N_PARTS];
    parts_of(job, state, parts);
    size_t size = body_size(parts), at = sizeof(header);
    gm_auto_free char *path = path_of(job, fold);
    gm_auto_free char *bytes = gm_alloc(size + GM_SHA256_HEX);
    if (!path || !bytes) return gm_nomem(err);
    header h = header_of(job, fold, state);
    memcpy(bytes, &h, sizeof h);
    for (int i = 0; i < N_PARTS; at += parts[i++].size) memcpy(bytes + at, parts[i].data, parts[i].size);
    gm_sha256(bytes, size, bytes + size);
    return gm_write_file_fast(path, bytes, size + GM_SHA256_HEX, err);
}

static bool fits(const gm_training_job *job, int fold, const header *h) {
    return memcmp(h->magic, magic, sizeof magic) == 0 && memcmp(h->identity, job->identity, GM_SHA256_HEX) == 0 &&
           h->fold == (uint64_t)fold && h->epochs == (uint64_t)job->config->training.epochs &&
           h->n_params == job->network.n_params && h->n_trainable == job->network.n_trainable && h->epoch <= h->epochs;
}

gm_status gm_fold_state_load(const gm_training_job *job, int fold, gm_fold_state *state, gm_error *err) {
    part parts[N_PARTS];
    parts_of(job, state, parts);
    size_t size = body_size(parts), have, at = sizeof(header);
    gm_auto_free char *path = path_of(job, fold);
    if (!path) return gm_nomem(err);
    if (!gm_file_exists(path)) return GM_E_NOTFOUND;
    gm_auto_free char *bytes = NULL;
    GM_TRY(gm_read_file(path, (size_t)4 << 30, &bytes, &have, err));
    char hash[GM_SHA256_HEX];
    header h;
    if (have != size + GM_SHA256_HEX) return GM_E_NOTFOUND;
    gm_sha256(bytes, size, hash);
    memcpy(&h, bytes, sizeof h);
    if (memcmp(hash, bytes + size, GM_SHA256_HEX) != 0 || !fits(job, fold, &h)) return GM_E_NOTFOUND;
    for (int i = 0; i < N_PARTS; at += parts[i++].size) memcpy(parts[i].data, bytes + at, parts[i].size);
    state->finished = h.finished != 0;
    state->epoch = (long)h.epoch;
    state->step = (long)h.step;
    state->best_epoch = (long)h.best_epoch;
    state->best = h.best;
    return GM_OK;
}
