/* What a cell's records cost in a journal: of a 6x100 network, with it or without. */
#include <stdio.h>

#include "base/clock.h"
#include "bench.h"
#include "record/record.h"
#include "sweep/journal.h"

enum { CELLS = 2000, CELLS_QUICK = 20, N_PARAMETERS = 784 * 100 + 5 * 10100 + 1010 };

static const struct record_shape shape = {4, 7, 10};

typedef enum status commit_fn(struct journal *, struct error *);

/* Microseconds a cell, for cells that are committed one by one or in groups. */
static enum status write_cells(const char *dir, const char *run, int n_cells,
                               const struct bytes *result, const struct bytes *network,
                               commit_fn *commit, double *microseconds, struct error *err)
{
    struct journal *journal;
    if (journal_create(&journal, dir, run, 0, err) != STATUS_OK)
        return err->status;
    double started = clock_seconds();
    for (int i = 0; i < n_cells && err->status == STATUS_OK; i++) {
        struct hash128 id = {1, (uint64_t)i};
        journal_append(journal, JOURNAL_CLAIM, id, 1, NULL, err);
        if (err->status == STATUS_OK && network)
            journal_append(journal, JOURNAL_NETWORK, id, 1, network, err);
        if (err->status == STATUS_OK &&
            journal_append(journal, JOURNAL_RESULT, id, 1, result, err) == STATUS_OK)
            commit(journal, err);
    }
    if (err->status == STATUS_OK)
        journal_commit(journal, err);
    *microseconds = (clock_seconds() - started) * 1e6 / n_cells;
    journal_close(journal);
    return err->status;
}

enum status bench_journal(const struct bench *bench, struct error *err)
{
    struct record record;
    struct bytes result = {0}, network = {0};
    double alone, grouped, with_network;
    int n = bench->quick ? CELLS_QUICK : CELLS;
    if (record_init(&record, shape, err) != STATUS_OK)
        return err->status;
    record_pack(&record, &result);
    for (int i = 0; i < N_PARAMETERS; i++)
        bytes_put_u32(&network, (uint32_t)i);
    if (result.failed || network.failed)
        error_set(err, STATUS_MEMORY, "no memory for records");
    if (err->status == STATUS_OK &&
        write_cells(bench->dir, "alone", n, &result, NULL, journal_commit, &alone, err) ==
            STATUS_OK &&
        write_cells(bench->dir, "grouped", n, &result, NULL, journal_commit_group,
                    &grouped, err) == STATUS_OK &&
        write_cells(bench->dir, "network", n, &result, &network, journal_commit,
                    &with_network, err) == STATUS_OK) {
        double kilobytes = (double)result.length / 1000;
        bench_print("journal kB a result", &kilobytes, 1);
        bench_print("journal us a cell", &alone, 1);
        bench_print("journal us a cell, in groups", &grouped, 1);
        bench_print("journal us a cell with its network", &with_network, 1);
    }
    record_fini(&record);
    bytes_free(&result);
    bytes_free(&network);
    return err->status;
}
