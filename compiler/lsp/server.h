/*
 * The language server: the Language Server Protocol 3.17 over a pair of streams.
 */
#ifndef WRIT_LSP_SERVER_H
#define WRIT_LSP_SERVER_H

#include <stdio.h>

#include "base/str.h"

struct server;

struct server *server_new(int in, FILE *out);
void server_free(struct server *server);

/* Handles one message, whatever it is; answers go to out. */
void server_handle(struct server *server, struct str body);

/*
 * Reads and answers until the client says exit or the input ends. 0, or 1 when the client did not
 * say shutdown before, sent what has no frame, or does not read any more.
 */
__attribute__((warn_unused_result)) int server_run(struct server *server);

#endif
