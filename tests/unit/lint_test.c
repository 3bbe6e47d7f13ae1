/*
 * Lints: each just not triggered (tests/lint/ has what triggers them), and where they point.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include <criterion/criterion.h>

#include "support/policy.h"

#define LIMITS "limits { wall 10s; memory 1GiB; processes 8; }"

/* No warning of the code, and no error. */
static void expect_silent(const char *text, enum diag_code code)
{
	const struct compilation *compilation = policy_check(text);

	cr_expect_not_null(compilation->ir, "%s", policy_report(compilation));
	cr_expect_eq(policy_count(compilation, code), 0, "%s", policy_report(compilation));
}

static void expect_warning(const char *text, enum diag_code code, const char *said)
{
	const struct compilation *compilation = policy_check(text);

	cr_expect_not_null(compilation->ir, "%s", policy_report(compilation));
	cr_expect_str_eq(policy_says(compilation, code), said, "%s", policy_report(compilation));
}

/* One warning of the code, wherever. */
static void expect_told(const char *text, enum diag_code code)
{
	const struct compilation *compilation = policy_check(text);

	cr_expect_not_null(compilation->ir, "%s", policy_report(compilation));
	cr_expect_eq(policy_count(compilation, code), 1, "%s%s", text, policy_report(compilation));
}

Test(lint, clean_policy_is_clean)
{
	const struct compilation *compilation = policy_check(
		"param w : path;\n"
		"sandbox s { filesystem { read \"/usr\"; write \"${w}\"; execute \"/usr/bin\"; "
		"} " LIMITS " env { pass PATH; } }\n"
		"tool t { class execute; sandbox s; }\n"
		"role admin { allow *; } role guest { allow t; }");

	cr_expect_eq(compilation->diags.items.n, 0, "%s", policy_report(compilation));
}

Test(lint, undeclared_tool_is_told_once)
{
	const struct compilation *compilation =
		policy_check("role a { allow x; deny x; } role b { allow x; }");

	cr_expect_eq(policy_count(compilation, DIAG_W0101), 1);
	expect_warning("tool read_file { }\nrole a { allow read_fiel; }", DIAG_W0101,
		       "3:16 tool 'read_fiel' is not declared");
}

/* "*" matches any name, a misspelt one too; then only what is nearly a tool's name is told. */
Test(lint, tools_of_tests_are_known)
{
	static const char guest[] =
		"tool run_code { } tool b_* { }\nrole a { allow run_code, c_*; }";

	expect_warning("tool run_code { }\nrole a { allow run_code; }\n"
		       "test \"x\" { deny a run_cdoe; deny a run_cdoe; }",
		       DIAG_W0117,
		       "4:19 the test is about tool 'run_cdoe', which no declaration and no rule "
		       "names");
	expect_told("role a { allow t; } test \"x\" { deny a no_such; deny a no_such; }",
		    DIAG_W0117);
	expect_told(
		"tool run_code { } role admin { allow *; }\ntest \"x\" { allow admin run_cod; }",
		DIAG_W0117);
	expect_silent("tool run_code { } role admin { allow *; }\ntest \"x\" { allow admin new; }",
		      DIAG_W0117);
	for (size_t i = 0; i < 3; i++) {
		static const char *const names[] = {"run_code", "b_x", "c_x"};
		char text[512];

		snprintf(text, sizeof(text), "%s test \"x\" { deny a %s; }", guest, names[i]);
		expect_silent(text, DIAG_W0117);
	}
}

Test(lint, declared_tools_and_wildcards_are_not_undeclared)
{
	expect_silent("tool x { } role a { allow x; }", DIAG_W0101);
	expect_silent("role a { allow x*; }", DIAG_W0101);
	expect_silent("tool git_* { } role a { deny git_push; }", DIAG_W0101);
}

