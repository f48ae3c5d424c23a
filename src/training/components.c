#include "components_internal.h"

#include <string.h>

#define GM_LOSS(name) extern const gm_training_loss name;
#include "losses.list.h"
#define GM_SCHEDULE(name) extern const gm_schedule name;
#include "schedules.list.h"
#define GM_OPTIMIZER(name) extern const gm_optimizer name;
#include "optimizers.list.h"
#define GM_STRATEGY(name) extern const gm_strategy name;
#include "strategies.list.h"

static const gm_training_loss *const losses[] = {
#define GM_LOSS(name) &name,
#include "losses.list.h"
};
static const gm_schedule *const schedules[] = {
#define GM_SCHEDULE(name) &name,
#include "schedules.list.h"
};
static const gm_optimizer *const optimizers[] = {
#define GM_OPTIMIZER(name) &name,
#include "optimizers.list.h"
};
static const gm_strategy *const strategies[] = {
#define GM_STRATEGY(name) &name,
#include "strategies.list.h"
};

/* Find by name, and all names, of one list. */
#define LOOKUP(type, list, prefix)                                                                                     \
    const type *prefix##_find(const char *name) {                                                                      \
        for (size_t i = 0; i < GM_COUNT(list); i++)                                                                    \
            if (name && strcmp(list[i]->name, name) == 0) return list[i];                                              \
        return NULL;                                                                                                   \
    }                                                                                                                  \
    const char *const *prefix##_names(void) {                                                                          \
        static _Thread_local const char *names[GM_COUNT(list) + 1];                                                    \
        for (size_t i = 0; i < GM_COUNT(list); i++) names[i] = list[i]->name;                                          \
        return names;                                                                                                  \
    }

LOOKUP(gm_training_loss, losses, gm_training_loss)
LOOKUP(gm_schedule, schedules, gm_schedule)
LOOKUP(gm_optimizer, optimizers, gm_optimizer)
LOOKUP(gm_strategy, strategies, gm_strategy)

const gm_strategy *const *gm_strategies(size_t *count) {
    *count = GM_COUNT(strategies);
    return strategies;
}

gm_status gm_unknown_component(gm_error *err, const char *key, const char *value, const char *const *names) {
    gm_auto_text known = GM_TEXT_INIT;
    size_t n = 0;
    for (; names[n]; n++) gm_text_printf(&known, "%s%s", n ? ", " : "", names[n]);
    const char *nearest = gm_nearest_name(value ? value : "", names, n);
    gm_auto_text hint = GM_TEXT_INIT;
    if (nearest) gm_text_printf(&hint, "did you mean '%s'?", nearest);
    return gm_fail_at(err, GM_E_ARG, 0, 0, gm_text_c(&hint), "%s is '%s'; it must be one of: %s", key,
                      value ? value : "", gm_text_c(&known));
}
