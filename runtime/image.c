/*
 * Reading a bundle and checking its frame.
 *
 * In: a file or bytes. Out: a private copy whose digest holds and in which every known section
 * stands once, in order, aligned, whole and disjoint from the others, with nothing but zeroes
 * between them. The contents of sections are runtime/verify.c's. The copy comes first: a file that
 * changes while it is being checked changes nothing here. The digest is compared before anything
 * else is looked at, so that damage is told as damage and not as whatever the damaged bytes happen
 * to mean.
 */
#include "runtime/image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/error.h"
#include "runtime/sha256.h"

#define HUGE_PAGE_BYTES ((size_t)2 << 20)

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* <linux/mman.h> of Linux 5.14 */
#endif

static const uint32_t record_sizes[WRIT_KNOWN_SECTIONS + 1] = {
#define SECTION(id, name, type) [id] = sizeof(type),
	WRIT_SECTIONS(SECTION)
#undef SECTION
};

static int bad(struct writ_error *error, const char *what)
{
	return error_set(error, WRIT_E_FORMAT, "not a Writ bundle, or a damaged one: %s", what);
}

/*
 * What is mapped for a bundle: whole huge pages from half of one on, which the kernel then aligns
 * so that they can be.
 */
static size_t mapped_size(size_t size)
{
	if (size < HUGE_PAGE_BYTES / 2)
		return size;
	return (size + HUGE_PAGE_BYTES - 1) & ~(HUGE_PAGE_BYTES - 1);
}

static int map_memory(struct image *image, uint64_t size, struct writ_error *error)
{
	size_t mapped;
	void *bytes;

	if (size < sizeof(struct writ_fmt_header))
		return bad(error, "it is shorter than a header");
	if (size > WRIT_MAX_BUNDLE)
		return bad(error, "it is larger than a bundle can be");
	mapped = mapped_size((size_t)size);
	bytes = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (bytes == MAP_FAILED)
		return error_nomem(error);
	/*
	 * In huge pages random checks miss the TLB less often, and all pages at once are cheaper
	 * than a fault each. Kernels that can't do either (the latter is of Linux 5.14) lose
	 * nothing.
	 */
	if (mapped >= HUGE_PAGE_BYTES)
		(void)madvise(bytes, mapped, MADV_HUGEPAGE);
	(void)madvise(bytes, (size_t)size, MADV_POPULATE_WRITE);
	image->bytes = bytes;
	image->size = (size_t)size;
	return 0;
}

