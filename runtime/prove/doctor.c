/*
 * writ doctor: what this host can enforce, and for a bundle whether each of its sandboxes is
 * enforced here.
 */
#include <inttypes.h>
#include <string.h>
#include <sys/utsname.h>

#include "runtime/cli/cli.h"
#include "runtime/prove/doctor.h"

static const char help[] =
	"usage: writ doctor [-p BUNDLE [--param NAME=VALUE]...]\n"
	"       writ doctor --prove -p BUNDLE [--param NAME=VALUE]... [--sandbox S]\n"
	"                   [--format text|json]\n"
	"\n"
	"Tells what this host can enforce; with a bundle, whether each sandbox is enforced here.\n"
	"--prove launches a prober in each, which tries what must fail and what must work.\n"
	"\n"
	"exit status: 0 all is enforced; 1 with --prove, something is not as the bundle says;\n"
	"2 wrong command line; 3 unusable bundle;\n"
	"4 a sandbox can't be enforced on this host, or the bundle by this version\n";

#define LANDLOCK_FULL 6 /* the newest ABI that a bundle asks anything of */

static void row(const char *what, const char *state, const char *why)
{
	(void)printf("%-18s %-22s %s\n", what, state, why);
}

static const char *yes_no(int value)
{
	return value ? "yes" : "no";
}

/* What an ABI limits, and what it takes a later one for. */
static const char *landlock_reach(int abi)
{
	if (abi >= LANDLOCK_FULL)
		return "files, TCP ports, signals, abstract sockets; each right tried";
	if (abi >= 4)
		return "files and TCP ports; not signals and abstract sockets (ABI 6)";
	return "files; not TCP ports (ABI 4), signals and abstract sockets (ABI 6)";
}

static void print_landlock(const struct writ_host *host)
{
	int abi = host->landlock_abi;
	char state[32];
	char why[96];

	if (host->landlock_refused) {
		(void)snprintf(state, sizeof(state), "ABI %d, not %d", abi, host->landlock_claimed);
		(void)snprintf(why, sizeof(why), "the kernel claims ABI %d, and refuses its %s",
			       host->landlock_claimed, host->landlock_refused);
		row("Landlock", state, why);
		return;
	}
	if (abi == 0) {
		row("Landlock", "no", "files and TCP ports: nothing but best effort runs here");
		return;
	}
	(void)snprintf(state, sizeof(state), "ABI %d", abi);
	row("Landlock", state, landlock_reach(abi));
}

static void print_host(const struct writ_host *host)
{
	static const char *const cgroup_states[] = {"no", "version 1", "version 2"};
	struct utsname name;

	if (uname(&name) == 0)
		(void)printf("%-18s %s %s\n", "kernel", name.release, name.machine);
	row("user", host->is_root ? "root" : "not root",
	    host->is_root ? "the limit on processes needs a pids cgroup; capabilities are dropped"
			  : "the limit on processes uses a user namespace where there is one");
	print_landlock(host);
	row("seccomp filters", yes_no(host->seccomp_filter),
	    "system calls and the network; required");
	row("close_range", yes_no(host->close_range), "no descriptor leaks into a tool; required");
	row("sessions", yes_no(host->new_session),
	    "a launch is ended as a whole; required. A sandbox around this one may refuse");
	row("user namespaces", yes_no(host->user_namespaces),
	    "counting a launch's processes apart from the user's");
	row("PID namespaces", yes_no(host->pid_namespaces),
	    "a launch sees nobody else, and nothing outlives it; else its process group is killed");
	row("mount namespaces", yes_no(host->mount_namespaces),
	    "scratch and strict exec, required by them; metadata, else changed in write grants at "
	    "most");
	row("pids cgroup", cgroup_states[host->pids_cgroup],
	    "the limit on processes, when run as root");
	row("memory cgroup", cgroup_states[host->memory_cgroup],
	    "the limit on memory, of all processes of a launch together");
	row("cpu cgroup", cgroup_states[host->cpu_cgroup],
	    "the limit on processor time, of all processes of a launch together");
}

/*
 * Launches what can't be executed, a directory: then all walls have been built but nothing runs. 0,
 * or -1 with *error.
 */
static int try_launch(const struct writ_sandbox *sandbox, struct writ_error *error)
{
	static const char *const argv[] = {"/", NULL};
	const struct writ_launch launch = {.argv = argv, .cwd = "/", .stdio = {-1, -1, -1}};
	struct writ_process *process = NULL;
	int rc = writ_spawn(sandbox, &launch, &process, error);

	/* A filter that kills for execve has done so, and has to be waited for. */
	if (!rc)
		return writ_wait(&process, NULL, error) ? -1 : 0;
	return rc == -WRIT_E_NOT_ALLOWED || rc == -WRIT_E_NOT_FOUND ? 0 : -1;
}

