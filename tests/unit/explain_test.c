/*
 * writc explain and writc query: their answers, from a source and from its bundle.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <jansson.h>

#include "cli/cli.h"
#include "support/golden.h"
#include "support/run_verb.h"

#define BLOG     "tests/golden/test/blog.writ"
#define MAX_TEXT 8192

static const char *bundle(void)
{
	static char path[] = "/tmp/writ-explain-XXXXXX";
	struct run_verb run;

	if (strstr(path, "XXXXXX"))
		close(mkstemp(path));
	run = RUN_VERB(verb_compile, BLOG, "-o", path);
	cr_assert_eq(run.status, CLI_OK, "%s", run.err);
	return path;
}

/* The answers to several questions, one after the other. */
struct answers {
	char text[MAX_TEXT * 4];
	size_t len;
};

static void ask(struct answers *answers, int (*verb)(int, char **), const char *const *words)
{
	struct run_verb run = run_verb(verb, words);

	for (size_t i = 1; words[i]; i++)
		answers->len += (size_t)snprintf(answers->text + answers->len,
						 sizeof(answers->text) - answers->len, "%s%s",
						 i == 1 ? "$ " : " ", words[i]);
	answers->len += (size_t)snprintf(answers->text + answers->len,
					 sizeof(answers->text) - answers->len, "\n%s%sexit %d\n\n",
					 run.out, run.err, run.status);
	cr_assert_lt(answers->len, sizeof(answers->text));
}

#define ASK(verb, ...) ask(answers, (verb), (const char *const[]){path, __VA_ARGS__, NULL})

static void explain_all(struct answers *answers, const char *path)
{
	ASK(verb_explain, "developer", "write_file", "path=/w/src/a", "--param", "workspace=/w");
	ASK(verb_explain, "admin", "write_file", "path=/etc/x", "--param=workspace=/w");
	ASK(verb_explain, "developer", "write_file", "--param", "workspace=/w");
	ASK(verb_explain, "developer", "write_file", "path=/x");
	ASK(verb_explain, "developer", "write_file", "path=/x", "path=/x");
	ASK(verb_explain, "admin", "git_push", "remote=evil");
	ASK(verb_explain, "bob", "execute_bash", "command=rm -rf x", "--user");
	ASK(verb_explain, "guest", "execute_python");
	ASK(verb_explain, "nobody", "read_file");
	ASK(verb_explain, "nobody", "read_file", "--user");
	ASK(verb_explain, "develper", "wirte_file");
	ASK(verb_explain, "alice", "read_file");
	ASK(verb_explain, "guest", "read_file", "--user");
	ASK(verb_explain, "alcie", "git_psuh", "--user");
	ASK(verb_explain, "guest", "never_seen");
	ASK(verb_explain, "guest", "no tool");
}

static void query_all(struct answers *answers, const char *path)
{
	ASK(verb_query, "who-can", "git_push");
	ASK(verb_query, "who-can", "git_status");
	ASK(verb_query, "who-can", "never_seen");
	ASK(verb_query, "what-can", "developer");
	ASK(verb_query, "what-can", "alice", "--user");
	ASK(verb_query, "what-can", "nobody");
	ASK(verb_query, "what-can", "alice");
	ASK(verb_query, "what-can", "gest");
	ASK(verb_query, "who-can", "read_fiel");
	ASK(verb_query, "tools");
	ASK(verb_query, "roles");
	ASK(verb_query, "users");
}

Test(golden, explain_of_a_source_and_its_bundle_are_the_same)
{
	static struct answers source, compiled;

	explain_all(&source, BLOG);
	golden_check("test/explain.txt", source.text);
	explain_all(&compiled, bundle());
	cr_expect_str_eq(compiled.text, source.text);
	remove(bundle());
}

Test(golden, explain_as_json)
{
	struct run_verb run = RUN_VERB(verb_explain, "--format", "json", BLOG, "admin",
				       "write_file", "path=/etc/x");
	json_t *root = json_loads(run.out, 0, NULL);

	cr_expect_eq(run.status, CLI_OK);
	cr_assert_not_null(root);
	json_decref(root);
	golden_check("test/explain.json", run.out);
}

