/* The linker: where code is put, that its memory is used again, and given back;
 * and the module's part of it. */
#include "base/alloc.h"
#include "hwmodel/vliw/engine_host.h"

#include <dirent.h>
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { CHUNK = 2 << 20, UNIT = 64, WHY = 256 };

/* --- Objects -------------------------------------------------------------- */

/* What an object must have: a section of code, a symbol `f`, names. */
typedef struct Form {
    Elf64_Ehdr header;
    Elf64_Shdr sections[4]; /* none, code, symbols, names */
    Elf64_Sym symbols[2];
    char names[8];
    uint8_t code[];
} Form;

static EngineObject make_object(size_t size, uint8_t fill)
{
    Form *form = alloc_zeroed(1, sizeof *form + size);
    memcpy(form->header.e_ident, ELFMAG, SELFMAG);
    form->header.e_ident[EI_CLASS] = ELFCLASS64;
    form->header.e_machine = EM_X86_64;
    form->header.e_type = ET_REL;
    form->header.e_shentsize = sizeof(Elf64_Shdr);
    form->header.e_shnum = 4;
    form->header.e_shoff = offsetof(Form, sections);
    form->sections[1] = (Elf64_Shdr){.sh_type = SHT_PROGBITS,
                                     .sh_flags = SHF_ALLOC | SHF_EXECINSTR,
                                     .sh_offset = offsetof(Form, code),
                                     .sh_size = size,
                                     .sh_addralign = 16};
    form->sections[2] = (Elf64_Shdr){.sh_type = SHT_SYMTAB,
                                     .sh_offset = offsetof(Form, symbols),
                                     .sh_size = sizeof form->symbols,
                                     .sh_link = 3};
    form->sections[3] = (Elf64_Shdr){.sh_type = SHT_STRTAB,
                                     .sh_offset = offsetof(Form, names),
                                     .sh_size = sizeof form->names};
    form->symbols[1] = (Elf64_Sym){.st_name = 1, .st_shndx = 1};
    form->names[1] = 'f';
    memset(form->code, fill, size);
    return (EngineObject){(uint8_t *)form, sizeof *form + size};
}

/* --- The linker ----------------------------------------------------------- */

typedef struct Rig {
    const EngineBackend *backend;
    EngineLinker *linker;
} Rig;

typedef struct Linked {
    void *handle;
    const uint8_t *code;
    size_t bytes;
    uint8_t fill;
} Linked;

static Rig make(void)
{
    char why[WHY] = "";
    void *module = dlopen(SELKIRK_TEST_MODULE, RTLD_NOW | RTLD_LOCAL);
    if (!module)
        fail_msg("%s", dlerror());
    Rig r = {.backend = dlsym(module, "selkirk_engine_llvm")};
    assert_non_null(r.backend);
    EngineObject thunks;
    if (!r.backend->thunks(&thunks, why, sizeof why))
        fail_msg("%s", why);
    r.linker = engine_linking.create(&thunks, why, sizeof why);
    free(thunks.bytes);
    if (!r.linker)
        fail_msg("%s", why);
    return r;
}

static void drop(Rig *r)
{
    engine_linking.destroy(r->linker);
}

static bool try_link(const Rig *r, size_t size, uint8_t fill, Linked *linked,
                     char why[WHY])
{
    EngineObject object = make_object(size, fill);
    EngineCode *code = engine_linking.link(r->linker, &object, &linked->handle,
                                           &linked->bytes, why, WHY);
    free(object.bytes);
    linked->code = (const uint8_t *)(uintptr_t)code;
    linked->fill = fill;
    return code;
}

static Linked link_code(const Rig *r, size_t size, uint8_t fill)
{
    Linked linked;
    char why[WHY];
    if (!try_link(r, size, fill, &linked, why))
        fail_msg("%s", why);
    assert_true(linked.bytes >= size && linked.bytes < size + UNIT);
    assert_int_equal((uintptr_t)linked.code % UNIT, 0);
    return linked;
}

