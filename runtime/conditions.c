/*
 * Running a rule's condition: a series of tests with jumps that only go forward.
 *
 * In: a verified program with operands made ready by bind_conditions.c, and arguments that nobody
 * has checked. Out: does the rule apply? A test reads its argument as the type it needs (readers)
 * and compares it with its operands (comparers), both found by the test's operator. What can't be
 * read makes the test unknown, which holds in a deny rule and in no other: an argument that is
 * missing, odd or given twice never widens. Nothing is allocated; the only copy is of a path that
 * has to be normalised.
 */
#include "runtime/conditions.h"

#include <string.h>

#include "runtime/value.h"

enum truth { IS_FALSE, IS_TRUE, IS_UNKNOWN };

uint32_t condition_arg(const struct condition_call *call, struct writ_fmt_str name)
{
	const char *bytes = image_str(&call->policy->image, name);
	uint32_t found = CONDITION_ARG_MISSING;

	for (uint32_t i = 0; i < call->n_args; i++) {
		if (call->name_lens[i] != name.len ||
		    memcmp(call->args[i].name, bytes, name.len) != 0)
			continue;
		if (found != CONDITION_ARG_MISSING)
			return CONDITION_ARG_TWICE;
		found = i;
	}
	return found;
}

/* What is read of an argument: of a list what stands for it now. */
static const struct writ_arg *value_of(const struct condition_call *call, uint32_t index)
{
	const struct writ_arg *arg = &call->args[index];

	return arg->type == WRIT_ARG_LIST ? call->chosen[index] : arg;
}

/* ---- readers: is the argument of the type, and what is its value? ---- */

static bool read_text(struct condition_call *call, uint32_t index)
{
	const struct writ_arg *arg = value_of(call, index);
	bool bytes = arg->type == WRIT_ARG_BYTES;

	if ((!bytes && arg->type != WRIT_ARG_TEXT) || !arg->text)
		return false;
	call->text.ptr = arg->text;
	call->text.len = arg->text_len;
	if (!bytes && !arg->text_len)
		call->text.len = strnlen(arg->text, WRIT_MAX_VALUE + 1);
	return call->text.len <= WRIT_MAX_VALUE;
}

/* No "//", no component that begins with a dot, no slash at the end; absolute. */
static bool is_plainly_normal(struct slice path)
{
	const char *end = path.ptr + path.len;
	const char *slash = path.ptr;

	while (slash) {
		if (slash + 1 == end)
			return path.len == 1;
		if (slash[1] == '/' || slash[1] == '.')
			return false;
		slash = memchr(slash + 1, '/', (size_t)(end - slash - 1));
	}
	return true;
}

static bool normalise(struct condition_call *call)
{
	struct slice text = call->text;

	if (text.len == 0 || text.len > WRIT_MAX_TEXT || text.ptr[0] != '/' ||
	    memchr(text.ptr, '\0', text.len))
		return false;
	call->path = text;
	if (is_plainly_normal(text))
		return true;
	memcpy(call->normal, text.ptr, text.len);
	call->normal[text.len] = '\0';
	if (value_normalise_path(call->normal, call->normal))
		return false;
	call->path = (struct slice){call->normal, strlen(call->normal)};
	return true;
}

static bool read_path(struct condition_call *call, uint32_t index)
{
	if (call->path_arg != index) {
		call->path_arg = index;
		call->path_ok = read_text(call, index) && normalise(call);
	}
	return call->path_ok;
}

/* A value with "://" is read as a URL, any other as a host, which has no port. */
static bool read_peer(struct condition_call *call, uint32_t index)
{
	if (call->peer_arg == index)
		return call->peer_ok;
	call->peer_arg = index;
	call->peer_ok = false;
	if (!read_text(call, index))
		return false;
	if (slice_find(call->text, "://")) {
		call->peer_ok = url_parse(call->text, &call->peer);
		call->peer.is_url = true;
	} else {
		call->peer_ok = host_parse(call->text, &call->peer.host);
		call->peer.is_url = false;
	}
	return call->peer_ok;
}

static bool read_host(struct condition_call *call, uint32_t index)
{
	return read_peer(call, index) && !call->peer.is_url;
}

static bool read_url(struct condition_call *call, uint32_t index)
{
	return read_peer(call, index) && call->peer.is_url;
}

/* As text only a URL that has no other spelling, by which a deny rule could be passed. */
static bool read_url_text(struct condition_call *call, uint32_t index)
{
	return read_url(call, index) && call->peer.is_plain && read_text(call, index);
}

/* A pattern says nothing about an IPv6 address, which is written in many ways. */
static bool read_host_text(struct condition_call *call, uint32_t index)
{
	return read_host(call, index) &&
	       (!call->peer.host.is_address || host_is_ipv4(&call->peer.host));
}

