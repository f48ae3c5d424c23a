#include "fold_ghosts.h"

#include "training/training.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { KEPT = 128, WAITING = 8 }; /* holes whose answers are kept; that may wait: the newest questions matter */

typedef struct {
    char run[256], hole[GM_SHA256_HEX];
} question;

typedef struct {
    question of;
    gm_label *labels; /* NULL = this run cannot say */
    size_t count;
    bool used;
} answer;

struct gm_fold_ghosts {
    char *data_dir, *models_dir;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t asked;
    question waiting[WAITING]; /* the newest last */
    size_t n_waiting;
    answer kept[KEPT];
    size_t next;
    bool stop, started;
};

static bool is_same(const question *a, const question *b) {
    return strcmp(a->hole, b->hole) == 0 && strcmp(a->run, b->run) == 0;
}

/* --- in the thread --- */

/* The models that are open: those of one run. */
typedef struct {
    char run[256];
    gm_predictor *predictor;
    gm_store *store;
} workshop;

static gm_status open_models(gm_fold_ghosts *g, workshop *shop, const char *run, gm_error *err) {
    if (shop->predictor && strcmp(shop->run, run) == 0) return GM_OK;
    gm_predictor_free(gm_steal(&shop->predictor));
    gm_auto_free char *dir = gm_path_join(g->models_dir, run);
    if (!dir) return gm_nomem(err);
    GM_TRY(gm_predictor_open(dir, 1, &shop->predictor, err));
    snprintf(shop->run, sizeof shop->run, "%s", run);
    return GM_OK;
}

static gm_status predict(gm_fold_ghosts *g, workshop *shop, const question *q, answer *out, gm_error *err) {
    gm_auto(gm_record) record = NULL;
    gm_prediction prediction;
    GM_TRY(open_models(g, shop, q->run, err));
    if (!shop->store) GM_TRY(gm_store_open(g->data_dir, false, 0, &shop->store, err));
    GM_TRY(gm_store_load_hole(shop->store, q->hole, &record, err));
    const int n = gm_predictor_folds(shop->predictor);
    gm_auto_free gm_label *labels = gm_alloc_array((size_t)n, sizeof *labels);
    if (!labels) return gm_nomem(err);
    for (int fold = 0; fold < n; fold++) {
        GM_TRY(gm_predictor_run_fold(shop->predictor, fold, record, &prediction, err));
        labels[fold] = prediction.label;
    }
    out->labels = gm_steal(&labels);
    out->count = (size_t)n;
    return GM_OK;
}

static void *work(void *ctx) {
    gm_fold_ghosts *g = ctx;
    workshop shop = {0};
    pthread_mutex_lock(&g->mutex);
    while (!g->stop) {
        if (!g->n_waiting) {
            pthread_cond_wait(&g->asked, &g->mutex);
            continue;
        }
        answer made = {.of = g->waiting[--g->n_waiting], .used = true};
        pthread_mutex_unlock(&g->mutex);
        (void)predict(g, &shop, &made.of, &made, NULL); /* a hole that it cannot predict has no ghosts */
        pthread_mutex_lock(&g->mutex);
        answer *place = &g->kept[g->next++ % KEPT];
        gm_free(place->labels);
        *place = made;
    }
    pthread_mutex_unlock(&g->mutex);
    gm_predictor_free(shop.predictor);
    gm_store_free(shop.store);
    return NULL;
}

/* --- outside --- */

gm_status gm_fold_ghosts_new(const char *data_dir, const char *models_dir, gm_fold_ghosts **out, gm_error *err) {
    gm_auto(gm_fold_ghosts) g = gm_calloc(1, sizeof *g);
    if (!g) return gm_nomem(err);
    pthread_mutex_init(&g->mutex, NULL);
    pthread_cond_init(&g->asked, NULL);
    g->data_dir = gm_strdup(data_dir);
    g->models_dir = gm_strdup(models_dir);
    if (!g->data_dir || !g->models_dir) return gm_nomem(err);
    if (pthread_create(&g->thread, NULL, work, g) != 0) return gm_fail(err, GM_E_UNAVAILABLE, "no further thread");
    g->started = true;
    *out = gm_steal(&g);
    return GM_OK;
}

void gm_fold_ghosts_free(gm_fold_ghosts *g) {
    if (!g) return;
    pthread_mutex_lock(&g->mutex);
    g->stop = true;
    pthread_cond_signal(&g->asked);
    pthread_mutex_unlock(&g->mutex);
    if (g->started) pthread_join(g->thread, NULL);
    for (size_t i = 0; i < KEPT; i++) gm_free(g->kept[i].labels);
    pthread_cond_destroy(&g->asked);
    pthread_mutex_destroy(&g->mutex);
    gm_free(g->data_dir);
    gm_free(g->models_dir);
    gm_free(g);
}

static const answer *find(const gm_fold_ghosts *g, const question *q) {
    for (size_t i = 0; i < KEPT; i++)
        if (g->kept[i].used && is_same(&g->kept[i].of, q)) return &g->kept[i];
    return NULL;
}

/* Under the mutex. A question that waits already moves to the front; the oldest gives way when there are too many. */
static void ask(gm_fold_ghosts *g, const question *q) {
    size_t gone = SIZE_MAX;
    for (size_t i = 0; i < g->n_waiting; i++)
        if (is_same(&g->waiting[i], q)) gone = i;
    if (gone == SIZE_MAX && g->n_waiting == WAITING) gone = 0;
    if (gone != SIZE_MAX)
        memmove(&g->waiting[gone], &g->waiting[gone + 1], (--g->n_waiting - gone) * sizeof *g->waiting);
    g->waiting[g->n_waiting++] = *q;
    pthread_cond_signal(&g->asked);
}

gm_status gm_fold_ghosts_get(gm_fold_ghosts *g, const char *run, const char *hole, gm_label **out, size_t *count,
                             gm_error *err) {
    question q;
    snprintf(q.run, sizeof q.run, "%s", run);
    snprintf(q.hole, sizeof q.hole, "%s", hole);
    *out = NULL;
    *count = 0;
    pthread_mutex_lock(&g->mutex);
    const answer *known = find(g, &q);
    gm_status status = GM_OK;
    if (!known) {
        ask(g, &q);
    } else if (known->count) {
        *out = gm_alloc_array(known->count, sizeof **out);
        if (*out) {
            memcpy(*out, known->labels, known->count * sizeof **out);
            *count = known->count;
        } else {
            status = gm_nomem(err);
        }
    }
    pthread_mutex_unlock(&g->mutex);
    return status;
}
