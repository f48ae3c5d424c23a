/* Holes of all families, shared out by their weights, written side by side; then the table of the truth. */
#include "simulation_internal.h"

#include <stdio.h>
#include <string.h>

size_t gm_simulation_families(const gm_family_info **out) {
    static gm_family_info infos[16];
    size_t n;
    const family_spec *const *families = all_families(&n);
    for (size_t i = 0; i < n; i++) infos[i] = (gm_family_info){families[i]->name, families[i]->doc};
    *out = infos;
    return n;
}

typedef struct {
    size_t family;
    int index; /* in its family */
    gm_hole_kind kind;
    gm_hole_truth truth;
    char file[160];
    gm_status status;
    gm_error err;
} planned;

typedef struct {
    const gm_simulation_options *options;
    planned *holes;
    size_t first; /* of the chunk that is being written */
} plan;

static gm_status pick_families(const gm_simulation_options *options, bool *picked, gm_error *err) {
    size_t n;
    const family_spec *const *families = all_families(&n);
    const char *names[16];
    for (size_t i = 0; i < n; i++) names[i] = families[i]->name, picked[i] = options->n_families == 0;
    for (size_t k = 0; k < options->n_families; k++) {
        size_t i = 0;
        while (i < n && strcmp(names[i], options->families[k]) != 0) i++;
        if (i < n) {
            picked[i] = true;
            continue;
        }
        const char *nearest = gm_nearest_name(options->families[k], names, n);
        char hint[200];
        snprintf(hint, sizeof hint,
                 nearest ? "did you mean %s?" : "gimlet simulate --help lists the families (%s, ...)",
                 nearest ? nearest : names[0]);
        return gm_fail_at(err, GM_E_ARG, 0, 0, hint, "there is no family \"%s\"", options->families[k]);
    }
    return GM_OK;
}

/* A few of the holes are irregular, each family's own random choice. */
static gm_hole_kind pick_kind(uint64_t seed, size_t family, int index, double rate) {
    gm_random r;
    gm_random_init(&r, seed, gm_stream(3, (uint64_t)7, (uint64_t)family, (uint64_t)index));
    if (gm_random_uniform(&r) >= rate) return GM_HOLE_NORMAL;
    gm_hole_kind kind = (gm_hole_kind)(1 + gm_random_below(&r, GM_N_HOLE_KINDS - 1));
    return kind == GM_HOLE_DUPLICATE && index == 0 ? GM_HOLE_SHIFTED : kind;
}

/* Largest remainder: shares become whole numbers that add up. */
static void share_out(const bool *picked, int holes, int *counts) {
    size_t n;
    const family_spec *const *families = all_families(&n);
    double sum = 0, rest[16];
    int given = 0;
    for (size_t i = 0; i < n; i++) sum += picked[i] ? families[i]->share : 0;
    for (size_t i = 0; i < n; i++) {
        double exact = picked[i] ? holes * families[i]->share / sum : 0;
        counts[i] = (int)exact;
        rest[i] = picked[i] ? exact - counts[i] : -1;
        given += counts[i];
    }
    for (; given < holes; given++) {
        size_t best = 0;
        for (size_t i = 1; i < n; i++)
            if (rest[i] > rest[best]) best = i;
        counts[best]++;
        rest[best] -= 1;
    }
}

static void name_file(const family_spec *f, int index, char out[160]) {
    const char *id = strcmp(f->head_tag, "Light") == 0 ? f->motor_serial : f->head_tag;
    snprintf(out, 160, "%s/%s_%s_ST_%d_%d.xls", f->name, id, f->head_name, 1000 + index, 1 + index % f->holes_per_tool);
}

static gm_status write_hole(const plan *p, planned *hole, gm_error *err) {
    /* a duplicate is the hole before it, bytes and all, under its own name */
    int index = hole->kind == GM_HOLE_DUPLICATE ? hole->index - 1 : hole->index;
    gm_hole_kind kind = hole->kind == GM_HOLE_DUPLICATE
                            ? pick_kind(p->options->seed, hole->family, index, p->options->anomaly_rate)
                            : hole->kind;
    if (kind == GM_HOLE_DUPLICATE) kind = GM_HOLE_NORMAL;
    gm_auto(gm_record) record = NULL;
    GM_TRY(gm_simulate_hole(hole->family, p->options->seed, index, kind, &record, &hole->truth, err));
    hole->truth.kind = hole->kind;
    gm_auto_text text = GM_TEXT_INIT;
    gm_setitec_write(record, &text);
    if (!gm_text_ok(&text)) return gm_nomem(err);
    gm_auto_free char *path = gm_path_join(p->options->output_dir, hole->file);
    if (!path) return gm_nomem(err);
    return gm_write_file_fast(path, text.data, text.length, err);
}

