/*
 * Separation of duty, and patterns for audit records.
 */
#include <criterion/criterion.h>

#include "support/policy.h"

static void expect_says(const char *text, enum diag_code code, const char *said)
{
	const struct compilation *compilation = policy_check(text);

	cr_expect_null(compilation->ir, "%s", text);
	cr_expect_str_eq(policy_says(compilation, code), said, "%s", policy_report(compilation));
	cr_expect_eq(compilation->diags.errors, 1, "%s", policy_report(compilation));
}

static const char roles[] = "role dev { } role lead extends dev { } role boss extends lead { }\n"
			    "role aud { } role qa { }\n";

static const char *with(const char *text)
{
	static char whole[1024];

	snprintf(whole, sizeof(whole), "%s%s", roles, text);
	return whole;
}

Test(conflicts, are_kept_with_roles_in_order)
{
	const char *listing =
		policy_listing(with("conflict qa, dev, aud; conflict session lead, aud;"));

	policy_expect_line(listing, "conflict aud dev qa");
	policy_expect_line(listing, "conflict session aud lead");
}

Test(conflicts, user_who_holds_both_is_an_error)
{
	expect_says(with("conflict dev, aud; user \"u\" : dev, aud;"), DIAG_E0312,
		    "4:25 this user holds both 'dev' and 'aud', which conflict");
	expect_says(with("conflict dev, aud; user \"u\" : boss, qa, aud;"), DIAG_E0312,
		    "4:25 this user holds both 'aud' and 'dev', which conflict");
	expect_says(with("conflict qa, dev, aud; user \"u\" : qa, aud;"), DIAG_E0312,
		    "4:29 this user holds both 'qa' and 'aud', which conflict");
	expect_says(with("conflict qa, dev; conflict qa, aud; user \"u\" : qa, aud;"), DIAG_E0312,
		    "4:42 this user holds both 'qa' and 'aud', which conflict");
}

Test(conflicts, way_to_an_inherited_role_is_told)
{
	const struct compilation *compilation =
		policy_check(with("conflict dev, aud; user \"u\" : boss, aud;"));
	const struct diag *diag = policy_diag(compilation, DIAG_E0312);

	cr_assert_eq(diag->notes.n, 5, "%s", policy_report(compilation));
	cr_expect(str_eq_cstr(diag->notes.items[0].text, "'boss' is held by the user"));
	cr_expect(str_eq_cstr(diag->notes.items[1].text, "'aud' is held by the user"));
	cr_expect(str_eq_cstr(diag->notes.items[2].text, "'dev' is inherited by 'lead'"));
	cr_expect(str_eq_cstr(diag->notes.items[3].text, "'lead' is inherited by 'boss'"));
}

Test(conflicts, user_with_one_of_the_roles_is_none)
{
	policy_ir(with("conflict dev, aud; user \"u\" : boss, lead, dev, qa; user \"v\" : aud;"));
	policy_ir(with("conflict session dev, aud; user \"u\" : dev, aud;"));
	policy_ir(with("conflict session dev, aud; role both extends dev, aud { }"));
}

Test(conflicts, role_that_inherits_both_is_reported_once)
{
	expect_says(with("conflict dev, aud; role x extends lead, aud { }\n"
			 "role y extends x { } user \"u\" : y;"),
		    DIAG_E0313, "4:25 role 'x' holds both 'aud' and 'dev', which conflict");
	expect_says(with("conflict dev, boss;"), DIAG_E0313,
		    "2:45 role 'boss' holds both 'boss' and 'dev', which conflict");
}

Test(conflicts, malformed_lists_are_errors)
{
	expect_says(with("conflict dev, aud, dev;"), DIAG_E0117, "4:20 role 'dev' is listed twice");
	expect_says(with("conflict dev;"), DIAG_E0118,
		    "4:1 a conflict is between two roles at least");
	expect_says(with("conflict dev, audd;"), DIAG_E0104, "4:15 there is no role 'audd'");
}

Test(redacts, pattern_is_kept)
{
	policy_expect_line(policy_listing("redact \"sk-[A-Za-z0-9]{20,}\";"),
			   "redact sk-[A-Za-z0-9]{20,}");
}

Test(redacts, pattern_that_does_not_compile_is_an_error)
{
	expect_says("redact \"a(b\";", DIAG_E0225,
		    "2:8 this is not an extended regular expression: Unmatched ( or \\(");
	expect_says("redact \"\";", DIAG_E0225, "2:8 an empty pattern is found everywhere");
	expect_says("redact \"${p}\"; param p : string;", DIAG_E0203,
		    "2:9 parameter 'p' is a string and can't be used in a pattern");
}

Test(redacts, what_the_log_can_not_look_for_is_an_error)
{
	expect_says("redact \"(a)\\\\1\";", DIAG_E0225,
		    "2:8 this pattern has a back-reference, which the audit log can't look for");
	expect_says("redact \"\\\\bsk-\";", DIAG_E0225,
		    "2:8 this pattern has a word boundary, which the audit log can't look for");
	policy_ir("redact \"[\\\\1b[.-.]]\\\\w\\\\$\";");
}

Test(redacts, all_patterns_together_have_a_size)
{
	expect_says("redact \"a{9000}\"; redact \"b{9}\"; redact \"c{2000}\";", DIAG_E0462,
		    "2:41 with repetitions written out, the patterns up to this one have more "
		    "than 10000 elements, or it has more than 63 groups within one another");
}

Test(redacts, size_is_that_of_repetitions_written_out)
{
	static const char *const large[] = {
		"(a{200}){200}",         "((a{30}){30}){30}", "([[:alpha:])]{200}){200}",
		"(a|b{1,101}){100,}{2}", "(\\\\({200}){200}", "[]a]{20000}",
	};
	static const char *const small[] = {
		"(a{100}){90}",
		"[(]{200}[(]{200}",
		"\\\\(a\\\\){9}",
		"[[:digit:]]{3}-[^]]{4}",
	};
	char text[128];

	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
		snprintf(text, sizeof(text), "redact \"%s\";", large[i]);
		cr_expect_eq(policy_count(policy_check(text), DIAG_E0462), 1, "%s", large[i]);
	}
	for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++) {
		snprintf(text, sizeof(text), "redact \"%s\";", small[i]);
		policy_ir(text);
	}
}
