/* Files: whole reads, atomic writes, folders, hashes.
 *
 * Errors     messages name the path and say what the operating system said in words.
 * Durability gm_write_file writes beside the target, syncs, renames: a reader sees the old or the new file, never half.
 * Ownership  buffers returned through **out are the caller's (gm_free). */
#ifndef GIMLET_BASE_FILES_H
#define GIMLET_BASE_FILES_H

#include "error.h"
#include "memory.h"

/* Read at most max_size bytes; a larger file is GM_E_FORMAT, and nothing of it is read. The buffer gets a
 * terminating NUL beyond out_size. */
gm_status gm_read_file(const char *path, size_t max_size, char **out, size_t *out_size, gm_error *err) GM_MUST_CHECK;
/* Replace path by these bytes, atomically and durably. */
gm_status gm_write_file(const char *path, const void *data, size_t size, gm_error *err) GM_MUST_CHECK;
/* The same without fsync: for what can be made again (reports, caches). Still atomic. */
gm_status gm_write_file_fast(const char *path, const void *data, size_t size, gm_error *err) GM_MUST_CHECK;
/* All bytes, however many writes that takes; false leaves errno. */
bool gm_write_all(int fd, const void *data, size_t size) GM_MUST_CHECK;
gm_status gm_make_dirs(const char *path, gm_error *err) GM_MUST_CHECK;   /* like mkdir -p */
gm_status gm_sync_dir(const char *path, gm_error *err) GM_MUST_CHECK;    /* make renames inside it durable */
gm_status gm_remove_tree(const char *path, gm_error *err) GM_MUST_CHECK; /* absent is fine */
bool gm_file_exists(const char *path);
bool gm_is_directory(const char *path);

char *gm_path_join(const char *a, const char *b); /* "a/b", gm_free; NULL when out of memory */
const char *gm_path_base(const char *path);       /* borrowed: what follows the last '/' */

/* Every regular file below root, sorted by path (gm_compare_natural), symbolic links followed once, loops named. */
typedef struct {
    char *path;           /* root/relative */
    const char *relative; /* points into path */
    int64_t size_bytes;
    int64_t mtime_ns;
    int64_t inode;
    int error; /* errno when it could not be looked at, else 0 (ELOOP: a directory loop) */
} gm_file_entry;
typedef struct {
    gm_file_entry *items;
    size_t count;
} gm_file_list;
gm_status gm_list_files(const char *root, gm_file_list *out, gm_error *err) GM_MUST_CHECK;
void gm_file_list_finish(gm_file_list *list);

/* SHA-256 (OpenSSL), as 64 lower-case hex digits and a NUL. */
#define GM_SHA256_HEX 65
void gm_sha256(const void *data, size_t size, char out_hex[GM_SHA256_HEX]);
gm_status gm_sha256_file(const char *path, char out_hex[GM_SHA256_HEX], gm_error *err) GM_MUST_CHECK;

/* A copy that is whole, durable and checked while it is made (file_copy.c). expected: the SHA-256 that the bytes must
 * have, else GM_E_FORMAT and the target stays as it was; NULL = any. out_hex: what they have; may be NULL. */
gm_status gm_copy_file(const char *from, const char *to, const char *expected, char out_hex[GM_SHA256_HEX],
                       gm_error *err) GM_MUST_CHECK;
/* SHA-256 of bytes that come piece by piece. */
typedef struct gm_hash gm_hash;
gm_hash *gm_hash_new(void); /* NULL = out of memory */
void gm_hash_add(gm_hash *hash, const void *data, size_t size);
void gm_hash_hex(gm_hash *hash, char out_hex[GM_SHA256_HEX]); /* the end: nothing may be added behind it */
void gm_hash_free(gm_hash *hash);
GM_AUTO(gm_hash)

/* An exclusive lock on a file, held until unlocked or the process ends. wait_s < 0 waits for ever. */
typedef struct {
    int fd;
} gm_lock;
gm_status gm_lock_file(const char *path, double wait_s, gm_lock *out, gm_error *err) GM_MUST_CHECK;
void gm_unlock_file(gm_lock *lock);

#endif
