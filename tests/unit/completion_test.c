/*
 * Completion in shells: the table says what the help says, and the scripts do in a shell what the
 * table says. Only bash is sure to be here; the others' scripts are checked where they are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#define MAX_OUTPUT ((size_t)1 << 16)
#define WRITC      BUILD_DIR "/writc"

static const struct row {
	const char *program, *verb, *option, *values;
} rows[] = {
#define TAKES(program, verb, operands)        {program, verb, "", operands},
#define OPTION(program, verb, option, values) {program, verb, option, values},
#include "cli/completion.def"
#undef OPTION
#undef TAKES
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

/* What a command prints; the test fails when it can't be run. */
__attribute__((format(printf, 2, 3))) static int run(char *out, const char *format, ...)
{
	char command[4096];
	va_list args;
	FILE *pipe;
	size_t n;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	pipe = popen(command, "r");
	cr_assert_not_null(pipe);
	n = fread(out, 1, MAX_OUTPUT - 1, pipe);
	out[n] = '\0';
	return pclose(pipe);
}

static const struct row *find(const char *program, const char *verb, const char *option)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		if (strcmp(rows[i].program, program) == 0 && strcmp(rows[i].verb, verb) == 0 &&
		    strcmp(rows[i].option, option) == 0)
			return &rows[i];
	}
	return NULL;
}

/* The words of a help text that are options are in the table. */
static void expect_options(const char *program, const char *verb, char *help)
{
	char *save = NULL;

	for (char *line = strtok_r(help, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char option[64] = "";

		if (sscanf(line, "  %63[-a-z]", option) != 1 || option[0] != '-' || !option[1] ||
		    strcmp(option, "--") == 0)
			continue;
		cr_expect_not_null(find(program, verb, option), "%s %s %s", program, verb, option);
	}
}

Test(completion, table_knows_what_the_help_says)
{
	static char help[MAX_OUTPUT];

	for (size_t i = 0; i < N_ROWS; i++) {
		char command[256];

		cr_expect_eq(find(rows[i].program, rows[i].verb, rows[i].option), &rows[i],
			     "%s %s %s is there twice", rows[i].program, rows[i].verb,
			     rows[i].option);
		if (*rows[i].option)
			continue;
		snprintf(command, sizeof(command), BUILD_DIR "/%s help %s", rows[i].program,
			 rows[i].verb);
		cr_assert_eq(run(help, "%s", command), 0, "%s", command);
		for (size_t o = i + 1; o < N_ROWS && *rows[o].option; o++)
			cr_expect_not_null(strstr(help, rows[o].option), "%s: %s", command,
					   rows[o].option);
		expect_options(rows[i].program, rows[i].verb, help);
	}
}

Test(completion, table_has_every_verb)
{
#define VERB_NAMED(id, name, usage, summary, help)                                                 \
	cr_expect_not_null(find("writc", name, ""), "%s", name);
#define VERB(name, usage, summary, help) VERB_NAMED(name, #name, usage, summary, help)
#include "cli/verbs.def"
#undef VERB
#undef VERB_NAMED
}

static const struct {
	const char *words; /* of the command line, quoted for the shell */
	const char *wanted, *unwanted;
} cases[] = {
	{"writc ''", " lint ", " decide "},
	{"writ ''", " decide ", " lint "},
	{"writc comp", " compile completion", "lint"},
	{"writc help l", " lint ", "--"},
	{"writc lint --format ''", " json ", "generated"},
	{"writc lint -", " --format ", "--section"},
	{"writc lint policies/dev-agent/", " policies/dev-agent/policy.writ ", "README"},
	{"writc show generated/", " generated/dev-agent.wrt ", ".txt"},
	{"/usr/bin/writc import ''", " yaml ", " lint "},
	{"writ run -p generated/", " generated/dev-agent.wrt ", ".txt"},
	{"writ run -p x -- bas", " bash ", "--role"},
	{"writ run --cwd run", " runtime ", "README.md"},
	{"writ decide --role ''", "[ ]", "generated"},
	{"writc nope ''", "[ ]", "lint"},
};

Test(completion, bash_completes)
{
	static char out[MAX_OUTPUT];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status = run(out,
				 "bash -c 'eval \"$(%s completion bash)\"; COMP_WORDS=(\"$@\"); "
				 "COMP_CWORD=$(($#-1)); _writ \"$1\"; "
				 "echo \"[ ${COMPREPLY[*]}${COMPREPLY[0]:+ }]\"' x %s",
				 WRITC, cases[i].words);

		cr_expect_eq(status, 0, "%s", cases[i].words);
		cr_expect_not_null(strstr(out, cases[i].wanted), "%s: %s", cases[i].words, out);
		cr_expect_null(strstr(out, cases[i].unwanted), "%s: %s", cases[i].words, out);
	}
}

Test(completion, scripts_are_what_their_shells_accept)
{
	static const char *const shells[] = {"bash", "zsh", "fish"};
	static char out[MAX_OUTPUT];

	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (run(out, "command -v %s", shells[i])) {
			fprintf(stderr, "completion: no %s here, its script is not checked\n",
				shells[i]);
			continue;
		}
		cr_expect_eq(run(out, "%s completion %s | %s -n 2>&1", WRITC, shells[i], shells[i]),
			     0, "%s: %s", shells[i], out);
	}
}

Test(completion, wrong_command_lines)
{
	static char out[MAX_OUTPUT];

	cr_expect_neq(run(out, WRITC " completion 2>&1"), 0);
	cr_expect_neq(run(out, WRITC " completion tcsh 2>&1"), 0);
	cr_expect_not_null(strstr(out, "'tcsh' is not one of"), "%s", out);
}
