#!/bin/bash
# The selkirk program from outside: test_cli.sh SELKIRK.
# shellcheck disable=SC2016,SC2317 # quoted $ and `; functions called by name
# Arguments, messages and exit statuses of every command, and runs of small
# programs for the bare board.  Prints TAP.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
selkirk=$(realpath "$1")
for tool in mipsel-linux-gnu-as mipsel-linux-gnu-ld; do
    if ! command -v $tool >/dev/null; then
        echo "$tool is missing; install binutils-mipsel-linux-gnu" >&2
        exit 2
    fi
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2

count=0
failed=0
# ok DESCRIPTION COMMAND...: what the command prints is shown if it fails.
ok() {
    local what=$1
    shift
    count=$((count + 1))
    if "$@" >log 2>&1; then
        echo "ok $count - $what"
    else
        echo "not ok $count - $what"
        sed 's/^/# /' log | head -n 20
        failed=$((failed + 1))
    fi
}

# selkirk with an empty standard input and a time limit.
sel() { timeout 60 "$selkirk" "$@" </dev/null; }

# status WANTED COMMAND...
status() {
    local wanted=$1 got
    shift
    "$@"
    got=$?
    [ "$got" -eq "$wanted" ] || { echo "status $got, not $wanted" && false; }
}

# refuses MESSAGE ARGUMENT...: one line, which begins so, and status 2.
refuses() {
    local message="selkirk: $1" got
    shift
    sel "$@" >out 2>err
    got=$?
    cat err
    [ "$got" -eq 2 ] || { echo "status $got" && false; } || return
    [ ! -s out ] || { echo 'something on the standard output' && false; } ||
        return
    if [ "$(wc -l <err)" -ne 1 ] || [[ $(<err) != "$message"* ]]; then
        echo "not the line: $message" && false
    fi
}

prints() { # prints TEXT COMMAND...
    local text=$1
    shift
    "$@" >printed 2>&1
    cat printed
    grep -qF -e "$text" printed
}

assemble() { # assemble NAME [SOURCE OPTION...]
    mipsel-linux-gnu-as -march=r3000 -mabi=32 -mno-shared -g0 -o "$1.o" \
        "${@:3}" "$here/${2:-$1}.s" &&
        mipsel-linux-gnu-ld -Ttext=0x80010000 -o "$1.elf" "$1.o"
}

# The part of a result that no host changes.
same_results() {
    cmp "$1/console.txt" "$2/console.txt" && cmp "$1/stats.txt" "$2/stats.txt" &&
        diff <(grep -v '"host"' "$1/summary.json") \
            <(grep -v '"host"' "$2/summary.json")
}

field() { # field NAME FOLDER: a number of summary.json
    sed -n "s/^  \"$1\": \([0-9]*\),\$/\1/p" "$2/summary.json"
}

assemble echo && assemble events && assemble beside &&
    assemble far beside --defsym FAR=1 || exit 2
"$selkirk" --options >options || exit 2
commands=$(sed -nE '/^(trace|kind|preset) /!s/ .*//p' options | sort -u)

# --- Help, versions, arguments -----------------------------------------------

ok 'prints an overview' prints 'Usage: selkirk COMMAND' sel --help
ok 'prints its version' prints 'selkirk ' sel --version
for command in $commands; do
    ok "$command --help" prints "Usage: selkirk $command" sel "$command" --help
    ok "help $command is the same" \
        cmp <(sel help "$command") <(sel "$command" -h)
    ok "$command --version" prints 'selkirk ' sel "$command" --version
    ok "the overview names $command" prints "  $command" sel --help
    refused=--no-such-option
    ok "$command $refused" \
        refuses "$command: there is no option $refused" "$command" $refused
done
ok 'help fits on a terminal' \
    bash -c "for c in ${commands//$'\n'/ }; do '$selkirk' help \$c; done |
        awk 'length > 79 { print; bad = 1 } END { exit bad }'"

