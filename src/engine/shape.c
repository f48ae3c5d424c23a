/* Shapes and their axes. */
#include "op_internal.h"

#include <stdio.h>
#include <string.h>

size_t gm_shape_size(int rank, const int *dims) {
    size_t size = 1;
    for (int i = 0; i < rank; i++) size *= (size_t)dims[i];
    return size;
}

gm_shape gm_shape_of(int rank, const int *dims, bool batched) {
    gm_shape shape = {.rank = rank, .batched = batched, .size = gm_shape_size(rank, dims)};
    for (int i = 0; i < rank; i++) shape.dims[i] = dims[i];
    return shape;
}

bool gm_shape_same(const gm_shape *a, const gm_shape *b) {
    return a->rank == b->rank && memcmp(a->dims, b->dims, sizeof(int) * (size_t)a->rank) == 0;
}

const char *gm_shape_text(const gm_shape *shape, char out[96]) {
    size_t used = (size_t)snprintf(out, 96, "[");
    for (int i = 0; i < shape->rank; i++)
        used += (size_t)snprintf(out + used, 96 - used, "%s%d", i ? ", " : "", shape->dims[i]);
    snprintf(out + used, 96 - used, "]");
    return out;
}

void gm_shape_split(const gm_shape *shape, int axis, size_t *outer, size_t *length, size_t *inner) {
    *outer = gm_shape_size(axis, shape->dims);
    *length = (size_t)shape->dims[axis];
    *inner = gm_shape_size(shape->rank - axis - 1, shape->dims + axis + 1);
}

gm_status gm_axis_resolve(int rank, int *axis, gm_error *err) {
    int wanted = *axis;
    if (*axis < 0) *axis += rank;
    if (*axis < 0 || *axis >= rank) return gm_fail(err, GM_E_SHAPE, "axis %d of a tensor with %d axes", wanted, rank);
    return GM_OK;
}
