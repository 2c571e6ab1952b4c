#include "cli/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/text.h"

static const char *const keys[FINDING_KINDS] = {"checked", "notes", "damage"};

enum status findings_init(struct findings *f, bool json, struct error *err)
{
    memset(f, 0, sizeof *f);
    for (int i = 0; i < FINDING_KINDS && json; i++)
        if (!(f->lists[i] = json_array()))
            return error_set(err, STATUS_MEMORY, "no memory for the findings");
    return STATUS_OK;
}

void findings_fini(struct findings *f)
{
    for (int i = 0; i < FINDING_KINDS; i++)
        json_decref(f->lists[i]);
}

void findings_add(struct findings *f, enum finding kind, const char *format, ...)
{
    static const char *const words[FINDING_KINDS] = {"sound", "note", "DAMAGE"};
    char text[ERROR_TEXT_MAX], plain[ERROR_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    f->counts[kind]++;
    text_make_plain(plain, sizeof plain, text); /* paths need not be UTF-8 */
    if (f->lists[kind])
        json_array_append_new(f->lists[kind], json_string(plain));
    else
        printf("%-7s %s\n", words[kind], plain);
}

enum status findings_print(const struct findings *f, const char *path, struct error *err)
{
    char fit[ERROR_TEXT_MAX];
    if (!f->lists[0])
        return STATUS_OK;
    text_make_plain(fit, sizeof fit, path);
    json_t *object = json_pack("{s:s, s:b}", "path", fit, "sound",
                               f->counts[FINDING_DAMAGE] == 0);
    for (int i = 0; i < FINDING_KINDS; i++)
        json_object_set(object, keys[i], f->lists[i]);
    char *text = object ? json_dumps(object, JSON_INDENT(2)) : NULL;
    if (text)
        puts(text);
    else
        error_set(err, STATUS_MEMORY, "no memory for the findings");
    free(text);
    json_decref(object);
    return err->status;
}
