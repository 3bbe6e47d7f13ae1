/*
 * Landlock, from the bundle's variants to a ruleset descriptor.
 *
 * The compiler has decided what to ask of each ABI and what is lost on older ones; here the host's
 * ABI picks the variant, what it lacks is refused (or, for a best-effort sandbox, told), and one
 * rule is added for each granted path that exists and each port. The ruleset is built once for a
 * sandbox; a launch only enters it, which is why paths mean what stood there when the sandbox was
 * opened.
 */
#include "runtime/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/error.h"
#include "runtime/fd.h"
#include "runtime/landlock_probe.h"
#include "runtime/landlock_split.h"
#include "runtime/raw.h"
#include "runtime/resolve.h"

#define LEAST_ROOM 64 /* grants */

int landlock_enter(int ruleset)
{
	return (int)RAW(KERNEL_NR_LANDLOCK_RESTRICT_SELF, ruleset, 0);
}

/* The last variant that the host's ABI reaches; there is always one, as the first is ABI 1's. */
static const struct writ_fmt_landlock *choose_variant(const struct sandbox_source *source, int abi)
{
	const struct image *image = &source->policy->image;
	struct writ_fmt_range range = source->record->landlock;
	const struct writ_fmt_landlock *chosen = image_LANDLOCK(image, range.first);

	for (uint32_t i = 1; i < range.count; i++) {
		const struct writ_fmt_landlock *next = image_LANDLOCK(image, range.first + i);

		if (next->abi <= (uint32_t)abi)
			chosen = next;
	}
	return chosen;
}

/*
 * In a PID namespace nobody outside has a number to be signalled by. Then it has to be made:
 * best effort might go without, and is told.
 */
static bool stands_in(struct writ_sandbox *sandbox, uint32_t lacking)
{
	if (lacking != WRIT_LACKS_SIGNAL || sandbox->best_effort ||
	    !(sandbox->namespaces.flags & KERNEL_CLONE_NEWPID))
		return false;
	sandbox->namespaces.required |= WRIT_PLAN_PID_NS;
	return true;
}

static int check_lacking(struct writ_sandbox *sandbox, const struct writ_fmt_landlock *variant,
			 int abi, struct writ_error *error)
{
	static const struct {
		uint32_t bit;
		int abi;
		const char *what;
	} rows[] = {
#define LACKING(bit, id, abi, doc) {1u << (bit), abi, doc},
		WRIT_LACKINGS(LACKING)
#undef LACKING
	};
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (variant->lacking & rows[i].bit && !stands_in(sandbox, rows[i].bit))
			rc = sandbox_lacks(sandbox, error,
					   "%s: needs Landlock ABI %d, the host has %d",
					   rows[i].what, rows[i].abi, abi);
	}
	return rc;
}

static int add_rule(int ruleset, int kind, const void *rule)
{
	return (int)RAW(KERNEL_NR_LANDLOCK_ADD_RULE, ruleset, kind, rule, 0);
}

/* Is it of the procfs that each launch has its own of? */
static bool is_own_proc(const struct writ_sandbox *sandbox, const char *path)
{
	return sandbox->namespaces.has_proc && strncmp(path, "/proc", 5) == 0 &&
	       (path[5] == '/' || !path[5]);
}

/* Room for one more; what was there before stays in the pool. */
static int make_room(struct writ_sandbox *sandbox)
{
	struct landlock_recipe *recipe = &sandbox->recipe;
	size_t room = recipe->room ? 2 * recipe->room : LEAST_ROOM;
	struct landlock_grant *paths;

	if (recipe->n_paths < recipe->room)
		return 0;
	paths = pool_array(&sandbox->pool, room, sizeof(*paths));
	if (!paths)
		return -ENOMEM;
	if (recipe->n_paths)
		memcpy(paths, recipe->paths, recipe->n_paths * sizeof(*paths));
	recipe->paths = paths;
	recipe->room = room;
	return 0;
}

