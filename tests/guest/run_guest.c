/* Runs self-checking guest programs on the reference CPU.
 *
 * Each program runs twice: in one go, and cut into single instructions, which
 * must give the same machine.  The second run counts what was executed; with
 * --coverage every row of r3000.def, every exception (in a delay slot and out
 * of one) and every exception vector must have been seen in some program. */
#include "base/bits.h"
#include "base/diag.h"
#include "frontend/decode.h"
#include "frontend/elf.h"
#include "tests/support/bare_cpu.h"
#include "tests/support/bare_regs.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    RAM = 4 << 20,
    TIMER = 0x3ff000, /* of MIPS-161, whose registers are plain memory here */
    INSNS_MAX = 10000000, /* a program that takes more is lost */
    VECTORS = 4,
};

static const char usage[] =
    "usage: run_guest [--coverage] [OPTION... PROGRAM...]...\n"
    "Options, for the programs that follow: --fpu --no-fpu --cpcond LEVELS\n"
    "--icache BYTES --dcache BYTES --r3000 --mips161 --mips161-old\n";

/* --- Coverage ------------------------------------------------------------- */

typedef struct Coverage {
    uint64_t insns[INSN_COUNT];
    uint64_t exceptions[EXC_OVF + 1][2]; /* second: in a delay slot */
    uint64_t vectors[VECTORS];
    bool taken; /* by the present instruction */
    Exception exc;
} Coverage;

static const uint32_t vector_pcs[VECTORS] = {
    VECTOR_UTLB, VECTOR_GENERAL, VECTOR_BEV_UTLB, VECTOR_BEV_GENERAL};

static void note_exception(void *ctx, const GuestState *s, Exception exc)
{
    Coverage *cov = ctx;
    cov->taken = true;
    cov->exc = exc;
    cov->exceptions[exc][(s->cause & CAUSE_BD) != 0]++;
    for (unsigned i = 0; i < VECTORS; i++)
        cov->vectors[i] += s->pc == vector_pcs[i];
}

/* Did the instruction do all that it does? */
static bool completed(const Coverage *cov)
{
    return !cov->taken || cov->exc == EXC_SYS || cov->exc == EXC_BP ||
           cov->exc == EXC_RI;
}

static bool run_counting(BareCpu *bare, bool big, Coverage *cov)
{
    Cpu *cpu = bare_cpu_cpu(bare);
    CpuHooks hooks = {.ctx = cov, .exception = note_exception};
    cpu_set_hooks(cpu, &hooks);
    for (uint32_t i = 0; i < INSNS_MAX; i++) {
        uint8_t bytes[4];
        bool known = cpu_peek(cpu, cpu_state(cpu)->pc, bytes, sizeof bytes);
        cov->taken = false;
        bool ended = bare_cpu_run(bare, 1);
        if (known && completed(cov))
            cov->insns[insn_decode(bits_load32(bytes, big)).op]++;
        if (ended)
            return true;
    }
    return false;
}

/* Prints what is missing; returns how much. */
static unsigned check_coverage(const Coverage *cov)
{
    static const char *const exceptions[EXC_OVF + 1] = {
        "Int", "Mod", "TLBL", "TLBS", "AdEL", "AdES", "IBE",
        "DBE", "Sys", "Bp",   "RI",   "CpU",  "Ovf"};
    unsigned missing = 0;
    for (unsigned op = INSN_RESERVED; op < INSN_COUNT; op++)
        if (cov->insns[op] == 0) {
            printf("coverage: %s (row %u) was never executed\n",
                   insn_info((InsnOp)op)->name, op);
            missing++;
        }
    for (unsigned exc = 0; exc <= EXC_OVF; exc++)
        for (unsigned slot = 0; slot < 2; slot++)
            if (cov->exceptions[exc][slot] == 0) {
                printf("coverage: %s was never taken %s a delay slot\n",
                       exceptions[exc], slot ? "in" : "outside of");
                missing++;
            }
    for (unsigned i = 0; i < VECTORS; i++)
        if (cov->vectors[i] == 0) {
            printf("coverage: vector 0x%08x was never used\n", vector_pcs[i]);
            missing++;
        }
    if (missing == 0)
        printf("coverage: every instruction, exception and vector was seen\n");
    return missing;
}

/* --- Programs ------------------------------------------------------------- */

static BareCpu *load(const char *path, const ElfImage *image, CpuConfig config)
{
    config.big_endian = elf_big_endian(image);
    BareCpu *bare = bare_cpu_create_config(RAM, &config);
    for (size_t i = 0; i < elf_segment_count(image); i++) {
        const ElfSegment *seg = elf_segment(image, i);
        if (!bare_cpu_load(bare, seg->vaddr & 0x1fffffff, seg->bytes,
                           seg->file_size)) {
            fprintf(stderr,
                    "%s: segment %zu at 0x%08x is neither in RAM nor in ROM; "
                    "link it by guest.ld\n",
                    path, i, seg->vaddr);
            exit(2);
        }
    }
    bare_cpu_reset(bare, elf_entry(image));
    return bare;
}

