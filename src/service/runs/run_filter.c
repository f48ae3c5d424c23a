#include "run_filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- keys ---- */

void run_keys_finish(run_keys *keys) {
    gm_free(keys->items);
    gm_arena_free(keys->arena);
    *keys = (run_keys){0};
}

/* "params.epochs" for "params.training_config.epochs": the same first part, and the rest is its end, behind `before`. */
static bool is_end_of(const char *name, const char *key, char before) {
    const char *dot = strchr(name, '.');
    size_t heading = dot ? (size_t)(dot - name) + 1 : 0;
    const char *rest = name + heading;
    if (strncmp(name, key, heading) != 0) return false;
    size_t a = strlen(key), b = strlen(rest);
    if (b == 0 || a <= b || strcmp(key + a - b, rest) != 0) return false;
    return key[a - b - 1] == before;
}

static gm_status unknown_key(const run_keys *keys, const char *name, long column, gm_error *err) {
    gm_auto_free const char **names = gm_alloc_array(keys->count + 1, sizeof *names);
    if (!names) return gm_nomem(err);
    for (size_t i = 0; i < keys->count; i++) names[i] = keys->items[i].name;
    const char *nearest = gm_nearest_name(name, names, keys->count);
    char hint[300];
    snprintf(hint, sizeof hint, "%s%s%sgimlet runs list --keys lists them", nearest ? "did you mean " : "",
             nearest ? nearest : "", nearest ? "? " : "");
    if (!column) return gm_fail_at(err, GM_E_ARG, 0, 0, hint, "no run has a \"%.100s\"", name);
    return gm_fail_at(err, GM_E_ARG, 0, column, hint, "the filter, column %ld: no run has a \"%.100s\"", column, name);
}

/* Those that end so: at most two, and how many. */
static size_t find_ends(const run_keys *keys, const char *name, char before, const run_key *found[2]) {
    size_t n = 0;
    for (size_t i = 0; i < keys->count && n < 2; i++)
        if (is_end_of(name, keys->items[i].name, before)) found[n++] = &keys->items[i];
    return n;
}

gm_status run_keys_find(const run_keys *keys, const char *name, long column, run_key *out, gm_error *err) {
    const run_key *ends[2];
    for (size_t i = 0; i < keys->count; i++)
        if (strcmp(keys->items[i].name, name) == 0) return *out = keys->items[i], GM_OK;
    size_t n = find_ends(keys, name, '.', ends);
    if (n == 0) n = find_ends(keys, name, '_', ends);
    if (n == 1) return *out = *ends[0], GM_OK;
    if (n > 1)
        return gm_fail_at(err, GM_E_ARG, 0, column, "write the key in full", "\"%.80s\" may mean %.100s or %.100s",
                          name, ends[0]->name, ends[1]->name);
    if (gm_starts_with(name, "tags.") && name[5]) return *out = (run_key){name, 0}, GM_OK;
    return unknown_key(keys, name, column, err);
}

/* ---- words ---- */

typedef enum { WORD_END, WORD_NAME, WORD_TEXT, WORD_NUMBER, WORD_SIGN } word_kind;
typedef struct {
    word_kind kind;
    char text[512];
    double number;
    long column;
} word;

typedef struct {
    const char *begin, *at;
    word next;
    const run_keys *keys;
    run_filter *out;
    int depth;
    gm_error *err;
} parser;

static bool is_name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-' || c == '/';
}

static gm_status wrong(parser *p, long column, const char *what, const char *hint) {
    return gm_fail_at(p->err, GM_E_ARG, 0, column, hint, "the filter, column %ld: %s", column, what);
}

/* 'it''s': the quote twice stands for itself. */
static gm_status read_text(parser *p) {
    char quote = *p->at++;
    size_t n = 0;
    for (;; p->at++) {
        if (!*p->at) return wrong(p, p->next.column, "the quote is not closed", NULL);
        if (*p->at == quote && p->at[1] != quote) break;
        if (*p->at == quote) p->at++;
        if (n + 1 >= sizeof p->next.text) return wrong(p, p->next.column, "this text is too long", NULL);
        p->next.text[n++] = *p->at;
    }
    p->at++;
    p->next.text[n] = '\0';
    p->next.kind = WORD_TEXT;
    return GM_OK;
}

static gm_status read_name(parser *p) {
    size_t n = 0;
    while (is_name_char(*p->at) || (n && *p->at == '+')) {
        if (n + 1 >= sizeof p->next.text) return wrong(p, p->next.column, "this word is too long", NULL);
        p->next.text[n++] = *p->at++;
    }
    p->next.text[n] = '\0';
    p->next.kind = gm_parse_double(p->next.text, &p->next.number) ? WORD_NUMBER : WORD_NAME;
    return GM_OK;
}

