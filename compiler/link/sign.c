/*
 * Signatures.
 *
 * A signed bundle is the bundle with one more section behind the others, and so one more row in the
 * table: what it says is the same bytes, moved by one row. The record's last 64 bytes are the
 * signature, of everything before them; the digest, which covers it, is taken as zero in that and
 * set last.
 */
#include "link/sign.h"

#include <sodium.h>
#include <string.h>

#include "runtime/writ_format.h"

_Static_assert(crypto_sign_SECRETKEYBYTES == sizeof(((struct secret_key *)0)->bytes), "Ed25519");

#define SEED_SIZE    ((size_t)crypto_sign_SEEDBYTES)
#define PUBLIC_SIZE  ((size_t)crypto_sign_PUBLICKEYBYTES)
#define HEADER_SIZE  sizeof(struct writ_fmt_header)
#define ROW_SIZE     sizeof(struct writ_fmt_section)
#define RECORD_SIZE  sizeof(struct writ_fmt_signature)
#define BASE64_SIZE  ((size_t)sodium_base64_ENCODED_LEN(SEED_SIZE, sodium_base64_VARIANT_ORIGINAL))
#define MAX_KEY_TEXT ((size_t)4096)

/* ---- keys ---- */

static void name_key(const uint8_t *public, uint8_t id[KEY_ID_LEN / 2])
{
	uint8_t hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(hash, public, PUBLIC_SIZE);
	memcpy(id, hash, KEY_ID_LEN / 2);
}

static void from_seed(const uint8_t seed[SEED_SIZE], struct secret_key *out)
{
	uint8_t public[PUBLIC_SIZE], id[KEY_ID_LEN / 2];

	crypto_sign_seed_keypair(public, out->bytes, seed);
	name_key(public, id);
	sodium_bin2hex(out->id, sizeof(out->id), id, sizeof(id));
}

int secret_key_make(struct secret_key *out)
{
	uint8_t seed[SEED_SIZE];

	if (sodium_init() < 0)
		return -1;
	randombytes_buf(seed, sizeof(seed));
	from_seed(seed, out);
	sodium_memzero(seed, sizeof(seed));
	return 0;
}

/* Both halves are 32 bytes. */
static struct str key_line(struct arena *arena, const char *word, const char *id,
			   const uint8_t bytes[SEED_SIZE])
{
	char text[BASE64_SIZE];

	sodium_bin2base64(text, sizeof(text), bytes, SEED_SIZE, sodium_base64_VARIANT_ORIGINAL);
	return str_printf(arena, "%s %s %s\n", word, id, text);
}

/* libsodium's secret key is the seed, and behind it the public key. */
struct str secret_key_text(struct arena *arena, const struct secret_key *key)
{
	struct str line = key_line(arena, WRIT_SECRET_KEY_WORD, key->id, key->bytes);

	return str_printf(arena,
			  "# Secret: whoever has this can sign policies that hosts trust.\n%.*s",
			  STR_ARG(line));
}

struct str public_key_text(struct arena *arena, const struct secret_key *key)
{
	return key_line(arena, WRIT_PUBLIC_KEY_WORD, key->id, key->bytes + SEED_SIZE);
}

/* Takes the next word off *line. */
static char *next_word(char **line)
{
	char *word = *line + strspn(*line, " \t\r");
	size_t len = strcspn(word, " \t\r");

	*line = word + len;
	if (**line)
		*(*line)++ = '\0';
	return word;
}

static const char *parse_line(char *line, struct secret_key *out)
{
	const char *kind = next_word(&line), *id = next_word(&line), *text = next_word(&line);
	uint8_t bytes[2 * SEED_SIZE];
	size_t len;

	if (strcmp(kind, WRIT_PUBLIC_KEY_WORD) == 0)
		return "it is a public key; what signs is the secret one (NAME.key)";
	if (strcmp(kind, WRIT_SECRET_KEY_WORD) != 0)
		return "it is no secret key as 'writc keygen' makes them";
	if (sodium_base642bin(bytes, sizeof(bytes), text, strlen(text), NULL, &len, NULL,
			      sodium_base64_VARIANT_ORIGINAL))
		return "its key is no base64, or was cut off";
	if (len != SEED_SIZE)
		return "its key has a wrong length: it must be 32 bytes";
	from_seed(bytes, out);
	sodium_memzero(bytes, sizeof(bytes));
	return strcmp(out->id, id) == 0 ? NULL : "its id is not that of its key: it was changed";
}

static bool is_skipped(const char *line)
{
	line += strspn(line, " \t\r");
	return *line == '\0' || *line == '#';
}

/* The one line that is neither blank nor a comment. */
static const char *parse_lines(char *text, struct secret_key *out)
{
	char *line, *found = NULL;

	while ((line = strsep(&text, "\n"))) {
		if (is_skipped(line))
			continue;
		if (found)
			return "there is more than one key in it";
		found = line;
	}
	return found ? parse_line(found, out) : "there is no key in it";
}

const char *secret_key_parse(struct str text, struct secret_key *out)
{
	char copy[MAX_KEY_TEXT];
	const char *wrong;

	if (sodium_init() < 0)
		return "libsodium can't be used";
	if (text.len >= sizeof(copy) || memchr(text.ptr, '\0', text.len))
		return "it is no secret key as 'writc keygen' makes them";
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	wrong = parse_lines(copy, out);
	sodium_memzero(copy, sizeof(copy));
	return wrong;
}

