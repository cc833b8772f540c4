# Whether every element of an HTML page with SVG in it is closed, in order, and
# nothing is taken from elsewhere.  Prints what is wrong; status 1 if anything.

function complain(what)
{
    print FILENAME ": " what
    bad = 1
}

BEGIN {
    RS = "<"
    split("meta br", list, " ")
    for (i in list)
        is_void[list[i]] = 1
}

FNR == 1 || /^!DOCTYPE/ { next }

{
    end = index($0, ">")
    if (!end) {
        complain("a tag without end: " substr($0, 1, 40))
        next
    }
    tag = substr($0, 1, end - 1)
    name = tag
    sub(/^\//, "", name)
    sub(/[ \t\n\/].*/, "", name)
    if (name !~ /^[A-Za-z][A-Za-z0-9]*$/)
        complain("no name of an element: " name)
    if (name ~ /^(script|link|iframe|object|embed|img|base|form)$/)
        complain("an element that has no place here: " name)
    if (tag ~ /[ \n\t](src|srcset|on[a-z]+)=/ ||
        tag ~ /href=["'][^#]/ || $0 ~ /url\( *["']?[^#"' ]/)
        complain("something from elsewhere: " tag)
    while (match(tag, / id=["'][^"']*/)) {
        id = substr(tag, RSTART + 5, RLENGTH - 5)
        if (id in ids)
            complain("twice the same id: " id)
        ids[id] = 1
        tag = substr(tag, RSTART + RLENGTH)
    }
    tag = substr($0, 1, end - 1)
    if (tag ~ /^\//) {
        if (open[depth] != name)
            complain("</" name "> where " open[depth] " is open")
        else
            depth--
    } else if (tag !~ /\/$/ && !(name in is_void)) {
        open[++depth] = name
    }
}

END {
    if (depth)
        complain("not closed: " open[depth])
    exit bad
}
