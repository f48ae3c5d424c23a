/* Tags and notes of a run: what people add to it afterwards. Inside service/ only.
 *
 *     RUN/notes.jsonl    one line a gesture: {"at", "user", "tag", "value"} (value null: taken away) or
 *                        {"at", "user", "note"}
 *
 * Lines are only ever added; the newest one on a tag counts. A line is on the disk when the call returns, also when two
 * processes add at once.
 * Errors     GM_E_ARG: a tag or note that cannot be kept, and why. */
#ifndef GIMLET_SERVICE_RUN_NOTES_H
#define GIMLET_SERVICE_RUN_NOTES_H

#include "base/base.h"

#include <jansson.h>

/* tags {key: text}, notes [{"at", "user", "text"}], oldest first; both empty where there are none. The caller's. */
gm_status run_notes_read(const char *dir, json_t **tags, json_t **notes, gm_error *err) GM_MUST_CHECK;
/* value NULL takes the tag away. */
gm_status run_notes_tag(const char *dir, const char *user, const char *key, const char *value,
                        gm_error *err) GM_MUST_CHECK;
gm_status run_notes_note(const char *dir, const char *user, const char *text, gm_error *err) GM_MUST_CHECK;

#endif
