#!/bin/bash
# selkirk run --pipeline and --timeline from outside: test_views.sh SELKIRK.
# Both tell of the run as its statistics do, and change nothing of it (the
# guest ends with 3).
set -euo pipefail
program=measure
. "$(dirname "$0")/events.sh"
. "$here/../support/kanata.sh"

run() { # run STATUS NAME OPTION...
    events "$1" "$2" --model vliw --set gear1.threshold=1 \
        --set gear2.threshold=20 "${@:3}"
}
stat() { # stat NAME ROW: its number
    sed -n "s/^$2  *\([0-9]*\) .*/\1/p" "$1/stats.txt"
}

run 3 plain
run 3 views --pipeline pipe --timeline time --interval 1000 \
    --trace molecules:molecules
cmp plain/stats.txt views/stats.txt || fail 'being looked at changes the run'

# Konata's log.
pipe_is_right pipe >counts || fail "$(cat counts)"
count() { sed -n "s/^$1 //p" counts; }
[ "$(count X)" = "$(stat plain core.molecules)" ] ||
    fail "molecules: $(count X), not $(stat plain core.molecules)"
[ "$(count layer)" -gt 0 ] || fail 'the layer has no rows'
[ "$(count flushed)" -gt 0 ] || fail 'nothing was rolled back'
# Each wait has its arrow, and a fault says what it was.
[ "$(count Wt)" -gt 0 ] && [ "$(count arrows)" = "$(count Wt)" ] ||
    fail "$(count arrows) arrows, $(count Wt) waits"
[ "$(grep -c '^L.*\\nfailed: ' pipe)" = "$(stat plain core.rollbacks)" ] ||
    fail 'not every rollback says why'
# The run's end is the layer's, not a molecule's.
[ "$(count end)" -le "$(stat plain run.cycles)" ] || fail 'rows after the end'

# Each molecule issues when the trace says.
awk -F '\t' '
    $1 == "C=" { now = $2 }
    $1 == "C" { now += $2 }
    $1 == "S" && $4 == "X" { print now }' pipe >issues
awk '{ print $1 }' molecules | cmp - issues || fail 'the times are others'

# The stages take what their causes do.  Gear 0 has its misses itself; what came
# before the first molecule and after the last one is not told.
spent() { sed -n "s/^spent $1 //p" counts; }
for pair in Wt:interlock Ch:chain Ts:translate2.sched To:translate2.opt; do
    [ "$(spent "${pair%:*}")" = "$(stat plain "cycles.${pair#*:}")" ] ||
        fail "$pair: $(spent "${pair%:*}")"
done
[ "$(spent Br)" -le "$(stat plain cycles.branch)" ] || fail 'branches'
[ "$(($(spent Ic) + $(spent Dc)))" -gt 0 ] || fail 'no misses'

# Commits that take cycles, and wait for what is on its way.
run 3 each --set morph.commit=1 --set vliw.commit=2 --pipeline commits
pipe_is_right commits >counts || fail "$(cat counts)"
[ "$(count arrows)" = "$(count Wt)" ] || fail "$(count arrows) waits of commits"
for pair in Wt:interlock Cm:commit; do
    [ "$(spent "${pair%:*}")" = "$(stat each "cycles.${pair#*:}")" ] ||
        fail "$pair of commits: $(spent "${pair%:*}")"
done

# Chrome's format, an event a line.
events_of() { grep -c "$1" time || true; }
[ "$(events_of '"name":"translate 1"')" = \
    "$(stat plain morph.gear1.translations)" ] || fail 'translations of gear 1'
[ "$(events_of '"name":"translate 2"')" = \
    "$(stat plain morph.gear2.translations)" ] || fail 'translations of gear 2'
[ "$(events_of '"tid":2,"ts".*"i"\|"ph":"i",.*"tid":2')" = \
    "$(stat plain core.rollbacks)" ] || fail 'rollbacks'
[ "$(events_of '"ph":"i",.*"tid":3')" = "$(stat plain morph.exceptions)" ] ||
    fail 'exceptions'
[ "$(events_of '"name":"instructions"')" = \
    "$(($(wc -l <views/intervals.csv) - 1))" ] || fail 'intervals'
# Tracks stand in the order of their numbers, not of their names.
[ "$(events_of '"name":"thread_sort_index"')" = \
    "$(events_of '"name":"thread_name"')" ] || fail 'tracks have no order'
if command -v python3 >/dev/null; then
    python3 -m json.tool time >/dev/null || fail 'no JSON'
fi

# Of a region only what is in it.
run 3 region --pipeline part --timeline part.json --roi-from 2000 --roi-to +500
[ "$(grep -c ^I part)" -lt "$(grep -c ^I pipe)" ] || fail 'more than the region'
[ "$(stat region core.molecules)" = "$(awk '$1 == "S" && $4 == "X"' part |
    wc -l)" ] || fail 'not what the region has'

# Nor what warms up behind fast-forwarding, of which the time is not the
# machine's.
run 3 warmed --pipeline warm.pipe --fast-forward 2000 \
    --set fast_forward.warm=3000 --roi-to 9000
pipe_is_right warm.pipe >counts || fail "$(cat counts)"
[ "$(count arrows)" = "$(count Wt)" ] || fail "$(count arrows) waits, warmed up"
[ "$(sed -n 's/^C=.//p' warm.pipe)" -ge 5000 ] || fail 'it is warming up'

# Without the layer.
events 3 r3000 --model r3000 --timeline bare.json
grep -q '"tid":3' bare.json || fail 'no exceptions'
! grep -q translate' ' bare.json || fail 'translations of a real processor'
events 2 none --model r3000 --pipeline none
grep -q 'selkirk: --pipeline: with cpu.model = r3000 ' none.err ||
    fail "$(cat none.err)"
[ ! -e none ] || fail 'something was written'
run 2 nowhere --pipeline no/such/place
grep -q 'selkirk: --pipeline: cannot write no/such/place' nowhere.err ||
    fail "$(cat nowhere.err)"
