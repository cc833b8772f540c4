/* What the program works on: REGIONS and WORDS are files,
 * PASSES how often the regions are translated. */
	.file	"input.S"
	.section .rodata
	.globl	calibrate_regions, calibrate_words, calibrate_passes
calibrate_regions:
	.incbin	REGIONS
	.byte	0
calibrate_words:
	.incbin	WORDS
	.byte	0
	.balign	4
calibrate_passes:
	.4byte	PASSES

	.section .note.GNU-stack, "", @progbits
