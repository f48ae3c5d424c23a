/* Streams of server-sent events. One thread asks all sources for news a few times a second; connections sleep
 * (suspended) in between, so that they cost the threads that answer requests nothing. */
#include "server_internal.h"

#include <string.h>
#include <time.h>

typedef struct stream {
    api_streams *owner;
    struct MHD_Connection *connection;
    api_events source;
    gm_text pending;
    size_t sent; /* of pending */
    double last_sent_s;
    bool suspended, ended;
    struct stream *next;
} stream;

struct api_streams {
    pthread_mutex_t lock; /* guards all below and every stream */
    pthread_cond_t wake;
    stream *first;
    int count;
    bool ending, stop;
    pthread_t ticker;
};

/* Under the lock: news of one stream, and its connection woken when there is something to send. */
static void poll_stream(stream *s, bool ending, double now_s) {
    bool all_sent = s->sent == s->pending.length;
    if (all_sent) {
        s->pending.length = s->sent = 0;
        if (!s->ended && !ending && !s->source.next(s->source.state, &s->pending)) s->ended = true;
        if (!gm_text_ok(&s->pending)) s->ended = true; /* the client comes back and goes on where it was */
        if (!s->pending.length && now_s - s->last_sent_s > API_HEARTBEAT_S) gm_text_append(&s->pending, ":\n\n");
    }
    if (ending) s->ended = true;
    if (s->suspended && (s->pending.length > s->sent || s->ended)) {
        s->suspended = false;
        MHD_resume_connection(s->connection);
    }
}

static void *tick(void *ctx) {
    api_streams *streams = ctx;
    pthread_mutex_lock(&streams->lock);
    while (!streams->stop) {
        double now_s = gm_seconds();
        for (stream *s = streams->first; s; s = s->next) poll_stream(s, streams->ending, now_s);
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += API_POLL_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        pthread_cond_timedwait(&streams->wake, &streams->lock, &until);
    }
    pthread_mutex_unlock(&streams->lock);
    return NULL;
}

gm_status api_streams_new(api_streams **out, gm_error *err) {
    api_streams *streams = gm_calloc(1, sizeof *streams);
    if (!streams) return gm_nomem(err);
    pthread_mutex_init(&streams->lock, NULL);
    pthread_cond_init(&streams->wake, NULL);
    if (pthread_create(&streams->ticker, NULL, tick, streams) != 0) {
        gm_free(streams);
        return gm_fail(err, GM_E_IO, "no more threads can be started on this machine");
    }
    *out = streams;
    return GM_OK;
}

void api_streams_end(api_streams *streams) {
    if (!streams) return;
    pthread_mutex_lock(&streams->lock);
    streams->ending = true;
    for (stream *s = streams->first; s; s = s->next) poll_stream(s, true, gm_seconds());
    pthread_mutex_unlock(&streams->lock);
}

void api_streams_free(api_streams *streams) {
    if (!streams) return;
    pthread_mutex_lock(&streams->lock);
    streams->stop = true;
    pthread_cond_signal(&streams->wake);
    pthread_mutex_unlock(&streams->lock);
    pthread_join(streams->ticker, NULL);
    GM_ASSERT(!streams->first);
    pthread_mutex_destroy(&streams->lock);
    pthread_cond_destroy(&streams->wake);
    gm_free(streams);
}

/* MHD asks for bytes when the socket takes some. */
static ssize_t read_stream(void *ctx, uint64_t position, char *out, size_t room) {
    stream *s = ctx;
    (void)position;
    pthread_mutex_lock(&s->owner->lock);
    ssize_t result = 0;
    size_t left = s->pending.length - s->sent;
    if (left) {
        result = (ssize_t)GM_MIN(left, room);
        memcpy(out, s->pending.data + s->sent, (size_t)result);
        s->sent += (size_t)result;
        s->last_sent_s = gm_seconds();
    } else if (s->ended || s->owner->ending)
        result = MHD_CONTENT_READER_END_OF_STREAM;
    else {
        s->suspended = true;
        MHD_suspend_connection(s->connection);
    }
    pthread_mutex_unlock(&s->owner->lock);
    return result;
}

static void free_stream(void *ctx) {
    stream *s = ctx;
    api_streams *streams = s->owner;
    pthread_mutex_lock(&streams->lock);
    for (stream **at = &streams->first; *at; at = &(*at)->next)
        if (*at == s) {
            *at = s->next;
            streams->count--;
            break;
        }
    pthread_mutex_unlock(&streams->lock);
    if (s->source.free) s->source.free(s->source.state);
    gm_text_finish(&s->pending);
    gm_free(s);
}

struct MHD_Response *api_stream_response(api_streams *streams, struct MHD_Connection *connection, api_events *events) {
    pthread_mutex_lock(&streams->lock);
    bool full = streams->count >= API_MAX_STREAMS;
    pthread_mutex_unlock(&streams->lock);
    stream *s = full ? NULL : gm_calloc(1, sizeof *s);
    if (!s) {
        if (events->free) events->free(events->state);
        return NULL;
    }
    *s = (stream){.owner = streams, .connection = connection, .source = *events, .last_sent_s = gm_seconds()};
    gm_text_append(&s->pending, "retry: 2000\n\n"); /* sends the header at once */
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 16 << 10, read_stream, s, free_stream);
    if (!response) {
        free_stream(s);
        return NULL;
    }
    pthread_mutex_lock(&streams->lock);
    s->next = streams->first;
    streams->first = s;
    streams->count++;
    pthread_mutex_unlock(&streams->lock);
    return response;
}

void api_event(gm_text *out, const char *id, const char *event, const char *data) {
    if (id) gm_text_printf(out, "id: %s\n", id);
    if (event) gm_text_printf(out, "event: %s\n", event);
    for (const char *line = data;;) {
        size_t length = strcspn(line, "\n");
        gm_text_append(out, "data: ");
        gm_text_append_n(out, line, length);
        gm_text_append(out, "\n");
        if (!line[length]) break;
        line += length + 1;
    }
    gm_text_append(out, "\n");
}
