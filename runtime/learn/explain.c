/*
 * See explain.h. The run is traced to its end, and of the calls of what it launched those are kept
 * that failed as a sandbox makes them fail: Landlock with EACCES, or EXDEV for what may not move
 * between directories; read-only mounts with EROFS; filters with EPERM or SIGSYS. A file that we
 * could not use either is not the sandbox's doing.
 *
 * Nothing is decided here: a tracer sees a call and its result and changes neither. What is printed
 * in the end are lines for a policy (denials.c): for people, or in the result where one is asked
 * for.
 */
#include "runtime/learn/explain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/learn/denials.h"
#include "runtime/learn/text.h"
#include "runtime/learn/trace.h"

#define OWNER_SHIFT 6
#define GROUP_SHIFT 3
#define MAX_FD_TEXT 16

struct explanation {
	struct record record;  /* of what was refused */
	struct record granted; /* directories in which names could be made or removed */
	bool ran;              /* something was launched */
};

/* Has a process without capabilities these rights (R_OK, ...) on a file, for all that its mode
 * says? */
static bool mode_permits(const char *path, int rights)
{
	struct stat st;
	unsigned int shift = 0;

	if (geteuid() != 0)
		return !access(path, rights);
	if (stat(path, &st))
		return false;
	if (st.st_uid == 0)
		shift = OWNER_SHIFT;
	else if (st.st_gid == getegid())
		shift = GROUP_SHIFT;
	return ((st.st_mode >> shift) & (unsigned int)rights) == (unsigned int)rights;
}

/* Would it have been permitted without the sandbox? */
static bool is_of_sandbox(const struct want *want)
{
	char directory[PATH_MAX];

	if (want->uses & (USE_ENTRY | USE_CREATE)) {
		(void)snprintf(directory, sizeof(directory), "%.*s",
			       (int)text_directory(want->path), want->path);
		return mode_permits(directory, W_OK | X_OK);
	}
	if (want->uses & USE_EXECUTE)
		return mode_permits(want->path, X_OK);
	return mode_permits(want->path, (want->uses & (USE_READ | USE_LIST) ? R_OK : 0) |
						(want->uses & USE_WRITE ? W_OK : 0));
}

/* EXDEV is also what the kernel says of two file systems. */
static bool on_one_device(const struct tracee *tracee)
{
	dev_t devices[TRACEE_WANTS] = {0};

	for (unsigned int i = 0; i < tracee->n_wants; i++) {
		char directory[PATH_MAX];
		struct stat st;

		(void)snprintf(directory, sizeof(directory), "%.*s",
			       (int)text_directory(tracee->wants[i].path), tracee->wants[i].path);
		if (!stat(directory, &st))
			devices[i] = st.st_dev;
	}
	return tracee->n_wants == TRACEE_WANTS && devices[0] == devices[1];
}

/* Of a call that moves a name from one directory to another, either may be the one that refused. */
static bool is_granted(struct explanation *explanation, const struct want *want)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s", want->path);
	while (want->uses & (USE_ENTRY | USE_CREATE) && path[1]) {
		path[text_directory(path)] = '\0';
		if (record_has(&explanation->granted, path))
			return true;
	}
	return false;
}

static void note_granted(struct explanation *explanation, const struct tracee *tracee,
			 const struct want *want)
{
	char path[PATH_MAX];

	if (!(want->uses & (USE_ENTRY | USE_CREATE)))
		return;
	(void)snprintf(path, sizeof(path), "%.*s", (int)text_directory(want->path), want->path);
	record_path(&explanation->granted, tracee, path, want->uses);
}

static void on_path(void *context, const struct tracee *tracee, const struct want *want, int error)
{
	struct explanation *explanation = context;

	explanation->ran = explanation->ran || tracee->inside;
	/* What is to become the command fails to execute it before it is anything. */
	if (!tracee->inside && !(want->uses & USE_EXECUTE))
		return;
	if (!error)
		note_granted(explanation, tracee, want);
	if (error != EACCES && error != EROFS && !(error == EXDEV && on_one_device(tracee)))
		return;
	if (is_of_sandbox(want) && !is_granted(explanation, want))
		record_path(&explanation->record, tracee, want->path, want->uses);
}

static void on_net(void *context, const struct tracee *tracee, const struct net_use *use, int error)
{
	struct explanation *explanation = context;

	if (tracee->inside && (error == EACCES || error == EPERM))
		record_net(&explanation->record, tracee, use, error);
}

static void on_call(void *context, const struct tracee *tracee, int error)
{
	struct explanation *explanation = context;

	if (tracee->inside && error == EPERM)
		record_call(&explanation->record, tracee, error);
}

/* The words of the run that is watched: its result goes to descriptor fd. */
static char **command_of(char **argv, char *fd)
{
	static char verb[] = "run";
	static char option[] = "--explained-fd";
	size_t n = 0;
	char **command;

	while (argv[n])
		n++;
	command = learn_resize(NULL, n + 4, sizeof(*command));
	command[0] = argv[0];
	command[1] = verb;
	command[2] = option;
	command[3] = fd;
	memcpy(command + 4, argv + 1, n * sizeof(*command));
	return command;
}

/* The result of the run, one JSON object; or "". */
static char *read_result(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = learn_resize(NULL, (size_t)(size > 0 ? size : 0) + 1, 1);
	ssize_t n = pread(fd, text, (size_t)(size > 0 ? size : 0), 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* With the denials as its last member. */
static int write_result(const struct explanation *explanation, const char *result, int to)
{
	bool to_stderr = to == STDERR_FILENO;
	FILE *out = to_stderr ? stderr : fdopen(to, "w");
	const char *end = strrchr(result, '}');

	if (!out || !end)
		return learn_fail(0, "the result can't be written");
	/* What the command has written may have left a line unfinished. */
	if (to_stderr && explanation->ran)
		(void)putc('\n', out);
	(void)fwrite(result, 1, (size_t)(end - result), out);
	(void)fputs(",\"denials\":", out);
	denials_print_json(out, &explanation->record, result);
	(void)fputs("}\n", out);
	return fflush(out) ? learn_fail(0, "the result can't be written: %s", strerror(errno)) : 0;
}

int explain(char **argv)
{
	static struct explanation explanation;
	struct trace trace = {
		.output = -1,
		.sink = {on_path, on_net, on_call, &explanation, false},
	};
	char fd_text[MAX_FD_TEXT];
	char *result;
	int fd;
	int status;

	if (!argv[1] || !argv[2])
		return learn_fail(LEARN_USAGE, "explain: writ run --explain is how to call it");
	fd = (int)memfd_create("writ-result", 0);
	if (fd < 0)
		return learn_fail(LEARN_FAILED, "memfd_create: %s", strerror(errno));
	(void)snprintf(fd_text, sizeof(fd_text), "%d", fd);
	trace.command = command_of(argv + 2, fd_text);
	status = trace_run(&trace);
	if (status)
		return status;
	record_sort(&explanation.record);
	result = read_result(fd);
	if (strcmp(argv[1], "-") != 0)
		(void)write_result(&explanation, result, (int)strtol(argv[1], NULL, 10));
	else if (explanation.ran || explanation.record.n_paths)
		denials_print(stderr, &explanation.record, result);
	free(result);
	return trace.status;
}
