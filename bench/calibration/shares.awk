# How instructions of the scheduler's stage divide among its files:
#   awk -f shares.awk MAP TRACE
# where MAP is of a program that calibration/build left, TRACE of `selkirk run
# --trace insns` of it.  Prints FILE INSTRUCTIONS, a line each.  What is in no
# file of the back end, as memset(), is not counted: it is taken to divide as
# the rest.

# The trace's stage runs from the first instruction of backend_schedule() to
# that of the function which ends stages.

# A number in hexadecimal digits.
function number(hex, n, i) {
    for (i = 1; i <= length(hex); i++)
        n = 16 * n + index("0123456789abcdef", substr(hex, i, 1)) - 1
    return n
}

# The last 5 digits of an address; the program is smaller.
function place(address) {
    return number(substr(address, length(address) - 4))
}

# Sections of the map: NAME ADDRESS SIZE FILE, the name perhaps on a line of its
# own before.
FNR == NR {
    if ($1 ~ /^\.text\./)
        name = $1
    if (NF < 3 || $(NF - 2) !~ /^0x0*80/ || $NF !~ /\.o$/)
        next
    from = place($(NF - 2))
    if (name == ".text.backend_schedule")
        begins = from
    if (name == ".text.stages_end")
        ends = from
    file = $NF
    sub(/.*\//, "", file)
    sub(/\.o$/, "", file)
    if (file ~ /^optimizer-(schedule|regalloc|pack)$|^hwmodel-vliw-molecule$/)
        for (size = number(substr($(NF - 1), 3)); size > 0; size -= 4) {
            owner[from] = file
            from += 4
        }
    next
}

# Addresses come again and again.
!($3 in known) {
    at = place($3)
    known[$3] = at == begins ? "begin" : at == ends ? "end" : owner[at]
}
{
    file = known[$3]
    if (file == "begin") {
        inside = 1
        file = owner[begins]
    } else if (file == "end") {
        inside = 0
    }
    if (inside && file != "")
        count[file]++
}

END {
    for (file in count)
        print file, count[file]
}
