/* What only several holes together show: copies, holes that do not fit those of the same program, order, tools. */
#include "quality_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MIN_ALIKE = 5,       /* holes of one program before they are compared          */
    MIN_ALIKE_FOLDER = 8 /* of these in one folder before the folder counts alone */
};
static const float shift_mm = 0.65f;    /* entry off its neighbours: beyond every ordinary hole, below a bad seat  */
static const float shift_sd = 2.2f;     /* the same where holes scatter more                                      */
static const float redrill_mm = 5;      /* so deep that the first layer was not there                              */
static const float weak_part = 0.3f;    /* of the neighbours' torque                                               */
static const float change_ratio = 0.8f; /* torque of the next five holes over that of the last five             */

typedef struct {
    const gm_set_hole *holes;
    gm_findings *findings;
    size_t count;
    size_t *order;  /* indices, sorted differently by each check  */
    size_t *rank;   /* place of a hole in natural order           */
    float *scratch; /* count values                               */
    bool *copy;     /* is a duplicate of an earlier hole          */
} set;

static const gm_hole_summary *summary_of(const set *s, size_t hole) {
    return &s->holes[hole].summary;
}

static size_t folder_length(const char *file) {
    return (size_t)(gm_path_base(file) - file);
}

static int compare_folders(const char *a, const char *b) {
    size_t n = folder_length(a), m = folder_length(b);
    int c = memcmp(a, b, GM_MIN(n, m));
    return c ? c : (n > m) - (n < m);
}

/* --- orders --- */

static int by_name(const void *a, const void *b, void *ctx) {
    const set *s = ctx;
    size_t i = *(const size_t *)a, k = *(const size_t *)b;
    int c = gm_compare_natural(s->holes[i].file, s->holes[k].file);
    return c ? c : (i > k) - (i < k);
}

static int by_rank(const set *s, size_t i, size_t k) {
    return (s->rank[i] > s->rank[k]) - (s->rank[i] < s->rank[k]);
}

static int by_bytes(const void *a, const void *b, void *ctx) {
    size_t i = *(const size_t *)a, k = *(const size_t *)b;
    int c = strcmp(summary_of(ctx, i)->sha256, summary_of(ctx, k)->sha256);
    return c ? c : by_rank(ctx, i, k);
}

/* Of the same signals the record with the fewest complaints comes first: it is the machine's own. */
static int by_trace(const void *a, const void *b, void *ctx) {
    const set *s = ctx;
    size_t i = *(const size_t *)a, k = *(const size_t *)b;
    int c = strcmp(summary_of(s, i)->trace_sha256, summary_of(s, k)->trace_sha256);
    if (c) return c;
    float x = summary_of(s, i)->score, y = summary_of(s, k)->score;
    return x < y ? 1 : x > y ? -1 : by_rank(s, i, k);
}

static int by_program(const void *a, const void *b, void *ctx) {
    const set *s = ctx;
    size_t i = *(const size_t *)a, k = *(const size_t *)b;
    int c = strcmp(summary_of(s, i)->program_id, summary_of(s, k)->program_id);
    if (c == 0) c = compare_folders(s->holes[i].file, s->holes[k].file);
    return c ? c : by_rank(s, i, k);
}

/* Holes of one head in one folder, in the order of their names. */
static int by_head(const void *a, const void *b, void *ctx) {
    const set *s = ctx;
    size_t i = *(const size_t *)a, k = *(const size_t *)b;
    int c = compare_folders(s->holes[i].file, s->holes[k].file);
    if (c == 0) c = strcmp(summary_of(s, i)->head, summary_of(s, k)->head);
    if (c == 0) c = strcmp(summary_of(s, i)->motor, summary_of(s, k)->motor);
    return c ? c : by_rank(s, i, k);
}

/* --- copies --- */

