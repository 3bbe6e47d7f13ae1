/*
 * Two machines, one byte at a time. The outer one takes records apart (RFC 8446, 5.1): a header of
 * five bytes, then content, which may end anywhere in the message. The inner one goes through the
 * fields of the message in the order of the table: a number of a fixed size, or bytes whose length
 * the number before gave. What a number means, the function beside it says.
 *
 * Every length is held to what is left of the message, so nested lengths can't disagree. A hello
 * has one server name, which is a host name, in one extension; who sends two would be understood in
 * two ways. So would one with an encrypted ClientHello; that extension is also sent empty-handed
 * (GREASE), which can't be told apart.
 */
#include "runtime/tls_hello.h"

#define RECORD_HEADER    5u
#define RECORD_HANDSHAKE 22u
#define RECORD_MAX       16384u /* RFC 8446, 5.1 */
#define VERSION_MAJOR    3u
#define CLIENT_HELLO     1u
#define MAX_SESSION_ID   32u

#define EXTENSION_NAME 0u
#define EXTENSION_ECH  0xfe0du /* draft-ietf-tls-esni, 5, from its 8th on */
#define EXTENSION_ESNI 0xffceu /* its 1st to 6th */
#define NAME_OF_HOST   0u

/* Of the message, in order; after an extension's last field comes the next one's type. */
enum field {
	FIELD_TYPE,
	FIELD_LENGTH,
	FIELD_VERSION,
	FIELD_RANDOM,
	FIELD_SESSION_LEN,
	FIELD_SESSION,
	FIELD_SUITES_LEN,
	FIELD_SUITES,
	FIELD_METHODS_LEN,
	FIELD_METHODS,
	FIELD_EXTENSIONS_LEN,
	FIELD_EXTENSION_TYPE,
	FIELD_EXTENSION_LEN,
	FIELD_EXTENSION,
	FIELD_LIST_LEN,
	FIELD_NAME_TYPE,
	FIELD_NAME_LEN,
	FIELD_NAME,
	FIELD__COUNT
};

static bool finish(struct tls_hello *hello)
{
	struct slice name = tls_hello_name(hello);
	struct host host;

	hello->status = TLS_HELLO_NO_NAME;
	if (hello->has_names) {
		hello->status = TLS_HELLO_NAME;
		if (!host_parse(name, &host) || host.is_address || host.name.len != name.len)
			return false;
	}
	if (hello->has_ech)
		hello->status = TLS_HELLO_ECH;
	return true;
}

/* Each is told a field's value: how many bytes the next field has is in_field. False: malformed. */

static bool take_type(struct tls_hello *hello)
{
	return hello->value == CLIENT_HELLO;
}

static bool take_length(struct tls_hello *hello)
{
	hello->in_message = hello->value;
	return hello->value <= TLS_MAX_HELLO;
}

static bool take_version(struct tls_hello *hello)
{
	return hello->value >> 8 == VERSION_MAJOR;
}

static bool take_session_len(struct tls_hello *hello)
{
	hello->in_field = hello->value;
	return hello->value <= MAX_SESSION_ID;
}

static bool take_suites_len(struct tls_hello *hello)
{
	hello->in_field = hello->value;
	return hello->value >= 2 && hello->value % 2 == 0;
}

static bool take_methods_len(struct tls_hello *hello)
{
	hello->in_field = hello->value;
	return hello->value >= 1;
}

/* A hello may end here (RFC 5246, 7.4.1.2), or behind any extension. */
static bool end_or_go_on(struct tls_hello *hello)
{
	return hello->in_message || finish(hello);
}

static bool take_extensions_len(struct tls_hello *hello)
{
	return hello->value == hello->in_message && end_or_go_on(hello);
}

static bool take_extension_type(struct tls_hello *hello)
{
	hello->type = hello->value;
	if (hello->type == EXTENSION_ECH || hello->type == EXTENSION_ESNI)
		hello->has_ech = true;
	return true;
}

static bool take_extension_len(struct tls_hello *hello)
{
	if (hello->type != EXTENSION_NAME) {
		hello->in_field = hello->value;
		return true;
	}
	if (hello->has_names || hello->value < 2)
		return false;
	hello->has_names = true;
	hello->list = hello->value - 2;
	hello->field = FIELD_LIST_LEN - 1;
	return true;
}

