#!/bin/bash
# Several processors: test_smp.sh SELKIRK KERNEL.  The kernel's own checks are
# in guest/sys161/smp.c.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
selkirk=$1
kernel=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$here/../support/ok.sh"
cd "$work"

run() { # run NAME OPTION...
    local name=$1
    shift
    timeout 120 "$selkirk" run --machine sys161 --memory 2M --max-insns 50M \
        --console "$name.console" --out "$name" "$@" "$kernel" \
        2>"$name.err" </dev/null
}
stat() { # stat NAME STATISTIC
    sed -n "s/^ *\"$2\": \([0-9]*\),*\$/\1/p" "$1/stats.json"
}
same() { cmp "$1/console.txt" "$2/console.txt" && cmp "$1/stats.json" "$2/stats.json"; }
passed() { # passed NAME PROCESSORS
    grep -q "^processors: $2, passed" "$1/console.txt" &&
        grep -q '^all good' "$1/console.txt"
}
sums() { # sums NAME PROCESSORS STATISTIC: the rows of each come to the sum
    local sum=0 i
    for ((i = 0; i < $2; i++)); do
        sum=$((sum + $(stat "$1" "cpu$i.$3")))
    done
    [ "$(stat "$1" "${4-cpu}.$3")" = $sum ] && [ $sum -gt 0 ]
}
refuses() { # refuses WORDS OPTION...
    local words=$1 status=0
    shift
    run refused "$@" || status=$?
    cat refused.err
    [ $status = 2 ] && grep -qF -- "$words" refused.err
}

run f1
run key --set machine.cpus=1 --set machine.quantum=17
ok 'one processor has no quantum' same f1 key
ok 'and no rows of its own' [ -z "$(stat f1 cpu0.insns)" ]
for n in 2 4 32; do
    run "f$n" --set machine.cpus=$n
    ok "$n processors" passed "f$n" $n
    ok "$n processors' rows add up" sums "f$n" $n insns
    ok "$n processors are all of the run" [ "$(stat "f$n" cpu.insns)" = \
        "$(stat "f$n" run.insns)" ]
done
run again --set machine.cpus=4
ok 'once more is the same' same f4 again
run conf --set sys161.slots='0 serial, 28 random, 29 timer, 30 trace, 31 mainboard ramsize=2M cpus=4'
ok 'sys161.conf says how many' same f4 conf
run fewer --set machine.cpus=2 --set \
    sys161.slots='0 serial, 28 random, 29 timer, 30 trace, 31 mainboard ramsize=2M cpus=4'
ok 'the key says it first' same f2 fewer
for quantum in 1 7 10000; do
    run "q$quantum" --set machine.cpus=4 --set machine.quantum=$quantum
    ok "a quantum of $quantum" passed "q$quantum" 4
done
ok 'it is part of the model' [ "$(stat q1 run.cycles)" != \
    "$(stat q7 run.cycles)" ]
run limit --set machine.cpus=4 --max-insns 300001 || true
run traced --set machine.cpus=4 --max-insns 300001 --trace insns:insns.txt ||
    true
ok 'a trace changes nothing' same limit traced
ok 'and has all instructions' [ "$(wc -l <insns.txt)" -ge 300001 ]
ok 'limits count all instructions' [ "$(stat limit run.insns)" = 300001 ]
run cycles --set machine.cpus=4 --max-cycles 400001 || true
ok 'a limit of cycles is exact' [ "$(stat cycles run.cycles)" = 400001 ]
run region --set machine.cpus=4 --set roi.from=200k --set roi.to=+100k
ok 'regions count all instructions' [ "$(stat region run.insns)" = 100000 ]
ok 'an old mainboard has one' refuses 'an oldmainboard has one processor' \
    --set machine.cpus=2 --set sys161.slots='0 serial, 31 busctl'
ok 'and so have other machines' refuses 'a bare has one processor' \
    --machine bare --set machine.cpus=2

echo "1..$count"
exit $((failed > 0))
