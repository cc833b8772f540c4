# shellcheck shell=bash
# The steps of guest/linux/build, one function each. They run with `set -e` in
# a shell of their own, in the directory $dir, their output going to a log.
# $here is guest/linux; $jobs the number of processes to use.

: "${here:?}" "${dir:?}" "${jobs:?}"

# A variant is one kind of program: byte order, and who does floating point.
# Sets what the functions below need to know of variant $1.
choose_variant() {
    case $1 in
    el-*) triplet=mipsel-linux-gnu ;;
    eb-*) triplet=mips-linux-gnu ;;
    esac
    case $1 in
    *-hf) float=-mfp32 suffix='' ;;
    *-sf) float=-msoft-float suffix=-sf ;;
    esac
    libgcc=$dir/build/libgcc-$1
    musl=$dir/musl-$1
    cc="$triplet-gcc -march=r3000 -mabi=32 -fno-pie $float \
-B$dir/as/$triplet/"
}

# Writes apt source lists for Debian 12's source packages into directory $1:
# the user's own mirrors, which mostly are set up for binary packages only.
write_source_lists() {
    local file suite='(bookworm|oldstable)(-updates|-security)?'

    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ -f "$file" ] || continue
        sed -nE -e '/cdrom:/d' \
            -e "s/^[ \t]*deb([ \t].*[ \t]${suite}[ \t].*)/deb-src\1/p" "$file"
    done >"$1/selkirk.list"
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -f "$file" ] || continue
        awk -v RS= -v suite="^$suite\$" '
            /(^|\n)Enabled:[ \t]*no/ || !match($0, /(^|\n)Suites:[^\n]*/) {
                next
            }
            {
                before = substr($0, 1, RSTART - 1)
                after = substr($0, RSTART + RLENGTH)
                count = split(substr($0, RSTART, RLENGTH), word, /[ \t\n]+/)
                suites = ""
                for (i = 1; i <= count; i++)
                    if (word[i] ~ suite)
                        suites = suites " " word[i]
                if (suites == "")
                    next
                $0 = before "\nSuites:" suites after
                sub(/(^|\n)Types:[^\n]*/, "\nTypes: deb-src")
                sub(/^\n/, "")
                print $0 "\n"
            }' "$file"
    done >"$1/selkirk.sources"
}

# Sources of musl, BusyBox and libgcc. apt checks their signatures; it works on
# lists of its own below $dir/apt, so neither root nor a change to the user's
# setup is needed.
step_download() {
    local apt=(apt-get -q -o Dir::Etc::SourceList=/dev/null
        -o "Dir::Etc::SourceParts=$dir/apt/sources"
        -o "Dir::State::Lists=$dir/apt/lists"
        -o "Dir::Cache=$dir/apt/cache" -o APT::Sandbox::User=root)

    rm -rf apt
    mkdir -p apt/sources apt/lists/partial apt/cache/archives/partial download
    rm -f download/*.dsc
    write_source_lists apt/sources
    fetch_sources || {
        echo 'The configured mirrors did not do; trying deb.debian.org.'
        rm -f apt/sources/*
        for suite in debian/bookworm debian-security/bookworm-security; do
            echo "deb-src [signed-by=$debian_keyring]" \
                "http://deb.debian.org/${suite%/*} ${suite#*/} main"
        done >apt/sources/selkirk.list
        fetch_sources
    }
    rm -rf apt
}

debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

fetch_sources() {
    # A repository that has no sources makes update fail; that is no matter as
    # long as the packages are found.
    "${apt[@]}" update || :
    (cd download && "${apt[@]}" --download-only source musl busybox &&
        "${apt[@]}" --download-only --tar-only source gcc-12)
}

# Of GCC's 1 GB only libgcc and one header are unpacked.
step_unpack_sources() {
    rm -rf src
    mkdir src
    dpkg-source --no-check -x download/musl_*.dsc src/musl
    dpkg-source --no-check -x download/busybox_*.dsc src/busybox
    cat "$here"/musl-{mips1,atomic}.patch | patch -d src/musl -p1

    mkdir src/gcc
    tar -xOf download/gcc-12_*.orig.tar.gz --wildcards \
        '*/gcc-12.*-dfsg.tar.xz' |
        tar -xJ -C src/gcc --strip-components=1 --wildcards \
            'gcc-12.*/libgcc/*' 'gcc-12.*/include/longlong.h'
}

# The kernel without what is big and of no use here: all its Kconfig files must
# be there, other architectures and most drivers need not. Of drivers/ those in
# base, char, irqchip, mtd, net, rtc, tc, tty count, and what shares a letter.
step_unpack_kernel() {
    rm -rf linux build/kernel
    mkdir linux
    xz -dc -T0 /usr/src/linux-source-6.1.tar.xz |
        tar -x -C linux --strip-components=1 --wildcards \
            --exclude='*/Documentation/*/*' \
            --exclude='*/arch/[!m]*/*.[chS]' \
            --exclude='*/arch/*.dts*' \
            --exclude='*/drivers/[!bcimnrtv]*/*.[ch]' \
            --exclude='*/drivers/infiniband/*.[ch]' \
            --exclude='*/drivers/media/*.[ch]' \
            --exclude='*/drivers/net/wireless/*.[ch]' \
            --exclude='*/sound/*.[ch]' \
            --exclude='*/tools/perf/*' \
            --exclude='*/tools/testing/*'
}

step_libgcc() {
    choose_variant "$1"
    rm -rf "$libgcc"
    mkdir -p "as/$triplet" "$libgcc"
    cp "$here/mips1-as" "as/$triplet/as"
    make -j "$jobs" -C "$libgcc" -f "$here/libgcc/Makefile" \
        SRC="$dir/src/gcc/libgcc" CC="$cc" AR="$triplet-ar"
}

