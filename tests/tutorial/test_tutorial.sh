#!/bin/bash
# docs/tutorial.md does what it says: test_tutorial.sh SELKIRK bare|linux [GUEST]
# shellcheck disable=SC1090 # blocks of the page are sourced
# Runs the page's blocks in an empty home, in order: `sh` in one shell, each
# command with status 0, and what it prints is the block `text` behind it, where
# `...` stands for anything; `ini` is written to the file that its first line
# names.  `sh install` is scripts/test's own business; of `sh linux`, which needs
# the folder GUEST that guest/linux/build fills, and the others, each run does
# one kind.  BLESS=1 writes the numbers that came out into the page.  Prints TAP.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
page=$root/docs/tutorial.md
selkirk=$(realpath "$1")
part=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The sources as somebody finds them who has just built the program.
mkdir -p "$work/src/build/demo" "$work/blocks" "$work/home/.cache/selkirk/guest"
ln -s "$root"/{bench,cmake,docs,guest,scripts,CMakePresets.json} "$work/src"
# Not a link: the program finds its compiler beside itself.
printf '#!/bin/sh\nexec "%s" "$@"\n' "$selkirk" >"$work/src/build/demo/selkirk"
chmod +x "$work/src/build/demo/selkirk"
ln -s "${3:-/nonexistent}" "$work/home/.cache/selkirk/guest/linux"
export HOME=$work/home TZ=UTC LC_ALL=C.UTF-8
unset XDG_CACHE_HOME

# blocks/NNN.KIND, NNN the line where it begins in the page.
awk -v to="$work/blocks" '
    /^```/ && !file {
        kind = substr($0, 4)
        gsub(/ /, "-", kind)
        file = sprintf("%s/%03d.%s", to, NR + 1, kind)
        printf "" > file
        next
    }
    /^```/ { close(file); file = ""; next }
    file { print > file }' "$page"

# bless EXPECTED GOT: EXPECTED with the digits of GOT, line by line, where it
# has a line that is the same but for digits, in the same order.
bless() {
    awk 'function shape(s) { gsub(/[0-9]+/, "#", s); gsub(/ +/, " ", s); return s }
        FNR == NR { got[n++] = $0; next }
        {
            for (i = at + 0; i < n && shape(got[i]) != shape($0); i++)
                ;
            if (i < n) { $0 = got[i]; at = i + 1 }
            print
        }' "$2" "$1"
}

# matches EXPECTED GOT: with ... for anything, and columns of any width, which
# every statistic's name is in.
matches() {
    local wanted
    wanted=$(sed 's/[][\\*?]/\\&/g; s/\.\.\./*/g; s/  */ /g' "$1")
    # shellcheck disable=SC2053 # a pattern it is
    [[ $(sed 's/\r//; s/  */ /g' "$2") == $wanted ]]
}

tutorial_count=0
tutorial_failed=0
told() { # told STATUS DESCRIPTION
    tutorial_count=$((tutorial_count + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $tutorial_count - $2"
    else
        echo "not ok $tutorial_count - $2"
        tutorial_failed=$((tutorial_failed + 1))
    fi
}

cd "$work/src" || exit 2
tutorial_out=$work/out
for tutorial_block in "$work"/blocks/*; do
    tutorial_line=$((10#$(basename "${tutorial_block%.*}")))
    case ${tutorial_block##*.}-$part in
    sh-install-*) # What it runs is there.
        tutorial_gone=
        while read -r word _; do
            [[ $word != */* || -x $word ]] || tutorial_gone+=" $word"
        done <"$tutorial_block"
        [ -z "$tutorial_gone" ] || echo "# there is no$tutorial_gone"
        [ -z "$tutorial_gone" ]
        told $? "line $tutorial_line: installing"
        continue
        ;;
    ini-bare) # "; NAME: what it is"
        tutorial_name=$(sed -n '1s/^; \([a-z0-9.-]*\):.*/\1/p' "$tutorial_block")
        [ -n "$tutorial_name" ] && cp "$tutorial_block" "$tutorial_name"
        told $? "line $tutorial_line: $tutorial_name"
        continue
        ;;
    sh-setup-* | sh-bare | sh-linux-linux) ;;
    *) continue ;;
    esac
    tutorial_status=0
    trap 'tutorial_status=$?' ERR
    . "$tutorial_block" >"$tutorial_out" 2>&1 </dev/null
    trap - ERR
    [ $tutorial_status -eq 0 ] || sed 's/^/# /' "$tutorial_out"
    told $tutorial_status "line $tutorial_line: status $tutorial_status of: $(
        head -n 1 "$tutorial_block")"
    # The next block is what it printed, if it is a text.
    tutorial_text=$(printf '%s\n' "$work"/blocks/* |
        grep -A 1 -Fx "$tutorial_block" | sed -n '2{/\.text$/p}')
    [ -n "$tutorial_text" ] || continue
    if [ "${BLESS:-}" = 1 ]; then
        bless "$tutorial_text" "$tutorial_out" >"$work/blessed"
        tutorial_line=$((10#$(basename "${tutorial_text%.*}")))
        sed -i -e "$((tutorial_line - 1))r $work/blessed" \
            -e "$tutorial_line,$((tutorial_line + $(wc -l <"$work/blessed") - 1))d" \
            "$page"
        cp "$work/blessed" "$tutorial_text"
    fi
    matches "$tutorial_text" "$tutorial_out"
    tutorial_status=$?
    [ $tutorial_status -eq 0 ] || diff "$tutorial_text" "$tutorial_out" |
        sed 's/^/# /;40q'
    told $tutorial_status 'prints what the page says'
done

echo "1..$tutorial_count"
[ "$tutorial_count" -gt 1 ] && [ "$tutorial_failed" -eq 0 ]
