/* Dropout decisions from Philox4x32-10 (Salmon et al., SC 2011): 16 bits each, the same for every vector width.
 *
 * Entry e of a sample belongs to group e / 64, whose eight blocks have counters 8 (e / 64) + 0 ... 7. Lane l = e % 16
 * uses counter l / 2 and word l % 2 (+ 2 for the second half of the group), its low half in even rows of 16, its high
 * half in odd ones. gm_philox of base/ gives the same words one at a time; the reference implementation uses it. */
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

/* 64 multipliers, 0 or factor, for the entries 64 group ... 64 group + 63. */
INLINE void dice_group(const dice *d, uint64_t group, float *out) {
    for (int part = 0; part < 16 / VL; part++) {
        uint64_t first = group * 8 + (uint64_t)(part * VL / 2);
        vu64 counter;
        for (int i = 0; i < VL / 2; i++) counter[i] = first + (uint64_t)i;
        vu64 c0 = counter, c1 = counter >> 32, c2 = (vu64){0} + (uint32_t)d->stream, c3 = (vu64){0} + (d->stream >> 32);
        uint32_t k0 = (uint32_t)d->key, k1 = (uint32_t)(d->key >> 32);
        for (int round = 0; round < 10; round++) {
            vu64 p0 = vmul_low(c0, (vu64){0} + 0xD2511F53u), p1 = vmul_low(c2, (vu64){0} + 0xCD9E8D57u);
            c0 = (p1 >> 32) ^ c1 ^ k0;
            c2 = (p0 >> 32) ^ c3 ^ k1;
            c1 = p1, c3 = p0;
            k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
        }
        vu32 low = (vu32)((c0 & 0xffffffff) | (c1 << 32)), high = (vu32)((c2 & 0xffffffff) | (c3 << 32));
        vf keep = vsplat(d->factor);
        vi limit = (vi){0} + (int32_t)d->threshold;
        vstore(out + part * VL, (vf)((vi)keep & ((vi)(low & 0xffff) >= limit)));
        vstore(out + 16 + part * VL, (vf)((vi)keep & ((vi)(low >> 16) >= limit)));
        vstore(out + 32 + part * VL, (vf)((vi)keep & ((vi)(high & 0xffff) >= limit)));
        vstore(out + 48 + part * VL, (vf)((vi)keep & ((vi)(high >> 16) >= limit)));
    }
}

#endif
