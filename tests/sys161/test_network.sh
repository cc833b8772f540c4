#!/bin/bash
# Machines on a network, with the kernel of guest/sys161: test_network.sh SELKIRK
# KERNEL BAD_PEER.  Two of them meet at a hub; what came to them repeats; and
# nothing that hub or peer can do harms them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
selkirk=$1
kernel=$2
bad_peer=$3
work=$(mktemp -d)
running=()
finish() {
    [ ${#running[@]} = 0 ] || kill "${running[@]}" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
. "$here/../support/ok.sh"
cd "$work"

machine() { # [exec=exec] machine ADDRESS NAME OPTION...: it looks for another
    local address=$1 name=$2
    shift 2
    ${exec:-} timeout 60 "$selkirk" run --machine sys161 \
        --set "sys161.slots=0 serial, 27 nic hub=hub hwaddr=$address, 29 timer, 31 mainboard ramsize=2M" \
        --console "$name.console" --out "$name" "$@" "$kernel" -- -n \
        2>"$name.err" </dev/null
}
until_true() { # until_true COMMAND...: for 20 seconds
    local i
    for ((i = 0; i < 400; i++)); do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.05
    done
    return 1
}
told() { [ "$(grep -c "$2" "$3")" = "$1" ]; } # told TIMES WORDS FILE
start_hub() {
    "$selkirk" hub161 hub 2>hub.err &
    hub=$!
    running+=("$hub")
    until_true [ -S hub ]
}
end() { # end PROCESS...: and wait
    kill "$@"
    wait "$@" 2>/dev/null
}
stat() { # stat NAME STATISTIC
    sed -n "s/^ *\"$2\": \([0-9]*\),*\$/\1/p" "$1/stats.json"
}
same() { cmp "$1/console.txt" "$2/console.txt" && cmp "$1/stats.json" "$2/stats.json"; }
met() { # met NAME ADDRESS: it heard the machine there, and ended well
    grep -q "^network: heard $2" "$1/console.txt" &&
        grep -q '^all good' "$1/console.txt"
}
refuses() { # refuses WORDS COMMAND...
    local words=$1 status=0
    shift
    timeout 20 "$@" >said 2>&1 || status=$?
    cat said
    [ $status = 2 ] && grep -qF -- "$words" said
}

# Two machines, in different processor models, one with two processors; one after
# the other is there.
start_hub
exec=exec machine 1 one --set machine.cpus=2 --record one.input &
one=$!
running+=("$one")
until_true grep -q 'carrier 27 on' one.input
ok 'the second machine meets the first' machine 2 two --model vliw
ok 'the first ends, too' wait $one
ok 'one heard two' met one 0x00000002
ok 'two heard one' met two 0x00000001
ok 'nothing bad came' [ "$(stat one nic.bad)$(stat two nic.bad)" = 00 ]
ok 'the user is told that a run need not repeat' \
    grep -q 'frames came: this run need not repeat' two.err
ok 'or that its record does' \
    grep -q 'frames came: the record repeats this run' one.err
ok 'how many frames came is kept' grep -q '"network_frames": [1-9]' \
    one/summary.json

# A record has all that came: no hub is asked.
ok 'its record repeats the first' machine 1 again --set machine.cpus=2 \
    --input one.input
ok 'to the last cycle' same one again
ok 'without a word on it' sh -c '! grep -q "frames came" again.err'
ok 'a record of another machine' refuses \
    'has a network card in slot 27, where the machine has none' \
    "$selkirk" run --machine sys161 --input one.input "$kernel"

# A machine that sends nonsense, and never listens, is in nobody's way.
"$bad_peer" machine hub &
bad=$!
running+=("$bad")
exec=exec machine 1 three --model vliw --record three.input &
one=$!
running+=("$one")
ok 'two meet beside a bad one' machine 2 four --max-insns 1G
ok 'both' wait $one
ok 'each hears the other' met three 0x00000002
ok 'and nothing else' met four 0x00000001
end $bad || true
ok 'a record under the layer' machine 1 again3 --input three.input \
    --model vliw --check --engine reference
ok 'checked step by step' same three again3
ok 'a hub where one is' refuses 'something listens there already' \
    "$selkirk" hub161 hub
kill $hub
ok 'a hub ends well' wait $hub
ok 'and says what it did' grep -Eq \
    'hub161: [1-9][0-9]* frames, [1-9][0-9]* copies .*, [1-9][0-9]* bad' hub.err
ok 'its socket is gone' [ ! -e hub ]

# No hub, a hub, none, a hub again.
exec=exec machine 1 five --record five.input &
one=$!
running+=("$one")
ok 'without a hub there is no carrier' until_true grep -q \
    'nic in slot 27: there is no hub at hub, and no carrier' five.err
start_hub
ok 'it finds a hub' until_true grep -q 'there is a hub' five.err
kill -KILL $hub
wait $hub 2>/dev/null || true
ok 'it goes on without' until_true told 2 'there is no hub' five.err
start_hub
ok 'a hub takes the place of one that was killed' until_true told 2 \
    'there is a hub' five.err
kill $one $hub
wait $one 2>/dev/null || true
wait $hub || true

# A hub that lies, floods and vanishes.
rm -f hub
"$bad_peer" hub hub &
bad=$!
running+=("$bad")
until_true [ -S hub ]
ok 'a bad hub harms nobody' machine 1 six --max-cycles 50M
[ "$(stat six nic.bad)" -gt 0 ] || machine 1 six --max-cycles 200M
ok 'its lies are counted' [ "$(stat six nic.bad)" -gt 100 ]
end $bad || true

# Sockets that are none.
ok 'a folder that is not there' refuses 'cannot listen there: No such file' \
    "$selkirk" hub161 none/hub
echo >file
ok 'a file' refuses 'which is no socket' "$selkirk" hub161 file
ok 'it stays' [ -s file ]
long=$(printf '%0120d' 0)
ok 'a name that is too long' refuses 'has at most 107 characters' \
    "$selkirk" hub161 "$long"
ok 'for a card, too' refuses 'has at most 107 characters' "$selkirk" run \
    --machine sys161 --set "sys161.slots=3 nic hwaddr=1 hub=$long, 31 mainboard" \
    "$kernel"
echo "1..$count"
exit $((failed > 0))
