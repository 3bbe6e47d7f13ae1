/*
 * What of a call's arguments may be written down.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/audit/mask.h"
#include "runtime/writ_info.h"
#include "support/bundle_maker.h"

#define SIZE 4096

static const unsigned char key[MASK_KEY_SIZE] = "thirty-two bytes of a hash's key";
static char out[SIZE];

static struct mask *mask_of(const struct writ_policy *policy)
{
	struct mask *mask = NULL;
	struct writ_error error;

	cr_assert_eq(mask_new(policy, key, &mask, &error), 0, "%s", error.text);
	return mask;
}

static const char *masked(struct mask *mask, const char *text)
{
	size_t len = mask_text(mask, text, strlen(text), out, SIZE);

	cr_assert_eq(len, strlen(out));
	return out;
}

/* The arguments as JSON, parsed. */
static json_t *parsed(struct mask *mask, const char *tool, const struct writ_arg *args, size_t n)
{
	json_error_t error;
	size_t len = mask_args(mask, tool, 0, args, n, out, SIZE);
	json_t *root = json_loadb(out, len, JSON_REJECT_DUPLICATES, &error);

	cr_assert(root && json_is_object(root), "%s: %s", error.text, out);
	cr_assert_eq(len, strlen(out));
	return root;
}

static const char *member(json_t *root, const char *name)
{
	const char *text = json_string_value(json_object_get(root, name));

	cr_assert(text, "no text %s in %s", name, out);
	return text;
}

/* ---- shapes ---- */

/* Each with its secret between < and >. */
static const char *const secrets[] = {
	"id=<AKIAIOSFODNN7EXAMPLE>.",
	"aws_secret_access_key = <wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY>",
	"clone with <ghp_16C7e42F292c6912E7710c838347Ae178B4a> now",
	"<github_pat_11ABCDEFG0aBcDeFgHiJkL_mNoPqRsTuVwXyZ0123456789>",
	"curl -H 'PRIVATE-TOKEN: <glpat-abcDEF123456ghiJKL78>'",
	"<xoxb-123456789012-abcdefABCDEF>",
	"https://hooks.slack.com/services/<T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX>",
	"stripe <sk_live_4eC39HqLyjWDarjtT1zdp7dc>",
	"<sk-proj-abcdefghijklmnop_QRSTUVWX-0123456789>",
	"<sk-ant-api03-AbCdEfGhIjKlMnOpQrStUvWxYz-0123456789_abc>",
	"key <AIzaSyA1234567890abcdefghijklmnopqrstuv>",
	"<eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_"
	"XgL0n3I9PlFUP0THsR8U>",
	"Authorization: Bearer <abcdefghijklmnopqrstuv0123>",
	"authorization: Basic <dXNlcjpwYXNz>",
	"git push https://bob:<hunter2>@git.example.org/x.git",
	"redis://:<p%40ss>@cache:6379/0",
	"postgres://app:<pa@ss>@db/x",
	"DB_PASSWORD=<hunter2> ./run",
	"?access_token=<abc>&x=1",
	"{\"password\": \"<hun\\\"ter2>\"}",
	"login --password <hunter2> now",
	"password: <hunter2>",
};

Test(mask, tokens_that_are_known_by_their_shape_are_masked)
{
	struct mask *mask = mask_of(NULL);

	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
		const char *text = secrets[i];
		size_t before = strcspn(text, "<");
		size_t len = strcspn(text + before, ">") - 1;
		const char *after = text + before + len + 2;
		char plain[512];
		const char *got;

		snprintf(plain, sizeof(plain), "%.*s%.*s%s", (int)before, text, (int)len,
			 text + before + 1, after);
		got = masked(mask, plain);
		cr_expect(strncmp(got, text, before) == 0 &&
				  strncmp(got + before, "[masked:", 8) == 0 &&
				  strcmp(got + before + 25, after) == 0,
			  "%s\n  is %s", text, got);
	}
	mask_free(mask);
}

