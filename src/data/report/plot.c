/* Line, step and scatter plots. */
#include "report_internal.h"

#include <math.h>

typedef struct {
    double min, max;
} span;

static void widen(span *s, double value) {
    if (!isfinite(value)) return;
    s->min = fmin(s->min, value);
    s->max = fmax(s->max, value);
}

static span range_of(const gm_plot *plot, bool of_x, bool right) {
    span s = {INFINITY, -INFINITY};
    for (size_t i = 0; i < plot->n_series; i++) {
        const gm_plot_series *series = &plot->series[i];
        if (!of_x && series->right != right) continue;
        for (size_t k = 0; k < series->n; k++) {
            if (!isfinite(series->x[k]) || !isfinite(series->y[k])) continue;
            if (!of_x && plot->y_log && !right && series->y[k] <= 0) continue;
            widen(&s, of_x ? series->x[k] : series->y[k]);
        }
    }
    return s;
}

/* Class names of a series' colour; the numbers count only named or coloured series. */
static int colour_of(const gm_plot_series *series, int *next) {
    if (series->colour != 0) return series->colour;
    *next = *next % 8 + 1;
    return *next;
}

static void series_class(gm_text *out, int colour) {
    if (colour < 0)
        gm_text_append(out, "s-grey");
    else
        gm_text_printf(out, "s%d", (colour - 1) % 8 + 1);
}

static void make_legend(const gm_plot *plot, gm_text *out) {
    int next = 0;
    for (size_t i = 0; i < plot->n_series; i++) {
        const gm_plot_series *series = &plot->series[i];
        int colour = colour_of(series, &next);
        if (!series->name) continue;
        gm_text_append(out, "<span class=\"key\"><svg width=\"18\" height=\"10\"><g class=\"");
        series_class(out, colour);
        gm_text_append(out, series->kind == GM_PLOT_DOTS ? "\"><circle class=\"dot\" cx=\"9\" cy=\"5\" r=\"3.5\"/>"
                                                         : "\"><path class=\"line\" d=\"M0 5H18\"/>");
        gm_text_append(out, "</g></svg>");
        gm_text_html(out, series->name);
        if (series->right) gm_text_append(out, " (right)");
        gm_text_append(out, "</span>");
    }
}

typedef struct {
    gm_text *page;
    bool drawing; /* is there a current point? */
} pen;

static void pen_to(pen *p, double x, double y) {
    gm_text_append(p->page, p->drawing ? "L" : "M");
    gm_svg_number(p->page, x);
    gm_text_append(p->page, " ");
    gm_svg_number(p->page, y);
    p->drawing = true;
}

/* Points that fall into one pixel column become its first, lowest, highest and last: no peak is lost. */
static void draw_line(gm_text *page, const gm_plot_series *s, const gm_axis *x, const gm_axis *y) {
    pen p = {page, false};
    for (size_t i = 0; i < s->n;) {
        if (!isfinite(s->x[i]) || !isfinite(s->y[i]) || (y->log && s->y[i] <= 0)) {
            p.drawing = false;
            i++;
            continue;
        }
        double column = floor(gm_axis_px(x, s->x[i])), low = INFINITY, high = -INFINITY;
        size_t first = i, low_at = i, high_at = i;
        for (; i < s->n && isfinite(s->x[i]) && isfinite(s->y[i]) && floor(gm_axis_px(x, s->x[i])) == column; i++) {
            if (y->log && s->y[i] <= 0) break;
            if (s->y[i] < low) low = s->y[low_at = i];
            if (s->y[i] > high) high = s->y[high_at = i];
        }
        size_t corners[4] = {first, GM_MIN(low_at, high_at), GM_MAX(low_at, high_at), i - 1};
        for (size_t c = 0; c < 4; c++) {
            if (c && corners[c] == corners[c - 1]) continue;
            double px = gm_axis_px(x, s->x[corners[c]]), py = gm_axis_px(y, s->y[corners[c]]);
            if (s->kind == GM_PLOT_STEPS && p.drawing) pen_to(&p, px, gm_axis_px(y, s->y[corners[c] - 1]));
            pen_to(&p, px, py);
        }
    }
}

static void draw_series(gm_text *page, const gm_plot_series *s, int colour, const gm_axis *x, const gm_axis *y) {
    gm_text_append(page, "<g class=\"");
    series_class(page, colour);
    gm_text_append(page, s->thin ? " thin\">" : "\">");
    if (s->kind == GM_PLOT_DOTS) {
        for (size_t i = 0; i < s->n; i++) {
            if (!isfinite(s->x[i]) || !isfinite(s->y[i])) continue;
            gm_text_append(page, "<circle class=\"dot\" cx=\"");
            gm_svg_number(page, gm_axis_px(x, s->x[i]));
            gm_text_append(page, "\" cy=\"");
            gm_svg_number(page, gm_axis_px(y, s->y[i]));
            gm_text_append(page, "\" r=\"2.2\"/>");
        }
    } else {
        gm_text_append(page, "<path class=\"line\" d=\"");
        draw_line(page, s, x, y);
        gm_text_append(page, "\"/>");
    }
    gm_text_append(page, "</g>\n");
}

