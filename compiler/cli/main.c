/*
 * writc: the verbs in a table, their help, and the choice among them.
 */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/utf8.h"

static const struct cli_verb verbs[] = {
#define VERB_NAMED(id, name, usage, summary, help) {name, usage, summary, help, verb_##id},
#define VERB(name, usage, summary, help)           VERB_NAMED(name, #name, usage, summary, help)
#include "cli/verbs.def"
#undef VERB
#undef VERB_NAMED
};

/* Arenas for scratch come and go; returning their pages in between took a sixth of the time. */
#define KEEP_BYTES (64 << 20)

#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static const struct cli_verb *find_verb(const char *name)
{
	for (size_t i = 0; i < N_VERBS; i++) {
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	}
	return NULL;
}

static void print_help(FILE *out)
{
	fputs("writc compiles security policies for AI-agent tools into what a kernel enforces.\n\n"
	      "Usage: writc VERB ...\n\nVerbs:\n",
	      out);
	for (size_t i = 0; i < N_VERBS; i++)
		fprintf(out, "  %-12s %s\n", verbs[i].name, verbs[i].summary);
	fputs("  help         this text, or that of a verb: writc help compile\n\n"
	      "Exit status: 0 clean, 1 findings, 2 wrong command line, 3 unusable input.\n\n"
	      "Example:\n"
	      "  writc lint policy.writ && writc compile policy.writ -o policy.wrt\n",
	      out);
}

static int unknown_verb(const char *name)
{
	unsigned nearest = 3;
	const char *guess = NULL;

	for (size_t i = 0; i < N_VERBS; i++) {
		unsigned distance = str_distance(str_from(name), str_from(verbs[i].name),
						 nearest - 1);

		if (distance < nearest) {
			nearest = distance;
			guess = verbs[i].name;
		}
	}
	fputs("writc: unknown verb '", stderr);
	utf8_print(stderr, str_from(name));
	fputs("'\n", stderr);
	if (guess)
		fprintf(stderr, "help: did you mean '%s'?\n", guess);
	else
		fputs("help: 'writc help' lists the verbs\n", stderr);
	return CLI_USAGE;
}

static int help_verb(const char *name)
{
	const struct cli_verb *verb = find_verb(name);

	if (!verb)
		return unknown_verb(name);
	printf("Usage: writc %s %s\n\n%s", verb->name, verb->usage, verb->help);
	return CLI_OK;
}

static int help(int argc, char **argv)
{
	if (argc > 1)
		return help_verb(argv[1]);
	print_help(stdout);
	return CLI_OK;
}

static bool is_one_of(const char *word, const char *a, const char *b)
{
	return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

static bool asks_for_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (is_one_of(argv[i], "--help", "-h"))
			return true;
	}
	return false;
}

static int dispatch(int argc, char **argv)
{
	const struct cli_verb *verb;

	if (argc < 2) {
		print_help(stderr);
		return CLI_USAGE;
	}
	if (is_one_of(argv[1], "--version", "-V")) {
		puts("writc " WRIT_VERSION);
		return CLI_OK;
	}
	if (is_one_of(argv[1], "--help", "-h") || strcmp(argv[1], "help") == 0)
		return help(argc - 1, argv + 1);
	verb = find_verb(argv[1]);
	if (!verb)
		return unknown_verb(argv[1]);
	if (asks_for_help(argc - 1, argv + 1))
		return help_verb(verb->name);
	return verb->run(argc - 1, argv + 1);
}

/*
 * Files opened later must not get the numbers of the standard streams, if the caller closed those.
 */
static int reserve_standard_streams(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int status;

	if (reserve_standard_streams())
		return CLI_INPUT;
	/*
	 * A file that grows too large is an error of write(2), and cleaned up after as any other.
	 */
	signal(SIGXFSZ, SIG_IGN);
	mallopt(M_TRIM_THRESHOLD, KEEP_BYTES);
	mallopt(M_TOP_PAD, 1 << 20);
	status = dispatch(argc, argv);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "writc: can't write to standard output: %s\n", strerror(errno));
		return status > CLI_INPUT ? status : CLI_INPUT;
	}
	return status;
}
