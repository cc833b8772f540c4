/* The profile: how often gear 0 entered blocks and which way it went at
 * branches, in tables of fixed size, and what the exits of gear 1's blocks and
 * of brief superblocks counted. */
#include "morph/layer_impl.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

/* Exits of a direct branch that is taken always have no profile. */
#define NO_BRANCH 1u

/* Blocks that are asked about a branch.  More than a few are a guest's who
 * looks for places that share a hash. */
enum { SIBLINGS_MAX = 1024 };

static uint32_t mix(uint32_t pc, uint32_t pa)
{
    uint32_t hash = (pc >> 2) ^ (pa >> PAGE_SHIFT) * 0x9e3779b1u;
    return hash ^ hash >> 16;
}

static ProfileBlock *block_of(const Layer *l, uint32_t pc, uint32_t pa,
                              uint8_t mode)
{
    uint32_t hash = mix(pc, pa) ^ (uint32_t)mode * 0x85ebca6bu >> 8;
    return &l->blocks[hash % PROFILE_BLOCKS];
}

void profile_prefetch(const Layer *l, uint32_t pc, uint32_t pa, uint8_t mode)
{
    __builtin_prefetch(block_of(l, pc, pa, mode), 1);
}

bool profile_blocks(Layer *l, uint32_t pc, uint32_t pa, uint8_t mode,
                    uint32_t count)
{
    ProfileBlock *block = block_of(l, pc, pa, mode);
    if (block->pc != pc || block->pa != pa || block->mode != mode)
        *block = (ProfileBlock){.pc = pc, .pa = pa, .mode = mode};
    block->count += count;
    if (block->count < l->gear1_threshold)
        return false;
    block->count = 0;
    return true;
}

bool profile_block(Layer *l, uint32_t pc, uint32_t pa, uint8_t mode)
{
    return profile_blocks(l, pc, pa, mode, 1);
}

/* In a table of PROFILE_BRANCHES. */
static ProfileBranch *branch_of(ProfileBranch *table, uint32_t pc, uint32_t pa)
{
    ProfileBranch *branch = &table[mix(pc, pa) % PROFILE_BRANCHES];
    if (branch->pc != pc || branch->pa != pa)
        *branch = (ProfileBranch){.pc = pc, .pa = pa};
    return branch;
}

void profile_branch(Layer *l, uint32_t pc, uint32_t pa, bool taken)
{
    ProfileBranch *branch = branch_of(l->branches, pc, pa);
    ++*(taken ? &branch->taken : &branch->not_taken);
}

/* --- Blocks that end with a branch -----------------------------------------
 */

/* Those whose branch may be the one at `pc` and `pa`, the latest first. */
static Translation **sibling_list(Layer *l, uint32_t pc, uint32_t pa)
{
    return &l->branch_index[mix(pc, pa) % BRANCH_BUCKETS];
}

/* The branch or register jump that ends the block, before its delay slot. */
static uint32_t find_branch(const VliwCode *code)
{
    if (code->guest_count < 2)
        return NO_BRANCH;
    const IrGuest *guest = &code->guests[code->guest_count - 2];
    Insn in = insn_decode(guest->word);
    bool profiled = insn_info((InsnOp)in.op)->cls == INSN_CLASS_BRANCH ||
                    in.op == INSN_JR || in.op == INSN_JALR;
    return profiled ? guest->pc : NO_BRANCH;
}

void profile_add(Layer *l, Translation *t)
{
    t->branch = t->replay ? NO_BRANCH : find_branch(t->code);
    if (t->branch == NO_BRANCH)
        return;
    Translation **list = sibling_list(l, t->branch, codepages_pa(t, t->branch));
    t->sibling = *list;
    t->sibling_prev = list;
    if (t->sibling)
        t->sibling->sibling_prev = &t->sibling;
    *list = t;
}

/* Adds the counts of the exits of `t`, those at its branch. */
static void add_counts(const Translation *t, uint64_t *taken,
                       uint64_t *not_taken)
{
    for (unsigned i = 0; i < t->code->exit_count; i++) {
        const CoreExit *exit = &t->core->exits[i];
        if (exit->record.kind != IR_EXIT_DIRECT)
            continue;
        /* What leaves before the branch is complete is not its business. */
        if (exit->record.insns != t->code->guest_count)
            continue;
        if (exit->record.pc == t->branch + 8)
            *not_taken += exit->count;
        else
            *taken += exit->count;
    }
}

void profile_remove(Layer *l, Translation *t)
{
    if (t->branch == NO_BRANCH)
        return;
    *t->sibling_prev = t->sibling;
    if (t->sibling)
        t->sibling->sibling_prev = t->sibling_prev;
    ProfileBranch *branch =
        branch_of(l->branches, t->branch, codepages_pa(t, t->branch));
    add_counts(t, &branch->taken, &branch->not_taken);
}