static const char *const ordinary[] = {
	"",
	"git commit -m 'Fix the password prompt: it asks twice'",
	"ask-me-anything-about-the-weather-tomorrow",
	"The bearer of this letter is known to us.",
	"basic internationalization and authentication",
	"sk-learn and task-runner-with-a-long-name",
	"https://example.org:8443/a/b@c?q=a:b@c",
	"mailto:bob@example.org, http://host:80/",
	"550e8400-e29b-41d4-a716-446655440000",
	"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	"max_tokens=100 tokens: many",
	"-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----",
	"if (a == b) { return a[1] + \"x\"; }",
	"SELECT secret FROM tokens WHERE id = 7",
	"AKIA is how they begin; ghp_ is, too",
	"/usr/lib/python3/dist-packages/secretstorage/__init__.py",
};

Test(mask, ordinary_text_stays_as_it_is)
{
	struct mask *mask = mask_of(NULL);

	for (size_t i = 0; i < sizeof(ordinary) / sizeof(ordinary[0]); i++)
		cr_expect_str_eq(masked(mask, ordinary[i]), ordinary[i]);
	mask_free(mask);
}

Test(mask, a_private_key_is_masked_to_its_end_and_without_one)
{
	struct mask *mask = mask_of(NULL);
	static const char begin[] = "x -----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
				    "DEK-Info: AES-128-CBC,00\n\nMIIE-secret\n";
	char text[512];

	snprintf(text, sizeof(text), "%s-----END RSA PRIVATE KEY----- y", begin);
	cr_expect_eq(strlen(masked(mask, text)), 29u, "%s", out);
	cr_expect_eq(strlen(masked(mask, begin)), 27u, "%s", out);
	mask_free(mask);
}

/* ---- arguments ---- */

static const char policy_text[] =
	"tool http_get { class read; arg url : url; arg token : string secret; }\n"
	"tool git_* { class write; arg signing : string secret; }\n"
	"role r { allow http_get, git_*; }\n"
	"redact \"corp-[0-9]{4}\";\n";

Test(mask, a_policy_says_what_of_its_tools_it_wants_masked)
{
	struct writ_policy *policy = bundle_open(policy_text, NULL);
	struct writ_tool_argument arg;
	struct writ_tool tool;
	uint32_t n = 0, n_secret = 0;

	cr_expect_str_eq(writ_redact(policy, 0), "corp-[0-9]{4}");
	cr_expect_null(writ_redact(policy, 1));
	for (; !writ_tool(policy, n, &tool); n++)
		for (uint32_t i = 0; !writ_tool_argument(policy, n, i, &arg); i++)
			n_secret += arg.secret != 0;
	cr_expect_eq(n, 2u);
	cr_expect_eq(n_secret, 2u);
	cr_expect_eq(writ_tool_argument(policy, n, 0, &arg), -WRIT_E_INVALID);
	writ_close(policy);
}

Test(mask, secret_arguments_are_masked_by_name_whatever_their_value)
{
	struct writ_policy *policy = bundle_open(policy_text, NULL);
	struct mask *mask = mask_of(policy);
	const struct writ_arg args[] = {
		{.name = "url", .text = "x"},
		{.name = "token", .text = "x"},
		{.name = "Token.inner", .text = "x"},
		{.name = "signing", .text = "x"},
		{.name = "X-Api-Key", .type = WRIT_ARG_INTEGER, .number = 7},
		{.name = "tokens", .type = WRIT_ARG_BOOLEAN, .number = 1},
	};
	json_t *root;

	writ_close(policy); /* all is copied */
	root = parsed(mask, "http_get", args, 6);
	cr_expect_str_eq(member(root, "url"), "x");
	cr_expect_eq(strlen(member(root, "token")), 25u);
	cr_expect_str_eq(member(root, "token"), member(root, "Token.inner"));
	cr_expect_str_eq(member(root, "signing"), "x");
	cr_expect_eq(strlen(member(root, "X-Api-Key")), 25u);
	cr_expect(json_is_true(json_object_get(root, "tokens")));
	json_decref(root);
	root = parsed(mask, "git_commit", args, 6);
	cr_expect_eq(strlen(member(root, "signing")), 25u);
	json_decref(root);
	mask_free(mask);
}

