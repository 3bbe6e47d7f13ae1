/*
 * writ_open: from a file to a policy that can be asked.
 *
 * The order is the argument for its safety: copy the bytes to private memory, check the frame,
 * check the contents, bind the parameters, point at the tables, make everything read-only. Only
 * then does the caller get it. The strings that callers see are the bundle's own.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/bind.h"
#include "runtime/error.h"
#include "runtime/policy.h"
#include "runtime/state_path.h"
#include "runtime/unsupported.h"
#include "runtime/verify.h"
#include "runtime/writ_info.h"

static void find_tables(struct writ_policy *policy)
{
	const struct image *image = &policy->image;
	const struct writ_fmt_policy *head = image_POLICY(image, 0);

	policy->blocks = image->sections[WRIT_SECTION_BLOCKS].records;
	policy->cells = image->sections[WRIT_SECTION_CELLS].records;
	policy->n_rows = head->n_rows;
	policy->n_columns = image_count(image, WRIT_SECTION_COLUMNS);
	policy->n_blocks = image_blocks(image);
	policy->block_bits = head->block_bits;
	policy->ask_from = head->n_deny;
	policy->allow_from = head->n_deny + head->n_ask;
	policy->columns = image->sections[WRIT_SECTION_COLUMNS].records;
	policy->tools = index_of(image, WRIT_SECTION_TOOL_INDEX, WRIT_SECTION_COLUMNS);
	policy->roles = index_of(image, WRIT_SECTION_ROLE_INDEX, WRIT_SECTION_ROLES);
	policy->users = index_of(image, WRIT_SECTION_USER_INDEX, WRIT_SECTION_USERS);
	policy->char_classes = image->sections[WRIT_SECTION_CHAR_CLASSES].records;
	policy->states = image->sections[WRIT_SECTION_STATES].records;
	policy->accepts = image->sections[WRIT_SECTION_ACCEPTS].records;
	policy->n_classes = head->n_classes;
	policy->start = head->start;
	policy->n_rules = image_count(image, WRIT_SECTION_RULES);
	policy->chains = image->sections[WRIT_SECTION_CHAINS].records;
	policy->chain_rules = image->sections[WRIT_SECTION_CHAIN_RULES].records;
	policy->fmt_rules = image->sections[WRIT_SECTION_RULES].records;
	policy->tests = image->sections[WRIT_SECTION_TESTS].records;
	for (uint32_t i = 0; i < policy->n_rules; i++)
		policy->has_using |= policy->fmt_rules[i].sandbox != WRIT_NONE;
}

/* For who examines the policy: what it demands and can't get. */
static int list_unsupported(struct writ_policy *policy)
{
	struct unsupported count = {.row = 0}, walk = {.row = 0};
	size_t n = 0;

	while (unsupported_next(&policy->image, &count))
		n++;
	policy->unsupported = pool_array(&policy->pool, n + 1, sizeof(*policy->unsupported));
	if (!policy->unsupported)
		return -1;
	for (size_t i = 0; i < n && unsupported_next(&policy->image, &walk); i++) {
		policy->unsupported[i] = pool_strndup(&policy->pool, walk.text, strlen(walk.text));
		if (!policy->unsupported[i])
			return -1;
	}
	policy->n_unsupported = n;
	return 0;
}

/* Everything that makes a bundle a good one, whatever its parameters will be. */
static int check_image(struct image *image, struct writ_error *error)
{
	int rc = image_map(image, error);

	return rc ? rc : verify_image(image, error);
}

static int build(struct writ_policy *policy, const struct writ_options *options,
		 struct writ_error *error)
{
	bool examine = options && options->examine;
	int rc = check_image(&policy->image, error);

	if (!rc && !examine)
		rc = unsupported_policy(&policy->image, error);
	if (!rc && !examine)
		rc = unsupported_alone(&policy->image, error);
	if (!rc)
		rc = bind_policy(policy, options, error);
	if (rc)
		return rc;
	find_tables(policy);
	if (examine && list_unsupported(policy))
		return error_nomem(error);
	return image_seal(&policy->image, error);
}

/* Are there calls that something is remembered of? */
static bool uses_state(const struct writ_policy *policy)
{
	uint32_t rated = 0;

	while (rated < policy->n_rules && !policy->fmt_rules[rated].rate)
		rated++;
	return rated < policy->n_rules || policy->ask_from != policy->allow_from;
}

