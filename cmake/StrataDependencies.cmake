# Every library comes from the distribution. A missing one is named together with the
# Debian package that has it, all of them in one message.
find_package(PkgConfig REQUIRED)
find_package(MPI COMPONENTS C)

set(strata_missing "")
# Of several modules the first that is there is taken.
function(strata_require target modules package purpose)
    pkg_search_module(${target} IMPORTED_TARGET ${modules})
    if(NOT ${target}_FOUND)
        list(JOIN modules " or " names)
        list(APPEND strata_missing "  ${names}: install ${package}  (${purpose})")
        set(strata_missing "${strata_missing}" PARENT_SCOPE)
    endif()
endfunction()

strata_require(OpenBLAS openblas libopenblas-dev "matrix products")
strata_require(NetCDF netcdf libnetcdf-dev "the archive")
# The one that netCDF uses: with MPI's variant installed, plain hdf5 may be that.
strata_require(HDF5 "hdf5-serial;hdf5" libhdf5-dev "what may stand in an archive")
strata_require(Fyaml libfyaml libfyaml-dev "study files")
strata_require(Jansson jansson libjansson-dev "JSON")
strata_require(XXHash libxxhash libxxhash-dev "identities and pattern hashing")
strata_require(Zlib zlib zlib1g-dev "gzip data files and CRC-32")
if(NOT MPI_C_FOUND)
    list(APPEND strata_missing "  MPI: install libopenmpi-dev openmpi-bin  (ranks)")
endif()
find_path(RANDOM123_INCLUDE_DIR Random123/philox.h)
if(NOT RANDOM123_INCLUDE_DIR)
    list(APPEND strata_missing
        "  Random123: install librandom123-dev  (counter-based random numbers)")
endif()
if(STRATA_TESTS)
    strata_require(Cmocka cmocka libcmocka-dev "unit tests, or configure with -DSTRATA_TESTS=OFF")
endif()
if(strata_missing)
    list(JOIN strata_missing "\n" strata_missing)
    message(FATAL_ERROR "Strata needs libraries that were not found:\n${strata_missing}\n")
endif()

add_library(strata_random123 INTERFACE)
target_include_directories(strata_random123 SYSTEM INTERFACE ${RANDOM123_INCLUDE_DIR})

# Not for building: `strata plot` runs it, and without it says what to install.
find_program(STRATA_GNUPLOT gnuplot)
if(NOT STRATA_GNUPLOT)
    message(WARNING "gnuplot was not found: install gnuplot-nox, by which strata plot draws "
        "figures. Their tests are skipped.")
endif()
