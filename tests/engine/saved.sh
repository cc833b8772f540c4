#!/bin/bash
# Compiled code that outlives the run: saved.sh SELKIRK PROGRAMS.  Results are
# the same with it and without, whatever happened to its files.
set -euo pipefail
selkirk=$1
programs=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/../support/ok.sh"

"$programs/build" "$work/bin"
run() { # run NAME OPTION...
    local name=$1
    shift
    timeout 300 "$selkirk" run --model vliw --machine bare --max-insns 400k \
        --input /dev/null --out "$work/$name" -s engine.threads=0 \
        -s engine.runs0=5 -s engine.runs1=20 "$@" "$work/bin/records" \
        >"$work/console" 2>"$work/err" </dev/null
}
same() { # same NAME: as the reference core has it
    cmp "$work/reference/stats.txt" "$work/$1/stats.txt" &&
        cmp "$work/reference/console.txt" "$work/$1/console.txt" &&
        cmp <(grep -v '"host"' "$work/reference/summary.json") \
            <(grep -v '"host"' "$work/$1/summary.json")
}
saved() { # saved COMPILED-PATTERN LOADED-PATTERN
    grep -qE "compiled +$1 +translations in .* s, $2 loaded" "$work/err" ||
        { cat "$work/err" && false; }
}
again() { # again NAME: a run with the folder ends as it should
    run "$1" --engine jit --tcache "$work/saved" && same "$1"
}

ok 'the reference core ends' run reference --engine reference
ok 'a first run' again first
ok 'compiles, and loads nothing' saved '[1-9][0-9]*' 0
ok 'it leaves files' test "$(find "$work/saved" -name '*.code' | wc -l)" -gt 3
ok 'it leaves nothing else' \
    test "$(find "$work/saved" -type f ! -name '*.code' | wc -l)" -eq 0
ok 'a second run' again second
ok 'loads' saved '[0-9]+' '[1-9][0-9]*'
ok 'a third run' again third
ok 'compiles nothing' saved 0 '[1-9][0-9]*'

# One is cut, of one a byte is another, one is empty, one is no file's start.
mapfile -t files < <(find "$work/saved" -name '*.code' -size +1k | sort)
[ ${#files[@]} -ge 4 ] || { echo "there are only ${#files[@]} files" >&2; exit 1; }
truncate -s -1 "${files[0]}"
printf '\xff' | dd of="${files[1]}" bs=1 seek=700 conv=notrunc status=none
: >"${files[2]}"
printf 'foreign!' | dd of="${files[3]}" bs=1 conv=notrunc status=none
ok 'a run with damaged files' again damaged
ok 'says so in one line' \
    test "$(grep -cE 'selkirk: --tcache: [1-4] files? (was|were) damaged' \
        "$work/err")" -eq 1
again mended
ok 'they are mended' test "$(grep -c damaged "$work/err")" -eq 0
# Of another translation: under its name, the key within is not its own.
cp "${files[0]}" "${files[1]}"
ok 'a run with a file under a wrong name' again foreign
ok 'that is damage, too' grep -q '1 file was damaged' "$work/err"

# No plain file, and one that says it has a terabyte.
rm "${files[0]}" "${files[1]}"
mkfifo "${files[0]}"
mkdir "${files[1]}"
truncate -s 1T "${files[2]}"
ok 'a run with what are no files' again strange
ok 'all of them are damage' grep -q '3 files were damaged' "$work/err"
rmdir "${files[1]}"

ok 'little room' again little -s engine.saved_max=65536
touch "$work/saved/note.txt"
again little -s engine.saved_max=65536
ok 'what is not its own stays' test -e "$work/saved/note.txt"
: >"$work/plain"
ok 'a folder that is a file is an error' \
    test "$(run plain --tcache "$work/plain" || echo $?)" = 2
ok 'with one line' test "$(wc -l <"$work/err")" -eq 1
echo "1..$count"
[ "$failed" -eq 0 ] || exit 1