static void unlink_code(const Rig *r, const Linked *linked)
{
    assert_int_equal(linked->code[0], linked->fill);
    assert_int_equal(linked->code[linked->bytes - UNIT], linked->fill);
    engine_linking.unlink(r->linker, linked->handle);
}

/* Chunks: memory that may be executed, of no file of the disk's.  None may be
 * written, too. */
static unsigned count_chunks(void)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512], how[8];
    uint64_t first, end, file, bytes = 0;
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps)) {
        assert_int_equal(sscanf(line,
                                "%" SCNx64 "-%" SCNx64 " %7s %*s %*s %" SCNu64,
                                &first, &end, how, &file),
                         4);
        assert_null(strstr(how, "wx"));
        bool ours = file ? strstr(line, "memfd:selkirk-code") != NULL
                         : !strchr(line, '[');
        if (how[2] == 'x' && ours)
            bytes += end - first;
    }
    fclose(maps);
    assert_int_equal(bytes % CHUNK, 0);
    return (unsigned)(bytes / CHUNK);
}

/* --- Tests ---------------------------------------------------------------- */

static void test_chunks_come_and_go(void **state)
{
    (void)state;
    enum { PIECES = 40 };
    Rig r = make();
    Linked pieces[PIECES];
    assert_int_equal(count_chunks(), 1); /* of the thunks */
    for (unsigned i = 0; i < PIECES; i++)
        pieces[i] = link_code(&r, CHUNK / 8, (uint8_t)(i + 1));
    /* The first has room for seven. */
    assert_int_equal(count_chunks(), 6);
    for (unsigned i = 0; i < PIECES; i += 2)
        unlink_code(&r, &pieces[i]);
    assert_int_equal(count_chunks(), 6);
    for (unsigned i = 1; i < PIECES; i += 2)
        unlink_code(&r, &pieces[i]);
    assert_int_equal(count_chunks(), 1);
    drop(&r);
    assert_int_equal(count_chunks(), 0);
}

static void test_holes_are_used_again(void **state)
{
    (void)state;
    enum { PIECES = 64 };
    Rig r = make();
    Linked pieces[PIECES];
    for (unsigned i = 0; i < PIECES; i++)
        pieces[i] = link_code(&r, CHUNK / 16, (uint8_t)(i + 1));
    unsigned chunks = count_chunks();
    /* Two that are neighbours leave room for one of their sizes, whatever was
     * looked for in vain before. */
    for (unsigned i = 0; i + 3 < PIECES; i += 4) {
        Linked whole = link_code(&r, CHUNK, 0xee);
        unlink_code(&r, &whole);
        unlink_code(&r, &pieces[i + 1]);
        unlink_code(&r, &pieces[i + 2]);
        pieces[i + 1] = link_code(&r, CHUNK / 16, (uint8_t)(i + 2));
        pieces[i + 2] = link_code(&r, CHUNK / 16 - UNIT, (uint8_t)(i + 3));
        assert_int_equal(count_chunks(), chunks);
    }
    for (unsigned i = 0; i < PIECES; i++)
        unlink_code(&r, &pieces[i]);
    drop(&r);
}

static void test_too_large(void **state)
{
    (void)state;
    Rig r = make();
    Linked linked;
    char why[WHY];
    assert_false(try_link(&r, CHUNK + 1, 1, &linked, why));
    assert_string_equal(why, "the object has 2097153 bytes of code, the limit "
                             "is 2097152");
    linked = link_code(&r, CHUNK, 1);
    assert_int_equal(count_chunks(), 2);
    unlink_code(&r, &linked);
    drop(&r);
}

/* Objects go by the module's name for itself. */
static void test_description(void **state)
{
    (void)state;
    Rig r = make();
    char text[1 << 14], small[16], name[128];
    unsigned major;
    assert_true(r.backend->describe(text, sizeof text));
    assert_int_equal(sscanf(text, "%127[0-9a-f] LLVM %u.", name, &major), 2);
    assert_true(strlen(name) >= 32);
    /* What is cut would be the same for other hosts. */
    assert_false(r.backend->describe(small, sizeof small));
    drop(&r);
}

