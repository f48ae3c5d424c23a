/* prepare: every file of a folder is read, judged, labelled and kept; what is known and unchanged is not read again.
 *
 * Files go through in chunks: the workers read, check and label a chunk (the slow part, on all cores), then this
 * thread writes its rows to the database. A commit every half second bounds what a kill can cost, and how long people
 * who edit labels meanwhile must wait. Only a few hundred bytes per file stay in memory, however many there are. */
#include "prepare_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 64 };

/* Would people expect this file to be judged? By its name, else by its first bytes. */
static bool is_candidate(const gm_file_entry *entry) {
    if (entry->error || gm_is_record_name(entry->relative)) return true;
    char head[4096];
    int fd = open(entry->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return false;
    ssize_t n = read(fd, head, sizeof head);
    close(fd);
    return n > 0 && gm_format_sniff(head, (size_t)n) != NULL;
}

static void refuse_entry(const gm_file_entry *entry, prepared_file *file) {
    if (entry->error == ELOOP)
        gm_findings_add(&file->findings, "file_format.loop", GM_ERROR, "remove the symbolic link",
                        "the folder contains itself through a symbolic link: not followed again");
    else
        gm_findings_add(&file->findings, "file_format.unreadable", GM_ERROR, "check the permissions of the file",
                        "cannot be read: %s", strerror(entry->error));
}

/* The label and the quality of one record; both are kept by pointer, so that a file that is no record costs little. */
static gm_status check_and_label(const prepare_job *job, const gm_record *record, prepared_file *file, gm_error *err) {
    if (job->options->auto_label) {
        file->label = gm_calloc(1, sizeof *file->label);
        if (!file->label) return gm_nomem(err);
        GM_TRY(gm_label_record(record, file->label, err));
    }
    if (!job->options->validate) return GM_OK;
    file->summary = gm_calloc(1, sizeof *file->summary);
    if (!file->summary) return gm_nomem(err);
    gm_quality_input input = {file->entry->relative, file->sha256, record, file->label};
    return gm_quality_check(job->quality, &input, &file->findings, file->summary, err);
}

typedef struct {
    const prepare_job *job;
    prepared_file *files[CHUNK];
} prepare_chunk;

static gm_status read_record(const prepare_job *job, prepared_file *file, gm_error *err) {
    gm_auto(gm_record) record = NULL;
    gm_error unreadable = {0};
    gm_status status = gm_read_record_file(file->entry->path, &record, &file->findings, file->sha256, &unreadable);
    if (status == GM_E_NOMEM) return gm_nomem(err);
    if (status != GM_OK) gm_findings_add_error(&file->findings, "file_format", &unreadable);
    if (status != GM_OK || !record) return GM_OK; /* refused, or a message that belongs to another file's record */
    file->is_hole = true;
    gm_hole_facts_of(record, &file->facts);
    GM_TRY(check_and_label(job, record, file, err));
    return gm_store_write_hole(job->store, file->sha256, record, err);
}

/* One file, on a worker. What is wrong with it becomes a finding; only our own trouble (disk, memory) is an error. */
static void read_one(void *ctx, size_t index, int worker) {
    (void)worker;
    prepare_chunk *chunk = ctx;
    prepared_file *file = chunk->files[index];
    if (file->unchanged || file->skipped) return;
    if (file->entry->error) return refuse_entry(file->entry, file);
    gm_error err = {0};
    file->failed = read_record(chunk->job, file, &err);
    if (file->failed != GM_OK && (file->err = gm_calloc(1, sizeof err))) *file->err = err;
}

static gm_status findings_to_json(gm_findings *findings, char **out, gm_error *err) {
    gm_auto_text text = GM_TEXT_INIT;
    gm_findings_to_json(findings, &text);
    bool failed = findings->failed;
    *out = gm_text_take(&text);
    return *out && !failed ? GM_OK : gm_nomem(err);
}

static gm_status put_new(prepare_job *job, prepared_file *file, gm_error *err) {
    GM_TRY(findings_to_json(&file->findings, &file->findings_json, err));
    file->verdict = gm_findings_worst(&file->findings);
    file->score = file->is_hole ? gm_quality_score(&file->findings) : NAN;
    gm_findings_finish(&file->findings);
    if (!file->is_hole) return GM_OK;
    gm_hole_blob summary = {file->summary, sizeof *file->summary, GM_QUALITY_VERSION};
    GM_TRY(gm_store_put_hole(job->store, file->sha256, &file->facts, summary, err));
    return file->label ? gm_store_put_label(job->store, file->sha256, file->label, err) : GM_OK;
}

static gm_status put_one(prepare_job *job, prepared_file *file, gm_error *err) {
    if (file->skipped) return GM_OK;
    if (file->failed != GM_OK) {
        if (err && file->err) *err = *file->err;
        return file->failed;
    }
    if (!file->unchanged) GM_TRY(put_new(job, file, err));
    gm_stored_file row = {.root = job->root,
                          .file = file->entry->relative,
                          .sha256 = file->sha256,
                          .size_bytes = file->entry->size_bytes,
                          .mtime_ns = file->entry->mtime_ns,
                          .inode = file->entry->inode,
                          .verdict = file->verdict,
                          .score = file->score,
                          .findings = file->findings_json,
                          .is_hole = file->is_hole};
    return gm_store_put_file(job->store, &row, err);
}

/* What the database knows of an unchanged hole; *found = false when something that is asked for now is missing. */
static gm_status recall(prepare_job *job, prepared_file *file, bool *found, gm_error *err) {
    bool has_summary, has_label = false;
    file->summary = gm_calloc(1, sizeof *file->summary);
    file->label = gm_calloc(1, sizeof *file->label);
    if (!file->summary || !file->label) return gm_nomem(err);
    GM_TRY(gm_store_recall_hole(job->store, file->sha256, found, &file->facts, file->summary, sizeof *file->summary,
                                GM_QUALITY_VERSION, &has_summary, err));
    GM_TRY(gm_store_label(job->store, file->sha256, GM_SOURCE_RULE, &has_label, file->label, err));
    char author[64];
    snprintf(author, sizeof author, "rules v%d", GM_LABEL_RULES_VERSION);
    has_label = has_label && strcmp(file->label->author, author) == 0;
    *found = *found && (has_summary || !job->options->validate) && (has_label || !job->options->auto_label);
    if (!has_summary || !*found) gm_free(gm_steal(&file->summary));
    if (!has_label || !*found) gm_free(gm_steal(&file->label));
    return GM_OK;
}

static gm_status look_up(prepare_job *job, prepared_file *file, gm_error *err) {
    gm_stored_file stored;
    bool found = false;
    if (!file->entry->error) GM_TRY(gm_store_unchanged_file(job->store, job->root, file->entry, &found, &stored, err));
    if (found) {
        snprintf(file->sha256, sizeof file->sha256, "%s", stored.sha256);
        file->findings_json = gm_strdup(stored.findings);
        if (!file->findings_json) return gm_nomem(err);
        file->is_hole = stored.is_hole;
        file->verdict = stored.verdict;
        file->score = stored.score;
        if (file->is_hole) GM_TRY(recall(job, file, &found, err));
    }
    file->unchanged = found;
    if (!found) {
        file->is_hole = false;
        file->score = NAN;
        gm_free(gm_steal(&file->findings_json));
        file->skipped = !is_candidate(file->entry);
    }
    return GM_OK;
}

static gm_status run_chunks(prepare_job *job, gm_threads *threads, gm_error *err) {
    double committed_s = gm_seconds();
    for (size_t first = 0; first < job->count; first += CHUNK) {
        prepare_chunk chunk = {.job = job};
        size_t n = GM_MIN(job->count - first, (size_t)CHUNK);
        for (size_t i = 0; i < n; i++) {
            chunk.files[i] = &job->files[first + i];
            GM_TRY(look_up(job, chunk.files[i], err));
        }
        gm_threads_run(threads, n, read_one, &chunk);
        for (size_t i = 0; i < n; i++) GM_TRY(put_one(job, chunk.files[i], err));
        if (gm_seconds() - committed_s > 0.5) {
            GM_TRY(gm_store_commit(job->store, err));
            committed_s = gm_seconds();
        }
        if (!gm_report(job->options->observer, "reading", (long)(first + n), (long)job->count, NULL)) {
            GM_TRY(gm_store_commit(job->store, err));
            return gm_fail_at(err, GM_E_CANCELLED, 0, 0, "the same command goes on from here",
                              "stopped after %zu of %zu files; they are kept", first + n, job->count);
        }
    }
    return GM_OK;
}

/* Our own data directory may lie inside the input folder: its files are not inputs. An input folder inside the data
 * directory (DATA/uploads) is meant. */
static bool is_inside(const char *path, const char *folder) {
    size_t n = strlen(folder);
    return strncmp(path, folder, n) == 0 && path[n] == '/';
}

static gm_status list_inputs(prepare_job *job, gm_error *err) {
    if (gm_file_exists(job->options->input_dir) && !gm_is_directory(job->options->input_dir))
        return gm_fail_at(err, GM_E_ARG, 0, 0, "--input-dir takes the folder that holds the machine files",
                          "%s is a file", job->options->input_dir);
    if (!gm_is_directory(job->options->input_dir))
        return gm_fail_at(err, GM_E_NOTFOUND, 0, 0, "--input-dir takes the folder that holds the machine files",
                          "there is no folder %s", job->options->input_dir);
    GM_TRY(gm_make_dirs(job->options->output_dir, err));
    job->root = realpath(job->options->input_dir, NULL);
    char *own = realpath(job->options->output_dir, NULL);
    gm_status status = job->root && own ? GM_OK : gm_nomem(err);
    if (status == GM_OK && strcmp(job->root, own) == 0)
        status = gm_fail_at(err, GM_E_ARG, 0, 0, "name another folder as --output-dir",
                            "the machine files in %s lie in the data directory itself", job->options->input_dir);
    if (status == GM_OK) status = gm_list_files(job->root, &job->list, err);
    if (status == GM_OK) {
        job->files = gm_calloc(GM_MAX(job->list.count, (size_t)1), sizeof *job->files);
        if (!job->files) status = gm_nomem(err);
    }
    bool nested = job->root && own && is_inside(job->root, own);
    for (size_t i = 0; status == GM_OK && i < job->list.count; i++) {
        if (!nested && is_inside(job->list.items[i].path, own)) continue;
        job->files[job->count++] = (prepared_file){.entry = &job->list.items[i], .score = NAN};
    }
    free(own);
    if (status == GM_OK && job->count == 0) /* nothing is forgotten because a disk is not connected */
        return gm_fail_at(err, GM_E_NOTFOUND, 0, 0, "is the disk connected, and is it the right folder?",
                          "there is no file in %s", job->options->input_dir);
    return status;
}

static void job_finish(prepare_job *job) {
    for (size_t i = 0; i < job->count; i++) {
        gm_findings_finish(&job->files[i].findings);
        gm_free(job->files[i].findings_json);
        gm_free(job->files[i].summary);
        gm_free(job->files[i].label);
        gm_free(job->files[i].err);
    }
    gm_free(job->files);
    gm_file_list_finish(&job->list);
    free(job->root);
    gm_store_free(job->store);
    gm_quality_free(job->quality);
}

/* The set as a whole: duplicates, labels among holes of the same program; then the tables and reports. */
static gm_status finish_set(prepare_job *job, gm_prepare_summary *out, gm_error *err) {
    GM_TRY(prepared_label_set(job, err));
    if (job->options->validate) GM_TRY(prepared_check_set(job, err));
    GM_TRY(gm_store_forget_unseen(job->store, job->root, &out->forgotten, err));
    GM_TRY(gm_store_commit(job->store, err));
    prepared_count(job, out);
    return prepared_reports(job, out, err);
}

gm_status gm_prepare(const gm_prepare_options *options, gm_prepare_summary *out, gm_error *err) {
    double started_s = gm_seconds();
    *out = (gm_prepare_summary){0};
    __attribute__((cleanup(job_finish))) prepare_job job = {.options = options};
    gm_auto(gm_threads) threads = NULL;
    GM_TRY(list_inputs(&job, err));
    GM_TRY(gm_quality_new(&job.quality, err));
    GM_TRY(gm_store_open(options->output_dir, true, -1, &job.store, err));
    GM_TRY(gm_threads_new(options->threads, &threads, err));
    GM_TRY(run_chunks(&job, threads, err));
    GM_TRY(finish_set(&job, out, err));
    out->seconds = gm_seconds() - started_s;
    return GM_OK;
}

void gm_prepare_summary_finish(gm_prepare_summary *summary) {
    gm_free(summary->refused);
    gm_free(summary->report_json);
    gm_free(summary->report_html);
    gm_free(summary->labels_csv);
    *summary = (gm_prepare_summary){0};
}
