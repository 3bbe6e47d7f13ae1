/*
 * The namespaces that a launch gets, and what is mounted in them (namespaces(7)).
 *
 * What is made is decided when the sandbox is opened; the keeper makes it, before anything of the
 * tool's runs. Nothing is made on the host, and nothing of it is seen there.
 */
#ifndef WRIT_RUNTIME_NAMESPACES_H
#define WRIT_RUNTIME_NAMESPACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct sandbox_source;
struct writ_sandbox;

/* A file system in memory, as tmpfs takes it. */
struct scratch {
	char size[24];
	char inodes[24]; /* or "": a cover's, that nobody can make any in */
	const char *mode;
	char uid[12]; /* or "": who mounts it */
	char gid[12];
};

/*
 * A place with a mount of its own: a scratch, an empty cover, or what is there anyway with other
 * attributes than around it. They are sorted, the outer before the inner.
 */
struct mount_place {
	const char *path;              /* without symbolic links */
	const struct scratch *scratch; /* NULL: what is there */
	unsigned int rights;           /* WRIT_PATH_*: what is granted here or above */
	uint64_t access;               /* the same of Landlock's */
	unsigned int attributes;       /* of the mount */
	bool is_file;
	bool is_special; /* such a one as a socket or a device */
	bool is_cover;   /* a scratch that is read-only once all is mounted */
	bool has_inner;
	bool is_hidden; /* lies in a scratch: has to be made there first */
	dev_t device;   /* of what is granted, */
	ino_t inode;
};

struct namespaces {
	unsigned int flags; /* CLONE_NEWPID, CLONE_NEWNS */
	bool has_proc;      /* a procfs of the PID namespace on /proc, */
	unsigned int proc_attributes;
	unsigned int attributes;    /* of every other mount: MOUNT_RDONLY, MOUNT_NOEXEC */
	struct mount_place *places; /* without mounts: what may be written, for a broker */
	size_t n_places;
	bool has_scratch;
	uint32_t required;    /* of the plan: without it the sandbox is not what it says */
	bool guards_metadata; /* what may not be written may not be changed otherwise */
};

/* A path that is granted, when it has been opened. */
struct mount_grant {
	const char *path; /* without symbolic links */
	unsigned int rights;
	uint64_t access;
	mode_t mode;
	dev_t device;
	ino_t inode;
};

/* Decides on namespaces, and on scratch directories. Errors: HOST, NOMEM, SYSTEM. */
int namespaces_prepare(struct writ_sandbox *sandbox, const struct sandbox_source *source);

/* Told of every grant; then namespaces_settle decides which get a mount. Errors: NOMEM. */
int namespaces_grant(struct writ_sandbox *sandbox, const struct mount_grant *grant);
void namespaces_settle(struct writ_sandbox *sandbox);

/* May a broker change metadata where there are no mounts to keep it? Once settled. */
bool namespaces_want_broker(const struct writ_sandbox *sandbox);

/* Is an absolute path a scratch directory's, or behind one? It need not exist. */
bool namespaces_replace(const struct namespaces *namespaces, const char *path);
bool namespaces_hide(const struct namespaces *namespaces, const char *path);

/* Does making these take a user namespace, as we have not the capability? */
bool namespaces_need_user(unsigned int flags);

#endif
