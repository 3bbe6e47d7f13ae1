/*
 * From tree to IR: what each construct means, and what is refused.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/policy.h"

static void expect_no(const char *listing, const char *text)
{
	cr_expect_null(strstr(listing, text), "'%s' in\n%s", text, listing);
}

/* The first report of a code on text that has no other error. */
static void expect_says(const char *text, enum diag_code code, const char *said)
{
	const struct compilation *compilation = policy_check(text);

	cr_expect_null(compilation->ir);
	cr_expect_str_eq(policy_says(compilation, code), said, "%s", policy_report(compilation));
	cr_expect_eq(compilation->diags.errors, policy_count(compilation, code), "%s",
		     policy_report(compilation));
}

Test(sema, name_and_version_of_the_policy)
{
	const struct ir_policy *ir = policy_ir("");

	cr_expect(str_eq_cstr(ir->name, "test"));
	cr_expect_eq(ir->version, 0);
}

Test(sema, second_declaration_of_a_name_points_at_the_first)
{
	const struct compilation *compilation =
		policy_check("role a { allow x; }\nrole a { allow y; }\nsandbox a { }\ntool a { }");
	const struct diag *diag = policy_diag(compilation, DIAG_E0101);

	cr_expect_eq(policy_count(compilation, DIAG_E0101), 1,
		     "sandboxes and tools have names of their own");
	cr_assert_not_null(diag);
	cr_expect_eq(diag->notes.n, 1);
	cr_expect_eq(source_line_col(compilation->diags.sources, diag->notes.items[0].span.file,
				     diag->notes.items[0].span.begin)
			     .line,
		     2);
}

Test(sema, unknown_name_suggests_the_nearest)
{
	const struct compilation *compilation = policy_check(
		"role develop { allow x; } role developer { allow x; }\n"
		"role lead extends develper { allow x; }");
	const struct diag *diag = policy_diag(compilation, DIAG_E0104);

	cr_assert_not_null(diag);
	cr_assert_eq(diag->notes.n, 1);
	cr_expect(str_eq_cstr(diag->notes.items[0].text, "did you mean 'developer'?"));
}

Test(sema, unknown_name_without_likeness_suggests_nothing)
{
	const struct compilation *compilation =
		policy_check("role developer { allow x; } user \"u\" : nobody;");

	cr_expect_eq(policy_diag(compilation, DIAG_E0104)->notes.n, 0);
}

Test(sema, several_mistakes_are_reported_in_one_run)
{
	const struct compilation *compilation = policy_check("sandbox s extends none {\n"
							     "  filesystem { read \"usr\"; }\n"
							     "  network { connect \"*:0\"; }\n"
							     "  syscalls { allow @nothing; }\n"
							     "  limits { wall 0s; }\n"
							     "}\n"
							     "user \"u\" : nobody;");

	cr_expect_eq(compilation->diags.errors, 6, "%s", policy_report(compilation));
}

Test(sema, order_of_declarations_does_not_show)
{
	const char *one = policy_listing(
		"param b : path; param a : port = 0x1bb;\n"
		"tool t2 { sandbox s2; } tool t1 { class read; sandbox s1; }\n"
		"sandbox s1 { filesystem { read \"/b\", \"/a\"; write \"/a\"; }\n"
		"  network { connect \"*:2\", \"*:1\"; } env { pass B, A; }\n"
		"  syscalls { allow write, read; } limits { wall 1s; memory 1MiB; } }\n"
		"sandbox s2 extends s1 { filesystem { read \"${b}\"; } }\n"
		"user \"v\" : r; user \"u\" : r; role r { allow t1; }");
	const char *other = policy_listing(
		"role r { allow t1; } user \"u\" : r, r; user \"v\" : r;\n"
		"sandbox s2 extends s1 { filesystem { read \"${b}/\"; } }\n"
		"sandbox s1 { limits { memory 1024KiB; } limits { wall 1000ms; }\n"
		"  syscalls { allow read; allow write; } env { pass A; pass B; }\n"
		"  network { connect \"*:1\", \"*:2\"; }\n"
		"  filesystem { write \"/a/.\"; read \"/a\", \"//b\"; } }\n"
		"tool t1 { sandbox s1; class read; } tool t2 { sandbox s2; }\n"
		"param a : port = 443; param b : path;");
	const char *rule_one = strstr(one, "rule 0"), *rule_other = strstr(other, "rule 0");

	/* Rules say where they stand; all before and after is equal. */
	cr_assert(rule_one && rule_other);
	cr_expect_eq(rule_one - one, rule_other - other);
	cr_expect_eq(memcmp(one, other, (size_t)(rule_one - one)), 0);
	cr_expect_str_eq(strchr(rule_one, '\n'), strchr(rule_other, '\n'));
}

