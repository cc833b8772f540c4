#!/bin/bash
# Checkpoints from outside: test_checkpoint.sh SELKIRK KERNEL [--slow] ENGINE...
# A run that is restored is the one that was saved: statistics and, from there
# on, console; under the layer by each engine.  KERNEL is the example kernel of
# guest/sys161, which finds its timers wrong under a layer that is too slow for
# them: with --slow it does not run under that.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
selkirk=$(realpath "$1")
kernel=$(realpath "$2")
shift 2
slow=
if [ "${1:-}" = --slow ]; then
    slow=yes
    shift
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$here/../support/ok.sh"
cd "$work"

mipsel-linux-gnu-as -march=r3000 -mabi=32 -mno-shared -g0 -o measure.o \
    "$here/measure.s"
mipsel-linux-gnu-ld -Ttext=0x80010000 -o measure.elf measure.o
slots='0 serial, 28 random, 29 timer, 30 trace, 31 mainboard ramsize=2M'

bare() { # bare NAME OPTION...: status 3
    local name=$1 status=0
    shift
    timeout 60 "$selkirk" run --machine bare --memory 8M --out "$name" "$@" \
        measure.elf >"$name.out" 2>"$name.err" </dev/null || status=$?
    [ $status = 3 ] || { cat "$name.err" >&2; return 1; }
}
kernel() { # kernel NAME OPTION...
    local name=$1
    shift
    timeout 120 "$selkirk" run --machine sys161 --set sys161.slots="$slots" \
        --disk disk.img,overlay --max-insns 4M \
        --input "$here/../sys161/line.input" --console "$name.console" \
        --out "$name" "$@" "$kernel" -- -i now >"$name.out" 2>"$name.err" \
        </dev/null || { cat "$name.err" >&2; return 1; }
}
same() { # same NAME NAME: to the end, and what was printed is the end of it
    local size
    size=$(stat -c %s "$2/console.txt")
    cmp "$1/stats.json" "$2/stats.json" &&
        tail -c "$size" "$1/console.txt" | cmp - "$2/console.txt"
}
# RUN NAME POINT,POINT... OPTION...: saves at the points, restores at each.
goes_on() {
    local run=$1 name=$2 points=$3 at=0 args=()
    shift 3
    for point in ${points//,/ }; do
        at=$((at + 1))
        args+=(--checkpoint-at "$point=$name.$at.ckpt")
    done
    ok "$name: runs" "$run" "$name" "$@"
    ok "$name: and is saved" "$run" "$name.saved" "${args[@]}" "$@"
    ok "$name: which changes nothing" cmp "$name/stats.json" \
        "$name.saved/stats.json"
    while [ $at -gt 0 ]; do
        ok "$name: is restored at point $at" \
            "$run" "$name.$at" --restore "$name.$at.ckpt" "$@"
        ok "$name: as it was at point $at" same "$name" "$name.$at"
        at=$((at - 1))
    done
}
refuses() { # refuses WORDS COMMAND...
    local words=$1 status=0
    shift
    timeout 60 "$@" >said 2>&1 </dev/null || status=$?
    cat said
    [ $status = 2 ] && [ "$(wc -l <said)" = 1 ] && grep -qF -- "$words" said
}

# --- Every model -------------------------------------------------------------
hot=(-s gear1.threshold=2 -s gear2.threshold=20)
points=100,5003,text:b,symbol:fourth,mark,cycle:60000,text:g
goes_on bare functional $points
goes_on bare r3000 $points --model r3000
goes_on bare forwarded 700,5003,text:b,30000 --model r3000 \
    -f 6000 -s fast_forward.warm=9000
goes_on bare measured 700,5003,30000 -s roi.from=5000 -s roi.to=+20000 \
    -s stats.interval=997 --model r3000
"$selkirk" mkdisk disk.img 1000s
goes_on kernel devices '20000,60007,text:line,cycle:1M,500003'
goes_on kernel waits cycle:700000,cycle:1900001
goes_on kernel processors 60007,cycle:1M,900001 -s machine.cpus=3
under_layer=(--model vliw "${hot[@]}")
quick=(-s engine.threads=0 -s engine.runs0=10 -s engine.runs1=100)
for engine in "$@"; do
    goes_on bare "layer.$engine" \
        100,5003,symbol:fourth,mark,cycle:60000,text:g \
        "${under_layer[@]}" --engine "$engine" "${quick[@]}"
    ok "$engine: saves what $1 does" cmp "layer.$1.5.ckpt" \
        "layer.$engine.5.ckpt"
done
ok 'a run that was restored' bare chain --restore "layer.$1.4.ckpt" \
    --checkpoint-at cycle:60000=chain.ckpt "${under_layer[@]}" --engine threaded
ok 'saves what the other did' cmp "layer.$1.5.ckpt" chain.ckpt
goes_on bare warmed 700,5003,9000,30000 "${under_layer[@]}" -f 6000 \
    -s fast_forward.warm=9000 --engine threaded
bare knows "${under_layer[@]}" --engine threaded --warm-save bare.warm
goes_on bare revived 700,30000 "${under_layer[@]}" --engine threaded \
    --warm-start bare.warm
kernels() { # each by each engine; all save the same files
    local engine
    for engine in "$@"; do
        goes_on kernel "kernel.$engine" 'text:line,100007,200001,300003' \
            "${under_layer[@]}" --engine "$engine" "${quick[@]}"
        ok "$engine: saves what $1 does, too" cmp "kernel.$1.4.ckpt" \
            "kernel.$engine.4.ckpt"
    done
    goes_on kernel small '60007,100001,200001,300003' "${under_layer[@]}" \
        -s tcache.size=8192 -s tcache.policy=fifo -s morph.hash=0 \
        -s morph.return_stack=0 -s l1d.policy=lru -s l2.policy=random \
        --engine threaded
    goes_on kernel several '60007,cycle:2M,1000003' "${under_layer[@]}" \
        -s machine.cpus=3 --engine threaded
    goes_on kernel forwards '50000,100000,150000' "${under_layer[@]}" \
        -s machine.cpus=3 -f 100000 --engine threaded
    goes_on kernel borrows '300003,1700001' "${under_layer[@]}" \
        -s machine.cpus=2 -s tcache.sharing=copy --engine threaded
    goes_on kernel shared '300003,1700001' "${under_layer[@]}" \
        -s machine.cpus=3 -s tcache.sharing=shared --engine threaded
}
[ -n "$slow" ] || kernels "$@"

# --- Another model -----------------------------------------------------------
bare plain --model vliw "${hot[@]}"
ok 'another model goes on' bare other --model vliw "${hot[@]}" \
    --restore functional.3.ckpt
ends_as() { # ends_as NAME NAME: the console's end
    tail -c "$(stat -c %s "$2/console.txt")" "$1/console.txt" |
        cmp - "$2/console.txt"
}
says() { # says NAME WORDS
    grep -qF -- "$2" "$1.err"
}
ok 'and prints the rest' ends_as plain other
ok 'the user is told' says other 'cpu.model is not what it was'
bare late --model vliw "${hot[@]}" --checkpoint-at text:e=vliw.ckpt
for model in functional r3000; do
    ok "from the layer to $model" bare from --model $model --restore vliw.ckpt
    ok "$model prints the rest" ends_as plain from
done

# --- As they are, mapped -----------------------------------------------------
bare as_is -s checkpoint.compress=no --checkpoint-at text:d=as_is.ckpt
ok 'what is not compressed' bare mapped --restore as_is.ckpt
ok 'is the same' same as_is mapped
bare again --checkpoint-at text:d=small.ckpt
ok 'the summary tells how much was executed before' \
    grep -q '"restored": [1-9]' mapped/summary.json
ok 'and differs in nothing' "$selkirk" ckpt diff as_is.ckpt small.ckpt

# --- Looking at them ---------------------------------------------------------
ok 'verified' "$selkirk" ckpt verify as_is.ckpt small.ckpt functional.1.ckpt
differ() {
    "$selkirk" ckpt diff functional.1.ckpt functional.2.ckpt >said
    [ $? = 1 ] && grep -q 'cpu.insns: 0x64 and 0x138b' said
}
ok 'compared' differ
ok 'listed' grep -q '^insns 5003$' <("$selkirk" ckpt info functional.2.ckpt)

# --- What is refused ---------------------------------------------------------
restore=("$selkirk" run --machine bare --memory 8M --restore)
ok 'other memory' refuses 'machine.memory is 9M here' \
    "${restore[@]}" small.ckpt --memory 9M measure.elf
ok 'another board' refuses 'machine.board is decstation-200 here' \
    "${restore[@]}" small.ckpt --machine decstation-200 measure.elf
ok 'other arguments' refuses 'arguments were ""' \
    "${restore[@]}" small.ckpt measure.elf -- more
mipsel-linux-gnu-as -march=r3000 -mabi=32 -mno-shared -g0 \
    -o other.o "$here/echo.s"
mipsel-linux-gnu-ld -Ttext=0x80010000 -o other.elf other.o
ok 'another image' refuses 'the image is another one' \
    "${restore[@]}" small.ckpt other.elf
ok 'no checkpoint' refuses 'this is no checkpoint' \
    "${restore[@]}" measure.elf measure.elf
ok 'no file' refuses 'cannot read it' "${restore[@]}" none measure.elf
head -c -1 small.ckpt >cut.ckpt
ok 'one that was cut off' refuses 'damaged or cut off' \
    "${restore[@]}" cut.ckpt measure.elf
cp small.ckpt newer.ckpt
printf '\143' | dd of=newer.ckpt bs=1 seek=8 conv=notrunc status=none
ok 'a newer one' refuses 'version 99 of the format' \
    "${restore[@]}" newer.ckpt measure.elf
ok 'no file to save to' refuses 'there is no file to save to' \
    "$selkirk" run --checkpoint-at 100 measure.elf
ok 'no point' refuses 'is no point' \
    "$selkirk" run --machine bare --checkpoint-at soon=x.ckpt measure.elf
ok 'no cycle' refuses 'a number of cycles is wanted' \
    "$selkirk" run --machine bare --checkpoint-at cycle:x=x.ckpt measure.elf
ok 'no such command' refuses 'write info, verify or diff' \
    "$selkirk" ckpt list small.ckpt
ok 'and nothing is left' [ ! -e x.ckpt ]
bare ended --checkpoint-at 999M=never.ckpt
ok 'a point that does not come' says ended 'the run ended before it'
ok 'leaves no file' [ ! -e never.ckpt ]

# --- Writers that are killed ------------------------------------------------
# They write one after the other, and are killed as soon as one of them is there:
# each is whole, or is not there.
left=0 # that were not written
killed() { # killed COMPRESS FILE
    local i writer points=()
    rm -f k.*.ckpt
    for i in $(seq 60); do
        points+=(--checkpoint-at $((3000 + i * 50))=k.$i.ckpt)
    done
    "$selkirk" run --machine bare --memory 16M -s checkpoint.compress="$1" \
        "${points[@]}" --console /dev/null measure.elf >/dev/null 2>&1 &
    writer=$!
    until [ -e "k.$2.ckpt" ] || ! kill -0 $writer 2>/dev/null; do
        sleep 0.002
    done
    kill -KILL $writer 2>/dev/null || :
    wait $writer 2>/dev/null || :
    left=$((left + 60 - $(find . -name 'k.*.ckpt' | wc -l)))
    "$selkirk" ckpt verify k.*.ckpt
}
all_killed() {
    local i
    for i in 1 2 3 5 8 13 21; do
        killed yes $i && killed no $i || return 1
    done
    echo "$left were not written"
    [ $left -gt 0 ]
}
ok 'a killed writer leaves nothing that restores' all_killed
full() {
    local status=0
    (ulimit -f 64 && timeout 60 "$selkirk" run --machine bare --memory 8M \
        -s checkpoint.compress=no --checkpoint-at 3000=full.ckpt measure.elf) \
        >/dev/null 2>full.err </dev/null || status=$?
    [ $status = 3 ] && grep -q 'cannot write full.ckpt: ' full.err &&
        [ -z "$(find . -name '*full.ckpt*')" ]
}
ok 'nor does a full disk' full
echo "1..$count"
[ $failed = 0 ] || { echo "# $failed failed"; exit 1; }
