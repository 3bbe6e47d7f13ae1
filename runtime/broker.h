/*
 * The broker: files are opened, made, renamed and removed on a tool's behalf, denied ones are not.
 *
 * The tool's filter hands every call that names a file to a listener (seccomp_unotify(2)); whoever
 * holds it answers. The answer is made by the broker's own system calls: what the tool's memory
 * says is read once, and nothing is ever let through to be read again by the kernel. The broker
 * runs under the tool's own Landlock ruleset, as its user, without capabilities, so that what it
 * opens is what the tool might have; the deny patterns come on top.
 */
#ifndef WRIT_RUNTIME_BROKER_H
#define WRIT_RUNTIME_BROKER_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/broker_fifo.h"
#include "runtime/broker_rules.h"
#include "runtime/kernel_abi.h"

struct file_log;
struct net_gate;

#define BROKER_PATH  4096 /* bytes of a path with its NUL: PATH_MAX */
#define BROKER_NAME  256  /* of one name in it: NAME_MAX */
#define BROKER_DIGIT 12   /* of a number of a process or descriptor */

/* A directory whose name has been seen to lead to it. */
struct broker_known {
	uint64_t ino, mnt_id; /* which it is; of mount 0: none */
	uint32_t dev_major, dev_minor;
	char name[BROKER_PATH];
};

/* What may be written, where metadata is the broker's to keep. */
struct broker_tree {
	const char *path; /* without symbolic links, and what stood there: */
	uint32_t major, minor;
	uint64_t inode;
};

struct broker {
	/* What the owner gives. */
	int proc; /* O_PATH, of the procfs on /proc, which must be of our PID namespace */
	struct broker_rules rules;
	bool guards_metadata; /* it is changed in these trees only */
	struct broker_tree *trees;
	size_t n_trees;
	struct net_gate *gate; /* that answers calls on sockets; or NULL */
	struct file_log *log;  /* told of what is refused; or NULL */

	/* Found by broker_init, but for the listener: by broker_listen. */
	int listener;
	int fds; /* O_PATH, of the directory of our own descriptors */
	char own[BROKER_DIGIT];
	uint32_t proc_major, proc_minor; /* the device that procfs is */
	unsigned int all_umasks;         /* of all umasks that any process of the tool's has set */
	bool has_umasks;                 /* one has */
	struct broker_known base;        /* that a call's path was relative to last */
	struct broker_fifos fifos;       /* whose opens wait */

	/* The call being answered. */
	struct seccomp_notif_abi notif;
	const char *refused;      /* the name that was, or NULL: it is one of those below */
	char path[BROKER_PATH];   /* as the tool wrote it */
	char other[BROKER_PATH];  /* a second one: of a rename, a link; or what a link leads to */
	char parent[BROKER_PATH]; /* of a path's last name */
	char rest[BROKER_PATH];   /* what is left of a path that is followed name by name */
	char link[BROKER_PATH];   /* what a link on that way says */
	char again[BROKER_PATH];  /* a name that is read a second time */
	char said[BROKER_PATH];   /* a path's text, made absolute */
	char name[BROKER_PATH + BROKER_NAME];
	char other_name[BROKER_PATH + BROKER_NAME];
};

/* No errno: Yama lets nobody look into another process without CAP_SYS_PTRACE, which we drop. */
#define BROKER_KEPT_OUT (-5100)

/*
 * Can a broker work on this host? 0, or a negative errno: system calls that it needs are refused
 * here, or the kernel's messages are larger than we know; or BROKER_KEPT_OUT.
 */
int broker_available(void);

/*
 * Makes a broker ready; proc and rules are set. In the process that will answer, whose umask is the
 * broker's from now on. 0, or a negative errno: -ENOTSUP when that procfs is not of our PID
 * namespace.
 */
int broker_init(struct broker *broker);

/* Takes the listener. */
int broker_listen(struct broker *broker, int listener);

/*
 * Receives one call and answers it, when the listener is readable. 0, also when the caller is gone;
 * or a negative errno: nothing can be answered any more, and the launch has to end.
 */
int broker_answer(struct broker *broker);

/* Answers calls that have waited, as far as it can now. As broker_answer. */
int broker_answer_late(struct broker *broker);

#endif
