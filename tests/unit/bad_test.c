/*
 * Every diagnostic has a policy that shows it.
 *
 * Walks diag.def: tests/bad/CODE.writ (or CODE.yaml, or tests/lint/CODE.writ) must be there and
 * must give that code, and what writc prints for it is a golden file. The few limits that no file
 * of reasonable size reaches are shown by a unit test, which is named here and must speak of the
 * code.
 */
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "import/oci.h"
#include "support/golden.h"
#include "support/policy.h"

/* Shown by unit tests, on policies that are generated. */
static const char *const generated[] = {"E0019", "E0401", "E0402", "E0403", "E0404",
					"E0405", "E0406", "E0407", "E0408", "E0409",
					"E0451", "E0454", "E0456", "E0053", "E0457",
					"E0459", "E0461", "E0480", "E0481", "E0482"};

static bool is_generated(const char *code)
{
	for (size_t i = 0; i < sizeof(generated) / sizeof(generated[0]); i++) {
		if (strcmp(generated[i], code) == 0)
			return true;
	}
	return false;
}

static void expect_mentioned(const char *code)
{
	glob_t tests;
	char name[16];
	bool found = false;

	snprintf(name, sizeof(name), "DIAG_%s", code);
	cr_assert_eq(glob("tests/unit/*_test.c", 0, NULL, &tests), 0);
	for (size_t i = 0; i < tests.gl_pathc; i++) {
		char *source = golden_read(tests.gl_pathv[i]);

		found = found || (source && strstr(source, name));
		free(source);
	}
	globfree(&tests);
	cr_expect(found, "no unit test speaks of %s", name);
}

static struct compilation *compile_file(const char *path)
{
	static const struct bundle_options all = {.archs = {true, true}};
	struct compilation *compilation = calloc(1, sizeof(*compilation));
	struct bytes bundle;
	int rc;

	compilation_init(compilation);
	rc = compile_check(compilation, str_from(path));
	cr_assert_eq(rc, 0, "%s: %s", path, strerror(-rc));
	if (compilation->ir)
		cr_expect_eq(!!compile_bundle(compilation, &all, &bundle),
			     compilation->diags.errors > 0, "%s", path);
	return compilation;
}

/* A profile in JSON is imported, with the default options. */
static struct compilation *import_file(const char *path)
{
	const struct oci_options options = {.caps = oci_docker_caps(), .archs = {true, true}};
	struct compilation *compilation = calloc(1, sizeof(*compilation));
	struct oci_notes notes = {0};
	struct str text;
	uint32_t file;

	compilation_init(compilation);
	cr_assert_eq(source_load(&compilation->sources, str_from(path), &file), 0, "%s", path);
	cr_expect_not(oci_to_writ(&compilation->diags, file, &options, &text, &notes), "%s", path);
	diag_sort(&compilation->diags);
	return compilation;
}

static struct compilation *load_file(const char *path)
{
	return strstr(path, ".json") ? import_file(path) : compile_file(path);
}

/*
 * In Writ; in YAML or JSON where that is what is wrong. Lints have a directory: see
 * lint_cases_test.c.
 */
static void bad_path(char *path, size_t size, enum diag_code code)
{
	if (diag_info(code)->severity == DIAG_WARNING) {
		snprintf(path, size, "tests/lint/%s.writ", diag_info(code)->code);
		return;
	}
	snprintf(path, size, "tests/bad/%s.yaml", diag_info(code)->code);
	if (access(path, F_OK))
		snprintf(path, size, "tests/bad/%s.json", diag_info(code)->code);
	if (access(path, F_OK))
		snprintf(path, size, "tests/bad/%s.writ", diag_info(code)->code);
}

Test(bad, every_diagnostic_has_a_policy_that_shows_it)
{
	for (int code = 0; code < DIAG__COUNT; code++) {
		const struct diag_info *info = diag_info((enum diag_code)code);
		const struct compilation *compilation;
		char path[64];

		bad_path(path, sizeof(path), (enum diag_code)code);
		if (access(path, R_OK)) {
			cr_expect(is_generated(info->code), "%s is missing", path);
			expect_mentioned(info->code);
			continue;
		}
		compilation = load_file(path);
		cr_expect_geq(policy_count(compilation, (enum diag_code)code), 1, "%s gives:\n%s",
			      path, policy_report(compilation));
	}
}

Test(bad, shows_nothing_else)
{
	for (int code = 0; code < DIAG__COUNT; code++) {
		const struct compilation *compilation;
		char path[64];

		bad_path(path, sizeof(path), (enum diag_code)code);
		if (access(path, R_OK))
			continue;
		compilation = load_file(path);
		for (size_t i = 0; i < compilation->diags.items.n; i++) {
			const struct diag *diag = &compilation->diags.items.items[i];

			cr_expect(diag->code == (enum diag_code)code ||
					  diag->severity == DIAG_WARNING,
				  "%s gives:\n%s", path, policy_report(compilation));
		}
	}
}

Test(bad, no_policy_is_left_of_a_code_that_is_gone)
{
	glob_t files;

	cr_assert_eq(glob("tests/bad/*.writ", 0, NULL, &files), 0);
	cr_assert_eq(glob("tests/bad/*.yaml", GLOB_APPEND, NULL, &files), 0);
	cr_assert_eq(glob("tests/bad/*.json", GLOB_APPEND, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		bool known = false;
		char path[64];

		for (int code = 0; code < DIAG__COUNT; code++) {
			bad_path(path, sizeof(path), (enum diag_code)code);
			known = known || strcmp(path, files.gl_pathv[i]) == 0;
		}
		cr_expect(known, "%s shows no diagnostic", files.gl_pathv[i]);
	}
	globfree(&files);
}

Test(golden, diagnostics_read_well)
{
	for (int code = 0; code < DIAG__COUNT; code++) {
		const struct diag_info *info = diag_info((enum diag_code)code);
		char path[64], name[64];

		bad_path(path, sizeof(path), (enum diag_code)code);
		if (access(path, R_OK))
			continue;
		snprintf(name, sizeof(name), "bad/%s.txt", info->code);
		golden_check(name, policy_report(load_file(path)));
	}
}

Test(bad, letter_of_a_code_tells_its_severity)
{
	for (int code = 0; code < DIAG__COUNT; code++) {
		const struct diag_info *info = diag_info((enum diag_code)code);

		cr_expect_eq(strlen(info->code), 5);
		cr_expect_eq(info->code[0], info->severity == DIAG_ERROR ? 'E' : 'W');
		cr_expect(*info->title && *info->explanation, "%s", info->code);
	}
}
