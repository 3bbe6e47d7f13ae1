/*
 * Denied patterns, scratch directories and unix sockets.
 */
#include <string.h>

#include <criterion/criterion.h>

#include "support/policy.h"

#define PARAMS "param w : path; param n : int; param t : string;\n"

static void expect_code(const char *text, enum diag_code code)
{
	char policy[1024];

	snprintf(policy, sizeof(policy), PARAMS "%s", text);
	policy_expect_error(policy, code);
}

Test(places, denied_patterns_have_one_spelling)
{
	const char *listing = policy_listing(
		PARAMS
		"sandbox s { filesystem { deny \"~/.ssh/\", \"${w}/**/.env\", \"/a//b/./c\",\n"
		"  \"/x/*.key\", \"/x/?\", \"/**\", \"${w}/v${n}/**\", \"~/.ssh\"; } }");

	policy_expect_line(listing, "\tdeny ~/.ssh");
	policy_expect_line(listing, "\tdeny ${w}/**/.env");
	policy_expect_line(listing, "\tdeny /a/b/c");
	policy_expect_line(listing, "\tdeny /x/*.key");
	policy_expect_line(listing, "\tdeny /x/?");
	policy_expect_line(listing, "\tdeny /**");
	policy_expect_line(listing, "\tdeny ${w}/v${n}/**");
	cr_expect_null(strstr(strstr(listing, "deny ~/.ssh") + 1, "deny ~/.ssh"), "no doubles");
}

Test(places, pattern_that_is_no_path_is_an_error)
{
	expect_code("sandbox s { filesystem { deny \"a/*\"; } }", DIAG_E0204);
	expect_code("sandbox s { filesystem { deny \"*/a\"; } }", DIAG_E0204);
	expect_code("sandbox s { filesystem { deny \"**\"; } }", DIAG_E0246);
	expect_code("sandbox s { filesystem { deny \"/a/../b\"; } }", DIAG_E0205);
	expect_code("sandbox s { filesystem { deny \"/a${t}\"; } }", DIAG_E0203);
	expect_code("sandbox s { filesystem { deny \"/a/${w}\"; } }", DIAG_E0203);
	expect_code("sandbox s { filesystem { deny \"/a**\"; } }", DIAG_E0246);
	expect_code("sandbox s { filesystem { deny \"/**a\"; } }", DIAG_E0246);
	expect_code("sandbox s { filesystem { deny \"/a/***/b\"; } }", DIAG_E0246);
	expect_code("sandbox s { filesystem { deny \"/**${n}\"; } }", DIAG_E0246);
	expect_code("sandbox s { filesystem { deny \"/v${n}**\"; } }", DIAG_E0246);
	expect_code("sandbox s { filesystem { read \"/a/**\"; } }", DIAG_E0903);
	expect_code("sandbox s { filesystem { scratch \"/t*\" 1MiB; } }", DIAG_E0903);
	expect_code("sandbox s { network { unix \"/run/*\"; } }", DIAG_E0903);
}

Test(places, child_replaces_a_scratch_directory_and_of_parents_the_smallest_stays)
{
	const char *listing = policy_listing(
		"sandbox a { filesystem { scratch \"/tmp\" 2MiB; scratch \"/var/tmp\" 2MiB; } }\n"
		"sandbox b { filesystem { scratch \"/tmp\" 1MiB; scratch \"/var/tmp\" 1MiB; } }\n"
		"sandbox s extends a, b { filesystem { scratch \"/var/tmp/\" 3MiB; } }");
	const char *child = strstr(listing, "sandbox s");

	policy_expect_line(child, "\tscratch /tmp 1048576");
	policy_expect_line(child, "\tscratch /var/tmp 3145728");
}

