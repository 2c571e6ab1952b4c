/* How journals of several directories come into one. */
#ifndef STRATA_CLI_MERGE_H
#define STRATA_CLI_MERGE_H

#include "base/error.h"
#include "cli/rundir.h"
#include "cli/source.h"

/* Copies the journals of a source into dir/journal, each under a temporary name first.
 * One that is there already is kept, or replaced by a longer one that begins with it;
 * STATUS_DATA where the two differ otherwise. */
enum status merge_copy_journals(const struct source *source, const struct rundir *dir,
                                struct error *err);

/* Writes cells of an archive that no journal of the directory holds, with their kept
 * networks, into new journals of it. */
enum status merge_import_archive(struct source *source, const struct rundir *dir,
                                 struct error *err);

#endif