/* To be opened again by each launch. */
static int keep_name(struct writ_sandbox *sandbox, const char *path, uint64_t access)
{
	struct landlock_recipe *recipe = &sandbox->recipe;

	path = pool_strndup(&sandbox->pool, path, strlen(path));
	recipe->paths[recipe->n_paths++] =
		(struct landlock_grant){.fd = -1, .path = path, .access = access};
	return path ? 0 : -ENOMEM;
}

/* To the ruleset, or to what one will be made of. */
static int keep_path(struct writ_sandbox *sandbox, const struct landlock_path_beneath *rule,
		     const char *path)
{
	struct landlock_recipe *recipe = &sandbox->recipe;
	int fd;

	if (!recipe->is_used)
		return add_rule(sandbox->ruleset, LANDLOCK_PATH_BENEATH, rule);
	if (make_room(sandbox))
		return -ENOMEM;
	if (is_own_proc(sandbox, path))
		return keep_name(sandbox, path, rule->allowed_access);
	fd = fcntl(rule->parent_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (fd < 0)
		return -errno;
	recipe->paths[recipe->n_paths++] = (struct landlock_grant){.fd = fd,
								   .access = rule->allowed_access};
	return 0;
}

/* There are too many of them for a descriptor each. */
static int keep_entry(void *context, int fd, const char *path)
{
	struct writ_sandbox *sandbox = context;
	const struct landlock_path_beneath rule = {.allowed_access = LANDLOCK_FS_EXECUTE,
						   .parent_fd = fd};

	if (!sandbox->recipe.is_used)
		return add_rule(sandbox->ruleset, LANDLOCK_PATH_BENEATH, &rule);
	return make_room(sandbox) ? -ENOMEM : keep_name(sandbox, path, rule.allowed_access);
}

static int keep_port(struct writ_sandbox *sandbox, const struct landlock_net_port *rule)
{
	struct landlock_recipe *recipe = &sandbox->recipe;

	if (!recipe->is_used)
		return add_rule(sandbox->ruleset, LANDLOCK_NET_PORT, rule);
	recipe->ports[recipe->n_ports++] = *rule;
	return 0;
}

/* What stands at a path. */
struct opened {
	int fd;
	const char *path;
	const struct stat *st;
};

static int add_path_rule(struct writ_sandbox *sandbox, const struct opened *opened, uint64_t access,
			 struct writ_error *error)
{
	struct landlock_path_beneath rule = {.allowed_access = access, .parent_fd = opened->fd};
	const struct stat *st = opened->st;
	int rc = 0;

	/* A directory's right in a rule on a file is EINVAL. */
	if (!S_ISDIR(st->st_mode))
		rule.allowed_access &= LANDLOCK_FS_OF_FILE;
	/* A rule that grants nothing is ENOMSG. */
	if (rule.allowed_access)
		rc = keep_path(sandbox, &rule, opened->path);
	if (rc)
		return error_sys(error, WRIT_E_SYSTEM, -rc, "can't grant '%.300s'", opened->path);
	if (S_ISDIR(st->st_mode))
		sandbox->roots[sandbox->n_roots++] = (struct sandbox_root){st->st_dev, st->st_ino};
	return 0;
}

/* What all paths of a sandbox are added with. */
struct path_rules {
	struct resolver resolver;
	uint64_t handled;
	struct origin origins[ORIGIN_PLACES];
};

/* The first parameter of a path's text that something stands in for, or NULL. */
static const struct writ_fmt_param *unbound_in(const struct writ_policy *policy,
					       struct writ_fmt_range text)
{
	for (uint32_t i = 0; i < text.count; i++) {
		const struct writ_fmt_part *part = image_PARTS(&policy->image, text.first + i);

		if (part->kind == WRIT_PART_PARAM && policy->params[part->param].stands_in)
			return image_PARAMS(&policy->image, part->param);
	}
	return NULL;
}

/* A path that is not there, or can't be reached. */
static int grant_nothing(struct writ_sandbox *sandbox, const struct sandbox_source *source,
			 uint32_t index, int reason)
{
	const struct image *image = &source->policy->image;
	const struct writ_fmt_path *record = image_PATHS(image, index);
	const struct writ_fmt_param *unbound = unbound_in(source->policy, record->text);

	/* Also where a sandbox is best effort: that is about what the kernel can do. */
	if (record->rights & WRIT_PATH_REQUIRED && !unbound)
		return error_sys(source->error, WRIT_E_HOST, reason,
				 "sandbox '%.100s' requires '%.300s'", sandbox->name,
				 source->policy->paths[index]);
	if (record->rights & WRIT_PATH_IMPLIED)
		return 0;
	if (!unbound)
		return sandbox_warn(sandbox, source->error, "nothing is granted at '%.300s': %s",
				    source->policy->paths[index], strerror(reason));
	return sandbox_warn(sandbox, source->error,
			    "parameter '%.*s' is not bound: what it names was not looked at",
			    (int)unbound->name.len, image_str(image, unbound->name));
}

/*
 * The broker does not execute: where something in a tree is denied by its name, not the tree may be
 * executed, but what else there is in it now.
 */
static int add_grant(struct writ_sandbox *sandbox, const struct opened *opened,
		     const struct mount_grant *grant, struct writ_error *error)
{
	uint64_t access = grant->access;
	int rc = 0;

	if (access & LANDLOCK_FS_EXECUTE &&
	    broker_rules_reach_below(&sandbox->denies, grant->path)) {
		rc = landlock_split(&sandbox->denies, grant->path, keep_entry, sandbox);
		access &= ~LANDLOCK_FS_EXECUTE;
	}
	if (rc)
		return error_sys(error, WRIT_E_SYSTEM, -rc,
				 "can't grant what is not denied in '%.300s'", opened->path);
	rc = add_path_rule(sandbox, opened, access, error);
	return rc ? rc : namespaces_grant(sandbox, grant);
}

/*
 * The compiler plans a broker where it sees that something is denied inside a grant. It does not
 * see where symbolic links lead; and a bundle may not be the compiler's.
 */
static int check_planned(const struct writ_sandbox *sandbox, const struct mount_grant *grant,
			 const char *path, struct writ_error *error)
{
	if (sandbox->has_broker || !S_ISDIR(grant->mode) ||
	    !broker_rules_may_reach_below(&sandbox->denies, grant->path))
		return 0;
	return error_set(error, WRIT_E_HOST,
			 "sandbox '%.100s' denies something inside '%.200s', which it grants as "
			 "'%.200s', and its plan has no broker for that: grant it by its own name",
			 sandbox->name, grant->path, path);
}

static int add_path(struct writ_sandbox *sandbox, const struct sandbox_source *source,
		    uint32_t index, struct path_rules *rules)
{
	const struct writ_fmt_path *record = image_PATHS(&source->policy->image, index);
	const char *path = source->policy->paths[index];
	struct mount_grant grant;
	struct stat st = {.st_mode = 0};
	int fd = resolve_open(path, &rules->resolver);
	int rc;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES))
		return grant_nothing(sandbox, source, index, errno);
	if (fd < 0 && errno == ELOOP)
		return error_set(source->error, WRIT_E_HOST,
				 "'%.300s' leads through a symbolic link in a tree that tools may "
				 "write: name the path it leads to",
				 path);
	if (fd < 0)
		return error_sys(source->error, WRIT_E_SYSTEM, errno, "can't open '%.300s'", path);
	rc = fstat(fd, &st) ? error_sys(source->error, WRIT_E_SYSTEM, errno,
					"can't examine '%.300s'", path)
			    : 0;
	grant.path = rules->resolver.found;
	grant.rights = record->rights;
	grant.access = record->access & rules->handled;
	grant.mode = st.st_mode;
	grant.device = st.st_dev;
	grant.inode = st.st_ino;
	if (broker_rules_deny(&sandbox->denies, grant.path)) {
		(void)close(fd);
		return rc;
	}
	if (!rc && grant.rights & WRIT_PATH_WRITE)
		rc = origin_check(sandbox, source, rules->origins, &st);
	if (!rc)
		rc = check_planned(sandbox, &grant, path, source->error);
	if (!rc)
		rc = add_grant(sandbox, &(struct opened){.fd = fd, .path = path, .st = &st}, &grant,
			       source->error);
	(void)close(fd);
	return rc;
}