static void check_copies(set *s) {
    qsort_r(s->order, s->count, sizeof *s->order, by_bytes, s);
    for (size_t i = 1; i < s->count; i++) {
        size_t original = s->order[i - 1], hole = s->order[i];
        const char *hash = summary_of(s, hole)->sha256;
        if (!hash[0] || strcmp(hash, summary_of(s, original)->sha256) != 0) continue;
        s->copy[hole] = true;
        gm_findings_add(&s->findings[hole], "set.duplicate_file", GM_FAILURE,
                        "delete one of them; a copy would stand in training and in the test", "the same bytes as %s",
                        s->holes[original].file);
    }
    qsort_r(s->order, s->count, sizeof *s->order, by_trace, s);
    size_t original = s->order[0];
    for (size_t i = 1; i < s->count; i++) {
        size_t hole = s->order[i];
        if (strcmp(summary_of(s, hole)->trace_sha256, summary_of(s, original)->trace_sha256) != 0) {
            original = hole;
            continue;
        }
        if (s->copy[hole]) continue; /* told already */
        s->copy[hole] = true;
        gm_findings_add(&s->findings[hole], "set.duplicate_trace", GM_FAILURE,
                        "keep the machine's own file; a copy would stand in training and in the test",
                        "the same signals as %s, under another header", s->holes[original].file);
    }
}

/* --- holes of one program --- */

typedef struct {
    size_t n;
    float entry_mm, entry_sd, metal_mm, torque_a;
} typical;

/* Standard deviation from the lower half alone: a machine that is not seated shifts entries deeper, never higher. */
static float spread_of(float *sorted, size_t n, float median) {
    size_t half = (n + 1) / 2;
    for (size_t i = 0; i < half; i++) sorted[i] = median - sorted[i];
    return 1.4826f * gm_median_inplace(sorted, half);
}

static typical typical_of(const set *s, const size_t *members, size_t n_members) {
    typical t = {0};
    size_t n = 0;
    for (size_t i = 0; i < n_members; i++)
        if (!isnan(summary_of(s, members[i])->entry_mm) && !s->copy[members[i]])
            s->scratch[n++] = summary_of(s, members[i])->entry_mm;
    t.n = n;
    t.entry_mm = gm_median_inplace(s->scratch, n);
    t.entry_sd = spread_of(s->scratch, n, t.entry_mm);
    n = 0;
    for (size_t i = 0; i < n_members; i++)
        if (!isnan(summary_of(s, members[i])->metal_mm)) s->scratch[n++] = summary_of(s, members[i])->metal_mm;
    t.metal_mm = gm_median_inplace(s->scratch, n);
    n = 0;
    for (size_t i = 0; i < n_members; i++)
        if (!summary_of(s, members[i])->no_contact) s->scratch[n++] = summary_of(s, members[i])->torque_max_a;
    t.torque_a = gm_median_inplace(s->scratch, n);
    return t;
}

static void check_entry(const set *s, size_t hole, const typical *t, float sd_mm) {
    const gm_hole_summary *h = summary_of(s, hole);
    float by = h->entry_mm - t->entry_mm, tolerance = fmaxf(shift_mm, shift_sd * sd_mm);
    if (!(fabsf(by) > tolerance)) return;
    if (by > redrill_mm) {
        gm_finding_at(gm_findings_add(&s->findings[hole], "set.redrilled", GM_FAILURE,
                                      "leave it out of training, or label it by hand: the first layer was not there",
                                      "the drill met the part at %s mm; %zu holes of the same program did at %s mm",
                                      GM_NUM(h->entry_mm, 1), t->n, GM_NUM(t->entry_mm, 1)),
                      h->entry_mm);
        return;
    }
    float metal_by = h->metal_mm - t->metal_mm;
    bool together = fabsf(metal_by - by) < fmaxf(0.5f, 0.4f * fabsf(by));
    gm_finding_at(gm_findings_add(&s->findings[hole], "set.entry_shifted", GM_WARNING,
                                  by > 0
                                      ? "check that the machine was seated on the part; layer thicknesses remain good"
                                      : "check the height of the part and the length of the tool",
                                  "entry lies at %s mm, %s mm %s than in %zu holes of the same program%s",
                                  GM_NUM(h->entry_mm, 1), GM_NUM(fabsf(by), 1), by > 0 ? "deeper" : "higher", t->n,
                                  isnan(metal_by) ? ""
                                  : together      ? "; the next layer is shifted with it: the machine was not seated"
                                                  : "; the next layer is not shifted with it"),
                  h->entry_mm);
}

