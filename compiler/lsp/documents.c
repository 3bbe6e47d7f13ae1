/*
 * Open documents, and the way between URIs and paths.
 *
 * URIs are compared as the client writes them, which it does the same way every time; files are
 * compared by their resolved paths, since an import may reach one by another name.
 */
#include "lsp/documents.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SCHEME    "file://"
#define LOCALHOST "localhost/"

static char *duplicate(struct str text)
{
	char *copy = strndup(text.ptr, text.len);

	if (!copy)
		arena_die();
	return copy;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The path of a file's URI; of another URI, and of a malformed one, the URI as it is. */
static char *path_of(struct str uri)
{
	char *out = duplicate(uri);
	size_t at = strlen(SCHEME), n = 0;

	if (uri.len <= at || strncasecmp(uri.ptr, SCHEME, at) != 0)
		return out;
	if (strncasecmp(out + at, LOCALHOST, strlen(LOCALHOST)) == 0)
		at += strlen(LOCALHOST) - 1;
	if (out[at] != '/')
		return out;
	for (; at < uri.len; at++, n++) {
		int high = -1, low = -1;

		if (uri.ptr[at] == '%' && at + 2 < uri.len) {
			high = hex_digit(uri.ptr[at + 1]);
			low = hex_digit(uri.ptr[at + 2]);
		}
		out[n] = uri.ptr[at];
		if (high >= 0 && low >= 0 && high + low > 0) {
			out[n] = (char)(high * 16 + low);
			at += 2;
		}
	}
	out[n] = '\0';
	return out;
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("/-_.~", c));
}

struct str document_uri(struct arena *arena, struct str path)
{
	char *out = arena_alloc(arena, strlen(SCHEME) + path.len * 3 + 1);
	size_t n = strlen(SCHEME);

	memcpy(out, SCHEME, sizeof(SCHEME));
	for (size_t i = 0; i < path.len; i++) {
		if (is_plain(path.ptr[i]))
			out[n++] = path.ptr[i];
		else
			n += (size_t)sprintf(out + n, "%%%02X", (unsigned char)path.ptr[i]);
	}
	return (struct str){out, n};
}

struct document *documents_find(const struct documents *documents, struct str uri)
{
	for (size_t i = 0; i < documents->n && uri.ptr; i++) {
		if (str_eq_cstr(uri, documents->items[i]->uri))
			return documents->items[i];
	}
	return NULL;
}

struct document *documents_at(const struct documents *documents, struct str path)
{
	struct document *found = NULL;
	char *copy = duplicate(path);
	char *real = realpath(copy, NULL);

	for (size_t i = 0; i < documents->n && !found; i++) {
		struct document *document = documents->items[i];

		if (strcmp(document->path, copy) == 0 ||
		    (real && document->real && strcmp(document->real, real) == 0))
			found = document;
	}
	free(real);
	free(copy);
	return found;
}

static void document_free(struct document *document)
{
	free(document->uri);
	free(document->path);
	free(document->real);
	free(document->text);
	free(document->importer);
	free(document);
}

struct document *documents_open(struct documents *documents, struct str uri, struct str text)
{
	struct document *document = documents_find(documents, uri);

	if (document)
		documents_close(documents, document);
	if (documents->n == DOCUMENTS_MAX || text.len > SOURCE_MAX_BYTES)
		return NULL;
	document = calloc(1, sizeof(*document));
	if (!document)
		arena_die();
	document->uri = duplicate(uri);
	document->path = path_of(uri);
	document->real = realpath(document->path, NULL);
	documents->items[documents->n++] = document;
	if (!document_edit(document, 0, 0, text))
		arena_die();
	return document;
}

void documents_close(struct documents *documents, struct document *document)
{
	for (size_t i = 0; i < documents->n; i++) {
		if (documents->items[i] == document) {
			documents->n--;
			memmove(&documents->items[i], &documents->items[i + 1],
				(documents->n - i) * sizeof(struct document *));
			document_free(document);
			return;
		}
	}
}

void documents_fini(struct documents *documents)
{
	while (documents->n)
		document_free(documents->items[--documents->n]);
}

struct str document_text(const struct document *document)
{
	return (struct str){document->text, document->len};
}

bool document_edit(struct document *document, size_t begin, size_t end, struct str text)
{
	size_t len = document->len - (end - begin) + text.len;
	char *out;

	if (len > SOURCE_MAX_BYTES)
		return false;
	out = malloc(len + 1);
	if (!out)
		arena_die();
	if (begin)
		memcpy(out, document->text, begin);
	if (text.len)
		memcpy(out + begin, text.ptr, text.len);
	if (document->len > end)
		memcpy(out + begin + text.len, document->text + end, document->len - end);
	out[len] = '\0';
	free(document->text);
	document->text = out;
	document->len = len;
	return true;
}
