# What the scripts of this folder share; they source it.
# shellcheck shell=bash

# seconds FILE COMMAND...: wall seconds of a command, or with cpu=yes those of
# all its threads, user and system; its output goes to FILE, its status is this
# function's.
seconds() {
    local log=$1 status=0 start=$EPOCHREALTIME end TIMEFORMAT='%U %S'
    shift
    { time timeout 3600 "$@" >"$log" 2>&1 </dev/null; } 2>"$log.cpu" || status=$?
    end=$EPOCHREALTIME
    if [ "${cpu:-}" = yes ]; then
        awk '{ printf "%.4f\n", $1 + $2 }' "$log.cpu"
    else
        awk "BEGIN { printf \"%.4f\\n\", $((${end/./} - ${start/./})) / 1e6 }"
    fi
    return $status
}

# median <NUMBERS: one a line; the lower one of two in the middle.
median() {
    sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# need_selkirk PATH
need_selkirk() {
    [ -x "$1" ] || {
        echo "$0: $1 is missing; run: scripts/test" >&2
        exit 2
    }
}

# instructions <LOG: what selkirk's summary says.
instructions() {
    sed -n 's/^ *instructions *\([0-9]*\).*/\1/p'
}
