/* Unit tests of experiments: the file, the points that it makes, and what their
 * columns are. */
#include "base/alloc.h"
#include "base/bits.h"
#include "cli/exp_output.h"
#include "cli/exp_points.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct World {
    char folder[40], path[60];
    Experiment e;
    ExpPoints points;
    Diag diag;
} World;

static void write_file(const World *w, const char *name, const char *text)
{
    char path[80];
    snprintf(path, sizeof path, "%s/%s", w->folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int create(void **state)
{
    World *w = alloc_zeroed(1, sizeof *w);
    strcpy(w->folder, "/tmp/selkirk-test-exp-XXXXXX");
    if (!mkdtemp(w->folder))
        return -1;
    snprintf(w->path, sizeof w->path, "%s/e.ini", w->folder);
    write_file(w, "guest", "an image\n");
    write_file(w, "other", "another\n");
    *state = w;
    return 0;
}

static void forget(World *w)
{
    exp_points_free(&w->points);
    exp_file_free(&w->e);
    w->diag = (Diag){""};
}

static int destroy(void **state)
{
    static const char *const names[] = {"guest", "other", "e.ini", "w.ini"};
    World *w = *state;
    forget(w);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char path[80];
        snprintf(path, sizeof path, "%s/%s", w->folder, names[i]);
        unlink(path);
    }
    int status = rmdir(w->folder);
    free(w);
    return status;
}

/* Reads `text` as the experiment, and makes its points. */
static void make(World *w, const char *text, const Options *options)
{
    static const Options none = {.use_count = 0};
    forget(w);
    write_file(w, "e.ini", text);
    bool ok = exp_file_read(&w->e, w->path, &w->diag) &&
              exp_points_create(&w->points, &w->e, options ? options : &none,
                                &w->diag);
    assert_string_equal(w->diag.text, "");
    assert_true(ok);
}

static void test_file(void **state)
{
    World *w = *state;
    static const char text[] = "[experiment]\nimage = guest\ntitle = A title\n"
                               "outputs = insns , ipc,\n  a.b/c.d\n"
                               "seeds = 5\n[base]\nrtc.date = 2000-01-01T"
                               "00:00:0{seed}\n[axis x]\nkey = cpu.clock\n"
                               "values = 1M ,2M\n[axis y]\npoint p =\n"
                               "point q-1 = cpu.fpu = no; until = a=b;\n";
    make(w, text, NULL);
    assert_string_equal(w->e.name, "e");
    assert_string_equal(w->e.title, "A title");
    assert_string_equal(w->e.text, text);
    assert_int_equal(w->e.output_count, 3);
    assert_string_equal(w->e.outputs[1], "ipc");
    assert_string_equal(w->e.outputs[2], "a.b/c.d");
    assert_int_equal(w->e.axis_count, 3);
    assert_string_equal(w->e.axes[0].choices[1].label, "2M");
    assert_string_equal(w->e.axes[2].name, "seed");
    const ExpChoice *q = &w->e.axes[1].choices[1];
    assert_string_equal(q->label, "q-1");
    assert_int_equal(q->settings.count, 2);
    assert_string_equal(q->settings.list[0].name, "cpu.fpu");
    assert_string_equal(q->settings.list[0].value, "no");
    assert_int_equal(q->settings.list[1].key, EXP_UNTIL);
    assert_string_equal(q->settings.list[1].value, "a=b");
}

/* The last axis is fastest. */
static void test_order(void **state)
{
    static const char *const wanted[] = {"x=1M y=p", "x=1M y=q", "x=2M y=p",
                                         "x=2M y=q", "x=3M y=p", "x=3M y=q"};
    World *w = *state;
    make(w,
         "[experiment]\nimage = guest\n[axis x]\nkey = cpu.clock\n"
         "values = 1M, 2M, 3M\n[axis y]\npoint p =\npoint q = cpu.fpu=no\n",
         NULL);
    assert_int_equal(w->points.count, ARRAY_LEN(wanted));
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        char *name = exp_points_describe(&w->points, &w->points.list[i]);
        assert_string_equal(name, wanted[i]);
        assert_int_equal(w->points.list[i].number, i + 1);
        free(name);
    }
    make(w, "[experiment]\nimage = guest\n", NULL);
    assert_int_equal(w->points.count, 1);
}

