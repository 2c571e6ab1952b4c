# strata_module(NAME name SOURCES ... USES other modules ... LIBRARIES private libraries ...)
#
# A folder is a module is a static library. USES is the list of modules that it may
# include; tests/contract/layering.cmake checks the #include lines against the same lists,
# which are collected in global properties.
function(strata_module)
    cmake_parse_arguments(M "" "NAME" "SOURCES;USES;LIBRARIES" ${ARGN})
    add_library(strata_${M_NAME} STATIC ${M_SOURCES})
    target_include_directories(strata_${M_NAME} PUBLIC ${PROJECT_SOURCE_DIR}/src
        PUBLIC ${PROJECT_SOURCE_DIR})
    list(TRANSFORM M_USES PREPEND strata_ OUTPUT_VARIABLE uses)
    target_link_libraries(strata_${M_NAME} PUBLIC ${uses} PRIVATE strata_compiler ${M_LIBRARIES})
    set_property(GLOBAL APPEND PROPERTY STRATA_MODULES ${M_NAME})
    set_property(GLOBAL PROPERTY STRATA_USES_${M_NAME} ${M_USES})
endfunction()
