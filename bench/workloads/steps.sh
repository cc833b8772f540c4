# shellcheck shell=bash
# The steps of bench/workloads/build, one function each. They run with `set -e`
# in a shell of their own, in the directory $dir, their output going to a log.
# $here is bench/workloads, $linux what guest/linux/build made, $jobs the number
# of processes to use. step_download is that of guest/linux/steps.sh.

: "${here:?}" "${dir:?}" "${linux:?}" "${jobs:?}"

# Called by step_download, which has set apt.
fetch_sources() {
    "${apt[@]}" update || :
    (cd download && "${apt[@]}" --download-only source bzip2 libjpeg-turbo \
        lua5.4 mawk picosat qhull sqlite3 tcc twolame)
    sed -n 's/^Source: //p; s/^Version: //p' download/*.dsc |
        paste -d ' ' - - >versions
}

# Only its place in the plan counts: programs are made again when it changes.
step_compiler() {
    "$linux/musl-el-hf/bin/mips1-gcc" --version
}

# unpack PACKAGE: its sources go to src/PACKAGE, as their authors left them:
# what Debian changes is for Debian's own builds.
unpack() {
    rm -rf "src/$1" "build/$1"
    mkdir -p src "build/$1" bin
    dpkg-source --no-check --skip-patches -x download/"$1"_*.dsc "src/$1"
}

# compile PROGRAM OPTION...: makes bin/PROGRAM of the files among the options.
# What upstream's compilers accepted is no matter of ours: -w.
compile() {
    "$linux/musl-el-hf/bin/mips1-gcc" -O2 -w -s -o "bin/$1" "${@:2}" -lm
}

step_bzip2() {
    unpack bzip2
    compile bzip2 src/bzip2/{blocksort,bzip2,bzlib,compress,crctable}.c \
        src/bzip2/{decompress,huffman,randtable}.c
}

step_jpeg() {
    unpack libjpeg-turbo
    cmake -S src/libjpeg-turbo -B build/libjpeg-turbo -G 'Unix Makefiles' \
        -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=mips \
        -DCMAKE_C_COMPILER="$linux/musl-el-hf/bin/mips1-gcc" \
        -DCMAKE_C_FLAGS=-w -DCMAKE_C_FLAGS_RELEASE=-O2 \
        -DCMAKE_BUILD_TYPE=Release -DWITH_SIMD=OFF -DENABLE_SHARED=OFF \
        -DWITH_TURBOJPEG=OFF
    make -j "$jobs" -C build/libjpeg-turbo cjpeg-static djpeg-static
    for program in cjpeg djpeg; do
        mipsel-linux-gnu-strip -o "bin/$program" \
            "build/libjpeg-turbo/$program-static"
    done
}

step_lua() {
    local sources

    unpack lua5.4
    sources=$(find src/lua5.4/src -name '*.c' ! -name luac.c | sort)
    # shellcheck disable=SC2086  # a list
    compile lua -std=gnu99 -DLUA_USE_POSIX $sources
}

# Its sources are spread over steps of its own Makefile.
step_mawk() {
    unpack mawk
    cp -a src/mawk/. build/mawk # with its times: no yacc is needed
    (cd build/mawk &&
        ./configure --host=mipsel-linux-gnu \
            CC="$linux/musl-el-hf/bin/mips1-gcc" CFLAGS='-O2 -w' &&
        make -j "$jobs" mawk)
    mipsel-linux-gnu-strip -o bin/mawk build/mawk/mawk
}

# Its configure script writes what it found into config.h, for a banner only.
step_picosat() {
    unpack picosat
    printf '#define PICOSAT_%s "%s"\n' CC gcc CFLAGS -O2 \
        VERSION "$(cat src/picosat/VERSION)" >build/picosat/config.h
    compile picosat -DNDEBUG -DNGETRUSAGE -Ibuild/picosat \
        src/picosat/{app,main,picosat,version}.c
}

step_qhull() {
    local library=src/qhull/src/libqhull_r

    unpack qhull
    compile qhull -Isrc/qhull/src $library/*.c src/qhull/src/qhull/unix_r.c
    compile rbox -Isrc/qhull/src $library/*.c src/qhull/src/rbox/rbox_r.c
}

# Upstream's Makefile joins the sources into one file, by programs of the host.
step_sqlite() {
    unpack sqlite3
    (cd build/sqlite3 && ../../src/sqlite3/configure --disable-readline &&
        make sqlite3.c shell.c)
    compile sqlite3 -DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_LOAD_EXTENSION \
        -Ibuild/sqlite3 build/sqlite3/{sqlite3,shell}.c
}

# A compiler for the i386, with headers and sources to translate: Lua's.
step_tcc() {
    local include=$linux/musl-el-hf/include out=build/tcc/disk

    unpack tcc
    unpack lua5.4
    echo '#define TCC_VERSION "0.9.27"' >build/tcc/config.h
    compile tcc -DTCC_TARGET_I386 -DONE_SOURCE=1 -DCONFIG_TCC_STATIC \
        -Ibuild/tcc src/tcc/tcc.c
    mkdir -p $out/include/sys $out/lua
    cp src/lua5.4/src/*.[ch] $out/lua
    cp -r "$include"/*.h "$include/bits" $out/include
    cp "$include"/sys/*.h $out/include/sys
    cp src/tcc/include/*.h $out/include # over those of musl
}

# Its configure script looks for what its larger front end needs.
step_twolame() {
    unpack twolame
    cat >build/twolame/config.h <<'END'
#define HAVE_STDLIB_H 1
#define HAVE_STRING_H 1
#define PACKAGE_BUGREPORT ""
#define PACKAGE_URL ""
#define PACKAGE_VERSION ""
END
    compile twolame -Ibuild/twolame -Isrc/twolame/libtwolame \
        src/twolame/libtwolame/*.c src/twolame/simplefrontend/*.c
}

# Fails if one is not for an R3000.
step_check() {
    "$here/../../guest/linux/check-mips1" bin/*
}

step_inputs() {
    local make=build/inputs

    gcc -O2 -o $make "$here/inputs.c"
    mkdir -p input
    $make text 400000 >input/text
    $make image 64 >input/image.small
    $make image 400 >input/image.normal
    $make sound 8000 >input/sound.small
    $make sound 220500 >input/sound.normal
    $make formula 100 >input/formula.small
    $make formula 190 >input/formula.normal
}

# The disk of workload $1: a tar archive, which the guest reads off the disk's
# device as it is. disk/NAME has the same files. The bytes depend on nothing but
# the files. A module of the board holds 4 MB, its own first 4 KB included.
step_disk() {
    local name=$1 disk=disk/$1 program input

    rm -rf "$disk"
    mkdir -p "$disk"
    cp "$here/guest/start" "$here/guest/$name".* "$disk"
    for program in ${programs[$name]}; do
        case $program in
        jpeg) cp bin/cjpeg bin/djpeg "$disk" ;;
        qhull) cp bin/qhull bin/rbox "$disk" ;;
        sqlite) cp bin/sqlite3 "$disk" ;;
        tcc) cp -r bin/tcc build/tcc/disk/* "$disk" ;;
        *) cp "bin/$program" "$disk" ;;
        esac
    done
    for input in ${inputs[$name]:-}; do
        cp "input/$input" "$disk"
    done
    tar -C "$disk" --format=ustar --sort=name --mtime='2023-01-01 00:00Z' \
        --owner=0 --group=0 --numeric-owner --mode='u=rwX,go=rX' \
        -cf "$name.disk" .
    [ "$(stat -c %s "$name.disk")" -le $((4092 * 1024)) ] || {
        echo "the files of $name do not fit a disk of 4092 KB"
        return 1
    }
    truncate -s 4092K "$name.disk"
}
