/*
 * Programs of their own that writ executes for a verb: what would make writ itself larger, or need
 * more than libc. A helper "writ-NAME" stands in writ's own directory, or, installed, in
 * ../libexec/writ beside it. Nothing of the environment is asked where, PATH neither: whoever runs
 * writ gets the helpers that came with it.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "runtime/cli/cli.h"

/* Behind the directory that writ stands in. */
static const char *const places[] = {"", "../libexec/writ/"};
#define N_PLACES (sizeof(places) / sizeof(places[0]))

int cli_own_path(char *path, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", path, size);

	if (n < 0 || (size_t)n >= size)
		return cli_fail(EXIT_RUN_FAILED, "writ can't tell where it is installed: %s",
				n < 0 ? strerror(errno) : "its path is too long");
	path[n] = '\0';
	return 0;
}

int cli_run_helper(const char *name, char **argv)
{
	char directory[PATH_MAX];
	char path[PATH_MAX];

	if (cli_own_path(directory, sizeof(directory)))
		return EXIT_RUN_FAILED;
	strrchr(directory, '/')[1] = '\0';
	for (size_t i = 0; i < N_PLACES; i++) {
		int n = snprintf(path, sizeof(path), "%s%s%s", directory, places[i], name);

		if (n < 0 || (size_t)n >= sizeof(path))
			continue;
		(void)execv(path, argv);
		if (errno != ENOENT && errno != ENOTDIR)
			return cli_fail(EXIT_RUN_FAILED, "%s can't be executed: %s", path,
					strerror(errno));
	}
	return cli_fail(EXIT_RUN_FAILED, "%s is not installed: it belongs in %s or %s%s", name,
			directory, directory, places[N_PLACES - 1]);
}
