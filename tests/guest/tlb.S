/* The TLB: its instructions, translation, and the exceptions it raises. */
#include "tests/guest/test.h"

#define FRAME_A 0x280000 /* two page frames */
#define FRAME_B 0x281000

PROGRAM("tlb.S")
    SET_STATUS(SR_CU1)

/* --- Entries -------------------------------------------------------------- */

/* Entry i: a page of kseg2, ASID i, all bits of EntryLo in turn. */
    .macro  make_entry i /* $a0: EntryHi, $a1: EntryLo */
    sll     $a0, \i, 12
    lui     $t0, KSEG2 >> 16
    or      $a0, $a0, $t0
    sll     $t0, \i, 6
    or      $a0, $a0, $t0
    li      $t0, 0x9e3779b1
    multu   \i, $t0
    mflo    $a1
    srl     $a1, $a1, 9 /* G (bit 8) clear */
    sll     $a1, $a1, 9
    .endm

    move    $s0, $0
1:  make_entry $s0
    sll     $t0, $s0, 8
    mtc0    $t0, C0_INDEX
    mtc0    $a0, C0_ENTRYHI
    mtc0    $a1, C0_ENTRYLO
    tlbwi
    sltiu   $t0, $s0, 63
    bne     $t0, $0, 1b
    addiu   $s0, $s0, 1
    move    $s0, $0
1:  make_entry $s0
    sll     $s1, $s0, 8
    mtc0    $s1, C0_INDEX
    mtc0    $0, C0_ENTRYHI
    mtc0    $0, C0_ENTRYLO
    tlbr
    mfc0    $s2, C0_ENTRYHI
    mfc0    $s3, C0_ENTRYLO
    mfc0    $s4, C0_INDEX
    CHECK_REG($s2, $a0)
    CHECK_REG($s3, $a1)
    CHECK_REG($s4, $s1)
    mtc0    $0, C0_INDEX
    tlbp
    mfc0    $s4, C0_INDEX
    CHECK_REG($s4, $s1)
    sltiu   $t0, $s0, 63
    bne     $t0, $0, 1b
    addiu   $s0, $s0, 1

/* TLBP: EntryHi's page and ASID; a failure sets P and keeps the index. */
#define PROBE(hi, index)                                                       \
    SET_ENTRYHI(hi); li $t8, 0x2a00; mtc0 $t8, C0_INDEX; tlbp;                 \
    mfc0 $t0, C0_INDEX; nop; CHECK($t0, index)

    PROBE(KSEG2 + 0x5000 + ASID(5), 5 << 8)
    PROBE(KSEG2 + 0x5000 + ASID(6), 0x80002a00)
    PROBE(KSEG2 + 0x40000 + ASID(5), 0x80002a00)
    mtc0    $0, C0_INDEX /* P is read only */
    mfc0    $t0, C0_INDEX
    nop
    CHECK($t0, 0x80000000)
    PROBE(KSEG2 + 0x3f000 + ASID(63), 63 << 8)
    SET_TLB(9, 0x10005000 + ASID(1), LO_G) /* V does not matter */
    PROBE(0x10005000 + ASID(1), 9 << 8)
    PROBE(0x10005000 + ASID(2), 9 << 8)
    PROBE(0x10006000 + ASID(1), 0x80002a00)

/* TLBWR: the entry that Random names, 8..63 in their turn. */
    li      $s0, 300
1:  sll     $t0, $s0, 12
    mtc0    $t0, C0_ENTRYHI /* a new page of kuseg each time */
    mtc0    $0, C0_ENTRYLO
    mfc0    $s1, C0_RANDOM
    tlbwr
    tlbp
    mfc0    $s2, C0_INDEX
    addiu   $s1, $s1, -0x100
    sltiu   $t0, $s1, 0x800
    beq     $t0, $0, 2f
    nop
    li      $s1, 0x3f00
2:  CHECK_REG($s2, $s1)
    addiu   $s0, $s0, -1
    bne     $s0, $0, 1b
    nop
    PROBE(KSEG2 + 0x7000 + ASID(7), 7 << 8) /* as it was */
    PROBE(KSEG2 + ASID(0), 0)

/* --- Misses --------------------------------------------------------------- */

    SET_TLB(0, 0x10000000 + ASID(3), FRAME_A + LO_V)
    li      $t0, 0xabe00000
    mtc0    $t0, C0_CONTEXT
    li      $t1, 0x600df00d

