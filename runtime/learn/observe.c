/*
 * See observe.h. A table says of each system call which of its arguments are paths and what happens
 * to the file. What the call wants is worked out when it begins, as a file that is removed has no
 * name afterwards; what a file that was opened is called the kernel says, by the link of its
 * descriptor. Scripts need their interpreters, so these are followed as the kernel does. A call
 * that only asks about a file wants nothing of it, but where it names it from the working directory
 * on, that has to be the same again: it is a path that is used for nothing.
 */
#include "runtime/learn/observe.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/learn/observe_net.h"
#include "runtime/learn/text.h"

#define NO_ARG           (-1)
#define MAX_INTERPRETERS 5 /* as many scripts as the kernel lets run each other: execve(2) */
#define SCRIPT_HEAD      256
#define DELETED          " (deleted)"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_faccessat2
#define SYS_faccessat2 439
#endif

enum kind { OPEN, OPEN_HOW, CREATE, ENTRY, WRITE, WRITE_LINK, WRITE_FD, EXECUTE, ASK };

static const struct path_row {
	long number;
	enum kind kind;
	int directory, path; /* arguments; NO_ARG: the working directory */
} rows[] = {
#ifdef SYS_open /* and the other calls that newer ones took the place of */
	{SYS_open, OPEN, NO_ARG, 0},
	{SYS_creat, CREATE, NO_ARG, 0},
	{SYS_mkdir, ENTRY, NO_ARG, 0},
	{SYS_rmdir, ENTRY, NO_ARG, 0},
	{SYS_unlink, ENTRY, NO_ARG, 0},
	{SYS_mknod, ENTRY, NO_ARG, 0},
	{SYS_symlink, ENTRY, NO_ARG, 1},
	{SYS_link, ENTRY, NO_ARG, 0},
	{SYS_link, ENTRY, NO_ARG, 1},
	{SYS_rename, ENTRY, NO_ARG, 0},
	{SYS_rename, ENTRY, NO_ARG, 1},
	{SYS_chmod, WRITE, NO_ARG, 0},
	{SYS_chown, WRITE, NO_ARG, 0},
	{SYS_lchown, WRITE_LINK, NO_ARG, 0},
	{SYS_utime, WRITE, NO_ARG, 0},
	{SYS_utimes, WRITE, NO_ARG, 0},
	{SYS_futimesat, WRITE, 0, 1},
	{SYS_stat, ASK, NO_ARG, 0},
	{SYS_lstat, ASK, NO_ARG, 0},
	{SYS_access, ASK, NO_ARG, 0},
	{SYS_readlink, ASK, NO_ARG, 0},
#endif
#ifdef SYS_renameat
	{SYS_renameat, ENTRY, 0, 1},
	{SYS_renameat, ENTRY, 2, 3},
#endif
	{SYS_openat, OPEN, 0, 1},
	{SYS_openat2, OPEN_HOW, 0, 1},
	{SYS_mkdirat, ENTRY, 0, 1},
	{SYS_unlinkat, ENTRY, 0, 1},
	{SYS_mknodat, ENTRY, 0, 1},
	{SYS_symlinkat, ENTRY, 1, 2},
	{SYS_linkat, ENTRY, 0, 1},
	{SYS_linkat, ENTRY, 2, 3},
	{SYS_renameat2, ENTRY, 0, 1},
	{SYS_renameat2, ENTRY, 2, 3},
	{SYS_truncate, WRITE, NO_ARG, 0},
	{SYS_fchmodat, WRITE, 0, 1},
	{SYS_fchmodat2, WRITE, 0, 1},
	{SYS_fchownat, WRITE, 0, 1},
	{SYS_utimensat, WRITE, 0, 1},
	{SYS_setxattr, WRITE, NO_ARG, 0},
	{SYS_lsetxattr, WRITE_LINK, NO_ARG, 0},
	{SYS_removexattr, WRITE, NO_ARG, 0},
	{SYS_lremovexattr, WRITE_LINK, NO_ARG, 0},
	{SYS_fchmod, WRITE_FD, 0, NO_ARG},
	{SYS_fchown, WRITE_FD, 0, NO_ARG},
	{SYS_fsetxattr, WRITE_FD, 0, NO_ARG},
	{SYS_fremovexattr, WRITE_FD, 0, NO_ARG},
	{SYS_execve, EXECUTE, NO_ARG, 0},
	{SYS_execveat, EXECUTE, 0, 1},
	{SYS_newfstatat, ASK, 0, 1},
	{SYS_statx, ASK, 0, 1},
	{SYS_faccessat, ASK, 0, 1},
	{SYS_faccessat2, ASK, 0, 1},
	{SYS_readlinkat, ASK, 0, 1},
	{SYS_chdir, ASK, NO_ARG, 0},
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* The kernel's struct open_how begins with the flags. */
static uint64_t open_flags(const struct tracee *tracee, const struct path_row *row)
{
	uint64_t flags = 0;

	if (row->kind == CREATE)
		return O_CREAT | O_WRONLY | O_TRUNC;
	if (row->kind == OPEN)
		return tracee->args[row->path + 1];
	if (tracee_read(tracee, tracee->args[row->path + 1], &flags, sizeof(flags)) !=
	    sizeof(flags))
		return 0;
	return flags;
}

/* What an open wants of the file; 0 of one that only names it, which nothing keeps it from. */
static unsigned int uses_of_open(uint64_t flags, const char *path)
{
	static const unsigned int by_mode[] = {
		[O_RDONLY] = USE_READ,
		[O_WRONLY] = USE_WRITE,
		[O_RDWR] = USE_READ | USE_WRITE,
		[O_ACCMODE] = USE_READ | USE_WRITE,
	};
	unsigned int uses = by_mode[flags & O_ACCMODE];

	if (flags & O_PATH)
		return 0;
	if (flags & O_TRUNC)
		uses |= USE_WRITE;
	if (flags & O_CREAT && !exists(path))
		uses |= USE_CREATE;
	if ((flags & O_TMPFILE) == O_TMPFILE)
		uses |= USE_CREATE;
	return uses;
}

static unsigned int uses_of(const struct tracee *tracee, const struct path_row *row,
			    const char *path)
{
	switch (row->kind) {
	case OPEN:
	case OPEN_HOW:
	case CREATE:
		return uses_of_open(open_flags(tracee, row), path);
	case ENTRY:
		return exists(path) ? USE_ENTRY : USE_CREATE;
	case WRITE:
	case WRITE_LINK:
	case WRITE_FD:
		return USE_WRITE;
	case EXECUTE:
		return USE_EXECUTE;
	case ASK:
		break;
	}
	return 0;
}

/* Is "." no name? A shell compares it with what it believes to be in. */
static bool is_relative(const struct tracee *tracee, const struct path_row *row)
{
	char start[2] = "";

	if (row->kind == WRITE_FD || !tracee->args[row->path] ||
	    (row->directory != NO_ARG && (int)tracee->args[row->directory] != AT_FDCWD))
		return false;
	if (!tracee_read(tracee, tracee->args[row->path], start, sizeof(start)))
		return false;
	return *start && *start != '/' && !(*start == '.' && !start[1]);
}

static bool find_path(const struct tracee *tracee, const struct path_row *row, char *path)
{
	char text[PATH_MAX];
	char name[32];
	int directory = row->directory == NO_ARG ? AT_FDCWD : (int)tracee->args[row->directory];
	bool follow = row->kind != ENTRY && row->kind != WRITE_LINK;

	if (row->kind == WRITE_FD || !tracee->args[row->path]) {
		(void)snprintf(name, sizeof(name), "fd/%d", directory);
		return tracee_link(tracee, name, path, PATH_MAX) && *path == '/';
	}
	return tracee_string(tracee, tracee->args[row->path], text, sizeof(text)) &&
	       tracee_resolve(tracee, directory, text, follow, path);
}

void observe_enter(struct tracee *tracee, const struct sink *sink)
{
	tracee->n_wants = 0;
	tracee->is_relative = false;
	for (size_t i = 0; i < N_ROWS && tracee->n_wants < TRACEE_WANTS; i++) {
		struct want *want = &tracee->wants[tracee->n_wants];

		if ((uint64_t)rows[i].number != tracee->number)
			continue;
		if (sink->wants_directories && !tracee->is_relative)
			tracee->is_relative = is_relative(tracee, &rows[i]);
		if (rows[i].kind == ASK || !find_path(tracee, &rows[i], want->path))
			continue;
		want->uses = uses_of(tracee, &rows[i], want->path);
		tracee->n_wants += want->uses != 0;
	}
}

static bool opens(const struct tracee *tracee)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		if ((uint64_t)rows[i].number == tracee->number)
			return rows[i].kind <= CREATE;
	}
	return false;
}

