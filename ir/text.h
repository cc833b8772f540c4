/* What the text of regions and of molecules has in common: reading a text line
 * by line, and the lines that both have (ir.h says how they read).
 *
 * A function that reads returns false after a Diag that names the line. */
#ifndef SELKIRK_IR_TEXT_H
#define SELKIRK_IR_TEXT_H

#include "ir/ir.h"

typedef struct TextReader {
    const char *name; /* of the file */
    const char *at;   /* what is read next */
    unsigned line;
    Diag *diag;
} TextReader;

/* Always false. */
bool text_fail(const TextReader *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Blanks and comments are skipped before anything is looked at. */
bool text_at_end_of_line(TextReader *t);
/* Goes on to the next line that says something; false at the end of the text.
 */
bool text_next_line(TextReader *t);
/* Nothing more stands on this line. */
bool text_end_line(TextReader *t);
/* Takes `text` if it is what comes next. */
bool text_accept(TextReader *t, const char *text);
/* The same for a whole word. */
bool text_accept_word(TextReader *t, const char *word);
/* The same, and it is an error if it is not. */
bool text_expect(TextReader *t, const char *text);
/* The word that comes next: letters, digits and dots; "" if there is none. */
enum { TEXT_WORD_MAX = 15 };
void text_read_word(TextReader *t, char word[TEXT_WORD_MAX + 1]);
/* A number of at most `max`, decimal or 0x hexadecimal. */
bool text_read_number(TextReader *t, uint32_t max, uint32_t *number);

/* kernel fpu el pending=none */
void text_print_context(FILE *out, const IrContext *context);
bool text_read_context(TextReader *t, IrContext *context);
/* .0 0x80001000 0x8c820004 ; lw v0,4(a0) */
void text_print_guest(FILE *out, unsigned number, const IrGuest *guest,
                      IrComment *comment, void *ctx);
/* x0 direct 0x80001014 insns=3 pending=none call=0x8000100c */
void text_print_exit(FILE *out, unsigned number, const IrExit *exit);
/* After the "x"; `number` is the one that must stand there. */
bool text_read_exit(TextReader *t, unsigned number, IrExit *exit);

#endif
