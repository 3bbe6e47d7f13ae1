/*
 * Where something lies that decides, or that records what was decided: a directory above it that
 * everybody may write lets everybody put another in its place.
 *
 * In: a path, of something that need not exist. Looked at are the directories that it names on its
 * way, by which it is found again, and those that the last of these lies in, by "..", as the way
 * may lead through symbolic links. A directory with the sticky bit is none to worry about: others
 * may make files there, but not remove or rename what isn't theirs (inode(7)). What can't be looked
 * at, or is missing, is left to whoever opens it.
 */
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/error.h"
#include "runtime/writ_info.h"

#define MAX_DEPTH ((size_t)64)

struct place {
	char path[PATH_MAX + 3 * MAX_DEPTH + 3]; /* room to go up */
	size_t len;
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

/* Those that the path names; the longest is left in place. */
static int check_way(struct place *place, struct writ_error *error)
{
	struct stat status;
	int rc = 1;

	for (size_t i = 1; rc > 0 && i < place->len; i++) {
		if (place->path[i] != '/')
			continue;
		place->path[i] = '\0';
		rc = check_directory(place->path, &status, error);
		place->path[i] = '/';
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
	struct place place;
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
