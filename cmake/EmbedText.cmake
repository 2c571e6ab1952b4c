# Writes a C file that defines NAME[] from a text file, as HEADER declares it; where HASH is
# on, NAME_sha256[] too, in base64 as a Content-Security-Policy has it.
file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
set(text "#include \"${HEADER}\"\n\nconst char ${NAME}[] = {${bytes}0};\n")

# Three hexadecimal digits are two of base64; 64 digits and two of padding are 44.
function(hash_base64 file out)
    set(digits "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    file(SHA256 ${file} hash)
    set(result "")
    foreach(at RANGE 0 63 3)
        string(SUBSTRING "${hash}00" ${at} 3 three)
        math(EXPR high "0x${three} >> 6")
        math(EXPR low "0x${three} & 63")
        string(SUBSTRING ${digits} ${high} 1 first)
        string(SUBSTRING ${digits} ${low} 1 second)
        string(APPEND result ${first}${second})
    endforeach()
    string(REGEX REPLACE ".$" "=" result "${result}")
    set(${out} ${result} PARENT_SCOPE)
endfunction()

if(HASH)
    hash_base64(${INPUT} hash)
    string(APPEND text "const char ${NAME}_sha256[] = \"${hash}\";\n")
endif()
file(WRITE ${OUTPUT} "${text}")
