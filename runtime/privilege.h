/*
 * Giving privilege up, for good (capabilities(7)).
 */
#ifndef WRIT_RUNTIME_PRIVILEGE_H
#define WRIT_RUNTIME_PRIVILEGE_H

#include <stdbool.h>
#include <sys/types.h>

/* A user to become, with one group and no other. */
struct privilege_user {
	bool is_set;
	uid_t uid;
	gid_t gid;
};

/* Is this uid 0, which the kernel's limit on a user's processes does not bind (setrlimit(2))? */
bool privilege_is_root(void);

/* Does the caller hold a capability? */
bool privilege_holds(unsigned int capability);

/*
 * Does the caller hold CAP_SETPCAP, and so can lock itself out of every way back to capabilities?
 */
bool privilege_held(void);

/*
 * Drops every capability that the caller holds, for good. held: as privilege_held() says, or true
 * in a new user namespace. 0 or a negative errno. Safe between clone and execve.
 */
int privilege_drop(bool held);

/*
 * The same, but what is permitted stays so until execve(2) takes it: until then nobody may trace
 * this process or read its memory who has less (ptrace(2)). None is in effect any more.
 */
int privilege_drop_at_execve(bool held);

/*
 * Is a process after that as well guarded as the caller is? One that holds some capabilities and
 * can't lock itself out of them would have none left.
 */
bool privilege_can_wait(void);

/* As privilege_drop, and becomes the user if one is set. */
int privilege_drop_to(bool held, const struct privilege_user *user);

/*
 * That, but root stays the saved user and group: then no other process of the user may trace
 * this one or read its memory (ptrace(2)), which is root's.
 */
int privilege_drop_but_saved(bool held, const struct privilege_user *user);

/* The rest of it, which takes no capability: for good. */
int privilege_drop_saved(const struct privilege_user *user);

/* Nothing executed from here on gains privilege by a set-user-ID bit or file capabilities. */
int privilege_no_new(void);

#endif
