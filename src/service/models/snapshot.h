/* Snapshots: which holes with which labels a run was started on: what a data set is, once and for all. Inside service/
 * only.
 *
 *     DATA/snapshots/<name>.json    name = SHA-256 of the file's bytes
 *     {"format": "gimlet-dataset", "version": 1, "holes": [
 *     {"id", "stored", "file", "family", "label": {"version", "source", "author", "made_at", "confidence",
 *      "entry": [mm | null, confidence], "transition": [..], "exit": [..]}}, one a line, in the order of training
 *
 * Written once and never changed; whatever happens to labels meanwhile, a run goes on with those that it began with. `id`
 * is the SHA-256 of the record's bytes, `stored` that of what was read from it (DATA/holes/): a flipped bit in either
 * file is found. `version` is the number of the label's gesture in the history of the hole; 0 = nobody has touched it.
 *
 *     DATA/snapshots/<name>.txt     from before there were JSON ones: id, source, depths and confidences; still read
 *
 * Errors     GM_E_NOTFOUND: there is no such snapshot; GM_E_FORMAT: its file has been changed. */
#ifndef GIMLET_SERVICE_SNAPSHOT_H
#define GIMLET_SERVICE_SNAPSHOT_H

#include "dataset.h"

typedef struct {
    char id[GM_SHA256_HEX], stored[GM_SHA256_HEX]; /* stored "" in an old one: not known */
    const char *file, *family;                     /* "" in an old one */
    int64_t version;
    gm_label label;
} snapshot_hole;
typedef struct {
    char name[GM_SHA256_HEX];
    bool old;
    snapshot_hole *items;
    size_t count;
    gm_arena *arena;
} snapshot;
gm_status snapshot_read(const char *data_dir, const char *name, snapshot *out, gm_error *err) GM_MUST_CHECK;
void snapshot_finish(snapshot *kept);
#define auto_snapshot __attribute__((cleanup(snapshot_finish))) snapshot
/* DATA/snapshots/NAME.json (or .txt); gm_free. */
char *snapshot_path(const char *data_dir, const char *name, bool old);

/* Sets the data set's name to that of the snapshot that it would be, and with keep writes it where it is not there. Reads
 * all stored holes. */
gm_status snapshot_take(service_dataset *dataset, bool keep, gm_error *err) GM_MUST_CHECK;
/* Turns an open data set into that of a snapshot. GM_E_CONFLICT: a hole of it is gone or has changed (is named). */
gm_status snapshot_recall(service_dataset *dataset, const snapshot *kept, gm_error *err) GM_MUST_CHECK;
/* The same by the name that a run says (NULL: it says none, and the set is left as it is). Labels may have been edited
 * meanwhile: the run goes on with those that it began with. A run from before there were snapshots goes on where nothing
 * has changed since. */
gm_status snapshot_recall_named(service_dataset *dataset, const char *data_dir, const char *name,
                                gm_error *err) GM_MUST_CHECK;

#endif
