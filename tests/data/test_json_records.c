#include "data/ingestion/ingestion.h"
#include "test.h"

#include <math.h>
#include <unistd.h>

#define DEVICE             "nsu=http://airbus.com/IJT/ADrilling;s=Objects.DeviceSet.EDU-1."
#define TRACE              DEVICE "ResultManagement.Results.0.ResultContent.Trace.StepTraces."
#define RESULT             DEVICE "ResultManagement.Results.0."
#define VALUE(path, value) "\"" path "\":{\"Value\":" value ",\"SourceTimestamp\":\"2024-05-15T07:29:33Z\"}"
#define MESSAGE(payload)   "{\"MessageType\":\"ua-data\",\"Messages\":{\"Payload\":{" payload "}}}"
#define TRACE_ROWS                                                                                                     \
    VALUE(TRACE "PositionTrace.StepResultId", "440")                                                                   \
    "," VALUE(TRACE "PositionTrace.StepTraceContent[0].Values", "[-0.5,-0.6,-0.7]") "," VALUE(                         \
        TRACE "IntensityTorqueTrace.StepTraceContent[0].Values",                                                       \
        "[0,1.5,2]") "," VALUE(TRACE "IntensityThrustTrace.StepTraceContent[0].Values",                                \
                               "[0,0.1,0.2]") "," VALUE(TRACE "StepNumberTrace.StepTraceContent[0].Values",            \
                                                        "[1,1,2]") "," VALUE(TRACE "GapLengthTrace.StepTraceContent["  \
                                                                                   "0].Values",                        \
                                                                             "[null,null,null]")
#define RESULT_440                                                                                                     \
    VALUE(RESULT "ResultMetaData.ResultId", "440")                                                                     \
    "," VALUE(RESULT "ResultMetaData.CreationTime", "\"2024-05-15T07:29:33Z\"") "," VALUE(                             \
        RESULT "ResultMetaData.ResultEvaluation",                                                                      \
        "\"Ok\"") "," VALUE(RESULT "ResultContent.StepResults.0.StepResultValues.StepNumber",                          \
                            "[1,2]") "," VALUE(RESULT                                                                  \
                                               "ResultContent.StepResults.0.StepResultValues.StopCode.MeasuredValue",  \
                                               "[1,2048]") "," VALUE(RESULT "ResultContent.StepResults.0."             \
                                                                            "StepResultValues.IntensityTorqueEmpty",   \
                                                                     "[4.5,2.25]")

static void write_text(const char *folder, const char *name, const char *text) {
    gm_auto_free char *path = gm_path_join(folder, name);
    assert_int_equal(gm_write_file_fast(path, text, strlen(text), NULL), GM_OK);
}

static gm_record *read_in(const char *folder, const char *name, gm_findings *findings, gm_error *err) {
    gm_auto_free char *path = gm_path_join(folder, name);
    gm_record *record = NULL;
    assert_ok(gm_read_record_file(path, &record, findings, NULL, err), *err);
    return record;
}

static bool has_finding(const gm_findings *findings, const char *check) {
    for (size_t i = 0; i < findings->count; i++)
        if (strcmp(findings->items[i].check, check) == 0) return true;
    return false;
}

static void a_trace_takes_stop_codes_from_the_result_beside_it(void **state) {
    (void)state;
    char *folder = test_folder_new();
    gm_error err = {0};
    gm_auto_findings findings = GM_FINDINGS_INIT;
    write_text(folder, "anything.json", MESSAGE(TRACE_ROWS));
    write_text(folder, "other.json", MESSAGE(RESULT_440));
    gm_auto(gm_record) r = read_in(folder, "anything.json", &findings, &err);
    assert_non_null(r);
    assert_int_equal(r->n, 3);
    assert_true(r->depth_mm[2] == 0.7f && r->torque_a[1] == 1.5f);
    assert_null(r->gap_mm);
    assert_int_equal(r->n_segments, 2);
    assert_int_equal(r->segments[0].stop_code, GM_STOP_TORQUE_RISE);
    assert_int_equal(r->segments[1].stop_code, GM_STOP_TORQUE_DROP);
    assert_true(r->torque_empty_a[0] == 4.5f && r->torque_empty_a[2] == 2.25f);
    assert_string_equal(r->meta.date, "2024-05-15T07:29:33");
    assert_int_equal(r->meta.cycle_ok, 1);
    assert_int_equal(findings.count, 0);
    gm_auto(gm_record) companion = read_in(folder, "other.json", &findings, &err);
    assert_null(companion);
    assert_true(has_finding(&findings, "file_format.companion"));
    test_folder_remove(folder);
}

