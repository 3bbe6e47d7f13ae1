/*
 * `writ run` by a zygote: the same command line, the command launched by a child that waited.
 *
 *	waiter run|count -p BUNDLE --sandbox NAME [--param NAME=VALUE]... [-- COMMAND...]
 *
 * count only prints how many children wait, to show that any do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/writ.h"

#define FAILED_STATUS 125
#define MAX_PARAMS    8

struct request {
	const char *bundle;
	const char *sandbox;
	struct writ_param params[MAX_PARAMS];
	size_t n_params;
	const char *const *argv;
};

static int refuse(const struct writ_error *error)
{
	fprintf(stderr, "waiter: %s\n", error->text);
	return writ_exit_status(error->code);
}

static void add_param(struct request *request, char *word)
{
	char *value = strchr(word, '=');

	if (!value || request->n_params == MAX_PARAMS)
		exit(2);
	*value++ = '\0';
	request->params[request->n_params++] = (struct writ_param){.name = word, .value = value};
}

static void parse(struct request *request, char **argv)
{
	for (; argv[0] && argv[1]; argv += 2) {
		if (!strcmp(argv[0], "--"))
			break;
		if (!strcmp(argv[0], "-p"))
			request->bundle = argv[1];
		else if (!strcmp(argv[0], "--sandbox"))
			request->sandbox = argv[1];
		else
			add_param(request, argv[1]);
	}
	if (argv[0])
		request->argv = (const char *const *)argv + 1;
}

static int count_children(void)
{
	char path[64];
	int n = 0;
	int pid;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%ld/children",
		       (long)syscall(SYS_gettid));
	file = fopen(path, "re");
	while (file && fscanf(file, "%d", &pid) == 1)
		n++;
	if (file)
		fclose(file);
	return n;
}

static int launch(struct writ_zygote *zygote, const struct request *request)
{
	const struct writ_launch launch = {.argv = request->argv,
					   .stdio = {0, 1, 2},
					   .die_with_caller = 1};
	struct writ_process *process = NULL;
	struct writ_result result = {.end = WRIT_EXITED};
	struct writ_error error;

	if (writ_zygote_spawn(zygote, &launch, &process, &error))
		return refuse(&error);
	if (writ_wait(&process, &result, &error)) {
		(void)refuse(&error);
		return FAILED_STATUS;
	}
	return result.end == WRIT_EXITED ? result.status : 128 + result.signal;
}

static void warn(const struct writ_sandbox *sandbox)
{
	const char *text;

	for (size_t i = 0; (text = writ_sandbox_warning(sandbox, i)) != NULL; i++)
		fprintf(stderr, "waiter: %s\n", text);
}

static int use_sandbox(const struct writ_sandbox *sandbox, const struct request *request)
{
	struct writ_zygote *zygote;
	struct writ_error error;
	int status = 0;

	if (writ_zygote_open(sandbox, 1, &zygote, &error))
		return refuse(&error);
	if (request->argv)
		status = launch(zygote, request);
	else
		printf("%d\n", count_children());
	writ_zygote_close(zygote);
	return status;
}

int main(int argc, char **argv)
{
	struct request request = {.n_params = 0};
	struct writ_options options = {.params = request.params};
	struct writ_policy *policy;
	struct writ_sandbox *sandbox;
	struct writ_error error;
	uint32_t id;
	int status;

	parse(&request, argv + (argc > 2 ? 2 : argc));
	if (!request.bundle || !request.sandbox)
		return 2;
	options.n_params = request.n_params;
	if (writ_open(request.bundle, &options, &policy, &error))
		return refuse(&error);
	id = writ_sandbox_id(policy, request.sandbox, strlen(request.sandbox));
	if (writ_sandbox_open(policy, id, &sandbox, &error))
		return refuse(&error);
	warn(sandbox);
	status = use_sandbox(sandbox, &request);
	/* What only the launch has found out. */
	warn(sandbox);
	writ_sandbox_close(sandbox);
	writ_close(policy);
	return status;
}
