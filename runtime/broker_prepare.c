/*
 * The denied paths of a sandbox, when it is opened: each as it is written, and as it reads without
 * the symbolic links that its beginning goes through now, up to the first wildcard. Objects are
 * judged by what the kernel calls them, in which no link is left.
 */
#include "runtime/broker_prepare.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/broker.h"
#include "runtime/error.h"

#define MAX_LINKS 40 /* as many as the kernel follows: path_resolution(7) */

/* Puts len bytes of text in the place of path's bytes from begin to end. */
static bool replace(char *path, size_t begin, size_t end, const char *text, size_t len)
{
	size_t rest = strlen(path + end) + 1;

	if (begin + len + rest > BROKER_PATH)
		return false;
	memmove(path + begin + len, path + end, rest);
	memcpy(path + begin, text, len);
	return true;
}

/* Replaces the link that path's bytes up to end are; false: it is none. Its name begins at begin.
 */
static bool follow(char *path, size_t begin, size_t end)
{
	char target[BROKER_PATH];
	char after = path[end];
	ssize_t len;

	path[end] = '\0';
	len = readlink(path, target, sizeof(target));
	path[end] = after;
	if (len <= 0)
		return false;
	return replace(path, target[0] == '/' ? 0 : begin, end, target, (size_t)len);
}

/* Takes "." and ".." out of the path's bytes up to end, which follow no link. True: it did. */
static bool tidy(char *path, size_t begin, size_t end)
{
	size_t len = end - begin;
	size_t from = begin;

	if (len == 1 && path[begin] == '.')
		return replace(path, begin, end, "", 0);
	if (len != 2 || memcmp(path + begin, "..", 2) != 0)
		return false;
	while (from > 1 && path[from - 1] == '/')
		from--;
	while (from > 0 && path[from - 1] != '/')
		from--;
	return replace(path, from, end, "", 0);
}

void broker_follow_links(char *path)
{
	unsigned int links = 0;
	size_t end = 0;

	while (links < MAX_LINKS) {
		size_t begin = end + strspn(path + end, "/");

		end = begin + strcspn(path + begin, "/");
		if (begin == end || memchr(path + begin, '*', end - begin) ||
		    memchr(path + begin, '?', end - begin))
			return;
		if (tidy(path, begin, end)) {
			end = 0;
		} else if (follow(path, begin, end)) {
			links++;
			end = 0;
		}
	}
}

static int add(struct broker_rules *rules, struct writ_sandbox *sandbox, const char *pattern,
	       struct writ_error *error)
{
	int rc = broker_rules_add(rules, &sandbox->pool, pattern);

	if (rc == -E2BIG)
		return error_set(error, WRIT_E_UNSUPPORTED,
				 "deny '%.200s' has more than %u names, of sandbox '%.100s'",
				 pattern, WRIT_MAX_NAMES, sandbox->name);
	return rc ? error_nomem(error) : 0;
}

static int add_deny(struct broker_rules *rules, struct writ_sandbox *sandbox, const char *pattern,
		    struct writ_error *error)
{
	char path[BROKER_PATH];
	int rc = add(rules, sandbox, pattern, error);

	if (rc)
		return rc;
	memcpy(path, pattern, strlen(pattern) + 1);
	broker_follow_links(path);
	return strcmp(path, pattern) == 0 ? 0 : add(rules, sandbox, path, error);
}

int broker_refuse(const struct writ_sandbox *sandbox, int reason, const char *what,
		  const char *call, struct writ_error *error)
{
	if (reason == BROKER_KEPT_OUT)
		return error_set(error, WRIT_E_HOST,
				 "sandbox '%.200s' can't be enforced on this host: %s needs to "
				 "look into the tool, which kernel.yama.ptrace_scope forbids",
				 sandbox->name, what);
	return error_sys(error, WRIT_E_HOST, -reason,
			 "sandbox '%.200s' can't be enforced on this host: %s needs %s, "
			 "process_vm_readv(2) and seccomp notifications",
			 sandbox->name, what, call);
}

/* Without either of these every call that names a file would fail. */
static int check_host(const struct writ_sandbox *sandbox, struct writ_error *error)
{
	int rc = broker_available();

	return rc ? broker_refuse(sandbox, rc, "deny in a granted tree", "openat2(2)", error) : 0;
}

int broker_prepare(struct writ_sandbox *sandbox, const struct sandbox_source *source)
{
	struct writ_fmt_range range = source->record->denies;
	struct broker_rules *rules = &sandbox->denies;
	int rc = 0;

	rules->items = pool_array(&sandbox->pool, 2 * (size_t)range.count, sizeof(*rules->items));
	if (!rules->items)
		return error_nomem(source->error);
	for (uint32_t i = 0; !rc && i < range.count; i++)
		rc = add_deny(rules, sandbox, source->policy->denies[range.first + i],
			      source->error);
	sandbox->has_broker = source->record->plan & WRIT_PLAN_BROKER;
	return rc || !sandbox->has_broker ? rc : check_host(sandbox, source->error);
}

/* A device's number is of these bits in every libc: makedev(3). */
static struct broker_tree tree_of(const struct mount_place *place, const char *path)
{
	uint64_t device = place->device;

	return (struct broker_tree){
		.path = path,
		.major = (uint32_t)((device >> 32 & 0xfffff000u) | (device >> 8 & 0xfffu)),
		.minor = (uint32_t)((device >> 12 & 0xffffff00u) | (device & 0xffu)),
		.inode = place->inode,
	};
}

int broker_copy_trees(struct broker *broker, struct pool *pool, const struct namespaces *from)
{
	size_t n = from->flags & KERNEL_CLONE_NEWNS ? 0 : from->n_places;

	broker->trees = pool_array(pool, n, sizeof(*broker->trees));
	for (; broker->trees && broker->n_trees < n; broker->n_trees++) {
		const struct mount_place *place = &from->places[broker->n_trees];
		const char *path = pool_strndup(pool, place->path, strlen(place->path));

		if (!path)
			return -ENOMEM;
		broker->trees[broker->n_trees] = tree_of(place, path);
	}
	return broker->trees ? 0 : -ENOMEM;
}
