#!/bin/bash
# selkirk exp from outside: test_exp.sh SELKIRK.
# shellcheck disable=SC1091,SC2154,SC2317 # ok.sh; functions called by name
# What files are refused, what the table says, that it is the same however it
# came about, and what becomes of points that fail and of experiments that are
# ended.  Prints TAP.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
selkirk=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
. "$root/tests/support/ok.sh"

mipsel-linux-gnu-gcc -march=r3000 -mabi=32 -mfp32 -mno-abicalls -fno-pic -G0 \
    -ffreestanding -fno-builtin -O1 -nostdlib -static -no-pie \
    -Wl,-T,"$root/bench/programs/link.ld" -Wl,--build-id=none -I"$root" \
    "$root/bench/programs/start.S" "$here/exp_guest.c" -o guest || exit 2

exp() { timeout 100 "$selkirk" exp "$@" </dev/null; }
status() { # status WANTED COMMAND...
    local wanted=$1 got
    shift
    "$@"
    got=$?
    [ "$got" -eq "$wanted" ] || { echo "status $got, not $wanted" && false; }
}
# The table without the columns of the host, and its rows up to the hashes.
table() { sed 's/\(,[0-9a-f]\{16\},[0-9.]*\),[0-9.]*,[0-9.]*,[0-9a-f]*,.*$/\1/' "$1"; }
json() { sed 's/, "host\.seconds".*}/}/' "$1"; }
cells() { sed 1d "$1" | cut -d, -f"$2" | tr '\n' ' '; }
same() { # same FOLDER FOLDER: but for the host
    diff <(table "$1/results.csv") <(table "$2/results.csv") &&
        diff <(json "$1/results.json") <(json "$2/results.json") &&
        cmp "$1/experiment.ini" "$2/experiment.ini"
}

# --- Files that are refused ---------------------------------------------------

head=$'[experiment]\nimage = guest\n[base]\nmachine.board = bare\n'
# bad DESCRIPTION MESSAGE TEXT: one line, which begins so, and status 2.
bad() {
    printf '%s' "$3" >bad.ini
    ok "$1" refuses "$2" bad.ini
}
refuses() { # refuses MESSAGE ARGUMENT...
    local message="selkirk: $1" got
    shift
    exp "$@" >out 2>err
    got=$?
    cat err
    [ "$got" -eq 2 ] || { echo "status $got" && false; } || return
    if [ -s out ] || [ -e bad ] || [ "$(wc -l <err)" -ne 1 ] ||
        [[ $(<err) != "$message"* ]]; then
        echo "not the line alone: $message" && false
    fi
}
# Another place on an axis, with so many lines before it.
axis() { printf '%s[axis a]\n%s\n' "$head" "$1"; }

ok 'no file' refuses 'none.ini: cannot read it: No such file' none.ini
ok 'a folder' refuses '.: cannot read it: Is a directory' .
bad 'nothing' 'bad.ini: it has no [experiment]' ''
bad 'no section' 'bad.ini:1: image stands in no section' 'image = guest'
bad 'no experiment' 'bad.ini: it has no [experiment]' '[base]'
bad 'another section' 'bad.ini:1: there is no section [axes]' '[axes]'
bad 'a section twice' 'bad.ini:5: [experiment] is there already' \
    "${head}[experiment]"
bad 'no INI' 'bad.ini:2: not INI' $'[experiment]\nimage'
printf '[experiment]\nname = \0' >zero.ini
ok 'no text' refuses 'zero.ini: it is no text' zero.ini
bad 'an image without an end' 'bad.ini:2: cannot read /dev/zero: ' \
    $'[experiment]\nimage = /dev/zero'
bad 'no image' 'bad.ini: point 1 has no image' '[experiment]'
bad 'an image that is not there' 'bad.ini:2: cannot read nowhere: No such' \
    $'[experiment]\nimage = nowhere'
bad 'an image that is none' "bad.ini: point 1: bad.ini: not an ELF file" \
    $'[experiment]\nimage = bad.ini'
