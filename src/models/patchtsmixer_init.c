/* Seeded initial weights, in either scheme of transformers, and the table of positions. */
#include "patchtsmixer.h"

#include <math.h>
#include <string.h>

/* E[n, 2k] = sin(n w_k), E[n, 2k+1] = cos(n w_k), w_k = exp(-2k ln(10000) / D); centred, then divided by ten times the
 * unbiased standard deviation: within 3e-6 of upstream's, which is computed in float32. */
static void sincos_table(int patches, int width, float *out) {
    size_t n = (size_t)patches * (size_t)width;
    double mean = 0, squares = 0;
    for (int p = 0; p < patches; p++)
        for (int d = 0; d < width; d++) {
            double angle = p * exp(-(d - d % 2) * log(10000.0) / width);
            double e = d % 2 ? cos(angle) : sin(angle);
            out[p * width + d] = (float)e;
            mean += e / (double)n;
        }
    for (size_t i = 0; i < n; i++) squares += ((double)out[i] - mean) * ((double)out[i] - mean);
    double sd = sqrt(squares / (double)(n - 1));
    for (size_t i = 0; i < n; i++) out[i] = (float)(((double)out[i] - mean) / (10 * sd));
}

/* Columns of the weight that belongs to a bias; 0 where there is none. */
static int fan_in_of_bias(const gm_graph *graph, const char *bias) {
    char name[256];
    size_t stem = strlen(bias) - strlen("bias");
    if (stem + sizeof "weight" > sizeof name) return 0;
    memcpy(name, bias, stem);
    memcpy(name + stem, "weight", sizeof "weight");
    int index = gm_parameter_index(graph, name);
    gm_parameter_info weight = gm_parameter_at(graph, index);
    return index >= 0 && weight.rank == 2 ? weight.dims[1] : 0;
}

static void fill_normal(gm_random *r, double sd, float *out, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = (float)(sd * gm_random_normal(r));
}

static void fill_uniform(gm_random *r, int fan_in, float *out, size_t n) {
    double bound = 1 / sqrt((double)fan_in);
    for (size_t i = 0; i < n; i++) out[i] = (float)(bound * (2 * gm_random_uniform(r) - 1));
}

static void fill_constant(float value, float *out, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = value;
}

gm_status gm_patchtsmixer_initialise(const gm_graph *graph, const gm_patchtsmixer_config *config, uint64_t seed,
                                     float *params, gm_error *err) {
    GM_TRY(gm_graph_check(graph, err));
    bool v4 = config->init == GM_PTSM_INIT_V4;
    for (int i = 0; i < gm_parameter_count(graph); i++) {
        gm_parameter_info p = gm_parameter_at(graph, i);
        float *out = params + p.offset;
        gm_random r; /* a stream per parameter: a change elsewhere in the graph leaves this one as it is */
        gm_random_init(&r, seed, gm_stream(2, (uint64_t)0x696e6974, (uint64_t)i));
        if (gm_ends_with(p.name, "position_enc")) {
            if (config->positional_encoding_type == GM_PTSM_SINCOS)
                sincos_table(p.dims[0], p.dims[1], out);
            else
                fill_normal(&r, v4 ? 1 : 0.1, out, p.size);
        } else if (strstr(p.name, ".norm.") || strstr(p.name, ".norm_attn.")) {
            bool one = gm_ends_with(p.name, ".weight") || gm_ends_with(p.name, "running_var");
            fill_constant(one ? 1 : 0, out, p.size);
        } else if (gm_ends_with(p.name, ".weight")) {
            if (v4)
                fill_uniform(&r, p.dims[1], out, p.size);
            else
                fill_normal(&r, config->init_std, out, p.size);
        } else {
            int fan_in = v4 ? fan_in_of_bias(graph, p.name) : 0;
            if (fan_in)
                fill_uniform(&r, fan_in, out, p.size);
            else
                fill_constant(0, out, p.size);
        }
    }
    return GM_OK;
}
