/* Counter-based random numbers: Philox4x32-10 (Salmon et al., SC 2011), the same on every machine and thread count.
 *
 * A stream is named by a 64-bit key (seed) and a 64-bit stream number (hash of fold, epoch, sample, operation ...);
 * the position in it is a counter, so any number can be made at any time, in any order. */
#ifndef GIMLET_BASE_RANDOM_H
#define GIMLET_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t key;
    uint64_t stream;
    uint64_t counter; /* blocks used so far */
    uint32_t block[4];
    int used; /* words of block handed out; 4 = none left */
} gm_random;

void gm_random_init(gm_random *r, uint64_t seed, uint64_t stream);
/* Mix numbers into one stream name; order matters. gm_stream(3, fold, epoch, sample). */
uint64_t gm_stream(int count, ...); /* count arguments of type uint64_t */
/* Philox4x32 with that many rounds: 10, or 7, the fewest that pass all of BigCrush (Salmon et al., SC 2011, table 2). */
void gm_philox(int rounds, uint64_t key, uint64_t stream, uint64_t counter, uint32_t out[4]);
/* The next number of xoshiro128++ 1.0 (Blackman and Vigna, ACM TOMS 47, 2021); the state is anything but four zeros. */
uint32_t gm_xoshiro(uint32_t state[4]);

uint32_t gm_random_u32(gm_random *r);
double gm_random_uniform(gm_random *r);             /* [0, 1) with 53 bits */
double gm_random_normal(gm_random *r);              /* mean 0, sd 1 (Box-Muller) */
uint32_t gm_random_below(gm_random *r, uint32_t n); /* 0..n-1 without bias; n > 0 */
void gm_random_shuffle(gm_random *r, uint32_t *items, size_t count);

#endif
