/*
 * Names of the error numbers that a system call rule may return.
 *
 * The values are the kernel's generic ones (include/uapi/asm-generic/errno.h), which all our
 * architectures use.
 */
#include "tables/syscalls.h"

#include <errno.h>

static const struct {
	const char *name;
	int value;
} errors[] = {
#define ERRNO(name) {#name, name},
#include "tables/errno.def"
#undef ERRNO
};

#define N_ERRORS (sizeof(errors) / sizeof(errors[0]))

int errno_value(struct str name)
{
	for (size_t i = 0; i < N_ERRORS; i++) {
		if (str_eq_cstr(name, errors[i].name))
			return errors[i].value;
	}
	return -1;
}

const char *errno_name(int value)
{
	for (size_t i = 0; i < N_ERRORS; i++) {
		if (errors[i].value == value)
			return errors[i].name;
	}
	return NULL;
}
