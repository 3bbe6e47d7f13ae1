/*
 * What the comparison of two policies says, entry by entry: each case is two policies and the
 * lines that must come out, no more and no less.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "ir/ir_diff.h"
#include "support/ir_maker.h"
#include "support/policy.h"

static void print_entry(FILE *out, const struct ir_diff_entry *entry)
{
	static const char signs[] = {'+', '-', '~', '='};
	static const char *const subjects[] = {"role", "user", "tool", "sandbox", "policy"};

	fprintf(out, "%c %s %.*s %s", signs[entry->effect], subjects[entry->subject],
		STR_ARG(entry->name), ir_diff_info(entry->change)->name);
	for (size_t i = 0; i < entry->objects.n; i++)
		fprintf(out, "%s%.*s", i ? ", " : ": ", STR_ARG(entry->objects.items[i].name));
	if (entry->before.len || entry->after.len)
		fprintf(out, " [%.*s -> %.*s]", STR_ARG(entry->before), STR_ARG(entry->after));
	fputc('\n', out);
}

static const char *difference(const char *old, const char *new)
{
	struct ir_diff diff;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	ir_diff(maker_arena(), policy_ir(old), policy_ir(new), &diff);
	for (size_t i = 0; i < diff.entries.n; i++)
		print_entry(out, &diff.entries.items[i]);
	fclose(out);
	return text;
}

static void expect(const char *old, const char *new, const char *lines)
{
	const char *said = difference(old, new);

	cr_expect_str_eq(said, lines, "%s\n--- to ---\n%s\nsays:\n%s--- not ---\n%s", old, new,
			 said, lines);
}

/* A role's rules, before and after. */
static void expect_rules(const char *old, const char *new, const char *lines)
{
	const char *const format =
		"param w : path; set h : hosts { \"a.org:443\", \"b.org:443\" };\n"
		"tool t { class read; arg path : path; arg n : int; arg s : string; "
		"arg url : url; arg on : bool; } tool u { class read; }\n"
		"role r { %s }";
	char texts[2][2048];

	snprintf(texts[0], sizeof(texts[0]), format, old);
	snprintf(texts[1], sizeof(texts[1]), format, new);
	expect(texts[0], texts[1], lines);
}

/* A sandbox's content, before and after. */
static void expect_sandbox(const char *old, const char *new, const char *lines)
{
	const char *const format = "param w : path; param p : port = 1; sandbox s { %s }\n"
				   "tool t { class read; sandbox s; }";
	char texts[2][2048];

	snprintf(texts[0], sizeof(texts[0]), format, old);
	snprintf(texts[1], sizeof(texts[1]), format, new);
	expect(texts[0], texts[1], lines);
}

Test(diff, what_checks_tls_is_less_than_what_does_not)
{
	expect_sandbox("network { connect \"a.org:443\" sni; }",
		       "network { connect \"a.org:443\"; }",
		       "+ sandbox s network-gained: connect \"a.org:443\"\n");
	expect_sandbox("network { connect \"a.org:443\"; }",
		       "network { connect \"a.org:443\" sni; }",
		       "- sandbox s network-lost: connect \"a.org:443\"\n");
	expect_sandbox("network { connect \"a.org:443\" sni; }",
		       "network { connect \"a.org:443\", \"*.org:1\" sni; }",
		       "+ sandbox s network-gained: connect \"*.org:1\" sni\n");
	expect_sandbox("network { connect \"*.org:443\" sni; }",
		       "network { connect \"a.org:443\" sni; }",
		       "- sandbox s network-lost: connect \"*.org:443\" sni\n");
}

/* [::/0] is of IPv6 addresses only, so an IPv4 network beside it is more. */
Test(diff, networks_of_ipv6_hold_no_ipv4)
{
	expect_sandbox("network { connect \"[::/0]:443\"; }",
		       "network { connect \"[::/0]:443\", \"10.0.0.0/8:443\"; }",
		       "+ sandbox s network-gained: connect \"10.0.0.0/8:443\"\n");
	expect_sandbox("network { connect \"[2000::/3]:443\", \"[2001:db8::/32]:443\"; }",
		       "network { connect \"[2000::/3]:443\"; }", "");
	expect_sandbox("network { connect \"[::/1]:443\", \"[8000::/1]:443\"; }",
		       "network { connect \"[::/0]:443\"; }", "");
	expect_sandbox("network { connect \"[::fffe:0:0/96]:443\"; }",
		       "network { connect \"[::fffe:0:0/95]:443\"; }", "");
	expect_sandbox("network { connect \"[::/0]:443\", \"0.0.0.0/0:443\"; }",
		       "network { connect \"[::/0]:443\"; }",
		       "- sandbox s network-lost: connect \"0.0.0.0/0:443\"\n");
}