Test(sema, defaults_of_parameters_have_one_spelling)
{
	const char *listing = policy_listing(
		"param a : port = 0x1bb; param b : size = 2MiB; param c : size = 3kB; param j : "
		"size = 5B;\n"
		"param d : duration = 2m; param e : path = \"/srv//x/./y/\";\n"
		"param f : int = 0o10; param g : host = \"h.example\";\n"
		"param h : string = \"a b\"; param i : string = \"\";\n"
		"param k : path = \"~/x/./y/\"; param l : path = \"~/\";");

	policy_expect_line(listing, "param a port = 443");
	policy_expect_line(listing, "param b size = 2048KiB");
	policy_expect_line(listing, "param c size = 3000B");
	policy_expect_line(listing, "param j size = 5B");
	policy_expect_line(listing, "param d duration = 120000ms");
	policy_expect_line(listing, "param e path = /srv/x/y");
	policy_expect_line(listing, "param f int = 8");
	policy_expect_line(listing, "param g host = h.example");
	policy_expect_line(listing, "param h string = a b");
	policy_expect_line(listing, "param i string = ");
	policy_expect_line(listing, "param k path = ~/x/y");
	policy_expect_line(listing, "param l path = ~");
}

Test(sema, default_of_another_type_is_an_error)
{
	expect_says("param a : port = \"1\";", DIAG_E0201,
		    "2:18 the default of a port must be one, such as 443");
	expect_says("param a : duration = 10;", DIAG_E0201,
		    "2:22 the default of a duration must be one, such as 30s");
	expect_says("param a : path = 10;", DIAG_E0201,
		    "2:18 the default of a path must be one, such as \"/srv/agent\"");
}

Test(sema, default_that_could_not_be_bound_is_an_error)
{
	expect_says("param a : port = 0;", DIAG_E0202,
		    "2:18 the default of parameter 'a' is not a port: those are 1 to 65535");
	expect_says("param a : host = \"a b\";", DIAG_E0202,
		    "2:18 the default of parameter 'a' is not a host's name or address");
	expect_says("param a : host = \"10.1\";", DIAG_E0202,
		    "2:18 the default of parameter 'a' is not a host's name or address");
	expect_says("param a : host = \"*.example.org\";", DIAG_E0202,
		    "2:18 the default of parameter 'a' is not a host's name or address");
	expect_says("param a : path = \"x\";", DIAG_E0204,
		    "2:18 a path must be absolute, or begin with '~/' or a path parameter");
	expect_says("param a : int = 0xffffffffffffffff;", DIAG_E0202,
		    "2:17 the default of parameter 'a' is too large");
}

Test(sema, paths_have_one_spelling_and_joined_rights)
{
	const char *listing = policy_listing(
		"param w : path; param n : int;\n"
		"sandbox s { filesystem {\n"
		"  read \"/usr//lib/./x/\", \"/\", \"~\", \"~/.cache/\", \"${w}/\", "
		"\"${w}/./a//b\";\n"
		"  write \"/usr/lib/x\"; execute \"/usr/lib/x\", \"/opt/v${n}/bin\", \"/a/...\";\n"
		"} }");

	policy_expect_line(listing, "\tpath rwx /usr/lib/x");
	policy_expect_line(listing, "\tpath r-- /");
	policy_expect_line(listing, "\tpath r-- ~");
	policy_expect_line(listing, "\tpath r-- ~/.cache");
	policy_expect_line(listing, "\tpath r-- ${w}");
	policy_expect_line(listing, "\tpath r-- ${w}/a/b");
	policy_expect_line(listing, "\tpath --x /opt/v${n}/bin");
	policy_expect_line(listing, "\tpath --x /a/...");
}

