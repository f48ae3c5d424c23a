/* report.html: totals, families, findings by check, files to look at, and the worst holes with their signals. */
#include "report_internal.h"

#include "data/report/report.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *tone_of(gm_severity verdict) {
    return gm_verdict_name(verdict); /* the words are the same */
}

/* --- totals --- */

static void add_totals(const gm_quality_report *r, gm_text *page) {
    static const char *const labels[4] = {"ok", "warning", "failed", "error"};
    gm_text values[6] = {{0}};
    gm_report_figure figures[6];
    gm_report_count(&values[0], r->n_files);
    figures[0] = (gm_report_figure){gm_text_c(&values[0]), "files judged", NULL};
    for (size_t v = 0; v < 4; v++) {
        gm_report_count(&values[v + 1], r->all.verdicts[v]);
        figures[v + 1] = (gm_report_figure){gm_text_c(&values[v + 1]), labels[v], labels[v]};
    }
    gm_report_number(&values[5], r->all.scored ? r->all.score_sum / (double)r->all.scored : NAN, 3);
    figures[5] = (gm_report_figure){gm_text_c(&values[5]), "mean score", NULL};
    gm_report_figures(page, figures, GM_COUNT(figures));
    for (size_t i = 0; i < GM_COUNT(values); i++) gm_text_finish(&values[i]);
    gm_report_part parts[4];
    for (size_t v = 0; v < 4; v++) parts[v] = (gm_report_part){labels[v], labels[v], (double)r->all.verdicts[v]};
    gm_report_share_bar(page, parts, GM_COUNT(parts));
    gm_report_paragraph(page,
                        "ok: nothing to do. warning: usable, but look at it before trusting its points. failed: read, "
                        "but not fit for training. error: not a record that can be read. The score is 1 for a hole "
                        "without complaints; each warning multiplies it by 0.8, each failure by 0.3.");
    if (r->n_skipped) {
        gm_auto_text note = GM_TEXT_INIT;
        gm_report_count(&note, r->n_skipped);
        gm_text_append(&note, r->n_skipped == 1 ? " other file in the folder is no record and was passed over."
                                                : " other files in the folder are no records and were passed over.");
        gm_report_note(page, gm_text_c(&note));
    }
}

/* --- a table whose cells are made one by one --- */

typedef struct {
    gm_arena *arena;
    const char **cells;
    const char **tones;
    size_t n_cells, n_columns;
    bool failed;
} grid;

static grid grid_new(size_t n_rows, size_t n_columns) {
    grid g = {.arena = gm_arena_new(), .n_columns = n_columns};
    if (g.arena) {
        g.cells = gm_arena_alloc(g.arena, n_rows * n_columns * sizeof *g.cells);
        g.tones = gm_arena_alloc(g.arena, n_rows * sizeof *g.tones);
    }
    g.failed = !g.cells || !g.tones;
    return g;
}

static void add_text(grid *g, const char *text) {
    if (g->failed) return;
    const char *copy = gm_arena_strdup(g->arena, text ? text : "");
    g->failed = !copy;
    g->cells[g->n_cells++] = copy;
}

static void add_number(grid *g, double value, int decimals) {
    gm_auto_text text = GM_TEXT_INIT;
    if (value != 0 || decimals > 0) gm_report_number(&text, value, decimals); /* counts of zero stay empty */
    add_text(g, gm_text_c(&text));
}

static void set_tone(grid *g, size_t row, const char *tone) {
    if (!g->failed) g->tones[row] = tone;
}

static void show_grid(gm_text *page, grid *g, const gm_report_column *columns) {
    if (g->failed)
        page->failed = true;
    else
        gm_report_table(page, &(gm_report_table_spec){.columns = columns,
                                                      .n_columns = g->n_columns,
                                                      .cells = g->cells,
                                                      .n_rows = g->n_cells / g->n_columns,
                                                      .tones = g->tones});
    gm_arena_free(g->arena);
}

static gm_severity worst_of(const size_t counts[4]) {
    for (gm_severity s = GM_ERROR; s > GM_INFO; s--)
        if (counts[s]) return s;
    return GM_INFO;
}

