/* Histograms, bars, shares, learning curves. */
#include "report_internal.h"

#include <math.h>
#include <stdlib.h>

static void rectangle(gm_text *page, const char *class, const char *more, double x, double y, double w, double h) {
    gm_text_printf(page, "<rect class=\"%s%s\" x=\"", class, more);
    gm_svg_number(page, x);
    gm_text_append(page, "\" y=\"");
    gm_svg_number(page, y);
    gm_text_append(page, "\" width=\"");
    gm_svg_number(page, w);
    gm_text_append(page, "\" height=\"");
    gm_svg_number(page, h);
    gm_text_append(page, "\">");
}

/* --- histogram --- */

enum { MAX_BINS = 80 };

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Freedman and Diaconis: 2 IQR / n^(1/3). */
static size_t choose_bins(double *sorted, size_t n, double span) {
    if (n < 4) return 8;
    double iqr = sorted[n * 3 / 4] - sorted[n / 4], width = 2 * iqr / cbrt((double)n);
    double bins = width > 0 ? ceil(span / width) : 10;
    return (size_t)fmin(fmax(bins, 8), MAX_BINS);
}

void gm_report_histogram(gm_text *page, const gm_histogram *h) {
    gm_auto_free double *sorted = gm_alloc_array(h->n + 1, sizeof *sorted);
    if (!sorted) {
        page->failed = true;
        return;
    }
    size_t n = 0;
    for (size_t i = 0; i < h->n; i++)
        if (isfinite(h->values[i])) sorted[n++] = h->values[i];
    qsort(sorted, n, sizeof *sorted, compare_doubles);
    double min = n ? sorted[0] : 0, max = n ? sorted[n - 1] : 1;
    if (h->x_min != h->x_max) min = h->x_min, max = h->x_max;
    gm_frame f = {.width = h->width ? h->width : 520, .height = h->height ? h->height : 240};
    f.left = 42;
    f.right = f.width - 12;
    f.top = 10 + gm_svg_marker_space(h->markers, h->n_markers);
    f.bottom = f.height - (h->x_label ? 34 : 22);
    gm_axis x, y;
    gm_axis_make(&x, min, max, false, false, (size_t)fmax(2, (f.right - f.left) / 70), f.left, f.right);
    size_t n_bins = h->n_bins ? GM_MIN(h->n_bins, MAX_BINS) : choose_bins(sorted, n, x.max - x.min);
    size_t counts[MAX_BINS] = {0}, highest = 1;
    for (size_t i = 0; i < n; i++) {
        double part = (sorted[i] - x.min) / (x.max - x.min) * (double)n_bins;
        size_t bin = (size_t)fmin(fmax(part, 0), (double)n_bins - 1);
        counts[bin]++;
        highest = GM_MAX(highest, counts[bin]);
    }
    gm_axis_make(&y, 0, (double)highest, false, true, 4, f.bottom, f.top);
    gm_svg_begin(page, &f, h->title, NULL);
    gm_svg_x_axis(page, &f, &x, h->x_label);
    gm_svg_y_axis(page, &f, &y, NULL, false, 0);
    double width = (f.right - f.left) / (double)n_bins;
    for (size_t b = 0; b < n_bins; b++) {
        if (counts[b] == 0) continue;
        double top = gm_axis_px(&y, (double)counts[b]);
        rectangle(page, "bar", "", f.left + (double)b * width + 0.5, top, fmax(width - 1, 0.5), f.bottom - top);
        gm_text_printf(page, "<title>%zu</title></rect>", counts[b]);
    }
    gm_svg_markers(page, &f, &x, h->markers, h->n_markers);
    gm_svg_end(page);
}

/* --- bars --- */

void gm_report_bars(gm_text *page, const gm_bar_chart *chart) {
    double names = 60, highest = 0;
    for (size_t i = 0; i < chart->n; i++) {
        names = fmax(names, gm_text_width_px(chart->names[i], 12) + 12);
        if (isfinite(chart->values[i])) highest = fmax(highest, chart->values[i]);
    }
    enum { ROW = 20 };
    gm_frame f = {.width = chart->width ? chart->width : 720,
                  .height = (int)chart->n * ROW + (chart->x_label ? 24 : 8)};
    f.left = fmin(names, 300);
    f.right = f.width - 70;
    gm_svg_begin(page, &f, chart->title, NULL);
    for (size_t i = 0; i < chart->n; i++) {
        double y = 4 + (double)i * ROW, value = isfinite(chart->values[i]) ? chart->values[i] : 0;
        double length = highest > 0 ? fmax(0, value) / highest * (f.right - f.left) : 0;
        gm_text_append(page, "<text class=\"name\" text-anchor=\"end\" x=\"");
        gm_svg_number(page, f.left - 8);
        gm_text_append(page, "\" y=\"");
        gm_svg_number(page, y + 12);
        gm_text_append(page, "\">");
        gm_text_html(page, chart->names[i]);
        gm_text_append(page, "</text>");
        rectangle(page, "bar", gm_tone_class(chart->tones ? chart->tones[i] : NULL), f.left, y + 2, fmax(length, 1),
                  ROW - 6);
        gm_text_append(page, "</rect><text x=\"");
        gm_svg_number(page, f.left + length + 6);
        gm_text_append(page, "\" y=\"");
        gm_svg_number(page, y + 12);
        gm_text_append(page, "\">");
        gm_report_number(page, chart->values[i], chart->decimals);
        gm_text_append(page, "</text>\n");
    }
    if (chart->x_label) {
        gm_text_printf(page, "<text class=\"label\" x=\"%d\" y=\"%d\">", (int)f.left, f.height - 6);
        gm_text_html(page, chart->x_label);
        gm_text_append(page, "</text>");
    }
    gm_svg_end(page);
}

