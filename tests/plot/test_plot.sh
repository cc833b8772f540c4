#!/bin/bash
# selkirk plot and selkirk report: test_plot.sh SELKIRK.
# shellcheck disable=SC2016,SC2317 # quoted $ and `; functions called by name
# Every kind's data and script from data/, compared with golden/ (BLESS=1
# rewrites it); what gnuplot makes of them, where it is installed; bad inputs;
# the pages.  Prints TAP.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
selkirk=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/support/ok.sh
. "$here/../support/ok.sh"
cp -r "$here/data" "$work/data" && cd "$work" || exit 2

has_gnuplot=yes
command -v gnuplot >/dev/null || has_gnuplot=
sel() { timeout 120 "$selkirk" "$@" </dev/null; }

# refuses MESSAGE ARGUMENT...: one line, which begins so, and status 2.
refuses() {
    local message="selkirk: $1" got
    shift
    sel "$@" >out 2>err
    got=$?
    cat err
    [ "$got" -eq 2 ] || { echo "status $got" && false; } || return
    if [ "$(wc -l <err)" -ne 1 ] || [[ $(<err) != "$message"* ]]; then
        echo "not the line: $message" && false
    fi
}

# --- What is drawn -----------------------------------------------------------

# drawn NAME ARGUMENT...: data and scripts as in golden/NAME.
drawn() {
    local name=$1 wanted=$((${#has_gnuplot} ? 0 : 2)) got
    shift
    sel plot "$@" --out "$name"
    got=$?
    [ $got -eq $wanted ] || { echo "status $got" && false; } || return
    mkdir -p "texts/$name"
    find "$name" -regex '.*\.\(dat\|gp\|json\)' -exec cp {} "texts/$name" ';'
    if [ "${BLESS:-}" = 1 ]; then
        mkdir -p "$here/golden"
        rm -rf "$here/golden/$name"
        cp -r "texts/$name" "$here/golden/$name"
    fi
    diff -ru "$here/golden/$name" "texts/$name"
}
cd data || exit 2
ok 'a run' drawn run layer
ok 'runs beside each other' drawn runs layer gear0 r3000
ok 'an experiment' drawn experiment exp
ok 'residency as a rate' drawn rate layer --kind residency --y rate
ok 'startup of intervals.csv alone' \
    drawn startup layer/intervals.csv --kind startup
ok 'E(n), and means of seeds' drawn en repeat.csv --kind en
ok 'a sweep' drawn sweep buffer.csv
ok 'another axis' drawn sweep-x buffer.csv --kind sweep --x store_buffer \
    --by workload --y cycles --only workload=string --only workload=crc32
ok 'axes put together' drawn sweep-by repeat.csv --kind sweep --by gears
ok 'hostile names' drawn ablation ablation.csv
ok 'peers' drawn peers peers.csv
ok 'shares' drawn share exp --kind stack --y share --only machine=r3000
ok 'another base' drawn base exp --kind speedup --kind ablation \
    --base 'gears 0-2'

# --- Pictures ----------------------------------------------------------------

is_png() { [ "$(head -c 8 "$1" | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a ]; }
pictures() { # each script has made both
    local script count=0
    for script in */*.gp; do
        count=$((count + 1))
        tail -n 1 "${script%.gp}.svg" | grep -qx '</svg>' ||
            tail -n 3 "${script%.gp}.svg" | grep -q '</svg>' ||
            { echo "$script" && false; } || return
        is_png "${script%.gp}.png" || { echo "$script" && false; } || return
    done
    [ $count -ge 25 ] || { echo "$count scripts" && false; }
}
same_again() { # the same bytes of SVG, from another folder and in another zone
    cp run/stack.svg run/residency.svg .
    (cd run && rm -f ./*.svg && TZ=Asia/Tokyo LC_ALL=C.UTF-8 gnuplot -d stack.gp &&
        gnuplot -d residency.gp) && cmp stack.svg run/stack.svg &&
        cmp residency.svg run/residency.svg
}
named() {
    sel plot layer --kind stack --out pics-1.svg >out && cat out &&
        [ "$(<out)" = ./pics-1.svg$'\n'./pics-1.png ] && is_png pics-1.png &&
        grep -q pics-1.dat pics-1.gp
}
if [ -n "$has_gnuplot" ]; then
    ok 'SVG and PNG of each' pictures
    ok 'a script makes the same SVG' same_again
    ok 'a name for the picture' named
fi
mkdir bin # where nothing is
without_gnuplot() {
    local got
    timeout 60 env PATH="$PWD/bin" "$selkirk" plot exp --out none </dev/null 2>err
    got=$?
    cat err
    [ $got -eq 2 ] && [ "$(wc -l <err)" -eq 1 ] &&
        grep -q '^selkirk: gnuplot is missing; install' err &&
        [ "$(find none -name '*.gp' | wc -l)" -eq 4 ]
}
report_without_gnuplot() {
    timeout 60 env PATH="$PWD/bin" "$selkirk" report layer --out none.html \
        </dev/null 2>err && cat err && grep -q 'without pictures' err &&
        grep -q 'gnuplot is missing' none.html &&
        awk -f "$here/balanced.awk" none.html
}
ok 'without gnuplot' without_gnuplot
ok 'a page without gnuplot' report_without_gnuplot

# --- Bad inputs --------------------------------------------------------------

# bad MESSAGE TEXT [OPTION...]: of a CSV file with that text.
bad() {
    local message=$1
    printf '%b' "$2" >bad.csv
    shift 2
    ok "refuses: $message" refuses "$message" plot bad.csv "$@"
}
head='point,a,status,cycles\n'
bad 'bad.csv: is empty' ''
bad 'bad.csv:1: column 2 has no name' 'a,,c\n1,2,3\n'
bad 'bad.csv:1: columns 1 and 3 are both called "a"' 'a,b,a\n1,2,3\n'
bad 'bad.csv:3: 2 fields, and the first line names 4' "${head}1,x,ok,1\n2,x\n"
bad 'bad.csv:2: 5 fields, and the first line names 4' "${head}1,x,ok,1,\n"
bad 'bad.csv:3: 1 field, and the first line' "${head}1,x,ok,1\n\n1,x,ok,2\n"
bad 'bad.csv:3: a quote is opened and not closed' \
    "${head}1,x,ok,1\n2,\"x\ny,ok,1\n"
bad 'bad.csv:2: something follows a closing quote' "${head}1,\"x\"y,ok,1\n"
bad 'bad.csv:2: a quote within a field' "${head}1,x\"y,ok,1\n"
bad 'bad.csv:2: a carriage return without a line feed' "${head}1,x\ry,ok,1\n"
bad 'bad.csv: is no text: it has a zero byte' "${head}1,x\0y,ok,1\n"
bad 'bad.csv: has no row' "$head"
bad 'bad.csv: has no point that is ok' "${head}1,x,failed,\n"
bad 'bad.csv:3: cycles is "ten", which is no number' \
    "${head}1,x,ok,10\n2,y,ok,ten\n"
bad 'bad.csv:3: cycles is "nan", which is no number' \
    "${head}1,x,ok,10\n2,y,ok,nan\n"
bad 'bad.csv:3: cycles is "0x10", which is no number' \
    "${head}1,x,ok,10\n2,y,ok,0x10\n"
bad 'bad.csv: nothing here makes a plot' "${head}1,x,ok,10\n"
bad 'bad.csv: cycles cannot be compared: it is 0 of x' \
    "${head}1,x,ok,0\n2,y,ok,10\n" --kind ablation
bad 'bad.csv:3: fewer cycles than in the interval before' \
    'cycles,insns\n10,5\n9,6\n'
bad 'bad.csv:3: fewer instructions than in the interval' \
    'cycles,insns\n10,5\n11,4\n'
bad 'bad.csv:2: insns is "", which is no number' 'cycles,insns\n10,\n'

good="${head}1,x,ok,10\n2,y,ok,20\n"
for kind in residency startup en stack speedup sweep packing engine histogram; do
    bad "bad.csv: " "$good" --kind $kind
    ok "says what $kind needs" grep -q -e "; --kind $kind needs " err
done
bad '--kind: there is no "pie"; choose from residency, startup, en,' \
    "$good" --kind pie
bad 'bad.csv: --by: there is no axis "z"' "$good" --kind ablation --by z
bad 'bad.csv: --base: "z" is none, or several, of' "$good" --base z \
    --kind ablation
bad 'bad.csv: --only: there is no axis "z"' "$good" --only z=1
bad 'bad.csv: --only: no run has a=z' "$good" --only a=z
bad '--only: "a" has no =' "$good" --only a
bad 'bad.csv: x has no ipc' "$good" --y ipc --kind ablation
bad '--out: there are several pictures' \
    'point,a,n,status,cycles,cycles.x\n1,x,1,ok,1,1\n2,y,2,ok,2,2\n' \
    --out one.svg
bad "--out: \"a'b.svg\" has other characters" "$good" --out "a'b.svg"
bad '--out: cannot make the folder bad.csv/x' "$good" --out bad.csv/x
bad '--out: the name is empty' "$good" --out ''
mkdir -p void
ok 'an experiment and a run' refuses 'exp: is an experiment, and stands alone' \
    plot exp layer
ok 'a run and an experiment' refuses 'exp: is an experiment, and stands alone' \
    report layer exp
ok 'a folder of nothing' refuses \
    'void: has neither results.csv nor stats.json' plot void
mkdir running && touch running/.results.csv.partial
ok 'an experiment that has not ended' refuses \
    'running: is an experiment that has not ended' report running
ok 'no folder' refuses 'none-such: cannot be read' plot none-such
ok 'no result at all' refuses 'plot: an argument is missing' plot
ok 'a run and a table' refuses 'bad.csv: has neither' plot layer bad.csv

broken() { # broken NAME TEXT MESSAGE: a run's folder with that file
    rm -rf broken && cp -r layer broken && printf '%b' "$2" >"broken/$1"
    ok "refuses: $3" refuses "$3" plot broken
}
broken stats.json '{"a": 1' 'broken/stats.json:1: a comma or } is missing'
broken stats.json '{"a" 1}' 'broken/stats.json:1: a colon is missing'
broken stats.json '{"a":\n tru}' 'broken/stats.json:2: a value is missing'
broken stats.json '{"a\n": 1}' 'broken/stats.json:1: a string does not end'
broken stats.json '{"\\x": 1}' 'broken/stats.json:1: there is no such escape'
broken stats.json '{"\\u12g4": 1}' 'broken/stats.json:1: \u has four'
broken stats.json '{} x' 'broken/stats.json:1: something follows the end'
broken stats.json '[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]' \
    'broken/stats.json:1: too many levels'
broken stats.json '' 'broken/stats.json:1: a value is missing'
broken stats.json '{}' 'broken/stats.json: has no statistic'
broken stats.json '{"a": 1, "b": "x"}' \
    'broken/stats.json: b is "x", which is no number'
broken summary.json '[]' 'broken/summary.json: does not say how many'
rm -rf broken && cp -r layer broken && rm broken/summary.json
ok 'a run that has not ended' refuses 'broken/summary.json: is not there' \
    report broken
broken intervals.csv 'insns\n1\n' 'broken/intervals.csv:1: no column is called'
broken summary.json '"' 'broken/summary.json:1: a string does not end'

# --- Disks that are full, processes that are killed ----------------------------

# full BLOCKS ARGUMENT...: no file may be longer; one line, and status 3.
full() {
    bash -c "trap '' XFSZ; ulimit -f $1; shift; exec timeout 60 \"\$@\"" - \
        "$1" "$selkirk" "${@:2}" </dev/null 2>&1 >out | cat >err
    [ "${PIPESTATUS[0]}" -eq 3 ] && cat err && [ ! -s out ] &&
        [ "$(wc -l <err)" -eq 1 ] && grep -q '^selkirk: --out: cannot write .*; make room' err
}
# whole FOLDER: nothing half written, and no rest.
whole() {
    local file
    while read -r file; do
        case $file in
        */.*) false ;;
        *.svg) tail -n 3 "$file" | grep -q '</svg>' ;;
        *.png) tail -c 12 "$file" | grep -q IEND ;;
        *.html) tail -n 1 "$file" | grep -q '</html>' ;;
        *.gp) tail -n 1 "$file" | grep -qx 'set output' ;;
        esac || { echo "$file" && false; } || return
    done < <(find "$1" -type f)
}
ok 'a full disk under a script' full 1 plot exp --out full
ok 'leaves no halves' whole full
sel report layer --out full/page.html >out 2>&1 && cp -p full/page.html old.html
ok 'a full disk under a page' full 8 report layer --out full/page.html
ok 'leaves the old one' cmp old.html full/page.html
if [ -n "$has_gnuplot" ]; then
    ok 'a full disk under gnuplot' full 5 plot exp --kind stack --out full
    ok 'is found out' grep -q 'stack.svg: gnuplot left it incomplete' err
    ok 'leaves no halves' whole full
    ok 'with room' sel plot exp --kind stack --out full
    # A gnuplot that has drawn half when all is killed.
    mkdir slow
    printf '#!/bin/sh\neval "$3"\nprintf "<svg>" >"$output"\nexec sleep 60\n' \
        >slow/gnuplot
    chmod +x slow/gnuplot
    killed() {
        PATH=$PWD/slow:$PATH "$selkirk" plot exp --kind stack --out killed \
            </dev/null >out 2>err &
        local pid=$! child
        for _ in {1..200}; do
            [ -s killed/.stack.svg.partial ] && break
            sleep 0.05
        done
        child=$(pgrep -P $pid) && kill -s KILL $pid "$child"
        wait $pid 2>/dev/null
        [ ! -e killed/stack.svg ] &&
            sel plot exp --kind stack --out killed && whole killed
    }
    ok 'a kill in the middle' killed
