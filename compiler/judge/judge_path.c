/*
 * Paths: what may be read, written and executed, and which unix sockets may be connected to.
 *
 * A denied pattern wins, and takes everything below with it. A scratch directory stands in front of
 * what is granted around it: it can be read and written, and nothing in it can be executed. Else
 * one of the granted trees, also one below a scratch directory, has to have the Landlock right that
 * the question is about.
 */
#include <linux/landlock.h>
#include <string.h>

#include "ir/ir_print.h"
#include "ir/ir_endpoint.h"
#include "ir/ir_value.h"
#include "judge/judge.h"
#include "link/bundle_where.h"

static const struct {
	uint32_t right;
	uint64_t access; /* what Landlock calls it, on a file */
	const char *verb;
} rights[] = {
	{WRIT_PATH_READ, LANDLOCK_ACCESS_FS_READ_FILE, "reading"},
	{WRIT_PATH_WRITE, LANDLOCK_ACCESS_FS_WRITE_FILE, "writing"},
	{WRIT_PATH_EXECUTE, LANDLOCK_ACCESS_FS_EXECUTE, "executing"},
};

static size_t right_index(uint32_t right)
{
	size_t i = 0;

	while (rights[i].right != right)
		i++;
	return i;
}

static bool names_begin(const struct ir_names *names, const struct ir_names *with)
{
	if (with->n > names->n)
		return false;
	for (size_t i = 0; i < with->n; i++) {
		if (!str_eq(names->items[i], with->items[i]))
			return false;
	}
	return true;
}

static bool value_path(const struct judge *judge, const struct ir_text *text, struct ir_names *out)
{
	return ir_value_path(judge->arena, ir_text_expand(judge->arena, judge->values, text), out);
}

static bool is_under(const struct judge *judge, const struct ir_names *path,
		     const struct ir_text *tree)
{
	struct ir_names names;

	return value_path(judge, tree, &names) && names_begin(path, &names);
}

/* Does a pattern match the path or a directory above it? */
static bool is_denied(const struct judge *judge, const struct ir_names *path,
		      const struct ir_text *text)
{
	struct ir_names pattern, above = *path;

	if (!value_path(judge, text, &pattern))
		return true; /* not what a bundle holds; to deny is safe */
	for (above.n = 0; above.n <= path->n; above.n++) {
		if (ir_glob_path(judge->arena, &pattern, &above))
			return true;
	}
	return false;
}

static struct str because(const struct judge *judge, const struct ir_text *text, const char *what)
{
	return str_printf(judge->arena, "%s by \"%.*s\"", what,
			  STR_ARG(ir_text_spell(judge->arena, judge->ir, text)));
}

/* The first deny that matches. */
static bool find_deny(const struct judge *judge, uint32_t sandbox, const struct ir_names *path,
		      struct judgement *out)
{
	const struct ir_sandbox *box = &judge->ir->sandboxes.items[sandbox];

	for (size_t i = 0; i < box->denies.n; i++) {
		const struct ir_text *text = &box->denies.items[i].text;

		if (!is_denied(judge, path, text))
			continue;
		*out = judge_refused(JUDGE_DENIES, i, because(judge, text, "it is denied"));
		return true;
	}
	return false;
}

/* Is the path in a tree that is granted below a scratch directory? There it is the host's. */
static bool is_granted_below(const struct judge *judge, uint32_t sandbox,
			     const struct ir_names *path, const struct ir_names *scratch)
{
	const struct writ_fmt_sandbox *box = BUNDLE_AT(&judge->image, SANDBOXES, sandbox, sandbox);

	for (uint32_t i = 0; i < box->paths.count; i++) {
		const struct writ_fmt_path *grant = BUNDLE_AT(&judge->image, PATHS, path,
							      box->paths.first + i);
		struct ir_text text = bundle_text(judge->parts, grant->text);
		struct ir_names tree;

		if (value_path(judge, &text, &tree) && names_begin(path, &tree) &&
		    tree.n > scratch->n && names_begin(&tree, scratch))
			return true;
	}
	return false;
}

static bool find_scratch(const struct judge *judge, uint32_t sandbox, const struct ir_names *path,
			 uint32_t right, struct judgement *out)
{
	const struct ir_sandbox *box = &judge->ir->sandboxes.items[sandbox];

	for (size_t i = 0; i < box->scratches.n; i++) {
		const struct ir_text *text = &box->scratches.items[i].text;
		struct ir_names scratch;

		if (!value_path(judge, text, &scratch) || !names_begin(path, &scratch) ||
		    is_granted_below(judge, sandbox, path, &scratch))
			continue;
		if (right == WRIT_PATH_EXECUTE)
			*out = judge_refused(JUDGE_SCRATCHES, i,
					     STR("a scratch directory holds nothing to execute"));
		else
			*out = judge_allowed(JUDGE_SCRATCHES, i,
					     because(judge, text,
						     "it is in the scratch directory made"));
		return true;
	}
	return false;
}

static struct judgement find_grant(const struct judge *judge, uint32_t sandbox,
				   const struct ir_names *path, size_t right)
{
	const struct writ_fmt_sandbox *box = BUNDLE_AT(&judge->image, SANDBOXES, sandbox, sandbox);

	for (uint32_t i = 0; i < box->paths.count; i++) {
		const struct writ_fmt_path *grant = BUNDLE_AT(&judge->image, PATHS, path,
							      box->paths.first + i);
		struct ir_text text = bundle_text(judge->parts, grant->text);

		if ((grant->access & rights[right].access) && is_under(judge, path, &text))
			return judge_allowed(JUDGE_PATHS, i,
					     because(judge, &text, "it is granted"));
	}
	return judge_refused(JUDGE_NONE, 0,
			     str_printf(judge->arena, "nothing grants %s it", rights[right].verb));
}

struct judgement judge_path(const struct judge *judge, uint32_t sandbox, uint32_t right,
			    struct str path)
{
	struct ir_names names = {0};
	struct judgement out;

	if (!ir_value_path(judge->arena, path, &names))
		return judge_refused(JUDGE_NONE, 0, STR("it is no absolute path"));
	if (find_deny(judge, sandbox, &names, &out) ||
	    find_scratch(judge, sandbox, &names, right, &out))
		return out;
	return find_grant(judge, sandbox, &names, right_index(right));
}

struct judgement judge_unix(const struct judge *judge, uint32_t sandbox, struct str path)
{
	const struct ir_sandbox *box = &judge->ir->sandboxes.items[sandbox];
	struct ir_names names = {0};
	struct judgement out;

	if (!ir_value_path(judge->arena, path, &names))
		return judge_refused(JUDGE_NONE, 0, STR("it is no absolute path"));
	if (find_deny(judge, sandbox, &names, &out))
		return out;
	for (size_t i = 0; i < box->unix_sockets.n; i++) {
		const struct ir_text *text = &box->unix_sockets.items[i].text;
		struct ir_names socket;

		if (ir_value_path(judge->arena, ir_text_expand(judge->arena, judge->values, text),
				  &socket) &&
		    socket.n == names.n && names_begin(&names, &socket))
			return judge_allowed(JUDGE_UNIX, i, because(judge, text, "it is granted"));
	}
	return judge_refused(JUDGE_NONE, 0, STR("no unix socket of this path is granted"));
}