static void expect_path(const char *path, enum diag_code code)
{
	const struct compilation *compilation;
	char text[512];

	snprintf(text, sizeof(text),
		 "param w : path; param v : path; param t : string; param h : host;\n"
		 "sandbox s { filesystem { read \"%s\"; } }",
		 path);
	compilation = policy_check(text);
	cr_expect_eq(policy_count(compilation, code), 1, "%s: %s", path,
		     policy_report(compilation));
	cr_expect_eq(compilation->diags.errors, 1, "%s: %s", path, policy_report(compilation));
}

Test(sema, path_that_is_not_what_it_seems_is_an_error)
{
	static const char *const climbing[] = {"/a/../b", "/..",    "..",
					       "${w}/..", "~/../b", "/a/.."};
	static const char *const relative[] = {"", "a", "./a", "~user/a", "a${w}", "~~", " /a"};
	static const char *const misused[] = {"/a/${w}", "${w}${v}", "${w}a", "/a/${t}",
					      "${t}",    "/a${h}",   "${t}/a"};

	for (size_t i = 0; i < sizeof(climbing) / sizeof(climbing[0]); i++)
		expect_path(climbing[i], DIAG_E0205);
	for (size_t i = 0; i < sizeof(relative) / sizeof(relative[0]); i++)
		expect_path(relative[i], DIAG_E0204);
	for (size_t i = 0; i < sizeof(misused) / sizeof(misused[0]); i++)
		expect_path(misused[i], DIAG_E0203);
	expect_path("/a/*/b", DIAG_E0903);
	expect_path("${nothing}/a", DIAG_E0102);
}

#define EPERM_ACTION (SECCOMP_RET_ERRNO | EPERM)

Test(sema, no_policy_lets_a_process_leave_its_launch)
{
	expect_says("sandbox s { syscalls { allow setpgid; } }", DIAG_E0904,
		    "2:30 allowing 'setpgid' is not supported yet: a process could leave its "
		    "launch and outlive it");
	cr_expect_eq(policy_count(policy_check("sandbox s { syscalls { allow io_uring_enter; } }"),
				  DIAG_E0904),
		     1);
	cr_expect_eq(policy_count(policy_check("sandbox s { syscalls { allow clone3; } }"),
				  DIAG_E0904),
		     1);
	cr_expect_eq(policy_count(policy_check("sandbox s { syscalls { allow @io-uring; } }"),
				  DIAG_E0904),
		     1);
	cr_expect_not_null(policy_ir("sandbox s { syscalls { deny setsid kill; } }"));
}

Test(sema, every_group_leaves_the_launch_closed)
{
	const struct call_group *group;
	char text[256];

	for (uint32_t i = 0; (group = group_at(i)); i++) {
		const struct compilation *compilation;

		snprintf(text, sizeof(text), "sandbox s { syscalls { allow %s; } }", group->name);
		compilation = policy_check(text);
		if (!compilation->ir)
			continue;
		cr_expect_neq(policy_verdict(&compilation->ir->sandboxes.items[0], "setsid", 0, 0,
					     0),
			      SECCOMP_RET_ALLOW, "%s", group->name);
		cr_expect_neq(policy_verdict(&compilation->ir->sandboxes.items[0], "setpgid", 0, 0,
					     0),
			      SECCOMP_RET_ALLOW, "%s", group->name);
		cr_expect_neq(policy_verdict(&compilation->ir->sandboxes.items[0], "clone3", 0, 0,
					     0),
			      SECCOMP_RET_ALLOW, "%s", group->name);
	}
}

