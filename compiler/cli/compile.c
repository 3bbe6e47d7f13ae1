/*
 * writc compile: one policy in, one bundle out.
 */
#include "compile.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/report.h"
#include "cli/write_file.h"

static int parse_targets(const char *list, struct bundle_options *options)
{
	while (list) {
		const char *comma = strchr(list, ',');
		struct str name = {list, comma ? (size_t)(comma - list) : strlen(list)};
		enum arch arch;

		if (!arch_find(name, &arch))
			return cli_usage_error("compile", "--target: unknown architecture '%.*s'",
					       STR_ARG(name));
		options->archs[arch] = true;
		list = comma ? comma + 1 : NULL;
	}
	return CLI_OK;
}

/* Also by another name: a link, a longer path. */
static bool is_same_file(const char *one, const char *other)
{
	struct stat a, b;

	return !stat(one, &a) && !stat(other, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Also a file that the policy imports. */
static bool is_source(const struct sources *sources, const char *path)
{
	for (size_t i = 0; i < sources->files.n; i++) {
		if (is_same_file(sources->files.items[i].path.ptr, path))
			return true;
	}
	return false;
}

static int write_bundle(const char *path, const struct bytes *bundle)
{
	int rc = write_file(path, bundle->ptr, bundle->len);

	if (!rc)
		return CLI_OK;
	return cli_file_error(path, "can't write the bundle: %s",
			      rc == -EEXIST ? "it exists and is not a regular file"
					    : strerror(-rc));
}

static int compile(const char *path, const char *output, const struct bundle_options *options)
{
	struct compilation compilation;
	struct report_file file = {.path = path, .diags = &compilation.diags};
	struct bytes bundle = {0};
	int status = CLI_INPUT;

	compilation_init(&compilation);
	file.error = -compile_check(&compilation, str_from(path));
	if (!file.error && !compile_bundle(&compilation, options, &bundle))
		status = CLI_OK;
	report_text(&file, 1);
	if (is_source(&compilation.sources, output))
		status = cli_usage_error("compile", "the bundle would replace its source");
	else if (status == CLI_OK)
		status = write_bundle(output, &bundle);
	compilation_fini(&compilation);
	return status;
}

int verb_compile(int argc, char **argv)
{
	const char *output = NULL, *targets = NULL, *key = NULL;
	struct bundle_options options = {0};
	const struct cli_option table[] = {
		{"-o", NULL, &output},  {"--target", NULL, &targets},
		{"--sign", NULL, &key}, {"--strip", &options.strip_places, NULL},
		{NULL, NULL, NULL},
	};
	int n = cli_parse("compile", table, argc, argv);

	if (n < 0)
		return CLI_USAGE;
	if (n != 1)
		return cli_usage_error("compile", n ? "only one file at a time" : "which file?");
	if (key)
		return cli_usage_error("compile", "--sign is not supported yet");
	if (!output)
		return cli_usage_error("compile", "where to? Give -o OUT.wrt");
	if (strcmp(output, "-") == 0)
		return cli_usage_error("compile", "a bundle is not written to standard output");
	for (int arch = 0; !targets && arch < ARCH__COUNT; arch++)
		options.archs[arch] = true;
	if (parse_targets(targets, &options))
		return CLI_USAGE;
	return compile(argv[0], output, &options);
}
