/*
 * What a verb is given: a policy's source (.writ, .yaml) or a compiled bundle, told apart by their
 * first bytes. Whichever it is, its meaning comes out as IR; of a source also the tree, the
 * diagnostics and the bundle it compiles to.
 */
#ifndef WRIT_CLI_INPUT_H
#define WRIT_CLI_INPUT_H

#include "compile.h"

struct input {
	bool is_bundle;
	struct compilation compilation; /* of a source; of a bundle only its arena is used */
	const struct ir_policy *ir;
	struct bytes bundle; /* the file's own bytes, or what the source compiles to */
};

/* Does the file begin as a bundle does? Not if it can't be read. */
bool input_is_bundle(const char *path);

/*
 * Reads path. 0, or the exit status to end with (CLI_INPUT) after everything wrong was printed to
 * standard error; warnings of a source are not. The caller owns *out in every case and gives it
 * back to input_fini.
 */
__attribute__((warn_unused_result)) int input_load(const char *path, struct input *out);
void input_fini(struct input *input);

#endif
