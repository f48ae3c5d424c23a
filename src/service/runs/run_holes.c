#include "run_holes.h"

gm_status run_holes_read(const char *dir, run_holes *out, gm_error *err) {
    gm_auto_free char *path = gm_path_join(dir, "out_of_fold.csv");
    run_holes made = {0};
    *out = made;
    if (!path) return gm_nomem(err);
    if (!gm_file_exists(path)) return GM_OK;
    GM_TRY(gm_out_of_fold_read(path, &made.table, err));
    made.count = made.table.count;
    if (!(made.items = gm_alloc_array(made.count + 1, sizeof *made.items)))
        return run_holes_finish(&made), gm_nomem(err);
    for (size_t i = 0; i < made.count; i++) {
        const gm_out_of_fold_row *row = &made.table.rows[i];
        run_hole *hole = &made.items[i];
        *hole = (run_hole){.file = row->file, .fold = row->fold};
        for (int p = 0; p < GM_N_EVAL; p++) hole->error_mm[p] = gm_out_of_fold_error_mm(row, p);
    }
    *out = made;
    return GM_OK;
}

void run_holes_finish(run_holes *holes) {
    gm_free(holes->items);
    gm_out_of_fold_finish(&holes->table);
    *holes = (run_holes){0};
}
