#include "preprocessing_internal.h"

#include <string.h>

#define GM_FEATURE_SET(name) extern const gm_feature_set name;
#include "feature_sets.list.h"
#undef GM_FEATURE_SET

static const gm_feature_set *const sets[] = {
#define GM_FEATURE_SET(name) &name,
#include "feature_sets.list.h"
#undef GM_FEATURE_SET
};

const gm_feature_set *const *gm_feature_sets(size_t *count) {
    *count = GM_COUNT(sets);
    return sets;
}

const gm_feature_set *gm_feature_set_find(const char *name) {
    for (size_t i = 0; i < GM_COUNT(sets); i++)
        if (name && strcmp(sets[i]->name, name) == 0) return sets[i];
    return NULL;
}
