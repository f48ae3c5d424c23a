/* TensorBoard's event files: records of length, checksum, protobuf message, checksum. The format is that of
 * TensorFlow's record writer with its messages Event and Summary; it has not changed in ten years.
 *
 * Kill the process anywhere: a torn record at the end is cut off when the file is opened again.
 * Messages are put together field by field; there are few, and they are small. */
#ifndef GIMLET_TRAINING_EVENT_FILE_INTERNAL_H
#define GIMLET_TRAINING_EVENT_FILE_INTERNAL_H

#include "base/base.h"

typedef struct {
    int fd;
    long last_step; /* the highest that stands in it; -1 = none */
    bool is_new;
} event_file;

/* The one event file in this folder; made where there is none. */
gm_status event_file_open(const char *dir, event_file *out, gm_error *err) GM_MUST_CHECK;
void event_file_close(event_file *file);
/* One event with these values (message Summary); false when the disk does not take it. */
bool event_file_add(event_file *file, long step, const gm_text *summary);

/* ---- messages ---- */
void proto_varint(gm_text *out, int field, uint64_t value);
void proto_double(gm_text *out, int field, double value);
void proto_float(gm_text *out, int field, float value);
void proto_bytes(gm_text *out, int field, const char *bytes, size_t size);
static inline void proto_message(gm_text *out, int field, const gm_text *message) {
    proto_bytes(out, field, gm_text_c(message), message->length);
    out->failed |= message->failed;
}

uint32_t event_file_crc32c(const void *data, size_t size);

#endif
