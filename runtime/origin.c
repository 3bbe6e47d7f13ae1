/*
 * See origin.h. Directories are told by device and inode, as the kernel goes up from them, so that
 * it does not matter by which name a bundle was opened or a tree is granted. The last name of the
 * path may be a symbolic link: then whoever can replace the link can replace the bundle, too.
 *
 * What a broker keeps from being written may lie in a tree that can be: its directories can't be
 * renamed either.
 */
#include "runtime/origin.h"

#include <string.h>
#include <unistd.h>

#include "runtime/broker_prepare.h"
#include "runtime/error.h"
#include "runtime/sandbox.h"

#define MAX_DEPTH  ((size_t)64)
#define MAX_LINKS  8u
#define MAX_PLACES ((size_t)128)
#define PATH_BYTES ((size_t)WRIT_MAX_TEXT + 1)

struct search {
	struct origin_place places[MAX_PLACES];
	size_t n;
	char path[PATH_BYTES + 3 * MAX_DEPTH + 1]; /* room to go up */
};

static bool add(struct search *search, const char *path)
{
	struct stat st;

	if (search->n == MAX_PLACES || stat(path, &st))
		return false;
	search->places[search->n++] = (struct origin_place){st.st_dev, st.st_ino};
	return true;
}

static bool is_top(const struct search *search)
{
	const struct origin_place *last = &search->places[search->n - 1];

	return last[0].device == last[-1].device && last[0].inode == last[-1].inode;
}

/* The directories above an absolute path's last name. */
static void add_above(struct search *search)
{
	size_t len = (size_t)(strrchr(search->path, '/') - search->path) + 1;
	char kept[PATH_BYTES];

	memcpy(kept, search->path + len, strlen(search->path + len) + 1);
	search->path[len] = '\0';
	for (size_t depth = 0; depth < MAX_DEPTH && add(search, search->path); depth++) {
		if (depth && is_top(search))
			break;
		memcpy(search->path + len + 3 * depth, "../", 4);
	}
	memcpy(search->path + len, kept, strlen(kept) + 1);
}

/* Puts what a link says in its place. */
static bool follow(struct search *search)
{
	char target[PATH_BYTES];
	ssize_t n = readlink(search->path, target, sizeof(target));
	size_t len = 0;

	if (n <= 0)
		return false;
	if (*target != '/')
		len = (size_t)(strrchr(search->path, '/') - search->path) + 1;
	if (len + (size_t)n >= PATH_BYTES)
		return false;
	memcpy(search->path + len, target, (size_t)n);
	search->path[len + (size_t)n] = '\0';
	return true;
}

int origin_name(const char **out, struct pool *pool, const char *path, struct writ_error *error)
{
	size_t len = strlen(path);
	size_t cwd_len = 0;
	char *name;

	if (len >= PATH_BYTES)
		return 0;
	name = pool_alloc(pool, PATH_BYTES);
	if (!name)
		return error_nomem(error);
	if (*path != '/') {
		if (!getcwd(name, PATH_BYTES))
			return 0;
		cwd_len = strlen(name);
		name[cwd_len++] = '/';
	}
	if (cwd_len + len >= PATH_BYTES)
		return 0;
	memcpy(name + cwd_len, path, len + 1);
	*out = name;
	return 0;
}

/* Not inlined: most sandboxes need no room for a search. */
static __attribute__((noinline)) int find(struct origin *origin, struct pool *pool,
					  const char *path, struct writ_error *error)
{
	struct search search = {.n = 0};
	struct origin_place *places;

	origin->is_known = true;
	memcpy(search.path, path, strlen(path) + 1);
	(void)add(&search, search.path);
	add_above(&search);
	for (size_t i = 0; i < MAX_LINKS && follow(&search); i++) {
		origin->is_link = true;
		add_above(&search);
	}
	places = pool_array(pool, search.n, sizeof(*places));
	if (!places)
		return error_nomem(error);
	memcpy(places, search.places, search.n * sizeof(*places));
	origin->places = places;
	origin->n = search.n;
	return 0;
}

static bool is_denied(const struct writ_sandbox *sandbox, const struct origin *origin,
		      const char *name)
{
	char path[PATH_BYTES];

	if (!sandbox->has_broker || origin->is_link)
		return false;
	memcpy(path, name, strlen(name) + 1);
	broker_follow_links(path);
	return broker_rules_deny(&sandbox->denies, path);
}

static bool contains(const struct origin *origin, const struct stat *written)
{
	for (size_t i = 0; i < origin->n; i++) {
		if (origin->places[i].device == written->st_dev &&
		    origin->places[i].inode == written->st_ino)
			return true;
	}
	return false;
}

static int warn(struct writ_sandbox *sandbox, const struct sandbox_source *source, size_t index)
{
	return sandbox_warn(sandbox, source->error,
			    "it may write where its %s is, '%.255s', and so decide what later "
			    "launches may do: keep it elsewhere, or deny it",
			    index ? "monitor's state, log or store" : "own bundle",
			    source->policy->origins[index]);
}

int origin_check(struct writ_sandbox *sandbox, const struct sandbox_source *source,
		 struct origin *origins, const struct stat *written)
{
	int rc = 0;

	/* A device is no file, and leads to none. */
	if (!S_ISDIR(written->st_mode) && !S_ISREG(written->st_mode))
		return 0;
	for (size_t i = 0; !rc && i < ORIGIN_PLACES; i++) {
		const char *name = source->policy->origins[i];

		if (name && !origins[i].is_known)
			rc = find(&origins[i], &sandbox->pool, name, source->error);
		if (!rc && name && contains(&origins[i], written) &&
		    !is_denied(sandbox, &origins[i], name))
			rc = warn(sandbox, source, i);
	}
	return rc;
}
