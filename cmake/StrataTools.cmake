# Developer targets: format, format-check and tidy, each only where the tool is installed.
file(GLOB_RECURSE strata_sources CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/src/*.[ch] ${PROJECT_SOURCE_DIR}/analysis/*.[ch]
    ${PROJECT_SOURCE_DIR}/tests/*.[ch])
find_program(CLANG_FORMAT clang-format)
if(CLANG_FORMAT)
    add_custom_target(format COMMAND ${CLANG_FORMAT} -i ${strata_sources})
    add_custom_target(format-check COMMAND ${CLANG_FORMAT} --dry-run -Werror ${strata_sources})
endif()
find_program(CLANG_TIDY clang-tidy)
if(CLANG_TIDY)
    set(strata_tidy_sources ${strata_sources})
    list(FILTER strata_tidy_sources EXCLUDE REGEX "\\.h$|/tests/")
    add_custom_target(tidy
        COMMAND ${CLANG_TIDY} --quiet -p ${PROJECT_BINARY_DIR} ${strata_tidy_sources})
endif()
set(CMAKE_EXPORT_COMPILE_COMMANDS ON CACHE BOOL "" FORCE)
