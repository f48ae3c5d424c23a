/* The frame of every plot: figure, axes, grid, markers. */
#include "report_internal.h"

#include <math.h>
#include <string.h>

enum { MARKER_LEVELS = 3 };

void gm_svg_number(gm_text *page, double value) {
    gm_text_number(page, value, 1);
}

double gm_text_width_px(const char *text, double em) {
    double n = 0;
    for (; *text; text++) n += ((unsigned char)*text & 0xC0) != 0x80; /* characters, not bytes */
    return n * em * 0.56;
}

const char *gm_tone_class(const char *tone) {
    static const char *const names[] = {"ok", "warning", "failed", "error", "info"};
    static const char *const classes[] = {" t-ok", " t-warning", " t-failed", " t-error", " t-info"};
    for (size_t i = 0; tone && i < GM_COUNT(names); i++)
        if (strcmp(tone, names[i]) == 0) return classes[i];
    return "";
}

void gm_svg_begin(gm_text *page, const gm_frame *frame, const char *title, const char *legend) {
    gm_text_append(page, "<figure class=\"plot\">\n");
    if (title || legend) {
        gm_text_append(page, "<figcaption>");
        if (title) {
            gm_text_append(page, "<b>");
            gm_text_html(page, title);
            gm_text_append(page, "</b>");
        }
        if (legend) gm_text_append(page, legend);
        gm_text_append(page, "</figcaption>\n");
    }
    gm_text_printf(page, "<svg viewBox=\"0 0 %d %d\" style=\"max-width:%dpx\" role=\"img\"", frame->width,
                   frame->height, frame->width + frame->width / 2);
    if (title) {
        gm_text_append(page, " aria-label=\"");
        gm_text_html(page, title);
        gm_text_append(page, "\"");
    }
    gm_text_append(page, ">\n");
}

void gm_svg_end(gm_text *page) {
    gm_text_append(page, "</svg></figure>\n");
}

static void line(gm_text *page, const char *class, double x1, double y1, double x2, double y2) {
    gm_text_printf(page, "<path class=\"%s\" d=\"M", class);
    gm_svg_number(page, x1);
    gm_text_append(page, " ");
    gm_svg_number(page, y1);
    gm_text_append(page, "L");
    gm_svg_number(page, x2);
    gm_text_append(page, " ");
    gm_svg_number(page, y2);
    gm_text_append(page, "\"/>");
}

static void text_at(gm_text *page, double x, double y, const char *anchor, const char *more, const char *text) {
    gm_text_append(page, "<text x=\"");
    gm_svg_number(page, x);
    gm_text_append(page, "\" y=\"");
    gm_svg_number(page, y);
    gm_text_printf(page, "\" text-anchor=\"%s\"%s>", anchor, more);
    gm_text_html(page, text);
    gm_text_append(page, "</text>");
}

static void tick_label(gm_text *page, const gm_axis *axis, double tick, double x, double y, const char *anchor) {
    gm_auto_text label = GM_TEXT_INIT;
    int decimals = axis->decimals;
    if (axis->log) decimals = tick < 1 ? (int)ceil(-log10(tick) - 1e-9) : 0;
    gm_report_number(&label, tick, decimals);
    text_at(page, x, y, anchor, "", gm_text_c(&label));
}

void gm_svg_x_axis(gm_text *page, const gm_frame *f, const gm_axis *axis, const char *label) {
    for (size_t i = 0; i < axis->n_ticks; i++) {
        double x = gm_axis_px(axis, axis->ticks[i]);
        line(page, "grid", x, f->top, x, f->bottom);
        tick_label(page, axis, axis->ticks[i], x, f->bottom + 14, "middle");
    }
    line(page, "axis", f->left, f->bottom, f->right, f->bottom);
    if (label) text_at(page, f->right, f->bottom + 29, "end", " class=\"label\"", label);
    gm_text_append(page, "\n");
}

void gm_svg_y_axis(gm_text *page, const gm_frame *f, const gm_axis *axis, const char *label, bool right,
                   double label_above) {
    for (size_t i = 0; i < axis->n_ticks; i++) {
        double y = gm_axis_px(axis, axis->ticks[i]);
        if (!right) line(page, "grid", f->left, y, f->right, y);
        tick_label(page, axis, axis->ticks[i], right ? f->right + 6 : f->left - 6, y + 3.5, right ? "start" : "end");
    }
    if (label)
        text_at(page, right ? f->width - 2 : 2, f->top - 7 - label_above, right ? "end" : "start", " class=\"label\"",
                label);
    gm_text_append(page, "\n");
}

/* The lowest level where the name has room beside those to its left. */
static int level_of(double ends[MARKER_LEVELS], double from, double to) {
    for (int level = 0; level < MARKER_LEVELS; level++)
        if (from > ends[level] + 4) {
            ends[level] = to;
            return level;
        }
    return MARKER_LEVELS - 1;
}

double gm_svg_marker_space(const gm_plot_marker *markers, size_t count) {
    size_t named = 0;
    for (size_t i = 0; i < count; i++) named += markers[i].name != NULL && isfinite(markers[i].at);
    return 12.0 * (double)GM_MIN(named, MARKER_LEVELS);
}

void gm_svg_markers(gm_text *page, const gm_frame *f, const gm_axis *x, const gm_plot_marker *markers, size_t count) {
    double ends[MARKER_LEVELS] = {-1e9, -1e9, -1e9};
    for (size_t i = 0; i < count; i++) {
        const gm_plot_marker *m = &markers[i];
        if (!isfinite(m->at)) continue;
        double at = gm_axis_px(x, m->at);
        if (at < f->left - 1.5 || at > f->right + 1.5) continue;
        gm_text_printf(page, "<g class=\"marker%s\">", gm_tone_class(m->tone));
        line(page, "mark", at, f->top - (m->name ? 3 : 0), at, f->bottom);
        if (m->name) {
            double half = gm_text_width_px(m->name, 11) / 2;
            double middle = fmin(fmax(at, f->left + half), f->right - half);
            int level = level_of(ends, middle - half, middle + half);
            text_at(page, middle, f->top - 6 - 12 * level, "middle", "", m->name);
        }
        gm_text_append(page, "</g>");
    }
    gm_text_append(page, "\n");
}
