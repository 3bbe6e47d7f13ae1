/*
 * What conditions on system call arguments can name: the arguments of each call, and the constants
 * of the kernel's headers.
 */
#ifndef WRIT_TABLES_SYSCALL_ARGS_H
#define WRIT_TABLES_SYSCALL_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define CALL_MAX_ARGS 6u

/* How the kernel reads the register of an argument. */
enum call_arg_type {
	CALL_ARG_NONE, /* there is no such argument */
	CALL_ARG_INT,
	CALL_ARG_UINT,
	CALL_ARG_LONG,
	CALL_ARG_ULONG,
	CALL_ARG_MODE,
	CALL_ARG_PTR,
};

struct call_arg {
	enum call_arg_type type;
	const char *names[2]; /* the second is another name for it, or NULL */
};

struct call_args {
	const char *call;
	struct call_arg args[CALL_MAX_ARGS]; /* as many as there are, then NONE */
};

/* The arguments of a call, or NULL when the table does not know them. */
const struct call_args *call_args_find(struct str call);

/* Every call the table knows, sorted by name; NULL past the last one. */
const struct call_args *call_args_at(uint32_t index);

/* How many a call has. */
uint32_t call_args_count(const struct call_args *call);

/* How many bits of its register the kernel looks at: 16, 32 or 64. */
uint32_t call_arg_bits(const struct call_arg *arg);

/* The position of the argument that a name means ("domain", "arg0" to "arg5"), or -1. */
int call_arg_position(const struct call_args *call, struct str name);

struct constant {
	const char *name;
	bool varies;   /* there is no one value for all architectures */
	int64_t value; /* as C has it: AT_FDCWD is -100 */
};

/* The constant of this name, or NULL. */
const struct constant *constant_find(struct str name);

/* Every constant, sorted by name; NULL past the last one. */
const struct constant *constant_at(uint32_t index);

#endif
