/*
 * What a mount namespace is for: metadata outside the write grants, scratch directories, and that
 * nothing is executed but what may be.
 *
 * The file whose metadata is tried is one of our own, made for it: nobody's is changed where a wall
 * is missing. What is made in a scratch directory is looked for on the host afterwards.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/prove/cases.h"

#define ARG_PATH       2u
#define STATFS_BYTES   256u
#define STATFS_BLOCKS  16 /* the offset of f_blocks in struct statfs of 64-bit machines */
#define BYTES_OF_BLOCK 4096u
#define PAGE_BYTES     4096
#define MODE_OF_NEW    0600

static void add_metadata(const struct prove_target *target, struct prove_script *script)
{
	int64_t path = script_string(script, target->own_file);
	int64_t name = script_string(script, "user.writ");
	const struct {
		const char *what;
		struct probe_step step;
	} rows[] = {
		{"change the mode of a file (fchmodat)",
		 {.number = SYS_fchmodat, .args = {AT_FDCWD, path, 0640}, .from_blob = 2}},
		{"change the times of a file (utimensat)",
		 {.number = SYS_utimensat, .args = {AT_FDCWD, path, 0, 0}, .from_blob = 2}},
		{"change an attribute of a file (setxattr)",
		 {.number = SYS_setxattr,
		  .args = {path, name, name, 1, 0},
		  .from_blob = 1 | 2 | 4}},
		{"change the owner of a file (fchownat)",
		 {.number = SYS_fchownat, .args = {AT_FDCWD, path, -1, -1, 0}, .from_blob = 2}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		script_case(script, "metadata", EXPECT_REFUSED, rows[i].what);
		(void)script_step(script, rows[i].step);
		script_case_end(script);
	}
}

/* Without the sandbox nothing is made: the directory is the host's there. */
static void add_write(struct prove_script *script, const char *scratch)
{
	const char *fresh = prove_text(script->report, "%s/.writ-prove-scratch-%ld", scratch,
				       (long)getpid());

	script_case(script, "scratch", EXPECT_WORKS,
		    prove_text(script->report, "make a file in %s", scratch));
	script_makes(script, fresh);
	(void)script_step(script,
			  (struct probe_step){.op = PROBE_OPEN,
					      .flags = PROBE_NOT_IN_CONTROL,
					      .number = SYS_openat,
					      .args = {AT_FDCWD, script_string(script, fresh),
						       O_CREAT | O_EXCL | O_WRONLY, MODE_OF_NEW},
					      .from_blob = ARG_PATH});
	script_case_end(script);
}

static void add_size(struct prove_script *script, const char *scratch, uint64_t bytes)
{
	int64_t room = script_bytes(script, NULL, STATFS_BYTES);
	uint32_t asked;

	script_case(script, "scratch", EXPECT_AT_MOST,
		    prove_text(script->report, "pages that %s has room for", scratch));
	script->cases[script->n_cases - 1].most =
		(int64_t)((bytes + BYTES_OF_BLOCK - 1) / BYTES_OF_BLOCK);
	asked = script_step(script,
			    (struct probe_step){.number = SYS_statfs,
						.args = {script_string(script, scratch), room},
						.from_blob = 1 | 2});
	(void)script_step(script, (struct probe_step){.op = PROBE_LOAD,
						      .needs = asked + 1,
						      .args = {room + STATFS_BLOCKS}});
	script_case_end(script);
}

/*
 * No mount of the launch's is where the caller opened its streams: so of a file they are given for
 * writing only (streams.h).
 */
static void add_stream(struct prove_script *script)
{
	script_case(script, "execution", EXPECT_REFUSED,
		    "map what is written to standard error, to be executed");
	(void)script_step(script, (struct probe_step){.number = SYS_mmap,
						      .args = {0, PAGE_BYTES, PROT_READ | PROT_EXEC,
							       MAP_PRIVATE, STDERR_FILENO, 0}});
	script_case_end(script);
}

void cases_mounts(const struct prove_target *target, struct prove_script *script)
{
	struct writ_fmt_range range = target->record->scratches;

	if (target->own_file)
		add_metadata(target, script);
	if (target->record->plan & WRIT_PLAN_NOEXEC)
		add_stream(script);
	for (uint32_t i = 0; i < range.count; i++) {
		const char *scratch = target->policy->scratches[range.first + i];

		add_write(script, scratch);
		add_size(script, scratch,
			 image_SCRATCHES(&target->policy->image, range.first + i)->size_bytes);
	}
}
