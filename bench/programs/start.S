/* Entry of the programs: stack, FPU, main(), then the end of the run with
 * main's result, where the machine takes one. */
	.file	"start.S"	/* not the compiler's temporary name: same bytes again */
	.set	noreorder
	.globl	_start
_start:
#ifdef BENCH_LINUX
	addiu	$sp, $sp, -32
	jal	main
	nop
	move	$a0, $v0
	li	$v0, 4001		/* exit */
	syscall
	nop
#else
	lui	$sp, %hi(stack_top)
	addiu	$sp, $sp, %lo(stack_top)
#ifndef BENCH_SYS161			/* which has no FPU */
	lui	$t0, 0x3000		/* CU1, CU0; no interrupts */
	mtc0	$t0, $12
	nop
	nop
	ctc1	$0, $31
#endif
	jal	main
	addiu	$sp, $sp, -32
#ifdef BENCH_MALTA
	lui	$t0, 0xbf00		/* SOFTRES; qemu -no-reboot ends */
	li	$v0, 0x42
	sw	$v0, 0x500($t0)
#elif defined(BENCH_SYS161)
	lui	$t0, 0xbfff		/* the mainboard's power */
	sw	$0, 0x7e08($t0)
#else
	lui	$t0, 0xb000
	sw	$v0, 0x10($t0)
#endif
1:	b	1b
	nop

	.bss
	.align	4
	.space	65536
stack_top:
#endif
