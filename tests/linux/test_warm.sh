#!/bin/bash
# Boots Linux cold and warm: test_warm.sh SELKIRK VMLINUX.  A boot that begins
# with what the one before knew, in check mode, takes fewer cycles; it repeats
# to the byte, and what it saves is good for the next one.
set -euo pipefail
selkirk=$1
kernel=$2
if [ ! -e "$kernel" ]; then
    echo "there is no guest kernel at $kernel; build it: guest/linux/build" >&2
    exit 2
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
    echo "$0: $1" >&2
    exit 1
}
boot() { # boot NAME OPTION...
    local name=$1
    shift
    timeout 300 "$selkirk" run --preset tm5400 --until GUEST-READY \
        --max-insns 200M --console "$name.console" --out "$name" --quiet \
        "$@" "$kernel" </dev/null || fail "$name: status $?"
}
stat() { # stat NAME ROW: its number
    sed -n "s/^$2  *\([0-9]*\) .*/\1/p" "$1/stats.txt"
}

boot cold --warm-save cold.warm
boot warm --warm-start cold.warm --warm-save warm.warm --check
boot again --warm-start cold.warm --warm-save again.warm
cmp warm/stats.txt again/stats.txt || fail 'the same file, another boot'
cmp warm.warm again.warm || fail 'the same file, another one saved'
boot third --warm-start warm.warm
for name in cold warm third; do
    echo "$name: $(stat $name cycles.total) cycles," \
        "gear 0 $(stat $name cycles.gear0)," \
        "translating $(($(stat $name cycles.translate1) + \
            $(stat $name cycles.translate2.form) + \
            $(stat $name cycles.translate2.opt) + \
            $(stat $name cycles.translate2.sched)))," \
        "warm $(stat $name cycles.warm)," \
        "$(stat $name morph.warm.gear1) blocks and" \
        "$(stat $name morph.warm.gear2) superblocks again"
done
for name in warm third; do
    [ $((5 * $(stat $name cycles.total))) -lt \
        $((4 * $(stat cold cycles.total))) ] ||
        fail "$name: a warm boot saves less than a fifth"
done