/* --- Superblocks that count -------------------------------------------------
 */

/* Adds the runs of a superblock that went past the branch at `at`: by an exit
 * there, or on along its path. */
static void add_passes(const Translation *t, unsigned at, uint64_t *taken,
                       uint64_t *not_taken)
{
    const VliwCode *code = t->code;
    unsigned next = at + 2; /* behind the delay slot */
    uint32_t straight = code->guests[at].pc + 8;
    for (unsigned i = 0; i < code->exit_count; i++) {
        const CoreExit *exit = &t->core->exits[i];
        if (exit->record.insns < next)
            continue;
        uint32_t to = exit->record.insns == next ? exit->record.pc
                                                 : code->guests[next].pc;
        *(to == straight ? not_taken : taken) += exit->count;
    }
}

/* The next brief superblock that has the instruction, from `use` on, and where
 * in it that is. */
static const CodeUse *next_brief(const CodeUse *use, unsigned *at)
{
    while (use && !use->owner->brief)
        use = use->next;
    if (use)
        *at = (unsigned)(use - use->owner->uses);
    return use;
}

static const CodeUse *first_use(const Layer *l, uint32_t pa)
{
    const CodePage *page = codepages_find(l, pa);
    return page ? page->first[codepages_word(pa)] : NULL;
}

void profile_keep(Layer *l, const Translation *t)
{
    const VliwCode *code = t->code;
    for (unsigned at = 0; at + 1 < code->guest_count; at++) {
        Insn in = insn_decode(code->guests[at].word);
        if (insn_info((InsnOp)in.op)->cls != INSN_CLASS_BRANCH)
            continue;
        uint32_t pc = code->guests[at].pc;
        ProfileBranch *branch = branch_of(l->branches, pc, codepages_pa(t, pc));
        add_passes(t, at, &branch->taken, &branch->not_taken);
    }
}

/* Their ratio is what matters: they are halved until they fit. */
static void save_branch(Warm *warm, const ProfileBranch *b)
{
    uint64_t taken = b->taken, not_taken = b->not_taken;
    for (; (taken | not_taken) > UINT32_MAX; taken /= 2)
        not_taken /= 2;
    if (taken | not_taken)
        warm_add_branch(warm, &(WarmBranch){b->pc, b->pa, (uint32_t)taken,
                                            (uint32_t)not_taken});
}

void profile_save(const Layer *l, Warm *warm)
{
    size_t size = PROFILE_BRANCHES * sizeof *l->branches;
    ProfileBranch *branches = alloc_resize(NULL, 1, size);
    memcpy(branches, l->branches, size);
    for (const Translation *t = l->holder->oldest; t; t = t->newer)
        if (t->gear == 1 && t->branch != NO_BRANCH) {
            ProfileBranch *b =
                branch_of(branches, t->branch, codepages_pa(t, t->branch));
            add_counts(t, &b->taken, &b->not_taken);
        }
    for (unsigned i = 0; i < PROFILE_BRANCHES; i++)
        save_branch(warm, &branches[i]);
    free(branches);
}

void profile_put(Layer *l, const WarmBranch *branch)
{
    ProfileBranch *b = branch_of(l->branches, branch->pc, branch->pa);
    b->taken += branch->taken;
    b->not_taken += branch->not_taken;
}

/* Counts do not get so large that this overflows. */
static uint32_t share_of(uint64_t part, uint64_t all)
{
    return part < all ? (uint32_t)(PROFILE_ALL * part / all) : PROFILE_ALL;
}

LiftPath profile_path(Layer *l, uint32_t pc, uint32_t pa, uint32_t *share)
{
    const ProfileBranch *branch = branch_of(l->branches, pc, pa);
    uint64_t taken = branch->taken, not_taken = branch->not_taken;
    unsigned left = SIBLINGS_MAX;
    for (Translation *t = *sibling_list(l, pc, pa); t && left--;
         t = t->sibling) {
        if (t->branch != pc || codepages_pa(t, t->branch) != pa)
            continue;
        core_settle_code(l->core, t->core);
        add_counts(t, &taken, &not_taken);
    }
    unsigned at;
    left = SIBLINGS_MAX;
    for (const CodeUse *use = next_brief(first_use(l, pa), &at); use && left--;
         use = next_brief(use->next, &at)) {
        if (use->owner->code->guests[at].pc != pc)
            continue;
        core_settle_code(l->core, use->owner->core);
        add_passes(use->owner, at, &taken, &not_taken);
    }
    uint64_t likely = taken > not_taken ? taken : not_taken;
    if (likely == 0 || likely * 100 < (taken + not_taken) * l->gear2_bias)
        return LIFT_STOP;
    *share = share_of(likely, taken + not_taken);
    return taken > not_taken ? LIFT_TAKEN : LIFT_NOT_TAKEN;
}

