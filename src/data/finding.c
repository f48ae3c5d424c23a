#include "finding.h"

#include <math.h>
#include <stdio.h>

void gm_findings_finish(gm_findings *findings) {
    for (size_t i = 0; i < findings->count; i++) {
        gm_free(findings->items[i].message);
        gm_free(findings->items[i].hint);
    }
    gm_free(findings->items);
    *findings = (gm_findings)GM_FINDINGS_INIT;
}

static gm_finding *grow(gm_findings *findings) {
    if (findings->failed) return NULL;
    if (findings->count == findings->capacity) {
        size_t capacity = findings->capacity ? findings->capacity * 2 : 8;
        gm_finding *items = gm_realloc_array(findings->items, capacity, sizeof *items);
        if (!items) return findings->failed = true, NULL;
        findings->items = items;
        findings->capacity = capacity;
    }
    return &findings->items[findings->count];
}

gm_finding *gm_findings_add(gm_findings *findings, const char *check, gm_severity severity, const char *hint,
                            const char *format, ...) {
    gm_finding *finding = grow(findings);
    if (!finding) return NULL;
    *finding = (gm_finding){.check = check, .severity = severity, .from_mm = NAN, .to_mm = NAN};
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    size_t size = (size_t)GM_MAX(length, 0) + 1;
    finding->message = gm_alloc(size);
    finding->hint = gm_strdup(hint);
    if (!finding->message || (hint && !finding->hint)) {
        gm_free(finding->message);
        gm_free(finding->hint);
        findings->failed = true;
        return NULL;
    }
    va_start(args, format);
    vsnprintf(finding->message, size, format, args);
    va_end(args);
    findings->count++;
    return finding;
}

void gm_findings_add_error(gm_findings *findings, const char *check, const gm_error *error) {
    gm_finding *finding =
        gm_findings_add(findings, check, GM_ERROR, error->hint[0] ? error->hint : NULL, "%s", error->message);
    if (!finding) return;
    finding->line = error->line;
    finding->column = error->column;
}

gm_severity gm_findings_worst(const gm_findings *findings) {
    gm_severity worst = GM_INFO;
    for (size_t i = 0; i < findings->count; i++) worst = GM_MAX(worst, findings->items[i].severity);
    return worst;
}

const char *gm_severity_name(gm_severity severity) {
    static const char *const names[] = {"info", "warning", "failed", "error"};
    return names[severity];
}

const char *gm_verdict_name(gm_severity worst) {
    return worst == GM_INFO ? "ok" : gm_severity_name(worst);
}
