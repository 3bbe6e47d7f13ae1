/*
 * Arguments from JSON: what becomes of each value, what is refused and where, and what rules make
 * of it. Each is written out again as "name=value" to be compared.
 */
#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/writ_args.h"
#include "support/bundle_maker.h"

static void put_value(FILE *out, const struct writ_arg *arg)
{
	switch (arg->type) {
	case WRIT_ARG_BYTES:
		fprintf(out, "'");
		fwrite(arg->text, 1, arg->text_len, out);
		fprintf(out, "'");
		return;
	case WRIT_ARG_INTEGER:
		fprintf(out, "%" PRId64, arg->number);
		return;
	case WRIT_ARG_BOOLEAN:
		fprintf(out, arg->number ? "true" : "false");
		return;
	case WRIT_ARG_LIST:
		fprintf(out, "[");
		for (size_t i = 0; i < arg->n_items; i++) {
			fprintf(out, i ? "," : "");
			put_value(out, &arg->items[i]);
		}
		fprintf(out, "]");
		return;
	case WRIT_ARG_OTHER:
	case WRIT_ARG_TEXT:
		fprintf(out, "?");
	}
}

/* "path='/a' n=1", or what is wrong; to be freed. */
static char *read_json(const char *text, size_t len)
{
	struct writ_args *args = NULL;
	struct writ_error error;
	char *bytes = malloc(len); /* of just this length, for sanitizers */
	char *shown = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&shown, &size);

	memcpy(bytes, text, len);
	if (writ_args_from_json(bytes, len, &args, &error)) {
		cr_expect_eq(error.code, WRIT_E_INVALID);
		fprintf(out, "%s", error.text);
	}
	free(bytes);
	for (size_t i = 0; args && i < args->n; i++) {
		cr_expect_eq(strlen(args->items[i].name), args->items[i].name_len);
		fprintf(out, "%s%s=", i ? " " : "", args->items[i].name);
		put_value(out, &args->items[i]);
	}
	writ_args_free(args);
	fclose(out);
	return shown;
}

struct row {
	const char *json;
	const char *shown; /* of what is refused a part of the message */
};

static const struct row taken[] = {
	{"{}", ""},
	{" {\"path\" : \"/a\" }\r\n\t", "path='/a'"},
	{"{\"a\":1,\"b\":-1,\"c\":true,\"d\":false,\"e\":null,\"f\":\"\"}",
	 "a=1 b=-1 c=true d=false e=? f=''"},
	{"{\"n\":9223372036854775807}", "n=9223372036854775807"},
	{"{\"n\":-9223372036854775808}", "n=-9223372036854775808"},
	/* Numbers that are none of 64 bits keep their text. */
	{"{\"n\":9223372036854775808}", "n='9223372036854775808'"},
	{"{\"n\":-9223372036854775809}", "n='-9223372036854775809'"},
	{"{\"n\":99999999999999999999999999999}", "n='99999999999999999999999999999'"},
	{"{\"n\":1.5,\"m\":1e400,\"o\":1.0,\"p\":-0,\"q\":1E+2}",
	 "n='1.5' m='1e400' o='1.0' p='-0' q='1E+2'"},
	{"{\"n\":[1,2.5,-3]}", "n=[1,'2.5',-3]"},
	/* Text that looks like more than text. */
	{"{\"s\":\"1.5 [{\\\"x\\\":1e9\"}", "s='1.5 [{\"x\":1e9'"},
	{"{\"s\":\"\\\\\",\"t\":2.5}", "s='\\' t='2.5'"},
	{"{\"s\":\"\\u0041\\ud83d\\ude00\\n\"}", "s='A\xf0\x9f\x98\x80\n'"},
	{"{\"\\u0070ath\":\"/a\"}", "path='/a'"},
	{"{\"Path\":1,\"path\":2,\"PATH\":3}", "Path=1 path=2 PATH=3"},
	/* Lists. */
	{"{\"a\":[]}", "a=[]"},
	{"{\"a\":[\"x\",1,true,null,{},[\"y\"]]}", "a=['x',1,true,?,?,?]"},
	{"{\"a\":[[\"/x\"],[{\"b\":1}]]}", "a=[?,?] a.b=[?,?]"},
	/* Objects, and lists of them. */
	{"{\"o\":{\"path\":\"x\",\"q\":{\"r\":1}},\"z\":2}", "o=? z=2 o.path='x' o.q=? o.q.r=1"},
	{"{\"o\":{\"l\":[1,2]}}", "o=? o.l=[1,2]"},
	{"{\"e\":[{\"p\":\"a\",\"q\":1},{\"p\":\"b\"},{\"r\":2},5]}",
	 "e=[?,?,?,5] e.p=['a','b',?,?] e.q=[1,?,?,?] e.r=[?,?,2,?]"},
	{"{\"e\":[{\"o\":{\"p\":\"a\"}},{\"o\":7}]}", "e=[?,?] e.o=[?,7] e.o.p=['a',?]"},
	{"{\"e\":[{\"l\":[\"a\",\"b\"]}]}", "e=[?] e.l=[?]"},
	{"{\"e\":[[{\"p\":1}],{\"p\":2},[]]}", "e=[?,?,?] e.p=[?,2,?]"},
	{"{\"e\":[{\"l\":[{\"p\":1},{\"q\":{\"r\":2}}]}]}",
	 "e=[?] e.l=[?] e.l.p=[?] e.l.q=[?] e.l.q.r=[?]"},
	{"{\"e\":[[[{\"p\":[[{\"q\":1}]]}],1]]}", "e=[?] e.p=[?] e.p.q=[?]"},
	{"{\"path\":{\"$ref\":\"/etc/passwd\"}}", "path=? path.$ref='/etc/passwd'"},
};

