/* Dropout decisions from Philox4x32-7 (Salmon et al., SC 2011): 16 bits each, the same for every vector width.
 *
 * Entry e of a sample belongs to group e / 64, whose eight blocks have counters 8 (e / 64) + 0 ... 7. With i = e % 64
 * and l = i % 32 / 2 it uses counter l / 2, word l % 2 (+ 2 where i >= 32), and of it the half i % 2. Decisions are
 * kept as one bit each. gm_philox of base/ gives the same words one at a time; gm_dice_reference uses it. */
#ifndef GIMLET_ENGINE_CPU_PHILOX_INTERNAL_H
#define GIMLET_ENGINE_CPU_PHILOX_INTERNAL_H

#include "vector_internal.h"

typedef uint64_t vu64 __attribute__((vector_size(VL * 4)));
typedef uint32_t vu32 __attribute__((vector_size(VL * 4)));

/* Product of the low halves. */
INLINE vu64 vmul_low(vu64 a, vu64 b) {
#if VL == 16
    return (vu64)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#elif VL == 8
    return (vu64)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#elif defined(__x86_64__)
    return (vu64)_mm_mul_epu32((__m128i)a, (__m128i)b);
#else
    return (a & 0xffffffff) * (b & 0xffffffff);
#endif
}

/* The high halves, in the low ones; the high ones keep something. A shuffle, as products keep the shifter's port busy.
 */
INLINE vu64 vhigh(vu64 a) {
#if VL == 16
    return (vu64)_mm512_shuffle_epi32((__m512i)a, 0xF5);
#elif VL == 8
    return (vu64)_mm256_shuffle_epi32((__m256i)a, 0xF5);
#elif defined(__x86_64__)
    return (vu64)_mm_shuffle_epi32((__m128i)a, 0xF5);
#else
    return a >> 32;
#endif
}

enum { DICE_GROUP = 64 };

/* Probability to drop as a 16-bit threshold, and what kept entries are multiplied with: 1 over the true share kept. */
typedef struct {
    uint64_t key, stream;
    uint32_t threshold;
    float factor;
} dice;

INLINE uint32_t dice_threshold(double p) {
    return (uint32_t)(p * 65536 + 0.5);
}

INLINE dice dice_new(uint64_t key, uint64_t stream, double p) {
    uint32_t threshold = dice_threshold(p);
    return (dice){
        .key = key, .stream = stream, .threshold = threshold, .factor = 65536.0f / (65536.0f - (float)threshold)};
}

/* The words of VL / 2 blocks: low holds words 0 and 1 of each, high words 2 and 3. */
INLINE void philox_blocks(const dice *d, uint64_t first, vu32 *low, vu32 *high) {
#if VL == 16
    vu64 counter = (vu64){0, 1, 2, 3, 4, 5, 6, 7} + first;
#elif VL == 8
    vu64 counter = (vu64){0, 1, 2, 3} + first;
#else
    vu64 counter = (vu64){0, 1} + first;
#endif
    vu64 c0 = counter, c1 = counter >> 32, c2 = (vu64){0} + (uint32_t)d->stream, c3 = (vu64){0} + (d->stream >> 32);
    uint32_t k0 = (uint32_t)d->key, k1 = (uint32_t)(d->key >> 32);
#pragma GCC unroll 7
    for (int round = 0; round < 7; round++) {
        vu64 p0 = vmul_low(c0, (vu64){0} + 0xD2511F53u), p1 = vmul_low(c2, (vu64){0} + 0xCD9E8D57u);
        c0 = vhigh(p1) ^ c1 ^ k0; /* the upper halves carry rubbish that no product reads */
        c2 = vhigh(p0) ^ c3 ^ k1;
        c1 = p1, c3 = p0;
        k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
    }
    *low = (vu32)((c0 & 0xffffffff) | (c1 << 32));
    *high = (vu32)((c2 & 0xffffffff) | (c3 << 32));
}

/* One bit for each 16-bit half that is not below the threshold. parts: the vectors of one half of a group. */
INLINE uint32_t dice_compare(const vu32 parts[16 / VL], uint32_t threshold) {
#if VL == 16
    return _mm512_cmpge_epu16_mask((__m512i)parts[0], _mm512_set1_epi16((short)threshold));
#elif VL == 8
    __m256i t = _mm256_set1_epi16((short)threshold), a = (__m256i)parts[0], b = (__m256i)parts[1];
    __m256i keep_a = _mm256_cmpeq_epi16(_mm256_max_epu16(a, t), a),
            keep_b = _mm256_cmpeq_epi16(_mm256_max_epu16(b, t), b);
    return (uint32_t)_mm256_movemask_epi8(_mm256_permute4x64_epi64(_mm256_packs_epi16(keep_a, keep_b), 0xD8));
#else
    uint32_t bits = 0;
    for (int i = 0; i < 32; i++) {
        uint32_t word = parts[i / 8][i % 8 / 2];
        bits |= (uint32_t)((i % 2 ? word >> 16 : word & 0xffff) >= threshold) << i;
    }
    return bits;
#endif
}

/* The decisions of `count` groups from `first` on: bit i of out[g] is set where entry 64 (first + g) + i is kept. */
INLINE void dice_roll(const dice *d, size_t first, size_t count, uint64_t *out) {
    for (size_t g = 0; g < count; g++) {
        vu32 low[16 / VL], high[16 / VL];
        for (int part = 0; part < 16 / VL; part++)
            philox_blocks(d, (first + g) * 8 + (uint64_t)(part * VL / 2), &low[part], &high[part]);
        out[g] = dice_compare(low, d->threshold) | (uint64_t)dice_compare(high, d->threshold) << 32;
    }
}

/* Multipliers of VL entries from their bits (the lowest VL count): factor where set, else 0. */
INLINE vf dice_factors(uint64_t bits, vf factor) {
#if VL == 16
    return (vf)_mm512_maskz_mov_ps((__mmask16)bits, (__m512)factor);
#elif VL == 8
    const vi place = {1, 2, 4, 8, 16, 32, 64, 128};
    return (vf)((vi)factor & ((((vi){0} + (int32_t)(bits & 255)) & place) == place));
#else
    const vi place = {1, 2, 4, 8};
    return (vf)((vi)factor & ((((vi){0} + (int32_t)(bits & 15)) & place) == place));
#endif
}

#endif
