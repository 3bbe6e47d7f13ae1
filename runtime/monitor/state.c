/*
 * The state directory: memory that outlives a process and is shared by those of one user.
 *
 * In: a directory's name and a part's. Out: the part, mapped. A directory is used only when it is
 * the caller's own and nobody else may write it, nor everybody one above it, a file only when
 * nobody else may open it; both are looked at through the descriptors that are used then, so that
 * nothing can be put in their places in between. A file is made complete under another name and
 * then linked to its own, so whoever finds it finds it whole, and of several who make it at once
 * one wins. Its bytes are written, not left out, since a page that the disk has no room for would
 * be a SIGBUS later.
 *
 * All times in it are of CLOCK_MONOTONIC, which begins with each boot, and so do the files: the
 * boot's id is in their names. Those of other boots are removed by who makes the first of this one.
 * Nothing in the memory is ever locked; see rate.c and request.c.
 */
#include "runtime/monitor/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/error.h"
#include "runtime/fd.h"
#include "runtime/raw.h"
#include "runtime/state_path.h"
#include "runtime/writ_info.h"
#include "runtime/writ_monitor.h"

#define MAGIC      "\x7fWRS\r\n\x1a\n"
#define BOOT_FILE  "/proc/sys/kernel/random/boot_id"
#define BOOT_CHARS 36u /* a UUID as text */
#define NAME_SIZE  96u
#define MAX_TRIES  8 /* to open or make a file that others remove */
#define ZEROS_SIZE 65536u
#define OTHERS     (S_IRWXG | S_IRWXO)

struct header {
	char magic[8];
	uint32_t version;
	uint32_t reserved;
	uint64_t size; /* of the file */
	char boot[BOOT_CHARS];
	uint8_t spare[4];
};

struct file {
	struct header header;
	uint8_t key[STATE_KEY_SIZE];
	uint8_t fill[128 - sizeof(struct header) - STATE_KEY_SIZE];
};
_Static_assert(sizeof(struct file) == 128, "what follows begins at a cache line");

struct state {
	int directory; /* -1: private */
	char boot[BOOT_CHARS + 1];
	char path[PATH_MAX];
};

int state_random(void *bytes, size_t size, struct writ_error *error)
{
	long n = RAW(SYS_getrandom, bytes, size, 0);

	if (n != (long)size)
		return error_sys(error, WRIT_E_SYSTEM, n < 0 ? (int)-n : EIO,
				 "there are no random numbers");
	return 0;
}

