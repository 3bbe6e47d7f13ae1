/*
 * Messages to features: the life of a session, and the table of methods.
 *
 * One thread, one message at a time, in order. Documents are recompiled when nothing more is
 * waiting to be read, so that who types fast waits for the last key only; a request that needs
 * the compiler's answer has it brought up to date first. Invariant: every request gets exactly one
 * response, and a notification none.
 */
#include "lsp/server.h"

#include <stdlib.h>
#include <string.h>

#include "lsp/features.h"
#include "lsp/json.h"
#include "lsp/wire.h"

/* ErrorCodes of JSON-RPC and of the protocol. */
enum {
	CODE_PARSE_ERROR = -32700,
	CODE_INVALID_REQUEST = -32600,
	CODE_NO_METHOD = -32601,
	CODE_NOT_INITIALIZED = -32002,
	CODE_REQUEST_FAILED = -32803,
};

enum { MESSAGE_ERROR = 1, SYNC_INCREMENTAL = 2 };

enum life { LIFE_NEW, LIFE_INITIALIZED, LIFE_SHUT_DOWN, LIFE_EXITED };

struct server {
	struct wire wire;
	struct workspace workspace;
	enum life life;
	bool clean;        /* exit came after shutdown */
	bool broken;       /* nobody reads what we write */
	json_t *published; /* {uri: diagnostics} as the client has them */
};

static void send_message(struct server *server, json_t *message)
{
	char *text;

	lsp_set(message, "jsonrpc", json_string("2.0"));
	text = json_dumps(message, JSON_COMPACT);
	if (!text)
		arena_die();
	if (wire_write(&server->wire, str_from(text)))
		server->broken = true;
	free(text);
	json_decref(message);
}

/* Takes result over; NULL is null. */
static void respond(struct server *server, const json_t *id, json_t *result)
{
	json_t *message = lsp_object();

	lsp_set(message, "id", json_deep_copy(id));
	lsp_set(message, "result", result ? result : json_null());
	send_message(server, message);
}

/* id may be NULL: it could not be read. */
static void respond_error(struct server *server, const json_t *id, int code, struct str text)
{
	json_t *message = lsp_object(), *error = lsp_object();

	lsp_set(error, "code", json_integer(code));
	lsp_set(error, "message", lsp_text(text));
	lsp_set(message, "id", id ? json_deep_copy(id) : json_null());
	lsp_set(message, "error", error);
	send_message(server, message);
}

/* Takes params over. */
static void notify(struct server *server, const char *method, json_t *params)
{
	json_t *message = lsp_object();

	lsp_set(message, "method", json_string(method));
	lsp_set(message, "params", params);
	send_message(server, message);
}

static void show_error(struct server *server, const char *text)
{
	notify(server, "window/showMessage",
	       lsp_must(json_pack("{s:i,s:s}", "type", MESSAGE_ERROR, "message", text)));
}

static bool offers_utf8(const json_t *params)
{
	const json_t *encodings = lsp_at(params, "capabilities.general.positionEncodings");

	for (size_t i = 0; i < json_array_size(encodings); i++) {
		const char *encoding = json_string_value(json_array_get(encodings, i));

		if (encoding && strcmp(encoding, "utf-8") == 0)
			return true;
	}
	return false;
}

static json_t *initialize(struct server *server, const json_t *params)
{
	bool utf8 = offers_utf8(params);

	server->life = LIFE_INITIALIZED;
	server->workspace.encoding = utf8 ? POSITION_UTF8 : POSITION_UTF16;
	return lsp_must(
		json_pack("{s:{s:s,s:{s:b,s:i,s:{s:b}},s:b,s:b,s:b,s:b,s:b,s:b,s:{s:b},s:{s:[s]},"
			  "s:{s:[s,s,s]}},s:{s:s,s:s}}",
			  "capabilities", "positionEncoding", utf8 ? "utf-8" : "utf-16",
			  "textDocumentSync", "openClose", 1, "change", SYNC_INCREMENTAL, "save",
			  "includeText", 0, "hoverProvider", 1, "definitionProvider", 1,
			  "referencesProvider", 1, "documentHighlightProvider", 1,
			  "documentSymbolProvider", 1, "documentFormattingProvider", 1,
			  "renameProvider", "prepareProvider", 1, "codeActionProvider",
			  "codeActionKinds", "quickfix", "completionProvider", "triggerCharacters",
			  "{", "@", "(", "serverInfo", "name", "writc", "version", WRIT_VERSION));
}

