#!/bin/bash
# selkirk run --sample and --bbv from outside: test_sample.sh SELKIRK FORM.
# How near estimates come, that no engine changes them, what is refused.
set -euo pipefail
program=phases form=${2:-plain}
. "$(dirname "$0")/events.sh"
. "$here/../support/kanata.sh"

says() {
    grep -qF -e "$2" "$1.err" || { cat "$1.err" >&2 && fail "$1: does not say: $2"; }
}
count() { # count RUN ROW: of stats.json
    sed -n "s/^  \"$2\": \([0-9]*\),*$/\1/p" "$1/stats.json"
}
near() { # near RUN RUN ROW PERCENT
    local a b
    # The hard form keeps a few translations, and makes them all the time.
    [ "$form" != hard ] || return 0
    a=$(count "$1" "$3") b=$(count "$2" "$3")
    [ $((100 * a)) -ge $(((100 - $4) * b)) ] && [ $((100 * a)) -le $(((100 + $4) * b)) ] ||
        fail "$1: $3 is $a, not within $4 % of $b"
}
same() {
    cmp "$1/stats.json" "$2/stats.json" && cmp "$1/samples.csv" "$2/samples.csv" ||
        fail "$1 and $2 differ"
}

fast=(-s engine.sample=100 -s engine.hot=1 -s engine.threads=0 -s engine.runs0=2)
for model in vliw r3000; do
    events 3 "all-$model" --model $model
    events 3 "some-$model" --model $model --sample 20k,2k,5k
    near "some-$model" "all-$model" run.cycles 10
    [ "$(count "some-$model" run.insns)" = "$(count "all-$model" run.insns)" ] ||
        fail 'the instructions of the region are known'
    cmp "all-$model/console.txt" "some-$model/console.txt" ||
        fail 'another output'
    events 3 "again-$model" --model $model --sample 20k,2k,5k --engine reference
    same "some-$model" "again-$model"
    events 3 "fast-$model" --model $model --sample 20k,2k,5k "${fast[@]}"
    same "some-$model" "fast-$model"
done
says some-vliw 'confidence'
# Unlike Student's t, which few units take.
says some-vliw '(normal)'
[ "$(count some-vliw ci95.run.cycles)" -gt 0 ] || fail 'there is no interval'
# The instructions of translations are counted, and not sampled; links likewise.
[ "$(count some-vliw morph.chain.made)" -gt 0 ] &&
    [ "$(count some-vliw ci95.morph.chain.made)" = 0 ] || fail 'links are sampled'
near some-vliw all-vliw morph.gear2.guest_insns 60
[ "$(wc -l <some-vliw/samples.csv)" -ge 30 ] || fail 'too few units'
events 3 few --model vliw --sample 100k,2k,5k --roi-from 100k
says few "(Student's t)"
# What was before sampling began is in no unit, and not estimated: the region is
# the rest, as with --roi-from there.
for model in vliw r3000; do
    late=(--model $model --fast-forward 700k --sample 20k,2k,5k)
    events 3 "late-$model" "${late[@]}"
    events 3 "region-$model" "${late[@]}" --roi-from 700k
    same "late-$model" "region-$model"
    events 3 "before-$model" "${late[@]}" --roi-from 400k
    same "late-$model" "before-$model"
done
# Nor does a checkpoint's, of which the region is the same.
events 3 kept --model r3000 --checkpoint-at 700k=kept.ckpt
events 3 restored --model r3000 --restore kept.ckpt --sample 20k,2k,5k
near restored late-r3000 run.cycles 2
events 3 restored-fast --model r3000 --restore kept.ckpt --sample 20k,2k,5k "${fast[@]}"
same restored restored-fast
[ "$(sed -n 's/^  compiled  *\([0-9]*\) .*/\1/p' restored-fast.err)" -gt 0 ] ||
    fail 'behind a checkpoint nothing is compiled'
[ "$(count restored run.insns)" = "$(count late-r3000 run.insns)" ] ||
    fail 'the region of a restored run is what comes after the checkpoint'
