# strata_embed_text(variable text name header [HASH]): a text file as an array of characters
# called `name`, which `header` declares; with HASH its SHA-256 too, as `name`_sha256. The C
# file that is made is appended to the variable.
function(strata_embed_text variable text name header)
    set(output ${CMAKE_CURRENT_BINARY_DIR}/${name}.c)
    set(script ${PROJECT_SOURCE_DIR}/cmake/EmbedText.cmake)
    set(hash OFF)
    if("HASH" IN_LIST ARGN)
        set(hash ON)
    endif()
    add_custom_command(OUTPUT ${output}
        COMMAND ${CMAKE_COMMAND} -DINPUT=${text} -DOUTPUT=${output} -DNAME=${name}
            -DHEADER=${header} -DHASH=${hash} -P ${script}
        DEPENDS ${text} ${script}
        VERBATIM)
    set(${variable} ${${variable}} ${output} PARENT_SCOPE)
endfunction()