static void draw_ranges(gm_text *page, const gm_plot *plot, const gm_frame *f, const gm_axis *x) {
    for (size_t i = 0; i < plot->n_ranges; i++) {
        const gm_plot_range *r = &plot->ranges[i];
        if (!isfinite(r->from) || !isfinite(r->to)) continue;
        double from = fmax(gm_axis_px(x, fmin(r->from, r->to)), f->left);
        double to = fmin(gm_axis_px(x, fmax(r->from, r->to)), f->right);
        if (to < f->left || from > f->right) continue;
        gm_text_printf(page, "<rect class=\"range%s\" x=\"", gm_tone_class(r->tone));
        gm_svg_number(page, from);
        gm_text_append(page, "\" y=\"");
        gm_svg_number(page, f->top);
        gm_text_append(page, "\" width=\"");
        gm_svg_number(page, fmax(to - from, 1.5));
        gm_text_append(page, "\" height=\"");
        gm_svg_number(page, f->bottom - f->top);
        gm_text_append(page, "\">");
        if (r->name) {
            gm_text_append(page, "<title>");
            gm_text_html(page, r->name);
            gm_text_append(page, "</title>");
        }
        gm_text_append(page, "</rect>\n");
    }
}

static void draw_diagonal(gm_text *page, const gm_axis *x, const gm_axis *y) {
    double from = fmax(x->min, y->min), to = fmin(x->max, y->max);
    if (!(from < to)) return;
    pen p = {page, false};
    gm_text_append(page, "<path class=\"diagonal\" d=\"");
    pen_to(&p, gm_axis_px(x, from), gm_axis_px(y, from));
    pen_to(&p, gm_axis_px(x, to), gm_axis_px(y, to));
    gm_text_append(page, "\"/>\n");
}

void gm_report_plot(gm_text *page, const gm_plot *plot) {
    bool right = false;
    for (size_t i = 0; i < plot->n_series; i++) right |= plot->series[i].right;
    gm_frame f = {.width = plot->width ? plot->width : 1070, .height = plot->height ? plot->height : 280};
    f.left = 46;
    f.right = f.width - (right ? 40 : 12);
    double names = gm_svg_marker_space(plot->markers, plot->n_markers);
    f.top = 10 + names;
    if (plot->y_label || plot->right_label) f.top += 14;
    f.bottom = f.height - (plot->x_label ? 34 : 22);
    span xs = range_of(plot, true, false), ys = range_of(plot, false, false), rs = range_of(plot, false, true);
    bool x_given = plot->x_min != plot->x_max, y_given = plot->y_min != plot->y_max;
    if (x_given) xs = (span){plot->x_min, plot->x_max};
    if (y_given) ys = (span){plot->y_min, plot->y_max};
    gm_axis x, y, y2;
    gm_axis_make(&x, xs.min, xs.max, false, false, (size_t)fmax(2, (f.right - f.left) / 70), f.left, f.right);
    size_t rows = (size_t)fmax(2, (f.bottom - f.top) / 38);
    gm_axis_make(&y, ys.min, ys.max, plot->y_log, !y_given, rows, f.bottom, f.top);
    gm_axis_make(&y2, rs.min, rs.max, false, true, rows, f.bottom, f.top);
    gm_auto_text legend = GM_TEXT_INIT;
    make_legend(plot, &legend);
    gm_svg_begin(page, &f, plot->title, gm_text_c(&legend));
    draw_ranges(page, plot, &f, &x);
    gm_svg_x_axis(page, &f, &x, plot->x_label);
    gm_svg_y_axis(page, &f, &y, plot->y_label, false, names);
    if (right) gm_svg_y_axis(page, &f, &y2, plot->right_label, true, names);
    if (plot->diagonal) draw_diagonal(page, &x, &y);
    /* an own viewport clips what lies outside the given ranges */
    gm_text_printf(page, "<svg x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" viewBox=\"%d %d %d %d\">\n", (int)f.left,
                   (int)f.top - 2, (int)(f.right - f.left), (int)(f.bottom - f.top) + 4, (int)f.left, (int)f.top - 2,
                   (int)(f.right - f.left), (int)(f.bottom - f.top) + 4);
    int next = 0;
    for (size_t i = 0; i < plot->n_series; i++)
        draw_series(page, &plot->series[i], colour_of(&plot->series[i], &next), &x, plot->series[i].right ? &y2 : &y);
    gm_text_append(page, "</svg>\n");
    gm_svg_markers(page, &f, &x, plot->markers, plot->n_markers);
    gm_svg_end(page);
}
