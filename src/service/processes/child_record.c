/* process.json: read, written, told in words; and the end of a log. */
#include "children_internal.h"

#include "base/json.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void take_text(const json_t *root, const char *key, char *out, size_t size) {
    const char *text = json_string_value(json_object_get(root, key));
    snprintf(out, size, "%s", text ? text : "");
}

gm_status service_child_read(const char *record_path, service_child_record *out, gm_error *err) {
    json_t *root;
    GM_TRY(gm_json_read(record_path, &root, err));
    if (!json_is_object(root)) {
        json_decref(root);
        return gm_fail(err, GM_E_FORMAT, "%s: no record of a process", record_path);
    }
    service_child_record r = {.process.pid = (long)json_integer_value(json_object_get(root, "pid")),
                              .process.start_ticks = json_integer_value(json_object_get(root, "start_ticks")),
                              .log_from = json_integer_value(json_object_get(root, "log_from")),
                              .signal = (int)json_integer_value(json_object_get(root, "signal"))};
    const json_t *status = json_object_get(root, "exit_status");
    r.exit_status = json_is_integer(status) ? (int)json_integer_value(status) : -1;
    take_text(root, "boot", r.process.boot, sizeof r.process.boot);
    take_text(root, "started_at", r.started_at, sizeof r.started_at);
    take_text(root, "stop_asked_at", r.stop_asked_at, sizeof r.stop_asked_at);
    take_text(root, "ended_at", r.ended_at, sizeof r.ended_at);
    json_decref(root);
    *out = r;
    return GM_OK;
}

gm_status service_child_write(const char *record_path, const service_child_record *r, gm_error *err) {
    json_t *root = json_pack("{s:I, s:I, s:s, s:s, s:I, s:s, s:s, s:i, s:i}", "pid", (json_int_t)r->process.pid,
                             "start_ticks", (json_int_t)r->process.start_ticks, "boot", r->process.boot, "started_at",
                             r->started_at, "log_from", (json_int_t)r->log_from, "stop_asked_at", r->stop_asked_at,
                             "ended_at", r->ended_at, "exit_status", r->exit_status, "signal", r->signal);
    return gm_json_write(record_path, root, err);
}

void service_child_end_text(const service_child_record *record, gm_text *out) {
    if (record->signal == 9)
        gm_text_append(out, "the process was killed from outside (signal 9), by a person or by the system when memory "
                            "ran out");
    else if (record->signal == 11 || record->signal == 6 || record->signal == 7 || record->signal == 8 ||
             record->signal == 4)
        gm_text_printf(out, "the process crashed (signal %d, %s): a fault of the program, please report it",
                       record->signal, strsignal(record->signal));
    else if (record->signal)
        gm_text_printf(out, "the process was ended by signal %d (%s)", record->signal, strsignal(record->signal));
    else if (record->exit_status > 0)
        gm_text_printf(out, "the process ended with status %d", record->exit_status);
}

/* ---- logs ---- */

enum { TAIL = 16384 };

/* The last bytes of the file, from a line's begin on; NULL when there is nothing. gm_free. */
static char *read_tail(const char *log_path, long long from) {
    gm_auto_free char *bytes = gm_alloc(TAIL + 1);
    int fd = bytes ? open(log_path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return NULL;
    struct stat info;
    long long begin = fstat(fd, &info) == 0 ? GM_MAX(from, (long long)info.st_size - TAIL) : from;
    ssize_t n = pread(fd, bytes, TAIL, (off_t)begin);
    close(fd);
    if (n <= 0) return NULL;
    bytes[n] = '\0';
    char *first = begin > from ? strchr(bytes, '\n') : NULL; /* the first line may be cut off */
    if (first) memmove(bytes, first + 1, strlen(first + 1) + 1);
    return gm_steal(&bytes);
}

/* Lines of --progress json are for programs. */
static bool is_progress(const char *line) {
    return gm_starts_with(line, "{\"stage\": ");
}

static bool is_blank(const char *line) {
    return !line[strspn(line, " \t\r")];
}

void service_log_tail(const char *log_path, long long from, int lines, gm_text *out) {
    gm_auto_free char *bytes = read_tail(log_path, from);
    const char *kept[32];
    int count = 0;
    char *rest = bytes;
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        if (is_blank(line) || is_progress(line)) continue;
        if (count == (int)GM_COUNT(kept)) memmove(kept, kept + 1, sizeof kept - sizeof kept[0]), count--;
        kept[count++] = line;
    }
    for (int i = GM_MAX(0, count - lines); i < count; i++) {
        if (out->length) gm_text_append(out, "\n");
        gm_text_append_n(out, kept[i], GM_MIN(strlen(kept[i]), (size_t)400));
    }
}

json_t *service_log_progress(const char *log_path, long long from) {
    gm_auto_free char *bytes = read_tail(log_path, from);
    json_t *found = NULL;
    char *rest = bytes;
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        json_t *progress = is_progress(line) ? json_loads(line, 0, NULL) : NULL;
        if (!progress) continue;
        json_decref(found);
        found = progress;
    }
    return found;
}
