/*
 * writc from outside: exit statuses, where output goes, and that no bundle is ever half there.
 *
 * $D in commands is a directory of the test's own.
 */
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <jansson.h>

#include "runtime/writ_format.h"
#include "support/golden.h"
#include "support/shell.h"

static char dir[] = "/tmp/writ-cli-XXXXXX";

static void expect_status(int expected, const char *command)
{
	int status = shell("%s", command);

	cr_expect_eq(status, expected, "%s: exit %d, not %d:\n%s", command, status, expected,
		     shell_output);
}

static void put(const char *name, const char *text)
{
	char path[512];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	out = fopen(path, "w");
	cr_assert(out && fputs(text, out) >= 0 && fclose(out) == 0);
}

static void setup(void)
{
	cr_assert_not_null(mkdtemp(dir));
	setenv("D", dir, 1);
	put("good.writ", "policy good;\n"
			 "sandbox s { filesystem { execute \"/bin/true\"; } limits { wall 1s; "
			 "memory 1GiB; processes 8; } }\n"
			 "tool t { class execute; sandbox s; }\n"
			 "role r { allow t; }\n");
	put("warn.writ", "policy warn;\nrole r { allow *; }\n");
	put("wrong.writ", "policy wrong;\nrole r extends q { allow t; }\n");
}

static void teardown(void)
{
	shell("rm -rf \"$D\"");
}

TestSuite(cli, .init = setup, .fini = teardown);

Test(cli, help_teaches)
{
	expect_status(0, "$W --help");
	shell_expect_output("lint");
	expect_status(0, "$W help compile");
	shell_expect_output("Exit status");
	shell_expect_output("Example");
	expect_status(0, "$W lint --help");
	shell_expect_output("--format");
	expect_status(0, "$W --version");
	shell_expect_output("writc ");
}

Test(cli, a_policy_may_come_on_standard_input)
{
	expect_status(0, "$W lint - <$D/good.writ");
	expect_status(1, "$W lint $D/good.writ - <$D/warn.writ");
	shell_expect_output("<stdin>:2:16: warning: ");
	expect_status(3, "$W lint - <$D/wrong.writ");
	shell_expect_output("<stdin>:2:16: error: ");
	expect_status(3, "$W lint - </dev/null");
	expect_status(3, "$W lint - <&-");
	shell_expect_output("<stdin>");
	expect_status(3, "head -c 100000000 /dev/zero | $W lint -");
	expect_status(2, "$W lint - - <$D/good.writ");
	shell_expect_output("once only");
	expect_status(0, "cd $D && printf 'policy p;\\nimport \"good.writ\";\\n' | $W lint -");
	expect_status(3, "cd / && printf 'policy p;\\nimport \"good.writ\";\\n' | $W lint -");
	expect_status(0, "$W compile - -o $D/in.wrt --strip <$D/good.writ");
	expect_status(
		0, "$W compile $D/good.writ -o $D/file.wrt --strip && cmp $D/in.wrt $D/file.wrt");
	expect_status(
		3,
		"$W compile - -o $D/no.wrt <$D/wrong.writ; s=$?; test ! -e $D/no.wrt && exit $s");
}

Test(cli, wrong_command_lines_are_exit_2)
{
	expect_status(2, "$W");
	expect_status(2, "$W lnit x");
	shell_expect_output("did you mean 'lint'?");
	expect_status(2, "$W help nothing");
	expect_status(2, "$W lint");
	expect_status(2, "$W lint --fromat json $D/good.writ");
	shell_expect_output("did you mean '--format'?");
	expect_status(2, "$W lint --format xml $D/good.writ");
	expect_status(2, "$W lint --format");
	expect_status(2, "$W lint --format text --format text $D/good.writ");
	expect_status(2, "$W lint -W all $D/good.writ");
	expect_status(2, "$W compile $D/good.writ");
	expect_status(2, "$W compile -o $D/x.wrt");
	expect_status(2, "$W compile $D/good.writ $D/good.writ -o $D/x.wrt");
	expect_status(2, "$W compile $D/good.writ -o -");
	expect_status(2, "$W compile $D/good.writ -o $D/x.wrt --target sparc");
	expect_status(2, "$W compile $D/good.writ -o $D/x.wrt --target ''");
	expect_status(2, "$W compile $D/good.writ -o $D/x.wrt --target x86_64,");
	expect_status(3, "$W compile $D/good.writ -o $D/x.wrt --sign $D/key");
	shell_expect_output("can't read the key");
	expect_status(1, "test -e $D/x.wrt");
}