undocumented() { # options, traces, kinds, presets that help or manual page do not name
    local command option value bad=0
    sed 's/\\-/-/g; s/\\f.//g' "$root/docs/selkirk.1" >manual
    while read -r command option value; do
        if [[ $command == @(trace|kind|preset) ]]; then
            grep -qx ".B $option" manual || { echo "manual: $option" && bad=1; }
            continue
        fi
        grep -q "^\.B.*[ \"]$option" manual ||
            { echo "manual: $option" && bad=1; }
        grep -qF -e "$option${value:+ $value}" <(sel help "$command") ||
            { echo "help $command: $option" && bad=1; }
    done <options
    for command in $commands; do
        grep -qx ".B $command" manual || { echo "manual: $command" && bad=1; }
    done
    echo help | "$selkirk" run --monitor -M bare echo.elf 2>/dev/null |
        sed -n 's/^\([a-z]*\)  .*/\1/p' >monitor
    [ "$(wc -l <monitor)" -ge 13 ] || { echo 'monitor: help' && bad=1; }
    while read -r command; do
        grep -q "^\.BR* $command\b" manual ||
            { echo "manual: monitor $command" && bad=1; }
    done <monitor
    return $bad
}
ok 'help and manual page name everything' undocumented

completes() { # completes WANTED WORD...: what completion offers for the last
    local wanted=$1
    shift
    (
        compopt() { :; }
        # shellcheck source=/dev/null
        . "$root/cli/completion.bash"
        COMP_WORDS=("$selkirk" "$@")
        COMP_CWORD=$#
        _selkirk "$selkirk" "${!#}" "${COMP_WORDS[$# - 1]}"
        echo "${COMPREPLY[*]}"
        [ "${COMPREPLY[*]}" = "$wanted" ]
    )
}
ok 'completes commands' completes run ru
ok 'completes options' completes '--max-insns --max-cycles' run --max
ok 'completes boards' completes 'decstation-200 bare sys161' run --machine ''
ok 'completes keys' completes 'cpu.clock=' run --set cpu.cl
ok 'completes traces' completes 'insns,tlb' run --trace insns,t
ok 'completes kinds' completes 'speedup' plot --kind sp
ok 'completes presets' completes 'r3000' run --preset r3
ok 'completes pages' completes 'keys' docs k
ok 'completes words' completes 'functional vliw r3000' run --model ''
ok 'completes images' completes echo.elf run echo.e

ok 'no command' refuses 'no command is given'
ok 'a wrong command' refuses 'there is no command rnu; did you mean run?' rnu
ok 'a command like no other' refuses 'there is no command xyzzy; `selkirk' xyzzy
ok 'help of a wrong command' refuses 'there is no command rum;' help rum
ok 'no image' refuses 'run: an argument is missing; write selkirk run IMAGE' run
ok 'no page' refuses 'docs: an argument is missing; write selkirk docs atoms|boards|' docs
ok 'two images' refuses 'run: two: one IMAGE is all' run one two
ok 'a misspelt option' \
    refuses 'run: there is no option --untl; did you mean --until?' run --untl x
ok 'an option of another command' \
    refuses 'config: --until is an option of `selkirk run`' config --until x
ok 'a wrong letter' refuses 'run: -z: there is no such option' run -z
ok 'letters together' refuses 'run: -qp: write one letter' run -qp echo.elf
ok 'a missing value' refuses 'run: --until needs a value: --until TEXT' \
    run --until
ok 'a value too many' refuses 'run: --quiet=yes: the option takes no value' \
    run --quiet=yes echo.elf
ok 'an argument too many' refuses 'config: x: one argument too many' config x
ok 'guest arguments without guest' refuses 'disasm: x: nothing goes after --' \
    disasm echo.elf -- x

# --- run: wrong values ---------------------------------------------------------

ok 'an image that is not there' refuses 'none: cannot be opened' run none
ok 'an image that is none' refuses "$here/echo.s: not an ELF file" \
    run "$here/echo.s"
for number in 0 -1 x 5x 1.5 '' 18446744073709551616 20000000000G; do
    ok "--max-insns '$number'" \
        refuses "--max-insns: \"$number\" is not a number" \
        run --max-insns "$number" echo.elf
done
ok '--max-cycles x' refuses '--max-cycles: "x"' run --max-cycles x echo.elf
ok 'an empty --until' refuses '--until: the text is empty' \
    run --until '' echo.elf
