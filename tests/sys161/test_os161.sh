#!/bin/bash
# A kernel that does to the machine what OS/161's kernels do:
# test_os161.sh SELKIRK KERNEL ENGINE...  What it checks is in os161.c.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
selkirk=$1
kernel=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$here/../support/ok.sh"
cd "$work"
mkdir -p root/bin
printf 'hello\n' >root/bin/sh
conf() { # conf FILE MAINBOARD
    cat >"$1" <<END
0	serial
2	disk	rpm=7200	file=LHD0.img nodoom	# the first one
13	emufs	dir=root
28	random	autoseed
29	timer
30	trace
31	$2
END
}
conf new.conf 'mainboard ramsize=1M cpus=1'
conf old.conf 'busctl ramsize=524288'

run() { # run NAME OPTION...
    local name=$1
    shift
    rm -f LHD0.img
    "$selkirk" mkdisk LHD0.img 1M >/dev/null
    timeout 100 "$selkirk" run --machine sys161 --max-insns 300M \
        --set sys161.conf=new.conf --console "$name.console" --out "$name" \
        --set engine.threads=0 --set engine.runs0=20 --set engine.runs1=100 \
        "$@" "$kernel" -- q 2>"$name.err" </dev/null
}
halted() { # halted NAME [PROCESSORS]
    [ -z "${2:-}" ] || grep -q "^processors: $2\$" "$1/console.txt" || return 1
    [ "$(tail -n 1 "$1/console.txt")" = 'The system is halted.' ] &&
        ! grep 'selkirk: note' "$1.err"
}
same() { cmp "$1/console.txt" "$2/console.txt" && cmp "$1/stats.json" "$2/stats.json"; }

run one
ok 'with one processor' halted one
run two --set sys161.conf=old.conf
ok 'on an old mainboard' halted two
run newer --set sys161.conf=old.conf --set sys161.processor=2
ok 'which may have the newer processor' halted newer
run several --set machine.cpus=4
ok 'with several' halted several 4
for gears in 0 2; do
    for engine in "$@"; do
        run "$engine$gears" --model vliw --gears $gears --engine "$engine" \
            --set machine.cpus=3
        ok "under the layer, by $engine, gears $gears" halted "$engine$gears" 3
        ok 'in the same cycles' same "$1$gears" "$engine$gears"
    done
done
for engine in "$@"; do
    run "shared-$engine" --preset tm5400 --engine "$engine" \
        --set machine.cpus=3 --set tcache.sharing=shared --set tcache.size=8k
    ok "from one translation cache, by $engine" halted "shared-$engine" 3
    ok 'likewise' same "shared-$1" "shared-$engine"
done
run check --preset tm5400 --check --set machine.cpus=2 \
    --set tcache.sharing=shared
ok 'each step is right' halted check 2
run old --preset tm5400 --check --set sys161.conf=old.conf
ok 'also on an old mainboard' halted old

echo "1..$count"
exit $((failed > 0))
