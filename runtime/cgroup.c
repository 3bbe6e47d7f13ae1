/*
 * Finding and making pids cgroups, in both versions.
 *
 * Where this process stands is in /proc/self/cgroup, where that hierarchy is mounted in
 * /proc/self/mountinfo; both are needed, as a container sees neither from the root. Version 1 lets
 * anyone with write permission make a child anywhere. In version 2 a child counts tasks only if its
 * parent lists pids in cgroup.subtree_control, and a cgroup that holds processes itself can't start
 * doing so: so we go up to the nearest that does.
 */
#include "runtime/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "runtime/fd.h"
#include "runtime/kernel_abi.h"

#define PROC_FILE_BYTES  ((size_t)256 << 10)
#define PROCS_BYTES      4096
#define NAME_TRIES       100
#define REMOVE_TRIES     1000
#define REMOVE_PAUSE_NS  1000000L
#define MOUNTINFO_FIELDS 16

/* Is name one of the words in list? */
static bool has_word(const char *list, const char *name, const char *separators)
{
	size_t len = strlen(name);

	while (*list) {
		size_t n = strcspn(list, separators);

		if (n == len && strncmp(list, name, n) == 0)
			return true;
		list += n;
		list += strspn(list, separators);
	}
	return false;
}

/* Cuts text at newlines: returns a line and moves *rest behind it, or NULL at the end. */
static char *next_line(char **rest)
{
	char *line = *rest;
	char *end;

	if (!*line)
		return NULL;
	end = strchr(line, '\n');
	if (!end)
		end = line + strlen(line);
	*rest = *end ? end + 1 : end;
	*end = '\0';
	return line;
}

/* Where a process stands: lines "number:controllers:path", version 2's controllers being empty. */
static const char *find_own(char *text, int version)
{
	char *line;

	while ((line = next_line(&text))) {
		char *controllers = strchr(line, ':');
		char *path = controllers ? strchr(controllers + 1, ':') : NULL;

		if (!path)
			continue;
		*path++ = '\0';
		controllers++;
		if (version == 1 ? has_word(controllers, "pids", ",") : *controllers == '\0')
			return path;
	}
	return NULL;
}

struct mount {
	const char *root;  /* what of the hierarchy is mounted */
	const char *point; /* where */
};

/* proc(5): id parent device root point options [tags] - type source super-options */
static bool parse_mount(char *line, int version, struct mount *mount)
{
	char *fields[MOUNTINFO_FIELDS];
	char *state = NULL;
	size_t n = 0;
	size_t dash = 0;

	for (char *field = strtok_r(line, " ", &state); field && n < MOUNTINFO_FIELDS;
	     field = strtok_r(NULL, " ", &state)) {
		if (!dash && strcmp(field, "-") == 0)
			dash = n;
		fields[n++] = field;
	}
	if (dash < 6 || n < dash + 4)
		return false;
	if (version == 2 ? strcmp(fields[dash + 1], "cgroup2") != 0
			 : strcmp(fields[dash + 1], "cgroup") != 0 ||
				   !has_word(fields[dash + 3], "pids", ","))
		return false;
	mount->root = fields[3];
	mount->point = fields[4];
	return true;
}

static bool find_mount(char *text, int version, struct mount *mount)
{
	char *line;

	while ((line = next_line(&text))) {
		if (parse_mount(line, version, mount))
			return true;
	}
	return false;
}

/* The directory of a cgroup path under a mount; false when the mount does not show it. */
static bool locate(const struct mount *mount, const char *own, char *dir, size_t size)
{
	size_t root_len = strcmp(mount->root, "/") == 0 ? 0 : strlen(mount->root);
	int n;

	if (strncmp(own, mount->root, root_len) != 0 ||
	    (own[root_len] != '/' && own[root_len] != '\0'))
		return false;
	own += root_len;
	if (strcmp(own, "/") == 0)
		own = "";
	n = snprintf(dir, size, "%s%s", mount->point, own);
	return n > 0 && (size_t)n < size;
}

static bool hands_pids_down(const char *dir)
{
	char path[PATH_MAX];
	char controllers[1024];
	int n = snprintf(path, sizeof(path), "%s/cgroup.subtree_control", dir);

	return n > 0 && (size_t)n < sizeof(path) &&
	       fd_read_file(path, controllers, sizeof(controllers)) >= 0 &&
	       has_word(controllers, "pids", " \n");
}

/* By the effective ids, as mkdir judges; access(2) takes the real ones. */
static bool may_write(const char *dir)
{
	return syscall(KERNEL_NR_FACCESSAT2, AT_FDCWD, dir, W_OK, AT_EACCESS) == 0;
}

/* Goes up from dir, no higher than the mount, to where a cgroup can be made. */
static bool find_usable(char *dir, size_t top_len, int version)
{
	for (;;) {
		char *slash = strrchr(dir, '/');

		if ((version == 1 || hands_pids_down(dir)) && may_write(dir))
			return true;
		if (version == 1 || !slash || strlen(dir) <= top_len)
			return false;
		*slash = '\0';
	}
}

/* Where this process stands in a version's hierarchy; false when it has none. */
static bool read_own(int version, char *buffer, char *own, size_t size)
{
	const char *path;

	if (fd_read_file("/proc/self/cgroup", buffer, PROC_FILE_BYTES) < 0)
		return false;
	path = find_own(buffer, version);
	if (!path || strlen(path) >= size)
		return false;
	memcpy(own, path, strlen(path) + 1);
	return true;
}