for kind in insn '' 'insns,' ',insns' 'insns,exception'; do
    ok "--trace '$kind'" refuses '--trace: there is no kind' \
        run --trace "$kind" echo.elf
done
ok 'a trace without a file' refuses '--trace: in "tlb:", a file name' \
    run --trace tlb: echo.elf
ok 'a trace into nowhere' refuses '--trace: cannot write /none/x' \
    run -M bare --trace tlb:/none/x echo.elf
ok 'a wrong board' refuses '--machine: machine.board = "pc"' \
    run --machine pc echo.elf
ok 'a wrong memory' refuses '--memory: machine.memory = "24Q"' \
    run --memory 24Q echo.elf
ok '--set without =' refuses '--set: "cpu.clock" has no' \
    run --set cpu.clock echo.elf
ok '--set of no key' refuses '--set: there is no key "cpu.clok"' \
    run --set cpu.clok=1 echo.elf
ok 'no configuration file' refuses 'none.ini: cannot read' \
    run --config none.ini echo.elf
printf '[cpu]\nclock = fast\n' >bad.ini
ok 'a wrong configuration file' refuses 'bad.ini:2: cpu.clock' \
    run --config bad.ini echo.elf
ok 'no input script' refuses 'none.input: cannot read' \
    run --input none.input echo.elf
printf 'type "x"\nhit return\n' >bad.input
ok 'a wrong input script' refuses 'bad.input:2: a line begins with' \
    run --input bad.input echo.elf
ok 'no disk' refuses 'none.disk: cannot open' run --disk none.disk echo.elf
ok 'a disk without a name' refuses \
    "--disk ,overlay: the file's name is missing" run --disk ,overlay echo.elf
truncate -s 1020K disk.image
for output in '--console disk.image' '--record disk.image' \
    '--trace insns:disk.image'; do
    # shellcheck disable=SC2086 # two words
    ok "$output over a disk" refuses \
        'disk.image: the output would overwrite the disk; name another file' \
        run --disk disk.image $output echo.elf
done
cp echo.elf bytes.elf
: >keys.input
while read -r file why output; do
    # shellcheck disable=SC2086 # several words
    ok "$output over $why" refuses "$file: the output would overwrite ${why//_/ }" \
        run --model vliw $output bytes.elf
done <<'END'
bytes.elf the_image; --console bytes.elf
./bytes.elf the_image; --pipeline ./bytes.elf
keys.input the_file_of_--input; --input keys.input --timeline keys.input
bytes.elf the_image; --bbv bytes.elf
./same another_output; --timeline same --pipeline ./same
same another_output; --trace insns:same --trace gears:same --console same
same another_output; --checkpoint-at 5=same --warm-save same
END
ok 'and leaves them' cmp echo.elf bytes.elf
ok 'kinds of trace share a file' "$selkirk" run --max-insns 5 --quiet \
    -t insns:both -t devices:both bytes.elf
ok 'a wrong word for a disk' refuses '--disk none.disk,ro: there is no such' \
    run --disk none.disk,ro echo.elf
ok '--record with --input' refuses '--record: with --input' \
    run --record r --input bad.input echo.elf
ok '--record without a keyboard' refuses '--record: with --console file' \
    run --record r --console file echo.elf
ok '--record into nowhere' refuses '--record /none/r: cannot write' \
    run -M bare --record /none/r echo.elf
ok '--console into nowhere' refuses '--console /none/c: cannot write' \
    run -M bare --console /none/c echo.elf
ok '--out under a file' refuses '--out: cannot' run -M bare --out echo.elf/x \
    echo.elf
ok 'an empty --out' refuses "--out: the folder's name is empty" \
    run -M bare --out '' echo.elf
ok 'nothing of all that left a file' \
    [ "$(find . -newer options -name '[cr]' -o -name file | wc -l)" -eq 0 ]

# --- run: ends --------------------------------------------------------------------

q() { printf 'abq' | timeout 60 "$selkirk" "$@"; }
ok "the guest's status is the program's" \
    status 7 q run -q --machine bare echo.elf
ok 'the console goes to the standard output' \
    cmp <(q run -q -M bare echo.elf) <(printf 'ready\nabq')
