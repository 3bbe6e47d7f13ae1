/*
 * Inheritance of roles, followed breadth first.
 *
 * In: a verified image, of whose parents of roles no more is known than that they are roles: they
 * may even go in circles. Out: what is held, and of each role one that inherits it directly, on a
 * shortest way from those given. Each role enters the queue once, so it ends. Nothing of this is on
 * the path of a decision, which finds inheritance in the table, worked out by the compiler.
 */
#include "runtime/holding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool holding_init(struct holding *holding, const struct image *image)
{
	size_t n = image_count(image, WRIT_SECTION_ROLES);
	uint32_t *numbers = malloc((2 * n + 1) * sizeof(*numbers));

	if (!numbers)
		return false;
	*holding = (struct holding){.image = image, .via = numbers, .queue = numbers + n};
	memset(numbers, 0xff, n * sizeof(*numbers)); /* WRIT_NONE */
	return true;
}

void holding_fini(struct holding *holding)
{
	free(holding->via);
}

static void hold(struct holding *holding, uint32_t role, uint32_t via)
{
	if (holding_has(holding, role))
		return;
	holding->via[role] = via;
	holding->queue[holding->n++] = role;
}

void holding_give(struct holding *holding, uint32_t role)
{
	hold(holding, role, role);
}

void holding_inherit(struct holding *holding)
{
	const struct image *image = holding->image;

	for (uint32_t next = 0; next < holding->n; next++) {
		uint32_t role = holding->queue[next];
		struct writ_fmt_range parents = image_ROLE_INFO(image, role)->parents;

		for (uint32_t i = 0; i < parents.count; i++)
			hold(holding, *image_INDICES(image, parents.first + i), role);
	}
}

uint32_t holding_giver(const struct holding *holding, uint32_t role)
{
	while (holding->via[role] != role)
		role = holding->via[role];
	return role;
}

void holding_path(struct holding *holding, uint32_t role, char *text, size_t size)
{
	static const char cut[] = "...)";
	uint32_t *way = holding->queue;
	uint32_t n = 0;
	size_t at = 0;

	text[0] = '\0';
	if (!holding_has(holding, role) || holding->via[role] == role)
		return;
	/* From its end, and printed from its beginning. */
	for (way[n++] = role; holding->via[role] != role; way[n++] = role)
		role = holding->via[role];
	while (n && at < size) {
		struct writ_fmt_str name = image_ROLES(holding->image, way[--n])->name;

		at += (size_t)snprintf(text + at, size - at, "%s%s%s", at ? " <- " : " (",
				       image_text(holding->image, name), n ? "" : ")");
	}
	if (at >= size)
		memcpy(text + size - sizeof(cut), cut, sizeof(cut));
}
