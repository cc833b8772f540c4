/* `selkirk docs`; see docs.h. */
#include "cli/docs.h"

#include "base/bits.h"
#include "base/config.h"
#include "frontend/decode.h"
#include "hwmodel/board/board.h"
#include "hwmodel/vliw/molecule.h"
#include "ir/ir.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *title;
    void (*write)(FILE *out);
} pages[] = {
    {"atoms", "Atoms of the modelled VLIW", atom_write_docs},
    {"boards", "Boards, devices, registers", board_write_docs},
    {"instructions", "Instructions of the guest", insn_write_docs},
    {"keys", "Configuration keys", config_write_docs},
    {"operations", "Operations of the IR", ir_write_docs},
};

bool docs_print(const Options *options, Diag *diag)
{
    const char *name = options->operands[0];
    for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
        if (strcmp(pages[i].name, name) != 0)
            continue;
        printf("# %s\n\nWritten by `selkirk docs %s`.\n\n", pages[i].title,
               name);
        pages[i].write(stdout);
        return true;
    }
    return diag_error(diag,
                      "there is no page \"%s\"; choose atoms, boards, "
                      "instructions, keys or operations",
                      name);
}