static void add_families(const gm_quality_report *r, gm_text *page) {
    static const gm_report_column columns[] = {{"folder", false}, {"files", true}, {"ok", true},   {"warning", true},
                                               {"failed", true},  {"error", true}, {"score", true}};
    gm_report_section(page, "Families",
                      "One family per folder. Holes of one program are also compared across folders.");
    grid g = grid_new(r->n_families, GM_COUNT(columns));
    for (size_t i = 0; i < r->n_families; i++) {
        const gm_report_family *f = &r->families[i];
        add_text(&g, f->name[0] ? f->name : "(the folder itself)");
        add_number(&g, (double)(f->verdicts[0] + f->verdicts[1] + f->verdicts[2] + f->verdicts[3]), 0);
        for (size_t v = 0; v < 4; v++) add_number(&g, (double)f->verdicts[v], 0);
        add_number(&g, f->scored ? f->score_sum / (double)f->scored : NAN, 3);
        set_tone(&g, i, tone_of(worst_of(f->verdicts)));
    }
    show_grid(page, &g, columns);
}

/* --- findings by check --- */

static int by_gravity(const void *a, const void *b) {
    const gm_report_check *x = *(const gm_report_check *const *)a, *y = *(const gm_report_check *const *)b;
    gm_severity sx = worst_of(x->severities), sy = worst_of(y->severities);
    if (sx != sy) return (sx < sy) - (sx > sy);
    return x->files != y->files ? (x->files < y->files) - (x->files > y->files) : strcmp(x->check, y->check);
}

static void add_checks(const gm_quality_report *r, const gm_report_check *const *sorted, gm_text *page) {
    static const gm_report_column columns[] = {{"check", false},     {"what it means", false}, {"info", true},
                                               {"warning", true},    {"failed", true},         {"error", true},
                                               {"what to do", false}};
    gm_report_section(page, "Findings",
                      r->n_checks ? "What was found, gravest first. docs/quality.md tells every threshold."
                                  : "Nothing was found.");
    if (r->n_checks == 0) return;
    grid g = grid_new(r->n_checks, GM_COUNT(columns));
    for (size_t i = 0; i < r->n_checks; i++) {
        const gm_report_check *c = sorted[i];
        gm_severity worst = worst_of(c->severities);
        add_text(&g, c->check);
        add_text(&g, gm_check_doc(c->check));
        for (gm_severity v = GM_INFO; v <= GM_ERROR; v++) add_number(&g, (double)c->severities[v], 0);
        add_text(&g, c->hint);
        set_tone(&g, i, worst == GM_INFO ? "info" : tone_of(worst));
    }
    show_grid(page, &g, columns);
}

/* --- files to look at --- */

/* The gravest message of a row's findings, and how many others there are. */
static void add_gravest(grid *g, const char *findings) {
    json_t *items = json_loads(findings, 0, NULL), *item;
    const char *message = "", *gravest = "";
    size_t index, n = 0;
    static const char *const order[] = {"", "warning", "failed", "error"};
    json_array_foreach (items, index, item) {
        const char *severity = json_string_value(json_object_get(item, "severity"));
        if (!severity || strcmp(severity, "info") == 0) continue;
        n++;
        size_t now = 0, best = 0;
        for (size_t k = 0; k < GM_COUNT(order); k++) {
            if (strcmp(order[k], severity) == 0) now = k;
            if (strcmp(order[k], gravest) == 0) best = k;
        }
        if (now <= best) continue;
        gravest = severity;
        message = json_string_value(json_object_get(item, "message"));
    }
    gm_auto_text text = GM_TEXT_INIT;
    gm_text_append(&text, message ? message : "");
    if (n > 1) gm_text_printf(&text, " (and %zu more)", n - 1);
    add_text(g, gm_text_c(&text));
    json_decref(items);
}

static void add_listed(const gm_quality_report *r, gm_text *page) {
    static const gm_report_column columns[] = {
        {"file", false}, {"verdict", false}, {"score", true}, {"what was found", false}};
    if (r->n_listed == 0) return;
    gm_report_section(page, "Files to look at", "Every file whose verdict is not ok, with its gravest finding.");
    grid g = grid_new(r->n_listed, GM_COUNT(columns));
    for (size_t i = 0; i < r->n_listed; i++) {
        const gm_kept_row *row = &r->listed[i];
        add_text(&g, row->file);
        add_text(&g, gm_verdict_name(row->verdict));
        add_number(&g, row->score, 2);
        add_gravest(&g, row->findings);
        set_tone(&g, i, tone_of(row->verdict));
    }
    show_grid(page, &g, columns);
    if (r->n_unlisted) {
        gm_auto_text note = GM_TEXT_INIT;
        gm_report_count(&note, r->n_unlisted);
        gm_text_append(&note, " more stand in report.json.");
        gm_report_note(page, gm_text_c(&note));
    }
}

/* --- the worst holes --- */

