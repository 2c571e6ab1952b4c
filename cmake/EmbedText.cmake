# Writes a C file that defines quick_study_text[] from a text file.
file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
file(WRITE ${OUTPUT} "#include \"cli/session.h\"\n\nconst char quick_study_text[] = {${bytes}0};\n")