static void the_result_of_another_hole_is_not_taken(void **state) {
    (void)state;
    char *folder = test_folder_new();
    gm_error err = {0};
    gm_auto_findings findings = GM_FINDINGS_INIT;
    write_text(folder, "Trace.json", MESSAGE(TRACE_ROWS));
    write_text(folder, "Result.json", MESSAGE(VALUE(RESULT "ResultMetaData.ResultId", "2409")));
    gm_auto(gm_record) r = read_in(folder, "Trace.json", &findings, &err);
    assert_true(has_finding(&findings, "file_format.other_result"));
    assert_true(has_finding(&findings, "file_format.no_result"));
    assert_int_equal(r->n_step_results, 0);
    test_folder_remove(folder);
}

static void one_message_may_hold_everything(void **state) {
    (void)state;
    static const char text[] =
        MESSAGE(VALUE(RESULT "ResultContent.StepResults.0.StepResultValues.Position", "[-1,-2]") "," VALUE(
            RESULT "ResultContent.StepResults.0.StepResultValues.Torque",
            "[1,2]") "," VALUE(RESULT "ResultContent.StepResults.0.StepResultValues.Thrust",
                               "[0,0.5]") "," VALUE(RESULT "ResultContent.StepResults.0.StepResultValues.TorqueEmpty",
                                                    "[5,5]") "," VALUE(RESULT "ResultContent.StepResults.0."
                                                                              "StepResultValues.StepNb",
                                                                       "[2,2]"));
    gm_error err = {0};
    gm_auto_findings findings = GM_FINDINGS_INIT;
    gm_auto(gm_record) r = NULL;
    assert_ok(gm_read_record(&(gm_source){NULL, text, sizeof text - 1}, &r, &findings, &err), err);
    assert_int_equal(r->n, 2);
    assert_int_equal(r->segments[0].step, 2);
    assert_true(r->torque_empty_a[1] == 5);
}

static void damaged_messages_are_refused_with_the_reason(void **state) {
    (void)state;
    const struct {
        const char *text, *message;
    } cases[] = {
        {"{\"MessageType\":\"ua-data\",\"Messages\":{\"Payload\":{", "ends in the middle"},
        {"{\"MessageType\":\"ua-data\",\"Messages\":{,}}", "not valid JSON"},
        {"{\"MessageType\":\"ua-data\"}", "Messages.Payload"},
        {MESSAGE(VALUE(TRACE "PositionTrace.StepTraceContent[0].Values", "[-1,-2]") "," VALUE(
             TRACE "IntensityTorqueTrace.StepTraceContent[0].Values",
             "[1]") "," VALUE(TRACE "IntensityThrustTrace.StepTraceContent[0].Values",
                              "[1,2]") "," VALUE(TRACE "StepNumberTrace.StepTraceContent[0].Values", "[1,1]")),
         "\"I Torque (A)\" has 1 values, \"Position (mm)\" has 2"},
        {MESSAGE(VALUE(TRACE "PositionTrace.StepTraceContent[0].Values", "[-1,\"x\"]") "," VALUE(
             TRACE "IntensityTorqueTrace.StepTraceContent[0].Values",
             "[1,2]") "," VALUE(TRACE "IntensityThrustTrace.StepTraceContent[0].Values",
                                "[1,2]") "," VALUE(TRACE "StepNumberTrace.StepTraceContent[0].Values", "[1,1]")),
         "value 2 of \"Position (mm)\""},
        {MESSAGE(VALUE(TRACE "PositionTrace.StepTraceContent[0].Values", "[-1,-2]")), "no column \"I Torque (A)\""},
    };
    for (size_t i = 0; i < GM_COUNT(cases); i++) {
        gm_error err = {0};
        gm_auto_findings findings = GM_FINDINGS_INIT;
        gm_record *r = NULL;
        assert_int_equal(gm_read_record(&(gm_source){NULL, cases[i].text, strlen(cases[i].text)}, &r, &findings, &err),
                         GM_E_FORMAT);
        if (!strstr(err.message, cases[i].message))
            fail_msg("\"%s\" does not say \"%s\"", err.message, cases[i].message);
    }
}

