/*
 * Opening bundles that can be trusted: the load of a monitor.
 *
 * The order is what it is worth: the file is read once, into memory; its signature is checked on
 * those bytes before anything in them is looked at; then libwrit checks and opens the same bytes;
 * only then are its name and version compared with what they must be, and the version is on disk
 * before the policy is used. Without keys only the name is asked for.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/audit/fail.h"
#include "runtime/audit/versions.h"

struct writ_trust {
	struct writ_keys *keys;
	struct versions *versions; /* NULL: there are no keys */
	char *policy;              /* or NULL */
	int allow_rollback;
	int no_log;
	char key[WRIT_KEY_ID_SIZE]; /* that signed what was loaded last, or "" */
};

/* ---- reading ---- */

static int fail_read(struct writ_error *error, const char *path, int sys_errno)
{
	int rc = fail_set(error, WRIT_E_OPEN, "can't read the bundle '%.300s': %s", path,
			  strerror(sys_errno));

	if (error)
		error->sys_errno = sys_errno;
	return rc;
}

static int read_whole(int fd, const char *path, const struct signed_bytes *bundle,
		      struct writ_error *error)
{
	size_t done = 0;

	while (done < bundle->size) {
		ssize_t n = read(fd, bundle->bytes + done, bundle->size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_read(error, path, errno);
		if (n == 0)
			return fail_set(error, WRIT_E_FORMAT,
					"the bundle '%.300s' became shorter while it was read",
					path);
		done += (size_t)n;
	}
	return 0;
}

static int read_open_file(int fd, const char *path, struct signed_bytes *out,
			  struct writ_error *error)
{
	struct stat st;
	int rc;

	if (fstat(fd, &st))
		return fail_read(error, path, errno);
	if (!S_ISREG(st.st_mode))
		return fail_set(error, WRIT_E_OPEN, "'%.300s' is not a regular file", path);
	rc = sign_alloc((size_t)st.st_size, out, error);
	if (rc)
		return rc;
	rc = read_whole(fd, path, out, error);
	if (rc)
		sign_free(out);
	return rc;
}

static int read_bundle(const char *path, struct signed_bytes *out, struct writ_error *error)
{
	/* O_NONBLOCK: a FIFO in the bundle's place must not hang us before fstat sees it. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int rc;

	if (fd < 0)
		return fail_read(error, path, errno);
	rc = read_open_file(fd, path, out, error);
	(void)close(fd);
	return rc;
}

/* ---- what is opened ---- */

static int check_name(const struct writ_trust *trust, const struct writ_policy *policy,
		      struct writ_error *error)
{
	if (!trust->policy || strcmp(trust->policy, writ_policy_name(policy)) == 0)
		return 0;
	return fail_set(error, WRIT_E_UNTRUSTED,
			"the bundle is policy '%.150s', where '%.150s' is to be loaded",
			writ_policy_name(policy), trust->policy);
}

/* A monitor would say the same, too late: the version would be remembered by then. */
static int check_log(const struct writ_trust *trust, const struct writ_policy *policy,
		     struct writ_error *error)
{
	struct writ_audit_terms terms;

	writ_policy_audit(policy, &terms);
	if (!terms.required || !trust->no_log)
		return 0;
	return fail_set(error, WRIT_E_MONITOR,
			"the policy demands that every decision is recorded (audit required), and "
			"there is no audit log");
}

/*
 * key is whose signature was checked; without one a version is anybody's word. What can't be
 * enforced will not be in force, and must not keep the one before from being loaded again.
 */
static int check_version(struct writ_trust *trust, const struct writ_policy *policy,
			 const struct signed_bytes *bundle, const char *key,
			 struct writ_error *error)
{
	struct version_mark mark = {.is_set = true, .version = writ_policy_version(policy)};

	if (!key || writ_unsupported(policy, 0))
		return 0;
	memcpy(mark.key, key, sizeof(mark.key));
	sign_content(bundle, mark.content);
	return versions_admit(trust->versions, writ_policy_name(policy), &mark,
			      trust->allow_rollback != 0, error);
}

static int open_signed(struct writ_trust *trust, struct signed_bytes *bundle,
		       const struct writ_options *options, struct writ_policy **out,
		       struct writ_error *error)
{
	const char *key = NULL;
	struct writ_policy *policy = NULL;
	size_t signer;
	int rc = 0;

	if (writ_keys_count(trust->keys)) {
		rc = sign_check(trust->keys, bundle, &signer, error);
		key = rc ? NULL : writ_keys_id(trust->keys, signer);
	}
	if (!rc)
		rc = writ_open_memory(bundle->bytes, bundle->size, options, &policy, error);
	if (!rc)
		rc = check_name(trust, policy, error);
	if (!rc)
		rc = check_log(trust, policy, error);
	if (!rc)
		rc = check_version(trust, policy, bundle, key, error);
	if (rc) {
		writ_close(policy);
		return rc;
	}
	if (key)
		memcpy(trust->key, key, sizeof(trust->key));
	*out = policy;
	return 0;
}

int writ_trust_load(void *trust, const char *path, const struct writ_options *options,
		    struct writ_policy **out, struct writ_error *error)
{
	struct signed_bytes bundle = {.whole = NULL};
	int rc;

	if (!trust || !path || !out)
		return fail_set(error, WRIT_E_INVALID,
				"writ_trust_load: trust, path and out must be given");
	rc = read_bundle(path, &bundle, error);
	if (rc)
		return rc;
	rc = open_signed(trust, &bundle, options, out, error);
	sign_free(&bundle);
	return rc;
}

const char *writ_trust_key(const struct writ_trust *trust)
{
	return *trust->key ? trust->key : NULL;
}

static int fill(struct writ_trust *trust, const struct writ_trust_options *options,
		struct writ_error *error)
{
	int rc = writ_keys_open(&options->keys, &trust->keys, error);

	if (!rc && writ_keys_count(trust->keys))
		rc = versions_open(options->state, &trust->versions, error);
	if (!rc && options->policy) {
		trust->policy = strdup(options->policy);
		rc = trust->policy ? 0 : fail_set(error, WRIT_E_NOMEM, "out of memory");
	}
	trust->allow_rollback = options->allow_rollback;
	trust->no_log = options->no_log;
	return rc;
}

int writ_trust_open(const struct writ_trust_options *options, struct writ_trust **out,
		    struct writ_error *error)
{
	struct writ_trust *trust;
	int rc;

	if (!options || !out)
		return fail_set(error, WRIT_E_INVALID,
				"writ_trust_open: options and out must be given");
	trust = calloc(1, sizeof(*trust));
	if (!trust)
		return fail_set(error, WRIT_E_NOMEM, "out of memory");
	rc = fill(trust, options, error);
	if (rc) {
		writ_trust_close(trust);
		return rc;
	}
	*out = trust;
	return 0;
}

void writ_trust_close(struct writ_trust *trust)
{
	if (!trust)
		return;
	writ_keys_close(trust->keys);
	versions_close(trust->versions);
	free(trust->policy);
	free(trust);
}
