/*
 * The ring between those who record and the one who writes.
 *
 * Who records moves head forward by one compare-and-swap, and what lies between is its own until it
 * sets the entry's state. The one who writes reads entries in that order, and moves tail forward
 * once they are in the database, having set all to zero: so a state that is not zero is never one
 * of an earlier round, and secrets do not stay.
 */
#include "runtime/audit/ring.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/audit/fail.h"

#define WARM_BYTES ((size_t)4 << 20)

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* <linux/mman.h> of Linux 5.14 */
#endif

/* The same memory at both halves of what is mapped at bytes. */
static int map_twice(unsigned char *bytes, size_t size, int fd)
{
	for (int i = 0; i < 2; i++) {
		if (mmap(bytes + (size_t)i * size, size, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED)
			return -1;
	}
	/* What is in here has not been masked. A child of a fork does not get it at all. */
	return madvise(bytes, 2 * size, MADV_DONTDUMP) || madvise(bytes, 2 * size, MADV_DONTFORK);
}

static int map_ring(struct ring *ring, size_t size, int fd, struct writ_error *error)
{
	void *bytes;

	if (ftruncate(fd, (off_t)size))
		return fail_errno(error, errno, "the log's ring can't be made");
	/* Reserved in one piece first, so that both halves find their place. */
	bytes = mmap(NULL, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (bytes == MAP_FAILED)
		return fail_errno(error, errno, "the log's ring can't be made");
	ring->bytes = bytes;
	ring->size = size;
	return map_twice(ring->bytes, size, fd)
		       ? fail_errno(error, errno, "the log's ring can't be made")
		       : 0;
}

int ring_open(struct ring *ring, size_t size, struct writ_error *error)
{
	size_t rounded = 4096;
	int fd;
	int rc;

	while (rounded < size)
		rounded *= 2;
	memset(ring, 0, sizeof(*ring));
	fd = memfd_create("writ-audit", MFD_CLOEXEC);
	if (fd < 0)
		return fail_errno(error, errno, "the log's ring can't be made");
	rc = map_ring(ring, rounded, fd, error);
	(void)close(fd);
	if (rc)
		ring_close(ring);
	return rc;
}

void ring_warm(const struct ring *ring)
{
	size_t size = ring->size < WARM_BYTES ? ring->size : WARM_BYTES;

	/* Kernels before 5.14 do not know it: then who records does it, page by page. */
	(void)madvise(ring->bytes, size, MADV_POPULATE_WRITE);
}

void ring_close(struct ring *ring)
{
	if (ring->bytes)
		(void)munmap(ring->bytes, 2 * ring->size);
	ring->bytes = NULL;
}

static struct ring_entry *entry_at(const struct ring *ring, uint64_t position)
{
	return (struct ring_entry *)(void *)(ring->bytes + (position & (ring->size - 1)));
}

struct ring_entry *ring_reserve(struct ring *ring, uint32_t size, uint64_t *end)
{
	uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
	struct ring_entry *entry;

	assert(size % 8 == 0 && size >= sizeof(*entry));
	do {
		uint64_t tail = atomic_load_explicit(&ring->tail_seen, memory_order_acquire);

		if (head + size - tail > ring->size) {
			tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
			atomic_store_explicit(&ring->tail_seen, tail, memory_order_release);
		}
		/* A head that is not the newest may be behind a tail that is. */
		if (head >= tail && head + size - tail > ring->size)
			return NULL;
	} while (!atomic_compare_exchange_weak_explicit(&ring->head, &head, head + size,
							memory_order_acq_rel,
							memory_order_relaxed));
	entry = entry_at(ring, head);
	entry->size = size;
	*end = head + size;
	return entry;
}

void ring_commit(struct ring_entry *entry)
{
	/* In one order with the reader's sign that it sleeps: see writer.c. */
	atomic_store_explicit(&entry->state, RING_READY, memory_order_seq_cst);
}

struct ring_entry *ring_peek(const struct ring *ring, uint64_t position)
{
	struct ring_entry *entry = entry_at(ring, position);

	if (position - atomic_load_explicit(&ring->tail, memory_order_relaxed) >= ring->size)
		return NULL;
	return atomic_load_explicit(&entry->state, memory_order_acquire) == RING_EMPTY ? NULL
										       : entry;
}

void ring_release(struct ring *ring, uint64_t position)
{
	uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

	assert(position - tail <= ring->size);
	memset(entry_at(ring, tail), 0, position - tail);
	atomic_store_explicit(&ring->tail, position, memory_order_release);
}

uint64_t ring_used(const struct ring *ring)
{
	uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);

	return atomic_load_explicit(&ring->head, memory_order_acquire) - tail;
}
