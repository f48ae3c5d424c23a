/* One training step of the inference system's PatchTSMixer (forward, backward, AdamW), timed.
 *
 * usage: train_step [--threads N] [--dropout P] [--batch B] [--steps N] [--micro N] [--shared DIR]
 * With --shared, weights and batch are those that bench/train_step_torch.py left in DIR, and with dropout 0 the first
 * gradient is compared with torch's. The last line of output is JSON: ms, losses, peak_mb, gradient_error. */
#include "models/patchtsmixer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { WARMUP = 2, CHANNELS = 17, LENGTH = 512, MOST_STEPS = 1000 };

typedef struct {
    int threads, batch, steps, micro;
    double dropout;
    const char *shared;
} flags;

static void die(const gm_error *err) {
    fprintf(stderr, "train_step: %s\n", err->message);
    exit(1);
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Of all threads: with one thread, what the step costs however busy the machine is. */
static double cpu_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double peak_mb(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

static void read_floats(const char *dir, const char *file, size_t offset, float *out, size_t n) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", dir, file);
    FILE *in = fopen(path, "rb");
    if (!in || fseek(in, (long)(offset * sizeof(float)), SEEK_SET) != 0 || fread(out, sizeof(float), n, in) != n) {
        fprintf(stderr, "train_step: cannot read %zu numbers from %s\n", n, path);
        exit(1);
    }
    fclose(in);
}

/* Reads one vector of torch's state dict into our order. Every parameter must be there. */
static void read_state(const flags *f, const gm_graph *graph, const char *file, float *out) {
    char path[1024], name[256];
    snprintf(path, sizeof path, "%s/weights.txt", f->shared);
    FILE *table = fopen(path, "r");
    size_t offset, size;
    int found = 0;
    while (table && fscanf(table, "%255s %zu %zu", name, &offset, &size) == 3) {
        int index = gm_parameter_index(graph, name);
        gm_parameter_info p = gm_parameter_at(graph, index);
        if (index < 0 || p.size != size) {
            fprintf(stderr, "train_step: torch has %s with %zu numbers, here %zu\n", name, size, p.size);
            exit(1);
        }
        read_floats(f->shared, file, offset, out + p.offset, size);
        found++;
    }
    if (table) fclose(table);
    if (found != gm_parameter_count(graph)) {
        fprintf(stderr, "train_step: %d of %d tensors in %s\n", found, gm_parameter_count(graph), path);
        exit(1);
    }
}

static void make_batch(int batch, float *past, float *future) {
    gm_random r;
    gm_random_init(&r, 1, 1);
    for (int b = 0; b < batch; b++)
        for (int t = 0; t < LENGTH; t++)
            for (int c = 0; c < CHANNELS; c++) {
                size_t at = ((size_t)b * LENGTH + (size_t)t) * CHANNELS + (size_t)c;
                past[at] = (float)(sin(t / 40.0 + b + c) + 0.3 * gm_random_normal(&r));
                future[at] = (float)exp(-0.5 * pow((t - 200 - 5 * b - c) / 12.0, 2));
            }
}

/* Largest difference of any tensor's gradient, relative to that tensor's largest entry. */
static double gradient_error(const flags *f, const gm_graph *graph, const float *grads) {
    gm_auto_free float *expected = gm_calloc(gm_parameters_size(graph), sizeof *expected);
    read_state(f, graph, "grads.bin", expected);
    double worst = 0;
    for (int i = 0; i < gm_parameter_count(graph); i++) {
        gm_parameter_info p = gm_parameter_at(graph, i);
        double largest = 0, difference = 0;
        for (size_t k = p.offset; k < p.offset + p.size; k++) {
            largest = fmax(largest, fabs((double)expected[k]));
            difference = fmax(difference, fabs((double)grads[k] - (double)expected[k]));
        }
        if (largest > 1e-7) worst = fmax(worst, difference / largest);
    }
    return worst;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static flags parse(int argc, char **argv) {
    flags f = {.threads = 1, .batch = 32, .steps = 8, .dropout = 0.2};
    for (int i = 1; i + 1 < argc; i += 2) {
        long n = strtol(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--threads") == 0)
            f.threads = (int)n;
        else if (strcmp(argv[i], "--batch") == 0)
            f.batch = (int)n;
        else if (strcmp(argv[i], "--steps") == 0)
            f.steps = (int)n;
        else if (strcmp(argv[i], "--micro") == 0)
            f.micro = (int)n;
        else if (strcmp(argv[i], "--dropout") == 0)
            gm_parse_double(argv[i + 1], &f.dropout);
        else if (strcmp(argv[i], "--shared") == 0)
            f.shared = argv[i + 1];
    }
    if (f.steps < 1 || f.steps > MOST_STEPS - WARMUP || f.batch < 1) exit(2);
    return f;
}

int main(int argc, char **argv) {
    flags f = parse(argc, argv);
    gm_error err = {0};
    double start_mb = peak_mb();
    gm_patchtsmixer_config config;
    gm_patchtsmixer_inference_system(&config, CHANNELS);
    config.dropout = config.head_dropout = f.dropout;
    gm_auto(gm_graph) graph = gm_graph_new();
    gm_patchtsmixer_build(graph, &config, (gm_patchtsmixer_use){.with_targets = true});
    gm_auto(gm_plan) plan = NULL;
    gm_auto(gm_workspace) workspace = NULL;
    gm_auto(gm_threads) threads = NULL;
    gm_plan_options options = {.training = true, .micro_batch = f.micro};
    if (gm_graph_check(graph, &err) || gm_plan_new(graph, options, &plan, &err) ||
        gm_threads_new(f.threads, &threads, &err) || gm_workspace_new(plan, f.threads, &workspace, &err))
        die(&err);
    size_t n = gm_parameters_size(graph), entries = (size_t)f.batch * LENGTH * CHANNELS;
    gm_auto_free float *params = gm_calloc(n, sizeof(float)), *grads = gm_calloc(n, sizeof(float));
    gm_auto_free float *m = gm_calloc(n, sizeof(float)), *v = gm_calloc(n, sizeof(float));
    gm_auto_free float *past = gm_calloc(entries, sizeof(float)), *future = gm_calloc(entries, sizeof(float));
    if (gm_patchtsmixer_initialise(graph, &config, 1, params, &err)) die(&err);
    make_batch(f.batch, past, future);
    if (f.shared) {
        read_state(&f, graph, "weights.bin", params);
        read_floats(f.shared, "past.bin", 0, past, entries);
        read_floats(f.shared, "future.bin", 0, future, entries);
    }
    double times[MOST_STEPS], cpu_times[MOST_STEPS], losses[MOST_STEPS], error = 0;
    const float *const inputs[] = {past, future};
    for (int i = 0; i < WARMUP + f.steps; i++) {
        double begin = seconds(), cpu_begin = cpu_seconds();
        gm_key key = {.seed = 1, .step = (uint64_t)i};
        if (gm_plan_step(plan, workspace, threads, params, inputs, f.batch, NULL, key, grads, &losses[i], NULL, &err))
            die(&err);
        if (i == 0 && f.shared && f.dropout == 0) error = gradient_error(&f, graph, grads);
        gm_adamw_options adamw = {.learning_rate = 1e-3,
                                  .beta1 = 0.9,
                                  .beta2 = 0.999,
                                  .epsilon = 1e-8,
                                  .weight_decay = 0.01,
                                  .gradient_scale = 1,
                                  .step = i + 1};
        gm_adamw(params, m, v, grads, gm_trainable_size(graph), adamw, threads);
        if (i < WARMUP) continue;
        times[i - WARMUP] = (seconds() - begin) * 1e3;
        cpu_times[i - WARMUP] = (cpu_seconds() - cpu_begin) * 1e3;
    }
    if (error > 1e-3) {
        fprintf(stderr, "train_step: a gradient differs from torch's by %.2e: not the same work\n", error);
        return 1;
    }
    qsort(times, (size_t)f.steps, sizeof *times, by_size);
    qsort(cpu_times, (size_t)f.steps, sizeof *cpu_times, by_size);
    printf("{\"ms\": %.3f, \"min_ms\": %.3f, \"cpu_ms\": %.3f, \"cpu\": \"%s\", \"workspace_mb\": %.1f, \"peak_mb\": "
           "%.1f, "
           "\"gradient_error\": %.3g, \"losses\": [",
           times[f.steps / 2], times[0], cpu_times[f.steps / 2], gm_cpu_name(),
           (double)gm_workspace_size(workspace) / 1048576, peak_mb() - start_mb, error);
    for (int i = 0; i < WARMUP + f.steps; i++) printf("%s%.8g", i ? ", " : "", losses[i]);
    printf("]}\n");
    return 0;
}