static void did_open(struct server *server, const json_t *params)
{
	struct workspace *workspace = &server->workspace;
	struct str uri = lsp_str_at(params, "textDocument.uri");
	struct str text = lsp_str_at(params, "textDocument.text");
	struct document *document;

	if (!uri.ptr || !text.ptr)
		return;
	workspace_forget(workspace);
	document = documents_open(&workspace->documents, uri, text);
	if (document)
		document->version = json_integer_value(lsp_at(params, "textDocument.version"));
	else
		show_error(server, "the document is too large, or too many are open");
}

static bool apply_change(const struct workspace *workspace, struct document *document,
			 const json_t *change)
{
	struct str text = lsp_str_at(change, "text");
	struct position first, last;
	size_t begin = 0, end = document->len;

	if (!text.ptr)
		return false;
	if (lsp_at(change, "range")) {
		if (!position_read(lsp_at(change, "range.start"), &first) ||
		    !position_read(lsp_at(change, "range.end"), &last))
			return false;
		begin = position_offset(document_text(document), workspace->encoding, first);
		end = position_offset(document_text(document), workspace->encoding, last);
	}
	return begin <= end && document_edit(document, begin, end, text);
}

static void did_change(struct server *server, const json_t *params)
{
	struct workspace *workspace = &server->workspace;
	struct document *document = documents_find(&workspace->documents,
						   lsp_str_at(params, "textDocument.uri"));
	const json_t *changes = lsp_at(params, "contentChanges");

	if (!document)
		return;
	workspace_edited(workspace, document);
	document->version = json_integer_value(lsp_at(params, "textDocument.version"));
	for (size_t i = 0; i < json_array_size(changes); i++) {
		if (!apply_change(workspace, document, json_array_get(changes, i))) {
			show_error(server, "a change of the document can't be applied");
			return;
		}
	}
}

static void did_close(struct server *server, const json_t *params)
{
	struct workspace *workspace = &server->workspace;
	struct document *document = documents_find(&workspace->documents,
						   lsp_str_at(params, "textDocument.uri"));

	workspace_forget(workspace);
	if (document)
		documents_close(&workspace->documents, document);
}

/* What is on disk has changed: by us, or by others. */
static void did_save(struct server *server, const json_t *params)
{
	(void)params;
	workspace_forget(&server->workspace);
}

static void ignore(struct server *server, const json_t *params)
{
	(void)server;
	(void)params;
}

static json_t *shut_down(struct server *server, const json_t *params)
{
	(void)params;
	server->life = LIFE_SHUT_DOWN;
	return NULL;
}

static void leave(struct server *server, const json_t *params)
{
	(void)params;
	server->clean = server->life == LIFE_SHUT_DOWN;
	server->life = LIFE_EXITED;
}

static const struct method {
	const char *name;
	enum life life; /* in which it is allowed */
	json_t *(*answer)(struct workspace *, const json_t *params, struct str *refused);
	json_t *(*request)(struct server *, const json_t *params);
	void (*notification)(struct server *, const json_t *params);
} methods[] = {
	{"initialize", LIFE_NEW, NULL, initialize, NULL},
	{"initialized", LIFE_INITIALIZED, NULL, NULL, ignore},
	{"shutdown", LIFE_INITIALIZED, NULL, shut_down, NULL},
	{"textDocument/didOpen", LIFE_INITIALIZED, NULL, NULL, did_open},
	{"textDocument/didChange", LIFE_INITIALIZED, NULL, NULL, did_change},
	{"textDocument/didClose", LIFE_INITIALIZED, NULL, NULL, did_close},
	{"textDocument/didSave", LIFE_INITIALIZED, NULL, NULL, did_save},
	{"workspace/didChangeWatchedFiles", LIFE_INITIALIZED, NULL, NULL, did_save},
	{"textDocument/hover", LIFE_INITIALIZED, feature_hover, NULL, NULL},
	{"textDocument/definition", LIFE_INITIALIZED, feature_definition, NULL, NULL},
	{"textDocument/references", LIFE_INITIALIZED, feature_references, NULL, NULL},
	{"textDocument/documentHighlight", LIFE_INITIALIZED, feature_highlights, NULL, NULL},
	{"textDocument/documentSymbol", LIFE_INITIALIZED, feature_symbols, NULL, NULL},
	{"textDocument/completion", LIFE_INITIALIZED, feature_completion, NULL, NULL},
	{"textDocument/formatting", LIFE_INITIALIZED, feature_formatting, NULL, NULL},
	{"textDocument/codeAction", LIFE_INITIALIZED, feature_actions, NULL, NULL},
	{"textDocument/rename", LIFE_INITIALIZED, feature_rename, NULL, NULL},
	{"textDocument/prepareRename", LIFE_INITIALIZED, feature_prepare_rename, NULL, NULL},
};

static const struct method *find_method(const char *name)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (strcmp(methods[i].name, name) == 0)
			return &methods[i];
	}
	return NULL;
}

