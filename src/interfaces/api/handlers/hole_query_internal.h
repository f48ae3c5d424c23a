/* Which holes are asked for, behind the "?" of lists of holes: filters, a page, and for plain lists an order. */
#ifndef GIMLET_INTERFACES_API_HOLE_QUERY_INTERNAL_H
#define GIMLET_INTERFACES_API_HOLE_QUERY_INTERNAL_H

#include "../api_internal.h"

typedef struct {
    char *search, *category, *family, *verdict, *finding, *source, *author, *state;
    int offset, limit, sort, order;
} api_hole_query;

/* The queue has an order of its own: it takes all but the last two. */
enum { API_HOLE_PARAMS = 12, API_QUEUE_PARAMS = API_HOLE_PARAMS - 2 };
extern const gm_param_spec api_hole_query_params[API_HOLE_PARAMS];
/* Borrows the texts of the query. */
gm_hole_filter api_hole_filter_of(const api_hole_query *query);

#endif
