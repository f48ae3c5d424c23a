/* labels.csv, written: the columns that everybody needs first, evidence after them. */
#include "labeling.h"

void gm_labels_write_header(gm_text *out) {
    gm_text_append(out, "file,entry_mm,transition_mm,exit_mm,entry_confidence,transition_confidence,exit_confidence,"
                        "confidence,category,source,clarity,signal,pattern,entry_evidence,transition_evidence,"
                        "exit_evidence,author,made_at,rejected,reason\n");
}

static void write_number(gm_text *out, double value) {
    gm_text_append(out, ",");
    if (isfinite(value)) gm_text_number(out, value, 3);
}

static void write_text(gm_text *out, const char *text) {
    gm_text_append(out, ",");
    gm_text_csv(out, text);
}

void gm_labels_write_row(gm_text *out, const char *file, const gm_label *label) {
    gm_text_csv(out, file);
    for (int p = 0; p < GM_N_POINTS; p++) write_number(out, label->points[p].mm);
    for (int p = 0; p < GM_N_POINTS; p++) write_number(out, label->points[p].confidence);
    write_number(out, label->confidence);
    write_text(out, gm_label_category(label->confidence));
    write_text(out, gm_label_source_name(label->source));
    write_number(out, label->factor_clarity);
    write_number(out, label->factor_signal);
    write_number(out, label->factor_pattern);
    for (int p = 0; p < GM_N_POINTS; p++) write_text(out, label->points[p].evidence);
    write_text(out, label->author);
    write_text(out, label->made_at);
    gm_text_append(out, label->rejected ? ",true" : ",false");
    write_text(out, label->reason);
    gm_text_append(out, "\n");
}
