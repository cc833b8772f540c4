#!/bin/bash
# selkirk run --fast-forward from outside: test_fast_forward.sh SELKIRK.
# What it says, its exit status (the guest ends with 3), and that its results repeat it.
set -euo pipefail
. "$(dirname "$0")/events.sh"

says() {
    grep -qF -e "$2" "$1.err" || fail "$1: does not say: $2"
}
forwards() {
    grep -q "^fast_forward.insns  *$2 " "$1/stats.txt" ||
        fail "$1: does not forward $2 instructions"
}

events 3 plain --model vliw
events 3 some --model vliw -f 20
says some 'forwarded                  20   instructions'
forwards some 20
cmp plain/console.txt some/console.txt || fail 'the console differs'
events 3 warm --model vliw --fast-forward 20 --set fast_forward.warm=5
says warm 'and 5 to warm up'
# What was asked for is part of the configuration that is kept.
events 3 again --config warm/config.ini
cmp warm/stats.txt again/stats.txt || fail 'the same keys: other statistics'

# By the reference CPU alone, or with compiled code at once: the same.
fastest=(-s engine.sample=1 -s engine.hot=1 -s engine.threads=0)
for to in 10 20; do
    events 3 slow --model vliw -f $to --engine reference
    events 3 fast --model vliw -f $to "${fastest[@]}"
    cmp slow/stats.txt fast/stats.txt || fail "-f $to: other statistics"
done

events 1 late --model vliw -f 1G
says late '--fast-forward 1G: the run ended before its time began'
events 1 never --model vliw -f until:nothing
says never '--fast-forward until:nothing: the run ended before'
events 2 functional -f 20
says functional 'add --model vliw'
events 2 wrong --model vliw -f text
says wrong 'such as 250M, text:TEXT, symbol:NAME, or mark'
