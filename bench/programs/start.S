/* Entry of the programs for a machine without an operating system: stack,
 * FPU, main(), then main's result to the register that ends the run. */
	.set	noreorder
	.globl	_start
_start:	lui	$sp, %hi(stack_top)
	addiu	$sp, $sp, %lo(stack_top)
	lui	$t0, 0x3000		/* CU1, CU0; no interrupts */
	mtc0	$t0, $12
	nop
	nop
	ctc1	$0, $31
	jal	main
	addiu	$sp, $sp, -32
	lui	$t0, 0xb000
	sw	$v0, 0x10($t0)
1:	b	1b
	nop

	.bss
	.align	4
	.space	65536
stack_top:
