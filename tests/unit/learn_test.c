/*
 * writ learn: the policy of a command compiles, passes lint and fmt, and the command runs in it as
 * it did without. And what learn refuses.
 *
 * Real tools in a directory of their own, outside of /tmp, which may become scratch.
 */
#include <criterion/criterion.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/shell.h"

static char place[] = "/var/tmp/writ-learn-XXXXXX";

static void setup(void)
{
	cr_assert_not_null(mkdtemp(place));
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
}

static void teardown(void)
{
	shell("rm -rf %s", place);
}

TestSuite(learn, .init = setup, .fini = teardown, .timeout = 120);

static int learn(const char *command)
{
	return shell("mkdir -p %s/w && cd %s/w && $R learn -o ../p.writ --name t -- %s >../out1 "
		     "2>../err1",
		     place, place, command);
}

/* Compiles what was learned. Lint may say what warnings names, and nothing else. */
static void compile(const char *warnings)
{
	cr_assert_eq(shell("$W fmt --check %s/p.writ", place), 0, "%s", shell_output);
	cr_expect_eq(shell("$W lint %s/p.writ 2>&1 | grep -oE '\\[W[0-9]+\\]' | grep -vE '%s'",
			   place, *warnings ? warnings : "none"),
		     1, "%s", shell_output);
	cr_assert_eq(shell("$W compile %s/p.writ -o %s/p.wrt", place, place), 0, "%s",
		     shell_output);
}

/* False, with a word of it, when this host can't enforce what the policy demands. */
static bool can_run(void)
{
	if (shell("$R doctor -p %s/p.wrt", place) != 4)
		return true;
	fprintf(stderr, "learn: this host can't enforce the policy: %s\n", shell_output);
	return false;
}

static void run_again(const char *command, const char *before)
{
	if (!can_run())
		return;
	cr_assert_eq(shell("cd %s/w && %s", place, before), 0, "%s", shell_output);
	cr_expect_eq(shell("cd %s/w && $R run -p ../p.wrt --user agent --tool t -- %s >../out2 "
			   "2>../err2",
			   place, command),
		     0, "%s", command);
	cr_expect_eq(shell("cd %s && cat err2 p.writ; cmp out1 out2", place), 0, "%s: %s", command,
		     shell_output);
}

/* Learns a command that ends well, and runs it in what was learned, after a cleanup. */
static void round_trip(const char *command, const char *warnings, const char *cleanup)
{
	cr_assert_eq(learn(command), 0, "%s", command);
	compile(warnings);
	run_again(command, cleanup);
}

static void expect_line(const char *line)
{
	cr_expect_eq(shell("grep -qxF '%s' %s/p.writ || ! cat %s/p.writ", line, place, place), 0,
		     "no '%s' in %s", line, shell_output);
}

Test(learn, nothing_much)
{
	round_trip("/bin/true", "", "true");
	expect_line("    read \"/usr/lib\";");
	expect_line("    execute \"/usr/bin/true\";");
	expect_line("    processes 1;");
	expect_line("    allow @default;");
	cr_expect_eq(shell("grep -E 'write|network|param|scratch' %s/p.writ", place), 1, "%s",
		     shell_output);
}

Test(learn, what_only_looks_begins_where_it_did)
{
	cr_assert_eq(shell("mkdir %s/w && cd %s/w && echo x >f && echo in >../in", place, place),
		     0);
	round_trip("stat -c %s f", "", "true");
	expect_line("    read \"${workspace}\";");
	round_trip("cat ../in", "", "true");
	expect_line("    read \"${workspace}\";");
	round_trip("sh -c 'test -e f && echo there'", "", "true");
	round_trip("sh -c 'echo nothing'", "", "true");
	cr_expect_eq(shell("grep workspace %s/p.writ", place), 1, "%s", shell_output);
}

Test(learn, shell_pipelines)
{
	round_trip("sh -c 'ls /usr/bin | sort | tail -3 | tr a-z A-Z; echo x > f; cat f; rm f'", "",
		   "true");
	expect_line("    write \"${workspace}\";");
	expect_line("    execute \"/usr/bin/tr\";");
}

Test(learn, python)
{
	round_trip("python3 -c 'import json, subprocess, tempfile\n"
		   "print(subprocess.run([\"uname\"], capture_output=True).stdout)\n"
		   "with tempfile.TemporaryDirectory() as d:\n"
		   "  f = open(d + \"/x\", \"w\"); f.write(\"hello\"); f.close()\n"
		   "  print(json.dumps(open(d + \"/x\").read()))'",
		   "", "true");
	expect_line("    scratch \"/tmp\" 64MiB;");
	expect_line("    execute \"/usr/bin/uname\";");
}

Test(learn, git)
{
	round_trip("sh -c 'git init -q r && cd r && echo hi > a && git add a && git -c user.name=x "
		   "-c user.email=x@example.org commit -qm one && git log --format=%s'",
		   "W0305", "rm -rf r");
}

Test(learn, make_and_gcc)
{
	cr_assert_eq(
		shell("mkdir %s/w && cd %s/w && printf 'all: hello\\n\\t./hello\\nhello: hello.c\\n"
		      "\\tgcc -O1 -o hello hello.c\\n' >Makefile && printf '#include <stdio.h>\\n"
		      "int main(void) { puts(\"hi\"); return 0; }\\n' >hello.c",
		      place, place),
		0);
	round_trip("make -s", "W0106", "rm hello");
	expect_line("    execute \"${workspace}\";");
}

Test(learn, program_made_and_removed_in_a_temporary_directory)
{
	round_trip("sh -c 'cp /usr/bin/uname /tmp/writ-learn-uname && /tmp/writ-learn-uname; rm "
		   "/tmp/writ-learn-uname'",
		   "W0106", "true");
	expect_line("    scratch \"/tmp\" 64MiB;");
	expect_line("    execute \"/tmp\";");
}

/* Where this file's tests have their workspace. */
Test(learn, temporary_files_beside_the_workspace)
{
	round_trip("sh -c 't=$(mktemp -p /var/tmp) && echo hello >$t && cat $t && rm $t && echo x "
		   ">kept'",
		   "", "rm kept");
	expect_line("    scratch \"/var/tmp\" 64MiB;");
	expect_line("    write \"${workspace}\";");
	cr_expect_eq(shell("cat %s/w/kept", place), 0);
}

Test(learn, temporary_files_beside_what_was_there)
{
	static const char rest[] = "echo hello >$t && cat $t && rm $t";

	cr_assert_eq(shell("cd %s && mkdir w d && echo in >in && echo 'cat ../in; t=$(mktemp -p "
			   "/var/tmp) && %s' >w/s && echo 't=$(mktemp -p ../d) && %s' >w/inside",
			   place, rest, rest),
		     0);
	round_trip("sh s", "", "true");
	expect_line("    scratch \"/var/tmp\" 64MiB;");
	round_trip("sh inside", "", "true");
	cr_expect_eq(shell("grep scratch %s/p.writ", place), 1, "%s", shell_output);
}

Test(learn, script_of_another_interpreter)
{
	cr_assert_eq(
		shell("mkdir %s/w && cd %s/w && printf '#!/usr/bin/env -S sh -e\\necho ran\\n' >s "
		      "&& printf '#!./s\\n' >t && chmod +x s t",
		      place, place),
		0);
	round_trip("./t", "", "true");
	expect_line("    execute \"${workspace}/s\";");
	expect_line("    execute \"${workspace}/t\";");
	expect_line("    execute \"/usr/bin/env\";");
}

Test(learn, node)
{
	if (shell("command -v node")) {
		fprintf(stderr, "learn: no node here\n");
		return;
	}
	round_trip("node -e 'console.log(6 * 7)'", "W0108", "true");
}

Test(learn, connections)
{
	static const char server[] =
		"import socket,sys\n"
		"s = socket.socket(); s.bind((\"127.0.0.1\", 0)); s.listen(8)\n"
		"print(s.getsockname()[1], flush=True)\n"
		"for i in range(2):\n"
		"  c, _ = s.accept(); c.recv(9999)\n"
		"  c.sendall(b\"HTTP/1.0 200 OK\\r\\n\\r\\nserved\\n\"); c.close()\n";
	char command[128];
	FILE *out;
	int port = 0;

	if (shell("command -v curl")) {
		fprintf(stderr, "learn: no curl here\n");
		return;
	}
	cr_assert_eq(
		shell("cat >%s/server.py <<'EOF'\n%sEOF\nmkfifo %s/port; timeout 60 sh -c 'python3 "
		      "%s/server.py >%s/port' >/dev/null 2>&1 & head -1 %s/port >%s/number",
		      place, server, place, place, place, place, place),
		0);
	out = fopen(strcat(strcpy(command, place), "/number"), "r");
	cr_assert(out && fscanf(out, "%d", &port) == 1);
	fclose(out);
	snprintf(command, sizeof(command), "curl -s http://127.0.0.1:%d/", port);
	round_trip(command, "W0210|W0403", "true");
	snprintf(command, sizeof(command), "    connect \"*:%d\";", port);
	expect_line(command);
	cr_expect_eq(shell("grep -q 'connected to by curl: 127.0.0.1:%d' %s/p.writ", port, place),
		     0);
}

