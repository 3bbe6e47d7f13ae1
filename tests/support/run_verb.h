/*
 * A verb of writc, called in the test's own process, with what it prints caught.
 */
#ifndef WRIT_TESTS_RUN_VERB_H
#define WRIT_TESTS_RUN_VERB_H

struct run_verb {
	int status;
	const char *out; /* NUL-terminated */
	const char *err;
};

/*
 * words are the arguments behind the verb's name, NULL-terminated. The standard streams of the
 * process go to files from here on.
 */
struct run_verb run_verb(int (*verb)(int argc, char **argv), const char *const *words);

/* run_verb(verb_test, "--coverage", "x.writ"): the list needs no NULL. */
#define RUN_VERB(verb, ...) run_verb((verb), (const char *const[]){__VA_ARGS__, NULL})

#endif
