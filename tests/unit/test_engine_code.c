/* Which translations have compiled code, and when: a compiler that is none
 * stands in for LLVM, so that the size of code, its order and its failures are
 * the tests' own. */
#include "core_world.h"

#include "base/alloc.h"
#include "hwmodel/vliw/engine_host.h"

#include <dirent.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    SIZE = 10 << 10, /* bytes of an object: six fit engine.memory's least */
    CODES = 12,
    ORDER_MAX = 16,
    LOOK = 1 << 21 /* cycles: quality 0 is looked at for better */
};

/* --- The compiler ----------------------------------------------------------
 */

/* What EngineBackend's functions know of the test: they have no argument that
 * could say it. */
static struct {
    bool no_compiler, no_linker; /* cannot be made */
    unsigned compilers, linkers; /* tries to make one */
    pthread_mutex_t lock;
    pthread_cond_t opened;
    bool closed;               /* compile() waits */
    unsigned begun, done;      /* compilations */
    unsigned order[ORDER_MAX]; /* by number of molecules */
} fake = {.lock = PTHREAD_MUTEX_INITIALIZER,
          .opened = PTHREAD_COND_INITIALIZER};

static bool fake_describe(char *text, size_t size)
{
    snprintf(text, size, "a compiler that is none");
    return true;
}

static EngineCompiler *fake_compiler_create(char *why, size_t why_size)
{
    fake.compilers++;
    snprintf(why, why_size, "no compiler today");
    return fake.no_compiler ? NULL : alloc_zeroed(1, 1);
}

static void fake_compiler_destroy(EngineCompiler *compiler)
{
    free(compiler);
}

static bool fake_compile(EngineCompiler *compiler, const EngineSource *source,
                         unsigned quality, EngineObject *object, char *why,
                         size_t why_size)
{
    (void)compiler;
    (void)quality;
    (void)why;
    (void)why_size;
    pthread_mutex_lock(&fake.lock);
    if (fake.begun < ORDER_MAX)
        fake.order[fake.begun] = source->count;
    fake.begun++;
    while (fake.closed)
        pthread_cond_wait(&fake.opened, &fake.lock);
    fake.done++;
    pthread_mutex_unlock(&fake.lock);
    *object = (EngineObject){alloc_zeroed(1, SIZE), SIZE};
    return true;
}

/* Stands for compiled code; nobody calls it. */
static void fake_code(Core *c, Installed *self, uint64_t clock, uint64_t insns)
{
    (void)c, (void)self, (void)clock, (void)insns;
}

/* One run that leaves by exit 0, which leads nowhere. */
static void fake_enter(EngineCode *code, Core *c, Installed *self)
{
    assert_ptr_equal(code, fake_code);
    c->engine.at = self;
    c->engine.stop = ENGINE_EXIT;
    c->engine.exit = 0;
    self->pub.exits[0].host_count++;
    c->clock++;
    if (self->pub.gear == 1)
        self->pub.entries++;
}

static bool fake_thunks(EngineObject *object, char *why, size_t why_size)
{
    (void)why;
    (void)why_size;
    *object = (EngineObject){alloc_zeroed(1, SIZE), SIZE};
    return true;
}

static EngineLinker *fake_linker_create(const EngineObject *thunks, char *why,
                                        size_t why_size)
{
    assert_int_equal(thunks->size, SIZE);
    fake.linkers++;
    snprintf(why, why_size, "no linker today");
    return fake.no_linker ? NULL : alloc_zeroed(1, 1);
}

static void fake_linker_destroy(EngineLinker *linker)
{
    free(linker);
}

static EngineEnter *fake_linker_enter(EngineLinker *linker)
{
    (void)linker;
    return fake_enter;
}

static void fake_linker_thunks(EngineLinker *linker, EngineHelpers *thunks)
{
    (void)linker;
    *thunks = (EngineHelpers){0};
}

