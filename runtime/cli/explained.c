/*
 * writ run --explain: the helper runs `writ run` again, with the same command line, and watches it
 * under ptrace(2): it sees the kernel's own answer to every call of the command, and decides none.
 * The run that is watched is told so by an option of its own, and gives the helper the result that
 * --json or --json-fd asks for, to write it with what was refused.
 */
#include <limits.h>
#include <string.h>

#include "runtime/cli/cli.h"

#define MAX_WORDS 65536u

/* Reading the command line has cut pairs in two. */
static void join(const struct cli_pairs *pairs)
{
	for (size_t i = 0; i < pairs->n; i++)
		((char *)(uintptr_t)pairs->items[i].value)[-1] = '=';
}

int cli_run_explained(const struct cli_options *options, char **argv)
{
	static char *words[MAX_WORDS];
	static char own_path[PATH_MAX];
	size_t n = 0;

	if (cli_own_path(own_path, sizeof(own_path)))
		return EXIT_RUN_FAILED;
	join(&options->params);
	join(&options->args);
	words[n++] = (char[]){"explain"};
	words[n++] = options->json ? (char[]){"2"} : (char[]){"-"};
	if (options->json_fd)
		words[n - 1] = (char *)(uintptr_t)options->json_fd;
	words[n++] = own_path;
	for (argv++; *argv && n < MAX_WORDS - 1; argv++)
		words[n++] = *argv;
	if (*argv)
		return cli_fail(EXIT_USAGE, "run: --explain takes no more than %u words",
				MAX_WORDS);
	return cli_run_helper("writ-learn", words);
}
