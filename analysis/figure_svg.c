/* What gnuplot's svg terminal writes, made fit to stand in a page beside others. */
#include <stdio.h>
#include <string.h>

#include "analysis/figure_script.h"
#include "base/hash.h"

static void put_xml(struct text *out, const char *string)
{
    for (; *string; string++) {
        const char *entity = *string == '&'   ? "&amp;"
                             : *string == '<' ? "&lt;"
                             : *string == '>' ? "&gt;"
                             : *string == '"' ? "&quot;"
                                              : NULL;
        if (entity)
            text_append(out, entity);
        else
            text_append_bytes(out, string, 1);
    }
}

static bool begins(const char *at, const char *word)
{
    return strncmp(at, word, strlen(word)) == 0;
}

/* Where the element that begins here ends. */
static const char *behind(const char *at, const char *closing)
{
    const char *end = strstr(at, closing);
    return end ? end + strlen(closing) : at + strlen(at);
}

/* Behind a group that holds nothing, of which gnuplot writes many; `at` elsewhere. */
static const char *behind_empty_group(const char *at)
{
    static const char empty[] = "\n</g>\n";
    if (!begins(at, "<g fill="))
        return at;
    const char *end = behind(at, ">");
    return begins(end, empty) ? end + sizeof empty - 1 : at;
}

/* The words of gnuplot's own head, and the root element, in our words. */
static const char *put_head(const struct figure *figure, const char *svg, bool inlined,
                            struct text *out)
{
    const char *root = strstr(svg, "<svg"), *rest = strstr(svg, "<g id=");
    if (!root || !rest)
        return svg;
    const char *end = behind(root, ">");
    if (!inlined)
        text_append_bytes(out, svg, (size_t)(root - svg));
    text_append_bytes(out, root, (size_t)(end - 1 - root));
    text_append(out, " role=\"img\" aria-label=\"");
    put_xml(out, text_string(&figure->alt));
    text_append(out, "\">\n<title>");
    put_xml(out, text_string(&figure->title));
    text_append(out, "</title>\n<desc>");
    put_xml(out, inlined ? text_string(&figure->alt) : text_string(&figure->caption));
    text_append(out, "</desc>\n");
    return rest;
}

void figure_put_svg(const struct figure *figure, const char *svg, bool inlined,
                    struct text *out)
{
    static const struct {
        const char *from, *to;
    } inks[] = {{"rgb(  0,   0,   0)", "currentColor"},
                {"rgb(0,0,0)", "currentColor"},
                {"'black'", "'currentColor'"},
                {"\"black\"", "\"currentColor\""}};
    char id[40];
    struct hash128 hash = hash_bytes(text_string(&figure->command),
                                     figure->command.length);
    snprintf(id, sizeof id, "f%08x-", (unsigned)hash.low);
    for (const char *at = put_head(figure, svg, inlined, out); *at;) {
        size_t i = 0;
        while (inlined && i < sizeof inks / sizeof *inks && !begins(at, inks[i].from))
            i++;
        if (begins(at, "<title>")) { /* of a single curve: not for readers */
            at = behind(at, "</title>");
        } else if (begins(at, "<filter ")) { /* that nothing uses */
            at = behind(at, "</filter>");
        } else if (behind_empty_group(at) != at) {
            at = behind_empty_group(at);
        } else if (begins(at, "id='gp") || begins(at, "id=\"gn")) {
            text_append_bytes(out, at, 4);
            text_append(out, id);
            at += 4;
        } else if (begins(at, "xlink:href='#")) {
            text_appendf(out, "xlink:href='#%s", id);
            at += strlen("xlink:href='#");
        } else if (inlined && i < sizeof inks / sizeof *inks) {
            text_append(out, inks[i].to);
            at += strlen(inks[i].from);
        } else {
            text_append_bytes(out, at++, 1);
        }
    }
}
