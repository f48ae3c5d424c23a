/* From points to what people read: label, interval, layers, grip code, warnings. */
#include "loop_internal.h"

#define UNCALIBRATED_FACTOR 2.0

static double factor_of(const gm_calibration *calibration, int index) {
    return calibration->known ? calibration->factor[index] : UNCALIBRATED_FACTOR;
}

static void fill_point(const gm_points *points, const gm_calibration *calibration, int p, gm_prediction *out) {
    double half = factor_of(calibration, p) * points->uncertainty[p];
    bool present = isfinite(points->mm[p]);
    out->label.points[p].mm = points->mm[p];
    out->label.points[p].confidence = present ? points->probability[p] : 1 - points->probability[p];
    out->low_mm[p] = present ? points->mm[p] - half : NAN;
    out->high_mm[p] = present ? points->mm[p] + half : NAN;
}

static void fill_layers(gm_prediction *out) {
    double last = NAN;
    for (int p = 0; p < GM_N_POINTS; p++) {
        double mm = out->label.points[p].mm;
        if (!isfinite(mm)) continue;
        if (isfinite(last)) out->layers_mm[out->n_layers++] = mm - last;
        last = mm;
    }
}

static void warn(gm_prediction *out) {
    static const double wide_mm = 1.0, unsure = 0.7;
    for (int p = 0; p < GM_N_POINTS; p++) {
        const gm_label_point *point = &out->label.points[p];
        if (p != GM_TRANSITION && !isfinite(point->mm))
            gm_prediction_warn(out, "no %s found: %s", gm_point_name(p),
                               p == GM_ENTRY ? "drilled in air?" : "not broken through?");
        else if (out->high_mm[p] - out->low_mm[p] > wide_mm)
            gm_prediction_warn(out, "the %s is uncertain: anywhere within %.2f mm", gm_point_name(p),
                               out->high_mm[p] - out->low_mm[p]);
        else if (point->confidence >= unsure)
            continue;
        else if (isfinite(point->mm))
            gm_prediction_warn(out, "the %s may lie elsewhere: only %.0f %% sure that it is at %.2f mm",
                               gm_point_name(p), 100 * point->confidence, point->mm);
        else
            gm_prediction_warn(out, "there may be a %s: only %.0f %% sure that there is none", gm_point_name(p),
                               100 * point->confidence);
    }
}

void gm_prediction_fill(const gm_points *points, const gm_calibration *calibration, gm_prediction *out) {
    *out = (gm_prediction){.label = GM_LABEL_EMPTY, .hole_depth_low_mm = NAN, .hole_depth_high_mm = NAN};
    out->label.source = GM_SOURCE_MODEL;
    out->label.confidence = 1;
    for (int p = 0; p < GM_N_POINTS; p++) {
        fill_point(points, calibration, p, out);
        out->label.confidence = GM_MIN(out->label.confidence, out->label.points[p].confidence);
    }
    fill_layers(out);
    double depth = gm_label_hole_depth(&out->label);
    out->grip_code = gm_grip_code(depth);
    if (isfinite(depth)) {
        double u = hypot(points->uncertainty[GM_ENTRY], points->uncertainty[GM_EXIT]);
        double half = factor_of(calibration, GM_EVAL_HOLE_DEPTH) * u;
        out->hole_depth_low_mm = depth - half;
        out->hole_depth_high_mm = depth + half;
    }
    warn(out);
}
