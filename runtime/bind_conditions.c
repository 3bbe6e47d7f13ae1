/*
 * The operands of conditions, made ready when a bundle is loaded, so that a check only compares.
 *
 * In: a verified image and bound parameters. Out: for every operand its text in the form that
 * values are read in (a path normalised, a host in lower case), and for every endpoint, of a
 * condition or a sandbox, a peer. An operand that can't be brought into that form with the caller's
 * parameters is an error: a test that could never hold would silently open a deny rule.
 */
#include <string.h>

#include "runtime/bind.h"
#include "runtime/error.h"
#include "runtime/hostname.h"
#include "runtime/value.h"

static int unusable(const struct binding *binding, const char *text, const char *what)
{
	return error_set(binding->error, WRIT_E_PARAM, "'%.300s' can't be used: %s", text, what);
}

static int keep(const struct binding *binding, const char *bytes, size_t len, struct slice *out)
{
	char *copy = pool_strndup(&binding->policy->pool, bytes, len);

	*out = (struct slice){copy, len};
	return copy ? 0 : error_nomem(binding->error);
}

static int keep_text(struct binding *binding, struct bind_text *text, struct policy_operand *out)
{
	return keep(binding, text->bytes, text->len, &out->text);
}

static int keep_path(struct binding *binding, struct bind_text *text, struct policy_operand *out)
{
	const char *what = value_normalise_path(text->bytes, text->bytes);

	if (what)
		return unusable(binding, text->bytes, what);
	return keep(binding, text->bytes, strlen(text->bytes), &out->text);
}

static void to_lower(struct bind_text *text)
{
	for (size_t i = 0; i < text->len; i++)
		text->bytes[i] = (char)match_lower(text->bytes[i]);
}

/* The host of a URL that is compared as text is in lower case. */
static void lower_authority(struct bind_text *text)
{
	struct slice part = url_authority((struct slice){text->bytes, text->len});
	size_t first = part.ptr ? (size_t)(part.ptr - text->bytes) : 0;

	for (size_t i = first; i < first + part.len; i++)
		text->bytes[i] = (char)match_lower(text->bytes[i]);
}

static int keep_url(struct binding *binding, struct bind_text *text, struct policy_operand *out)
{
	struct url url;

	lower_authority(text);
	if (!url_parse((struct slice){text->bytes, text->len}, &url))
		return unusable(binding, text->bytes, "it is not a URL");
	if (!url.is_plain)
		return unusable(binding, text->bytes,
				"no URL is compared as text with IPv6, a dot behind the host or "
				"the scheme's own port");
	return keep_text(binding, text, out);
}

static int keep_url_pattern(struct binding *binding, struct bind_text *text,
			    struct policy_operand *out)
{
	lower_authority(text);
	return keep_text(binding, text, out);
}

static int keep_host_pattern(struct binding *binding, struct bind_text *text,
			     struct policy_operand *out)
{
	to_lower(text);
	return keep(binding, text->bytes, text->len, &out->text);
}

/* The peer that is exactly the host of a text: a name, or one address. */
static int bind_host(struct binding *binding, struct bind_text *text, struct policy_peer *out)
{
	struct host host;

	to_lower(text);
	if (!host_parse((struct slice){text->bytes, text->len}, &host))
		return unusable(binding, text->bytes, "it is not a host name or address");
	if (host.is_address) {
		out->kind = WRIT_HOST_NET;
		out->prefix = 128;
		memcpy(out->address, host.address, sizeof(out->address));
		return 0;
	}
	return keep(binding, host.name.ptr, host.name.len, &out->name);
}

static int keep_host(struct binding *binding, struct bind_text *text, struct policy_operand *out)
{
	struct policy_peer *peer = pool_alloc(&binding->policy->pool, sizeof(*peer));

	if (!peer)
		return error_nomem(binding->error);
	peer->kind = WRIT_HOST_NAME;
	out->peer = peer;
	return bind_host(binding, text, peer);
}

/* How the operand of a test is made ready; a test that is not here has no text. */
static const struct {
	int (*keep)(struct binding *binding, struct bind_text *text, struct policy_operand *out);
	unsigned int use;
} forms[] = {
	[WRIT_TEST_STRING_EQ] = {keep_text, 0},
	[WRIT_TEST_STRING_MATCHES] = {keep_text, BIND_PATTERN},
	[WRIT_TEST_PATH_EQ] = {keep_path, BIND_PATH},
	[WRIT_TEST_PATH_UNDER] = {keep_path, BIND_PATH},
	[WRIT_TEST_PATH_MATCHES] = {keep_path, BIND_PATH | BIND_PATTERN},
	[WRIT_TEST_HOST_EQ] = {keep_host, 0},
	[WRIT_TEST_HOST_MATCHES] = {keep_host_pattern, BIND_PATTERN},
	[WRIT_TEST_URL_EQ] = {keep_url, 0},
	[WRIT_TEST_URL_MATCHES] = {keep_url_pattern, BIND_PATTERN},
	[WRIT_TEST_HOST_IN] = {NULL, 0},
};

