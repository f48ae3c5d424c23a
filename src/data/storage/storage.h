/* Storage: a project's data directory: what was read, what was found, and every label, with its source.
 *
 *     DATA/gimlet.db                  SQLite in WAL mode: files, findings, holes, labels; histories of labels,
 * comments, batches, users, the audit log DATA/holes/ab/abcd….safetensors one record by the SHA-256 of its file:
 * signals, program, header, as read DATA/.lock                      held by whoever prepares; people's edits do not
 * need it
 *
 * For        service: prepare fills it, train and evaluate read from it.
 * Depends on base, data (record, finding, label), sqlite3, jansson.
 * Durability a hole's file is written under another name and renamed; a commit first syncs the folder, then the
 *            database. Kill the process anywhere: what was committed is there, half-written files have other names.
 * Errors     GM_E_IO for the disk (full, read-only), GM_E_CONFLICT when another process holds the lock.
 * Ownership  what a function returns through ** is the caller's.
 * Threads    gm_store_write_hole from any thread; all else from one thread at a time. Threads that work side by side
 * have a store each. */
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
/* SHA-256 of the stored file itself: of what was read from the record, not of the record. GM_E_NOTFOUND: it is gone.
 * Safe from several threads. */
gm_status gm_store_hash_hole(const gm_store *store, const char *sha256, char out_hex[GM_SHA256_HEX],
                             gm_error *err) GM_MUST_CHECK;
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

/* The hole in a file, named by its path below the input folder, or by its end ("V1_003.xls") where only one hole has
 * it. Folders that were prepared one after the other may hold the same names: then the one below `root` (absolute; NULL
 * = unknown) is meant. sha256 is "" when there is none, or several. Every copy of a hole is found, also those that
 * gm_store_holes does not name. */
gm_status gm_store_hole_of_file(gm_store *store, const char *root, const char *file, char sha256[GM_SHA256_HEX],
                                gm_error *err) GM_MUST_CHECK;

/* --- labels --- */
/* One label per hole, source and author; a new one replaces the old one. */
gm_status gm_store_put_label(gm_store *store, const char *sha256, const gm_label *label, gm_error *err) GM_MUST_CHECK;
/* The current labels of a hole, or of all holes (NULL), by hole, source, author. */
typedef struct {
    char sha256[GM_SHA256_HEX];
    gm_label label;
} gm_stored_label;
typedef struct {
    gm_stored_label *items;
    size_t count;
} gm_stored_labels;
gm_status gm_store_labels(gm_store *store, const char *sha256, gm_stored_labels *out, gm_error *err) GM_MUST_CHECK;
void gm_stored_labels_finish(gm_stored_labels *labels);
/* The label of one source (the latest); GM_LABEL_EMPTY and *found = false when there is none. */
gm_status gm_store_label(gm_store *store, const char *sha256, gm_label_source source, bool *found, gm_label *out,
                         gm_error *err) GM_MUST_CHECK;

/* --- for lists over all holes --- */
/* Grows whenever another connection has committed something: what was read before may be old. */
gm_status gm_store_changes(gm_store *store, int64_t *out, gm_error *err) GM_MUST_CHECK;
/* How often this process has committed, on whatever store; from any thread. Much cheaper than gm_store_changes. */
int64_t gm_store_commits(void);
/* Calls take for each hole that somebody has edited, with its latest version. */
gm_status gm_store_each_version(gm_store *store,
                                gm_status (*take)(void *ctx, const char *sha256, int64_t version, gm_error *err),
                                void *ctx, gm_error *err) GM_MUST_CHECK;
/* Calls take for the findings on each file of a hole, as JSON array, ordered by hole. */
gm_status gm_store_each_findings(gm_store *store,
                                 gm_status (*take)(void *ctx, const char *sha256, const char *json, gm_error *err),
                                 void *ctx, gm_error *err) GM_MUST_CHECK;

/* --- edits: what people decide, while another process may prepare ---
 *
 * An editing store takes no lock on the directory. What belongs together stands between gm_store_begin and
 * gm_store_commit: short, on the disk once committed, and written by one process at a time (others wait, for up to a
 * minute). Functions marked [edit] need a transaction. */