Test(learn, calls_beside_default_are_allowed_as_they_were_made)
{
	cr_assert_eq(learn("python3 -c 'import ctypes, os, socket\n"
			   "c = ctypes.CDLL(None)\n"
			   "c.prctl(36, 1, 0, 0, 0)\n"
			   "os.sync()\n"
			   "os.setsid()\n"
			   "socket.socket(socket.AF_UNIX)'"),
		     0);
	compile("");
	expect_line("    allow prctl(option == 36);");
	expect_line("    allow sync;");
	expect_line("    # Left out: setsid.");
	cr_expect_eq(
		shell("grep -q 'not granted, made by python.*socket(AF_UNIX), type 1' %s/p.writ",
		      place),
		0);
}

Test(learn, names_of_files_are_no_policy)
{
	cr_assert_eq(learn("sh -c 'echo x > \"a\\\"; } $b\n\\\\c\"; cat a*; mkdir \"d*\"; echo > "
			   "\"d*/e\"'"),
		     0);
	compile("");
	cr_assert_eq(shell("mkdir -p '%s/w/q\"; ${workspace} \\x'", place), 0);
	cr_assert_eq(shell("cd %s/w/q* && $R learn -o ../../p.writ --name t -- sh -c 'echo > f'",
			   place),
		     0);
	compile("");
}

Test(learn, many_children)
{
	cr_assert_eq(
		learn("sh -c 'i=0; while [ $i -lt 500 ]; do sleep 0.2 & i=$((i+1)); done; wait'"),
		0);
	compile("");
	cr_expect_eq(shell("grep -qE 'processes (512|1024);' %s/p.writ", place), 0);
}

Test(learn, ends_as_the_command_ends)
{
	cr_expect_eq(learn("sh -c 'exit 7'"), 7);
	expect_line("# The command ended with status 7.");
	cr_expect_eq(learn("sh -c 'kill -TERM $$'"), 143);
	expect_line("# The command ended with status 143.");
}

Test(learn, writes_nothing_when_nothing_ran)
{
	cr_expect_eq(learn("no-such-command"), 127);
	cr_expect_eq(learn("/etc/passwd"), 126);
	cr_expect_eq(learn("/"), 126);
	cr_expect_eq(shell("ls %s/p.writ*", place), 2, "%s", shell_output);
	cr_expect_eq(shell("echo kept >%s/p.writ", place), 0);
	cr_expect_eq(learn("no-such-command"), 127);
	expect_line("kept");
}

Test(learn, goes_with_the_one_who_learns)
{
	cr_expect_eq(shell("cd %s && { $R learn -o p.writ -- sh -c 'echo $$ >pid; sleep 60' & n=0; "
			   "until [ "
			   "-s pid ] || [ $((n=n+1)) -gt 50 ]; do sleep 0.1; done; kill -KILL $!; "
			   "wait $!; sleep 0.2; }\n"
			   "grep '^State:.[^Z]' /proc/$(cat pid)/status",
			   place) == 0,
		     0, "%s", shell_output);
	cr_expect_eq(shell("ls %s/p.writ*", place), 2);
}

Test(learn, passes_signals_on)
{
	cr_expect_eq(
		shell("cd %s && { $R learn -o p.writ -- sh -c 'trap \"exit 9\" TERM; echo >ready; "
		      "while :; do sleep 0.1; done' & n=0; until [ -e ready ] || [ $((n=n+1)) -gt "
		      "50 ]; do sleep 0.1; done; kill "
		      "-TERM $!; wait $!; }",
		      place),
		9);
}

Test(learn, without_a_file_prints_the_policy_and_nothing_else)
{
	cr_expect_eq(shell("cd %s && $R learn -- echo hello 2>err >p.writ && cat err", place), 0);
	cr_expect_str_eq(shell_output, "hello\n");
	compile("");
}

Test(learn, wrong_command_lines)
{
	static const struct {
		const char *words, *message;
	} cases[] = {
		{"", "no command"},
		{"--", "no command"},
		{"true", "unexpected argument 'true'"},
		{"-o", "-o takes a value"},
		{"-o x -o y -- true", "-o is given twice"},
		{"--name 'a b' -- true", "'a b' is no name"},
		{"--name 1 -- true", "'1' is no name"},
		{"-o / -- true", "is no regular file"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_expect_eq(shell("cd %s && $R learn %s", place, cases[i].words), 2, "%s",
			     cases[i].words);
		cr_expect_not_null(strstr(shell_output, cases[i].message), "%s: %s", cases[i].words,
				   shell_output);
	}
	cr_expect_eq(shell("$R learn -o /nonexistent/x -- true"), 125);
	cr_expect_eq(shell("$R help learn"), 0);
	shell_expect_output("usage: writ learn");
}
