/*
 * Running a program with one of its system calls made to fail.
 *
 * The program and whatever it makes are traced from its first instruction until one of them
 * executes the tool, which is let go. A call is known by the process that makes it, named by its
 * place in the tree ("0", "0.1", ...), by its number, and by its place among that process's calls
 * of that number: the same in every run, whatever runs beside it and however often it waits.
 */
#ifndef TESTS_FAULTS_INJECT_H
#define TESTS_FAULTS_INJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define INJECT_PROCESS_BYTES 16
#define INJECT_FACTS_BYTES   16384
#define INJECT_MESSAGE_BYTES 1024
#define INJECT_CALLS         4096

struct inject_call {
	char process[INJECT_PROCESS_BYTES];
	unsigned index;
	long number;
	long long result;
};

struct inject_calls {
	struct inject_call items[INJECT_CALLS];
	size_t n;
};

/* What fails: the call, or with always every call of its number; error 0: nothing. */
struct inject_fault {
	const struct inject_call *call;
	int error;
	bool always;
};

struct inject_run {
	/* in */
	char *const *argv;
	const char *tool;      /* the program whose execution ends a launch */
	void (*prepare)(void); /* in the child, before it executes argv; or NULL */
	int time_ms;           /* then everything is killed */
	struct inject_fault fault;
	struct inject_calls *calls; /* where calls are recorded, or NULL */

	/* out */
	int status; /* of the program, as waitpid has it */
	bool hit;   /* the call came */
	bool executed;
	bool timed_out;
	int survivors;                      /* what still ran when the program had ended */
	char facts[INJECT_FACTS_BYTES];     /* of the tool, by facts_read */
	char message[INJECT_MESSAGE_BYTES]; /* the first bytes on standard error */
};

/* 0, or -1 when the run could not be made: why is on standard error. */
int inject_run(struct inject_run *run);

#endif
