/*
 * Paths: those that are granted, what is beside and above them, and some that every host has.
 *
 * Each is tried with each right, and whether it must work is for the grants to say. Nothing that is
 * there is changed: files are opened without truncating them, and a file that is made has a name of
 * its own and goes away again. Without the sandbox nothing is made at all: there it is asked
 * whether it could be.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/prove/cases.h"
#include "runtime/prove/grants.h"

#define ACCESS_W_X  3 /* W_OK | X_OK */
#define FS_MAKE_REG (UINT64_C(1) << 8)
#define PATH_OPEN   (O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
#define ARG_PATH    (1u << 1)
#define MAX_PATHS   300u /* tried of one sandbox */

/* Of a script, kept for other cases than those of paths; and what one path takes at most. */
#define STEPS_KEPT      1000u
#define BYTES_KEPT      24576u
#define STEPS_OF_PATH   6u
#define STRINGS_OF_PATH 4u
#define BYTES_MORE      64u
#define MODE_OF_NEW     0600
#define MAX_SCANNED     64u /* entries of a directory, to find a neighbour */

struct files {
	const struct prove_target *target;
	struct prove_script *script;
	struct grants grants;
	const char *tried[MAX_PATHS];
	size_t n_tried;
	size_t n_left_out;
	bool has_mapping; /* one is enough */
};

/* Paths that a tool has no business with, where there are such. */
static const char *const outside[] = {
	"/",          "/bin",        "/boot",       "/dev",
	"/dev/shm",   "/etc",        "/etc/passwd", "/etc/shadow",
	"/etc/hosts", "/home",       "/lib",        "/media",
	"/mnt",       "/opt",        "/proc",       "/proc/1/cmdline",
	"/root",      "/run",        "/sbin",       "/srv",
	"/sys",       "/sys/kernel", "/tmp",        "/usr",
	"/usr/bin",   "/usr/lib",    "/var",        "/var/log",
	"/var/tmp",
};

static void add_case(struct files *files, const char *verb, const char *path, bool granted)
{
	script_case(files->script, "files", granted ? EXPECT_WORKS : EXPECT_REFUSED,
		    prove_text(files->script->report, "%s %s", verb, path));
}

static void add_open(struct files *files, const char *verb, const char *path, int flags,
		     uint64_t needs)
{
	int64_t at = script_string(files->script, path);

	add_case(files, verb, path, (grants_access(&files->grants, path) & needs) == needs);
	(void)script_step(files->script, (struct probe_step){.op = PROBE_OPEN,
							     .number = SYS_openat,
							     .args = {AT_FDCWD, at, flags},
							     .from_blob = ARG_PATH});
	script_case_end(files->script);
}

/* Without the sandbox: may the user make a file there? In it: one is made and removed. */
static void add_create(struct files *files, const char *dir)
{
	struct prove_script *script = files->script;
	const char *fresh = prove_text(script->report, "%s/.writ-prove-%ld",
				       strcmp(dir, "/") == 0 ? "" : dir, (long)getpid());
	uint64_t needs = FS_MAKE_REG | LANDLOCK_FS_WRITE_FILE;
	int64_t at = script_string(script, fresh);
	int64_t dir_at = script_string(script, dir);
	uint32_t may;
	uint32_t made;

	add_case(files, "make a file in", dir,
		 (grants_access(&files->grants, dir) & needs) == needs);
	may = script_step(script, (struct probe_step){.number = SYS_faccessat,
						      .args = {AT_FDCWD, dir_at, ACCESS_W_X},
						      .from_blob = ARG_PATH});
	script_makes(script, fresh);
	made = script_step(script,
			   (struct probe_step){.op = PROBE_OPEN,
					       .flags = PROBE_NOT_IN_CONTROL,
					       .number = SYS_openat,
					       .args = {AT_FDCWD, at,
							O_WRONLY | O_CREAT | O_EXCL | PATH_OPEN,
							MODE_OF_NEW},
					       .from_blob = ARG_PATH});
	script_cleanup(script, (struct probe_step){.flags = PROBE_NOT_IN_CONTROL,
						   .needs = made + 1,
						   .number = SYS_unlinkat,
						   .args = {AT_FDCWD, at, 0},
						   .from_blob = ARG_PATH});
	script->cases[script->n_cases - 1].control = may;
	script_case_end(script);
}

/* A file that may be read and not executed is not to be mapped so, where execution is strict. */
static void add_mapping(struct files *files, const char *path)
{
	struct prove_script *script = files->script;
	uint64_t access = grants_access(&files->grants, path);
	uint32_t opened;

	if (files->has_mapping || !(files->target->record->flags & WRIT_SANDBOX_STRICT_EXEC) ||
	    !(access & LANDLOCK_FS_READ_FILE) || access & LANDLOCK_FS_EXECUTE)
		return;
	files->has_mapping = true;
	script_case(script, "execution", EXPECT_REFUSED,
		    prove_text(script->report, "map %s to be executed", path));
	opened = script_step(script,
			     (struct probe_step){.number = SYS_openat,
						 .args = {AT_FDCWD, script_string(script, path),
							  PATH_OPEN},
						 .from_blob = ARG_PATH});
	(void)script_step(script, (struct probe_step){.number = SYS_mmap,
						      .needs = opened + 1,
						      .args = {0, 4096, PROT_READ | PROT_EXEC,
							       MAP_PRIVATE, opened, 0},
						      .from_results = 1u << 4});
	script_case_end(script);
}

/* Opening another device, a pipe or a socket could do something. */
static bool is_harmless(const char *path, const struct stat *st)
{
	static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random",
					      "/dev/urandom"};

	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		if (strcmp(devices[i], path) == 0)
			return true;
	}
	return S_ISREG(st->st_mode);
}

