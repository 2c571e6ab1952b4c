/* networks.nc: written values as stock tools read them, totals, refusals, same bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "archive/networks.h"
#include "base/io.h"

enum { N_TRAIN = 5, N_VALIDATION = 3, N_PARAMETERS = 70000 };

static struct networks_header make_header(int64_t n_cells, int64_t n_networks)
{
    return (struct networks_header){.title = "test",
                                    .study = "name: test\n",
                                    .source = "strata",
                                    .data_hash = {1, 2},
                                    .numerics_version = 1,
                                    .n_cells = n_cells,
                                    .n_networks = n_networks,
                                    .n_parameters = n_networks * N_PARAMETERS,
                                    .n_train = N_TRAIN,
                                    .n_validation = N_VALIDATION};
}

static void make_id(char out[ID_LENGTH + 1], int cell)
{
    snprintf(out, ID_LENGTH + 1, "%032x", (unsigned)cell + 1);
}

static enum status append_cell(struct networks_writer *writer, int cell,
                               struct error *err)
{
    static const int32_t train[N_TRAIN] = {4, 3, 2, 1, 0}, validation[] = {7, 8, 9};
    static const uint8_t train_label[N_TRAIN] = {0, 1, 2, 255, 4};
    static const uint8_t train_corrupt[N_TRAIN] = {0, 1, 2, 3, 0};
    char id[ID_LENGTH + 1];
    make_id(id, cell);
    struct network_samples samples = {.cell_id = id,
                                      .n_train = N_TRAIN - cell % 2,
                                      .n_validation = N_VALIDATION - cell % 3,
                                      .train_sample = train,
                                      .train_label = train_label,
                                      .train_corrupt = train_corrupt,
                                      .validation_sample = validation};
    return networks_append_cell(writer, &samples, err);
}

static enum status append_network(struct networks_writer *writer, int network,
                                  struct error *err)
{
    static float parameters[N_PARAMETERS];
    char id[ID_LENGTH + 1];
    make_id(id, network);
    for (int i = 0; i < N_PARAMETERS; i++)
        parameters[i] = (float)network + (float)i / 65536;
    struct network_entry entry = {.cell_id = id,
                                  .label = network % 2 ? "final" : "step:10",
                                  .step = 10 * network,
                                  .n_parameters = N_PARAMETERS,
                                  .parameters = parameters};
    return networks_append(writer, &entry, err);
}

static enum status write_file(const char *path, int n_cells, int n_networks,
                              struct error *err)
{
    struct networks_writer *writer;
    struct networks_header header = make_header(n_cells, n_networks);
    if (networks_create(&writer, path, &header, err) != STATUS_OK)
        return err->status;
    for (int i = 0; i < n_cells || i < n_networks; i++) {
        if (i < n_cells)
            append_cell(writer, i, err);
        if (i < n_networks)
            append_network(writer, i, err);
    }
    return networks_publish(writer, err);
}

static void assert_ok(enum status status, const struct error *err)
{
    if (status != STATUS_OK)
        fail_msg("%s", err->text);
}

static bool any_temporary(void)
{
    return system("ls *.tmp-* >list.txt 2>&1") == 0;
}

/* The data section that ncdump prints for a variable, without blanks. */
static void assert_dump(const char *path, const char *variable, const char *expected)
{
    char command[256], *text;
    size_t length, n = 0;
    struct error err = {0};
    snprintf(command, sizeof command, "ncdump -v %s %s >dump.txt 2>&1", variable, path);
    if (system(command) != 0)
        skip();
    assert_ok(io_read_file("dump.txt", 1 << 20, &text, &length, &err), &err);
    char *data = strstr(text, "data:");
    assert_non_null(data);
    for (char *p = data + strlen("data:"); *p; p++)
        if (*p != ' ' && *p != '\n')
            data[n++] = *p;
    data[n] = '\0';
    assert_string_equal(data, expected);
    free(text);
}

static void test_values(void **state)
{
    (void)state;
    struct error err = {0};
    assert_ok(write_file("networks.nc", 3, 2, &err), &err);
    assert_false(any_temporary());
    assert_dump("networks.nc", "train_sample",
                "train_sample=4,3,2,1,0,4,3,2,1,_,4,3,2,1,0;}");
    assert_dump("networks.nc", "train_label",
                "train_label=0,1,2,255,4,0,1,2,255,_,0,1,2,255,4;}");
    assert_dump("networks.nc", "train_corrupt",
                "train_corrupt=0,1,2,3,0,0,1,2,3,_,0,1,2,3,0;}");
    assert_dump("networks.nc", "validation_sample",
                "validation_sample=7,8,9,7,8,_,7,_,_;}");
    assert_dump("networks.nc", "network_step", "network_step=0,10;}");
    assert_dump("networks.nc", "parameter_offset", "parameter_offset=0,70000;}");
    assert_dump("networks.nc", "parameter_count", "parameter_count=70000,70000;}");
    assert_dump("networks.nc", "network_snapshot",
                "network_snapshot=\"step:10\",\"final\";}");
}

