/* Starting, watching and ending children. */
#include "children_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CHILDREN = 256 };

typedef struct {
    char *record_path;
    gm_process process;
    bool own;      /* started by this process: only then the system tells how it ended */
    double kill_s; /* when its time is up; 0 = nobody asked it to stop */
} child;

struct service_children {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t watcher;
    bool stopping;
    double grace_s;
    service_child_ended ended;
    void *ctx;
    child list[MAX_CHILDREN];
    size_t count;
};

/* ---- the end of a child ---- */

/* *status from waitpid for an own child; -1 = not known. */
static bool has_ended(const child *c, int *status) {
    *status = -1;
    if (!c->own) return !gm_process_alive(&c->process);
    int how;
    pid_t got = waitpid((pid_t)c->process.pid, &how, WNOHANG);
    if (got == 0) return false;
    if (got > 0) *status = how;
    return true;
}

/* What cannot be written is not told; the files of the run itself say enough. */
static void note_end(const child *c, int status) {
    service_child_record record;
    if (service_child_read(c->record_path, &record, NULL) != GM_OK) return;
    if (!gm_process_same(&record.process, &c->process)) return; /* it was started anew in between */
    gm_time_utc(record.ended_at);
    record.exit_status = status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    record.signal = status >= 0 && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    gm_error err = {0};
    if (service_child_write(c->record_path, &record, &err) != GM_OK) gm_log(GM_LOG_WARNING, "%s", err.message);
}

/* Under the lock. Returns how many have ended. */
static size_t look(service_children *children) {
    size_t n_ended = 0;
    double now_s = gm_seconds();
    for (size_t i = 0; i < children->count;) {
        child *c = &children->list[i];
        int status;
        if (has_ended(c, &status)) {
            note_end(c, status);
            gm_free(c->record_path);
            *c = children->list[--children->count];
            n_ended++;
            continue;
        }
        if (c->kill_s > 0 && now_s >= c->kill_s) {
            if (gm_process_signal(&c->process, SIGKILL, NULL) == GM_OK)
                gm_log(GM_LOG_WARNING, "process %ld did not stop within its grace time: killed", c->process.pid);
            c->kill_s = now_s + 5;
        }
        i++;
    }
    return n_ended;
}

static void *watch(void *ctx) {
    service_children *children = ctx;
    pthread_mutex_lock(&children->lock);
    while (!children->stopping) {
        if (look(children) && children->ended) {
            pthread_mutex_unlock(&children->lock);
            children->ended(children->ctx);
            pthread_mutex_lock(&children->lock);
            continue;
        }
        if (children->count == 0) {
            pthread_cond_wait(&children->changed, &children->lock);
            continue;
        }
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 200000000;
        if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
        pthread_cond_timedwait(&children->changed, &children->lock, &until);
    }
    pthread_mutex_unlock(&children->lock);
    return NULL;
}

gm_status service_children_new(double grace_s, service_child_ended ended, void *ctx, service_children **out,
                               gm_error *err) {
    gm_auto_free service_children *children = gm_calloc(1, sizeof *children);
    if (!children) return gm_nomem(err);
    children->grace_s = grace_s > 0 ? grace_s : 20;
    children->ended = ended;
    children->ctx = ctx;
    pthread_mutex_init(&children->lock, NULL);
    pthread_cond_init(&children->changed, NULL);
    int code = pthread_create(&children->watcher, NULL, watch, children);
    if (code) return gm_fail(err, GM_E_IO, "cannot start a thread: %s", strerror(code));
    *out = gm_steal(&children);
    return GM_OK;
}

void service_children_free(service_children *children) {
    if (!children) return;
    pthread_mutex_lock(&children->lock);
    children->stopping = true;
    pthread_cond_broadcast(&children->changed);
    pthread_mutex_unlock(&children->lock);
    pthread_join(children->watcher, NULL);
    for (size_t i = 0; i < children->count; i++) gm_free(children->list[i].record_path);
    pthread_cond_destroy(&children->changed);
    pthread_mutex_destroy(&children->lock);
    gm_free(children);
}

void service_children_look(service_children *children) {
    pthread_mutex_lock(&children->lock);
    size_t n_ended = look(children);
    pthread_mutex_unlock(&children->lock);
    if (n_ended && children->ended) children->ended(children->ctx);
}

size_t service_children_count(service_children *children) {
    pthread_mutex_lock(&children->lock);
    size_t count = children->count;
    pthread_mutex_unlock(&children->lock);
    return count;
}

/* ---- the begin of a child ---- */

typedef struct {
    const char *program;
    const char *const *argv;
    int out, log, go;
} launch;

/* Between fork and exec in a program with threads: only calls that are safe in a signal handler. The child waits until
 * its record is on disk; a parent that dies before that closes the pipe, and the child ends without having begun. */
static _Noreturn void become(const launch *l) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0); /* Ctrl-C at the server is not meant for it */
    setpriority(PRIO_PROCESS, 0, 5);
    char go = 0;
    ssize_t n;
    do n = read(l->go, &go, 1);
    while (n < 0 && errno == EINTR);
    if (n != 1) _exit(125);
    int null = open("/dev/null", O_RDONLY);
    if (null < 0 || dup2(null, 0) < 0 || dup2(l->out, 1) < 0 || dup2(l->log, 2) < 0) _exit(126);
    close_range(3, ~0U, 0); /* also the server's sockets: its port must be free when it starts again */
    execv(l->program, (char *const *)l->argv);
    static const char sorry[] = "the program itself could not be started\n";
    if (write(2, sorry, sizeof sorry - 1) < 0) _exit(126);
    _exit(127);
}

static void close_all(int *fds, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (fds[i] >= 0) close(fds[i]);
}

