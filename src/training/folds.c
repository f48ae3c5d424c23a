/* Folds: groups that may not be torn apart (union-find over equal keys), dealt out stratum by stratum, the largest
 * group first, each to the fold that holds least of its stratum. */
#include "training.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *key;
    size_t hole;
} keyed;

static int by_key(const void *a, const void *b) {
    const keyed *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    return order ? order : x->hole < y->hole ? -1 : x->hole > y->hole;
}

static size_t root_of(size_t *parent, size_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
}

/* Join all holes whose key (at this offset of gm_fold_key) is equal. */
static void join(const gm_fold_key *keys, size_t count, size_t offset, keyed *room, size_t *parent) {
    for (size_t i = 0; i < count; i++) room[i] = (keyed){(const char *)&keys[i] + offset, i};
    qsort(room, count, sizeof *room, by_key);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(room[i].key, room[i - 1].key) != 0 || !*room[i].key) continue;
        size_t a = root_of(parent, room[i - 1].hole), b = root_of(parent, room[i].hole);
        if (a != b) parent[GM_MAX(a, b)] = GM_MIN(a, b);
    }
}

/* group[i] numbered by first appearance; returns their number. */
static size_t number_groups(size_t *parent, size_t count, size_t *group) {
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        size_t root = root_of(parent, i);
        group[i] = root == i ? n++ : group[root]; /* a root is the first hole of its group */
    }
    return n;
}

typedef struct {
    const char *stratum; /* of its first hole */
    size_t size;
    uint32_t lot; /* breaks ties at random, the same for the same seed */
    size_t number;
} bundle;

