/*
 * writ run --explain: what is refused is named with the line that grants it, and the run ends as it
 * does without.
 */
#include <criterion/criterion.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/shell.h"

#define POLICY                                                                                     \
	"policy p;\n"                                                                              \
	"param dir : path;\n"                                                                      \
	"sandbox s { filesystem { read \"/usr\", \"/lib\", \"/lib64\", \"/etc/ld.so.cache\", "     \
	"\"${dir}/in\"; write \"/dev/null\", \"${dir}/out\"; execute \"/usr/bin\", \"/bin\"; } "   \
	"limits { wall 60s; } env { pass PATH; } }\n"                                              \
	"sandbox net extends s { network { connect \"*:9\"; } }\n"                                 \
	"sandbox udp extends s { network { connect \"udp://127.0.0.1:9\"; deny \"127.0.0.2\"; } "  \
	"}\n"                                                                                      \
	"sandbox kills extends s { syscalls { allow @default; deny sync kill; } }\n"               \
	"sandbox few extends s { syscalls { allow @default; deny umask; } }\n"                     \
	"sandbox one extends s { limits { processes 1; } }\n"                                      \
	"sandbox forkless extends s { syscalls { allow @default; deny clone, fork, vfork; } }\n"

static char place[] = "/var/tmp/writ-explain-XXXXXX";

static void setup(void)
{
	FILE *out;
	char path[64];

	cr_assert_not_null(mkdtemp(place));
	snprintf(path, sizeof(path), "%s/p.writ", place);
	out = fopen(path, "w");
	cr_assert(out && fputs(POLICY, out) >= 0 && !fclose(out));
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	cr_assert_eq(
		shell("cd %s && mkdir in out && echo secret >secret && echo a >in/a && $W compile "
		      "p.writ -o p.wrt",
		      place),
		0, "%s", shell_output);
}

static void teardown(void)
{
	shell("rm -rf %s", place);
}

TestSuite(explain_run, .init = setup, .fini = teardown, .timeout = 60);

/* Runs it without and with --explain: the same status and standard output. The latter's messages.
 */
static int explained(const char *sandbox, const char *command)
{
	int status = shell("cd %s && $R run -p p.wrt --param dir=%s --cwd . --sandbox %s -- %s "
			   "2>/dev/null >plain",
			   place, place, sandbox, command);

	shell("rm -rf %s/out/*", place);
	cr_expect_eq(shell("cd %s && $R run -p p.wrt --param dir=%s --cwd . --sandbox %s --explain "
			   "-- %s "
			   "2>messages >watched",
			   place, place, sandbox, command),
		     status, "%s", command);
	cr_expect_eq(shell("cd %s && cmp plain watched && cat messages", place), 0, "%s: %s",
		     command, shell_output);
	return status;
}

/* DIR stands for the directory. */
static void expect_line(const char *text)
{
	const char *dir = strstr(text, "DIR");
	char line[256];

	snprintf(line, sizeof(line), "%.*s%s%s", dir ? (int)(dir - text) : (int)strlen(text), text,
		 dir ? place : "", dir ? dir + 3 : "");
	cr_expect_not_null(strstr(shell_output, line), "no '%s' in %s", line, shell_output);
}

Test(explain_run, files)
{
	cr_expect_eq(explained("s", "sh -c 'cat secret in/a; cat secret; ls; echo x >out/f; "
				    "echo x >new; mv out/f moved; chmod 600 out/f; exit 5' 2>&1"),
		     5);
	expect_line("  read \"DIR/secret\";  # 2 times by cat\n");
	expect_line("  write \"DIR\";  # ");
	expect_line("  read \"DIR\";  # 1 time by ls\n");
	cr_expect_null(strstr(shell_output, "/in"), "%s", shell_output);
	cr_expect_null(strstr(shell_output, "/out\""), "%s", shell_output);
}

