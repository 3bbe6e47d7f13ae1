/*
 * Ways round a policy: each a call that must be denied, and beside it the control, in which one
 * thing is changed and which is allowed, so that nothing is denied for another reason.
 */
#ifndef WRIT_TESTS_BYPASS_H
#define WRIT_TESTS_BYPASS_H

#include <stddef.h>

#include "runtime/writ.h"

/* Arguments of a call. */
#define TEXT(id, value)                                                                            \
	{                                                                                          \
		.name = (id), .text = (value)                                                      \
	}
#define BYTES(id, value)                                                                           \
	{                                                                                          \
		.name = (id), .text = (value), .text_len = sizeof(value) - 1,                      \
		.type = WRIT_ARG_BYTES                                                             \
	}
#define NUMBER(id, value)                                                                          \
	{                                                                                          \
		.name = (id), .type = WRIT_ARG_INTEGER, .number = (value)                          \
	}
#define TRUTH(id, value)                                                                           \
	{                                                                                          \
		.name = (id), .type = WRIT_ARG_BOOLEAN, .number = (value)                          \
	}
#define OTHER(id)                                                                                  \
	{                                                                                          \
		.name = (id), .type = WRIT_ARG_OTHER                                               \
	}
#define LIST(id, ...)                                                                              \
	{                                                                                          \
		.name = (id), .type = WRIT_ARG_LIST,                                               \
		.items = (const struct writ_arg[]){__VA_ARGS__},                                   \
		.n_items = sizeof((const struct writ_arg[]){__VA_ARGS__}) /                        \
			   sizeof(struct writ_arg)                                                 \
	}
#define ARGS(...)                                                                                  \
	.args = (const struct writ_arg[]){__VA_ARGS__},                                            \
	.n_args = sizeof((const struct writ_arg[]){__VA_ARGS__}) / sizeof(struct writ_arg)

/* The subject of most. */
#define DEV .role = "dev"

struct bypass {
	const char *name;
	const char *policy;
	struct writ_request denied;
	struct writ_request allowed;
	const char *control; /* its policy, where that is what is changed; NULL: the same */
};

/* Decides both of each row, as one request and in a session; what is not as it says fails the test.
 */
void bypass_expect(const struct bypass *rows, size_t n);

#endif
