#!/bin/bash
# Workloads of bench/workloads that need no other programs than the guest's:
# builds two, and runs their small size: test_workloads.sh SELKIRK LINUX, where
# LINUX is what guest/linux/build made.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
workloads=$here/../../bench/workloads
selkirk=$1
linux=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$here/../support/ok.sh"

build() {
    "$workloads/build" --dir "$work/built" --linux "$linux" --no-packages \
        --no-link sums shell
}
run() { # [passes=N] run NAME OPTION...
    "$workloads/run" --small --passes "${passes:-2}" --selkirk "$selkirk" \
        --dir "$work/built" --linux "$linux" --out "$work/out" "$1" \
        -- "${@:2}" |
        tee "$work/table"
}
right() { # right NAME
    grep -qE "^$1 +[0-9.]+ .* right$" "$work/table"
}
fails() {
    ! "$@"
}

ok 'two workloads are built' build
sha256sum "$work"/built/*.disk >"$work/first"
rm -rf "$work/built"
ok 'and again elsewhere in time' build
ok 'they are the same bytes' sha256sum -c "$work/first"
ok 'sums runs on the reference CPU' run sums --model functional
ok 'it is right' right sums
ok 'shell runs under the layer' run shell --preset tm5400
ok 'it is right, too' right shell
ok 'the second pass was measured, the first one marked' \
    grep -qF 'WARM-BEGIN shell 1' "$work/out/shell/summary.json"
passes=1 ok 'one pass may be all' run sums --model functional
ok 'no warm-up then' fails grep -q WARM "$work/out/sums/summary.json"
ok 'it is right as well' right sums
passes=0 ok 'but not none' fails run sums --model functional

# A text that is another has other sums.
# At 8 KB the disk is in its text.
printf '#' | dd of="$work/built/sums.disk" bs=1 seek=8192 conv=notrunc \
    status=none
ok 'what is not right has status 1' fails run sums --model functional
ok 'and is told' grep -qE '^sums .* WRONG$' "$work/table"

echo "1..$count"
[ "$failed" -eq 0 ]