events 3 checked --model vliw --sample 20k,2k,5k --check
same some-vliw checked

# What the layer is to learn first is timed, and in no unit.
events 3 taught --model vliw --sample 20k,2k,5k -s sample.learn=100k
near taught all-vliw run.cycles 10
[ "$(sed -n '2s/,.*//p' taught/samples.csv)" -ge 100000 ] ||
    fail 'a unit lies in what is learned from'

# With a library: the same numbers whether the run made it or found it, by any
# engine; and another machine begins with the same one.
library=(--sample 20k,2k,5k --sample-library lib --roi-from 300k --roi-to 1100k)
events 0 made --model vliw "${library[@]}"
says made 'making lib'
events 0 found --model vliw "${library[@]}" --engine reference --check
! grep -q 'making lib' found.err || fail 'it was there'
same made found
events 3 region-vliw --model vliw --roi-from 300k --roi-to 1100k
near made region-vliw run.cycles 10
[ "$(count made run.insns)" = 800000 ] || fail 'the region is known'
cmp made/console.txt all-vliw/console.txt || fail 'the console is the whole one'
events 0 other --model r3000 "${library[@]}"
events 3 region-r3000 --model r3000 --roi-from 300k --roi-to 1100k
near other region-r3000 run.cycles 5
[ "$(wc -l <other/samples.csv)" = 41 ] || fail 'all units of the region are there'
# Half of it is learned from, if that is asked for, up to the region.
events 0 learnt --model vliw "${library[@]}" -s sample.learn=1M
near learnt region-vliw run.cycles 10
[ "$(count learnt run.insns)" = 800000 ] || fail 'the region is known'
! cmp -s made/stats.json learnt/stats.json || fail 'nothing was learned'
# The guest's arguments are one string.
arguments() { # arguments NAME ARGUMENT...
    timeout 60 "$selkirk" run --machine bare --model r3000 "${library[@]}" \
        --sample-library words.lib phases.elf -- "${@:2}" >"$1.out" 2>"$1.err" ||
        fail "$1: it failed"
}
arguments words a b
arguments word 'a b'
! grep -q 'making' word.err || fail 'the same arguments, another library'
# The points of an experiment share one, which one of them makes.
cat >both.ini <<'END'
[experiment]
image = phases.elf
outputs = run.cycles
[base]
machine.board = bare
roi.from = 300k
roi.to = 1100k
sample.period = 20k
sample.unit = 2k
sample.warm = 5k
sample.library = both.lib
[axis model]
key = cpu.model
values = r3000, vliw
END
timeout 100 "$selkirk" exp --jobs 2 both.ini >both.out 2>&1 || fail 'the experiment failed'
[ "$(cut -d, -f4 both/results.csv | tr '\n' ' ')" = \
    "run.cycles $(count other run.cycles) $(count made run.cycles) " ] ||
    fail 'points have other numbers than runs'
