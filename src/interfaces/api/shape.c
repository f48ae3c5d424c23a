#include "shape_internal.h"

#include <ctype.h>
#include <pthread.h>
#include <string.h>

static const api_named_shape named[] = {
#define GM_API_SHAPE(name, text) {#name, text},
#include "shapes.list.h"
#undef GM_API_SHAPE
};
static json_t *schemas; /* of the named ones, made once */

const api_named_shape *api_shape_texts(size_t *count) {
    *count = GM_COUNT(named);
    return named;
}

const json_t *api_shapes(void) {
    return schemas;
}

/* --- reading: recursive descent; NULL after the first mistake, which err tells --- */

typedef struct {
    const char *text, *at;
    int depth;
    gm_error *err;
} reader;

static json_t *read_union(reader *r);

static json_t *mistake(reader *r, const char *what) {
    gm_fail(r->err, GM_E_INTERNAL, "shape \"%.120s\", character %d: %s", r->text, (int)(r->at - r->text) + 1, what);
    return NULL;
}

static void skip_blanks(reader *r) {
    r->at += strspn(r->at, " \n");
}

static bool take(reader *r, char c) {
    skip_blanks(r);
    if (*r->at != c) return false;
    r->at++;
    return true;
}

/* "0..1", "1..", "..63": sets these keys of the schema. */
static void read_range(reader *r, json_t *schema, const char *low_key, const char *high_key, bool whole) {
    skip_blanks(r);
    const char *dots = strstr(r->at, "..");
    if (!dots || strspn(r->at, "-0123456789.e") < (size_t)(dots - r->at) + 2) return;
    char low[32], high[32];
    double value;
    snprintf(low, sizeof low, "%.*s", (int)(dots - r->at), r->at);
    size_t n = strspn(dots + 2, "-0123456789.e");
    snprintf(high, sizeof high, "%.*s", (int)n, dots + 2);
    if (gm_parse_double(low, &value))
        json_object_set_new(schema, low_key, whole ? json_integer((json_int_t)value) : json_real(value));
    if (gm_parse_double(high, &value))
        json_object_set_new(schema, high_key, whole ? json_integer((json_int_t)value) : json_real(value));
    r->at = dots + 2 + n;
}

