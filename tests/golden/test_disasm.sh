#!/bin/bash
# The decoder and the disassembler against the GNU ones: every row of
# r3000.def with random operands, every key, and random words.
# Usage: test_disasm.sh DISASM_WORDS [SEED]
set -euo pipefail

words=${1:?usage: test_disasm.sh DISASM_WORDS [SEED]}
seed=${2:-1}
objdump=${OBJDUMP:-mipsel-linux-gnu-objdump}
command -v "$objdump" >/dev/null || {
    echo "test_disasm: no '$objdump': install binutils-mipsel-linux-gnu," \
        "or name another one in OBJDUMP" >&2
    exit 2
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What objdump says of the words in $1, as "address text".  The differences
# that are meant to be:
#
#   nop             sll zero,zero,0x0 to it, as aliases are off
#   neg, negu       aliases that it prints nevertheless
#   c0_status       c0_sr to it
#   lwc0 swc0       Kane's appendix A has no such instructions: LWC and SWC
#                   are for coprocessors 1 to 3
#   cfc0 ctc0       nor has CP0 control registers
#   c0 N, c1 N      any coprocessor operation to it; here each function is a
#                   row of its own, and what has no row is reserved
#   jalx            MIPS16
gnu() {
    "$objdump" -z -D -b binary -m mips:3000 -EL --adjust-vma=0x1000 \
        -M no-aliases,gpr-names=32,cp0-names=r3000 "$1" |
        awk -F '\t' '
        /^ *[0-9a-f]+:\t/ {
            gsub(/[ :]/, "", $1)
            sub(/ +$/, "", $2)
            text = $4 == "" ? $3 : $3 " " $4
            if ($2 == "00000000")
                text = "nop"
            if ($3 ~ /^(lwc0|swc0|cfc0|ctc0|c0|c1|jalx)$/) {
                text = $2
                sub(/^0+/, ".word 0x", text)
                if (text !~ /^\./)
                    text = ".word 0x" text
            }
            if ($3 ~ /^negu?$/) {
                split($4, register, ",")
                text = ($3 == "neg" ? "sub " : "subu ") \
                    register[1] ",zero," register[2]
            }
            sub(/,c0_sr$/, ",c0_status", text)
            printf "%s%s %s\n", substr("00000000", length($1) + 1), $1, text
        }'
}

# compare WHAT COUNT: the words that "disasm_words WHAT" writes.
compare() {
    local name=$1 count
    "$words" "$1" --seed "$seed" --count "$2" "$work/words" >"$work/ours"
    gnu "$work/words" >"$work/gnu"
    count=$(wc -l <"$work/ours")
    if ! diff -U 0 --label selkirk --label objdump \
        "$work/ours" "$work/gnu" >"$work/diff"; then
        echo "test_disasm: $name, seed $seed: not the same:"
        head -n 30 "$work/diff"
        exit 1
    fi
    # Agreement on nothing is none.
    [ "$count" -ge 1000 ] || {
        echo "test_disasm: $name: only $count words"
        exit 1
    }
    echo "test_disasm: $name, seed $seed: $count words the same," \
        "$(grep -c ' \.word ' "$work/ours") of them reserved"
}

compare rows 64
compare keys 0
compare random 100000
