#include "yaml.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

enum { MAX_DEPTH = 8, MAX_KEY = 200, MAX_EVENTS = 10000 };

typedef struct {
    void *ctx;
    const gm_yaml_kind *kind;
    char key[MAX_DEPTH + 1][MAX_KEY]; /* dotted path of each level */
    int depth;
    bool want_value;
} reader;

static gm_status place_in(gm_error *err, gm_status status, const char *origin, yaml_mark_t mark) {
    if (status == GM_OK) return status;
    if (err && !err->line) {
        err->line = (long)mark.line + 1;
        err->column = (long)mark.column + 1;
    }
    return gm_error_prefix(err, status, "%s", origin);
}

static gm_status scalar(reader *r, const char *text, gm_error *err) {
    if (r->depth == 0)
        return gm_fail_at(err, GM_E_ARG, 0, 0, r->kind->hint, "'%.40s%s' stands alone; keys and values are expected",
                          text, strlen(text) > 40 ? "..." : "");
    char *key = r->key[r->depth];
    if (!r->want_value) {
        const char *parent = r->depth > 1 ? r->key[r->depth - 1] : "";
        int n = snprintf(key, MAX_KEY, "%s%s%s", parent, *parent ? "." : "", text);
        if (n >= MAX_KEY) return gm_fail(err, GM_E_ARG, "key '%.60s...' is too long", text);
        r->want_value = true;
        return GM_OK;
    }
    r->want_value = false;
    return r->kind->take(r->ctx, key, text, err);
}

static gm_status open_mapping(reader *r, gm_error *err) {
    if (r->depth >= MAX_DEPTH) return gm_fail(err, GM_E_ARG, "more than %d levels of keys", MAX_DEPTH);
    if (r->depth > 0 && !r->want_value) return gm_fail(err, GM_E_ARG, "a mapping stands where a key is expected");
    r->depth++;
    r->want_value = false;
    return GM_OK;
}

static gm_status event(reader *r, const yaml_event_t *e, gm_error *err) {
    switch (e->type) {
    case YAML_SCALAR_EVENT: return scalar(r, (const char *)e->data.scalar.value, err);
    case YAML_MAPPING_START_EVENT: return open_mapping(r, err);
    case YAML_MAPPING_END_EVENT:
        r->depth--;
        r->want_value = false;
        return GM_OK;
    case YAML_SEQUENCE_START_EVENT: return gm_fail(err, GM_E_ARG, "a list; no key of %s has one", r->kind->name);
    case YAML_ALIAS_EVENT: return gm_fail(err, GM_E_ARG, "anchors and aliases are not understood here");
    default: return GM_OK;
    }
}

static gm_status read_events(yaml_parser_t *parser, reader *r, const char *origin, gm_error *err) {
    for (int i = 0; i < MAX_EVENTS; i++) {
        yaml_event_t e;
        if (!yaml_parser_parse(parser, &e))
            return place_in(err,
                            gm_fail_at(err, GM_E_FORMAT, 0, 0, r->kind->hint, "not YAML: %s",
                                       parser->problem ? parser->problem : "?"),
                            origin, parser->problem_mark);
        bool ended = e.type == YAML_STREAM_END_EVENT;
        gm_status status = place_in(err, event(r, &e, err), origin, e.start_mark);
        yaml_event_delete(&e);
        if (status != GM_OK || ended) return status;
    }
    return gm_fail(err, GM_E_FORMAT, "%s: more than %d YAML events", origin, MAX_EVENTS);
}

gm_status gm_yaml_read(const char *yaml, size_t size, const char *origin, const gm_yaml_kind *kind, void *ctx,
                       gm_error *err) {
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) return gm_nomem(err);
    yaml_parser_set_input_string(&parser, (const unsigned char *)yaml, size);
    reader r = {.ctx = ctx, .kind = kind};
    gm_error own = {0};
    gm_status status = read_events(&parser, &r, origin, err ? err : &own);
    yaml_parser_delete(&parser);
    return status;
}