static void test_reading(void **state)
{
    (void)state;
    struct error err = {0};
    struct networks *networks;
    struct network_entry entry;
    assert_ok(write_file("read.nc", 3, 2, &err), &err);
    assert_ok(networks_open(&networks, "read.nc", &err), &err);
    assert_int_equal(networks_count(networks), 2);
    assert_int_equal(networks_count_cells(networks), 3);
    assert_ok(networks_read(networks, 1, &entry, &err), &err);
    assert_string_equal(entry.cell_id, "00000000000000000000000000000002");
    assert_string_equal(entry.label, "final");
    assert_int_equal(entry.step, 10);
    assert_int_equal(entry.n_parameters, N_PARAMETERS);
    for (int i = 0; i < N_PARAMETERS; i++)
        assert_true(entry.parameters[i] == 1 + (float)i / 65536);
    assert_int_equal(networks_read(networks, 2, &entry, &err), STATUS_INTERNAL);
    networks_close(networks);
}

/* Damage is reported, or the content is what it was. */
static void test_damage(void **state)
{
    (void)state;
    enum { PLACES = 60 };
    struct error err = {0};
    struct hash128 expected, content;
    char *data;
    size_t length;
    int reported = 0;
    assert_ok(write_file("sound.nc", 3, 2, &err), &err);
    assert_ok(networks_check("sound.nc", &expected, &err), &err);
    assert_ok(io_read_file("sound.nc", 1 << 26, &data, &length, &err), &err);
    for (size_t i = 0; i < PLACES; i++) {
        size_t at = i * length / PLACES;
        struct error fault = {0};
        data[at] = (char)(data[at] ^ 1 << i % 8);
        assert_ok(io_replace_file("flipped.nc", data, length, &err), &err);
        data[at] = (char)(data[at] ^ 1 << i % 8);
        if (networks_check("flipped.nc", &content, &fault) == STATUS_OK)
            assert_true(hash_equal(content, expected));
        else
            reported++;
    }
    assert_true(reported > 0);
    assert_ok(io_replace_file("flipped.nc", data, length / 2, &err), &err);
    assert_int_equal(networks_check("flipped.nc", NULL, &err), STATUS_DATA);
    free(data);
}

static void test_identical_bytes(void **state)
{
    (void)state;
    struct error err = {0};
    assert_ok(write_file("same1.nc", 3, 2, &err), &err);
    assert_ok(write_file("same2.nc", 3, 2, &err), &err);
    assert_int_equal(system("cmp same1.nc same2.nc"), 0);
}

/* A dimension of length 0 would be unlimited: it is left out with its variables. */
static void test_nothing_kept(void **state)
{
    (void)state;
    struct error err = {0};
    assert_ok(write_file("cells.nc", 4, 0, &err), &err);
    assert_ok(write_file("nothing.nc", 0, 0, &err), &err);
    assert_ok(write_file("only_networks.nc", 0, 1, &err), &err);
    assert_dump("cells.nc", "cell_id",
                "cell_id=\"00000000000000000000000000000001\","
                "\"00000000000000000000000000000002\","
                "\"00000000000000000000000000000003\","
                "\"00000000000000000000000000000004\";}");
}

static void test_totals(void **state)
{
    (void)state;
    struct networks_writer *writer;
    struct error err = {0}, more = {0};
    struct networks_header header = make_header(2, 1);
    assert_ok(networks_create(&writer, "totals.nc", &header, &err), &err);
    assert_ok(append_cell(writer, 0, &err), &err);
    assert_ok(append_network(writer, 0, &err), &err);
    assert_int_equal(append_network(writer, 1, &more), STATUS_INTERNAL);
    assert_int_equal(networks_publish(writer, &err), STATUS_INTERNAL);
    assert_false(io_exists("totals.nc"));
    assert_false(any_temporary());
}

static void test_too_many_parameters(void **state)
{
    (void)state;
    struct networks_writer *writer;
    struct error err = {0};
    struct networks_header header = make_header(1, 1);
    header.n_parameters = (int64_t)1 << 31;
    assert_int_equal(networks_create(&writer, "many.nc", &header, &err), STATUS_STUDY);
    assert_null(writer);
    assert_false(io_exists("many.nc"));
}

static void test_discard(void **state)
{
    (void)state;
    struct networks_writer *writer;
    struct error err = {0};
    struct networks_header header = make_header(1, 1);
    assert_ok(networks_create(&writer, "discard.nc", &header, &err), &err);
    assert_true(any_temporary());
    networks_discard(writer);
    networks_discard(NULL);
    assert_false(any_temporary());
    assert_false(io_exists("discard.nc"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_reading),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_identical_bytes),
        cmocka_unit_test(test_nothing_kept),
        cmocka_unit_test(test_totals),
        cmocka_unit_test(test_too_many_parameters),
        cmocka_unit_test(test_discard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
