#!/bin/bash
# The pages of docs/ that are written from tables: test_docs.sh SELKIRK.
# BLESS=1 rewrites them.
set -euo pipefail
selkirk=$1
docs=$(cd "$(dirname "$0")/../../docs" && pwd)
status=0
for page in atoms boards instructions keys operations; do
    if [ "${BLESS:-}" = 1 ]; then
        "$selkirk" docs $page >"$docs/$page.md"
    elif ! "$selkirk" docs $page | diff -u "$docs/$page.md" -; then
        echo "docs/$page.md is out of date; run: BLESS=1 $0 SELKIRK" >&2
        status=1
    fi
done
# The figures' text takes its numbers from the tables in docs/results.
page() { "$docs/../bench/reproduce" --page; }
if [ "${BLESS:-}" = 1 ]; then
    page >"$docs/results.md"
elif ! page | diff -u "$docs/results.md" -; then
    echo "docs/results.md is out of date; run: BLESS=1 $0 SELKIRK" >&2
    status=1
fi
exit $status