Test(diff, equal_policies_do_not_differ)
{
	expect_rules("allow t;", "allow t;", "");
	expect_rules("allow t where n < 5 and s == \"x\";", "allow t where s == \"x\" and n < 5;",
		     "");
	expect_rules("allow t, u; deny u;", "deny u; allow u; allow t;", "");
	expect_rules("allow t where n < 5;", "allow t where not n >= 5;", "");
	expect_rules("allow t where n in {1, 2};", "allow t where n == 2 or n == 1;", "");
	expect_rules("deny t;", "", "");
}

Test(diff, gained_and_lost)
{
	expect_rules("", "allow t, u;", "+ role r gained: t, u\n");
	expect_rules("allow t;", "", "- role r lost: t\n");
	expect_rules("allow t;", "allow t; deny t;", "- role r lost: t\n");
	expect_rules("", "ask t;", "+ role r gained: t [ -> ask]\n");
	expect_rules("", "allow t where n == 1;", "+ role r gained: t [ -> allow where n == 1]\n");
}

Test(diff, asks_are_between_allow_and_deny)
{
	expect_rules("allow t;", "ask t;", "- role r now-asks: t\n");
	expect_rules("ask t;", "allow t;", "+ role r no-longer-asks: t\n");
	expect_rules("ask t;", "", "- role r lost: t [ask -> ]\n");
}

Test(diff, conditions_loosen_and_tighten)
{
	expect_rules("allow t where path under \"/a/b\";", "allow t where path under \"/a\";",
		     "+ role r condition-loosened: t [allow where path under \"/a/b\" -> "
		     "allow where path under \"/a\"]\n");
	expect_rules("allow t where path under \"${w}\";", "allow t where path under \"${w}/x\";",
		     "- role r condition-tightened: t [allow where path under \"${w}\" -> "
		     "allow where path under \"${w}/x\"]\n");
	expect_rules("allow t where path under \"/a\";", "allow t where path under \"/b\";",
		     "~ role r condition-changed: t [allow where path under \"/a\" -> "
		     "allow where path under \"/b\"]\n");
	expect_rules("allow t where n <= 5;", "allow t where n < 6;", "");
	expect_rules("allow t where n <= 5;", "allow t where n < 5 or n == 5;", "");
	expect_rules("allow t where n < 5;", "allow t where n < 9;",
		     "+ role r condition-loosened: t [allow where n < 5 -> allow where n < 9]\n");
	expect_rules("allow t where url in h;", "allow t;",
		     "+ role r condition-loosened: t [allow where url in h -> allow]\n");
	expect_rules("allow t; deny t where s matches \"rm *\";",
		     "allow t; deny t where s matches \"rm -rf *\";",
		     "+ role r condition-loosened: t [deny where s matches \"rm *\"; allow -> "
		     "deny where s matches \"rm -rf *\"; allow]\n");
	expect_rules("allow t where path matches \"/a/**\";", "allow t where path under \"/a\";",
		     "");
}

Test(diff, a_condition_on_a_missing_argument_is_told_from_none)
{
	/* Where n is missing, only the second denies. */
	expect_rules("allow t; deny t where n present and n == 1;", "allow t; deny t where n == 1;",
		     "- role r condition-tightened: t [deny where n present and n == 1; allow -> "
		     "deny where n == 1; allow]\n");
	expect_rules("allow t where n == 1 or n != 1;", "allow t where n present;",
		     "+ role r condition-loosened: t [allow where n == 1 or n != 1 -> "
		     "allow where n present]\n");
}

