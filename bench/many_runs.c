/* Makes a models folder of many finished runs, as a training leaves them but without models: many_runs DIR [N]. To
 * measure how fast they are searched: bench/many_runs.py. */
#include "../tests/service/synthetic_runs.h"

#include "base/random.h"

int main(int argc, char **argv) {
    static const char *const strategies[] = {"patchtsmixer_24cv", "patchtsmixer_single"};
    long n = 10000;
    gm_error err = {0};
    if (argc < 2 || (argc > 2 && !gm_parse_long(argv[2], &n))) return fputs("usage: many_runs DIR [N]\n", stderr), 2;
    gm_random random;
    gm_random_init(&random, 1, 2);
    for (long i = 0; i < n; i++) {
        char name[40], started[40];
        snprintf(name, sizeof name, "experiment_%05ld", i);
        snprintf(started, sizeof started, "2026-%02ld-%02ldT%02ld:%02ld:00.000Z", 1 + i / 900 % 12, 1 + i / 30 % 28,
                 i % 24, i % 60);
        synthetic_run run = {.name = name,
                             .strategy = strategies[i % 2],
                             .epochs = 2 + (int)(i % 9),
                             .seed = (int)i,
                             .exit_mae_mm = 0.02 + gm_random_uniform(&random),
                             .started = started,
                             .dataset = "0123456789abcdef"};
        if (synthetic_run_make(argv[1], &run, &err) != GM_OK) return fprintf(stderr, "%s\n", err.message), 1;
    }
    return 0;
}
