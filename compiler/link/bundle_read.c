/*
 * Sections by id.
 *
 * The runtime's verification has been through these bytes, so offsets, sizes and counts are what
 * they should be, and what is looked up here is there.
 */
#include "link/bundle_read.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const size_t record_sizes[WRIT_KNOWN_SECTIONS + 1] = {
#define SECTION(id, name, type) [id] = sizeof(type),
	WRIT_SECTIONS(SECTION)
#undef SECTION
};

void bundle_read(struct bytes bytes, struct bundle_image *out)
{
	const struct writ_fmt_header *header = (const void *)bytes.ptr;
	const struct writ_fmt_section *table = (const void *)(bytes.ptr + sizeof(*header));

	*out = (struct bundle_image){.bytes = bytes, .header = header};
	for (uint32_t i = 0; i < header->n_sections; i++) {
		uint32_t id = table[i].id;

		if (id == 0 || id > WRIT_KNOWN_SECTIONS)
			continue;
		out->sections[id].records = bytes.ptr + table[i].offset;
		out->sections[id].n = (uint32_t)(table[i].size / record_sizes[id]);
	}
	assert(BUNDLE_N(out, POLICY) == 1);
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

const struct writ_fmt_call *bundle_call(const struct bundle_image *image,
					const struct writ_fmt_sandbox *sandbox, uint32_t index)
{
	const uint16_t *lists = image->sections[WRIT_SECTION_CALL_LISTS].records;

	return BUNDLE_AT(image, CALLS, call, lists[sandbox->calls.first + index]);
}

uint16_t bundle_cell(const struct bundle_image *image, uint32_t row, uint32_t column)
{
	const uint16_t *blocks = image->sections[WRIT_SECTION_BLOCKS].records;
	const uint16_t *cells = image->sections[WRIT_SECTION_CELLS].records;
	uint32_t bits = BUNDLE_AT(image, POLICY, policy, 0)->block_bits;
	uint32_t n_blocks = (BUNDLE_N(image, COLUMNS) + (1u << bits) - 1) >> bits;
	size_t block = blocks[(size_t)row * n_blocks + (column >> bits)];

	return cells[(block << bits) + (column & ((1u << bits) - 1))];
}
