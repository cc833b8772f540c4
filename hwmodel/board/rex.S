# The boot ROM of the decstation-200 board: starts the program that Selkirk has
# loaded, as DEC's REX firmware does, and answers the calls that it makes.
#
# MIPS I, little-endian, linked to 0xbfc00000.  hwmodel/board/make-rom turns it
# into rex_rom.h, from which Selkirk is built; run that after every change.
#
# The services are those of the table at the end, which the program gets in a3.
# They follow the o32 calling convention; what a service of the real firmware
# would do and this one does not is noted there.

	.set	noreorder
	.set	noat
	.text

	.equ	LINK, 0xbfc80000	# Selkirk's own: STARTED, RETURNED, FAILED
	.equ	STARTED, 0
	.equ	RETURNED, 4
	.equ	FAILED, 8

	.equ	DZ, 0xbfe00000		# DC7085
	.equ	DZ_CSR, 0
	.equ	DZ_RBUF, 8
	.equ	DZ_LPR, 8
	.equ	DZ_TCR, 16
	.equ	DZ_TDR, 24
	.equ	CSR_TRDY, 0x8000
	.equ	CSR_MSE, 0x20

	.equ	KN02_CSR, 0xbff00000
	.equ	SLOTS, 0xbe000000	# TURBOchannel slot 0

	.equ	VECTORS, 0xa0000000	# exceptions while Status.BEV is clear
	.equ	STACK, 0x8002ffe0	# below the lowest kernels, 0x80030000
	.equ	STATUS_BEV, 0x00400000
	.equ	REX_MAGIC, 0x30464354

	.globl	_start
_start:	b	reset
	 nop

	.org	0x100			# TLB refill while Status.BEV is set
	b	fail
	 nop

	.org	0x180			# other exceptions, likewise
	b	fail
	 nop

	.org	0x200
reset:	li	$t0, STATUS_BEV
	mtc0	$t0, $12
	li	$t1, LINK
	lw	$t2, STARTED($t1)
	li	$t3, 1
	bnez	$t2, back		# the program has jumped to us
	 nop
	sw	$t3, STARTED($t1)

	# A program that takes an exception before it has its own vectors comes
	# to us, too.
	li	$t0, VECTORS
	la	$t1, vector
	li	$t2, 4
1:	lw	$t3, 0($t1)
	addiu	$t1, $t1, 4
	sw	$t3, 0x00($t0)
	sw	$t3, 0x80($t0)
	addiu	$t2, $t2, -1
	bnez	$t2, 1b
	 addiu	$t0, $t0, 4

	bal	init_console
	 nop
	mtc0	$zero, $13
	mtc0	$zero, $12
	la	$t0, argc
	lw	$a0, 0($t0)
	la	$a1, argv
	li	$a2, REX_MAGIC
	la	$a3, services
	la	$t0, entry
	lw	$t0, 0($t0)
	li	$sp, STACK
	jalr	$t0
	 nop

back:	li	$t1, LINK
	sw	$zero, RETURNED($t1)
1:	b	1b			# Selkirk ends the run, or resets
	 nop

vector:	la	$k0, fail
	jr	$k0
	 nop

# An exception: says which, in registers only, for the stack may be what broke.
fail:	mfc0	$s0, $13
	mfc0	$s1, $14
	mfc0	$s2, $8
	bal	init_console
	 nop
	la	$a0, m_cause
	bal	puts
	 nop
	bal	puthex
	 move	$a0, $s0
	la	$a0, m_epc
	bal	puts
	 nop
	bal	puthex
	 move	$a0, $s1
	la	$a0, m_badvaddr
	bal	puts
	 nop
	bal	puthex
	 move	$a0, $s2
	bal	putchar
	 li	$a0, 10
	li	$t1, LINK
	sw	$zero, FAILED($t1)
1:	b	1b
	 nop

# --- Console -----------------------------------------------------------------

# Line 3: 9600 baud, 8 bits, receiver on.  Changes t0, t1; v0 is 0.
init_console:
	li	$t0, DZ
	li	$t1, 0x1e1b
	sh	$t1, DZ_LPR($t0)
	li	$t1, 8
	sh	$t1, DZ_TCR($t0)
	li	$t1, CSR_MSE
	sh	$t1, DZ_CSR($t0)
	jr	$ra
	 move	$v0, $zero

