#include "memory.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Allocations left before the test hook makes them fail; negative = never. */
static atomic_long allocations_left = -1;

void gm_memory_fail_after(long n) {
    atomic_store(&allocations_left, n);
}

static bool allowed(void) {
    long left = atomic_load_explicit(&allocations_left, memory_order_relaxed);
    if (left < 0) return true;
    if (left == 0) return false;
    atomic_fetch_sub(&allocations_left, 1);
    return true;
}

void *gm_alloc(size_t size) {
    return allowed() ? malloc(size ? size : 1) : NULL;
}

void *gm_calloc(size_t count, size_t size) {
    return allowed() ? calloc(count ? count : 1, size ? size : 1) : NULL;
}

void *gm_realloc(void *p, size_t size) {
    return allowed() ? realloc(p, size ? size : 1) : NULL;
}

void *gm_alloc_array(size_t count, size_t size) {
    size_t bytes;
    return __builtin_mul_overflow(count, size, &bytes) ? NULL : gm_alloc(bytes);
}

void *gm_realloc_array(void *p, size_t count, size_t size) {
    size_t bytes;
    return __builtin_mul_overflow(count, size, &bytes) ? NULL : gm_realloc(p, bytes);
}

enum { CACHE_LINE = 64, HUGE_PAGE = 2 << 20 };

void *gm_alloc_aligned(size_t size) {
    size_t alignment = size >= 2 * (size_t)HUGE_PAGE ? HUGE_PAGE : CACHE_LINE;
    if (!allowed() || size > SIZE_MAX - alignment) return NULL;
    size_t rounded = size ? (size + alignment - 1) / alignment * alignment : alignment;
    void *p = aligned_alloc(alignment, rounded);
#ifdef MADV_HUGEPAGE
    /* A wish only: workspaces of a step are walked from end to end, and small pages cost a table walk each. */
    if (p && alignment == HUGE_PAGE) madvise(p, rounded, MADV_HUGEPAGE);
#endif
    if (p) memset(p, 0, rounded);
    return p;
}

void gm_free(void *p) {
    free(p);
}

char *gm_strdup(const char *s) {
    return s ? gm_strndup(s, strlen(s)) : NULL;
}

char *gm_strndup(const char *s, size_t length) {
    char *copy = gm_alloc(length + 1);
    if (!copy) return NULL;
    memcpy(copy, s, length);
    copy[length] = '\0';
    return copy;
}

/* ---- arena: a list of chunks, newest first ---- */

typedef struct chunk {
    struct chunk *next;
    size_t used, capacity;
    _Alignas(16) unsigned char bytes[];
} chunk;

struct gm_arena {
    chunk *newest;
};

enum { FIRST_CHUNK = 4096, LARGEST_CHUNK = 1 << 20 };

gm_arena *gm_arena_new(void) {
    return gm_calloc(1, sizeof(gm_arena));
}

void gm_arena_free(gm_arena *arena) {
    if (!arena) return;
    for (chunk *c = arena->newest; c;) {
        chunk *next = c->next;
        gm_free(c);
        c = next;
    }
    gm_free(arena);
}

/* Chunks double up to 1 MB; a larger request gets a chunk of its own behind the newest, whose rest stays in use. */
static chunk *chunk_for(gm_arena *arena, size_t size) {
    size_t doubled = arena->newest ? GM_MIN(arena->newest->capacity * 2, (size_t)LARGEST_CHUNK) : FIRST_CHUNK;
    bool own = size > doubled / 2 && arena->newest;
    size_t capacity = own ? size : GM_MAX(doubled, size);
    if (capacity > SIZE_MAX - sizeof(chunk)) return NULL;
    chunk *c = gm_alloc(sizeof(chunk) + capacity);
    if (!c) return NULL;
    c->used = 0;
    c->capacity = capacity;
    if (own) {
        c->next = arena->newest->next;
        arena->newest->next = c;
    } else {
        c->next = arena->newest;
        arena->newest = c;
    }
    return c;
}

void *gm_arena_alloc(gm_arena *arena, size_t size) {
    if (size > SIZE_MAX - 15) return NULL;
    size_t rounded = size ? (size + 15) & ~(size_t)15 : 16;
    chunk *c = arena->newest;
    if (!c || c->capacity - c->used < rounded) c = chunk_for(arena, rounded);
    if (!c) return NULL;
    void *p = c->bytes + c->used;
    c->used += rounded;
    memset(p, 0, rounded);
    return p;
}

char *gm_arena_strdup(gm_arena *arena, const char *s) {
    size_t length = strlen(s);
    char *copy = gm_arena_alloc(arena, length + 1);
    if (copy) memcpy(copy, s, length);
    return copy;
}

char *gm_arena_printf(gm_arena *arena, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0) return NULL;
    char *text = gm_arena_alloc(arena, (size_t)length + 1);
    if (!text) return NULL;
    va_start(args, format);
    vsnprintf(text, (size_t)length + 1, format, args);
    va_end(args);
    return text;
}
