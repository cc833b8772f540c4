# For scripts that test from outside, and are sourced with `work` set: counts
# checks, and prints one a line.
count=0
failed=0
ok() { # ok DESCRIPTION COMMAND...
    count=$((count + 1))
    local what=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        echo "ok $count - $what"
    else
        echo "not ok $count - $what"
        sed 's/^/# /' "$work/log"
        failed=$((failed + 1))
    fi
}
