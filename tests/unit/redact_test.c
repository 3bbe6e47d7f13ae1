/*
 * The engine behind "redact": what it finds is what regexec(3) finds from every byte of the text,
 * and what it looks at grows no faster than the text.
 */
#include <criterion/criterion.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/audit/redact.h"

#define MAX_TEXT 4096
#define N(array) (sizeof(array) / sizeof((array)[0]))

/* '#' where a byte is covered. */
static bool cover(void *context, size_t from, size_t to)
{
	memset((char *)context + from, '#', to - from);
	return true;
}

/* regexec finds the longest match at the first place where there is one; so it is asked of each. */
static const char *reference(const regex_t *regex, const char *text)
{
	static char out[MAX_TEXT];
	size_t len = strlen(text);

	memset(out, '.', len);
	out[len] = '\0';
	for (size_t i = 0; i < len; i++) {
		regmatch_t match;

		if (regexec(regex, text + i, 1, &match, i ? REG_NOTBOL : 0))
			break;
		if (match.rm_so == 0)
			(void)cover(out, i, i + (size_t)match.rm_eo);
	}
	return out;
}

static bool ignore(void *context, size_t from, size_t to)
{
	(void)context;
	(void)from;
	(void)to;
	return true;
}

static struct redact *compile(const char *before, const char *hidden, bool fold)
{
	const struct pattern pattern = {.before = before, .hidden = hidden, .fold = fold};
	struct redact *redact = NULL;
	struct writ_error error;

	cr_assert_eq(redact_new(&pattern, 1, &redact, &error), 0, "%s", error.text);
	return redact;
}

static const char *found_in(struct redact *redact, const char *text)
{
	static char out[MAX_TEXT];
	size_t len = strlen(text);

	memset(out, '.', len);
	out[len] = '\0';
	cr_assert_eq(redact_find(redact, text, len, cover, out), 0);
	return out;
}

static void expect(const char *pattern, const char *text, const char *runs)
{
	struct redact *redact = compile(NULL, pattern, false);

	cr_expect_str_eq(found_in(redact, text), runs, "/%s/ in \"%s\": %s", pattern, text,
			 found_in(redact, text));
	redact_free(redact);
}

Test(redact, every_byte_of_any_match_is_found)
{
	expect("sk-[A-Za-z0-9]{4,}", "x sk-abcd1 y", "..########..");
	expect("aba", "xababax", ".#####.");
	expect("a(bc)?", "abcab", "####.");
	expect("^a|b$", "aabb", "#..#");
	expect("x*", "axxa", ".##.");
	expect("[^]a-c]+", "ab]de-", "...###");
	expect("\\w+\\s", "a.bc d", "..###.");
	expect("[[:digit:]]{3}-[[:digit:]]{2}", "1234-567", ".######.");
	expect("(ab|a)(bc)*", "abcbc", "#####");
}

Test(redact, context_is_not_hidden)
{
	struct redact *redact = compile("password *= *", "[^ ]+", true);

	cr_expect_str_eq(found_in(redact, "PassWord = hunter2 x"), "...........#######..");
	redact_free(redact);
}

static void expect_refused(const char *pattern, int code)
{
	const struct pattern one = {.hidden = pattern};
	struct redact *redact = NULL;
	struct writ_error error = {.code = 0};

	cr_expect_eq(redact_new(&one, 1, &redact, &error), -code, "/%s/: %s", pattern, error.text);
	cr_expect_null(redact);
}

Test(redact, patterns_that_can_not_be_taken_are_refused)
{
	static char deep[300];

	expect_refused("(a)\\1", WRIT_E_UNSUPPORTED);
	expect_refused("\\bsk-", WRIT_E_UNSUPPORTED);
	expect_refused("[[.space.]]", WRIT_E_UNSUPPORTED);
	expect_refused("((a{255}){255}){255}", WRIT_E_UNSUPPORTED);
	expect_refused("(((){32767}){32767}){32767}", WRIT_E_UNSUPPORTED);
	memset(deep, '(', 100);
	expect_refused(deep, WRIT_E_UNSUPPORTED);
	memset(deep, '*', 200);
	deep[0] = 'a';
	expect_refused(deep, WRIT_E_UNSUPPORTED);
	expect_refused("(a", WRIT_E_INVALID);
	expect_refused("[a", WRIT_E_INVALID);
	expect_refused("[[:alpha:", WRIT_E_INVALID);
	expect_refused("[[:word:]]", WRIT_E_INVALID);
	expect_refused("[z-a]", WRIT_E_INVALID);
	expect_refused("*a", WRIT_E_INVALID);
	expect_refused("a{2,1}", WRIT_E_INVALID);
	expect_refused("a{", WRIT_E_INVALID);
	expect_refused("a\\", WRIT_E_INVALID);
}

/* ---- time ---- */

/* Patterns on which a search that backtracks, or an automaton that is made in advance, takes for
 * ever. */
