/* Axes: ranges, round ticks, pixels. */
#include "report_internal.h"

#include <math.h>

static void repair(double *min, double *max, bool log) {
    if (!isfinite(*min) || !isfinite(*max) || *min > *max) *min = log ? 0.1 : 0, *max = 1;
    if (log && *min <= 0) *min = *max > 0 ? *max / 1000 : 0.1;
    if (log && *max <= *min) *max = *min * 10;
    if (*max - *min > 1e-12 * fmax(fabs(*min), fabs(*max))) return;
    double half = *min != 0 ? fabs(*min) * 0.05 : 0.5;
    *min -= half;
    *max += half;
}

static double round_step(double span, size_t wanted) {
    double raw = span / (double)wanted, power = pow(10, floor(log10(raw))), part = raw / power;
    return power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
}

/* Out to the next tick, but not for a value that lies just beyond the one before: noise below zero. */
static double loosen(double value, double tick, double step) {
    return fabs(tick - value) > 0.85 * step ? value : tick;
}

static void linear_ticks(gm_axis *axis, bool loose, size_t wanted) {
    double step = round_step(axis->max - axis->min, wanted);
    if (loose) {
        axis->min = loosen(axis->min, floor(axis->min / step + 1e-9) * step, step);
        axis->max = loosen(axis->max, ceil(axis->max / step - 1e-9) * step, step);
    }
    axis->decimals = (int)fmax(0, -floor(log10(step) + 1e-9));
    double first = ceil(axis->min / step - 1e-9);
    for (size_t k = 0; k < GM_MAX_TICKS; k++) {
        double tick = (first + (double)k) * step;
        if (tick > axis->max + step * 1e-6) break;
        axis->ticks[axis->n_ticks++] = tick;
    }
}

/* Powers of ten, and 2 and 5 times them where there are few. */
static void log_ticks(gm_axis *axis, bool loose) {
    if (loose) axis->min = pow(10, floor(log10(axis->min) * 3 + 1e-9) / 3);
    double decades = log10(axis->max / axis->min);
    static const double parts[] = {1, 2, 5};
    size_t n_parts = decades < 3 ? 3 : 1;
    double every = ceil(decades / GM_MAX_TICKS);
    int least = 0;
    for (double e = floor(log10(axis->min)); e <= log10(axis->max) + 1; e += fmax(1, every))
        for (size_t p = 0; p < n_parts; p++) {
            double tick = parts[p] * pow(10, e);
            if (tick < axis->min * (1 - 1e-9) || tick > axis->max * (1 + 1e-9) || axis->n_ticks == GM_MAX_TICKS)
                continue;
            axis->ticks[axis->n_ticks++] = tick;
            if (e < 0) least = (int)fmax(least, -e);
        }
    axis->decimals = least;
}

void gm_axis_make(gm_axis *axis, double min, double max, bool log, bool loose, size_t wanted, double from_px,
                  double to_px) {
    repair(&min, &max, log);
    *axis = (gm_axis){.min = min, .max = max, .log = log, .from_px = from_px, .to_px = to_px};
    if (log)
        log_ticks(axis, loose);
    else
        linear_ticks(axis, loose, wanted ? wanted : 1);
}

double gm_axis_px(const gm_axis *axis, double value) {
    double part = axis->log ? (value > 0 ? log(value / axis->min) / log(axis->max / axis->min) : -1)
                            : (value - axis->min) / (axis->max - axis->min);
    return axis->from_px + fmin(fmax(part, -10), 10) * (axis->to_px - axis->from_px);
}