static EngineCode *fake_linker_absent(EngineLinker *linker)
{
    (void)linker;
    return NULL;
}

static EngineCode *fake_link(EngineLinker *linker, const EngineObject *object,
                             void **handle, size_t *bytes, char *why,
                             size_t why_size)
{
    (void)linker;
    (void)why;
    (void)why_size;
    *handle = alloc_zeroed(1, 1);
    *bytes = object->size;
    return fake_code;
}

static void fake_unlink(EngineLinker *linker, void *handle)
{
    (void)linker;
    free(handle);
}

static const EngineBackend backend = {
    .layout = ENGINE_LAYOUT,
    .hard = SELKIRK_HARD,
    .describe = fake_describe,
    .compiler_create = fake_compiler_create,
    .compiler_destroy = fake_compiler_destroy,
    .compile = fake_compile,
    .thunks = fake_thunks,
};

static const EngineLinking linking = {
    .create = fake_linker_create,
    .destroy = fake_linker_destroy,
    .enter = fake_linker_enter,
    .thunks = fake_linker_thunks,
    .absent = fake_linker_absent,
    .link = fake_link,
    .unlink = fake_unlink,
};

/* --- A core that has it --------------------------------------------------- */

typedef struct Rig {
    World *w;
    Engine *e;
    Installed *codes[CODES]; /* number i has i + 1 molecules */
} Rig;

static CoreCode *install(World *w, unsigned gear, unsigned molecules)
{
    char text[1024] = CODE_EL;
    size_t size = strlen(text);
    for (unsigned i = 0; i + 1 < molecules; i++)
        size += (size_t)snprintf(text + size, sizeof text - size,
                                 "%u: alu0:add r36, r36, r36\n", i);
    snprintf(text + size, sizeof text - size,
             "%u: commit x0 bru:exit x0\nend\n", molecules - 1);
    return world_install(w, gear, text);
}

static Rig make(const char *const *words)
{
    Rig r = {.w = world_create(words)};
    Diag diag = {""};
    r.w->core->bus.stored = NULL; /* as in a run that is not checked */
    if (!config_set_word(r.w->config, "engine.module=/dev/null", "test",
                         &diag) ||
        !engine_attach(r.w->core, r.w->config, &diag))
        fail_msg("%s", diag.text);
    r.e = r.w->core->engine.host;
    r.e->module.backend = &backend;
    r.e->linking = &linking;
    engine_saved_ready(&r.e->saved, &backend);
    for (unsigned i = 0; i < CODES; i++)
        r.codes[i] = (Installed *)install(r.w, i == CODES - 1 ? 1 : 2, i + 1);
    fake.no_compiler = fake.no_linker = fake.closed = false;
    fake.compilers = fake.linkers = fake.begun = fake.done = 0;
    return r;
}

static void drop(Rig *r)
{
    world_destroy(r->w);
}

static void run(const Rig *r, unsigned code, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        CoreStop stop = core_run(r->w->core, &r->codes[code]->pub);
        assert_int_equal(stop.kind, CORE_EXIT);
    }
}

static bool has_code(const Rig *r, unsigned code)
{
    return r->codes[code]->unit.handle != NULL;
}

/* The first that has none. */
static unsigned find_dropped(const Rig *r)
{
    unsigned code = 0;
    while (has_code(r, code))
        code++;
    return code;
}

static EngineReport report(const Rig *r)
{
    EngineReport report;
    engine_report(r->w->core, &report);
    return report;
}

#define ONE_QUALITY "engine.runs0=5", "engine.runs1=1000000"
#define LITTLE      "engine.memory=64K"
#define AT_ONCE     "engine.threads=0"

/* --- engine.memory -------------------------------------------------------- */

