/*
 * The reference meaning of conditions, and of decisions that have them.
 *
 * A test is true, false or unknown; the tree above it is Kleene's logic, worked out node by node as
 * it stands. The compiled form is another (negation normal form, jumps, two values), so comparing
 * the two is worth something. Values are read by ir_value.c.
 */
#include "ir/ir.h"
#include "ir/ir_endpoint.h"
#include "ir/ir_value.h"

#include <string.h>

/* A test and the value it is made on, read as every type it may be needed as. */
struct reading {
	struct arena *arena;
	const struct ir_values *values;
	struct str text;
	struct ir_names path;
	struct ir_host host;
	struct ir_url url;
	bool is_url;
	int64_t number;
};

static struct str expand(struct reading *in, const struct ir_text *text)
{
	return ir_text_expand(in->arena, in->values, text);
}

static bool names_equal(const struct ir_names *a, const struct ir_names *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(a->items[i], b->items[i]))
			return false;
	}
	return true;
}

static bool string_eq(struct reading *in, const struct ir_operand *operand)
{
	return str_eq(in->text, expand(in, &operand->text));
}

static bool string_matches(struct reading *in, const struct ir_operand *operand)
{
	return ir_glob(in->arena, expand(in, &operand->text), in->text);
}

static bool path_eq(struct reading *in, const struct ir_operand *operand)
{
	struct ir_names other;

	return ir_value_path(in->arena, expand(in, &operand->text), &other) &&
	       in->path.n == other.n && names_equal(&in->path, &other, other.n);
}

static bool path_under(struct reading *in, const struct ir_operand *operand)
{
	struct ir_names tree;

	return ir_value_path(in->arena, expand(in, &operand->text), &tree) &&
	       in->path.n >= tree.n && names_equal(&in->path, &tree, tree.n);
}

static bool path_matches(struct reading *in, const struct ir_operand *operand)
{
	struct ir_names pattern;

	return ir_value_path(in->arena, expand(in, &operand->text), &pattern) &&
	       ir_glob_path(in->arena, &pattern, &in->path);
}

static bool host_eq(struct reading *in, const struct ir_operand *operand)
{
	struct ir_host other;

	return ir_value_host(in->arena, expand(in, &operand->text), &other) &&
	       ir_hosts_equal(&in->host, &other);
}

/* Names have no "?", so a pattern's stands for nothing. */
static bool host_matches(struct reading *in, const struct ir_operand *operand)
{
	struct str pattern = expand(in, &operand->text);
	char *lower = arena_strndup(in->arena, pattern.ptr, pattern.len);

	for (size_t i = 0; i < pattern.len; i++) {
		if (lower[i] == '?')
			return false;
		if (lower[i] >= 'A' && lower[i] <= 'Z')
			lower[i] = (char)(lower[i] - 'A' + 'a');
	}
	return ir_glob(in->arena, (struct str){lower, pattern.len}, in->host.text);
}

/* A URL, or a pattern for some, with its host in lower case. */
static struct str lower_host(struct reading *in, struct str text)
{
	char *out = arena_strndup(in->arena, text.ptr, text.len);
	char *mark = strstr(out, "://");
	size_t n = mark ? strcspn(mark + 3, "/?#") : 0;

	for (size_t i = 0; i < n; i++) {
		if (mark[3 + i] >= 'A' && mark[3 + i] <= 'Z')
			mark[3 + i] = (char)(mark[3 + i] - 'A' + 'a');
	}
	return (struct str){out, text.len};
}

static bool url_eq(struct reading *in, const struct ir_operand *operand)
{
	return str_eq(in->text, lower_host(in, expand(in, &operand->text)));
}

static bool url_matches(struct reading *in, const struct ir_operand *operand)
{
	return ir_glob(in->arena, lower_host(in, expand(in, &operand->text)), in->text);
}

static bool port_listed(struct reading *in, const struct ir_endpoint *endpoint)
{
	int64_t port;

	if (endpoint->param != IR_NONE)
		return in->url.has_port &&
		       ir_value_int(in->values->params[endpoint->param], &port) &&
		       in->url.port == port;
	if (endpoint->first <= 1 && endpoint->last == UINT16_MAX)
		return true;
	return in->url.has_port && in->url.port >= endpoint->first &&
	       in->url.port <= endpoint->last;
}