static gm_status advance(parser *p) {
    static const char *const signs[] = {"!=", "<>", "<=", ">=", "==", "=", "<", ">", "(", ")", ","};
    while (*p->at && strchr(" \t\r\n", *p->at)) p->at++;
    p->next = (word){.kind = WORD_END, .column = (long)(p->at - p->begin) + 1};
    if (!*p->at) return GM_OK;
    if (*p->at == '\'' || *p->at == '"') return read_text(p);
    for (size_t i = 0; i < GM_COUNT(signs); i++)
        if (gm_starts_with(p->at, signs[i])) {
            p->at += strlen(signs[i]);
            snprintf(p->next.text, sizeof p->next.text, "%s", signs[i]);
            p->next.kind = WORD_SIGN;
            return GM_OK;
        }
    if (is_name_char(*p->at) || *p->at == '+') return read_name(p);
    char what[60];
    snprintf(what, sizeof what, "\"%c\" stands nowhere here", *p->at);
    return wrong(p, p->next.column, what, NULL);
}

static bool is_word(const parser *p, const char *text) {
    return p->next.kind == WORD_NAME && gm_equal_nocase(p->next.text, text);
}

static bool is_sign(const parser *p, const char *text) {
    return p->next.kind == WORD_SIGN && strcmp(p->next.text, text) == 0;
}

/* ---- comparisons ---- */

static void bind_value(parser *p, json_t *value) {
    if (!value || json_array_append_new(p->out->values, value) != 0) p->out->where.failed = true;
}

/* A number compares with numbers. A text compares with texts, and one that reads as a number with numbers too. */
static void compare(parser *p, const char *operation, const word *value) {
    double number;
    if (value->kind == WORD_NUMBER) {
        gm_text_printf(&p->out->where, "number %s ?", operation);
        return bind_value(p, json_real(value->number));
    }
    if (gm_parse_double(value->text, &number)) {
        gm_text_printf(&p->out->where, "(text %s ? OR number %s ?)", operation, operation);
        bind_value(p, json_string(value->text));
        return bind_value(p, json_real(number));
    }
    gm_text_printf(&p->out->where, "text %s ?", operation);
    bind_value(p, json_string(value->text));
}

static gm_status take_value(parser *p, word *value) {
    bool bare = is_word(p, "true") || is_word(p, "false") || is_word(p, "null");
    if (p->next.kind != WORD_TEXT && p->next.kind != WORD_NUMBER && !bare)
        return wrong(p, p->next.column,
                     p->next.kind == WORD_NAME ? "a text stands in quotes: 'finished'"
                                               : "here should be a number or a text in quotes",
                     NULL);
    *value = p->next;
    return advance(p);
}

static gm_status in_list(parser *p) {
    if (!is_sign(p, "(")) return wrong(p, p->next.column, "behind \"in\" stands a list: ('a', 'b')", NULL);
    gm_text_append(&p->out->where, "(");
    for (bool first = true; first || is_sign(p, ","); first = false) {
        word value;
        GM_TRY(advance(p));
        GM_TRY(take_value(p, &value));
        if (!first) gm_text_append(&p->out->where, " OR ");
        compare(p, "=", &value);
    }
    if (!is_sign(p, ")")) return wrong(p, p->next.column, "the list is not closed: \")\" is missing", NULL);
    gm_text_append(&p->out->where, ")");
    return advance(p);
}

static gm_status contains(parser *p) {
    word value;
    GM_TRY(take_value(p, &value));
    if (value.kind != WORD_TEXT) return wrong(p, value.column, "\"contains\" takes a text in quotes", NULL);
    gm_text_append(&p->out->where, "instr(lower(text), lower(?)) > 0");
    bind_value(p, json_string(value.text));
    return GM_OK;
}

/* The sign or word between key and value, as SQL; NULL when it is none. */
static const char *operation_of(const parser *p) {
    static const char *const pairs[][2] = {{"=", "="}, {"==", "="},  {"!=", "<>"}, {"<>", "<>"},
                                           {"<", "<"}, {"<=", "<="}, {">", ">"},   {">=", ">="}};
    if (is_word(p, "like")) return "LIKE";
    for (size_t i = 0; i < GM_COUNT(pairs); i++)
        if (is_sign(p, pairs[i][0])) return pairs[i][1];
    return NULL;
}

