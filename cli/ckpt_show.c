/* `selkirk ckpt info`, `verify` and `diff`; see ckpt_show.h.  They know of no
 * machine: the names in the file are all that they go by. */
#include "cli/ckpt_show.h"

#include "base/ckpt.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    STATUS_SAME = 0,
    STATUS_DIFFERENT = 1,
    STATUS_BAD = 2,
    VALUES_SHOWN = 8, /* of an item that differs */
    PAGES_SHOWN = 16,
};

static bool fail(const Ckpt *ckpt, Diag *diag)
{
    return diag_error(diag, "%s", ckpt_error(ckpt));
}

/* --- info ------------------------------------------------------------------
 */

static void print_item(const CkptItem *item)
{
    if (item->size == 1 && item->count != 1)
        printf("%s\n%.*s%s", item->name, (int)item->count,
               (const char *)item->values,
               item->count && item->values[item->count - 1] == '\n' ? ""
                                                                    : "\n");
    else if (item->count == 1)
        printf("%s %" PRIu64 "\n", item->name, ckpt_value(item, 0));
}

static bool print_info(const char *path, Diag *diag)
{
    Ckpt *ckpt = ckpt_open(path, diag);
    CkptSection s;
    CkptItem item;
    if (!ckpt)
        return false;
    printf("%s: checkpoint, version %d\n\n", path, CKPT_VERSION);
    for (size_t i = 0; ckpt_list(ckpt, i, &s); i++)
        printf("%-24s %-6s %10" PRIu64 " bytes, %10" PRIu64 " in the file%s\n",
               s.name, s.pages ? "pages" : "fields", s.size, s.stored,
               s.compressed ? "" : ", as they are");
    printf("\n");
    bool ok = ckpt_section(ckpt, "about");
    while (ok && ckpt_next(ckpt, &item))
        print_item(&item);
    ok = !ckpt_error(ckpt) || fail(ckpt, diag);
    ckpt_destroy(ckpt);
    return ok;
}

/* --- verify ----------------------------------------------------------------
 */

static bool read_section(Ckpt *ckpt, const CkptSection *s)
{
    size_t size;
    uint8_t *kinds;
    CkptItem item;
    if (s->pages) {
        uint8_t *pages = ckpt_read_pages(ckpt, s->name, &size, &kinds);
        if (!pages)
            return false;
        free(pages);
        free(kinds);
        return true;
    }
    if (!ckpt_section(ckpt, s->name))
        return false;
    while (ckpt_next(ckpt, &item))
        ;
    return !ckpt_error(ckpt);
}

static bool verify(const char *path, Diag *diag)
{
    Ckpt *ckpt = ckpt_open(path, diag);
    CkptSection s;
    bool ok = true;
    if (!ckpt)
        return false;
    for (size_t i = 0; ok && ckpt_list(ckpt, i, &s); i++)
        ok = read_section(ckpt, &s);
    if (!ok)
        fail(ckpt, diag);
    else
        printf("%s: whole\n", path);
    ckpt_destroy(ckpt);
    return ok;
}

/* --- diff ------------------------------------------------------------------
 */

typedef struct Pair {
    Ckpt *a, *b;
    bool different;
} Pair;

static bool is_same(const CkptItem *x, const CkptItem *y)
{
    return x->size == y->size && x->count == y->count &&
           memcmp(x->values, y->values, x->size * x->count) == 0;
}

static void print_difference(const char *section, const CkptItem *x,
                             const CkptItem *y)
{
    unsigned shown = 0;
    size_t count = x->count < y->count ? x->count : y->count, left = 0;
    if (x->count != y->count)
        printf("%s.%s: %zu and %zu values\n", section, x->name, x->count,
               y->count);
    for (size_t i = 0; i < count; i++) {
        uint64_t v = ckpt_value(x, i), w = ckpt_value(y, i);
        if (v == w)
            continue;
        if (++shown > VALUES_SHOWN) {
            left++;
            continue;
        }
        printf("%s.%s", section, x->name);
        if (x->count > 1)
            printf("[%zu]", i);
        printf(": 0x%" PRIx64 " and 0x%" PRIx64 "\n", v, w);
    }
    if (left)
        printf("%s.%s: and %zu more\n", section, x->name, left);
}

