/* What the server says of itself. */
#include "../server_internal.h"

static gm_status get_openapi(const api_request *request, api_answer *answer, gm_error *err) {
    (void)request;
    json_t *document;
    GM_TRY(api_openapi(&document, err));
    return api_send_json(answer, 0, document, err);
}

static gm_status get_page(const api_request *request, api_answer *answer, gm_error *err) {
    (void)request;
    gm_auto_text page = GM_TEXT_INIT;
    api_openapi_page(&page);
    if (!gm_text_ok(&page)) return gm_nomem(err);
    size_t size = page.length;
    return api_send_bytes_take(answer, "text/html; charset=utf-8", gm_text_take(&page), size, err);
}

static const api_route routes[] = {
    {.method = "GET",
     .path = "/openapi.json",
     .role = GM_ROLE_NONE,
     .summary = "this document: OpenAPI 3.1",
     .handler = get_openapi,
     .answer = "{*: any}"},
    {.method = "GET",
     .path = "/api",
     .role = GM_ROLE_NONE,
     .summary = "this document as a page",
     .handler = get_page,
     .answer_type = "text/html"},
};

const api_group api_document = {
    .name = "document", .doc = "What the server can do.", .routes = routes, .n_routes = GM_COUNT(routes)};
