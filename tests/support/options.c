/* See options.h. */
#include "tests/support/options.h"

#include "base/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_BAD_INPUT = 2 };

static _Noreturn void print_usage(const Option *options, const char *program)
{
    const char *slash = strrchr(program, '/');
    fprintf(stderr, "usage: %s", slash ? slash + 1 : program);
    for (; options->name; options++)
        fprintf(stderr, options->number ? " [%s N]" : " [%s]", options->name);
    fputc('\n', stderr);
    exit(EXIT_BAD_INPUT);
}

void options_parse(const Option *options, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const Option *option = options;
        while (option->name && strcmp(option->name, argv[i]) != 0)
            option++;
        if (!option->name)
            print_usage(options, argv[0]);
        if (option->flag)
            *option->flag = true;
        else if (++i == argc || !number_parse(argv[i], 1000, option->number))
            print_usage(options, argv[0]);
    }
}

OptionsCases options_parse_cases(int argc, char **argv, uint64_t count)
{
    OptionsCases cases = {.seed = 1, .count = count};
    const Option options[] = {{"--seed", &cases.seed, NULL},
                              {"--first", &cases.first, NULL},
                              {"--count", &cases.count, NULL},
                              {"--big", NULL, &cases.big},
                              {NULL, NULL, NULL}};
    options_parse(options, argc, argv);
    return cases;
}