/* Decimal, without leading zeroes: another reader might take 010 for 8. */
static bool parse_int(struct slice text, int64_t *out)
{
	bool negative = text.len && text.ptr[0] == '-';
	size_t at = negative ? 1 : 0;
	int64_t value = 0;

	if (text.len == at || text.len > 20 || (text.ptr[at] == '0' && text.len > at + 1))
		return false;
	for (; at < text.len; at++) {
		int digit = text.ptr[at] - '0';

		if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_sub_overflow(value, digit, &value))
			return false;
	}
	*out = value;
	/* It was counted downwards, as there is one more negative number; "-0" is none. */
	return negative ? value != 0 : !__builtin_sub_overflow(0, value, out);
}

static bool read_int(struct condition_call *call, uint32_t index)
{
	const struct writ_arg *arg = value_of(call, index);

	call->number = arg->number;
	if (arg->type == WRIT_ARG_INTEGER)
		return true;
	return read_text(call, index) && parse_int(call->text, &call->number);
}

static bool read_bool(struct condition_call *call, uint32_t index)
{
	const struct writ_arg *arg = value_of(call, index);

	call->number = arg->number;
	if (arg->type == WRIT_ARG_BOOLEAN)
		return call->number == 0 || call->number == 1;
	if (!read_text(call, index))
		return false;
	call->number = call->text.len == 4;
	return (call->text.len == 4 && memcmp(call->text.ptr, "true", 4) == 0) ||
	       (call->text.len == 5 && memcmp(call->text.ptr, "false", 5) == 0);
}

/* ---- comparers: the value that was read, with one operand ---- */

static bool same(struct slice a, struct slice b)
{
	return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0;
}

static bool string_eq(const struct condition_call *call, const struct policy_operand *operand)
{
	return same(call->text, operand->text);
}

static bool string_matches(const struct condition_call *call, const struct policy_operand *operand)
{
	return match_bytes(operand->text, call->text);
}

static bool path_eq(const struct condition_call *call, const struct policy_operand *operand)
{
	return same(call->path, operand->text);
}

/* The same, or the operand followed by a slash; everything is under the root. */
static bool path_under(const struct condition_call *call, const struct policy_operand *operand)
{
	struct slice path = call->path;
	struct slice top = operand->text;

	if (path.len < top.len || memcmp(path.ptr, top.ptr, top.len) != 0)
		return false;
	return path.len == top.len || top.len == 1 || path.ptr[top.len] == '/';
}

static bool path_matches(const struct condition_call *call, const struct policy_operand *operand)
{
	return match_path(operand->text, call->path);
}

static bool host_is(const struct host *host, const struct policy_peer *peer)
{
	switch (peer->kind) {
	case WRIT_HOST_ANY:
		return true;
	case WRIT_HOST_NAME:
		return !host->is_address && host_name_is(peer->name, host->name);
	case WRIT_HOST_SUFFIX:
		return !host->is_address && host_name_below(peer->name, host->name);
	case WRIT_HOST_NET:
		return host->is_address && host_in_net(host->address, peer->address, peer->prefix);
	}
	return false;
}

static bool host_eq(const struct condition_call *call, const struct policy_operand *operand)
{
	return host_is(&call->peer.host, operand->peer);
}

static bool host_matches(const struct condition_call *call, const struct policy_operand *operand)
{
	const struct host *host = &call->peer.host;
	struct slice text = host->name;

	if (host->is_address)
		text = (struct slice){host->dotted, strlen(host->dotted)};
	return match_host(operand->text, text);
}

/* A URL without a port, of a scheme without one, is only at a peer that is listed with all. */
static bool port_is(uint32_t port, const struct policy_peer *peer)
{
	if (port == 0)
		return peer->first <= 1 && peer->last == UINT16_MAX;
	return port >= peer->first && port <= peer->last;
}

static bool endpoint_is(const struct condition_call *call, const struct policy_operand *operand)
{
	const struct policy_peer *peer = operand->peer;

	if (peer->never || (call->peer.is_url && !port_is(call->peer.port, peer)))
		return false;
	return host_is(&call->peer.host, peer);
}

static bool number_eq(const struct condition_call *call, const struct policy_operand *operand)
{
	return call->number == operand->number;
}

static bool int_lt(const struct condition_call *call, const struct policy_operand *operand)
{
	return call->number < operand->number;
}

static bool int_le(const struct condition_call *call, const struct policy_operand *operand)
{
	return call->number <= operand->number;
}

static bool int_gt(const struct condition_call *call, const struct policy_operand *operand)
{
	return call->number > operand->number;
}

static bool int_ge(const struct condition_call *call, const struct policy_operand *operand)
{
	return call->number >= operand->number;
}

