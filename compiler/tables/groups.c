/*
 * The groups of system calls that policies name with "@": groups.def made into arrays.
 */
#include "tables/syscalls.h"

#include <linux/audit.h>
#include <linux/ioctl.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <fcntl.h>

#include "tables/groups.h"

#define CONDS(...)   ((const struct call_cond[]){__VA_ARGS__})
#define N_CONDS(...) (sizeof(CONDS(__VA_ARGS__)) / sizeof(struct call_cond))

#define EQ(n, v)                                                                                   \
	{                                                                                          \
		.arg = (n), .op = COND_EQ, .value = (v)                                            \
	}
#define NE(n, v)                                                                                   \
	{                                                                                          \
		.arg = (n), .op = COND_NE, .value = (v)                                            \
	}
#define EQ_LONG(n, v)                                                                              \
	{                                                                                          \
		.arg = (n), .is_64 = true, .op = COND_EQ, .value = (v)                             \
	}
#define MASKED_EQ(n, m, v)                                                                         \
	{                                                                                          \
		.arg = (n), .op = COND_MASKED_EQ, .mask = (m), .value = (v)                        \
	}
#define MASKED_NE(n, m, v)                                                                         \
	{                                                                                          \
		.arg = (n), .op = COND_MASKED_NE, .mask = (m), .value = (v)                        \
	}

#define GROUP(id, name, doc) static const struct group_call calls_##id[] = {
#define CALL(name)           {#name, NULL, 0},
#define CALL_IF(name, ...)   {#name, CONDS(__VA_ARGS__), N_CONDS(__VA_ARGS__)},
#define END_GROUP                                                                                  \
	}                                                                                          \
	;
#include "tables/groups.def"
#undef GROUP
#undef CALL
#undef CALL_IF
#undef END_GROUP

static const struct call_group groups[] = {
#define GROUP(id, name, doc) {name, doc, calls_##id, sizeof(calls_##id) / sizeof(calls_##id[0])},
#define CALL(name)
#define CALL_IF(name, ...)
#define END_GROUP
#include "tables/groups.def"
#undef GROUP
#undef CALL
#undef CALL_IF
#undef END_GROUP
};

#define N_GROUPS (sizeof(groups) / sizeof(groups[0]))

const struct call_group *group_at(uint32_t index)
{
	return index < N_GROUPS ? &groups[index] : NULL;
}

const struct call_group *group_find(struct str name)
{
	for (size_t i = 0; i < N_GROUPS; i++) {
		if (str_eq_cstr(name, groups[i].name))
			return &groups[i];
	}
	return NULL;
}