static void test_what_runs_stays(void **state)
{
    (void)state;
    Rig r = make(WORDS(AT_ONCE, LITTLE, ONE_QUALITY));
    for (unsigned i = 0; i < 6; i++)
        run(&r, i, 10);
    run(&r, 2, 50);
    run(&r, 4, 50);
    assert_int_equal(report(&r).live, 6);
    assert_int_equal(report(&r).flushes, 0);
    /* 70 KB: half of 64 stay. */
    run(&r, 6, 5);
    assert_int_equal(report(&r).flushes, 1);
    assert_int_equal(report(&r).live, 3);
    assert_int_equal(report(&r).bytes, 3 * SIZE);
    for (unsigned i = 0; i < 7; i++)
        assert_int_equal(has_code(&r, i), i == 2 || i == 4 || i == 6);
    drop(&r);
}

static void test_what_ran_once_goes(void **state)
{
    (void)state;
    Rig r = make(WORDS(AT_ONCE, LITTLE, ONE_QUALITY));
    for (unsigned i = 0; i < 6; i++)
        run(&r, i, 10);
    run(&r, 0, 1000);
    run(&r, 6, 5);
    assert_true(has_code(&r, 0));
    /* What was dropped is compiled when it has run as often again. */
    unsigned dropped = find_dropped(&r);
    run(&r, dropped, 4);
    assert_false(has_code(&r, dropped));
    run(&r, dropped, 1);
    assert_true(has_code(&r, dropped));
    /* Since then number 0 has not run. */
    for (unsigned i = 7; i < 10; i++)
        run(&r, i, 20);
    assert_int_equal(report(&r).flushes, 2);
    assert_false(has_code(&r, 0));
    drop(&r);
}

static void run_until_compiled(const Rig *r, unsigned code)
{
    for (unsigned i = 0; i < 100 && !has_code(r, code); i++)
        run(r, code, 1);
    assert_true(has_code(r, code));
}

/* Code goes while better code is on its way: that is waited for. */
static void test_held(void **state)
{
    (void)state;
    Rig r = make(WORDS(AT_ONCE, LITTLE, "engine.runs0=5", "engine.runs1=200",
                       "engine.delay=1"));
    const Installed *first = r.codes[0];
    run_until_compiled(&r, 0);
    run(&r, 0, 200);
    core_charge(r.w->core, CORE_CAUSE_DISPATCH, LOOK);
    run(&r, 0, 2); /* the first asks for it, the second receives it */
    assert_non_null(first->unit.job);
    first->unit.job->hold = UINT_MAX;
    for (unsigned i = 1; has_code(&r, 0); i++) {
        assert_true(i < 7);
        run_until_compiled(&r, i);
        run(&r, i, 300);
    }
    assert_int_equal(report(&r).flushes, 1);
    run(&r, 0, 20);
    assert_false(has_code(&r, 0));
    first->unit.job->hold = 1;
    run(&r, 0, 1);
    assert_null(first->unit.job);
    assert_true(has_code(&r, 0));
    assert_int_equal(first->unit.wanted, UINT64_MAX);
    drop(&r);
}

/* --- The threaded form ---------------------------------------------------- */

static void test_threaded(void **state)
{
    (void)state;
    Rig r = make(WORDS("engine.kind=threaded", ONE_QUALITY));
    run(&r, 0, 1);
    assert_int_equal(report(&r).threaded, SELKIRK_HARD);
    run(&r, 0, 1);
    assert_int_equal(report(&r).threaded, 1);
    run(&r, 0, 5000);
    assert_int_equal(report(&r).threaded, 1);
    assert_int_equal(report(&r).asked, 0);
    core_settle_code(r.w->core, &r.codes[0]->pub);
    assert_int_equal(r.codes[0]->pub.entries, 5002);
    drop(&r);
}

/* What is compiled has none, and has one again when its code is dropped. */
static void test_threaded_until_compiled(void **state)
{
    (void)state;
    Rig r = make(WORDS(AT_ONCE, LITTLE, ONE_QUALITY));
    run(&r, 0, 4);
    assert_non_null(r.codes[0]->ops);
    run(&r, 0, 1);
    assert_true(has_code(&r, 0));
    assert_null(r.codes[0]->ops);
    for (unsigned i = 1; i < 7; i++)
        run(&r, i, 10);
    unsigned dropped = find_dropped(&r);
    run(&r, dropped, 1);
    assert_non_null(r.codes[dropped]->ops);
    drop(&r);
}

