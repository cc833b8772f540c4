# What guest/linux/check-mips1 has to find, and what it has to let pass.  It is
# assembled, never run.  Each instruction to be found has "bad" behind it.
	.set noreorder
	.globl f
f:
	lw $2, 0($4)
	addu $3, $2, $4 # bad
	lw $2, 0($4)
	lw $3, 4($2) # bad
	lw $2, 0($4)
	sw $2, 0($5) # bad
	lw $2, 0($4)
	bnez $2, f # bad
	lw $2, 0($4)
	addu $3, $4, $4
	lw $2, 4($4)
	jr $2 # bad
	nop
	lh $2, 0($4)
	mult $2, $3 # bad
	lwc1 $f4, 0($5)
	add.s $f0, $f2, $f4 # bad
	mtc1 $4, $f2
	cvt.s.w $f2, $f2 # bad
	cfc1 $2, $31
	ctc1 $2, $31 # bad
	mfc1 $2, $f0
	c.eq.s $f0, $f2
	lw $2, 0($4)
	addu $2, $3, $4
	lwl $2, 3($4)
	lwr $2, 0($4)
	lw $2, 0($4)
	nop
	addu $2, $2, $2
	.set mips32r2
	movn $2, $3, $4 # bad
	mul $2, $3, $4 # bad
	beql $2, $3, f # bad
	nop
	ldc1 $f2, 0($4) # bad
	teq $2, $3 # bad
	sync # bad
	ll $2, 0($4)
	sc $3, 0($4)
	rdhwr $3, $29
