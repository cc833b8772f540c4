#!/bin/bash
# Linux in the time of a real R3000: test_baseline.sh SELKIRK VMLINUX.  What the
# kernel finds out about its processor is what kernels print on the hardware.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
selkirk=$1
kernel=$2
if [ ! -e "$kernel" ]; then
    echo "there is no guest kernel at $kernel; build it: guest/linux/build" >&2
    exit 2
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$here/../support/ok.sh"
printed() { grep -aqF "$2" "$work/$1/console.txt"; }

run() { # run NAME PRESET OPTION...
    local name=$1 preset=$2
    shift 2
    timeout 300 "$selkirk" run --preset "$preset" --max-insns 1G \
        --input "$here/bench.input" --console "$work/console" \
        --out "$work/$name" "$@" "$kernel" 2>"$work/$name.err" </dev/null
}

# near NAME MHZ REAL: BogoMIPS are at most half the clock, two instructions a
# round, and within 2.5 % of what kernels printed on the hardware.
near() {
    local got
    got=$(tr -d '\r' <"$work/$1/console.txt" |
        sed -n 's/^BogoMIPS.*: *\([0-9.]*\)$/\1/p' | head -n 1)
    awk -v got="$got" -v most="$2" -v real="$3" 'BEGIN {
        exit !(got > 0.975 * real && got < 1.025 * real && got <= most) }'
}

# What the statistics say of their own sum.
adds_up() {
    awk -v name="$1" '$1 ~ /^cycles\./ && $1 != "cycles.total" { sum += $2 }
        $1 == "cycles.total" { total = $2 }
        END { exit !(total > 0 && sum == total) }' "$work/$1/stats.txt"
}

for clock in 200:25:24.87 240:40:39.87; do
    IFS=: read -r model mhz real <<<"$clock"
    ok "decstation-$model boots and works" run "$model" "decstation-$model"
    for text in 'Primary instruction cache 64kB, linesize 4 bytes.' \
        'Primary data cache 64kB, linesize 4 bytes.' 'checksum 733b2a52' \
        bench=0 'Power down'; do
        ok "$model printed: $text" printed "$model" "$text"
    done
    ok "BogoMIPS of $mhz MHz" near "$model" "$mhz" "$real"
    ok "causes of $model add up" adds_up "$model"
done
ok 'and again' run again decstation-200
ok 'prints the same bytes' \
    cmp "$work/200/console.txt" "$work/again/console.txt"
ok 'has the same statistics, cycles among them' \
    cmp "$work/200/stats.txt" "$work/again/stats.txt"
ok 'forwarded to the prompt, it goes on in its time' \
    run late decstation-200 --fast-forward text:GUEST-READY
ok 'late printed: bench=0' printed late bench=0

echo "1..$count"
[ "$failed" -eq 0 ]
