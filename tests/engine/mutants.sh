#!/bin/bash
# Breaks the engine in one place at a time and demands that random programs see
# it: mutants.sh SOURCES GENERATOR [NAME...].  Each mutant is a copy of the
# sources with one line changed, built in a folder that goes in the end.
set -euo pipefail
sources=$1
generator=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
count=0

# mutant NAME FILE PROGRAMS s/FROM/TO/ : sed's expression must change the file.
mutant() {
    local name=$1 file=$work/src/hwmodel/vliw/$2 programs=$3 expression=$4
    [ ${#wanted[@]} -eq 0 ] || [[ " ${wanted[*]} " == *" $name "* ]] || return 0
    count=$((count + 1))
    cp "$file" "$work/before"
    sed -i -E "$expression" "$file"
    if cmp -s "$work/before" "$file"; then
        echo "not ok $count - $name: the expression changes nothing: $expression"
        failed=$((failed + 1))
        return
    fi
    if ! build >"$work/log" 2>&1; then
        echo "not ok $count - $name: it cannot be built"
        sed 's/^/# /' "$work/log"
        failed=$((failed + 1))
    elif sees "$programs"; then
        echo "ok $count - $name is seen"
    else
        echo "not ok $count - $name is not seen"
        failed=$((failed + 1))
    fi
    cp "$work/before" "$file"
}

build() { cmake --build "$work/build" --target engine_random selkirk_llvm; }

# A crash is seen, too.
sees() {
    ! timeout 200 "$work/build/tests/random/engine_random" --seed 1 \
        --count "$1" >"$work/log" 2>&1
}

wanted=("$@")
mkdir "$work/src"
tar -C "$sources" --exclude .git --exclude ./build -cf - . |
    tar -C "$work/src" -xf -
# Something may be unused in a mutant.
cmake -S "$work/src" -B "$work/build" -G "$generator" \
    -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS='-O1 -w' >"$work/log"
build >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    exit 1
}

mutant 'undo off' engine_mem.c 400 \
    's/^( *)host_put\(undo->host, undo->size, undo->old\);/\1(void)undo;/'
mutant 'undo in the wrong order' engine_mem.c 2000 \
    's/for \(unsigned i = ENGINE_SITE_STORES\(site\); i-- > 0;\)/for (unsigned i = 0; i < ENGINE_SITE_STORES(site); i++)/'
mutant 'a branch that is a cycle short' llvm/emit.c 20 \
    '/static void take_branch/,/^}/s/desc\.branch - 1/desc.branch - 2/'
mutant 'a branch that counts a cycle less' engine_walk.c 20 \
    's/tally\.branch \+= cycles - 1/tally.branch += cycles - 2/'
mutant 'a deadline that is met a cycle late' core_impl.h 200 \
    's/(c->engine\.limit = soft < c->clock .*cycles) : soft/\1 + 1 : soft/'
mutant 'stalls that leave the limit alone' core_impl.h 200 \
    's/limit > cycles \? limit - cycles : 0/limit/'
mutant 'a line that stays when it is replaced' engine_mem.c 200 \
    '/^static inline void forget_place/,/^}/s/clear_tag\(c, tags\[user\], user\);//'
mutant 'a line that stays when its page leaves the micro TLB' core_impl.h 200 \
    's/^( *)engine_leave_tlb\(c, entry\);/\1;/'
mutant 'a program that does not ask the micro TLB' llvm/emit_mem.c 200 \
    's/if \(!e->source->context\.user\) \{$/if (true) {/'
mutant 'a micro TLB that a line fills for nothing' llvm/thunks.c 200 \
    's/stall\(ir, core, CORE_CAUSE_TLB,/(void)(/'
mutant 'T-bits that are not seen' engine_mem.c 200 \
    's/!has_tbits\(page, offset, 1u << e->shift\)/true/'
mutant 'a clean line that is written' engine_mem.c 200 \
    's/at->dirty \&\& page->writable/page->writable/'
mutant 'an I-cache miss that costs nothing' engine_mem.c 100 \
    's/core_stall\(c, CORE_CAUSE_ICACHE, cycles\);/(void)cycles;/'
mutant 'forwarding that is not counted' llvm/emit_mem.c 600 \
    's/add_to_core\(e, offsetof\(Core, counters\.forwards\), 1\);//'
mutant 'a rollback that costs nothing' engine_run.c 100 \
    's/c->clock \+= c->desc\.rollback;//'
mutant 'shadows that stay stale' engine_run.c 200 \
    's/c->shadow_stale = true;//'
mutant 'a fault that is not counted' engine_run.c 100 \
    's/engine_count_fault\(c, self, step\);//'
mutant 'a path to a fault that outlives its code' engine.c 600 \
    's/engine_forget_steps\(c, code\);//'
mutant 'a register that is not kept' engine_threaded_make.c 100 \
    's/add_saves\(maker, &maker->needs\[0\]\.kept\);//'
mutant 'a branch that reads what its molecule writes' \
    engine_threaded_make.c 400 's/step->d == branch->a/false/'
mutant 'a program that does without the micro TLB' engine_threaded.c 400 \
    's/\(!user \|\| has_page/(true || has_page/'
mutant 'an exit that is a cycle early' engine_threaded_make.c 20 \
    's/^( *)w->path\.clock\);/\1w->path.clock - 1);/'
mutant 'a threaded load that looks at no store' engine_threaded.c 400 \
    's/filter \|= 1ull/filter |= 0ull/'
mutant 'a look at the jump cache that costs nothing' engine_predict.c 400 \
    's/p->jump_cost \+ //'
mutant 'compiled code whose jump cache costs nothing' llvm/emit_jump.c 400 \
    's/ir_long\(ir, e->source->jump_cost\)/ir_long(ir, 0)/'
mutant 'a miss of a threaded form that asks memory at the entry' \
    engine_threaded.c 200 's/\(clock \+ threaded_call\(ops, op\)->clock\)/(clock)/'
mutant 'a miss of compiled code that asks memory a cycle late' \
    llvm/emit_mem.c 200 's/atom->path->clock - 1\)/atom->path->clock)/'
mutant 'a fetch that asks memory after the molecule has waited' \
    engine_threaded_make.c 400 's/imm = w->fetched;/imm = w->path.clock;/'
echo "1..$count"
[ "$failed" -eq 0 ] || exit 1
