/* A project to work on: a few simulated holes, prepared; and waiting for what a child does. */
#ifndef GIMLET_TESTS_SERVICE_PROJECT_H
#define GIMLET_TESTS_SERVICE_PROJECT_H

#include "../test.h"

#include "data/simulation/simulation.h"
#include "service/service.h"

#include <time.h>

typedef struct {
    char *folder, *raw, *data, *models;
} project;

static inline void project_make(project *p, int holes) {
    gm_error err = {0};
    p->folder = test_folder_new();
    p->raw = gm_path_join(p->folder, "raw");
    p->data = gm_path_join(p->folder, "data");
    p->models = gm_path_join(p->folder, "models");
    gm_simulation_options simulation = {.output_dir = p->raw, .holes = holes, .seed = 5};
    gm_simulation_summary simulated;
    assert_ok(gm_simulate(&simulation, &simulated, &err), err);
    gm_simulation_summary_finish(&simulated);
    gm_prepare_options options = {.input_dir = p->raw, .output_dir = p->data, .validate = true, .auto_label = true};
    gm_prepare_summary summary;
    assert_ok(gm_prepare(&options, &summary, &err), err);
    gm_prepare_summary_finish(&summary);
}

static inline void project_remove(project *p) {
    test_folder_remove(p->folder);
    gm_free(p->raw);
    gm_free(p->data);
    gm_free(p->models);
}

static inline void pause_ms(long ms) {
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static inline const char *text_at(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* The program that tests start as a child: the one that was built beside them. */
static inline const char *program(void) {
    const char *path = getenv("GM_PROGRAM");
    if (!path) fail_msg("GM_PROGRAM must name the gimlet program");
    return path;
}

#endif
