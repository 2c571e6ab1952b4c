# Writes OUTPUT, which defines strata_version[] as "VERSION (commit)" or, with changes that
# are not committed, "VERSION (commit, modified)". Touches the file only when it changes.
execute_process(COMMAND git -C ${SOURCE} describe --always --abbrev=12 --dirty=,\ modified
    --exclude=* OUTPUT_VARIABLE commit ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
if(commit)
    set(VERSION "${VERSION} (${commit})")
endif()
set(text "#include \"cli/version.h\"\n\nconst char strata_version[] = \"${VERSION}\";\n")
set(old "")
if(EXISTS ${OUTPUT})
    file(READ ${OUTPUT} old)
endif()
if(NOT text STREQUAL old)
    file(WRITE ${OUTPUT} "${text}")
endif()
