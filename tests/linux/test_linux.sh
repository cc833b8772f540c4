#!/bin/bash
# Boots Linux and uses it: test_linux.sh SELKIRK VMLINUX BENCH full|short
# jit|reference.  BENCH is the program `bench` of the guest as a file, for
# qemu-mipsel to say what it has to print; the last is the best engine that there
# is.  Two boots with the same input must agree to the byte and the instruction.
# `short`, for builds that are slow, has one whole session on the reference CPU,
# one under the layer, and one command there in check mode.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
selkirk=$1
kernel=$2
bench=$3
extent=$4
engine=$5
if [ ! -e "$kernel" ]; then
    echo "there is no guest kernel at $kernel; build it: guest/linux/build" >&2
    exit 2
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/../support/ok.sh"
printed() { grep -aqF "$2" "$work/$1/console.txt"; }

# The file holds what follows a module's first 4 KB.
mke2fs -q -t ext2 -b 1024 "$work/disk" 4092k >"$work/log" 2>&1
cp "$work/disk" "$work/disk.before"

run() { # run NAME DISK INPUT OPTION...
    local name=$1 disk=$2 input=$3
    shift 3
    timeout 300 "$selkirk" run --machine decstation-200 --disk "$disk" \
        --max-insns 2G --input "$input" --console "$work/$name.console" --out "$work/$name" \
        "$@" "$kernel" 2>"$work/$name.err" </dev/null
}

ran_compiled() { # ran_compiled NAME
    [ "$engine" = reference ] ||
        grep -qE '^  compiled +[1-9][0-9]* ' "$work/$1.err"
}

ok 'a session with reboot and power-off ends with status 0' \
    run first "$work/disk,overlay" "$here/session.input"
for text in ls=0 ps=0 awk=192.5 'written with vi' vi=0 mount=0 umount=0 \
    bench=0 'Restarting system' 'Power down'; do
    ok "printed: $text" printed first "$text"
done
# All but the times, which end the lines.
qemu-mipsel "$bench" 20000 20000 | sed 's/, [0-9]* ms$//' >"$work/sums"
ok 'bench ran in qemu-mipsel' test -s "$work/sums"
while read -r text; do
    ok "bench printed: $text" printed first "$text"
done <"$work/sums"
ok 'an overlay leaves the file untouched' \
    cmp "$work/disk" "$work/disk.before"

if [ "$extent" = short ]; then
    ok 'a command under the code-morphing layer, in check mode' \
        run layer "$work/disk,overlay" "$here/short.input" --model vliw --check
    for text in ls=0 'Power down'; do
        ok "printed: $text" printed layer "$text"
    done
    # In the hard form few translations live for long.
    ok 'the session under the layer' run layer2 "$work/disk,overlay" \
        "$here/session.input" --model vliw --engine "$engine" \
        -s engine.runs0=100 -s engine.runs1=1000
    for text in ps=0 vi=0 umount=0 bench=0 'Restarting system' 'Power down'; do
        ok "printed: $text" printed layer2 "$text"
    done
    while read -r text; do
        ok "bench printed: $text" printed layer2 "$text"
    done <"$work/sums"
    ok 'the engine did its part' ran_compiled layer2
    echo "1..$count"
    [ "$failed" -eq 0 ]
    exit
fi

ok 'the same session again' \
    run second "$work/disk,overlay" "$here/session.input"
ok 'prints the same bytes' \
    cmp "$work/first/console.txt" "$work/second/console.txt"
ok 'has the same statistics, instructions among them' \
    cmp "$work/first/stats.txt" "$work/second/stats.txt"

ok 'the session under the code-morphing layer, in check mode' \
    run layer "$work/disk,overlay" "$here/session.input" --model vliw --check
for text in vi=0 umount=0 bench=0 'Restarting system' 'Power down'; do
    ok "printed: $text" printed layer "$text"
done
ok 'and again without' \
    run layer2 "$work/disk,overlay" "$here/session.input" --model vliw \
    --engine "$engine"
ok 'the engine did its part' ran_compiled layer2
ok 'prints the same bytes' \
    cmp "$work/layer/console.txt" "$work/layer2/console.txt"
ok 'has the same statistics, cycles among them' \
    cmp "$work/layer/stats.txt" "$work/layer2/stats.txt"

ok 'a session on a disk that stays' run third "$work/disk" \
    "$here/session.input"
ok 'and another' run fourth "$work/disk" "$here/session.input"
ok 'finds what the first left' printed fourth '2 /mnt/count'
ok 'on a clean file system' e2fsck -fn "$work/disk"

echo "1..$count"
[ "$failed" -eq 0 ]