/* path: of the bundle, or NULL. */
static int name_origins(struct writ_policy *policy, const char *path,
			const struct writ_options *options, struct writ_error *error)
{
	static const struct writ_options none;
	char state[PATH_MAX];
	int rc = 0;

	if (!options)
		options = &none;
	if (options->n_kept > WRIT_MAX_KEPT)
		return error_set(error, WRIT_E_INVALID, "more than %d paths to keep",
				 WRIT_MAX_KEPT);
	if (path)
		rc = origin_name(&policy->origins[0], &policy->pool, path, error);
	if (!rc && uses_state(policy) && state_path(options->state, state))
		rc = origin_name(&policy->origins[1], &policy->pool, state, error);
	for (size_t i = 0; !rc && i < options->n_kept; i++)
		rc = origin_name(&policy->origins[2 + i], &policy->pool, options->kept[i], error);
	return rc;
}

/*
 * Takes a filled image, freed on failure, and the path it was read from or NULL. The policy lives
 * in its own pool, so it is made on the stack and moved into place before the pool is sealed.
 */
static int take_image(struct image *image, const char *path, const struct writ_options *options,
		      struct writ_policy **out, struct writ_error *error)
{
	struct writ_policy draft = {.image = *image};
	struct writ_policy *policy = pool_alloc(&draft.pool, sizeof(*policy));
	int rc = policy ? build(&draft, options, error) : error_nomem(error);

	if (!rc)
		rc = name_origins(&draft, path, options, error);
	if (!rc) {
		*policy = draft;
		if (pool_seal(&draft.pool))
			rc = error_sys(error, WRIT_E_SYSTEM, errno, "mprotect");
	}
	if (rc) {
		pool_free(&draft.pool);
		image_fini(&draft.image);
		return rc;
	}
	*out = policy;
	return 0;
}

int writ_open(const char *path, const struct writ_options *options, struct writ_policy **out,
	      struct writ_error *error)
{
	struct image image = {.bytes = NULL};
	int rc;

	if (!path || !out)
		return error_set(error, WRIT_E_INVALID, "writ_open: path and out must be given");
	rc = image_read(&image, path, error);
	if (rc) {
		image_fini(&image);
		return rc;
	}
	return take_image(&image, path, options, out, error);
}

int writ_open_memory(const void *bytes, size_t size, const struct writ_options *options,
		     struct writ_policy **out, struct writ_error *error)
{
	struct image image = {.bytes = NULL};
	int rc;

	if (!bytes || !out)
		return error_set(error, WRIT_E_INVALID,
				 "writ_open_memory: bytes and out must be given");
	rc = image_copy(&image, bytes, size, error);
	if (rc)
		return rc;
	return take_image(&image, options ? options->origin : NULL, options, out, error);
}

int writ_verify(const void *bytes, size_t size, struct writ_error *error)
{
	struct image image = {.bytes = NULL};
	int rc;

	if (!bytes)
		return error_set(error, WRIT_E_INVALID, "writ_verify: bytes must be given");
	rc = image_copy(&image, bytes, size, error);
	if (!rc)
		rc = check_image(&image, error);
	image_fini(&image);
	return rc;
}

void writ_close(struct writ_policy *policy)
{
	if (!policy)
		return;
	struct image image = policy->image;
	struct pool pool = policy->pool;

	image_fini(&image);
	pool_free(&pool);
}

const char *writ_policy_name(const struct writ_policy *policy)
{
	return image_text(&policy->image, image_POLICY(&policy->image, 0)->name);
}

uint64_t writ_policy_version(const struct writ_policy *policy)
{
	return image_POLICY(&policy->image, 0)->version;
}

const unsigned char *writ_policy_digest(const struct writ_policy *policy)
{
	return policy->image.bytes + offsetof(struct writ_fmt_header, digest);
}

void writ_policy_audit(const struct writ_policy *policy, struct writ_audit_terms *out)
{
	uint32_t flags = image_POLICY(&policy->image, 0)->audit;

	out->required = (flags & WRIT_AUDITS_REQUIRED) != 0;
	out->full = WRIT_AUDIT_BLOCK;
	if (flags & WRIT_AUDITS_DENY)
		out->full = WRIT_AUDIT_DENY;
	else if (flags & WRIT_AUDITS_DROP)
		out->full = WRIT_AUDIT_DROP;
}

const char *writ_unsupported(const struct writ_policy *policy, size_t index)
{
	return index < policy->n_unsupported ? policy->unsupported[index] : NULL;
}
