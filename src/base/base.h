/* The base: what every other folder may use. Knows nothing of drilling or learning; libc, OpenSSL (SHA-256) and, in json.h, jansson only. */
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