Test(lint, only_an_admin_may_be_allowed_everything)
{
	expect_warning("role root { allow *; }", DIAG_W0102,
		       "2:19 role 'root' may call every tool, also future ones");
	expect_warning("role root { allow **; }", DIAG_W0102,
		       "2:19 role 'root' may call every tool, also future ones");
	expect_silent("role admin { allow *; } role r { allow a*; deny *; }", DIAG_W0102);
}

Test(lint, powerful_tools_have_a_sandbox)
{
	expect_warning("tool a_* { class admin; }", DIAG_W0103,
		       "2:6 tool 'a_*' is of class admin and has no sandbox");
	expect_silent("sandbox s { " LIMITS " } tool a { class admin; sandbox s; }\n"
		      "tool b { class read; } tool c { class write; } tool d { }",
		      DIAG_W0103);
	expect_warning("sandbox s { " LIMITS " } tool a* { class execute; }\n"
		       "tool a_* { class execute; sandbox s; }",
		       DIAG_W0103, "2:67 tool 'a*' is of class execute and has no sandbox");
}

Test(lint, limits_are_missed_where_a_tool_runs)
{
	const char *base = "sandbox base { }\nsandbox s extends base { " LIMITS " }\n";
	char text[256];

	expect_silent(base, DIAG_W0104);
	expect_silent(base, DIAG_W0105);
	snprintf(text, sizeof(text), "%stool t { sandbox base; }", base);
	expect_warning(text, DIAG_W0104, "2:9 sandbox 'base' has no 'wall' limit");
	expect_warning(text, DIAG_W0105, "2:9 sandbox 'base' has no 'memory' limit");
	expect_silent("sandbox base { " LIMITS " } sandbox s extends base { }", DIAG_W0104);
}

Test(lint, writable_trees_hold_no_programs)
{
	expect_warning("sandbox s { filesystem { write \"/\"; execute \"/usr/bin\"; } }",
		       DIAG_W0106, "2:9 sandbox 's' can execute '/usr/bin' and write '/'");
	expect_warning("sandbox a { filesystem { write \"~/x\"; } }\n"
		       "sandbox s extends a { filesystem { execute \"~/x\"; } }",
		       DIAG_W0106, "3:9 sandbox 's' can execute '~/x' and write '~/x'");
	expect_silent("sandbox s { filesystem { write \"/usr/b\"; execute \"/usr/bin\"; } }",
		      DIAG_W0106);
	expect_warning("sandbox s { filesystem { write \"/usr/bin/x\"; execute \"/usr/bin\"; } }",
		       DIAG_W0106, "2:9 sandbox 's' can execute '/usr/bin' and write '/usr/bin/x'");
	expect_warning("param w : path;\n"
		       "sandbox s { filesystem { execute \"${w}\"; write \"${w}/out\"; } }",
		       DIAG_W0106, "3:9 sandbox 's' can execute '${w}' and write '${w}/out'");
	expect_silent("sandbox s { filesystem { read \"/usr\"; execute \"/usr/bin\"; } }",
		      DIAG_W0106);
}

Test(lint, sandbox_in_which_nothing_starts)
{
	expect_warning("sandbox s { syscalls { allow @default; deny execve; } }", DIAG_W0107,
		       "2:9 no command can start in sandbox 's': it refuses execve");
	expect_warning("sandbox s { syscalls { deny @debug; } }", DIAG_W0107,
		       "2:9 no command can start in sandbox 's': it refuses execve");
	expect_silent("sandbox s { syscalls { allow execve; } }", DIAG_W0107);
	expect_silent("sandbox s { }", DIAG_W0107);
	expect_warning("sandbox s { filesystem { write \"/x\"; } } tool t { sandbox s; }",
		       DIAG_W0107,
		       "2:9 no command can start in sandbox 's': it has no 'execute' grant");
	expect_warning("sandbox b { filesystem { read \"/x\"; } } sandbox s extends b { }\n"
		       "tool t { sandbox s; }",
		       DIAG_W0107,
		       "2:49 no command can start in sandbox 's': it has no 'execute' grant");
	expect_silent("sandbox b { filesystem { execute \"/x\"; } } sandbox s extends b { }\n"
		      "tool t { sandbox s; }",
		      DIAG_W0107);
	expect_silent("sandbox b { } sandbox s extends b { filesystem { execute \"/x\"; } }\n"
		      "tool t { sandbox s; }",
		      DIAG_W0107);
}

