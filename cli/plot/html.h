/* Writing HTML: escaped texts, tables, and pictures that are part of it. */
#ifndef SELKIRK_CLI_PLOT_HTML_H
#define SELKIRK_CLI_PLOT_HTML_H

#include "base/arena.h"
#include "base/diag.h"

#include <stddef.h>
#include <stdio.h>

/* A text that may hold anything: markup and control characters become what
 * stands for them. */
void html_write_text(FILE *out, const char *text);

/* The page's head up to its heading, and its end. */
void html_begin(FILE *out, const char *title);
void html_end(FILE *out);

/* "<h2>" with that text. */
void html_write_heading(FILE *out, const char *text);

/* A table: begin, rows, end.  Wide ones scroll by themselves. */
void html_begin_table(FILE *out, const char *const *heads, size_t count);
/* A row; cells that are numbers are set to the right. */
void html_write_row(FILE *out, const char *const *cells, size_t count);
void html_end_table(FILE *out);

/* The SVG file as part of the page.  `prefix` makes the names within it unlike
 * those of other pictures; `label` says what is seen.  False and a Diag if it
 * cannot be read. */
bool html_write_svg(FILE *out, Arena *arena, const char *path,
                    const char *prefix, const char *label, Diag *diag);

#endif