Test(sema, sandbox_without_syscalls_has_the_default_group)
{
	const struct ir_sandbox *sandbox = policy_sandbox("sandbox s { }");

	cr_expect_eq(policy_verdict(sandbox, "openat", 0, 0, 0), SECCOMP_RET_ALLOW);
	cr_expect_eq(policy_verdict(sandbox, "mount", 0, 0, 0), EPERM_ACTION);
}

Test(sema, section_of_an_ancestor_takes_the_default_away)
{
	const struct ir_policy *ir = policy_ir("sandbox a { syscalls { allow read; } }\n"
					       "sandbox b extends a { limits { wall 1s; } }\n"
					       "sandbox c { syscalls { } }");

	cr_expect_eq(policy_verdict(&ir->sandboxes.items[1], "read", 0, 0, 0), SECCOMP_RET_ALLOW);
	cr_expect_eq(policy_verdict(&ir->sandboxes.items[1], "openat", 0, 0, 0), EPERM_ACTION);
	cr_expect_eq(policy_verdict(&ir->sandboxes.items[2], "read", 0, 0, 0), EPERM_ACTION);
}

Test(sema, denying_a_group_refuses_what_it_stands_for)
{
	const struct ir_sandbox *sandbox = policy_sandbox(
		"sandbox s { syscalls { allow @default, ptrace; deny @debug errno ENOSYS; } }");

	cr_expect_eq(policy_verdict(sandbox, "ptrace", 0, 0, 0), SECCOMP_RET_ERRNO | ENOSYS);
	cr_expect_eq(policy_verdict(sandbox, "read", 0, 0, 0), SECCOMP_RET_ALLOW);
}

Test(sema, denying_a_group_refuses_its_calls_whatever_their_arguments)
{
	const struct ir_sandbox *sandbox =
		policy_sandbox("sandbox s { syscalls { allow clone, read; deny @default; } }");

	/* @default allows clone without namespaces only; its denial is not limited to those. */
	cr_expect_eq(policy_verdict(sandbox, "clone", 0, 0, 0), EPERM_ACTION);
	cr_expect_eq(policy_verdict(sandbox, "clone", 0x10000000, 0, 0), EPERM_ACTION);
	cr_expect_eq(policy_verdict(sandbox, "read", 0, 0, 0), EPERM_ACTION);
}

Test(sema, default_group_knows_the_ioctls_and_fcntls_it_allows)
{
	static const struct {
		const char *call;
		uint64_t request;
		bool allowed;
	} rows[] = {
		{"ioctl", 0x5413, true},       /* TIOCGWINSZ */
		{"ioctl", 0x40049409, true},   /* FICLONE */
		{"ioctl", 0x5412, false},      /* TIOCSTI */
		{"ioctl", 0x100005412, false}, /* the same: the kernel looks at 32 bits */
		{"ioctl", 0x540e, false},      /* TIOCSCTTY */
		{"ioctl", 0x5000940e, false},  /* BTRFS_IOC_SUBVOL_CREATE */
		{"ioctl", 0x40086602, false},  /* FS_IOC_SETFLAGS */
		{"ioctl", 0x8901, false},      /* FIOSETOWN */
		{"fcntl", 4, true},            /* F_SETFL */
		{"fcntl", 8, false},           /* F_SETOWN */
		{"fcntl", 1024, false},        /* F_SETLEASE */
	};
	const struct ir_sandbox *sandbox = policy_sandbox("sandbox s { }");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t want = rows[i].allowed ? SECCOMP_RET_ALLOW : EPERM_ACTION;

		cr_expect_eq(policy_verdict(sandbox, rows[i].call, 0, rows[i].request, 0), want,
			     "%s %#llx", rows[i].call, (unsigned long long)rows[i].request);
	}
}