static int bind_text_operand(struct binding *binding, uint32_t index, struct policy_operand *out)
{
	const struct writ_fmt_operand *operand = image_OPERANDS(&binding->policy->image, index);
	struct bind_text text;
	unsigned int use = forms[out->op].use;
	int rc = bind_expand(binding, operand->text, use, &text);

	if (!rc && use & BIND_PATTERN && text.len > WRIT_MAX_PATTERN)
		rc = unusable(binding, text.bytes, "a pattern has at most 255 bytes");
	return rc ? rc : forms[out->op].keep(binding, &text, out);
}

/*
 * Equal texts for equal tests share what they became: a bundle may name a long text very often.
 * shared has an entry for each part: the last operand, plus one, whose text begins there.
 */
static int bind_operand(struct binding *binding, uint32_t index, uint32_t op, uint32_t *shared)
{
	struct writ_policy *policy = binding->policy;
	const struct writ_fmt_operand *operand = image_OPERANDS(&policy->image, index);
	struct policy_operand *out = &policy->operands[index];
	uint32_t like;

	out->op = op;
	out->number = operand->number;
	if (operand->endpoint != WRIT_NONE)
		out->peer = &policy->peers[operand->endpoint];
	if (!forms[op].keep)
		return 0;
	like = shared[operand->text.first];
	shared[operand->text.first] = index + 1;
	if (like && policy->operands[like - 1].op == op &&
	    image_OPERANDS(&policy->image, like - 1)->text.count == operand->text.count) {
		*out = policy->operands[like - 1];
		return 0;
	}
	return bind_text_operand(binding, index, out);
}

static int bind_operands(struct binding *binding, uint32_t *shared)
{
	const struct image *image = &binding->policy->image;
	uint32_t n = image_count(image, WRIT_SECTION_TESTS);
	int rc = 0;

	for (uint32_t i = 0; !rc && i < n; i++) {
		const struct writ_fmt_test *test = image_TESTS(image, i);

		for (uint32_t k = 0; !rc && k < test->operands.count; k++)
			rc = bind_operand(binding, test->operands.first + k, test->op, shared);
	}
	return rc;
}

/* A name that a parameter makes an address is that address. "*." and an address is nothing. */
static int bind_peer_name(struct binding *binding, struct writ_fmt_range name,
			  struct policy_peer *out)
{
	bool is_suffix = out->kind == WRIT_HOST_SUFFIX;
	struct bind_text text;
	int rc = bind_expand(binding, name, 0, &text);

	if (!rc)
		rc = bind_host(binding, &text, out);
	if (!rc && is_suffix && out->kind == WRIT_HOST_NET)
		rc = unusable(binding, text.bytes, "an address has no names below it");
	return rc;
}

static int bind_peer(struct binding *binding, uint32_t index)
{
	struct writ_policy *policy = binding->policy;
	const struct writ_fmt_endpoint *endpoint = image_ENDPOINTS(&policy->image, index);
	struct policy_peer *out = &policy->peers[index];

	out->kind = (enum writ_host_kind)endpoint->kind;
	out->never = (endpoint->flags & WRIT_ENDPOINT_UDP) != 0;
	memcpy(out->address, endpoint->address, sizeof(out->address));
	out->prefix = endpoint->prefix;
	out->first = endpoint->first;
	out->last = endpoint->last;
	if (endpoint->param != WRIT_NONE)
		out->first = out->last = policy->params[endpoint->param].port;
	if (out->kind == WRIT_HOST_NAME || out->kind == WRIT_HOST_SUFFIX)
		return bind_peer_name(binding, endpoint->name, out);
	return 0;
}

static int bind_peers(struct binding *binding)
{
	uint32_t n = image_count(&binding->policy->image, WRIT_SECTION_ENDPOINTS);
	int rc = 0;

	for (uint32_t i = 0; !rc && i < n; i++)
		rc = bind_peer(binding, i);
	return rc;
}

int bind_conditions(struct binding *binding)
{
	struct writ_policy *policy = binding->policy;
	const struct image *image = &policy->image;
	uint32_t n_operands = image_count(image, WRIT_SECTION_OPERANDS);
	uint32_t n_peers = image_count(image, WRIT_SECTION_ENDPOINTS);
	uint32_t *shared = pool_array(&policy->pool,
				      (size_t)image_count(image, WRIT_SECTION_PARTS) + 1,
				      sizeof(*shared));
	int rc;

	policy->operands = pool_array(&policy->pool, n_operands, sizeof(*policy->operands));
	policy->peers = pool_array(&policy->pool, n_peers, sizeof(*policy->peers));
	if (!shared || !policy->operands || !policy->peers)
		rc = error_nomem(binding->error);
	else
		rc = bind_peers(binding);
	if (!rc)
		rc = bind_operands(binding, shared);
	return rc;
}
