# One interface target carries warnings, sanitizers and the numerical contract.
add_library(strata_compiler INTERFACE)
target_compile_definitions(strata_compiler INTERFACE
    _GNU_SOURCE
    $<$<BOOL:${STRATA_SANITIZE}>:STRATA_SANITIZED>)
target_compile_options(strata_compiler INTERFACE
    -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
    -Wcast-qual -Wwrite-strings -Wvla -Wformat=2 -Wimplicit-fallthrough
    $<$<BOOL:${STRATA_WERROR}>:-Werror>
    # No contraction: an expression has the same bits with and without FMA units, so a
    # loop compiled for several instruction sets gives one result.
    # No flags, no traps: nobody reads them, and loops with choices in them vectorise.
    -ffp-contract=off -fno-math-errno -fno-trapping-math
    # Vectors are arguments of inlined functions alone.
    -Wno-psabi)
set(strata_optimise -O3)
target_compile_options(strata_compiler INTERFACE
    "$<$<OR:$<CONFIG:Release>,$<CONFIG:RelWithDebInfo>>:${strata_optimise}>")
if(STRATA_FUZZ)
    # Coverage for the fuzzer; flags of gcc's that clang does not know.
    target_compile_options(strata_compiler INTERFACE
        -fsanitize=fuzzer-no-link -Wno-unknown-warning-option)
endif()
if(STRATA_SANITIZE)
    target_compile_options(strata_compiler INTERFACE
        -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
        # Instrumented code confuses the compiler's own flow analysis.
        -Wno-format-truncation -Wno-maybe-uninitialized)
    target_link_options(strata_compiler INTERFACE -fsanitize=address,undefined)
endif()
