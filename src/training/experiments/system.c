/* What training uses of the machine: RUN/system.jsonl, one line every ten seconds and one at the end.
 *
 *     {"time", "cpu_percent" (of one processor, since the last line), "cpu_s", "memory_mb", "peak_memory_mb",
 *      "machine_cpu_percent", "machine_memory_percent"} */
#include "experiments.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { EVERY_S = 10 };

typedef struct {
    double at_s, cpu_s;
    double machine_busy, machine_all; /* ticks of all processors */
} sample;

typedef struct {
    int fd;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool over;
    sample last;
} monitor;

static double cpu_seconds(const struct rusage *usage) {
    return (double)usage->ru_utime.tv_sec + (double)usage->ru_stime.tv_sec +
           ((double)usage->ru_utime.tv_usec + (double)usage->ru_stime.tv_usec) * 1e-6;
}

/* The first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal. */
static void machine_ticks(double *busy, double *all) {
    FILE *file = fopen("/proc/stat", "re");
    unsigned long long t[8] = {0};
    *busy = *all = 0;
    if (!file) return;
    if (fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &t[0], &t[1], &t[2], &t[3], &t[4], &t[5], &t[6],
               &t[7]) == 8) {
        for (int i = 0; i < 8; i++) *all += (double)t[i];
        *busy = *all - (double)t[3] - (double)t[4];
    }
    fclose(file);
}

static double resident_mb(void) {
    FILE *file = fopen("/proc/self/statm", "re");
    long pages = 0;
    if (!file) return 0;
    if (fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
    fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1048576;
}

static double machine_memory_percent(void) {
    FILE *file = fopen("/proc/meminfo", "re");
    double total = 0, available = 0;
    char line[128];
    if (!file) return 0;
    while (fgets(line, sizeof line, file)) {
        long kb;
        if (sscanf(line, "MemTotal: %ld", &kb) == 1) total = (double)kb;
        if (sscanf(line, "MemAvailable: %ld", &kb) == 1) available = (double)kb;
    }
    fclose(file);
    return total > 0 ? 100 * (1 - available / total) : 0;
}

static void put(gm_text *line, const char *name, double value) {
    gm_text_printf(line, ", \"%s\": ", name);
    gm_text_number(line, value, 1);
}

static sample look(struct rusage *usage) {
    sample now = {.at_s = gm_seconds()};
    getrusage(RUSAGE_SELF, usage);
    now.cpu_s = cpu_seconds(usage);
    machine_ticks(&now.machine_busy, &now.machine_all);
    return now;
}

static void write_line(monitor *m) {
    struct rusage usage;
    sample now = look(&usage);
    char time[GM_TIME_TEXT];
    gm_auto_text line = GM_TEXT_INIT;
    double passed_s = now.at_s - m->last.at_s, ticks = now.machine_all - m->last.machine_all;
    gm_time_utc(time);
    gm_text_printf(&line, "{\"time\": \"%s\"", time);
    put(&line, "cpu_percent", passed_s > 0 ? 100 * (now.cpu_s - m->last.cpu_s) / passed_s : 0);
    put(&line, "cpu_s", now.cpu_s);
    put(&line, "memory_mb", resident_mb());
    put(&line, "peak_memory_mb", (double)usage.ru_maxrss / 1024);
    put(&line, "machine_cpu_percent", ticks > 0 ? 100 * (now.machine_busy - m->last.machine_busy) / ticks : 0);
    put(&line, "machine_memory_percent", machine_memory_percent());
    gm_text_append(&line, "}\n");
    m->last = now;
    if (gm_text_ok(&line) && write(m->fd, line.data, line.length) < 0) return; /* lost: experiments.h */
}

static void *watch(void *state) {
    monitor *m = state;
    pthread_mutex_lock(&m->lock);
    while (!m->over) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += EVERY_S;
        if (pthread_cond_timedwait(&m->wake, &m->lock, &until) == ETIMEDOUT) write_line(m);
    }
    write_line(m);
    pthread_mutex_unlock(&m->lock);
    return NULL;
}

static gm_status open_monitor(const gm_experiment *experiment, void **state, gm_error *err) {
    gm_auto_free char *path = gm_path_join(experiment->run_dir, "system.jsonl");
    gm_auto_free monitor *m = gm_calloc(1, sizeof *m);
    struct rusage usage;
    if (!path || !m) return gm_nomem(err);
    m->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (m->fd < 0) return gm_fail(err, GM_E_IO, "%s: cannot open: %s", path, strerror(errno));
    m->last = look(&usage);
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->wake, NULL);
    int code = pthread_create(&m->thread, NULL, watch, m);
    if (code != 0) {
        close(m->fd);
        return gm_fail(err, GM_E_IO, "no thread to watch the machine: %s", strerror(code));
    }
    *state = gm_steal(&m);
    return GM_OK;
}

static void close_monitor(void *state) {
    monitor *m = state;
    pthread_mutex_lock(&m->lock);
    m->over = true;
    pthread_cond_signal(&m->wake);
    pthread_mutex_unlock(&m->lock);
    pthread_join(m->thread, NULL);
    pthread_mutex_destroy(&m->lock);
    pthread_cond_destroy(&m->wake);
    close(m->fd);
    gm_free(m);
}

const gm_event_sink gm_system_sink = {
    .name = "system",
    .doc = "processor and memory, every ten seconds",
    .open = open_monitor,
    .close = close_monitor,
};
