/* Inside data/report: axes and the SVG frame that all plots share. */
#ifndef GIMLET_DATA_REPORT_INTERNAL_H
#define GIMLET_DATA_REPORT_INTERNAL_H

#include "report.h"

enum { GM_MAX_TICKS = 16 };

/* From values to pixels. */
typedef struct {
    double min, max; /* min < max; both > 0 when log */
    bool log;
    double from_px, to_px; /* where min and max lie */
    double ticks[GM_MAX_TICKS];
    size_t n_ticks;
    int decimals; /* of the tick labels */
} gm_axis;

/* Ticks at 1, 2, 5 times powers of ten, about `wanted` of them. loose widens the range to whole ticks. A range that is
 * empty or not finite becomes one around its value, so that an axis can always be drawn. */
void gm_axis_make(gm_axis *axis, double min, double max, bool log, bool loose, size_t wanted, double from_px,
                  double to_px);
double gm_axis_px(const gm_axis *axis, double value);

typedef struct {
    double left, right, top, bottom; /* of the drawing area, px */
    int width, height;
} gm_frame;

/* <figure>, its title, legend (may be NULL: markup made by the caller) and <svg>. */
void gm_svg_begin(gm_text *page, const gm_frame *frame, const char *title, const char *legend);
void gm_svg_end(gm_text *page);
void gm_svg_x_axis(gm_text *page, const gm_frame *frame, const gm_axis *axis, const char *label);
/* label_above: px between the frame and its label, for the names of markers */
void gm_svg_y_axis(gm_text *page, const gm_frame *frame, const gm_axis *axis, const char *label, bool right,
                   double label_above);
/* Vertical lines with their names above the frame, side by side without overlap. */
void gm_svg_markers(gm_text *page, const gm_frame *frame, const gm_axis *x, const gm_plot_marker *markers,
                    size_t count);
/* Height above the frame that the markers' names need. */
double gm_svg_marker_space(const gm_plot_marker *markers, size_t count);

void gm_svg_number(gm_text *page, double value);      /* a coordinate, one decimal */
const char *gm_tone_class(const char *tone);          /* " t-ok" ... or ""; static */
double gm_text_width_px(const char *text, double em); /* about */

#endif
