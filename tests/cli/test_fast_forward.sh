#!/bin/bash
# selkirk run --fast-forward from outside: test_fast_forward.sh SELKIRK.
# What it says, its exit status (the guest ends with 3), and that its results repeat it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
selkirk=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
    echo "$0: $1" >&2
    exit 1
}
mipsel-linux-gnu-as -march=r3000 -mabi=32 -mno-shared -g0 -o events.o \
    "$here/events.s"
mipsel-linux-gnu-ld -Ttext=0x80010000 -o events.elf events.o

# forward STATUS NAME OPTION...
forward() {
    local wanted=$1 name=$2 got=0
    shift 2
    timeout 60 "$selkirk" run --machine bare --out "$name" "$@" events.elf \
        >"$name.out" 2>"$name.err" </dev/null || got=$?
    [ "$got" -eq "$wanted" ] || {
        cat "$name.err" >&2
        fail "$name: status $got, not $wanted"
    }
}
says() {
    grep -qF -e "$2" "$1.err" || fail "$1: does not say: $2"
}
forwards() {
    grep -q "^fast_forward.insns  *$2 " "$1/stats.txt" ||
        fail "$1: does not forward $2 instructions"
}

forward 3 plain --model vliw
forward 3 some --model vliw -f 20
says some 'forwarded                  20   instructions'
forwards some 20
cmp plain/console.txt some/console.txt || fail 'the console differs'
forward 3 warm --model vliw --fast-forward 20 --set fast_forward.warm=5
says warm 'and 5 to warm up'
# What was asked for is part of the configuration that is kept.
forward 3 again --config warm/config.ini
cmp warm/stats.txt again/stats.txt || fail 'the same keys: other statistics'

forward 1 late --model vliw -f 1G
says late '--fast-forward 1G: the run ended before its time began'
forward 1 never --model vliw -f until:nothing
says never '--fast-forward until:nothing: the run ended before'
forward 2 functional -f 20
says functional 'add --model vliw'
forward 2 wrong --model vliw -f text
says wrong 'write a number of instructions such as 250M, until:TEXT, or roi'
