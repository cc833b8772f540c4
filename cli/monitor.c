/* The monitor; see monitor.h.  A table of commands serves reading and help. */
#include "cli/monitor.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "cli/inspect.h"
#include "cli/terminal.h"
#include "frontend/symbols.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LINE_MAX_SIZE = 512,
    WORDS_MAX = 4,
    COUNT_MAX = 1 << 20,
};

struct Monitor {
    Machine *machine;
    HostConsole *console;
    const MachineLimits *limits;
    bool prompts; /* a person types the commands */
    size_t last;  /* command that an empty line repeats, or COMMAND_COUNT */
    uint32_t next_dump, next_listing; /* where x and dis go on */
    MonitorResult result;
    MachineStop stop;
    bool leave;
};

/* What a command gets: its words after the first. */
typedef struct Args {
    char *word[WORDS_MAX];
    size_t count;
} Args;

/* --- Arguments ------------------------------------------------------------ */

/* Prints what is wrong, and returns false. */
static bool refuse(const char *what)
{
    printf("%s\n", what);
    return false;
}

/* An address: $REGISTER, or what symbols_parse() knows. */
static bool parse_address(const Monitor *m, const char *text, uint32_t *addr)
{
    if (text[0] == '$') {
        if (inspect_register(machine_state(m->machine), text + 1, addr))
            return true;
        return refuse("there is no such register; try $pc, $sp or $epc");
    }
    Diag diag = {""};
    if (symbols_parse(machine_image(m->machine), text, addr, &diag))
        return true;
    return refuse(diag.text);
}

static bool parse_count(const char *text, uint32_t *count)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 0);
    if (!isdigit((unsigned char)text[0]) || *end || errno || value == 0 ||
        value > COUNT_MAX)
        return refuse("the count is a number from 1 to 1048576");
    *count = (uint32_t)value;
    return true;
}

/* --- Commands ------------------------------------------------------------- */

static void do_step(Monitor *m, const Args *args)
{
    uint32_t count = 1;
    if (args->count && !parse_count(args->word[0], &count))
        return;
    MachineLimits limits = *m->limits;
    while (count-- && !terminal_signal()) {
        inspect_print_insn(m->machine, machine_state(m->machine)->pc);
        uint64_t insns = machine_insns(m->machine);
        limits.insns = insns + 1;
        machine_set_limits(m->machine, &limits);
        MachineStop stop = machine_run(m->machine, UINT64_MAX);
        bool at_limit =
            m->limits->insns && machine_insns(m->machine) >= m->limits->insns;
        if (stop != MACHINE_STOP_INSNS || at_limit) {
            m->stop = stop;
            m->result = MONITOR_STOPPED;
            m->leave = true;
            break;
        }
    }
    machine_set_limits(m->machine, m->limits);
    hostconsole_flush(m->console);
    terminal_forget_interrupt();
    m->next_listing = machine_state(m->machine)->pc;
}

static void do_continue(Monitor *m, const Args *args)
{
    (void)args;
    m->result = MONITOR_CONTINUE;
    m->leave = true;
}

static void do_regs(Monitor *m, const Args *args)
{
    const GuestState *s = machine_state(m->machine);
    const char *what = args->count ? args->word[0] : "gpr";
    bool all = strcmp(what, "all") == 0;
    if (all || strcmp(what, "gpr") == 0)
        inspect_print_gprs(m->machine);
    else if (strcmp(what, "cp0") != 0 && strcmp(what, "fpu") != 0)
        refuse("registers are gpr, cp0, fpu, or all");
    if (all || strcmp(what, "cp0") == 0)
        inspect_print_cp0(s);
    if (all || strcmp(what, "fpu") == 0)
        inspect_print_fpu(s);
}

static void do_tlb(Monitor *m, const Args *args)
{
    (void)args;
    inspect_print_tlb(machine_state(m->machine));
}