/* By what the kernel calls the descriptor. False when it is no file of a path. */
static bool name_opened(const struct tracee *tracee, int fd, struct want *want)
{
	char name[32];
	char *deleted;

	(void)snprintf(name, sizeof(name), "fd/%d", fd);
	if (!tracee_link(tracee, name, want->path, sizeof(want->path)))
		return *want->path == '/';
	deleted = strstr(want->path, DELETED);
	if (deleted && deleted[strlen(DELETED)] == '\0')
		*deleted = '\0';
	return *want->path == '/' && strncmp(want->path, "/memfd:", 7) != 0;
}

static void name_directory(struct want *want)
{
	struct stat st;

	if (!stat(want->path, &st) && S_ISDIR(st.st_mode) && want->uses == USE_READ)
		want->uses = USE_LIST;
}

static void leave_paths(struct tracee *tracee, int64_t result, const struct sink *sink)
{
	int error = result < 0 ? (int)-result : 0;
	bool opened = opens(tracee);

	for (unsigned int i = 0; i < tracee->n_wants; i++) {
		struct want *want = &tracee->wants[i];

		if (opened && !error && !name_opened(tracee, (int)result, want))
			continue;
		if (opened)
			name_directory(want);
		sink->path(sink->context, tracee, want, error);
	}
}

