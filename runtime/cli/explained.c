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

int cli_run_explained(const struct cli_options *options, char **argv)
{
	static char *words[MAX_WORDS];
	static char own_path[PATH_MAX];
	char result[32]; /* a number that has been checked */
	size_t n = 0;

	if (cli_own_path(own_path, sizeof(own_path)))
		return EXIT_RUN_FAILED;
	(void)snprintf(result, sizeof(result), "%s",
		       options->json      ? "2"
		       : options->json_fd ? options->json_fd
					  : "-");
	words[n++] = (char[]){"explain"};
	words[n++] = result;
	words[n++] = own_path;
	cli_join(argv, options);
	for (argv++; *argv && n < MAX_WORDS - 1; argv++)
		words[n++] = *argv;
	if (*argv)
		return cli_fail(EXIT_USAGE, "run: --explain takes no more than %u words",
				MAX_WORDS);
	return cli_run_helper("writ-learn", words);
}
