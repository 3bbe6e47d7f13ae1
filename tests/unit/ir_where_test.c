/*
 * The reference meaning of conditions: what each operator says about each kind of value.
 *
 * A row is a type, a condition on argument "a" of that type, a value, and the truth.
 */
#include <string.h>

#include <criterion/criterion.h>

#include "ir/ir_value.h"
#include "support/ir_maker.h"
#include "support/policy.h"

#define T IR_TRUE
#define F IR_FALSE
#define U IR_UNKNOWN

static const char head[] =
	"param p : path; param root : path; param h : host; param q : port; param s : string;\n"
	"set trees : paths { \"/a/b\", \"${p}\", \"~/x\" };\n"
	"set more : hosts { peers, \"udp://udp.example:53\" };\n"
	"set peers : hosts { \"api.example:443\", \"*.wide.example:8000-8010\", "
	"\"any.example:*\",\n"
	"  \"10.0.0.0/8:5432\", \"[2001:db8::/32]:443\", \"192.0.2.1:80\", \"${h}:${q}\" };\n"
	"set anywhere : hosts { \"*:80\" };\n";

/* By id, which is the order of the names: h, p, q, root, s. */
static const struct str params[] = {
	{"Host.Example", 12}, {"/srv/w", 6}, {"8443", 4}, {"/", 1}, {"x y", 3}};
static const struct ir_values values = {params, {"/home/u", 7}};

static enum ir_truth truth_of(const struct ir_policy *ir, const struct ir_call_arg *args,
			      size_t n_args)
{
	const struct ir_request request = {.args = args, .n_args = n_args, .values = &values};

	return ir_where_truth(maker_arena(), ir->rules.items[0].where, &request);
}

static const struct ir_policy *policy_where(const char *type, const char *where)
{
	char text[4096];

	snprintf(text, sizeof(text),
		 "%s tool t { arg a : %s; arg b : int; } role r { allow t where %s; }", head, type,
		 where);
	return policy_ir(text);
}

struct row {
	const char *type;
	const char *where;
	const char *value;
	enum ir_truth truth;
};

static void expect_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct ir_policy *ir = policy_where(rows[i].type, rows[i].where);
		const struct ir_call_arg arg = {STR("a"), str_from(rows[i].value)};
		enum ir_truth truth = truth_of(ir, &arg, 1);

		cr_expect_eq(truth, rows[i].truth, "%s with %s a = %s is %d", rows[i].where,
			     rows[i].type, rows[i].value, truth);
	}
}

#define EXPECT(rows) expect_rows(rows, sizeof(rows) / sizeof((rows)[0]))

Test(ir_where, strings)
{
	static const struct row rows[] = {
		{"string", "a == \"x\"", "x", T},
		{"string", "a == \"x\"", "X", F},
		{"string", "a == \"x\"", "", F},
		{"string", "a == \"\"", "", T},
		{"string", "a != \"x\"", "x", F},
		{"string", "a != \"x\"", "y", T},
		{"string", "a in {\"x\", \"y\"}", "y", T},
		{"string", "a in {\"x\", \"y\"}", "z", F},
		{"string", "a == \"<${s}>\"", "<x y>", T},
		{"string", "a == \"${q}\"", "8443", T},
		{"string", "a matches \"rm *\"", "rm -rf x", T},
		{"string", "a matches \"rm *\"", "rm ", T},
		{"string", "a matches \"rm *\"", " rm x", F},
		{"string", "a matches \"rm *\"", "rm", F},
		{"string", "a matches \"*\"", "", T},
		{"string", "a matches \"*a*b\"", "xaxbxab", T},
		{"string", "a matches \"*a*b\"", "xaxbxa", F},
		{"string", "a matches \"?\"", "x", T},
		{"string", "a matches \"?\"", "", F},
		{"string", "a matches \"?\"", "\xc3\xa4", F},
		{"string", "a matches \"??\"", "\xc3\xa4", T},
		{"string", "a matches \"a/*\"", "a/b/c", T},
		{"string", "a matches \"\"", "", T},
		{"string", "a matches \"\"", "x", F},
		{"string", "a matches \"[ab]\"", "a", F},
		{"string", "a present", "", T},
	};

	EXPECT(rows);
}

