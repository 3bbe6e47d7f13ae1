/*
 * See gen_policy.h. Both halves draw from the same tables, so that calls come near to what the
 * policies say.
 */
#include "support/gen_policy.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct gen {
	FILE *out;
	uint64_t *random;
};

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static size_t below(uint64_t *random, size_t n)
{
	return (size_t)(next_random(random) % n);
}

static const char *pick(struct gen *gen, const char *const *items, size_t n)
{
	return items[below(gen->random, n)];
}

#define PICK(gen, items) pick((gen), (items), COUNT(items))

static const char head[] =
	"param workspace : path;\n"
	"param api : host;\n"
	"param gate : host;\n"
	"param port : port = 443;\n"
	"set web : hosts { \"api.example.com:443\", \"*.example.org:80\", "
	"\"10.0.0.0/8:8000-8100\",\n"
	"  \"[2001:db8::/32]:443\", \"${api}:${port}\", \"192.168.1.1:443\" };\n"
	"set wide : hosts { \"*:443\", \"[::1]:80\", \"udp://9.9.9.9:53\", \"${gate}:80\",\n"
	"  \"any.example.com:1-65535\", \"most.example.com:2-65535\" };\n"
	"set dirs : paths { \"${workspace}/src\", \"/data\", \"~/notes\" };\n"
	"set some : tools { alpha, git_push, zeta };\n"
	"sandbox quick { limits { wall 1s; } }\n"
	"sandbox slow { limits { wall 2s; } }\n"
	"tool alpha { class read; ARGS }\n"
	"tool beta { class write; sandbox slow; ARGS }\n"
	"tool git_push { class write; ARGS }\n"
	"tool git_* { class write; sandbox slow; ARGS }\n";

static const char args_text[] =
	"arg path : path; arg url : url; arg host : host; arg n : int; arg flag : bool; "
	"arg text : string secret;";

static const char *const paths[] = {
	"/", "/data", "/data/x", "${workspace}", "${workspace}/src", "/data/.//x/", "~", "/srv",
};
static const char *const path_patterns[] = {
	"/data/**",   "${workspace}/**/*.md", "/**/.env", "/data/*/y",
	"/d?ta/x*",   "${workspace}/**",      "/*",       "/**",
	"/**/a/**/b", "/data/**/**/x",
};
static const char *const texts[] = {
	"origin", "", "a", "rm -rf x", "42", "true", "/data/x", "https://api.example.com/",
};
static const char *const text_patterns[] = {
	"rm *", "*", "", "?", "o*n", "*a*b*", "**", "https://*", "a?", "*.md", "??*",
};
static const char *const hosts[] = {
	"api.example.com", "10.1.2.3", "::1", "${api}", "${gate}", "EXAMPLE.org", "::ffff:10.0.0.1",
};
static const char *const host_patterns[] = {"*.example.com", "10.*", "*", "api*", "*.ORG"};
static const char *const numbers[] = {"0", "1", "42", "0x2a", "0o10", "9223372036854775807"};
static const char *const int_compares[] = {"==", "!=", "<", "<=", ">", ">="};
static const char *const equals[] = {"==", "!="};
static const char *const arg_names[] = {"path", "url", "host", "n", "flag", "text"};
static const char *const patterns[] = {
	"alpha", "beta", "git_push", "git_*", "*", "zeta", "some", "*a", "git_p*", "gamma",
};

/* name in { "x", "y" } */
static void put_list(struct gen *gen, const char *name, const char *const *items, size_t n)
{
	size_t count = 1 + below(gen->random, 3);

	fprintf(gen->out, "%s in {", name);
	for (size_t i = 0; i < count; i++)
		fprintf(gen->out, "%s \"%s\"", i ? "," : "", pick(gen, items, n));
	fprintf(gen->out, " }");
}

