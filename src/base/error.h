/* Status codes and the caller-owned error report.
 *
 * For        every function that can fail: it returns gm_status and takes `gm_error *err` last.
 * Depends on libc.
 * Errors     a status says what the caller can do; the report says what was found and what to do about it.
 * Ownership  the caller owns the report (usually on the stack, zero-initialised); nothing is allocated.
 * Threads    a report belongs to one thread at a time; no global state.
 *
 * A report keeps the first message: a caller further out may add a prefix (gm_error_prefix), never replace it.
 * Outputs are written on success only. Broken invariants are GM_ASSERT, bad data never is. */
#ifndef GIMLET_BASE_ERROR_H
#define GIMLET_BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#define GM_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define GM_MUST_CHECK   __attribute__((warn_unused_result))

typedef enum {
    GM_OK = 0,
    GM_E_ARG,         /* the request makes no sense: wrong flag, value out of range           */
    GM_E_SHAPE,       /* tensor shapes do not fit                                              */
    GM_E_NOMEM,       /* out of memory                                                         */
    GM_E_IO,          /* the operating system said no: cannot open, read, write, disk full     */
    GM_E_FORMAT,      /* bytes are not what they should be                                     */
    GM_E_NOTFOUND,    /* a thing with that name does not exist                                 */
    GM_E_CONFLICT,    /* somebody else holds it, or it exists already                          */
    GM_E_NUMERIC,     /* not a number, diverged                                                */
    GM_E_CANCELLED,   /* asked to stop; what was finished is kept                              */
    GM_E_UNAVAILABLE, /* an optional part (library, device) is not there                     */
    GM_E_INTERNAL,    /* a bug: please report                                                  */
    GM_N_STATUS
} gm_status;

typedef struct {
    gm_status code;
    const char *where; /* "file.c:123" of the report, for developers; static storage        */
    long line;         /* place in the user's file, from 1; 0 = none                        */
    long column;       /* cell or character, from 1; 0 = none                               */
    bool placed;       /* the message names that place already, behind its file             */
    char message[400]; /* what was found and what was expected, one line                    */
    char hint[240];    /* what to do about it; may be empty                                 */
} gm_error;

/* Fill the report (when err is not NULL and empty) and return code: `return gm_fail(err, GM_E_IO, "...")`. */
#define gm_fail(err, code, ...) gm_fail_((err), (code), GM_WHERE_, 0, 0, NULL, __VA_ARGS__)
/* The same with a place in the user's file (0 = none) and a hint (NULL = none). */
#define gm_fail_at(err, code, line, column, hint, ...)                                                                 \
    gm_fail_((err), (code), GM_WHERE_, (line), (column), (hint), __VA_ARGS__)
#define gm_nomem(err) gm_fail((err), GM_E_NOMEM, "out of memory")

gm_status gm_fail_(gm_error *err, gm_status code, const char *where, long line, long column, const char *hint,
                   const char *format, ...) GM_PRINTF(7, 8);

/* Put "prefix: " in front of the message, or "prefix, line 3, column 7: " if it has a place: the first prefix is the name
 * of what was read. Returns code so that it can be returned. */
gm_status gm_error_prefix(gm_error *err, gm_status code, const char *format, ...) GM_PRINTF(3, 4);

/* "line 3, column 7: message (hint)", or "FILE, line 3, column 7: message (hint)", into out; always terminated. Returns
 * out. */
const char *gm_error_text(const gm_error *err, char *out, size_t size);

/* "not found", "out of memory", ... static storage. */
const char *gm_status_name(gm_status status);

/* Return from the calling function when the expression is not GM_OK. The one macro that returns. */
#define GM_TRY(expression)                                                                                             \
    do {                                                                                                               \
        gm_status gm_try_status_ = (expression);                                                                       \
        if (gm_try_status_ != GM_OK) return gm_try_status_;                                                            \
    } while (0)

/* A broken invariant: stays on in release builds, prints the place and aborts. Never for data. */
#define GM_ASSERT(claim) ((claim) ? (void)0 : gm_assert_failed_(#claim, GM_WHERE_))
_Noreturn void gm_assert_failed_(const char *claim, const char *where);

#define GM_STRING_(x) #x
#define GM_STRING(x)  GM_STRING_(x)
#define GM_WHERE_     (__FILE__ ":" GM_STRING(__LINE__))

#endif