static gm_status open_output(const char *path, int flags, int *out, gm_error *err) {
    *out = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666);
    return *out >= 0 ? GM_OK : gm_fail(err, GM_E_IO, "%s: cannot open: %s", path, strerror(errno));
}

static gm_status record_child(pid_t pid, const service_child_request *request, long long log_from, gm_process *process,
                              gm_error *err) {
    service_child_record record = {.log_from = log_from, .exit_status = -1};
    GM_TRY(gm_process_of(pid, &record.process, err));
    gm_time_utc(record.started_at);
    GM_TRY(service_child_write(request->record_path, &record, err));
    *process = record.process;
    return GM_OK;
}

/* One at a time in the whole process: a second child would hold the first one's pipe open. */
static pthread_mutex_t spawning = PTHREAD_MUTEX_INITIALIZER;

/* Forks, writes the record, lets the child go. */
static gm_status spawn(const service_child_request *request, const launch *l, int go, long long log_from,
                       gm_process *process, gm_error *err) {
    pid_t pid = fork();
    if (pid == 0) {
        close(go);
        become(l);
    }
    if (pid < 0) return gm_fail(err, GM_E_IO, "cannot start a process: %s", strerror(errno));
    gm_status status = record_child(pid, request, log_from, process, err);
    if (status == GM_OK && write(go, "g", 1) != 1) status = gm_fail(err, GM_E_IO, "the child process has died");
    if (status == GM_OK) return GM_OK;
    kill(pid, SIGKILL); /* not reaped yet: the number is still its own */
    waitpid(pid, NULL, 0);
    return status;
}

static gm_status open_and_spawn(const service_child_request *request, gm_process *process, gm_error *err) {
    /* out, log, and the pipe's two ends */
    int fds[4] = {-1, -1, -1, -1};
    gm_status status = open_output(request->log_path, O_APPEND, &fds[1], err);
    if (status == GM_OK && request->out_path) status = open_output(request->out_path, O_TRUNC, &fds[0], err);
    if (status == GM_OK && pipe2(fds + 2, O_CLOEXEC) != 0)
        status = gm_fail(err, GM_E_IO, "cannot start a process: %s", strerror(errno));
    if (status == GM_OK) {
        long long log_from = (long long)lseek(fds[1], 0, SEEK_END);
        launch l = {request->program ? request->program : "/proc/self/exe", request->argv,
                    request->out_path ? fds[0] : fds[1], fds[1], fds[2]};
        pthread_mutex_lock(&spawning);
        status = spawn(request, &l, fds[3], log_from, process, err);
        pthread_mutex_unlock(&spawning);
    }
    close_all(fds, GM_COUNT(fds));
    return status;
}

/* Under the lock. */
static gm_status add(service_children *children, const char *record_path, const gm_process *process, bool own,
                     gm_error *err) {
    char *path = gm_strdup(record_path);
    if (!path) return gm_nomem(err);
    children->list[children->count++] = (child){.record_path = path, .process = *process, .own = own};
    pthread_cond_signal(&children->changed);
    return GM_OK;
}

gm_status service_child_start(service_children *children, const service_child_request *request, gm_error *err) {
    gm_process process;
    pthread_mutex_lock(&children->lock);
    gm_status status = children->count < MAX_CHILDREN
                           ? open_and_spawn(request, &process, err)
                           : gm_fail(err, GM_E_CONFLICT, "%d processes run already", MAX_CHILDREN);
    if (status == GM_OK) status = add(children, request->record_path, &process, true, err);
    pthread_mutex_unlock(&children->lock);
    return status;
}

/* Under the lock; NULL when it is not watched. */
static child *find(service_children *children, const gm_process *process) {
    for (size_t i = 0; i < children->count; i++)
        if (gm_process_same(&children->list[i].process, process)) return &children->list[i];
    return NULL;
}

static child *find_or_adopt(service_children *children, const char *record_path, const service_child_record *record) {
    child *c = find(children, &record->process);
    if (c || !gm_process_alive(&record->process) || children->count >= MAX_CHILDREN) return c;
    if (add(children, record_path, &record->process, false, NULL) != GM_OK) return NULL;
    c = &children->list[children->count - 1];
    if (record->stop_asked_at[0]) c->kill_s = gm_seconds() + children->grace_s;
    return c;
}

void service_child_adopt(service_children *children, const char *record_path) {
    service_child_record record;
    if (service_child_read(record_path, &record, NULL) != GM_OK) return;
    pthread_mutex_lock(&children->lock);
    find_or_adopt(children, record_path, &record);
    pthread_mutex_unlock(&children->lock);
}

/* Under the lock. */
static gm_status stop(service_children *children, const char *record_path, gm_error *err) {
    service_child_record record;
    look(children);
    if (service_child_read(record_path, &record, NULL) != GM_OK) return gm_fail(err, GM_E_CONFLICT, "it does not run");
    child *c = find_or_adopt(children, record_path, &record);
    if (!c) return gm_fail(err, GM_E_CONFLICT, "it does not run any more");
    if (!record.stop_asked_at[0]) {
        gm_time_utc(record.stop_asked_at);
        GM_TRY(service_child_write(record_path, &record, err));
    }
    if (c->kill_s > 0) return GM_OK; /* asked before: a second SIGTERM would cut its tidying up short */
    c->kill_s = gm_seconds() + children->grace_s;
    gm_status status = gm_process_signal(&c->process, SIGTERM, err);
    return status == GM_E_NOTFOUND ? GM_OK : status; /* it has just ended: what was wanted */
}

gm_status service_child_stop(service_children *children, const char *record_path, gm_error *err) {
    pthread_mutex_lock(&children->lock);
    gm_status status = stop(children, record_path, err);
    pthread_mutex_unlock(&children->lock);
    return status;
}
