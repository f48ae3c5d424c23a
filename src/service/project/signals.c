#include "signals.h"

#include <stdio.h>
#include <string.h>

static const struct signal {
    const char *name;
    size_t offset;
    bool is_integer;
} signals[] = {
    {"depth", offsetof(gm_record, depth_mm), false},
    {"torque", offsetof(gm_record, torque_a), false},
    {"thrust", offsetof(gm_record, thrust_a), false},
    {"step", offsetof(gm_record, step), true},
    {"stop", offsetof(gm_record, stop_code), true},
    {"torque_empty", offsetof(gm_record, torque_empty_a), false},
    {"thrust_empty", offsetof(gm_record, thrust_empty_a), false},
    {"power", offsetof(gm_record, power_w), false},
    {"gap", offsetof(gm_record, gap_mm), false},
};

static gm_status find_signal(const gm_record *record, const char *name, const struct signal **out, gm_error *err) {
    const char *names[GM_COUNT(signals)];
    for (size_t i = 0; i < GM_COUNT(signals); i++) {
        names[i] = signals[i].name;
        if (strcmp(signals[i].name, name) != 0) continue;
        if (!*(void *const *)((const char *)record + signals[i].offset))
            return gm_fail(err, GM_E_ARG, "this record has no signal \"%s\"", name);
        return *out = &signals[i], GM_OK;
    }
    const char *nearest = gm_nearest_name(name, names, GM_COUNT(names));
    char hint[80] = "";
    if (nearest) snprintf(hint, sizeof hint, "did you mean \"%s\"?", nearest);
    return gm_fail_at(err, GM_E_ARG, 0, 0, hint, "there is no signal \"%.40s\"", name);
}

static gm_status choose(const gm_record *record, const char *columns, const struct signal *chosen[], size_t *n,
                        gm_error *err) {
    *n = 0;
    for (const char *at = columns;;) {
        char name[48];
        size_t length = strcspn(at, ",");
        snprintf(name, sizeof name, "%.*s", (int)GM_MIN(length, sizeof name - 1), at);
        if (*n == GM_MAX_SIGNALS) return gm_fail(err, GM_E_ARG, "at most %d signals at once", GM_MAX_SIGNALS);
        GM_TRY(find_signal(record, name, &chosen[(*n)++], err));
        if (!at[length]) return GM_OK;
        at += length + 1;
    }
}

static float value_at(const gm_record *record, const struct signal *s, size_t row) {
    const void *data = *(void *const *)((const char *)record + s->offset);
    return s->is_integer ? (float)((const int32_t *)data)[row] : ((const float *)data)[row];
}

/* Minimum and maximum of rows first .. end - 1. */
static void pair_of(const gm_record *record, const struct signal *s, size_t first, size_t end, float out[2]) {
    float low = value_at(record, s, first), high = low;
    for (size_t row = first + 1; row < end; row++) {
        float v = value_at(record, s, row);
        if (v < low || isnan(low)) low = v;
        if (v > high || isnan(high)) high = v;
    }
    out[0] = low;
    out[1] = high;
}

gm_status gm_signals_of(const gm_record *record, const gm_signals_request *request, gm_signals *out, gm_error *err) {
    const char *columns = request->columns && request->columns[0] ? request->columns : "depth,torque,thrust,step,stop";
    const struct signal *chosen[GM_MAX_SIGNALS];
    gm_signals s = {0};
    GM_TRY(choose(record, columns, chosen, &s.n_columns, err));
    size_t to = request->to && request->to < record->n ? request->to : record->n, from = request->from;
    if (from > to) return gm_fail(err, GM_E_ARG, "the rows from %zu to %zu are none of 0 to %zu", from, to, record->n);
    size_t n = to - from, width = (size_t)GM_MAX(request->width, 0);
    s.pairs = width > 0 && n > width;
    s.n_rows = s.pairs ? width : n;
    s.values = gm_alloc_array(s.n_columns * s.n_rows * (s.pairs ? 2 : 1) + 1, sizeof *s.values);
    if (!s.values) return gm_nomem(err);
    float *at = s.values;
    for (size_t c = 0; c < s.n_columns; c++)
        for (size_t i = 0; i < s.n_rows; i++) {
            if (s.pairs) {
                pair_of(record, chosen[c], from + i * n / width, from + (i + 1) * n / width, at);
                at += 2;
            } else
                *at++ = value_at(record, chosen[c], from + i);
        }
    for (size_t c = 0, used = 0; c < s.n_columns; c++)
        used += (size_t)snprintf(s.columns + used, sizeof s.columns - used, "%s%s", c ? "," : "", chosen[c]->name);
    *out = s;
    return GM_OK;
}
