/*
 * Strings with a length: comparing, copying, formatting, and how far two names are apart.
 *
 * Nothing here allocates except into the arena it is given, and nothing relies on a NUL terminator
 * except str_from.
 */
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STR_DISTANCE_MAX_LEN 64

struct str str_from(const char *cstr)
{
	return (struct str){cstr, strlen(cstr)};
}

struct str str_copy(struct arena *arena, const char *ptr, size_t len)
{
	return (struct str){arena_strndup(arena, ptr, len), len};
}

bool str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool str_eq_cstr(struct str a, const char *b)
{
	return str_eq(a, str_from(b));
}

int str_cmp(struct str a, struct str b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int order = common ? memcmp(a.ptr, b.ptr, common) : 0;

	if (order)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

size_t str_lower_bound(const void *items, size_t n, size_t item_size, size_t name_at,
		       struct str key)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct str name;

		memcpy(&name, (const char *)items + middle * item_size + name_at, sizeof(name));
		if (str_cmp(name, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct str str_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *ptr;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		abort();
	ptr = arena_alloc(arena, (size_t)len + 1);
	va_start(args, format);
	vsnprintf(ptr, (size_t)len + 1, format, args);
	va_end(args);
	return (struct str){ptr, (size_t)len};
}

static unsigned min_of(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Three rows of the distance table: the one being made, the one before, and the one before that. */
struct distance_rows {
	unsigned now[STR_DISTANCE_MAX_LEN + 1];
	unsigned last[STR_DISTANCE_MAX_LEN + 1];
	unsigned older[STR_DISTANCE_MAX_LEN + 1];
};

static void distance_row(struct distance_rows *rows, struct str a, struct str b, size_t i)
{
	rows->now[0] = (unsigned)i;
	for (size_t j = 1; j <= b.len; j++) {
		unsigned cost = a.ptr[i - 1] != b.ptr[j - 1];
		unsigned best = min_of(rows->last[j] + 1, rows->now[j - 1] + 1);

		best = min_of(best, rows->last[j - 1] + cost);
		if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1])
			best = min_of(best, rows->older[j - 2] + 1);
		rows->now[j] = best;
	}
}

unsigned str_distance(struct str a, struct str b, unsigned limit)
{
	struct distance_rows rows = {0};
	size_t gap = a.len > b.len ? a.len - b.len : b.len - a.len;
	unsigned distance;

	if (a.len > STR_DISTANCE_MAX_LEN || b.len > STR_DISTANCE_MAX_LEN || gap > limit)
		return limit + 1;
	for (size_t j = 0; j <= b.len; j++)
		rows.now[j] = (unsigned)j;
	for (size_t i = 1; i <= a.len; i++) {
		memcpy(rows.older, rows.last, sizeof(rows.last));
		memcpy(rows.last, rows.now, sizeof(rows.now));
		distance_row(&rows, a, b, i);
	}
	distance = rows.now[b.len];
	return distance > limit ? limit + 1 : distance;
}

struct str_nearest str_nearest(struct str wanted)
{
	/* A third of the letters may be wrong, as many as a reader would still recognise. */
	unsigned limit = wanted.len > 64 ? 0 : (unsigned)(wanted.len + 2) / 3;

	return (struct str_nearest){.wanted = wanted, .distance = limit + 1};
}

void str_nearest_offer(struct str_nearest *nearest, struct str candidate)
{
	unsigned distance;

	if (nearest->distance <= 1)
		return;
	distance = str_distance(nearest->wanted, candidate, nearest->distance - 1);
	if (distance < nearest->distance) {
		nearest->distance = distance;
		nearest->best = candidate;
	}
}
