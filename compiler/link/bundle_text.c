/*
 * From IR to records: what stands in several sections.
 *
 * Equal texts share their parts, and equal endpoints of conditions one record: a set of hosts that
 * many rules name is in the bundle once.
 */
#include "link/linker.h"

#include <string.h>

static struct writ_fmt_part part_record(struct linker *linker, const struct ir_part *part)
{
	static const uint32_t kinds[] = {[IR_PART_LITERAL] = WRIT_PART_LITERAL,
					 [IR_PART_PARAM] = WRIT_PART_PARAM,
					 [IR_PART_HOME] = WRIT_PART_HOME};
	struct writ_fmt_part record = {.kind = kinds[part->kind]};

	if (part->kind == IR_PART_LITERAL)
		record.text = writer_str(&linker->writer, part->literal);
	if (part->kind == IR_PART_PARAM)
		record.param = part->param;
	return record;
}

/* Where a run of records is; appended unless equal bytes are known to map. */
struct writ_fmt_range linker_put_shared(struct linker *linker, struct map *known,
					enum writ_section_id section, const void *records, size_t n)
{
	struct str key = {records, n * writer_record_size(section)};
	uint32_t first;

	if (n == 0)
		return (struct writ_fmt_range){0, 0};
	if (!map_get(known, key, &first)) {
		first = writer_add(&linker->writer, section, records, n);
		map_put(linker->arena, known, key, first);
	}
	return (struct writ_fmt_range){first, (uint32_t)n};
}

struct writ_fmt_range linker_put_text(struct linker *linker, const struct ir_text *text)
{
	struct writ_fmt_part *parts = arena_alloc(linker->arena, text->n * sizeof(*parts));

	for (size_t i = 0; i < text->n; i++)
		parts[i] = part_record(linker, &text->parts[i]);
	return linker_put_shared(linker, &linker->texts, WRIT_SECTION_PARTS, parts, text->n);
}

struct writ_fmt_endpoint linker_endpoint(struct linker *linker, const struct ir_endpoint *endpoint)
{
	static const uint32_t kinds[] = {[IR_HOST_ANY] = WRIT_HOST_ANY,
					 [IR_HOST_NAME] = WRIT_HOST_NAME,
					 [IR_HOST_SUFFIX] = WRIT_HOST_SUFFIX,
					 [IR_HOST_NET] = WRIT_HOST_NET};
	bool bound = endpoint->param != IR_NONE;
	struct writ_fmt_endpoint record = {
		.flags = endpoint->rights | (endpoint->udp ? WRIT_ENDPOINT_UDP : 0),
		.kind = kinds[endpoint->kind],
		.first = bound ? 0 : endpoint->first,
		.last = bound ? 0 : endpoint->last,
		.param = bound ? endpoint->param : WRIT_NONE,
	};

	if (endpoint->kind == IR_HOST_NAME || endpoint->kind == IR_HOST_SUFFIX)
		record.name = linker_put_text(linker, &endpoint->name);
	if (endpoint->kind == IR_HOST_NET) {
		memcpy(record.address, endpoint->address, sizeof(record.address));
		record.prefix = endpoint->prefix;
	}
	return record;
}

uint32_t linker_put_endpoint(struct linker *linker, const struct ir_endpoint *endpoint)
{
	struct writ_fmt_endpoint *record = arena_new(linker->arena, struct writ_fmt_endpoint);

	*record = linker_endpoint(linker, endpoint);
	return linker_put_shared(linker, &linker->endpoints, WRIT_SECTION_ENDPOINTS, record, 1)
		.first;
}

struct writ_fmt_range linker_put_indices(struct linker *linker, const struct ir_indices *indices)
{
	uint32_t first = writer_add(&linker->writer, WRIT_SECTION_INDICES, indices->items,
				    indices->n);

	return writer_range(&linker->writer, WRIT_SECTION_INDICES, first);
}