static const char *const nasty[] = {
	"(a+)+!x",     "(a|a)*!x",    "(a*)*b",         "((a?){30}a{30})!x",
	"x[a-z]{100}", "[a-z]{100}x", "(.*)(.*)(.*)!x", "(a|aa|aaa)*!!",
};

/* AU-10. Steps, not time: what is counted is the same on every machine. */
Test(redact, steps_grow_no_faster_than_the_text)
{
	const size_t n = 1 << 17;
	char *text = malloc(4 * n);

	memset(text, 'a', 4 * n);
	for (size_t i = 0; i < N(nasty); i++) {
		struct redact *redact = compile(NULL, nasty[i], false);
		uint64_t small, large;

		text[n - 1] = '!';
		cr_assert_eq(redact_find(redact, text, n, ignore, NULL), 0, "%s", nasty[i]);
		small = redact_effort(redact);
		text[n - 1] = 'a';
		text[4 * n - 1] = '!';
		cr_assert_eq(redact_find(redact, text, 4 * n, ignore, NULL), 0, "%s", nasty[i]);
		large = redact_effort(redact);
		cr_expect_leq(large, 4 * small + 4096, "%s: %zu, then %zu", nasty[i], small, large);
		cr_expect_leq(large, 16 * n, "%s: %zu", nasty[i], large);
		redact_free(redact);
	}
	free(text);
}

/* Every byte makes a state of its own: it is given up, soon, and its caller hides all of it. */
Test(redact, a_text_that_takes_too_long_is_given_up)
{
	const size_t n = 1 << 20;
	struct redact *redact = compile(NULL, "a.{2000}x", false);
	char *text = malloc(n);

	srand(3);
	for (size_t i = 0; i < n; i++)
		text[i] = "ax"[rand() % 2];
	cr_expect_neq(redact_find(redact, text, n, ignore, NULL), 0);
	cr_expect_leq(redact_effort(redact), 16 * n);
	cr_expect_eq(redact_find(redact, "ab", 2, ignore, NULL), 0);
	redact_free(redact);
	free(text);
}

/* Blocks, and states that are forgotten between them, change nothing. */
Test(redact, long_texts_find_what_regexec_finds)
{
	static const char *const some[] = {"x[a-z]{9}b", "a.{12}c|bb+a", "(ab|b.a)*c"};
	char text[MAX_TEXT];

	srand(5);
	for (size_t round = 0; round < 12; round++) {
		const char *pattern = some[round % N(some)];
		struct redact *redact = compile(NULL, pattern, false);
		regex_t regex;

		for (size_t i = 0; i + 1 < MAX_TEXT; i++)
			text[i] = "abcx"[rand() % 4];
		text[MAX_TEXT - 1] = '\0';
		cr_assert_eq(regcomp(&regex, pattern, REG_EXTENDED), 0);
		cr_assert_str_eq(found_in(redact, text), reference(&regex, text), "%s", pattern);
		regfree(&regex);
		redact_free(redact);
	}
}

/* ---- beside regexec ---- */

static const char *const atoms[] = {"a",    "b",  "c",     ".", "[ab]", "[^a]",   "(a|bc)",
				    "(b|)", "ab", "(a*b)", "^", "$",    "(^a|c)", "(b$|ca)"};
static const char *const signs[] = {"", "", "", "", "*", "+", "?", "{2}", "{1,3}", "{2,}", "{,2}"};

static void make_pattern(char *out)
{
	size_t n = 1 + (size_t)rand() % 5;

	out[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		const char *atom = atoms[(size_t)rand() % N(atoms)];

		strcat(out, atom);
		/* Of an anchor within a repetition regexec's own answer is wrong. */
		if (!strpbrk(atom, "^$") || strcmp(atom, "[^a]") == 0)
			strcat(out, signs[(size_t)rand() % N(signs)]);
		if (i + 1 < n && rand() % 6 == 0)
			strcat(out, "|");
	}
}

static void make_text(char *out)
{
	size_t n = (size_t)rand() % 24;

	for (size_t i = 0; i < n; i++)
		out[i] = "aaabbcd"[rand() % 7];
	out[n] = '\0';
}

Test(redact, random_patterns_find_what_regexec_finds)
{
	size_t compared = 0;

	srand(7);
	for (int round = 0; round < 4000; round++) {
		char pattern[128];
		char text[32];
		struct redact *redact;
		regex_t regex;

		make_pattern(pattern);
		if (regcomp(&regex, pattern, REG_EXTENDED))
			continue;
		redact = compile(NULL, pattern, false);
		for (int i = 0; i < 8; i++) {
			make_text(text);
			cr_assert_str_eq(found_in(redact, text), reference(&regex, text),
					 "/%s/ in \"%s\": %s, not %s", pattern, text,
					 found_in(redact, text), reference(&regex, text));
			compared++;
		}
		redact_free(redact);
		regfree(&regex);
	}
	cr_assert_gt(compared, 20000);
}
