#!/bin/bash
# Regions and intervals from outside: test_measure.sh SELKIRK.
set -euo pipefail
# shellcheck disable=SC2034
program=measure
. "$(dirname "$0")/events.sh"

says() { # says NAME TEXT
    grep -qF -e "$2" "$1.err" || fail "$1: does not say: $2"
}
value() { # value NAME STATISTIC
    sed -n "s/^$2  *\([0-9]*\) .*/\1/p" "$1/stats.txt"
}
same() { # same WHAT FILE FILE
    cmp -s "$2" "$3" || fail "$1: $2 and $3 differ"
}
# What of the summary is not the host's, nor how the run was asked for.
outcome() {
    grep -v -e '"host"' -e '"config_hash"' "$1/summary.json"
}
gauges='^morph\.(tcache\.(live|bytes|bytes_peak)|gear[12]\.entries\..*)$'

# What intervals add up to is what the statistics say; and they go on to the
# region's end.
adds_up() {
    local name=$1
    awk -F, -v gauges="$gauges" -v name="$name" '
        FNR == NR { if (/:/) { gsub(/[ "]/, ""); split($0, a, /[:,]/)
                               total[a[1]] = a[2] }
                    next }
        FNR == 1 { for (i = 1; i <= NF; i++) column[i] = $i; fields = NF; next }
        { if (NF != fields || $1 + 0 < last) bad = "lines"
          last = $1
          for (i = 3; i <= NF; i++)
              sum[column[i]] = column[i] ~ gauges ? $i : sum[column[i]] + $i }
        END { for (c in total) if (sum[c] != total[c]) bad = c
              if (last != total["run.cycles"] || FNR < 2) bad = "the end"
              if (bad) { print name ": intervals: " bad; exit 1 } }
    ' "$name/stats.json" "$name/intervals.csv" >&2 || fail "$name: wrong sums"
    same "$name: the columns" <(head -1 "$name/intervals.csv" | tr , '\n') \
        <(printf 'cycles\ninsns\n'
          sed -n 's/^  "\(.*\)": .*/\1/p' "$name/stats.json")
}

models=(functional r3000 vliw)
hot=(-s gear1.threshold=2 -s gear2.threshold=20)
quick=(-s engine.threads=0 -s engine.runs0=10 -s engine.runs1=100)

for model in "${models[@]}"; do
    # Intervals change nothing, whatever they are measured in.
    events 3 whole --model $model "${hot[@]}" --engine reference
    for interval in 997 1000,insns 1; do
        [ $interval != 1 ] || [ $model != vliw ] || continue
        events 3 cut --model $model "${hot[@]}" --engine reference \
            --interval $interval
        same "$model, $interval" whole/stats.txt cut/stats.txt
        same "$model, $interval" <(outcome whole) <(outcome cut)
        adds_up cut
    done
    # What an interval is late, the next one is shorter.
    events 3 cut --model $model "${hot[@]}" --interval 313
    awk -F, 'NR > 2 && $1 - last < 313 { short++ }
             NR > 1 { last = $1 }
             END { exit short < 2 }' cut/intervals.csv ||
        [ $model = functional ] || fail "$model: lengths drift"
    [ "$(value whole run.insns)" = "$(value whole cpu.insns)" ] ||
        fail "$model: run.insns"

    # A region by texts is the difference of two runs that end there.
    events 0 early --model $model "${hot[@]}" --until c
    events 0 late --model $model "${hot[@]}" --until g
    events 3 region --model $model "${hot[@]}" --roi-from text:c --roi-to text:g
    says region 'measured'
    same "$model: the whole run" <(outcome whole) <(outcome region)
    same "$model: a region" <(awk -v gauges="$gauges" '
        FNR == NR { first[$1] = $2; next }
        { print $1, $2 - ($1 ~ gauges ? 0 : first[$1]) }
        ' early/stats.txt late/stats.txt) <(awk '{ print $1, $2 }' \
        region/stats.txt)
    # The rows of the guest's own marks say the same.
    events 3 mark --model $model "${hot[@]}" --roi-from mark --roi-to mark
    [ "$(value mark roi.count)" -eq 1 ] &&
        [ "$(value mark roi.insns)" = "$(value mark run.insns)" ] &&
        [ "$(value mark roi.cycles)" = "$(value mark run.cycles)" ] ||
        fail "$model: the mark"
done

# Histograms say what counters say.
agree() { # agree HISTOGRAM COUNT SUM: sums of statistics
    local buckets
    buckets=$(grep -E "^$1\.[0-9]+[-+]" whole/stats.txt |
        awk '{ sum += $2 } END { print sum }')
    [ "$buckets" -eq "$(value whole "$1.count")" ] &&
        [ "$buckets" -eq $(($2)) ] && [ "$(value whole "$1.sum")" -eq $(($3)) ] ||
        fail "$1: $buckets"
}
of() {
    value whole "$1"
}
agree core.commit_insns "$(of core.commits)" \
    "$(of core.insns.gear1) + $(of core.insns.gear2)"
agree core.commit_stores "$(of core.commits)" "$(of core.stores)"
for gear in 1 2; do
    agree morph.gear$gear.insns_made "$(of morph.gear$gear.translations)" \
        "$(of morph.gear$gear.guest_insns)"
    agree morph.gear$gear.length_made "$(of morph.gear$gear.translations)" \
        "$(of morph.gear$gear.length)"
    agree morph.gear$gear.run_insns "$(of morph.gear$gear.run_insns.count)" \
        "$(of core.insns.gear$gear)"
done
agree morph.gear2.run_percent "$(of core.exits) - \
    $(of morph.gear1.run_insns.count)" "$(of morph.gear2.run_percent.sum)"
agree cpu.exception_gap 10 \
    "$(of cpu.exception_gap.sum)" # ten times syscall

# The bounds, exactly: the reference CPU takes a cycle for each instruction.
events 0 insns --roi-from 100 --roi-to +1k -s roi.stop=yes
[ "$(value insns run.insns)" -eq 1000 ] || fail 'insns: wrong length'
grep -q '"instructions": 1100' insns/summary.json || fail 'insns: wrong end'
grep -q '"end": "region"' insns/summary.json || fail 'insns: goes on'
# 11 instructions, then 1 + 700 * 10 + 700 / 4 + 2 of a call, 4 to the next.
events 0 call --roi-from symbol:work --roi-to symbol:work -s roi.stop=yes
grep -q '"instructions": 7193' call/summary.json || fail 'symbol: wrong end'
[ "$(value call run.insns)" -eq 7182 ] || fail 'symbol: wrong begin'

# All engines agree, also on symbols that hot translations contain.
engines=(threaded 'auto' 'auto --check')
for region in '--roi-from text:b --roi-to text:i' '--roi-from 20k --roi-to +30k' \
    '--roi-from text:d --roi-to symbol:fourth' \
    '--roi-from 70000 --roi-to symbol:handler' \
    '--fast-forward symbol:handler -s fast_forward.warm=900' \
    '--fast-forward 20k -s fast_forward.warm=2k --roi-from symbol:work+8'; do
    # The words of both are options.
    # shellcheck disable=SC2086
    events 3 reference --model vliw "${hot[@]}" --engine reference \
        --interval 400 $region
    adds_up reference
    for engine in "${engines[@]}"; do
        # shellcheck disable=SC2086
        events 3 engine --model vliw "${hot[@]}" "${quick[@]}" \
            --engine $engine --interval 400 $region
        same "$engine $region" reference/stats.txt engine/stats.txt
        same "$engine $region" reference/intervals.csv engine/intervals.csv
        same "$engine $region" <(outcome reference) <(outcome engine)
    done
done
# The run's end is that of a run that is not measured.
events 3 symbol --model vliw "${hot[@]}" "${quick[@]}" --engine auto \
    --roi-from text:d --roi-to symbol:fourth
same 'a symbol' <(outcome whole) <(outcome symbol)

# What is not reached.
events 1 never --roi-from text:nothing --interval 1k
says never 'roi.from = text:nothing: the run ended before, and nothing was mea'
[ "$(value never run.insns)" -eq 0 ] || fail 'never: something was measured'
[ "$(wc -l <never/intervals.csv)" -eq 1 ] || fail 'never: an interval'
events 1 open --roi-from text:b --roi-to text:nothing
says open 'roi.to = text:nothing: the run ended before'
[ "$(value open run.insns)" -gt 100 ] || fail 'open: nothing was measured'

# What makes no sense.
wrong() { # wrong TEXT OPTION...
    events 2 wrong "${@:2}"
    says wrong "$1"
}
wrong 'roi.from = "now" is no point' --roi-from now
wrong 'roi.from = symbol:nowhere: nowhere is neither' --roi-from symbol:nowhere
wrong 'no instruction lies at 0x80010002' --roi-from symbol:0x80010002
wrong 'roi.to = +text:a: after +' --roi-to +text:a
wrong 'the region would end before it begins' --roi-from 200 --roi-to 100
wrong 'roi.stop = yes: the region has no end' -s roi.stop=yes
wrong '--interval: stats.interval_unit = "weeks": choose' --interval 5,weeks
status=0
"$selkirk" run --machine bare --interval 5 measure.elf 2>folder.err || status=$?
[ $status -eq 2 ] || fail 'no --out: it runs'
says folder '--interval: there is no folder to write'

# A file that cannot be written to its end is not there.
events 3 stale --interval 1k
(
    ulimit -f 24
    trap '' XFSZ
    events 3 full --interval 100 2>/dev/null || true
)
says full 'cannot write full/intervals.csv: File too large'
[ ! -e full/intervals.csv ] && [ ! -e full/.intervals.csv.partial ] &&
    [ ! -e full/summary.json ] || fail 'full: files are there'
# Nor one of an earlier run.
events 3 stale
[ ! -e stale/intervals.csv ] || fail 'stale: intervals.csv is there'
