/* Holds JSON against the schemas that shape.c makes: only the words that occur in those. */
#include "shape_internal.h"

#include <math.h>
#include <string.h>

typedef struct {
    gm_text path; /* "points.entry.mm" */
    gm_error *err;
} checker;

static bool check(checker *c, const json_t *schema, const json_t *value);

static void describe(const json_t *schema, gm_text *out);

static void describe_range(const json_t *schema, const char *low_key, const char *high_key, const char *unit,
                           gm_text *out) {
    const json_t *low = json_object_get(schema, low_key), *high = json_object_get(schema, high_key);
    char a[32], b[32];
    if (low && high)
        gm_text_printf(out, " of %s to %s%s", gm_format_double(json_number_value(low), a),
                       gm_format_double(json_number_value(high), b), unit);
    else if (low)
        gm_text_printf(out, " of at least %s%s", gm_format_double(json_number_value(low), a), unit);
    else if (high)
        gm_text_printf(out, " of at most %s%s", gm_format_double(json_number_value(high), b), unit);
}

static void describe_each(const json_t *list, gm_text *out, bool texts) {
    size_t n = json_array_size(list);
    for (size_t i = 0; i < n; i++) {
        if (i) gm_text_append(out, i + 1 < n ? ", " : " or ");
        if (texts)
            gm_text_json_string(out, json_string_value(json_array_get(list, i)));
        else
            describe(json_array_get(list, i), out);
    }
}

/* What would have been right, in words. */
static void describe(const json_t *schema, gm_text *out) {
    const char *type = json_string_value(json_object_get(schema, "type"));
    const char *ref = json_string_value(json_object_get(schema, "$ref"));
    if (json_object_get(schema, "enum"))
        describe_each(json_object_get(schema, "enum"), out, true);
    else if (json_object_get(schema, "anyOf"))
        describe_each(json_object_get(schema, "anyOf"), out, false);
    else if (json_object_get(schema, "pattern"))
        gm_text_append(out, "a SHA-256 of 64 hex digits");
    else if (ref || !type)
        gm_text_append(out, "an object");
    else if (strcmp(type, "string") == 0) {
        gm_text_append(out, "text");
        describe_range(schema, "minLength", "maxLength", " characters", out);
    } else if (strcmp(type, "array") == 0) {
        gm_text_append(out, "a list");
        describe_range(schema, "minItems", "maxItems", " items", out);
    } else if (strcmp(type, "null") == 0)
        gm_text_append(out, "null");
    else if (strcmp(type, "boolean") == 0)
        gm_text_append(out, "true or false");
    else {
        gm_text_append(out, strcmp(type, "integer") == 0  ? "a whole number"
                            : strcmp(type, "number") == 0 ? "a number"
                                                          : "an object");
        describe_range(schema, "minimum", "maximum", "", out);
    }
}

static bool wrong(checker *c, const json_t *schema) {
    gm_auto_text wanted = GM_TEXT_INIT;
    describe(schema, &wanted);
    gm_fail(c->err, GM_E_ARG, "%s must be %s", c->path.length ? gm_text_c(&c->path) : "the body", gm_text_c(&wanted));
    return false;
}

static bool within(const json_t *schema, const char *low_key, const char *high_key, double value) {
    const json_t *low = json_object_get(schema, low_key), *high = json_object_get(schema, high_key);
    return (!low || value >= json_number_value(low)) && (!high || value <= json_number_value(high));
}

