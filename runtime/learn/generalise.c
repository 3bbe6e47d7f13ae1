/*
 * See generalise.h. In order:
 *
 * 1. Each file that was used becomes a grant: the file itself, or the tree that a table says it
 *    belongs to (libraries), or the directory that names were made in. Where files were made in a
 *    directory for temporary ones, and none was left, the whole directory is scratch instead, but
 *    for what was in it before.
 * 2. A directory with more than a few grants of one kind in it becomes one grant, deepest first.
 *    Some directories never do: what they hold has nothing in common.
 * 3. What another grant covers is dropped.
 *
 * The workspace is granted as a whole to read as soon as anything in it was used, or named from it
 * on: a launch begins in it only then.
 */
#include "runtime/learn/generalise.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/learn/text.h"

#define FEW 4

static const char *const temporary[SCRATCHES] = {"/tmp", "/var/tmp", "/dev/shm"};

/* Trees whose files belong together: what is read in one may be any of them next time. */
static const char *const trees[] = {
	"/usr/lib",
	"/usr/lib32",
	"/usr/lib64",
	"/usr/libexec",
	"/usr/share",
	"/usr/include",
	"/usr/local",
	"/lib",
	"/lib32",
	"/lib64",
	"/etc/ssl",
	"/etc/alternatives",
	"/sys/devices/system/cpu",
	"/sys/fs/cgroup",
	"/dev/pts",
};

static const char *const wide[] = {
	"/",          "/bin",     "/boot",    "/dev",       "/etc",      "/home",
	"/media",     "/mnt",     "/opt",     "/proc",      "/root",     "/run",
	"/sbin",      "/srv",     "/sys",     "/usr/bin",   "/usr/sbin", "/var",
	"/var/cache", "/var/lib", "/var/log", "/var/spool",
};

bool generalise_too_wide(const struct setting *setting, const char *path)
{
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
		if (!strcmp(path, wide[i]))
			return true;
	}
	if (setting->home && text_below(setting->home, path))
		return true;
	return setting->workspace && strcmp(setting->workspace, path) != 0 &&
	       text_below(setting->workspace, path);
}

static bool is_temporary(const char *path)
{
	for (size_t i = 0; i < SCRATCHES; i++) {
		if (!strcmp(path, temporary[i]))
			return true;
	}
	return false;
}

static struct grant *append(struct grants *grants, enum right right, const char *path)
{
	struct grant *grant;

	grants->items = learn_room(grants->items, grants->n, sizeof(*grants->items));
	grant = memset(&grants->items[grants->n++], 0, sizeof(*grant));
	grant->right = right;
	grant->path = learn_copy(path);
	return grant;
}

/* A file that a grant is for. */
struct reason {
	const struct seen_path *seen;
	unsigned int uses;
};

static void add(struct grants *grants, enum right right, const char *path, struct reason reason)
{
	struct grant *grant = append(grants, right, path);

	grant->n = 1;
	grant->uses = reason.uses;
	grant->example = reason.seen->path;
	grant->by = right == RIGHT_EXECUTE ? reason.seen->executed_by : reason.seen->by;
}

/* "/proc/123/maps" is of a process that is gone by the next run. */
static bool of_process(const char *path)
{
	return !strncmp(path, "/proc/", 6) && isdigit((unsigned char)path[6]);
}

/* Characters that only a denial may have in it. */
static bool has_wildcard(const char *path)
{
	return path[strcspn(path, "*?")] != '\0';
}

/* The tree that path is granted with, or path. */
static void widen(const char *path, char *wider)
{
	const char *found = of_process(path) ? "/proc" : path;
	size_t n;

	for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
		if (text_below(path, trees[i]))
			found = trees[i];
	}
	n = strlen(found);
	(void)snprintf(wider, PATH_MAX, "%s", found);
	while (n > 1 && has_wildcard(wider)) {
		n = text_directory(wider);
		wider[n] = '\0';
	}
}

static void add_directory(struct grants *grants, const struct setting *setting,
			  struct reason reason)
{
	char directory[PATH_MAX];
	char path[PATH_MAX];
	bool is_wide;

	(void)snprintf(path, sizeof(path), "%.*s", (int)text_directory(reason.seen->path),
		       reason.seen->path);
	widen(path, directory);
	is_wide = generalise_too_wide(setting, directory) && !is_temporary(directory);
	if (is_wide && !access(reason.seen->path, F_OK))
		add(grants, RIGHT_WRITE, reason.seen->path, reason);
	else
		add(grants, RIGHT_WRITE, directory, reason);
}

/*
 * What the command made that path, below a directory, is or is in: the topmost of it, or NULL. A
 * file that it put in the place of another counts, too: grants are bound to the file, not its name.
 */
static const char *made(const struct record *record, const char *path, const char *below)
{
	size_t n = strlen(below);

	for (size_t i = 0; i < record->n_paths; i++) {
		const struct seen_path *seen = &record->paths[i];
		bool replaced = seen->uses & USE_ENTRY && !strcmp(seen->path, path);

		if ((seen->uses & USE_CREATE || replaced) && strlen(seen->path) > n &&
		    text_below(path, seen->path))
			return seen->path;
	}
	return NULL;
}

