/*
 * Open documents and what the compiler says about them.
 *
 * A document with a policy line is compiled with what it imports, and one without as part of the
 * policy that imports it: one that is open, else one in its directory or the two above. What the
 * editor has open stands in for the files on disk. An analysis lives until one of its documents
 * changes; everything it holds is in its compilation's arena.
 */
#ifndef WRIT_LSP_WORKSPACE_H
#define WRIT_LSP_WORKSPACE_H

#include "compile.h"
#include "front/refs.h"
#include "lsp/documents.h"

struct view {                      /* of a source file; none of generated ones */
	struct document *document; /* or NULL: it is not open */
	struct str uri;
	struct lines lines;
};

/* A place where something is named, in the text that its author sees. */
struct mention {
	const struct ref *ref;
	struct span span; /* with the quotes or the "${}" around it */
	struct span name; /* the name alone */
	bool made_up;     /* by the YAML form: the name does not stand there as it is */
};

struct analysis {
	struct compilation compilation;
	char *root; /* the path of the policy */
	struct view *views;
	VEC(struct mention) mentions;
};

struct workspace {
	struct documents documents;
	enum position_encoding encoding;
	struct analysis *analyses[DOCUMENTS_MAX];
	size_t n;
	bool changed;         /* since diagnostics were published */
	struct arena scratch; /* of the request being answered */
};

void workspace_init(struct workspace *workspace);
void workspace_fini(struct workspace *workspace);

/* A document's text changed: drops what was said about it. */
void workspace_edited(struct workspace *workspace, const struct document *document);

/* Something else changed, perhaps on disk: drops everything. */
void workspace_forget(struct workspace *workspace);

/* Brings the analyses up to date. */
void workspace_refresh(struct workspace *workspace);

/* The file that a document is in an analysis, or SPAN_NO_FILE. */
uint32_t analysis_file(const struct analysis *analysis, const struct document *document);

/* {"uri": …, "range": …} */
json_t *analysis_location(const struct workspace *workspace, const struct analysis *analysis,
			  struct span span);
json_t *analysis_range(const struct workspace *workspace, const struct analysis *analysis,
		       struct span span);

/* The bytes at a span. */
struct str analysis_text(const struct analysis *analysis, struct span span);

/* What a request is about: a place in an open document. */
struct target {
	struct document *document;
	struct analysis *analysis; /* that of the document itself when there are several */
	uint32_t file;
	uint32_t offset;
	const struct mention *mention; /* what is named there, or NULL */
};

/* False when params name no open document. The place is the document's begin when there is none. */
bool target_find(struct workspace *workspace, const json_t *params, struct target *out);

/* The mention at a place of a file, or NULL. */
const struct mention *analysis_mention_at(const struct analysis *analysis, uint32_t file,
					  uint32_t offset);

/* Do two mentions name the same thing? The second is of the analysis, the first of any. */
bool mention_is_same(const struct analysis *analysis, const struct mention *a,
		     const struct mention *b);

/* Can two arguments be of one tool? */
bool mention_shares_tool(const struct analysis *analysis, const struct mention *a,
			 const struct mention *b);

/*
 * Is an argument that is the same as the wanted one, in a condition of several tools, also one that
 * is not the same? Then one can't have another name without the other.
 */
bool mention_is_tied(const struct analysis *analysis, const struct mention *wanted);

#endif
