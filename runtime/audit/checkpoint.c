/*
 * A checkpoint is "writ-checkpoint:1:LOG:SEQ:HASH:TIME:SIGNER:SIGNATURE", all of it hexadecimal but
 * for SEQ and TIME (microseconds since 1970); the signature is Ed25519's over everything before it.
 * The signer is derived from the log's key, so it says the same of who wrote as the head's MAC
 * does, but to anybody who knows the signer's public key.
 */
#include "runtime/audit/checkpoint.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "runtime/audit/chain.h"
#include "runtime/audit/fail.h"

#define SIGNATURE_DIGITS (2 * crypto_sign_BYTES)

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

int checkpoint_read(const char *line, struct checkpoint *out, struct writ_error *error)
{
	char hash[2 * RECORD_HASH_SIZE + 1];
	char signer[2 * KEY_PUBLIC_SIZE + 1];
	unsigned long long wall_us = 0;
	size_t len = strcspn(line, "\r\n");
	long long seq = -1;
	int n = 0;

	/* The lengths of numbers are bounded, so that none is too large to be read. */
	(void)sscanf(line, "writ-checkpoint:1:%32[0-9a-f]:%18lld:%64[0-9a-f]:%18llu:%64[0-9a-f]:%n",
		     out->log, &seq, hash, &wall_us, signer, &n);
	if (n == 0 || len != (size_t)n + SIGNATURE_DIGITS || seq < 0 ||
	    strspn(line + len, "\r\n") != strlen(line + len))
		return fail_set(error, WRIT_E_INVALID,
				"it is no checkpoint (writ-checkpoint:1:...)");
	out->seq = seq;
	out->wall_us = wall_us;
	if (strlen(out->log) != HEAD_LOG_SIZE || !read_hex(hash, out->hash, RECORD_HASH_SIZE) ||
	    !read_hex(signer, out->signer, KEY_PUBLIC_SIZE) || !is_signed(line, (size_t)n, out))
		return fail_set(error, WRIT_E_INVALID, "the checkpoint's signature is wrong");
	return 0;
}