/* Base, workload, axes, --set; presets before all keys. */
static void test_precedence(void **state)
{
    World *w = *state;
    OptionUse uses[] = {{OPTION_SET, "dz.baud=40"}, {OPTION_ONLY, "x=b"}};
    Options options = {.uses = uses, .use_count = ARRAY_LEN(uses)};
    write_file(w, "w.ini",
               "[workload o]\nimage = other\nmax_insns = 2\n"
               "dz.baud = 20\nmachine.memory = 20M\n");
    make(w,
         "[experiment]\ninclude = w.ini\nworkload = o\nimage = guest\n"
         "max_insns = 1\n[base]\ndz.baud = 10\nmachine.memory = 10M\n"
         "cpu.clock = 10M\nvliw.store_buffer = 7\n"
         "[axis x]\npoint a =\n"
         "point b = dz.baud=30;machine.memory=30M;preset=tm5400;max_insns=3\n",
         &options);
    const ExpPoint *a = &w->points.list[0], *b = &w->points.list[1];
    assert_false(a->chosen);
    assert_true(b->chosen);
    assert_string_equal(a->run[EXP_IMAGE] + strlen(w->folder), "/other");
    assert_string_equal(a->run[EXP_MAX_INSNS], "2");
    assert_string_equal(b->run[EXP_MAX_INSNS], "3");
    assert_int_equal(config_int(a->config, CONFIG_DZ_BAUD), 40);
    assert_int_equal(config_int(a->config, CONFIG_MACHINE_MEMORY), 20 << 20);
    assert_int_equal(config_int(b->config, CONFIG_MACHINE_MEMORY), 30 << 20);
    assert_int_equal(config_int(b->config, CONFIG_CPU_CLOCK), 10000000);
    assert_int_equal(config_int(b->config, CONFIG_VLIW_STORE_BUFFER), 7);
    assert_string_equal(config_text(b->config, CONFIG_CPU_MODEL), "vliw");
    assert_int_equal(b->settings.list[0].key, EXP_PRESET);
}

static void test_substitution(void **state)
{
    World *w = *state;
    make(w,
         "[experiment]\nimage = {x}\narguments = {x}{{x}} {seed}\n"
         "seeds = 7\ndisk = {x} , guest\n[axis x]\npoint guest =\n"
         "point other =\n",
         NULL);
    const ExpPoint *p = &w->points.list[1];
    assert_string_equal(p->run[EXP_ARGUMENTS], "other{x} 7");
    assert_string_equal(p->run[EXP_IMAGE] + strlen(w->folder), "/other");
    assert_int_equal(p->disk_count, 2);
    assert_string_equal(p->disks[0] + strlen(w->folder), "/other");
    assert_string_equal(p->disks[1] + strlen(w->folder), "/guest");
}

static void test_hashes(void **state)
{
    World *w = *state;
    make(w,
         "[experiment]\n[base]\nimage = guest\n[axis x]\n"
         "point same = machine.memory=16M\n"
         "point as = machine.memory=0x1000000;engine.threads=2\n"
         "point image = machine.memory=16M;image=other\n"
         "point memory = machine.memory=17M\n"
         "point arguments = machine.memory=16M;arguments=x\n"
         "point limit = machine.memory=16M;max_insns=5\n"
         "point expect = machine.memory=16M;expect=x\n",
         NULL);
    const ExpPoint *p = w->points.list;
    for (size_t i = 1; i < w->points.count; i++) {
        bool input = i == 4 || i == 5;
        assert_true((p[i].config_hash != p[0].config_hash) == (i == 3));
        assert_true((p[i].input_hash != p[0].input_hash) == input);
        assert_true((p[i].image_hash != p[0].image_hash) == (i == 2));
        assert_true((p[i].expect_hash != p[0].expect_hash) == (i == 6));
    }
}

static void test_stats(void **state)
{
    (void)state;
    ExpStats stats;
    exp_stats_parse(&stats, alloc_string("{\n  \"a.b\": 12,\n  \"c\": 1.5,\n"
                                         "  \"d\": \"6\",\n"
                                         "  \"e.0-7\": 18446744073709551615\n"
                                         "  \"f\": 18446744073709551616\n"
                                         "    \"g\": 1,\n}\n"));
    assert_int_equal(stats.count, 2);
    assert_int_equal(*exp_stats_find(&stats, "a.b"), 12);
    assert_true(*exp_stats_find(&stats, "e.0-7") == UINT64_MAX);
    assert_null(exp_stats_find(&stats, "c"));
    exp_stats_free(&stats);
}

/* What the output is at `data`; "" if it has none. */
static void assert_output(const ExpData *data, const char *name,
                          const char *wanted)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_int_equal(exp_output_write(name, data, out), *wanted != '\0');
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, wanted);
    free(text);
}

static void test_outputs(void **state)
{
    (void)state;
    ExpStat list[] = {{"a.b", 3}, {"zero", 0}};
    ExpData data = {.stats = {list, ARRAY_LEN(list), NULL},
                    .insns = 50,
                    .cycles = 200,
                    .clock = 1000};
    assert_output(&data, "insns", "50");
    assert_output(&data, "cycles", "200");
    assert_output(&data, "seconds", "0.200000000");
    assert_output(&data, "ipc", "0.25");
    assert_output(&data, "cpi", "4");
    assert_output(&data, "a.b", "3");
    assert_output(&data, "a.b/cycles", "0.015");
    assert_output(&data, "insns/zero", "");
    assert_output(&data, "a.c", "");
    assert_output(&data, "a.b/", "");
    data.insns = 0;
    assert_output(&data, "cpi", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_file, create, destroy),
        cmocka_unit_test_setup_teardown(test_order, create, destroy),
        cmocka_unit_test_setup_teardown(test_precedence, create, destroy),
        cmocka_unit_test_setup_teardown(test_substitution, create, destroy),
        cmocka_unit_test_setup_teardown(test_hashes, create, destroy),
        cmocka_unit_test(test_stats),
        cmocka_unit_test(test_outputs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
