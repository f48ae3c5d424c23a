/* Findings and rows as JSON text. */
#include "report_internal.h"

#include <math.h>
#include <string.h>

static void place(gm_text *out, const char *key, long value) {
    if (value > 0)
        gm_text_printf(out, ",\"%s\":%ld", key, value);
    else
        gm_text_printf(out, ",\"%s\":null", key);
}

static void depth(gm_text *out, const char *key, double mm) {
    gm_text_printf(out, ",\"%s\":", key);
    if (isfinite(mm))
        gm_text_number(out, mm, 3);
    else
        gm_text_append(out, "null");
}

void gm_findings_to_json(const gm_findings *findings, gm_text *out) {
    gm_text_append(out, "[");
    for (size_t i = 0; i < findings->count; i++) {
        const gm_finding *f = &findings->items[i];
        gm_text_append(out, i ? ",{\"check\":" : "{\"check\":");
        gm_text_json_string(out, f->check);
        gm_text_append(out, ",\"severity\":");
        gm_text_json_string(out, gm_severity_name(f->severity));
        gm_text_append(out, ",\"message\":");
        gm_text_json_string(out, f->message);
        place(out, "line", f->line);
        place(out, "column", f->column);
        gm_text_append(out, ",\"hint\":");
        if (f->hint)
            gm_text_json_string(out, f->hint);
        else
            gm_text_append(out, "null");
        depth(out, "from_mm", f->from_mm);
        depth(out, "to_mm", f->to_mm);
        gm_text_append(out, "}");
    }
    gm_text_append(out, "]");
}

const char *gm_check_doc(const char *check) {
    static const struct {
        const char *id, *doc;
    } docs[] = {
#define GM_CHECK(id_, doc_) {id_, doc_},
#include "checks.list.h"
#undef GM_CHECK
    };
    for (size_t i = 0; i < GM_COUNT(docs); i++)
        if (strcmp(docs[i].id, check) == 0) return docs[i].doc;
    return "";
}