static const struct row refused[] = {
	/* Not JSON, or more than it. */
	{"", "line 1, column 1"},
	{"{", "line 1, column 1"},
	{"{\"a\":1,}", "line 1, column 8"},
	{"{\n \"a\": tru}", "line 2"},
	{"{\"a\":2.5,\n\"b\":2.5,\"c\":x}", "line 2, column 13"},
	{"{}{}", "end of file expected"},
	{"{} x", "end of file expected"},
	{"\xef\xbb\xbf{}", "line 1, column"},
	{"{\"a\":1}\0", "line 1, column"},
	{"{'a':1}", "line 1, column 2"},
	{"{a:1}", "line 1, column 2"},
	{"{\"a\":NaN}", "line 1, column"},
	{"{\"a\":01}", "line 1, column"},
	{"{\"a\":1.}", "line 1, column"},
	{"{\"a\":.5}", "line 1, column"},
	{"{\"a\":1e}", "line 1, column"},
	{"{\"a\":+1}", "line 1, column"},
	{"{\"a\":0x10}", "line 1, column"},
	{"{\"a\":1.5 2.5}", "line 1, column"},
	{"{\"a\":1.5\"b\"}", "line 1, column"},
	{"{1.5:1}", "line 1, column"},
	{"{1e5 :1}", "line 1, column"},
	{"{\"a\":1 /* */}", "line 1, column"},
	{"{\"a\":\"\n\"}", "line 1, column"},
	{"{\"a\":\"\\x41\"}", "line 1, column"},
	/* No object. */
	{"[]", "they are no object"},
	{"[{\"a\":1}]", "they are no object"},
	{"1.5", "line 1, column"},
	{"\"a\"", "line 1, column"},
	{"null", "line 1, column"},
	/* Twice, at every level and in every spelling. */
	{"{\"a\":1,\"a\":1}", "duplicate object key"},
	{"{\"path\":1,\"\\u0070ath\":2}", "duplicate object key"},
	{"{\"o\":{\"a\":1,\"a\":2}}", "duplicate object key"},
	{"{\"l\":[1,[{\"a\":1,\"b\":2,\"a\":3}]]}", "duplicate object key"},
	/* Text that is none. */
	{"{\"a\":\"\xff\"}", "line 1, column"},
	{"{\"a\":\"\xc0\xaf\"}", "line 1, column"},
	{"{\"a\":\"\xed\xa0\x80\"}", "line 1, column"},
	{"{\"a\":\"\\ud800\"}", "line 1, column"},
	{"{\"a\":\"\\ud800x\"}", "line 1, column"},
	{"{\"a\":\"\\udc00\\ud800\"}", "line 1, column"},
	/* Names. */
	{"{\"a.b\":1}", "a name has a dot: a.b"},
	{"{\"a\":{\"b.c\":1}}", "a name has a dot: b.c"},
	{"{\"\":1}", "a name is empty"},
	{"{\"a\":[{\"\":1}]}", "a name is empty"},
	{"{\"a\\u0000\":1}", "NUL byte"},
	/* What is told does not repeat values. */
	{"{\"a\":\"top secret\" x}", "line 1, column"},
	{"{\"a\" \"top secret\"}", "line 1, column"},
	/* Of numbers that go to the parser as text, too, a zero is not the first of more digits. */
	{"{\"a\":01.5}", "line 1, column"},
	{"{\"a\":-00e1}", "line 1, column"},
};

