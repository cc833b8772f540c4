/* Makes a translation's molecules ready to issue: what each waits for, which of
 * the I-cache's lines it lies in, in what order its atoms may execute. */
#include "hwmodel/vliw/core_impl.h"
#include "hwmodel/vliw/engine_host.h"

#include <assert.h>

/* --- Sets ----------------------------------------------------------------- */

static void set_add(PartSet *set, unsigned part)
{
    set->bits[part / 64] |= 1ull << part % 64;
}

static void set_merge(PartSet *set, const PartSet *more)
{
    set->bits[0] |= more->bits[0];
    set->bits[1] |= more->bits[1];
}

static bool sets_meet(const PartSet *x, const PartSet *y)
{
    return (x->bits[0] & y->bits[0]) | (x->bits[1] & y->bits[1]);
}

/* --- Atoms ---------------------------------------------------------------- */

/* An atom, and what it has to do with the parts of the core. */
typedef struct Use {
    const Atom *atom;
    const AtomInfo *info;
    PartSet reads, writes; /* registers; the sink and the zero are none */
    /* It does more than to compute: it may fail, or reaches memory or FCR31.
     * These keep the order of their units. */
    bool acts;
} Use;

/* Of the general registers, those that are neither the sink nor the zero. */
#define GPR_PARTS (((uint64_t)1 << VLIW_SINK) - 1)

static void add_register(PartSet *set, AtomOperand kind, unsigned reg)
{
    if (kind == ATOM_F)
        set_add(set, PART_FPR + reg);
    else if (kind != ATOM_N)
        set->bits[0] |= (uint64_t)1 << reg & GPR_PARTS;
}

static Use make_use(const Atom *atom)
{
    AtomOp op = (AtomOp)atom->op;
    Use use = {.atom = atom, .info = atom_info(op)};
    add_register(&use.reads, use.info->a, atom->a);
    if (!atom->b_imm)
        add_register(&use.reads, use.info->b, atom->b);
    add_register(&use.writes, use.info->d, atom->d);
    use.acts =
        op == ATOM_TRAP || atom_uses_fcr(op) || use.info->unit == ATOM_UNIT_LSU;
    return use;
}

/* What the molecule has to wait for so that the atom can issue. */
static void add_needs(PartSet *needs, const Use *use)
{
    set_merge(needs, &use->reads);
    set_merge(needs, &use->writes);
    set_add(needs, PART_UNIT + use->atom->unit);
    if (use->atom->op == ATOM_FCR)
        set_add(needs, PART_FCR);
}

/* --- Order ---------------------------------------------------------------- */

/* Whether the atom of `uses[index]` may execute before all of the others. */
static bool may_go_first(const Use *const *uses, unsigned count, unsigned index)
{
    for (unsigned i = 0; i < count; i++) {
        if (i != index && sets_meet(&uses[index]->writes, &uses[i]->reads))
            return false;
        if (i < index && uses[i]->acts && uses[index]->acts)
            return false;
    }
    return true;
}

/* Whether none of the atoms writes what a later one reads. */
static bool is_ordered(const Use *uses, unsigned count)
{
    PartSet written = {{0}};
    for (unsigned i = 0; i < count; i++) {
        if (sets_meet(&written, &uses[i].reads))
            return false;
        set_merge(&written, &uses[i].writes);
    }
    return true;
}

/* Puts the atoms, which are in the order of their units, in one in which none
 * writes what a later one reads, so that each may write at once.  False, and
 * the order of units, if there is none because they exchange registers. */
static bool order(Use *uses, unsigned count)
{
    const Use *left[VLIW_UNITS];
    Use ordered[VLIW_UNITS];
    if (is_ordered(uses, count))
        return true;
    for (unsigned i = 0; i < count; i++)
        left[i] = &uses[i];
    for (unsigned done = 0; done < count; done++) {
        unsigned i = 0, rest = count - done;
        while (i < rest && !may_go_first(left, rest, i))
            i++;
        if (i == rest)
            return false;
        ordered[done] = *left[i];
        memmove(&left[i], &left[i + 1], sizeof *left * (rest - 1 - i));
    }
    memcpy(uses, ordered, sizeof *uses * count);
    return true;
}

/* --- Molecules ------------------------------------------------------------ */

/* What has been made so far. */
typedef struct Maker {
    Installed *made;
    const VliwDesc *desc;
    unsigned steps, results, checks;
    PartSet written;
} Maker;

