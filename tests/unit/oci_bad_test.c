/*
 * Imported profiles: what is printed, what is noted, and what is refused.
 */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/golden.h"
#include "support/oci_import.h"

#define RULES(rules) PROFILE(REFUSE, rules)
#define DUP(args)    RULE("\"dup\"", "ALLOW", args)
#define DUP_IF(action, condition)                                                                  \
	"{\"names\": [\"dup\"], \"action\": \"" action "\", \"includes\": {" condition "}}"

/* ---- what is printed ---- */

Test(golden, imported_profiles_read_well)
{
	static const char *const names[] = {"docker", "podman"};
	const struct oci_options options = oci_options(oci_docker_caps());

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[64], golden[64];
		char *json;
		struct imported *imported;

		snprintf(path, sizeof(path), "tests/golden/import/%s.json", names[i]);
		snprintf(golden, sizeof(golden), "import/%s.txt", names[i]);
		json = golden_read(path);
		cr_assert_not_null(json, "%s", path);
		imported = oci_import(json, &options);
		cr_assert(imported->good, "%s", oci_report(imported));
		golden_check(golden, imported->text);
		free(json);
	}
}

static void expect_note(const char *json, const char *note)
{
	const struct oci_options options = oci_options(0);
	const struct imported *imported = oci_import(json, &options);
	bool found = false;

	cr_assert(imported->good, "%s", oci_report(imported));
	for (size_t i = 0; i < imported->notes.n; i++)
		found |= memmem(imported->notes.items[i].ptr, imported->notes.items[i].len, note,
				strlen(note)) != NULL;
	cr_expect(found, "no note '%s' of %s", note, json);
}

Test(oci_bad, notes_say_where_a_sandbox_differs)
{
	const struct oci_options options = oci_options(0);
	const char *plain = RULES(RULE("\"read\", \"chown32\"", "ALLOW", ""));

	expect_note(RULES(RULE("\"mseal\", \"no_such_call\"", "ALLOW", "")),
		    "fail with ENOSYS: mseal, no_such_call");
	expect_note(RULES(RULE("\"no_such_call\"", "KILL", "")), "no_such_call");
	expect_note(RULES(RULE("\"clone3\", \"setsid\"", "NOTIFY", "")),
		    "these fail: clone3, setsid");
	expect_note(RULES(RULE("\"listen\"", "ALLOW", "")), "sockets need a grant");
	expect_note(RULES(RULE("\"mount\"", "KILL", "")), "ends the whole process");
	cr_expect_eq(oci_import(plain, &options)->notes.n, 0);
}

/* ---- bad input ---- */

static const char *const not_json[] = {
	"",
	"{",
	"{\"defaultAction\": \"SCMP_ACT_",
	"{\"defaultAction\": \"\xff\"}",
	"{\"defaultAction\": \"\\ud800\"}",
	"{\"defaultAction\": \"\\ud800\\u0041\"}",
	"{\"defaultAction\": \"\\udc00\"}",
	"{\"defaultAction\": \"\\u0000\"}",
	"{\"defaultAction\": \"\\x\"}",
	"{\"defaultAction\": \"a\nb\"}",
	"{\"defaultAction\": 01}",
	"{\"defaultAction\": 1.}",
	"{\"defaultAction\": -}",
	"{\"defaultAction\": 1e}",
	"{\"defaultAction\": nul}",
	"{\"defaultAction\" 1}",
	"{defaultAction: 1}",
	"{\"syscalls\": [1 2]}",
	"{\"syscalls\": [,]}",
	"{\"syscalls\": [}",
	"{} {}",
	"\xef\xbb\xbf{}",
};

struct bad_profile {
	const char *json;
	enum diag_code code;
};

