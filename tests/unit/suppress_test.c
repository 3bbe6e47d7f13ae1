/*
 * "# writ: allow CODE reason": what it silences, what it does not, and what is said about it.
 */
#include <criterion/criterion.h>

#include "support/policy.h"

/* The policy line is line 1. */
static void expect_findings(const char *text, const char *findings)
{
	const struct compilation *compilation = policy_check(text);
	char got[512] = "";
	size_t used = 0;

	cr_assert_not_null(compilation->ir, "%s", policy_report(compilation));
	for (size_t i = 0; i < compilation->diags.items.n && used < sizeof(got); i++) {
		const struct diag *diag = &compilation->diags.items.items[i];
		struct line_col at = source_line_col(&compilation->sources, diag->span.file,
						     diag->span.begin);

		used += (size_t)snprintf(got + used, sizeof(got) - used, "%s%u %s",
					 used ? ", " : "", at.line, diag_info(diag->code)->code);
	}
	cr_expect_str_eq(got, findings, "%s\n%s", text, policy_report(compilation));
	cr_expect_eq(compilation->diags.warnings, compilation->diags.items.n);
}

Test(suppress, on_the_line)
{
	expect_findings("role r { allow *; }", "2 W0102");
	expect_findings("role r { allow *; } # writ: allow W0102 it is theirs", "");
	expect_findings("role r { allow *; } #writ:allow W0102 it is theirs", "");
}

Test(suppress, on_the_line_before)
{
	expect_findings("# writ: allow W0102 it is theirs\nrole r { allow *; }", "");
	expect_findings("  # writ: allow W0102 it is theirs\n\n# other\nrole r { allow *; }", "");
	expect_findings("# writ: allow W0102 a\nrole r { allow *; }\nrole s { allow *; }",
			"4 W0102");
	expect_findings("role a { allow b*; } # writ: allow W0102 a\nrole r { allow *; }",
			"2 W0191, 3 W0102");
}

Test(suppress, several_codes)
{
	expect_findings("role r { allow *, *; }", "2 W0102, 2 W0102, 2 W0202");
	expect_findings("role r { allow *, *; } # writ: allow W0102 a", "2 W0202");
	expect_findings("role r { allow *, *; } # writ: allow W0102,W0202 a", "");
	expect_findings("role r { allow *, *; } # writ: allow W0102 , W0202 a", "");
	expect_findings("# writ: allow W0102 one\n# writ: allow W0202 other\n"
			"role r { allow *, *; }",
			"");
}

Test(suppress, reason_is_required)
{
	expect_findings("role r { allow *; } # writ: allow W0102", "2 W0102, 2 W0190");
	expect_findings("role r { allow *; } # writ: allow W0102   ", "2 W0102, 2 W0190");
	expect_findings("role r { allow *; } # writ: allow", "2 W0102, 2 W0190");
}

Test(suppress, unknown_and_unused)
{
	expect_findings("role r { allow *; } # writ: allow W9999 a", "2 W0102, 2 W0192");
	expect_findings("role r { allow *; } # writ: allow E0101 a", "2 W0102, 2 W0192");
	expect_findings("role r { allow a*; } # writ: allow W0102 a", "2 W0191");
	expect_findings("role r { allow *; } # writ: allow W0102, W0103 a", "2 W0191");
	expect_findings("role r { allow *; } # writ: allow W0102, W0102 a", "2 W0191");
	expect_findings("# writ: allow W0102 nothing follows", "2 W0191");
}

Test(suppress, ordinary_comments_are_none)
{
	expect_findings("role r { allow a*; } # writ is a tool", "");
	expect_findings("role r { allow a*; } # allow W0102 a", "");
	expect_findings("role r { allow *; } # x", "2 W0102");
}

Test(suppress, errors_stay)
{
	const struct compilation *compilation =
		policy_check("role r extends s { } # writ: allow E0101 a");

	cr_expect_gt(compilation->diags.errors, 0);
}

Test(suppress, reason_is_kept)
{
	const struct compilation *compilation =
		policy_check("role r { allow *; } # writ: allow W0102 it is theirs");

	cr_assert_eq(compilation->diags.suppressed.n, 1);
	cr_expect_eq(compilation->diags.suppressed.items[0].diag.code, DIAG_W0102);
	cr_expect(str_eq(compilation->diags.suppressed.items[0].reason, STR("it is theirs")));
}

Test(suppress, yaml_comments_count)
{
	struct compilation *compilation = calloc(1, sizeof(*compilation));

	compilation_init(compilation);
	cr_assert_eq(
		compile_check_text(compilation, STR("t.yaml"),
				   STR("policy: p\n"
				       "roles:\n"
				       "  - name: r\n"
				       "    permissions: [\"*\"] # writ: allow W0102 it is theirs\n"
				       "  - name: s\n"
				       "    # writ: allow W0102 theirs too\n"
				       "    permissions: [\"*\"]\n"
				       "  - name: t\n"
				       "    permissions: [\"*\"]\n")),
		0);
	cr_assert_not_null(compilation->ir, "%s", policy_report(compilation));
	cr_expect_eq(compilation->diags.suppressed.n, 2, "%s", policy_report(compilation));
	cr_expect_eq(policy_count(compilation, DIAG_W0102), 1);
}
