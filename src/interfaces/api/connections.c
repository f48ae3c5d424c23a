/* A watch over connections: MHD closes one that is silent, this closes one that is too slow: a client that sends a byte
 * now and then to hold its place, or that never takes its answer. */
#include "server_internal.h"

#include <sys/socket.h>
#include <time.h>

struct api_connection {
    api_connections *owner;
    int fd;
    double until_s; /* atomic; INFINITY = no end */
    struct api_connection *next, *previous;
};

struct api_connections {
    pthread_mutex_t lock; /* guards the list and stop; a connection is in it as long as its socket is open */
    pthread_cond_t wake;
    api_connection *first;
    bool stop;
    pthread_t watcher;
    double request_s; /* a request must have come in by then */
};

static void set_end(api_connection *c, double until_s) {
    __atomic_store(&c->until_s, &until_s, __ATOMIC_RELAXED);
}

static void *watch(void *ctx) {
    api_connections *all = ctx;
    pthread_mutex_lock(&all->lock);
    while (!all->stop) {
        double now_s = gm_seconds(), until_s;
        for (api_connection *c = all->first; c; c = c->next) {
            __atomic_load(&c->until_s, &until_s, __ATOMIC_RELAXED);
            if (now_s > until_s) shutdown(c->fd, SHUT_RDWR); /* MHD then sees its end, and cleans up */
        }
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += 1;
        pthread_cond_timedwait(&all->wake, &all->lock, &until);
    }
    pthread_mutex_unlock(&all->lock);
    return NULL;
}

gm_status api_connections_new(double request_s, api_connections **out, gm_error *err) {
    api_connections *all = gm_calloc(1, sizeof *all);
    if (!all) return gm_nomem(err);
    all->request_s = request_s;
    pthread_mutex_init(&all->lock, NULL);
    pthread_cond_init(&all->wake, NULL);
    if (pthread_create(&all->watcher, NULL, watch, all) != 0) {
        gm_free(all);
        return gm_fail(err, GM_E_IO, "no more threads can be started on this machine");
    }
    *out = all;
    return GM_OK;
}

void api_connections_free(api_connections *all) {
    if (!all) return;
    pthread_mutex_lock(&all->lock);
    all->stop = true;
    pthread_cond_signal(&all->wake);
    pthread_mutex_unlock(&all->lock);
    pthread_join(all->watcher, NULL);
    pthread_mutex_destroy(&all->lock);
    pthread_cond_destroy(&all->wake);
    gm_free(all);
}

static void opened(api_connections *all, struct MHD_Connection *connection, void **context) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    api_connection *c = info ? gm_calloc(1, sizeof *c) : NULL;
    if (!c) return; /* then only the silence counts */
    c->owner = all;
    c->fd = info->connect_fd;
    set_end(c, gm_seconds() + all->request_s);
    pthread_mutex_lock(&all->lock);
    c->next = all->first;
    if (all->first) all->first->previous = c;
    all->first = c;
    pthread_mutex_unlock(&all->lock);
    *context = c;
}

static void closed(api_connections *all, api_connection *c) {
    pthread_mutex_lock(&all->lock);
    if (c->next) c->next->previous = c->previous;
    if (c->previous)
        c->previous->next = c->next;
    else
        all->first = c->next;
    pthread_mutex_unlock(&all->lock);
    gm_free(c);
}

void api_connection_changed(void *cls, struct MHD_Connection *connection, void **context,
                            enum MHD_ConnectionNotificationCode what) {
    api_connections *all = cls;
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        opened(all, connection, context);
    else if (*context)
        closed(all, *context);
}

void api_connection_allow(struct MHD_Connection *connection, double seconds) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    if (info && info->socket_context) set_end(info->socket_context, gm_seconds() + seconds);
}

void api_connection_await(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    api_connection *c = info ? info->socket_context : NULL;
    if (c) set_end(c, gm_seconds() + c->owner->request_s);
}