# To make what is there is nothing to do; without an index it is made anew.
events 3 again --model functional "${library[@]}" --sample-library new
cmp lib/index new/index || fail 'two libraries of one guest differ'
rm -r again && events 0 again --model functional "${library[@]}"
[ ! -e again ] || fail 'it was made again'
rm lib/index
events 0 anew --model vliw "${library[@]}"
same made anew
# Of something else, damaged, or lacking something: a line, and no result.
refuses() { # refuses NAME TEXT OPTION...
    events 2 "$1" --model vliw "${library[@]}" "${@:3}"
    [ "$(wc -l <"$1.err")" = 1 ] || fail "$1: more than a line"
    says "$1" "$2"
}
refuses foreign 'of another machine, guest, region or sample' --sample 30k,2k,5k
refuses restored2 'not with a sample' --restore kept.ckpt
refuses aimless 'nothing is sampled' --sample 0
cp -r lib bad && sed -i 's/^unit 20 /unit 21 /' bad/index
refuses index 'it is damaged; delete the folder' --sample-library bad
cp lib/index bad/index && rm bad/000020.ckpt
refuses lacking 'bad/000020.ckpt: cannot read it' --sample-library bad
cp lib/000021.ckpt bad/000020.ckpt
printf x | dd of=bad/000020.ckpt bs=1 seek=700 conv=notrunc status=none
refuses damaged 'bad/000020.ckpt: section' --sample-library bad
cp lib/begin.ckpt bad && truncate -s 1000 bad/begin.ckpt
refuses short 'bad/begin.ckpt: the file is damaged' --sample-library bad
# Whole files, but not those that the index means.
spoil() { # spoil: a copy of the library in bad
    rm -rf bad && cp -r lib bad
}
spoil && cp lib/000021.ckpt bad/000020.ckpt
refuses swapped 'bad/000020.ckpt: it is of instruction' --sample-library bad
spoil && cp words.lib/begin.ckpt bad
refuses strange 'bad/begin.ckpt: section about' --sample-library bad
spoil && cp kept.ckpt bad/end.ckpt
refuses alone 'it is not of this library' --sample-library bad
events 3 later --model functional "${library[@]}" --sample-library later.lib --sample 20k,2k,6k
spoil && cp later.lib/begin.ckpt bad
refuses begin 'it is not of this library' --sample-library bad
spoil && cp later.lib/base.ckpt bad
refuses base 'it is not of this library' --sample-library bad -s sample.learn=10k
spoil && rm bad/console
refuses silent 'bad/console: it cannot be read' --sample-library bad
cp lib/console bad && printf . >>bad/console
refuses long 'bad/console: it is damaged' --sample-library bad
tr . , <lib/console >bad/console
refuses other-words 'bad/console: it is damaged' --sample-library bad
sed -i '1s/ [0-9]*$/ 1/' bad/index
refuses version "another version's" --sample-library bad
# The same numbers, written otherwise, are the same library.
same_library() { # same_library NAME OPTION...
    events 0 "$1" --model vliw "${library[@]}" "${@:2}"
    same made "$1"
}
same_library written --roi-from 300000 --roi-to 1100000 -s machine.memory=24576k \
    --sample 20000,2k,5000 -s stats.interval_unit=insns
# Nobody types but a script: what comes in is in no library, and in no unit.
piped() { # piped STATUS NAME OPTION...: "typed" on the standard input
    local got=0
    printf typed | timeout 60 "$selkirk" run --machine bare --out "$2" "${@:3}" phases.elf \
        >"$2.out" 2>"$2.err" || got=$?
    [ "$got" -eq "$1" ] || fail "$2: status $got, not $1"
}
piped 3 typed --model functional
grep -q typed typed/console.txt || fail 'the guest takes what is typed'
piped 3 typed2 --model functional "${library[@]}" --sample-library typed.lib
cmp lib/index typed.lib/index || fail 'what was typed is in the library'
piped 0 typed3 --model vliw "${library[@]}"
same made typed3
# Where there is something else, nothing is written, and nothing to be deleted.
mkdir mine && echo precious | tee mine/log mine/console mine/lock >mine/text
refuses mine 'sample.library = mine: the folder has other things in it' --sample-library mine
events 2 mine2 --model functional "${library[@]}" --sample-library mine
rm mine/lock
refuses mine3 'no library of Selkirk; name another folder' --sample-library mine
[ "$(cat mine/*)" = "$(printf 'precious\n%.0s' 1 2 3)" ] || fail 'it wrote to it'
rm mine/* && echo precious >mine/index
refuses mine4 "is not that of a sample's library" --sample-library mine
mkdir empty && events 0 into-empty --model r3000 "${library[@]}" --sample-library empty
# Whoever comes second with another sample is refused, not served.
for warm in 5k 6k; do
    timeout 60 "$selkirk" run -q --machine bare --model r3000 "${library[@]}" \
        --sample "20k,2k,$warm" --sample-library raced.lib phases.elf \
        >"race-$warm.out" 2>"race-$warm.err" </dev/null && echo "$warm" >>won &
done
wait
[ "$(wc -l <won)" = 1 ] || fail 'two runs with two samples use one library'
says "race-$([ "$(cat won)" = 5k ] && echo 6k || echo 5k)" 'of another machine, guest'
# Without room the cause is told, once.
(
    trap '' XFSZ
    ulimit -f 100
    events 2 full --model r3000 "${library[@]}" --sample-library full.lib
)
says full 'full.lib: the run that makes it failed: sample.library: cannot write full.lib/'
events 2 late --model r3000 "${library[@]}" --sample-library late.lib --roi-from 900M --roi-to ''
[ "$(grep -o 'sample.library =' late.err | wc -l)" = 1 ] || fail 'it is said twice'
says late 'the run that makes it failed: the run ended before'
# What cannot be is said before anything is made.
for options in '--checkpoint-at 5=x.ckpt' '-s fast_forward.warm=5 -f 10' '--interval 1000'; do
    # shellcheck disable=SC2086 # several words
    events 2 early --model vliw "${library[@]}" --sample-library early.lib $options
    ! grep -q making early.err && [ ! -e early.lib ] || fail "$options: it was made first"
done
sed 's/^values = .*/values = functional, vliw/; s/both.lib/three.lib/' both.ini >three.ini
! timeout 100 "$selkirk" exp three.ini >three.out 2>three.err || fail 'it has no results'
says three 'cpu.model = functional a run makes it and has no results'
events 1 learnt-all --model r3000 "${library[@]}" --fast-forward 250k --sample-library all.lib \
    -s sample.learn=50k --roi-to 305k
