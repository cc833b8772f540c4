/* Programs in memory and as an executable; see image.h. */
#include "tests/random/image.h"

#include "base/bits.h"
#include "tests/random/encode.h"

#include <assert.h>
#include <elf.h>
#include <unistd.h>

enum {
    HEAD_WORDS = 4,
    TAIL_WORDS = 5,
    REG_V0 = 2,
    REG_A0 = 4,
    REG_A1 = 5,
    REG_A2 = 6,
    REG_T0 = 8,
    LINUX_EXIT = 4001, /* system calls of o32 */
    LINUX_WRITE = 4004,
    FCR31 = 31,
};

_Static_assert(
    4 * (HEAD_WORDS + PROGRAM_WORDS_MAX + TAIL_WORDS) <= IMAGE_SLOT_BYTES &&
        (IMAGE_SLOTS + 1) * IMAGE_SLOT_BYTES <= IMAGE_DATA - IMAGE_CODE &&
        IMAGE_SLOTS * IMAGE_BLOCK_BYTES <= IMAGE_VA + IMAGE_BYTES - IMAGE_DATA,
    "the slots, one more for the exit, and the blocks fit");

uint32_t image_slot_va(size_t slot)
{
    return IMAGE_CODE + (uint32_t)slot * IMAGE_SLOT_BYTES;
}

uint32_t image_program_va(size_t slot)
{
    return image_slot_va(slot) + 4 * HEAD_WORDS;
}

uint32_t image_block_va(size_t slot)
{
    return IMAGE_DATA + (uint32_t)slot * IMAGE_BLOCK_BYTES;
}

uint32_t image_get_word(const Image *image, uint32_t va)
{
    return bits_load32(image->bytes + (va - IMAGE_VA), image->big);
}

void image_put_word(Image *image, uint32_t va, uint32_t word)
{
    assert(va - IMAGE_VA <= IMAGE_BYTES - 4);
    bits_store32(image->bytes + (va - IMAGE_VA), word, image->big);
}

/* --- Routines of the harness ---------------------------------------------- */

/* Where the next instruction goes. */
typedef struct Cursor {
    Image *image;
    uint32_t va;
} Cursor;

static void put(Cursor *c, uint32_t word)
{
    image_put_word(c->image, c->va, word);
    c->va += 4;
}

static uint32_t memory(InsnOp op, unsigned reg, unsigned word)
{
    return encode_row(op) | ENCODE_RS(REG_BLOCK) | ENCODE_RT(reg) |
           ENCODE_IMM(4 * word);
}

static uint32_t immediate(unsigned reg, uint32_t value)
{
    return encode_row(INSN_ADDIU) | ENCODE_RT(reg) | ENCODE_IMM(value);
}

static uint32_t copy(unsigned to, unsigned from)
{
    return encode_row(INSN_OR) | ENCODE_RD(to) | ENCODE_RS(from);
}

static void put_jump(Cursor *c, InsnOp op, uint32_t target)
{
    put(c, encode_row(op) | ENCODE_TARGET(target));
    put(c, 0);
}

static void put_return(Cursor *c)
{
    put(c, encode_row(INSN_JR) | ENCODE_RS(REG_LINK));
    put(c, 0);
}

static bool is_harness_gpr(unsigned reg)
{
    return reg == 0 || reg == REG_BLOCK || reg == REG_LINK;
}

/* Called with the return address in ra and the block's in k0. */
static void put_load_all(Cursor *c)
{
    put(c, copy(REG_LINK, REG_RA));
    for (unsigned i = 0; i < 32; i++)
        put(c, memory(INSN_LWC1, i, BLOCK_FPR + i));
    put(c, memory(INSN_LW, REG_T0, BLOCK_FCR31));
    put(c, 0);
    put(c, encode_row(INSN_CTC1) | ENCODE_RT(REG_T0) | ENCODE_RD(FCR31));
    put(c, memory(INSN_LW, REG_T0, BLOCK_HI));
    put(c, 0);
    put(c, encode_row(INSN_MTHI) | ENCODE_RS(REG_T0));
    put(c, memory(INSN_LW, REG_T0, BLOCK_LO));
    put(c, 0);
    put(c, encode_row(INSN_MTLO) | ENCODE_RS(REG_T0));
    for (unsigned i = 0; i < 32; i++)
        if (!is_harness_gpr(i))
            put(c, memory(INSN_LW, i, BLOCK_GPR + i));
    put_return(c);
}

