#!/bin/bash
# The example kernel on the sys161 machine: test_kernel.sh SELKIRK KERNEL
# ENGINE...  What it prints is the same on every processor model; what it takes
# is the same in every engine.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
selkirk=$1
kernel=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$here/../support/ok.sh"
cd "$work"

run() { # run NAME OPTION...: a new disk, an empty folder
    local name=$1
    shift
    rm -rf emu
    mkdir emu
    "$selkirk" mkdisk --force disk.img 1000s
    timeout 120 "$selkirk" run --machine sys161 \
        --set sys161.conf="$here/slots.conf" --max-insns 20M \
        --input "$here/line.input" --console "$name.console" --out "$name" \
        "$@" "$kernel" -- -i now 2>"$name.err" </dev/null
}
stat() { # stat NAME STATISTIC
    sed -n "s/^ *\"$2\": \([0-9]*\),*\$/\1/p" "$1/stats.json"
}
same() { cmp "$1/console.txt" "$2/console.txt" && cmp "$1/stats.json" "$2/stats.json"; }
# All but the word that each has at its place.
disk_is_written() {
    [ "$(od -An -tx1 -j 512000 -N 8 disk.img)" = " 00 00 00 00 00 00 00 01" ]
}
refuses() { # refuses WORDS COMMAND...
    local words=$1 status=0
    shift
    "$@" >said 2>&1 || status=$?
    cat said
    [ $status = 2 ] && grep -qF -- "$words" said
}

ok 'the reference CPU runs it' run functional
ok 'it prints what it should' cmp "$here/console.txt" functional/console.txt
ok 'the disk has what it wrote' disk_is_written
ok 'the folder has what it wrote' [ "$(cat emu/hello.txt)" = hello ]
ok 'nothing else is there' [ "$(ls emu)" = hello.txt ]
ok 'and where the guest did it' grep -q \
    'note: pc 0x8[0-9a-f]*: disk in slot 2: sector 1000 is asked for' functional.err
ok 'a card without a hub is told of' grep -q \
    'nic in slot 27: there is no hub at hub, and no carrier' functional.err
ok 'the user is told of misuse' grep -q 'emufs in slot 1: a name is refused' \
    functional.err
ok 'and of what the guest shows' grep -q 'note: pc 0x8.*code 161' functional.err
ok 'WAIT let time pass' [ "$(stat functional cpu.idle)" -gt 1000000 ]
ok 'cycles are instructions and waits' [ "$(stat functional run.cycles)" = \
    $(($(stat functional run.insns) + $(stat functional cpu.idle))) ]

run traced --trace exceptions:exceptions.txt --trace devices:devices.txt
ok 'the guest ends a trace' [ "$(grep -c 'exc .*DBE' exceptions.txt)" = 2 ]
ok 'of all that comes after' [ "$(wc -l <exceptions.txt)" = 2 ]
ok 'or for a while' [ "$(grep -c 'W4 trace .*PRINT' devices.txt)" = 2 ]
ok 'and begins it again' grep -q 'W4 trace .*PRINT .*000000a3' devices.txt
run again
ok 'once more is the same' same functional again
run old --set sys161.conf= \
    --set sys161.slots='0 serial, 29 timer, 31 busctl ramsize=2M' || true
ok 'the old mainboard runs it' grep -q 'all good' old/console.txt
ok 'with its processor' grep -q 0x000003ff old/console.txt

for engine in "$@"; do
    run "$engine" --model vliw --engine "$engine" --set engine.threads=0 \
        --set engine.runs0=20 --set engine.runs1=100
    ok "$engine prints the same" cmp "$here/console.txt" "$engine/console.txt"
    ok "$engine takes the same" same "$1" "$engine"
done
sum=0
for cycles in $(sed -n '/"cycles.total"/d; s/^ *"cycles[.].*: \([0-9]*\),*$/\1/p' \
    "$1/stats.json"); do
    sum=$((sum + cycles))
done
ok 'its causes add up' [ "$(stat "$1" cycles.total)" = $sum ]
ok 'waiting among them' [ "$(stat "$1" cycles.idle)" -gt 1000000 ]
# Time that passes in WAIT ends where it should, not near it.
for model in functional vliw; do
    "$selkirk" run --machine sys161 --model $model --memory 2M --out until \
        --max-cycles 50000001 --console console "$kernel" -- -i \
        </dev/null >said 2>&1 || true
    ok "$model waits to the cycle" [ "$(stat until run.cycles)" = 50000001 ]
done
run check --model vliw --check --engine reference
ok 'the layer agrees with the reference CPU' cmp "$here/console.txt" \
    check/console.txt
run forward --model vliw --fast-forward 200k --set fast_forward.warm=50k
ok 'fast-forwarding prints the same' cmp "$here/console.txt" \
    forward/console.txt

# The keyboard is one card's or the other's; only what was asked for is read.
cat >screen.input <<'END'
wait 5000000
type "seen on the screen\r"
END
timeout 60 "$selkirk" run --machine sys161 --memory 2M --max-insns 20M \
    --set sys161.slots='0 serial, 5 screen, 29 timer, 31 mainboard' \
    --set sys161.keyboard=screen --input screen.input --console screen.console \
    --out screen "$kernel" -- -k 2>/dev/null </dev/null || true
ok 'the screen has a keyboard' grep -q '|type a line: seen on the screen  *|$' \
    screen.console
ok 'its picture is kept, too' cmp screen.console screen/console.txt

ok 'mkdisk overwrites nothing' refuses 'File exists; --force' \
    "$selkirk" mkdisk disk.img 1M
ok 'mkdisk makes whole sectors' refuses 'whole number of sectors' \
    "$selkirk" mkdisk other.img 100001
ok 'mkdisk takes sizes' refuses 'is no size' "$selkirk" mkdisk other.img much
ok 'mkdisk makes no small ones' refuses 'a disk has 128' \
    "$selkirk" mkdisk other.img 64s
# Where nothing can be written the status is that of every place that cannot.
mkdisk_full() { (ulimit -f 0 && exec "$selkirk" mkdisk new.img 1M) 2>&1 | cat; }
ok 'mkdisk on a full disk' refuses 'cannot write the disk' mkdisk_full
ok 'mkdisk leaves no half a disk' [ ! -e new.img ]
mkfifo pipe
mkdir folder
for place in pipe folder; do
    ok "mkdisk into a $place" refuses 'cannot' \
        "$selkirk" mkdisk --force $place 1M
    ok "a $place as a disk" refuses "$place: " timeout 20 \
        "$selkirk" run --machine sys161 --disk $place "$kernel"
    ok "a $place as a kernel" refuses "$place: is " timeout 20 \
        "$selkirk" run --machine sys161 $place
done
ok 'a folder as sys161.conf' refuses 'this is no sys161.conf' \
    "$selkirk" run --machine sys161 --set sys161.conf=folder "$kernel"
"$selkirk" mkdisk other.img 5M
ok 'mkdisk adds a header' [ "$(wc -c <other.img)" = $((5 * 1024 * 1024 + 512)) ]
echo "1..$count"
exit $((failed > 0))
