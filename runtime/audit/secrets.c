/*
 * Arguments that are secret by their names.
 *
 * In: a policy, once; then the names of a tool and of an argument. An argument is secret if any
 * tool of that name, or wildcard that matches it, declares it so, or for a tool that the policy
 * does not list, which may be one misspelt, if any tool does; or if its name is one that secrets
 * have everywhere ("password", "X-Api-Key"). Names are compared without case, as who calls may
 * spell them so. Of nested arguments, with dots in their names, a secret one hides what is in it
 * and what it is in. All is copied: the policy may be closed before its records are written.
 */
#include "runtime/audit/secrets.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "runtime/audit/fail.h"
#include "runtime/writ_info.h"

struct secret {
	char *tool; /* a name or a wildcard */
	char *name; /* "" of each tool as such: no argument has it */
};

struct secrets {
	struct secret *items; /* names, sorted by them, then wildcards */
	size_t n;
	size_t n_exact;
};

/* Sorted; without case, '-' and '_'. */
static const char *const everywhere[] = {
	"accesstoken",   "apikey",        "apitoken",
	"authorization", "authtoken",     "awssecretaccesskey",
	"bearertoken",   "clientsecret",  "cookie",
	"credential",    "credentials",   "githubtoken",
	"idtoken",       "passphrase",    "passwd",
	"password",      "privatekey",    "proxyauthorization",
	"refreshtoken",  "secret",        "secretaccesskey",
	"secretkey",     "secrets",       "sessiontoken",
	"setcookie",     "signingsecret", "token",
	"webhooksecret", "xapikey",
};
#define N_EVERYWHERE (sizeof(everywhere) / sizeof(everywhere[0]))
#define MAX_KNOWN    20u /* bytes of one */

static int order(const void *a, const void *b)
{
	const struct secret *first = a;
	const struct secret *second = b;
	int wild = (strchr(first->tool, '*') != NULL) - (strchr(second->tool, '*') != NULL);

	return wild ? wild : strcmp(first->tool, second->tool);
}

static bool add(struct secrets *secrets, const char *tool, const char *name)
{
	struct secret *items = realloc(secrets->items, (secrets->n + 1) * sizeof(*items));

	if (!items)
		return false;
	secrets->items = items;
	items[secrets->n] = (struct secret){strdup(tool), strdup(name)};
	secrets->n++;
	return items[secrets->n - 1].tool && items[secrets->n - 1].name;
}

static bool add_tool(struct secrets *secrets, const struct writ_policy *policy, uint32_t index,
		     const struct writ_tool *tool)
{
	struct writ_tool_argument arg;

	if (!add(secrets, tool->name, ""))
		return false;
	for (uint32_t i = 0; !writ_tool_argument(policy, index, i, &arg); i++)
		if (arg.secret && !add(secrets, tool->name, arg.name))
			return false;
	return true;
}

int secrets_new(const struct writ_policy *policy, struct secrets **out, struct writ_error *error)
{
	struct secrets *secrets = calloc(1, sizeof(*secrets));
	struct writ_tool tool;
	bool ok = secrets != NULL;

	for (uint32_t i = 0; ok && policy && !writ_tool(policy, i, &tool); i++)
		ok = add_tool(secrets, policy, i, &tool);
	if (!ok) {
		secrets_free(secrets);
		return fail_set(error, WRIT_E_NOMEM, "out of memory");
	}
	if (secrets->n)
		qsort(secrets->items, secrets->n, sizeof(*secrets->items), order);
	while (secrets->n_exact < secrets->n && !strchr(secrets->items[secrets->n_exact].tool, '*'))
		secrets->n_exact++;
	*out = secrets;
	return 0;
}

void secrets_free(struct secrets *secrets)
{
	if (!secrets)
		return;
	for (size_t i = 0; i < secrets->n; i++) {
		free(secrets->items[i].tool);
		free(secrets->items[i].name);
	}
	free(secrets->items);
	free(secrets);
}

/* ---- asking ---- */