bad 'a wrong name' 'bad.ini:2: there is no "imag" to set' \
    $'[experiment]\nimag = guest'
bad 'a key in [experiment]' 'bad.ini:2: cpu.clock is set in [base]' \
    $'[experiment]\ncpu.clock = 1M'
bad 'a name that is none' 'bad.ini:2: "a/b" is no name of an experiment' \
    $'[experiment]\nname = a/b'
bad 'a name that leads away' 'bad.ini:2: ".." is no name of a folder to see' \
    $'[experiment]\nname = ..\nimage = guest\n'
bad "a disk in a sys161's slots" 'bad.ini: point 1: slot 2 has a disk, which' \
    $'[experiment]\nimage = guest\n[base]\nmachine.board = sys161
sys161.slots = 2 disk file=a, 31 mainboard'
bad "a network card in a sys161's slots" \
    'bad.ini: point 1: slot 27 has a network card, and runs with a network' \
    $'[experiment]\nimage = guest\n[base]\nmachine.board = sys161
sys161.slots = 27 nic hwaddr=1, 31 mainboard'
bad 'slots that are not there' \
    'bad.ini: point 1: sys161.conf = none: cannot read it: No such file' \
    $'[experiment]\nimage = guest\n[base]\nmachine.board = sys161
sys161.conf = none'
bad 'a name twice' 'bad.ini:3: name stands there twice' \
    $'[experiment]\nname = a\nname = b'
bad 'a setting twice' 'bad.ini:3: it is set already, at bad.ini:2' \
    $'[experiment]\nimage = a\nimage = b'
bad 'a key that there is not' 'bad.ini:5: there is no key "cpu.clok"' \
    "${head}cpu.clok = 1M"
bad 'a wrong value' 'bad.ini:5: cpu.clock = "fast" is not a number' \
    "${head}cpu.clock = fast"
bad 'a preset that there is not' 'bad.ini:5: there is no preset "pentium"' \
    "${head}preset = pentium"
bad 'a wrong limit' 'bad.ini:5: max_insns = "many" is not a number' \
    "${head}max_insns = many"
bad 'a wrong status' 'bad.ini:5: status = "256" is not a number from 0 to 255' \
    "${head}status = 256"
bad 'an empty text' 'bad.ini:5: until has no value' "${head}until ="
bad 'a workload that there is not' 'bad.ini:5: there is no workload "w"' \
    "${head}workload = w"
bad 'a workload twice' 'bad.ini:7: workload w is there already, at bad.ini:5' \
    "${head}[workload w]"$'\nimage = guest\n[workload w]'
bad 'a workload in a workload' 'bad.ini:6: a workload names no other one' \
    "${head}[workload w]"$'\nworkload = w'
bad 'an input that is not there' 'bad.ini:5: cannot read none.input' \
    "${head}input = none.input"
bad 'a disk for a board without' 'bad.ini: point 1: the bare board has no disk' \
    "${head}disk = guest"
bad 'a machine that there cannot be' 'bad.ini: point 2 (a=big): ' \
    "$(axis $'point small =\npoint big = machine.memory=480M')"
bad 'an axis without a name' 'bad.ini:5: "" is no name of an axis' \
    "${head}[axis]"
bad 'an axis called as a column' 'bad.ini:5: "cycles" is a column of all' \
    "${head}[axis cycles]"
bad 'an axis of the host' 'bad.ini:5: "host.x" is a column' "${head}[axis host.x]"
bad 'an axis twice' 'bad.ini:8: axis a is there already, at bad.ini:5' \
    "$(axis $'key = cpu.clock\nvalues = 1M')"$'\n[axis a]'
bad 'two axes of one key' 'bad.ini:9: axis b has the key of axis a, at bad.ini:6' \
    "$(axis $'key = cpu.clock\nvalues = 1M')"$'\n[axis b]\nkey = cpu.clock\nvalues = 2M'
bad 'two axes of presets' 'bad.ini:9: axis b has the key of axis a, at bad.ini:6' \
    "$(axis $'key = preset\nvalues = r3000')"$'\n[axis b]\nkey = preset\nvalues = tm5400'
