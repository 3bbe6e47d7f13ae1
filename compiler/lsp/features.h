/*
 * What the server can do, one function a method; see server.c for which is which.
 *
 * Each takes the params of a request and returns its result, or NULL: then the result is null, or,
 * when *refused was set, an error with that text for who is typing. Results are the caller's.
 */
#ifndef WRIT_LSP_FEATURES_H
#define WRIT_LSP_FEATURES_H

#include "lsp/workspace.h"

/* navigate.c */
json_t *feature_definition(struct workspace *workspace, const json_t *params, struct str *refused);
json_t *feature_references(struct workspace *workspace, const json_t *params, struct str *refused);
json_t *feature_highlights(struct workspace *workspace, const json_t *params, struct str *refused);

/* rename.c */
json_t *feature_rename(struct workspace *workspace, const json_t *params, struct str *refused);
json_t *feature_prepare_rename(struct workspace *workspace, const json_t *params,
			       struct str *refused);

/* hover.c, symbols.c, edits.c, completion.c */
json_t *feature_hover(struct workspace *workspace, const json_t *params, struct str *refused);
json_t *feature_symbols(struct workspace *workspace, const json_t *params, struct str *refused);
json_t *feature_formatting(struct workspace *workspace, const json_t *params, struct str *refused);
json_t *feature_actions(struct workspace *workspace, const json_t *params, struct str *refused);
json_t *feature_completion(struct workspace *workspace, const json_t *params, struct str *refused);

/* publish.c: {uri: [diagnostic, …], …} of all analyses; every open document has its entry. */
json_t *feature_diagnostics(struct workspace *workspace);

#endif