/*
 * The usual place of a hierarchy, if our own cgroup is there: the list of mounts, which on some
 * hosts is long and always slow to read, is then not needed.
 */
static bool usual_mount(int version, const char *own, struct mount *mount)
{
	char procs[PATH_MAX];
	int n;

	mount->root = "/";
	mount->point = version == 1 ? "/sys/fs/cgroup/pids" : "/sys/fs/cgroup";
	n = snprintf(procs, sizeof(procs), "%s%s/%s", mount->point, own,
		     version == 1 ? "cgroup.clone_children" : "cgroup.controllers");
	return n > 0 && (size_t)n < sizeof(procs) && access(procs, F_OK) == 0;
}

static bool find_version(int version, char *buffer, char *dir, size_t size)
{
	char own[PATH_MAX];
	struct mount mount;

	if (!read_own(version, buffer, own, sizeof(own)))
		return false;
	if (!usual_mount(version, own, &mount) &&
	    (fd_read_file("/proc/self/mountinfo", buffer, PROC_FILE_BYTES) < 0 ||
	     !find_mount(buffer, version, &mount)))
		return false;
	return locate(&mount, own, dir, size) && find_usable(dir, strlen(mount.point), version);
}

int cgroup_find(char *dir, size_t size)
{
	char *buffer = malloc(PROC_FILE_BYTES);
	int found = 0;

	if (!buffer)
		return 0;
	/*
	 * A controller is in one hierarchy only; where it is in version 1, version 2 can't count.
	 */
	for (int version = 1; !found && version <= 2; version++) {
		if (find_version(version, buffer, dir, size))
			found = version;
	}
	free(buffer);
	return found;
}

static int control_path(const char *dir, const char *name, char *path, size_t size)
{
	int n = snprintf(path, size, "%s/%s", dir, name);

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

static int set_limit(const char *dir, uint64_t max_tasks)
{
	char path[PATH_MAX];
	char text[24];
	int rc = control_path(dir, "pids.max", path, sizeof(path));

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)max_tasks);
	return rc ? rc : fd_write_file(path, text);
}

static int open_procs(const char *dir, int *procs)
{
	char path[PATH_MAX];
	int rc = control_path(dir, "cgroup.procs", path, sizeof(path));

	if (rc)
		return rc;
	*procs = fd_above_stdio(open(path, O_WRONLY | O_CLOEXEC));
	return *procs < 0 ? -errno : 0;
}

/*
 * A name may be taken: a process that had our number was killed before it could remove its own. One
 * that is empty is removed, one that is not is left alone.
 */
static int make_directory(const char *base, char *dir, size_t size)
{
	static atomic_uint counter;
	int rc = -EEXIST;

	for (int i = 0; i < NAME_TRIES && rc == -EEXIST; i++) {
		int n = snprintf(dir, size, "%s/writ-%d-%u", base, (int)getpid(),
				 atomic_fetch_add(&counter, 1));

		if (n < 0 || (size_t)n >= size)
			return -ENAMETOOLONG;
		rc = mkdir(dir, 0755) ? -errno : 0;
		if (rc == -EEXIST && rmdir(dir) == 0)
			rc = mkdir(dir, 0755) ? -errno : 0;
	}
	return rc;
}

int cgroup_create(const char *base, uint64_t max_tasks, char *dir, size_t size, int *procs)
{
	int rc = make_directory(base, dir, size);

	if (rc)
		return rc;
	rc = set_limit(dir, max_tasks);
	if (!rc)
		rc = open_procs(dir, procs);
	if (rc)
		(void)rmdir(dir);
	return rc;
}

bool cgroup_works(const char *base)
{
	char made[PATH_MAX];
	int procs = -1;

	if (cgroup_create(base, 1, made, sizeof(made), &procs))
		return false;
	fd_close(&procs);
	return rmdir(made) == 0;
}

/* Kills what cgroup.procs lists, in as many bites as it takes; how many that were. */
static size_t kill_listed(const char *procs)
{
	char text[PROCS_BYTES];
	int fd = open(procs, O_RDONLY | O_CLOEXEC);
	size_t n_killed = 0;
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	char *rest = text;
	char *line;

	fd_close(&fd);
	text[n > 0 ? n : 0] = '\0';
	/* What follows the last newline is cut off, and may be the beginning of another number. */
	while (strchr(rest, '\n') && (line = next_line(&rest))) {
		unsigned long pid = strtoul(line, NULL, 10);

		/* 0: a process that this pid namespace does not show. */
		if (pid > 0 && pid <= INT_MAX && kill((pid_t)pid, SIGKILL) == 0)
			n_killed++;
	}
	return n_killed;
}

void cgroup_kill(const char *dir)
{
	const struct timespec pause = {.tv_nsec = REMOVE_PAUSE_NS};
	char path[PATH_MAX];

	/* Version 2 since Linux 5.14: all at once. */
	if (control_path(dir, "cgroup.kill", path, sizeof(path)) || !fd_write_file(path, "1") ||
	    control_path(dir, "cgroup.procs", path, sizeof(path)))
		return;
	for (int i = 0; i < REMOVE_TRIES && kill_listed(path); i++)
		(void)nanosleep(&pause, NULL);
}

void cgroup_remove(const char *dir)
{
	const struct timespec pause = {.tv_nsec = REMOVE_PAUSE_NS};

	for (int i = 0; i < REMOVE_TRIES; i++) {
		if (rmdir(dir) == 0 || errno != EBUSY)
			return;
		(void)nanosleep(&pause, NULL);
	}
}