bad 'an axis called as an output' 'bad.ini:2: output cpu.insns and the axis at' \
    $'[experiment]\noutputs = cpu.insns\nimage = guest\n[axis cpu.insns]\nkey = cpu.clock\nvalues = 1M'
bad 'an empty axis' 'bad.ini:5: axis a has no points' "$(axis '')"
bad 'an axis without values' 'bad.ini:5: axis a has no values' \
    "$(axis 'key = cpu.clock')"
bad 'an axis without a key' 'bad.ini:5: axis a has no key' "$(axis 'values = 1')"
bad 'an axis of both' 'bad.ini:7: an axis has either key and values, or' \
    "$(axis $'key = cpu.clock\npoint x = cpu.clock=1M')"
bad 'another name on an axis' 'bad.ini:6: an axis has no "value"' \
    "$(axis 'value = 1')"
bad 'an axis of a wrong key' 'bad.ini:6: there is no "clock" to set' \
    "$(axis $'key = clock\nvalues = 1')"
bad 'a wrong value on an axis' 'bad.ini:7: cpu.clock = "x" is not a number' \
    "$(axis $'key = cpu.clock\nvalues = 1M, x')"
bad 'a value that is missing' 'bad.ini:7: a value of axis a is missing' \
    "$(axis $'key = cpu.clock\nvalues = 1M,,2M')"
bad 'a value twice' 'bad.ini:7: "1M" is twice on axis a' \
    "$(axis $'key = cpu.clock\nvalues = 1M, 2M, 1M')"
bad 'a label that is none' 'bad.ini:6: "a b" is no name of a point' \
    "$(axis 'point a b = cpu.clock=1M')"
bad 'a setting without =' 'bad.ini:6: "cpu.clock" has no' \
    "$(axis 'point x = cpu.clock')"
bad 'a comment among settings' 'bad.ini:6: " ;" begins a comment' \
    "$(axis 'point x = cpu.clock=1M ; cpu.fpu=no')"
bad 'braces of no axis' 'bad.ini:5: {b} names no axis' "${head}arguments = {b}"
bad 'a brace alone' 'bad.ini:5: {b} names no axis' "${head}arguments = {b"
bad 'a wrong value of two axes' 'bad.ini:9: machine.memory = "1x" is not' \
    "$(axis $'key = cpu.clock\nvalues = 1M')"$'\n[axis b]\n'\
$'point 1x = machine.memory={b}'
bad 'seeds of nothing' 'bad.ini:2: nothing depends on the seed' \
    $'[experiment]\nseeds = 1, 2\nimage = guest\n[base]\nmachine.board = bare'
bad 'outputs that are missing' 'bad.ini:2: an output is missing' \
    $'[experiment]\noutputs = insns,,cycles'
bad 'outputs twice' 'bad.ini:2: output insns stands there twice' \
    $'[experiment]\noutputs = insns, insns'
for output in cpu.nothing nothing.\* insns/nothing /insns insns/; do
    bad "output $output" "bad.ini:5: no point has a statistic \"$output\"" \
        $'[base]\nmachine.board = bare\n[experiment]\nimage = guest\noutputs = ipc, '"$output"
done
values=$(seq -s, 100)
bad 'too many points' 'bad.ini: the axes make 10000 points, and 9999 are' \
    "$(axis "key = arguments
values = ${values:0:150}
 ${values:150}")
[axis b]
key = until
values = ${values:0:150}
 ${values:150}"
bad 'a line that is too long' 'bad.ini:2: the line is longer than' \
    "[experiment]"$'\n'"title = $(printf '%200s' x)"
bad 'a file to include that is not there' \
    'bad.ini:2: none.ini: cannot read it: No such' \
    $'[experiment]\ninclude = none.ini'
printf '[base]\n' >wrong.ini
bad 'an included file with more than workloads' \
    'wrong.ini:1: [base]: a file that is included has' \
    $'[experiment]\ninclude = wrong.ini'
