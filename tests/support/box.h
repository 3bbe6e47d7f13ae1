/*
 * Sandboxes around a directory that a test makes for itself, and shell commands in them.
 */
#ifndef WRIT_TESTS_SUPPORT_BOX_H
#define WRIT_TESTS_SUPPORT_BOX_H

#include <stdbool.h>

#include "runtime/writ.h"

#define FILES                                                                                      \
	"read \"/usr\", \"/lib\", \"/lib64\", \"/bin\", \"/etc/ld.so.cache\", \"/proc\"; "         \
	"write \"/dev/null\"; execute \"/usr/bin\", \"/bin\"; "
#define NAMED(name, more)                                                                          \
	"param box : path = \"/\";\nsandbox " name " { filesystem { " FILES more " } "             \
	"env { set box = \"${box}\"; } }\n"
#define BOX(more) NAMED("s", more)

/* A shell that does not want to end, nor what it has started. */
#define STAYS                                                                                      \
	"trap '' TERM INT HUP; (trap '' TERM; sleep 300 & ) ; sleep 300 & echo up; wait; sleep "   \
	"300"

extern char box[]; /* the directory: the parameter and the variable of that name */

extern const char *box_resolver; /* of run_in_box; or NULL */

void make_box(void);
void remove_box(void);

/* Of the first sandbox of a policy; or NULL, and why. */
struct writ_sandbox *open_box(const char *text, struct writ_error *error);

/* Runs a shell command to its end; what it wrote, with standard error, in output. */
struct writ_result run_in_box(const struct writ_sandbox *sandbox, const char *command,
			      char output[1024]);

/* The same in a sandbox of that policy; skips where it can't be enforced. */
void expect_in_box(const char *text, const char *command, const char *want);

/* Starts STAYS, which dies with the caller; *reader hangs up when all of it has ended. */
struct writ_process *start_in_box(const struct writ_sandbox *sandbox, int *reader);

bool no_namespaces(void);

/* Whether what is dropped or done otherwise on this host names it. */
bool box_is_told(const struct writ_sandbox *sandbox, const char *what);

#endif