fi

# --- Pages -------------------------------------------------------------------

page() { # page NAME TEXT...: whether the page is whole and has the texts
    local name=$1 text
    shift
    awk -f "$here/balanced.awk" "$name" || return
    for text; do
        grep -qF -e "$text" "$name" || { echo "no $text" && false; } || return
    done
}
ok 'a page of a run' sel report layer
ok 'tells all' page layer/report.html '<h1>layer</h1>' ce773c8e9b94ed55 \
    '<td>vliw</td><td>functional</td>' 'Where the cycles went' \
    'what it counts &amp; more &lt;of it&gt; (units)' \
    '<td>0123456789abcdef</td>' '<td>fedcba9876543210</td>' \
    "run --preset tm5400 --set=cpu.clock=25M --out again bench/quicksort --" \
    "quicksort -- 'it'\\''s'"
ok 'a page of an experiment' sel report exp
ok 'tells that, too' page exp/report.html '<h1>Gears and baselines</h1>' \
    'points that failed' 'r3000, gears 0, gears 0-1, gears 0-2' \
    'selkirk exp FILE.ini --out again' '<td>c3d4</td>'
ok 'a page of runs' sel report layer gear0 r3000 --out three.html
ok 'is whole' page three.html '<h1>3 runs</h1>'
ok 'a page with hostile names' sel report ablation.csv --out hostile.html
ok 'is whole, too' page hostile.html '&lt;b&gt;no&lt;/b&gt; &amp;amp; inline'
[ -z "$has_gnuplot" ] ||
    ok 'has pictures' [ "$(grep -c '<svg role="img"' layer/report.html)" -eq 5 ]
ok 'a page into nowhere' refuses '--out: cannot write void/none/x.html' \
    report layer --out void/none/x.html

echo "1..$count"
[ "$failed" -eq 0 ]
