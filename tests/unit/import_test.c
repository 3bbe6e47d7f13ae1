#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "front/parse.h"

static struct arena arena;
static struct sources sources;
static struct diag_list diags;
static struct ast ast;
static char root[] = "/tmp/writ-import-XXXXXX";

static void setup(void)
{
	arena_init(&arena);
	sources = (struct sources){.arena = &arena};
	diag_init(&diags, &arena, &sources);
	cr_assert_not_null(mkdtemp(root));
	cr_assert_eq(chdir(root), 0);
	cr_assert_eq(mkdir("p", 0700), 0);
	cr_assert_eq(mkdir("p/sub", 0700), 0);
}

static void teardown(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	cr_assert_eq(chdir("/"), 0);
	cr_assert_eq(system(command), 0);
	arena_fini(&arena);
}

TestSuite(import, .init = setup, .fini = teardown);

static void put(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	cr_assert_not_null(out, "%s", path);
	fputs(text, out);
	fclose(out);
}

static int parse_main(const char *text)
{
	put("p/main.writ", text);
	return parse_policy(&diags, STR("p/main.writ"), &ast);
}

static void expect_one(enum diag_code code, const char *message)
{
	cr_assert_eq(diags.errors, 1, "%zu errors", diags.errors);
	cr_assert_eq(diags.items.items[0].code, code, "%s",
		     diag_info(diags.items.items[0].code)->code);
	cr_assert_not_null(strstr(diags.items.items[0].message.ptr, message), "%s",
			   diags.items.items[0].message.ptr);
}

Test(import, paths_are_relative_to_the_importing_file)
{
	put("p/sub/a.writ",
	    "policy ignored version 9;\nimport \"b.writ\"; import \"../c.writ\";\nrole a { }");
	put("p/sub/b.writ", "role b { }");
	put("p/c.writ", "role c { }");
	cr_assert_eq(parse_main(
			     "policy main version 1; import \"./sub/../sub//a.writ\"; role m { }"),
		     0);
	cr_assert_eq(diags.errors, 0, "%s", diags.items.n ? diags.items.items[0].message.ptr : "");
	cr_assert_eq(ast.roles.n, 4);
	cr_assert(str_eq_cstr(ast.name.text, "main"));
	cr_assert_eq(ast.version, 1);
	cr_assert(str_eq_cstr(sources.files.items[1].path, "p/sub/a.writ"));
	cr_assert(str_eq_cstr(sources.files.items[3].path, "p/c.writ"));
}

Test(import, a_file_imported_twice_is_read_once)
{
	put("p/a.writ", "import \"c.writ\";");
	put("p/b.writ", "import \"sub/link.writ\"; import \"sub/../c.writ\";");
	put("p/c.writ", "role c { }");
	cr_assert_eq(symlink("../c.writ", "p/sub/link.writ"), 0);
	parse_main("policy p; import \"a.writ\"; import \"b.writ\"; import \"a.writ\";");
	cr_assert_eq(diags.errors, 0);
	cr_assert_eq(ast.roles.n, 1);
	cr_assert_eq(sources.files.n, 4);
}

Test(import, a_cycle_is_reported_once_at_the_import_that_closes_it)
{
	put("p/a.writ", "import \"sub/b.writ\";");
	put("p/sub/b.writ", "role b { }\nimport \"../a.writ\";");
	parse_main("policy p; import \"a.writ\";");
	expect_one(DIAG_E0353, "p/a.writ");
	cr_assert_eq(diags.items.items[0].span.file, 2);
	cr_assert_eq(diags.items.items[0].span.begin, 18);
	cr_assert_eq(ast.roles.n, 1);
}

Test(import, the_main_file_imported_is_a_cycle)
{
	parse_main("policy p; import \"sub/../main.writ\";");
	expect_one(DIAG_E0353, "p/main.writ");
}

Test(import, nothing_above_the_root_is_looked_for)
{
	put("outside.writ", "role o { }");
	parse_main("policy p; import \"../outside.writ\";");
	expect_one(DIAG_E0352, "../outside.writ");
	cr_assert_eq(ast.roles.n, 0);
}

Test(import, leaving_the_root_and_coming_back_is_leaving)
{
	put("p/a.writ", "role a { }");
	parse_main("policy p; import \"sub/../../p/a.writ\";");
	expect_one(DIAG_E0352, "sub/../../p/a.writ");
}

Test(import, a_link_out_of_the_root_is_refused)
{
	put("outside.writ", "role o { }");
	cr_assert_eq(symlink("../outside.writ", "p/link.writ"), 0);
	parse_main("policy p; import \"link.writ\";");
	expect_one(DIAG_E0352, "link");
	cr_assert_eq(ast.roles.n, 0);
}