printf '%s[axis a]\nkey = cpu.clock\nvalues = 1M, 2M\n' "$head" >good.ini
ok 'no jobs' refuses '--jobs: "0" is not a number' --jobs 0 good.ini
ok 'too many jobs' refuses '--jobs: 1000 is too many' --jobs 1000 good.ini
ok 'a wrong --set' refuses '--set: there is no key "x.y"' --set x.y=1 good.ini
ok '--set without =' refuses '--set: "x.y" has no' --set x.y good.ini
ok '--only of no axis' refuses '--only b=1: it names no axis' --only b=1 good.ini
ok '--only of no value' refuses '--only a=3M: axis a has no such value' \
    --only a=3M good.ini
ok 'an empty --out' refuses "--out: the folder's name is empty" --out '' good.ini
ok 'a folder that cannot be' refuses '--out: cannot make the folder guest' \
    --out guest/x good.ini

# --- The table ------------------------------------------------------------------

mkdir files
cat >files/w.ini <<'INI'
; Paths begin here.
[workload short]
image = ../guest
arguments = 1000 0 {seed}
expect = counted
[workload long]
image = ../guest
arguments = 20000 0 {seed}
machine.memory = 16M
expect_file = long.{seed}
INI
for seed in 7 8; do
    printf '20000\n0\n%s\ncounted\n' $seed >files/long.$seed
done
cat >sweep.ini <<'INI'
[experiment]
title = Clocks, "buffers"
include = files/w.ini
seeds = 7, 8
outputs = insns, cycles, cycles.total, seconds, ipc,
    cycles/insns, vliw.nothing/insns
[base]
machine.board = bare
machine.memory = 8M
[axis work]
key = workload
values = short, long
[axis machine]
point plain = ; the reference CPU
point vliw = preset=tm5400;gear1.threshold=1;vliw.store_buffer=4
    cpu.clock=50M
INI
sed -i 's/, vliw.nothing.insns//; s/=4$/=4;/; s/plain = ;.*/plain =/' sweep.ini
ok 'a dry run' exp --dry-run --out no sweep.ini
ok 'prints the commands' [ "$(exp -n sweep.ini | grep -c '^selkirk run ')" -eq 8 ]
ok 'and leaves nothing' [ ! -e no ]
ok 'an experiment' exp -q --jobs 1 --out one sweep.ini
for file in results.csv results.json experiment.ini commands.txt \
    points/0008/summary.json points/0008/stats.json points/0001/log.txt; do
    ok "$file" [ -s one/$file ]
