/* The holes: the list with filters, one of them with all that is known of it. */
#include "data/ingestion/ingestion.h"
#include "editing_internal.h"
#include "hole_query_internal.h"
#include "service/project/record_csv.h"
#include "service/project/signals.h"

/* ---- GET /api/holes ---------------------------------------------------------------------------------------------- */

static json_t *facet_json(const gm_hole_facet *facets, size_t n) {
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) json_array_append_new(list, json_string(facets[i].name));
    return list;
}

static json_t *list_json(const api_request *request, const gm_hole_row *const *rows, size_t count,
                         const gm_hole_facets *f) {
    const api_hole_query *q = request->query;
    json_t *items = json_array();
    for (size_t i = (size_t)q->offset; i < count && i < (size_t)q->offset + (size_t)q->limit; i++)
        json_array_append_new(items, api_json_hole_for(request, rows[i]));
    size_t total = f->by_state[GM_STATE_AUTO] + f->by_state[GM_STATE_REVIEWED] + f->by_state[GM_STATE_REJECTED];
    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:{s:I, s:I, s:I}}", "total", (json_int_t)count, "items", items,
                     "families", facet_json(f->families, f->n_families), "programs",
                     facet_json(f->programs, f->n_programs), "findings", facet_json(f->findings, f->n_findings),
                     "authors", facet_json(f->authors, f->n_authors), "progress", "reviewed",
                     (json_int_t)f->by_state[GM_STATE_REVIEWED], "rejected", (json_int_t)f->by_state[GM_STATE_REJECTED],
                     "total", (json_int_t)total);
}

static gm_status get_holes(const api_request *request, api_answer *answer, gm_error *err) {
    const api_hole_query *q = request->query;
    gm_auto_holes list = NULL;
    GM_TRY(gm_project_holes(request->project, &list, err));
    gm_hole_filter filter = api_hole_filter_of(q);
    gm_auto_free const gm_hole_row **rows = NULL;
    size_t count;
    GM_TRY(gm_holes_select(list, &filter, (gm_hole_order)q->sort, q->order == 1, &rows, &count, err));
    gm_hole_facets facets;
    GM_TRY(gm_holes_facets(list, &facets, err));
    gm_status status = api_send_json(answer, 0, list_json(request, rows, count, &facets), err);
    gm_hole_facets_finish(&facets);
    return status;
}

/* ---- GET /api/holes/{id} ----------------------------------------------------------------------------------------- */

static json_t *fields_json(const gm_record *record) {
    json_t *list = json_array();
    for (size_t i = 0; i < record->n_fields; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "section", record->fields[i].section, "key",
                                              record->fields[i].key, "value", record->fields[i].value));
    return list;
}

/* What a person wants to see of the header; absent numbers and texts are null. */
static json_t *meta_json(const gm_record *record) {
    const gm_record_meta *m = &record->meta;
    json_t *meta = json_object();
    const struct {
        const char *key, *text;
    } texts[] = {{"format", record->format},
                 {"date", m->date},
                 {"firmware", m->firmware},
                 {"box", m->box_name},
                 {"box_serial", m->box_serial},
                 {"motor", m->motor_name},
                 {"motor_serial", m->motor_serial},
                 {"head", m->head_name},
                 {"head_type", m->head_type},
                 {"head_tag", m->head_tag},
                 {"head_customer_info", m->head_customer_info}};
    for (size_t i = 0; i < GM_COUNT(texts); i++)
        json_object_set_new(meta, texts[i].key, texts[i].text[0] ? json_string(texts[i].text) : json_null());
    const struct {
        const char *key;
        long value;
    } counts[] = {{"file_version", m->file_version},
                  {"cycle_id", m->cycle_id},
                  {"global_counter", m->head_global_counter},
                  {"local_counter", m->head_local_counter_1},
                  {"cycle_ok", m->cycle_ok}};
    for (size_t i = 0; i < GM_COUNT(counts); i++)
        json_object_set_new(meta, counts[i].key, counts[i].value >= 0 ? json_integer(counts[i].value) : json_null());
    json_object_set_new(meta, "sample_rate_hz", api_json_number(m->sample_rate_hz));
    json_object_set_new(meta, "cycle_time_s", api_json_number(m->cycle_time_s));
    return meta;
}

