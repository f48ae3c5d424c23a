/* The same table for people: one page without a script. */
#include "data/report/report.h"
#include "server_internal.h"
#include "shape_internal.h"

#include <string.h>

static void code(gm_text *page, const char *title, const char *text) {
    gm_text_append(page, "<p>");
    gm_text_html(page, title);
    gm_text_append(page, " <code>");
    gm_text_html(page, text);
    gm_text_append(page, "</code></p>\n");
}

static void describe_range(const gm_param_spec *p, gm_text *out) {
    char low[32], high[32];
    static const char *const types[] = {"true or false", "whole number", "number", "text", ""};
    gm_text_append(out, types[p->type]);
    if (p->type == GM_PARAM_CHOICE)
        for (size_t i = 0; p->choices[i]; i++) gm_text_printf(out, "%s%s", i ? ", " : "", p->choices[i]);
    else if (p->min != 0 || p->max != 0)
        gm_text_printf(out, " %s to %s", gm_format_double(p->min, low), gm_format_double(p->max, high));
}

static void query_table(const api_route *route, gm_text *page) {
    static const gm_report_column columns[] = {
        {"parameter", false}, {"takes", false}, {"default", false}, {"means", false}};
    enum { MOST = 64 };
    const char *cells[4 * MOST];
    gm_text ranges[MOST];
    size_t n = GM_MIN(route->n_query, (size_t)MOST);
    memset(ranges, 0, sizeof ranges);
    for (size_t i = 0; i < n; i++) {
        describe_range(&route->query[i], &ranges[i]);
        cells[4 * i] = route->query[i].key;
        cells[4 * i + 1] = gm_text_c(&ranges[i]);
        cells[4 * i + 2] = route->query[i].fallback;
        cells[4 * i + 3] = route->query[i].doc;
    }
    gm_report_table(page, &(gm_report_table_spec){.columns = columns, .n_columns = 4, .cells = cells, .n_rows = n});
    for (size_t i = 0; i < n; i++) gm_text_finish(&ranges[i]);
}

static void describe_route(const api_route *route, gm_text *page) {
    char title[200];
    snprintf(title, sizeof title, "%s %s", route->method, route->path);
    gm_report_heading(page, title);
    gm_report_paragraph(page, route->summary);
    if (route->doc) gm_report_paragraph(page, route->doc);
    if (route->role != GM_ROLE_NONE) {
        char needs[80];
        snprintf(needs, sizeof needs, "For the role %s and above.%s", gm_role_name(route->role),
                 route->if_match ? " Needs If-Match." : "");
        gm_report_note(page, needs);
    }
    if (route->n_query) query_table(route, page);
    if (route->body) code(page, "Takes", route->body);
    if (route->body_type) code(page, "Takes", route->body_type);
    if (route->answer) code(page, "Answers", route->answer);
    if (route->answer_type) code(page, "Answers", route->answer_type);
}

void api_openapi_page(gm_text *page) {
    size_t n;
    const api_group *const *groups = api_groups(&n);
    gm_report_begin(page, "The REST API of Gimlet",
                    "made from the route table; /openapi.json says the same to programs");
    for (size_t g = 0; g < n; g++) {
        gm_report_section(page, groups[g]->name, groups[g]->doc);
        for (size_t r = 0; r < groups[g]->n_routes; r++) describe_route(&groups[g]->routes[r], page);
    }
    gm_report_section(page, "Shapes",
                      "The names in capitals. A name with ? may be absent; a|b is one of both; 0..1 is a "
                      "range, for texts and lists of their length.");
    const api_named_shape *shapes = api_shape_texts(&n);
    for (size_t i = 0; i < n; i++) code(page, shapes[i].name, shapes[i].text);
    gm_report_end(page);
}