static bool has_room(const struct files *files, const char *path)
{
	const struct prove_script *script = files->script;
	size_t bytes = STRINGS_OF_PATH * (strlen(path) + BYTES_MORE);

	return files->n_tried < MAX_PATHS &&
	       script->probe->end + STEPS_OF_PATH + STEPS_KEPT <= PROBE_MAX_STEPS &&
	       script->blob_used + bytes + BYTES_KEPT <= PROBE_BLOB_BYTES;
}

/* Also remembers it: once is enough. */
static bool is_new(struct files *files, const char *path)
{
	for (size_t i = 0; i < files->n_tried; i++) {
		if (strcmp(files->tried[i], path) == 0)
			return false;
	}
	if (!has_room(files, path)) {
		files->n_left_out++;
		return false;
	}
	files->tried[files->n_tried++] = path;
	return true;
}

static void try_path(struct files *files, const char *path)
{
	char real[PATH_MAX];
	struct stat st;

	if (!realpath(path, real) || stat(real, &st) || grants_hide_ungranted(&files->grants, real))
		return;
	path = prove_text(files->script->report, "%s", real);
	if (!is_new(files, path))
		return;
	if (S_ISDIR(st.st_mode)) {
		add_open(files, "list", path, O_RDONLY | O_DIRECTORY | PATH_OPEN,
			 LANDLOCK_FS_READ_DIR);
		add_create(files, path);
	} else if (is_harmless(path, &st)) {
		add_open(files, "read", path, O_RDONLY | PATH_OPEN, LANDLOCK_FS_READ_FILE);
		add_open(files, "open for writing", path, O_WRONLY | PATH_OPEN,
			 LANDLOCK_FS_WRITE_FILE);
		if (S_ISREG(st.st_mode))
			add_mapping(files, path);
	}
}

static const char *parent_of(struct files *files, const char *real)
{
	const char *slash = strrchr(real, '/');

	return slash == real ? "/"
			     : prove_text(files->script->report, "%.*s", (int)(slash - real), real);
}

/* A file in a directory on which less is granted than on the one it stands beside. */
static const char *find_beside(struct files *files, const char *dir, const char *real)
{
	DIR *stream = opendir(dir);
	const char *found = NULL;
	struct dirent *entry;

	for (unsigned i = 0; stream && !found && i < MAX_SCANNED && (entry = readdir(stream));
	     i++) {
		const char *path = prove_text(files->script->report, "%s/%s",
					      strcmp(dir, "/") == 0 ? "" : dir, entry->d_name);

		if (entry->d_type == DT_REG && strcmp(path, real) != 0 &&
		    !grants_access(&files->grants, path))
			found = path;
	}
	if (stream)
		(void)closedir(stream);
	return found;
}

/* A file in a granted directory. */
static const char *find_inside(struct files *files, const struct grant *grant)
{
	DIR *stream = grant->is_dir ? opendir(grant->real) : NULL;
	const char *found = NULL;
	struct dirent *entry;

	for (unsigned i = 0; stream && !found && i < MAX_SCANNED && (entry = readdir(stream));
	     i++) {
		if (entry->d_type == DT_REG)
			found = prove_text(files->script->report, "%s/%s", grant->real,
					   entry->d_name);
	}
	if (stream)
		(void)closedir(stream);
	return found;
}

static void try_grant(struct files *files, const struct grant *grant)
{
	const char *dir;
	const char *other;

	if (!grant->real && grant->is_implied)
		return;
	if (!grant->real) {
		prove_row_add(files->script->report,
			      &(struct prove_row){.group = "files",
						  .what = grant->text,
						  .expected = "",
						  .seen = "there is nothing of that name",
						  .state = PROVE_NOT_TRIED});
		return;
	}
	try_path(files, grant->real);
	other = find_inside(files, grant);
	if (other)
		try_path(files, other);
	if (strcmp(grant->real, "/") == 0)
		return;
	dir = parent_of(files, grant->real);
	try_path(files, dir);
	other = find_beside(files, dir, grant->real);
	if (other)
		try_path(files, other);
}

/* What the kernel shows of another process of the same user, whatever is granted on /proc. */
static void try_bystander(struct files *files)
{
	static const char *const names[] = {"environ", "mem", "maps"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *path = prove_text(files->script->report, "/proc/%ld/%s",
					      (long)files->target->bystander, names[i]);
		int64_t at = script_string(files->script, path);

		script_case(files->script, "other processes", EXPECT_REFUSED,
			    prove_text(files->script->report,
				       "read /proc/PID/%s of another process", names[i]));
		(void)script_step(files->script,
				  (struct probe_step){.op = PROBE_OPEN,
						      .number = SYS_openat,
						      .args = {AT_FDCWD, at, PATH_OPEN},
						      .from_blob = ARG_PATH});
		script_case_end(files->script);
	}
}

void cases_files(const struct prove_target *target, struct prove_script *script)
{
	struct files *files = pool_alloc(&script->report->pool, sizeof(*files));

	if (!files || grants_read(target, script->report, &files->grants)) {
		script->report->no_memory = true;
		return;
	}
	files->target = target;
	files->script = script;
	for (size_t i = 0; i < files->grants.n; i++)
		try_grant(files, &files->grants.items[i]);
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++)
		try_path(files, outside[i]);
	if (files->n_left_out)
		prove_row_add(script->report,
			      &(struct prove_row){.group = "files",
						  .what = prove_text(script->report,
								     "%zu paths more",
								     files->n_left_out),
						  .expected = "",
						  .seen = "more than is tried",
						  .state = PROVE_NOT_TRIED});
	try_bystander(files);
}
