#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

static const struct {
    int code;
    const char *text;
} statuses[] = {
#define X(name, code, text) {code, text},
    STATUS_LIST(X)
#undef X
};

enum status error_set(struct error *err, enum status status, const char *format, ...)
{
    if (err->status != STATUS_OK)
        return err->status;
    char text[sizeof err->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    text_make_plain(err->text, sizeof err->text, text); /* some of it may be foreign */
    err->status = status;
    return status;
}

int status_exit_code(enum status status)
{
    return statuses[status].code;
}

const char *status_text(enum status status)
{
    return statuses[status].text;
}