ok 'nothing goes to the standard error with --quiet' \
    [ -z "$(q run -q -M bare echo.elf 2>&1 >/dev/null)" ]
ok 'a summary tells how it ended' \
    prints 'the guest ended with status 7' q run -M bare echo.elf
ok 'a limit of instructions' \
    status 0 sel run -M bare --max-insns 1k --out limit echo.elf
ok 'is exact' [ "$(field instructions limit)" = 1000 ]
ok 'a limit of cycles' \
    status 0 sel run -M bare --max-cycles 2M --out limit echo.elf
ok 'is exact, too' [ "$(field cycles limit)" = 2000000 ]
ok 'a text that comes' status 0 sel run -M bare --until ready echo.elf
ok 'a text that does not come' \
    status 1 sel run -M bare --until steady --max-insns 1k echo.elf
ok 'is told' prints '--until: the console did not print "steady"' \
    sel run -M bare --until steady --max-insns 1k echo.elf
ok 'nor does it when the guest ends' \
    status 1 q run -q -M bare --until steady echo.elf
marks() { # marks NAME: this number of each mark in marked/summary.json
    sed -n "s/.*{.* \"$1\": \([0-9]*\)[,}].*/\1/p" marked/summary.json
}
for model in functional vliw; do
    ok "marks of $model" status 0 sel run -M bare --model $model --mark re \
        --mark ady --max-insns 10k --out marked echo.elf
    # Six instructions print a character.
    ok 'count instructions' \
        [ "$(marks instructions | tr '\n' ' ')" = '17 35 ' ]
    ok 'and the host' [ "$(tr '{' '\n' <marked/summary.json |
        grep -c '^"seconds": [0-9.]*, "thread_seconds": [0-9.]*')" -eq 2 ]
done
ok 'a mark is waited for after the one before' \
    prints '--mark: the console did not print "y"' \
    sel run -M bare --mark ready --mark y --max-insns 10k echo.elf
ok 'an empty mark' refuses '--mark: the text is empty' \
    run --mark '' echo.elf
ok 'the end of the input is not the end' \
    status 0 sel run -q -M bare --max-insns 10M echo.elf
# signalled SIGNAL: sends it once the guest runs.
signalled() {
    local pid
    # A shell's background jobs ignore SIGINT unless told otherwise.
    env --default-signal=INT timeout --foreground 60 "$selkirk" run -M bare \
        --console "$1.console" --out "$1" echo.elf </dev/null &
    pid=$!
    for _ in {1..200}; do
        grep -q ready "$1.console" 2>/dev/null && break
        sleep 0.05
    done
    kill -s "$1" "$(pgrep -P $pid)"
    wait $pid
}
for sig in INT TERM HUP; do
    ok "SIG$sig ends a run" status $((128 + $(kill -l $sig))) signalled $sig
    ok 'with results' grep -q '"end": "signal"' $sig/summary.json
done
full() { sel run -q -M bare "$@" --max-insns 1k echo.elf; }
if [ -e /dev/full ]; then
    ok 'a full disk under the console' status 3 full --console /dev/full
    ok 'under a trace' status 3 full --trace insns:/dev/full
    ok 'under a record' status 3 full --record /dev/full
    ok 'under the standard output' \
        bash -c "'$selkirk' config >/dev/full; [ \$? -eq 3 ]"
fi
unread() {
    yes | timeout 60 "$selkirk" run -q -M bare echo.elf | :
    [ "${PIPESTATUS[1]}" -eq 3 ]
}
ok 'a pipe that nobody reads' unread
ok 'no standard input' status 0 full <&-

# --- run: input ---------------------------------------------------------------------

typist() {
    sleep 0.2
    printf 'one\n'
    sleep 0.2
    printf 'two\n'
    sleep 0.2
    printf 'q'
}
record() {
    typist | timeout 60 "$selkirk" run -q -M bare --record live.input \
        --out live echo.elf
}
ok 'what a pipe types is recorded' status 7 record
ok 'with its cycles' [ "$(grep -c '^at [0-9]*$' live.input)" -ge 3 ]
ok 'and repeats' status 7 sel run -q -M bare --input live.input --out again \
    echo.elf
