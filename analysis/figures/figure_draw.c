/* Runs gnuplot in a folder of its own, and finishes what it drew. */
#include "analysis/figures/figure_draw.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/figures/figure_script.h"
#include "analysis/figures/gnuplot.h"
#include "analysis/tables/quote.h"
#include "base/io.h"

enum { FIGURE_BYTES_MAX = 1 << 28 };

static const char *const suffixes[] = {[FIGURE_SVG] = "svg",
                                       [FIGURE_PDF] = "pdf",
                                       [FIGURE_PNG] = "png",
                                       [FIGURE_TEX] = "tex",
                                       [FIGURE_SVG_INLINE] = "svg"};

bool figure_format_find(const char *name, enum figure_format *format)
{
    for (int i = FIGURE_SVG; i <= FIGURE_TEX; i++)
        if (strcmp(suffixes[i], name) == 0) {
            *format = (enum figure_format)i;
            return true;
        }
    return false;
}

void figure_put_heading(const struct figure *figure, struct text *out)
{
    quote_plain(out, archive_attribute(figure->data->archive, "title"));
    text_append(out, ": ");
    quote_plain(out, text_string(&figure->title));
}

/* The files of one figure. */
struct files {
    char data[64], script[64], picture[64];
    struct text data_text, script_text;
};

/* A file that lives for a moment only: nothing of it needs to survive a crash. */
static enum status write_scratch(const char *path, const struct text *text,
                                 struct error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set(err, STATUS_CREATE, "%s: %s", path, strerror(errno));
    io_write_all(fd, text_string(text), text->length, path, err);
    if (close(fd) != 0)
        error_set(err, STATUS_IO, "%s: %s", path, strerror(errno));
    return err->status;
}

static enum status write_files(const struct files *files, const char *folder,
                               bool scratch, struct error *err)
{
    const struct {
        const char *name;
        const struct text *text;
    } both[] = {{files->data, &files->data_text}, {files->script, &files->script_text}};
    for (int i = 0; i < 2 && err->status == STATUS_OK; i++) {
        char path[IO_PATH_MAX];
        if (io_join(path, folder, both[i].name, err) != STATUS_OK)
            break;
        if (scratch)
            write_scratch(path, both[i].text, err);
        else
            io_replace_file(path, text_string(both[i].text), both[i].text->length, err);
    }
    return err->status;
}

static void remove_folder(const struct files *files, const char *folder)
{
    const char *const names[] = {files->data, files->script, files->picture, "messages"};
    struct error unjoined = {0};
    char path[IO_PATH_MAX];
    for (int i = 0; i < 4; i++)
        if (io_join(path, folder, names[i], &unjoined) == STATUS_OK)
            unlink(path);
    rmdir(folder);
}

/* TeX reads the caption as a comment, to be copied. */
static void put_tex_head(const struct figure *figure, struct text *out)
{
    text_append(out, "% In the preamble: \\usepackage{gnuplot-lua-tikz}, which gnuplot "
                     "brings. Here: \\input\n% ");
    quote_plain(out, text_string(&figure->caption));
    text_append(out, "\n");
}

/* Equal figures are equal files: no time of making. */

/* "%% Sun Nov 22 00:42:55 2026", the line after gnuplot's own; the length without it. */
static size_t drop_tex_date(char *tex, size_t length)
{
    static const char own[] = "\n%% generated with", comment[] = "\n%% ";
    char *end = tex + length, *at = memmem(tex, length, own, sizeof own - 1);
    char *date = at ? memchr(at + 1, '\n', (size_t)(end - at - 1)) : NULL;
    char *rest = date ? memchr(date + 1, '\n', (size_t)(end - date - 1)) : NULL;
    if (!rest || strncmp(date, comment, sizeof comment - 1) != 0)
        return length;
    memmove(date, rest, (size_t)(end - rest));
    return length - (size_t)(rest - date);
}

static void blank_date(char *pdf, size_t length)
{
    static const char key[] = "/CreationDate (D:", date[] = "19700101000000";
    char *at = memmem(pdf, length, key, sizeof key - 1);
    if (at && (size_t)(at - pdf) + sizeof key + sizeof date < length)
        memcpy(at + sizeof key - 1, date, sizeof date - 1);
}

static enum status put_picture(const struct figure *figure, enum figure_format format,
                               const char *path, struct text *out, struct error *err)
{
    char *bytes = NULL;
    size_t length;
    if (io_read_file(path, FIGURE_BYTES_MAX, &bytes, &length, err) != STATUS_OK)
        return err->status;
    if (format == FIGURE_PDF)
        blank_date(bytes, length);
    if (format == FIGURE_TEX) {
        length = drop_tex_date(bytes, length);
        put_tex_head(figure, out);
    }
    if (format == FIGURE_SVG || format == FIGURE_SVG_INLINE)
        figure_put_svg(figure, bytes, format == FIGURE_SVG_INLINE, out);
    else
        text_append_bytes(out, bytes, length);
    free(bytes);
    return out->failed ? error_set(err, STATUS_MEMORY, "no memory for a figure")
                       : STATUS_OK;
}

static enum status draw_in_new_folder(const struct figure *figure,
                                      enum figure_format format,
                                      const struct files *files, struct text *out,
                                      struct error *err)
{
    const char *parent = getenv("TMPDIR");
    char folder[IO_PATH_MAX], picture[IO_PATH_MAX];
    if (io_join(folder, parent && *parent ? parent : "/tmp", "strata-plot-XXXXXX", err) !=
        STATUS_OK)
        return err->status;
    if (!mkdtemp(folder))
        return error_set(err, STATUS_CREATE, "%s: %s", folder, strerror(errno));
    if (write_files(files, folder, true, err) == STATUS_OK &&
        gnuplot_run(folder, files->script, err) == STATUS_OK &&
        io_join(picture, folder, files->picture, err) == STATUS_OK)
        put_picture(figure, format, picture, out, err);
    remove_folder(files, folder);
    return err->status;
}

static enum status draw_in_folder(const struct figure *figure, enum figure_format format,
                                  const struct files *files, struct text *out,
                                  struct error *err)
{
    sigset_t before;
    gnuplot_hold_signals(&before);
    draw_in_new_folder(figure, format, files, out, err);
    gnuplot_release_signals(&before);
    return err->status;
}

enum status figure_draw(const struct figure *figure, enum figure_format format,
                        const char *keep, struct text *out, struct error *err)
{
    struct files files = {.data_text = {0}};
    struct figure_layout layout;
    struct text heading = {0};
    if (format != FIGURE_SVG_INLINE && format != FIGURE_TEX)
        figure_put_heading(figure, &heading);
    snprintf(files.data, sizeof files.data, "%s.dat", figure->name);
    snprintf(files.script, sizeof files.script, "%s.gp", figure->name);
    snprintf(files.picture, sizeof files.picture, "%s.%s", figure->name,
             suffixes[format]);
    if (figure_layout_init(&layout, figure->data, heading.length, err) == STATUS_OK) {
        figure_put_data(figure, &layout, &files.data_text);
        figure_put_script(figure, &layout, format, files.picture, &files.script_text);
        if (files.data_text.failed || files.script_text.failed)
            error_set(err, STATUS_MEMORY, "no memory for a figure's script");
    }
    if (err->status == STATUS_OK && keep && io_make_dir(keep, err) == STATUS_OK)
        write_files(&files, keep, false, err);
    if (err->status == STATUS_OK)
        draw_in_folder(figure, format, &files, out, err);
    figure_layout_fini(&layout);
    text_free(&heading);
    text_free(&files.data_text);
    text_free(&files.script_text);
    return err->status;
}
