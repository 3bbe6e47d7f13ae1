/*
 * writ decide from outside: arguments of the call, and what is said about conditions.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/bundle_maker.h"
#include "support/shell.h"

static char path[] = "/tmp/writ-decide-XXXXXX";

static const char policy[] = "tool write_file { arg path : path; arg content : string; }\n"
			     "role dev {\n"
			     "  allow write_file where path under \"/w/src\";\n"
			     "  ask write_file where path under \"/w\";\n"
			     "  deny note where text == \"a=b\";\n"
			     "  deny note where text == \"\";\n"
			     "  allow note;\n"
			     "}\n"
			     "user \"ann\" : dev;\n";

static void setup(void)
{
	struct test_bundle bundle = bundle_make(policy);
	int fd = mkstemp(path);

	cr_assert(fd >= 0 && write(fd, bundle.bytes, bundle.size) == (ssize_t)bundle.size);
	close(fd);
}

static void teardown(void)
{
	unlink(path);
}

TestSuite(decide, .init = setup, .fini = teardown, .timeout = 60);

/* The exit status of "writ VERB -p BUNDLE --role dev ARGS". */
static int writ(const char *verb, const char *args)
{
	return shell("$R %s -p %s --role dev %s", verb, path, args);
}

static void expect(const char *args, int status, const char *says)
{
	cr_expect_eq(writ("decide", args), status, "%s: %s", args, shell_output);
	cr_expect(strstr(shell_output, says), "%s: no '%s' in:\n%s", args, says, shell_output);
}

Test(decide, the_rule_is_told_with_its_condition)
{
	expect("--tool note", 1, "deny\n");
	expect("--tool note --arg text=x", 0, "of role 'dev': allow note\n");
	expect("--tool write_file --arg path=/w/x --state private", 1,
	       "ask\nrule test.writ:5:7 of role 'dev': ask write_file where path under \"/w\"\n");
}

Test(decide, what_would_have_let_it_pass_is_told)
{
	expect("--tool write_file --arg path=/etc/x", 1,
	       "deny\nnone of the conditions holds; the first is that of rule test.writ:5:7 of "
	       "role "
	       "'dev': ask write_file where path under \"/w\"\n");
}

Test(decide, values_are_taken_as_they_are)
{
	expect("--tool note --arg text=a=b", 1, "where text == \"a=b\"");
	expect("--tool note --arg text=", 1, "where text == \"\"");
	expect("--tool note --arg=text=c", 0, "allow");
}

Test(decide, names_given_twice_and_too_many_are_wrong)
{
	char args[2048] = "--tool note";

	expect("--tool note --arg text=a --arg text=b", 2, "--arg text is given twice");
	expect("--tool note --arg text", 2, "takes NAME=VALUE");
	expect("--tool note --arg =x", 2, "takes NAME=VALUE");
	for (size_t i = 0; i < 63; i++)
		snprintf(args + strlen(args), sizeof(args) - strlen(args), " --arg a%zu=", i);
	strcat(args, " --arg text=x");
	expect(args, 0, "allow");
	strcat(args, " --arg one=more");
	expect(args, 2, "more than 64 times --arg");
}

Test(decide, mistaken_words_are_told_what_they_are)
{
	expect("--tool note text=x", 2,
	       "unexpected argument 'text=x'; an argument of the call stands");
	cr_expect_eq(shell("$R decide -p %s --role ann --tool note", path), 1);
	cr_expect(strstr(shell_output, "role 'ann' is not known to the policy; it is a user"), "%s",
		  shell_output);
	cr_expect_eq(shell("$R decide -p %s --user dev --tool note", path), 1);
	cr_expect(strstr(shell_output, "user 'dev' is not known to the policy; it is a role"), "%s",
		  shell_output);
	cr_expect_eq(shell("$R decide -p %s --user bob --tool note", path), 1);
	cr_expect(strstr(shell_output, "user 'bob' is not known to the policy\n"), "%s",
		  shell_output);
}

Test(decide, run_asks_a_human)
{
	cr_expect_eq(writ("run", "--tool write_file --arg path=/w/x --state private -- /bin/true"),
		     126);
	cr_expect(strstr(shell_output, "not approved: "), "%s", shell_output);
	cr_expect_eq(writ("run", "--tool write_file --arg path=/etc/x -- /bin/true"), 126);
	cr_expect(strstr(shell_output, "none of the conditions holds"), "%s", shell_output);
}