Test(lint, parameters_are_used)
{
	expect_warning("param w : path;", DIAG_W0111,
		       "2:7 parameter 'w' is not used, and must still be bound");
	expect_warning("param w : path; param p : port = 443;\n"
		       "sandbox s { filesystem { read \"${w}\", \"/p\"; } }",
		       DIAG_W0111, "2:23 parameter 'p' is not used");
	expect_silent(
		"param w : path; param p : port; param t : string;\n"
		"sandbox s { filesystem { read \"${w}/x\"; } network { connect \"*:${p}\"; }\n"
		"  env { set T = \"a${t}\"; } }",
		DIAG_W0111);
	expect_silent("param w : path; sandbox b { filesystem { read \"${w}\"; } }\n"
		      "sandbox s extends b { }",
		      DIAG_W0111);
}

Test(lint, whole_system_trees)
{
	expect_warning("sandbox s { filesystem { read \"/dev/\"; } }", DIAG_W0108,
		       "2:31 all of '/dev' is granted");
	expect_warning("sandbox s { filesystem { execute \"/\"; } }", DIAG_W0108,
		       "2:34 all of '/' is granted");
	expect_warning("sandbox s { filesystem { read \"//proc/.\"; } }", DIAG_W0108,
		       "2:31 all of '/proc' is granted");
	expect_warning("sandbox s { filesystem { read \"/./\"; } }", DIAG_W0108,
		       "2:31 all of '/' is granted");
	expect_silent(
		"sandbox s { filesystem { read \"/dev/null\", \"/proc/cpuinfo\", \"/devel\"; } }",
		DIAG_W0108);
	expect_told("set all : paths { \"/\" }; sandbox s { filesystem { write all; } }",
		    DIAG_W0108);
	expect_silent("sandbox s { filesystem { read \"/x\"; deny \"/proc\", \"/dev\"; } }",
		      DIAG_W0108);
}

Test(lint, an_ask_can_be_avoided_by_leaving_an_argument_out)
{
	static const char tool[] = "tool t { class read; arg n : int; arg s : string; } ";
	static const struct {
		const char *rules;
		bool told;
	} cases[] = {
		{"role r { allow t; ask t where n > 5; }", true},
		{"role r { allow t*; ask t where n > 5; }", true},
		{"role r { allow t; ask t where n > 5 and s == \"x\"; deny t where not n present; "
		 "}",
		 true},
		{"role a { ask t where n > 5; } role r extends a { allow *; }", true},
		{"role r { allow t; ask t where n > 5; deny t where s == \"x\"; }", true},
		{"role r { allow t where n > 0; ask t where n > 5; }", false},
		{"role r { allow t; ask t where n present; }", false},
		{"role r { allow t; ask t where n > 5; deny t where not n present; }", false},
		{"role r { allow t; ask t where n > 5; ask t where not n present; }", false},
		{"role r { allow t; ask t where n > 5; deny t where n > 9; }", false},
		{"role r { allow t; ask t where n > 5; deny t; }", false},
		{"role a { ask t where n > 5; } role r { allow *; }", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[512];

		snprintf(text, sizeof(text), "%s%s", tool, cases[i].rules);
		if (cases[i].told)
			expect_told(text, DIAG_W0220);
		else
			expect_silent(text, DIAG_W0220);
	}
}

Test(lint, parents_that_disagree_need_not_stand_together)
{
	static const char format[] = "tool t { class read; arg n : int; } role c { } "
				     "role a { allow t where n == 1; } role b { %s } "
				     "role r extends %s { }";
	static const char *const orders[] = {"a, c, b", "b, c, a", "a, b"};
	char text[512];

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		snprintf(text, sizeof(text), format, "allow t;", orders[i]);
		expect_told(text, DIAG_W0205);
		snprintf(text, sizeof(text), format, "allow t where n == 2;", orders[i]);
		expect_silent(text, DIAG_W0205);
	}
}