Test(explain_run, command_that_may_not_start)
{
	cr_assert_eq(shell("cp /bin/true %s/in/tool", place), 0);
	cr_expect_eq(explained("s", "in/tool"), 126);
	expect_line("  execute \"DIR/in/tool\";  # ");
	cr_expect_eq(explained("s", "sh -c in/tool"), 126);
	expect_line("  execute \"DIR/in/tool\";  # 1 time by ");
}

Test(explain_run, what_any_user_is_refused_is_not_the_sandboxs_doing)
{
	cr_assert_eq(shell("cd %s && echo x >in/mode && chmod 0 in/mode", place), 0);
	cr_expect_eq(explained("s", "cat in/mode"), 1);
	expect_line("writ: nothing was refused that could be seen\n");
}

Test(explain_run, network)
{
	cr_expect_eq(explained("net", "python3 -c 'import socket\n"
				      "for p in (9, 10):\n"
				      "  try: socket.socket().connect((\"127.0.0.1\", p))\n"
				      "  except OSError as e: print(e)\n"
				      "try: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
				      "except OSError as e: print(e)'"),
		     0);
	expect_line("  connect \"127.0.0.1:10\";  # 1 time by python");
	expect_line("  connect \"udp://HOST:PORT\";  # 1 time by python");
	cr_expect_null(strstr(shell_output, "127.0.0.1:9\""), "%s", shell_output);
	cr_expect_eq(explained("s", "python3 -c 'import socket\nsocket.socket()'"), 1);
	expect_line("  connect \"HOST:PORT\";  # 1 time by python");
}

Test(explain_run, datagrams)
{
	cr_expect_eq(explained("udp",
			       "python3 -c 'import socket\n"
			       "s=socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
			       "for a in (3, 3, 2, 1): s.sendto(b\"x\",(f\"127.0.0.{a}\",9))\n"
			       "s.connect((\"127.0.0.4\",9)); s.send(b\"x\")\n"
			       "s.settimeout(20)\n"
			       "try: s.recv(1)\n"
			       "except OSError as e: print(e)'"),
		     0);
	expect_line("  connect \"udp://127.0.0.3:9\";  # 2 times\n");
	expect_line("  # connect udp://127.0.0.2:9  # 1 time; denied by ");
	cr_expect_null(strstr(shell_output, "127.0.0.1:9"), "%s", shell_output);
}

Test(explain_run, system_calls)
{
	cr_expect_eq(explained("s", "setsid -w true"), 1);
	expect_line("  # syscall setsid  # 1 time by setsid; a process could leave its launch");
	explained("s", "python3 -c 'import os\nos.sync()'");
	expect_line("  allow sync;  # 1 time by python");
	cr_expect_eq(explained("kills", "python3 -c 'import os\nos.sync()'"), 128 + 31);
	expect_line("  allow sync;  # 1 time by python");
	explained("few", "python3 -c 'import os\ntry: os.umask(0)\nexcept OSError: pass'");
	expect_line("  allow umask;  # 1 time by python");
}

Test(explain_run, what_no_rule_for_system_calls_grants)
{
	cr_expect_eq(explained("one", "sh -c 'true | cat; true'"), 2);
	expect_line("  processes 2;  # 1 time by ");
	cr_expect_eq(explained("forkless", "sh -c 'true | cat; true'"), 2);
	cr_expect(strstr(shell_output, "  allow clone;") || strstr(shell_output, "  allow vfork;"),
		  "%s", shell_output);
	cr_expect_null(strstr(shell_output, "processes"), "%s", shell_output);
	cr_expect_eq(explained("net", "python3 -c 'import socket\n"
				      "s=socket.socket()\n"
				      "try: s.listen()\n"
				      "except OSError as e: print(e)\n"
				      "for t in (5, 2):\n"
				      "  try: socket.socket(socket.AF_UNIX, t)\n"
				      "  except OSError as e: print(e)'"),
		     0);
	expect_line("  bind \"HOST:PORT\";  # 1 time by python");
	expect_line("  unix \"PATH\";  # 1 time by python");
	expect_line("  # socket AF_UNIX, type 2  # 1 time by python");
	cr_expect_null(strstr(shell_output, "allow "), "%s", shell_output);
	cr_assert_eq(shell("cp /bin/true %s/out/copy", place), 0);
	cr_expect_neq(explained("s", "sh -c 'cp /bin/true out/copy; /lib64/ld-linux-x86-64.so.2 "
				     "out/copy || /lib/ld-linux-aarch64.so.1 out/copy'"),
		      0);
	cr_expect(!strstr(shell_output, "allow mmap") || strstr(shell_output, "takes 'execute'"),
		  "%s", shell_output);
}

