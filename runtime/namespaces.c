/*
 * What a sandbox's mounts are, from its plan and its grants.
 *
 * Around everything are the attributes of the plan: read-only, so that nobody's modes, owners,
 * times or attributes change where nothing is granted to be written; noexec, so that nothing is
 * mapped executable that is not granted to be executed. A grant that says otherwise gets a mount of
 * its own, unless one around it has the same attributes already. Directories that everybody may
 * write to are covered where they are granted to nobody: names in them say who is at work on this
 * host. Landlock decides as before: this is what it does not govern.
 */
#include "runtime/namespaces.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/error.h"
#include "runtime/fd.h"
#include "runtime/lacking.h"
#include "runtime/privilege.h"
#include "runtime/resolve.h"
#include "runtime/sandbox.h"

#define BYTES_PER_INODE 4096u /* as many files as there is room for, of one page each, */
#define LEAST_INODES    256u  /* and for some directories */
#define SAFE_MOUNT      (KERNEL_MOUNT_NOSUID | KERNEL_MOUNT_NODEV)

bool namespaces_need_user(unsigned int flags)
{
	return flags && !privilege_holds(CAPABILITY_SYS_ADMIN);
}

/* Is a path another, or below it? Both are absolute and normalised. */
static bool is_within(const char *path, const char *tree)
{
	size_t len = strlen(tree);

	return len == 1 || (strncmp(path, tree, len) == 0 && (path[len] == '/' || !path[len]));
}

/* Where many programs make files, each its own. */
static const char *const shared_places[] = {"/tmp", "/dev/shm", "/var/tmp"};
#define N_SHARED  (sizeof(shared_places) / sizeof(shared_places[0]))
#define N_COVERED 2u /* of them, where they are granted to nobody */

/* Nothing but the way to what is granted below it. */
static const struct scratch cover = {.size = "4096", .mode = "0755"};

static const char *mode_of(const char *path)
{
	for (size_t i = 0; i < N_SHARED; i++) {
		if (strcmp(path, shared_places[i]) == 0)
			return "1777";
	}
	return "0700";
}

static int refuse_scratch(const struct sandbox_source *source, const char *path, int reason)
{
	const char *why = strerror(reason);

	if (reason == ELOOP)
		why = "it leads through a symbolic link in a tree that tools may write";
	if (reason == ENOENT || reason == ENOTDIR)
		why = "there is no such directory, and none is made on the host";
	return error_set(source->error, WRIT_E_HOST, "scratch '%.300s' can't be had: %s", path,
			 why);
}

static int add_place(struct writ_sandbox *sandbox, const struct mount_place *place)
{
	struct namespaces *namespaces = &sandbox->namespaces;
	const char *path = pool_strndup(&sandbox->pool, place->path, strlen(place->path));
	struct mount_place *out = &namespaces->places[namespaces->n_places];

	if (!path)
		return -WRIT_E_NOMEM;
	*out = *place;
	out->path = path;
	namespaces->n_places++;
	return 0;
}

static struct scratch *make_scratch(struct writ_sandbox *sandbox, const char *path, uint64_t size)
{
	struct scratch *scratch = pool_alloc(&sandbox->pool, sizeof(*scratch));

	if (!scratch)
		return NULL;
	(void)snprintf(scratch->size, sizeof(scratch->size), "%" PRIu64, size);
	(void)snprintf(scratch->inodes, sizeof(scratch->inodes), "%" PRIu64,
		       size / BYTES_PER_INODE + LEAST_INODES);
	scratch->mode = mode_of(path);
	if (sandbox->user.is_set) {
		(void)snprintf(scratch->uid, sizeof(scratch->uid), "%u", sandbox->user.uid);
		(void)snprintf(scratch->gid, sizeof(scratch->gid), "%u", sandbox->user.gid);
	}
	return scratch;
}