static const struct {
	bool (*read)(struct condition_call *call, uint32_t arg);
	bool (*compare)(const struct condition_call *call, const struct policy_operand *operand);
} rows[] = {
	[WRIT_TEST_PRESENT] = {NULL, NULL},
	[WRIT_TEST_STRING_EQ] = {read_text, string_eq},
	[WRIT_TEST_STRING_MATCHES] = {read_text, string_matches},
	[WRIT_TEST_PATH_EQ] = {read_path, path_eq},
	[WRIT_TEST_PATH_UNDER] = {read_path, path_under},
	[WRIT_TEST_PATH_MATCHES] = {read_path, path_matches},
	[WRIT_TEST_HOST_EQ] = {read_host, host_eq},
	[WRIT_TEST_HOST_MATCHES] = {read_host_text, host_matches},
	[WRIT_TEST_ENDPOINT] = {read_peer, endpoint_is},
	[WRIT_TEST_INT_EQ] = {read_int, number_eq},
	[WRIT_TEST_INT_LT] = {read_int, int_lt},
	[WRIT_TEST_INT_LE] = {read_int, int_le},
	[WRIT_TEST_INT_GT] = {read_int, int_gt},
	[WRIT_TEST_INT_GE] = {read_int, int_ge},
	[WRIT_TEST_BOOL_EQ] = {read_bool, number_eq},
	[WRIT_TEST_URL_EQ] = {read_url_text, string_eq},
	[WRIT_TEST_URL_MATCHES] = {read_url_text, string_matches},
	[WRIT_TEST_URL_IN] = {read_url, endpoint_is},
	[WRIT_TEST_HOST_IN] = {read_host, endpoint_is},
};

static enum truth run_test(struct condition_call *call, const struct writ_fmt_test *test)
{
	const struct policy_operand *operands = call->policy->operands + test->operands.first;
	uint32_t arg = condition_arg(call, test->arg);

	if (arg == CONDITION_ARG_TWICE)
		return IS_UNKNOWN;
	if (test->op == WRIT_TEST_PRESENT)
		return arg == CONDITION_ARG_MISSING ? IS_FALSE : IS_TRUE;
	if (arg == CONDITION_ARG_MISSING || !rows[test->op].read(call, arg))
		return IS_UNKNOWN;
	for (uint32_t i = 0; i < test->operands.count; i++) {
		if (rows[test->op].compare(call, &operands[i]))
			return IS_TRUE;
	}
	return IS_FALSE;
}

/* Does the condition of a rule, which has one, hold for the call? */
static bool condition_holds(struct condition_call *call, uint32_t rule)
{
	const struct writ_fmt_test *tests = call->policy->tests +
					    call->policy->fmt_rules[rule].where.first;
	bool is_deny = rule < call->policy->ask_from;
	uint32_t at = 0;

	do {
		const struct writ_fmt_test *test = &tests[at];
		enum truth truth = run_test(call, test);
		bool negated = (test->flags & WRIT_TEST_NEGATED) != 0;
		bool holds = truth == IS_UNKNOWN ? is_deny : (truth == IS_TRUE) != negated;

		at = holds ? test->yes : test->no;
	} while (at < WRIT_TEST_FAIL);
	return at == WRIT_TEST_MATCH;
}

static uint32_t first_of_chain(struct condition_call *call, const struct writ_fmt_range *chain)
{
	const struct writ_policy *policy = call->policy;

	for (uint32_t i = 0; i < chain->count; i++) {
		uint32_t rule = policy->chain_rules[chain->first + i];

		if (policy->fmt_rules[rule].where.count == 0 || condition_holds(call, rule))
			return rule;
	}
	return WRIT_NO_ID;
}

uint32_t condition_first(struct condition_call *call, const struct condition_subject *subject)
{
	uint32_t first = WRIT_NO_ID;

	for (size_t i = 0; i < subject->n_rows; i++) {
		uint32_t rule;
		const struct writ_fmt_range *chain = condition_chain(call->policy, subject, i,
								     &rule);

		if (chain)
			rule = first_of_chain(call, chain);
		if (rule < first)
			first = rule;
	}
	return first;
}

void condition_begin(struct condition_call *call, const struct writ_policy *policy,
		     const struct writ_arg *args, size_t n_args)
{
	call->policy = policy;
	call->args = args;
	call->n_args = (uint32_t)n_args;
	call->has_lists = false;
	call->path_arg = CONDITION_NO_ARG;
	call->peer_arg = CONDITION_NO_ARG;
	for (size_t i = 0; i < n_args; i++) {
		size_t len = args[i].name_len;

		/* An argument without a name is none that a rule can name. */
		if (!args[i].name)
			len = 0;
		else if (len == 0)
			len = strlen(args[i].name);
		call->name_lens[i] = len;
		call->has_lists |= args[i].type == WRIT_ARG_LIST;
	}
}