static void put_text_test(struct gen *gen, const char *name, const char *const *items, size_t n)
{
	if (below(gen->random, 3))
		fprintf(gen->out, "%s %s \"%s\"", name, PICK(gen, equals), pick(gen, items, n));
	else
		put_list(gen, name, items, n);
}

static void put_path(struct gen *gen)
{
	switch (below(gen->random, 4)) {
	case 0:
		fprintf(gen->out, "path under \"%s\"", PICK(gen, paths));
		return;
	case 1:
		fprintf(gen->out, "path in dirs");
		return;
	case 2:
		fprintf(gen->out, "path matches \"%s\"", PICK(gen, path_patterns));
		return;
	default:
		put_text_test(gen, "path", paths, COUNT(paths));
	}
}

static const char *const urls[] = {"https://api.example.com/", "https://API.Example.com:8443/X",
				   "foo://${gate}/?A"};
static const char *const url_patterns[] = {"https://API.*", "http*://*.ORG/*", "*://*?x*",
					   "https://${api}:8443/?", "*API*"};

static void put_url(struct gen *gen)
{
	switch (below(gen->random, 4)) {
	case 0:
		fprintf(gen->out, "url matches \"%s\"",
			below(gen->random, 2) ? PICK(gen, text_patterns) : PICK(gen, url_patterns));
		return;
	case 1:
		fprintf(gen->out, "url == \"%s\"", PICK(gen, urls));
		return;
	default:
		fprintf(gen->out, "url in %s", below(gen->random, 2) ? "web" : "wide");
	}
}

static void put_host(struct gen *gen)
{
	switch (below(gen->random, 3)) {
	case 0:
		fprintf(gen->out, "host matches \"%s\"", PICK(gen, host_patterns));
		return;
	case 1:
		fprintf(gen->out, "host in %s", below(gen->random, 2) ? "web" : "wide");
		return;
	default:
		put_text_test(gen, "host", hosts, COUNT(hosts));
	}
}

static void put_int(struct gen *gen)
{
	if (below(gen->random, 4))
		fprintf(gen->out, "n %s %s", PICK(gen, int_compares), PICK(gen, numbers));
	else
		fprintf(gen->out, "n in { %s, %s }", PICK(gen, numbers), PICK(gen, numbers));
}

static void put_bool(struct gen *gen)
{
	fprintf(gen->out, "flag %s %s", PICK(gen, equals),
		below(gen->random, 2) ? "true" : "false");
}

static void put_text(struct gen *gen)
{
	if (below(gen->random, 2))
		fprintf(gen->out, "text matches \"%s\"", PICK(gen, text_patterns));
	else
		put_text_test(gen, "text", texts, COUNT(texts));
}

static void put_test(struct gen *gen)
{
	static void (*const puts[])(struct gen * gen) = {put_path, put_url,  put_host,
							 put_int,  put_bool, put_text};

	if (below(gen->random, 8))
		puts[below(gen->random, COUNT(puts))](gen);
	else
		fprintf(gen->out, "%s present", PICK(gen, arg_names));
}

static void put_expr(struct gen *gen, unsigned depth)
{
	static const char *const connectives[] = {"and", "or"};
	size_t n = 2 + below(gen->random, 2);
	const char *connective;

	if (depth == 0 || below(gen->random, 3) == 0) {
		put_test(gen);
		return;
	}
	if (below(gen->random, 3) == 0) {
		fprintf(gen->out, "not (");
		put_expr(gen, depth - 1);
		fprintf(gen->out, ")");
		return;
	}
	connective = PICK(gen, connectives);
	for (size_t i = 0; i < n; i++) {
		fprintf(gen->out, i ? " %s (" : "(", connective);
		put_expr(gen, depth - 1);
		fprintf(gen->out, ")");
	}
}

