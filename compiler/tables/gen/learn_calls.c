/*
 * What writ-learn knows about system calls, made from the compiler's tables when the project is
 * built: it runs beside the agent, where there is no libseccomp, and no second list may differ.
 *
 * Prints rows of macros for runtime/learn/calls.c, calls sorted by name:
 *   CALL(name, confined, first, n, x86_64, aarch64, riscv64)
 *     confined is why no policy can allow it, or NULL; first and n are the alternatives under which
 *     @default allows it; the numbers are -1 where there is no such call
 *   ALTERNATIVE(first, n)           conditions that hold together; none: all its calls
 *   CONDITION(arg, argument, is_64, op, mask, value)
 *     argument is what a policy calls the argument
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tables/syscall_args.h"
#include "tables/syscalls.h"

#define MAX_CALLS 2048u

static char *names[MAX_CALLS];
static size_t n_names;

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void collect(enum arch arch)
{
	for (uint32_t nr = 0; nr < syscall_limit(arch); nr++) {
		struct str name = syscall_name(arch, nr);

		if (!name.ptr)
			continue;
		if (n_names == MAX_CALLS)
			abort();
		names[n_names] = strndup(name.ptr, name.len);
		if (!names[n_names++])
			abort();
	}
}

static void collect_all(void)
{
	size_t kept = 0;

	for (unsigned arch = 0; arch < ARCH__COUNT; arch++)
		collect((enum arch)arch);
	qsort(names, n_names, sizeof(names[0]), compare);
	for (size_t i = 0; i < n_names; i++) {
		if (!kept || strcmp(names[kept - 1], names[i]) != 0)
			names[kept++] = names[i];
		else
			free(names[i]);
	}
	n_names = kept;
}

static void print_conditions(const struct group_call *call)
{
	const struct call_args *args = call_args_find(str_from(call->name));

	for (uint8_t i = 0; i < call->n_conds; i++) {
		const struct call_cond *cond = &call->conds[i];

		printf("CONDITION(%u, \"", cond->arg);
		if (args && args->args[cond->arg].names[0])
			fputs(args->args[cond->arg].names[0], stdout);
		else
			printf("arg%u", cond->arg);
		printf("\", %d, %d, 0x%" PRIx64 ", 0x%" PRIx64 ")\n", cond->is_64, (int)cond->op,
		       cond->mask, cond->value);
	}
}

/* Rows of the group that are of this call, each once for what is to be printed. */
static uint32_t print_alternatives(const char *name, uint32_t *n_conds, bool conditions)
{
	const struct call_group *group = group_find(STR("@default"));
	uint32_t n = 0;

	for (uint32_t i = 0; i < group->n_calls; i++) {
		const struct group_call *call = &group->calls[i];

		if (strcmp(call->name, name) != 0)
			continue;
		if (conditions)
			print_conditions(call);
		else
			printf("ALTERNATIVE(%u, %u)\n", *n_conds, call->n_conds);
		*n_conds += call->n_conds;
		n++;
	}
	return n;
}

static void print_call(const char *name, uint32_t *first, uint32_t n)
{
	const char *confined = call_confined(str_from(name));

	printf("CALL(\"%s\", %s%s%s, %u, %u", name, confined ? "\"" : "",
	       confined ? confined : "NULL", confined ? "\"" : "", *first, n);
	for (unsigned arch = 0; arch < ARCH__COUNT; arch++)
		printf(", %d", syscall_number(str_from(name), (enum arch)arch));
	printf(")\n");
	*first += n;
}

static uint32_t count_alternatives(const char *name)
{
	const struct call_group *group = group_find(STR("@default"));
	uint32_t n = 0;

	for (uint32_t i = 0; i < group->n_calls; i++)
		n += strcmp(group->calls[i].name, name) == 0;
	return n;
}

int main(void)
{
	uint32_t first = 0;
	uint32_t n_conds = 0;

	collect_all();
	puts("#ifdef CALL");
	for (size_t i = 0; i < n_names; i++)
		print_call(names[i], &first, count_alternatives(names[i]));
	puts("#endif\n#ifdef ALTERNATIVE");
	for (size_t i = 0; i < n_names; i++)
		(void)print_alternatives(names[i], &n_conds, false);
	puts("#endif\n#ifdef CONDITION");
	for (size_t i = 0; i < n_names; i++)
		(void)print_alternatives(names[i], &n_conds, true);
	puts("#endif");
	for (size_t i = 0; i < n_names; i++)
		free(names[i]);
	return fflush(stdout) || ferror(stdout);
}
