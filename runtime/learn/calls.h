/*
 * System calls of this architecture: their names, and what the compiler's tables say about them.
 */
#ifndef WRIT_RUNTIME_LEARN_CALLS_H
#define WRIT_RUNTIME_LEARN_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CALLS_MAX_ITEM 512u

struct call {
	const char *name;
	const char *confined;  /* why no policy can allow it, or NULL */
	unsigned int first, n; /* its alternatives */
	int number;
};

/* The call of this number, or NULL. */
const struct call *calls_find(uint64_t number);

/*
 * What a policy has to allow beside @default for a call with these arguments to pass, as an item of
 * its syscalls section: "prctl(option == 36)". False: nothing, text is not written. size is at
 * least CALLS_MAX_ITEM.
 */
bool calls_beside_default(const struct call *call, const uint64_t *args, char *text, size_t size);

#endif
