/*
 * Policies that are large, or wrong in ways that grow: each compiles, or ends in a diagnostic with
 * its place, in a time that grows with its size and not faster.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/policy.h"

/* Compilers under sanitizers are slower; none of these takes a second without. */
#define TIMEOUT 60

struct text {
	FILE *out;
	char *ptr;
	size_t size;
};

static void begin(struct text *text)
{
	text->out = open_memstream(&text->ptr, &text->size);
}

static struct compilation *check(struct text *text)
{
	fclose(text->out);
	return policy_check(text->ptr);
}

/* Compiles, bundle included. */
static void expect_compiles(struct text *text)
{
	static const struct bundle_options options = {.archs = {true, true}};
	struct compilation *compilation = check(text);
	struct bytes bytes;

	cr_assert_not_null(compilation->ir, "%.2000s", policy_report(compilation));
	cr_assert_eq(compile_bundle(compilation, &options, &bytes), 0, "%.2000s",
		     policy_report(compilation));
}

/* "LINE:COL message" of the first error; lint's look at the whole is included. */
static void expect_error(struct compilation *compilation, enum diag_code code, const char *says)
{
	compile_limits(compilation);
	cr_expect_str_eq(policy_says(compilation, code), says, "%.2000s",
			 policy_report(compilation));
}

static void expect_source(enum diag_code code, const char *source, const char *says)
{
	expect_error(policy_check(source), code, says);
}

/* Writes item for each number from first to end: '#' is the number, '<' the one before. */
static void repeat(FILE *out, const char *item, unsigned first, unsigned end)
{
	for (unsigned i = first; i < end; i++) {
		for (const char *at = item; *at; at++) {
			if (*at == '#' || *at == '<')
				fprintf(out, "%u", *at == '#' ? i : i - 1);
			else
				putc(*at, out);
		}
	}
}

/* A policy that is a head, so many items, and a tail. */
struct long_policy {
	const char *head, *item;
	unsigned first, end;
	const char *tail;
};

static void begin_long(struct text *text, const struct long_policy *policy)
{
	begin(text);
	fputs(policy->head, text->out);
	repeat(text->out, policy->item, policy->first, policy->end);
	fputs(policy->tail, text->out);
}

static const struct long_policy accepted[] = {
	{"role base { allow t where a present; }\n", "role r# extends base { }\n", 0, 100000, ""},
	{"role r0 { allow t0; }\n", "role r# extends r< { allow t#; }\n", 1, 51, ""},
	/* Twice as many items each: 2^40, if any were taken twice. */
	{"set s0 : tools { t };\n", "set s# : tools { s<, s<, t# };\n", 1, 41,
	 "role r { allow s40; }\n"},
	/* As many sandboxes as there may be, each with the filter of the default group. */
	{"", "sandbox s# { filesystem { read \"/srv/#\"; } }\n", 0, 4096, ""},
	{"role r { allow t; }\n", "test \"#\" { allow r t; deny r u; }\n", 0, 100000, ""},
};

static const struct {
	struct long_policy policy;
	enum diag_code code;
	const char *says;
} refused[] = {
	{{"", "role role# { allow t; }\n", 0, 100000, ""},
	 DIAG_E0451,
	 "65536:24 this policy has more than 65534 rules"},
	{{"role r0 { allow t0; }\n", "role r# extends r< { allow t#; }\n", 1, 67, ""},
	 DIAG_E0453,
	 "67:6 role 'r65' has more than 64 generations of ancestors"},
	{{"role r { allow t where a == 0", " or a == #", 1, 10000, "; }\n"},
	 DIAG_E0019,
	 "2:12226 a condition has at most 1024 tests"},
	{{"role r { allow t where a in { 0", ", #", 1, 10000, " }; }\n"},
	 DIAG_E0018,
	 "2:5065 there are more than 1024 values in one 'in'"},
	{{"tool t {\n", "arg a# : int;\n", 0, 1000, "}\n"},
	 DIAG_E0458,
	 "2:6 tool 't' has 1000 arguments; at most 64 are possible"},
	{{"", "sandbox s# { }\n", 0, 5000, ""},
	 DIAG_E0456,
	 "4098:9 this policy has 5000 sandboxes; at most 4096 are possible"},
};