Test(import, a_sibling_with_the_roots_prefix_is_outside)
{
	cr_assert_eq(mkdir("p2", 0700), 0);
	put("p2/o.writ", "role o { }");
	cr_assert_eq(symlink("../p2/o.writ", "p/link.writ"), 0);
	parse_main("policy p; import \"link.writ\";");
	expect_one(DIAG_E0352, "link");
}

Test(import, what_cannot_be_read_is_reported)
{
	parse_main("policy p; import \"none.writ\";");
	expect_one(DIAG_E0351, "No such file");
}

Test(import, a_directory_is_not_a_file)
{
	parse_main("policy p; import \"sub\";");
	expect_one(DIAG_E0351, "Is a directory");
}

Test(import, malformed_paths_are_reported)
{
	parse_main("policy p; import \"\"; import \"/etc/passwd\"; import \"${x}/a\"; import "
		   "\"a${x}\";");
	cr_assert_eq(diags.errors, 4);
	for (size_t i = 0; i < diags.items.n; i++)
		cr_assert_eq(diags.items.items[i].code, DIAG_E0355);
}

Test(import, a_path_that_says_it_is_a_directory_is_refused)
{
	put("p/sub/a.writ", "role a { }");
	parse_main("policy p; import \"./\"; import \"sub/..\"; import \"sub/a.writ/\"; import "
		   "\"..\"; import \"sub/.\";");
	cr_assert_eq(diags.errors, 5);
	for (size_t i = 0; i < diags.items.n; i++) {
		cr_assert_eq(diags.items.items[i].code, DIAG_E0355);
		cr_assert_str_eq(diags.items.items[i].message.ptr,
				 "an import names a file, not a directory");
	}
	cr_assert_eq(ast.roles.n, 0);
}

Test(import, errors_in_an_imported_file_are_shown_there)
{
	put("p/a.writ", "role a { alow b; }");
	parse_main("policy p; import \"a.writ\"; role m { }");
	expect_one(DIAG_E0001, "alow");
	cr_assert_eq(diags.items.items[0].span.file, 1);
	cr_assert_eq(ast.roles.n, 2);
}

/* Files 0.writ to n-1.writ, each importing the next, and main importing the first. */
static void put_chain(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char path[32];
		char text[64] = "role last { }";

		snprintf(path, sizeof(path), "p/%u.writ", i);
		if (i + 1 < n)
			snprintf(text, sizeof(text), "import \"%u.writ\";", i + 1);
		put(path, text);
	}
	parse_main("policy p; import \"0.writ\";");
}

Test(import, a_chain_may_be_as_long_as_the_limit)
{
	put_chain(PARSE_MAX_IMPORT_DEPTH);
	cr_assert_eq(diags.errors, 0);
	cr_assert_eq(ast.roles.n, 1);
}

Test(import, a_longer_chain_is_an_error)
{
	put_chain(PARSE_MAX_IMPORT_DEPTH + 1);
	expect_one(DIAG_E0354, "nested");
	cr_assert_eq(ast.roles.n, 0);
}

Test(import, the_number_of_files_is_limited)
{
	FILE *out = fopen("p/a.writ", "w");

	for (unsigned i = 0; i < SOURCE_MAX_FILES; i++) {
		char path[32];

		snprintf(path, sizeof(path), "p/sub/%u", i);
		put(path, "");
		fprintf(out, "import \"sub/%u\";\n", i);
	}
	fclose(out);
	parse_main("policy p; import \"a.writ\";");
	cr_assert_eq(diags.errors, 2);
	cr_assert_eq(diags.items.items[0].code, DIAG_E0354);
	cr_assert_eq(sources.files.n, SOURCE_MAX_FILES);
}

Test(import, an_unreadable_main_file_is_an_errno_and_no_diagnostic)
{
	cr_assert_eq(parse_policy(&diags, STR("none.writ"), &ast), -ENOENT);
	cr_assert_eq(parse_policy(&diags, STR("p"), &ast), -EISDIR);
	cr_assert_eq(diags.errors, 0);
}

/* The path of the file that the import of this index names. */
static struct str imported(size_t index)
{
	return sources.files.items[ast.imports.items[index].file].path;
}

Test(import, each_import_knows_its_file)
{
	put("p/a.writ", "import \"b.writ\";");
	put("p/b.writ", "role b { }");
	cr_assert_eq(parse_main("policy p;\nimport \"a.writ\"; import \"b.writ\";\n"
				"import \"none.writ\"; import \"a.writ\";"),
		     0);
	cr_assert_eq(ast.imports.n, 5);
	cr_assert(str_eq_cstr(imported(0), "p/a.writ"));
	cr_assert(str_eq_cstr(imported(1), "p/b.writ"));
	cr_assert_eq(ast.imports.items[2].file, SPAN_NO_FILE);
	cr_assert_eq(ast.imports.items[3].file, ast.imports.items[0].file);
	cr_assert_eq(ast.imports.items[4].span.file, ast.imports.items[0].file);
	cr_assert_eq(ast.imports.items[4].file, ast.imports.items[1].file);
}
