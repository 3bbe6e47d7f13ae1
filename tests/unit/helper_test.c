/*
 * Verbs that are programs of their own: found where writ stands or in libexec beside it, and
 * nowhere else; what is missing or no program is said.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/shell.h"

static char root[] = "/tmp/writ-helper-XXXXXX";

static void setup(void)
{
	cr_assert_not_null(mkdtemp(root));
	cr_assert_eq(shell("mkdir -p %s/bin %s/libexec/writ && cp $R %s/bin/writ", root, root,
			   root),
		     0);
}

static void teardown(void)
{
	shell("rm -rf %s", root);
}

TestSuite(helper, .init = setup, .fini = teardown, .timeout = 60);

/* A helper that says where it is and what it was called with. */
static void install_helper(const char *place)
{
	cr_assert_eq(shell("printf '#!/bin/sh\\necho here: %s \"$@\"; exit 7\\n' > "
			   "%s/%s/writ-learn && chmod +x %s/%s/writ-learn",
			   place, root, place, root, place),
		     0);
}

Test(helper, missing_one_is_named_with_the_places)
{
	cr_expect_eq(shell("PATH=%s/libexec:$PATH %s/bin/writ learn -- true", root, root), 125);
	shell_expect_output("writ: writ-learn is not installed: it belongs in");
	shell_expect_output("/libexec/writ/");
	cr_expect_eq(shell("%s/bin/writ help learn", root), 125);
}

Test(helper, of_libexec_gets_the_command_line_and_gives_the_status)
{
	install_helper("libexec/writ");
	cr_expect_eq(shell("cd / && %s/bin/writ learn -o x -- a 'b c'", root), 7);
	shell_expect_output("here: libexec/writ -o x -- a b c\n");
	cr_expect_eq(shell("%s/bin/writ help learn", root), 7);
	shell_expect_output("here: libexec/writ --help\n");
}

Test(helper, beside_writ_comes_first)
{
	install_helper("libexec/writ");
	install_helper("bin");
	cr_expect_eq(shell("%s/bin/writ learn", root), 7);
	shell_expect_output("here: bin\n");
}

Test(helper, link_to_writ_has_the_helpers_of_what_it_names)
{
	install_helper("libexec/writ");
	cr_expect_eq(shell("ln -s ../bin/writ %s/libexec/other && %s/libexec/other learn", root,
			   root),
		     7);
	shell_expect_output("here: libexec/writ\n");
}

Test(helper, that_is_no_program_is_an_error)
{
	cr_assert_eq(shell("mkdir %s/bin/writ-learn", root), 0);
	install_helper("libexec/writ");
	cr_expect_eq(shell("%s/bin/writ learn", root), 125);
	shell_expect_output("writ-learn can't be executed: ");
}
