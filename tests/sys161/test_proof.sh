#!/bin/bash
# The table of proofs is whole and true: test_proof.sh SELKIRK.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
selkirk=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$here/../support/ok.sh"
proof=$here/proof.md

has_row() { grep -qF "| $1 | " "$proof"; }
all_have_rows() { # all_have_rows: those on the standard input
    local what missing=0
    while read -r what; do
        has_row "$what" || { echo "no row: $what"; missing=1; }
    done
    return $missing
}
registers() { # "CARD REGISTER", as the program has them
    "$selkirk" docs boards | awk '
        /^## / { board = $2 }
        /^### / { card = $2 }
        board == "sys161" && /^\| 0x/ {
            split($0, column, / *[|] */)
            if (column[3] ~ /^[0-9]+$/) print card, column[4]
        }'
}
# What System/161's documentation lists.
codes() {
    printf 'disk status %s\n' 0 1 3 4 6 12 14 20 22
    printf 'emufs operation %s\n' {1..9}
    printf 'emufs result %s\n' {0..13}
}
is_test() { # is_test "FILE: NAME" or a guest program
    local file=${1%%: *} name=${1#*: }
    case $file in
    os161.S) grep -q "^$name:" "$here/$file" ;;
    *.S) [ -e "$root/tests/guest/$file" ] ;;
    os161.c) grep -qE "^(static )?[a-z0-9 ]+ \*?$name\(" "$here/$file" ;;
    test_kernel | test_network | test_smp) grep -qF "ok '$name'" "$here/$file.sh" ;;
    *) grep -qE "^static void $name\(void" "$root/tests/unit/$file.c" ;;
    esac
}
all_are_tests() {
    local what test wrong=0
    while IFS='|' read -r _ what test _; do
        test=${test# }
        is_test "${test% }" || { echo "no test:$what:$test"; wrong=1; }
    done < <(grep '^| ' "$proof" | grep -v '| test |$')
    return $wrong
}
# Each call of lamebus_warn() but that for the host's disk is in the table.
warnings_are_tested() {
    local calls rows
    calls=$(cat "$root"/hwmodel/dev/lame*.c | grep -c '[^d] lamebus_warn(')
    rows=$(sed -n '/^} misuses\[\]/,/^};/p' \
        "$root/tests/unit/test_sys161_cards.c" | grep -c '^    {"')
    echo "$calls calls, $rows rows"
    [ "$calls" = $((rows + 1)) ]
}
registers >"$work/registers"
ok 'there are registers' [ "$(wc -l <"$work/registers")" -gt 50 ]
ok 'each register has a proof' all_have_rows <"$work/registers"
ok 'each result has a proof' all_have_rows < <(codes)
ok 'each proof is there' all_are_tests
ok 'each warning has a test' warnings_are_tested
echo "1..$count"
exit $((failed > 0))
