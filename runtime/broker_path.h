/*
 * From what a tool says to what it means: its memory, its directories, the object a path leads to,
 * that object's name, and whether the name is denied. All results are 0 or a descriptor, or a
 * negative errno.
 */
#ifndef WRIT_RUNTIME_BROKER_PATH_H
#define WRIT_RUNTIME_BROKER_PATH_H

#include "runtime/broker.h"

/* A path in a call: where it begins, and the text. */
struct broker_at {
	int base; /* O_PATH, of the directory that it is relative to; AT_FDCWD: it is not */
	const char *path;
	bool no_follow;   /* the last name is meant itself when it is a symbolic link */
	bool is_dir;      /* and it has to be a directory */
	uint64_t resolve; /* RESOLVE_* of openat2(2) */
	bool is_made;     /* something may be made or changed by way of the path at once */

	/* Set by broker_begin: the name of what is there when no link is on the way, or NULL. */
	char *said;
};

/* An object, by an O_PATH descriptor. */
struct broker_object {
	int fd;
	uint32_t mode;
	uint32_t rdev_major, rdev_minor;
	bool on_proc;
};

/* Where something has or shall have a name. */
struct broker_place {
	int parent;
	char name[BROKER_NAME + 1]; /* with the slash at its end when the path had one */
	bool on_proc;
};

/* Copies size bytes of the caller's memory. */
int broker_read(struct broker *broker, uint64_t address, void *out, size_t size);

/* Copies a path of the caller's, with its NUL. */
int broker_read_path(struct broker *broker, uint64_t address, char out[BROKER_PATH]);

/*
 * A path that has been read, where the rest of *at is set; dir is the caller's number of a
 * directory. at->said is that of the path begun last. After it the caller is known to have waited
 * while its memory and its directories were read: its number was not another's.
 */
int broker_begin(struct broker *broker, int dir, const char *path, struct broker_at *at);
void broker_end(const struct broker_at *at);

/* A descriptor of the caller's, O_PATH, or its working directory: AT_FDCWD. */
int broker_take(struct broker *broker, int fd);

/*
 * What a path leads to, judged: -EACCES when it is denied. name holds its name, or nothing when it
 * has none: a pipe, for one.
 */
int broker_find(struct broker *broker, const struct broker_at *at, struct broker_object *out,
		char *name);

/* The same of an O_PATH descriptor, which is taken. */
int broker_find_fd(struct broker *broker, int fd, struct broker_object *out, char *name);

/*
 * The directory a path's last name is in, judged with that name, which need not be there.
 * -ENOTUNIQ: the last name is "." or "..", or there is none.
 */
int broker_place(struct broker *broker, const struct broker_at *at, struct broker_place *out,
		 char *name);

/*
 * Notes for the launch's log what is refused, unless result is 0: a name that stays until the call
 * is answered. Returns result.
 */
int broker_refuse_name(struct broker *broker, const char *name, int result);

/* Is a name denied? */
bool broker_is_denied(const struct broker *broker, char *name);

/* Is name what the kernel calls an object now? -ESTALE: no, but what is in broker->again. */
int broker_is_called(struct broker *broker, int fd, const char *name);

/* May the metadata of an object be changed that was found under broker->name? */
bool broker_may_change(struct broker *broker, const struct broker_object *object);

/* Is what fd is still to be found under a name that is not denied? Descriptors, not only O_PATH. */
int broker_judge_again(struct broker *broker, int fd, const char *name);

/* What a descriptor is of: type, mode, numbers, mount. */
int broker_examine(int fd, struct statx_abi *out);

/* "N", of a descriptor or process. */
void broker_number(char out[BROKER_DIGIT], unsigned int number);

#endif
