/* A data directory of simulated holes with rule labels, made without files. */
#ifndef GIMLET_TESTS_SERVICE_HOLES_H
#define GIMLET_TESTS_SERVICE_HOLES_H

#include "data/labeling/labeling.h"
#include "data/simulation/simulation.h"
#include "data/storage/storage.h"
#include "test.h"

#include <math.h>
#include <stdio.h>

enum { MAX_TEST_HOLES = 200 };
typedef struct {
    char *dir;
    size_t count;
    char id[MAX_TEST_HOLES][GM_SHA256_HEX];
    gm_hole_truth truth[MAX_TEST_HOLES];
} test_holes;

static inline void test_holes_put(test_holes *holes, gm_store *store, size_t family, int index) {
    gm_error err = {0};
    gm_auto(gm_record) record = NULL;
    const size_t i = holes->count++;
    char file[64];
    gm_hole_facts facts;
    gm_label label;
    assert_ok(gm_simulate_hole(family, 9, index, GM_HOLE_NORMAL, &record, &holes->truth[i], &err), err);
    snprintf(file, sizeof file, "family%zu/hole%03d.xls", family, index);
    gm_sha256(file, strlen(file), holes->id[i]);
    gm_hole_facts_of(record, &facts);
    assert_ok(gm_store_write_hole(store, holes->id[i], record, &err), err);
    assert_ok(gm_store_put_hole(store, holes->id[i], &facts, (gm_hole_blob){0}, &err), err);
    gm_stored_file row = {.root = "/raw",
                          .file = file,
                          .sha256 = holes->id[i],
                          .verdict = GM_INFO,
                          .score = 1,
                          .findings = "[]",
                          .is_hole = true};
    assert_ok(gm_store_put_file(store, &row, &err), err);
    assert_ok(gm_label_record(record, &label, &err), err);
    assert_ok(gm_store_put_label(store, holes->id[i], &label, &err), err);
}

/* count holes of one family, then the same number of the next ... */
static inline void test_holes_make(test_holes *holes, size_t families, int per_family) {
    gm_error err = {0};
    gm_auto(gm_store) store = NULL;
    *holes = (test_holes){.dir = test_folder_new()};
    assert_ok(gm_store_open(holes->dir, true, 0, &store, &err), err);
    for (size_t f = 0; f < families; f++)
        for (int i = 0; i < per_family; i++) test_holes_put(holes, store, f, i);
    assert_ok(gm_store_commit(store, &err), err);
}

static inline gm_store *test_holes_edit(const test_holes *holes) {
    gm_error err = {0};
    gm_store *store = NULL;
    assert_ok(gm_store_open_edit(holes->dir, false, &store, &err), err);
    return store;
}

static inline void test_holes_remove(test_holes *holes) {
    test_folder_remove(holes->dir);
}

#endif
