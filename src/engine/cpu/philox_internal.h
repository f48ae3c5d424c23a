/* Dropout decisions from Philox4x32-7 (Salmon et al., SC 2011): 8 bits each, the same for every vector width.
 *
 * Entry e of a sample belongs to group e / 64, whose four blocks have counters 4 (e / 64) + 0 ... 3. With i = e % 64 and
 * j = i % 32 it uses block j / 8, word j % 8 / 4 (+ 2 where i >= 32), byte j % 4 of it, lowest first. An entry is kept
 * where its byte is not below the threshold of its group (dice_threshold). Decisions are kept as one bit each. gm_philox
 * of base/ gives the same words one at a time; gm_dice_reference uses it. */
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
    vu32 words = (vu32)a;
#if VL == 16
    return (vu64)__builtin_shufflevector(words, words, 1, 1, 3, 3, 5, 5, 7, 7, 9, 9, 11, 11, 13, 13, 15, 15);
#elif VL == 8
    return (vu64)__builtin_shufflevector(words, words, 1, 1, 3, 3, 5, 5, 7, 7);
#else
    return (vu64)__builtin_shufflevector(words, words, 1, 1, 3, 3);
#endif
}

enum { DICE_GROUP = 64 };

/* Probability to drop in 1/65536, and what kept entries are multiplied with: 1 over the true share kept. */
typedef struct {
    uint64_t key, stream;
    uint32_t share;
    float factor;
} dice;

/* At most 255/256. */
INLINE uint32_t dice_share(double p) {
    uint32_t share = (uint32_t)(p * 65536 + 0.5);
    return share < 255 << 8 ? share : 255 << 8;
}

INLINE dice dice_new(uint64_t key, uint64_t stream, double p) {
    uint32_t share = dice_share(p);
    return (dice){.key = key, .stream = stream, .share = share, .factor = 65536.0f / (65536.0f - (float)share)};
}

/* What a byte of the group must reach: the share in 1/256, rounded up in as many groups of 256 as its rest says. Which
 * ones changes with the stream, so that every entry is dropped with the share's probability. */
INLINE uint32_t dice_threshold(uint64_t stream, uint32_t share, size_t group) {
    uint32_t turn = (uint32_t)(stream >> 56) + 157 * (uint32_t)group; /* odd: 256 groups take all values */
    return (share >> 8) + ((turn & 255) < (share & 255));
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

/* dice_roll makes the decisions of `count` groups from `first` on: bit i of out[g] is set where entry 64 (first + g) + i
 * is kept. */
#if VL == 16
/* Words of two groups at once, and of one too many where their number is odd. */
INLINE void dice_roll(const dice *d, size_t first, size_t count, uint64_t *out) {
    for (size_t g = 0; g < count; g += 2) {
        vu32 low, high;
        philox_blocks(d, (first + g) * 4, &low, &high);
        __m256i t0 = _mm256_set1_epi8((char)dice_threshold(d->stream, d->share, first + g));
        __m256i t1 = _mm256_set1_epi8((char)dice_threshold(d->stream, d->share, first + g + 1));
        __m512i thresholds = _mm512_inserti64x4(_mm512_castsi256_si512(t0), t1, 1);
        uint64_t keep_low = _mm512_cmpge_epu8_mask((__m512i)low, thresholds);
        uint64_t keep_high = _mm512_cmpge_epu8_mask((__m512i)high, thresholds);
        out[g] = (uint32_t)keep_low | keep_high << 32;
        if (g + 1 < count) out[g + 1] = keep_low >> 32 | keep_high >> 32 << 32;
    }
}
#else
/* One bit for each byte that is not below the threshold. parts: the vectors of one half of a group. */
INLINE uint32_t dice_compare(const vu32 parts[8 / VL], uint32_t threshold) {
#if VL == 8
    __m256i t = _mm256_set1_epi8((char)threshold), a = (__m256i)parts[0];
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_max_epu8(a, t), a));
#elif defined(__x86_64__)
    __m128i t = _mm_set1_epi8((char)threshold), a = (__m128i)parts[0], b = (__m128i)parts[1];
    uint32_t bits = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(a, t), a));
    return bits | (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(b, t), b)) << 16;
#else
    uint32_t bits = 0;
    for (int i = 0; i < 32; i++) {
        uint32_t word = parts[i / 16][i % 16 / 4];
        bits |= (uint32_t)((word >> i % 4 * 8 & 255) >= threshold) << i;
    }
    return bits;
#endif
}

INLINE void dice_roll(const dice *d, size_t first, size_t count, uint64_t *out) {
    for (size_t g = 0; g < count; g++) {
        vu32 low[8 / VL], high[8 / VL];
        for (int part = 0; part < 8 / VL; part++)
            philox_blocks(d, (first + g) * 4 + (uint64_t)(part * VL / 2), &low[part], &high[part]);
        uint32_t threshold = dice_threshold(d->stream, d->share, first + g);
        out[g] = dice_compare(low, threshold) | (uint64_t)dice_compare(high, threshold) << 32;
    }
}
#endif

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
