#include "event_file_internal.h"

#include "base/program.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- checksum: CRC-32C (Castagnoli), reflected, table by byte ---- */

static uint32_t crc_table[256];

static void make_table(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int bit = 0; bit < 8; bit++) c = c & 1 ? c >> 1 ^ 0x82f63b78u : c >> 1;
        crc_table[i] = c;
    }
}

uint32_t event_file_crc32c(const void *data, size_t size) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_table);
    const unsigned char *bytes = data;
    uint32_t c = 0xffffffffu;
    for (size_t i = 0; i < size; i++) c = c >> 8 ^ crc_table[(c ^ bytes[i]) & 0xff];
    return ~c;
}

/* So that a checksum of data that holds its own checksum is no trivial number. */
static uint32_t masked(const void *data, size_t size) {
    uint32_t c = event_file_crc32c(data, size);
    return (c >> 15 | c << 17) + 0xa282ead8u;
}

/* ---- messages ---- */

static void put_varint(gm_text *out, uint64_t value) {
    do {
        char byte = (char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        gm_text_append_n(out, &byte, 1);
        value >>= 7;
    } while (value);
}

enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

static void put_key(gm_text *out, int field, int wire) {
    put_varint(out, (uint64_t)field << 3 | (uint64_t)wire);
}

static void put_little(gm_text *out, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++) {
        char byte = (char)(value >> 8 * i & 0xff);
        gm_text_append_n(out, &byte, 1);
    }
}

void proto_varint(gm_text *out, int field, uint64_t value) {
    put_key(out, field, WIRE_VARINT);
    put_varint(out, value);
}

void proto_double(gm_text *out, int field, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_key(out, field, WIRE_64);
    put_little(out, bits, 8);
}

void proto_float(gm_text *out, int field, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_key(out, field, WIRE_32);
    put_little(out, bits, 4);
}

void proto_bytes(gm_text *out, int field, const char *bytes, size_t size) {
    put_key(out, field, WIRE_BYTES);
    put_varint(out, size);
    gm_text_append_n(out, bytes, size);
}

/* ---- records ---- */

/* One write for one record. */
static gm_status add_record(int fd, const gm_text *event, const char *path, gm_error *err) {
    gm_auto_text record = GM_TEXT_INIT;
    put_little(&record, event->length, 8);
    put_little(&record, record.failed ? 0 : masked(record.data, 8), 4);
    gm_text_append_n(&record, gm_text_c(event), event->length);
    put_little(&record, masked(gm_text_c(event), event->length), 4);
    if (!gm_text_ok(event) || !gm_text_ok(&record)) return gm_nomem(err);
    ssize_t written = write(fd, record.data, record.length);
    if (written == (ssize_t)record.length) return GM_OK;
    return gm_fail(err, GM_E_IO, "%s: cannot be written: %s", path, strerror(written < 0 ? errno : ENOSPC));
}

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* message Event {double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5;} */
static gm_status add_version(event_file *file, const char *path, gm_error *err) {
    static const char version[] = "brain.Event:2";
    gm_auto_text event = GM_TEXT_INIT;
    proto_double(&event, 1, now_s());
    proto_bytes(&event, 3, version, sizeof version - 1);
    return add_record(file->fd, &event, path, err);
}

bool event_file_add(event_file *file, long step, const gm_text *summary) {
    gm_auto_text event = GM_TEXT_INIT;
    proto_double(&event, 1, now_s());
    proto_varint(&event, 2, (uint64_t)step);
    proto_message(&event, 5, summary);
    if (add_record(file->fd, &event, "", NULL) != GM_OK) return false;
    file->last_step = GM_MAX(file->last_step, step);
    return true;
}

/* ---- what stands in a file ---- */

static uint64_t get_little(const unsigned char *at, int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) value |= (uint64_t)at[i] << 8 * i;
    return value;
}

/* Field 2 of an event that we wrote: behind the nine bytes of field 1. -1 where there is none. */
static long step_of(const unsigned char *event, size_t size) {
    uint64_t step = 0;
    if (size < 11 || event[9] != (2 << 3 | WIRE_VARINT)) return -1;
    for (size_t i = 10, shift = 0; i < size && shift < 63; i++, shift += 7) {
        step |= (uint64_t)(event[i] & 0x7f) << shift;
        if (!(event[i] & 0x80)) return (long)step;
    }
    return -1;
}

/* The length of the whole records in front; the rest was torn by a kill. */
static size_t whole_records(const unsigned char *bytes, size_t size, long *last_step) {
    enum { FRAME = 16 };
    size_t at = 0;
    while (size - at >= FRAME) {
        const unsigned char *record = bytes + at;
        uint64_t length = get_little(record, 8);
        if (get_little(record + 8, 4) != masked(record, 8) || length > size - at - FRAME) break;
        if (get_little(record + 12 + length, 4) != masked(record + 12, length)) break;
        *last_step = GM_MAX(*last_step, step_of(record + 12, length));
        at += FRAME + length;
    }
    return at;
}

static bool find_name(const char *dir, char *out, size_t size) {
    DIR *folder = opendir(dir);
    bool found = false;
    for (struct dirent *item; folder && !found && (item = readdir(folder));)
        if (gm_starts_with(item->d_name, "events.out.tfevents."))
            found = snprintf(out, size, "%s/%s", dir, item->d_name) < (int)size;
    if (folder) closedir(folder);
    return found;
}

/* Cuts off what was torn. */
static gm_status look_into(event_file *file, const char *path, gm_error *err) {
    gm_auto_free char *bytes = NULL;
    size_t size;
    GM_TRY(gm_read_file(path, (size_t)1 << 30, &bytes, &size, err));
    size_t whole = whole_records((const unsigned char *)bytes, size, &file->last_step);
    if (whole < size && ftruncate(file->fd, (off_t)whole) != 0)
        return gm_fail(err, GM_E_IO, "%s: %s", path, strerror(errno));
    file->is_new = whole == 0;
    return GM_OK;
}

gm_status event_file_open(const char *dir, event_file *out, gm_error *err) {
    char path[4096], host[GM_NAME_TEXT];
    GM_TRY(gm_make_dirs(dir, err));
    gm_host_name(host);
    if (!find_name(dir, path, sizeof path))
        snprintf(path, sizeof path, "%.3800s/events.out.tfevents.%010lld.%s.%d.0", dir, (long long)time(NULL), host,
                 (int)getpid());
    *out = (event_file){.fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666), .last_step = -1};
    if (out->fd < 0) return gm_fail(err, GM_E_IO, "%s: cannot open: %s", path, strerror(errno));
    gm_status status = look_into(out, path, err);
    if (status == GM_OK && out->is_new) status = add_version(out, path, err);
    if (status != GM_OK) event_file_close(out);
    return status;
}

void event_file_close(event_file *file) {
    if (file->fd >= 0) close(file->fd);
    file->fd = -1;
}
