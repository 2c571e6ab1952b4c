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
    if (inlined) {
        text_append(out, "\" fill=\"none\" stroke=\"currentColor\">\n");
        return rest;
    }
    text_append(out, "\">\n<title>");
    put_xml(out, text_string(&figure->title));
    text_append(out, "</title>\n<desc>");
    put_xml(out, text_string(&figure->caption));
    text_append(out, "</desc>\n");
    return rest;
}

/* The page's own ink and ground; and without what is SVG's default, or what the root says
 * once, which is a third of the bytes or more. */
static const struct {
    const char *from, *to;
} shorter[] = {{" fill=\"none\" color=\"black\" stroke=\"currentColor\"", ""},
               {" stroke-linecap=\"butt\" stroke-linejoin=\"miter\"", ""},
               {"rgb(  0,   0,   0)", "currentColor"},
               {"rgb(0,0,0)", "currentColor"},
               {"color='white'", "color='var(--ground, white)'"},
               {"color=\"white\"", "color=\"var(--ground, white)\""},
               {"'black'", "'currentColor'"},
               {"\"black\"", "\"currentColor\""},
               {"  '/>", "'/>"},
               {"\n\t\t", "\n"},
               {"\n\t", "\n"},
               {"\n\n", "\n"}};

/* Behind what has no use: filters of boxed labels, groups without content, and in a page
 * the ground; NULL where something else begins. */
static const char *behind_useless(const char *at, bool inlined)
{
    if (begins(at, "<filter"))
        return behind(at, "</filter>");
    if (inlined && begins(at, "<rect x=\"0\" y=\"0\""))
        return behind(at, ">");
    if (!begins(at, "<g "))
        return NULL;
    const char *content = behind(at, ">");
    content += strspn(content, " \t\n");
    return begins(content, "</g>") ? behind(content, "</g>\n") : NULL;
}

/* One step of the inlined form; NULL where nothing is to be changed. */
static const char *shorten(const char *at, struct text *out)
{
    int red, green, blue;
    char colour[24];
    for (size_t i = 0; i < sizeof shorter / sizeof *shorter; i++)
        if (begins(at, shorter[i].from)) {
            text_append(out, shorter[i].to);
            return at + strlen(shorter[i].from);
        }
    if (!begins(at, "rgb("))
        return NULL;
    snprintf(colour, sizeof colour, "%.20s", at);
    if (sscanf(colour, "rgb(%d,%d,%d)", &red, &green, &blue) != 3)
        return NULL;
    text_appendf(out, "#%02x%02x%02x", red & 255, green & 255, blue & 255);
    return behind(at, ")");
}

void figure_put_svg(const struct figure *figure, const char *svg, bool inlined,
                    struct text *out)
{
    char id[40];
    struct hash128 hash = hash_bytes(text_string(&figure->command),
                                     figure->command.length);
    snprintf(id, sizeof id, "f%08x-", (unsigned)hash.low);
    for (const char *next, *at = put_head(figure, svg, inlined, out); *at; at = next) {
        if ((next = behind_useless(at, inlined)) ||
            (inlined && (next = shorten(at, out))))
            continue;
        if (begins(at, "<title>")) { /* of a single curve: not for readers */
            next = behind(at, "</title>");
        } else if (begins(at, "id='gp") || begins(at, "id=\"gn")) {
            text_append_bytes(out, at, 4);
            text_append(out, id);
            next = at + 4;
        } else if (begins(at, "xlink:href='#")) {
            text_appendf(out, "xlink:href='#%s", id);
            next = at + strlen("xlink:href='#");
        } else if (begins(at, "]]>")) { /* which gnuplot lets stand, and XML does not */
            text_append(out, "]]&gt;");
            next = at + strlen("]]>");
        } else {
            text_append_bytes(out, at, 1);
            next = at + 1;
        }
    }
}
