/*
 * popen(3) runs the command; its streams come in one pipe, so that their order can be checked.
 */
#include "support/shell.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <criterion/criterion.h>

char shell_output[1 << 18];

/* Names a program for commands. One that is missing is the command's to stumble over. */
static void name_program(const char *name, const char *given, const char *built)
{
	char *absolute = realpath(getenv(given) ? getenv(given) : built, NULL);

	setenv(name, absolute ? absolute : built, 1);
	free(absolute);
}

int shell(const char *format, ...)
{
	char command[8192], line[sizeof(command) + 16];
	va_list args;
	FILE *pipe;
	size_t n;
	int status;

	name_program("W", "WRITC", BUILD_DIR "/writc");
	name_program("R", "WRIT", BUILD_DIR "/writ");
	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	snprintf(line, sizeof(line), "{ %s; } 2>&1", command);
	pipe = popen(line, "r");
	cr_assert_not_null(pipe);
	n = fread(shell_output, 1, sizeof(shell_output) - 1, pipe);
	shell_output[n] = '\0';
	status = pclose(pipe);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void shell_expect_output(const char *text)
{
	cr_expect(strstr(shell_output, text), "no '%s' in:\n%s", text, shell_output);
}

void shell_expect(const char *directory, const char *line, int status, const char *says)
{
	int got = shell("cd %s && %s", directory, line);

	cr_expect_eq(got, status, "%s: %d: %s", line, got, shell_output);
	cr_expect(strstr(shell_output, says), "%s: no '%s' in:\n%s", line, says, shell_output);
}
