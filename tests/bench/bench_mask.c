/*
 * What masking costs: of arguments as they are, and of the texts on which searches for patterns
 * have been known to take for ever. Links libwrit-audit; each figure is the least of several
 * rounds.
 */
#include "bench.h"

#include <string.h>

#include "runtime/audit/mask.h"

#define ROUNDS 21
#define BIG    (1u << 20)

static char out[8192];

static uint64_t time_text(struct mask *mask, const char *text, size_t len, unsigned repeat)
{
	uint64_t least = UINT64_MAX;

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t start = bench_now_ns();

		for (unsigned i = 0; i < repeat; i++)
			(void)mask_text(mask, text, len, out, sizeof(out));
		start = bench_now_ns() - start;
		least = start < least ? start : least;
	}
	return least / repeat;
}

static uint64_t time_args(struct mask *mask, const struct writ_arg *args, size_t n)
{
	uint64_t least = UINT64_MAX;

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t start = bench_now_ns();

		for (int i = 0; i < 1000; i++)
			(void)mask_args(mask, "http_get", 0, args, n, out, sizeof(out));
		start = bench_now_ns() - start;
		least = start < least ? start : least;
	}
	return least / 1000;
}

static void show_big(struct mask *mask, const char *what, const char *pattern)
{
	char *text = malloc(BIG);

	for (size_t i = 0; i < BIG; i++)
		text[i] = pattern[i % strlen(pattern)];
	text[BIG - 1] = '!';
	printf("%-44s %8.2f ms\n", what, (double)time_text(mask, text, BIG, 1) / 1e6);
	free(text);
}

int main(void)
{
	static const unsigned char key[MASK_KEY_SIZE] = {1};
	static const char prose[] = "Fix the parser: a span that ends in a newline is one byte too "
				    "long, see src/parse.c:214 and https://example.org/issues/7\n";
	static const char logs[] =
		"{\"level\":\"info\",\"id\":\"9f86d081884c7d65\",\"t\":1714557600,"
		"\"path\":\"/srv/agent/work/out.json\"}\n";
	const struct writ_arg plain[] = {
		{.name = "path", .text = "/srv/agent/work/src/content/blog/a.md"},
		{.name = "content", .text = prose},
		{.name = "mode", .type = WRIT_ARG_INTEGER, .number = 420},
	};
	const struct writ_arg secret[] = {
		{.name = "url", .text = "https://bob:hunter2@example.org/x?token=abcdef"},
		{.name = "token", .text = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"},
	};
	struct mask *mask = NULL;
	struct writ_error error;

	if (mask_new(NULL, key, &mask, &error)) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	printf("%-44s %8llu ns\n", "3 arguments, 170 bytes, nothing secret",
	       (unsigned long long)time_args(mask, plain, 3));
	printf("%-44s %8llu ns\n", "2 arguments, 90 bytes, 3 secrets",
	       (unsigned long long)time_args(mask, secret, 2));
	printf("%-44s %8llu ns\n", "a line of 120 bytes",
	       (unsigned long long)time_text(mask, prose, sizeof(prose) - 1, 1000));
	show_big(mask, "1 MiB of \"a\"", "a");
	show_big(mask, "1 MiB of prose", prose);
	show_big(mask, "1 MiB of JSON", logs);
	show_big(mask, "1 MiB of secrets", "token=abcdef ");
	mask_free(mask);
	return 0;
}
