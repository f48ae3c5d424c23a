#include "program.h"

#include "files.h"

#include <pthread.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char build[GM_BUILD_TEXT];

static void find_build(void) {
    char hash[GM_SHA256_HEX];
    if (gm_sha256_file("/proc/self/exe", hash, NULL) == GM_OK)
        snprintf(build, sizeof build, "%s+%.12s", GM_VERSION, hash);
    else
        snprintf(build, sizeof build, "%s", GM_VERSION);
}

void gm_program_build(char out[GM_BUILD_TEXT]) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, find_build);
    memcpy(out, build, sizeof build);
}

static void put_word(gm_text *out, const char *word) {
    bool plain = *word != '\0';
    for (const char *c = word; *c; c++)
        plain &= (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
                 strchr("-_=./,:+@%", *c) != NULL;
    if (plain) return gm_text_append(out, word);
    gm_text_append(out, "'");
    for (const char *c = word; *c; c++)
        if (*c == '\'')
            gm_text_append(out, "'\\''");
        else
            gm_text_append_n(out, c, 1);
    gm_text_append(out, "'");
}

void gm_program_command(gm_text *out) {
    enum { MAX_BYTES = 32 << 10 };
    gm_auto_free char *words = gm_alloc(MAX_BYTES);
    FILE *file = words ? fopen("/proc/self/cmdline", "re") : NULL;
    if (!file) return;
    size_t size = fread(words, 1, MAX_BYTES - 1, file);
    fclose(file);
    words[size] = '\0';
    for (size_t at = 0; at < size; at += strlen(words + at) + 1) {
        if (at) gm_text_append(out, " ");
        put_word(out, words + at);
    }
}

void gm_user_name(char out[GM_NAME_TEXT]) {
    struct passwd entry, *found = NULL;
    char room[1024];
    if (getpwuid_r(geteuid(), &entry, room, sizeof room, &found) == 0 && found)
        snprintf(out, GM_NAME_TEXT, "%s", found->pw_name);
    else
        snprintf(out, GM_NAME_TEXT, "unknown");
}

void gm_host_name(char out[GM_NAME_TEXT]) {
    if (gethostname(out, GM_NAME_TEXT) != 0) snprintf(out, GM_NAME_TEXT, "unknown");
    out[GM_NAME_TEXT - 1] = '\0';
}
