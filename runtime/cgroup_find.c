/*
 * Finding where a launch's cgroup can be made, in both versions.
 *
 * Where this process stands is in /proc/self/cgroup, where that hierarchy is mounted in
 * /proc/self/mountinfo; both are needed, as a container sees neither from the root. A controller is
 * in one hierarchy only: what version 1 has, version 2 can't hand out. Version 1 lets anyone with
 * write permission make a child anywhere. In version 2 a child has a controller only if its parent
 * lists it in cgroup.subtree_control, and a cgroup that holds processes itself can't start doing
 * so: so we go up to the nearest that does.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/cgroup.h"
#include "runtime/fd.h"
#include "runtime/kernel_abi.h"

#define PROC_FILE_BYTES  ((size_t)256 << 10)
#define MOUNTINFO_FIELDS 16
#define CONTROL_BYTES    1024

/* In version 2 processor time is counted in every cgroup, without a controller. */
static const struct {
	const char *in_v1;
	const char *in_v2;
} names[CGROUP__COUNT] = {
	[CGROUP_PIDS] = {"pids", "pids"},
	[CGROUP_MEMORY] = {"memory", "memory"},
	[CGROUP_CPU] = {"cpuacct", NULL},
};

struct search {
	char *text;                    /* /proc/self/cgroup, cut into pieces */
	char *mounts;                  /* /proc/self/mountinfo, when it was needed */
	const char *v1[CGROUP__COUNT]; /* where we stand, by controller; NULL: not in version 1 */
	const char *v2;
	int error; /* of a look that went wrong: what is to be had is not known then */
};

/*
 * What could not be looked at. Where the host says that nothing is there, or that we may not, there
 * is nothing to be had; anything else must not cost a sandbox its limits.
 */
static void note_failure(struct search *search)
{
	static const int refusals[] = {ENOENT, ENOTDIR, EACCES, EPERM, EROFS, ENOSYS, EFBIG};

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (errno == refusals[i])
			return;
	}
	search->error = errno;
}

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

/* A line of where we stand: "number:controllers:path", version 2's controllers being empty. */
static void take_line(struct search *search, char *line)
{
	char *controllers = strchr(line, ':');
	char *path = controllers ? strchr(controllers + 1, ':') : NULL;

	if (!path)
		return;
	*path++ = '\0';
	controllers++;
	if (*controllers == '\0')
		search->v2 = path;
	for (size_t i = 0; i < CGROUP__COUNT; i++) {
		if (has_word(controllers, names[i].in_v1, ","))
			search->v1[i] = path;
	}
}

static int read_own(struct search *search)
{
	char *line;
	char *rest;

	search->text = malloc(PROC_FILE_BYTES);
	if (!search->text)
		return -ENOMEM;
	/* Without /proc there is nothing to be had. */
	if (fd_read_file("/proc/self/cgroup", search->text, PROC_FILE_BYTES) < 0) {
		note_failure(search);
		return 0;
	}
	rest = search->text;
	while ((line = next_line(&rest)))
		take_line(search, line);
	return 0;
}

struct mount {
	const char *root;  /* what of the hierarchy is mounted */
	const char *point; /* where */
};

/*
 * A mount of the hierarchy that has a controller in version 1, or of version 2 when it is NULL.
 * proc(5): id parent device root point options [tags] - type source super-options
 */
static bool parse_mount(char *line, const char *controller, struct mount *mount)
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
	if (controller ? strcmp(fields[dash + 1], "cgroup") != 0 ||
				 !has_word(fields[dash + 3], controller, ",")
		       : strcmp(fields[dash + 1], "cgroup2") != 0)
		return false;
	mount->root = fields[3];
	mount->point = fields[4];
	return true;
}

/* By the list of mounts, which on some hosts is long and always slow to read. */
static bool find_mount(struct search *search, const char *controller, struct mount *mount)
{
	char *line;
	char *rest;

	if (!search->mounts)
		search->mounts = malloc(PROC_FILE_BYTES);
	if (!search->mounts ||
	    fd_read_file("/proc/self/mountinfo", search->mounts, PROC_FILE_BYTES) < 0) {
		note_failure(search);
		return false;
	}
	rest = search->mounts;
	while ((line = next_line(&rest))) {
		if (parse_mount(line, controller, mount))
			return true;
	}
	return false;
}

/*
 * The usual place of a hierarchy, if our own cgroup is there: point is the buffer for its name.
 */
static bool usual_mount(const char *controller, const char *own, struct mount *mount, char *point)
{
	char file[PATH_MAX];
	int n = snprintf(point, PATH_MAX, "/sys/fs/cgroup%s%s", controller ? "/" : "",
			 controller ? controller : "");

	mount->root = "/";
	mount->point = point;
	if (n > 0 && n < PATH_MAX)
		n = snprintf(file, sizeof(file), "%s%s/%s", point, own,
			     controller ? "cgroup.clone_children" : "cgroup.controllers");
	return n > 0 && (size_t)n < sizeof(file) && access(file, F_OK) == 0;
}

/* The directory of a cgroup path under a mount; false when the mount does not show it. */
static bool locate(const struct mount *mount, const char *own, char *dir)
{
	size_t root_len = strcmp(mount->root, "/") == 0 ? 0 : strlen(mount->root);
	int n;

	if (strncmp(own, mount->root, root_len) != 0 ||
	    (own[root_len] != '/' && own[root_len] != '\0'))
		return false;
	own += root_len;
	if (strcmp(own, "/") == 0)
		own = "";
	n = snprintf(dir, PATH_MAX, "%s%s", mount->point, own);
	return n > 0 && n < PATH_MAX;
}

