/*
 * What the command line says of a call beyond what writ itself reads.
 */
#ifndef WRIT_AUDIT_CALL_H
#define WRIT_AUDIT_CALL_H

#include "runtime/cli/cli.h"

#define CALL_MAX_ROLES 64

struct call {
	struct writ_arg args[CLI_MAX_PAIRS]; /* of --arg and --args-json */
	size_t n_args;
	char *roles_text; /* of --activate, cut in place; */
	const char *roles[CALL_MAX_ROLES];
	size_t n_roles;
	int wait_ms;
};

/* 0, or the exit status after a message. What is read lives as long as the process. */
int call_read(const struct cli_options *options, struct call *call);

#endif
