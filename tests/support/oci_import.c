/*
 * Profiles imported in memory.
 */
#include "support/oci_import.h"

#include <stdlib.h>

#include <criterion/criterion.h>

#include "support/policy.h"

struct imported *oci_import(const char *json, const struct oci_options *options)
{
	struct imported *imported = calloc(1, sizeof(*imported));
	struct str text = STR("");
	uint32_t file;

	arena_init(&imported->arena);
	imported->sources.arena = &imported->arena;
	diag_init(&imported->diags, &imported->arena, &imported->sources);
	file = source_add(&imported->sources, STR("p.json"), str_from(json));
	imported->good = oci_to_writ(&imported->diags, file, options, &text, &imported->notes);
	cr_assert_eq(imported->good, imported->diags.errors == 0, "%s", json);
	imported->text = arena_strndup(&imported->arena, text.ptr, text.len);
	return imported;
}

const char *oci_report(const struct imported *imported)
{
	const struct compilation shown = {.diags = imported->diags};

	return policy_report(&shown);
}

struct oci_options oci_options(uint64_t caps)
{
	return (struct oci_options){.caps = caps, .archs = {true, true, true}};
}