Test(explain, wrong_command_lines_are_status_2_and_values_3)
{
	struct run_verb run;

	cr_expect_eq(RUN_VERB(verb_explain, BLOG, "guest").status, CLI_USAGE);
	cr_expect_eq(RUN_VERB(verb_explain, BLOG, "guest", "t", "path").status, CLI_USAGE);
	cr_expect_eq(RUN_VERB(verb_explain, BLOG, "guest", "t", "=x").status, CLI_USAGE);
	cr_expect_eq(RUN_VERB(verb_explain, BLOG, "guest", "t", "--param").status, CLI_USAGE);
	cr_expect_eq(RUN_VERB(verb_explain, BLOG, "guest", "t", "--format=xml").status, CLI_USAGE);
	run = RUN_VERB(verb_explain, BLOG, "guest", "t", "--param", "workspace=relative");
	cr_expect_eq(run.status, CLI_INPUT);
	cr_expect_not_null(strstr(run.err, "parameter 'workspace' can't be"), "%s", run.err);
	run = RUN_VERB(verb_explain, BLOG, "guest", "t", "--param", "nothing=1");
	cr_expect_eq(run.status, CLI_INPUT);
	cr_expect_not_null(strstr(run.err, "the policy has no parameter 'nothing'"), "%s", run.err);
	cr_expect_eq(RUN_VERB(verb_explain, "none.writ", "guest", "t").status, CLI_INPUT);
}

Test(golden, query_of_a_source_and_its_bundle_are_the_same)
{
	static struct answers source, compiled;

	query_all(&source, BLOG);
	golden_check("test/query.txt", source.text);
	query_all(&compiled, bundle());
	cr_expect_str_eq(compiled.text, source.text);
	remove(bundle());
}

Test(golden, query_as_json)
{
	static const char *const questions[][2] = {{"who-can", "git_push"},
						   {"what-can", "developer"},
						   {"tools", NULL},
						   {"roles", NULL},
						   {"users", NULL}};
	static char text[MAX_TEXT * 4];
	size_t len = 0;

	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		struct run_verb run = RUN_VERB(verb_query, "--format=json", BLOG, questions[i][0],
					       questions[i][1]);
		json_t *root = json_loads(run.out, 0, NULL);

		cr_assert_not_null(root, "%s", questions[i][0]);
		json_decref(root);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", run.out);
		cr_assert_lt(len, sizeof(text));
	}
	golden_check("test/query.json", text);
}

Test(query, wrong_command_lines_are_status_2)
{
	cr_expect_eq(RUN_VERB(verb_query, BLOG).status, CLI_USAGE);
	cr_expect_eq(RUN_VERB(verb_query, BLOG, "who").status, CLI_USAGE);
	cr_expect_eq(RUN_VERB(verb_query, BLOG, "who-can").status, CLI_USAGE);
	cr_expect_eq(RUN_VERB(verb_query, BLOG, "tools", "x").status, CLI_USAGE);
	cr_expect_eq(RUN_VERB(verb_query, BLOG, "who-can", "x", "--user").status, CLI_USAGE);
	cr_expect_eq(RUN_VERB(verb_query, BLOG, "tools", "--format", "xml").status, CLI_USAGE);
	cr_expect_eq(RUN_VERB(verb_query, "none.writ", "tools").status, CLI_INPUT);
}

Test(query, nothing_found_is_status_1)
{
	char path[] = "/tmp/writ-query-XXXXXX.writ";
	FILE *out = fdopen(mkstemps(path, 5), "w");

	cr_assert(out && fputs("policy p;\n", out) >= 0 && fclose(out) == 0);
	cr_expect_eq(RUN_VERB(verb_query, path, "tools").status, CLI_FINDINGS);
	cr_expect_eq(RUN_VERB(verb_query, path, "roles").status, CLI_FINDINGS);
	cr_expect_eq(RUN_VERB(verb_query, path, "users").status, CLI_FINDINGS);
	remove(path);
}
