#!/bin/bash
# bench/peers, with the sides that are there for sure: test_peers.sh SELKIRK.
set -euo pipefail
peers=$(cd "$(dirname "$0")/../../bench" && pwd)/peers
selkirk=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
    echo "$0: $1" >&2
    cat out err >&2
    exit 1
}
# refuses MESSAGE ARGUMENT...
refuses() {
    local message=$1 status=0
    shift
    "$peers" "$@" >out 2>err || status=$?
    [ $status -eq 2 ] || fail "status $status, not 2: $*"
    grep -qF -e "$message" err || fail "does not say: $message"
}

refuses 'there is no option -z' -z
refuses '-n needs a value' -n
refuses '0 is no number from 1 up' -n 0 "$selkirk"
refuses 'there is no side vax' -s vax "$selkirk"
refuses 'ends neither with .csv nor with .json' -o x.txt "$selkirk"
refuses 'there is no program none' -p none "$selkirk"
refuses 'is missing' "$work/selkirk"

"$peers" --quick -p recursion -s native,user,funct,core -o x.csv "$selkirk" \
    >out 2>err || fail 'it fails'
grep -q '^recursion  *44  *[0-9]*  *[0-9]*  *[0-9]*  *[0-9]*$' out ||
    fail 'no row of the table'
[ "$(grep -c '^recursion,[a-z]*,[0-9]*,[0-9.]*,[0-9.]*$' x.csv)" -eq 4 ] ||
    fail 'wrong rows of CSV'
"$peers" -n 2 -r 2 -p recursion,sieve -s funct,native -o x.json "$selkirk" \
    >out 2>err || fail 'it fails'
[ "$(grep -c '"program": ".*", "side": ".*", "instructions": [0-9]*, ' \
    x.json)" -eq 4 ] || fail 'wrong rows of JSON'

# A Selkirk that computes something else ends it.
printf '#!/bin/sh\n"%s" "$@" 2>&1 | sed "s/ ok/ WRONG/"\n' "$selkirk" >wrong
chmod +x wrong
"$peers" --quick -p recursion -s funct ./wrong >out 2>err && fail 'no failure'
grep -q 'recursion on funct went wrong' err || fail 'does not say what is wrong'
