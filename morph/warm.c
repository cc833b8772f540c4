/* What the layer knew, as data and as text; see warm.h. */
#include "morph/warm.h"

#include "base/alloc.h"
#include "base/readall.h"
#include "ir/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WARM_TITLE   "selkirk-warm"
#define WARM_VERSION 1

enum {
    FILE_SIZE_MAX = 64 << 20,
    GUESTS_MAX = 8 << 20, /* a word takes 11 characters when it is saved */
    LESSON_COUNT_MAX = UINT16_MAX,
};

/* --- Data ------------------------------------------------------------------
 */

/* Room for one more: the array doubles whenever `count` is a power of two. */
static void *make_room(void *array, size_t count, size_t size)
{
    if (count & (count - 1))
        return array;
    return alloc_resize(array, count ? 2 * count : 1, size);
}

static void add_guest(Warm *w, IrGuest guest)
{
    w->guests = make_room(w->guests, w->guest_count, sizeof guest);
    w->guests[w->guest_count++] = guest;
}

/* Without instructions yet. */
static WarmTranslation *add_translation(Warm *w)
{
    w->translations = make_room(w->translations, w->translation_count,
                                sizeof(WarmTranslation));
    WarmTranslation *t = &w->translations[w->translation_count++];
    *t = (WarmTranslation){.first = w->guest_count};
    return t;
}

void warm_add_translation(Warm *w, const WarmTranslation *t,
                          const IrGuest *guests)
{
    WarmTranslation *added = add_translation(w);
    size_t first = added->first;
    *added = *t;
    added->first = first;
    for (unsigned i = 0; i < t->count; i++)
        add_guest(w, guests[i]);
}

void warm_add_branch(Warm *w, const WarmBranch *branch)
{
    w->branches = make_room(w->branches, w->branch_count, sizeof *branch);
    w->branches[w->branch_count++] = *branch;
}

void warm_add_lesson(Warm *w, const WarmLesson *lesson)
{
    w->lessons = make_room(w->lessons, w->lesson_count, sizeof *lesson);
    w->lessons[w->lesson_count++] = *lesson;
}

void warm_free(Warm *w)
{
    free(w->translations);
    free(w->guests);
    free(w->branches);
    free(w->lessons);
    *w = (Warm){0};
}

static size_t count_records(const Warm *w)
{
    return w->translation_count + w->branch_count + w->lesson_count;
}

/* --- Writing ---------------------------------------------------------------
 */

static void write_translation(const Warm *w, const WarmTranslation *t,
                              FILE *out)
{
    fprintf(out, "translation %" PRIu32 " ", t->gear);
    text_print_context(out, &t->context);
    fprintf(out, " entries=%" PRIu32 " next=0x%08" PRIx32 "%s", t->entries,
            t->next, t->interpret ? " interpret" : "");
    const IrGuest *guest = &w->guests[t->first];
    for (unsigned i = 0; i < t->count; i++) {
        if (i == 0 || guest[i].pc != guest[i - 1].pc + 4)
            fprintf(out, "\n 0x%08" PRIx32, guest[i].pc);
        fprintf(out, " 0x%08" PRIx32, guest[i].word);
    }
    fputc('\n', out);
}

void warm_write(const Warm *w, FILE *out)
{
    fprintf(out, "%s %d\n", WARM_TITLE, WARM_VERSION);
    for (size_t i = 0; i < w->translation_count; i++)
        write_translation(w, &w->translations[i], out);
    for (size_t i = 0; i < w->branch_count; i++) {
        const WarmBranch *b = &w->branches[i];
        fprintf(out,
                "branch 0x%08" PRIx32 " 0x%08" PRIx32 " taken=%" PRIu32
                " not=%" PRIu32 "\n",
                b->pc, b->pa, b->taken, b->not_taken);
    }
    for (size_t i = 0; i < w->lesson_count; i++) {
        const WarmLesson *l = &w->lessons[i];
        fprintf(out,
                "lesson 0x%08" PRIx32 " 0x%08" PRIx32 " mmio=%" PRIu32
                " faults=%" PRIu32 "%s%s\n",
                l->pa, l->word, l->mmio, l->faults,
                l->interpret ? " interpret" : "", l->unmoved ? " unmoved" : "");
    }
    fprintf(out, "end %zu\n", count_records(w));
}

/* --- Reading ---------------------------------------------------------------
 */

static bool read_counted(TextReader *t, const char *name, uint32_t max,
                         uint32_t *number)
{
    return text_expect(t, name) && text_read_number(t, max, number);
}

static bool read_address(TextReader *t, uint32_t *address)
{
    if (!text_read_number(t, UINT32_MAX, address))
        return false;
    return !(*address & 3) ||
           text_fail(t,
                     "0x%08" PRIx32 " is no address of an instruction; it must "
                     "be a multiple of 4",
                     *address);
}

/* A run of words, which begins on this line. */
static bool read_words(TextReader *t, Warm *w, WarmTranslation *to)
{
    IrGuest guest;
    if (!read_address(t, &guest.pc))
        return false;
    if (text_at_end_of_line(t))
        return text_fail(t, "there is no word behind the address; take the "
                            "line out");
    for (; !text_at_end_of_line(t); guest.pc += 4) {
        if (!text_read_number(t, UINT32_MAX, &guest.word))
            return false;
        if (to->count == WARM_GUESTS_MAX)
            return text_fail(t,
                             "more than %d instructions in a translation; take "
                             "some out",
                             WARM_GUESTS_MAX);
        if (w->guest_count == GUESTS_MAX)
            return text_fail(t,
                             "more than %d instructions in all; take "
                             "translations out",
                             GUESTS_MAX);
        add_guest(w, guest);
        to->count++;
    }
    return true;
}

