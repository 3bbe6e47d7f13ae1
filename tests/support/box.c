/*
 * See box.h.
 */
#include "support/box.h"

#include <criterion/criterion.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/bundle_maker.h"

const char *box_resolver;
char box[] = "/tmp/writ-keeper-XXXXXX";

void make_box(void)
{
	cr_assert_not_null(mkdtemp(box));
	cr_assert_eq(chmod(box, 0777), 0);
}

void remove_box(void)
{
	char command[64];

	(void)snprintf(command, sizeof(command), "rm -rf %s", box);
	cr_expect_eq(system(command), 0);
}

struct writ_sandbox *open_box(const char *text, struct writ_error *error)
{
	struct writ_policy *policy;
	struct writ_sandbox *sandbox = NULL;
	char params[64];

	(void)snprintf(params, sizeof(params), "box=%s", box);
	policy = bundle_open(text, params);
	if (writ_sandbox_open(policy, 0, &sandbox, error))
		sandbox = NULL;
	writ_close(policy);
	return sandbox;
}

struct writ_result run_in_box(const struct writ_sandbox *sandbox, const char *command,
			      char output[1024])
{
	const char *const argv[] = {"sh", "-c", command, NULL};
	struct writ_launch launch = {.argv = argv,
				     .cwd = "/",
				     .stdio = {-1, -1, -1},
				     .resolver = box_resolver};
	struct writ_process *process = NULL;
	struct writ_result result = {.status = -1};
	struct writ_error error = {.code = 0};
	FILE *out = tmpfile();
	size_t n;

	launch.stdio[1] = launch.stdio[2] = fileno(out);
	cr_assert_eq(writ_spawn(sandbox, &launch, &process, &error), 0, "%s", error.text);
	cr_assert_eq(writ_wait(&process, &result, &error), 0, "%s", error.text);
	rewind(out);
	n = fread(output, 1, 1023, out);
	output[n] = '\0';
	(void)fclose(out);
	return result;
}

void expect_in_box(const char *text, const char *command, const char *want)
{
	struct writ_error error = {.code = 0};
	struct writ_sandbox *sandbox = open_box(text, &error);
	char output[1024];

	if (!sandbox)
		cr_skip_test("%s", error.text);
	(void)run_in_box(sandbox, command, output);
	cr_expect_str_eq(output, want, "%s:\n%s", command, output);
	writ_sandbox_close(sandbox);
}

bool no_namespaces(void)
{
	struct writ_host host;

	writ_host_probe(&host);
	return !host.is_root && !host.user_namespaces;
}

bool box_is_told(const struct writ_sandbox *sandbox, const char *what)
{
	const char *warning;

	for (size_t i = 0; (warning = writ_sandbox_warning(sandbox, i)); i++) {
		if (strstr(warning, what))
			return true;
	}
	return false;
}

struct writ_process *start_in_box(const struct writ_sandbox *sandbox, int *reader)
{
	const char *const argv[] = {"sh", "-c", STAYS, NULL};
	struct writ_launch launch = {.argv = argv,
				     .cwd = "/",
				     .stdio = {-1, -1, -1},
				     .die_with_caller = 1};
	struct writ_process *process = NULL;
	struct writ_error error;
	char up[3];
	int ends[2];

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	launch.stdio[1] = ends[1];
	cr_assert_eq(writ_spawn(sandbox, &launch, &process, &error), 0, "%s", error.text);
	(void)close(ends[1]);
	cr_assert_eq(read(ends[0], up, sizeof(up)), 3);
	*reader = ends[0];
	return process;
}
