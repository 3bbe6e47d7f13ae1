/*
 * printf(3) and its family for the static writ, in place of its libc's: the linker takes from an
 * archive only what is not defined yet. What they convert is format.h's to say.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "runtime/static/format.h"

struct stream {
	struct format_sink sink;
	FILE *file;
	int failed;
};

struct buffer {
	struct format_sink sink;
	char *at;
	size_t room; /* without the NUL */
};

static int length_of(const struct format_sink *sink)
{
	return sink->n > INT_MAX ? -1 : (int)sink->n;
}

static void put_stream(struct format_sink *sink, const char *text, size_t len)
{
	struct stream *stream = (struct stream *)sink;

	if (len && fwrite(text, len, 1, stream->file) != 1)
		stream->failed = 1;
}

static void put_buffer(struct format_sink *sink, const char *text, size_t len)
{
	struct buffer *buffer = (struct buffer *)sink;
	size_t n = len < buffer->room ? len : buffer->room;

	memcpy(buffer->at, text, n);
	buffer->at += n;
	buffer->room -= n;
}

int vfprintf(FILE *restrict file, const char *restrict format, va_list args)
{
	struct stream stream = {.sink.put = put_stream, .file = file};

	format_text(&stream.sink, format, args);
	return stream.failed ? -1 : length_of(&stream.sink);
}

int vsnprintf(char *restrict text, size_t size, const char *restrict format, va_list args)
{
	char none;
	struct buffer buffer = {.sink.put = put_buffer, .at = size ? text : &none};

	buffer.room = size ? size - 1 : 0;
	format_text(&buffer.sink, format, args);
	*buffer.at = '\0';
	return length_of(&buffer.sink);
}

int printf(const char *restrict format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vfprintf(stdout, format, args);
	va_end(args);
	return n;
}

int fprintf(FILE *restrict file, const char *restrict format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vfprintf(file, format, args);
	va_end(args);
	return n;
}

int snprintf(char *restrict text, size_t size, const char *restrict format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, size, format, args);
	va_end(args);
	return n;
}
