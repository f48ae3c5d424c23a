#include "json_internal.h"

#include <string.h>

bool json_sniff(const char *bytes, size_t size, const char *word) {
    size_t i = 0, window = GM_MIN(size, (size_t)4096);
    while (i < window && (bytes[i] == ' ' || bytes[i] == '\n' || bytes[i] == '\r' || bytes[i] == '\t')) i++;
    return i < window && bytes[i] == '{' && memmem(bytes, window, word, strlen(word)) != NULL;
}

gm_status json_parse(const char *bytes, size_t size, json_t **out, gm_error *err) {
    json_error_t error;
    *out = json_loadb(bytes, size, JSON_ALLOW_NUL, &error);
    if (*out) return GM_OK;
    enum json_error_code code = json_error_code(&error);
    if (code == json_error_out_of_memory) return gm_nomem(err);
    if (code == json_error_premature_end_of_input)
        return gm_fail_at(err, GM_E_FORMAT, error.line, error.column, "the message is cut off: fetch it again",
                          "the JSON text ends in the middle");
    return gm_fail_at(err, GM_E_FORMAT, error.line, error.column, "fetch the message again", "not valid JSON: %s",
                      error.text);
}

const char *json_as_text(gm_arena *arena, const json_t *value) {
    char number[32];
    if (json_is_string(value)) {
        slice text = {json_string_value(value), json_string_length(value)};
        return slice_utf8(arena, text);
    }
    if (json_is_integer(value)) return gm_arena_printf(arena, "%lld", (long long)json_integer_value(value));
    if (json_is_real(value)) return gm_arena_strdup(arena, gm_format_double(json_real_value(value), number));
    if (json_is_boolean(value)) return json_is_true(value) ? "True" : "False";
    return "";
}

/* Numbers, and the text "Inf" that stands for infinity in the program table. */
static bool json_as_number(const json_t *value, double *out) {
    if (json_is_string(value)) return slice_number((slice){json_string_value(value), json_string_length(value)}, out);
    if (json_is_boolean(value)) return *out = json_is_true(value), true;
    return json_is_number(value) ? (*out = json_number_value(value), true) : false;
}

static gm_status fill_column(gm_record *record, const json_column *column, gm_error *err) {
    void *array = *(void **)((char *)record + column->column->offset);
    double sign = column->column->negated ? -1 : 1;
    for (size_t i = 0; i < record->n; i++) {
        double value;
        if (!json_as_number(json_array_get(column->values, i), &value) || !isfinite(value))
            return gm_fail_at(err, GM_E_FORMAT, 0, 0, "the message is damaged: fetch it again",
                              "value %zu of \"%s\" is not a number", i + 1, column->column->name);
        if (column->column->integer)
            ((int32_t *)array)[i] = fabs(value) < 2147483647.0 ? (int32_t)lrint(value) : -1;
        else
            ((float *)array)[i] = (float)(sign * value);
    }
    return GM_OK;
}

gm_status json_fill_signals(gm_record *record, const json_column *columns, size_t count, gm_error *err) {
    const signal_column *wanted[32];
    GM_ASSERT(count > 0 && count <= GM_COUNT(wanted));
    size_t n = json_array_size(columns[0].values);
    if (n == 0)
        return gm_fail_at(err, GM_E_FORMAT, 0, 0, "the cycle was stopped before it began", "\"%s\" has no values",
                          columns[0].column->name);
    for (size_t i = 0; i < count; i++) {
        wanted[i] = columns[i].column;
        if (json_array_size(columns[i].values) != n)
            return gm_fail_at(err, GM_E_FORMAT, 0, 0, "the message is damaged: fetch it again",
                              "\"%s\" has %zu values, \"%s\" has %zu", columns[i].column->name,
                              json_array_size(columns[i].values), columns[0].column->name, n);
    }
    GM_TRY(record_alloc_signals(record, n, wanted, count, err));
    for (size_t i = 0; i < count; i++)
        if (columns[i].column->offset != SIZE_MAX) GM_TRY(fill_column(record, &columns[i], err));
    return GM_OK;
}

gm_status json_table(const char *const *names, const json_t *const *lists, size_t count, record_table *out,
                     double **cells, gm_error *err) {
    size_t n_rows = 0;
    for (size_t c = 0; c < count; c++) {
        size_t n = json_is_array(lists[c]) ? json_array_size(lists[c]) : lists[c] != NULL;
        n_rows = GM_MAX(n_rows, n);
    }
    if (n_rows > 1000) return gm_fail(err, GM_E_FORMAT, "a table of %zu steps: at most 1000 are expected", n_rows);
    *cells = gm_calloc(GM_MAX(n_rows * count, (size_t)1), sizeof **cells);
    if (!*cells) return gm_nomem(err);
    for (size_t r = 0; r < n_rows; r++)
        for (size_t c = 0; c < count; c++) {
            const json_t *value = json_is_array(lists[c]) ? json_array_get(lists[c], r) : r == 0 ? lists[c] : NULL;
            if (!json_as_number(value, &(*cells)[r * count + c])) (*cells)[r * count + c] = 0;
        }
    *out = (record_table){names, count, n_rows, *cells};
    return GM_OK;
}

bool json_has_values(const json_t *list) {
    return json_is_array(list) && !(json_array_size(list) && json_is_null(json_array_get(list, 0)));
}
