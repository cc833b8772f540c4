#!/bin/bash
# Translations and compiled code that outlive the run: saved.sh SELKIRK PROGRAMS.
# Results are the same with them and without, whatever happened to their files.
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
remembered() { # the translations that the last run need not make
    sed -nE 's/^ *remembered +([0-9]+) .*/\1/p;$a0' "$work/err" | head -n 1
}
translated() { # those that a run makes, but for what is too large
    awk '$1 ~ /^morph.gear[12].translations$/ { n += $2 } END { print n + 0 }' \
        "$work/reference/stats.txt"
}
again() { # again NAME OPTION...: a run with the folder ends as it should
    run "$@" --engine jit --tcache "$work/saved" && same "$1"
}

ok 'the reference core ends' run reference --engine reference
ok 'a first run' again first
ok 'compiles, and loads nothing' saved '[1-9][0-9]*' 0
ok 'it leaves files' test "$(find "$work/saved" -name '*.code' | wc -l)" -gt 3
ok 'and translations' test -s "$work/saved/translations"
ok 'it leaves nothing else' test "$(find "$work/saved" -type f \
    ! -name '*.code' ! -name translations | wc -l)" -eq 0
ok 'a second run' again second
ok 'loads' saved '[0-9]+' '[1-9][0-9]*'
ok 'remembers all translations' test "$(remembered)" -eq "$(translated)"
ok 'a third run' again third
ok 'compiles nothing' saved 0 '[1-9][0-9]*'

# LLVM takes longer to load than all the code: not for a run that compiles
# nothing, nor when another file than the run knew is the compiler.
loads() { # loads: whether a run, of a compiler of its own, loaded LLVM
    LD_DEBUG=files run third --engine jit --tcache "$work/known" \
        -s engine.module="$work/module.so" && same third &&
        grep -q 'calling init: .*LLVM' "$work/err"
}
stays() { ! loads && same third; }
cp "$(dirname "$selkirk")/selkirk-llvm.so" "$work/module.so"
cp -r "$work/saved" "$work/known"
ok 'a compiler that is not known is loaded' loads
ok 'one that is known is not' stays
touch "$work/module.so"
ok 'one that was changed is' loads
ok 'and is known then' stays
told() { LD_LIBRARY_PATH=$work loads; }
ok 'what the loader is told counts' told

# What a run asks the folder for depends on the host's processor (it is part
# of the names), so every file is spoilt.
code() { # code: the files
    find "$work/saved" -name '*.code' | sort
}
# A translation that comes again, as they do in the hard form, finds its code
# mended.
refused() { # refused: no spoilt file was loaded, and one line said so
    saved '[1-9][0-9]*' '[0-9]+' && test "$(damaged)" -ge "$spoilt"
}
damaged() { # damaged: the files that the last run said were
    sed -nE 's/.* ([0-9]+) records? (was|were) damaged.*/\1/p;$a\0' "$work/err" |
        head -n 1
}

# Likewise the translations, of which a run without a compiler has use, too.
memory() { # memory NAME COMMAND...: COMMAND FILE makes another file of theirs
    local name=$1 file=$work/saved/translations
    shift
    "$@" "$file"
    ok "a run with translations $name" again "$name"
    ok "says so" test "$(damaged)" -ge 1
    ok "a run after it" again "after-$name"
    ok "remembers all of them" test "$(remembered)" -eq "$(translated)"
}
flip() { # flip BYTE FILE: spoils a byte there, from the end if it is negative
    local at=$1
    [ "$at" -ge 0 ] || at=$(($(stat -c %s "$2") + at))
    byte=$(od -An -tu1 -j "$at" -N 1 "$2")
    printf "\\x$(printf %02x $((byte ^ 1)))" |
        dd of="$2" bs=1 seek="$at" conv=notrunc status=none
}
replace() { # replace COMMAND... FILE: COMMAND FILE makes it anew
    rm -f "${@: -1}"
    "$@"
}
memory cut truncate -s -1
memory 'with a flaw' flip -9
memory 'with a flaw in front' flip 40
memory 'that are empty' truncate -s 0
memory 'that are a fifo' replace mkfifo
memory 'that are giant' replace truncate -s 1T
ok 'what is remembered is what is made' again compared -s engine.memo=check
ok 'of all translations' test "$(remembered)" -eq "$(translated)"
ok 'without them' again without -s engine.memo=no
ok 'nothing is remembered' test "$(remembered)" -eq 0
ok 'without a compiler' run threaded --engine threaded --tcache "$work/saved"
ok 'nothing else is' same threaded
ok 'they are remembered, too' test "$(remembered)" -eq "$(translated)"