/* What an exception of the TLB leaves: BadVAddr, Context, EntryHi. */
#define CHECK_BAD(address)                                                     \
    CHECK_SEEN(SEEN_BADVADDR, address);                                        \
    CHECK_SEEN(SEEN_CONTEXT, 0xabe00000 | ((address) >> 10 & 0x1ffffc));       \
    CHECK_SEEN(SEEN_ENTRYHI, ((address) & 0xfffff000) | ASID(3));              \
    mfc0 $t8, C0_ENTRYHI; nop;                                                 \
    CHECK($t8, ((address) & 0xfffff000) | ASID(3)); CHECK($t1, 0x600df00d)
/* `insn` uses $s0 as its base. */
#define MISS(exc, address, ...)                                                \
    li $s0, address; SET_ENTRYHI(ASID(3));                                     \
    TRAPS_UTLB(exc, __VA_ARGS__); CHECK_BAD(address);                          \
    TRAPS_UTLB_SLOT(exc, __VA_ARGS__); CHECK_BAD(address)
#define FAULT(exc, address, ...)                                               \
    li $s0, address; SET_ENTRYHI(ASID(3));                                     \
    TRAPS(exc, __VA_ARGS__); CHECK_BAD(address);                               \
    TRAPS_SLOT(exc, __VA_ARGS__); CHECK_BAD(address)

    MISS(EXC_TLBL, 0x00000000, lw $t1, 0($s0))
    MISS(EXC_TLBL, 0x7ffffffc, lw $t1, 0($s0))
    MISS(EXC_TLBL, 0x55555554, lw $t1, 0($s0))
    MISS(EXC_TLBL, 0x2aaaaaaa, lh $t1, 0($s0))
    MISS(EXC_TLBL, 0x2aaaaaaa, lhu $t1, 0($s0))
    MISS(EXC_TLBL, 0x20000001, lb $t1, 0($s0))
    MISS(EXC_TLBL, 0x20000003, lbu $t1, 0($s0))
    MISS(EXC_TLBL, 0x20000001, lwl $t1, 0($s0))
    MISS(EXC_TLBL, 0x20000002, lwr $t1, 0($s0))
    MISS(EXC_TLBL, 0x20000000, lwc1 $f0, 0($s0))
    MISS(EXC_TLBS, 0x20000001, sb $t1, 0($s0))
    MISS(EXC_TLBS, 0x20000002, sh $t1, 0($s0))
    MISS(EXC_TLBS, 0x20000004, sw $t1, 0($s0))
    MISS(EXC_TLBS, 0x20000001, swl $t1, 0($s0))
    MISS(EXC_TLBS, 0x20000002, swr $t1, 0($s0))
    MISS(EXC_TLBS, 0x20000000, swc1 $f0, 0($s0))
/* In kseg2 by the general vector. */
    FAULT(EXC_TLBL, 0xc0100000, lw $t1, 0($s0))
    FAULT(EXC_TLBL, 0xfffffffc, lw $t1, 0($s0))
    FAULT(EXC_TLBL, 0xc0100001, lwl $t1, 0($s0))
    FAULT(EXC_TLBS, 0xc0100002, sh $t1, 0($s0))
    FAULT(EXC_TLBS, 0xfffffff1, swr $t1, 0($s0))
/* The ASID does not match. */
    SET_TLB(1, 0x10001000 + ASID(4), FRAME_A + LO_V + LO_D)
    MISS(EXC_TLBL, 0x10001000, lw $t1, 0($s0))
    MISS(EXC_TLBS, 0x10001000, sw $t1, 0($s0))
/* Not valid: also for a store to a page that is not dirty. */
    SET_TLB(1, 0x10001000 + ASID(3), FRAME_A + LO_D)
    FAULT(EXC_TLBL, 0x10001ffc, lw $t1, 0($s0))
    FAULT(EXC_TLBS, 0x10001ffc, sw $t1, 0($s0))
    SET_TLB(1, 0xc0001000, FRAME_A + LO_G)
    FAULT(EXC_TLBL, 0xc0001123, lbu $t1, 0($s0))
    FAULT(EXC_TLBS, 0xc0001123, sb $t1, 0($s0))
/* Not dirty. */
    FAULT(EXC_MOD, 0x10000001, sb $t1, 0($s0))
    FAULT(EXC_MOD, 0x10000002, sh $t1, 0($s0))
    FAULT(EXC_MOD, 0x10000ffc, sw $t1, 0($s0))
    FAULT(EXC_MOD, 0x10000001, swl $t1, 0($s0))
    FAULT(EXC_MOD, 0x10000002, swr $t1, 0($s0))
    FAULT(EXC_MOD, 0x10000004, swc1 $f0, 0($s0))
