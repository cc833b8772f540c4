/* The machine's state as text; see inspect.h. */
#include "cli/inspect.h"

#include "base/bits.h"
#include "cli/trace.h"
#include "frontend/decode.h"
#include "frontend/symbols.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct Named {
    const char *name;
    uint32_t value;
} Named;

enum { CP0_SHOWN = 9 };

static void cp0_values(const GuestState *s, Named out[CP0_SHOWN])
{
    const Named all[CP0_SHOWN] = {
        {"index", s->index},       {"random", state_random(s) << 8},
        {"entrylo", s->entrylo},   {"context", s->context},
        {"badvaddr", s->badvaddr}, {"entryhi", s->entryhi},
        {"status", s->status},     {"cause", s->cause},
        {"epc", s->epc},
    };
    memcpy(out, all, sizeof all);
}

bool inspect_register(const GuestState *s, const char *name, uint32_t *value)
{
    const Named others[] = {{"pc", s->pc}, {"hi", s->hi}, {"lo", s->lo}};
    Named cp0[CP0_SHOWN];
    cp0_values(s, cp0);
    for (unsigned r = 0; r < 32; r++) {
        if (strcmp(name, insn_gpr_name(r)) == 0) {
            *value = s->gpr[r];
            return true;
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(others) + CP0_SHOWN; i++) {
        const Named *n = i < CP0_SHOWN ? &cp0[i] : &others[i - CP0_SHOWN];
        if (strcmp(name, n->name) == 0) {
            *value = n->value;
            return true;
        }
    }
    return false;
}

void inspect_print_gprs(const Machine *machine)
{
    const GuestState *s = machine_state(machine);
    char name[SYMBOLS_NAME_MAX];
    for (unsigned r = 0; r < 32; r++)
        printf("%4s %08" PRIx32 "%s", insn_gpr_name(r), s->gpr[r],
               r % 4 == 3 ? "\n" : "  ");
    printf("  hi %08" PRIx32 "    lo %08" PRIx32 "\n", s->hi, s->lo);
    if (s->load_reg)
        printf("%4s becomes %08" PRIx32 " after the next instruction\n",
               insn_gpr_name(s->load_reg), s->load_value);
    symbols_name(machine_image(machine), s->pc, name);
    printf("  pc %08" PRIx32 " %s%s", s->pc, name,
           s->in_delay ? " (delay slot)" : "");
    if (s->npc != s->pc + 4)
        printf(", then %08" PRIx32, s->npc);
    putchar('\n');
}

void inspect_print_cp0(const GuestState *s)
{
    Named cp0[CP0_SHOWN];
    cp0_values(s, cp0);
    for (size_t i = 0; i < CP0_SHOWN; i++)
        printf("%8s %08" PRIx32 "%s", cp0[i].name, cp0[i].value,
               i % 3 == 2 ? "\n" : "  ");
    uint32_t code = (s->cause & CAUSE_EXC) >> 2;
    printf("  status: %s, interrupts %s, mask %02" PRIx32 "%s%s%s%s\n",
           state_user_mode(s) ? "user mode" : "kernel mode",
           s->status & STATUS_IEC ? "on" : "off",
           (s->status & STATUS_IM) >> CAUSE_IP_SHIFT,
           s->status & STATUS_BEV ? ", BEV" : "",
           s->status & STATUS_ISC ? ", IsC" : "",
           s->status & STATUS_SWC ? ", SwC" : "",
           s->status & STATUS_TS ? ", TLB shut down" : "");
    printf("  cause:  %s%s, pending %02" PRIx32 "\n",
           code < EXC_COUNT ? trace_exception_name((Exception)code) : "?",
           s->cause & CAUSE_BD ? " in a delay slot" : "",
           (s->cause & CAUSE_IP) >> CAUSE_IP_SHIFT);
}

void inspect_print_fpu(const GuestState *s)
{
    for (unsigned r = 0; r < FPR_COUNT; r++)
        printf(" f%-2u %08" PRIx32 "%s", r, s->fpr[r],
               r % 4 == 3 ? "\n" : "  ");
    printf("fcr31 %08" PRIx32 "\n", s->fcr31);
    if (s->fpr_load_reg != FPR_COUNT)
        printf(" f%-2u becomes %08" PRIx32 " after the next instruction\n",
               s->fpr_load_reg, s->fpr_load_value);
}

void inspect_print_tlb(const GuestState *s)
{
    unsigned invalid = 0;
    for (unsigned i = 0; i < TLB_ENTRIES; i++) {
        const TlbEntry *e = &s->tlb[i];
        if (!(e->lo & ENTRYLO_V)) {
            invalid++;
            continue;
        }
        printf("%2u  %08" PRIx32 " -> %08" PRIx32 "  asid %2" PRIu32
               "  %c%cV%c\n",
               i, e->hi & ENTRYHI_VPN, e->lo & ENTRYLO_PFN,
               (e->hi & ENTRYHI_ASID) >> 6, e->lo & ENTRYLO_N ? 'N' : '-',
               e->lo & ENTRYLO_D ? 'D' : '-', e->lo & ENTRYLO_G ? 'G' : '-');
    }
    printf("%u entries are not valid\n", invalid);
}

static bool peek_word(Machine *machine, uint32_t va, uint8_t bytes[4],
                      uint32_t *word)
{
    if (!machine_peek(machine, va, bytes, 4))
        return false;
    *word = bits_load32(bytes, machine_big_endian(machine));
    return true;
}

void inspect_print_insn(Machine *machine, uint32_t va)
{
    const ElfImage *image = machine_image(machine);
    char name[SYMBOLS_NAME_MAX], text[SYMBOLS_INSN_MAX];
    uint8_t bytes[4];
    uint32_t word;
    symbols_name(image, va, name);
    printf("%08" PRIx32 " %-24s ", va, name);
    if (va & 3) {
        puts("not a multiple of 4: no instruction");
    } else if (peek_word(machine, va, bytes, &word)) {
        symbols_disassemble(image, word, va, text);
        printf("%08" PRIx32 "  %s\n", word, text);
    } else {
        puts("no memory here");
    }
}

void inspect_print_memory(Machine *machine, uint32_t va, uint32_t count)
{
    enum { ROW = 4 };
    for (uint32_t done = 0; done < count; done += ROW) {
        char text[4 * ROW + 1];
        size_t n = 0;
        printf("%08" PRIx32 " ", va + 4 * done);
        for (uint32_t i = done; i < done + ROW && i < count; i++) {
            uint8_t bytes[4];
            uint32_t word;
            bool there = peek_word(machine, va + 4 * i, bytes, &word);
            if (there)
                printf(" %08" PRIx32, word);
            else
                fputs(" --------", stdout);
            for (unsigned b = 0; b < 4; b++, n++)
                text[n] = !there                                ? ' '
                          : bytes[b] >= 0x20 && bytes[b] < 0x7f ? (char)bytes[b]
                                                                : '.';
        }
        text[n] = '\0';
        printf("%*s  %s\n", (int)(9 * (ROW - n / 4)), "", text);
    }
}
