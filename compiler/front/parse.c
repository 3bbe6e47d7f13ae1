/*
 * Files into one tree: the policy, then what it imports, depth first.
 *
 * A path or a text comes in; each file is checked to be text, scanned and parsed into the same
 * struct ast, then its imports are followed in order. Where an import may lead is decided twice: by
 * its written path alone, so that nothing outside the root is even looked for, and by its real
 * path, so that no symbolic link leads out. Invariant: a file (by device and inode) is parsed at
 * most once, and a chain of imports is at most PARSE_MAX_IMPORT_DEPTH long.
 */
#include "front/parse.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "front/build.h"
#include "front/yaml.h"

#define BOM "\xef\xbb\xbf"

struct unit { /* a file that was read, or is being */
	uint32_t file;
	struct str dir; /* of its path below the root, "" or "a/b" */
	bool has_identity;
	dev_t device;
	ino_t inode;
	bool active; /* its imports are being followed */
};

struct loader {
	struct diag_list *diags;
	struct arena *arena;
	struct ast *ast;
	struct str root; /* "" or a path with '/' at its end, as messages show it */
	char *real_root; /* or NULL when the directory can't be resolved */
	uint32_t main_file;
	struct tokens *tokens; /* where all that are read go, or NULL */
	VEC(struct unit) units;
	unsigned depth;
};

static struct str path_dir(struct str path)
{
	while (path.len > 0 && path.ptr[path.len - 1] != '/')
		path.len--;
	return path;
}

/* Both without a slash at their ends; dir may be empty. */
static struct str path_join(struct arena *arena, struct str dir, struct str name)
{
	if (!dir.len)
		return name;
	return str_printf(arena, "%.*s/%.*s", STR_ARG(dir), STR_ARG(name));
}

static struct str path_parent(struct str path)
{
	struct str dir = path_dir(path);

	if (dir.len)
		dir.len--;
	return dir;
}

/* Resolves "." and ".." of path, relative to dir below the root; false when it leaves the root. */
static bool path_normalise(struct arena *arena, struct str dir, struct str path, struct str *out)
{
	struct str result = dir;

	for (size_t i = 0; i < path.len;) {
		struct str part = {path.ptr + i, 0};

		while (i + part.len < path.len && part.ptr[part.len] != '/')
			part.len++;
		i += part.len + 1;
		if (part.len == 0 || str_eq(part, STR(".")))
			continue;
		if (!str_eq(part, STR(".."))) {
			result = path_join(arena, result, part);
			continue;
		}
		if (!result.len)
			return false;
		result = path_parent(result);
	}
	*out = result;
	return true;
}

static bool is_below(const char *root, const char *path)
{
	size_t len = strlen(root);

	if (strncmp(root, path, len) != 0)
		return false;
	return path[len] == '/' || (len > 0 && root[len - 1] == '/');
}

static void unit_identify(struct unit *unit, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return;
	unit->has_identity = true;
	unit->device = st.st_dev;
	unit->inode = st.st_ino;
}

static const struct unit *loader_find(const struct loader *loader, const struct unit *wanted)
{
	for (size_t i = 0; i < loader->units.n; i++) {
		const struct unit *unit = &loader->units.items[i];

		if (unit->has_identity && wanted->has_identity && unit->device == wanted->device &&
		    unit->inode == wanted->inode)
			return unit;
	}
	return NULL;
}

bool parse_check_text(struct diag_list *diags, uint32_t file, uint32_t *begin)
{
	struct str text = diags->sources->files.items[file].text;
	struct span bad;
	const char *why;

	*begin = 0;
	if (source_check(diags->sources, file, &bad, &why)) {
		diag_report(diags, DIAG_E0004, bad, "%s: a policy is UTF-8 text", why);
		return false;
	}
	if (text.len >= strlen(BOM) && memcmp(text.ptr, BOM, strlen(BOM)) == 0) {
		*begin = (uint32_t)strlen(BOM);
		diag_report(diags, DIAG_E0005, (struct span){file, 0, *begin},
			    "the file begins with a byte order mark: save it as UTF-8 without one");
	}
	return true;
}

