/* Pages, sections, tables, numbers. */
#include "report_internal.h"

#include <math.h>

static const char style[] =
#include "style.inc"
    ;

static void element(gm_text *page, const char *open, const char *text, const char *close) {
    gm_text_append(page, open);
    gm_text_html(page, text);
    gm_text_append(page, close);
}

void gm_report_begin(gm_text *page, const char *title, const char *subtitle) {
    gm_text_append(page, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    element(page, "<title>", title, "</title>\n");
    gm_text_append(page, "<style>\n");
    gm_text_append(page, style);
    gm_text_append(page, "</style>\n</head>\n<body>\n<header>");
    element(page, "<h1>", title, "</h1>");
    if (subtitle) element(page, "<p>", subtitle, "</p>");
    gm_text_append(page, "</header>\n<main>\n");
}

void gm_report_section(gm_text *page, const char *title, const char *intro) {
    element(page, "<h2>", title, "</h2>\n");
    if (intro) gm_report_paragraph(page, intro);
}

void gm_report_heading(gm_text *page, const char *title) {
    element(page, "<h3>", title, "</h3>\n");
}

void gm_report_paragraph(gm_text *page, const char *text) {
    element(page, "<p>", text, "</p>\n");
}

void gm_report_note(gm_text *page, const char *text) {
    element(page, "<p class=\"note\">", text, "</p>\n");
}

void gm_report_raw(gm_text *page, const char *html) {
    gm_text_append(page, html);
}

void gm_report_end(gm_text *page) {
    char now[GM_TIME_TEXT];
    gm_time_utc(now);
    gm_text_append(page, "</main>\n<footer>Gimlet " GM_VERSION ", ");
    gm_text_append_n(page, now, 16);
    gm_text_append(page, " UTC</footer>\n</body>\n</html>\n");
}

void gm_report_row_begin(gm_text *page, bool first_wide) {
    gm_text_append(page, first_wide ? "<div class=\"row wide\">\n" : "<div class=\"row\">\n");
}

void gm_report_row_end(gm_text *page) {
    gm_text_append(page, "</div>\n");
}

void gm_report_figures(gm_text *page, const gm_report_figure *figures, size_t count) {
    gm_text_append(page, "<div class=\"figures\">\n");
    for (size_t i = 0; i < count; i++) {
        gm_text_printf(page, "<div class=\"figure%s\">", gm_tone_class(figures[i].tone));
        element(page, "<b>", figures[i].value, "</b>");
        element(page, "<span>", figures[i].label, "</span></div>\n");
    }
    gm_text_append(page, "</div>\n");
}

void gm_report_table(gm_text *page, const gm_report_table_spec *t) {
    gm_text_append(page, "<div class=\"table\"><table>\n");
    if (t->caption) element(page, "<caption>", t->caption, "</caption>\n");
    gm_text_append(page, "<thead><tr>");
    for (size_t c = 0; c < t->n_columns; c++)
        element(page, t->columns[c].number ? "<th class=\"n\">" : "<th>", t->columns[c].title, "</th>");
    gm_text_append(page, "</tr></thead>\n<tbody>\n");
    for (size_t r = 0; r < t->n_rows; r++) {
        gm_text_printf(page, "<tr class=\"row-%s\">", t->tones && t->tones[r] ? gm_tone_class(t->tones[r]) + 1 : "");
        for (size_t c = 0; c < t->n_columns; c++) {
            const char *cell = t->cells[r * t->n_columns + c];
            element(page, t->columns[c].number ? "<td class=\"n\">" : "<td>", cell ? cell : "", "</td>");
        }
        gm_text_append(page, "</tr>\n");
    }
    gm_text_append(page, "</tbody></table></div>\n");
}

void gm_report_count(gm_text *out, size_t value) {
    gm_report_number(out, (double)value, 0);
}

/* Groups of three with a comma, from 10,000 on also in numbers with decimals. */
void gm_report_number(gm_text *out, double value, int decimals) {
    if (!isfinite(value)) {
        gm_text_append(out, "\xe2\x80\x93");
        return;
    }
    gm_auto_text plain = GM_TEXT_INIT;
    gm_text_number(&plain, value, decimals);
    const char *text = gm_text_c(&plain);
    if (*text == '-') {
        gm_text_append(out, "\xe2\x88\x92");
        text++;
    }
    size_t whole = 0;
    while (text[whole] >= '0' && text[whole] <= '9') whole++;
    for (size_t i = 0; i < whole; i++) {
        if (i && (whole - i) % 3 == 0) gm_text_append(out, ",");
        gm_text_append_n(out, text + i, 1);
    }
    gm_text_append(out, text + whole);
}

void gm_report_percent(gm_text *out, double fraction, int decimals) {
    gm_report_number(out, 100 * fraction, decimals);
    if (isfinite(fraction)) gm_text_append(out, " %");
}
