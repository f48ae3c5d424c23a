/* What every part of data/ shares: records, findings, labels. */
#ifndef GIMLET_DATA_DATA_H
#define GIMLET_DATA_DATA_H

#include "finding.h"
#include "label.h"
#include "record.h"

#include <math.h>

#endif
