#include "process.h"

#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static gm_status read_small(const char *path, char *out, size_t size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, out, size - 1);
    if (fd >= 0) close(fd);
    out[n < 0 ? 0 : n] = '\0';
    return n > 0 ? GM_OK : GM_E_NOTFOUND;
}

static void boot_name(char out[40]) {
    char text[64];
    if (read_small("/proc/sys/kernel/random/boot_id", text, sizeof text) != GM_OK) text[0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    snprintf(out, 40, "%.39s", text);
}

/* "123 (any name) S 1 ...": the state is field 3, the start time field 22. The name may hold blanks and brackets. */
static gm_status read_stat(long pid, char *state, long long *start_ticks) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    if (read_small(path, text, sizeof text) != GM_OK) return GM_E_NOTFOUND;
    const char *at = strrchr(text, ')');
    if (!at || at[1] != ' ') return GM_E_NOTFOUND;
    at += 2;
    *state = *at;
    for (int field = 3; field < 22 && at; field++) {
        at = strchr(at, ' ');
        if (at) at++;
    }
    if (!at) return GM_E_NOTFOUND;
    *start_ticks = strtoll(at, NULL, 10);
    return GM_OK;
}

gm_status gm_process_of(long pid, gm_process *out, gm_error *err) {
    gm_process found = {.pid = pid};
    char state;
    if (pid <= 0 || read_stat(pid, &state, &found.start_ticks) != GM_OK)
        return gm_fail(err, GM_E_NOTFOUND, "there is no process %ld", pid);
    boot_name(found.boot);
    *out = found;
    return GM_OK;
}

gm_status gm_process_self(gm_process *out, gm_error *err) {
    return gm_process_of((long)getpid(), out, err);
}

bool gm_process_same(const gm_process *a, const gm_process *b) {
    return a->pid == b->pid && a->start_ticks == b->start_ticks && strcmp(a->boot, b->boot) == 0;
}

bool gm_process_alive(const gm_process *process) {
    gm_process now;
    char state = 'X';
    long long ticks;
    if (gm_process_of(process->pid, &now, NULL) != GM_OK || !gm_process_same(&now, process)) return false;
    return read_stat(process->pid, &state, &ticks) == GM_OK && state != 'Z' && state != 'X';
}

gm_status gm_process_signal(const gm_process *process, int signal_number, gm_error *err) {
    /* The descriptor is taken first: what it names cannot change between the look and the signal. */
    int fd = (int)syscall(SYS_pidfd_open, (pid_t)process->pid, 0);
    if (fd < 0 && errno != ENOSYS) return gm_fail(err, GM_E_NOTFOUND, "process %ld has ended", process->pid);
    gm_status status = GM_OK;
    if (!gm_process_alive(process))
        status = gm_fail(err, GM_E_NOTFOUND, "process %ld has ended", process->pid);
    else if ((fd >= 0 ? (int)syscall(SYS_pidfd_send_signal, fd, signal_number, NULL, 0)
                      : kill((pid_t)process->pid, signal_number)) != 0)
        status = gm_fail(err, errno == ESRCH ? GM_E_NOTFOUND : GM_E_IO, "process %ld cannot be signalled: %s",
                         process->pid, strerror(errno));
    if (fd >= 0) close(fd);
    return status;
}
