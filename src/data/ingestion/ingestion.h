/* Ingestion: from the bytes of a machine file to a gm_record, whatever the format, version or damage.
 *
 * For        service/prepare reads folders through it, service/predict single files.
 * Depends on base, data (record, finding), jansson.
 * Errors     GM_E_FORMAT with line and column (cell) where the bytes are not what they should be; the message says what
 *            was found and expected, the hint what to do. Oddities that do not prevent reading become findings.
 * Ownership  records are the caller's (gm_record_free); sources are borrowed during the call.
 * Threads    no shared state: any number of files at once.
 *
 * To add a format: one file with a const gm_format, one line in formats.list.h (docs/adding-a-format.md). */
#ifndef GIMLET_DATA_INGESTION_H
#define GIMLET_DATA_INGESTION_H

#include "data/data.h"

/* Bytes, and where they came from. A message on a queue has no path; then nothing is looked for beside it. */
typedef struct {
    const char *path; /* NULL = none */
    const char *bytes;
    size_t size;
} gm_source;

typedef struct {
    const char *name; /* "setitec" */
    const char *doc;  /* one line for people */
    /* Do these bytes look like this format? Looks at the first few kB only, never at the name. */
    bool (*sniff)(const char *bytes, size_t size);
    /* Reads a record. A file that only accompanies a record (a Result message beside its Trace) gives *out = NULL and
     * GM_OK with an info finding. */
    gm_status (*read)(const gm_source *source, gm_record **out, gm_findings *findings, gm_error *err);
} gm_format;

/* All formats, in the order in which they are tried. */
const gm_format *const *gm_formats(size_t *count);
const gm_format *gm_format_sniff(const char *bytes, size_t size); /* NULL = none of them */

/* Sniff and read. Foreign bytes (Excel, archives, nothing) are refused with what they seem to be. */
gm_status gm_read_record(const gm_source *source, gm_record **out, gm_findings *findings, gm_error *err) GM_MUST_CHECK;

/* The whole of one file, at most this large. Machine files stay below 1 MB. */
#define GM_MAX_RECORD_BYTES ((size_t)64 << 20)
/* Reads the file and its record; sha256 (may be NULL) gets the hash of its bytes, also when they are no record. */
gm_status gm_read_record_file(const char *path, gm_record **out, gm_findings *findings, char sha256[GM_SHA256_HEX],
                              gm_error *err) GM_MUST_CHECK;

/* Is this a file that a folder of records should account for: a record's extension (.xls .xlsx .json)? */
bool gm_is_record_name(const char *name);

#endif
