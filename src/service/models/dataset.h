/* Holes to learn from or to judge by: a prepared data directory, or a plain folder of records with a table of labels.
 * Inside service/ only. */
#ifndef GIMLET_SERVICE_DATASET_H
#define GIMLET_SERVICE_DATASET_H

#include "data/ingestion/ingestion.h"
#include "data/storage/storage.h"
#include "training/training.h"

typedef struct {
    gm_training_data data; /* holes and how to load them: points into this struct, which must not move */
    gm_training_hole *holes;
    gm_store *store; /* a data directory ... */
    gm_stored_holes stored;
    gm_file_list files; /* ... or a folder of records */
    const char **paths;
    gm_arena *arena;
    char snapshot
        [GM_SHA256_HEX]; /* the name of this very set: quick, of holes and depths; snapshot.h has the full one */
    size_t n_unfit;      /* left out: their verdict is "failed", and no person labelled them */
} service_dataset;

typedef enum {
    DATASET_TO_LEARN, /* labelled holes but those that the quality checks found unfit; a data directory only */
    DATASET_TO_JUDGE, /* labelled holes */
    DATASET_ALL       /* every hole, labelled or not */
} service_dataset_use;
gm_status service_dataset_open(const char *dir, service_dataset_use use, service_dataset *out,
                               gm_error *err) GM_MUST_CHECK;
void service_dataset_finish(service_dataset *dataset);
/* One hole's line of the text whose hash names a set of holes and labels that is only judged by (snapshot above). */
void service_dataset_name_line(const char *id, const gm_label *label, gm_text *out);
#define auto_dataset __attribute__((cleanup(service_dataset_finish))) service_dataset

#endif
