/* What an HDF5 file may hold before netCDF opens it. netCDF follows links into other
 * files, reads values that lie in other files, enters groups without end, and tells of
 * none of it. Private to src/archive. */
#ifndef STRATA_ARCHIVE_HDF5_CHECK_H
#define STRATA_ARCHIVE_HDF5_CHECK_H

#include "base/error.h"

/* STATUS_DATA unless everything in the file is a data set of numbers or fixed text in the
 * root, whose values lie in this file, without filters but those that our files have. */
enum status hdf5_check(const char *path, struct error *err);

#endif
