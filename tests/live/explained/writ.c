/*
 * Stands in for writ: what is run, is run with --explain. For the attacks, which must end the same
 * then. What the explanation says goes nowhere, as the attacks' own output is looked at.
 * REAL is the program.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_WORDS 256
#define RESULT_FD "200"

int main(int argc, char **argv)
{
	char *words[MAX_WORDS];
	int n = 0;

	if (argc > MAX_WORDS - 4)
		return 125;
	words[n++] = argv[0];
	for (int i = 1; i < argc; i++) {
		words[n++] = argv[i];
		if (i > 1 || strcmp(argv[i], "run") != 0)
			continue;
		if (dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), atoi(RESULT_FD)) < 0)
			return 125;
		words[n++] = "--explain";
		words[n++] = "--json-fd";
		words[n++] = RESULT_FD;
	}
	words[n] = NULL;
	execv(REAL, words);
	perror(REAL);
	return 125;
}
