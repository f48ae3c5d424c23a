/* A PostgreSQL server of our own: a folder, a Unix socket, no port; gone when the test ends. */
#ifndef GIMLET_TESTS_POSTGRES_H
#define GIMLET_TESTS_POSTGRES_H

#include "../../test.h"

#include <glob.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
    char *dir;
    char url[400];
    pid_t pid; /* 0 = there is no PostgreSQL on this machine */
} postgres;

enum { NOBODY = 65534 }; /* the server refuses to run as root */

/* Runs program as an unprivileged user, without waiting. */
static inline pid_t postgres_spawn(const char *dir, char *const *words) {
    pid_t pid = fork();
    if (pid) return pid;
    if (!freopen("/dev/null", "r", stdin) || chdir(dir) != 0) _exit(127);
    if (!freopen("server.log", "a", stdout) || dup2(STDOUT_FILENO, STDERR_FILENO) < 0) _exit(127);
    if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0)) _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGQUIT); /* it goes when the test is killed */
    execv(words[0], words);
    _exit(127);
}

static inline char *postgres_program(const char *name) {
    char pattern[200];
    glob_t found;
    snprintf(pattern, sizeof pattern, "/usr/lib/postgresql/*/bin/%s", name);
    if (glob(pattern, 0, NULL, &found) != 0) return NULL;
    char *path = gm_strdup(found.gl_pathv[found.gl_pathc - 1]);
    globfree(&found);
    return path;
}

static inline void postgres_start(postgres *p) {
    *p = (postgres){0};
    gm_auto_free char *initdb = postgres_program("initdb"), *server = postgres_program("postgres");
    if (!initdb || !server) return;
    p->dir = test_folder_new();
    assert_int_equal(chmod(p->dir, 0755), 0);
    if (geteuid() == 0) assert_int_equal(chown(p->dir, NOBODY, NOBODY), 0);
    char data[300], socket[300];
    snprintf(data, sizeof data, "%s/data", p->dir);
    snprintf(socket, sizeof socket, "%s", p->dir);
    snprintf(p->url, sizeof p->url, "postgresql://gimlet@/postgres?host=%s", p->dir);
    char *const make[] = {initdb,  "-D", data,   "-U",         "gimlet",    "-A",
                          "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions",
                          NULL};
    int status;
    assert_int_equal(waitpid(postgres_spawn(p->dir, make), &status, 0) > 0 && status == 0, 1);
    char *const serve[] = {server,
                           "-D",
                           data,
                           "-k",
                           socket,
                           "-c",
                           "listen_addresses=",
                           "-c",
                           "shared_buffers=8MB",
                           "-c",
                           "max_connections=20",
                           NULL};
    p->pid = postgres_spawn(p->dir, serve);
}

static inline void postgres_stop(postgres *p) {
    if (!p->pid) return;
    kill(p->pid, SIGQUIT);
    waitpid(p->pid, NULL, 0);
    test_folder_remove(p->dir);
}

#endif
