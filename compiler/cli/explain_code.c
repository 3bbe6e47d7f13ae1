/*
 * writc explain-code: what a code means, why it matters, what to do, with a policy that shows it.
 *
 * The text is that of diag.def and lint.def; the examples are the cases that the tests run, which
 * the makefile turns into rows of examples.inc.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/diag.h"
#include "cli/cli.h"
#include "lint/lint.h"

struct example {
	const char *code;
	bool clean; /* the one without the finding */
	const char *text;
};

static const struct example examples[] = {
#define EXAMPLE(code, clean, text) {code, clean, text},
#include "examples.inc"
#undef EXAMPLE
};

static const char *const severities[] = {[DIAG_ERROR] = "error", [DIAG_WARNING] = "warning"};

#define WIDTH 78

/* Words with one space between them, in lines of at most WIDTH bytes. */
static void print_wrapped(const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (column && column + 1 + len > WIDTH) {
			putchar('\n');
			column = 0;
		}
		column += (size_t)printf("%s%.*s", column ? " " : "", (int)len, text);
		text += len + (text[len] == ' ');
	}
	putchar('\n');
}

static void print_example(const char *code, bool clean, const char *heading)
{
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		const char *line = examples[i].text;

		if (strcmp(examples[i].code, code) != 0 || examples[i].clean != clean)
			continue;
		printf("\n%s:\n\n", heading);
		while (*line) {
			size_t len = strcspn(line, "\n");

			printf("    %.*s\n", (int)len, line);
			line += len + (line[len] == '\n');
		}
	}
}

static void explain(enum diag_code code)
{
	const struct diag_info *info = diag_info(code);
	const char *fix = lint_fix(code);

	printf("%s (%s): %s\n\n", info->code, severities[info->severity], info->title);
	print_wrapped(info->explanation);
	if (fix) {
		fputs("\nWhat to do:\n", stdout);
		print_wrapped(fix);
	}
	print_example(info->code, false, "An example");
	print_example(info->code, true, "Without the finding");
	if (fix)
		printf("\nTo allow it on one line of a policy: # writ: allow %s THE REASON\n",
		       info->code);
}

static void list_codes(void)
{
	for (int code = 0; code < DIAG__COUNT; code++) {
		const struct diag_info *info = diag_info((enum diag_code)code);

		printf("%s  %-7s  %s\n", info->code, severities[info->severity], info->title);
	}
}

static int unknown_code(const char *name)
{
	unsigned nearest = 3;
	const char *guess = NULL;

	for (int code = 0; code < DIAG__COUNT; code++) {
		const char *known = diag_info((enum diag_code)code)->code;
		unsigned distance = str_distance(str_from(name), str_from(known), nearest - 1);

		if (distance < nearest) {
			nearest = distance;
			guess = known;
		}
	}
	fprintf(stderr, "writc explain-code: there is no code '%s'\n", name);
	if (guess)
		fprintf(stderr, "help: did you mean '%s'?\n", guess);
	else
		fputs("help: 'writc explain-code' lists the codes\n", stderr);
	return CLI_USAGE;
}

int verb_explain_code(int argc, char **argv)
{
	const struct cli_option options[] = {{NULL, NULL, NULL}};
	int n = cli_parse("explain-code", options, argc, argv);

	if (n < 0)
		return CLI_USAGE;
	if (n > 1)
		return cli_usage_error("explain-code", "one code at a time");
	if (n == 0) {
		list_codes();
		return CLI_OK;
	}
	for (int code = 0; code < DIAG__COUNT; code++) {
		if (strcasecmp(diag_info((enum diag_code)code)->code, argv[0]) != 0)
			continue;
		explain((enum diag_code)code);
		return CLI_OK;
	}
	return unknown_code(argv[0]);
}