static void do_dump(Monitor *m, const Args *args)
{
    uint32_t count = 16, addr = m->next_dump;
    size_t at = 0;
    if (at < args->count && args->word[at][0] == '/' &&
        !parse_count(args->word[at++] + 1, &count))
        return;
    if (at < args->count && !parse_address(m, args->word[at], &addr))
        return;
    addr &= ~3u;
    inspect_print_memory(m->machine, addr, count);
    m->next_dump = addr + 4 * count;
}

static void do_dis(Monitor *m, const Args *args)
{
    uint32_t count = 16, addr = m->next_listing;
    if (args->count > 0 && !parse_address(m, args->word[0], &addr))
        return;
    if (args->count > 1 && !parse_count(args->word[1], &count))
        return;
    addr &= ~3u;
    for (uint32_t i = 0; i < count && !terminal_signal(); i++)
        inspect_print_insn(m->machine, addr + 4 * i);
    terminal_forget_interrupt();
    m->next_listing = addr + 4 * count;
}

static void do_break(Monitor *m, const Args *args)
{
    uint32_t addr;
    if (args->count == 0)
        refuse("say where: break ADDRESS or break SYMBOL");
    else if (parse_address(m, args->word[0], &addr)) {
        if (addr & 3)
            refuse("instructions lie at multiples of 4");
        else if (!machine_add_breakpoint(m->machine, addr))
            refuse("there are too many breakpoints; delete one");
    }
}

static void do_delete(Monitor *m, const Args *args)
{
    uint32_t addr;
    if (args->count == 0)
        refuse("say which: delete ADDRESS; `info` lists them");
    else if (parse_address(m, args->word[0], &addr) &&
             !machine_remove_breakpoint(m->machine, addr))
        refuse("there is no breakpoint; `info` lists them");
}

static void do_info(Monitor *m, const Args *args)
{
    (void)args;
    printf("%" PRIu64 " cycles, %" PRIu64 " instructions\n",
           machine_cycles(m->machine), machine_insns(m->machine));
    const uint32_t *list;
    size_t count = machine_breakpoints(m->machine, &list);
    if (count == 0)
        puts("no breakpoints");
    for (size_t i = 0; i < count; i++) {
        char name[SYMBOLS_NAME_MAX];
        symbols_name(machine_image(m->machine), list[i], name);
        printf("breakpoint %08" PRIx32 " %s\n", list[i], name);
    }
}

static void do_stats(Monitor *m, const Args *args)
{
    (void)args;
    stats_write_text(machine_stats(m->machine), stdout);
}

static void do_sync(Monitor *m, const Args *args)
{
    (void)args;
    Diag diag = {""};
    if (!machine_sync_disks(m->machine, &diag))
        refuse(diag.text);
}

static void do_quit(Monitor *m, const Args *args)
{
    (void)args;
    m->result = MONITOR_QUIT;
    m->leave = true;
}

static void do_help(Monitor *m, const Args *args);

/* A command may be shortened; of those that fit the first is meant. */
static const struct {
    const char *name, *args, *text;
    void (*run)(Monitor *m, const Args *args);
    bool repeats; /* an empty line does it again */
} commands[] = {
    {"step", "[N]", "execute one instruction, or N", do_step, true},
    {"continue", "", "let the guest run", do_continue, false},
    {"regs", "[cp0|fpu|all]", "show registers", do_regs, false},
    {"tlb", "", "show the valid TLB entries", do_tlb, false},
    {"x", "[/N] [ADDRESS]", "show N words of memory", do_dump, true},
    {"dis", "[ADDRESS [N]]", "disassemble N instructions", do_dis, true},
    {"break", "ADDRESS", "stop before the instruction there", do_break, false},
    {"delete", "ADDRESS", "delete that breakpoint", do_delete, false},
    {"info", "", "show the time and the breakpoints", do_info, false},
    {"stats", "", "show the statistics", do_stats, false},
    {"sync", "", "write the disks to their files now", do_sync, false},
    {"quit", "", "end the run", do_quit, false},
    {"help", "", "show this list", do_help, false},
};