Test(ir_where, paths_under_a_tree)
{
	static const struct row rows[] = {
		{"path", "a under \"/x\"", "/x", T},
		{"path", "a under \"/x\"", "/x/", T},
		{"path", "a under \"/x\"", "/x/y/z", T},
		{"path", "a under \"/x\"", "/xy", F},
		{"path", "a under \"/x\"", "/", F},
		{"path", "a under \"/x/y\"", "/x", F},
		{"path", "a under \"/x\"", "/x/../y", F},
		{"path", "a under \"/x\"", "/y/../x/z", T},
		{"path", "a under \"/x\"", "//x//y", T},
		{"path", "a under \"/x\"", "/./x/./y/.", T},
		{"path", "a under \"/x\"", "/x/../../x/y", U},
		{"path", "a under \"/x\"", "/..", U},
		{"path", "a under \"/x\"", "x", U},
		{"path", "a under \"/x\"", "", U},
		{"path", "a under \"/x\"", "./x", U},
		{"path", "a under \"/x\"", "~/x", U},
		{"path", "a under \"/x\"", "/x/...", T},
		{"path", "a under \"/x\"", "/X", F},
		{"path", "a under \"/\"", "/", T},
		{"path", "a under \"/\"", "/anything", T},
		{"path", "a under \"${p}\"", "/srv/w/x", T},
		{"path", "a under \"${p}/src\"", "/srv/w/srcs", F},
		{"path", "a under \"${root}/etc\"", "/etc/x", T},
		{"path", "a under \"~\"", "/home/u/x", T},
		{"path", "a under \"~/x\"", "/home/u/x", T},
		{"path", "a under \"~/x\"", "/home/ux", F},
		{"path", "a in trees", "/a/b/c", T},
		{"path", "a in trees", "/home/u/x/y", T},
		{"path", "a in trees", "/srv/w", T},
		{"path", "a in trees", "/a", F},
		{"path", "not a in trees", "a", U},
	};

	EXPECT(rows);
}

Test(ir_where, paths_equal_and_patterns)
{
	static const struct row rows[] = {
		{"path", "a == \"/x\"", "/x/", T},
		{"path", "a == \"/x\"", "/y/../x", T},
		{"path", "a == \"/x\"", "/x/y", F},
		{"path", "a == \"/\"", "//", T},
		{"path", "a != \"/x\"", "x", U},
		{"path", "a in {\"/x\", \"${p}\"}", "/srv/./w", T},
		{"path", "a matches \"/a/*\"", "/a/b", T},
		{"path", "a matches \"/a/*\"", "/a/.b", T},
		{"path", "a matches \"/a/*\"", "/a/b/c", F},
		{"path", "a matches \"/a/*\"", "/a", F},
		{"path", "a matches \"/a/**\"", "/a", T},
		{"path", "a matches \"/a/**\"", "/a/b/c", T},
		{"path", "a matches \"/a/**/b\"", "/a/b", T},
		{"path", "a matches \"/a/**/b\"", "/a/x/y/b", T},
		{"path", "a matches \"/a/**/b\"", "/a/x/y/bb", F},
		{"path", "a matches \"/**/.env\"", "/.env", T},
		{"path", "a matches \"/**/*.md\"", "/x/y.md", T},
		{"path", "a matches \"/**/*.md\"", "/x/y.md/z", F},
		{"path", "a matches \"/a/?.c\"", "/a/x.c", T},
		{"path", "a matches \"/a/?.c\"", "/a/.c", F},
		{"path", "a matches \"/a/*.c\"", "/a/../a/x.c", T},
		{"path", "a matches \"/a?b\"", "/a/b", F},
		{"path", "a matches \"${p}/*\"", "/srv/w/x", T},
		{"path", "a matches \"${root}/x\"", "/x", T},
		{"path", "a matches \"/a\"", "a", U},
		{"path", "a matches \"/**/x/**/x\"", "/x", F},
		{"path", "a matches \"/**/x/**/x\"", "/x/x", T},
	};

	EXPECT(rows);
}