/* --- shares of a whole --- */

static void part_class(gm_text *page, const gm_report_part *part, size_t index) {
    if (part->tone)
        gm_text_append(page, gm_tone_class(part->tone));
    else
        gm_text_printf(page, " s%zu", index % 8 + 1);
}

void gm_report_share_bar(gm_text *page, const gm_report_part *parts, size_t count) {
    double total = 0, at = 0;
    for (size_t i = 0; i < count; i++) total += fmax(0, parts[i].value);
    gm_text_append(page, "<figure class=\"share\"><svg viewBox=\"0 0 1000 26\" preserveAspectRatio=\"none\">");
    for (size_t i = 0; i < count && total > 0; i++) {
        double width = fmax(0, parts[i].value) / total * 1000;
        if (width <= 0) continue;
        gm_text_append(page, "<g class=\"fill");
        part_class(page, &parts[i], i);
        gm_text_append(page, "\">");
        rectangle(page, "part", "", at, 0, fmax(width - 2, 1.5), 26);
        gm_text_append(page, "</rect></g>");
        at += width;
    }
    gm_text_append(page, "</svg><figcaption>");
    for (size_t i = 0; i < count; i++) {
        gm_text_append(page, "<span class=\"key\"><svg width=\"12\" height=\"12\"><g class=\"fill");
        part_class(page, &parts[i], i);
        gm_text_append(page, "\"><rect class=\"part\" width=\"12\" height=\"12\" rx=\"3\"/></g></svg>");
        gm_text_html(page, parts[i].label);
        gm_text_append(page, " <b>");
        gm_report_count(page, (size_t)fmax(0, parts[i].value));
        gm_text_append(page, "</b>");
        if (total > 0) {
            gm_text_append(page, " <small>");
            gm_report_percent(page, parts[i].value / total, 1);
            gm_text_append(page, "</small>");
        }
        gm_text_append(page, "</span>");
    }
    gm_text_append(page, "</figcaption></figure>\n");
}

/* --- learning curves --- */

static void mean_over_folds(const double *values, size_t n_folds, size_t n_epochs, double *out) {
    for (size_t e = 0; e < n_epochs; e++) {
        double sum = 0;
        size_t n = 0;
        for (size_t k = 0; k < n_folds; k++)
            if (isfinite(values[k * n_epochs + e])) sum += values[k * n_epochs + e], n++;
        out[e] = n ? sum / (double)n : NAN;
    }
}

void gm_report_learning_curves(gm_text *page, const gm_learning_curves *c) {
    size_t n = c->n_epochs, n_series = 0;
    gm_auto_free double *epochs = gm_alloc_array(3 * n + 1, sizeof *epochs);
    gm_auto_free gm_plot_series *series = gm_calloc(2 * c->n_folds + 2, sizeof *series);
    if (!epochs || !series) {
        page->failed = true;
        return;
    }
    for (size_t e = 0; e < n; e++) epochs[e] = (double)e + 1;
    const double *const sets[] = {c->training, c->validation};
    static const char *const names[] = {"training", "validation"};
    for (size_t k = 0; k < c->n_folds && c->n_folds > 1; k++)
        for (size_t s = 0; s < 2; s++)
            if (sets[s])
                series[n_series++] =
                    (gm_plot_series){.x = epochs, .y = sets[s] + k * n, .n = n, .colour = (int)s + 1, .thin = true};
    for (size_t s = 0; s < 2; s++) {
        if (!sets[s]) continue;
        double *mean = epochs + (s + 1) * n;
        mean_over_folds(sets[s], c->n_folds, n, mean);
        series[n_series++] = (gm_plot_series){.name = names[s], .x = epochs, .y = mean, .n = n, .colour = (int)s + 1};
    }
    gm_plot plot = {.title = c->title,
                    .x_label = "epoch",
                    .y_label = c->y_label,
                    .series = series,
                    .n_series = n_series,
                    .y_log = c->y_log,
                    .width = c->width,
                    .height = c->height};
    gm_report_plot(page, &plot);
}