Test(cli, lint_tells_clean_from_warnings_from_errors)
{
	expect_status(0, "$W lint $D/good.writ");
	cr_expect_str_eq(shell_output, "");
	expect_status(1, "$W lint $D/good.writ $D/warn.writ");
	shell_expect_output("1 warning\n");
	expect_status(1, "$W lint -W error $D/warn.writ");
	shell_expect_output("error: role 'r'");
	shell_expect_output("1 error\n");
	expect_status(3, "$W lint $D/wrong.writ $D/good.writ");
	expect_status(3, "$W lint -W error $D/wrong.writ $D/warn.writ");
	shell_expect_output("2 errors\n");
}

Test(cli, lint_refuses_what_is_no_policy)
{
	expect_status(3, "$W lint $D/none.writ");
	shell_expect_output("No such file or directory");
	expect_status(3, "$W lint $D");
	shell_expect_output("Is a directory");
	expect_status(3, "$W lint /dev/null");
	expect_status(3, ": > $D/empty.writ; $W lint $D/empty.writ");
	expect_status(3, "head -c 100000 /dev/urandom > $D/noise.writ; $W lint $D/noise.writ");
	expect_status(3, "mkfifo $D/fifo; $W lint $D/fifo");
}

Test(cli, text_goes_to_standard_error_without_colour)
{
	expect_status(3, "$W lint $D/wrong.writ 2>/dev/null");
	cr_expect_str_eq(shell_output, "");
	expect_status(3, "$W lint $D/wrong.writ");
	cr_expect_null(strchr(shell_output, '\033'));
	shell_expect_output("wrong.writ:2:16: error: there is no role 'q' [E0104]\n");
}

Test(cli, json_is_one_object_on_standard_output)
{
	json_t *root, *first;

	expect_status(3,
		      "$W lint --format json $D/warn.writ $D/wrong.writ $D/none.writ 2>/dev/null");
	root = json_loads(shell_output, 0, NULL);
	cr_assert_not_null(root, "%s", shell_output);
	cr_expect_eq(json_integer_value(json_object_get(root, "errors")), 2);
	cr_expect_eq(json_integer_value(json_object_get(root, "warnings")), 1);
	cr_expect_eq(json_array_size(json_object_get(root, "diagnostics")), 3);
	first = json_array_get(json_object_get(root, "diagnostics"), 0);
	cr_expect_str_eq(json_string_value(json_object_get(first, "code")), "W0102");
	cr_expect_str_eq(json_string_value(json_object_get(first, "severity")), "warning");
	cr_expect_eq(json_integer_value(json_object_get(first, "line")), 2);
	cr_expect_eq(json_integer_value(json_object_get(first, "column")), 16);
	expect_status(0, "$W lint --format=json $D/good.writ");
	cr_expect_not_null(json_loads(shell_output, 0, NULL));
}

Test(cli, sarif_names_rules_and_places)
{
	json_t *root, *run_, *result;

	expect_status(3, "$W lint --format sarif $D/wrong.writ");
	root = json_loads(shell_output, 0, NULL);
	cr_assert_not_null(root, "%s", shell_output);
	cr_expect_str_eq(json_string_value(json_object_get(root, "version")), "2.1.0");
	run_ = json_array_get(json_object_get(root, "runs"), 0);
	result = json_array_get(json_object_get(run_, "results"), 0);
	cr_expect_str_eq(json_string_value(json_object_get(result, "ruleId")), "E0104");
	shell_expect_output("\"startLine\": 2");
	shell_expect_output("\"physicalLocation\"");
}

Test(cli, json_survives_paths_that_are_no_text)
{
	expect_status(3, "$W lint --format json $D/$(printf '\\377').writ");
	cr_expect_not_null(json_loads(shell_output, 0, NULL), "%s", shell_output);
	expect_status(3, "$W lint --format sarif $D/$(printf '\\377').writ");
	cr_expect_not_null(json_loads(shell_output, 0, NULL), "%s", shell_output);
}

Test(cli, same_source_gives_the_same_bytes_wherever_it_is_compiled)
{
	expect_status(0, "$W compile $D/good.writ -o $D/a.wrt");
	expect_status(0, "cp $D/good.writ $D/sub.writ; mkdir $D/sub; cp $D/good.writ $D/sub;"
			 "W=$(realpath $W); cd $D/sub; $W compile good.writ -o ../b.wrt;"
			 "$W compile ../sub/./good.writ -o ../c.wrt; cmp ../a.wrt ../b.wrt &&"
			 "cmp ../a.wrt ../c.wrt");
	expect_status(0, "$W compile $D/good.writ --target x86_64 -o $D/d.wrt");
	expect_status(1, "cmp -s $D/a.wrt $D/d.wrt");
}

