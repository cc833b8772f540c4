/* The selkirk program: finds the command and says how it ended. */
#include "cli/ckpt_show.h"
#include "cli/disasm.h"
#include "cli/docs.h"
#include "cli/exp.h"
#include "cli/hub161.h"
#include "cli/mkdisk.h"
#include "cli/options.h"
#include "cli/plot/page.h"
#include "cli/plot/plot.h"
#include "cli/run.h"
#include "cli/settings.h"
#include "cli/show.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void write_version(void)
{
    puts("selkirk " SELKIRK_VERSION);
}

static bool print_help(const Options *options, Diag *diag)
{
    CommandId command;
    if (options->operand_count == 0) {
        options_write_overview(stdout);
        return true;
    }
    if (!options_find_command(options->operands[0], &command, diag))
        return false;
    options_write_help(command, stdout);
    return true;
}

static int execute(const Options *options, Diag *diag)
{
    if (options_has(options, OPTION_HELP)) {
        options_write_help(options->command, stdout);
        return STATUS_OK;
    }
    if (options_has(options, OPTION_VERSION)) {
        write_version();
        return STATUS_OK;
    }
    bool ok = true;
    switch (options->command) {
    case COMMAND_RUN: return run_program(options, diag);
    case COMMAND_DISASM: ok = disasm_print(options, diag); break;
    case COMMAND_SHOW: ok = show_print(options, diag); break;
    case COMMAND_EXP: return exp_program(options, diag);
    case COMMAND_CKPT: return ckpt_program(options, diag);
    case COMMAND_CONFIG: ok = settings_print(options, diag); break;
    case COMMAND_HUB161: return hub161_run(options, diag);
    case COMMAND_MKDISK: ok = mkdisk_make(options, diag); break;
    case COMMAND_DOCS: ok = docs_print(options, diag); break;
    case COMMAND_PLOT: return plot_run(options, diag);
    case COMMAND_REPORT: return page_run(options, diag);
    case COMMAND_HELP: ok = print_help(options, diag); break;
    case COMMAND_TOTAL: break;
    }
    return ok ? STATUS_OK : STATUS_INPUT;
}

/* A command with its arguments. */
static int run_command(int argc, char **argv, Diag *diag)
{
    CommandId command;
    Options options;
    if (!options_find_command(argv[1], &command, diag))
        return STATUS_INPUT;
    int status = STATUS_INPUT;
    if (options_parse(&options, command, argv + 2, (size_t)argc - 2, diag))
        status = execute(&options, diag);
    options_free(&options);
    return status;
}

/* Opens standard streams that are closed, so that no other file takes their
 * place; reading or writing them goes on to fail. */
static void open_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            _exit(STATUS_HOST);
}

int main(int argc, char **argv)
{
    open_standard_streams();
    /* A file that may not grow is an error of the write, not the end. */
    signal(SIGXFSZ, SIG_IGN);
    Diag diag = {""};
    int status = STATUS_OK;
    if (argc < 2) {
        diag_error(&diag, "no command is given; `selkirk --help` lists them");
        status = STATUS_INPUT;
    } else if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        options_write_overview(stdout);
    } else if (strcmp(argv[1], "--version") == 0) {
        write_version();
    } else if (strcmp(argv[1], "--options") == 0) {
        options_write_table(stdout); /* for completion.bash */
    } else {
        status = run_command(argc, argv, &diag);
    }
    if ((ferror(stdout) || fflush(stdout) != 0) && status == STATUS_OK) {
        diag_error(&diag, "cannot write the standard output");
        status = STATUS_HOST;
    }
    if (diag.text[0])
        fprintf(stderr, "selkirk: %s\n", diag.text);
    return status;
}