Test(diff, a_set_that_grows_loosens)
{
	expect("set h : hosts { \"a.org:443\" }; tool t { class read; arg url : url; }\n"
	       "role r { allow t where url in h; }",
	       "set h : hosts { \"a.org:443\", \"b.org:443\" };\n"
	       "tool t { class read; arg url : url; } role r { allow t where url in h; }",
	       "+ role r condition-loosened: t [allow where url in h -> allow where url in h (a "
	       "set it names is another)]\n");
	expect("set h : hosts { \"*.org:443\" }; tool t { class read; arg url : url; }\n"
	       "role r { allow t where url in h; }",
	       "set h : hosts { \"*.org:443\", \"b.org:443\" };\n"
	       "tool t { class read; arg url : url; } role r { allow t where url in h; }",
	       "");
}

Test(diff, rates)
{
	expect_rules("allow t rate 10/minute;", "allow t rate 600/hour burst 10;", "");
	expect_rules("allow t rate 10/minute burst 5;", "allow t rate 20/minute burst 5;",
		     "+ role r rate-raised: t [10/minute burst 5 -> 20/minute burst 5]\n");
	expect_rules("allow t;", "allow t rate 1/day burst 1;",
		     "- role r rate-added: t [ -> 1/day burst 1]\n");
	expect_rules("allow t rate 1/day burst 1;", "allow t;",
		     "+ role r rate-removed: t [1/day burst 1 -> ]\n");
	expect_rules("allow t rate 10/minute burst 5;", "allow t rate 5/minute burst 9;",
		     "~ role r rate-changed: t [10/minute burst 5 -> 5/minute burst 9]\n");
}

Test(diff, wildcards_are_told_as_what_they_match)
{
	expect_rules("", "allow git_*;", "+ role r gained: any other tool matching git_*\n");
	expect_rules("allow *;", "allow *; deny git_*;",
		     "- role r lost: any other tool matching git_*\n");
	expect_rules("allow git_*;", "allow git_*, *_push;",
		     "+ role r gained: any other tool matching *_push\n");
	expect_rules("", "allow *;", "+ role r gained: t, u, any other tool\n");
}

Test(diff, too_many_conditions_count_as_widened)
{
	char old[8192] = "allow t where ", new[8192] = "allow t where ";

	for (int i = 0; i < 24; i++) {
		char test[64];

		snprintf(test, sizeof(test), "%ss matches \"*a%dz*\"", i ? " and " : "", i);
		strcat(old, test);
		strcat(new, test);
	}
	strcat(old, ";");
	strcat(new, " and s matches \"q*\";");
	cr_expect(strstr(difference("", ""), "role") == NULL);
	{
		char texts[2][9000];

		snprintf(texts[0], sizeof(texts[0]), "tool t { arg s : string; } role r { %s }",
			 old);
		snprintf(texts[1], sizeof(texts[1]), "tool t { arg s : string; } role r { %s }",
			 new);
		cr_expect(strncmp(difference(texts[0], texts[1]), "~ role r too-complex: t", 23) ==
				  0,
			  "%s", difference(texts[0], texts[1]));
		cr_expect_str_eq(difference(texts[0], texts[0]), "");
	}
}

Test(diff, a_renamed_role_is_the_same_role)
{
	expect("role a { allow t; } role b extends a { allow u; } user \"x\" : a; conflict a, c;\n"
	       "role c { allow v; }",
	       "role z { allow t; } role b extends z { allow u; } user \"x\" : z; conflict z, c;\n"
	       "role c { allow v; }",
	       "");
	/* Not so when somebody else holds it. */
	expect("role a { allow t; } user \"x\" : a;", "role z { allow t; } user \"y\" : z;",
	       "+ role z gained: t\n- role a lost: t\n- user x user-removed: a\n"
	       "+ user y user-added: z\n");
}

Test(diff, inherited_rules_count_for_the_heir)
{
	expect("role a { allow t; } role b extends a { }",
	       "role a { allow t, u; } role b extends a { }",
	       "+ role a gained: u\n+ role b gained: u\n");
	expect("role a { allow t; } role b extends a { }",
	       "role a { allow t; } role b { allow t; }", "");
}