ok 'to the cycle, byte and bit' same_results live again
printf 'stamps q' >keys
for i in 1 2; do
    ok 'a file is typed' status 7 timeout 60 "$selkirk" run -q -M bare \
        --out keys$i echo.elf <keys
done
ok 'what a file types repeats by itself' same_results keys1 keys2
cat >script.input <<'SCRIPT'
after "ready"
wait 1000
type "abc\x64\n"
after "d"
at 5000
type "q"
SCRIPT
ok 'a script types' \
    cmp <(sel run -q -M bare --input script.input echo.elf) \
    <(printf 'ready\nabcd\nq')
ok 'and nothing else does' \
    cmp <(printf 'x' | "$selkirk" run -q -M bare --input script.input echo.elf) \
    <(printf 'ready\nabcd\nq')

# --- run: results ---------------------------------------------------------------------

ok 'results' status 7 sel run -M bare -m 8M --input script.input \
    --out deep/down/results --console printed.txt echo.elf
for file in console.txt config.ini stats.txt stats.json summary.json; do
    ok "$file" [ -s deep/down/results/$file ]
done
ok 'and nothing else' [ "$(find deep/down/results -type f | wc -l)" -eq 5 ]
ok 'the console is there twice' cmp printed.txt deep/down/results/console.txt
ok 'the configuration can be used again' \
    sel run -q --config deep/down/results/config.ini --max-insns 10 echo.elf
ok 'and says what was asked for' grep -qx 'memory = 8M' \
    deep/down/results/config.ini
if command -v python3 >/dev/null; then
    for file in stats.json summary.json; do
        ok "$file is JSON" python3 -m json.tool deep/down/results/$file
    done
    name=$(printf 'na"me\\\t\xff\xc3\xa4')
    cp echo.elf "$name"
    sel run -q -M bare --max-insns 10 --out odd "$name" -- $'a\x01"' >/dev/null
    ok 'whatever the names' python3 -m json.tool odd/summary.json
fi
cp -r deep/down/results old
{ timeout -s KILL 1 "$selkirk" run -q -M bare --out old echo.elf </dev/null \
    >/dev/null; } 2>/dev/null
ok 'a run that is killed takes the old summary with it' \
    [ ! -e old/summary.json ]
ok 'and leaves no half of a file under its name' \
    cmp old/console.txt deep/down/results/console.txt

# --- run: traces ---------------------------------------------------------------------

trace() { # trace NAME
    sel run -q -M bare --trace insns:"$1.insns" --out "$1" \
        --trace exceptions,tlb,devices:"$1.events" events.elf
}
ok 'a traced run' status 3 trace traced
ok 'the same run untraced' status 3 sel run -q -M bare --out plain events.elf
ok 'tracing changes nothing' same_results traced plain
ok 'every instruction has a line' \
    [ "$(wc -l <traced.insns)" = "$(field instructions traced)" ]
ok 'once more' status 3 trace second
ok 'gives the same instructions' cmp traced.insns second.insns
ok 'and the same events' cmp traced.events second.events
line() { grep -qE "$2" "$1" || { echo "not there: $2" && cat "$1" && false; }; }
ok 'an instruction, what it changed' line traced.insns \
    '^ +[0-9]+ insn [0-9a-f]{8} 3c0b?[0-9a-f]* lui .* t1=80000000$'
ok 'a load in flight' line traced.insns ' lw t2,0\(t0\) .* t2<-[0-9a-f]{8}$'
ok 'an exception that it took' line traced.insns ' 0000000c syscall .* Sys$'
ok 'a TLB entry' line traced.events \
    ' tlb  [0-9a-f]{8} index  5 vpn 12340 asid 01 pfn 00456 -DVG __start\+'
ok 'an exception' line traced.events \
    ' exc  [0-9a-f]{8} Sys  badvaddr -------- cause 00000020 status .* to 80000080 __start\+'
ok 'a device' line traced.events \
    ' dev  [0-9a-f]{8} W1 bare +CONSOLE +6b +__start\+'
sel run -q -M bare --trace insns,devices:one --trace exceptions,tlb:one \
    events.elf >/dev/null
