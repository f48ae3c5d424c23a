/* Heap, arenas, automatic cleanup.
 *
 * Errors     allocators return NULL when memory is out; callers answer gm_nomem(err).
 * Ownership  gm_auto(type) frees on every path out of a scope; gm_steal moves a pointer out of it.
 * Threads    the heap is thread-safe, an arena is not.
 *
 * All heap calls go through here so that tests can fail the n-th one (gm_memory_fail_after). */
#ifndef GIMLET_BASE_MEMORY_H
#define GIMLET_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *gm_alloc(size_t size);                /* not zeroed; size 0 gives a unique pointer */
void *gm_calloc(size_t count, size_t size); /* zeroed; NULL on overflow                  */
void *gm_realloc(void *p, size_t size);
void *gm_alloc_array(size_t count, size_t size); /* not zeroed; NULL on overflow              */
void *gm_realloc_array(void *p, size_t count, size_t size);
void *gm_alloc_aligned(size_t size); /* 64-byte aligned (huge pages from 4 MB), zeroed; free with gm_free */
void gm_free(void *p);               /* accepts NULL                              */
char *gm_strdup(const char *s);      /* NULL gives NULL                           */
char *gm_strndup(const char *s, size_t length);

/* Test hook: allocation number n from now (0 = the next) fails, and all after it; -1 switches off. */
void gm_memory_fail_after(long n);

/* Arena: many small allocations with one lifetime. Chunks grow; nothing is moved. */
typedef struct gm_arena gm_arena;
gm_arena *gm_arena_new(void);
void gm_arena_free(gm_arena *arena);                /* accepts NULL */
void *gm_arena_alloc(gm_arena *arena, size_t size); /* zeroed, 16-byte aligned */
char *gm_arena_strdup(gm_arena *arena, const char *s);
char *gm_arena_printf(gm_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* gm_auto(gm_arena) a = ...; calls gm_arena_free at the end of the scope. A type joins with GM_AUTO. */
#define GM_AUTO(type)                                                                                                  \
    static inline void type##_auto_(type **p) {                                                                        \
        type##_free(*p);                                                                                               \
    }
#define gm_auto(type) __attribute__((cleanup(type##_auto_))) type *
#define gm_steal(p)                                                                                                    \
    ({                                                                                                                 \
        __typeof__(*(p)) gm_stolen_ = *(p);                                                                            \
        *(p) = NULL;                                                                                                   \
        gm_stolen_;                                                                                                    \
    })
static inline void gm_free_auto_(void *p) {
    gm_free(*(void **)p);
}
#define gm_auto_free __attribute__((cleanup(gm_free_auto_))) /* gm_auto_free char *s = ...; */
GM_AUTO(gm_arena)

#define GM_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define GM_MIN(a, b)    ((a) < (b) ? (a) : (b))
#define GM_MAX(a, b)    ((a) > (b) ? (a) : (b))

#endif
