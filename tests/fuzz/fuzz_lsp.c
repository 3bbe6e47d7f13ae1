/*
 * Fuzzes the language server. In: a byte that picks one of two ways. Framing: the rest is what a
 * client sends, bytes that are headers and bodies or are not. Session: the rest is cut at 0xff;
 * after a document was opened, a piece is a request or a notification about it, its first byte
 * picks which, its next two are a place, the others a text. The laws: no crash, no sanitizer
 * report, no hang, whatever the client says in whatever order.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lsp/json.h"
#include "lsp/server.h"

#define END      0xff
#define URI      "file:///fuzz/policy.writ"
#define PIPE_CAP ((size_t)1 << 20)

static const char policy[] =
	"policy p;\nparam w : path;\nset s : hosts { \"a.org:443\" };\n"
	"tool t { class read; sandbox b; arg path : path; }\n"
	"sandbox b { filesystem { read \"${w}/x\"; } network { connect s; } }\n"
	"role r { allow t where path under \"${w}\"; }\n"
	"role q extends r { deny t, git_*; }\nuser \"u\" : q;\n";

static const char *const methods[] = {
	"textDocument/hover",          "textDocument/definition",
	"textDocument/references",     "textDocument/documentHighlight",
	"textDocument/documentSymbol", "textDocument/completion",
	"textDocument/formatting",     "textDocument/codeAction",
	"textDocument/rename",         "textDocument/prepareRename",
};
#define N_METHODS (sizeof(methods) / sizeof(methods[0]))

static FILE *nowhere;

static void send(struct server *server, json_t *message)
{
	char *text = json_dumps(message, JSON_COMPACT);

	if (text)
		server_handle(server, str_from(text));
	free(text);
	json_decref(message);
}

static void open_document(struct server *server)
{
	send(server, json_pack("{s:i,s:s,s:{}}", "id", 1, "method", "initialize", "params"));
	send(server, json_pack("{s:s,s:{s:{s:s,s:s,s:i,s:s}}}", "method", "textDocument/didOpen",
			       "params", "textDocument", "uri", URI, "languageId", "writ",
			       "version", 1, "text", policy));
}

/* Replaces what is from a place to two columns on. */
static void edit(struct server *server, int line, int column, const char *text, size_t len)
{
	json_t *string = json_stringn(text, len); /* NULL when it is not UTF-8 */

	if (string)
		send(server,
		     json_pack("{s:s,s:{s:{s:s,s:i},s:[{s:{s:{s:i,s:i},s:{s:i,s:i}},s:o}]}}",
			       "method", "textDocument/didChange", "params", "textDocument", "uri",
			       URI, "version", 2, "contentChanges", "range", "start", "line", line,
			       "character", column, "end", "line", line, "character", column + 2,
			       "text", string));
}

/* Takes name over. */
static void request(struct server *server, const char *method, int line, int column, json_t *name)
{
	if (name)
		send(server,
		     json_pack("{s:i,s:s,s:{s:{s:s},s:{s:i,s:i},s:{s:{s:i,s:i},s:{s:i,s:i}},"
			       "s:o,s:{s:b}}}",
			       "id", 2, "method", method, "params", "textDocument", "uri", URI,
			       "position", "line", line, "character", column, "range", "start",
			       "line", 0, "character", 0, "end", "line", line, "character", column,
			       "newName", name, "context", "includeDeclaration", 1));
}

static void act(struct server *server, const uint8_t *piece, size_t size)
{
	const char *text = (const char *)piece + 3;

	if (size < 3)
		return;
	if (piece[0] % (N_METHODS + 2) >= N_METHODS)
		edit(server, piece[1], piece[2], text, size - 3);
	else
		request(server, methods[piece[0] % (N_METHODS + 2)], piece[1], piece[2],
			json_stringn(text, size - 3));
}

static void run_session(const uint8_t *data, size_t size)
{
	struct server *server = server_new(-1, nowhere);
	size_t at = 0;

	open_document(server);
	while (at < size) {
		const uint8_t *end = memchr(data + at, END, size - at);
		size_t len = end ? (size_t)(end - data) - at : size - at;

		act(server, data + at, len);
		at += len + 1;
	}
	server_free(server);
}

static void run_bytes(const uint8_t *data, size_t size)
{
	struct server *server;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		abort();
	if (fcntl(ends[1], F_SETPIPE_SZ, PIPE_CAP) < 0 || size > PIPE_CAP ||
	    write(ends[1], data, size) != (ssize_t)size)
		size = 0;
	close(ends[1]);
	server = server_new(ends[0], nowhere);
	if (server_run(server) < 0)
		abort();
	server_free(server);
	close(ends[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!nowhere)
		nowhere = fopen("/dev/null", "w");
	if (!nowhere || size < 1)
		return 0;
	if (data[0] % 4)
		run_session(data + 1, size - 1);
	else
		run_bytes(data + 1, size - 1);
	return 0;
}
