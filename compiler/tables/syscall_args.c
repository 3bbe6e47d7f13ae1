/*
 * The arguments of system calls: syscall_args.def made into an array, and looking them up.
 */
#include "tables/syscall_args.h"

#include <stdlib.h>
#include <string.h>

#define NO_ARGS {.type = CALL_ARG_NONE},
#define ARG(arg_type, ...)                                                                         \
	{                                                                                          \
		.type = CALL_ARG_##arg_type, .names = { __VA_ARGS__ }                              \
	}
#define INT(...)         ARG(INT, __VA_ARGS__),
#define UINT(...)        ARG(UINT, __VA_ARGS__),
#define LONG(...)        ARG(LONG, __VA_ARGS__),
#define ULONG(...)       ARG(ULONG, __VA_ARGS__),
#define MODE(...)        ARG(MODE, __VA_ARGS__),
#define PTR(...)         ARG(PTR, __VA_ARGS__),
#define CALL(name, list) {#name, {list}},

static const struct call_args calls[] = {
#include "tables/syscall_args.def"
};

#undef CALL
#undef PTR
#undef MODE
#undef ULONG
#undef LONG
#undef UINT
#undef INT
#undef ARG
#undef NO_ARGS

#define N_CALLS (sizeof(calls) / sizeof(calls[0]))

static int call_cmp(const void *key, const void *item)
{
	const struct str *name = key;
	const struct call_args *call = item;

	return str_cmp(*name, str_from(call->call));
}

const struct call_args *call_args_find(struct str call)
{
	return bsearch(&call, calls, N_CALLS, sizeof(calls[0]), call_cmp);
}

const struct call_args *call_args_at(uint32_t index)
{
	return index < N_CALLS ? &calls[index] : NULL;
}

uint32_t call_args_count(const struct call_args *call)
{
	uint32_t n = 0;

	while (n < CALL_MAX_ARGS && call->args[n].type != CALL_ARG_NONE)
		n++;
	return n;
}

uint32_t call_arg_bits(const struct call_arg *arg)
{
	switch (arg->type) {
	case CALL_ARG_MODE:
		return 16;
	case CALL_ARG_INT:
	case CALL_ARG_UINT:
		return 32;
	case CALL_ARG_LONG:
	case CALL_ARG_ULONG:
	case CALL_ARG_PTR:
	case CALL_ARG_NONE:
		break;
	}
	return 64;
}

static bool is_named(const struct call_arg *arg, struct str name)
{
	for (unsigned i = 0; i < 2; i++) {
		if (arg->names[i] && str_eq_cstr(name, arg->names[i]))
			return true;
	}
	return false;
}

int call_arg_position(const struct call_args *call, struct str name)
{
	uint32_t n = call_args_count(call);

	for (uint32_t i = 0; i < n; i++) {
		if (is_named(&call->args[i], name))
			return (int)i;
	}
	if (name.len == 4 && memcmp(name.ptr, "arg", 3) == 0 && name.ptr[3] >= '0' &&
	    (uint32_t)(name.ptr[3] - '0') < n)
		return name.ptr[3] - '0';
	return -1;
}
