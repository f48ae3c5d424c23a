#include "../cli.h"
#include "interfaces/api/api.h"

#include <time.h>

typedef struct {
    char *data_dir, *models_dir, *host, *tls_cert, *tls_key;
    int port;
    double request_timeout_s;
    bool insecure_remote;
} options;

static const gm_param_spec params[] = {
    {.key = "data-dir",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, data_dir),
     .doc = "data directory, made by gimlet prepare; it may be empty: the first page then helps to fill it"},
    {.key = "models-dir",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, models_dir),
     .doc = "where runs are kept [DATA/models]"},
    {.key = "host",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, host),
     .fallback = "127.0.0.1",
     .doc = "address to answer on"},
    {.key = "port",
     .type = GM_PARAM_INT,
     .offset = offsetof(options, port),
     .fallback = "8080",
     .min = 0,
     .max = 65535,
     .doc = "port to answer on; 0 = any free one"},
    {.key = "tls-cert",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, tls_cert),
     .unit = "file",
     .doc = "certificate (PEM): answer with HTTPS"},
    {.key = "tls-key",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, tls_key),
     .unit = "file",
     .doc = "its private key (PEM)"},
    {.key = "request-timeout",
     .type = GM_PARAM_FLOAT,
     .offset = offsetof(options, request_timeout_s),
     .fallback = "60",
     .min = 1,
     .max = 3600,
     .unit = "s",
     .doc = "a request that has not come in whole by then is cut off; more for uploads through a slow line"},
    {.key = "insecure-remote",
     .type = GM_PARAM_BOOL,
     .offset = offsetof(options, insecure_remote),
     .fallback = "false",
     .doc = "answer other machines without TLS: only where the network itself is safe"},
};

static int run(const cli_context *context, void *values) {
    const options *o = values;
    gm_error err = {0};
    if (!o->data_dir) return cli_fail("serve", gm_fail(&err, GM_E_ARG, "--data-dir is needed"), &err);
    gm_auto(api_server) server = NULL;
    api_options wanted = {.data_dir = o->data_dir,
                          .models_dir = o->models_dir,
                          .host = o->host,
                          .port = o->port,
                          .tls_cert = o->tls_cert,
                          .tls_key = o->tls_key,
                          .insecure_remote = o->insecure_remote,
                          .request_timeout_s = o->request_timeout_s};
    gm_status status = gm_make_dirs(o->data_dir, &err);
    if (status == GM_OK) status = api_server_start(&wanted, &server, &err);
    if (status != GM_OK) return cli_fail("serve", status, &err);
    printf("%s\n", api_server_url(server));
    fflush(stdout);
    cli_say(context, "open it in a browser; Ctrl-C stops the server");
    while (!cli_interrupted()) nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    return CLI_DONE;
}

const cli_command cli_serve = {
    .name = "serve",
    .summary = "review and train in the browser, and a REST API",
    .about =
        "Answers on this machine until it is stopped with Ctrl-C or SIGTERM; what was saved is kept. The first line\n"
        "on stdout is the address to open. /api describes what programs can ask for. Other machines are answered only\n"
        "when there are users (gimlet users add), and with TLS or --insecure-remote.",
    .example = "  gimlet serve --data-dir data --models-dir models\n"
               "  gimlet serve --data-dir data --port 0        # any free port",
    .params = params,
    .n_params = GM_COUNT(params),
    .options_size = sizeof(options),
    .run = run,
};
