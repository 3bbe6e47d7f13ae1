/*
 * Source files: read whole, checked once, and asked for lines when a diagnostic is printed.
 *
 * Paths and text come in; file indices go out, and spans are pairs of offsets into that text. A
 * file must be regular: a device or a pipe could be endless, and a directory has no text.
 * Invariant: a file's line_starts begins with 0 and rises, so every offset has exactly one line.
 */
#include "base/source.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf8.h"

#define SOURCE_READ_CHUNK ((size_t)64 << 10)

static void source_index_lines(struct arena *arena, struct source_file *file)
{
	const char *end = file->text.ptr + file->text.len;
	size_t n = 1;

	for (const char *p = file->text.ptr; (p = memchr(p, '\n', (size_t)(end - p))); p++)
		n++;
	file->line_starts.items = arena_alloc(arena, n * sizeof(uint32_t));
	file->line_starts.cap = n;
	file->line_starts.n = 1;
	for (const char *p = file->text.ptr; (p = memchr(p, '\n', (size_t)(end - p))); p++)
		file->line_starts.items[file->line_starts.n++] = (uint32_t)(p + 1 - file->text.ptr);
}

uint32_t source_add(struct sources *sources, struct str path, struct str text)
{
	uint32_t index = (uint32_t)sources->files.n;
	struct source_file *file;

	assert(text.len <= SOURCE_MAX_BYTES && index < SOURCE_MAX_FILES);
	file = vec_push(sources->arena, &sources->files);
	file->path = str_copy(sources->arena, path.ptr, path.len);
	file->text = str_copy(sources->arena, text.ptr, text.len);
	source_index_lines(sources->arena, file);
	return index;
}

static int source_check_stat(int fd, size_t *size)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -ENOTSUP;
	if (st.st_size > (off_t)SOURCE_MAX_BYTES)
		return -EFBIG;
	*size = (size_t)st.st_size;
	return 0;
}

/* Reads to the end, also when the file grew after it was measured (or lies about its size, as in
 * /proc). */
static int source_read_all(struct arena *arena, int fd, size_t size, struct str *text)
{
	size_t cap = size + 1;
	size_t len = 0;
	char *buf = arena_alloc(arena, cap);

	for (;;) {
		ssize_t got = read(fd, buf + len, cap - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		len += (size_t)got;
		if (len > SOURCE_MAX_BYTES)
			return -EFBIG;
		if (len == cap) {
			buf = arena_grow(arena, buf, len, cap + SOURCE_READ_CHUNK);
			cap += SOURCE_READ_CHUNK;
		}
	}
	*text = (struct str){buf, len};
	return 0;
}

int source_load(struct sources *sources, struct str path, uint32_t *file)
{
	struct str text = {0};
	size_t size = 0;
	int fd;
	int rc;

	if (memchr(path.ptr, '\0', path.len))
		return -EINVAL;
	if (sources->files.n >= SOURCE_MAX_FILES)
		return -EMFILE;
	/* O_NONBLOCK: opening a FIFO must fail the test below, not wait for a writer. */
	fd = open(arena_strndup(sources->arena, path.ptr, path.len),
		  O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	rc = source_check_stat(fd, &size);
	if (!rc)
		rc = source_read_all(sources->arena, fd, size, &text);
	close(fd);
	if (rc)
		return rc;
	*file = source_add(sources, path, text);
	return 0;
}

int source_check(const struct sources *sources, uint32_t file, struct span *bad, const char **why)
{
	struct str text = sources->files.items[file].text;
	uint32_t scalar;
	size_t n;

	for (size_t i = 0; i < text.len; i += n) {
		n = utf8_decode((struct str){text.ptr + i, text.len - i}, &scalar);
		if (n && scalar)
			continue;
		*why = n ? "NUL byte" : "invalid UTF-8";
		*bad = (struct span){file, (uint32_t)i, (uint32_t)i + 1};
		return -1;
	}
	return 0;
}

struct line_col source_line_col(const struct sources *sources, uint32_t file, uint32_t offset)
{
	const struct source_file *source = &sources->files.items[file];
	const uint32_t *starts = source->line_starts.items;
	size_t low = 0;
	size_t high = source->line_starts.n;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (starts[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	return (struct line_col){(uint32_t)low + 1, offset - starts[low] + 1};
}

struct str source_line(const struct sources *sources, uint32_t file, uint32_t line)
{
	const struct source_file *source = &sources->files.items[file];
	size_t begin;
	size_t end;

	assert(line > 0 && line <= source->line_starts.n);
	begin = source->line_starts.items[line - 1];
	end = line < source->line_starts.n ? source->line_starts.items[line] - 1 : source->text.len;
	if (end > begin && source->text.ptr[end - 1] == '\r')
		end--;
	return (struct str){source->text.ptr + begin, end - begin};
}

struct span span_join(struct span a, struct span b)
{
	if (a.file == SPAN_NO_FILE)
		return b;
	if (b.file != a.file)
		return a;
	return (struct span){a.file, a.begin < b.begin ? a.begin : b.begin,
			     a.end > b.end ? a.end : b.end};
}