/* A compilation that names none is for the first two. */
Test(cli, filters_are_made_for_the_targets)
{
	expect_status(0, "$W compile policies/dev-agent/policy.writ -o $D/a.wrt &&"
			 "$W compile policies/dev-agent/policy.writ --target aarch64,x86_64 "
			 "-o $D/b.wrt && cmp $D/a.wrt $D/b.wrt");
	expect_status(2, "$W show $D/a.wrt --section seccomp --sandbox base --arch riscv64");
	shell_expect_output("no filter for it");
	expect_status(0, "$W compile policies/dev-agent/policy.writ "
			 "--target riscv64,aarch64,x86_64 -o $D/c.wrt &&"
			 "$W show $D/c.wrt --section seccomp --sandbox base --arch riscv64");
	shell_expect_output("riscv_flush_icache");
	expect_status(0, "$W show $D/c.wrt --section landlock");
	shell_expect_output("/lib/ld-linux-riscv64-lp64d.so.1");
}

Test(cli, without_places_the_same_policy_gives_the_same_bytes_wherever_it_is_written)
{
	expect_status(0, "{ printf '\\n# moved\\n'; cat $D/good.writ; } > $D/moved.writ;"
			 "$W compile $D/good.writ --strip -o $D/a.wrt &&"
			 "$W compile --strip $D/moved.writ -o $D/b.wrt && cmp $D/a.wrt $D/b.wrt");
	expect_status(
		0, "$W compile $D/good.writ -o $D/c.wrt && $W compile $D/moved.writ -o $D/d.wrt");
	expect_status(1, "cmp -s $D/a.wrt $D/c.wrt");
	expect_status(1, "cmp -s $D/c.wrt $D/d.wrt");
}

Test(cli, compile_says_warnings_and_succeeds)
{
	expect_status(0, "$W compile $D/warn.writ -o $D/a.wrt");
	shell_expect_output("[W0102]");
	expect_status(0, "test -s $D/a.wrt");
}

Test(cli, bundle_is_readable_and_replaced)
{
	expect_status(0, "umask 022; echo old > $D/a.wrt; $W compile $D/good.writ -o $D/a.wrt");
	expect_status(0, "test $(stat -c %a $D/a.wrt) = 644; ! grep -q old $D/a.wrt");
	expect_status(0, "umask 077; $W compile $D/good.writ -o $D/b.wrt;"
			 "test $(stat -c %a $D/b.wrt) = 600");
}

/* Only the files put there, and the bundle as it was. */
static void expect_untouched(void)
{
	expect_status(0, "test \"$(cat $D/a.wrt)\" = old && test $(ls $D | wc -l) = 4");
}

Test(cli, failed_compilation_leaves_the_old_bundle)
{
	put("a.wrt", "old");
	expect_status(3, "$W compile $D/wrong.writ -o $D/a.wrt");
	expect_untouched();
	expect_status(3, "$W compile $D/none.writ -o $D/a.wrt");
	expect_untouched();
}

Test(cli, full_disk_leaves_the_old_bundle)
{
	put("a.wrt", "old");
	/* The same path through the code as ENOSPC, without a file system of our own. */
	expect_status(3, "ulimit -f 1; $W compile $D/good.writ -o $D/a.wrt");
	shell_expect_output("can't write the bundle: File too large");
	expect_untouched();
}

Test(cli, real_full_disk_leaves_no_bundle)
{
	if (geteuid() != 0 || shell("unshare -m true") != 0)
		cr_skip_test("needs root and a mount namespace");
	expect_status(0, "export W D; mkdir $D/full; unshare -m sh -c '"
			 "mount -t tmpfs -o size=4k none $D/full &&"
			 "{ $W compile $D/good.writ -o $D/full/a.wrt; test $? = 3; } &&"
			 "test -z \"$(ls $D/full)\"'");
	shell_expect_output("No space left on device");
}