static void check_strength(const set *s, size_t hole, const typical *t) {
    const gm_hole_summary *h = summary_of(s, hole);
    if (h->no_contact || h->late_contact || !(h->torque_max_a < weak_part * t->torque_a)) return;
    gm_findings_add(&s->findings[hole], "set.weak_cut", GM_FAILURE,
                    "leave it out of training: most of the hole was probably there before",
                    "torque reaches %s A; %zu holes of the same program reach %s A", GM_NUM(h->torque_max_a, 1), t->n,
                    GM_NUM(t->torque_a, 1));
}

/* Members of one program, sorted by folder. */
static void check_program(const set *s, const size_t *members, size_t n_members) {
    typical all = typical_of(s, members, n_members);
    for (size_t from = 0, to; from < n_members; from = to) {
        for (to = from + 1; to < n_members; to++)
            if (compare_folders(s->holes[members[from]].file, s->holes[members[to]].file) != 0) break;
        typical here = typical_of(s, members + from, to - from);
        const typical *t = here.n >= MIN_ALIKE_FOLDER ? &here : &all;
        if (t->n < MIN_ALIKE) continue;
        float sd = fminf(t->entry_sd, all.entry_sd);
        for (size_t i = from; i < to; i++) {
            if (s->copy[members[i]]) continue;
            if (!summary_of(s, members[i])->late_contact) check_entry(s, members[i], t, sd);
            check_strength(s, members[i], t);
        }
    }
}

static void check_programs(set *s) {
    qsort_r(s->order, s->count, sizeof *s->order, by_program, s);
    for (size_t from = 0, to; from < s->count; from = to) {
        for (to = from + 1; to < s->count; to++)
            if (strcmp(summary_of(s, s->order[from])->program_id, summary_of(s, s->order[to])->program_id) != 0) break;
        check_program(s, s->order + from, to - from);
    }
}

/* --- order and tools --- */

static void check_step_in_time(const set *s, size_t before, size_t hole) {
    const gm_hole_summary *a = summary_of(s, before), *b = summary_of(s, hole);
    gm_findings *findings = &s->findings[hole];
    bool counted = a->global_counter >= 0 && b->global_counter >= 0, dated = a->date[0] && b->date[0];
    if (counted && b->global_counter == a->global_counter)
        gm_findings_add(findings, "set.counter_repeated", GM_WARNING,
                        "two records of one hole, or an edited header: find out which belongs to the part",
                        "hole number %ld, the same as %s", b->global_counter, s->holes[before].file);
    else if (counted && b->global_counter < a->global_counter)
        gm_findings_add(findings, "set.counter_order", GM_WARNING,
                        "files were renamed out of order: do not read tool age from the name",
                        "hole number %ld comes after number %ld (%s)", b->global_counter, a->global_counter,
                        s->holes[before].file);
    else if (dated && strcmp(b->date, a->date) < 0)
        gm_findings_add(findings, "set.date_order", GM_WARNING,
                        "check the clock of the machine; counters give the order",
                        "dated %s, but counted after %s of %s", b->date, s->holes[before].file, a->date);
    if (counted && a->local_counter > 0 && b->local_counter >= 0 && b->local_counter < a->local_counter &&
        b->global_counter > a->global_counter)
        gm_findings_add(findings, "set.tool_change", GM_INFO, NULL,
                        "first record after a tool change: the tool's counter went from %ld to %ld", a->local_counter,
                        b->local_counter);
}