static json_t *program_json(const gm_record *record) {
    json_t *list = json_array();
    for (size_t i = 0; i < record->n_program; i++) {
        const gm_program_step *p = &record->program[i];
        json_array_append_new(
            list, json_pack("{s:i, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "step", p->step, "enabled",
                            p->enabled, "stroke_mm", api_json_number(p->stroke_mm), "speed_rpm",
                            api_json_number(p->speed_rpm), "feed_mm_s", api_json_number(p->feed_mm_s), "feed_mm_rev",
                            api_json_number(p->feed_mm_rev), "thrust_max_a", api_json_number(p->thrust_max_a),
                            "torque_max_a", api_json_number(p->torque_max_a), "peck", api_json_number(p->peck),
                            "delay_ms", api_json_number(p->delay_ms)));
    }
    return list;
}

static json_t *steps_json(const gm_record *record) {
    json_t *list = json_array();
    for (size_t i = 0; i < record->n_segments; i++) {
        const gm_segment *s = &record->segments[i];
        gm_auto_text stop = GM_TEXT_INIT;
        if (s->stop_code) gm_stop_code_text(s->stop_code, &stop);
        json_array_append_new(list, json_pack("{s:i, s:I, s:I, s:i, s:s, s:o, s:o}", "step", s->step, "first",
                                              (json_int_t)s->first, "count", (json_int_t)s->count, "stop_code",
                                              (int)s->stop_code, "stop_text", gm_text_c(&stop), "from_mm",
                                              api_json_number(record->depth_mm[s->first]), "to_mm",
                                              api_json_number(record->depth_mm[s->first + s->count - 1])));
    }
    return list;
}

static gm_status get_hole(const api_request *request, api_answer *answer, gm_error *err) {
    const char *id = api_path(request, "id");
    gm_auto_holes list = NULL;
    GM_TRY(gm_project_holes(request->project, &list, err));
    const gm_hole_row *row = gm_hole_list_find(list, id);
    if (!row) return gm_fail(err, GM_E_NOTFOUND, "there is no hole %.64s", id);
    json_t *findings, *hole = NULL;
    GM_TRY(gm_project_findings(request->project, id, &findings, err));
    api_auto_edit edit = {0};
    const gm_record *record = NULL;
    gm_status status = gm_project_record(request->project, id, &record, err);
    if (status == GM_OK) status = api_edit_begin(request, &edit, err);
    if (status == GM_OK) {
        hole = json_pack("{s:o, s:o, s:o, s:o, s:o, s:O}", "hole", api_json_hole_for(request, row), "meta",
                         meta_json(record), "fields", fields_json(record), "program", program_json(record), "steps",
                         steps_json(record), "findings", findings);
        status = hole ? api_add_hole_parts(request, edit.store, row, record, hole, err) : gm_nomem(err);
    }
    if (status == GM_OK)
        status = api_send_json(answer, 0, hole, err);
    else
        json_decref(hole);
    json_decref(findings);
    gm_project_give_back(request->project, record);
    return status;
}

/* ---- GET /api/holes/{id}/signals --------------------------------------------------------------------------------- */

typedef struct {
    char *columns;
    int from, to, width;
} signals_query;

#define NUMBER(member, most, text)                                                                                     \
    {                                                                                                                  \
        .key = #member, .type = GM_PARAM_INT, .offset = offsetof(signals_query, member), .fallback = "0", .min = 0,    \
        .max = most, .doc = text                                                                                       \
    }
static const gm_param_spec signals_params[] = {
    {.key = "columns",
     .type = GM_PARAM_STRING,
     .offset = offsetof(signals_query, columns),
     .fallback = "depth,torque,thrust,step,stop",
     .doc = "signals, with commas: depth, torque, thrust, step, stop, torque_empty, thrust_empty, power, gap"},
    NUMBER(from, 1e9, "first row"),
    NUMBER(to, 1e9, "row behind the last one; 0 = to the end"),
    NUMBER(width, 16384, "thin them to this many pairs of minimum and maximum; 0 = every row"),
};

static gm_status read_signals(const gm_record *record, const signals_query *q, gm_signals *out, gm_error *err) {
    gm_signals_request wanted = {q->columns, (size_t)q->from, (size_t)q->to, q->width};
    return gm_signals_of(record, &wanted, out, err);
}

/* Takes the values. */
static gm_status send_signals(api_answer *answer, const gm_signals *signals, gm_error *err) {
    size_t size = signals->n_columns * signals->n_rows * (signals->pairs ? 2 : 1) * sizeof *signals->values;
    api_send_header(answer, "X-Gimlet-Columns", "%s", signals->columns);
    api_send_header(answer, "X-Gimlet-Rows", "%zu", signals->n_rows);
    if (signals->pairs) api_send_header(answer, "X-Gimlet-Pairs", "1");
    return api_send_bytes_take(answer, "application/octet-stream", signals->values, size, err);
}

