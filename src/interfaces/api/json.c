#include "json_internal.h"

#include <math.h>

json_t *api_json_number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *api_json_text(const char *text) {
    return text ? json_string(text) : json_null();
}

json_t *api_json_points(const gm_label *label) {
    json_t *points = json_object();
    for (int p = 0; p < GM_N_POINTS; p++) {
        const gm_label_point *point = &label->points[p];
        json_object_set_new(points, gm_point_name((gm_point)p),
                            json_pack("{s:o, s:o, s:s}", "mm", api_json_number(point->mm), "confidence",
                                      api_json_number(point->confidence), "evidence", point->evidence));
    }
    return points;
}

json_t *api_json_label(const gm_label *label) {
    json_t *factors =
        isfinite(label->factor_clarity)
            ? json_pack("{s:o, s:o, s:o}", "clarity", api_json_number(label->factor_clarity), "signal",
                        api_json_number(label->factor_signal), "pattern", api_json_number(label->factor_pattern))
            : json_null();
    return json_pack("{s:s, s:s, s:s, s:o, s:s, s:b, s:s, s:o, s:o}", "source", gm_label_source_name(label->source),
                     "author", label->author, "made_at", label->made_at, "confidence",
                     api_json_number(label->confidence), "category", gm_label_category(label->confidence), "rejected",
                     label->rejected, "reason", label->reason, "factors", factors, "points", api_json_points(label));
}

json_t *api_json_hole(const gm_hole_row *row) {
    const gm_stored_hole *hole = row->hole;
    json_t *checks = json_array(), *sources = json_array(), *authors = json_array();
    for (size_t i = 0; i < row->n_checks; i++) json_array_append_new(checks, json_string(row->checks[i]));
    for (size_t i = 0; i < row->n_authors; i++) json_array_append_new(authors, json_string(row->authors[i]));
    for (int s = 0; s < GM_N_SOURCES; s++)
        if (row->sources & 1u << s)
            json_array_append_new(sources, json_string(gm_label_source_name((gm_label_source)s)));
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:I, s:s, s:s, s:o, s:s, s:s, s:o, s:o, s:o, s:I, s:o}", "id",
                     hole->sha256, "file", hole->file, "family", hole->family, "verdict",
                     gm_verdict_name(hole->verdict), "score", api_json_number(hole->score), "n_rows",
                     (json_int_t)hole->facts.n_rows, "program_id", hole->facts.program_id, "tool", hole->facts.tool,
                     "tool_age", hole->facts.tool_age >= 0 ? json_integer(hole->facts.tool_age) : json_null(), "date",
                     hole->facts.date, "state", gm_hole_state_name(row->state), "checks", checks, "sources", sources,
                     "authors", authors, "version", (json_int_t)row->version, "label",
                     hole->has_label ? api_json_label(&hole->label) : json_null());
}
