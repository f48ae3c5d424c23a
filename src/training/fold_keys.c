/* What ties holes together: the same trace, the same tool, the same day on one head. */
#include "training.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void folder_of(const char *file, char *out, size_t size) {
    const char *base = gm_path_base(file);
    size_t n = (size_t)(base - file);
    while (n && file[n - 1] == '/') n--;
    snprintf(out, size, "%.*s", (int)GM_MIN(n, size - 1), file);
}

static const char *first_given(const char *a, const char *b, const char *c) {
    return *a ? a : *b ? b : c;
}

static void age_class(double holes, char out[24]) {
    static const struct {
        double below;
        const char *name;
    } classes[] = {{10, "0-9 holes"}, {25, "10-24 holes"}, {50, "25-49 holes"}, {100, "50-99 holes"}};
    snprintf(out, 24, "%s", holes >= 0 ? "100 and more" : "unknown");
    for (size_t i = 0; holes >= 0 && i < GM_COUNT(classes); i++)
        if (holes < classes[i].below) {
            snprintf(out, 24, "%s", classes[i].name);
            return;
        }
}

void gm_fold_key_of(const gm_record *record, const char *file, const char *family, gm_fold_key *out) {
    const gm_record_meta *meta = &record->meta;
    *out =
        (gm_fold_key){.file = file,
                      .global_counter = meta->head_global_counter,
                      .local_counter = meta->head_local_counter_1,
                      .tool_age_holes = meta->head_local_counter_1 > 0 ? (double)meta->head_local_counter_1 - 1 : NAN};
    char folder[128];
    folder_of(file ? file : "", folder, sizeof folder);
    const char *head = first_given(meta->head_tag, meta->motor_serial, meta->head_name);
    gm_record_trace_hash(record, out->trace);
    gm_record_program_id(record, out->program);
    snprintf(out->family, sizeof out->family, "%s",
             family && *family ? family
             : *folder         ? gm_path_base(folder)
                               : meta->head_name);
    snprintf(out->stratum, sizeof out->stratum, "%.60s/%.16s", out->family, out->program);
    snprintf(out->tool, sizeof out->tool, "%.40s|%.40s|%.60s", head, meta->head_customer_info, folder);
    snprintf(out->session, sizeof out->session, "%.40s|%.10s", head, meta->date);
    if (!*meta->date) snprintf(out->session, sizeof out->session, "%.40s|%.100s", head, folder);
    age_class(out->tool_age_holes, out->tool_age);
}

static int by_tool_and_time(const void *a, const void *b) {
    const gm_fold_key *x = *(gm_fold_key *const *)a, *y = *(gm_fold_key *const *)b;
    int order = strcmp(x->tool, y->tool);
    if (order) return order;
    if (x->global_counter != y->global_counter) return x->global_counter < y->global_counter ? -1 : 1;
    return gm_compare_natural(x->file ? x->file : "", y->file ? y->file : "");
}

gm_status gm_fold_keys_tools(gm_fold_key *keys, size_t count, gm_error *err) {
    gm_auto_free gm_fold_key **order = gm_alloc_array(count + 1, sizeof *order);
    gm_auto_free char *names = gm_alloc_array(count + 1, sizeof keys[0].tool);
    if (!order || !names) return gm_nomem(err);
    for (size_t i = 0; i < count; i++) order[i] = &keys[i];
    qsort(order, count, sizeof *order, by_tool_and_time);
    int life = 1;
    for (size_t i = 0; i < count; i++) {
        bool same_head = i && strcmp(order[i]->tool, order[i - 1]->tool) == 0;
        bool fell = same_head && order[i]->local_counter >= 0 && order[i]->local_counter < order[i - 1]->local_counter;
        life = !same_head ? 1 : life + fell;
        snprintf(names + i * sizeof keys[0].tool, sizeof keys[0].tool, "%.140s|tool %d", order[i]->tool, life);
    }
    for (size_t i = 0; i < count; i++) memcpy(order[i]->tool, names + i * sizeof keys[0].tool, sizeof keys[0].tool);
    return GM_OK;
}
