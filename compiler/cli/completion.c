/*
 * writc completion: scripts for shells, from the table of what the command lines take.
 *
 * A script is the table, as three functions, and an engine that asks them: the verbs of a program,
 * the options of a verb, and what an option or, for "", the verb itself takes. Option values are
 * words, ".suffix" for files and "/" for directories; a flag has no row. Nothing of it runs writc.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

struct row {
	const char *program, *verb;
	const char *option; /* "" when the row is of the verb itself */
	const char *values; /* NULL: a flag */
};

static const struct row rows[] = {
#define TAKES(program, verb, operands)        {program, verb, "", operands},
#define OPTION(program, verb, option, values) {program, verb, option, values},
#include "cli/completion.def"
#undef OPTION
#undef TAKES
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static const char *const programs[] = {"writc", "writ"};

#define N_PROGRAMS (sizeof(programs) / sizeof(programs[0]))

/* How a shell writes a function that looks its arguments up. */
struct syntax {
	const char *begin; /* of the function: its name, and where it came from */
	const char *open;  /* a case: its key */
	const char *close; /* of a case */
	const char *end;   /* of the function */
};

static const struct syntax posix = {
	"%s()\n{\n\tcase \"$*\" in\n",
	"\t'%s') echo '",
	"' ;;\n",
	"\t*) return 1 ;;\n\tesac\n}\n\n",
};

static const struct syntax fish = {
	"function %s\n\tswitch \"$argv\"\n",
	"\t\tcase '%s'\n\t\t\tstring split -n ' ' -- '",
	"'\n",
	"\t\tcase '*'\n\t\t\treturn 1\n\tend\n\treturn 0\nend\n\n",
};

/* The formats are the two above. */
static void open_case(const struct syntax *syntax, const char *program, const char *verb,
		      const char *option)
{
	const char *hole = strstr(syntax->open, "%s");

	printf("%.*s%s", (int)(hole - syntax->open), syntax->open, program);
	if (verb)
		printf(" %s", verb);
	if (option)
		printf(" %s", option);
	fputs(hole + 2, stdout);
}

static void begin(const struct syntax *syntax, const char *name)
{
	const char *hole = strstr(syntax->begin, "%s");

	printf("%.*s%s%s", (int)(hole - syntax->begin), syntax->begin, name, hole + 2);
}

static void print_verbs(const struct syntax *syntax)
{
	begin(syntax, "_writ_verbs");
	for (size_t p = 0; p < N_PROGRAMS; p++) {
		open_case(syntax, programs[p], NULL, NULL);
		for (size_t i = 0; i < N_ROWS; i++) {
			if (!*rows[i].option && strcmp(rows[i].program, programs[p]) == 0)
				printf("%s ", rows[i].verb);
		}
		printf("help%s", syntax->close);
	}
	fputs(syntax->end, stdout);
}

/* The rows of a verb follow the one of the verb itself. */
static void print_options(const struct syntax *syntax)
{
	begin(syntax, "_writ_options");
	for (size_t i = 0; i < N_ROWS; i++) {
		if (!*rows[i].option) {
			open_case(syntax, rows[i].program, rows[i].verb, NULL);
			fputs("--help", stdout);
		} else {
			printf(" %s", rows[i].option);
		}
		if (i + 1 == N_ROWS || !*rows[i + 1].option)
			fputs(syntax->close, stdout);
	}
	fputs(syntax->end, stdout);
}

static void print_values(const struct syntax *syntax)
{
	begin(syntax, "_writ_values");
	for (size_t i = 0; i < N_ROWS; i++) {
		if (!rows[i].values)
			continue;
		open_case(syntax, rows[i].program, rows[i].verb, rows[i].option);
		printf("%s%s", rows[i].values, syntax->close);
	}
	fputs(syntax->end, stdout);
}

static const char bash_engine[] =
	"_writ_take()\n"
	"{\n"
	"\tlocal word found dirs='compgen -d'\n"
	"\tfor word; do\n"
	"\t\tfound=()\n"
	"\t\tcase $word in\n"
	"\t\t.*)\n"
	"\t\t\tmapfile -t found < <($dirs -- \"$cur\"; compgen -f -X \"!*$word\" -- \"$cur\")\n"
	"\t\t\tdirs=:\n"
	"\t\t\t;;\n"
	"\t\t/) mapfile -t found < <(compgen -d -- \"$cur\") ;;\n"
	"\t\t\"$cur\"*) found=(\"$word\") ;;\n"
	"\t\tesac\n"
	"\t\tCOMPREPLY+=(\"${found[@]}\")\n"
	"\tdone\n"
	"}\n"
	"\n"
	"_writ()\n"
	"{\n"
	"\tlocal program=${1##*/} cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	"\tlocal verb=${COMP_WORDS[1]} values i\n"
	"\tCOMPREPLY=()\n"
	"\tfor ((i = 2; i < COMP_CWORD; i++)); do\n"
	"\t\tif [ \"${COMP_WORDS[i]}\" = -- ]; then\n"
	"\t\t\tmapfile -t COMPREPLY < <(compgen -c -f -- \"$cur\")\n"
	"\t\t\treturn\n"
	"\t\tfi\n"
	"\tdone\n"
	"\tif [ \"$COMP_CWORD\" -eq 1 ] || [ \"$verb\" = help ]; then\n"
	"\t\tvalues=$(_writ_verbs \"$program\")\n"
	"\telif [[ $prev == -* ]] && values=$(_writ_values \"$program\" \"$verb\" \"$prev\"); "
	"then\n"
	"\t\t:\n"
	"\telif [[ $cur == -* ]]; then\n"
	"\t\tvalues=$(_writ_options \"$program\" \"$verb\")\n"
	"\telse\n"
	"\t\tvalues=$(_writ_values \"$program\" \"$verb\" '')\n"
	"\tfi\n"
	"\t# shellcheck disable=SC2086\n"
	"\t_writ_take $values\n"
	"}\n"
	"\n"
	"complete -o filenames -F _writ writc writ\n";

static const char zsh_engine[] =
	"_writ_take()\n"
	"{\n"
	"\tlocal word\n"
	"\tfor word; do\n"
	"\t\tcase $word in\n"
	"\t\t.*) _files -g \"*$word(-.)\" ;;\n"
	"\t\t/) _files -/ ;;\n"
	"\t\t*) compadd -- $word ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"}\n"
	"\n"
	"_writ()\n"
	"{\n"
	"\tlocal program=$service cur=$words[CURRENT] prev=$words[CURRENT-1] verb=$words[2] "
	"values\n"
	"\tif (( CURRENT > 3 )) && (( ${words[(I)--]} )) && (( ${words[(I)--]} < CURRENT )); then\n"
	"\t\t_command_names\n"
	"\t\t_files\n"
	"\t\treturn\n"
	"\tfi\n"
	"\tif (( CURRENT == 2 )) || [[ $verb == help ]]; then\n"
	"\t\tvalues=$(_writ_verbs $program)\n"
	"\telif [[ $prev == -* ]] && values=$(_writ_values $program $verb $prev); then\n"
	"\t\t:\n"
	"\telif [[ $cur == -* ]]; then\n"
	"\t\tvalues=$(_writ_options $program $verb)\n"
	"\telse\n"
	"\t\tvalues=$(_writ_values $program $verb '')\n"
	"\tfi\n"
	"\t_writ_take ${=values}\n"
	"}\n"
	"\n"
	"if [[ $funcstack[1] == _writc ]]; then\n"
	"\t_writ \"$@\"\n"
	"else\n"
	"\tcompdef _writ writc writ\n"
	"fi\n";