/* What was made may not be there when the sandbox is opened: its directory is. */
static void add_executed(struct grants *grants, const struct record *record,
			 const struct setting *setting, const struct seen_path *seen)
{
	const char *top = made(record, seen->path, "");
	char directory[PATH_MAX];

	if (top) {
		(void)snprintf(directory, sizeof(directory), "%.*s", (int)text_directory(top), top);
		if (generalise_too_wide(setting, directory))
			top = NULL;
	}
	add(grants, RIGHT_EXECUTE, top ? directory : seen->path,
	    (struct reason){seen, USE_EXECUTE});
}

static void add_path(struct grants *grants, const struct setting *setting,
		     const struct seen_path *seen)
{
	char path[PATH_MAX];
	unsigned int uses = seen->uses;

	widen(seen->path, path);
	if (uses & (USE_READ | USE_LIST))
		add(grants, RIGHT_READ, path, (struct reason){seen, uses & (USE_READ | USE_LIST)});
	if (uses & (USE_ENTRY | USE_CREATE))
		add_directory(grants, setting, (struct reason){seen, uses});
	else if (uses & USE_WRITE)
		add(grants, RIGHT_WRITE, path, (struct reason){seen, USE_WRITE});
}

/* The name in the directory that path, which is below it, is or is in. */
static void name_in(const char *directory, const char *path, char *name)
{
	size_t n = strlen(directory) + 1;

	(void)snprintf(name, PATH_MAX, "%.*s", (int)(n + strcspn(path + n, "/")), path);
}

/* Was the name there all the time? Then what is used of it is the host's, in a scratch too. */
static bool stays(const struct record *record, const char *name)
{
	for (size_t i = 0; i < record->n_paths; i++) {
		const struct seen_path *seen = &record->paths[i];

		if (seen->uses & (USE_ENTRY | USE_CREATE) && !strcmp(seen->path, name))
			return false;
	}
	return !access(name, F_OK);
}

/* Can a directory be empty, but for that, when the command begins, and vanish when it ends? */
static bool can_be_scratch(const struct record *record, const struct setting *setting,
			   const char *directory, struct scratch *scratch)
{
	char name[PATH_MAX];
	bool used = false;

	if (setting->workspace && text_below(directory, setting->workspace))
		return false;
	for (size_t i = 0; i < record->n_paths; i++) {
		const struct seen_path *seen = &record->paths[i];

		if (!text_below(seen->path, directory) || !strcmp(seen->path, directory))
			continue;
		name_in(directory, seen->path, name);
		if (stays(record, name))
			continue;
		if (!made(record, name, directory) || !access(name, F_OK))
			return false;
		used = true;
		for (unsigned int by = 0; by < seen->by.n && by < RECORD_PROGRAMS; by++)
			seen_by_add(&scratch->by, seen->by.names[by]);
	}
	scratch->path = directory;
	return used;
}

static bool in_scratch(const struct grants *grants, const struct record *record, const char *path)
{
	char name[PATH_MAX];

	for (size_t i = 0; i < grants->n_scratch; i++) {
		const char *directory = grants->scratch[i].path;

		if (!text_below(path, directory))
			continue;
		if (!strcmp(path, directory))
			return true;
		name_in(directory, path, name);
		return !stays(record, name);
	}
	return false;
}

static int compare(const struct grant *grant, enum right right, const char *path)
{
	if (grant->right != right)
		return grant->right < right ? -1 : 1;
	return strcmp(grant->path, path);
}

static int compare_grants(const void *a, const void *b)
{
	const struct grant *other = b;

	return compare(a, other->right, other->path);
}

/* Takes a grant's reasons for its own. */
static void merge(struct grant *into, const struct grant *from)
{
	into->n += from->n;
	into->uses |= from->uses;
	if (!into->example)
		into->example = from->example;
	for (unsigned int i = 0; i < from->by.n && i < RECORD_PROGRAMS; i++)
		seen_by_add(&into->by, from->by.names[i]);
}

/* And makes one of those that are equal. */
static void sort(struct grants *grants)
{
	size_t kept = 0;

	if (grants->n)
		qsort(grants->items, grants->n, sizeof(*grants->items), compare_grants);
	for (size_t i = 0; i < grants->n; i++) {
		if (kept && compare_grants(&grants->items[kept - 1], &grants->items[i]) == 0)
			merge(&grants->items[kept - 1], &grants->items[i]);
		else
			grants->items[kept++] = grants->items[i];
	}
	grants->n = kept;
}