Test(limits_big, long_policies_compile, .timeout = 5 * TIMEOUT)
{
	for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
		struct text text;

		begin_long(&text, &accepted[i]);
		expect_compiles(&text);
	}
}

Test(limits_big, longer_ones_are_refused, .timeout = 5 * TIMEOUT)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct text text;

		begin_long(&text, &refused[i].policy);
		expect_error(check(&text), refused[i].code, refused[i].says);
	}
}

/* 12,000 roles and as many tools: lint says so too, though it makes no bundle. */
Test(limits_big, table_too_large_for_lint_and_compile_alike, .timeout = TIMEOUT)
{
	static const struct bundle_options options = {.archs = {true, true}};
	static const char says[] = "1:8 the decision table would have 12000 rows (roles, and the "
				   "users of several roles) of 12000 tools, more than 67108864 "
				   "cells";
	struct compilation *compilation;
	struct text text;
	struct bytes bytes;

	begin(&text);
	for (unsigned i = 0; i < 12000; i++)
		fprintf(text.out, "role role%u { allow t%u; }\n", i, i);
	compilation = check(&text);
	cr_assert_not_null(compilation->ir);
	cr_expect_neq(compile_bundle(compilation, &options, &bytes), 0);
	cr_expect_str_eq(policy_says(compilation, DIAG_E0403), says);
	expect_error(policy_check(text.ptr), DIAG_E0403, says);
}

/* Each inherits all before it: the number of ways down grows exponentially, the rules do not. */
Test(limits_big, roles_inherit_in_many_ways, .timeout = TIMEOUT)
{
	struct text text;

	begin(&text);
	fprintf(text.out, "role r0 { allow t0; }\n");
	for (unsigned i = 1; i < 60; i++) {
		fprintf(text.out, "role r%u extends r0", i);
		for (unsigned parent = 1; parent < i; parent++)
			fprintf(text.out, ", r%u", parent);
		fprintf(text.out, " { allow t%u; }\n", i);
	}
	expect_compiles(&text);
}

Test(limits_big, condition_of_ten_thousand_parentheses, .timeout = TIMEOUT)
{
	struct text text;

	begin(&text);
	fprintf(text.out, "role r { allow t where %0*d; }\n", 10000, 0);
	fflush(text.out);
	for (char *at = text.ptr; *at; at++)
		*at = *at == '0' ? '(' : *at;
	expect_error(check(&text), DIAG_E0013,
		     "2:87 this nests too deep: brackets may go 64 levels deep");
}

#define TEXT(n) "this text is " n " bytes long; at most 4095 are possible"
#define NAME    "this name is 1048576 bytes long; at most 255 are possible"

/* A megabyte between the quotes. */
static void put_long_string(struct text *text, const char *head, const char *tail)
{
	fputs(head, text->out);
	for (unsigned i = 0; i < 1 << 17; i++)
		fputs("abcdefgh", text->out);
	fputs(tail, text->out);
}

