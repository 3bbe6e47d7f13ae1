/*
 * Policies for tests, compiled in memory.
 */
#include "support/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "ir/ir_print.h"

struct compilation *policy_check(const char *text)
{
	struct compilation *compilation = calloc(1, sizeof(*compilation));
	struct str source;

	compilation_init(compilation);
	source = str_printf(&compilation->arena, "policy test;\n%s", text);
	cr_assert_eq(compile_check_text(compilation, STR("test.writ"), source), 0);
	return compilation;
}

const char *policy_report(const struct compilation *compilation)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	diag_print_text(&compilation->diags, out, false);
	fclose(out);
	return text;
}

const struct ir_policy *policy_ir(const char *text)
{
	const struct compilation *compilation = policy_check(text);

	cr_assert_not_null(compilation->ir, "%s", policy_report(compilation));
	return compilation->ir;
}

const char *policy_listing(const char *text)
{
	struct compilation *compilation = policy_check(text);
	char *listing = NULL;
	size_t size = 0;
	FILE *out;

	cr_assert_not_null(compilation->ir, "%s", policy_report(compilation));
	out = open_memstream(&listing, &size);
	ir_print(out, &compilation->arena, compilation->ir);
	fclose(out);
	return listing;
}

size_t policy_count(const struct compilation *compilation, enum diag_code code)
{
	size_t count = 0;

	for (size_t i = 0; i < compilation->diags.items.n; i++)
		count += compilation->diags.items.items[i].code == code;
	return count;
}

const struct diag *policy_diag(const struct compilation *compilation, enum diag_code code)
{
	for (size_t i = 0; i < compilation->diags.items.n; i++) {
		if (compilation->diags.items.items[i].code == code)
			return &compilation->diags.items.items[i];
	}
	return NULL;
}

const char *policy_says(const struct compilation *compilation, enum diag_code code)
{
	const struct diag *diag = policy_diag(compilation, code);
	struct line_col at;
	char *said;

	if (!diag)
		return "none";
	at = source_line_col(compilation->diags.sources, diag->span.file, diag->span.begin);
	if (asprintf(&said, "%u:%u %.*s", at.line, at.col, STR_ARG(diag->message)) < 0)
		return "out of memory";
	return said;
}

const struct ir_sandbox *policy_sandbox(const char *text)
{
	const struct ir_policy *ir = policy_ir(text);

	cr_assert_eq(ir->sandboxes.n, 1);
	return &ir->sandboxes.items[0];
}

uint32_t policy_verdict(const struct ir_sandbox *sandbox, const char *name, uint64_t arg0,
			uint64_t arg1, uint64_t arg2)
{
	const uint64_t args[6] = {arg0, arg1, arg2};
	int number = syscall_number(str_from(name), ARCH_X86_64);

	cr_assert_geq(number, 0);
	return ir_call_verdict(sandbox, ARCH_X86_64, (uint32_t)number, args);
}

void policy_expect_line(const char *listing, const char *line)
{
	char wanted[256];

	snprintf(wanted, sizeof(wanted), "\n%s\n", line);
	cr_expect(strstr(listing, wanted), "no line '%s' in\n%s", line, listing);
}

void policy_expect_error(const char *text, enum diag_code code)
{
	const struct compilation *compilation = policy_check(text);

	cr_expect_eq(policy_count(compilation, code), 1, "%s: %s", text,
		     policy_report(compilation));
	cr_expect_eq(compilation->diags.errors, 1, "%s: %s", text, policy_report(compilation));
}
