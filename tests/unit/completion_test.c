/*
 * Completion in shells: the table says what the help says, and the scripts do in a shell what the
 * table says. Only bash is sure to be here; the others' scripts are checked where they are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/shell.h"

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
	for (size_t i = 0; i < N_ROWS; i++) {
		char command[256];

		cr_expect_eq(find(rows[i].program, rows[i].verb, rows[i].option), &rows[i],
			     "%s %s %s is there twice", rows[i].program, rows[i].verb,
			     rows[i].option);
		if (*rows[i].option)
			continue;
		snprintf(command, sizeof(command), "%s help %s",
			 strcmp(rows[i].program, "writc") == 0 ? "$W" : "$R", rows[i].verb);
		cr_assert_eq(shell("%s", command), 0, "%s", command);
		for (size_t o = i + 1; o < N_ROWS && *rows[o].option; o++)
			cr_expect_not_null(strstr(shell_output, rows[o].option), "%s: %s", command,
					   rows[o].option);
		expect_options(rows[i].program, rows[i].verb, shell_output);
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
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status =
			shell("bash -c 'eval \"$(\"$W\" completion bash)\"; COMP_WORDS=(\"$@\"); "
			      "COMP_CWORD=$(($#-1)); _writ \"$1\"; "
			      "echo \"[ ${COMPREPLY[*]}${COMPREPLY[0]:+ }]\"' x %s",
			      cases[i].words);

		cr_expect_eq(status, 0, "%s", cases[i].words);
		cr_expect_not_null(strstr(shell_output, cases[i].wanted), "%s: %s", cases[i].words,
				   shell_output);
		cr_expect_null(strstr(shell_output, cases[i].unwanted), "%s: %s", cases[i].words,
			       shell_output);
	}
}

Test(completion, scripts_are_what_their_shells_accept)
{
	static const char *const shells[] = {"bash", "zsh", "fish"};
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (shell("command -v %s", shells[i])) {
			fprintf(stderr, "completion: no %s here, its script is not checked\n",
				shells[i]);
			continue;
		}
		cr_expect_eq(shell("$W completion %s | %s -n", shells[i], shells[i]), 0, "%s: %s",
			     shells[i], shell_output);
	}
}

Test(completion, wrong_command_lines)
{
	cr_expect_neq(shell("$W completion"), 0);
	cr_expect_neq(shell("$W completion tcsh"), 0);
	shell_expect_output("'tcsh' is not one of");
}
