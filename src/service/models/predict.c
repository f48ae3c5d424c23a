#include "predict.h"

#include "service/paths.h"
#include "service/registry/registry.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Depths to the nanometre: what is printed does not depend on who prints it. */
static json_t *number_json(double value) {
    return isfinite(value) ? json_real(round(value * 1e6) / 1e6) : json_null();
}

json_t *gm_prediction_json(const char *file, const gm_prediction *p) {
    json_t *points = json_object(), *layers = json_array(), *warnings = json_array();
    for (int k = 0; k < GM_N_POINTS; k++) {
        json_t *point = isnan(p->label.points[k].mm)
                            ? json_null()
                            : json_pack("{s:o, s:o, s:o, s:o}", "mm", number_json(p->label.points[k].mm), "low_mm",
                                        number_json(p->low_mm[k]), "high_mm", number_json(p->high_mm[k]), "confidence",
                                        number_json(p->label.points[k].confidence));
        json_object_set_new(points, gm_point_name((gm_point)k), point);
    }
    for (int i = 0; i < p->n_layers; i++) json_array_append_new(layers, number_json(p->layers_mm[i]));
    for (int i = 0; i < p->n_warnings; i++) json_array_append_new(warnings, json_string(p->warnings[i]));
    json_t *grip = p->grip_code > 0 ? json_integer(p->grip_code) : json_null();
    return json_pack("{s:s, s:o, s:o, s:o, s:o}", "file", file, "points", points, "layers_mm", layers, "grip_code",
                     grip, "warnings", warnings);
}

gm_status gm_predict_record(gm_predictor *predictor, const gm_source *source, gm_prediction *out, gm_error *err) {
    gm_auto_findings findings = GM_FINDINGS_INIT;
    gm_auto(gm_record) record = NULL;
    GM_TRY(gm_read_record(source, &record, &findings, err));
    if (!record) return gm_fail(err, GM_E_FORMAT, "this message holds no trace: give the Trace message");
    return gm_predictor_run(predictor, record, out, err);
}

/* ---- opened models ---- */

typedef struct kept_predictor {
    char *dir;
    struct timespec trained; /* time of its metrics.json */
    int64_t bytes;           /* of its files */
    gm_predictor *predictor;
    pthread_mutex_t turn;
    int users;                   /* that hold it or wait for their turn */
    bool dropped;                /* out of the list: freed by its last user */
    struct kept_predictor *next; /* last used first */
} kept_predictor;

struct gm_predictors {
    char *models_dir;
    pthread_mutex_t lock;    /* of the list */
    pthread_mutex_t opening; /* one model is opened at a time */
    kept_predictor *first;
};

gm_status gm_predictors_new(const char *models_dir, gm_predictors **out, gm_error *err) {
    gm_predictors *p = gm_calloc(1, sizeof *p);
    if (!p) return gm_nomem(err);
    pthread_mutex_init(&p->lock, NULL);
    pthread_mutex_init(&p->opening, NULL);
    if (!(p->models_dir = gm_strdup(models_dir))) {
        gm_predictors_free(p);
        return gm_nomem(err);
    }
    *out = p;
    return GM_OK;
}

static void kept_free(kept_predictor *kept) {
    gm_predictor_free(kept->predictor);
    pthread_mutex_destroy(&kept->turn);
    gm_free(kept->dir);
    gm_free(kept);
}

void gm_predictors_free(gm_predictors *p) {
    if (!p) return;
    while (p->first) {
        kept_predictor *next = p->first->next;
        kept_free(p->first);
        p->first = next;
    }
    pthread_mutex_destroy(&p->lock);
    pthread_mutex_destroy(&p->opening);
    gm_free(p->models_dir);
    gm_free(p);
}

/* Under the lock: out of the list, freed now or by its last user. */
static void drop(kept_predictor **at) {
    kept_predictor *kept = *at;
    *at = kept->next;
    kept->dropped = true;
    if (kept->users == 0) kept_free(kept);
}

/* Under the lock: the list stays within its bounds; the newest entry is always kept. */
static void trim(gm_predictors *p) {
    int64_t bytes = 0;
    int count = 0;
    for (kept_predictor **at = &p->first; *at;) {
        bytes += (*at)->bytes;
        if (count++ > 0 && (count > GM_PREDICTORS_KEPT || bytes > GM_PREDICTORS_KEPT_BYTES))
            drop(at);
        else
            at = &(*at)->next;
    }
}