static void put_rule(struct gen *gen)
{
	static const char *const verbs[] = {"allow", "allow", "ask", "deny"};
	const char *verb = PICK(gen, verbs);

	fprintf(gen->out, "  %s %s", verb, PICK(gen, patterns));
	if (below(gen->random, 4) == 0)
		fprintf(gen->out, ", %s", PICK(gen, patterns));
	if (below(gen->random, 5)) {
		fprintf(gen->out, " where ");
		put_expr(gen, (unsigned)below(gen->random, 4));
	}
	if (*verb != 'd' && below(gen->random, 6) == 0)
		fprintf(gen->out, " using quick");
	if (*verb != 'd' && below(gen->random, 6) == 0)
		fprintf(gen->out, " rate %zu/minute", 1 + below(gen->random, 9));
	fprintf(gen->out, ";\n");
}

static void put_roles(struct gen *gen)
{
	for (unsigned role = 0; role < GEN_ROLES; role++) {
		size_t rules = below(gen->random, 6);

		fprintf(gen->out, "role role%u", role);
		if (role && below(gen->random, 2))
			fprintf(gen->out, " extends role%zu", below(gen->random, role));
		fprintf(gen->out, " {\n");
		for (size_t i = 0; i < rules; i++)
			put_rule(gen);
		fprintf(gen->out, "}\n");
	}
	for (unsigned user = 0; user < GEN_USERS; user++)
		fprintf(gen->out, "user \"user%u\" : role%u, role%u;\n", user, user, user + 2);
}

/* The head, with the arguments of its tools. */
static void put_head(struct gen *gen)
{
	const char *rest = head;
	const char *mark;

	for (; (mark = strstr(rest, "ARGS")); rest = mark + strlen("ARGS"))
		fprintf(gen->out, "%.*s%s", (int)(mark - rest), rest, args_text);
	fprintf(gen->out, "%s", rest);
}

const char *gen_policy(struct arena *arena, uint64_t *random)
{
	char *text = NULL;
	size_t size = 0;
	struct gen gen = {open_memstream(&text, &size), random};
	const char *copy;

	put_head(&gen);
	put_roles(&gen);
	fclose(gen.out);
	copy = arena_strndup(arena, text, size);
	free(text);
	return copy;
}

#define V(literal)                                                                                 \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}

static char long_value[(1 << 20) + 2];

