/*
 * The YAML form and Writ's own say the same: pairs of files in tests/golden/yaml.
 */
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "front/parse.h"
#include "front/yaml.h"
#include "support/ast_dump.h"
#include "support/golden.h"
#include "support/policy.h"

#define PAIRS "tests/golden/yaml/"

static struct bytes compile_pair_file(const char *path)
{
	static const struct bundle_options options = {.archs = {true, true}, .strip_places = true};
	struct compilation *compilation = calloc(1, sizeof(*compilation));
	struct bytes bundle = {0};

	compilation_init(compilation);
	cr_assert_eq(compile_check(compilation, str_from(path)), 0, "%s", path);
	cr_assert_not_null(compilation->ir, "%s", policy_report(compilation));
	cr_assert_eq(compile_bundle(compilation, &options, &bundle), 0, "%s",
		     policy_report(compilation));
	return bundle;
}

static void expect_same_bundle(const char *name)
{
	char writ_path[64], yaml_path[64];
	struct bytes writ, yaml;

	snprintf(writ_path, sizeof(writ_path), PAIRS "%s.writ", name);
	snprintf(yaml_path, sizeof(yaml_path), PAIRS "%s.yaml", name);
	writ = compile_pair_file(writ_path);
	yaml = compile_pair_file(yaml_path);
	cr_assert_eq(writ.len, yaml.len, "%s", name);
	cr_assert_eq(memcmp(writ.ptr, yaml.ptr, writ.len), 0, "%s", name);
}

static char *tree_of_file(const char *name, const char *ending)
{
	struct compilation *compilation = calloc(1, sizeof(*compilation));
	struct ast ast;
	char path[64];

	snprintf(path, sizeof(path), PAIRS "%s%s", name, ending);
	compilation_init(compilation);
	cr_assert_eq(parse_policy(&compilation->diags, str_from(path), &ast), 0, "%s", path);
	cr_assert_eq(compilation->diags.errors, 0, "%s", policy_report(compilation));
	return ast_dump(&ast);
}

static void expect_same_tree(const char *name)
{
	char *writ = tree_of_file(name, ".writ");
	char *yaml = tree_of_file(name, ".yaml");

	cr_assert_str_eq(yaml, writ, "%s", name);
	free(writ);
	free(yaml);
}

Test(yaml_pairs, both_forms_compile_to_the_same_bundle)
{
	expect_same_bundle("blog");
	expect_same_bundle("short");
	expect_same_bundle("forms");
	expect_same_bundle("lists");
}

Test(yaml_pairs, both_forms_are_the_same_tree)
{
	expect_same_tree("short");
	expect_same_tree("forms");
	expect_same_tree("lists");
}

/* Law: what is translated to text and parsed again is what the YAML was. */
Test(yaml_pairs, translations_parse_to_the_same_tree)
{
	glob_t files;

	cr_assert_eq(glob(PAIRS "*.yaml", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct compilation *compilation = calloc(1, sizeof(*compilation));
		struct ast yaml, again;
		struct str text;
		uint32_t file;

		compilation_init(compilation);
		cr_assert_eq(source_load(&compilation->sources, str_from(files.gl_pathv[i]), &file),
			     0);
		cr_assert(yaml_to_writ(&compilation->diags, file, &text), "%s",
			  policy_report(compilation));
		/* in the directory of the pairs, for what they import */
		cr_assert_eq(parse_policy(&compilation->diags, str_from(files.gl_pathv[i]), &yaml),
			     0);
		cr_assert_eq(parse_text(&compilation->diags, STR(PAIRS "again.writ"), text, &again),
			     0);
		cr_assert_str_eq(ast_dump(&again), ast_dump(&yaml), "%s", files.gl_pathv[i]);
	}
	globfree(&files);
}

static struct compilation *check_in_pairs(const char *name, const char *text)
{
	struct compilation *compilation = calloc(1, sizeof(*compilation));

	compilation_init(compilation);
	cr_assert_eq(compile_check_text(compilation,
					str_printf(&compilation->arena, PAIRS "%s", name),
					str_from(text)),
		     0);
	return compilation;
}

Test(yaml_pairs, files_of_both_forms_import_each_other)
{
	const struct compilation *compilation =
		check_in_pairs("m.writ", "policy m;\nimport \"base.yaml\";\n"
					 "tool a { class read; sandbox git; }\n");

	cr_expect_not_null(compilation->ir, "%s", policy_report(compilation));
	compilation = check_in_pairs("m.yaml", "policy: m\nimport: base.writ\n"
					       "tools: {a: {class: read, sandbox: git}}\n");
	cr_expect_not_null(compilation->ir, "%s", policy_report(compilation));
	compilation = check_in_pairs("m.yaml", "policy: m\nimport: [base.yaml, base.yaml]\n"
					       "sandboxes: {git: {}}\n");
	cr_expect_null(compilation->ir);
	cr_expect_str_eq(policy_report(compilation),
			 "tests/golden/yaml/base.yaml:7:3: error: sandbox 'git' is declared twice "
			 "[E0101]\n  git:\n  ^~~\n"
			 "tests/golden/yaml/m.yaml:3:13: note: first declared here\n"
			 "sandboxes: {git: {}}\n            ^~~\n");
}

Test(yaml_pairs, imports_of_yaml_stay_inside_the_root)
{
	const struct compilation *compilation =
		check_in_pairs("m.yaml", "policy: m\nimport: [../x.yaml, nope.yaml, m.yaml]\n");

	cr_expect_str_eq(policy_says(compilation, DIAG_E0352),
			 "2:10 '../x.yaml' leads outside the policy's directory");
	cr_expect_eq(policy_count(compilation, DIAG_E0351), 2);
}

Test(golden, translation_of_yaml)
{
	struct compilation *compilation = calloc(1, sizeof(*compilation));
	struct str text;
	uint32_t file;

	compilation_init(compilation);
	cr_assert_eq(source_load(&compilation->sources, STR(PAIRS "forms.yaml"), &file), 0);
	cr_assert(yaml_to_writ(&compilation->diags, file, &text), "%s", policy_report(compilation));
	golden_check("yaml/forms.txt", text.ptr);
}

/* docs/yaml.md shows the policy that the pair is of, not one that was one day. */
Test(yaml_pairs, the_example_of_the_page_is_this_one)
{
	char *page = golden_read("docs/yaml.md");
	char *blog = golden_read(PAIRS "blog.yaml");
	char *base = golden_read(PAIRS "base.yaml");

	cr_assert(page && blog && base);
	cr_expect_not_null(strstr(page, blog));
	cr_expect_not_null(strstr(page, base));
	free(page);
	free(blog);
	free(base);
}