# Prints the character a0, and a carriage return before a newline.  The other
# lines' transmitters are held off meanwhile, so that the scanner offers line 3.
# Changes a0, t0 to t4.
putchar:
	li	$t4, 10
	beq	$a0, $t4, 1f
	 move	$t4, $zero
	b	2f
	 nop
1:	move	$t4, $a0		# afterwards
	li	$a0, 13
2:	li	$t0, DZ
	lhu	$t1, DZ_CSR($t0)
	nop
	andi	$t1, $t1, CSR_MSE
	bnez	$t1, 3f
	 nop
	li	$t1, 0x1e1b		# nobody scans: set line 3 up
	sh	$t1, DZ_LPR($t0)
	li	$t1, CSR_MSE
	sh	$t1, DZ_CSR($t0)
3:	lhu	$t2, DZ_TCR($t0)
	li	$t1, 8
	andi	$t3, $t2, 0xff00	# keep the modem outputs
	or	$t1, $t1, $t3
	sh	$t1, DZ_TCR($t0)
4:	lhu	$t1, DZ_CSR($t0)
	nop
	andi	$t1, $t1, CSR_TRDY
	beqz	$t1, 4b
	 nop
	sb	$a0, DZ_TDR($t0)
	sh	$t2, DZ_TCR($t0)
	move	$a0, $t4
	bnez	$a0, 2b
	 move	$t4, $zero
	jr	$ra
	 nop

# Prints the string a0.  Changes a0, t0 to t4, t8, t9; v0 is 0.
puts:	move	$t8, $ra
	move	$t9, $a0
1:	lbu	$a0, 0($t9)
	addiu	$t9, $t9, 1
	beqz	$a0, 2f
	 nop
	bal	putchar
	 nop
	b	1b
	 nop
2:	jr	$t8
	 move	$v0, $zero

# Prints a0 as 8 hexadecimal digits.  Changes a0, t0 to t5, t8, t9.
puthex:	move	$t8, $ra
	move	$t9, $a0
	li	$t5, 8
1:	srl	$a0, $t9, 28
	sltiu	$t0, $a0, 10
	bnez	$t0, 2f
	 addiu	$a0, $a0, '0'
	addiu	$a0, $a0, 'a' - '0' - 10
2:	bal	putchar
	 sll	$t9, $t9, 4
	addiu	$t5, $t5, -1
	bnez	$t5, 1b
	 nop
	jr	$t8
	 nop

# --- Services: strings -------------------------------------------------------

s_memcpy:				# a0 to, a1 from, a2 bytes
	beqz	$a2, 2f
	 move	$v0, $a0
1:	lbu	$t0, 0($a1)
	addiu	$a1, $a1, 1
	sb	$t0, 0($a0)
	addiu	$a2, $a2, -1
	bnez	$a2, 1b
	 addiu	$a0, $a0, 1
2:	jr	$ra
	 nop

s_memset:				# a0 to, a1 value, a2 bytes
	beqz	$a2, 2f
	 move	$v0, $a0
1:	sb	$a1, 0($a0)
	addiu	$a2, $a2, -1
	bnez	$a2, 1b
	 addiu	$a0, $a0, 1
2:	jr	$ra
	 nop

s_strcat:				# a0 to, a1 from
	move	$v0, $a0
1:	lbu	$t0, 0($a0)
	nop
	bnez	$t0, 1b
	 addiu	$a0, $a0, 1
	b	copy
	 addiu	$a0, $a0, -1

s_strcpy:				# a0 to, a1 from
	move	$v0, $a0
copy:	lbu	$t0, 0($a1)
	addiu	$a1, $a1, 1
	sb	$t0, 0($a0)
	bnez	$t0, copy
	 addiu	$a0, $a0, 1
	jr	$ra
	 nop

s_strcmp:				# changes a0, a1, t0, t1
	lbu	$t0, 0($a0)
	lbu	$t1, 0($a1)
	addiu	$a0, $a0, 1
	bne	$t0, $t1, 1f
	 addiu	$a1, $a1, 1
	bnez	$t0, s_strcmp
	 nop
1:	jr	$ra
	 subu	$v0, $t0, $t1

s_strlen:
	move	$v0, $zero
1:	lbu	$t0, 0($a0)
	addiu	$a0, $a0, 1
	bnez	$t0, 1b
	 addiu	$v0, $v0, 1
	jr	$ra
	 addiu	$v0, $v0, -1

