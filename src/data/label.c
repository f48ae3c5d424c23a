#include "label.h"

const char *gm_point_name(gm_point point) {
    static const char *const names[GM_N_POINTS] = {"entry", "transition", "exit"};
    return names[point];
}

const char *gm_label_source_name(gm_label_source source) {
    static const char *const names[GM_N_SOURCES] = {"rule", "model", "expert", "truth"};
    return names[source];
}

const char *gm_label_category(double confidence) {
    return confidence > 0.9 ? "high" : confidence > 0.7 ? "medium" : "low";
}

int gm_grip_code(double hole_depth_mm) {
    static const double unit_mm = 1.5875, tolerance_mm = 0.127;
    if (!(hole_depth_mm > tolerance_mm)) return 0;
    return (int)ceil((hole_depth_mm - tolerance_mm) / unit_mm);
}