ok 'kinds share a file' \
    [ "$(wc -l <one)" = "$(cat traced.insns traced.events | wc -l)" ]
ok 'traces go to the standard error' \
    [ "$(sel run -q -M bare --trace insns events.elf 2>&1 >/dev/null |
        grep -c ' insn ')" = "$(field instructions plain)" ]

# --- run: the code-morphing layer ----------------------------------------------------

# Gears are reached within a few bytes of input.
layer() { sel run -q -M bare --model vliw --input script.input "$@" echo.elf; }
early=(--set gear1.threshold=2 --set gear2.threshold=4)
ok 'the layer runs a program' status 7 layer --out layer "${early[@]}"
ok 'which prints what it prints on the reference CPU' \
    cmp layer/console.txt deep/down/results/console.txt
ok 'and again the same' status 7 layer --out layer2 "${early[@]}"
ok 'to the cycle, byte and bit' same_results layer layer2
ok 'in its own time' [ "$(field cycles layer)" -gt "$(field instructions layer)" ]
stat_of() { sed -n "s/^$1  *\([0-9]*\) .*/\1/p" "$2/stats.txt"; }
for gear in 1 2; do
    ok "in translations of gear $gear" \
        [ "$(stat_of core.insns.gear$gear layer)" -gt 0 ]
done
ok 'the configuration names the model' grep -qx 'model = vliw' layer/config.ini
ok 'and repeats the run' status 7 sel run -q --config layer/config.ini \
    --input script.input --out layer3 echo.elf
ok 'to the cycle, byte and bit, too' same_results layer layer3
for gears in 0 1; do
    ok "--gears $gears" status 7 layer --gears $gears --out gears$gears \
        "${early[@]}"
    ok 'is the highest' [ "$(stat_of "core.insns.gear$((gears + 1))" \
        gears$gears)" -eq 0 ]
done
ok 'a gear too many' refuses '--gears: morph.gears = 3 is ' \
    run --gears 3 echo.elf
ok 'a model that is not there' refuses '--model: cpu.model = "risc"' \
    run --model risc echo.elf

ok 'check mode agrees' status 7 layer --check --out checked "${early[@]}"
ok 'and changes nothing' same_results layer checked
ok 'says what it did' prints 'checked' timeout 60 "$selkirk" run -M bare \
    --model vliw --check --input script.input echo.elf
ok 'check mode with exceptions' status 3 sel run -q -M bare --model vliw \
    --check events.elf
ok 'check mode without the layer' refuses \
    '--check: with cpu.model = functional the reference CPU runs the guest' \
    run --check echo.elf
ok 'traces of the layer without it' refuses \
    '--trace faults: with cpu.model = functional the reference CPU runs' \
    run --trace exceptions,faults echo.elf

ok 'a traced run of the layer' status 7 layer --trace gears:gears.txt \
    --trace faults:faults.txt --trace molecules:molecules.txt \
    --out traced-layer "${early[@]}"
ok 'is the same run' same_results layer traced-layer
ok 'a block that is translated' line gears.txt \
    '^ +[0-9]+ gear 80010014 1 translate  __start\+0x14: [0-9]+ instructions, '
ok 'a superblock' line gears.txt ' gear [0-9a-f]{8} 2 translate '
ok 'a block that it replaces' line gears.txt \
    ' 1 replace    __start\+0x14: by gear 2$'
ok 'a fault' line faults.txt \
    ' flt  80010028 1 mmio +va b0000000 in [0-9a-f]{8} __start\+0x28$'
ok 'a molecule' line molecules.txt \
    ' mol  80010014 1 @0 +.*lsu0:ld8u r[0-9]+, \[r9\] \.0014'
ok 'molecules in the order of time' sort -c -n -k1,1 molecules.txt

# Data that is often written, on a page of code.
for data in beside far; do
    ok "data $data" status 0 sel run -q -M bare --model vliw --out $data \
        $data.elf
done
ok 'beside the code costs no more than twice the time' \
    [ "$(field cycles beside)" -le $((2 * $(field cycles far))) ]
ok 'the whole page' status 0 sel run -q -M bare --model vliw \
    --set morph.tbit_grain=4096 --out page beside.elf