static int add_scratch(struct writ_sandbox *sandbox, const struct sandbox_source *source,
		       uint32_t index, struct resolver *resolver)
{
	uint64_t size = image_SCRATCHES(&source->policy->image, index)->size_bytes;
	const char *path = source->policy->scratches[index];
	struct mount_place place = {.rights = WRIT_PATH_READ | WRIT_PATH_WRITE,
				    .access = LANDLOCK_FS_OF_WRITE};
	struct stat st;
	int fd = resolve_open(path, resolver);
	int rc;

	if (fd < 0)
		return refuse_scratch(source, path, errno);
	rc = fstat(fd, &st);
	(void)close(fd);
	if (rc || !S_ISDIR(st.st_mode))
		return refuse_scratch(source, path, ENOTDIR);
	place.path = resolver->found;
	place.scratch = make_scratch(sandbox, path, size);
	return place.scratch ? add_place(sandbox, &place) : error_nomem(source->error);
}

static int add_scratches(struct writ_sandbox *sandbox, const struct sandbox_source *source,
			 struct resolver *resolver)
{
	struct writ_fmt_range range = source->record->scratches;
	int rc = 0;

	for (uint32_t i = 0; !rc && i < range.count; i++)
		rc = add_scratch(sandbox, source, range.first + i, resolver);
	return rc;
}

static int refuse_cover(const struct sandbox_source *source, const char *path, int reason)
{
	return error_set(source->error, WRIT_E_HOST, "'%s' can't be covered: %s", path,
			 strerror(reason));
}

/* One that is elsewhere, by a symbolic link, is covered there; none that is no directory. */
static int add_cover(struct writ_sandbox *sandbox, const struct sandbox_source *source,
		     const char *path, struct resolver *resolver)
{
	struct mount_place place = {.scratch = &cover, .is_cover = true};
	int fd = resolve_open(path, resolver);
	struct stat st;
	int rc;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : refuse_cover(source, path, errno);
	rc = fstat(fd, &st) ? errno : 0;
	(void)close(fd);
	if (rc)
		return refuse_cover(source, path, rc);
	place.path = resolver->found;
	return S_ISDIR(st.st_mode) ? add_place(sandbox, &place) : 0;
}

static int add_covers(struct writ_sandbox *sandbox, const struct sandbox_source *source,
		      struct resolver *resolver)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < N_COVERED; i++)
		rc = add_cover(sandbox, source, shared_places[i], resolver);
	return rc;
}

static int add_new(struct writ_sandbox *sandbox, const struct sandbox_source *source)
{
	struct resolver resolver;
	int rc;

	if (!(sandbox->namespaces.flags & KERNEL_CLONE_NEWNS))
		return 0;
	rc = resolver_init(&resolver, sandbox, source);
	if (!rc)
		rc = add_scratches(sandbox, source, &resolver);
	return rc ? rc : add_covers(sandbox, source, &resolver);
}

/* The host makes none: what can't do without is refused, or given up where that is permitted. */
static int do_without_mounts(struct writ_sandbox *sandbox, const struct sandbox_source *source)
{
	struct namespaces *namespaces = &sandbox->namespaces;
	int rc = 0;

	if (namespaces->required)
		rc = sandbox_lacks(
			sandbox, source->error,
			"scratch directories and strict exec need a mount namespace, and "
			"the host refuses to make one");
	namespaces->has_scratch = false;
	namespaces->required = 0;
	return rc;
}

static int refuse_user(const struct writ_sandbox *sandbox, struct writ_error *error)
{
	return error_set(error, WRIT_E_HOST,
			 "sandbox '%.100s' can't be enforced here: without CAP_SYS_ADMIN there is "
			 "no user in its namespaces but the caller",
			 sandbox->name);
}

/* Of the host, which may give less than the plan takes. */
static int settle_flags(struct writ_sandbox *sandbox, const struct sandbox_source *source)
{
	struct namespaces *namespaces = &sandbox->namespaces;
	uint32_t lacking = lacking_predict(sandbox->plan);

	atomic_store(sandbox->lacking, lacking);
	namespaces->flags = lacking_flags(sandbox->plan, lacking);
	namespaces->has_proc = lacking_wanted(sandbox->plan) & ~lacking & WRIT_PLAN_PROC;
	if (sandbox->user.is_set && namespaces_need_user(namespaces->flags))
		return refuse_user(sandbox, source->error);
	return lacking & WRIT_PLAN_MOUNT_NS ? do_without_mounts(sandbox, source) : 0;
}