gm_status gm_store_open_edit(const char *dir, bool create, gm_store **out, gm_error *err) GM_MUST_CHECK;
gm_status gm_store_begin(gm_store *store, gm_error *err) GM_MUST_CHECK;
void gm_store_rollback(gm_store *store); /* nothing happens without a transaction */
/* Commits when status is GM_OK, else rolls back; returns the status that counts. */
gm_status gm_store_end(gm_store *store, gm_status status, gm_error *err) GM_MUST_CHECK;

/* One gesture of a person on a hole: a row that is never changed. The label as it is after the gesture; which gesture
 * made that state (`state`: the id of its version, 0 = no label), which state came before it, and which is the newest
 * state that a redo leads to. `state`, `before` and `top` run per hole, source and author. */
typedef struct {
    int64_t id;      /* over all holes                                    */
    int64_t version; /* of the hole, from 1                               */
    char sha256[GM_SHA256_HEX];
    char at[GM_TIME_TEXT];
    char gesture[200]; /* in words: "entry dragged to the torque onset"     */
    bool present;      /* false: undone to where there was no label         */
    gm_label label;    /* also when not present: source and author          */
    int64_t state, before, top;
    int64_t batch; /* 0 = none                                          */
    int64_t audit; /* number of its line in the audit log               */
} gm_label_version;
typedef struct {
    gm_label_version *items;
    size_t count;
} gm_label_versions;
/* The hole's latest version; 0 = nobody has touched it. */
gm_status gm_store_hole_version(gm_store *store, const char *sha256, int64_t *version, gm_error *err) GM_MUST_CHECK;
/* [edit] Adds a version, makes its label the current one (or takes it away), and notes it in the audit log as what
 * `user` did. Fills id, version, at and audit; state 0 with present = true means "this new one". */
gm_status gm_store_add_version(gm_store *store, gm_label_version *version, const char *user, const char *action,
                               gm_error *err) GM_MUST_CHECK;
/* The latest version of one author's label of this source. */
gm_status gm_store_latest_version(gm_store *store, const char *sha256, gm_label_source source, const char *author,
                                  bool *found, gm_label_version *out, gm_error *err) GM_MUST_CHECK;
gm_status gm_store_version_by_id(gm_store *store, int64_t id, gm_label_version *out, gm_error *err) GM_MUST_CHECK;
gm_status gm_store_history(gm_store *store, const char *sha256, gm_label_versions *out, gm_error *err) GM_MUST_CHECK;
gm_status gm_store_batch_versions(gm_store *store, int64_t batch, gm_label_versions *out, gm_error *err) GM_MUST_CHECK;
void gm_label_versions_finish(gm_label_versions *versions);

/* The audit log: every line's hash covers its text and the hash of the line before. */
typedef struct {
    int64_t seq; /* from 1 */
    const char *at, *user, *action, *subject, *detail, *hash;
} gm_audit_line;
typedef struct {
    gm_audit_line *items;
    size_t count;
    gm_arena *arena;
} gm_audit_lines;
/* [edit] action: "label.save", "user.add", ...; subject: a hole, a user, a run ...; seq_out may be NULL. */
gm_status gm_store_audit(gm_store *store, const char *user, const char *action, const char *subject, const char *detail,
                         int64_t *seq_out, gm_error *err) GM_MUST_CHECK;
/* Newest first; *total of all. */
gm_status gm_store_audit_lines(gm_store *store, int64_t offset, int64_t limit, gm_audit_lines *out, int64_t *total,
                               gm_error *err) GM_MUST_CHECK;
void gm_audit_lines_finish(gm_audit_lines *lines);
/* Goes through the whole log, and through the history of labels that it notes. The first thing that is wrong is named
 * in problem; "" = intact. head: the newest line's hash, to be kept elsewhere. */
typedef struct {
    int64_t n_lines, n_versions;
    int64_t first_bad; /* its number in the log; 0 = none */
    char problem[400];
    char head[GM_SHA256_HEX];
} gm_audit_verdict;
gm_status gm_store_audit_verify(gm_store *store, gm_audit_verdict *out, gm_error *err) GM_MUST_CHECK;

typedef struct {
    int64_t id;
    char author[64], at[GM_TIME_TEXT];
    char *text;
} gm_comment;
typedef struct {
    gm_comment *items;
    size_t count;
} gm_comments;
/* [edit] Fills id and at. */
gm_status gm_store_add_comment(gm_store *store, const char *sha256, const char *author, const char *text, int64_t *id,
                               char at[GM_TIME_TEXT], gm_error *err) GM_MUST_CHECK;
