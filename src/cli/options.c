#include "cli/options.h"

#include <stdio.h>
#include <string.h>

static int find_long(const struct option_row *rows, const char *name, size_t length)
{
    for (int i = 0; rows[i].name; i++)
        if (strlen(rows[i].name) == length && strncmp(rows[i].name, name, length) == 0)
            return i;
    return -1;
}

static int find_letter(const struct option_row *rows, char letter)
{
    for (int i = 0; rows[i].name; i++)
        if (letter && rows[i].letter == letter)
            return i;
    return -1;
}

static enum status unknown_option(const struct command *command, const char *word,
                                  struct error *err)
{
    const char *names[OPTIONS_MAX];
    size_t n = 0;
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    for (; command->options[n].name; n++)
        names[n] = command->options[n].name;
    const char *nearest = word[1] == '-' ? text_nearest(name, names, n) : NULL;
    if (nearest)
        return error_set(err, STATUS_USAGE,
                         "%s: unknown option %.80s (did you mean --%s?)", command->name,
                         word, nearest);
    return error_set(err, STATUS_USAGE, "%s: unknown option %.80s; see strata %s --help",
                     command->name, word, command->name);
}

static enum status set_value(struct args *args, const struct command *command, int row,
                             const char *value, struct error *err)
{
    const struct option_row *option = &command->options[row];
    if (option->repeats) {
        if (args->n_sets == SETS_MAX)
            return error_set(err, STATUS_USAGE, "--%s: more than %d times", option->name,
                             SETS_MAX);
        args->sets[args->n_sets++] = value;
        return STATUS_OK;
    }
    if (args->value[row])
        return error_set(err, STATUS_USAGE, "--%s: given twice", option->name);
    args->value[row] = value;
    return STATUS_OK;
}

/* An option word; *i moves past its argument. */
static enum status parse_option(struct args *args, const struct command *command,
                                int argc, char **argv, int *i, struct error *err)
{
    const char *word = argv[*i], *inline_value = NULL;
    int row;
    if (word[1] == '-') {
        size_t length = strcspn(word + 2, "=");
        row = find_long(command->options, word + 2, length);
        inline_value = word[2 + length] == '=' ? word + 3 + length : NULL;
    } else {
        row = find_letter(command->options, word[1]);
        inline_value = word[2] ? word + 2 : NULL;
    }
    if (row < 0)
        return unknown_option(command, word, err);
    const struct option_row *option = &command->options[row];
    if (!option->argument) {
        if (inline_value)
            return error_set(err, STATUS_USAGE, "--%s takes no value", option->name);
        return set_value(args, command, row, "", err);
    }
    const char *value = inline_value ? inline_value : *i + 1 < argc ? argv[++*i] : "";
    if (!*value)
        return error_set(err, STATUS_USAGE, "--%s needs a value: --%s %s", option->name,
                         option->name, option->argument);
    return set_value(args, command, row, value, err);
}

enum status options_parse(struct args *args, const struct command *command, int argc,
                          char **argv, struct error *err)
{
    bool options_ended = false;
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i];
        if (!options_ended && strcmp(word, "--") == 0) {
            options_ended = true;
        } else if (!options_ended && word[0] == '-' && word[1]) {
            if (parse_option(args, command, argc, argv, &i, err) != STATUS_OK)
                return err->status;
        } else if (args->n_positional == command->max_operands) {
            return error_set(err, STATUS_USAGE, "%s: unexpected operand '%.200s'",
                             command->name, word);
        } else if (!*word) {
            return error_set(err, STATUS_USAGE, "%s: an operand is empty", command->name);
        } else {
            args->positional[args->n_positional++] = word;
        }
    }
    if (args->n_positional < command->min_operands)
        return error_set(err, STATUS_USAGE, "%s: missing operand: strata %s %s",
                         command->name, command->name, command->operands);
    return STATUS_OK;
}

void options_help(const struct command *command, struct text *out)
{
    text_appendf(out, "usage: %sstrata %s%s%s [options]\n\n%s\n",
                 command->needs_mpi ? "[mpirun -n N] " : "", command->name,
                 *command->operands ? " " : "", command->operands, command->details);
    text_append(out, "\noptions:\n");
    for (const struct option_row *o = command->options; o->name; o++) {
        char left[64], letter[8] = "    ";
        if (o->letter)
            snprintf(letter, sizeof letter, "-%c, ", o->letter);
        snprintf(left, sizeof left, "%s--%s%s%s", letter, o->name, o->argument ? " " : "",
                 o->argument ? o->argument : "");
        text_appendf(out, "  %-28s %s\n", left, o->help);
    }
    text_appendf(out, "  %-28s %s\n", "    --help", "this text");
}
