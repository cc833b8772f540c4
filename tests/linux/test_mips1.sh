#!/bin/bash
# guest/linux/check-mips1 finds what it is for, and nothing in the guest's
# programs: test_mips1.sh BIN, the folder of these.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
check=$here/../../guest/linux/check-mips1
bin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$here/../support/ok.sh"

ok 'the programs of the guest pass' "$check" "$bin"/busybox "$bin"/bench
mipsel-linux-gnu-as -march=r3000 -mabi=32 -mfp32 -o "$work/bad.o" \
    "$here/mips1.s"
status=0
"$check" "$work/bad.o" >"$work/found" || status=$?
ok 'a program that does not fit has status 1' [ "$status" -eq 1 ]
# Addresses of what is marked, and of what was found.
awk '/^\t[a-z]/ && !/^\t\./ {
    if (/# bad/)
        printf "%x\n", 4 * n
    n++
}' "$here/mips1.s" >"$work/wanted"
sed -n 's/.*f: *\([0-9a-f]*\):\t.*/\1/p' "$work/found" >"$work/addresses"
ok 'all that does not fit is found, and nothing else' \
    diff "$work/wanted" "$work/addresses"

echo "1..$count"
[ "$failed" -eq 0 ]
