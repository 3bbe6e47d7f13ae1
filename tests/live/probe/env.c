/*
 * What a tool inherits from its launcher: environment, umask, signal state, terminal, working
 * directory. Nothing here is refused by a call; the attack "succeeds" when the inherited thing is
 * there.
 */
#include "probe.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

/* Entries of the environment whose name is name; *value is that of the last one. */
static int env_count(const char *name, const char **value)
{
	size_t len = strlen(name);
	int n = 0;

	for (char **entry = environ; *entry; entry++) {
		if (strncmp(*entry, name, len) || (*entry)[len] != '=')
			continue;
		*value = *entry + len + 1;
		n++;
	}
	return n;
}

static int run_env(char **args)
{
	const char *value;

	return env_count(args[0], &value) ? PROBE_SUCCEEDED : PROBE_NOT_SO;
}

/* NAME VALUE: is it there with another value than this, or more than once? */
static int run_env_other(char **args)
{
	const char *value = NULL;
	int n = env_count(args[0], &value);

	if (!n)
		return PROBE_SETUP;
	return n > 1 || strcmp(value, args[1]) ? PROBE_SUCCEEDED : PROBE_NOT_SO;
}

/* Entries that are not NAME=value with a proper name: shells import functions from those. */
static int run_env_odd(char **args)
{
	(void)args;
	for (char **entry = environ; *entry; entry++)
		if ((*entry)[strspn(*entry, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
					    "0123456789")] != '=')
			return PROBE_SUCCEEDED;
	return PROBE_NOT_SO;
}

static int run_umask(char **args)
{
	return umask(022) == (mode_t)probe_number(args[0]) ? PROBE_SUCCEEDED : PROBE_NOT_SO;
}

static int run_signal_blocked(char **args)
{
	sigset_t mask;

	if (sigprocmask(SIG_BLOCK, NULL, &mask))
		return PROBE_SETUP;
	return sigismember(&mask, (int)probe_number(args[0])) ? PROBE_SUCCEEDED : PROBE_NOT_SO;
}

static int run_signal_ignored(char **args)
{
	struct sigaction action;

	if (sigaction((int)probe_number(args[0]), NULL, &action))
		return PROBE_SETUP;
	return action.sa_handler == SIG_IGN ? PROBE_SUCCEEDED : PROBE_NOT_SO;
}

static int run_tty(char **args)
{
	(void)args;
	return probe_result(open("/dev/tty", O_RDWR | O_CLOEXEC));
}

/* DIRECTORY: does the tool start there? */
static int run_cwd(char **args)
{
	char path[4096];

	if (!getcwd(path, sizeof(path)))
		return errno;
	return strcmp(path, args[0]) ? PROBE_NOT_SO : PROBE_SUCCEEDED;
}

const struct probe probes_env[] = {
	{"env", 1, run_env},
	{"env-other", 2, run_env_other},
	{"env-odd", 0, run_env_odd},
	{"umask", 1, run_umask},
	{"signal-blocked", 1, run_signal_blocked},
	{"signal-ignored", 1, run_signal_ignored},
	{"tty", 0, run_tty},
	{"cwd", 1, run_cwd},
	{NULL, 0, NULL},
};