int namespaces_prepare(struct writ_sandbox *sandbox, const struct sandbox_source *source)
{
	struct namespaces *namespaces = &sandbox->namespaces;
	uint32_t plan = sandbox->plan;
	size_t n_most = (size_t)source->record->paths.count + source->record->scratches.count +
			source->record->unix_sockets.count;
	int rc;

	sandbox->has_keeper = plan & (WRIT_PLAN_KEEPER | WRIT_PLAN_BROKER | WRIT_PLAN_NETWORK);
	namespaces->guards_metadata = plan & WRIT_PLAN_READ_ONLY;
	if (plan & WRIT_PLAN_READ_ONLY)
		namespaces->attributes |= KERNEL_MOUNT_RDONLY;
	if (plan & WRIT_PLAN_NOEXEC)
		namespaces->attributes |= KERNEL_MOUNT_NOEXEC;
	namespaces->proc_attributes = namespaces->attributes & KERNEL_MOUNT_RDONLY;
	namespaces->has_scratch = source->record->scratches.count > 0;
	if (namespaces->has_scratch || plan & WRIT_PLAN_NOEXEC)
		namespaces->required = WRIT_PLAN_MOUNT_NS;
	namespaces->places = pool_array(&sandbox->pool, n_most + N_COVERED,
					sizeof(*namespaces->places));
	if (!namespaces->places)
		return error_nomem(source->error);
	rc = settle_flags(sandbox, source);
	return rc ? rc : add_new(sandbox, source);
}

int namespaces_grant(struct writ_sandbox *sandbox, const struct mount_grant *grant)
{
	const struct mount_place place = {
		.path = grant->path,
		.rights = grant->rights,
		.access = grant->access,
		.is_file = !S_ISDIR(grant->mode),
		.is_special = !S_ISDIR(grant->mode) && !S_ISREG(grant->mode),
		.device = grant->device,
		.inode = grant->inode,
	};
	bool has_mounts = sandbox->namespaces.flags & KERNEL_CLONE_NEWNS;

	/* The procfs that is mounted there later is written to if anything in /proc may be. */
	if (grant->rights & WRIT_PATH_WRITE &&
	    (is_within(grant->path, "/proc") || is_within("/proc", grant->path)))
		sandbox->namespaces.proc_attributes = 0;
	if (sandbox->namespaces.has_proc && is_within(grant->path, "/proc"))
		return 0;
	if (!has_mounts && (place.is_special || !(place.rights & WRIT_PATH_WRITE)))
		return 0;
	return add_place(sandbox, &place);
}

/* In the order of their components, a scratch before a grant of the same path. */
static bool is_before(const struct mount_place *a, const struct mount_place *b)
{
	const unsigned char *x = (const unsigned char *)a->path;
	const unsigned char *y = (const unsigned char *)b->path;

	while (*x && *x == *y) {
		x++;
		y++;
	}
	if (*x == *y)
		return a->scratch && !b->scratch;
	if (!*x || !*y)
		return !*x;
	return (*x == '/' ? 1 : *x) < (*y == '/' ? 1 : *y);
}

/* Grants come sorted by their texts, so there is little to do. */
static void sort(struct namespaces *namespaces)
{
	struct mount_place *places = namespaces->places;

	for (size_t i = 1; i < namespaces->n_places; i++) {
		const struct mount_place place = places[i];
		size_t at = i;

		for (; at > 0 && is_before(&place, &places[at - 1]); at--)
			places[at] = places[at - 1];
		places[at] = place;
	}
}

/* Files that are neither to be executed nor on the way to be: of a place that may be written. */
static unsigned int attributes_of(const struct namespaces *namespaces, unsigned int rights)
{
	unsigned int attributes = namespaces->attributes;

	if (rights & WRIT_PATH_WRITE)
		attributes = (attributes & ~KERNEL_MOUNT_RDONLY) | KERNEL_MOUNT_NOEXEC;
	if (rights & WRIT_PATH_EXECUTE)
		attributes &= ~KERNEL_MOUNT_NOEXEC;
	return attributes;
}

/* The nearest of n places around a path, or that of the path itself; or NULL. */
static struct mount_place *around(struct mount_place *places, size_t n, const char *path)
{
	while (n-- > 0) {
		if (is_within(path, places[n].path))
			return &places[n];
	}
	return NULL;
}

