#include "data/report/report.h"
#include "reports.h"

#include <stdio.h>
#include <string.h>

static void put_figures(gm_text *page, const gm_train_result *result) {
    gm_auto_text folds = GM_TEXT_INIT, holes = GM_TEXT_INIT, exit_mae = GM_TEXT_INIT, depth = GM_TEXT_INIT,
                 grip = GM_TEXT_INIT;
    gm_report_count(&folds, (size_t)result->n_folds);
    gm_report_count(&holes, result->n_holes);
    gm_report_number(&exit_mae, result->out_of_fold.points[GM_EXIT].mae_mm, 3);
    gm_report_number(&depth, result->out_of_fold.points[GM_EVAL_HOLE_DEPTH].mae_mm, 3);
    gm_report_percent(&grip, result->out_of_fold.grip_exact, 1);
    const gm_report_figure figures[] = {{gm_text_c(&holes), "holes learned from", NULL},
                                        {gm_text_c(&folds), "folds", NULL},
                                        {gm_text_c(&exit_mae), "exit, MAE in mm out of fold", NULL},
                                        {gm_text_c(&depth), "hole depth, MAE in mm", NULL},
                                        {gm_text_c(&grip), "grip code exact", NULL}};
    gm_report_figures(page, figures, GM_COUNT(figures));
}

gm_status report_run(const char *run_dir, const gm_train_result *result, const char *path, gm_error *err) {
    gm_auto_text page = GM_TEXT_INIT;
    gm_report_begin(&page, "Training run", gm_path_base(run_dir));
    put_figures(&page, result);
    gm_report_section(
        &page, "Accuracy out of fold",
        "Every hole is predicted by the one fold that has not seen it: what to expect on new holes of the same "
        "kinds. For holes of other programs or tools, hold some of them out and run gimlet evaluate on them.");
    report_metrics_table(&page, &result->out_of_fold, NULL);
    if (result->messages.length) {
        gm_report_heading(&page, "What to know");
        gm_report_paragraph(&page, gm_text_c(&result->messages));
    }
    GM_TRY(report_learning_curves(&page, run_dir, err));
    gm_report_end(&page);
    if (!gm_text_ok(&page)) return gm_nomem(err);
    return gm_write_file_fast(path, gm_text_c(&page), page.length, err);
}
