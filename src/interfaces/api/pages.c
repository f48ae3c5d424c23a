/* The pages in the browser: the files that web/ is built into, as part of the program. */
#include "pages_internal.h"
#include "server_internal.h"

#include <string.h>

static const char no_pages[] =
    "<!doctype html><html lang=en><meta charset=utf-8><title>Gimlet</title><h1>Gimlet</h1><p>This program was built "
    "without its pages. <code>./dev build</code> makes them where npm can be reached; without it, <code>cd web; npm ci "
    "--ignore-scripts; node build.mjs</code> on another machine makes <code>web/dist</code>, which the build takes "
    "in.<p>"
    "The REST API works: <a href=/api>/api</a> describes it.";

static const api_page *find_page(const char *path) {
    size_t low = 0, high = api_n_pages;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(path, api_pages[middle].path);
        if (order == 0) return &api_pages[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* A path that names no file is a place inside the one page: it is answered with that page. */
static const api_page *page_for(const api_exchange *x) {
    gm_auto_text path = GM_TEXT_INIT;
    for (size_t i = 0; i < x->n_parts; i++) {
        if (i) gm_text_append(&path, "/");
        gm_text_append(&path, x->parts[i]);
    }
    const api_page *page = find_page(gm_text_c(&path));
    if (page) return page;
    bool is_place = x->n_parts == 0 || (strcmp(x->parts[0], "api") != 0 && !strchr(x->parts[x->n_parts - 1], '.'));
    return is_place ? find_page("index.html") : NULL;
}

static void send_fixed(api_answer *answer, const char *type, const void *bytes, size_t size) {
    answer->type = type;
    answer->fixed = bytes;
    answer->size = size;
}

bool api_send_page(api_exchange *x) {
    api_answer *answer = x->answer;
    if (strcmp(x->method, "GET") != 0 && strcmp(x->method, "HEAD") != 0) return false;
    const api_page *page = page_for(x);
    if (!page) {
        if (x->n_parts || api_n_pages) return false;
        send_fixed(answer, "text/html; charset=utf-8", no_pages, sizeof no_pages - 1);
        return true;
    }
    const char *known = api_header(&x->request, "If-None-Match"), *accepts = api_header(&x->request, "Accept-Encoding");
    api_send_header(answer, "ETag", "%s", page->etag);
    api_send_header(answer, "Vary", "Accept-Encoding");
    if (known && strstr(known, page->etag)) {
        answer->status = 304;
        send_fixed(answer, NULL, "", 0);
    } else if (page->gzip_size && accepts && strstr(accepts, "gzip")) {
        api_send_header(answer, "Content-Encoding", "gzip");
        send_fixed(answer, page->type, page->gzip, page->gzip_size);
    } else
        send_fixed(answer, page->type, page->bytes, page->size);
    return true;
}