static gm_status condition(parser *p, int64_t key) {
    word value;
    bool in = is_word(p, "in"), has = is_word(p, "contains");
    const char *operation = operation_of(p);
    if (!operation && !in && !has)
        return wrong(p, p->next.column, "behind a key stands one of = != < <= > >= like contains in", NULL);
    GM_TRY(advance(p));
    if (operation && is_word(p, "null")) {
        if (strcmp(operation, "=") != 0 && strcmp(operation, "<>") != 0)
            return wrong(p, p->next.column, "null goes with = and != only", NULL);
        gm_text_printf(&p->out->where, "r.id %sIN (SELECT run FROM facts WHERE key = %lld)",
                       *operation == '=' ? "NOT " : "", (long long)key);
        return advance(p);
    }
    gm_text_printf(&p->out->where, "r.id IN (SELECT run FROM facts WHERE key = %lld AND ", (long long)key);
    if (in)
        GM_TRY(in_list(p));
    else if (has)
        GM_TRY(contains(p));
    else {
        GM_TRY(take_value(p, &value));
        compare(p, operation, &value);
    }
    gm_text_append(&p->out->where, ")");
    return GM_OK;
}

static gm_status comparison(parser *p) {
    if (p->next.kind == WORD_END)
        return wrong(p, p->next.column, "it ends where a comparison should stand",
                     "as in: metrics.exit_mae_mm < 0.1 and state = 'finished'");
    if (p->next.kind != WORD_NAME)
        return wrong(p, p->next.column, "a comparison begins with a key",
                     "as in: metrics.exit_mae_mm < 0.1 and state = 'finished'");
    run_key key;
    GM_TRY(run_keys_find(p->keys, p->next.text, p->next.column, &key, p->err));
    GM_TRY(advance(p));
    return condition(p, key.id);
}

/* ---- and, or, not ---- */

static gm_status any_of(parser *p);

static gm_status factor(parser *p) {
    enum { DEEPEST = 50 };
    if (is_word(p, "not")) {
        GM_TRY(advance(p));
        if (++p->depth > DEEPEST) return wrong(p, p->next.column, "too deep", NULL);
        gm_text_append(&p->out->where, "NOT (");
        GM_TRY(factor(p));
        p->depth--;
        gm_text_append(&p->out->where, ")");
        return GM_OK;
    }
    if (!is_sign(p, "(")) return comparison(p);
    if (++p->depth > DEEPEST) return wrong(p, p->next.column, "too many parentheses", NULL);
    GM_TRY(advance(p));
    gm_text_append(&p->out->where, "(");
    GM_TRY(any_of(p));
    if (!is_sign(p, ")")) return wrong(p, p->next.column, "\")\" is missing", NULL);
    gm_text_append(&p->out->where, ")");
    p->depth--;
    return advance(p);
}

static gm_status all_of(parser *p) {
    GM_TRY(factor(p));
    while (is_word(p, "and")) {
        gm_text_append(&p->out->where, " AND ");
        GM_TRY(advance(p));
        GM_TRY(factor(p));
    }
    return GM_OK;
}

static gm_status any_of(parser *p) {
    GM_TRY(all_of(p));
    while (is_word(p, "or")) {
        gm_text_append(&p->out->where, " OR ");
        GM_TRY(advance(p));
        GM_TRY(all_of(p));
    }
    return GM_OK;
}

static gm_status compile(parser *p) {
    GM_TRY(advance(p));
    if (p->next.kind == WORD_END) return gm_text_append(&p->out->where, "1"), GM_OK;
    GM_TRY(any_of(p));
    if (p->next.kind != WORD_END)
        return wrong(p, p->next.column, "between two comparisons stands \"and\" or \"or\"", NULL);
    return GM_OK;
}

gm_status run_filter_compile(const char *text, const run_keys *keys, run_filter *out, gm_error *err) {
    *out = (run_filter){.values = json_array()};
    if (!out->values) return gm_nomem(err);
    if (text && strlen(text) > 8000) return gm_fail(err, GM_E_ARG, "the filter is longer than 8000 bytes");
    json_t *whole = json_string(text ? text : "");
    if (!whole) return gm_fail(err, GM_E_ARG, "the filter is not UTF-8");
    json_decref(whole);
    gm_error own = {0};
    parser p = {.begin = text ? text : "", .at = text ? text : "", .keys = keys, .out = out, .err = err ? err : &own};
    gm_status status = compile(&p);
    if (status == GM_OK && !gm_text_ok(&out->where)) status = gm_nomem(err);
    return status;
}

void run_filter_finish(run_filter *filter) {
    gm_text_finish(&filter->where);
    json_decref(filter->values);
    *filter = (run_filter){0};
}