Test(ir_where, hosts)
{
	static const struct row rows[] = {
		{"host", "a == \"api.example\"", "API.Example.", T},
		{"host", "a == \"API.example.\"", "api.example", T},
		{"host", "a == \"api.example\"", "api.example..", U},
		{"host", "a == \"api.example\"", "xapi.example", F},
		{"host", "a == \"api.example\"", "api.example:443", U},
		{"host", "a == \"api.example\"", "", U},
		{"host", "a == \"api.example\"", ".", U},
		{"host", "a == \"api.example\"", "a b", U},
		{"host", "a == \"${h}\"", "host.example", T},
		{"host", "a == \"10.0.0.1\"", "10.0.0.1", T},
		{"host", "a == \"10.0.0.1\"", "10.0.0.1.", U},
		{"host", "a == \"10.0.0.1\"", "::ffff:10.0.0.1", T},
		{"host", "a == \"10.0.0.1\"", "[::ffff:a00:1]", T},
		{"host", "a == \"10.0.0.1\"", "10.1", U},
		{"host", "a == \"10.0.0.1\"", "010.0.0.1", U},
		{"host", "a == \"10.0.0.1\"", "167772161", U},
		{"host", "a == \"10.0.0.1\"", "0xa000001", U},
		{"host", "a == \"10.0.0.1\"", "10.0.0.0x1", U},
		{"host", "a == \"10.0.0.1\"", "10.0.0.256", U},
		{"host", "a == \"10.0.0.1\"", "10.0.0.1.5", U},
		{"host", "a == \"::1\"", "0:0:0:0:0:0:0:1", T},
		{"host", "a == \"::1\"", "[::1]", T},
		{"host", "a == \"::1\"", "[::1", U},
		{"host", "a == \"::1\"", "::1%lo", U},
		{"host", "a == \"a1\"", "1a", F},
		{"host", "a in {\"a.b\", \"::1\"}", "A.B", T},
		{"host", "a matches \"*.example\"", "API.example.", T},
		{"host", "a matches \"*.EXAMPLE\"", "a.b.example", T},
		{"host", "a matches \"*.example\"", "example", F},
		{"host", "a matches \"10.*\"", "::ffff:10.1.2.3", T},
		{"host", "a matches \"*\"", "2001:db8::1", U},
		{"host", "a in peers", "api.example", T},
		{"host", "a in peers", "x.wide.example", T},
		{"host", "a in peers", "wide.example", F},
		{"host", "a in peers", "10.255.0.1", T},
		{"host", "a in peers", "11.0.0.1", F},
		{"host", "a in peers", "::ffff:10.0.0.9", T},
		{"host", "a in peers", "2001:db8:ffff::", T},
		{"host", "a in peers", "2001:db9::", F},
		{"host", "a in peers", "HOST.example", T},
		{"host", "a in more", "udp.example", F},
		{"host", "a in anywhere", "any.thing", T},
		{"host", "a in anywhere", "any thing", U},
	};

	EXPECT(rows);
}

Test(ir_where, urls)
{
	static const struct row rows[] = {
		{"url", "a in peers", "https://api.example", T},
		{"url", "a in peers", "https://api.example/", T},
		{"url", "a in peers", "https://API.example.:443/x?y#z", T},
		{"url", "a in peers", "http://api.example", F},
		{"url", "a in peers", "https://api.example:444", F},
		{"url", "a in peers", "wss://api.example?x", T},
		{"url", "a in peers", "https://api.example.evil.example", F},
		{"url", "a in peers", "https://api.example@evil.example", U},
		{"url", "a in peers", "https://evil.example/@api.example", F},
		{"url", "a in peers", "https://evil.example#@api.example", F},
		{"url", "a in peers", "https://evil.example\\@api.example", U},
		{"url", "a in peers", "https://api.example\\x", U},
		{"url", "a in peers", " https://api.example", U},
		{"url", "a in peers", "https://api.example/a b", U},
		{"url", "a in peers", "https://api.example/\t", U},
		{"url", "a in peers", "HTTPS://api.example", U},
		{"url", "a in peers", "https:///x", U},
		{"url", "a in peers", "https://:443", U},
		{"url", "a in peers", "https://api%2eexample", U},
		{"url", "a in peers", "https://api.example:", U},
		{"url", "a in peers", "https://api.example:0", U},
		{"url", "a in peers", "https://api.example:0443", U},
		{"url", "a in peers", "https://api.example:65536", U},
		{"url", "a in peers", "https://api.example:443x", U},
		{"url", "a in peers", "://api.example", U},
		{"url", "a in peers", "1x://api.example", U},
		{"url", "a in peers", "x+y-z.1://any.example", T},
		{"url", "a in peers", "x://api.example", F},
		{"url", "a in peers", "http://x.wide.example:8005", T},
		{"url", "a in peers", "http://x.wide.example:8011", F},
		{"url", "a in peers", "http://10.1.2.3:5432", T},
		{"url", "a in peers", "http://[::ffff:10.1.2.3]:5432/", T},
		{"url", "a in peers", "http://012.1.2.3:5432", U},
		{"url", "a in peers", "https://[2001:db8::7]", T},
		{"url", "a in peers", "https://[2001:db8::7]x", U},
		{"url", "a in peers", "https://2001:db8::7", U},
		{"url", "a in peers", "http://192.0.2.1", T},
		{"url", "a in peers", "http://host.example:8443", T},
		{"url", "a in peers", "http://host.example:8444", F},
		{"url", "a in peers", "ssh://any.example", T},
		{"url", "a in anywhere", "http://some.where", T},
		{"url", "a in anywhere", "https://some.where", F},
		{"url", "a == \"https://x/\"", "https://x/", T},
		{"url", "a == \"https://x/\"", "https://x", F},
		{"url", "a matches \"https://x/*\"", "https://x/y/z", T},
	};

	EXPECT(rows);
}

