/*
 * writc compile: one policy in, one bundle out.
 */
#include "compile.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/key_file.h"
#include "cli/report.h"
#include "cli/standard_input.h"
#include "cli/write_file.h"

static int parse_targets(const char *list, struct bundle_options *options)
{
	while (list) {
		const char *comma = strchr(list, ',');
		struct str name = {list, comma ? (size_t)(comma - list) : strlen(list)};
		enum arch arch;

		if (!arch_find(name, &arch))
			return cli_usage_error("compile",
					       "--target: unknown architecture '%.*s'; there are: "
					       "x86_64, aarch64, riscv64",
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

struct request {
	const char *path;
	const char *output;
	const char *profile; /* or NULL */
	const char *key;     /* or NULL: it is not signed */
	struct secret_key secret;
	struct bundle_options options;
};

/* 0, with what is wrong with the profile in diags. */
static int load_profile(struct compilation *compilation, struct request *request)
{
	struct profile *profile = arena_new(&compilation->arena, struct profile);
	int rc;

	if (!request->profile)
		return 0;
	rc = profile_load(&compilation->diags, str_from(request->profile), profile);
	if (rc)
		fprintf(stderr, "%s: error: can't read the profile: %s\n", request->profile,
			strerror(-rc));
	request->options.profile = profile;
	return rc;
}

/*
 * Hosts refuse to go back to an older version of a signed policy, which they can tell by its
 * version only.
 */
static int sign(struct compilation *compilation, const struct request *request,
		struct bytes *bundle)
{
	if (!request->key)
		return 0;
	if (compilation->ir->version == 0)
		fprintf(stderr,
			"note: the policy states no version ('policy NAME version 1;'), so that "
			"hosts can't refuse an older one\n");
	if (!bundle_sign(&compilation->arena, *bundle, &request->secret, bundle))
		return 0;
	(void)cli_file_error(request->path, "signed, it would be larger than a bundle can be");
	return -1;
}

static int build(struct compilation *compilation, const struct request *request,
		 struct bytes *bundle)
{
	int rc = compile_bundle(compilation, &request->options, bundle);

	return rc ? rc : sign(compilation, request, bundle);
}

static int compile(struct request *request)
{
	struct compilation compilation;
	struct report_file file = {.path = request->path, .diags = &compilation.diags};
	struct bytes bundle = {0};
	int status = CLI_INPUT, rc;

	compilation_init(&compilation);
	rc = load_profile(&compilation, request);
	file.error = -check_input(&compilation, request->path, &file.path);
	if (!rc && !file.error && !compilation.diags.errors &&
	    !build(&compilation, request, &bundle))
		status = CLI_OK;
	report_text(&file, 1);
	if (is_source(&compilation.sources, request->output))
		status = cli_usage_error("compile", "the bundle would replace its source");
	else if (status == CLI_OK)
		status = write_bundle(request->output, &bundle);
	compilation_fini(&compilation);
	return status;
}

/* What is wrong with the command line, or CLI_OK. */
static int check_request(const struct request *request)
{
	if (!request->output)
		return cli_usage_error("compile", "where to? Give -o OUT.wrt");
	if (strcmp(request->output, "-") == 0)
		return cli_usage_error("compile", "a bundle is not written to standard output");
	return CLI_OK;
}

static int parse_goal(const char *goal, struct bundle_options *options)
{
	static const char *const goals[] = {"speed", "size", NULL};
	int choice = goal ? cli_choice("compile", "--optimize", goal, goals) : 0;

	options->small_filters = choice == 1;
	return choice < 0 ? CLI_USAGE : CLI_OK;
}

int verb_compile(int argc, char **argv)
{
	const char *targets = NULL, *goal = NULL;
	struct request request = {.path = NULL};
	struct bundle_options *options = &request.options;
	const struct cli_option table[] = {
		{"-o", NULL, &request.output},
		{"--target", NULL, &targets},
		{"--profile", NULL, &request.profile},
		{"--optimize", NULL, &goal},
		{"--sign", NULL, &request.key},
		{"--strip", &options->strip_places, NULL},
		{NULL, NULL, NULL},
	};
	int n = cli_parse("compile", table, argc, argv);
	int rc;

	if (n < 0)
		return CLI_USAGE;
	if (n != 1)
		return cli_usage_error("compile", n ? "only one file at a time"
						    : "which file? '-' is standard input");
	request.path = argv[0];
	if (check_request(&request) || parse_goal(goal, options))
		return CLI_USAGE;
	for (int arch = 0; !targets && arch < ARCH__COUNT; arch++)
		options->archs[arch] = arch_info((enum arch)arch)->by_default;
	if (parse_targets(targets, options))
		return CLI_USAGE;
	rc = request.key ? key_file_load(request.key, &request.secret) : CLI_OK;
	if (rc == CLI_OK)
		rc = compile(&request);
	key_file_wipe(&request.secret);
	return rc;
}