static const struct str path_values[] = {
	V("/"),
	V("/data"),
	V("/data/x"),
	V("/data/x/"),
	V("//data///x"),
	V("/data/./x"),
	V("/data/x/../y"),
	V("/data/.."),
	V("/.."),
	V("/../data/x"),
	V("/data/../../data"),
	V(""),
	V("data/x"),
	V("./data"),
	V("/datax"),
	V("/DATA/x"),
	V("/data\0/x"),
	V("/data/x\0"),
	V("/srv/agent"),
	V("/srv/agent/src/a.md"),
	V("/srv/agent/src/../../etc/passwd"),
	V("/srv/agentsrc"),
	V("/srv/agent/src/d\xc3\xa9j\xc3\xa0/.env"),
	V("/srv/agent/b.md"),
	V("/home/test/notes/n"),
	V("/home/test"),
	V("~/notes"),
	V("/a/b"),
	V("/x/a/y/z/b"),
	V("/a/b/a/b"),
	V("/data/a/y"),
	V("/data/a/b/y"),
	V("/dxta/xyz"),
	V("/.env"),
	V("/a/.env"),
	V("/data/..x"),
	V("/data/.../x"),
	V("/data/**"),
	V("\\data\\x"),
	V("/data/x\n"),
};
static const struct str url_values[] = {
	V("https://api.example.com/"),
	V("https://api.example.com"),
	V("HTTPS://api.example.com/"),
	V("https://API.Example.COM./x?y#z"),
	V("http://api.example.com/"),
	V("http://api.example.com:443/"),
	V("https://api.example.com:443"),
	V("https://api.example.com:0443/"),
	V("https://api.example.com:/"),
	V("https://api.example.com:0/"),
	V("https://api.example.com:65536/"),
	V("https://api.example.com:8443/"),
	V("https://u@api.example.com/"),
	V("https://api.example.com@evil.com/"),
	V("https://api.example.com\\@evil.com/"),
	V("https://evil.com/@api.example.com"),
	V("https://api.example.com%2eevil.com/"),
	V("https://api.example.com#@evil.com/"),
	V("https://api.example.com.evil.com/"),
	V("http://www.example.org/"),
	V("http://example.org/"),
	V("http://a.b.example.org?x"),
	V("http://.example.org/"),
	V("http://xexample.org/"),
	V("http://10.1.2.3:8000/"),
	V("http://10.1.2.3:8101/"),
	V("http://10.1.2.3/"),
	V("http://10.66051:8000/"),
	V("http://0x0a010203:8000/"),
	V("http://012.1.2.3:8000/"),
	V("http://167838211:8000/"),
	V("http://[::ffff:10.1.2.3]:8000/"),
	V("http://[::ffff:a01:203]:8000/"),
	V("https://[2001:db8::1]/"),
	V("https://[2001:db9::1]/"),
	V("https://2001:db8::1/"),
	V("https://[2001:db8::1%25eth0]/"),
	V("http://[::1]/"),
	V("ssh://api.example.com/"),
	V("foo://api.example.com/"),
	V("foo://any.example.com/"),
	V("foo://most.example.com/"),
	V("foo://most.example.com:1/"),
	V("foo://any.example.com:1/"),
	V("foo://api.example.com:443/"),
	V("://x/"),
	V("https://"),
	V("https:///x"),
	V("https:/api.example.com/"),
	V("https://api.example.com/ x"),
	V("https://api.example.com/\\"),
	V("https://api.example.com/\xc3\xa9"),
	V("https://\xc3\xa9.example.com/"),
	V("javascript://api.example.com/%0aalert(1)"),
	V("https://api.example.com\0.evil.com/"),
	V("http://9.9.9.9:53/"),
	V("https://192.168.1.1"),
	V("https://192.168.1.1./"),
	V("https://192.168.001.1/"),
	V("api.example.com"),
	V("https://api.example.com:8443/X"),
	V("https://api.example.com:8443/x"),
	V("https://API.Example.com:8443/X"),
	V("https://api.example.com./"),
	V("http://api.example.com:80/"),
	V("foo://10.1.2.3/?A"),
	V("foo://10.1.2.3/?a"),
	V("HTTPS://api.example.com/"),
};
static const struct str host_values[] = {
	V("api.example.com"),
	V("API.EXAMPLE.COM"),
	V("api.example.com."),
	V("api.example.com.."),
	V(".api.example.com"),
	V("api..example.com"),
	V("example.org"),
	V("www.example.org"),
	V("10.1.2.3"),
	V("10.1.2.3."),
	V("10.1.2"),
	V("10.1.2.03"),
	V("10.1.2.256"),
	V("0xa010203"),
	V("0x"),
	V("a.0x1f"),
	V("a.12"),
	V("12.a"),
	V("167838211"),
	V("::1"),
	V("[::1]"),
	V("[::1"),
	V("0:0:0:0:0:0:0:1"),
	V("::0001"),
	V("1::2::3"),
	V("1:2:3:4:5:6:7:8"),
	V("1:2:3:4:5:6:7::"),
	V("::2:3:4:5:6:7:8"),
	V("1:2:3:4:5:6:7:8:9"),
	V(":1"),
	V("::"),
	V("2001:DB8::5"),
	V("::ffff:10.1.2.3"),
	V("::FFFF:A01:203"),
	V("::10.1.2.3"),
	V("::ffff:10.1.2.03"),
	V("fe80::1%eth0"),
	V("a_b.example.com"),
	V("-"),
	V("a b"),
	V("*"),
	V("*.example.com"),
	V("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com"),
	V("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com"),
	V("api.example.com:443"),
	V("https://api.example.com/"),
	V("api.example.com\0"),
	V("localhost"),
	V("::ffff:0:10.1.2.3"),
};
static const struct str number_values[] = {
	V("0"),
	V("-0"),
	V("00"),
	V("1"),
	V("-1"),
	V("42"),
	V("042"),
	V("8"),
	V("+1"),
	V("1 "),
	V(" 1"),
	V("0x2a"),
	V("1e3"),
	V("-"),
	V("9223372036854775807"),
	V("9223372036854775808"),
	V("-9223372036854775808"),
	V("-9223372036854775809"),
	V("99999999999999999999999"),
	V("1\0"),
	V("41"),
	V("43"),
	V("\xd9\xa1"),
};
static const struct str bool_values[] = {
	V("true"), V("false"), V("True"), V("1"), V("yes"), V("true "), V("true\0"), V("TRUE"),
};
static const struct str text_values[] = {
	V("origin"),
	V("Origin"),
	V("origi\0n"),
	V("o\0n"),
	V("on"),
	V("o"),
	V("a"),
	V("ab"),
	V("xaybz"),
	V("rm -rf x"),
	V("rm"),
	V("rm "),
	V("\xc3\xa9"),
	V("x.md"),
	V("*"),
	V("?"),
	V("aaaaaaaaaaaaaaaaaaaaaaaaaaab"),
	V("https://api.example.com/"),
};

