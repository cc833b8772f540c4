/* Runs the passes over the IR, in the order of passes.def. */
#include "optimizer/passes.h"
#include "optimizer/optimizer.h"

#include <stdlib.h>

typedef struct Pass {
    const char *name;
    ConfigKey key;
    void (*run)(IrRegion *region, uint64_t *visits);
} Pass;

static const Pass passes[OPT_PASSES] = {
#define PASS(id, name, key, function, text)                                    \
    [OPT_PASS_##id] = {name, CONFIG_##key, function},
#include "optimizer/passes.def"
#undef PASS
};

const char *opt_pass_name(OptPass pass)
{
    return passes[pass].name;
}

void opt_config_read(OptConfig *opt, const Config *config)
{
    for (OptPass pass = 0; pass < OPT_PASSES; pass++)
        opt->pass[pass] = config_bool(config, passes[pass].key);
    opt->reorder_memory = config_bool(config, CONFIG_OPT_REORDER_MEMORY);
    opt->hoist = config_bool(config, CONFIG_OPT_HOIST);
    opt->verify = SELKIRK_HARD;
}

void opt_config_fast(OptConfig *opt, const Config *config)
{
    opt_config_read(opt, config);
    for (OptPass pass = 0; pass < OPT_PASSES; pass++)
        if (pass != OPT_PASS_RENAME && pass != OPT_PASS_ADDRESS &&
            pass != OPT_PASS_DEAD)
            opt->pass[pass] = false;
    opt->reorder_memory = false;
}

/* A pass that breaks the IR is a bug of ours, whatever the guest was. */
static void verify(const IrRegion *region, const char *after)
{
    Diag diag = {0};
    if (ir_verify(region, &diag))
        return;
    fprintf(stderr, "optimizer: after '%s': %s\n", after, diag.text);
    abort();
}

void opt_run_passes(IrRegion *region, const OptConfig *opt, OptWork *work,
                    OptObserver *observer, void *ctx)
{
    if (opt->verify)
        verify(region, "lift");
    if (observer)
        observer(ctx, -1, region);
    for (OptPass pass = 0; pass < OPT_PASSES; pass++) {
        if (opt->pass[pass])
            passes[pass].run(region, &work->pass[pass]);
        else if (pass == OPT_PASS_ADDRESS)
            opt_address_plain(region, &work->pass[pass]);
        else
            continue;
        if (opt->verify)
            verify(region, passes[pass].name);
        if (observer)
            observer(ctx, (int)pass, region);
    }
}
