/*
 * Source files and places in them.
 *
 * A span is a file and two byte offsets; line and column are computed when a diagnostic is printed.
 * Files are read whole, must be regular, at most SOURCE_MAX_BYTES, and valid UTF-8 without NUL
 * bytes: what source_load accepts, every later stage may rely on.
 */
#ifndef WRIT_BASE_SOURCE_H
#define WRIT_BASE_SOURCE_H

#include <stdint.h>

#include "base/str.h"
#include "base/vec.h"

#define SOURCE_MAX_BYTES (64u << 20)
#define SOURCE_MAX_FILES 1024u
#define SPAN_NO_FILE     UINT32_MAX

struct span {
	uint32_t file;  /* index into sources.files, or SPAN_NO_FILE */
	uint32_t begin; /* byte offset of the first byte */
	uint32_t end;   /* byte offset after the last byte */
};

#define SPAN_NONE ((struct span){SPAN_NO_FILE, 0, 0})

struct source_file {
	struct str path; /* as the user wrote it, or as joined from an import: for messages */
	struct str text; /* NUL-terminated; len without the NUL */
	VEC(uint32_t) line_starts;
};

struct sources {
	struct arena *arena;
	VEC(struct source_file) files;
};

struct line_col {
	uint32_t line; /* from 1 */
	uint32_t col;  /* from 1, in bytes */
};

/* Adds text already in memory under a name; returns its file index. */
uint32_t source_add(struct sources *sources, struct str path, struct str text);

/*
 * 0 and *file set; or a negative errno: -EISDIR, -EFBIG, -ENOENT, … Text checks are source_check's.
 */
int source_load(struct sources *sources, struct str path, uint32_t *file);

/*
 * 0 when the file's text is valid UTF-8 without NUL; else -1 with *bad set to the span of the first
 * offending byte and *why to a static phrase ("NUL byte", "invalid UTF-8").
 */
int source_check(const struct sources *sources, uint32_t file, struct span *bad, const char **why);

struct line_col source_line_col(const struct sources *sources, uint32_t file, uint32_t offset);

/* The text of a line (from 1) without its line ending. */
struct str source_line(const struct sources *sources, uint32_t file, uint32_t line);

/* The smallest span that covers both; a of SPAN_NO_FILE yields b and the other way round. */
struct span span_join(struct span a, struct span b);

#endif
