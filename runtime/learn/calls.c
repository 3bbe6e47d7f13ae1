/*
 * See calls.h. The rows are made from the compiler's tables (compiler/tables/gen/learn_calls.c).
 *
 * @default allows some calls in alternatives, each with conditions on arguments. Of a call that
 * fulfils none, the alternative that is nearest says which arguments matter, and a policy needs to
 * allow the values that they had: no more than was seen.
 */
#include "runtime/learn/calls.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MAX_NUMBER 1024u
#define LOW_HALF   0xffffffffu

#if defined(__x86_64__)
#define NUMBER(x86_64, aarch64, riscv64) x86_64
#elif defined(__aarch64__)
#define NUMBER(x86_64, aarch64, riscv64) aarch64
#elif defined(__riscv) && __riscv_xlen == 64
#define NUMBER(x86_64, aarch64, riscv64) riscv64
#else
#error "system calls of this architecture have no table"
#endif

static const struct call calls[] = {
#define CALL(name, confined, first, n, x86_64, aarch64, riscv64)                                   \
	{name, confined, first, n, NUMBER(x86_64, aarch64, riscv64)},
#include "learn_calls.inc"
#undef CALL
};
#define N_CALLS (sizeof(calls) / sizeof(calls[0]))

static const struct alternative {
	unsigned int first, n;
} alternatives[] = {
#define ALTERNATIVE(first, n) {first, n},
#include "learn_calls.inc"
#undef ALTERNATIVE
};

/* In the order of the compiler's enum cond_op. */
enum operator{ EQ, NE, LT, LE, GT, GE, MASKED_EQ, MASKED_NE };

static const struct condition {
	unsigned int arg;
	const char *argument;
	bool is_64;
	enum operator op;
	uint64_t mask, value;
} conditions[] = {
#define CONDITION(arg, argument, is_64, op, mask, value) {arg, argument, is_64, op, mask, value},
#include "learn_calls.inc"
#undef CONDITION
};

const struct call *calls_find(uint64_t number)
{
	static const struct call *by_number[MAX_NUMBER];
	static bool known;

	for (size_t i = 0; !known && i < N_CALLS; i++) {
		if (calls[i].number >= 0 && calls[i].number < (int)MAX_NUMBER)
			by_number[calls[i].number] = &calls[i];
	}
	known = true;
	return number < MAX_NUMBER ? by_number[number] : NULL;
}

static uint64_t value_of(const struct condition *condition, const uint64_t *args)
{
	uint64_t value = args[condition->arg];

	return condition->is_64 ? value : value & LOW_HALF;
}

static bool holds(const struct condition *condition, const uint64_t *args)
{
	uint64_t value = value_of(condition, args);

	switch (condition->op) {
	case EQ:
		return value == condition->value;
	case NE:
		return value != condition->value;
	case LT:
		return value < condition->value;
	case LE:
		return value <= condition->value;
	case GT:
		return value > condition->value;
	case GE:
		return value >= condition->value;
	case MASKED_EQ:
		return (value & condition->mask) == condition->value;
	case MASKED_NE:
		return (value & condition->mask) != condition->value;
	}
	return false;
}

/* How far a call is from an alternative; 0: it fulfils it. A value is nearer than bits of one. */
static unsigned int distance(const struct alternative *alternative, const uint64_t *args)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < alternative->n; i++) {
		const struct condition *condition = &conditions[alternative->first + i];

		if (!holds(condition, args))
			n += condition->op >= MASKED_EQ ? 3 : 2;
	}
	return n;
}

/* An argument that names a process: it has another value in every run. */
static bool names_process(const struct condition *condition)
{
	static const char *const names[] = {"pid", "who", "tgid", "tid"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(condition->argument, names[i]) == 0)
			return true;
	}
	return false;
}

/* "option == 36", or with a mask "flags & 0x7e020000 == 0x10000000". */
static int print_value(const struct condition *condition, const uint64_t *args, char *text,
		       size_t size)
{
	uint64_t value = value_of(condition, args);

	if (condition->op >= MASKED_EQ)
		return snprintf(text, size, "%s & 0x%" PRIx64 " == 0x%" PRIx64, condition->argument,
				condition->mask, value & condition->mask);
	return snprintf(text, size, "%s == %" PRIu64, condition->argument, value);
}

/* size is CALLS_MAX_ITEM at least, which all conditions of a row together fit in. */
static void print_item(const struct call *call, const struct alternative *alternative,
		       const uint64_t *args, char *text, size_t size)
{
	int n = snprintf(text, size, "%s(", call->name);

	for (unsigned int i = 0; i < alternative->n; i++) {
		const struct condition *condition = &conditions[alternative->first + i];

		if (holds(condition, args))
			continue;
		if (names_process(condition)) {
			(void)snprintf(text, size, "%s", call->name);
			return;
		}
		if (text[n - 1] != '(')
			n += snprintf(text + n, size - (size_t)n, ", ");
		n += print_value(condition, args, text + n, size - (size_t)n);
		assert((size_t)n < size);
	}
	(void)snprintf(text + n, size - (size_t)n, ")");
}

bool calls_beside_default(const struct call *call, const uint64_t *args, char *text, size_t size)
{
	const struct alternative *nearest = NULL;

	for (unsigned int i = 0; i < call->n; i++) {
		const struct alternative *alternative = &alternatives[call->first + i];

		if (distance(alternative, args) == 0)
			return false;
		if (!nearest || distance(alternative, args) < distance(nearest, args))
			nearest = alternative;
	}
	if (nearest)
		print_item(call, nearest, args, text, size);
	else
		(void)snprintf(text, size, "%s", call->name);
	return true;
}