/*
 * Our own directory in a hierarchy (NULL: version 2's), into dir (PATH_MAX bytes). Returns the
 * length of the mount point, which we can't go above; 0: we have none.
 */
static size_t own_directory(struct search *search, const char *controller, const char *own,
			    char *dir)
{
	char point[PATH_MAX];
	struct mount mount;

	if (!usual_mount(controller, own, &mount, point) && !find_mount(search, controller, &mount))
		return 0;
	return locate(&mount, own, dir) ? strlen(mount.point) : 0;
}

/* By the effective ids, as mkdir judges; access(2) takes the real ones. */
static bool may_write(struct search *search, const char *dir)
{
	if (syscall(KERNEL_NR_FACCESSAT2, AT_FDCWD, dir, W_OK, AT_EACCESS) == 0)
		return true;
	note_failure(search);
	return false;
}

/* Does a cgroup of version 2 hand all of these controllers down? */
static bool hands_down(struct search *search, const char *dir, unsigned int controllers)
{
	char path[PATH_MAX];
	char listed[CONTROL_BYTES] = "";
	int n = snprintf(path, sizeof(path), "%s/cgroup.subtree_control", dir);

	if (n < 0 || (size_t)n >= sizeof(path))
		return false;
	if (fd_read_file(path, listed, sizeof(listed)) < 0) {
		note_failure(search);
		return false;
	}
	for (size_t i = 0; i < CGROUP__COUNT; i++) {
		if (controllers & CGROUP_BIT(i) && names[i].in_v2 &&
		    !has_word(listed, names[i].in_v2, " \n"))
			return false;
	}
	return true;
}

/* Goes up from own, no higher than the mount, to where all of these can be had. */
static bool climb(struct search *search, const char *own, size_t top_len, unsigned int controllers,
		  char *dir)
{
	memcpy(dir, own, strlen(own) + 1);
	for (;;) {
		char *slash = strrchr(dir, '/');

		if (hands_down(search, dir, controllers) && may_write(search, dir))
			return true;
		if (!slash || strlen(dir) <= top_len)
			return false;
		*slash = '\0';
	}
}

static int add_dir(struct cgroup *out, struct pool *pool, const char *path,
		   const struct cgroup_dir *what)
{
	struct cgroup_dir *dir = &out->dirs[out->n];

	*dir = *what;
	dir->path = pool_strndup(pool, path, strlen(path));
	if (!dir->path)
		return -ENOMEM;
	out->n++;
	return 0;
}

/* All that is wanted where that can be had; else the weightier of what can. */
static int find_v2(struct search *search, unsigned int wanted, struct pool *pool,
		   struct cgroup *out)
{
	const unsigned int memory = CGROUP_BIT(CGROUP_MEMORY);
	const unsigned int tries[] = {wanted, wanted & ~memory, wanted & ~CGROUP_BIT(CGROUP_PIDS)};
	char own[PATH_MAX];
	char dir[PATH_MAX];
	size_t top_len = own_directory(search, NULL, search->v2, own);

	for (size_t i = 0; top_len && i < sizeof(tries) / sizeof(tries[0]); i++) {
		if (tries[i] && climb(search, own, top_len, tries[i], dir))
			return add_dir(out, pool, dir,
				       &(struct cgroup_dir){.version = 2, .controllers = tries[i]});
	}
	return 0;
}

/* Controllers that are mounted together share a directory. */
static int find_v1(struct search *search, enum cgroup_controller which, struct pool *pool,
		   struct cgroup *out)
{
	char dir[PATH_MAX];

	if (!own_directory(search, names[which].in_v1, search->v1[which], dir) ||
	    !may_write(search, dir))
		return 0;
	for (size_t i = 0; i < out->n; i++) {
		if (strcmp(out->dirs[i].path, dir) == 0) {
			out->dirs[i].controllers |= CGROUP_BIT(which);
			return 0;
		}
	}
	return add_dir(out, pool, dir,
		       &(struct cgroup_dir){.version = 1, .controllers = CGROUP_BIT(which)});
}

static int find_all(struct search *search, unsigned int wanted, struct pool *pool,
		    struct cgroup *out)
{
	unsigned int in_v2 = 0;
	int rc = read_own(search);

	for (size_t i = 0; !rc && i < CGROUP__COUNT; i++) {
		if (!(wanted & CGROUP_BIT(i)))
			continue;
		if (search->v1[i])
			rc = find_v1(search, (enum cgroup_controller)i, pool, out);
		else
			in_v2 |= CGROUP_BIT(i);
	}
	return !rc && in_v2 && search->v2 ? find_v2(search, in_v2, pool, out) : rc;
}

int cgroup_find(unsigned int wanted, struct pool *pool, struct cgroup *out)
{
	struct search search = {.text = NULL};
	int rc;

	*out = (struct cgroup){.n = 0};
	rc = find_all(&search, wanted, pool, out);
	if (!rc)
		rc = -search.error;
	free(search.text);
	free(search.mounts);
	return rc;
}

int cgroup_version(const struct cgroup *cgroup, enum cgroup_controller controller)
{
	for (size_t i = 0; i < cgroup->n; i++) {
		if (cgroup->dirs[i].controllers & CGROUP_BIT(controller))
			return cgroup->dirs[i].version;
	}
	return 0;
}