static void write_task(void *ctx, size_t index, int worker) {
    (void)worker;
    plan *p = ctx;
    planned *hole = &p->holes[p->first + index];
    hole->status = write_hole(p, hole, &hole->err);
}

static gm_status make_plan(const gm_simulation_options *options, plan *out, bool *picked, gm_error *err) {
    size_t n_families, n = 0;
    const family_spec *const *families = all_families(&n_families);
    int counts[16];
    share_out(picked, options->holes, counts);
    out->holes = gm_calloc((size_t)options->holes, sizeof *out->holes);
    if (!out->holes) return gm_nomem(err);
    for (size_t f = 0; f < n_families; f++) {
        if (counts[f] == 0) continue;
        gm_auto_free char *folder = gm_path_join(options->output_dir, families[f]->name);
        if (!folder) return gm_nomem(err);
        GM_TRY(gm_make_dirs(folder, err));
        for (int i = 0; i < counts[f]; i++) {
            planned *hole = &out->holes[n++];
            hole->family = f;
            hole->index = i;
            hole->kind = pick_kind(options->seed, f, i, options->anomaly_rate);
            name_file(families[f], i, hole->file);
        }
    }
    return GM_OK;
}

static void put_cell(gm_text *out, double value) {
    gm_text_append(out, ",");
    if (!isnan(value)) gm_text_number(out, value, 3);
}

static gm_status write_truth(const gm_simulation_options *options, const plan *p, gm_simulation_summary *out,
                             gm_error *err) {
    size_t n_families;
    const family_spec *const *families = all_families(&n_families);
    gm_auto_text text = GM_TEXT_INIT;
    gm_text_append(&text, "file,entry_mm,transition_mm,exit_mm,kind,family,layer1_mm,layer2_mm,tool_age\n");
    for (int i = 0; i < options->holes; i++) {
        const planned *hole = &p->holes[i];
        gm_text_csv(&text, hole->file);
        for (int k = 0; k < GM_N_POINTS; k++) put_cell(&text, hole->truth.points_mm[k]);
        gm_text_printf(&text, ",%s,%s", gm_hole_kind_name(hole->kind), families[hole->family]->name);
        for (int k = 0; k < 2; k++) put_cell(&text, hole->truth.layers_mm[k]);
        gm_text_printf(&text, ",%d\n", hole->truth.tool_age);
        out->anomalies += hole->kind != GM_HOLE_NORMAL;
    }
    out->truth_csv = gm_path_join(options->output_dir, "truth.csv");
    if (!gm_text_ok(&text) || !out->truth_csv) return gm_nomem(err);
    return gm_write_file(out->truth_csv, gm_text_c(&text), text.length, err);
}

static gm_status write_all(const gm_simulation_options *options, plan *p, gm_error *err) {
    gm_auto(gm_threads) threads = NULL;
    GM_TRY(gm_threads_new(options->threads, &threads, err));
    enum { CHUNK = 32 };
    for (size_t n = (size_t)options->holes; p->first < n; p->first += CHUNK) {
        size_t count = GM_MIN((size_t)CHUNK, n - p->first);
        gm_threads_run(threads, count, write_task, p);
        for (size_t i = 0; i < count; i++)
            if (p->holes[p->first + i].status != GM_OK) {
                *err = p->holes[p->first + i].err;
                return err->code;
            }
        if (!gm_report(options->observer, "simulating", (long)(p->first + count), (long)n, NULL))
            return gm_fail(err, GM_E_CANCELLED, "stopped after %zu of %zu holes", p->first + count, n);
    }
    return GM_OK;
}

gm_status gm_simulate(const gm_simulation_options *options, gm_simulation_summary *out, gm_error *err) {
    *out = (gm_simulation_summary){0};
    bool picked[16];
    gm_error own = {0};
    gm_error *report = err ? err : &own;
    if (options->holes < 1 || options->holes > 1000000)
        return gm_fail(report, GM_E_ARG, "%d holes cannot be simulated: 1 to 1,000,000", options->holes);
    GM_TRY(pick_families(options, picked, report));
    plan p = {.options = options};
    gm_status status = make_plan(options, &p, picked, report);
    if (status == GM_OK) status = write_all(options, &p, report);
    if (status == GM_OK) status = write_truth(options, &p, out, report);
    out->holes = (size_t)options->holes;
    gm_free(p.holes);
    return status;
}

void gm_simulation_summary_finish(gm_simulation_summary *summary) {
    gm_free(summary->truth_csv);
    summary->truth_csv = NULL;
}
