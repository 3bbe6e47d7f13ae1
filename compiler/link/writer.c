/*
 * The layout of the file: header, table of sections, sections in the order of their ids, each at a
 * multiple of WRIT_ALIGN with zeroes in the gaps, nothing behind the last. The digest covers it
 * all, its own field taken as zero. Structs are copied as they are: they have no padding
 * (writ_format.h asserts their sizes) and both the format and the build hosts are little-endian.
 */
#include "link/writer.h"

#include <sodium.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "records are copied as they are");
_Static_assert(crypto_hash_sha256_BYTES == WRIT_DIGEST_SIZE, "SHA-256");

static const size_t record_sizes[WRIT_KNOWN_SECTIONS + 1] = {
#define SECTION(id, name, type) [id] = sizeof(type),
	WRIT_SECTIONS(SECTION)
#undef SECTION
};

size_t writer_record_size(enum writ_section_id section)
{
	return record_sizes[section];
}

uint32_t writer_count(const struct writer *writer, enum writ_section_id section)
{
	return (uint32_t)(writer->sections[section].size / record_sizes[section]);
}

static void section_reserve(struct writer *writer, struct writer_section *section, size_t size)
{
	size_t cap = section->cap ? section->cap : 256;

	if (section->size + size <= section->cap)
		return;
	while (cap < section->size + size)
		cap *= 2;
	section->ptr = arena_grow(writer->arena, section->ptr, section->size, cap);
	section->cap = cap;
}

uint32_t writer_add(struct writer *writer, enum writ_section_id id, const void *records, size_t n)
{
	struct writer_section *section = &writer->sections[id];
	uint32_t first = writer_count(writer, id);
	size_t size;

	if (__builtin_mul_overflow(n, record_sizes[id], &size) ||
	    size > WRIT_MAX_BUNDLE - writer->total)
		writer->too_large = true;
	if (writer->too_large || n == 0)
		return first;
	if (!writer->size_only) {
		section_reserve(writer, section, size);
		memcpy(section->ptr + section->size, records, size);
	}
	section->size += size;
	writer->total += size;
	return first;
}

struct writ_fmt_range writer_range(const struct writer *writer, enum writ_section_id section,
				   uint32_t first)
{
	uint32_t count = writer_count(writer, section) - first;

	return (struct writ_fmt_range){count ? first : 0, count};
}

struct writ_fmt_str writer_str(struct writer *writer, struct str text)
{
	uint32_t offset;

	if (text.len == 0)
		return (struct writ_fmt_str){0, 0};
	if (!map_get(&writer->strings, text, &offset)) {
		offset = writer_add(writer, WRIT_SECTION_STRINGS, text.ptr, text.len);
		writer_add(writer, WRIT_SECTION_STRINGS, "", 1);
		map_put(writer->arena, &writer->strings, text, offset);
	}
	return (struct writ_fmt_str){offset, (uint32_t)text.len};
}

static size_t align_up(size_t size)
{
	return (size + WRIT_ALIGN - 1) / WRIT_ALIGN * WRIT_ALIGN;
}

/* Gives every section its place; returns the size of the file. */
static size_t place_sections(const struct writer *writer,
			     struct writ_fmt_section table[WRIT_KNOWN_SECTIONS])
{
	size_t end = sizeof(struct writ_fmt_header) +
		     WRIT_KNOWN_SECTIONS * sizeof(struct writ_fmt_section);

	for (uint32_t i = 0; i < WRIT_KNOWN_SECTIONS; i++) {
		size_t offset = align_up(end);

		table[i] = (struct writ_fmt_section){.id = i + 1,
						     .flags = WRIT_SECTION_REQUIRED,
						     .offset = offset,
						     .size = writer->sections[i + 1].size};
		end = offset + writer->sections[i + 1].size;
	}
	return end;
}

int writer_finish(struct writer *writer, struct bytes *out)
{
	struct writ_fmt_section table[WRIT_KNOWN_SECTIONS];
	size_t size = place_sections(writer, table);
	struct writ_fmt_header header = {.format_version = WRIT_FORMAT_VERSION,
					 .n_sections = WRIT_KNOWN_SECTIONS,
					 .file_size = size};
	uint8_t *ptr;

	if (writer->too_large || size > WRIT_MAX_BUNDLE)
		return -1;
	*out = (struct bytes){NULL, 0};
	if (writer->size_only)
		return 0;
	ptr = arena_alloc(writer->arena, size);
	memcpy(header.magic, WRIT_MAGIC, WRIT_MAGIC_SIZE);
	memcpy(ptr, &header, sizeof(header));
	memcpy(ptr + sizeof(header), table, sizeof(table));
	for (uint32_t i = 0; i < WRIT_KNOWN_SECTIONS; i++) {
		if (table[i].size > 0)
			memcpy(ptr + table[i].offset, writer->sections[i + 1].ptr, table[i].size);
	}
	crypto_hash_sha256(header.digest, ptr, size);
	memcpy(ptr, &header, sizeof(header));
	*out = (struct bytes){ptr, size};
	return 0;
}
