#include "archive/hdf5_check.h"

#include <stdbool.h>
#include <string.h>

#include <hdf5.h>

#include "base/text.h"

/* An archive has 200 objects; netCDF's time grows with their square. */
enum { OBJECTS_MAX = 2000, NAME_LENGTH_MAX = 256 };

struct look {
    const char *path;
    int n_objects;
    struct error *err;
};

static bool has_known_filters(hid_t properties)
{
    int n = H5Pget_nfilters(properties);
    for (int i = 0; i < n; i++) {
        unsigned int flags, config;
        size_t n_values = 0;
        H5Z_filter_t filter = H5Pget_filter2(properties, (unsigned int)i, &flags,
                                             &n_values, NULL, 0, NULL, &config);
        if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE &&
            filter != H5Z_FILTER_FLETCHER32)
            return false;
    }
    return n >= 0;
}

static bool has_plain_type(hid_t dataset)
{
    hid_t type = H5Dget_type(dataset);
    H5T_class_t class = H5Tget_class(type);
    bool plain = class == H5T_INTEGER || class == H5T_FLOAT ||
                 (class == H5T_STRING && H5Tis_variable_str(type) == 0);
    H5Tclose(type);
    return plain;
}

/* What is wrong with an object, NULL where nothing is. */
static const char *find_fault(hid_t object)
{
    if (H5Iget_type(object) != H5I_DATASET)
        return "a group or a type; there are none in an archive";
    hid_t properties = H5Dget_create_plist(object);
    H5D_layout_t layout = H5Pget_layout(properties);
    const char *fault = NULL;
    if (layout != H5D_CHUNKED && layout != H5D_CONTIGUOUS)
        fault = "stored in a way that is not accepted";
    else if (layout == H5D_CONTIGUOUS && H5Pget_external_count(properties) != 0)
        fault = "stored in another file, which is not accepted";
    else if (!has_known_filters(properties))
        fault = "stored behind a filter that is not accepted";
    else if (!has_plain_type(object))
        fault = "neither numbers nor fixed text";
    H5Pclose(properties);
    return fault;
}

static herr_t look_at(hid_t root, const char *name, const H5L_info_t *link, void *state)
{
    struct look *look = state;
    struct error *err = look->err;
    const char *fault = NULL;
    if (strlen(name) > NAME_LENGTH_MAX)
        fault = "a name that is too long";
    else if (++look->n_objects > OBJECTS_MAX)
        fault = "one variable too many";
    else if (link->type != H5L_TYPE_HARD)
        fault = "a link, which is not accepted";
    if (!fault) {
        hid_t object = H5Oopen(root, name, H5P_DEFAULT);
        fault = object < 0 ? "damaged" : find_fault(object);
        if (object >= 0)
            H5Oclose(object);
    }
    if (!fault)
        return 0;
    error_set(err, STATUS_DATA, "%s: %s is %s", look->path, text_quote(name).text, fault);
    return -1;
}

enum status hdf5_check(const char *path, struct error *err)
{
    if (err->status != STATUS_OK)
        return err->status;
    struct look look = {.path = path, .err = err};
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file < 0)
        return error_set(err, STATUS_DATA, "%s: cannot open: damaged, or no HDF5", path);
    if (H5Literate(file, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, look_at, &look) < 0)
        error_set(err, STATUS_DATA, "%s: damaged: its variables cannot be listed", path);
    H5Fclose(file);
    return err->status;
}
