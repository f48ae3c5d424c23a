#include "loop_internal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

char *gm_fold_dir(const char *run_dir, int fold) {
    char name[32];
    snprintf(name, sizeof name, "fold_%02d", fold + 1);
    return gm_path_join(run_dir, name);
}

void gm_job_message(gm_training_job *job, const char *format, ...) {
    char line[600];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    gm_text_append(job->messages, line);
    gm_text_append(job->messages, "\n");
    gm_job_log(job, GM_LOG_WARNING, "%s", line);
    gm_auto_text members = GM_TEXT_INIT;
    gm_text_append(&members, "\"message\": ");
    gm_text_json_string(&members, line);
    gm_job_event(job, "message", gm_text_c(&members));
}

/* One write for one line: folds write side by side, and a line is never torn by another. What the disk does not take
 * is lost; the run's results do not depend on it. */
void gm_job_event(gm_training_job *job, const char *event, const char *members) {
    if (job->events < 0) return;
    char now[GM_TIME_TEXT];
    gm_time_utc(now);
    gm_auto_text line = GM_TEXT_INIT;
    gm_text_printf(&line, "{\"time\": \"%s\", \"event\": \"%s\"%s%s}\n", now, event, *members ? ", " : "", members);
    if (gm_text_ok(&line) && write(job->events, line.data, line.length) < 0) return;
}

void gm_job_report(gm_training_job *job, const char *stage, long done, long total, const char *text) {
    pthread_mutex_lock(&job->lock);
    if (!gm_report(job->observer, stage, done, total, text)) atomic_store(&job->stop, true);
    pthread_mutex_unlock(&job->lock);
}