static void add_result(Maker *maker, Issue *issue, unsigned part,
                       unsigned latency)
{
    maker->made->results[maker->results++] =
        (Result){(uint8_t)part, (uint8_t)latency};
    issue->result_count++;
    if (latency > issue->longest)
        issue->longest = (uint8_t)latency;
}

static unsigned latency_of(const VliwDesc *desc, const Atom *atom)
{
    return desc->latency[atom_info((AtomOp)atom->op)->latency];
}

/* The parts that are busy until the atom's latency is over. */
static void add_results(Maker *maker, Issue *issue, const Use *use)
{
    const Atom *atom = use->atom;
    AtomOp op = (AtomOp)atom->op;
    unsigned latency = latency_of(maker->desc, atom);
    if (latency == 1)
        return;
    if (use->info->d == ATOM_F)
        add_result(maker, issue, PART_FPR + atom->d, latency);
    else if (use->info->d == ATOM_G && atom->d < VLIW_SINK)
        add_result(maker, issue, atom->d, latency);
    if (atom_uses_fcr(op) && op != ATOM_FCR)
        add_result(maker, issue, PART_FCR, latency);
    if (atom_keeps_unit(op))
        add_result(maker, issue, PART_UNIT + atom->unit, latency);
}

static void add_step(Maker *maker, const Use *use, bool last)
{
    const Atom *atom = use->atom;
    bool b_reg = use->info->b != ATOM_N && !atom->b_imm;
    assert(use->info->b != ATOM_I || atom->b_imm || atom->imm == 0);
    assert(atom->protect <= maker->desc->alias_regs);
    Step *step = &maker->made->steps[maker->steps++];
    *step = (Step){.op = (uint8_t)(atom->op + (last ? STEP_LAST : 0)),
                   .d = atom->d,
                   .a = use->info->a == ATOM_N ? VLIW_ZERO : atom->a,
                   .b = b_reg ? atom->b : VLIW_ZERO,
                   .alias = atom->protect,
                   .guest = atom->guest,
                   .imm = atom->imm};
    if (atom->check) {
        maker->made->checks[maker->checks++] = atom->check;
        step->alias = (uint16_t)maker->checks;
    }
}

static void make_issue(Maker *maker, Issue *issue, const Molecule *molecule)
{
    const Atom *units[VLIW_UNITS] = {NULL};
    Use uses[VLIW_UNITS];
    unsigned count = 0;
    for (unsigned i = 0; i < molecule->count; i++) {
        assert(molecule->atoms[i].unit < VLIW_UNITS);
        units[molecule->atoms[i].unit] = &molecule->atoms[i];
    }
    for (unsigned unit = 0; unit < VLIW_UNITS; unit++)
        if (units[unit])
            uses[count++] = make_use(units[unit]);
    assert(count == molecule->count);
    *issue = (Issue){
        .snapshot = !order(uses, count),
        .step = maker->steps,
        .result = maker->results,
        .commit = molecule->commit,
        .format = (uint8_t)molecule_format(molecule, maker->desc),
        .atoms = (uint8_t)count,
        .nops = (uint8_t)molecule_nops(molecule, maker->desc),
        .leaves = units[VLIW_BRU] && units[VLIW_BRU]->op == ATOM_EXIT,
    };
    for (unsigned i = 0; i < count; i++) {
        add_needs(&issue->needs, &uses[i]);
        add_results(maker, issue, &uses[i]);
        add_step(maker, &uses[i], i + 1 == count);
        set_merge(&maker->written, &uses[i].writes);
    }
    if (count == 0)
        maker->made->steps[maker->steps++].op = STEP_NONE;
    issue->plain = !issue->longest && !issue->commit && !units[VLIW_BRU];
}

/* --- Translations --------------------------------------------------------- */

/* The last molecule must not run off the end; targets and exits exist. */
static void check_flow(const VliwCode *code)
{
    const Atom *last = NULL;
    for (unsigned i = 0; i < code->count; i++)
        for (unsigned k = 0; k < code->molecules[i].count; k++) {
            const Atom *atom = &code->molecules[i].atoms[k];
            if (atom->unit != VLIW_BRU)
                continue;
            if (atom->op == ATOM_EXIT)
                assert(code->molecules[i].commit == atom->imm + 1);
            else
                assert(atom->imm < code->count);
            if (i == code->count - 1)
                last = atom;
        }
    assert(last && (last->op == ATOM_EXIT || last->op == ATOM_BR));
    (void)last;
}