Test(diff, users_gain_and_lose_roles)
{
	expect("role a { allow t; } role b { allow u; } user \"x\" : a;",
	       "role a { allow t; } role b { allow u; } user \"x\" : a, b;",
	       "+ user x user-gained-role: b\n");
	expect("role a { allow t; } role b { allow u; } user \"x\" : a, b;",
	       "role a { allow t; } role b { allow u; } user \"x\" : b;",
	       "- user x user-lost-role: a\n");
	/* What the heir has, the user had. */
	expect("role a { allow t; } role b extends a { } user \"x\" : b;",
	       "role a { allow t; } role b extends a { } user \"x\" : a, b;",
	       "= user x user-gained-role: a\n");
	/* A role that only denies takes away. */
	expect("role a { allow t; } role b { deny t; } user \"x\" : a, b;",
	       "role a { allow t; } role b { deny t; } user \"x\" : a;",
	       "+ user x user-lost-role: b\n");
}

Test(diff, roles_of_one_user_are_taken_together)
{
	expect("role a { allow t; } role b { allow u; } user \"x\" : a, b;",
	       "role a { allow t; } role b { allow u; deny t; } user \"x\" : a, b;",
	       "- user x lost: t\n");
}

Test(diff, a_tool_that_moves_to_another_sandbox)
{
	const char *sandboxes = "sandbox a { filesystem { read \"/usr\"; } }\n"
				"sandbox b { filesystem { read \"/usr\", \"/etc\"; } }\n"
				"sandbox c { filesystem { read \"/usr\"; } } role r { allow t; }\n";
	char old[512], new[512];

	snprintf(old, sizeof(old), "%stool t { class read; sandbox a; }", sandboxes);
	snprintf(new, sizeof(new), "%stool t { class read; sandbox b; }", sandboxes);
	expect(old, new, "+ tool t sandbox-weaker: t [a -> b]\n");
	expect(new, old, "- tool t sandbox-stronger: t [b -> a]\n");
	snprintf(new, sizeof(new), "%stool t { class read; sandbox c; }", sandboxes);
	expect(old, new, "");
	snprintf(new, sizeof(new), "%stool t { class read; }", sandboxes);
	expect(old, new, "+ tool t sandbox-weaker: t [a -> no sandbox]\n");
}

Test(diff, using_is_compared_by_what_the_sandbox_grants)
{
	const char *const format = "sandbox a { filesystem { read \"/usr\"; } }\n"
				   "sandbox b { filesystem { read \"/usr\", \"/etc\"; } }\n"
				   "tool t { class read; sandbox a; } role r { allow t%s; }";
	char old[512], new[512];

	snprintf(old, sizeof(old), format, "");
	snprintf(new, sizeof(new), format, " using b");
	expect(old, new, "+ role r sandbox-weaker: t [a -> b]\n");
	expect(new, old, "- role r sandbox-stronger: t [b -> a]\n");
	snprintf(new, sizeof(new), format, " using a");
	expect(old, new, "");
}

Test(diff, a_renamed_sandbox_is_the_same_sandbox)
{
	expect("sandbox a { filesystem { read \"/usr\"; } } tool t { class read; sandbox a; }\n"
	       "role r { allow t; }",
	       "sandbox z { filesystem { read \"/usr\"; } } tool t { class read; sandbox z; }\n"
	       "role r { allow t; }",
	       "");
}

/*
 * The same of files alone: without the calls on metadata that groups bring for what can be written.
 */
static void expect_files(const char *old, const char *new, const char *lines)
{
	char texts[2][1024];

	snprintf(texts[0], sizeof(texts[0]), "syscalls { allow read; } %s", old);
	snprintf(texts[1], sizeof(texts[1]), "syscalls { allow read; } %s", new);
	expect_sandbox(texts[0], texts[1], lines);
}

Test(diff, paths_count_by_what_is_above_them)
{
	expect_files("filesystem { read \"/usr\"; }", "filesystem { read \"/usr\", \"/usr/lib\"; }",
		     "");
	expect_files("filesystem { read \"/usr/lib\"; }", "filesystem { read \"/usr\"; }",
		     "+ sandbox s path-gained: read \"/usr\"\n");
	expect_files("filesystem { read \"/usr\"; }",
		     "filesystem { write \"/usr/x\"; read \"/usr\"; }",
		     "+ sandbox s path-gained: write \"/usr/x\"\n");
	expect_files("filesystem { read \"/a\"; }",
		     "filesystem { read \"/a\"; write \"/b\", \"/b/c\"; }",
		     "+ sandbox s path-gained: write \"/b\"\n");
	expect_files("filesystem { write \"${w}\"; }", "filesystem { read \"${w}/x\"; }",
		     "- sandbox s path-lost: write \"${w}\"\n");
}