static const char fish_engine[] =
	"function _writ_take\n"
	"\tfor word in $argv\n"
	"\t\tswitch $word\n"
	"\t\t\tcase '.*'\n"
	"\t\t\t\t__fish_complete_suffix $word\n"
	"\t\t\tcase /\n"
	"\t\t\t\t__fish_complete_directories (commandline -ct)\n"
	"\t\t\tcase '*'\n"
	"\t\t\t\techo $word\n"
	"\t\tend\n"
	"\tend\n"
	"end\n"
	"\n"
	"function _writ\n"
	"\tset -l words (commandline -opc)\n"
	"\tset -l program (basename $words[1])\n"
	"\tset -l verb $words[2]\n"
	"\tset -l prev $words[-1]\n"
	"\tset -l values\n"
	"\tif contains -- -- $words\n"
	"\t\t__fish_complete_command\n"
	"\t\treturn\n"
	"\tend\n"
	"\tif test (count $words) -lt 2; or test \"$verb\" = help\n"
	"\t\tset values (_writ_verbs $program)\n"
	"\telse if string match -q -- '-*' $prev; and set values (_writ_values $program $verb "
	"$prev)\n"
	"\telse if string match -q -- '-*' (commandline -ct)\n"
	"\t\tset values (_writ_options $program $verb)\n"
	"\telse\n"
	"\t\tset values (_writ_values $program $verb '')\n"
	"\tend\n"
	"\t_writ_take $values\n"
	"end\n"
	"\n"
	"complete -c writc -f -a '(_writ)'\n"
	"complete -c writ -f -a '(_writ)'\n";

static const struct shell {
	const char *name, *head;
	const struct syntax *syntax;
	const char *engine;
} shells[] = {
	{"bash", "", &posix, bash_engine},
	{"zsh", "#compdef writc writ\n", &posix, zsh_engine},
	{"fish", "", &fish, fish_engine},
};

int verb_completion(int argc, char **argv)
{
	const struct cli_option options[] = {{NULL, NULL, NULL}};
	int n = cli_parse("completion", options, argc, argv);

	if (n < 0)
		return CLI_USAGE;
	if (n != 1)
		return cli_usage_error("completion", "which shell? bash, zsh or fish");
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		const struct shell *shell = &shells[i];

		if (strcmp(shell->name, argv[0]) != 0)
			continue;
		printf("%s# Completion of writc and writ for %s, made by 'writc completion "
		       "%s'.\n\n",
		       shell->head, shell->name, shell->name);
		print_verbs(shell->syntax);
		print_options(shell->syntax);
		print_values(shell->syntax);
		fputs(shell->engine, stdout);
		return CLI_OK;
	}
	return cli_usage_error("completion", "'%s' is not one of bash, zsh and fish", argv[0]);
}
