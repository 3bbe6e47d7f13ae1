/*
 * Where something lies that decides, or that records what was decided: a directory above it that
 * everybody may write lets everybody put another in its place.
 *
 * In: a path, of something that need not exist. Looked at are the directories that it names on its
 * way, by which it is found again, and those that the last of these lies in, by "..". A symbolic
 * link is put in words: what it says takes its place in the path, so that those are looked at, too,
 * that one link after the other leads through. A directory with the sticky bit is none to worry
 * about: others may make files there, but not remove or rename what isn't theirs (inode(7)). What
 * can't be looked at, or is missing, is left to whoever opens it.
 */
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/error.h"
#include "runtime/writ_info.h"

#define MAX_DEPTH ((size_t)64)
#define MAX_LINKS 40 /* as many as the kernel follows (path_resolution(7)) */

struct place {
	char path[PATH_MAX + 3 * MAX_DEPTH + 3]; /* room to go up */
	size_t len;
	int n_links; /* that were put in words */
};

/* 1: go on; 0: there is no such directory; or a negative code. */
static int check_directory(const char *path, struct stat *status, struct writ_error *error)
{
	if (stat(path, status) || !S_ISDIR(status->st_mode))
		return 0;
	if ((status->st_mode & S_IWOTH) && !(status->st_mode & S_ISVTX))
		return error_set(error, WRIT_E_OPEN,
				 "everybody may write the directory '%.300s', and so replace what "
				 "lies in it (chmod o-w it, or keep it elsewhere)",
				 path);
	return 1;
}

/* Is it a link that the path names up to end? Then what that says is there. -1: it can't be. */
static int put_in_words(struct place *place, size_t end)
{
	char after = place->path[end];
	char words[PATH_MAX];
	size_t begin = end;
	ssize_t n;

	place->path[end] = '\0';
	n = readlink(place->path, words, sizeof(words));
	place->path[end] = after;
	if (n <= 0)
		return 0;
	while (begin > 0 && (words[0] == '/' || place->path[begin - 1] != '/'))
		begin--;
	if (++place->n_links > MAX_LINKS || begin + (size_t)n + place->len - end >= PATH_MAX)
		return -1;
	memmove(place->path + begin + n, place->path + end, place->len - end + 1);
	memcpy(place->path + begin, words, (size_t)n);
	place->len = begin + (size_t)n + place->len - end;
	return 1;
}

/* 1: go on; 0: there is nothing; or a negative code. end is behind a name. */
static int check_name(struct place *place, size_t end, struct writ_error *error)
{
	struct stat status;
	int rc;

	if (end == place->len)
		return 1;
	place->path[end] = '\0';
	rc = check_directory(place->path, &status, error);
	place->path[end] = '/';
	return rc;
}

/* Those that the path names, which has no links then. */
static int check_way(struct place *place, struct writ_error *error)
{
	size_t end = 1;
	int rc = 1;

	while (rc > 0 && end <= place->len) {
		int link;

		if (end < place->len && place->path[end] != '/') {
			end++;
			continue;
		}
		link = put_in_words(place, end);
		if (link < 0)
			return error_set(error, WRIT_E_OPEN,
					 "the path leads through too many symbolic links");
		if (!link)
			rc = check_name(place, end, error);
		end = link ? 1 : end + 1;
	}
	return rc < 0 ? rc : 0;
}

/* The one that the last name stands in, and those above. */
static int check_above(struct place *place, struct writ_error *error)
{
	const char *slash = strrchr(place->path, '/');
	struct stat before = {.st_ino = 0};
	struct stat status;
	int rc;

	if (!slash)
		place->path[0] = '.';
	place->len = slash > place->path ? (size_t)(slash - place->path) : 1;
	place->path[place->len] = '\0';
	for (size_t depth = 0; depth < MAX_DEPTH; depth++) {
		rc = check_directory(place->path, &status, error);
		if (rc <= 0)
			return rc;
		if (depth && status.st_ino == before.st_ino && status.st_dev == before.st_dev)
			break;
		before = status;
		memcpy(place->path + place->len, "/..", 4);
		place->len += 3;
	}
	return 0;
}

int writ_place_check(const char *path, struct writ_error *error)
{
	struct place place = {.n_links = 0};
	int rc;

	place.len = path ? strnlen(path, PATH_MAX) : PATH_MAX;
	while (place.len > 1 && place.len < PATH_MAX && path[place.len - 1] == '/')
		place.len--;
	if (place.len == 0 || place.len == PATH_MAX)
		return error_set(error, WRIT_E_INVALID, "a path is %s",
				 place.len ? "missing or too long" : "empty");
	memcpy(place.path, path, place.len);
	place.path[place.len] = '\0';
	rc = check_way(&place, error);
	return rc ? rc : check_above(&place, error);
}