/* Whoever spells a name in another way has the same secret; a member has that of what it is in. */
Test(mask, a_name_is_secret_in_each_spelling_and_with_what_it_is_within)
{
	struct writ_policy *policy =
		bundle_open("tool t { class read; arg pin : string secret; "
			    "arg login.code : string secret; }\nrole r { allow t; }\n",
			    NULL);
	struct mask *mask = mask_of(policy);
	static const char *const names[] = {
		"pin",   "PIN",     "pin.first",     "login.code",     "login.code.one",
		"login", "api_key", "user.password", "user.API-KEY.id"};
	static const char *const others[] = {"pins", "pi", "login.codes", "log", "password_hint"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct writ_arg arg = {.name = names[i], .text = "x"};
		json_t *root = parsed(mask, "t", &arg, 1);

		cr_expect_eq(strlen(member(root, names[i])), 25u, "%s", out);
		json_decref(root);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		const struct writ_arg arg = {.name = others[i], .text = "x"};
		json_t *root = parsed(mask, "t", &arg, 1);

		cr_expect_str_eq(member(root, others[i]), "x", "%s", out);
		json_decref(root);
	}
	mask_free(mask);
	writ_close(policy);
}

/* Who misspells a tool has its secret in hand all the same; a listed tool says what is its own. */
Test(mask, a_tool_that_no_policy_lists_has_the_secrets_of_all)
{
	struct writ_policy *policy = bundle_open(policy_text, NULL);
	struct mask *mask = mask_of(policy);
	const struct writ_arg args[] = {
		{.name = "signing", .text = "x"},
		{.name = "", .text = "x"},
		{.name = "url", .text = "x"},
	};
	static const char *const tools[] = {"Git_commit", "git", ""};
	json_t *root;

	writ_close(policy);
	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		root = parsed(mask, tools[i], args, 3);
		cr_expect_eq(strlen(member(root, "signing")), 25u, "%s", tools[i]);
		cr_expect_str_eq(member(root, ""), "x");
		cr_expect_str_eq(member(root, "url"), "x");
		json_decref(root);
	}
	mask_free(mask);
}

Test(mask, patterns_of_the_policy_are_masked_and_without_them_the_secret_shows)
{
	struct writ_policy *policy = bundle_open(policy_text, NULL);
	struct mask *mask = mask_of(policy);
	struct mask *other = mask_of(NULL);

	cr_expect_null(strstr(masked(mask, "a corp-1234 b"), "1234"));
	cr_expect_eq(strncmp(out, "a [masked:", 10), 0, "%s", out);
	cr_expect_str_eq(masked(other, "a corp-1234 b"), "a corp-1234 b");
	mask_free(mask);
	mask_free(other);
	writ_close(policy);
}

/* What takes too long to search may have anything in it. */
Test(mask, a_text_that_is_given_up_is_masked_as_a_whole)
{
	struct writ_policy *policy = bundle_open("tool t { class read; }\nrole r { allow t; }\n"
						 "redact \"a.{2000}x\";\n",
						 NULL);
	const size_t n = 1 << 20;
	struct mask *mask = mask_of(policy);
	char *text = malloc(n);

	srand(3);
	for (size_t i = 0; i < n; i++)
		text[i] = "ax"[rand() % 2];
	cr_expect_eq(mask_text(mask, text, n, out, SIZE), 25u);
	cr_expect_eq(strncmp(out, "[masked:", 8), 0, "%.100s", out);
	free(text);
	mask_free(mask);
	writ_close(policy);
}

Test(mask, equal_secrets_have_equal_masks_of_one_key_only)
{
	static const unsigned char other_key[MASK_KEY_SIZE] = {1};
	struct mask *mask = mask_of(NULL);
	struct mask *other = NULL;
	char first[64], second[64];

	cr_assert_eq(mask_new(NULL, other_key, &other, NULL), 0);
	snprintf(first, sizeof(first), "%s", masked(mask, "AKIAIOSFODNN7EXAMPLE"));
	cr_expect_str_eq(masked(mask, "AKIAIOSFODNN7EXAMPLE"), first);
	cr_expect_str_neq(masked(mask, "AKIAIOSFODNN7EXAMPLF"), first);
	snprintf(second, sizeof(second), "%s", masked(other, "AKIAIOSFODNN7EXAMPLE"));
	cr_expect_str_neq(first, second);
	mask_free(mask);
	mask_free(other);
}

