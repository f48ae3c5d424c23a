/* Rows of labels with the names of their files. */
#include "labeling_internal.h"

#include <stdlib.h>
#include <string.h>

void gm_label_table_finish(gm_label_table *table) {
    for (size_t i = 0; i < table->count; i++) gm_free(table->items[i].file);
    gm_free(table->items);
    *table = (gm_label_table){0};
}

gm_status gm_label_table_add(gm_label_table *table, const char *file, const gm_label *label, gm_error *err) {
    if (table->count == table->capacity) {
        const size_t capacity = table->capacity ? 2 * table->capacity : 64;
        gm_label_row *items = gm_realloc_array(table->items, capacity, sizeof *items);
        if (!items) return gm_nomem(err);
        table->items = items;
        table->capacity = capacity;
    }
    char *name = gm_strdup(file);
    if (!name) return gm_nomem(err);
    table->items[table->count++] = (gm_label_row){.file = name, .label = *label};
    return GM_OK;
}

/* The last part of a path; spreadsheets on other systems write backslashes. */
static const char *base_name(const char *path) {
    const char *base = path;
    for (const char *p = path; *p; p++)
        if (*p == '/' || *p == '\\') base = p + 1;
    return base;
}

const gm_label_row *gm_label_table_find(const gm_label_table *table, const char *file) {
    const gm_label_row *found = NULL;
    const char *base = base_name(file);
    bool several = false;
    for (size_t i = 0; i < table->count; i++) {
        const gm_label_row *row = &table->items[i];
        if (strcmp(row->file, file) == 0) return row;
        if (strcmp(base_name(row->file), base) != 0) continue;
        several |= found != NULL;
        found = row;
    }
    return several ? NULL : found;
}

typedef struct {
    const char *base;
    const gm_label_row *row;
} entry;

static int by_base(const void *a, const void *b) {
    return strcmp(((const entry *)a)->base, ((const entry *)b)->base);
}

/* Of the rows with this base name: the one with this very path, else the only one. */
static const gm_label_row *choose(const entry *from, const entry *to, const char *file) {
    for (const entry *e = from; e < to; e++)
        if (strcmp(e->row->file, file) == 0) return e->row;
    return to - from == 1 ? from->row : NULL;
}

gm_status gm_label_table_match(const gm_label_table *a, const gm_label_table *b, const gm_label_row **out,
                               gm_error *err) {
    gm_auto_free entry *entries = gm_alloc_array(b->count + 1, sizeof *entries);
    if (!entries) return gm_nomem(err);
    for (size_t i = 0; i < b->count; i++)
        entries[i] = (entry){.base = base_name(b->items[i].file), .row = &b->items[i]};
    if (b->count > 0) qsort(entries, b->count, sizeof *entries, by_base);
    for (size_t i = 0; i < a->count; i++) {
        const entry key = {.base = base_name(a->items[i].file)};
        const entry *hit = b->count ? bsearch(&key, entries, b->count, sizeof *entries, by_base) : NULL;
        const entry *from = hit, *to = hit;
        while (from && from > entries && by_base(from - 1, &key) == 0) from--;
        while (to && to < entries + b->count && by_base(to, &key) == 0) to++;
        out[i] = hit ? choose(from, to, a->items[i].file) : NULL;
    }
    return GM_OK;
}
