/* nodes.nc and the journal's form of a node set: values come back, stock tools read them,
 * damage shows, same bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "archive/nodes.h"
#include "base/io.h"
#include "record/record.h"

enum { N_CLASSES = 3 };

static void assert_ok(enum status status, const struct error *err)
{
    if (status != STATUS_OK)
        fail_msg("%s", err->text);
}

/* Every value tells its network, column and place. */
static void make_set(struct node_set *set, int network, int n_bins)
{
    struct error err = {0};
    struct node_shape shape = {2 + network, N_CLASSES, n_bins};
    assert_ok(node_set_init(set, shape, &err), &err);
    snprintf(set->label, sizeof set->label, "%s", network % 2 ? "best" : "init");
    set->step = 100 * network;
    for (int c = 0; c < NODE_COLUMNS; c++) {
        enum node_column column = (enum node_column)c;
        for (size_t i = 0; i < node_column_extent(column, shape); i++)
            if (node_columns[c].real)
                node_reals(set, column)[i] = network + c / 16.0 + (double)i / 4096;
            else
                node_ints(set, column)[i] = 100000 * network + 1000 * c + (int32_t)i;
    }
}

static void assert_equal_sets(const struct node_set *a, const struct node_set *b)
{
    assert_string_equal(a->label, b->label);
    assert_int_equal(a->step, b->step);
    for (int c = 0; c < NODE_COLUMNS; c++) {
        size_t length, other;
        const void *x = node_bytes(a, (enum node_column)c, &length);
        const void *y = node_bytes(b, (enum node_column)c, &other);
        assert_int_equal(length, other);
        if (length > 0)
            assert_memory_equal(x, y, length);
    }
}

static void make_id(char out[ID_LENGTH + 1], int network)
{
    snprintf(out, ID_LENGTH + 1, "%032x", network / 2 + 1);
}

static enum status write_file(const char *path, int n_networks, int n_bins,
                              struct error *err)
{
    struct nodes_writer *writer;
    struct nodes_header header = {.title = "test",
                                  .study = "study: test\n",
                                  .source = "strata",
                                  .data_hash = {1, 2},
                                  .numerics_version = 1,
                                  .n_networks = n_networks,
                                  .n_classes = N_CLASSES,
                                  .n_bins = n_bins};
    for (int i = 0; i < n_networks; i++)
        header.n_nodes += 2 + i;
    if (nodes_create(&writer, path, &header, err) != STATUS_OK)
        return err->status;
    for (int i = 0; i < n_networks; i++) {
        struct node_set set;
        char id[ID_LENGTH + 1];
        make_set(&set, i, n_bins);
        make_id(id, i);
        nodes_append(writer, id, &set, err);
        node_set_fini(&set);
    }
    return nodes_publish(writer, err);
}

static void check_file(const char *path, int n_bins)
{
    struct error err = {0};
    struct nodes *nodes;
    assert_ok(write_file(path, 4, n_bins, &err), &err);
    assert_ok(nodes_check(path, NULL, &err), &err);
    assert_ok(nodes_open(&nodes, path, &err), &err);
    assert_int_equal(nodes_count(nodes), 4);
    assert_int_equal(nodes_count_records(nodes), 2 + 3 + 4 + 5);
    assert_int_equal(nodes_count_bins(nodes), n_bins);
    for (int i = 3; i >= 0; i--) {
        struct node_set expected, set;
        char id[ID_LENGTH + 1];
        make_set(&expected, i, n_bins);
        make_id(id, i);
        assert_int_equal(nodes_find(nodes, id, i % 2 ? "best" : "init"), i);
        assert_string_equal(nodes_cell_id(nodes, i), id);
        assert_ok(nodes_read(nodes, i, &set, &err), &err);
        assert_equal_sets(&set, &expected);
        node_set_fini(&set);
        node_set_fini(&expected);
    }
    struct node_set set;
    assert_int_equal(nodes_find(nodes, "00000000000000000000000000000001", "final"), -1);
    assert_int_equal(nodes_read(nodes, 4, &set, &err), STATUS_INTERNAL);
    nodes_close(nodes);
}

static void test_reading(void **state)
{
    (void)state;
    check_file("plain.nc", 0);
    check_file("histograms.nc", NODE_BINS);
}

static void test_stock_tools(void **state)
{
    (void)state;
    struct error err = {0};
    assert_ok(write_file("dump.nc", 2, 0, &err), &err);
    if (system("ncdump -v record_network,record_count,layer dump.nc >dump.txt") != 0)
        skip();
    assert_int_equal(system("grep -q 'record_network = 0, 0, 1, 1, 1 ;' dump.txt"), 0);
    assert_int_equal(system("grep -q 'record_count = 2, 3 ;' dump.txt"), 0);
    assert_int_equal(
        system("grep -q 'layer = 1000, 1001, 101000, 101001, 101002 ;' dump.txt"), 0);
    assert_int_equal(system("ncdump -k dump.nc | grep -q 'netCDF-4 classic model'"), 0);
    assert_int_not_equal(system("grep -q histogram dump.txt"), 0);
}

static void test_identical_bytes(void **state)
{
    (void)state;
    struct error err = {0};
    assert_ok(write_file("same1.nc", 3, NODE_BINS, &err), &err);
    assert_ok(write_file("same2.nc", 3, NODE_BINS, &err), &err);
    assert_int_equal(system("cmp same1.nc same2.nc"), 0);
}