/* Zeroed, with room for all that the code needs: arrays of numbers of 64 bits
 * first, then those of smaller ones. */
static Installed *make_room(const Core *c, const VliwCode *code)
{
    size_t steps = 0, results = 0, checks = 0;
    for (unsigned i = 0; i < code->count; i++) {
        const Molecule *molecule = &code->molecules[i];
        steps += molecule->count ? molecule->count : 1;
        for (unsigned k = 0; k < molecule->count; k++) {
            const Atom *atom = &molecule->atoms[k];
            if (latency_of(&c->desc, atom) > 1)
                results += RESULTS_MAX;
            checks += atom->check != 0;
        }
    }
    size_t exits_at = sizeof(Installed);
    size_t checks_at = exits_at + code->exit_count * sizeof(CoreExit);
    size_t counts_at = checks_at + checks * sizeof(uint64_t);
    size_t counts = c->sharers > 1 ? code->exit_count * c->sharers : 0;
    size_t issues_at = counts_at + counts * sizeof(uint64_t);
    size_t steps_at = issues_at + code->count * sizeof(Issue);
    size_t results_at = steps_at + steps * sizeof(Step);
    size_t size = results_at + results * sizeof(Result);
    char *room = pool_take_zeroed(c->pool, size);
    Installed *made = (Installed *)room;
    made->size = size;
    made->pub.code = code;
    made->pub.exits = (CoreExit *)(room + exits_at);
    made->checks = (uint64_t *)(room + checks_at);
    if (counts)
        made->host_counts = (uint64_t *)(room + counts_at);
    made->issues = (Issue *)(room + issues_at);
    made->steps = (Step *)(room + steps_at);
    made->results = (Result *)(room + results_at);
    return made;
}

/* The lines of the molecules from `from` up to before `to`, which lie at
 * `address`, from number `lines` on.  Returns the number after them. */
static unsigned place_lines(const Core *c, Installed *made, unsigned from,
                            unsigned to, uint64_t address, unsigned lines)
{
    const Molecule *molecules = made->pub.code->molecules;
    uint64_t begin = address >> c->line_shift, last = lines;
    if (from == to)
        return lines;
    for (unsigned i = from; i < to; i++) {
        uint64_t first = (address >> c->line_shift) - begin + lines;
        address += molecules[i].size;
        last = ((address - 1) >> c->line_shift) - begin + lines;
        assert(last < NO_LINE);
        made->issues[i].first_line = (uint16_t)first;
        made->issues[i].last_line = (uint16_t)last;
    }
    return (unsigned)last + 1;
}

/* A bit for each register below `count`. */
static uint64_t below(unsigned count)
{
    return count < 64 ? ((uint64_t)1 << count) - 1 : UINT64_MAX;
}

CoreCode *core_install(Core *c, const VliwCode *code, uint64_t base,
                       uint64_t stubs, unsigned gear)
{
    assert(gear < GEARS);
    check_flow(code);
    Installed *made = make_room(c, code);
    made->pub.gear = gear;
    made->pub.counts = gear == 1;
    made->pub.context = code->context;
    made->main_count = code->main_count;
    made->length = code->length;
    made->bound = code->bound;
    for (unsigned i = 0; i < code->exit_count; i++)
        made->pub.exits[i].record = code->exits[i];
    Maker maker = {.made = made, .desc = &c->desc};
    for (unsigned i = 0; i < code->count; i++) {
        const Molecule *molecule = &code->molecules[i];
        assert(molecule->size > 0 && molecule->commit <= code->exit_count);
        make_issue(&maker, &made->issues[i], molecule);
    }
    made->pub.line = base >> c->line_shift;
    made->pub.stubs_line = stubs >> c->line_shift;
    bool whole = stubs == base + vliw_code_main_size(code);
    unsigned together = whole ? code->count : code->main_count;
    made->pub.lines = place_lines(c, made, 0, together, base, 0);
    place_lines(c, made, together, code->count, stubs, made->pub.lines);
    made->written_gprs = maker.written.bits[0] & below(c->desc.shadowed_gprs);
    made->written_fprs = maker.written.bits[1] & below(c->desc.shadowed_fprs);
    engine_add(c, made);
    return &made->pub;
}

void core_remove(Core *c, CoreCode *code)
{
    CORE_SHARERS (peer, c)
        if (peer->counted == code)
            peer->counted = NULL;
    Installed *made = (Installed *)code;
    engine_remove(c, made);
    pool_give(c->pool, made, made->size);
}