static int by_stratum_and_size(const void *a, const void *b) {
    const bundle *x = a, *y = b;
    int order = strcmp(x->stratum, y->stratum);
    if (order) return order;
    if (x->size != y->size) return x->size > y->size ? -1 : 1;
    if (x->lot != y->lot) return x->lot < y->lot ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* The fold with fewest holes of this stratum; then fewest of all; then the first. */
static int poorest(const size_t *of_stratum, const size_t *of_all, int n_folds) {
    int best = 0;
    for (int f = 1; f < n_folds; f++)
        if (of_stratum[f] < of_stratum[best] || (of_stratum[f] == of_stratum[best] && of_all[f] < of_all[best]))
            best = f;
    return best;
}

/* Every fold needs a hole: move the smallest bundle of the fold with most bundles into an empty one. */
static void fill_empty(const bundle *bundles, size_t n, int n_folds, int *fold_of) {
    for (int f = 0; f < n_folds; f++) {
        size_t *number = gm_calloc((size_t)n_folds, sizeof *number);
        if (!number) return;
        for (size_t i = 0; i < n; i++) number[fold_of[i]]++;
        if (!number[f]) {
            int rich = 0;
            for (int o = 1; o < n_folds; o++)
                if (number[o] > number[rich]) rich = o;
            size_t smallest = n;
            for (size_t i = 0; i < n; i++)
                if (fold_of[i] == rich && (smallest == n || bundles[i].size < bundles[smallest].size)) smallest = i;
            if (smallest < n) fold_of[smallest] = f;
        }
        gm_free(number);
    }
}

static gm_status deal(bundle *bundles, size_t n, int n_folds, bool stratified, int *fold_of, gm_error *err) {
    gm_auto_free size_t *counts = gm_calloc(2 * (size_t)n_folds, sizeof *counts);
    if (!counts) return gm_nomem(err);
    size_t *of_stratum = counts, *of_all = counts + n_folds;
    qsort(bundles, n, sizeof *bundles, by_stratum_and_size);
    for (size_t i = 0; i < n; i++) {
        if (stratified && i && strcmp(bundles[i].stratum, bundles[i - 1].stratum) != 0)
            memset(of_stratum, 0, (size_t)n_folds * sizeof *of_stratum);
        int f = poorest(of_stratum, of_all, n_folds);
        fold_of[i] = f;
        of_stratum[f] += bundles[i].size;
        of_all[f] += bundles[i].size;
    }
    fill_empty(bundles, n, n_folds, fold_of);
    return GM_OK;
}

static gm_status make_groups(const gm_fold_key *keys, size_t count, gm_grouping grouping, gm_folds *out,
                             gm_error *err) {
    gm_auto_free size_t *parent = gm_alloc_array(count, sizeof *parent);
    gm_auto_free keyed *room = gm_alloc_array(count, sizeof *room);
    if (!parent || !room) return gm_nomem(err);
    for (size_t i = 0; i < count; i++) parent[i] = i;
    if (grouping >= GM_GROUP_HOLE) join(keys, count, offsetof(gm_fold_key, trace), room, parent);
    if (grouping >= GM_GROUP_TOOL_LIFE) join(keys, count, offsetof(gm_fold_key, tool), room, parent);
    if (grouping >= GM_GROUP_SESSION) join(keys, count, offsetof(gm_fold_key, session), room, parent);
    out->n_groups = number_groups(parent, count, out->group);
    return GM_OK;
}

static gm_status assign(const gm_fold_key *keys, size_t count, bool stratified, uint64_t seed, gm_folds *out,
                        gm_error *err) {
    gm_auto_free bundle *bundles = gm_calloc(out->n_groups, sizeof *bundles);
    gm_auto_free int *fold_of = gm_alloc_array(out->n_groups, sizeof *fold_of);
    gm_auto_free int *by_group = gm_alloc_array(out->n_groups, sizeof *by_group);
    if (!bundles || !fold_of || !by_group) return gm_nomem(err);
    gm_random random;
    gm_random_init(&random, seed, gm_stream(1, (uint64_t)0x666f6c6473)); /* "folds" */
    for (size_t i = 0; i < count; i++) {
        bundle *b = &bundles[out->group[i]];
        if (!b->size++) *b = (bundle){stratified ? keys[i].stratum : "", 1, gm_random_u32(&random), out->group[i]};
    }
    GM_TRY(deal(bundles, out->n_groups, out->n_folds, stratified, fold_of, err));
    for (size_t i = 0; i < out->n_groups; i++) by_group[bundles[i].number] = fold_of[i];
    for (size_t i = 0; i < count; i++) out->fold[i] = by_group[out->group[i]];
    return GM_OK;
}

static const char *group_word(gm_grouping grouping) {
    static const char *const words[] = {"holes", "different holes", "tool lives", "sessions"};
    return words[grouping];
}

gm_status gm_folds_make(const gm_fold_key *keys, size_t count, int n_folds, bool stratified, gm_grouping grouping,
                        uint64_t seed, gm_folds *out, gm_error *err) {
    if (count == 0) return gm_fail(err, GM_E_ARG, "no labelled holes to make folds of");
    gm_folds made = {
        .n_folds = n_folds, .fold = gm_calloc(count, sizeof(int)), .group = gm_calloc(count, sizeof(size_t))};
    gm_status status = made.fold && made.group ? make_groups(keys, count, grouping, &made, err) : gm_nomem(err);
    if (status == GM_OK && made.n_groups < 2)
        status = gm_fail_at(err, GM_E_ARG, 0, 0,
                            "add holes of other tools, or set training_config.cross_validation.grouping to hole",
                            "%zu labelled hole%s of one %.*s: nothing is left to validate on", count,
                            count == 1 ? "" : "s", 9, grouping >= GM_GROUP_TOOL_LIFE ? "tool life" : "hole");
    if (status == GM_OK && (size_t)n_folds > made.n_groups) {
        made.n_folds = (int)made.n_groups;
        snprintf(made.message, sizeof made.message,
                 "%d folds instead of %d: the %zu labelled holes are of %zu %s (grouping keeps them together)",
                 made.n_folds, n_folds, count, made.n_groups, group_word(grouping));
    }
    if (status == GM_OK) status = assign(keys, count, stratified, seed, &made, err);
    if (status != GM_OK) {
        gm_folds_finish(&made);
        return status;
    }
    *out = made;
    return GM_OK;
}

/* Holes of the runs of equal keys that lie in more than one fold: each of them has a mate in another one. */
static size_t torn_apart(const gm_fold_key *keys, const int *fold, size_t count, size_t offset, keyed *room) {
    size_t n = 0, torn = 0;
    for (size_t i = 0; i < count; i++)
        if (fold[i] >= 0) room[n++] = (keyed){(const char *)&keys[i] + offset, i};
    qsort(room, n, sizeof *room, by_key);
    for (size_t from = 0, to; from < n; from = to) {
        bool apart = false;
        for (to = from; to < n && strcmp(room[to].key, room[from].key) == 0; to++)
            apart |= fold[room[to].hole] != fold[room[from].hole];
        if (apart && *room[from].key) torn += to - from;
    }
    return torn;
}

gm_status gm_folds_overlap(const gm_fold_key *keys, const int *fold, size_t count, gm_fold_overlap *out,
                           gm_error *err) {
    gm_auto_free keyed *room = gm_alloc_array(count + 1, sizeof *room);
    if (!room) return gm_nomem(err);
    *out = (gm_fold_overlap){.trace = torn_apart(keys, fold, count, offsetof(gm_fold_key, trace), room),
                             .tool_life = torn_apart(keys, fold, count, offsetof(gm_fold_key, tool), room),
                             .session = torn_apart(keys, fold, count, offsetof(gm_fold_key, session), room)};
    for (size_t i = 0; i < count; i++) out->holes += fold[i] >= 0;
    return GM_OK;
}

void gm_folds_finish(gm_folds *folds) {
    gm_free(folds->fold);
    gm_free(folds->group);
    *folds = (gm_folds){0};
}