static const struct bad_profile bad_defaults[] = {
	{"{\"a\\u0062\": 1, \"ab\": 2}", DIAG_E0602},
	{"{\"DefaultAction\": \"SCMP_ACT_ERRNO\"}", DIAG_E0603},
	{"[]", DIAG_E0604},
	{"{}", DIAG_E0604},
	{"{\"defaultAction\": null}", DIAG_E0604},
	{"{\"defaultAction\": 5}", DIAG_E0604},
	{"{\"defaultAction\": \"\"}", DIAG_E0605},
	{"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"defaultErrnoRet\": 1}", DIAG_E0604},
	{"{" REFUSE ", \"defaultErrnoRet\": 1.0}", DIAG_E0604},
	{"{" REFUSE ", \"defaultErrnoRet\": 4096}", DIAG_E0604},
	{"{" REFUSE ", \"defaultErrnoRet\": 0}", DIAG_E0606},
	{"{" REFUSE ", \"defaultErrno\": \"ENOSUCH\"}", DIAG_E0605},
	{"{" REFUSE ", \"defaultErrno\": \"EPERM\", \"defaultErrnoRet\": 2}", DIAG_E0604},
	{"{" REFUSE ", \"archMap\": [{}]}", DIAG_E0604},
	{"{" REFUSE ", \"archMap\": [{\"architecture\": \"x86_64\"}]}", DIAG_E0605},
	{"{" REFUSE ", \"architectures\": \"SCMP_ARCH_X86_64\"}", DIAG_E0604},
	{"{" REFUSE ", \"architectures\": [\"SCMP_ARCH_X86\"], \"archMap\": "
	 "[{\"architecture\": \"SCMP_ARCH_X86\"}]}",
	 DIAG_E0604},
	{"{" REFUSE ", \"flags\": [\"SECCOMP_FILTER_FLAG_NEW_LISTENER\"]}", DIAG_E0605},
	{"{" REFUSE ", \"listenerPath\": 1}", DIAG_E0604},
};

static const struct bad_profile bad_rules[] = {
	{RULES("5"), DIAG_E0604},
	{RULES("{}"), DIAG_E0604},
	{RULES("{\"action\": \"SCMP_ACT_ALLOW\"}"), DIAG_E0604},
	{RULES("{\"names\": [], \"action\": \"SCMP_ACT_ALLOW\"}"), DIAG_E0604},
	{RULES("{\"name\": \"a\", \"names\": [\"b\"], \"action\": \"SCMP_ACT_ALLOW\"}"),
	 DIAG_E0604},
	{RULES(RULE("\"\"", "ALLOW", "")), DIAG_E0604},
	{RULES(RULE("\"a\\n}\"", "ALLOW", "")), DIAG_E0604},
	{RULES(RULE("5", "ALLOW", "")), DIAG_E0604},
	{RULES(DUP("5")), DIAG_E0604},
	{RULES(DUP("{\"index\": 0, \"value\": 1}")), DIAG_E0604},
	{RULES(DUP(ARG(0, "EQ", "18446744073709551616"))), DIAG_E0604},
	{RULES(DUP(ARG(0, "MASKED_NE", "1"))), DIAG_E0605},
	{RULES(DUP(MASKED(0, "4294967296", "0"))), DIAG_E0608},
	{RULES(RULE("\"afs_syscall\"", "ALLOW", ARG(0, "EQ", "1"))), DIAG_E0608},
	{RULES(DUP_IF("SCMP_ACT_ALLOW", "\"minKernel\": \"four\"")), DIAG_E0604},
	{RULES(DUP_IF("SCMP_ACT_ALLOW", "\"arch\": [\"amd64\"]")), DIAG_E0603},
	{RULES(DUP("") "," RULE("\"dup\"", "LOG", "")), DIAG_E0607},
	{RULES(DUP("") "," RULE("\"dup\"", "ERRNO", ARG(0, "EQ", "1"))), DIAG_E0607},
};

static void expect_code(const char *json, enum diag_code code)
{
	const struct oci_options options = oci_options(0);
	const struct imported *imported = oci_import(json, &options);

	cr_assert(imported->diags.items.n, "%s is taken", json);
	cr_expect_eq(imported->diags.items.items[0].code, code, "%s gives\n%s", json,
		     oci_report(imported));
}

Test(oci_bad, what_is_not_json_is_reported)
{
	for (size_t i = 0; i < sizeof(not_json) / sizeof(not_json[0]); i++)
		expect_code(not_json[i], DIAG_E0601);
}