Test(lint, keys_are_keys_in_any_home)
{
	static const char *const paths[] = {"~/.ssh/id_rsa", "/root/.ssh",
					    "/home/al/.aws/credentials", "/srv/app/.env",
					    "~/.kube/config"};
	char text[256];

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		snprintf(text, sizeof(text), "sandbox s { filesystem { read \"%s\"; } }", paths[i]);
		expect_told(text, DIAG_W0309);
	}
	expect_silent("sandbox s { filesystem { read \"/srv/.envoy\", \"/srv/x.env\"; } }",
		      DIAG_W0309);
}

Test(lint, secrets_are_told_by_their_names)
{
	expect_told("sandbox s { env { pass PGPASSWORD; } }", DIAG_W0501);
	expect_silent("sandbox s { env { pass MONKEY, KEYMAP, PWD; } }", DIAG_W0501);
	expect_told("sandbox s { env { pass PYTHONPATH; } }", DIAG_W0109);
}

Test(lint, a_socket_needs_a_network)
{
	expect_silent("sandbox s { network { unix \"/run/x\"; } syscalls { allow socket; } }",
		      DIAG_W0404);
	expect_silent("sandbox s { syscalls { deny socket; } }", DIAG_W0404);
	expect_silent("sandbox b { syscalls { allow socket; } } "
		      "sandbox s extends b { network { bind \"*:80\"; } }",
		      DIAG_W0404);
	expect_told("sandbox s { network { deny \"10.0.0.0/8\"; } syscalls { allow socket; } }",
		    DIAG_W0404);
}

Test(lint, loader_variables_are_set_and_not_passed)
{
	expect_warning("sandbox s { env { secret LD_LIBRARY_PATH; } }", DIAG_W0109,
		       "2:26 'LD_LIBRARY_PATH' is passed in: its value chooses code to run");
	expect_silent("sandbox s { env { set LD_LIBRARY_PATH = \"/x\"; pass PATH, LDX, ENVX; } }",
		      DIAG_W0109);
}

#define BOXES "sandbox s { " LIMITS " } sandbox t { " LIMITS " }\n"

Test(lint, wildcards_that_tie_are_told)
{
	expect_warning(BOXES "tool b*a { sandbox s; }\ntool *ba { sandbox t; }", DIAG_W0110,
		       "3:6 'b*a' and '*ba' match 'bba' equally well, and differ");
	expect_warning("tool a* { class read; } tool *b { class write; }", DIAG_W0110,
		       "2:6 'a*' and '*b' match 'ab' equally well, and differ");
	expect_warning("tool a_*x* { class read; }\ntool a*y*_ { class write; }", DIAG_W0110,
		       "2:6 'a_*x*' and 'a*y*_' match 'a_yx_' equally well, and differ");
	expect_warning("tool ** { class read; }\ntool * { class write; }", DIAG_W0110,
		       "2:6 '**' and '*' match 'x' equally well, and differ");
}

Test(lint, wildcards_that_do_not_tie_are_not_told)
{
	static const char *const silent[] = {
		BOXES "tool a* { sandbox s; } tool *b { sandbox s; }", /* the same */
		"tool a* { class read; } tool *bc { class write; }",   /* the longer wins */
		"tool a* { class read; } tool b* { class write; }",    /* nothing in common */
		"tool *_a { class read; } tool *_b { class write; }",
		"tool a* { class read; } tool *b { class write; } tool a*b { class read; }",
		"tool a* { class read; } tool *b { class write; } tool ab { class read; }",
		"tool a* { class read; } tool a { class write; }",
	};

	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++)
		expect_silent(silent[i], DIAG_W0110);
}

