/*
 * Every name of a policy is found, once, with its kind and its place.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "front/parse.h"
#include "front/refs.h"
#include "support/golden.h"

struct collected {
	struct arena arena;
	struct sources sources;
	struct diag_list diags;
	struct ast ast;
	struct refs refs;
};

static struct collected *collect(const char *text)
{
	struct collected *all = calloc(1, sizeof(*all));

	cr_assert_not_null(all);
	arena_init(&all->arena);
	all->sources.arena = &all->arena;
	diag_init(&all->diags, &all->arena, &all->sources);
	cr_assert_eq(parse_text(&all->diags, STR("t.writ"), str_from(text), &all->ast), 0);
	refs_collect(&all->arena, &all->ast, &all->refs);
	return all;
}

/* "KIND NAME[!][@OWNER][?]" of each reference: ! declares, ? in a test. */
static const char *list_refs(const char *text)
{
	static const char *const kinds[] = {"param", "set",  "tool", "sandbox",
					    "role",  "user", "arg",  "file"};
	struct collected *all = collect(text);
	char *list = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&list, &size);

	for (size_t i = 0; i < all->refs.n; i++) {
		const struct ref *ref = &all->refs.items[i];

		fprintf(out, "%s%s %.*s%s", i ? ", " : "", kinds[ref->kind], STR_ARG(ref->name),
			ref->declares ? "!" : "");
		if (ref->owner.len)
			fprintf(out, "@%.*s", STR_ARG(ref->owner));
		if (ref->in_test)
			fputc('?', out);
	}
	fclose(out);
	return list;
}

static const struct {
	const char *text; /* after a policy line */
	const char *wanted;
} cases[] = {
	{"param a : path; param b : string = \"${a}${c}\";",
	 "param a!, param b!, param a, param c"},
	{"set s : tools { t, s2, \"x\" }; set s2 : tools { git_* };",
	 "set s!, tool t, set s2, set s2!, tool git_*"},
	{"set s : paths { \"${w}/x\", other }; set other : paths { \"/a\" };",
	 "set s!, param w, set other, set other!"},
	{"set s : syscalls { read, @net, s2 }; set s2 : syscalls { write };",
	 "set s!, set s2, set s2!"},
	{"tool t { class read; sandbox b; describe \"${p}\"; arg x : path; }",
	 "tool t!, sandbox b, param p, arg x!@t"},
	{"sandbox b extends c { filesystem { read \"${w}\", trees; } network { deny bad; }\n"
	 "syscalls { allow calls, read; } limits { wall 1s; } env { pass A; set B = \"${v}\"; } }\n"
	 "set calls : syscalls { openat };",
	 "set calls!, sandbox b!, sandbox c, param w, set trees, set bad, set calls, param v"},
	{"role r extends q { allow t, s where a == \"${p}\" and (b in hosts or c in {\"${q}\"})\n"
	 "using box; deny u; } set s : tools { v };",
	 "set s!, tool v, role r!, role q, tool t, set s, arg a@t, param p, arg b@t, set hosts, "
	 "arg c@t, param q, sandbox box, tool u"},
	{"user \"u\" : a, b; conflict a, b; conflict session c, d;",
	 "user u!, role a, role b, role a, role b, role c, role d"},
	{"redact \"${p}\";", "param p"},
	{"test \"t\" with w = \"${x}\" { allow r t(a = \"${y}\"); sandbox b { deny read \"${z}\"; "
	 "} }",
	 "param w?, param x?, role r?, tool t?, arg a@t?, param y?, sandbox b?, param z?"},
	{"import \"not/there.writ\";", "file not/there.writ"},
};

Test(refs, each_place_of_a_name)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[512];

		snprintf(text, sizeof(text), "policy p;\n%s", cases[i].text);
		cr_expect_str_eq(list_refs(text), cases[i].wanted, "%s:\n%s", cases[i].text,
				 list_refs(text));
	}
}

Test(refs, spans_are_of_the_name_alone)
{
	static const char text[] = "policy p; param w : path; tool t { sandbox box; }\n"
				   "sandbox box { filesystem { read \"${w}/x\"; } }\n"
				   "role r { allow t where a under \"${w}\"; }\n"
				   "user \"alice\" : r;";
	struct collected *all = collect(text);

	cr_assert_gt(all->refs.n, 8);
	for (size_t i = 0; i < all->refs.n; i++) {
		const struct ref *ref = &all->refs.items[i];
		struct str written = {text + ref->span.begin, ref->span.end - ref->span.begin};
		char inside[64];

		snprintf(inside, sizeof(inside), "${%.*s}", STR_ARG(ref->name));
		if (ref->kind == REF_USER)
			snprintf(inside, sizeof(inside), "\"%.*s\"", STR_ARG(ref->name));
		cr_expect(str_eq(written, ref->name) || str_eq_cstr(written, inside),
			  "'%.*s' at '%.*s'", STR_ARG(ref->name), STR_ARG(written));
	}
}

Test(refs, trees_with_errors_have_references_too)
{
	cr_expect_str_eq(list_refs("policy p; role r { allow t; alow u; deny v where ; }\n"
				   "user \"u\" : r"),
			 "role r!, tool t, tool v, user u!, role r");
}

/* A name that is in the text and means something is in the list: none is forgotten. */
Test(refs, every_declaration_of_each_construct_is_found)
{
	static const char *const wanted[] = {"param workspace!",     "param imported!",
					     "set writers!",         "tool git_*!",
					     "arg token!@read_file", "sandbox base!",
					     "role developer!",      "user alice!",
					     "file parts/base.writ", "set writers,",
					     "set more_trees,",      "tool write_file,"};
	char *text = golden_read("tests/golden/ast/constructs.writ");
	const char *list;

	cr_assert_not_null(text);
	/* Imports are read from beside the text's name. */
	cr_assert_eq(chdir("tests/golden/ast"), 0);
	list = list_refs(text);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		cr_expect_not_null(strstr(list, wanted[i]), "%s not in %s", wanted[i], list);
	}
	free(text);
}