/* May nobody but the caller put something into it? */
static bool is_own(const struct stat *status)
{
	return S_ISDIR(status->st_mode) && status->st_uid == geteuid() &&
	       (status->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static int open_directory(struct state *state, struct writ_error *error)
{
	struct stat status;

	if (mkdir(state->path, S_IRWXU) && errno != EEXIST)
		return error_sys(error, WRIT_E_OPEN, errno, "%.300s can't be made", state->path);
	state->directory =
		fd_above_stdio(open(state->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	if (state->directory < 0)
		return error_sys(error, WRIT_E_OPEN, errno, "%.300s can't be opened as a directory",
				 state->path);
	if (fstat(state->directory, &status))
		return error_sys(error, WRIT_E_SYSTEM, errno, "%.300s", state->path);
	if (!is_own(&status))
		return error_set(error, WRIT_E_OPEN,
				 "%.300s can't keep state: it must be this user's own and writable "
				 "by nobody else",
				 state->path);
	return 0;
}

static int read_boot(struct state *state, struct writ_error *error)
{
	char text[BOOT_CHARS + 8];

	if (fd_read_file(BOOT_FILE, text, sizeof(text)) < (long)BOOT_CHARS)
		return error_sys(error, WRIT_E_SYSTEM, errno, "%s can't be read", BOOT_FILE);
	memcpy(state->boot, text, BOOT_CHARS);
	return 0;
}

static int open_shared(struct state *state, const char *directory, struct writ_error *error)
{
	struct writ_error reason;
	int rc;

	if (!state_path(directory, state->path))
		return error_set(error, WRIT_E_OPEN, "the state directory's name is %s",
				 directory && !*directory ? "empty" : "too long");
	if (writ_place_check(state->path, &reason))
		return error_set(error, WRIT_E_OPEN, "%.150s can't keep state: %.350s", state->path,
				 reason.text);
	rc = read_boot(state, error);
	return rc ? rc : open_directory(state, error);
}

void state_close(struct state *state)
{
	if (!state)
		return;
	fd_close(&state->directory);
	free(state);
}

int state_open(const char *directory, struct state **out, struct writ_error *error)
{
	struct state *state = calloc(1, sizeof(*state));
	int rc = 0;

	if (!state)
		return error_nomem(error);
	state->directory = -1;
	if (!directory || strcmp(directory, WRIT_STATE_PRIVATE) != 0)
		rc = open_shared(state, directory, error);
	if (rc) {
		state_close(state);
		return rc;
	}
	*out = state;
	return 0;
}

static int fill_header(const struct state *state, const struct state_part *part, struct file *file,
		       struct writ_error *error)
{
	memset(file, 0, sizeof(*file));
	memcpy(file->header.magic, MAGIC, sizeof(file->header.magic));
	file->header.version = part->version;
	file->header.size = sizeof(*file) + part->size;
	memcpy(file->header.boot, state->boot, BOOT_CHARS);
	return state_random(file->key, sizeof(file->key), error);
}

static int write_all(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size) {
		ssize_t n = write(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

static int write_zeros(int fd, size_t size)
{
	static const char zeros[ZEROS_SIZE];

	for (; size > sizeof(zeros); size -= sizeof(zeros)) {
		if (write_all(fd, zeros, sizeof(zeros)))
			return -1;
	}
	return write_all(fd, zeros, size);
}

/* Files of other boots: their monotonic times mean nothing any more. */
static void remove_old(const struct state *state, const struct state_part *part)
{
	size_t len = strlen(part->name);
	DIR *stream = opendir(state->path);
	const struct dirent *entry;

	while (stream && (entry = readdir(stream))) {
		const char *name = entry->d_name;

		if (strncmp(name, part->name, len) == 0 && name[len] == '.' &&
		    strncmp(name + len + 1, state->boot, BOOT_CHARS) != 0)
			(void)unlinkat(state->directory, name, 0);
	}
	if (stream)
		(void)closedir(stream);
}

/* Makes the file name unless somebody else does so first. */
static int make_file(const struct state *state, const struct state_part *part, const char *name,
		     struct writ_error *error)
{
	char temporary[NAME_SIZE + 20];
	struct file file;
	unsigned long nonce = 0;
	int saved;
	int fd;
	int rc = fill_header(state, part, &file, error);

	if (!rc)
		rc = state_random(&nonce, sizeof(nonce), error);
	if (rc)
		return rc;
	(void)snprintf(temporary, sizeof(temporary), "%s.%016lx", name, nonce);
	fd = openat(state->directory, temporary,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
	if (fd < 0)
		return error_sys(error, WRIT_E_OPEN, errno, "%.300s can't be written", state->path);
	if (write_all(fd, &file, sizeof(file)) || write_zeros(fd, part->size) ||
	    (linkat(state->directory, temporary, state->directory, name, 0) && errno != EEXIST))
		rc = error_sys(error, WRIT_E_OPEN, errno, "%.300s/%s can't be made", state->path,
			       name);
	saved = errno;
	(void)unlinkat(state->directory, temporary, 0);
	fd_close(&fd);
	errno = saved;
	if (!rc)
		remove_old(state, part);
	return rc;
}

/* What is wrong with a file, or NULL. */
static const char *check_file(const struct state *state, const struct state_part *part, int fd)
{
	struct header header;
	struct stat status;

	if (fstat(fd, &status) || !S_ISREG(status.st_mode))
		return "it is not a file";
	if (status.st_uid != geteuid() || status.st_mode & OTHERS)
		return "it is not this user's alone";
	if (read(fd, &header, sizeof(header)) != (ssize_t)sizeof(header) ||
	    memcmp(header.magic, MAGIC, sizeof(header.magic)) != 0)
		return "it is damaged";
	if (header.version != part->version)
		return "it is of another version of writ";
	if (header.size != (uint64_t)status.st_size ||
	    header.size != sizeof(struct file) + part->size ||
	    memcmp(header.boot, state->boot, BOOT_CHARS) != 0)
		return "it is damaged";
	return NULL;
}

/* The descriptor of a part's file, or a negative code. */
static int open_part(const struct state *state, const struct state_part *part,
		     struct writ_error *error)
{
	char name[NAME_SIZE];
	const char *wrong;
	int fd = -1;
	int rc = 0;

	(void)snprintf(name, sizeof(name), "%s.%s", part->name, state->boot);
	for (int i = 0; i < MAX_TRIES && !rc; i++) {
		fd = openat(state->directory, name,
			    O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		if (fd >= 0 || errno != ENOENT)
			break;
		rc = make_file(state, part, name, error);
	}
	if (rc)
		return rc;
	if (fd < 0)
		return error_sys(error, WRIT_E_OPEN, errno, "%.300s/%s can't be opened",
				 state->path, name);
	wrong = check_file(state, part, fd);
	if (!wrong)
		return fd;
	fd_close(&fd);
	return error_set(error, WRIT_E_OPEN,
			 "%.300s/%s can't be used: %s; remove it when nothing uses it", state->path,
			 name, wrong);
}

static int map_shared(const struct state *state, const struct state_part *part,
		      struct state_map *map, struct writ_error *error)
{
	int fd = open_part(state, part, error);
	int rc = 0;

	if (fd < 0)
		return fd;
	map->memory = mmap(NULL, map->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map->memory == MAP_FAILED)
		rc = error_sys(error, WRIT_E_SYSTEM, errno, "%.300s: no memory for %s", state->path,
			       part->name);
	fd_close(&fd);
	return rc;
}

/* Shared all the same: with the children of a fork, whose calls count together with ours. */
static int map_private(const struct state *state, const struct state_part *part,
		       struct state_map *map, struct writ_error *error)
{
	map->memory = mmap(NULL, map->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			   0);
	if (map->memory == MAP_FAILED)
		return error_nomem(error);
	return fill_header(state, part, map->memory, error);
}

int state_map(const struct state *state, const struct state_part *part, struct state_map *out,
	      struct writ_error *error)
{
	struct state_map map = {.memory = MAP_FAILED, .size = sizeof(struct file) + part->size};
	struct file *file;
	int rc = state->directory < 0 ? map_private(state, part, &map, error)
				      : map_shared(state, part, &map, error);

	if (rc) {
		if (map.memory != MAP_FAILED)
			(void)munmap(map.memory, map.size);
		return rc;
	}
	file = map.memory;
	map.key = file->key;
	map.at = file + 1;
	*out = map;
	return 0;
}

void state_unmap(struct state_map *map)
{
	if (map->memory)
		(void)munmap(map->memory, map->size);
	*map = (struct state_map){.at = NULL};
}