/* The alignment comes before the TLB, and leaves Context and EntryHi alone. */
    li      $s0, 0x20000002
    SET_ENTRYHI(0x12345000 + ASID(3))
    TRAPS(EXC_ADEL, lw $t1, 0($s0))
    CHECK_SEEN(SEEN_BADVADDR, 0x20000002)
    CHECK_SEEN(SEEN_ENTRYHI, 0x12345000 + ASID(3))
    CHECK_SEEN(SEEN_CONTEXT, 0xabe40000)
/* The TLB comes before the bus. */
    SET_TLB(1, 0x10001000 + ASID(3), 0x18000000)
    FAULT(EXC_TLBL, 0x10001000, lw $t1, 0($s0))
    SET_TLB(1, 0x10001000 + ASID(3), 0x18000000 + LO_V)
    li      $s0, 0x10001000
    TRAPS(EXC_DBE, lw $t1, 0($s0))

/* --- Fetches -------------------------------------------------------------- */

#define JUMP(exc, vector, address)                                             \
    SET_ENTRYHI(ASID(3)); CATCH(1f); li $t0, address; jr $t0; nop;             \
    NOT_REACHED; 1: CHECK_SEEN(SEEN_EPC, address); CHECK_BAD(address);         \
    SEEN($t8, SEEN_CAUSE); CHECK($t8, (exc) << 2);                             \
    CHECK_SEEN(SEEN_VECTOR, vector)

    JUMP(EXC_TLBL, VECTOR_UTLB, 0x20000ffc)
    JUMP(EXC_TLBL, VECTOR_GENERAL, 0xc0100010)
    SET_TLB(1, 0x10001000 + ASID(3), FRAME_B)
    JUMP(EXC_TLBL, VECTOR_GENERAL, 0x10001010)

/* The delay slot of a branch at the end of a page: the page behind it is not
 * valid, then not there.  Cause.BD, and EPC is the branch's, BadVAddr not. */
    li      $t0, 0x1000ffff /* beq $0, $0, to itself */
    li      $t2, KSEG0 + FRAME_A
    sw      $t0, 0xffc($t2)
#define JUMP_SLOT(vector)                                                      \
    SET_ENTRYHI(ASID(3)); CATCH(1f); li $t0, 0x10000ffc; jr $t0; nop;          \
    NOT_REACHED; 1: CHECK_SEEN(SEEN_EPC, 0x10000ffc);                          \
    CHECK_BAD(0x10001000); SEEN($t8, SEEN_CAUSE);                              \
    CHECK($t8, CAUSE_BD | EXC_TLBL << 2); CHECK_SEEN(SEEN_VECTOR, vector)
    JUMP_SLOT(VECTOR_GENERAL)
    SET_TLB(1, 0x10009000, 0)
    JUMP_SLOT(VECTOR_UTLB)

/* --- Translation ---------------------------------------------------------- */

#define LOAD(reg, address) li reg, address; lw reg, 0(reg); nop
#define STORE(address, value)                                                  \
    li $t8, value; li $t9, address; sw $t8, 0($t9)
#define CHECK_WORD(address, value) LOAD($t0, address); CHECK($t0, value)

    STORE(KSEG0 + FRAME_A + 0x10, 0xaaaa0001)
    STORE(KSEG0 + FRAME_B + 0x10, 0xbbbb0001)
    SET_TLB(2, 0x20000000 + ASID(3), FRAME_A + LO_V + LO_D)
    SET_TLB(3, 0xc0200000 + ASID(3), FRAME_B + LO_V + LO_D)
    SET_TLB(4, 0x7ffff000 + ASID(3), FRAME_A + LO_V + LO_N)
    SET_TLB(5, 0xfffff000 + ASID(3), FRAME_B + LO_V + LO_D + LO_N)
    CHECK_WORD(0x20000010, 0xaaaa0001)
    CHECK_WORD(0xc0200010, 0xbbbb0001)
    CHECK_WORD(0x7ffff010, 0xaaaa0001)
    CHECK_WORD(0xfffff010, 0xbbbb0001)
    STORE(0x20000010, 0xaaaa0002) /* seen by all the page's names */
    STORE(0xfffff010, 0xbbbb0002)
    CHECK_WORD(0x7ffff010, 0xaaaa0002)
    CHECK_WORD(0xc0200010, 0xbbbb0002)
    CHECK_WORD(KSEG0 + FRAME_A + 0x10, 0xaaaa0002)
    CHECK_WORD(KSEG1 + FRAME_B + 0x10, 0xbbbb0002)
    STORE(KSEG1 + FRAME_A + 0x10, 0xaaaa0003)
    CHECK_WORD(0x20000010, 0xaaaa0003)