static bool same_machine(BareCpu *a, BareCpu *b)
{
    const GuestState *s = cpu_state(bare_cpu_cpu(a));
    const GuestState *t = cpu_state(bare_cpu_cpu(b));
    return memcmp(s->gpr, t->gpr, sizeof s->gpr) == 0 && s->hi == t->hi &&
           s->lo == t->lo && s->pc == t->pc && s->npc == t->npc &&
           memcmp(s->fpr, t->fpr, sizeof s->fpr) == 0 && s->fcr31 == t->fcr31 &&
           s->status == t->status && s->cause == t->cause && s->epc == t->epc &&
           s->badvaddr == t->badvaddr && s->context == t->context &&
           s->entryhi == t->entryhi && s->entrylo == t->entrylo &&
           s->index == t->index && s->insns == t->insns &&
           memcmp(s->tlb, t->tlb, sizeof s->tlb) == 0 &&
           memcmp(bare_cpu_ram(a), bare_cpu_ram(b), RAM) == 0;
}

/* Prints the verdict on the program; returns if it is good. */
static bool judge(const char *path, BareCpu *bare, BareCpu *cut)
{
    uint32_t status;
    size_t size;
    const char *text = bare_cpu_console(bare, &size);
    const GuestState *s = cpu_state(bare_cpu_cpu(bare));
    bool exited = bare_cpu_exited(bare, &status);
    fwrite(text, 1, size, stdout);
    if (!exited)
        printf("%s: no end after %d instructions, at 0x%08x\n", path, INSNS_MAX,
               s->pc);
    else if (status != 0)
        printf("%s: failed with status %u\n", path, status);
    else if (!same_machine(bare, cut))
        printf("%s: cut into single instructions it ends differently\n", path);
    else {
        printf("%s: passed in %llu instructions\n", path,
               (unsigned long long)s->insns);
        return true;
    }
    return false;
}

static bool run_program(const char *path, const CpuConfig *config,
                        Coverage *cov)
{
    Diag diag = {.text = ""};
    ElfImage *image = elf_read(path, &diag);
    if (!image) {
        fprintf(stderr, "%s\n", diag.text);
        exit(2);
    }
    BareCpu *bare = load(path, image, *config);
    BareCpu *cut = load(path, image, *config);
    bare_cpu_run(bare, INSNS_MAX);
    run_counting(cut, elf_big_endian(image), cov);
    bool good = judge(path, bare, cut);
    bare_cpu_destroy(bare);
    bare_cpu_destroy(cut);
    elf_free(image);
    return good;
}

/* --- Arguments ------------------------------------------------------------ */

static uint32_t number(const char *option, const char *text)
{
    char *end = NULL;
    unsigned long value = text ? strtoul(text, &end, 0) : 0;
    if (!text || end == text || *end || value > UINT32_MAX) {
        fprintf(stderr, "%s: expected a number after it, not '%s'\n", option,
                text ? text : "");
        exit(2);
    }
    return (uint32_t)value;
}

static uint32_t cache_size(const char *option, const char *text)
{
    uint32_t size = number(option, text);
    if (size < 4 || (size & (size - 1))) {
        fprintf(stderr, "%s: give a power of two of at least 4, not '%s'\n",
                option, text);
        exit(2);
    }
    return size;
}

int main(int argc, char **argv)
{
    CpuConfig config = bare_cpu_config(false);
    config.timer = TIMER;
    static Coverage cov;
    bool want_coverage = false;
    unsigned bad = 0;
    if (argc < 2) {
        fputs(usage, stderr);
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];
        if (strcmp(arg, "--coverage") == 0)
            want_coverage = true;
        else if (strcmp(arg, "--fpu") == 0)
            config.fpu = true;
        else if (strcmp(arg, "--no-fpu") == 0)
            config.fpu = false;
        else if (strcmp(arg, "--cpcond") == 0)
            config.cpcond = number(arg, argv[++i]);
        else if (strcmp(arg, "--icache") == 0)
            config.icache = cache_size(arg, argv[++i]);
        else if (strcmp(arg, "--dcache") == 0)
            config.dcache = cache_size(arg, argv[++i]);
        else if (strcmp(arg, "--r3000") == 0)
            config.features = 0;
        else if (strcmp(arg, "--mips161") == 0)
            config.features = CPU_MIPS161_2;
        else if (strcmp(arg, "--mips161-old") == 0)
            config.features = CPU_MIPS161_1;
        else if (arg[0] == '-') {
            fprintf(stderr, "unknown option '%s'\n%s", arg, usage);
            return 2;
        } else if (!run_program(arg, &config, &cov))
            bad++;
    }
    if (want_coverage)
        bad += check_coverage(&cov);
    return bad != 0;
}
