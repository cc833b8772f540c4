#!/bin/bash
# selkirk exp --slurm against a real Slurm of one node, which is started here:
# test_slurm.sh SELKIRK.  77: Slurm is not installed.
for command in slurmctld slurmd sbatch; do
    command -v $command >/dev/null || exit 77
done
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
selkirk=$(realpath "$1")
work=$(mktemp -d)
end() {
    local pid
    scancel --me 2>/dev/null
    for pid in "$work"/*.pid; do
        [ ! -e "$pid" ] || kill "$(cat "$pid")" 2>/dev/null
    done
    rm -rf "$work"
}
trap end EXIT
cd "$work" || exit 2
. "$root/tests/support/ok.sh"

# Ports that nobody else has: this process has its number alone.
port=$((20000 + $$ % 20000 * 2))
user=$(id -un)
cat >slurm.conf <<CONF
ClusterName=selkirk
SlurmctldHost=localhost
AuthType=auth/none
CredType=cred/none
SlurmUser=$user
SlurmdUser=$user
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
SlurmctldPort=$port
SlurmdPort=$((port + 1))
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_min_interval=0,batch_sched_delay=0,sched_interval=1
ReturnToService=2
NodeName=localhost CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
mkdir state spool
export SLURM_CONF=$work/slurm.conf
slurmctld && slurmd -N localhost || exit 2
for ((i = 0; i < 100; i++)); do
    sinfo -h -o %T 2>/dev/null | grep -q idle && break
    sleep 0.2
done
ok 'Slurm is there' [ "$(sinfo -h -o %T)" = idle ]

mipsel-linux-gnu-gcc -march=r3000 -mabi=32 -mfp32 -mno-abicalls -fno-pic -G0 \
    -ffreestanding -fno-builtin -O1 -nostdlib -static -no-pie \
    -Wl,-T,"$root/bench/programs/link.ld" -Wl,--build-id=none -I"$root" \
    "$root/bench/programs/start.S" "$here/exp_guest.c" -o guest || exit 2
cat >sweep.ini <<'INI'
[experiment]
title = it's a "sweep"
image = guest
arguments = 1000 0 {size}
outputs = insns, cycles, cycles.total
[base]
machine.board = bare
preset = tm5400
[axis gears]
key = morph.gears
values = 0, 1, 2
[axis size]
point 1 =
point 2 =
INI
exp() { timeout 100 "$selkirk" exp "$@" </dev/null; }
same() { # same FOLDER FOLDER: but for what is the host's
    local to
    to=$(head -n 1 "$1/results.csv" | tr , '\n' | grep -n '^host\.' |
        sed -n '1s/:.*//p')
    cmp <(cut -d, -f"1-$((to - 1))" "$1/results.csv") \
        <(cut -d, -f"1-$((to - 1))" "$2/results.csv")
}
said() { # said TEXT OPTION...: on the standard error
    local text=$1
    shift
    exp "$@" 2>said
    echo "status $?" >>said
    cat said
    grep -qF -- "$text" said
}

ok 'here' exp -q --out here sweep.ini
ok 'on the cluster' said '6 points submitted as' --slurm --out 'the folder' \
    sweep.ini
ok 'six points' grep -q '^selkirk: 6 points; ' said
ok 'are the same table' same here 'the folder'
ok 'once more' said 'selkirk: 6 points, 6 of them from before;' --slurm \
    --out 'the folder' sweep.ini
ok 'submits nothing' [ "$(grep -c submitted said)" -eq 0 ]
rm 'the folder/points/0003/stats.json'
ok 'what is missing' said 'selkirk: 1 point submitted as' --slurm \
    --out 'the folder' sweep.ini
ok 'comes again' same here 'the folder'
ok 'two at a time, a key, % in a name' exp -q --slurm --jobs 2 \
    --set machine.memory=12M --only gears=1 --out '50%j' sweep.ini
ok 'which the tasks have' [ "$(grep -lx 'memory = 12M' \
    '50%j'/points/*/config.ini | wc -l)" -eq 2 ]

# Tasks that fail.
sed 's/^point 2 =/point 2 = status=9/' sweep.ini >fail.ini
ok 'a point that fails' said 'failed: status 0' --slurm --out fail fail.ini
ok 'is told and counted' grep -q '^selkirk: 6 points, 3 failed; ' said
ok 'with status 1' grep -qx 'status 1' said
exp -q --out fail.here fail.ini 2>/dev/null
ok 'and is in the table' same fail fail.here
cat >long.ini <<'INI'
[experiment]
image = guest
arguments = 2000000000
outputs = insns
[base]
machine.board = bare
cpu.model = functional
INI
exp --slurm --out long long.ini 2>said &
for ((i = 0; i < 300; i++)); do
    [ ! -e long/points/0001/log.txt ] || break
    sleep 0.1
done
scancel --me
wait
ok 'a task that is cancelled' grep -q 'failed: .*CANCELLED' said

# A signal: the jobs go on.
exp --slurm --out left sweep.ini 2>said &
pid=$!
for ((i = 0; i < 100; i++)); do
    ! grep -q submitted said || break
    sleep 0.1
done
pkill -INT -P $pid
wait $pid
ok 'an interruption' grep -q "Slurm's jobs go on" said
ok 'is gone on from' said 'waiting for Slurm' --slurm --out left sweep.ini
ok 'without another job' [ "$(grep -c submitted said)" -eq 0 ]
ok 'to the same' same here left

# A task by itself.
ok 'a task' exp --task 2 --out alone sweep.ini
ok 'runs its point' [ -e alone/points/0002/done.ini ]
ok 'and no other' [ ! -e alone/points/0001 ]
ok 'and no table' [ ! -e alone/results.csv ]
ok 'there are no more' said '--task: there is no point 7; they are 1 to 6' \
    --task 7 --out alone sweep.ini
ok 'bad input' grep -qx 'status 2' said

ok 'and no others' said '--task: with --only it says twice' --task 2 \
    --only gears=1 --out alone sweep.ini

# Without Slurm.
PATH=/nowhere "$selkirk" exp --slurm --out without sweep.ini 2>said
ok 'no Slurm' [ $? -eq 3 ]
ok 'is told' grep -qF -- '--slurm: sbatch: cannot start sbatch: No such' said

echo "1..$count"
[ "$failed" -eq 0 ] || echo "# $failed of $count failed"
[ "$failed" -eq 0 ]