/* Under the lock: the model of this folder in front of the list, or NULL. One of an older training is dropped. */
static kept_predictor *take_kept(gm_predictors *p, const char *dir, const struct timespec *trained) {
    for (kept_predictor **at = &p->first; *at; at = &(*at)->next) {
        kept_predictor *kept = *at;
        if (strcmp(kept->dir, dir) != 0) continue;
        if (kept->trained.tv_sec != trained->tv_sec || kept->trained.tv_nsec != trained->tv_nsec) {
            drop(at);
            return NULL;
        }
        *at = kept->next;
        kept->next = p->first;
        p->first = kept;
        kept->users++;
        return kept;
    }
    return NULL;
}

static int64_t weights_bytes(const char *dir) {
    gm_file_list files = {0};
    int64_t bytes = 0;
    if (gm_list_files(dir, &files, NULL) != GM_OK) return 0;
    for (size_t i = 0; i < files.count; i++)
        if (gm_starts_with(files.items[i].relative, "fold_")) bytes += files.items[i].size_bytes;
    gm_file_list_finish(&files);
    return bytes;
}

static gm_status open_model(gm_predictors *p, const char *dir, const struct timespec *trained, kept_predictor **out,
                            gm_error *err) {
    gm_auto(gm_predictor) predictor = NULL;
    GM_TRY(gm_predictor_open(dir, 0, &predictor, err));
    kept_predictor *kept = gm_calloc(1, sizeof *kept);
    if (!kept || !(kept->dir = gm_strdup(dir))) return gm_free(kept), gm_nomem(err);
    pthread_mutex_init(&kept->turn, NULL);
    kept->trained = *trained;
    kept->bytes = weights_bytes(dir);
    kept->predictor = gm_steal(&predictor);
    kept->users = 1;
    pthread_mutex_lock(&p->lock);
    kept->next = p->first;
    p->first = kept;
    trim(p);
    pthread_mutex_unlock(&p->lock);
    *out = kept;
    return GM_OK;
}

static gm_status when_trained(const char *dir, const char *run, struct timespec *out, gm_error *err) {
    gm_auto_free char *metrics = gm_path_join(dir, "metrics.json");
    struct stat info;
    if (!metrics) return gm_nomem(err);
    if (!gm_is_directory(dir)) return gm_fail(err, GM_E_NOTFOUND, "there is no run \"%.80s\"", run);
    if (stat(metrics, &info) != 0)
        return gm_fail_at(err, GM_E_CONFLICT, 0, 0, "wait until it is finished, or resume it",
                          "the run %.80s is not finished", run);
    *out = info.st_mtim;
    return GM_OK;
}

static kept_predictor *look_up(gm_predictors *p, const char *dir, const struct timespec *trained) {
    pthread_mutex_lock(&p->lock);
    kept_predictor *kept = take_kept(p, dir, trained);
    pthread_mutex_unlock(&p->lock);
    return kept;
}

/* Of a run, or of a registered model: an alias may mean another version from one request to the next. */
static gm_status folder_of(const gm_predictors *p, const char *run, char **out, gm_error *err) {
    if (gm_registry_is_ref(run)) return gm_model_folder(p->models_dir, run, out, err);
    if (service_name_check(run, "model", NULL) != GM_OK)
        return gm_fail(err, GM_E_NOTFOUND, "there is no run \"%.80s\"", run);
    *out = gm_path_join(p->models_dir, run);
    return *out ? GM_OK : gm_nomem(err);
}

static gm_status acquire(gm_predictors *p, const char *run, kept_predictor **out, gm_error *err) {
    gm_auto_free char *dir = NULL;
    struct timespec trained;
    GM_TRY(folder_of(p, run, &dir, err));
    GM_TRY(when_trained(dir, run, &trained, err));
    if ((*out = look_up(p, dir, &trained))) return GM_OK;
    pthread_mutex_lock(&p->opening); /* whoever comes second finds it opened */
    gm_status status = GM_OK;
    if (!(*out = look_up(p, dir, &trained))) status = open_model(p, dir, &trained, out, err);
    pthread_mutex_unlock(&p->opening);
    return status;
}

static void release(gm_predictors *p, kept_predictor *kept) {
    pthread_mutex_lock(&p->lock);
    bool last = --kept->users == 0 && kept->dropped;
    pthread_mutex_unlock(&p->lock);
    if (last) kept_free(kept);
}

gm_status gm_predictors_predict(gm_predictors *p, const char *run, const char *file, const void *bytes, size_t size,
                                json_t **out, gm_error *err) {
    kept_predictor *kept = NULL;
    gm_prediction prediction;
    gm_source source = {NULL, bytes, size};
    GM_TRY(acquire(p, run, &kept, err));
    pthread_mutex_lock(&kept->turn);
    gm_status status = gm_predict_record(kept->predictor, &source, &prediction, err);
    pthread_mutex_unlock(&kept->turn);
    release(p, kept);
    GM_TRY(status);
    *out = gm_prediction_json(file, &prediction);
    return *out ? GM_OK : gm_nomem(err);
}