Test(ir_where, numbers_and_booleans)
{
	static const struct row rows[] = {
		{"int", "a == 5", "5", T},
		{"int", "a == 5", "05", U},
		{"int", "a == 5", "+5", U},
		{"int", "a == 5", " 5", U},
		{"int", "a == 5", "5.0", U},
		{"int", "a == 5", "0x5", U},
		{"int", "a == 5", "", U},
		{"int", "a == 5", "-", U},
		{"int", "a == 0", "0", T},
		{"int", "a == 0", "-0", U},
		{"int", "a != 5", "6", T},
		{"int", "a != 5", "x", U},
		{"int", "a < 5", "-6", T},
		{"int", "a < 5", "5", F},
		{"int", "a <= 5", "5", T},
		{"int", "a > 5", "6", T},
		{"int", "a >= 5", "4", F},
		{"int", "a < 5", "-9223372036854775808", T},
		{"int", "a < 5", "-9223372036854775809", U},
		{"int", "a > 5", "9223372036854775807", T},
		{"int", "a > 5", "9223372036854775808", U},
		{"int", "a > 5", "99999999999999999999999999", U},
		{"int", "a in {1, 0x10}", "16", T},
		{"int", "a in {1, 0x10}", "2", F},
		{"bool", "a == true", "true", T},
		{"bool", "a == true", "false", F},
		{"bool", "a == false", "false", T},
		{"bool", "a != true", "false", T},
		{"bool", "a == true", "1", U},
		{"bool", "a == true", "True", U},
	};

	EXPECT(rows);
}