Test(sema, no_sandbox_makes_children_of_its_launcher)
{
	const struct ir_sandbox *sandbox =
		policy_sandbox("sandbox s { syscalls { allow @default, clone; } }");

	cr_expect_eq(policy_verdict(sandbox, "clone", 17, 0, 0), SECCOMP_RET_ALLOW);
	cr_expect_eq(policy_verdict(sandbox, "clone", 0x8000 | 17, 0, 0), EPERM_ACTION);
}

Test(sema, number_of_processors_can_not_be_widened_by_the_process)
{
	const struct ir_policy *ir = policy_ir(
		"sandbox a { limits { cpus 1; } } sandbox b { }\n"
		"sandbox c extends a { syscalls { allow sched_setaffinity; } }");

	cr_expect_eq(policy_verdict(&ir->sandboxes.items[0], "sched_setaffinity", 0, 0, 0),
		     EPERM_ACTION);
	cr_expect_eq(policy_verdict(&ir->sandboxes.items[1], "sched_setaffinity", 0, 0, 0),
		     SECCOMP_RET_ALLOW);
	cr_expect_eq(policy_verdict(&ir->sandboxes.items[2], "sched_setaffinity", 0, 0, 0),
		     EPERM_ACTION);
}

Test(sema, sandboxes_union_along_extends)
{
	const char *listing = policy_listing("sandbox a { filesystem { read \"/a\", \"/x\"; } "
					     "network { connect \"*:1\"; } env { pass A; } }\n"
					     "sandbox b { filesystem { write \"/x\"; } network { "
					     "bind \"*:1\"; } env { pass A; } }\n"
					     "sandbox c extends a, b { filesystem { execute "
					     "\"/c\"; } env { set A = \"1\"; } }\n");
	const char *c = strstr(listing, "sandbox c");

	cr_assert_not_null(c);
	policy_expect_line(c, "\tpath r-- /a");
	policy_expect_line(c, "\tpath rw- /x");
	policy_expect_line(c, "\tpath --x /c");
	policy_expect_line(c, "\tport cb 1-1");
	policy_expect_line(c, "\tset A=1");
	expect_no(c, "pass A");
}

Test(sema, limit_of_the_child_replaces_and_of_parents_the_strictest_wins)
{
	const struct ir_policy *ir = policy_ir(
		"sandbox a { limits { wall 10s; memory 2GiB; files 10; } }\n"
		"sandbox b { limits { wall 20s; memory 1GiB; cpus 2; } }\n"
		"sandbox c extends a, b { limits { wall 60s; } }\n");
	const struct ir_sandbox *c = &ir->sandboxes.items[2];

	cr_expect_eq(c->limits[WRIT_LIMIT_WALL], 60000);
	cr_expect_eq(c->limits[WRIT_LIMIT_MEMORY], 1u << 30);
	cr_expect_eq(c->limits[WRIT_LIMIT_FILES], 10);
	cr_expect_eq(c->limits[WRIT_LIMIT_CPUS], 2);
	cr_expect_not(c->limit_set[WRIT_LIMIT_OUTPUT]);
}

Test(sema, limit_units_and_bounds)
{
	expect_says("sandbox s { limits { wall 512MiB; } }", DIAG_E0209,
		    "2:27 limit 'wall' is a duration, such as 60s");
	expect_says("sandbox s { limits { memory 5; } }", DIAG_E0209,
		    "2:29 limit 'memory' is a size, such as 512MiB");
	expect_says("sandbox s { limits { cpus 0; } }", DIAG_E0210,
		    "2:27 limit 'cpus' can't be zero; leave it out for no limit");
	expect_says("sandbox s { limits { processes 1048577; } }", DIAG_E0211,
		    "2:32 limit 'processes' can't be more than 1048576");
	expect_says("sandbox s { limits { wall 9000h; } }", DIAG_E0211,
		    "2:27 limit 'wall' can't be more than 366 days");
}

Test(sema, best_effort_is_not_inherited)
{
	const struct ir_policy *ir =
		policy_ir("sandbox a { best_effort; } sandbox b extends a { }");

	cr_expect(ir->sandboxes.items[0].best_effort);
	cr_expect_not(ir->sandboxes.items[1].best_effort);
}

