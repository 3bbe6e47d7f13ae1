/*
 * seccomp: which system calls may be made, with which arguments (seccomp(2)).
 */
#ifndef WRIT_RUNTIME_SECCOMP_H
#define WRIT_RUNTIME_SECCOMP_H

#include "runtime/sandbox.h"

/* Can this host filter system calls and kill a process for one? */
bool seccomp_available(void);

/* Finds the filter for this machine's architecture and copies it. Errors: HOST, NOMEM. */
WRIT_MUST_CHECK int seccomp_prepare(struct writ_sandbox *sandbox,
				    const struct sandbox_source *source);

/* Installs a filter on the calling thread. 0 or a negative errno. Safe between clone and execve. */
int seccomp_enter(const struct bpf_program *filter);

/*
 * The same, of a filter that hands over calls: the descriptor that they are received by.
 * only_kills: once a call has been received no signal interrupts it but one that kills, and so
 * nothing is done twice; else a handled one may.
 */
int seccomp_listen(const struct bpf_program *filter, bool only_kills);

#endif
