/*
 * Fuzzes decisions. In: a byte that picks one of a few generated policies, a byte that picks who
 * calls what, then arguments: a byte that picks the name, its top bit whether the value is one of a
 * list, and the value up to the next 0xff. The law: what writ_check says about the bundle is what
 * the reference evaluator says about the IR.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/differential.h"

#define POLICIES 256
#define END      0xff
#define IN_LIST  0x80

#define RUNS_AN_ARENA 64 /* making one costs more than a decision */

static const struct differential *policy_of(uint8_t index)
{
	static struct differential *pairs[POLICIES];
	uint64_t random = index;

	if (pairs[index])
		return pairs[index];
	pairs[index] = malloc(sizeof(*pairs[index]));
	if (!pairs[index] || !differential_open(pairs[index], &random))
		abort();
	return pairs[index];
}

static void add_element(struct gen_call *call, struct str name, struct str text)
{
	size_t i = 0;

	while (i < call->n_lists && !str_eq(call->lists[i].name, name))
		i++;
	if (i == call->n_lists)
		call->lists[call->n_lists++] = (struct gen_list){.name = name};
	if (call->lists[i].n < GEN_MAX_ITEMS)
		call->lists[i].items[call->lists[i].n++] = text;
}

static struct gen_call make_call(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"path", "url", "host", "n", "flag", "text"};
	uint64_t random = data[0];
	struct gen_call call;
	size_t at = 1;

	gen_call(&random, &call);
	call.n_args = 0;
	while (at < size && call.n_args + call.n_lists < GEN_MAX_ARGS) {
		bool is_element = data[at] & IN_LIST;
		const char *name =
			names[(data[at++] & ~IN_LIST) % (sizeof(names) / sizeof(names[0]))];
		const uint8_t *end = at < size ? memchr(data + at, END, size - at) : NULL;
		size_t len = end ? (size_t)(end - data) - at : size - at;

		if (is_element)
			add_element(&call, str_from(name),
				    (struct str){(const char *)data + at, len});
		else
			call.args[call.n_args++] = (struct gen_arg){str_from(name),
								    {(const char *)data + at, len}};
		at += len + 1;
	}
	return call;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena arena;
	static unsigned runs;
	enum writ_verdict_id verdict;
	struct gen_call call;
	char *difference;

	if (size < 2)
		return 0;
	call = make_call(data + 1, size - 1);
	if (runs++ % RUNS_AN_ARENA == 0) {
		arena_fini(&arena);
		arena_init(&arena);
	}
	difference = differential_compare(policy_of(data[0]), &arena, &call, &verdict);
	if (difference) {
		fputs(difference, stderr);
		abort();
	}
	return 0;
}