enum { MAX_MARKS = 24 };

typedef struct {
    gm_plot_marker markers[MAX_MARKS];
    gm_plot_range ranges[MAX_MARKS];
    size_t n_markers, n_ranges;
} marks;

static const char *short_name(const char *check) {
    const char *dot = strchr(check, '.');
    return dot ? dot + 1 : check;
}

static void mark_findings(json_t *findings, marks *m) {
    size_t index;
    json_t *item;
    json_array_foreach (findings, index, item) {
        const char *check = json_string_value(json_object_get(item, "check"));
        const char *severity = json_string_value(json_object_get(item, "severity"));
        json_t *from = json_object_get(item, "from_mm"), *to = json_object_get(item, "to_mm");
        if (!check || !severity || !json_is_number(from) || !json_is_number(to)) continue;
        double a = json_number_value(from), b = json_number_value(to);
        if (fabs(b - a) >= 0.5 && m->n_ranges < MAX_MARKS)
            m->ranges[m->n_ranges++] = (gm_plot_range){a, b, check, severity};
        if (m->n_markers < MAX_MARKS)
            m->markers[m->n_markers++] = (gm_plot_marker){(a + b) / 2, short_name(check), severity};
    }
}

static void mark_label(const gm_label *label, marks *m) {
    for (gm_point p = 0; p < GM_N_POINTS; p++)
        if (isfinite(label->points[p].mm) && m->n_markers < MAX_MARKS)
            m->markers[m->n_markers++] = (gm_plot_marker){label->points[p].mm, gm_point_name(p), NULL};
}

static int by_place(const void *a, const void *b) {
    double x = ((const gm_plot_marker *)a)->at, y = ((const gm_plot_marker *)b)->at;
    return (x > y) - (x < y);
}

static void plot_signals(gm_text *page, const gm_record *r, const marks *m, double *values) {
    double *depth = values, *torque = values + r->n, *thrust = values + 2 * r->n;
    for (size_t i = 0; i < r->n; i++) {
        depth[i] = (double)r->depth_mm[i];
        torque[i] = (double)r->torque_a[i];
        thrust[i] = (double)r->thrust_a[i];
    }
    double highest = 0;
    for (size_t i = 0; i < r->n; i++) highest = fmax(highest, fabs(torque[i]));
    bool quiet = highest < 1; /* the noise of air is not blown up to look like a cut */
    const gm_plot_series series[] = {{.name = "torque", .x = depth, .y = torque, .n = r->n},
                                     {.name = "thrust", .x = depth, .y = thrust, .n = r->n, .right = true}};
    gm_report_plot(page, &(gm_plot){.x_label = "depth, mm",
                                    .y_label = "torque, A",
                                    .right_label = "thrust, A",
                                    .width = 760,
                                    .height = 240,
                                    .series = series,
                                    .n_series = GM_COUNT(series),
                                    .y_min = quiet ? -1 : 0,
                                    .y_max = quiet ? 2 : 0,
                                    .markers = m->markers,
                                    .n_markers = m->n_markers,
                                    .ranges = m->ranges,
                                    .n_ranges = m->n_ranges});
}

static void plot_depth(gm_text *page, const gm_record *r, double *values) {
    double *time = values + r->n, *depth = values; /* depths stand there already */
    double rate = r->meta.sample_rate_hz > 0 ? r->meta.sample_rate_hz : 100;
    char names[8][16];
    gm_plot_marker steps[8];
    size_t n_steps = 0;
    for (size_t i = 0; i < r->n; i++) time[i] = (double)i / rate;
    for (size_t s = 0; s < r->n_segments && s < 8; s++, n_steps++) {
        snprintf(names[s], sizeof names[s], "step %d", r->segments[s].step);
        steps[s] = (gm_plot_marker){(double)r->segments[s].first / rate, names[s], "info"};
    }
    const gm_plot_series series[] = {{.name = "depth", .x = time, .y = depth, .n = r->n, .colour = 3}};
    gm_report_plot(page, &(gm_plot){.x_label = "recorded time, s",
                                    .y_label = "depth, mm",
                                    .width = 300,
                                    .height = 240,
                                    .series = series,
                                    .n_series = 1,
                                    .markers = steps,
                                    .n_markers = n_steps});
}