/* Where an indirect exit of `t` leads mostly, after `insns` instructions. */
static bool find_target(Layer *l, const Translation *t, unsigned insns,
                        uint32_t *target, uint32_t *share)
{
    core_settle_code(l->core, t->core);
    for (unsigned i = 0; i < t->code->exit_count; i++) {
        const CoreExit *exit = &t->core->exits[i];
        const CoreLink *link = &t->links[i].target;
        if (exit->record.kind != IR_EXIT_INDIRECT || !link->to ||
            exit->record.insns != insns ||
            link->hits * 100 < exit->count * l->gear2_bias)
            continue;
        *target = link->to->pc;
        *share = share_of(link->hits, exit->count);
        return true;
    }
    return false;
}

bool profile_target(Layer *l, uint32_t pc, uint32_t pa, uint32_t *target,
                    uint32_t *share)
{
    unsigned left = SIBLINGS_MAX, at;
    for (Translation *t = *sibling_list(l, pc, pa); t && left--; t = t->sibling)
        if (t->branch == pc && codepages_pa(t, t->branch) == pa &&
            find_target(l, t, t->code->guest_count, target, share))
            return true;
    left = SIBLINGS_MAX;
    for (const CodeUse *use = next_brief(first_use(l, pa), &at); use && left--;
         use = next_brief(use->next, &at))
        if (use->owner->code->guests[at].pc == pc &&
            find_target(l, use->owner, at + 2, target, share))
            return true;
    return false;
}

void profile_reset(Layer *l)
{
    memset(l->blocks, 0, PROFILE_BLOCKS * sizeof *l->blocks);
    memset(l->branches, 0, PROFILE_BRANCHES * sizeof *l->branches);
}

/* --- Checkpoints -----------------------------------------------------------
 */

/* An entry of a table, with its place. */
typedef struct SavedBlock {
    uint32_t index;
    ProfileBlock block;
} SavedBlock;

typedef struct SavedBranch {
    uint32_t index;
    ProfileBranch branch;
} SavedBranch;

static const CkptField block_fields[] = {
    CKPT_UP_TO(SavedBlock, index, PROFILE_BLOCKS - 1),
    CKPT_FIELD(SavedBlock, block.pc),
    CKPT_FIELD(SavedBlock, block.pa),
    CKPT_FIELD(SavedBlock, block.count),
    CKPT_FIELD(SavedBlock, block.mode),
};

static const CkptField branch_fields[] = {
    CKPT_UP_TO(SavedBranch, index, PROFILE_BRANCHES - 1),
    CKPT_FIELD(SavedBranch, branch.pc),
    CKPT_FIELD(SavedBranch, branch.pa),
    CKPT_FIELD(SavedBranch, branch.taken),
    CKPT_FIELD(SavedBranch, branch.not_taken),
};

static void blocks_checkpoint(Layer *l, Ckpt *ckpt)
{
    SavedBlock *saved = alloc_zeroed(PROFILE_BLOCKS, sizeof *saved);
    size_t count = 0;
    for (uint32_t i = 0; i < PROFILE_BLOCKS; i++)
        if (l->blocks[i].pc | l->blocks[i].pa | l->blocks[i].count)
            saved[count++] = (SavedBlock){i, l->blocks[i]};
    count = ckpt_count(ckpt, "blocks", count, PROFILE_BLOCKS);
    ckpt_records(ckpt, block_fields, ARRAY_LEN(block_fields), saved, count,
                 sizeof *saved);
    for (size_t i = 0; ckpt_loads(ckpt) && i < count; i++)
        l->blocks[saved[i].index] = saved[i].block;
    free(saved);
}

static void branches_checkpoint(Layer *l, Ckpt *ckpt)
{
    SavedBranch *saved = alloc_zeroed(PROFILE_BRANCHES, sizeof *saved);
    size_t count = 0;
    for (uint32_t i = 0; i < PROFILE_BRANCHES; i++)
        if (l->branches[i].pc | l->branches[i].pa)
            saved[count++] = (SavedBranch){i, l->branches[i]};
    count = ckpt_count(ckpt, "branches", count, PROFILE_BRANCHES);
    ckpt_records(ckpt, branch_fields, ARRAY_LEN(branch_fields), saved, count,
                 sizeof *saved);
    for (size_t i = 0; ckpt_loads(ckpt) && i < count; i++)
        l->branches[saved[i].index] = saved[i].branch;
    free(saved);
}

void profile_checkpoint(Layer *l, Ckpt *ckpt)
{
    blocks_checkpoint(l, ckpt);
    branches_checkpoint(l, ckpt);
}
