/* The files that web/ is built into, compiled in by tools/embed_pages.py. */
#ifndef GIMLET_INTERFACES_API_PAGES_INTERNAL_H
#define GIMLET_INTERFACES_API_PAGES_INTERNAL_H

#include <stddef.h>

typedef struct {
    const char *path; /* below the root: "index.html" */
    const char *type;
    const char *etag; /* with its quotation marks */
    const unsigned char *bytes, *gzip;
    size_t size, gzip_size; /* gzip_size 0 = not worth it */
} api_page;

extern const api_page api_pages[]; /* by path */
extern const size_t api_n_pages;

#endif
