/* Report: self-contained, printable HTML pages with tables and SVG plots. No scripts, no fonts, no network.
 *
 * For        the quality report (data/quality) and the evaluation and training reports (service).
 * Depends on base only.
 * Method     one style sheet with light, dark and print colours as CSS variables; plots refer to them by class, so they
 *            follow. Series have eight colours that stay apart for colour-blind readers, given in order of use.
 * Errors     all functions append to a gm_text and latch its failure: check gm_text_ok once at the end.
 * Ownership  everything is borrowed during the call.
 * Text       titles, labels and cells are escaped here; only gm_report_raw is not.
 *
 *     gm_auto_text page = GM_TEXT_INIT;
 *     gm_report_begin(&page, "Quality of 716 records", "prepared 2026-11-24");
 *     gm_report_section(&page, "Totals", "What the verdicts mean.");
 *     gm_report_table(&page, &table);
 *     gm_report_plot(&page, &plot);
 *     gm_report_end(&page); */
#ifndef GIMLET_DATA_REPORT_REPORT_H
#define GIMLET_DATA_REPORT_REPORT_H

#include "base/base.h"

/* --- page --- */
void gm_report_begin(gm_text *page, const char *title, const char *subtitle); /* subtitle may be NULL */
void gm_report_section(gm_text *page, const char *title, const char *intro); /* h2 and a paragraph; intro may be NULL */
void gm_report_heading(gm_text *page, const char *title);                    /* h3 */
void gm_report_paragraph(gm_text *page, const char *text);
void gm_report_note(gm_text *page, const char *text); /* smaller, grey */
void gm_report_raw(gm_text *page, const char *html);
void gm_report_end(gm_text *page);

/* A row of large figures. */
typedef struct {
    const char *value, *label;
    const char *tone; /* "ok" "warning" "failed" "error" "info" or NULL */
} gm_report_figure;
void gm_report_figures(gm_text *page, const gm_report_figure *figures, size_t count);

/* A bar of parts of one whole, with its legend. */
typedef struct {
    const char *label, *tone; /* tone NULL: the colours of series in order */
    double value;
} gm_report_part;
void gm_report_share_bar(gm_text *page, const gm_report_part *parts, size_t count);

/* --- tables --- */
typedef struct {
    const char *title; /* of the column; may hold a unit: "exit, mm" */
    bool number;       /* right-aligned, tabular digits              */
} gm_report_column;
typedef struct {
    const gm_report_column *columns;
    size_t n_columns;
    const char *const *cells; /* n_rows * n_columns; NULL or "" = empty          */
    size_t n_rows;
    const char *const *tones; /* per row: as in gm_report_figure; NULL = none    */
    const char *caption;      /* NULL = none                                     */
} gm_report_table_spec;
void gm_report_table(gm_text *page, const gm_report_table_spec *table);

/* --- numbers for people: "1,074", "0.083", "12 %", and a dash for NAN --- */
void gm_report_count(gm_text *out, size_t value);
void gm_report_number(gm_text *out, double value, int decimals);
void gm_report_percent(gm_text *out, double fraction, int decimals);

/* --- plots --- */
typedef enum {
    GM_PLOT_LINE,
    GM_PLOT_DOTS, /* scatter            */
    GM_PLOT_STEPS /* constant from point to point */
} gm_plot_kind;

typedef struct {
    const char *name; /* in the legend; NULL = not in it */
    const double *x, *y;
    size_t n; /* points; NAN breaks a line                                                       */
    gm_plot_kind kind;
    int colour; /* 1..8; 0 = next in order; -1 = grey                                        */
    bool thin;  /* for what lies behind (single folds)                                       */
    bool right; /* measured on the axis at the right                                         */
} gm_plot_series;

typedef struct {
    double at;        /* on the x axis                            */
    const char *name; /* written at the top; NULL = only the line */
    const char *tone;
} gm_plot_marker; /* a vertical line */

typedef struct {
    double from, to; /* on the x axis */
    const char *name, *tone;
} gm_plot_range; /* a shaded band */

typedef struct {
    const char *title, *x_label, *y_label; /* each may be NULL */
    const char *right_label;
    int width,
        height; /* px of the drawing; 0 = 1070 x 280, the whole width; 520 beside another. It shrinks with the page */
    const gm_plot_series *series;
    size_t n_series;
    const gm_plot_marker *markers;
    size_t n_markers;
    const gm_plot_range *ranges;
    size_t n_ranges;
    double x_min, x_max, y_min, y_max; /* both 0 = from the data */
    bool y_log;                        /* learning curves; values <= 0 are left out */
    bool diagonal;                     /* the line y = x, for predicted over true */
} gm_plot;
/* Lines with many points are drawn with the extremes of each pixel column, so that no peak is lost. */
void gm_report_plot(gm_text *page, const gm_plot *plot);

/* Plots between these two stand side by side where the page is wide enough; first_wide: two, the first of 5/7. */
void gm_report_row_begin(gm_text *page, bool first_wide);
void gm_report_row_end(gm_text *page);

/* Distribution of values; lines at given places ("median", "95 %"). n_bins 0 = chosen from the data. */
typedef struct {
    const char *title, *x_label;
    const double *values; /* NANs are left out */
    size_t n;
    size_t n_bins;
    double x_min, x_max; /* both 0 = from the data; values outside are counted into the outermost bins */
    const gm_plot_marker *markers;
    size_t n_markers;
    int width, height;
} gm_histogram;
void gm_report_histogram(gm_text *page, const gm_histogram *histogram);

/* Horizontal bars with their values written out, one per row, in the order given. */
typedef struct {
    const char *title, *x_label;
    const char *const *names;
    const double *values;
    const char *const *tones; /* NULL = series colour 1 */
    size_t n;
    int decimals;
    int width; /* 0 = 720 */
} gm_bar_chart;
void gm_report_bars(gm_text *page, const gm_bar_chart *chart);

/* Learning curves: one thin line per fold, their mean thick. y[fold * n_epochs + epoch]; NAN where a fold had ended. */
typedef struct {
    const char *title, *y_label;
    size_t n_folds, n_epochs;
    const double *training, *validation; /* each may be NULL */
    bool y_log;
    int width, height;
} gm_learning_curves;
void gm_report_learning_curves(gm_text *page, const gm_learning_curves *curves);

#endif