Test(args_json, each_value_becomes_an_argument)
{
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		char *shown = read_json(taken[i].json, strlen(taken[i].json));

		cr_expect_str_eq(shown, taken[i].shown, "%s: %s", taken[i].json, shown);
		free(shown);
	}
}

Test(args_json, what_can_be_read_in_two_ways_is_refused_where_it_stands)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		size_t len = strlen(refused[i].json);
		char *shown;

		/* One of them ends in a NUL that is meant. */
		if (strcmp(refused[i].json, "{\"a\":1}") == 0)
			len++;
		shown = read_json(refused[i].json, len);
		cr_expect(strstr(shown, refused[i].shown) && !strchr(shown, '='), "%s: %s",
			  refused[i].json, shown);
		cr_expect_not(strstr(shown, "secret"), "%s", shown);
		free(shown);
	}
}

Test(args_json, a_nul_is_a_byte_of_its_text)
{
	static const char json[] = "{\"path\":\"/a\\u0000/../etc/passwd\"}";
	struct writ_policy *policy = bundle_open("tool f { class read; arg path : path; }\n"
						 "role r { allow f where path under \"/a\"; }",
						 "");
	struct writ_args *args = NULL;

	cr_assert_eq(writ_args_from_json(json, strlen(json), &args, NULL), 0);
	cr_expect_eq(args->items[0].text_len, 17);
	cr_expect_arr_eq(args->items[0].text, "/a\0/../etc/passwd", 17);
	cr_expect_eq(writ_check(policy,
				&(struct writ_request){.role = "r",
						       .tool = "f",
						       .args = args->items,
						       .n_args = args->n},
				NULL),
		     WRIT_DENY);
	writ_args_free(args);
	writ_args_free(NULL);
	writ_close(policy);
}

/* unit, n times, between before and after. */
static char *repeated(const char *before, const char *unit, size_t n, const char *after)
{
	size_t len = strlen(unit);
	char *text = malloc(strlen(before) + n * len + strlen(after) + 1);
	char *at = stpcpy(text, before);

	for (size_t i = 0; i < n; i++)
		at = stpcpy(at, unit);
	stpcpy(at, after);
	return text;
}

static void expect_message(char *json, const char *message)
{
	char *shown = read_json(json, strlen(json));

	if (message)
		cr_expect(strstr(shown, message), "%s: %s", message, shown);
	else
		cr_expect_not(strstr(shown, "no JSON"), "%s", shown);
	free(shown);
	free(json);
}

static char *names(size_t n)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s\"n%zu\":{}", i ? "," : "{", i);
	fprintf(out, "}");
	fclose(out);
	return text;
}

Test(args_json, everything_has_a_limit)
{
	expect_message(repeated("{\"a\":", "[", WRIT_MAX_ARGS_JSON_DEPTH, ""), "in each other");
	expect_message(repeated("", "{\"a\":", 100000, ""), "in each other");
	expect_message(repeated("{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "]",
				WRIT_MAX_ARGS_JSON_DEPTH - 1, "}"),
		       NULL);
	expect_message(repeated("{\"a\":[1", ",1", WRIT_MAX_ARGS_JSON_ITEMS - 1, "]}"), NULL);
	expect_message(repeated("{\"a\":[1", ",1", WRIT_MAX_ARGS_JSON_ITEMS, "]}"), "65536");
	expect_message(repeated("{\"a\":[{\"b\":1}", ",1", WRIT_MAX_ARGS_JSON_ITEMS / 2, "]}"),
		       "65536");
	expect_message(repeated("{\"a\":[[{\"b\":1}", ",1", WRIT_MAX_ARGS_JSON_ITEMS - 3, "]]}"),
		       NULL);
	expect_message(repeated("{\"a\":[[{\"b\":1}", ",1", WRIT_MAX_ARGS_JSON_ITEMS, "]]}"),
		       "65536");
	expect_message(repeated("{\"a\":\"", "x", WRIT_MAX_ARGS_JSON - 8, "\"}"), NULL);
	expect_message(repeated("{\"a\":\"", "x", WRIT_MAX_ARGS_JSON - 7, "\"}"), "longer than");
	expect_message(repeated("{\"", "x", WRIT_MAX_ARG_NAME, "\":1}"), NULL);
	expect_message(repeated("{\"", "x", WRIT_MAX_ARG_NAME + 1, "\":1}"), "255");
	expect_message(repeated("{\"a\":{\"", "x", WRIT_MAX_ARG_NAME - 1, "\":1}}"), "255");
	expect_message(names(WRIT_MAX_CALL_ARGS), NULL);
	expect_message(names(WRIT_MAX_CALL_ARGS + 1), "64 names");
}