# --- Services: console -------------------------------------------------------

s_getchar:				# waits for it
	li	$t0, DZ
1:	lh	$v0, DZ_RBUF($t0)
	nop
	bgez	$v0, 1b			# bit 15: valid
	 nop
	jr	$ra
	 andi	$v0, $v0, 0xff

# printf(format, ...): %s %c %d %u %x %%; field widths and 0, -, ., l are passed
# over.  a3 holds the number's base and t7 the digits' place on the stack.
s_printf:
	sw	$a1, 4($sp)		# o32: the caller has left room
	sw	$a2, 8($sp)
	sw	$a3, 12($sp)
	addiu	$t6, $sp, 4		# next argument
	addiu	$sp, $sp, -16		# room for the digits of a number
	move	$t8, $ra
	move	$t9, $a0
next:	lbu	$a0, 0($t9)
	addiu	$t9, $t9, 1
	beqz	$a0, done
	 li	$t0, '%'
	beq	$a0, $t0, field
	 nop
print:	bal	putchar
	 nop
	b	next
	 nop
done:	addiu	$sp, $sp, 16
	jr	$t8
	 move	$v0, $zero

field:	lbu	$a0, 0($t9)
	li	$t0, '%'
	beqz	$a0, done
	 addiu	$t9, $t9, 1
	beq	$a0, $t0, print
	 addiu	$t0, $a0, -'-'
	sltiu	$t0, $t0, '9' - '-' + 1	# - . / digits
	bnez	$t0, field
	 li	$t0, 'l'
	beq	$a0, $t0, field
	 li	$t0, 's'
	lw	$t5, 0($t6)
	addiu	$t6, $t6, 4
	beq	$a0, $t0, string
	 li	$t0, 'c'
	beq	$a0, $t0, print_t5
	 li	$t0, 'u'
	beq	$a0, $t0, number
	 li	$a3, 10
	li	$t0, 'd'
	bne	$a0, $t0, number
	 li	$a3, 16			# x, and whatever else it is
	bgez	$t5, number
	 li	$a3, 10
	bal	putchar
	 li	$a0, '-'
	subu	$t5, $zero, $t5
number:	addiu	$t7, $sp, 15
	sb	$zero, 0($t7)
1:	divu	$zero, $t5, $a3
	mfhi	$t0
	mflo	$t5
	sltiu	$t1, $t0, 10
	bnez	$t1, 2f
	 addiu	$t0, $t0, '0'
	addiu	$t0, $t0, 'a' - '0' - 10
2:	addiu	$t7, $t7, -1
	bnez	$t5, 1b
	 sb	$t0, 0($t7)
	move	$t5, $t7
string:	lbu	$a0, 0($t5)
	addiu	$t5, $t5, 1
	beqz	$a0, next
	 nop
	bal	putchar
	 nop
	b	string
	 nop
print_t5:
	b	print
	 andi	$a0, $t5, 0xff

# --- Services: the machine ---------------------------------------------------

s_getenv:				# a0: name; 0 if there is none
	la	$t2, environment
	move	$t3, $a0
	move	$t4, $ra
1:	lw	$a1, 0($t2)
	nop
	beqz	$a1, 2f
	 move	$v0, $zero
	bal	s_strcmp
	 move	$a0, $t3
	bnez	$v0, 1b
	 addiu	$t2, $t2, 8
	lw	$v0, -4($t2)
2:	jr	$t4
	 nop

s_slot_address:				# a0: slot; 7 is the system board
	sll	$v0, $a0, 22
	li	$t0, SLOTS
	jr	$ra
	 addu	$v0, $v0, $t0

s_wbflush:				# CpCond0: the write buffer is empty
1:	bc0f	1b
	 nop
	jr	$ra
	 nop

s_msdelay:				# a0: milliseconds, at least
	la	$t0, ms_loops
	lw	$t0, 0($t0)
	b	3f
	 nop
1:	move	$t1, $t0
2:	bnez	$t1, 2b
	 addiu	$t1, $t1, -1
	addiu	$a0, $a0, -1
3:	bgtz	$a0, 1b
	 nop
	jr	$ra
	 nop

s_leds:					# a0: bits of the LEDs to light
	li	$t0, KN02_CSR
	nor	$a0, $a0, $zero
	jr	$ra
	 sb	$a0, 0($t0)