static size_t count_characters(const char *s) {
    size_t n = 0;
    for (; *s; s++) n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

static bool check_string(checker *c, const json_t *schema, const json_t *value) {
    if (!json_is_string(value)) return wrong(c, schema);
    const char *text = json_string_value(value);
    if (json_object_get(schema, "pattern") && (strlen(text) != 64 || strspn(text, "0123456789abcdef") != 64))
        return wrong(c, schema);
    return within(schema, "minLength", "maxLength", (double)count_characters(text)) || wrong(c, schema);
}

static bool check_number(checker *c, const json_t *schema, const json_t *value, bool whole) {
    if (!json_is_number(value)) return wrong(c, schema);
    double number = json_number_value(value);
    if (whole && (number != floor(number) || fabs(number) > 9e15)) return wrong(c, schema);
    return within(schema, "minimum", "maximum", number) || wrong(c, schema);
}

static bool check_list(checker *c, const json_t *schema, const json_t *value) {
    if (!json_is_array(value) || !within(schema, "minItems", "maxItems", (double)json_array_size(value)))
        return wrong(c, schema);
    size_t length = c->path.length;
    for (size_t i = 0; i < json_array_size(value); i++) {
        gm_text_printf(&c->path, "[%zu]", i);
        if (!check(c, json_object_get(schema, "items"), json_array_get(value, i))) return false;
        c->path.length = length;
        if (c->path.data) c->path.data[length] = '\0';
    }
    return true;
}

static bool unknown_key(checker *c, const json_t *properties, const char *key) {
    const char *names[64];
    size_t n = 0;
    const char *name;
    json_t *ignored;
    json_object_foreach ((json_t *)properties, name, ignored) {
        (void)ignored;
        if (n < GM_COUNT(names)) names[n++] = name;
    }
    const char *nearest = gm_nearest_name(key, names, n);
    char hint[120] = "";
    if (nearest) snprintf(hint, sizeof hint, "did you mean \"%s\"?", nearest);
    gm_fail_at(c->err, GM_E_ARG, 0, 0, hint, "%s%sthere is no \"%.60s\" here", gm_text_c(&c->path),
               c->path.length ? ": " : "", key);
    return false;
}

static bool check_object(checker *c, const json_t *schema, const json_t *value) {
    if (!json_is_object(value)) return wrong(c, schema);
    const json_t *properties = json_object_get(schema, "properties"), *required = json_object_get(schema, "required");
    const json_t *rest = json_object_get(schema, "additionalProperties");
    for (size_t i = 0; i < json_array_size(required); i++) {
        const char *name = json_string_value(json_array_get(required, i));
        if (json_object_get(value, name)) continue;
        gm_fail(c->err, GM_E_ARG, "%s%s\"%s\" is missing", gm_text_c(&c->path), c->path.length ? ": " : "", name);
        return false;
    }
    size_t length = c->path.length;
    const char *key;
    json_t *member;
    json_object_foreach ((json_t *)value, key, member) {
        const json_t *expected = json_object_get(properties, key);
        if (!expected && !json_is_object(rest)) return unknown_key(c, properties, key);
        gm_text_printf(&c->path, "%s%.60s", length ? "." : "", key);
        if (!check(c, expected ? expected : rest, member)) return false;
        c->path.length = length;
        if (c->path.data) c->path.data[length] = '\0';
    }
    return true;
}

/* One of several: the first that fits. Where one of them is the object or list that was sent, its complaint says most.
 */
static bool check_any(checker *c, const json_t *schema, const json_t *value) {
    const json_t *any = json_object_get(schema, "anyOf");
    size_t length = c->path.length;
    gm_error told = {0};
    for (size_t i = 0; i < json_array_size(any); i++) {
        gm_error one = {0};
        checker inner = {.path = c->path, .err = &one};
        bool fits = check(&inner, json_array_get(any, i), value);
        c->path = inner.path; /* it may have grown */
        if (fits) return true;
        c->path.length = length;
        if (c->path.data) c->path.data[length] = '\0';
        if (!told.code && (json_is_object(value) || json_is_array(value)) && strchr(one.message, '"')) told = one;
    }
    if (!told.code) return wrong(c, schema);
    if (!c->err->code) *c->err = told;
    return false;
}

static bool check_enum(checker *c, const json_t *schema, const json_t *value) {
    const json_t *texts = json_object_get(schema, "enum");
    for (size_t i = 0; i < json_array_size(texts); i++)
        if (json_equal(json_array_get(texts, i), value)) return true;
    return wrong(c, schema);
}

static bool check(checker *c, const json_t *schema, const json_t *value) {
    const char *ref = json_string_value(json_object_get(schema, "$ref"));
    if (ref) return check(c, json_object_get(api_shapes(), strrchr(ref, '/') + 1), value);
    if (json_object_get(schema, "anyOf")) return check_any(c, schema, value);
    if (json_object_get(schema, "enum")) return check_enum(c, schema, value);
    const char *type = json_string_value(json_object_get(schema, "type"));
    if (!type) return true;
    if (strcmp(type, "string") == 0) return check_string(c, schema, value);
    if (strcmp(type, "array") == 0) return check_list(c, schema, value);
    if (strcmp(type, "object") == 0) return check_object(c, schema, value);
    if (strcmp(type, "null") == 0) return json_is_null(value) || wrong(c, schema);
    if (strcmp(type, "boolean") == 0) return json_is_boolean(value) || wrong(c, schema);
    return check_number(c, schema, value, strcmp(type, "integer") == 0);
}

gm_status api_shape_check(const json_t *schema, const json_t *value, gm_error *err) {
    gm_error local = {0};
    checker c = {.path = GM_TEXT_INIT, .err = err ? err : &local};
    bool fits = check(&c, schema, value);
    gm_text_finish(&c.path);
    if (fits) return GM_OK;
    return c.err->code ? c.err->code : GM_E_ARG;
}
