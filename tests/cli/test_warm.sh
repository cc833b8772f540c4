#!/bin/bash
# selkirk run --warm-save and --warm-start from outside: test_warm.sh SELKIRK.
# What a file changes and what not, what is refused, and what becomes of files
# (the guest ends with 3).
set -euo pipefail
. "$(dirname "$0")/events.sh"

run() { # run STATUS NAME OPTION...
    events "$1" "$2" --model vliw --set gear1.threshold=1 "${@:3}"
}
# refused NAME MESSAGE OPTION...: one line, before anything is written
refused() {
    local name=$1 message=$2
    shift 2
    run 2 "$name" "$@"
    [ "$(cat "$name.err")" = "selkirk: $message" ] ||
        fail "$name: $(cat "$name.err")"
    [ ! -e "$name" ] || fail "$name: something was written"
}
stat() { # stat NAME ROW: its number
    sed -n "s/^$2  *\([0-9]*\) .*/\1/p" "$1/stats.txt"
}

run 3 cold --warm-save first.warm
run 3 plain
cmp cold/stats.txt plain/stats.txt || fail 'saving changes the run'
run 3 warm --warm-start first.warm --warm-save second.warm --trace gears:gears
cmp cold/console.txt warm/console.txt || fail 'the console differs'
[ "$(stat warm cycles.total)" -lt "$(stat cold cycles.total)" ] ||
    [ "$(stat cold morph.tcache.evicted)" -gt 0 ] ||
    fail 'a warm start saves nothing'
[ "$(stat warm morph.warm.gear1)" -gt 0 ] || fail 'nothing is installed again'
grep -q ' revive  ' gears || fail 'the trace does not tell'
run 3 again --warm-start first.warm --warm-save again.warm
cmp warm/stats.txt again/stats.txt || fail 'the same file, another run'
cmp second.warm again.warm || fail 'the same file, another one saved'
run 3 third --warm-start second.warm --check
# Over the file that it begins with.
run 3 over --warm-start again.warm --warm-save again.warm
# What a run that was killed has left behind.
head -c 1M /dev/zero >.left.warm.partial
run 3 left --warm-save left.warm
cmp first.warm left.warm || fail 'another file, as something lay there'
! compgen -G '.*.partial' >/dev/null || fail 'something is left over'

lines=$(wc -l <first.warm)
refused none 'none.warm: cannot read it: No such file or directory; name a '\
'file of --warm-save' --warm-start none.warm
head -n $((lines - 1)) first.warm >cut.warm
refused cut "cut.warm:$lines: the end is missing, the file was cut off; \
save it anew" --warm-start cut.warm --warm-save kept.warm
[ ! -e kept.warm ] || fail 'cut: it was saved'
sed 's/^selkirk-warm 1/selkirk-warm 9/' first.warm >version.warm
refused version 'version.warm:1: version 9 of the format, and this program '\
'reads version 1; save the file anew' --warm-start version.warm
refused foreign 'events.elf:1: this is no file of --warm-save, which begins '\
'with "selkirk-warm"; name another' --warm-start events.elf
refused model '--warm-save: with cpu.model = functional nothing is translated; '\
'add --model vliw' --model functional --warm-save kept.warm
head -c 5000 /dev/zero >.busy.warm.partial
exec 3<.busy.warm.partial
flock 3
run 2 busy --warm-save busy.warm
grep -q 'another run is about to write busy.warm; name another' busy.err ||
    fail 'two runs write one file'
[ "$(wc -c <.busy.warm.partial)" = 5000 ] ||
    fail 'the file of another run was emptied'
exec 3>&-
run 2 folder --warm-save .
grep -q 'is no plain file' folder.err || fail 'a folder is no file'
run 2 nowhere --warm-save none/kept.warm
grep -q 'cannot write none/kept.warm: No such file' nowhere.err ||
    fail 'there is no folder'