/* --- The queue ------------------------------------------------------------ */

typedef struct Folder {
    char path[32];
} Folder;

static Folder make_folder(void)
{
    Folder f = {"/tmp/selkirk-code-XXXXXX"};
    assert_non_null(mkdtemp(f.path));
    return f;
}

static void remove_folder(const Folder *f)
{
    DIR *dir = opendir(f->path);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    assert_int_equal(rmdir(f->path), 0);
}

static void config_folder(const Folder *f, char word[64])
{
    snprintf(word, 64, "engine.saved=%s", f->path);
}

static void wait_until(const unsigned *count, unsigned wanted)
{
    for (unsigned seen = 0; seen < wanted;) {
        pthread_mutex_lock(&fake.lock);
        seen = *count;
        pthread_mutex_unlock(&fake.lock);
        usleep(1000);
    }
}

static void open_gate(void)
{
    pthread_mutex_lock(&fake.lock);
    fake.closed = false;
    pthread_cond_broadcast(&fake.opened);
    pthread_mutex_unlock(&fake.lock);
}

/* Superblocks are saved from 64 runs on: for later runs, up to 100. */
static void test_later_runs_wait(void **state)
{
    (void)state;
    Folder folder = make_folder();
    char saved[64];
    config_folder(&folder, saved);
    Rig r = make(WORDS("engine.threads=1", "engine.queue=8", "engine.runs0=100",
                       "engine.runs1=1000", saved));
    fake.closed = true;
    run(&r, 0, 64);
    wait_until(&fake.begun, 1);
    for (unsigned i = 1; i < 8; i++)
        run(&r, i, 64);
    /* They have half of the queue. */
    assert_int_equal(r.e->queue.pending, 4);
    assert_non_null(r.codes[3]->unit.job);
    assert_null(r.codes[4]->unit.job);
    /* What this run needs has the other half, and what came for later runs may
     * be needed now. */
    run(&r, CODES - 1, 100);
    assert_non_null(r.codes[CODES - 1]->unit.job);
    run(&r, 3, 35);
    assert_int_equal(r.codes[3]->unit.wanted, 100);
    run(&r, 3, 1);
    for (unsigned i = 8; i < 11; i++)
        run(&r, i, 100);
    assert_int_equal(r.e->queue.pending, 8);
    open_gate();
    wait_until(&fake.done, 8);
    static const unsigned order[] = {1, CODES, 4, 9, 10, 11, 2, 3};
    assert_memory_equal(fake.order, order, sizeof order);
    drop(&r);
    remove_folder(&folder);
}

/* --- Saved code ----------------------------------------------------------- */

static void test_saved_again(void **state)
{
    (void)state;
    Folder folder = make_folder();
    char saved[64];
    config_folder(&folder, saved);
    Rig r = make(WORDS(AT_ONCE, LITTLE, ONE_QUALITY, saved));
    for (unsigned i = 0; i < 7; i++)
        run(&r, i, 10);
    assert_int_equal(report(&r).flushes, 1);
    assert_int_equal(report(&r).stored, 7);
    assert_int_equal(report(&r).compiled[0], 7);
    assert_int_equal(report(&r).loaded, 0);
    unsigned dropped = find_dropped(&r);
    run(&r, dropped, 5);
    assert_true(has_code(&r, dropped));
    assert_int_equal(report(&r).compiled[0], 7);
    assert_int_equal(report(&r).loaded, 1);
    drop(&r);
    remove_folder(&folder);
}

/* --- engine.dump ---------------------------------------------------------- */

