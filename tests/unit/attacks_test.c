#include <criterion/criterion.h>

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "link/bundle_proof.h"
#include "link/bundle_ir.h"
#include "runtime/match.h"
#include "support/bundle_maker.h"
#include "support/ir_maker.h"
#include "support/policy.h"

/*
 * Calls that say a thing in another way than the rule does: what a rule refuses stays refused, what
 * it lets pass is not more.
 */
static const char policy_text[] =
	"set web : hosts { \"api.example.com:443\", \"[2001:db8::1]:443\" };\n"
	"tool get { arg url : url; }\n"
	"tool ping { arg host : host; }\n"
	"role only_api { allow get where url in web; allow ping where host in web; }\n"
	"role not_api { allow *; deny get where url in web; deny ping where host in web; }\n"
	"role not_text { allow *; deny get where url matches \"http*://evil.com/*\"; }\n"
	"role not_this { allow *; deny get where url == \"https://EVIL.com/Index\"; }\n"
	"role only_text { allow get where url matches \"https://API.example.com/*\"; }\n"
	"role unlisted { allow fetch where where in web; }\n";

static enum writ_verdict ask(const struct writ_policy *policy, const char *role, const char *tool,
			     const char *name, const char *value)
{
	const struct writ_arg arg = {.name = name, .text = value, .text_len = strlen(value)};
	const struct writ_request request = {.role = role, .tool = tool, .args = &arg, .n_args = 1};

	return writ_check(policy, &request, NULL);
}

static void expect_all(const char *role, const char *tool, const char *name, const char *const *of,
		       enum writ_verdict verdict)
{
	struct writ_policy *policy = bundle_open(policy_text, NULL);

	for (; *of; of++)
		cr_expect_eq(ask(policy, role, tool, name, *of), verdict, "%s %s %s", role, tool,
			     *of);
	writ_close(policy);
}

Test(attacks, a_url_argument_that_is_no_url_is_of_the_wrong_type)
{
	static const char *const values[] = {"api.example.com",
					     "api.example.com:443",
					     "//api.example.com/",
					     "2001:db8::1",
					     "HTTPS://api.example.com/",
					     "https:/api.example.com/",
					     "https:api.example.com",
					     " https://api.example.com/",
					     "https://u@api.example.com/",
					     "",
					     NULL};

	expect_all("only_api", "get", "url", values, WRIT_DENY);
	expect_all("not_api", "get", "url", values, WRIT_DENY);
	expect_all("not_text", "get", "url", values, WRIT_DENY);
	expect_all("not_this", "get", "url", values, WRIT_DENY);
	expect_all("only_text", "get", "url", values, WRIT_DENY);
}

Test(attacks, a_host_argument_that_is_a_url_is_of_the_wrong_type)
{
	static const char *const values[] = {"https://api.example.com/", "api.example.com:443",
					     "https://api.example.com", NULL};
	static const char *const hosts[] = {"api.example.com", "API.example.com.", "2001:DB8:0::1",
					    NULL};

	expect_all("only_api", "ping", "host", values, WRIT_DENY);
	expect_all("not_api", "ping", "host", values, WRIT_DENY);
	expect_all("only_api", "ping", "host", hosts, WRIT_ALLOW);
}

Test(attacks, an_argument_that_nobody_declares_is_a_url_or_a_host)
{
	static const char *const values[] = {"https://api.example.com/", "api.example.com", NULL};

	expect_all("unlisted", "fetch", "where", values, WRIT_ALLOW);
}

Test(attacks, a_url_of_another_spelling_does_not_pass_a_text)
{
	static const char *const evil[] = {"https://evil.com/Index",
					   "https://EVIL.com/Index",
					   "https://evil.com./Index",
					   "https://evil.com:443/Index",
					   "https://[::ffff:1.2.3.4]/",
					   NULL};
	static const char *const other[] = {"https://evil.org/Index", "https://evil.com:8443/Index",
					    "https://evil.com/index?EVIL.com", NULL};
	static const char *const api[] = {"https://api.example.com/", "https://api.example.com/X",
					  NULL};
	static const char *const no_api[] = {"https://API.example.com/", "https://api.example.com",
					     "https://api.example.com./",
					     "https://api.example.com:443/", NULL};

	expect_all("not_text", "get", "url", evil, WRIT_DENY);
	expect_all("not_this", "get", "url", evil, WRIT_DENY);
	expect_all("not_this", "get", "url", other, WRIT_ALLOW);
	expect_all("only_text", "get", "url", api, WRIT_ALLOW);
	expect_all("only_text", "get", "url", no_api, WRIT_DENY);
}

