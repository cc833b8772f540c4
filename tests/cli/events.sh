# Begins a test of runs of events.s, or another $program here: its .elf, which
# ends with status 3, in a folder of its own, $work.  The test's argument is
# SELKIRK.
# shellcheck shell=bash
program=${program:-events}
here=$(cd "$(dirname "$0")" && pwd)
selkirk=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
    echo "$0: $1" >&2
    exit 1
}
mipsel-linux-gnu-as -march=r3000 -mabi=32 -mno-shared -g0 -o "$program.o" \
    "$here/$program.s"
mipsel-linux-gnu-ld -Ttext=0x80010000 -o "$program.elf" "$program.o"

# events STATUS NAME OPTION...: leaves NAME/, NAME.out and NAME.err.
events() {
    local wanted=$1 name=$2 got=0
    shift 2
    timeout 60 "$selkirk" run --machine bare --out "$name" "$@" "$program.elf" \
        >"$name.out" 2>"$name.err" </dev/null || got=$?
    [ "$got" -eq "$wanted" ] || {
        cat "$name.err" >&2
        fail "$name: status $got, not $wanted"
    }
}