/* A host alone has no port: any port that is listed for it will do. */
static bool endpoint_listed(struct reading *in, const struct ir_operand *operand)
{
	const struct ir_host *host = in->is_url ? &in->url.host : &in->host;

	return !operand->endpoint.udp &&
	       ir_endpoint_has_host(in->arena, in->values, &operand->endpoint, host) &&
	       (!in->is_url || port_listed(in, &operand->endpoint));
}

static bool number_eq(struct reading *in, const struct ir_operand *operand)
{
	return in->number == operand->number;
}

static bool number_lt(struct reading *in, const struct ir_operand *operand)
{
	return in->number < operand->number;
}

static bool number_le(struct reading *in, const struct ir_operand *operand)
{
	return in->number <= operand->number;
}

static bool number_gt(struct reading *in, const struct ir_operand *operand)
{
	return in->number > operand->number;
}

static bool number_ge(struct reading *in, const struct ir_operand *operand)
{
	return in->number >= operand->number;
}

static bool read_string(struct reading *in)
{
	(void)in;
	return true;
}

static bool read_path(struct reading *in)
{
	return ir_value_path(in->arena, in->text, &in->path);
}

static bool read_host(struct reading *in)
{
	return ir_value_host(in->arena, in->text, &in->host);
}

/* Patterns are about text, and an IPv6 address has many. */
static bool read_host_with_text(struct reading *in)
{
	return read_host(in) && in->host.text.len;
}

static bool read_peer(struct reading *in)
{
	in->is_url = memmem(in->text.ptr, in->text.len, "://", 3) != NULL;
	return in->is_url ? ir_value_url(in->arena, in->text, &in->url) : read_host(in);
}

static bool read_url(struct reading *in)
{
	return read_peer(in) && in->is_url;
}

static bool read_plain_url(struct reading *in)
{
	return read_url(in) && in->url.is_plain;
}

static bool read_int(struct reading *in)
{
	return ir_value_int(in->text, &in->number);
}

static bool read_bool(struct reading *in)
{
	return ir_value_bool(in->text, &in->number);
}

/* How a test reads its value, and what it asks of each operand. PRESENT needs neither. */
static const struct {
	bool (*read)(struct reading *in);
	bool (*holds)(struct reading *in, const struct ir_operand *operand);
} tests[] = {
	[WRIT_TEST_STRING_EQ] = {read_string, string_eq},
	[WRIT_TEST_STRING_MATCHES] = {read_string, string_matches},
	[WRIT_TEST_PATH_EQ] = {read_path, path_eq},
	[WRIT_TEST_PATH_UNDER] = {read_path, path_under},
	[WRIT_TEST_PATH_MATCHES] = {read_path, path_matches},
	[WRIT_TEST_HOST_EQ] = {read_host, host_eq},
	[WRIT_TEST_HOST_MATCHES] = {read_host_with_text, host_matches},
	[WRIT_TEST_ENDPOINT] = {read_peer, endpoint_listed},
	[WRIT_TEST_INT_EQ] = {read_int, number_eq},
	[WRIT_TEST_INT_LT] = {read_int, number_lt},
	[WRIT_TEST_INT_LE] = {read_int, number_le},
	[WRIT_TEST_INT_GT] = {read_int, number_gt},
	[WRIT_TEST_INT_GE] = {read_int, number_ge},
	[WRIT_TEST_BOOL_EQ] = {read_bool, number_eq},
	[WRIT_TEST_URL_EQ] = {read_plain_url, url_eq},
	[WRIT_TEST_URL_MATCHES] = {read_plain_url, url_matches},
	[WRIT_TEST_URL_IN] = {read_url, endpoint_listed},
	[WRIT_TEST_HOST_IN] = {read_host, endpoint_listed},
};

