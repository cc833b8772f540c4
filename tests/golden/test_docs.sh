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
exit $status
