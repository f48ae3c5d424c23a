/* Epochs of events.jsonl as metrics: a step for each epoch of each fold, with the time at which it ended.
 *
 * An epoch that was trained twice (a kill, a resume) is sent once. A batch whose answer was lost is sent again with the
 * same times, and the server keeps it once. */
#include "mlflow_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 800, MAX_FOLDS = 1000 }; /* 1,000 metrics and 1 MB are the server's limits */

int64_t mlflow_ms(const char *utc) {
    struct tm tm = {0};
    const char *rest = utc ? strptime(utc, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
    if (!rest) return 0;
    long ms = 0;
    if (*rest == '.') ms = strtol(rest + 1, NULL, 10);
    return (int64_t)timegm(&tm) * 1000 + GM_MIN(GM_MAX(ms, 0), 999);
}

typedef struct {
    mlflow_push *push;
    json_t *batches[MAX_FOLDS + 1]; /* waiting, by fold */
    json_t *epochs;                 /* {fold: the newest epoch that waits or was sent} */
} sending;

static gm_status flush(sending *s, long fold, gm_error *err) {
    json_t *batch = s->batches[fold];
    size_t n = json_array_size(batch);
    if (n == 0) return GM_OK;
    const char *run_id;
    GM_TRY(mlflow_ensure_run(s->push, fold, &run_id, err));
    s->batches[fold] = NULL;
    GM_TRY(mlflow_call(&s->push->client, "POST", "runs/log-batch",
                       json_pack("{s:s, s:o}", "run_id", run_id, "metrics", batch), false, NULL, err));
    s->push->metrics += (long)n;
    return GM_OK;
}

static gm_status take_epoch(sending *s, const json_t *event, int64_t ms, gm_error *err) {
    static const char *const names[] = {"train_loss", "val_loss", "val_mm", "learning_rate"};
    long fold = (long)json_integer_value(json_object_get(event, "fold"));
    json_int_t epoch = json_integer_value(json_object_get(event, "epoch"));
    if (fold < 1 || fold > MAX_FOLDS) return GM_OK;
    char key[16];
    snprintf(key, sizeof key, "%ld", fold);
    if (epoch <= json_integer_value(json_object_get(s->epochs, key))) return GM_OK;
    json_object_set_new(s->epochs, key, json_integer(epoch));
    if (!s->batches[fold]) s->batches[fold] = json_array();
    for (size_t i = 0; i < GM_COUNT(names); i++) {
        json_t *value = json_object_get(event, names[i]);
        if (!json_is_number(value)) continue;
        json_t *metric = json_pack("{s:s, s:O, s:I, s:I}", "key", names[i], "value", value, "timestamp", (json_int_t)ms,
                                   "step", epoch);
        if (json_array_append_new(s->batches[fold], metric) != 0) return gm_nomem(err);
    }
    return json_array_size(s->batches[fold]) > BATCH ? flush(s, fold, err) : GM_OK;
}

static gm_status take_line(sending *s, const char *line, size_t length, int64_t *ended_ms, gm_error *err) {
    json_t *event = json_loadb(line, length, 0, NULL);
    const char *name = json_string_value(json_object_get(event, "event"));
    int64_t ms = mlflow_ms(json_string_value(json_object_get(event, "time")));
    gm_status status = GM_OK;
    if (ms) *ended_ms = ms;
    if (name && strcmp(name, "epoch") == 0) status = take_epoch(s, event, ms, err);
    json_decref(event);
    return status;
}

static gm_status take_lines(sending *s, FILE *file, long long *offset, int64_t *ended_ms, gm_error *err) {
    char *line = NULL;
    size_t capacity = 0;
    gm_status status = GM_OK;
    for (ssize_t n; status == GM_OK && (n = getline(&line, &capacity, file)) > 0 && line[n - 1] == '\n';) {
        status = take_line(s, line, (size_t)n, ended_ms, err);
        *offset += n;
    }
    free(line);
    for (long fold = 1; status == GM_OK && fold <= MAX_FOLDS; fold++) status = flush(s, fold, err);
    return status;
}

gm_status mlflow_send_epochs(mlflow_push *push, int64_t *ended_ms, gm_error *err) {
    gm_auto_free char *path = gm_path_join(push->request->run_dir, "events.jsonl");
    if (!path) return gm_nomem(err);
    *ended_ms = (int64_t)json_integer_value(json_object_get(push->state, "ended_ms"));
    FILE *file = fopen(path, "re");
    if (!file) return GM_OK; /* track_metrics: false */
    long long offset = (long long)json_integer_value(json_object_get(push->state, "offset"));
    json_t *before = json_object_get(push->state, "epochs");
    gm_auto_free sending *s = gm_calloc(1, sizeof *s);
    json_t *epochs = before ? json_deep_copy(before) : json_object();
    gm_status status = s && epochs && fseeko(file, offset, SEEK_SET) == 0 ? GM_OK : gm_nomem(err);
    if (status == GM_OK) {
        s->push = push;
        s->epochs = epochs;
        status = take_lines(s, file, &offset, ended_ms, err);
        for (long fold = 1; fold <= MAX_FOLDS; fold++) json_decref(s->batches[fold]);
    }
    fclose(file);
    if (status == GM_OK) {
        json_object_set(push->state, "epochs", epochs);
        json_object_set_new(push->state, "offset", json_integer(offset));
        json_object_set_new(push->state, "ended_ms", json_integer(*ended_ms));
        status = mlflow_save(push, err);
    }
    json_decref(epochs);
    return status;
}
