#include "random.h"

#include <math.h>
#include <stdarg.h>

void gm_philox(int rounds, uint64_t key, uint64_t stream, uint64_t counter, uint32_t out[4]) {
    uint32_t x0 = (uint32_t)counter, x1 = (uint32_t)(counter >> 32);
    uint32_t x2 = (uint32_t)stream, x3 = (uint32_t)(stream >> 32);
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int round = 0; round < rounds; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * x0, p1 = (uint64_t)0xCD9E8D57u * x2;
        uint32_t y0 = (uint32_t)(p1 >> 32) ^ x1 ^ k0, y2 = (uint32_t)(p0 >> 32) ^ x3 ^ k1;
        x1 = (uint32_t)p1;
        x3 = (uint32_t)p0;
        x0 = y0;
        x2 = y2;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = x0, out[1] = x1, out[2] = x2, out[3] = x3;
}

uint32_t gm_xoshiro(uint32_t s[4]) {
    uint32_t sum = s[0] + s[3], number = (sum << 7 | sum >> 25) + s[0], shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = s[3] << 11 | s[3] >> 21;
    return number;
}

void gm_random_init(gm_random *r, uint64_t seed, uint64_t stream) {
    *r = (gm_random){.key = seed, .stream = stream, .used = 4};
}

/* The finaliser of SplitMix64 (Steele et al., OOPSLA 2014). */
static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

uint64_t gm_stream(int count, ...) {
    uint64_t h = 0x9E3779B97F4A7C15u;
    va_list args;
    va_start(args, count);
    for (int i = 0; i < count; i++) h = mix(h + 0x9E3779B97F4A7C15u + mix(va_arg(args, uint64_t)));
    va_end(args);
    return h;
}

uint32_t gm_random_u32(gm_random *r) {
    if (r->used == 4) {
        gm_philox(10, r->key, r->stream, r->counter++, r->block);
        r->used = 0;
    }
    return r->block[r->used++];
}

double gm_random_uniform(gm_random *r) {
    uint64_t high = gm_random_u32(r) >> 5, low = gm_random_u32(r) >> 6;
    return (double)(high << 26 | low) * 0x1p-53;
}

double gm_random_normal(gm_random *r) {
    double radius = sqrt(-2.0 * log(1.0 - gm_random_uniform(r)));
    return radius * cos(6.283185307179586 * gm_random_uniform(r));
}

/* Lemire's multiplication with rejection (ACM TOMACS 29, 2019). */
uint32_t gm_random_below(gm_random *r, uint32_t n) {
    uint64_t product = (uint64_t)gm_random_u32(r) * n;
    if ((uint32_t)product < n) {
        uint32_t threshold = -n % n;
        while ((uint32_t)product < threshold) product = (uint64_t)gm_random_u32(r) * n;
    }
    return (uint32_t)(product >> 32);
}

void gm_random_shuffle(gm_random *r, uint32_t *items, size_t count) {
    for (size_t i = count; i > 1; i--) {
        size_t j = gm_random_below(r, (uint32_t)i);
        uint32_t item = items[i - 1];
        items[i - 1] = items[j];
        items[j] = item;
    }
}
