/*
 * Which policy a file without a policy line belongs to.
 */
#ifndef WRIT_LSP_IMPORTER_H
#define WRIT_LSP_IMPORTER_H

#include "lsp/documents.h"

/* Does the document begin with a policy line, or has it the key in YAML? */
bool importer_is_policy(const struct document *document);

/*
 * The path of a file near the document that seems to import it, or NULL. The answer is kept until
 * importer_forget.
 */
const char *importer_find(struct document *document);
void importer_forget(struct document *document);

#endif
