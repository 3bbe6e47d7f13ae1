/*
 * Options of verbs, against a table.
 */
#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/utf8.h"

/* Of a longer message, the beginning. */
#define MAX_MESSAGE 1024u

__attribute__((format(printf, 1, 0))) static void put_message(const char *format, va_list args)
{
	char text[MAX_MESSAGE];

	vsnprintf(text, sizeof(text), format, args);
	utf8_print(stderr, str_from(text));
}

int cli_file_error(const char *path, const char *format, ...)
{
	va_list args;

	utf8_print(stderr, str_from(path));
	fputs(": error: ", stderr);
	va_start(args, format);
	put_message(format, args);
	va_end(args);
	fputc('\n', stderr);
	return CLI_INPUT;
}

int cli_usage_error(const char *verb, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "writc %s: ", verb);
	va_start(args, format);
	put_message(format, args);
	va_end(args);
	fprintf(stderr, "\nhelp: 'writc help %s' says how to call it\n", verb);
	return CLI_USAGE;
}

bool cli_color(void)
{
	const char *no_color = getenv("NO_COLOR");

	return isatty(STDERR_FILENO) && !(no_color && *no_color);
}

int cli_choice(const char *verb, const char *option, const char *value, const char *const *words)
{
	for (int i = 0; words[i]; i++) {
		if (strcmp(words[i], value) == 0)
			return i;
	}
	fprintf(stderr, "writc %s: %s can't be '", verb, option);
	utf8_print(stderr, str_from(value));
	fputs("'; it is one of:", stderr);
	for (int i = 0; words[i]; i++)
		fprintf(stderr, " %s", words[i]);
	fputc('\n', stderr);
	return -1;
}

/* Does arg, up to a "=", name the option? Long options only may have their value behind a "=". */
static bool names_option(const char *arg, size_t len, const struct cli_option *option)
{
	return strlen(option->name) == len && memcmp(arg, option->name, len) == 0;
}

static const struct cli_option *find_option(const struct cli_option *options, const char *arg,
					    const char **inline_value)
{
	const char *equals = strncmp(arg, "--", 2) == 0 ? strchr(arg, '=') : NULL;
	size_t len = equals ? (size_t)(equals - arg) : strlen(arg);

	*inline_value = equals ? equals + 1 : NULL;
	for (; options->name; options++) {
		if (names_option(arg, len, options))
			return options;
	}
	return NULL;
}

static void unknown_option(const char *verb, const struct cli_option *options, const char *arg)
{
	unsigned nearest = 3;
	const char *guess = NULL;

	for (; options->name; options++) {
		unsigned distance = str_distance(str_from(arg), str_from(options->name),
						 nearest - 1);

		/* One-letter options are all alike. */
		if (distance < nearest && strncmp(options->name, "--", 2) == 0) {
			nearest = distance;
			guess = options->name;
		}
	}
	if (guess)
		cli_usage_error(verb, "unknown option '%s'; did you mean '%s'?", arg, guess);
	else
		cli_usage_error(verb, "unknown option '%s'", arg);
}

static int set_flag(const char *verb, const struct cli_option *option, const char *inline_value)
{
	if (inline_value) {
		cli_usage_error(verb, "option '%s' takes no value", option->name);
		return -1;
	}
	if (*option->flag) {
		cli_usage_error(verb, "option '%s' is given twice", option->name);
		return -1;
	}
	*option->flag = true;
	return 0;
}

static int set_value(const char *verb, const struct cli_option *option, const char *value)
{
	if (!value || !*value) {
		cli_usage_error(verb, "option '%s' needs a value", option->name);
		return -1;
	}
	if (*option->value) {
		cli_usage_error(verb, "option '%s' is given twice", option->name);
		return -1;
	}
	*option->value = value;
	return 0;
}

static bool is_option(const char *arg)
{
	return arg[0] == '-' && arg[1] != '\0';
}

int cli_parse(const char *verb, const struct cli_option *options, int argc, char **argv)
{
	int n_operands = 0;
	bool only_operands = false;

	for (int i = 1; i < argc; i++) {
		const struct cli_option *option;
		const char *value;

		if (!only_operands && strcmp(argv[i], "--") == 0) {
			only_operands = true;
			continue;
		}
		if (only_operands || !is_option(argv[i])) {
			argv[n_operands++] = argv[i];
			continue;
		}
		option = find_option(options, argv[i], &value);
		if (!option) {
			unknown_option(verb, options, argv[i]);
			return -1;
		}
		if (option->flag && set_flag(verb, option, value))
			return -1;
		if (!option->flag && !value)
			value = i + 1 < argc ? argv[++i] : NULL;
		if (!option->flag && set_value(verb, option, value))
			return -1;
	}
	return n_operands;
}
