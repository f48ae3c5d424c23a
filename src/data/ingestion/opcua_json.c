/* The machines' OPC UA PubSub messages: a Trace message with the Result, Heads, CuttingTools and Controllers messages
 * that lie beside it, or the older form with everything in one message.
 *
 * Every value sits under a long path; like the production system this reader knows it by the path's end. Values are
 * {"Value": ..., "SourceTimestamp": ...}; newer devices append ".MeasuredValue" to paths. Stop codes come per step,
 * not per row; the drilling program does not come at all. */
#include "json_internal.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_MESSAGES = 64, MAX_MESSAGE_BYTES = 1 << 20 };

static bool opcua_sniff(const char *bytes, size_t size) {
    return json_sniff(bytes, size, "ADrilling") || json_sniff(bytes, size, "\"ua-data\"");
}

static const json_t *find_value(const json_t *payload, const char *path) {
    const char *key;
    json_t *entry;
    json_object_foreach ((json_t *)payload, key, entry) {
        const char *at = strstr(key, path);
        if (!at) continue;
        const char *rest = at + strlen(path);
        if (*rest != '\0' && strcmp(rest, ".MeasuredValue") != 0) continue;
        const json_t *value = json_object_get(entry, "Value");
        return json_is_null(value) ? NULL : value;
    }
    return NULL;
}

/* Where the paths of a message go: the names of the text format, so that one binding serves all formats. */
static const struct {
    const char *path, *section, *key;
} paths[] = {
    {"ResultMetaData.CreationTime", "General Infos", "Date"},
    {"PositionTrace.SamplingInterval", "General Infos", "Sample Rate (Hz)"},
    {"ResultMetaData.SerialNumber", "Motor Datas", "Motor SN"},
    {"ResultMetaData.InternalRecipeType", "Pset", "Pset Type"},
    {"ResultMetaData.InternalRecipeId", "Pset", "Pset Nb."},
    {"ResultMetaData.InternalRecipeVersion", "Pset", "Version"},
    {"ResultMetaData.ResultId", "Head Datas", "Head Global Counter"},
    {"ResultMetaData.CustomerInformation", "Head Datas", "Customer Info"},
    {"ResultMetaData.Distance", "Results", "Distance (mm)"},
    {"ResultMetaData.ToolAge", "Head Datas", "Head Local Counter 1"},
    {"ResultMetaData.Predrilled", "Results", "Predrilled"},
    {"OverallResultValues.CycleTime", "Results", "Cycle Time (s)"},
    {"Heads.0.Identification.SerialNumber", "Head Datas", "Head TAG UID"},
    {"Heads.0.Identification.DefaultInstanceBrowseName", "Head Datas", "Head Name"},
    {"Heads.0.Identification.Model", "Head Datas", "Head Type"},
    {"Heads.0.LifetimeCounters.0.LifeTimeCycleCounter", "Head Datas", "Head Global Counter"},
    {"CuttingTools.0.OperationCounters.OperationCycleCounter", "Head Datas", "Head Local Counter 1"},
    {"CuttingTools.0.OperationCounters.OperationCycleCounter2", "Head Datas", "Head Local Counter 2"},
    {"CuttingTools.0.Identification.SerialNumber", "Head Datas", "Customer Info"},
    {"Controllers.0.Identification.DefaultInstanceBrowseName", "Control Box Datas", "BOX Name"},
    {"Controllers.0.Identification.Model", "Control Box Datas", "BOX Type"},
    {"Controllers.0.Identification.SerialNumber", "Control Box Datas", "BOX SN"},
    {"Controllers.0.Identification.SoftwareRevision", "Control Box Datas", "BOX Firmware Version"},
    {"ProgramCode.MicropeckOscillation", "Head Datas", "Micropeck Osc."},
    {"ProgramCode.MicropeckAmplitude", "Head Datas", "Micropeck Amplitude"},
    {"Tools.0.Identification.Model", "Motor Datas", "Motor Type"},
};

static gm_status add_fields(record_fields *fields, const json_t *payload, gm_error *err) {
    for (size_t i = 0; i < GM_COUNT(paths); i++) {
        const json_t *value = find_value(payload, paths[i].path);
        if (!value) continue;
        const char *text = json_as_text(fields->record->arena, value);
        if (!text) return gm_nomem(err);
        GM_TRY(record_fields_add(fields, paths[i].section, paths[i].key, text, err));
    }
    const json_t *evaluation = find_value(payload, "ResultMetaData.ResultEvaluation"); /* "Ok", "NotOK", "True" */
    if (!json_is_string(evaluation)) return GM_OK;
    const char *word = json_string_value(evaluation);
    bool ok = gm_equal_nocase(word, "ok") || gm_equal_nocase(word, "true");
    return record_fields_add(fields, "Results", "Cycle OK", ok ? "True" : "False", err);
}

