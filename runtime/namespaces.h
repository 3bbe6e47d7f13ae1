/*
 * The namespaces that a launch gets, and what is mounted in them (namespaces(7)).
 *
 * What is made is decided when the sandbox is opened; the keeper makes it, before anything of the
 * tool's runs. A scratch directory is a file system of its own in memory, on a directory that the
 * host has: nothing is made on the host.
 */
#ifndef WRIT_RUNTIME_NAMESPACES_H
#define WRIT_RUNTIME_NAMESPACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct launch;
struct sandbox_source;
struct writ_sandbox;

struct scratch {
	const char *path; /* without symbolic links */
	char size[24];    /* as tmpfs takes it */
	char inodes[24];
	const char *mode;
	uint64_t access; /* of Landlock's, on its root */
};

struct namespaces {
	unsigned int flags; /* CLONE_NEWPID, CLONE_NEWNS */
	bool has_proc;      /* a procfs of the PID namespace on /proc */
	struct scratch *scratches;
	size_t n_scratches;
};

/* Decides. Errors: HOST, NOMEM. */
int namespaces_prepare(struct writ_sandbox *sandbox, const struct sandbox_source *source);

/* A path without symbolic links has been granted: what a scratch on or below it inherits. */
void namespaces_grant(struct writ_sandbox *sandbox, const char *path, uint64_t access);

/* May a launch go without them where the host refuses them? */
bool namespaces_are_dispensable(const struct writ_sandbox *sandbox);

/* Does making these take a user namespace, as we have not the capability? */
bool namespaces_need_user(unsigned int flags);

/*
 * Mounts, in a mount namespace of our own. 0, or a negative errno and launch->detail. Raw: for the
 * keeper.
 */
int namespaces_mount(struct launch *launch);

#endif