ok 'would cost more' [ "$(field cycles page)" -gt $((2 * $(field cycles far))) ]

# --- monitor ---------------------------------------------------------------------------

monitor() { timeout 60 "$selkirk" run -q --monitor -M bare echo.elf; }
session() { printf '%s\n' "$@" | monitor; }
ok 'stops before the first instruction' prints '80010000 __start' monitor \
    </dev/null
ok 'steps' prints '80010008 __start+0x8' session 'step 2' regs
ok 'repeats' prints '2 instructions' session step '' info
ends() { echo 'step 1000' | "$selkirk" run -q --monitor -M bare events.elf; }
ok 'steps to the end' status 3 ends
ok 'breaks at symbols' prints 'breakpoint 80010000 __start' \
    session 'break __start' info
ok 'deletes' prints 'no breakpoints' session 'b __start' 'delete 80010000' info
ok 'runs to breakpoints' prints '8001000c __start+0xc' \
    session 'break __start+c' continue quit
ok 'shows memory' prints '80010000  3c10b000' session 'x/1 __start'
ok 'and goes on' prints '80010008  ' session 'x/2 __start' x
ok 'and where there is none' prints '-------- -------- ' session 'x/2 c0000000'
ok 'disassembles' prints 'lui s0,0xb000' session 'dis $pc 1'
for what in 'regs' 'regs cp0' 'regs fpu' 'regs all' 'tlb' 'stats' 'sync' \
    'help' 'info' 'dis' 'x'; do
    ok "$what" status 0 session "$what"
done
ok 'abbreviates' prints 'pc 80010004' session s r
for wrong in 'foo' 'step x' 'step 0' 'step -1' 'step 99999999999' 'regs foo' \
    'break' 'break nowhere' 'break 80010001' 'delete' 'delete 80010000' \
    'x/0' 'x/x' 'x nowhere' 'x $foo' 'dis 1 2 3 4 5' '/' '$' 'x/' 'dis $'; do
    ok "survives: $wrong" prints 'no breakpoints' session "$wrong" 'info'
done
ok 'survives long lines' prints 'the line is too long' \
    session "$(head -c 5000 /dev/zero | tr '\0' x)"
ok 'and does nothing for them' prints ' 1 instructions' session 'step' \
    "$(head -c 5000 /dev/zero | tr '\0' ' ')" info
noise() {
    head -c 200000 /dev/urandom | timeout 60 "$selkirk" run -q -M bare \
        --monitor --max-insns 10M echo.elf >/dev/null 2>&1
    [ "${PIPESTATUS[1]}" -eq 0 ]
}
ok 'survives noise' noise
# Breakpoints cut slices short; that must not make the next ones longer.
many_breaks() {
    # shellcheck disable=SC2046 # one word each
    printf '%s\n' 'break __start+30' $(printf 'continue %.0s' {1..200}) quit |
        timeout 20 "$selkirk" run -q --monitor -M bare echo.elf >/dev/null
}
ok 'goes on after many breakpoints' status 0 many_breaks

# --- disasm, config, docs ---------------------------------------------------------------

ok 'disassembles with labels' prints '80010000 <__start>:' sel disasm echo.elf
ok 'and targets' prints '<finish>' sel disasm echo.elf
ok 'from a symbol' prints 'sw t5,16(s0)' sel disasm --start finish -n 1 echo.elf
ok 'no more than asked for' \
    [ "$(sel disasm --start __start+4 --count 3 echo.elf | wc -l)" -eq 3 ]
ok 'only what is executable' bash -c "! '$selkirk' disasm echo.elf | grep 7461"
ok 'from nowhere' refuses '--start: nowhere is neither' \
    disasm --start nowhere echo.elf
ok 'from an odd address' refuses '--start: 0x80010001 is not a multiple of 4' \
    disasm --start 0x80010001 echo.elf
ok 'from outside' refuses '--start: 0x90000000 is not in an executable' \
    disasm --start 0x90000000 echo.elf