/* Scans and parses one file. */
static void parse_file(struct loader *loader, uint32_t file)
{
	size_t errors = loader->diags->errors;
	struct parse *parse = arena_new(loader->arena, struct parse);
	bool yaml = yaml_is_name(loader->diags->sources->files.items[file].path);
	uint32_t begin;

	*parse = (struct parse){
		.diags = loader->diags,
		.arena = loader->arena,
		.ast = loader->ast,
		.file = file,
		.main_file = loader->main_file,
		.text = loader->diags->sources->files.items[file].text,
		.policy_line = SPAN_NONE,
		.tokens = loader->tokens,
	};
	if (!parse_check_text(loader->diags, file, &begin))
		return;
	if (yaml) {
		if (!yaml_translate(parse, begin))
			return;
		begin = 0;
	}
	policy_scan(parse, begin);
	if (file != loader->main_file || parse->policy_line.file != SPAN_NO_FILE ||
	    loader->diags->errors > errors)
		return;
	diag_help(loader->diags,
		  diag_report(loader->diags, DIAG_E0014, (struct span){file, 0, 0},
			      "a policy begins with its name"),
		  "write '%s' as the first %s", yaml ? "policy: NAME" : "policy NAME;",
		  yaml ? "line" : "statement");
}

/* Does a path's spelling say that it is a directory: "x/", "x/.", "x/.."? */
static bool names_directory(struct str path)
{
	size_t dir = path_dir(path).len;
	struct str last = {path.ptr + dir, path.len - dir};

	return !last.len || str_eq(last, STR(".")) || str_eq(last, STR(".."));
}

/* The path an import names, below the root; false when reported. */
static bool import_path(struct loader *loader, const struct unit *from,
			const struct ast_text *written, struct str *below)
{
	struct str path = written->n == 1 ? written->parts[0].text : STR("");
	const char *fault = NULL;

	if (written->n > 1 || (written->n == 1 && written->parts[0].is_param))
		fault = "an import can't depend on a parameter";
	else if (!path.len)
		fault = "an import needs a path";
	else if (path.ptr[0] == '/')
		fault = "an import is relative to the file it stands in, not absolute";
	else if (path.len >= PATH_MAX)
		fault = "the path of an import has at most 4095 bytes";
	else if (names_directory(path))
		fault = "an import names a file, not a directory";
	if (fault) {
		diag_report(loader->diags, DIAG_E0355, written->span, "%s", fault);
		return false;
	}
	if (path_normalise(loader->arena, from->dir, path, below))
		return true;
	diag_help(loader->diags,
		  diag_report(loader->diags, DIAG_E0352, written->span,
			      "'%.*s' leads outside the policy's directory", STR_ARG(path)),
		  "imports stay below the directory of the first file");
	return false;
}

/* Through symbolic links, is path below the root? False when reported. */
static bool import_is_inside(struct loader *loader, const char *path, struct span span)
{
	char *real = realpath(path, NULL);
	int error = errno;
	bool inside = real && loader->real_root && is_below(loader->real_root, real);

	if (!real)
		diag_report(loader->diags, DIAG_E0351, span, "can't read '%s': %s", path,
			    strerror(error));
	else if (!inside)
		diag_report(loader->diags, DIAG_E0352, span,
			    "'%s' is a link that leads outside the policy's directory", path);
	free(real);
	return inside;
}

static bool import_has_room(struct loader *loader, struct span span)
{
	if (loader->depth > PARSE_MAX_IMPORT_DEPTH) {
		diag_report(loader->diags, DIAG_E0354, span, "imports are nested more than %u deep",
			    PARSE_MAX_IMPORT_DEPTH);
		return false;
	}
	if (loader->diags->sources->files.n >= SOURCE_MAX_FILES) {
		diag_report(loader->diags, DIAG_E0354, span, "a policy has at most %u files",
			    SOURCE_MAX_FILES);
		return false;
	}
	return true;
}