/* A value as policies write it, in the largest unit that leaves nothing over. */
static void limit_value(const struct writ_limit *limit, char *text, size_t size)
{
	static const struct {
		const char *unit;
		uint64_t factor;
		const char *suffix;
	} rows[] = {
		{"ms", 60000, "m"},
		{"ms", 1000, "s"},
		{"ms", 1, "ms"},
		{"bytes", UINT64_C(1) << 30, "GiB"},
		{"bytes", UINT64_C(1) << 20, "MiB"},
		{"bytes", UINT64_C(1) << 10, "KiB"},
		{"bytes", 1, "B"},
		{"", 1, ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].unit, limit->unit) != 0 || limit->value % rows[i].factor)
			continue;
		(void)snprintf(text, size, "%" PRIu64 "%s", limit->value / rows[i].factor,
			       rows[i].suffix);
		return;
	}
}

static void print_mechanisms(const struct writ_sandbox *sandbox)
{
	struct writ_mechanism mechanism;

	for (size_t i = 0; !writ_sandbox_mechanism(sandbox, i, &mechanism); i++) {
		(void)printf("  %-21s  %-3s  %s", mechanism.name, yes_no(mechanism.is_there),
			     mechanism.does);
		if (!mechanism.is_there)
			(void)printf("; instead: %s",
				     mechanism.instead ? mechanism.instead : "nothing");
		(void)putchar('\n');
	}
}

static void print_limits(const struct writ_sandbox *sandbox)
{
	struct writ_limit limit;
	char value[32];

	for (size_t i = 0; !writ_sandbox_limit(sandbox, i, &limit); i++) {
		limit_value(&limit, value, sizeof(value));
		(void)printf("  limit %-9s %-8s %s: %s\n", limit.name, value,
			     limit.of_launch ? "of the launch" : "of each process", limit.by);
	}
}

/* A sandbox is judged by making it ready and entering it. True when that works. */
static bool print_sandbox(const struct writ_policy *policy, uint32_t id, const char *name)
{
	struct writ_sandbox *sandbox = NULL;
	struct writ_error error;
	const char *warning;

	(void)fputs("sandbox ", stdout);
	cli_print_safe(stdout, name);
	if (writ_sandbox_open(policy, id, &sandbox, &error) || try_launch(sandbox, &error)) {
		writ_sandbox_close(sandbox);
		(void)fputs(": can't be enforced: ", stdout);
		cli_print_safe(stdout, error.text);
		(void)putchar('\n');
		return false;
	}
	(void)fputs(": enforced\n", stdout);
	print_mechanisms(sandbox);
	print_limits(sandbox);
	for (size_t i = 0; (warning = writ_sandbox_warning(sandbox, i)); i++) {
		(void)fputs("  warning: ", stdout);
		cli_print_safe(stdout, warning);
		(void)putchar('\n');
	}
	writ_sandbox_close(sandbox);
	return true;
}

/* What no host makes up for. True when there is nothing. */
static bool print_unsupported(const struct writ_policy *policy)
{
	const char *what;
	size_t i;

	for (i = 0; (what = writ_unsupported(policy, i)); i++) {
		(void)fputs("this version can't enforce: ", stdout);
		cli_print_safe(stdout, what);
		(void)putchar('\n');
	}
	return i == 0;
}

static int print_bundle(const struct cli_options *options)
{
	struct writ_policy *policy = NULL;
	const char *name;
	bool all;
	int rc;

	/* What goes wrong now is said after the table, where both go to one place. */
	(void)fflush(stdout);
	rc = cli_open(options, &policy);
	if (rc)
		return rc;
	(void)putchar('\n');
	all = print_unsupported(policy);
	for (uint32_t id = 0; (name = writ_sandbox_name(policy, id)); id++)
		all = print_sandbox(policy, id, name) && all;
	writ_close(policy);
	return all ? 0 : EXIT_HOST;
}

int doctor_tell(char **argv)
{
	static struct cli_options options;
	struct writ_host host;
	int rc;

	rc = cli_parse(argv, CLI_BUNDLE | CLI_PARAM, &options);
	if (rc)
		return rc;
	if (options.help)
		return fputs(help, stdout) < 0 ? EXIT_RUN_FAILED : 0;
	if (!options.bundle && options.params.n)
		return cli_fail(EXIT_USAGE, "doctor: --param without -p BUNDLE");
	writ_host_probe(&host);
	print_host(&host);
	options.stand_ins = true;
	options.examine = true;
	return options.bundle ? print_bundle(&options) : 0;
}
