/* Which program this is, who runs it, on which machine: what a result says about where it comes from.
 *
 * Errors     none: what cannot be found out is "" or "unknown".
 * Threads    any. */
#ifndef GIMLET_BASE_PROGRAM_H
#define GIMLET_BASE_PROGRAM_H

#include "text.h"

/* "0.1.0+5f0c1d2e9a7b": the version, and the first digits of the SHA-256 of the program's own file. Two programs with
 * one build are the same bytes. */
#define GM_BUILD_TEXT 48
void gm_program_build(char out[GM_BUILD_TEXT]);
/* The words that this process was started with, quoted where a shell asks for it. */
void gm_program_command(gm_text *out);

#define GM_NAME_TEXT 80
void gm_user_name(char out[GM_NAME_TEXT]);
void gm_host_name(char out[GM_NAME_TEXT]);

#endif
