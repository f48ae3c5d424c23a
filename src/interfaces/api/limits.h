/* Every limit of the server, in one place. A request beyond one is answered with a status that says so (413, 414, 431,
 * 429, 503) or, where there is nobody to answer, its connection is closed. */
#ifndef GIMLET_INTERFACES_API_LIMITS_H
#define GIMLET_INTERFACES_API_LIMITS_H

enum {
    API_MAX_URI_BYTES = 8 << 10,           /* path and query                                            */
    API_MAX_QUERY_PARAMETERS = 64,         /* in one request                                            */
    API_MAX_PATH_PARTS = 16,               /* segments of a path                                        */
    API_MAX_JSON_BYTES = 1 << 20,          /* body of a request with JSON                               */
    API_MAX_UPLOAD_BYTES = 64 << 20,       /* body of a request with a file                             */
    API_MAX_FILE_MIB = 4 << 10,            /* body that goes to a file as it comes: a passport, in MiB    */
    API_CONNECTION_BYTES = 24 << 10,       /* memory of a connection for request line, headers, buffers */
    API_MAX_CONNECTIONS = 512,             /* in all                                                    */
    API_MAX_CONNECTIONS_PER_ADDRESS = 256, /* from one address                                          */
    API_MAX_STREAMS = 128,                 /* of events, in all                                         */
    API_MAX_WAITING = 256,                 /* requests that wait for a thread of the pool               */
    API_MAX_SESSIONS = 256,                /* signed in at once; then the oldest one ends               */

    API_IDLE_TIMEOUT_S = 30,    /* without a byte in either direction                      */
    API_REQUEST_TIMEOUT_S = 60, /* from the first byte of a request to its last; --request-timeout */
    API_FILE_TIMEOUT_S = 3600,  /* the same of a body that goes to a file                  */
    API_ANSWER_TIMEOUT_S = 600, /* from there to the last byte of its answer; event streams have no end */
    API_SESSION_S = 12 * 3600,  /* from signing in to signing in again                     */
    API_WORK_THREADS = 4,       /* for requests that may wait                              */
    API_GRACE_S = 3,            /* for answers under way when the server is stopped        */
    API_POLL_MS = 200,          /* how often event streams look for news                   */
    API_HEARTBEAT_S = 10,       /* an event stream says at least that it is there          */

    API_WRITES_PER_S = 200,       /* from one address, on average                            */
    API_WRITES_AT_ONCE = 2000,    /* and this many in a row                                  */
    API_REMOTE_READS_PER_S = 500, /* from one address that is not this machine               */
    API_REMOTE_READS_AT_ONCE = 5000,
    API_WRONG_TOKENS_PER_MINUTE = 10, /* from one address                                        */
    API_WRONG_TOKENS_AT_ONCE = 10,
};

#endif