/* Per-row lists: in the Trace form below StepTraces, in the one-message form below StepResultValues. */
static const struct {
    const char *trace, *one_message, *column;
} row_lists[] = {
    {"PositionTrace.StepTraceContent[0].Values", "StepResultValues.Position", "Position (mm)"},
    {"IntensityTorqueTrace.StepTraceContent[0].Values", "StepResultValues.Torque", "I Torque (A)"},
    {"IntensityThrustTrace.StepTraceContent[0].Values", "StepResultValues.Thrust", "I Thrust (A)"},
    {"StepNumberTrace.StepTraceContent[0].Values", "StepResultValues.StepNb", "Step (nb)"},
    {"PowerTrace.StepTraceContent[0].Values", "StepResultValues.TorquePower", "Torque Power (W)"},
    {"GapLengthTrace.StepTraceContent[0].Values", "StepResultValues.GapLength", "Gap Length (mm)"},
    {"IntensityTorqueEmptyTrace.StepTraceContent[0].Values", "StepResultValues.TorqueEmpty", "I Torque Empty (A)"},
    {"IntensityThrustEmptyTrace.StepTraceContent[0].Values", "StepResultValues.ThrustEmpty", "I Thrust Empty (A)"},
};

static const json_t *find_rows(const json_t *payload, size_t list) {
    const json_t *value = find_value(payload, row_lists[list].trace);
    return value ? value : find_value(payload, row_lists[list].one_message);
}

static gm_status add_signals(gm_record *record, const json_t *payload, gm_findings *findings, gm_error *err) {
    json_column columns[GM_COUNT(row_lists)];
    const char *names[GM_COUNT(row_lists)];
    size_t n = 0;
    bool steps = false;
    for (size_t i = 0; i < GM_COUNT(row_lists); i++) {
        const json_t *values = find_rows(payload, i);
        if (!json_has_values(values)) continue;
        names[n] = row_lists[i].column;
        columns[n++] = (json_column){signal_column_named(row_lists[i].column), values};
        steps |= i == 3;
    }
    if (!steps && n < GM_COUNT(names)) {
        gm_findings_add(findings, "file_format.no_steps", GM_WARNING,
                        "labels need the step of each row: record it in the trace",
                        "the message gives no step number per row: all rows count as step 0");
        names[n] = "Step (nb)"; /* stays 0 */
    }
    GM_TRY(signal_columns_check(names, n + !steps, 0, err));
    return json_fill_signals(record, columns, n, err);
}

/* Per-step lists: stop codes onto the last row of their step, no-load currents onto all its rows. */
static void spread_step_results(gm_record *record, bool empties) {
    for (size_t s = 0; s < record->n_step_results; s++) {
        const gm_step_result *result = &record->step_results[s];
        size_t last = record->n;
        for (size_t i = 0; i < record->n; i++) {
            if (record->step[i] != result->step) continue;
            last = i;
            if (empties) record->torque_empty_a[i] = (float)result->m1_no_load_a;
            if (empties) record->thrust_empty_a[i] = (float)result->m2_no_load_a;
        }
        if (last < record->n) record->stop_code[last] = result->stop_code;
    }
}

static gm_status add_step_results(gm_record *record, const json_t *payload, gm_error *err) {
    static const char *const names[] = {
        "StepNumber",           "StopCode",      "Duration",      "M1Distance",
        "M2Distance",           "M1MaxAmperage", "M2MaxAmperage", "IntensityTorqueEmpty",
        "IntensityThrustEmpty", "GapMax"};
    const json_t *lists[GM_COUNT(names)];
    char path[80];
    for (size_t i = 0; i < GM_COUNT(names); i++) {
        gm_auto_text text = GM_TEXT_INIT;
        gm_text_printf(&text, "StepResultValues.%s", names[i]);
        if (!gm_text_ok(&text) || text.length >= sizeof path) return gm_nomem(err);
        lists[i] = find_value(payload, gm_text_c(&text));
    }
    if (!lists[0]) return GM_OK;
    gm_auto_free double *cells = NULL;
    record_table table;
    GM_TRY(json_table(names, lists, GM_COUNT(names), &table, &cells, err));
    return record_bind_step_results(record, &table, err);
}

/* The messages beside the trace: parsed payloads, owned. */
typedef struct {
    json_t *roots[MAX_MESSAGES];
    size_t count;
} messages;

static void messages_finish(messages *m) {
    for (size_t i = 0; i < m->count; i++) json_decref(m->roots[i]);
}

static const json_t *payload_of(const json_t *root) {
    return json_object_get(json_object_get(root, "Messages"), "Payload");
}