/* Damage is reported, or the content is what it was. */
static void test_damage(void **state)
{
    (void)state;
    enum { PLACES = 100 };
    struct error err = {0};
    struct hash128 expected, content;
    char *data;
    size_t length;
    int reported = 0;
    assert_ok(write_file("sound.nc", 3, 0, &err), &err);
    assert_ok(nodes_check("sound.nc", &expected, &err), &err);
    assert_ok(io_read_file("sound.nc", 1 << 26, &data, &length, &err), &err);
    for (size_t i = 0; i < PLACES; i++) {
        size_t at = i * length / PLACES;
        struct error fault = {0};
        data[at] = (char)(data[at] ^ 1 << i % 8);
        assert_ok(io_replace_file("flipped.nc", data, length, &err), &err);
        data[at] = (char)(data[at] ^ 1 << i % 8);
        if (nodes_check("flipped.nc", &content, &fault) == STATUS_OK)
            assert_true(hash_equal(content, expected));
        else
            reported++;
    }
    assert_true(reported > 0);
    assert_ok(io_replace_file("flipped.nc", data, length / 2, &err), &err);
    assert_int_equal(nodes_check("flipped.nc", NULL, &err), STATUS_DATA);
    free(data);
}

/* Fewer than announced, or of another shape: nothing is published. */
static void test_totals(void **state)
{
    (void)state;
    struct nodes_writer *writer;
    struct node_set set;
    struct nodes_header header = {.title = "test",
                                  .study = "",
                                  .source = "strata",
                                  .n_networks = 2,
                                  .n_nodes = 4,
                                  .n_classes = N_CLASSES};
    struct error err = {0}, few = {0}, none = {0}, many = {0};
    make_set(&set, 0, 0);
    assert_ok(nodes_create(&writer, "few.nc", &header, &err), &err);
    assert_ok(nodes_append(writer, "a", &set, &err), &err);
    assert_int_equal(nodes_publish(writer, &few), STATUS_INTERNAL);
    assert_false(io_exists("few.nc"));
    header.n_classes = N_CLASSES + 1;
    assert_ok(nodes_create(&writer, "few.nc", &header, &err), &err);
    assert_int_equal(nodes_append(writer, "a", &set, &err), STATUS_INTERNAL);
    nodes_discard(writer);
    assert_false(io_exists("few.nc"));
    header.n_networks = 0;
    assert_int_equal(nodes_create(&writer, "few.nc", &header, &none), STATUS_STUDY);
    header.n_networks = 2;
    header.n_nodes = (int64_t)INT32_MAX + 1;
    assert_int_equal(nodes_create(&writer, "few.nc", &header, &many), STATUS_STUDY);
    node_set_fini(&set);
}

/* ---- the journal's form ---- */

static void test_pack(void **state)
{
    (void)state;
    for (int n_bins = 0; n_bins <= NODE_BINS; n_bins += NODE_BINS) {
        struct error err = {0};
        struct node_set set, back;
        struct bytes packed = {0};
        make_set(&set, 3, n_bins);
        node_set_pack(&set, &packed);
        assert_ok(node_set_unpack(&back, packed.data, packed.length, &err), &err);
        assert_equal_sets(&back, &set);
        node_set_fini(&back);
        for (size_t length = 0; length < packed.length;
             length += length < 300 ? 1 : packed.length / 50) {
            struct error cut = {0};
            assert_int_equal(node_set_unpack(&back, packed.data, length, &cut),
                             STATUS_DATA);
        }
        bytes_free(&packed);
        node_set_fini(&set);
    }
}

/* A count of nodes or classes that the bytes cannot hold is refused before memory is. */
static void test_impossible_shape(void **state)
{
    (void)state;
    enum { LABEL_AND_STEP = 4 + 4 + 4 };
    struct node_set set, back;
    struct bytes packed = {0};
    make_set(&set, 0, 0);
    node_set_pack(&set, &packed);
    for (int i = 0; i < 12; i++) {
        struct error err = {0};
        size_t at = LABEL_AND_STEP + (size_t)i;
        uint8_t before = packed.data[at];
        packed.data[at] = 0x7f;
        assert_int_equal(node_set_unpack(&back, packed.data, packed.length, &err),
                         STATUS_DATA);
        packed.data[at] = before;
    }
    bytes_free(&packed);
    node_set_fini(&set);
}

static void test_fill(void **state)
{
    (void)state;
    struct error err = {0};
    struct node_set set;
    assert_ok(node_set_init(&set, (struct node_shape){2, N_CLASSES, 0}, &err), &err);
    assert_int_equal(node_ints(&set, NODE_ACTIVE_COUNT)[2 * 3 * N_CLASSES - 1],
                     RECORD_FILL_INT);
    assert_true(node_reals(&set, NODE_BANDWIDTH)[2 * N_CLASSES - 1] == RECORD_FILL_REAL);
    node_set_fini(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reading),          cmocka_unit_test(test_stock_tools),
        cmocka_unit_test(test_identical_bytes),  cmocka_unit_test(test_damage),
        cmocka_unit_test(test_totals),           cmocka_unit_test(test_pack),
        cmocka_unit_test(test_impossible_shape), cmocka_unit_test(test_fill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
