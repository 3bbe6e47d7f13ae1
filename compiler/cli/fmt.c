/*
 * writc fmt: policies in canonical form, to standard output or in place.
 *
 * Every FILE is tried, whatever became of those before it. One that has syntax errors is reported
 * and left as it is; one that is in canonical form already is not written to.
 */
#include "front/fmt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/report.h"
#include "cli/standard_input.h"
#include "cli/write_file.h"
#include "front/yaml.h"

enum fmt_mode { FMT_PRINT, FMT_CHECK, FMT_WRITE };

struct fmt_job {
	const char *path;
	struct arena arena;
	struct sources sources;
	struct diag_list diags;
};

static int read_stdin(struct fmt_job *job, uint32_t *file)
{
	struct str text;
	int rc = read_standard_input(&job->arena, &text);

	if (!rc)
		*file = source_add(&job->sources, STR(STANDARD_INPUT_NAME), text);
	return rc;
}

static int fail(const char *path, const char *why)
{
	return cli_file_error(path, "%s", why);
}

/* write_file would also replace what its user may not write to. */
static int replace(const char *path, struct str text)
{
	int rc = access(path, W_OK) ? -errno : write_file(path, text.ptr, text.len);

	if (!rc)
		return CLI_OK;
	return fail(path, rc == -EEXIST ? "it is not a regular file" : strerror(-rc));
}

static int give(const struct fmt_job *job, enum fmt_mode mode, struct str before, struct str after)
{
	bool same = str_eq(before, after);

	switch (mode) {
	case FMT_PRINT:
		fwrite(after.ptr, 1, after.len, stdout);
		return CLI_OK;
	case FMT_CHECK:
		if (!same)
			puts(is_standard_input(job->path) ? STANDARD_INPUT_NAME : job->path);
		return same ? CLI_OK : CLI_FINDINGS;
	case FMT_WRITE:
		return same ? CLI_OK : replace(job->path, after);
	}
	return CLI_BUG;
}

static int format_one(struct fmt_job *job, enum fmt_mode mode)
{
	struct report_file report = {.path = job->path, .diags = &job->diags};
	struct str after;
	uint32_t file;
	int rc;

	if (yaml_is_name(str_from(job->path)))
		return fail(job->path, "this is YAML; only policies in Writ's own syntax have a "
				       "canonical form");
	rc = is_standard_input(job->path) ? read_stdin(job, &file)
					  : source_load(&job->sources, str_from(job->path), &file);
	report.error = -rc;
	if (!rc && !fmt_source(&job->arena, &job->diags, file, &after))
		return give(job, mode, job->sources.files.items[file].text, after);
	diag_sort(&job->diags);
	report_text(&report, 1);
	return CLI_INPUT;
}

static int format_all(char **paths, size_t n, enum fmt_mode mode)
{
	int worst = CLI_OK;

	for (size_t i = 0; i < n; i++) {
		struct fmt_job job = {.path = paths[i]};
		int status;

		arena_init(&job.arena);
		job.sources.arena = &job.arena;
		diag_init(&job.diags, &job.arena, &job.sources);
		status = format_one(&job, mode);
		if (status > worst)
			worst = status;
		arena_fini(&job.arena);
	}
	return worst;
}

int verb_fmt(int argc, char **argv)
{
	bool check = false, write = false;
	const struct cli_option options[] = {
		{"--check", &check, NULL},
		{"-w", &write, NULL},
		{NULL, NULL, NULL},
	};
	int n = cli_parse("fmt", options, argc, argv);
	size_t from_stdin = 0;

	if (n < 0)
		return CLI_USAGE;
	if (n == 0)
		return cli_usage_error("fmt", "which file? '-' is standard input");
	if (check && write)
		return cli_usage_error("fmt", "--check writes nothing: it can't go with -w");
	from_stdin = count_standard_input(argv, (size_t)n);
	if (from_stdin > 1)
		return cli_usage_error("fmt", "standard input can be read once only");
	if (from_stdin && write)
		return cli_usage_error("fmt", "standard input can't be written to: leave out -w");
	return format_all(argv, (size_t)n, check ? FMT_CHECK : write ? FMT_WRITE : FMT_PRINT);
}