# One is cut, of one some bytes are others, one is empty, one is no file's start.
mapfile -t files < <(code)
spoilt=${#files[@]}
for i in "${!files[@]}"; do
    case $((i % 4)) in
    0) truncate -s -1 "${files[i]}" ;;
    1) printf 'damaged!' | dd of="${files[i]}" bs=1 seek=700 \
        conv=notrunc status=none ;;
    2) : >"${files[i]}" ;;
    3) printf 'foreign!' | dd of="${files[i]}" bs=1 conv=notrunc status=none ;;
    esac
done
ok 'a run with damaged files' again damaged
ok 'loads none of them and says so in one line' refused
again mended
ok 'they are mended' test "$(damaged)" -eq 0

spoil() { # spoil NAME COMMAND...: COMMAND FILE makes another of each file
    local name=$1 file
    shift
    spoilt=$(code | wc -l)
    for file in $(code); do
        rm -r "$file"
        "$@" "$file"
    done
    ok "a run with every file $name" again "$name"
    ok "each $name file is damage" refused
}
# Of another translation: under its name, the key within is not its own.
other=$(code | tail -1)
mv "$other" "$work/other"
spoil foreign cp "$work/other"
# No plain file, and one that says it has a terabyte.
spoil fifo mkfifo
spoil giant truncate -s 1T
spoil folder mkdir
find "$work/saved" -name '*.code' -type d -exec rm -r {} +

# The same code, for people.
again read -s engine.dump="$work/dump"
ok 'engine.dump leaves what was installed' test \
    "$(find "$work/dump" -name '*-gear[12]-quality[01].o' | wc -l)" -eq \
    $(($(sed -nE 's/^ *compiled +([0-9]+) .* ([0-9]+) loaded.*/\1+\2/p' \
        "$work/err")))
objdump -d "$work"/dump/00001-*.o >"$work/text"
ok 'objdump reads it' grep -q '<f>:' "$work/text"

# After a run it goes on compiling, well, for as long as it may.
fill() { # fill NAME OPTION...: no code is made for the run itself
    run "$@" --engine jit --tcache "$work/fill" -s engine.runs0=1000000 \
        -s engine.runs1=1000000 && same "$1"
}
filled() { # filled MADE LEFT
    grep -qE "tcache: $1 translations compiled for later runs, $2 left" \
        "$work/err"
}
ok 'a run that fills the folder' fill fill -s engine.fill=100
ok 'leaves nothing' filled '[1-9][0-9]*' 0
ok 'a run after it' fill filled -s engine.fill=100
ok 'has it all' test "$(grep -c 'later runs' "$work/err")" -eq 0
ok 'a run that compiles' run use --engine jit --tcache "$work/fill"
ok 'ends as it should' same use
ok 'loads of it what it wants' saved '[0-9]+' '[1-9][0-9]*'

# There is more than that, and something is to be saved.
bytes() {
    find "$work/saved" -name '*.code' -printf '%s\n' |
        awk '{ n += $1 } END { print n + 0 }'
}
ok 'check mode has code of its own' again checked --check
little=$(($(bytes) / 2))
# Names are hashes, and not all that is saved is asked for by this run: what it
# used is no longer old.
code | xargs touch -d yesterday
ok 'a run that says what it uses' again used
rm "$(find "$work/saved" -name '*.code' -mmin -60 | head -n 1)"
ok 'little room' again little -s engine.saved_max=$little
ok 'is made' test "$(bytes)" -le $little
touch "$work/saved/note.txt"
again little -s engine.saved_max=$little
ok 'what is not its own stays' test -e "$work/saved/note.txt"
# Saved code of what fast-forwards; nothing else is executed.
forward() { # forward OPTION...
    run forward -f 400k -s engine.sample=100 -s engine.hot=1 "$@" \
        --tcache "$work/forward"
}
ok 'fast-forwarding' forward
ok 'has code compiled' saved '[1-9][0-9]*' 0
find "$work/forward" -name '*.code' -exec truncate -s -1 {} +
ok 'with damaged files' forward
ok 'it says so' grep -q 'damaged; what is wanted' "$work/err"
# Which code the hard form's runs want depends on what they found, so that
# one may be left that this run did not ask for.
spoilt=$(damaged)
ok 'with files that are mended' forward
ok 'it loads' saved '[0-9]+' '[1-9][0-9]*'
ok 'and is silent about them' test "$(damaged)" -le $((spoilt / 8))
: >"$work/empty.so"
ok 'without a compiler' forward -s engine.module="$work/empty.so" \
    --host-profile
ok 'it says so, once' grep -q \
    "engine: 1 translation could not be compiled: $work/empty.so" "$work/err"
ok 'it looks for code no more' test \
    "$(sed -nE 's/^ *gear 0 .* s +[0-9.]+ % +([0-9]+) .*/\1/p' \
        "$work/err")" -lt 1000
: >"$work/plain"
ok 'a folder that is a file is an error' \
    test "$(run plain --tcache "$work/plain" || echo $?)" = 2
ok 'with one line' test "$(wc -l <"$work/err")" -eq 1
echo "1..$count"
[ "$failed" -eq 0 ] || exit 1
