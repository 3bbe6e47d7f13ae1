/*
 * Attacks by what programs do for their caller: a shell that runs what it is told, the dynamic
 * loader that runs what it is given, and words of a command line or an environment that mean more
 * than they say.
 */
#include "probe.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

extern char **environ;

/* WORD...: with spaces between them, a command for the shell. */
static int run_sh(char **args)
{
	char script[4096] = "";
	char *argv[] = {"sh", "-c", script, NULL};
	size_t used = 0;

	for (; *args; args++)
		used += (size_t)snprintf(script + used, sizeof(script) - used, "%s ", *args);
	if (used >= sizeof(script))
		return PROBE_USAGE;
	execve("/bin/sh", argv, environ);
	return errno;
}

/* FILE: started by the dynamic loader, which only has to read it. */
static int run_exec_loader(char **args)
{
	static char *const loaders[] = {"/lib64/ld-linux-x86-64.so.2",
					"/lib/ld-linux-aarch64.so.1"};
	char *argv[] = {"ld.so", args[0], NULL};

	for (size_t i = 0; i < sizeof(loaders) / sizeof(*loaders); i++)
		execve(loaders[i], argv, environ);
	return errno;
}

/* Code that was written a moment ago. */
static int run_jit(char **args)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)args;
	if (page == MAP_FAILED)
		return PROBE_SETUP;
	page[0] = 1;
	return probe_result(mprotect(page, 4096, PROT_READ | PROT_EXEC));
}

/* NAME...: is any of them in the environment? */
static int run_env_any(char **args)
{
	for (; *args; args++)
		if (getenv(*args))
			return PROBE_SUCCEEDED;
	return PROBE_NOT_SO;
}

/* Does PATH have an element that is no absolute path? */
static int run_path_odd(char **args)
{
	const char *at = getenv("PATH");

	(void)args;
	if (!at)
		return PROBE_SETUP;
	for (;; at++) {
		if (*at != '/')
			return PROBE_SUCCEEDED;
		at += strcspn(at, ":");
		if (!*at)
			return PROBE_NOT_SO;
	}
}

/* Is any signal blocked or ignored? */
static int run_signals_odd(char **args)
{
	struct sigaction action;
	sigset_t mask;

	(void)args;
	if (sigprocmask(SIG_BLOCK, NULL, &mask))
		return PROBE_SETUP;
	for (int number = 1; number <= 64; number++) {
		if (sigismember(&mask, number) == 1)
			return PROBE_SUCCEEDED;
		if (!sigaction(number, NULL, &action) && action.sa_handler == SIG_IGN)
			return PROBE_SUCCEEDED;
	}
	return PROBE_NOT_SO;
}

/* Did the words of attacks.def arrive as they were, with nobody having read a meaning into them? */
static int run_argv(char **args)
{
	static const char *const words[] = {"-rf",   "--",   "--upload-pack=evil",
					    "$(id)", ";id",  "*",
					    "",      "~root"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!args[i] || strcmp(args[i], words[i]) != 0)
			return PROBE_NOT_SO;
	return PROBE_SUCCEEDED;
}

const struct probe probes_shell[] = {
	{"sh", 1, run_sh},
	{"exec-loader", 1, run_exec_loader},
	{"jit", 0, run_jit},
	{"env-any", 1, run_env_any},
	{"path-odd", 0, run_path_odd},
	{"signals-odd", 0, run_signals_odd},
	{"argv", 8, run_argv},
	{NULL, 0, NULL},
};
