/*
 * writc show: a bundle, readable.
 *
 * Sections are rows of a table: those of the policy come first, then those of each sandbox. All are
 * shown unless --section names one. The raw format is the bytes of one filter, so there what is
 * asked for must be exactly one.
 */
#include "cli/show.h"

#include <string.h>
#include <sys/utsname.h>

#include "base/utf8.h"
#include "cli/cli.h"
#include "cli/report.h"
#include "link/bundle_ir.h"
#include "link/bundle_proof.h"
#include "runtime/writ.h"

static const struct policy_section {
	const char *name;
	void (*text)(const struct show *show);
	json_t *(*json)(const struct show *show);
} policy_sections[] = {
	{"policy", show_policy_text, show_policy_json},
	{"rbac", show_rbac_text, show_rbac_json},
};

static const struct sandbox_section {
	const char *name;
	void (*text)(const struct show *show, const struct writ_fmt_sandbox *sandbox);
	json_t *(*json)(const struct show *show, const struct writ_fmt_sandbox *sandbox);
} sandbox_sections[] = {
	{"plan", show_plan_text, show_plan_json},
	{"filesystem", show_filesystem_text, show_filesystem_json},
	{"landlock", show_landlock_text, show_landlock_json},
	{"network", show_network_text, show_network_json},
	{"limits", show_limits_text, show_limits_json},
	{"env", show_env_text, show_env_json},
	{"calls", show_calls_text, show_calls_json},
	{"seccomp", show_seccomp_text, show_seccomp_json},
};

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static const char *const section_names[] = {"policy",   "rbac",    "plan",   "filesystem",
					    "landlock", "network", "limits", "env",
					    "calls",    "seccomp", NULL};

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_RAW };
static const char *const format_names[] = {"text", "json", "raw", NULL};

struct request {
	const char *path;
	const char *section;
	const char *sandbox;
	int format;          /* enum format */
	uint32_t audit_arch; /* or 0: of every architecture */
};

static bool wants(const struct request *request, const char *section)
{
	return !request->section || strcmp(request->section, section) == 0;
}

static bool is_shown(const struct show *show, uint32_t sandbox)
{
	return show->sandbox == WRIT_NONE || show->sandbox == sandbox;
}

static bool wants_sandboxes(const struct request *request)
{
	return !request->section || (!wants(request, "policy") && !wants(request, "rbac"));
}

static void print_text(const struct show *show, const struct request *request)
{
	for (size_t i = 0; i < LEN(policy_sections); i++) {
		if (wants(request, policy_sections[i].name))
			policy_sections[i].text(show);
	}
	for (uint32_t s = 0; wants_sandboxes(request) && s < BUNDLE_N(show->image, SANDBOXES);
	     s++) {
		const struct writ_fmt_sandbox *sandbox = BUNDLE_AT(show->image, SANDBOXES, sandbox,
								   s);

		if (!is_shown(show, s))
			continue;
		fprintf(show->out, "sandbox %.*s%s\n", STR_ARG(show_str(show, sandbox->name)),
			sandbox->flags & WRIT_SANDBOX_BEST_EFFORT ? " (best effort)" : "");
		for (size_t i = 0; i < LEN(sandbox_sections); i++) {
			if (wants(request, sandbox_sections[i].name))
				sandbox_sections[i].text(show, sandbox);
		}
	}
}

static json_t *sandbox_json(const struct show *show, const struct request *request, uint32_t index)
{
	const struct writ_fmt_sandbox *sandbox = BUNDLE_AT(show->image, SANDBOXES, sandbox, index);
	json_t *object = json_pack("{s:o,s:b}", "sandbox", show_json_str(show, sandbox->name),
				   "best_effort", (sandbox->flags & WRIT_SANDBOX_BEST_EFFORT) != 0);

	for (size_t i = 0; i < LEN(sandbox_sections); i++) {
		if (wants(request, sandbox_sections[i].name))
			json_object_set_new(object, sandbox_sections[i].name,
					    sandbox_sections[i].json(show, sandbox));
	}
	return object;
}

static void print_json(const struct show *show, const struct request *request)
{
	json_t *root = json_object(), *sandboxes = json_array();

	for (size_t i = 0; i < LEN(policy_sections); i++) {
		if (wants(request, policy_sections[i].name))
			json_object_set_new(root, policy_sections[i].name,
					    policy_sections[i].json(show));
	}
	for (uint32_t s = 0; s < BUNDLE_N(show->image, SANDBOXES); s++) {
		if (is_shown(show, s))
			json_array_append_new(sandboxes, sandbox_json(show, request, s));
	}
	if (wants_sandboxes(request))
		json_object_set(root, "sandboxes", sandboxes);
	json_decref(sandboxes);
	json_dumpf(root, show->out, JSON_INDENT(2));
	fputc('\n', show->out);
	json_decref(root);
}

/* The one filter asked for, or NULL and *n its number. */
static const struct writ_fmt_filter *only_filter(const struct show *show, unsigned *n)
{
	const struct writ_fmt_filter *found = NULL;

	*n = 0;
	for (uint32_t s = 0; s < BUNDLE_N(show->image, SANDBOXES); s++) {
		struct writ_fmt_range range =
			BUNDLE_AT(show->image, SANDBOXES, sandbox, s)->filters;

		for (uint32_t i = 0; is_shown(show, s) && i < range.count; i++) {
			const struct writ_fmt_filter *filter = BUNDLE_AT(show->image, FILTERS,
									 filter, range.first + i);

			if (show->audit_arch && filter->audit_arch != show->audit_arch)
				continue;
			found = filter;
			(*n)++;
		}
	}
	return *n == 1 ? found : NULL;
}

