/*
 * Checks, then trust.
 *
 * First the frame: magic, version, size, digest, table of sections. Then every reference that a record
 * makes, from a table with one row for each field that refers to something: a text of the pool, a run of
 * records, the index of a record. Last the few shapes that no single field tells: the width of the
 * decision table and of the automaton, and that filters are well formed.
 */
#include "link/bundle_read.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "verify/bpf_run.h"

enum ref_kind { REF_STR, REF_RANGE, REF_INDEX, REF_INDEX_OR_NONE };

struct ref {
	enum writ_section_id section;
	enum writ_section_id target;
	enum ref_kind kind;
	size_t offset;
};

#define STR_REF(section, type, field)                                                              \
	{                                                                                          \
		WRIT_SECTION_##section, WRIT_SECTION_STRINGS, REF_STR,                             \
			offsetof(struct writ_fmt_##type, field)                                    \
	}
#define REF(kind, section, type, field, target)                                                    \
	{                                                                                          \
		WRIT_SECTION_##section, WRIT_SECTION_##target, kind,                               \
			offsetof(struct writ_fmt_##type, field)                                    \
	}

static const struct ref refs[] = {
	STR_REF(POLICY, policy, name),
	STR_REF(PARAMS, param, name),
	STR_REF(PARAMS, param, fallback),
	STR_REF(PARTS, part, text),
	STR_REF(SANDBOXES, sandbox, name),
	REF(REF_RANGE, SANDBOXES, sandbox, paths, PATHS),
	REF(REF_RANGE, SANDBOXES, sandbox, ports, PORTS),
	REF(REF_RANGE, SANDBOXES, sandbox, landlock, LANDLOCK),
	REF(REF_RANGE, SANDBOXES, sandbox, filters, FILTERS),
	REF(REF_RANGE, SANDBOXES, sandbox, limits, LIMITS),
	REF(REF_RANGE, SANDBOXES, sandbox, env, ENV),
	REF(REF_RANGE, PATHS, path, text, PARTS),
	REF(REF_INDEX_OR_NONE, PORTS, port, param, PARAMS),
	REF(REF_RANGE, FILTERS, filter, insns, INSNS),
	STR_REF(ENV, env, name),
	REF(REF_RANGE, ENV, env, value, PARTS),
	STR_REF(RULES, rule, pattern),
	STR_REF(RULES, rule, file),
	REF(REF_INDEX, RULES, rule, role, ROLES),
	STR_REF(ROLES, role, name),
	STR_REF(USERS, user, name),
	STR_REF(COLUMNS, column, name),
	REF(REF_INDEX_OR_NONE, COLUMNS, column, sandbox, SANDBOXES),
};

static const size_t record_sizes[WRIT_KNOWN_SECTIONS + 1] = {
#define SECTION(id, name, type) [id] = sizeof(type),
	WRIT_SECTIONS(SECTION)
#undef SECTION
};

static bool ref_holds(const struct ref *ref, const uint8_t *field, uint32_t n_targets)
{
	uint32_t pair[2] = {0, 0}; /* of writ_fmt_str and writ_fmt_range alike: begin and length */

	switch (ref->kind) {
	case REF_STR:
	case REF_RANGE:
		memcpy(pair, field, sizeof(pair));
		return pair[0] <= n_targets && pair[1] <= n_targets - pair[0];
	case REF_INDEX:
	case REF_INDEX_OR_NONE:
		memcpy(pair, field, sizeof(pair[0]));
		return pair[0] < n_targets ||
		       (ref->kind == REF_INDEX_OR_NONE && pair[0] == WRIT_NONE);
	}
	return false;
}

static bool refs_hold(const struct bundle_image *image)
{
	for (size_t i = 0; i < sizeof(refs) / sizeof(refs[0]); i++) {
		const struct ref *ref = &refs[i];
		const struct bundle_section *from = &image->sections[ref->section];

		for (uint32_t r = 0; r < from->n; r++) {
			const uint8_t *record = (const uint8_t *)from->records +
						r * record_sizes[ref->section];

			if (!ref_holds(ref, record + ref->offset, image->sections[ref->target].n))
				return false;
		}
	}
	return true;
}

/* Fields that refer to something only for some values of another. */
static bool conditional_refs_hold(const struct bundle_image *image)
{
	for (uint32_t i = 0; i < BUNDLE_N(image, PARTS); i++) {
		const struct writ_fmt_part *part = BUNDLE_AT(image, PARTS, part, i);

		if (part->kind == WRIT_PART_PARAM && part->param >= BUNDLE_N(image, PARAMS))
			return false;
	}
	return true;
}

static bool filters_are_sound(const struct bundle_image *image)
{
	for (uint32_t i = 0; i < BUNDLE_N(image, FILTERS); i++) {
		struct writ_fmt_range insns = BUNDLE_AT(image, FILTERS, filter, i)->insns;
		size_t where;

		if (bpf_check(BUNDLE_AT(image, INSNS, insn, insns.first), insns.count, &where))
			return false;
	}
	return true;
}

static bool table_has_shape(const struct bundle_image *image)
{
	const struct writ_fmt_policy *policy = BUNDLE_AT(image, POLICY, policy, 0);
	const uint16_t *cells = image->sections[WRIT_SECTION_CELLS].records;
	uint32_t n_rules = BUNDLE_N(image, RULES);

	if ((uint64_t)policy->n_rows * BUNDLE_N(image, COLUMNS) != BUNDLE_N(image, CELLS) ||
	    (uint64_t)policy->n_deny + policy->n_ask > n_rules ||
	    policy->n_named > BUNDLE_N(image, COLUMNS))
		return false;
	for (uint32_t i = 0; i < BUNDLE_N(image, CELLS); i++) {
		if (cells[i] > n_rules)
			return false;
	}
	for (uint32_t i = 0; i < BUNDLE_N(image, ROLES); i++) {
		if (BUNDLE_AT(image, ROLES, role, i)->row >= policy->n_rows)
			return false;
	}
	for (uint32_t i = 0; i < BUNDLE_N(image, USERS); i++) {
		if (BUNDLE_AT(image, USERS, user, i)->row >= policy->n_rows)
			return false;
	}
	return true;
}

static bool automaton_has_shape(const struct bundle_image *image)
{
	const struct writ_fmt_policy *policy = BUNDLE_AT(image, POLICY, policy, 0);
	const uint16_t *states = image->sections[WRIT_SECTION_STATES].records;
	const uint8_t *classes = image->sections[WRIT_SECTION_CHAR_CLASSES].records;
	const uint32_t *accepts = image->sections[WRIT_SECTION_ACCEPTS].records;
	uint32_t n_states = BUNDLE_N(image, ACCEPTS);

	if (BUNDLE_N(image, CHAR_CLASSES) != 256 || policy->start >= n_states ||
	    (uint64_t)n_states * policy->n_classes != BUNDLE_N(image, STATES))
		return false;
	for (uint32_t i = 0; i < 256; i++) {
		if (classes[i] >= policy->n_classes)
			return false;
	}
	for (uint32_t i = 0; i < BUNDLE_N(image, STATES); i++) {
		if (states[i] >= n_states)
			return false;
	}
	for (uint32_t i = 0; i < n_states; i++) {
		if (accepts[i] != WRIT_NONE && accepts[i] >= BUNDLE_N(image, COLUMNS))
			return false;
	}
	return true;
}

static bool digest_matches(struct bytes bytes)
{
	static const uint8_t zeros[WRIT_DIGEST_SIZE];
	const size_t at = offsetof(struct writ_fmt_header, digest);
	crypto_hash_sha256_state hash;
	uint8_t digest[WRIT_DIGEST_SIZE];

	crypto_hash_sha256_init(&hash);
	crypto_hash_sha256_update(&hash, bytes.ptr, at);
	crypto_hash_sha256_update(&hash, zeros, sizeof(zeros));
	crypto_hash_sha256_update(&hash, bytes.ptr + at + sizeof(zeros),
				  bytes.len - at - sizeof(zeros));
	crypto_hash_sha256_final(&hash, digest);
	return memcmp(digest, bytes.ptr + at, sizeof(digest)) == 0;
}

static const char *read_header(struct bytes bytes, struct bundle_image *out)
{
	const struct writ_fmt_header *header = (const void *)bytes.ptr;

	if (bytes.len < sizeof(*header) || memcmp(header->magic, WRIT_MAGIC, WRIT_MAGIC_SIZE) != 0)
		return "it is not a Writ bundle";
	if (header->file_size != bytes.len)
		return "it is truncated, or has bytes behind its end";
	if (!digest_matches(bytes))
		return "it is damaged: its bytes do not match its digest";
	if (header->format_version != WRIT_FORMAT_VERSION)
		return "it has a format version that this writc does not know";
	if (header->n_sections > WRIT_MAX_SECTIONS ||
	    bytes.len - sizeof(*header) < header->n_sections * sizeof(struct writ_fmt_section))
		return "its table of sections is damaged";
	*out = (struct bundle_image){.bytes = bytes, .header = header};
	return NULL;
}

static const char *read_section(struct bundle_image *image, const struct writ_fmt_section *section)
{
	if (section->offset % WRIT_ALIGN || section->offset > image->bytes.len ||
	    section->size > image->bytes.len - section->offset)
		return "a section lies outside of it";
	if (section->id == 0 || section->id > WRIT_KNOWN_SECTIONS)
		return section->flags & WRIT_SECTION_REQUIRED
			       ? "it has a section that this writc does not know"
			       : NULL;
	if (section->size % record_sizes[section->id] || image->sections[section->id].records)
		return "a section is double or ends inside a record";
	image->sections[section->id].records = image->bytes.ptr + section->offset;
	image->sections[section->id].n = (uint32_t)(section->size / record_sizes[section->id]);
	return NULL;
}

static const char *read_sections(struct bundle_image *image)
{
	const struct writ_fmt_section *table =
		(const void *)(image->bytes.ptr + sizeof(*image->header));

	for (uint32_t i = 0; i < image->header->n_sections; i++) {
		const char *wrong = read_section(image, &table[i]);

		if (wrong)
			return wrong;
	}
	for (uint32_t id = 1; id <= WRIT_KNOWN_SECTIONS; id++) {
		if (!image->sections[id].records)
			return "a section is missing";
	}
	return NULL;
}

const char *bundle_read(struct bytes bytes, struct bundle_image *out)
{
	const char *wrong = read_header(bytes, out);

	if (!wrong)
		wrong = read_sections(out);
	if (wrong)
		return wrong;
	if (BUNDLE_N(out, POLICY) != 1 || !refs_hold(out) || !conditional_refs_hold(out))
		return "a record refers to something that is not there";
	if (!table_has_shape(out) || !automaton_has_shape(out))
		return "its decision table is malformed";
	if (!filters_are_sound(out))
		return "a system call filter is malformed";
	return NULL;
}

static int read_all(int fd, uint8_t *ptr, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(fd, ptr + done, len - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return -EIO; /* it shrank while it was read */
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int load_fd(struct arena *arena, int fd, struct bytes *out)
{
	struct stat st;
	struct bytes bytes;
	int rc;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	if (st.st_size > (off_t)WRIT_MAX_BUNDLE)
		return -EFBIG;
	bytes = (struct bytes){arena_alloc(arena, (size_t)st.st_size), (size_t)st.st_size};
	rc = read_all(fd, bytes.ptr, bytes.len);
	if (!rc)
		*out = bytes;
	return rc;
}

int bundle_load(struct arena *arena, const char *path, struct bytes *out)
{
	/* Not blocked by a FIFO before fstat can refuse it. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int rc;

	if (fd < 0)
		return -errno;
	rc = load_fd(arena, fd, out);
	close(fd);
	return rc;
}

struct str bundle_str(const struct bundle_image *image, struct writ_fmt_str str)
{
	const char *pool = image->sections[WRIT_SECTION_STRINGS].records;

	return (struct str){pool + str.offset, str.len};
}