/* Called with ra saved and the return address in it.  Returns the address of
 * the system call: write(1, block, size). */
static uint32_t put_save_all(Cursor *c)
{
    for (unsigned i = 0; i < 32; i++)
        if (!is_harness_gpr(i) && i != REG_RA)
            put(c, memory(INSN_SW, i, BLOCK_GPR + i));
    put(c, copy(REG_LINK, REG_RA));
    put(c, encode_row(INSN_MFHI) | ENCODE_RD(REG_T0));
    put(c, memory(INSN_SW, REG_T0, BLOCK_HI));
    put(c, encode_row(INSN_MFLO) | ENCODE_RD(REG_T0));
    put(c, memory(INSN_SW, REG_T0, BLOCK_LO));
    put(c, encode_row(INSN_CFC1) | ENCODE_RT(REG_T0) | ENCODE_RD(FCR31));
    put(c, 0);
    put(c, memory(INSN_SW, REG_T0, BLOCK_FCR31));
    for (unsigned i = 0; i < 32; i++)
        put(c, memory(INSN_SWC1, i, BLOCK_FPR + i));
    put(c, immediate(REG_V0, LINUX_WRITE));
    put(c, immediate(REG_A0, 1));
    put(c, copy(REG_A1, REG_BLOCK));
    put(c, immediate(REG_A2, IMAGE_BLOCK_BYTES));
    uint32_t write_va = c->va;
    put(c, encode_row(INSN_SYSCALL));
    put_return(c);
    return write_va;
}

static void put_exit(Cursor *c)
{
    put(c, immediate(REG_V0, LINUX_EXIT));
    put(c, immediate(REG_A0, 0));
    put(c, encode_row(INSN_SYSCALL));
}

void image_init(Image *image, bool big)
{
    memset(image, 0, sizeof *image);
    image->big = big;
    Cursor c = {image, IMAGE_VA};
    image->load_all = c.va;
    put_load_all(&c);
    image->save_all = c.va;
    image->write_va = put_save_all(&c);
    assert(c.va <= IMAGE_CODE);

    for (size_t i = 0; i < IMAGE_SLOTS; i++) {
        c.va = image_slot_va(i);
        put_jump(&c, INSN_J, image_slot_va(i + 1));
    }
    c.va = image_slot_va(IMAGE_SLOTS);
    put_exit(&c);
}

void image_put_program(Image *image, size_t slot, const Program *program)
{
    assert(slot < IMAGE_SLOTS && program->count <= PROGRAM_WORDS_MAX);
    uint32_t block = image_block_va(slot);
    Cursor c = {image, image_slot_va(slot)};
    put(&c,
        encode_row(INSN_LUI) | ENCODE_RT(REG_BLOCK) | ENCODE_IMM(block >> 16));
    put(&c, encode_row(INSN_ORI) | ENCODE_RT(REG_BLOCK) | ENCODE_RS(REG_BLOCK) |
                ENCODE_IMM(block));
    put_jump(&c, INSN_JAL, image->load_all);
    assert(c.va == image_program_va(slot));
    for (size_t i = 0; i < program->count; i++)
        put(&c, program->words[i]);
    put(&c, memory(INSN_SW, REG_RA, BLOCK_GPR + REG_RA));
    put_jump(&c, INSN_JAL, image->save_all);
    put_jump(&c, INSN_J, image_slot_va(slot + 1));
    for (size_t i = 0; i < BLOCK_WORDS; i++)
        image_put_word(image, block + 4 * (uint32_t)i, program->block[i]);
}

/* --- The executable ------------------------------------------------------- */

static bool write_all(int fd, const void *bytes, size_t size)
{
    const char *from = bytes;
    while (size > 0) {
        ssize_t done = write(fd, from, size);
        if (done < 0)
            return false;
        from += done;
        size -= (size_t)done;
    }
    return true;
}

/* The header of the file, padded to a page, as the file is mapped by pages:
 * one segment, and a note that doubles lie in pairs of registers, without
 * which QEMU takes them for 64-bit registers. */