static bool same_head(const set *s, size_t a, size_t b) {
    const gm_hole_summary *x = summary_of(s, a), *y = summary_of(s, b);
    return compare_folders(s->holes[a].file, s->holes[b].file) == 0 && strcmp(x->head, y->head) == 0 &&
           strcmp(x->motor, y->motor) == 0;
}

/* Maximum torque of ordinary holes around a place, for a tool changed without resetting its counter. */
static float median_torque(const set *s, const size_t *members, size_t n) {
    size_t used = 0;
    float values[16];
    for (size_t i = 0; i < n && used < GM_COUNT(values); i++) {
        const gm_hole_summary *h = summary_of(s, members[i]);
        if (!h->no_contact && !h->late_contact && !h->not_through) values[used++] = h->torque_max_a;
    }
    return used >= 3 ? gm_median_inplace(values, used) : NAN;
}

/* A fresh tool cuts with clearly less torque than the worn one before it, at once and for all later holes. */
static void check_fresh_tools(const set *s, const size_t *members, size_t n) {
    enum { W = 5 };
    for (size_t i = W; i + W <= n; i++) {
        const gm_hole_summary *h = summary_of(s, members[i]), *before = summary_of(s, members[i - 1]);
        if (strcmp(h->program_id, summary_of(s, members[i - W])->program_id) != 0 ||
            strcmp(h->program_id, summary_of(s, members[i + W - 1])->program_id) != 0)
            continue;
        float last = median_torque(s, members + i - W, W), next = median_torque(s, members + i, W);
        if (!(next < change_ratio * last) || !(h->torque_max_a < 0.9f * before->torque_max_a)) continue;
        /* sharper here than one hole earlier or later */
        if (!(before->torque_max_a > (last + next) / 2 && h->torque_max_a < (last + next) / 2)) continue;
        gm_findings_add(&s->findings[members[i]], "set.tool_change", GM_INFO,
                        "reset the tool's counter at each change, so that its age is known",
                        "torque falls from %s to %s A at once: a fresh tool, without a reset of its counter (%ld)",
                        GM_NUM(last, 1), GM_NUM(next, 1), h->local_counter);
        i += W;
    }
}

static void check_order(set *s) {
    qsort_r(s->order, s->count, sizeof *s->order, by_head, s);
    for (size_t from = 0, to; from < s->count; from = to) {
        for (to = from + 1; to < s->count && same_head(s, s->order[from], s->order[to]); to++) {
        }
        size_t n = 0, *members = s->order + from; /* copies taken out, in place */
        for (size_t i = from; i < to; i++)
            if (!s->copy[s->order[i]]) members[n++] = s->order[i];
        if (n == 0 || !(summary_of(s, members[0])->head[0] || summary_of(s, members[0])->motor[0])) continue;
        for (size_t i = 1; i < n; i++) check_step_in_time(s, members[i - 1], members[i]);
        check_fresh_tools(s, members, n);
    }
}

gm_status gm_quality_check_set(const gm_set_hole *holes, size_t count, gm_findings *findings, gm_error *err) {
    if (count < 2) return GM_OK;
    gm_auto_free size_t *order = gm_alloc_array(count, sizeof *order), *rank = gm_alloc_array(count, sizeof *rank);
    gm_auto_free float *scratch = gm_alloc_array(count, sizeof *scratch);
    gm_auto_free bool *copy = gm_calloc(count, sizeof *copy);
    if (!order || !rank || !scratch || !copy) return gm_nomem(err);
    set s = {holes, findings, count, order, rank, scratch, copy};
    for (size_t i = 0; i < count; i++) order[i] = i;
    qsort_r(order, count, sizeof *order, by_name, &s);
    for (size_t i = 0; i < count; i++) rank[order[i]] = i;
    check_copies(&s);
    check_programs(&s);
    check_order(&s);
    for (size_t i = 0; i < count; i++)
        if (findings[i].failed) return gm_nomem(err);
    return GM_OK;
}