Test(ir_where, logic_is_kleenes)
{
	/* b == 1 is true, b == 2 is false, a == "" of a missing a is unknown. */
	static const struct {
		const char *where;
		enum ir_truth truth;
	} rows[] = {
		{"a == \"\"", U},
		{"not a == \"\"", U},
		{"a != \"\"", U},
		{"a present", F},
		{"not a present", T},
		{"a == \"\" and b == 1", U},
		{"a == \"\" and b == 2", F},
		{"a == \"\" or b == 1", T},
		{"a == \"\" or b == 2", U},
		{"not (a == \"\" and b == 2)", T},
		{"not (a == \"\" or b == 1)", F},
		{"b == 1 and b == 1 and b == 2", F},
		{"b == 2 or b == 2 or b == 1", T},
		{"b == 1 or b == 2 and b == 2", T},
		{"(b == 1 or b == 2) and b == 2", F},
		{"not b == 1 or b == 1", T},
	};
	static const struct ir_call_arg arg = {{"b", 1}, {"1", 1}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(truth_of(policy_where("string", rows[i].where), &arg, 1),
			     rows[i].truth, "%s", rows[i].where);
}

Test(ir_where, argument_given_twice_is_unknown)
{
	static const struct ir_call_arg args[] = {{{"a", 1}, {"x", 1}}, {{"a", 1}, {"x", 1}}};

	cr_expect_eq(truth_of(policy_where("string", "a == \"x\""), args, 2), U);
	cr_expect_eq(truth_of(policy_where("string", "a present"), args, 2), U);
}

Test(ir_where, bytes_and_sizes_at_the_edge)
{
	struct arena *arena = maker_arena();
	char *big = arena_alloc(arena, IR_MAX_VALUE + 2);
	struct ir_call_arg arg = {STR("a"), {big, IR_MAX_VALUE}};
	const struct ir_policy *path = policy_where("path", "a under \"/\"");

	memset(big, 'x', IR_MAX_VALUE + 1);
	cr_expect_eq(truth_of(policy_where("string", "a matches \"x*\""), &arg, 1), T);
	arg.text.len++;
	cr_expect_eq(truth_of(policy_where("string", "a matches \"x*\""), &arg, 1), U);
	cr_expect_eq(truth_of(policy_where("string", "a present"), &arg, 1), T);
	big[0] = '/';
	arg.text.len = 4095;
	cr_expect_eq(truth_of(path, &arg, 1), T);
	arg.text.len = 4096;
	cr_expect_eq(truth_of(path, &arg, 1), U);
	arg.text = (struct str){"/a\0b", 4};
	cr_expect_eq(truth_of(path, &arg, 1), U);
	arg.text = (struct str){"x\0y", 3};
	cr_expect_eq(truth_of(policy_where("string", "a == \"x\""), &arg, 1), F);
	cr_expect_eq(truth_of(policy_where("string", "a matches \"x?y\""), &arg, 1), T);
	cr_expect_eq(truth_of(policy_where("host", "a == \"x\""), &arg, 1), U);
}

Test(ir_where, lengths_of_host_names)
{
	struct arena *arena = maker_arena();
	char label[64], name[260];
	struct ir_host host;

	memset(label, 'a', sizeof(label));
	cr_expect(ir_value_host(arena, (struct str){label, 63}, &host));
	cr_expect_not(ir_value_host(arena, (struct str){label, 64}, &host));
	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = i % 2 ? '.' : 'a';
	cr_expect(ir_value_host(arena, (struct str){name, 253}, &host));
	cr_expect(ir_value_host(arena, (struct str){name, 254}, &host), "a dot at the end");
	cr_expect_not(ir_value_host(arena, (struct str){name, 255}, &host));
}

/* The verdict of role r on tool t with a = value, or without it. */
static enum writ_verdict_id decide(const struct ir_policy *ir, const char *value)
{
	static const uint32_t role = 0;
	const struct ir_call_arg arg = {STR("a"), str_from(value ? value : "")};
	const struct ir_request request = {.roles = &role,
					   .n_roles = 1,
					   .tool = STR("t"),
					   .args = &arg,
					   .n_args = value ? 1 : 0,
					   .values = &values};
	uint32_t rule;

	return ir_decide_plain(maker_arena(), ir, &request, &rule);
}

Test(ir_where, missing_argument_never_widens)
{
	const struct ir_policy *ir = policy_ir("tool t { arg a : string; }\n"
					       "role r { allow t; deny t where a == \"x\"; }");

	cr_expect_eq(decide(ir, "x"), WRIT_VERDICT_DENY);
	cr_expect_eq(decide(ir, "y"), WRIT_VERDICT_ALLOW);
	cr_expect_eq(decide(ir, NULL), WRIT_VERDICT_DENY);
	ir = policy_ir("tool t { arg a : string; } role r { allow t where a != \"x\"; }");
	cr_expect_eq(decide(ir, "y"), WRIT_VERDICT_ALLOW);
	cr_expect_eq(decide(ir, NULL), WRIT_VERDICT_DENY);
}

Test(ir_where, deny_beats_ask_beats_allow_of_the_rules_that_match)
{
	const struct ir_policy *ir = policy_ir(
		"tool t { arg a : int; }\n"
		"role r { allow t where a < 30; ask t where a < 20; deny t where a < 10; }");

	cr_expect_eq(decide(ir, "5"), WRIT_VERDICT_DENY);
	cr_expect_eq(decide(ir, "15"), WRIT_VERDICT_ASK);
	cr_expect_eq(decide(ir, "25"), WRIT_VERDICT_ALLOW);
	cr_expect_eq(decide(ir, "35"), WRIT_VERDICT_DENY);
}