static void make_header(const Image *image, uint8_t header[IMAGE_PAGE])
{
    enum {
        FLAGS = EF_MIPS_NOREORDER | 0x1000 /* o32 */ | EF_MIPS_ARCH_1,
        SEGMENT = sizeof(Elf32_Ehdr),
        NOTE = SEGMENT + sizeof(Elf32_Phdr),
        ABI_FLAGS = (NOTE + sizeof(Elf32_Phdr) + 7) & ~7u,
    };
    bool big = image->big;
#define PUT16(at, type, field, value)                                          \
    bits_store16(header + (at) + offsetof(type, field), value, big)
#define PUT32(at, type, field, value)                                          \
    bits_store32(header + (at) + offsetof(type, field), value, big)
#define PUT8(at, type, field, value)                                           \
    (header[(at) + offsetof(type, field)] = (value))
    memset(header, 0, IMAGE_PAGE);
    memcpy(header, ELFMAG, SELFMAG);
    header[EI_CLASS] = ELFCLASS32;
    header[EI_DATA] = big ? ELFDATA2MSB : ELFDATA2LSB;
    header[EI_VERSION] = EV_CURRENT;
    PUT16(0, Elf32_Ehdr, e_type, ET_EXEC);
    PUT16(0, Elf32_Ehdr, e_machine, EM_MIPS);
    PUT32(0, Elf32_Ehdr, e_version, EV_CURRENT);
    PUT32(0, Elf32_Ehdr, e_entry, IMAGE_CODE);
    PUT32(0, Elf32_Ehdr, e_phoff, SEGMENT);
    PUT32(0, Elf32_Ehdr, e_flags, FLAGS);
    PUT16(0, Elf32_Ehdr, e_ehsize, sizeof(Elf32_Ehdr));
    PUT16(0, Elf32_Ehdr, e_phentsize, sizeof(Elf32_Phdr));
    PUT16(0, Elf32_Ehdr, e_phnum, 2);
    PUT32(SEGMENT, Elf32_Phdr, p_type, PT_LOAD);
    PUT32(SEGMENT, Elf32_Phdr, p_offset, IMAGE_PAGE);
    PUT32(SEGMENT, Elf32_Phdr, p_vaddr, IMAGE_VA);
    PUT32(SEGMENT, Elf32_Phdr, p_paddr, IMAGE_VA);
    PUT32(SEGMENT, Elf32_Phdr, p_filesz, IMAGE_BYTES);
    PUT32(SEGMENT, Elf32_Phdr, p_memsz, IMAGE_BYTES);
    PUT32(SEGMENT, Elf32_Phdr, p_flags, PF_R | PF_W | PF_X);
    PUT32(SEGMENT, Elf32_Phdr, p_align, IMAGE_PAGE);
    PUT32(NOTE, Elf32_Phdr, p_type, PT_MIPS_ABIFLAGS);
    PUT32(NOTE, Elf32_Phdr, p_offset, ABI_FLAGS);
    PUT32(NOTE, Elf32_Phdr, p_filesz, sizeof(Elf_MIPS_ABIFlags_v0));
    PUT32(NOTE, Elf32_Phdr, p_flags, PF_R);
    PUT32(NOTE, Elf32_Phdr, p_align, 8);
    PUT8(ABI_FLAGS, Elf_MIPS_ABIFlags_v0, isa_level, 1);
    PUT8(ABI_FLAGS, Elf_MIPS_ABIFlags_v0, gpr_size, MIPS_AFL_REG_32);
    PUT8(ABI_FLAGS, Elf_MIPS_ABIFlags_v0, cpr1_size, MIPS_AFL_REG_32);
    PUT8(ABI_FLAGS, Elf_MIPS_ABIFlags_v0, fp_abi, Val_GNU_MIPS_ABI_FP_DOUBLE);
#undef PUT8
#undef PUT16
#undef PUT32
}

bool image_write_elf(const Image *image, int fd)
{
    uint8_t header[IMAGE_PAGE];
    make_header(image, header);
    return write_all(fd, header, sizeof header) &&
           write_all(fd, image->bytes, sizeof image->bytes);
}
