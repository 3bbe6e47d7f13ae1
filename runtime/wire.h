/*
 * Reading bytes off a message: numbers in network order, one after the other. Whoever reads past
 * the end gets zeros, and bad is set and stays.
 */
#ifndef WRIT_RUNTIME_WIRE_H
#define WRIT_RUNTIME_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire {
	const uint8_t *bytes;
	size_t len;
	size_t at;
	bool bad;
};

/* n bytes, which are borrowed; NULL when there are fewer. */
static inline const uint8_t *wire_bytes(struct wire *wire, size_t n)
{
	const uint8_t *bytes = wire->bytes + wire->at;

	if (wire->bad || n > wire->len - wire->at) {
		wire->bad = true;
		return NULL;
	}
	wire->at += n;
	return bytes;
}

/* A number of 1 to 4 bytes. */
static inline uint32_t wire_number(struct wire *wire, size_t n)
{
	const uint8_t *bytes = wire_bytes(wire, n);
	uint32_t value = 0;

	for (size_t i = 0; bytes && i < n; i++)
		value = value << 8 | bytes[i];
	return value;
}

#endif