static gm_status get_signals(const api_request *request, api_answer *answer, gm_error *err) {
    const gm_record *record;
    gm_signals signals;
    GM_TRY(gm_project_record(request->project, api_path(request, "id"), &record, err));
    gm_status status = read_signals(record, request->query, &signals, err);
    gm_project_give_back(request->project, record);
    if (status != GM_OK) return status;
    api_send_header(answer, "Cache-Control", "private, max-age=31536000, immutable"); /* a hole never changes */
    return send_signals(answer, &signals, err);
}

/* ---- POST /api/signals: of a record that is not kept ------------------------------------------------------------- */

static gm_status post_signals(const api_request *request, api_answer *answer, gm_error *err) {
    gm_auto_findings findings = GM_FINDINGS_INIT;
    gm_auto(gm_record) record = NULL;
    gm_source source = {NULL, request->body, request->body_size};
    gm_signals signals;
    GM_TRY(gm_read_record(&source, &record, &findings, err));
    if (!record) return gm_fail(err, GM_E_FORMAT, "this message holds no trace: give the Trace message");
    GM_TRY(read_signals(record, request->query, &signals, err));
    return send_signals(answer, &signals, err);
}

/* ---- GET /api/holes/{id}/record ---------------------------------------------------------------------------------- */

static gm_status get_record(const api_request *request, api_answer *answer, gm_error *err) {
    const gm_record *record;
    gm_auto_text text = GM_TEXT_INIT;
    GM_TRY(gm_project_record(request->project, api_path(request, "id"), &record, err));
    gm_record_csv(record, &text);
    gm_project_give_back(request->project, record);
    const size_t size = text.length;
    char *bytes = gm_text_take(&text);
    if (!bytes) return gm_nomem(err);
    api_send_as_download(answer, "record.csv");
    return api_send_bytes_take(answer, "text/csv; charset=utf-8", bytes, size, err);
}

static const api_route routes[] = {
    {.method = "GET",
     .path = "/api/holes",
     .role = GM_ROLE_VIEWER,
     .summary = "the holes that fit, and how far the review is",
     .handler = get_holes,
     .query = api_hole_query_params,
     .n_query = API_HOLE_PARAMS,
     .query_size = sizeof(api_hole_query),
     .answer = "{total: integer 0.., items: [HOLE], families: [string], programs: [string], findings: [string],"
               " authors: [string], progress: {reviewed: integer 0.., rejected: integer 0.., total: integer 0..}}"},
    {.method = "GET",
     .path = "/api/holes/{id}",
     .role = GM_ROLE_VIEWER,
     .summary = "one hole with all that is known of it, but for its signals",
     .handler = get_hole,
     .answer = "{hole: HOLE, meta: {*: string|number|null}, fields: [{section: string, key: string, value: string}],"
               " program: [PROGRAM_STEP], steps: [STEP], findings: [FINDING], labels: [LABEL], ghosts: [GHOST],"
               " candidates: [CANDIDATE], comments: [COMMENT], can_undo: boolean, can_redo: boolean}"},
    {.method = "GET",
     .path = "/api/holes/{id}/record",
     .role = GM_ROLE_VIEWER,
     .summary = "the stored record as a table",
     .doc = "Columns: row, depth_mm, torque_a, thrust_a, step, stop_code, torque_empty_a, thrust_empty_a, and power_w, "
            "gap_mm "
            "where the record has them.",
     .handler = get_record,
     .answer_type = "text/csv",
     .slow = true},
    {.method = "GET",
     .path = "/api/holes/{id}/signals",
     .role = GM_ROLE_VIEWER,
     .summary = "the signals of a hole, whole or thinned to the pixels of a screen",
     .doc = "Little-endian float32, column by column; X-Gimlet-Columns names them, X-Gimlet-Rows says how many values "
            "each has; with X-Gimlet-Pairs: 1 a value is a pair: minimum, maximum of its share of the rows.",
     .handler = get_signals,
     .query = signals_params,
     .n_query = GM_COUNT(signals_params),
     .query_size = sizeof(signals_query),
     .answer_type = "application/octet-stream"},
    {.method = "POST",
     .path = "/api/signals",
     .role = GM_ROLE_VIEWER,
     .summary = "the signals of a record that is sent, in the same form; nothing is kept",
     .handler = post_signals,
     .body_type = "application/octet-stream",
     .query = signals_params,
     .n_query = GM_COUNT(signals_params),
     .query_size = sizeof(signals_query),
     .answer_type = "application/octet-stream"},
};

const api_group api_holes = {.name = "holes",
                             .doc = "What was drilled, read, found and labelled.",
                             .routes = routes,
                             .n_routes = GM_COUNT(routes),
                             .open = api_editing_open_ghosts,
                             .close = api_editing_close};
