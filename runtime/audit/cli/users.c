/*
 * writ users: the identity store on the command line. This file reads the line: a verb of the table
 * below, options of the other anywhere behind it, the store and what else the verb takes.
 *
 * An option that the verb does not take, one given twice, and operands too few or too many are
 * errors; nothing is guessed. "--" ends the options, for names that begin with one.
 */
#include "runtime/audit/cli/users.h"

#include <stddef.h>
#include <string.h>

#include "runtime/audit/cli/audit_cli.h"
#include "runtime/cli/cli.h"

#define ANY SIZE_MAX

static const char help[] =
	"usage: writ users add|grant|revoke [OPTION]... STORE USER ROLE...\n"
	"       writ users remove|disable|enable STORE USER\n"
	"       writ users list|export [OPTION]... STORE\n"
	"       writ users show [--format FORMAT] STORE USER\n"
	"       writ users import [OPTION]... STORE FILE\n"
	"       writ users check -p BUNDLE STORE\n"
	"\n"
	"Users and their roles in a store, a database of its own, for writ decide --users STORE "
	"and\n"
	"writ run --users STORE. A change is seen by the next check of every open session.\n"
	"\n"
	"add makes a user, and the store where there is none. disable takes a user all that it "
	"may\n"
	"do, and enable gives it back. grant of a role that the user has renews it. import adds "
	"the\n"
	"users of a file as export writes it, all or none; '-' is standard input. check holds all\n"
	"roles in the store against a policy.\n"
	"\n"
	"  -p, --bundle FILE  refuse roles that this policy lacks, or forbids together (conflict)\n"
	"  --expires WHEN     grant until 2026-12-31T23:59:59Z, or for 8h or 30d\n"
	"  --by NAME          who makes the change; else the number of the user who runs it\n"
	"  --role ROLE        list those who have been granted this role\n"
	"  --format FORMAT    text, json (an object a line) or csv\n"
	"  --replace          import: remove all who are there first\n"
	"\n"
	"exit status: 0 done; 1 no such user or role, one that is there already, or what the "
	"policy\n"
	"forbids; 2 wrong command line; 3 a store, bundle or file that can't be used; nothing is\n"
	"changed then\n";

enum option_bit { BUNDLE = 1, EXPIRES = 2, BY = 4, ROLE = 8, FORMAT = 16, REPLACE = 32 };

static const struct option {
	const char *name;
	size_t offset;
	enum option_bit bit;
	char letter; /* or 0 */
	bool takes_value;
} option_rows[] = {
#define FIELD(name) offsetof(struct users_options, name)
	{"bundle", FIELD(bundle), BUNDLE, 'p', true},
	{"expires", FIELD(expires), EXPIRES, 0, true},
	{"by", FIELD(by), BY, 0, true},
	{"role", FIELD(role), ROLE, 0, true},
	{"format", FIELD(format), FORMAT, 0, true},
	{"replace", FIELD(replace), REPLACE, 0, false},
#undef FIELD
};
#define N_OPTIONS (sizeof(option_rows) / sizeof(option_rows[0]))

static const struct verb {
	const char *name;
	int (*run)(const struct users_options *options);
	unsigned int accepted;
	size_t least; /* operands */
	size_t most;
} verbs[] = {
	{"add", users_verb_add, BUNDLE | EXPIRES | BY, 2, ANY},
	{"remove", users_verb_remove, 0, 2, 2},
	{"disable", users_verb_disable, 0, 2, 2},
	{"enable", users_verb_enable, 0, 2, 2},
	{"grant", users_verb_grant, BUNDLE | EXPIRES | BY, 3, ANY},
	{"revoke", users_verb_revoke, 0, 3, ANY},
	{"list", users_verb_list, FORMAT | ROLE, 1, 1},
	{"show", users_verb_show, FORMAT, 2, 2},
	{"import", users_verb_import, BUNDLE | FORMAT | BY | REPLACE, 2, 2},
	{"export", users_verb_export, FORMAT, 1, 1},
	{"check", users_verb_check, BUNDLE, 1, 1},
};
#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < N_VERBS; i++) {
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	}
	return NULL;
}

/* Does word name this option? *value is what follows "=", or NULL. */
static bool names(const struct option *row, const char *word, const char **value)
{
	size_t len = strlen(row->name);

	*value = NULL;
	if (row->letter && word[1] == row->letter && word[2] == '\0')
		return true;
	if (word[1] != '-' || strncmp(word + 2, row->name, len) != 0)
		return false;
	if (word[2 + len] == '=')
		*value = word + 2 + len + 1;
	return word[2 + len] == '\0' || *value;
}

static const struct option *find_option(const char *word, unsigned int accepted, const char **value)
{
	for (size_t i = 0; i < N_OPTIONS; i++) {
		if (option_rows[i].bit & accepted && names(&option_rows[i], word, value))
			return &option_rows[i];
	}
	return NULL;
}

/* *words is at the option, then at its last word. */
static int take_option(const struct verb *verb, char ***words, struct users_options *options)
{
	const char *value;
	const struct option *row = find_option(**words, verb->accepted, &value);
	void *field;

	if (!row)
		return cli_fail(EXIT_USAGE, "users %s: unknown option '%s'", verb->name, **words);
	field = (char *)options + row->offset;
	if (!row->takes_value) {
		*(bool *)field = true;
		return value ? cli_fail(EXIT_USAGE, "--%s takes no value", row->name) : 0;
	}
	if (!value && (*words)[1])
		value = *++*words;
	if (!value || !*value)
		return cli_fail(EXIT_USAGE, "--%s takes a value", row->name);
	if (*(const char **)field)
		return cli_fail(EXIT_USAGE, "--%s is given twice", row->name);
	*(const char **)field = value;
	return 0;
}

/* Operands are kept where the words stand. */
static int parse(const struct verb *verb, char **words, struct users_options *options)
{
	bool only_operands = false;
	int rc;

	options->operands = words;
	for (; *words; words++) {
		if (!only_operands && strcmp(*words, "--") == 0) {
			only_operands = true;
		} else if (only_operands || (*words)[0] != '-' || (*words)[1] == '\0') {
			options->operands[options->n_operands++] = *words;
		} else {
			rc = take_option(verb, &words, options);
			if (rc)
				return rc;
		}
	}
	if (options->n_operands < verb->least || options->n_operands > verb->most)
		return cli_fail(EXIT_USAGE, "users %s: %s; writ help users tells what it takes",
				verb->name,
				options->n_operands < verb->least ? "something is missing"
								  : "there is a word too many");
	return 0;
}

static bool asks_for_help(char **words)
{
	for (; *words && strcmp(*words, "--") != 0; words++) {
		if (strcmp(*words, "--help") == 0 || strcmp(*words, "-h") == 0)
			return true;
	}
	return false;
}

int audit_verb_users(char **argv)
{
	static struct users_options options;
	const struct verb *verb;
	int rc;

	if (asks_for_help(argv + 1))
		return fputs(help, stdout) < 0 ? EXIT_RUN_FAILED : EXIT_ALLOWED;
	if (!argv[1])
		return cli_fail(EXIT_USAGE, "users: a verb is missing; writ help users lists them");
	verb = find_verb(argv[1]);
	if (!verb)
		return cli_fail(EXIT_USAGE, "users: unknown verb '%s'; writ help users lists them",
				argv[1]);
	rc = parse(verb, argv + 2, &options);
	return rc ? rc : verb->run(&options);
}
