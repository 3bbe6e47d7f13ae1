/*
 * From the files that a command used to the grants that a policy has for them.
 */
#ifndef WRIT_RUNTIME_LEARN_GENERALISE_H
#define WRIT_RUNTIME_LEARN_GENERALISE_H

#include "runtime/learn/record.h"

enum right { RIGHT_READ, RIGHT_WRITE, RIGHT_EXECUTE, RIGHT__COUNT };

struct grant {
	enum right right;
	char *path;
	const char *example; /* a file it is for */
	size_t n;            /* how many */
	unsigned int uses;   /* what they were used for */
	struct seen_by by;
	bool too_wide; /* not to be granted without a thought */
};

/* What is private to a launch: files were made there, and none was left. */
struct scratch {
	const char *path;
	struct seen_by by;
};

#define SCRATCHES 3

struct grants {
	struct grant *items; /* sorted by right and path, none within another of its right */
	size_t n;
	struct scratch scratch[SCRATCHES];
	size_t n_scratch;
};

/* Where the command ran. */
struct setting {
	const char *workspace; /* its working directory; NULL: one that no policy should grant */
	const char *home;      /* or NULL */
};

/* Is path a directory that holds too much for a grant of all of it? */
bool generalise_too_wide(const struct setting *setting, const char *path);

/* record has been sorted. */
void generalise(const struct record *record, const struct setting *setting, struct grants *grants);

#endif
