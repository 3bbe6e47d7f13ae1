/*
 * A small validator over a table of the schema's rows.
 *
 * As in the schema, no object has properties beside those listed, so a property that writc begins
 * to write must be entered here, from the schema. What the schema can't say is checked too: that
 * ruleIndex leads to the rule of that id, and regions do not end before they begin.
 */
#include "support/sarif.h"

#include <stdbool.h>
#include <string.h>

#include <criterion/criterion.h>

enum kind { TEXT, WHOLE, TRUTH, OBJECT, ARRAY, ONE_OF };

struct property {
	const char *object;
	const char *name;
	enum kind kind;
	bool required;
	const char
		*of; /* the object of an OBJECT or ARRAY; the words of a ONE_OF, spaces between */
	json_int_t least; /* of a WHOLE */
	bool unique;      /* an ARRAY without equal items */
};

static const struct property schema[] = {
	{"log", "$schema", TEXT, false, NULL, 0, false},
	{"log", "version", ONE_OF, true, "2.1.0", 0, false},
	{"log", "runs", ARRAY, true, "run", 0, false},
	{"run", "tool", OBJECT, true, "tool", 0, false},
	{"run", "invocations", ARRAY, false, "invocation", 0, false},
	{"run", "columnKind", ONE_OF, false, "utf16CodeUnits unicodeCodePoints", 0, false},
	{"run", "results", ARRAY, false, "result", 0, false},
	{"tool", "driver", OBJECT, true, "toolComponent", 0, false},
	{"toolComponent", "name", TEXT, true, NULL, 0, false},
	{"toolComponent", "version", TEXT, false, NULL, 0, false},
	{"toolComponent", "rules", ARRAY, false, "reportingDescriptor", 0, true},
	{"reportingDescriptor", "id", TEXT, true, NULL, 0, false},
	{"reportingDescriptor", "shortDescription", OBJECT, false, "multiformatMessageString", 0,
	 false},
	{"reportingDescriptor", "fullDescription", OBJECT, false, "multiformatMessageString", 0,
	 false},
	{"reportingDescriptor", "help", OBJECT, false, "multiformatMessageString", 0, false},
	{"reportingDescriptor", "defaultConfiguration", OBJECT, false, "reportingConfiguration", 0,
	 false},
	{"reportingConfiguration", "level", ONE_OF, false, "none note warning error", 0, false},
	{"multiformatMessageString", "text", TEXT, true, NULL, 0, false},
	{"invocation", "executionSuccessful", TRUTH, true, NULL, 0, false},
	{"invocation", "toolExecutionNotifications", ARRAY, false, "notification", 0, false},
	{"notification", "message", OBJECT, true, "message", 0, false},
	{"notification", "level", ONE_OF, false, "none note warning error", 0, false},
	{"notification", "locations", ARRAY, false, "location", 0, true},
	{"result", "ruleId", TEXT, false, NULL, 0, false},
	{"result", "ruleIndex", WHOLE, false, NULL, -1, false},
	{"result", "level", ONE_OF, false, "none note warning error", 0, false},
	{"result", "message", OBJECT, true, "message", 0, false},
	{"result", "locations", ARRAY, false, "location", 0, false},
	{"result", "relatedLocations", ARRAY, false, "location", 0, true},
	{"result", "suppressions", ARRAY, false, "suppression", 0, true},
	{"suppression", "kind", ONE_OF, true, "inSource external", 0, false},
	{"suppression", "justification", TEXT, false, NULL, 0, false},
	{"message", "text", TEXT, true, NULL, 0, false},
	{"location", "physicalLocation", OBJECT, false, "physicalLocation", 0, false},
	{"location", "message", OBJECT, false, "message", 0, false},
	{"physicalLocation", "artifactLocation", OBJECT, true, "artifactLocation", 0, false},
	{"physicalLocation", "region", OBJECT, false, "region", 0, false},
	{"artifactLocation", "uri", TEXT, false, NULL, 0, false},
	{"region", "startLine", WHOLE, false, NULL, 1, false},
	{"region", "startColumn", WHOLE, false, NULL, 1, false},
	{"region", "endLine", WHOLE, false, NULL, 1, false},
	{"region", "endColumn", WHOLE, false, NULL, 1, false},
	{"region", "byteOffset", WHOLE, false, NULL, -1, false},
	{"region", "byteLength", WHOLE, false, NULL, 0, false},
};

#define N_PROPERTIES (sizeof(schema) / sizeof(schema[0]))

