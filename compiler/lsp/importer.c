/*
 * The search for the policy that imports a file: in its directory, then in the two above, since
 * imports only lead down.
 *
 * A file that has the word "import" and this file's name in it is a candidate; whether it imports
 * it is for the compiler to say. The first candidate in the order of names is taken, so that the
 * answer does not depend on the order of the directory.
 */
#include "lsp/importer.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front/yaml.h"

#define MAX_LEVELS     3
#define MAX_CANDIDATES 256
#define MAX_BYTES      ((size_t)1 << 20)

static const char *const suffixes[] = {".writ", ".yaml", ".yml"};

/* Behind white space and comments. */
static struct str skip_layout(struct str text)
{
	size_t i = 0;

	while (i < text.len && (text.ptr[i] == '#' || strchr(" \t\r\n", text.ptr[i]))) {
		const char *line = text.ptr + i;
		const char *end = text.ptr[i] == '#' ? memchr(line, '\n', text.len - i) : line;

		if (!end)
			return (struct str){text.ptr + text.len, 0};
		i = (size_t)(end - text.ptr) + 1;
	}
	return (struct str){text.ptr + i, text.len - i};
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t len = strlen(name), n = strlen(suffix);

	return len > n && strcmp(name + len - n, suffix) == 0;
}

bool importer_is_policy(const struct document *document)
{
	struct str text = document_text(document);
	const char *key = "\npolicy:";
	struct str rest;

	if (yaml_is_name(str_from(document->path)))
		return (text.len >= strlen(key) - 1 &&
			memcmp(text.ptr, key + 1, strlen(key) - 1) == 0) ||
		       memmem(text.ptr, text.len, key, strlen(key));
	rest = skip_layout(text);
	return rest.len > 6 && memcmp(rest.ptr, "policy", 6) == 0 && strchr(" \t\r\n", rest.ptr[6]);
}

static int is_candidate_name(const struct dirent *entry)
{
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		if (has_suffix(entry->d_name, suffixes[i]))
			return 1;
	}
	return 0;
}

static bool mentions(const char *path, const char *name)
{
	FILE *file = fopen(path, "re");
	char *text = file ? malloc(MAX_BYTES) : NULL;
	size_t len = text ? fread(text, 1, MAX_BYTES, file) : 0;
	bool found = len && memmem(text, len, "import", strlen("import")) &&
		     memmem(text, len, name, strlen(name));

	free(text);
	if (file)
		(void)fclose(file);
	return found;
}

/* The first file of a directory that mentions name and is not the file itself. */
static char *search_dir(const char *dir, const char *name, const char *self)
{
	struct dirent **entries = NULL;
	int n = scandir(dir, &entries, is_candidate_name, alphasort);
	char *found = NULL;

	for (int i = 0; i < n; i++) {
		char *path = NULL;

		if (!found && i < MAX_CANDIDATES &&
		    asprintf(&path, "%s/%s", dir, entries[i]->d_name) >= 0 &&
		    strcmp(path, self) != 0 && mentions(path, name))
			found = path;
		else
			free(path);
		free(entries[i]);
	}
	free(entries);
	return found;
}

const char *importer_find(struct document *document)
{
	char *dir;

	if (document->importer_known || !document->real)
		return document->importer;
	document->importer_known = true;
	dir = strdup(document->real);
	for (int level = 0; dir && level < MAX_LEVELS && !document->importer; level++) {
		char *slash = strrchr(dir, '/');

		if (!slash || slash == dir)
			break;
		*slash = '\0';
		document->importer = search_dir(dir, strrchr(document->real, '/') + 1,
						document->real);
	}
	free(dir);
	return document->importer;
}

void importer_forget(struct document *document)
{
	document->importer_known = false;
	free(document->importer);
	document->importer = NULL;
}
