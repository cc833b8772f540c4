#!/bin/bash
# Runs programs by compiled code and by the reference core, which must agree to
# the bit: compare.sh SELKIRK PROGRAMS INSTRUCTIONS [KERNEL [OPTION...]]
#
# PROGRAMS is bench/programs; of each, INSTRUCTIONS are run, several times with
# different ways to compile.  KERNEL is booted, if it is there: to GUEST-READY,
# and with further OPTIONs.
set -euo pipefail
selkirk=$1
programs=$2
instructions=$3
[[ $instructions =~ ^[0-9]+$ ]] || {
    echo "compare.sh: $instructions is no number" >&2
    exit 2
}
kernel=${4:-}
shift $(($# < 4 ? $# : 4))
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0
failed=0

run() { # run NAME OPTION...
    local name=$1
    shift
    timeout 600 "$selkirk" run --model vliw --quiet --input /dev/null \
        --out "$work/$name" "$@" >"$work/console" 2>"$work/$name.err" \
        </dev/null || { [ $? -lt 124 ] && [ ! -s "$work/$name.err" ]; }
}

# Statistics, console and summary, but for the line about the host.
same() { # same NAME
    cmp "$work/reference/stats.txt" "$work/$1/stats.txt" &&
        cmp "$work/reference/console.txt" "$work/$1/console.txt" &&
        cmp "$work/reference/config.ini" "$work/$1/config.ini" &&
        cmp <(grep -v '"host"' "$work/reference/summary.json") \
            <(grep -v '"host"' "$work/$1/summary.json")
}

compare() { # compare WHAT OPTION... : the reference, then each way
    local what=$1 way
    shift
    run reference --engine reference "$@" || {
        echo "not ok - $what: the reference core"
        sed 's/^/# /' "$work/reference.err"
        failed=$((failed + 1))
        return
    }
    for way in "${ways[@]}"; do
        count=$((count + 1))
        # The words of a way are options.
        # shellcheck disable=SC2086
        if run jit $way "$@" && same jit >"$work/log"; then
            echo "ok $count - $what $way"
        else
            echo "not ok $count - $what $way"
            sed 's/^/# /' "$work/jit.err" "$work/log"
            failed=$((failed + 1))
        fi
    done
}

ways=(
    '--engine threaded'
    '--engine threaded --check'
    '--engine jit -s engine.threads=0 -s engine.runs0=3 -s engine.runs1=1000'
    '--engine jit -s engine.threads=1 -s engine.runs0=50 -s engine.runs1=500'
    '--engine jit -s engine.threads=1 -s engine.runs0=20 -s engine.runs1=300
        -s engine.delay=7'
    '--engine jit -s engine.threads=0 -s engine.runs0=100 -s engine.runs1=400 --check'
)
"$programs/build" "$work/bin"
for program in "$work"/bin/*; do
    compare "$(basename "$program")" --machine bare \
        --max-insns "$instructions" "$program"
done
# Fast-forwarding by compiled code: to an instruction, to the end.
ways=(
    '--engine jit -s engine.threads=0 -s engine.sample=500 -s engine.hot=1'
    '--engine jit -s engine.sample=2000 -s engine.hot=10'
)
for program in "$work"/bin/*; do
    for warm in 0 10k; do
        compare "$(basename "$program"), fast-forwarded" --machine bare \
            --max-insns "$instructions" -f $((instructions * 3 / 4)) \
            -s fast_forward.warm=$warm "$program"
    done
done
if [ -n "$kernel" ] && [ -e "$kernel" ]; then
    ways=(
        '--engine threaded'
        '--engine jit -s engine.threads=1 -s engine.runs0=300 -s engine.runs1=3000'
        '--engine jit -s engine.threads=1 -s engine.runs0=100 -s engine.runs1=1000
            -s engine.delay=3'
    )
    compare "a boot" --machine decstation-200 --until GUEST-READY \
        --max-insns 2G "$@" "$kernel"
    ways=('--engine jit -s engine.sample=3000 -s engine.hot=10')
    compare "a boot, fast-forwarded" --machine decstation-200 \
        --until GUEST-READY -f 30M -s fast_forward.warm=100k \
        --max-insns 2G "$@" "$kernel"
fi
echo "1..$count"
[ "$failed" -eq 0 ] || exit 1
