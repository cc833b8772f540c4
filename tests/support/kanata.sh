# pipe_is_right FILE: the file is a log as Konata's format wants it, and as its
# viewer shows it well.  Prints what is wrong, or counts: `end CYCLE`, `layer
# ROWS`, `flushed ROWS`, `thread N ROWS`, `arrows N`, and for each stage `NAME
# TIMES` and `spent NAME CYCLES`.
#
# Rows and what retires count up from 0 in the order of the file.  Time goes
# forward, from C= on.  A row is begun once, ends once, and nothing follows then;
# a text of it that goes on begins a line.  An arrow is told of before `Wt`.  Of
# its stages, over both lanes, one is open at a time, from row's begin to row's
# end without a gap; only Pr may be empty, and is ended by the row's end.  A name
# has room in a cycle of the viewer's: two letters.
# shellcheck shell=bash
pipe_is_right() {
    awk -F '\t' '
    function bad(text) { print FILENAME ":" NR ": " text; broken = 1; exit 1 }
    NR == 1 { if ($0 != "Kanata\t0004") bad("header"); next }
    NR == 2 { if ($1 != "C=") bad("no begin"); now = $2; next }
    $1 == "C" { if ($2 <= 0) bad("time stands still"); now += $2; next }
    $1 == "I" {
        if (NF != 4 || $2 != rows || $3 != of_thread[$4]++) bad("row")
        alive[rows++] = 1
        since[$2] = now
        next
    }
    !($2 in alive) { bad("no such row") }
    $1 == "L" {
        if (NF != 4 || $4 == "" || $4 ~ /\\n$/) bad("text")
        if (($2, $3) in label != ($4 ~ /^\\n/)) bad("text, or more of it")
        label[$2, $3] = 1
        if ($3 == 0 && $4 ~ /^layer: /) layer++
        next
    }
    $1 == "W" {
        if (NF != 4 || $3 >= $2 || $4 != 0 || $2 in waits) bad("arrow")
        waits[$2] = 1
        arrows++
        next
    }
    $1 == "S" {
        if (NF != 4 || $2 in stage || since[$2] != now) bad("stage")
        if (length($4) > 2 || $3 != ($4 != "X" && $4 != "Pr")) bad("name, lane")
        if ($2 in waits && $4 != "Wt") bad("arrow of one that does not wait")
        delete waits[$2]
        stage[$2] = $3 FS $4
        times[$4]++
        next
    }
    $1 == "E" {
        if (stage[$2] != $3 FS $4 || since[$2] == now) bad("end of a stage")
        spent[$4] += now - since[$2]
        delete stage[$2]
        since[$2] = now
        next
    }
    $1 == "R" {
        if ($2 in stage && stage[$2] != 0 FS "Pr") bad("stage without an end")
        if (!($2 in stage) && since[$2] != now) bad("gap")
        if ($3 != retired + 0 || $4 != 0 && $4 != 1) bad("retired")
        retired += !$4
        flushed += $4
        delete alive[$2]
        next
    }
    { bad("what is " $1) }
    END {
        if (broken) exit 1
        for (row in alive) { print "row " row " does not end"; exit 1 }
        print "end", now
        print "layer", layer + 0
        print "flushed", flushed + 0
        print "arrows", arrows + 0
        for (thread in of_thread) print "thread", thread, of_thread[thread]
        for (name in times) print name, times[name]
        for (name in spent) print "spent", name, spent[name]
    }' "$1"
}