static int add_paths(struct writ_sandbox *sandbox, const struct sandbox_source *source,
		     uint64_t handled)
{
	struct writ_fmt_range range = source->record->paths;
	struct path_rules rules;
	int rc = resolver_init(&rules.resolver, sandbox, source);

	if (rc)
		return rc;
	rules.handled = handled;
	memset(rules.origins, 0, sizeof(rules.origins));
	sandbox->roots = pool_array(&sandbox->pool, range.count, sizeof(*sandbox->roots));
	if (!sandbox->roots)
		return error_nomem(source->error);
	for (uint32_t i = 0; !rc && i < range.count; i++)
		rc = add_path(sandbox, source, range.first + i, &rules);
	return rc;
}

static int add_port(struct writ_sandbox *sandbox, const struct sandbox_source *source,
		    const struct writ_fmt_port *port, uint64_t handled)
{
	uint32_t first = port->first;
	uint32_t last = port->last;
	struct landlock_net_port rule = {
		.allowed_access =
			((port->rights & WRIT_PORT_CONNECT ? LANDLOCK_NET_CONNECT_TCP : 0) |
			 (port->rights & WRIT_PORT_BIND ? LANDLOCK_NET_BIND_TCP : 0)) &
			handled,
	};

	if (port->param != WRIT_NONE)
		first = last = source->policy->params[port->param].port;
	if (!rule.allowed_access)
		return 0;
	for (uint32_t number = first; number <= last; number++) {
		int rc;

		rule.port = number;
		rc = keep_port(sandbox, &rule);
		if (rc)
			return error_sys(source->error, WRIT_E_SYSTEM, -rc, "can't grant port %u",
					 number);
	}
	return 0;
}

