/*
 * Fuzzes decisions. In: a byte that picks one of a few generated policies, a byte that picks who
 * calls what, then arguments: a byte that picks the name, and the value up to the next 0xff. The
 * law: what writ_check says about the bundle is what the reference evaluator says about the IR.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/differential.h"

#define POLICIES 256
#define END      0xff

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

static struct gen_call make_call(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"path", "url", "host", "n", "flag", "text"};
	uint64_t random = data[0];
	struct gen_call call;
	size_t at = 1;

	gen_call(&random, &call);
	call.n_args = 0;
	while (at < size && call.n_args < GEN_MAX_ARGS) {
		const char *name = names[data[at++] % (sizeof(names) / sizeof(names[0]))];
		const uint8_t *end = at < size ? memchr(data + at, END, size - at) : NULL;
		size_t len = end ? (size_t)(end - data) - at : size - at;

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
