/* What the program or module is, from the note that the linker leaves in it: a
 * hash of all that it holds.  The file on disk may be another one by now. */
#define _GNU_SOURCE
#include "base/build_id.h"

#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef struct Search {
    uintptr_t inside; /* an address in it */
    char *id;
    bool found;
} Search;

static bool holds(const struct dl_phdr_info *module, uintptr_t address)
{
    for (unsigned i = 0; i < module->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &module->dlpi_phdr[i];
        if (part->p_type == PT_LOAD &&
            address - (module->dlpi_addr + part->p_vaddr) < part->p_memsz)
            return true;
    }
    return false;
}

static void print_id(const uint8_t *bytes, size_t size, char *id)
{
    for (size_t i = 0; i < size; i++)
        snprintf(id + 2 * i, 3, "%02x", bytes[i]);
}

/* Name and content of a note are padded to multiples of four bytes. */
static size_t padded(size_t size)
{
    return (size + 3) & ~(size_t)3;
}

static bool read_notes(const uint8_t *notes, size_t size, char *id)
{
    const char owner[] = "GNU";
    ElfW(Nhdr) note;
    while (size >= sizeof note) {
        memcpy(&note, notes, sizeof note);
        size_t name = padded(note.n_namesz), content = padded(note.n_descsz);
        size_t whole = sizeof note + name + content;
        if (whole > size)
            return false;
        const uint8_t *bytes = notes + sizeof note + name;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof owner &&
            memcmp(notes + sizeof note, owner, sizeof owner) == 0 &&
            note.n_descsz > 0 && 2 * note.n_descsz < BUILD_ID_SIZE) {
            print_id(bytes, note.n_descsz, id);
            return true;
        }
        notes += whole;
        size -= whole;
    }
    return false;
}

/* For dl_iterate_phdr(), which ends when it is not 0. */
static int look(struct dl_phdr_info *module, size_t size, void *context)
{
    Search *search = context;
    (void)size;
    if (!holds(module, search->inside))
        return 0;
    for (unsigned i = 0; i < module->dlpi_phnum && !search->found; i++) {
        const ElfW(Phdr) *part = &module->dlpi_phdr[i];
        uintptr_t address = module->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_NOTE)
            search->found =
                read_notes((const uint8_t *)address, part->p_memsz, search->id);
    }
    return 1;
}

bool build_id_find(char id[BUILD_ID_SIZE])
{
    static const char inside = 0;
    Search search = {.inside = (uintptr_t)&inside, .id = id};
    dl_iterate_phdr(look, &search);
    return search.found;
}