Test(cli, bundle_replaces_regular_files_only)
{
	expect_status(3, "$W compile $D/good.writ -o $D");
	shell_expect_output("Is a directory");
	expect_status(3, "$W compile $D/good.writ -o /dev/full");
	shell_expect_output("not a regular file");
	expect_status(3, "ln -s target $D/link; $W compile $D/good.writ -o $D/link");
	expect_status(3, "$W compile $D/good.writ -o $D/none/a.wrt");
	shell_expect_output("No such file or directory");
	expect_status(2, "$W compile $D/good.writ -o $D/./good.writ");
	shell_expect_output("replace its source");
	expect_status(0, "$W lint $D/good.writ");
}

Test(cli, bundle_never_replaces_what_it_is_made_of)
{
	put("part.writ", "role q { }\n");
	put("whole.writ", "policy whole;\nimport \"part.writ\";\n");
	expect_status(2, "$W compile $D/whole.writ -o $D/part.writ");
	shell_expect_output("replace its source");
	expect_status(2, "ln $D/part.writ $D/same; $W compile $D/whole.writ -o $D/same");
	expect_status(0, "$W compile $D/whole.writ -o $D/a.wrt; $W lint $D/whole.writ");
}

Test(cli, limits_of_the_whole_are_found_by_lint_and_have_a_place)
{
	put("wild.writ", "# 21 wildcards\npolicy wild;\nrole r { allow\n"
			 "*a*, *b*, *c*, *d*, *e*, *f*, *g*, *h*, *i*, *j*, *k*,\n"
			 "*l*, *m*, *n*, *o*, *p*, *q*, *r*, *s*, *t*, *u*; }\n");
	expect_status(3, "$W lint $D/wild.writ");
	shell_expect_output("wild.writ:2:8: error: the wildcards");
	shell_expect_output("[E0402]");
	expect_status(3, "$W compile $D/wild.writ -o $D/a.wrt");
	shell_expect_output("wild.writ:2:8: error: the wildcards");
}

Test(cli, too_many_variables_are_found_before_the_runtime_finds_them)
{
	char text[1 << 17];
	size_t n = (size_t)snprintf(text, sizeof(text), "policy env;\nsandbox b { env {");

	for (unsigned i = 0; i < WRIT_MAX_GRANTS; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, " pass V%u;", i);
	snprintf(text + n, sizeof(text) - n, "} }\nsandbox s extends b { env { pass V1; } }\n");
	put("env.writ", text);
	expect_status(0, "$W compile $D/env.writ -o $D/a.wrt && $W show $D/a.wrt > /dev/null");
	snprintf(text + n, sizeof(text) - n, "} }\nsandbox s extends b { env { pass W; } }\n");
	put("env.writ", text);
	expect_status(3, "$W lint $D/env.writ");
	shell_expect_output("env.writ:1:8: error: sandbox 's' has 4097 environment variables");
	shell_expect_output("[E0405]");
}

Test(cli, closed_standard_streams_are_no_reason_to_write_into_files)
{
	expect_status(0, "$W compile $D/good.writ -o $D/a.wrt");
	expect_status(0, "$W compile $D/warn.writ -o $D/w.wrt 2>/dev/null");
	expect_status(0, "$W compile $D/warn.writ -o $D/v.wrt <&- >&- 2>&-");
	expect_status(0, "cmp $D/w.wrt $D/v.wrt");
}

Test(cli, output_that_can_not_be_written_is_an_error)
{
	expect_status(3, "$W lint --format json $D/good.writ > /dev/full");
	expect_status(3, "$W lint --format json $D/warn.writ > /dev/full");
	expect_status(3, "$W lint --format sarif $D/warn.writ > /dev/full");
	expect_status(3, "$W --help > /dev/full");
	expect_status(0, "$W compile $D/good.writ -o $D/a.wrt");
	expect_status(3, "$W show $D/a.wrt 2>&1 >/dev/full | grep -c . | grep -qx 1 && exit 3");
}

Test(cli, a_pipe_is_no_policy)
{
	expect_status(3, "$W lint /dev/null");
	shell_expect_output("/dev/null: error: it is not a regular file");
}

Test(cli, names_of_files_can_not_drive_a_terminal)
{
	static const char *const verbs[] = {"lint", "fmt",         "test",  "show",
					    "diff", "import yaml", "bogus", "explain-code"};

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		char command[256];

		snprintf(command, sizeof(command),
			 "f=$(printf '\\033[31mx'); ! $W %s \"$f\" \"$f\" 2>&1 | "
			 "grep -q \"$(printf '\\033')\"",
			 verbs[i]);
		expect_status(0, command);
	}
	expect_status(2, "$W explain-code \"$(printf '\\033x')\"");
	shell_expect_output("there is no code '<U+001B>x'");
}