/* Whether the next line goes on with the translation. */
static bool has_words(TextReader *t)
{
    return text_next_line(t) && *t->at == '0';
}

static bool read_translation(TextReader *t, Warm *w)
{
    WarmTranslation *to = add_translation(w);
    if (!text_read_number(t, WARM_GEAR_MAX, &to->gear))
        return false;
    if (to->gear == 0)
        return text_fail(t, "gear 0 has no translations; write 1 or 2");
    if (!text_read_context(t, &to->context) ||
        !read_counted(t, "entries=", UINT32_MAX, &to->entries) ||
        !text_expect(t, "next=") || !text_read_number(t, UINT32_MAX, &to->next))
        return false;
    to->interpret = text_accept_word(t, "interpret");
    if (!text_end_line(t))
        return false;
    while (has_words(t))
        if (!read_words(t, w, to))
            return false;
    return to->count > 0 ||
           text_fail(t, "the translation above has no instruction; write an "
                        "address and words below it, or take it out");
}

static bool read_branch(TextReader *t, Warm *w)
{
    WarmBranch b;
    if (!read_address(t, &b.pc) || !read_address(t, &b.pa) ||
        !read_counted(t, "taken=", UINT32_MAX, &b.taken) ||
        !read_counted(t, "not=", UINT32_MAX, &b.not_taken) || !text_end_line(t))
        return false;
    warm_add_branch(w, &b);
    return true;
}

static bool read_lesson(TextReader *t, Warm *w)
{
    WarmLesson l;
    if (!read_address(t, &l.pa) || !text_read_number(t, UINT32_MAX, &l.word) ||
        !read_counted(t, "mmio=", LESSON_COUNT_MAX, &l.mmio) ||
        !read_counted(t, "faults=", LESSON_COUNT_MAX, &l.faults))
        return false;
    l.interpret = text_accept_word(t, "interpret");
    l.unmoved = text_accept_word(t, "unmoved");
    if (!text_end_line(t))
        return false;
    warm_add_lesson(w, &l);
    return true;
}

static bool read_title(TextReader *t)
{
    uint32_t version;
    if (!text_next_line(t) || !text_accept_word(t, WARM_TITLE))
        return text_fail(t, "this is no file of --warm-save, which begins with "
                            "\"" WARM_TITLE "\"; name another");
    if (!text_read_number(t, UINT32_MAX, &version))
        return false;
    if (version != WARM_VERSION)
        return text_fail(t,
                         "version %" PRIu32 " of the format, and this program "
                         "reads version %d; save the file anew",
                         version, WARM_VERSION);
    return text_end_line(t);
}

static bool read_end(TextReader *t, const Warm *w)
{
    uint32_t count;
    size_t found = count_records(w);
    if (!text_read_number(t, UINT32_MAX, &count) || !text_end_line(t))
        return false;
    if (count != found)
        return text_fail(t,
                         "%zu records stand above, not %" PRIu32 ": something "
                         "is lost; save the file anew",
                         found, count);
    return !text_next_line(t) ||
           text_fail(t, "something follows the end; save the file anew");
}

/* All of the text but a missing end. */
static bool read_text(TextReader *t, Warm *w)
{
    if (!read_title(t))
        return false;
    while (text_next_line(t)) {
        bool ok;
        if (text_accept_word(t, "translation"))
            ok = read_translation(t, w);
        else if (text_accept_word(t, "branch"))
            ok = read_branch(t, w);
        else if (text_accept_word(t, "lesson"))
            ok = read_lesson(t, w);
        else if (text_accept_word(t, "end"))
            return read_end(t, w);
        else
            ok = text_fail(t, "a line begins with translation, branch, lesson "
                              "or end");
        if (!ok)
            return false;
    }
    return text_fail(t, "the end is missing, the file was cut off; save it "
                        "anew");
}

/* The same as warm_parse(), of a text that a zero ends. */
static bool parse_terminated(Warm *w, const char *name, const char *text,
                             size_t size, Diag *diag)
{
    *w = (Warm){0};
    TextReader t = {.name = name, .at = text, .line = 1, .diag = diag};
    bool ok = read_text(&t, w);
    if (ok && t.at != text + size)
        ok = text_fail(&t, "a zero byte in the text; save the file anew");
    if (!ok)
        warm_free(w);
    return ok;
}

bool warm_parse(Warm *w, const char *name, const char *text, size_t size,
                Diag *diag)
{
    char *copy = alloc_zeroed(size + 1, 1);
    memcpy(copy, text, size);
    bool ok = parse_terminated(w, name, copy, size, diag);
    free(copy);
    return ok;
}

/* All of `file`, and a zero.  NULL if it cannot be read. */
static char *read_file(FILE *file, const char *path, size_t *size, Diag *diag)
{
    char *text = read_all(file, FILE_SIZE_MAX, size);
    if (ferror(file))
        diag_error(diag, "%s: cannot read it: %s; name a file of --warm-save",
                   path, strerror(errno));
    else if (*size > FILE_SIZE_MAX)
        diag_error(diag,
                   "%s: larger than %d MB; save with a smaller tcache.size",
                   path, FILE_SIZE_MAX >> 20);
    else
        return text;
    free(text);
    return NULL;
}

bool warm_read(Warm *w, const char *path, Diag *diag)
{
    *w = (Warm){0};
    FILE *file = fopen(path, "rbe");
    if (!file)
        return diag_error(diag,
                          "%s: cannot read it: %s; name a file of --warm-save",
                          path, strerror(errno));
    size_t size;
    char *text = read_file(file, path, &size, diag);
    fclose(file);
    bool ok = text && parse_terminated(w, path, text, size, diag);
    free(text);
    return ok;
}