Test(limits_big, strings_of_a_megabyte, .timeout = TIMEOUT)
{
	static const struct {
		const char *head, *tail;
		enum diag_code code;
		const char *says;
	} rows[] = {
		{"tool t { describe \"", "\"; }\n", DIAG_E0452, "2:19 " TEXT("1048576")},
		{"sandbox s { filesystem { read \"/", "\"; } }\n", DIAG_E0452,
		 "2:31 " TEXT("1048577")},
		{"sandbox s { env { set A = \"", "\"; } }\n", DIAG_E0452, "2:27 " TEXT("1048576")},
		{"sandbox s { network { connect \"", ":443\"; } }\n", DIAG_E0452,
		 "2:31 " TEXT("1048580")},
		{"role r { allow t where a == \"", "\"; }\n", DIAG_E0452, "2:29 " TEXT("1048576")},
		{"role r { allow t where a matches \"", "*\"; }\n", DIAG_E0452,
		 "2:34 " TEXT("1048577")},
		{"role r { allow t where a matches \"", "*\"; }\n", DIAG_E0460,
		 "2:34 this pattern is 1048577 bytes long; at most 255 are possible"},
		{"role r { allow t; }\nuser \"", "\" : r;\n", DIAG_E0450, "3:6 " NAME},
		{"redact \"", "\";\n", DIAG_E0452, "2:8 " TEXT("1048576")},
		{"test \"", "\" { }\n", DIAG_E0452, "2:6 " TEXT("1048576")},
		{"import \"", "\";\n", DIAG_E0355,
		 "2:8 the path of an import has at most 4095 bytes"},
		{"param p : string = \"", "\";\n", DIAG_E0452, "2:20 " TEXT("1048576")},
		{"role ", " { }\n", DIAG_E0450, "2:6 " NAME},
		{"tool ", " { }\n", DIAG_E0450, "2:6 " NAME},
		{"# ", "\nrole r { }\n", DIAG_E0452, "none"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct text text;

		begin(&text);
		put_long_string(&text, rows[i].head, rows[i].tail);
		expect_error(check(&text), rows[i].code, rows[i].says);
	}
}

Test(limits_big, regular_expressions_that_do_not_compile, .timeout = TIMEOUT)
{
	static const char *const patterns[] = {"a(",       "a)b(",
					       "[a",       "[[:nope:]]",
					       "a{2,1}",   "*a",
					       "a{99999}", "((((a{250}){250}){250}){250})",
					       "a\\\\"};

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		char source[128];

		snprintf(source, sizeof(source), "redact \"%s\";\n", patterns[i]);
		cr_expect_eq(policy_check(source)->diags.errors, 1u, "%s: %s", patterns[i],
			     policy_report(policy_check(source)));
	}
}

Test(limits_big, addresses_and_ports_that_are_none)
{
	static const struct {
		const char *endpoint;
		enum diag_code code;
	} rows[] = {
		{"10.0.0.1/8:443", DIAG_E0240},
		{"[2001:db8::1/32]:443", DIAG_E0240},
		{"10.0.0.0/33:443", DIAG_E0243},
		{"[2001:db8::/129]:443", DIAG_E0243},
		{"*:0", DIAG_E0208},
		{"*:65536", DIAG_E0208},
		{"*:99999999999999999999", DIAG_E0208},
		{"*:9-8", DIAG_E0208},
		{"10.0.0.256:443", DIAG_E0241},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char source[128];

		snprintf(source, sizeof(source), "sandbox s { network { connect \"%s\"; } }\n",
			 rows[i].endpoint);
		cr_expect_eq(policy_count(policy_check(source), rows[i].code), 1u, "%s: %s",
			     rows[i].endpoint, policy_report(policy_check(source)));
	}
}

Test(limits_big, quantities_that_overflow)
{
	expect_source(DIAG_E0011, "sandbox s { limits { memory 99999999999999999999KiB; } }\n",
		      "2:29 this number is too large: it needs more than 64 bits");
	expect_source(DIAG_E0011, "sandbox s { limits { memory 18446744073709551615KiB; } }\n",
		      "2:29 this number is too large: it needs more than 64 bits");
	expect_source(DIAG_E0011, "sandbox s { limits { wall 18446744073709551615h; } }\n",
		      "2:27 this number is too large: it needs more than 64 bits");
	expect_source(DIAG_E0011, "sandbox s { limits { processes 18446744073709551616; } }\n",
		      "2:32 this number is too large: it needs more than 64 bits");
	expect_source(DIAG_E0211, "sandbox s { limits { processes 18446744073709551615; } }\n",
		      "2:32 limit 'processes' can't be more than 1048576");
	expect_source(DIAG_E0011, "sandbox s { filesystem { scratch \"/t\" 16777216TiB; } }\n",
		      "2:39 this number is too large: it needs more than 64 bits");
	expect_source(DIAG_E0011, "role r { allow t rate 99999999999999999999/day; }\n",
		      "2:23 this number is too large: it needs more than 64 bits");
	expect_source(DIAG_E0224, "role r { allow t rate 4294967296/day; }\n",
		      "2:18 a rate is 1 to 4294967295, not 4294967296");
	expect_source(DIAG_E0222, "role r { allow t where n < 0xffffffffffffffff; }\n",
		      "2:28 no argument can be that large: integers have 64 bits, one of them for "
		      "the sign");
}

