#include "cli.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;

static void on_signal(int number) {
    (void)number;
    if (interrupted) _exit(CLI_INTERRUPTED); /* a second Ctrl-C does not wait; what is finished is on disk */
    interrupted = 1;
}

void cli_catch_signals(void) {
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

bool cli_interrupted(void) {
    return interrupted != 0;
}

static void time_left(double seconds, char out[32]) {
    long s = (long)(seconds + 0.5);
    if (s >= 3600)
        snprintf(out, 32, "%ld h %02ld min", s / 3600, s / 60 % 60);
    else if (s >= 60)
        snprintf(out, 32, "%ld min %02ld s", s / 60, s % 60);
    else
        snprintf(out, 32, "%ld s", s);
}

static void show_bar(const cli_progress *progress, const gm_progress *event, double elapsed_s) {
    enum { WIDTH = 28 };
    char bar[3 * WIDTH + 1] = "", left[32] = "";
    size_t n = 0;
    int filled = event->total > 0 ? (int)(WIDTH * event->done / event->total) : 0;
    for (int i = 0; i < WIDTH; i++) n += (size_t)snprintf(bar + n, sizeof bar - n, "%s", i < filled ? "█" : "░");
    if (event->done > 0 && event->total > event->done)
        time_left(elapsed_s / (double)event->done * (double)(event->total - event->done), left);
    fprintf(stderr, "\r\033[K%-12s %s %ld/%ld%s%s%s%s", progress->stage, event->total > 0 ? bar : "", event->done,
            event->total, left[0] ? ", " : "", left[0] ? left : "", left[0] ? " left" : "", "");
    if (event->text && event->text[0]) fprintf(stderr, "  %.60s", event->text);
    fflush(stderr);
}

static void show_line(cli_progress *progress, const gm_progress *event, double now_s) {
    int percent = event->total > 0 ? (int)(100 * event->done / event->total) : -1;
    bool last = event->total > 0 && event->done == event->total;
    if (!last && percent < progress->last_percent + 10 && now_s - progress->last_shown_s < 30) return;
    if (last && progress->last_percent >= 100) return;
    progress->last_percent = percent;
    progress->last_shown_s = now_s;
    fprintf(stderr, "%s: %ld of %ld%s%s\n", progress->stage, event->done, event->total,
            event->text && event->text[0] ? ", " : "", event->text ? event->text : "");
}

/* A few lines a second are enough to follow by; the log they go to stays small. */
static void show_json(cli_progress *progress, const gm_progress *event, double now_s) {
    bool last = event->total > 0 && event->done == event->total;
    if (!last && now_s - progress->last_shown_s < 0.25) return;
    progress->last_shown_s = now_s;
    gm_auto_text line = GM_TEXT_INIT;
    gm_text_append(&line, "{\"stage\": ");
    gm_text_json_string(&line, event->stage);
    gm_text_printf(&line, ", \"done\": %ld, \"total\": %ld, \"text\": ", event->done, event->total);
    gm_text_json_string(&line, event->text ? event->text : "");
    fprintf(stderr, "%s}\n", gm_text_c(&line));
}

bool cli_progress_report(void *context, const gm_progress *event) {
    cli_progress *progress = context;
    if (!event->stage || (progress->quiet && !progress->json)) return !interrupted;
    double now_s = gm_seconds();
    if (!progress->stage || strcmp(progress->stage, event->stage) != 0) {
        cli_progress_finish(progress);
        progress->stage = event->stage;
        progress->stage_started_s = now_s;
        progress->last_shown_s = 0;
        progress->last_percent = -100;
    }
    if (progress->json)
        show_json(progress, event, now_s);
    else if (!progress->terminal)
        show_line(progress, event, now_s);
    else if (now_s - progress->last_shown_s > 0.1 || event->done == event->total) {
        progress->last_shown_s = now_s;
        show_bar(progress, event, now_s - progress->stage_started_s);
    }
    return !interrupted;
}

void cli_progress_finish(cli_progress *progress) {
    if (progress->stage && progress->terminal && !progress->quiet) fputc('\n', stderr);
    progress->stage = NULL;
}