/* What a child says beside what it inherits is as much as both together. */
Test(lint, a_condition_that_narrows_nothing)
{
	expect_warning(
		"tool t { arg n : int; }\nrole a { allow t; }\n"
		"role b extends a { allow t where n < 5; }",
		DIAG_W0202,
		"4:26 the condition has no effect: 'allow t' on line 3 of test.writ has none");
	expect_told("role a { allow git_*; } role b extends a { allow git_push where r == \"x\"; }",
		    DIAG_W0202);
	expect_told("role a { deny git_*, x; allow x; } "
		    "role b extends a { deny git_push where r == \"x\"; }",
		    DIAG_W0202);
	expect_silent("role a { ask git_*; } role b extends a { allow git_push where r == \"x\"; }",
		      DIAG_W0202);
	expect_silent(
		"role a { allow git_push; } role b extends a { allow git_* where r == \"x\"; }",
		DIAG_W0202);
	expect_silent("role a { allow t rate 5/minute; } role b extends a { allow t where n < 5; }",
		      DIAG_W0202);
	expect_silent(BOXES "role a { allow t; } role b extends a { allow t where n < 5 using s; }",
		      DIAG_W0202);
}

Test(lint, a_stricter_rule_with_the_same_condition_shadows)
{
	expect_warning("role a { ask t where n < 5; }\n"
		       "role b extends a { allow t where (n  <  5); }",
		       DIAG_W0201,
		       "3:26 this never decides: 'ask t where ...' on line 2 of test.writ is "
		       "stricter");
	expect_told("role a { deny t where n < 5; ask t where n < 5; }", DIAG_W0201);
	expect_silent("role a { ask t where n < 5; } role b extends a { allow t where n < 6; }",
		      DIAG_W0201);
	expect_silent("role a { ask t where n < 5; } role b extends a { allow u where n < 5; }",
		      DIAG_W0201);
	expect_silent("role a { allow t where n < 5; } role b extends a { ask t where n < 5; }",
		      DIAG_W0201);
}