static void list_finding(gm_text *page, json_t *item, const char *severity) {
    const char *message = json_string_value(json_object_get(item, "message"));
    const char *hint = json_string_value(json_object_get(item, "hint"));
    gm_text_append(page, "<li><span class=\"badge t-");
    gm_text_html(page, severity);
    gm_text_append(page, "\">");
    gm_text_html(page, severity);
    gm_text_append(page, "</span> ");
    gm_text_html(page, message ? message : "");
    if (hint) {
        gm_text_append(page, " <small>");
        gm_text_html(page, hint);
        gm_text_append(page, "</small>");
    }
    gm_text_append(page, "</li>\n");
}

/* Gravest first. */
static void list_findings(gm_text *page, json_t *findings) {
    size_t index;
    json_t *item;
    gm_text_append(page, "<ul>\n");
    for (int s = GM_ERROR; s >= GM_INFO; s--)
        json_array_foreach (findings, index, item) {
            const char *severity = json_string_value(json_object_get(item, "severity"));
            if (severity && strcmp(severity, gm_severity_name((gm_severity)s)) == 0) list_finding(page, item, severity);
        }
    gm_text_append(page, "</ul>\n");
}

static gm_status add_hole(const gm_kept_row *row, gm_record_loader load, void *ctx, gm_text *page, gm_error *err) {
    gm_auto(gm_record) record = NULL;
    if (load) GM_TRY(load(ctx, row->sha256, &record, err));
    json_t *findings = json_loads(row->findings, 0, NULL);
    marks m = {0};
    mark_findings(findings, &m);
    if (row->has_label) mark_label(&row->label, &m);
    qsort(m.markers, m.n_markers, sizeof *m.markers, by_place);
    gm_text_append(page, "<section class=\"hole\">\n<h3>");
    gm_text_html(page, row->file);
    gm_text_append(page, " <small class=\"note\">score ");
    gm_report_number(page, row->score, 2);
    gm_text_append(page, "</small></h3>\n");
    list_findings(page, findings);
    if (record && record->n) {
        gm_auto_free double *values = gm_alloc_array(3 * record->n, sizeof *values);
        if (values) {
            gm_report_row_begin(page, true);
            plot_signals(page, record, &m, values);
            plot_depth(page, record, values);
            gm_report_row_end(page);
        } else
            page->failed = true;
    }
    gm_text_append(page, "</section>\n");
    json_decref(findings);
    return GM_OK;
}

static int by_score(const void *a, const void *b) {
    const gm_kept_row *x = *(const gm_kept_row *const *)a, *y = *(const gm_kept_row *const *)b;
    if (x->score != y->score) return (x->score > y->score) - (x->score < y->score);
    return gm_compare_natural(x->file, y->file);
}

static gm_status add_worst(const gm_quality_report *r, const gm_report_check *const *sorted, gm_record_loader load,
                           void *ctx, gm_text *page, gm_error *err) {
    /* gravest checks first, one of each in turn, so that every cause is seen */
    const gm_kept_row *chosen[GM_REPORT_PLOTS];
    size_t n = 0;
    for (size_t k = 0; k < GM_REPORT_PER_CHECK; k++)
        for (size_t i = 0; i < r->n_checks && n < GM_COUNT(chosen); i++)
            if (k < sorted[i]->n_worst) chosen[n++] = &sorted[i]->worst[k];
    if (n == 0) return GM_OK;
    qsort(chosen, n, sizeof *chosen, by_score);
    gm_report_section(
        page, "The worst holes",
        "Some of each kind. Torque and thrust over depth, with the places of the findings; at the right the "
        "depth over recorded time, step by step.");
    for (size_t i = 0; i < n; i++) GM_TRY(add_hole(chosen[i], load, ctx, page, err));
    return GM_OK;
}

gm_status gm_quality_report_html(const gm_quality_report *r, gm_record_loader load, void *ctx, gm_text *page,
                                 gm_error *err) {
    const gm_report_check *sorted[GM_REPORT_CHECKS];
    for (size_t i = 0; i < r->n_checks; i++) sorted[i] = &r->checks[i];
    qsort(sorted, r->n_checks, sizeof *sorted, by_gravity);
    gm_auto_text title = GM_TEXT_INIT;
    gm_text_append(&title, "Quality of ");
    gm_report_count(&title, r->n_files);
    gm_text_append(&title, r->n_files == 1 ? " record" : " records");
    gm_report_begin(page, gm_text_c(&title), "What the machine files say of themselves, and what to do about it");
    add_totals(r, page);
    add_families(r, page);
    add_checks(r, sorted, page);
    GM_TRY(add_worst(r, sorted, load, ctx, page, err));
    add_listed(r, page);
    gm_report_end(page);
    return GM_OK;
}