# musl, and mips1-gcc, the compiler driver that makes programs with it.
step_musl() {
    local build=build/musl-$1 include=/usr/mipsel-linux-gnu/include file

    choose_variant "$1"
    rm -rf "$build" "$musl"
    mkdir -p "$build" "$musl/bin"
    (cd "$build" && "$dir/src/musl/configure" --prefix="$musl" \
        --target="${triplet%-gnu}$suffix-musl" --disable-shared \
        --disable-wrapper CC="$cc" CROSS_COMPILE="$triplet-" \
        LIBCC="$libgcc/libgcc.a" CFLAGS=-O2)
    make -j "$jobs" -C "$build"
    make -C "$build" install

    cp "$libgcc/libgcc.a" "$musl/lib"
    # The kernel's interface headers, for BusyBox: the same for every variant.
    cp -r $include/asm $include/asm-generic $include/linux $include/mtd \
        "$musl/include"
    for file in bin/mips1-gcc lib/mips1.specs; do
        sed -e "s|@PREFIX@|$musl|g" -e "s|@CC@|$cc|" \
            -e "s|@GCC_INCLUDE@|$("$triplet-gcc" -print-file-name=include)|" \
            "$here/${file#*/}.in" >"$musl/$file"
    done
    chmod +x "$musl/bin/mips1-gcc"
}

step_programs() {
    local program ending=

    choose_variant "$1"
    [ "$1" = el-hf ] || ending=.$1
    mkdir -p bin
    for program in hello bench; do
        "$musl/bin/mips1-gcc" -O2 -Wall -s -o "bin/$program$ending" \
            "$here/programs/$program.c"
    done
}

# Fails unless every line of configuration $1 is in the .config $2.
check_config() {
    local lost

    lost=$(grep -v '^#' "$1" | grep . | grep -vxFf "$2") || return 0
    echo "These lines of $1 did not reach $2, because something they depend" \
        "on is off or the name is wrong:"
    echo "$lost"
    return 1
}

step_busybox() {
    local build=$dir/build/busybox config=$here/busybox.config
    local make=(make -j "$jobs" -C src/busybox O="$build"
        CROSS_COMPILE=mipsel-linux-gnu- CC="$dir/musl-el-hf/bin/mips1-gcc")

    export KCONFIG_NOTIMESTAMP=1
    rm -rf "$build"
    mkdir -p "$build" bin
    "${make[@]}" allnoconfig
    # Its allnoconfig does not heed KCONFIG_ALLCONFIG: put our lines over the
    # ones for the same symbols.
    mv "$build/.config" "$build/none.config"
    awk -F '[ =]' 'NR == FNR { ours[$1]; next }
        !(($1 == "#" ? $2 : $1) in ours)' \
        "$config" "$build/none.config" | cat - "$config" >"$build/.config"
    "${make[@]}" oldconfig </dev/null
    check_config "$config" "$build/.config"
    "${make[@]}" busybox busybox.links
    cp "$build/busybox" bin/busybox
}

# The initramfs, as a list for the kernel's gen_init_cpio. Its files are copied
# to directory $1 and all get time $2: the archive holds their times.
write_initramfs_list() {
    local name

    rm -rf "$1"
    mkdir "$1"
    cp "$here"/root/{init,passwd,group} bin/{busybox,hello,bench} "$1"
    touch -d "$2" "$1"/*

    for name in bin dev etc mnt proc root sbin sys tmp usr usr/bin usr/sbin; do
        echo "dir /$name 0755 0 0"
    done
    echo 'nod /dev/console 0600 0 0 c 5 1'
    echo 'nod /dev/null 0666 0 0 c 1 3'
    echo "file /init $1/init 0755 0 0"
    for name in passwd group; do
        echo "file /etc/$name $1/$name 0644 0 0"
    done
    for name in busybox hello bench; do
        echo "file /bin/$name $1/$name 0755 0 0"
    done
    sed -e '\|^/bin/busybox$|d' -e 's|.*|slink & /bin/busybox 0755 0 0|' \
        build/busybox/busybox.links
}

step_kernel() {
    local build=$dir/build/kernel config=$here/kernel.config
    local make=(make -j "$jobs" -C linux O="$build" ARCH=mips
        CROSS_COMPILE=mipsel-linux-gnu-
        CC="mipsel-linux-gnu-gcc -ffile-prefix-map=$dir/=")

    # The same sources make the same image, byte for byte: no times, no names
    # of hosts and directories (the vDSO has a hash of its debug information).
    export KBUILD_BUILD_TIMESTAMP='Sun Jan  1 00:00:00 UTC 2023'
    export KBUILD_BUILD_VERSION=1
    export KBUILD_BUILD_USER=selkirk KBUILD_BUILD_HOST=selkirk
    mkdir -p "$build"
    write_initramfs_list "$build/initramfs" "$KBUILD_BUILD_TIMESTAMP" \
        >"$build/initramfs.list"
    "${make[@]}" KCONFIG_ALLCONFIG="$config" allnoconfig
    check_config "$config" "$build/.config"
    "${make[@]}" vmlinux
    mipsel-linux-gnu-strip -o vmlinux "$build/vmlinux"
    cp "$build/System.map" System.map
    {
        # shellcheck disable=SC2016  # fields of dpkg-query, not of the shell
        dpkg-query -W -f '${Package} ${Version}\n' linux-source-6.1 \
            gcc-12-mipsel-linux-gnu binutils-mipsel-linux-gnu
        sed -n 's/^Source: //p; s/^Version: //p' download/*.dsc |
            paste -d ' ' - -
        basename download/gcc-12_*.orig.tar.gz
    } >versions
}
