# The table of bench/peers, from its lines of what was measured: program, side,
# instructions, seconds (or -), seconds of them for starting.  -v sides="..."

function mean(logs, n)
{
    return n ? exp(logs / n) : 0
}

function row(text, format, values, i)
{
    printf "%-10s%6s", text, ""
    for (i = 1; i <= n; i++)
        printf "%7s", values[side[i]] ? sprintf(format, values[side[i]]) : ""
    print ""
}

BEGIN {
    n = split(sides, side, " ")
    printf "%-10s%6s", "program", "M"
    for (i = 1; i <= n; i++)
        printf "%7s", side[i]
}

{
    if ($1 != name[names]) {
        name[++names] = $1
        printf "\n%-10s%6.0f", $1, $3 / 1e6
    }
    starts[$2] += 1000 * $5
    if ($4 == "-") {
        wrong = 1
        printf "%7s", "wrong"
        next
    }
    # What a fast side is done with at once is as good as nothing.
    net = $4 - $5 > 0.0001 ? $4 - $5 : 0.0001
    at[$1, $2] = $3 / net / 1e6
    logs[$2] += log(at[$1, $2])
    count[$2]++
    printf "%7.0f", at[$1, $2]
}

END {
    print ""
    for (i = 1; i <= n; i++) {
        s = side[i]
        start[s] = starts[s] / names
        means[s] = mean(logs[s], count[s])
        sum = both = 0
        for (k = 1; k <= names; k++) {
            if (!((name[k], s) in at) || !((name[k], "icount") in at))
                continue
            r = at[name[k], s] / at[name[k], "icount"]
            sum += log(r)
            if (++both == 1 || r < least[s])
                least[s] = r
        }
        ratio[s] = mean(sum, both)
    }
    row("mean", "%.0f", means)
    row("to icount", "%.2f", ratio)
    row("least", "%.2f", least)
    row("start, ms", "%.0f", start)
    print ""
    print "M: million instructions, those of the bare board; others do the " \
        "same work"
    print "with their own.  Starting is not in the MIPS.  mean: geometric; " \
        "to icount:"
    print "of the ratios to the side icount; least: of them."
    if (wrong)
        print "wrong: another checksum than the expected one; in no mean."
}
