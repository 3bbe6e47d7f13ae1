/*
 * A checkpoint is "writ-checkpoint:1:LOG:SEQ:HASH:TIME:SIGNER:SIGNATURE", all of it hexadecimal but
 * for SEQ and TIME (microseconds since 1970); the signature is Ed25519's over everything before it.
 * The signer is derived from the log's key, so it says the same of who wrote as the head's MAC
 * does, but to anybody who knows the signer's public key.
 */
#include "runtime/audit/checkpoint.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/audit/chain.h"
#include "runtime/audit/fail.h"

#define SIGNATURE_DIGITS ((size_t)2 * crypto_sign_BYTES)

void checkpoint_make(const struct head *head, const struct audit_key *key,
		     char line[WRIT_CHECKPOINT_SIZE])
{
	unsigned char signature[crypto_sign_BYTES];
	char hash[2 * RECORD_HASH_SIZE + 1];
	char signer[2 * KEY_PUBLIC_SIZE + 1];
	uint64_t wall_us;
	uint64_t mono_us;
	int n;

	chain_clocks(&wall_us, &mono_us);
	(void)sodium_bin2hex(hash, sizeof(hash), head->hash, RECORD_HASH_SIZE);
	(void)sodium_bin2hex(signer, sizeof(signer), key->signer, KEY_PUBLIC_SIZE);
	n = snprintf(line, WRIT_CHECKPOINT_SIZE, "writ-checkpoint:1:%s:%lld:%s:%llu:%s:", head->log,
		     (long long)head->seq, hash, (unsigned long long)wall_us, signer);
	(void)crypto_sign_detached(signature, NULL, (const unsigned char *)line,
				   (unsigned long long)n, key->signing);
	(void)sodium_bin2hex(line + n, (size_t)(WRIT_CHECKPOINT_SIZE - n), signature,
			     sizeof(signature));
}

static bool read_hex(const char *text, unsigned char *out, size_t size)
{
	size_t len = 0;

	return sodium_hex2bin(out, size, text, 2 * size, NULL, &len, NULL) == 0 && len == size;
}

static bool is_signed(const char *line, size_t signed_len, const struct checkpoint *checkpoint)
{
	unsigned char signature[crypto_sign_BYTES];

	return read_hex(line + signed_len, signature, sizeof(signature)) &&
	       crypto_sign_verify_detached(signature, (const unsigned char *)line, signed_len,
					   checkpoint->signer) == 0;
}

/* The number of a field that is one, of at most 18 digits so that none is too large; else -1. */
static int64_t read_number(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && len <= 18 && strspn(text, "0123456789") == len ? strtoll(text, NULL, 10)
									 : -1;
}

enum field { NAME, VERSION, LOG, SEQ, HASH, TIME, SIGNER, N_FIELDS };

/* Cuts what stands before the signature; how long that is, or 0 when it is no checkpoint. */
static size_t cut_fields(char *text, const char *fields[N_FIELDS])
{
	char *at = text;

	for (int i = 0; i < N_FIELDS; i++) {
		char *end = strchr(at, ':');

		if (!end)
			return 0;
		*end = '\0';
		fields[i] = at;
		at = end + 1;
	}
	return (size_t)(at - text);
}

static bool read_fields(const char *const fields[N_FIELDS], struct checkpoint *out)
{
	int64_t wall_us = read_number(fields[TIME]);

	out->seq = read_number(fields[SEQ]);
	out->wall_us = (uint64_t)wall_us;
	if (strcmp(fields[NAME], "writ-checkpoint") != 0 || strcmp(fields[VERSION], "1") != 0 ||
	    strlen(fields[LOG]) != HEAD_LOG_SIZE || out->seq < 0 || wall_us < 0 ||
	    strlen(fields[HASH]) != 2 * sizeof(out->hash) ||
	    strlen(fields[SIGNER]) != 2 * sizeof(out->signer))
		return false;
	memcpy(out->log, fields[LOG], HEAD_LOG_SIZE + 1);
	return read_hex(fields[HASH], out->hash, sizeof(out->hash)) &&
	       read_hex(fields[SIGNER], out->signer, sizeof(out->signer));
}

int checkpoint_read(const char *line, struct checkpoint *out, struct writ_error *error)
{
	const char *fields[N_FIELDS];
	char text[WRIT_CHECKPOINT_SIZE];
	size_t len = strcspn(line, "\r\n");
	size_t signed_len = 0;

	if (len < sizeof(text) && strspn(line + len, "\r\n") == strlen(line + len)) {
		memcpy(text, line, len);
		text[len] = '\0';
		signed_len = cut_fields(text, fields);
	}
	if (!signed_len || len != signed_len + SIGNATURE_DIGITS || !read_fields(fields, out))
		return fail_set(error, WRIT_E_INVALID,
				"it is no checkpoint (writ-checkpoint:1:...)");
	if (!is_signed(line, signed_len, out))
		return fail_set(error, WRIT_E_INVALID, "the checkpoint's signature is wrong");
	return 0;
}