static void copy_file(const char *from, const char *to)
{
    FILE *in = fopen(from, "rbe"), *out = fopen(to, "wbe");
    char bytes[4096];
    assert_non_null(in);
    assert_non_null(out);
    for (size_t got; (got = fread(bytes, 1, sizeof bytes, in)) > 0;)
        assert_int_equal(fwrite(bytes, 1, got, out), got);
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

static void remove_folder(const char *path)
{
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir));)
        unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    assert_int_equal(rmdir(path), 0);
}

/* Of a module's files, one that is not in the record's name. */
static void test_recall(void **state)
{
    (void)state;
    char folder[] = "/tmp/selkirk-recall-XXXXXX", file[64];
    char path[] = SELKIRK_TEST_MODULE;
    const EngineKey wanted = {1, 2};
    EngineKey key = {0};
    EngineSaved saved = {.dir = -1};
    Diag diag = {""};
    assert_non_null(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/library.so", folder);
    copy_file(path, file);
    Config *config = config_create();
    assert_true(config_set(config, "engine.saved", folder, "test", &diag));
    assert_true(engine_saved_open(&saved, config, &diag));
    EngineModule module = {.path = path,
                           .handle = dlopen(file, RTLD_NOW | RTLD_LOCAL)};
    assert_non_null(module.handle);
    assert_false(engine_recall(&saved, &module, &key));
    engine_recall_store(&saved, &module, wanted);
    engine_saved_list(&saved);
    assert_true(engine_recall(&saved, &module, &key));
    assert_true(engine_keys_are_equal(key, wanted));
    /* Its time says that it is another one. */
    assert_int_equal(utimensat(AT_FDCWD, file, NULL, 0), 0);
    assert_false(engine_recall(&saved, &module, &key));
    /* What the loader is told has a record of its own. */
    engine_recall_store(&saved, &module, wanted);
    assert_true(engine_recall(&saved, &module, &key));
    setenv("LD_LIBRARY_PATH", folder, 1);
    assert_false(engine_recall(&saved, &module, &key));
    unsetenv("LD_LIBRARY_PATH");
    assert_true(engine_recall(&saved, &module, &key));
    assert_int_equal(unlink(file), 0);
    assert_false(engine_recall(&saved, &module, &key));
    engine_saved_close(&saved);
    config_destroy(config);
    dlclose(module.handle);
    remove_folder(folder);
}

static void note_refill(Core *c, uint32_t va)
{
    c->fault_va = va;
}

/* What compiled code does where its line is there and its page is not in the
 * micro TLB; whose lines the kernel's table may have is left to the runtime. */
static void test_refill(void **state)
{
    (void)state;
    static const EngineHelpers helpers = {.refill = note_refill};
    Rig r = make();
    EngineHelpers thunks;
    Core *c = alloc_zeroed(1, sizeof *c);
    engine_linking.thunks(r.linker, &thunks);
    c->engine.helpers = &helpers;
    c->engine.limit = 5;
    c->tlb_mask = 3;
    c->tlb_miss = 3;
    c->tlb_held[2] = true;
    thunks.refill(c, 0x5234);
    assert_int_equal(c->tlb[1], 5);
    assert_int_equal(c->stalls, 3);
    assert_int_equal(c->counters.cause[CORE_CAUSE_TLB], 3);
    assert_int_equal(c->counters.tlb_misses, 1);
    assert_int_equal(c->engine.limit, 2);
    thunks.refill(c, 0x9234);
    assert_int_equal(c->tlb[1], 9);
    assert_int_equal(c->stalls, 6);
    assert_int_equal(c->engine.limit, 0);
    assert_int_equal(c->fault_va, 0);
    thunks.refill(c, 0x6234);
    assert_int_equal(c->fault_va, 0x6234);
    assert_int_equal(c->tlb[2], 0);
    assert_int_equal(c->counters.tlb_misses, 2);
    free(c);
    drop(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chunks_come_and_go),
        cmocka_unit_test(test_holes_are_used_again),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_description),
        cmocka_unit_test(test_recall),
        cmocka_unit_test(test_refill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