Test(diff, denied_paths_and_scratch)
{
	expect_files("filesystem { read \"/a\"; deny \"/a/b\"; }", "filesystem { read \"/a\"; }",
		     "+ sandbox s path-deny-removed: \"/a/b\"\n");
	expect_files("filesystem { read \"/a\"; }",
		     "filesystem { read \"/a\"; deny \"/a/**/.env\"; }",
		     "- sandbox s path-deny-added: \"/a/**/.env\"\n");
	expect_files("filesystem { read \"/a\"; deny \"/b\"; }", "filesystem { read \"/a\"; }", "");
	expect_files("filesystem { scratch \"/tmp\" 1MiB; }",
		     "filesystem { scratch \"/tmp\" 2MiB; }",
		     "+ sandbox s scratch-raised: \"/tmp\" [1MiB -> 2MiB]\n");
	expect_files("filesystem { read \"/usr\"; scratch \"/tmp\" 1MiB; }",
		     "filesystem { read \"/usr\"; }", "- sandbox s scratch-lost: \"/tmp\"\n");
}

Test(diff, a_scratch_directory_that_goes_bares_what_it_hid)
{
	expect_files("filesystem { read \"/\"; scratch \"/tmp\" 1MiB; }",
		     "filesystem { read \"/\"; }", "~ sandbox s scratch-lost: \"/tmp\"\n");
	expect_files("filesystem { write \"${w}\"; scratch \"/tmp\" 1MiB; }",
		     "filesystem { write \"${w}\"; }", "~ sandbox s scratch-lost: \"/tmp\"\n");
}

Test(diff, the_first_write_grant_brings_calls_on_metadata)
{
	expect_sandbox(
		"syscalls { allow @file-owner; } filesystem { read \"/a\"; }",
		"syscalls { allow @file-owner; } filesystem { write \"/a\"; }",
		"+ sandbox s path-gained: write \"/a\"\n"
		"+ sandbox s syscall-gained: chmod [refused -> allow if mode & 0xc00 == 0]\n"
		"+ sandbox s syscall-gained: chown, fchown, fchownat, fremovexattr, "
		"fsetxattr, lchown, lremovexattr, lsetxattr, removexattr, setxattr\n"
		"+ sandbox s syscall-gained: fchmod [refused -> allow if mode & 0xc00 == 0]\n"
		"+ sandbox s syscall-gained: fchmodat [refused -> allow if mode & 0xc00 == "
		"0]\n"
		"+ sandbox s syscall-gained: fchmodat2 [refused -> allow if mode & 0xc00 == "
		"0]\n");
}

Test(diff, a_bool_has_two_values)
{
	expect_rules("deny t where on == true; allow t;", "deny t where not on == false; allow t;",
		     "");
	expect_rules("allow t where on == true or on == false;", "allow t where on != true;",
		     "- role r condition-tightened: t [allow where on == true or on == false -> "
		     "allow where on != true]\n");
}

Test(diff, network_grants_contain_each_other)
{
	expect_sandbox("network { connect \"*:443\"; }",
		       "network { connect \"*:443\", \"api.x.org:443\"; }", "");
	expect_sandbox("network { connect \"10.0.0.0/8:80\"; }",
		       "network { connect \"10.1.0.0/16:80\"; }",
		       "- sandbox s network-lost: connect \"10.0.0.0/8:80\"\n");
	expect_sandbox("network { connect \"10.0.0.0/9:80\", \"10.128.0.0/9:80\"; }",
		       "network { connect \"10.0.0.0/8:80\"; }", "");
	expect_sandbox("network { bind \"127.0.0.1:8000-8010\"; }",
		       "network { bind \"127.0.0.1:8005-8015\"; }",
		       "+ sandbox s network-gained: bind \"127.0.0.1:8011-8015\"\n"
		       "- sandbox s network-lost: bind \"127.0.0.1:8000-8004\"\n");
	expect_sandbox("network { connect \"*.x.org:443\"; }",
		       "network { connect \"*.x.org:443\", \"a.x.org:443\", \"x.org:443\"; }",
		       "+ sandbox s network-gained: connect \"x.org:443\"\n");
	expect_sandbox("network { connect \"a.org:443\"; }",
		       "network { connect \"udp://a.org:443\"; }",
		       "+ sandbox s network-gained: connect \"udp://a.org:443\"\n"
		       "- sandbox s network-lost: connect \"a.org:443\"\n");
	expect_sandbox("network { connect \"a.org:443\"; deny \"10.0.0.0/8\"; }",
		       "network { connect \"a.org:443\"; deny \"10.0.0.0/9\"; }",
		       "+ sandbox s network-deny-removed: \"10.0.0.0/8\"\n");
	expect_sandbox("network { connect \"*:${p}\"; }",
		       "network { connect \"*:${p}\", \"*:80\"; }",
		       "+ sandbox s network-gained: connect \"*:80\"\n");
	expect_sandbox("network { unix \"/run/a\"; }", "network { unix \"/run/b\"; }",
		       "+ sandbox s unix-gained: \"/run/b\"\n- sandbox s unix-lost: \"/run/a\"\n");
}