struct pool {
	struct str name;
	const struct str *values;
	size_t n;
};

static const struct pool pools[] = {
	{V("path"), path_values, COUNT(path_values)}, {V("url"), url_values, COUNT(url_values)},
	{V("host"), host_values, COUNT(host_values)}, {V("n"), number_values, COUNT(number_values)},
	{V("flag"), bool_values, COUNT(bool_values)}, {V("text"), text_values, COUNT(text_values)},
};

/* Around the limits on lengths. Begins as an absolute path of one name. */
static struct str long_text(uint64_t *random)
{
	static const size_t lengths[] = {255, 256, 4094, 4095, 4096};

	if (!long_value[0]) {
		memset(long_value, 'a', sizeof(long_value));
		long_value[0] = '/';
	}
	/* The longest cost much to read, so they are rare. */
	if (below(random, 400) == 0)
		return (struct str){long_value, (1u << 20) + below(random, 2)};
	return (struct str){long_value, lengths[below(random, COUNT(lengths))]};
}

static struct str value_for(uint64_t *random, const struct pool *pool)
{
	size_t kind = below(random, 100);

	if (kind == 0)
		return long_text(random);
	if (kind < 12)
		pool = &pools[below(random, COUNT(pools))];
	return pool->values[below(random, pool->n)];
}

void gen_call(uint64_t *random, struct gen_call *out)
{
	static const struct str tools[] = {V("alpha"),    V("beta"),  V("git_push"),
					   V("git_pull"), V("git_"),  V("gamma"),
					   V("zeta"),     V("omega"), V("delta.x")};

	out->is_user = below(random, 4) == 0;
	out->index = (uint32_t)below(random, out->is_user ? GEN_USERS : GEN_ROLES);
	snprintf(out->subject, sizeof(out->subject), "%s%u", out->is_user ? "user" : "role",
		 out->index);
	out->tool = tools[below(random, COUNT(tools))];
	out->n_args = 0;
	out->n_lists = 0;
	for (size_t i = 0; i < COUNT(pools); i++) {
		size_t kind = below(random, 20);

		if (kind < 5)
			continue;
		out->args[out->n_args++] = (struct gen_arg){pools[i].name,
							    value_for(random, &pools[i])};
		if (kind == 19 && out->n_args < GEN_MAX_ARGS - COUNT(pools) + i)
			out->args[out->n_args++] = (struct gen_arg){pools[i].name,
								    value_for(random, &pools[i])};
	}
}

struct str gen_value(uint64_t *random, struct str name)
{
	for (size_t i = 0; i < COUNT(pools); i++) {
		if (str_eq(pools[i].name, name))
			return value_for(random, &pools[i]);
	}
	return value_for(random, &pools[0]);
}
