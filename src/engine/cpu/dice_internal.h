/* Dropout decisions, 8 bits each, the same for every vector width: sixteen xoshiro128++ generators side by side (Blackman
 * and Vigna, ACM TOMS 47, 2021), a sample's own, generator i seeded with block i of its Philox stream.
 *
 * Entry e of a sample belongs to group e / 64. With i = e % 64 it uses number e / 64 of generator i / 4, byte i % 4 of
 * it, lowest first. An entry is kept where its byte is not below the threshold of its group (dice_threshold). Decisions
 * are kept as one bit each. gm_dice_reference makes the same ones one at a time. */
#ifndef GIMLET_ENGINE_CPU_DICE_INTERNAL_H
#define GIMLET_ENGINE_CPU_DICE_INTERNAL_H

#include "base/random.h"
#include "vector_internal.h"

typedef uint32_t vu32 __attribute__((vector_size(VL * 4)));

enum { DICE_GROUP = 64, DICE_LANES = 16, DICE_VECTORS = DICE_LANES / VL };

/* Probability to drop in 1/65536: at most 255/256. */
INLINE uint32_t dice_share(double p) {
    uint32_t share = (uint32_t)(p * 65536 + 0.5);
    return share < 255 << 8 ? share : 255 << 8;
}

/* What kept entries are multiplied with: 1 over the true share kept. */
INLINE float dice_factor(double p) {
    return 65536.0f / (65536.0f - (float)dice_share(p));
}

typedef struct {
    uint64_t stream;
    uint32_t share;
    size_t group; /* the next one */
    vu32 state[4][DICE_VECTORS];
} dice;

static __attribute__((noinline, unused)) dice dice_new(uint64_t key, uint64_t stream, double p) {
    dice d = {.stream = stream, .share = dice_share(p)};
    uint32_t words[4][DICE_LANES], block[4];
    for (uint32_t i = 0; i < DICE_LANES; i++) {
        gm_philox(7, key, stream, i, block);
        for (int k = 0; k < 4; k++) words[k][i] = block[k];
    }
    memcpy(d.state, words, sizeof words);
    return d;
}

/* What a byte of the group must reach: the share in 1/256, rounded up in as many groups of 256 as its rest says. Which
 * ones changes with the stream, so that every entry is dropped with the share's probability. */
INLINE uint32_t dice_threshold(uint64_t stream, uint32_t share, size_t group) {
    uint32_t turn = (uint32_t)(stream >> 56) + 157 * (uint32_t)group; /* odd: 256 groups take all values */
    return (share >> 8) + ((turn & 255) < (share & 255));
}

/* One bit for each byte that is not below the threshold, a vector after the other. */
INLINE uint64_t dice_compare(const vu32 numbers[DICE_VECTORS], uint32_t threshold) {
#if VL == 16
    return _mm512_cmpge_epu8_mask((__m512i)numbers[0], _mm512_set1_epi8((char)threshold));
#elif VL == 8
    uint64_t bits = 0;
    for (int v = 0; v < DICE_VECTORS; v++) {
        __m256i x = (__m256i)numbers[v], highest = _mm256_max_epu8(x, _mm256_set1_epi8((char)threshold));
        bits |= (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(highest, x)) << 32 * v;
    }
    return bits;
#elif defined(__x86_64__)
    uint64_t bits = 0;
    for (int v = 0; v < DICE_VECTORS; v++) {
        __m128i x = (__m128i)numbers[v], highest = _mm_max_epu8(x, _mm_set1_epi8((char)threshold));
        bits |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(highest, x)) << 16 * v;
    }
    return bits;
#else
    uint64_t bits = 0;
    for (int i = 0; i < DICE_GROUP; i++)
        bits |= (uint64_t)((numbers[i / 4 / VL][i / 4 % VL] >> i % 4 * 8 & 255) >= threshold) << i;
    return bits;
#endif
}

/* Decisions of the next `count` groups: bit i of out[g] is set where entry i of the group is kept. */
INLINE void dice_roll(dice *d, size_t count, uint64_t *out) {
    vu32 s[4][DICE_VECTORS], numbers[DICE_VECTORS];
    memcpy(s, d->state, sizeof s);
    for (size_t g = 0; g < count; g++) {
        for (int v = 0; v < DICE_VECTORS; v++) {
            vu32 sum = s[0][v] + s[3][v], shifted = s[1][v] << 9;
            numbers[v] = (sum << 7 | sum >> 25) + s[0][v];
            s[2][v] ^= s[0][v], s[3][v] ^= s[1][v], s[1][v] ^= s[2][v], s[0][v] ^= s[3][v];
            s[2][v] ^= shifted;
            s[3][v] = s[3][v] << 11 | s[3][v] >> 21;
        }
        out[g] = dice_compare(numbers, dice_threshold(d->stream, d->share, d->group + g));
    }
    memcpy(d->state, s, sizeof s);
    d->group += count;
}

/* Multipliers of the VL entries from `at` on, a multiple of VL: factor where the bit is set, else 0. */
INLINE vf dice_factors(const uint64_t *bits, size_t at, vf factor) {
#if VL == 16
    return (vf)_mm512_maskz_mov_ps((__mmask16)(bits[at / DICE_GROUP] >> at % DICE_GROUP), (__m512)factor);
#elif VL == 8
    const vi place = {1, 2, 4, 8, 16, 32, 64, 128};
    vi here = (vi)_mm256_set1_epi8(((const char *)bits)[at / 8]);
    return (vf)((vi)factor & ((here & place) == place));
#else
    const vi place = {1, 2, 4, 8};
    return (vf)((vi)factor & ((((vi){0} + (int32_t)(bits[at / DICE_GROUP] >> at % DICE_GROUP & 15)) & place) == place));
#endif
}

#endif