static enum ir_truth test_truth(struct arena *arena, const struct ir_where *test,
				const struct ir_request *request)
{
	struct reading in = {.arena = arena, .values = request->values};
	size_t given = 0;

	for (size_t i = 0; i < request->n_args; i++) {
		if (!str_eq(request->args[i].name, test->arg))
			continue;
		in.text = request->args[i].text;
		given++;
	}
	/* Given twice, nobody knows which of them the tool will take. */
	if (given > 1)
		return IR_UNKNOWN;
	if (test->op == WRIT_TEST_PRESENT)
		return given ? IR_TRUE : IR_FALSE;
	if (!given || !in.text.ptr || in.text.len > IR_MAX_VALUE || !tests[test->op].read(&in))
		return IR_UNKNOWN;
	for (size_t i = 0; i < test->operands.n; i++) {
		if (tests[test->op].holds(&in, &test->operands.items[i]))
			return IR_TRUE;
	}
	return IR_FALSE;
}

enum ir_truth ir_where_truth(struct arena *arena, const struct ir_where *where,
			     const struct ir_request *request)
{
	bool is_and = where->kind == IR_WHERE_AND;
	enum ir_truth truth = is_and ? IR_TRUE : IR_FALSE;

	if (where->kind == IR_WHERE_TEST)
		return test_truth(arena, where, request);
	for (size_t i = 0; i < where->kids.n; i++) {
		enum ir_truth kid = ir_where_truth(arena, where->kids.items[i], request);

		if (where->kind == IR_WHERE_NOT)
			return (enum ir_truth)(IR_TRUE - kid);
		if (is_and ? kid < truth : kid > truth)
			truth = kid;
	}
	return truth;
}

static bool rule_matches(struct arena *arena, const struct ir_rule *rule,
			 const struct ir_request *request)
{
	enum ir_truth truth;

	if (!ir_pattern_matches(rule->pattern, request->tool))
		return false;
	truth = rule->where ? ir_where_truth(arena, rule->where, request) : IR_TRUE;
	return rule->verdict == WRIT_VERDICT_DENY ? truth != IR_FALSE : truth == IR_TRUE;
}

bool ir_request_has_rule(const struct ir_policy *policy, const struct ir_request *request,
			 uint32_t index)
{
	for (size_t r = 0; r < request->n_roles; r++) {
		const struct ir_indices *rules = &policy->roles.items[request->roles[r]].rules;

		for (size_t i = 0; i < rules->n; i++) {
			if (rules->items[i] == index)
				return true;
		}
	}
	return false;
}

static bool gives_twice(const struct ir_request *request)
{
	for (size_t i = 0; i < request->n_args; i++) {
		for (size_t k = 0; k < i; k++) {
			if (str_eq(request->args[i].name, request->args[k].name))
				return true;
		}
	}
	return false;
}

enum writ_verdict_id ir_decide_plain(struct arena *arena, const struct ir_policy *policy,
				     const struct ir_request *request, uint32_t *rule)
{
	*rule = IR_NONE;
	if (gives_twice(request))
		return WRIT_VERDICT_DENY;
	/* Rules are sorted by strictness, so the first that matches decides. */
	for (uint32_t i = 0; i < policy->rules.n; i++) {
		if (!ir_request_has_rule(policy, request, i) ||
		    !rule_matches(arena, &policy->rules.items[i], request))
			continue;
		*rule = i;
		return policy->rules.items[i].verdict;
	}
	return WRIT_VERDICT_DENY;
}

bool ir_test_has_endpoints(enum writ_test_op op)
{
	return op == WRIT_TEST_ENDPOINT || op == WRIT_TEST_URL_IN || op == WRIT_TEST_HOST_IN;
}

bool ir_is_plain_url(struct str text)
{
	struct arena arena;
	struct reading in = {.arena = &arena};
	struct ir_url url;
	bool is_plain;

	arena_init(&arena);
	is_plain = ir_value_url(&arena, lower_host(&in, text), &url) && url.is_plain;
	arena_fini(&arena);
	return is_plain;
}

bool ir_is_host(struct str text)
{
	struct ir_host host;
	struct arena arena;
	bool is_host;

	arena_init(&arena);
	is_host = ir_value_host(&arena, text, &host);
	arena_fini(&arena);
	return is_host;
}
