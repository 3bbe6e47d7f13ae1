/*
 * What the editor has open: documents by their URI, with the text as it is on the screen.
 */
#ifndef WRIT_LSP_DOCUMENTS_H
#define WRIT_LSP_DOCUMENTS_H

#include "lsp/position.h"

#define DOCUMENTS_MAX 1024u

struct document {
	char *uri;
	char *path; /* of the file; of what has none, the URI */
	char *real; /* the path with its links resolved, or NULL */
	char *text;
	size_t len;
	json_int_t version;
	bool importer_known; /* see importer.h */
	char *importer;
};

struct documents {
	struct document *items[DOCUMENTS_MAX];
	size_t n;
};

struct document *documents_find(const struct documents *documents, struct str uri);

/* The open document that is the file at path, by whatever links, or NULL. */
struct document *documents_at(const struct documents *documents, struct str path);

/* Opens, or replaces what is open under that URI; NULL when too much is open. */
struct document *documents_open(struct documents *documents, struct str uri, struct str text);
void documents_close(struct documents *documents, struct document *document);
void documents_fini(struct documents *documents);

struct str document_text(const struct document *document);

/* Replaces the bytes from begin to end; false when the text would be larger than a policy may be.
 */
bool document_edit(struct document *document, size_t begin, size_t end, struct str text);

/* A path as "file:///…". */
struct str document_uri(struct arena *arena, struct str path);

#endif