static struct compilation *check_file(const char *bytes, size_t len)
{
	struct compilation *compilation = calloc(1, sizeof(*compilation));

	compilation_init(compilation);
	cr_assert_eq(compile_check_text(compilation, STR("t.writ"), (struct str){bytes, len}), 0);
	return compilation;
}

#define CHECK_FILE(literal) check_file(literal, sizeof(literal) - 1)

Test(limits_big, line_endings)
{
	static const char mixed[] = "policy p;\r\nrole a { allow x; }\nrole b { allow y; }\r\n\r"
				    "role c { allow nothing, ; }\n";

	cr_expect_not_null(CHECK_FILE("policy p;\r\nrole a { allow x; }\r\n")->ir);
	cr_expect_not_null(CHECK_FILE("policy p;\nrole a { allow x; }\r\n\r")->ir);
	cr_expect_str_eq(policy_says(CHECK_FILE(mixed), DIAG_E0001),
			 "4:26 expected the name of a tool, found ';'");
}

Test(limits_big, other_encodings)
{
	cr_expect_str_eq(
		policy_says(CHECK_FILE("\xef\xbb\xbfpolicy p;\n"), DIAG_E0005),
		"1:1 the file begins with a byte order mark: save it as UTF-8 without one");
	cr_expect_str_eq(policy_says(CHECK_FILE("p\0o\0l\0i\0"), DIAG_E0004),
			 "1:2 NUL byte: a policy is UTF-8 text");
	cr_expect_str_eq(policy_says(CHECK_FILE("\xff\xfep\0o\0"), DIAG_E0004),
			 "1:1 invalid UTF-8: a policy is UTF-8 text");
	cr_expect_str_eq(policy_says(CHECK_FILE("policy p; # \xe9\n"), DIAG_E0004),
			 "1:13 invalid UTF-8: a policy is UTF-8 text");
	cr_expect_str_eq(policy_says(CHECK_FILE(""), DIAG_E0014),
			 "1:1 a policy begins with its name");
}

Test(limits_big, ten_thousand_parameters, .timeout = TIMEOUT)
{
	struct text text;

	begin(&text);
	for (unsigned i = 0; i < 10000; i++)
		fprintf(text.out, "param p%u : port;\n", i);
	for (unsigned i = 0; i < 100; i++) {
		fprintf(text.out, "sandbox s%u { network { connect \"*:443\"", i);
		for (unsigned p = i; p < 10000; p += 100)
			fprintf(text.out, ", \"*:${p%u}\"", p);
		fprintf(text.out, "; } }\n");
	}
	expect_compiles(&text);
}

static struct compilation *check_nested_sets(unsigned n)
{
	struct text text;

	begin(&text);
	fprintf(text.out, "set s0 : paths { \"/srv\" };\n");
	for (unsigned i = 1; i < n; i++)
		fprintf(text.out, "set s%u : paths { s%u, \"/srv/%u\" };\n", i, i - 1, i);
	fprintf(text.out, "sandbox b { filesystem { read s%u; } }\n", n - 1);
	return check(&text);
}

Test(limits_big, thousand_sets_inside_each_other, .timeout = TIMEOUT)
{
	cr_expect_not_null(check_nested_sets(50)->ir);
	expect_error(check_nested_sets(1000), DIAG_E0453,
		     "67:5 set 's65' has more than 64 generations of ancestors");
}

Test(limits_big, hundred_thousand_errors, .timeout = TIMEOUT)
{
	struct text text;
	struct compilation *compilation;

	begin(&text);
	for (unsigned i = 0; i < 100000; i++)
		fprintf(text.out, "user \"u%u\" : nobody%u;\n", i, i);
	compilation = check(&text);
	cr_expect_eq(compilation->diags.errors, 100000u);
	cr_expect_eq(compilation->diags.items.n, DIAG_MAX_ERRORS);
}