Test(diff, system_calls_by_the_answer_they_get)
{
	expect_sandbox("syscalls { allow read; }", "syscalls { allow read, ptrace; }",
		       "+ sandbox s syscall-gained: ptrace\n");
	expect_sandbox("syscalls { allow read; }", "syscalls { allow read; deny read; }",
		       "- sandbox s syscall-lost: read\n");
	expect_sandbox("syscalls { allow ptrace; }", "syscalls { allow ptrace notify; }",
		       "- sandbox s syscall-now-asks: ptrace [allow -> notify]\n");
	expect_sandbox("syscalls { deny ptrace; }", "syscalls { deny ptrace notify; }",
		       "+ sandbox s syscall-now-asks: ptrace [errno EPERM -> notify]\n");
	expect_sandbox("syscalls { allow ptrace notify; }", "syscalls { allow ptrace; }",
		       "+ sandbox s syscall-no-longer-asks: ptrace [notify -> allow]\n");
	expect_sandbox("syscalls { allow ptrace notify; }", "syscalls { deny ptrace notify; }", "");
	expect_sandbox("syscalls { allow prctl(option == 1); }", "syscalls { allow prctl; }",
		       "+ sandbox s syscall-loosened: prctl [allow if option == 0x1 -> allow]\n");
	expect_sandbox("syscalls { allow prctl(option in {1, 2}); }",
		       "syscalls { allow prctl(option == 2), prctl(option == 1); }", "");
	expect_sandbox("syscalls { allow prctl(option < 5); }",
		       "syscalls { allow prctl(option <= 4); }", "");
	expect_sandbox("syscalls { allow prctl(option == 1); }",
		       "syscalls { allow prctl(option == 2); }",
		       "~ sandbox s syscall-changed: prctl [allow if option == 0x1 -> "
		       "allow if option == 0x2]\n");
	expect_sandbox("syscalls { deny ptrace kill; }", "syscalls { deny ptrace; }",
		       "+ sandbox s syscall-loosened: ptrace [kill -> errno EPERM]\n");
	expect_sandbox("syscalls { deny ptrace; }", "syscalls { deny ptrace errno ENOSYS; }",
		       "= sandbox s syscall-error: ptrace [errno EPERM -> errno ENOSYS]\n");
	expect_sandbox("syscalls { allow read; deny ptrace; }", "syscalls { allow read; }", "");
}

Test(diff, masked_conditions)
{
	expect_sandbox("syscalls { allow clone(flags & 0x30 == 0); }",
		       "syscalls { allow clone(flags & 0x10 == 0); }",
		       "+ sandbox s syscall-loosened: clone [allow if flags & 0x30 == 0 -> "
		       "allow if flags & 0x10 == 0]\n");
	expect_sandbox("syscalls { allow clone(flags & 0x10 == 0), clone(flags & 0x10 == 0x10); }",
		       "syscalls { allow clone; }", "");
}

Test(diff, limits_and_environment)
{
	expect_sandbox("limits { wall 60s; files 10; }", "limits { wall 90s; memory 1GiB; }",
		       "+ sandbox s limit-raised: wall [1m -> 90s]\n"
		       "- sandbox s limit-added: memory [ -> 1GiB]\n"
		       "+ sandbox s limit-removed: files [10 -> ]\n");
	expect_sandbox("env { pass A; secret B; set C = \"1\"; }",
		       "env { secret A; pass D; set C = \"2\"; }",
		       "- sandbox s env-set: A [pass -> secret]\n"
		       "~ sandbox s env-set: C [set to \"1\" -> set to \"2\"]\n"
		       "+ sandbox s env-gained: D [ -> pass]\n- sandbox s env-lost: B\n");
	expect_sandbox("", "best_effort;", "+ sandbox s best-effort-added: best_effort\n");
}

