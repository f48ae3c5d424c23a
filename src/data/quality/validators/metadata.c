/* metadata: does the header say whose hole this is and when it was drilled, and does it agree with itself? */
#include "../quality_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    int earliest_year;
    double distance_mm;
} thresholds;

static const gm_param_spec params[] = {
    {.key = "earliest_year",
     .type = GM_PARAM_INT,
     .offset = offsetof(thresholds, earliest_year),
     .fallback = "2015",
     .min = 1970,
     .max = 2100,
     .doc = "A date before this year means that the clock of the machine was not set"},
    {.key = "distance_mm",
     .type = GM_PARAM_FLOAT,
     .offset = offsetof(thresholds, distance_mm),
     .fallback = "0.2",
     .min = 0.01,
     .max = 100,
     .unit = "mm",
     .doc = "Distance of the result, off the last depth; ordinary: up to 0.07"},
};

static void check_clock(const gm_record *r, int earliest, gm_findings *findings) {
    const char *raw = gm_record_field(r, NULL, "Date"); /* meta.date may be blanked where the clock was not set */
    const char *date = r->meta.date[0] ? r->meta.date : raw;
    int year = 0;
    if (date[0] == '\0') {
        gm_findings_add(findings, "metadata.no_date", GM_INFO, "set the clock of the machine",
                        "the record has no date: it cannot be ordered in time");
    } else if (sscanf(date, "%4d-", &year) != 1) {
        gm_findings_add(findings, "metadata.clock", GM_WARNING, "set the clock of the machine",
                        "the date '%.40s' cannot be read; YYYY-MM-DD:HH:MM:SS is expected", date);
    } else if (year < earliest) {
        gm_findings_add(findings, "metadata.clock", GM_WARNING,
                        "set the clock of the machine; until then the order comes from the counters",
                        "the clock was not set: the record is dated %.19s", date);
    }
}

/* What identifies a hole. Counters order holes and give the tool's age. */
static void check_fields(const gm_record *r, gm_findings *findings) {
    const gm_record_meta *m = &r->meta;
    bool tagged = m->head_tag[0] && !gm_equal_nocase(m->head_tag, "light");
    bool motor = m->motor_serial[0] && strcmp(m->motor_serial, "0") != 0;
    gm_auto_text lost = GM_TEXT_INIT, serious = GM_TEXT_INIT;
    if (!tagged && !motor && !m->head_name[0]) gm_text_append(&serious, ", head and motor");
    if (m->head_global_counter < 0) gm_text_append(&serious, ", Head Global Counter");
    if (!m->box_serial[0]) gm_text_append(&lost, ", BOX SN");
    if (!motor) gm_text_append(&lost, ", Motor SN");
    if (m->head_local_counter_1 < 0) gm_text_append(&lost, ", Head Local Counter (tool age)");
    if (isnan(m->motor_m2_ratio)) gm_text_append(&lost, ", Motor M2 Ratio");
    if (serious.length)
        gm_findings_add(findings, "metadata.required", GM_WARNING,
                        "without it a hole cannot be told from others or grouped by tool: take the machine's own file",
                        "not given: %s", gm_text_c(&serious) + 2);
    if (lost.length)
        gm_findings_add(findings, "metadata.fields", GM_INFO, "fill it in at the machine's control box",
                        "not given: %s", gm_text_c(&lost) + 2);
}

/* --- file name: ID_HeadName_ST_Global_Local1[_..].xls --- */

typedef struct {
    char id[256], head[256];
    long global, local;
} name_parts;

static bool split_name(const char *file, name_parts *out) {
    char base[256];
    snprintf(base, sizeof base, "%s", gm_path_base(file));
    char *dot = strrchr(base, '.');
    if (dot) *dot = '\0';
    char *mark = NULL;
    for (char *p = base; (p = strstr(p, "_ST_")); p++) mark = p;
    if (!mark || sscanf(mark, "_ST_%9ld_%9ld", &out->global, &out->local) != 2) return false;
    *mark = '\0';
    char *head = strrchr(base, '_');
    if (!head) return false;
    *head = '\0';
    const char *id = strrchr(base, '_'); /* a server may have put its name in front */
    snprintf(out->id, sizeof out->id, "%s", id ? id + 1 : base);
    snprintf(out->head, sizeof out->head, "%s", head + 1);
    return true;
}

