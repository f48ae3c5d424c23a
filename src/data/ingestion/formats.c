#include "ingestion_internal.h"

#include <string.h>

static const gm_format *const formats[] = {
#define GM_FORMAT(symbol) &symbol,
#include "formats.list.h"
#undef GM_FORMAT
};

const gm_format *const *gm_formats(size_t *count) {
    *count = GM_COUNT(formats);
    return formats;
}

const gm_format *gm_format_sniff(const char *bytes, size_t size) {
    for (size_t i = 0; i < GM_COUNT(formats); i++)
        if (formats[i]->sniff(bytes, size)) return formats[i];
    return NULL;
}

/* What people drop into a folder of records, by its first bytes. */
static const struct {
    const char *magic;
    size_t length;
    const char *what, *hint;
} foreign[] = {
    {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, "a binary Excel workbook",
     "open it in Excel and save it as \"Text (tab delimited)\", or take the original file from the machine"},
    {"PK\x03\x04", 4, "an Excel .xlsx workbook or another zip archive",
     "open it in Excel and save it as \"Text (tab delimited)\", or take the original file from the machine"},
    {"\x09\x08", 2, "an old binary Excel sheet", "open it in Excel and save it as \"Text (tab delimited)\""},
    {"\xff\xfe", 2, "UTF-16 text", "save it as plain text (\"Text (tab delimited)\", not \"Unicode text\")"},
    {"\xfe\xff", 2, "UTF-16 text", "save it as plain text (\"Text (tab delimited)\", not \"Unicode text\")"},
    {"<", 1, "an HTML or XML page", "take the original file from the machine"},
    {"\x1f\x8b", 2, "a gzip archive", "unpack it first"},
    {"%PDF", 4, "a PDF document", NULL},
};

static gm_status refuse_foreign(const gm_source *source, gm_error *err) {
    if (source->size == 0)
        return gm_fail_at(err, GM_E_FORMAT, 0, 0, "copy it from the machine again", "the file is empty");
    for (size_t i = 0; i < GM_COUNT(foreign); i++)
        if (source->size >= foreign[i].length && memcmp(source->bytes, foreign[i].magic, foreign[i].length) == 0)
            return gm_fail_at(err, GM_E_FORMAT, 0, 0, foreign[i].hint, "this is %s, not a drilling record in text form",
                              foreign[i].what);
    if (source->bytes[0] == '{' || source->bytes[0] == '[')
        return gm_fail_at(err, GM_E_FORMAT, 1, 1, "records come as OPC UA \"Trace\" and \"ResultManagement\" messages",
                          "this is JSON, but not a message of a drilling machine");
    return gm_fail_at(err, GM_E_FORMAT, 1, 1, "take the original file from the machine",
                      "not a drilling record: it should begin with \"*** General Infos ***\"");
}

gm_status gm_read_record(const gm_source *source, gm_record **out, gm_findings *findings, gm_error *err) {
    const gm_format *format = gm_format_sniff(source->bytes, source->size);
    if (!format) return refuse_foreign(source, err);
    gm_auto(gm_record) record = NULL;
    GM_TRY(format->read(source, &record, findings, err));
    if (record) {
        record->format = format->name;
        GM_TRY(gm_record_finish(record, err));
    }
    *out = gm_steal(&record);
    return GM_OK;
}

gm_status gm_read_record_file(const char *path, gm_record **out, gm_findings *findings, char sha256[GM_SHA256_HEX],
                              gm_error *err) {
    gm_auto_free char *bytes = NULL;
    size_t size;
    if (sha256) sha256[0] = '\0';
    GM_TRY(gm_read_file(path, GM_MAX_RECORD_BYTES, &bytes, &size, err));
    if (sha256) gm_sha256(bytes, size, sha256);
    return gm_read_record(&(gm_source){path, bytes, size}, out, findings, err);
}

bool gm_is_record_name(const char *name) {
    static const char *const extensions[] = {".xls", ".xlsx", ".json"};
    size_t length = strlen(name);
    for (size_t i = 0; i < GM_COUNT(extensions); i++) {
        size_t n = strlen(extensions[i]);
        if (length > n && gm_equal_nocase(name + length - n, extensions[i])) return true;
    }
    return false;
}
