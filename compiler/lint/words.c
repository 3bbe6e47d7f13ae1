/*
 * What lint rules ask about texts: is a path in a tree, does a name stand for a secret.
 */
#include <string.h>
#include <strings.h>

#include "lint/rules.h"

struct str lint_spell(struct lint *lint, const struct ast_text *text)
{
	struct str out = STR("");

	if (text->n == 1 && !text->parts[0].is_param)
		return text->parts[0].text;
	for (size_t i = 0; i < text->n; i++) {
		const struct ast_text_part *part = &text->parts[i];

		out = str_printf(lint->arena, part->is_param ? "%.*s${%.*s}" : "%.*s%.*s",
				 STR_ARG(out), STR_ARG(part->text));
	}
	return out;
}

bool lint_begins_with(struct str text, struct str head)
{
	return text.len >= head.len && memcmp(text.ptr, head.ptr, head.len) == 0;
}

bool lint_is_everything(struct str pattern)
{
	for (size_t i = 0; i < pattern.len; i++) {
		if (pattern.ptr[i] != '*')
			return false;
	}
	return true;
}

bool lint_ends_with(struct str text, struct str tail)
{
	return text.len >= tail.len &&
	       memcmp(text.ptr + text.len - tail.len, tail.ptr, tail.len) == 0;
}

bool lint_is_within(struct str path, struct str tree)
{
	if (str_eq(tree, STR("/")))
		return path.len && path.ptr[0] == '/';
	return lint_begins_with(path, tree) && (path.len == tree.len || path.ptr[tree.len] == '/');
}

uint32_t lint_role_id(const struct lint *lint, const struct ast_role *role)
{
	uint32_t id = 0;

	map_get(&lint->role_ids, role->name.text, &id);
	return id;
}

static bool is_separator(char c)
{
	return c == '_' || c == '-' || c == '.';
}

static bool is_secret_word(const char *word, size_t len)
{
	static const char *const words[] = {
		"TOKEN",  "SECRET",     "PASSWORD",    "PASSWD", "PASSPHRASE",
		"APIKEY", "CREDENTIAL", "CREDENTIALS", "PAT",    "PRIVATEKEY",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strlen(words[i]) == len && strncasecmp(words[i], word, len) == 0)
			return true;
	}
	return false;
}

/* "KEY" alone is the key of a table as often; behind one of these it is not. And PGPASSWORD. */
static bool is_secret_key(struct str name)
{
	static const char *const tails[] = {
		"api_key",    "api-key",     "private_key",    "access_key",
		"secret_key", "signing_key", "encryption_key", "password",
	};

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		size_t len = strlen(tails[i]);

		if (name.len >= len && strncasecmp(name.ptr + name.len - len, tails[i], len) == 0)
			return true;
	}
	return false;
}

bool lint_is_secret_name(struct str name)
{
	size_t begin = 0;

	for (size_t i = 0; i <= name.len; i++) {
		if (i < name.len && !is_separator(name.ptr[i]))
			continue;
		if (is_secret_word(name.ptr + begin, i - begin))
			return true;
		begin = i + 1;
	}
	return is_secret_key(name);
}