static void handle_notification(struct server *server, const char *name, const json_t *params)
{
	const struct method *method = find_method(name);

	if (strcmp(name, "exit") == 0)
		leave(server, params);
	else if (method && method->notification && method->life == server->life)
		method->notification(server, params);
}

static void answer(struct server *server, const struct method *method, const json_t *id,
		   const json_t *params)
{
	struct str refused = {0};
	json_t *result = method->answer(&server->workspace, params, &refused);

	if (refused.ptr)
		respond_error(server, id, CODE_REQUEST_FAILED, refused);
	else
		respond(server, id, result);
}

static void handle_request(struct server *server, const char *name, const json_t *id,
			   const json_t *params)
{
	const struct method *method = find_method(name);

	if (server->life == LIFE_NEW && (!method || method->life != LIFE_NEW))
		respond_error(server, id, CODE_NOT_INITIALIZED,
			      STR("the first request is 'initialize'"));
	else if (!method || method->notification)
		respond_error(server, id, CODE_NO_METHOD, STR("there is no such request"));
	else if (method->life != server->life)
		respond_error(server, id, CODE_INVALID_REQUEST,
			      STR("the request comes at the wrong time"));
	else if (method->request)
		respond(server, id, method->request(server, params));
	else
		answer(server, method, id, params);
}

static bool is_id(const json_t *id)
{
	return json_is_string(id) || json_is_integer(id);
}

static void dispatch(struct server *server, const json_t *message)
{
	const char *name = json_string_value(lsp_at(message, "method"));
	const json_t *id = lsp_at(message, "id"), *params = lsp_at(message, "params");

	if (!name && is_id(id) && (lsp_at(message, "result") || lsp_at(message, "error")))
		return; /* a response; we ask nothing */
	if (!name || (id && !is_id(id)))
		respond_error(server, is_id(id) ? id : NULL, CODE_INVALID_REQUEST,
			      STR("this is no message of the protocol"));
	else if (id)
		handle_request(server, name, id, params);
	else
		handle_notification(server, name, params);
}

void server_handle(struct server *server, struct str body)
{
	json_t *message;

	if (server->life == LIFE_EXITED)
		return;
	message = json_loadb(body.ptr, body.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	if (!message) {
		respond_error(server, NULL, CODE_PARSE_ERROR, STR("this is not JSON"));
		return;
	}
	dispatch(server, message);
	json_decref(message);
	arena_fini(&server->workspace.scratch);
	arena_init(&server->workspace.scratch);
}

/* Sends one file's diagnostics, unless the client has them already. */
static void publish_file(struct server *server, const char *uri, json_t *diagnostics)
{
	const struct document *document = documents_find(&server->workspace.documents,
							 str_from(uri));
	json_t *params;

	if (!document && json_equal(json_object_get(server->published, uri), diagnostics))
		return;
	params = lsp_object();
	lsp_set(params, "uri", json_string(uri));
	if (document)
		lsp_set(params, "version", json_integer(document->version));
	lsp_set(params, "diagnostics", json_incref(diagnostics));
	notify(server, "textDocument/publishDiagnostics", params);
}

static void publish(struct server *server)
{
	json_t *all = feature_diagnostics(&server->workspace);
	json_t *diagnostics;
	const char *uri;

	json_object_foreach(server->published, uri, diagnostics)
	{
		if (!json_object_get(all, uri) && json_array_size(diagnostics))
			lsp_set(all, uri, lsp_array());
	}
	json_object_foreach(all, uri, diagnostics) publish_file(server, uri, diagnostics);
	json_decref(server->published);
	server->published = all;
	server->workspace.changed = false;
}

struct server *server_new(int in, FILE *out)
{
	struct server *server = calloc(1, sizeof(*server));

	if (!server)
		arena_die();
	wire_init(&server->wire, in, out);
	workspace_init(&server->workspace);
	server->published = lsp_object();
	return server;
}

void server_free(struct server *server)
{
	json_decref(server->published);
	workspace_fini(&server->workspace);
	wire_fini(&server->wire);
	free(server);
}

int server_run(struct server *server)
{
	struct str body;

	while (server->life != LIFE_EXITED && !server->broken) {
		enum wire_status status;

		if (server->workspace.changed && server->life == LIFE_INITIALIZED &&
		    !wire_pending(&server->wire))
			publish(server);
		status = wire_read(&server->wire, &body);
		if (status == WIRE_BAD)
			respond_error(server, NULL, CODE_PARSE_ERROR, str_from(server->wire.why));
		if (status != WIRE_MESSAGE)
			return 1;
		server_handle(server, body);
	}
	return server->clean ? 0 : 1;
}
