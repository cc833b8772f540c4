#!/bin/bash
# bench/calibrate on what one small program had translated:
# test_calibrate.sh SELKIRK LINUX, where LINUX is what guest/linux/build made.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bench=$here/../../bench
selkirk=$1
linux=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$here/../support/ok.sh"

record() {
    "$bench/programs/build" "$work" el quicksort &&
        "$selkirk" run --preset tm5400 --machine bare --quiet \
            --console "$work/console" --warm-save "$work/warm" "$work/quicksort"
}
calibrate() { # calibrate OPTION...
    "$bench/calibrate" --warm "$work/warm" --sample 4 --passes 1 \
        --linux "$linux" --out "$work/out" "$@" "$selkirk"
}
# Each key has cycles a unit that are more with the caches that there are.
costs() {
    awk -F, 'NR > 1 && $4 > $6 && $6 > 1 { n++ } END { exit n != 7 }' \
        "$work/out/keys.csv"
}
# What was made on the modelled machine is what is made here.
made() {
    awk -F, 'NR > 1 && $3 > 0 && $5 != "0000000000000000" { n++ }
        END { exit n != 8 }' "$work/out/measured.csv"
}
# Routines take cycles, too.
called() {
    awk -F, 'NR > 1 && $4 > 10 * $3 { n++ } END { exit n != 8 }' \
        "$work/out/routines.csv"
}
fails() {
    ! "$@"
}

ok 'the translations of a program are kept' record
ok 'they are translated on the modelled machine' calibrate
ok 'that tells what all keys cost' costs
ok 'of each translation' made
ok 'and what is around it' called
ok 'no sample is an error' fails calibrate --sample 0

echo "1..$count"
[ "$failed" -eq 0 ]