static void check_name(const gm_quality_input *input, gm_findings *findings) {
    name_parts name;
    const gm_record_meta *m = &input->record->meta;
    if (!input->file || !split_name(input->file, &name)) return;
    static const char *hint =
        "the file was renamed or its header edited: find out which hole it is before using counters";
    if ((m->head_global_counter >= 0 && name.global != m->head_global_counter) ||
        (m->head_local_counter_1 >= 0 && name.local != m->head_local_counter_1))
        gm_findings_add(findings, "metadata.name_counters", GM_WARNING, hint,
                        "the file name says hole %ld, tool count %ld; the header says %ld and %ld", name.global,
                        name.local, m->head_global_counter, m->head_local_counter_1);
    bool tagged = m->head_tag[0] && !gm_equal_nocase(m->head_tag, "light");
    const char *id = tagged ? m->head_tag : m->motor_serial;
    if (id[0] && !gm_equal_nocase(id, name.id))
        gm_findings_add(findings, "metadata.name_id", GM_WARNING, hint, "the file name says %s %s, the header says %s",
                        tagged ? "head tag" : "motor", name.id, id);
    else if (m->head_name[0] && !gm_equal_nocase(m->head_name, name.head))
        gm_findings_add(findings, "metadata.name_id", GM_WARNING, hint,
                        "the file name says head %s, the header says %s", name.head, m->head_name);
}

/* --- results --- */

/* Firmware 3.2.2.1 (version 9) writes the position of the first row where the total distance belongs. */
static void check_distance(const gm_record *r, double tolerance, gm_findings *findings) {
    double distance = r->meta.distance_mm, end = (double)r->depth_mm[r->n - 1], first = (double)r->depth_mm[0];
    if (isnan(distance) || fabs(distance - end) <= tolerance) return;
    if (fabs(distance - first) <= 0.05)
        gm_findings_add(findings, "metadata.distance_defect", GM_INFO,
                        "a known defect of this firmware: depth is taken from the rows",
                        "Results Distance is %s mm, the first position; the cycle ended at %s mm (firmware %s)",
                        GM_NUM(distance, 3), GM_NUM(end, 3), r->meta.firmware);
    else
        gm_findings_add(findings, "metadata.distance", GM_WARNING,
                        "the header belongs to another hole: trust the signals, not program, counters and date",
                        "Results Distance is %s mm; the rows end at %s mm", GM_NUM(distance, 3), GM_NUM(end, 3));
}

/* Defects of firmwares that the reader works around, so that nobody wonders about the raw file. */
static void check_firmware(const gm_record *r, gm_findings *findings) {
    static const struct {
        const char *firmware, *defect;
    } known[] = {
        {"V 3.1.2", "breaks the Control Box header over 48 line ends and repeats a name in it"},
    };
    for (size_t i = 0; i < GM_COUNT(known); i++)
        if (strcmp(r->meta.firmware, known[i].firmware) == 0)
            gm_findings_add(findings, "metadata.firmware_defect", GM_INFO, NULL,
                            "firmware %s %s; it is read all the same", known[i].firmware, known[i].defect);
}

static void check_result(const gm_record *r, gm_findings *findings) {
    if (r->meta.cycle_ok == 0 && r->n_segments && !(r->segments[r->n_segments - 1].stop_code & GM_STOP_ABNORMAL))
        gm_findings_add(findings, "metadata.cycle_not_ok", GM_WARNING,
                        "look why the machine rejected it before training on it",
                        "the machine says that the cycle was not good, but its stop code is an ordinary end");
}

/* Tool life: Max cycles Limit 1, 65535 = none. */
static void check_tool_life(const gm_record *r, gm_findings *findings) {
    const char *text = gm_record_field(r, NULL, "Max cycles Limit 1");
    if (!text[0]) text = gm_record_field(r, NULL, "Max cycles");
    long limit = 0, age = r->meta.head_local_counter_1;
    if (!gm_parse_long(text, &limit) || limit <= 0 || limit >= 65535 || age <= limit) return;
    gm_findings_add(findings, "metadata.tool_life", GM_INFO, "change the tool, or reset its counter after a change",
                    "the tool has drilled %ld holes; its limit is %ld", age, limit);
}

static void check(const gm_quality_input *input, const gm_evidence *evidence, const void *limits,
                  gm_findings *findings) {
    (void)evidence;
    const thresholds *t = limits;
    const gm_record *r = input->record;
    check_clock(r, t->earliest_year, findings);
    check_fields(r, findings);
    check_name(input, findings);
    check_distance(r, t->distance_mm, findings);
    check_firmware(r, findings);
    check_result(r, findings);
    check_tool_life(r, findings);
}

const gm_validator gm_validator_metadata = {
    .name = "metadata",
    .doc = "The header says which hole this is and when it was drilled, and agrees with file name and signals",
    .params = params,
    .n_params = GM_COUNT(params),
    .params_size = sizeof(thresholds),
    .check = check,
};
