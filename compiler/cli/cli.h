/*
 * What the verbs of writc share: the table of verbs, option parsing, exit statuses.
 *
 * A verb is one file with one function, int verb_NAME(int argc, char **argv), argv[0] being the
 * verb's name; it returns the exit status. Its row in verbs.def holds what `writc help` says about
 * it. Options may stand before and after operands; "--" ends them; an unknown, repeated or
 * incomplete option is reported on standard error and is exit status 2.
 */
#ifndef WRIT_CLI_CLI_H
#define WRIT_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>

enum cli_exit {
	CLI_OK = 0,
	CLI_FINDINGS = 1,
	CLI_USAGE = 2,
	CLI_INPUT = 3,
	CLI_BUG = 70, /* EX_SOFTWARE: the compiler caught its own mistake, or is out of memory */
};

struct cli_verb {
	const char *name;
	const char *usage;   /* what follows "writc NAME " */
	const char *summary; /* one line */
	const char *help;    /* paragraphs: options, exit status, an example */
	int (*run)(int argc, char **argv);
};

/* One option: a flag when flag is set, else one with a value. Each may be given once. */
struct cli_option {
	const char *name; /* "--format" or "-o" */
	bool *flag;
	const char **value;
};

/*
 * Parses argv after the verb's name against a table that ends with a NULL name. Operands are moved
 * to the front: argv[0] up to the returned count. Returns -1 when something is wrong (already
 * reported: return CLI_USAGE).
 */
int cli_parse(const char *verb, const struct cli_option *options, int argc, char **argv);

/* Reports a mistake on the command line of verb, points at its help, and returns CLI_USAGE. */
__attribute__((format(printf, 2, 3))) int cli_usage_error(const char *verb, const char *format,
							  ...);

/*
 * Reports "PATH: error: ..." on standard error and returns CLI_INPUT. Here as in usage errors,
 * names are printed without control characters: whoever names a file need not be who looks at it.
 */
__attribute__((format(printf, 2, 3))) int cli_file_error(const char *path, const char *format, ...);

/*
 * The index of the word in a NULL-terminated list, or -1 after reporting that the option takes only
 * those. For --format and its like.
 */
int cli_choice(const char *verb, const char *option, const char *value, const char *const *words);

/* Colour belongs on standard error only when that is a terminal and NO_COLOR is unset. */
bool cli_color(void);

int verb_compile(int argc, char **argv);
int verb_completion(int argc, char **argv);
int verb_diff(int argc, char **argv);
int verb_explain(int argc, char **argv);
int verb_explain_code(int argc, char **argv);
int verb_fmt(int argc, char **argv);
int verb_import(int argc, char **argv);
int verb_keygen(int argc, char **argv);
int verb_lint(int argc, char **argv);
int verb_lsp(int argc, char **argv);
int verb_query(int argc, char **argv);
int verb_show(int argc, char **argv);
int verb_sign(int argc, char **argv);
int verb_test(int argc, char **argv);
int verb_verify(int argc, char **argv);

#endif
