/* The Setitec text format in three files: setitec.c walks the sections, setitec_cells.c cuts lines into cells,
 * setitec_signals.c reads the Datas table, where all the time goes. */
#ifndef GIMLET_DATA_INGESTION_SETITEC_INTERNAL_H
#define GIMLET_DATA_INGESTION_SETITEC_INTERNAL_H

#include "ingestion_internal.h"

enum { SETITEC_MAX_CELLS = 64, SETITEC_MAX_ROWS = 64 }; /* of a header line, of a Program table; real ones: 22 and 5 */

typedef struct {
    const char *at, *end;
    long line;      /* number of the line that at begins, from 1 */
    char separator; /* tab, or ; in some conversions */
    gm_record *record;
    gm_findings *findings;
} setitec_reader;

/* The next line without its line end; false at the end of the file. */
bool setitec_next_line(setitec_reader *reader, slice *line);
bool setitec_peek_line(const setitec_reader *reader, slice *line);
/* Cuts a line; cells beyond SETITEC_MAX_CELLS are dropped. Returns their number, at least 1. */
size_t setitec_cells(const setitec_reader *reader, slice line, slice cells[SETITEC_MAX_CELLS]);
bool setitec_is_blank(const setitec_reader *reader, slice line); /* nothing but separators and blanks */
/* "*** name ***" in the first cell: then name is set. */
bool setitec_title(const setitec_reader *reader, slice line, slice *name);

/* From the line after the title "*** Datas ***" to the end of the file. */
gm_status setitec_read_signals(setitec_reader *reader, gm_error *err) GM_MUST_CHECK;

#endif