static void test_dump(void **state)
{
    (void)state;
    Folder folder = make_folder();
    char word[64], path[128];
    snprintf(word, sizeof word, "engine.dump=%s", folder.path);
    Rig r = make(WORDS(AT_ONCE, "engine.runs0=5", "engine.runs1=20", word));
    run(&r, CODES - 1, 5);
    run(&r, 0, 5);
    run(&r, 0, 20);
    core_charge(r.w->core, CORE_CAUSE_DISPATCH, LOOK);
    run(&r, 0, 2); /* the first asks for better code */
    static const char *const names[] = {"00001-80001000-gear1-quality0.o",
                                        "00002-80001000-gear2-quality0.o",
                                        "00003-80001000-gear2-quality1.o"};
    for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
        struct stat file;
        snprintf(path, sizeof path, "%s/%s", folder.path, names[i]);
        assert_int_equal(stat(path, &file), 0);
        assert_int_equal(file.st_size, SIZE);
    }
    drop(&r);
    remove_folder(&folder);
}

static void test_no_folder(void **state)
{
    (void)state;
    World *w = world_create(NULL);
    Diag diag = {""};
    assert_true(
        config_set_word(w->config, "engine.dump=/dev/null/x", "test", &diag));
    assert_false(engine_attach(w->core, w->config, &diag));
    assert_string_equal(diag.text,
                        "engine.dump: cannot make the folder /dev/null/x: Not "
                        "a directory; name another");
    world_destroy(w);
}

static void test_dump_of_nothing(void **state)
{
    (void)state;
    static const char *const kinds[] = {"reference", "threaded"};
    for (unsigned i = 0; i < ARRAY_LEN(kinds); i++) {
        World *w = world_create(NULL);
        Diag diag = {""};
        char kind[32], said[DIAG_TEXT_MAX];
        snprintf(kind, sizeof kind, "engine.kind=%s", kinds[i]);
        snprintf(said, sizeof said,
                 "engine.dump: with engine.kind = %s nothing is compiled; "
                 "choose --engine jit",
                 kinds[i]);
        assert_true(config_set_word(w->config, kind, "test", &diag));
        assert_true(
            config_set_word(w->config, "engine.dump=none", "test", &diag));
        assert_false(engine_attach(w->core, w->config, &diag));
        assert_string_equal(diag.text, said);
        world_destroy(w);
    }
}

/* --- Failures ------------------------------------------------------------- */

static void test_no_linker(void **state)
{
    (void)state;
    Rig r = make(WORDS(AT_ONCE, "engine.runs0=5", "engine.runs1=8"));
    fake.no_linker = true;
    for (unsigned i = 0; i < CODES; i++)
        run(&r, i, 20);
    assert_int_equal(fake.linkers, 1);
    assert_int_equal(fake.done, 1);
    assert_int_equal(report(&r).failed, 1);
    assert_string_equal(report(&r).failure, "no linker today");
    drop(&r);
}

static void test_no_compiler(void **state)
{
    (void)state;
    Rig r = make(WORDS(AT_ONCE, "engine.runs0=5", "engine.runs1=8"));
    fake.no_compiler = true;
    for (unsigned i = 0; i < CODES; i++)
        run(&r, i, 20);
    assert_int_equal(fake.compilers, 1);
    assert_int_equal(report(&r).failed, 1);
    assert_string_equal(report(&r).failure, "no compiler today");
    drop(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_runs_stays),
        cmocka_unit_test(test_what_ran_once_goes),
        cmocka_unit_test(test_threaded),
        cmocka_unit_test(test_threaded_until_compiled),
        cmocka_unit_test(test_held),
        cmocka_unit_test(test_later_runs_wait),
        cmocka_unit_test(test_saved_again),
        cmocka_unit_test(test_dump),
        cmocka_unit_test(test_no_folder),
        cmocka_unit_test(test_dump_of_nothing),
        cmocka_unit_test(test_no_linker),
        cmocka_unit_test(test_no_compiler),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
