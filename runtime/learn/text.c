/*
 * See text.h. What comes in are names of files and programs, with any bytes in them but NUL; what
 * goes out is ASCII.
 */
#include "runtime/learn/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX_MESSAGE 4600
#define DELETE      0x7f

int learn_fail(int status, const char *format, ...)
{
	char message[MAX_MESSAGE];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	(void)fputs("writ: ", stderr);
	text_put_plain(stderr, message);
	(void)putc('\n', stderr);
	return status;
}

void *learn_resize(void *block, size_t n, size_t size)
{
	void *moved = NULL;

	if (n < SIZE_MAX / size)
		moved = realloc(block, n * size);
	if (!moved)
		exit(learn_fail(LEARN_FAILED, "out of memory"));
	return moved;
}

char *learn_copy(const char *text)
{
	size_t n = strlen(text) + 1;

	return memcpy(learn_resize(NULL, n, 1), text, n);
}

void *learn_room(void *items, size_t n, size_t size)
{
	if (n & (n - 1))
		return items;
	return learn_resize(items, n ? 2 * n : 1, size);
}

static bool is_plain(unsigned char byte)
{
	return byte >= ' ' && byte < DELETE;
}

void text_put_string(FILE *out, const char *text)
{
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte == '"' || byte == '\\')
			(void)fprintf(out, "\\%c", byte);
		else if (byte == '$' || !is_plain(byte))
			(void)fprintf(out, "\\x%02x", byte);
		else
			(void)putc(byte, out);
	}
}

void text_put_plain(FILE *out, const char *text)
{
	for (; *text; text++)
		(void)putc(is_plain((unsigned char)*text) ? *text : '?', out);
}

bool text_below(const char *path, const char *directory)
{
	size_t n = strlen(directory);

	if (strncmp(path, directory, n) != 0)
		return false;
	return path[n] == '\0' || path[n] == '/' || (n && directory[n - 1] == '/');
}

size_t text_directory(const char *path)
{
	const char *slash = strrchr(path, '/');

	return !slash || slash == path ? 1 : (size_t)(slash - path);
}

const char *text_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}
