/* A world for tests of the reference core: 64 KB of memory, a page table, and
 * molecules written as text.
 *
 *     0x80000000  memory, cached
 *     0xa0000000  the same, uncached
 *     below       pages mapped by `pages`, at first page n to page n of memory
 *     0xc0000000  a device
 *
 * Misses cost nothing unless a test's settings say so. */
#ifndef SELKIRK_TESTS_UNIT_CORE_WORLD_H
#define SELKIRK_TESTS_UNIT_CORE_WORLD_H

#include "base/bits.h"
#include "hwmodel/vliw/core.h"
#include "tests/support/settings.h"

enum {
    WORLD_PAGE = 4096,
    WORLD_PAGES = 16,
    WORLD_BYTES = WORLD_PAGE * WORLD_PAGES,
    WORLD_CODES = 16,
    WORLD_LOG = 256
};
#define WORLD_BASE   0x100000000ull /* where code is installed */
#define CACHED(pa)   (0x80000000u + (pa))
#define UNCACHED(pa) (0xa0000000u + (pa))

typedef struct WorldPage {
    uint32_t frame; /* page of memory */
    bool absent, clean;
} WorldPage;

typedef struct World {
    uint8_t memory[WORLD_BYTES];
    WorldPage pages[WORLD_PAGES];
    uint32_t *tbits[WORLD_PAGES]; /* by page of memory; NULL: no translation */
    unsigned looks;               /* calls of CoreBus.page */
    bool last_user;

    /* What CoreBus.stored was called with. */
    uint32_t stored_pa[WORLD_LOG];
    unsigned stored_size[WORLD_LOG], stored;

    /* Answers of CoreBus.indirect, and what it was asked. */
    CoreCode *indirect;
    uint64_t indirect_cycles;
    uint32_t indirect_pc;
    unsigned indirects, calls;
    /* Answer of CoreBus.failed, for once, and what it was told last. */
    CoreCode *recovery;
    CoreStop failed;
    unsigned failures;

    Config *config;
    VliwDesc desc;
    Hierarchy *hierarchy;
    Core *core;
    Stats *stats;
    Arena *arena;
    CoreCode *codes[WORLD_CODES];
    unsigned code_count;
    uint64_t next_base;
    uint64_t next_stubs; /* of exits' molecules; 0: behind the main path */
} World;

/* `words`: settings "key=value" until NULL, or NULL. */
World *world_create(const char *const *words);
void world_destroy(World *w);

/* Installs code; `text` is what vliw_code_parse() takes. */
CoreCode *world_install(World *w, unsigned gear, const char *text);
/* Drops what was installed. */
void world_remove(World *w, CoreCode *code);

/* Runs, and checks that the causes add up. */
CoreStop world_run(World *w, CoreCode *code);
/* The cycles of a run that must leave by an exit that leads nowhere. */
uint64_t world_time(World *w, CoreCode *code);

uint64_t world_stat(const World *w, const char *row);
/* A working register; both forms of state. */
uint32_t world_gpr(World *w, unsigned reg);
void world_set_gpr(World *w, unsigned reg, uint32_t value);
void world_set_fpr(World *w, unsigned reg, uint64_t value);

/* The header of a code in text. */
#define CODE_HEAD                                                              \
    "code 0x80001000 kernel el pending=none main=1 length=9 bound=7\n"
#define CODE_EL CODE_HEAD "x0 direct 0x80002000 insns=3 pending=none\n"
#define CODE_EB                                                                \
    "code 0x80001000 kernel eb pending=none main=1 length=9 bound=7\n"         \
    "x0 direct 0x80002000 insns=3 pending=none\n"
#define CODE_USER                                                              \
    "code 0x00001000 user el pending=none main=1 length=9 bound=7\n"           \
    "x0 direct 0x80002000 insns=3 pending=none\n"

#endif