Test(attacks, a_url_that_none_can_equal_is_an_error)
{
	static const char *const urls[] = {"https://a.example:443/", "https://a.example./",
					   "https://[::1]/", "https://u@a.example/", NULL};
	struct writ_policy *policy = NULL;
	struct test_bundle bundle;
	struct writ_error error;
	char text[256];

	for (size_t i = 0; urls[i]; i++) {
		snprintf(text, sizeof(text),
			 "tool t { arg u : url; } role r { deny t where u == \"%s\"; }", urls[i]);
		cr_expect_eq(policy_count(policy_check(text), DIAG_E0222), 1u, "%s", urls[i]);
	}
	bundle = bundle_make("param p : port; tool t { arg u : url; }\n"
			     "role r { deny t where u == \"https://a.example:${p}/\"; }");
	cr_expect_eq(bundle_open_with(&bundle, "p=8443", &policy, &error), 0);
	writ_close(policy);
	cr_expect_eq(bundle_open_with(&bundle, "p=443", &policy, &error), -WRIT_E_PARAM);
}

static double seconds_since(clock_t begin)
{
	return (double)(clock() - begin) / CLOCKS_PER_SEC;
}

Test(attacks, a_long_value_is_matched_in_linear_time)
{
	static char value[WRIT_MAX_VALUE];
	char pattern[WRIT_MAX_PATTERN];
	clock_t begin = clock();

	/* "*a*a...b" and "*?aaa...b": a star to stretch at every byte. */
	memset(value, 'a', sizeof(value));
	memset(pattern, 'a', sizeof(pattern));
	pattern[0] = '*';
	pattern[1] = '?';
	pattern[sizeof(pattern) - 1] = 'b';
	cr_expect_not(match_bytes((struct slice){pattern, sizeof(pattern)},
				  (struct slice){value, sizeof(value)}));
	value[sizeof(value) - 1] = 'b';
	cr_expect(match_bytes((struct slice){pattern, sizeof(pattern)},
			      (struct slice){value, sizeof(value)}));
	cr_expect_lt(seconds_since(begin), 0.2);
}

/* The pattern's own bytes, so that it often matches nearly. */
static void fill(char *text, size_t len, unsigned int *seed, const char *of)
{
	for (size_t i = 0; i < len; i++)
		text[i] = of[(size_t)rand_r(seed) % strlen(of)];
}

/* By the last star's positions, in the plainest way there is. */
static bool matches_slowly(const char *p, size_t n_p, const char *t, size_t n_t)
{
	bool *reach = calloc(n_p + 1, sizeof(*reach));
	bool result;

	reach[0] = true;
	for (size_t j = 0; j < n_p && p[j] == '*'; j++)
		reach[j + 1] = true;
	for (size_t i = 0; i < n_t; i++) {
		for (size_t j = n_p; j > 0; j--)
			reach[j] = p[j - 1] == '*'
					   ? reach[j]
					   : reach[j - 1] && (p[j - 1] == '?' || p[j - 1] == t[i]);
		reach[0] = false;
		for (size_t j = 0; j < n_p; j++)
			reach[j + 1] |= p[j] == '*' && reach[j];
	}
	result = reach[n_p];
	free(reach);
	return result;
}

Test(attacks, long_and_short_values_are_matched_alike)
{
	static char text[4096 + 200];
	unsigned int seed = 7, matched = 0;

	for (int round = 0; round < 300; round++) {
		char pattern[WRIT_MAX_PATTERN];
		size_t n = (size_t)rand_r(&seed) % (round % 2 ? 12 : sizeof(pattern));
		size_t len = sizeof(text) - (size_t)rand_r(&seed) % 10;
		bool want;

		fill(text, sizeof(text), &seed, "aab");
		fill(pattern, n, &seed, round % 3 ? "aab?**" : "a?*");
		want = matches_slowly(pattern, n, text, len);
		matched += want;
		cr_expect_eq(match_bytes((struct slice){pattern, n}, (struct slice){text, len}),
			     want, "'%.*s'", (int)n, pattern);
	}
	cr_expect_gt(matched, 50u);
	cr_expect_lt(matched, 250u);
}

