/*
 * Denied paths: each that is there is opened, and of each pattern a name is made up that it means,
 * where nothing is of that name yet: then a file of that name must not be made, whatever is granted
 * around it. Where a broker sees to that, a Landlock ruleset of the tool's own would not hold for
 * what the broker opens, so it gets none.
 */
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/match.h"
#include "runtime/prove/cases.h"
#include "runtime/prove/grants.h"

#define ARG_PATH     2u
#define ACCESS_W_X   3 /* W_OK | X_OK */
#define MODE_OF_NEW  0600
#define MAX_DENIES   64u
#define MADE_UP_NAME "writ-prove"

/*
 * A name that a pattern means: the names that "**" stands for are left out, and what "*" and "?"
 * stand for is filled in. False: that was none.
 */
static bool make_up(const char *pattern, char name[PATH_MAX])
{
	size_t n = 0;

	for (const char *at = pattern; *at;) {
		const char *put = (char[]){*at, '\0'};
		size_t taken = 1;

		if (strncmp(at, "/**", 3) == 0 && (at[3] == '/' || !at[3])) {
			put = at[3] ? "" : "/" MADE_UP_NAME;
			taken = 3;
		} else if (*at == '*') {
			put = MADE_UP_NAME;
		} else if (*at == '?') {
			put = "x";
		}
		if (n + strlen(put) >= PATH_MAX)
			return false;
		memcpy(name + n, put, strlen(put));
		n += strlen(put);
		at += taken;
	}
	name[n] = '\0';
	return match_path((struct slice){pattern, strlen(pattern)}, (struct slice){name, n});
}

static void add_open(struct prove_script *script, const char *path)
{
	script_case(script, "denied", EXPECT_REFUSED, prove_text(script->report, "open %s", path));
	(void)script_step(
		script, (struct probe_step){.op = PROBE_OPEN,
					    .number = SYS_openat,
					    .args = {AT_FDCWD, script_string(script, path),
						     O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC},
					    .from_blob = ARG_PATH});
	script_case_end(script);
}

static void add_make(struct prove_script *script, const char *path, const char *pattern)
{
	const char *slash = strrchr(path, '/');
	const char *dir = slash == path
				  ? "/"
				  : prove_text(script->report, "%.*s", (int)(slash - path), path);
	uint32_t may;

	script_case(script, "denied", EXPECT_REFUSED,
		    prove_text(script->report, "make %s, which %s means", path, pattern));
	may = script_step(script, (struct probe_step){.number = SYS_faccessat,
						      .args = {AT_FDCWD, script_string(script, dir),
							       ACCESS_W_X},
						      .from_blob = ARG_PATH});
	script_makes(script, path);
	(void)script_step(script,
			  (struct probe_step){.op = PROBE_OPEN,
					      .flags = PROBE_NOT_IN_CONTROL,
					      .number = SYS_openat,
					      .args = {AT_FDCWD, script_string(script, path),
						       O_CREAT | O_EXCL | O_WRONLY, MODE_OF_NEW},
					      .from_blob = ARG_PATH});
	script->cases[script->n_cases - 1].control = may;
	script_case_end(script);
}

static void add_own_landlock(struct prove_script *script)
{
	static const uint64_t handled = LANDLOCK_FS_EXECUTE;

	script_case(script, "denied", EXPECT_REFUSED,
		    "make a Landlock ruleset of its own, which a broker would not heed");
	(void)script_step(script, (struct probe_step){.op = PROBE_OPEN,
						      .number = KERNEL_NR_LANDLOCK_CREATE_RULESET,
						      .args = {script_bytes(script, &handled,
									    sizeof(handled)),
							       sizeof(handled)},
						      .from_blob = 1});
	script_case_end(script);
}

void cases_denies(const struct prove_target *target, struct prove_script *script)
{
	struct writ_fmt_range range = target->record->denies;
	char name[PATH_MAX];

	if (target->record->plan & WRIT_PLAN_BROKER)
		add_own_landlock(script);
	for (uint32_t i = 0; i < range.count && i < MAX_DENIES; i++) {
		const char *pattern = target->policy->denies[range.first + i];
		bool is_made_up = make_up(pattern, name);
		const char *path = prove_text(script->report, "%s", name);

		if (is_made_up && faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			add_open(script, path);
		else if (is_made_up)
			add_make(script, path, pattern);
		else
			prove_row_add(script->report,
				      &(struct prove_row){.group = "denied",
							  .what = pattern,
							  .expected = "",
							  .seen = "no name could be made up",
							  .state = PROVE_NOT_TRIED});
	}
}