Test(lint, an_interpreter_in_the_sandbox_that_a_rule_uses)
{
	static const char boxes[] =
		"sandbox shell { filesystem { execute \"/bin/sh\"; } }\n"
		"sandbox plain { filesystem { execute \"/usr/bin/grep\"; } }\n"
		"tool search { class read; sandbox plain; } tool run { class execute; }\n";
	static const struct {
		const char *rule;
		size_t told;
	} rows[] = {
		{"allow search using shell", 1},
		{"ask search using shell", 1},
		{"allow search using plain", 0},
		{"allow run using shell", 0},
		{"allow search", 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[1024];
		const struct compilation *compilation;

		snprintf(text, sizeof(text), "%srole r { %s; }", boxes, rows[i].rule);
		compilation = policy_check(text);
		cr_expect_eq(policy_count(compilation, DIAG_W0310), rows[i].told, "%s: %s",
			     rows[i].rule, policy_report(compilation));
	}
}

Test(lint, a_denial_of_half_an_argument)
{
	static const struct {
		const char *rule;
		size_t told;
	} rows[] = {
		{"deny keyctl(operation == 1, arg1 in {1, 2})", 1},
		{"deny semctl(arg3 == 1)", 1},
		{"deny ioctl(arg2 == 1) kill", 1},
		{"deny fcntl(cmd == F_SETOWN, arg != 1)", 0},
		{"deny fcntl(cmd == F_SETOWN)", 0},
		{"deny ioctl(request == TIOCSTI)", 0},
		{"deny lseek(offset == 1)", 0},
		{"allow fcntl(cmd == F_SETOWN, arg == 1)", 0},
		{"deny fcntl(cmd == F_SETOWN, arg < 5)", 1},
		{"deny fcntl(cmd == F_SETOWN, arg > 5)", 0},
		{"allow fcntl(cmd == F_SETOWN, arg != 1)", 1},
		{"allow fcntl(cmd == F_SETOWN, arg > 1)", 1},
		{"allow fcntl(cmd == F_SETOWN, arg != 1) notify", 1},
		{"allow fcntl(cmd == F_SETOWN, arg != 1, arg <= 0xffffffff)", 0},
		{"allow fcntl(cmd == F_SETOWN, arg < 5)", 0},
		{"allow lseek(offset != 1)", 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct compilation *compilation;
		char text[256];

		snprintf(text, sizeof(text), "sandbox s { syscalls { %s; } }", rows[i].rule);
		compilation = policy_check(text);
		cr_expect_not_null(compilation->ir, "%s", policy_report(compilation));
		cr_expect_eq(policy_count(compilation, DIAG_W0316), rows[i].told, "%s: %s",
			     rows[i].rule, policy_report(compilation));
	}
}

Test(lint, example_policies_are_clean)
{
	glob_t files;

	cr_assert_eq(glob("policies/*/policy.writ", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct compilation *compilation = calloc(1, sizeof(*compilation));

		compilation_init(compilation);
		cr_assert_eq(compile_check(compilation, str_from(files.gl_pathv[i])), 0);
		cr_expect_eq(compilation->diags.items.n, 0, "%s", policy_report(compilation));
	}
	globfree(&files);
}

#define SITTING                                                                                    \
	"role a { allow x; } role b { allow y; } role c { allow z; }\ntool x { } tool y { } tool " \
	"z { }\n"

Test(lint, a_role_that_no_session_can_have_is_told_where_it_begins)
{
	expect_warning(SITTING "role top extends ab { } role ab extends a, b { }\n"
			       "user \"u\" : top;\nconflict session a, b;",
		       DIAG_W0221,
		       "4:30 role 'ab' has both 'a' and 'b', which no session may have active");
	expect_warning(SITTING "role d extends a { }\nrole e extends c { }\n"
			       "role top extends d, e { }\nuser \"u\" : top;\n"
			       "conflict session a, b, c;",
		       DIAG_W0221,
		       "6:6 role 'top' has both 'a' and 'c', which no session may have active");
	/* One of a conflict that extends another of it. */
	expect_told(SITTING "role ba extends b { }\nuser \"u\" : ba;\nconflict session b, ba;",
		    DIAG_W0221);
	/* By two ways, one role; of two conflicts, one role each. */
	expect_silent(SITTING "role d extends a { } role e extends a { } role f extends d, e { }\n"
			      "user \"u\" : f;\nconflict session a, b;",
		      DIAG_W0221);
	expect_silent(SITTING "role ac extends a, c { }\nuser \"u\" : ac;\n"
			      "conflict session a, b; conflict session b, c;",
		      DIAG_W0221);
}

/* Each role inherits all below: walks from each would look at three million, and be given up. */
Test(lint, a_role_that_no_session_can_have_is_told_among_thousands)
{
	enum { WIDTH = 40, DEPTH = 60 };
	size_t size = (size_t)WIDTH * (DEPTH + 1) * (WIDTH + 1) * 8;
	char *text = malloc(size);
	FILE *out = fmemopen(text, size, "w");

	cr_assert(text && out);
	(void)fprintf(out, "role x { allow read_*; } role y { allow read_*; }\n");
	for (int i = 0; i < DEPTH * WIDTH; i++) {
		(void)fprintf(out, "role r%d extends ", i);
		for (int k = 0; i >= WIDTH && k < WIDTH - 1; k++)
			(void)fprintf(out, "r%d, ", i - i % WIDTH - WIDTH + k);
		if (i < WIDTH)
			(void)fprintf(out, "x { }\n");
		else
			(void)fprintf(out, "r%d { }\n", i - i % WIDTH - 1);
	}
	(void)fprintf(out, "role top extends r%d, y { } conflict session x, y;\n",
		      DEPTH * WIDTH - 1);
	cr_assert_eq(fclose(out), 0);
	expect_told(text, DIAG_W0221);
	free(text);
}