static const struct property *find(const char *object, const char *name)
{
	for (size_t i = 0; i < N_PROPERTIES; i++) {
		if (strcmp(schema[i].object, object) == 0 && strcmp(schema[i].name, name) == 0)
			return &schema[i];
	}
	return NULL;
}

/* A word of a list with single spaces. */
static bool is_one_of(const char *word, const char *words)
{
	size_t len = strlen(word);

	for (const char *at = words; at; at = strchr(at, ' ')) {
		at += *at == ' ';
		if (strncmp(at, word, len) == 0 && (at[len] == ' ' || !at[len]))
			return true;
	}
	return false;
}

static void check_scalar(const struct property *property, json_t *value)
{
	const char *object = property->object, *name = property->name;

	if (property->kind == TEXT || property->kind == ONE_OF)
		cr_assert(json_is_string(value), "%s.%s is no string", object, name);
	if (property->kind == ONE_OF)
		cr_expect(is_one_of(json_string_value(value), property->of),
			  "%s.%s is '%s', which is none of: %s", object, name,
			  json_string_value(value), property->of);
	if (property->kind == TRUTH)
		cr_expect(json_is_boolean(value), "%s.%s is no boolean", object, name);
	if (property->kind == WHOLE)
		cr_expect(json_is_integer(value) && json_integer_value(value) >= property->least,
			  "%s.%s is no integer from %d", object, name, (int)property->least);
}

static void check_unique(const struct property *property, json_t *array)
{
	for (size_t i = 0; property->unique && i < json_array_size(array); i++) {
		for (size_t j = i + 1; j < json_array_size(array); j++)
			cr_expect_not(json_equal(json_array_get(array, i),
						 json_array_get(array, j)),
				      "%s.%s has two equal items", property->object,
				      property->name);
	}
}

static void check_object(const char *object, json_t *value)
{
	const char *name;
	json_t *member;

	cr_assert(json_is_object(value), "a %s is no object", object);
	for (size_t i = 0; i < N_PROPERTIES; i++)
		cr_expect(strcmp(schema[i].object, object) != 0 || !schema[i].required ||
				  json_object_get(value, schema[i].name),
			  "%s has no %s", object, schema[i].name);
	json_object_foreach(value, name, member)
	{
		const struct property *property = find(object, name);

		cr_assert_not_null(property, "%s has a property '%s'", object, name);
		check_scalar(property, member);
		if (property->kind == OBJECT)
			check_object(property->of, member);
		if (property->kind != ARRAY)
			continue;
		cr_assert(json_is_array(member), "%s.%s is no array", object, name);
		check_unique(property, member);
		for (size_t i = 0; i < json_array_size(member); i++)
			check_object(property->of, json_array_get(member, i));
	}
}

static json_int_t number(json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static void check_region(json_t *result)
{
	json_t *location = json_array_get(json_object_get(result, "locations"), 0);
	json_t *region = json_object_get(json_object_get(location, "physicalLocation"), "region");

	/* Without an end a region ends where its first line does. */
	if (!json_object_get(region, "endLine"))
		return;
	cr_expect(number(region, "endLine") > number(region, "startLine") ||
			  (number(region, "endLine") == number(region, "startLine") &&
			   number(region, "endColumn") >= number(region, "startColumn")),
		  "a region ends before it begins");
}

static void check_rule(json_t *run, json_t *result)
{
	json_t *driver = json_object_get(json_object_get(run, "tool"), "driver");
	json_t *rule = json_array_get(json_object_get(driver, "rules"),
				      (size_t)number(result, "ruleIndex"));

	cr_assert_not_null(rule, "ruleIndex leads nowhere");
	cr_expect_str_eq(json_string_value(json_object_get(rule, "id")),
			 json_string_value(json_object_get(result, "ruleId")));
}

json_t *sarif_check(const char *text)
{
	json_error_t error;
	json_t *log = json_loads(text, 0, &error), *run, *results;

	cr_assert_not_null(log, "line %d: %s\n%s", error.line, error.text, text);
	check_object("log", log);
	cr_assert_eq(json_array_size(json_object_get(log, "runs")), 1);
	run = json_array_get(json_object_get(log, "runs"), 0);
	results = json_object_get(run, "results");
	for (size_t i = 0; i < json_array_size(results); i++) {
		check_rule(run, json_array_get(results, i));
		check_region(json_array_get(results, i));
	}
	return run;
}