Test(sema, demands_are_inherited)
{
	const struct ir_policy *ir = policy_ir(
		"sandbox a { strict exec; user \"one\"; filesystem { read required \"/x\"; } }\n"
		"sandbox b extends a { filesystem { write \"/x\"; } }\n"
		"sandbox c extends a { user \"two\"; }\nsandbox d { user \"one\"; }\n"
		"sandbox e extends a, d { }");
	static const char *const users[] = {"one", "one", "two", "one", "one"};

	for (size_t i = 0; i < 5; i++) {
		cr_expect(str_eq_cstr(ir->sandboxes.items[i].user, users[i]), "%zu", i);
		cr_expect_eq(ir->sandboxes.items[i].strict_exec, i != 3, "%zu", i);
	}
	cr_assert_eq(ir->sandboxes.items[1].paths.n, 1u);
	cr_expect_eq(ir->sandboxes.items[1].paths.items[0].rights,
		     WRIT_PATH_READ | WRIT_PATH_WRITE | WRIT_PATH_REQUIRED);
}

Test(sema, the_words_of_demands_are_names_too)
{
	const struct ir_policy *ir = policy_ir(
		"set required : paths { \"/r\" }; set exec : paths { \"/e\" };\n"
		"set strict : paths { \"/s\" }; set user : paths { \"/u\" };\n"
		"tool exec { class read; sandbox strict; arg required : string; }\n"
		"role user { allow exec where required == \"x\"; }\n"
		"sandbox strict { filesystem { read required; read required exec;\n"
		"  write strict, required; deny required; execute required required, user; } "
		"}");

	cr_assert_eq(ir->sandboxes.items[0].paths.n, 3u); /* /r is denied */
	cr_expect_eq(ir->sandboxes.items[0].paths.items[0].rights,
		     WRIT_PATH_READ | WRIT_PATH_REQUIRED);
	cr_expect_eq(ir->sandboxes.items[0].paths.items[1].rights, WRIT_PATH_WRITE);
	cr_expect_eq(ir->sandboxes.items[0].paths.items[2].rights,
		     WRIT_PATH_EXECUTE | WRIT_PATH_REQUIRED);
}

Test(sema, cycle_in_roles_is_reported_once_with_its_way)
{
	const struct compilation *compilation = policy_check(
		"role below extends a { allow x; }\n"
		"role a extends b { allow x; } role b extends c { allow x; }\n"
		"role c extends a { allow x; } role free { allow x; }");
	const struct diag *diag = policy_diag(compilation, DIAG_E0310);

	cr_expect_eq(policy_count(compilation, DIAG_E0310), 1);
	cr_assert_not_null(diag);
	cr_expect_eq(diag->notes.n, 3);
}

Test(sema, each_cycle_is_reported)
{
	const struct compilation *compilation = policy_check(
		"sandbox a extends a { } sandbox b extends c { } sandbox c extends b { }");

	cr_expect_eq(policy_count(compilation, DIAG_E0310), 2);
}

Test(sema, diamond_inherits_once)
{
	const struct ir_policy *ir = policy_ir(
		"role d extends b, c { allow d; } role b extends a { allow b; }\n"
		"role c extends a { allow c; } role a { allow a; }");
	const struct ir_role *d = &ir->roles.items[3];

	cr_assert_eq(d->rules.n, 4);
	cr_expect(str_eq_cstr(ir->rules.items[d->rules.items[0]].pattern, "d"));
	cr_expect(str_eq_cstr(ir->rules.items[d->rules.items[3]].pattern, "a"));
}

