# strata_embed_text(variable text name header): a text file as an array of characters called
# `name`, which `header` declares. The C file that is made is appended to the variable.
function(strata_embed_text variable text name header)
    set(output ${CMAKE_CURRENT_BINARY_DIR}/${name}.c)
    set(script ${PROJECT_SOURCE_DIR}/cmake/EmbedText.cmake)
    add_custom_command(OUTPUT ${output}
        COMMAND ${CMAKE_COMMAND} -DINPUT=${text} -DOUTPUT=${output} -DNAME=${name}
            -DHEADER=${header} -P ${script}
        DEPENDS ${text} ${script}
        VERBATIM)
    set(${variable} ${${variable}} ${output} PARENT_SCOPE)
endfunction()
