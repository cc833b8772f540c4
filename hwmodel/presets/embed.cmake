# Writes the presets as a C file: cmake -DOUT=FILE -DPRESETS=A.ini,B.ini -P this
# Bytes are written as numbers, so that no character of an INI file matters.
string(REPLACE "," ";" presets "${PRESETS}")
set(texts "")
set(rows "")
foreach(path IN LISTS presets)
    get_filename_component(name ${path} NAME_WE)
    file(READ ${path} bytes HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
    string(MAKE_C_IDENTIFIER ${name} id)
    string(APPEND texts "static const char ${id}[] = {${bytes} 0};\n")
    string(APPEND rows "    {\"${name}\", ${id}},\n")
endforeach()
file(WRITE ${OUT} "/* Written by hwmodel/presets/embed.cmake. */\n"
    "#include \"hwmodel/presets/presets.h\"\n\n${texts}\n"
    "const Preset preset_table[] = {\n${rows}    {0, 0},\n};\n")