/* One more message, where the file is one; only missing memory is an error. */
static gm_status read_message(const gm_file_entry *file, messages *out, gm_error *err) {
    gm_auto_free char *bytes = NULL;
    size_t size;
    json_t *root = NULL;
    gm_status status = gm_read_file(file->path, MAX_MESSAGE_BYTES, &bytes, &size, NULL);
    if (status == GM_OK && opcua_sniff(bytes, size)) status = json_parse(bytes, size, &root, NULL);
    if (root) out->roots[out->count++] = root;
    return status == GM_E_NOMEM ? gm_nomem(err) : GM_OK;
}

static gm_status read_messages_beside(const gm_source *source, messages *out, gm_error *err) {
    if (!source->path) return GM_OK;
    const char *slash = strrchr(source->path, '/');
    gm_auto_free char *folder =
        slash ? gm_strndup(source->path, GM_MAX((size_t)(slash - source->path), (size_t)1)) : gm_strdup(".");
    if (!folder) return gm_nomem(err);
    gm_file_list files;
    gm_status status = gm_list_files(folder, &files, NULL);
    if (status != GM_OK) return status == GM_E_NOMEM ? gm_nomem(err) : GM_OK;
    for (size_t i = 0; status == GM_OK && i < files.count && out->count < MAX_MESSAGES; i++) {
        const gm_file_entry *file = &files.items[i];
        if (file->error || strchr(file->relative, '/') || !gm_ends_with(file->relative, ".json") ||
            file->size_bytes > MAX_MESSAGE_BYTES || strcmp(file->path, source->path) == 0)
            continue;
        status = read_message(file, out, err);
    }
    gm_file_list_finish(&files);
    return status;
}

/* Take what belongs to this trace. A Result message of another hole is left alone, and said so. */
static gm_status add_messages(record_fields *fields, const messages *beside, const json_t *trace, gm_findings *findings,
                              gm_error *err) {
    const json_t *id = find_value(trace, "PositionTrace.StepResultId");
    for (size_t i = 0; i < beside->count; i++) {
        const json_t *payload = payload_of(beside->roots[i]);
        if (!payload || find_rows(payload, 0)) continue; /* another trace */
        const json_t *result = find_value(payload, "ResultMetaData.ResultId");
        if (result && id && !json_equal((json_t *)result, (json_t *)id)) {
            gm_findings_add(findings, "file_format.other_result", GM_WARNING,
                            "keep the messages of one hole in a folder of its own",
                            "the Result message beside the trace belongs to another hole (%lld, not %lld): not used",
                            (long long)json_integer_value(result), (long long)json_integer_value(id));
            continue;
        }
        GM_TRY(add_fields(fields, payload, err));
        if (result) GM_TRY(add_step_results(fields->record, payload, err));
    }
    return GM_OK;
}

static gm_status read_trace(const gm_source *source, const json_t *payload, gm_record *record, gm_findings *findings,
                            gm_error *err) {
    record_fields fields = {.record = record};
    GM_TRY(add_signals(record, payload, findings, err));
    GM_TRY(add_fields(&fields, payload, err));
    GM_TRY(add_step_results(record, payload, err));
    if (!record->n_step_results) {
        __attribute__((cleanup(messages_finish))) messages beside = {.count = 0};
        GM_TRY(read_messages_beside(source, &beside, err));
        GM_TRY(add_messages(&fields, &beside, payload, findings, err));
    }
    if (!record->n_step_results)
        gm_findings_add(findings, "file_format.no_result", GM_WARNING,
                        "keep the Result message of the hole beside its trace",
                        "no Result message: stop codes and no-load currents are unknown");
    record_fields_bind(&fields);
    spread_step_results(record, !find_rows(payload, 6));
    return GM_OK;
}

static gm_status opcua_read(const gm_source *source, gm_record **out, gm_findings *findings, gm_error *err) {
    gm_auto_json *root = NULL;
    GM_TRY(json_parse(source->bytes, source->size, &root, err));
    const json_t *payload = payload_of(root);
    if (!json_is_object(payload))
        return gm_fail_at(err, GM_E_FORMAT, 0, 0, "fetch the message again", "the message has no \"Messages.Payload\"");
    if (!find_rows(payload, 0)) {
        gm_findings_add(findings, "file_format.companion", GM_INFO, NULL,
                        "a message without a trace: it is read together with the Trace message beside it");
        *out = NULL;
        return GM_OK;
    }
    gm_auto(gm_record) record = gm_record_new();
    if (!record) return gm_nomem(err);
    GM_TRY(read_trace(source, payload, record, findings, err));
    *out = gm_steal(&record);
    return GM_OK;
}

const gm_format gm_format_opcua_json = {
    .name = "opcua-json",
    .doc = "OPC UA messages of the machines: Trace with Result and Heads beside it, or all in one message",
    .sniff = opcua_sniff,
    .read = opcua_read,
};