Test(explain_run, denials_are_in_the_json)
{
	json_error_t error;
	json_t *object;
	json_t *denial;

	cr_expect_eq(shell("cd %s && $R run -p p.wrt --param dir=%s --cwd . --sandbox s --explain "
			   "--json-fd 7 -- "
			   "cat secret 2>/dev/null 7>&1",
			   place, place),
		     1);
	object = json_loads(shell_output, 0, &error);
	cr_assert_not_null(object, "%s: %s", error.text, shell_output);
	cr_assert_eq(json_array_size(json_object_get(object, "denials")), 1, "%s", shell_output);
	denial = json_array_get(json_object_get(object, "denials"), 0);
	cr_expect_str_eq(json_string_value(json_object_get(denial, "kind")), "read");
	cr_expect_not_null(
		strstr(json_string_value(json_object_get(denial, "line")), "/secret\";"));
	cr_expect_eq(json_integer_value(json_object_get(denial, "count")), 1);
	cr_expect_str_eq(json_string_value(json_array_get(json_object_get(denial, "programs"), 0)),
			 "cat");
	json_decref(object);
}

Test(explain_run, json_is_the_last_line_and_says_that_nothing_ran)
{
	cr_expect_eq(shell("cd %s && $R run -p p.wrt --param dir=%s --cwd . --sandbox s --explain "
			   "--json -- sh "
			   "-c 'printf x >&2; exit 3' 2>&1 | tail -1",
			   place, place),
		     0);
	cr_expect(strstr(shell_output, "{\"version\":1,\"end\":\"exited\"") == shell_output &&
			  strstr(shell_output, "\"denials\":[]}\n"),
		  "%s", shell_output);
	cr_expect_eq(shell("cd %s && $R run -p p.wrt --sandbox s --explain --json -- true", place),
		     3);
	shell_expect_output("\"end\":\"unusable\"");
	cr_expect_null(strstr(shell_output, "refused"), "%s", shell_output);
	cr_expect_eq(shell("cd %s && $R run -p p.wrt --sandbox s --json -- true", place), 3);
	shell_expect_output("\"denials\":null}");
}

Test(explain_run, signal_ends_the_launch)
{
	cr_expect_eq(shell("cd %s && { $R run -p p.wrt --param dir=%s --cwd . --sandbox s "
			   "--explain -- sh -c "
			   "'echo >out/ready; sleep 60' & n=0; until [ -e out/ready ] || [ "
			   "$((n=n+1)) -gt 50 ]; do sleep 0.1; done; "
			   "kill "
			   "-TERM $!; wait $!; }",
			   place, place),
		     143, "%s", shell_output);
}

Test(explain_run, wrong_command_lines)
{
	cr_expect_eq(shell("cd %s && $R run -p p.wrt --sandbox s --explain=1 -- true", place), 2);
	cr_expect_eq(shell("cd %s && $R run -p p.wrt --sandbox s --explain", place), 2);
	cr_expect_eq(shell("cd %s && $R run -p p.wrt --sandbox s --explain --json-fd 44 -- true",
			   place),
		     2);
}
