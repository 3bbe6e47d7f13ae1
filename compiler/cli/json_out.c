/*
 * JSON, and SARIF 2.1.0 (OASIS, sarif-v2.1.0-os), on their way out.
 */
#include "cli/json_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

json_t *json_out_must(json_t *value)
{
	if (!value) {
		fputs("writc: out of memory\n", stderr);
		exit(CLI_BUG);
	}
	return value;
}

void json_out_add(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, json_out_must(value)))
		json_out_must(NULL);
}

void json_out_append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, json_out_must(value)))
		json_out_must(NULL);
}

json_t *json_out_text(struct str text)
{
	json_t *value = json_stringn(text.ptr, text.len);
	char *copy;

	if (value)
		return value;
	copy = calloc(1, text.len + 1);
	if (!copy)
		json_out_must(NULL);
	memcpy(copy, text.ptr, text.len);
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)copy[i] >= 0x80)
			copy[i] = '?';
	}
	value = json_stringn(copy, text.len);
	free(copy);
	return json_out_must(value);
}

void json_out_dump(json_t *root)
{
	/* What can't be written, main() reports. */
	if (json_dumpf(root, stdout, JSON_INDENT(2)) && !ferror(stdout))
		json_out_must(NULL);
	putchar('\n');
	json_decref(root);
}

json_t *sarif_message(struct str text)
{
	json_t *object = json_out_must(json_object());

	json_out_add(object, "text", json_out_text(text));
	return object;
}

/* RFC 3986: everything but unreserved characters and the slash is percent-encoded. */
static json_t *uri(struct str path)
{
	static const char digits[] = "0123456789ABCDEF";
	char *out = calloc(3, path.len + 1);
	size_t n = 0;
	json_t *value;

	if (!out)
		json_out_must(NULL);
	for (size_t i = 0; i < path.len; i++) {
		unsigned char byte = (unsigned char)path.ptr[i];

		if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
		    (byte >= '0' && byte <= '9') || (byte && strchr("-._~/", byte))) {
			out[n++] = (char)byte;
			continue;
		}
		out[n++] = '%';
		out[n++] = digits[byte >> 4];
		out[n++] = digits[byte & 15];
	}
	value = json_out_must(json_stringn(out, n));
	free(out);
	return value;
}

json_t *sarif_artifact(struct str path)
{
	json_t *object = json_out_must(json_object());

	json_out_add(object, "uri", uri(path));
	return object;
}

json_t *sarif_rule(const char *id, const char *title, const char *explanation, const char *level)
{
	json_t *rule = json_out_must(json_object()), *defaults = json_out_must(json_object());

	json_out_add(rule, "id", json_string(id));
	json_out_add(rule, "shortDescription", sarif_message(str_from(title)));
	json_out_add(rule, "fullDescription", sarif_message(str_from(explanation)));
	json_out_add(defaults, "level", json_string(level));
	json_out_add(rule, "defaultConfiguration", defaults);
	return rule;
}

static json_t *sarif_tool(json_t *rules)
{
	json_t *tool = json_out_must(json_object()), *driver = json_out_must(json_object());

	json_out_add(driver, "name", json_string("writc"));
	json_out_add(driver, "version", json_string(WRIT_VERSION));
	json_out_add(driver, "rules", rules);
	json_out_add(tool, "driver", driver);
	return tool;
}

void sarif_print(const struct sarif_run *run)
{
	json_t *root = json_out_must(json_object()), *runs = json_out_must(json_array());
	json_t *object = json_out_must(json_object()), *invocations = json_out_must(json_array());

	if (run->invocation)
		json_out_append(invocations, run->invocation);
	json_out_add(object, "tool", sarif_tool(run->rules));
	json_out_add(object, "invocations", invocations);
	json_out_add(object, "columnKind", json_string("unicodeCodePoints"));
	json_out_add(object, "results", run->results);
	json_out_append(runs, object);
	json_out_add(root, "$schema", json_string("https://json.schemastore.org/sarif-2.1.0.json"));
	json_out_add(root, "version", json_string("2.1.0"));
	json_out_add(root, "runs", runs);
	json_out_dump(root);
}