/* The sample messages of the machines: the section form is the same hole as the messages beside it. */
static void real_messages_and_sections_agree(void **state) {
    (void)state;
    const char *samples = getenv("GIMLET_MQTT");
    if (!samples) skip();
    gm_error err = {0};
    gm_auto_findings findings = GM_FINDINGS_INIT;
    gm_auto_free char *folder = gm_path_join(samples, "data_20250326");
    gm_auto(gm_record) messages = read_in(folder, "Trace.json", &findings, &err);
    gm_auto(gm_record) sections = read_in(folder, "raw.json", &findings, &err);
    assert_int_equal(messages->n, 9769);
    assert_int_equal(sections->n, 9769);
    assert_int_equal(messages->n_segments, 3);
    for (size_t s = 0; s < 3; s++) assert_int_equal(messages->segments[s].stop_code, sections->segments[s].stop_code);
    for (size_t i = 0; i < messages->n; i++) {
        assert_true(messages->depth_mm[i] == sections->depth_mm[i]);
        assert_true(messages->torque_a[i] == sections->torque_a[i]);
        assert_true(messages->torque_empty_a[i] == sections->torque_empty_a[i]);
    }
    assert_string_equal(messages->meta.head_customer_info, "ST00092901");
    assert_int_equal(messages->meta.head_local_counter_1, sections->meta.head_local_counter_1);
    assert_int_equal(sections->n_program, 4);

    gm_auto_free char *cut = gm_path_join(samples, "data_20250626/Trace.json");
    gm_record *none = NULL;
    assert_int_equal(gm_read_record_file(cut, &none, &findings, NULL, &err), GM_E_FORMAT);
    assert_non_null(strstr(err.message, "ends in the middle"));
}

static void a_name_without_a_folder_has_its_result_beside_it(void **state) {
    (void)state;
    char *folder = test_folder_new(), before[4096];
    write_text(folder, "trace.json", MESSAGE(TRACE_ROWS));
    write_text(folder, "result.json", MESSAGE(RESULT_440));
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(folder), 0);
    gm_error err = {0};
    gm_auto_findings findings = GM_FINDINGS_INIT;
    gm_auto(gm_record) r = NULL;
    gm_status status = gm_read_record_file("trace.json", &r, &findings, NULL, &err);
    assert_int_equal(chdir(before), 0);
    assert_ok(status, err);
    assert_int_equal(r->segments[1].stop_code, 2048);
    test_folder_remove(folder);
}

/* An error while memory is missing, never a record without what the file beside it tells. */
static void missing_memory_is_reported(void **state) {
    (void)state;
    char *folder = test_folder_new();
    write_text(folder, "trace.json", MESSAGE(TRACE_ROWS));
    write_text(folder, "result.json", MESSAGE(RESULT_440));
    gm_auto_free char *path = gm_path_join(folder, "trace.json");
    long n = 0;
    for (size_t complete = 0; complete == 0; n++) {
        gm_error err = {0};
        gm_auto_findings findings = GM_FINDINGS_INIT;
        gm_auto(gm_record) r = NULL;
        gm_memory_fail_after(n);
        gm_status status = gm_read_record_file(path, &r, &findings, NULL, &err);
        gm_memory_fail_after(-1);
        if (status == GM_OK && r) {
            if (r->n_segments != 2 || r->segments[1].stop_code != 2048)
                fail_msg("after %ld allocations: a record without its result", n);
            complete++;
        } else if (status != GM_E_NOMEM)
            fail_msg("after %ld allocations: %s (%s)", n, err.message, err.where);
    }
    assert_true(n > 20);
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trace_takes_stop_codes_from_the_result_beside_it),
        cmocka_unit_test(the_result_of_another_hole_is_not_taken),
        cmocka_unit_test(one_message_may_hold_everything),
        cmocka_unit_test(damaged_messages_are_refused_with_the_reason),
        cmocka_unit_test(real_messages_and_sections_agree),
        cmocka_unit_test(a_name_without_a_folder_has_its_result_beside_it),
        cmocka_unit_test(missing_memory_is_reported),
    };
    return cmocka_run_group_tests_name("json_records", tests, NULL, NULL);
}
