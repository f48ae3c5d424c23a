/* The list of validators, their thresholds, and the check of one hole. */
#include "quality_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define GM_VALIDATOR(name) extern const gm_validator gm_validator_##name;
#include "validators.list.h"
#undef GM_VALIDATOR

static const gm_validator *const validators[] = {
#define GM_VALIDATOR(name) &gm_validator_##name,
#include "validators.list.h"
#undef GM_VALIDATOR
};
enum { N_VALIDATORS = GM_COUNT(validators) };

struct gm_quality {
    void *thresholds[N_VALIDATORS];
};

const gm_validator *const *gm_validators(size_t *count) {
    *count = N_VALIDATORS;
    return validators;
}

gm_status gm_quality_new(gm_quality **out, gm_error *err) {
    gm_auto(gm_quality) quality = gm_calloc(1, sizeof *quality);
    if (!quality) return gm_nomem(err);
    for (size_t v = 0; v < N_VALIDATORS; v++) {
        quality->thresholds[v] = gm_calloc(1, GM_MAX(validators[v]->params_size, 1));
        if (!quality->thresholds[v]) return gm_nomem(err);
        GM_TRY(gm_params_defaults(validators[v]->params, validators[v]->n_params, quality->thresholds[v], err));
    }
    *out = gm_steal(&quality);
    return GM_OK;
}

void gm_quality_free(gm_quality *quality) {
    if (!quality) return;
    for (size_t v = 0; v < N_VALIDATORS; v++) {
        if (quality->thresholds[v])
            gm_params_finish(validators[v]->params, validators[v]->n_params, quality->thresholds[v]);
        gm_free(quality->thresholds[v]);
    }
    gm_free(quality);
}

gm_status gm_quality_set(gm_quality *quality, const char *key, const char *value, gm_error *err) {
    const char *names[N_VALIDATORS];
    const char *dot = strchr(key, '.');
    for (size_t v = 0; v < N_VALIDATORS; v++) {
        const gm_validator *validator = validators[v];
        names[v] = validator->name;
        if (!dot || strlen(names[v]) != (size_t)(dot - key) || memcmp(names[v], key, (size_t)(dot - key)) != 0)
            continue;
        return gm_params_set(validator->params, validator->n_params, quality->thresholds[v], dot + 1, value, err);
    }
    const char *nearest = gm_nearest_name(key, names, N_VALIDATORS);
    return gm_fail(err, GM_E_ARG, "no validator for '%s'; a threshold is named like signal_quality.noise_torque_a%s%s",
                   key, nearest ? ", the nearest validator is " : "", nearest ? nearest : "");
}

const char *gm_quality_number(char out[32], double value, int decimals) {
    gm_auto_text text = GM_TEXT_INIT;
    gm_text_number(&text, value, decimals);
    snprintf(out, 32, "%s", gm_text_c(&text));
    return out;
}

static void copy_text(char *out, size_t size, const char *text) {
    snprintf(out, size, "%s", text);
}

static void summarize(const gm_quality_input *input, const gm_evidence *e, gm_hole_summary *s) {
    const gm_record *r = input->record;
    *s = (gm_hole_summary){.global_counter = r->meta.head_global_counter,
                           .local_counter = r->meta.head_local_counter_1,
                           .entry_mm = e->contact_mm,
                           .metal_mm = e->metal_mm,
                           .exit_mm = e->half_fall_mm,
                           .end_mm = e->end_mm,
                           .torque_max_a = e->torque_max_a,
                           .thrust_max_a = e->thrust_max_a,
                           .cut_torque_a = e->cut_torque_a,
                           .cut_thrust_a = e->cut_thrust_a,
                           .no_contact = isnan(e->contact_mm),
                           .not_through = !isnan(e->contact_mm) && !e->through,
                           .late_contact = gm_evidence_air_step(r, e) >= GM_LATE_CONTACT_MM,
                           .overload = gm_record_overload(r)};
    copy_text(s->sha256, sizeof s->sha256, input->sha256);
    gm_record_trace_hash(r, s->trace_sha256);
    gm_record_program_id(r, s->program_id);
    const char *tag = r->meta.head_tag;
    bool tagged = tag[0] && !gm_equal_nocase(tag, "light");
    copy_text(s->head, sizeof s->head, tagged ? tag : r->meta.head_name);
    copy_text(s->motor, sizeof s->motor, r->meta.motor_serial);
    copy_text(s->date, sizeof s->date, r->meta.date);
}

gm_status gm_quality_check(const gm_quality *quality, const gm_quality_input *input, gm_findings *findings,
                           gm_hole_summary *summary, gm_error *err) {
    GM_ASSERT(input->record && input->record->n > 0);
    gm_evidence evidence;
    gm_evidence_find(input->record, &evidence);
    for (size_t v = 0; v < N_VALIDATORS; v++) validators[v]->check(input, &evidence, quality->thresholds[v], findings);
    if (summary) {
        summarize(input, &evidence, summary);
        summary->score = (float)gm_quality_score(findings);
    }
    return findings->failed ? gm_nomem(err) : GM_OK;
}

double gm_quality_score(const gm_findings *findings) {
    static const double factors[] = {[GM_INFO] = 1, [GM_WARNING] = 0.8, [GM_FAILURE] = 0.3, [GM_ERROR] = 0};
    double score = 1;
    for (size_t i = 0; i < findings->count; i++) score *= factors[findings->items[i].severity];
    return score;
}
