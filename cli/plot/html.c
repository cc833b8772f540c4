/* Writing HTML; see html.h. */
#include "cli/plot/html.h"

#include "cli/plot/text.h"

#include <string.h>

static const char style[] =
    ":root{color-scheme:light dark;--ink:#1a1a1a;--dim:#555;--line:#ccc;"
    "--back:#fff;--soft:#f4f4f4}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e8e8e8;--dim:#aaa;"
    "--line:#444;--back:#121212;--soft:#1e1e1e}\n"
    "figure svg{filter:invert(.93) hue-rotate(180deg)}}\n"
    "body{margin:0 auto;padding:1rem;max-width:62rem;background:var(--back);"
    "color:var(--ink);font:1rem/1.5 system-ui,sans-serif;"
    "overflow-wrap:anywhere}\n"
    "h1{line-height:1.2;margin:.5rem 0}\n"
    "h2{margin:2.5rem 0 .5rem;border-bottom:1px solid var(--line)}\n"
    ".wide{overflow-x:auto}\n"
    "table{border-collapse:collapse;font-size:.9rem}\n"
    "th,td{text-align:left;vertical-align:top;padding:.2rem .9rem .2rem 0;"
    "border-bottom:1px solid var(--line);overflow-wrap:normal}\n"
    "td.n{text-align:right;font-variant-numeric:tabular-nums}\n"
    "figure{margin:1.5rem 0}\n"
    "figure .wide{border:1px solid var(--line)}\n"
    "figure svg{display:block;width:100%;min-width:38rem;height:auto}\n"
    "figcaption,.dim{color:var(--dim);font-size:.9rem}\n"
    "pre{background:var(--soft);padding:.7rem;white-space:pre-wrap}\n"
    "summary{cursor:pointer;margin:.7rem 0}\n";

void html_write_text(FILE *out, const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        switch (*p) {
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '&': fputs("&amp;", out); break;
        case '"': fputs("&quot;", out); break;
        case '\n': fputc('\n', out); break;
        default: fputc(*p < 0x20 || *p == 0x7f ? ' ' : *p, out);
        }
    }
}

void html_begin(FILE *out, const char *title)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
          "<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" "
          "content=\"width=device-width, initial-scale=1\">\n<title>",
          out);
    html_write_text(out, title);
    fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>", style);
    html_write_text(out, title);
    fputs("</h1>\n", out);
}

void html_end(FILE *out)
{
    fputs("</body>\n</html>\n", out);
}

void html_write_heading(FILE *out, const char *text)
{
    fputs("<h2>", out);
    html_write_text(out, text);
    fputs("</h2>\n", out);
}

void html_begin_table(FILE *out, const char *const *heads, size_t count)
{
    fputs("<div class=\"wide\"><table>\n", out);
    if (count == 0)
        return;
    fputs("<tr>", out);
    for (size_t i = 0; i < count; i++) {
        fputs("<th>", out);
        html_write_text(out, heads[i]);
        fputs("</th>", out);
    }
    fputs("</tr>\n", out);
}

void html_write_row(FILE *out, const char *const *cells, size_t count)
{
    fputs("<tr>", out);
    for (size_t i = 0; i < count; i++) {
        double number;
        fputs(text_number(cells[i], &number) ? "<td class=\"n\">" : "<td>",
              out);
        html_write_text(out, cells[i]);
        fputs("</td>", out);
    }
    fputs("</tr>\n", out);
}

void html_end_table(FILE *out)
{
    fputs("</table></div>\n", out);
}

/* What names in an SVG file follow: where they are given, and where used. */
static size_t name_mark(const char *text)
{
    static const char *const marks[] = {" id='", " id=\"", "href='#",
                                        "href=\"#", "url(#"};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (strncmp(text, marks[i], strlen(marks[i])) == 0)
            return strlen(marks[i]);
    return 0;
}

bool html_write_svg(FILE *out, Arena *arena, const char *path,
                    const char *prefix, const char *label, Diag *diag)
{
    size_t size;
    char *text = text_read_file(arena, path, &size, diag);
    if (!text)
        return false;
    const char *svg = strstr(text, "<svg");
    if (!svg)
        return diag_error(diag, "%s: is no SVG; draw it again", path);
    fputs("<svg role=\"img\" aria-label=\"", out);
    html_write_text(out, label);
    fputc('"', out);
    /* Tags alone have names: what stands between them is the picture's text. */
    bool in_tag = true;
    for (const char *p = svg + strlen("<svg"); *p;) {
        size_t mark = in_tag ? name_mark(p) : 0;
        in_tag = *p == '<' || (in_tag && *p != '>');
        size_t length = mark ? mark : 1;
        fwrite(p, 1, length, out);
        if (mark)
            fputs(prefix, out);
        p += length;
    }
    return true;
}
