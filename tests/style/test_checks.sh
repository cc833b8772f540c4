#!/bin/bash
# The style checks let good files pass and name bad lines: runs copies of them
# over small sources made here.  Usage: test_checks.sh
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A source that keeps all rules.
start() {
    rm -rf "$work/src"
    mkdir -p "$work"/src/{scripts,base,ir,hwmodel/vliw,hwmodel/dev,frontend} \
        "$work"/src/{optimizer,morph,cli,tests,build}
    cd "$work/src"
    cp "$root"/scripts/check-* scripts/
    cp "$root/.clang-format" .
    echo '#include "wherever.h"' >build/generated.c
    local file
    for file in base/a.h ir/a.h hwmodel/vliw/desc.h hwmodel/vliw/core.h \
        hwmodel/dev/a.h frontend/a.h optimizer/a.h morph/a.h cli/a.h \
        tests/a.h; do
        echo 'int x;' >"$file"
    done
    printf '#include "base/a.h"\n\n#include <stdio.h>\n' >base/b.c
    echo '#include "hwmodel/vliw/desc.h"' >optimizer/b.c
    printf '#include "cli/a.h"\n#include "morph/a.h"\n' >cli/b.c
    echo '#include <llvm-c/Core.h>' >hwmodel/vliw/llvm_jit.c
    printf '#include "a.h"\n#include <llvm-c/Core.h>\n' >tests/b.c
}

# fails CHECK TEXT: CHECK ends with status 1, and its output has TEXT.
fails() {
    local check=$1 text=$2 status=0 output
    output=$(cd / && "$work/src/scripts/$check" 2>&1) || status=$?
    case $status/$output in
    1/*"$text"*) ;;
    *)
        echo "test_checks: $check ended with $status and did not say:"
        echo "    $text"
        echo "$output"
        exit 1
        ;;
    esac
}

passes() {
    "$work/src/scripts/$1" || {
        echo "test_checks: $1 refuses a good source"
        exit 1
    }
}

# refuses FILE LINE TEXT: with LINE, FILE's second, check-includes says TEXT.
refuses() {
    start
    printf '/* A comment. */\n%s\n' "$2" >"$1"
    fails check-includes "$1:2: $3"
}

start
passes check-includes
passes check-format
refuses base/c.c '#include "ir/a.h"' 'base may not see ir'
refuses ir/c.h '#include "frontend/a.h"' 'ir may not see frontend'
refuses hwmodel/dev/c.c '#include "morph/a.h"' 'hwmodel may not see morph'
refuses frontend/c.c '  #  include "optimizer/a.h"' \
    'frontend may not see optimizer'
refuses frontend/c.c '#include "hwmodel/dev/a.h"' 'frontend may not see hwmodel'
refuses optimizer/c.c '#include "hwmodel/vliw/core.h"' \
    'optimizer may not see hwmodel/vliw/core.h'
refuses optimizer/c.c '#include "hwmodel/dev/a.h"' \
    'optimizer may not see hwmodel/dev/a.h'
refuses morph/c.c '#include "cli/a.h"' 'morph may not see cli'
refuses cli/c.c '#include "a.h"' '"a.h" is in none of the layers'
refuses cli/c.c '#include "tests/a.h"' '"tests/a.h" is in none of the layers'
refuses cli/c.c '#include "cli/missing.h"' 'there is no "cli/missing.h"'
refuses cli/c.c '#include <base/a.h>' '<base/a.h> is our own header'
refuses cli/c.c '#include <llvm/Support.h>' 'LLVM is seen outside'
refuses hwmodel/vliw/core.c '#include "llvm-c/Core.h"' 'LLVM is seen outside'
refuses cli/c.c '#include "/usr/include/stdio.h"' \
    '"/usr/include/stdio.h" is an absolute path'
refuses tests/c.c '#include </usr/include/stdio.h>' \
    '"/usr/include/stdio.h" is an absolute path'
refuses cli/c.c '#include "../base/a.h"' '"../base/a.h" has a relative step'
refuses cli/c.c '#include "cli/../base/a.h"' \
    '"cli/../base/a.h" has a relative step'
refuses tests/c.c '#include "./a.h"' '"./a.h" has a relative step'
refuses base/c.def '#include "ir/a.h"' 'base may not see ir'
refuses cli/c.c '#include HEADER' 'the file of this #include'

start
printf 'int  x;\n' >base/c.c
fails check-format 'base/c.c:1:'

# Of a repository the tracked files count, and no others.
start
git -c init.defaultBranch=main init -q
git add base
printf 'int  x;\n#include "cli/a.h"\n' >base/c.c
passes check-format
passes check-includes
git add base/c.c
fails check-format 'base/c.c:1:'
fails check-includes 'base/c.c:2: base may not see cli'

echo 'test_checks: all rules hold'