static int read_whole(struct image *image, int fd, struct writ_error *error)
{
	size_t done = 0;

	while (done < image->size) {
		ssize_t n = read(fd, image->bytes + done, image->size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_sys(error, WRIT_E_OPEN, errno, "can't read the bundle");
		if (n == 0)
			return bad(error, "it became shorter while it was read");
		done += (size_t)n;
	}
	return 0;
}

int image_read(struct image *image, const char *path, struct writ_error *error)
{
	struct stat st;
	int rc;
	/* O_NONBLOCK: a FIFO in the bundle's place must not hang the agent before fstat sees it. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return error_sys(error, WRIT_E_OPEN, errno, "can't open the bundle '%.300s'", path);
	if (fstat(fd, &st)) {
		rc = error_sys(error, WRIT_E_OPEN, errno, "can't examine '%.300s'", path);
	} else if (!S_ISREG(st.st_mode)) {
		rc = error_set(error, WRIT_E_OPEN, "'%.300s' is not a regular file", path);
	} else {
		rc = map_memory(image, (uint64_t)st.st_size, error);
		if (!rc)
			rc = read_whole(image, fd, error);
	}
	(void)close(fd);
	return rc;
}

int image_copy(struct image *image, const void *bytes, size_t size, struct writ_error *error)
{
	int rc = map_memory(image, size, error);

	if (rc)
		return rc;
	memcpy(image->bytes, bytes, size);
	return 0;
}

static int check_digest(const struct image *image, const struct writ_fmt_header *header,
			struct writ_error *error)
{
	static const uint8_t zero[WRIT_DIGEST_SIZE];
	const size_t at = offsetof(struct writ_fmt_header, digest);
	const size_t after = at + WRIT_DIGEST_SIZE;
	uint8_t digest[SHA256_SIZE];
	struct sha256 hash;

	sha256_init(&hash);
	sha256_update(&hash, image->bytes, at);
	sha256_update(&hash, zero, sizeof(zero));
	sha256_update(&hash, image->bytes + after, image->size - after);
	sha256_final(&hash, digest);
	if (memcmp(digest, header->digest, sizeof(digest)) != 0)
		return error_set(error, WRIT_E_DIGEST,
				 "the bundle is damaged: its bytes do not match its digest");
	return 0;
}

static int check_header(const struct image *image, const struct writ_fmt_header *header,
			struct writ_error *error)
{
	int rc;

	if (memcmp(header->magic, WRIT_MAGIC, WRIT_MAGIC_SIZE) != 0)
		return bad(error, "it does not begin as one (writc compile makes one of a policy)");
	if (header->file_size != image->size)
		return bad(error, "its size is not the one in its header");
	rc = check_digest(image, header, error);
	if (rc)
		return rc;
	if (header->format_version != WRIT_FORMAT_VERSION)
		return error_set(error, WRIT_E_UNSUPPORTED,
				 "the bundle has format version %u, this runtime reads %u",
				 header->format_version, WRIT_FORMAT_VERSION);
	if (header->reserved)
		return bad(error, "a reserved field is not zero");
	if (header->n_sections < WRIT_KNOWN_SECTIONS || header->n_sections > WRIT_MAX_SECTIONS)
		return bad(error, "the number of sections");
	if (sizeof(*header) + header->n_sections * sizeof(struct writ_fmt_section) > image->size)
		return bad(error, "the table of sections is cut off");
	return 0;
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i])
			return false;
	}
	return true;
}

/*
 * What stands between the end of one section and the beginning of the next, or the end of the file.
 */
static int check_gap(const struct image *image, uint64_t end, uint64_t next,
		     struct writ_error *error)
{
	if (next < end || next - end >= WRIT_ALIGN || next > image->size)
		return bad(error, "sections overlap, stand apart or leave the file");
	if (!is_zero(image->bytes + end, (size_t)(next - end)))
		return bad(error, "the space between sections is not zero");
	return 0;
}

static int check_place(const struct image *image, const struct writ_fmt_section *section,
		       uint64_t end, struct writ_error *error)
{
	int rc;

	if (section->flags & ~WRIT_SECTION_REQUIRED)
		return bad(error, "unknown flags on a section");
	if (section->offset % WRIT_ALIGN)
		return bad(error, "a section is not aligned");
	rc = check_gap(image, end, section->offset, error);
	if (rc)
		return rc;
	if (section->size > image->size - section->offset)
		return bad(error, "a section leaves the file");
	return 0;
}

/* Takes a section the runtime knows; *last_id keeps them in order and unique. */
static int take_known(struct image *image, const struct writ_fmt_section *section,
		      uint32_t *last_id, struct writ_error *error)
{
	if (section->id != *last_id + 1)
		return bad(error, "sections are missing, double or out of order");
	if (section->size % record_sizes[section->id])
		return bad(error, "a section ends inside a record");
	*last_id = section->id;
	image->sections[section->id].records = image->bytes + section->offset;
	image->sections[section->id].count = (uint32_t)(section->size / record_sizes[section->id]);
	return 0;
}

int image_map(struct image *image, struct writ_error *error)
{
	const struct writ_fmt_header *header = (const void *)image->bytes;
	const struct writ_fmt_section *table = (const void *)(image->bytes + sizeof(*header));
	uint32_t last_id = 0;
	uint64_t end;
	int rc = check_header(image, header, error);

	if (rc)
		return rc;
	end = sizeof(*header) + header->n_sections * sizeof(*table);
	for (uint32_t i = 0; i < header->n_sections; i++) {
		rc = check_place(image, &table[i], end, error);
		if (rc)
			return rc;
		end = table[i].offset + table[i].size;
		if (table[i].id >= 1 && table[i].id <= WRIT_KNOWN_SECTIONS)
			rc = take_known(image, &table[i], &last_id, error);
		else if (table[i].flags & WRIT_SECTION_REQUIRED)
			rc = error_set(error, WRIT_E_UNSUPPORTED,
				       "the bundle requires section %u, which this runtime can't "
				       "enforce",
				       table[i].id);
		if (rc)
			return rc;
	}
	if (last_id != WRIT_KNOWN_SECTIONS)
		return bad(error, "sections are missing");
	return check_gap(image, end, image->size, error);
}

int image_seal(struct image *image, struct writ_error *error)
{
	if (mprotect(image->bytes, mapped_size(image->size), PROT_READ))
		return error_sys(error, WRIT_E_SYSTEM, errno, "mprotect");
	return 0;
}

void image_fini(struct image *image)
{
	if (image->bytes)
		(void)munmap(image->bytes, mapped_size(image->size));
	image->bytes = NULL;
}