Test(diff, demands_of_a_launch)
{
	/* Of the same calls: strict exec refuses some, which the other entries tell. */
	expect_files("", "strict exec;", "- sandbox s strict-exec-added: strict exec\n");
	expect_files("strict exec;", "", "+ sandbox s strict-exec-removed: strict exec\n");
	expect_sandbox("", "user \"nobody\";",
		       "- sandbox s launch-user-changed: user [ -> nobody]\n");
	expect_sandbox("user \"nobody\";", "",
		       "+ sandbox s launch-user-changed: user [nobody -> ]\n");
	expect_sandbox("user \"nobody\";", "user \"web\";",
		       "~ sandbox s launch-user-changed: user [nobody -> web]\n");
	expect_files("filesystem { read \"/a\"; }", "filesystem { read required \"/a\"; }",
		     "~ sandbox s required-added: \"/a\"\n");
	expect_files("filesystem { read required \"/a\"; }", "filesystem { read \"/a\"; }",
		     "~ sandbox s required-removed: \"/a\"\n");
	expect_files("filesystem { read required \"/a\"; read \"/a\"; }",
		     "filesystem { read required \"/a\"; }", "");
}

Test(diff, parameters_conflicts_and_redactions)
{
	expect("param p : path = \"/a\";", "param p : path = \"/b\";",
	       "~ policy test param-changed: p [path = \"/a\" -> path = \"/b\"]\n");
	expect("param p : path = \"/a\";", "param p : path;",
	       "- policy test param-changed: p [path = \"/a\" -> path, no default]\n");
	expect("role a { } role b { } conflict session a, b;", "role a { } role b { }",
	       "+ policy test conflict-removed: session a, b\n");
	expect("role a { } role b { } role c { } conflict a, b, c;",
	       "role a { } role b { } role c { } conflict a, b; conflict c, b; conflict a, c;", "");
	expect("redact \"sk-.*\";", "", "+ policy test redact-removed: sk-.*\n");
}

Test(diff, tools_say_when_an_argument_is_no_longer_secret)
{
	expect("tool t { class read; arg k : string secret; }",
	       "tool t { class write; arg k : string; }",
	       "= tool t class-changed: t [read -> write]\n+ tool t secret-removed: k\n");
	expect("tool t { class read; arg k : string secret; }", "tool t { class read; }",
	       "+ tool t secret-removed: k\n");
	expect("tool t { class read; }", "tool t { class read; arg k : string secret; }", "");
}

/* ---- what is recorded ---- */

Test(diff, audit_that_may_lose_records_is_wider)
{
	static const char drop[] = "audit { full drop; }";

	expect("audit { full block; }", drop,
	       "+ policy test audit-removed: no record is dropped [full block -> full drop]\n");
	expect("audit { full deny; }", drop,
	       "+ policy test audit-removed: no record is dropped [full deny -> full drop]\n");
	expect("", drop,
	       "+ policy test audit-removed: no record is dropped [full block -> full drop]\n");
	expect(drop, "",
	       "- policy test audit-added: no record is dropped [full drop -> full block]\n");
	expect(drop, "audit { full deny; }",
	       "- policy test audit-added: no record is dropped [full drop -> full deny]\n");
	expect("audit { required; }", "", "+ policy test audit-removed: required\n");
	expect("", "audit { required; }", "- policy test audit-added: required\n");
	expect("audit { required; }", drop,
	       "+ policy test audit-removed: required\n"
	       "+ policy test audit-removed: no record is dropped [full block -> full drop]\n");
}

Test(diff, audit_that_waits_instead_of_denying_loses_no_more)
{
	expect("audit { full block; }", "audit { full deny; }",
	       "= policy test audit-full-changed: audit [full block -> full deny]\n");
	expect("audit { full deny; }", "",
	       "= policy test audit-full-changed: audit [full deny -> full block]\n");
	expect("audit { full block; }", "", "");
}