static int add_ports(struct writ_sandbox *sandbox, const struct sandbox_source *source,
		     uint64_t handled)
{
	struct writ_fmt_range range = source->record->ports;
	int rc = 0;

	for (uint32_t i = 0; !rc && i < range.count; i++)
		rc = add_port(sandbox, source, image_PORTS(&source->policy->image, range.first + i),
			      handled);
	return rc;
}

/* An older kernel takes the longer struct as long as what it does not know is zero. */
static int create(const struct landlock_ruleset_abi6 *handled)
{
	return (int)RAW(KERNEL_NR_LANDLOCK_CREATE_RULESET, handled, sizeof(*handled), 0);
}

/* Made once, also where each launch makes its own: what the kernel refuses is known now. */
static int create_ruleset(struct writ_sandbox *sandbox, struct writ_error *error)
{
	int fd = create(&sandbox->recipe.handled);

	if (fd < 0)
		return error_sys(error, WRIT_E_SYSTEM, -fd, "landlock_create_ruleset");
	sandbox->ruleset = fd_above_stdio(fd);
	if (sandbox->ruleset < 0)
		return error_sys(error, WRIT_E_SYSTEM, errno, "fcntl");
	return 0;
}

/* Rules name what stood there when they were made, so what is mounted for a launch needs its own.
 */
static int plan_recipe(struct writ_sandbox *sandbox, const struct sandbox_source *source)
{
	struct landlock_recipe *recipe = &sandbox->recipe;
	size_t n_ports = 0;

	recipe->is_used = sandbox->namespaces.has_scratch || sandbox->namespaces.has_proc;
	if (!recipe->is_used)
		return 0;
	for (uint32_t i = 0; i < source->record->ports.count; i++) {
		const struct writ_fmt_port *port = image_PORTS(&source->policy->image,
							       source->record->ports.first + i);

		n_ports += (size_t)port->last - port->first + 1;
	}
	recipe->ports = pool_array(&sandbox->pool, n_ports, sizeof(*recipe->ports));
	return recipe->ports ? 0 : error_nomem(source->error);
}

