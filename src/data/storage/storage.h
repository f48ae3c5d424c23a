/* Storage: a project's data directory: what was read, what was found, and every label, with its source.
 *
 *     DATA/gimlet.db                  SQLite in WAL mode: files, findings, holes, labels
 *     DATA/holes/ab/abcd….safetensors one record by the SHA-256 of its file: signals, program, header, as read
 *     DATA/.lock                      held by whoever writes
 *
 * For        service: prepare fills it, train and evaluate read from it.
 * Depends on base, data (record, finding, label), sqlite3, jansson.
 * Durability a hole's file is written under another name and renamed; a commit first syncs the folder, then the
 *            database. Kill the process anywhere: what was committed is there, half-written files have other names.
 * Errors     GM_E_IO for the disk (full, read-only), GM_E_CONFLICT when another process holds the lock.
 * Ownership  what a function returns through ** is the caller's.
 * Threads    gm_store_write_hole from any thread; all else from one thread at a time. */
#ifndef GIMLET_DATA_STORAGE_H
#define GIMLET_DATA_STORAGE_H

#include "data/data.h"

typedef struct gm_store gm_store;

/* Open a data directory; for writing it is made where absent, and locked (wait_s: how long to wait for another writer,
 * < 0 for ever). For reading it must exist. */
gm_status gm_store_open(const char *dir, bool writing, double wait_s, gm_store **out, gm_error *err) GM_MUST_CHECK;
void gm_store_free(gm_store *store); /* accepts NULL; what was not committed is not kept */
GM_AUTO(gm_store)
const char *gm_store_dir(const gm_store *store);
/* Make all that was put since the last commit durable. */
gm_status gm_store_commit(gm_store *store, gm_error *err) GM_MUST_CHECK;

/* --- files: what lay in the input folders, and the verdict on it --- */
typedef struct {
    const char *root;   /* the input folder, absolute                          */
    const char *file;   /* path below root                                     */
    const char *sha256; /* of its bytes; "" when they could not be read        */
    int64_t size_bytes, mtime_ns, inode;
    gm_severity verdict;  /* worst finding on the file alone                     */
    double score;         /* 0..1 quality of the hole; NAN for what is no record */
    const char *findings; /* on the file alone: JSON array                       */
    bool is_hole;         /* a record was read from it                           */
} gm_stored_file;

/* The row of an unchanged file (same size, time and inode, read by this version of the reader), or *found = false.
 * Texts are borrowed until the next call on the store. */
gm_status gm_store_unchanged_file(gm_store *store, const char *root, const gm_file_entry *entry, bool *found,
                                  gm_stored_file *out, gm_error *err) GM_MUST_CHECK;
gm_status gm_store_put_file(gm_store *store, const gm_stored_file *file, gm_error *err) GM_MUST_CHECK;
/* What the comparison with the other holes of the set adds: the verdict and score that count. */
gm_status gm_store_put_set_result(gm_store *store, const char *root, const char *file, gm_severity verdict,
                                  double score, gm_error *err) GM_MUST_CHECK;
/* Files of this root that were not seen since gm_store_open are forgotten; their holes' labels stay. */
gm_status gm_store_forget_unseen(gm_store *store, const char *root, size_t *n_forgotten, gm_error *err) GM_MUST_CHECK;

/* --- holes: the records themselves --- */
/* Writes the signals of a record to holes/. Safe from several threads; nothing happens when it is there already. */
gm_status gm_store_write_hole(const gm_store *store, const char *sha256, const gm_record *record,
                              gm_error *err) GM_MUST_CHECK;
gm_status gm_store_load_hole(const gm_store *store, const char *sha256, gm_record **out, gm_error *err) GM_MUST_CHECK;
/* What lists and splits need to know of a record. */
typedef struct {
    char trace_sha256[GM_SHA256_HEX];
    char program_id[17];
    char tool[160];  /* what drilled it: head and tool number                 */
    char panel[160]; /* where and when: machine, head, day                    */
    char date[20];   /* "2024-05-29T14:03:11" or ""                           */
    long tool_age;   /* holes drilled before with this tool; -1 = unknown     */
    long n_rows;
} gm_hole_facts;
void gm_hole_facts_of(const gm_record *record, gm_hole_facts *out); /* from any thread */
/* summary: bytes that quality wants back for an unchanged hole, with the version that made them; NULL = none. */
typedef struct {
    const void *bytes;
    size_t size;
    int version;
} gm_hole_blob;
gm_status gm_store_put_hole(gm_store *store, const char *sha256, const gm_hole_facts *facts, gm_hole_blob summary,
                            gm_error *err) GM_MUST_CHECK;
/* Facts, and the summary into summary_out when it has this size and version (*has_summary). */
gm_status gm_store_recall_hole(gm_store *store, const char *sha256, bool *found, gm_hole_facts *facts,
                               void *summary_out, size_t summary_size, int summary_version, bool *has_summary,
                               gm_error *err) GM_MUST_CHECK;

typedef struct {
    char sha256[GM_SHA256_HEX];
    gm_hole_facts facts;
    const char *file;   /* path below its input folder                      */
    const char *family; /* folder of the file, "" = the input folder itself */
    gm_severity verdict;
    double score;
    bool has_label;
    gm_label label; /* the preferred one: truth, expert, model, rule       */
} gm_stored_hole;
typedef struct {
    gm_stored_hole *items;
    size_t count;
    gm_arena *arena;
} gm_stored_holes;
/* Every hole that has a file, in natural order of the files: one entry per distinct content, or with every_copy one per
 * file, so that copies of a hole stand there too. */
gm_status gm_store_holes(gm_store *store, bool every_copy, gm_stored_holes *out, gm_error *err) GM_MUST_CHECK;
void gm_stored_holes_finish(gm_stored_holes *holes);

/* The hole in a file, named by its path below the input folder, or by its end ("V1_003.xls") where only one file has
 * it. sha256 is "" when there is none. Every copy of a hole is found, also those that gm_store_holes does not name. */
gm_status gm_store_hole_of_file(gm_store *store, const char *file, char sha256[GM_SHA256_HEX],
                                gm_error *err) GM_MUST_CHECK;

/* --- labels --- */
/* One label per hole, source and author; a new one replaces the old one. */
gm_status gm_store_put_label(gm_store *store, const char *sha256, const gm_label *label, gm_error *err) GM_MUST_CHECK;
/* The label of one source (the latest); GM_LABEL_EMPTY and *found = false when there is none. */
gm_status gm_store_label(gm_store *store, const char *sha256, gm_label_source source, bool *found, gm_label *out,
                         gm_error *err) GM_MUST_CHECK;

#endif
