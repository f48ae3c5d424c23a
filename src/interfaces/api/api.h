/* The REST server: the use cases of service/ over HTTP, and the pages of web/.
 *
 * For        interfaces/cli (gimlet serve).
 * Depends on service and below, libmicrohttpd.
 * Contract   docs/api.md; the exact description is made from the route table and served at /openapi.json.
 * States     start → answers until api_server_free, which ends open event streams, lets running requests finish, and
 *            returns when the last one has.
 * Safety     on the loopback interface it answers to everybody on this machine; to other machines only with users, and
 *            with TLS or insecure_remote.
 * Errors     GM_E_CONFLICT when the port is taken, GM_E_ARG for a host that does not exist or is not allowed.
 *
 * To add a resource: one file in handlers/, one line in groups.list.h (docs/adding-a-route.md). */
#ifndef GIMLET_INTERFACES_API_H
#define GIMLET_INTERFACES_API_H

#include "base/base.h"

typedef struct {
    const char *data_dir, *models_dir; /* absolute or relative; models_dir NULL = DATA/models */
    const char *host;                  /* name or address to listen on        */
    int port;                          /* 0 = any free one                    */
    int threads;                       /* that answer; 0 = one per processor  */
    const char *tls_cert, *tls_key;    /* PEM files; both or none             */
    bool insecure_remote;              /* other machines without TLS          */
    double request_timeout_s;          /* for a request to come in whole; 0 = API_REQUEST_TIMEOUT_S */
} api_options;

typedef struct api_server api_server;
gm_status api_server_start(const api_options *options, api_server **out, gm_error *err) GM_MUST_CHECK;
void api_server_free(api_server *server); /* accepts NULL */
GM_AUTO(api_server)
/* "http://127.0.0.1:8080" */
const char *api_server_url(const api_server *server);

#endif
