/* Which kernels run here, and the helpers that pick from their tables. */
#include "op_internal.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* From the best down; the last runs everywhere. */
static const struct {
    const char *name;
    const char *long_name;
    const gm_isa *isa;
} tables[] = {
#if defined(__x86_64__)
    {"v4", "x86-64-v4", &gm_isa_v4},
    {"v3", "x86-64-v3", &gm_isa_v3},
    {"v2", "x86-64-v2", &gm_isa_v2},
#else
    {"v2", "baseline", &gm_isa_v2},
#endif
};

static bool has(const char *name) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (strcmp(name, "v4") == 0)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (strcmp(name, "v3") == 0)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
#endif
    return strcmp(name, "v2") == 0;
}

/* Also what only tests ask for: AVX-512 in the instructions of AVX2 (meson option emulate_avx512). */
static bool runs_here(const char *name) {
#if defined(GM_AVX512_EMULATED)
    if (strcmp(name, "v4") == 0) return has("v3");
#endif
    return has(name);
}

static atomic_int wished = -1; /* index in tables; gm_cpu_use */

static size_t current_index(void) {
    int wish = atomic_load(&wished);
    if (wish >= 0) return (size_t)wish;
    const char *forced = getenv("GIMLET_CPU");
    if (forced && gm_starts_with(forced, "x86-64-")) forced += 7;
    for (size_t i = 0; forced && i < GM_COUNT(tables); i++)
        if (strcmp(tables[i].name, forced) == 0 && runs_here(forced)) return i;
    for (size_t i = 0; i < GM_COUNT(tables); i++)
        if (has(tables[i].name)) return i;
    return GM_COUNT(tables) - 1;
}

const gm_isa *gm_isa_current(void) {
    return tables[current_index()].isa;
}

const gm_isa *gm_isa_named(const char *name) {
    for (size_t i = 0; i < GM_COUNT(tables); i++)
        if (strcmp(tables[i].name, name) == 0 && runs_here(name)) return tables[i].isa;
    return NULL;
}

gm_status gm_cpu_use(const char *name, gm_error *err) {
    for (size_t i = 0; name && i < GM_COUNT(tables); i++)
        if (strcmp(tables[i].long_name, name) == 0 && runs_here(tables[i].name)) {
            atomic_store(&wished, (int)i);
            return GM_OK;
        }
    if (name) return gm_fail(err, GM_E_UNAVAILABLE, "this machine has no %s", name);
    atomic_store(&wished, -1);
    return GM_OK;
}

const char *gm_cpu_name(void) {
    return tables[current_index()].long_name;
}

enum { ADAMW_PIECE = 1 << 15 };

typedef struct {
    float *params, *m, *v;
    const float *grads;
    size_t n;
    float factors[9];
    const gm_isa *isa;
} adamw_job;

static void adamw_piece(void *ctx, size_t index, int worker) {
    (void)worker;
    const adamw_job *job = ctx;
    size_t from = index * ADAMW_PIECE, n = GM_MIN((size_t)ADAMW_PIECE, job->n - from);
    job->isa->adamw(job->params + from, job->m + from, job->v + from, job->grads + from, n, job->factors);
}

void gm_adamw(float *params, float *m, float *v, const float *grads, size_t n, gm_adamw_options options,
              gm_threads *threads) {
    double bias1 = 1 - pow(options.beta1, (double)options.step), bias2 = 1 - pow(options.beta2, (double)options.step);
    adamw_job job = {.params = params, .m = m, .v = v, .grads = grads, .n = n, .isa = gm_isa_current()};
    const double factors[] = {1 - options.learning_rate * options.weight_decay,
                              options.beta1,
                              1 - options.beta1,
                              options.beta2,
                              1 - options.beta2,
                              options.learning_rate / bias1,
                              1 / sqrt(bias2),
                              options.epsilon,
                              options.gradient_scale};
    for (size_t i = 0; i < GM_COUNT(factors); i++) job.factors[i] = (float)factors[i];
    gm_threads_run(threads, (n + ADAMW_PIECE - 1) / ADAMW_PIECE, adamw_piece, &job);
}

double gm_square_sum(const float *values, size_t n) {
    return gm_isa_current()->square_sum(values, n);
}

uint64_t gm_dice_stream(const gm_dice *dice, int sample) {
    int at = dice->first_sample + sample;
    uint64_t id = dice->key.samples ? dice->key.samples[at] : (uint64_t)at;
    return gm_stream(4, dice->key.fold, dice->key.step, id, (uint64_t)dice->node);
}

double gm_dice_reference(const gm_dice *dice, int sample, double p, size_t entry) {
    uint32_t share = (uint32_t)(fmin(p, 255.0 / 256) * 65536 + 0.5);
    if (!dice->on || share == 0) return 1;
    uint64_t stream = gm_dice_stream(dice, sample), group = entry / 64, place = entry % 64;
    uint32_t state[4], number = 0;
    gm_philox(7, dice->key.seed, stream, place / 4, state);
    for (uint64_t g = 0; g <= group; g++) number = gm_xoshiro(state);
    uint32_t turn = ((stream >> 56) + 157 * group) % 256;
    return (number >> place % 4 * 8 & 255) >= share / 256 + (turn < share % 256) ? 65536.0 / (65536.0 - share) : 0;
}
