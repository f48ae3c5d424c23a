/* One line of our own tables, cell by cell; inside service/ only. */
#ifndef GIMLET_SERVICE_CSV_LINE_H
#define GIMLET_SERVICE_CSV_LINE_H

/* Takes the next cell off *rest, unquoted in place. NULL behind the last. */
char *service_next_cell(char **rest);

#endif