int landlock_prepare(struct writ_sandbox *sandbox, const struct sandbox_source *source)
{
	int abi = landlock_abi();
	const struct writ_fmt_landlock *variant;
	int rc;

	if (abi == 0) {
		rc = sandbox_lacks(
			sandbox, source->error,
			"access to files and ports limited to what is granted, and signals and "
			"abstract unix sockets kept inside: the host has no Landlock");
		/* What is granted is still what the mounts go by. */
		return rc ? rc : add_paths(sandbox, source, 0);
	}
	variant = choose_variant(source, abi);
	sandbox->recipe.handled = (struct landlock_ruleset_abi6){
		.handled_access_fs = variant->handled_fs,
		.handled_access_net = variant->handled_net,
		.scoped = variant->scoped,
	};
	/* The keeper enters the ruleset as well, and connects where the policy says. */
	if (sandbox->net.has_gate) {
		sandbox->refused_net = variant->handled_net;
		sandbox->recipe.handled.handled_access_net = 0;
	}
	rc = check_lacking(sandbox, variant, abi, source->error);
	if (!rc)
		rc = plan_recipe(sandbox, source);
	if (!rc)
		rc = create_ruleset(sandbox, source->error);
	if (!rc)
		rc = add_paths(sandbox, source, variant->handled_fs);
	if (!rc)
		rc = add_ports(sandbox, source, sandbox->recipe.handled.handled_access_net);
	return rc;
}

/* As the launch's own procfs has it: of "self" there are as many as processes. */
static int add_of_proc(const struct landlock_grant *grant, int ruleset)
{
	static const struct open_how_abi how = {.flags = O_PATH | O_CLOEXEC,
						.resolve = KERNEL_RESOLVE_NO_MAGICLINKS};
	static const struct open_how_abi no_links = {.flags = O_PATH | O_CLOEXEC | O_NOFOLLOW,
						     .resolve = KERNEL_RESOLVE_NO_SYMLINKS};
	bool is_entry = grant->access == LANDLOCK_FS_EXECUTE;
	struct landlock_path_beneath rule = {.allowed_access = grant->access};
	int rc;

	rule.parent_fd = (int)RAW(KERNEL_NR_OPENAT2, AT_FDCWD, grant->path,
				  is_entry ? &no_links : &how, sizeof(how));
	if (rule.parent_fd < 0)
		return rule.parent_fd == -ENOENT || is_entry ? 0 : rule.parent_fd;
	rc = add_rule(ruleset, LANDLOCK_PATH_BENEATH, &rule);
	(void)RAW(SYS_close, rule.parent_fd);
	return rc;
}

static int add_kept_path(const struct landlock_grant *grant, int ruleset)
{
	const struct landlock_path_beneath rule = {.allowed_access = grant->access,
						   .parent_fd = grant->fd};

	return grant->path ? add_of_proc(grant, ruleset)
			   : add_rule(ruleset, LANDLOCK_PATH_BENEATH, &rule);
}

static int add_kept(const struct writ_sandbox *sandbox, const int *roots, int ruleset)
{
	const struct landlock_recipe *recipe = &sandbox->recipe;
	const struct namespaces *namespaces = &sandbox->namespaces;
	int rc = 0;

	for (size_t i = 0; !rc && i < recipe->n_paths; i++)
		rc = add_kept_path(&recipe->paths[i], ruleset);
	for (size_t i = 0; !rc && i < namespaces->n_places; i++) {
		const struct mount_place *place = &namespaces->places[i];

		if (place->scratch && !place->is_cover && roots)
			rc = add_rule(ruleset, LANDLOCK_PATH_BENEATH,
				      &(struct landlock_path_beneath){
					      place->access & recipe->handled.handled_access_fs,
					      roots[i]});
	}
	for (size_t i = 0; !rc && i < recipe->n_ports; i++)
		rc = add_rule(ruleset, LANDLOCK_NET_PORT, &recipe->ports[i]);
	return rc;
}

int landlock_build(const struct writ_sandbox *sandbox, const int *roots)
{
	int ruleset = create(&sandbox->recipe.handled);
	int rc = ruleset < 0 ? ruleset : add_kept(sandbox, roots, ruleset);

	return rc ? rc : ruleset;
}

int landlock_refuse_net(uint64_t rights)
{
	const struct landlock_ruleset_abi6 handled = {.handled_access_net = rights};
	int ruleset = create(&handled);
	int rc = ruleset < 0 ? ruleset : landlock_enter(ruleset);

	if (ruleset >= 0)
		(void)RAW(SYS_close, ruleset);
	return rc;
}
