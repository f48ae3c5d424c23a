/* Does a confidence of 0.9 mean that nine of ten are right? */
#include "evaluation.h"

static const double edges[GM_N_CONFIDENCE_BANDS + 1] = {0, 0.5, 0.7, 0.9, 0.98, 1};

static bool is_right(const gm_evaluation_item *item, int point) {
    double predicted = item->prediction.label.points[point].mm, reference = item->reference.points[point].mm;
    if (isnan(predicted) || isnan(reference)) return isnan(predicted) && isnan(reference);
    return fabs(predicted - reference) <= GM_CONFIDENCE_MM;
}

void gm_confidence_bands(const gm_evaluation_item *items, size_t count, int point,
                         gm_confidence_band out[GM_N_CONFIDENCE_BANDS]) {
    for (int b = 0; b < GM_N_CONFIDENCE_BANDS; b++) out[b] = (gm_confidence_band){.from = edges[b], .to = edges[b + 1]};
    for (size_t i = 0; i < count; i++) {
        double confidence = items[i].prediction.label.points[point].confidence;
        if (isnan(confidence)) continue;
        int band = GM_N_CONFIDENCE_BANDS - 1;
        while (band > 0 && confidence < edges[band]) band--;
        out[band].n++;
        out[band].right += is_right(&items[i], point);
    }
}

void gm_confidence_json(const gm_evaluation_item *items, size_t count, gm_text *out) {
    gm_text_append(out, "{");
    for (int p = 0; p < GM_N_POINTS; p++) {
        gm_confidence_band bands[GM_N_CONFIDENCE_BANDS];
        gm_confidence_bands(items, count, p, bands);
        gm_text_printf(out, "%s\"%s\": [", p ? ", " : "", gm_point_name((gm_point)p));
        for (int b = 0; b < GM_N_CONFIDENCE_BANDS; b++) {
            gm_text_append(out, b ? ", {\"from\": " : "{\"from\": ");
            gm_text_number(out, bands[b].from, 2);
            gm_text_append(out, ", \"to\": ");
            gm_text_number(out, bands[b].to, 2);
            gm_text_printf(out, ", \"n\": %zu, \"right\": %zu}", bands[b].n, bands[b].right);
        }
        gm_text_append(out, "]");
    }
    gm_text_append(out, "}");
}