s_getsysid:
	la	$t0, sysid
	lw	$v0, 0($t0)
	jr	$ra
	 nop

# a0: where to put the page size, and a bit for each page, 1 if it is good.
# Returns the number of bytes with bits.
s_getbitmap:
	la	$t0, bitmap_bytes
	lw	$v0, 0($t0)
	li	$t0, 4096
	sw	$t0, 0($a0)
	move	$t0, $v0
	li	$t1, 0xff
1:	sb	$t1, 4($a0)
	addiu	$t0, $t0, -1
	bnez	$t0, 1b
	 addiu	$a0, $a0, 1
	jr	$ra
	 nop

s_gettcinfo:
	la	$v0, tcinfo
	jr	$ra
	 nop

s_fail:					# no such device
	jr	$ra
	 li	$v0, -1

s_none:					# does nothing
	jr	$ra
	 move	$v0, $zero

# --- Data --------------------------------------------------------------------

	.align	2
services:
	.word	s_memcpy		# 00
	.word	s_memset		# 04
	.word	s_strcat		# 08
	.word	s_strcmp		# 0c
	.word	s_strcpy		# 10
	.word	s_strlen		# 14
	.word	s_none			# 18 strncat
	.word	s_none			# 1c strncpy
	.word	s_none			# 20 strncmp
	.word	s_getchar		# 24
	.word	s_none			# 28 gets
	.word	puts			# 2c
	.word	s_printf		# 30
	.word	s_none			# 34 sprintf
	.word	s_none			# 38 io_poll
	.word	s_none			# 3c strtol
	.word	s_none			# 40 signal
	.word	s_none			# 44 raise
	.word	s_none			# 48 time
	.word	s_none			# 4c setjmp
	.word	s_none			# 50 longjmp
	.word	s_fail			# 54 bootinit
	.word	s_fail			# 58 bootread
	.word	s_fail			# 5c bootwrite
	.word	s_fail			# 60 setenv
	.word	s_getenv		# 64
	.word	s_fail			# 68 unsetenv
	.word	s_slot_address		# 6c
	.word	s_wbflush		# 70
	.word	s_msdelay		# 74
	.word	s_leds			# 78
	.word	s_none			# 7c clear_cache: Selkirk's are coherent
	.word	s_getsysid		# 80
	.word	s_getbitmap		# 84
	.word	s_none			# 88 disableintr
	.word	s_none			# 8c enableintr
	.word	s_none			# 90 testintr
	.word	0			# 94 reserved data
	.word	init_console		# 98 console_init
	.word	back			# 9c halt
	.word	s_none			# a0 showfault
	.word	s_gettcinfo		# a4
	.word	s_none			# a8 execute_cmd
	.word	back			# ac rex: boot or halt
	.rept	10
	.word	s_none			# b0 to d4 reserved
	.endr

environment:				# names and values
	.word	e_console, e_serial
	.word	e_osconsole, e_line
	.word	e_systype, e_sysid
	.word	0

	# What Selkirk fills in; make-rom tells it where.
	.globl	entry, bitmap_bytes, ms_loops, tc_clock, cmdline
entry:	.word	0			# of the program
bitmap_bytes:
	.word	0			# 8 pages of RAM each
ms_loops:
	.word	0			# of two instructions a millisecond
tcinfo:	.word	0			# hardware revision
tc_clock:
	.word	0			# period, ns
	.word	4			# MB a slot
	.word	64			# I/O timeout, cycles
	.word	0			# range of DMA, MB
	.word	128			# longest DMA burst, words
	.word	0			# parity
	.word	0, 0, 0, 0

sysid:	.word	0x82020300		# R3000; system 2: 5000/200; firmware 3
argc:	.word	3
argv:	.word	a_boot, a_device, cmdline, 0

a_boot:		.asciz	"boot"
a_device:	.asciz	"5/rz0/vmlinux"
e_console:	.asciz	"console"
e_serial:	.asciz	"s"
e_osconsole:	.asciz	"osconsole"
e_line:		.asciz	"3"
e_systype:	.asciz	"systype"
e_sysid:	.asciz	"0x82020300"
m_cause:	.asciz	"\nROM: exception, Cause "
m_epc:		.asciz	", EPC "
m_badvaddr:	.asciz	", BadVAddr "

cmdline:				# the rest of the ROM
