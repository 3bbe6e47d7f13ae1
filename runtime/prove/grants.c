/*
 * Landlock knows files, not names: a grant is on what its path leads to, and on all below it. So
 * grants and paths are compared without symbolic links, as realpath(3) gives them.
 */
#include "runtime/prove/grants.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/match.h"
#include "runtime/sandbox.h"

static void look_up(struct grant *grant, struct prove_report *report)
{
	char real[PATH_MAX];
	struct stat st;

	if (!realpath(grant->text, real) || stat(real, &st))
		return;
	grant->real = prove_text(report, "%s", real);
	grant->is_dir = S_ISDIR(st.st_mode);
	grant->is_regular = S_ISREG(st.st_mode);
	if (!grant->is_dir)
		grant->access &= LANDLOCK_FS_OF_FILE;
}

int grants_read(const struct prove_target *target, struct prove_report *report, struct grants *out)
{
	struct writ_fmt_range range = target->record->paths;

	out->n = range.count;
	out->target = target;
	out->items = pool_array(&report->pool, range.count + 1, sizeof(*out->items));
	if (!out->items)
		return -1;
	for (uint32_t i = 0; i < range.count; i++) {
		const struct writ_fmt_path *path = image_PATHS(&target->policy->image,
							       range.first + i);

		out->items[i].text = target->policy->paths[range.first + i];
		out->items[i].access = path->access;
		out->items[i].is_implied = path->rights & WRIT_PATH_IMPLIED;
		look_up(&out->items[i], report);
	}
	return 0;
}

static bool covers(const struct grant *grant, const char *real)
{
	size_t len = grant->real ? strlen(grant->real) : 0;

	if (!len || strncmp(grant->real, real, len) != 0)
		return false;
	return real[len] == '\0' || (grant->is_dir && (real[len] == '/' || len == 1));
}

static bool is_denied(const struct prove_target *target, struct slice path)
{
	struct writ_fmt_range range = target->record->denies;

	for (uint32_t i = 0; i < range.count; i++) {
		const char *pattern = target->policy->denies[range.first + i];

		if (match_path((struct slice){pattern, strlen(pattern)}, path))
			return true;
	}
	return false;
}

bool grants_deny(const struct prove_target *target, const char *real)
{
	size_t len = strlen(real);

	for (size_t i = 1; i <= len; i++) {
		if ((i == len || real[i] == '/') && is_denied(target, (struct slice){real, i}))
			return true;
	}
	return false;
}

/* In a procfs of its own a launch sees its own processes, and not the keeper, which is process 1.
 */
static bool is_outside_process(const struct prove_target *target, const char *real)
{
	static const char processes[] = "/proc/";
	const size_t len = sizeof(processes) - 1;

	return target->sandbox->namespaces.has_proc && strncmp(real, processes, len) == 0 &&
	       real[len] >= '1' && real[len] <= '9';
}

uint64_t grants_access(const struct grants *grants, const char *real)
{
	uint64_t access = 0;

	if (grants_deny(grants->target, real) || is_outside_process(grants->target, real))
		return 0;
	for (size_t i = 0; i < grants->n; i++) {
		if (covers(&grants->items[i], real))
			access |= grants->items[i].access;
	}
	return access;
}

/* The scratch directory around a path: its real is NULL where there is none. */
static struct grant scratch_around(const struct prove_target *target, const char *real)
{
	struct writ_fmt_range range = target->record->scratches;

	for (uint32_t i = 0; i < range.count; i++) {
		const struct grant scratch = {.real = target->policy->scratches[range.first + i],
					      .is_dir = true};

		if (covers(&scratch, real))
			return scratch;
	}
	return (struct grant){.real = NULL};
}

bool grants_hide(const struct prove_target *target, const char *real)
{
	return scratch_around(target, real).real;
}

bool grants_hide_ungranted(const struct grants *grants, const char *real)
{
	const struct grant scratch = scratch_around(grants->target, real);

	for (size_t i = 0; scratch.real && i < grants->n; i++) {
		if (covers(&grants->items[i], real) && covers(&scratch, grants->items[i].real))
			return false;
	}
	return scratch.real;
}