/* Tests joined by "or", the operands of each being the given ones with texts of n_parts parts. */
static void add_tests(struct test_bundle *bundle, uint32_t n_tests,
		      struct writ_fmt_operand *operands, uint32_t n_parts)
{
	struct writ_fmt_rule *rule;
	struct writ_fmt_test *tests;
	struct writ_fmt_test test;
	uint32_t count;

	test = *(struct writ_fmt_test *)bundle_section(bundle, WRIT_SECTION_TESTS, sizeof(test),
						       &count);
	test.operands.count = WRIT_MAX_OPERANDS;
	for (uint32_t n = 0; n < n_tests; n++) {
		/* Another length each time, or the operands would share what they become. */
		for (uint32_t i = 0; i < WRIT_MAX_OPERANDS; i++)
			operands[i].text.count = n_parts - n;
		test.operands.first = bundle_append(bundle, WRIT_SECTION_OPERANDS, operands,
						    sizeof(*operands), WRIT_MAX_OPERANDS);
		(void)bundle_append(bundle, WRIT_SECTION_TESTS, &test, sizeof(test), 1);
	}
	tests = bundle_section(bundle, WRIT_SECTION_TESTS, sizeof(*tests), &count);
	for (uint32_t i = 0; i < count; i++)
		tests[i].no = i + 1 < count ? i + 1 : WRIT_TEST_FAIL;
	rule = bundle_section(bundle, WRIT_SECTION_RULES, sizeof(*rule), &count);
	rule->where.count = n_tests + 1;
}

/* A text of parameters without a value to speak of costs its parts: a file of 700 KiB, minutes. */
Test(attacks, texts_that_are_put_together_again_and_again_are_refused)
{
	enum { N_PARTS = 4000, N_TESTS = 20 };
	struct test_bundle bundle = bundle_make("param p : string; tool t { arg s : string; }\n"
						"role r { deny t where s == \"${p}x\"; }");
	static struct writ_fmt_part parts[2 * N_PARTS];
	static struct writ_fmt_operand operands[WRIT_MAX_OPERANDS];
	struct writ_policy *policy = NULL;
	struct writ_error error = {.text = ""};
	clock_t begin;
	uint32_t at;

	for (size_t i = 0; i < 2 * N_PARTS; i++)
		parts[i].kind = WRIT_PART_PARAM;
	at = bundle_append(&bundle, WRIT_SECTION_PARTS, parts, sizeof(*parts), 2 * N_PARTS);
	for (uint32_t i = 0; i < WRIT_MAX_OPERANDS; i++) {
		operands[i].text.first = at + i;
		operands[i].endpoint = WRIT_NONE;
	}
	add_tests(&bundle, N_TESTS, operands, N_PARTS);
	bundle_seal(&bundle);
	cr_assert_eq(writ_verify(bundle.bytes, bundle.size, &error), 0, "%s", error.text);
	begin = clock();
	cr_expect_eq(bundle_open_with(&bundle, "p=", &policy, &error), -WRIT_E_PARAM);
	cr_expect_not_null(strstr(error.text, "together with their parameters"), "%s", error.text);
	cr_expect_lt(seconds_since(begin), 5.0);
}

/* What the runtime accepts, and whether a reader would be told what it does. */
static bool is_honest(struct test_bundle *bundle)
{
	struct bundle_image image;
	struct bundle_proof proof;
	const struct ir_policy *policy;
	struct writ_error error = {.text = ""};

	bundle_seal(bundle);
	cr_assert_eq(writ_verify(bundle->bytes, bundle->size, &error), 0, "%s", error.text);
	bundle_read((struct bytes){bundle->bytes, bundle->size}, &image);
	policy = bundle_ir(maker_arena(), &image);
	cr_assert_not_null(policy);
	bundle_prove(maker_arena(), &image, policy, BUNDLE_PROVE_ALL, &proof);
	return proof.wrong.len == 0;
}

static struct test_bundle two_roles(void)
{
	return bundle_make("role a { allow x; allow db_*; deny y where n < 3; }\n"
			   "role b { allow z; allow git_*; deny x; }\n"
			   "user \"u\" : a;\nuser \"w\" : a, b;");
}

