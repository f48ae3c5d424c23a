#include "run_facts.h"

#include "run_notes.h"
#include "training/training.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const run_key_doc general[] = {
    {"run", "name of the run's folder"},
    {"state", "running, stopped, finished or failed"},
    {"experiment", "experiment_name of the configuration"},
    {"started_at", "when it began, UTC: '2026-11-24T02:15:00.000Z'; compare with '2026-11-24' and the like"},
    {"ended_at", "when training ended, UTC"},
    {"duration_s", "from begin to end, in seconds, pauses included"},
    {"user", "who started it"},
    {"host", "machine that trained it"},
    {"build", "version of the program and first digits of its hash"},
    {"cpu", "instruction set that it was trained with"},
    {"command", "command line that started it"},
    {"seed", "seed of all random numbers"},
    {"dataset", "name of the data set snapshot"},
    {"data_dir", "data directory that it was trained on"},
    {"holes", "holes that it learned from"},
    {"folds", "folds that were trained"},
    {"notes", "all notes, joined"},
};

const run_key_doc *run_general_keys(size_t *count) {
    *count = GM_COUNT(general);
    return general;
}

const char *run_state_name(run_state state) {
    static const char *const names[] = {"running", "stopped", "finished", "failed"};
    return names[state];
}

/* ---- metrics ---- */

static void put(json_t *facts, const char *prefix, const char *name, json_t *value) {
    char key[400];
    snprintf(key, sizeof key, "%s%s", prefix, name);
    json_object_set_new(facts, key, value);
}

/* {"interval": {"coverage": 0.9}} under "exit" -> metrics.exit_interval_coverage */
static void put_numbers(json_t *facts, const char *prefix, json_t *from) {
    const char *name;
    json_t *value;
    json_object_foreach (from, name, value) {
        char deeper[400];
        if (json_is_number(value)) put(facts, prefix, name, json_incref(value));
        if (!json_is_object(value)) continue;
        snprintf(deeper, sizeof deeper, "%s%s_", prefix, name);
        put_numbers(facts, deeper, value);
    }
}

static void put_part(json_t *facts, const char *prefix, const json_t *part) {
    const char *name;
    json_t *point, *grip = json_object_get(part, "grip_code"), *holes = json_object_get(part, "holes");
    char deeper[200];
    if (!part || json_is_null(part)) return;
    if (json_is_number(holes)) put(facts, prefix, "holes", json_incref(holes));
    json_object_foreach (json_object_get(part, "points"), name, point) {
        if (json_number_value(json_object_get(point, "n")) <= 0) continue;
        snprintf(deeper, sizeof deeper, "%s%s_", prefix, name);
        put_numbers(facts, deeper, point);
    }
    if (json_number_value(json_object_get(grip, "n")) <= 0) return;
    snprintf(deeper, sizeof deeper, "%sgrip_code_", prefix);
    put_numbers(facts, deeper, grip);
}

void run_facts_metrics(const json_t *metrics, json_t *facts) {
    put_part(facts, "metrics.", json_object_get(metrics, "out_of_fold"));
    put_part(facts, "metrics.held_out_", json_object_get(metrics, "held_out"));
    json_t *groups = json_object_get(metrics, "groups");
    if (json_is_number(groups)) put(facts, "metrics.", "groups", json_incref(groups));
}

/* ---- the other parts ---- */

static void put_text(json_t *facts, const char *key, const char *text) {
    if (text && *text) json_object_set_new(facts, key, json_string(text));
}

static void put_all(json_t *facts, const char *prefix, json_t *from) {
    const char *name;
    json_t *value;
    json_object_foreach (from, name, value) put(facts, prefix, name, json_incref(value));
}

/* Means over the folds of what events.jsonl says last: there while a run goes on, too. */
static void put_progress(json_t *facts, const run_log *log) {
    double best = 0, loss = 0;
    long n = 0, epochs = 0;
    for (long i = 0; i < log->n_folds; i++) {
        const run_log_fold *f = &log->folds[i];
        epochs += f->epoch;
        if (f->epoch == 0 || !isfinite(f->best_mm) || !isfinite(f->train_loss)) continue;
        best += f->best_mm;
        loss += f->train_loss;
        n++;
    }
    json_object_set_new(facts, "metrics.epochs", json_integer(epochs));
    if (n == 0) return;
    json_object_set_new(facts, "metrics.best_val_mm", json_real(best / (double)n));
    json_object_set_new(facts, "metrics.train_loss", json_real(loss / (double)n));
}