static void diff_fields(Pair *pair, const char *name)
{
    CkptItem x, y;
    bool more = ckpt_section(pair->a, name) && ckpt_section(pair->b, name);
    while (more) {
        bool has_x = ckpt_next(pair->a, &x), has_y = ckpt_next(pair->b, &y);
        if (has_x != has_y || (has_x && strcmp(x.name, y.name) != 0)) {
            printf("%s: other items from %s on\n", name,
                   has_x ? x.name : y.name);
            pair->different = true;
            break;
        }
        more = has_x;
        if (more && !is_same(&x, &y)) {
            print_difference(name, &x, &y);
            pair->different = true;
        }
    }
    while (ckpt_next(pair->a, &x) || ckpt_next(pair->b, &y))
        ;
}

static void diff_pages(Pair *pair, const char *name)
{
    size_t x_size = 0, y_size = 0, shown = 0, left = 0;
    uint8_t *x_kinds = NULL, *y_kinds = NULL;
    uint8_t *x = ckpt_read_pages(pair->a, name, &x_size, &x_kinds);
    uint8_t *y = ckpt_read_pages(pair->b, name, &y_size, &y_kinds);
    size_t size = x_size < y_size ? x_size : y_size;
    if (x_size != y_size) {
        printf("%s: %zu and %zu KB\n", name, x_size / 1024, y_size / 1024);
        pair->different = true;
    }
    for (size_t at = 0; at < size; at += CKPT_PAGE) {
        size_t i = at / CKPT_PAGE;
        /* What the image has there is not known here. */
        if (x_kinds[i] == CKPT_PAGE_KNOWN || y_kinds[i] == CKPT_PAGE_KNOWN ||
            memcmp(x + at, y + at, CKPT_PAGE) == 0)
            continue;
        pair->different = true;
        if (++shown <= PAGES_SHOWN)
            printf("%s: page at 0x%zx\n", name, at);
        else
            left++;
    }
    if (left)
        printf("%s: and %zu more pages\n", name, left);
    free(x);
    free(y);
    free(x_kinds);
    free(y_kinds);
}

/* Of two that are alike, one has what the other lacks. */
static void diff_lists(Pair *pair, const Ckpt *of, const Ckpt *other, int which)
{
    CkptSection s;
    for (size_t i = 0; ckpt_list(of, i, &s); i++) {
        if (ckpt_has(other, s.name))
            continue;
        if (!s.pages)
            printf("%s: in the %s only\n", s.name, which ? "second" : "first");
        pair->different = true;
    }
}

static int diff(const char *first, const char *second, Diag *diag)
{
    CkptSection s;
    Pair pair = {ckpt_open(first, diag), NULL, false};
    pair.b = pair.a ? ckpt_open(second, diag) : NULL;
    for (size_t i = 0; pair.b && ckpt_list(pair.a, i, &s); i++) {
        if (!ckpt_has(pair.b, s.name) || strcmp(s.name, "about") == 0)
            continue;
        if (s.pages)
            diff_pages(&pair, s.name);
        else if (strncmp(s.name, "memory.", strlen("memory.")) != 0)
            diff_fields(&pair, s.name);
        if (ckpt_error(pair.a) || ckpt_error(pair.b)) {
            fail(ckpt_error(pair.a) ? pair.a : pair.b, diag);
            break;
        }
    }
    if (pair.b) {
        diff_lists(&pair, pair.a, pair.b, 0);
        diff_lists(&pair, pair.b, pair.a, 1);
    }
    ckpt_destroy(pair.a);
    ckpt_destroy(pair.b);
    return diag->text[0]    ? STATUS_BAD
           : pair.different ? STATUS_DIFFERENT
                            : STATUS_SAME;
}

int ckpt_program(const Options *o, Diag *diag)
{
    const char *what = o->operands[0];
    bool info = strcmp(what, "info") == 0;
    if (strcmp(what, "diff") == 0) {
        if (o->operand_count == 3)
            return diff(o->operands[1], o->operands[2], diag);
        diag_error(diag, "ckpt diff: two files are wanted");
        return STATUS_BAD;
    }
    if (!info && strcmp(what, "verify") != 0) {
        diag_error(diag,
                   "ckpt %s: there is no such; write info, verify or "
                   "diff",
                   what);
        return STATUS_BAD;
    }
    for (size_t i = 1; i < o->operand_count; i++)
        if (info ? !print_info(o->operands[i], diag)
                 : !verify(o->operands[i], diag))
            return STATUS_BAD;
    return STATUS_SAME;
}