/* ---- bundles ---- */

/* The parts of a bundle without its signature. */
struct parts {
	struct writ_fmt_header header;
	const uint8_t *table;
	size_t n_sections;
	const uint8_t *body; /* behind the table */
	size_t body_size;
};

static struct writ_fmt_section row_at(const uint8_t *table, size_t index)
{
	struct writ_fmt_section row;

	memcpy(&row, table + index * ROW_SIZE, sizeof(row));
	return row;
}

/* A signature is the last section, if it is there; what else has its id is dropped when signing. */
static bool ends_signed(struct bytes bundle)
{
	struct writ_fmt_header header;

	memcpy(&header, bundle.ptr, sizeof(header));
	return row_at(bundle.ptr + HEADER_SIZE, header.n_sections - 1).id == WRIT_SECTION_SIGNATURE;
}

static struct parts take_apart(struct bytes bundle)
{
	struct parts parts = {.table = bundle.ptr + HEADER_SIZE};
	struct writ_fmt_section last;
	size_t n_rows;

	memcpy(&parts.header, bundle.ptr, sizeof(parts.header));
	n_rows = parts.header.n_sections;
	parts.n_sections = n_rows - ends_signed(bundle);
	last = row_at(parts.table, parts.n_sections - 1);
	parts.body = parts.table + n_rows * ROW_SIZE;
	parts.body_size = (size_t)(last.offset + last.size) - HEADER_SIZE - n_rows * ROW_SIZE;
	return parts;
}

/* The table, with the signature's row; everything moves by as much as the table has become longer.
 */
static void put_table(uint8_t *to, const struct parts *parts, size_t record_at)
{
	size_t old_at = (size_t)(parts->body - parts->table);
	size_t new_at = (parts->n_sections + 1) * ROW_SIZE;
	struct writ_fmt_section signature = {.id = WRIT_SECTION_SIGNATURE,
					     .offset = record_at,
					     .size = RECORD_SIZE};

	for (size_t i = 0; i < parts->n_sections; i++) {
		struct writ_fmt_section row = row_at(parts->table, i);

		row.offset = row.offset - old_at + new_at;
		memcpy(to + i * ROW_SIZE, &row, sizeof(row));
	}
	memcpy(to + parts->n_sections * ROW_SIZE, &signature, sizeof(signature));
}

static void put_signature(struct arena *arena, uint8_t *bundle, size_t size,
			  const struct secret_key *key)
{
	struct writ_fmt_signature record = {.algorithm = WRIT_SIGN_ED25519};
	size_t n = size - sizeof(record.signature), context = sizeof(WRIT_SIGN_CONTEXT);
	uint8_t *message = arena_alloc(arena, context + n);

	memcpy(record.magic, WRIT_SIGN_MAGIC, sizeof(record.magic));
	name_key(key->bytes + SEED_SIZE, record.key);
	memcpy(bundle + size - sizeof(record), &record, sizeof(record));
	memcpy(message, WRIT_SIGN_CONTEXT, context);
	memcpy(message + context, bundle, n);
	crypto_sign_detached(bundle + n, NULL, message, context + n, key->bytes);
}

int bundle_sign(struct arena *arena, struct bytes bundle, const struct secret_key *key,
		struct bytes *out)
{
	struct parts parts = take_apart(bundle);
	size_t body_at = HEADER_SIZE + (parts.n_sections + 1) * ROW_SIZE;
	size_t end = body_at + parts.body_size;
	size_t record_at = (end + WRIT_ALIGN - 1) / WRIT_ALIGN * WRIT_ALIGN;
	size_t size = record_at + RECORD_SIZE;
	uint8_t *bytes;

	if (size > WRIT_MAX_BUNDLE || parts.n_sections == WRIT_MAX_SECTIONS)
		return -1;
	bytes = arena_alloc(arena, size);
	memset(bytes + end, 0, record_at - end);
	memset(parts.header.digest, 0, sizeof(parts.header.digest));
	parts.header.n_sections = (uint32_t)parts.n_sections + 1;
	parts.header.file_size = size;
	memcpy(bytes, &parts.header, sizeof(parts.header));
	put_table(bytes + HEADER_SIZE, &parts, record_at);
	memcpy(bytes + body_at, parts.body, parts.body_size);
	put_signature(arena, bytes, size, key);
	crypto_hash_sha256(parts.header.digest, bytes, size);
	memcpy(bytes, &parts.header, sizeof(parts.header));
	*out = (struct bytes){bytes, size};
	return 0;
}

struct str bundle_signer(struct arena *arena, struct bytes bundle)
{
	struct writ_fmt_signature record;
	char id[KEY_ID_LEN + 1];

	memcpy(&record, bundle.ptr + bundle.len - sizeof(record), sizeof(record));
	if (!ends_signed(bundle) ||
	    memcmp(record.magic, WRIT_SIGN_MAGIC, sizeof(record.magic)) != 0)
		return STR("");
	sodium_bin2hex(id, sizeof(id), record.key, sizeof(record.key));
	return str_printf(arena, "%s", id);
}