/* As it ended well: names that are looked for in vain are so anywhere. */
static void leave_directory(const struct tracee *tracee, const struct sink *sink)
{
	struct want want = {.uses = 0};

	if (tracee_link(tracee, "cwd", want.path, sizeof(want.path)) && *want.path == '/' &&
	    !strstr(want.path, DELETED))
		sink->path(sink->context, tracee, &want, 0);
}

void observe_leave(struct tracee *tracee, int64_t result, const struct sink *sink)
{
	leave_paths(tracee, result, sink);
	if (tracee->is_relative && result >= 0)
		leave_directory(tracee, sink);
	if (!observe_net(tracee, result, sink))
		sink->call(sink->context, tracee, result < 0 ? (int)-result : 0);
	tracee->n_wants = 0;
}

/* The interpreter in a script's first line, links resolved. False: path is no script. */
static bool find_interpreter(const struct tracee *tracee, const char *path, char *interpreter)
{
	char head[SCRIPT_HEAD + 1];
	char *name = head + 2;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, head, SCRIPT_HEAD);
	(void)close(fd);
	if (n < 4 || head[0] != '#' || head[1] != '!')
		return false;
	head[n] = '\0';
	name += strspn(name, " \t");
	name[strcspn(name, " \t\n")] = '\0';
	return tracee_resolve(tracee, AT_FDCWD, name, true, interpreter);
}

void observe_executed(struct tracee *tracee, const struct sink *sink)
{
	struct want want = {.uses = USE_EXECUTE};
	struct want next = {.uses = USE_EXECUTE};
	char exe[PATH_MAX];

	if (!tracee_link(tracee, "exe", exe, sizeof(exe)))
		return;
	/* What was named, and on from script to interpreter; the last is what /proc shows. */
	if (tracee->n_wants)
		memcpy(want.path, tracee->wants[0].path, sizeof(want.path));
	for (int i = 0; *want.path && i < MAX_INTERPRETERS && strcmp(want.path, exe) != 0; i++) {
		sink->path(sink->context, tracee, &want, 0);
		if (!find_interpreter(tracee, want.path, next.path))
			break;
		memcpy(want.path, next.path, sizeof(want.path));
	}
	memcpy(want.path, exe, sizeof(exe));
	sink->path(sink->context, tracee, &want, 0);
	(void)snprintf(tracee->program, sizeof(tracee->program), "%s", text_base(exe));
	tracee->n_wants = 0;
}