/* One address is two pages, in two address spaces. */
    SET_TLB(6, 0x20000000 + ASID(4), FRAME_B + LO_V + LO_D)
    CHECK_WORD(0x20000010, 0xbbbb0002)
    SET_ENTRYHI(ASID(3))
    CHECK_WORD(0x20000010, 0xaaaa0003)
    SET_ENTRYHI(ASID(4))
    CHECK_WORD(0x20000010, 0xbbbb0002)
    STORE(0x20000010, 0xbbbb0003)
    SET_ENTRYHI(ASID(3))
    CHECK_WORD(0x20000010, 0xaaaa0003)
/* TLBR changes the address space, too. */
    li      $t0, 6 << 8
    mtc0    $t0, C0_INDEX
    tlbr
    CHECK_WORD(0x20000010, 0xbbbb0003)
/* A global page is in all of them. */
    SET_TLB(7, 0x30000000 + ASID(5), FRAME_A + LO_V + LO_G)
    CHECK_WORD(0x30000010, 0xaaaa0003)
    SET_ENTRYHI(ASID(63))
    CHECK_WORD(0x30000010, 0xaaaa0003)
    SET_ENTRYHI(ASID(3))
/* A page that was used is another, or none, as soon as the entry says so. */
    CHECK_WORD(0x20000010, 0xaaaa0003)
    SET_TLB(2, 0x20000000 + ASID(3), FRAME_B + LO_V + LO_D)
    CHECK_WORD(0x20000010, 0xbbbb0003)
    STORE(0x20000010, 0xbbbb0004)
    SET_TLB(2, 0x20000000 + ASID(3), FRAME_B + LO_V)
    CHECK_WORD(0x20000010, 0xbbbb0004)
    FAULT(EXC_MOD, 0x20000010, sw $t1, 0($s0))
    SET_TLB(2, 0x20000000 + ASID(3), FRAME_B)
    FAULT(EXC_TLBL, 0x20000010, lw $t1, 0($s0))
    SET_TLB(2, 0x20000000 + ASID(3), FRAME_B + LO_V)
    CHECK_WORD(0x20000010, 0xbbbb0004)
    SET_TLB(2, 0x20002000 + ASID(3), FRAME_B + LO_V)
    MISS(EXC_TLBL, 0x20000010, lw $t1, 0($s0))
/* The segments without TLB do not mind entries for their addresses. */
    SET_TLB(8, KSEG0 + FRAME_A + ASID(3), FRAME_B + LO_V + LO_D)
    CHECK_WORD(KSEG0 + FRAME_A + 0x10, 0xaaaa0003)

/* --- A refill handler ----------------------------------------------------- */

/* Pages 0x10000000 and up are frames 0x300000 and up, by a table that Context
 * points into.  More pages than entries, so that they push one another out. */
#define TABLE 0x80200000
#define PAGES 200
    SET_HANDLER(refill)
    li      $t0, TABLE
    mtc0    $t0, C0_CONTEXT
    li      $s0, TABLE + (0x10000000 >> 10)
    li      $s1, 0x300000 + LO_V + LO_D
    li      $s2, PAGES
1:  sw      $s1, 0($s0)
    addiu   $s0, $s0, 4
    addiu   $s2, $s2, -1
    bne     $s2, $0, 1b
    addiu   $s1, $s1, 0x1000
    move    $s3, $0
    SET_TLB(0, KSEG0, 0)
    SET_TLB(1, KSEG0 + 0x1000, 0)
    mtc0    $0, C0_ENTRYHI
    li      $s0, 0x10000000
    li      $s2, PAGES
1:  sw      $s2, 0($s0)
    addiu   $s2, $s2, -1
    bne     $s2, $0, 1b
    addiu   $s0, $s0, 0x1000
    li      $s0, 0x10000000
    li      $s2, PAGES
    move    $t2, $0
    lui     $t3, 0x8030
1:  lw      $t0, 0($s0)
    lw      $t1, 0($t3) /* the same word in kseg0 */
    addiu   $s0, $s0, 0x1000
    CHECK_REG($t0, $s2)
    CHECK_REG($t1, $s2)
    addiu   $s2, $s2, -1
    bne     $s2, $0, 1b
    addiu   $t3, $t3, 0x1000
    sltiu   $t0, $s3, 2 * PAGES - 56
    CHECK($t0, 0)
    PASS

refill: /* counts in $s3 */
    mfc0    $k1, C0_CONTEXT
    mfc0    $k0, C0_EPC
    lw      $k1, 0($k1)
    addiu   $s3, $s3, 1
    mtc0    $k1, C0_ENTRYLO
    nop
    tlbwr
    jr      $k0
    rfe
