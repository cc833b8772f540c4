# Cycles a unit of work, out of what translations took:
#   awk -v csv=FILE -f fit.awk WORDS SHARES CYCLES RESIDENT ROUTINES
# WORDS are settings of keys, SHARES what shares.awk prints, CYCLES and RESIDENT
# what the program prints, with the caches that there are and with an
# instruction cache that holds all of it; ROUTINES is of the other program.
# Prints tables, and writes FILE.
#
# The cycles a unit are those that make the sum of all translations right, which
# is the least squares fit if a translation's error grows as the root of its
# work.  Beside it is the fit of a straight line: so many cycles a translation,
# and so many a unit.

BEGIN {
    FS = ","
    n = split("translate1 form pass select schedule regalloc encode", keys, " ")
    unit["translate1"] = unit["form"] = "guest instruction"
    unit["pass"] = "node visited"
    unit["select"] = unit["encode"] = "atom"
    unit["schedule"] = "step"
    unit["regalloc"] = "register"
}

FILENAME == ARGV[1] {
    if (split($0, word, "=") == 2 && word[1] ~ /^cost\./)
        set[substr(word[1], 6)] = word[2]
    next
}

FILENAME == ARGV[2] {
    split($0, word, " ")
    part = word[1] ~ /regalloc/ ? "regalloc" : \
        word[1] ~ /schedule/ ? "schedule" : "encode"
    share[part] += word[2]
    shares += word[2]
    next
}

FILENAME == ARGV[5] {
    if (FNR > 1) {
        routine[++routines] = $1
        routine_key[routines] = $2
        routine_cycles[routines] = $4 / $3
    }
    next
}

FNR == 1 {
    run++
    order = ""
    for (i = 1; i <= NF; i++) {
        at[$i] = i
        if ($i ~ /^units\./ && $i !~ /\.(select|schedule|regalloc|encode)$/)
            order = order " " substr($i, 7)
    }
    next
}

# A translation took so many cycles for so many units.
function add(key, units, cycles) {
    if (units == 0)
        return
    if (run == 1)
        charged[gear] += set[key] * units
    i = ++count[run, key]
    u[run, key, i] = units
    c[run, key, i] = cycles
    all_units[run, key] += units
    all_cycles[run, key] += cycles
}

function cycles(stage) {
    return $at["cycles." stage]
}

{
    gear = $at["gear"]
    whole = passes = visits = 0
    for (column in at) {
        if (column !~ /^cycles\./ || column == "cycles.statistics")
            continue
        whole += $at[column]
        stage = substr(column, 8)
        by_stage[run, gear, stage] += $at[column]
        if (("units." stage) in at && stage !~ /^(select|schedule)$/) {
            passes += $at[column]
            visits += $at["units." stage]
        }
        if (("units." stage) in at)
            by_units[gear, stage] += run == 1 ? $at["units." stage] : 0
    }
    translations[gear] += run == 1
    guests[gear] += run == 1 ? $at["guests"] : 0
    if (gear == 1) {
        add("translate1", $at["guests"], whole)
        next
    }
    add("form", $at["guests"], cycles("discover") + cycles("lift"))
    add("pass", visits, passes)
    add("select", $at["units.select"], cycles("select"))
    add("schedule", $at["units.schedule"], cycles("graph") + cycles("bound") + \
        cycles("schedule") * share["schedule"] / shares)
    add("regalloc", $at["units.regalloc"], \
        cycles("schedule") * share["regalloc"] / shares)
    add("encode", $at["units.encode"], cycles("stubs") + cycles("finish") + \
        cycles("schedule") * share["encode"] / shares)
}

# Least squares of c = fixed + slope * u.
function fit_line(run, key, i, x, y, xx, xy, m, d) {
    m = count[run, key]
    x = y = xx = xy = 0
    for (i = 1; i <= m; i++) {
        x += u[run, key, i]
        y += c[run, key, i]
        xx += u[run, key, i] ^ 2
        xy += u[run, key, i] * c[run, key, i]
    }
    d = m * xx - x * x
    slope = d ? (m * xy - x * y) / d : 0
    fixed = (y - slope * x) / m
}

# The root of the mean square of what a line leaves, in per cent of the mean.
function error(run, key, fixed, slope, i, m, sum) {
    m = count[run, key]
    sum = 0
    for (i = 1; i <= m; i++)
        sum += (c[run, key, i] - fixed - slope * u[run, key, i]) ^ 2
    return 100 * sqrt(sum / m) / (all_cycles[run, key] / m)
}

END {
    printf "%-16s%-19s%8s%9s%7s%10s%7s%22s%7s\n", "key", "unit", "set", \
        "measured", "error", "resident", "error", "line of that", "error"
    if (csv)
        print "key,unit,set,measured,measured_error,resident," \
            "resident_error,line_fixed,line_slope,line_error" >csv
    for (k = 1; k <= n; k++) {
        key = keys[k]
        for (r = 1; r <= 2; r++) {
            per[r] = all_cycles[r, key] / all_units[r, key]
            off[r] = error(r, key, 0, per[r])
        }
        fit_line(2, key)
        rest = error(2, key, fixed, slope)
        printf "%-16s%-19s%8d%9.1f%6.0f%%%10.1f%6.0f%%", "cost." key, \
            unit[key], set[key], per[1], off[1], per[2], off[2]
        printf "%10.0f + %8.1f u%6.0f%%\n", fixed, slope, rest
        if (csv)
            printf "cost.%s,%s,%s,%.1f,%.1f,%.1f,%.1f,%.1f,%.1f,%.1f\n", key, \
                unit[key], set[key], per[1], off[1], per[2], off[2], fixed, \
                slope, rest >csv
    }
    for (gear = 1; gear <= 2; gear++) {
        printf "\ngear %d: %d translations of %d guest instructions\n", gear, \
            translations[gear], guests[gear]
        printf "%-12s%10s%10s  cycles a guest instruction\n", "stage", \
            "measured", "resident"
        m = split("discover lift " order " select graph bound schedule stubs " \
            "finish", names, " ")
        sum[1] = sum[2] = 0
        for (i = 1; i <= m; i++) {
            stage = names[i]
            if (!by_stage[1, gear, stage])
                continue
            for (r = 1; r <= 2; r++) {
                per[r] = by_stage[r, gear, stage] / guests[gear]
                sum[r] += per[r]
            }
            printf "%-12s%10.0f%10.0f", stage, per[1], per[2]
            if (by_units[gear, stage])
                printf "  %8.1f%8.1f a unit", \
                    by_stage[1, gear, stage] / by_units[gear, stage], \
                    by_stage[2, gear, stage] / by_units[gear, stage]
            print ""
        }
        printf "%-12s%10.0f%10.0f  charged: %.0f\n", "all", sum[1], sum[2], \
            charged[gear] / guests[gear]
    }

    printf "\n%-16s%-16s%8s%10s\n", "routine", "key", "set", "measured"
    for (i = 1; i <= routines; i++) {
        key = routine_key[i]
        printf "%-16s%-16s%8s%10.0f\n", routine[i], key == "" ? "-" : key, \
            key == "" ? "" : set[substr(key, 6)], routine_cycles[i]
    }
}
