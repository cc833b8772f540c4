# Fills the numbers of docs/results.md in: awk -f results.awk TABLE.csv...
# results.md.in.  In the text, {{NAME}} stands for a fact that is worked out
# below from the tables.  A fact or a row that is not there ends it.
BEGIN { FS = "," }

function die(text) {
    print "results.awk: " text >"/dev/stderr"
    failed = 1
    exit 1
}

# --- Tables: cell[table, row, column] ----------------------------------------

FILENAME ~ /\.csv$/ {
    if (FNR == 1) {
        table = FILENAME
        sub(/.*\//, "", table)
        sub(/\.csv$/, "", table)
        columns[table] = NF
        for (i = 1; i <= NF; i++) {
            column[table, i] = $i
            has[table, $i] = 1
        }
        next
    }
    rows[table] = FNR - 1
    for (i = 1; i <= NF; i++)
        cell[table, FNR - 1, column[table, i]] = $i
    next
}

# The one row where column A is V, and B is W if B is given.
function row_of(t, a, v, b, w,   r, found) {
    for (r = 1; r <= rows[t]; r++)
        if (cell[t, r, a] == v && (b == "" || cell[t, r, b] == w)) {
            if (found) die(t ".csv: two rows with " a " " v " " b " " w)
            found = r
        }
    if (!found) die(t ".csv: no row with " a " " v " " b " " w)
    return found
}
function at(t, r, name) {
    if (!has[t, name]) die(t ".csv: no column " name)
    return cell[t, r, name]
}
# The values of a column, each once, in their order: list[1..n].
function values(t, name, list,   r, n, seen) {
    for (r = 1; r <= rows[t]; r++)
        if (!seen[at(t, r, name)]++) list[++n] = cell[t, r, name]
    return n
}

# --- Numbers ------------------------------------------------------------------

function million(n) { return sprintf("%.1f", n / 1e6) }
function percent(part, all) {
    return all > 0 ? sprintf("%.1f", 100 * part / all) : "0.0"
}
function two(x) { return sprintf("%.2f", x) }
# In units that leave three digits before the point.
function short(n) {
    if (n >= 1e6) return sprintf("%.3g M", n / 1e6)
    if (n >= 1e3) return sprintf("%.3g k", n / 1e3)
    return sprintf("%.0f", n)
}
function line(text) { lines = lines text "\n" }
function take(   text) {
    text = lines
    lines = ""
    sub(/\n$/, "", text)
    return text
}

# --- Facts --------------------------------------------------------------------

# The causes of a row's cycles, the heaviest first: "gear2 38 %, icache 20 %".
function heaviest(t, r, count,   i, k, name, best, used, text) {
    for (k = 1; k <= count; k++) {
        best = ""
        for (i = 1; i <= columns[t]; i++) {
            name = column[t, i]
            if (name !~ /^cycles\./ || name == "cycles.total" || used[name])
                continue
            if (best == "" || cell[t, r, name] + 0 > cell[t, r, best] + 0)
                best = name
        }
        used[best] = 1
        text = text (k > 1 ? ", " : "") substr(best, 8) " " \
            sprintf("%.0f", 100 * cell[t, r, best] / cell[t, r, "cycles"]) " %"
    }
    return text
}
# All that translates.
function translating(t, r,   i, n) {
    for (i = 1; i <= columns[t]; i++)
        if (column[t, i] ~ /^cycles\.translate/)
            n += cell[t, r, column[t, i]]
    return n
}

function boots(   i, n, list, r, base) {
    n = values("boot", "machine", list)
    base = at("boot", row_of("boot", "machine", "r3000"), "cycles")
    line("| machine | M instructions | M cycles | cycles an instruction | cycles to the R3000's |")
    line("|---|---|---|---|---|")
    for (i = 1; i <= n; i++) {
        r = row_of("boot", "machine", list[i])
        line("| `" list[i] "` | " million(at("boot", r, "insns")) " | " \
            million(at("boot", r, "cycles")) " | " two(at("boot", r, "cpi")) \
            " | " two(at("boot", r, "cycles") / base) " |")
    }
    fact["boot.table"] = take()
    r = row_of("boot", "machine", "gears-0-2")
    fact["boot.insns"] = million(at("boot", r, "insns"))
    fact["boot.cycles"] = million(at("boot", r, "cycles"))
    n = at("boot", r, "insns")
    fact["boot.gear2"] = percent(at("boot", r, "core.insns.gear2"), n)
    fact["boot.gear1"] = percent(at("boot", r, "core.insns.gear1"), n)
    fact["boot.handlers"] = percent(at("boot", r, "morph.handler.insns"), n)
    fact["boot.gear0"] = percent(at("boot", r, "morph.gear0.insns"), n)
    fact["boot.translations1"] = at("boot", r, "morph.gear1.translations")
    fact["boot.translations2"] = at("boot", r, "morph.gear2.translations")
    fact["boot.exceptions"] = at("boot", r, "morph.exceptions")
    fact["boot.rollbacks"] = at("boot", r, "core.rollbacks")
    fact["boot.heaviest"] = heaviest("boot", r, 5)
    fact["boot.heaviest0"] = heaviest("boot",
        row_of("boot", "machine", "gear-0"), 2)
    fact["boot.heaviest1"] = heaviest("boot",
        row_of("boot", "machine", "gears-0-1"), 3)
    fact["boot.heaviest_r3000"] = heaviest("boot",
        row_of("boot", "machine", "r3000"), 3)
    fact["boot.translating"] = percent(translating("boot", r),
        at("boot", r, "cycles"))
    fact["version"] = at("boot", r, "version")
}
# Gear 2's and gear 0's share in the first and the last tenth of the cycles.
function residency(   t, r, end, tenth, all, gear0, gear2) {
    t = "boot-residency"
    end = at(t, rows[t], "cycles")
    for (r = 1; r <= rows[t]; r++) {
        tenth = int(10 * at(t, r, "cycles") / end)
        if (tenth > 9) tenth = 9
        gear0[tenth] += at(t, r, "morph.gear0.insns")
        gear2[tenth] += at(t, r, "core.insns.gear2")
        all[tenth] += at(t, r, "core.insns.gear1") + \
            at(t, r, "core.insns.gear2") + at(t, r, "morph.gear0.insns") + \
            at(t, r, "morph.handler.insns")
    }
    fact["first.gear0"] = percent(gear0[0], all[0])
    fact["first.gear2"] = percent(gear2[0], all[0])
    fact["last.gear0"] = percent(gear0[9], all[9])
    fact["last.gear2"] = percent(gear2[9], all[9])
}
function passes(t,   r) {
    for (r = 1; r <= rows[t]; r++)
        line("- `" at(t, r, "passes") "` passes `" at(t, r, "passed") "` at " \
            short(at(t, r, "cycles")) " cycles, " short(at(t, r, "insns")) \
            " instructions")
    if (rows[t] == 0) line("- no curve passes another")
    fact[t] = take()
}
function repetition(   t, r, base, n) {
    t = "repeat-fit"
    base = row_of(t, "series", "r3000")
    line("| machine | S, M cycles | T, M cycles | T to the R3000's | passes the R3000 at n | worst error |")
    line("|---|---|---|---|---|---|")
    for (r = 1; r <= rows[t]; r++) {
        n = r != base && at(t, r, "T") < at(t, base, "T") ? \
            (at(t, r, "S") - at(t, base, "S")) / \
            (at(t, base, "T") - at(t, r, "T")) : -1
        line("| `" at(t, r, "series") "` | " million(at(t, r, "S")) " | " \
            million(at(t, r, "T")) " | " two(at(t, r, "T") / at(t, base, "T")) \
            " | " (r == base ? "" : n < 0 ? "never" : two(n)) " | " \
            percent(at(t, r, "worst_error"), 1) " % |")
    }
    fact["repeat.table"] = take()
}

# How much faster than the R3000 a machine is, over all programs: NAME.MACHINE.mean,
# .most, .least and so on.
function speedup_of(t, machine,   i, n, list, r, s, log_sum, most, least,
        faster, wanted, best, worst, prefix) {
    n = values(t, "program", list)
    least = 1e9
    for (i = 1; i <= n; i++) {
        r = row_of(t, "program", list[i], "machine", machine)
        s = at(t, row_of(t, "program", list[i], "machine", "r3000"),
            "cycles") / at(t, r, "cycles")
        log_sum += log(s)
        if (s > most) { most = s; best = list[i] }
        if (s < least) { least = s; worst = list[i] }
        faster += s >= 1
        wanted += s >= 1.4
    }
    prefix = t "." machine "."
    fact[t ".count"] = n
    fact[prefix "mean"] = two(exp(log_sum / n))
    fact[prefix "most"] = two(most)
    fact[prefix "best"] = best
    fact[prefix "least"] = two(least)
    fact[prefix "worst"] = worst
    fact[prefix "faster"] = faster + 0
    fact[prefix "wanted"] = wanted + 0
    fact[prefix "worst_stack"] = heaviest(t,
        row_of(t, "program", worst, "machine", machine), 5)
    fact[prefix "best_stack"] = heaviest(t,
        row_of(t, "program", best, "machine", machine), 3)
}
# The modelled hosts of a table, by preset: how many.
function hosts_of(t, list,   i, n, m, all) {
    n = values(t, "machine", all)
    for (i = 1; i <= n; i++)
        if (all[i] ~ /^tm[0-9]+$/) list[++m] = all[i]
    return m
}
# What speedup_of() says of a machine, as text.
function speedup_text(t, machine,   p) {
    p = t "." machine "."
    return "On the " toupper(machine) " " fact[p "faster"] " of the " \
        fact[t ".count"] " take less cycles than on the R3000, " \
        fact[p "wanted"] " of them at least\n1.4 times less; the geometric mean is " \
        fact[p "mean"] ". The best is `" fact[p "best"] "` with " \
        fact[p "most"] "\n(" fact[p "best_stack"] "), the worst `" \
        fact[p "worst"] "` with " fact[p "least"] "\n(" \
        fact[p "worst_stack"] ")."
}
# All machines by program: NAME.table, NAME.text.
function speedups(t,   i, k, n, m, list, hosts, base, r, text, stacks) {
    n = values(t, "program", list)
    m = hosts_of(t, hosts)
    text = "| program | M instructions | R3000: cycles an instruction |"
    for (k = 1; k <= m; k++) {
        speedup_of(t, hosts[k])
        fact[t ".text"] = fact[t ".text"] (k > 1 ? "\n\n" : "") \
            speedup_text(t, hosts[k])
        text = text " " toupper(hosts[k]) " | speedup |"
    }
    for (k = 1; k <= m; k++)
        text = text " where the " toupper(hosts[k]) "'s cycles go |"
    line(text)
    gsub(/[^|]+/, "---", text)
    line(text)
    for (i = 1; i <= n; i++) {
        base = row_of(t, "program", list[i], "machine", "r3000")
        text = stacks = ""
        for (k = 1; k <= m; k++) {
            r = row_of(t, "program", list[i], "machine", hosts[k])
            text = text " " two(at(t, r, "cpi")) " | " \
                two(at(t, base, "cycles") / at(t, r, "cycles")) " |"
            stacks = stacks " " heaviest(t, r, 4) " |"
        }
        line("| `" list[i] "` | " million(at(t, r, "insns")) " | " \
            two(at(t, base, "cpi")) " |" text stacks)
    }
    text = "| geometric mean | | |"
    for (k = 1; k <= m; k++)
        text = text " | " fact[t "." hosts[k] ".mean"] " |"
    for (k = 1; k <= m; k++) text = text " |"
    line(text)
    fact[t ".table"] = take()
}
# What the first pass of each workload takes on the TM5400 beside its steady
# state, and what of that is translating and interpreting.
function warming(   t, i, n, list, base, r, s, log_sum) {
    t = "workloads"
    n = values(t, "program", list)
    line("| program | steady | first pass | its speedup | translating | gear 0 | icache |")
    line("|---|---|---|---|---|---|---|")
    for (i = 1; i <= n; i++) {
        base = row_of(t, "program", list[i], "machine", "r3000")
        r = row_of(t, "program", list[i], "machine", "tm5400-first")
        s = at(t, base, "cpi") / at(t, r, "cpi")
        log_sum += log(s)
        line("| `" list[i] "` | " two(at(t, row_of(t, "program", list[i],
            "machine", "tm5400"), "cpi")) " | " two(at(t, r, "cpi")) " | " \
            two(s) " | " percent(translating(t, r), at(t, r, "cycles")) \
            " % | " percent(at(t, r, "cycles.gear0"), at(t, r, "cycles")) \
            " % | " percent(at(t, r, "cycles.icache"), at(t, r, "cycles")) " % |")
    }
    line("| geometric mean | | | " two(exp(log_sum / n)) " | | | |")
    fact[t ".first.table"] = take()
    fact[t ".first.mean"] = two(exp(log_sum / n))
}
# Instructions of all programs by gear in steady state on the TM5400, and what of
# all cycles is translating even there.
function gears_of_workloads(   t, r, n, all, cycles, translated) {
    t = "workloads"
    for (r = 1; r <= rows[t]; r++) {
        if (at(t, r, "machine") != "tm5400") continue
        n += at(t, r, "core.insns.gear2")
        all += at(t, r, "insns")
        translated += translating(t, r)
        cycles += at(t, r, "cycles")
    }
    fact["workloads.gear2"] = percent(n, all)
    fact["workloads.translating"] = percent(translated, cycles)
}

# Geometric mean of the change of the cycles, for each change.
function change_of(t, change,   r, base, n, log_sum) {
    for (r = 1; r <= rows[t]; r++) {
        if (at(t, r, "change") != change) continue
        base = has[t, "program"] ? \
            row_of(t, "program", at(t, r, "program"), "change", "tm5400") : \
            row_of(t, "change", "tm5400")
        log_sum += log(at(t, r, "cycles") / at(t, base, "cycles"))
        n++
    }
    if (!n) die(t ".csv: no change " change)
    return 100 * (exp(log_sum / n) - 1)
}
function ablation(   i, k, n, list, size, other) {
    n = values("ablation", "change", list)
    for (i = 1; i <= n; i++) {
        size[i] = change_of("ablation", list[i])
        other[i] = change_of("ablation-linux", list[i])
        fact["ablation." list[i]] = sprintf("%+.1f", size[i])
        fact["ablation-linux." list[i]] = sprintf("%+.1f", other[i])
    }
    # By what it costs the programs, the most first.
    line("| change | programs, cycles | boot, cycles |")
    line("|---|---|---|")
    for (k = 1; k <= n; k++) {
        for (i = 1; i < n; i++)
            if (size[i] < size[i + 1]) {
                swap(size, i)
                swap(other, i)
                swap(list, i)
            }
    }
    for (i = 1; i <= n; i++)
        if (list[i] != "tm5400")
            line("| `" list[i] "` | " sprintf("%+.1f", size[i]) " % | " \
                sprintf("%+.1f", other[i]) " % |")
    fact["ablation.table"] = take()
}
function swap(a, i,   kept) {
    kept = a[i]
    a[i] = a[i + 1]
    a[i + 1] = kept
}

# A sweep as a table: a row a value of X, a column a combination of BY (one or
# two axes), cycles an instruction; and the best value of each: T.best.
function sweep(t, x, by, by2,   i, k, m, n, j, p, xs, ys, zs, r, head, rule,
        text, cpi, best, at_best) {
    n = values(t, x, xs)
    m = by == "" ? 1 : values(t, by, ys)
    p = by2 == "" ? 1 : values(t, by2, zs)
    head = "| " x " |"
    rule = "|---|"
    for (k = 1; k <= m; k++)
        for (j = 1; j <= p; j++) {
            head = head " " (by == "" ? "" : ys[k]) \
                (by2 == "" ? "" : ", " by2 " " zs[j]) " |"
            rule = rule "---|"
        }
    line(head)
    line(rule)
    for (i = 1; i <= n; i++) {
        text = "| " xs[i] " |"
        for (k = 1; k <= m; k++)
            for (j = 1; j <= p; j++) {
                for (r = 1; r <= rows[t]; r++)
                    if (at(t, r, x) == xs[i] && \
                        (by == "" || at(t, r, by) == ys[k]) && \
                        (by2 == "" || at(t, r, by2) == zs[j]))
                        cpi = at(t, r, "cycles") / at(t, r, "insns")
                text = text " " sprintf("%.3f", cpi) " |"
                if (!((k, j) in best) || cpi < best[k, j]) {
                    best[k, j] = cpi
                    at_best[k, j] = xs[i]
                }
            }
        line(text)
    }
    text = "| best |"
    for (k = 1; k <= m; k++)
        for (j = 1; j <= p; j++)
            text = text " " at_best[k, j] " |"
    line(text)
    fact[t ".table"] = take()
}

function packing(   t, i, k, n, list, r, name, all, part, heads, text, count) {
    t = "programs"
    n = values(t, "program", list)
    text = "| format |"
    for (k = 1; k <= n; k++) text = text " " list[k] " |"
    line(text)
    gsub(/[^|]+/, "---", text)
    line(text)
    for (i = 1; i <= columns[t]; i++) {
        name = column[t, i]
        if (name !~ /^core\.format\./ || name ~ /\.(free|bits[0-9]+)$/) continue
        text = "| `" substr(name, 13) "` |"
        for (k = 1; k <= n; k++) {
            r = row_of(t, "program", list[k], "machine", "tm5400")
            text = text " " percent(at(t, r, name),
                at(t, r, "core.molecules")) " |"
        }
        line(text)
    }
    text = "| atoms a molecule |"
    for (k = 1; k <= n; k++) {
        r = row_of(t, "program", list[k], "machine", "tm5400")
        text = text " " two(at(t, r, "core.atoms") / \
            at(t, r, "core.molecules")) " |"
        all += at(t, r, "core.molecules")
        count += at(t, r, "core.atoms")
    }
    line(text)
    fact["packing.table"] = take()
    fact["packing.mean"] = two(count / all)
}

# Geometric means over the programs that all sides got right.
function engine(   t, i, k, n, m, sides, list, r, s, log_sum, mips) {
    t = "engine"
    n = values(t, "side", sides)
    line("| side | million guest instructions a second |")
    line("|---|---|")
    for (i = 1; i <= n; i++) {
        log_sum = m = 0
        for (r = 1; r <= rows[t]; r++) {
            if (at(t, r, "side") != sides[i] || at(t, r, "seconds") == "")
                continue
            s = at(t, r, "seconds") - at(t, r, "startup_seconds")
            if (s <= 0) continue
            log_sum += log(at(t, r, "instructions") / 1e6 / s)
            m++
        }
        mips[sides[i]] = m ? exp(log_sum / m) : 0
        line("| `" sides[i] "` | " sprintf("%.0f", mips[sides[i]]) " |")
    }
    fact["engine.table"] = take()
    fact["engine.jit"] = sprintf("%.0f", mips["jit"])
    fact["engine.core"] = sprintf("%.0f", mips["core"])
    fact["engine.times"] = mips["core"] > 0 ? \
        sprintf("%.1f", mips["jit"] / mips["core"]) : "0"
    fact["host.processor"] = at("host", 1, "processor")
    fact["host.processors"] = at("host", 1, "processors")
    fact["host.compiler"] = at("host", 1, "compiler")
}

# --- The text -----------------------------------------------------------------

FNR == 1 {
    boots()
    residency()
    passes("boot-startup-passes")
    passes("startup-passes")
    repetition()
    speedups("workloads")
    speedups("programs")
    warming()
    speedup_of("workloads", "tm8600-calibrated")
    gears_of_workloads()
    ablation()
    sweep("commit", "commit", "program")
    sweep("store-buffer", "stores", "program")
    sweep("superblock", "length", "program", "visits")
    sweep("caches", "l1d", "program", "l2")
    sweep("threshold", "gear2", "gear1")
    packing()
    engine()
}
{
    text = $0
    while (match(text, /\{\{[^}]*\}\}/)) {
        name = substr(text, RSTART + 2, RLENGTH - 4)
        if (!(name in fact)) die("line " FNR ": there is no fact " name)
        printf "%s%s", substr(text, 1, RSTART - 1), fact[name]
        text = substr(text, RSTART + RLENGTH)
    }
    print text
}
