/* Status.RE: user mode in the other byte order.  The word on the bus stays, so
 * what the kernel writes as words the user reads as the same words, and parts
 * of words from the other end. */
#include "tests/guest/test.h"

/* As BY_ENDIAN, for the byte order that user mode has. */
#define BY_USER(little, big) BY_ENDIAN(big, little)
#define USER_BYTES(a, b, c, d)                                                 \
    BY_USER((a) | (b) << 8 | (c) << 16 | (d) << 24,                            \
            (a) << 24 | (b) << 16 | (c) << 8 | (d))

PROGRAM("reverse.S")
    SET_TLB(0, USER, USER + LO_V + LO_D)
    SET_TLB(1, USER + 0x1000, USER + 0x1000 + LO_V + LO_D)
    la      $s0, data

/* `insn` in user mode with Status `status`, then a system call. */
#define RUN(status, ...)                                                       \
    .pushsection .user, "ax"; 3: __VA_ARGS__; nop; 4: syscall; .popsection;    \
    CATCH(5f); ENTER_USER(3b, status); 5: EXPECT(EXC_SYS, 4b)

/* User mode without and with RE, and the kernel with it. */
    li      $t0, 0x11828344
    sw      $t0, 0($s0)
#define LOAD(op, offset, little, big)                                          \
    li $t1, 0xaabbccdd; RUN(0, op $t1, offset($s0));                           \
    CHECK($t1, BY_ENDIAN(little, big));                                        \
    li $t1, 0xaabbccdd; RUN(SR_RE, op $t1, offset($s0));                       \
    CHECK($t1, BY_USER(little, big));                                          \
    SET_STATUS(SR_RE); li $t1, 0xaabbccdd; op $t1, offset($s0); nop;           \
    CHECK($t1, BY_ENDIAN(little, big))

    LOAD(lw, 0, 0x11828344, 0x11828344)
    LOAD(lb, 0, 0x44, 0x11)
    LOAD(lb, 1, 0xffffff83, 0xffffff82)
    LOAD(lb, 2, 0xffffff82, 0xffffff83)
    LOAD(lb, 3, 0x11, 0x44)
    LOAD(lbu, 1, 0x83, 0x82)
    LOAD(lbu, 2, 0x82, 0x83)
    LOAD(lh, 0, 0xffff8344, 0x1182)
    LOAD(lh, 2, 0x1182, 0xffff8344)
    LOAD(lhu, 0, 0x8344, 0x1182)
    LOAD(lhu, 2, 0x1182, 0x8344)
    LOAD(lwl, 0, 0x44bbccdd, 0x11828344)
    LOAD(lwl, 1, 0x8344ccdd, 0x828344dd)
    LOAD(lwl, 2, 0x828344dd, 0x8344ccdd)
    LOAD(lwl, 3, 0x11828344, 0x44bbccdd)
    LOAD(lwr, 0, 0x11828344, 0xaabbcc11)
    LOAD(lwr, 1, 0xaa118283, 0xaabb1182)
    LOAD(lwr, 2, 0xaabb1182, 0xaa118283)
    LOAD(lwr, 3, 0xaabbcc11, 0x11828344)

    li      $t2, 0xaabbccdd
    li      $t3, 0x11223344
#define STORE(op, offset, little, big)                                         \
    sw $t3, 0($s0); RUN(0, op $t2, offset($s0)); lw $t1, 0($s0); nop;          \
    CHECK($t1, BY_ENDIAN(little, big));                                        \
    sw $t3, 0($s0); RUN(SR_RE, op $t2, offset($s0)); lw $t1, 0($s0); nop;      \
    CHECK($t1, BY_USER(little, big));                                          \
    SET_STATUS(SR_RE); sw $t3, 0($s0); op $t2, offset($s0); lw $t1, 0($s0);    \
    nop; CHECK($t1, BY_ENDIAN(little, big))

    STORE(sw, 0, 0xaabbccdd, 0xaabbccdd)
    STORE(sb, 0, 0x112233dd, 0xdd223344)
    STORE(sb, 1, 0x1122dd44, 0x11dd3344)
    STORE(sb, 2, 0x11dd3344, 0x1122dd44)
    STORE(sb, 3, 0xdd223344, 0x112233dd)
    STORE(sh, 0, 0x1122ccdd, 0xccdd3344)
    STORE(sh, 2, 0xccdd3344, 0x1122ccdd)
    STORE(swl, 0, 0x112233aa, 0xaabbccdd)
    STORE(swl, 1, 0x1122aabb, 0x11aabbcc)
    STORE(swl, 2, 0x11aabbcc, 0x1122aabb)
    STORE(swl, 3, 0xaabbccdd, 0x112233aa)
    STORE(swr, 0, 0xaabbccdd, 0xdd223344)
    STORE(swr, 1, 0xbbccdd44, 0xccdd3344)
    STORE(swr, 2, 0xccdd3344, 0xbbccdd44)
    STORE(swr, 3, 0xdd223344, 0xaabbccdd)

/* Addresses that are wrong are told as the program gave them. */
    SET_STATUS(0)
    CATCH(1f)
    ENTER_USER(u_odd, SR_RE)
1:  EXPECT(EXC_ADEL, u_odd)
    CHECK_SEEN_ADDR(SEEN_BADVADDR, data + 1)
    CATCH(1f)
    ENTER_USER(u_miss, SR_RE)
1:  EXPECT(EXC_TLBS, u_miss)
    CHECK_SEEN(SEEN_BADVADDR, 0x7001)
    PASS

    .section .user, "ax"
u_odd:
    lh      $t1, 1($s0)
u_miss:
    sb      $t1, 0x7001($0)
data:
    .word   0, 0
