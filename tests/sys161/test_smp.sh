#!/bin/bash
# Several processors: test_smp.sh SELKIRK KERNEL ENGINE...  The kernel's own
# checks are in guest/sys161/smp.c.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
selkirk=$1
kernel=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$here/../support/ok.sh"
. "$here/../support/kanata.sh"
cd "$work"

run() { # run NAME OPTION...
    local name=$1
    shift
    timeout 280 "$selkirk" run --machine sys161 --memory 2M --max-insns 1G \
        --console "$name.console" --out "$name" "$@" "$kernel" \
        2>"$name.err" </dev/null
}
stat() { # stat NAME STATISTIC
    sed -n "s/^ *\"$2\": \([0-9]*\),*\$/\1/p" "$1/stats.json"
}
same() { cmp "$1/console.txt" "$2/console.txt" && cmp "$1/stats.json" "$2/stats.json"; }
# All else is as with one processor.
passed() { # passed NAME PROCESSORS
    grep -q "^processors: $2, passed" "$1/console.txt" &&
        sed '/^processors: /d' "$1/console.txt" | cmp f1/console.txt -
}
sums() { # sums NAME PROCESSORS STATISTIC: the rows of each come to the sum
    local sum=0 i
    for ((i = 0; i < $2; i++)); do
        sum=$((sum + $(stat "$1" "cpu$i.$3")))
    done
    [ "$(stat "$1" "${4-cpu.}$3")" = $sum ] && [ $sum -gt 0 ]
}
# Each processor has tracks of its own, in which time does not go back.
tracks_are_right() { # tracks_are_right FILE
    awk -F '[:,]' '
        $2 == "\"X\"" || $2 == "\"i\"" {
            end = $8 + ($9 == "\"dur\"" ? $10 : 0)
            bad = bad || end < last[$6] - 0.001
            last[$6] = end
        }
        END { exit bad || !(last[1] && last[4] && last[7]) }' "$1"
}
# The log of molecules has each processor's, in one time.
molecules_are_right() { # molecules_are_right FILE NAME PROCESSORS
    local i
    pipe_is_right "$1" >"$1.counts" || {
        cat "$1.counts"
        return 1
    }
    grep -qx "X $(stat "$2" core.molecules)" "$1.counts" || return 1
    for ((i = 0; i < $3; i++)); do
        [ "$(sed -n "s/^thread $i //p" "$1.counts")" -gt \
            "$(stat "$2" "cpu$i.core.molecules")" ] || return 1
    done
}
made_once() { # made_once SHARED PRIVATE
    local name=morph.gear1.translations
    [ "$(stat "$1" $name)" -lt $(($(stat "$2" $name) * 3 / 4)) ]
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
# The layer: the same in every engine, for each limit of gears.
layer() { # layer NAME PROCESSORS ENGINE OPTION...
    local name=$1 n=$2 engine=$3
    shift 3
    run "$name" --model vliw --engine "$engine" --set machine.cpus=$n \
        --set engine.threads=0 --set engine.runs0=20 --set engine.runs1=100 "$@"
}
for gears in 2 1 0; do
    for engine in "$@"; do
        # Gear 0 runs no translations, and blocks are compiled under gear 2,
        # too.
        case $engine$gears in
        jit1 | jit0 | threaded0) continue ;;
        esac
        layer "$engine$gears" 4 "$engine" --gears $gears
        ok "4 processors by $engine, gears $gears" passed "$engine$gears" 4
        ok 'take the same' same "$1$gears" "$engine$gears"
    done
done
ok 'causes are of each' sums "${1}2" 4 cycles.total ''
ok 'and so is what the layer does' sums "${1}2" 4 morph.dispatch.lookups ''
ok 'each processor has the time of all' [ "$(stat "${1}2" cpu0.cycles.total)" \
    -ge "$(stat "${1}2" run.cycles)" ]
ok 'each translates for itself' [ "$(stat "${1}2" \
    cpu3.morph.gear1.translations)" -gt 0 ]
