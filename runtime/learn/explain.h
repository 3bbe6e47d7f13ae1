/*
 * What a sandbox refused: `writ run --explain`.
 */
#ifndef WRIT_RUNTIME_LEARN_EXPLAIN_H
#define WRIT_RUNTIME_LEARN_EXPLAIN_H

/*
 * argv: "explain", where the result goes ("-": nowhere, or a descriptor), the program writ, and the
 * arguments of its verb run. Returns the exit status, that of the run.
 */
int explain(char **argv);

#endif
