/*
 * The rows of attacks.def and variants.def, as data.
 */
#ifndef TESTS_LIVE_ATTACKS_H
#define TESTS_LIVE_ATTACKS_H

#include <stdbool.h>
#include <stddef.h>

#define WALL        124 /* `writ run`: killed by the wall limit */
#define SIGNALED(n) (128 + (n))

/* What a row needs or means, past enum launch_flag. */
enum attack_flag {
	AS_ROOT = 1 << 8,           /* an ordinary user can't do it without the sandbox either */
	MAY_LACK = 1 << 9,          /* the host may lack what it uses: then it is skipped */
	KILLS = 1 << 10,            /* without the sandbox the victim does not survive */
	LEAVES = 1 << 11,           /* without the sandbox a process stays behind */
	X86 = 1 << 12,              /* only there */
	SUID = 1 << 13,             /* needs the set-user-ID copy */
	OPEN = 1 << 14,             /* a residual: it succeeds in the sandbox too */
	MEMORY_CGROUP = 1 << 15,    /* only where memory is limited for a launch as a whole */
	NO_MEMORY_CGROUP = 1 << 16, /* only where it is not */
	CPU_CGROUP = 1 << 17,       /* only where processor time is */
	NOT_ROOT = 1 << 18,         /* root's control would be more than an attack on the victim */
	WRIT_DIES = 1 << 19,        /* whoever runs the command is killed once that says "up" */
	MOUNTED = 1 << 21,  /* where a launch has mounts of its own: EROFS, or EXDEV between them */
	FILTERED = 1 << 22, /* where it has none, a second filter: EPERM */
	HIDDEN = 1 << 20,   /* in a PID namespace, who is outside is not there: ESRCH, ENOENT */
	COVERED = 1 << 23,  /* HIDDEN, but by a mount: ENOENT */
	/* Open below this ABI of Landlock: */
	LANDLOCK_5 = 1 << 24, /* ioctl on devices that do no harm, where a policy allows the call */
	LANDLOCK_6 = 1 << 25, /* signals to the keeper, which is deaf to them */
	/* Before Linux 5.19 calls that wait for a broker are interrupted, and the last is first: */
	IN_TURN = 1 << 26,     /* a thread may wait until the wall limit */
	OWN_NETWORK = 1 << 28, /* the network has to be the tests' own: own_network.sh */
	AT_REST = 1 << 27, /* opens that signals interrupt may never end, or leave descriptors */
};

struct attack {
	const char *id;
	const char *sandbox;
	const char *command;
	int control;
	int expected;
	unsigned flags;
	const char *title;
};

extern const struct attack attacks[];
extern const size_t n_attacks;

/* Is it the files in /proc that are attacked? */
bool attack_is_on_proc(const struct attack *attack);

/* Does it take addresses, or names that lead to them, which no other network has? */
bool attack_takes_network(const struct attack *attack);

#endif
