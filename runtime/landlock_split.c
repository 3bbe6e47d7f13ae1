/*
 * Where nothing is denied a directory stands for all that is in it, also later; one that something
 * is denied in is listed, and each of its entries looked at in turn. So the work is that of the
 * directories on the way to what is denied, not of the tree. Symbolic links are left out: a rule is
 * about what they lead to.
 */
#include "runtime/landlock_split.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/kernel_abi.h"
#include "runtime/writ_format.h"

struct split {
	const struct broker_rules *denies;
	int (*keep)(void *context, int fd, const char *path);
	void *context;
	size_t n;
	char path[WRIT_MAX_TEXT + 1]; /* of what is being looked at */
};

static int keep(struct split *split, int fd)
{
	if (split->n++ >= LANDLOCK_MAX_SPLIT)
		return -E2BIG;
	return split->keep(split->context, fd, split->path);
}

enum fate { LEAVE_OUT, KEEP, SPLIT };

/* Of what split->path is; fd is of it. */
static enum fate judge(const struct split *split, int fd)
{
	struct stat st;

	if (fstat(fd, &st) || (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode)) ||
	    broker_rules_deny(split->denies, split->path))
		return LEAVE_OUT;
	return S_ISDIR(st.st_mode) && broker_rules_reach_below(split->denies, split->path) ? SPLIT
											   : KEEP;
}

static int open_entry(const char *path)
{
	const struct open_how_abi how = {.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
					 .resolve = KERNEL_RESOLVE_NO_SYMLINKS};

	return (int)syscall(KERNEL_NR_OPENAT2, AT_FDCWD, path, &how, sizeof(how));
}

/* Puts an entry's name behind the directory's path, which has len bytes. */
static int enter(struct split *split, size_t len, const char *name)
{
	int n = snprintf(split->path + len, sizeof(split->path) - len, "%s%s", len == 1 ? "" : "/",
			 name);

	return n < 0 || (size_t)n >= sizeof(split->path) - len ? -ENAMETOOLONG : 0;
}

/* What has gone meanwhile, or can't be reached, is left out: it can't be executed then. */
static int split_entry(struct split *split, enum fate *fate)
{
	int fd = open_entry(split->path);
	int rc = 0;

	*fate = LEAVE_OUT;
	if (fd < 0)
		return 0;
	*fate = judge(split, fd);
	if (*fate == KEEP)
		rc = keep(split, fd);
	(void)close(fd);
	return rc;
}

/* As deep as the pattern, which has at most WRIT_MAX_NAMES. */
static int split_directory(struct split *split)
{
	size_t len = strlen(split->path);
	DIR *dir = opendir(split->path);
	const struct dirent *entry;
	int rc = 0;

	if (!dir)
		return 0;
	while (!rc && (entry = readdir(dir))) {
		enum fate fate = LEAVE_OUT;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		rc = enter(split, len, entry->d_name);
		if (!rc)
			rc = split_entry(split, &fate);
		if (!rc && fate == SPLIT)
			rc = split_directory(split);
		split->path[len] = '\0';
	}
	(void)closedir(dir);
	return rc;
}

int landlock_split(const struct broker_rules *denies, const char *path,
		   int (*keep_one)(void *context, int fd, const char *path), void *context)
{
	struct split split = {.denies = denies, .keep = keep_one, .context = context};

	(void)snprintf(split.path, sizeof(split.path), "%s", path);
	return split_directory(&split);
}