gm_status gm_store_comments(gm_store *store, const char *sha256, gm_comments *out, gm_error *err) GM_MUST_CHECK;
void gm_comments_finish(gm_comments *comments);

/* Labels that were approved together. */
typedef struct {
    int64_t id, n_holes, n_kept; /* n_kept: edited since, and so left alone by the undo */
    char author[64], at[GM_TIME_TEXT], undone_at[GM_TIME_TEXT], undone_by[64];
    char *query;
} gm_batch;
typedef struct {
    gm_batch *items;
    size_t count;
} gm_batches;
/* [edit] */
gm_status gm_store_add_batch(gm_store *store, const char *author, const char *query, size_t n_holes, int64_t *id,
                             gm_error *err) GM_MUST_CHECK;
/* [edit] */
gm_status gm_store_batch_undone(gm_store *store, int64_t id, const char *by, size_t n_kept,
                                gm_error *err) GM_MUST_CHECK;
gm_status gm_store_batches(gm_store *store, gm_batches *out, gm_error *err) GM_MUST_CHECK; /* newest first */
void gm_batches_finish(gm_batches *batches);
/* What a preview has shown: kept for a day, so that approving needs exactly that. Texts are JSON. */
typedef struct {
    char author[64];
    char *query, *holes, *to_see;
} gm_batch_preview;
/* [edit] */
gm_status gm_store_put_preview(gm_store *store, const char *token, const char *author, const char *query,
                               const char *holes, const char *to_see, gm_error *err) GM_MUST_CHECK;
/* GM_E_NOTFOUND when there is none with this token. */
gm_status gm_store_preview(gm_store *store, const char *token, gm_batch_preview *out, gm_error *err) GM_MUST_CHECK;
/* [edit] */
gm_status gm_store_drop_preview(gm_store *store, const char *token, gm_error *err) GM_MUST_CHECK;
void gm_batch_preview_finish(gm_batch_preview *preview);

/* Users: who may do what. Only a salted hash of the token is kept. */
enum { GM_USER_SALT = 16, GM_USER_HASH = 32 };
typedef struct {
    char name[64], role[16], created_at[GM_TIME_TEXT];
    char token_id[17]; /* the part of the token by which its user is found */
    uint8_t salt[GM_USER_SALT], hash[GM_USER_HASH];
} gm_stored_user;
typedef struct {
    gm_stored_user *items;
    size_t count;
} gm_stored_users;
/* [edit] A new user, or a known one with a new role or token. */
gm_status gm_store_put_user(gm_store *store, const gm_stored_user *user, gm_error *err) GM_MUST_CHECK;
/* [edit] GM_E_NOTFOUND when there is none. */
gm_status gm_store_remove_user(gm_store *store, const char *name, gm_error *err) GM_MUST_CHECK;
gm_status gm_store_users(gm_store *store, gm_stored_users *out, gm_error *err) GM_MUST_CHECK;
void gm_stored_users_finish(gm_stored_users *users);
/* By name or by token_id (the other one NULL). */
gm_status gm_store_user(gm_store *store, const char *name, const char *token_id, bool *found, gm_stored_user *out,
                        gm_error *err) GM_MUST_CHECK;

/* Who is signed in: a session is found by the hash of its secret, and belongs to whoever holds the token of this id.
 * Times are seconds since 1970. */
/* [edit] Also forgets the sessions that are over at `now`, those of tokens that nobody holds any more, and all but the
 * `most` that end last. */
gm_status gm_store_put_session(gm_store *store, const char hash[GM_SHA256_HEX], const char *token_id, int64_t now,
                               int64_t ends_at, int64_t most, gm_error *err) GM_MUST_CHECK;
/* Whose session this is at `now`; *found = false when there is none, it is over, or its token is another one now. */
gm_status gm_store_session_user(gm_store *store, const char hash[GM_SHA256_HEX], int64_t now, bool *found,
                                gm_stored_user *out, gm_error *err) GM_MUST_CHECK;
/* [edit] Nothing happens when there is none. */
gm_status gm_store_remove_session(gm_store *store, const char hash[GM_SHA256_HEX], gm_error *err) GM_MUST_CHECK;

#endif