/* The first that is not before this right and path. */
static size_t find(const struct grants *grants, enum right right, const char *path)
{
	size_t low = 0;
	size_t high = grants->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&grants->items[middle], right, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The grant of this right that is of path, if there is one that can stand for others. */
static struct grant *grant_of(const struct grants *grants, enum right right, const char *path)
{
	size_t i = find(grants, right, path);
	struct grant *grant = i < grants->n ? &grants->items[i] : NULL;

	if (!grant || grant->right != right || strcmp(grant->path, path) != 0 || grant->too_wide)
		return NULL;
	return grant;
}

/* A grant that makes another superfluous, or NULL. */
static struct grant *cover(const struct grants *grants, const struct grant *grant)
{
	char path[PATH_MAX];
	struct grant *found = NULL;
	bool above = false;

	(void)snprintf(path, sizeof(path), "%s", grant->path);
	if (grant->right == RIGHT_READ && !(grant->uses & USE_LIST))
		found = grant_of(grants, RIGHT_EXECUTE, path);
	while (!found) {
		if (above)
			found = grant_of(grants, grant->right, path);
		if (!found && grant->right == RIGHT_READ)
			found = grant_of(grants, RIGHT_WRITE, path);
		if (found || !path[1])
			return found;
		path[text_directory(path)] = '\0';
		above = true;
	}
	return found;
}

static void drop_covered(struct grants *grants)
{
	bool *covered = learn_resize(NULL, grants->n + 1, sizeof(*covered));
	size_t kept = 0;

	for (size_t i = 0; i < grants->n; i++) {
		struct grant *grant = &grants->items[i];
		struct grant *by = grant->too_wide ? NULL : cover(grants, grant);

		covered[i] = by;
		if (by && by->right == grant->right)
			merge(by, grant);
	}
	for (size_t i = 0; i < grants->n; i++) {
		if (!covered[i])
			grants->items[kept++] = grants->items[i];
	}
	grants->n = kept;
	free(covered);
}

/* Do many names in a directory have grants of this right in or below them? */
static bool is_crowded(const struct grants *grants, enum right right, const char *directory)
{
	size_t length = strlen(directory);
	const char *last = "";
	size_t last_n = 0;
	size_t n = 0;

	for (size_t i = find(grants, right, directory); i < grants->n && n <= FEW; i++) {
		const struct grant *grant = &grants->items[i];
		const char *name = grant->path + length + 1;
		size_t name_n;

		if (grant->right != right || strncmp(grant->path, directory, length) != 0)
			break;
		if (grant->path[length] != '/')
			continue;
		name_n = strcspn(name, "/");
		n += name_n != last_n || strncmp(name, last, name_n) != 0;
		last = name;
		last_n = name_n;
	}
	return n > FEW;
}

/* The deepest directory above path that many grants of this right are in. */
static bool find_crowd(const struct grants *grants, const struct setting *setting,
		       const struct grant *grant, char *directory)
{
	(void)snprintf(directory, PATH_MAX, "%s", grant->path);
	while (directory[1]) {
		directory[text_directory(directory)] = '\0';
		if (!directory[1] || generalise_too_wide(setting, directory))
			return false;
		if (is_crowded(grants, grant->right, directory))
			return true;
	}
	return false;
}

static void collapse(struct grants *grants, const struct setting *setting)
{
	char directory[PATH_MAX];

	for (size_t i = 0; i < grants->n; i++) {
		if (!find_crowd(grants, setting, &grants->items[i], directory))
			continue;
		(void)append(grants, grants->items[i].right, directory);
		sort(grants);
		drop_covered(grants);
		i = (size_t)-1; /* what is there now may be a crowd again */
	}
}

/* How many paths it is for: those that were used, or those that were not. */
static size_t add_workspace(struct grants *grants, const struct record *record,
			    const struct setting *setting, bool used)
{
	size_t n = 0;

	for (size_t i = 0; setting->workspace && i < record->n_paths; i++) {
		const struct seen_path *seen = &record->paths[i];

		if (!text_below(seen->path, setting->workspace) || (seen->uses != 0) != used)
			continue;
		add(grants, RIGHT_READ, setting->workspace,
		    (struct reason){seen, seen->uses & (USE_READ | USE_LIST)});
		n++;
	}
	return n;
}

static void mark_wide(struct grants *grants, const struct setting *setting)
{
	for (size_t i = 0; i < grants->n; i++) {
		struct grant *grant = &grants->items[i];

		grant->too_wide = grant->right != RIGHT_EXECUTE &&
				  strcmp(grant->path, "/proc") != 0 &&
				  !text_below(grant->path, "/usr") &&
				  generalise_too_wide(setting, grant->path);
	}
}

void generalise(const struct record *record, const struct setting *setting, struct grants *grants)
{
	memset(grants, 0, sizeof(*grants));
	for (size_t i = 0; i < SCRATCHES; i++) {
		struct scratch *scratch = &grants->scratch[grants->n_scratch];

		memset(scratch, 0, sizeof(*scratch));
		grants->n_scratch += can_be_scratch(record, setting, temporary[i], scratch);
	}
	for (size_t i = 0; i < record->n_paths; i++) {
		const struct seen_path *seen = &record->paths[i];

		if (seen->uses & USE_EXECUTE)
			add_executed(grants, record, setting, seen);
		if (!in_scratch(grants, record, seen->path))
			add_path(grants, setting, seen);
	}
	if (!add_workspace(grants, record, setting, true))
		(void)add_workspace(grants, record, setting, false);
	sort(grants);
	mark_wide(grants, setting);
	drop_covered(grants);
	collapse(grants, setting);
}