Test(attacks, a_bundle_that_decides_otherwise_than_it_lists_is_found)
{
	struct test_bundle bundle = two_roles();
	struct writ_fmt_user *users;
	struct writ_fmt_role *roles;
	uint32_t *accepts, *indices, n;
	uint16_t *cells, *blocks;

	cr_expect(is_honest(&bundle));
	/* The table gives a role another's rules: those of the first block of each. */
	cells = bundle_section(&bundle, WRIT_SECTION_CELLS, sizeof(*cells), NULL);
	blocks = bundle_section(&bundle, WRIT_SECTION_BLOCKS, sizeof(*blocks), &n);
	cr_assert_neq(blocks[0], blocks[n / 3]);
	memcpy(cells, cells + 4 * blocks[n / 3], 4 * sizeof(*cells));
	cr_expect_not(is_honest(&bundle));
	/* Names that one wildcard matches are taken for those of another. */
	bundle = two_roles();
	accepts = bundle_section(&bundle, WRIT_SECTION_ACCEPTS, sizeof(*accepts), &n);
	for (uint32_t i = 0; i < n; i++)
		accepts[i] = accepts[i] == WRIT_NONE ? WRIT_NONE : accepts[n - 1];
	cr_expect_not(is_honest(&bundle));
	/* The list of rules has another rule, and the rows are those of somebody else. */
	bundle = two_roles();
	indices = bundle_section(&bundle, WRIT_SECTION_INDICES, sizeof(*indices), &n);
	indices[0] = indices[0] ? 0 : 1;
	cr_expect_not(is_honest(&bundle));
	bundle = two_roles();
	users = bundle_section(&bundle, WRIT_SECTION_USERS, sizeof(*users), &n);
	users[0].row = 1;
	cr_expect_not(is_honest(&bundle));
	bundle = two_roles();
	roles = bundle_section(&bundle, WRIT_SECTION_ROLES, sizeof(*roles), &n);
	roles[1].row = 0;
	cr_expect_not(is_honest(&bundle));
}

static const char sandboxed[] = "sandbox s { filesystem { read \"/a\"; execute \"/b\"; }\n"
				"  syscalls { allow @default; deny ptrace errno ENOTTY; } }\n";

Test(attacks, a_sandbox_that_is_not_as_listed_is_found)
{
	struct test_bundle bundle = bundle_make(sandboxed);
	struct writ_fmt_insn *insns;
	struct writ_fmt_path *paths;
	uint32_t n, changed = 0;

	cr_expect(is_honest(&bundle));
	/* A filter that allows what the rules refuse. */
	insns = bundle_section(&bundle, WRIT_SECTION_INSNS, sizeof(*insns), &n);
	for (uint32_t i = 0; i < n; i++) {
		if (insns[i].code != (BPF_RET | BPF_K) ||
		    insns[i].k != (SECCOMP_RET_ERRNO | ENOTTY))
			continue;
		insns[i].k = SECCOMP_RET_ALLOW;
		changed++;
	}
	cr_assert_gt(changed, 0u);
	cr_expect_not(is_honest(&bundle));
	/* A grant that passes for an ELF interpreter, which no reader is shown. */
	bundle = bundle_make(sandboxed);
	paths = bundle_section(&bundle, WRIT_SECTION_PATHS, sizeof(*paths), &n);
	for (uint32_t i = 0; i < n; i++) {
		if (paths[i].rights & WRIT_PATH_IMPLIED)
			paths[i].text = paths[0].text;
	}
	cr_expect_not(is_honest(&bundle));
}

Test(attacks, an_implied_grant_is_only_to_execute)
{
	struct test_bundle bundle = bundle_make(sandboxed);
	struct writ_fmt_path *paths;
	struct writ_error error;
	uint32_t n;

	paths = bundle_section(&bundle, WRIT_SECTION_PATHS, sizeof(*paths), &n);
	cr_assert_eq(paths[0].rights, (uint32_t)WRIT_PATH_READ);
	paths[0].rights |= WRIT_PATH_IMPLIED;
	bundle_seal(&bundle);
	cr_expect_eq(writ_verify(bundle.bytes, bundle.size, &error), -WRIT_E_FORMAT);
}