for engine in "$@"; do
    layer "copy-$engine" 4 "$engine" --set tcache.sharing=copy
    ok "$engine takes over what others have" passed "copy-$engine" 4
    ok 'likewise' same "copy-$1" "copy-$engine"
done
ok 'which is not nothing' [ "$(stat "copy-$1" morph.borrow.gear2)" -gt 0 ]
ok 'and saves work' [ "$(stat "copy-$1" cycles.translate2.opt)" -lt \
    "$(stat "${1}2" cycles.translate2.opt)" ]
# One translation cache for all, also one that is emptied, or that loses some of
# what it has, all the time.
emptied() { [ "$(stat "$1" morph.tcache.flushes)" -gt 3 ]; }
# The hard form has no other than a small one, which is emptied for each step.
sharing=(--set tcache.sharing=shared)
policies='flush fifo'
if emptied "${1}2"; then
    sharing+=(--set tcache.policy=fifo)
    policies=''
fi
for engine in "$@"; do
    layer "shared-$engine" 4 "$engine" "${sharing[@]}"
    ok "$engine runs from one translation cache" passed "shared-$engine" 4
    ok 'likewise' same "shared-$1" "shared-$engine"
    for policy in $policies; do
        layer "$policy-$engine" 4 "$engine" "${sharing[@]}" \
            --set tcache.size=4k --set tcache.policy=$policy
        ok "$engine, from a small one, $policy" passed "$policy-$engine" 4
        ok 'likewise' same "$policy-$1" "$policy-$engine"
    done
done
if [ -n "$policies" ]; then
    ok 'the small one is emptied' emptied "flush-$1"
    ok 'one is enough' made_once "shared-$1" "${1}2"
fi
ok 'what it holds is of all' [ "$(stat "shared-$1" morph.tcache.live)" = \
    "$(stat "shared-$1" cpu0.morph.tcache.live)" ]
ok 'each has caches of its own' sums "shared-$1" 4 l1i.misses ''
ok 'and issues by itself' sums "shared-$1" 4 core.molecules ''
for n in 2 32; do
    layer "layer$n" $n threaded
    ok "$n processors under the layer" passed "layer$n" $n
done
layer seen 3 threaded --timeline time.json
ok 'the timeline has them apart' tracks_are_right time.json
layer pipe 2 threaded --pipeline pipe.log --roi-from 100000 --roi-to +20000
ok 'the log of molecules has them all' molecules_are_right pipe.log pipe 2
layer q1 3 threaded --set machine.quantum=1
ok 'turns of a translation' passed q1 3
layer check 3 threaded --check --set tcache.sharing=copy
ok 'the layer agrees with reference CPUs' passed check 3
layer check 3 threaded --check "${sharing[@]}"
ok 'also from one translation cache' passed check 3
layer check 2 threaded --check --set tcache.sharing=shared \
    --set machine.quantum=1 --set tcache.size=8k --set tcache.policy=fifo
ok 'also where all alternate and have no room' passed check 2
layer forward 3 threaded --check --fast-forward 400k
ok 'it takes over in the midst of their work' passed forward 3
layer forward 3 threaded --check --fast-forward 400k "${sharing[@]}"
ok 'also with one translation cache' passed forward 3
run warm --model vliw --warm-save one.warm
ok 'no warm start' refuses '--warm-start is for one' --set machine.cpus=2 \
    --model vliw --warm-start one.warm
ok 'nothing to start warm with' refuses '--warm-save: the machine has 2' \
    --set machine.cpus=2 --model vliw --warm-save two.warm
ok 'no warming up' refuses 'fast_forward.warm is for one' \
    --set machine.cpus=2 --model vliw --fast-forward 1k \
    --set fast_forward.warm=10

ok 'an old mainboard has one' refuses 'an oldmainboard has one processor' \
    --set machine.cpus=2 --set sys161.slots='0 serial, 31 busctl'
ok 'and so have other machines' refuses 'a bare has one processor' \
    --machine bare --set machine.cpus=2

echo "1..$count"
exit $((failed > 0))
