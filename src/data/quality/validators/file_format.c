/* file_format: is this the file that a machine of its version writes? What cannot be read at all is ingestion's. */
#include "../quality_internal.h"

#include <math.h>
#include <string.h>

typedef struct {
    double off_grid_fraction;
} thresholds;

static const gm_param_spec params[] = {
    {.key = "off_grid_fraction",
     .type = GM_PARAM_FLOAT,
     .offset = offsetof(thresholds, off_grid_fraction),
     .fallback = "0.25",
     .max = 1,
     .doc = "Part of the rows that may lie off the grid of the feed motor before the header is doubted"},
};

static const long known_versions[] = {4, 7, 8, 9, 11};

static void check_version(const gm_record *r, gm_findings *findings) {
    for (size_t i = 0; i < GM_COUNT(known_versions); i++)
        if (r->meta.file_version == known_versions[i]) return;
    if (r->meta.file_version < 0)
        gm_findings_add(findings, "file_format.version", GM_WARNING, "take the original file from the machine",
                        "the header gives no file version; 4, 7, 8, 9 and 11 are known");
    else
        gm_findings_add(findings, "file_format.version", GM_WARNING,
                        "compare the points found with the plot before using it; tell us of the new version",
                        "file version %ld; 4, 7, 8, 9 and 11 are known", r->meta.file_version);
}

/* Which columns each version writes beside the first seven (format document, section 4.1). */
static void check_columns(const gm_record *r, gm_findings *findings) {
    long version = r->meta.file_version;
    static const char *hint =
        "a converter probably put the header of one file in front of the rows of another: trust the "
        "signals, not program, counters and date";
    const char *missing = NULL;
    if ((version == 4) && (!r->speed_rpm || !r->feed_mm_s)) missing = "Rotation Speed and Feed Speed";
    if ((version == 7 || version == 8) && !r->torque_detector) missing = "Mem Torque min";
    if (version >= 7 && !r->gap_mm) missing = "Gap Length";
    if (missing)
        gm_findings_add(findings, "file_format.columns", GM_WARNING, hint,
                        "version %ld records have the column %s, this one has not", version, missing);
    if (version >= 7 && r->speed_rpm)
        gm_findings_add(findings, "file_format.columns", GM_WARNING, hint,
                        "version %ld records have no column Rotation Speed, this one has", version);
}

/* Positions are whole steps of the feed motor, 1 / (12 M2 ratio) mm, printed with three decimals. */
static void check_grid(const gm_record *r, double allowed, gm_findings *findings) {
    double ratio = r->meta.motor_m2_ratio;
    if (!(ratio > 0.5 && ratio < 100)) return;
    double quantum = 1 / (12 * ratio);
    if (quantum < 0.003) return; /* three decimals no longer show it */
    size_t n_off = 0;
    for (size_t i = 0; i < r->n; i++) {
        double steps = (double)r->depth_mm[i] / quantum;
        n_off += fabs(steps - rint(steps)) * quantum > 0.00115;
    }
    if ((double)n_off <= allowed * (double)r->n) return;
    gm_findings_add(findings, "file_format.off_grid", GM_WARNING,
                    "the header was edited or belongs to another machine, or the positions were resampled: check motor "
                    "and counters",
                    "%s %% of the positions lie between the steps of the feed motor; with Motor M2 Ratio %s they are "
                    "%s mm apart",
                    GM_NUM(100.0 * (double)n_off / (double)r->n, 0), GM_NUM(ratio, 3), GM_NUM(quantum, 5));
}

/* U+FFFD stands where a byte was lost: "Pset n?" after somebody saved the file in another encoding. */
static void check_text(const gm_record *r, gm_findings *findings) {
    for (size_t i = 0; i < r->n_fields; i++) {
        const gm_field *f = &r->fields[i];
        if (!strstr(f->key, "\xef\xbf\xbd") && !strstr(f->value, "\xef\xbf\xbd")) continue;
        gm_findings_add(findings, "file_format.damaged_text", GM_INFO,
                        "nothing is lost that is used; keep the machine's own file as the original",
                        "the header cell '%s' holds a character that was lost when the file was saved again", f->key);
        return;
    }
}

static void check(const gm_quality_input *input, const gm_evidence *evidence, const void *limits,
                  gm_findings *findings) {
    (void)evidence;
    const thresholds *t = limits;
    const gm_record *r = input->record;
    if (strcmp(r->format, "setitec") != 0) return; /* messages have neither version nor grid */
    check_version(r, findings);
    check_columns(r, findings);
    check_grid(r, t->off_grid_fraction, findings);
    check_text(r, findings);
}

const gm_validator gm_validator_file_format = {
    .name = "file_format",
    .doc = "The file is one that a machine of its version writes: columns, position grid, undamaged text",
    .params = params,
    .n_params = GM_COUNT(params),
    .params_size = sizeof(thresholds),
    .check = check,
};