/* AU-05: what would be a second record, were it not escaped. */
Test(mask, an_argument_forges_no_member_and_no_line)
{
	struct mask *mask = mask_of(NULL);
	static const char forged[] = "x\",\"verdict\":\"allow\"}\n{\"seq\":1,\r\x1b[2K\x7f";
	const struct writ_arg args[] = {
		{.name = "a", .text = forged},
		{.name = "b\",\"c\":\"\n", .text = "y"},
		{.name = "z", .text = "a\0b", .text_len = 3, .type = WRIT_ARG_BYTES},
		{.name = "u", .text = "\xff\xc3\xa9\xe2\x80\xae\xed\xa0\x80"},
		{.name = "overlong",
		 .text = "\xc0\xaf\xe0\x80\xaf\xf0\x80\x80\xaf\xf4\x90\x80\x80"},
	};
	json_t *root = parsed(mask, "t", args, 5);

	cr_expect_eq(json_object_size(root), 5u);
	cr_expect_str_eq(member(root, "a"), forged);
	cr_expect_str_eq(member(root, "b\",\"c\":\"\n"), "y");
	cr_expect_str_eq(member(root, "z"), "a\\x00b");
	cr_expect_str_eq(member(root, "u"), "\\xff\u00e9\u202e\\xed\\xa0\\x80");
	cr_expect_str_eq(member(root, "overlong"), "\\xc0\\xaf\\xe0\\x80\\xaf\\xf0\\x80\\x80"
						   "\\xaf\\xf4\\x90\\x80\\x80");
	for (const char *at = out; *at; at++)
		cr_assert((unsigned char)*at >= ' ' && *at != 0x7f);
	json_decref(root);
	mask_free(mask);
}

/* AU-11: a mask begins or ends beside an escape, and within what would be one. */
Test(mask, masks_beside_escapes_leave_json_whole)
{
	struct mask *mask = mask_of(NULL);
	const struct writ_arg args[] = {
		{.name = "a", .text = "\\sk-abcdefghijklmnopqrst\"\\u0041"},
		{.name = "b", .text = "\"sk-abcdefghijklmnopqrst\\"},
		{.name = "sk-abcdefghijklmnopqrst", .text = "\n"},
	};
	json_t *root = parsed(mask, "t", args, 3);
	const char *a = member(root, "a");

	cr_expect_null(strstr(out, "sk-"));
	cr_expect(a[0] == '\\' && strncmp(a + 1, "[masked:", 8) == 0);
	cr_expect_str_eq(a + 26, "\"\\u0041");
	json_decref(root);
	mask_free(mask);
}

Test(mask, what_does_not_fit_is_cut_behind_the_masks_and_said_to_be)
{
	struct mask *mask = mask_of(NULL);
	static char big[100000];

	for (size_t pad = 0; pad < 600; pad++) {
		char small[MASK_SIZE];
		size_t n;

		memset(big, 'x', sizeof(big) - 1);
		memcpy(big + pad, " AKIAIOSFODNN7EXAMPLE ", 22);
		n = mask_text(mask, big, sizeof(big) - 1, small, sizeof(small));
		cr_assert_eq(n, strlen(small));
		cr_assert_null(strstr(small, "AKI"), "%s", small);
		cr_assert_str_eq(small + n - 18, "[cut: 99999 bytes]");
	}
	mask_free(mask);
}