says learnt-all 'or a smaller sample.learn'
[ ! -e lacking/stats.json ] || fail 'a run that failed leaves results'
events 2 part --restore lib/000020.ckpt
says part 'a part of a library'

# The log of molecules: what is not timed is nobody's wait, and each molecule
# issues when the trace says, but for those behind a jump back, which follow what
# is there: that late is all of a unit.
shown() { # shown NAME LIBRARY-OPTION...: leaves NAME.late
    events $(($# > 1 ? 0 : 3)) "$1" --model vliw --sample 20k,2k,5k \
        --roi-from 300k --roi-to 400k --pipeline "$1.pipe" \
        --trace molecules:"$1.trace" "${@:2}"
    pipe_is_right "$1.pipe" >"$1.counts" || fail "$(cat "$1.counts")"
    waits=$(sed -n 's/^Wt //p' "$1.counts")
    [ "$waits" = "$(sed -n 's/^arrows //p' "$1.counts")" ] ||
        fail "$1: waits without an arrow"
    [ "$(sed -n 's/^spent Wt //p' "$1.counts")" -lt $((10 * waits)) ] ||
        fail "$1: fast-forwarding is shown as a wait"
    # The trace has the guest outside of the region as well.
    awk -F '\t' '
        function wrong(text) { print FILENAME ": " text; broken = 1; exit 1 }
        FILENAME ~ /trace$/ {
            split($0, part, " ")
            issued[++traced] = part[1]
            next
        }
        $1 == "C=" {
            now = $2
            while (at < traced && issued[at + 1] != now) at++
        }
        $1 == "C" { now += $2 }
        $1 == "S" && $4 == "X" {
            late = now - issued[++at]
            if (late < 0) wrong("a molecule before it issues")
            if (late != was) units++
            if (late && late != was) print late
            was = late
        }
        END {
            if (broken) exit 1
            if (at == 0 || units > 5) wrong("molecules at other times")
        }' "$1.trace" "$1.pipe" >"$1.late" || fail "$(cat "$1.late")"
}
shown there
[ ! -s there.late ] || fail 'rows are late though time went forward'
shown back --sample-library back.lib
[ -s back.late ] || fail 'time did not go back'

# Basic-block vectors: whole intervals, all instructions of them.
events 3 vectors --model functional --bbv vectors.bb --bbv-interval 50k
awk '{ n = split($0, part, ":"); sum = 0
       for (i = 3; i <= n; i += 2) sum += part[i]
       if ($0 !~ /^T(:[0-9]+:[0-9]+ )+$/ || sum != 50000) exit 1 }
     END { if (NR != 28) exit 1 }' vectors.bb || fail 'the vectors are wrong'

# Two intervals of SimPoint's, one for a quarter of the run; then such that the
# first stands for all.
printf '4 0\n11 1\n' >points && printf '0.25 0\n0.75 1\n' >weights
points=(--model r3000 --sample 50k,2k,5k -s sample.points=points)
events 3 chosen "${points[@]}" -s sample.weights=weights
near chosen all-r3000 run.cycles 25
[ "$(wc -l <chosen/samples.csv)" = 3 ] || fail 'two intervals are measured'
says chosen "SimPoint's weights know no error"
printf '1 0\n0 1\n' >weights
events 3 first "${points[@]}" -s sample.weights=weights
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "run.cycles") c = i }
         NR == 2 { printf "%.0f\n", $c / $2 * insns }' \
    insns="$(count first run.insns)" first/samples.csv >wanted