ok 'every word agrees with objdump' \
    cmp <(sel disasm echo.elf | sed -n 's/^\(8[0-9a-f]*\):  \([0-9a-f]*\) .*/\1 \2/p') \
    <(mipsel-linux-gnu-objdump -dz echo.elf |
        sed -n 's/^\(8[0-9a-f]*\):\t\([0-9a-f]*\) .*/\1 \2/p')

# --- show ---------------------------------------------------------------------------------

ok 'shows the guest code' prints '; lbu t2,0(t1)' sel show echo.elf __start+14
ok 'lifted' prints '== lift' sel show echo.elf __start+14
ok 'after each pass' prints '== dead' sel show echo.elf __start+14
ok 'scheduled' prints '== molecules' sel show echo.elf __start+14
ok 'by cycle and unit' prints 'cycle    @ size commit  lsu0' \
    sel show echo.elf __start+14
stages() { sel show "$@" echo.elf __start+2c | grep -c '^== '; }
ok 'a block has fewer passes than a superblock' \
    [ "$(stages --gear 1)" -lt "$(stages --gear 2)" ]
ok 'one of them' bash -c "! '$selkirk' show --pass lift echo.elf __start+14 |
    grep -e '^==' -e cycle"
for pass in $(sel show echo.elf __start+14 | sed -n 's/^== //p'); do
    ok "$pass alone" status 0 sel show --pass "$pass" echo.elf __start+14
done
ok 'a loop is unrolled as often as the key says' \
    [ "$(sel show --pass molecules --set gear2.visits=3 echo.elf __start+2c |
        grep -c '; lbu')" -eq 3 ]
ok 'a wider machine' prints ' alu2' sel show --set vliw.alu_units=3 \
    --set vliw.formats=free echo.elf __start+14
ok 'an address in a function' prints 'from 80010010 __start+0x10' \
    sel show echo.elf __start+10
ok 'no address' refuses 'show: an argument is missing; write selkirk show IMAGE' \
    show echo.elf
ok 'an unknown symbol' refuses 'nowhere is neither a symbol nor an address' \
    show echo.elf nowhere
ok 'an odd address' refuses '0x80010002 is not a multiple of 4; try 0x80010000' \
    show echo.elf 0x80010002
ok 'an address outside' refuses '0x90000000 is not in an executable segment' \
    show echo.elf 0x90000000
ok 'a gear that does not translate' \
    refuses '--gear: "3" is no gear that translates; write 1' \
    show --gear 3 echo.elf __start+14
ok 'a pass that is not there' \
    refuses '--pass: there is no "cle"; choose from lift, rename, ' \
    show --pass cle echo.elf __start+14
ok 'an instruction that is interpreted' \
    refuses '0x80010040: "syscall" is always interpreted' \
    show events.elf __start+40

ok 'lists the keys' prints 'machine.memory' sel config
sel config -w --set cpu.clock=33M --memory 8M --set machine.memory=16M \
    --machine bare >first.ini
ok 'writes a configuration; the last word counts' grep -qx 'memory = 16M' \
    first.ini
ok 'which reads back' cmp first.ini <(sel config -w --config first.ini)
ok 'and files come first' \
    cmp <(sel config -w -m 2M -c first.ini | grep -m 1 '^memory') <(echo 'memory = 2M')
ok 'a wrong key' refuses '--set: there is no key "x.y"' config --set x.y=1
sel config -w --preset tm5400 --set vliw.branch=5 >preset.ini
ok 'a preset is read' grep -qx 'model = vliw' preset.ini
ok 'and keys come after it' grep -qx 'branch = 5' preset.ini
printf '[cpu]\nmodel = functional\n' >model.ini
ok 'as files do' grep -qx 'model = functional' \
    <(sel config -w -c model.ini --preset tm5400)
ok 'a preset that is not there' \
    refuses '--preset: there is no preset "tm9"; choose from calibrated, decstation-200, decstation-240, r3000, tm5400, tm8600' \
    config --preset tm9
ok 'prints the boards' prints 'decstation-200' sel docs boards
ok 'a page that is not there' refuses 'there is no page "ports"; choose atoms, boards, instructions, keys or operations' \
    docs ports

echo "1..$count"
[ "$failed" -eq 0 ] || { echo "# $failed failed" && false; }