enum { COMMAND_COUNT = ARRAY_LEN(commands) };

static void do_help(Monitor *m, const Args *args)
{
    (void)m;
    (void)args;
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("%-8s %-15s %s\n", commands[i].name, commands[i].args,
               commands[i].text);
    puts("An ADDRESS is hexadecimal, a symbol, symbol+hexadecimal, or "
         "$register.\nAn empty line repeats step, x and dis.");
}

/* --- Reading -------------------------------------------------------------- */

/* Whether the line is whole.  What is left of a long one is dropped. */
static bool is_whole(const char *line)
{
    if (strchr(line, '\n') || feof(stdin))
        return true;
    int c;
    while ((c = getchar()) != EOF && c != '\n')
        ;
    return refuse("the line is too long");
}

/* False at the end of the input, or if a signal ends the program. */
static bool read_line(const Monitor *m, char line[LINE_MAX_SIZE])
{
    for (;;) {
        terminal_poll();
        if (terminal_signal() && !terminal_forget_interrupt())
            return false;
        if (m->prompts)
            fputs("(selkirk) ", stdout);
        fflush(stdout);
        errno = 0;
        bool ready = terminal_wait_input();
        if (ready && fgets(line, LINE_MAX_SIZE, stdin)) {
            if (is_whole(line))
                return true;
            continue;
        }
        bool interrupted = !ready || (ferror(stdin) && errno == EINTR);
        clearerr(stdin);
        if (m->prompts)
            putchar('\n');
        if (!interrupted)
            return false;
    }
}

static void split(char *text, Args *args)
{
    args->count = 0;
    char *rest = text;
    for (char *word;
         args->count < WORDS_MAX && (word = strtok_r(rest, " \t\r\n", &rest));)
        args->word[args->count++] = word;
}

/* A command is its letters: what follows them at once, as in x/4, belongs to
 * the arguments. */
static void execute(Monitor *m, char *line)
{
    char *name = line + strspn(line, " \t\r\n");
    Args args = {.count = 0};
    size_t length = 0, i = 0;
    if (*name) {
        while (isalpha((unsigned char)name[length]))
            length++;
        while (i < COMMAND_COUNT &&
               (length == 0 || strncmp(commands[i].name, name, length) != 0))
            i++;
        split(name + length, &args);
    } else {
        i = m->last;
        if (i == COMMAND_COUNT)
            return;
    }
    m->last = COMMAND_COUNT;
    if (i == COMMAND_COUNT) {
        refuse("there is no such command; `help` lists them");
        return;
    }
    commands[i].run(m, &args);
    if (commands[i].repeats)
        m->last = i;
}

/* --- Life ----------------------------------------------------------------- */

Monitor *monitor_create(Machine *machine, HostConsole *console,
                        const MachineLimits *limits)
{
    Monitor *m = alloc_zeroed(1, sizeof *m);
    m->machine = machine;
    m->console = console;
    m->limits = limits;
    m->prompts = isatty(STDIN_FILENO);
    setvbuf(stdin, NULL, _IONBF, 0); /* lines are waited for outside stdio */
    m->next_dump = machine_state(machine)->pc & ~3u;
    return m;
}

void monitor_destroy(Monitor *m)
{
    free(m);
}

MonitorResult monitor_enter(Monitor *m, MachineStop *stop)
{
    char line[LINE_MAX_SIZE];
    terminal_leave_raw();
    hostconsole_end_line(m->console);
    m->leave = false;
    m->last = COMMAND_COUNT;
    m->next_listing = machine_state(m->machine)->pc;
    inspect_print_insn(m->machine, m->next_listing);
    while (!m->leave) {
        if (!read_line(m, line)) {
            m->result = MONITOR_QUIT;
            break;
        }
        execute(m, line);
    }
    fflush(stdout);
    *stop = m->stop;
    return m->result;
}