Test(oci_bad, what_is_wrong_is_reported)
{
	for (size_t i = 0; i < sizeof(bad_defaults) / sizeof(bad_defaults[0]); i++)
		expect_code(bad_defaults[i].json, bad_defaults[i].code);
	for (size_t i = 0; i < sizeof(bad_rules) / sizeof(bad_rules[0]); i++)
		expect_code(bad_rules[i].json, bad_rules[i].code);
}

/* What does not apply here may say what Writ can't, but not what nobody can. */
Test(oci_bad, rules_that_do_not_apply_are_read_all_the_same)
{
	const struct oci_options options = oci_options(0);
	const char *boot = RULES(DUP_IF("SCMP_ACT_TRAP", "\"caps\": [\"CAP_SYS_BOOT\"]"));
	const char *wrong = RULES(DUP_IF("TRAP", "\"caps\": [\"CAP_SYS_BOOT\"]"));

	cr_expect(oci_import(boot, &options)->good);
	cr_expect_not(oci_import(wrong, &options)->good);
}

Test(oci_bad, truncated_profiles_are_refused)
{
	const struct oci_options options = oci_options(0);
	char *json = golden_read("tests/golden/import/docker.json");
	size_t len;

	cr_assert_not_null(json);
	len = strlen(json);
	while (len && json[len - 1] != '}')
		len--;
	for (size_t cut = 0; cut < len; cut++) {
		char kept = json[cut];
		struct imported *imported;

		json[cut] = '\0';
		imported = oci_import(json, &options);
		cr_assert_not(imported->good, "%s", json);
		arena_fini(&imported->arena);
		json[cut] = kept;
	}
}

/* The text between first and last, n times. */
static char *repeat(const char *first, const char *text, size_t n, const char *last)
{
	size_t len = strlen(text), at = strlen(first);
	char *out = malloc(at + n * len + strlen(last) + 1);

	strcpy(out, first);
	for (size_t i = 0; i < n; i++, at += len)
		memcpy(out + at, text, len);
	strcpy(out + at, last);
	return out;
}

static enum diag_code code_of(const char *json)
{
	const struct oci_options options = oci_options(0);
	const struct imported *imported = oci_import(json, &options);

	cr_assert(imported->diags.items.n);
	return imported->diags.items.items[0].code;
}

Test(oci_bad, sizes_have_limits)
{
	const struct oci_options options = oci_options(0);
	const char *names = "{" REFUSE ", \"syscalls\": [{\"action\": \"SCMP_ACT_ALLOW\", "
			    "\"names\": [\"read\"";
	const char *rules = "{" REFUSE ", \"syscalls\": [" RULE("\"read\"", "ALLOW", "");

	cr_expect_eq(code_of(repeat("", "[", 65, "")), DIAG_E0601);
	cr_expect_eq(code_of(repeat("", "[", 5000000, "")), DIAG_E0601);
	cr_expect_eq(code_of(repeat("{\"a\": ", "[", 64, "")), DIAG_E0601);
	/* 64 levels are no mistake of their own. */
	cr_expect_eq(code_of(repeat(repeat("", "[", 64, ""), "]", 64, "")), DIAG_E0604);
	cr_expect(oci_import(repeat(names, ", \"read\"", 65535, "]}]}"), &options)->good);
	cr_expect_eq(code_of(repeat(names, ", \"read\"", 65536, "]}]}")), DIAG_E0482);
	cr_expect_eq(code_of(repeat(names, ", \"read\"", 1200000, "]}]}")), DIAG_E0482);
	/* Equal rules are one. */
	cr_expect(oci_import(repeat(rules, "," RULE("\"read\"", "ALLOW", ""), 1000, "]}"), &options)
			  ->good);
}

Test(oci_bad, a_call_has_a_limited_number_of_rules)
{
	char *json = malloc(200 * 300), *at = json;

	at += sprintf(at, "{" REFUSE ", \"syscalls\": [");
	for (int i = 0; i < 257; i++)
		at += sprintf(at,
			      "%s{\"names\": [\"dup\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": "
			      "[{\"index\": 0, \"op\": \"SCMP_CMP_EQ\", \"value\": %d}]}",
			      i ? "," : "", 2 * i);
	strcpy(at, "]}");
	cr_expect_eq(code_of(json), DIAG_E0482);
}
