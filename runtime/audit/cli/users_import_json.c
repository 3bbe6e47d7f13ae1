/*
 * Users as JSON lines: one object a line, {"user": NAME, "roles": [ROLE...], ...}.
 *
 * A role is its name, or an object with "role" and what export says of a grant. Keys that are not
 * known, given twice, or of another type are errors, as are lines that are too long, hold a NUL, or
 * anything behind the object: nothing of a file is passed over. jansson decodes strings.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/audit/cli/users.h"
#include "runtime/audit/fail.h"

#define MAX_LINE ((size_t)1 << 20)

/* A member: where its value goes. */
struct member {
	const char *key;
	enum { TEXT, TIME, TRUTH, LIST } kind;
	void *value;
};

/* A null is as good as nothing. */
static int read_value(const struct member *member, json_t *value, struct writ_error *error)
{
	bool right = json_is_null(value);

	if (right)
		return 0;
	switch (member->kind) {
	case TEXT:
		right = json_is_string(value);
		*(const char **)member->value = json_string_value(value);
		break;
	case TIME:
		right = json_is_string(value) &&
			users_read_time(json_string_value(value), member->value);
		break;
	case TRUTH:
		right = json_is_boolean(value);
		*(bool *)member->value = json_is_true(value);
		break;
	case LIST:
		right = json_is_array(value);
		*(json_t **)member->value = value;
		break;
	}
	if (!right)
		return fail_set(error, WRIT_E_FORMAT, "\"%s\" has a value that it can't have",
				member->key);
	return 0;
}

static int read_object(json_t *object, const struct member *members, size_t n,
		       struct writ_error *error)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return fail_set(error, WRIT_E_FORMAT, "it is not an object");
	json_object_foreach(object, key, value)
	{
		size_t i = 0;
		int rc;

		while (i < n && strcmp(members[i].key, key) != 0)
			i++;
		if (i == n)
			return fail_set(error, WRIT_E_FORMAT, "there is no key \"%.40s\" here",
					key);
		rc = read_value(&members[i], value, error);
		if (rc)
			return rc;
	}
	return 0;
}

static int read_role(struct users_import *import, int64_t user, json_t *value,
		     struct writ_error *error)
{
	struct identity_grant grant = {.role = json_string_value(value)};
	const struct member members[] = {
		{"role", TEXT, &grant.role},
		{"granted", TIME, &grant.granted_s},
		{"granted_by", TEXT, &grant.granted_by},
		{"expires", TIME, &grant.expires_s},
	};
	int rc = 0;

	if (!grant.role)
		rc = read_object(value, members, sizeof(members) / sizeof(members[0]), error);
	if (!rc && !grant.role)
		rc = fail_set(error, WRIT_E_FORMAT, "a role has no \"role\"");
	return rc ? rc : users_import_grant(import, user, &grant, error);
}

static int read_user(struct users_import *import, json_t *object, struct writ_error *error)
{
	struct identity_user user = {.name = NULL};
	json_t *roles = NULL;
	const struct member members[] = {
		{"user", TEXT, &user.name},
		{"disabled", TRUTH, &user.disabled},
		{"created", TIME, &user.created_s},
		{"created_by", TEXT, &user.created_by},
		{"roles", LIST, &roles},
	};
	int rc = read_object(object, members, sizeof(members) / sizeof(members[0]), error);

	if (!rc && !user.name)
		rc = fail_set(error, WRIT_E_FORMAT, "it has no \"user\"");
	if (!rc)
		rc = users_import_user(import, &user, error);
	for (size_t i = 0; i < json_array_size(roles) && !rc; i++)
		rc = read_role(import, user.id, json_array_get(roles, i), error);
	return rc;
}

static int read_line(struct users_import *import, const char *text, size_t len,
		     struct writ_error *error)
{
	json_error_t where;
	json_t *object;
	int rc;

	if (len > MAX_LINE)
		return fail_set(error, WRIT_E_FORMAT, "the line is longer than %zu bytes",
				MAX_LINE);
	object = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);
	if (!object)
		return fail_set(error, WRIT_E_FORMAT, "%s", where.text);
	rc = read_user(import, object, error);
	json_decref(object);
	return rc;
}

/* As getline(3), but of no more than MAX_LINE bytes and one: -1 at the end. */
static ssize_t next_line(FILE *file, char *text)
{
	size_t n = 0;
	int c = getc(file);

	if (c == EOF)
		return -1;
	for (; c != EOF && c != '\n'; c = getc(file)) {
		text[n++] = (char)c;
		if (n > MAX_LINE)
			break;
	}
	return (ssize_t)n;
}

int users_import_json(struct users_import *import, struct writ_error *error)
{
	char *text = malloc(MAX_LINE + 1);
	ssize_t n;
	int rc = 0;

	if (!text)
		return fail_set(error, WRIT_E_NOMEM, "out of memory");
	while (!rc && (n = next_line(import->file, text)) >= 0) {
		import->line++;
		if (n > 0)
			rc = read_line(import, text, (size_t)n, error);
	}
	free(text);
	if (!rc && ferror(import->file))
		return fail_set(error, WRIT_E_OPEN, "it can't be read: %s", strerror(errno));
	return rc;
}
