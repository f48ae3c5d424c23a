/* A Setitec record as one JSON object: section -> key -> value, tables and signals as lists. The machines' servers
 * keep records in this form; the names are those of the text format. */
#include "json_internal.h"

#include <string.h>

static bool section_json_sniff(const char *bytes, size_t size) {
    return json_sniff(bytes, size, "\"General Infos\"");
}

static gm_status add_section(record_fields *fields, const char *section, const json_t *object, gm_error *err) {
    const char *key;
    json_t *value;
    const char *name = gm_arena_strdup(fields->record->arena, section);
    if (!name) return gm_nomem(err);
    json_object_foreach ((json_t *)object, key, value) {
        const char *k = gm_arena_strdup(fields->record->arena, key);
        const char *text = json_as_text(fields->record->arena, value);
        if (!k || !text) return gm_nomem(err);
        GM_TRY(record_fields_add(fields, name, k, text, err));
    }
    return GM_OK;
}

typedef gm_status (*bind_fn)(gm_record *record, const record_table *table, gm_error *err);

static gm_status add_table(gm_record *record, const json_t *object, bind_fn bind, gm_error *err) {
    const char *names[64], *key;
    const json_t *lists[64];
    json_t *value;
    size_t n = 0;
    json_object_foreach ((json_t *)object, key, value) {
        if (n == GM_COUNT(names)) break;
        names[n] = key;
        lists[n++] = value;
    }
    gm_auto_free double *cells = NULL;
    record_table table;
    GM_TRY(json_table(names, lists, n, &table, &cells, err));
    return bind(record, &table, err);
}

static gm_status add_signals(gm_record *record, const json_t *datas, gm_error *err) {
    const char *names[64], *key;
    json_column columns[32];
    json_t *value;
    size_t n_names = 0, n = 0;
    json_object_foreach ((json_t *)datas, key, value) {
        if (n_names < GM_COUNT(names)) names[n_names++] = key;
        const signal_column *column = signal_column_named(key);
        if (column && json_has_values(value) && n < GM_COUNT(columns)) columns[n++] = (json_column){column, value};
    }
    GM_TRY(signal_columns_check(names, n_names, 0, err));
    if (n == 0) return gm_fail(err, GM_E_FORMAT, "section \"Datas\" holds no lists of values");
    return json_fill_signals(record, columns, n, err);
}

static gm_status section_json_read(const gm_source *source, gm_record **out, gm_findings *findings, gm_error *err) {
    (void)findings;
    gm_auto_json *root = NULL;
    GM_TRY(json_parse(source->bytes, source->size, &root, err));
    gm_auto(gm_record) record = gm_record_new();
    if (!record) return gm_nomem(err);
    const json_t *datas = json_object_get(root, "Datas");
    if (!json_is_object(datas))
        return gm_fail_at(err, GM_E_FORMAT, 0, 0, "fetch the record again", "the record has no section \"Datas\"");
    record_fields fields = {.record = record};
    const char *section;
    json_t *object;
    json_object_foreach (root, section, object) {
        if (!json_is_object(object) || object == datas) continue;
        if (strcmp(section, "Program") == 0)
            GM_TRY(add_table(record, object, record_bind_program, err));
        else if (strcmp(section, "Step Results") == 0)
            GM_TRY(add_table(record, object, record_bind_step_results, err));
        else
            GM_TRY(add_section(&fields, section, object, err));
    }
    record_fields_bind(&fields);
    GM_TRY(add_signals(record, datas, err));
    *out = gm_steal(&record);
    return GM_OK;
}

const gm_format gm_format_section_json = {
    .name = "setitec-json",
    .doc = "Setitec record as JSON: sections as objects, signals as lists",
    .sniff = section_json_sniff,
    .read = section_json_read,
};
