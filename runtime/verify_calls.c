/*
 * Validation of the system call rules that filters were made from, and of the sandboxes' lists of
 * them.
 *
 * Each rule stands in CALLS once, by name, for all sandboxes that have it, and is looked at once. A
 * sandbox's list is strictly ascending, so that its rules are too, and none is there twice. The
 * lists lie in CALL_LISTS in the order of the sandboxes, each once however many share it, and every
 * rule is in one: so what is there is used. But for the search of the sandbox that a list is shared
 * with, of which there are WRIT_MAX_SANDBOXES at most, the work is linear in the size of the file.
 */
#include "runtime/verify.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/error.h"

#define MAX_CALL_CONDS   64u
#define MAX_ERRNO        4095u /* of SECCOMP_RET_DATA, seccomp(2) */
#define N_CALL_ARGS      6u
#define COND_MASKED_FROM 6u /* the operators from here on have a mask */
#define N_COND_OPS       8u
#define WORD_BITS        64u
#define FEW_WORDS        16u /* for these, no memory is asked for, which is dear */
_Static_assert(WRIT_MAX_ALL == UINT16_MAX + 1u, "what an index of CALL_LISTS can say");

/* Letters, digits and '_', and a NUL behind them. */
static bool call_name_ok(const struct image *image, struct writ_fmt_str name)
{
	const char *bytes;

	if (name.len == 0 || name.len > WRIT_MAX_NAME ||
	    !image_has(image, WRIT_SECTION_STRINGS, name.offset, name.len + 1))
		return false;
	bytes = image_str(image, name);
	for (uint32_t i = 0; i < name.len; i++) {
		char c = bytes[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
			return false;
	}
	return !bytes[name.len];
}

/* Is a rule of the same call as the one before it, and says so by the same bytes? */
static bool is_of_same_call(const struct writ_fmt_call *call, uint32_t index)
{
	return index && call[-1].name.offset == call->name.offset &&
	       call[-1].name.len == call->name.len;
}

const char *verify_call(const struct image *image, uint32_t index)
{
	const struct writ_fmt_call *call = image_CALLS(image, index);
	bool has_error = call->verdict == WRIT_CALL_ERRNO;

	if (!is_of_same_call(call, index)) {
		if (!call_name_ok(image, call->name))
			return "the name";
		if (index &&
		    strcmp(image_str(image, call[-1].name), image_str(image, call->name)) > 0)
			return "the names do not ascend";
	}
	if (call->verdict > WRIT_CALL_NOTIFY)
		return "an unknown verdict";
	if (has_error ? !call->error || call->error > MAX_ERRNO : call->error != 0)
		return "the error";
	if (call->guard > 1)
		return "guard";
	if (call->conds.count == 0)
		return call->conds.first ? "the range of conditions" : NULL;
	return call->conds.count <= MAX_CALL_CONDS &&
			       image_has(image, WRIT_SECTION_CALL_CONDS, call->conds.first,
					 call->conds.count)
		       ? NULL
		       : "the range of conditions";
}

const char *verify_call_cond(const struct image *image, uint32_t index)
{
	const struct writ_fmt_call_cond *cond = image_CALL_CONDS(image, index);

	if (cond->arg >= N_CALL_ARGS)
		return "the argument";
	if (cond->op >= N_COND_OPS)
		return "an unknown operator";
	if (cond->is_64 > 1)
		return "is_64";
	if (cond->op < COND_MASKED_FROM && cond->mask)
		return "a mask";
	if (!cond->is_64 && (cond->mask > UINT32_MAX || cond->value > UINT32_MAX))
		return "a value wider than the argument";
	return NULL;
}

/* What the lists that have been looked at come to. */
struct lists {
	const struct image *image;
	uint32_t at;    /* how far CALL_LISTS is covered */
	uint64_t *used; /* bit i: CALLS[i] is in one of them */
};

uint32_t verify_sharer(const struct image *image, uint32_t index)
{
	const struct writ_fmt_sandbox *boxes = image_SANDBOXES(image, 0);
	struct writ_fmt_range list = boxes[index].calls;

	while (index-- > 0) {
		if (boxes[index].calls.first == list.first &&
		    boxes[index].calls.count == list.count)
			return index;
	}
	return WRIT_NONE;
}

/* The indices of a list that is in its place. */
static int take_indices(struct lists *lists, uint32_t count, struct writ_error *error)
{
	const uint16_t *indices = lists->image->sections[WRIT_SECTION_CALL_LISTS].records;
	uint32_t n_calls = image_count(lists->image, WRIT_SECTION_CALLS), least = 0;

	for (uint32_t i = lists->at; i < lists->at + count; i++) {
		uint32_t index = indices[i];

		if (index >= n_calls)
			return verify_bad(error, "call_lists", i, "there is no such rule");
		if (index < least)
			return verify_bad(error, "call_lists", i, "the indices do not ascend");
		lists->used[index / WORD_BITS] |= UINT64_C(1) << index % WORD_BITS;
		least = index + 1;
	}
	lists->at += count;
	return 0;
}

static int take_list(struct lists *lists, uint32_t index, struct writ_error *error)
{
	struct writ_fmt_range list = image_SANDBOXES(lists->image, index)->calls;

	if (list.count == 0 ? list.first != 0
			    : list.first != lists->at || list.count > WRIT_MAX_GRANTS ||
				      !image_has(lists->image, WRIT_SECTION_CALL_LISTS, list.first,
						 list.count))
		return verify_bad(error, "sandboxes", index, "its system calls");
	return take_indices(lists, list.count, error);
}

static int take_lists(struct lists *lists, struct writ_error *error)
{
	const struct image *image = lists->image;
	int rc = 0;

	for (uint32_t i = 0; !rc && i < image_count(image, WRIT_SECTION_SANDBOXES); i++) {
		if (verify_sharer(image, i) == WRIT_NONE)
			rc = take_list(lists, i, error);
	}
	if (!rc && lists->at != image_count(image, WRIT_SECTION_CALL_LISTS))
		rc = verify_bad(error, "call_lists", lists->at, "nothing refers to it");
	for (uint32_t i = 0; !rc && i < image_count(image, WRIT_SECTION_CALLS); i++) {
		if (!(lists->used[i / WORD_BITS] >> i % WORD_BITS & 1))
			rc = verify_bad(error, "calls", i, "nothing refers to it");
	}
	return rc;
}

int verify_calls(const struct image *image, struct writ_error *error)
{
	uint32_t n_calls = image_count(image, WRIT_SECTION_CALLS);
	uint64_t few[FEW_WORDS] = {0};
	struct lists lists = {.image = image, .used = few};
	int rc;

	if (n_calls > FEW_WORDS * WORD_BITS)
		lists.used = calloc(n_calls / WORD_BITS + 1, sizeof(*lists.used));
	if (!lists.used)
		return error_nomem(error);
	rc = take_lists(&lists, error);
	if (lists.used != few)
		free(lists.used);
	return rc;
}