/*
 * Reads what an import names, unless it was read before; true and a new unit at the end of
 * loader->units when there is something to parse. *file is the file, new or not.
 */
static bool import_open(struct loader *loader, const struct unit *from,
			const struct ast_text *written, uint32_t *file)
{
	struct unit unit = {0};
	const struct unit *known;
	struct str below;
	struct str path;
	int rc;

	if (!import_path(loader, from, written, &below))
		return false;
	path = str_printf(loader->arena, "%.*s%.*s", STR_ARG(loader->root), STR_ARG(below));
	if (!import_is_inside(loader, path.ptr, written->span))
		return false;
	unit_identify(&unit, path.ptr);
	known = loader_find(loader, &unit);
	if (known)
		*file = known->file;
	if (known && known->active)
		diag_report(loader->diags, DIAG_E0353, written->span,
			    "'%s' is being read already: files can't import each other in a circle",
			    path.ptr);
	if (known || !import_has_room(loader, written->span))
		return false;
	rc = source_load(loader->diags->sources, path, &unit.file);
	if (rc) {
		diag_report(loader->diags, DIAG_E0351, written->span, "can't read '%s': %s",
			    path.ptr, strerror(-rc));
		return false;
	}
	*file = unit.file;
	unit.dir = path_parent(below);
	*vec_push(loader->arena, &loader->units) = unit;
	return true;
}

/* Parses the unit and, below it, what it imports. The recursion is bounded by import_has_room. */
static void load_unit(struct loader *loader, size_t index)
{
	struct unit unit = loader->units.items[index];
	size_t first = loader->ast->imports.n, end;

	parse_file(loader, unit.file);
	end = loader->ast->imports.n;
	loader->units.items[index].active = true;
	loader->depth++;
	for (size_t i = first; i < end; i++) {
		const struct ast_import import = loader->ast->imports.items[i];
		uint32_t file = SPAN_NO_FILE;
		bool is_new = import_open(loader, &unit, &import.path, &file);

		loader->ast->imports.items[i].file = file;
		if (is_new)
			load_unit(loader, loader->units.n - 1);
	}
	loader->depth--;
	loader->units.items[index].active = false;
}

static void load_all(struct diag_list *diags, struct str path, uint32_t file, struct ast *ast)
{
	struct unit unit = {.file = file};
	struct loader loader = {
		.diags = diags,
		.arena = diags->arena,
		.ast = ast,
		.root = path_dir(path),
		.main_file = file,
	};
	const char *cpath = arena_strndup(diags->arena, path.ptr, path.len);
	const char *dir = arena_strndup(diags->arena, loader.root.ptr, loader.root.len);

	*ast = (struct ast){.version_span = SPAN_NONE};
	loader.real_root = realpath(*dir ? dir : ".", NULL);
	unit_identify(&unit, cpath);
	*vec_push(diags->arena, &loader.units) = unit;
	load_unit(&loader, 0);
	free(loader.real_root);
}

int parse_policy(struct diag_list *diags, struct str path, struct ast *ast)
{
	uint32_t file;
	int rc = source_load(diags->sources, path, &file);

	if (rc)
		return rc;
	load_all(diags, path, file, ast);
	return 0;
}

int parse_text(struct diag_list *diags, struct str path, struct str text, struct ast *ast)
{
	if (text.len > SOURCE_MAX_BYTES)
		return -EFBIG;
	if (diags->sources->files.n >= SOURCE_MAX_FILES)
		return -EMFILE;
	load_all(diags, path, source_add(diags->sources, path, text), ast);
	return 0;
}

void parse_alone(struct diag_list *diags, uint32_t file, struct ast *ast, struct tokens *tokens)
{
	struct loader loader = {
		.diags = diags,
		.arena = diags->arena,
		.ast = ast,
		.main_file = SPAN_NO_FILE,
		.tokens = tokens,
	};

	parse_file(&loader, file);
}