Test(places, scratch_directories_do_not_overlap)
{
	expect_code("sandbox s { filesystem { scratch \"/\" 1MiB; } }", DIAG_E0247);
	expect_code("sandbox s { filesystem { scratch \"/a\" 1MiB; scratch \"/a/\" 2MiB; } }",
		    DIAG_E0247);
	expect_code("sandbox s { filesystem { scratch \"/a\" 1MiB; scratch \"/a/b\" 1MiB; } }",
		    DIAG_E0247);
	expect_code("sandbox s { filesystem { scratch \"~\" 1MiB; scratch \"~/b\" 1MiB; } }",
		    DIAG_E0247);
	expect_code("sandbox s { filesystem { scratch \"${w}/a/b\" 1MiB; scratch \"${w}/a\" 1MiB; "
		    "} }",
		    DIAG_E0247);
	expect_code(
		"sandbox s { filesystem { scratch \"/a${n}\" 1MiB; scratch \"/a${n}/b\" 1MiB; } "
		"}",
		DIAG_E0247);
	expect_code("sandbox a { filesystem { scratch \"/a/b\" 1MiB; } }\n"
		    "sandbox s extends a { filesystem { scratch \"/a\" 1MiB; } }",
		    DIAG_E0247);
	cr_expect_not_null(policy_ir(PARAMS "sandbox s { filesystem { scratch \"/a\" 1MiB;\n"
					    "scratch \"/ab\" 1MiB; scratch \"${w}\" 1MiB;\n"
					    "scratch \"/a\" 1MiB; scratch \"/b\" 1TiB; } }"));
	cr_expect_not_null(policy_ir(PARAMS
				     "sandbox s { filesystem { scratch \"/a${n}\" 1MiB;\n"
				     "scratch \"/a${n}b\" 1MiB; scratch \"/a${n}${n}\" 1MiB; } "
				     "}"));
}

Test(places, scratch_sizes_have_bounds)
{
	expect_code("sandbox s { filesystem { scratch \"/a\" 0B; } }", DIAG_E0248);
	expect_code("sandbox s { filesystem { scratch \"/a\" 1025GiB; } }", DIAG_E0248);
}

Test(places, socket_paths_fit_an_address)
{
	char text[512], path[128];

	memset(path, 'x', sizeof(path));
	snprintf(text, sizeof(text), "sandbox s { network { unix \"/%.106s\"; } }", path);
	policy_expect_line(policy_listing(text) + strlen("policy"),
			   str_printf(&policy_check(text)->arena, "\tunix /%.106s", path).ptr);
	snprintf(text, sizeof(text), "sandbox s { network { unix \"/%.107s\"; } }", path);
	expect_code(text, DIAG_E0471);
}

Test(places, denied_paths_are_no_deeper_than_the_broker_can_follow)
{
	char text[512], names[2 * 64 + 1];

	for (unsigned i = 0; i < 64; i++)
		memcpy(names + (size_t)(2 * i), "/a", 3);
	snprintf(text, sizeof(text),
		 "param p : path = \"/srv\";\n"
		 "sandbox s { filesystem { read \"${p}\"; deny \"${p}%.126s\", \"~%.126s\"; } }",
		 names, names);
	(void)policy_ir(text);
	snprintf(text, sizeof(text), "sandbox s { filesystem { deny \"%.128s\"; } }", names);
	expect_code(text, DIAG_E0472);
	snprintf(text, sizeof(text),
		 "set d : paths { \"%.128s\" }; sandbox s { filesystem { deny d; } }", names);
	expect_code(text, DIAG_E0472);
}

Test(places, sets_of_paths_stand_for_their_items)
{
	const char *listing = policy_listing(
		"set keys : paths { \"~/.ssh\", \"/srv/**/.env\" }; set sys : paths { \"/usr\" };\n"
		"set sockets : paths { \"/run/a.sock\" };\n"
		"sandbox s { filesystem { read sys; deny keys; } network { unix sockets; } }");

	policy_expect_line(listing, "\tpath r-- /usr");
	policy_expect_line(listing, "\tdeny ~/.ssh");
	policy_expect_line(listing, "\tdeny /srv/**/.env");
	policy_expect_line(listing, "\tunix /run/a.sock");
	expect_code("set keys : paths { \"/srv/*\" };\n"
		    "sandbox s { filesystem { read keys; write keys; } }",
		    DIAG_E0903);
	expect_code("set hs : hosts { \"a.org:1\" }; sandbox s { filesystem { read hs; } }",
		    DIAG_E0216);
}