static json_t *read_word(reader *r) {
    char word[48];
    size_t n = strspn(r->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    if (n == 0 || n >= sizeof word) return mistake(r, "a word was expected");
    snprintf(word, sizeof word, "%.*s", (int)n, r->at);
    r->at += n;
    if (isupper((unsigned char)word[0])) {
        char ref[96];
        for (size_t i = 0; i < GM_COUNT(named); i++)
            if (strcmp(named[i].name, word) == 0) {
                snprintf(ref, sizeof ref, "#/components/schemas/%s", word);
                return json_pack("{s:s}", "$ref", ref);
            }
        return mistake(r, "there is no shape of this name in shapes.list.h");
    }
    if (strcmp(word, "any") == 0) return json_object();
    if (strcmp(word, "sha256") == 0) return json_pack("{s:s, s:s}", "type", "string", "pattern", "^[0-9a-f]{64}$");
    if (strcmp(word, "time") == 0) return json_pack("{s:s, s:s}", "type", "string", "format", "date-time");
    json_t *schema = json_pack("{s:s}", "type", word);
    if (strcmp(word, "string") == 0)
        read_range(r, schema, "minLength", "maxLength", true);
    else if (strcmp(word, "integer") == 0 || strcmp(word, "number") == 0)
        read_range(r, schema, "minimum", "maximum", word[0] == 'i');
    else if (strcmp(word, "boolean") != 0 && strcmp(word, "null") != 0) {
        json_decref(schema);
        return mistake(r, "this word has no meaning");
    }
    return schema;
}

static json_t *read_literal(reader *r) {
    size_t n = strcspn(r->at, "'");
    if (!r->at[n]) return mistake(r, "the text has no end");
    json_t *schema = json_pack("{s:[s%]}", "enum", r->at, n);
    r->at += n + 1;
    return schema;
}

static json_t *read_list(reader *r) {
    json_t *items = read_union(r);
    if (!items) return NULL;
    json_t *schema = json_pack("{s:s, s:o}", "type", "array", "items", items);
    if (!take(r, ']')) {
        json_decref(schema);
        return mistake(r, "a ] was expected");
    }
    read_range(r, schema, "minItems", "maxItems", true);
    return schema;
}

/* One "name: shape" of an object; "*" stands for all other names. */
static bool read_member(reader *r, json_t *object, json_t *properties, json_t *required) {
    skip_blanks(r);
    char name[64];
    bool rest = take(r, '*');
    size_t n = rest ? 0 : strcspn(r->at, ":? ,}");
    snprintf(name, sizeof name, "%.*s", (int)GM_MIN(n, sizeof name - 1), r->at);
    r->at += n;
    bool optional = take(r, '?');
    if ((!rest && !n) || !take(r, ':')) return mistake(r, "\"name: shape\" was expected"), false;
    json_t *schema = read_union(r);
    if (!schema) return false;
    if (rest)
        json_object_set_new(object, "additionalProperties", schema);
    else
        json_object_set_new(properties, name, schema);
    if (!rest && !optional) json_array_append_new(required, json_string(name));
    return true;
}

static json_t *read_object(reader *r) {
    json_t *object =
        json_pack("{s:s, s:b, s:{}, s:[]}", "type", "object", "additionalProperties", 0, "properties", "required");
    if (take(r, '}')) return object;
    do
        if (!read_member(r, object, json_object_get(object, "properties"), json_object_get(object, "required"))) {
            json_decref(object);
            return NULL;
        }
    while (take(r, ','));
    if (take(r, '}')) return object;
    json_decref(object);
    return mistake(r, "a , or } was expected");
}

static json_t *read_term(reader *r) {
    if (take(r, '\'')) return read_literal(r);
    if (take(r, '[')) return read_list(r);
    if (take(r, '{')) return read_object(r);
    skip_blanks(r);
    return read_word(r);
}

/* Texts join into one enum; else anyOf. */
static json_t *join(json_t *a, json_t *b) {
    json_t *texts = json_object_get(a, "enum"), *more = json_object_get(b, "enum"), *any = json_object_get(a, "anyOf");
    if (texts && more)
        json_array_extend(texts, more);
    else if (any)
        json_array_append(any, b);
    else
        return json_pack("{s:[o, o]}", "anyOf", a, b);
    json_decref(b);
    return a;
}

static json_t *read_union(reader *r) {
    if (++r->depth > 16) return mistake(r, "too deep");
    json_t *schema = read_term(r);
    while (schema && take(r, '|')) {
        json_t *next = read_term(r);
        if (!next) {
            json_decref(schema);
            return NULL;
        }
        schema = join(schema, next);
    }
    r->depth--;
    return schema;
}

gm_status api_shape_schema(const char *text, json_t **out, gm_error *err) {
    gm_error local = {0};
    reader r = {.text = text, .at = text, .err = err ? err : &local};
    json_t *schema = read_union(&r);
    skip_blanks(&r);
    if (schema && *r.at) {
        json_decref(schema);
        schema = mistake(&r, "something stands behind the shape");
    }
    if (!schema) return r.err->code ? r.err->code : gm_nomem(err);
    *out = schema;
    return GM_OK;
}

static pthread_mutex_t load_lock = PTHREAD_MUTEX_INITIALIZER;

gm_status api_shapes_load(gm_error *err) {
    pthread_mutex_lock(&load_lock);
    json_t *all = schemas ? NULL : json_object();
    gm_status status = schemas || all ? GM_OK : gm_nomem(err);
    for (size_t i = 0; all && status == GM_OK && i < GM_COUNT(named); i++) {
        json_t *schema;
        status = api_shape_schema(named[i].text, &schema, err);
        if (status == GM_OK && json_object_set_new(all, named[i].name, schema) != 0) status = gm_nomem(err);
    }
    if (all && status == GM_OK)
        schemas = all;
    else
        json_decref(all);
    pthread_mutex_unlock(&load_lock);
    return status;
}