static bool take_extension(struct tls_hello *hello)
{
	hello->field = FIELD_EXTENSION_TYPE - 1;
	return end_or_go_on(hello);
}

static bool take_list_len(struct tls_hello *hello)
{
	return hello->value == hello->list && hello->list > 3;
}

static bool take_name_type(struct tls_hello *hello)
{
	return hello->value == NAME_OF_HOST;
}

static bool take_name_len(struct tls_hello *hello)
{
	hello->in_field = hello->value;
	return hello->value == hello->list - 3 && hello->value <= HOSTNAME_MAX;
}

static const struct {
	uint32_t bytes; /* or 0: in_field is set already */
	bool (*take)(struct tls_hello *hello);
} fields[FIELD__COUNT] = {
	[FIELD_TYPE] = {1, take_type},
	[FIELD_LENGTH] = {3, take_length},
	[FIELD_VERSION] = {2, take_version},
	[FIELD_RANDOM] = {32, NULL},
	[FIELD_SESSION_LEN] = {1, take_session_len},
	[FIELD_SESSION] = {0, NULL},
	[FIELD_SUITES_LEN] = {2, take_suites_len},
	[FIELD_SUITES] = {0, NULL},
	[FIELD_METHODS_LEN] = {1, take_methods_len},
	[FIELD_METHODS] = {0, end_or_go_on},
	[FIELD_EXTENSIONS_LEN] = {2, take_extensions_len},
	[FIELD_EXTENSION_TYPE] = {2, take_extension_type},
	[FIELD_EXTENSION_LEN] = {2, take_extension_len},
	[FIELD_EXTENSION] = {0, take_extension},
	[FIELD_LIST_LEN] = {2, take_list_len},
	[FIELD_NAME_TYPE] = {1, take_name_type},
	[FIELD_NAME_LEN] = {2, take_name_len},
	[FIELD_NAME] = {0, take_extension},
};

/* Ends the field, and those after it that have no bytes. */
static bool end_fields(struct tls_hello *hello)
{
	do {
		if (fields[hello->field].take && !fields[hello->field].take(hello))
			return false;
		if (hello->status != TLS_HELLO_MORE)
			return true;
		hello->field++;
		hello->value = 0;
		if (fields[hello->field].bytes)
			hello->in_field = fields[hello->field].bytes;
		if (hello->field > FIELD_LENGTH && hello->in_field > hello->in_message)
			return false;
	} while (hello->in_field == 0);
	return true;
}

static bool take_message_byte(struct tls_hello *hello, uint8_t byte)
{
	if (hello->in_field == 0)
		hello->in_field = fields[hello->field].bytes; /* of the first one */
	if (hello->field == FIELD_NAME)
		hello->name[hello->name_len++] = (char)byte;
	hello->value = hello->value << 8 | byte;
	hello->in_field--;
	if (hello->field > FIELD_LENGTH)
		hello->in_message--;
	return hello->in_field || end_fields(hello);
}

/* Type, version, length. An empty record is none (RFC 8446, 5.1). */
static bool take_header_byte(struct tls_hello *hello, uint8_t byte)
{
	uint32_t at = hello->n_header++;

	if (at == 0)
		return byte == RECORD_HANDSHAKE;
	if (at == 1)
		return byte == VERSION_MAJOR;
	hello->length = (hello->length << 8 | byte) & UINT16_MAX;
	if (hello->n_header < RECORD_HEADER)
		return true;
	hello->n_header = 0;
	hello->in_record = hello->length;
	return hello->in_record > 0 && hello->in_record <= RECORD_MAX;
}

static bool take_byte(struct tls_hello *hello, uint8_t byte)
{
	if (hello->in_record == 0)
		return take_header_byte(hello, byte);
	hello->in_record--;
	return take_message_byte(hello, byte);
}

enum tls_hello_status tls_hello_feed(struct tls_hello *hello, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len && hello->status == TLS_HELLO_MORE; i++) {
		if (!take_byte(hello, bytes[i]))
			hello->status = TLS_HELLO_BAD;
	}
	return hello->status;
}
