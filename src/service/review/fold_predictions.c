#include "fold_predictions.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* The run whose table is the newest; out stays empty when there is none. */
static char *find_newest(const char *models_dir, gm_fold_predictions *out) {
    DIR *dir = models_dir ? opendir(models_dir) : NULL;
    struct timespec newest = {0};
    char *found = NULL;
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        struct stat st;
        gm_auto_text path = GM_TEXT_INIT;
        if (entry->d_name[0] == '.') continue;
        gm_text_printf(&path, "%s/%s/out_of_fold.csv", models_dir, entry->d_name);
        if (!gm_text_ok(&path) || stat(gm_text_c(&path), &st) != 0 || !S_ISREG(st.st_mode)) continue;
        if (st.st_mtim.tv_sec < newest.tv_sec ||
            (st.st_mtim.tv_sec == newest.tv_sec && st.st_mtim.tv_nsec <= newest.tv_nsec))
            continue;
        newest = st.st_mtim;
        snprintf(out->run, sizeof out->run, "%s", entry->d_name);
        gm_free(found);
        found = gm_text_take(&path);
    }
    if (dir) closedir(dir);
    struct tm utc;
    gmtime_r(&newest.tv_sec, &utc);
    size_t n = strftime(out->finished_at, sizeof out->finished_at, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(out->finished_at + n, sizeof out->finished_at - n, ".%03dZ", (int)(newest.tv_nsec / 1000000) % 1000);
    return found;
}

gm_status gm_fold_predictions_read(const char *models_dir, gm_fold_predictions *out, gm_error *err) {
    gm_fold_predictions all = {0};
    gm_auto_free char *path = find_newest(models_dir, &all);
    if (path) GM_TRY(gm_out_of_fold_read(path, &all.table, err));
    *out = all;
    return GM_OK;
}

void gm_fold_predictions_finish(gm_fold_predictions *predictions) {
    gm_out_of_fold_finish(&predictions->table);
    *predictions = (gm_fold_predictions){0};
}