/* The nearest that is the host's: what a scratch may be used for says nothing of what it hides. */
static const struct mount_place *granted_around(const struct mount_place *places, size_t n,
						const char *path)
{
	while (n-- > 0) {
		if (!places[n].scratch && is_within(path, places[n].path))
			return &places[n];
	}
	return NULL;
}

/* What is granted above is granted here. Of one path there is one place: the next of the first n.
 */
static size_t merge(struct namespaces *namespaces, size_t n, struct mount_place place)
{
	struct mount_place *outer = around(namespaces->places, n, place.path);
	const struct mount_place *above;

	if (outer && strcmp(outer->path, place.path) == 0) {
		outer->rights |= place.rights;
		outer->access |= place.access;
		return n;
	}
	place.is_hidden = outer && (outer->scratch || outer->is_hidden);
	if (outer)
		outer->has_inner = true;
	above = place.scratch ? outer : granted_around(namespaces->places, n, place.path);
	if (above) {
		place.rights |= above->rights;
		place.access |= above->access;
	}
	namespaces->places[n] = place;
	return n + 1;
}

/* Keeps a place that takes a mount, as the next of the first n. */
static size_t keep(struct namespaces *namespaces, size_t n, struct mount_place place)
{
	const struct mount_place *outer = around(namespaces->places, n, place.path);
	unsigned int attributes = outer ? outer->attributes & ~SAFE_MOUNT : namespaces->attributes;

	place.attributes = attributes_of(namespaces, place.rights);
	/* Landlock's rule for the scratch around it covers it too. */
	if (place.is_hidden && !place.scratch && !(place.rights & WRIT_PATH_WRITE))
		place.attributes |= KERNEL_MOUNT_RDONLY;
	/* What is neither a file nor a directory is no file system's to protect. */
	if (!place.scratch && !place.is_hidden &&
	    (place.is_special || place.attributes == attributes))
		return n;
	if (place.scratch)
		place.attributes |= SAFE_MOUNT;
	/* What leads to places in it is made first. */
	if (place.is_cover)
		place.attributes = SAFE_MOUNT | KERNEL_MOUNT_NOEXEC |
				   (place.has_inner ? 0 : KERNEL_MOUNT_RDONLY);
	namespaces->places[n] = place;
	return n + 1;
}

/* A directory that is granted, or in one that is, is seen as it is. */
static void drop_needless_covers(struct namespaces *namespaces)
{
	struct mount_place *places = namespaces->places;
	size_t n = 0;

	for (size_t i = 0; i < namespaces->n_places; i++) {
		bool is_needless = false;

		for (size_t k = 0; places[i].is_cover && k < namespaces->n_places; k++)
			is_needless |= k != i && (k < i || !places[k].is_cover) &&
				       is_within(places[i].path, places[k].path);
		if (!is_needless)
			places[n++] = places[i];
	}
	namespaces->n_places = n;
}

void namespaces_settle(struct writ_sandbox *sandbox)
{
	struct namespaces *namespaces = &sandbox->namespaces;
	size_t n_all = 0;
	size_t n = 0;

	if (!(namespaces->flags & KERNEL_CLONE_NEWNS))
		return;
	drop_needless_covers(namespaces);
	sort(namespaces);
	for (size_t i = 0; i < namespaces->n_places; i++)
		n_all = merge(namespaces, n_all, namespaces->places[i]);
	for (size_t i = 0; i < n_all; i++)
		n = keep(namespaces, n, namespaces->places[i]);
	namespaces->n_places = n;
}

/* It needs the /proc of its PID namespace, which without mounts is the host's. */
bool namespaces_want_broker(const struct writ_sandbox *sandbox)
{
	const struct namespaces *namespaces = &sandbox->namespaces;

	return namespaces->guards_metadata && namespaces->flags == 0 && namespaces->n_places > 0;
}

bool namespaces_replace(const struct namespaces *namespaces, const char *path)
{
	const struct mount_place *place = around(namespaces->places, namespaces->n_places, path);

	return place && place->scratch && strcmp(place->path, path) == 0;
}

bool namespaces_hide(const struct namespaces *namespaces, const char *path)
{
	const struct mount_place *place = around(namespaces->places, namespaces->n_places, path);

	return place && place->scratch && strcmp(place->path, path) != 0;
}