done
ok 'is the file' cmp sweep.ini one/experiment.ini
ok 'points in order' [ "$(cells one/results.csv 1-4)" = \
    "1,short,plain,7 2,short,plain,8 3,short,vliw,7 4,short,vliw,8 \
5,long,plain,7 6,long,plain,8 7,long,vliw,7 8,long,vliw,8 " ]
ok 'all well' [ "$(cells one/results.csv 5 | tr -d ' ')" = okokokokokokokok ]
ok 'a header' grep -qx 'point,work,machine,seed,status,insns,cycles,cycles\.total,'\
'seconds,ipc,cycles/insns,config_hash,image_hash,input_hash,version,host\.seconds,'\
'host\.cpu,host\.build,host\.failure' one/results.csv
row() { sed -n "$(($1 + 1))p" one/results.csv | cut -d, -f"$2"; }
ok 'an instruction is a cycle' [ "$(row 1 6,7,8)" = "$(row 1 6),$(row 1 6)," ]
ok 'its seconds' [ "$(row 1 9)" = "$(awk "BEGIN { printf \"%.9f\", \
    $(row 1 7) / 25e6 }")" ]
ok "the layer's own" [ "$(row 3 7)" = "$(row 3 8)" ]
ok 'at its own clock' [ "$(row 3 9)" = "$(awk "BEGIN { printf \"%.9f\", \
    $(row 3 7) / 50e6 }")" ]
ok 'a ratio' [ "$(row 3 11)" = \
    "$(awk "BEGIN { printf \"%.9g\", $(row 3 7) / $(row 3 6) }")" ]
ok 'a seed reaches the guest' grep -qx 8 one/points/0008/console.txt
ok 'a workload has its memory' grep -qx 'memory = 16M' one/points/0005/config.ini
ok 'seeds have hashes of their own' \
    [ "$(cells one/results.csv 2,14 | tr ' ' '\n' | sort -u | wc -l)" -eq 4 ]
ok 'machines and memory, too' \
    [ "$(cells one/results.csv 12 | tr ' ' '\n' | sort -u | wc -l)" -eq 4 ]
ok 'one image has one' [ "$(cells one/results.csv 13 | tr ' ' '\n' |
    sort -u | wc -l)" -eq 1 ]
ok 'the command of a point' bash -c "$(sed -n '/^# point 4:/{n;s/^selkirk/'\
"'${selkirk//\//\\/}'"'/;s/--out=[^ ]*/--out=alone/;p}' one/commands.txt)"
ok 'runs it alone' cmp alone/stats.json one/points/0004/stats.json
if command -v python3 >/dev/null; then
    ok 'the same as JSON' python3 - <<'PY'
import csv, json
rows = list(csv.DictReader(open('one/results.csv')))
table = json.load(open('one/results.json'))
assert table['title'] == 'Clocks, "buffers"', table['title']
assert table['axes'] == ['work', 'machine', 'seed']
assert len(table['rows']) == len(rows) == 8
for a, b in zip(table['rows'], rows):
    assert list(a) == list(b)
    for name in b:
        want = '' if a[name] is None else str(a[name])
        assert want == b[name] or float(want) == float(b[name]), name
PY
fi

# --- The same again ---------------------------------------------------------------

ok 'four at a time' exp -q --jobs 4 --out four sweep.ini
ok 'are the same table' same one four
cp -r one again
before=$(stat -c %Y.%i one/points/*/summary.json)
said() { exp --out one sweep.ini 2>&1 | tee said; grep -qF "$1" said; }
ok 'once more' said 'selkirk: 8 points, 8 of them from before;'
ok 'runs nothing' [ "$before" = "$(stat -c %Y.%i one/points/*/summary.json)" ]
ok 'and is the same' cmp one/results.csv again/results.csv
ok 'a part' exp -q --out one --only machine=vliw --only seed=7 --only seed=8 \
    --only work=long sweep.ini
ok 'has its rows' [ "$(cells one/results.csv 1)" = '7 8 ' ]
sed -i 's/short, long/long, short/' sweep.ini
ok 'another order' said 'selkirk: 8 points, 8 of them from before;'
ok 'moves what there is' [ "$(cells one/results.csv 1,2,6 | tr ' ' '\n' |
    sed -n 1p)" = "1,long,$(sed -n 6p again/results.csv | cut -d, -f6)" ]
sed -i 's/long, short/short, long/; s/=4;/=8;/' sweep.ini
ok 'another machine' said 'selkirk: 8 points, 4 of them from before;'
printf 'x' >>guest
ok 'another image' said 'selkirk: 8 points;'
printf 'more\n' >>files/long.8
ok 'another expectation' said 'selkirk: 8 points, 6 of them from before, '\
'2 failed;'
printf '20000\n0\n8\ncounted\n' >files/long.8
ok 'is met again' said 'selkirk: 8 points, 6 of them from before;'
printf '{\n  "run.cycles": 1\n}\n' >one/points/0002/stats.json
: >one/points/0003/summary.json
ok 'damaged results run again' said 'selkirk: 8 points, 6 of them from before;'
ok '--set holds for all' exp -q --out set --set machine.memory=12M --only seed=7 \
    sweep.ini
ok 'workloads too' [ "$(grep -lx 'memory = 12M' set/points/*/config.ini |
    wc -l)" -eq 4 ]

# --- Failures ---------------------------------------------------------------------

cat >pattern.ini <<'INI'
[experiment]
image = guest
arguments = 1000
outputs = insns, cycles.*, run.cycles
[base]
machine.board = bare
[axis model]
key = cpu.model
values = functional, r3000, vliw
INI
ok 'outputs by pattern' exp -q --out pattern pattern.ini
ok 'are the statistics of any point' grep -q '^point,model,status,insns,'\
'cycles\.branch,.*,cycles\.issue,.*,run\.cycles,config_hash,' pattern/results.csv
ok 'once each, and sorted' [ "$(head -n 1 pattern/results.csv | tr , '\n' |
    grep -c '^cycles\.')" -eq "$(grep -ho '"cycles\.[^"]*' \
    pattern/points/*/stats.json | sort -u | wc -l)" ]

cat >fail.ini <<'INI'
[experiment]
image = guest
outputs = all
[base]
machine.board = bare
[axis way]
point well = arguments=1000
point status = arguments=1000 9
point text = arguments=1000;until=never
point words = arguments=1000;expect=nothing such
point nine = arguments=1000 9;status=9
point fine = arguments=2000;max_insns=1k
INI
ok 'points that fail' status 1 exp --out fail fail.ini
ok 'do not stop the others' [ "$(cells fail/results.csv 3)" = \
    'ok failed failed failed ok ok ' ]
ok 'a status' grep -q '^2,status,failed,,.*,status 9: the guest ended with status 9$' \
    fail/results.csv
ok 'a text' grep -q '^3,text,.*,"status 1: --until: the console did not print ""never"""$' \
    fail/results.csv
ok 'an expectation' \
    grep -q '^4,words,.*,"the console did not print ""nothing such""; see fail/points/0004/console.txt"$' \
    fail/results.csv
ok 'they run again, and only they' \
    bash -c "'$selkirk' exp --out fail fail.ini 2>&1 | tee said
        grep -c '^selkirk: point' said | grep -qx 3"
cat >three.ini <<'INI'
[experiment]
image = guest
arguments = 0 3
[base]
machine.board = bare
[axis wanted]
key = status
values = 3, 0x3, 0
INI
ok "a guest's status 3 is its own" status 1 exp -q --out three three.ini
ok 'and may be what is wanted' [ "$(cells three/results.csv 3)" = 'ok ok failed ' ]

cat >slow.ini <<'INI'
[experiment]
image = guest
[base]
machine.board = bare
[axis rounds]
key = arguments
values = 1000001, 1000002, 1000003, 4000000000, 1000004
INI
# running FOLDER ARGUMENT...: in the background, until point 4 of FOLDER runs;
# $pid, and $timer, which ends as it does.
running() {
    rm -f "$1/points/0004/.console.txt.partial"
    timeout --foreground 60 "$selkirk" exp --out "$@" slow.ini </dev/null \
        >"$1.out" 2>&1 &
    timer=$!
    pid=
    for _ in {1..400}; do
        if [ -e "$1/points/0004/.console.txt.partial" ]; then
            pid=$(pgrep -P $timer)
            return
        fi
        sleep 0.05
    done
    false
}
gone() { # gone PID: no process of that parent's is left
    for _ in {1..100}; do
        pgrep -f "points/0004 guest" >/dev/null || return 0
        sleep 0.05
    done
    false
}
finish_slow() { # finish_slow FOLDER: with the endless point killed
    running "$1" -q --jobs 1 || return
    kill -s KILL "$(pgrep -P "$pid")"
    wait "$timer"
}
ok 'a run that is killed' status 1 finish_slow killed
ok 'is a point that failed' grep -q \
    '^4,4000000000,failed,,.*,ended by signal 9 (Killed)$' killed/results.csv
ok 'and no other' [ "$(cells killed/results.csv 3)" = 'ok ok ok failed ok ' ]
for sig in KILL TERM; do
    ok "an experiment" running ended --jobs 1
    ok 'that runs' refuses '--out: another run is about to write' \
        --out ended slow.ini
    kill -s $sig "$pid"
    wait "$timer" 2>/dev/null
    ok "that SIG$sig ends" [ $? -eq $((128 + $(kill -l $sig))) ]
    ok 'takes its runs along' gone
    ok 'and leaves no table' [ ! -e ended/results.csv ]
done
ok 'goes on' status 1 finish_slow ended
ok 'with what it had' \
    [ -z "$(find ended/points/000[123]/done.ini -newer ended.out)" ]
ok 'and comes to the same' same killed ended

full() { # full BLOCKS ARGUMENT...: no file may be longer
    bash -c "trap '' XFSZ; ulimit -f $1; shift; exec timeout 60 \"\$@\"" - "$@"
}
ok 'a full disk under a run' status 3 full 1 "$selkirk" exp --out full fail.ini
full 1 "$selkirk" exp --out full fail.ini 2>&1 | tail -n 1 >said
ok 'is told' grep -q '^selkirk: full/points/000[1-6]: status 3: .*cannot write.*; '\
'make room, and the same command goes on$' said
ok 'and no result' [ -z "$(ls full/results.* full/points/*/done.ini 2>/dev/null)" ]
cp fail/results.csv old.csv
full_table() {
    full 1 "$selkirk" exp -q --out fail --only way=well fail.ini 2>err
}
ok 'a full disk under the table' status 3 full_table
ok 'is told' grep -q '^selkirk: --out: cannot write fail/results\.[cj]s[vo]' err
ok 'leaves the old one' cmp old.csv fail/results.csv
ok 'and no halves' [ -z "$(find fail -maxdepth 1 -name '.*.partial')" ]
ok 'with room' exp -q --out fail --only way=well fail.ini

# --- Points that begin with a checkpoint --------------------------------------

cat >boot.ini <<'END'
[experiment]
image = guest
arguments = 20000
checkpoint_at = 60000
outputs = insns, cycles
[base]
machine.board = bare
[axis model]
key = cpu.model
values = functional, r3000, vliw
[axis memory]
key = machine.memory
values = 8M, 16M
END
ok 'a sweep boots once' exp -q boot.ini
ok 'for each machine' [ "$(find boot/checkpoints -name '*.ckpt' | wc -l)" = 2 ]
ok 'all points go on from there' \
    [ "$(cells boot/results.csv 4)" = 'ok ok ok ok ok ok ' ]
ok 'to the same end' [ "$(cells boot/results.csv 5 | tr ' ' '\n' | sort -u |
    grep -c .)" = 1 ]
ok 'in their own times' [ "$(cells boot/results.csv 6 | tr ' ' '\n' | sort -u |
    grep -c .)" = 3 ]
cp boot/results.csv boot.csv
rm -r boot/checkpoints boot/points
ok 'again' exp -q boot.ini
ok 'it is the same' diff <(table boot.csv) <(table boot/results.csv)
ok 'code is kept for points of one machine' \
    [ "$(grep -c engine.saved boot/commands.txt)" = 2 ]
sed 's/machine.memory/vliw.store_buffer/; s/8M, 16M/8, 16/' boot.ini >buffer.ini
ok 'and not where nobody else can use it' \
    [ "$(exp --dry-run buffer.ini | grep -c engine.saved)" = 0 ]
sed 's/60000/soon/' boot.ini >bad.ini
ok 'no point' refuses 'bad.ini: point 1 (model=functional memory=8M): ' bad.ini
# Whoever boots holds the log; another one waits, and takes what is there then.
boot=$(find boot/checkpoints -name '*.ckpt' | sort | head -n 1)
cp "$boot" boot.ckpt
rm -r "$boot" boot/points
echo 'nobody else boots' >"$boot.log"
flock "$boot.log" sh -c "touch held; sleep 1; cp boot.ckpt '$boot'" &
until [ -e held ]; do sleep 0.02; done
ok 'tasks wait for the one that boots' exp -q boot.ini
wait
ok 'and do not boot' grep -q 'nobody else boots' "$boot.log"
ok 'they come to the same' diff <(table boot.csv) <(table boot/results.csv)
sed 's/60000/text:never/' boot.ini >never.ini
ok 'one that does not come' status 3 exp -q never.ini
ok 'is told' grep -q 'checkpoint_at = text:never: there is none' <(
    exp -q never.ini 2>&1)

echo "1..$count"
[ "$failed" -eq 0 ] || echo "# $failed of $count failed"
[ "$failed" -eq 0 ]