static void put_about(json_t *facts, const run_log *log) {
    static const char *const texts[] = {"host", "build", "cpu", "command", "dataset", "data_dir"};
    for (size_t i = 0; i < GM_COUNT(texts); i++)
        put_text(facts, texts[i], json_string_value(json_object_get(log->about, texts[i])));
    const char *asked = json_string_value(json_object_get(log->asked, "author"));
    put_text(facts, "user", asked ? asked : json_string_value(json_object_get(log->about, "user")));
    if (!json_object_get(facts, "build"))
        put_text(facts, "build", json_string_value(json_object_get(log->about, "gimlet")));
    if (!json_object_get(facts, "cpu")) put_text(facts, "cpu", log->cpu); /* older runs: events.jsonl has it */
    json_t *seed = json_object_get(log->params, "training_config.seed");
    if (seed) json_object_set(facts, "seed", seed);
}

static gm_status put_notes(json_t *facts, const run_log *log, gm_error *err) {
    json_t *tags, *notes, *note;
    gm_auto_text all = GM_TEXT_INIT;
    size_t i;
    GM_TRY(run_notes_read(log->dir, &tags, &notes, err));
    put_all(facts, "tags.", tags);
    json_array_foreach (notes, i, note)
        gm_text_printf(&all, "%s%s", i ? "\n" : "", json_string_value(json_object_get(note, "text")));
    put_text(facts, "notes", gm_text_c(&all));
    json_decref(tags);
    json_decref(notes);
    return gm_text_ok(&all) ? GM_OK : gm_nomem(err);
}

/* The last line of system.jsonl: what training has used by then. */
static void put_system(json_t *facts, const run_log *log) {
    enum { TAIL = 2048 };
    gm_auto_free char *path = gm_path_join(log->dir, "system.jsonl");
    FILE *file = path ? fopen(path, "re") : NULL;
    char tail[TAIL + 1];
    if (!file) return;
    if (fseek(file, -TAIL, SEEK_END) != 0) rewind(file);
    tail[fread(tail, 1, TAIL, file)] = '\0';
    fclose(file);
    char *end = strrchr(tail, '\n');
    if (!end) return;
    *end = '\0';
    char *begin = strrchr(tail, '\n');
    json_t *last = json_loads(begin ? begin + 1 : tail, 0, NULL);
    json_object_del(last, "time");
    put_all(facts, "system.", last);
    json_decref(last);
}

gm_status run_facts(const run_log *log, const service_child_record *record, json_t **out, gm_error *err) {
    json_t *facts = json_object();
    if (!facts) return gm_nomem(err);
    run_state state = run_log_state(log, record);
    put_text(facts, "run", log->name);
    put_text(facts, "state", run_state_name(state));
    put_text(facts, "experiment", log->experiment);
    put_text(facts, "started_at", log->started_at);
    if (state != RUN_RUNNING && log->ending_at[0]) {
        put_text(facts, "ended_at", log->ending_at);
        double seconds = run_log_seconds(log->ending_at) - run_log_seconds(log->started_at);
        if (seconds >= 0) json_object_set_new(facts, "duration_s", json_real(round(seconds * 10) / 10));
    }
    put_about(facts, log);
    if (log->holes) json_object_set_new(facts, "holes", json_integer(log->holes));
    if (log->n_folds) json_object_set_new(facts, "folds", json_integer(log->n_folds));
    put_all(facts, "params.", log->params);
    put_progress(facts, log);
    run_facts_metrics(log->metrics, facts);
    put_system(facts, log);
    gm_status status = put_notes(facts, log, err);
    if (status != GM_OK) return json_decref(facts), status;
    *out = facts;
    return GM_OK;
}

json_t *run_facts_known(void) {
    static const char *const more[] = {"metrics.epochs",
                                       "metrics.best_val_mm",
                                       "metrics.train_loss",
                                       "metrics.groups",
                                       "system.cpu_s",
                                       "system.cpu_percent",
                                       "system.peak_memory_mb",
                                       "system.memory_mb",
                                       "system.machine_memory_percent",
                                       "system.machine_cpu_percent"};
    json_t *facts = json_object();
    size_t n;
    for (size_t i = 0; i < GM_COUNT(general); i++) json_object_set_new(facts, general[i].key, json_null());
    const gm_param_spec *specs = gm_training_config_specs(&n);
    for (size_t i = 0; i < n; i++) put(facts, "params.", specs[i].key, json_null());
    for (size_t i = 0; i < GM_COUNT(more); i++) json_object_set_new(facts, more[i], json_null());
    gm_metrics metrics = {.holes = 1, .grip_n = 1};
    for (int p = 0; p < GM_N_EVAL; p++) metrics.points[p].n = 1;
    gm_auto_text text = GM_TEXT_INIT;
    gm_metrics_json(&metrics, &text);
    json_t *part = json_loads(gm_text_c(&text), 0, NULL),
           *both = json_pack("{s:O?, s:O?}", "out_of_fold", part, "held_out", part);
    run_facts_metrics(both, facts);
    json_decref(both);
    json_decref(part);
    return facts;
}