/* This machine's architecture, or 0 when it is none that filters are made for. */
static uint32_t host_audit_arch(void)
{
	struct utsname host;
	enum arch arch;

	if (uname(&host) || !arch_find(str_from(host.machine), &arch))
		return 0;
	return arch_info(arch)->audit_arch;
}

static int print_raw(const struct show *show, const struct request *request)
{
	const struct writ_fmt_filter *filter;
	struct show host = *show;
	unsigned n;

	if (request->section && strcmp(request->section, "seccomp") != 0)
		return cli_usage_error("show", "--format raw is for --section seccomp only");
	filter = only_filter(show, &n);
	host.audit_arch = host_audit_arch();
	if (!filter && !show->audit_arch && host.audit_arch)
		filter = only_filter(&host, &n);
	if (!filter)
		return cli_usage_error(
			"show",
			"--format raw needs exactly one filter, and this selects %u: "
			"choose with --sandbox and --arch",
			n);
	fwrite(BUNDLE_AT(show->image, INSNS, insn, filter->insns.first),
	       sizeof(struct writ_fmt_insn), filter->insns.count, show->out);
	return CLI_OK;
}

static int select_sandbox(struct show *show, const struct request *request)
{
	if (!request->sandbox)
		return CLI_OK;
	for (uint32_t i = 0; i < BUNDLE_N(show->image, SANDBOXES); i++) {
		struct writ_fmt_str name = BUNDLE_AT(show->image, SANDBOXES, sandbox, i)->name;

		if (str_eq_cstr(bundle_str(show->image, name), request->sandbox))
			show->sandbox = i;
	}
	if (show->sandbox == WRIT_NONE)
		return cli_usage_error("show", "--sandbox: the bundle has no sandbox '%s'",
				       request->sandbox);
	return CLI_OK;
}

static int check_arch(const struct show *show)
{
	for (uint32_t i = 0; i < BUNDLE_N(show->image, FILTERS); i++) {
		if (BUNDLE_AT(show->image, FILTERS, filter, i)->audit_arch == show->audit_arch)
			return CLI_OK;
	}
	return show->audit_arch ? cli_usage_error("show", "--arch: the bundle has no filter for it")
				: CLI_OK;
}

static int show_image(struct show *show, const struct request *request)
{
	int rc = select_sandbox(show, request);

	if (rc == CLI_OK)
		rc = check_arch(show);
	if (rc != CLI_OK)
		return rc;
	if (request->format == FORMAT_RAW)
		rc = print_raw(show, request);
	else if (request->format == FORMAT_JSON)
		print_json(show, request);
	else
		print_text(show, request);
	return rc;
}

/* It is shown all the same: what is enforced is in there too, and whoever doubts it has to look. */
static void warn_of_forgery(struct arena *arena, const struct request *request,
			    const struct bundle_image *image)
{
	const struct ir_policy *policy = bundle_ir(arena, image);
	struct bundle_proof proof = {.wrong = STR("it has a condition that writc does not write")};

	if (policy)
		bundle_prove(arena, image, policy, BUNDLE_PROVE_ALL, &proof);
	if (proof.wrong.len == 0)
		return;
	utf8_print(stderr, str_from(request->path));
	fputs(": warning: it does not enforce what it lists: ", stderr);
	utf8_print(stderr, proof.wrong);
	fputc('\n', stderr);
}

static int show_file(struct arena *arena, const struct request *request)
{
	struct bundle_image image;
	struct writ_error error;
	struct bytes bytes;
	int rc = bundle_load(arena, request->path, &bytes);

	if (rc)
		return cli_file_error(request->path, "can't read the bundle: %s",
				      report_reason(-rc));
	if (writ_verify(bytes.ptr, bytes.len, &error))
		return cli_file_error(request->path, "can't use the bundle: %s", error.text);
	bundle_read(bytes, &image);
	warn_of_forgery(arena, request, &image);
	return show_image(&(struct show){.arena = arena,
					 .image = &image,
					 .out = stdout,
					 .sandbox = WRIT_NONE,
					 .audit_arch = request->audit_arch},
			  request);
}

/* What can be told to be wrong about the command line without the bundle. */
static int check_words(struct request *request, const char *format, const char *arch_name)
{
	enum arch arch;

	if (request->section &&
	    cli_choice("show", "--section", request->section, section_names) < 0)
		return CLI_USAGE;
	request->format = format ? cli_choice("show", "--format", format, format_names)
				 : FORMAT_TEXT;
	if (request->format < 0)
		return CLI_USAGE;
	if (!arch_name)
		return CLI_OK;
	if (!arch_find(str_from(arch_name), &arch))
		return cli_usage_error("show",
				       "--arch: unknown architecture '%s'; there are: x86_64, "
				       "aarch64, riscv64",
				       arch_name);
	request->audit_arch = arch_info(arch)->audit_arch;
	return CLI_OK;
}

int verb_show(int argc, char **argv)
{
	struct request request = {0};
	const char *format = NULL, *arch = NULL;
	const struct cli_option options[] = {
		{"--section", NULL, &request.section},
		{"--format", NULL, &format},
		{"--sandbox", NULL, &request.sandbox},
		{"--arch", NULL, &arch},
		{NULL, NULL, NULL},
	};
	int n = cli_parse("show", options, argc, argv);
	struct arena arena;
	int rc;

	if (n < 0)
		return CLI_USAGE;
	if (n != 1)
		return cli_usage_error("show", n == 0 ? "which bundle?" : "one bundle at a time");
	if (check_words(&request, format, arch) != CLI_OK)
		return CLI_USAGE;
	request.path = argv[0];
	arena_init(&arena);
	rc = show_file(&arena, &request);
	arena_fini(&arena);
	return rc;
}