Test(sema, wide_diamonds_do_not_explode)
{
	static char text[8192];
	size_t n = 0;

	n += (size_t)snprintf(text, sizeof(text), "sandbox s0 { filesystem { read \"/a\"; } }\n");
	for (int i = 1; i <= 60; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "sandbox x%d extends s%d { } sandbox y%d extends s%d { }\n"
				      "sandbox s%d extends x%d, y%d { }\n",
				      i, i - 1, i, i - 1, i, i, i);
	/* 121 generations are more than allowed; 30 are not. */
	cr_expect_eq(policy_count(policy_check(text), DIAG_E0453), 1);
	*strstr(text, "sandbox x31 ") = '\0';
	cr_expect_eq(policy_ir(text)->sandboxes.items[0].paths.n, 1);
}

Test(sema, exact_tool_of_a_rule_gets_what_a_wildcard_lends)
{
	const char *listing = policy_listing(
		"sandbox git { } tool git_* { class write; sandbox git; }\n"
		"role r { allow git_*; deny git_push; allow other; }");

	policy_expect_line(listing, "tool git_push class write sandbox git undeclared");
	policy_expect_line(listing, "tool other class none undeclared");
}

Test(sema, rules_stand_in_order_of_strictness)
{
	const char *listing =
		policy_listing("role b { allow x; deny y; } role a { deny z; allow *; }");

	policy_expect_line(listing, "rule 0 deny y role b test.writ:2:24");
	policy_expect_line(listing, "rule 1 deny z role a test.writ:2:43");
	policy_expect_line(listing, "rule 2 allow x role b test.writ:2:16");
	policy_expect_line(listing, "role a rules 1 3");
}

Test(sema, thousands_of_errors_are_counted_and_not_kept)
{
	static char text[1 << 20];
	size_t n = 0;

	for (int i = 0; i < 20000; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "user \"u%d\" : r%d;\n", i, i);
	cr_expect_eq(policy_check(text)->diags.errors, 20000);
}

Test(sema, parameter_in_a_users_name_is_refused_as_such)
{
	expect_says("user \"${p}\" : r; role r { } param p : string = \"x\";", DIAG_E0203,
		    "2:7 parameter 'p' is a string and can't be used in a user's name");
	expect_says("user \"${q}\" : r; role r { } param p : string;", DIAG_E0102,
		    "2:7 there is no parameter 'q'");
}

Test(sema, text_of_too_many_parts_is_refused)
{
	static char text[1 << 16];
	size_t n = (size_t)
		snprintf(text, sizeof(text),
			 "param p : int = 1; sandbox s { filesystem { read \"/srv\"; read \"~/");

	for (unsigned i = 0; i < WRIT_MAX_TEXT - 2; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "${p}");
	snprintf(text + n, sizeof(text) - n, "\"; } }");
	/* And its "~" is one more. */
	cr_expect_eq(policy_ir(text)->sandboxes.items[0].paths.items[1].text.n, WRIT_MAX_TEXT);
	snprintf(text + n, sizeof(text) - n, "${p}\"; } }");
	expect_says(text, DIAG_E0452,
		    "2:63 this text has 4095 parts, parameters and what stands between them; at "
		    "most 4094 are possible");
}

Test(sema, too_many_rules_are_refused)
{
	static char text[4 << 20];
	size_t n = (size_t)snprintf(text, sizeof(text), "role r {");

	for (unsigned i = 0; i <= WRIT_MAX_RULES; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, " allow t%u;", i);
	snprintf(text + n, sizeof(text) - n, "}");
	cr_expect_eq(policy_count(policy_check(text), DIAG_E0451), 1);
}

Test(sema, too_much_inherited_is_refused)
{
	static char text[1 << 20];
	size_t n = (size_t)snprintf(text, sizeof(text), "role r {");

	for (int i = 0; i < 10000; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, " allow t*%d;", i);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "}\n");
	for (int i = 0; i < 2000; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "role r%d extends r { }\n", i);
	cr_expect_eq(policy_count(policy_check(text), DIAG_E0454), 1);
}

Test(sema, too_many_sandboxes_are_refused)
{
	static char text[1 << 18];
	size_t n = 0;

	for (int i = 0; i < 4097; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "sandbox s%d { }\n", i);
	cr_expect_eq(policy_count(policy_check(text), DIAG_E0456), 1);
}