static int compare(const char *name, const char *tool, size_t len)
{
	int differs = strncmp(name, tool, len);

	return differs ? differs : name[len] != '\0';
}

/* '*' any bytes. What a star took is given back a byte at a time, of the last star only. */
static bool matches(const char *pattern, const char *text, size_t len)
{
	const char *star = NULL;
	size_t at = 0, taken = 0;

	while (at < len) {
		if (*pattern == '*') {
			star = ++pattern;
			taken = at;
		} else if (*pattern && *pattern == text[at]) {
			pattern++;
			at++;
		} else if (star) {
			pattern = star;
			at = ++taken;
		} else {
			return false;
		}
	}
	return pattern[strspn(pattern, "*")] == '\0';
}

/* The same name, or one is inside the other, as "auth.key" is in "auth". */
static bool is_within(const char *secret, const char *name, size_t len)
{
	size_t own = strlen(secret);
	size_t common = own < len ? own : len;

	if (own == 0 || strncasecmp(secret, name, common) != 0)
		return false;
	return own == len || (own < len ? name[own] == '.' : secret[len] == '.');
}

/* The first of a tool that has no wildcard; where it would be, if there is none. */
static size_t find_tool(const struct secrets *secrets, const char *tool, size_t tool_len)
{
	size_t first = 0, end = secrets->n_exact;

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (compare(secrets->items[middle].tool, tool, tool_len) < 0)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

static bool is_listed(const struct secrets *secrets, const char *tool, size_t tool_len)
{
	size_t first = find_tool(secrets, tool, tool_len);

	if (first < secrets->n_exact && !compare(secrets->items[first].tool, tool, tool_len))
		return true;
	for (size_t i = secrets->n_exact; i < secrets->n; i++)
		if (matches(secrets->items[i].tool, tool, tool_len))
			return true;
	return false;
}

static bool is_declared_anywhere(const struct secrets *secrets, const char *name, size_t len)
{
	for (size_t i = 0; i < secrets->n; i++)
		if (is_within(secrets->items[i].name, name, len))
			return true;
	return false;
}

static bool is_declared(const struct secrets *secrets, const char *tool, size_t tool_len,
			const char *name, size_t name_len)
{
	size_t first = find_tool(secrets, tool, tool_len);

	for (; first < secrets->n_exact && !compare(secrets->items[first].tool, tool, tool_len);
	     first++)
		if (is_within(secrets->items[first].name, name, name_len))
			return true;
	for (size_t i = secrets->n_exact; i < secrets->n; i++)
		if (is_within(secrets->items[i].name, name, name_len) &&
		    matches(secrets->items[i].tool, tool, tool_len))
			return true;
	return false;
}

static int compare_known(const void *name, const void *known)
{
	return strcmp(name, *(const char *const *)known);
}

/* Is it one that is secret everywhere? */
static bool is_everywhere(const char *name, size_t len)
{
	char plain[MAX_KNOWN];
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (name[i] == '-' || name[i] == '_')
			continue;
		if (n + 1 == sizeof(plain))
			return false;
		plain[n++] = (char)tolower((unsigned char)name[i]);
	}
	plain[n] = '\0';
	return bsearch(plain, everywhere, N_EVERYWHERE, sizeof(everywhere[0]), compare_known);
}

/* Each part of a name with dots. */
static bool is_known(const char *name, size_t len)
{
	while (len) {
		const char *dot = memchr(name, '.', len);
		size_t part = dot ? (size_t)(dot - name) : len;

		if (is_everywhere(name, part))
			return true;
		name += part + (dot != NULL);
		len -= part + (dot != NULL);
	}
	return false;
}

bool secrets_has(const struct secrets *secrets, const char *tool, size_t tool_len, const char *name,
		 size_t name_len)
{
	return is_known(name, name_len) || is_declared(secrets, tool, tool_len, name, name_len) ||
	       (is_declared_anywhere(secrets, name, name_len) &&
		!is_listed(secrets, tool, tool_len));
}
