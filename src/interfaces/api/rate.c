/* Token buckets by address. A few hundred addresses are remembered; the one that was quiet longest is forgotten, which
 * can only be to its advantage. */
#include "gate_internal.h"

#include <netinet/in.h>
#include <pthread.h>
#include <string.h>

enum { N_ROWS = 128, N_COLUMNS = 4 };

typedef struct {
    uint8_t address[16];
    double left, at_s; /* at_s 0 = unused */
} bucket;

struct api_rate {
    pthread_mutex_t lock;
    double per_second, at_once;
    bucket buckets[N_ROWS][N_COLUMNS];
};

gm_status api_rate_new(double per_second, double at_once, api_rate **out, gm_error *err) {
    api_rate *rate = gm_calloc(1, sizeof *rate);
    if (!rate) return gm_nomem(err);
    pthread_mutex_init(&rate->lock, NULL);
    rate->per_second = per_second;
    rate->at_once = at_once;
    *out = rate;
    return GM_OK;
}

void api_rate_free(api_rate *rate) {
    if (!rate) return;
    pthread_mutex_destroy(&rate->lock);
    gm_free(rate);
}

/* IPv4 as it is, of IPv6 the network: one machine may have as many addresses in it as it likes. */
static void key_of(const struct sockaddr *address, uint8_t out[16]) {
    memset(out, 0, 16);
    if (!address) return;
    if (address->sa_family == AF_INET)
        memcpy(out, &((const struct sockaddr_in *)address)->sin_addr, 4);
    else if (address->sa_family == AF_INET6)
        memcpy(out, &((const struct sockaddr_in6 *)address)->sin6_addr, 8);
}

static bucket *find(api_rate *rate, const uint8_t key[16], double now_s) {
    uint32_t hash = 2166136261u;
    for (int i = 0; i < 16; i++) hash = (hash ^ key[i]) * 16777619u;
    bucket *row = rate->buckets[hash % N_ROWS], *oldest = row;
    for (int i = 0; i < N_COLUMNS; i++) {
        if (row[i].at_s > 0 && memcmp(row[i].address, key, 16) == 0) {
            row[i].left = GM_MIN(rate->at_once, row[i].left + (now_s - row[i].at_s) * rate->per_second);
            row[i].at_s = now_s;
            return &row[i];
        }
        if (row[i].at_s < oldest->at_s) oldest = &row[i];
    }
    memcpy(oldest->address, key, 16);
    oldest->left = rate->at_once;
    oldest->at_s = now_s;
    return oldest;
}

static bool look(api_rate *rate, const struct sockaddr *address, double taken) {
    uint8_t key[16];
    key_of(address, key);
    pthread_mutex_lock(&rate->lock);
    bucket *b = find(rate, key, gm_seconds());
    bool enough = b->left >= 1;
    if (enough) b->left -= taken;
    pthread_mutex_unlock(&rate->lock);
    return enough;
}

bool api_rate_take(api_rate *rate, const struct sockaddr *address) {
    return look(rate, address, 1);
}

bool api_rate_has(api_rate *rate, const struct sockaddr *address) {
    return look(rate, address, 0);
}
