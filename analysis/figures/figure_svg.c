/* What gnuplot's svg terminal writes, made fit to stand in a page beside others. */
#include <stdio.h>
#include <string.h>

#include "analysis/figures/figure_script.h"
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
    text_append(
        out, " font-family=\"sans-serif\" font-size=\"12\" role=\"img\" aria-label=\"");
    put_xml(out, text_string(&figure->alt));
    if (inlined) { /* the page has title and caption beside it */
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

struct rewrite {
    const char *from, *to;
    bool inlined; /* only within a page, where ink and ground are the page's */
    bool words;   /* also between tags, where a title may say anything */
};

/* Defaults that gnuplot spells out in every group; ink and ground; what ends CDATA, which
 * gnuplot lets stand and XML does not. */
static const struct rewrite rewrites[] = {
    {" fill=\"none\" color=\"black\" stroke=\"currentColor\"", "", true, false},
    {" color=\"black\"", "", false, false},
    {" stroke-linecap=\"butt\" stroke-linejoin=\"miter\"", "", false, false},
    {" font-family=\"sans-serif\" font-size=\"12.00\" ", "", false, false},
    {"rgb(  0,   0,   0)", "currentColor", true, false},
    {"rgb(0,0,0)", "currentColor", true, false},
    {"'black'", "'currentColor'", true, false},
    {"\"black\"", "\"currentColor\"", true, false},
    {"color='white'", "color='var(--ground, white)'", true, false},
    {"color=\"white\"", "color=\"var(--ground, white)\"", true, false},
    {"]]>", "]]&gt;", false, true},
    {"\t", "", false, true}};

static const struct rewrite *find_rewrite(const char *at, bool inlined, bool in_tag)
{
    for (size_t i = 0; i < sizeof rewrites / sizeof *rewrites; i++)
        if (begins(at, rewrites[i].from) && (inlined || !rewrites[i].inlined) &&
            (in_tag || rewrites[i].words))
            return &rewrites[i];
    return NULL;
}

/* Behind what no reader needs; `at` where something else begins. */
static const char *skip(const char *at, bool inlined)
{
    if (inlined && begins(at, "<rect x=\"0\" y=\"0\"")) /* the ground */
        return behind(at, ">");
    if (begins(at, "<title>")) /* of a single curve */
        return behind(at, "</title>");
    if (begins(at, "<filter ")) /* which nothing uses */
        return behind(at, "</filter>");
    return behind_empty_group(at);
}

/* "rgb( 40, 123, 142)" as "#287b8e"; NULL where no colour begins. */
static const char *put_colour(const char *at, struct text *out)
{
    unsigned red, green, blue;
    int length = 0;
    char word[24]; /* sscanf would look for the end of all that follows */
    if (!begins(at, "rgb("))
        return NULL;
    snprintf(word, sizeof word, "%.20s", at);
    if (sscanf(word, "rgb(%u,%u,%u)%n", &red, &green, &blue, &length) != 3 || length == 0)
        return NULL;
    text_appendf(out, "#%02x%02x%02x", red & 255, green & 255, blue & 255);
    return at + length;
}

/* Identifiers become the figure's own: a page has several figures. */
static const char *put_identifier(const char *at, const char *own, struct text *out)
{
    static const char *const openings[] = {"id='", "id=\"", "xlink:href='#"};
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
        const char *name = at + strlen(openings[i]);
        if (!begins(at, openings[i]) || !(begins(name, "gp") || begins(name, "gnuplot")))
            continue;
        text_appendf(out, "%s%s", openings[i], own);
        return name;
    }
    return NULL;
}

void figure_put_svg(const struct figure *figure, const char *svg, bool inlined,
                    struct text *out)
{
    char own[16];
    struct hash128 hash = hash_bytes(text_string(&figure->command),
                                     figure->command.length);
    snprintf(own, sizeof own, "f%06x-", (unsigned)hash.low & 0xffffffu);
    const char *at = put_head(figure, svg, inlined, out), *next;
    bool in_tag = false;
    while (*at) {
        const struct rewrite *rewrite = find_rewrite(at, inlined, in_tag);
        if (rewrite) {
            text_append(out, rewrite->to);
            at += strlen(rewrite->from);
        } else if (skip(at, inlined) != at) {
            at = skip(at, inlined);
        } else if (begins(at, "<g id=\"gnuplot_plot")) {
            text_append(out, "<g>");
            at = behind(at, ">");
        } else if (in_tag && ((next = put_colour(at, out)) ||
                              (next = put_identifier(at, own, out)))) {
            at = next;
        } else {
            in_tag = *at == '<' || (in_tag && *at != '>');
            text_append_bytes(out, at++, 1);
        }
    }
}
