/* Finds the subcommand and runs it. See probe.h for what the exit status means. */
#include "probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int probe_result(long rc)
{
	return rc < 0 ? errno : PROBE_SUCCEEDED;
}

long probe_number(const char *text)
{
	char *end;
	long value;

	errno = 0;
	/* Unsigned, so that a 64-bit register's every value can be written. */
	value = (long)strtoull(text, &end, 0);
	if (errno || end == text || *end)
		_exit(PROBE_USAGE);
	return value;
}

int probe_in_child(int (*run)(char **args), char **args)
{
	pid_t child = fork();
	int status;

	if (child < 0)
		return errno;
	if (child == 0)
		_exit(run(args));
	if (waitpid(child, &status, 0) != child)
		return PROBE_SETUP;
	return WIFEXITED(status) ? WEXITSTATUS(status) : PROBE_CRASHED;
}

static const struct probe *const families[] = {
	probes_fs,    probes_proc,   probes_exec,   probes_sys,   probes_net,
	probes_res,   probes_env,    probes_victim, probes_reach, probes_outward,
	probes_shell, probes_denied, probes_names,
};

static const struct probe *probe_find(const char *name)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++)
		for (const struct probe *probe = families[i]; probe->name; probe++)
			if (!strcmp(probe->name, name))
				return probe;
	return NULL;
}

int main(int argc, char **argv)
{
	const struct probe *probe = argc > 1 ? probe_find(argv[1]) : NULL;

	if (!probe || argc - 2 < probe->n_args) {
		fprintf(stderr, "probe: no such attack, or too few arguments\n");
		return PROBE_USAGE;
	}
	return probe->run(argv + 2);
}
