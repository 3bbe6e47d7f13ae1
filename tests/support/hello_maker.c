#include "support/hello_maker.h"

#include <string.h>

static void put(struct hello *hello, size_t n, size_t value)
{
	while (n-- > 0)
		hello->bytes[hello->n++] = (uint8_t)(value >> 8 * n);
}

static void put_name(struct hello *hello, const char *name)
{
	size_t len = strlen(name);

	put(hello, 2, 0);
	put(hello, 2, len + 5);
	put(hello, 2, len + 3);
	put(hello, 1, 0);
	put(hello, 2, len);
	memcpy(hello->bytes + hello->n, name, len);
	hello->n += len;
}

struct hello make_hello(const char *name, bool ech)
{
	struct hello message = {.n = 0}, hello = {.n = 0};
	size_t at;

	put(&message, 2, 0x0303);
	for (size_t i = 0; i < 32; i++)
		put(&message, 1, i);
	put(&message, 1, 0);
	put(&message, 4, 0x00021301);
	put(&message, 2, 0x0100);
	at = message.n;
	put(&message, 2, 0);
	if (name)
		put_name(&message, name);
	if (ech) {
		put(&message, 2, 0xfe0d);
		put(&message, 2, 1);
		put(&message, 1, 0);
	}
	message.bytes[at] = (uint8_t)((message.n - at - 2) >> 8);
	message.bytes[at + 1] = (uint8_t)(message.n - at - 2);
	put(&hello, 3, 0x160301);
	put(&hello, 2, message.n + 4);
	put(&hello, 4, 0x01000000 | message.n);
	memcpy(hello.bytes + hello.n, message.bytes, message.n);
	hello.n += message.n;
	return hello;
}