Test(mask, arguments_that_do_not_fit_are_counted)
{
	struct mask *mask = mask_of(NULL);
	struct writ_arg args[200];
	char names[200][8];
	static char big[5000];

	memset(big, '"', sizeof(big) - 1);
	for (size_t i = 0; i < 200; i++) {
		snprintf(names[i], sizeof(names[i]), "a%zu", i);
		args[i] = (struct writ_arg){.name = names[i], .text = i % 3 ? "v" : big};
	}
	for (size_t size = MASK_SIZE; size < SIZE; size += 7) {
		json_error_t error;
		size_t len = mask_args(mask, "t", 0, args, 200, out, size);
		json_t *root = json_loadb(out, len, JSON_REJECT_DUPLICATES, &error);
		int missing = 0;

		cr_assert(root && len < size, "%s: %s", error.text, out);
		cr_assert_eq(sscanf(member(root, "[cut]"), "[cut: %d arguments]", &missing), 1);
		cr_assert_eq((size_t)missing + json_object_size(root) - 1, 200u, "%s", out);
		json_decref(root);
	}
	mask_free(mask);
}

Test(mask, a_name_that_is_given_twice_is_told_apart)
{
	struct mask *mask = mask_of(NULL);
	const struct writ_arg args[] = {{.name = "a", .text = "1"}, {.name = "a", .text = "2"}};
	json_t *root = parsed(mask, "t", args, 2);

	cr_expect_str_eq(member(root, "a"), "1");
	cr_expect_str_eq(member(root, "a (again, as argument 2)"), "2");
	json_decref(root);
	mask_free(mask);
}

Test(mask, elements_of_lists_are_masked_one_by_one)
{
	struct mask *mask = mask_of(NULL);
	static const struct writ_arg inner[] = {{.text = "password=x"}, {.type = WRIT_ARG_OTHER}};
	static const struct writ_arg items[] = {
		{.text = "plain"},
		{.text = "AKIAIOSFODNN7EXAMPLE"},
		{.type = WRIT_ARG_INTEGER, .number = -3},
		{.type = WRIT_ARG_LIST, .items = inner, .n_items = 2},
		{.type = WRIT_ARG_LIST},
	};
	const struct writ_arg args[] = {
		{.name = "l", .type = WRIT_ARG_LIST, .items = items, .n_items = 5},
		{.name = "password", .type = WRIT_ARG_LIST, .items = items, .n_items = 3},
	};
	json_t *root = parsed(mask, "t", args, 2);

	cr_expect_eq(strncmp(out, "{\"l\":[\"plain\",\"[masked:", 23), 0, "%s", out);
	cr_expect(strstr(out, "\",-3,[\"password=[masked:"), "%s", out);
	cr_expect(strstr(out, "\",null],[]],\"password\":[\"[masked:"), "%s", out);
	json_decref(root);
	mask_free(mask);
}

Test(mask, long_and_deep_lists_are_cut_and_their_elements_counted)
{
	struct mask *mask = mask_of(NULL);
	static struct writ_arg items[1000];
	static struct writ_arg deep[20];
	struct writ_arg args[] = {
		{.name = "l", .type = WRIT_ARG_LIST, .items = items, .n_items = 1000},
		{.name = "d", .type = WRIT_ARG_LIST, .items = deep, .n_items = 1},
	};

	for (size_t i = 0; i < 1000; i++)
		items[i] = (struct writ_arg){.text = i % 2 ? "\"\"\"\"" : "some text"};
	for (size_t i = 0; i + 1 < 20; i++)
		deep[i] = (struct writ_arg){.type = WRIT_ARG_LIST,
					    .items = &deep[i + 1],
					    .n_items = 1};
	for (size_t size = MASK_SIZE; size < SIZE; size += 5) {
		json_error_t error;
		size_t len = mask_args(mask, "t", 0, args, 2, out, size);
		json_t *root = json_loadb(out, len, JSON_REJECT_DUPLICATES, &error);
		json_t *list = json_object_get(root, "l");
		const char *last =
			json_string_value(json_array_get(list, json_array_size(list) - 1));
		int missing = 0;

		cr_assert(root && len < size, "%s: %s", error.text, out);
		cr_assert(last && sscanf(last, "[cut: %d elements]", &missing) == 1, "%s", out);
		cr_assert_eq((size_t)missing + json_array_size(list) - 1, 1000u, "%s", out);
		cr_assert(strstr(out, "\"d\":[[[[") && !strstr(out, "[[[[[["), "%s", out);
		json_decref(root);
	}
	mask_free(mask);
}
