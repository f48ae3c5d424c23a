/* The base: what every other folder may use. Knows nothing of drilling or learning; libc and OpenSSL (SHA-256) only, and
 * in headers that are included by name jansson (json.h) and libcurl (http.h). */
#ifndef GIMLET_BASE_BASE_H
#define GIMLET_BASE_BASE_H

#include "clock.h"
#include "error.h"
#include "files.h"
#include "log.h"
#include "memory.h"
#include "params.h"
#include "progress.h"
#include "random.h"
#include "text.h"
#include "threads.h"

#endif