[ "$(count first run.cycles)" = "$(cat wanted)" ] || fail 'weights are not heeded'

# A library is of what is in the file of points; weights are each run's own.
library=("${points[@]}" -s sample.library=points.lib)
printf '4 0\n11 1\n' >points && printf '0.25 0\n0.75 1\n' >weights
events 0 of-points "${library[@]}" -s sample.weights=weights
printf '0.5 0\n0.5 1\n' >weights2
events 0 reweighed "${library[@]}" -s sample.weights=weights2
! grep -q making reweighed.err || fail 'other weights, another library'
printf '4 0\n12 1\n' >points
events 2 rewritten "${library[@]}" -s sample.weights=weights
says rewritten 'of another machine, guest, region or sample'

# An interval behind the run's end, or out of the region, is told; one without a
# weight is not.
printf '4 0\n900 1\n11 2\n' >points && printf '0.25 0\n0.25 1\n0.5 2\n' >weights
events 1 beyond "${points[@]}" -s sample.weights=weights
says beyond 'lacks interval 900, of 50000'
events 1 outside "${points[@]}" -s sample.weights=weights --roi-to 300k
says outside 'lacks interval 11, 900, of'
printf '0.5 0\n0 1\n0.5 2\n' >weights
events 3 light "${points[@]}" -s sample.weights=weights
[ "$(wc -l <light/samples.csv)" = 3 ] || fail 'two intervals are measured'
printf '0 0\n0 1\n0 2\n' >weights
events 2 nothing "${points[@]}" -s sample.weights=weights
says nothing 'no weight is above 0'

# What makes no sense.
events 2 no-time --sample 20k
says no-time 'add --model vliw or r3000'
events 2 dense --model vliw --sample 20k,10k,10k
says dense 'it has to be longer than sample.warm + sample.unit'
events 2 twice --model vliw --sample 1M --interval 1000
says twice 'leave one of the two out'
events 2 both --model vliw --sample 1M -s fast_forward.warm=5 -f 10
says both 'leave it out'
events 2 half --model vliw --sample 1M -s sample.points=points
says half 'name both files'
printf '4 0\n5 1\n' >points && printf '0.5 0\n0.5 1\n' >weights
events 2 tiny --model vliw --sample 10 -s sample.points=points -s sample.weights=weights
says tiny 'an interval has 1000 instructions at least'
printf '4 0\n11 zero\n' >points
events 2 wrong "${points[@]}" -s sample.weights=weights
says wrong "points:2: after it comes a cluster's number"
printf '4 2\n' >points
events 2 apart "${points[@]}" -s sample.weights=weights
says apart 'weights:1: this cluster has no point'
events 1 short --model vliw --sample 2M,2k,5k
says short 'one unit is in what is measured'
events 2 vliw --model vliw --bbv vectors.bb
says vliw 'add --model functional'
