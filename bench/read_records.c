/* Time reading every record below a folder into arrays, on one thread. Prints one line of JSON. */
#include "data/ingestion/ingestion.h"

#include <stdio.h>

int main(int argc, char **argv) {
    gm_file_list files;
    gm_error err = {0};
    if (argc != 2 || gm_list_files(argv[1], &files, &err) != GM_OK) {
        fprintf(stderr, "usage: read_records FOLDER (%s)\n", err.message);
        return 2;
    }
    double started_s = gm_seconds(), torque_sum = 0;
    size_t rows = 0;
    int64_t bytes = 0;
    for (size_t i = 0; i < files.count; i++) {
        if (!gm_ends_with(files.items[i].path, ".xls")) continue;
        gm_auto_findings findings = GM_FINDINGS_INIT;
        gm_auto(gm_record) record = NULL;
        if (gm_read_record_file(files.items[i].path, &record, &findings, NULL, &err) != GM_OK) {
            fprintf(stderr, "%s: %s\n", files.items[i].path, err.message);
            return 1;
        }
        rows += record->n;
        bytes += files.items[i].size_bytes;
        torque_sum += (double)record->torque_a[record->n / 2]; /* something that depends on the data */
    }
    double ms = (gm_seconds() - started_s) * 1e3;
    printf("{\"ms\": %.3f, \"rows\": %zu, \"bytes\": %lld, \"check\": %.3f}\n", ms, rows, (long long)bytes, torque_sum);
    gm_file_list_finish(&files);
    return 0;
}
