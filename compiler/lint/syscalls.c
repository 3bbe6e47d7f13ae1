/*
 * Lints on system call rules.
 *
 * aarch64 has only the newest of several calls that do one thing. A rule for an old one has no
 * effect there, and a policy that does not say the same of the call in its place means something
 * else on each architecture.
 */
#include "lint/rules.h"

/* Calls that not every architecture has, with the one that does the same there. */
static const struct {
	const char *old;
	const char *successor;
} successors[] = {
	{"access", "faccessat"},
	{"alarm", "setitimer"},
	{"chmod", "fchmodat"},
	{"chown", "fchownat"},
	{"creat", "openat"},
	{"dup2", "dup3"},
	{"epoll_create", "epoll_create1"},
	{"epoll_wait", "epoll_pwait"},
	{"eventfd", "eventfd2"},
	{"fork", "clone"},
	{"futimesat", "utimensat"},
	{"getdents", "getdents64"},
	{"getpgrp", "getpgid"},
	{"inotify_init", "inotify_init1"},
	{"lchown", "fchownat"},
	{"link", "linkat"},
	{"lstat", "newfstatat"},
	{"mkdir", "mkdirat"},
	{"mknod", "mknodat"},
	{"open", "openat"},
	{"pause", "rt_sigsuspend"},
	{"pipe", "pipe2"},
	{"poll", "ppoll"},
	{"readlink", "readlinkat"},
	{"rename", "renameat2"},
	{"rmdir", "unlinkat"},
	{"select", "pselect6"},
	{"signalfd", "signalfd4"},
	{"stat", "newfstatat"},
	{"symlink", "symlinkat"},
	{"time", "gettimeofday"},
	{"unlink", "unlinkat"},
	{"utime", "utimensat"},
	{"utimes", "utimensat"},
	{"vfork", "clone"},
};

static const char *successor_of(struct str name)
{
	for (size_t i = 0; i < sizeof(successors) / sizeof(successors[0]); i++) {
		if (str_eq_cstr(name, successors[i].old))
			return successors[i].successor;
	}
	return NULL;
}

/* Does the sandbox let a call pass, or, with allow false, refuse it, at least for some arguments?
 */
static bool does(const struct ir_sandbox *sandbox, const char *name, bool allow)
{
	bool named = false;

	for (size_t i = 0; i < sandbox->calls.n; i++) {
		const struct ir_call *call = &sandbox->calls.items[i];

		if (call->guard || !str_eq_cstr(call->name, name))
			continue;
		named = true;
		if ((call->verdict < IR_CALL_ERRNO) == allow)
			return true;
	}
	/* What nothing names is refused. */
	return !allow && !named;
}

static void check_call(struct lint *lint, const struct lint_sandbox *sandbox,
		       const struct ast_call *call)
{
	const char *successor = successor_of(call->name.text);
	struct diag *diag;

	if (!successor || does(sandbox->ir, successor, call->allow))
		return;
	for (int arch = 0; arch < ARCH__COUNT; arch++) {
		if (!arch_info((enum arch)arch)->by_default ||
		    syscall_number(call->name.text, (enum arch)arch) >= 0)
			continue;
		diag = diag_report(lint->diags, DIAG_W0315, call->name.span,
				   "'%.*s' has no effect on %s, which has no such system call",
				   STR_ARG(call->name.text), arch_info((enum arch)arch)->name);
		diag_help(lint->diags, diag,
			  "programs there make '%s' instead, which this sandbox %s", successor,
			  call->allow ? "refuses" : "allows");
	}
}

void lint_absent_call(struct lint *lint)
{
	for (size_t i = 0; i < lint->n_sandboxes; i++) {
		const struct ast_sandbox *ast = lint->sandboxes[i].ast;

		for (size_t c = 0; lint->sandboxes[i].runs && c < ast->calls.n; c++)
			check_call(lint, &lint->sandboxes[i], &ast->calls.items[c]);
	}
}
